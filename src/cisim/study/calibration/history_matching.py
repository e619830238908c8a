"""History matching: rule out, wave by wave, the parameter values that cannot reproduce the targets.

After each wave an emulator of every target says what the model would give everywhere, and how sure that is.
Values are ruled out where some target is further away than 3 standard deviations of everything that is
uncertain: the target's tolerance, the emulator and the noise of the seeds. The next wave is run in what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cisim.study.calibration.emulator import Emulator, fit_emulator
from cisim.study.calibration.space import Place, low_place, slice_moves
from cisim.study.calibration.waves import (
    Aim,
    History,
    Wave,
    aim_of,
    checked,
    digest,
    keyed,
    latin_hypercube,
    pooled,
    systematic,
    whole,
)

F = npt.NDArray[np.float64]

MOST_RUNS = 400  # in one emulator, whose work grows with their cube
SPREADS = 50
POSTERIOR_MOVES = 20
DESIGN, SPACE, NEXT, SAMPLE, PREDICT = range(5)


@dataclass(frozen=True)
class Knowledge:
    """What is known after some waves.

    Attributes
    ----------
    aim : Aim
    emulators : tuple of Emulator
        One per target, hold-out included.
    noise : (n_targets,) ndarray
        Mean variance of a statistic by the seeds of its worlds.
    place : Place
        Values not ruled out yet.
    """

    aim: Aim
    emulators: tuple[Emulator, ...]
    noise: F
    place: Place

    def misses(self, u: F) -> F:
        """Return distances of the fit targets in standard deviations of all that is uncertain, (m, n_fit)."""
        return _misses(self.aim, self.emulators, self.noise, u)

    def unsure(self) -> float:
        """Return the emulators' variance over all other variance: the worst target, 95 % of the place."""
        shares = []
        for j in np.flatnonzero(self.aim.fit):
            _, variance = self.emulators[j].predict(self.place.u)
            shares.append(np.quantile(variance, 0.95) / (self.aim.tolerance[j] ** 2 + self.noise[j]))
        return float(max(shares))


