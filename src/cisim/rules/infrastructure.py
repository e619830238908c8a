"""Infrastructure: who pays for backbone and shared measurement, and what staff makes of it.

At equal budgets the money comes out of private funders' and the pool's monthly money, up to a limit, before
grants are paid (public money is tied to direct service); added money comes from outside. Staff is split over
three roles, project manager, data manager and facilitator; each is adequate as far as there are enough posts for
the members (span) and the backbone is set up. What staff does not cover members do as volunteers, worse.

When its term is over, a backbone can live on a share of what public payers outside save (`savings_share`). What
they save follows the published figure, so luck is paid for as well: noise, trend, and the fall from a peak that
would have come anyway (regression to the mean). A figure worse than the start costs the backbone nothing.
"""

from __future__ import annotations

from typing import Any

from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.money import coalition_account, luck, pay, pool_account
from cisim.state import (
    BACKBONE,
    BUDGET,
    CAPACITY_BUILDING,
    FIRST_FUNDER,
    INFRASTRUCTURE,
    MEASUREMENT,
    OUTSIDE,
    POOLING,
    SAVINGS,
    SCAN,
    STAFF,
    SUPPLIERS,
    State,
)

ADDED = 1  # code of financing by new outside money
SCAN_KEPT = 0.98  # freshness a landscape scan keeps in a month (half-life about 3 years)
SETUP_FORGOTTEN = 0.1  # what an unstaffed backbone loses in a month


@kernel_step
def infrastructure(s: State, p: Any, seed: int, month: int) -> None:
    """Give funders their budgets, let them pool, and pay for the structures of every coalition first."""
    for k in range(s.paid.shape[0]):
        s.paid[k] = 0.0
    for f in range(s.funder_budget.shape[0] - 1):
        pay(s, month, OUTSIDE, FIRST_FUNDER + f, BUDGET, luck(s, p) * s.funder_budget[f])
    pool_money(s, p, month)
    s.world[0].infrastructure_left = p.infrastructure_limit * private_usd(s)
    s.world[0].savings_left = p.savings_share * public_savings_usd(s, p)
    s.world[0].scan_left *= SCAN_KEPT
    for c in range(s.stage.shape[0]):
        if s.stage[c] > 0:
            if s.coalition_age[c] == 1:
                scan_landscape(s, p, month, c)
            staff_backbone(s, p, month, c)
            set_roles(s, p, c)
            run_measurement(s, p, month, c)
            build_capacity(s, p, month, c)


@rule
def raise_usd(s: State, p: Any, month: int, payee: int, purpose: int, usd: float) -> float:
    """Raise up to `usd` for `payee` from private funders and the pool, or outside; return what came."""
    if usd <= 0.0:
        return 0.0
    if p.financing == ADDED:
        pay(s, month, OUTSIDE, payee, purpose, usd)
        return usd
    able = private_usd(s)
    wanted = min(usd, s.world[0].infrastructure_left, able)
    if wanted <= 0.0:
        return 0.0
    s.world[0].infrastructure_left -= wanted
    raised = 0.0
    n_funders = s.funder_budget.shape[0]
    for f in range(n_funders):
        if f == n_funders - 1 or not s.is_public[f]:
            part = wanted / able * max(0.0, s.balance[FIRST_FUNDER + f])
            pay(s, month, FIRST_FUNDER + f, payee, purpose, part)
            raised += part
    return raised


@rule
def private_usd(s: State) -> float:
    """Money that private funders and their pool hold."""
    n_funders = s.funder_budget.shape[0]
    able = 0.0
    for f in range(n_funders):
        if f == n_funders - 1 or not s.is_public[f]:
            able += max(0.0, s.balance[FIRST_FUNDER + f])
    return able


@rule
def scan_landscape(s: State, p: Any, month: int, c: int) -> None:
    """Find out once who does what for whom."""
    raised = raise_usd(s, p, month, SUPPLIERS, SCAN, p.scan_usd)
    s.world[0].scan_left = min(1.0, raised / p.scan_full_usd)


@rule
def backbone_asked_usd(s: State, p: Any, c: int) -> float:
    """What the backbone of coalition `c` asks for this month: by stage, and by what is left of its term."""
    in_term = 1.0 if is_in_term(s, p, c) else p.backbone_taper
    return stage_part(s, c) * in_term * p.backbone * p.backbone_usd_per_year / 12.0


@rule
def stage_part(s: State, c: int) -> float:
    """Part of its full budget that the backbone of coalition `c` needs in its stage."""
    return 0.0 if s.stage[c] == 1 else 0.5 if s.stage[c] == 2 else 1.0


@rule
def is_in_term(s: State, p: Any, c: int) -> bool:
    """Tell whether the funding of the backbone of coalition `c` still runs."""
    return s.backbone_age[c] < 12.0 * p.backbone_term_years


@rule
def public_savings_usd(s: State, p: Any) -> float:
    """What public payers save this month by the figure last published, compared with that before the run."""
    w = s.world[0]
    better = w.baseline - w.indicator_seen if w.baseline >= w.best else w.indicator_seen - w.baseline
    return p.savings_usd_per_unit / 12.0 * max(0.0, better)


