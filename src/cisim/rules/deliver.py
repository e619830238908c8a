"""Deliver: hours become service, service becomes coverage, coverage becomes outcomes.

Hours promised elsewhere in the month before (meetings, applications, measurement, trials) come first, but
never take more than nine tenths of the time; the rest is carried over. What is left is service.
"""

from __future__ import annotations

from typing import Any

from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.production import clear_cells, count_coverage, group_output, serve, set_indicator
from cisim.state import H_JOINT, H_SERVICE, State

MOST_OWED = 0.9  # share of time that can go into anything but service


@kernel_step
def deliver(s: State, p: Any, seed: int, month: int) -> None:
    """Serve residents and let the population's indicator follow."""
    clear_cells(s)
    weighted = 0.0
    clients = 0.0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            settle_hours(s, i)
            serve(s, p, i, s.hours[i, H_SERVICE] + p.joint_effect * s.hours[i, H_JOINT])
            clients += s.clients[i]
            weighted += s.clients[i] * s.true_effect[i]
        else:
            for use in range(s.hours.shape[1]):
                s.hours[i, use] = 0.0
    count_coverage(s)
    s.world[0].client_effect = weighted / clients if clients > 0.0 else 0.0
    for g in range(s.problem.shape[0]):
        level = s.problem_unserved[g] * (1.0 - group_output(s, p, g))
        s.problem[g] += (level - s.problem[g]) / max(1.0, p.indicator_lag_months)
    set_indicator(s)
    s.world[0].indicator_sum += s.world[0].indicator


@rule
def settle_hours(s: State, i: int) -> None:
    """Book the hours organisation `i` has promised, and leave the rest of its time for service."""
    owed = 0.0
    for use in range(1, s.hours.shape[1]):
        owed += s.hours_owed[i, use]
    kept = min(1.0, MOST_OWED * s.staff_hours[i] / owed) if owed > 0.0 else 1.0
    left = s.staff_hours[i]
    for use in range(1, s.hours.shape[1]):
        s.hours[i, use] = kept * s.hours_owed[i, use]
        s.hours_owed[i, use] -= s.hours[i, use]
        left -= s.hours[i, use]
    s.hours[i, H_SERVICE] = left
