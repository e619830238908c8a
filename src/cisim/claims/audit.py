"""The audit: run the studies that experiments read, and find out what they say."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cisim.claims.asked import Experiments, Statement
from cisim.claims.experiments import experiments
from cisim.claims.findings import Audit
from cisim.claims.judging import Split, evaluate
from cisim.claims.values import Runs, runs_of, wanted
from cisim.problems import Problem, ScenarioError, shown
from cisim.study.shipped import studies_home

if TYPE_CHECKING:
    from cisim.study.runner import How
    from cisim.study.spec import Spec
    from cisim.study.study import StudyResult

APART = 1_000_000
"""How far the keys of two audits with neighbouring seeds are apart, so that their studies share no draws."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an audit is: draws and worlds of each study (as stated there where None), and the key of all draws."""

    samples: int | None = None
    worlds: int | None = None
    seed: int = 1


def study_path(name: str) -> Path:
    """Return the file of a study that experiments name."""
    return studies_home() / "claims" / f"{name}.yaml"


def specs_of(asked: Experiments, size: Size | None = None) -> dict[str, Spec]:
    """Return the studies that experiments name, by name; everything the statements read is kept.

    Parameters
    ----------
    asked : Experiments
    size : Size, optional

    Raises
    ------
    ScenarioError
        If there is no such study, or it lacks a case, a month or a monthly column that a statement names.
    """
    problems: list[Problem] = []
    found = {}
    for study in asked.studies:
        statements = [s for one in asked.experiments for s in one.statements if s.study == study]
        spec = _loaded(study, statements, problems)
        if spec is not None:
            problems += [one for s in statements for one in _misfits(s, spec)]
            found[study] = sized(spec, size or Size())
    if problems:
        raise ScenarioError(problems)
    return found


def _loaded(study: str, statements: list[Statement], problems: list[Problem]) -> Spec | None:
    """Return a study, or note that there is none where a statement first names it."""
    from cisim.presets import names_in
    from cisim.study.reading import load_study

    names = names_in(studies_home() / "claims")
    if study not in names:
        what = f"{shown(study)} is not a study of experiments/claims; there are {', '.join(names)}"
        problems.append(Problem(statements[0].place, "study", what))
        return None
    return load_study(study_path(study))


def _misfits(statement: Statement, spec: Spec) -> list[Problem]:
    """Return what a statement names that its study does not have."""
    months = int(next(iter(spec.cases.values())).values["months"])
    known = ", ".join(spec.cases)
    told = [
        ("case", f"{shown(case)} is not a case of {spec.name}; there are {known}")
        for case in statement.cases
        if case not in spec.cases
    ]
    for name, month in wanted([statement]):
        if month is not None and month >= months:
            told.append(
                ("month", f"{month} is not before the end of {spec.name}, which runs {months} months")
            )
        if month is not None and name not in spec.series:
            told.append(
                ("outcome", f"{spec.name} does not keep the monthly column {name!r}; add it to its series")
            )
    return [Problem(statement.place, field, what) for field, what in told]


def sized(spec: Spec, size: Size) -> Spec:
    """Return a study with another number of draws or worlds, or another key.

    Examples
    --------
    >>> from cisim.study.reading import load_study
    >>> sized(load_study(study_path("start")), Size(samples=8, seed=2)).seed
    1000100
    """
    samples = size.samples if spec.uncertain else None
    grown = spec.grown(worlds=size.worlds, samples=samples)
    return replace(grown, seed=spec.seed + APART * (size.seed - 1))


@dataclass(frozen=True)
class Ran:
    """Finished studies of an audit, and what they say.

    Attributes
    ----------
    asked : Experiments
    results : mapping of str to StudyResult
        By name of the study.
    """

    asked: Experiments
    results: Mapping[str, StudyResult]

    @cached_property
    def runs(self) -> dict[str, Runs]:
        """The runs as arrays, by name of the study."""
        return {name: runs_of(result, wanted(self._of(name))) for name, result in self.results.items()}

    @cached_property
    def splits(self) -> dict[str, Split]:
        """The halves and regions of each study's draws."""
        return {name: Split.of(runs) for name, runs in self.runs.items()}

    @cached_property
    def audit(self) -> Audit:
        """What they say."""
        return evaluate(self.asked, self.runs, splits=self.splits)

    @property
    def n_runs(self) -> int:
        """Number of simulated runs."""
        return sum(runs.n_draws * runs.n_worlds * len(runs.cases) for runs in self.runs.values())

    @property
    def usual_size(self) -> tuple[int, int]:
        """Draws, and worlds of each, in most studies."""
        return Counter((runs.n_draws, runs.n_worlds) for runs in self.runs.values()).most_common(1)[0][0]

    def _of(self, study: str) -> list[Statement]:
        """Return the statements that read a study."""
        return [s for one in self.asked.experiments for s in one.statements if s.study == study]


def run_audit(
    folder: Path | str | None = None,
    *,
    size: Size | None = None,
    how_of: Callable[[], How] | None = None,
    asked: Experiments | None = None,
) -> Ran:
    """Run the studies of an audit, or what is left of them.

    Parameters
    ----------
    folder : Path or str, optional
        Each study is kept in a folder of its name below it; in memory where None.
    size : Size, optional
    how_of : callable, optional
        Makes the `How` of each study.
    asked : Experiments, optional
        The shipped ones unless stated.

    Raises
    ------
    ScenarioError
        If an experiment names what its study does not have.
    StudyInputError
        If a folder holds something else.
    StudyError
        If the disk or the workers fail; what had finished is kept.
    """
    asked = asked or experiments()
    results = {
        name: run_one(spec, f"{folder}/{name}" if folder is not None else None, how_of)
        for name, spec in specs_of(asked, size).items()
    }
    return Ran(asked, results)


def run_one(spec: Spec, place: str | None, how_of: Callable[[], How] | None) -> StudyResult:
    """Run one study in a folder, or in memory; where the progress it is shown has to be closed, it is."""
    from cisim.study.folder import Folder
    from cisim.study.runner import How, run_study
    from cisim.study.study import StudyResult

    target = Folder(place if place is not None else f"memory://cisim-{secrets.token_hex(6)}")
    how = how_of() if how_of is not None else How()
    progress: object = how.on_status
    with progress if isinstance(progress, AbstractContextManager) else nullcontext():
        return StudyResult(target, run_study(spec, target, how))
