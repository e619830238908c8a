"""Fund: once a year funders choose a few of many applicants.

Each organisation asks every funder for its part of what it needs, the more the less likely success is. Appraisal
weighs attributed own effect as reported (exaggeration included) against contribution to the shared outcome,
with noise and a bonus for last year's grantees; pooled money can favour work in unserved need. By the appraisal
rule *ranking* the best are funded until the money is spent; by *lottery* the best-scored make a short list, whose
asks add up to a multiple of the money, and lots decide among them (Gross & Bergstrom 2019). Applying takes the same
hours either way: that applicants try less hard where luck decides is the authors' argument, not a premise here.
Losers trust winners they know less where own effect decides.

References
----------
Gross & Bergstrom (2019), Contest models highlight inherent inefficiencies of scientific funding competitions.
PLoS Biology 17(1), e3000065. https://doi.org/10.1371/journal.pbio.3000065
"""

from __future__ import annotations

from typing import Any

from cisim import rng, ties
from cisim.compiled import kernel_step
from cisim.decisions import DOES_NOT_APPLY
from cisim.handle import rule
from cisim.practice import application_hours, measurement_level
from cisim.state import FIRST_FUNDER, H_FUNDRAISING, State

ENOUGH = 1.25  # an organisation declines grants beyond this multiple of what it needs
LEAST_ASKED = 1e-6  # share of what it needs below which it asks for nothing: a rounding error is no wish
BISECTIONS = 60
OUT_OF_REACH = -2.0  # below the lowest bar that lots in 0..1 can lead to
LOTTERY = 1  # code of the appraisal rule that draws lots


@kernel_step
def fund(s: State, p: Any, seed: int, month: int) -> None:
    """Let grants run, book the hours of applying, and hold the yearly round in December."""
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            apply_for_grants(s, p, i)
    if month % 12 != 11:
        return
    s.world[0].applied = 0
    s.world[0].awarded = 0
    for f in range(s.funder_budget.shape[0]):
        expire(s, f)
    for f in range(s.funder_budget.shape[0]):
        if round_usd(s, p, f) > 0.0:
            hold_round(s, p, seed, month, f)
    if p.outcome_orientation < 1.0:
        resent_winners(s, p)


@rule
def secured_usd(s: State, i: int) -> float:
    """Grant income of organisation `i` that lasts beyond the coming round, usd a month."""
    total = 0.0
    for f in range(s.grant.shape[1]):
        if s.grant_left[i, f] > 12:
            total += s.grant[i, f]
    return total


@rule
def apply_for_grants(s: State, p: Any, i: int) -> None:
    """Book a month's share of the hours for next year's applications; secured money needs none."""
    if s.override[i] & DOES_NOT_APPLY:
        return
    needed = s.grant_need[i]
    open_share = max(0.0, 1.0 - secured_usd(s, i) / needed) if needed > 0.0 else 0.0
    if p.n_private_funders > 1:  # one application serves all who pool
        open_share *= 1.0 - p.pooled_share * (1.0 - p.public_money_share) * (1.0 - 1.0 / p.n_private_funders)
    s.hours_owed[i, H_FUNDRAISING] += application_hours(p, s.staff_hours[i], open_share)


@rule
def expire(s: State, f: int) -> None:
    """Take a year off the grants of funder `f` and end those that have run out."""
    s.committed[f] = 0.0
    for i in range(s.uid.shape[0]):
        s.grant_left[i, f] -= 12
        s.was_grantee[i, f] = 0
        if s.grant_left[i, f] <= 0 or not s.is_active[i]:
            s.was_grantee[i, f] = 1 if s.grant[i, f] > 0.0 else 0
            s.grant_left[i, f] = 0
            s.grant[i, f] = 0.0
        s.committed[f] += s.grant[i, f]


@rule
def pool_usd(s: State, p: Any) -> float:
    """Private money a month that goes into the common pool."""
    total = 0.0
    for f in range(s.funder_budget.shape[0] - 1):
        if not s.is_public[f]:
            total += s.funder_budget[f] * p.pooled_share
    return total


@rule
def budget_usd(s: State, p: Any, f: int) -> float:
    """Money a month that funder `f` (or the pool) gives in all, recessions apart."""
    if f == s.funder_budget.shape[0] - 1:
        return pool_usd(s, p)
    return s.funder_budget[f] * (1.0 - p.pooled_share * (1 - s.is_public[f]))


@rule
def round_usd(s: State, p: Any, f: int) -> float:
    """Money a month that funder `f` (or the pool) can newly promise: its budget, and what it has left over."""
    left_over = s.balance[FIRST_FUNDER + f] / (12.0 * p.grant_term_years)
    return budget_usd(s, p, f) + left_over - s.committed[f]


@rule
def appraise(s: State, p: Any, seed: int, month: int, i: int, f: int) -> float:
    """Score of organisation `i` at funder `f`, in sd of true effects between organisations."""
    spread = p.quality_sd
    own = s.reported_effect[i] / (p.program_effect_sd * spread) if p.program_effect_sd > 0.0 else 0.0
    level = measurement_level(s, i)
    noise_shared = p.appraisal_noise * (2.0 - level)
    w = p.outcome_orientation
    z, z_shared = rng.normal2(seed, rng.nth(rng.APPRAISE, s.funder_uid[f]), month, s.uid[i], 0)
    score = (1.0 - w) * (own + p.appraisal_noise * z) + w * (
        s.contribution[i] / spread + noise_shared * z_shared
    )
    if s.was_grantee[i, f]:
        score += p.prior_grantee_bonus
    if f == s.funder_budget.shape[0] - 1 and p.gap_filling_share > 0.0:
        gap = 0.0
        for g in range(s.need.shape[0]):
            for d in range(s.need.shape[1]):
                gap += s.effort[i, g, d] * (1.0 - s.covered[g, d])
        score = (1.0 - p.gap_filling_share) * score + p.gap_filling_share * gap / spread
    return score


