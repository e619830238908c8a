"""Commands between surveys and scenarios: import-survey, export, score."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import (
    Json,
    Quiet,
    RegimeName,
    Settings,
    Threads,
    changed,
    local_folder,
    one_of,
    settings_of,
    whole,
)
from cisim.commands.output import command_line, emit, emit_json, say
from cisim.commands.problems import InputError
from cisim.progress import Progress

if TYPE_CHECKING:
    from cisim.scenario import Scenario
    from cisim.survey.predicting import Prediction
    from cisim.survey.runs_folder import RunsFolder
    from cisim.survey.ties import Reading

MOST_WORLDS = 4_096
DEFAULT_WORLDS, DEFAULT_SEED = 256, 1

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
    typer.Option(
        "--orgs", metavar="FILE", help="Table of organisations: name, sector, budget_usd, responded."
    ),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="COLUMN", help="Who reports; by default a usual name.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="COLUMN", help="About whom; by default a usual name.")
]
TrustItems = Annotated[
    str | None,
    typer.Option(
        "--trust-items", metavar="A,B,...", help="Columns whose mean is trust; by default usual names."
    ),
]
ValueItems = Annotated[
    str | None,
    typer.Option(
        "--value-items", metavar="A,B,...", help="Columns on value, which are told of and start nothing."
    ),
]
Scale = Annotated[
    str,
    typer.Option("--scale", metavar="LOW,HIGH", help="Lowest and highest answer, taken as trust 0 and 1."),
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
        str,
        typer.Option(
            "--extends", metavar="SCENARIO", help="Scenario that says all that the survey does not."
        ),
    ] = "generic-adaptive",
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="Title of the scenario.")
    ] = None,
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
    from cisim.survey.targets import check_text, write_new

    columns = {
        "--from": from_column,
        "--to": to_column,
        "--trust-items": trust_items,
        "--value-items": value_items,
    }
    check_text({"TIES": ties, "--orgs": orgs, "--output": output, "--extends": extends, **columns})
    _check_words({"--title": title, "--name": name})
    reading = reading_of(from_column, to_column, trust_items, value_items, scale_of(scale), missing, unknown)
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
        write_new(output, text)
    if as_json:
        emit_json(
            {"file": str(output) if output else None, **facts_about(survey), "notes": list(survey.notes)}
        )
    else:
        emit(summary(survey, tuple(note for note in (room,) if note)))
        if output is not None and not quiet:
            say(f"wrote {output}; look at it, then: cisim validate {output}")


def reading_of(
    from_column: str | None,
    to_column: str | None,
    trust_items: str | None,
    value_items: str | None,
    ends: tuple[float, float],
    missing: str,
    unknown: str,
) -> Reading:
    """Return how tables are to be read; `ends` are those of the scale.

    Raises
    ------
    InputError
        If a list of columns is not allowed.
    """
    from cisim.survey.ties import Reading

    low, high = ends
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
    ends = (float(match[1]), float(match[2])) if match is not None else (0.0, 0.0)
    if not (ends[0] < ends[1] and math.isfinite(ends[1] - ends[0])):
        raise InputError(f"--scale: {text[:40]!r} is not allowed; two numbers, the lower first, such as 1,4")
    return ends


def _check_words(words: dict[str, str | None]) -> None:
    """Refuse texts that say nothing or cannot be written down; None is one that was not given."""
    from cisim.survey.targets import check_text

    for option, text in words.items():
        if text is not None and not text.strip():
            raise InputError(f"{option}: {text!r} is not allowed; some text, or leave the option out")
    check_text(words)


def _check_new(path: Path | None) -> None:
    """Find out before any work whether a scenario file can be written.

    Raises
    ------
    InputError, ScenarioError
        If it exists, its name is none of a scenario file, or there is no such folder or nothing can be written to it.
    """
    from cisim.survey.targets import check_file

    if path is None:
        return
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(f"--output: {path} is not allowed; a scenario file ends in .yaml")
    check_file(path)


def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO|DIR",
            help="Scenario file or name, or the folder of a finished run or comparison.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", parser=local_folder, metavar="DIR", help="Folder to write; new or empty."
        ),
    ],
    months: Annotated[
        list[int],
        typer.Option(
            "--month", parser=whole(1, 600), metavar="M", help="Months after the start; may be repeated."
        ),
    ],
    worlds: Annotated[
        int | None,
        typer.Option(
            parser=whole(2, MOST_WORLDS), metavar="N", help=f"Worlds, {DEFAULT_WORLDS} unless told."
        ),
    ] = None,
    regime: RegimeName = None,
    seed: Annotated[
        int | None,
        typer.Option(parser=whole(0, 2**63 - 1), metavar="N", help="Key of all random draws, 1 unless told."),
    ] = None,
    draws: Annotated[
        str | None,
        typer.Option(
            parser=one_of("calibrated", "scenario", "none"),
            metavar="[calibrated|scenario|none]",
            help="Where values that nobody knows come from; calibrated unless told.",
        ),
    ] = None,
    settings: Settings = None,
    scale: Scale = "1,4",
    threads: Threads = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict the next survey: who will work with and trust whom, over many worlds, in the form of a survey.

    A folder of a run or comparison is simulated again, its own worlds and values; it takes no other options of these.
    """
    from cisim.engine import prepare
    from cisim.survey.folder import save_prediction
    from cisim.survey.targets import check_text, named

    check_text({"SCENARIO": source, "--output": output})
    ends = scale_of(scale)
    own = {"--worlds": worlds, "--seed": seed, "--draws": draws, "--set": settings}
    folder = _runs_folder(source, regime, own)
    scenario = folder.scenario if folder else _scenario(source, regime, settings)
    _check_export(output, scenario, months)
    prepare((lambda _: None) if quiet else say)
    many = len(folder.seeds) if folder else worlds or DEFAULT_WORLDS
    with Progress(many, "worlds", is_wanted=not (quiet or as_json)) as progress:
        found = _predicted(
            scenario, folder, months, ends, worlds=many, seed=DEFAULT_SEED if seed is None else seed,
            draws=draws or "calibrated", threads=threads, on_done=progress,
        )  # fmt: skip
    try:
        digest = save_prediction(found, scenario, output)
    except OSError as error:
        raise named(error, output) from error
    if as_json:
        measures = found.network().to_dict("records")
        emit_json({"folder": str(output), "sha256": digest, **found.origin, "network": measures})
    else:
        emit(_exported(found, output, digest))


