"""The command that audits statements: the register, one statement, or the runs behind all verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import MOST_THREADS, Json, Quiet, local_folder, one_of, whole
from cisim.commands.output import emit, emit_json, say
from cisim.commands.problems import InputError
from cisim.commands.study_options import driven, kept_in

if TYPE_CHECKING:
    from cisim.claims.audit import Size
    from cisim.claims.controls import Control
    from cisim.claims.records import Claim, Register

KINDS = ("mechanism", "outcome", "context")
MOST_DRAWS, MOST_PER_DRAW, MOST_SEED = 100_000, 1_000, 10**6


def claims(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Statements (S1.12) or tensions (H3); one is shown in full."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            parser=one_of(*KINDS), metavar="[mechanism|outcome|context]", help="Statements of one kind."
        ),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Run the experiments and the controls, and judge.")
    ] = False,
    controls: Annotated[bool, typer.Option("--controls", help="Run the negative controls only.")] = False,
    pointers: Annotated[
        bool,
        typer.Option("--pointers", help="List the rules, parameters and regimes that statements point to."),
    ] = False,
    samples: Annotated[
        int | None,
        typer.Option(
            parser=whole(2, MOST_DRAWS), metavar="N", help="Draws of each study, if not its own number."
        ),
    ] = None,
    worlds: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, MOST_PER_DRAW),
            metavar="N",
            help="Worlds of each draw, if not the study's number.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, MOST_SEED),
            metavar="N",
            help="Key of all draws; 1, that of the studies, if not stated.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            parser=local_folder,
            metavar="DIR",
            help="Folder; one that holds the same audit is gone on with.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, MOST_THREADS),
            metavar="N",
            help="Workers on this machine, by default one per core.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Audit what is said of collective impact.

    Lists the statements and where each is answered. With --run the experiments behind statements about outcomes are
    run over the calibrated parameters, and each is found to hold, to reverse, to make no detectable difference, or to
    depend on a condition.

    Example: cisim claims S1.12; cisim claims --run -o claims
    """
    from cisim.claims.audit import Size

    if not (run or controls):
        given = {"samples": samples, "worlds": worlds, "seed": seed, "output": output, "workers": workers}
        stated = [name for name, value in given.items() if value is not None]
        if stated:
            raise InputError(f"--{stated[0]}: goes with --run or --controls")
        if kind and (names or pointers):
            what = "--pointers, as mechanisms point" if pointers else "ID, which names its statements"
            raise InputError(f"--kind: does not go with {what}; leave one of them out")
        _show_pointers(names or [], as_json) if pointers else _show(names or [], kind, as_json)
        return
    if names or kind or pointers:
        field = "ID" if names else "--kind" if kind else "--pointers"
        raise InputError(f"{field}: does not go with --run or --controls, which are about all")
    with driven(kept_in(output)):
        _run(Size(samples, worlds, seed or 1), output, workers, as_json, quiet, only_controls=not run)


# --- what is said ---


def _show(names: list[str], kind: str | None, as_json: bool) -> None:
    """Print statements: as a list, or one in full."""
    from cisim.claims.experiments import experiments
    from cisim.claims.register import register

    known, asked = register(), experiments()
    tensions = [one.name for one in asked.experiments if one.sides]
    _check_names(names, [claim.id for claim in known.claims], tensions)
    chosen = [c for c in known.claims if (not names or c.id in names) and kind in (None, c.kind)]
    wanted = [name for name in tensions if name in names or (not names and kind is None)]
    if as_json:
        emit_json([*(_record(c) for c in chosen), *(_tension_record(name) for name in wanted)])
    elif len(names) == 1:
        emit(_in_full(chosen[0], known) if chosen else _experiment(names[0]))
    else:
        emit(_listed(chosen, wanted))


def _show_pointers(names: list[str], as_json: bool) -> None:
    """Print what statements point to, of all or of those named, and which statements do."""
    import textwrap

    from cisim.claims.pointers import pointers_of
    from cisim.claims.register import register
    from cisim.study.wording import counted

    known = register()
    _check_names(names, [claim.id for claim in known.claims], [])
    found = {
        pointer: ids
        for pointer, ids in pointers_of(known).items()
        if not names or any(name in ids for name in names)
    }
    if as_json:
        emit_json([{**pointer._asdict(), "statements": list(ids)} for pointer, ids in found.items()])
        return
    lines = []
    for pointer, ids in sorted(found.items(), key=lambda one: str(one[0])):
        lines += textwrap.wrap(f"{pointer}  <- {', '.join(ids)}", 100, subsequent_indent=" " * 4)
    emit("\n".join([*lines, *([""] if lines else []), counted(len(found), "pointer")]))


def _check_names(names: list[str], claims: list[str], tensions: list[str]) -> None:
    """Refuse an id that does not exist, with the nearest that does."""
    from cisim.wording import did_you_mean

    for name in names:
        if name not in claims and name not in tensions:
            what = f"S0.1 to {claims[-1]}" + (f", or {tensions[0]} to {tensions[-1]}" if tensions else "")
            raise InputError(
                f"ID: {name[:40]!r} is not allowed; {what}{did_you_mean(name, (*claims, *tensions))}"
            )


