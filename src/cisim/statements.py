"""Applying statements one after the other: from files, or from Python, to a finished scenario."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cisim import known
from cisim.checks import MAX_DRIVERS, MAX_GROUPS, Check
from cisim.crosschecks import together
from cisim.params import LEVERS, PARAMS, Value, defaults, nearest
from cisim.presets import VERSION, display, home, names_in, regime, version
from cisim.problems import NOWHERE, Place, ScenarioError, shown
from cisim.reader import SUFFIXES, Document, read
from cisim.records import Frozen, Listing, Source, plain_of
from cisim.regime_levers import Stated, merged, read_regimes
from cisim.tree import Node, node_of

KEYS = (
    "cisim",
    "name",
    "title",
    "description",
    "extends",
    "regime",
    "regimes",
    "indicator",
    "groups",
    "drivers",
    "links",
    *known.KEYS,
    "facts",
    "params",
    "levers",
    "uncertainties",
    "outcomes",
)
"""Top-level keys of a scenario file."""

NEEDED = ("title", "indicator", "groups", "drivers")
"""What a scenario has to state or inherit."""

MAX_EXTENDS = 8


@dataclass
class Draft:
    """A scenario in the making: what has been stated so far, where, and what of it is bad."""

    values: dict[str, Value] = field(default_factory=lambda: {n: _typed(n, v) for n, v in defaults().items()})
    parts: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)

    def state(self, name: str, place: Place) -> None:
        """Note where a name was stated; the last one stated comes last."""
        self.places.pop(name, None)
        self.places[name] = place

    def finished(self) -> dict[str, Any]:
        """Return the fields of the scenario, which have been checked before."""
        lists = ("links", *known.KEYS, "facts", "levers", "uncertainties", "outcomes")
        parts: dict[str, Any] = {"description": "", "regimes": Frozen(), **dict.fromkeys(lists, ())}
        return {**parts, **self.parts, "values": Frozen(self.values), "provenance": tuple(self.sources)}


def _typed(name: str, value: Value) -> Value:
    """Return a default as a checked value would be: float, int or name."""
    kind = PARAMS[name].kind
    return value if kind == "choice" else int(value) if kind == "int" else float(value)


# --- doors -------------------------------------------------------------------------------------------


def loaded(name_or_path: str | Path) -> dict[str, Any]:
    """Return the fields of a shipped name or a file; see `cisim.scenario.load`."""
    if not isinstance(name_or_path, str | os.PathLike):
        raise ScenarioError.of(f"{shown(name_or_path)} is neither the name of a scenario nor a path")
    is_path = not isinstance(name_or_path, str)
    path, file = _find(os.fsdecode(name_or_path), Path(), NOWHERE, is_path=is_path)
    draft, check = Draft(), Check()
    document = read(path, file)
    _apply_file(draft, check, document, path, (path.resolve(),))
    return _finish(draft, check, Place(file, 1, 1))


def from_mapping(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the fields of the scenario a mapping states; see `cisim.scenario.from_dict`."""
    draft, check = Draft(), Check()
    _apply_file(draft, check, Document(name, b"", node_of(data, Place(name))), None, ())
    return _finish(draft, check, Place(name))


def changed(
    base: Mapping[str, Any], preset: str | None, parts: Mapping[str, Any], values: Mapping[str, Value]
) -> dict[str, Any]:
    """Return the fields `base` of a scenario after the statements of `Scenario.with_`."""
    draft, check = Draft(dict(base["values"]), sources=list(base["provenance"])), Check()
    draft.parts = {name: part for name, part in base.items() if name not in ("values", "provenance")}
    tree: dict[str, Any] = {key: _plain(part) for key, part in parts.items()}
    if preset is not None:
        tree["regime"] = preset
    _apply(draft, check, node_of({**tree, "params": values}))
    return _finish(draft, check, NOWHERE)


def _plain(part: Any) -> Any:
    """Return records, or an iterable of them, as a file would state them; the checks see to anything else."""
    if isinstance(part, Iterable) and not isinstance(part, str | Mapping):
        return [plain_of(one) if is_dataclass(one) else one for one in part]
    return plain_of(part) if is_dataclass(part) else part


def list_scenarios() -> tuple[Listing, ...]:
    """Return name, title and path of every shipped scenario."""
    found = []
    for name in names_in(home()):
        path = home() / f"{name}.yaml"
        title = read(path, display(path)).root.value.get("title")
        found.append(Listing(name, str(title.value) if title else name, display(path)))
    return tuple(found)


# --- files -------------------------------------------------------------------------------------------


