"""Whether indices have converged, and the base sample that would be enough."""

from __future__ import annotations

import math

import numpy as np

from cisim.study.sensitivity.index import Check, F, Index

HALF_WIDTH = 0.05
"""Widest half of an interval of a converged share of variance."""
SWAPS = 1.0
"""Weighted places by which the ranking of a converged analysis may differ between two samples."""
MOST_GROWTH = 1024


def width_check(index: Index, n: int, power_of_two: bool) -> Check:
    """Return whether all intervals of shares are narrow enough, and the base sample that would do."""
    widest = float(index.half_width.max()) if index.half_width.size else 0.0
    grown = n * (widest / HALF_WIDTH) ** 2  # widths shrink with the square root of the sample
    if math.isnan(widest):
        return Check(index.target, index.name, "half-width", math.inf, HALF_WIDTH, n, 0)
    enough = n if widest <= HALF_WIDTH else round_up(grown, power_of_two)
    words = f"every {index.level:.0%} interval reaches no further than {HALF_WIDTH} to each side"
    return Check(index.target, index.name, words, widest, HALF_WIDTH, n, enough)


def round_up(n: float, power_of_two: bool) -> int:
    """Return the next power of two, or the next number with two digits that count.

    Examples
    --------
    >>> round_up(1025.0, True), round_up(1025.0, False), round_up(7.2, False)
    (2048, 1100, 8)
    """
    if power_of_two:
        return 1 << max(0, math.ceil(math.log2(n)))
    size = int(10.0 ** max(0, math.floor(math.log10(n)) - 1))
    return math.ceil(n / size) * size


def rank_check(index: Index, n: int) -> Check:
    """Return whether another sample would rank the factors alike, and the base sample that would do.

    Two replicates differ by the places each factor moves, weighted by the square of its index: exchanging
    unimportant factors hardly counts. The 95th percentile over pairs of replicates must not exceed one place.

    References
    ----------
    Sarrazin, Pianosi & Wagener (2016), Global sensitivity analysis of environmental models: convergence and
    validation. Environmental Modelling & Software. https://doi.org/10.1016/j.envsoft.2016.02.005
    """
    value = rank_difference(index.replicates)
    enough, growth = n if value <= SWAPS else 0, 2
    while not enough and growth <= MOST_GROWTH:  # what replicates of larger samples would look like
        shrunk = index.estimate + (index.replicates - index.estimate) / math.sqrt(growth)
        enough = n * growth if rank_difference(shrunk) <= SWAPS else 0
        growth *= 2
    words = f"rankings of two samples differ by no more than {SWAPS:g} weighted place (95th percentile)"
    return Check(index.target, index.name, words, value, SWAPS, n, enough)


def rank_difference(replicates: F) -> float:
    """Return the 95th percentile of the weighted places by which rankings of consecutive replicates differ.

    Examples
    --------
    >>> rank_difference(np.array([[3.0, 1.0], [2.5, 1.2], [2.8, 0.9]])), rank_difference(np.eye(2))
    (0.0, 1.0)
    """
    ranks = replicates.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    weight = np.maximum(np.abs(replicates[1:]), np.abs(replicates[:-1])) ** 2
    total = weight.sum(axis=1)
    moved = (np.abs(np.diff(ranks, axis=0)) * weight).sum(axis=1)
    return float(np.quantile(np.divide(moved, total, out=np.zeros_like(total), where=total > 0.0), 0.95))
