"""Who is simulated next: futures of all that is asked, on a few threads, fairly and each run once.

The first futures of whatever was asked last come before the later ones of others, in the order they were asked;
the rest go in turns, one run of each. Long runs never take the last free thread while there is another. A run
that is known is not simulated; one that is under way for somebody else is waited for. What nobody wants any more
leaves the queue at once; the engine lets go of the interpreter, so threads use all cores.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from cisim.whatif.state import LEAST_FUTURES

if TYPE_CHECKING:
    from cisim.web.cache import ByteCache
    from cisim.whatif.futures import Futures, Pair, Run

FIRST_RUNS = 2 * LEAST_FUTURES
"""Runs of a what-if that come before the later ones of others."""
LONG_SECONDS = 0.1
"""Runs estimated to take longer wait for their turn from the start, and leave a thread free."""
log = logging.getLogger("cisim.web")


class Task:
    """The runs of one what-if, while they come in.

    Parameters
    ----------
    futures : Futures
    run_seconds : float
        Rough time of a run.
    on_change : callable
        Called, on any thread, whenever more futures are done or the task has failed.

    Attributes
    ----------
    n_new : int
        Runs that were simulated for it, or for another at the same time; the others were known.
    error : Exception or None
        Why it has stopped.
    is_wanted : bool
        Whether anybody still waits for it.
    """

    def __init__(self, futures: Futures, run_seconds: float, on_change: Callable[[], object]) -> None:
        self.futures = futures
        self.is_long = run_seconds > LONG_SECONDS
        self.n_new = 0
        self.error: Exception | None = None
        self.is_wanted = True
        self._runs: list[Run | None] = [None] * (2 * futures.n)
        self._in_a_row = 0
        self._next = 0
        self._on_change = on_change
        self._lock = threading.Lock()

    @property
    def done(self) -> int:
        """Futures done, counted from the first without a gap."""
        return self._in_a_row // 2

    def pairs(self, n: int) -> list[Pair]:
        """Return the first `n` futures, all of which are done."""
        runs = self._runs[: 2 * n]
        return list(zip(runs[::2], runs[1::2], strict=True))  # type: ignore[arg-type]

    def take(self) -> int:
        """Return the number of its next run, which is then given out."""
        self._next += 1
        return self._next - 1

    @property
    def is_given_out(self) -> bool:
        """Whether no run is left to give out."""
        return self._next >= len(self._runs)

    @property
    def is_first(self) -> bool:
        """Whether its next run is one of its first."""
        return self._next < FIRST_RUNS

    def put(self, k: int, run: Run, *, is_new: bool) -> None:
        """Note run `k`."""
        with self._lock:
            before = self.done
            self._runs[k] = run
            self.n_new += is_new
            while self._in_a_row < len(self._runs) and self._runs[self._in_a_row] is not None:
                self._in_a_row += 1
        if self.done > before:
            self._on_change()

    def fail(self, error: Exception) -> None:
        """Note why it cannot go on."""
        self.error = error
        self._on_change()


Waiting = list[tuple[Task, int]]


class Scheduler:
    """Threads that simulate what is asked.

    Parameters
    ----------
    threads : int
    cache : ByteCache of Run
        Runs that are known, by key.
    """

    def __init__(self, threads: int, cache: ByteCache[Run]) -> None:
        self.n_threads = threads
        self.n_simulated = 0
        self._cache = cache
        self._first: deque[Task] = deque()
        self._later: deque[Task] = deque()
        self._n_long = 0
        self._underway: dict[str, Waiting] = {}
        self._is_open = True
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def n_waiting(self) -> int:
        """What-ifs of which runs are left to give out."""
        return len(self._first) + len(self._later)

    def submit(self, task: Task) -> None:
        """Queue a task."""
        with self._changed:
            self._queue_of(task).append(task)
            self._changed.notify_all()

    def cancel(self, task: Task) -> None:
        """Take out what is left of a task; runs under way end, and are kept for whoever asks for them."""
        with self._changed:
            task.is_wanted = False
            for queue in (self._first, self._later):
                if task in queue:
                    queue.remove(task)

    def close(self) -> None:
        """Stop the threads, each after the run it is at."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _queue_of(self, task: Task) -> deque[Task]:
        """Return where a task waits for its next run."""
        return self._first if task.is_first and not task.is_long else self._later

    def _work(self) -> None:
        """Simulate until closed."""
        while (given := self._give()) is not None:
            task, k = given
            try:
                self._perform(task, k)
            except Exception as error:
                task.fail(error)
            finally:
                if task.is_long:
                    with self._changed:
                        self._n_long -= 1
                        self._changed.notify_all()

    def _give(self) -> tuple[Task, int] | None:
        """Wait for the next run; None once closed."""
        with self._changed:
            while self._is_open:
                task = self._next_task()
                if task is not None:
                    return task, self._out_of(task)
                self._changed.wait()
        return None

    def _next_task(self) -> Task | None:
        """Return the task whose turn it is and take it out of its queue."""
        if self._first:
            return self._first.popleft()
        is_free = self._n_long < max(1, self.n_threads - 1)
        task = next((one for one in self._later if is_free or not one.is_long), None)
        if task is not None:
            self._later.remove(task)
        return task

    def _out_of(self, task: Task) -> int:
        """Give out the next run of a task and let the task queue up again."""
        k = task.take()
        self._n_long += task.is_long
        if not task.is_given_out:
            again = self._queue_of(task)
            again.appendleft(task) if again is self._first else again.append(task)
        return k

    def _perform(self, task: Task, k: int) -> None:
        """See to run `k` of a task: take it from the cache, wait for it, or simulate it."""
        if not task.is_wanted or task.error:
            return
        key = task.futures.key(k // 2, k % 2)
        with self._changed:
            run = self._cache.get(key)
            if run is None:
                is_underway = key in self._underway
                self._underway.setdefault(key, []).append((task, k))
                if is_underway:
                    return
        if run is not None:
            task.put(k, run, is_new=False)
        else:
            self._simulate(task, k, key)

    def _simulate(self, task: Task, k: int, key: str) -> None:
        """Simulate a run and hand it to all who wait for it."""
        try:
            run = task.futures.simulate(k // 2, k % 2)
        except Exception as error:
            for waiting, _ in self._no_longer_underway(key):
                waiting.fail(error)
            return
        self._cache.put(key, run, run.nbytes)
        with self._changed:
            self.n_simulated += 1
        for waiting, number in self._no_longer_underway(key):
            waiting.put(number, run, is_new=True)

    def _no_longer_underway(self, key: str) -> Waiting:
        """Return who waits for a run that has ended."""
        with self._changed:
            return self._underway.pop(key)
