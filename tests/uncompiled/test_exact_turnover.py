"""Organisations close and open."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.engine import build
from cisim.money import free_account, tied_account
from cisim.rules.turnover import LEAST_SIZE, VACANT_MONTHS, close, exit_hazard, has_bad_luck, turnover
from cisim.state import OUTSIDE


def typical(p):
    return p.org_budget_usd / (1.0 + p.overhead_true) / 12.0 / p.hour_usd


def test_the_hazard_falls_with_age_and_size(blank, record):
    s, p = blank(n_orgs=4), record(exit_per_year=0.02)
    s.age[:] = [0, 600, 120, 120]
    s.staff_hours[:] = np.array([1.0, 1.0, 1.0 / 16.0, 16.0]) * typical(p)
    found = [exit_hazard(s, p, i) for i in range(4)]
    at_ten = 0.5 + 1.5 * exp(-2.0)
    assert found == pytest.approx(
        [0.04, 0.02 * (0.5 + 1.5 * exp(-10)), 0.02 * at_ten * 2.0, 0.02 * at_ten * 0.5]
    )


@settings(max_examples=200, deadline=None)
@given(
    u=st.floats(0.0, 1.0, exclude_max=True),
    rate=st.floats(0.0, 0.5),
    age=st.integers(0, 2000),
    size=st.floats(1e-3, 1e3),
)
def test_a_hazard_that_is_not_worked_out_would_have_changed_nothing(blank, record, u, rate, age, size):
    s, p = blank(n_orgs=2), record(exit_per_year=rate)
    s.age[:], s.staff_hours[:] = age, size * typical(p)
    hazard = exit_hazard(s, p, 0) / 12.0
    s.luck[:] = [u, np.nextafter(hazard, 0.0)]  # any draw, and the highest that closes
    assert has_bad_luck(s, p, 0) == (u < hazard)
    assert has_bad_luck(s, p, 1) == (hazard > 0.0)


def test_survival_under_a_constant_hazard(blank, record):
    """By chance fails once in 150,000 changes of the generator (4.5 standard errors)."""
    n, months = 1500, 24
    s, p = blank(n_orgs=n, n_bits=1), record(exit_per_year=0.4, entry_per_year=0.0)
    s.age[:] = 100_000  # age no longer matters
    s.staff_hours[:] = s.start_hours[:] = typical(p)
    for month in range(months):
        turnover(s, p, 9, month)
    q = (1.0 - 0.4 * 0.5 / 12.0) ** months
    assert abs(s.is_active.mean() - q) < 4.5 * np.sqrt(q * (1.0 - q) / n)
    assert s.world[0].exits == n - s.is_active.sum()


def test_who_has_shrunk_to_nothing_closes(blank, record):
    s, p = blank(), record(exit_per_year=0.0)
    s.staff_hours[:] = np.array([0.99, 1.01]) * LEAST_SIZE * s.start_hours
    turnover(s, p, 1, 0)
    assert list(s.is_active) == [0, 1]


def test_closing_empties_accounts_and_ends_promises(blank):
    s = blank()
    s.balance[free_account(s, 0)], s.balance[tied_account(s, 0)] = 70.0, 30.0
    s.grant[0], s.grant_left[0], s.coalition[0], s.hours[0], s.hours_owed[0] = 5.0, 12, 0, 3.0, 3.0
    close(s, 0, 0)
    assert s.balance[OUTSIDE] == 100.0
    assert s.balance.sum() == 100.0
    assert s.coalition[0] == -1
    assert (s.hours[0] == 3.0).all()  # worked before the doors closed
    for array in (s.grant, s.grant_left, s.hours_owed, s.staff_hours, s.is_active):
        assert not array[0].any()
        assert array[1].any() == (array is s.staff_hours or array is s.is_active)


@pytest.fixture(scope="module")
def founded(small):
    return small.with_(exit_per_year=0.0, entry_per_year=0.5, practice_bits=4)


def test_a_vacant_place_is_taken_after_a_while_by_somebody_new(founded, do):
    world = build(founded, 3)
    s = world.state
    before = {name: getattr(s, name).copy() for name in ("competence", "practice", "effort", "turf")}
    money = float(s.balance.sum())
    s.is_active[4], s.staff_hours[4], s.age[4] = 0, 0.0, 0
    months = 0
    while not s.is_active[4] and months < 60:
        do(world, "turnover", months)
        months += 1
    assert VACANT_MONTHS < months < 60  # chance of waiting longer with 5/12 a month: 1e-13
    assert s.births[4] == 1
    assert s.age[4] == 0
    assert not np.array_equal(s.competence[4], before["competence"][4])
    others = np.arange(s.uid.size) != 4
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(s, name)[others], array[others], err_msg=name)
    assert s.balance.sum() == pytest.approx(money, rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**63 - 1))
def test_places_are_living_or_vacant_and_counted(blank, record, seed):
    s, p = blank(n_orgs=30), record(exit_per_year=0.5, entry_per_year=0.0)
    for month in range(12):
        turnover(s, p, seed, month)
    assert set(np.unique(s.is_active)) <= {0, 1}
    assert s.world[0].exits == 30 - s.is_active.sum()
    assert (s.staff_hours[s.is_active == 0] == 0.0).all()


def test_exits_follow_the_seed(blank, record):
    def living(seed: int) -> list[int]:
        s, p = blank(n_orgs=60), record(exit_per_year=0.5, entry_per_year=0.0)
        for month in range(12):
            turnover(s, p, seed, month)
        return list(s.is_active)

    assert living(1) == living(1)
    assert living(1) != living(2)
