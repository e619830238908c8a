"""Where effort goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.decisions import OWN_TARGET
from cisim.rules.allocate import allocate, believed_unserved, broker, count_in, move, set_target
from cisim.state import H_SERVICE


def test_alone_effort_follows_what_is_easy_and_done_well(blank, record):
    s, p = blank(n_groups=2, n_drivers=2), record(target_sharpness=2.0)
    s.judged[:] = 0.5
    s.competence[0] = [1.0, 0.5]
    s.group_ease[:] = [1.0, 0.5]
    set_target(s, p, 0, 0.0)
    np.testing.assert_allclose(s.target, np.array([[16, 4], [4, 1]]) / 25.0, rtol=1e-12)


def test_aligned_effort_follows_unserved_need_where_it_is_known(blank, record):
    s, p = blank(n_groups=2), record(target_sharpness=1.0)
    s.judged[:] = 0.5
    s.covered[:] = [[0.9], [0.4]]
    s.need_knowledge[:] = 1.0
    set_target(s, p, 0, 1.0)
    np.testing.assert_allclose(s.target, [[1 / 7], [6 / 7]], rtol=1e-12)
    s.need_knowledge[:] = 0.0  # knows only the mean
    set_target(s, p, 0, 1.0)
    np.testing.assert_allclose(s.target, [[0.5], [0.5]], rtol=1e-12)


def test_belief_mixes_shared_data_fact_and_guess(blank, record):
    s = blank()
    s.covered[:] = 0.4
    s.world.covered[0] = 0.5
    s.need_guess[:] = 1.2
    p = record()
    assert believed_unserved(s, p, 0, 0, 0) == pytest.approx(0.6)  # half unserved on the whole, times 1.2
    s.need_knowledge[0] = 0.25
    assert believed_unserved(s, p, 0, 0, 0) == pytest.approx(0.25 * 0.6 + 0.75 * 0.6)
    s.need_knowledge[0] = 1.0
    s.coalition[0], s.stage[0], s.measurement[0], s.known_unserved[:] = 0, 3, 0.5, 0.8
    assert believed_unserved(s, p, 0, 0, 0) == pytest.approx(0.5 * 0.8 + 0.5 * 0.6)


def test_a_decision_of_its_own_comes_first(blank, record):
    s = blank(n_groups=2)
    s.override[0] = OWN_TARGET
    s.own_target[0] = [[0.1], [0.9]]
    set_target(s, record(), 0, 1.0)
    np.testing.assert_array_equal(s.target, [[0.1], [0.9]])


def test_effort_closes_the_gap_at_the_stated_pace(blank, record):
    s, p = blank(n_orgs=1, n_groups=2), record(reallocation_per_year=0.4)
    s.judged[:] = 0.5
    s.competence[:] = 1.0
    s.group_ease[:] = [1.0, 0.0]
    for quarter in range(1, 9):
        allocate(s, p, 1, 3 * quarter)
        assert s.effort[0, 1, 0] == pytest.approx(0.5 * 0.9**quarter, rel=1e-12)


cells = st.lists(st.floats(0.01, 1.0), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    skill=cells, covered=st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6),
    aligned=st.floats(0.0, 1.0), known=st.floats(0.0, 1.0), step=st.floats(0.0, 1.0), sharp=st.floats(0.5, 10.0),
)  # fmt: skip
def test_effort_stays_a_division_of_all_hours(blank, record, skill, covered, aligned, known, step, sharp):
    s, p = blank(n_groups=2, n_drivers=3), record(target_sharpness=sharp)
    s.competence[0] = skill[:3]
    s.judged[0] = skill[3:]
    s.covered[:] = np.reshape(covered, (2, 3))
    s.need_knowledge[:] = known
    set_target(s, p, 0, aligned)
    assert s.target.min() >= 0.0
    assert s.target.sum() == pytest.approx(1.0, rel=1e-9)
    move(s, 0, step)
    assert s.effort[0].min() >= 0.0
    assert s.effort[0].sum() == pytest.approx(1.0, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(hours=st.floats(0.0, 20.0), left=st.floats(0.3, 0.7))
def test_counting_a_plan_in_and_out_leaves_nothing(blank, hours, left):
    s = blank(n_groups=2)
    s.coalition[0] = 0
    s.known_unserved[:] = left
    s.hours[0, H_SERVICE] = hours
    count_in(s, 0, -1.0)
    assert s.known_unserved[0, 0, 0] == pytest.approx(left + 0.01 * hours)  # half its hours on half the need
    count_in(s, 0, 1.0)
    np.testing.assert_allclose(s.known_unserved, left, rtol=1e-12)


def crowd(blank, fte):
    """Ten members who all work where one would do, with perfect shared data."""
    s = blank(n_orgs=10, n_groups=2)
    s.coalition[:], s.stage[0], s.n_members[0] = 0, 3, 10
    s.presence[:] = s.disclosure[:] = s.alignment[:] = s.need_knowledge[:] = 1.0
    s.measurement[0], s.manager[0], s.staff_fte[0] = 1.0, 1.0, fte
    s.judged[:] = 0.5
    s.effort[:] = [[1.0], [0.0]]
    s.hours[:, H_SERVICE] = 10.0
    s.known_unserved[0] = [[0.0], [1.0]]
    s.order[:] = np.arange(10)
    s.n_groups_of[0], s.group_start[1] = 1, 10
    return s


def test_brokering_spreads_a_crowd_and_counts_its_plans(blank, record):
    p = record(mutual_activities=1.0, brokered_per_fte_month=10.0, target_sharpness=2.0)
    s = crowd(blank, 3.0)
    broker(s, p, 1, 0, 0)
    assert s.world[0].brokered == 10.0
    moved = s.effort[:, 1, 0]
    assert moved[0] == pytest.approx(
        0.5 * (1.0 / (1.0 + 0.2**2))
    )  # all is unserved there, a fifth here without it
    assert (np.diff(moved) < 0.0).all()  # later plans see the earlier ones


def test_nothing_is_brokered_without_a_manager_presence_or_offers(blank, record):
    for field, changes in (("manager", {}), ("presence", {}), (None, {"mutual_activities": 0.0})):
        s = crowd(blank, 3.0)
        if field:
            getattr(s, field)[:] = 0.0
        broker(s, record(**{"mutual_activities": 1.0} | changes), 1, 0, 0)
        assert s.world[0].brokered == 0.0
        assert (s.effort[:, 0, 0] == 1.0).all()


def test_whose_plans_are_brokered_follows_the_seed(blank, record):
    def moved(seed: int) -> list[bool]:
        s = crowd(blank, 3.0)
        broker(s, record(mutual_activities=1.0, brokered_per_fte_month=5.0), seed, 0, 0)
        return list(s.effort[:, 1, 0] > 0.0)

    assert moved(1) == moved(1)
    assert any(moved(1) != moved(seed) for seed in (2, 3))
