"""Run a case from life over everything that is uncertain, and set it beside what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cisim.retrodiction.cases import columns_of, steps_of, study_of
from cisim.retrodiction.courses import bands, courses_of
from cisim.retrodiction.figures import draw_course
from cisim.retrodiction.observed import Observed
from cisim.retrodiction.part_figure import draw_parts
from cisim.retrodiction.parts import effect_table, part_table
from cisim.retrodiction.predict import coverage_table, prediction_table, predictions
from cisim.retrodiction.reading import read_observed
from cisim.retrodiction.text import case_text
from cisim.study.executors import Pool
from cisim.study.progress import Status
from cisim.study.published import write_report
from cisim.study.records import Report
from cisim.study.study import StudyResult

KIND = "retrodict"
SAMPLES, WORLDS, SEED = 256, 2, 1
UNCERTAINTIES = "calibrated"
"""What is drawn unless something else is asked for."""


@dataclass(frozen=True)
class Retrodiction:
    """A case from life beside its predictions; made by `retrodict`.

    Attributes
    ----------
    observed : Observed
    result : StudyResult
        The runs.
    report : Report
        `text`; `tables` predictions, coverage, parts, effect, bands; `figures` course and, where a change is taken
        apart, parts.
    """

    observed: Observed
    result: StudyResult
    report: Report

    def __repr__(self) -> str:
        """Say which case this is."""
        return f"<Retrodiction {self.observed.name!r}: {len(self.observed.observations)} figures>"

    def save(self) -> list[str]:
        """Write the analysis into the study's folder: ``analysis/report.txt``, a CSV per table, figures."""
        return write_report(self.report, self.result.folder)


def retrodict(
    case: str | Path | Observed,
    *,
    samples: int = SAMPLES,
    worlds: int = WORLDS,
    seed: int = SEED,
    uncertainties: str | Mapping[str, Any] = UNCERTAINTIES,
    folder: str | Path | None = None,
    executor: str | Pool = "threads",
    workers: int | None = None,
    on_status: Callable[[Status], object] | None = None,
    on_remark: Callable[[str], object] | None = None,
) -> Retrodiction:
    """Run a case over everything that is uncertain, and set it beside what happened.

    Parameters
    ----------
    case : str, Path or Observed
        A shipped case by name, a file, or what either states.
    samples, worlds : int
        Draws of what nobody knows, and worlds of each.
    seed : int
        Key of all draws.
    uncertainties : str or mapping
        "calibrated": the shipped set, and what else the scenario declares; "scenario": that alone;
        ``{"posterior": folder}``: a set of one's own, and what else the scenario declares.
    folder : str or Path, optional
        Where the runs are kept; one that holds the same study is gone on with.
    executor, workers, on_status, on_remark
        As in `cisim.Study.run`.

    Returns
    -------
    Retrodiction

    Raises
    ------
    ScenarioError
        If the case or what is drawn is not allowed.
    StudyInputError, StudyError
        As `cisim.Study.run`.

    Examples
    --------
    >>> found = retrodict("food-bank-inventory", samples=4, uncertainties="scenario")
    >>> sorted(found.report.tables)
    ['bands', 'coverage', 'effect', 'parts', 'predictions']
    """
    observed = case if isinstance(case, Observed) else read_observed(case)
    study = study_of(observed, samples, worlds, seed, uncertainties)
    result = study.run(folder, executor=executor, workers=workers, on_status=on_status, on_remark=on_remark)
    return Retrodiction(observed, result, report_of(observed, result))


def report_of(observed: Observed, result: StudyResult) -> Report:
    """Return what the finished runs of a case say."""
    spec = result.spec
    courses = courses_of(result.series, spec.cases, columns_of(observed))
    steps = steps_of(observed, tuple(factor.name for factor in spec.factors))
    predicted = predictions(observed, courses, result.design, spec.seed)
    n_months = int(observed.scenario.values["months"])
    main = (observed.happened, observed.counterfactual)
    tables = {
        "predictions": prediction_table(observed, predicted),
        "coverage": coverage_table(observed, predicted),
        "parts": part_table(observed, courses, steps),
        "effect": effect_table(observed, courses, n_months),
        "bands": bands(courses, main, columns_of(observed), n_months, observed.scenario.indicator.baseline),
    }
    figures = {"course": partial(draw_course, observed, spec, tables)}
    if observed.explained:
        figures["parts"] = partial(draw_parts, observed, spec, tables["parts"])
    return Report(KIND, case_text(observed, spec, tables), tables, figures)
