"""How errors say what is allowed, what was found instead and what was probably meant."""

from __future__ import annotations

import math
import re
from typing import Any

from cisim.params import Param, nearest
from cisim.problems import shown
from cisim.tree import Unreadable


def allowed(row: Param) -> str:
    """Return in words what a parameter may be.

    Examples
    --------
    >>> from cisim.params import PARAMS
    >>> allowed(PARAMS["months"])
    '12 to 600 months (length of a run)'
    """
    whole = "a whole number, " if row.kind == "int" and row.high <= 20 else ""
    unit = "" if row.unit == "-" else f" {row.unit}"
    return f"{whole}{_short(row.low)} to {_short(row.high)}{unit} ({row.meaning})"


def _short(number: float) -> str:
    """Return a bound as people write it."""
    return f"{number:,.0f}" if float(number).is_integer() and abs(number) < 1e16 else f"{number:g}"


_WITH_UNIT = re.compile(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s+(\S.*)\Z", re.DOTALL)


def without_unit(value: Any, unit: str) -> Any:
    """Return the number of a text such as ``"4.345 weeks"`` if the unit is exactly the declared one."""
    match = _WITH_UNIT.match(value.strip()) if isinstance(value, str) and unit else None
    if match is None or match[2].strip() != unit:
        return value
    try:
        number = float(match[1])
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def number_hint(value: Any, unit: str) -> str:
    """Return what to write instead of a text where a number belongs."""
    if not isinstance(value, str):
        return ""
    match = _WITH_UNIT.match(value.strip())
    if match:
        return f"; the unit is {unit!r}, nothing else" if unit else "; it has no unit"
    try:
        is_number = math.isfinite(float(value))
    except ValueError:
        is_number = False
    return "; write the number without quotes" if is_number else "; it is text, not a number"


def kind_of(value: Any) -> str:
    """Return a value as an error names it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return shown(value.text if isinstance(value, Unreadable) else value)


def did_you_mean(value: Any, names: tuple[str, ...]) -> str:
    """Return a hint at the nearest name, if any is near."""
    near = nearest(value[:80], names) if isinstance(value, str) else None
    return f"; did you mean {near!r}?" if near else ""
