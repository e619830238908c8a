"""Delimited text as tables in which every cell knows its line and column.

What spreadsheets write is understood: commas, semicolons or tabs, a byte order mark, UTF-16, Windows-1252, quoted
cells that span lines, rows cut short at empty cells, empty rows, and lines above the head that start with ``#``.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cisim.problems import Place, Problem, ScenarioError, shown
from cisim.tree import stop

MOST_BYTES = 8 * 1024 * 1024
MOST_PROBLEMS = 20
MOST_COLUMNS = 1_000
MOST_CELLS = 2_000_000
"""Cells a table may have, empty ones too."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
BLANK = " \u00a0\u2007\u202f\ufeff"


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell, without space around it, and where it starts."""

    text: str
    place: Place


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A head, rows of the same length, and remarks on how they were read.

    Attributes
    ----------
    file : str
        How errors call it.
    sha256 : str
        Of its bytes.
    head : tuple of Cell
    rows : tuple of tuple of Cell
    notes : tuple of str
    """

    file: str
    sha256: str
    head: Row
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Raise the error for all problems of a table; of many, the first are told and the others counted."""
    shown_first = problems[:MOST_PROBLEMS]
    left = problems[MOST_PROBLEMS:]
    rest = [Problem(left[0].place, "", f"{len(left)} more problems from here on")] if left else []
    raise ScenarioError([*shown_first, *rest])


def read_table(path: Path, file: str | None = None) -> Table:
    """Read a table from delimited text.

    Parameters
    ----------
    path : Path
    file : str, optional
        How errors call it, by default its path.

    Raises
    ------
    ScenarioError
        If it cannot be read, is no such table, has no rows, or a row has more cells than the head.
    """
    file = str(path) if file is None else file
    data = read_bytes(path, file)
    return table_of(data, file)


def read_bytes(path: Path, file: str) -> bytes:
    """Return the contents of a regular file of bearable size.

    Raises
    ------
    ScenarioError
        If there is none.
    """
    if not path.is_file():
        stop(Place(file), "is not a regular file" if path.exists() else "no such file")
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        stop(Place(file), f"cannot be read: {error.strerror or error}")
    if len(data) > MOST_BYTES:
        stop(Place(file), f"is larger than {MOST_BYTES // 1024**2} MB, the most a survey may have")
    return data


def table_of(data: bytes, file: str) -> Table:
    r"""Return the table that bytes hold.

    Examples
    --------
    >>> table = table_of(b"\xef\xbb\xbffrom;to\n A ; B\n\n", "ties.csv")
    >>> [cell.text for cell in table.rows[0]], table.rows[0][1].place
    (['A', 'B'], Place(file='ties.csv', line=2, column=6))
    >>> table.notes
    ('ties.csv: cells are parted by semicolons', 'ties.csv: 1 empty row left out')
    """
    text, notes = _decoded(data, file)
    start, line = _head_start(text)
    separator = _separator(text, start)
    if separator != ",":
        notes.append(f"{file}: cells are parted by {SEPARATORS[separator]}")
    records = list(_records(text, start, line, separator, file))
    full = [row for row in records if any(cell.text for cell in row)]
    if not full:
        stop(Place(file, 1, 1), "is empty; a table needs a head and rows")
    empty = len(records) - len(full)
    if empty:
        notes.append(f"{file}: {empty} empty row{'s' * (empty > 1)} left out")
    head, *rows = full
    head = head[: max(k for k, cell in enumerate(head, 1) if cell.text)]
    if not rows:
        stop(head[0].place, "has a head but no rows below it")
    if len(head) > MOST_COLUMNS:
        stop(head[MOST_COLUMNS].place, f"has {len(head):,} columns; {MOST_COLUMNS:,} are allowed")
    if len(head) * len(rows) > MOST_CELLS:
        stop(
            head[0].place,
            f"has {len(head):,} columns and {len(rows):,} rows; {MOST_CELLS:,} cells are allowed",
        )
    return Table(
        file, hashlib.sha256(data).hexdigest(), head, tuple(_fitted(row, head) for row in rows), tuple(notes)
    )


def _decoded(data: bytes, file: str) -> tuple[str, list[str]]:
    """Return bytes as text with line ends of one kind, and a remark if they were not UTF-8."""
    notes: list[str] = []
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        stop(Place(file), "is a spreadsheet file; save the sheet as CSV (UTF-8)")
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _windows(data, file)
        notes.append(f"{file}: is not UTF-8; read as Windows-1252, as older spreadsheets write")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        bad = next((k for k, char in enumerate(line) if ord(char) < 32 and char != "\t"), None)
        if bad is not None:
            stop(Place(file, number, bad + 1), f"control character 0x{ord(line[bad]):02x}; this is not text")
    return text, notes


def _windows(data: bytes, file: str) -> str:
    """Return bytes as Windows-1252 text, or say that they are no text."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        stop(Place(file, line, column), f"byte 0x{data[error.start]:02x} is neither UTF-8 nor Windows-1252")


