"""Columns: named, described, finite, and within their units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim import engine
from cisim.outcomes import COLUMNS, NAMED, describe
from cisim.result import OUTCOMES, summarise
from cisim.runs import run


@pytest.mark.parametrize("name", COLUMNS)
def test_each_column_says_what_it_is_in_which_unit(name):
    meaning, unit = describe(name)
    assert len(meaning) > 10
    assert unit
    assert NAMED[COLUMNS.index(name)].__name__ == name


SHARES = [name for name in COLUMNS if describe(name)[1] == "share"]


@settings(max_examples=40, deadline=None)
@given(number=st.integers(0, 10**9), seed=st.integers(0, 2**63 - 1))
def test_outcomes_are_finite_and_shares_are_shares(any_scenario, number, seed):
    scenario = any_scenario(number)
    world = engine.run_world(scenario, seed)
    assert np.isfinite(world.series).all()
    assert np.isfinite(world.by_group).all()
    for name in SHARES:
        values = world.series[:, COLUMNS.index(name)]
        assert values.max() <= 1.0 + 1e-9, name
        assert values.min() >= -1e-9 or name in {"believed_change", "achieved_change"}, name
    found = summarise(world.series, world.by_group, scenario)
    assert tuple(found) == OUTCOMES
    assert all(np.isfinite(value) or name == "usd_per_unit" for name, value in found.items())
    assert not any(np.isnan(value) for value in found.values())


def test_an_isolated_community_has_no_coalition_columns(small):
    result = run(small, 1, details=False)
    zero = (
        "members",
        "attendance",
        "stage",
        "shared_measurement_level",
        "backbone_fte",
        "brokered_plans",
        "usd_backbone",
    )
    for name in zero:
        assert not result.series[name].any(), name
    assert np.isfinite(result.series.to_numpy()).all()
    collective = run(small.with_(regime="collective"), 1, details=False)
    assert all(collective.series[name].any() for name in zero)


def test_the_indicator_moves_with_the_problem_not_its_measurement(small):
    """Sampling noise of the published figure leaves the true one alone where nobody acts on what is published."""
    quiet, noisy = (run(small.with_(indicator_noise_cv=cv), 3, details=False) for cv in (0.0, 0.5))
    np.testing.assert_array_equal(quiet.series["indicator"], noisy.series["indicator"])
    assert not quiet.series["indicator_published"].equals(noisy.series["indicator_published"])
