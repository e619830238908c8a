"""How large a study may be, and which sizes its design allows."""

from __future__ import annotations

import math

from cisim.study.problems import StudyInputError
from cisim.study.spec import Spec
from cisim.study.stopping import Precision

MOST_RUNS = 100_000_000


def check_size(spec: Spec) -> None:
    """Refuse a study that nobody could run, or whose design does not come in this size.

    Raises
    ------
    StudyInputError
        With what is allowed.
    """
    if spec.analysis == "calibrate":
        return
    n_points = math.prod(len(factor.levels) for factor in spec.grid) * spec.samples
    if spec.analysis == "sensitivity":
        n_points = _rows(spec)
    worlds = spec.worlds.pilot if isinstance(spec.worlds, Precision) else spec.worlds
    runs = n_points * worlds * len(spec.cases)
    if runs > MOST_RUNS:
        what = "levels x samples x worlds x cases"
        raise StudyInputError(f"worlds: {runs:,} runs ({what}) are not allowed; at most {MOST_RUNS:,}")


def _rows(spec: Spec) -> int:
    """Return the number of points of a sensitivity analysis, whose methods allow some base samples only."""
    from cisim.study.sensitivity.design import rows_of

    method = str(spec.options.get("method", "sobol"))
    second_order = bool(spec.options.get("second_order", True))
    try:
        return rows_of(method, len(spec.factors), spec.samples, second_order)
    except ValueError as error:
        raise StudyInputError(f"samples: {error}") from error
