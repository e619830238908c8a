"""The stages of a study: what is run first, and what the results so far ask for next.

Most studies have one stage. With `worlds: auto` a pilot decides how many worlds each point needs. A calibration
goes in waves. What comes next depends on the study and its results only, so an interrupted study goes the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from cisim.study.design import base_design, frame_of, mapped
from cisim.study.records import StudyData
from cisim.study.spec import Spec
from cisim.study.stopping import Precision, distance, worlds_needed

if TYPE_CHECKING:
    import pandas as pd

Read = Callable[[], StudyData]


@dataclass(frozen=True)
class Stage:
    """Points and worlds wanted so far.

    Attributes
    ----------
    design : DataFrame
        All points, those of earlier stages first.
    worlds : (n_points,) int64
        Worlds of each.
    number : int
        0 for the first stage.
    waves : tuple
        What a calibration has been told so far, and last the points it waits for.
    reason : str
        Why there will be no more, once that is known.
    """

    design: pd.DataFrame
    worlds: npt.NDArray[np.int64]
    number: int = 0
    waves: tuple[Any, ...] = field(default=())
    reason: str = ""


def one_blas_thread() -> Any:
    """Return a context in which linear algebra runs on one thread.

    The sum of many numbers depends in its last bits on how many threads share it, and the points of the next
    wave would depend on the machine's number of cores.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def first_stage(spec: Spec) -> Stage:
    """Return what is run first."""
    if spec.analysis == "calibrate":
        return _wave(spec, (), 0)
    design = base_design(spec)
    worlds = spec.worlds.pilot if isinstance(spec.worlds, Precision) else spec.worlds
    return Stage(design, np.full(len(design), worlds, dtype=np.int64))


def next_stage(spec: Spec, stage: Stage, read: Read) -> Stage | None:
    """Return what is run next, or None when the study is complete.

    Parameters
    ----------
    spec : Spec
    stage : Stage
        The last one, all of whose runs are finished.
    read : callable
        Returns its results.
    """
    if spec.analysis == "calibrate":
        with one_blas_thread():
            return _next_wave(spec, stage, read())
    if isinstance(spec.worlds, Precision) and stage.number == 0:
        return Stage(stage.design, worlds_after_pilot(spec, stage, read()), 1)
    return None


def worlds_after_pilot(spec: Spec, stage: Stage, data: StudyData) -> npt.NDArray[np.int64]:
    """Return how many worlds each point needs; several cases at a point need the most of theirs."""
    precision = spec.worlds
    assert isinstance(precision, Precision)
    worlds = stage.worlds.copy()
    found = data.response(precision.outcome)
    scale = distance(spec.scenario)
    for key, rows in found.groupby(["point", "case"], observed=True):
        point = int(cast("tuple[Any, Any]", key)[0])
        values = rows["value"].to_numpy()
        values = values[np.isfinite(values)]
        if values.size >= 2:
            worlds[point] = max(int(worlds[point]), worlds_needed(values, precision, scale))
    return worlds


# --- calibration -------------------------------------------------------------------------------------------


def _wave(spec: Spec, told: tuple[Any, ...], number: int, before: Stage | None = None) -> Stage:
    """Return the stage with the points of the next wave, or with the reason why there is none."""
    import pandas as pd

    from cisim.study.calibration.analysis import engine_from

    engine = engine_from(spec)
    u = engine.ask(told)
    if u is None:
        assert before is not None
        return Stage(before.design, before.worlds, number, told, engine.reason(told))
    first = 0 if before is None else len(before.design)
    draw = np.arange(first, first + len(u))
    luck = draw if spec.seeds == "own" else np.zeros_like(draw)
    inner = np.clip(u, 0.0, np.nextafter(1.0, 0.0))
    fresh = frame_of(spec, np.zeros(len(u), np.int64), draw, luck, mapped(spec.factors, inner), first)
    design = fresh if before is None else pd.concat([before.design, fresh], ignore_index=True)
    assert isinstance(spec.worlds, int)
    return Stage(design, np.full(len(design), spec.worlds, dtype=np.int64), number, (*told, u))


def _next_wave(spec: Spec, stage: Stage, data: StudyData) -> Stage | None:
    """Tell the calibration what the last wave gave and ask for the next."""
    from cisim.study.calibration.analysis import told_of

    if stage.reason:
        return None
    told = told_of(spec, stage.waves, data)
    return _wave(spec, told, stage.number + 1, stage)
