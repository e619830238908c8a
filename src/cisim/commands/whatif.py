"""The command that asks one what-if, as the page of ``cisim serve`` does."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.options import Json, Quiet, Seed, Settings, Threads, settings_of, whole
from cisim.commands.output import emit, emit_json, say
from cisim.commands.problems import FailureError, InputError

if TYPE_CHECKING:
    from cisim.whatif.futures import Futures, Pair
    from cisim.whatif.state import WhatIf

KINDS = ("csv", "series-csv", "png", "svg", "yaml", "study", "command", "report")
"""What `--export` can write; `cisim.whatif.exporting.KINDS`, whose import would take as long as the answer."""


def whatif(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Path of a scenario file, or the name of a shipped scenario."),
    ] = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="LINK", help="Link or code of the page, instead of FILE.")
    ] = None,
    regime: Annotated[
        str | None,
        typer.Option(
            "--regime",
            metavar="NAME",
            help="Way of working; unless told the scenario's own, or collective if nothing differs then.",
        ),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            "--reference",
            metavar="NAME",
            help="Regime it is compared with, or no-backbone: the same without one.",
        ),
    ] = "isolated",
    financing: Annotated[
        str,
        typer.Option(
            "--financing",
            metavar="[equal|added]",
            help="Coordination out of the same money, or paid by new money.",
        ),
    ] = "equal",
    draws: Annotated[
        str,
        typer.Option(
            "--draws", metavar="[calibrated|scenario|none]", help="Where values that nobody knows come from."
        ),
    ] = "calibrated",
    worlds: Annotated[
        int, typer.Option("--worlds", parser=whole(8, 1024), metavar="N", help="Paired futures, 8 to 1024.")
    ] = 256,
    seed: Seed = 1,
    worth: Annotated[
        float | None,
        typer.Option(
            "--worth-usd", metavar="USD", help="Worth of keeping the indicator one unit better for a year."
        ),
    ] = None,
    settings: Settings = None,
    export: Annotated[
        list[str] | None,
        typer.Option(
            "--export", metavar="KIND=FILE", help=f"Write a file; kinds: {', '.join(KINDS)}. May be repeated."
        ),
    ] = None,
    threads: Threads = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask what one way of working would do, over paired futures: what the page of 'cisim serve' shows.

    Levers given by --set hold in the chosen way of working only, all other values in both.
    """
    from cisim.engine import prepare
    from cisim.whatif.futures import Futures

    stated = {
        "regime": regime, "reference": reference, "financing": financing, "draws": draws, "worlds": worlds,
        "seed": seed, "worth_usd": worth,
    }  # fmt: skip
    asked = _asked(file, link, stated, settings_of(settings))
    files = _files(export or [], len(asked))
    prepare((lambda _: None) if quiet else say)
    for k, one in enumerate(asked):
        futures = Futures(one)
        pairs = _pairs(futures, threads, is_shown=not (quiet or as_json))
        found = futures.answer(pairs)
        emit_json(found) if as_json else emit(_text(one, found, is_titled=len(asked) > 1))
        for kind, paths in files.items():
            _write(one, kind, paths[k], pairs)


def _asked(
    file: str | None, link: str | None, stated: dict[str, Any], values: dict[str, Any]
) -> list[WhatIf]:
    """Return what is asked, from a link or from a scenario and options."""
    from cisim.whatif.source import source_of
    from cisim.whatif.state import WhatIf, code_of, decode_state, read_whatif

    if (file is None) == (link is None):
        raise InputError("FILE: name one scenario, or give --link; not both, not neither")
    if link is not None:
        default = WhatIf.__dataclass_fields__
        own = [name for name, value in stated.items() if name != "regime" and value != default[name].default]
        if own or values or stated["regime"]:
            what = "--set" if values else f"--{(own or ['regime'])[0].replace('_', '-')}"
            raise InputError(f"{what}: a link states this already; leave it out")
        return list(decode_state(code_of(link))[0])
    assert file is not None  # said for mypy; checked above
    source = source_of(file)
    if stated["regime"] is None:
        from cisim.whatif.offer import first_regime

        stated["regime"] = first_regime(source, stated["reference"])
    return [read_whatif({"scenario": source.plain(), "set": values, **stated})]


