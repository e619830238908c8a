"""Methods that read any sample of factors and response: RBD-FAST, delta and PAWN.

Their errors come from half samples: a random half of the points without putting any back. The spread of an
estimate between halves is the error of the estimate from all points (the delete-d jackknife with d = n/2). A
bootstrap would repeat points, and these methods would take equal points for order.

Delta and PAWN are above zero even for a factor that does nothing. The level such a factor stays below in 95 of
100 cases, found by giving each point a random place, is the *floor*: an index that does not exceed it says
nothing.

References
----------
Shao & Wu (1989), A general theory for jackknife variance estimation. Annals of Statistics.
https://doi.org/10.1214/aos/1176347263

Tarantola, Gatelli & Mara (2006), Random balance designs for the estimation of first order global sensitivity
indices. Reliability Engineering & System Safety. https://doi.org/10.1016/j.ress.2005.06.003

Tissot & Prieur (2012), Bias correction for the estimation of sensitivity indices based on random balance
designs. Reliability Engineering & System Safety. https://doi.org/10.1016/j.ress.2012.06.010

Borgonovo (2007), A new uncertainty importance measure. Reliability Engineering & System Safety.
https://doi.org/10.1016/j.ress.2006.04.015

Pianosi & Wagener (2018), Distribution-based sensitivity analysis from a generic input-output sample.
Environmental Modelling & Software. https://doi.org/10.1016/j.envsoft.2018.07.019
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.study.sensitivity.convergence import rank_check, width_check
from cisim.study.sensitivity.design import problem_of
from cisim.study.sensitivity.index import (
    MEAN,
    ONE,
    F,
    Found,
    I,
    Index,
    Subject,
)
from cisim.study.sensitivity.variance import doubt, variance_of

if TYPE_CHECKING:
    import pandas as pd

HARMONICS = 10
SLIDES = 10
FLOOR_DRAWS = 100
MOST_RESAMPLES = 100
"""Half samples of delta and PAWN, whose estimates are slow."""


def halves(subject: Subject, most: int | None = None) -> I:
    """Return the points of random half samples, (resamples, rows // 2), each in ascending order."""
    rows = subject.y.shape[0]
    rng = np.random.default_rng([subject.seed, 11])
    times = subject.resamples if most is None else min(subject.resamples, most)
    places = np.argsort(rng.random((times, rows)), axis=1)[:, : rows // 2]
    return np.sort(places, axis=1)


def rbd_fast(subject: Subject) -> Found:
    """Return first-order indices by RBD-FAST, and whether they have converged.

    Parameters
    ----------
    subject : Subject
        Any sample of independent points.

    Returns
    -------
    Found
        "S1" for one world and, with two worlds or more, for the mean of worlds.
    """
    variance = variance_of(subject)
    y = subject.y.mean(axis=1)
    samples = [np.arange(y.size), *halves(subject)]
    shares = np.stack([_fourier(subject.u[rows], y[rows]) for rows in samples])
    parts = shares * np.array([y[rows].var() for rows in samples])[:, None]
    indices = dict(variance.indices)
    variances = _variances(subject, samples)
    for target, whole in variances.items():
        values = parts / whole[:, None]
        indices[target, "S1"] = _index(subject, target, "S1", values[0], values[1:])
    checks = [
        width_check(index, subject.n, power_of_two=False) for (_, m), index in indices.items() if m == "S1"
    ]
    return Found(indices, checks, _raw_rbd_fast(subject), [*variance.notes, *doubt(variances.get(MEAN, y))])


def _fourier(u: F, y: F) -> F:
    """Return SALib's bias-corrected RBD-FAST index of every factor."""
    from SALib.analyze import rbd_fast as analyser

    shares = [analyser.compute_first_order(analyser.permute_outputs(x, y), HARMONICS) for x in u.T]
    return np.array([analyser.unskew_S1(share, HARMONICS, y.size) for share in shares])


def _variances(subject: Subject, samples: list[Any]) -> dict[str, F]:
    """Return the variances that shares refer to, of each sample."""
    y, worlds = subject.blocks[:, 0], subject.worlds
    of_means = np.array([y[rows].mean(axis=1).var() for rows in samples])
    if worlds == 1:
        return {ONE: of_means}
    within = np.array([y[rows].var(axis=1, ddof=1).mean() for rows in samples])
    rest = of_means - within / worlds
    return {ONE: rest + within, MEAN: np.where(rest > 0.0, rest, np.nan)}


def _index(subject: Subject, target: str, name: str, estimate: F, replicates: F) -> Index:
    """Return an index with replicates of half samples."""
    return Index(target, name, subject.names, estimate, replicates, subject.n, subject.level)


def _raw_rbd_fast(subject: Subject) -> pd.DataFrame:
    """Return what SALib's analyser says of the mean over worlds."""
    import pandas as pd
    from SALib.analyze import rbd_fast as analyser

    found = analyser.analyze(
        problem_of(subject.names), subject.u, subject.y.mean(axis=1), M=HARMONICS, num_resamples=2, seed=1
    )
    return pd.DataFrame({"factor": subject.names, "S1": found["S1"]})


def delta(subject: Subject) -> Found:
    """Return Borgonovo's delta, its floor, and whether the ranking has converged.

    The estimator is SALib's; its bootstrap, which draws from global random numbers, is not used.

    Parameters
    ----------
    subject : Subject
        Any sample of independent points; worlds of a point count as further points.

    Returns
    -------
    Found
        "delta" and "floor" for one world.
    """
    return _against_floor(subject, "delta", delta_index)


def pawn(subject: Subject) -> Found:
    """Return PAWN's median index, its floor, and whether the ranking has converged.

    Parameters
    ----------
    subject : Subject
        Any sample of independent points; worlds of a point count as further points.

    Returns
    -------
    Found
        "pawn" and "floor" for one world.
    """
    return _against_floor(subject, "pawn", pawn_median)


def _against_floor(subject: Subject, name: str, estimator: Callable[[F, F], float]) -> Found:
    """Return an index of the distribution of one world's response, and what chance alone would give."""
    variance = variance_of(subject)
    y = subject.blocks[:, 0]

    def of(rows: I) -> list[float]:
        return [estimator(x[rows].repeat(subject.worlds), y[rows].ravel()) for x in subject.u.T]

    estimate = np.array(of(np.arange(y.shape[0])))
    replicates = np.array([of(rows) for rows in halves(subject, MOST_RESAMPLES)])
    rng = np.random.default_rng([subject.seed, 12])
    places = rng.random((FLOOR_DRAWS, y.shape[0])).repeat(subject.worlds, axis=1)
    idle = [estimator(x, y.ravel()) for x in places]
    floor = np.full(len(subject.names), np.quantile(idle, 0.95))
    indices = dict(variance.indices)
    indices[ONE, name] = _index(subject, ONE, name, estimate, replicates)
    # The floor is a line, not an estimate per factor: it has no interval.
    indices[ONE, "floor"] = _index(subject, ONE, "floor", floor, floor[None].repeat(2, axis=0))
    notes = [*variance.notes, "This method looks at the distribution of one world's response, luck included."]
    raw = _raw_pawn(subject) if name == "pawn" else _raw_delta(subject)
    return Found(indices, [rank_check(indices[ONE, name], subject.n)], raw, notes)


def delta_index(x: F, y: F) -> float:
    """Return delta from densities in classes of x of equal size.

    Computes what `SALib.analyze.delta.calc_delta` does with its default classes, bandwidths and grid, in fewer
    steps. Classes in which all y are equal are left out, as there.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 1000)
    >>> delta_index(x, x) > 0.7, delta_index(x, np.sin(5000.0 * x)) < 0.1
    (True, True)
    """
    grid, edges = _grid_and_edges(y)
    whole = _density(y, grid)
    place = np.empty(y.size, dtype=np.int64)
    place[np.argsort(x, kind="stable")] = np.arange(1, y.size + 1)
    parts = [y[(place > low) & (place <= high)] for low, high in pairwise(edges)]
    gaps = np.array(
        [part.size * np.abs(whole - _density(part, grid)) for part in parts if np.ptp(part) > 0.0]
    )
    gap = gaps.sum(axis=0)
    return float((gap.sum() - 0.5 * (gap[0] + gap[-1])) * (grid[1] - grid[0]) / (2 * y.size))


def _grid_and_edges(y: F) -> tuple[F, F]:
    """Return SALib's default grid of responses and ranks at which classes of a factor end."""
    exponent = 2.0 / (7.0 + np.tanh((1500.0 - y.size) / 500.0))
    classes = int(np.round(min(int(np.ceil(y.size**exponent)), 48)))
    return np.linspace(y.min(), y.max(), 100), np.linspace(0, y.size, classes + 1)


def _density(y: F, grid: F) -> F:
    """Return a Gaussian kernel estimate of the density with Silverman's bandwidth."""
    width = y.std(ddof=1) * (0.75 * y.size) ** -0.2
    kernels = np.exp(-0.5 * ((grid[:, None] - y) / width) ** 2)
    return np.asarray(kernels.mean(axis=1) / (width * np.sqrt(2.0 * np.pi)))


def pawn_median(x: F, y: F) -> float:
    """Return the median over slides of x of the largest distance between distributions of y.

    Computes what `SALib.analyze.pawn` does, without its many tests of significance.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 1000)
    >>> round(pawn_median(x, x), 2), round(pawn_median(x, np.tile([0.0, 1.0], 500)), 2)
    (0.7, 0.0)
    """
    edges = np.quantile(x, np.linspace(0.0, 1.0, SLIDES + 1))
    slide = np.searchsorted(edges, x, side="right") - 1
    order = np.argsort(y, kind="stable")
    inside = slide[order][:, None] == np.arange(SLIDES)
    counts = inside.sum(axis=0)
    last = np.append(np.diff(y[order]) > 0.0, True)  # distributions step after the last of equal values
    shares = inside.cumsum(axis=0)[last] / np.maximum(counts, 1)
    whole = (np.arange(1, y.size + 1) / y.size)[last]
    distance = np.abs(shares - whole[:, None]).max(axis=0)
    return float(np.median(distance[counts > 0]))


def _raw_delta(subject: Subject) -> pd.DataFrame:
    """Return SALib's estimate from all worlds."""
    import pandas as pd
    from SALib.analyze import delta as analyser

    y = subject.y.ravel()
    grid, edges = _grid_and_edges(y)
    with warnings.catch_warnings():  # of classes in which the response is constant
        warnings.simplefilter("ignore")
        found = [analyser.calc_delta(y, grid, x.repeat(subject.worlds), edges) for x in subject.u.T]
    return pd.DataFrame({"factor": subject.names, "delta": found})


def _raw_pawn(subject: Subject) -> pd.DataFrame:
    """Return what SALib's analyser says of all worlds."""
    import pandas as pd
    from SALib.analyze import pawn as analyser

    with warnings.catch_warnings():  # of its tests' p-values, which nobody reads
        warnings.simplefilter("ignore")
        found = analyser.analyze(
            problem_of(subject.names), subject.u.repeat(subject.worlds, axis=0), subject.y.ravel(), S=SLIDES
        )
    names = ("minimum", "mean", "median", "maximum")
    return pd.DataFrame({"factor": subject.names, **{name: found[name] for name in names}})