def _find(asked: str, directory: Path, place: Place, *, is_path: bool = False) -> tuple[Path, str]:
    """Return the file that a name or path means, and how errors call it."""
    is_path = is_path or asked.lower().endswith(SUFFIXES) or "/" in asked or os.sep in asked or "\0" in asked
    known = names_in(home())
    if not is_path and asked in known:
        path = home() / f"{asked}.yaml"
        return path, display(path)
    path = directory / asked
    try:
        if is_path and path.exists():
            return path, display(path)
    except OSError as error:
        raise ScenarioError.of(f"{shown(asked)} cannot be read: {error.strerror}", place=place) from None
    near = nearest(Path(asked[:80].replace("\0", "")).stem, known)
    hint = f"did you mean {near!r}?" if near else f"shipped are {', '.join(known)}"
    kind = "file" if is_path else "scenario"
    raise ScenarioError.of(f"there is no {kind} {shown(asked)}; {hint}", place=place)


def _apply_file(
    draft: Draft, check: Check, document: Document, path: Path | None, chain: tuple[Path, ...]
) -> None:
    """Apply a document after the scenario it extends; `chain` holds the files being read."""
    check.problems.extend(document.problems)
    entries = check.fields(document.root, "", (), KEYS)
    if entries is None:
        return
    if "cisim" in entries:
        version(entries["cisim"], check)
    else:
        check.fail(
            document.root, "cisim", f"is missing; state the version of the format as 'cisim: {VERSION}'"
        )
    parent = check.text(entries["extends"], "extends") if "extends" in entries else None
    if parent:
        _apply_parent(draft, check, parent, entries["extends"], path, chain)
    elif "extends" not in entries:
        _apply(draft, check, node_of({"regime": "isolated"}))
    if path is not None:
        draft.parts["name"] = path.stem if path.stem.isprintable() and path.stem.strip() else "scenario"
        draft.sources.append(Source(document.file, hashlib.sha256(document.data).hexdigest()))
    else:
        draft.parts["name"] = document.file
    _apply(draft, check, document.root)
    if "params" in entries and "uncertainties" not in entries:
        _settle(draft, entries["params"])


def _settle(draft: Draft, params: Node) -> None:
    """Drop inherited distributions of parameters whose value this file states: here they are known."""
    stated = set(params.value) if isinstance(params.value, dict) else set()
    inherited = draft.parts.get("uncertainties", ())
    draft.parts["uncertainties"] = tuple(one for one in inherited if one.name not in stated)


def _apply_parent(
    draft: Draft, check: Check, asked: str, node: Node, path: Path | None, chain: tuple[Path, ...]
) -> None:
    """Apply the scenario that `extends` names; a path is taken from the file that states it."""
    try:
        parent, file = _find(asked, path.parent if path else Path(), node.place)
        if parent.resolve() in chain:
            loop = " -> ".join(one.name for one in (*chain, parent))
            raise ScenarioError.of(f"extends itself: {loop}", place=node.place)
        if len(chain) >= MAX_EXTENDS:
            raise ScenarioError.of(f"more than {MAX_EXTENDS} files extend one another", place=node.place)
        _apply_file(draft, check, read(parent, file), parent, (*chain, parent.resolve()))
    except ScenarioError as error:
        check.problems.extend(error.problems)
        draft.bad.update(NEEDED)


# --- statements --------------------------------------------------------------------------------------


def _apply(draft: Draft, check: Check, tree: Node) -> None:
    """Apply what one file states, apart from `extends`: first the regime and its levers, then everything else."""
    entries: dict[str, Node] = tree.value
    readers: dict[str, Callable[[Node], Any]] = {
        "name": lambda node: check.text(node, "name", 80),
        "title": lambda node: check.text(node, "title"),
        "description": lambda node: check.text(node, "description", 4000, lines=True),
        "indicator": check.indicator,
        "groups": lambda node: check.items(node, "groups", 1, MAX_GROUPS, check.group),
        "drivers": lambda node: check.items(node, "drivers", 1, MAX_DRIVERS, check.driver),
        "links": lambda node: check.items(node, "links", 0, MAX_DRIVERS * (MAX_DRIVERS - 1), check.link),
        "organisations": _list_of(check, "organisations", known.MAX_ORGANISATIONS, known.organisation),
        "ties": _list_of(check, "ties", known.MAX_TIES, known.tie),
        "facts": lambda node: check.items(node, "facts", 0, 100, check.fact),
        "levers": lambda node: check.items(node, "levers", 0, len(LEVERS), _lever(check)),
        "uncertainties": lambda node: check.items(node, "uncertainties", 0, len(PARAMS), check.uncertainty),
        "outcomes": lambda node: check.items(node, "outcomes", 0, 200, _outcome(check, node)),
    }
    own = read_regimes(check, entries["regimes"]) if "regimes" in entries else {}
    draft.parts["regimes"] = merged(draft.parts.get("regimes", {}), own)
    if "regime" in entries:
        _apply_regime(draft, check, entries["regime"])
    _apply_own(draft, own.get(draft.parts.get("regime", ""), {}))
    for key, read_part in readers.items():
        if key in entries:
            before = len(check.problems)
            draft.parts[key] = read_part(entries[key])
            draft.state(key, entries[key].place)
            if key in known.KEYS:
                draft.places.update(known.places_of(entries[key], key))
            if key == "organisations" and draft.parts[key]:
                draft.parts["uncertainties"] = known.without_size(draft.parts.get("uncertainties", ()))
            if before == len(check.problems):
                _check_names(check, key, entries[key], draft.parts[key])
            if before < len(check.problems):
                draft.bad.add(key)
    if "params" in entries:
        _apply_params(draft, check, entries["params"])


