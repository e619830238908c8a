"""Intervals and verdicts: their errors over many made-up audits, and that what is there is found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom
from synthetic_runs import CASES, asked, constant, contrast, runs

from cisim.claims.judging import INTERVALS, evaluate
from cisim.claims.verdicts import ERROR, Demand, Estimate, combined, estimate, is_within, judge

AUDITS = 400
ALL_PAIRS = [contrast(case, other) for case in CASES for other in CASES if case != other]


def at(low: float, high: float) -> Estimate:
    return Estimate(0.5 * (low + high), low, high, 1.0, 0.1, 100, 100, 0.05)


# ---- judge --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "than", "low", "high", "verdict"),
    [
        ("more", 0.0, 0.1, 0.5, "holds"),
        ("more", 0.0, -0.5, -0.1, "reverses"),
        ("more", 0.0, -0.1, 0.5, "no detectable difference"),
        ("more", 1.0, 0.1, 0.5, "reverses"),
        ("more", 1.0, 1.1, 1.5, "holds"),
        ("less", 0.0, 0.1, 0.5, "reverses"),
        ("less", 0.0, -0.5, -0.1, "holds"),
        ("less", 0.5, 0.1, 0.4, "holds"),
        ("none", 0.0, -0.2, 0.2, "holds"),
        ("none", 0.0, 0.1, 0.2, "holds"),
        ("none", 0.0, 0.31, 0.5, "reverses"),
        ("none", 0.0, -0.5, -0.31, "reverses"),
        ("none", 0.0, 0.2, 0.5, "no detectable difference"),
    ],
)
def test_an_interval_says_what_its_place_says(says, than, low, high, verdict):
    assert judge(at(low, high), Demand(says, than, 0.3)) == verdict


def test_an_end_on_the_level_decides_nothing():
    assert judge(at(0.0, 1.0), Demand("more", 0.0, 0.3)) == "no detectable difference"
    assert judge(at(-1.0, 0.0), Demand("more", 0.0, 0.3)) == "no detectable difference"


def test_the_margin_lies_around_the_level():
    assert is_within(at(0.9, 1.1), Demand("more", 1.0, 0.2))
    assert not is_within(at(-0.1, 0.1), Demand("more", 1.0, 0.2))


def test_no_draws_and_few_draws_decide_nothing():
    for values in (np.array([]), np.full(20, np.nan), np.arange(1.0, 8.0)):
        found = estimate(values)
        assert (found.low, found.high) == (-math.inf, math.inf)
        assert judge(found, Demand("more", 0.0, 0.3)) == "no detectable difference"
        assert judge(found, Demand("none", 0.0, 0.3)) == "no detectable difference"
        assert found.smallest_found == math.inf


def test_missing_draws_are_left_out():
    values = np.arange(20.0)
    with_gaps = np.insert(values, [3, 7], np.nan)
    assert estimate(with_gaps) == estimate(values)


def test_draws_that_differ_in_nothing_have_no_error():
    found = estimate(np.full(20, 0.1))
    assert found.low == found.high == found.mean == 0.1
    assert judge(found, Demand("more", 0.1, 0.0)) == "no detectable difference"


def test_a_share_that_no_draw_reaches_is_not_known_to_be_nought():
    none, all_of_them = (estimate(np.full(512, value), alpha=1e-4, is_share=True) for value in (0.0, 1.0))
    assert none.low == 0.0
    assert none.high == pytest.approx(1.0 - (1e-4 / 2) ** (1 / 512))
    assert judge(none, Demand("more", 0.01, 0.0, is_share=True)) == "no detectable difference"
    assert all_of_them.high == 1.0
    assert all_of_them.low == pytest.approx((1e-4 / 2) ** (1 / 512))


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_intervals_of_shares_cover_at_least_as_often_as_they_say(share):
    """2,000 intervals of 100 draws of 2 worlds at 5 %; more misses than the bound by chance once in a thousand."""
    rng = np.random.default_rng(8)
    found = [estimate(x, is_share=True) for x in (rng.uniform(size=(2_000, 100, 2)) < share).mean(axis=2)]
    assert sum(not one.low <= share <= one.high for one in found) <= binom.ppf(0.999, 2_000, 0.05)


@pytest.mark.parametrize(
    ("verdicts", "all_of", "any_of"),
    [
        (["holds", "holds"], "holds", "holds"),
        (["holds", "reverses"], "reverses", "holds"),
        (["reverses", "reverses"], "reverses", "reverses"),
        (["holds", "depends on"], "depends on", "holds"),
        (["reverses", "depends on"], "reverses", "depends on"),
        (["holds", "no detectable difference"], "no detectable difference", "holds"),
        (["reverses", "no detectable difference"], "reverses", "no detectable difference"),
        (["depends on", "no detectable difference"], "depends on", "depends on"),
    ],
)
def test_statements_make_one_answer(verdicts, all_of, any_of):
    for found in (verdicts, verdicts[::-1]):
        assert combined(found, "all") == all_of
        assert combined(found, "any") == any_of


# ---- errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_intervals_cover_as_often_as_they_say(alpha):
    """4,000 intervals of 40 draws; the count may be off by 4 standard errors (by chance once in 16,000)."""
    rng = np.random.default_rng(1)
    found = [estimate(x, alpha=alpha) for x in rng.normal(size=(4_000, 40))]
    missed = sum(not one.low <= 0.0 <= one.high for one in found)
    assert abs(missed - 4_000 * alpha) < 4.0 * math.sqrt(4_000 * alpha * (1 - alpha))


def test_draws_that_share_their_parameters_are_not_counted_twice():
    """2,000 intervals of 30 sets drawn three times: clusters cover; taken as independent they would not.

    4 standard errors of the count: by chance once in 16,000.
    """
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(30), 3)
    missed = naive = 0
    for _ in range(2_000):
        x = rng.normal(size=30)[cluster] + 0.3 * rng.normal(size=90)
        right, wrong = estimate(x, cluster), estimate(x)
        missed += not right.low <= 0.0 <= right.high
        naive += not wrong.low <= 0.0 <= wrong.high
    assert abs(missed - 100) < 4.0 * math.sqrt(2_000 * 0.05 * 0.95)
    assert naive > 300


@pytest.mark.parametrize("skew", [False, True])
def test_an_audit_of_nothing_finds_nothing_in_nineteen_of_twenty(skew):
    """400 audits of 24 comparisons in two studies where no case differs, with conditions searched.

    At most 5 % of audits may find anything; more than the bound happens by chance once in a thousand.
    """
    rng = np.random.default_rng(3)
    statements = [
        *ALL_PAIRS,
        *(contrast(s.terms[0].case, s.terms[0].against, study="other") for s in ALL_PAIRS),
    ]
    every = asked(*statements)
    false = 0
    for _ in range(AUDITS):
        made = {name: runs(rng, skew=skew, study=name) for name in ("made up", "other")}
        audit = evaluate(every, made)
        assert audit.n_intervals == INTERVALS * 24
        false += any(one.verdict != "no detectable difference" for one in audit.findings)
    assert false <= binom.ppf(0.999, AUDITS, ERROR)


def test_without_allowing_for_many_looks_an_audit_of_nothing_finds_something():
    """The negative control of the test above: with 5 % for each interval, more of 200 audits find something."""
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(200):
        audit = evaluate(asked(*ALL_PAIRS), {"made up": runs(rng)}, error=ERROR * INTERVALS * len(ALL_PAIRS))
        false += any(one.verdict != "no detectable difference" for one in audit.findings)
    assert false > binom.ppf(0.999, 200, ERROR)


def test_the_smallest_effect_that_would_be_found_is_found_in_nine_of_ten():
    """300 audits with that effect planted; 4 standard errors of the count, by chance once in 16,000."""
    rng = np.random.default_rng(5)
    every = asked(*ALL_PAIRS)
    size = evaluate(every, {"made up": runs(rng, n=4096)}).findings[0].estimate.sd
    effect = estimate(size * rng.normal(size=128), alpha=ERROR / (INTERVALS * len(ALL_PAIRS)))
    plant = effect.smallest_found * size / effect.sd
    found = 0
    for _ in range(300):
        audit = evaluate(every, {"made up": runs(rng, planted={"b": constant(plant)})})
        found += audit.answer("S0.4").findings[0].overall == "holds"  # b against a
    assert audit.answer("S0.4").findings[0].statement == contrast("b", "a")
    assert abs(found - 270) < 4.0 * math.sqrt(300 * 0.9 * 0.1)


def test_equivalence_holds_where_the_difference_is_small_and_not_where_it_is_unknown():
    rng = np.random.default_rng(6)
    every = asked(contrast(says="none"), margins={"gain": 0.05})  # a twentieth of the way, 10: half a unit
    precise = evaluate(every, {"made up": runs(rng, n=1024, planted={"b": constant(0.1)})})
    assert precise.answers[0].verdict == "holds"
    vague = evaluate(every, {"made up": runs(rng, n=16)})
    assert vague.answers[0].verdict == "no detectable difference"
    large = evaluate(every, {"made up": runs(rng, n=1024, planted={"b": constant(1.0)})})
    assert large.answers[0].verdict == "reverses"
