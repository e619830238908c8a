"""Figures of a sweep: lines over one numeric factor, heat maps over two, dots where levels only have names."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import DASHES, GREY, OKABE_ITO, RC, headline, new_figure
from cisim.study.records import GAIN, Factor, StudyData
from cisim.study.sweep.effects import varied
from cisim.study.sweep.panels import (
    Dimension,
    at,
    basis_text,
    combinations,
    dimensions,
    factor_label,
    is_axis,
    label_axes,
    legend,
    legend_columns,
    panels,
    response_label,
    said,
    source,
    title,
)
from cisim.study.sweep.tables import label, level_text, listed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES = 6
MOST_PANELS = 9
MOST_DOTS = 40
MOST_NUMBERED_CELLS = 60
LOG_RATIO = 100.0


def draw(data: StudyData, effects: pd.DataFrame, outcome: str = GAIN, level: float = 0.95) -> Figure:
    """Return the picture of one outcome over all settings.

    Parameters
    ----------
    data : StudyData
    effects : DataFrame
        From `cisim.study.sweep.effects.effects`.
    outcome : str
        "gain" or an outcome in the table.
    level : float
        Confidence level of the intervals in the table.

    Raises
    ------
    ValueError
        If the outcome is not in the table.
    """
    from matplotlib import rc_context

    rows = effects[effects["outcome"] == outcome].copy()
    if rows.empty:
        raise ValueError(f"outcome: {outcome!r} is not one of {', '.join(effects['outcome'].unique())}")
    rows["shown"] = rows["diff"].where(rows["diff"].notna(), rows["mean"])
    numeric = [f for f in varied(data) if is_axis(f)]
    others = dimensions(data, {f.name for f in numeric[:2]})
    with rc_context(cast("Any", RC)):
        if not numeric:
            return _dots(data, rows, level)
        if len(numeric) == 1:
            return _lines(data, rows, numeric[0], others, level)
        return _heat(data, rows, (numeric[0], numeric[1]), others, level)


def _lines(
    data: StudyData, rows: pd.DataFrame, factor: Factor, others: list[Dimension], level: float
) -> Figure:
    """Return lines over a numeric factor, split into panels where there would be too many in one."""
    k = next(
        i for i in range(len(others) + 1) if len(combinations(others[i:])) <= MOST_LINES or i == len(others)
    )
    split, lines = combinations(others[:k]), combinations(others[k:])
    shown = split[:MOST_PANELS]
    longest = max(len(said(others[k:], one)) for one in lines)
    n_rows = math.ceil(len(lines) / legend_columns(10.0, longest)) if len(lines) > 1 else 0
    top = 1.15 + 0.24 * n_rows + (0.25 if len(shown) > 1 else 0.0)
    figure, axes = panels(len(shown), top, sharex=True, sharey=True)
    outcome = str(rows["outcome"].iloc[0])
    for ax, panel in zip(axes, shown, strict=True):
        for i, one in enumerate(lines):
            mine = at(at(rows, others[:k], panel), others[k:], one).sort_values(factor.name)
            _line(ax, mine, factor, i, len(lines))
        if rows["diff"].notna().any():
            ax.axhline(0.0, color=GREY, linewidth=1.0, zorder=1)
        ax.set_title(said(others[:k], panel))
    label_axes(figure, axes, factor_label(factor), response_label(data, outcome))
    _scale(axes, factor)
    more = f" {len(split) - len(shown)} more panels are in effects.csv." if len(split) > len(shown) else ""
    names = [factor.name, *(one.name for one in others)]
    headline(
        figure,
        title(data, outcome),
        f"By {listed(names)}. Dots: means. Bars: {basis_text(rows, level)}{more}",
    )
    if len(lines) > 1:
        entries = [(said(others[k:], one), OKABE_ITO[i], DASHES[i]) for i, one in enumerate(lines)]
        legend(figure, entries, 0.85, "o")
    source(figure, data)
    return figure


def _line(ax: Axes, mine: pd.DataFrame, factor: Factor, i: int, n: int) -> None:
    """Draw one line with its intervals, a little beside its place so that bars do not hide each other."""
    place = mine[factor.name].to_numpy(dtype=np.float64)
    levels = np.array(factor.labels, dtype=np.float64)
    aside = (i - (n - 1) / 2) * 0.008
    x = place * (levels.max() / levels.min()) ** aside if _is_log(factor) else place + aside * np.ptp(levels)
    y, low, high = (mine[name].to_numpy(dtype=np.float64) for name in ("shown", "low", "high"))
    ax.plot(x, y, color=OKABE_ITO[i], linestyle=DASHES[i], linewidth=1.8, marker="o", markersize=5)
    ax.vlines(x, low, high, color=OKABE_ITO[i], linewidth=2.6, alpha=0.5)


def _is_log(factor: Factor) -> bool:
    """Return whether levels spread over so many sizes that a logarithmic axis is needed."""
    levels = np.array(factor.labels, dtype=np.float64)
    return bool(levels.min() > 0.0 and levels.max() / levels.min() >= LOG_RATIO)


def _scale(axes: Sequence[Axes], factor: Factor) -> None:
    """Give the axis of a factor its scale and readable numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    is_whole = all(isinstance(v, int) for v in factor.labels)
    most = 5 if len(axes) == 1 else 3  # numbers of narrow panels would run into each other
    for ax in axes:
        if _is_log(factor):
            ax.set_xscale("log")
            ax.xaxis.set_minor_formatter(NullFormatter())
        else:
            ax.xaxis.set_major_locator(MaxNLocator(most, integer=is_whole))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: level_text(float(f"{value:.10g}"))))


