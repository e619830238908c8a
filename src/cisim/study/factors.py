"""What a study varies, as its file states it: grids of values or named levels, ranges, and distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cisim.checks import Check
from cisim.params import LEVERS, PARAMS, Value
from cisim.records import Argument, Frozen, Uncertainty
from cisim.study.records import Factor, Level
from cisim.tree import Node
from cisim.wording import kind_of

MOST_LEVELS = 1_000
MOST_FACTORS = 60
LONGEST = 80
RESERVED = (
    "study", "point", "setting", "draw", "luck", "case", "world", "worlds", "seed", "run", "month", "value", "weight",
    "outcome", "unit", "units", "reference", "mean", "sd", "diff", "low", "high", "gain", "share_positive", "share_low",
    "share_high", "spread_low", "spread_high", "variance_ratio", "variance_reduction", "draws", "points", "dropped",
    "basis", "decision", "context", "regret", "indicator", "error", "scenario",
)  # fmt: skip
"""Names of columns of results, which a factor may not have."""
SAMPLED = ("sensitivity", "discover", "calibrate")
"""Analyses of samples, in which a range without a number of steps is a uniform distribution."""


class FactorReader:
    """Reads the factors of one study.

    Parameters
    ----------
    check : Check
        Collects what is wrong.
    cases : tuple of str
        Labels of all cases.
    reference : str or None
        Case that levers do not apply to unless the file says so.
    is_sampled : bool
        Whether a bare range is a distribution.
    """

    def __init__(self, check: Check, cases: tuple[str, ...], reference: str | None, is_sampled: bool) -> None:
        self.check, self.cases, self.reference, self.is_sampled = check, cases, reference, is_sampled

    def vary(self, node: Node) -> tuple[Factor, ...]:
        """Return the factors of the block `vary`."""
        if not isinstance(node.value, dict):
            self.check.fail(
                node, "vary", f"{kind_of(node.value)} is not allowed; 'name: values' lines are needed"
            )
            return ()
        if len(node.value) > MOST_FACTORS:
            self.check.fail(node, "vary", f"{len(node.value)} factors; at most {MOST_FACTORS}")
            return ()
        found = [self._one(name, entry, node) for name, entry in node.value.items()]
        return tuple(factor for factor in found if factor is not None)

    def _one(self, name: str, node: Node, parent: Node) -> Factor | None:
        """Return one factor: a list of values, a range, or named levels that set several parameters."""
        field = f"vary.{name}"
        if name not in PARAMS and (name in RESERVED or not usable(name)):
            what = (
                "is the name of a column"
                if name in RESERVED
                else f"is not a name of 1 to {LONGEST} printable characters"
            )
            self.check.fail(parent.keys[name], field, f"{name[:LONGEST]!r} {what}; choose another")
            return None
        if isinstance(node.value, dict) and "levels" in node.value:
            return self._named(name, node, field)
        if name not in PARAMS:
            self.check.unknown(parent.keys[name], "vary", name, tuple(PARAMS))
            return None
        if isinstance(node.value, list):
            return self._grid(name, self._values(name, node, field), self._default_cases((name,)))
        got = self.check.fields(node, field, (), ("values", "low", "high", "n", "scale", "cases"))
        if got is None:
            return None
        cases = self._cases(got, field, (name,))
        if "values" in got:
            self._only(got, field, ("values", "cases"))
            return self._grid(name, self._values(name, got["values"], f"{field}.values"), cases)
        return self._range(name, node, got, field, cases)

    def _only(self, got: Mapping[str, Node], field: str, allowed: tuple[str, ...]) -> None:
        """Note keys that contradict what is stated beside them."""
        for key, entry in got.items():
            if key not in allowed:
                self.check.fail(entry, f"{field}.{key}", f"does not go with {allowed[0]}; state one of them")

    def _values(self, name: str, node: Node, field: str) -> tuple[Value, ...]:
        """Return a list of different values of a parameter."""

        def one(item: Node, at: str) -> Value | None:
            return self.check.param(name, item, at)

        values: tuple[Value, ...] = self.check.items(node, field, 1, MOST_LEVELS, one)
        self.check.unique(node, field, values)
        return values

    def _range(
        self, name: str, node: Node, got: Mapping[str, Node], field: str, cases: tuple[str, ...]
    ) -> Factor | None:
        """Return a factor that goes from low to high, in n steps or anywhere between."""
        row = PARAMS[name]
        if row.kind == "choice" or "low" not in got or "high" not in got:
            what = (
                f"list its values ({', '.join(row.choices)})"
                if row.kind == "choice"
                else "low and high are missing here"
            )
            self.check.fail(node, field, what)
            return None
        low, high = (self.check.param(name, got[end], f"{field}.{end}") for end in ("low", "high"))
        if low is None or high is None:
            return None
        if not float(low) < float(high):
            self.check.fail(
                got["high"], f"{field}.high", f"{high} is not allowed; a number above low, which is {low}"
            )
            return None
        scale = (
            self.check.one_of(got["scale"], f"{field}.scale", ("linear", "log"))
            if "scale" in got
            else "linear"
        )
        if scale == "log" and float(low) <= 0.0:
            self.check.fail(got["low"], f"{field}.low", f"{low} is not allowed; above 0 on a log scale")
            return None
        if "n" not in got:
            if self.is_sampled:
                return self._distribution(name, float(low), float(high), scale == "log", cases)
            self.check.fail(node, field, "n is missing here: in how many steps from low to high")
            return None
        n = self.check.number(
            got["n"], f"{field}.n", 2, MOST_LEVELS, f"a whole number, 2 to {MOST_LEVELS} steps", whole=True
        )
        return (
            None
            if n is None
            else self._grid(name, steps(name, float(low), float(high), int(n), scale == "log"), cases)
        )

    def _distribution(
        self, name: str, low: float, high: float, is_log: bool, cases: tuple[str, ...]
    ) -> Factor:
        """Return a factor that is drawn evenly from a range."""
        arguments: dict[str, Argument] = {"low": low, "high": high}
        kind = "loguniform" if is_log else "uniform"
        return factor_of(Uncertainty(name, kind, Frozen(arguments), "range of this study", "assumed"), cases)

    def _grid(self, name: str, values: tuple[Value, ...], cases: tuple[str, ...]) -> Factor | None:
        """Return a factor whose levels are values of one parameter."""
        row = PARAMS[name]
        levels = tuple(Level(value, Frozen({name: value})) for value in values)
        return Factor(name, row.unit, row.meaning, cases, levels, None, row.is_lever) if levels else None

    def _named(self, name: str, node: Node, field: str) -> Factor | None:
        """Return a factor whose levels set several parameters each."""
        got = self.check.fields(node, field, ("levels",), ("cases", "meaning"))
        if got is None or not isinstance(got["levels"].value, dict) or not got["levels"].value:
            self.check.fail(node, f"{field}.levels", "'label: {parameter: value}' lines are needed here")
            return None
        if name in PARAMS:
            self.check.fail(
                node, field, f"{name!r} is a parameter; give levels that set several another name"
            )
            return None
        meaning = self.check.text(got["meaning"], f"{field}.meaning", 200) if "meaning" in got else ""
        levels = []
        for label, entry in got["levels"].value.items():
            if not usable(label):
                what = f"{label[:LONGEST]!r} is not allowed; a label has 1 to {LONGEST} printable characters"
                self.check.fail(entry, f"{field}.levels", what)
            values = self.settings(entry, f"{field}.levels.{label}")
            levels.append(Level(label, Frozen(values)))
        named = {key for level in levels for key in level.values}
        for level in levels:  # a level that leaves a parameter alone would depend on what came before
            for missing in sorted(named - set(level.values)):
                where = got["levels"].value[str(level.label)]
                self.check.fail(
                    where,
                    f"{field}.levels.{level.label}",
                    f"{missing} is set by other levels; state it here too",
                )
        cases = self._cases(got, field, tuple(named))
        is_lever = all(key in LEVERS for key in named)
        return Factor(name, "name", meaning or "", cases, tuple(levels), None, is_lever)

    def settings(self, node: Node, field: str) -> dict[str, Value]:
        """Return parameters and their values."""
        entries = self.check.fields(node, field, (), tuple(PARAMS)) or {}
        found = {key: self.check.param(key, entry, f"{field}.{key}") for key, entry in entries.items()}
        return {key: value for key, value in found.items() if value is not None}

    def _cases(self, got: Mapping[str, Node], field: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the cases a factor applies to: as stated, or by default."""
        if "cases" not in got:
            return self._default_cases(names)
        read: Callable[[Node, str], str | None] = lambda one, at: self.check.one_of(one, at, self.cases)  # noqa: E731
        return self.check.items(got["cases"], f"{field}.cases", 1, len(self.cases), read)

    def _default_cases(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Levers leave the reference as it is; whatever nobody decides holds in all cases."""
        if self.reference is not None and all(name in LEVERS for name in names):
            return tuple(case for case in self.cases if case != self.reference)
        return self.cases

    def uncertainties(self, node: Node, known: tuple[Uncertainty, ...]) -> tuple[Factor, ...]:
        """Return the factors of a list of distributions; a bare name means that of the scenario."""
        by_name = {one.name: one for one in known}

        def one(item: Node, at: str) -> Factor | None:
            if isinstance(item.value, str) and not by_name:
                what = f"{item.value!r} is not allowed; the scenario declares no uncertainties: state a distribution"
                self.check.fail(item, at, what)
                return None
            if isinstance(item.value, str):
                name = self.check.one_of(item, at, by_name, " (uncertainties of the scenario)")
                return self.drawn(by_name[name]) if name else None
            found = self.check.uncertainty(item, at)
            return self.drawn(found) if found else None

        return self.check.items(node, "uncertainties", 1, MOST_FACTORS, one)

    def drawn(self, uncertainty: Uncertainty) -> Factor:
        """Return the factor that draws an uncertain parameter, in all cases: what nobody knows, nobody decides."""
        return factor_of(uncertainty, self.cases)


def usable(label: str) -> bool:
    """Tell whether a label can stand in tables, files and figures."""
    return len(label.strip()) >= 1 and len(label) <= LONGEST and label.isprintable()


def factor_of(uncertainty: Uncertainty, cases: tuple[str, ...]) -> Factor:
    """Return the factor that draws an uncertain parameter in the given cases."""
    row = PARAMS[uncertainty.name]
    return Factor(row.name, row.unit, row.meaning, cases, (), uncertainty, row.is_lever)


def steps(name: str, low: float, high: float, n: int, is_log: bool = False) -> tuple[Value, ...]:
    """Return `n` values of a parameter from low to high, rounded and without repetition if they are whole.

    Examples
    --------
    >>> steps("n_orgs", 10, 50, 5)
    (10, 20, 30, 40, 50)
    """
    raw = np.geomspace(low, high, n) if is_log else np.linspace(low, high, n)
    if PARAMS[name].kind == "int":
        return tuple(dict.fromkeys(round(float(value)) for value in raw))
    return tuple(dict.fromkeys(float(f"{value:.12g}") for value in raw))
