"""How large a study may be, and which sizes its design allows; asked before anything is run or written."""

from __future__ import annotations

import math

from cisim.study.problems import StudyInputError
from cisim.study.spec import Spec
from cisim.study.stopping import Precision

MOST_RUNS = 20_000_000
MOST_POINTS = 5_000_000
LEAST_DISCOVERED = 40
"""Points below which boxes cannot be learned on one half and judged by the other."""

LEAST_WORLDS = 2
ERRORS_OF_A_POINT = ("calibrate", "predict")
"""Analyses that tell the standard error of each point by its worlds."""


def check_size(spec: Spec) -> None:
    """Refuse a study that nobody could run, or whose design does not come in this size.

    Raises
    ------
    StudyInputError
        With the field, and what is allowed.
    """
    _check_worlds(spec)
    n_points, what = _points(spec)
    if n_points > MOST_POINTS:
        raise StudyInputError(f"{what}: {n_points:,} points are not allowed; at most {MOST_POINTS:,}")
    worlds = spec.worlds.most if isinstance(spec.worlds, Precision) else spec.worlds
    runs = n_points * worlds * len(spec.cases)
    if runs > MOST_RUNS:
        field = "precision" if isinstance(spec.worlds, Precision) else "worlds"
        count = f"{n_points:,} points x {worlds:,} worlds x {len(spec.cases)} cases"
        raise StudyInputError(f"{field}: {runs:,} runs ({count}) are not allowed; at most {MOST_RUNS:,}")


def _check_worlds(spec: Spec) -> None:
    """Refuse fewer worlds than an analysis needs to tell its error."""
    if isinstance(spec.worlds, Precision):
        return
    if spec.analysis in ERRORS_OF_A_POINT and spec.worlds < LEAST_WORLDS:
        raise StudyInputError(
            f"worlds: {spec.worlds} is not allowed; {spec.analysis} needs {LEAST_WORLDS} or more for its errors"
        )
    if spec.analysis == "attribution" and spec.worlds * spec.samples < LEAST_WORLDS:
        what = f"attribution needs {LEAST_WORLDS} or more, or as many samples, for its errors"
        raise StudyInputError(f"worlds: {spec.worlds} is not allowed; {what}")


def _points(spec: Spec) -> tuple[int, str]:
    """Return the number of points, and the field that decides it."""
    if spec.analysis == "sensitivity":
        return _rows(spec), "samples"
    if spec.analysis == "calibrate":
        return _wave_points(spec), "options"
    if spec.analysis == "discover" and spec.samples < LEAST_DISCOVERED:
        raise StudyInputError(
            f"samples: {spec.samples} is not allowed; discover needs {LEAST_DISCOVERED} or more"
        )
    grid = math.prod(len(factor.levels) for factor in spec.grid)
    return grid * spec.samples, "vary" if grid > spec.samples else "samples"


def _rows(spec: Spec) -> int:
    """Return the number of points of a sensitivity analysis, whose methods allow some base samples only."""
    from cisim.study.sensitivity.design import rows_of

    method = str(spec.options.get("method", "sobol"))
    second_order = bool(spec.options.get("second_order", True))
    try:
        return rows_of(method, len(spec.factors), spec.samples, second_order)
    except ValueError as error:
        raise StudyInputError(f"samples: {error}") from error


def _wave_points(spec: Spec) -> int:
    """Return the most points of a calibration, whose methods allow some sizes of waves only."""
    from cisim.study.calibration.analysis import engine_from

    try:
        engine = engine_from(spec)
    except ValueError as error:
        raise StudyInputError(f"options: {error}") from error
    return int(engine.per_wave) * int(engine.waves)
