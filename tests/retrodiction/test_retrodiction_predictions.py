"""Predictions of published figures, and where observed ones lie among them."""

from __future__ import annotations

import numpy as np
import pytest

from cisim.retrodiction.cases import columns_of
from cisim.retrodiction.courses import Courses, courses_of
from cisim.retrodiction.observed import Observed
from cisim.retrodiction.predict import coverage_table, improving, place_among, prediction_table, predictions
from retrodiction.small_cases import figure, found, small


def courses() -> Courses:
    return courses_of(found().result.series, found().result.spec.cases, columns_of(found().observed))


def test_the_place_of_a_figure_by_hand() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    place = place_among(values, 3.0)
    assert place["quantile"] == pytest.approx((2 + 0.5) / 4)
    assert place["p"] == 1.0, "2 (2 + 1) / 5, but never more than 1"
    assert place["verdict"] == "inside"
    assert place_among(values, 0.0)["p"] == pytest.approx(2 / 5), "never nought"
    assert [place_among(values, x)["verdict"] for x in (0.9, 4.1)] == ["below", "above"]


def test_the_score_is_its_definition() -> None:
    values = np.random.default_rng(1).normal(size=60)
    spread = np.abs(values[:, None] - values[None, :]).mean()
    for observed in (-3.0, 0.2):
        by_hand = np.abs(values - observed).mean() - 0.5 * spread
        assert place_among(values, observed)["crps"] == pytest.approx(by_hand, rel=1e-12)


def test_figures_of_the_same_kind_as_the_predictions_scatter_evenly() -> None:
    """2,000 places among 199 predictions are uniform: their mean has a standard error of 0.0065, the share inside
    5-95 % one of 0.0067. Four of each: error rate below 2 in 10,000. A shift by one sd is seen (negative control)."""
    draws = np.random.default_rng(2)
    places = [place_among(draws.normal(size=199), draws.normal()) for _ in range(2000)]
    assert np.mean([one["quantile"] for one in places]) == pytest.approx(0.5, abs=4 * 0.0065)
    assert np.mean([one["verdict"] == "inside" for one in places]) == pytest.approx(
        0.9, abs=4 * 0.0067 + 0.005
    )
    shifted = [place_among(draws.normal(size=199), 1.0 + draws.normal())["quantile"] for _ in range(200)]
    assert np.mean(shifted) > 0.65


def test_published_figures_are_taken_as_they_are_and_others_get_their_noise() -> None:
    observed, c = found().observed, courses()
    got = predictions(observed, c, found().result.design, seed=3)
    np.testing.assert_array_equal(
        got["first", "isolated"], c.values["isolated", "indicator_published"][:, 11]
    )
    gap = {case: c.yearly(case, "group_gap", 35) / c.values[case, "group_gap"][:, 0] - 1.0
           for case in ("collective", "isolated")}  # fmt: skip
    noise = {case: got["gap", case] - gap[case] for case in gap}
    np.testing.assert_allclose(noise["collective"], noise["isolated"], atol=1e-12)
    assert noise["isolated"].std() == pytest.approx(
        0.05, rel=0.5
    )  # 32 draws: a third of sd is over 2.5 errors
    again = predictions(observed, c, found().result.design, seed=3)
    other = predictions(observed, c, found().result.design, seed=4)
    np.testing.assert_array_equal(again["gap", "isolated"], got["gap", "isolated"])
    assert not np.array_equal(other["gap", "isolated"], got["gap", "isolated"])


def test_the_chance_to_improve_is_that_of_the_noise() -> None:
    """Against 20,000 simulated figures a chance has a standard error of at most 0.0035; four of them over 32 runs:
    error rate below 1 in 400."""
    observed, c, design = found().observed, courses(), found().result.design
    chance = improving(observed, c, design, "isolated", 35)
    cv = design.set_index("draw")["indicator_noise_cv"].loc[c.draw].to_numpy()
    z = np.random.default_rng(5).normal(size=(20_000, 1))
    published = c.yearly("isolated", "indicator", 35) * (1.0 + cv * z)
    np.testing.assert_allclose(chance, (published < 13.5).mean(axis=0), atol=4 * 0.0035)


def test_where_more_is_better_a_rise_is_an_improvement() -> None:
    c = Courses(np.arange(2), {("isolated", "indicator"): np.array([[40.0] * 12, [60.0] * 12])})
    meals = small("summer-meals")
    chance = improving(meals, c, found().result.design[["draw"]], "isolated", 11)
    assert chance[0] < 0.01 < 0.99 < chance[1]


def test_shares_are_whole_numbers_of_figures() -> None:
    got = predictions(found().observed, courses(), found().result.design, seed=3)["share", "collective"]
    np.testing.assert_allclose(got * 10, np.rint(got * 10))
    assert 0.0 <= got.min() < got.max() <= 1.0


def test_misses_are_told_and_a_figure_from_memory_is_marked() -> None:
    table = found().report.tables["predictions"]
    mine = table[table["role"] == "happened"].set_index("observation")
    assert mine.loc["last", "verdict"] == "below"
    assert mine.loc["gap", "from_memory"]
    text = found().report.text
    assert "Missed, observed below 5 % of predictions: last" in text.replace("\n", " ")
    assert "gap (m)" in text
    assert "share (s)" in text


def test_the_number_inside_is_compared_with_the_models_own_runs() -> None:
    """Two figures that always agree: own runs have both inside or none, so that one inside is impossible for a run."""
    luck = np.random.default_rng(7).normal(size=400)
    two = small_with("a", "b")
    both = {(name, case): luck for name in ("a", "b") for case in ("collective", "isolated")}
    table = coverage_table(two, both)
    own = table[(table["figures"] == "all") & (table["role"] == "happened")].iloc[0]
    assert (own["n"], own["inside"], own["p5"]) == (2, 1, 0.0)
    assert own["chance"] == pytest.approx(0.1, abs=0.005), "as many as lie outside, for both together"
    apart = {key: np.random.default_rng(ord(key[0])).permutation(luck) for key in both}
    alone = coverage_table(two, apart)
    assert alone.iloc[0]["chance"] == pytest.approx(1 - 0.9**2, abs=0.05), (
        "independent figures: one may be outside"
    )


def small_with(*names: str) -> Observed:
    """A case whose first figure lies in the middle of standard normal predictions and whose second does not."""
    from cisim.retrodiction.reading import observed_from

    values = dict(zip(names, (0.0, 9.0), strict=True))
    data = {
        "cisim_observed": 1, "title": "Two", "scenario": "infant-mortality", "happened": "collective",
        "counterfactual": "isolated", "start_year": 0,
        "observations": [figure(name, 11, value) for name, value in values.items()],
    }  # fmt: skip
    return observed_from(data, "two")


def test_clean_figures_are_counted_apart() -> None:
    table = found().report.tables["coverage"]
    counts = table[table["role"] == "happened"].set_index("figures")["n"]
    assert counts.to_dict() == {"all": 4, "clean": 2}


def test_a_case_without_figures_has_empty_tables_with_their_columns() -> None:
    from cisim.retrodiction.reading import read_observed

    hospital = read_observed("hospital")
    table = prediction_table(hospital, {})
    assert table.empty
    assert "verdict" in table
    assert coverage_table(hospital, {}).empty
