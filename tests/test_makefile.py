"""The Makefile and CI call what exists, and say what they do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TARGETS = (
    "setup", "demo", "test", "lint", "coverage", "validate", "bench", "odd", "clean",
    "calibration", "claims", "cases", "parsimony", "studies", "papers", "patterns", "site",
)  # fmt: skip

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def dry_run(target: str) -> str:
    """What make would do, without doing it."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_help_tells_every_target_and_make_knows_it(target: str) -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^  make {target} +\S", told, re.MULTILINE)
    assert dry_run(target)


def test_setup_is_done_once(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / ".ready").touch()
    words = ["make", "--question", "setup", f"VENV={tmp_path}"]
    assert subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode == 0
    (tmp_path / ".ready").unlink()
    assert subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode == 1


def test_an_old_python_is_refused_in_words(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    old.chmod(0o755)
    words = ["make", "setup", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_demo_is_the_command_people_type() -> None:
    command = dry_run("demo")
    assert "cisim compare infant-mortality --regimes isolated,collective" in command
    assert "--budget equal" in command


def test_ci_runs_what_a_person_types() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text("utf-8")
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in text
    assert text.rstrip().splitlines()[-1].startswith("make test")
    assert not re.search(r"https?://|\.(com|org|net|io)\b", text)
    subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize("target", ["test", "coverage", "validate"])
def test_paths_named_in_the_makefile_exist(target: str) -> None:
    for path in re.findall(
        r"\b(?:tests|validation|docs|benchmarks)/\w[\w./-]*|\bvalidation\b", dry_run(target)
    ):
        assert (ROOT / path).exists(), path
