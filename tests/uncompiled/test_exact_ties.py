"""Trust on a tie by its two rules, experience by experience."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim import ties
from cisim.rules.fund import resent_winners
from cisim.rules.meet import grow_trust, meet
from cisim.state import SHARED_REPORT

RULES = ("gradual", "beta")
SHARE = st.floats(0.0, 1.0)


def knowing(blank, trust=0.3, evidence=0.0):
    """Organisation 0 knows organisation 1."""
    s = blank()
    m = ties.add(s, 0, 1, trust, 0)
    s.tie_evidence[0, m] = evidence
    return s, m


def lived_through(s, p, m, experiences):
    """Trust after experiences: good ones above 0, bad ones below."""
    for one in experiences:
        if one >= 0.0:
            ties.strengthen(s, p, 0, m, one)
        else:
            ties.weaken(s, p, 0, m, -one)
    return float(s.tie_trust[0, m])


def test_beta_trust_is_the_share_of_good_in_all_experience(blank, record):
    s, m = knowing(blank, 0.3)
    assert lived_through(s, record(trust_rule="beta"), m, [0.5, 0.25, -0.5]) == pytest.approx(1.05 / 2.25)
    assert s.tie_evidence[0, m] == pytest.approx(1.25)


@settings(max_examples=60, deadline=None)
@given(experiences=st.lists(st.floats(-1.0, 3.0), max_size=12), start=SHARE)
def test_beta_does_not_care_in_which_order_things_happened(blank, record, experiences, start):
    p, found = record(trust_rule="beta"), []
    for order in (experiences, experiences[::-1]):
        s, m = knowing(blank, start)
        found.append(lived_through(s, p, m, order))
    assert found[0] == pytest.approx(found[1], rel=1e-12, abs=1e-15)


def test_gradual_trust_does_care(blank, record):
    """Negative control of the test above."""
    found = []
    for order in ([0.5, -0.5], [-0.5, 0.5]):
        s, m = knowing(blank, 0.3)
        found.append(lived_through(s, record(), m, order))
    assert found == pytest.approx([0.65 * 0.5, 0.15 + 0.5 * 0.85])


@pytest.mark.parametrize("step", [1e-4, -1e-4])
def test_on_a_new_tie_the_rules_agree_to_first_order_and_part_with_experience(blank, record, step):
    """The second order of a step of 1e-4 is below 1e-8; with experience 3, beta moves a quarter as much."""
    moved = {}
    for rule in RULES:
        for evidence in (0.0, 3.0):
            s, m = knowing(blank, 0.4, evidence)
            moved[rule, evidence] = lived_through(s, record(trust_rule=rule), m, [step]) - 0.4
    assert moved["beta", 0.0] == pytest.approx(moved["gradual", 0.0], abs=1e-8)
    assert moved["gradual", 3.0] == moved["gradual", 0.0] != 0.0
    assert moved["beta", 3.0] == pytest.approx(moved["beta", 0.0] / 4.0, abs=1e-8)


def test_what_is_not_renewed_is_forgotten(blank, record):
    s, m = knowing(blank, 0.8, evidence=3.0)
    ties.fade(s, record(trust_rule="beta"), 0, m, 0.5)
    assert s.tie_trust[0, m] == pytest.approx(
        0.5 * 3.2 / 2.5
    )  # good experience 3.2 of 4; a first impression stays
    assert s.tie_evidence[0, m] == 1.5
    s, m = knowing(blank, 0.8, evidence=0.0)
    ties.fade(s, record(trust_rule="beta"), 0, m, 0.5)
    assert s.tie_trust[0, m] == pytest.approx(0.4)  # of a mere impression as gradual
    s, m = knowing(blank, 0.8, evidence=3.0)
    ties.fade(s, record(), 0, m, 0.5)
    assert (s.tie_trust[0, m], s.tie_evidence[0, m]) == (0.4, 3.0)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=60, deadline=None)
@given(trust=SHARE, evidence=st.floats(0.0, 50.0), size=SHARE)
def test_trust_stays_a_share_and_moves_the_right_way(blank, record, rule, trust, evidence, size):
    p = record(trust_rule=rule)
    for act, sign in ((ties.strengthen, 1.0), (ties.weaken, -1.0), (ties.fade, -1.0)):
        s, m = knowing(blank, trust, evidence)
        act(s, p, 0, m, size)
        now = float(s.tie_trust[0, m])
        assert 0.0 <= now <= 1.0 + 1e-15
        assert sign * (now - trust) >= -1e-15
        assert s.tie_evidence[0, m] >= 0.0


def test_a_new_tie_starts_without_experience(blank, record):
    s = blank(n_orgs=3, n_ties=1)
    ties.add(s, 0, 1, 0.1, 0)
    s.tie_evidence[0, 0] = 5.0
    ties.add(s, 0, 2, 0.5, 1)  # takes the place of the weaker
    assert s.tie_to[0, 0] == 2
    assert s.tie_evidence[0, 0] == 0.0
    s.tie_evidence[0, 0], s.tie_trust[0, 0] = 5.0, 0.001
    for month in range(3):
        meet(s, record(everyday_contact=0.0), 1, month)
    assert s.tie_to[0, 0] == -1
    assert s.tie_evidence[0, 0] == 0.0


def test_meetings_reports_and_contests_go_through_the_rule(blank, record):
    """Tiny cases of all three: a meeting, an exaggeration shown, a lost contest."""
    values = {"trust_rule": "beta", "trust_loss": 0.3, "program_effect_sd": 0.1, "quality_sd": 0.15}
    s, m = knowing(blank, 0.5, evidence=1.0)
    s.disclosure[1] = 0.5
    grow_trust(s, record(**values), 7, 0, 1, m, 0.2)
    assert s.tie_trust[0, m] == pytest.approx(1.2 / 2.2)
    assert s.tie_month[0, m] == 7
    s.coalition[:], s.measurement[0], s.inflation[1], s.report_due[1] = 0, 1.0, 1.0, SHARED_REPORT
    grow_trust(s, record(**values), 8, 0, 1, m, 0.0)
    assert s.tie_trust[0, m] == pytest.approx(1.2 / 2.5)
    s.grant_need[:] = 100.0
    s.grant[1, 0] = 120.0
    resent_winners(s, record(**values, rivalry_loss=0.5, outcome_orientation=0.0))
    assert s.tie_trust[0, m] == pytest.approx(1.2 / 3.0)
