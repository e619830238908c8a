"""Monthly means of a sweep: levels, and the difference to the reference in the same worlds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import DASHES, GREY, OKABE_ITO, RC, headline, new_figure
from cisim.statistics import F
from cisim.study.records import StudyData
from cisim.study.sweep.panels import legend, legend_columns, source
from cisim.study.sweep.tables import headline_rows, label
from cisim.study.sweep.units import Ints, estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KEYS = ("point", "setting", "draw", "case", "world", "seed", "month")
MOST_PATHS = 8
EXTREMES = 3
PER_PAGE = 5
MEASURES = ("mean", "mean_low", "mean_high", "diff", "low", "high")


def columns_kept(data: StudyData) -> tuple[str, ...]:
    """Return the monthly columns that the study kept."""
    series = data.series
    return () if not len(series) else tuple(str(name) for name in series.columns if name not in KEYS)


def pages(monthly: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return which monthly columns are drawn on which figure.

    Examples
    --------
    >>> pages(("a", "b"))
    {'paths': ('a', 'b')}
    >>> list(pages(tuple("abcdefg")))
    ['paths', 'paths_2']
    """
    starts = range(0, len(monthly), PER_PAGE)
    return {f"paths_{k + 1}" if k else "paths": monthly[i : i + PER_PAGE] for k, i in enumerate(starts)}


