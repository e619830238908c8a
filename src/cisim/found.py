"""From a scenario's numbers and a seed to the first state of a world.

Python fills in what the scenario lists (groups, drivers, links, indicator, what is known of organisations and
ties); everything else is drawn here, keyed by the uids of the entities, so that an organisation is the same in
every regime and whoever else is there.
"""

from __future__ import annotations

from math import exp
from typing import Any

from cisim import rng, ties
from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.landscape import extremes, fill
from cisim.practice import adopt, application_hours, common_quality, hours_alone, judgement_sd, worth
from cisim.production import clear_cells, count_coverage, group_output, serve, set_indicator
from cisim.search import flip_one, keep_if_better
from cisim.state import FIRST_FUNDER, H_FUNDRAISING, H_MEASUREMENT, State

NONPROFIT, GOVERNMENT, CORPORATE, COMMUNITY = range(4)


@rule
def share_around(mean: float, z: float, sd: float) -> float:
    """A share scattered around its mean, kept within 0..1."""
    return min(1.0, max(0.0, mean + sd * z))


@rule
def budget_usd(p: Any, z: float) -> float:
    """Yearly budget of an organisation of (log-normal) size draw `z`, in usd."""
    return p.org_budget_usd * exp(p.org_budget_log_sd * z)


@rule
def draw_sector(p: Any, u: float) -> int:
    """Sector by the shares of the community."""
    if u < p.share_government:
        return GOVERNMENT
    if u < p.share_government + p.share_corporate:
        return CORPORATE
    if u < p.share_government + p.share_corporate + p.share_community:
        return COMMUNITY
    return NONPROFIT


@rule
def found_practices(s: State, p: Any, seed: int, i: int) -> None:
    """Give organisation `i` its first practices: known answers, or chance improved by a few own trials."""
    n = s.table.shape[1]
    a = s.uid[i]
    for d in range(s.weight.shape[0]):
        name = s.driver_uid[d]
        u_known, u_start = rng.uniform2(seed, rng.PRACTICE_START, s.births[i], a, name)
        if u_known < p.known_answer_share:
            x = s.best_practice[d]
            s.practice_settled[i, d] = 1
        else:
            s.practice_settled[i, d] = 0
            x = int(u_start * (1 << n))
            quality = common_quality(s, d, x)
            for trial in range(p.initial_trials):
                u = rng.uniform(seed, rng.nth(rng.PRACTICE_START, trial + 1), s.births[i], a, name)
                candidate = flip_one(x, n, u)
                tried = common_quality(s, d, candidate)
                x = keep_if_better(x, candidate, quality, tried)
                quality = max(quality, tried)
        s.practice_known[i, d] = (1 << n) - 1
        adopt(s, p, i, d, x)


@rule
def found_effort(s: State, p: Any, seed: int, i: int) -> None:
    """Spread first effort over groups and drivers: need seen, times skill and easy reach to the power focus."""
    total = 0.0
    for g in range(s.need.shape[0]):
        for d in range(s.need.shape[1]):
            name = s.group_uid[g] * 4096 + s.driver_uid[d]
            z = rng.normal(seed, rng.GUESS, s.births[i], s.uid[i], name)
            s.need_guess[i, g, d] = exp(p.need_error_sd * z)
            ability = s.competence[i, d] * s.reach[i, g] * s.group_ease[g]
            s.effort[i, g, d] = s.need[g, d] * ability**p.focus
            total += s.effort[i, g, d]
    for g in range(s.need.shape[0]):
        for d in range(s.need.shape[1]):
            s.effort[i, g, d] /= total


