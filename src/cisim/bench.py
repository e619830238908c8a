"""Run the benchmarks that stand beside the package in a checkout, and keep their numbers in one file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    "docked model": "benchmarks.barkoczi_galesic",
    "full model": "benchmarks.full_model",
    "studies": "benchmarks.studies",
}
"""Benchmarks by what they time; each module has a function `measure` that returns a dict."""


GOALS: tuple[tuple[str, str, float, str], ...] = (
    ("mesa_ratio", ">=", 100.0, "times as fast as the same model in Mesa, one core"),
    ("agentpy_ratio", ">=", 100.0, "times as fast as the same model in AgentPy, one core"),
    ("c_ratio", "<=", 1.5, "times as long as the same model in C, one core"),
    ("ms_at_50", "<=", 5.0, "ms of processor time for 50 organisations over 120 months, every rule on"),
    ("study_overhead", "<=", 1.1, "time of a study of 10,000 worlds relative to the bare engine"),
    ("two_processes_ratio", ">=", 1.8, "times as fast with two processes as with one"),
    ("dask_ratio", ">=", 0.85, "speed of Dask with two workers relative to two processes"),
    (
        "sobol_seconds",
        "<=",
        300.0,
        "seconds for Sobol' indices: 12 factors, 512 blocks, second order, 2 paired worlds",
    ),
    ("driver_mib", "<=", 1024.0, "MiB of memory of a driver through which a million runs stream"),
    ("size_ratio", "<=", 3.0, "cost of an organisation-month at 50,000 organisations relative to 500"),
)
"""What the benchmarks are held against: number, at least or at most, bound, meaning."""


class NoBenchmarksError(RuntimeError):
    """The benchmarks are not part of this installation."""


def measure(say: Callable[[str], object], root: Path = ROOT) -> dict[str, Any]:
    """Run all benchmarks.

    Parameters
    ----------
    say : callable
        Gets one sentence before each part.
    root : Path
        Folder that holds `benchmarks`.

    Returns
    -------
    dict
        The results of all parts together: `mesa_ratio`, `agentpy_ratio`, `c_ratio`, `worlds` and the worlds
        per second on one and on two threads, among others.

    Raises
    ------
    NoBenchmarksError
        If there is no such folder, as in an installation from a wheel.
    """
    if not (root / "benchmarks").is_dir():
        raise NoBenchmarksError("the benchmarks are not part of this installation; use a checkout of cisim")
    found: dict[str, Any] = {}
    with _importable(root):
        for what, module in PARTS.items():
            say(f"timing the {what}")
            found |= import_module(module).measure()
    return found


def judge(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Put what was seen beside the goals.

    Returns
    -------
    list of dict
        `meaning`, `goal` in words, `seen` (None if it was not measured), `met` (likewise).

    Examples
    --------
    >>> judge({"c_ratio": 1.2})[2]
    {'meaning': 'times as long as the same model in C, one core', 'goal': '<= 1.5', 'seen': 1.2, 'met': True}
    """
    by_size = {row["n_orgs"]: row["ms_per_world"] for row in results.get("worlds", ())}
    numbers = {
        **results,
        "ms_at_50": by_size.get(50),
        "sobol_seconds": results.get("sobol", {}).get("seconds"),
        "driver_mib": results.get("million", {}).get("mib"),
    }
    rows = []
    for name, sign, bound, meaning in GOALS:
        seen = numbers.get(name)
        met = None if seen is None else seen >= bound if sign == ">=" else seen <= bound
        rows.append({"meaning": meaning, "goal": f"{sign} {bound:g}", "seen": seen, "met": met})
    return rows


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let modules below `root` be imported for a while."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


def save(results: dict[str, Any], path: Path) -> None:
    """Write results as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
