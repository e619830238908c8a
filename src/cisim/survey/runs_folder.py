"""The worlds of a finished run or comparison, to be simulated again from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cisim.problems import ScenarioError, shown
from cisim.scenario import Scenario, load
from cisim.store import MANIFEST, verify
from cisim.survey.stated import MOST_SEED, Stated, stays_inside

ABSENT = "no result of 'cisim run -o' or 'cisim compare -o' is in this folder"


@dataclass(frozen=True, slots=True)
class RunsFolder:
    """A scenario, and the seeds of the worlds in which it was run."""

    scenario: Scenario
    seeds: tuple[int, ...]


def open_runs(folder: Path, regime: str | None = None) -> RunsFolder:
    """Return what was run in a folder that `cisim run` or `cisim compare` wrote.

    Parameters
    ----------
    folder : Path
    regime : str, optional
        Which regime of a comparison; needed there.

    Raises
    ------
    ScenarioError
        If the folder holds no such result, a file differs from what its manifest says, or not that regime.
    """
    told = Stated.read(folder / MANIFEST, ABSENT)
    if "cisim_result" not in told.fields or "world_seeds" not in told.fields:
        raise ScenarioError.of(ABSENT, place=told.place)
    seeds = told.wholes("world_seeds", 0, MOST_SEED)
    known = _scenarios(told)
    file = _chosen(told, known, regime)
    told.files(tuple(known.values()))
    changed = verify(folder)
    if changed:
        told.fail(f"files.{changed[0]}", "is missing or was changed after the result was made")
    if not (folder / file).resolve().is_relative_to(folder.resolve()):
        told.fail(f"files.{file}", "leads out of the folder, which is not allowed")
    return RunsFolder(load(folder / file), seeds)


def _scenarios(told: Stated) -> dict[str, str]:
    """Return the files of scenarios by regime of a comparison, by "" of runs of one regime."""
    if "regimes" not in told.fields:
        return {"": "scenario.yaml"}
    regimes = told.get(
        "regimes", lambda value: isinstance(value, dict) and bool(value), "scenarios by regime"
    )
    return {label: _file(told, label, one) for label, one in regimes.items()}


def _file(told: Stated, label: str, one: Any) -> str:
    """Return the file of the scenario of a regime."""
    field = f"regimes.{label}"
    if not isinstance(one, dict):
        told.fail(field, "is not allowed; digest and file of a scenario")
    name: str = Stated({f"{field}.file": one.get("file")}, told.place).text(f"{field}.file")
    if not stays_inside(name):
        told.fail(f"{field}.file", f"{shown(name)} is not allowed; a file in this folder")
    return name


def _chosen(told: Stated, known: dict[str, str], regime: str | None) -> str:
    """Return the file of the regime that is asked for."""
    if "" in known and len(known) == 1:
        stated = told.text("regime")
        if regime is not None and regime != stated:
            what = f"{regime!r} is not allowed; these runs are of {stated!r}"
            raise ScenarioError.of(what, "--regime", told.place)
        return known[""]
    if regime is None or regime not in known:
        asked = "name the regime of the comparison" if regime is None else f"{regime!r} was not compared"
        raise ScenarioError.of(f"{asked}; one of {', '.join(known)}", "--regime", told.place)
    return known[regime]
