"""Decisions: intervals hold what they say, a wrong yes is rare, money follows its rule, bad options are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cisim.statistics import wilson
from cisim.study.decision.analysis import analyse
from cisim.study.decision.evppi import evppi
from cisim.study.decision.values import mean_of, settings_of, share_of
from cisim.study.decision.verdict import verdict_of
from study.decisions import made, worked

STUDIES = 800
"""At a coverage of 95 %, fewer than 740 or more than 780 of these is an accident in 1 of 500."""


def held(n_draws: int, n_worlds: int, *, of_draw: float, of_world: float, crossed: bool) -> np.ndarray:
    """Count intervals that hold the true mean 0: as they should be, without common luck, with worlds as sample."""
    count = np.zeros(3, dtype=int)
    for seed in range(STUDIES):
        rng = np.random.default_rng(seed)
        table = of_draw * rng.standard_normal((n_draws, 1)) + of_world * rng.standard_normal((1, n_worlds))
        table = table + rng.standard_normal((n_draws, n_worlds))
        ways = (mean_of(table, 0.95, crossed), mean_of(table), mean_of(table.reshape(1, -1)))
        count += [m.low <= 0.0 <= m.high for m in ways]
    return count


def test_draws_are_the_sample_not_their_worlds() -> None:
    right, _, worlds = held(20, 10, of_draw=1.0, of_world=0.0, crossed=False)
    assert 740 <= right <= 780
    assert worlds < 600, "the negative control: taking worlds for the sample is too sure"


def test_luck_that_all_draws_share_is_in_the_interval() -> None:
    right, without, _ = held(30, 8, of_draw=0.5, of_world=0.5, crossed=True)
    assert 740 <= right <= 785
    assert without < 660, "the negative control: without common luck it is too sure"


def test_shares_over_draws_know_that_worlds_of_a_draw_are_alike() -> None:
    """The true share is one half: beta(2, 2) differs from draw to draw."""
    right = naive = 0
    for seed in range(STUDIES):
        rng = np.random.default_rng(seed)
        hits = (rng.random((30, 10)) < rng.beta(2.0, 2.0, (30, 1))).astype(float)
        _, (low, high) = share_of(hits)
        right += low <= 0.5 <= high
        low, high = wilson(int(hits.sum()), 300)
        naive += low <= 0.5 <= high
    assert 735 <= right <= 785
    assert naive < 660, "the negative control"


def test_worlds_that_were_not_run_are_left_out() -> None:
    table = np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, np.nan]])
    assert mean_of(table).mean == pytest.approx(2.5)
    assert mean_of(table).n == 2
    assert math.isnan(mean_of(np.array([[2.0]])).low), "one world has no interval"


def test_a_wrong_yes_is_rare_however_many_decisions_there_are() -> None:
    """At most 5 % of studies without any effect say yes; of 150, more than 15 is an accident in 1 of 300."""
    wrong = 0
    for seed in range(150):
        data = made(
            draws=10, worlds=2, seed=seed, months=24, series=False, problems=("adaptive",), effect=lambda *_: 0.0
        )  # fmt: skip
        s, contexts, _ = worked(data)
        wrong += verdict_of(contexts[0], s, seed=1).answer == "yes"
    assert wrong <= 15


def test_a_planted_effect_is_a_yes_and_a_planted_harm_is_said() -> None:
    """Effects are some ten errors of the mean, so none of these answers is luck."""
    for effect, answer in ((0.8, "yes"), (-0.8, "harm")):
        data = made(draws=10, worlds=4, noise=0.1, problems=("adaptive",), effect=lambda *_, e=effect: e)
        s, contexts, _ = worked(data)
        assert verdict_of(contexts[0], s, seed=1).answer == answer
        assert ("NO, it does harm" in analyse(data).text) == (answer == "harm")


def test_knowing_more_of_what_varies_is_worth_more() -> None:
    """Errors are about .03 and steps .06 and more, over the same draws of x and noise."""
    rng = np.random.default_rng(4)
    x, noise = rng.standard_normal((2, 400))
    worth = []
    for effect in (0.3, 0.6, 1.0, 1.5):
        values = np.stack([np.zeros(400), 0.2 + effect * x + noise], axis=1)
        worth.append(evppi(x, values, seed=1, resamples=40).value)
    assert worth == sorted(worth)
    z = 0.2 / 1.5
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    truth = 1.5 * density + 0.2 * 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))) - 0.2
    assert worth[-1] == pytest.approx(truth, abs=0.12), "closed form for a mean that is not zero"


def test_money_is_new_only_where_it_comes_from_outside() -> None:
    """5 years of 200,000 at no discount are a million; at equal budgets none of it is new."""
    data = made(draws=3, worlds=2, noise=0.0, discount=0.0, budgets=(200_000.0,), effect=lambda *_: 1.0)
    rows = analyse(data).tables["decisions"].set_index("financing")
    assert rows.loc["added", "usd_new"].to_numpy() == pytest.approx(1e6)
    assert (rows.loc["equal", "usd_new"] == 0.0).all()
    units = -0.5 + 4.0  # unit-years: a year of -.5, then four of 1
    assert rows["units"].to_numpy() == pytest.approx(units)
    assert rows.loc["added", "price"].to_numpy() == pytest.approx(1e6 / units)


def test_a_discount_makes_late_benefit_worth_less() -> None:
    data = made(draws=3, worlds=2, noise=0.0, discount=0.1, budgets=(0.0,), effect=lambda *_: 1.0)
    weight = 1.1 ** (-np.arange(13, 61) / 12.0)  # nothing in the first year, 1 after it
    assert analyse(data).tables["decisions"]["units"].to_numpy() == pytest.approx(weight.sum() / 12.0)


def test_equal_seeds_of_all_draws_are_noticed_and_said() -> None:
    for common in (True, False):
        data = made(common_luck=common, problems=("adaptive",), resamples=20)
        assert worked(data)[1][0].crossed == common
        assert ("same seeds" in " ".join(analyse(data).text.split())) == common


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"usd_per_unit": -1.0}, "usd_per_unit"),
        ({"usd_per_unit": True}, "usd_per_unit"),
        ({"discount": 1.5}, "discount"),
        ({"level": 1.0}, "level"),
        ({"resamples": 5}, "resamples"),
        ({"by": ["spark"]}, "by: 'spark'"),
        ({"case": "isolated"}, "case"),
        ({"response": "trust"}, "response"),
    ],
)
def test_options_that_are_not_allowed_are_refused_by_name(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settings_of(made(draws=2, worlds=2, series=False, **options))


def test_what_a_net_benefit_needs_is_asked_for() -> None:
    small: dict[str, Any] = {"draws": 2, "worlds": 2}
    with pytest.raises(ValueError, match="usd_total"):
        analyse(made(**small, money=False, usd_per_unit=1e5))
    assert analyse(made(**small, money=False)).tables["decisions"]["usd_new"].isna().all()
    with pytest.raises(ValueError, match="reference"):
        analyse(replace(made(**small), reference=None))
    whole = made(**small)
    with pytest.raises(ValueError, match="not complete in 1 of"):
        analyse(replace(whole, load_series=lambda: whole.load_series().iloc[1:]))
