"""Studies small enough for tests, and what is compared of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cisim.study.folder import Folder
from cisim.study.runner import How, run_study
from cisim.study.spec import Spec
from cisim.study.study import Study

TABLES = ("design.parquet", "runs.parquet", "series.parquet", "failures.parquet")
SIZE = {"months": 12, "n_orgs": 6}
TRUST_YEARS = {
    "name": "trust_years", "distribution": "uniform", "low": 1, "high": 5, "source": "a test", "grade": "assumed",
}  # fmt: skip
RUGGEDNESS = {
    "name": "ruggedness", "distribution": "choice", "values": [0, 2, 5], "source": "a test", "grade": "assumed",
}  # fmt: skip


def study(**more: Any) -> Spec:
    """A study of two levers in 2 x 2 settings; nothing is drawn unless a test says so."""
    stated: dict[str, Any] = {
        "vary": {"backbone": [0, 1], "communication": [0.0, 0.5]},
        "worlds": 5,
        "seed": 7,
        "set": SIZE,
        "uncertainties": "none",
        **more,
    }
    return Study("null-separable", **stated).spec


def long_study(worlds: int = 150) -> Spec:
    """A study that takes a second or two, so that it can be interrupted."""
    return study(set={"months": 36, "n_orgs": 20}, worlds=worlds, series=["indicator", "members"])


def run(spec: Spec, folder: Path | str, **how: Any) -> Folder:
    """Run a study into a folder."""
    place = Folder(str(folder))
    run_study(spec, place, How(**how))
    return place


def table_bytes(folder: Folder | Path | str) -> dict[str, bytes]:
    """The finished tables."""
    place = folder if isinstance(folder, Folder) else Folder(str(folder))
    return {name: place.read(name) for name in TABLES if place.exists(name)}
