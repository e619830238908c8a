"""A sensitivity analysis as text: what matters most, how much is luck, what may be fixed, whether to believe it."""

from __future__ import annotations

import math

import numpy as np

from cisim.study.sensitivity.index import MEAN, ONE, Check, Found, Index, Subject
from cisim.study.sensitivity.reading import Reading
from cisim.study.sensitivity.variance import LUCK
from cisim.study.sensitivity.words import (
    COLUMNS,
    MAIN,
    MAY_FIX,
    TITLES,
    about_interval,
    about_method,
    sizes,
)
from cisim.tables import columns, decimals, paragraph, short

FIXED = 0.05
"""A factor whose index is surely below this may be fixed."""
MOST_PAIRS = 10
NAMED = 3
LONGEST = 30
BARE = ("floor", "sigma")
"""Indices shown without their intervals, for want of one or of room."""


def text_of(reading: Reading, found: Found, title: str) -> str:
    """Return the report.

    Parameters
    ----------
    reading : Reading
    found : Found
    title : str
        Of the study.

    Returns
    -------
    str
        At most 100 columns wide.
    """
    lines = [*paragraph(f"{title}: {TITLES[reading.subject.method]}"), *paragraph(_subject(reading)), ""]
    for text in (
        _most(reading, found), _together(found), _luck(reading, found), _fixed(reading, found),
        _converged(found),
    ):  # fmt: skip
        lines += paragraph(text) if text else []
    for target in found.targets:
        lines += _table(reading.subject, found, target)
    lines += _pair_table(found)
    notes = [
        *about_method(reading),
        *_negative(found),
        *reading.notes,
        *found.notes,
        about_interval(reading.subject),
    ]
    return "\n".join([*lines, "", *(line for note in notes for line in paragraph(note))]) + "\n"


def _subject(reading: Reading) -> str:
    """Return what is explained and the runs it rests on."""
    against = f"{reading.case} against {reading.reference}" if reading.reference else reading.case
    what = "Improvement of the indicator" if reading.response == "gain" else reading.response
    return f"{what}, in {reading.unit}: {against}. {sizes(reading.subject)}"


def ranked(index: Index) -> list[int]:
    """Return the places of an index's factors, the largest first."""
    return [int(j) for j in np.argsort(-index.estimate, kind="stable")]


def main_index(found: Found, method: str, target: str | None = None) -> Index:
    """Return the index that ranks the factors."""
    return found.indices[target or found.targets[0], MAIN[method]]


def telling(found: Found, method: str) -> list[int]:
    """Return the places of the factors that surely matter, the largest first: above zero, or above the floor."""
    index = main_index(found, method)
    if (ONE, "floor") in found.indices:
        return [j for j in ranked(index) if index.estimate[j] > found.indices[ONE, "floor"].estimate[j]]
    return [j for j in ranked(index) if index.low[j] > 0.0]


def share(value: float) -> str:
    """Return a share of variance in per cent."""
    return f"{number(100 * value, 0)}\xa0%"


def _most(reading: Reading, found: Found) -> str:
    """Return which factors matter most."""
    index = main_index(found, reading.subject.method)
    names = []
    seen = telling(found, reading.subject.method)
    if not seen:
        return "No factor can be told to matter: no index is surely above what chance gives."
    for j in seen[:NAMED]:
        e, low, high = (float(x[j]) for x in (index.estimate, index.low, index.high))
        names.append(f"{index.factors[j]} ({_amount(e, low, high, index, reading.unit)})")
    what = {
        "sobol": "part that a factor has, alone or with others, in the differences between single worlds",
        "rbd_fast": "part that a factor has alone in the differences between single worlds",
        "morris": "mean change of a single world when the factor goes through its whole distribution",
        "dgsm": "upper bound of a factor's part in the differences between single worlds",
        "delta": "by which the distribution of worlds changes if the factor is known, 0 to 1",
        "pawn": "by which the distribution of worlds moves if the factor is known, 0 to 1",
    }[reading.subject.method]
    return f"What matters most: {', then '.join(names)}: {what}."


def _amount(estimate: float, low: float, high: float, index: Index, unit: str) -> str:
    """Return an index with its interval in words."""
    if index.name in ("S1", "ST", "bound"):
        return f"{share(estimate)}, {index.level:.0%} interval {share(low)} to {share(high)}"
    digits = decimals(float(index.half_width.max())) if index.name == "mu_star" else 2
    words = f"{number(estimate, digits)}, {index.level:.0%} interval {number(low, digits)} to {number(high, digits)}"
    return f"{words} {unit}" if index.name == "mu_star" else words


def _together(found: Found) -> str:
    """Return how much factors make alone and through each other."""
    index = found.indices.get((ONE, "interactions"))
    if index is None:
        return ""
    alone = float(found.indices[ONE, "S1"].estimate.sum())
    rest, low, high = index.of(index.factors[0])
    text = (
        f"Each on its own, the factors make {share(alone)} of these differences, {index.factors[0]} {share(rest)} "
        f"({share(low)} to {share(high)})."
    )
    pairs = found.indices.get((ONE, "S2"))
    if pairs is not None and pairs.estimate.size:
        j = ranked(pairs)[0]
        if pairs.low[j] > 0.0:
            strongest = f"{pairs.factors[j]} with {pairs.others[j]}"
            text += f" The strongest pair is {strongest} ({share(float(pairs.estimate[j]))})."
    return text


def _luck(reading: Reading, found: Found) -> str:
    """Return how much of one world's variance is luck."""
    index = found.indices.get((ONE, LUCK))
    if index is None:
        return ""
    e, low, high = index.of(LUCK)
    return (
        f"Luck: {share(e)} ({share(low)} to {share(high)}) of the variance of single worlds lies between worlds "
        f"with the same factors ({reading.subject.worlds} worlds per point); knowing the factors does not remove it."
        + (" (Above 100\xa0% is the error of the sample around a share near it.)" if high > 1.005 else "")
    )