def _head_start(text: str) -> tuple[int, int]:
    """Return index and line of the head: the first line that is neither empty nor a remark."""
    at, number = 0, 1
    while at < len(text):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        if line.strip(BLANK + "\t,;") and not line.lstrip(BLANK + '"').startswith("#"):
            return at, number
        if end < 0:
            break
        at, number = end + 1, number + 1
    return len(text), number


def _separator(text: str, start: int) -> str:
    """Return what parts the cells of the head: the mark that stands there most often, outside quotes."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    outside = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=lambda mark: (outside.count(mark), mark == ","))


def _records(text: str, at: int, line: int, separator: str, file: str) -> Iterator[Row]:
    """Yield the rows from an index on."""
    row: list[Cell] = []
    n = 0
    begin = at  # index at which the present line begins
    while at <= len(text):
        place = Place(file, line, at - begin + 1)
        skipped = at
        while skipped < len(text) and text[skipped] in BLANK:
            skipped += 1
        if text.startswith('"', skipped):
            content, after = _quoted(text, skipped, Place(file, line, skipped - begin + 1), separator)
            breaks = text.count("\n", skipped, after)
            if breaks:
                line, begin = line + breaks, text.rfind("\n", skipped, after) + 1
        else:
            after = skipped
            while after < len(text) and text[after] not in (separator, "\n"):
                after += 1
            content = text[skipped:after]
            place = place._replace(column=skipped - begin + 1)
        n += 1
        if n > MOST_CELLS:
            stop(place, f"has more than {MOST_CELLS:,} cells up to here, empty ones too; fewer are allowed")
        row.append(Cell(" ".join(content.strip(BLANK + "\n\t").split()), place))
        if after < len(text) and text[after] == separator:
            at = after + 1
            continue
        if not (after >= len(text) and len(row) == 1 and not row[0].text):
            yield tuple(row)
        row, at, line, begin = [], after + 1, line + 1, after + 1


def _quoted(text: str, at: int, place: Place, separator: str) -> tuple[str, int]:
    """Return the content of the quoted cell that starts at an index, and where it ends."""
    parts, begin = [], at + 1
    while True:
        end = text.find('"', begin)
        if end < 0:
            stop(place, "a quote opens here and is never closed")
        parts.append(text[begin:end])
        if not text.startswith('"', end + 1):
            break
        parts.append('"')
        begin = end + 2
    after = end + 1
    while after < len(text) and text[after] in BLANK:
        after += 1
    if after < len(text) and text[after] not in (separator, "\n"):
        stop(place, "text goes on after the closing quote; write a quote inside a cell twice")
    return "".join(parts), after


def _fitted(row: Row, head: Row) -> Row:
    """Return a row of the length of the head, or say what does not fit."""
    extra = [cell for cell in row[len(head) :] if cell.text]
    if extra:
        what = f"{shown(extra[0].text, 30)} stands in cell {len(row)} of a row, but the head has {len(head)}"
        raise ScenarioError.of(f"{what}; put text that holds a separator in quotes", place=extra[0].place)
    end = row[-1].place
    missing = (Cell("", end),) * (len(head) - len(row))
    return row[: len(head)] + missing
