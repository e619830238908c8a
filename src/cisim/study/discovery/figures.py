"""Figures of scenario discovery: limits of the boxes, and coverage against density on the way to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, headline, new_figure
from cisim.study.discovery.boxes import Limit
from cisim.study.discovery.words import UNITLESS, number, percent
from cisim.study.records import Factor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.discovery.analysis import Answer, Discovery

COLOUR = {"pays": OKABE_ITO[0], "hurts": OKABE_ITO[1]}
TITLE = {"pays": "It pays", "hurts": "It hurts"}
LIGHT = "#e4e4e4"
SHOWN = 0.25
"""Share of repeated searches from which a factor is drawn although the box does not limit it."""


def limits(found: Discovery) -> Figure:
    """Return the boxes as parts of the ranges tried, with where repeated searches put each limit."""
    from matplotlib import rc_context

    answers = [answer for answer in found.answers if answer.stability is not None]
    rows = [max(1, len(_shown(answer))) for answer in answers]
    with rc_context(cast("Any", RC)):
        height = 1.15 + sum(0.62 * n + 0.75 for n in rows)
        figure = new_figure(10.0, height)
        top = height - 0.85
        for answer, n in zip(answers, rows, strict=True):
            tall = 0.62 * n
            ax = figure.add_axes((0.25, (top - 0.4 - tall) / height, 0.53, tall / height))
            _ranges(ax, found, answer)
            top -= tall + 0.75
        headline(
            figure,
            _title(found),
            f"Grey: range tried. Colour: box learned on one half of the points. Black bars: 5 to 95 % of where "
            f"{found.options.resamples} repeated searches put the limit. Right: how often they limit the factor; "
            f"under 50 % is unstable.",
        )
    return figure


def _title(found: Discovery) -> str:
    """Return whether boxes were found, as a title."""
    n = sum(answer.is_found for answer in found.answers)
    asked = {
        2: "Conditions were found for both questions",
        1: "Conditions were found for one question of two",
    }
    return asked.get(n, "No conditions were found that hold on points not used to find them")


def _shown(answer: Answer) -> list[str]:
    """Return the factors worth drawing, most often limited first."""
    if answer.stability is None or answer.box is None:
        return []
    rows = answer.stability.sort_values("share", ascending=False, kind="stable")
    return [n for n in rows["factor"] if n in answer.box.limits or float(again(answer, n)["share"]) >= SHOWN]


def again(answer: Answer, name: str) -> dict[Any, Any]:
    """Return how often and where repeated searches limit a factor."""
    if answer.stability is None:
        return {}
    row: dict[Any, Any] = answer.stability[answer.stability["factor"] == name].iloc[0].to_dict()
    return row


def _ranges(ax: Axes, found: Discovery, answer: Answer) -> None:
    """Draw one question: a row per factor."""
    names = _shown(answer)
    by_name = {factor.name: factor for factor in found.factors}
    for y, name in enumerate(names):
        limit = answer.box.limits.get(name) if answer.box else None
        _row(ax, y, found, answer, by_name[name], limit)
    if not names:
        ax.text(0.0, 0.0, "no factor is limited", color=PALE, va="center")
    ax.set_yticks(range(len(names)), [axis_label(by_name[name], "\n") for name in names])
    ax.set_ylim(max(1, len(names)) - 0.4, -0.6)
    ax.set_xlim(-0.02, 1.02)
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0)
    for side in ("bottom", "left"):
        ax.spines[side].set_visible(False)
    verdict = (
        "holds on the other half" if answer.is_found else "does not hold on the other half: no box found"
    )
    if answer.box is not None and not answer.box.limits:
        verdict = "no box found"
    ax.set_title(f"{TITLE[answer.question]} ({verdict})", color=COLOUR[answer.question], weight="bold")


def _row(ax: Axes, y: int, found: Discovery, answer: Answer, factor: Factor, limit: Limit | None) -> None:
    """Draw the range, the box and the spread of the limits of one factor."""
    colour, seen = COLOUR[answer.question], again(answer, factor.name)
    alpha = 0.9 if answer.is_found else 0.35
    column = found.x[factor.name]
    if answer.trajectory is not None and math.isnan(answer.trajectory.points.range_of(factor.name)[0]):
        names = sorted(column.astype(str).unique())
        for i, one in enumerate(names):
            x0, wide = i / len(names), 1 / len(names) - 0.01
            is_in = limit is not None and limit.among is not None and one in limit.among
            ax.barh(
                y,
                wide,
                0.36,
                x0,
                align="center",
                color=colour if is_in else LIGHT,
                alpha=alpha if is_in else 1,
            )
            ax.text(x0 + wide / 2, y, one, ha="center", va="center", size=8, color="white" if is_in else GREY)
    else:
        low, high = float(column.min()), float(column.max())
        ax.barh(y, 1.0, 0.36, 0.0, color=LIGHT)
        if limit is not None:
            a, b = max(limit.low, low), min(limit.high, high)
            ax.barh(
                y,
                max((b - a) / (high - low), 0.006),
                0.36,
                (a - low) / (high - low),
                color=colour,
                alpha=alpha,
            )
            _limit_numbers(ax, y, limit, low, high)
        for side in ("low", "high"):
            if limit is not None and math.isfinite(getattr(limit, side)) and seen[f"{side}_share"] > 0:
                ends = [(seen[f"{side}_{q}"] - low) / (high - low) for q in ("q05", "q95")]
                ax.plot(ends, [y, y], color="black", linewidth=2.2, solid_capstyle="butt")
                ax.plot(ends, [y, y], "|", color="black", markersize=9)
        for at, value, side in ((0.0, low, "left"), (1.0, high, "right")):
            ax.text(at, y + 0.24, number(value), ha=side, va="top", size=7.5, color=PALE)
    note = f"in {percent(float(seen['share']))}"
    if limit is None:
        note += " (not in this box)"
    elif not seen["stable"]:
        note += ": unstable"
    ax.annotate(note, (1.0, y), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
                va="center", size=9, color=GREY)  # fmt: skip


def _limit_numbers(ax: Axes, y: int, limit: Limit, low: float, high: float) -> None:
    """Write the limits over the box."""
    for side in limit.sides():
        value = float(getattr(limit, side))
        at = (value - low) / (high - low)
        ha = "right" if side == "high" and at > 0.1 else "left"
        ax.text(at, y - 0.22, number(value), ha=ha, va="bottom", size=8.5, color=GREY)


def axis_label(factor: Factor, gap: str = " ") -> str:
    """Return name and unit of a factor for an axis."""
    name = factor.name.replace("_", " ")
    return name if factor.unit in UNITLESS else f"{name}{gap}({factor.unit})"


def tradeoff(found: Discovery) -> Figure:
    """Return coverage and density of every box on the way, the chosen one, and the check on the other half."""
    from matplotlib import rc_context

    with rc_context(cast("Any", RC)):
        figure = new_figure(10.0, 5.6)
        for i, answer in enumerate(found.answers):
            ax = figure.add_axes((0.08 + 0.48 * i, 0.11, 0.40, 0.66))
            _tradeoff(ax, answer)
            ax.set_title(TITLE[answer.question], color=COLOUR[answer.question], weight="bold")
        headline(
            figure,
            "Boxes between covering every case and holding nothing else",
            f"Line: boxes of the search, on the half they were learned on. Ring: the one chosen. Dot with bars: the "
            f"same box on the other half, {percent(found.options.level)} intervals; if it lies lower, the search had "
            f"flattered it.".replace("\xa0", " "),
        )
    return figure


def _tradeoff(ax: Axes, answer: Answer) -> None:
    """Draw one question."""
    colour = COLOUR[answer.question]
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("coverage (share of the cases in the box)")
    ax.set_ylabel("density (share of the box that are cases)")
    if answer.trajectory is None or answer.box is None or answer.check is None:
        ax.text(
            0.5, 0.5, f"not searched: {answer.n_cases} of {answer.n_points} points", ha="center", color=PALE
        )
        return
    boxes = answer.trajectory.boxes
    ax.plot(
        [b.coverage for b in boxes], [b.density for b in boxes], "-o", color=colour, alpha=0.4, markersize=4
    )
    ax.axhline(boxes[0].density, color=PALE, linewidth=1.0, linestyle=(0, (2, 3)))
    ax.text(0.0, boxes[0].density + 0.012, "all points", size=8, color=PALE)
    ax.plot(answer.box.coverage, answer.box.density, "o", mfc="none", color=colour, markersize=13, mew=2)
    checked = answer.check
    if checked.n_inside and checked.n_cases and answer.box.limits:
        x, y = checked.n_hits / checked.n_cases, checked.n_hits / checked.n_inside
        ax.hlines(y, *checked.coverage, color="black", linewidth=1.6)
        ax.vlines(x, *checked.density, color="black", linewidth=1.6)
        ax.plot(x, y, "o", color="black", markersize=6)
    elif not answer.box.limits:
        ax.text(0.5, 0.05, "no box tells cases apart", ha="center", color=PALE)