@rule
def share_savings(s: State, p: Any, month: int, c: int, raised: float) -> float:
    """Pay the backbone of coalition `c` after its term what it still lacks, as far as savings reach."""
    if is_in_term(s, p, c):
        return 0.0
    full = stage_part(s, c) * p.backbone * p.backbone_usd_per_year / 12.0
    usd = min(full - raised, s.world[0].savings_left)
    if usd <= 0.0:
        return 0.0
    s.world[0].savings_left -= usd
    pay(s, month, OUTSIDE, coalition_account(s, c), SAVINGS, usd)
    return usd


@rule
def staff_backbone(s: State, p: Any, month: int, c: int) -> None:
    """Pay backbone staff and executives on loan, and let the backbone grow into its work."""
    account = coalition_account(s, c)
    raised = raise_usd(s, p, month, account, INFRASTRUCTURE, backbone_asked_usd(s, p, c))
    raised += share_savings(s, p, month, c, raised)
    pay(s, month, account, STAFF, BACKBONE, raised)
    if raised > 0.0 or s.backbone_age[c] > 0:
        s.backbone_age[c] += 1
    lent = 0.0
    if s.coalition_age[c] <= p.loaned_executive_months:
        lent = raise_usd(s, p, month, STAFF, BACKBONE, p.loaned_executive_fte * p.backbone_fte_usd / 12.0)
    s.staff_fte[c] = (raised + lent) / (p.backbone_fte_usd / 12.0)
    if s.staff_fte[c] > 0.0:
        s.backbone_level[c] = min(1.0, s.backbone_level[c] + 1.0 / max(1, p.backbone_setup_months))
    else:
        s.backbone_level[c] *= 1.0 - SETUP_FORGOTTEN


@rule
def role_quality(p: Any, fte: float, needed: float, level: float) -> float:
    """Quality of one role: paid posts as far as they reach, volunteers in meetings for the rest."""
    adequate = level * min(1.0, fte / needed) if needed > 0.0 else level
    return adequate + (1.0 - adequate) * p.volunteer_quality * p.communication


@rule
def set_roles(s: State, p: Any, c: int) -> None:
    """Work out how well the three roles are filled for the members there are."""
    needed = s.n_members[c] / p.members_per_fte / 3.0
    fte = s.staff_fte[c]
    level = s.backbone_level[c]
    s.staffed[c] = level * min(1.0, fte / (3.0 * needed)) if needed > 0.0 else 0.0
    s.manager[c] = role_quality(p, fte * p.manager_share, needed, level)
    s.data_manager[c] = role_quality(p, fte * p.data_share, needed, level)
    s.facilitator[c] = role_quality(p, fte * max(0.0, 1.0 - p.manager_share - p.data_share), needed, level)


@rule
def run_measurement(s: State, p: Any, month: int, c: int) -> None:
    """Pay for setting up, then for running shared measurement; it works as well as its data manager."""
    s.measurement[c] = 0.0
    if s.stage[c] < 3 or p.shared_measurement <= 0.0:
        return
    account = coalition_account(s, c)
    setup = p.shared_measurement * p.measurement_setup_usd
    months = max(1, p.measurement_setup_months)
    if s.system_paid[c] < 1.0 - 1e-9:
        asked = min(setup / months, (1.0 - s.system_paid[c]) * setup)
        raised = raise_usd(s, p, month, account, INFRASTRUCTURE, asked)
        pay(s, month, account, SUPPLIERS, MEASUREMENT, raised)
        s.system_paid[c] = min(1.0, s.system_paid[c] + (raised / setup if setup > 0.0 else 1.0 / months))
        return
    asked = p.shared_measurement * p.measurement_usd_per_year / 12.0
    raised = raise_usd(s, p, month, account, INFRASTRUCTURE, asked)
    pay(s, month, account, SUPPLIERS, MEASUREMENT, raised)
    funded = raised / asked if asked > 0.0 else 1.0
    s.measurement[c] = p.shared_measurement * funded * s.data_manager[c]


@rule
def build_capacity(s: State, p: Any, month: int, c: int) -> None:
    """Spend capacity-building money on members: skills, and the overhead others do not pay."""
    if s.n_members[c] == 0:
        return
    raised = raise_usd(s, p, month, SUPPLIERS, CAPACITY_BUILDING, p.capacity_building_usd_per_year / 12.0)
    if raised <= 0.0:
        return
    each = raised / s.n_members[c]
    for i in range(s.uid.shape[0]):
        if s.coalition[i] == c and s.staff_hours[i] > 0.0:
            share = min(1.0, each / (s.staff_hours[i] * p.hour_usd))
            s.capacity[i] += share * (1.0 - s.capacity[i]) / (12.0 * p.capacity_years)
            for d in range(s.weight.shape[0]):
                s.competence[i, d] += p.training_effect / 12.0 * share * (1.0 - s.competence[i, d])


@rule
def pool_money(s: State, p: Any, month: int) -> None:
    """Move private funders' pooled part into the pool, once the grants they had promised before have run out."""
    if month < 12:
        return
    for f in range(s.funder_budget.shape[0] - 1):
        if not s.is_public[f]:
            part = min(p.pooled_share * s.funder_budget[f], s.balance[FIRST_FUNDER + f])
            pay(s, month, FIRST_FUNDER + f, pool_account(s), POOLING, part)