def chosen(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the settings and cases to draw: all in order, or of more than eight the extremes, best first."""
    rows = headline_rows(effects)
    if len(rows) <= MOST_PATHS:
        return rows.sort_values("setting", kind="stable", ignore_index=True)
    return rows.iloc[[*range(EXTREMES), *range(len(rows) - EXTREMES, len(rows))]].reset_index(drop=True)


def path_table(
    data: StudyData, effects: pd.DataFrame, monthly: tuple[str, ...], level: float, pilot: int | None = None
) -> pd.DataFrame:
    """Return means and differences month by month, of the settings that are drawn.

    Parameters
    ----------
    data : StudyData
    effects : DataFrame
        From `cisim.study.sweep.effects.effects`.
    monthly : tuple of str
        Columns of the monthly table.
    level : float
        Confidence level of the intervals.
    pilot : int or None
        Worlds of the pilot, where one chose the number of worlds.

    Returns
    -------
    DataFrame
        setting, case, label, column, month, mean, mean_low, mean_high (of the case), diff, low, high (case minus
        reference), and reference_mean; a month in which a value is not finite in some world is empty.

    Raises
    ------
    ValueError
        If a run lacks months.
    """
    import pandas as pd

    wanted = chosen(effects)
    series = data.series[data.series["setting"].isin(wanted["setting"].unique())]
    lucks = data.design.set_index("point")["luck"]
    frames = []
    for _, row in wanted.iterrows():
        here = series[series["setting"] == row["setting"]]
        keys, months, value = _table(here[here["case"] == row["case"]], monthly)
        reference = np.zeros_like(value)
        if data.reference is not None:
            keys, value, reference = _beside(
                keys, value, *_table(here[here["case"] == data.reference], monthly)[::2]
            )
        luck = lucks.loc[keys["point"]].to_numpy()
        where = keys["draw"].to_numpy(), luck, keys["world"].to_numpy()
        frame = _frame(value, reference, where, level, pilot)
        frame.insert(0, "month", np.tile(months, len(monthly)))
        for name, said in (("column", np.repeat(monthly, len(months))), ("label", label(data, row))):
            frame.insert(0, name, said)
        frame.insert(0, "case", row["case"])
        frame.insert(0, "setting", row["setting"])
        frames.append(frame)
    found = pd.concat(frames, ignore_index=True)
    return (
        found if data.reference is not None else found.drop(columns=["diff", "low", "high", "reference_mean"])
    )


def _table(runs: pd.DataFrame, monthly: tuple[str, ...]) -> tuple[pd.DataFrame, Ints, F]:
    """Return the runs (a row each), their months, and values as (n_runs, n_columns * n_months)."""
    runs = runs.sort_values(["draw", "point", "world", "month"], kind="stable")
    months = np.unique(runs["month"].to_numpy())
    if (
        len(runs) % max(1, months.size)
        or not (runs["month"].to_numpy().reshape(-1, months.size) == months).all()
    ):
        raise ValueError("series: a run lacks months that others have; all runs of a study are equally long")
    keys = runs.loc[runs["month"] == months[0], ["point", "draw", "world", "seed"]].reset_index(drop=True)
    cube = runs[list(monthly)].to_numpy(dtype=np.float64).reshape(len(keys), months.size, len(monthly))
    return keys, months, cube.transpose(0, 2, 1).reshape(len(keys), -1)


def _beside(keys: pd.DataFrame, value: F, other: pd.DataFrame, reference: F) -> tuple[pd.DataFrame, F, F]:
    """Return runs and their reference in the same world, matched by point, world and seed."""
    names = ["point", "world", "seed"]
    one = keys.assign(row=np.arange(len(keys)))
    both = one.merge(other[names].assign(row_reference=np.arange(len(other))), on=names, validate="1:1")
    both = both.sort_values(["draw", "world"], kind="stable", ignore_index=True)
    return both, value[both["row"].to_numpy()], reference[both["row_reference"].to_numpy()]


def _frame(
    value: F,
    reference: F,
    where: tuple[Any, Any, Any],
    level: float,
    pilot: int | None,
) -> pd.DataFrame:
    """Return means with intervals of all columns and months, NaN where a value is not finite."""
    import pandas as pd

    whole = np.isfinite(value).all(axis=0) & np.isfinite(reference).all(axis=0)
    found = {name: np.full(whole.size, math.nan) for name in (*MEASURES, "reference_mean")}
    if whole.any() and len(value):
        n_pilot = None if pilot is None else min(pilot, len(value))
        case = estimate(value[:, whole], *where, level, n_pilot)
        diff = estimate(value[:, whole] - reference[:, whole], *where, level, n_pilot)
        for name, one in zip(MEASURES, (*case[:3], *diff[:3]), strict=True):
            found[name][whole] = one
        found["reference_mean"][whole] = case.mean - diff.mean
    return pd.DataFrame(found)


def draw_paths(data: StudyData, table: pd.DataFrame, columns: tuple[str, ...], level: float = 0.95) -> Figure:
    """Return levels and differences of monthly columns over the years.

    Parameters
    ----------
    data : StudyData
    table : DataFrame
        From `path_table`.
    columns : tuple of str
        Monthly columns to draw, a row of panels each.
    level : float
        Confidence level of the intervals in the table.
    """
    from matplotlib import rc_context

    with rc_context(cast("Any", RC)):
        return _draw(data, table, columns, level)


def _draw(data: StudyData, table: pd.DataFrame, columns: tuple[str, ...], level: float) -> Figure:
    """Return the figure, once its style is set."""
    is_compared = "diff" in table
    names = list(dict.fromkeys(zip(table["setting"], table["case"], table["label"], strict=True)))
    longest = max(len(one[2]) for one in names)
    n_rows = math.ceil((len(names) + is_compared) / legend_columns(10.0, max(longest, 20)))
    top = 1.35 + 0.24 * n_rows
    height = top + 2.3 * len(columns) + 0.7
    figure = new_figure(10.0, height)
    grid = figure.add_gridspec(
        len(columns), 1 + is_compared, left=0.085, right=0.975, top=1 - top / height, bottom=0.75 / height,
        hspace=0.34, wspace=0.2,
    )  # fmt: skip
    axes = grid.subplots(squeeze=False, sharex=True)
    for row, column in zip(axes, columns, strict=True):
        _panel_row(data, table[table["column"] == column], names, row)
    for ax in axes[-1]:
        ax.set_xlabel("years since the start")
    right = f" Right: minus {data.reference} in the same worlds." if is_compared else ""
    headline(
        figure, "How it comes about: monthly means",
        f"Lines: mean over runs of a setting.{right} Bands: {100 * level:.4g} % interval of the mean, each month on "
        f"its own.{_selection(data, names)}",
    )  # fmt: skip
    entries = [(one[2], OKABE_ITO[i], DASHES[i]) for i, one in enumerate(names)]
    legend(figure, [*entries, *([(f"{data.reference} (left)", GREY, ":")] if is_compared else [])], 1.0)
    source(figure, data)
    return figure


def _selection(data: StudyData, names: list[Any]) -> str:
    """Return which settings are shown, where these are not all."""
    every = int(data.design["setting"].nunique()) * len(data.treated)
    return f" Of {every} the {EXTREMES} largest and {EXTREMES} smallest." if len(names) < every else ""


def _panel_row(data: StudyData, mine: pd.DataFrame, names: list[Any], axes: Any) -> None:
    """Draw level and difference of one monthly column."""
    from cisim.outcomes import describe

    column = str(mine["column"].iloc[0])
    unit = describe(column)[1].replace("indicator", data.scenario.indicator.unit)
    references = []
    for i, (setting, case, _) in enumerate(names):
        rows = mine[(mine["setting"] == setting) & (mine["case"] == case)].sort_values("month")
        years = (rows["month"].to_numpy() + 1) / 12.0
        _band(axes[0], years, rows, ("mean", "mean_low", "mean_high"), i)
        if len(axes) > 1:
            _band(axes[1], years, rows, ("diff", "low", "high"), i)
            references.append((years, rows["reference_mean"].to_numpy()))
    for years, level in _distinct(references):
        axes[0].plot(years, level, color=GREY, linestyle=":", linewidth=1.6)
    axes[0].set_title(column)
    axes[0].set_ylabel(unit)
    if len(axes) > 1:
        axes[1].axhline(0.0, color=GREY, linewidth=1.0)
        axes[1].set_title(f"{column}, minus {data.reference}")


def _distinct(references: list[tuple[F, F]]) -> list[tuple[F, F]]:
    """Return the courses of the reference that differ from each other."""
    found: list[tuple[F, F]] = []
    for years, level in references:
        if not any(np.allclose(level, other, equal_nan=True) for _, other in found):
            found.append((years, level))
    return found


def _band(ax: Axes, years: F, rows: pd.DataFrame, names: tuple[str, str, str], i: int) -> None:
    """Draw one mean and its interval."""
    mean, low, high = (rows[name].to_numpy(dtype=np.float64) for name in names)
    ax.fill_between(years, low, high, color=OKABE_ITO[i], alpha=0.22, linewidth=0)
    ax.plot(years, mean, color=OKABE_ITO[i], linestyle=DASHES[i], linewidth=1.8)
