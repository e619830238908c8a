"""What decisions gain and cost: a row a decision, what the next dollar adds, and where backbone money pays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.statistics import F, Interval, fieller, wilson
from cisim.study.decision.ledger import Context
from cisim.study.decision.values import Settings, label_of, mean_of, share_of
from cisim.tables import usd

if TYPE_CHECKING:
    import pandas as pd

BINS = 4
"""Parts of equal size that the most important uncertain parameter is cut into."""


LONG = 10_000.0
"""Numbers from here on are written with k and M."""


def decisions_table(contexts: tuple[Context, ...], s: Settings) -> pd.DataFrame:
    """Return one row per context and decision.

    Returns
    -------
    DataFrame
        The context's columns, decision, the levers; `gain`, `gain_low`, `gain_high`: improvement in the last year
        with the interval of its mean; `share_better`, `share_low`, `share_high`: share of paired worlds that end
        better (Wilson); `units`: discounted unit-years; `usd_more`, `usd_new`; `value`, `value_low`,
        `value_high`: what decisions are judged by; `price`, `price_low`, `price_high`: new money per unit-year,
        above which worth of a unit the money pays (Fieller's interval); `worlds`, `draws`.
    """
    import pandas as pd

    rows = []
    for c in contexts:
        for k, name in enumerate(c.names):
            row = {**c.keys, "decision": name, **c.decisions[k]}
            rows.append(row | _three("gain", c.gain[k], c, s) | _shares(c.gain[k], c, s) | _worth(c, k, s))
    return pd.DataFrame(rows)


def _three(name: str, table: F, c: Context, s: Settings) -> dict[str, Any]:
    """Return a mean and the ends of its interval as columns."""
    m = mean_of(table, s.level, c.crossed)
    return {name: m.mean, f"{name}_low": m.low, f"{name}_high": m.high}


def _shares(gain: F, c: Context, s: Settings) -> dict[str, Any]:
    """Return the share of paired worlds that end better, as columns."""
    hits = np.where(np.isnan(gain), np.nan, gain > 0.0)
    share, (low, high) = share_of(hits, s.level, c.crossed)
    return {"share_better": share, "share_low": low, "share_high": high}


def _worth(c: Context, k: int, s: Settings) -> dict[str, Any]:
    """Return unit-years, money, value and break-even price of one decision, as columns."""
    price, ends = _price(c, k, s)
    return {
        "units": _mean(c.units, k),
        "usd_more": _mean(c.usd_more, k),
        "usd_new": _mean(c.usd_new, k),
        **_three("value", c.value[k], c, s),
        "price": price,
        "price_low": ends.low,
        "price_high": ends.high,
        "worlds": int(np.isfinite(c.gain[k]).sum()),
        "draws": c.n_draws,
    }


def _mean(table: F | None, k: int) -> float:
    """Return the mean of one decision, NaN if it was not kept."""
    return math.nan if table is None else mean_of(table[k]).mean


def _price(c: Context, k: int, s: Settings) -> tuple[float, Interval]:
    """Return new money per unit-year with its interval, NaN where there is none; luck shared by draws is left out."""
    none = Interval(math.nan, math.nan)
    if c.units is None or c.usd_new is None:
        return math.nan, none
    units, money = _units_of_sample(c.units[k]), _units_of_sample(c.usd_new[k])
    if not units.mean() > 0.0:
        return math.nan, none
    found = fieller(money, units, s.level) if units.size > 1 else None
    return float(money.mean() / units.mean()), none if found is None else found[1]


def _units_of_sample(table: F) -> F:
    """Return one number per independent unit: means of draws, or the worlds of a single draw."""
    table = table[np.isfinite(table).any(axis=1)]
    sample = table[0][np.isfinite(table[0])] if table.shape[0] == 1 else np.nanmean(table, axis=1)
    return np.asarray(sample)


def ladders(c: Context, s: Settings) -> Iterator[tuple[str, list[int]]]:
    """Yield the decisions that differ in the budget only, from small to large, and what they share in words."""
    if s.money is None:
        return
    money = s.money.name
    found: dict[str, list[int]] = {}
    for k, levels in enumerate(c.decisions):
        found.setdefault(label_of(s.others, levels), []).append(k)
    for label, ks in found.items():
        yield label, sorted(ks, key=lambda k: float(c.decisions[k][money]))


def marginal_table(contexts: tuple[Context, ...], s: Settings) -> pd.DataFrame | None:
    """Return what the step from a budget to the next adds, in the same draws and worlds; None without budgets.

    Returns
    -------
    DataFrame
        The context's columns, `rest` (the other levers), `usd_from`, `usd_to` (per year); `gain_more` with ends:
        what it adds to the gain in the last year; `gain_per_million` with ends: the same per million dollars a
        year; `value_more` with ends.
    """
    import pandas as pd

    if s.money is None:
        return None
    rows = []
    for c in contexts:
        for rest, ks in ladders(c, s):
            for a, b in pairwise(ks):
                low, high = (float(c.decisions[k][s.money.name]) for k in (a, b))
                row = {**c.keys, "rest": rest, "usd_from": low, "usd_to": high}
                row |= _three("gain_more", c.gain[b] - c.gain[a], c, s)
                row |= _three("gain_per_million", (c.gain[b] - c.gain[a]) / ((high - low) / 1e6), c, s)
                rows.append(row | _three("value_more", c.value[b] - c.value[a], c, s))
    return pd.DataFrame(rows) if rows else None


def budget_table(contexts: tuple[Context, ...], s: Settings) -> pd.DataFrame | None:
    """Return from which to which yearly budget money pays, and where more stops helping; None without budgets.

    Returns
    -------
    DataFrame
        The context's columns, `rest`; `usd_smallest`, `usd_largest`: budgets whose value has its whole interval
        above zero (missing if none); `usd_enough`: smallest budget above which none gains detectably more.
    """
    import pandas as pd

    if s.money is None:
        return None
    rows = []
    for c in contexts:
        for rest, ks in ladders(c, s):
            budget = [float(c.decisions[k][s.money.name]) for k in ks]
            pays = [
                b for b, k in zip(budget, ks, strict=True) if mean_of(c.value[k], s.level, c.crossed).is_above
            ]
            ends = {"usd_smallest": min(pays, default=math.nan), "usd_largest": max(pays, default=math.nan)}
            rows.append({**c.keys, "rest": rest, **ends, "usd_enough": budget[_enough(c, ks, s)]})
    return pd.DataFrame(rows)


def _enough(c: Context, ks: list[int], s: Settings) -> int:
    """Return the place on a ladder of budgets above which none gains detectably more."""
    for i in range(len(ks)):
        more = [mean_of(c.gain[k] - c.gain[ks[i]], s.level, c.crossed) for k in ks[i + 1 :]]
        if not any(m.is_above for m in more):
            return i
    return len(ks) - 1


def pay_map(c: Context, ks: list[int], x: np.ndarray[Any, Any] | None, s: Settings) -> list[dict[str, Any]]:
    """Return how often money pays in parts of the range of a parameter, a row a part and decision.

    Parameters
    ----------
    c : Context
    ks : list of int
        Decisions, by place; steps of a budget from the smallest up, or any.
    x : (n_draws,) ndarray or None
        Parameter that draws are parted by; all in one part if None.
    s : Settings

    Returns
    -------
    list of dict
        The context's keys, `part` (its order), `range` in words, `decision`, `against` (the next smaller budget, or
        the reference where there is no budget), `share` of draws (or, with one draw, of worlds) whose mean value is
        above that of `against`, Wilson's interval, `share_reference` (the same against the reference), and `n`.
    """
    parts = [("all", np.ones(c.n_draws, dtype=bool))] if x is None else _parts(x)
    steps: list[tuple[int, int | None]] = [(k, None) for k in ks]
    if s.money is not None and len(ks) > 1:
        steps = [(k, smaller) for smaller, k in pairwise(ks)]
    rows = []
    for p, (words, inside) in enumerate(parts):
        for k, base in steps:
            own = c.value[k][inside]
            more = own if base is None else own - c.value[base][inside]
            better, above = (_above_zero(values, c.n_draws) for values in (more, own))
            low, high = wilson(int(better.sum()), better.size, s.level)
            row = {**c.keys, "part": p, "range": words, "decision": c.names[k]}
            row |= {"against": s.reference if base is None else c.names[base], "share": float(better.mean())}
            row |= {"share_low": low, "share_high": high, "share_reference": float(above.mean())}
            rows.append(row | {"n": better.size})
    return rows


def _above_zero(values: np.ndarray[Any, Any], n_draws: int) -> np.ndarray[Any, Any]:
    """Tell for each draw, or each world of a single draw, whether its mean value is above zero."""
    return np.asarray((_units_of_sample(values) if n_draws == 1 else np.nanmean(values, axis=1)) > 0.0)


def _parts(x: np.ndarray[Any, Any]) -> list[tuple[str, np.ndarray[Any, Any]]]:
    """Return parts of a parameter's range in words and which draws are in them; single values if few."""
    kinds = np.unique(x)
    if kinds.size <= BINS or not np.issubdtype(x.dtype, np.number):
        return [(f"{v:.4g}" if isinstance(v, float) else str(v), x == v) for v in kinds.tolist()]
    edges = np.unique(np.quantile(x, np.linspace(0.0, 1.0, BINS + 1)))
    part = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, edges.size - 2)
    words = [" to ".join(usd(e) if abs(e) >= LONG else f"{e:.3g}" for e in ends) for ends in pairwise(edges)]
    return [(w, part == i) for i, w in enumerate(words) if (part == i).any()]
