"""Compiled rules in worlds large enough for the laws of large numbers.

Every comparison allows 4.5 standard errors: by chance one in 150,000 fails when the generator changes; with a fixed
seed the tests are deterministic.
"""

from __future__ import annotations

import numpy as np
import pytest
from numba.core import config

from cisim import engine
from cisim.engine import STEP
from cisim.scenario import load
from cisim.state import H_MEETINGS, H_SERVICE

K = 4.5
pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="worlds too large for plain Python")


@pytest.fixture(scope="module")
def town():
    """Two thousand organisations on two drivers."""
    base = load("generic-adaptive")
    return base.with_(
        n_orgs=2000, practice_bits=4, ruggedness=1, months=12, formation_month=0, drivers=base.drivers[:2]
    )


def is_near(values, expected):
    return abs(values.mean() - expected) < K * values.std(ddof=1) / np.sqrt(values.size)


def test_founding_traits_have_the_stated_means(town):
    s = engine.build(town.with_(competence_sd=0.1), 3).state
    v = town.values
    assert is_near(s.competence, v["competence_mean"])
    assert is_near(s.reach, 1.0)
    assert is_near(np.log(s.start_hours), np.log(s.start_hours).mean())
    assert is_near((s.sector == 1).astype(float), v["share_government"])
    assert is_near((s.sector == 3).astype(float), v["share_community"])
    budgets = 12.0 * (s.own_income + s.grant_need)
    assert is_near(np.log(budgets / v["org_budget_usd"]), 0.0)
    other = engine.build(town.with_(competence_mean=0.65, competence_sd=0.1), 3).state
    assert not is_near(other.competence, v["competence_mean"])  # the test can tell


@pytest.mark.parametrize("reliability", [0.3, 0.8])
def test_reports_have_the_stated_reliability(town, do, reliability):
    world = engine.build(
        town.with_(own_report_months=1, report_reliability=reliability, group_specificity=0.0), 3
    )
    do(world, "measure", 0)
    s = world.state
    error = (s.judged - s.common_quality).ravel()
    variance = town.values["quality_sd"] ** 2 * (1.0 - reliability) / reliability
    assert is_near(error, 0.0)
    assert abs(error.var() / variance - 1.0) < K * np.sqrt(2.0 / error.size)


def test_selection_by_noisy_reports_is_worth_its_reliability(town, do):
    """The chosen of ten is truly better by reliability x 1.539 sd (expected top of ten normal draws)."""
    rng = np.random.default_rng(1)
    n = 40_000
    true = rng.normal(0.0, 1.0, (n, 10))
    world = engine.build(town.with_(own_report_months=1, group_specificity=0.0, report_reliability=0.5), 3)
    do(world, "measure", 0)
    error = (world.state.judged - world.state.common_quality).ravel() / world.record.quality_sd
    seen = true + rng.permutation(np.resize(error, n * 10)).reshape(n, 10)
    chosen = true[np.arange(n), seen.argmax(axis=1)]
    expected = np.sqrt(0.5) * 1.539  # sd of the seen is sqrt(2): reliability x sqrt(2) x 1.539
    assert abs(chosen.mean() - expected) < K * chosen.std() / np.sqrt(n) + 0.01  # the finite sample of errors


def test_attendance_is_what_motive_makes_it(town, do):
    met = town.with_(formation="mandate", communication=1.0, intends_to_last=1.0, attendance=0.77)
    world = engine.build(met, 3)
    do(world, "join", 0)
    do(world, "meet", 1)
    s = world.state
    assert (s.coalition == 0).all()
    came = (s.presence > 0.0).astype(float)
    meetings = s.hours_owed[came > 0.0, H_MEETINGS] / 6.0
    assert set(np.round(meetings, 9)) == {1.0}
    assert is_near(came, 0.77)
    world = engine.build(met.with_(intends_to_last=0.0, hope_of_money=0.0), 3)
    do(world, "join", 0)
    world.state.satisfaction[:] = 0.0
    do(world, "meet", 1)  # an order still secures a motive of .8
    assert is_near((world.state.presence > 0.0).astype(float), 0.77 * (0.4 + 0.6 * 0.8))


