"""The parsimony study: from a scenario to findings, in memory or in a folder that survives a crash.

In a folder, runs are written by blocks of base points as they finish. The draws of a base point do not depend on how
many there are, so a folder can be gone on with, also with more points; another scenario, seed or version of the
model is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cisim.compiled import model_version
from cisim.parsimony.design import TWINS, Design, Model, Runs, design_of, joined, run_design
from cisim.parsimony.findings import Findings, findings_of
from cisim.parsimony.inputs import HALF_WAY, inputs_of
from cisim.parsimony.simulation import CASES, cases_of, groups_of, simulator
from cisim.presets import REGIME_LEVERS
from cisim.result import OUTCOMES
from cisim.scenario import Scenario
from cisim.study.beforehand import check_report
from cisim.study.folder import Folder
from cisim.study.problems import StudyInputError
from cisim.study.spec import Posterior

SAMPLES = 128
"""Base points, each in two worlds."""
BLOCK = 8
"""Base points of one file."""
NAME = "parsimony.json"
UNCERTAINTIES = ("calibrated", "scenario")
Told = Callable[[int, int], object]
"""Called with runs that are finished, and runs in all."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes
    ----------
    scenario : Scenario
    samples : int
        Base points.
    seed : int
        Key of all draws.
    posterior : Posterior or None
        Calibrated set; None where the scenario's distributions hold.
    """

    scenario: Scenario
    samples: int = SAMPLES
    seed: int = 1
    posterior: Posterior | None = None

    def design(self) -> Design:
        """Return the design."""
        inputs = inputs_of(self.scenario, self.posterior)
        return design_of(inputs, self.samples, self.seed, groups_of(inputs))

    def stated(self, design: Design) -> dict[str, Any]:
        """Return what makes this question this question, apart from its size."""
        inputs = [[one.name, one.origin, one.words] for one in design.inputs]
        first = json.dumps([design.point(0, HALF_WAY), *design.seeds[0]], sort_keys=True)
        return {
            "cisim_parsimony": 1, "model": model_version(), "scenario": self.scenario.name,
            "digest": self.scenario.digest, "seed": self.seed, "cases": list(CASES), "outcomes": list(OUTCOMES),
            "inputs": inputs, "groups": [one.name for one in design.swaps[len(inputs) :]],
            "first": hashlib.sha256(first.encode()).hexdigest()[:16],
        }  # fmt: skip


def posterior_for(scenario: Scenario, uncertainties: str) -> Posterior | None:
    """Return the calibrated set as far as it concerns a scenario, or None where its own distributions are asked for.

    Raises
    ------
    ValueError
        If `uncertainties` is not one of `UNCERTAINTIES`.
    ScenarioError
        If no calibrated set is installed, or it is damaged.
    """
    if uncertainties not in UNCERTAINTIES:
        raise ValueError(
            f"uncertainties: {uncertainties!r} is not allowed; one of {', '.join(UNCERTAINTIES)}"
        )
    if uncertainties == "scenario":
        return None
    from cisim.study.calibrated import calibrated_for

    return calibrated_for(scenario, REGIME_LEVERS)


def ask(
    question: Question,
    folder: str | Path | None = None,
    *,
    threads: int | None = None,
    on_done: Told | None = None,
    on_remark: Callable[[str], object] = lambda _: None,
) -> Findings:
    """Run what is not yet there and return what all runs say.

    Parameters
    ----------
    question : Question
    folder : str or Path, optional
        Where runs are kept; nothing is kept without one.
    threads : int, optional
        Worker threads; results do not depend on it.
    on_done : callable, optional
        See `Told`.
    on_remark : callable, optional
        Gets a sentence where something in the folder is damaged and made again.

    Returns
    -------
    Findings

    Raises
    ------
    StudyInputError
        If the folder holds something else, or what it holds is not known because its record is damaged.
    StudyError
        If it cannot be written to.
    """
    design = question.design()
    tell = _counter(design.n_runs(CASES), on_done)
    model = simulator(cases_of(question.scenario), threads)
    if folder is None:
        runs = run_design(design, CASES, model, on_done=tell(0))
    else:
        place = Folder(str(folder))
        _open(place, question.stated(design))
        with place.lock():
            place.remove_temporary()
            runs = _kept(place, design, model, tell, on_remark)
    return findings_of(question.scenario, design, runs, question.seed)


def _open(place: Folder, stated: dict[str, Any]) -> None:
    """Begin a folder, or make sure it holds this question.

    Raises
    ------
    StudyInputError
        If it holds something else.
    """
    if place.exists(NAME):
        held = _held(place)
        other = [key for key in stated if held.get(key) != stated[key]]
        if other:
            raise StudyInputError(
                f"{place}: holds another study of parsimony ({', '.join(other)} differ); give a new folder"
            )
        check_report(place)
        return
    if place.is_file() or place.names():
        raise StudyInputError(f"{place}: is not empty and no study of parsimony; give a new folder")
    place.make()
    place.write(NAME, json.dumps(stated, indent=1).encode())


def _held(place: Folder) -> dict[str, Any]:
    """Return what a folder says it holds."""
    try:
        held = json.loads(place.read(NAME))
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise StudyInputError(
            f"{place}: {NAME} is damaged, so that nobody knows what its runs are of; give a new folder"
        )
    return held


def _kept(
    place: Folder,
    design: Design,
    model: Model,
    tell: Callable[[int], Callable[[int], object]],
    remark: Callable[[str], object],
) -> Runs:
    """Return the runs of all blocks; those that are missing are run and written."""
    parts: list[Runs] = []
    done, per_point = 0, design.n_runs(CASES) // design.n_points
    for first in range(0, design.n_points, BLOCK):
        points = range(first, min(first + BLOCK, design.n_points))
        name = f"runs/{first:05d}-{len(points)}.npz"
        found = _block(place, name, design, len(points)) if place.exists(name) else None
        if found is None:
            if place.exists(name):
                remark(f"{place}: {name} is damaged; its runs are made again")
            found = run_design(design, CASES, model, points=points, on_done=tell(done))
            stream = io.BytesIO()
            np.savez_compressed(stream, base=found.base, swapped=found.swapped)
            place.write(name, stream.getvalue())
        parts.append(found)
        done += per_point * len(points)
        tell(done)(0)
    return joined(parts)


def _block(place: Folder, name: str, design: Design, n_points: int) -> Runs | None:
    """Return the runs of one file, or None where it is damaged."""
    data = place.read(name)
    try:
        with np.load(io.BytesIO(data)) as held:
            found = Runs(held["base"], held["swapped"])
    except Exception:  # whatever damage makes of a file
        return None
    shape = (n_points, TWINS, len(OUTCOMES))
    is_whole = found.base.shape == (len(CASES), *shape)
    is_whole &= found.swapped.shape == (len(CASES), len(design.swaps), *shape)
    return found if is_whole and found.base.dtype == found.swapped.dtype == np.float64 else None


def _counter(total: int, on_done: Told | None) -> Callable[[int], Callable[[int], object]]:
    """Return what makes, for runs that come after some others, a counter of them that tells `on_done`."""

    def after(before: int) -> Callable[[int], object]:
        return lambda done: on_done(before + done, total) if on_done else None

    return after
