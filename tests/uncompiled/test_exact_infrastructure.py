"""Who pays for backbone and shared measurement, and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.rules.infrastructure import (
    backbone_asked_usd,
    build_capacity,
    infrastructure,
    public_savings_usd,
    raise_usd,
    role_quality,
    run_measurement,
    set_roles,
    share_savings,
    staff_backbone,
)
from cisim.state import (
    BACKBONE,
    FIRST_FUNDER,
    INFRASTRUCTURE,
    MEASUREMENT,
    OUTSIDE,
    POOLING,
    SAVINGS,
    STAFF,
    SUPPLIERS,
)

A, B, C, POOL = range(FIRST_FUNDER, FIRST_FUNDER + 4)


def funded(blank, **sizes):
    """One public and two private funders with money, and a coalition of ten."""
    s = blank(n_orgs=10, n_funders=4, **sizes)
    s.is_public[0] = 1
    s.funder_budget[:3] = [1000.0, 300.0, 100.0]
    s.balance[A : POOL + 1] = [1000.0, 300.0, 100.0, 0.0]
    s.world.infrastructure_left[0] = 200.0
    s.coalition[:], s.stage[0], s.n_members[0], s.coalition_age[0] = 0, 3, 10, 2
    return s


def test_private_funders_pay_in_proportion_up_to_the_limit(blank, record):
    s, p = funded(blank), record()
    assert raise_usd(s, p, 0, SUPPLIERS, INFRASTRUCTURE, 100.0) == pytest.approx(100.0)
    np.testing.assert_allclose(s.balance[A : POOL + 1], [1000.0, 225.0, 75.0, 0.0])
    assert raise_usd(s, p, 0, SUPPLIERS, INFRASTRUCTURE, 1e6) == pytest.approx(100.0)
    assert s.balance[A] == 1000.0  # public money is tied to direct service
    assert s.balance[SUPPLIERS] == pytest.approx(200.0)
    assert raise_usd(s, p, 0, SUPPLIERS, INFRASTRUCTURE, 1.0) == 0.0


@pytest.mark.parametrize("limit", [0.0, 0.3, 1.0])
def test_a_month_spends_no_more_on_infrastructure_than_the_limit(blank, record, limit):
    s = funded(blank, n_coalitions=2)
    s.balance[:] = 0.0
    s.stage[:], s.n_members[:], s.coalition_age[:] = 3, 5, 2
    huge = {"backbone": 1.0, "backbone_usd_per_year": 2e7, "shared_measurement": 1.0, "scan_usd": 1e6}
    infrastructure(s, record(infrastructure_limit=limit, **huge), 1, 12)
    assert s.balance[A] == 1000.0
    assert s.balance[B] + s.balance[C] == pytest.approx(400.0 * (1.0 - limit), abs=1e-9)


def test_added_money_comes_from_outside(blank, record):
    s, p = funded(blank), record(financing="added")
    assert raise_usd(s, p, 0, SUPPLIERS, INFRASTRUCTURE, 1e6) == 1e6
    assert s.balance[OUTSIDE] == -1e6
    assert s.balance[A : POOL + 1].sum() == 1400.0
    assert raise_usd(s, p, 0, SUPPLIERS, INFRASTRUCTURE, 0.0) == 0.0


def test_budgets_come_in_shrink_in_recessions_and_are_pooled(blank, record):
    s, p = funded(blank), record(pooled_share=0.5, recession_depth=0.2)
    s.balance[:] = 0.0
    s.stage[0] = 0
    infrastructure(s, p, 1, 12)
    np.testing.assert_allclose(s.balance[A : POOL + 1], [1000.0, 150.0, 50.0, 200.0])
    assert s.paid[POOLING] == 200.0
    s.balance[:] = 0.0
    s.world.recession_left[0] = 5
    infrastructure(s, record(recession_depth=0.2), 1, 13)
    np.testing.assert_allclose(s.balance[A : POOL + 1], [800.0, 240.0, 80.0, 0.0])


def test_the_backbone_asks_by_stage_and_term(blank, record):
    s = funded(blank)
    p = record(backbone=0.5, backbone_usd_per_year=1200.0, backbone_term_years=5.0, backbone_taper=0.2)
    for stage, asked in ((1, 0.0), (2, 25.0), (3, 50.0)):
        s.stage[0] = stage
        assert backbone_asked_usd(s, p, 0) == asked
    s.backbone_age[0] = 60
    assert backbone_asked_usd(s, p, 0) == pytest.approx(10.0)


def test_a_backbone_grows_into_its_work_and_forgets_without_pay(blank, record):
    s = funded(blank)
    p = record(
        backbone=1.0,
        backbone_usd_per_year=1200.0,
        backbone_fte_usd=600.0,
        backbone_setup_months=4,
        financing="added",
    )
    for month in range(4):
        staff_backbone(s, p, month, 0)
        assert s.backbone_level[0] == pytest.approx((month + 1) / 4)
    assert s.staff_fte[0] == pytest.approx(2.0)
    assert s.paid[BACKBONE] == pytest.approx(400.0)
    assert s.backbone_age[0] == 4
    staff_backbone(s, record(backbone=0.0), 5, 0)
    assert s.staff_fte[0] == 0.0
    assert s.backbone_level[0] == pytest.approx(0.9)


def test_executives_on_loan_leave_when_the_loan_ends(blank, record):
    s = funded(blank)
    p = record(loaned_executive_fte=0.5, loaned_executive_months=24, backbone_fte_usd=120.0)
    for age, fte in ((24, 0.5), (25, 0.0)):
        s.coalition_age[0] = age
        staff_backbone(s, p, 0, 0)
        assert s.staff_fte[0] == pytest.approx(fte)


def test_roles_are_as_good_as_posts_reach(blank, record):
    p = record(volunteer_quality=0.4, communication=1.0)
    assert role_quality(p, 0.0, 1.0, 1.0) == pytest.approx(0.4)
    assert role_quality(p, 1.0, 1.0, 1.0) == pytest.approx(1.0)
    assert role_quality(p, 0.5, 1.0, 1.0) == pytest.approx(0.7)
    assert role_quality(record(communication=0.0), 0.0, 1.0, 1.0) == 0.0  # volunteers work in meetings
    s = funded(blank)
    s.n_members[0], s.backbone_level[0], s.staff_fte[0] = 60, 1.0, 3.0
    set_roles(s, record(members_per_fte=20.0, manager_share=1 / 3, data_share=1 / 3), 0)
    assert [float(a[0]) for a in (s.manager, s.data_manager, s.facilitator, s.staffed)] == pytest.approx(
        [1.0] * 4
    )


@settings(max_examples=60, deadline=None)
@given(
    members=st.integers(0, 500), fte=st.floats(0.0, 30.0), level=st.floats(0.0, 1.0),
    manager=st.floats(0.0, 0.5), data=st.floats(0.0, 0.5), volunteers=st.floats(0.0, 1.0),
)  # fmt: skip
def test_roles_are_shares_and_more_staff_is_never_worse(
    blank, record, members, fte, level, manager, data, volunteers
):
    s = funded(blank)
    p = record(manager_share=manager, data_share=data, volunteer_quality=volunteers, communication=1.0)
    s.n_members[0], s.backbone_level[0] = members, level
    before = np.zeros(4)
    for staff in (fte, fte + 1.0):
        s.staff_fte[0] = staff
        set_roles(s, p, 0)
        now = np.array([s.manager[0], s.data_manager[0], s.facilitator[0], s.staffed[0]])
        assert ((now >= before - 1e-12) & (now <= 1.0 + 1e-12)).all()
        before = now


def test_measurement_is_paid_for_then_works_as_well_as_its_manager(blank, record):
    s = funded(blank)
    p = record(
        shared_measurement=0.5, measurement_setup_usd=1200.0, measurement_setup_months=3,
        measurement_usd_per_year=120.0, financing="added",
    )  # fmt: skip
    s.data_manager[0] = 0.8
    for month in range(3):
        run_measurement(s, p, month, 0)
        assert s.measurement[0] == 0.0
    assert s.paid[MEASUREMENT] == pytest.approx(600.0)
    run_measurement(s, p, 3, 0)
    assert s.paid[MEASUREMENT] == pytest.approx(605.0)
    assert s.measurement[0] == pytest.approx(0.4)
    s.stage[0] = 2
    run_measurement(s, p, 4, 0)
    assert s.measurement[0] == 0.0


def test_capacity_building_is_shared_by_members(blank, record):
    s, p = (
        funded(blank),
        record(
            capacity_building_usd_per_year=12 * 150.0, hour_usd=30.0, capacity_years=2.0, training_effect=0.12
        ),
    )
    s.capacity[:] = 0.5
    s.competence[:] = 0.5
    s.coalition[9], s.n_members[0] = -1, 9
    build_capacity(s, p, 0, 0)
    share = 150.0 / 9 / 3000.0
    assert s.capacity[0] == pytest.approx(0.5 + share * 0.5 / 24.0)
    assert s.competence[0, 0] == pytest.approx(0.5 + 0.01 * share * 0.5)
    assert s.capacity[9] == s.competence[9, 0] == 0.5


def test_no_coalition_no_bill_and_no_draws(blank, record):
    """This rule is the same for every seed: it draws nothing."""
    p = record(backbone=1.0, shared_measurement=1.0, scan_usd=1e5)
    states = []
    for seed, stage in ((1, 0), (1, 3), (2, 3)):
        s = funded(blank)
        s.stage[0] = stage
        infrastructure(s, p, seed, 0)
        states.append(s.balance.copy())
    assert states[0][SUPPLIERS] == 0.0
    np.testing.assert_array_equal(states[1], states[2])
    assert not np.array_equal(states[0], states[1])


@pytest.mark.parametrize(
    ("baseline", "best", "seen", "usd"),
    [(30.0, 10.0, 28.0, 200.0), (30.0, 10.0, 31.0, 0.0), (50.0, 90.0, 53.0, 300.0), (50.0, 90.0, 49.0, 0.0)],
)
def test_savings_follow_the_published_figure_and_are_never_a_debt(blank, record, baseline, best, seen, usd):
    s = funded(blank)
    s.world.baseline[0], s.world.best[0], s.world.indicator_seen[0] = baseline, best, seen
    s.world.indicator[0] = best  # the true figure pays nobody
    assert public_savings_usd(s, record(savings_usd_per_unit=1200.0)) == pytest.approx(usd)
    assert public_savings_usd(s, record()) == 0.0


SHARED = {
    "savings_share": 0.5, "savings_usd_per_unit": 1200.0, "backbone": 1.0, "backbone_usd_per_year": 1200.0,
    "backbone_term_years": 5.0,
}  # fmt: skip


def saving(blank, seen=29.0, age=60, **sizes):
    """A backbone that would cost 100 a month, past its term; public payers save 100 a month per unit."""
    s = funded(blank, **sizes)
    s.world.indicator_seen[0], s.backbone_age[:] = seen, age
    return s


@pytest.mark.parametrize(
    ("changes", "age", "seen", "stage", "shared"),
    [
        ({}, 60, 29.0, 3, 50.0),  # half of 100
        ({}, 59, 29.0, 3, 0.0),  # the term still runs
        ({}, 60, 22.0, 3, 100.0),  # half of 800, but it needs only 100
        ({}, 60, 22.0, 2, 50.0),  # and half of that when it coordinates
        ({}, 60, 22.0, 1, 0.0),
        ({"backbone_taper": 0.8}, 60, 22.0, 3, 20.0),  # funders still pay 80
        ({"savings_share": 0.0}, 60, 22.0, 3, 0.0),
        ({"backbone_term_years": 0.0}, 0, 29.0, 3, 50.0),  # without a term from the start
        ({}, 60, 31.0, 3, 0.0),
    ],
)
def test_a_backbone_past_its_term_lives_on_shared_savings(blank, record, changes, age, seen, stage, shared):
    s = saving(blank, seen, age)
    s.stage[0], s.balance[:] = stage, 0.0
    infrastructure(s, record(**SHARED | changes), 1, 70)
    assert s.paid[SAVINGS] == pytest.approx(shared)
    from_funders = s.paid[INFRASTRUCTURE]
    assert s.paid[BACKBONE] == s.balance[STAFF] == pytest.approx(shared + from_funders)
    assert s.balance[OUTSIDE] == pytest.approx(-1400.0 - shared)
    assert s.balance.sum() == pytest.approx(0.0, abs=1e-9)
    assert s.staff_fte[0] == pytest.approx((shared + from_funders) / (133_000.0 / 12.0))


@settings(max_examples=50, deadline=None)
@given(
    share=st.floats(0.0, 1.0), price=st.floats(0.0, 1e5), seen=st.floats(0.0, 60.0), taper=st.floats(0.0, 1.0),
    budget=st.floats(0.0, 1e6),
)  # fmt: skip
def test_all_coalitions_together_get_no_more_than_the_share(blank, record, share, price, seen, taper, budget):
    s = saving(blank, seen, n_coalitions=3)
    s.stage[:], s.n_members[:], s.coalition_age[:] = 3, 3, 2
    p = record(**SHARED | {
        "savings_share": share, "savings_usd_per_unit": price, "backbone_taper": taper,
        "backbone_usd_per_year": budget,
    })  # fmt: skip
    infrastructure(s, p, 1, 70)
    pot = share * price / 12.0 * max(0.0, 30.0 - seen)
    # a billionth of a dollar: the smallest numbers there are round in their first digit
    assert 0.0 <= s.paid[SAVINGS] <= pot * (1.0 + 1e-12) + 1e-9
    assert s.paid[BACKBONE] <= 3.0 * budget / 12.0 * (1.0 + 1e-12) + 1e-9
    assert s.world.savings_left[0] == pytest.approx(pot - s.paid[SAVINGS], rel=1e-9, abs=1e-9)


def test_what_one_coalition_takes_another_does_not_get(blank, record):
    s, p = saving(blank, n_coalitions=2), record(**SHARED)
    s.stage[:], s.world.savings_left[0] = 3, 130.0
    assert [share_savings(s, p, 0, c, 0.0) for c in range(2)] == [100.0, pytest.approx(30.0)]
    assert s.world.savings_left[0] == 0.0
