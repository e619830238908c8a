"""A million runs stream through the driver of a study in less than a gibibyte."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.studies import driver_mib


def test_a_million_runs() -> None:
    few, many = driver_mib(10_000), driver_mib(1_000_000)
    assert many["runs"] > 990_000
    assert many["mib"] < 1024
    assert many["mib"] < few["mib"] + 600, "a hundred times the runs does not take a hundred times the memory"
