"""A comparison as it was saved: its folder checked against its digests, and turned back into a `Comparison`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.report.problems import ReportError

if TYPE_CHECKING:
    import pandas as pd

    from cisim.comparison import Comparison
    from cisim.scenario import Scenario
    from cisim.statistics import F

KEYS = ("scenario", "reference", "regimes", "seed", "world_seeds", "outcomes", "created", "versions", "files")
RUN_KEYS = ("scenario", "digest", "world_seeds", "created", "versions", "files")


def manifest_of(folder: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the manifest of a result after comparing every file with its digest.

    Raises
    ------
    ReportError
        If it is damaged, or a file is missing or changed.
    """
    from cisim.store import FORMAT, MANIFEST, verify

    stated = read_json(folder / MANIFEST)
    if stated.get("cisim_result") != FORMAT:
        raise ReportError(
            f"{folder / MANIFEST}: cisim_result: {stated.get('cisim_result')!r} is not allowed; this cisim reads "
            f"{FORMAT}"
        )
    missing = [key for key in keys if key not in stated]
    if missing or not all(_is_name(name) for name in stated["files"]):
        what = f"{missing[0]} is missing" if missing else "it names files outside the folder"
        raise ReportError(f"{folder / MANIFEST}: is damaged ({what}); compare again into a new folder")
    changed = verify(folder)
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ReportError(
            f"{folder}: {changed[0]}{more} is missing or changed since it was written; run the command in "
            f"{MANIFEST} again, or restore the file"
        )
    return stated


def _is_name(name: object) -> bool:
    """Tell whether a file's name leads nowhere but into the folder."""
    path = Path(str(name))
    return isinstance(name, str) and not path.is_absolute() and ".." not in path.parts


def read_json(path: Path) -> dict[str, Any]:
    """Return the mapping in a JSON file.

    Raises
    ------
    ReportError
        If it cannot be read, or holds something else.
    """
    try:
        stated = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:80]
        raise ReportError(f"{path}: is damaged ({reason}); nothing can be said about its results") from error
    if not isinstance(stated, dict):
        raise ReportError(f"{path}: is damaged (it is not a mapping); nothing can be said about its results")
    return stated


def comparison_in(folder: Path) -> tuple[Comparison, dict[str, Any]]:
    """Return the comparison in a folder, and its manifest.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ReportError
        If files are damaged, changed, or of another version that this one cannot read.
    """
    from cisim.comparison import Comparison

    stated = manifest_of(folder, KEYS)
    try:
        cases = {str(label): scenario_in(folder / one["file"]) for label, one in stated["regimes"].items()}
        seeds = [int(one) for one in stated["world_seeds"]]
        found = Comparison.empty(cases, int(stated["seed"]), seeds, tuple(map(str, stated["outcomes"])))
        _fill(found, folder)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, OSError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(
            f"{folder}: cannot be read by this version of cisim ({' '.join(str(error).split())[:120]}); it was "
            f"written by {stated['versions'].get('cisim') if isinstance(stated['versions'], Mapping) else 'another'}"
        ) from error
    command = stated.get("command")
    found.command = command if isinstance(command, str) else None
    return found, stated


def scenario_in(path: Path) -> Scenario:
    """Return a saved scenario."""
    from cisim.scenario import load

    return load(str(path))


def _fill(found: Comparison, folder: Path) -> None:
    """Put the saved months and groups in their places, and reduce them to outcomes as a run does."""
    from cisim.outcomes import COLUMNS
    from cisim.result import OUTCOMES, summarise

    found.months[...] = _cube(folder / "series.parquet", found, COLUMNS)
    groups = [group.name for group in found.scenario.groups]
    found.groups[...] = _groups(folder / "groups.parquet", found, groups)
    for r, label in enumerate(found.labels):
        for w in range(found.worlds):
            made = summarise(found.months[r, w], found.groups[r, w], found.scenarios[label])
            found.values[r, w] = [made[name] for name in OUTCOMES]


def _cube(path: Path, found: Comparison, columns: tuple[str, ...]) -> F:
    """Return the monthly columns as (n_regimes, n_worlds, n_months, n_columns)."""
    import pandas as pd

    frame = _ordered(pd.read_parquet(path), found, ["regime", "world", "month"])
    return np.asarray(frame[list(columns)].to_numpy(dtype=np.float64).reshape(found.months.shape))


def _groups(path: Path, found: Comparison, groups: list[str]) -> F:
    """Return the indicator of each group as (n_regimes, n_worlds, n_months, n_groups)."""
    import pandas as pd

    frame = pd.read_parquet(path)
    if set(frame["group"].astype(str)) != set(groups):
        raise ValueError("its tables are of other groups than its scenario says")
    frame["group"] = pd.Categorical(frame["group"].astype(str), categories=groups)
    frame = _ordered(frame, found, ["regime", "world", "month", "group"])
    return np.asarray(frame["indicator"].to_numpy(dtype=np.float64).reshape(found.groups.shape))


def _ordered(frame: pd.DataFrame, found: Comparison, keys: list[str]) -> pd.DataFrame:
    """Return rows in the order of regimes, worlds and months, whatever theirs is."""
    import pandas as pd

    names = frame["regime"].astype(str)
    if set(names) != set(found.labels) or frame[keys].duplicated().any():
        raise ValueError("its tables are of other regimes than its manifest says")
    regime = pd.Categorical(names, categories=found.labels)
    return frame.assign(regime=regime).sort_values(keys, kind="stable")