def _files(texts: list[str], n: int) -> dict[str, list[Path]]:
    """Return the files to write, by kind, one for each of `n` what-ifs; a file that exists is not overwritten."""
    found: dict[str, list[Path]] = {}
    taken: set[Path] = set()
    for text in texts:
        kind, equals, name = text.partition("=")
        if not equals or kind not in KINDS or not name:
            raise InputError(
                f"--export: {text!r} is not allowed; KIND=FILE, a kind being one of {', '.join(KINDS)}"
            )
        if kind in found:
            raise InputError(f"--export: {kind} comes twice")
        path = Path(name)
        if not path.absolute().parent.is_dir():
            raise InputError(f"--export: there is no folder {path.parent}")
        found[kind] = (
            [path] if n == 1 else [path.with_name(f"{path.stem}-{k}{path.suffix}") for k in range(1, n + 1)]
        )
        for one in found[kind]:
            if one.exists() or one.is_symlink():
                raise InputError(f"--export: {one} exists and is not overwritten; name a new file")
            if one.resolve() in taken:
                raise InputError(f"--export: {one} is named for two kinds; name a file for each")
            taken.add(one.resolve())
    return found


def _pairs(futures: Futures, threads: int | None, *, is_shown: bool) -> list[Pair]:
    """Simulate all futures on some threads; results do not depend on how many."""
    from concurrent.futures import ThreadPoolExecutor

    from cisim.engine import n_cores
    from cisim.progress import Progress

    jobs = [(i, case) for i in range(futures.n) for case in (0, 1)]
    runs = []
    with (
        Progress(len(jobs), "runs", is_wanted=is_shown) as progress,
        ThreadPoolExecutor(threads or n_cores()) as pool,
    ):
        for done, run in enumerate(pool.map(lambda job: futures.simulate(*job), jobs), 1):
            runs.append(run)
            progress(done)
    return list(zip(runs[::2], runs[1::2], strict=True))


def _text(whatif: WhatIf, found: dict[str, Any], *, is_titled: bool) -> str:
    """Return an answer as text."""
    import textwrap

    from cisim.whatif.knowing import first_heading
    from cisim.whatif.telling import title_of

    title = f"{whatif.scenario.title}: {title_of(whatif.regime)} against {title_of(whatif.reference)}"
    money = "Coordination is paid by new money." if whatif.financing == "added" else "Equal total money."
    parts = [
        f"{whatif.name}. {title}" if is_titled else title,
        f"{money} {found['done']} paired futures.",
        "",
    ]
    parts += [found["sentence"], "", *found["more"], found["break_even"]["text"], found["cost"]["text"]]
    parts += [f"Who gains: {_groups(found)}."]
    first = found["measure_first"]
    if first:
        parts += ["", f"{first_heading(first)}:", *(f"- {one['text']}" for one in first)]
    if found["warnings"]:
        parts += ["", *(f"Warning: {one['text']}." for one in found["warnings"])]
    parts += ["", found["pays"]["means"]]
    return "\n".join("\n".join(textwrap.wrap(part, 100)) if part else "" for part in parts)


def _groups(found: dict[str, Any]) -> str:
    """Return the mean gain of every group."""
    from cisim.whatif.telling import number

    rows = found["groups"]
    scale = max(abs(one["high"] - one["low"]) for one in rows) or 1.0
    return ", ".join(f"{one['name']} {number(one['gain'], scale)}" for one in rows)


def _write(whatif: WhatIf, kind: str, path: Path, pairs: list[Pair]) -> None:
    """Write one file, whole or not at all."""
    from cisim.whatif.exporting import exported

    data = exported(whatif, kind, pairs=lambda _: pairs).data
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as stream:
            stream.write(data)
        part.replace(path)
    except OSError as error:
        raise FailureError(f"--export: {path} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
