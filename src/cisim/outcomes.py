"""Outcomes: what is recorded of a world each month, one function a column.

The function's name is the column's name everywhere: in `Result.series`, in comparisons, on plot axes. Yearly
and whole-run outcomes (slopes, sums, costs per unit) are derived from these columns in `cisim.result`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.state import (
    ADMINISTRATION,
    BACKBONE,
    CAPACITY_BUILDING,
    FUNDRAISING,
    H_SERVICE,
    JOINT,
    LEARNING,
    MEASUREMENT,
    MEETINGS,
    SCAN,
    SERVICE,
    VOLUNTEERING,
    State,
)

# ---- population ---------------------------------------------------------------------------------------------


@rule
def indicator(s: State, p: Any) -> float:
    """True level of the headline indicator. Unit: indicator."""
    return s.world[0].indicator


@rule
def indicator_published(s: State, p: Any) -> float:
    """Headline indicator as last published, with sampling noise. Unit: indicator."""
    return s.world[0].indicator_seen


@rule
def group_gap(s: State, p: Any) -> float:
    """Difference of the indicator between the worst-off and the best-off group. Unit: indicator."""
    low = s.problem[0]
    high = s.problem[0]
    for g in range(1, s.problem.shape[0]):
        low = min(low, s.problem[g])
        high = max(high, s.problem[g])
    return (high - low) * (1.0 + s.world[0].level_shock) * s.world[0].trend


@rule
def unserved_share(s: State, p: Any) -> float:
    """Need that nobody serves. Unit: share."""
    return 1.0 - s.world[0].covered


@rule
def double_served_share(s: State, p: Any) -> float:
    """Service that reached people already served. Unit: share."""
    return s.world[0].double_served


# ---- programmes ---------------------------------------------------------------------------------------------


@rule
def client_effect_sd(s: State, p: Any) -> float:
    """Mean true effect on organisations' own clients. Unit: sd."""
    return s.world[0].client_effect


@rule
def reported_effect_sd(s: State, p: Any) -> float:
    """Mean effect organisations report, weighted by clients. Unit: sd."""
    total = 0.0
    clients = 0.0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            total += s.clients[i] * s.reported_effect[i]
            clients += s.clients[i]
    return total / clients if clients > 0.0 else 0.0


@rule
def practice_quality(s: State, p: Any) -> float:
    """Mean quality of practices as they fit the groups served, weighted by effort. Unit: share."""
    total = 0.0
    n = 0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            n += 1
            for g in range(s.need.shape[0]):
                for d in range(s.need.shape[1]):
                    total += s.effort[i, g, d] * s.quality[i, g, d]
    return total / n if n > 0 else 0.0


@rule
def practice_diversity(s: State, p: Any) -> float:
    """Mean over decisions of 4 q (1 - q), q the share that does them; 0 all alike, 1 evenly split. Unit: share."""
    n_bits = s.table.shape[1]
    n = 0
    for i in range(s.uid.shape[0]):
        n += s.is_active[i]
    if n == 0:
        return 0.0
    total = 0.0
    for d in range(s.weight.shape[0]):
        for bit in range(n_bits):
            s.votes[bit] = 0
        for i in range(s.uid.shape[0]):
            if s.is_active[i]:
                for bit in range(n_bits):
                    s.votes[bit] += (s.practice[i, d] >> bit) & 1
        for bit in range(n_bits):
            q = s.votes[bit] / n
            total += 4.0 * q * (1.0 - q)
    return total / n_bits / s.weight.shape[0]


@rule
def capacity(s: State, p: Any) -> float:
    """Mean organisational capacity that paid overhead keeps up. Unit: share."""
    total = 0.0
    n = 0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            total += s.capacity[i]
            n += 1
    return total / n if n > 0 else 0.0


# ---- people -------------------------------------------------------------------------------------------------


@rule
def count_ties(s: State) -> None:
    """Go through all ties of the living once and leave what is recorded of them in the world's record."""
    w = s.world[0]
    within = 0.0
    across = 0.0
    n_within = 0
    n_across = 0
    highest = 0
    n = 0
    for i in range(s.uid.shape[0]):
        degree = 0
        for m in range(s.tie_to.shape[1]):
            j = s.tie_to[i, m]
            if j >= 0 and s.is_active[i] and s.is_active[j]:
                degree += 1
                if s.sector[i] == s.sector[j]:
                    within += s.tie_trust[i, m]
                    n_within += 1
                else:
                    across += s.tie_trust[i, m]
                    n_across += 1
        n += s.is_active[i]
        highest = max(highest, degree)
    total = n_within + n_across
    w.trust = (within + across) / total if total > 0 else 0.0
    w.trust_within = within / n_within if n_within > 0 else 0.0
    w.trust_across = across / n_across if n_across > 0 else 0.0
    w.density = total / (n * (n - 1.0)) if n > 1 else 0.0
    w.centralisation = (n * highest - total) / ((n - 1.0) * (n - 1.0)) if n > 2 else 0.0


