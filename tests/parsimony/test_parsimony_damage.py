from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from cisim.cli import BAD_INPUT, DONE, main
from cisim.parsimony import study
from cisim.parsimony.inputs import PLACEBO, inputs_of
from cisim.scenario import load

SMALL = ("--set", "n_orgs=6", "--set", "months=12", "--set", "formation_month=2", "--samples", "4")
WORDS = ("parsimony", "--uncertainties", "scenario", *SMALL)
BLOCK = "runs/00000-4.npz"


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(list(map(str, words)))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few inputs, so that a design is quickly run."""
    every = inputs_of(load("generic-adaptive"))
    some = tuple(one for one in every if one.name in ("fidelity", "turf", PLACEBO))
    monkeypatch.setattr(study, "inputs_of", lambda scenario, posterior: some)


@pytest.fixture
def whole(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """A finished folder."""
    assert call(capsys, *WORDS, "-q", "-o", tmp_path / "out")[0] == DONE
    return tmp_path / "out"


def broken(path: Path, how: str) -> None:
    """Damage a file of runs."""
    data = path.read_bytes()
    if how == "other shape":
        np.savez(path, base=np.zeros(3), swapped=np.zeros(3))
    elif how == "other numbers":
        np.savez(path, base=np.array(["a"]), swapped=np.array(["b"]))
    else:
        path.write_bytes({"cut": data[:300], "empty": b"", "text": b"hello"}[how])


@pytest.mark.parametrize("how", ["cut", "empty", "text", "other shape", "other numbers"])
def test_damaged_runs_are_made_again_and_the_result_is_the_same(
    capsys: pytest.CaptureFixture[str], whole: Path, how: str
) -> None:
    kept = {path.name: path.read_bytes() for path in (whole / "analysis").iterdir()}
    broken(whole / BLOCK, how)
    (whole / "runs" / ".tmp-0123-half").touch()
    code, _, err = call(capsys, *WORDS, "-o", whole)
    assert code == DONE
    assert f"{BLOCK} is damaged; its runs are made again" in err
    assert {path.name: path.read_bytes() for path in (whole / "analysis").iterdir()} == kept
    assert [path.name for path in (whole / "runs").iterdir()] == [Path(BLOCK).name]
    code, _, err = call(capsys, *WORDS, "-q", "-o", whole)
    assert (code, err) == (DONE, "")


@pytest.mark.parametrize("text", ["{", "[]", "", "\xff", "3"])
def test_a_damaged_record_is_refused_and_the_runs_stay(
    capsys: pytest.CaptureFixture[str], whole: Path, text: str
) -> None:
    (whole / "parsimony.json").write_bytes(text.encode("latin-1"))
    code, out, err = call(capsys, *WORDS, "-o", whole)
    assert (code, out) == (BAD_INPUT, "")
    assert "parsimony.json is damaged" in err
    assert (whole / BLOCK).is_file()


def test_what_no_report_has_written_is_not_lost(capsys: pytest.CaptureFixture[str], whole: Path) -> None:
    mine = whole / "analysis" / "notes.docx"
    mine.write_text("precious")
    shutil.rmtree(whole / "runs")
    code, out, err = call(capsys, *WORDS, "-o", whole)
    assert (code, out) == (BAD_INPUT, "")
    assert "analysis/notes.docx would be lost" in err
    assert mine.read_text() == "precious"
    assert not (whole / "runs").exists()


@pytest.mark.parametrize("output", ["", "memory://runs"])
def test_what_is_no_folder_of_this_machine_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *WORDS, "-o", output)
    assert (code, out) == (BAD_INPUT, "")
    assert f"{output!r} is not allowed" in err
    assert list(tmp_path.iterdir()) == []
