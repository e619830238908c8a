"""The same published model in cisim, Mesa, AgentPy and C: how fast, on one core, and are the answers right?

Barkoczi & Galesic (2016), strategy best3, fully connected and lattice, 200 time steps, landscape included.
Run it with `python -m benchmarks.barkoczi_galesic`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.barkoczi_galesic.setting import N_STEPS, NETWORKS

from cisim.docking.barkoczi_galesic import N_AGENTS, STRATEGIES, published, run_worlds
from cisim.docking.networks import network_named
from cisim.docking.spread import as_arrays
from cisim.rng import world_seed

HERE = Path(__file__).resolve().parent
STANDARD_ERRORS = 4.0  # of 8 comparisons (4 peers x 2 networks) chance alone fails one in about 2,000 runs
Peer = Callable[[str, int, int], list[float]]  # (network, worlds, first seed) -> mean payoff of each world


def _cisim(network: str, worlds: int, first_seed: int) -> list[float]:
    """The docked model, in one thread."""
    first, observed = as_arrays(network_named(network, N_AGENTS))
    seeds = np.array([world_seed(first_seed, world) for world in range(worlds)], np.int64)
    rows = run_worlds(7, *STRATEGIES["best3"], first, observed, N_STEPS, seeds)
    return [float(value) for value in rows[:, -1]]


def _python_peer(name: str) -> Peer:
    """A peer that runs one world per call."""
    module = import_module(f"benchmarks.barkoczi_galesic.{name}")

    def run(network: str, worlds: int, first_seed: int) -> list[float]:
        return [module.run(network, first_seed * 1_000 + world) for world in range(worlds)]

    return run


def _c_peer(directory: Path) -> Peer | None:
    """Compile `peer.c` for this processor; None without a C compiler."""
    compiler = next(
        (found for name in (os.environ.get("CC"), "gcc", "cc") if name and (found := shutil.which(name))),
        None,
    )
    if compiler is None:
        return None
    program = directory / "peer"
    command = [compiler, "-O3", "-march=native", "-o", str(program), str(HERE / "peer.c"), "-lm"]
    subprocess.run(command, check=True, capture_output=True)

    def run(network: str, worlds: int, first_seed: int) -> list[float]:
        command = [str(program), network, str(worlds), str(first_seed)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [float(line) for line in output.split()]

    return run


def measure(repeats: int = 5, worlds: int = 300, worlds_slow: int = 5) -> dict[str, Any]:
    """Time all peers by turns and check their answers.

    Parameters
    ----------
    repeats : int
        Rounds; in each every peer runs every network once, so that a busy machine slows all alike.
    worlds, worlds_slow : int
        Worlds per round of the compiled peers and of the Python peers.

    Returns
    -------
    dict
        `mesa_ratio`, `agentpy_ratio`: how many times faster cisim is; `c_ratio`: time over that of C.
        Medians over rounds and networks, on one core; None if a peer is missing. `seconds_per_world`,
        `mean_payoff` with its standard error, and `agrees` with the published means.
    """
    with tempfile.TemporaryDirectory() as directory:
        peers: dict[str, Peer | None] = {
            "cisim": _cisim,
            "c": _c_peer(Path(directory)),
            "mesa": _python_peer("mesa_peer") if find_spec("mesa") else None,
            "agentpy": _python_peer("agentpy_peer") if find_spec("agentpy") else None,
        }
        present = {name: peer for name, peer in peers.items() if peer is not None}
        seconds, means = _timed(present, repeats, {"cisim": worlds, "c": worlds}, worlds_slow)
    times = {name: statistics.median(values) for name, values in seconds.items()}

    def ratio(top: str, bottom: str) -> float | None:
        if top not in seconds or bottom not in seconds:
            return None
        pairs = zip(seconds[top], seconds[bottom], strict=True)
        return round(statistics.median(a / b for a, b in pairs), 2)

    return {
        "mesa_ratio": ratio("mesa", "cisim"),
        "agentpy_ratio": ratio("agentpy", "cisim"),
        "c_ratio": ratio("cisim", "c"),
        "seconds_per_world": {name: round(value, 7) for name, value in times.items()},
        "mean_payoff": {
            name: {net: _mean_and_error(v) for net, v in by.items()} for name, by in means.items()
        },
        "agrees": all(_agrees(net, values) for by in means.values() for net, values in by.items()),
    }


def _timed(
    peers: dict[str, Peer], repeats: int, many: dict[str, int], few: int
) -> tuple[dict[str, list[float]], dict[str, dict[str, list[float]]]]:
    """Seconds per world of each round, and all answers by network."""
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    answers: dict[str, dict[str, list[float]]] = {name: {net: [] for net in NETWORKS} for name in peers}
    for peer in peers.values():
        peer("lattice", 2, 0)  # compile, import
    for repeat in range(1, repeats + 1):
        for network in NETWORKS:
            for name, peer in peers.items():
                n_worlds = many.get(name, few)
                start = time.perf_counter()
                answers[name][network] += peer(network, n_worlds, repeat)
                seconds[name].append((time.perf_counter() - start) / n_worlds)
    return seconds, answers


def _mean_and_error(values: list[float]) -> list[float]:
    """Mean and standard error, rounded."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return [round(statistics.fmean(values), 4), round(error, 4)]


def _agrees(network: str, values: list[float]) -> bool:
    """Whether the answers fit the published mean at t = 200 within 4 standard errors of the two."""
    wanted = {"network": network, "k": 7, "strategy": "best3", "t": 200}
    [paper] = [cell for cell in published() if cell.arguments == wanted]
    mean, error = _mean_and_error(values)
    return abs(mean - paper.mean) <= STANDARD_ERRORS * float(np.hypot(error, paper.se or 0.0))
