"""Intervals of means over *units*: independent numbers whose mean is wanted.

With one draw of the uncertain parameters the units are worlds. With several, worlds of one draw are alike in all
that was drawn, so counting them as independent would make intervals far too short; the unit is then the draw, as
the mean of its worlds. Draws of equal luck share the random numbers of their worlds and are joined to one unit.
Where all draws share one luck, draws and worlds are crossed, and the interval adds the variance of both means.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cisim.statistics import LEVEL, F, Means, means
from cisim.study.stopping import two_stage

Ints = npt.NDArray[np.int64]


class Units(NamedTuple):
    """Mean of several columns over units, with its interval.

    Attributes
    ----------
    mean, low, high, sd : (k,) float64
        Ends are NaN where there is only one unit.
    freedom : (k,) float64
        Degrees of freedom of the interval.
    n : int
        Number of units.
    kind : str
        What one unit is, in words.
    each : (n, k) float64
        The units themselves.
    """

    mean: F
    low: F
    high: F
    sd: F
    freedom: F
    n: int
    kind: str
    each: F


def join(values: F, keys: Ints) -> tuple[F, Ints]:
    """Return the means of rows with equal keys, in ascending order of the key, and the keys."""
    found, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    if found.size == keys.size:
        return values[np.argsort(keys, kind="stable")], found
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    return np.add.reduceat(values[order], starts, axis=0) / count[:, None], found


def estimate(
    values: F, draw: Ints, luck: Ints, world: Ints, level: float = LEVEL, n_pilot: int | None = None
) -> Units:
    """Return means over units with their intervals.

    Parameters
    ----------
    values : (rows, k) float64
        All finite; rows in the order of draws and worlds.
    draw, luck, world : (rows,) int
        What each row belongs to.
    level : float
        Confidence level.
    n_pilot : int or None
        Rows of the pilot, where a pilot chose the number of worlds: with one draw, the interval is Stein's.

    Returns
    -------
    Units

    Raises
    ------
    ValueError
        If a value is NaN or infinite.

    Examples
    --------
    >>> found = estimate(np.array([[1.0], [2.0], [3.0]]), *np.array([[0, 0, 0], [0, 0, 0], [0, 1, 2]]))
    >>> found.kind, found.n, found.mean.tolist()
    ('world', 3, [2.0])
    >>> found = estimate(np.array([[1.0], [3.0], [6.0]]), *np.array([[0, 0, 1], [0, 0, 1], [0, 1, 0]]))
    >>> found.kind, found.n, found.mean.tolist()
    ('draw', 2, [4.0])
    """
    draws, first = np.unique(draw, return_index=True)
    if draws.size == 1:
        return _simple(values, "world", level, n_pilot)
    each, _ = join(values, draw)
    lucks = luck[first]
    n_lucks = np.unique(lucks).size
    if n_lucks == draws.size:
        return _simple(each, "draw", level)
    if n_lucks > 1:
        return _simple(join(each, lucks)[0], "group of draws of equal luck", level)
    by_world, worlds = join(values, world)
    if worlds.size == 1:
        return _simple(each, "draw in one and the same world", level)
    return _crossed(each, by_world, level)


def _simple(each: F, kind: str, level: float, n_pilot: int | None = None) -> Units:
    """Return the t interval of independent units, or Stein's where there was a pilot."""
    n, k = each.shape
    if n < 2:
        bare = np.full(k, math.nan)
        return Units(each[0].copy(), bare, bare, bare, bare, n, kind, each)
    if n_pilot is not None and n_pilot >= 2:
        m: Means = two_stage(each, n_pilot, level)
        freedom = np.where(np.ptp(each[:n_pilot], axis=0) == 0.0, n - 1.0, n_pilot - 1.0)
    else:
        m, freedom = means(each, level), np.full(k, n - 1.0)
    return Units(m.mean, m.low, m.high, m.sd, freedom, n, kind, each)


def _crossed(by_draw: F, by_world: F, level: float) -> Units:
    """Return the interval where every draw was run in the same worlds.

    The variance of the mean is at most the sum of that of the mean over draws and that of the mean over worlds
    (their common noise is counted twice, which errs on the safe side); degrees of freedom after Satterthwaite.
    """
    from scipy.special import stdtrit

    a, b = means(by_draw, level), means(by_world, level)
    one, other = a.sd**2 / a.worlds, b.sd**2 / b.worlds
    total = one + other
    below = one**2 / (a.worlds - 1) + other**2 / (b.worlds - 1)
    fewest = float(min(a.worlds, b.worlds) - 1)
    freedom = np.divide(total**2, below, out=np.full(total.shape, fewest), where=below > 0.0)
    reach = stdtrit(freedom, 0.5 + 0.5 * level) * np.sqrt(total)
    return Units(
        a.mean, a.mean - reach, a.mean + reach, a.sd, freedom, a.worlds, "draw, in the same worlds", by_draw
    )
