"""Ctrl-C and SIGTERM during a study: noted, and raised where work can be put in order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PATIENCE_SECONDS = 5.0
"""Time for putting things in order, in which further signals wait."""


class StudyInterruptedError(KeyboardInterrupt):
    """The study was stopped by a signal; `code` is the exit code this means."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Stop:
    """Whether a signal has asked the study to stop."""

    def __init__(self) -> None:
        self.number = 0
        self._since = 0.0

    def ask(self, number: int, frame: FrameType | None = None) -> None:
        """Note a signal and raise it; one that follows at once waits until things are in order."""
        del frame
        now = time.monotonic()
        if self.number and now - self._since < PATIENCE_SECONDS:
            return
        self.number, self._since = number, now
        self.check()

    def check(self) -> None:
        """Raise a signal that was noted; called often, in case the first time went unheard inside a library.

        Raises
        ------
        StudyInterruptedError
            If there was one.
        """
        if self.number:
            word = "interrupted" if self.number == signal.SIGINT else "told to end"
            raise StudyInterruptedError(word, 128 + self.number)


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Turn Ctrl-C and SIGTERM into `StudyInterruptedError` while the block lasts, in the main thread."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before: dict[Any, Any] = {
        number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
