"""Where chunks run: threads of this process, processes of this machine, or the workers of a Dask cluster.

All three answer to one small protocol. A pool may lose chunks, when a worker is killed or a scheduler restarted; it
says so, and the runner hands them in again.
"""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from cisim.engine import n_cores
from cisim.study.problems import StudyError, StudyInputError
from cisim.study.processes import NotStartedError, WorkerProcesses
from cisim.study.work import Chunk, Done, run_chunk

EXECUTORS = ("threads", "processes", "dask")
PATIENCE_SECONDS = 120.0
"""How long a lost Dask scheduler or missing workers are waited for, unless told otherwise."""


class LostError(RuntimeError):
    """A chunk did not come back because its worker or scheduler went away."""


Answer = tuple[int, "Done | BaseException"]


class Pool(Protocol):
    """Something that runs chunks.

    Attributes
    ----------
    workers : int
        Chunks that run at one time.
    """

    workers: int

    def submit(self, number: int, packed: bytes, chunk: Chunk) -> None:
        """Hand in a chunk under a number."""

    def answers(self, timeout: float) -> list[Answer]:
        """Return chunks that have come back since the last call; wait up to `timeout` seconds for the first."""

    def renew(self) -> None:
        """Start again after `LostError`."""

    def close(self) -> None:
        """End; chunks that have not come back are given up."""


class _Futures:
    """A pool on top of an executor of the standard library."""

    def __init__(self, workers: int, make: Callable[[int], futures.Executor]) -> None:
        self.workers = workers
        self._make = make
        self._pool = make(workers)
        self._back: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def submit(self, number: int, packed: bytes, chunk: Chunk) -> None:
        """Hand in a chunk under a number."""
        try:
            future = self._pool.submit(run_chunk, packed, chunk)
        except RuntimeError as error:
            self._back.put((number, error if isinstance(error, NotStartedError) else LostError(str(error))))
            return
        future.add_done_callback(lambda done: self._back.put((number, _answer(done))))

    def answers(self, timeout: float) -> list[Answer]:
        """Return chunks that have come back since the last call; wait up to `timeout` seconds for the first."""
        return _drained(self._back, timeout)

    def renew(self) -> None:
        """Start new workers."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._make(self.workers)

    def close(self) -> None:
        """End without waiting for what is queued; a running chunk is ended (process) or waited for (thread)."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _answer(future: Any) -> Done | BaseException:
    """Return what a finished future holds; a broken pool counts as lost."""
    if future.cancelled():
        return LostError("cancelled")
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        return LostError(str(error))
    result: Done | BaseException = error if error is not None else future.result()
    return result


def _drained(back: queue.SimpleQueue[Answer], timeout: float) -> list[Answer]:
    """Return everything in a queue, waiting for the first."""
    found: list[Answer] = []
    with contextlib.suppress(queue.Empty):
        found.append(back.get(timeout=timeout))
        while True:
            found.append(back.get_nowait())
    return found


def threads(workers: int | None = None) -> Pool:
    """Return a pool of threads of this process, one per core unless told otherwise."""
    return _Futures(workers or n_cores(), futures.ThreadPoolExecutor)


def processes(workers: int | None = None) -> Pool:
    """Return a pool of processes of this machine, one per core unless told otherwise.

    They are started afresh rather than forked, and none waits for another; see `cisim.study.processes`.
    """
    return _Futures(workers or n_cores(), WorkerProcesses)


