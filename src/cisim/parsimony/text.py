"""The report in plain words and tables, at most 100 columns wide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cisim.parsimony.findings import LEAST_BOTH, Findings
from cisim.parsimony.inputs import CALIBRATED, HALF_WAY, PLACEBO, PLAUSIBLE, REGIMES, SCENARIO
from cisim.parsimony.simulation import CASES, COMPARED
from cisim.parsimony.table import ENOUGH, KEEP, LITTLE, MERGE, NOTHING, REMOVE
from cisim.study.records import GAIN
from cisim.tables import columns, paragraph, short

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 32
ORIGINS = {
    CALIBRATED: "drawn jointly from the calibrated set",
    SCENARIO: "from the distributions of the scenario",
    PLAUSIBLE: "from plausible ranges by rule",
    REGIMES: f"levers over the span of the shipped regimes, in the case {HALF_WAY} alone",
}


def text_of(found: Findings, parameters: pd.DataFrame, groups: pd.DataFrame) -> str:
    """Return the report.

    Parameters
    ----------
    found : Findings
    parameters, groups : DataFrame
        As made by `cisim.parsimony.table`.
    """
    blocks: list[list[str]] = [
        paragraph(f"{found.scenario.title}: what outcomes depend on"),
        *(paragraph(text) for text in (_size(found, parameters), _placebo(found), _luck(found))),
        paragraph(_counts(parameters)),
        paragraph(_provisional(found)),
        _proposals(parameters, REMOVE),
        _proposals(parameters, MERGE),
        _claims(parameters),
        _groups(groups, "rule", "Rules: the n parameters that one rule alone reads, swapped together"),
        _groups(groups, "section", "Sections: all n parameters declared under a heading, swapped together"),
        *(paragraph(note) for note in _notes(found)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def share(value: float) -> str:
    """Return a share of variance as people read it.

    Examples
    --------
    >>> share(0.1234), share(0.00321), share(0.00002), share(0.0), share(float("nan"))
    ('0.12', '0.0032', '<0.0001', '0', '-')
    """
    if not math.isfinite(value):
        return "-"
    if value == 0.0:
        return "0"
    if abs(value) < 1e-4:
        return "<0.0001" if value > 0 else "0"
    return f"{value:.{max(2, 1 - math.floor(math.log10(abs(value))))}f}"


def _size(found: Findings, parameters: pd.DataFrame) -> str:
    """Return how large the design is and where distributions come from."""
    counts = parameters["origin"].value_counts()
    origins = "; ".join(
        f"{counts[origin]} {words}" for origin, words in ORIGINS.items() if origin in counts.index
    )
    values = found.scenario.values
    return (
        f"{found.n_runs:,} runs: {found.design.n_points} base points in two worlds each, cases "
        f"{', '.join(CASES)}, {values['n_orgs']} organisations, {values['months']} months, seed {found.seed}. "
        f"{len(parameters)} parameters vary: {origins}."
    )


def _placebo(found: Findings) -> str:
    """Return what the input did that nothing reads."""
    k = found.place(PLACEBO)
    if found.moves(k) == 0.0:
        return "The placebo, an input that nothing reads, changed nothing in any run: its index is exactly 0."
    return (
        f"WARNING: the placebo, an input that nothing reads, changed outcomes (index {share(found.largest(k).index)}). "
        "Runs do not repeat, and no index below can be trusted."
    )


def _luck(found: Findings) -> str:
    """Return luck's share, the index of one more input."""
    parts = []
    for response, cases in (("indicator", CASES), (GAIN, COMPARED)):
        shares = ", ".join(f"{share(found.luck(case, response)[0])} ({case})" for case in cases)
        parts.append(f"of the {response} {shares}")
    return f"Luck as one more input has a total index {'; '.join(parts)}."


def _counts(parameters: pd.DataFrame) -> str:
    """Return how many parameters lie below the thresholds."""
    n = len(parameters)
    below = {limit: int((parameters["upper"] < limit).sum()) for limit in (NOTHING, LITTLE)}
    lasting = {limit: int((parameters["lasting_bound"] < limit).sum()) for limit in (NOTHING, LITTLE)}
    never = int((parameters["moved"] == 0.0).sum())
    return (
        f"Of {n} parameters {below[NOTHING]} have a total index surely below {NOTHING} for every outcome in every "
        f"case, {below[LITTLE]} one below {LITTLE}. On average over luck, {lasting[NOTHING]} are surely below "
        f"{NOTHING} and {lasting[LITTLE]} below {LITTLE}. {never} never changed anything. For the gain, "
        f"{int((parameters['gain_high'] < LITTLE).sum())} are below {LITTLE}."
    )


