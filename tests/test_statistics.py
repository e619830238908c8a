"""Paired statistics: exact cases, coverage with its error rate, limits, and what cannot be computed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisim.statistics import (
    check_level,
    fieller,
    means,
    paired,
    spread,
    t_quantile,
    variance_ratio,
    wilson,
    worlds_needed,
)

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def test_t_quantiles_are_those_of_the_tables():
    assert t_quantile(0.95, 1) == pytest.approx(12.706, abs=1e-3)
    assert t_quantile(0.95, 9) == pytest.approx(2.262, abs=1e-3)
    assert t_quantile(0.95, 10**7) == pytest.approx(1.96, abs=1e-3)


def test_two_worlds_by_hand():
    m = means([1.0, 3.0])
    assert (m.mean, m.worlds) == (2.0, 2)
    assert m.sd == pytest.approx(math.sqrt(2.0))
    assert m.high - m.mean == pytest.approx(12.706, abs=1e-3)  # t times sd / sqrt(2) = t times 1


def test_a_paired_difference_forgets_what_both_share():
    luck = np.array([100.0, -50.0, 3.0, 8.0])
    d = paired(luck + 2.0, luck)
    assert float(d.mean) == pytest.approx(2.0)
    assert float(d.high - d.low) == pytest.approx(0.0, abs=1e-9)


@given(NUMBERS)
def test_swapping_the_arms_mirrors_the_interval(values):
    a, b = np.array(values), np.array(values)[::-1].copy()
    there, back = paired(a, b), paired(b, a)
    assert float(there.mean) == -float(back.mean)
    assert float(there.low) == -float(back.high)


@given(NUMBERS)
def test_the_interval_holds_the_mean(values):
    m = means(values)
    assert m.low <= m.mean <= m.high


def test_the_interval_covers_as_often_as_it_says():
    """4,000 samples of 8 from a normal: coverage .95, within 4 standard errors (wrong by chance 1 in 16,000)."""
    draws = np.random.default_rng(1).normal(3.0, 2.0, (4000, 8))
    m = means(draws.T)
    covered = np.mean((m.low <= 3.0) & (m.high >= 3.0))
    assert abs(covered - 0.95) < 4.0 * math.sqrt(0.95 * 0.05 / 4000)
    narrow = np.mean((m.mean - m.sd / math.sqrt(8) <= 3.0) & (m.mean + m.sd / math.sqrt(8) >= 3.0))
    assert abs(narrow - 0.95) > 0.1  # the control: one standard error is not enough


def test_wilson_by_hand_and_at_the_ends():
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
    assert wilson(0, 20).low == 0.0
    assert wilson(0, 20).high > 0.1
    assert wilson(20, 20).high == 1.0
    assert wilson(20, 20).low < 0.9


def test_spread_is_of_worlds_and_does_not_shrink_with_their_number():
    rng = np.random.default_rng(2)
    widths = [float(np.subtract(*spread(rng.normal(size=n))[::-1])) for n in (200, 20_000)]
    assert widths[0] == pytest.approx(2 * 1.645, abs=0.6)
    assert widths[1] == pytest.approx(2 * 1.645, abs=0.06)


def test_worlds_needed_makes_the_interval_that_narrow():
    pilot = np.random.default_rng(3).normal(0.0, 1.0, 400)
    n = worlds_needed(pilot, 0.1)
    sd = float(np.std(pilot, ddof=1))
    assert t_quantile(0.95, n - 1) * sd / math.sqrt(n) <= 0.1
    assert t_quantile(0.95, n - 2) * sd / math.sqrt(n - 1) > 0.1


def test_pairing_saves_what_both_arms_share():
    """Variance of a difference of arms with correlation .9 is a tenth of that of unpaired arms."""
    rng = np.random.default_rng(4)
    shared = rng.normal(size=20_000) * 3.0
    a, b = shared + rng.normal(size=20_000), shared + rng.normal(size=20_000)
    assert variance_ratio(a, b) == pytest.approx(10.0, rel=0.1)
    assert variance_ratio(a, rng.permutation(b)) == pytest.approx(1.0, rel=0.1)  # the control


def test_a_ratio_of_means_has_an_interval_only_if_its_bottom_is_clear_of_zero():
    rng = np.random.default_rng(5)
    top = rng.normal(6.0, 1.0, 100)
    found = fieller(top, rng.normal(3.0, 0.5, 100))
    assert found is not None
    ratio, (low, high) = found
    assert low < ratio < high
    assert ratio == pytest.approx(2.0, abs=0.2)
    unclear = fieller(top, rng.normal(0.0, 1.0, 100))
    assert unclear is None or not all(map(math.isfinite, unclear[1]))


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, math.nan])
def test_levels_outside_0_to_1_are_refused(level):
    with pytest.raises(ValueError, match="level"):
        check_level(level)


@pytest.mark.parametrize("values", [[1.0], [1.0, math.nan], [1.0, math.inf]])
def test_one_world_or_missing_values_are_refused(values):
    with pytest.raises(ValueError, match=r"\w"):
        means(values)
