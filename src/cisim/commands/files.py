"""Commands about files and names: init, validate, show, schema, list."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import (
    File,
    Json,
    Quiet,
    RegimeName,
    Settings,
    local_folder,
    names_of,
    scenario_of,
)
from cisim.commands.output import emit, emit_json, number, say, table
from cisim.commands.problems import InputError
from cisim.commands.study_options import verb_of

if TYPE_CHECKING:
    from cisim.params import Value
    from cisim.scenario import Scenario

STARTER, SCHEMA = "scenario.yaml", "schema.json"
LISTS = ("scenarios", "regimes", "studies", "outcomes", "params", "docking")


def init(
    directory: Annotated[
        Path,
        typer.Argument(parser=local_folder, metavar="DIR", help="Folder to write into; made if need be."),
    ],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a scenario to start from.

    It is commented, and stands beside the JSON Schema with which editors check it as you type.
    """
    from cisim.commands.starter import text
    from cisim.schema import schema

    paths = [directory / STARTER, directory / SCHEMA]
    for path in paths:
        if path.exists() or path.is_symlink():
            raise InputError(f"DIR: {path} exists and is not overwritten; name another folder")
    texts = [text(STARTER, SCHEMA), json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"]
    made: list[Path] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, texts, strict=True):
            with path.open("x", encoding="utf-8") as stream:
                made.append(path)
                stream.write(content)
    except BaseException as error:
        for path in made:
            with suppress(OSError):
                path.unlink()
        if isinstance(error, OSError):
            raise InputError(f"DIR: cannot write to {directory}: {error.strerror or error}") from error
        raise
    if as_json:
        emit_json([str(path) for path in paths])
    else:
        emit("\n".join(str(path) for path in paths))
        if not quiet:
            say(f"edit {paths[0]}, then: cisim validate {paths[0]}")


def validate(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Scenario or study files, or names of shipped ones."),
    ],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check scenario and study files.

    Every problem is told with its line and column on standard error.
    """
    from cisim.problems import ScenarioError
    from cisim.scenario import load
    from cisim.study.reading import load_study
    from cisim.study.shipped import is_study_name

    records: list[dict[str, Any]] = []
    for file in files:
        try:
            load_study(file) if is_study_name(file) else load(file)
        except ScenarioError as error:
            say(str(error))
            problems = [
                {"file": p.place.file, "line": p.place.line, "column": p.place.column, "field": p.field}
                | {"message": p.message}
                for p in error.problems
            ]
            records.append({"file": file, "ok": False, "problems": problems})
        else:
            records.append({"file": file, "ok": True, "problems": []})
            if not (as_json or quiet):
                emit(f"{file}: ok")
    if as_json:
        emit_json(records)
    if not all(record["ok"] for record in records):
        raise typer.Exit(2)


def show(
    file: File,
    diff: Annotated[
        str | None,
        typer.Option("--diff", metavar="OTHER", help="Show what differs from this scenario."),
    ] = None,
    regime: RegimeName = None,
    settings: Settings = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a scenario as it is simulated.

    Every value with its unit, and what differs from the defaults or from another scenario.
    """
    del quiet
    scenario = scenario_of(file, regime, settings)
    if diff is None:
        if as_json:
            emit_json(scenario.to_dict())
        else:
            emit(description(scenario))
        return
    difference = scenario.diff(scenario_of(diff))
    if as_json:
        from cisim.params import PARAMS

        emit_json(
            [
                {"name": name, "this": this, "other": other}
                | {"unit": PARAMS[name].unit if name in PARAMS else None}
                for name, this, other in difference.rows
            ]
        )
    else:
        emit(str(difference))


