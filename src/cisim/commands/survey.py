"""Commands between surveys and scenarios: import-survey, export, score."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cisim.commands.options import Json, Quiet, one_of
from cisim.commands.output import command_line, emit, emit_json, say
from cisim.commands.problems import InputError

if TYPE_CHECKING:
    from cisim.survey.ties import Reading

MISSING = ("reported", "none")
UNKNOWN = ("refuse", "add", "drop")
TiesFile = Annotated[
    Path,
    typer.Argument(
        metavar="TIES", help="Table of who works with whom (CSV, or with ';' or tabs), or a .graphml file."
    ),
]
Orgs = Annotated[
    Path | None,
    typer.Option("--orgs", metavar="FILE", help="Table of organisations: name, sector, budget_usd, responded."),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="COLUMN", help="Who reports; by default a usual name.")
]
To = Annotated[str | None, typer.Option("--to", metavar="COLUMN", help="About whom; by default a usual name.")]
TrustItems = Annotated[
    str | None,
    typer.Option("--trust-items", metavar="A,B,...", help="Columns whose mean is trust; by default usual names."),
]
ValueItems = Annotated[
    str | None,
    typer.Option(
        "--value-items", metavar="A,B,...", help="Columns on value, which are told of and start nothing."
    ),
]
Scale = Annotated[
    str, typer.Option("--scale", metavar="LOW,HIGH", help="Lowest and highest answer, taken as trust 0 and 1.")
]
Missing = Annotated[
    str,
    typer.Option(
        parser=one_of(*MISSING),
        metavar="[reported|none]",
        help="Ties with who did not answer: reported counts them both ways, none one way.",
    ),
]
Unknown = Annotated[
    str,
    typer.Option(
        parser=one_of(*UNKNOWN),
        metavar="[refuse|add|drop]",
        help="Organisations named in ties that are not in the list.",
    ),
]


def import_survey(
    ties: TiesFile,
    orgs: Orgs = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.yaml", help="Scenario file to write; a new file."),
    ] = None,
    extends: Annotated[
        str, typer.Option("--extends", metavar="SCENARIO", help="Scenario that says all that the survey does not.")
    ] = "generic-adaptive",
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Title of the scenario.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name, if not that of the file.")
    ] = None,
    from_column: From = None,
    to_column: To = None,
    trust_items: TrustItems = None,
    value_items: ValueItems = None,
    scale: Scale = "1,4",
    missing: Missing = "reported",
    unknown: Unknown = "refuse",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a scenario that starts from a network survey: its organisations, and who works with and trusts whom.

    Without --output the survey is read and told of, and nothing is written.
    """
    from cisim.scenario import load
    from cisim.survey.reading import read_survey
    from cisim.survey.scenario_file import base_of, checked, scenario_text, with_room
    from cisim.survey.summary import facts_about, summary

    reading = reading_of(from_column, to_column, trust_items, value_items, scale, missing, unknown)
    _check_new(output)
    target = output or Path("scenario.yaml")
    parent = load(extends)
    survey = read_survey(ties, orgs, reading)
    text = scenario_text(
        survey,
        extends=base_of(extends, target),
        title=title or f"{ties.stem}: {len(survey.organisations)} organisations of a survey",
        name=name,
        command=command_line(),
    )
    text, room = with_room(survey, text, parent)
    if output is not None:
        checked(text, output)
        _write(output, text)
    if as_json:
        emit_json({"file": str(output) if output else None, **facts_about(survey), "notes": list(survey.notes)})
    else:
        emit(summary(survey, tuple(note for note in (room,) if note)))
        if output is not None and not quiet:
            say(f"wrote {output}; look at it, then: cisim validate {output}")


def reading_of(
    from_column: str | None,
    to_column: str | None,
    trust_items: str | None,
    value_items: str | None,
    scale: str,
    missing: str,
    unknown: str,
) -> Reading:
    """Return how tables are to be read.

    Raises
    ------
    InputError
        If the scale or a list of columns is not allowed.
    """
    from cisim.survey.ties import Reading

    low, high = scale_of(scale)
    lists = {"--trust-items": trust_items, "--value-items": value_items}
    items = [_columns(text, option) for option, text in lists.items()]
    return Reading(from_column, to_column, items[0], items[1], low, high, missing, unknown)


def _columns(text: str | None, option: str) -> tuple[str, ...]:
    """Return the names of a list of columns."""
    names = tuple(part.strip() for part in text.split(",")) if text is not None else ()
    if not all(names):
        raise InputError(f"{option}: {text!r} is not allowed; names of columns, separated by commas")
    return names


def scale_of(text: str) -> tuple[float, float]:
    """Return the ends of a scale.

    Raises
    ------
    InputError
        If these are not two numbers, the lower first.

    Examples
    --------
    >>> scale_of("1,4")
    (1.0, 4.0)
    """
    number = r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*"
    match = re.fullmatch(f"{number},{number}", text)
    if match is None or float(match[1]) >= float(match[2]):
        raise InputError(f"--scale: {text[:40]!r} is not allowed; two numbers, the lower first, such as 1,4")
    return float(match[1]), float(match[2])


def _check_new(path: Path | None) -> None:
    """Find out before any work whether a scenario file can be written.

    Raises
    ------
    InputError
        If it exists, its name is none of a scenario file, or there is no such folder.
    """
    if path is None:
        return
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(f"--output: {path} is not allowed; a scenario file ends in .yaml")
    if path.exists() or path.is_symlink():
        raise InputError(f"--output: {path} exists and is not overwritten; name a new file")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--output: there is no folder {path.parent}")


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
