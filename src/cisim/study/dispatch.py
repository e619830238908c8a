"""Handing chunks of runs to a pool until none is left, whatever happens to its workers.

Chunks are made as they are needed, of a size that takes a second or more. A chunk that is lost is handed in
again; if that happens twice it runs alone, then in halves, until the one run that ends its worker is found and
recorded as failed.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cisim.study.executors import LostError, Pool
from cisim.study.parts import Parts
from cisim.study.plan import Keyer, Plan, run_key
from cisim.study.problems import StudyError, StudyInputError
from cisim.study.processes import NotStartedError
from cisim.study.progress import Status
from cisim.study.work import Chunk, Context, Done, ModelMismatchError, encode, failure

CHUNK_SECONDS = 1.5
FIRST_RUNS, MOST_RUNS = 8, 4_096
AHEAD = 2
"""Chunks handed in per worker, so that none waits for the next."""
GUARD = "in a script, studies with the executor 'processes' run below: if __name__ == \"__main__\":"
NOT_INSTALLED = (ImportError, AttributeError, pickle.UnpicklingError)


@dataclass
class Work:
    """A chunk under way: its runs, and how often it was lost."""

    chunk: Chunk
    lost: int = 0
    is_alone: bool = False


@dataclass
class Dispatcher:
    """Runs what a plan still misses.

    Parameters
    ----------
    plan : Plan
    parts : Parts
        Where finished chunks go.
    pool : Pool
    model : str
        Version of the model.
    on_status : callable
        Gets a `Status` now and then.
    on_remark : callable
        Gets a sentence about what happened to workers.
    heartbeat : callable
        Called often.
    chunk_seconds : float
        How long a chunk should take.
    """

    plan: Plan
    parts: Parts
    pool: Pool
    model: str
    on_status: Callable[[Status], object]
    on_remark: Callable[[str], object]
    heartbeat: Callable[[], object] = lambda: None
    chunk_seconds: float = CHUNK_SECONDS
    _waiting: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _at: int = 0
    _again: deque[Work] = field(default_factory=deque)
    _alone: deque[Work] = field(default_factory=deque)
    _flight: dict[int, Work] = field(default_factory=dict)
    _number: int = 0
    _seconds_per_run: float | None = None

    def run(self, todo: npt.NDArray[np.int64]) -> None:
        """Run the jobs with these indices; every finished chunk is on disk before the next is counted.

        Raises
        ------
        StudyError, StudyInputError
            If the folder, the workers or the cluster cannot go on; what has finished is kept.
        """
        self._waiting, self._at = todo, 0
        self._packed = pickle.dumps(
            Context(self.parts.study, self.model, tuple(self.plan.spec.cases.values()), self.plan.spec.series)
        )
        self._start, self._begun = time.monotonic(), 0
        self._total = int(self.plan.jobs.to_run.size)
        self._done = self._total - int(todo.size)
        self._tell()
        while self._at < todo.size or self._again or self._alone or self._flight:
            self._fill()
            self._take(self.pool.answers(timeout=1.0))
            self.heartbeat()

    def salvage(self) -> None:
        """Keep what has come back already; called when the study is interrupted."""
        with suppress(Exception):
            for number, answer in self.pool.answers(timeout=0.0):
                if isinstance(answer, Done) and number in self._flight:
                    self._keep(number, answer)

    # --- handing in ---

    def _fill(self) -> None:
        """Hand in chunks until every worker has enough; a chunk under suspicion runs alone."""
        if any(work.is_alone for work in self._flight.values()):
            return
        while len(self._flight) < AHEAD * self.pool.workers:
            if self._again:
                self._hand_in(self._again.popleft())
            elif self._at < self._waiting.size:
                self._hand_in(Work(self._next_chunk()))
            else:
                break
        if not self._flight and self._alone:
            work = self._alone.popleft()
            work.is_alone = True
            self._hand_in(work)

    def _hand_in(self, work: Work) -> None:
        """Hand in one chunk."""
        self._number += 1
        self._flight[self._number] = work
        self.pool.submit(self._number, self._packed, work.chunk)

    def _next_chunk(self) -> Chunk:
        """Return the next runs: as many as take a second or more, fewer near the end."""
        left = self._waiting.size - self._at
        size = FIRST_RUNS
        if self._seconds_per_run is not None:
            size = int(self.chunk_seconds / max(self._seconds_per_run, 1e-6)) + 1
        share = -(-left // (AHEAD * self.pool.workers))
        size = max(1, min(size, share, MOST_RUNS))
        taken = self._waiting[self._at : self._at + size]
        self._at += size
        return chunk_of(self.plan, taken)

    # --- taking back ---

    def _take(self, answers: list[tuple[int, Done | BaseException]]) -> None:
        """Keep what is finished; see to what is not."""
        lost = False
        for number, answer in answers:
            if number not in self._flight:
                continue
            if isinstance(answer, Done):
                self._keep(number, answer)
            elif isinstance(answer, LostError):
                lost = True
                self._lose(self._flight.pop(number), str(answer))
            else:
                self._refuse(self._flight.pop(number), answer)
        if lost:
            for work in (
                self._flight.values()
            ):  # whatever else was there is gone with the pool, by no fault of its own
                work.is_alone = False
                self._again.append(work)
            self._flight.clear()
            self.pool.renew()

    def _keep(self, number: int, done: Done) -> None:
        """Write a finished chunk."""
        self._flight.pop(number)
        self.parts.add(done.part)
        self._done += done.runs
        self._begun += done.runs
        each = done.seconds / max(1, done.runs)
        before = self._seconds_per_run
        self._seconds_per_run = each if before is None else 0.7 * before + 0.3 * each
        self._tell()

    def _lose(self, work: Work, why: str) -> None:
        """Put back a chunk that did not come back."""
        self.on_remark(f"{len(work.chunk)} runs were lost ({why}) and are repeated")
        work.lost += 1
        if work.is_alone:
            self._divide(work, f"its worker died each time ({why})")
        else:
            (self._alone if work.lost > 1 else self._again).append(work)

    def _refuse(self, work: Work, error: BaseException) -> None:
        """See to a chunk whose worker raised an error outside of any run."""
        if isinstance(error, ModelMismatchError):
            raise StudyInputError(str(error))
        if isinstance(error, NotStartedError):
            raise StudyError(f"{error}, and say why above; {GUARD}")
        if isinstance(error, NOT_INSTALLED):
            raise StudyError(f"a worker cannot run cisim: {type(error).__name__}: {error}")
        self._divide(work, f"{type(error).__name__}: {error}")

    def _divide(self, work: Work, why: str) -> None:
        """Try the halves of a chunk alone; a single run is recorded as failed."""
        n = len(work.chunk)
        if n > 1:
            self._alone.extend(
                Work(part, work.lost) for part in (work.chunk.cut(0, n // 2), work.chunk.cut(n // 2, n))
            )
            return
        chunk = work.chunk
        case = self.plan.cases[chunk.case[0]]
        run = run_key(Keyer(self.plan.spec.cases[case]).digest(chunk.values[0]), chunk.seed[0], self.model)
        row = failure((chunk.point[0], chunk.case[0], chunk.world[0], chunk.seed[0], run), why)
        self.parts.add(encode([row], pickle.loads(self._packed)))
        self.on_remark(f"point {chunk.point[0]}, case {case}, world {chunk.world[0]} failed: {why}")
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        """Report how far it is."""
        passed = time.monotonic() - self._start
        rate = self._begun / passed if passed > 0.0 else 0.0
        left = (self._total - self._done) / rate if rate > 0.0 else None
        self.on_status(Status(self._done, self._total, self.parts.n_failed, rate, left))


def chunk_of(plan: Plan, at: npt.NDArray[np.int64]) -> Chunk:
    """Return the runs of some jobs as a worker wants them."""
    jobs = plan.jobs
    point, case = jobs.point[at].tolist(), jobs.case[at].tolist()
    known: dict[tuple[int, int], dict[str, float | int | str]] = {}
    for pair in zip(point, case, strict=True):
        if pair not in known:
            known[pair] = plan.settings(pair[0], plan.cases[pair[1]])
    values = tuple(known[pair] for pair in zip(point, case, strict=True))
    return Chunk(
        tuple(point), tuple(case), tuple(jobs.world[at].tolist()), tuple(jobs.seed[at].tolist()), values
    )
