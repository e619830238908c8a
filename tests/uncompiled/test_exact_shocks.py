"""Shocks and trend, call by call."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.rules.shocks import shocks

CALM = {"recession_per_year": 0.0, "need_shock_per_year": 0.0}


def test_a_recession_lasts_as_many_months_as_it_should(blank, record):
    s, p = blank(), record(**CALM | {"recession_per_year": 12.0, "recession_months": 3})
    left = []
    for month in range(5):
        shocks(s, p, 1, month)
        left.append(int(s.world[0].recession_left))
    assert left == [3, 2, 1, 0, 3]  # three months with a recession, one without, and the next (chance 1)


def test_a_crisis_halves_in_its_half_life_and_the_trend_compounds(blank, record):
    s, p = blank(), record(**CALM, crisis_half_life_months=8.0, trend_per_year=-0.04)
    s.world.level_shock[0] = 0.4
    for month in range(1, 13):
        shocks(s, p, 1, month)
        if month == 8:
            assert s.world[0].level_shock == pytest.approx(0.2, rel=1e-12)
    assert s.world[0].trend == pytest.approx(0.96, rel=1e-12)


def test_a_spike_does_not_fade_before_the_run_begins(blank, record):
    s, p = blank(), record(**CALM)
    s.world.level_shock[0] = 0.4
    shocks(s, p, 1, 0)
    assert s.world[0].level_shock == 0.4


@settings(max_examples=40, deadline=None)
@given(
    spike=st.floats(-0.5, 1.0),
    half_life=st.floats(1.0, 120.0),
    size=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**63 - 1),
)
def test_without_new_crises_the_level_only_returns_to_normal(blank, record, spike, half_life, size, seed):
    s = blank()
    p = record(**CALM, crisis_half_life_months=half_life, need_shock_size=size)
    s.world.level_shock[0] = spike
    before = abs(spike)
    for month in range(1, 10):
        shocks(s, p, seed, month)
        now = abs(float(s.world[0].level_shock))
        assert now <= before
        before = now


def test_the_seed_decides_the_month(blank, record):
    def starts(seed: int) -> list[int]:
        s, p = blank(), record(**CALM | {"recession_per_year": 1.0, "recession_months": 1})
        found = []
        for month in range(120):
            shocks(s, p, seed, month)
            found.append(int(s.world[0].recession_left))
        return found

    assert starts(4) == starts(4)
    assert starts(4) != starts(5)
