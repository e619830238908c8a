"""What the page asks for, answered; everything here that takes time runs on threads beside the one that listens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from cisim.engine import n_cores
from cisim.problems import ScenarioError
from cisim.web.bodies import MOST_BYTES as REQUEST_BYTES
from cisim.web.cache import ByteCache
from cisim.web.limits import Limits, Memory, Places, check_work, fitting, run_bytes, run_seconds
from cisim.web.refusals import FAILED, RefusedError
from cisim.web.scheduler import Scheduler, Task
from cisim.whatif.exporting import Exported, exported
from cisim.whatif.futures import Futures
from cisim.whatif.offer import catalogue, first_regime
from cisim.whatif.source import MOST_BYTES as SCENARIO_BYTES
from cisim.whatif.source import Source
from cisim.whatif.state import LEAST_FUTURES, WhatIf, read_whatif

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cisim.whatif.futures import Run

P = ParamSpec("P")
R = TypeVar("R")
READERS, ANSWERERS, LOOKERS = 2, 2, 1
"""Threads that read what is asked, put answers together, and look at single futures."""
KEPT_FUTURES = 48
"""Designs kept; each holds a table of what is drawn."""
log = logging.getLogger("cisim.web")


@dataclass(frozen=True)
class Settings:
    """How the server is set up.

    Attributes
    ----------
    source : Source
        Scenario shown first.
    threads : int
        That simulate.
    cache_bytes : int
        For runs and answers, to which the runs under way come (see `Limits.held_bytes`).
    token : str
        What requests have to carry; "" for none.
    limits : Limits
    """

    source: Source
    threads: int = field(default_factory=n_cores)
    cache_bytes: int = 256 * 2**20
    token: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Asked:
    """A what-if that may be simulated, its futures, and roughly how long a run takes."""

    whatif: WhatIf
    futures: Futures
    run_seconds: float

    @property
    def nbytes(self) -> int:
        """Roughly what all its runs take."""
        months = self.whatif.common.get("months", self.whatif.scenario.values["months"])
        return 2 * self.futures.n * run_bytes(int(months))


class Service:
    """Answers what-ifs.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    ScenarioError
        If the scenario shown first is not allowed.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.start = _start(settings)
        self.runs: ByteCache[Run] = ByteCache(settings.cache_bytes * 3 // 4)
        self.answers: ByteCache[bytes] = ByteCache(settings.cache_bytes // 4)
        self.scheduler = Scheduler(settings.threads, self.runs)
        limits = settings.limits
        self.places = Places(limits.streams, limits.streams_of_one)
        self.looks = Places(limits.looks, limits.looks_of_one)
        self.memory = Memory(limits.held_bytes)
        self._designs: ByteCache[Asked] = ByteCache(KEPT_FUTURES * 2**20)
        self._readers = ThreadPoolExecutor(READERS, "read")
        self._answerers = ThreadPoolExecutor(ANSWERERS, "answer")
        self._lookers = ThreadPoolExecutor(LOOKERS, "look")
        self._drawers = ThreadPoolExecutor(1, "draw")  # matplotlib bears one thread only

    def close(self) -> None:
        """Stop all threads."""
        self.scheduler.close()
        for pool in (self._readers, self._answerers, self._lookers, self._drawers):
            pool.shutdown(wait=True, cancel_futures=True)

    def warm_up(self) -> None:
        """Answer the question shown first once, so that nobody waits for what is compiled or read on first use."""
        asked = self.asked(json.loads(self.start)["default"])
        pairs = [(asked.futures.simulate(i, 0), asked.futures.simulate(i, 1)) for i in range(2)]
        asked.futures.answer(pairs)
        asked.futures.key(0, 0)

    # --- on threads ---

    def asked(self, data: Any) -> Asked:
        """Return the what-if that plain values state, with its futures.

        Raises
        ------
        ScenarioError
            If it is not allowed, or takes longer than this server spends on anybody.
        """
        whatif = read_whatif(data)
        found = self._designs.get(whatif.key)
        if found is None:
            futures = Futures(whatif)
            found = Asked(whatif, futures, check_work(futures, self.settings.threads, self.settings.limits))
            self._designs.put(whatif.key, found, 8 * futures.n * (len(futures.spec.uncertain) + 4) + 50_000)
        return replace(found, whatif=whatif)  # the name may be another

    def answer(self, task: Task, done: int) -> bytes:
        """Return what the first futures tell, as JSON; kept if these are all."""
        futures = task.futures
        key = futures.whatif.key
        is_whole = done == futures.n
        found = self.answers.get(key) if is_whole else None
        if found is None:
            found = json_of(futures.answer(task.pairs(done)))
            if is_whole:
                self.answers.put(key, found, len(found))
        return found

    def detail(self, asked: Asked, i: int) -> bytes:
        """Return one future in full, as JSON."""
        key = f"{asked.futures.whatif.key}:{i}"
        found = self.answers.get(key)
        if found is None:
            found = json_of(asked.futures.detail(i))
            self.answers.put(key, found, len(found))
        return found

    def export(self, asked: Asked, kind: str, link: str, task: Task | None) -> Exported:
        """Return a what-if as a file, from runs that are done."""
        return exported(asked.whatif, kind, link, lambda _: task.pairs(asked.futures.n) if task else [])

    # --- awaited ---

    async def read(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Read what is asked."""
        return await _on(self._readers, work, *args, **kwargs)

    async def put_together(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Put an answer together."""
        return await _on(self._answerers, work, *args, **kwargs)

    async def look(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Look at a single future."""
        return await _on(self._lookers, work, *args, **kwargs)

    async def draw(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Draw and write files, one at a time."""
        return await _on(self._drawers, work, *args, **kwargs)

    def room_for(self, asked: Asked) -> AbstractContextManager[None]:
        """Hold memory for all runs of a what-if, unless its answer is known.

        Raises
        ------
        RefusedError
            If there is not enough left (503).
        """
        is_known = self.answers.get(asked.whatif.key) is not None
        return self.memory.some(0 if is_known else asked.nbytes)

    @contextmanager
    def task(self, asked: Asked, changed: asyncio.Event) -> Iterator[Task]:
        """Queue the runs of a what-if; `changed` is set whenever more are done. Leaving takes out what is left."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            if task.is_wanted and not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        task = Task(asked.futures, asked.run_seconds, tell)
        self.scheduler.submit(task)
        try:
            yield task
        finally:
            self.scheduler.cancel(task)


async def _on(pool: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run work on a thread of a pool; work that is given up before it starts is left out."""
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: work(*args, **kwargs))


def json_of(value: Any) -> bytes:
    """Return plain values as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def problems_of(error: Exception) -> list[dict[str, Any]]:
    """Return what may be told of an error; one that nobody foresaw is noted in the log."""
    if isinstance(error, ScenarioError):
        return RefusedError.of(error).problems
    log.error("unexpected %s: %s", type(error).__name__, error, exc_info=error)
    return [FAILED]


def _start(settings: Settings) -> bytes:
    """Return everything that the page needs before it asks, as JSON."""
    limits = {"request_bytes": REQUEST_BYTES, "scenario_bytes": SCENARIO_BYTES}
    default = _first(settings).to_dict()
    more = {"default": default, "needs_token": bool(settings.token), "limits": limits}
    return json_of({**catalogue(settings.source), **more})


def _first(settings: Settings) -> WhatIf:
    """Return what is asked first: of a large community fewer futures, so that it is taken on."""
    whatif = WhatIf(settings.source, first_regime(settings.source, WhatIf.reference))
    most = fitting(run_seconds(whatif.scenario.values), settings.threads, settings.limits)
    return replace(whatif, worlds=max(LEAST_FUTURES, min(whatif.worlds, most)))
