"""Lazer & Friedman (2007): efficient networks win early and lose late on a rugged problem.

A hundred agents on a landscape of 20 bits copy the best of those they observe, or try one change themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from cisim.compiled import kernel
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
from cisim.docking.networks import network_named
from cisim.docking.spread import BEST, EVERYBODY, as_arrays, eighth_power_of_share, spread
from cisim.landscape import fill, scan
from cisim.rng import LANDSCAPE

N_BITS = 20
N_AGENTS = 100
NETWORKS = ("fully-connected", "line", "ring", "star", "lattice", "no-ties")


@kernel
def run_worlds(k: int, first: Ints, observed: Ints, n_steps: int, seeds: Ints) -> Floats:
    """Mean payoff of the agents after 0..n_steps steps, one row per landscape."""
    means = np.empty((seeds.shape[0], n_steps + 1), np.float64)
    values = np.empty(1 << N_BITS, np.float64)
    table = np.empty((N_BITS, 1 << (k + 1)), np.float64)
    partners = np.empty((N_BITS, k), np.int64)
    for world in range(seeds.shape[0]):
        fill(table, partners, seeds[world], LANDSCAPE, 0)
        _, best = scan(table, partners, values)
        eighth_power_of_share(values, values[best])
        spread(values, N_BITS, BEST, EVERYBODY, first, observed, seeds[world], means[world])
    return means


def trajectories(network: str, k: int, n_steps: int, seeds: Ints) -> Floats:
    """Mean payoff after 0..n_steps steps on each landscape, in as many threads as there are processors."""
    first, observed = as_arrays(network_named(network, N_AGENTS))
    return over_worlds(lambda chunk: run_worlds(k, first, observed, n_steps, chunk), seeds)


def simulate(cells: Sequence[dict[str, Value]], seeds: Ints) -> list[Result]:
    """Run each (network, k) once, up to the latest time asked for."""

    def run_key(i: int) -> tuple[str, ...]:
        return str(cells[i]["network"]), str(cells[i]["k"])

    results: dict[int, Result] = {}
    for (network, k), group in groupby(sorted(range(len(cells)), key=run_key), key=run_key):
        members = list(group)
        means = trajectories(network, int(k), max(int(cells[i]["t"]) for i in members), seeds)
        for i in members:
            results[i] = mean_and_error(means[:, int(cells[i]["t"])])
    return [results[i] for i in range(len(cells))]


def published() -> list[Published]:
    """Plateaus read off the figure, and the limit K = 0."""
    return read_published("lazer_friedman_2007")


def relevant(settings: Settings) -> tuple[str, ...]:
    """All arguments always matter."""
    del settings
    return ("network", "k", "t")


TARGET = Target(
    name="lazer-friedman-2007",
    description="mean payoff of 100 agents that copy the best they observe or try on their own (N=20)",
    reference=(
        "Lazer & Friedman (2007), The network structure of exploration and exploitation, "
        "Administrative Science Quarterly 52(4), 667-694"
    ),
    doi="10.2189/asqu.52.4.667",
    arguments=(
        Argument(
            "network", str, "who observes whom; an edge list has one `observer, observed` a line",
            "fully-connected", NETWORKS, is_path_allowed=True,
        ),
        Argument("k", int, "partners of each bit", 5, low=0, high=15),
        Argument("t", int, "steps done, 0 = start", 100, low=0, high=2000),
    ),
    worlds=1000,
    published=published,
    simulate=simulate,
    relevant=relevant,
)  # fmt: skip
