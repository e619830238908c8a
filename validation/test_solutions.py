"""Solutions of lessons run from top to bottom without a network, and say only what their runs show."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import test_notebooks as lessons

sys.path.pop(0)

offline = lessons.offline


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("path", lessons.SOLUTIONS, ids=lessons.name_of)
def test_a_solution_runs_and_what_it_says_is_so(path: Path) -> None:
    lessons.run_through(path)
    lessons.pictures_told(path)
    said = lessons.printed(lessons.executed(path))
    assert "DOES NOT HOLD" not in said
    assert said.count("holds: ") >= 3
