"""From the bytes of a scenario file to a tree in which everything knows its line and column.

YAML is read event by event instead of being loaded: no Python objects can be built, aliases (which can
be made to expand without end) are refused, and only what YAML 1.2, JSON and TOML agree on is understood.
``no`` is the word "no", ``010`` is neither eight nor ten but an error.
"""

from __future__ import annotations

import json
import math
import numbers
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from cisim.problems import NOWHERE, Place, Problem, ScenarioError, shown

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
SUFFIXES = (".yaml", ".yml", ".json", ".toml")

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


@dataclass(frozen=True, slots=True)
class Document:
    """One file: how errors call it, its bytes, its tree and the problems found while reading."""

    file: str
    data: bytes
    root: Node
    problems: tuple[Problem, ...] = ()


# --- files -------------------------------------------------------------------------------------------


def read(path: Path, file: str) -> Document:
    """Read the scenario file at `path`; errors call it `file`.

    Raises
    ------
    ScenarioError
        If it cannot be opened, is too large, is not UTF-8, or is not well-formed.
    """
    if path.suffix.lower() not in SUFFIXES:
        _stop(Place(file), f"a scenario file ends in {', '.join(SUFFIXES)}")
    data = _bytes_of(path, file)
    return parse(data, path.suffix.lower(), file)


