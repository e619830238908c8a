"""The networks of many possible futures: the scenario and seed of each, and its ties in some months."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cisim import engine
from cisim.engine import STEP
from cisim.runs import seeds_of
from cisim.scenario import Scenario
from cisim.state import State
from cisim.survey.network import I
from cisim.survey.records import B, F

DRAWS = ("calibrated", "scenario", "none")
"""Where values that nobody knows come from, as in studies."""
CASE = "prediction"
Future = tuple[Scenario, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The organisations of the start and their ties in one month of one world.

    Attributes
    ----------
    source, target : (n_ties,) int64
        Organisations by number, in the order of the scenario.
    trust : (n_ties,) float64
        Share 0..1.
    is_there : (n_orgs,) bool
        Whether the organisation of the start still exists.
    sector : (n_orgs,) int64
        Code in `cisim.result.SECTORS`.
    usd_per_year : (n_orgs,) float64
        Income; 0 where it is gone.
    """

    source: I
    target: I
    trust: F
    is_there: B
    sector: I
    usd_per_year: F

    @property
    def is_tie(self) -> B:
        """Whether the row has a tie to the column, (n, n) bool."""
        found = np.zeros((self.is_there.size,) * 2, bool)
        found[self.source, self.target] = True
        return found

    @property
    def trust_of(self) -> F:
        """Trust of each tie, (n, n); NaN where there is none."""
        found = np.full((self.is_there.size,) * 2, np.nan)
        found[self.source, self.target] = self.trust
        return found


def futures(
    scenario: Scenario, *, worlds: int, seed: int, draws: str
) -> tuple[list[Future], tuple[str, ...]]:
    """Return scenario and seed of each future, and the names of what is drawn anew in each.

    Parameters
    ----------
    scenario : Scenario
    worlds : int
        Number of futures.
    seed : int
    draws : {"calibrated", "scenario", "none"}
        With "none" these are the worlds of `cisim.runs.replicate`; else each future also draws the parameters
        that nobody knows, as a study does.

    Raises
    ------
    ScenarioError
        If drawn values contradict the scenario.
    """
    if not _draws_anything(scenario, draws):
        return [(scenario, key) for key in seeds_of(seed, worlds)], ()
    from cisim.study.design import base_design
    from cisim.study.plan import Plan
    from cisim.study.reading import study_from

    stated = {
        "title": "Prediction of a survey", "analysis": "sweep", "cases": {CASE: {"regime": scenario.regime}},
        "samples": worlds, "worlds": 1, "seeds": "own", "uncertainties": draws, "seed": seed,
        "outcomes": ["indicator"],
    }  # fmt: skip
    spec = study_from(stated, "prediction", scenario)
    design = base_design(spec)
    plan = Plan(spec, design, np.ones(len(design), dtype=np.int64))
    keys = plan.jobs.seed.tolist()
    names = tuple(factor.name for factor in spec.uncertain)
    return [(scenario.with_(**plan.settings(i, CASE)), keys[i]) for i in range(worlds)], names


def _draws_anything(scenario: Scenario, draws: str) -> bool:
    """Tell whether a study would find anything to draw."""
    if draws == "none":
        return False
    if scenario.uncertainties or draws == "scenario":
        return bool(scenario.uncertainties)
    from cisim.study.calibrated import calibrated_for

    return calibrated_for(scenario) is not None


def snapshot(s: State) -> Snapshot:
    """Return the organisations of the start and their ties; newcomers who took a place are left out."""
    is_old = (s.is_active == 1) & (s.births == 0)
    place, slot = np.nonzero(s.tie_to >= 0)
    other = s.tie_to[place, slot]
    kept = is_old[place] & is_old[other]
    order = np.argsort(s.uid)
    return Snapshot(
        s.uid[place][kept],
        s.uid[other][kept],
        s.tie_trust[place, slot][kept],
        is_old[order],
        s.sector[order].copy(),
        np.where(is_old, 12.0 * s.income, 0.0)[order],
    )


def simulate(future: Future, months: Sequence[int]) -> list[Snapshot]:
    """Return one world after each of some numbers of months, given in rising order."""
    scenario, seed = future
    world = engine.build(scenario, seed)
    found, done = [], 0
    for month in months:
        world.advance(0, len(STEP), done, month)
        found.append(snapshot(world.state))
        done = month
    return found


def simulate_all(
    wanted: Sequence[Future],
    months: Sequence[int],
    *,
    threads: int | None = None,
    on_done: Callable[[int], object] | None = None,
) -> list[list[Snapshot]]:
    """Return the snapshots of all futures, in their order; they do not depend on the number of threads."""
    engine.rule_table()
    with ThreadPoolExecutor(threads or engine.n_cores()) as pool:
        found = []
        for done, one in enumerate(pool.map(lambda future: simulate(future, months), wanted), 1):
            found.append(one)
            if on_done:
                on_done(done)
    return found
