"""Finished runs as arrays, and what a statement comes to in each draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.claims.asked import Statement
from cisim.claims.regions import keys_of
from cisim.study.records import GAIN

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.study import StudyResult

F = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Key = tuple[str, int | None]
"""Name of an outcome and None, or name of a monthly column and its month."""

INDICATOR = "indicator"


@dataclass(frozen=True)
class Runs:
    """The runs of one study that statements read.

    Attributes
    ----------
    study : str
    cases : tuple of str
    values : mapping of key to (n_draws, n_worlds, n_cases) float64
        By outcome, or monthly column and month; NaN where a run failed.
    x : DataFrame
        What was drawn, a row per draw.
    units : mapping of str to str
        Unit of each parameter drawn.
    falling_good : bool
        Whether a lower indicator is better.
    way : float
        Distance of the indicator from the start to the best.
    unit : str
        Of the indicator.
    """

    study: str
    cases: tuple[str, ...]
    values: Mapping[Key, F]
    x: pd.DataFrame
    units: Mapping[str, str]
    falling_good: bool
    way: float
    unit: str = "indicator"

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return int(next(iter(self.values.values())).shape[0])

    @property
    def n_worlds(self) -> int:
        """Worlds of each draw."""
        return int(next(iter(self.values.values())).shape[1])

    @cached_property
    def keys(self) -> list[str]:
        """Key of each draw's parameters."""
        return keys_of(self.x) if len(self.x.columns) else [str(k) for k in range(self.n_draws)]

    @cached_property
    def clusters(self) -> Ints:
        """Number of each draw's parameter set; equal where the parameters are."""
        return np.asarray(np.unique(self.keys, return_inverse=True)[1], dtype=np.int64)

    def of(self, outcome: str, month: int | None, case: str) -> F:
        """Return the values of one case, (n_draws, n_worlds); the gain with its sign but without its start."""
        name = INDICATOR if outcome == GAIN else outcome
        found: F = self.values[name, month][:, :, self.cases.index(case)]
        return found * (-1.0 if outcome == GAIN and self.falling_good else 1.0)


def effects(statement: Statement, runs: Runs) -> F:
    """Return what a statement comes to in each draw, (n_draws,) float64; NaN where no world of a draw counts.

    Examples
    --------
    >>> import pandas as pd
    >>> from cisim.claims.asked import Term
    >>> at = {("indicator", None): np.array([[[30.0, 29.0], [30.0, 28.0]], [[31.0, 31.0], [29.0, 30.0]]])}
    >>> runs = Runs("example", ("isolated", "collective"), at, pd.DataFrame(index=range(2)), {}, True, 20.0)
    >>> effects(Statement("more", "example", (Term("collective", "isolated"),)), runs)
    array([ 1.5, -0.5])
    """
    total = np.zeros(runs.n_draws)
    counts = _counts(statement, runs)
    for term in statement.terms:
        worlds = runs.of(term.outcome, term.month, term.case)
        if term.against:
            worlds = worlds - runs.of(term.outcome, term.month, term.against)
        worlds = np.where(counts & np.isfinite(worlds), worlds, np.nan)
        total = total + term.weight * _statistic(statement, worlds)
    return total


def _counts(statement: Statement, runs: Runs) -> npt.NDArray[np.bool_]:
    """Tell which worlds of each draw count: those in which `where` is above 0 in all cases looked at."""
    counts = np.ones((runs.n_draws, runs.n_worlds), dtype=np.bool_)
    if statement.where:
        for term in statement.terms:
            counts &= runs.of(statement.where, term.month, term.case) > 0.0
    return counts