def _apply_regime(draft: Draft, check: Check, node: Node) -> None:
    """Assign the levers that a regime's preset names, then those this scenario has for the regime."""
    name = check.text(node, "regime", 80)
    if name is None:
        return
    try:
        preset = regime(name, node.place)
    except ScenarioError as error:
        check.problems.extend(error.problems)
        return
    draft.parts["regime"] = name
    chosen = {**preset.values, **draft.parts["regimes"].get(name, {})}
    draft.values.update(chosen)
    for lever in chosen:
        draft.state(lever, node.place)
    if preset.origin not in draft.sources:
        draft.sources.append(preset.origin)


def _apply_own(draft: Draft, levers: Mapping[str, Stated]) -> None:
    """Assign the levers this file states for the regime in force, which it may have inherited."""
    for name, (value, place) in levers.items():
        _assign(draft, name, value, place)


def _apply_params(draft: Draft, check: Check, node: Node) -> None:
    """Assign single parameters."""
    if node.value is None:
        return
    entries = check.fields(node, "params" if node.place != NOWHERE else "", (), PARAMS)
    for name, entry in (entries or {}).items():
        _assign(draft, name, check.param(name, entry), entry.place)


def _assign(draft: Draft, name: str, value: Value | None, place: Place) -> None:
    """Assign one parameter, or note that its value is bad."""
    draft.state(name, place)
    if value is None:
        draft.bad.add(name)
    else:
        draft.values[name] = value
        draft.bad.discard(name)


def _check_names(check: Check, key: str, node: Node, part: Any) -> None:
    """Note names that occur twice where each may occur once."""
    if key in ("groups", "drivers", "organisations", "uncertainties"):
        check.unique(node, key, (one.name for one in part))
    elif key in ("links", "ties"):
        check.unique(node, key, (f"{one.source} -> {one.target}" for one in part))
    elif key in ("levers", "outcomes"):
        check.unique(node, key, part)


def _list_of(
    check: Check, key: str, most: int, one: Callable[[Check, Node, str], Any]
) -> Callable[[Node], tuple[Any, ...]]:
    """Return the reader of a list of known organisations or ties, which may be empty."""
    return lambda node: check.items(node, key, 0, most, lambda item, field: one(check, item, field))


def _lever(check: Check) -> Callable[[Node, str], str | None]:
    """Return the reader of one lever's name."""

    def one(node: Node, field: str) -> str | None:
        if isinstance(node.value, str) and node.value in PARAMS and node.value not in LEVERS:
            check.fail(node, field, f"{node.value} is not a lever; it is not up to anybody to set")
            return None
        return check.one_of(node, field, LEVERS)

    return one


def _outcome(check: Check, node: Node) -> Callable[[Node, str], str | None]:
    """Return the reader of one outcome's name; the engine is imported only where outcomes are named."""
    is_asked = bool(node.value) and find_spec("cisim.outcomes") is not None
    known = getattr(import_module("cisim.outcomes"), "OUTCOMES", ()) if is_asked else ()
    names = tuple(str(name) for name in known)

    def one(node: Node, field: str) -> str | None:
        return check.one_of(node, field, names) if names else check.text(node, field, 80)

    return one


def _finish(draft: Draft, check: Check, top: Place) -> dict[str, Any]:
    """Return the fields of the scenario after the checks that need more than one statement.

    Raises
    ------
    ScenarioError
        With all problems found.
    """
    for key in NEEDED:
        if key not in draft.parts and key not in draft.bad:
            check.fail(top, key, "is missing; state it here or extend a scenario that does")
            draft.bad.add(key)
    organisations = draft.parts.get("organisations", ())
    if organisations and not {"organisations", "n_orgs"} & draft.bad:
        uncertainties = draft.parts.get("uncertainties", ())
        known.follow(draft.values, organisations, uncertainties, draft.places, check)
    ties = draft.parts.get("ties", ())
    known.agree(draft.values, organisations, ties, draft.places, draft.bad, check)
    together(draft.values, draft.parts, draft.places, draft.bad, check)
    if check.problems:
        raise ScenarioError(check.problems)
    return draft.finished()
