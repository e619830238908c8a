"""What both ways to calibrate share: waves of runs, keyed draws, and resampling by weight."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

F = npt.NDArray[np.float64]
I = npt.NDArray[np.int64]  # noqa: E741


class Wave(NamedTuple):
    """One batch of points that were asked for and run.

    Attributes
    ----------
    u : (n, n_dims) ndarray
        Places in the unit cube of the prior.
    values, errors : (n, n_targets) ndarray
        Statistics and their standard errors; NaN where a run gave none.
    """

    u: F
    values: F
    errors: F


History = Sequence[Wave | tuple[F, F, F]]


class Engine(Protocol):
    """A way to calibrate: asked for points, told what came out, deterministic in both.

    Attributes
    ----------
    per_wave, waves : int
        Points a wave, and most waves.
    """

    per_wave: int
    waves: int

    def ask(self, history: History) -> F | None:
        """Return the next points, or None when done."""

    def reason(self, history: History) -> str:
        """Return in words why no more points are asked for, "" while there are more."""

    def posterior(self, history: History) -> tuple[F, F]:
        """Return draws (m, n_dims) and their weights (m,), which sum to 1; none where nothing fits."""

    def fitted(self, history: History) -> F:
        """Return what the model gives at the draws of `posterior`, (m, n_targets)."""


@dataclass(frozen=True)
class Aim:
    """What is aimed at, and the parts of it that count.

    Attributes
    ----------
    mean, tolerance : (n_targets,) ndarray
    fit : (n_targets,) bool ndarray
        Targets the calibration sees.
    names : tuple of str
    """

    mean: F
    tolerance: F
    fit: npt.NDArray[np.bool_]
    names: tuple[str, ...]

    def distance(self, values: F) -> F:
        """Return (value - target) / tolerance of the fit targets, (n, n_fit)."""
        return np.asarray(((values - self.mean) / self.tolerance)[:, self.fit])

    def listed(self, misses: F, least: float, unit: str) -> str:
        """Return in words which fit targets are missed by more than `least`, the worst first."""
        names = [name for name, is_fit in zip(self.names, self.fit, strict=True) if is_fit]
        worst = [i for i in np.argsort(-misses, kind="stable") if misses[i] > least]
        return ", ".join(f"{names[i]} by {misses[i]:.1f} {unit}" for i in worst) or "none"


def aim_of(
    mean: npt.ArrayLike,
    tolerance: npt.ArrayLike,
    fit: npt.ArrayLike | None,
    names: Sequence[str] | None = None,
) -> Aim:
    """Return a checked aim.

    Raises
    ------
    ValueError
        If shapes differ, a tolerance is not above 0, a number is not finite or nothing is fitted.
    """
    m, t = np.atleast_1d(np.asarray(mean, float)), np.atleast_1d(np.asarray(tolerance, float))
    chosen = np.ones(m.shape, bool) if fit is None else np.atleast_1d(np.asarray(fit, bool))
    if m.ndim != 1 or m.shape != t.shape or m.shape != chosen.shape:
        raise ValueError(f"targets: shapes {m.shape}, {t.shape}, {chosen.shape}; one each per target")
    if not np.isfinite(m).all():
        raise ValueError(f"targets_mean: {m.tolist()} is not allowed; finite numbers")
    if not (np.isfinite(t).all() and (t > 0.0).all()):
        raise ValueError(f"targets_tol: {t.tolist()} is not allowed; numbers above 0")
    if not chosen.any():
        raise ValueError("fit: no target is fitted; at least one has to be")
    called = tuple(f"target {i + 1}" for i in range(m.size)) if names is None else tuple(names)
    if len(called) != m.size:
        raise ValueError(f"names: {len(called)} for {m.size} targets; one each per target")
    return Aim(m, t, chosen, called)


def whole(name: str, value: int, low: int) -> int:
    """Return a whole number of at least `low`, or say what is allowed."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name}: {value!r} is not allowed; a whole number, {low} or more")
    return int(value)