def _heat(
    data: StudyData, rows: pd.DataFrame, factors: tuple[Factor, Factor], others: list[Dimension], level: float
) -> Figure:
    """Return heat maps over two numeric factors, a panel per combination of all else."""
    split = combinations(others)
    shown = split[:MOST_PANELS]
    figure, axes = panels(len(shown), 1.45, right=0.86, sharex=True, sharey=True)
    is_difference = bool(rows["diff"].notna().any())
    finite = rows["shown"].dropna()
    top = float(finite.abs().max()) if finite.any() else 1.0
    limits = (-top, top) if is_difference or finite.empty else (float(finite.min()), float(finite.max()))
    image = None
    for ax, panel in zip(axes, shown, strict=True):
        image = _cells(ax, at(rows, others, panel), factors, limits, is_difference, len(shown))
        ax.set_title(said(others, panel))
    label_axes(figure, axes, factor_label(factors[0]), factor_label(factors[1]))
    height = float(figure.get_size_inches()[1])
    bar = figure.add_axes((0.89, 0.85 / height, 0.018, 1 - 2.3 / height))
    outcome = str(rows["outcome"].iloc[0])
    figure.colorbar(cast("Any", image), cax=bar, label=textwrap.fill(response_label(data, outcome), 36))
    more = f" {len(split) - len(shown)} more panels are in effects.csv." if len(split) > len(shown) else ""
    circles = "Circles: the interval includes 0, so the sign is not established. " if is_difference else ""
    names = [*(f.name for f in factors), *(one.name for one in others)]
    headline(
        figure,
        title(data, outcome),
        f"By {listed(names)}. Colour: mean. {circles}{basis_text(rows, level)}{more}",
    )
    source(figure, data)
    return figure


def _cells(
    ax: Axes, mine: pd.DataFrame, factors: tuple[Factor, Factor], limits: tuple[float, float], is_difference: bool,
    n_panels: int,
) -> Any:  # fmt: skip
    """Draw one heat map with equal cells, and mark where the sign is open."""
    x, y = (sorted(f.labels, key=float) for f in factors)
    table, is_open = np.full((len(y), len(x)), math.nan), []
    for _, row in mine.iterrows():
        i, j = y.index(row[factors[1].name]), x.index(row[factors[0].name])
        table[i, j] = row["shown"]
        if is_difference and not (row["low"] > 0.0 or row["high"] < 0.0):
            is_open.append((j, i))
    colours = "PuOr" if is_difference else "viridis"
    image = ax.imshow(table, cmap=colours, vmin=limits[0], vmax=limits[1], origin="lower", aspect="auto")
    is_numbered = table.size <= MOST_NUMBERED_CELLS and n_panels <= 4
    if is_open:
        at = np.array(is_open, dtype=np.float64)
        ax.plot(
            at[:, 0], at[:, 1] - (0.28 if is_numbered else 0.0), "o", mfc="none", mec="#222222", markersize=6
        )
    if is_numbered:
        from cisim.tables import decimals

        digits = decimals(max(abs(limits[0]), abs(limits[1])))
        for (i, j), value in np.ndenumerate(table):
            dark = abs(value) > 0.62 * limits[1] if is_difference else value < sum(limits) / 2
            ax.text(j, i, _cell(value, digits), ha="center", va="center", size=8.5,
                    color="white" if dark else "#222222")  # fmt: skip
    ax.set_xticks(range(len(x)), [level_text(v) for v in x], rotation=30 if len(x) * n_panels > 8 else 0)
    ax.set_yticks(range(len(y)), [level_text(v) for v in y])
    return image


def _cell(value: float, digits: int) -> str:
    """Return a number in a cell, without negative zeros."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _dots(data: StudyData, rows: pd.DataFrame, level: float) -> Figure:
    """Return a dot with its interval for every named setting, the largest on top."""
    rows = rows.sort_values("shown", ascending=False, kind="stable", ignore_index=True)
    left_out = max(0, len(rows) - MOST_DOTS)
    if left_out:
        half = MOST_DOTS // 2
        rows = rows.iloc[[*range(half), *range(len(rows) - half, len(rows))]].reset_index(drop=True)
    names = [label(data, row, named=False) for _, row in rows.iterrows()]
    height = 1.95 + 0.3 * len(rows)
    figure = new_figure(10.0, height)
    left = min(0.5, 0.05 + 0.0082 * max(len(name) for name in names))
    ax = figure.add_axes((left, 0.8 / height, 0.96 - left, 1 - 1.85 / height))
    y = np.arange(len(rows))
    cases = list(data.treated)
    colours = [OKABE_ITO[cases.index(case) % len(OKABE_ITO)] for case in rows["case"]]
    ax.hlines(y, rows["low"], rows["high"], color=colours, linewidth=4.0, alpha=0.45)
    ax.scatter(rows["shown"], y, color=colours, s=34, zorder=3)
    if rows["diff"].notna().any():
        ax.axvline(0.0, color=GREY, linewidth=1.0)
    ax.set_yticks(y, names)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    outcome = str(rows["outcome"].iloc[0])
    ax.set_xlabel(response_label(data, outcome))
    cut = f" The middle {left_out} are in effects.csv." if left_out else ""
    factors = [f.name for f in varied(data)] or ["case"]
    headline(
        figure,
        title(data, outcome),
        f"By {listed(factors)}. Dots: means. Bars: {basis_text(rows, level)}{cut}",
    )
    source(figure, data)
    return figure
