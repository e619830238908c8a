"""What makes the pages runs a study once, runs it anew where the model has changed, and deletes nothing else."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from cisim.problems import ScenarioError
from cisim.study.problems import StudyInputError

DOCS = Path(__file__).parents[1] / "docs"
STUDY = """\
cisim_study: 1
title: A tiny study
scenario: null-separable
set: {months: 12, n_orgs: 6}
vary: {backbone: [0, 1]}
uncertainties: none
worlds: 2
"""


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    return import_module("making")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(STUDY, "utf-8")
    return path


def written(folder: Path) -> int:
    return (folder / "runs.parquet").stat().st_mtime_ns


def test_a_finished_study_is_not_run_again(making: ModuleType, study: Path, tmp_path: Path) -> None:
    first = making.finished(study, tmp_path / "out")
    before = written(tmp_path / "out" / "tiny")
    again = making.finished(study, tmp_path / "out")
    assert written(tmp_path / "out" / "tiny") == before
    assert again.report.text == first.report.text
    assert (tmp_path / "out" / "tiny" / "analysis" / "report.txt").is_file()


def test_a_study_of_another_file_is_run_anew(making: ModuleType, study: Path, tmp_path: Path) -> None:
    making.finished(study, tmp_path / "out")
    study.write_text(STUDY.replace("n_orgs: 6", "n_orgs: 7"), "utf-8")
    cases = making.finished(study, tmp_path / "out").spec.cases.values()
    assert [case.values["n_orgs"] for case in cases] == [7, 7]


def test_a_study_of_another_model_is_run_anew(
    making: ModuleType, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.finished(study, tmp_path / "out")
    before = written(tmp_path / "out" / "tiny")
    monkeypatch.setattr(making, "model_version", lambda: "another")
    making.finished(study, tmp_path / "out")
    assert written(tmp_path / "out" / "tiny") != before


def test_what_is_no_study_is_left_alone(making: ModuleType, study: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "tiny").mkdir(parents=True)
    (tmp_path / "out" / "tiny" / "thesis.txt").write_text("years", "utf-8")
    with pytest.raises(StudyInputError, match="thesis"):
        making.finished(study, tmp_path / "out")
    assert (tmp_path / "out" / "tiny" / "thesis.txt").read_text("utf-8") == "years"
    with pytest.raises(ScenarioError):
        making.finished(tmp_path / "nowhere.yaml", tmp_path / "out")


def test_a_long_report_is_cut_between_paragraphs(making: ModuleType) -> None:
    text = "one\ntwo\n\nthree\nfour\n"
    assert making.shown(text, 5) == text.rstrip()
    assert making.shown(text, 4) == "one\ntwo\n\n(+3 more lines in analysis/report.txt)"


@pytest.mark.parametrize("name", ["calibration", "cases", "claims", "parsimony", "studies"])
def test_every_maker_can_be_imported_and_knows_a_page_that_is_there(making: ModuleType, name: str) -> None:
    maker = import_module(f"make_{name}")
    assert maker.PAGE.parent == DOCS
    assert maker.PAGE.is_file()
