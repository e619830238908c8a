"""Rounds of grants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.decisions import DOES_NOT_APPLY
from cisim.practice import application_hours
from cisim.rules.fund import (
    apply_for_grants,
    appraise,
    asked_usd,
    draw_lots,
    expire,
    fund,
    hold_round,
    lowest_paid,
    resent_winners,
    round_usd,
)
from cisim.state import FIRST_FUNDER, H_FUNDRAISING

DECEMBER = 11
FAIR = {"appraisal_noise": 0.0, "prior_grantee_bonus": 0.0, "grant_success": 1.0}


def market(blank, effects, budget):
    """One private funder; each organisation needs 100 a month."""
    s = blank(n_orgs=len(effects), n_funders=2)
    s.funder_budget[0] = budget
    s.grant_need[:] = 100.0
    s.reported_effect[:] = effects
    return s


def test_the_best_reports_are_funded_while_money_lasts(blank, record):
    s, p = market(blank, [0.03, 0.01, 0.05, 0.02], 250.0), record(**FAIR)
    hold_round(s, p, 1, DECEMBER, 0)
    assert list(s.grant[:, 0]) == [100.0, 0.0, 100.0, 0.0]
    assert list(s.grant_left[:, 0]) == [12, 0, 12, 0]
    assert s.committed[0] == 200.0
    assert (s.world.applied[0], s.world.awarded[0]) == (4, 2)
    p = record(**FAIR, outcome_orientation=1.0)
    s = market(blank, [0.03, 0.01, 0.05, 0.02], 250.0)
    s.contribution[:] = [0.1, 0.4, 0.2, 0.3]
    hold_round(s, p, 1, DECEMBER, 0)
    assert list(s.grant[:, 0] > 0.0) == [False, True, False, True]


@settings(max_examples=50, deadline=None)
@given(
    effects=st.lists(st.floats(-0.05, 0.1), min_size=1, max_size=12),
    budget=st.floats(1.0, 2000.0),
    noise=st.floats(0.0, 5.0),
    success=st.floats(0.02, 1.0),
    pooled=st.floats(0.0, 1.0),
)
def test_no_round_promises_more_than_there_is(blank, record, effects, budget, noise, success, pooled):
    s = market(blank, effects, budget)
    p = record(appraisal_noise=noise, grant_success=success, pooled_share=pooled, n_private_funders=1)
    fund(s, p, 5, DECEMBER)
    assert s.grant.sum() <= budget * (1.0 + 1e-9)
    assert s.grant.min() >= 0.0
    assert (s.grant.sum(axis=1) <= 125.0 + 1e-9).all()  # nobody takes more than 1.25 times what it needs
    np.testing.assert_allclose(s.committed, s.grant.sum(axis=0), rtol=1e-9)


def test_grants_run_their_term_and_expire(blank, record):
    s, p = market(blank, [0.03, 0.01], 100.0), record(**FAIR, grant_term_years=3)
    hold_round(s, p, 1, DECEMBER + 12, 0)
    for left in (24, 12):
        expire(s, 0)
        assert s.grant_left[0, 0] == left
        assert s.committed[0] == 100.0
    expire(s, 0)
    assert list(s.was_grantee[:, 0]) == [1, 0]
    assert s.grant.sum() == s.committed[0] == 0.0


def test_terms_of_the_first_round_are_staggered(blank, record):
    s, p = market(blank, [0.01] * 90, 9000.0), record(**FAIR, grant_term_years=3)
    hold_round(s, p, 1, DECEMBER, 0)
    assert set(s.grant_left[:, 0]) == {12, 24, 36}  # one is missing with chance 4e-16


def test_last_years_grantees_have_an_advantage(blank, record):
    s = market(blank, [0.03, 0.03], 100.0)
    s.was_grantee[1, 0] = 1
    p = record(**FAIR | {"prior_grantee_bonus": 0.5})
    scores = [appraise(s, p, 1, DECEMBER, i, 0) for i in range(2)]
    assert scores[1] - scores[0] == pytest.approx(0.5)


def test_pooled_money_looks_for_gaps(blank, record):
    s, p = market(blank, [0.03, 0.03], 100.0), record(**FAIR, pooled_share=1.0, gap_filling_share=1.0)
    s.covered[:] = 0.4
    assert appraise(s, p, 1, DECEMBER, 0, 1) == pytest.approx(0.6 / p.quality_sd)
    assert round_usd(s, p, 0) == 0.0
    assert round_usd(s, p, 1) == 100.0
    s.is_public[0] = 1  # public money cannot be pooled
    assert round_usd(s, p, 0) == 100.0
    assert round_usd(s, p, 1) == 0.0


def test_money_left_over_and_promised_counts(blank, record):
    s, p = market(blank, [0.03], 100.0), record()
    s.balance[FIRST_FUNDER], s.committed[0] = 240.0, 30.0
    assert round_usd(s, p, 0) == pytest.approx(100.0 + 20.0 - 30.0)


def test_more_is_asked_for_where_success_is_rare(blank, record):
    s = market(blank, [0.0], 100.0)
    assert asked_usd(s, record(grant_success=0.5), 0, 0.25) == 50.0
    s.grant[0, 1] = 110.0
    assert asked_usd(s, record(grant_success=0.5), 0, 0.25) == pytest.approx(15.0)
    s.grant[0, 1] = 200.0
    assert asked_usd(s, record(grant_success=0.5), 0, 0.25) == 0.0


def test_who_asks_for_nothing_stays_free_to_apply(blank, record):
    s = market(blank, [0.03, 0.01], 250.0)
    s.grant[0, 1] = 125.0 * (1.0 - 1e-15)  # has enough, but for rounding
    hold_round(s, record(**FAIR, grant_term_years=3), 1, DECEMBER, 0)
    assert list(s.grant[:, 0] > 0.0) == [False, True]
    assert s.grant_left[0, 0] == 0


def test_hours_of_applying_follow_what_is_not_secured(blank, record):
    p = record(
        applications_per_org_year=24.0,
        hours_per_application=5.0,
        application_hours_cap=0.25,
        n_private_funders=1,
    )
    s = market(blank, [0.0, 0.0, 0.0], 100.0)
    s.grant[1, 0], s.grant_left[1, 0] = 50.0, 24
    s.override[2] = DOES_NOT_APPLY
    for i in range(3):
        apply_for_grants(s, p, i)
    assert list(s.hours_owed[:, H_FUNDRAISING]) == [10.0, 5.0, 0.0]
    assert application_hours(p, 20.0, 1.0) == 5.0  # a quarter of all time
    pooling = record(
        applications_per_org_year=24.0, hours_per_application=5.0, n_private_funders=4,
        pooled_share=1.0, public_money_share=0.6,
    )  # fmt: skip
    s.hours_owed[:] = 0.0
    apply_for_grants(s, pooling, 0)
    assert s.hours_owed[0, H_FUNDRAISING] == pytest.approx(
        10.0 * (1.0 - 0.4 * 0.75)
    )  # one application for four


def test_losers_trust_winners_they_know_less(blank, record):
    s = market(blank, [0.0, 0.0, 0.0], 100.0)
    s.grant[:, 0] = [0.0, 120.0, 90.0]
    for i in range(3):
        s.tie_to[i, :2] = [j for j in range(3) if j != i]
        s.tie_trust[i, :2] = 0.5
    resent_winners(s, record(rivalry_loss=0.1, outcome_orientation=0.0))
    np.testing.assert_allclose(s.tie_trust[:, :2], [[0.45, 0.5], [0.5, 0.5], [0.5, 0.5]], rtol=1e-12)
    resent_winners(s, record(rivalry_loss=0.1, outcome_orientation=1.0))
    assert s.tie_trust[0, 0] == pytest.approx(0.45)


def test_rounds_are_in_december_and_luck_follows_the_seed(blank, record):
    def winners(seed: int, month: int = DECEMBER) -> list[bool]:
        s = market(blank, [0.02] * 12, 600.0)
        fund(s, record(grant_success=1.0), seed, month)
        return list(s.grant[:, 0] > 0.0)

    assert not any(winners(1, 10))
    assert sum(winners(1)) == 6
    assert winners(1) == winners(1)
    assert winners(1) != winners(2)


EFFECTS = [0.01 * k for k in range(10)]


def drawn(blank, record, seed, ratio=2.0, rule="lottery", budget=300.0):
    """Places funded of ten that each ask 100; the higher the place, the better the report."""
    s = market(blank, EFFECTS, budget)
    hold_round(s, record(**FAIR, appraisal_rule=rule, shortlist_ratio=ratio), seed, DECEMBER, 0)
    return tuple(np.flatnonzero(s.grant[:, 0] > 0.0).tolist())


def test_only_the_last_round_of_all_funders_is_counted(blank, record):
    s, p = market(blank, [0.03, 0.01, 0.05, 0.02], 250.0), record(**FAIR)
    s.world.applied[0], s.world.awarded[0] = 99, 98
    fund(s, p, 1, DECEMBER - 1)
    assert (s.world.applied[0], s.world.awarded[0]) == (99, 98)
    fund(s, p, 1, DECEMBER)
    assert (s.world.applied[0], s.world.awarded[0]) == (4, 2)


def test_lots_decide_among_those_the_money_would_fund_twice_over(blank, record):
    """Ratio 2 at money for three: three of the best six. Each of 20 draws misses a place with chance 1/2."""
    winners = [drawn(blank, record, seed) for seed in range(20)]
    assert {len(one) for one in winners} == {3}
    assert {place for one in winners for place in one} == {4, 5, 6, 7, 8, 9}  # by chance wrong in 6e-6
    assert drawn(blank, record, 3) == winners[3]
    assert len(set(winners)) > 1
    ranked = {drawn(blank, record, seed, rule="ranking") for seed in range(20)}
    assert ranked == {(7, 8, 9)}  # negative control: ranking without noise knows no luck


def test_a_short_list_of_those_who_can_be_paid_is_the_ranking(blank, record):
    for seed in range(5):
        assert (
            drawn(blank, record, seed, ratio=1.0) == drawn(blank, record, seed, rule="ranking") == (7, 8, 9)
        )


def test_with_everybody_on_the_list_merit_means_nothing(blank, record):
    """Share of grants to the better half over 400 seeds: .5 within 4.5 standard errors (wrong in 150,000)."""
    better = [
        np.mean([place >= 5 for place in drawn(blank, record, seed, ratio=20.0)]) for seed in range(400)
    ]
    se = np.std(better, ddof=1) / np.sqrt(400)
    assert abs(np.mean(better) - 0.5) < 4.5 * se
    listed = [np.mean([place >= 5 for place in drawn(blank, record, seed)]) for seed in range(50)]
    assert abs(np.mean(listed) - 0.5) > 4.5 * np.std(listed, ddof=1) / np.sqrt(50)  # the test can tell


def all_halves(scores, asked, available):
    """Whom a search that never ends early pays: sixty halves, one sum each."""
    low, high = scores.min() - 1.0, scores.max() + 1.0
    for _ in range(60):
        bar = 0.5 * (low + high)
        if asked[scores >= bar].sum() > available:
            low = bar
        else:
            high = bar
    return scores >= high


@settings(max_examples=100, deadline=None)
@given(
    scores=st.lists(st.integers(-9, 9), min_size=1, max_size=12),
    gap=st.sampled_from([1.0, 0.1, 1e-13]),
    part=st.floats(0.0, 1.2),
)
def test_a_search_that_ends_early_pays_the_same_ones(blank, scores, gap, part):
    """Equal scores and very close ones included."""
    s = blank(n_orgs=len(scores))
    s.appraisal[:] = gap * np.array(scores)
    s.asked[:] = 1.0 + np.arange(len(scores)) % 3  # whole numbers: sums are exact in any order
    available = part * s.asked.sum()
    bar = lowest_paid(s, available, s.appraisal.min(), s.appraisal.max())
    np.testing.assert_array_equal(s.appraisal >= bar, all_halves(s.appraisal, s.asked, available))


def test_who_is_off_the_list_gets_nothing_even_if_money_is_left(blank, record):
    s, p = market(blank, [0.0, 0.05], 1000.0), record(**FAIR, appraisal_rule="lottery")
    s.appraisal[:], s.asked[:] = [0.1, 0.9], 100.0
    bar = lowest_paid(s, 150.0, 0.1, 0.9)
    assert 0.1 < bar <= 0.9
    draw_lots(s, 1, DECEMBER, 0, bar)
    assert s.appraisal[0] < lowest_paid(s, 1000.0, 0.0, 1.0) <= s.appraisal[1]
    hold_round(s, p, 1, DECEMBER, 0)
    assert list(s.grant[:, 0]) == [100.0, 100.0]  # money for twenty: all are on the list


@settings(max_examples=50, deadline=None)
@given(
    effects=st.lists(st.floats(-0.05, 0.1), min_size=1, max_size=12),
    budget=st.floats(1.0, 2000.0),
    ratio=st.floats(1.0, 20.0),
    seed=st.integers(0, 2**63 - 1),
)
def test_no_lottery_promises_more_than_there_is(blank, record, effects, budget, ratio, seed):
    s, p = market(blank, effects, budget), record(appraisal_rule="lottery", shortlist_ratio=ratio)
    fund(s, p, seed, DECEMBER)
    assert s.grant.min() >= 0.0
    assert s.grant.sum() <= budget * (1.0 + 1e-9)
    asked = s.asked[s.asked > 0.0]
    left = round_usd(s, p, 0)
    assert s.grant.sum() > 0.0 or left < asked.min()  # money is not kept while somebody who asks fits in
