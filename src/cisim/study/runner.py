"""Running a study: from what its folder already holds to finished tables, through anything that may happen.

The folder tells what is finished: every chunk is written, flushed and renamed before it counts. So a driver
may be killed at any moment, and the next one takes over where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from cisim.engine import prepare
from cisim.problems import ScenarioError
from cisim.study.dispatch import CHUNK_SECONDS, Dispatcher
from cisim.study.executors import Pool, check_executor, pool_of
from cisim.study.folder import Folder, Lease
from cisim.study.interrupts import Stop, StudyInterruptedError, interruptible
from cisim.study.manifest import FINISHED, Manifest, is_study, read_manifest
from cisim.study.opening import check_folder, check_shard, opened
from cisim.study.parts import Parts
from cisim.study.plan import Plan
from cisim.study.problems import StudyError, StudyInputError
from cisim.study.progress import Status
from cisim.study.results import data_from_parts
from cisim.study.size import check_size
from cisim.study.spec import Spec
from cisim.study.stages import Stage, first_stage, next_stage
from cisim.study.tables import write_tables

CHECKED_POINTS = 20_000
"""Points of a grid that are checked before anything is run."""


@dataclass(frozen=True)
class How:
    """How a study is run; none of it changes the results.

    Attributes
    ----------
    executor : str or Pool
        "threads", "processes" or "dask", or a pool of one's own.
    workers : int or None
        By default one per core.
    scheduler : str or None
        Address of a Dask scheduler; a cluster on this machine is started where none is named.
    on_status, on_remark : callable
        Get a `Status` now and then, and sentences about what happened.
    retry_failed : bool
        Run again what failed before.
    chunk_seconds : float
        How long the pieces take that are handed to workers; what is lost when one is killed.
    """

    executor: str | Pool = "threads"
    workers: int | None = None
    scheduler: str | None = None
    on_status: Callable[[Status], object] = lambda _: None
    on_remark: Callable[[str], object] = lambda _: None
    retry_failed: bool = False
    chunk_seconds: float = CHUNK_SECONDS


def run_study(
    spec: Spec | None,
    folder: Folder,
    how: How,
    *,
    shard: tuple[int, int] | None = None,
    command: str | None = None,
) -> Manifest:
    """Run a study, or what is left of it, and return its manifest.

    Parameters
    ----------
    spec : Spec or None
        The study; None takes the one the folder holds.
    folder : Folder
        New, empty, or one that holds the same study.
    how : How
    shard : tuple of int, optional
        (i, n): run the i-th of n parts of the study only, 1 <= i <= n; `merge` puts them together.
    command : str, optional
        What was typed, for the record.

    Raises
    ------
    StudyInputError
        If the folder holds something else, another study, runs of another version of the model, or another
        driver is at work in it.
    StudyError
        If the disk, the workers or the cluster fail; what had finished is kept.
    StudyInterruptedError
        On Ctrl-C or SIGTERM; what had finished is kept.
    """
    check_executor(how.executor, how.workers, how.scheduler)
    check_shard(spec, shard)
    if spec is not None:
        check_size(spec)
    if spec is None and not is_study(folder):
        read_manifest(folder)  # says what is wrong
    check_folder(folder)
    folder.make()
    with folder.lock() as lock:
        manifest = opened(spec, folder, how.on_remark, shard, command)
        if manifest.state == FINISHED:
            return manifest
        renew = lock.renew if isinstance(lock, Lease) else lambda: None
        return _Run(manifest, folder, how, renew).to_the_end()


class _Run:
    """One driver at work in a locked folder."""

    def __init__(self, manifest: Manifest, folder: Folder, how: How, renew: Callable[[], object]) -> None:
        self.manifest, self.folder, self.how, self.renew = manifest, folder, how, renew
        self.spec = manifest.spec
        self.parts = Parts(folder, self.spec.digest)
        self.pool: Pool | None = None
        self.dispatcher: Dispatcher | None = None
        self.stop = Stop()

    def to_the_end(self) -> Manifest:
        """Run all stages and write the tables."""
        self.parts.scan(retry_failed=self.how.retry_failed)
        for remark in self.parts.remarks:
            self.how.on_remark(remark)
            self.manifest.note(remark)
        with interruptible() as self.stop:
            try:
                stage, plan = self._stages()
                return self._finish(stage, plan)
            except StudyInterruptedError as stop:
                self._salvage()
                raise StudyInterruptedError(self._so_far(stop), stop.code) from None
            except StudyError as error:
                self._salvage()
                raise StudyError(f"{error}; {self._kept()}") from error
            finally:
                if self.pool is not None:
                    self.pool.close()

    def _stages(self) -> tuple[Stage, Plan]:
        """Run stage by stage."""
        stage: Stage | None = first_stage(self.spec)
        while stage is not None:
            plan = Plan(self.spec, stage.design, stage.worlds)
            check_points(plan)
            self._complete(plan)
            if self.manifest.shard is not None:
                return stage, plan
            last = stage
            stage = next_stage(self.spec, stage, partial(data_from_parts, plan, self.parts))
        return last, plan

    def _complete(self, plan: Plan) -> None:
        """Run what a plan misses."""
        todo = self._own(plan, self.parts.missing(plan.jobs))
        if self.pool is None and todo.size:
            prepare(self.how.on_remark)
            self.pool = pool_of(self.how.executor, self.how.workers, self.how.scheduler)
        if self.pool is not None:
            self.dispatcher = Dispatcher(
                plan, self.parts, self.pool, self.manifest.model, self.how.on_status, self.how.on_remark,
                self._heartbeat, self.how.chunk_seconds,
            )  # fmt: skip
            self.dispatcher.run(todo)

    def _heartbeat(self) -> None:
        """Hear signals, and keep other drivers out."""
        self.stop.check()
        self.renew()

    def _own(self, plan: Plan, todo: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the jobs of this shard: paired runs stay together."""
        if self.manifest.shard is None:
            return todo
        i, n = self.manifest.shard
        pair = plan.jobs.point[todo] * (int(plan.worlds.max()) + 1) + plan.jobs.world[todo]
        return np.asarray(todo[pair % n == i - 1])

    def _finish(self, stage: Stage, plan: Plan) -> Manifest:
        """Write the tables; a shard keeps its parts, which `merge` puts together."""
        self.manifest.stop_reason = stage.reason
        if self.manifest.shard is None:
            write_tables(self.manifest, plan, self.parts, self._heartbeat)
        else:
            self.manifest.state = FINISHED
            self.manifest.note("shard complete")
            self.manifest.write(self.folder)
        return self.manifest

    def _salvage(self) -> None:
        """Keep what workers have finished in the meantime."""
        if self.dispatcher is not None:
            self.dispatcher.salvage()

    def _so_far(self, stop: StudyInterruptedError) -> str:
        """Return what an interrupted user wants to know."""
        return f"{stop}; {self._kept()}"

    def _kept(self) -> str:
        """Return what is kept and how to go on."""
        n = sum(part.size for part in self.parts.point)
        return f"{n:,} finished runs are kept in {self.folder}; go on with: cisim resume {self.folder}"


def check_points(plan: Plan) -> None:
    """Refuse a grid with points whose values contradict one another, before anything is run.

    Raises
    ------
    StudyInputError
        With the first such point. (Points drawn from distributions are recorded as failed instead.)
    """
    if plan.spec.uncertain or plan.n_points > CHECKED_POINTS:
        return
    for c, case in enumerate(plan.cases):
        _, first = np.unique(plan.variants[c], return_index=True)
        for point in first:
            try:
                plan.scenario(int(point), case)
            except ScenarioError as error:
                stated = ", ".join(f"{k} = {v}" for k, v in plan.settings(int(point), case).items())
                raise StudyInputError(f"vary: {stated} is not allowed in case {case}: {error}") from error
