"""Worker processes of this machine, each with a pipe of its own.

The pool of the standard library has all workers write their answers into one pipe, behind one lock. A worker that is
killed half-way through an answer leaves the lock taken and a message without an end, and whoever reads the pipe waits
for the rest of it for ever, because the other workers keep it open. Here a pipe has one writer. It closes
with its worker, so a killed worker is an end of file to one thread and nothing to the others.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

JOIN_SECONDS = 5.0
READY = b"ready"


class NotStartedError(RuntimeError):
    """Worker processes end by themselves before they can take any work."""


Task = tuple["futures.Future[Any]", Callable[..., Any], tuple[Any, ...]]


class WorkerProcesses(futures.Executor):
    """An executor of the standard library's kind that outlives the death of its workers.

    Processes are started afresh rather than forked, so that no thread's lock is copied in the middle of its work.
    What a killed worker had in hand fails with `BrokenProcessPool`, and so does what is handed in afterwards; what
    other workers have in hand goes on.

    Parameters
    ----------
    workers : int
    prepare : callable, optional
        Called first in every worker, with the number of this process.
    """

    def __init__(self, workers: int, prepare: Callable[[int], object] | None = None) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._why: Exception | None = None
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._threads: list[threading.Thread] = []
        try:
            for _ in range(workers):
                self._workers.append(_started(prepare or prepare_worker))
            self._serving = workers
            for worker in self._workers:
                self._threads.append(threading.Thread(target=self._serve, args=(worker,), daemon=True))
                self._threads[-1].start()
        except BaseException:
            self._kill()
            raise

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        """Hand in a call without named arguments.

        Raises
        ------
        BrokenProcessPool, NotStartedError
            If a worker was killed, or none can start.
        """
        if kwargs:
            raise TypeError("named arguments are not passed on")
        with self._lock:
            if self._why is not None:
                raise self._why
            future: futures.Future[Any] = futures.Future()
            self._tasks.put((future, fn, args))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all workers: when all work is done, or at once and in the middle of it with `cancel_futures`."""
        with self._lock:
            self._why = self._why or BrokenProcessPool("the pool was shut down")
        if cancel_futures:
            for future, _, _ in self._queued():
                future.cancel()
            self._kill()
        for _ in self._threads:
            self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join(JOIN_SECONDS if cancel_futures else None)
            for worker in self._workers:
                worker.process.join(JOIN_SECONDS)

    def _kill(self) -> None:
        """Kill what is left of the workers."""
        for worker in self._workers:
            worker.process.kill()

    def _queued(self) -> list[Task]:
        """Take out what no worker has in hand."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                found += [task] if task is not None else []
        return found

    def _serve(self, worker: _Worker) -> None:
        """Hand tasks to one worker until it ends or there are no more; a thread of its own."""
        try:
            worker.wait_until_ready()
            while (task := self._tasks.get()) is not None:
                worker.do(*task)
        except (BrokenProcessPool, NotStartedError) as error:
            with self._lock:
                self._why = self._why or error
        finally:
            worker.pipe.close()
            self._leave()

    def _leave(self) -> None:
        """Let the last thread fail what nobody is left for."""
        with self._lock:
            self._serving -= 1
            left = self._queued() if self._serving == 0 else []
            why = self._why or BrokenProcessPool("the pool was shut down")
        for future, _, _ in left:
            if future.set_running_or_notify_cancel():
                future.set_exception(why)


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process and this end of its pipe."""

    process: SpawnProcess
    pipe: Connection

    def wait_until_ready(self) -> None:
        """Return when the worker has said that it is ready."""
        try:
            self.pipe.recv_bytes()
        except (EOFError, OSError) as error:
            self.process.join(JOIN_SECONDS)
            code = self.process.exitcode
            if code is not None and code > 0:
                raise NotStartedError(f"worker processes end as they start, with exit code {code}") from error
            raise BrokenProcessPool("a worker process was killed") from error

    def do(self, future: futures.Future[Any], fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """Have a call made and pass on what comes of it."""
        if not future.set_running_or_notify_cancel():
            return
        try:
            is_fine, value = pickle.loads(self._answer(pickle.dumps((fn, args))))
        except BrokenProcessPool as error:
            future.set_exception(error)
            raise
        except Exception as error:
            future.set_exception(error)
            return
        if is_fine:
            future.set_result(value)
        else:
            future.set_exception(value)

    def _answer(self, call: bytes) -> bytes:
        """Send a call and wait for its answer."""
        try:
            self.pipe.send_bytes(call)
            return self.pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise BrokenProcessPool("a worker process was killed") from error


def _started(prepare: Callable[[int], object]) -> _Worker:
    """Start a worker; its end of the pipe is left to it alone."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with theirs:
        process = context.Process(target=_work, args=(theirs, prepare, os.getpid()), daemon=True)
        process.start()
    return _Worker(process, ours)


# --- in the worker ---


def _work(pipe: Connection, prepare: Callable[[int], object], parent: int) -> None:
    """Answer calls until the other end is closed."""
    prepare(parent)
    with contextlib.suppress(EOFError, OSError):
        pipe.send_bytes(READY)
        while True:
            pipe.send_bytes(_made(pipe.recv_bytes()))


def _made(call: bytes) -> bytes:
    """Make a call; return what came of it and whether that is a result or an error."""
    try:
        fn, args = pickle.loads(call)
        return pickle.dumps((True, fn(*args)))
    except BaseException as error:
        return _packed(error)


def _packed(error: BaseException) -> bytes:
    """Return an error, or its text where it cannot travel."""
    try:
        data = pickle.dumps((False, error))
        pickle.loads(data)
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return data


def prepare_worker(parent: int) -> None:
    """Leave Ctrl-C to the driver, and end with it even if it is killed."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
