"""What is written, and what is refused before anything is simulated or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from cisim.cli import main
from cisim.commands.survey import scale_of
from cisim.problems import ScenarioError
from cisim.survey import targets

TIES = "from,to,trust\nA,B,4\nB,C,2\nC,A,3\n"
SAME = """\
cisim: 1
extends: generic-adaptive
organisations: [{first}, {second}, Other]
ties:
  - {{from: {first}, to: Other}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ties.csv").write_text(TIES, "utf-8")
    (tmp_path / "ok.csv").write_text("a file\n", "utf-8")
    return tmp_path


def test_a_file_beside_the_target_is_left_alone(here: Path) -> None:
    (here / "kept").write_text("mine", "utf-8")
    (here / ".new.yaml.part").symlink_to("kept")
    assert main(["import-survey", "ties.csv", "-o", "new.yaml", "-q"]) == 0
    assert (here / "kept").read_text("utf-8") == "mine"
    assert (here / ".new.yaml.part").is_symlink()
    assert {path.name for path in here.iterdir()} == {
        "kept",
        ".new.yaml.part",
        "new.yaml",
        "ties.csv",
        "ok.csv",
    }


def test_a_file_that_came_in_the_meantime_is_kept(here: Path) -> None:
    with pytest.raises(OSError, match=r"File exists: 'ok\.csv'"):
        targets.write_new(Path("ok.csv"), "new")
    assert (here / "ok.csv").read_text("utf-8") == "a file\n"
    assert len(list(here.iterdir())) == 2


def test_a_folder_that_takes_nothing_is_refused_by_the_name_given(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", ".hidden")

    monkeypatch.setattr(targets.tempfile, "mkdtemp", refuse)
    for check, name in ((targets.check_file, "new.yaml"), (targets.check_folder, "new")):
        with pytest.raises(ScenarioError, match=rf"^--output: {name} cannot be written: Permission denied$"):
            check(Path(name))


EXPORT = ["export", "generic-adaptive", "--month", "12", "-q"]
IMPORT = ["import-survey", "ties.csv"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([*EXPORT, "-o", "ok.csv/p"], "ok.csv is no folder"),
        ([*EXPORT, "-o", "ok.csv"], "--output: ok.csv exists and is not overwritten"),
        ([*EXPORT, "-o", "s3://bucket/p"], "'s3://bucket/p' is not allowed; a folder on this machine"),
        ([*EXPORT, "-o", "p" * 250], "has more than 240 bytes"),
        ([*IMPORT, "-o", "n" * 250 + ".yaml"], "has more than 240 bytes"),
        ([*IMPORT, "--scale", ""], "--scale: '' is not allowed; two numbers"),
        ([*IMPORT, "--scale", "1," + "9" * 400], "is not allowed; two numbers"),
        ([*IMPORT, "--title", ""], "--title: '' is not allowed; some text"),
        ([*IMPORT, "--name", " "], "--name: ' ' is not allowed; some text"),
        ([*IMPORT, "--title", "x" * 5_000, "-o", "new.yaml"], "cisim: --title: "),
        (["score", "nowhere", "ties.csv", "--scale", ""], "--scale: '' is not allowed; two numbers"),
        (["import-survey", "t\udce9.csv"], "TIES: 't\\udce9.csv' is not UTF-8"),
        ([*IMPORT, "-o", "t\udce9.yaml"], "--output: 't\\udce9.yaml' is not UTF-8"),
        (["export", "t\udce9.yaml", "--month", "12", "-o", "p"], "SCENARIO: 't\\udce9.yaml' is not UTF-8"),
        (["score", "t\udce9", "ties.csv"], "PREDICTION: 't\\udce9' is not UTF-8"),
    ],
)
def test_refused_before_any_work(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    before = sorted(here.iterdir())
    assert main(words) == 2
    told = capsys.readouterr()
    assert complaint in told.err
    assert told.out == ""
    assert sorted(here.iterdir()) == before


def test_a_scale_has_ends_that_can_be_told_apart() -> None:
    assert scale_of("-1.5, 3") == (-1.5, 3.0)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [("Alpha", "alpha", "'Alpha' and 'alpha'"), ("Caf\u00e9", "Cafe\u0301", r"'Caf\xe9' and 'Cafe\u0301'")],
)
def test_names_that_a_survey_cannot_tell_apart_are_not_exported(
    here: Path, capsys: pytest.CaptureFixture[str], first: str, second: str, told: str
) -> None:
    (here / "same.yaml").write_text(SAME.format(first=first, second=second), "utf-8")
    assert main(["export", "same.yaml", "--month", "12", "-o", "p", "-q"]) == 2
    assert f"the organisations {told} are the same name to a survey" in capsys.readouterr().err
    assert not (here / "p").exists()
