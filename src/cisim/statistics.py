"""Statistics of paired worlds: means and their errors, shares, spreads, ratios, worlds needed.

Two regimes run in the same worlds share their luck, so their differences are one sample of independent
numbers, one a world, and the classical interval for the mean of such a sample applies. *Error* always means
the uncertainty of a mean (it shrinks with more worlds); *spread* means how much worlds differ (it does
not). All intervals hold for one number at a time: of twenty, one is expected to miss at 95 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

F = npt.NDArray[np.float64]

LEVEL = 0.95
SPREAD = (0.05, 0.95)
MOST_WORLDS = 10_000_000  # where the search for the number of worlds gives up


class Interval(NamedTuple):
    """Lower and upper end."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Means:
    """Means over worlds and their intervals; arrays of the shape of one world.

    Attributes
    ----------
    mean, sd : ndarray
        Mean and standard deviation over worlds (the latter with n - 1).
    low, high : ndarray
        Interval of the mean.
    worlds : int
        Number of worlds.
    """

    mean: F
    sd: F
    low: F
    high: F
    worlds: int


def t_quantile(level: float, freedom: int) -> float:
    """Return how many standard errors a two-sided interval reaches (Student 1908).

    Examples
    --------
    >>> round(t_quantile(0.95, 9), 3)
    2.262
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + 0.5 * check_level(level)))


def check_level(level: float) -> float:
    """Return `level` if it can be the confidence level of an interval."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: {level!r} is not allowed; a number between 0 and 1, such as 0.95")
    return level


