"""The full model with every rule on: time and memory by size, worlds per second, and where the time goes.

All five dials are up, the coalition forms in the first month and never ends, its backbone is paid throughout.
Run it with `python -m benchmarks.full_model` (`--quick` for a look).
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cisim
from cisim import engine
from cisim.engine import STEP, World
from cisim.scenario import Scenario

ROOT = Path(__file__).resolve().parents[1]
MONTHS = 120
SIZES = {50: 9, 150: 7, 500: 5, 5_000: 3, 50_000: 1}
"""Rounds by size: small worlds need more to be told from noise, large ones take seconds."""
SIZES_QUICK = {50: 3, 150: 2, 500: 2, 5_000: 1, 50_000: 1}
MONTHS_RUN = {50_000: 60}
"""Months really run where it is not all of `MONTHS`; their time is scaled up, founding is not."""
MONTHS_QUICK = {500: 60, 5_000: 24, 50_000: 12}
SHARES_AT = (50, 5_000)
ENSEMBLE_ORGS = 50
STATM_RSS = 1  # field of /proc/self/statm


def scenario_of(n_orgs: int, months: int = MONTHS) -> Scenario:
    """Return a community of `n_orgs` organisations in which every rule has work to do in every month."""
    return cisim.load("generic-adaptive").with_(
        regime="collective",
        n_orgs=n_orgs,
        months=months,
        formation_month=1,
        measurement_setup_months=0,
        backbone_term_years=50.0,
        coalition_end_per_year=0.0,
        grant_end_drop=0.0,
    )


def measure(quick: bool = False) -> dict[str, Any]:
    """Time the full model.

    Parameters
    ----------
    quick : bool
        Fewer rounds and months: good for a look, not for a record.

    Returns
    -------
    dict
        `worlds`, a list of `n_orgs`, `ms_per_world` and `ns_per_org_month` (processor time on one core, for
        120 months, founding included), `wall_ms_per_world`, `months_run` of the 120, `mib` (arrays of one
        world) and `rss_mib` (growth of the process, None where the system does not tell); `worlds_per_s_1`,
        `worlds_per_s_2` (elapsed time, one and two threads); `two_cores_ratio`, and `two_cores_got`, how many
        cores the two threads really had (well under 2 on a busy machine); `size_ratio`, the cost of an
        organisation-month at 50,000 organisations relative to 500; `rules`, the share of each rule in the
        time of a month by size; `crossing_us`, what one call from Python costs; `load_before`, how busy the
        machine was.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    engine.run_world(scenario_of(ENSEMBLE_ORGS, 12), 1)  # compiles
    worlds = _by_size(SIZES_QUICK if quick else SIZES, MONTHS_QUICK if quick else MONTHS_RUN)
    cost = {row["n_orgs"]: row["ns_per_org_month"] for row in worlds}
    one, two, ratio, got = _ensembles(rounds=2 if quick else 5, worlds=40 if quick else 200)
    rules, crossing = _shares(rounds=2 if quick else 7)
    return {
        "worlds": worlds,
        "size_ratio": round(cost[50_000] / cost[500], 3),
        "worlds_per_s_1": round(one, 1),
        "worlds_per_s_2": round(two, 1),
        "two_cores_ratio": round(ratio, 3),
        "two_cores_got": round(got, 2),
        "rules": rules,
        "crossing_us": round(1e6 * crossing, 1),
        "load_before": None if load is None else round(load, 2),
    }


def _by_size(rounds_of: dict[int, int], months_of: dict[int, int]) -> list[dict[str, Any]]:
    """Time worlds of all sizes by turns, so that a busy machine slows all alike; medians over rounds."""
    cpu: dict[int, list[float]] = {n: [] for n in rounds_of}
    wall: dict[int, list[float]] = {n: [] for n in rounds_of}
    for k in range(max(rounds_of.values())):
        for n, rounds in rounds_of.items():
            if k < rounds:
                used, passed = _one_world(n, months_of.get(n, MONTHS), seed=k + 1)
                cpu[n].append(used)
                wall[n].append(passed)
    rows = []
    for n in rounds_of:
        seconds = statistics.median(cpu[n])
        arrays, rss = _memory(n)
        rows.append(
            {
                "n_orgs": n,
                "ms_per_world": round(1e3 * seconds, 3),
                "ns_per_org_month": round(1e9 * seconds / n / MONTHS, 1),
                "mib": round(arrays, 2),
                "rss_mib": None if rss is None else round(rss, 2),
                "wall_ms_per_world": round(1e3 * statistics.median(wall[n]), 3),
                "months_run": months_of.get(n, MONTHS),
            }
        )
    return rows


