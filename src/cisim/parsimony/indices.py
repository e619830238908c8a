"""Total indices by Jansen's estimator, their intervals, and what of them is more than reshuffled luck.

The total index of an input is the share of a response's variance that is lost when that input alone is known no
more: half the mean squared difference that a swap makes, over the variance. In one world it holds what the input
does through luck as well: a parameter that only makes other organisations meet has an effect in each world and none
on average. The *lasting* part is the mean product of the differences in two worlds instead of the mean square, which
is unbiased for the square of the mean difference over luck. Negative estimates are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cisim.parsimony.inputs import F

LEVEL = 0.95
RESAMPLES = 400
BATCH = 64
"""Responses whose bootstrap samples are in memory at a time."""


@dataclass(frozen=True)
class Indices:
    """Indices of swaps (rows) for responses (columns), with the ends of bootstrap intervals over base points.

    Attributes
    ----------
    total, low, high : (n_swaps, n_responses) ndarray
        In one world; NaN where a swap is not made or a response is the same in all runs.
    lasting, lasting_low, lasting_high : (n_swaps, n_responses) ndarray
        Part of `total` that is left in the mean over luck.
    luck, luck_low, luck_high : (n_responses,) ndarray
        Total index of luck: same point, another world.
    moved : (n_swaps, n_responses) ndarray
        Share of pairs in which the response changed at all.
    both : (n_swaps, n_responses) ndarray
        Base points where it changed in both worlds, on which `lasting` rests.
    """

    total: F
    low: F
    high: F
    lasting: F
    lasting_low: F
    lasting_high: F
    luck: F
    luck_low: F
    luck_high: F
    moved: F
    both: F


def indices_of(base: F, swapped: F, *, resamples: int = RESAMPLES, seed: int = 1) -> Indices:
    """Return the indices of one case.

    Parameters
    ----------
    base : (n_points, 2, n_responses) ndarray
    swapped : (n_swaps, n_points, 2, n_responses) ndarray
        NaN for swaps that are not made.
    resamples : int
        Bootstrap samples of base points.
    seed : int
        Of the resampling.

    Returns
    -------
    Indices

    Notes
    -----
    The variance is that of the runs on both sides of the swap in question: each is a draw of the inputs, apart from
    dependence among calibrated ones that a swap breaks. Numerator and denominator then rest on the same runs, so that
    one extreme run does not carry an index above 1.
    """
    n = base.shape[0]
    draws = np.random.default_rng(seed).integers(n, size=(resamples, n))
    counts = np.stack([np.bincount(row, minlength=n) for row in draws])
    weights = np.vstack([np.ones((1, n)), counts]) / n
    columns = range(0, base.shape[2], BATCH)
    parts = [_batch(base[..., k : k + BATCH], swapped[..., k : k + BATCH], weights) for k in columns]
    return Indices(*(np.concatenate([part[j] for part in parts], axis=-1) for j in range(len(parts[0]))))


def _batch(base: F, swapped: F, weights: F) -> tuple[F, ...]:
    """Return the fields of `Indices` for some responses."""
    differences = swapped - base
    pairs = np.stack([np.broadcast_to(base, swapped.shape), swapped])
    twins = np.stack([base[:, :1], base[:, 1:]])[:, None]
    variance = _variance(pairs, weights)
    found: list[F] = []
    for parts in (0.5 * (differences**2).mean(axis=2), 0.5 * differences.prod(axis=2)):
        found += _shares(parts, variance, weights)
    luck = _shares(0.5 * (base[:, 1] - base[:, 0])[None] ** 2, _variance(twins, weights), weights)
    changed = np.where(np.isnan(differences), np.nan, differences != 0.0)
    return (*found, *(part[0] for part in luck), changed.mean(axis=(1, 2)), changed.prod(axis=2).sum(axis=1))


def _variance(pairs: F, weights: F) -> F:
    """Return variances of the runs of each swap on both sides: of all points first, then of each sample.

    Parameters
    ----------
    pairs : (2, n_swaps, n_points, n_worlds, n_responses) ndarray
    weights : (1 + resamples, n_points) ndarray

    Returns
    -------
    (1 + resamples, n_swaps, n_responses) ndarray
        0 where a response is the same in all runs.
    """
    is_constant = pairs.max(axis=(0, 2, 3)) == pairs.min(axis=(0, 2, 3))
    centred = pairs - pairs.mean(axis=(0, 2, 3), keepdims=True)
    mean, square = (_means(part.mean(axis=(0, 3)), weights) for part in (centred, centred**2))
    n = pairs.shape[2]
    return np.where(is_constant, 0.0, (square - mean**2) * n / (n - 1.0))


def _means(parts: F, weights: F) -> F:
    """Return means over points (n_swaps, n_points, n_responses), of all and of each bootstrap sample."""
    return np.asarray(np.einsum("bn,snr->bsr", weights, parts, optimize=True))


def _shares(parts: F, variance: F, weights: F) -> tuple[F, F, F]:
    """Return the means of `parts` over the variance, and the ends of their intervals."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(variance > 0.0, _means(parts, weights) / variance, np.nan)
    return (shares[0], *_quantiles(shares[1:], 0.5 * (1.0 - LEVEL)))


def _quantiles(samples: F, tail: float) -> tuple[F, F]:
    """Return both ends of percentile intervals; samples in which a response never varies (NaN) tell nothing."""
    ordered = np.sort(samples, axis=0)
    last = np.maximum((~np.isnan(samples)).sum(axis=0) - 1, 0)
    ends = (np.floor(tail * last), np.ceil((1.0 - tail) * last))
    low, high = (np.take_along_axis(ordered, end.astype(np.int64)[None], axis=0)[0] for end in ends)
    return low, high
