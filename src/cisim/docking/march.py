"""March (1991): mutual learning between an organisation's code and its members.

Fifty members with beliefs about 30 dimensions of reality learn from a code that learns from those who do
better than itself. Slow learners keep the variety the code needs. Rules of the original program: what a
member does not know it does by coin flip, and whether it is superior is judged by what it did.

References
----------
Rodan (2005), Exploration and exploitation revisited: extending March's model of mutual learning.
Scandinavian Journal of Management 21(4). https://doi.org/10.1016/j.scaman.2005.09.008
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cisim.compiled import kernel, kernel_inner
from cisim.docking.cells import (
    Argument,
    Floats,
    Ints,
    Published,
    Result,
    Settings,
    Target,
    Value,
    mean_and_error,
    over_worlds,
    read_published,
)
from cisim.rng import CODE, LANDSCAPE, OBSERVE, START, TRIAL, integer
from cisim.search import act, bernoulli_bits, code_learns, count_bits, tally, toward_code

N_BITS = 30
N_MEMBERS = 50
MAX_PERIODS = 20_000


@kernel_inner
def knowledge(value: int, known: int, reality: int) -> int:
    """Bits known right minus bits known wrong."""
    return count_bits(known) - 2 * count_bits(known & (value ^ reality))


@kernel
def equilibrium(p1: float, p2: float, n: int, n_members: int, max_periods: int, seed: int) -> float:
    """Knowledge of the code, per dimension, when neither it nor any member can learn any more."""
    reality = bernoulli_bits(0.5, n, seed, LANDSCAPE, 0, 0, 0)
    value = np.zeros(n_members, np.int64)
    known = np.zeros(n_members, np.int64)
    votes = np.empty(n, np.int64)
    for member in range(n_members):
        for bit in range(n):
            belief = integer(seed, START, 0, member, bit, 3)
            known[member] |= (0 if belief == 2 else 1) << bit
            value[member] |= (1 if belief == 1 else 0) << bit
    code_value = code_known = 0
    for period in range(max_periods):
        standard = knowledge(code_value, code_known, reality)
        can_learn = False
        for bit in range(n):
            votes[bit] = 0
        for member in range(n_members):
            v, k = value[member], known[member]
            action = act(v, k, n, seed, TRIAL, period, member, 0)
            if n - 2 * count_bits(action ^ reality) > standard:
                tally(action, n, votes)
            luckiest = knowledge(v, k, reality) + n - count_bits(k)
            if luckiest > standard or code_known & (~k | (v ^ code_value)):
                can_learn = True
        if not can_learn:
            break
        for member in range(n_members):
            value[member], known[member] = toward_code(
                value[member], known[member], code_value, code_known, p1, n, seed, OBSERVE, period, member, 0
            )
        code_value, code_known = code_learns(code_value, code_known, votes, n, p2, seed, CODE, period, 0, 0)
    return knowledge(code_value, code_known, reality) / n


@kernel
def run_worlds(p1: float, p2: float, seeds: Ints) -> Floats:
    """Equilibrium knowledge of the code in each run."""
    found = np.empty(seeds.shape[0], np.float64)
    for world in range(seeds.shape[0]):
        found[world] = equilibrium(p1, p2, N_BITS, N_MEMBERS, MAX_PERIODS, seeds[world])
    return found


def simulate(cells: Sequence[dict[str, Value]], seeds: Ints) -> list[Result]:
    """Run every pair of rates."""
    results = []
    for cell in cells:
        p1, p2 = float(cell["p1"]), float(cell["p2"])
        results.append(
            mean_and_error(over_worlds(lambda chunk, p1=p1, p2=p2: run_worlds(p1, p2, chunk), seeds))  # type: ignore[misc]
        )
    return results


def published() -> list[Published]:
    """Equilibrium knowledge at p2 = .5."""
    return read_published("march_1991")


def relevant(settings: Settings) -> tuple[str, ...]:
    """All arguments always matter."""
    del settings
    return ("p1", "p2")


TARGET = Target(
    name="march-1991",
    description="equilibrium knowledge of an organisation's code and members who learn from each other",
    reference=(
        "March (1991), Exploration and exploitation in organizational learning, "
        "Organization Science 2(1), 71-87"
    ),
    doi="10.1287/orsc.2.1.71",
    arguments=(
        Argument("p1", float, "socialisation rate of members", 0.5, low=0.001, high=1),
        Argument("p2", float, "learning rate of the code", 0.5, low=0.001, high=1),
    ),
    worlds=4000,
    published=published,
    simulate=simulate,
    relevant=relevant,
)
