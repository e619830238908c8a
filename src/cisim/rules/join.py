"""Join: coalitions form, grow, lose members, climb stages, and end.

A coalition forms when its trigger fires: a published crisis, a grant in sight, a convening funder, an order, or a
partnership at a higher level. Outsiders follow trusted contacts in; dissatisfied members leave. Stages are
learning, coordination, collective impact (DeKrey 2013): the next is tried when members trust each other enough
and have been together long enough. A coalition ends by chance (3-8 % a year, Feinberg 2008), more often when its
start grant ends, and when fewer than two members are left.
"""

from __future__ import annotations

from typing import Any

from cisim import rng
from cisim.compiled import kernel_step
from cisim.decisions import JOINS, KEEPS_OUT, LEAVES, STAYS, decide
from cisim.handle import rule
from cisim.money import coalition_account, pay
from cisim.state import CLOSING, OUTSIDE, State

NEVER, CRISIS, BY_GRANT, CONVENER, MANDATE, SPAWNED = range(6)
ALARM = 0.05  # share by which the published problem has to exceed its usual size to be called a crisis


@kernel_step
def join(s: State, p: Any, seed: int, month: int) -> None:
    """Let coalitions and memberships change."""
    for c in range(s.stage.shape[0]):
        if s.stage[c] > 0:
            s.coalition_age[c] += 1
            s.stage_age[c] += 1
            if ends(s, p, seed, month, c):
                dissolve(s, month, c)
            else:
                change_stage(s, p, c)
                change_leader(s, p, seed, month, c)
        elif s.coalition_age[c] == 0 and month + 1 >= p.formation_month and is_triggered(s, p, month):
            form(s, p, seed, month, c)
    rng.uniform_of_each(s.luck, seed, rng.LEADER, month, s.uid)
    for i in range(s.uid.shape[0]):  # all outsiders look before anybody moves, so that order means nothing
        s.order[i] = -1
        if s.is_active[i]:
            new_leader(s, p, seed, month, i, s.luck[i])
            if s.coalition[i] < 0:
                s.order[i] = coalition_to_join(s, p, seed, month, i)
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and s.coalition[i] >= 0:
            may_leave(s, p, seed, month, i)
        elif s.order[i] >= 0:
            enter(s, p, seed, i, s.order[i])
    count_members(s)


@rule
def is_triggered(s: State, p: Any, month: int) -> bool:
    """Tell whether what brings a coalition about has happened."""
    w = s.world[0]
    if p.formation == CRISIS:
        return w.level_shock > ALARM or p.crisis_spike > ALARM
    if p.formation == BY_GRANT:  # one in sight is enough: the first motive is hope of money
        budgets = 0.0
        for f in range(s.funder_budget.shape[0]):
            budgets += s.funder_budget[f]
        return budgets > 0.0
    if p.formation == CONVENER:
        return p.convening > 0.0
    return p.formation in (MANDATE, SPAWNED)


