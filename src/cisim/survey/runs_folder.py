"""The worlds of a finished run or comparison, to be simulated again from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cisim.problems import Place, ScenarioError
from cisim.scenario import Scenario, load
from cisim.store import MANIFEST


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
        If the folder holds no such result, or not that regime.
    """
    place = Place(str(folder / MANIFEST))
    told = _manifest(folder, place)
    files = {label: one["file"] for label, one in told.get("regimes", {}).items()}
    if not files:
        if regime is not None and regime != told.get("regime"):
            what = f"{regime!r} is not allowed; these runs are of {told.get('regime')!r}"
            raise ScenarioError.of(what, "--regime", place)
        files = {"": "scenario.yaml"}
        regime = ""
    if regime not in files:
        asked = "name the regime of the comparison" if regime is None else f"{regime!r} was not compared"
        raise ScenarioError.of(f"{asked}; one of {', '.join(files)}", "--regime", place)
    return RunsFolder(load(folder / files[regime]), tuple(told["world_seeds"]))


def _manifest(folder: Path, place: Place) -> dict[str, Any]:
    """Return the manifest of a result of cisim."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if "cisim_result" in told and told["world_seeds"]:
            return told
    except (OSError, ValueError, KeyError, TypeError):
        pass
    what = "no result of 'cisim run -o' or 'cisim compare -o' is in this folder"
    raise ScenarioError.of(what, place=place)