def _one_world(n_orgs: int, months: int, seed: int) -> tuple[float, float]:
    """Processor and elapsed seconds of a world of `MONTHS` months, of which `months` are run."""
    scenario = scenario_of(n_orgs, months)
    start = time.process_time(), time.perf_counter()
    world = engine.build(scenario, seed)
    founded = time.process_time(), time.perf_counter()
    world.advance(0, len(STEP), 0, months)
    done = time.process_time(), time.perf_counter()
    _check_alive(world)
    cpu, wall = (f - s + (d - f) * MONTHS / months for s, f, d in zip(start, founded, done, strict=True))
    return cpu, wall


def _check_alive(world: World) -> None:
    """Refuse to time a world in which the coalition has gone: its rules would have had nothing to do."""
    if world.state.stage[0] != 3 or world.state.measurement[0] <= 0.0:
        raise RuntimeError(f"seed {world.seed}: the coalition or its measurement is gone; nothing to time")


def _memory(n_orgs: int) -> tuple[float, float | None]:
    """MiB of one world's arrays, and by how much a fresh process grows while it founds and runs the world."""
    program = f"from benchmarks.full_model import grow; print(*grow({n_orgs}))"
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", program]
    surroundings = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings)
    arrays, rss = done.stdout.split()
    return float(arrays), None if rss == "None" else float(rss)


def grow(n_orgs: int) -> tuple[float, float | None]:
    """What `_memory` runs in a process of its own."""
    engine.run_world(scenario_of(ENSEMBLE_ORGS, 12), 1)
    scenario = scenario_of(n_orgs, 13)
    gc.collect()
    before = _rss_mib()
    world = engine.run_world(scenario, 1)
    after = _rss_mib()
    arrays = sum(array.nbytes for array in world.state) + world.series.nbytes + world.by_group.nbytes
    return arrays / 2**20, None if before is None or after is None else after - before


def _rss_mib() -> float | None:
    """Memory of this process that is in use, where the system tells."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text().split()[STATM_RSS]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _ensembles(rounds: int, worlds: int) -> tuple[float, float, float, float]:
    """Worlds per second on one and two threads, median ratio, and cores the two threads had; medians over rounds."""
    scenario = scenario_of(ENSEMBLE_ORGS)
    speed: dict[int, list[float]] = {1: [], 2: []}
    cores: dict[int, list[float]] = {1: [], 2: []}
    for k in range(rounds):
        jobs = [(scenario, 1_000 * k + w) for w in range(worlds)]
        for threads in speed:
            start = time.process_time(), time.perf_counter()
            n = sum(1 for _ in engine.run_many(jobs, threads=threads))
            passed = time.perf_counter() - start[1]
            speed[threads].append(n / passed)
            cores[threads].append((time.process_time() - start[0]) / passed)
    ratio = statistics.median(b / a for a, b in zip(speed[1], speed[2], strict=True))
    return statistics.median(speed[1]), statistics.median(speed[2]), ratio, statistics.median(cores[2])


def _shares(rounds: int) -> tuple[list[dict[str, Any]], float]:
    """Share of each rule in the time of a month, one column a size, and the seconds one crossing takes."""
    by_size = {n: _seconds_by_rule(n, rounds if n < 1_000 else 2) for n in SHARES_AT}
    rows = []
    for k, name in enumerate(STEP):
        row: dict[str, Any] = {"rule": name}
        for n, (seconds, _) in by_size.items():
            row[f"share_at_{n}"] = round(seconds[k] / sum(seconds), 4)
        rows.append(row)
    return rows, by_size[SHARES_AT[0]][1]


def _seconds_by_rule(n_orgs: int, rounds: int) -> tuple[list[float], float]:
    """Processor seconds per month of each rule without the crossing, and of one crossing.

    Every round does the same work, so of each call the fastest round counts. A crossing is a call that runs
    no rule.
    """
    months = MONTHS if n_orgs < 1_000 else 36
    fastest = [[float("inf")] * (len(STEP) + 1) for _ in range(months)]
    for _ in range(rounds):
        world = engine.build(scenario_of(n_orgs, months), 1)
        for month in range(months):
            for k in range(len(STEP) + 1):
                first = min(k, len(STEP) - 1)
                start = time.process_time()
                world.advance(first, k + 1 if k < len(STEP) else first, month, month + 1)
                fastest[month][k] = min(fastest[month][k], time.process_time() - start)
    crossing = statistics.median(row[-1] for row in fastest)
    seconds = [max(0.0, sum(row[k] - crossing for row in fastest) / months) for k in range(len(STEP))]
    return seconds, crossing


if __name__ == "__main__":
    import json

    print(json.dumps(measure(quick="--quick" in sys.argv[1:]), indent=2))