@rule
def found_organisation(s: State, p: Any, seed: int, i: int) -> None:
    """Draw organisation `i` from its name and birth: size, sector, skills, character, practices, effort.

    What the scenario knows of an organisation replaces what was drawn for it, and moves no other draw.
    """
    a = s.uid[i]
    b = s.births[i]
    z_size, z_turf = rng.normal2(seed, rng.ORGANISATION, 0, a, b)
    z_will, _ = rng.normal2(seed, rng.nth(rng.ORGANISATION, 1), 0, a, b)
    u_sector, u_age = rng.uniform2(seed, rng.nth(rng.ORGANISATION, 2), 0, a, b)
    budget = budget_usd(p, z_size)
    own_share = p.own_income_share
    s.sector[i] = draw_sector(p, u_sector)
    if b == 0:  # who comes later is not the one the scenario knows
        if s.known_sector[i] >= 0:
            s.sector[i] = s.known_sector[i]
        if s.known_budget[i] >= 0.0:
            budget = s.known_budget[i]
        if s.known_own_share[i] >= 0.0:
            own_share = s.known_own_share[i]
    s.is_active[i] = 1
    s.age[i] = int(240.0 * u_age) if b == 0 else 0
    s.start_hours[i] = budget / (1.0 + p.capacity_start * p.overhead_true) / 12.0 / p.hour_usd
    s.staff_hours[i] = s.start_hours[i]
    s.own_income[i] = budget * own_share / 12.0
    s.grant_need[i] = budget * (1.0 - own_share) / 12.0
    s.income[i] = budget / 12.0
    s.capacity[i] = p.capacity_start
    s.turf[i] = share_around(p.turf, z_turf, 0.2)
    s.willingness[i] = share_around(p.willingness, z_will, 0.2)
    s.coalition[i] = -1
    for d in range(s.weight.shape[0]):
        z = rng.normal(seed, rng.nth(rng.ORGANISATION, 3), b, a, s.driver_uid[d])
        s.competence[i, d] = min(1.0, max(0.05, p.competence_mean + p.competence_sd * z))
    for g in range(s.group_share.shape[0]):
        z = rng.normal(seed, rng.nth(rng.ORGANISATION, 4), b, a, s.group_uid[g])
        s.reach[i, g] = exp(p.reach_sd * z - 0.5 * p.reach_sd * p.reach_sd)
    found_practices(s, p, seed, i)
    found_effort(s, p, seed, i)
    for d in range(s.weight.shape[0]):
        z = rng.normal(seed, rng.JUDGE_START, b, a, s.driver_uid[d])
        s.judged[i, d] = worth(s, p, i, d, s.practice[i, d], 0.0) + judgement_sd(s, p, i) * z


@rule
def found_community(s: State, p: Any, seed: int) -> None:
    """Draw landscapes and what suits each group; turn sizes and needs into shares of all need."""
    n_groups, n_drivers = s.need.shape
    n = s.table.shape[1]
    total = 0.0
    for g in range(n_groups):
        total += s.group_share[g] * s.group_need[g]
    for d in range(n_drivers):
        s.driver_place[s.driver_uid[d]] = d
        fill(s.table[d], s.partners[d], seed, rng.LANDSCAPE, s.driver_uid[d])
        low, _, high, best = extremes(s.table[d], s.partners[d])
        s.worst_score[d] = low
        s.best_score[d] = high
        s.best_practice[d] = best
        for g in range(n_groups):
            s.need[g, d] = s.group_share[g] * s.group_need[g] / total / n_drivers
            u = rng.uniform(seed, rng.FIT, 0, s.group_uid[g], s.driver_uid[d])
            s.ideal[g, d] = int(u * (1 << n))


@rule
def first_trust(s: State, p: Any, seed: int, i: int, j: int) -> float:
    """Trust between two that know each other from the start: it belongs to the pair, whoever is asked."""
    one, other = s.uid[i], s.uid[j]
    u = rng.uniform(seed, rng.TIE_TRUST, 0, min(one, other), max(one, other))
    trust = min(1.0, p.trust_start * (0.5 + u))
    if s.sector[i] != s.sector[j]:
        trust *= p.cross_sector_trust
    return trust


@rule
def drawn_ties(s: State, p: Any, seed: int) -> None:
    """Draw who knows whom: each proposes half its ties, mostly within its sector."""
    n_orgs, n_ties = s.tie_to.shape
    for i in range(n_orgs):
        for m in range(n_ties):
            s.tie_to[i, m] = -1
    wanted = min(p.tie_density * (n_orgs - 1), 0.5 * n_ties) / 2.0
    for name in range(n_orgs):
        i = s.place_of[name]
        extra = rng.uniform(seed, rng.TIE, 0, name, n_orgs)
        for k in range(int(wanted + extra)):
            j = -1
            for attempt in range(4):
                u_who, u_like = rng.uniform2(seed, rng.nth(rng.TIE, 1 + attempt), 0, name, k)
                j = s.place_of[int(u_who * n_orgs)]
                if j != i and (s.sector[i] == s.sector[j] or u_like >= p.tie_homophily):
                    break
            if j != i and ties.find(s, i, j) < 0:
                trust = first_trust(s, p, seed, i, j)
                if ties.add(s, i, j, trust, -1) >= 0:
                    ties.add(s, j, i, trust, -1)


@rule
def known_ties(s: State, p: Any, seed: int) -> None:
    """Take who knows whom from the scenario; below 0 stands a trust it does not state."""
    n_orgs, n_ties = s.tie_to.shape
    for i in range(n_orgs):
        for m in range(n_ties):
            if s.tie_to[i, m] >= 0:
                s.tie_month[i, m] = -1
                if s.tie_trust[i, m] < 0.0:
                    s.tie_trust[i, m] = first_trust(s, p, seed, i, s.tie_to[i, m])


