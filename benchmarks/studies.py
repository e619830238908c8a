"""What a study costs beyond its worlds, and how it scales: ratios measured in turns within one run.

Run it with `python -m benchmarks.studies` (`--quick` for a look).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cisim import engine
from cisim.study.executors import DaskPool, Pool, processes
from cisim.study.folder import Folder
from cisim.study.runner import How, run_study
from cisim.study.spec import Spec
from cisim.study.study import Study

ROOT = Path(__file__).resolve().parents[1]
ORGS = 50
WORLDS = 10_000
SOBOL = {"n": 512, "worlds": 2, "factors": 12}


def worlds_study(worlds: int, name: str = "bench") -> Spec:
    """Return a study of one point and one case, so that its runs are those of an ensemble."""
    return Study(
        "generic-adaptive", name=name, cases=["collective"], vary={"backbone": [1]}, worlds=worlds, seed=1,
        set={"n_orgs": ORGS},
    ).spec  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    """Return the seconds some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_folder(spec: Spec, how: How) -> float:
    """Return the seconds a study takes in a new folder, tables included."""
    folder = tempfile.mkdtemp(prefix="cisim-bench-")
    try:
        return timed(lambda: run_study(spec, Folder(f"{folder}/study"), how))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def bare(spec: Spec, threads: int = 2) -> float:
    """Return the seconds the engine alone takes for the worlds of a study."""
    from cisim.runs import seeds_of

    assert isinstance(spec.worlds, int)
    scenario = spec.cases["collective"].with_(backbone=1)
    jobs = [(scenario, seed) for seed in seeds_of(spec.seed, spec.worlds)]

    def work() -> None:
        for _ in engine.run_many(jobs, threads=threads):
            pass

    return timed(work)


def _warm(pool: Pool) -> Pool:
    """Run a little on every worker of a pool, so that starting is not counted."""
    run_warm = How(_Kept(pool), chunk_seconds=0.01)
    in_folder(worlds_study(64), run_warm)
    return _Kept(pool)


class _Kept:
    """A pool that stays open when a study ends."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.workers = pool, pool.workers

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pool, name)

    def close(self) -> None:
        """Stay open."""


def overhead(worlds: int, rounds: int) -> float:
    """Return how many times longer a study takes than the bare engine, two threads each."""
    spec = worlds_study(worlds)
    how = How("threads", 2)
    return statistics.median(in_folder(spec, how) / bare(spec) for _ in range(rounds))


def scaling(worlds: int, rounds: int) -> tuple[float, float]:
    """Return the speed of two processes over one, and of Dask with two workers over two processes."""
    spec = worlds_study(worlds)
    one, two = _warm(processes(1)), _warm(processes(2))
    dask = _warm(DaskPool(None, 2))
    try:
        seconds = [
            [in_folder(spec, How(pool, chunk_seconds=1.0)) for pool in (one, two, dask)]
            for _ in range(rounds)
        ]
    finally:
        for pool in (one, two, dask):
            pool.pool.close()  # type: ignore[attr-defined]
    return (
        statistics.median(a / b for a, b, _ in seconds),
        statistics.median(b / c for _, b, c in seconds),
    )


def one_process_per_run(runs: int) -> float:
    """Return how many times longer runs take that each start in a process of a pool with the Mesa door.

    This is what `mesa.batch_run` does: a model made and stepped per run, results pickled back one by one.
    """
    spec = worlds_study(runs)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(mesa_run, range(4), chunksize=1)
        mesa = timed(lambda: pool.map(mesa_run, range(runs), chunksize=1))
    two = _warm(processes(2))
    try:
        study = in_folder(spec, How(two, chunk_seconds=1.0))
    finally:
        two.pool.close()  # type: ignore[attr-defined]
    return mesa / study


def mesa_run(seed: int) -> dict[str, float]:
    """Run one world through the Mesa model."""
    import cisim

    scenario = cisim.load("generic-adaptive").with_(regime="collective", financing="equal", n_orgs=ORGS)
    model = cisim.CoalitionModel(scenario, seed=seed)
    model.run()
    return dict(model.result().outcomes)


def sobol(n: int) -> dict[str, Any]:
    """Run the Sobol' study of twelve factors that is shipped, analysis included; return runs and seconds."""
    study = Study.load("sobol")
    spec = study.spec.grown(samples=n)
    folder = tempfile.mkdtemp(prefix="cisim-bench-")
    try:
        start = time.perf_counter()
        result = Study.of(spec).run(f"{folder}/study", executor="threads", workers=2)
        simulated = time.perf_counter() - start
        result.save()
        whole = time.perf_counter() - start
        runs = len(result.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "n": n,
        "factors": len(spec.factors),
        "runs": runs,
        "run_seconds": round(simulated, 1),
        "seconds": round(whole, 1),
    }


