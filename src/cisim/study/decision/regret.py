"""Regret, value of information and the winner's curse: what choosing costs when nobody knows the parameters.

The largest of several noisy means is too large, so whatever is chosen as best looks better than it is. Where worlds
can be split, a decision is chosen on one half and judged on the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cisim.statistics import LEVEL, F
from cisim.study.decision.evppi import LEAST_DRAWS, evpi, evppi
from cisim.study.decision.ledger import Context
from cisim.study.decision.values import Mean, Settings, mean_of

if TYPE_CHECKING:
    import pandas as pd


def with_nothing(values: F) -> F:
    """Return values with those of doing nothing, zero in every world, as first decision."""
    nothing = np.where(np.isfinite(values).any(axis=0), 0.0, np.nan)
    return np.concatenate([nothing[None], values])


def by_draw(values: F) -> F:
    """Return the mean over worlds, (n_draws, n_decisions).

    Examples
    --------
    >>> by_draw(np.array([[[1.0, 3.0], [2.0, np.nan]]])).tolist()
    [[2.0], [2.0]]
    """
    there = np.isfinite(values)
    return np.asarray((np.where(there, values, 0.0).sum(axis=2) / np.maximum(there.sum(axis=2), 1)).T)


def halves(values: F) -> tuple[F, F] | None:
    """Return means over the even and over the odd worlds, or None where a half is empty somewhere."""
    even, odd = values[:, :, ::2], values[:, :, 1::2]
    full = all(half.shape[2] and np.isfinite(half).any(axis=2).all() for half in (even, odd))
    return (by_draw(even), by_draw(odd)) if full else None


@dataclass(frozen=True, slots=True)
class Judged:
    """A best decision and what remains of it when it is judged by other runs than it was chosen by.

    Attributes
    ----------
    best : int
        Decision of the highest mean value; 0 is to do nothing.
    value, gain : float
        Mean of choices made on one half and judged on the other, over many ways to halve; NaN where there are too
        few runs.
    same : float
        Share of the halvings that choose the same.
    of : str
        What was halved: "draws" or "worlds".
    """

    best: int
    value: float
    gain: float
    same: float
    of: str


def judged_apart(value: F, gain: F, *, seed: int, splits: int = 200) -> Judged:
    """Choose the best decision on half of the sample and judge it on the other half, many times.

    A half chooses a little worse than the whole sample does, so what remains is a little too small on average,
    while the best mean itself is too large.

    Parameters
    ----------
    value, gain : (n_decisions, n_draws, n_worlds) ndarray
        What is chosen by, and another measure of the same runs; the first decision is to do nothing.
    seed : int
    splits : int

    Examples
    --------
    >>> noise = np.random.default_rng(1).standard_normal((20, 1, 40))
    >>> found = judged_apart(noise, noise, seed=1)
    >>> float(noise.mean(axis=2).max()) > 0.2, abs(found.value) < 0.1
    (True, True)
    """
    tables = (by_draw(value), by_draw(gain))
    best, of = int(tables[0].mean(axis=0).argmax()), "draws"
    if value.shape[1] == 1:
        there = np.asarray(np.isfinite(value[:, 0]).all(axis=0))
        tables, of = (value[:, 0, there].T, gain[:, 0, there].T), "worlds"
    n = tables[0].shape[0]
    if n < 4:
        return Judged(best, math.nan, math.nan, math.nan, of)
    rng = np.random.Generator(np.random.Philox(seed))
    found = np.empty((splits, 3))
    for i in range(splits):
        order = rng.permutation(n)
        chosen = int(tables[0][order[: n // 2]].mean(axis=0).argmax())
        judge = order[n // 2 :]
        found[i] = (tables[0][judge, chosen].mean(), tables[1][judge, chosen].mean(), chosen == best)
    value_left, gain_left, same = found.mean(axis=0)
    return Judged(best, float(value_left), float(gain_left), float(same), of)


def regret_table(contexts: tuple[Context, ...], s: Settings) -> pd.DataFrame | None:
    """Return what each decision misses against the best one of each draw, or None with one draw only.

    Returns
    -------
    DataFrame
        The context's columns, `decision` (first: the reference, to do nothing); `regret`, `regret_p95`,
        `regret_max` over draws, each too large by the noise of the best; `regret_split`: mean where the best is
        chosen on one half of the worlds and judged on the other, too small if anything (missing with one world);
        `share_best`: share of draws in which it is best, ties shared; `is_minimax`: smallest `regret_max`.
    """
    import pandas as pd

    frames = []
    for c in contexts:
        if c.n_draws < 2:
            continue
        values = with_nothing(c.value)
        means = by_draw(values)
        regret = means.max(axis=1, keepdims=True) - means
        tied = regret == 0.0
        frame = pd.DataFrame({"decision": [s.reference, *c.names]})
        for place, (name, value) in enumerate(c.keys.items()):
            frame.insert(place, name, value)
        frame["regret"] = regret.mean(axis=0)
        frame["regret_p95"] = np.quantile(regret, 0.95, axis=0, method="median_unbiased")
        frame["regret_max"] = regret.max(axis=0)
        frame["regret_split"] = _split_regret(values)
        frame["share_best"] = (tied / tied.sum(axis=1, keepdims=True)).mean(axis=0)
        frame["is_minimax"] = np.arange(len(frame)) == int(regret.max(axis=0).argmin())
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else None


def _split_regret(values: F) -> F:
    """Return mean regret against choices made on the other half of the worlds, NaN where there is one world."""
    both = halves(values)
    if both is None:
        return np.full(values.shape[0], np.nan)
    parts = []
    for choose, judge in (both, both[::-1]):
        best = np.take_along_axis(judge, choose.argmax(axis=1)[:, None], axis=1)
        parts.append((best - judge).mean(axis=0))
    return np.asarray((parts[0] + parts[1]) / 2.0)


def evpi_apart(values: F, level: float = LEVEL) -> Mean | None:
    """Return the value of perfect information with choices made and judged on different worlds, or None with one.

    Parameters
    ----------
    values : (n_decisions, n_draws, n_worlds) ndarray

    Returns
    -------
    Mean or None
        A lower bound with its interval: choices made on half of the worlds are worse than those of full knowledge,
        and below zero where they do worse than always taking the same decision.
    """
    both = halves(values)
    if both is None:
        return None
    usual = int(by_draw(values).mean(axis=0).argmax())
    parts = []
    for choose, judge in (both, both[::-1]):
        best = np.take_along_axis(judge, choose.argmax(axis=1)[:, None], axis=1)
        parts.append(best[:, 0] - judge[:, usual])
    return mean_of(np.stack(parts, axis=1), level)


def information_table(contexts: tuple[Context, ...], s: Settings, seed: int) -> pd.DataFrame | None:
    """Return what knowing each uncertain parameter is worth before deciding, or None with too few draws.

    Returns
    -------
    DataFrame
        The context's columns, `parameter` ("everything but luck": EVPI); `worth`, `error`, `low`, `high`;
        `chance`: what shuffled draws stay under, `p`; `is_detectable`; `explained`: share of the variance of the
        best decision's value that the parameter explains; `draws`. For EVPI `worth` is judged on other worlds
        than it was chosen by, and `chance` is missing; `naive` is the plain estimate, which is too large.
    """
    import pandas as pd

    rows = []
    for number, c in enumerate(contexts):
        if c.n_draws < LEAST_DRAWS:
            continue
        values = with_nothing(c.value)
        means = by_draw(values)
        apart = evpi_apart(values, s.level)
        ends = (math.nan,) * 3 if apart is None else apart[:3]
        row = dict(zip(("worth", "low", "high"), ends, strict=True))
        row |= {"is_detectable": apart is not None and apart.is_above, "naive": evpi(means)}
        rows.append({**c.keys, "parameter": EVERYTHING, **row, "draws": c.n_draws})
        for place, name in enumerate(c.draws.columns):
            x = c.draws[name].to_numpy()
            x = x if np.issubdtype(x.dtype, np.number) else x.astype(str)
            e = evppi(x, means, seed=seed + 1000 * number + place, level=s.level, resamples=s.resamples)
            row = {
                "worth": e.value,
                "error": e.error,
                "low": e.low,
                "high": e.high,
                "chance": e.chance,
                "p": e.p,
            }
            row |= {"is_detectable": e.is_detectable, "explained": e.explained, "draws": c.n_draws}
            rows.append({**c.keys, "parameter": name, **row})
    return pd.DataFrame(rows) if rows else None


EVERYTHING = "everything but luck"
"""Name of EVPI among the parameters."""
