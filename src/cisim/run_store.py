"""Runs of one scenario as a folder, written as `cisim.store` writes comparisons: complete or not there."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cisim.result import Result
from cisim.runs import LARGEST_DETAILED, run
from cisim.store import (
    DETAILS,
    FORMAT,
    MANIFEST,
    check_target,
    csv,
    dictionary,
    fingerprint,
    git_commit,
    local_target,
    parquet,
    swapped_in,
    versions,
)

if TYPE_CHECKING:
    import pandas as pd


def save_runs(results: Sequence[Result], folder: str | Path, *, command: str | None = None) -> Path:
    """Write worlds of one scenario to a folder.

    Parameters
    ----------
    results : sequence of Result
        Worlds of the same scenario, at least one.
    folder : str or Path
        New, empty, or an earlier result of cisim, which is replaced.
    command : str, optional
        What was typed, for the manifest.

    Returns
    -------
    Path
        The folder: ``manifest.json``, ``scenario.yaml``, ``runs.parquet`` (a row a world),
        ``series.parquet``, ``groups.parquet``, ``columns.csv``, and of the first world, if it has at most
        2,000 organisations, ``orgs``, ``ties``, ``ledger``, ``balances`` and ``hours`` as Parquet.

    Raises
    ------
    FileExistsError
        If the folder holds something else than an earlier result.
    ValueError
        If the folder is a URL.
    """
    target = local_target(folder)
    check_target(target)
    with swapped_in(target) as place:
        write_worlds(results, place)
        write_details(results[0], place)
        text = results[0].scenario.to_yaml()
        (place / "scenario.yaml").write_text(text, encoding="utf-8", newline="\n")
        stated = json.dumps(manifest(results, place, command), indent=1, ensure_ascii=False, allow_nan=False)
        (place / MANIFEST).write_text(stated + "\n", encoding="utf-8")
    return target


def write_worlds(results: Sequence[Result], place: Path) -> None:
    """Write what there is of every world: outcomes, monthly series, groups."""
    import pandas as pd

    rows = [{"world": i, "seed": result.seed, **result.outcomes} for i, result in enumerate(results)]
    parquet(pd.DataFrame(rows), place / "runs.parquet")
    for name in ("series", "groups"):
        frames = [_named(getattr(result, name), i, result.seed) for i, result in enumerate(results)]
        parquet(pd.concat(frames, ignore_index=True), place / f"{name}.parquet")
    csv(dictionary(), place / "columns.csv")


def _named(frame: pd.DataFrame, world: int, seed: int) -> pd.DataFrame:
    """Return a copy of a frame that says which world it is about."""
    named = frame.copy()
    named.insert(0, "seed", seed)
    named.insert(0, "world", world)
    return named


def write_details(first: Result, place: Path) -> None:
    """Run the first world again with all its details and write them; not for very large worlds."""
    if int(first.scenario.values["n_orgs"]) > LARGEST_DETAILED:
        return
    full = run(first.scenario, first.seed, details=True)
    for name in DETAILS:
        parquet(_named(getattr(full, name), 0, full.seed), place / f"{name}.parquet")


def manifest(results: Sequence[Result], place: Path, command: str | None) -> dict[str, Any]:
    """Return where the files in `place` came from."""
    scenario = results[0].scenario
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {
        "cisim_result": FORMAT,
        "kind": "runs",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "versions": {"python": platform.python_version(), **versions()},
        "platform": {"system": platform.system(), "machine": platform.machine(), "byteorder": sys.byteorder},
        "git_commit": git_commit(),
        "scenario": scenario.name,
        "regime": scenario.regime,
        "digest": scenario.digest,
        "sources": [list(source) for source in scenario.provenance],
        "worlds": len(results),
        "world_seeds": [result.seed for result in results],
        "files": {path.relative_to(place).as_posix(): fingerprint(path) for path in files},
    }
