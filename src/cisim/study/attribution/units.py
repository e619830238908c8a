"""Means over units that share draws of the uncertainties, worlds, or neither, and how sure they are.

Three kinds of sample are told apart. With one draw, worlds are the independent units. With several draws, each in
worlds of its own, draws are. With several draws in the same worlds, a draw and a world both leave their mark on many
units; the variance of the mean is then the sum of that over draws and that over worlds (which errs on the wide side
by the share of their interaction), with Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cisim.statistics import LEVEL, F, check_level

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Means of several contrasts over units.

    Attributes
    ----------
    mean, low, high, p : (n,) float64
        Mean, t interval, and two-sided p-value of a mean of zero; each on its own.
    """

    mean: F
    low: F
    high: F
    p: F


@dataclass(frozen=True)
class Units:
    """The games of a study.

    Attributes
    ----------
    worth : (n_units, 2^k) float64
        Response of each combination; bit i of the column is factor i.
    draw, world : (n_units,) int64
    shares_worlds : bool
        Whether a world of one draw has the same luck as that of another.
    is_paired : bool
        Whether all combinations of a unit have the same luck.
    left_out : int
        Worlds that not all combinations had.
    """

    worth: F
    draw: Ints
    world: Ints
    shares_worlds: bool
    is_paired: bool
    left_out: int


def sample_of(units: Units) -> str:
    """Return what the interval's sample is: "worlds", "draws", or "draws and worlds"."""
    if np.unique(units.draw).size == 1:
        return "worlds"
    if units.shares_worlds and np.unique(units.world).size > 1:
        return "draws and worlds"
    return "draws"


def estimate(contrast: npt.ArrayLike, units: Units, level: float = LEVEL) -> Estimate:
    """Return the mean of contrasts over units with its t interval, whatever units share.

    Parameters
    ----------
    contrast : (n_units, n) array_like
    units : Units
    level : float

    Returns
    -------
    Estimate
        Draws count equally, however many worlds they have.

    References
    ----------
    Satterthwaite (1946), An approximate distribution of estimates of variance components. Biometrics Bulletin 2.
    https://doi.org/10.2307/3002019
    """
    from scipy.special import stdtr, stdtrit

    x = np.asarray(contrast, dtype=np.float64)
    sample = sample_of(units)
    by_draw, by_world = _means_by(x, units.draw), _means_by(x, units.world)
    if sample == "worlds":
        parts = [_variance_of_mean(x)]
        mean = x.mean(axis=0)
    else:
        parts = [_variance_of_mean(by_draw)]
        mean = by_draw.mean(axis=0)
        if sample == "draws and worlds":
            parts.append(_variance_of_mean(by_world))
    variance = np.sum([one for one, _ in parts], axis=0)
    below = np.sum([one**2 / freedom for one, freedom in parts], axis=0)
    freedom = np.where(variance > 0.0, variance**2 / np.where(below > 0.0, below, 1.0), 1.0)
    error = np.sqrt(variance)
    reach = stdtrit(freedom, 0.5 + 0.5 * check_level(level)) * error
    t = np.divide(np.abs(mean), error, out=np.where(mean == 0.0, 0.0, math.inf), where=error > 0.0)
    return Estimate(mean, mean - reach, mean + reach, 2.0 * stdtr(freedom, -t))


def _means_by(x: F, name: Ints) -> F:
    """Return means over the units of equal name, a row a name."""
    _, place, count = np.unique(name, return_inverse=True, return_counts=True)
    sums = np.zeros((count.size, x.shape[1]))
    np.add.at(sums, place, x)
    return np.asarray(sums / count[:, None])


def _variance_of_mean(rows: F) -> tuple[F, float]:
    """Return the variance of the mean of independent rows and its degrees of freedom."""
    n = rows.shape[0]
    same = (rows == rows[0]).all(axis=0)  # the mean of equal numbers can be off by rounding
    return np.where(same, 0.0, rows.var(axis=0, ddof=1) / n), float(n - 1)


def holm(p: F) -> F:
    """Return p-values adjusted for their number (Holm's step-down method): the chance of any error is kept.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * (p.size - np.arange(p.size))) if p.size else p
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, steps)
    return adjusted