@rule
def form(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Found coalition `c`: invite, and see who comes."""
    s.stage[c] = p.start_stage + 1
    s.stage_age[c] = 0
    s.coalition_age[c] = 1
    s.leadership[c] = rng.uniform(seed, rng.COALITION, 0, c, 0)
    pull = p.founding_share + (1.0 - p.founding_share) * 0.5 * p.convening
    if p.formation == MANDATE:
        pull = 1.0
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and s.coalition[i] < 0 and chosen_coalition(s, seed, i) == c:
            follows = rng.uniform(seed, rng.INVITE, 0, s.uid[i], 0) < pull
            if decide(s, i, JOINS, KEEPS_OUT, follows):
                enter(s, p, seed, i, c)
    count_members(s)


@rule
def chosen_coalition(s: State, seed: int, i: int) -> int:
    """Coalition that organisation `i` would belong to where several exist side by side."""
    return rng.integer(seed, rng.nth(rng.INVITE, 1), 0, s.uid[i], 0, s.stage.shape[0])


@rule
def enter(s: State, p: Any, seed: int, i: int, c: int) -> None:
    """Make organisation `i` a member of coalition `c`, hoping for money."""
    s.coalition[i] = c
    s.rank[i] = rng.uniform(seed, rng.ROOM, 0, s.uid[i], c)
    s.hope[i] = p.hope_of_money
    s.satisfaction[i] = 0.5
    s.disclosure[i] = 0.0


@rule
def quit_coalition(s: State, i: int) -> None:
    """End the membership of organisation `i`."""
    s.coalition[i] = -1
    s.disclosure[i] = 0.0
    s.presence[i] = 0.0


@rule
def ends(s: State, p: Any, seed: int, month: int, c: int) -> bool:
    """Tell whether coalition `c` ends this month."""
    u, u_grant = rng.uniform2(seed, rng.END, month, c, 0)
    term = int(12.0 * p.backbone_term_years)
    hazard = p.coalition_end_per_year * (1.5 - s.leadership[c]) / 12.0
    return s.n_members[c] < 2 or u < hazard or (0 < s.backbone_age[c] == term and u_grant < p.grant_end_drop)


@rule
def dissolve(s: State, month: int, c: int) -> None:
    """End coalition `c`; what money it has left goes back outside."""
    account = coalition_account(s, c)
    pay(s, month, account, OUTSIDE, CLOSING, s.balance[account])
    for i in range(s.uid.shape[0]):
        if s.coalition[i] == c:
            quit_coalition(s, i)
    s.stage[c] = 0
    s.measurement[c] = 0.0
    s.manager[c] = 0.0
    s.data_manager[c] = 0.0
    s.facilitator[c] = 0.0
    s.staffed[c] = 0.0
    s.staff_fte[c] = 0.0
    s.world[0].coalitions_ended += 1


@rule
def change_stage(s: State, p: Any, c: int) -> None:
    """Climb to the next stage once members trust each other and have had the time."""
    if s.stage[c] < 3 and s.stage_age[c] >= p.stage_months and members_trust(s, c) >= p.stage_trust:
        s.stage[c] += 1
        s.stage_age[c] = 0


@rule
def members_trust(s: State, c: int) -> float:
    """Mean trust on ties between members of coalition `c`."""
    total = 0.0
    n = 0
    for i in range(s.uid.shape[0]):
        if s.coalition[i] == c:
            for m in range(s.tie_to.shape[1]):
                j = s.tie_to[i, m]
                if j >= 0 and s.coalition[j] == c:
                    total += s.tie_trust[i, m]
                    n += 1
    return total / n if n > 0 else 0.0


@rule
def change_leader(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Draw a new leader of coalition `c` when the old one goes; trust in the backbone suffers."""
    u, quality = rng.uniform2(seed, rng.nth(rng.COALITION, 1), month, c, 0)
    if u < p.backbone_turnover / 12.0:
        s.leadership[c] = quality
        s.backbone_level[c] *= 0.5
        for i in range(s.uid.shape[0]):
            if s.coalition[i] == c:
                s.trust_backbone[i] *= 0.8


@rule
def new_leader(s: State, p: Any, seed: int, month: int, i: int, u: float) -> None:
    """Change the chief executive of `i` if the draw `u` says so: what was agreed has to be won anew in part."""
    if u < p.leader_turnover / 12.0:
        _, z = rng.uniform2(seed, rng.LEADER, month, s.uid[i], 0)
        s.alignment[i] *= 0.5
        s.turf[i] = min(1.0, max(0.0, p.turf + 0.4 * (z - 0.5)))


@rule
def may_leave(s: State, p: Any, seed: int, month: int, i: int) -> None:
    """Let a member that gets nothing out of it go."""
    content = max(s.satisfaction[i], s.hope[i], p.intends_to_last)
    hazard = p.leave_per_year / 12.0 * (1.0 - content) * (1.0 - content)
    goes = p.formation != MANDATE and rng.uniform(seed, rng.LEAVE, month, s.uid[i], 0) < hazard
    if decide(s, i, LEAVES, STAYS, goes):
        quit_coalition(s, i)


@rule
def coalition_to_join(s: State, p: Any, seed: int, month: int, i: int) -> int:
    """Coalition into which outsider `i` follows those it trusts, or -1."""
    u = rng.uniform(seed, rng.JOIN, month, s.uid[i], 0)
    if not decide(s, i, JOINS, KEEPS_OUT, u < p.join_per_year / 12.0):
        return -1
    c = chosen_coalition(s, seed, i)
    if s.stage[c] == 0:
        return -1
    inside = 0.0
    total = 1e-9
    for m in range(s.tie_to.shape[1]):
        j = s.tie_to[i, m]
        if j >= 0:
            total += s.tie_trust[i, m]
            if s.coalition[j] == c:
                inside += s.tie_trust[i, m]
    return c if decide(s, i, JOINS, KEEPS_OUT, u * 12.0 < p.join_per_year * inside / total) else -1


@rule
def count_members(s: State) -> None:
    """Count the members of every coalition."""
    for c in range(s.stage.shape[0]):
        s.n_members[c] = 0
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and s.coalition[i] >= 0:
            s.n_members[s.coalition[i]] += 1
