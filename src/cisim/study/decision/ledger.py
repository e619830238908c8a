"""Gains, dates and money of every decision, draw and world, as arrays: what the decision analysis works on.

The benefit of a run is its monthly gain against the reference in the same world, summed over months and
discounted: unit-years, worth `usd_per_unit` each. Its cost is new money: the paired difference of all money spent
where coordination is paid from outside, nothing where it comes out of the same community budget, as what the
services lost by that is in the gain already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.params import Value
from cisim.statistics import F
from cisim.study.decision.payback import months_until_positive
from cisim.study.decision.values import Settings, financing_of, label_of
from cisim.study.records import StudyData

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

YEARLY = "gain in the last year"
KEYS = ["point", "setting", "draw", "world"]


@dataclass(frozen=True)
class Context:
    """All decisions in one context; arrays are (n_decisions, n_draws, n_worlds), NaN where a world was not run.

    Attributes
    ----------
    label : str
        In words; empty if the study has one context only.
    keys : dict
        Its levels.
    decisions : tuple of dict
        Levels of the levers.
    names : tuple of str
        Decisions in words.
    gain : ndarray
        Improvement in the last year, units of the indicator.
    units : ndarray or None
        Discounted unit-years over the run; None without monthly series.
    usd_more, usd_new : ndarray or None
        More spent than the reference, undiscounted; new money of it, discounted. None if money was not kept.
    paid_back, net_paid_back : ndarray or None
        Months until the summed (net) benefit stays positive, infinite if never.
    draws : DataFrame
        Uncertain parameters, a row per draw.
    crossed : bool
        Whether draws share the seeds of their worlds.
    left_out : int
        Draws that not all decisions were run for.
    price : float or None
    """

    label: str
    keys: dict[str, Value]
    decisions: tuple[dict[str, Value], ...]
    names: tuple[str, ...]
    gain: F
    units: F | None
    usd_more: F | None
    usd_new: F | None
    paid_back: F | None
    net_paid_back: F | None
    draws: pd.DataFrame
    crossed: bool
    left_out: int
    price: float | None

    @property
    def is_priced(self) -> bool:
        """Whether decisions are judged in dollars."""
        return self.price is not None and self.units is not None and self.usd_new is not None

    @property
    def value(self) -> F:
        """What decisions are judged by: net benefit in dollars, else unit-years, else gain in the last year."""
        if self.price is not None and self.units is not None and self.usd_new is not None:
            return np.asarray(self.price * self.units - self.usd_new)
        return self.gain if self.units is None else self.units

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return int(self.gain.shape[1])


def pairs_of(data: StudyData, s: Settings) -> pd.DataFrame:
    """Return one row per point and world: keys, `gain`, and, where kept, `usd_more`.

    Raises
    ------
    ValueError
        If a price is stated but not the money spent was kept.
    """
    mine = data.response("gain").rename(columns={"value": "gain"})
    mine = mine[mine["case"] == s.case].drop(columns=["case", "seed"])
    if "usd_total" in data.runs.columns:
        more = data.response("usd_total").rename(columns={"value": "usd_more"})
        more = more.loc[more["case"] == s.case, [*KEYS, "usd_more"]]
        mine = mine.merge(more, on=KEYS, validate="1:1")
    elif s.price is not None:
        raise ValueError("outcomes: 'usd_total' was not kept; a net benefit in dollars needs it")
    return mine.sort_values(["point", "world"], ignore_index=True)


def months_of(data: StudyData, s: Settings, pairs: pd.DataFrame) -> tuple[F | None, F | None, str]:
    """Return monthly gain and monthly money more (n_pairs, n_months), or None, and why they are missing.

    Money by month is known where every `usd_*` column was kept.
    """
    from cisim.result import SUMMED

    try:
        series = data.series
    except (OSError, ValueError) as error:
        return None, None, str(error)
    if series.empty or "indicator" not in series.columns:
        return None, None, "the monthly indicator was not kept"
    gain = _paired_months(series, "indicator", s, pairs) * (-1.0 if data.falling_good else 1.0)
    if not set(SUMMED) <= set(series.columns):
        return gain, None, ""
    spent = series.assign(usd_month=series[list(SUMMED)].sum(axis=1))
    return gain, _paired_months(spent, "usd_month", s, pairs), ""


def _paired_months(series: pd.DataFrame, column: str, s: Settings, pairs: pd.DataFrame) -> F:
    """Return case minus reference of a monthly column, a row per pair."""
    import pandas as pd

    index = pd.MultiIndex.from_frame(pairs[["point", "world"]])
    months = np.sort(series["month"].unique())
    tables = []
    for case in (s.case, s.reference):
        part = series.loc[series["case"] == case, ["point", "world", "month", column]]
        row = index.get_indexer(pd.MultiIndex.from_frame(part[["point", "world"]]))
        table = np.full((len(pairs), months.size), np.nan)
        known = row >= 0
        place = np.searchsorted(months, part["month"].to_numpy()[known])
        table[row[known], place] = part[column].to_numpy()[known]
        tables.append(table)
    difference: F = tables[0] - tables[1]
    bad = int((~np.isfinite(difference)).any(axis=1).sum())
    if bad:
        raise ValueError(f"series: {column!r} is not complete in {bad} of {len(pairs)} pairs of runs")
    return difference


def add_worth(data: StudyData, s: Settings, pairs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return pairs with `units`, `usd_new` and dates of payback as far as they can be told, and what is missing."""
    import pandas as pd

    gain, money, why = months_of(data, s, pairs)
    pairs = pairs.copy()
    if gain is None:
        return pairs, why
    weight = (1.0 + s.discount) ** (-np.arange(1, gain.shape[1] + 1) / 12.0)
    pairs["units"] = gain @ weight / 12.0
    pairs["paid_back"] = months_until_positive(np.cumsum(gain, axis=1))
    if "usd_more" not in pairs:
        return pairs, ""
    design = data.design.drop_duplicates("point")
    said = pd.Series(financing_of(data, design), index=design["point"].to_numpy())
    is_new = (pairs["point"].map(said) != "equal").to_numpy()
    if money is None:  # spread evenly over the run, as most of it is salaries
        money = np.repeat(pairs["usd_more"].to_numpy()[:, None] / gain.shape[1], gain.shape[1], axis=1)
    new = np.where(is_new[:, None], money, 0.0)
    pairs["usd_new"] = new @ weight
    if s.price is not None:
        net = np.cumsum((gain * s.price / 12.0 - new) * weight, axis=1)
        pairs["net_paid_back"] = months_until_positive(net)
    return pairs, ""


