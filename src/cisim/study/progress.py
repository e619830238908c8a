"""How far a study is: a line on a terminal, lines of JSON elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TextIO

from cisim.progress import in_words

EVERY_SECONDS = 10.0
REDRAW_SECONDS = 0.2
BAR = 24


@dataclass(frozen=True, slots=True)
class Status:
    """How far a study is.

    Attributes
    ----------
    done, total, failed : int
        Runs finished (those found finished included), runs in all, runs that failed.
    per_second : float
        Runs a second since this driver started, 0 before the first.
    seconds_left : float or None
        None while it cannot be told.
    """

    done: int
    total: int
    failed: int
    per_second: float
    seconds_left: float | None


class StudyProgress:
    """Prints the status of a study on standard error.

    On a terminal one line is redrawn; elsewhere a line of JSON is written at the start, every ten seconds and at
    the end. Remarks are lines of their own.

    Parameters
    ----------
    is_wanted : bool
        False keeps silent.
    stream : TextIO, optional
        By default standard error.
    clock : callable
        Seconds, from any start.

    Examples
    --------
    >>> import io
    >>> out = io.StringIO()
    >>> with StudyProgress(stream=out) as progress:
    ...     progress(Status(0, 10, 0, 0.0, None))
    >>> print(out.getvalue(), end="")
    {"event": "progress", "done": 0, "total": 10, "failed": 0, "per_second": 0.0, "seconds_left": null}
    """

    def __init__(
        self,
        *,
        is_wanted: bool = True,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._is_wanted = is_wanted and self._stream is not None
        self._is_terminal = self._is_wanted and self._stream.isatty()
        self._at: float | None = None
        self._last: Status | None = None

    def __call__(self, status: Status) -> None:
        """Note how far it is; printed if it is time."""
        if not self._is_wanted:
            return
        now = self._clock()
        due = REDRAW_SECONDS if self._is_terminal else EVERY_SECONDS
        is_end = status.done >= status.total and (self._last is None or self._last.done < self._last.total)
        if self._at is None or now - self._at >= due or is_end:
            self._at = now
            self._write(status)
        self._last = status

    def remark(self, sentence: str) -> None:
        """Print something the user should know."""
        if not self._is_wanted:
            return
        if self._is_terminal:
            self._put(f"\r\x1b[Kcisim: {sentence}\n")
        else:
            self._put(json.dumps({"event": "remark", "text": sentence}, ensure_ascii=False) + "\n")

    def _write(self, status: Status) -> None:
        """Print the status."""
        if not self._is_terminal:
            told = {
                "event": "progress",
                "done": status.done,
                "total": status.total,
                "failed": status.failed,
                "per_second": round(status.per_second, 3),
                "seconds_left": None if status.seconds_left is None else round(status.seconds_left, 1),
            }
            self._put(json.dumps(told) + "\n")
        else:
            self._put(f"\r{line(status)}\x1b[K")

    def _put(self, text: str) -> None:
        """Write text; a study does not end because nobody listens to its progress."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._is_wanted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_wanted and self._is_terminal and self._at is not None:
            self._put("\r\x1b[K")


def line(status: Status) -> str:
    """Return the status as one line.

    Examples
    --------
    >>> line(Status(500, 2_000, 3, 100.0, 15.0))
    '[######..................] 500 of 2,000 runs, 100 a second, 3 failed, 15 s left'
    """
    filled = min(BAR, BAR * status.done // max(1, status.total))
    rate = status.per_second
    parts = [f"[{'#' * filled}{'.' * (BAR - filled)}] {status.done:,} of {status.total:,} runs"]
    if rate > 0.0:
        parts.append(f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second")
    if status.failed:
        parts.append(f"{status.failed:,} failed")
    if status.seconds_left is not None:
        parts.append(f"{in_words(status.seconds_left)} left")
    return ", ".join(parts)
