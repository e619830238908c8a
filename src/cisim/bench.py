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
PARTS = {"docked model": "benchmarks.barkoczi_galesic", "full model": "benchmarks.full_model"}
"""Benchmarks by what they time; each module has a function `measure` that returns a dict."""


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
