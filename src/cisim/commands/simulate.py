"""Commands that simulate: run, compare."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import (
    File,
    Json,
    Output,
    PairedWorlds,
    Quiet,
    RegimeName,
    Seed,
    Settings,
    Threads,
    Worlds,
    changed,
    names_of,
    one_of,
    scenario_of,
    settings_of,
)
from cisim.commands.output import command_line, emit, emit_json, number, say, table
from cisim.commands.problems import InputError
from cisim.progress import Progress

if TYPE_CHECKING:
    from cisim.result import Result
    from cisim.scenario import Scenario


DETAILS = ("orgs", "ties", "ledger", "balances", "hours")
"""What `compare --details` can write; `cisim.store.DETAILS`, whose import would take as long as a run."""


def run(
    file: File,
    seed: Seed = 1,
    worlds: Worlds = 1,
    regime: RegimeName = None,
    output: Output = None,
    settings: Settings = None,
    threads: Threads = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one scenario in one world or several.

    Prints every outcome: of one world, or mean and spread over several.
    """
    scenario = scenario_of(file, regime, settings)
    _check_folder(output)
    from cisim.engine import prepare
    from cisim.runs import replicate
    from cisim.runs import run as run_world

    prepare(_silent if quiet else say)
    with Progress(worlds, "worlds", is_wanted=not (quiet or as_json)) as progress:
        if worlds == 1:
            results = [run_world(scenario, seed, details=False)]
        else:
            results = replicate(scenario, worlds=worlds, seed=seed, threads=threads, on_done=progress)
    if output is not None:
        from cisim.run_store import save_runs

        save_runs(results, output, command=command_line())
    records = outcome_records(results)
    if as_json:
        emit_json(records)
    else:
        emit(_outcomes(scenario, results, records, seed))


def _silent(sentence: str) -> None:
    """Say nothing."""
    del sentence


def _check_folder(folder: Path | None) -> None:
    """Find out before any work whether a new folder can be made.

    Raises
    ------
    InputError
        If it exists and is not empty, or cannot be made.
    """
    if folder is None:
        return
    path = folder.absolute()
    parent = next(one for one in path.parents if one.exists() or one.is_symlink())
    try:
        if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
            raise InputError(f"--output: {folder} exists and is not overwritten; name a new folder")
        Path(tempfile.mkdtemp(prefix=".cisim-", dir=parent)).rmdir()
    except OSError as error:
        raise InputError(f"--output: cannot make {folder}: {error.strerror or error}") from error


def outcome_records(results: list[Result]) -> list[dict[str, Any]]:
    """Return per outcome its unit, mean and 5 and 95 % points over worlds (null for a single world)."""
    import numpy as np

    from cisim.result import OUTCOMES, meaning_of

    records = []
    for name in OUTCOMES:
        values = np.array([result.outcomes[name] for result in results])
        low, high = (None, None)
        if len(results) > 1:
            low, high = (float(point) for point in np.quantile(values, (0.05, 0.95), method="lower"))
        unit = meaning_of(name)[1].replace("indicator", results[0].scenario.indicator.unit)
        numbers = {"mean": float(values.mean()), "p5": low, "p95": high}
        records.append({"outcome": name, "unit": unit, **numbers, "worlds": len(results)})
    return records


def _outcomes(scenario: Scenario, results: list[Result], records: list[dict[str, Any]], seed: int) -> str:
    """Return the outcomes as a table."""
    worlds = len(results)
    title = f"{scenario.title}\nregime {scenario.regime}, {scenario.values['months']} months, seed {seed}"
    unit = f"indicator: {scenario.indicator.name}, {scenario.indicator.unit}"
    if worlds == 1:
        rows = [(r["outcome"], number(r["mean"], r["unit"]), r["unit"]) for r in records]
        return "\n".join([title, unit, "", table(("outcome", "value", "unit"), rows, ("value",))])
    rows_many = []
    for r in records:
        values = (number(r[key], r["unit"]) for key in ("mean", "p5", "p95"))
        rows_many.append((r["outcome"], *values, r["unit"]))
    head = ("outcome", "mean", "5 %", "95 %", "unit")
    note = f"{worlds} worlds; 5 % of worlds lie below the value at '5 %', 5 % above that at '95 %'"
    return "\n".join([title, unit, note, "", table(head, rows_many, head[1:4])])


def compare(
    file: File,
    regimes: Annotated[
        str,
        typer.Option(
            "--regimes", metavar="A,B,...", help="At least two regimes; differences are from the first."
        ),
    ] = "isolated,network,collective",
    worlds: PairedWorlds = 200,
    seed: Seed = 1,
    budget: Annotated[
        str,
        typer.Option(
            parser=one_of("equal", "added"),
            metavar="[equal|added]",
            help="equal: coordination is paid out of the same money; added: new money from outside pays it.",
        ),
    ] = "equal",
    output: Output = None,
    settings: Settings = None,
    details: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="Tables of each regime's first world to write too: " + ", ".join(DETAILS)
        ),
    ] = None,
    threads: Threads = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare regimes in paired worlds.

    Each regime meets the same community, the same luck and, unless --budget says otherwise, the same money.
    """
    from cisim.presets import home, names_in

    labels = names_of(regimes, "--regimes", names_in(home() / "regimes"))
    if len(labels) < 2:
        raise InputError(f"--regimes: {regimes!r} is not allowed; at least two, the first as reference")
    wanted = names_of(details, "--details", DETAILS) if details else ()
    if wanted and output is None:
        raise InputError("--details: is written to a folder; name one with --output")
    base, values = scenario_of(file), settings_of(settings)
    if "financing" in values:
        raise InputError("--set: 'financing' is what --budget sets; use --budget equal or --budget added")
    cases = {label: changed(base, label, {**values, "financing": budget}) for label in labels}
    _check_folder(output)
    from cisim.comparison import compare as compare_worlds
    from cisim.engine import prepare

    prepare(_silent if quiet else say)
    with Progress(len(labels) * worlds, "runs", is_wanted=not (quiet or as_json)) as progress:
        found = compare_worlds(cases, worlds=worlds, seed=seed, threads=threads, on_done=progress)
    if output is not None:
        found.command = command_line()
        found.save(output, details=wanted)
    if as_json:
        emit_json(found.records())
    else:
        emit(found.table())
