"""A progress line on a terminal: how far, and how long it still takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

SHOW_AFTER_SECONDS = 2.0
REDRAW_SECONDS = 0.1
BAR_WIDTH = 24


class Progress:
    """Report on a number of equal pieces of work.

    Used as a context manager, so that the line is gone when the work ends, also by an error or Ctrl-C.

    Parameters
    ----------
    total : int
        Pieces of work.
    what : str
        What they are, in the plural.
    is_wanted : bool
        False keeps silent in any case.
    stream : TextIO, optional
        Where to write, by default standard error; nothing is written unless it is a terminal.
    clock : callable
        Seconds, from any start.

    Examples
    --------
    >>> with Progress(3, "worlds") as progress:
    ...     for done in range(3):
    ...         progress(done + 1)
    """

    def __init__(
        self,
        total: int,
        what: str,
        *,
        is_wanted: bool = True,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._is_wanted = is_wanted and self._stream.isatty()
        self._clock = clock
        self._start = clock()
        self._drawn_at: float | None = None
        self._first: tuple[int, float] | None = None

    def __call__(self, done: int, total: int | None = None) -> None:
        """Note that `done` pieces (of a total that may have changed) are finished."""
        if not self._is_wanted:
            return
        self._total = total or self._total
        now = self._clock()
        if self._first is None:  # the first piece may hold start-up costs, so rates are counted from its end
            self._first = (done, now)
        is_due = self._drawn_at is None or now - self._drawn_at >= REDRAW_SECONDS
        if now - self._start >= SHOW_AFTER_SECONDS and is_due:
            self._drawn_at = now
            self._stream.write(f"\r{self._line(done, now)}\x1b[K")
            self._stream.flush()

    def _line(self, done: int, now: float) -> str:
        """Return bar, count and time left."""
        filled = min(BAR_WIDTH, BAR_WIDTH * done // max(1, self._total))
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        return f"[{bar}] {done:,} of {self._total:,} {self._what}{self._left(done, now)}"

    def _left(self, done: int, now: float) -> str:
        """Return the time left, once two pieces tell how long one takes."""
        first, since = self._first or (done, now)
        if done <= first:
            return ""
        seconds = (self._total - done) * (now - since) / (done - first)
        return f", {in_words(seconds)} left"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn_at is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def in_words(seconds: float) -> str:
    """Return a duration as people say it.

    Examples
    --------
    >>> in_words(8.2), in_words(200), in_words(8000)
    ('9 s', '4 min', '2 h 14 min')
    """
    whole = int(-(-seconds // 1))
    if whole < 100:
        return f"{whole} s"
    minutes = -(-whole // 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
