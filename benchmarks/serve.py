"""What the page of what-ifs takes: the first update, all futures, what is known already, and many people at once.

Run it with `python -m benchmarks.serve` (`--quick` for a look). A server of its own is started at a free port; what is
compared takes turns. The ratios mean something on a busy machine too, the milliseconds only on a quiet one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx

from cisim.whatif import Futures, read_whatif

CLIENTS = 20
THREADS = 2
FUTURES = 256
GOALS = {
    "first_update_ms": 300, "all_futures_ms": 2000, "over_bare": 1.25, "first_share": 0.2, "known_share": 0.1,
    "health_worst_ms": 100,
}  # fmt: skip


class Server:
    """The command, at a free port."""

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "cisim", "serve", "--port", "0", "--threads", str(THREADS), "-q"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().removeprefix("open ").strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def cpu_seconds(self) -> float:
        """Return the processor time it has taken so far."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def question(rng: random.Random, worlds: int = FUTURES) -> dict[str, Any]:
    """Return a what-if nobody has asked: an assumption is new, so both regimes have to be simulated."""
    return {
        "scenario": "generic-adaptive", "regime": "collective", "worlds": worlds,
        "set": {"turf": round(rng.uniform(0.1, 0.9), 12)},
    }  # fmt: skip


def moved(asked: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return a what-if with a lever moved, so that the runs of the reference are known."""
    return {**asked, "set": {**asked["set"], "common_agenda": round(rng.uniform(0.1, 0.9), 12)}}


async def answered(
    client: httpx.AsyncClient, server: Server, body: dict[str, Any], updates: int = 10**6
) -> list[float]:
    """Ask; return the milliseconds until each update, leaving after some of them."""
    start = time.perf_counter()
    found: list[float] = []
    async with client.stream("POST", f"{server.address}api/run", json=body) as response:
        assert response.status_code == 200, (await response.aread())[:300]
        async for line in response.aiter_lines():
            if line.startswith('{"kind":"answer"'):
                found.append(1000.0 * (time.perf_counter() - start))
            if len(found) == updates:
                break
    return found


def client() -> httpx.AsyncClient:
    """Return a client that waits as long as it takes."""
    return httpx.AsyncClient(timeout=600, limits=httpx.Limits(max_connections=4 * CLIENTS))


def asking(asked: dict[str, Any], name: str = "one", number: int = 1) -> dict[str, Any]:
    """Return the body of a request."""
    return {"client": name, "slot": 0, "turn": number, "whatif": asked}


async def timed(server: Server, asked: dict[str, Any], number: int) -> tuple[float, float]:
    """Return milliseconds until the first update and until the last."""
    async with client() as one:
        found = await answered(one, server, asking(asked, number=number))
    return found[0], found[-1]


def bare(asked: dict[str, Any]) -> float:
    """Return the milliseconds that the same futures and their answer take without a server."""
    start = time.perf_counter()
    futures = Futures(read_whatif(asked))
    jobs = [(i, case) for i in range(futures.n) for case in (0, 1)]
    with ThreadPoolExecutor(THREADS) as pool:
        runs = list(pool.map(lambda job: futures.simulate(*job), jobs))
    json.dumps(futures.answer(list(zip(runs[::2], runs[1::2], strict=True))))
    return 1000.0 * (time.perf_counter() - start)


def alone(server: Server, rounds: int, rng: random.Random) -> dict[str, float]:
    """Return what one person waits, with everything compared in turns."""
    rows: list[dict[str, float]] = []
    bare(question(rng, 16))
    for k in range(rounds):
        asked = question(rng)
        direct = bare(question(rng))
        before = server.cpu_seconds()
        first, whole = asyncio.run(timed(server, asked, 3 * k))
        cpu = server.cpu_seconds() - before
        lever, _ = asyncio.run(timed(server, moved(asked, rng), 3 * k + 1))
        _, known = asyncio.run(timed(server, asked, 3 * k + 2))
        rows.append(
            {
                "first_update_ms": first, "all_futures_ms": whole, "cpu_ms_per_run": 1000.0 * cpu / (2 * FUTURES),
                "bare_ms": direct, "over_bare": whole / direct, "first_share": first / whole,
                "lever_share": lever / first, "known_share": known / whole,
            }
        )  # fmt: skip
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


async def _health(server: Server, found: list[float], is_over: asyncio.Event) -> None:
    """Ask whether the server is there, all the time."""
    async with client() as one:
        while not is_over.is_set():
            start = time.perf_counter()
            await one.get(f"{server.address}api/health")
            found.append(1000.0 * (time.perf_counter() - start))
            await asyncio.sleep(0.02)


async def _at_once(
    server: Server, work: Callable[[httpx.AsyncClient, int], Any]
) -> tuple[list[Any], list[float]]:
    """Return what many clients see at once, and how long health answers took meanwhile."""
    health: list[float] = []
    is_over = asyncio.Event()
    looking = asyncio.create_task(_health(server, health, is_over))
    async with client() as one:
        found = await asyncio.gather(*(work(one, k) for k in range(CLIENTS)))
    is_over.set()
    await looking
    return found, health


def together(server: Server, rng: random.Random) -> dict[str, float]:
    """Return what each of many waits for a first update if all ask at the same moment."""

    async def work(one: httpx.AsyncClient, k: int) -> float:
        found = await answered(one, server, asking(question(rng), f"together-{k}-{rng.random()}"), updates=1)
        return found[0]

    firsts, health = asyncio.run(_at_once(server, work))
    return {**_spread("together_first", firsts), **_spread("together_health", health)}


def sliding(server: Server, rng: random.Random, seconds: float) -> dict[str, float]:
    """Return what many see who all move a lever, each again as soon as the first update is there."""

    async def work(one: httpx.AsyncClient, k: int) -> list[float]:
        asked, name, found = question(rng), f"sliding-{k}-{rng.random()}", []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            body = asking(moved(asked, rng), name, len(found) + 1)
            found += await answered(one, server, body, updates=1)
        return found

    per_client, health = asyncio.run(_at_once(server, work))
    firsts = [one for found in per_client for one in found]
    rate = {"sliding_updates_per_s": len(firsts) / seconds}
    least = {"sliding_least_served_share": min(map(len, per_client)) / statistics.mean(map(len, per_client))}
    return {**rate, **least, **_spread("sliding_first", firsts), **_spread("sliding_health", health)}


def _spread(name: str, values: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and largest value, ms."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        f"{name}_median_ms": statistics.median(ordered),
        f"{name}_p95_ms": p95,
        f"{name}_worst_ms": ordered[-1],
    }


def measure(rounds: int = 5, seconds: float = 10.0) -> dict[str, float]:
    """Return everything, in milliseconds and ratios."""
    rng = random.Random(1)
    load = os.getloadavg()[0]
    with Server() as server:
        found = alone(server, rounds, rng)
        found |= together(server, rng)
        found |= sliding(server, rng, seconds)
    found["together_over_alone"] = found["together_first_p95_ms"] / found["first_update_ms"]
    found["health_worst_ms"] = max(found["together_health_worst_ms"], found["sliding_health_worst_ms"])
    return {"load_before": load, **found}


def main() -> None:
    """Print goals beside what was seen."""
    is_quick = "--quick" in sys.argv[1:]
    for name, value in measure(*((2, 4.0) if is_quick else ())).items():
        goal = f"   goal: at most {GOALS[name]}" if name in GOALS else ""
        print(f"{name:32} {value:10.3f}{goal}")


if __name__ == "__main__":
    main()
