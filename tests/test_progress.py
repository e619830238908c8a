from __future__ import annotations

import io

import pytest

from cisim.progress import SHOW_AFTER_SECONDS, Progress, in_words


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def progress(stream: io.StringIO, clock: Clock, *, is_wanted: bool = True) -> Progress:
    return Progress(10, "worlds", stream=stream, clock=clock, is_wanted=is_wanted)


def advance(bar: Progress, clock: Clock, seconds_each: float) -> None:
    with bar:
        for done in range(1, 11):
            clock.now += seconds_each
            bar(done)


def test_short_work_is_silent() -> None:
    stream, clock = Terminal(), Clock()
    advance(progress(stream, clock), clock, SHOW_AFTER_SECONDS / 11)
    assert stream.getvalue() == ""


def test_long_work_tells_count_and_time_left_and_cleans_up() -> None:
    stream, clock = Terminal(), Clock()
    advance(progress(stream, clock), clock, 1.0)
    lines = stream.getvalue().split("\r")
    assert lines[1].startswith("[####")
    assert "2 of 10 worlds, 8 s left" in lines[1]
    assert lines[-1] == "\x1b[K"


def test_no_line_without_a_terminal_or_when_not_wanted() -> None:
    for stream, is_wanted in ((io.StringIO(), True), (Terminal(), False)):
        clock = Clock()
        advance(progress(stream, clock, is_wanted=is_wanted), clock, 5.0)
        assert stream.getvalue() == ""


def test_line_goes_away_when_the_work_fails() -> None:
    stream, clock = Terminal(), Clock()
    bar = progress(stream, clock)
    clock.now = 9.0
    with pytest.raises(ValueError, match="stop"), bar:  # noqa: PT012 - the block is what is tested
        bar(1)
        raise ValueError("stop")
    assert stream.getvalue().endswith("\r\x1b[K")


def test_drawn_at_most_ten_times_a_second() -> None:
    stream, clock = Terminal(), Clock()
    with Progress(1000, "worlds", stream=stream, clock=clock) as bar:
        clock.now = 5.0
        for done in range(1000):
            clock.now += 0.001
            bar(done)
    assert stream.getvalue().count("worlds") <= 11


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (99, "99 s"), (100, "2 min"), (5999, "1 h 40 min"), (6001, "1 h 41 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
