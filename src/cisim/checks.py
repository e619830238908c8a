"""What a scenario may say: each statement is checked and turned into a value or a record.

A `Check` never stops at the first problem. It notes it, with its place, and goes on, so that a file with
three mistakes needs one round of corrections. Values from Python pass through the same functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, get_args

from cisim.params import PARAMS, Grade, Param, Value, nearest
from cisim.problems import Place, Problem, shown
from cisim.reader import Node, Unreadable
from cisim.records import DISTRIBUTIONS, Argument, Driver, Fact, Frozen, Group, Indicator, Link, Uncertainty

R = TypeVar("R")
Fields = dict[str, Node]

MAX_DRIVERS = 12
MAX_GROUPS = 64
BIG = 1e15


class Check:
    """Collects the problems of one scenario and converts what is right."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self.problems = list(problems)

    def fail(self, node: Node | Place, field: str, message: str) -> None:
        """Note a problem."""
        place = node.place if isinstance(node, Node) else node
        self.problems.append(Problem(place, field, message))

    # --- scalars ---

    def number(
        self, node: Node, field: str, low: float, high: float, what: str, *, whole: bool = False, unit: str = ""
    ) -> float | None:
        """Return a finite number within `low`..`high`, or note why not; `what` says what is allowed."""
        value = _without_unit(node.value, unit)
        if isinstance(value, Unreadable):
            self.fail(node, field, f"{shown(value.text)} is not allowed: {value.hint}; {what}")
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(node, field, f"{_kind(value)} is not allowed; {what}{_number_hint(value, unit)}")
            return None
        if not low <= value <= high or (whole and value != int(value)):
            self.fail(node, field, f"{shown(value)} is not allowed; {what}")
            return None
        return int(value) if whole else float(value) + 0.0

    def text(self, node: Node, field: str, limit: int = 200) -> str | None:
        """Return a text of 1 to `limit` printable characters (descriptions may have several lines)."""
        value = node.value.text if isinstance(node.value, Unreadable) else node.value
        if not isinstance(value, str):
            hint = "" if isinstance(value, list | dict) or value is None else "; put it in quotes"
            self.fail(node, field, f"{_kind(value)} is not allowed; a text of 1 to {limit} characters{hint}")
            return None
        value = value.strip()
        if not 1 <= len(value) <= limit:
            self.fail(node, field, f"a text of 1 to {limit} characters, not {len(value)}")
            return None
        if not all(char.isprintable() or char == "\n" for char in value):
            self.fail(node, field, "the text has characters that cannot be printed")
            return None
        return value

    def one_of(self, node: Node, field: str, choices: Iterable[str], what: str = "") -> str | None:
        """Return one of a few names, or note the nearest one."""
        names = tuple(choices)
        value = node.value
        if isinstance(value, str) and value in names:
            return value
        near = _did_you_mean(value, names)
        listed = f"one of {', '.join(names)}" if len(names) <= 20 else "a name that exists"
        self.fail(node, field, f"{_kind(value)} is not allowed; {listed}{what}{near}")
        return None

    def param(self, name: str, node: Node, field: str = "") -> Value | None:
        """Return the value of a declared parameter."""
        row, field = PARAMS[name], field or name
        if row.kind == "choice":
            return self.one_of(node, field, row.choices, f" ({row.meaning})")
        unit = "" if row.unit == "-" else row.unit
        return self.number(node, field, row.low, row.high, allowed(row), whole=row.kind == "int", unit=unit)

    # --- structures ---

    def fields(self, node: Node, field: str, required: Iterable[str], optional: Iterable[str] = ()) -> Fields | None:
        """Return the entries of a mapping that may have these keys and must have the required ones."""
        if not isinstance(node.value, dict):
            self.fail(node, field, f"{_kind(node.value)} is not allowed; 'key: value' lines are needed here")
            return None
        required = tuple(required)
        known = (*required, *optional)
        entries: Fields = node.value
        for key in entries:
            if key not in known:
                self.unknown(node.keys[key], field, key, known)
        missing = [key for key in required if key not in entries]
        if missing:
            self.fail(node, field, f"{' and '.join(missing)} missing here")
            return None
        return {key: value for key, value in entries.items() if key in known}

    def unknown(self, place: Place, field: str, key: str, known: Iterable[str]) -> None:
        """Note a key that does not exist, with the nearest one that does."""
        names = tuple(known)
        hint = _did_you_mean(key, names)
        if not hint and key in PARAMS:
            hint = "; it is a parameter and belongs under 'params'"
        if not hint and len(names) <= 20:
            hint = f"; there are {', '.join(names)}"
        self.fail(place, f"{field}.{key}".lstrip(".") if len(key) < 60 else field, f"no such name{hint}")

    def items(self, node: Node, field: str, low: int, high: int, one: Callable[[Node, str], R | None]) -> tuple[R, ...]:
        """Return the records of a list of `low` to `high` items, each read by `one`."""
        if not isinstance(node.value, list):
            self.fail(node, field, f"{_kind(node.value)} is not allowed; a list of {low} to {high} is needed here")
            return ()
        if not low <= len(node.value) <= high:
            self.fail(node, field, f"{len(node.value)} items; a list of {low} to {high} is needed here")
        found = (one(item, f"{field}[{i}]") for i, item in enumerate(node.value[:high]))
        return tuple(item for item in found if item is not None)

    def unique(self, node: Node, field: str, names: Iterable[object]) -> None:
        """Note names that occur twice in a list."""
        seen: set[object] = set()
        for i, name in enumerate(names):
            if name in seen:
                where = node.value[i] if i < len(node.value) else node
                self.fail(where, f"{field}[{i}]", f"{shown(name)} is named twice")
            seen.add(name)

    # --- records ---

    def indicator(self, node: Node, field: str = "indicator") -> Indicator | None:
        """Return the headline indicator."""
        got = self.fields(node, field, ("name", "unit", "baseline", "best", "population"), ("per",))
        if got is None:
            return None
        name = self.text(got["name"], f"{field}.name", 80)
        unit = self.text(got["unit"], f"{field}.unit", 80)
        baseline = self.number(got["baseline"], f"{field}.baseline", 1e-9, BIG, "a number above 0 (level at the start)")
        best = self.number(got["best"], f"{field}.best", 0, BIG, "0 or more (best attainable level)")
        people = self.number(got["population"], f"{field}.population", 1, BIG, "1 or more (people the rate refers to)")
        per = self._optional(got, field, "per", 1.0, 1e-9, BIG, "a number above 0 (1000 for a rate per thousand)")
        if name is None or unit is None or baseline is None or best is None or people is None or per is None:
            return None
        if best == baseline:
            self.fail(got["best"], f"{field}.best", "equals the baseline; nothing could improve")
            return None
        return Indicator(name, unit, baseline, best, people, per)

    def _optional(
        self, got: Fields, field: str, key: str, default: float, low: float, high: float, what: str
    ) -> float | None:
        """Return an optional number, or its default where it is not stated."""
        return self.number(got[key], f"{field}.{key}", low, high, what) if key in got else default

    def group(self, node: Node, field: str) -> Group | None:
        """Return one population group."""
        got = self.fields(node, field, ("name", "size"), ("need", "reach", "level"))
        if got is None:
            return None
        name = self.text(got["name"], f"{field}.name", 60)
        size = self.number(got["size"], f"{field}.size", 1e-9, BIG, "a number above 0 (people in the group)")
        need = self._optional(got, field, "need", 1.0, 0, 100, "0 to 100 (services needed per head, relative)")
        reach = self._optional(got, field, "reach", 1.0, 0, 1, "0 to 1 (ease of reach)")
        level = self._optional(got, field, "level", 1.0, 0, 100, "0 to 100 (level relative to the community's mean)")
        if name is None or size is None or need is None or reach is None or level is None:
            return None
        return Group(name, size, need, reach, level)

    def driver(self, node: Node, field: str) -> Driver | None:
        """Return one driver; a bare name is a driver of weight 1."""
        if isinstance(node.value, str):
            name = self.text(node, field, 60)
            return Driver(name) if name else None
        got = self.fields(node, field, ("name",), ("weight",))
        if got is None:
            return None
        name = self.text(got["name"], f"{field}.name", 60)
        weight = self._optional(got, field, "weight", 1.0, 1e-6, 1e6, "a number above 0 (relative weight)")
        return None if name is None or weight is None else Driver(name, weight)

    def link(self, node: Node, field: str) -> Link | None:
        """Return one link between drivers; whether these exist is seen later."""
        got = self.fields(node, field, ("source", "target", "strength"))
        if got is None:
            return None
        source = self.text(got["source"], f"{field}.source", 60)
        target = self.text(got["target"], f"{field}.target", 60)
        strength = self.number(got["strength"], f"{field}.strength", 0, 1, "0 to 1 (strength)")
        if source is None or target is None or strength is None:
            return None
        if source == target:
            self.fail(got["target"], f"{field}.target", f"{shown(target)} cannot feed itself")
            return None
        return Link(source, target, strength)

    def fact(self, node: Node, field: str) -> Fact | None:
        """Return one fact with its source."""
        got = self.fields(node, field, ("text", "source"))
        if got is None:
            return None
        text, source = self.text(got["text"], f"{field}.text", 1000), self.text(got["source"], f"{field}.source", 400)
        return None if text is None or source is None else Fact(text, source)

    def uncertainty(self, node: Node, field: str) -> Uncertainty | None:
        """Return one uncertain parameter with its distribution."""
        every = {key for names in DISTRIBUTIONS.values() for key in names}
        got = self.fields(node, field, ("name", "distribution", "source", "grade"), sorted(every))
        if got is None:
            return None
        name = self.one_of(got["name"], f"{field}.name", PARAMS)
        kind = self.one_of(got["distribution"], f"{field}.distribution", DISTRIBUTIONS)
        source = self.text(got["source"], f"{field}.source", 400)
        grade = self.one_of(got["grade"], f"{field}.grade", get_args(Grade))
        if name is None or kind is None or source is None or grade is None:
            return None
        arguments = self._arguments(node, field, name, kind, got)
        found: Any = grade  # a str that one_of has compared with the literals
        return None if arguments is None else Uncertainty(name, kind, Frozen(arguments), source, found)

    def _arguments(
        self, node: Node, field: str, name: str, kind: str, got: Fields
    ) -> dict[str, Argument] | None:
        """Return the arguments of a distribution, within the range of the parameter."""
        row, wanted = PARAMS[name], DISTRIBUTIONS[kind]
        stated = {key for key in got if key not in ("name", "distribution", "source", "grade")}
        if stated != set(wanted):
            self.fail(node, field, f"{kind} takes {', '.join(wanted)}; {', '.join(sorted(stated)) or 'nothing'} stated")
            return None
        if kind == "choice":
            values = self.items(got["values"], f"{field}.values", 1, 50, lambda n, f: self.param(name, n, f))
            return {"values": values} if values else None
        if row.kind == "choice":
            self.fail(got["distribution"], f"{field}.distribution", f"{name} is a name; use choice with values")
            return None
        found: dict[str, Argument] = {}
        for key in wanted:
            low, high, what = row.low, row.high, allowed(row)
            if key in ("sd", "sigma", "a", "b"):
                low, high, what = 1e-12, BIG, "a number above 0"
            value = self.number(got[key], f"{field}.{key}", low, high, what)
            if value is not None:
                found[key] = value
        return found if len(found) == len(wanted) and self._ordered(node, field, kind, found) else None

    def _ordered(self, node: Node, field: str, kind: str, found: Mapping[str, Any]) -> bool:
        """Note where low, middle and high are not in that order."""
        middle = next((found[key] for key in ("mode", "mean", "median") if key in found), None)
        ordered = found["low"] < found["high"] and (middle is None or found["low"] <= middle <= found["high"])
        positive = kind not in ("loguniform", "lognormal") or found["low"] > 0
        if not ordered:
            self.fail(node, field, "low, middle and high have to stand in this order")
        if not positive:
            self.fail(node, field, f"low has to be above 0 for {kind}")
        return ordered and positive


