"""The cases a study compares: regimes of one scenario, with settings of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cisim.checks import Check
from cisim.presets import home, names_in
from cisim.problems import Problem, ScenarioError
from cisim.scenario import Scenario
from cisim.study.factors import LONGEST, FactorReader, usable
from cisim.tree import Node

MOST_CASES = 12
DEFAULT_CASES = ("isolated", "collective")


class StatedCase(NamedTuple):
    """What a study says of one case: regime, settings, and where it says so."""

    regime: str
    values: dict[str, Any]
    node: Node | None


def stated_cases(check: Check, node: Node | None) -> dict[str, StatedCase]:
    """Return what the block `cases` says, by label."""
    if node is None:
        return {name: StatedCase(name, {}, None) for name in DEFAULT_CASES}
    regimes = names_in(home() / "regimes")
    if isinstance(node.value, list):
        names = check.items(node, "cases", 1, MOST_CASES, lambda one, at: check.one_of(one, at, regimes))
        check.unique(node, "cases", names)
        return {name: StatedCase(name, {}, node) for name in names}
    labels = tuple(node.value) if isinstance(node.value, dict) else ()
    entries = check.fields(node, "cases", (), labels) or {}
    if not 1 <= len(entries) <= MOST_CASES:
        check.fail(node, "cases", f"{len(entries)} cases; 1 to {MOST_CASES} are allowed")
    for label in labels:
        if not usable(label):
            what = f"{label[:LONGEST]!r} is not allowed; a label has 1 to {LONGEST} printable characters"
            check.fail(node, "cases", what)
    found = {label: _one(check, f"cases.{label}", entry, regimes) for label, entry in entries.items()}
    return {label: one for label, one in found.items() if one is not None}


def _one(check: Check, field: str, entry: Node, regimes: tuple[str, ...]) -> StatedCase | None:
    """Return one case, or None where a problem was noted."""
    got = check.fields(entry, field, ("regime",), ("set",)) or {}
    if "regime" not in got:
        return None
    regime = check.one_of(got["regime"], f"{field}.regime", regimes)
    reader = FactorReader(check, (), None, is_sampled=False)
    values = reader.settings(got["set"], f"{field}.set") if "set" in got else {}
    return StatedCase(regime, values, entry) if regime else None


def made_cases(
    check: Check, root: Node, scenario: Scenario, stated: Mapping[str, StatedCase], common: Mapping[str, Any]
) -> dict[str, Scenario]:
    """Return the scenario of each case: the regime, then what holds in all cases, then its own settings."""
    found: dict[str, Scenario] = {}
    for label, (regime, values, node) in stated.items():
        try:
            found[label] = scenario.with_(regime=regime, **{**common, **values})
        except ScenarioError as error:
            place = node.place if node else root.place
            check.problems.extend(Problem(place, f"cases.{label}", one.message) for one in error.problems)
    return found
