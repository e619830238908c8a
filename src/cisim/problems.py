"""What is wrong with a scenario, and where: one record per problem, one error for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Where something is written: file, line and column (both counted from 1; 0 = not known)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: its place, the field (dotted path, may be empty) and a sentence."""

    place: Place
    field: str
    message: str

    def __str__(self) -> str:
        """Return ``file:line:column: field: message`` on one line."""
        parts = (str(self.place), self.field, self.message)
        return _one_line(": ".join(part for part in parts if part))


class ScenarioError(ValueError):
    """A scenario that cannot be used.

    Attributes
    ----------
    problems : tuple of Problem
        Everything found wrong, file by file, each in the order of its lines.
    file, line, column, field, message
        Those of the first problem; `file` is ``""`` and `line` 0 when values came from Python.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = _in_order(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    @classmethod
    def of(cls, message: str, field: str = "", place: Place = NOWHERE) -> ScenarioError:
        """Return the error for a single problem."""
        return cls((Problem(place, field, message),))

    @property
    def file(self) -> str:
        """File of the first problem."""
        return self.problems[0].place.file

    @property
    def line(self) -> int:
        """Line of the first problem, from 1."""
        return self.problems[0].place.line

    @property
    def column(self) -> int:
        """Column of the first problem, from 1."""
        return self.problems[0].place.column

    @property
    def field(self) -> str:
        """Dotted path of the first field that is wrong."""
        return self.problems[0].field

    @property
    def message(self) -> str:
        """Sentence about the first problem."""
        return self.problems[0].message


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems without repetition, file by file, each in the order of its lines."""
    unique = tuple(dict.fromkeys(problems))
    files = list(dict.fromkeys(problem.place.file for problem in unique))
    return tuple(sorted(unique, key=lambda one: (files.index(one.place.file), *one.place[1:])))


def shown(value: object, limit: int = 60) -> str:
    """Return `value` as an error shows it: short, on one line, text in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, int) and value.bit_length() > 200:
        return "a whole number of more than 60 digits"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _one_line(text: str) -> str:
    """Return `text` without line breaks and other characters a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)
