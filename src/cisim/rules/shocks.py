"""Shocks and trend: what happens to everybody, whatever they do.

Recessions cut own income and funders' budgets; crises raise the level of the problem for a while; a secular
trend goes on. All draws are keyed by month, so paired worlds meet the same fate.
"""

from __future__ import annotations

from math import exp2  # not 0.5**x, which compiled code rounds otherwise than Python
from typing import Any

from cisim import rng
from cisim.compiled import kernel_step
from cisim.state import State


@kernel_step
def shocks(s: State, p: Any, seed: int, month: int) -> None:
    """Let this month's luck happen to the community."""
    w = s.world[0]
    if w.recession_left > 0:
        w.recession_left -= 1
    elif rng.uniform(seed, rng.RECESSION, month, 0, 0) < p.recession_per_year / 12.0:
        w.recession_left = p.recession_months
    if month > 0:
        w.level_shock *= exp2(-1.0 / p.crisis_half_life_months)
    if rng.uniform(seed, rng.NEED_SHOCK, month, 0, 0) < p.need_shock_per_year / 12.0:
        w.level_shock += p.need_shock_size
    w.trend *= (1.0 + p.trend_per_year) ** (1.0 / 12.0)