def check_values(values: npt.ArrayLike, name: str = "values") -> F:
    """Return `values` as float array with at least two rows and nothing but numbers.

    Raises
    ------
    ValueError
        If there are fewer than two worlds, or a value is NaN or infinite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or array.shape[0] < 2:
        n = 0 if array.ndim == 0 else array.shape[0]
        raise ValueError(f"{name}: {n} worlds; an interval needs at least 2")
    if not np.isfinite(array).all():
        bad = int(array.shape[0] - np.isfinite(array).reshape(array.shape[0], -1).all(axis=1).sum())
        raise ValueError(
            f"{name}: not finite in {bad} of {array.shape[0]} worlds; leave these out, and say so"
        )
    return array


def means(values: npt.ArrayLike, level: float = LEVEL) -> Means:
    """Return the mean over worlds with its t interval.

    Where all worlds agree, the interval is that one value.

    Parameters
    ----------
    values : (worlds, ...) array_like
        Worlds along the first axis, at least two, all finite.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Means

    Examples
    --------
    >>> m = means([1.0, 2.0, 3.0])
    >>> round(float(m.mean), 3), round(float(m.low), 3), round(float(m.high), 3)
    (2.0, -0.484, 4.484)
    """
    array = check_values(values)
    n = array.shape[0]
    same = (array == array[0]).all(axis=0)  # means of equal numbers can be off by rounding
    mean = np.where(same, array[0], array.mean(axis=0))
    sd = np.where(same, 0.0, array.std(axis=0, ddof=1))
    reach = t_quantile(level, n - 1) * sd / math.sqrt(n)
    return Means(mean, sd, mean - reach, mean + reach, n)


def paired(values: npt.ArrayLike, reference: npt.ArrayLike, level: float = LEVEL) -> Means:
    """Return the mean difference between two runs of the same worlds with its t interval.

    Parameters
    ----------
    values, reference : (worlds, ...) array_like
        Row w of both is the same world.
    level : float
        Confidence level.

    Raises
    ------
    ValueError
        If the shapes differ, or there are fewer than two worlds, or a value is not finite.

    Examples
    --------
    >>> d = paired([3.0, 5.0, 7.0], [1.0, 2.0, 6.0])
    >>> float(d.mean), d.worlds
    (2.0, 3)
    """
    one, other = check_values(values), check_values(reference, "reference")
    if one.shape != other.shape:
        raise ValueError(
            f"values: shape {one.shape}, reference: shape {other.shape}; pairs need equal shapes"
        )
    return means(one - other, level)


def spread(values: npt.ArrayLike, shares: tuple[float, float] = SPREAD) -> tuple[F, F]:
    """Return two quantiles over worlds (5 and 95 % unless told), median-unbiased.

    Infinite values count as larger or smaller than all others.

    References
    ----------
    Hyndman & Fan (1996), Sample quantiles in statistical packages, type 8. American Statistician.
    https://doi.org/10.1080/00031305.1996.10473566

    Examples
    --------
    >>> low, high = spread(list(range(101)))
    >>> round(float(low), 2), round(float(high), 2)
    (4.4, 95.6)
    """
    array = np.asarray(values, dtype=np.float64)
    if np.isnan(array).any():
        raise ValueError("values: NaN has no place in an order; leave it out, and say so")
    if np.isfinite(array).all():
        low, high = np.quantile(array, shares, axis=0, method="median_unbiased")
    else:  # interpolating between infinities gives NaN: take an order statistic instead
        low = np.quantile(array, shares[0], axis=0, method="inverted_cdf")
        high = np.quantile(array, shares[1], axis=0, method="inverted_cdf")
    return np.asarray(low), np.asarray(high)


def wilson(count: int, n: int, level: float = LEVEL) -> Interval:
    """Return the score interval of a share; it has sensible ends where the share is 0 or 1.

    Raises
    ------
    ValueError
        If `count` is not between 0 and `n`, or `n` is below 1.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA.
    https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0, 10)]
    [0.0, 0.278]
    """
    from scipy.special import ndtri

    if n < 1 or not 0 <= count <= n:
        raise ValueError(f"count: {count} of n: {n} is not a share; 0 <= count <= n and n >= 1")
    z = float(ndtri(0.5 + 0.5 * check_level(level)))
    share = count / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == n else min(1.0, centre + half)
    return Interval(low, high)


def fieller(top: npt.ArrayLike, bottom: npt.ArrayLike, level: float = LEVEL) -> tuple[float, Interval] | None:
    """Return the ratio of two means over the same worlds with its interval, or None where it has no bounds.

    It has none where the denominator's mean cannot be told from zero at this level: then no finite interval
    is right.

    Parameters
    ----------
    top, bottom : (worlds,) array_like
        Such as money spent and improvement.

    References
    ----------
    Fieller (1954), Some problems in interval estimation. JRSS B.
    https://doi.org/10.1111/j.2517-6161.1954.tb00159.x

    Examples
    --------
    >>> ratio, (low, high) = fieller([10.0, 12.0, 11.0], [1.9, 2.1, 2.0])
    >>> round(ratio, 2), low < 5.5 < high
    (5.5, True)
    """
    x, y = check_values(top, "top"), check_values(bottom, "bottom")
    n = x.size
    mean_x, mean_y = float(x.mean()), float(y.mean())
    cov = np.atleast_2d(np.cov(x, y)) / n
    q = t_quantile(level, n - 1) ** 2
    a = mean_y**2 - q * float(cov[1, 1])
    if a <= 0.0:
        return None
    b = mean_x * mean_y - q * float(cov[0, 1])
    c = mean_x**2 - q * float(cov[0, 0])
    root = math.sqrt(max(0.0, b * b - a * c))
    return mean_x / mean_y, Interval((b - root) / a, (b + root) / a)


def ratio_difference(
    top: F, bottom: F, reference_top: F, reference_bottom: F, level: float = LEVEL
) -> tuple[float, Interval]:
    """Return the difference of two ratios of means over the same worlds, with its jackknife t interval.

    Meant for denominators whose means are clearly not zero (`fieller` tells).

    References
    ----------
    Miller (1974), The jackknife: a review. Biometrika. https://doi.org/10.1093/biomet/61.1.1
    """
    n = top.size
    whole = float(top.mean() / bottom.mean() - reference_top.mean() / reference_bottom.mean())
    rest = (top.sum() - top) / (bottom.sum() - bottom)
    rest -= (reference_top.sum() - reference_top) / (reference_bottom.sum() - reference_bottom)
    error = math.sqrt((n - 1) / n * float(((rest - rest.mean()) ** 2).sum()))
    reach = t_quantile(level, n - 1) * error
    return whole, Interval(whole - reach, whole + reach)


def worlds_needed(differences: npt.ArrayLike, half_width: float, level: float = LEVEL) -> int:
    """Estimate how many worlds make the interval of the mean reach no further than `half_width` to each side.

    The estimate takes the standard deviation of the sample for the true one; it is itself uncertain by
    about a factor of 1 +- 2 sqrt(2 / (worlds - 1)).

    Parameters
    ----------
    differences : (worlds,) array_like
        Paired differences of a pilot.
    half_width : float
        Wanted, in the unit of the differences, above zero.

    Returns
    -------
    int
        At least 2.

    Raises
    ------
    ValueError
        If the half-width is not above zero, or more than ten million worlds would be needed.

    Examples
    --------
    >>> worlds_needed([1.0, -1.0, 1.0, -1.0], half_width=0.5)
    23
    """
    if not half_width > 0.0 or not math.isfinite(half_width):
        raise ValueError(f"half_width: {half_width!r} is not allowed; a number above 0")
    sd = float(means(differences, level).sd)

    def reach(n: int) -> float:
        return t_quantile(level, n - 1) * sd / math.sqrt(n)

    high = 2
    while reach(high) > half_width:
        high *= 2
        if high > MOST_WORLDS:
            raise ValueError(f"half_width: {half_width!r} would take more than {MOST_WORLDS:,} worlds")
    low = max(2, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if reach(middle) > half_width else (low, middle)
    return high


def variance_ratio(values: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Return how many times more worlds unpaired runs would need for the same error of the difference.

    The variance of a difference between independent runs, over that between paired ones: above 1 where
    common luck saved work, below 1 where it hurt, infinite where all paired differences are equal, 1 where
    nothing varies at all.

    Examples
    --------
    >>> round(variance_ratio([1.0, 2.0, 3.0], [1.1, 2.0, 3.1]), 1)
    601.0
    """
    difference = paired(values, reference)
    apart = float(means(values).sd ** 2 + means(reference).sd ** 2)
    together = float(difference.sd**2)
    if together == 0.0:
        return math.inf if apart > 0.0 else 1.0
    return apart / together


def standardised(
    values: npt.ArrayLike, reference: npt.ArrayLike, level: float = LEVEL
) -> tuple[float, Interval] | None:
    """Return the mean paired difference in sd of the reference's worlds, or None if these do not vary.

    The interval is that of the mean difference; the standard deviation is taken as known.
    """
    scale = float(means(reference).sd)
    if scale == 0.0:
        return None
    d = paired(values, reference, level)
    return float(d.mean) / scale, Interval(float(d.low) / scale, float(d.high) / scale)
