"""Worker processes with pipes of their own: whatever happens to one, nobody waits for ever."""

from __future__ import annotations

import multiprocessing
import operator
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cisim.study.folder import Folder
from cisim.study.problems import StudyError
from cisim.study.processes import NotStartedError, WorkerProcesses
from cisim.study.runner import How, run_study
from study.deadly import cut_off, pool_with, refuse_to_travel, stillborn
from study.small import long_study, run, study, table_bytes

SOON = 30.0


@pytest.fixture
def two() -> Iterator[WorkerProcesses]:
    pool = WorkerProcesses(2)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        assert multiprocessing.active_children() == []


def both_at_work(pool: WorkerProcesses) -> list[int]:
    """Numbers of two workers that have each answered."""
    found: set[int] = set()
    end = time.monotonic() + SOON
    while len(found) < 2:
        assert time.monotonic() < end
        slow = pool.submit(time.sleep, 0.05)
        found.add(pool.submit(os.getpid).result(SOON))
        slow.result(SOON)
    return sorted(found)


def test_calls_are_made_and_errors_travel(two: WorkerProcesses) -> None:
    assert [two.submit(pow, 3, k).result(SOON) for k in range(5)] == [1, 3, 9, 27, 81]
    with pytest.raises(ZeroDivisionError):
        two.submit(operator.truediv, 1, 0).result(SOON)
    with pytest.raises(TypeError, match="cannot pickle"):
        two.submit(threading.Lock).result(SOON)
    with pytest.raises(RuntimeError, match="StubbornError: one and two"):
        two.submit(refuse_to_travel).result(SOON)
    with pytest.raises(TypeError, match="named arguments"):
        two.submit(pow, 3, exp=2)
    assert os.getpid() not in both_at_work(two)


def test_what_a_killed_worker_had_in_hand_fails_and_the_rest_goes_on(two: WorkerProcesses) -> None:
    workers = both_at_work(two)
    hands = [two.submit(time.sleep, 1.5) for _ in range(2)]
    queued: list[Future[Any]] = [two.submit(os.getpid) for _ in range(3)]
    time.sleep(0.3)
    os.kill(workers[0], signal.SIGKILL)
    wait(hands, SOON)
    assert [type(one.exception()) for one in hands if one.exception()] == [BrokenProcessPool]
    assert {one.result(SOON) for one in queued} == {workers[1]}
    with pytest.raises(BrokenProcessPool, match="a worker process was killed"):
        two.submit(os.getpid)


def test_nothing_waits_for_workers_that_are_all_dead(two: WorkerProcesses) -> None:
    workers = both_at_work(two)
    asked: list[Future[Any]] = [two.submit(time.sleep, 60) for _ in range(5)]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait(asked, SOON)
    assert all(isinstance(one.exception(0), BrokenProcessPool) for one in asked)


def test_an_end_in_the_middle_of_work_is_quick_and_an_orderly_one_is_complete() -> None:
    orderly = WorkerProcesses(2)
    asked = [orderly.submit(pow, 2, k) for k in range(9)]
    orderly.shutdown()
    assert [one.result(0) for one in asked] == [2**k for k in range(9)]
    hasty = WorkerProcesses(2)
    both_at_work(hasty)
    asked = [hasty.submit(time.sleep, 60) for _ in range(5)]
    start = time.monotonic()
    hasty.shutdown(cancel_futures=True)
    assert time.monotonic() - start < SOON
    assert all(one.cancelled() or isinstance(one.exception(0), BrokenProcessPool) for one in asked)
    assert multiprocessing.active_children() == []


def test_a_worker_killed_half_way_through_its_answer_is_only_lost_work(tmp_path: Path) -> None:
    """With one pipe for all answers, the rest of this answer was waited for without end."""
    spec = study(worlds=20)
    remarks: list[str] = []
    pool = pool_with(partial(cut_off, tmp_path / "deaths"))
    place = Folder(str(tmp_path / "study"))
    run_study(spec, place, How(pool, on_remark=remarks.append, chunk_seconds=0.01))
    assert (tmp_path / "deaths").exists()
    assert [remark.split(" ", 1)[1] for remark in remarks] == [
        "runs were lost (a worker process was killed) and are repeated"
    ]
    assert table_bytes(place) == table_bytes(run(spec, tmp_path / "quiet"))


def test_workers_that_are_killed_as_they_start_are_replaced(tmp_path: Path) -> None:
    pool = pool_with(partial(stillborn, -signal.SIGKILL, tmp_path / "deaths"))
    place = Folder(str(tmp_path / "study"))
    run_study(study(), place, How(pool, chunk_seconds=0.01))
    assert (tmp_path / "deaths").exists()
    assert table_bytes(place) == table_bytes(run(study(), tmp_path / "quiet"))


def test_workers_that_cannot_start_end_the_study_with_the_reason(tmp_path: Path) -> None:
    """As in a script without a guard: no run is to blame, and none is recorded as failed."""
    pool = pool_with(partial(stillborn, 3, tmp_path / "deaths"))
    with pytest.raises(StudyError, match=r"end as they start, with exit code 3.*__main__.*cisim resume"):
        run_study(long_study(2), Folder(str(tmp_path / "study")), How(pool))
    with pytest.raises(NotStartedError, match="exit code 3"):
        WorkerProcesses(1, partial(stillborn, 3, tmp_path / "none")).submit(os.getpid).result(SOON)
