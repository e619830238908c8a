"""When does it pay, when does it hurt: boxes of factors in which it does, learned on one half, checked on the other.

A point of the study *pays* where the mean of the response over its worlds is above a threshold, and *hurts* where
it is below another; points in between do neither. With at least two worlds a point, those are counted too whose
whole interval of the mean is above or below: these pay (hurt) clearly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.statistics import F, t_quantile
from cisim.study.discovery.boxes import Box
from cisim.study.discovery.check import FEWEST, Check, check, halves, search, stability
from cisim.study.discovery.options import Options, read_options
from cisim.study.discovery.prim import Trajectory, describe
from cisim.study.records import Factor, Report, StudyData

if TYPE_CHECKING:
    import pandas as pd

Bools = npt.NDArray[np.bool_]

FEWEST_POINTS = 40
STREAM = 1_618_033  # keeps the halves apart from whatever else is drawn from the study's seed


@dataclass(frozen=True)
class Answer:
    """What was found to one of the two questions.

    Attributes
    ----------
    question : {"pays", "hurts"}
    n_points, n_cases, n_clear : int
        Points, those that pay (hurt), and those of them whose whole interval does (-1 with one world a point).
    problem : str
        Why no search was possible, empty where it was.
    trajectory : Trajectory or None
    box : Box or None
        As learned on one half of the points.
    check : Check or None
        The box on the other half.
    stability : DataFrame or None
    is_found : bool
        Whether the box has limits and holds on the other half.
    """

    question: str
    n_points: int
    n_cases: int
    n_clear: int
    problem: str
    trajectory: Trajectory | None
    box: Box | None
    check: Check | None
    stability: pd.DataFrame | None
    is_found: bool


@dataclass(frozen=True)
class Discovery:
    """Everything the text and the figures tell.

    Attributes
    ----------
    data : StudyData
    options : Options
    factors : tuple of Factor
        Those that vary and matter to the case.
    points : DataFrame
        A row per point: its number, the factors, draw, mean, low, high, worlds.
    answers : tuple of Answer
    """

    data: StudyData
    options: Options
    factors: tuple[Factor, ...]
    points: pd.DataFrame
    answers: tuple[Answer, ...]

    @property
    def x(self) -> pd.DataFrame:
        """The factors of every point."""
        return self.points[[factor.name for factor in self.factors]]


def analyse(data: StudyData) -> Report:
    """Tell when it pays and when it hurts.

    Options of the study: `response`, `case`, `pays`, `hurts`, `peel`, `min_mass`, `resamples`, `level` (see
    `Options`).

    Parameters
    ----------
    data : StudyData

    Returns
    -------
    Report
        Tables `answers`, `boxes`, `trajectory`, `stability`; figures `limits`, `scatter`, `tradeoff`.

    Raises
    ------
    ValueError
        If an option is not known or out of range, or there are fewer than 40 points, or nothing varies.
    """
    from cisim.study.discovery.figures import limits, tradeoff
    from cisim.study.discovery.scatter import scatter
    from cisim.study.discovery.text import text

    found = discover(data)
    return Report(
        "discover",
        text(found),
        _tables(found),
        {
            "limits": lambda: limits(found),
            "scatter": lambda: scatter(found),
            "tradeoff": lambda: tradeoff(found),
        },
    )


def discover(data: StudyData) -> Discovery:
    """Return what `analyse` reports, before it is put into words."""
    options = read_options(data)
    points = _points(data, options)
    factors = _factors(data, options.case, points)
    x = points[[factor.name for factor in factors]]
    crossed = (
        points["draw"].nunique() > 1
    )  # else the study is one grid, each point of which stands for itself
    cluster = points["draw" if crossed else "point"].to_numpy(dtype=np.int64)
    learn = halves(cluster, np.random.default_rng([data.seed, STREAM]))
    answers = []
    for i, question in enumerate(("pays", "hurts")):
        is_case, is_clear = _cases(points, options, question)
        rng = np.random.default_rng([data.seed, STREAM, i])
        answers.append(_answer(question, x, is_case, is_clear, cluster, learn, rng, options))
    return Discovery(data, options, factors, points, tuple(answers))


def _points(data: StudyData, options: Options) -> pd.DataFrame:
    """Return the factors of every point and the mean of its response over worlds, with its interval."""
    runs = data.response(options.response)
    runs = runs[runs["case"] == options.case]
    bad = int((~np.isfinite(runs["value"].to_numpy())).sum())
    if bad:
        raise ValueError(f"response: {options.response!r} is not finite in {bad} of {len(runs)} runs")
    by_point = runs.groupby("point")["value"]
    means = by_point.agg(mean="mean", sd="std", worlds="count").reset_index()
    means = means.merge(data.design, on="point", validate="1:1").sort_values("point", ignore_index=True)
    if len(means) < FEWEST_POINTS:
        raise ValueError(
            f"points: {len(means)}; a box takes at least {FEWEST_POINTS}, half of them to check it; add samples"
        )
    worlds = means["worlds"].to_numpy()
    reach = {int(n): t_quantile(options.level, int(n) - 1) / np.sqrt(n) for n in np.unique(worlds) if n > 1}
    half: F = means["sd"].to_numpy() * np.array([reach.get(int(n), np.nan) for n in worlds])
    return means.assign(low=means["mean"] - half, high=means["mean"] + half)


def _factors(data: StudyData, case: str, points: pd.DataFrame) -> tuple[Factor, ...]:
    """Return the factors that vary and apply to the case, or to the reference it is compared with."""
    both = {case, data.reference}
    applying = [f for f in data.factors if not f.cases or both & set(f.cases)]
    varying = tuple(factor for factor in applying if points[factor.name].nunique(dropna=False) > 1)
    if not varying:
        raise ValueError(f"factors: none that applies to case {case!r} has more than one value")
    return varying


def _cases(points: pd.DataFrame, options: Options, question: str) -> tuple[Bools, Bools | None]:
    """Return which points pay (hurt), and which do clearly (None with one world a point)."""
    mean, low, high = (points[name].to_numpy() for name in ("mean", "low", "high"))
    plain = mean > options.pays if question == "pays" else mean < options.hurts
    if np.isnan(low).any():
        return plain, None
    clear = low > options.pays if question == "pays" else high < options.hurts
    return plain, clear


def _answer(
    question: str,
    x: pd.DataFrame,
    is_case: Bools,
    is_clear: Bools | None,
    cluster: npt.NDArray[np.int64],
    learn: Bools,
    rng: np.random.Generator,
    options: Options,
) -> Answer:
    """Learn a box on one half, check it on the other, and repeat the search on random halves."""
    n, cases = is_case.size, int(is_case.sum())
    counts = (question, n, cases, -1 if is_clear is None else int(is_clear.sum()))
    searched = search(x[learn], is_case[learn], options.peel, options.min_mass)
    if searched is None or min(cases, n - cases) < FEWEST:
        problem = "all" if cases == n else "none" if cases == 0 else "few"
        return Answer(*counts, problem, None, None, None, None, False)
    trajectory, box = searched
    inside = box.contains(x[~learn])
    checked = check(inside, is_case[~learn], cluster[~learn], options.level)
    again = stability(
        x, is_case, cluster, rng,
        resamples=options.resamples, peel=options.peel, min_mass=options.min_mass,
    )  # fmt: skip
    is_found = bool(box.limits) and checked.p < 1.0 - options.level
    return Answer(*counts, "", trajectory, box, checked, again, is_found)


def _tables(found: Discovery) -> dict[str, pd.DataFrame]:
    """Return the results as tidy tables."""
    import pandas as pd

    rows, boxes, trajectories, again = [], [], [], []
    for answer in found.answers:
        rows.append(_row(answer))
        if answer.trajectory is None or answer.box is None or answer.stability is None:
            continue
        boxes += [{"question": answer.question, **row} for row in describe(answer.trajectory, answer.box)]
        trajectories.append(answer.trajectory.to_frame().assign(question=answer.question))
        again.append(answer.stability.assign(question=answer.question))
    return {
        "answers": pd.DataFrame(rows),
        "boxes": pd.DataFrame(boxes),
        "trajectory": pd.concat(trajectories, ignore_index=True) if trajectories else pd.DataFrame(),
        "stability": pd.concat(again, ignore_index=True) if again else pd.DataFrame(),
    }


def _row(answer: Answer) -> dict[str, Any]:
    """Return the numbers of an answer: learned, and checked with intervals."""
    row: dict[str, Any] = {"question": answer.question, "points": answer.n_points, "cases": answer.n_cases}
    row |= {"clear_cases": answer.n_clear if answer.n_clear >= 0 else None, "found": answer.is_found}
    if answer.box is None or answer.check is None:
        return row
    box, checked = answer.box, answer.check
    row |= {"learned_points": box.n_points, "learned_coverage": box.coverage, "learned_density": box.density}
    row |= {"checked_points": checked.n_points, "checked_cases": checked.n_cases}
    row |= {"inside": checked.n_inside, "hits": checked.n_hits, "p": checked.p}
    row |= {"density": checked.n_hits / checked.n_inside if checked.n_inside else np.nan}
    row |= {"density_low": checked.density.low, "density_high": checked.density.high}
    row |= {"density_outside": checked.density_outside}
    row |= {"coverage": checked.n_hits / checked.n_cases if checked.n_cases else np.nan}
    row |= {"coverage_low": checked.coverage.low, "coverage_high": checked.coverage.high}
    return row
