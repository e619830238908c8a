"""What each decision is worth in each draw and world, and what the mean of such a table rests on.

A *decision* is a combination of grid levels that somebody sets, or the reference: not to do it. A *context* is a
combination of grid levels that nobody decides, such as the kind of problem.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cisim.params import Value
from cisim.statistics import LEVEL, F, Interval, check_level, t_quantile, wilson
from cisim.study.records import Factor, StudyData
from cisim.tables import usd

if TYPE_CHECKING:
    import pandas as pd

DISCOUNT = 0.03
RESAMPLES = 200
MONEY = "backbone_usd_per_year"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the analysis was asked for, checked.

    Attributes
    ----------
    case, reference : str
        What is compared.
    price : float or None
        Dollars a unit of the indicator is worth, per year, for the community.
    discount, level : float
    resamples : int
    levers, contexts : tuple of Factor
        On the grid: decided over, and given.
    money : Factor or None
        The lever that is a yearly budget.
    """

    case: str
    reference: str
    price: float | None
    discount: float
    level: float
    resamples: int
    levers: tuple[Factor, ...]
    contexts: tuple[Factor, ...]
    money: Factor | None

    @property
    def others(self) -> tuple[Factor, ...]:
        """Levers but the budget."""
        return tuple(f for f in self.levers if f is not self.money)


def settings_of(data: StudyData) -> Settings:
    """Read and check the options of the analysis.

    Raises
    ------
    ValueError
        If an option is not allowed, or there is no reference.
    """
    options = data.options
    if data.reference is None:
        raise ValueError(
            "reference: None is not allowed; decisions are judged against a case in the same worlds"
        )
    if options.get("response", "gain") != "gain":
        raise ValueError(f"response: {options['response']!r} is not allowed; decisions are judged by 'gain'")
    case = options.get("case") or (data.treated[0] if len(data.treated) == 1 else None)
    if case not in data.treated:
        raise ValueError(f"case: {case!r} is not allowed; name one of {', '.join(data.treated)}")
    grid = [f for f in data.factors if f.kind == "grid"]
    by = tuple(options.get("by") or ())
    for name in by:
        if name not in [f.name for f in grid]:
            raise ValueError(f"by: {name!r} is not on the grid; any of {', '.join(f.name for f in grid)}")
    levers = tuple(f for f in grid if f.is_lever and f.name not in by)
    return Settings(
        case=str(case),
        reference=data.reference,
        price=_number(options, "usd_per_unit", None, 0.0, math.inf),
        discount=_number(options, "discount", DISCOUNT, 0.0, 1.0) or 0.0,
        level=check_level(options.get("level", LEVEL)),
        resamples=_resamples(options.get("resamples", RESAMPLES)),
        levers=levers,
        contexts=tuple(f for f in grid if f not in levers),
        money=_money(levers),
    )


def _number(
    options: Mapping[str, Any], name: str, default: float | None, low: float, high: float
) -> float | None:
    """Return an option that is a number or null."""
    value = options.get(name, default)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < high:
        raise ValueError(f"{name}: {value!r} is not allowed; a number from {low:g} and below {high:g}")
    return float(value)


def _resamples(value: Any) -> int:
    """Return the number of resamples if it is one."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 20:
        raise ValueError(f"resamples: {value!r} is not allowed; a whole number of at least 20")
    return value


def _money(levers: tuple[Factor, ...]) -> Factor | None:
    """Return the lever that is a budget: the backbone's, or else the first in dollars."""
    found = [f for f in levers if f.is_numeric and f.unit.lower().startswith("usd")]
    return next((f for f in found if f.name == MONEY), found[0] if found else None)


class Mean(NamedTuple):
    """A mean, its interval, and how many of what it rests on; the ends are NaN where one unit is all there is."""

    mean: float
    low: float
    high: float
    n: int
    unit: str

    @property
    def is_above(self) -> bool:
        """Whether the whole interval is above zero."""
        return self.low > 0.0

    @property
    def is_below(self) -> bool:
        """Whether the whole interval is below zero."""
        return self.high < 0.0