def _bytes_of(path: Path, file: str) -> bytes:
    """Return the contents of a regular file of bearable size."""
    try:
        if path.is_dir():
            _stop(Place(file), "is a directory; name a file inside it")
        if not path.is_file():
            _stop(Place(file), "is not a regular file" if path.exists() else "no such file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        _stop(Place(file), f"cannot be read: {error.strerror or error}")
    if len(data) > MAX_BYTES:
        _stop(Place(file), f"is larger than {MAX_BYTES // 1024} kB, the most a scenario file may have")
    return data


def parse(data: bytes, suffix: str, file: str) -> Document:
    """Read `data` as the format that `suffix` names (``".yaml"``, ``".json"`` or ``".toml"``).

    Raises
    ------
    ScenarioError
        If the bytes are not UTF-8 or not well-formed.
    """
    text = _decode(data, file)
    problems: list[Problem] = []
    if suffix == ".json":
        root = _Json(text, file, problems).document()
    elif suffix == ".toml":
        root = _toml(text, file)
    else:
        root = _Yaml(text, file, problems).document()
    if root.value is None:
        _stop(Place(file, 1, 1), "is empty; a scenario file starts with 'cisim: 1'")
    if not isinstance(root.value, dict):
        kind = "a list" if isinstance(root.value, list) else shown(root.value)
        _stop(root.place, f"the file must consist of 'key: value' lines, not of {kind}")
    return Document(file, data, root, tuple(problems))


def _decode(data: bytes, file: str) -> str:
    """Return the text of UTF-8 bytes without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        _stop(Place(file, 1, 1), "is UTF-16 text; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        _stop(Place(file, line, column), f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8")
    nul = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if nul:
        _stop(_place_at(text, nul.start(), file), f"control character 0x{ord(nul[0]):02x} is not allowed")
    return text


def _place_at(text: str, index: int, file: str) -> Place:
    """Return line and column of a character index."""
    return Place(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _stop(place: Place, message: str) -> NoReturn:
    """Raise the error for a file that cannot be read any further."""
    raise ScenarioError.of(message, place=place)


# --- scalars -----------------------------------------------------------------------------------------

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


def node_of(value: object, depth: int = 0) -> Node:
    """Return the tree of a value that comes from Python instead of from a file."""
    if depth > MAX_DEPTH:
        _stop(NOWHERE, f"lists and mappings are nested more than {MAX_DEPTH} deep")
    if isinstance(value, Mapping):
        items = {str(key): node_of(item, depth + 1) for key, item in value.items()}
        return Node(items, keys=dict.fromkeys(items, NOWHERE))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return Node([node_of(item, depth + 1) for item in value])
    if isinstance(value, bool | str) or value is None:
        return Node(value)
    if isinstance(value, numbers.Integral):
        return Node(int(value))
    if isinstance(value, numbers.Real):
        return Node(float(value))
    return Node(Unreadable(shown(value), f"a {type(value).__name__} is neither number nor text"))


# --- YAML --------------------------------------------------------------------------------------------


class _Yaml:
    """Build nodes from the events of one YAML document."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self.text, self.file, self.problems = text, file, problems

    def document(self) -> Node:
        """Return the root node; an empty document gives a node with value None."""
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[Any] = yaml.parse(self.text, Loader=loader)
        try:
            return self._root(yaml)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self._place(mark) if mark else Place(self.file, 1, 1)
            _stop(place, self._explain(str(error.problem or error.context or "not YAML"), place))
        except yaml.YAMLError as error:
            _stop(Place(self.file, 1, 1), f"not YAML: {str(error).splitlines()[0]}")

    def _root(self, yaml: Any) -> Node:
        """Return the tree of the first document and refuse a second one."""
        root = Node(None, Place(self.file, 1, 1))
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    _stop(self._place(event.start_mark), "a second document starts; one file, one scenario")
                root = self._node(yaml, next(self.events), 0)
        return root

    def _node(self, yaml: Any, event: Any, depth: int) -> Node:
        """Return the node that starts with `event`."""
        place = self._place(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            _stop(place, f"aliases (*{shown(event.anchor)[1:-1]}) are not allowed; use 'extends' or write it out")
        if event.anchor is not None:
            _stop(place, f"anchors (&{shown(event.anchor)[1:-1]}) are not allowed; use 'extends' or write it out")
        if event.tag is not None:
            _stop(place, f"tags such as {shown(event.tag)[1:-1]} are not allowed")
        if depth > MAX_DEPTH:
            _stop(place, f"lists and mappings are nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.ScalarEvent):
            return Node(plain(event.value) if event.implicit[0] else event.value, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
                items.append(self._node(yaml, event, depth + 1))
            return Node(items, place)
        return self._mapping(yaml, place, depth)

    def _mapping(self, yaml: Any, place: Place, depth: int) -> Node:
        """Return the mapping whose first key comes next."""
        node = Node({}, place)
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(yaml, event, depth + 1)
            value = self._node(yaml, next(self.events), depth + 1)
            _enter(node, key, value, self.problems)
        return node

    def _place(self, mark: Any) -> Place:
        """Return the place of a YAML mark."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _explain(self, message: str, place: Place) -> str:
        """Return the parser's complaint, with advice for the usual mistakes."""
        lines = self.text.splitlines()
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        if "\t" in line[: len(line) - len(line.lstrip())] or (place.column <= len(line) and line[place.column - 1] == "\t"):
            return "a tab; indent with spaces"
        if "mapping values are not allowed" in message:
            return "a second ':' on the line; put text that contains ': ' in quotes"
        return f"not YAML: {message}"


def _enter(node: Node, key: Node, value: Node, problems: list[Problem]) -> None:
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


# --- JSON --------------------------------------------------------------------------------------------

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r"[^\s,\]}]+")


class _Json:
    """Build nodes from JSON text that the standard library has already found valid."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self.text, self.file, self.problems, self.at = text, file, problems, 0

    def document(self) -> Node:
        """Return the root node."""
        if not self.text.strip():
            return Node(None, Place(self.file, 1, 1))
        try:
            json.loads(self.text, parse_constant=lambda name: name, parse_int=lambda text: text)
        except json.JSONDecodeError as error:
            _stop(Place(self.file, error.lineno, error.colno), f"not JSON: {error.msg}")
        except RecursionError:
            _stop(Place(self.file, 1, 1), f"lists and mappings are nested more than {MAX_DEPTH} deep")
        return self._node(0)

    def _node(self, depth: int) -> Node:
        """Return the value that starts at the current character."""
        self._skip()
        place = self._place()
        if depth > MAX_DEPTH:
            _stop(place, f"lists and mappings are nested more than {MAX_DEPTH} deep")
        start = self.text[self.at]
        if start == "{":
            node = Node({}, place)
            for _ in self._items("}"):
                key = self._string()
                self._skip(":")
                _enter(node, key, self._node(depth + 1), self.problems)
            return node
        if start == "[":
            return Node([self._node(depth + 1) for _ in self._items("]")], place)
        if start == '"':
            return self._string()
        match = _TOKEN.match(self.text, self.at)
        assert match is not None  # the text is valid JSON
        self.at = match.end()
        return Node(_json_scalar(match[0]), place)

    def _items(self, end: str) -> Iterator[None]:
        """Stop before each item of the list or mapping whose bracket comes next."""
        self.at += 1
        self._skip()
        while self.text[self.at] != end:
            yield
            self._skip(",")
        self.at += 1

    def _string(self) -> Node:
        """Return the string that starts at the current character."""
        from json.decoder import scanstring

        place = self._place()
        value, self.at = scanstring(self.text, self.at + 1, True)
        return Node(value, place)

    def _skip(self, mark: str = "") -> None:
        """Go past white space, and past `mark` if it comes next."""
        for _ in range(2):
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if mark and self.text.startswith(mark, self.at):
                self.at += 1

    def _place(self) -> Place:
        """Return the current line and column."""
        return _place_at(self.text, self.at, self.file)


def _json_scalar(text: str) -> Scalar:
    """Return the value of a bare JSON word."""
    if text in ("NaN", "Infinity", "-Infinity"):
        return float(text)
    value = plain(text)
    return text if isinstance(value, Unreadable) else value


# --- TOML --------------------------------------------------------------------------------------------

_TOML_AT = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_TOML_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_TOML_HEAD = re.compile(rf"\s*(\[\[?)\s*({_TOML_KEY}(?:\s*\.\s*{_TOML_KEY})*)\s*\]")
_TOML_LINE = re.compile(rf"(\s*)({_TOML_KEY}(?:\s*\.\s*{_TOML_KEY})*)\s*=\s*")


def _toml(text: str, file: str) -> Node:
    """Return the tree of TOML text."""
    last = Place(file, text.count("\n") + 1, 1)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_AT.match(str(error))
        place = Place(file, int(match[2]), int(match[3])) if match and match[2] else last
        _stop(place, f"not TOML: {match[1] if match else error}")
    except ValueError:  # the standard library's own limit on digits
        _stop(Place(file, 1, 1), "not TOML: a number has too many digits")
    except RecursionError:
        _stop(Place(file, 1, 1), f"lists and mappings are nested more than {MAX_DEPTH} deep")
    if not data:
        return Node(None, Place(file, 1, 1))
    return _toml_node(data, (), _toml_places(text, file), Place(file, 1, 1), 0)


def _toml_places(text: str, file: str) -> dict[tuple[str | int, ...], tuple[Place, Place]]:
    """Return key and value places of the lines that look like ``key = value`` or ``[table]``."""
    places: dict[tuple[str | int, ...], tuple[Place, Place]] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TOML_HEAD.match(line):
            table = _toml_path(head[2])
            here = Place(file, number, head.start(2) + 1)
            places.setdefault(table, (here, here))
            if head[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
                places[table] = (here, here)
        elif pair := _TOML_LINE.match(line):
            key, value = Place(file, number, pair.start(2) + 1), Place(file, number, pair.end() + 1)
            path = _toml_path(pair[2])
            for length in range(1, len(path) + 1):
                places.setdefault((*table, *path[:length]), (key, value))
    return places


def _toml_path(text: str) -> tuple[str | int, ...]:
    """Return the parts of a dotted TOML key, without quotes."""
    return tuple(part.strip("\"'") for part in re.findall(_TOML_KEY, text))


def _toml_node(
    value: object,
    path: tuple[str | int, ...],
    places: Mapping[tuple[str | int, ...], tuple[Place, Place]],
    near: Place,
    depth: int,
) -> Node:
    """Return the tree of a parsed TOML value; what has no place of its own takes its parent's."""
    here = places.get(path, (near, near))[1]
    if depth > MAX_DEPTH:
        _stop(here, f"lists and mappings are nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        node = Node({}, here)
        for key, item in value.items():
            node.value[key] = _toml_node(item, (*path, key), places, here, depth + 1)
            node.keys[key] = places.get((*path, key), (here, here))[0]
        return node
    if isinstance(value, list):
        items = [_toml_node(item, (*path, i), places, here, depth + 1) for i, item in enumerate(value)]
        return Node(items, here)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1000:
        return Node(math.inf, here)
    if value is None or isinstance(value, str | int | float | bool):
        return Node(value, here)
    return Node(Unreadable(str(value), "put a date or time in quotes"), here)
