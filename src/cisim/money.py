"""Double-entry bookkeeping: every payment takes from one account what it gives to another."""

from __future__ import annotations

from typing import Any

from cisim.handle import rule
from cisim.state import FIRST_FUNDER, State


@rule
def pool_account(s: State) -> int:
    """Account of the funders' common pool, after the funders' own."""
    return FIRST_FUNDER + s.funder_budget.shape[0] - 1


@rule
def coalition_account(s: State, c: int) -> int:
    """Account of coalition `c` (its backbone and shared measurement)."""
    return FIRST_FUNDER + s.funder_budget.shape[0] + c


@rule
def free_account(s: State, i: int) -> int:
    """Account of organisation `i` for money it may spend as it likes."""
    return FIRST_FUNDER + s.funder_budget.shape[0] + s.stage.shape[0] + i


@rule
def tied_account(s: State, i: int) -> int:
    """Account of organisation `i` for money tied to service."""
    return free_account(s, i) + s.uid.shape[0]


@rule
def pay(s: State, month: int, payer: int, payee: int, purpose: int, usd: float) -> None:
    """Move `usd` (>= 0) from payer to payee; write it down where the ledger is kept."""
    if usd <= 0.0:
        return
    s.balance[payer] -= usd
    s.balance[payee] += usd
    s.paid[purpose] += usd
    w = s.world[0]
    if w.ledger_on:
        row = w.ledger_count
        s.ledger_month[row] = month
        s.ledger_payer[row] = payer
        s.ledger_payee[row] = payee
        s.ledger_purpose[row] = purpose
        s.ledger_usd[row] = usd
        w.ledger_count = row + 1


@rule
def luck(s: State, p: Any) -> float:
    """Share of their usual income that organisations and funders get this month."""
    return 1.0 - p.recession_depth if s.world[0].recession_left > 0 else 1.0


@rule
def dependence(s: State, p: Any, i: int) -> float:
    """Share of income that competitive appraisal of own effect decides."""
    granted = 0.0
    for f in range(s.grant.shape[1]):
        granted += s.grant[i, f]
    total = granted + s.own_income[i]
    return (1.0 - p.outcome_orientation) * granted / total if total > 0.0 else 0.0
