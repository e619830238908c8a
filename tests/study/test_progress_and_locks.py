from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest

from cisim.study import folder as folders
from cisim.study.folder import Folder, Lease, holder
from cisim.study.problems import InUseError
from cisim.study.progress import Status, StudyProgress, line
from study.small import long_study, run, table_bytes


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_gets_one_line_that_is_gone_at_the_end() -> None:
    out, clock = Terminal(), Clock()
    with StudyProgress(stream=out, clock=clock) as progress:
        for done in range(0, 101, 10):
            progress(Status(done, 100, 1, 20.0, (100 - done) / 20.0))
            clock.now += 0.11
        progress.remark("a worker went away")
    text = out.getvalue()
    assert text.count("\n") == 1
    assert "cisim: a worker went away\n" in text
    assert "[#########...............] 40 of 100 runs, 20 a second, 1 failed, 3 s left" in text
    assert "50 of 100" not in text, "not redrawn more often than every fifth of a second"
    assert text.endswith("\r\x1b[K")


def test_elsewhere_a_line_of_json_at_the_start_every_ten_seconds_and_at_the_end() -> None:
    out, clock = io.StringIO(), Clock()
    with StudyProgress(stream=out, clock=clock) as progress:
        for done in range(26):
            progress(Status(done, 25, 0, 1.0, 25.0 - done))
            clock.now += 1.0
    told = [json.loads(one) for one in out.getvalue().splitlines()]
    assert [one["done"] for one in told] == [0, 10, 20, 25]
    assert told[1] == {
        "event": "progress",
        "done": 10,
        "total": 25,
        "failed": 0,
        "per_second": 1.0,
        "seconds_left": 15.0,
    }


def test_quiet_is_silent() -> None:
    for stream in (io.StringIO(), Terminal()):
        with StudyProgress(is_wanted=False, stream=stream) as progress:
            progress(Status(1, 2, 0, 1.0, 1.0))
            progress.remark("nothing")
        assert stream.getvalue() == ""


def test_a_line_says_only_what_is_known() -> None:
    assert line(Status(0, 9, 0, 0.0, None)) == "[........................] 0 of 9 runs"


def test_a_lease_keeps_others_out_until_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Folder("memory://cisim-tests/lease")
    place.make()
    first = Lease(place).__enter__()
    with pytest.raises(InUseError, match="at work in this folder"):
        Lease(place).__enter__()
    assert holder(place) is not None
    later = time.time() + folders.LEASE_SECONDS + 1
    monkeypatch.setattr(folders.time, "time", lambda: later)
    assert holder(place) is None
    second = Lease(place).__enter__()
    first.renewed = -1e9
    with pytest.raises(InUseError):
        first.renew()  # it was away for too long, and another has taken over
    first.__exit__(None, None, None)
    assert holder(place) is not None, "the lease of the second is not given up by the first"
    second.__exit__(None, None, None)
    assert holder(place) is None


def test_an_old_lease_of_a_killed_driver_does_not_stop_the_next(tmp_path: Path) -> None:
    place = Folder("memory://cisim-tests/stale")
    place.make()
    place.write(".lock", json.dumps({"host": "gone", "pid": 1, "token": "x", "time": 0.0}).encode())
    run(long_study(2), "memory://cisim-tests/stale")
    assert table_bytes(place) == table_bytes(run(long_study(2), tmp_path / "quiet"))
