"""From finished runs to what targets are compared with: one number and its standard error a point and target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.study.calibration.targets import PAIRED, Target

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]


def summaries(
    runs: pd.DataFrame, series: pd.DataFrame | None, targets: Sequence[Target], reference: str | None = None
) -> tuple[F, F]:
    """Return the statistics of all targets at all points, and their standard errors.

    Rows of the tables are found by point, case, world and month, never by position.

    Parameters
    ----------
    runs : DataFrame
        One row per run: `point`, `case`, `world` and the outcomes.
    series : DataFrame or None
        Monthly table: `point`, `case`, `world`, `month` and the columns; needed for targets with a month.
    targets : sequence of Target
    reference : str, optional
        Case that differences refer to.

    Returns
    -------
    values : (n_points, n_targets) ndarray
        Points in ascending order. NaN where the statistic does not exist, such as a yearly loss where no
        coalition existed to begin with, or the mean of infinite values.
    errors : (n_points, n_targets) ndarray
        Standard errors from the worlds. A share's is the sd of the Beta distribution with one success and one
        failure added, so that it is not 0 where all worlds agree.

    Raises
    ------
    ValueError
        If a case, column or month is missing, a difference has no reference, or no point has two worlds.

    Examples
    --------
    >>> import pandas as pd
    >>> runs = pd.DataFrame({"point": [0, 0], "case": ["a", "a"], "world": [0, 1], "trust": [0.2, 0.4]})
    >>> trust = Target("trust", "a", "trust", "mean", 0.5, 0.1, "example")
    >>> values, errors = summaries(runs, None, [trust])
    >>> values.round(3).tolist(), errors.round(3).tolist()
    ([[0.3]], [[0.1]])
    """
    points = np.unique(runs["point"].to_numpy())
    worlds = np.unique(runs["world"].to_numpy())
    if worlds.size < 2:
        raise ValueError(f"worlds: {worlds.size} is not allowed; standard errors need at least 2 a point")
    values = np.full((points.size, len(targets)), math.nan)
    errors = np.full((points.size, len(targets)), math.nan)
    for j, target in enumerate(targets):
        mine, other = _tables(runs, series, target, reference, (points, worlds))
        for i in range(points.size):
            found = _statistic(target, mine[i], other[i] if other is not None else None)
            if all(map(math.isfinite, found)):
                values[i, j], errors[i, j] = found
    return values, errors


def _tables(
    runs: pd.DataFrame,
    series: pd.DataFrame | None,
    target: Target,
    reference: str | None,
    keys: tuple[npt.NDArray[Any], npt.NDArray[Any]],
) -> tuple[F, F | None]:
    """Return the (n_points, n_worlds) table of a target and the one it is compared with, if any."""
    if target.month is None:
        frame = runs
    elif series is None:
        raise ValueError(
            f"month: {target.name!r} needs the monthly column {target.outcome!r}; none were kept"
        )
    else:
        frame = series[series["month"] == target.month]
    mine = _table(frame, target, target.case, keys)
    if target.statistic in PAIRED:
        if reference is None or reference == target.case:
            raise ValueError(
                f"case: {target.name!r} is a difference of {target.case!r} to {reference!r}; "
                "it needs a reference and another case"
            )
        return mine, _table(frame, target, reference, keys, is_reference=True)
    if target.statistic == "yearly_loss" and series is not None:
        return mine, _table(series[series["month"] == target.since], target, target.case, keys)
    return mine, None


def _table(
    frame: pd.DataFrame,
    target: Target,
    case: str,
    keys: tuple[npt.NDArray[Any], npt.NDArray[Any]],
    *,
    is_reference: bool = False,
) -> F:
    """Return one case's values by point and world; NaN where a run is missing or does not count."""
    where = (
        None if is_reference else target.where
    )  # a condition is on the case, as the reference may never meet it
    kept = "outcomes" if target.month is None else "series"
    for column in filter(None, (target.outcome, target.per, where)):
        if column not in frame.columns:
            raise ValueError(
                f"outcome: {target.name!r} needs {column!r}, which was not kept; add it to {kept}"
            )
    asked = (frame["case"] == case) & frame["point"].isin(keys[0]) & frame["world"].isin(keys[1])
    chosen = frame[asked.to_numpy()]
    if chosen.empty:
        months = ", ".join(str(one) for one in (target.since, target.month) if one is not None)
        when = f" in month {months}" if months else ""
        raise ValueError(f"case: {target.name!r} needs case {case!r}{when}; there are no such runs")
    if chosen.duplicated(["point", "world"]).any():
        raise ValueError(f"case: {target.name!r} has case {case!r} twice in the same point and world")
    table = np.full((keys[0].size, keys[1].size), math.nan)
    row = np.searchsorted(keys[0], chosen["point"].to_numpy())
    column_of = np.searchsorted(keys[1], chosen["world"].to_numpy())
    value = chosen[target.outcome].to_numpy(dtype=np.float64)
    if target.per is not None:
        below = chosen[target.per].to_numpy(dtype=np.float64)
        value = np.divide(value, below, out=np.full_like(value, math.inf), where=below != 0.0)
    counts = np.ones(value.size, bool) if where is None else (chosen[where] > 0.0).to_numpy()
    table[row[counts], column_of[counts]] = value[counts]
    return table


