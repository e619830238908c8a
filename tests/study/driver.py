"""A driver to be killed: ``python driver.py FOLDER [--kill-at N] [--executor E] [--scheduler S] [--worlds W]``.

With ``--kill-at N`` it ends itself by SIGKILL just before its N-th change of a file, or half-way through it. With
``--wait-after N`` it waits for a line of input when N runs are done.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from cisim.study.executors import DaskPool
from cisim.study.folder import Folder
from cisim.study.interrupts import StudyInterruptedError
from cisim.study.problems import StudyError, StudyInputError
from cisim.study.progress import Status
from cisim.study.runner import How, run_study
from study.small import long_study


def die_at(n: int) -> None:
    """Arrange for the process to be killed at its n-th change of a file."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == n:
            os.kill(os.getpid(), signal.SIGKILL)

    rename, remove, writing = Folder.rename, Folder.remove, Folder.writing

    def slow_rename(self: Folder, old: str, new: str) -> None:
        step()
        rename(self, old, new)

    def slow_remove(self: Folder, name: str) -> None:
        step()
        remove(self, name)

    class Half:
        """A stream that may die in the middle of a write."""

        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def write(self, data: Any) -> int:
            nonlocal count
            if count + 1 == n:
                self.stream.write(memoryview(data)[: len(data) // 2])
                self.stream.flush()
            step()
            return int(self.stream.write(data))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

    from contextlib import contextmanager

    @contextmanager
    def half_writing(self: Folder, name: str) -> Any:
        with writing(self, name) as stream:
            yield Half(stream)

    Folder.rename, Folder.remove, Folder.writing = slow_rename, slow_remove, half_writing  # type: ignore[method-assign]


def telling(wait_after: int | None) -> Callable[[Status], None]:
    """Say how far it is, and wait there once."""
    has_waited = wait_after is None

    def tell(status: Status) -> None:
        nonlocal has_waited
        print("status", status.done, status.total, flush=True)
        if not has_waited and wait_after is not None and status.done >= wait_after:
            has_waited = True
            sys.stdin.readline()

    return tell


def main() -> int:
    """Run the study and say what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--wait-after", type=int)
    parser.add_argument("--executor", default="threads")
    parser.add_argument("--scheduler")
    parser.add_argument("--worlds", type=int, default=150)
    parser.add_argument("--chunk-seconds", type=float, default=0.05)
    words = parser.parse_args()
    if words.kill_at:
        die_at(words.kill_at)
    pool: Any = DaskPool(words.scheduler, patience=60) if words.executor == "dask" else words.executor
    how = How(
        pool, 2, None, telling(words.wait_after),
        lambda remark: print("remark", remark, flush=True), chunk_seconds=words.chunk_seconds,
    )  # fmt: skip
    try:
        run_study(long_study(words.worlds), Folder(words.folder), how)
    except StudyInterruptedError as stop:
        print("interrupted", stop, flush=True)
        return stop.code
    except StudyError as error:
        print("failed", error, flush=True)
        return 1
    except StudyInputError as error:
        print("refused", error, flush=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