def _provisional(found: Findings) -> str:
    """Return a warning where rare effects may have been missed."""
    n = found.design.n_points
    if n >= ENOUGH:
        return ""
    return (
        f"Proposals are provisional: an effect that is rare and large, in less than 3 of {n} points, can be missed "
        f"and be worth an index of up to about {3 / n:.2g}. From {ENOUGH} base points on that is below {LITTLE}."
    )


def _proposals(parameters: pd.DataFrame, proposal: str) -> list[str]:
    """Return the parameters with a proposal, under their reasons."""
    chosen = parameters[parameters["proposal"] == proposal].sort_values(["reason", "upper"])
    if chosen.empty:
        return [f"{proposal.capitalize()}s: 0."]
    rows: list[tuple[str, ...]] = [("", "largest", "upper", "lasting", "gain", "moved")]
    rows += [_row(one) for _, one in chosen.iterrows()]
    head, *lines = columns(rows)
    found = [f"{proposal.capitalize()}s: {len(chosen)}", f"  {head}"]
    for reason in chosen["reason"].unique():
        found.append(f"{reason}:")
        found += [f"  {line}" for line, one in zip(lines, chosen["reason"], strict=True) if one == reason]
    return found


def _row(one: pd.Series[Any]) -> tuple[str, ...]:
    """Return a parameter as cells."""
    numbers = tuple(share(one[name]) for name in ("largest", "upper", "lasting", "gain"))
    return (short(one["parameter"], LONGEST), *numbers, f"{one['moved']:.0%}")


def columns_left(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines, first and last column to the left, the others to the right.

    Examples
    --------
    >>> columns_left([("rule", "n", "for"), ("meet", "17", "trust")])
    ['rule   n  for', 'meet  17  trust']
    """
    lines = columns([row[:-1] for row in rows])
    width = max(map(len, lines))
    return [f"{line.ljust(width)}  {row[-1]}".rstrip() for line, row in zip(lines, rows, strict=True)]


def _claims(parameters: pd.DataFrame) -> list[str]:
    """Return whether the claims register was asked."""
    if parameters["claims"].isna().all():
        return paragraph(
            "This installation has no register of claims, so whether a statement rests on a parameter is not known."
        )
    small = parameters[(parameters["proposal"] != KEEP) & (parameters["claims"] != "")]
    return paragraph(
        f"{int((parameters['claims'] != '').sum())} of the parameters carry a statement of the claims register; of "
        f"those proposed for merging or removal {len(small)} do."
    )


def _groups(groups: pd.DataFrame, kind: str, title: str) -> list[str]:
    """Return the indices of groups, the largest first."""
    chosen = groups[groups["kind"] == kind].sort_values("largest", ascending=False)
    if chosen.empty:
        return []
    rows = [(kind, "n", "largest", "95 %", "lasting", "gain", "largest for")]
    for _, one in chosen.iterrows():
        interval = f"{share(one['low'])} to {share(one['high'])}"
        numbers = (share(one["largest"]), interval, share(one["lasting"]), share(one["gain"]))
        rows.append((short(one["name"], 24), str(one["parameters"]), *numbers, short(one["outcome"], 24)))
    return [title, *columns_left(rows)]


def _notes(found: Findings) -> list[str]:
    """Return how to read the numbers."""
    n = found.design.n_points
    return [
        "The total index of an input is the share of an outcome's variance that goes when this input alone is known "
        "no more, other things as they are: half the mean squared difference a swap makes in the same world, over "
        "the variance (Jansen 1999). 'largest' is the largest over all outcomes and cases, 'upper' the largest upper "
        "limit of their 95 % intervals, each on its own.",
        "In one world any change reshuffles who meets whom, so that outcomes ruled by luck give almost every "
        "parameter an index above 0. 'lasting' is the part of the index that is left in the mean over luck, from the "
        f"product of the differences in two worlds; '-' where fewer than {LEAST_BOTH} points changed in both.",
        f"'moved' is the share of {2 * n} pairs in which a swap changed an outcome. One that never did changes "
        f"something in less than {3 / n:.1%} of points, with a confidence of 95 %.",
        "A share of variance is a share of the ranges that were assumed: analysis/parameters.csv states each. "
        "usd_per_unit stands for its inverse, units per dollar, which is 0 where nothing improved.",
    ]
