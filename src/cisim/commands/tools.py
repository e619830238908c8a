"""Commands about the model itself: dock, bench, odd."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import MOST_WORLDS, Json, Quiet, Seed, names_of, settings_of, whole
from cisim.commands.output import emit, emit_json, number, say, table
from cisim.commands.problems import FailureError, InputError
from cisim.progress import Progress

if TYPE_CHECKING:
    from cisim.docking import Cell, Target


def dock(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Published model; all of them if none is named.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Keep cells with this argument; may be repeated."),
    ] = None,
    worlds: Annotated[
        int | None,
        typer.Option(
            parser=whole(2, MOST_WORLDS), metavar="N", help="Worlds per cell, if not the model's own number."
        ),
    ] = None,
    seed: Seed = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rebuild published models and compare.

    The functions organisations learn with are arranged as in five papers; their numbers are put side by side.
    """
    from cisim.docking import TARGETS
    from cisim.docking import dock as simulate

    if name is not None:
        names_of(name, "NAME", TARGETS)
    elif settings:
        raise InputError("--set: belongs to one model; name it, one of " + ", ".join(TARGETS))
    targets = list(TARGETS.values()) if name is None else [TARGETS[name]]
    values = settings_of(settings)
    for target in targets:
        try:
            target.cells(values)
        except ValueError as error:
            raise InputError(f"--set {error}") from error
    found: list[tuple[Target, list[Cell]]] = []
    for target in targets:
        _prepare(target, values, quiet)
        with Progress(1, f"arrangements of {target.name}", is_wanted=not (quiet or as_json)) as progress:
            cells = simulate(target.name, worlds=worlds, seed=seed, settings=values, on_done=progress)
        found.append((target, cells))
    if as_json:
        emit_json([_cell_record(target, cell) for target, cells in found for cell in cells])
    else:
        emit("\n\n".join(_cells(target, cells) for target, cells in found))


def _prepare(target: Target, values: dict[str, Any], quiet: bool) -> None:
    """Compile what a model needs if this version has never been used here; say so."""
    from cisim.compiled import first_use, is_warm
    from cisim.docking import dock as simulate

    part = f"docking-{target.name}"
    if not is_warm(part):
        cell = target.cells(values)[0]
        arguments = cell if isinstance(cell, dict) else cell.arguments
        with first_use(_silent if quiet else say, part):
            simulate(target.name, worlds=2, settings=arguments)


def _silent(sentence: str) -> None:
    """Say nothing."""
    del sentence


def _cell_record(target: Target, cell: Cell) -> dict[str, Any]:
    """Return a cell for machines: model, arguments, mean, standard error, published number or null."""
    numbers = {"mean": cell.mean, "se": cell.se, "published": cell.published}
    others = {"published_se": cell.published_se, "worlds": cell.worlds, "agrees": cell.agrees}
    return {"model": target.name, **cell.arguments, **numbers, **others}


def _cells(target: Target, cells: list[Cell]) -> str:
    """Return the cells of one model as a table, with a count of what agrees."""
    names = tuple(dict.fromkeys(name for cell in cells for name in cell.arguments))
    words = {True: "yes", False: "NO", None: ""}
    rows = [
        (
            *(str(cell.arguments.get(name, "")) for name in names),
            f"{cell.mean:.4f}",
            f"{cell.se:.4f}",
            number(cell.published),
            words[cell.agrees],
        )
        for cell in cells
    ]
    head = (*names, "mean", "se", "published", "agrees")
    known = [cell for cell in cells if cell.published is not None]
    agreeing = sum(cell.agrees is True for cell in known)
    lines = [f"{target.name}: {target.description}", f"{target.reference}. https://doi.org/{target.doi}", ""]
    lines += [table(head, rows, ("mean", "se", "published")), ""]
    lines += [f"{cells[0].worlds:,} worlds a cell; {agreeing} of {len(known)} published numbers agree"]
    return "\n".join(lines)


def bench(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="JSON file to write; replaced if it exists."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time the model against Mesa, AgentPy and C.

    Needs a checkout of the project, and some minutes.
    """
    from cisim.bench import NoBenchmarksError, measure, save

    if output is not None and (output.is_dir() or not (output.parent.is_dir() or output.parent == Path())):
        raise InputError(f"--output: {output} is not allowed; a file in an existing folder")
    try:
        results = measure(_silent if quiet else say)
    except NoBenchmarksError as error:
        raise FailureError(str(error)) from error
    if output is not None:
        save(results, output)
    if as_json:
        emit_json(results)
    else:
        emit(_timings(results))


def _timings(results: dict[str, Any]) -> str:
    """Return goals beside what was seen, worlds per second, and the tables there are (sizes, rules)."""
    from cisim.bench import judge

    words = {True: "yes", False: "NO", None: "not measured"}
    judged = [(row["meaning"], row["goal"], number(row["seen"]), words[row["met"]]) for row in judge(results)]
    lines = [table(("", "goal", "seen", "met"), judged, ("goal", "seen"))]
    meanings = {
        "worlds_per_s_1": "worlds a second, one thread",
        "worlds_per_s_2": "worlds a second, two threads",
        "two_cores_ratio": "two threads relative to one",
        "two_cores_got": "cores those two threads really had",
        "load_before": "processes that wanted to run before (load)",
    }
    rows = [(meaning, number(results.get(key))) for key, meaning in meanings.items()]
    lines += ["", table(("", "value"), rows, ("value",))]
    for key in ("worlds", "rules"):
        found = results.get(key)
        if isinstance(found, list) and found:
            head = tuple(found[0])
            cells = [
                tuple(v if isinstance(v := row[name], str) else number(v) for name in head) for row in found
            ]
            lines += ["", table(head, cells, tuple(name for name in head if name != "rule"))]
    return "\n".join(lines)


def odd(as_json: Json = False, quiet: Quiet = False) -> None:
    """Print the model description's tables.

    Parameters, state, outcomes, rules and regimes (ODD protocol), in Markdown, generated from the code.
    """
    del quiet
    from cisim.odd import markdown, tables

    if as_json:
        emit_json(tables())
    else:
        emit(markdown())
