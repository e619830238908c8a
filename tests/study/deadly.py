"""Worker processes that die of one particular run."""

from __future__ import annotations

import multiprocessing
import os
from concurrent import futures

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


def deadly_pool() -> object:
    """A pool of two such workers."""
    from cisim.study.executors import _Futures

    context = multiprocessing.get_context("spawn")

    def make(n: int) -> futures.Executor:
        return futures.ProcessPoolExecutor(n, mp_context=context, initializer=arm, initargs=(os.getpid(),))

    return _Futures(2, make)
