r"""Methods that change one factor at a time: Morris' elementary effects, and derivatives.

A step shares its luck with the row it starts from, so the difference belongs to the factor and not to luck. Of
worlds w of a step, d_w is the change per width of the distribution:

- one world: mean of d (mu), mean of \|d\| (mu_star), spread of d (sigma), as SALib computes them from all worlds;
- mean of worlds: the same of the mean of d over worlds. There mu_star still holds what luck is left in that
  mean (an upward bias that shrinks with more worlds); sigma is free of it, as it rests on products of
  different worlds, and so may have no value where luck is all there is.

References
----------
Morris (1991), Factorial sampling plans for preliminary computational experiments. Technometrics.
https://doi.org/10.1080/00401706.1991.10484804

Campolongo, Cariboni & Saltelli (2007), An effective screening design for sensitivity analysis of large models.
Environmental Modelling & Software. https://doi.org/10.1016/j.envsoft.2006.10.004

Sobol' & Kucherenko (2009), Derivative based global sensitivity measures and their link with global sensitivity
indices. Mathematics and Computers in Simulation. https://doi.org/10.1016/j.matcom.2009.01.023
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cisim.study.sensitivity.convergence import rank_check
from cisim.study.sensitivity.design import LEVELS, problem_of
from cisim.study.sensitivity.index import (
    MEAN,
    ONE,
    F,
    Found,
    Index,
    Subject,
    averages,
    bootstrapped,
    products_between_worlds,
)
from cisim.study.sensitivity.variance import variance_of

if TYPE_CHECKING:
    import pandas as pd


def morris(subject: Subject) -> Found:
    """Return mean effects, mean absolute effects and their spread, and whether the ranking has converged.

    Parameters
    ----------
    subject : Subject
        Of a Morris sample.

    Returns
    -------
    Found
        "mu", "mu_star" and "sigma" in the unit of the response per width of the factor's distribution.
    """
    effects = morris_effects(subject)
    variance = variance_of(subject)
    indices = dict(variance.indices)
    for target in (ONE, MEAN)[: 1 + (subject.worlds > 1)]:
        for name, values in _morris_values(subject, effects, target).items():
            indices[target, name] = bootstrapped(subject, target, name, values)
    notes = [
        *variance.notes,
        *["Luck's share is of the variance over the places of Morris."] * (subject.worlds > 1),
    ]
    if (MEAN, "sigma") in indices and np.isnan(indices[MEAN, "sigma"].replicates).any():
        notes.append(
            "Where sigma or its interval is empty, effects differ no more between points than luck makes them."
        )
    checks = [rank_check(index, subject.n) for (_, name), index in indices.items() if name == "mu_star"]
    return Found(indices, checks, _raw_morris(subject), notes)


def morris_effects(subject: Subject) -> F:
    """Return elementary effects, (trajectories, n_factors, worlds): change per width of the distribution."""
    k = len(subject.names)
    u = subject.u.reshape(-1, k + 1, k)
    moved = np.diff(u, axis=1)
    changed = np.abs(moved).argmax(axis=2)
    width = np.take_along_axis(moved, changed[:, :, None], axis=2)
    effects = np.diff(subject.blocks, axis=1) / width
    order = changed.argsort(axis=1)
    return np.take_along_axis(effects, order[:, :, None], axis=1)


def _morris_values(subject: Subject, effects: F, target: str) -> dict[str, F]:
    """Return mu, mu_star and sigma, each of all trajectories first and then of the bootstrap samples."""
    mu = averages(subject, effects.mean(axis=2))
    if target == ONE:
        star, square, count = np.abs(effects).mean(axis=2), (effects**2).mean(axis=2), effects[:, 0].size
    else:
        star, square = np.abs(effects.mean(axis=2)), products_between_worlds(effects)
        count = effects.shape[0]
    variance = (averages(subject, square) - mu**2) * (count / (count - 1))
    variance[np.abs(variance) <= 1e-12 * (effects**2).max()] = 0.0  # rounding of effects that are all equal
    sigma = np.sqrt(variance, out=np.full_like(variance, np.nan), where=variance >= 0.0)
    return {"mu": mu, "mu_star": averages(subject, star), "sigma": sigma}


def _raw_morris(subject: Subject) -> pd.DataFrame:
    """Return what SALib's analyser says of all worlds, whose step it takes for 2/3 and not 0.6."""
    import pandas as pd
    from SALib.analyze import morris as analyser

    found = analyser.analyze(
        problem_of(subject.names), np.tile(subject.u, (subject.worlds, 1)), subject.y.T.ravel(),
        num_resamples=2, num_levels=LEVELS, seed=1,
    )  # fmt: skip
    columns = {name: np.asarray(found[name], dtype=np.float64) for name in ("mu", "mu_star", "sigma")}
    return pd.DataFrame({"factor": subject.names, **columns})


def dgsm(subject: Subject) -> Found:
    """Return upper bounds of total indices from derivatives, and whether their ranking has converged.

    Parameters
    ----------
    subject : Subject
        Of a DGSM sample.

    Returns
    -------
    Found
        "bound": mean squared derivative over pi squared and the variance, not below the total index of a factor
        whose derivative exists.
    """
    variance = variance_of(subject, rows=(0,))
    slopes = dgsm_slopes(subject)
    squares = {ONE: averages(subject, (slopes**2).mean(axis=2))}
    if subject.worlds > 1:
        squares[MEAN] = averages(subject, products_between_worlds(slopes))
    indices: dict[tuple[str, str], Index] = dict(variance.indices)
    for target, square in squares.items():
        bound = square / (np.pi**2 * variance.of(target)[:, None])
        indices[target, "bound"] = bootstrapped(subject, target, "bound", bound)
    checks = [rank_check(index, subject.n) for (_, name), index in indices.items() if name == "bound"]
    return Found(indices, checks, _raw_dgsm(subject), variance.doubts)


def dgsm_slopes(subject: Subject) -> F:
    """Return changes per width of the distribution, (base points, n_factors, worlds)."""
    k = len(subject.names)
    u = subject.u.reshape(-1, k + 1, k)
    width = np.einsum("ijj->ij", u[:, 1:] - u[:, :1])
    return np.asarray((subject.blocks[:, 1:] - subject.blocks[:, :1]) / width[:, :, None])


def _raw_dgsm(subject: Subject) -> pd.DataFrame:
    """Return SALib's mean squared derivatives (its analyser draws global random numbers, so not its intervals)."""
    import pandas as pd
    from SALib.analyze import dgsm as analyser

    k = len(subject.names)
    u, y = subject.u.reshape(-1, k + 1, k), subject.y.mean(axis=1).reshape(-1, k + 1)
    rows = [
        analyser.calc_vi_stats(y[:, 0], y[:, j + 1], u[:, j + 1, j] - u[:, 0, j]) for j in range(k)
    ]  # fmt: skip
    vi, spread = zip(*rows, strict=True)
    return pd.DataFrame({"factor": subject.names, "vi": vi, "vi_std": spread})