@rule
def first_ties(s: State, p: Any, seed: int) -> None:
    """Find out who knows whom and how far it is trusted."""
    n_orgs, n_ties = s.tie_to.shape
    for i in range(n_orgs):
        s.place_of[s.uid[i]] = i
    if s.world[0].ties_known:
        known_ties(s, p, seed)
    else:
        drawn_ties(s, p, seed)
    for i in range(n_orgs):
        for m in range(n_ties):
            s.tie_sum[i] += s.tie_trust[i, m]


@rule
def first_money(s: State, p: Any) -> None:
    """Fund the first year: funders' budgets meet what organisations need, spread evenly; reserves in cash."""
    n_orgs, n_funders = s.grant.shape
    needed = 0.0
    for i in range(n_orgs):
        needed += s.grant_need[i]
    n_public = 0
    for f in range(n_funders - 1):
        n_public += s.is_public[f]
    n_private = n_funders - 1 - n_public
    public_part = p.public_money_share
    if n_public == 0:
        public_part = 0.0
    elif n_private == 0:
        public_part = 1.0
    for f in range(n_funders - 1):
        part = public_part / n_public if s.is_public[f] else (1.0 - public_part) / n_private
        s.funder_budget[f] = needed * part
        for i in range(n_orgs):
            s.grant[i, f] = s.grant_need[i] * part
            s.grant_left[i, f] = 12
    first_free = FIRST_FUNDER + n_funders + s.stage.shape[0]
    for i in range(n_orgs):
        s.balance[first_free + i] = p.reserve_months * s.income[i]
        s.hours_owed[i, H_FUNDRAISING] = application_hours(p, s.staff_hours[i], 1.0)
        s.hours_owed[i, H_MEASUREMENT] = hours_alone(p, s.staff_hours[i])


@rule
def expected_usd(s: State, p: Any) -> float:
    """Yearly budgets of all organisations together: those that are known, and the mean for each that is drawn."""
    n_drawn = p.n_orgs
    known = 0.0
    for i in range(s.uid.shape[0]):
        if s.known_budget[i] >= 0.0:
            n_drawn -= 1
            known += s.known_budget[i]
    mean_budget = p.org_budget_usd * exp(0.5 * p.org_budget_log_sd * p.org_budget_log_sd)
    return known + n_drawn * mean_budget


@rule
def first_level(s: State, p: Any) -> None:
    """Run the services once to find which unserved problem gives the scenario's baseline."""
    w = s.world[0]
    w.level_shock = p.crisis_spike
    ease = 0.0
    for g in range(s.group_share.shape[0]):
        ease += s.group_share[g] * s.group_need[g] * s.group_ease[g]
    need = 0.0
    for g in range(s.group_share.shape[0]):
        need += s.group_share[g] * s.group_need[g]
    hours = expected_usd(s, p) / (1.0 + p.capacity_start * p.overhead_true) / 12.0 / p.hour_usd
    w.client_months_per_hour = p.capacity_ratio / (hours * ease / need)
    w.trend = 1.0
    clear_cells(s)
    for i in range(s.uid.shape[0]):
        serve(s, p, i, s.staff_hours[i] - s.hours_owed[i, H_FUNDRAISING] - s.hours_owed[i, H_MEASUREMENT])
    count_coverage(s)
    for g in range(s.problem.shape[0]):
        s.start_problem[g] /= 1.0 + p.crisis_spike
        s.problem[g] = s.start_problem[g]
        s.problem_unserved[g] = s.problem[g] / (1.0 - min(0.95, group_output(s, p, g)))
    set_indicator(s)
    w.indicator_seen = w.baseline


@rule
def first_reports(s: State, p: Any, seed: int) -> None:
    """Let every organisation report once before the run, as it would alone."""
    for i in range(s.uid.shape[0]):
        z = rng.normal(seed, rng.nth(rng.JUDGE_START, 1), 0, s.uid[i], 0)
        s.reported_effect[i] = s.true_effect[i] + p.program_effect_sd * judgement_sd(s, p, i) * z
        s.start_reported[i] = s.reported_effect[i]


@kernel_step
def found(s: State, p: Any, seed: int, month: int) -> None:
    """Fill a state that Python has given uids, groups, drivers, links, funders' kinds and the indicator."""
    found_community(s, p, seed)
    for i in range(s.uid.shape[0]):
        found_organisation(s, p, seed, i)
    first_ties(s, p, seed)
    first_money(s, p)
    first_level(s, p)
    first_reports(s, p, seed)
    for i in range(s.uid.shape[0]):
        s.hope[i] = p.hope_of_money
        s.satisfaction[i] = 0.5
        s.trust_backbone[i] = p.trust_start
