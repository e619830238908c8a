"""An emulator: what the model would give at values never run, and how sure that is.

A straight plane plus a Gaussian process with a length scale of its own for every parameter. What the plane
cannot follow, and the noise of the seeds, are known or estimated variances, so that the emulator knows where
it does not know. It is judged by leaving out one run at a time; where it was too sure, its variance is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

F = npt.NDArray[np.float64]

BLOCK = 4000  # predictions at a time, to bound memory
JITTER = 1e-8


@dataclass(frozen=True)
class Emulator:
    """A fitted emulator of one statistic.

    Attributes
    ----------
    u : (n, n_dims) ndarray
        Places it was fitted to.
    centre, scale : float
        Mean and sd of the values, which the other numbers are in.
    length : (n_dims,) ndarray
        Length scales of the unit cube; long where a parameter does not matter, apart from the plane.
    variance, nugget : float
        Of the process, and of what neither plane nor process nor seeds explain.
    raised : float
        Factor on the variance, 1 or more, from leaving out one run at a time.
    explained : float
        Share of variance explained when each run is predicted from the others (Q2); can be negative.
    surprises : float
        Share of runs further than 3 predicted sd from what the others predict.
    """

    u: F
    centre: float
    scale: float
    length: F
    variance: float
    nugget: float
    raised: float
    explained: float
    surprises: float
    _lower: F
    _plane: F
    _alpha: F
    _plane_lower: F

    def predict(self, u: F) -> tuple[F, F]:
        """Return mean and variance of the model's expectation at `u` (m, n_dims), each (m,)."""
        from scipy.linalg import solve_triangular

        means, variances = [], []
        for start in range(0, u.shape[0], BLOCK):
            part = u[start : start + BLOCK]
            cross = self.variance * np.exp(-0.5 * _squared(part, self.u, self.length))
            means.append(_plane_at(part) @ self._plane + cross @ self._alpha)
            half = solve_triangular(self._lower, cross.T, lower=True, check_finite=False)
            base = solve_triangular(self._lower, _plane_at(self.u), lower=True, check_finite=False)
            rest = solve_triangular(
                self._plane_lower, (_plane_at(part) - half.T @ base).T, lower=True, check_finite=False
            )
            variances.append(self.variance + self.nugget - (half**2).sum(axis=0) + (rest**2).sum(axis=0))
        mean, variance = np.concatenate(means), np.concatenate(variances)
        return (
            self.centre + self.scale * mean,
            self.raised * self.scale**2 * np.maximum(variance, JITTER),  # rounding where it is all but 0
        )


def fit_emulator(u: F, values: F, errors: F, name: str = "runs") -> Emulator:
    """Fit an emulator by restricted maximum likelihood, with weak priors that keep it away from extremes.

    Parameters
    ----------
    u : (n, n_dims) ndarray
    values, errors : (n,) ndarray
        Statistic and its standard error; rows that are NaN are left out. An error counts half by itself and half by
        the mean of all, because errors from few worlds are themselves uncertain.
    name : str
        What the statistic is called in errors.

    Raises
    ------
    ValueError
        If fewer than n_dims + 3 values are there.

    References
    ----------
    Rasmussen & Williams (2006), Gaussian Processes for Machine Learning, chapters 2 and 5. MIT Press.

    Examples
    --------
    >>> u = np.linspace(0.0, 1.0, 9)[:, None]
    >>> one = fit_emulator(u, np.sin(3.0 * u[:, 0]), np.zeros(9))
    >>> mean, _ = one.predict(np.array([[0.43]]))
    >>> bool(abs(mean[0] - np.sin(1.29)) < 0.01)
    True
    """
    there = np.isfinite(values) & np.isfinite(errors)
    u, y, noise = u[there], values[there], errors[there] ** 2
    if y.size < u.shape[1] + 3:
        raise ValueError(f"{name}: {y.size} points with a value; an emulator needs {u.shape[1] + 3} or more")
    centre = float(y.mean())
    scale = float(y.std()) or 1.0
    noise = (0.5 * noise + 0.5 * noise.mean()) / scale**2
    z = (y - centre) / scale
    theta = _best(u, z, noise)
    length, variance, nugget = np.exp(theta[:-2]), float(np.exp(theta[-2])), float(np.exp(theta[-1]))
    lower, plane, alpha, plane_lower, residuals, spreads = _solve(u, z, noise, length, variance, nugget)
    standard = residuals / np.sqrt(spreads)
    total = float((z**2).sum())
    return Emulator(
        u, centre, scale, length, variance, nugget,
        raised=max(1.0, float((standard**2).mean())),
        explained=1.0 - float((residuals**2).sum()) / total if total > 0.0 else 1.0,
        surprises=float((np.abs(standard) > 3.0).mean()),
        _lower=lower, _plane=plane, _alpha=alpha, _plane_lower=plane_lower,
    )  # fmt: skip