def allowed(row: Param) -> str:
    """Return in words what a parameter may be.

    Examples
    --------
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


def _without_unit(value: Any, unit: str) -> Any:
    """Return the number of a text such as ``"4.345 weeks"`` if the unit is exactly the declared one."""
    match = _WITH_UNIT.match(value.strip()) if isinstance(value, str) and unit else None
    if match is None or match[2].strip() != unit:
        return value
    try:
        number = float(match[1])
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def _number_hint(value: Any, unit: str) -> str:
    """Return what to write instead of a text where a number belongs."""
    if not isinstance(value, str):
        return ""
    if value.strip().lower() in ("yes", "no", "on", "off", "true", "false"):
        return "; write 1 or 0"
    match = _WITH_UNIT.match(value.strip())
    if match:
        return f"; the unit is {unit!r}, nothing else" if unit else "; it has no unit"
    try:
        is_number = math.isfinite(float(value))
    except ValueError:
        return ""
    return "; write the number without quotes" if is_number else ""


def _kind(value: Any) -> str:
    """Return a value as an error names it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return shown(value.text if isinstance(value, Unreadable) else value)


def _did_you_mean(value: Any, names: tuple[str, ...]) -> str:
    """Return a hint at the nearest name, if any is near."""
    near = nearest(value[:80], names) if isinstance(value, str) else None
    return f"; did you mean {near!r}?" if near else ""
