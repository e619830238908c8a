"""Figures of cases from life: the course of what was published, and where observed figures lie among predictions."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, headline, new_figure
from cisim.result import is_falling_good
from cisim.retrodiction.cases import TRUE
from cisim.retrodiction.courses import rows_by
from cisim.retrodiction.observed import PUBLISHED, Observation, Observed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.spec import Spec

HAPPENED, OTHER, EFFECT = OKABE_ITO[0], OKABE_ITO[1], OKABE_ITO[2]
INK = "#000000"
WIDTH = 10.0


def draw_course(observed: Observed, spec: Spec, tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Return what would have been published beside what was, and the difference to what might have been."""
    from matplotlib import rc_context

    with rc_context(cast("Any", RC)):
        return _draw_course(observed, spec, tables)


def _draw_course(observed: Observed, spec: Spec, tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Return the figure, once its style is set."""
    columns = list(dict.fromkeys(one.outcome for one in observed.observations if one.trials is None)) or [
        PUBLISHED
    ]
    shares = [one for one in observed.observations if one.trials is not None]
    n = len(columns) + len(shares) + 1
    n_rows = math.ceil(n / 2)
    top, each = 1.95, 3.1
    height = top + n_rows * each + 0.35
    figure = new_figure(WIDTH, height)
    grid = figure.add_gridspec(
        n_rows, 2, left=0.1, right=0.975, top=1 - top / height, bottom=0.8 / height, hspace=0.5, wspace=0.22
    )
    places = (
        [grid[0, :], *(grid[1 + k // 2, k % 2] for k in range(n - 1))]
        if n % 2
        else [grid[k // 2, k % 2] for k in range(n)]
    )
    axes = [figure.add_subplot(place) for place in places[:n]]
    for ax, column in zip(axes, columns, strict=False):
        _course(ax, observed, column, tables["bands"])
    for ax, share in zip(axes[len(columns) :], shares, strict=False):
        _share(ax, observed, share, tables["predictions"])
    _difference(axes[-1], observed, tables["bands"])
    noise = "A band of published figures holds their sampling noise"
    seen = (
        "; bars on observed figures show it once more. Nothing was fitted to them."
        if observed.observations
        else "."
    )
    headline(
        figure, observed.title, f"Bands: 50 and 90 % of runs over everything that is uncertain. {noise}{seen}"
    )
    _key(figure, observed)
    write_source(figure, f"scenario {observed.scenario.name}", spec)
    return figure


def _x(observed: Observed, months: Any) -> Any:
    """Return the end of months as calendar years, or as years since the start."""
    return observed.start_year + (np.asarray(months, dtype=np.float64) + 1.0) / 12.0


def _band(ax: Axes, observed: Observed, rows: pd.DataFrame, colour: str) -> None:
    """Draw median, 50 and 90 % of runs."""
    x = _x(observed, rows["month"])
    for low, high, alpha in (("p5", "p95", 0.16), ("p25", "p75", 0.30)):
        ax.fill_between(x, rows[low], rows[high], color=colour, alpha=alpha, linewidth=0)
    ax.plot(x, rows["p50"], color=colour, linewidth=2.0)


def _course(ax: Axes, observed: Observed, column: str, bands: pd.DataFrame) -> None:
    """Draw a column as it happened and as it might have been, with the figures there are."""
    from cisim.outcomes import describe

    mine = bands[bands["column"] == column]
    _band(ax, observed, mine[mine["case"] == observed.happened], HAPPENED)
    other = mine[mine["case"] == observed.counterfactual]
    x = _x(observed, other["month"])
    ax.plot(x, other["p50"], color=OTHER, linewidth=1.8, linestyle=(0, (6, 2)))
    for name in ("p5", "p95"):
        ax.plot(x, other[name], color=OTHER, linewidth=1.0, linestyle=(0, (1, 1.5)))
    start = float(mine.loc[mine["month"] < 0, "p50"].iloc[0])
    for one in observed.observations:
        if one.outcome == column and one.trials is None:
            _point(ax, observed, one, start)
    meaning, unit = describe(column)
    indicator = observed.scenario.indicator
    better = "lower is better" if is_falling_good(observed.scenario) else "higher is better"
    published = f"{indicator.name[:1].upper()}{indicator.name[1:]}, as published\n({better})"
    other_column = f"{meaning.rstrip('.')}, bands without sampling noise"
    ax.set_title(published if column == PUBLISHED else textwrap.fill(other_column, 58), size=10)
    ax.set_ylabel(textwrap.fill(unit.replace("indicator", indicator.unit), 38))
    _years(ax, observed)


def _point(ax: Axes, observed: Observed, one: Observation, start: float) -> None:
    """Draw one observed figure with its sampling error; hollow where it is from memory."""
    value, error = (start * (1.0 + one.value), abs(start) * one.error) if one.statistic == "change" else (
        one.value, one.error,
    )  # fmt: skip
    ax.errorbar(
        _x(observed, one.month), value, yerr=error, color=INK, marker="o", markersize=5.5, capsize=0, elinewidth=1.2,
        markerfacecolor="white" if one.from_memory else INK, zorder=5,
    )  # fmt: skip


def _difference(ax: Axes, observed: Observed, bands: pd.DataFrame) -> None:
    """Draw what happened minus what might have been, true levels in the same runs."""
    rows = bands[(bands["column"] == TRUE) & (bands["case"] == "difference")]
    _band(ax, observed, rows, EFFECT)
    ax.axhline(0.0, color=GREY, linewidth=1.0)
    better = "below" if is_falling_good(observed.scenario) else "above"
    title = f"True level: {observed.happened} minus {observed.counterfactual},"
    ax.set_title(f"{title}\nsame runs ({better} 0 is better)", size=10)
    ax.set_ylabel(textwrap.fill(observed.scenario.indicator.unit, 38))
    _years(ax, observed)


def _share(ax: Axes, observed: Observed, one: Observation, predictions: pd.DataFrame) -> None:
    """Draw predictions of a share as two bars, and the observed one as a line with its error."""
    found = rows_by(predictions[predictions["observation"] == one.name], "role")
    for y, (role, colour) in enumerate((("counterfactual", OTHER), ("happened", HAPPENED))):
        _bar(ax, found[role], y, colour)
    ax.axvspan(one.value - one.error, one.value + one.error, color=INK, alpha=0.10, linewidth=0)
    ax.axvline(one.value, color=INK, linewidth=1.6)
    ax.set_yticks([0, 1], [observed.counterfactual, observed.happened], size=9)
    ax.set_ylim(-0.7, 1.7)
    year = observed.start_year + (one.month + 1) // 12
    ax.set_title(f"{one.name[:1].upper()}{one.name[1:]}, {year}", size=10)
    ax.set_xlabel(f"share of {one.trials} figures")


def _bar(ax: Axes, row: Any, y: float, colour: str) -> None:
    """Draw 90 and 50 % of predictions and their median."""
    ax.plot([row.p5, row.p95], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt")
    ax.plot([row.p25, row.p75], [y, y], color=colour, linewidth=7.0, solid_capstyle="butt")
    ax.plot(row.p50, y, marker="o", color="white", markeredgecolor=colour, markersize=6)


def _years(ax: Axes, observed: Observed) -> None:
    """Write whole years on the axis."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, steps=[1, 2, 5, 10]))
    ax.set_xlabel("year" if observed.start_year else "years since the start")


def _key(figure: Figure, observed: Observed) -> None:
    """Write what lines and points mean, below the subtitle."""
    from matplotlib.lines import Line2D

    done = ", as it happened" if observed.observations else ""
    entries = [
        Line2D([], [], color=HAPPENED, linewidth=2, label=f"{observed.happened}{done}: median"),
        Line2D([], [], color=OTHER, linewidth=1.8, linestyle=(0, (6, 2)),
               label=f"{observed.counterfactual}, as it might have been: median (dotted: 90 %)"),
    ]  # fmt: skip
    points = {one.from_memory for one in observed.observations}
    for is_memory in sorted(points):
        words = "observed, from memory" if is_memory else "observed, ± 1 sd of sampling"
        face = "white" if is_memory else INK
        entries.append(Line2D([], [], color=INK, marker="o", markerfacecolor=face, linestyle="", label=words))
    height = float(figure.get_size_inches()[1])
    figure.legend(
        handles=entries, loc="upper left", bbox_to_anchor=(0.012, 1 - 0.98 / height), ncols=2, frameon=False,
        fontsize=9.5, labelcolor=GREY, borderpad=0.2,
    )  # fmt: skip


def write_source(figure: Figure, what: str, spec: Spec | None = None) -> None:
    """Write where the figure comes from under it."""
    from cisim import __version__

    more = f" · {spec.samples} draws, {spec.worlds} worlds each · seed {spec.seed}" if spec else ""
    figure.text(
        0.02, 0.012, f"cisim {__version__} retrodict · {what}{more}", size=7.5, color=PALE, va="bottom"
    )