class HistoryMatching:
    """History matching as ask and tell.

    Each answer depends on the constructor's arguments and the history alone. The emulators are fitted to all
    runs so far, or to the 400 that came nearest to the targets. A first wave that leaves nothing is followed by
    a second where the least was amiss before the space is called empty.

    Parameters
    ----------
    n_dims : int
        Number of parameters, each over the unit interval of its prior.
    targets_mean, targets_tol : (n_targets,) array_like
        Targets and their tolerances, one standard deviation each.
    seed : int
    per_wave : int
        Points a wave, at least 2 (n_dims + 2); ten per parameter are usual.
    waves : int
        Most waves.
    fit : (n_targets,) array_like of bool, optional
        Targets that are matched; all unless given. The others are emulated for the report.
    names : sequence of str, optional
        What the targets are called in words.
    cutoff : float
        Standard deviations beyond which values are ruled out.
    draws : int
        Points that stand for the space and for the posterior.
    certain : float
        Share of the other variance below which the emulators' own is small enough to stop.

    References
    ----------
    Vernon, Goldstein & Bower (2010), Galaxy formation: a Bayesian uncertainty analysis. Bayesian Analysis 5(4).
    https://doi.org/10.1214/10-BA524

    Examples
    --------
    >>> engine = HistoryMatching(1, [0.5], [0.02], seed=1, per_wave=8, waves=4)
    >>> history = []
    >>> while (u := engine.ask(history)) is not None:
    ...     history.append((u, u**2, np.full_like(u, 1e-6)))
    >>> u, weights = engine.posterior(history)
    >>> round(float(weights @ u[:, 0]), 2)
    0.71
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
        cutoff: float = 3.0,
        draws: int = 1000,
        certain: float = 0.1,
    ) -> None:
        self.n_dims = whole("n_dims", n_dims, 1)
        self.aim = aim_of(targets_mean, targets_tol, fit, names)
        self.seed = whole("seed", seed, 0)
        self.per_wave = whole("per_wave", per_wave, 2 * (n_dims + 2))
        self.waves = whole("waves", waves, 1)
        self.draws = whole("draws", draws, 50)
        if not cutoff > 0.0:
            raise ValueError(f"cutoff: {cutoff!r} is not allowed; a number above 0, such as 3")
        if not certain > 0.0:
            raise ValueError(f"certain: {certain!r} is not allowed; a number above 0, such as 0.1")
        self.cutoff, self.certain = float(cutoff), float(certain)
        self._known: dict[str, Knowledge] = {}
        self._sampled: dict[str, F] = {}

    def ask(self, history: History) -> F | None:
        """Return the places (per_wave, n_dims) of the next wave, or None when done."""
        waves = self._checked(history)
        if not waves:
            return latin_hypercube(self.per_wave, self.n_dims, keyed(self.seed, 0, DESIGN))
        if self.reason(history):
            return None
        place = self.knowledge(history).place
        draws = keyed(self.seed, len(waves), NEXT)
        if place.is_empty:
            return place.u[: self.per_wave] if place.u.shape[0] >= self.per_wave else None
        sets = [_subset(place.u, self.per_wave, draws) for _ in range(SPREADS)]
        return sets[int(np.argmax([_nearest(one) for one in sets]))]

    def reason(self, history: History) -> str:
        """Return in words why no more points are asked for, "" while there are more."""
        if not history:
            return ""
        known = self.knowledge(history)
        if known.place.is_empty and (len(history) > 1 or self.waves == 1):
            return (
                "The space is empty: no parameter values reproduce all targets. The misses, at the values "
                f"that miss least: {self.aim.listed(self.misses(history), self.cutoff, 'standard deviations')}."
            )
        if len(history) >= self.waves:
            return f"The budget is used up: all {self.waves} waves were run."
        if not known.place.is_empty and known.unsure() < self.certain:
            return (
                f"The emulators are sure enough: in what is left their variance is below {self.certain:.0%} "
                "of the variance of tolerance and seeds, so more runs would hardly rule out more."
            )
        return ""

    def misses(self, history: History) -> F:
        """Return how far the fit targets are off at the values that miss least, in standard deviations."""
        known = self.knowledge(history)
        best = known.place.u[[int(np.argmin(known.place.height))]]
        return np.asarray(known.misses(best)[0])

    def posterior(self, history: History) -> tuple[F, F]:
        """Return draws (m, n_dims) and weights (m,), all equal; none where the space is empty.

        Draws are from the flat prior times the likelihood: every target is normal around the emulator with
        the variance of tolerance, seeds and emulator together. (The space alone is no probability.)
        """
        known = self.knowledge(history)
        place = known.place
        if place.is_empty:
            return np.empty((0, self.n_dims)), np.empty(0)
        weights = np.full(self.draws, 1.0 / self.draws)
        key = digest(self._checked(history))
        if key in self._sampled:
            return self._sampled[key].copy(), weights
        draws = keyed(self.seed, len(history), SAMPLE)

        def energy(u: F) -> F:
            return _energy(self.aim, known, u)

        start = energy(place.u)
        chosen = systematic(np.exp(start.min() - start), self.draws, draws)
        u, _ = slice_moves(energy, place.u[chosen], start[chosen], None, draws, POSTERIOR_MOVES)
        self._sampled = {key: u}
        return u.copy(), weights

    def fitted(self, history: History) -> F:
        """Return the emulated targets at the draws of the posterior, the emulators' errors included."""
        u, _ = self.posterior(history)
        draws = keyed(self.seed, len(history), PREDICT)
        columns = []
        for emulator in self.knowledge(history).emulators:
            mean, variance = emulator.predict(u) if u.size else (np.empty(0), np.empty(0))
            columns.append(mean + np.sqrt(variance) * draws.standard_normal(mean.size))
        return np.stack(columns, axis=1)

    def knowledge(self, history: History) -> Knowledge:
        """Return emulators and space after the waves of a history.

        Raises
        ------
        ValueError
            If there is no wave yet, or too few runs gave a value.
        """
        waves = self._checked(history)
        if not waves:
            raise ValueError("history: no wave has been run; ask for the first")
        key = digest(waves)
        if key not in self._known:
            self._known = {
                key: self._learn(waves)
            }  # the last is asked for again and again, earlier ones never
        return self._known[key]

    def _learn(self, waves: Sequence[Wave]) -> Knowledge:
        """Fit the emulators and find what is not ruled out."""
        runs = _nearest_runs(self.aim, pooled(waves))
        emulators = tuple(
            fit_emulator(runs.u, runs.values[:, j], runs.errors[:, j], name)
            for j, name in enumerate(self.aim.names)
        )
        noise = np.nanmean(runs.errors**2, axis=0)

        def height(u: F) -> F:
            return np.asarray(_misses(self.aim, emulators, noise, u).max(axis=1))

        draws = keyed(self.seed, len(waves), SPACE)
        place = low_place(height, self.n_dims, self.cutoff, max(self.draws, self.per_wave), draws)
        return Knowledge(self.aim, emulators, noise, place)

    def _checked(self, history: History) -> list[Wave]:
        """Return the waves of a history in a fixed order of rows."""
        return checked(history, self.n_dims, self.aim.mean.size)


def _misses(aim: Aim, emulators: Sequence[Emulator], noise: F, u: F) -> F:
    """Return |emulator - target| in standard deviations of tolerance, emulator and seeds, (m, n_fit)."""
    columns = []
    for j in np.flatnonzero(aim.fit).tolist():
        mean, variance = emulators[j].predict(u)
        columns.append(np.abs(mean - aim.mean[j]) / np.sqrt(aim.tolerance[j] ** 2 + variance + noise[j]))
    return np.stack(columns, axis=1)


def _energy(aim: Aim, known: Knowledge, u: F) -> F:
    """Return minus the log likelihood of the fit targets, up to a constant."""
    total = np.zeros(u.shape[0])
    for j in np.flatnonzero(aim.fit):
        mean, variance = known.emulators[j].predict(u)
        all_of_it = aim.tolerance[j] ** 2 + variance + known.noise[j]
        total += 0.5 * (mean - aim.mean[j]) ** 2 / all_of_it + 0.5 * np.log(all_of_it)
    return total


def _nearest_runs(aim: Aim, runs: Wave) -> Wave:
    """Return the runs an emulator is fitted to: all, or the nearest to the targets where they are many."""
    if runs.u.shape[0] <= MOST_RUNS:
        return runs
    far = np.abs(aim.distance(runs.values)).max(axis=1)
    chosen = np.sort(np.argsort(np.where(np.isnan(far), np.inf, far), kind="stable")[:MOST_RUNS])
    return Wave(*(array[chosen] for array in runs))


def _subset(u: F, n: int, draws: np.random.Generator) -> F:
    """Return `n` of the points at random."""
    return u[draws.choice(u.shape[0], n, replace=False)]


def _nearest(u: F) -> float:
    """Return the smallest distance between two points."""
    squares = ((u[:, None, :] - u[None, :, :]) ** 2).sum(axis=2)
    return float(squares[np.triu_indices(u.shape[0], 1)].min())
