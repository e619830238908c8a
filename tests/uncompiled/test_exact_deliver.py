"""From hours to service, from service to coverage, from coverage to the indicator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.production import clear_cells, count_coverage, group_output, serve, set_indicator
from cisim.rules.deliver import MOST_OWED, deliver, settle_hours
from cisim.state import H_MEETINGS, H_SERVICE


def cover(s, p, hours):
    clear_cells(s)
    for i, h in enumerate(hours):
        serve(s, p, i, h)
    count_coverage(s)
    return float(s.covered[0, 0])


def test_two_shares_of_six_tenths_miss_or_add_up(blank, record):
    s, p = blank(), record(client_overlap=1.0)
    assert cover(s, p, [60.0, 60.0]) == pytest.approx(0.84, rel=1e-12)  # 1 - .4 x .4
    assert s.world[0].double_served == pytest.approx(0.3, rel=1e-12)  # .36 of 1.2
    s.knowledge[:] = 1.0
    assert cover(s, p, [60.0, 60.0]) == pytest.approx(1.0, rel=1e-12)
    assert s.world[0].double_served == pytest.approx(1.0 - 1.0 / 1.2, rel=1e-12)


def test_clients_that_are_separate_by_nature_are_never_served_twice(blank, record):
    s, p = blank(), record(client_overlap=0.0)
    assert cover(s, p, [30.0, 40.0]) == pytest.approx(0.7, rel=1e-12)
    assert s.world[0].double_served == pytest.approx(0.0, abs=1e-12)


def test_many_small_uncoordinated_shares_miss_like_the_exponential(blank, record):
    n = 400
    s, p = blank(n_orgs=n), record(client_overlap=1.0)
    covered = cover(s, p, [100.0 / n] * n)  # shares that add up to 1
    assert covered == pytest.approx(1.0 - (1.0 - 1.0 / n) ** n, rel=1e-9)
    assert covered == pytest.approx(1.0 - np.exp(-1.0), abs=1.0 / n)


def test_effect_on_clients_is_the_product_of_what_makes_it(blank, record):
    s = blank(n_orgs=1)
    p = record(fidelity=0.7, program_effect_sd=0.1)
    s.capacity[0], s.competence[0, 0], s.quality[0, 0, 0] = 0.8, 0.6, 0.5
    cover(s, p, [50.0])
    assert s.true_effect[0] == pytest.approx(0.1 * 0.7 * 0.8 * 0.6 * 0.5, rel=1e-12)
    assert s.clients[0] == pytest.approx(0.5, rel=1e-12)
    assert s.served_quality[0, 0] == pytest.approx(0.7 * 0.8 * 0.6 * 0.5, rel=1e-12)


def test_promised_hours_come_first_up_to_nine_tenths(blank):
    s = blank(n_orgs=1)
    s.hours_owed[0, H_MEETINGS] = 180.0
    settle_hours(s, 0)
    assert s.hours[0, H_MEETINGS] == pytest.approx(MOST_OWED * 100.0)
    assert s.hours[0, H_SERVICE] == pytest.approx(10.0)
    assert s.hours_owed[0, H_MEETINGS] == pytest.approx(90.0)  # carried over
    s.hours_owed[0, H_MEETINGS] = 5.0
    settle_hours(s, 0)
    assert s.hours[0, H_MEETINGS] == 5.0
    assert s.hours[0, H_SERVICE] == 95.0
    assert s.hours_owed.sum() == 0.0


@settings(max_examples=60, deadline=None)
@given(owed=st.lists(st.floats(0.0, 500.0), min_size=6, max_size=6), staff=st.floats(0.0, 1000.0))
def test_hours_used_are_hours_available_and_none_is_lost(blank, owed, staff):
    s = blank(n_orgs=1)
    s.staff_hours[0] = staff
    s.hours_owed[0, 1:] = owed
    settle_hours(s, 0)
    assert s.hours[0].sum() == pytest.approx(staff, rel=1e-12, abs=1e-9)
    assert s.hours[0].min() >= -1e-9 * max(1.0, staff)
    assert s.hours[0, H_SERVICE] >= (1.0 - MOST_OWED) * staff - 1e-9 * max(1.0, staff)
    np.testing.assert_allclose(s.hours[0, 1:] + s.hours_owed[0, 1:], owed, rtol=1e-9, atol=1e-12)


def test_the_population_follows_with_the_stated_lag(blank, record):
    s, p = blank(n_orgs=1), record(indicator_lag_months=10.0)
    s.problem[:] = 20.0
    s.problem_unserved[:] = 20.0
    s.effort[:] = 0.0  # nobody is served: the level is that of the unserved problem
    s.problem[:] = 12.0
    for month in range(1, 25):
        deliver(s, p, 1, month)
        assert s.problem[0] == pytest.approx(20.0 - 8.0 * 0.9**month, rel=1e-6)
    assert s.world[0].indicator == pytest.approx(10.0 + s.problem[0], rel=1e-12)


def test_a_rising_indicator_rises_where_the_problem_shrinks(blank):
    s = blank()
    s.world.baseline[0], s.world.best[0] = 50.0, 90.0
    s.problem[:] = 30.0
    set_indicator(s)
    assert s.world[0].indicator == 60.0


def test_a_driver_feeds_another(blank, record):
    s, p = blank(n_drivers=2), record(complementarity=1.0)
    s.covered[:] = [[0.8, 0.0]]
    s.served_quality[:] = [[0.5, 0.0]]
    assert group_output(s, p, 0) == pytest.approx(0.2)
    s.link[0, 1] = 0.5
    assert group_output(s, p, 0) == pytest.approx(0.5 * (0.4 + 0.5 * 0.4))


@settings(max_examples=60, deadline=None)
@given(
    hours=st.lists(st.floats(0.0, 300.0), min_size=3, max_size=3),
    known=st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3),
    overlap=st.floats(0.0, 1.0),
)
def test_coverage_is_a_share_of_need_and_of_all_service(blank, record, hours, known, overlap):
    s, p = blank(n_orgs=3), record(client_overlap=overlap)
    s.knowledge[:] = known
    covered = cover(s, p, hours)
    assert 0.0 <= covered <= min(1.0, sum(hours) / 100.0) + 1e-12  # no more than without any overlap
    assert -1e-9 <= s.world[0].double_served <= 1.0


@settings(max_examples=40, deadline=None)
@given(hours=st.lists(st.floats(0.0, 300.0), min_size=2, max_size=4), overlap=st.floats(0.0, 1.0))
def test_full_knowledge_of_each_other_covers_most(blank, record, hours, overlap):
    s, p = blank(n_orgs=len(hours)), record(client_overlap=overlap)
    apart = cover(s, p, hours)
    s.knowledge[:] = 1.0
    assert cover(s, p, hours) >= apart - 1e-12


def test_half_known_work_covers_no_less_than_unknown_work(blank, record):
    s, p = blank(), record(client_overlap=1.0)
    apart = cover(s, p, [60.0, 60.0])
    s.knowledge[:] = 0.5
    assert cover(s, p, [60.0, 60.0]) >= apart
