"""From a scenario file to a positioned tree, or to a clear error: the door that bytes come in by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cisim.formats import JsonReader, YamlReader, toml_tree
from cisim.problems import Place, Problem, shown
from cisim.tree import Node, place_at, stop

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1024 * 1024
SUFFIXES = (".yaml", ".yml", ".json", ".toml")


@dataclass(frozen=True, slots=True)
class Document:
    """One file: how errors call it, its bytes, its tree and the problems found while reading."""

    file: str
    data: bytes
    root: Node
    problems: tuple[Problem, ...] = ()


def read(path: Path, file: str) -> Document:
    """Read the scenario file at `path`; errors call it `file`.

    Raises
    ------
    ScenarioError
        If it cannot be opened, is too large, is not UTF-8, or is not well-formed.
    """
    data = _bytes_of(path, file)
    return parse(data, path.suffix.lower(), file)


def _bytes_of(path: Path, file: str) -> bytes:
    """Return the contents of a regular file of bearable size."""
    try:
        if path.is_dir():
            stop(Place(file), "is a directory; name a file inside it")
        if path.suffix.lower() not in SUFFIXES:
            stop(Place(file), f"a scenario file ends in {', '.join(SUFFIXES)}")
        if not path.is_file():
            stop(Place(file), "is not a regular file" if path.exists() else "no such file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        stop(Place(file), f"cannot be read: {error.strerror or error}")
    if len(data) > MAX_BYTES:
        stop(Place(file), f"is larger than {MAX_BYTES // 1024} kB, the most a scenario file may have")
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
        root = JsonReader(text, file, problems).document()
    elif suffix == ".toml":
        root = toml_tree(text, file)
    else:
        root = YamlReader(text, file, problems).document()
    if root.value is None:
        stop(Place(file, 1, 1), "is empty; a scenario file starts with 'cisim: 1'")
    if not isinstance(root.value, dict):
        kind = "a list" if isinstance(root.value, list) else shown(root.value)
        stop(root.place, f"the file must consist of 'key: value' lines, not of {kind}")
    return Document(file, data, root, tuple(problems))


def _decode(data: bytes, file: str) -> str:
    """Return the text of UTF-8 bytes without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        stop(Place(file, 1, 1), "is UTF-16 text; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        stop(
            Place(file, line, column), f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        )
    nul = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if nul:
        stop(place_at(text, nul.start(), file), f"control character 0x{ord(nul[0]):02x} is not allowed")
    return text
