"""Sentences of scenario discovery: limits, shares and answers in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cisim.study.discovery.boxes import Limit
from cisim.study.discovery.check import FEWEST
from cisim.study.records import Factor

if TYPE_CHECKING:
    from cisim.study.discovery.analysis import Answer, Discovery

ALL = {"pays": "pay", "hurts": "hurt"}
UNITLESS = ("", "-", "share")


def number(value: float) -> str:
    """Return a limit as people write it.

    Examples
    --------
    >>> number(0.12345), number(3.0), number(125400.0)
    ('0.123', '3', '125,000')
    """
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return f"{rounded:,.{max(0, digits)}f}".rstrip("0").rstrip(".") if digits > 0 else f"{rounded:,.0f}"


def limit_words(factor: Factor, limit: Limit, continuous: bool) -> str:
    """Return what a box asks of a factor.

    Examples
    --------
    >>> trust = Factor("trust_years", "years", "how long trust takes", ())
    >>> limit_words(trust, Limit(high=3.14), True)
    'trust years is below 3.14 years'
    >>> limit_words(Factor("size", "", "", ()), Limit(among=frozenset({"big", "small"})), False)
    'size is big or small'
    """
    name = factor.name.replace("_", " ")
    if limit.among is not None:
        names = sorted(limit.among)
        return f"{name} is {' or '.join([', '.join(names[:-1]), names[-1]] if len(names) > 1 else names)}"
    unit = "" if factor.unit in UNITLESS else f" {factor.unit}"
    low, high = number(limit.low), number(limit.high)
    if limit.sides() == ("low", "high"):
        between = f"between {low} and {high}" if continuous else f"from {low} to {high}"
        return f"{name} is {low if limit.low == limit.high else between}{unit}"
    if limit.sides() == ("low",):
        return f"{name} is {'above' if continuous else 'at least'} {low}{unit}"
    return f"{name} is {'below' if continuous else 'at most'} {high}{unit}"


def percent(share: float) -> str:
    r"""Return a share in whole per cent, with a decimal where that would be all or nothing.

    Examples
    --------
    >>> [percent(share).replace("\xa0", " ") for share in (0.837, 0.996, 0.0)]
    ['84 %', '99.6 %', '0 %']
    """
    if math.isnan(share):
        return "-"
    near = (0.0 < share < 0.01) or (0.99 < share < 1.0)
    return f"{100 * share:.{1 if near else 0}f}\xa0%"


def where(found: Discovery, answer: Answer) -> str:
    """Return the limits of an answer's box as one phrase."""
    if answer.box is None or answer.trajectory is None:
        return ""
    points = answer.trajectory.points
    continuous = dict(zip(points.names, points.is_continuous, strict=True))
    by_name = {factor.name: factor for factor in found.factors}
    said = [limit_words(by_name[n], limit, continuous[n]) for n, limit in answer.box.limits.items()]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def headline_of(found: Discovery, answer: Answer) -> str:
    """Return the sentence that answers a question."""
    does, all_do = answer.question, ALL[answer.question]
    share = f"{answer.n_cases} of {answer.n_points} points"
    if answer.problem == "all":
        return f"It {does} at all {answer.n_points} points tried: there is nothing to tell apart."
    if answer.problem == "none":
        return f"It {does} at none of the {answer.n_points} points tried."
    if answer.problem == "few":
        return (
            f"It {does} at {share}: too few of one kind (at least {FEWEST}) to search for conditions, "
            f"and none were searched."
        )
    box, checked = answer.box, answer.check
    if box is None or checked is None or not box.limits:
        return (
            f"It {does} at {share}. No conditions were found that tell these from the others better than "
            f"chance does."
        )
    level = percent(found.options.level)
    inside = checked.n_hits / checked.n_inside if checked.n_inside else math.nan
    coverage = checked.n_hits / checked.n_cases if checked.n_cases else math.nan
    if not answer.is_found:
        return (
            f"It {does} at {share}. No conditions were found that hold: the best box on one half of the points "
            f"({where(found, answer)}) did no better than chance on the other half: it {does} at "
            f"{percent(inside)} of the points inside and at {percent(checked.density_outside)} of those outside."
        )
    return (
        f"It {does} where {where(found, answer)}: true of {percent(inside)} of the points there (density; {level} "
        f"interval {interval_words(checked.density)}), against {percent(checked.density_outside)} outside. "
        f"This covers {percent(coverage)} of all points that {all_do} (coverage; {interval_words(checked.coverage)})."
    )


def interval_words(ends: tuple[float, float]) -> str:
    r"""Return the ends of a share's interval.

    Examples
    --------
    >>> interval_words((0.78, 0.89)).replace("\xa0", " ")
    '78 to 89 %'
    """
    low, high = percent(ends[0]), percent(ends[1])
    return f"{low[:-2]} to {high}"
