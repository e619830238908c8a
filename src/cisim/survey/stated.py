"""What a file of JSON that comes with a result states: each field refused if of another kind."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NoReturn

from cisim.problems import Place, ScenarioError, shown

MOST_SEED = 2**63 - 1


class Stated:
    """The fields of a file.

    Parameters
    ----------
    fields : dict
    place : Place
        The file, for errors.
    sha256 : str
        Of the bytes of the file, "" where there is none.

    Examples
    --------
    >>> told = Stated({"worlds": "many"}, Place("prediction.json"))
    >>> told.whole("worlds", 1, 9)
    Traceback (most recent call last):
    ...
    cisim.problems.ScenarioError: prediction.json: worlds: 'many' is not allowed; a whole number from 1 to 9
    """

    def __init__(self, fields: dict[str, Any], place: Place, sha256: str = "") -> None:
        self.fields, self.place, self.sha256 = fields, place, sha256

    @classmethod
    def read(cls, path: Path, absent: str) -> Stated:
        """Return what a file states.

        Parameters
        ----------
        path : Path
        absent : str
            What is told where there is no such file.

        Raises
        ------
        ScenarioError
            If it is no file, or holds no mapping in JSON.
        """
        place = Place(str(path))
        try:
            data = path.read_bytes() if path.is_file() else None
        except OSError as error:
            raise ScenarioError.of(f"cannot be read: {error.strerror}", place=place) from error
        if data is None:
            raise ScenarioError.of(absent, place=place)
        return cls.of(data, place)

    @classmethod
    def of(cls, data: bytes, place: Place) -> Stated:
        """Return what bytes state.

        Raises
        ------
        ScenarioError
            If they are no mapping in JSON.
        """
        try:
            fields = json.loads(data)
        except (ValueError, RecursionError) as error:
            why = "too deep" if isinstance(error, RecursionError) else str(error)[:80]
            raise ScenarioError.of(f"is not JSON that can be read: {why}", place=place) from None
        if not isinstance(fields, dict):
            raise ScenarioError.of("is not allowed; a mapping of fields", place=place)
        return cls(fields, place, hashlib.sha256(data).hexdigest())

    def fail(self, field: str, message: str) -> NoReturn:
        """Raise the error for a field."""
        raise ScenarioError.of(message, field, self.place)

    def get(self, field: str, is_good: Callable[[Any], bool], allowed: str) -> Any:
        """Return a field that has to be there and be as told."""
        if field not in self.fields:
            self.fail(field, f"is missing; {allowed}")
        value = self.fields[field]
        if not is_good(value):
            self.fail(field, f"{_told(value)} is not allowed; {allowed}")
        return value

    def text(self, field: str) -> str:
        """Return a text."""
        found: str = self.get(field, _is_text, "a text")
        return found

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.get(field, lambda value: _all(value, _is_text), "a list of texts"))

    def whole(self, field: str, low: int, high: int) -> int:
        """Return a whole number."""
        allowed = f"a whole number from {low} to {high}"
        found: int = self.get(field, lambda value: is_whole(value, low, high), allowed)
        return found

    def wholes(self, field: str, low: int, high: int) -> tuple[int, ...]:
        """Return a list of at least one whole number."""
        allowed = f"a list of whole numbers from {low} to {high}"
        return tuple(
            self.get(field, lambda v: _all(v, lambda one: is_whole(one, low, high)) and bool(v), allowed)
        )

    def ends(self, field: str) -> tuple[float, float]:
        """Return the ends of a scale."""
        low, high = self.get(field, _are_ends, "two numbers, the lower first")
        return float(low), float(high)

    def files(self, needed: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return the digests of files, by names that stay in the folder.

        Raises
        ------
        ScenarioError
            If a name or a digest is of another kind, or a needed file has none.
        """
        found: dict[str, Any] = self.get(
            "files", lambda value: isinstance(value, dict), "digests of files, by name"
        )
        for name, one in found.items():
            if not stays_inside(name):
                self.fail("files", f"{shown(name)} is not allowed; names of files in this folder")
            is_print = (
                isinstance(one, dict)
                and _is_text(one.get("sha256"))
                and is_whole(one.get("bytes"), 0, MOST_SEED)
            )
            if not is_print:
                self.fail(f"files.{name}", f"{_told(one)} is not allowed; sha256 and bytes of the file")
        for name in needed:
            if name not in found:
                self.fail("files", f"{name} is missing; the digest of every file is needed")
        return found


def is_whole(value: Any, low: int, high: int) -> bool:
    """Tell whether a value is a whole number within bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def stays_inside(name: str) -> bool:
    """Tell whether a name of a file leads to one in the same folder or below.

    Examples
    --------
    >>> stays_inside("scenarios/a.yaml"), stays_inside("../a.yaml"), stays_inside("/etc/passwd"), stays_inside("")
    (True, False, False, False)
    """
    path, other = PurePosixPath(name), PureWindowsPath(name)
    if not path.parts or path.is_absolute() or other.drive or other.root or ".." in other.parts:
        return False
    return name.isprintable() and "\\" not in name


def _is_text(value: Any) -> bool:
    """Tell whether a value is a text that can be written down."""
    return isinstance(value, str) and not any(0xD800 <= ord(char) < 0xE000 for char in value)


def _all(value: Any, is_good: Callable[[Any], bool]) -> bool:
    """Tell whether a value is a list of good ones."""
    return isinstance(value, list) and all(is_good(one) for one in value)


def _are_ends(value: Any) -> bool:
    """Tell whether a value is a list of two finite numbers, the lower first."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in value):
        return False
    if not all(abs(one) <= 1e300 for one in value):
        return False
    return bool(value[0] < value[1]) and math.isfinite(value[1] - value[0])


def _told(value: Any) -> str:
    """Return a value as errors show it."""
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else shown(value)
