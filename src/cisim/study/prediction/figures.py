"""Figures of a predictive check: facts against predictions, and the courses they lie on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from cisim.figures.style import GREY, OKABE_ITO, RC, headline, key, new_figure
from cisim.study.calibration.figures import source_of
from cisim.study.calibration.targets import Target
from cisim.study.prediction.paths import Course, courses_of
from cisim.study.wording import counted
from cisim.tables import short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.records import StudyData

BLUE, ORANGE, GREEN = OKABE_ITO[:3]
RED = "#B00020"
ACROSS = 2
STATISTICS = {
    "mean": "mean",
    "sd": "sd",
    "share_positive": "share of places with it",
    "difference": "difference",
    "relative_difference": "relative difference",
}


def draw_facts(data: StudyData, facts: pd.DataFrame) -> Figure:
    """Return fact and prediction of every target, in tolerances of the fact."""
    import matplotlib as mpl

    with mpl.rc_context(cast("Any", RC)):
        height = 2.8 + 0.46 * len(facts)
        figure = new_figure(10.0, height)
        ax = figure.add_axes((0.36, 0.85 / height, 0.38, 1 - 2.65 / height))
        for y, (_, row) in enumerate(facts.iterrows()):
            _fact_row(ax, y, row)
        _fact_axes(ax, facts)
        fitted, unseen = (facts[facts["use"] == use]["verdict"].eq("inside") for use in ("fit", "hold-out"))
        parts = [f"{fitted.sum()} of {counted(fitted.size, 'fact')} that were fitted"] if fitted.size else []
        parts += [f"{unseen.sum()} of {unseen.size} that were held out"] if unseen.size else []
        headline(
            figure,
            f"Simulated, the model meets {' and '.join(parts)}",
            "Prediction minus fact, in tolerances (one standard deviation of model discrepancy and observation error). "
            "Bars: 5-95 % and 25-75 % of the draws; dots: their mean. Band: two tolerances. Numbers: mean prediction "
            "and, in brackets, the fact, in the outcome's own unit.",
        )
        key(figure, [("fitted", BLUE), ("held out", ORANGE)], 0.36, 1 - 1.62 / height)
        source_of(figure, data)
    return figure


def _fact_row(ax: Axes, y: int, row: Any) -> None:
    """Draw one fact."""
    colour = BLUE if row.use == "fit" else ORANGE
    at = {
        name: (row[name] - row.value) / row.tolerance
        for name in ("low", "quarter", "three_quarters", "high", "mean")
    }
    ax.hlines(y, at["low"], at["high"], color=colour, linewidth=2.5, alpha=0.5)
    ax.hlines(y, at["quarter"], at["three_quarters"], color=colour, linewidth=6.0, alpha=0.5)
    ax.plot(at["mean"], y, "o", color=colour, markersize=6)
    text = f"{row['mean']:.3g}  ({row.value:.3g})  {row.verdict}".replace("-", "\N{MINUS SIGN}")
    ax.annotate(
        text, (1.0, y), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
        size=9, va="center", color=GREY if row.verdict == "inside" else RED,
    )  # fmt: skip


def _fact_axes(ax: Axes, facts: pd.DataFrame) -> None:
    """Mark zero and two tolerances, and scale and label the axes."""
    scaled = (
        (facts[["low", "high", "mean"]].sub(facts["value"], axis=0)).div(facts["tolerance"], axis=0).abs()
    )
    largest = float(scaled.max().max())
    reach = max(4.0, 1.1 * largest) if math.isfinite(largest) else 4.0
    ax.axvspan(-2, 2, color="#f0f0f0", zorder=0, linewidth=0)
    ax.axvline(0.0, color=GREY, linewidth=1.2)
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    ax.set_yticks(range(len(facts)), [short(name, 44) for name in facts["target"]])
    ax.set_ylim(len(facts) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("prediction minus fact, in tolerances")


def draw_paths(data: StudyData, targets: Sequence[Target], paths: pd.DataFrame) -> Figure:
    """Return a panel per course: the draws through time, and the facts with two tolerances either way."""
    import matplotlib as mpl

    courses = courses_of(targets)
    rows = math.ceil(len(courses) / ACROSS)
    with mpl.rc_context(cast("Any", RC)):
        height = 1.9 + 2.6 * rows
        figure = new_figure(10.0, height)
        grid = figure.add_gridspec(
            rows,
            ACROSS,
            left=0.08,
            right=0.97,
            bottom=0.85 / height,
            top=1 - 1.45 / height,
            hspace=0.55,
            wspace=0.25,
        )
        for number, (course, group) in enumerate(courses.items()):
            ax = figure.add_subplot(grid[number // ACROSS, number % ACROSS])
            _path_panel(ax, course, group, paths[paths["course"] == number])
        headline(
            figure,
            "What the draws predict through time, and the facts on the way",
            "Bands: 5-95 % and 25-75 % of the draws; line: their median. Points: facts, with two tolerances either "
            "way. Differences are to the reference in the same worlds. A draw's own value holds the luck of its "
            "worlds too.",
        )
        key(figure, [("fitted", BLUE), ("held out", ORANGE), ("predicted", GREEN)], 0.08, 1 - 1.12 / height)
        source_of(figure, data)
    return figure


def _path_panel(ax: Axes, course: Course, group: Sequence[Target], path: pd.DataFrame) -> None:
    """Draw one course."""
    years = path["month"] / 12.0
    ax.fill_between(years, path["low"], path["high"], color=GREEN, alpha=0.15, linewidth=0)
    ax.fill_between(years, path["quarter"], path["three_quarters"], color=GREEN, alpha=0.3, linewidth=0)
    ax.plot(years, path["median"], color=GREEN, linewidth=2.0)
    for one in group:
        colour = BLUE if one.is_fit else ORANGE
        at = (one.month or 0) / 12.0
        ax.errorbar(
            at, one.value, yerr=2.0 * one.tolerance, color=colour, marker="o", capsize=3, linewidth=1.5
        )
    if course.statistic in ("difference", "relative_difference"):
        ax.axhline(0.0, color=GREY, linewidth=0.8)
    what = course.outcome + (f" per {course.per}" if course.per else "")
    ax.set_title(f"{course.case}: {what}", fontsize=10)
    ax.set_ylabel(STATISTICS[course.statistic], fontsize=8.5)
    ax.set_xlabel("years", fontsize=8.5)
