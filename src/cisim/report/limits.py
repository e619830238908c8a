"""What no report of cisim can tell: one text for all of them, in the order of how often it is overlooked."""

from __future__ import annotations

LIMITS = (
    "It is no forecast. A scenario named after a place is a made-up community with that place's figures; the range "
    "says what could happen in the model, not what will happen there.",
    "It does not show that collective impact works. It shows what follows if people and organisations act as written "
    "down in the model. Whether they do, only the world can tell.",
    "Intervals hold for the model as it stands. More worlds make them narrower, not truer. What is unknown of a value "
    "that was not drawn, and of the forms of the rules, is in no interval.",
    "Two regimes differ in many things at once, terms of grants among them. Their difference is not the effect of the "
    "five conditions, nor of a backbone, alone.",
    "No detectable difference is not no difference. A difference smaller than its interval is not a finding.",
    "The best of many settings looks better than it is. Run it again with another seed before quoting it.",
    "Not in the model: advocacy, laws, votes, organised residents, power, why coalitions split, and anything beside "
    "the one indicator. Where the way to better outcomes leads through these, the model understates it.",
)
