from __future__ import annotations

from pathlib import Path

import pytest

from cisim.study.beforehand import check_beforehand, check_report
from cisim.study.folder import Folder
from cisim.study.manifest import NAME, Manifest
from cisim.study.problems import StudyInputError
from cisim.study.reading import study_from
from cisim.study.spec import Spec


def spec_of(seed: int = 1) -> Spec:
    stated = {
        "scenario": "generic-adaptive",
        "vary": {"backbone": [0, 1]},
        "set": {"months": 12, "n_orgs": 6},
    }
    return study_from({**stated, "seed": seed})


@pytest.mark.parametrize(
    "name",
    ["thesis.docx", "notes.txt", "figures/mine.svg", ".hidden"],
    ids=["other", "text", "below", "hidden"],
)
def test_what_no_report_has_written_is_never_replaced(tmp_path: Path, name: str) -> None:
    place = tmp_path / "analysis"
    (place / name).parent.mkdir(parents=True)
    (place / name).write_text("years of work")
    for is_report in (False, True):
        if is_report:
            (place / "report.txt").write_text("found nothing")
        with pytest.raises(StudyInputError, match="would be lost"):
            check_report(Folder(str(tmp_path)))
    assert (place / name).read_text() == "years of work"


def test_tables_without_a_report_are_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "mine.csv").write_text("a\n1\n")
    with pytest.raises(StudyInputError, match=r"analysis/mine\.csv would be lost"):
        check_report(Folder(str(tmp_path)))
    (tmp_path / "analysis" / "report.txt").write_text("found nothing")
    (tmp_path / "analysis" / ".tmp-0123-half.svg").write_text("<svg")
    check_report(Folder(str(tmp_path)))


def test_a_folder_may_hold_the_same_study_and_no_other(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path / "study"))
    check_beforehand(folder, spec_of())
    folder.make()
    check_beforehand(folder, spec_of())
    Manifest.new(spec_of()).write(folder)
    check_beforehand(folder, spec_of())
    with pytest.raises(StudyInputError, match="holds another study"):
        check_beforehand(folder, spec_of(seed=2))


def test_a_damaged_record_is_left_to_whoever_opens_the_folder(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    folder.write(NAME, b"{")
    check_beforehand(folder, spec_of())


def test_files_and_what_is_no_study_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").touch()
    with pytest.raises(StudyInputError, match="is a file"):
        check_beforehand(Folder(str(tmp_path / "file")), spec_of())
    with pytest.raises(StudyInputError, match=r"one\.txt stands in it"):
        check_beforehand(Folder(str(tmp_path / "letters")), spec_of())
