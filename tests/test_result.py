"""From series to the outcomes of a run, and its tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cisim.outcomes import COLUMNS
from cisim.result import DERIVED, OUTCOMES, SECTORS, SUMMED, meaning_of, summarise
from cisim.runs import run
from cisim.scenario import load
from cisim.state import HOUR_USES, PURPOSES


def flat(months=120, **columns):
    series = np.zeros((months, len(COLUMNS)))
    for name, values in columns.items():
        series[:, COLUMNS.index(name)] = values
    return series


@pytest.fixture(scope="module")
def scenario():
    return load("generic-adaptive")  # 30 at the start, 10 at best


def test_slope_change_and_cost_of_a_straight_line(scenario):
    level = 30.0 - np.arange(120) / 12.0
    series = flat(indicator=level, indicator_published=29.0, usd_service=100.0, usd_meetings=50.0, stage=3.0)
    groups = np.column_stack([level - 1.0, level + 2.0])
    found = summarise(series, groups, scenario)
    assert found["indicator_slope"] == pytest.approx(-1.0)
    last = level[-12:].mean()
    assert found["indicator"] == pytest.approx(last)
    assert found["indicator_change"] == pytest.approx(last / 30.0 - 1.0)
    assert found["naive_change"] == pytest.approx(29.0 / 30.0 - 1.0)
    assert found["worst_group_indicator"] == pytest.approx(last + 2.0)
    assert found["usd_total"] == pytest.approx(18_000.0)
    assert found["usd_overhead_of_coordination"] == pytest.approx(6000.0)
    assert found["usd_per_unit"] == pytest.approx(18_000.0 / (30.0 - last))
    assert found["coalition_months"] == 120.0
    assert found["coalition_survived"] == 1.0


def test_the_slope_sees_the_last_five_years_only(scenario):
    level = np.r_[np.linspace(90.0, 30.0, 60), np.full(60, 30.0)]
    assert summarise(flat(indicator=level), np.ones((120, 1)), scenario)["indicator_slope"] == pytest.approx(
        0.0, abs=1e-12
    )


def test_cost_per_unit_is_infinite_without_improvement(scenario):
    for level in (30.0, 31.0):
        found = summarise(flat(indicator=level, usd_service=1.0), np.ones((120, 1)), scenario)
        assert found["usd_per_unit"] == math.inf


def test_a_rising_indicator_improves_upward(scenario):
    from dataclasses import replace

    rising = scenario.with_(indicator=replace(scenario.indicator, baseline=10.0, best=30.0))
    found = summarise(flat(indicator=20.0, usd_service=1.0), np.tile([15.0, 25.0], (120, 1)), rising)
    assert found["usd_per_unit"] == pytest.approx(12.0)
    assert found["worst_group_indicator"] == 15.0


def test_money_is_summed_exits_counted_the_rest_averaged(scenario):
    series = flat(usd_service=2.0, exits=np.arange(120), trust=np.r_[np.zeros(108), np.full(12, 0.5)])
    found = summarise(series, np.ones((120, 1)), scenario)
    assert found["usd_service"] == 240.0
    assert found["exits"] == 119.0
    assert found["trust"] == 0.5
    assert tuple(found) == OUTCOMES


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_outcome_has_meaning_and_unit(name):
    meaning, unit = meaning_of(name)
    assert len(meaning) > 10
    assert unit
    assert name in DERIVED or (unit == "usd") == (name in SUMMED)


@pytest.fixture(scope="module")
def result(small):
    return run(small.with_(regime="collective", exit_per_year=0.2, entry_per_year=0.4), 2)


def test_tables_have_a_row_for_each_thing(result):
    n, months = 16, 36
    assert list(result.series.columns) == ["month", *COLUMNS]
    assert len(result.series) == months
    assert len(result.groups) == 4 * months
    assert len(result.hours) == n * months
    assert set(result.orgs["month"]) == {0, 12, 35}
    assert len(result.orgs) == 3 * n
    assert set(result.orgs["sector"]) <= set(SECTORS)
    assert set(result.ties.columns) == {"month", "org", "other", "trust"}
    assert (result.ties["org"] != result.ties["other"]).all()
    assert set(result.ledger["purpose"]) <= set(PURPOSES)
    assert len(result.balances) == (months + 1) * len(result.accounts)
    assert len(set(result.accounts)) == len(result.accounts)


def test_the_ledger_explains_the_balances(result):
    ledger = result.ledger
    table = result.balances.pivot_table(index="month", columns="account", values="usd")
    gained = ledger.groupby(["month", "payee"])["usd"].sum().unstack(fill_value=0.0)
    spent = ledger.groupby(["month", "payer"])["usd"].sum().unstack(fill_value=0.0)
    change = gained.reindex(columns=table.columns, fill_value=0.0) - spent.reindex(
        columns=table.columns, fill_value=0.0
    )
    np.testing.assert_allclose(table.diff().iloc[1:].to_numpy(), change.to_numpy(), atol=1e-3)  # of millions


def test_recorded_money_is_the_ledgers(result):
    ledger = result.ledger
    paid = ledger[ledger["purpose"] == "backbone"].groupby("month")["usd"].sum()
    series = result.series.set_index("month")["usd_backbone"]
    np.testing.assert_allclose(series[series > 0.0], paid, rtol=1e-9)


def test_hours_add_up(result):
    hours = result.hours
    uses = [f"hours_{use.replace(' ', '_')}" for use in HOUR_USES]
    np.testing.assert_allclose(hours[uses].sum(axis=1), hours["available"], rtol=1e-9, atol=1e-9)
    by_month = hours.groupby("month")["hours_service"].sum()
    np.testing.assert_allclose(by_month, result.series["service_hours"], rtol=1e-9)


def test_a_run_says_which_it_is(result):
    assert "generic-adaptive, collective, seed 2" in repr(result)