@rule
def asked_usd(s: State, p: Any, i: int, part: float) -> float:
    """What organisation `i` asks of a funder with `part` of all money, usd a month; nothing when it has enough."""
    held = 0.0
    for f in range(s.grant.shape[1]):
        held += s.grant[i, f]
    open_usd = ENOUGH * s.grant_need[i] - held
    if open_usd < LEAST_ASKED * s.grant_need[i]:
        return 0.0
    return min(open_usd, s.grant_need[i] * part / p.grant_success)


@rule
def is_applicant(s: State, i: int, f: int) -> bool:
    """Tell whether organisation `i` competes for money of funder `f`: all do that have none of it running."""
    return s.is_active[i] == 1 and s.grant_left[i, f] == 0 and (s.override[i] & DOES_NOT_APPLY) == 0


@rule
def hold_round(s: State, p: Any, seed: int, month: int, f: int) -> None:
    """Fund applicants of funder `f`, the best-scored or those with the best lots, until the money is spent."""
    n_orgs = s.uid.shape[0]
    available = round_usd(s, p, f)
    everything = 0.0
    for k in range(s.funder_budget.shape[0] - 1):
        everything += s.funder_budget[k]
    part = budget_usd(s, p, f) / everything
    low = 1e300
    high = -1e300
    for i in range(n_orgs):
        s.asked[i] = 0.0
        if is_applicant(s, i, f):
            s.appraisal[i] = appraise(s, p, seed, month, i, f)
            s.asked[i] = asked_usd(s, p, i, part)
            s.world[0].applied += 1 if s.asked[i] > 0.0 else 0
            low = min(low, s.appraisal[i])
            high = max(high, s.appraisal[i])
    if high < low:
        return
    if p.appraisal_rule == LOTTERY:
        draw_lots(s, seed, month, f, lowest_paid(s, p.shortlist_ratio * available, low, high))
        low = 0.0
        high = 1.0
    bar = lowest_paid(s, available, low, high)
    for i in range(n_orgs):
        if is_applicant(s, i, f) and s.appraisal[i] >= bar and s.asked[i] > 0.0:
            s.world[0].awarded += 1
            s.grant[i, f] = s.asked[i]
            s.grant_left[i, f] = 12 * years_granted(p, seed, month, s.uid[i], s.funder_uid[f])
            s.committed[f] += s.grant[i, f]
            if s.coalition[i] >= 0:
                s.hope[i] = p.hope_of_money


@rule
def lowest_paid(s: State, available: float, low: float, high: float) -> float:
    """Lowest score at which all can be paid what they ask who have no less; applicants' scores lie in low..high.

    The search by halves ends when nobody's score is left between its bounds: any bar there pays the same ones.
    """
    low -= 1.0
    high += 1.0
    n_low, _ = demand(s, low)
    n_high, _ = demand(s, high)
    for _ in range(BISECTIONS):
        if n_low == n_high:
            break
        bar = 0.5 * (low + high)
        n, asked = demand(s, bar)
        if asked > available:
            low = bar
            n_low = n
        else:
            high = bar
            n_high = n
    return high


@rule
def demand(s: State, bar: float) -> tuple[int, float]:
    """How many score at least `bar`, and what they ask for in all, usd a month."""
    n = 0
    asked = 0.0
    for i in range(s.uid.shape[0]):  # no branch, because it would be taken by chance
        usd = s.asked[i]
        is_above = s.appraisal[i] >= bar
        n += 1 if is_above else 0
        asked += usd if is_above else 0.0
    return n, asked


@rule
def draw_lots(s: State, seed: int, month: int, f: int, bar: float) -> None:
    """Replace the scores of applicants at or above `bar` by lots in 0..1, and put the others out of reach."""
    for i in range(s.uid.shape[0]):
        lot = rng.uniform(seed, rng.nth(rng.LOTTERY, s.funder_uid[f]), month, s.uid[i], 0)
        s.appraisal[i] = lot if s.appraisal[i] >= bar else OUT_OF_REACH


@rule
def years_granted(p: Any, seed: int, month: int, name: int, funder: int) -> int:
    """Term of a new grant; those of the first round are staggered, so that they do not all run out together."""
    if month > 11:
        return p.grant_term_years
    return 1 + rng.integer(seed, rng.nth(rng.TERM, funder), month, name, 0, p.grant_term_years)


@rule
def resent_winners(s: State, p: Any) -> None:
    """Cost losers some trust in the winners they know, where they competed by own effect."""
    loss = p.rivalry_loss * (1.0 - p.outcome_orientation)
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and held_share(s, i) < 0.8:
            for m in range(s.tie_to.shape[1]):
                j = s.tie_to[i, m]
                if j >= 0 and held_share(s, j) > 1.0:
                    ties.weaken(s, p, i, m, loss)


@rule
def held_share(s: State, i: int) -> float:
    """Grant income of organisation `i` as a share of what it needs."""
    total = 0.0
    for f in range(s.grant.shape[1]):
        total += s.grant[i, f]
    return total / s.grant_need[i] if s.grant_need[i] > 0.0 else 1.0
