"""What a scenario may say: each statement is checked and turned into a value or a record.

A `Check` never stops at the first problem. It notes it, with its place, and goes on, so that a file with
three mistakes needs one round of corrections. Values from Python pass through the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, get_args

from cisim.params import PARAMS, Grade, Value
from cisim.problems import Place, Problem, shown
from cisim.records import DISTRIBUTIONS, Argument, Driver, Fact, Frozen, Group, Indicator, Link, Uncertainty
from cisim.tree import Node, Unreadable
from cisim.wording import allowed, did_you_mean, kind_of, number_hint, without_unit

R = TypeVar("R")
Fields = dict[str, Node]

MAX_DRIVERS = 12
MAX_GROUPS = 64
SMALL, BIG = 1e-9, 1e15


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
        self,
        node: Node,
        field: str,
        low: float,
        high: float,
        what: str,
        *,
        whole: bool = False,
        unit: str = "",
    ) -> float | None:
        """Return a finite number within `low`..`high`, or note why not; `what` says what is allowed."""
        value = without_unit(node.value, unit)
        if isinstance(value, Unreadable):
            self.fail(node, field, f"{shown(value.text)} is not allowed: {value.hint}; {what}")
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(node, field, f"{kind_of(value)} is not allowed; {what}{number_hint(value, unit)}")
            return None
        if not low <= value <= high or (whole and value != int(value)):
            self.fail(node, field, f"{shown(value)} is not allowed; {what}")
            return None
        return int(value) if whole else float(value) + 0.0

    def text(self, node: Node, field: str, limit: int = 200, *, lines: bool = False) -> str | None:
        """Return a text of 1 to `limit` printable characters, on one line unless `lines`."""
        value = node.value.text if isinstance(node.value, Unreadable) else node.value
        if not isinstance(value, str):
            hint = "" if isinstance(value, list | dict) or value is None else "; put it in quotes"
            what = f"a text of 1 to {limit} characters"
            self.fail(node, field, f"{kind_of(value)} is not allowed; {what}{hint}")
            return None
        value = value.strip()
        if not 1 <= len(value) <= limit:
            self.fail(node, field, f"a text of 1 to {limit} characters, not {len(value)}")
            return None
        if not all(char.isprintable() or (lines and char == "\n") for char in value):
            self.fail(node, field, "the text has line breaks or other characters that do not belong there")
            return None
        return value

    def one_of(self, node: Node, field: str, choices: Iterable[str], what: str = "") -> str | None:
        """Return one of a few names, or note the nearest one."""
        names = tuple(choices)
        value = node.value
        if isinstance(value, str) and value in names:
            return value
        near = did_you_mean(value, names)
        listed = f"one of {', '.join(names)}" if len(names) <= 20 else "a name that exists"
        self.fail(node, field, f"{kind_of(value)} is not allowed; {listed}{what}{near}")
        return None

    def param(self, name: str, node: Node, field: str = "") -> Value | None:
        """Return the value of a declared parameter."""
        row, field = PARAMS[name], field or name
        if row.kind == "choice":
            return self.one_of(node, field, row.choices, f" ({row.meaning})")
        unit = "" if row.unit == "-" else row.unit
        return self.number(node, field, row.low, row.high, allowed(row), whole=row.kind == "int", unit=unit)

    # --- structures ---

    def fields(
        self, node: Node, field: str, required: Iterable[str], optional: Iterable[str] = ()
    ) -> Fields | None:
        """Return the entries of a mapping that may have these keys and must have the required ones."""
        if not isinstance(node.value, dict):
            self.fail(
                node, field, f"{kind_of(node.value)} is not allowed; 'key: value' lines are needed here"
            )
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
        names = tuple(dict.fromkeys(known))
        hint = did_you_mean(key, names)
        if not hint and key in PARAMS:
            hint = "; it is a parameter and belongs under 'params'"
        if not hint and len(names) <= 20:
            hint = f"; there are {', '.join(names)}"
        self.fail(place, f"{field}.{key}".lstrip(".") if len(key) < 60 else field, f"no such name{hint}")

    def items(
        self, node: Node, field: str, low: int, high: int, one: Callable[[Node, str], R | None]
    ) -> tuple[R, ...]:
        """Return the records of a list of `low` to `high` items, each read by `one`."""
        if not isinstance(node.value, list):
            self.fail(node, field, f"{kind_of(node.value)} is not allowed; a list is needed here")
            return ()
        if not low <= len(node.value) <= high:
            n = len(node.value)
            self.fail(node, field, f"{n} item{'s' * (n != 1)}; a list of {low} to {high} is needed here")
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
        start, people_are = "a number above 0 (level at the start)", "1 or more (people the rate refers to)"
        baseline = self.number(got["baseline"], f"{field}.baseline", SMALL, BIG, start)
        best = self.number(got["best"], f"{field}.best", 0, BIG, "0 or more (best attainable level)")
        people = self.number(got["population"], f"{field}.population", 1, BIG, people_are)
        per = self._optional(got, field, "per", 1.0, SMALL, BIG, "above 0 (1000 for a rate per thousand)")
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
        size = self.number(got["size"], f"{field}.size", SMALL, BIG, "a number above 0 (people in the group)")
        need = self._optional(
            got, field, "need", 1.0, 0, 100, "0 to 100 (services needed per head, relative)"
        )
        reach = self._optional(got, field, "reach", 1.0, 0, 1, "0 to 1 (ease of reach)")
        level = self._optional(
            got, field, "level", 1.0, 0, 100, "0 to 100 (relative to the community's mean)"
        )
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
        text = self.text(got["text"], f"{field}.text", 1000)
        source = self.text(got["source"], f"{field}.source", 400)
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
        return (
            None if arguments is None else Uncertainty(name, kind, Frozen[Argument](arguments), source, found)
        )

    def _arguments(self, node: Node, field: str, name: str, kind: str, got: Fields) -> dict[str, Any] | None:
        """Return the arguments of a distribution, within the range of the parameter."""
        row, wanted = PARAMS[name], DISTRIBUTIONS[kind]
        stated = {key for key in got if key not in ("name", "distribution", "source", "grade")}
        if stated != set(wanted):
            found_here = ", ".join(sorted(stated)) or "nothing"
            self.fail(node, field, f"{kind} takes {', '.join(wanted)}; {found_here} stated")
            return None
        if kind == "choice":
            values = self.items(got["values"], f"{field}.values", 1, 50, lambda n, f: self.param(name, n, f))
            return {"values": values} if len(values) == len(got["values"].value) else None
        if row.kind == "choice":
            self.fail(
                got["distribution"], f"{field}.distribution", f"{name} is a name; use choice with values"
            )
            return None
        found: dict[str, float] = {}
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
