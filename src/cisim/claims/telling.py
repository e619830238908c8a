"""Findings in words: effects with their intervals, conditions, and answers."""

from __future__ import annotations

import math

from cisim.claims.findings import Answer, Condition, Finding
from cisim.claims.verdicts import DEPENDS, HOLDS, OPEN, POWER, REVERSES, Demand, Estimate

DECIDED = (HOLDS, REVERSES)
MINUS = "\N{MINUS SIGN}"
LARGE = ((1e9, 1e9, "bn"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))


def number(value: float, *, signed: bool = True) -> str:
    """Return a number with three digits, large ones in thousands, millions or billions.

    Examples
    --------
    >>> number(0.12345), number(-2484423.9), number(0.00001), number(0.25, signed=False)
    ('+0.123', '−2.48 M', '0', '0.25')
    """
    if not math.isfinite(value):
        return "?" if math.isnan(value) else ("" if value > 0 else MINUS) + "∞"
    size, unit = next(((size, f" {name}") for least, size, name in LARGE if abs(value) >= least), (1.0, ""))
    rounded = value / size
    if abs(rounded) < 5e-5:
        return "0"
    text = f"{abs(rounded):.3g}" if abs(rounded) < 1000 else f"{abs(rounded):.0f}"
    sign = MINUS if value < 0 else "+" if signed else ""
    return f"{sign}{text}{unit}"


def interval(found: Estimate) -> str:
    """Return a mean with its interval.

    Examples
    --------
    >>> interval(Estimate(1.0, 0.5, 1.5, 1.0, 0.1, 100, 100, 0.05))
    '+1 (+0.5 to +1.5)'
    """
    if found.n == 0:
        return "no draw counts"
    if math.isinf(found.low):
        return f"{number(found.mean)} (too few draws for an interval)"
    return f"{number(found.mean)} ({number(found.low)} to {number(found.high)})"


def claimed(demand: Demand) -> str:
    """Return what is claimed, such as "more than 1".

    Examples
    --------
    >>> claimed(Demand("more", 0.0, 0.2)), claimed(Demand("less", 0.5, 0.2)), claimed(Demand("none", 0.0, 0.2))
    ('more', 'less than 0.5', 'none (within ±0.2)')
    """
    if demand.says == "none":
        return f"none (within ±{number(demand.within, signed=False)})"
    return demand.says + (f" than {number(demand.than, signed=False)}" if demand.than else "")


def share(part: float) -> str:
    """Return a share of draws in whole per cent.

    Examples
    --------
    >>> share(0.376)
    '38 % of draws'
    """
    return f"{100 * part:.0f} % of draws" if math.isfinite(part) else "no draw"


def condition_words(condition: Condition) -> str:
    """Return where a statement holds and where it reverses."""
    here, there = condition.verdict_inside, condition.verdict_outside
    return (
        f"{here} where {condition.words} ({share(condition.mass)}): {interval(condition.inside)}; "
        f"{there} elsewhere: {interval(condition.outside)}"
    )


def remark(finding: Finding) -> str:
    """Return what else is worth saying of a finding: a condition that is no verdict, or what was not seen."""
    condition = finding.condition
    if finding.verdict == DEPENDS and condition is not None:
        return condition_words(condition)
    parts = []
    if finding.overall == OPEN:
        parts.append(unseen(finding))
    if condition is not None and condition.vanishes:
        parts.append(
            f"where {condition.words} ({share(condition.mass)}), none: {interval(condition.inside)}; "
            f"elsewhere {interval(condition.outside)}"
        )
    elif condition is not None and finding.overall == OPEN:
        parts += _parts_decided(condition)
    return "; ".join(parts)


def _parts_decided(condition: Condition) -> list[str]:
    """Return on which side of a region a statement is decided that is open over all draws."""
    told = []
    place = f"{condition.words} ({share(condition.mass)})"
    if condition.verdict_inside in DECIDED:
        told.append(f"{condition.verdict_inside} where {place}: {interval(condition.inside)}")
    if condition.verdict_outside in DECIDED:
        told.append(f"{condition.verdict_outside} except where {place}: {interval(condition.outside)}")
    return told


def unseen(finding: Finding) -> str:
    """Return how large a difference would have been found, and whether what is left is small."""
    smallest = finding.estimate.smallest_found
    told = f"a difference of {number(smallest, signed=False)} would have been found in {POWER:.0%} of audits"
    if math.isinf(smallest):
        told = "too few draws to find any difference"
    if finding.is_none and finding.demand.says != "none":
        told += f"; whatever there is, it is within ±{number(finding.demand.within, signed=False)}"
    return told


def short(finding: Finding) -> str:
    """Return one finding on one line: what was compared, what was found, and the verdict."""
    found, asked = interval(finding.estimate), claimed(finding.demand)
    return f"{finding.statement.words}: {found}, claimed {asked}: {finding.verdict}"


def answer_words(answer: Answer) -> str:
    """Return what an answer comes to, with the condition where it depends on one."""
    if answer.verdict != DEPENDS:
        return answer.verdict
    turning = [one for one in answer.findings if one.verdict == DEPENDS and one.condition is not None]
    conditions = dict.fromkeys(one.condition.words for one in turning if one.condition is not None)
    return f"depends on whether {'; and on whether '.join(conditions)}"


def named(finding: Finding, answer: Answer) -> str:
    """Return a comparison in words, with its study where another of the experiment has the same words."""
    words = finding.statement.words
    same = {other.statement.study for other in answer.findings if other.statement.words == words}
    return f"{finding.statement.study}: {words}" if len(same) > 1 else words


def side_words(answer: Answer) -> list[tuple[str, str]]:
    """Return where each side of a tension is right, and under which condition; then what is open."""
    lines = []
    for side in answer.experiment.sides:
        always, at_times = answer.of_side(side)
        told = [named(one, answer) for one in always]
        told += [f"{named(one, answer)}, where {_where(one, side)}" for one in at_times]
        lines.append((side, "; ".join(told) if told else "nowhere that was seen"))
    undecided = [named(one, answer) for one in answer.findings if one.verdict == OPEN]
    return [*lines, ("undecided", "; ".join(undecided))] if undecided else lines


def _where(finding: Finding, side: str) -> str:
    """Return the condition under which a finding that depends on one speaks for a side."""
    condition = finding.condition
    assert condition is not None
    speaks_inside = (condition.verdict_inside == HOLDS) is (finding.statement.side == side)
    return condition.words if speaks_inside else f"it is not so that {condition.words}"