def _runs_folder(source: str, regime: str | None, own: dict[str, Any]) -> RunsFolder | None:
    """Return the runs of a folder, None where the source is a scenario."""
    if not Path(source).is_dir():
        return None
    from cisim.survey.runs_folder import open_runs

    for option, value in own.items():
        if value is not None:
            raise InputError(f"{option}: the runs in {source} state this already; leave it out")
    return open_runs(Path(source), regime)


def _scenario(source: str, regime: str | None, settings: list[str] | None) -> Scenario:
    """Return the scenario to predict."""
    from cisim.scenario import load

    return changed(load(source), regime, settings_of(settings))


def _check_export(output: Path, scenario: Scenario, months: list[int]) -> None:
    """Refuse before any work what cannot be exported."""
    from cisim.known import MAX_ORGANISATIONS
    from cisim.survey.answers import alike
    from cisim.survey.predicting import names_of
    from cisim.survey.targets import check_folder

    check_folder(output)
    length, n = int(scenario.values["months"]), int(scenario.values["n_orgs"])
    late = [month for month in months if month > length]
    if late:
        raise InputError(f"--month: {late[0]} is not allowed; 1 to {length}, the length of the run")
    if n > MAX_ORGANISATIONS:
        raise InputError(f"SCENARIO: {n:,} organisations; at most {MAX_ORGANISATIONS:,} can be exported")
    same = alike(names_of(scenario))
    if same is not None:
        told = " and ".join(same)
        raise InputError(f"SCENARIO: the organisations {told} are the same name to a survey; rename one")


