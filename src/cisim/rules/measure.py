"""Measure: alone and by one's own yardstick, or together.

Alone an organisation reports once a year, with the reliability of a single report, and exaggerates as far as
its money depends on being credited with an effect of its own. A shared system makes reports comparable, more
frequent, more reliable and split by group, and shows exaggeration up; it takes time to set up, costs money
and hours, and is as good as the data manager. The published indicator comes out once a year with sampling
noise.
"""

from __future__ import annotations

from typing import Any

from cisim import rng
from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.money import dependence
from cisim.practice import hours_alone, judgement_sd, measurement_level, own_worth
from cisim.state import H_MEASUREMENT, NO_REPORT, OWN_REPORT, SHARED_REPORT, State


@kernel_step
def measure(s: State, p: Any, seed: int, month: int) -> None:
    """Publish the indicator, renew shared data, and let those whose report is due report."""
    publish(s, p, seed, month)
    for c in range(s.stage.shape[0]):
        if s.stage[c] > 0:
            renew_shared_data(s, p, seed, month, c)
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            level = measurement_level(s, i)
            s.hours_owed[i, H_MEASUREMENT] += (1.0 - level) * hours_alone(
                p, s.staff_hours[i]
            ) + level * p.measurement_hours
            s.report_due[i] = due(s, p, i, month, level)
            if s.report_due[i]:
                report(s, p, seed, month, i, level)


@rule
def publish(s: State, p: Any, seed: int, month: int) -> None:
    """Publish the yearly figure each December, with the sampling noise of a finite population."""
    w = s.world[0]
    if month % 12 == 11:
        z = rng.normal(seed, rng.PUBLISHED, month, 0, 0)
        w.indicator_seen = w.indicator_sum / 12.0 * (1.0 + p.indicator_noise_cv * z)
        w.indicator_sum = 0.0


@rule
def due(s: State, p: Any, i: int, month: int, level: float) -> int:
    """Tell whether a report is due: shared ones together, own ones in the month the name falls on."""
    if level > 0.0 and month % p.shared_report_months == 0:
        return SHARED_REPORT
    return OWN_REPORT if (month + s.uid[i]) % p.own_report_months == 0 else NO_REPORT


@rule
def renew_shared_data(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Bring what coalition `c` knows of unserved need up to date; without new data it goes stale."""
    n_groups, n_drivers = s.need.shape
    if month % p.shared_report_months != 0:
        return
    level = s.measurement[c]
    split = p.disaggregation * level
    noise = p.need_error_sd * (1.0 - level)
    for d in range(n_drivers):
        mean = 0.0
        total = 0.0
        for g in range(n_groups):
            mean += s.need[g, d] * (1.0 - s.covered[g, d])
            total += s.need[g, d]
        for g in range(n_groups):
            z = rng.normal(seed, rng.SHARED_DATA, month, s.group_uid[g] * 4096 + s.driver_uid[d], c)
            true = split * (1.0 - s.covered[g, d]) + (1.0 - split) * mean / total
            s.known_unserved[c, g, d] = min(1.0, max(0.0, true * (1.0 + 0.3 * noise * z)))


@rule
def report(s: State, p: Any, seed: int, month: int, i: int, level: float) -> None:
    """Let organisation `i` judge its practices and report its effect, exaggerated where it pays and can."""
    sd = judgement_sd(s, p, i)
    by_need = p.disaggregation * level
    for d in range(s.weight.shape[0]):
        z = rng.normal(seed, rng.REPORT, month, s.uid[i], s.driver_uid[d])
        s.judged[i, d] = own_worth(s, i, d, by_need) + sd * z
    z = rng.normal(seed, rng.nth(rng.REPORT, 1), month, s.uid[i], 0)
    spread = p.program_effect_sd * p.quality_sd
    s.inflation[i] = p.inflation_sd * spread * dependence(s, p, i) * (1.0 - level) * (0.5 + s.turf[i])
    s.reported_effect[i] = s.true_effect[i] + p.program_effect_sd * sd * z + s.inflation[i]
    believe(s, p, i, level)


@rule
def believe(s: State, p: Any, i: int, level: float) -> None:
    """Update how far organisation `i` thinks the problem has shrunk: by the shared figure, or by its own.

    Without shared data a rise of its own reported effect stands for the city, and pleasant meetings add to it.
    """
    w = s.world[0]
    start = abs(w.baseline - w.best)
    seen = 1.0 - abs(w.indicator_seen - w.best) / start if start > 0.0 else 0.0
    base = max(1e-9, abs(s.start_reported[i]) + p.program_effect_sd * p.quality_sd)
    own = (s.reported_effect[i] - s.start_reported[i]) / base
    impression = 0.1 * s.satisfaction[i] if s.coalition[i] >= 0 else 0.0
    s.believed_change[i] = level * seen + (1.0 - level) * min(1.0, max(-1.0, own + impression))
