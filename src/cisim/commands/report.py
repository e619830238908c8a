"""The command that writes one page about a finished result: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cisim.commands.options import Quiet
from cisim.commands.output import say
from cisim.commands.problems import FailureError, InputError

LONGEST_TITLE = 300


def report(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Folder of a finished comparison, study or run.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="File to write; DIR-report.html here unless told. An earlier report is replaced, nothing else is.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="Title in place of the result's own.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write one HTML file about a finished result: question, answer, figures, assumptions, limits, how to repeat it.

    The file needs no network and no other file, and prints well. Example: cisim report town/result -o town.html
    """
    from cisim.report.files import check_target, default_target, write
    from cisim.report.problems import ReportError
    from cisim.report.sources import report_of
    from cisim.study.problems import StudyError, StudyInputError

    if title is not None and not 0 < len(title.strip()) <= LONGEST_TITLE:
        raise InputError(f"--title: {title[:40]!r} is not allowed; 1 to {LONGEST_TITLE} characters")
    target = output if output is not None else default_target(folder)
    try:
        check_target(target)
        write(report_of(folder, title).html(), target)
    except (ReportError, StudyInputError) as error:
        raise InputError(str(error)) from error
    except StudyError as error:
        raise FailureError(str(error)) from error
    if not quiet:
        say(f"cisim: report: {target}")
