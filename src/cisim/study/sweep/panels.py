"""What the figures of a sweep share: panels and lines for combinations of levels, legends, words on axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import GREY, PALE, new_figure
from cisim.study.records import GAIN, Factor, StudyData
from cisim.study.sweep.effects import varied
from cisim.study.sweep.tables import count, level_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Dimension:
    """A column of the effects that panels or lines are told apart by, and its levels in order."""

    name: str
    levels: tuple[Any, ...]


def is_axis(factor: Factor) -> bool:
    """Return whether the levels of a factor have places on an axis (numbers, but not yes and no)."""
    return factor.is_numeric and not any(isinstance(one, bool) for one in factor.labels)


def factor_label(factor: Factor) -> str:
    """Return the words on the axis of a factor."""
    return f"{factor.name} ({factor.unit})" if factor.unit else factor.name


def response_label(data: StudyData, outcome: str) -> str:
    """Return the words on the axis of an outcome."""
    unit = data.unit_of(outcome)
    if outcome == GAIN:
        return f"gain in {data.scenario.indicator.name} ({unit})"
    against = "" if data.reference is None else f", minus {data.reference}"
    return f"{outcome}{against} ({unit})"


def dimensions(data: StudyData, without: set[str]) -> list[Dimension]:
    """Return what else tells settings apart, besides the axes."""
    found = [Dimension(f.name, f.labels) for f in varied(data) if f.name not in without]
    return [*found, *([Dimension("case", data.treated)] if len(data.treated) > 1 else [])]


def combinations(dimensions: Sequence[Dimension]) -> list[tuple[Any, ...]]:
    """Return every combination of levels; one empty combination where there are no dimensions."""
    return list(itertools.product(*(one.levels for one in dimensions)))


def at(rows: pd.DataFrame, dimensions: Sequence[Dimension], levels: tuple[Any, ...]) -> pd.DataFrame:
    """Return the rows at these levels."""
    keep = np.ones(len(rows), dtype=bool)
    for one, value in zip(dimensions, levels, strict=True):
        keep &= (rows[one.name] == value).to_numpy()
    return rows[keep]


def said(dimensions: Sequence[Dimension], levels: tuple[Any, ...]) -> str:
    """Return a combination of levels in words."""
    both = zip(dimensions, levels, strict=True)
    return " · ".join(level_text(v) if d.name == "case" else f"{d.name} {level_text(v)}" for d, v in both)


def legend(figure: Figure, entries: Sequence[tuple[str, str, Any]], y: float, marker: str = "") -> None:
    """Write what lines mean, in as many columns as fit, from the height `y` (inches from the top) downwards."""
    from matplotlib.lines import Line2D

    width, height = (float(x) for x in figure.get_size_inches())
    longest = max([len(text) for text, _, _ in entries], default=1)
    handles = [
        Line2D([], [], color=c, linestyle=d, marker=marker, markersize=5, label=t) for t, c, d in entries
    ]
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.012, 1 - y / height), frameon=False,
        ncols=legend_columns(width, longest), fontsize=9.5, alignment="left", labelcolor=GREY, borderpad=0.2,
    )  # fmt: skip


def legend_columns(width: float, longest: int) -> int:
    """Return how many entries of this many letters stand side by side in so many inches."""
    return max(1, int(width / (0.6 + 0.082 * longest)))


def source(figure: Figure, data: StudyData) -> None:
    """Write where the figure comes from under it."""
    from cisim import __version__

    text = (
        f"cisim {__version__} · study {data.name} · scenario {data.scenario.name} · seed {data.seed} · "
        f"{len(data.runs):,} runs of {data.scenario.values['n_orgs']} organisations"
    )
    figure.text(0.02, 0.012, text, size=7.5, color=PALE, va="bottom")


def panels(
    n: int, top: float, width: float = 10.0, each: float = 3.3, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure with `n` panels below `top` inches that are left free."""
    n_columns = 1 if n == 1 else 2 if n in (2, 4) else 3
    n_rows = math.ceil(n / n_columns)
    each = 4.6 if n == 1 else each
    height = top + n_rows * each + 0.5
    figure = new_figure(width, height)
    grid = figure.add_gridspec(
        n_rows, n_columns, left=0.095, right=shared.pop("right", 0.97), top=1 - top / height,
        bottom=0.85 / height, hspace=0.95 / (each - 0.95) if n_rows > 1 else 0.0, wspace=0.2,
    )  # fmt: skip
    axes = np.atleast_1d(grid.subplots(squeeze=False, **shared)).ravel()
    for extra in axes[n:]:
        extra.set_visible(False)
    return figure, [*axes[:n]]


def label_axes(figure: Figure, axes: Sequence[Axes], x: str, y: str) -> None:
    """Write what the axes are: at the lowest panel of each column, and once at the left."""
    spots = [cast("Any", ax.get_subplotspec()) for ax in axes]
    for ax, spot in zip(axes, spots, strict=True):
        below = max(other.rowspan.stop for other in spots if other.colspan == spot.colspan)
        if spot.rowspan.stop == below:
            ax.set_xlabel(x)
            ax.tick_params(labelbottom=True)
    if max(spot.rowspan.stop for spot in spots) == 1:
        axes[0].set_ylabel(y)
        return
    top = max(ax.get_position().y1 for ax in axes)  # one label for all rows: one each would overlap
    low = min(ax.get_position().y0 for ax in axes)
    figure.text(0.018, (top + low) / 2, y, rotation=90, ha="center", va="center", color=GREY, size=10)


def basis_text(rows: pd.DataFrame, level: float) -> str:
    """Return what intervals in a figure are."""
    some = rows[rows["units"] > 0]  # elsewhere no value is finite, and nothing is drawn
    if some.empty:
        return "No value is finite anywhere."
    units = count(some["units"].min(), some["units"].max(), str(some["basis"].iloc[0]))
    if some["units"].min() < 2:
        return f"Over {units}; one alone has no interval."
    return f"{100 * level:.4g} % interval of the mean over {units}, each on its own."


def title(data: StudyData, outcome: str) -> str:
    """Return what is shown."""
    what = f"Gain in {data.scenario.indicator.name}" if outcome == GAIN else outcome
    return what if data.reference is None else f"{what} against {data.reference}"
