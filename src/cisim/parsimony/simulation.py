"""Runs of the engine as a design asks for them, and the responses that come of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cisim import engine
from cisim.params import PARAMS
from cisim.parsimony.design import Model, Runs, Values
from cisim.parsimony.inputs import HALF_WAY, F, Input
from cisim.parsimony.readers import RULES, read_alone_by
from cisim.result import OUTCOMES, is_falling_good, summarise
from cisim.scenario import Scenario
from cisim.study.records import GAIN

REFERENCE = "isolated"
COMPARED = ("collective", "emergent", HALF_WAY)
"""Cases that have a gain."""
CASES = (REFERENCE, *COMPARED)
RESPONSES: tuple[str, ...] = (*OUTCOMES, GAIN)
"""All outcomes, and the improvement of the indicator against isolated impact in the same world."""
MAIN = (GAIN, "indicator", "group_gap", "usd_per_unit", "coalition_survived")
"""What a decision would look at first."""
RATIO = "usd_per_unit"
"""Outcome that may be infinite; its inverse, units per dollar, stands for it."""
RULE, SECTION = "rule ", "section "


def cases_of(scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario of each case; half-way forms start from collective impact, whose levers then vary."""
    return {case: scenario.with_(regime="collective" if case == HALF_WAY else case) for case in CASES}


def groups_of(inputs: Sequence[Input]) -> dict[str, tuple[str, ...]]:
    """Return groups to swap as a whole: what a rule alone reads, and what stands in a section of the table."""
    names = {one.name for one in inputs}
    groups = {RULE + rule: read_alone_by(rule) for rule in RULES}
    for row in PARAMS.values():
        groups[SECTION + row.section] = (*groups.get(SECTION + row.section, ()), row.name)
    kept = {title: tuple(name for name in group if name in names) for title, group in groups.items()}
    return {title: group for title, group in kept.items() if group}


def simulator(cases: Mapping[str, Scenario], threads: int | None = None) -> Model:
    """Return the model that runs the engine; inputs that are no parameters change nothing.

    Parameters
    ----------
    cases : mapping of str to Scenario
    threads : int, optional
        Worker threads; results do not depend on it.
    """

    def model(case: str, points: Sequence[Values], seeds: Sequence[int]) -> F:
        known = ({name: value for name, value in point.items() if name in PARAMS} for point in points)
        jobs = [(cases[case].with_(**values), seed) for values, seed in zip(known, seeds, strict=True)]
        worlds = engine.run_many(jobs, threads=threads)
        return np.array([_outcomes(world, job[0]) for world, job in zip(worlds, jobs, strict=True)])

    return model


def _outcomes(world: engine.World, scenario: Scenario) -> list[float]:
    """Return the outcomes of a run, all finite."""
    found = summarise(world.series, world.by_group, scenario)
    found[RATIO] = 1.0 / found[RATIO]
    return [found[name] for name in OUTCOMES]


def with_gain(runs: Runs, scenario: Scenario) -> Runs:
    """Return the runs with the gain as one more response; in the reference itself it is 0."""
    k = OUTCOMES.index("indicator")
    sign = -1.0 if is_falling_good(scenario) else 1.0
    reference = runs.swapped[:1, ..., k]
    reference = np.where(np.isnan(reference), runs.base[:1, None, ..., k], reference)
    gain = sign * (runs.base[..., k] - runs.base[:1, ..., k])
    swapped = sign * (runs.swapped[..., k] - reference)
    return Runs(
        np.concatenate([runs.base, gain[..., None]], axis=-1),
        np.concatenate([runs.swapped, swapped[..., None]], axis=-1),
    )
