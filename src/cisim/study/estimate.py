"""What a study would take: runs, time and disk, from a few of its runs."""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass

import numpy as np

from cisim.compiled import model_version
from cisim.study.dispatch import chunk_of
from cisim.study.plan import Plan
from cisim.study.size import check_size
from cisim.study.spec import Spec
from cisim.study.stages import first_stage
from cisim.study.stopping import Precision
from cisim.study.work import Context, run_chunk

TRIALS = 8
TABLE_SHARE = 2.1
"""Most disk a run takes besides its part, in units of the part: the tables, while the parts are still there."""
SPEEDUP = 0.9
"""Share of each further worker that adds to the speed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a study would take.

    Attributes
    ----------
    points, runs, simulated : int
        Points, rows of the result, and runs that are simulated (equal ones once).
    workers : int
    seconds, bytes : float
        Time on `workers` workers, and the most disk at one time.
    note : str
        What it does not count.
    """

    points: int
    runs: int
    simulated: int
    workers: int
    seconds: float
    bytes: float
    note: str


def estimate(spec: Spec, workers: int) -> Estimate:
    """Simulate a few runs spread over the design and return what the whole would take.

    Raises
    ------
    StudyInputError
        If the study is too large, or of a size its design does not allow.
    """
    check_size(spec)
    stage = first_stage(spec)
    plan = Plan(spec, stage.design, stage.worlds)
    to_run = plan.jobs.to_run
    context = Context(spec.digest, model_version(), tuple(spec.cases.values()), spec.series)
    packed = pickle.dumps(context)
    at = to_run[np.unique(np.linspace(0, to_run.size - 1, min(TRIALS, to_run.size)).astype(np.int64))]
    run_chunk(packed, chunk_of(plan, at[:1]))  # whatever is done only once
    start = time.perf_counter()
    done = run_chunk(packed, chunk_of(plan, at))
    each = (time.perf_counter() - start) / at.size
    speed = 1.0 + (workers - 1) * SPEEDUP
    size = len(done.part) / at.size * (to_run.size + TABLE_SHARE * len(plan.jobs))
    return Estimate(
        plan.n_points,
        len(plan.jobs),
        int(to_run.size),
        workers,
        each * to_run.size / speed,
        size,
        _note(spec),
    )


def _note(spec: Spec) -> str:
    """Return what is not known before the first results."""
    if spec.analysis == "calibrate":
        return f"for the first wave; at most {spec.options.get('waves', 5)} follow one another"
    if isinstance(spec.worlds, Precision):
        pilot, most = spec.worlds.pilot, spec.worlds.most
        return f"for the pilot of {pilot} worlds; its results decide how many there will be, at most {most:,}"
    return ""