@rule
def trust(s: State, p: Any) -> float:
    """Mean trust on existing ties. Unit: share."""
    return s.world[0].trust


@rule
def trust_within_sectors(s: State, p: Any) -> float:
    """Mean trust on ties within a sector. Unit: share."""
    return s.world[0].trust_within


@rule
def trust_across_sectors(s: State, p: Any) -> float:
    """Mean trust on ties across sectors. Unit: share."""
    return s.world[0].trust_across


@rule
def network_density(s: State, p: Any) -> float:
    """Ties per ordered pair of living organisations. Unit: share."""
    return s.world[0].density


@rule
def network_centralisation(s: State, p: Any) -> float:
    """Freeman centralisation of the number of ties; 0 all alike, near 1 a star. Unit: share."""
    return s.world[0].centralisation


@rule
def alignment(s: State, p: Any) -> float:
    """Mean alignment with a common agenda over all organisations. Unit: share."""
    total = 0.0
    n = 0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            total += s.alignment[i]
            n += 1
    return total / n if n > 0 else 0.0


@rule
def members(s: State, p: Any) -> float:
    """Organisations in a coalition. Unit: organisations."""
    total = 0.0
    for c in range(s.stage.shape[0]):
        total += s.n_members[c]
    return total


@rule
def member_mean(s: State, what: int) -> float:
    """Mean over members: 0 presence, 1 satisfaction, 2 disclosure, 3 knowledge of others' work."""
    total = 0.0
    n = 0
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and s.coalition[i] >= 0:
            n += 1
            if what == 0:
                total += 1.0 if s.presence[i] > 0.0 else 0.0
            elif what == 1:
                total += s.satisfaction[i]
            elif what == 2:
                total += s.disclosure[i]
            else:
                total += s.knowledge[i]
    return total / n if n > 0 else 0.0


@rule
def attendance(s: State, p: Any) -> float:
    """Members present in this month's meetings; 0 where there are none. Unit: share."""
    return member_mean(s, 0)


@rule
def meeting_satisfaction(s: State, p: Any) -> float:
    """Members' mean satisfaction with meetings. Unit: share."""
    return member_mean(s, 1)


@rule
def disclosure(s: State, p: Any) -> float:
    """Share of what members know that they say in meetings. Unit: share."""
    return member_mean(s, 2)


@rule
def shared_knowledge(s: State, p: Any) -> float:
    """Share of the others' work that members coordinate with. Unit: share."""
    return member_mean(s, 3)


@rule
def believed_change(s: State, p: Any) -> float:
    """Mean belief of how far the problem has shrunk since the start. Unit: share."""
    total = 0.0
    n = 0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            total += s.believed_change[i]
            n += 1
    return total / n if n > 0 else 0.0


@rule
def achieved_change(s: State, p: Any) -> float:
    """How far the problem has really shrunk from the published start. Unit: share."""
    w = s.world[0]
    start = abs(w.baseline - w.best)
    return 1.0 - abs(w.indicator - w.best) / start if start > 0.0 else 0.0


@rule
def stage(s: State, p: Any) -> float:
    """Highest stage of any coalition: 0 none, 1 learning, 2 coordination, 3 collective impact. Unit: stage."""
    highest = 0
    for c in range(s.stage.shape[0]):
        highest = max(highest, s.stage[c])
    return float(highest)


@rule
def shared_measurement_level(s: State, p: Any) -> float:
    """Highest working level of shared measurement. Unit: share."""
    highest = 0.0
    for c in range(s.stage.shape[0]):
        highest = max(highest, s.measurement[c])
    return highest


@rule
def backbone_fte(s: State, p: Any) -> float:
    """Backbone staff paid this month. Unit: fte."""
    total = 0.0
    for c in range(s.stage.shape[0]):
        total += s.staff_fte[c]
    return total


@rule
def brokered_plans(s: State, p: Any) -> float:
    """Plans fitted together this month. Unit: plans/month."""
    return s.world[0].brokered


# ---- money and organisations --------------------------------------------------------------------------------


@rule
def n_active(s: State, p: Any) -> float:
    """Living organisations. Unit: organisations."""
    total = 0.0
    for i in range(s.uid.shape[0]):
        total += s.is_active[i]
    return total


@rule
def exits(s: State, p: Any) -> float:
    """Organisations closed since the start. Unit: organisations."""
    return float(s.world[0].exits)


@rule
def service_hours(s: State, p: Any) -> float:
    """Hours of service this month. Unit: hours/month."""
    total = 0.0
    for i in range(s.uid.shape[0]):
        total += s.hours[i, H_SERVICE]
    return total


@rule
def grants_hhi(s: State, p: Any) -> float:
    """Herfindahl-Hirschman index of grant income over organisations; 1 = one takes all. Unit: share."""
    total = 0.0
    squares = 0.0
    for i in range(s.uid.shape[0]):
        usd = 0.0
        for f in range(s.grant.shape[1]):
            usd += s.grant[i, f]
        total += usd
        squares += usd * usd
    return squares / (total * total) if total > 0.0 else 0.0


