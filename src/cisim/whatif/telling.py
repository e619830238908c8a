"""An answer in plain words: whether it pays, how much, when, at what price, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cisim.params import LEVERS
from cisim.presets import regime
from cisim.statistics import means
from cisim.tables import decimals, usd
from cisim.whatif.gains import MONTHS_PER_YEAR, Gains
from cisim.whatif.state import NO_BACKBONE

if TYPE_CHECKING:
    from cisim.whatif.state import WhatIf

Verdict = Literal["pays", "does-not-pay", "harms", "undecided", "no-difference"]
HUNDRED = 100


@dataclass(frozen=True)
class Said:
    """Sentences of an answer.

    Attributes
    ----------
    verdict : str
        "pays" and "harms" where the whole 95 % interval of what is judged lies above or below zero; "does-not-pay"
        where the money is worth more than a gain; "undecided" where it holds zero; "no-difference" where both
        regimes agree to the last bit.
    sentence, meaning, break_even, cost : str
    more : tuple of str
    """

    verdict: Verdict
    sentence: str
    meaning: str
    break_even: str
    cost: str
    more: tuple[str, ...]


def say(g: Gains, numbers: dict[str, Any], whatif: WhatIf) -> Said:
    """Return an answer's sentences from its numbers."""
    found = verdict_of(g)
    return Said(
        found, _sentence(g, numbers, whatif, found), _meaning(g, whatif), _break_even(g, numbers["break_even"]),
        _cost(g, numbers["cost"]), tuple(_more(g, numbers, whatif)),
    )  # fmt: skip


def verdict_of(g: Gains) -> Verdict:
    """Return what the futures say about what is judged: unit-years gained, or net benefit where a gain has a price."""
    if g.is_same:
        return "no-difference"
    m = means(g.value)
    if m.low > 0.0:
        return "pays"
    if m.high >= 0.0:
        return "undecided"
    return "harms" if means(g.monthly.sum(axis=1)).high < 0.0 else "does-not-pay"


def number(value: float, scale: float) -> str:
    """Return a number with the digits that its scale bears, and a proper minus.

    Examples
    --------
    >>> number(0.3456, 0.05), number(-1.0, 2.0)
    ('0.346', '−1.0')
    """
    if not math.isfinite(value):
        return "unknown"
    text = f"{value:.{decimals(scale)}f}"
    if float(text) == 0.0:
        text = text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}")


def title_of(name: str) -> str:
    """Return the title of a regime, or of a reference, inside a sentence.

    Examples
    --------
    >>> title_of("isolated"), title_of("no-backbone")
    ('isolated impact', 'the same without a backbone')
    """
    if name == NO_BACKBONE:
        return "the same without a backbone"
    title = regime(name).title
    return title[0].lower() + title[1:]


def _count(k: int, n: int) -> str:
    """Return a share as people say it: of a hundred where there are so many futures, else as counted.

    A few are not rounded to none, nor nearly all to all.

    Examples
    --------
    >>> _count(7, 8), _count(64, 256), _count(255, 256), _count(256, 256)
    ('7 of 8', '25 of 100', '255 of 256', '100 of 100')
    """
    of_hundred = round(HUNDRED * k / n)
    is_plain = n >= HUNDRED and (0 < of_hundred < HUNDRED or k in (0, n))
    return f"{of_hundred} of 100" if is_plain else f"{k} of {n}"


def _subject(whatif: WhatIf) -> str:
    """Return what is asked about: the backbone where only that differs, else the whole way of working."""
    return "this backbone" if whatif.reference == NO_BACKBONE else "this way of working"


def _sentence(g: Gains, numbers: dict[str, Any], whatif: WhatIf, verdict: Verdict) -> str:
    """Return the one sentence of the first view."""
    if verdict == "no-difference" and whatif.reference == NO_BACKBONE:
        return f"It makes no difference: {title_of(whatif.regime)} has no paid backbone here that could be taken away."
    if verdict == "no-difference":
        return (
            f"It makes no difference: both ways of working end the same in all {g.n} paired futures. "
            "Nothing that was set acts on anything here."
        )
    gain = numbers["gain"]
    scale = abs(float(gain["p95"]) - float(gain["p5"])) / 2.0
    unit = gain["unit"]
    k = int(numbers["pays"]["count"])
    does = "pays for itself" if g.is_priced or not g.is_new_money else "does more good than harm"
    start = {
        "pays": "",
        "undecided": "It cannot be told whether it pays: ",
        "harms": "On average it does harm: ",
        "does-not-pay": "On average it costs more than it is worth: ",
    }[verdict]
    head = f"in {_count(k, g.n)} paired futures {_subject(whatif)} {does}"
    tail = f"typical gain {number(gain['median'], scale)} {unit}, worst tenth {number(gain['worst_tenth'], scale)}"
    text = f"{start}{head}; {tail}."
    return text[0].upper() + text[1:]


