"""Figures of an audit: all statements about claims, and the tensions, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from cisim.claims.findings import Answer, Audit, Finding
from cisim.claims.telling import named, number
from cisim.claims.verdicts import DEPENDS, HOLDS, OPEN, REVERSES, VERDICTS
from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, headline, key, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOUR = {HOLDS: OKABE_ITO[0], REVERSES: OKABE_ITO[1], DEPENDS: OKABE_ITO[3], OPEN: PALE}
MARKER = {HOLDS: "o", REVERSES: "s", DEPENDS: "D", OPEN: "o"}
SIDES = (OKABE_ITO[0], OKABE_ITO[1])
FAR = 3.0
"""Standard deviations beyond which an effect is drawn at the edge."""
ROW = 0.19  # inches
GAP = 0.45  # rows between experiments
LONGEST = 74  # characters of a label


@dataclass(frozen=True, slots=True)
class Dot:
    """One row of a figure: label, mean and ends in standard deviations, colour, marker, and the margin of a "none"."""

    label: str
    mean: float
    low: float
    high: float
    colour: str
    marker: str
    margin: float = 0.0


def figures_of(audit: Audit) -> dict[str, Callable[[], Figure]]:
    """Return the figures of an audit by name, each drawn when called: one per document, and one of all tensions."""
    found: dict[str, Callable[[], Figure]] = {}
    for name in dict.fromkeys(one.experiment.name.split(".")[0] for one in audit.claims):
        answers = [one for one in audit.claims if one.experiment.name.split(".")[0] == name]
        found[f"claims_{name}"] = partial(forest, answers, name)
    if audit.tensions:
        found["tensions"] = partial(tensions, audit.tensions)
    return found


def forest(answers: Sequence[Answer], document: str) -> Figure:
    """Return the statements of one document, in standard deviations between draws, in the claimed direction."""
    blocks = [
        (f"{one.experiment.name}  {one.verdict}", [_claim_dot(f, _label(f, one)) for f in one.findings])
        for one in answers
    ]
    title = f"Statements of {document} about outcomes"
    under = (
        "Effect less what it is compared with, in the claimed direction; bars are simultaneous intervals. Claims of no "
        f"difference have the sign of the effect and their margin in grey. Effects beyond ±{FAR:g} stand at the edge."
    )
    entries = [(verdict, COLOUR[verdict]) for verdict in VERDICTS]
    return _drawn(blocks, title, under, entries, ("against the claim", "as claimed"))


def tensions(answers: Sequence[Answer]) -> Figure:
    """Return the comparisons of all tensions, toward the first side to the right and the second to the left."""
    blocks = [
        (f"{one.experiment.name}  {one.experiment.sides[1]}  ← →  {one.experiment.sides[0]}",
         [_side_dot(f, one.experiment.sides, _label(f, one)) for f in one.findings])
        for one in answers
    ]  # fmt: skip
    under = (
        "Each comparison in standard deviations between draws, to the right where it speaks for the side named on the "
        f"right; bars are simultaneous intervals. Beyond ±{FAR:g} effects are drawn at the edge."
    )
    entries = [
        ("right side", SIDES[0]), ("left side", SIDES[1]),
        ("either, by condition", COLOUR[DEPENDS]), ("undecided", PALE),
    ]  # fmt: skip
    return _drawn(blocks, "Tensions between the sources", under, entries, ("left side", "right side"))


def _claim_dot(one: Finding, label: str) -> Dot:
    """Return a statement in the claimed direction."""
    sign = -1.0 if one.demand.says == "less" else 1.0
    return _dot(one, sign, label, COLOUR[one.verdict], MARKER[one.verdict])


def _side_dot(one: Finding, sides: tuple[str, ...], label: str) -> Dot:
    """Return a statement toward the side on the right, in the colour of the side it speaks for."""
    is_right = one.statement.side == sides[0]
    sign = (1.0 if is_right else -1.0) * (-1.0 if one.demand.says == "less" else 1.0)
    colour = COLOUR[one.verdict]
    if one.verdict in (HOLDS, REVERSES):
        colour = SIDES[0] if is_right is (one.verdict == HOLDS) else SIDES[1]
    return _dot(one, sign, label, colour, MARKER[one.verdict])


def _label(one: Finding, answer: Answer) -> str:
    """Return the words of a statement and its claim, with its study where others have the same words."""
    words = named(one, answer)
    sign = {"more": ">", "less": "<", "none": "\N{ALMOST EQUAL TO}"}[one.demand.says]
    claim = f" {sign} {number(one.demand.than, signed=False)}"
    most = LONGEST - len(claim)
    return (words if len(words) <= most else words[: most - 1] + "…") + claim


def _dot(one: Finding, sign: float, label: str, colour: str, marker: str) -> Dot:
    """Return an effect less what it is compared with, in standard deviations between draws."""
    than = 0.0 if one.demand.says == "none" else one.demand.than
    sd = one.estimate.sd

    def scaled(x: float) -> float:
        if x == than or math.isnan(x):
            return 0.0
        return sign * (x - than) / sd if sd > 0.0 else math.copysign(math.inf, sign * (x - than))

    low, high = sorted((scaled(one.estimate.low), scaled(one.estimate.high)))
    margin = one.demand.within / sd if one.demand.says == "none" and sd > 0.0 else 0.0
    return Dot(label, scaled(one.estimate.mean), low, high, colour, marker, margin)


def _drawn(
    blocks: Sequence[tuple[str, list[Dot]]],
    title: str,
    under: str,
    entries: Sequence[tuple[str, str]],
    ends: tuple[str, str],
) -> Figure:
    """Return a figure with a row per statement, in blocks."""
    from matplotlib import rc_context

    rows = sum(len(dots) + 1 + GAP for _, dots in blocks)
    tall = rows * ROW
    height = tall + 1.75
    with rc_context(cast("Any", RC)):
        figure = new_figure(10.0, height)
        ax = figure.add_axes((0.5, 0.72 / height, 0.47, tall / height))
        _rows(ax, blocks, rows)
        ax.set_xlabel(f"← {ends[0]}    standard deviations between draws    {ends[1]} →")
        headline(figure, title, under)
        key(figure, entries, 0.02, 0.1 / height)
    return figure


def _rows(ax: Axes, blocks: Sequence[tuple[str, list[Dot]]], rows: float) -> None:
    """Draw all blocks from above."""
    from matplotlib.transforms import blended_transform_factory

    figure = ax.get_figure(root=True)
    assert figure is not None
    left = blended_transform_factory(figure.transFigure, ax.transData)
    y = 0.0
    ax.axvline(0.0, color=GREY, linewidth=0.8)
    for name, dots in blocks:
        ax.text(0.02, y, name, transform=left, va="center", weight="bold", size=8.5, color="#222222")
        for dot in dots:
            y += 1.0
            _row(ax, dot, y)
        y += 1.0 + GAP
    ax.set_ylim(rows - GAP, -0.8)
    ax.set_xlim(-FAR - 0.15, FAR + 0.15)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _row(ax: Axes, dot: Dot, y: float) -> None:
    """Draw one statement: bar, marker (an arrow head beyond the edge) and label."""
    if dot.margin > 0.0:
        edge = min(FAR, dot.margin)
        ax.fill_between([-edge, edge], y - 0.42, y + 0.42, color="#e4e4e4", linewidth=0)
    low, mean, high = (max(-FAR, min(FAR, value)) for value in (dot.low, dot.mean, dot.high))
    ax.plot([low, high], [y, y], color=dot.colour, linewidth=1.6, alpha=0.75, solid_capstyle="butt")
    marker = dot.marker if abs(dot.mean) <= FAR else (">" if dot.mean > 0 else "<")
    ax.plot([mean], [y], marker, color=dot.colour, markersize=4.6)
    ax.annotate(
        dot.label, (0.0, y), xycoords=("axes fraction", "data"), xytext=(-6, 0), textcoords="offset points",
        ha="right", va="center", size=7.4, color=GREY, annotation_clip=False,
    )  # fmt: skip
