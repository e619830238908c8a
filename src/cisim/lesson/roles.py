"""Role cards: six people at one table, each with an aim, some knowledge, some power and a dilemma.

What a role may decide is named by the levers of the model, so that a decision at the table can be run.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from string import Template


@dataclass(frozen=True)
class Role:
    """One card.

    Attributes
    ----------
    key : str
        Short name.
    title : str
    wants, knows, decides, dilemma : str
        What the person wants, knows, may decide, and cannot settle.
    levers : tuple of str
        Parameters of a scenario in which the decision shows.
    """

    key: str
    title: str
    wants: str
    knows: str
    decides: str
    dilemma: str
    levers: tuple[str, ...]


CARDS = (
    Role(
        "director",
        "Director of a food bank",
        "Your shelves full, your staff paid next year, and fewer children who come to school hungry.",
        "How many parcels you handed out, to the piece. Not what the other twenty pantries do, nor whether the same "
        "families go to all of them.",
        "Whether you join, whether you come yourself or send a delegate, and how many hours you give to shared work.",
        "An hour in a meeting is an hour less at the counter. Your report goes to the funder who compares you with the "
        "others at the table: do you say openly what did not work?",
        ("ceo_rank", "joint_programme_hours", "mutual_activities"),
    ),
    Role(
        "funder",
        "Programme officer of a foundation",
        "To show your board, every spring, what its money has done.",
        "The reports that grantees write to win the next grant, and the city's figure a year late.",
        "How long a grant runs, how much of it is free of conditions, whether you reward an organisation's own results "
        "or its part in a common result, and whether you pay for coordination.",
        "What you pay for a backbone you take from services, and for years you will have nothing to show. What do you "
        "tell the board?",
        ("grant_term_years", "restricted_share", "outcome_orientation", "backbone_usd_per_year"),
    ),
    Role(
        "backbone",
        "Director of the backbone",
        "The partners to use each other's figures and to change what they do. You run no programme yourself.",
        "Who talks to whom, and who only comes for the money. Every member's figures, if they trust you with them.",
        "How often the group meets, how large a room is, what is measured together, and on what your three posts work.",
        "You depend on the funder whom the members fear. If you publish figures by organisation, all learn faster, and "
        "some will leave.",
        ("meeting_interval_weeks", "group_size", "shared_measurement", "common_agenda"),
    ),
    Role(
        "resident",
        "Resident and mother of two",
        "Help that fits: in your language, after work, without telling your story five times.",
        "Which families nobody reaches, and why. Nobody has a column for it in a table.",
        "What you say in the room, if you are asked; whether you come again.",
        "You are one of two residents among thirty professionals. If you agree, they will say that the neighbourhood "
        "agreed. If you stay away, nobody says what you know.",
        ("resident_voice", "disaggregation"),
    ),
    Role(
        "official",
        "City health official",
        "The city's figure to fall, and no bad news before the election.",
        "The figure of the whole city, with its noise and its delay. That it would have moved in any case, you guess.",
        "Whether the city calls everybody to the table or orders them to it, and whether what is saved is shared.",
        "The figure fell in the first year, and the press asks for whom to thank. An honest answer is that one year "
        "cannot tell.",
        ("formation", "savings_share"),
    ),
    Role(
        "analyst",
        "Data analyst",
        "Figures that mean the same for everybody, and decisions that wait for them.",
        "How large the noise is, that some reports are polished, and that some groups are hidden in the mean.",
        "How far data are split by group, how much of the reports goes into learning rather than proving, and when you "
        "say: we cannot tell yet.",
        "A common measure costs every member hours for a year before it teaches anything. You are asked for a chart by "
        "Friday.",
        ("shared_measurement", "disaggregation", "improvement"),
    ),
)  # fmt: skip

PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Role cards</title><style>
body { font: 12pt/1.4 sans-serif; margin: 1em auto; max-width: 45em; }
article { border: 1px solid #444; border-radius: 6px; padding: 0.6em 1em; margin: 0 0 1em; break-inside: avoid; }
h1 { font-size: 16pt; } h2 { font-size: 14pt; margin: 0 0 0.3em; } dt { font-weight: bold; } dd { margin: 0 0 0.3em; }
</style></head><body><h1>Role cards</h1>
$cards
</body></html>
""")


def roles() -> tuple[Role, ...]:
    """Return the role cards.

    Examples
    --------
    >>> [one.key for one in roles()]
    ['director', 'funder', 'backbone', 'resident', 'official', 'analyst']
    """
    return CARDS


def role_sheet(form: str = "markdown") -> str:
    """Return all cards as text to print.

    Parameters
    ----------
    form : {"markdown", "html"}
        A part of a document, or a whole page with a card in each frame.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the form is another one.

    Examples
    --------
    >>> print(role_sheet().splitlines()[0])
    ### Director of a food bank
    """
    if form == "markdown":
        return "\n\n".join(_markdown(one) for one in CARDS) + "\n"
    if form == "html":
        return PAGE.substitute(cards="\n".join(_html(one) for one in CARDS))
    raise ValueError(f"form: {form!r} is not allowed; 'markdown' or 'html'")


def _said(one: Role) -> tuple[tuple[str, str], ...]:
    """Return the parts of a card with their headings."""
    return (
        ("You want", one.wants),
        ("You know", one.knows),
        ("You may decide", one.decides),
        ("Your dilemma", one.dilemma),
    )


def _markdown(one: Role) -> str:
    """Return one card as Markdown."""
    parts = "\n".join(f"- **{head}**: {text}" for head, text in _said(one))
    levers = ", ".join(f"`{name}`" for name in one.levers)
    return f"### {one.title}\n\n{parts}\n- **In the model**: {levers}"


def _html(one: Role) -> str:
    """Return one card as HTML."""
    parts = "".join(f"<dt>{head}</dt><dd>{html.escape(text)}</dd>" for head, text in _said(one))
    return f"<article><h2>{html.escape(one.title)}</h2><dl>{parts}</dl></article>"
