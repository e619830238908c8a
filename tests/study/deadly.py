"""Worker processes that die of one particular run, half-way through an answer, or before they begin."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from cisim.study.executors import Pool, _Futures
from cisim.study.processes import WorkerProcesses

DEADLY = (2, 3)
"""Point and world of the run."""


def arm(parent: int) -> None:
    """Let this worker die when it meets the run."""
    del parent
    from cisim.study import work

    one = work._one

    def deadly(context: object, keyers: object, chunk: object, i: int, made: object) -> object:
        if (chunk.point[i], chunk.world[i]) == DEADLY:  # type: ignore[attr-defined]
            os._exit(9)
        return one(context, keyers, chunk, i, made)  # type: ignore[arg-type]

    work._one = deadly  # type: ignore[assignment]


def cut_off(deaths: Path, parent: int) -> None:
    """Let the first worker that answers be killed with half of its answer written."""
    del parent
    send = Connection.send_bytes

    def half(self: Connection, data: bytes) -> None:
        if len(data) > 1000 and not deaths.exists():
            deaths.touch()
            os.write(self.fileno(), len(data).to_bytes(4, "big") + data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        send(self, data)

    Connection.send_bytes = half  # type: ignore[method-assign,assignment]


def stillborn(how: int, deaths: Path, parent: int) -> None:
    """End before the first chunk: with an exit code each time, or by a signal (negative) the first time."""
    del parent
    if how > 0:
        sys.exit(how)
    if not deaths.exists():
        deaths.touch()
        os.kill(os.getpid(), -how)


class StubbornError(Exception):
    """An error that cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def refuse_to_travel() -> None:
    """Raise it."""
    raise StubbornError("one", "two")


def pool_with(prepare: Callable[[int], object]) -> Pool:
    """A pool of two workers that are prepared in a way of their own."""
    return _Futures(2, partial(WorkerProcesses, prepare=prepare))
