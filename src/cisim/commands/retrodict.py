"""The command that sets cases from life beside what happened: retrodict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cisim.commands.options import MOST_WORLDS, Json, Quiet, Seed, local_folder, whole
from cisim.commands.output import emit, emit_json, say
from cisim.commands.problems import InputError
from cisim.commands.study_options import MOST_SAMPLES, Workers, driven, how_of, kept_in

if TYPE_CHECKING:
    from cisim.retrodiction.observed import Observed
    from cisim.retrodiction.retrodict import Retrodiction
    from cisim.study.records import Report

OVERVIEW, BEFORE = "overview", "before"
OWN, SHIPPED = "scenario", "calibrated"


class Sizes(NamedTuple):
    """How much is run, and the key of all draws."""

    samples: int
    worlds: int
    seed: int


Cases = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CASE]...", help="Cases by name, or files of one's own; all that are shipped if none."
    ),
]
Samples = Annotated[
    int, typer.Option(parser=whole(2, MOST_SAMPLES), metavar="N", help="Draws of what nobody knows.")
]
Worlds = Annotated[int, typer.Option(parser=whole(1, MOST_WORLDS), metavar="N", help="Worlds of each draw.")]
Drawn = Annotated[
    str | None,
    typer.Option(
        "--uncertainties",
        metavar="NAME|DIR",
        help="What is drawn: calibrated (the default), scenario (the ranges each declares), or a calibration's folder.",
    ),
]
Prior = Annotated[
    bool, typer.Option("--before", help="Run each case with its scenario's own ranges as well, and compare.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        parser=local_folder,
        metavar="DIR",
        help="Folder to write; the same runs in it are gone on with.",
    ),
]


def retrodict(
    cases: Cases = None,
    samples: Samples = 256,
    worlds: Worlds = 2,
    seed: Seed = 1,
    uncertainties: Drawn = None,
    before: Prior = False,
    output: Output = None,
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set cases from life beside what happened.

    Each case is run over everything that is uncertain, as it happened and as it might have been. Published figures
    that nobody fitted are put among the predictions. Example: cisim retrodict infant-mortality -o beside-life
    """
    from cisim.retrodiction.overview import overview
    from cisim.retrodiction.retrodict import UNCERTAINTIES

    named = uncertainties if uncertainties is not None else UNCERTAINTIES
    if before and named == OWN:
        raise InputError(
            "--before: compares with the scenarios' own ranges, which are what is drawn; leave it out"
        )
    observed = _observed(cases)
    drawn, sizes = _drawn(named), Sizes(samples, worlds, seed)
    with driven(kept_in(output)):
        _check_folder(output, observed, sizes, (drawn, OWN) if before else (drawn,))
        found = [_one(one, drawn, sizes, output, workers, quiet) for one in observed]
        own = output / BEFORE if output is not None else None
        earlier = [_one(one, OWN, sizes, own, workers, quiet) for one in observed] if before else []
        told = overview(found, earlier)
        if output is not None:
            _save(told, output)
    _show(found, told, as_json)
    if output is not None and not quiet:
        say(f"cisim: runs, tables and figures: {output}")


def _observed(cases: list[str] | None) -> list[Observed]:
    """Return what happened in each case; all mistakes are found before anything is run."""
    from cisim.retrodiction.observed import list_cases
    from cisim.retrodiction.reading import read_observed

    found = [read_observed(case) for case in (cases or list_cases())]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"CASE: {name!r} comes twice; name it once")
        if name in (OVERVIEW, BEFORE):
            raise InputError(f"CASE: {name!r} is not allowed; call the file otherwise, results need the name")
    return found


def _drawn(named: str) -> str | Mapping[str, Any]:
    """Return what is drawn: a name that studies know, or a folder with a calibrated set."""
    if named in (OWN, SHIPPED):
        return named
    if not Path(named).exists():
        raise InputError(
            f"--uncertainties: {named[:80]!r} is not allowed; {SHIPPED}, {OWN} or a folder that exists"
        )
    return {"posterior": named}


def _check_folder(
    output: Path | None, observed: list[Observed], sizes: Sizes, drawn: tuple[str | Mapping[str, Any], ...]
) -> None:
    """Refuse a folder that holds anything but these cases, before anything is run.

    What is drawn second, with --before, stands in a folder of its own.
    """
    from cisim.retrodiction.cases import study_of
    from cisim.retrodiction.observed import list_cases
    from cisim.study.beforehand import check_beforehand, check_report
    from cisim.study.folder import Folder

    if output is None or not output.exists():
        return
    if not output.is_dir():
        raise InputError(f"--output: {output} is a file; name a folder")
    known = {OVERVIEW, BEFORE, *list_cases(), *(one.name for one in observed)}
    strange = sorted(path.name for path in output.iterdir() if path.name not in known)
    if strange:
        raise InputError(f"--output: {output} is not empty ({strange[0]} stands in it); name a new folder")
    check_report(Folder(str(output / OVERVIEW)))
    for one, place in zip(drawn, (output, output / BEFORE), strict=False):
        for case in observed:
            spec = study_of(case, *sizes, one).spec
            check_beforehand(Folder(str(place / case.name)), spec)


def _one(
    observed: Observed,
    drawn: str | Mapping[str, Any],
    sizes: Sizes,
    output: Path | None,
    workers: int | None,
    quiet: bool,
) -> Retrodiction:
    """Run one case, and keep it where a folder is named."""
    from cisim.retrodiction.retrodict import retrodict as set_beside

    how = how_of("threads", workers, None, quiet=quiet)
    folder = output / observed.name if output is not None else None
    with how.on_status as progress:  # type: ignore[attr-defined]
        found = set_beside(
            observed, uncertainties=drawn, folder=folder, workers=workers, on_status=progress,
            on_remark=how.on_remark, samples=sizes.samples, worlds=sizes.worlds, seed=sizes.seed,
        )  # fmt: skip
    if folder is not None:
        found.save()
    return found


def _save(told: Report, output: Path) -> None:
    """Write the overview beside the cases."""
    from cisim.study.folder import Folder
    from cisim.study.published import write_report

    folder = Folder(str(output / OVERVIEW))
    folder.make()
    write_report(told, folder)


def _show(found: list[Retrodiction], told: Report, as_json: bool) -> None:
    """Print every case, and the overview where there are several."""
    if as_json:
        cases = [
            {"case": one.observed.name, "failed": len(one.result.failures), "tables": _plain(one.report)}
            for one in found
        ]
        emit_json({"cases": cases, "overview": _plain(told)})
        return
    for one in found:
        if len(one.result.failures):
            say(f"cisim: {one.observed.name}: {len(one.result.failures)} runs failed and are left out")
    texts = [one.report.text for one in found]
    rule = "\n" + "-" * 100 + "\n\n"
    emit(rule.join([*texts, *([told.text] if len(found) > 1 else [])]))


def _plain(report: Report) -> dict[str, Any]:
    """Return the tables of a report as plain values."""
    return {name: frame.to_dict("records") for name, frame in report.tables.items()}
