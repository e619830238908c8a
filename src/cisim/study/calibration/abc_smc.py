"""Approximate Bayesian computation by population Monte Carlo, the tolerance narrowed as far as runs allow.

Nothing is emulated: a run counts by how near it came to the targets. The kernel is normal with the targets'
tolerances as standard deviations, times a factor that starts wide and is narrowed, wave by wave, until it is
1. At 1 the answer is exact for a model whose discrepancy is normal with these tolerances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cisim.study.calibration.proposal import Proposal
from cisim.study.calibration.waves import (
    Aim,
    History,
    Wave,
    aim_of,
    checked,
    digest,
    effective,
    keyed,
    latin_hypercube,
    pooled,
    systematic,
    whole,
)

F = npt.NDArray[np.float64]

WIDEST = 1e6
LEAST_WAVES = 3  # before giving up: the first sees little of a corner of the prior
DESIGN, CENTRES, PROPOSE = range(8, 11)


@dataclass(frozen=True)
class Population:
    """All runs so far, and what they count.

    Attributes
    ----------
    runs : Wave
    weights : (n,) ndarray
        Prior times kernel over the density the run was drawn from; they sum to 1.
    factor : float
        Width of the kernel in tolerances.
    effective : float
        Equally weighted runs that are worth as much.
    acceptance : float
        Mean of the kernel over the newest wave: the share that would be kept by chance.
    """

    runs: Wave
    weights: F
    factor: float
    effective: float
    acceptance: float


class AbcSmc:
    """Population Monte Carlo for approximate Bayesian computation, as ask and tell.

    Each wave is a batch of fixed size. When it is told, all runs so far are weighted anew: prior times kernel
    over the mixture of all proposals they were drawn from. So no run is thrown away, whichever wave it is from,
    and a run is kept in proportion to the kernel rather than by the toss of a coin. The kernel is made as
    narrow as leaves a third of `particles` equally weighted runs' worth, but no narrower than the tolerances;
    once it is that narrow, waves go on until there are `particles`.

    The noise of the seeds need not be known: runs scatter by it, and the posterior is wider by as much.

    Parameters
    ----------
    n_dims : int
    targets_mean, targets_tol : (n_targets,) array_like
        Targets and their tolerances, one standard deviation each.
    seed : int
    per_wave : int
        Points a wave, 20 or more.
    waves : int
        Most waves.
    fit : (n_targets,) array_like of bool, optional
        Targets that count; all unless given.
    names : sequence of str, optional
        What the targets are called in words.
    particles : int, optional
        Effective number of runs wanted in the end; half a wave unless given.
    least_acceptance : float
        Acceptance of a wave below which no more are asked for. It falls by about half with every target that
        tells something new, so it has to be small where targets are many.

    References
    ----------
    Beaumont, Cornuet, Marin & Robert (2009), Adaptive approximate Bayesian computation. Biometrika.
    https://doi.org/10.1093/biomet/asp052

    Del Moral, Doucet & Jasra (2012), An adaptive sequential Monte Carlo method for approximate Bayesian
    computation. Statistics and Computing. https://doi.org/10.1007/s11222-011-9271-y

    Wilkinson (2013), Approximate Bayesian computation (ABC) gives exact results under the assumption of model
    error. Statistical Applications in Genetics and Molecular Biology. https://doi.org/10.1515/sagmb-2013-0010

    Cornuet, Marin, Mira & Robert (2012), Adaptive multiple importance sampling. Scandinavian Journal of
    Statistics. https://doi.org/10.1111/j.1467-9469.2011.00756.x

    Examples
    --------
    >>> engine = AbcSmc(1, [0.5], [0.05], seed=1, per_wave=200, waves=6)
    >>> history = []
    >>> while (u := engine.ask(history)) is not None:
    ...     history.append((u, u**2, np.zeros_like(u)))
    >>> u, weights = engine.posterior(history)
    >>> round(float(weights @ u[:, 0]), 1)
    0.7
    """

    def __init__(
        self,
        n_dims: int,
        targets_mean: npt.ArrayLike,
        targets_tol: npt.ArrayLike,
        seed: int,
        per_wave: int,
        waves: int,
        *,
        fit: npt.ArrayLike | None = None,
        names: Sequence[str] | None = None,
        particles: int | None = None,
        least_acceptance: float = 1e-4,
    ) -> None:
        self.n_dims = whole("n_dims", n_dims, 1)
        self.aim = aim_of(targets_mean, targets_tol, fit, names)
        self.seed = whole("seed", seed, 0)
        self.per_wave = whole("per_wave", per_wave, 20)
        self.waves = whole("waves", waves, 1)
        self.particles = whole("particles", max(10, per_wave // 2) if particles is None else particles, 10)
        if self.particles > per_wave:
            raise ValueError(f"particles: {particles!r} is not allowed; 10 to {per_wave} (points a wave)")
        if not 0.0 <= least_acceptance < 1.0:
            raise ValueError(f"least_acceptance: {least_acceptance!r} is not allowed; from 0 to below 1")
        self.least_acceptance = float(least_acceptance)
        self._known: dict[str, tuple[list[Population], list[Proposal]]] = {}

    def ask(self, history: History) -> F | None:
        """Return the places (per_wave, n_dims) of the next wave, or None when done."""
        if not history:
            return latin_hypercube(self.per_wave, self.n_dims, keyed(self.seed, 0, DESIGN))
        if self.reason(history):
            return None
        _, proposals = self._populations(history)
        return proposals[-1].draw(self.per_wave, keyed(self.seed, len(history), PROPOSE))

    def reason(self, history: History) -> str:
        """Return in words why no more points are asked for, "" while there are more."""
        if not history:
            return ""
        now = self.population(history)
        if len(history) >= LEAST_WAVES and now.acceptance < self.least_acceptance:
            missed = self.aim.listed(self._least(now), 2.0, "tolerances")
            return (
                f"The acceptance rate fell to {now.acceptance:.2g}, below {self.least_acceptance:g}: hardly any "
                f"run comes near all targets at once. Missed by more than 2 tolerances in the nearest run: {missed}."
            )
        if now.factor <= 1.0 and now.effective >= self.particles:
            return (
                f"The tolerances are reached: {now.effective:.0f} equally weighted runs' worth at a kernel of 1 "
                "tolerance."
            )
        if len(history) < self.waves:
            return ""
        so_far = f"The posterior rests on {now.effective:.0f} equally weighted runs' worth"
        if now.factor > 1.0:
            so_far = (
                f"The kernel is still {now.factor:.2g} tolerances wide, so the posterior is wider than the "
                "tolerances ask for"
            )
        return f"The budget is used up: all {self.waves} waves were run. {so_far}."

    def posterior(self, history: History) -> tuple[F, F]:
        """Return all runs' places (m, n_dims) and their weights (m,), those without weight left out."""
        now = self.population(history)
        there = now.weights > 0.0
        return now.runs.u[there], now.weights[there]

    def fitted(self, history: History) -> F:
        """Return what the runs of `posterior` gave, the noise of their seeds included."""
        now = self.population(history)
        return now.runs.values[now.weights > 0.0]

    def population(self, history: History) -> Population:
        """Return all runs of a history with their weights."""
        return self._populations(history)[0][-1]

    def factors(self, history: History) -> list[float]:
        """Return the width of the kernel after each wave, in tolerances."""
        return [population.factor for population in self._populations(history)[0]]

    def _populations(self, history: History) -> tuple[list[Population], list[Proposal]]:
        """Return populations and proposals after each wave."""
        waves = checked(history, self.n_dims, self.aim.mean.size)
        if not waves:
            raise ValueError("history: no wave has been run; ask for the first")
        key = digest(waves)
        if key not in self._known:
            populations: list[Population] = []
            proposals: list[Proposal] = []
            for k in range(len(waves)):
                populations.append(self._weighted(waves[: k + 1], proposals))
                proposals.append(self._proposal(populations[-1], k))
            self._known = {key: (populations, proposals)}
        return self._known[key]

    def _weighted(self, waves: Sequence[Wave], proposals: Sequence[Proposal]) -> Population:
        """Weight all runs against the mixture they were drawn from, at the narrowest kernel they allow."""
        runs = pooled(waves)
        sizes = np.array([wave.u.shape[0] for wave in waves], dtype=np.float64)
        drawn = np.full(runs.u.shape[0], sizes[0])  # the first wave came from the prior, whose density is 1
        for size, proposal in zip(sizes[1:], proposals, strict=True):
            drawn += size * proposal.density(runs.u)
        squares = _squares(self.aim, runs.values)
        if not np.isfinite(squares).any():
            raise ValueError("history: no run has a value for every fit target; nothing can be weighted")
        factor = _narrowest(squares, drawn, max(8, self.particles // 3))
        weights = _weights(squares, drawn, factor)
        newest = np.exp(-0.5 * squares[-waves[-1].u.shape[0] :] / factor**2)
        return Population(runs, weights, factor, effective(weights), float(newest.mean()))

    def _proposal(self, population: Population, k: int) -> Proposal:
        """Return kernels around a sample of the population, twice its variance wide."""
        chosen = systematic(population.weights, self.particles, keyed(self.seed, k, CENTRES))
        u, w = population.runs.u, population.weights
        variance = w @ (u - w @ u) ** 2
        return Proposal(u[chosen], np.sqrt(np.maximum(2.0 * variance, 1e-12)))

    def _least(self, population: Population) -> F:
        """Return how many tolerances the fit targets are off in the run that came nearest."""
        best = int(np.argmin(_squares(self.aim, population.runs.values)))
        return np.asarray(np.abs(self.aim.distance(population.runs.values)[best]))


def _squares(aim: Aim, values: F) -> F:
    """Return the sum of squared distances in tolerances; infinite where a run gave no value."""
    found = (aim.distance(values) ** 2).sum(axis=1)
    return np.where(np.isnan(found), np.inf, found)


def _weights(squares: F, drawn: F, factor: float) -> F:
    """Return weights that sum to 1."""
    logs = -0.5 * squares / factor**2 - np.log(drawn)
    found = np.exp(logs - logs.max())
    return np.asarray(found / found.sum())


def _narrowest(squares: F, drawn: F, particles: int) -> float:
    """Return the smallest factor, 1 or more, at which the weights are worth `particles` runs."""
    low, high = 0.0, float(np.log(WIDEST))
    if effective(_weights(squares, drawn, 1.0)) >= particles:
        return 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        enough = effective(_weights(squares, drawn, float(np.exp(middle)))) >= particles
        low, high = (low, middle) if enough else (middle, high)
    return float(np.exp(high))
