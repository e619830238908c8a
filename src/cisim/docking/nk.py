"""Exact statistics of NK landscapes: how many local optima, how high, how far away, how rugged.

References
----------
Kauffman & Levin (1987), Journal of Theoretical Biology 128. https://doi.org/10.1016/S0022-5193(87)80029-2
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import comb

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
    ratio_and_error,
    read_published,
)
from cisim.landscape import fill, scan
from cisim.rng import LANDSCAPE, START, TRIAL, integer, uniform
from cisim.search import flip_one, flip_one_of, keep_if_better

STATISTICS = ("local-optima", "optimum-height", "global-maximum", "walk-length", "autocorrelation")
OPTIMA, HEIGHTS, MAXIMUM, WALK, PRODUCT, SQUARE, N_COLUMNS = 0, 1, 2, 3, 4, 5, 6


@kernel_inner
def walk_length(values: Floats, n: int, seed: int) -> int:
    """Walk uphill: try the bits not yet refused here in random order, keep what is better; count steps."""
    x = integer(seed, START, 0, 0, 0, 1 << n)
    steps = trials = 0
    untried = (1 << n) - 1
    while untried:
        candidate = flip_one_of(x, untried, uniform(seed, TRIAL, trials, 0, 0))
        untried &= ~(x ^ candidate)
        trials += 1
        if keep_if_better(x, candidate, values[x], values[candidate]) != x:
            x = candidate
            untried = (1 << n) - 1
            steps += 1
    return steps


@kernel_inner
def at_distance(x: int, n: int, distance: int, seed: int) -> int:
    """Change `distance` of the bits of practice `x`, drawn at random."""
    untouched = (1 << n) - 1
    for i in range(distance):
        moved = flip_one_of(x, untouched, uniform(seed, TRIAL, x, i, 1))
        untouched &= ~(x ^ moved)
        x = moved
    return x


@kernel_inner
def count_optima(values: Floats, n: int, row: Floats) -> None:
    """Count the practices that no single change improves, and add up their heights."""
    row[OPTIMA] = row[HEIGHTS] = 0.0
    for x in range(1 << n):
        is_optimum = True
        for bit in range(n):
            if values[flip_one(x, n, (bit + 0.5) / n)] > values[x]:
                is_optimum = False
                break
        if is_optimum:
            row[OPTIMA] += 1.0
            row[HEIGHTS] += values[x]


@kernel
def run_worlds(n: int, k: int, distance: int, seeds: Ints) -> Floats:
    """All statistics of each landscape, one row each; products are of deviations from the expected 1/2."""
    rows = np.empty((seeds.shape[0], N_COLUMNS), np.float64)
    table = np.empty((n, 1 << (k + 1)), np.float64)
    partners = np.empty((n, k), np.int64)
    values = np.empty(1 << n, np.float64)
    for world in range(seeds.shape[0]):
        seed = seeds[world]
        fill(table, partners, seed, LANDSCAPE, 0)
        _, best = scan(table, partners, values)
        count_optima(values, n, rows[world])
        rows[world, MAXIMUM] = values[best]
        rows[world, WALK] = walk_length(values, n, seed)
        product = square = 0.0
        for x in range(1 << n):
            product += (values[x] - 0.5) * (values[at_distance(x, n, distance, seed)] - 0.5)
            square += (values[x] - 0.5) ** 2
        rows[world, PRODUCT] = product / (1 << n)
        rows[world, SQUARE] = square / (1 << n)
    return rows


def _estimate(statistic: str, rows: Floats) -> Result:
    """Read one statistic off the rows; heights are those of all optima of all landscapes together."""
    if statistic == "optimum-height":
        return ratio_and_error(rows[:, HEIGHTS], rows[:, OPTIMA])
    if statistic == "autocorrelation":
        return ratio_and_error(rows[:, PRODUCT], rows[:, SQUARE])
    column = {"local-optima": OPTIMA, "global-maximum": MAXIMUM, "walk-length": WALK}[statistic]
    return mean_and_error(rows[:, column])


def simulate(cells: Sequence[dict[str, Value]], seeds: Ints) -> list[Result]:
    """Draw each (n, k, distance) once."""

    def run_key(i: int) -> tuple[int, ...]:
        return int(cells[i]["n"]), int(cells[i]["k"]), int(cells[i].get("distance", 0))

    results: dict[int, Result] = {}
    for (n, k, distance), group in groupby(sorted(range(len(cells)), key=run_key), key=run_key):

        def run(chunk: Ints, setting: tuple[int, int, int] = (n, k, distance)) -> Floats:
            return run_worlds(*setting, chunk)

        rows = over_worlds(run, seeds)
        for i in group:
            results[i] = _estimate(str(cells[i]["statistic"]), rows)
    return [results[i] for i in range(len(cells))]


def exact(arguments: dict[str, Value]) -> Published | None:
    """Compute the expectation where a formula exists: k = 0, k = n - 1 and all autocorrelations."""
    n, k, statistic = int(arguments["n"]), int(arguments["k"]), arguments["statistic"]
    formulas = {}
    if k == n - 1:
        formulas = {"local-optima": 2**n / (n + 1)}
    if k == 0:
        formulas = {
            "local-optima": 1.0,
            "optimum-height": 2 / 3,
            "global-maximum": 2 / 3,
            "walk-length": n / 2,
        }
    if statistic == "autocorrelation":
        distance = int(arguments["distance"])
        formulas = {"autocorrelation": comb(n - k - 1, distance) / comb(n, distance)}
    mean = formulas.get(str(statistic))
    return None if mean is None else Published(arguments, float(mean))


def published() -> list[Published]:
    """Tabulated heights and maxima, and a choice of settings with an exact formula."""
    cells = read_published("nk")
    chosen: list[dict[str, Value]] = [
        {"statistic": "local-optima", "n": n, "k": n - 1} for n in (6, 8, 10, 12, 15)
    ]
    for n in (6, 12):
        chosen += [{"statistic": name, "n": n, "k": 0} for name in STATISTICS[:4]]
    chosen += [
        {"statistic": "autocorrelation", "n": n, "k": k, "distance": d}
        for n, k in ((12, 0), (12, 2), (12, 5), (12, 11))
        for d in (1, 2, 4)
    ]
    return cells + [cell for arguments in chosen if (cell := exact(arguments)) is not None]


def relevant(settings: Settings) -> tuple[str, ...]:
    """Only an autocorrelation has a distance."""
    if settings.get("statistic", "autocorrelation") == "autocorrelation":
        return ("statistic", "n", "k", "distance")
    return ("statistic", "n", "k")


def check(arguments: dict[str, Value]) -> None:
    """Partners and distance cannot exceed what the bits allow."""
    n = int(arguments["n"])
    for name, high in (("k", n - 1), ("distance", n)):
        if int(arguments.get(name, 0)) > high:
            raise ValueError(
                f"{name}: {arguments[name]} is not allowed with n = {n}; use whole numbers up to {high}"
            )


TARGET = Target(
    name="nk",
    description="statistics of the practice landscapes against their exact expectations",
    reference=(
        "Kauffman & Levin (1987), Towards a general theory of adaptive walks on rugged landscapes, "
        "Journal of Theoretical Biology 128, 11-45"
    ),
    doi="10.1016/S0022-5193(87)80029-2",
    arguments=(
        Argument("statistic", str, "what is measured", "local-optima", STATISTICS),
        Argument("n", int, "bits", 12, low=1, high=16),
        Argument("k", int, "partners of each bit", 2, low=0, high=15),
        Argument("distance", int, "bits changed, for the autocorrelation", 1, low=1, high=16),
    ),
    worlds=2000,
    published=published,
    simulate=simulate,
    relevant=relevant,
    lookup=exact,
    check=check,
)