def contexts_of(data: StudyData, s: Settings, pairs: pd.DataFrame) -> tuple[Context, ...]:
    """Return the arrays of every context, in the order of the grid."""
    import pandas as pd

    names = [f.name for f in s.contexts]
    design = data.design[data.design["point"].isin(pairs["point"].unique())]
    if not names:
        return (_context(data, s, pairs, design, {}),)
    found = []
    order = [pd.Categorical(design[f.name], categories=list(f.labels), ordered=True) for f in s.contexts]
    for _, rows in design.groupby(order, observed=True):
        keys = {name: rows[name].iloc[0] for name in names}
        found.append(_context(data, s, pairs[pairs["point"].isin(rows["point"])], rows, keys))
    return tuple(found)


def _context(
    data: StudyData, s: Settings, pairs: pd.DataFrame, design: pd.DataFrame, keys: dict[str, Value]
) -> Context:
    """Return the arrays of one context."""
    levers = [f.name for f in s.levers]
    kinds = design.drop_duplicates("setting").sort_values("setting")
    draws, d = np.unique(pairs["draw"].to_numpy(), return_inverse=True)
    k = np.searchsorted(kinds["setting"].to_numpy(), pairs["setting"].to_numpy())
    place = (k, d, pairs["world"].to_numpy())
    shape = (len(kinds), draws.size, int(pairs["world"].max()) + 1)
    gain = _fill(pairs, "gain", place, shape)
    full = np.isfinite(gain).any(axis=2).all(axis=0)
    if not full.any():
        raise ValueError("draw: no draw was run for all decisions, so these cannot be compared")
    tables = {c: _fill(pairs, c, place, shape)[:, full] for c in _COLUMNS if c in pairs}
    uncertain = [f.name for f in data.factors if f.kind == "distribution"]
    luck = design.groupby("draw")["luck"].first()
    decisions = tuple({n: row[n] for n in levers} for row in kinds.to_dict("records"))
    return Context(
        label=label_of(s.contexts, keys),
        keys=keys,
        decisions=decisions,
        names=tuple(label_of(s.levers, x, s.money) or s.case for x in decisions),
        gain=gain[:, full],
        **{c: tables.get(c) for c in _COLUMNS},
        draws=design.drop_duplicates("draw").set_index("draw").loc[draws[full], uncertain],
        crossed=bool(draws.size > 1 and luck.nunique() < draws.size),
        left_out=int((~full).sum()),
        price=s.price,
    )


_COLUMNS = ("units", "usd_more", "usd_new", "paid_back", "net_paid_back")


def _fill(pairs: pd.DataFrame, column: str, place: tuple[npt.NDArray[Any], ...], shape: tuple[int, ...]) -> F:
    """Return a column as array, NaN where there is no run."""
    table = np.full(shape, np.nan)
    table[place] = pairs[column].to_numpy()
    return table
