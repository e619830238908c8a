"""Command that asks which parameters and rules no outcome depends on: parsimony."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import (
    Json,
    Quiet,
    Seed,
    Settings,
    Threads,
    local_folder,
    one_of,
    scenario_of,
    whole,
)
from cisim.commands.output import emit, emit_json, say
from cisim.commands.problems import InputError
from cisim.commands.study_options import driven, kept_in
from cisim.progress import Progress

if TYPE_CHECKING:
    from cisim.parsimony.findings import Findings
    from cisim.parsimony.study import Question
    from cisim.study.records import Report

FEWEST, MOST = 4, 4_096
"""Base points that can be asked for."""


def parsimony(
    scenario: Annotated[
        str,
        typer.Argument(metavar="[SCENARIO]", help="Path of a scenario file, or the name of a shipped one."),
    ] = "generic-adaptive",
    settings: Settings = None,
    samples: Annotated[
        int,
        typer.Option(
            parser=whole(FEWEST, MOST),
            metavar="N",
            help="Base points, each in two worlds; more narrow the intervals.",
        ),
    ] = 128,
    seed: Seed = 1,
    uncertainties: Annotated[
        str,
        typer.Option(
            parser=one_of("calibrated", "scenario"),
            metavar="WORD",
            help="calibrated: the calibrated set where the case leaves it open; scenario: what the scenario declares.",
        ),
    ] = "calibrated",
    threads: Threads = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            parser=local_folder,
            metavar="DIR",
            help="Folder to write; the same runs in it are gone on with.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find parameters and rules that no outcome depends on.

    Every parameter is swapped alone, and every rule's as a whole, in the same worlds; what changes nothing is proposed
    for removal. A folder that is given keeps the runs: the same command goes on where it stopped.
    """
    from cisim.parsimony.study import Question, posterior_for

    base = scenario_of(scenario, None, settings)
    try:
        posterior = posterior_for(base, uncertainties)
    except ValueError as error:
        raise InputError(f"--{error}") from error
    with driven(kept_in(output)):
        found, report = _asked(Question(base, samples, seed, posterior), output, threads, quiet or as_json)
    if as_json:
        emit_json(_record(found, report))
    else:
        emit(report.text)


def _asked(
    question: Question, output: Path | None, threads: int | None, is_silent: bool
) -> tuple[Findings, Report]:
    """Run what is missing, and write the report where a folder is given."""
    from cisim.parsimony.report import report_of
    from cisim.parsimony.study import ask
    from cisim.study.folder import Folder
    from cisim.study.problems import StudyInputError
    from cisim.study.published import write_report

    def remark(sentence: str) -> None:
        if not is_silent:
            say(f"cisim: {sentence}")

    try:
        with Progress(0, "runs", is_wanted=not is_silent) as progress:
            found = ask(
                question, output, threads=threads, on_done=lambda done, n: progress(done, n), on_remark=remark
            )
        report = report_of(found)
        if output is not None:
            write_report(report, Folder(str(output)))
    except StudyInputError as error:
        raise InputError(f"--output: {error}") from error
    return found, report


def _record(found: Findings, report: Report) -> dict[str, Any]:
    """Return the findings for machines."""
    tables = {name: report.tables[name].to_dict("records") for name in ("parameters", "groups", "luck")}
    values = found.scenario.values
    about = {
        "scenario": found.scenario.name, "samples": found.design.n_points, "seed": found.seed, "runs": found.n_runs,
        "n_orgs": values["n_orgs"], "months": values["months"],
    }  # fmt: skip
    return {**about, **tables}