def mean_of(table: F, level: float = LEVEL, crossed: bool = False) -> Mean:
    """Return the mean of a table of draws and worlds with its t interval.

    Worlds of one draw share what is uncertain, so the draws are the sample and worlds are averaged within them
    first. With one draw the worlds are the sample.

    Parameters
    ----------
    table : (n_draws, n_worlds) ndarray
        NaN where a world was not run.
    level : float
    crossed : bool
        Whether all draws were run with the same seeds. Their common luck does not average out over draws: the
        variance of the means of worlds is added (two crossed random effects, freedom by Satterthwaite 1946).

    Examples
    --------
    >>> mean_of(np.array([[1.0, 3.0], [4.0, 4.0], [6.0, 6.0]]))[:1], mean_of(np.array([[1.0, 3.0]])).unit
    ((4.0,), 'worlds')
    """
    variance, freedom, n, unit = _spread_of_mean(table, crossed)
    rows = [row[np.isfinite(row)].mean() for row in table if np.isfinite(row).any()]
    mean = float(np.mean(rows)) if rows else math.nan
    reach = t_quantile(level, freedom) * math.sqrt(variance) if freedom > 0 else math.nan  # type: ignore[arg-type]
    return Mean(mean, mean - reach, mean + reach, n, unit)


def _spread_of_mean(table: F, crossed: bool) -> tuple[float, float, int, str]:
    """Return variance of the mean, degrees of freedom, number of units and their name."""
    there = np.isfinite(table)
    table, there = table[there.any(axis=1)], there[there.any(axis=1)]
    if table.shape[0] < 2:
        values = table[there]
        n = values.size
        return (float(values.var(ddof=1)) / n, n - 1, n, "worlds") if n > 1 else (math.nan, 0, n, "worlds")
    by_draw = np.array([row[ok].mean() for row, ok in zip(table, there, strict=True)])
    n = by_draw.size
    v_draw = float(by_draw.var(ddof=1)) / n
    full = table[:, there.all(axis=0)]
    if not crossed or full.shape[1] < 2:
        return v_draw, n - 1, n, "draws"
    by_world = full.mean(axis=0)
    v_world = float(by_world.var(ddof=1)) / by_world.size
    rest = full - full.mean(axis=1, keepdims=True) - by_world + full.mean()
    v_rest = float((rest**2).sum()) / ((n - 1) * (by_world.size - 1)) / full.size
    total = max(v_draw + v_world - v_rest, v_draw, v_world)
    parts = v_draw**2 / (n - 1) + v_world**2 / (by_world.size - 1)
    return total, (total**2 / parts if parts > 0.0 else n - 1), n, "draws"


def share_of(hits: F, level: float = LEVEL, crossed: bool = False) -> tuple[float, Interval]:
    """Return a share over draws and worlds with Wilson's interval.

    With several draws the count of worlds is replaced by the number of independent ones that would give the same
    variance (Kish's design effect); where the share is 0 or 1, by the number of draws.

    Parameters
    ----------
    hits : (n_draws, n_worlds) ndarray
        1 or 0, NaN where a world was not run.

    Examples
    --------
    >>> share_of(np.array([[0.0] * 10]))[1] == wilson(0, 10)
    True
    """
    there = hits[np.isfinite(hits)]
    if int(np.isfinite(hits).any(axis=1).sum()) < 2:
        return float(there.mean()), wilson(int(there.sum()), there.size, level)
    share = mean_of(hits, level).mean
    variance, _, n, _ = _spread_of_mean(hits, crossed)
    if 0.0 < share < 1.0 and variance > 0.0:
        size = min(max(share * (1.0 - share) / variance, 1.0), float(there.size))
        return share, _score(share, size, level)
    return share, _score(share, float(n if variance == 0.0 and share in (0.0, 1.0) else there.size), level)


def _score(share: float, n: float, level: float) -> Interval:
    """Return Wilson's interval for a number of worlds that need not be whole."""
    z = t_quantile(level, 10**9)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(
        0.0 if share == 0.0 else max(0.0, centre - half), 1.0 if share == 1.0 else min(1.0, centre + half)
    )


def label_of(factors: tuple[Factor, ...], values: Mapping[str, Value], money: Factor | None = None) -> str:
    """Return levels in words: budgets as amounts, numbers with the name of their factor, names as they are."""
    words = []
    for f in factors:
        value = values[f.name]
        if money is not None and f.name == money.name:
            words.append(f"{usd(float(value))} {f.unit}")
        else:
            words.append(str(value) if isinstance(value, str) else f"{f.name}={value:g}")
    return ", ".join(words)


def financing_of(data: StudyData, design: pd.DataFrame) -> Any:
    """Return how coordination is paid for at each point, (n_points,) text: what a level sets, or the scenario says."""
    if "financing" in design:
        return design["financing"].astype(str).to_numpy()
    said = np.full(len(design), str(data.scenario.values["financing"]), dtype=object)
    for f in data.factors:
        for one in f.levels:
            if "financing" in one.values:
                said[(design[f.name] == one.label).to_numpy()] = str(one.values["financing"])
    return said
