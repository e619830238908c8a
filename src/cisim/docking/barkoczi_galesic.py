"""Barkoczi & Galesic (2016): whether copying the best or the common helps depends on the network.

A hundred agents search one rugged landscape (15 bits). Each looks at a few of those it observes and copies
the best of them, the most common, or anyone, if that is better; those who found nothing try one change of
their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from cisim.compiled import kernel
from cisim.docking.cells import (
    Argument,
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
from cisim.docking.networks import network_named
from cisim.docking.spread import ALONE, BEST, COMMON, RANDOM, as_arrays, eighth_power_of_share, spread
from cisim.landscape import fill_partners, fill_table, scan
from cisim.rng import LANDSCAPE
from cisim.search import Floats

N_BITS = 15
N_AGENTS = 100
STRATEGIES = {
    "best3": (BEST, 3),
    "best9": (BEST, 9),
    "conf3": (COMMON, 3),
    "conf9": (COMMON, 9),
    "indiv": (ALONE, 0),
    "randcopy": (RANDOM, 1),
}


@kernel
def payoffs(k: int, n: int, seed: int, values: Floats) -> None:
    """Fill in the payoff of every option: entries in tenths, partners may include the bit itself."""
    table = np.empty((n, 1 << (k + 1)), np.float64)
    partners = np.empty((n, k), np.int64)
    fill_table(table, seed, LANDSCAPE, 0)
    fill_partners(partners, True, seed, LANDSCAPE, 0)
    for bit in range(n):
        for index in range(1 << (k + 1)):
            table[bit, index] = float(int(table[bit, index] * 10.0 + 0.5))
    _, best = scan(table, partners, values)
    eighth_power_of_share(values, values[best])


@kernel
def run_worlds(
    k: int, rule: int, n_sampled: int, first: Ints, observed: Ints, n_steps: int, seeds: Ints
) -> Floats:
    """Mean payoff of the agents at times 1..n_steps + 1, one row per world."""
    means = np.empty((seeds.shape[0], n_steps + 1), np.float64)
    values = np.empty(1 << 15, np.float64)
    for world in range(seeds.shape[0]):
        payoffs(k, 15, seeds[world], values)
        spread(values, 15, rule, n_sampled, first, observed, seeds[world], means[world])
    return means


def simulate(cells: Sequence[dict[str, Value]], seeds: Ints) -> list[Result]:
    """Run each (network, k, strategy) once, up to the latest time asked for."""

    def run_key(i: int) -> tuple[str, ...]:
        return tuple(str(cells[i][name]) for name in ("network", "k", "strategy"))

    results: dict[int, Result] = {}
    for (network, k, strategy), group in groupby(sorted(range(len(cells)), key=run_key), key=run_key):
        members = list(group)
        first, observed = as_arrays(network_named(network, N_AGENTS))
        rule, n_sampled = STRATEGIES[strategy]
        n_steps = max(int(cells[i]["t"]) for i in members) - 1

        def run(
            chunk: Ints,
            setting: tuple[int, int, int, Ints, Ints, int] = (
                int(k),
                rule,
                n_sampled,
                first,
                observed,
                n_steps,
            ),
        ) -> Floats:
            return run_worlds(*setting, chunk)

        means = over_worlds(run, seeds)
        for i in members:
            results[i] = mean_and_error(means[:, int(cells[i]["t"]) - 1])
    return [results[i] for i in range(len(cells))]


def published() -> list[Published]:
    """Summarise the runs the authors deposited."""
    return read_published("barkoczi_galesic_2016")


def relevant(settings: Settings) -> tuple[str, ...]:
    """All arguments always matter."""
    del settings
    return ("network", "k", "strategy", "t")


TARGET = Target(
    name="barkoczi-galesic-2016",
    description="mean payoff of 100 agents that copy the best or the common of a few they observe (N=15)",
    reference=(
        "Barkoczi & Galesic (2016), Social learning strategies modify the effect of network structure on "
        "group performance, Nature Communications 7, 13109"
    ),
    doi="10.1038/ncomms13109",
    arguments=(
        Argument(
            "network", str, "who observes whom; an edge list has one `observer, observed` a line",
            "fully-connected", ("fully-connected", "lattice"), is_path_allowed=True,
        ),
        Argument("k", int, "partners of each bit", 7, low=0, high=14),
        Argument("strategy", str, "how others are used", "best3", tuple(STRATEGIES)),
        Argument("t", int, "time, 1 = start", 200, low=1, high=2000),
    ),
    worlds=1000,
    published=published,
    simulate=simulate,
    relevant=relevant,
)  # fmt: skip
