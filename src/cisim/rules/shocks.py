"""Shocks and trend: what happens to everybody, whatever they do.

Recessions cut own income and funders' budgets; crises raise the level of the problem for a while; policy
changes what one driver counts for; a secular trend goes on. All draws are keyed by month, so paired worlds
meet the same fate.
"""

from __future__ import annotations

from math import exp, exp2  # not 0.5**x, which compiled code rounds otherwise than Python
from typing import Any

from cisim import rng
from cisim.compiled import kernel_step
from cisim.handle import rule
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
    if rng.uniform(seed, rng.POLICY, month, 0, 0) < p.policy_shock_per_year / 12.0:
        change_policy(s, p, seed, month)


@rule
def change_policy(s: State, p: Any, seed: int, month: int) -> None:
    """Change the weight of one driver, chosen by the highest draw so that order means nothing."""
    chosen = 0
    high = -1.0
    for d in range(s.weight.shape[0]):
        u = rng.uniform(seed, rng.nth(rng.POLICY, 1), month, s.driver_uid[d], 0)
        if u > high:
            high = u
            chosen = d
    z = rng.normal(seed, rng.nth(rng.POLICY, 2), month, s.driver_uid[chosen], 0)
    s.weight[chosen] *= exp(p.policy_shock_size * z)
