"""Options that several commands share, each declared once, and the reading of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cisim.commands.problems import InputError

if TYPE_CHECKING:
    from cisim.scenario import Scenario

MOST_SEED = 2**63 - 1
MOST_WORLDS = 1_000_000
MOST_THREADS = 1_024
PARTS = (
    "name", "title", "description", "indicator", "groups", "drivers", "links", "organisations", "ties", "facts",
    "extends",
)  # fmt: skip

File = Annotated[
    str, typer.Argument(metavar="FILE", help="Path of a scenario file, or the name of a shipped scenario.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No messages and no progress line.")]


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Return a reader of whole numbers within `low`..`high`, whose complaint names value and range."""

    def read(value: Any) -> int:
        text = str(value)
        if not re.fullmatch(r"-?[0-9]{1,20}", text) or not low <= int(text) <= high:
            shown = text if len(text) <= 40 else text[:39] + "…"
            raise typer.BadParameter(f"{shown!r} is not allowed; a whole number from {low} to {high}")
        return int(text)

    return read


def one_of(*names: str) -> Callable[[Any], str]:
    """Return a reader of one of `names`, whose complaint tells them."""

    def read(value: Any) -> str:
        if str(value) not in names:
            raise typer.BadParameter(f"{str(value)[:40]!r} is not allowed; one of {', '.join(names)}")
        return str(value)

    return read


Seed = Annotated[
    int,
    typer.Option(
        parser=whole(0, MOST_SEED),
        metavar="N",
        help="Key of all random draws; equal seeds repeat a run exactly.",
    ),
]
Worlds = Annotated[
    int, typer.Option(parser=whole(1, MOST_WORLDS), metavar="N", help="Worlds simulated with different luck.")
]
PairedWorlds = Annotated[
    int,
    typer.Option(
        parser=whole(2, MOST_WORLDS), metavar="N", help="Paired worlds; every regime is run in each."
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        parser=whole(1, MOST_THREADS),
        metavar="N",
        help="Worker threads, by default one per core; results do not depend on it.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Value of a parameter (see 'cisim list params'); may be repeated."
    ),
]


def local_folder(text: Any) -> Path:
    """Return the folder on this machine that an option names."""
    if not str(text).strip() or "://" in str(text):
        raise typer.BadParameter(
            f"{str(text)[:80]!r} is not allowed; a folder on this machine, such as 'result'"
        )
    return Path(str(text))


Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", parser=local_folder, metavar="DIR", help="Folder to write; new or empty."),
]
RegimeName = Annotated[
    str | None,
    typer.Option("--regime", metavar="NAME", help="Regime instead of the scenario's own."),
]


def settings_of(texts: Iterable[str] | None, option: str = "--set") -> dict[str, Any]:
    """Read ``key=value`` texts; values mean what they would mean in a scenario file.

    Raises
    ------
    InputError
        If a text is not of that form, or a key is given twice.

    Examples
    --------
    >>> settings_of(["n_orgs=30", "backbone = 0.5"])
    {'n_orgs': 30, 'backbone': 0.5}
    """
    from cisim.tree import Unreadable, plain

    found: dict[str, Any] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError(f"{option}: {text!r} is not allowed; write KEY=VALUE, such as n_orgs=30")
        if key in found:
            raise InputError(f"{option}: {key} is given twice; give it once")
        found[key] = plain(value.strip())
        if isinstance(found[key], Unreadable):
            raise InputError(f"{option}: {key}: {value.strip()!r} is not allowed; {found[key].hint}")
    return found


def names_of(text: str, option: str, known: Iterable[str]) -> tuple[str, ...]:
    """Read a list of names separated by commas.

    Raises
    ------
    InputError
        If one is unknown or comes twice, or there is none.

    Examples
    --------
    >>> names_of("a, b", "--letters", ("a", "b", "c"))
    ('a', 'b')
    """
    from cisim.wording import did_you_mean

    known = tuple(known)
    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise InputError(f"{option}: {name!r} is not allowed; one of {', '.join(known)}{hint}")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{option}: {name!r} comes twice; name it once")
    return names


def scenario_of(file: str, regime: str | None = None, texts: Iterable[str] | None = None) -> Scenario:
    """Load a scenario, then apply a regime, then single values.

    Raises
    ------
    ScenarioError, InputError
        If the file, the regime or a value is not allowed.
    """
    from cisim.scenario import load

    return changed(load(file), regime, settings_of(texts))


def changed(scenario: Scenario, regime: str | None, values: dict[str, Any]) -> Scenario:
    """Return a scenario with another regime and other values.

    Raises
    ------
    ScenarioError, InputError
        If the regime or a value is not allowed.
    """
    from cisim.params import PARAMS
    from cisim.wording import did_you_mean

    if "regime" in values:
        raise InputError("--set: 'regime' is not a parameter; use --regime")
    for name in values:
        if name in PARTS:
            raise InputError(f"--set: {name!r} is not a parameter; change it in a scenario file")
        if name not in PARAMS:
            raise InputError(f"--set: {name!r} is not a parameter{did_you_mean(name, tuple(PARAMS))}")
    return scenario.with_(regime=regime, **values) if regime is not None or values else scenario
