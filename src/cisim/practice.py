"""What a practice is worth, and what an organisation believes it is worth.

Quality is the height on the driver's landscape between its worst (0) and its best point (1), mixed with the
fit to the group served: the share of decisions that agree with what suits that group.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from cisim.handle import rule
from cisim.landscape import score
from cisim.rng import uniform
from cisim.search import count_bits
from cisim.state import F, State


@rule
def common_quality(s: State, d: int, x: int) -> float:
    """Height of practice `x` on the landscape of driver `d`, 0 worst, 1 best."""
    span = s.best_score[d] - s.worst_score[d]
    return (score(x, s.table[d], s.partners[d]) - s.worst_score[d]) / span if span > 0.0 else 1.0


@rule
def group_quality(s: State, p: Any, common: float, g: int, d: int, x: int) -> float:
    """Quality of practice `x` for group `g`, given its quality on the landscape."""
    if p.group_specificity == 0.0:
        return common
    n = s.table.shape[1]
    fit = 1.0 - count_bits(x ^ s.ideal[g, d]) / n
    return (1.0 - p.group_specificity) * common + p.group_specificity * fit


@rule
def adopt(s: State, p: Any, i: int, d: int, x: int) -> None:
    """Organisation `i` works by practice `x` from now on."""
    s.practice[i, d] = x
    common = common_quality(s, d, x)
    s.common_quality[i, d] = common
    for g in range(s.group_share.shape[0]):
        s.quality[i, g, d] = group_quality(s, p, common, g, d, x)


@rule
def worth(s: State, p: Any, i: int, d: int, x: int, by_need: float) -> float:
    """True worth of practice `x` for the clients that organisation `i` counts; see `own_worth`."""
    common = common_quality(s, d, x)
    for g in range(s.group_share.shape[0]):
        s.inputs_by_group[g] = group_quality(s, p, common, g, d, x)
    return mean_worth(s, i, d, s.inputs_by_group, by_need)


@rule
def own_worth(s: State, i: int, d: int, by_need: float) -> float:
    """True worth of the present practice for the clients that organisation `i` counts.

    Undivided data average over its own clients; divided by group (`by_need` = 1) each group counts by its need.
    """
    for g in range(s.group_share.shape[0]):
        s.inputs_by_group[g] = s.quality[i, g, d]
    return mean_worth(s, i, d, s.inputs_by_group, by_need)


@rule
def mean_worth(s: State, i: int, d: int, qualities: F, by_need: float) -> float:
    """Mean of the qualities by group, weighed by the effort of organisation `i` and by need."""
    own = 0.0
    own_sum = 0.0
    need = 0.0
    need_sum = 0.0
    for g in range(s.group_share.shape[0]):
        q = qualities[g]
        own += s.effort[i, g, d] * q
        own_sum += s.effort[i, g, d]
        need += s.need[g, d] * q
        need_sum += s.need[g, d]
    own_mean = own / own_sum if own_sum > 0.0 else need / need_sum
    return (1.0 - by_need) * own_mean + by_need * need / need_sum


@rule
def measurement_level(s: State, i: int) -> float:
    """Working level of the shared measurement that organisation `i` takes part in, 0..1."""
    c = s.coalition[i]
    return s.measurement[c] if c >= 0 else 0.0


@rule
def judgement_sd(s: State, p: Any, i: int) -> float:
    """Error of one judgement of quality by organisation `i`, from the reliability of its measurement.

    With reliability r and a spread v between organisations, error variance is v (1 - r) / r.
    """
    level = measurement_level(s, i)
    r = p.report_reliability + level * (p.shared_reliability - p.report_reliability)
    return p.quality_sd * sqrt((1.0 - r) / r)


@rule
def application_hours(p: Any, staff_hours: float, open_share: float) -> float:
    """Hours a month that applications for `open_share` of the grant income take."""
    hours = open_share * p.applications_per_org_year * p.hours_per_application / 12.0
    return min(hours, p.application_hours_cap * staff_hours)


@rule
def hours_alone(p: Any, staff_hours: float) -> float:
    """Hours a month of own measurement; a small organisation gives it no more than a twentieth of its time."""
    return min(p.measurement_hours_alone, 0.05 * staff_hours)


@rule
def chosen_driver(s: State, seed: int, stream: int, month: int, i: int) -> int:
    """Driver of one randomly chosen service hour of organisation `i`.

    Drivers are gone through in the order of their names, so that their order in memory means nothing.
    """
    left = uniform(seed, stream, month, s.uid[i], 0)
    chosen = 0
    for name in range(s.weight.shape[0]):
        d = s.driver_place[name]
        for g in range(s.need.shape[0]):
            left -= s.effort[i, g, d]
        chosen = d
        if left < 0.0:
            return chosen
    return chosen
