"""Would worlds pay as SIMD lanes? Three hot loops, one world after the other and side by side.

In lanes the last index of every array is the world, so that one instruction works on several worlds. The loops are
cut out of the rules and run on the states of real worlds, five years old, whose ties, efforts and sizes differ.
Results have to be equal to the last bit. `python -m benchmarks.lanes` takes half a minute; decision 21 says what
follows from it.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from benchmarks.full_model import scenario_of

from cisim import engine, rng
from cisim.compiled import kernel

N_ORGS = 50
MONTHS = 60
LANES = (4, 8, 32)
WORLDS = 32  # a multiple of all lanes
ROUNDS = 15
REPEATS = 60  # months within a round; each draws anew, so that no processor learns the branches
CONTACT, FADE, GROWTH, FORGOTTEN = 0.488, 0.917, 0.04, 0.01  # of the upkeep of ties, about as by default


@kernel
def serve(k: int, _: Any, hours: Any, per_hour: Any, effort: Any, need: Any, out: Any) -> None:
    """Serve clients as in `cisim.production`: the same for every organisation, no draws, nothing from libm."""
    for i in range(hours.shape[0]):
        clients = 0.0
        for g in range(need.shape[0]):
            for d in range(need.shape[1]):
                if effort[i, g, d] > 0.0 and need[g, d] > 0.0:
                    people = per_hour[i, g] * (hours[i] + k) * effort[i, g, d]
                    share = people / need[g, d]
                    out[g, d] *= 1.0 - min(1.0, share)
                    clients += people
        out[0, 0] += clients


@kernel
def serve_lanes(k: int, _: Any, hours: Any, per_hour: Any, effort: Any, need: Any, out: Any) -> None:
    """Do the same in all worlds at once; a lane that has nothing to do multiplies by one and adds zero."""
    lanes = hours.shape[1]
    clients = np.zeros(lanes)
    for i in range(hours.shape[0]):
        for w in range(lanes):
            clients[w] = 0.0
        for g in range(need.shape[0]):
            for d in range(need.shape[1]):
                for w in range(lanes):
                    people = per_hour[i, g, w] * (hours[i, w] + k) * effort[i, g, d, w]
                    is_on = (effort[i, g, d, w] > 0.0) & (need[g, d, w] > 0.0)
                    left = 1.0 - min(1.0, people / need[g, d, w])
                    out[g, d, w] *= left if is_on else 1.0
                    clients[w] += people if is_on else 0.0
        for w in range(lanes):
            out[0, 0, w] += clients[w]


@kernel
def upkeep(k: int, seed: Any, tie_to: Any, trust: Any, met: Any, uid: Any, out: Any) -> None:
    """Keep up ties as `cisim.rules.meet` does: draws for all places at once, then what each tie comes to."""
    n_ties = tie_to.shape[1]
    other = np.empty(n_ties, np.int64)
    drawn = np.empty(n_ties)
    for i in range(tie_to.shape[0]):
        for m in range(n_ties):
            other[m] = uid[tie_to[i, m]]
        rng.uniform_of_pairs(drawn, seed[0], rng.CONTACT, k, uid[i], other)
        for m in range(n_ties):
            if tie_to[i, m] >= 0:
                new = trust[i, m]
                if drawn[m] < CONTACT:
                    new = new + GROWTH * (1.0 - new)
                elif met[i, m] <= MONTHS - 3:
                    new *= FADE
                out[i, m] = new if new >= FORGOTTEN else 0.0


@kernel
def upkeep_lanes(k: int, seed: Any, tie_to: Any, trust: Any, met: Any, uid: Any, out: Any) -> None:
    """Do the same in all worlds at once; free places are drawn for and worked out too, and not written."""
    lanes = tie_to.shape[2]
    low = np.empty(lanes, np.int64)
    high = np.empty(lanes, np.int64)
    drawn = np.empty(lanes)
    for i in range(tie_to.shape[0]):
        for m in range(tie_to.shape[1]):
            for w in range(lanes):
                other = uid[tie_to[i, m, w], w]
                low[w] = min(uid[i, w], other)
                high[w] = max(uid[i, w], other)
            for w in range(lanes):
                drawn[w] = rng.uniform_inline(seed[w], rng.CONTACT, k, low[w], high[w])
            for w in range(lanes):
                old = trust[i, m, w]
                faded = old * FADE if met[i, m, w] <= MONTHS - 3 else old
                new = old + GROWTH * (1.0 - old) if drawn[w] < CONTACT else faded
                new = new if new >= FORGOTTEN else 0.0
                out[i, m, w] = new if tie_to[i, m, w] >= 0 else out[i, m, w]


@kernel
def judge(k: int, seed: Any, uid: Any, out: Any) -> None:
    """Draw one error of judgement for each organisation, as `cisim.rules.measure` does."""
    for i in range(uid.shape[0]):
        out[i] = rng.normal(seed[0], rng.REPORT, k, uid[i], 0)


@kernel
def judge_lanes(k: int, seed: Any, uid: Any, out: Any) -> None:
    """Do the same in all worlds at once; logarithm and cosine stay scalar, so that their bits do."""
    lanes = uid.shape[1]
    u1 = np.empty(lanes)
    u2 = np.empty(lanes)
    for i in range(uid.shape[0]):
        for w in range(lanes):
            w0, w1, w2, w3 = rng.words(seed[w], rng.REPORT, k, uid[i, w], 0)
            u1[w] = (float(w0 >> 5) * 67108864.0 + float(w1 >> 6)) * rng.TO_UNIT_53
            u2[w] = (float(w2 >> 5) * 67108864.0 + float(w3 >> 6)) * rng.TO_UNIT_53
        for w in range(lanes):
            out[i, w] = math.sqrt(-2.0 * math.log(1.0 - u1[w])) * math.cos(2.0 * math.pi * u2[w])


class Loop(NamedTuple):
    """A loop in both forms, and what it reads and (last) writes in one world."""

    name: str
    scalar: Callable[..., None]
    lanes: Callable[..., None]
    arrays: Callable[[Any], tuple[Any, ...]]


LOOPS = (
    Loop(
        "ties", upkeep, upkeep_lanes, lambda s: (s.tie_to, s.tie_trust, s.tie_month, s.uid, 0.0 * s.tie_trust)
    ),
    Loop(
        "service",
        serve,
        serve_lanes,
        lambda s: (s.hours[:, 0].copy(), 1e-6 * s.reach * s.group_ease, s.effort, s.need, 1.0 + 0.0 * s.need),
    ),
    Loop("normals", judge, judge_lanes, lambda s: (s.uid, 0.0 * s.gain)),
)


def repeated(loop: Callable[..., None]) -> Callable[..., None]:
    """Compile the months of a round around a loop, so that no call from Python is timed."""

    @kernel
    def months(first: int, arrays: Any) -> None:
        for k in range(first, first + REPEATS):
            loop(k, *arrays)

    return months


def measure() -> list[dict[str, Any]]:
    """Time every loop, scalar and in lanes, by turns.

    Returns
    -------
    list of dict
        `loop`, `lanes`, `ns_scalar` and `ns_lanes` (of one world's loop in one month, medians), `ratio` (scalar
        by lanes, median over rounds; above 1 lanes are faster) and `is_equal`, whether all bits agree.
    """
    seeds = range(1, WORLDS + 1)
    states = [engine.run_world(scenario_of(N_ORGS, MONTHS), seed).state for seed in seeds]
    return [_compare(loop, n, states) for loop in LOOPS for n in LANES]


def _compare(loop: Loop, lanes: int, states: list[Any]) -> dict[str, Any]:
    """Time one loop with one number of lanes."""
    inputs = [(np.array([w + 1]), *(np.array(a) for a in loop.arrays(s))) for w, s in enumerate(states)]
    starts = range(0, WORLDS, lanes)
    side_by_side = [_stack(inputs[first : first + lanes]) for first in starts]
    seconds: dict[str, list[float]] = {"scalar": [], "lanes": []}
    forms = ("scalar", repeated(loop.scalar), inputs), ("lanes", repeated(loop.lanes), side_by_side)
    for r in range(ROUNDS + 1):  # the first compiles
        for form, run, sets in forms:
            seconds[form].append(_time(run, sets, r * REPEATS))
    one, many = seconds["scalar"][1:], seconds["lanes"][1:]
    apart = np.stack([arrays[-1] for arrays in inputs], axis=-1)
    together = np.concatenate([arrays[-1] for arrays in side_by_side], axis=-1)
    per = 1e9 / WORLDS / REPEATS
    return {
        "loop": loop.name,
        "lanes": lanes,
        "ns_scalar": round(per * statistics.median(one)),
        "ns_lanes": round(per * statistics.median(many)),
        "ratio": round(statistics.median(a / b for a, b in zip(one, many, strict=True)), 2),
        "is_equal": bool((apart.view(np.int64) == together.view(np.int64)).all() and np.ptp(apart) > 0.0),
    }


def _stack(worlds: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Arrays of several worlds with the world as the last index; seeds come as one row."""
    seeds, *arrays = zip(*worlds, strict=True)
    return (np.concatenate(seeds), *(np.ascontiguousarray(np.stack(a, axis=-1)) for a in arrays))


def _time(run: Callable[..., None], sets: list[tuple[Any, ...]], first: int) -> float:
    """Processor seconds of `REPEATS` months of all sets."""
    start = time.process_time()
    for arrays in sets:
        run(first, arrays)
    return time.process_time() - start


def libm_differs(n: int = 1_000_000) -> float:
    """Share of `n` logarithms that numpy's vector instructions round otherwise than the libm of compiled code."""
    u = np.random.Generator(np.random.Philox(1)).random(n)
    return float(np.mean(np.log(u) != np.array([math.log(one) for one in u])))


if __name__ == "__main__":
    for row in measure():
        print(row)
    print("logarithms with other bits by vector instructions:", libm_differs())
