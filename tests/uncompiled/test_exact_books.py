"""Salaries, overhead, reserves, staff."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.money import free_account, tied_account
from cisim.rules.books import books, pay_grants, spend
from cisim.state import (
    ADMINISTRATION,
    FIRST_FUNDER,
    GRANT,
    H_MEETINGS,
    H_SERVICE,
    MEETINGS,
    OUTSIDE,
    SERVICE,
    STAFF,
    SUPPLIERS,
)


def office(blank, free, tied, service=100.0, meetings=0.0):
    s = blank(n_orgs=1)
    s.balance[free_account(s, 0)], s.balance[tied_account(s, 0)] = free, tied
    s.staff_hours[0] = service + meetings
    s.hours[0, H_SERVICE], s.hours[0, H_MEETINGS] = service, meetings
    return s


def test_tied_money_pays_service_with_the_overhead_it_allows(blank, record):
    s = office(blank, 10_000.0, 1150.0, service=80.0, meetings=20.0)
    p = record(hour_usd=30.0, overhead_true=0.4, overhead_allowed=0.15, overhead_topup=0.5)
    spend(s, p, 0, 0)
    tied_direct, direct = 1000.0, 3000.0
    overhead = 0.4 * (direct - tied_direct) + 0.5 * 0.25 * tied_direct
    assert s.balance[tied_account(s, 0)] == pytest.approx(0.0, abs=1e-9)
    assert s.paid[SERVICE] == pytest.approx(2400.0)
    assert s.paid[MEETINGS] == pytest.approx(600.0)
    assert s.paid[ADMINISTRATION] == pytest.approx(150.0 + overhead)
    assert s.balance[free_account(s, 0)] == pytest.approx(10_000.0 - 2000.0 - overhead)
    assert s.balance[STAFF] == pytest.approx(3000.0)
    assert s.balance[SUPPLIERS] == pytest.approx(150.0 + overhead)


def test_tied_money_pays_no_more_than_service(blank, record):
    s = office(blank, 1e6, 1e6, service=50.0, meetings=50.0)
    spend(s, record(hour_usd=30.0, overhead_allowed=0.15), 0, 0)
    assert s.balance[tied_account(s, 0)] == pytest.approx(1e6 - 1.15 * 1500.0)


def test_without_money_nothing_is_paid_and_half_the_staff_goes_over_time(blank, record):
    s = office(blank, 0.0, 0.0)
    spend(s, record(), 0, 0)
    assert s.paid.sum() == 0.0
    assert s.staff_hours[0] < 100.0


def test_starved_overhead_shows_in_capacity_and_full_overhead_keeps_it(blank, record):
    p = record(capacity_years=2.0, overhead_true=0.4)
    s = office(blank, 1e9, 0.0)
    spend(s, p, 0, 0)
    assert s.capacity[0] == pytest.approx(1.0)
    s = office(blank, 0.0, 1e9)
    spend(s, record(capacity_years=2.0, overhead_true=0.4, overhead_allowed=0.1), 0, 0)
    assert s.capacity[0] == pytest.approx(1.0 + (0.25 - 1.0) / 24.0)


def test_funders_cut_all_alike_when_short(blank, record):
    s, p = blank(n_orgs=2), record(restricted_share=0.8)
    s.grant[:, 0] = [100.0, 300.0]
    s.balance[FIRST_FUNDER] = 200.0
    pay_grants(s, p, 0, 0)
    assert list(s.received) == [50.0, 150.0]
    assert s.balance[tied_account(s, 1)] == pytest.approx(120.0)
    assert s.balance[free_account(s, 1)] == pytest.approx(30.0)
    assert s.paid[GRANT] == pytest.approx(200.0)
    s.is_public[0], s.balance[FIRST_FUNDER] = 1, 400.0
    pay_grants(s, p, 0, 0)
    assert s.balance[tied_account(s, 1)] == pytest.approx(420.0)  # public money is tied to service


def test_staff_settles_where_income_pays_it_and_its_overhead(blank, record):
    s = office(blank, 0.0, 0.0)
    p = record(hour_usd=30.0, overhead_true=0.4, reserve_months=3.0)
    s.own_income[0] = s.income[0] = 4200.0  # pays 100 hours with 40 % overhead
    s.balance[free_account(s, 0)] = 3 * 4200.0
    s.staff_hours[0] = 60.0
    for month in range(240):
        s.hours[0, H_SERVICE] = s.staff_hours[0]
        books(s, p, 1, month)
    assert s.staff_hours[0] == pytest.approx(100.0, rel=1e-3)
    assert s.balance[free_account(s, 0)] == pytest.approx(3 * 4200.0, rel=1e-2)


def test_a_recession_cuts_own_income(blank, record):
    s, p = office(blank, 0.0, 0.0), record(recession_depth=0.15)
    s.own_income[0] = 100.0
    s.world.recession_left[0] = 3
    books(s, p, 1, 0)
    assert s.received[0] == pytest.approx(85.0)
    assert s.balance[OUTSIDE] == pytest.approx(-85.0)


def amounts(high):
    """Sizes that occur, without the numbers next to zero that only computers know."""
    return st.floats(0.0, high).map(lambda x: round(x, 3))


@settings(max_examples=80, deadline=None)
@given(
    free=amounts(1e6), tied=amounts(1e6), service=amounts(500.0), meetings=amounts(500.0),
    true=amounts(1.5), allowed=amounts(1.5), topup=amounts(1.0), income=amounts(1e5),
)  # fmt: skip
def test_every_dollar_goes_somewhere_and_no_account_is_overdrawn(
    blank, record, free, tied, service, meetings, true, allowed, topup, income
):
    s = office(blank, free, tied, service, meetings)
    s.own_income[0] = income
    p = record(overhead_true=true, overhead_allowed=allowed, overhead_topup=topup)
    total = float(s.balance.sum())
    books(s, p, 1, 0)
    scale = max(1.0, free + tied + income)
    assert s.balance.sum() == pytest.approx(total, abs=1e-9 * scale)
    assert s.balance[free_account(s, 0)] >= -1e-9 * scale
    assert s.balance[tied_account(s, 0)] >= -1e-9 * scale
    assert 0.0 <= s.capacity[0] <= 1.0 + 1e-12
    assert s.staff_hours[0] >= 0.0


def test_books_draw_nothing(blank, record):
    hours = []
    for seed, income in ((1, 4000.0), (2, 4000.0), (1, 100.0)):
        s = office(blank, 1000.0, 0.0)
        s.own_income[0] = income
        books(s, record(), seed, 0)
        hours.append(float(s.staff_hours[0]))
    assert hours[0] == hours[1]
    assert hours[0] != hours[2]


def test_the_order_of_organisations_does_not_matter(blank, record):
    s = blank(n_orgs=3)
    s.grant[:, 0] = [10.0, 20.0, 30.0]
    s.balance[FIRST_FUNDER] = 30.0
    s.hours[:, H_SERVICE] = 100.0
    t = blank(n_orgs=3)
    t.grant[:, 0] = [30.0, 20.0, 10.0]
    t.balance[FIRST_FUNDER] = 30.0
    t.hours[:, H_SERVICE] = 100.0
    books(s, record(), 1, 0)
    books(t, record(), 1, 0)
    np.testing.assert_allclose(s.staff_hours, t.staff_hours[::-1], rtol=1e-12)