def _record(claim: Claim) -> dict[str, Any]:
    """Return a statement for machines."""
    from dataclasses import asdict

    return {"document": claim.document, **asdict(claim)}


def _tension_record(name: str) -> dict[str, Any]:
    """Return a tension for machines."""
    from cisim.claims.experiments import experiments

    one = experiments().experiment(name)
    return {
        "id": name, "kind": "tension", "question": one.question, "sides": list(one.sides),
        "statements": [{"effect": s.words, "says": s.says, "side": s.side, "study": s.study} for s in one.statements],
    }  # fmt: skip


def _listed(chosen: list[Claim], tensions: list[str]) -> str:
    """Return statements as a list, wrapped."""
    import textwrap

    from cisim.claims.experiments import experiments

    lines = []
    for claim in chosen:
        mark = "" if claim.extent == "full" else f", {claim.extent}"
        head = f"{claim.id:6} {claim.kind}{mark}: "
        lines += textwrap.wrap(head + claim.says, 100, subsequent_indent=" " * 7)
    for name in tensions:
        lines += textwrap.wrap(
            f"{name:6} tension: {experiments().experiment(name).question}", 100, subsequent_indent=" " * 7
        )
    lines += ["", f"{len(chosen)} statements" + (f", {len(tensions)} tensions" if tensions else "")]
    return "\n".join(lines)


def _in_full(claim: Claim, known: Register) -> str:
    """Return one statement with its document and where it is answered."""
    import textwrap

    paper = next(one for one in known.documents if one.id == claim.document)
    source = ", ".join(part for part in (paper.title, paper.author, paper.publisher, paper.year) if part)
    lines = [
        *textwrap.wrap(f"{claim.id} ({claim.kind}): {claim.says}", 100),
        *textwrap.wrap(f"From: {source}", 100),
    ]
    for one in claim.carried_by:
        place = f"regime {one.regime}" if one.regime else f"rule {one.rule}"
        things = ", ".join(one.parameters) or (f"{one.scenario} of {one.of}" if one.scenario else "")
        told = f"{place}{': ' + things if things else ''}; {one.how}"
        lines += textwrap.wrap(told, 100, initial_indent="  ", subsequent_indent="    ")
    if claim.extent != "full":
        lines += textwrap.wrap(
            f"{claim.extent}: {claim.missing}", 100, initial_indent="  ", subsequent_indent="    "
        )
    if claim.where:
        lines += textwrap.wrap(
            f"reflected in: {claim.where}", 100, initial_indent="  ", subsequent_indent="    "
        )
    return "\n".join([*lines, *([_experiment(claim.experiment)] if claim.experiment else [])])


def _experiment(name: str) -> str:
    """Return what an experiment asks."""
    import textwrap

    from cisim.claims.experiments import experiments

    one = experiments().experiment(name)
    rule = "either side" if one.sides else "one is enough" if one.combine == "any" else "all have to hold"
    lines = textwrap.wrap(f"Experiment {name}: {one.question}", 100)
    if one.sides:
        lines.append(f"  sides: {' | '.join(one.sides)}")
    lines.append(f"  {len(one.statements)} statements, {rule}")
    for s in one.statements:
        than = f" than {s.than:g}" if s.than else ""
        text = f"{s.words}: {s.says}{than} (study {s.study})"
        text += f" -> {s.side}" if s.side else ""
        text += f"; {s.why}" if s.why else ""
        lines += textwrap.wrap(text, 100, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(lines)


# --- what is found ---


def _run(
    size: Size, output: Path | None, workers: int | None, as_json: bool, quiet: bool, *, only_controls: bool
) -> None:
    """Run the audit, or its controls, and show what was found."""
    from cisim.claims.running import audited, report_of
    from cisim.commands.study_options import how_of

    def how() -> Any:
        return how_of("threads", workers, None, quiet=quiet)

    remark: Callable[[str], object] = (lambda _: None) if quiet else say
    ran, controls = audited(output, size, how, remark, only_controls=only_controls)
    report = report_of(None if only_controls else ran, controls)
    place = None if output is None else _saved(report, output, only_controls)
    if as_json:
        emit_json({"tables": {name: frame.to_dict("records") for name, frame in report.tables.items()}})
    else:
        emit(report.text)
    if place is not None and not quiet:
        say(f"cisim: {place}")
    _fail(controls)


def _saved(report: Any, output: Path, only_controls: bool) -> str:
    """Write text, tables and figures, and say where; controls alone never take the place of a whole audit."""
    from cisim.study.folder import Folder
    from cisim.study.published import write_report

    folder = Folder(str(output))
    if only_controls and folder.exists("analysis/claims.csv"):
        return f"{output}/analysis holds the report of a whole audit and is left as it is"
    write_report(report, folder)
    return f"report, tables and figures: {output}/analysis"


def _fail(controls: list[Control]) -> None:
    """End with exit code 1 where a control failed."""
    from cisim.commands.problems import FailureError

    failed = [one.name for one in controls if not one.passed]
    if failed:
        raise FailureError(f"negative controls failed: {', '.join(failed)}")