class DaskPool:
    """Workers of a Dask cluster, or of a cluster on this machine that is started and ended here.

    Parameters
    ----------
    scheduler : str, optional
        Address such as ``tcp://host:8786``.
    workers : int, optional
        Of the local cluster.
    patience : float
        Seconds to wait for workers, and for a scheduler that went away.

    Raises
    ------
    StudyInputError
        If Dask is not installed or nobody answers at the address.
    """

    def __init__(
        self, scheduler: str | None = None, workers: int | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        try:
            import distributed
        except ImportError as error:
            raise StudyInputError(
                "executor: dask needs the package 'distributed': pip install 'cisim[dask]'"
            ) from error
        self._scheduler, self._patience, self._cluster = scheduler, patience, None
        self._back: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._waiting: dict[Any, int] = {}
        self._serial = 0
        self.workers = workers or n_cores()
        if scheduler is None:
            self._cluster = distributed.LocalCluster(
                n_workers=self.workers, threads_per_worker=1, processes=True, dashboard_address=None,
                silence_logs=40,
            )  # fmt: skip
        self._client = self._connected(min(patience, 30.0), is_first=True)
        self.workers = self._n_threads()

    def _connected(self, patience: float, *, is_first: bool) -> Any:
        """Return a client of the scheduler, tried again until patience ends."""
        import distributed

        end = time.monotonic() + patience
        while True:
            try:
                address = self._cluster if self._cluster is not None else self._scheduler
                return distributed.Client(address, timeout=min(5.0, patience), set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                if is_first and isinstance(error, ValueError):
                    raise StudyInputError(
                        f"scheduler: {self._scheduler!r} is not an address: {error}"
                    ) from error
                if time.monotonic() > end:
                    text = f"scheduler: nobody answers at {self._scheduler} for {patience:.0f} s"
                    raise (StudyInputError(text) if is_first else StudyError(text)) from error
                time.sleep(0.5)

    def _n_threads(self) -> int:
        """Return how many chunks the cluster runs at one time, waiting for the first worker.

        Raises
        ------
        StudyError
            If none comes.
        """
        end = time.monotonic() + self._patience
        while True:
            with contextlib.suppress(OSError, TimeoutError, ValueError):
                found = sum(self._client.nthreads().values())
                if found:
                    return int(found)
            if time.monotonic() > end:
                raise StudyError(
                    f"scheduler: no worker has come to {self._scheduler} for {self._patience:.0f} s"
                )
            time.sleep(0.2)

    def submit(self, number: int, packed: bytes, chunk: Chunk) -> None:
        """Hand in a chunk under a number."""
        self._serial += 1
        try:
            future = self._client.submit(
                run_chunk,
                packed,
                chunk,
                key=f"cisim-{os.getpid()}-{id(self)}-{self._serial}",
                pure=False,
                retries=2,
            )
        except (OSError, RuntimeError, ValueError) as error:
            self._back.put((number, LostError(str(error))))
            return
        self._waiting[future] = number
        future.add_done_callback(lambda done: self._back.put((number, self._taken(done))))

    def _taken(self, future: Any) -> Done | BaseException:
        """Return what a finished future holds; whatever the cluster itself lost counts as lost."""
        self._waiting.pop(future, None)
        if future.status in ("cancelled", "lost"):
            return LostError("the scheduler lost it")
        try:
            result: Done = future.result(timeout=60)
        except Exception as error:
            kind = type(error).__name__
            lost = (
                "KilledWorker",
                "CancelledError",
                "FutureCancelledError",
                "CommClosedError",
                "TimeoutError",
            )
            return LostError(f"{kind}: {error}") if kind in lost or isinstance(error, OSError) else error
        return result

    def answers(self, timeout: float) -> list[Answer]:
        """Return chunks that have come back since the last call; wait up to `timeout` seconds for the first."""
        found = _drained(self._back, timeout)
        if not found and self._waiting and self._client.status not in ("running", "connecting"):
            lost = [(number, LostError("the scheduler went away")) for number in self._waiting.values()]
            self._waiting.clear()
            return list(lost)
        return found

    def renew(self) -> None:
        """Connect again, to a scheduler that may have been restarted."""
        with contextlib.suppress(Exception):
            self._client.close(timeout=2)
        self._waiting.clear()
        self._client = self._connected(self._patience, is_first=False)
        self.workers = self._n_threads()

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        for future in list(self._waiting):
            with contextlib.suppress(Exception):
                future.cancel()
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close(timeout=10)


def check_executor(executor: object, workers: object, scheduler: object) -> None:
    """Refuse what is no executor, before anything is written.

    Raises
    ------
    StudyInputError
        With what is allowed.
    """
    if isinstance(workers, bool) or not (workers is None or (isinstance(workers, int) and workers >= 1)):
        raise StudyInputError(f"workers: {workers!r} is not allowed; a whole number of at least 1, or None")
    if not isinstance(executor, str):
        missing = [
            name for name in ("submit", "answers", "renew", "close", "workers") if not hasattr(executor, name)
        ]
        if missing:
            raise StudyInputError(
                f"executor: {executor!r} is not allowed; one of {', '.join(EXECUTORS)}, or a pool with {missing[0]}"
            )
    elif executor not in EXECUTORS:
        raise StudyInputError(f"executor: {executor!r} is not allowed; one of {', '.join(EXECUTORS)}")
    if scheduler is not None and (executor != "dask" or not isinstance(scheduler, str)):
        raise StudyInputError(
            f"scheduler: {scheduler!r} is not allowed with {executor!r}; an address, with dask"
        )


def pool_of(executor: str | Pool, workers: int | None = None, scheduler: str | None = None) -> Pool:
    """Return the pool that a name means; a pool of one's own passes through."""
    if not isinstance(executor, str):
        return executor
    if executor == "dask":
        return DaskPool(scheduler, workers)
    return threads(workers) if executor == "threads" else processes(workers)
