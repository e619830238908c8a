"""Options of commands that run studies, and how their errors and interruptions end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import MOST_THREADS, MOST_WORLDS, one_of, whole
from cisim.commands.problems import FailureError, InputError, StoppedError

if TYPE_CHECKING:
    from cisim.study.runner import How

EXECUTORS = ("threads", "processes", "dask")

Executor = Annotated[
    str,
    typer.Option(
        "--executor",
        parser=one_of(*EXECUTORS),
        metavar="[threads|processes|dask]",
        help="Where worlds are simulated; results do not depend on it.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        parser=whole(1, MOST_THREADS),
        metavar="N",
        help="Workers on this machine, by default one per core.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="TCP://HOST:PORT",
        help="With --executor dask: a running scheduler; without, a cluster is started here.",
    ),
]
Shard = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="I/N", help="Run the I-th of N parts, for batch queues; 'cisim merge' joins them."
    ),
]
StudyOutput = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Folder or fsspec URL; one that holds the same study is gone on with.",
    ),
]
Folder = Annotated[str, typer.Argument(metavar="DIR", help="Folder, or URL, of a study.")]

MOST_SAMPLES = 10_000_000

What = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="Study file or shipped study; a scenario, with --vary; or a finished study's folder, analysed anew.",
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="NAME=...",
        help="For a scenario: NAME=LOW:HIGH:N (steps), NAME=A,B,... or NAME=LOW:HIGH (drawn from); may be repeated.",
    ),
]
Regimes = Annotated[
    str | None,
    typer.Option(
        "--regimes", metavar="A,B,...", help="Cases to compare, the first as reference; isolated,collective."
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget", metavar="[equal|added]", help="Whether coordination is paid out of the same money."
    ),
]
StudyWorlds = Annotated[
    str | None,
    typer.Option("--worlds", metavar="N|auto", help="Worlds per point; auto: as many as --half-width needs."),
]
HalfWidth = Annotated[
    float | None,
    typer.Option(
        "--half-width",
        metavar="X",
        help="With --worlds auto: how far the interval of the difference may reach.",
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(
        parser=whole(1, MOST_SAMPLES),
        metavar="N",
        help="Draws of what is uncertain; base sample of a sensitivity analysis.",
    ),
]
Uncertainties = Annotated[
    str | None,
    typer.Option(
        "--uncertainties",
        metavar="[calibrated|scenario|none|DIR]",
        help="For a scenario: what is drawn; calibrated unless stated; or the folder of a finished calibration.",
    ),
]
StudySeed = Annotated[
    int | None,
    typer.Option("--seed", parser=whole(0, 2**63 - 1), metavar="S", help="Key of all random draws."),
]
Outcomes = Annotated[
    str | None,
    typer.Option(
        "--outcomes", metavar="A,B,...", help="Outcomes the analysis reads (see 'cisim list outcomes')."
    ),
]
Series = Annotated[
    str | None,
    typer.Option("--series", metavar="A,B,...", help="Monthly columns to keep; 'none' keeps none."),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option", metavar="KEY=VALUE", help="Setting of the analysis (see docs/studies.md). Repeat."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say how many runs, how long and how much disk; run nothing else.")
]


def kept_in(output: Path | None) -> str:
    """Return what becomes of several studies that are stopped, for `driven`."""
    if output is None:
        return "nothing was kept, as no folder was named with --output"
    return f"what had finished is kept in {output}, and the same command goes on with it"


@contextmanager
def driven(kept: str = "") -> Iterator[None]:
    """Turn what stops a study into an exit code and a sentence; `kept` says what is left where studies are several."""
    from cisim.study.interrupts import StudyInterruptedError
    from cisim.study.problems import StudyError, StudyInputError

    try:
        yield
    except StudyInterruptedError as stop:
        told = f"{str(stop).partition(';')[0]}; {kept}" if kept else str(stop)
        raise StoppedError(told, stop.code) from None
    except KeyboardInterrupt:
        raise StoppedError(f"interrupted; {kept or 'what had finished is kept'}", 130) from None
    except StudyInputError as error:
        raise InputError(str(error)) from error
    except StudyError as error:
        raise FailureError(str(error)) from error


def how_of(
    executor: str, workers: int | None, scheduler: str | None, *, quiet: bool, retry_failed: bool = False
) -> How:
    """Return how a study is run."""
    from cisim.study.progress import StudyProgress
    from cisim.study.runner import How

    if scheduler is not None and executor != "dask":
        raise InputError(f"--scheduler: goes with --executor dask, not with {executor}")
    progress = StudyProgress(is_wanted=not quiet)
    return How(executor, workers, scheduler, progress, progress.remark, retry_failed)


def verb_of(analysis: str) -> str:
    """Return the command that runs studies of a kind."""
    return "sweep" if analysis == "attribution" else analysis


def shard_of(text: str | None) -> tuple[int, int] | None:
    """Return the numbers of ``i/n``."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"--shard: {text[:40]!r} is not allowed; I/N with I from 1 to N, such as 2/8")
    return int(match[1]), int(match[2])


def worlds_of(text: str | None) -> int | str | None:
    """Return a number of worlds, or "auto"."""
    if text is None or text == "auto":
        return text
    if not re.fullmatch(r"[0-9]{1,12}", text) or not 1 <= int(text) <= MOST_WORLDS:
        raise InputError(
            f"--worlds: {text[:40]!r} is not allowed; a whole number from 1 to {MOST_WORLDS:,}, or auto"
        )
    return int(text)


def uncertainties_of(text: str | None) -> str | dict[str, str] | None:
    """Return what is drawn, in the form of a study file: one of its words, or the set in a folder."""
    from cisim.study.unknowns import WORDS

    return text if text is None or text in WORDS else {"posterior": text}


def mapping_of_vary(texts: list[str] | None) -> dict[str, Any] | None:
    """Return what ``NAME=LOW:HIGH:N``, ``NAME=A,B`` and ``NAME=LOW:HIGH`` say, in the form of a study file.

    Raises
    ------
    InputError
        If a text is not of that form, or a name comes twice.

    Examples
    --------
    >>> mapping_of_vary(["backbone=0:1:3", "formation=grant,crisis", "trust_years=1:5"])["backbone"]
    {'low': 0, 'high': 1, 'n': 3}
    """
    from cisim.tree import plain

    found: dict[str, Any] = {}
    for text in texts or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise InputError(
                f"--vary: {text[:60]!r} is not allowed; NAME=LOW:HIGH:N, NAME=A,B,... or NAME=LOW:HIGH"
            )
        if name in found:
            raise InputError(f"--vary: {name} is given twice; give it once")
        parts = value.split(":")
        if len(parts) in (2, 3):
            found[name] = {
                key: plain(part.strip()) for key, part in zip(("low", "high", "n"), parts, strict=False)
            }
        elif len(parts) == 1:
            found[name] = [plain(part.strip()) for part in value.split(",")]
        else:
            raise InputError(f"--vary: {text[:60]!r} is not allowed; a range is LOW:HIGH or LOW:HIGH:N")
    return found or None
