"""YAML, JSON and TOML text as trees in which everything knows its place.

YAML is read event by event instead of being loaded: no Python objects can be built, and aliases (which can be
made to expand without end) are refused. JSON and TOML are first parsed by the standard library; what is added
here is where things stand.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from cisim.problems import Place, Problem, shown
from cisim.tree import MAX_DEPTH, TOO_DEEP, Node, Scalar, Unreadable, enter, plain, stop

Path = tuple[str | int, ...]

INSTEAD = "use 'extends', or write it out"


class YamlReader:
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
            stop(place, self._explain(str(error.problem or error.context or "not YAML"), place))
        except yaml.YAMLError as error:
            stop(Place(self.file, 1, 1), f"not YAML: {str(error).splitlines()[0]}")

    def _root(self, yaml: Any) -> Node:
        """Return the tree of the first document and refuse a second one."""
        root = Node(None, Place(self.file, 1, 1))
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    stop(self._place(event.start_mark), "a second document starts; one file, one scenario")
                root = self._node(yaml, next(self.events), 0)
        return root

    def _node(self, yaml: Any, event: Any, depth: int) -> Node:
        """Return the node that starts with `event`."""
        place = self._place(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            stop(place, f"aliases (*{event.anchor}) are not allowed; {INSTEAD}")
        if event.anchor is not None:
            stop(place, f"anchors (&{event.anchor}) are not allowed; {INSTEAD}")
        if event.tag is not None:
            stop(place, f"tags such as {shown(event.tag)[1:-1]} are not allowed")
        if depth > MAX_DEPTH:
            stop(place, TOO_DEEP)
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
            enter(node, key, value, self.problems)
        return node

    def _place(self, mark: Any) -> Place:
        """Return the place of a YAML mark."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _explain(self, message: str, place: Place) -> str:
        """Return the parser's complaint, with advice for the usual mistakes."""
        lines = self.text.split("\n")
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        if "\t" in line[: len(line) - len(line.lstrip())] or line[place.column - 1 : place.column] == "\t":
            return "a tab; indent with spaces"
        if "mapping values are not allowed" in message:
            return "a second ':' on the line; put text that contains ': ' in quotes"
        return f"not YAML: {message}"


_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r"[^\s,\]}]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class JsonReader:
    """Build nodes from JSON text that the standard library has already found valid."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self.text, self.file, self.problems, self.at = text, file, problems, 0
        self.breaks = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> Node:
        """Return the root node."""
        if not self.text.strip():
            return Node(None, Place(self.file, 1, 1))
        try:
            json.loads(self.text, parse_constant=lambda name: name, parse_int=lambda text: text)
        except json.JSONDecodeError as error:
            stop(Place(self.file, error.lineno, error.colno), f"not JSON: {error.msg}")
        except RecursionError:
            stop(Place(self.file, 1, 1), TOO_DEEP)
        return self._node(0)

    def _node(self, depth: int) -> Node:
        """Return the value that starts at the current character."""
        self._skip()
        place = self._place()
        if depth > MAX_DEPTH:
            stop(place, TOO_DEEP)
        start = self.text[self.at]
        if start == "{":
            node = Node({}, place)
            for _ in self._items("}"):
                key = self._string()
                self._skip(":")
                enter(node, key, self._node(depth + 1), self.problems)
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
        place, match = self._place(), _STRING.match(self.text, self.at)
        assert match is not None  # the text is valid JSON
        self.at = match.end()
        return Node(json.loads(match[0]), place)

    def _skip(self, mark: str = "") -> None:
        """Go past white space, and past `mark` if it comes next."""
        for _ in range(2):
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if mark and self.text.startswith(mark, self.at):
                self.at += 1

    def _place(self) -> Place:
        """Return the current line and column."""
        line = bisect_left(self.breaks, self.at)
        return Place(self.file, line + 1, self.at - (self.breaks[line - 1] if line else -1))


def _json_scalar(text: str) -> Scalar:
    """Return the value of a bare JSON word."""
    if text in ("NaN", "Infinity", "-Infinity"):
        return float(text)
    value = plain(text)
    return text if isinstance(value, Unreadable) else value


_TOML_AT = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_TOML_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_TOML_HEAD = re.compile(rf"\s*(\[\[?)\s*({_TOML_KEY}(?:\s*\.\s*{_TOML_KEY})*)\s*\]")
_TOML_LINE = re.compile(rf"(\s*)({_TOML_KEY}(?:\s*\.\s*{_TOML_KEY})*)\s*=\s*")


def toml_tree(text: str, file: str) -> Node:
    """Return the tree of TOML text.

    Raises
    ------
    ScenarioError
        If the text is not TOML.
    """
    last = Place(file, text.count("\n") + 1, 1)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_AT.match(str(error))
        place = Place(file, int(match[2]), int(match[3])) if match and match[2] else last
        stop(place, f"not TOML: {match[1] if match else error}")
    except ValueError:  # the standard library's own limit on digits
        stop(Place(file, 1, 1), "not TOML: a number has too many digits")
    except RecursionError:
        stop(Place(file, 1, 1), TOO_DEEP)
    if not data:
        return Node(None, Place(file, 1, 1))
    return _toml_node(data, (), _toml_places(text, file), Place(file, 1, 1), 0)


def _toml_places(text: str, file: str) -> dict[Path, tuple[Place, Place]]:
    """Return key and value places of the lines that look like ``key = value`` or ``[table]``."""
    places: dict[Path, tuple[Place, Place]] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.split("\n"), 1):
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


def _toml_path(text: str) -> Path:
    """Return the parts of a dotted TOML key, without quotes."""
    return tuple(part.strip("\"'") for part in re.findall(_TOML_KEY, text))


def _toml_node(
    value: object,
    path: Path,
    places: Mapping[Path, tuple[Place, Place]],
    near: Place,
    depth: int,
) -> Node:
    """Return the tree of a parsed TOML value; what has no place of its own takes its parent's."""
    here = places.get(path, (near, near))[1]
    if depth > MAX_DEPTH:
        stop(here, TOO_DEEP)
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
