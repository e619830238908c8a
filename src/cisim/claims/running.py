"""An audit from beginning to end: experiments, controls, and the report of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cisim.claims.audit import Ran, Size, run_audit, specs_of
from cisim.claims.controls import Control, asked_controls, control_experiments, placebo, shuffle

if TYPE_CHECKING:
    from cisim.study.records import Report
    from cisim.study.runner import How

PLACEBO_STUDY = "regimes"
ANALYSIS = "analysis"


def audited(
    folder: Path | str | None = None,
    size: Size | None = None,
    how_of: Callable[[], How] | None = None,
    on_remark: Callable[[str], object] = lambda _: None,
    *,
    only_controls: bool = False,
) -> tuple[Ran, list[Control]]:
    """Run experiments and controls; what a folder holds already is not run again.

    Parameters
    ----------
    folder : Path or str, optional
        In memory where None.
    size : Size, optional
    how_of : callable, optional
        Makes the `How` of each study.
    on_remark : callable, optional
        Gets a sentence before each part that takes long.
    only_controls : bool
        Whether the experiments are run for the controls that need their runs, and not judged.

    Returns
    -------
    Ran, list of Control

    Raises
    ------
    StudyInputError
        If the folder holds something else.
    ScenarioError, StudyError
        As `run_audit`.
    """
    from cisim.scenario import load

    size = size or Size()
    check_folder(folder, size)
    ran = run_audit(folder, size=size, how_of=how_of)
    asked = run_audit(folder, size=size, how_of=how_of, asked=control_experiments())
    controls = [*placebo(ran.runs[PLACEBO_STUDY], load("generic-adaptive"), seed=size.seed)]
    on_remark("cisim: looking for conditions, and auditing shuffled labels")
    if not only_controls:
        ran.audit.findings  # noqa: B018  (judged here, so that it is not done while the report is written)
    controls.append(shuffle(ran.asked, ran.runs, ran.splits, seed=size.seed))
    controls += asked_controls(asked.audit)
    return ran, controls


def check_folder(folder: Path | str | None, size: Size | None = None) -> None:
    """Refuse a folder that holds anything but the studies and the report of this audit, before anything is run.

    Raises
    ------
    StudyInputError
        Naming what is there.
    """
    from cisim.claims.experiments import experiments
    from cisim.study.beforehand import check_beforehand, check_report
    from cisim.study.folder import Folder
    from cisim.study.problems import StudyInputError

    if folder is None or not Path(folder).exists():
        return
    if not Path(folder).is_dir():
        raise StudyInputError(f"{folder}: is a file; name a folder, new, empty, or that of an audit")
    known = {*experiments().studies, *control_experiments().studies, ANALYSIS}
    strange = sorted(path.name for path in Path(folder).iterdir() if path.name not in known)
    if strange:
        what = "name a folder that is new, empty, or that of an audit"
        raise StudyInputError(f"{folder}: holds {strange[0]!r}, which is no part of an audit; {what}")
    check_report(Folder(str(folder)))
    for asked in (experiments(), control_experiments()):
        for name, spec in specs_of(asked, size).items():
            check_beforehand(Folder(f"{folder}/{name}"), spec)


def report_of(ran: Ran | None, controls: Sequence[Control]) -> Report:
    """Return text, tables and figures of an audit, or of its controls alone where there is no audit."""
    from cisim.claims.figures import figures_of
    from cisim.claims.tables import controls_table, tables_of
    from cisim.claims.text import control_lines, report_text
    from cisim.study.records import Report

    if ran is None:
        text = "\n".join(["Negative controls", "", *control_lines(controls)]) + "\n"
        return Report("claims", text, {"controls": controls_table(controls)})
    tables = {**tables_of(ran.audit), "controls": controls_table(controls)}
    return Report("claims", report_text(ran, controls), tables, figures_of(ran.audit))
