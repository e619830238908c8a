"""Commands about the folders of studies: status, resume, extend, merge, reproduce."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import MOST_WORLDS, Json, Quiet, whole
from cisim.commands.output import command_line, emit, emit_json, say
from cisim.commands.problems import FailureError, InputError
from cisim.commands.studies import show
from cisim.commands.study_options import MOST_SAMPLES, Executor, Folder, Scheduler, Workers, driven, how_of

if TYPE_CHECKING:
    from cisim.study.folder import Folder as Place
    from cisim.study.manifest import Manifest
    from cisim.study.spec import Spec

MoreWorlds = Annotated[
    int | None,
    typer.Option(
        "--worlds", parser=whole(1, MOST_WORLDS), metavar="N", help="Worlds per point, more than there are."
    ),
]
MoreSamples = Annotated[
    int | None,
    typer.Option(
        "--samples",
        parser=whole(1, MOST_SAMPLES),
        metavar="N",
        help="Draws, or base sample, more than there are.",
    ),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Run again what failed.")]


def status(folder: Folder, as_json: Json = False, quiet: Quiet = False) -> None:
    """Say how far a study is, whether a driver is at work, and what happened."""
    del quiet
    from cisim.study.folder import Folder as Place
    from cisim.study.standing import standing

    with driven():
        found = standing(Place(folder))
    emit_json(found.to_dict()) if as_json else emit(found.text())


def resume(
    folder: Folder,
    retry_failed: RetryFailed = False,
    executor: Executor = "threads",
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a study that was interrupted; nothing is run twice."""
    with driven():
        place, _ = _place(folder)
        how = how_of(executor, workers, scheduler, quiet=quiet, retry_failed=retry_failed)
        if retry_failed:
            _open_again(place)
        _go_on(place, how, as_json, quiet)


def extend(
    folder: Folder,
    worlds: MoreWorlds = None,
    samples: MoreSamples = None,
    executor: Executor = "threads",
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add worlds or samples to a study; what is finished is kept."""
    if worlds is None and samples is None:
        raise InputError("--worlds: say how many worlds or --samples the study shall have")
    with driven():
        place, spec = _place(folder)
        if samples is not None and not spec.uncertain:
            raise InputError("--samples: nothing in this study is drawn from a distribution")
        how = how_of(executor, workers, scheduler, quiet=quiet)
        _go_on(place, how, as_json, quiet, spec.grown(worlds=worlds, samples=samples))


def merge(
    output: Annotated[str, typer.Argument(metavar="OUT", help="New folder.")],
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help="Folders of the shards.")],
    executor: Executor = "threads",
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put the shards of a study together into a new folder."""
    from cisim.study.beforehand import check_report
    from cisim.study.checking import merge as put_together
    from cisim.study.folder import Folder as Place

    with driven():
        how = how_of(executor, workers, scheduler, quiet=quiet)
        place = Place(output)
        check_report(place)
        with how.on_status:  # type: ignore[attr-defined]
            manifest = put_together(place, [Place(one) for one in folders], how, command_line())
        _finish(place, manifest, as_json, quiet)


def reproduce(
    folder: Folder,
    executor: Executor = "threads",
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a finished study again and certify that its results are the same, or say what differs."""
    from cisim.study.checking import reproduce as run_again
    from cisim.study.folder import Folder as Place

    with driven():
        how = how_of(executor, workers, scheduler, quiet=quiet)
        with how.on_status:  # type: ignore[attr-defined]
            found = run_again(Place(folder), how)
    if as_json:
        emit_json({"same": found.is_same, "remarks": list(found.remarks), "digests": found.digests})
    else:
        lines = [
            f"{name:<18} {then[:16]}  {'same' if then == now else 'now ' + now[:16]}"
            for name, (then, now) in found.digests.items()
        ]
        verdict = "reproduced: every table is the same, byte for byte" if found.is_same else "not reproduced"
        emit("\n".join([verdict, *found.remarks, "", *lines]))
    if not found.is_same:
        raise FailureError(f"{folder}: the study did not come out the same")


def _place(folder: str) -> tuple[Place, Spec]:
    """Return a folder and the study it holds; one in which the report would replace other files is refused."""
    from cisim.study.beforehand import check_report
    from cisim.study.folder import Folder as Place
    from cisim.study.manifest import read_manifest

    place = Place(folder)
    manifest, _ = read_manifest(place)
    if manifest.shard is None:
        check_report(place)
    return place, manifest.spec


def _open_again(place: Place) -> None:
    """Make a finished study unfinished if runs of it failed."""
    from cisim.study.opening import reopen

    reopen(place, say)


def _go_on(place: Place, how: Any, as_json: bool, quiet: bool, spec: Any = None) -> None:
    """Run what is missing and show what the study found."""
    from cisim.study.runner import run_study

    with how.on_status:
        manifest = run_study(spec, place, how)
    _finish(place, manifest, as_json, quiet)


def _finish(place: Place, manifest: Manifest, as_json: bool, quiet: bool) -> None:
    """Write and show the analysis."""
    from cisim.study.study import StudyResult

    if manifest.shard is not None:
        say(f"cisim: shard {manifest.shard[0]}/{manifest.shard[1]} is complete in {place}")
        return
    result = StudyResult(place, manifest)
    result.save()
    show(result, as_json, quiet)
