"""Trials, copying, imported ideas and common playbooks, call by call."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.landscape import extremes, fill
from cisim.practice import adopt, chosen_driver, common_quality
from cisim.rules.learn import (
    change_practice,
    drop_programme,
    hear_residents,
    import_idea,
    learn,
    look_around,
    read_playbook,
    take_over,
    try_change,
    use_report,
    write_playbook,
)
from cisim.state import H_LEARNING, OWN_REPORT, SHARED_REPORT

SURE = {"report_reliability": 0.99, "quality_sd": 1e-9, "group_specificity": 0.0}


def with_landscape(s, seed=1):
    for d in range(s.weight.size):
        fill(s.table[d], s.partners[d], seed, 1, d)
        s.worst_score[d], _, s.best_score[d], s.best_practice[d] = extremes(s.table[d], s.partners[d])
    return s


def test_a_new_practice_costs_time_unless_closed(blank, record):
    s, p = with_landscape(blank(n_orgs=3)), record(trial_hours=20.0)
    s.staff_hours[:] = [1000.0, 100.0, 1000.0]
    s.closed[2, 0] = 1
    for i in range(3):
        change_practice(s, p, i, 0, 5, 0.4)
    assert list(s.practice[:, 0]) == [5, 5, 0]
    assert list(s.judged[:, 0]) == [0.4, 0.4, 0.0]
    assert list(s.hours_owed[:, H_LEARNING]) == [20.0, 5.0, 0.0]


def test_quality_is_height_and_fit(blank, record):
    s = with_landscape(blank(n_orgs=1, n_groups=2))
    s.ideal[:, 0] = [s.best_practice[0], s.best_practice[0] ^ 0b1111]
    adopt(s, record(group_specificity=0.25), 0, 0, s.best_practice[0])
    assert s.common_quality[0, 0] == pytest.approx(1.0)
    assert list(s.quality[0, :, 0]) == pytest.approx([1.0, 0.75])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), start=st.integers(0, 15), k=st.integers(0, 3))
def test_sure_judgement_never_makes_practice_worse(blank, record, seed, start, k):
    s, p = with_landscape(blank(n_orgs=1, n_partners=k), seed % 1000), record(**SURE)
    adopt(s, p, 0, 0, start)
    heights = []
    for month in range(12):
        try_change(s, p, seed, month, 0, 0)
        heights.append(float(s.common_quality[0, 0]))
    assert heights == sorted(heights)


def test_where_every_improvement_shows_trials_find_the_best_practice(blank, record):
    s, p = with_landscape(blank(n_orgs=1, n_partners=0)), record(**SURE)
    adopt(s, p, 0, 0, s.best_practice[0] ^ 0b1111)
    for month in range(60):  # each of 4 decisions is missed in 60 draws with probability 3e-8
        try_change(s, p, 3, month, 0, 0)
    assert s.practice[0, 0] == s.best_practice[0]
    assert s.hours_owed[0, H_LEARNING] == 60 * 5.0  # failed trials cost time too


def test_who_knows_the_answer_does_not_experiment(blank, record):
    s, p = with_landscape(blank(n_orgs=1)), record(**SURE, importing=12.0)
    s.practice_settled[:] = 1
    before = s.practice.copy()
    for month in range(24):
        try_change(s, p, 1, month, 0, 0)
        import_idea(s, p, 1, month, 0, 0.0)
    np.testing.assert_array_equal(s.practice, before)
    assert s.hours_owed.sum() == 0.0


def test_proving_moves_effort_from_the_worst_to_the_best(blank, record):
    s, p = blank(n_orgs=1, n_drivers=3), record(reallocation_per_year=0.3, improvement=0.0)
    s.effort[0, 0] = [0.5, 0.3, 0.2]
    s.judged[0] = [0.2, 0.5, 0.9]
    drop_programme(s, p, 0)
    np.testing.assert_allclose(s.effort[0, 0], [0.35, 0.3, 0.35], rtol=1e-12)
    s.report_due[0] = SHARED_REPORT  # nobody drops a programme every three months
    use_report(s, p, 1, 0, 0)
    np.testing.assert_allclose(s.effort[0, 0], [0.35, 0.3, 0.35], rtol=1e-12)
    s.report_due[0] = OWN_REPORT
    use_report(s, p, 1, 0, 0)
    np.testing.assert_allclose(s.effort[0, 0], [0.245, 0.3, 0.455], rtol=1e-12)


def test_what_residents_say_is_heard_over_months(blank, record):
    s = blank(n_orgs=1)
    for t in range(1, 13):
        hear_residents(s, record(resident_voice=0.5), 0)
        assert s.need_knowledge[0] == pytest.approx(0.35 * (1.0 - 0.9**t), rel=1e-12)


def test_an_idea_that_fits_everywhere_is_the_best_practice(blank, record):
    s, p = with_landscape(blank()), record(**SURE, importing=12.0, import_fit=1.0, improvement=0.0)
    adopt(s, p, 0, 0, s.best_practice[0] ^ 0b0101)
    import_idea(s, p, 1, 0, 0, 0.0)
    assert s.practice[0, 0] == s.best_practice[0]
    adopt(s, p, 1, 0, 0)
    import_idea(s, record(importing=0.0), 1, 0, 1, 0.0)
    assert s.practice[1, 0] == 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), fit=st.floats(0.0, 1.0))
def test_trying_an_idea_first_protects_from_worse(blank, record, seed, fit):
    s, p = (
        with_landscape(blank(n_orgs=1, n_partners=2)),
        record(**SURE, importing=12.0, import_fit=fit, improvement=1.0),
    )
    adopt(s, p, 0, 0, seed % 16)
    s.judged[0, 0] = before = s.common_quality[0, 0]
    import_idea(s, p, seed, 0, 0, 0.0)
    assert s.common_quality[0, 0] >= before


def copying_pair(blank, record, **changes):
    s = with_landscape(blank())
    p = record(**SURE | {"copying_per_year": 12.0, "inflation_sd": 0.0} | changes)
    for i, x in enumerate((s.best_practice[0] ^ 0b1111, s.best_practice[0])):
        adopt(s, p, i, 0, int(x))
        s.judged[i, 0] = s.common_quality[i, 0]
    s.tie_to[0, 0], s.tie_trust[0, 0], s.tie_month[0, 0] = 1, 1.0, 0
    s.willingness[1] = 1.0
    return s, p


def test_a_better_practice_of_a_trusted_contact_is_copied(blank, record):
    s, p = copying_pair(blank, record)
    look_around(s, p, 1, 0, 0, 0.0)
    assert s.practice[0, 0] != s.best_practice[0]  # all look before anybody changes
    take_over(s, p, 0)
    assert s.practice[0, 0] == s.best_practice[0]
    assert s.judged[0, 0] == pytest.approx(s.judged[1, 0], abs=1e-6)
    assert s.gain[0] == 1.0


@pytest.mark.parametrize(
    ("field", "value"),
    [("tie_trust", 0.0), ("willingness", 0.0), ("tie_month", -9), ("practice_settled", 1), ("tie_to", -1)],
)
def test_nothing_is_copied_without_trust_openness_contact_or_doubt(blank, record, field, value):
    s, p = copying_pair(blank, record)
    getattr(s, field)[:] = value
    look_around(s, p, 1, 0, 0, 0.0)
    take_over(s, p, 0)
    assert s.practice[0, 0] == s.best_practice[0] ^ 0b1111


def test_worse_practice_is_not_copied_unless_it_boasts(blank, record):
    s, p = copying_pair(blank, record)
    s.practice[0, 0], s.practice[1, 0] = s.practice[1, 0], s.practice[0, 0]
    s.judged[:, 0] = [1.0, 0.99]
    look_around(s, p, 1, 0, 0, 0.0)
    assert s.copied_driver[0] == -1
    s.grant[1, 0] = 1.0
    boastful = record(**SURE | {"copying_per_year": 12.0, "inflation_sd": 2.0, "quality_sd": 0.1})
    caught = 0
    for seed in range(40):
        look_around(s, boastful, seed, 0, 0, 0.0)
        caught += int(s.copied_driver[0] == 0)
    assert caught > 30  # says .2 more, with sd .05: nearly always above 1


def test_a_playbook_learns_from_the_better_and_teaches_the_rest(blank, record):
    s, p = with_landscape(blank(n_orgs=6)), record(playbook_uptake=1.0, quality_sd=0.05)
    s.coalition[:], s.stage[0], s.n_members[0] = 0, 3, 6
    s.presence[:] = s.disclosure[:] = s.alignment[:] = 1.0
    s.data_manager[0] = 1.0
    best = int(s.best_practice[0])
    for i in range(6):
        adopt(s, p, i, 0, best if i == 0 else best ^ 0b0110)
        s.practice_known[i, 0] = 0b1111
        s.judged[i, 0] = s.common_quality[i, 0]
    for month in range(12):
        write_playbook(s, p, 1, month, 0)
    assert (s.playbook[0, 0], s.playbook_known[0, 0]) == (best, 0b1111)
    for month in range(24):
        read_playbook(s, p, 1, month, 0)
    assert (s.practice[:, 0] == best).sum() > 3


def test_without_any_source_of_ideas_practices_stay(blank, record):
    s = with_landscape(blank(n_orgs=4))
    p = record(copying_per_year=0.0, importing=0.0, trials_per_report=0.0, improvement=1.0)
    before = s.practice.copy()
    s.report_due[:] = OWN_REPORT
    quiet = record(copying_per_year=0.0, importing=0.0, improvement=0.0)
    for month in range(24):
        learn(s, quiet, 1, month)
    np.testing.assert_array_equal(s.practice, before)
    assert p.trials_per_report == 0.0


def test_a_service_hour_is_drawn_where_effort_is(blank):
    s = blank(n_orgs=1, n_drivers=3)
    s.effort[0, 0] = [0.2, 0.0, 0.8]
    n = 4000
    drawn = np.bincount([chosen_driver(s, 1, 5, month, 0) for month in range(n)], minlength=3)
    assert drawn[1] == 0
    sd = np.sqrt(n * 0.2 * 0.8)
    assert abs(drawn[0] - 0.2 * n) < 4.5 * sd  # fails by chance once in 150,000 changes of the generator


def test_trials_follow_the_seed(blank, record):
    def practices(seed: int) -> list[int]:
        s, p = with_landscape(blank(n_orgs=10), 1), record(quality_sd=0.2)
        for month in range(6):
            for i in range(10):
                try_change(s, p, seed, month, i, 0)
        return list(s.practice[:, 0])

    assert practices(1) == practices(1)
    assert practices(1) != practices(2)


def test_height_is_relative_to_worst_and_best(blank):
    s = with_landscape(blank(n_orgs=1, n_partners=2))
    heights = [common_quality(s, 0, x) for x in range(16)]
    assert min(heights) == pytest.approx(0.0)
    assert max(heights) == pytest.approx(1.0)
    assert int(np.argmax(heights)) == s.best_practice[0]


def three_to_choose_from(blank, record, **changes):
    """A large contact that says it does badly, a small one that says it does well, and who looks at both."""
    s = with_landscape(blank(n_orgs=3))
    p = record(**SURE | {"copying_per_year": 12.0, "inflation_sd": 0.0} | changes)
    for i, (x, judged, hours) in enumerate(((0b0001, 0.5, 100.0), (0b0010, 0.2, 300.0), (0b0100, 0.9, 50.0))):
        adopt(s, p, i, 0, x)
        s.judged[i, 0], s.staff_hours[i] = judged, hours
    s.tie_to[0, :2], s.tie_trust[0, :2], s.tie_month[0, :2] = [1, 2], 1.0, 0
    s.willingness[:] = 1.0
    return s, p


@pytest.mark.parametrize(("rule", "chosen", "believed"), [("outcome", 0b0100, 0.9), ("size", 0b0010, 0.2)])
def test_who_is_copied_is_who_does_best_or_who_is_largest(blank, record, rule, chosen, believed):
    s, p = three_to_choose_from(blank, record, partner_rule=rule)
    look_around(s, p, 1, 0, 0, 0.0)
    take_over(s, p, 0)
    assert s.practice[0, 0] == chosen
    assert s.judged[0, 0] == pytest.approx(believed, abs=1e-6)  # it believes what the owner says
    assert s.hours_owed[0, H_LEARNING] == 5.0  # the same price


@settings(max_examples=40, deadline=None)
@given(hours=st.lists(st.floats(1.0, 1000.0), min_size=3, max_size=3), seed=st.integers(0, 2**63 - 1))
def test_by_size_nobody_copies_a_smaller_one(blank, record, hours, seed):
    s, p = three_to_choose_from(blank, record, partner_rule="size")
    s.staff_hours[:] = hours
    before = s.practice[:, 0].copy()
    look_around(s, p, seed, 0, 0, 0.0)
    take_over(s, p, 0)
    largest = int(np.argmax(hours))
    assert s.practice[0, 0] == before[0 if hours[0] >= max(hours[1:]) else largest]


def test_size_is_seen_by_trust_and_follows_the_seed(blank, record):
    def chosen(seed: int, rule: str = "size") -> list[int]:
        s, p = three_to_choose_from(blank, record, partner_rule=rule)
        s.tie_trust[0, 0] = 0.7  # seen in half of the months
        found = []
        for month in range(3):
            look_around(s, p, seed, month, 0, 0.0)
            found.append(int(s.copied[0]) if s.copied_driver[0] >= 0 else -1)
        return found

    assert chosen(1) == chosen(1)
    assert len({tuple(chosen(seed)) for seed in range(20)}) > 1  # all alike with chance 5e-6 at most
    assert chosen(1) != chosen(1, "outcome")
