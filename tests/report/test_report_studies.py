"""Reports on finished studies: one of every analysis, and what stands in each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cisim.report import report_of
from cisim.report.answers import answer
from cisim.report.answers_model import discovered, predicted, sensitive
from cisim.study.study import Study, StudyResult
from report.reading import check, words

TINY = {"months": 24, "n_orgs": 8}
TARGETS = """\
cisim_targets: 1
title: Two facts
targets:
  - {name: came, case: collective, outcome: attendance, statistic: mean, value: 0.6, tolerance: 0.1, source: a test}
  - {name: impossible, case: collective, outcome: trust, statistic: mean, value: 9, tolerance: 0.1, source: a test,
     use: hold-out}
"""
FIT = """\
cisim_study: 1
title: Fit <b>it</b>
analysis: {analysis}
scenario: generic-adaptive
set: {{months: 24, n_orgs: 6, formation_month: 1}}
uncertainties:
  - {{name: attendance, distribution: uniform, low: 0.2, high: 1, source: a test, grade: assumed}}
worlds: 2
{more}
series: []
"""
FIVE = {name: [0, 1] for name in ("communication", "backbone")}
MONEY = {"backbone_usd_per_year": [0, 400_000]}


def fitted(folder: Path, analysis: str, more: str) -> Study:
    (folder / "targets.yaml").write_text(TARGETS)
    (folder / "fit.yaml").write_text(FIT.format(analysis=analysis, more=more))
    return Study.load(folder / "fit.yaml")


def study(analysis: str, folder: Path) -> Study:
    """A tiny study of each analysis."""
    if analysis == "calibrate":
        return fitted(folder, analysis, "options: {targets: targets.yaml, per_wave: 12, waves: 2}")
    if analysis == "predict":
        return fitted(folder, analysis, "samples: 4\noptions: {targets: targets.yaml}")
    ranges = {"trust_years": {"low": 1, "high": 5}, "turf": {"low": 0, "high": 1}}
    more: dict[str, Any] = {
        "sweep": {"vary": MONEY, "samples": 4, "worlds": 2, "series": ["indicator"]},
        "attribution": {"vary": FIVE, "samples": 4, "worlds": 2},
        "value": {"vary": MONEY, "samples": 4, "worlds": 2},
        "sensitivity": {"vary": ranges, "samples": 4, "worlds": 2, "options": {"method": "morris"}},
        "discover": {"vary": ranges, "samples": 40, "worlds": 1, "options": {"resamples": 20}},
    }[analysis]
    return Study("generic-adaptive", analysis=analysis, set=TINY, seed=7, **more)


ANALYSES = ("sweep", "attribution", "value", "sensitivity", "discover", "calibrate", "predict")


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_study_of_every_analysis_has_its_report(analysis: str, tmp_path: Path) -> None:
    result = study(analysis, tmp_path).run(tmp_path / "out")
    found = report_of(tmp_path / "out")
    html = found.html()
    page = check(html)
    text = words(page.all("body")[0].text)
    assert result.spec.digest in text
    assert result.manifest.model in text
    assert "cisim reproduce out" in text
    about = dict(zip((one.text for one in page.all("dt")), (one.text for one in page.all("dd")), strict=True))
    assert about["Failed runs"] == "0, left out of all numbers"
    assert result.manifest.tables["runs.parquet"]["sha256"] in text
    headings = [words(one.text) for one in page.all("h2")]
    assert "Assumptions" in headings
    assert "Calibration: what the draws rest on" in headings
    for name in result.tables():
        assert f"Table: {name.replace('_', ' ')}" in [words(one.text) for one in page.all("h3")]
    assert len(page.all("img")) == len(result.report.figures)
    assert found.answer == report_of(result).answer


def test_the_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    study("sweep", tmp_path).run(tmp_path / "out")
    assert report_of(tmp_path / "out").html() == report_of(tmp_path / "out").html()


def test_a_study_in_memory_has_one_too(tmp_path: Path) -> None:
    check(report_of(study("sweep", tmp_path).run()).html())


def test_misses_are_told(tmp_path: Path) -> None:
    told = words(" ".join(report_of(study("predict", tmp_path).run()).answer))
    assert "Of the facts held out the model meets 0 of 1." in told
    assert "Missed: impossible, held out: the model gives" in told


def test_a_study_that_compares_nothing_says_so() -> None:
    result = Study(
        "null-separable", vary={"backbone": [0, 1]}, reference=None, cases=["collective"], set=TINY,
        uncertainties="none", worlds=3, seed=7,
    ).run()  # fmt: skip
    found = report_of(result)
    html = words(check(found.html()).all("body")[0].text)
    assert "since the published start" in " ".join(found.answer)
    assert "Nothing is compared here" in html
    assert "Nothing was drawn" in html


def test_where_nothing_differs_a_sweep_says_that_it_makes_no_difference() -> None:
    twins = {"a": {"regime": "isolated"}, "b": {"regime": "isolated"}}
    result = Study(
        "null-separable", vary={"trust_years": [1, 3]}, cases=twins, set=TINY, uncertainties="none", worlds=3, seed=7,
    ).run()  # fmt: skip
    told = " ".join(report_of(result).answer)
    assert "2 end exactly the same" in told
    assert "All settings give the same result." in told


# --- answers from tables that say no, harm, or nothing -----------------------------------------------


@pytest.fixture(scope="module")
def swept() -> StudyResult:
    return Study(
        "generic-adaptive", vary=MONEY, set=TINY, uncertainties="none", worlds=2, seed=7,
        cases=["isolated", "collective"],
    ).run()  # fmt: skip


def moved(result: StudyResult, **columns: Any) -> dict[str, pd.DataFrame]:
    """Its table with other numbers."""
    found = result.tables()["effects"].copy()
    gains = found["outcome"] == "gain"
    for name, values in columns.items():
        found.loc[gains, name] = values
    return {"effects": found}


def test_harm_and_doubt_are_counted_with_the_gains(swept: StudyResult) -> None:
    tables = moved(swept, diff=[-1.0, 0.0], low=[-1.5, -0.5], high=[-0.5, 0.5])
    told = answer(swept.spec, tables)
    assert "1 end worse beyond it: harm and 1 end such that it cannot be told" in told[0]
    assert "Nothing that is unknown was drawn" in told[-1]


@pytest.mark.parametrize(
    ("numbers", "start"),
    [
        ((1.0, 0.5, 1.5), "On average it ends better"),
        ((-1.0, -1.5, -0.5), "On average it does harm"),
        ((0.1, -0.5, 0.7), "It cannot be told whether it does better or worse"),
        ((0.0, 0.0, 0.0), "It makes no difference"),
        ((0.3, float("nan"), float("nan")), "It cannot be told whether it does better or worse"),
    ],
)
def test_one_setting_is_told_in_one_sentence(swept: StudyResult, numbers: Any, start: str) -> None:
    effects = moved(swept)["effects"]
    one = effects[effects["outcome"] == "gain"].head(1).copy()
    one[["diff", "low", "high"]] = [numbers]
    assert answer(swept.spec, {"effects": one})[0].startswith(
        f"{start}, against isolated impact in the same worlds"
    )


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("yes", "Yes, it is worth it where no price is put on a unit"),
        ("unclear", "Unclear"),
        ("no", "No, it cannot be told to be worth it"),
        ("harm", "No, every decision does harm"),
    ],
)
def test_a_decision_may_be_no(word: str, start: str, tmp_path: Path) -> None:
    result = study("value", tmp_path).run()
    tables = {**result.tables(), "choice": result.tables()["choice"].assign(answer=word)}
    told = answer(result.spec, tables)
    assert told[0].startswith(start)
    assert "Not all of this is due to the choice: the weakest decision" in told[0]


def test_nothing_found_is_said_to_be_nothing(swept: StudyResult) -> None:
    row = {"question": "pays", "points": 40, "cases": 3, "clear_cases": 0, "found": False}
    told = discovered(swept.spec, {"answers": pd.DataFrame([row]), "boxes": pd.DataFrame()})
    assert told == [
        "It pays at 3 of 40 combinations of values tried, clearly (beyond the error of the mean) at 0. No conditions "
        "were found that tell these from the others better than chance does."
    ]
    index = {
        "target": "one world",
        "index": "ST",
        "factor": "turf",
        "estimate": 0.1,
        "low": -0.1,
        "high": 0.3,
    }
    checks = pd.DataFrame([{"is_converged": False}])
    told = sensitive(swept.spec, {"indices": pd.DataFrame([index]), "convergence": checks})
    assert told[0].startswith("No factor of 1 can be told to matter")
    assert told[1].startswith("Not converged: 1 of 1 set of indices")


def test_without_a_miss_none_is_told(swept: StudyResult) -> None:
    row = {
        "target": "a",
        "use": "fit",
        "verdict": "inside",
        "mean": 1.0,
        "value": 1.0,
        "tolerance": 0.1,
        "off_by_sd": 0.0,
    }
    assert predicted(swept.spec, {"facts": pd.DataFrame([row])}) == [
        "Of the facts it was fitted to the model meets 1 of 1.", "No fact is missed.",
    ]  # fmt: skip
