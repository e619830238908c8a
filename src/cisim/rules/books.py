"""Books: grants and own income come in, service and overhead are paid; staff follows money.

Funders have paid infrastructure first; what is left pays the instalments of running grants as far as it goes.
Organisations pay service from tied money with the overhead it allows, all else from free money, and top up only
a part of the overhead that tied work really needs: capacity follows what is paid, and fidelity follows capacity
(the starvation cycle, Gregory & Howard 2009).
"""

from __future__ import annotations

from typing import Any

from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.money import free_account, luck, pay, tied_account
from cisim.state import (
    ADMINISTRATION,
    FIRST_FUNDER,
    GRANT,
    H_SERVICE,
    OUTSIDE,
    OWN_INCOME,
    SERVICE,
    STAFF,
    SUPPLIERS,
    State,
)

HIRING_MONTHS = 6.0  # time in which staff follows affordable staff
RESERVE_MONTHS = 24.0  # time in which reserves are brought back to their target


@kernel_step
def books(s: State, p: Any, seed: int, month: int) -> None:
    """Pay grants as far as funders' money goes, then staff and overhead."""
    times = luck(s, p)
    for i in range(s.uid.shape[0]):
        s.received[i] = 0.0
        if s.is_active[i]:
            pay(s, month, OUTSIDE, free_account(s, i), OWN_INCOME, times * s.own_income[i])
            s.received[i] = times * s.own_income[i]
    for f in range(s.funder_budget.shape[0]):
        pay_grants(s, p, month, f)
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            spend(s, p, month, i)


@rule
def pay_grants(s: State, p: Any, month: int, f: int) -> None:
    """Pay the month's instalments of funder `f`, all cut alike where money is short."""
    due = 0.0
    for i in range(s.uid.shape[0]):
        due += s.grant[i, f]
    if due <= 0.0:
        return
    share = min(1.0, max(0.0, s.balance[FIRST_FUNDER + f]) / due)
    tied_share = 1.0 if s.is_public[f] else p.restricted_share
    for i in range(s.uid.shape[0]):
        usd = share * s.grant[i, f]
        if usd > 0.0:
            pay(s, month, FIRST_FUNDER + f, tied_account(s, i), GRANT, tied_share * usd)
            pay(s, month, FIRST_FUNDER + f, free_account(s, i), GRANT, (1.0 - tied_share) * usd)
            s.received[i] += usd


@rule
def spend(s: State, p: Any, month: int, i: int) -> None:
    """Pay the staff and overhead of organisation `i`, as far as it can, and let staff and capacity follow."""
    free = free_account(s, i)
    tied = tied_account(s, i)
    direct = s.staff_hours[i] * p.hour_usd
    from_tied = min(s.balance[tied] / (1.0 + p.overhead_allowed), s.hours[i, H_SERVICE] * p.hour_usd)
    allowed = p.overhead_allowed * from_tied
    skimped = max(0.0, p.overhead_true - p.overhead_allowed) * from_tied
    overhead = p.overhead_true * (direct - from_tied) + p.overhead_topup * skimped
    wanted = direct - from_tied + overhead
    payable = min(1.0, max(0.0, s.balance[free]) / wanted) if wanted > 0.0 else 1.0
    pay(s, month, tied, STAFF, SERVICE, from_tied)
    pay(s, month, tied, SUPPLIERS, ADMINISTRATION, allowed)
    pay(s, month, free, STAFF, SERVICE, payable * (s.hours[i, H_SERVICE] * p.hour_usd - from_tied))
    for use in range(1, s.hours.shape[1]):
        pay(s, month, free, STAFF, use + ADMINISTRATION, payable * s.hours[i, use] * p.hour_usd)
    pay(s, month, free, SUPPLIERS, ADMINISTRATION, payable * overhead)
    follow_money(s, p, i, direct, allowed + payable * overhead, payable)


@rule
def follow_money(s: State, p: Any, i: int, direct: float, overhead: float, payable: float) -> None:
    """Adjust capacity to the overhead that was paid, and staff to what can be afforded."""
    needed = p.overhead_true * direct
    fed = min(1.0, overhead / needed) if needed > 0.0 else 1.0
    s.capacity[i] += (fed - s.capacity[i]) / (12.0 * p.capacity_years)
    s.income[i] += (s.received[i] - s.income[i]) / 12.0
    held = s.balance[free_account(s, i)] + s.balance[tied_account(s, i)]
    spare = (held - p.reserve_months * s.income[i]) / RESERVE_MONTHS
    rate = overhead / direct if direct > 0.0 else p.overhead_true
    affordable = max(0.0, s.income[i] + spare) / ((1.0 + rate) * p.hour_usd)
    if payable < 1.0:
        affordable = min(affordable, s.staff_hours[i] * (0.5 + 0.5 * payable))
    s.staff_hours[i] += (affordable - s.staff_hours[i]) / HIRING_MONTHS
