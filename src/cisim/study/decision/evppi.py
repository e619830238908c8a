"""What knowing one uncertain parameter would be worth to a decision, by regression on the draws of a study.

Knowing parameter x before deciding is worth E[max_d g_d(x)] - max_d E[g_d(x)], where g_d(x) is the expected value of
decision d among all worlds with that x. The functions g_d are fitted to the draws: a penalised cubic spline for
numbers, group means for names and short lists. Noise of the worlds is averaged out by the fit, but what is left of
it makes the largest of several fitted values too large, so every estimate is held against what shuffled draws give.

References
----------
Strong, Oakley & Brennan (2014), Estimating multiparameter partial expected value of perfect information from a
probabilistic sensitivity analysis sample. Medical Decision Making 34(3). https://doi.org/10.1177/0272989X13505910
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.statistics import LEVEL, F, check_level, t_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

LEAST_DRAWS = 20
"""Fewer draws than this carry no regression."""
N_KNOTS = 12
GROUPS = 6
"""A parameter with at most so many values is fitted by group means."""
WIGGLE = 1.4
"""What a degree of freedom costs in cross-validation, against undersmoothing (Kim & Gu 2004)."""
PENALTIES = np.concatenate([[0.0], np.logspace(-6, 6, 37), [math.inf]])


@dataclass(frozen=True, slots=True)
class Basis:
    """Orthonormal functions of one parameter, from the smooth to the rough.

    Attributes
    ----------
    columns : (n_draws, n_functions) ndarray
        The first is constant.
    rough : (n_functions,) ndarray
        Penalty of each; 0 for the constant.
    """

    columns: F
    rough: F


@dataclass(frozen=True, slots=True)
class Evppi:
    """What knowing one parameter is worth, in the unit of the values.

    Attributes
    ----------
    value, error, low, high : float
        Estimate, its bootstrap standard error, and the interval that follows.
    chance, p : float
        Level that shuffled draws stay under (at `level`), and the share of shuffles that reach the estimate.
    explained : float
        Share of the variance, over draws, of the best decision's value that the parameter explains.
    """

    value: float
    error: float
    low: float
    high: float
    chance: float
    p: float
    explained: float

    @property
    def is_detectable(self) -> bool:
        """Whether it is more than shuffled draws give."""
        return self.value > self.chance


def evpi(values: F) -> float:
    """Return what knowing everything but luck is worth: mean of the best minus best of the means.

    It is too large where `values` hold noise, as the largest of several noisy numbers is.

    Parameters
    ----------
    values : (n_draws, n_decisions) ndarray
        Expected value of each decision in each draw.

    Examples
    --------
    >>> evpi(np.array([[0.0, 1.0], [0.0, -1.0]]))
    0.5
    """
    return float(values.max(axis=1).mean() - values.mean(axis=0).max())


def evppi(x: npt.NDArray[Any], values: F, *, seed: int, level: float = LEVEL, resamples: int = 200) -> Evppi:
    """Return what knowing parameter `x` before deciding is worth.

    Parameters
    ----------
    x : (n_draws,) ndarray
        The parameter; numbers, or text for names.
    values : (n_draws, n_decisions) ndarray
        Value of each decision in each draw, the mean of its worlds.
    seed : int
        Of the bootstrap and the shuffles.
    level : float
    resamples : int
        Bootstrap samples, and shuffles.

    Raises
    ------
    ValueError
        If there are fewer than 20 draws, shapes differ, a value is not finite, or `resamples` is below 20.

    Notes
    -----
    The bootstrap resamples draws and keeps the smoothness found; the interval is the estimate with multiples of
    the standard error and may reach below zero. In simulations the 95 % interval held the truth in 88 to 97 % of
    studies of 400 and more draws, and in as few as 78 % of those of 100 draws, noise three times the effect and
    decisions of equal worth: the estimate is then too small, as the better of two equal means is too large. Of
    twenty parameters that do not matter one is expected above its 95 % `chance`.

    Examples
    --------
    Two decisions worth 0 and x, x standard normal: knowing x is worth 1 / sqrt(2 pi) = 0.399.

    >>> x = np.random.default_rng(1).standard_normal(2000)
    >>> found = evppi(x, np.stack([0 * x, x], axis=1), seed=1)
    >>> found.low < 0.399 < found.high, found.is_detectable
    (True, True)
    """
    _check(x, values, resamples)
    check_level(level)
    if np.unique(x).size < 2:
        return Evppi(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    increments = values - values[:, [int(values.mean(axis=0).argmax())]]
    basis = basis_of(x)
    penalty = smoothness(basis, increments)
    value = evpi(_fit(basis, increments, penalty))
    rng = np.random.Generator(np.random.Philox(seed))
    null = np.array([_shuffled(basis, rng.permutation(increments)) for _ in range(resamples)])
    rows = (rng.integers(0, x.size, x.size) for _ in range(resamples))
    again = np.array([_refit(basis, increments, penalty, row) for row in rows])
    error = float(again.std(ddof=1))
    reach = t_quantile(level, resamples - 1) * error
    return Evppi(
        value=value,
        error=error,
        low=value - reach,
        high=value + reach,
        chance=float(np.quantile(null, level, method="higher")),
        p=float((1 + (null >= value).sum()) / (1 + resamples)),
        explained=explained(basis, values),
    )


def _check(x: npt.NDArray[Any], values: F, resamples: int) -> None:
    """Complain about what cannot be fitted."""
    if values.ndim != 2 or x.shape != values.shape[:1]:
        raise ValueError(
            f"values: shape {values.shape} for {x.shape} draws; (n_draws, n_decisions) is needed"
        )
    if x.size < LEAST_DRAWS:
        raise ValueError(f"draws: {x.size}; a regression needs at least {LEAST_DRAWS}")
    if not np.isfinite(values).all():
        raise ValueError("values: not finite in some draws; leave these out, and say so")
    if resamples < LEAST_DRAWS:
        raise ValueError(f"resamples: {resamples!r} is not allowed; at least {LEAST_DRAWS}")


def basis_of(x: npt.NDArray[Any]) -> Basis:
    """Return the functions that a fit to `x` is made of.

    Examples
    --------
    >>> basis_of(np.arange(30.0)).columns.shape, basis_of(np.array(["a", "b"] * 15)).columns.shape
    ((30, 14), (30, 2))
    """
    kinds, code = np.unique(x, return_inverse=True)
    if kinds.size <= GROUPS or not np.issubdtype(x.dtype, np.number):
        table = np.eye(kinds.size)[code.ravel()]
        curvature = np.eye(kinds.size) - 1.0 / kinds.size
    else:
        table, curvature = _splines(np.asarray(x, dtype=np.float64))
    return _from_smooth_to_rough(table, curvature)


def _splines(x: F) -> tuple[F, F]:
    """Return cubic B-splines with knots at quantiles, and the integral of products of second derivatives."""
    from scipy.interpolate import BSpline

    x = (x - x.min()) / (x.max() - x.min())
    inner = np.unique(np.quantile(x, np.linspace(0.0, 1.0, N_KNOTS)))
    knots = np.concatenate([[0.0] * 3, inner, [1.0] * 3])
    table = BSpline.design_matrix(x, knots, 3).toarray()
    n = table.shape[1]
    bend = BSpline(knots, np.eye(n), 3).derivative(2)
    width = np.diff(inner)
    middle = (inner[1:] + inner[:-1]) / 2.0
    curvature = np.zeros((n, n))
    for sign in (-1.0, 1.0):  # Gauss' two points are exact, as second derivatives are linear between knots
        at = bend(middle + sign * width / math.sqrt(12.0))
        curvature += (at * (width / 2.0)[:, None]).T @ at
    return np.asarray(table), curvature


def _from_smooth_to_rough(table: F, curvature: F) -> Basis:
    """Return orthonormal combinations of the columns that also make the penalty diagonal (Demmler & Reinsch)."""
    mean = np.full((table.shape[0], 1), 1.0 / math.sqrt(table.shape[0]))
    u, size, v = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    kept = size > size[0] * 1e-8  # splines and indicators sum to one, so one column is spare
    back = v[kept].T / size[kept]
    rough, turn = np.linalg.eigh(back.T @ curvature @ back)
    rough = np.where(rough < rough[-1] * 1e-10, 0.0, rough) / rough[-1]
    columns = np.concatenate([mean, u[:, kept] @ turn], axis=1)
    return Basis(columns, np.concatenate([[0.0], rough]))


def _shrink(basis: Basis) -> F:
    """Return the factor of each function under each penalty, (n_penalties + 1, n_functions); last: constant only."""
    with np.errstate(invalid="ignore"):
        factor = 1.0 / (1.0 + np.where(basis.rough > 0.0, np.outer(PENALTIES, basis.rough), 0.0))
    constant = np.zeros((1, basis.rough.size))
    constant[0, 0] = 1.0
    return np.concatenate([np.where(np.isfinite(factor), factor, 0.0), constant])


def smoothness(basis: Basis, values: F) -> F:
    """Return the shrinkage of each function for each decision, chosen by generalised cross-validation.

    Parameters
    ----------
    basis : Basis
    values : (n_draws, n_decisions) ndarray

    Returns
    -------
    (n_functions, n_decisions) ndarray
        Between 0 (left out) and 1 (as least squares fits it).

    References
    ----------
    Craven & Wahba (1978), Smoothing noisy data with spline functions. Numerische Mathematik 31.
    https://doi.org/10.1007/BF01404567
    Kim & Gu (2004), Smoothing spline Gaussian regression. JRSS B 66(2).
    https://doi.org/10.1046/j.1369-7412.2003.05316.x
    """
    n = values.shape[0]
    shrink = _shrink(basis)
    found = (basis.columns.T @ values) ** 2
    rest = np.maximum((values**2).sum(axis=0) - found.sum(axis=0), 0.0)
    left = rest + (1.0 - shrink) ** 2 @ found
    score = left / np.maximum(n - WIGGLE * shrink.sum(axis=1), 1e-9)[:, None] ** 2
    return np.asarray(shrink[score.argmin(axis=0)].T)


def _fit(basis: Basis, values: F, penalty: F) -> F:
    """Return the fitted values."""
    return np.asarray(basis.columns @ (penalty * (basis.columns.T @ values)))


def _shuffled(basis: Basis, values: F) -> float:
    """Return the estimate for draws that have nothing to do with the parameter."""
    return evpi(_fit(basis, values, smoothness(basis, values)))


def _refit(basis: Basis, values: F, penalty: F, rows: npt.NDArray[np.int64]) -> float:
    """Return the estimate from resampled draws, at the smoothness found."""
    columns, y = basis.columns[rows], values[rows]
    gram = columns.T @ columns
    fitted = np.empty_like(y)
    for d in range(y.shape[1]):
        kept = penalty[:, d] > 1e-9
        ridge = np.diag(1.0 / penalty[kept, d] - 1.0)
        part = columns[:, kept]
        fitted[:, d] = (
            part @ np.linalg.lstsq(gram[np.ix_(kept, kept)] + ridge, part.T @ y[:, d], rcond=None)[0]
        )
    return evpi(fitted)


def explained(basis: Basis, values: F) -> float:
    """Return the share of variance over draws of the best decision's value that the parameter explains.

    The best decision is the one of highest mean among those whose value varies at all.
    """
    spread = values.std(axis=0)
    if not (spread > 0.0).any():
        return 0.0
    best = int(np.where(spread > 0.0, values.mean(axis=0), -np.inf).argmax())
    y = values[:, [best]]
    fitted = _fit(basis, y, smoothness(basis, y))
    return float(fitted.var() / y.var())