@rule
def applications_won_share(s: State, p: Any) -> float:
    """Applications to funders that were granted in the last yearly round; 0 where there were none. Unit: share."""
    w = s.world[0]
    return w.awarded / w.applied if w.applied > 0 else 0.0


@rule
def usd_service(s: State, p: Any) -> float:
    """Money paid for service. Unit: usd/month."""
    return s.paid[SERVICE] + s.paid[JOINT]


@rule
def usd_administration(s: State, p: Any) -> float:
    """Money paid for overhead and capacity building. Unit: usd/month."""
    return s.paid[ADMINISTRATION] + s.paid[CAPACITY_BUILDING]


@rule
def usd_fundraising(s: State, p: Any) -> float:
    """Money paid for writing applications. Unit: usd/month."""
    return s.paid[FUNDRAISING]


@rule
def usd_meetings(s: State, p: Any) -> float:
    """Money paid for meetings, their preparation and volunteered coordination. Unit: usd/month."""
    return s.paid[MEETINGS] + s.paid[VOLUNTEERING]


@rule
def usd_measurement(s: State, p: Any) -> float:
    """Money paid for measurement, own and shared, and for landscape scans. Unit: usd/month."""
    return s.paid[MEASUREMENT] + s.paid[SCAN]


@rule
def usd_learning(s: State, p: Any) -> float:
    """Money paid for trials and adoptions of practice. Unit: usd/month."""
    return s.paid[LEARNING]


@rule
def usd_backbone(s: State, p: Any) -> float:
    """Money paid for backbone staff and executives on loan. Unit: usd/month."""
    return s.paid[BACKBONE]


NAMED: tuple[Callable[[State, Any], float], ...] = (
    indicator, indicator_published, group_gap, unserved_share, double_served_share,
    client_effect_sd, reported_effect_sd, practice_quality, practice_diversity, capacity,
    trust, trust_within_sectors, trust_across_sectors, network_density, network_centralisation,
    alignment, members, attendance, meeting_satisfaction, disclosure, shared_knowledge,
    believed_change, achieved_change, stage, shared_measurement_level, backbone_fte, brokered_plans,
    n_active, exits, service_hours, grants_hhi, applications_won_share,
    usd_service, usd_administration, usd_fundraising, usd_meetings, usd_measurement, usd_learning, usd_backbone,
)  # fmt: skip


@kernel_step
def record(s: State, p: Any, seed: int, month: int) -> None:
    """Write this month's value of every column (compiled code cannot loop over functions)."""
    row = s.row
    w = s.world[0]
    count_ties(s)
    for g in range(s.problem.shape[0]):
        distance = s.problem[g] * (1.0 + w.level_shock) * w.trend
        s.group_row[g] = w.best + distance if w.baseline >= w.best else w.best - distance
    row[0] = indicator(s, p)
    row[1] = indicator_published(s, p)
    row[2] = group_gap(s, p)
    row[3] = unserved_share(s, p)
    row[4] = double_served_share(s, p)
    row[5] = client_effect_sd(s, p)
    row[6] = reported_effect_sd(s, p)
    row[7] = practice_quality(s, p)
    row[8] = practice_diversity(s, p)
    row[9] = capacity(s, p)
    row[10] = trust(s, p)
    row[11] = trust_within_sectors(s, p)
    row[12] = trust_across_sectors(s, p)
    row[13] = network_density(s, p)
    row[14] = network_centralisation(s, p)
    row[15] = alignment(s, p)
    row[16] = members(s, p)
    row[17] = attendance(s, p)
    row[18] = meeting_satisfaction(s, p)
    row[19] = disclosure(s, p)
    row[20] = shared_knowledge(s, p)
    row[21] = believed_change(s, p)
    row[22] = achieved_change(s, p)
    row[23] = stage(s, p)
    row[24] = shared_measurement_level(s, p)
    row[25] = backbone_fte(s, p)
    row[26] = brokered_plans(s, p)
    row[27] = n_active(s, p)
    row[28] = exits(s, p)
    row[29] = service_hours(s, p)
    row[30] = grants_hhi(s, p)
    row[31] = applications_won_share(s, p)
    row[32] = usd_service(s, p)
    row[33] = usd_administration(s, p)
    row[34] = usd_fundraising(s, p)
    row[35] = usd_meetings(s, p)
    row[36] = usd_measurement(s, p)
    row[37] = usd_learning(s, p)
    row[38] = usd_backbone(s, p)


COLUMNS: tuple[str, ...] = tuple(function.__name__ for function in NAMED)
"""Names of the recorded columns, in the order `record` writes them."""


def describe(name: str) -> tuple[str, str]:
    """Return meaning and unit of a recorded column, from its docstring."""
    text = str(NAMED[COLUMNS.index(name)].__doc__)
    meaning, unit = text.split(" Unit: ")
    return meaning, unit.rstrip(".")