def checked(history: History, n_dims: int, n_targets: int) -> list[Wave]:
    """Return waves as float arrays, rows in the order of their places, so that theirs does not matter.

    Raises
    ------
    ValueError
        If shapes do not fit or a place is outside the unit cube.
    """
    waves = []
    for k, (u, values, errors) in enumerate(history):
        arrays = [np.asarray(a, dtype=np.float64) for a in (u, values, errors)]
        n = arrays[0].shape[0]
        for name, array, width in zip(Wave._fields, arrays, (n_dims, n_targets, n_targets), strict=True):
            if array.shape != (n, width):
                raise ValueError(f"history[{k}].{name}: shape {array.shape}; ({n}, {width}) is needed")
        if not ((arrays[0] >= 0.0) & (arrays[0] <= 1.0)).all():
            raise ValueError(f"history[{k}].u: outside the unit cube; numbers from 0 to 1")
        order = np.lexsort(arrays[0].T[::-1])
        waves.append(Wave(*(array[order] for array in arrays)))
    return waves


def pooled(waves: Sequence[Wave]) -> Wave:
    """Return all waves as one."""
    return Wave(*(np.concatenate(arrays) for arrays in zip(*waves, strict=True)))


def digest(waves: Sequence[Wave]) -> str:
    """Return a key for what is kept of a calculation on these waves."""
    found = hashlib.sha256()
    for wave in waves:
        for array in wave:
            found.update(np.ascontiguousarray(array).tobytes())
            found.update(b"|")
    return found.hexdigest()


def keyed(seed: int, wave: int, purpose: int) -> np.random.Generator:
    """Return the random numbers of one purpose in one wave."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, 16 * wave + purpose], dtype=np.uint64)))


def latin_hypercube(n: int, n_dims: int, draws: np.random.Generator) -> F:
    """Return `n` points with one in each of `n` slices of every dimension.

    References
    ----------
    McKay, Beckman & Conover (1979), A comparison of three methods for selecting values of input variables.
    Technometrics. https://doi.org/10.1080/00401706.1979.10489755

    Examples
    --------
    >>> u = latin_hypercube(4, 2, keyed(1, 0, 0))
    >>> sorted((u[:, 0] * 4).astype(int).tolist())
    [0, 1, 2, 3]
    """
    slices = np.stack([draws.permutation(n) for _ in range(n_dims)], axis=1)
    return np.asarray((slices + draws.random((n, n_dims))) / n)


def effective(weights: F) -> float:
    """Return how many equally weighted draws are worth as much (Kong's effective sample size).

    Examples
    --------
    >>> effective(np.array([0.5, 0.5, 0.0]))
    2.0
    """
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total > 0.0 else 0.0


def systematic(weights: npt.ArrayLike, n: int, seed: int | np.random.Generator) -> I:
    """Return `n` indices, each drawn as often as its weight says, give or take less than one.

    Parameters
    ----------
    weights : (m,) array_like
        Not negative, not all 0; they need not sum to 1.
    n : int
        Number of indices wanted.
    seed : int or Generator
        The same seed gives the same indices.

    Returns
    -------
    (n,) int64 ndarray
        Ascending.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, all are 0, or `n` is below 1.

    References
    ----------
    Kitagawa (1996), Monte Carlo filter and smoother for non-Gaussian nonlinear state space models. Journal of
    Computational and Graphical Statistics. https://doi.org/10.1080/10618600.1996.10474692

    Examples
    --------
    >>> systematic([0.5, 0.0, 0.25, 0.25], 4, seed=7).tolist()
    [0, 0, 2, 3]
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or not w.size or not np.isfinite(w).all() or (w < 0.0).any() or w.sum() <= 0.0:
        raise ValueError("weights: not allowed; finite numbers of 0 or more, not all of them 0")
    whole("n", n, 1)
    draws = keyed(seed, 0, 15) if isinstance(seed, int) else seed
    ends = np.cumsum(w) / w.sum()
    last = int(np.flatnonzero(w)[-1])  # rounding must not reach a draw without weight
    found = np.searchsorted(ends, (draws.random() + np.arange(n)) / n, side="right")
    return np.minimum(found, last).astype(np.int64)


def quantiles(values: F, weights: F, shares: Sequence[float]) -> F:
    """Return weighted quantiles of a sample (the middle of each draw's weight, straight lines between).

    Examples
    --------
    >>> quantiles(np.array([3.0, 1.0, 2.0]), np.ones(3), [0.5]).tolist()
    [2.0]
    """
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(weights[order]) / weights.sum()
    return np.interp(shares, ends - 0.5 * weights[order] / weights.sum(), values[order])
