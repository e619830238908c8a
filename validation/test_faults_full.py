"""Drivers killed at every change of a file, and at fifty random moments: nothing twice, nothing missing, same bytes."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from study.faults import assert_clean, ended, kill_often, resumed, start, undisturbed


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return undisturbed(tmp_path_factory.mktemp("quiet") / "study")


def test_killed_at_every_change_of_a_file(quiet: dict[str, bytes], tmp_path: Path) -> None:
    at = 0
    while True:
        at += 1
        folder = tmp_path / f"study-{at}"
        code, said = ended(start(folder, "--kill-at", at, "--chunk-seconds", 60))
        if code == 0:
            break
        assert code == -signal.SIGKILL, said
        tables, _ = resumed(folder)
        assert tables == quiet, f"killed at change {at}"
        assert_clean(folder)
    assert at > 20, "a study changes files more often than that"


def test_killed_at_fifty_random_moments(tmp_path: Path) -> None:
    """Fifty kills in all, over as many studies as it takes."""
    quiet = undisturbed(tmp_path / "quiet", 600)
    kills, seed = 0, 0
    while kills < 50:
        seed += 1
        folder = tmp_path / f"study-{seed}"
        kills += kill_often(folder, seed, min(12, 50 - kills), worlds=600)
        tables, _ = resumed(folder, worlds=600)
        assert tables == quiet, f"seed {seed}"
        assert_clean(folder)
