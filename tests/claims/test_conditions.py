"""Conditions: what is planted is found and named, what is not there is not, and nobody is in both halves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from synthetic_runs import asked, constant, contrast, draws, runs

from cisim.claims.conditions import search
from cisim.claims.judging import evaluate
from cisim.claims.regions import LEAST_MASS, Region, Regions, Side, halves, keys_of, sides_of, words
from cisim.claims.verdicts import ERROR, Demand
from cisim.study.discovery.boxes import Limit


def turning(x: pd.DataFrame) -> np.ndarray:
    return np.where(x["turf"] < 0.4, 1.5, -1.0)


def found(rng, effect, says="more", n=512, **more):
    return evaluate(
        asked(contrast(says=says), **more), {"made up": runs(rng, n=n, planted={"b": effect})}
    ).findings[0]


# ---- the two halves -----------------------------------------------------------------------------------------


def test_a_draw_stays_in_its_half_whatever_is_added():
    rng = np.random.default_rng(1)
    x = draws(200, rng)
    more = pd.concat([x, draws(100, rng)], ignore_index=True)
    assert (halves(keys_of(more), "s")[:200] == halves(keys_of(x), "s")).all()
    assert (halves(keys_of(x), "s") != halves(keys_of(x), "another study")).any()


def test_equal_parameters_are_never_in_both_halves():
    x = draws(50, np.random.default_rng(2))
    twice = pd.concat([x, x], ignore_index=True)
    coin = halves(keys_of(twice), "s")
    assert (coin[:50] == coin[50:]).all()


def test_the_order_of_columns_means_nothing():
    x = draws(20, np.random.default_rng(3))
    assert keys_of(x) == keys_of(x[x.columns[::-1]])


# ---- regions ------------------------------------------------------------------------------------------------


def test_numbers_are_cut_between_points_levels_at_points_and_names_by_value():
    rng = np.random.default_rng(4)
    x = pd.DataFrame({"turf": rng.uniform(size=100), "ruggedness": rng.choice([0, 1, 5], 100)})
    x["trust_rule"] = rng.choice(["gradual", "beta"], 100)
    sides = sides_of(x)
    rugged = [side.limit for side in sides if side.name == "ruggedness"]
    assert Limit(high=0.0) in rugged
    assert Limit(low=1.0) in rugged
    assert {side.limit.among for side in sides if side.name == "trust_rule"} == {
        frozenset({"gradual"}), frozenset({"beta"})
    }  # fmt: skip
    for side in sides:
        if side.name == "turf":
            assert side.limit.high not in set(x["turf"])
            assert side.limit.low not in set(x["turf"])


def test_a_constant_column_gives_no_region():
    assert not Regions.of(pd.DataFrame({"turf": np.ones(50)})).regions


def test_regions_and_what_is_outside_hold_enough():
    regions = Regions.of(draws(200, np.random.default_rng(5)))
    share = regions.member.mean(axis=1)
    assert len(regions.regions) > 100
    assert share.min() >= LEAST_MASS
    assert share.max() <= 1.0 - LEAST_MASS
    inside = np.array([region.contains(regions.x) for region in regions.regions])
    assert (inside == regions.member.astype(bool)).all()


def test_a_search_is_the_same_for_one_statement_and_for_many():
    rng = np.random.default_rng(6)
    regions = Regions.of(draws(150, rng))
    values = rng.normal(size=(150, 130))
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    demands = [Demand("more", 0.1, 0.2), Demand("none", 0.0, 0.2)] * 65
    together = search(regions, values, demands)
    for k in (0, 1, 64, 129):
        (alone,) = search(regions, values[:, [k]], [demands[k]])
        assert (alone.region, alone.kind) == (together[k].region, together[k].kind)
        assert alone.score == pytest.approx(together[k].score, abs=1e-4)


# ---- what is planted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("says", ["more", "less"])
def test_a_planted_turn_is_found_and_named(says):
    one = found(np.random.default_rng(7), turning, says)
    assert one.verdict == "depends on"
    assert set(one.condition.found.region.limits) == {"turf"}
    limit = one.condition.found.region.limits["turf"]
    edge = limit.high if np.isfinite(limit.high) else limit.low
    assert 0.3 < edge < 0.5
    inside_is_low = np.isfinite(limit.high)
    low = one.condition.verdict_inside if inside_is_low else one.condition.verdict_outside
    assert low == ("holds" if says == "more" else "reverses")
    assert "turf is" in one.condition.words


def test_a_turn_that_takes_two_parameters_is_found():
    def both(x):
        return np.where((x["turf"] < 0.35) & (x["fear"] < 0.35), 4.0, -1.0)

    one = found(np.random.default_rng(8), both, n=1024)
    assert one.verdict == "depends on"
    assert set(one.condition.found.region.limits) == {"turf", "fear"}


def test_none_somewhere_and_clear_elsewhere_makes_a_claim_of_none_depend():
    one = found(
        np.random.default_rng(9),
        lambda x: np.where(x["fear"] < 0.5, 0.0, 2.0),
        "none",
        2048,
        margins={"gain": 0.06},
    )
    assert one.verdict == "depends on"
    assert set(one.condition.found.region.limits) == {"fear"}


def test_an_effect_that_vanishes_is_remarked_and_not_called_depends_on():
    one = found(
        np.random.default_rng(10),
        lambda x: np.where(x["fear"] < 0.5, 0.0, 2.0),
        "more",
        2048,
        margins={"gain": 0.06},
    )
    assert one.verdict == "holds"
    assert one.condition.vanishes
    assert set(one.condition.found.region.limits) == {"fear"}


def test_an_effect_that_only_differs_in_size_depends_on_nothing():
    """200 audits of an effect of 0.5 to 3; at most 5 % may say that it turns (bound: one in a thousand)."""
    rng = np.random.default_rng(11)

    def size(x):
        return 0.5 + 2.5 * x["turf"].to_numpy()

    false = sum(found(rng, size, n=256).verdict == "depends on" for _ in range(200))
    assert false <= binom.ppf(0.999, 200, ERROR)


def test_a_search_that_judges_itself_would_find_conditions_in_noise():
    """The control of the two halves: what looks opposite in the half that chose it does not in the other."""
    rng = np.random.default_rng(12)
    chosen, confirmed = [], []
    for _ in range(50):
        x = draws(200, rng)
        y = rng.normal(size=200)
        best = search(Regions.of(x[:100]), y[:100, None], [Demand("more", 0.0, 0.0)])[0]
        chosen.append(best.score)
        inside = best.region.contains(x[100:])
        there = y[100:]
        sides = [there[inside], there[~inside]]
        t = [part.mean() / (part.std(ddof=1) / np.sqrt(part.size)) for part in sides]
        confirmed.append(max(min(t[0], -t[1]), min(-t[0], t[1])))
    assert np.mean(chosen) > 1.0
    assert np.mean(confirmed) < 0.2


# ---- words --------------------------------------------------------------------------------------------------


def test_a_region_is_told_in_plain_words():
    region = Region((Side("trust_years", Limit(high=2.5)), Side("ruggedness", Limit(low=3.0))))
    told = words(region, {"trust_years": "years"}, {"trust_years": True, "ruggedness": False})
    assert told == "trust years is below 2.5 years and ruggedness is at least 3"


def test_the_planted_constant_is_no_condition():
    one = found(np.random.default_rng(13), constant(2.0))
    assert one.verdict == "holds"
    assert one.condition is None or not one.condition.turns
