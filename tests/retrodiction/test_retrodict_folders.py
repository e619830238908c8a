from __future__ import annotations

from pathlib import Path

import pytest

from cisim.cli import BAD_INPUT, main
from cisim.retrodiction.cases import study_of
from cisim.retrodiction.reading import read_observed
from cisim.study.folder import Folder
from cisim.study.manifest import Manifest

TINY = ("--samples", "2", "--worlds", "1", "-q")


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code = main(["retrodict", *map(str, words)])
    out, err = capsys.readouterr()
    assert (code, out) == (BAD_INPUT, ""), err
    assert len(err.splitlines()) == 1
    return err


def held(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("thesis.txt", "is not empty (thesis.txt stands in it)"),
        ("wetland", "is a file"),
        ("overview", "is a file"),
        ("wetland/notes.txt", "notes.txt stands in it"),
        ("wetland/analysis/notes.docx", "analysis/notes.docx stands in it"),
        ("overview/analysis/thesis.docx", "would be lost"),
        ("before/wetland/notes.txt", "notes.txt stands in it"),
    ],
)
def test_what_is_in_the_way_is_found_before_the_first_case_is_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, part: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("precious")
    before = held(tmp_path)
    assert part in refused(capsys, "hospital", "wetland", "--before", *TINY, "-o", tmp_path)
    assert held(tmp_path) == before
    assert (tmp_path / name).read_text() == "precious"


def test_another_study_of_a_case_is_found_before_the_first_is_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = study_of(read_observed("wetland"), 2, 1, 2, "calibrated").spec
    Manifest.new(other).write(Folder(str(tmp_path / "wetland")))
    before = held(tmp_path)
    assert "holds another study" in refused(capsys, "hospital", "wetland", *TINY, "-o", tmp_path)
    assert held(tmp_path) == before


@pytest.mark.parametrize("output", ["", "s3://bucket/cases"])
def test_what_is_no_folder_of_this_machine_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = refused(capsys, "wetland", *TINY, "-o", output)
    assert "--output" in told
    assert f"{output!r} is not allowed" in told
    assert held(tmp_path) == set()


def test_a_damaged_set_is_told_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "posterior.csv").write_text("weight,turf\n1,0.5\n1,nothing\n")
    told = refused(capsys, "wetland", *TINY, "--uncertainties", tmp_path / "posterior.csv")
    assert "posterior.csv: line 3: turf: 'nothing' is not a number; 0 to 1" in told
