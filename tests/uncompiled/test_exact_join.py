"""How coalitions begin, change and end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.decisions import LEAVES, STAYS
from cisim.money import coalition_account
from cisim.params import PARAMS
from cisim.rules.join import change_stage, count_members, dissolve, ends, form, is_triggered, join, may_leave
from cisim.state import OUTSIDE

CODE = {name: k for k, name in enumerate(PARAMS["formation"].choices)}
CALM = {"leave_per_year": 0.0, "join_per_year": 0.0, "leader_turnover": 0.0, "backbone_turnover": 0.0}


def named(record, formation, **changes):
    return record(formation=formation, **changes)


def test_each_formation_has_its_trigger(blank, record):
    s = blank()
    assert not is_triggered(s, named(record, "never"), 50)
    assert is_triggered(s, named(record, "mandate"), 0)
    assert is_triggered(s, named(record, "spawned"), 0)
    assert not is_triggered(s, named(record, "crisis"), 0)
    s.world.level_shock[0] = 0.1
    assert is_triggered(s, named(record, "crisis"), 0)
    assert not is_triggered(s, named(record, "convener", convening=0.0), 0)
    assert is_triggered(s, named(record, "convener", convening=0.1), 0)
    assert not is_triggered(s, named(record, "grant"), 0)  # funders without a budget
    s.funder_budget[0] = 1.0
    assert is_triggered(s, named(record, "grant"), 0)


def test_an_order_brings_everybody_an_invitation_its_share(blank, record):
    for changes, low, high in (
        ({"formation": "mandate"}, 200, 200),
        ({"formation": "convener", "founding_share": 0.0, "convening": 0.0}, 0, 0),
        ({"formation": "convener", "founding_share": 0.6, "convening": 0.0}, 89, 151),  # 120 -+ 4.5 sd
        ({"formation": "convener", "founding_share": 0.6, "convening": 1.0}, 132, 188),  # 160 -+ 5 sd
    ):
        s = blank(n_orgs=200)
        form(s, record(**changes), 3, 0, 0)
        assert low <= s.n_members[0] <= high, changes
        assert (s.hope[s.coalition == 0] > 0.0).all()
    assert s.stage[0] == 3


def test_a_coalition_that_has_ended_does_not_form_again(blank, record):
    s, p = (
        blank(n_orgs=6),
        record(formation="mandate", formation_month=0, coalition_end_per_year=12.0, **CALM),
    )
    stages = []
    for month in range(40):
        join(s, p, 1, month)
        stages.append(int(s.stage[0]))
    assert stages[0] == 3
    assert stages[-1] == 0
    assert s.world[0].coalitions_ended == 1
    assert (s.coalition == -1).all()


def test_what_is_left_goes_back_outside(blank):
    s = blank()
    s.coalition[:], s.stage[0], s.disclosure[:] = 0, 3, 0.5
    s.measurement[0] = s.manager[0] = s.facilitator[0] = s.data_manager[0] = s.staffed[0] = 1.0
    account = coalition_account(s, 0)
    s.balance[account] = 70.0
    dissolve(s, 5, 0)
    assert s.balance[account] == 0.0
    assert s.balance[OUTSIDE] == 70.0
    for array in (s.measurement, s.manager, s.facilitator, s.data_manager, s.staffed, s.stage, s.disclosure):
        assert not array.any()


def test_survival_under_a_constant_hazard(blank, record):
    n, months = 3000, 36
    s, p = blank(), record(coalition_end_per_year=0.3)
    s.n_members[0], s.leadership[0] = 10, 0.5  # average leadership: the stated hazard
    alive = sum(not any(ends(s, p, seed, month, 0) for month in range(months)) for seed in range(n))
    q = (1.0 - 0.3 / 12.0) ** months
    assert abs(alive / n - q) < 4.5 * np.sqrt(q * (1.0 - q) / n)  # by chance once in 150,000


def test_an_end_with_the_start_grant_comes_once_and_as_often_as_stated(blank, record):
    s, p = blank(), record(coalition_end_per_year=0.0, backbone_term_years=2.0, grant_end_drop=0.1)
    s.n_members[0] = 10
    n = 4000
    for age, expected in ((23, 0.0), (24, 0.1), (25, 0.0)):
        s.backbone_age[0] = age
        share = sum(ends(s, p, seed, 30, 0) for seed in range(n)) / n
        assert abs(share - expected) <= 4.5 * np.sqrt(expected * (1.0 - expected) / n)
    s.n_members[0] = 1
    assert ends(s, p, 1, 30, 0)


def test_without_a_start_grant_none_runs_out(blank, record):
    s, p = blank(), record(coalition_end_per_year=0.0, backbone_term_years=0.0, grant_end_drop=1.0)
    s.n_members[0] = 10
    assert not any(ends(s, p, 1, month, 0) for month in range(24))


def test_the_next_stage_takes_trust_and_time(blank, record):
    p = record(stage_trust=0.4, stage_months=12)
    for trust, age, expected in ((0.5, 12, 2), (0.5, 11, 1), (0.39, 40, 1)):
        s = blank()
        s.coalition[:], s.stage[0], s.stage_age[0] = 0, 1, age
        s.tie_to[0, 0], s.tie_trust[0, 0] = 1, trust
        change_stage(s, p, 0)
        assert s.stage[0] == expected
    s.stage[0], s.stage_age[0] = 3, 100
    change_stage(s, p, 0)
    assert s.stage[0] == 3


def test_who_is_content_stays_and_who_is_ordered_stays(blank, record):
    def left(**changes) -> int:
        s, p = blank(n_orgs=300), record(**{"leave_per_year": 12.0} | changes)
        s.coalition[:] = 0
        s.satisfaction[:] = changes.get("intends_to_last", 0.0)
        for i in range(300):
            may_leave(s, p, 1, 0, i)
        return int((s.coalition < 0).sum())

    assert left() == 300
    assert left(intends_to_last=1.0) == 0
    assert left(formation="mandate") == 0
    assert abs(left(intends_to_last=0.5) - 75) < 4.5 * np.sqrt(300 * 0.25 * 0.75)


def test_decisions_of_its_own_come_first(blank, record):
    s, p = blank(), record(leave_per_year=12.0)
    s.coalition[:] = 0
    s.override[:] = [STAYS, LEAVES]
    for i, changes in ((0, p), (1, record(leave_per_year=0.0))):
        may_leave(s, changes, 1, 0, i)
    assert list(s.coalition) == [0, -1]


def test_outsiders_follow_those_they_trust_seen_before_anybody_moves(blank, record):
    """A chain of trust is climbed one link a month, in whatever order the organisations stand."""
    p = record(**CALM | {"join_per_year": 12.0}, coalition_end_per_year=0.0)
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]):
        s = blank(n_orgs=5)
        s.uid[:] = order
        place = np.argsort(order)
        s.stage[0], s.coalition_age[0], s.n_members[0] = 3, 5, 2
        s.coalition[place[:2]] = 0
        for a in range(2, 5):
            s.tie_to[place[a], 0], s.tie_trust[place[a], 0] = place[a - 1], 1.0
        counts = []
        for month in range(3):
            join(s, p, 1, month)
            counts.append(int(s.n_members[0]))
        assert counts == [3, 4, 5]


@settings(max_examples=40, deadline=None)
@given(places=st.lists(st.integers(-1, 2), min_size=1, max_size=12))
def test_members_are_counted(blank, places):
    s = blank(n_orgs=len(places), n_coalitions=3)
    s.coalition[:] = places
    s.is_active[0] = 0
    count_members(s)
    assert list(s.n_members) == [places[1:].count(c) for c in range(3)]


def test_changes_of_leader_cost_agreement_and_follow_the_seed(blank, record):
    def aligned(seed: int) -> list[float]:
        s = blank(n_orgs=40)
        s.alignment[:] = 0.8
        join(s, record(**CALM | {"leader_turnover": 1.0}, formation="never"), seed, 0)
        return list(s.alignment)

    assert set(aligned(1)) == {0.8, 0.4}
    assert aligned(1) == aligned(1)
    assert aligned(1) != aligned(2)


def test_a_new_backbone_leader_has_to_win_trust_anew(blank, record):
    s, p = blank(n_orgs=4), record(**CALM | {"backbone_turnover": 12.0}, coalition_end_per_year=0.0)
    s.coalition[:], s.stage[0], s.n_members[0], s.backbone_level[0] = 0, 3, 4, 1.0
    s.trust_backbone[:] = 0.5
    join(s, p, 1, 0)
    assert s.backbone_level[0] == 0.5
    assert list(s.trust_backbone) == pytest.approx([0.4] * 4)
