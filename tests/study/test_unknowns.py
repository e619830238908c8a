"""What a study draws: the calibrated set where case and study leave it open, the scenario's word, or its own."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.compiled import model_version
from cisim.params import PARAMS
from cisim.problems import ScenarioError
from cisim.scenario import load
from cisim.study.calibrated import calibrated, calibrated_for, calibrated_home, origin
from cisim.study.calibration.targets import read_targets
from cisim.study.design import base_design, values_in
from cisim.study.posterior import wrong_with
from cisim.study.reading import load_study, study_from
from cisim.study.spec import Spec, spec_from
from cisim.study.study import Study
from study.small import TRUST_YEARS

SMALL = {"months": 12, "n_orgs": 6}


def made(**more: Any) -> Spec:
    stated: dict[str, Any] = {
        "scenario": "generic-adaptive",
        "vary": {"backbone": [0, 1]},
        "set": SMALL,
        **more,
    }
    return study_from({key: value for key, value in stated.items() if value is not None})


def names(spec: Spec) -> set[str]:
    return {factor.name for factor in spec.uncertain}


def test_the_shipped_set_is_that_of_the_shipped_calibration_and_of_this_model() -> None:
    stated = origin()
    text = (calibrated_home() / "posterior.csv").read_bytes()
    assert stated["sha256"] == hashlib.sha256(text).hexdigest()
    refresh = "run: make calibration"
    assert stated["digest"] == load_study("calibration").digest, f"the calibration changed; {refresh}"
    if (stated["numba"], stated["numpy"]) == (version("numba"), version("numpy")):  # part of the model's name
        assert stated["model"] == model_version(), f"the model changed; {refresh}"
    frame = pd.read_csv(calibrated_home() / "posterior.csv")
    assert wrong_with(frame) == ""
    assert len(frame) == stated["draws"] >= 500
    assert set(calibrated().names) == {one.name for one in load_study("calibration").uncertain}


@pytest.mark.parametrize("analysis", ["sweep", "attribution", "sensitivity", "discover", "value"])
def test_every_analysis_draws_from_it_unless_told_otherwise(analysis: str) -> None:
    vary = {"backbone": [0, 1]} if analysis in ("sweep", "attribution", "value") else None
    spec = made(analysis=analysis, vary=vary)
    assert spec.posterior is not None
    assert set(spec.posterior.names) == set(calibrated().names)
    declared = {one.name for one in spec.scenario.uncertainties}
    assert names(spec) == set(calibrated().names) | declared


def test_draws_are_rows_of_the_set_and_the_same_in_all_settings() -> None:
    spec = made(samples=8)
    design = base_design(spec)
    rows = {tuple(row) for row in calibrated().rows}
    drawn = [tuple(row) for row in design[list(calibrated().names)].itertuples(index=False)]
    assert set(drawn) <= rows
    assert drawn[0::2] == drawn[1::2]
    assert len(set(drawn)) > 4


def test_what_a_case_states_is_not_drawn() -> None:
    for name in ("generic-technical", "summer-meals", "wetland"):
        scenario = load(name)
        found = calibrated_for(scenario)
        assert found is not None
        for one in calibrated().names:
            assert (one in found.names) == (scenario.values[one] == PARAMS[one].default), (name, one)
    assert "known_answer_share" not in names(study_from({"scenario": "generic-technical", "samples": 2}))


def test_what_a_study_varies_or_sets_is_not_drawn() -> None:
    assert "turf" not in names(made(vary={"turf": [0, 1]}))
    assert "turf" not in names(made(set={**SMALL, "turf": 0.2}))
    levels = {"kind": {"levels": {"easy": {"ruggedness": 0}, "hard": {"ruggedness": 5}}}}
    assert "ruggedness" not in names(made(vary=levels))


def test_a_case_keeps_what_it_sets_itself() -> None:
    cases = {"isolated": {"regime": "isolated"}, "calm": {"regime": "collective", "set": {"fear": 0.125}}}
    for uncertainties in ("calibrated", [{**TRUST_YEARS, "name": "fear", "low": 0, "high": 1}]):
        spec = made(cases=cases, uncertainties=uncertainties, samples=2, vary=None)
        row = base_design(spec).iloc[0].to_dict()
        assert values_in(spec, "isolated", row)["fear"] == row["fear"]
        assert "fear" not in values_in(spec, "calm", row)
        assert spec.cases["calm"].values["fear"] == 0.125


def test_other_words_and_lists() -> None:
    assert names(made(uncertainties="none")) == set()
    declared = {one.name for one in load("generic-adaptive").uncertainties}
    assert names(made(uncertainties="scenario")) == declared
    assert made(uncertainties="scenario").posterior is None
    both = made(uncertainties={"posterior": "calibrated", "also": [TRUST_YEARS]})
    assert both.posterior is not None
    assert "trust_years" not in both.posterior.names
    assert {"trust_years", "turf"} <= names(both)
    assert names(made(worlds="auto", precision={"half_width": 0.1})) == set()
    assert names(made(analysis="discover", vary={"turf": {"low": 0, "high": 1}})) == {"turf"}
    calibration = load_study("calibration")
    assert calibration.posterior is None


def test_what_cannot_be_read_is_told_where_it_stands() -> None:
    for wrong, message in (
        ({"posterior": "calibrated", "also": ["turf2"]}, r"uncertainties\.also\[0\].*'turf2'"),
        ({"posterior": "calibrated", "and": []}, "uncertainties"),
        ({"posterior": "nowhere"}, "holds no posterior.csv"),
    ):
        with pytest.raises(ScenarioError, match=message):
            made(uncertainties=wrong)


def test_independent_methods_take_marginals_and_others_joint_rows() -> None:
    rows = {tuple(row) for row in calibrated().rows}
    for method, is_joint in (("pawn", True), ("delta", True), ("morris", False), ("sobol", False)):
        spec = made(
            analysis="sensitivity", vary=None, samples=100 if is_joint else 8, options={"method": method}
        )
        design = base_design(spec)
        drawn = {tuple(row) for row in design[list(calibrated().names)].itertuples(index=False)}
        assert (drawn <= rows) == is_joint, method
        for k, name in enumerate(calibrated().names):
            assert set(design[name]) <= {row[k] for row in calibrated().rows}, name


def test_marginals_follow_the_weights() -> None:
    spec = made(analysis="sensitivity", vary=None, samples=100, options={"method": "rbd-fast"})
    drawn = base_design(spec)["attendance"].to_numpy()
    column = np.array([row[calibrated().names.index("attendance")] for row in calibrated().rows])
    # 100 independent draws: the mean is off by more than 4 standard errors once in 16,000 seeds
    assert abs(drawn.mean() - column.mean()) < 4.0 * column.std() / 10.0


def test_a_study_with_a_set_survives_being_written_down() -> None:
    spec = made(samples=4)
    again = spec_from(spec.to_dict())
    assert again.digest == spec.digest
    assert base_design(again).equals(base_design(spec))


def test_what_nobody_knows_holds_in_all_cases_a_lever_too() -> None:
    spec = made(samples=2)
    row = base_design(spec).iloc[0].to_dict()
    reference, other = (values_in(spec, case, row) for case in ("isolated", "collective"))
    assert PARAMS["restricted_share"].is_lever
    assert reference["restricted_share"] == other["restricted_share"] == row["restricted_share"]
    assert set(other) - set(reference) == {"backbone"}  # what is varied is decided


def test_the_page_of_the_calibration_is_of_the_shipped_set() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "calibration.md").read_text("utf-8")
    assert f"version `{origin()['model']}`" in page
    for name in ("calibration", "calibration-check"):
        assert load_study(name).title in page
    for one in read_targets(root / "experiments" / "targets" / "patterns.yaml").targets:
        assert f"| {one.name} | {one.case} | {one.value:g} | {one.tolerance:g} | {one.source} |" in page


@pytest.mark.parametrize("method", ["pawn", "delta", "rbd-fast", "morris"])
def test_a_sensitivity_analysis_over_the_set_runs_and_says_how_it_drew(method: str) -> None:
    samples = 4 if method == "morris" else 100
    study = Study("generic-adaptive", analysis="sensitivity", set=SMALL, samples=samples, worlds=2,
                  options={"method": method, "response": "attendance"})  # fmt: skip
    report = study.run().report
    told = " ".join(report.text.split())
    assert f"{len(calibrated().names)} factors come from a calibrated set" in told
    assert ("drawn together" in told) == (method in ("pawn", "delta"))
    indices = report.tables["indices"]
    main = {"pawn": "pawn", "delta": "delta", "rbd-fast": "S1", "morris": "mu_star"}[method]
    found = indices[(indices["index"] == main) & (indices["target"] == "one world")].set_index("factor")[
        "estimate"
    ]
    # what decides who comes is found among more than 40 factors: the largest of 40 by chance once in 40 seeds
    assert found.idxmax() == "attendance", found.nlargest(3)