def description(scenario: Scenario) -> str:
    """Return everything that is simulated, in words and tables."""
    from cisim.params import PARAMS, SECTIONS

    indicator = scenario.indicator
    lines = [
        scenario.title,
        f"name {scenario.name}, regime {scenario.regime}, digest {scenario.digest[:16]}",
        "",
    ]
    lines += [scenario.description, ""] if scenario.description else []
    lines += [
        f"indicator: {indicator.name}, {indicator.unit}; "
        f"{indicator.baseline:g} at the start, {indicator.best:g} at best",
        "",
    ]
    groups = [
        (g.name, f"{share:.3f}", f"{g.need:g}", f"{g.reach:g}", f"{g.level:g}")
        for g, share in zip(scenario.groups, scenario.shares, strict=True)
    ]
    head = ("group", "share", "need", "reach", "level")
    lines += [table(head, groups, head[1:]), ""]
    drivers = [(d.name, f"{d.weight:g}") for d in scenario.drivers]
    lines += [table(("driver", "weight"), drivers, ("weight",)), ""]
    if scenario.links:
        links = [(one.source, one.target, f"{one.strength:g}") for one in scenario.links]
        lines += [table(("driver", "feeds", "strength"), links, ("strength",)), ""]
    for section in SECTIONS:
        rows = []
        for row in PARAMS.values():
            if row.section == section:
                value = scenario.values[row.name]
                usual = "" if value == row.default else _value(row.default)
                rows.append((row.name, _value(value), usual, row.unit))
        lines += [section, table(("parameter", "value", "default, if other", "unit"), rows), ""]
    return "\n".join(lines).rstrip("\n")


def _value(value: Value) -> str:
    """Return a parameter's value as people write it."""
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def schema(
    study: Annotated[bool, typer.Option("--study", help="That of study files.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print the JSON Schema of scenario files, or of study files."""
    del as_json, quiet
    if study:
        from cisim.study.schema import study_schema

        emit_json(study_schema())
        return
    from cisim.schema import schema as scenario_schema

    emit_json(scenario_schema())


def list_names(
    what: Annotated[
        str | None, typer.Argument(metavar="[WHAT]", help=f"One of {', '.join(LISTS)}; else the first two.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List scenarios, regimes and other names."""
    if what is not None:
        names_of(what, "WHAT", LISTS)
    wanted = LISTS[:2] if what is None else (what,)
    found = {one: listing(one) for one in wanted}
    if as_json:
        emit_json(found if what is None else found[what])
        return
    parts = []
    for records in found.values():
        head = tuple(key for key in records[0] if key not in ("source", "section", "low", "high", "choices"))
        rows = [tuple(_text(record[key]) for key in head) for record in records]
        parts.append(table(head, rows))
    emit("\n\n".join(parts))
    if what is None and not quiet:
        say(f"more: cisim list {' | '.join(LISTS[2:])}")


def _text(value: object) -> str:
    """Return a cell of a list."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return number(value) if isinstance(value, float) else str(value)


def listing(what: str) -> list[dict[str, Any]]:
    """Return the records of one of `LISTS`."""
    if what == "outcomes":
        from cisim.result import OUTCOMES, meaning_of

        described = ((name, *meaning_of(name)) for name in OUTCOMES)
        return [{"outcome": name, "unit": unit, "meaning": meaning} for name, meaning, unit in described]
    if what == "params":
        from cisim.params import PARAMS

        return [
            {"parameter": p.name, "section": p.section, "default": p.default, "low": p.low, "high": p.high}
            | {"choices": list(p.choices), "unit": p.unit, "is_lever": p.is_lever, "grade": p.grade}
            | {"meaning": p.meaning, "source": p.source}
            for p in PARAMS.values()
        ]
    if what == "docking":
        from cisim.docking import TARGETS

        return [
            {"model": t.name, "arguments": " ".join(a.name for a in t.arguments)}
            | {"description": t.description, "reference": f"{t.reference}. https://doi.org/{t.doi}"}
            for t in TARGETS.values()
        ]
    if what == "studies":
        from cisim.study.shipped import list_studies

        return [
            {"study": name, "command": f"cisim {verb_of(kind)} {name}", "title": title, "file": path}
            for name, kind, title, path in list_studies()
        ]
    from cisim.scenario import list_regimes, list_scenarios

    listed = list_scenarios() if what == "scenarios" else list_regimes()
    key = what.removesuffix("s")
    return [{key: one.name, "title": one.title, "file": one.path} for one in listed]
