"""What a rule reads: followed through the source, from the rule into every function of the model it uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from cisim.compiled import PACKAGE
from cisim.params import PARAMS

PARAMETERS = ("p",)
FACTS = ("s", "w")
FOUNDING = (("cisim.found", "found"), ("cisim.engine", "empty_world"))
"""Founding a world takes compiled code, and Python that sets the sizes of arrays and what the scenario lists."""
NEWCOMERS = "cisim.found"
"""Module that founds the organisations of a world, and those that join it later."""

Spot = tuple[str, str]  # module and function


def parameters_read(
    rule: str, package: Path = PACKAGE, *, founds: bool = True
) -> Mapping[str, tuple[str, ...]]:
    """Return the parameters that a rule reads, and the functions that read them.

    Parameters
    ----------
    rule : str
        A name in `cisim.engine.STEP`, or "found".
    package : Path
        Directory of the sources.
    founds : bool
        Whether what a rule reads to found newcomers counts for it; for "found" itself it does in any case.

    Returns
    -------
    mapping of str to tuple of str
        Parameter to functions, such as ``"rules.meet.what_is_said"``; empty where there is no such rule.

    Examples
    --------
    >>> parameters_read("meet")["fear"]
    ('rules.meet.what_is_said',)
    """
    left_out = "" if founds or rule == "found" else NEWCOMERS
    found = _read(rule, package, PARAMETERS, left_out)
    return {name: where for name, where in found.items() if name in PARAMS}


def facts_read(rule: str, package: Path = PACKAGE) -> Mapping[str, tuple[str, ...]]:
    """Return the state variables that a rule reads or writes, and the functions that do.

    Parameters
    ----------
    rule : str
        A name in `cisim.engine.STEP`, or "found".
    package : Path
        Directory of the sources.

    Returns
    -------
    mapping of str to tuple of str
        State variable to functions; empty where there is no such rule.

    Examples
    --------
    >>> facts_read("deliver")["link"]
    ('production.group_output',)
    """
    return _read(rule, package, FACTS)


@cache
def _read(
    rule: str, package: Path, owners: tuple[str, ...], left_out: str = ""
) -> dict[str, tuple[str, ...]]:
    """Return what is read of the records called `owners`, by name, with the functions that read it.

    The functions of the module `left_out` are not entered.
    """
    start = _resolve("cisim.engine", rule, package)
    waiting = list(FOUNDING) if rule == "found" else [start] if start else []
    done: set[Spot] = set()
    found: dict[str, list[str]] = {}
    while waiting:
        spot = waiting.pop()
        if spot in done or spot[0] == left_out:
            continue
        done.add(spot)
        for name, users in _uses(spot, package, owners):
            if users is None:
                found.setdefault(name, []).append(f"{spot[0].removeprefix('cisim.')}.{spot[1]}")
            else:
                waiting.append(users)
    return {name: tuple(sorted(set(where))) for name, where in found.items()}


def _uses(spot: Spot, package: Path, owners: tuple[str, ...]) -> Iterator[tuple[str, Spot | None]]:
    """Yield what a function reads (with None), and the functions it uses (with where they stand)."""
    module, function = spot
    for node in ast.walk(_module(module, package)[1][function]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in owners:
                yield node.attr, None
            elif used := _resolve(module, f"{node.value.id}.{node.attr}", package):
                yield node.attr, used
        elif isinstance(node, ast.Name) and (used := _resolve(module, node.id, package)):
            yield node.id, used
        elif (
            owners == PARAMETERS and isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        ):
            yield str(node.slice.value), None  # a scenario's values, in Python


def _resolve(module: str, name: str, package: Path) -> Spot | None:
    """Return where the function called `name` in `module` is defined, if it is one of the package."""
    imports, functions = _module(module, package)
    first, _, rest = name.partition(".")
    if not rest and first in functions:
        return module, first
    if first not in imports:
        return None
    origin, original = imports[first]
    home, wanted = (f"{origin}.{original}", rest) if rest else (origin, original)
    return (home, wanted) if wanted in _module(home, package)[1] else None


@cache
def _module(module: str, package: Path) -> tuple[dict[str, tuple[str, str]], dict[str, ast.FunctionDef]]:
    """Return a module's imports from the package (module, name) and its functions; nothing where it is not one."""
    path = package.joinpath(*module.split(".")[1:]).with_suffix(".py")
    if not module.startswith("cisim.") or not path.is_file():
        return {}, {}
    imports: dict[str, tuple[str, str]] = {}
    functions: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cisim"):
            imports |= {one.asname or one.name: (node.module or "", one.name) for one in node.names}
    return imports, functions
