from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from cisim.web.cache import ENTRY_BYTES, ByteCache
from cisim.web.scheduler import FIRST_RUNS, Scheduler, Task
from cisim.whatif.futures import Run

NOTHING = Run(np.zeros(1), np.zeros((1, 1)), np.zeros(1))


@dataclass
class Told:
    """Futures that note what is simulated, and may wait for a sign."""

    name: str
    order: list[tuple[str, int]]
    n: int = 32
    shared: bool = False
    gate: threading.Event | None = None
    error: Exception | None = None
    started: threading.Event = field(default_factory=threading.Event)

    def key(self, i: int, case: int) -> str:
        return f"{'' if self.shared else self.name}:{i}:{case}"

    def simulate(self, i: int, case: int) -> Run:
        self.order.append((self.name, 2 * i + case))
        self.started.set()
        if self.gate:
            assert self.gate.wait(20)
        if self.error:
            raise self.error
        return NOTHING


def task_of(told: Told, run_seconds: float = 0.0) -> Task:
    return Task(told, run_seconds, lambda: None)  # type: ignore[arg-type]


def until(is_true: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.002)


def cache(most: int = 10**7) -> ByteCache[Run]:
    return ByteCache(most)


@pytest.fixture
def one():
    """One thread, held up by a run of nobody until `gate` is set."""
    scheduler = Scheduler(1, cache())
    gate = threading.Event()
    blocker = Told("blocker", [], n=1, gate=gate)
    scheduler.submit(task_of(blocker))
    assert blocker.started.wait(20)
    yield scheduler, gate
    gate.set()
    scheduler.close()


def test_first_futures_come_before_later_ones_of_others_and_these_in_turns(one):
    scheduler, gate = one
    order: list[tuple[str, int]] = []
    tasks = [task_of(Told(name, order)) for name in "ab"]
    for task in tasks:
        scheduler.submit(task)
    gate.set()
    until(lambda: all(task.done == 32 for task in tasks))
    first = [("a", k) for k in range(FIRST_RUNS)] + [("b", k) for k in range(FIRST_RUNS)]
    assert order[: 2 * FIRST_RUNS] == first
    later = [name for name, _ in order[2 * FIRST_RUNS :]]
    assert later == ["a", "b"] * (64 - FIRST_RUNS)


def test_equal_runs_are_simulated_once_and_known_ones_not_at_all():
    scheduler = Scheduler(2, cache())
    gate, order = threading.Event(), []
    told = [Told(name, order, n=8, shared=True, gate=gate) for name in "ab"]
    tasks = [task_of(one) for one in told]
    for task in tasks:
        scheduler.submit(task)
    until(lambda: len(order) == 2)
    gate.set()
    until(lambda: all(task.done == 8 for task in tasks))
    assert sorted(k for _, k in order) == list(range(16))
    third = task_of(Told("c", order, n=8, shared=True))
    scheduler.submit(third)
    until(lambda: third.done == 8)
    scheduler.close()
    assert len(order) == 16 == scheduler.n_simulated
    assert third.n_new == 0


def test_what_is_cancelled_leaves_the_queue_and_others_get_its_run_under_way(one):
    scheduler, gate = one
    order: list[tuple[str, int]] = []
    gone, kept = task_of(Told("gone", order)), task_of(Told("kept", order, n=8))
    scheduler.submit(gone)
    scheduler.submit(kept)
    before = scheduler.n_waiting
    scheduler.cancel(gone)
    assert scheduler.n_waiting == before - 1
    gate.set()
    until(lambda: kept.done == 8)
    assert {name for name, _ in order} == {"kept"}


def test_waiting_for_a_run_outlives_whoever_started_it():
    scheduler = Scheduler(2, cache())
    gate, order = threading.Event(), []
    owner, waiting = (
        task_of(Told(name, order, n=1, shared=True, gate=gate)) for name in ("owner", "waiting")
    )
    scheduler.submit(owner)
    until(lambda: len(order) == 2)
    scheduler.submit(waiting)
    scheduler.cancel(owner)
    gate.set()
    until(lambda: waiting.done == 1)
    scheduler.close()
    assert len(order) == 2


def test_long_runs_leave_a_thread_free_for_short_ones():
    scheduler = Scheduler(2, cache())
    gate, order = threading.Event(), []
    long = task_of(Told("long", order, n=4, gate=gate), run_seconds=3.0)
    short = task_of(Told("short", order, n=4))
    scheduler.submit(long)
    until(lambda: len(order) == 1)
    scheduler.submit(short)
    until(lambda: short.done == 4)
    assert [name for name, _ in order].count("long") == 1
    gate.set()
    until(lambda: long.done == 4)
    scheduler.close()


def test_a_failure_reaches_all_who_wait_and_nobody_else():
    scheduler = Scheduler(2, cache())
    order: list[tuple[str, int]] = []
    bad = task_of(Told("bad", order, error=ValueError("no")))
    good = task_of(Told("good", order, n=8))
    scheduler.submit(bad)
    scheduler.submit(good)
    until(lambda: good.done == 8 and bad.error is not None)
    scheduler.close()
    assert isinstance(bad.error, ValueError)
    assert good.error is None
    assert len([name for name, _ in order if name == "bad"]) < 64


def test_closing_ends_all_threads_at_once():
    before = threading.active_count()
    scheduler = Scheduler(3, cache())
    assert threading.active_count() == before + 3
    scheduler.close()
    assert threading.active_count() == before


def test_a_cache_never_takes_more_than_it_may():
    kept = cache(10 * (ENTRY_BYTES + 100))
    for k in range(100):
        kept.put(str(k), NOTHING, 100)
        assert kept.nbytes <= kept.most_bytes
    assert len(kept) == 10
    kept.put("huge", NOTHING, 10**9)
    assert kept.get("huge") is None
    assert len(kept) == 10
    kept.put("99", NOTHING, 50)
    assert kept.nbytes == 9 * (ENTRY_BYTES + 100) + ENTRY_BYTES + 50
