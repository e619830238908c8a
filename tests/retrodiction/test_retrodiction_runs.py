"""The study behind a case, its runs side by side, and the parts of a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cisim.problems import ScenarioError
from cisim.retrodiction.cases import columns_of, steps_of, study_of
from cisim.retrodiction.courses import bands, courses_of
from cisim.retrodiction.parts import ALONE, EFFECT, LUCK, PEAK, TOTAL, TREND, UNEXPLAINED, parts_of
from cisim.retrodiction.reading import read_observed
from cisim.study import calibrated
from cisim.study.problems import StudyInputError
from cisim.study.spec import Posterior
from cisim.study.study import Study
from retrodiction.small_cases import found, small

STEPS = ["isolated, no peak", "isolated, no peak, no trend"]


def names(spec_factors: object) -> set[str]:
    return {factor.name for factor in spec_factors}  # type: ignore[attr-defined]


def test_what_a_case_states_is_not_drawn() -> None:
    free = study_of(small(), 4, 1, 1, "scenario").spec
    kept = study_of(small(keeps=("ruggedness", "attendance")), 4, 1, 1, "scenario").spec
    assert names(free.factors) - names(kept.factors) == {"ruggedness", "attendance"}
    with pytest.raises(ScenarioError, match="keeps: names everything"):
        study_of(small(keeps=tuple(names(free.factors))), 4, 1, 1, "scenario")


def test_steps_differ_from_the_counterfactual_in_what_is_taken_away_only() -> None:
    spec = study_of(small(), 4, 1, 1, "scenario").spec
    assert list(spec.cases) == ["collective", "isolated", *STEPS]
    plain = spec.cases["isolated"].values
    for label, without in zip(STEPS, ({"crisis_spike"}, {"crisis_spike", "trend_per_year"}), strict=True):
        step = spec.cases[label].values
        assert {name for name in plain if plain[name] != step[name]} <= without
        assert all(step[name] == 0.0 for name in without)
        for factor in spec.factors:
            assert (label in factor.cases) == ("isolated" in factor.cases and factor.name not in without)


def test_there_are_no_steps_where_there_is_neither_peak_nor_trend() -> None:
    spec = study_of(small("summer-meals"), 4, 1, 1, "scenario").spec
    assert list(spec.cases) == ["collective", "isolated"]
    assert [step.setting for step in steps_of(small("summer-meals", trend_per_year=0.01), ())] == [
        "trend_per_year"
    ]


def test_a_calibrated_set_is_completed_by_what_the_scenario_declares(tmp_path: Path) -> None:
    path = tmp_path / "posterior.csv"
    path.write_text("draw,weight,attendance,turf\n0,1,0.7,0.2\n1,1,0.8,0.4\n")
    spec = study_of(small(), 8, 1, 1, {"posterior": str(path)}).spec
    declared = {one.name for one in small().scenario.uncertainties}
    assert names(spec.factors) == declared | {"attendance", "turf"}
    design = study_of(small(), 8, 1, 1, {"posterior": str(path)}).design
    assert set(zip(design["attendance"], design["turf"], strict=True)) <= {(0.7, 0.2), (0.8, 0.4)}, "jointly"
    kept = study_of(small(keeps=("turf",)), 8, 1, 1, {"posterior": str(path)}).spec
    assert names(kept.factors) == declared | {"attendance"}


def test_the_shipped_set_leaves_alone_what_a_case_states(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("indicator_lag_months", "turf")
    shipped = Posterior(columns, ((7.0, 0.2), (9.0, 0.4)), (1.0, 1.0), "calibrated")
    monkeypatch.setattr(calibrated, "calibrated", lambda: shipped)
    city = study_of(small(), 4, 1, 1, "calibrated")
    assert set(city.design["indicator_lag_months"]) <= {7.0, 9.0}
    assert {"turf", "crisis_spike"} <= names(city.spec.factors)
    meals = names(study_of(read_observed("summer-meals"), 4, 1, 1, "calibrated").spec.factors)
    assert "turf" in meals
    assert not meals & {"indicator_lag_months", "indicator_noise_cv"}
    hospital = names(study_of(read_observed("hospital"), 4, 1, 1, "calibrated").spec.factors)
    assert not hospital & set(read_observed("hospital").keeps)


def test_runs_are_matched_by_their_keys_and_not_by_position() -> None:
    series = found().result.series
    cases, columns = found().result.spec.cases, columns_of(found().observed)
    first = courses_of(series, cases, columns)
    mixed = courses_of(series.sample(frac=1.0, random_state=1), cases, columns)
    for key, values in first.values.items():
        np.testing.assert_array_equal(values, mixed.values[key])
    assert first.n_runs == 32
    # negative control: a join by position would see other numbers
    shifted = courses_of(series.assign(indicator=np.roll(series["indicator"], 36)), cases, columns)
    assert not np.array_equal(first.values["isolated", "indicator"], shifted.values["isolated", "indicator"])


def test_a_run_that_failed_in_one_case_is_left_out_of_all() -> None:
    series, spec = found().result.series, found().result.spec
    lost = (series["case"] == "isolated") & (series["draw"] == 5) & (series["world"] == 1)
    courses = courses_of(series[~lost], spec.cases, columns_of(found().observed))
    assert courses.n_runs == 31
    assert (courses.draw == 5).sum() == 1
    with pytest.raises(StudyInputError, match="no run finished in all cases"):
        courses_of(series[series["case"] != "isolated"], spec.cases, columns_of(found().observed))


def test_the_parts_add_up_to_the_published_change_in_every_run() -> None:
    spec, observed = found().result.spec, found().observed
    courses = courses_of(found().result.series, spec.cases, columns_of(observed))
    steps = steps_of(observed, tuple(names(spec.factors)))
    parts = parts_of(observed, courses, steps, 35)
    total = parts.pop(TOTAL)
    assert list(parts) == [PEAK, TREND, ALONE, EFFECT, LUCK]
    np.testing.assert_allclose(sum(parts.values()), total, rtol=0, atol=1e-12)
    published = courses.values["collective", "indicator_published"][:, 35]
    np.testing.assert_array_equal(total, published - 13.5)
    assert all(np.abs(values).max() > 1e-6 for values in parts.values()), "each part says something"


def test_luck_is_the_same_relative_noise_in_both_cases() -> None:
    courses = courses_of(found().result.series, found().result.spec.cases, columns_of(found().observed))
    ratio = [
        courses.yearly(case, "indicator_published", 35) / courses.yearly(case, "indicator", 35)
        for case in ("collective", "isolated")
    ]
    np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-12)


def test_peak_and_trend_have_the_size_their_settings_say() -> None:
    """Alone, without events, services hardly change, so a peak of s takes (1/(1+s) - 1) of the distance to the best
    level with it, and a trend of t multiplies what is left by (1+t) a year."""
    quiet = {"need_shock_per_year": 0, "recession_per_year": 0, "crisis_half_life_months": 1}
    spec = study_of(small(**quiet), 8, 1, 1, "scenario").spec
    result = Study.of(spec).run()
    observed = small(**quiet)
    courses = courses_of(result.series, spec.cases, columns_of(observed))
    parts = parts_of(observed, courses, steps_of(observed, tuple(names(spec.factors))), 35)
    design = result.design.set_index("draw").loc[courses.draw]
    usual = 10.0 / (1.0 + design["crisis_spike"].to_numpy())
    spike = usual - 10.0
    grown = (1.0 + design["trend_per_year"].to_numpy()) ** 2.5  # the middle of the third year
    np.testing.assert_allclose(parts[PEAK], spike * grown, rtol=0.06, atol=0.02)
    np.testing.assert_allclose(parts[TREND], 10.0 * (grown - 1.0), rtol=0.06, atol=0.02)


def test_what_is_not_explained_is_the_observed_minus_the_published_change() -> None:
    table = found().report.tables["parts"].set_index("part")
    assert (table["observed"] == 3.0 - 13.5).all()
    assert table.loc[UNEXPLAINED, "mean"] == pytest.approx(-10.5 - table.loc[TOTAL, "mean"])
    assert table.loc[EFFECT, "share"] == pytest.approx(table.loc[EFFECT, "mean"] / -10.5)


def test_bands_begin_at_the_published_start() -> None:
    courses = courses_of(found().result.series, found().result.spec.cases, columns_of(found().observed))
    table = bands(courses, ("collective", "isolated"), ("indicator_published", "indicator"), 36, 13.5)
    start = table[(table["month"] == -1) & (table["case"] != "difference")]
    assert (start[["p5", "p50", "p95"]] == 13.5).all(axis=None)
    assert set(table["month"]) == {-1, 11, 23, 35}
    difference = table[
        (table["case"] == "difference") & (table["month"] == 35) & (table["column"] == "indicator")
    ]
    true = [courses.yearly(case, "indicator", 35) for case in ("collective", "isolated")]
    assert difference["mean"].item() == pytest.approx((true[0] - true[1]).mean())