def _statistic(target: Target, mine: F, other: F | None) -> tuple[float, float]:
    """Return the statistic of one point and its standard error, NaN where there is none."""
    there = ~np.isnan(mine) if other is None else ~(np.isnan(mine) | np.isnan(other))
    x, n = mine[there], int(there.sum())
    if n < 2:
        return math.nan, math.nan
    if target.statistic == "share_positive":
        return _share(int((x > 0.0).sum()), n)
    if not np.isfinite(x).all():
        return math.nan, math.nan
    if other is None:
        return _sd(x) if target.statistic == "sd" else (float(x.mean()), float(x.std(ddof=1)) / math.sqrt(n))
    y = other[there]
    if target.statistic == "yearly_loss":
        years = (_month(target.month) - _month(target.since)) / 12.0
        return _loss(x > 0.0, y > 0.0, years)
    if not np.isfinite(y).all():
        return math.nan, math.nan
    base = float(y.mean()) if target.statistic == "relative_difference" else 1.0
    if base == 0.0:
        return math.nan, math.nan
    value = float((x - y).mean()) / base
    slope = value if target.statistic == "relative_difference" else 0.0
    return value, float((x - (1.0 + slope) * y).std(ddof=1)) / abs(base) / math.sqrt(n)


def _month(month: int | None) -> int:
    """Return a month that the reader has seen to."""
    assert month is not None
    return month


def _share(count: int, n: int) -> tuple[float, float]:
    """Return a share and the sd of its Beta posterior under a flat prior."""
    return count / n, math.sqrt((count + 1) * (n - count + 1) / ((n + 2) ** 2 * (n + 3)))


def _sd(x: F) -> tuple[float, float]:
    """Return the sd over worlds and its large-sample standard error, which needs the fourth moment."""
    n, sd = x.size, float(x.std(ddof=1))
    if n < 4 or sd == 0.0:
        return sd, math.nan if n < 4 else 0.0
    fourth = float(((x - x.mean()) ** 4).mean())
    return sd, math.sqrt(max(0.0, fourth - sd**4 * (n - 3) / (n - 1)) / n) / (2.0 * sd)


def _loss(later: npt.NDArray[np.bool_], first: npt.NDArray[np.bool_], years: float) -> tuple[float, float]:
    """Return the yearly chance to be lost of those there at first, by the delta method."""
    n, count = int(first.sum()), int((first & later).sum())
    if n == 0:
        return math.nan, math.nan
    stays, error = _share(count, n)
    smooth = (count + 1) / (n + 2)  # the slope at 0 of 10 would be infinite
    return 1.0 - stays ** (1.0 / years), error * smooth ** (1.0 / years - 1.0) / years