def _plane_at(u: F) -> F:
    """Return the columns of a plane: a constant and the coordinates."""
    return np.column_stack([np.ones(u.shape[0]), u])


def _squared(a: F, b: F, length: F) -> F:
    """Return squared distances in length scales, (len(a), len(b))."""
    x, y = a / length, b / length
    return np.asarray(np.maximum((x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2.0 * x @ y.T, 0.0))


def _covariance(u: F, noise: F, length: F, variance: float, nugget: float) -> tuple[F, F]:
    """Return the process's covariance and that of the data."""
    process = variance * np.exp(-0.5 * _squared(u, u, length))
    return process, process + np.diag(noise + nugget + JITTER * (1.0 + variance))


def _solve(u: F, z: F, noise: F, length: F, variance: float, nugget: float) -> tuple[F, F, F, F, F, F]:
    """Return what predictions need, and residuals and variances when each run is left out (Dubrule 1983)."""
    from scipy.linalg import cho_solve

    _, k = _covariance(u, noise, length, variance, nugget)
    h, lower = _plane_at(u), np.linalg.cholesky(k)
    k_h = cho_solve((lower, True), h)
    plane_lower = np.linalg.cholesky(h.T @ k_h + JITTER * np.eye(h.shape[1]))
    plane = cho_solve((plane_lower, True), k_h.T @ z)
    alpha = cho_solve((lower, True), z - h @ plane)
    p = cho_solve((lower, True), np.eye(z.size)) - k_h @ cho_solve((plane_lower, True), k_h.T)
    left_out = 1.0 / np.diag(p)
    solved: tuple[Any, ...] = (lower, plane, alpha, plane_lower, (p @ z) * left_out, left_out)
    return cast("tuple[F, F, F, F, F, F]", solved)


def _best(u: F, z: F, noise: F) -> F:
    """Return the logs of lengths, variance and nugget that are most likely, from two starts."""
    from scipy.optimize import minimize

    n_dims = u.shape[1]
    squares = (u[:, None, :] - u[None, :, :]) ** 2
    bounds = [(np.log(0.05), np.log(20.0))] * n_dims + [(np.log(1e-6), np.log(1e3)), (np.log(1e-8), 0.0)]
    found: list[Any] = []
    for length in (0.5, 2.0):
        start = np.concatenate([np.full(n_dims, np.log(length)), [0.0, np.log(1e-3)]])
        arguments = (u, z, noise, squares)
        options = {"maxiter": 60}
        found.append(
            minimize(_loss, start, arguments, method="L-BFGS-B", jac=True, bounds=bounds, options=options)
        )
    return cast("F", min(found, key=lambda one: float(one.fun)).x)


def _loss(theta: F, u: F, z: F, noise: F, squares: F) -> tuple[float, F]:
    """Return minus the restricted log likelihood with priors, and its slope."""
    from scipy.linalg import cho_solve

    length, variance, nugget = np.exp(theta[:-2]), float(np.exp(theta[-2])), float(np.exp(theta[-1]))
    process, k = _covariance(u, noise, length, variance, nugget)
    h, lower = _plane_at(u), np.linalg.cholesky(k)
    k_h = cho_solve((lower, True), h)
    plane_lower = np.linalg.cholesky(h.T @ k_h + JITTER * np.eye(h.shape[1]))
    p = cho_solve((lower, True), np.eye(z.size)) - k_h @ cho_solve((plane_lower, True), k_h.T)
    p_z = p @ z
    likelihood = np.log(np.diag(lower)).sum() + np.log(np.diag(plane_lower)).sum() + 0.5 * float(z @ p_z)
    middle = np.concatenate([np.zeros(length.size), [0.0, np.log(1e-3)]])
    width = np.concatenate([np.ones(length.size), [3.0, 3.0]])
    pull = (theta - middle) / width
    weight = (p - np.outer(p_z, p_z)) * process
    slope = np.empty(theta.size)
    slope[:-2] = 0.5 * np.einsum("ij,ijk->k", weight, squares) / length**2
    slope[-2] = 0.5 * weight.sum()
    slope[-1] = 0.5 * nugget * (np.trace(p) - float(p_z @ p_z))
    return float(likelihood + 0.5 * pull @ pull), slope + pull / width
