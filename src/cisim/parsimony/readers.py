"""Which rules read which parameters, from the source of the rules and of the functions they call.

A rule is a function that is entered with state, parameters, seed and month; parameters are read as attributes of
its argument `p`, in the rule itself or in functions it calls, whose parameters are called `p` as well. What the
engine reads of a scenario to found a world counts as read by `found`, and so does what newcomers are founded from.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cisim.engine import STEP
from cisim.params import PARAMS

RULES: tuple[str, ...] = ("found", *(name for name in STEP if name != "record"))
"""What founds a world, then the rules of a month; `record` only writes down."""
SHARED = ("practice", "production", "decisions", "rooms", "ties", "money", "search", "landscape")
"""Modules whose functions several rules call."""
FOUNDING = ("dims_of", "fill_in", "empty_world")
"""Functions of the engine that read a scenario's values."""

Place = tuple[str, str]
"""Module (without the package's name) and name of a function."""


class Seen(NamedTuple):
    """What one function reads and which functions it refers to."""

    reads: frozenset[str]
    refers: frozenset[Place]


def readers_of(parameter: str) -> tuple[str, ...]:
    """Return the rules that read a parameter, in the order of `RULES`.

    Parameters
    ----------
    parameter : str
        A name in `cisim.params.PARAMS`.

    Raises
    ------
    KeyError
        If there is no such parameter.

    Examples
    --------
    >>> readers_of("overhead_topup"), readers_of("ruggedness")
    (('books',), ('found',))
    """
    if parameter not in PARAMS:
        raise KeyError(parameter)
    return tuple(rule for rule in RULES if parameter in read_by(rule))


def read_alone_by(rule: str) -> tuple[str, ...]:
    """Return the parameters that one rule reads and no other, in the order of the table of parameters."""
    return tuple(name for name in PARAMS if readers_of(name) == (rule,))


@cache
def read_by(rule: str) -> frozenset[str]:
    """Return the parameters that a rule reads, itself or through functions it calls."""
    module = "found" if rule == "found" else f"rules.{rule}"
    found = reads_from((module, rule))
    return found | _founding() if rule == "found" else found


def reads_from(start: Place) -> frozenset[str]:
    """Return what a function reads, and all that can be reached from it; founding is left to `found`."""
    known = _functions()
    todo, done, reads = [start], set[Place](), set[str]()
    while todo:
        place = todo.pop()
        is_founding = place[0] == "found" and start[0] != "found"
        if place in done or place not in known or is_founding:
            continue
        done.add(place)
        reads |= known[place].reads
        todo += known[place].refers
    return frozenset(reads)


def source_of(module: str) -> str:
    """Return the source of a module of this package."""
    spec = importlib.util.find_spec(f"cisim.{module}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text("utf-8")


@cache
def _functions() -> dict[Place, Seen]:
    """Return what is seen in every function of the rules and of what they share."""
    modules = ["found", *SHARED, *(f"rules.{rule}" for rule in RULES if rule != "found")]
    return {place: seen for module in modules for place, seen in seen_in(module, source_of(module))}


def seen_in(module: str, source: str) -> Iterator[tuple[Place, Seen]]:
    """Go through the functions of a module's source."""
    tree = ast.parse(source)
    names, modules = _imported(tree)
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield (module, node.name), _seen(node, module, own, names, modules)


def _imported(tree: ast.Module) -> tuple[dict[str, Place], dict[str, str]]:
    """Return the functions and the modules of this package that a module imports, by the names it gives them."""
    names: dict[str, Place] = {}
    modules: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "cisim":
            modules |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cisim."):
            below = str(node.module).removeprefix("cisim.")
            names |= {one.asname or one.name: (below, one.name) for one in node.names}
    return names, modules


def _seen(
    node: ast.FunctionDef, module: str, own: set[str], names: dict[str, Place], modules: dict[str, str]
) -> Seen:
    """Return what a function reads of `p` and which functions it names."""
    reads, refers = set[str](), set[Place]()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            if part.value.id == "p":
                reads.add(part.attr)
            elif part.value.id in modules:
                refers.add((modules[part.value.id], part.attr))
        elif isinstance(part, ast.Name) and part.id in own:
            refers.add((module, part.id))
        elif isinstance(part, ast.Name) and part.id in names:
            refers.add(names[part.id])
    return Seen(frozenset(reads), frozenset(refers))


@cache
def _founding() -> frozenset[str]:
    """Return the parameters that the engine looks up by name when it makes room for a world."""
    reads = set[str]()
    for node in ast.parse(source_of("engine")).body:
        if isinstance(node, ast.FunctionDef) and node.name in FOUNDING:
            texts = {str(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant)}
            reads |= texts & set(PARAMS)
    return frozenset(reads)