def _statistic(statement: Statement, worlds: F) -> F:
    """Return the statistic over the worlds of each draw that count."""
    n = np.isfinite(worlds).sum(axis=1)
    filled = np.where(np.isfinite(worlds), worlds, 0.0)
    if statement.statistic == "share_above":
        filled = np.where(np.isfinite(worlds), (filled > statement.value).astype(np.float64), 0.0)
    mean: F = np.divide(filled.sum(axis=1), n, out=np.full(n.shape, np.nan), where=n > 0)
    if statement.statistic != "log_sd":
        return mean
    apart = np.where(np.isfinite(worlds), worlds - mean[:, None], 0.0)
    variance = np.divide((apart**2).sum(axis=1), n - 1, out=np.full(n.shape, np.nan), where=n > 1)
    log: F = 0.5 * np.log(np.where(variance > 0.0, variance, 1.0))
    return np.where(variance > 0.0, log, np.nan)


def wanted(statements: Iterable[Statement]) -> set[Key]:
    """Return the outcomes, and the monthly columns with their months, that statements read.

    Examples
    --------
    >>> from cisim.claims.asked import Term
    >>> sorted(wanted([Statement("more", "example", (Term("one", outcome="trust", month=3),), where="stage")]))
    [('stage', 3), ('trust', 3)]
    """
    found: set[Key] = set()
    for statement in statements:
        for term in statement.terms:
            found.add((INDICATOR if term.outcome == GAIN else term.outcome, term.month))
            if statement.where:
                found.add((statement.where, term.month))
    return found


def runs_of(result: StudyResult, keys: Iterable[Key]) -> Runs:
    """Return the runs of a finished study as arrays."""
    from cisim.params import PARAMS
    from cisim.result import is_falling_good

    spec = result.spec
    x = result.design[[factor.name for factor in spec.uncertain]].reset_index(drop=True)
    cases = tuple(spec.cases)
    return Runs(
        study=spec.name,
        cases=cases,
        values=_arrays(result, set(keys), cases, len(x)),
        x=x,
        units={factor.name: PARAMS[factor.name].unit for factor in spec.uncertain},
        falling_good=is_falling_good(spec.scenario),
        way=abs(spec.scenario.indicator.baseline - spec.scenario.indicator.best),
        unit=spec.scenario.indicator.unit,
    )


def _arrays(result: StudyResult, keys: set[Key], cases: tuple[str, ...], n_draws: int) -> dict[Key, F]:
    """Return the tables of a study as (draws, worlds, cases) by key."""
    from cisim.study.results import read_frame
    from cisim.study.tables import RUNS

    whole = sorted(name for name, month in keys if month is None)
    runs = read_frame(result.folder, RUNS, ["draw", "case", "world", *whole])
    found: dict[Key, F] = {(name, None): _cube(runs, name, cases, n_draws) for name in whole}
    months = sorted({month for _, month in keys if month is not None})
    if months:
        series = _months(result, sorted({name for name, month in keys if month is not None}), months)
        for name, month in keys:
            if month is not None:
                found[name, month] = _cube(series[series["month"] == month], name, cases, n_draws)
    return found


def _months(result: StudyResult, names: list[str], months: list[int]) -> pd.DataFrame:
    """Return the rows of some months of the monthly table, without reading the rest into memory."""
    import pyarrow.parquet as pq

    from cisim.study.tables import SERIES

    with result.folder.open(SERIES) as stream:
        table = pq.read_table(
            stream, columns=["draw", "case", "world", "month", *names], filters=[("month", "in", months)]
        )
        frame: pd.DataFrame = table.to_pandas()
    return frame


def _cube(frame: pd.DataFrame, name: str, cases: tuple[str, ...], n_draws: int) -> F:
    """Return a column of a long table as (draws, worlds, cases), NaN where there is no run."""
    place: Any = (
        frame["case"].astype(str).map({case: k for k, case in enumerate(cases)}).to_numpy(dtype=np.int64)
    )
    world = frame["world"].to_numpy()
    found = np.full((n_draws, int(world.max()) + 1 if world.size else 1, len(cases)), np.nan)
    found[frame["draw"].to_numpy(), world, place] = frame[name].to_numpy()
    return found