def _meaning(g: Gains, whatif: WhatIf) -> str:
    """Return what 'pays' means here."""
    against = f"{title_of(whatif.reference)} in the same future"
    if g.is_priced:
        what = "the gains summed up, at the worth of a unit that you set, less all new money,"
    else:
        what = "the gains of all months summed up"
    money = (
        ""
        if g.is_new_money
        else "; coordination is paid out of the same money, so its cost is in the gain already"
    )
    return f"A future pays where {what} end above zero, against {against}{money}."


def _years(months: float) -> str:
    """Return months in words."""
    years = months / MONTHS_PER_YEAR
    return f"{months:.0f} months" if months < 2 * MONTHS_PER_YEAR else f"{years:.1f} years"


def _break_even(g: Gains, found: dict[str, Any]) -> str:
    """Return when it breaks even, in words."""
    if not g.pays.any():
        return f"In none of {g.n} futures does it make up for its slow start."
    often = f"in {_count(int(g.pays.sum()), g.n)} futures"
    middle = _years(float(found["months_median"]))
    low, high = _years(float(found["months_p5"])), _years(float(found["months_p95"]))
    return (
        f"It makes up for its slow start {often}, there typically after {middle} (5-95 %: {low} to {high})."
    )


def _cost(g: Gains, cost: dict[str, Any]) -> str:
    """Return what it costs, in words."""
    spent = usd(float(cost["coordination_usd_per_year"]["chosen"]))
    before = usd(float(cost["coordination_usd_per_year"]["reference"]))
    basis = f"Meetings, measurement and backbone cost {spent} usd a year ({before} in the reference)"
    if not g.is_new_money:
        return f"{basis}, out of the same total: no new money, so a unit gained has no price of its own."
    if not math.isfinite(cost["usd_per_unit"]):
        return f"{basis}; there is no gain on average, so no price of one."
    if cost["usd_new_per_year"] <= 0.0:
        return f"{basis}; no more is spent in all than in the reference, so a unit gained has no price."
    price = f"each unit gained in the last year took {usd(cost['usd_per_unit'])} usd of new money"
    if not math.isfinite(cost["low"]):
        return f"{basis}; {price}; the gain cannot be told from zero, so the price has no bounds."
    return f"{basis}; {price} (95 % interval {usd(cost['low'])} to {usd(cost['high'])})."


def _more(g: Gains, numbers: dict[str, Any], whatif: WhatIf) -> list[str]:
    """Return what else has to be said with the first sentence: how sure, how large, and beside what."""
    pays, gain, indicator = numbers["pays"], numbers["gain"], g.chosen.indicator
    if g.is_same:
        level = float(g.outcome("indicator", 0).mean())
        return [
            f"{indicator.name[0].upper() + indicator.name[1:]} ends at {number(level, level)} either way."
        ]
    scale = max(abs(float(gain["high"]) - float(gain["low"])) / 2.0, 1e-12)
    mean, low, high = (number(float(gain[key]), scale) for key in ("mean", "low", "high"))
    way = abs(indicator.best - indicator.baseline)
    share = (
        f", {number(100.0 * float(gain['mean']) / way, 1.0)} % of the way from the start to the best"
        if way
        else ""
    )
    ends = [float(g.outcome("indicator", case).mean()) for case in (0, 1)]
    digits = abs(ends[1] - ends[0]) or abs(ends[0])
    name = indicator.name[0].upper() + indicator.name[1:]
    return [
        f"Mean gain in the last year {mean} {gain['unit']} (95 % interval {low} to {high}){share}.",
        f"{name} ends at {number(ends[1], digits)} under {title_of(whatif.regime)}, "
        f"at {number(ends[0], digits)} under {title_of(whatif.reference)} (means of futures).",
        f"The share of futures in which it pays lies between {100 * float(pays['low']):.0f} and "
        f"{100 * float(pays['high']):.0f} %, given {g.n} futures.",
        _difference(g, whatif),
    ]


def _difference(g: Gains, whatif: WhatIf) -> str:
    """Return what the compared ways of working differ in, so that no part is taken for the whole."""
    if whatif.reference == NO_BACKBONE:
        return "Both have the same levers but for the backbone, so the difference is what the backbone does."
    mine, other = g.chosen.values, g.reference.values
    n = sum(mine[name] != other[name] for name in LEVERS if name != "financing")
    return (
        f"The two differ in {n} levers, terms of grants among them, so this is not what the backbone does alone; "
        "for that, compare with the same without a backbone."
    )
