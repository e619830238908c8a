"""What a report is made of: a document of sections, each a heading and blocks in the order they are read.

The records hold plain text. Nothing in them is HTML: `cisim.report.page` escapes all of it, whoever wrote it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.report.limits import LIMITS

if TYPE_CHECKING:
    import pandas as pd

Cell = str | float | int | None
"""A value of a table; None and what is not a finite number are shown as a dash."""


def _tuples_of_text(what: str, texts: Any) -> tuple[str, ...]:
    """Return texts as a tuple; a single text in their place is a mistake that would be read letter by letter."""
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise TypeError(f"{what}: {texts!r} is not allowed; a list of texts")
    wrong = next((one for one in texts if not isinstance(one, str)), None)
    if wrong is not None:
        raise TypeError(f"{what}: {wrong!r} is not allowed; a text")
    return tuple(texts)


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of short texts."""

    texts: Sequence[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", _tuples_of_text("texts", self.texts))


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    caption : str
        What it shows; also its name for those who cannot see it.
    head : sequence of str
        Names of the columns; the first names the row.
    rows : sequence of sequences
        Texts or numbers, as many as `head` has names.
    notes : sequence of str
        What the words over the columns mean.

    Raises
    ------
    ValueError
        If a row is longer or shorter than the head.

    Examples
    --------
    >>> Table("Two towns", ["town", "people"], [["Here", 12], ["There", None]]).rows[1]
    ('There', None)
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", _tuples_of_text("head", self.head))
        object.__setattr__(self, "notes", _tuples_of_text("notes", self.notes))
        rows = tuple(tuple(_cell(value) for value in row) for row in self.rows)
        for row in rows:
            if len(row) != len(self.head):
                raise ValueError(
                    f"rows: {row!r} is not allowed; {len(self.head)} cells, as the head of {self.caption!r} has"
                )
        object.__setattr__(self, "rows", rows)

    def is_numeric(self, k: int) -> bool:
        """Tell whether a column but the first holds numbers only."""
        column = [row[k] for row in self.rows]
        return (
            k > 0
            and any(one is not None for one in column)
            and not any(isinstance(one, str) for one in column)
        )

    @classmethod
    def of(cls, frame: pd.DataFrame, caption: str, notes: Sequence[str] = ()) -> Table:
        """Return a frame as a table; underscores in the names of columns become spaces.

        Parameters
        ----------
        frame : DataFrame
            The index is left out.
        caption : str
        notes : sequence of str
        """
        head = [str(name).replace("_", " ") for name in frame.columns]
        rows = frame.astype(object).to_numpy().tolist() if len(frame.columns) else []
        return cls(caption, head, rows, notes)


def _cell(value: Any) -> Cell:
    """Return a value as a plain text, number or None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    is_missing = value is None or type(value).__name__ in ("NaTType", "NAType")
    if is_missing or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str | int | float) else str(value)


@dataclass(frozen=True)
class Figure:
    """A picture.

    Parameters
    ----------
    image : str or bytes
        SVG text, or the bytes of a PNG. It is shown as an image, so that nothing in it can run or reach out.
    alt : str
        What is to be seen, in words, for those who cannot see it.
    caption : str
    width, height : int
        Size in pixels on the screen, if known; keeps the page from jumping.

    Raises
    ------
    ValueError
        If it is neither, or `alt` is empty.
    """

    image: str | bytes
    alt: str
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("alt: is empty; say in words what is to be seen")
        if not (self.is_png or self.is_svg):
            raise ValueError("image: is neither SVG nor PNG")

    @property
    def is_png(self) -> bool:
        """Whether it is a PNG."""
        return isinstance(self.image, bytes) and self.image.startswith(b"\x89PNG\r\n\x1a\n")

    @property
    def is_svg(self) -> bool:
        """Whether it is an SVG."""
        return b"<svg" in self.data[:4096] and not self.is_png

    @property
    def data(self) -> bytes:
        """The bytes of the picture."""
        return self.image.encode("utf-8", "replace") if isinstance(self.image, str) else self.image


@dataclass(frozen=True)
class Code:
    """Text shown as it was typed or printed."""

    text: str
    caption: str = ""


@dataclass(frozen=True)
class Details:
    """Blocks that open when asked for, and are open on paper."""

    heading: str
    blocks: Sequence[Text | Points | Table | Figure | Code]

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))


Block = Text | Points | Table | Figure | Code | Details


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it.

    Parameters
    ----------
    heading : str
    blocks : sequence of Text, Points, Table, Figure, Code, Details or str
        A str is a paragraph.
    """

    heading: str
    blocks: Sequence[Block | str] = ()

    def __post_init__(self) -> None:
        if isinstance(self.blocks, str):
            raise TypeError(f"blocks: {self.blocks!r} is not allowed; a list of blocks")
        blocks = tuple(Text(one) if isinstance(one, str) else one for one in self.blocks)
        for one in blocks:
            if not isinstance(one, Block):
                raise TypeError(
                    f"blocks: {one!r} is not allowed; a text, Points, Table, Figure, Code or Details"
                )
        object.__setattr__(self, "blocks", blocks)


@dataclass(frozen=True)
class Document:
    """A report.

    Parameters
    ----------
    title, question : str
    answer : sequence of str
        Plain sentences, each computed from the data; read first, and by some people only.
    sections : sequence of Section
    provenance : mapping of str to str
        Where the numbers come from, in the order it is read.
    repeat : sequence of str
        Commands that repeat the result.
    limits : sequence of str
        What it cannot tell; `cisim.report.limits.LIMITS` unless others are given.
    appendix : sequence of Section
        For whoever checks it.
    subtitle : str
        A line under the title: what was compared, how often.

    Examples
    --------
    >>> found = Document("Reading", "Does it help?", ["It cannot be told."], [], {"seed": "1"}, ["cisim list"])
    >>> "It cannot be told." in found.html()
    True
    """

    title: str
    question: str
    answer: Sequence[str]
    sections: Sequence[Section]
    provenance: Mapping[str, str]
    repeat: Sequence[str]
    limits: Sequence[str] = LIMITS
    appendix: Sequence[Section] = ()
    subtitle: str = ""
    language: str = field(default="en", kw_only=True)

    def __post_init__(self) -> None:
        for name in ("answer", "repeat", "limits"):
            object.__setattr__(self, name, _tuples_of_text(name, getattr(self, name)))
        for name in ("sections", "appendix"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "provenance", dict(self.provenance))
        if not self.answer:
            raise ValueError(
                "answer: is empty; a report says in words what was found, if only that nothing was"
            )

    def html(self) -> str:
        """Return the report as one HTML file that needs nothing else; the same document gives the same text."""
        from cisim.report.page import rendered

        return rendered(self)
