"""Comparisons: the same worlds for all regimes, differences by world, labelled intervals, honest ends."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from cisim import engine
from cisim.comparison import compare
from cisim.problems import ScenarioError
from cisim.result import OUTCOMES
from cisim.rng import world_seed
from cisim.runs import run
from cisim.scenario import load

REGIMES = ["isolated", "collective", "name-only"]


@pytest.fixture(scope="module")
def town():
    return load("generic-adaptive").with_(n_orgs=8, months=24, practice_bits=6)


@pytest.fixture(scope="module")
def cmp(town):
    return compare(town, REGIMES, worlds=5, seed=7)


def test_every_regime_meets_the_same_worlds(cmp, town):
    runs = cmp.to_df()
    assert len(runs) == 15
    seeds = runs.pivot(index="world", columns="regime", values="seed")
    assert (seeds.nunique(axis=1) == 1).all()
    assert list(seeds["isolated"]) == [world_seed(7, w) for w in range(5)]
    row = runs.query("regime == 'collective' and world == 3").iloc[0]
    again = run(town.with_(regime="collective", financing="equal"), int(row.seed), details=False)
    assert {name: row[name] for name in OUTCOMES} == again.outcomes


def test_summary_is_arithmetic_of_the_runs(cmp):
    wide = cmp.to_df().pivot(index="world", columns="regime", values="practice_quality")
    difference = wide["collective"] - wide["isolated"]
    row = cmp.summary().set_index(["regime", "outcome"]).loc[("collective", "practice_quality")]
    assert row["diff"] == pytest.approx(difference.mean())
    assert row["share_positive"] == np.mean(difference > 0)
    assert row["worlds"] == 5
    half = 2.776 * difference.std(ddof=1) / math.sqrt(5)
    assert row["diff_high"] - row["diff"] == pytest.approx(half, rel=1e-3)
    reference = cmp.summary().query("regime == 'isolated'")
    assert (reference["diff"].dropna() == 0.0).all()
    assert (reference["share_positive"].dropna() == 0.0).all()


def test_records_are_for_machines(cmp):
    records = json.loads(json.dumps(cmp.records(), allow_nan=False))
    assert {r["outcome"] for r in records} == set(OUTCOMES)
    keys = {"regime", "outcome", "mean", "diff", "diff_low", "diff_high", "share_positive", "worlds"}
    assert all(set(record) == keys for record in records)
    assert len(records) == 3 * len(OUTCOMES)


def test_series_and_groups_carry_their_names(cmp):
    series = cmp.series()
    assert len(series) == 3 * 5 * 24
    assert {"regime", "world", "seed", "month", "indicator"} <= set(series.columns)
    groups = cmp.by_group()
    assert set(groups["regime"]) == set(REGIMES)
    assert groups["group"].nunique() == len(cmp.scenario.groups)


def test_the_table_labels_its_intervals_and_fits_a_page(cmp):
    lines = cmp.table().splitlines()
    assert max(map(len, lines)) <= 100
    text = " ".join(lines)
    for words in ("error of the mean", "of worlds", "Equal money", "published", "paired"):
        assert words in text, words


def test_the_naive_change_stands_beside_the_paired_effect(cmp):
    row = cmp.effects().set_index("regime").loc["collective"]
    runs = cmp.to_df().set_index(["regime", "world"])
    assert row["naive_change"] == pytest.approx(runs.loc["collective", "naive_change"].mean())
    d = runs.loc["collective", "indicator"] - runs.loc["isolated", "indicator"]
    assert row["paired_effect"] == pytest.approx(d.mean() / cmp.scenario.indicator.baseline)


def test_threads_do_not_matter_and_seeds_do(town, cmp):
    one = compare(town, REGIMES[:2], worlds=3, seed=7, threads=1)
    many = compare(town, REGIMES[:2], worlds=3, seed=7, threads=3)
    assert one.to_df().equals(many.to_df())
    assert np.array_equal(one.months, many.months)
    other = compare(town, REGIMES[:2], worlds=3, seed=8)
    assert not one.to_df().equals(other.to_df())


def test_equal_money_is_equal_and_added_money_comes_from_outside(town):
    seed = world_seed(1, 0)
    outside = {}
    for financing in ("equal", "added"):
        for regime in ("isolated", "collective"):
            ledger = run(town.with_(regime=regime, financing=financing), seed).ledger
            given = ledger[(ledger.payer == "outside") & (ledger.purpose != "own income")]
            outside[financing, regime] = given.groupby("purpose").usd.sum()
    equal, added = outside["equal", "collective"], outside["added", "collective"]
    budgets = [table["budget"] for table in outside.values()]
    np.testing.assert_allclose(budgets, budgets[0], rtol=1e-12)
    assert "infrastructure" not in equal.index
    assert added["infrastructure"] > 0.0


def test_labelled_scenarios_are_compared_as_they_are(town):
    more = town.with_(regime="collective", backbone_usd_per_year=900_000)
    found = compare({"plain": town.with_(regime="collective"), "dear": more}, worlds=2, seed=1)
    assert found.labels == ["plain", "dear"]
    spent = found.to_df().groupby("regime")["usd_backbone"].mean()
    assert spent["dear"] > 1.2 * spent["plain"]  # not all of it: private money is limited


def test_progress_counts_to_the_end(town):
    seen = []
    compare(town, REGIMES[:2], worlds=2, seed=1, on_done=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (4, 4)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_an_interrupt_reaches_the_caller(town):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(town, REGIMES[:2], worlds=4, seed=1, on_done=stop)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"worlds": 1}, "worlds"),
        ({"worlds": 2.5}, "worlds"),
        ({"seed": -1}, "seed"),
        ({"budget": "free"}, "budget|financing"),
        ({"outcomes": ["indicatr"]}, "indicatr"),
        ({"regimes": ["isolated"]}, "regime"),
        ({"regimes": ["isolated", "isolated"]}, "isolated"),
    ],
)
def test_what_cannot_be_compared_is_named(town, arguments, words):
    with pytest.raises(ValueError, match=words):
        compare(town, **({"regimes": REGIMES[:2], "worlds": 2} | arguments))


def test_an_unknown_regime_is_a_scenario_error_with_the_nearest_name(town):
    with pytest.raises(ScenarioError, match="collective"):
        compare(town, ["isolated", "colective"], worlds=2)


def test_scenarios_of_different_communities_are_refused(town):
    with pytest.raises(ValueError, match=r"month|length"):
        compare({"short": town, "long": town.with_(months=36)}, worlds=2)


def test_break_even_is_the_month_from_which_the_sum_of_benefits_stays_positive(town):
    found = compare(town, REGIMES[:2], worlds=4, seed=3)
    level = found.column("indicator")
    benefit = np.cumsum((level[0] - level[1]) * (1.0 if found.falling_good else -1.0), axis=1)
    stays = [
        next((m for m in range(24) if (b[m:] > 0.0).all()), None)
        for b in benefit
    ]  # fmt: skip
    row = found.effects().set_index("regime").loc["collective"]
    assert row["share_breaks_even"] == np.mean([m is not None for m in stays])
    assert engine.STEP[-1] == "record"
