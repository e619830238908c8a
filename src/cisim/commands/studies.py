"""Commands that run studies: sweep, sensitivity, discover, value, calibrate, predict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cisim.commands.options import Json, Quiet, Settings, settings_of
from cisim.commands.output import command_line, emit, emit_json, say
from cisim.commands.problems import InputError
from cisim.commands.study_options import (
    Budget,
    DryRun,
    Executor,
    HalfWidth,
    Options,
    Outcomes,
    Regimes,
    Samples,
    Scheduler,
    Series,
    Shard,
    StudyOutput,
    StudySeed,
    StudyWorlds,
    Uncertainties,
    Vary,
    What,
    Workers,
    driven,
    how_of,
    kept_in,
    mapping_of_vary,
    shard_of,
    uncertainties_of,
    verb_of,
    worlds_of,
)

if TYPE_CHECKING:
    from cisim.study.estimate import Estimate
    from cisim.study.spec import Spec
    from cisim.study.study import StudyResult


def _verb(analyses: tuple[str, ...], about: str) -> Callable[..., None]:
    """Return the command that runs studies of some kinds."""

    def command(
        what: What,
        vary: Vary = None,
        regimes: Regimes = None,
        budget: Budget = None,
        settings: Settings = None,
        uncertainties: Uncertainties = None,
        samples: Samples = None,
        worlds: StudyWorlds = None,
        half_width: HalfWidth = None,
        seed: StudySeed = None,
        outcomes: Outcomes = None,
        series: Series = None,
        options: Options = None,
        output: StudyOutput = None,
        executor: Executor = "threads",
        workers: Workers = None,
        scheduler: Scheduler = None,
        shard: Shard = None,
        dry_run: DryRun = False,
        as_json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        quick = {
            "vary": vary, "regimes": regimes, "budget": budget, "set": settings, "uncertainties": uncertainties,
            "outcomes": outcomes, "series": series, "option": options,
        }  # fmt: skip
        with driven("" if output is not None else kept_in(None)):
            again = _finished(what, analyses, {
                **quick, "samples": samples, "worlds": worlds, "half-width": half_width, "seed": seed, "output": output,
                "shard": shard, "dry-run": dry_run or None,
            })  # fmt: skip
            if again is not None:
                show(again, as_json, quiet)
                return
            spec = _spec(what, analyses, quick, samples, worlds, half_width, seed)
            how = how_of(executor, workers, scheduler, quiet=quiet)
            if dry_run:
                _emit_estimate(spec, how.workers, as_json)
                return
            _run(spec, output, how, shard_of(shard), as_json, quiet)

    command.__doc__ = about
    return command


sweep = _verb(
    ("sweep", "attribution"),
    """Run every combination of what varies in the same worlds, or what each of several conditions contributes.

    Example: cisim sweep infant-mortality --vary backbone_usd_per_year=0:1500000:4 --samples 100 -o money
    """,
)
sensitivity = _verb(
    ("sensitivity",),
    """Find out which assumptions an outcome depends on.

    Example: cisim sensitivity generic-adaptive --samples 64 --option method=sobol -o what-matters
    """,
)
discover = _verb(
    ("discover",),
    """Find out under which conditions it pays, and under which it hurts.

    Example: cisim discover generic-adaptive --samples 500 -o when
    """,
)
value = _verb(
    ("value",),
    """Find out what a decision is worth, for which problem, and how sure that is.

    Example: cisim value generic-adaptive --vary backbone_usd_per_year=0:1500000:4 --samples 64 -o worth
    """,
)
calibrate = _verb(
    ("calibrate",),
    """Find the parameters that reproduce published facts.

    Example: cisim calibrate coalition-survival -o fitted
    """,
)

predict = _verb(
    ("predict",),
    """Set what the drawn parameters predict beside published facts, simulated draw by draw.

    Example: cisim predict calibration-check --samples 100 -o fit-and-miss
    """,
)


def _finished(what: str, analyses: tuple[str, ...], stated: dict[str, Any]) -> StudyResult | None:
    """Return a finished study if its folder is named; nothing may be changed about it."""
    from cisim.study.folder import Folder
    from cisim.study.manifest import is_study

    if not ("://" in what or Path(what).is_dir()):
        return None
    if not is_study(Folder(what)):
        raise InputError(
            f"{what}: holds no study; name a study file, a scenario or the folder of a finished study"
        )
    given = [name for name, found in stated.items() if found is not None]
    if given:
        raise InputError(
            f"--{given[0]}: does not go with the folder of a finished study; see 'cisim extend --help'"
        )
    from cisim.study.study import open_study

    found = open_study(what)
    if found.spec.analysis not in analyses:
        raise InputError(
            f"{what}: is a study of kind {found.spec.analysis}; use 'cisim {verb_of(found.spec.analysis)}'"
        )
    return found


def _spec(
    what: str,
    analyses: tuple[str, ...],
    quick: dict[str, Any],
    samples: int | None,
    worlds: str | None,
    half_width: float | None,
    seed: int | None,
) -> Spec:
    """Return the study that a file or a scenario with options means."""
    from cisim.study.reading import load_study
    from cisim.study.shipped import is_study_name

    if is_study_name(what):
        spec = load_study(what)
        for name, found in quick.items():
            if found is not None:
                raise InputError(f"--{name}: does not go with a study file; state it in the file")
        if spec.analysis not in analyses:
            raise InputError(
                f"{what}: is a study of kind {spec.analysis}; use 'cisim {verb_of(spec.analysis)} {what}'"
            )
        return _changed(spec, samples, worlds, half_width, seed)
    return _quick(what, analyses[0], quick, samples, worlds, half_width, seed)


def _changed(
    spec: Spec, samples: int | None, worlds: str | None, half_width: float | None, seed: int | None
) -> Spec:
    """Return a study of a file with another number of samples or worlds, or another seed."""
    from dataclasses import replace

    if half_width is not None:
        raise InputError("--half-width: does not go with a study file; state 'precision' in the file")
    number = worlds_of(worlds)
    if number == "auto":
        raise InputError("--worlds: 'auto' is stated in the study file, with its precision")
    if samples is not None and spec.analysis == "calibrate":
        raise InputError(
            "--samples: a calibration goes by waves; state options per_wave and waves in the file"
        )
    if samples is not None and not spec.uncertain:
        raise InputError("--samples: nothing in this study is drawn from a distribution")
    grown = spec.grown(worlds=number, samples=samples)  # type: ignore[arg-type]
    return grown if seed is None else replace(grown, seed=seed)


def _quick(
    what: str,
    analysis: str,
    quick: dict[str, Any],
    samples: int | None,
    worlds: str | None,
    half_width: float | None,
    seed: int | None,
) -> Spec:
    """Return the study of a scenario that options describe."""
    from cisim.scenario import load
    from cisim.study.reading import study_from

    scenario = load(what)
    number = worlds_of(worlds)
    if (number == "auto") != (half_width is not None):
        raise InputError("--half-width: goes with --worlds auto, and --worlds auto with it")
    if not quick["vary"] and analysis == "value":
        raise InputError(
            f"--vary: is missing; {analysis} of a scenario needs something that varies, such as --vary backbone=0:1:3"
        )
    listed = {key: _names(quick[key]) for key in ("regimes", "outcomes", "series")}
    stated = {
        "vary": mapping_of_vary(quick["vary"]),
        "cases": listed["regimes"],
        "budget": quick["budget"],
        "set": settings_of(quick["set"]) or None,
        "uncertainties": uncertainties_of(quick["uncertainties"]),
        "samples": samples,
        "worlds": number,
        "precision": {"half_width": half_width} if half_width is not None else None,
        "seed": seed,
        "outcomes": listed["outcomes"],
        "series": [] if listed["series"] == ["none"] else listed["series"],
        "options": settings_of(quick["option"], "--option") or None,
    }
    data = {key: entry for key, entry in stated.items() if entry is not None}
    return study_from({"analysis": analysis, **data}, f"{scenario.name}-{analysis}", scenario)


def _names(text: str | None) -> list[str] | None:
    """Return names separated by commas."""
    return None if text is None else [part.strip() for part in text.split(",")]


def _run(
    spec: Spec, output: Path | str | None, how: Any, shard: tuple[int, int] | None, as_json: bool, quiet: bool
) -> None:
    """Run a study and show what it found; a folder in which a report would replace other files is refused first."""
    from cisim.study.beforehand import check_report
    from cisim.study.folder import folder_or_memory
    from cisim.study.runner import run_study
    from cisim.study.study import StudyResult

    if shard is not None and output is None:
        raise InputError("--shard: needs a folder; name one with --output")
    folder = folder_or_memory(output)
    if shard is None:
        check_report(folder)
    with how.on_status as progress:
        del progress
        manifest = run_study(spec, folder, how, shard=shard, command=command_line())
    if shard is not None:
        say(
            f"cisim: shard {shard[0]}/{shard[1]} is complete in {folder}; 'cisim merge' puts the shards together"
        )
        return
    result = StudyResult(folder, manifest)
    if output is not None:
        result.save()
    show(result, as_json, quiet)
    if output is not None and not quiet:
        say(f"cisim: results, tables and figures: {output}")


def show(result: StudyResult, as_json: bool, quiet: bool) -> None:
    """Print what the analysis found, and how many runs failed."""
    failed = len(result.failures)
    if failed and not quiet:
        say(
            f"cisim: {failed} of {failed + len(result.runs)} runs failed; failures.parquet says why, and repeats each"
        )
    if as_json:
        tables = {name: frame.to_dict("records") for name, frame in result.report.tables.items()}
        emit_json(
            {"study": result.spec.name, "analysis": result.spec.analysis, "failed": failed, "tables": tables}
        )
    else:
        emit(result.report.text)


def _emit_estimate(spec: Spec, workers: int | None, as_json: bool) -> None:
    """Print what a study would take."""
    from dataclasses import asdict

    from cisim.engine import n_cores, prepare
    from cisim.study.estimate import estimate

    prepare(say)
    found = estimate(spec, workers or n_cores())
    emit_json(asdict(found)) if as_json else emit(_words(found))


def _words(found: Estimate) -> str:
    """Return an estimate in words."""
    from cisim.progress import in_words
    from cisim.study.wording import size_in_words

    lines = [
        f"points     {found.points:>14,}",
        f"runs       {found.runs:>14,}",
        f"simulated  {found.simulated:>14,}  (equal runs once)",
        f"time       {in_words(found.seconds):>14}  on {found.workers} workers of this machine",
        f"disk       {size_in_words(found.bytes):>14}  at most",
    ]
    return "\n".join([*lines, *([found.note] if found.note else [])])
