"""Who deserves the credit where things work together: Shapley values and interactions of all settings of k factors.

A game gives each set of factors that are in place a worth. It is stored as 2^k numbers; bit i of the place says
whether factor i is in place, so place 0 is "none" and the last one "all". Differences are taken before weights are
applied: a factor that changes nothing gets exactly nothing.

References
----------
Shapley (1953), A value for n-person games. Contributions to the Theory of Games II, 307-317.
https://doi.org/10.1515/9781400881970-018
Grabisch & Roubens (1999), An axiomatic approach to the concept of interaction among players in cooperative games.
International Journal of Game Theory 28, 547-565. https://doi.org/10.1007/s001820050125
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cisim.statistics import F

ROUNDING = 1e-12
"""Contrasts smaller than this, relative to the largest worth, are rounding errors and count as zero."""


def players(worth: F) -> int:
    """Return how many factors a table of worths (..., 2^k) has.

    Raises
    ------
    ValueError
        If the last axis is not a power of two of at least 2.
    """
    size = worth.shape[-1] if worth.ndim else 0
    k = size.bit_length() - 1
    if size < 2 or size != 1 << k:
        raise ValueError(f"worth: {size} sets; 2 to the power of the number of factors, at least 2")
    return k


def values(worth: npt.ArrayLike) -> F:
    """Return the Shapley value of each factor: its contribution, averaged over all orders of putting them in place.

    Parameters
    ----------
    worth : (..., 2^k) array_like
        Worth of each set of factors; bit i of the place is factor i.

    Returns
    -------
    (..., k) float64
        Its sum is the worth of all less that of none.

    Examples
    --------
    >>> values([0.0, 1.0, 2.0, 5.0]).tolist()  # none, first, second, both
    [2.0, 3.0]
    """
    v = np.asarray(worth, dtype=np.float64)
    k = players(v)
    return np.stack([_marginal(v, i, k) @ _weights(k - 1) for i in range(k)], axis=-1)


def interactions(worth: npt.ArrayLike) -> tuple[list[tuple[int, int]], F]:
    """Return the Shapley interaction index of each pair of factors.

    It averages what both together add beyond what each adds alone, over all sets of the other factors that may be
    in place: above zero the two need each other, below zero one can do for the other.

    Returns
    -------
    pairs : list of (int, int)
    index : (..., n_pairs) float64

    Examples
    --------
    >>> pairs, index = interactions([0.0, 1.0, 2.0, 5.0])
    >>> pairs, index.tolist()
    ([(0, 1)], [2.0])
    """
    v = np.asarray(worth, dtype=np.float64)
    k = players(v)
    pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
    if not pairs:
        return pairs, np.empty((*v.shape[:-1], 0))
    found = [_second(v, i, j, k) @ _weights(k - 2) for i, j in pairs]
    return pairs, np.stack(found, axis=-1)


def alone(worth: npt.ArrayLike) -> F:
    """Return what each factor adds where no other is in place, (..., k)."""
    v = np.asarray(worth, dtype=np.float64)
    return np.stack([v[..., 1 << i] - v[..., 0] for i in range(players(v))], axis=-1)


def last(worth: npt.ArrayLike) -> F:
    """Return what is lost where each factor is taken away and all others are in place, (..., k)."""
    v = np.asarray(worth, dtype=np.float64)
    everyone = v.shape[-1] - 1
    return np.stack([v[..., everyone] - v[..., everyone ^ (1 << i)] for i in range(players(v))], axis=-1)


def without_rounding(contrast: F, worth: F) -> F:
    """Return contrasts with rounding errors set to zero, so that no test takes them for effects."""
    return np.where(np.abs(contrast) <= ROUNDING * np.abs(worth).max(initial=0.0), 0.0, contrast)


def _weights(others: int) -> F:
    """Return the weight of each set of the other factors: 1 / ((others + 1) choose(others, size))."""
    sizes = [place.bit_count() for place in range(1 << others)]
    return np.array([1.0 / ((others + 1) * math.comb(others, size)) for size in sizes])


def _places(k: int, *out: int) -> npt.NDArray[np.intp]:
    """Return the places of all sets that lack the factors `out`, in the order of `_weights`."""
    mask = sum(1 << i for i in out)
    return np.array([place for place in range(1 << k) if not place & mask], dtype=np.intp)


def _marginal(v: F, i: int, k: int) -> F:
    """Return what factor i adds to each set of the others."""
    rest = _places(k, i)
    return np.asarray(v[..., rest | 1 << i] - v[..., rest])


def _second(v: F, i: int, j: int, k: int) -> F:
    """Return what i adds more with j than without it, for each set of the others."""
    rest = _places(k, i, j)
    with_j = v[..., rest | 1 << i | 1 << j] - v[..., rest | 1 << j]
    return np.asarray(with_j - (v[..., rest | 1 << i] - v[..., rest]))
