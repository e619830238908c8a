"""The section `regimes` of a scenario: levers that are facts of the case, whichever preset sets them otherwise.

A preset assigns every lever of `presets.REGIME_LEVERS`, also those that the case itself decides, such as
what brought the coalition about. Whoever compares regimes would lose these facts; here a scenario keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cisim.checks import Check
from cisim.params import LEVERS, PARAMS, Value
from cisim.presets import home, names_in
from cisim.problems import Place
from cisim.records import Frozen
from cisim.tree import Node


class Stated(NamedTuple):
    """Value of a lever (None if it is not allowed) and where it was stated."""

    value: Value | None
    place: Place


def read_regimes(check: Check, node: Node) -> dict[str, dict[str, Stated]]:
    """Return what one file states under `regimes`: levers by regime, with what is wrong noted in `check`."""
    if node.value is None:
        return {}
    entries = check.fields(node, "regimes", (), names_in(home() / "regimes"))
    return {name: _levers(check, entry, f"regimes.{name}") for name, entry in (entries or {}).items()}


def _levers(check: Check, node: Node, field: str) -> dict[str, Stated]:
    """Return the levers stated for one regime."""
    if node.value is None:
        return {}
    if isinstance(node.value, dict):
        others = [key for key in node.value if key in PARAMS and key not in LEVERS]
        for key in others:
            message = f"{key} is not a lever, so no regime sets it; it belongs under 'params'"
            check.fail(node.keys[key], f"{field}.{key}", message)
        left = {key: value for key, value in node.value.items() if key not in others}
        node = Node(left, node.place, node.keys)
    entries = check.fields(node, field, (), LEVERS) or {}
    return {
        name: Stated(check.param(name, entry, f"{field}.{name}"), entry.place)
        for name, entry in entries.items()
    }


def merged(
    inherited: Mapping[str, Mapping[str, Value]], own: Mapping[str, Mapping[str, Stated]]
) -> Frozen[Frozen[Value]]:
    """Return inherited levers with a file's own ones on top, regime by regime and lever by lever.

    Examples
    --------
    >>> from cisim.problems import NOWHERE
    >>> merged({"network": {"backbone": 0.5, "ceo_rank": 1}}, {"network": {"backbone": Stated(0.2, NOWHERE)}})
    {'network': {'backbone': 0.2, 'ceo_rank': 1}}
    """
    found: dict[str, Frozen[Value]] = {}
    for name in (*inherited, *(name for name in own if name not in inherited)):
        mine = {lever: one.value for lever, one in own.get(name, {}).items() if one.value is not None}
        found[name] = Frozen({**inherited.get(name, {}), **mine})
    return Frozen(found)
