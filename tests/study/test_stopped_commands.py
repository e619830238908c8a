from __future__ import annotations

from pathlib import Path

import pytest

from cisim.cli import BAD_INPUT, main
from cisim.commands.problems import StoppedError
from cisim.commands.study_options import driven, kept_in
from cisim.study.interrupts import StudyInterruptedError


@pytest.mark.parametrize(
    ("output", "part"),
    [
        (None, "nothing was kept, as no folder was named with --output"),
        (Path("out"), "what had finished is kept in out, and the same command goes on with it"),
    ],
)
def test_several_studies_that_are_stopped_tell_what_is_left_of_all(output: Path | None, part: str) -> None:
    told = "told to end; 12 finished runs are kept in memory://x; go on with: cisim resume memory://x"
    for error, code, word in (
        (StudyInterruptedError(told, 143), 143, "told to end"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ):
        with pytest.raises(StoppedError) as caught, driven(kept_in(output)):
            raise error
        assert str(caught.value) == f"{word}; {part}"
        assert caught.value.code == code


def test_one_study_tells_its_own_folder() -> None:
    told = "interrupted; 12 finished runs are kept in out; go on with: cisim resume out"
    with pytest.raises(StoppedError) as caught, driven():
        raise StudyInterruptedError(told, 130)
    assert str(caught.value) == told


def test_a_calibration_takes_no_samples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "calibration", "--samples", "3", "--dry-run"]) == BAD_INPUT
    assert "--samples: a calibration goes by waves" in capsys.readouterr().err


def test_a_check_of_single_worlds_is_refused_before_anything_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    for more in ((), ("--dry-run",)):
        words = ["predict", "calibration-check", "--samples", "2", "--worlds", "1", "-o", str(folder), *more]
        assert main(words) == BAD_INPUT
        out, err = capsys.readouterr()
        assert (out, err) == ("", "cisim: worlds: 1 is not allowed; predict needs 2 or more for its errors\n")
        assert not folder.exists()
