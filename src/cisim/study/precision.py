"""How precise a study wants its paired difference, as its file states it."""

from __future__ import annotations

from cisim.checks import Check
from cisim.result import OUTCOMES
from cisim.study.records import GAIN
from cisim.study.stopping import MOST, PILOT, Precision
from cisim.tree import Node

LEAST_PILOT, MOST_PILOT = 5, 10_000
MOST_WORLDS = 1_000_000


def read_precision(check: Check, root: Node, node: Node | None) -> Precision:
    """Return the precision wanted; what is wrong is noted, and something harmless returned."""
    if node is None:
        check.fail(root, "precision", "is missing; 'worlds: auto' needs a half_width in the indicator's unit")
        return Precision(half_width=1.0)
    got = check.fields(node, "precision", ("half_width",), ("outcome", "level", "pilot", "most")) or {}

    def number(key: str, default: float, low: float, high: float, what: str, whole: bool = False) -> float:
        if key not in got:
            return default
        found = check.number(got[key], f"precision.{key}", low, high, what, whole=whole)
        return default if found is None else found

    outcome: str | None = GAIN
    if "outcome" in got:
        outcome = check.one_of(got["outcome"], "precision.outcome", (GAIN, *OUTCOMES))
    what = f"a whole number, {LEAST_PILOT} to {MOST_PILOT:,}"
    pilot = int(number("pilot", PILOT, LEAST_PILOT, MOST_PILOT, what, whole=True))
    what = f"a whole number from {pilot}, the pilot, to {MOST_WORLDS:,}"
    most = int(number("most", max(MOST, pilot), pilot, MOST_WORLDS, what, whole=True))
    half_width = number("half_width", 1.0, 1e-12, 1e15, "a number above 0")
    level = number("level", 0.95, 0.5, 0.9999, "0.5 to 0.9999")
    return Precision(outcome or GAIN, half_width, None, level, pilot, most)
