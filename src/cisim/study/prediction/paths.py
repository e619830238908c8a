"""How a predicted statistic goes through time, around the months in which facts are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cisim.study.calibration.summaries import summaries
from cisim.study.calibration.targets import Target

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.records import StudyData

EVERY_MONTHS = 3
"""Distance of the points of a course; the months of facts come besides."""
RANGE = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the draws that tables and figures show."""


class Course(NamedTuple):
    """What is followed through time: one statistic of one column in one case."""

    case: str
    outcome: str
    statistic: str
    per: str | None
    where: str | None


def courses_of(targets: Sequence[Target]) -> dict[Course, list[Target]]:
    """Return the targets that have a month, by what they follow; losses stand with the shares they come from.

    Examples
    --------
    >>> one = Target("a", "case", "stage", "share_positive", 0.9, 0.1, "example", month=3)
    >>> list(courses_of([one, replace(one, name="b", month=9)]))[0].outcome
    'stage'
    """
    found: dict[Course, list[Target]] = {}
    for one in targets:
        if one.month is not None and one.statistic != "yearly_loss":
            course = Course(one.case, one.outcome, one.statistic, one.per, one.where)
            found.setdefault(course, []).append(one)
    return found


def paths_table(data: StudyData, targets: Sequence[Target]) -> pd.DataFrame:
    """Return the courses of all targets with a month.

    Returns
    -------
    DataFrame
        `course` (number, in the order of `courses_of`), `case`, `outcome`, `statistic`, `month`, and `low, quarter,
        median, three_quarters, high`: 5, 25, 50, 75 and 95 % of the draws.

    Raises
    ------
    ValueError
        If a case or column that a target needs was not kept.
    """
    import pandas as pd

    rows = []
    courses = courses_of(targets)
    by_month: dict[Any, Any] = dict(iter(data.series.groupby("month"))) if courses else {}
    for number, (course, group) in enumerate(courses.items()):
        asked = {one.month for one in group if one.month is not None}
        for month in sorted({*by_month} & {*range(0, max(by_month) + 1, EVERY_MONTHS), *asked}):
            target = replace(group[0], month=int(month))
            values, _ = summaries(data.runs, by_month[month], [target], data.reference)
            there = values[np.isfinite(values)]
            if there.size:
                key = (number, course.case, course.outcome, course.statistic, int(month))
                rows.append((*key, *np.quantile(there, RANGE)))
    names = ["course", "case", "outcome", "statistic", "month"]
    return pd.DataFrame(rows, columns=[*names, "low", "quarter", "median", "three_quarters", "high"])