def _fixed(reading: Reading, found: Found) -> str:
    """Return which factors may be fixed without much loss."""
    method = reading.subject.method
    if method == "rbd_fast":
        return "First-order indices do not tell which factors may be fixed: one of 0 may still act through others."
    index = main_index(found, method)
    if (ONE, "floor") in found.indices:
        floor = float(found.indices[ONE, "floor"].estimate[0])
        idle = [name for name, e in zip(index.factors, index.estimate, strict=True) if e <= floor]
        rule = f"no index above {floor:.2f}, which a factor without any effect stays below in 95 of 100 cases"
        start, none = "Not told from a factor without effect", "All factors are told from one without effect"
    else:
        limit = FIXED * (float(index.estimate.max()) if method == "morris" else 1.0)
        never = reading.discrete if method == "dgsm" else ()
        idle = [
            n for n, high in zip(index.factors, index.high, strict=True) if high < limit and n not in never
        ]
        rule = f"upper end of the interval below {FIXED:.0%} of {MAY_FIX[method]}"
        start, none = "May be fixed anywhere in their range", "No factor may be fixed"
    return f"{start}: {', '.join(idle)} ({rule})." if idle else f"{none} ({rule})."


def _converged(found: Found) -> str:
    """Return whether the indices can be relied on, and how large a sample would be enough."""
    bad = [check for check in found.checks if not check.is_converged]
    if not bad:
        return f"Converged: {found.checks[0].criterion}."
    names = ", ".join(f"{check.name} of {check.target} ({_value(check)})" for check in bad)
    enough = [check.n_enough for check in bad if check.n_enough]
    way = (
        f"about n = {max(enough):,} would be enough"
        if enough
        else "how large a sample would do cannot be told"
    )
    if 0 < len(enough) < len(bad):
        way += " for those of which it can be told"
    now = f"Base sample now {bad[0].n:,}"
    return f"NOT converged: {names}; criterion: {bad[0].criterion} ({bad[0].limit:g}). {now}; {way}."


def _value(check: Check) -> str:
    """Return how far a set of indices is from its criterion."""
    return f"{check.value:.2g}" if math.isfinite(check.value) else "no interval"


def _table(subject: Subject, found: Found, target: str) -> list[str]:
    """Return the indices of one target, a row a factor."""
    names = [name for name in COLUMNS[subject.method] if (target, name) in found.indices]
    first = found.indices[target, names[0]]
    rows: list[tuple[str, ...]] = [("factor", *(cell for name in names for cell in _heads(subject, name)))]
    digits = _digits(found, target, names)
    for j in ranked(main_index(found, subject.method, target)):
        cells = [cell for name in names for cell in _cells(found.indices[target, name], j, digits)]
        rows.append((short(first.factors[j], LONGEST), *cells))
    what = {
        ONE: "One world: what a single community may see; luck counts as an input",
        MEAN: "Mean of worlds: what can be expected, luck averaged out "
        f"(corrected for {subject.worlds} worlds per point)",
    }[target]
    return ["", *paragraph(what), *columns(rows)]


def _heads(subject: Subject, name: str) -> tuple[str, ...]:
    """Return the heads of an index's columns."""
    head = COLUMNS[subject.method][name]
    return (head,) if name in BARE else (head, f"{subject.level:.0%} interval")


def _cells(index: Index, j: int, digits: int = 3) -> tuple[str, ...]:
    """Return an index and its interval as text."""
    e, low, high = (number(float(x[j]), digits) for x in (index.estimate, index.low, index.high))
    return (e,) if index.name in BARE else (e, "-" if low == "-" else f"{low} to {high}")


def number(value: float, digits: int) -> str:
    """Return a number with a proper minus and no negative zero.

    Examples
    --------
    >>> number(-0.0001, 3), number(0.25, 1), number(math.nan, 2)
    ('0.000', '0.2', '-')
    """
    if not math.isfinite(value):
        return "-"
    return f"{round(value, digits) or 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _digits(found: Found, target: str, names: list[str]) -> int:
    """Return the decimals of a table: three for shares, two significant digits of the largest error for effects."""
    if "mu_star" not in names:
        return 3
    widths = np.concatenate([found.indices[target, name].half_width for name in names])
    return decimals(float(widths[np.isfinite(widths)].max(initial=0.0)))


def _pair_table(found: Found) -> list[str]:
    """Return the strongest pairs."""
    index = found.indices.get((ONE, "S2"))
    if index is None:
        return []
    order = ranked(index)
    rows: list[tuple[str, ...]] = [("pair", "S2", f"{index.level:.0%} interval")]
    rows += [
        (f"{short(index.factors[j], LONGEST)} × {short(index.others[j], LONGEST)}", *_cells(index, j))
        for j in order[:MOST_PAIRS]
    ]
    more = f", the strongest {MOST_PAIRS} of {len(order)}" if len(order) > MOST_PAIRS else ""
    return ["", f"Pairs of factors beyond what each does alone, one world{more}", *columns(rows)]


def _negative(found: Found) -> list[str]:
    """Return what a negative estimate of a share means, where there is one."""
    names = ("S1", "ST", "S2", "interactions", "bound")
    count = sum(
        int((index.estimate < -0.0005).sum()) for (_, name), index in found.indices.items() if name in names
    )
    if not count:
        return []
    return [
        f"Estimates below zero ({count} here), which no share of variance is, are the error of the sample around a "
        "small index. They are shown as they are; the interval says how large the index may be."
    ]
