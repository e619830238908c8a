"""Turnover: organisations close and new ones open.

An organisation closes when it has shrunk to a fraction of its size or, at any time, by a hazard that falls with
age and size (Harrison & Laincz 2008). A vacant place is taken by a new organisation, drawn afresh under the same
name and the next birth number, so nobody else's luck changes.
"""

from __future__ import annotations

from math import exp
from typing import Any

from cisim import rng, ties
from cisim.compiled import kernel_step
from cisim.found import found_organisation
from cisim.handle import rule
from cisim.money import free_account, pay, tied_account
from cisim.state import CLOSING, FOUNDING, OUTSIDE, State

LEAST_SIZE = 0.1  # share of its first staff below which an organisation gives up
MOST_HAZARD = 4.0  # multiple of the mean hazard that none exceeds: twice for youth, twice for size
VACANT_MONTHS = 3  # until everybody has noticed that an organisation is gone
FIRST_TIES = 3  # contacts a new organisation tries to make


@kernel_step
def turnover(s: State, p: Any, seed: int, month: int) -> None:
    """Close and open organisations."""
    for i in range(s.uid.shape[0]):
        s.luck[i] = rng.uniform_inline(seed, rng.EXIT, month, s.uid[i], s.births[i])
    for i in range(s.uid.shape[0]):
        s.age[i] += 1  # of the organisation or of the vacancy
        if s.is_active[i] and (s.staff_hours[i] < LEAST_SIZE * s.start_hours[i] or has_bad_luck(s, p, i)):
            close(s, month, i)
    for i in range(s.uid.shape[0]):  # when all have closed that do, so that order means nothing
        is_vacant = not s.is_active[i] and s.age[i] > VACANT_MONTHS
        if is_vacant and s.luck[i] < 10.0 * p.entry_per_year / 12.0:
            open_new(s, p, seed, month, i)


@rule
def has_bad_luck(s: State, p: Any, i: int) -> bool:
    """Tell whether organisation `i` closes by chance; its hazard is worked out only for draws below the highest."""
    u = s.luck[i]
    return u < MOST_HAZARD * p.exit_per_year / 12.0 and u < exit_hazard(s, p, i) / 12.0


@rule
def exit_hazard(s: State, p: Any, i: int) -> float:
    """Yearly hazard of closing: about the mean at ten years and typical size, more when young or small."""
    youth = 0.5 + 1.5 * exp(-s.age[i] / 60.0)
    typical = p.org_budget_usd / (1.0 + p.overhead_true) / 12.0 / p.hour_usd
    small = min(2.0, max(0.5, (typical / max(1.0, s.staff_hours[i])) ** 0.25))
    return p.exit_per_year * youth * small


@rule
def close(s: State, month: int, i: int) -> None:
    """Close organisation `i`: money left goes back outside, promises end; ties to it fade next month."""
    for account in (free_account(s, i), tied_account(s, i)):
        pay(s, month, account, OUTSIDE, CLOSING, s.balance[account])
    s.is_active[i] = 0
    s.age[i] = 0
    s.coalition[i] = -1
    s.staff_hours[i] = 0.0
    s.clients[i] = 0.0
    s.presence[i] = 0.0
    s.disclosure[i] = 0.0
    for use in range(s.hours.shape[1]):
        s.hours_owed[i, use] = 0.0  # what it has worked this month stays on record
    for f in range(s.grant.shape[1]):
        s.grant[i, f] = 0.0
        s.grant_left[i, f] = 0
    s.world[0].exits += 1


@rule
def open_new(s: State, p: Any, seed: int, month: int, i: int) -> None:
    """Let a new organisation take the place, with first cash from outside and a few contacts among the older."""
    s.births[i] += 1
    found_organisation(s, p, seed, i)
    s.alignment[i] = 0.0
    s.knowledge[i] = 0.0
    s.need_knowledge[i] = 0.0
    s.trust_backbone[i] = p.trust_start
    s.hope[i] = p.hope_of_money
    s.satisfaction[i] = 0.5
    s.reported_effect[i] = 0.0
    s.start_reported[i] = 0.0
    s.believed_change[i] = 0.0
    pay(s, month, OUTSIDE, free_account(s, i), FOUNDING, p.reserve_months * s.income[i])
    s.world[0].entries += 1
    for k in range(FIRST_TIES):
        name = rng.integer(seed, rng.nth(rng.ENTRY, k), month, s.uid[i], s.births[i], s.uid.shape[0])
        j = s.place_of[name]
        if j != i and s.is_active[j] and s.age[j] > 0 and ties.find(s, i, j) < 0:
            ties.add(s, i, j, p.trust_start, month)