def _predicted(
    scenario: Scenario,
    folder: RunsFolder | None,
    months: list[int],
    scale: tuple[float, float],
    *,
    worlds: int,
    seed: int,
    draws: str,
    threads: int | None,
    on_done: Progress,
) -> Prediction:
    """Return the prediction of a scenario, or of the worlds of a folder."""
    from cisim.survey.predicting import predict, predict_worlds

    if folder is None:
        return predict(
            scenario,
            months,
            worlds=worlds,
            seed=seed,
            draws=draws,
            scale=scale,
            threads=threads,
            on_done=on_done,
        )
    origin = {"seed": folder.seeds[0], "draws": "none", "drawn": []}
    wanted = [(scenario, key) for key in folder.seeds]
    return predict_worlds(
        scenario, wanted, months, scale=scale, origin=origin, threads=threads, on_done=on_done
    )


def _exported(found: Prediction, output: Path, digest: str) -> str:
    """Return what was predicted, as text."""
    from cisim.commands.output import number, table

    about = found.origin
    drawn = f"{len(about['drawn'])} unknown values drawn anew in each" if about["drawn"] else "luck only"
    lines = [
        f"{about['title']}: a prediction, {about['regime']}",
        f"{found.n_worlds} worlds, seed {about['seed']}, {drawn}; model version {about['model_version']}",
        "",
    ]
    head = ("month", "whole network", "start", "mean", "5 %", "95 %")
    rows = [
        (str(row["month"]), row["measure"], *(number(row[key]) for key in ("start", "mean", "p5", "p95")))
        for row in found.network().to_dict("records")
    ]
    lines += [
        table(head, rows, ("month", *head[2:])),
        "",
        f"wrote {output}: ties.csv and orgs.csv by month, and all worlds",
    ]
    lines += [f"SHA-256 of prediction.json, to be published before the next survey: {digest}"]
    return "\n".join(lines)


def score(
    prediction: Annotated[Path, typer.Argument(metavar="PREDICTION", help="Folder that 'export' wrote.")],
    ties: TiesFile,
    orgs: Orgs = None,
    month: Annotated[
        int | None,
        typer.Option(parser=whole(1, 600), metavar="M", help="Month of the prediction, if it has several."),
    ] = None,
    from_column: From = None,
    to_column: To = None,
    trust_items: TrustItems = None,
    value_items: ValueItems = None,
    scale: Annotated[
        str | None, typer.Option("--scale", metavar="LOW,HIGH", help="If other than that of the prediction.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score a prediction by the survey that came after it, against 'nothing changes'."""
    del quiet
    from cisim.survey import scoring, telling
    from cisim.survey.folder import load_prediction
    from cisim.survey.targets import check_text

    check_text({"PREDICTION": prediction, "TIES": ties, "--orgs": orgs})
    asked = None if scale is None else scale_of(scale)
    found, digest = load_prediction(prediction)
    ends = asked or (found.low, found.high)
    reading = reading_of(from_column, to_column, trust_items, value_items, ends, "none", "add")
    chosen = _month(found, month)
    now = scoring.read_next(found, ties, orgs, reading)
    scored = scoring.score(found, chosen, now)
    if as_json:
        emit_json({"prediction_sha256": digest, **found.origin, **telling.records_of(scored)})
    else:
        about = found.origin
        title = f"{about['title']}: predicted for month {chosen}, {about['regime']}, {scored.worlds} worlds"
        emit(telling.text(scored, f"{title}\nprediction.json {digest}"))


def _month(found: Prediction, month: int | None) -> int:
    """Return the month to score."""
    known = ", ".join(map(str, found.months))
    if month is None and len(found.months) > 1:
        raise InputError(f"--month: the prediction has several; name one of {known}")
    if month is not None and month not in found.months:
        raise InputError(f"--month: {month} is not in the prediction; {known}")
    return found.months[0] if month is None else month
