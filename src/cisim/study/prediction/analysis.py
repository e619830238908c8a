"""Predictive check: what the drawn parameters really give, run by run, beside each fact.

A calibration reads its facts from emulators, or from the runs it happened to make. Here every draw is simulated, so
that a fact counts as met only if the model itself meets it. With the calibrated set this is a posterior predictive
check, with the scenario's own distributions a prior predictive one (Gelman, Meng & Stern 1996).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cisim.study.calibration.analysis import targets_of
from cisim.study.calibration.summaries import summaries
from cisim.study.calibration.tables import verdict_of
from cisim.study.calibration.targets import Target
from cisim.study.prediction.paths import RANGE, paths_table
from cisim.study.prediction.text import report_text
from cisim.study.records import Report, StudyData

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

F = npt.NDArray[np.float64]


def analyse(data: StudyData) -> Report:
    """Report what the drawn parameters predict of each target.

    Parameters
    ----------
    data : StudyData
        `options["targets"]` holds the facts; one point a draw.

    Returns
    -------
    Report
        Tables `facts` (a row per target: fact, prediction, distance, verdict), `paths` (month by month, for targets
        with a month) and `draws` (a row per draw, a column per target); figures `facts` and `paths`.

    Raises
    ------
    ValueError
        If there are no targets, or what they need was not kept.
    """
    from cisim.study.prediction.figures import draw_facts, draw_paths

    targets = targets_of(data.options)
    series = data.series if any(one.month is not None for one in targets) else None
    values, errors = summaries(data.runs, series, targets, data.reference)
    facts = facts_table(targets, values, errors)
    tables = {
        "facts": facts,
        "paths": paths_table(data, targets),
        "draws": draws_table(data, targets, values),
    }
    figures: dict[str, Callable[[], Figure]] = {"facts": partial(draw_facts, data, facts)}
    if len(tables["paths"]):
        figures["paths"] = partial(draw_paths, data, targets, tables["paths"])
    return Report("predict", report_text(data, facts), tables, figures)


def facts_table(targets: Sequence[Target], values: F, errors: F) -> pd.DataFrame:
    """Return fact against prediction, a row per target.

    Parameters
    ----------
    targets : sequence of Target
    values, errors : (n_draws, n_targets) ndarray
        Statistic of each draw and its standard error by the luck of its worlds.

    Returns
    -------
    DataFrame
        `target, case, outcome, statistic, month, use, value, tolerance`; `mean, low, quarter, median, three_quarters,
        high` of the draws; `sd` of the draws without the luck of their worlds; `off_by_sd`, the distance in standard
        deviations of tolerance and sd together; `surprise`, the two-sided chance that a prediction, tolerance included,
        is as far from the middle as the fact; `verdict`; `draws`, `source`, `note`.

    Examples
    --------
    >>> alive = Target("alive", "coalition", "coalition_survived", "mean", 0.9, 0.05, "example")
    >>> table = facts_table([alive], np.array([[0.85], [0.95]]), np.zeros((2, 1)))
    >>> table.loc[0, "verdict"], round(float(table.loc[0, "mean"]), 2)
    ('inside', 0.9)
    """
    import pandas as pd

    rows = []
    for j, target in enumerate(targets):
        there = np.isfinite(values[:, j])
        x, noise = values[there, j], errors[there, j]
        ends = np.quantile(x, RANGE) if x.size else np.full(len(RANGE), math.nan)
        mean = float(x.mean()) if x.size else math.nan
        sd = _sd_without_luck(x, noise)
        off = abs(mean - target.value) / math.hypot(target.tolerance, sd)
        rows.append(
            {
                "target": target.name, "case": target.case, "outcome": target.outcome, "statistic": target.statistic,
                "month": target.month, "use": target.use, "value": target.value, "tolerance": target.tolerance,
                "mean": mean, "low": ends[0], "quarter": ends[1], "median": ends[2], "three_quarters": ends[3],
                "high": ends[4], "sd": sd, "off_by_sd": off, "surprise": _surprise(target, x),
                "verdict": verdict_of(off, sd / target.tolerance) if x.size else "outside", "draws": x.size,
                "source": target.source, "note": target.note,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).astype({"month": "Int64"})


def _sd_without_luck(x: F, errors: F) -> float:
    """Return the sd between draws, less what the luck of a draw's worlds adds to it."""
    if x.size < 2:
        return 0.0
    luck = float(np.nanmean(errors**2)) if np.isfinite(errors).any() else 0.0
    return math.sqrt(max(0.0, float(x.var(ddof=1)) - luck))


def _surprise(target: Target, x: F) -> float:
    """Return the two-sided tail probability of the fact under draws blurred by the tolerance."""
    from scipy.special import ndtr

    if not x.size:
        return math.nan
    below = float(ndtr((target.value - x) / target.tolerance).mean())
    return 2.0 * min(below, 1.0 - below)


def draws_table(data: StudyData, targets: Sequence[Target], values: F) -> pd.DataFrame:
    """Return what each draw gives.

    Parameters
    ----------
    data : StudyData
    targets : sequence of Target
    values : (n_draws, n_targets) ndarray
        Statistic of each draw, in the order of its point.

    Returns
    -------
    DataFrame
        `point`, a column per factor, and a column "fact: NAME" per target.
    """
    import pandas as pd

    names = [factor.name for factor in data.factors]
    points = np.unique(data.runs["point"].to_numpy())
    design = data.design.set_index("point").loc[points, names].reset_index()
    given = pd.DataFrame(values, columns=[f"fact: {one.name}" for one in targets])
    return pd.concat([design, given], axis=1)
