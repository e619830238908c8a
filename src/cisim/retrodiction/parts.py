"""A published change taken apart: peak, trend, what would have happened anyway, the effect, and luck of the figure.

Every part is a difference of two runs in the same draw and world, and the parts add up exactly to the published
change of that run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cisim.result import is_falling_good
from cisim.retrodiction.cases import TRUE, Step
from cisim.retrodiction.courses import Courses, F, spread_of
from cisim.retrodiction.observed import PUBLISHED, Observation, Observed

if TYPE_CHECKING:
    import pandas as pd

TOTAL, PEAK, TREND, ALONE, EFFECT, LUCK = "published change", "peak", "trend", "anyway", "effect", "luck"
OF_STEP = {"crisis_spike": PEAK, "trend_per_year": TREND}
UNEXPLAINED = "unexplained"


def parts_of(observed: Observed, courses: Courses, steps: tuple[Step, ...], month: int) -> dict[str, F]:
    """Return the published change up to a month and its parts, a value per run, in the unit of the indicator.

    Parameters
    ----------
    observed : Observed
    courses : Courses
    steps : tuple of Step
        Peak and trend as they are taken away one after the other: the part of the peak is measured with the trend in
        place, that of the trend without the peak.
    month : int

    Returns
    -------
    dict of str to (n_runs,) float64
        "published change" first, which is the sum of the others: "peak" (how far the start stood above the usual
        level), "trend", "anyway" (what organisations alone and events did), "effect" (what happened against the
        counterfactual, in the same draw and world) and "luck" (sampling noise of the last figure).
    """
    baseline = observed.scenario.indicator.baseline
    published = courses.yearly(observed.happened, PUBLISHED, month)
    true = courses.yearly(observed.happened, TRUE, month)
    other = courses.yearly(observed.counterfactual, TRUE, month)
    found = {TOTAL: published - baseline}
    level = other
    for step in steps:
        lower = courses.yearly(step.label, TRUE, month)
        found[OF_STEP[step.setting]] = level - lower
        level = lower
    return {**found, ALONE: level - baseline, EFFECT: true - other, LUCK: published - true}


def change_of(observed: Observed, one: Observation) -> float:
    """Return the observed change since the start, in the unit of the indicator.

    Examples
    --------
    >>> from cisim.retrodiction.reading import read_observed
    >>> observed = read_observed("infant-mortality")
    >>> one = observed.explained[0]
    >>> observed.scenario.indicator.baseline, one.value, round(change_of(observed, one), 2)
    (13.5, 8.4, -5.1)
    """
    baseline = observed.scenario.indicator.baseline
    return one.value * baseline if one.statistic == "change" else one.value - baseline


def part_table(observed: Observed, courses: Courses, steps: tuple[Step, ...]) -> pd.DataFrame:
    """Return the parts of the change up to each figure that is to be explained.

    Returns
    -------
    DataFrame
        observation, month, part, observed (change in the indicator's unit), mean, p5 to p95, and the part's share of
        the observed change: share, share_p5, share_p95. The last part, "unexplained", is the observed change minus the
        published change of the runs.
    """
    import pandas as pd

    rows = []
    for one in observed.explained:
        seen = change_of(observed, one)
        found = parts_of(observed, courses, steps, one.month)
        for part, values in {**found, UNEXPLAINED: seen - found[TOTAL]}.items():
            spread = spread_of(values)
            low, high = sorted((spread["p5"] / seen, spread["p95"] / seen)) if seen else (float("nan"),) * 2
            share = spread["mean"] / seen if seen else float("nan")
            stated = {"observation": one.name, "month": one.month, "part": part, "observed": seen}
            rows.append({**stated, **spread, "share": share, "share_p5": low, "share_p95": high})
    columns = ["observation", "month", "part", "observed", "mean", "p5", "p25", "p50", "p75", "p95"]
    return pd.DataFrame(rows, columns=[*columns, "share", "share_p5", "share_p95"])


def effect_table(observed: Observed, courses: Courses, n_months: int) -> pd.DataFrame:
    """Return the true level in the last year: as it happened, as it might have been, and the difference.

    Returns
    -------
    DataFrame
        what ("happened", "counterfactual", "difference"), case, mean, p5 to p95, better (share of runs in which what
        happened was the better of the two; missing but for the difference).
    """
    import pandas as pd

    month = n_months - 1
    one, other = (courses.yearly(case, TRUE, month) for case in (observed.happened, observed.counterfactual))
    gain = (other - one) if is_falling_good(observed.scenario) else (one - other)
    better, nothing = float((gain > 0.0).mean()), float("nan")
    rows = [
        {"what": "happened", "case": observed.happened, **spread_of(one), "better": nothing},
        {"what": "counterfactual", "case": observed.counterfactual, **spread_of(other), "better": nothing},
        {"what": "difference", "case": "", **spread_of(one - other), "better": better},
    ]
    return pd.DataFrame(rows)
