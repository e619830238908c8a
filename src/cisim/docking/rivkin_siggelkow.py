"""Rivkin & Siggelkow (2003): reporting and coordinating in a firm of two departments.

Six decisions, three to each department. Each period both departments propose, and a chief executive either
rubber-stamps the proposals or reviews combinations of them.
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
from cisim.landscape import extremes, fill, score
from cisim.rng import LANDSCAPE, PROPOSE, START, integer
from cisim.search import coordinate

N_BITS = 6
DEPARTMENT_A = 0b000111
DEPARTMENT_B = 0b111000
STYLES = ("rubber-stamp", "active")
RUN = ("incent", "altsub", "review", "p", "altceo", "k")


@kernel
def run_worlds(
    incent: float,
    n_alternatives: int,
    is_active: bool,
    n_sent: int,
    n_reviewed: int,
    k: int,
    n_periods: int,
    seeds: Ints,
) -> Floats:
    """Score as a share of the global maximum after 0..n_periods periods, one row per landscape."""
    shares = np.empty((seeds.shape[0], n_periods + 1), np.float64)
    table = np.empty((N_BITS, 1 << (k + 1)), np.float64)
    partners = np.empty((N_BITS, k), np.int64)
    for world in range(seeds.shape[0]):
        seed = seeds[world]
        fill(table, partners, seed, LANDSCAPE, 0)
        _, _, high, _ = extremes(table, partners)
        x = integer(seed, START, 0, 0, 0, 1 << N_BITS)
        shares[world, 0] = score(x, table, partners) / high
        for period in range(1, n_periods + 1):
            x = coordinate(
                x, DEPARTMENT_A, DEPARTMENT_B, n_alternatives, incent, incent, n_sent, is_active, n_reviewed,
                0.0, table, partners, seed, PROPOSE, period, 1, 2,
            )  # fmt: skip
            shares[world, period] = score(x, table, partners) / high
    return shares


def simulate(cells: Sequence[dict[str, Value]], seeds: Ints) -> list[Result]:
    """Run each firm on each landscape once, up to the latest period asked for."""

    def run_key(i: int) -> tuple[str, ...]:
        return tuple(str(cells[i].get(name, 1)) for name in RUN)

    results: dict[int, Result] = {}
    order = sorted(range(len(cells)), key=run_key)
    for (incent, altsub, review, p, altceo, k), group in groupby(order, key=run_key):
        members = list(group)
        firm = float(incent), int(altsub), review == "active", int(p), int(altceo), int(k)
        n_periods = max(int(cells[i]["period"]) for i in members)

        def run(
            chunk: Ints, firm: tuple[float, int, bool, int, int, int] = firm, n_periods: int = n_periods
        ) -> Floats:
            return run_worlds(*firm, n_periods, chunk)

        shares = over_worlds(run, seeds)
        for i in members:
            results[i] = mean_and_error(shares[:, int(cells[i]["period"])])
    return [results[i] for i in range(len(cells))]


def published() -> list[Published]:
    """Tables 2 (period 4), 3 and 4 (period 100)."""
    return read_published("rivkin_siggelkow_2003")


def relevant(settings: Settings) -> tuple[str, ...]:
    """List what matters: a rubber stamp takes the top proposals, whatever else was sent."""
    if settings.get("review") == "rubber-stamp":
        return ("incent", "altsub", "review", "k", "period")
    return ("incent", "altsub", "review", "p", "altceo", "k", "period")


TARGET = Target(
    name="rivkin-siggelkow-2003",
    description="performance of a firm of two coordinating departments, as a share of the best possible",
    reference=(
        "Rivkin & Siggelkow (2003), Balancing search and stability: interdependencies among elements of "
        "organizational design, Management Science 49(3), 290-311"
    ),
    doi="10.1287/mnsc.49.3.290.12740",
    arguments=(
        Argument("incent", float, "weight of the other department's part in the ranking", 0.0, low=0, high=1),
        Argument("altsub", int, "alternatives each manager draws a period", 1, low=0, high=7),
        Argument("review", str, "what the chief executive does", "active", STYLES),
        Argument("p", int, "proposals each manager sends to an active reviewer", 1, low=1, high=8),
        Argument("altceo", int, "combinations the active reviewer looks at", 1, low=0, high=63),
        Argument("k", int, "partners of each decision", 5, low=0, high=5),
        Argument("period", int, "after how many updates", 100, low=0, high=1000),
    ),
    worlds=10_000,
    published=published,
    simulate=simulate,
    relevant=relevant,
)
