"""Meetings: rhythm, trust, safety, alignment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.decisions import COMES, DISCLOSES, STAYS_AWAY
from cisim.rooms import neighbour, seat
from cisim.rules.meet import (
    WEEKS_PER_MONTH,
    grow_alignment,
    hold_room,
    meet,
    meetings_this_month,
    share_work,
    take_part,
    what_is_said,
)
from cisim.state import H_JOINT, H_MEETINGS, H_VOLUNTEERING, SHARED_REPORT


def tie(s, i, j, trust, month=0):
    place = int(np.nonzero(s.tie_to[i] < 0)[0][0])
    s.tie_to[i, place], s.tie_trust[i, place], s.tie_month[i, place] = j, trust, month
    return place


def coalition(s, **values):
    s.coalition[:] = 0
    s.stage[0] = 3
    s.n_members[0] = s.uid.size
    for name, value in values.items():
        getattr(s, name)[...] = value
    return s


@settings(max_examples=60, deadline=None)
@given(level=st.floats(0.0, 1.0), weeks=st.floats(0.5, 52.0), months=st.integers(1, 200))
def test_meetings_add_up_to_the_planned_rhythm(record, level, weeks, months):
    p = record(communication=level, meeting_interval_weeks=weeks)
    held = [meetings_this_month(p, month) for month in range(months)]
    assert min(held) >= 0
    assert sum(held) == int(months * (level * WEEKS_PER_MONTH / weeks))


def met(s, p, month=1, disclosure=0.5):
    """Let all be present in one room; trust of organisation 0 on its first tie afterwards."""
    s.presence[:] = 1.0
    s.disclosure[:] = disclosure
    s.order[:] = np.arange(s.uid.size)
    s.group_start[:2] = [0, s.uid.size]
    hold_room(s, p, 1, month, 0, 0, 1)
    return float(s.tie_trust[0, 0])


def test_trust_closes_a_constant_part_of_the_gap_at_each_meeting(blank, record):
    s, p = coalition(blank(), facilitator=1.0), record(trust_years=2.5)
    tie(s, 0, 1, 0.3)
    for t in range(1, 61):
        assert 1.0 - met(s, p, t) == pytest.approx(0.7 * (1.0 - 1.0 / 30.0) ** t, rel=1e-12)
    assert s.tie_month[0, 0] == 60


def test_trust_grows_slower_across_sectors_and_with_less_said(blank, record):
    p = record(cross_sector_trust=0.7, trust_years=1.0)
    gains = []
    for other_sector, disclosed in ((0, 0.5), (1, 0.5), (0, 0.0)):
        s = coalition(blank(), facilitator=1.0)
        s.sector[1] = other_sector
        tie(s, 0, 1, 0.0)
        gains.append(met(s, p, disclosure=disclosed))
    assert gains == pytest.approx([1 / 12, 0.7 / 12, 0.5 / 12])


def test_a_shared_yardstick_shows_a_broken_promise_once_it_reports(blank, record):
    p = record(trust_loss=0.3, program_effect_sd=0.1, quality_sd=0.15, trust_years=1e12)
    for due, expected in ((0, 0.5), (SHARED_REPORT, 0.5 * (1.0 - 0.3))):
        s = coalition(blank(), measurement=1.0)
        s.inflation[1] = 1.0
        s.report_due[1] = due
        tie(s, 0, 1, 0.5)
        assert met(s, p) == pytest.approx(expected)


def test_ties_without_contact_fade_with_their_half_life_and_are_forgotten(blank, record):
    s, p = blank(), record(everyday_contact=0.0, trust_half_life_years=2.0)
    m = tie(s, 0, 1, 0.8, month=-3)
    for month in range(24):
        meet(s, p, 1, month)
    assert s.tie_trust[0, m] == pytest.approx(0.4, rel=1e-12)
    assert s.tie_sum[0] == pytest.approx(0.4, rel=1e-12)
    for month in range(24, 24 * 8):
        meet(s, p, 1, month)
    assert s.tie_to[0, m] == -1
    assert s.tie_sum[0] == 0.0


def test_daily_contact_is_the_same_for_both_sides(blank, record):
    s, p = blank(), record(everyday_contact=0.2)
    a, b = tie(s, 0, 1, 0.3), tie(s, 1, 0, 0.3)
    for month in range(120):
        meet(s, p, 5, month)
        if month % 3 == 2:  # both sides have looked after the tie in this quarter
            assert s.tie_trust[0, a] == pytest.approx(s.tie_trust[1, b], rel=1e-12)
    assert s.tie_trust[0, a] != 0.3


def test_ties_to_the_dead_are_dropped(blank, record):
    s, p = blank(), record()
    tie(s, 0, 1, 0.9)
    s.is_active[1] = 0
    for month in range(3):
        meet(s, p, 1, month)
    assert s.tie_to[0, 0] == -1


def test_a_room_is_as_safe_as_its_mean_or_as_its_most_distrustful_pair(blank, record):
    for weight, expected in ((0.0, 0.5), (1.0, 0.2), (0.5, 0.35)):
        s = coalition(blank(n_orgs=3))  # nobody speaks beyond what is safe: willingness 0
        tie(s, 0, 1, 0.2)
        tie(s, 0, 2, 0.8)
        met(s, record(weakest_safety=weight, trust_years=1e12, fear=0.0))
        assert s.disclosure[0] == pytest.approx(expected)


def test_what_is_said_rises_with_safety_and_falls_with_fear_and_turf(blank, record):
    s, p = coalition(blank(), facilitator=1.0), record(fear=0.5)
    s.willingness[0], s.turf[0], s.alignment[0] = 0.5, 0.4, 0.5
    s.grant[0, 0] = s.own_income[0] = 100.0
    silence = 0.5 * 0.5 + 0.4 * 0.5 * 0.5
    assert what_is_said(s, p, 0, 0, 0.49) == pytest.approx(0.49**0.5 * (1.0 - silence))
    assert what_is_said(s, p, 0, 0, 1.0) == pytest.approx(1.0 - silence)
    s.override[0], s.own_disclosure[0] = DISCLOSES, 0.9
    assert what_is_said(s, p, 0, 0, 0.0) == 0.9


def test_alone_in_a_room_nobody_says_anything_or_aligns(blank, record):
    s, p = coalition(blank(), facilitator=1.0), record(common_agenda=1.0)
    s.presence[0], s.disclosure[0] = 1.0, 0.7
    s.order[:] = [0, 1]
    s.group_start[:] = [0, 2, 0]
    hold_room(s, p, 1, 3, 0, 0, 1)
    assert s.disclosure[0] == 0.0
    assert s.alignment[0] == 0.0
    s.presence[1] = 1.0
    hold_room(s, p, 1, 3, 0, 0, 1)
    assert s.alignment[0] > 0.0


def test_alignment_needs_agenda_stage_and_leadership(blank, record):
    def after(agenda=1.0, stage=3, facilitated=1.0, neutrality=1.0, leadership=1.0):
        s = coalition(blank(), facilitator=facilitated, leadership=leadership)
        s.stage[0], s.presence[0] = stage, 1.0
        grow_alignment(s, record(common_agenda=agenda, neutrality=neutrality, agenda_years=1.5), 0, 0, 1.0, 1)
        return float(s.alignment[0])

    assert after() == pytest.approx(1 / 18)
    assert after(agenda=0.5) == pytest.approx(0.5 / 18)
    assert after(leadership=0.0) == pytest.approx(0.5 / 18)
    assert after(agenda=0.0) == after(stage=2) == after(facilitated=0.0) == 0.0


def test_those_who_come_pay_with_their_hours(blank, record):
    p = record(meeting_hours=2.0, preparation_hours=4.0, volunteer_hours=4.0, joint_programme_hours=30.0)
    s = coalition(blank(), staffed=0.25)
    s.override[:] = [COMES, STAYS_AWAY]
    for i in range(2):
        take_part(s, p, 1, 0, i, 2)
    assert list(s.hours_owed[:, H_MEETINGS]) == [12.0, 0.0]
    assert s.presence[1] == 0.0
    assert s.presence[0] == pytest.approx(p.delegate_effect)  # ceo_rank 0: delegates
    assert s.hours_owed[0, H_VOLUNTEERING] == pytest.approx(0.5 * 0.75 * 4.0)
    assert list(s.hours_owed[:, H_JOINT]) == [20.0, 20.0]  # no more than a fifth of the time


def test_what_is_known_of_others_follows_ties_and_coordination(blank, record):
    s = coalition(blank(n_orgs=3), manager=0.5, disclosure=0.6)
    p = record(mutual_activities=0.8, minutes_to_all=0.25)
    s.willingness[:], s.tie_sum[:] = 0.5, 0.4
    s.presence[:] = [1.0, 1.0, 0.0]
    share_work(s, p)
    from_ties = 0.5 * 0.4 / 2
    told = 0.8 * 0.5 * 0.6  # offered, brokered, and said by all members together
    heard = np.array([1.0, 1.0, 0.25])  # the absent read the minutes
    np.testing.assert_allclose(
        s.knowledge, 0.2 * (1.0 - (1.0 - from_ties) * (1.0 - heard * told)), rtol=1e-12
    )
    s.stage[0] = 1  # learning stage: nothing is coordinated
    s.knowledge[:] = 0.0
    share_work(s, p)
    np.testing.assert_allclose(s.knowledge, 0.2 * from_ties, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 30), size=st.integers(2, 12), seed=st.integers(0, 2**63 - 1), month=st.integers(0, 50)
)
def test_everybody_has_one_seat_and_a_partner_in_the_room(blank, record, n, size, seed, month):
    s = coalition(blank(n_orgs=n))
    s.rank[:] = np.random.default_rng(seed).random(n)
    seat(s, record(group_size=size), 0)
    rooms = s.n_groups_of[0]
    assert rooms == -(-n // size)
    assert sorted(s.order) == list(range(n))
    assert s.group_start[0] == 0
    assert s.group_start[rooms] == n
    for room in range(rooms):
        inside = s.order[s.group_start[room] : s.group_start[room + 1]]
        assert (s.working_group[inside] == room).all()
        for k in range(s.group_start[room], s.group_start[room + 1]):
            partner = neighbour(s, k, room, month)
            assert partner in inside
            assert (partner == s.order[k]) == (inside.size == 1)


def test_attendance_follows_the_seed(blank, record):
    def came(seed: int) -> list[float]:
        s, p = coalition(blank(n_orgs=20)), record()
        for i in range(20):
            take_part(s, p, seed, 0, i, 1)
        return list(s.presence)

    assert came(1) == came(1)
    assert came(1) != came(2)