def test_without_contact_two_thousand_organisations_forget_each_other(town):
    world = engine.build(
        town.with_(everyday_contact=0.0, trust_half_life_years=1.0, months=36, exit_per_year=0.0), 3
    )
    s = world.state
    before = s.tie_trust[s.tie_to >= 0].sum()
    k = STEP.index("meet")
    world.advance(k, k + 1, 0, 36)
    late = (
        1.0 + 2.0 * 2.0**0.25
    ) / 3.0  # two thirds look first when their last contact is under a quarter old
    assert s.tie_trust.sum() == pytest.approx(late * before / 8.0, rel=0.01)


def test_everyday_contact_keeps_trust_about_where_it_starts(town):
    world = engine.build(town.with_(months=60, exit_per_year=0.0), 3)
    s = world.state
    before = s.tie_trust[s.tie_to >= 0].mean()
    k = STEP.index("meet")
    world.advance(k, k + 1, 0, 60)
    assert 0.6 * before < s.tie_trust.sum() / (s.tie_to >= 0).sum() < 1.7 * before


def test_survival_of_coalitions_is_geometric(small):
    """Ends by chance at rate h (1.5 - leadership); leadership uniform: the mean of exp(-h m (1.5 - l))."""
    h, months, n = 0.4, 36, 400
    base = small.with_(
        formation="mandate", formation_month=0, coalition_end_per_year=h, backbone_turnover=0.0, n_coalitions=1,
        practice_bits=4, n_orgs=4, months=months, exit_per_year=0.0,
    )  # fmt: skip
    k = STEP.index("join")
    alive = []
    for seed in range(n):
        world = engine.build(base, seed)
        world.advance(k, k + 1, 0, months)
        alive.append(float(world.state.stage[0] > 0))
    leaders = (np.arange(1000) + 0.5) / 1000.0
    expected = ((1.0 - h * (1.5 - leaders) / 12.0) ** (months - 1)).mean()
    assert is_near(np.array(alive), expected)


def test_first_exits_come_at_the_stated_hazard(town, do):
    world = engine.build(town.with_(exit_per_year=0.2, entry_per_year=0.0), 5)
    s, p = world.state, world.record
    typical = p.org_budget_usd / (1.0 + p.overhead_true) / 12.0 / p.hour_usd
    chance = np.zeros(2000)
    closed = np.zeros(2000)
    for month in range(6):
        living = s.is_active == 1
        youth = 0.5 + 1.5 * np.exp(-(s.age + 1) / 60.0)
        small = np.clip((typical / np.maximum(1.0, s.staff_hours)) ** 0.25, 0.5, 2.0)
        chance[living] += 0.2 * youth[living] * small[living] / 12.0
        do(world, "turnover", month)
        closed[living & (s.is_active == 0)] += 1.0
    assert abs(closed.sum() - chance.sum()) < K * np.sqrt(chance.sum())


def test_hours_of_service_are_what_is_left(town, do):
    world = engine.build(town, 3)
    s = world.state
    owed = s.hours_owed.sum(axis=1)
    do(world, "deliver", 0)
    expected = s.staff_hours - np.minimum(owed, 0.9 * s.staff_hours)
    np.testing.assert_allclose(s.hours[:, H_SERVICE], expected, rtol=1e-12)


def test_recessions_begin_as_often_as_stated(small):
    months, runs = 600, 40
    base = small.with_(months=600, recession_per_year=0.3, recession_months=1, practice_bits=4, n_orgs=2)
    starts = []
    for seed in range(runs):
        world = engine.build(base, seed)
        count = 0
        for month in range(months):
            world.advance(0, 1, month, month + 1)
            count += int(world.state.world.recession_left[0])
        starts.append(count)
    chance = 0.3 / 12.0  # then the month itself, and one in which none can begin
    assert is_near(np.array(starts, float), months * chance / (1.0 + chance))