def driver_mib(runs: int) -> dict[str, float]:
    """Return the largest memory of a driver whose workers answer at once, by number of runs, in MiB.

    The workers hand back finished parts without simulating, so that what is measured is the driver: planning,
    writing, and putting the tables together.
    """
    code = f"from benchmarks.studies import stream; stream({runs})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def stream(runs: int) -> None:
    """Drive `runs` runs through a pool that fabricates their results, and print memory and seconds."""
    years = {"name": "trust_years", "distribution": "uniform", "low": 1, "high": 5}
    spec = Study(
        "generic-adaptive",
        cases=["isolated", "collective"],
        vary={"backbone": [0, 0.5, 1]},
        uncertainties=[{**years, "source": "benchmark", "grade": "assumed"}],
        samples=max(1, runs // 24),
        worlds=4,
        seed=1,
        set={"months": 120},
    ).spec
    folder = tempfile.mkdtemp(prefix="cisim-bench-")
    try:
        seconds = timed(lambda: run_study(spec, Folder(f"{folder}/study"), How(Fabricating())))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"runs": runs // 24 * 24, "mib": round(peak, 1), "seconds": round(seconds, 1)}
    print(json.dumps({**found, "disk_mb": round(size / 1e6, 1)}))


class Fabricating:
    """A pool that makes up results at once instead of simulating."""

    def __init__(self) -> None:
        self.workers, self.back = 2, []  # type: ignore[var-annotated]

    def submit(self, number: int, packed: bytes, chunk: Any) -> None:
        """Make up the results of a chunk."""
        import numpy as np

        from cisim.result import OUTCOMES
        from cisim.study.plan import run_key
        from cisim.study.work import Done, Row, _context, encode

        context, _ = _context(packed)
        rows = []
        draws = np.random.default_rng(number)
        for i in range(len(chunk)):
            key = run_key(b"0" * 16, chunk.seed[i], context.model)
            months = {name: draws.random(120) for name in context.series}
            keys = (chunk.point[i], chunk.case[i], chunk.world[i], chunk.seed[i], key)
            rows.append(Row(*keys, None, draws.random(len(OUTCOMES)), months))
        self.back.append((number, Done(encode(rows, context), len(rows), 0, 1e-3 * len(rows))))

    def answers(self, timeout: float) -> list[Any]:
        """Return everything."""
        del timeout
        found, self.back = self.back, []
        return found

    def renew(self) -> None:
        """Nothing is ever lost."""

    def close(self) -> None:
        """Nothing to end."""


def measure(quick: bool = False) -> dict[str, Any]:
    """Time studies.

    Returns
    -------
    dict
        `study_overhead`, `two_processes_ratio`, `dask_ratio`, `process_per_run_ratio`, `sobol`, `million`
        (memory, seconds and disk of a driver for a million runs whose worlds are made up), and `study_load`,
        how busy the machine was before.
    """
    engine.prepare()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    two, dask = scaling(600 if quick else 3_000, rounds=1 if quick else 3)
    return {
        "study_load": load,
        "study_overhead": round(overhead(500 if quick else WORLDS, rounds=1 if quick else 3), 3),
        "two_processes_ratio": round(two, 3),
        "dask_ratio": round(dask, 3),
        "process_per_run_ratio": round(one_process_per_run(40 if quick else 200), 2),
        "sobol": sobol(16 if quick else SOBOL["n"]),
        "million": driver_mib(24_000 if quick else 1_000_000),
    }


if __name__ == "__main__":
    print(json.dumps(measure("--quick" in sys.argv), indent=2))
