"""Regimes: names for values of the same set of levers, each preset a small file with its sources."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cisim.checks import Check
from cisim.params import PARAMS, Value, nearest
from cisim.problems import NOWHERE, Place, ScenarioError
from cisim.reader import Document, read
from cisim.records import Frozen, Listing, Source
from cisim.tree import Node

VERSION = 1
"""Version of the file format, stated in each file as ``cisim: 1``."""

REGIME_LEVERS = (
    "common_agenda",
    "shared_measurement",
    "mutual_activities",
    "communication",
    "backbone",
    "formation",
    "start_stage",
    "improvement",
    "disaggregation",
    "resident_voice",
    "importing",
    "intermediary",
    "joint_programme_hours",
    "between_meetings",
    "minutes_to_all",
    "ceo_rank",
    "outcome_orientation",
    "pooled_share",
    "gap_filling_share",
    "scan_usd",
    "convening",
    "loaned_executive_fte",
    "grant_term_years",
    "intends_to_last",
)
"""Levers every preset assigns, so that a change of regime leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class Regime:
    """A named setting of `REGIME_LEVERS`; `sources` says for each lever why it has its value.

    Sources name documents by author and year; `references` lists these in full.
    """

    name: str
    title: str
    description: str
    values: Frozen[Value]
    sources: Frozen[str]
    references: tuple[str, ...]
    origin: Source


def home() -> Path:
    """Return the directory of the shipped scenarios (inside the package, or at the root of a checkout)."""
    inside = Path(__file__).parent / "scenarios"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "scenarios"


def display(path: Path) -> str:
    """Return a path as people see it: relative where it lies below the working directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (OSError, ValueError, RuntimeError):
        return str(path)


def names_in(directory: Path) -> tuple[str, ...]:
    """Return the names of the scenario files in a directory."""
    return tuple(sorted(path.stem for path in directory.glob("*.yaml")))


def list_regimes() -> tuple[Listing, ...]:
    """Return name, title and path of every shipped regime."""
    found = (regime(name) for name in names_in(home() / "regimes"))
    return tuple(Listing(one.name, one.title, one.origin.path) for one in found)


def regime(name: str, place: Place = NOWHERE) -> Regime:
    """Return a shipped regime; `place` is where it was asked for.

    Raises
    ------
    ScenarioError
        If there is none of that name, or its file is damaged.

    Examples
    --------
    >>> regime("collective").values["backbone"]
    1.0
    """
    known = names_in(home() / "regimes")
    if name not in known:
        near = nearest(name[:80], known)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ScenarioError.of(
            f"{name[:80]!r} is not a regime; there are {', '.join(known)}{hint}", "regime", place
        )
    return _regime(name)


@cache
def _regime(name: str) -> Regime:
    """Return the regime in the shipped file of that name."""
    path = home() / "regimes" / f"{name}.yaml"
    document = read(path, display(path))
    check = Check(document.problems)
    found = _checked(name, document, check)
    if found is None or check.problems:
        raise ScenarioError(check.problems)
    return found


def _checked(name: str, document: Document, check: Check) -> Regime | None:
    """Return the regime a document states, or None with the problems in `check`."""
    top = check.fields(document.root, "", ("cisim", "title", "description", "levers", "references"))
    if top is None:
        return None
    version(top["cisim"], check)
    title = check.text(top["title"], "title")
    description = check.text(top["description"], "description", 4000, lines=True)
    levers = check.fields(top["levers"], "levers", REGIME_LEVERS)
    if levers is None or title is None or description is None:
        return None
    values: dict[str, Value] = {}
    sources: dict[str, str] = {}
    for lever in REGIME_LEVERS:
        if lever not in PARAMS:
            check.fail(levers[lever], lever, "is not a parameter of this cisim")
            continue
        got = check.fields(levers[lever], lever, ("value", "source"))
        value = check.param(lever, got["value"]) if got else None
        source = check.text(got["source"], f"{lever}.source", 400) if got else None
        if value is not None and source is not None:
            values[lever], sources[lever] = value, source
    references = check.items(top["references"], "references", 0, 20, check.text)
    origin = Source(document.file, hashlib.sha256(document.data).hexdigest())
    return Regime(name, title, description, Frozen(values), Frozen(sources), references, origin)


def version(node: Node, check: Check, key: str = "cisim", known: int = VERSION) -> None:
    """Note a file format this version of cisim does not read."""
    if node.value != known or isinstance(node.value, bool):
        check.number(node, key, known, known, f"this cisim reads version {known} of the format", whole=True)
