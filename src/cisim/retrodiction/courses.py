"""Monthly tables of a study as arrays: one row per run, the same runs in every case, months side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.retrodiction.cases import TRUE
from cisim.retrodiction.observed import PUBLISHED
from cisim.study.problems import StudyInputError

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]
KEYS = ["draw", "world", "seed"]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NAMES = ("p5", "p25", "p50", "p75", "p95")


@dataclass(frozen=True)
class Courses:
    """What became of each run, in all cases.

    Attributes
    ----------
    draw : (n_runs,) int64
        Which draw of the uncertainties a run belongs to.
    values : mapping of (case, column) to (n_runs, n_months) float64
        Runs in the same order everywhere; row k of two cases is the same draw and world.

    Examples
    --------
    >>> two = Courses(np.arange(2), {("isolated", "trust"): np.array([[0.1] * 12, [0.2] * 12])})
    >>> two.n_runs, two.yearly("isolated", "trust", 11).round(6).tolist()
    (2, [0.1, 0.2])
    """

    draw: npt.NDArray[np.int64]
    values: Mapping[tuple[str, str], F]

    @property
    def n_runs(self) -> int:
        """How many runs there are of each case."""
        return int(self.draw.size)

    def yearly(self, case: str, column: str, month: int) -> F:
        """Return the figure of the year that ends with a month, of each run: (n_runs,) float64."""
        value = self.values[case, column]
        if column == PUBLISHED:
            return value[:, month]
        return np.asarray(value[:, max(0, month - 11) : month + 1].mean(axis=1))

    def start(self, case: str, column: str, baseline: float) -> F | float:
        """Return what a change is relative to: the published start of an indicator, else the first month."""
        return baseline if column in (TRUE, PUBLISHED) else self.values[case, column][:, 0]


def courses_of(series: pd.DataFrame, cases: Iterable[str], columns: Iterable[str]) -> Courses:
    """Return the runs that finished in every case, matched by draw, world and seed.

    Parameters
    ----------
    series : DataFrame
        `StudyResult.series`: draw, case, world, seed, month and monthly columns.
    cases, columns : iterable of str

    Raises
    ------
    StudyInputError
        If no run finished in all cases.
    """
    cases, columns = tuple(cases), tuple(columns)
    common: pd.DataFrame | None = None
    for case in cases:
        mine = series.loc[(series["case"] == case) & (series["month"] == 0), KEYS]
        common = mine if common is None else common.merge(mine, on=KEYS, validate="1:1")
    if common is None or common.empty:
        raise StudyInputError("no run finished in all cases; failures.parquet says why")
    common = common.sort_values(KEYS, ignore_index=True)
    values: dict[tuple[str, str], F] = {}
    for case in cases:
        mine = common.merge(series[series["case"] == case], on=KEYS)
        mine = mine.sort_values([*KEYS, "month"], kind="stable")
        for column in columns:
            values[case, column] = mine[column].to_numpy(dtype=np.float64).reshape(len(common), -1)
    return Courses(common["draw"].to_numpy(dtype=np.int64), values)


def spread_of(values: F) -> dict[str, Any]:
    """Return mean and quantiles of values (n,), by name: "mean", "p5" to "p95".

    Examples
    --------
    >>> spread_of(np.arange(101.0))["p5"]
    5.0
    """
    found = np.quantile(values, QUANTILES)
    return {
        "mean": float(values.mean()),
        **{name: float(x) for name, x in zip(NAMES, found, strict=True)},
    }


def rows_by(frame: pd.DataFrame, *keys: str) -> dict[Any, Any]:
    """Return the rows of a table by the value of a column, or by a tuple of several.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_by(pd.DataFrame({"part": ["a", "b"], "mean": [1.0, 2.0]}), "part")["b"].mean
    2.0
    """
    labels = (tuple(row) if len(keys) > 1 else row[0] for row in frame[list(keys)].to_numpy(dtype=object))
    return dict(zip(labels, frame.itertuples(index=False), strict=True))


def bands(
    courses: Courses, cases: tuple[str, str], columns: Iterable[str], n_months: int, baseline: float
) -> pd.DataFrame:
    """Return the spread of yearly figures year by year, of both cases and of their difference.

    Parameters
    ----------
    courses : Courses
    cases : (str, str)
    columns : iterable of str
    n_months : int
        Length of the runs.
    baseline : float
        Published start of the indicator, in its unit.

    Returns
    -------
    DataFrame
        column, case (a label, or "difference": first minus second in the same runs), month (-1: the start), mean,
        p5 to p95.
    """
    import pandas as pd

    rows = []
    for column in columns:
        for month in (-1, *range(11, n_months, 12)):
            both = [_at(courses, case, column, month, baseline) for case in cases]
            for case, value in (*zip(cases, both, strict=True), ("difference", both[0] - both[1])):
                rows.append({"column": column, "case": case, "month": month, **spread_of(value)})
    return pd.DataFrame(rows)


def _at(courses: Courses, case: str, column: str, month: int, baseline: float) -> F:
    """Return the figure of a year, or the start where the month is before the first."""
    if month < 0:
        return np.broadcast_to(courses.start(case, column, baseline), courses.n_runs)
    return courses.yearly(case, column, month)
