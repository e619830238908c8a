"""The tree of a scenario file: values that know their line and column, and what a bare word means.

Only what YAML 1.2, JSON and TOML agree on is understood: ``no`` is the word "no", and ``010``, which some
read as ten and others as eight, is an error.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from cisim.problems import NOWHERE, Place, Problem, ScenarioError, shown

MAX_DEPTH = 12
TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} deep"

Scalar = str | int | float | bool | None


@dataclass(slots=True)
class Node:
    """A value of the file and the place where it starts.

    `value` is a scalar, a list of nodes, a dict of nodes, or an `Unreadable`. `keys` holds the places
    of the keys when `value` is a dict.
    """

    value: Any
    place: Place = NOWHERE
    keys: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A scalar that different readers understand differently: its text and what to write instead."""

    text: str
    hint: str


def stop(place: Place, message: str) -> NoReturn:
    """Raise the error for a file that cannot be read any further."""
    raise ScenarioError.of(message, place=place)


def place_at(text: str, index: int, file: str) -> Place:
    """Return line and column of a character index."""
    return Place(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def enter(node: Node, key: Node, value: Node, problems: list[Problem]) -> None:
    """Put `key: value` into a mapping node, or note why that cannot be."""
    if not isinstance(key.value, str):
        what = key.value.text if isinstance(key.value, Unreadable) else shown(key.value)
        kind = "a list or mapping" if isinstance(key.value, list | dict) else what
        problems.append(Problem(key.place, "", f"a key must be text, not {kind}"))
    elif key.value in node.value:
        first = node.keys[key.value].line
        problems.append(Problem(key.place, shown(key.value)[1:-1], f"is stated twice; first in line {first}"))
    else:
        node.value[key.value] = value
        node.keys[key.value] = key.place


_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_ODD = (
    (re.compile(r"[-+]?0[0-9][0-9_]*(\.[0-9]*)?\Z"), "a number must not start with 0; write it without"),
    (re.compile(r"[-+]?0[oxb][0-9a-fA-F_]+\Z"), "write the number in decimal digits"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?\Z"), "write the number without '_'"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?\Z"), "write one number, not hours:minutes"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*\Z"), "put a date in quotes"),
    (re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?\Z"), "write the number without commas"),
)


def plain(text: str) -> Scalar | Unreadable:
    """Return what an unquoted YAML scalar means, by the YAML 1.2 core rules.

    Examples
    --------
    >>> plain("12"), plain("1e3"), plain("true"), plain("no"), plain("~")
    (12, 1000.0, True, 'no', None)
    """
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.match(text):
        return int(text) if len(text) <= 300 else math.inf
    if _FLOAT.match(text):
        return float(text)
    if text.lower() in (".nan", ".inf", "+.inf", "-.inf"):
        return float(text.replace(".", ""))
    for pattern, hint in _ODD:
        if pattern.match(text):
            return Unreadable(text, hint)
    return text


def node_of(value: object, place: Place = NOWHERE, depth: int = 0) -> Node:
    """Return the tree of a value that comes from Python instead of from a file."""
    if depth > MAX_DEPTH:
        stop(place, TOO_DEEP)
    if isinstance(value, Mapping):
        items = {str(key): node_of(item, place, depth + 1) for key, item in value.items()}
        return Node(items, place, dict.fromkeys(items, place))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return Node([node_of(item, place, depth + 1) for item in value], place)
    if isinstance(value, bool | str) or value is None:
        return Node(value, place)
    if isinstance(value, numbers.Integral):
        return Node(int(value), place)
    if isinstance(value, numbers.Real):
        return Node(float(value), place)
    return Node(Unreadable(shown(value), f"a {type(value).__name__} is neither number nor text"), place)
