"""Answers on the way: one line of JSON for each, while more and more futures are done.

A line is made when whoever reads is ready for it, from what is known by then, so a slow reader gets fewer lines and
nothing piles up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from cisim.web.bodies import GoneError
from cisim.web.refusals import RefusedError
from cisim.web.service import Asked, Service, json_of, problems_of
from cisim.web.turns import Turn
from cisim.whatif.state import LEAST_FUTURES

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from cisim.web.scheduler import Task

T = TypeVar("T")
EVERY_SECONDS = 1.0
"""How long a reader waits at most while futures come in, unless the server is busy."""
SHARE = 8
"""An answer in between is put together again only after this many times the time it took."""
STALLED_SECONDS = 30.0
"""How long a reader may take for a line."""
ND_JSON = "application/x-ndjson"


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Return what some work gives; stop it when whoever asked leaves.

    Raises
    ------
    GoneError
        If they have left.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise GoneError
    finally:
        for one in (working, leaving):
            one.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    """Wait until whoever asked leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_in_time(send: Send, message: Message) -> None:
    """Send a part of a response.

    Raises
    ------
    GoneError
        If it is not taken for a long time.
    """
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await send(message)
    except TimeoutError:
        raise GoneError from None


def line(kind: str, turn: Turn, **more: Any) -> bytes:
    """Return one line.

    Examples
    --------
    >>> line("end", Turn(3)).decode().strip()
    '{"kind":"end","turn":3}'
    """
    return json_of({"kind": kind, "turn": turn.number, **more}) + b"\n"


async def lines(service: Service, asked: Asked, turn: Turn, began: float) -> AsyncGenerator[bytes, None]:
    """Return the lines that answer a turn.

    Parameters
    ----------
    service : Service
    asked : Asked
    turn : Turn
    began : float
        When the question came, by `time.perf_counter`.
    """
    of = asked.futures.n
    yield line("start", turn, key=asked.whatif.key, of=of)
    known = service.answers.get(asked.whatif.key)
    try:
        if known is not None:
            yield _answer(turn, of, of, began, known, is_known=True)
        else:
            with service.task(asked, turn.changed) as task:
                async with aclosing(_while_they_come(service, task, turn, began)) as coming:
                    async for one in coming:
                        yield one
        yield line("superseded" if turn.is_superseded else "end", turn)
    except RefusedError as error:
        yield line("error", turn, problems=error.problems)
    except Exception as error:
        yield line("error", turn, problems=problems_of(error))


async def _while_they_come(
    service: Service, task: Task, turn: Turn, began: float
) -> AsyncGenerator[bytes, None]:
    """Return answers from more and more futures, the last from all."""
    of, told, every = task.futures.n, 0, EVERY_SECONDS
    while told < of:
        told = await enough(task, turn, told, every)
        if turn.is_superseded:
            return
        is_known, start = not task.n_new, time.monotonic()
        answer = await service.put_together(service.answer, task, told)
        every = max(EVERY_SECONDS, SHARE * (time.monotonic() - start))
        yield _answer(turn, told, of, began, answer, is_known=is_known)


async def enough(task: Task, turn: Turn, told: int, every: float = EVERY_SECONDS) -> int:
    """Wait until more futures are worth an answer, or the turn is over; return how many are done.

    Worth an answer are 8 futures, 16, 32 and so on, and whatever is new after `every` seconds.
    """
    wanted, until = next_wanted(told, task.futures.n), time.monotonic() + every
    while True:
        turn.changed.clear()
        done, left = task.done, until - time.monotonic()
        if task.error:
            raise task.error
        if turn.is_superseded or done >= wanted or (left <= 0.0 and done > max(told, 1)):
            return done
        with suppress(TimeoutError):
            async with asyncio.timeout(left if left > 0.0 else None):
                await turn.changed.wait()


def next_wanted(told: int, of: int) -> int:
    """Return how many futures the next answer waits for.

    Examples
    --------
    >>> next_wanted(0, 256), next_wanted(8, 256), next_wanted(37, 256), next_wanted(128, 200)
    (8, 16, 64, 200)
    """
    wanted = LEAST_FUTURES
    while wanted <= told:
        wanted *= 2
    return min(wanted, of)


def _answer(turn: Turn, done: int, of: int, began: float, answer: bytes, *, is_known: bool) -> bytes:
    """Return the line of an answer whose JSON is there already."""
    elapsed = round(1000.0 * (time.perf_counter() - began), 1)
    head = line("answer", turn, done=done, of=of, elapsed_ms=elapsed, cached=is_known)
    return head[:-2] + b',"answer":' + answer + b"}\n"


async def all_done(task: Task, changed: asyncio.Event) -> None:
    """Wait for all runs of a task.

    Raises
    ------
    Exception
        Whatever stopped them.
    """
    while task.done < task.futures.n:
        await changed.wait()
        changed.clear()
        if task.error:
            raise task.error
