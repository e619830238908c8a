from __future__ import annotations

from pathlib import Path

import pytest

from cisim.params import PARAMS
from cisim.problems import ScenarioError
from cisim.study.options import OPTIONS
from cisim.study.reading import KEYS, load_study, study_from
from cisim.study.shipped import list_studies
from cisim.study.spec import ANALYSES
from cisim.study.stopping import Precision

GOOD = """\
cisim_study: 1
title: A test
scenario: null-separable
vary:
  backbone: [0, 1]
  communication: {low: 0, high: 1, n: 3}
worlds: 4
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_study(written(folder, text))
    return [str(problem).replace(str(folder) + "/", "") for problem in caught.value.problems]


def test_a_good_file(tmp_path: Path) -> None:
    spec = load_study(written(tmp_path, GOOD))
    assert spec.name == "study"
    assert spec.analysis == "sweep"
    assert tuple(spec.cases) == ("isolated", "collective")
    assert spec.reference == "isolated"
    assert [factor.labels for factor in spec.grid] == [(0.0, 1.0), (0.0, 0.5, 1.0)]
    assert [factor.cases for factor in spec.grid] == [("collective",)] * 2
    assert spec.worlds == 4


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("cisim_study: 1", "cisim_study: 2"), "study.yaml:1:14: cisim_study: 2 is not allowed; this cisim reads version 1 of the format"),
        (("title:", "titel:"), "study.yaml:2:1: titel: no such name; did you mean 'title'?"),
        (("scenario: null-separable\n", ""), "study.yaml:1:1: scenario: is missing; name a shipped scenario or the path of a file"),
        (("null-separable", "null-separabel"), "study.yaml:3:11: scenario: there is no scenario 'null-separabel'; did you mean 'null-separable'?"),
        (("backbone:", "backbon:"), "study.yaml:5:3: vary.backbon: no such name; did you mean 'backbone'?"),
        (("[0, 1]", "[0, 2]"), "study.yaml:5:17: vary.backbone[1]: 2 is not allowed; 0 to 1 share (share of the backbone budget that is asked for)"),
        (("[0, 1]", "[0, 0]"), "study.yaml:5:17: vary.backbone[1]: 0.0 is named twice"),
        (("[0, 1]", "[]"), "study.yaml:5:13: vary.backbone: 0 items; a list of 1 to 1000 is needed here"),
        (("[0, 1]", "yes"), "study.yaml:5:13: vary.backbone: 'yes' is not allowed; 'key: value' lines are needed here"),
        (("high: 1", "high: 0"), "study.yaml:6:33: vary.communication.high: 0.0 is not allowed; a number above low, which is 0.0"),
        (("n: 3", "n: 1"), "study.yaml:6:39: vary.communication.n: 1 is not allowed; a whole number, 2 to 1000 steps"),
        ((", n: 3", ""), "study.yaml:6:18: vary.communication: n is missing here: in how many steps from low to high"),
        (("n: 3", "n: 3, scale: log"), "study.yaml:6:24: vary.communication.low: 0.0 is not allowed; above 0 on a log scale"),
        (("n: 3", "n: 3, values: [1]"), "study.yaml:6:24: vary.communication.low: does not go with values; state one of them"),
        (("n: 3", "n: 3, cases: [networks]"), "study.yaml:6:50: vary.communication.cases[0]: 'networks' is not allowed; one of isolated, collective"),
        (("worlds: 4", "worlds: 0"), "study.yaml:7:9: worlds: 0 is not allowed; a whole number from 1 to 1,000,000"),
        (("worlds: 4", "worlds: auto"), "study.yaml:1:1: precision: is missing; 'worlds: auto' needs a half_width in the indicator's unit"),
        (("worlds: 4", "precision: {half_width: 1}"), "study.yaml:7:12: precision: goes with 'worlds: auto'"),
        (("worlds: 4", "worlds: auto\nprecision: {half_width: -1}"), "study.yaml:8:25: precision.half_width: -1 is not allowed; a number above 0"),
        (("worlds: 4", "samples: 4\nuncertainties: none"), "study.yaml:7:10: samples: nothing has a distribution to draw from; leave it out"),
        (("worlds: 4", "uncertainties: guessed"), "study.yaml:7:16: uncertainties: 'guessed' is not allowed; one of calibrated, scenario, none"),
        (("worlds: 4", "seed: -1"), "study.yaml:7:7: seed: -1 is not allowed; a whole number from 0 to 2^63 - 1"),
        (("worlds: 4", "seeds: shared"), "study.yaml:7:8: seeds: 'shared' is not allowed; one of common, own"),
        (("worlds: 4", "outcomes: [deaths]"), "study.yaml:7:12: outcomes[0]: 'deaths' is not allowed; a name that exists"),
        (("worlds: 4", "series: [usd_total]"), "study.yaml:7:10: series[0]: 'usd_total' is not allowed; a name that exists"),
        (("worlds: 4", "analysis: sobol"), "study.yaml:7:11: analysis: 'sobol' is not allowed; one of sweep, attribution"),
        (("worlds: 4", "cases: [isolated, colective]"), "study.yaml:7:19: cases[1]: 'colective' is not allowed; one of collective, emergent"),
        (("worlds: 4", "cases: {a: {}}"), "study.yaml:7:12: cases.a: regime missing here"),
        (("worlds: 4", "reference: network"), "study.yaml:7:12: reference: 'network' is not allowed; one of isolated, collective"),
        (("worlds: 4", "cases: [network]\nreference: network"), "study.yaml:8:12: reference: needs another case beside it"),
        (("worlds: 4", "analysis: attribution"), "vary.communication: 3 levels are not allowed; attribution needs two, off and on"),
        (("worlds: 4", "analysis: value\ncases: [network]\nuncertainties: scenario"), "reference: is missing; value needs what it is better than"),
        (("worlds: 4", "analysis: value\noptions: {case: isolated}"), "study.yaml:8:17: options.case: 'isolated' is not allowed; one of collective"),
        (("worlds: 4", "set: {months: 5}"), "study.yaml:7:15: set.months: 5 is not allowed; 12 to 600 months (length of a run)"),
        (("worlds: 4", "set: {share_government: 0.9}"), "cases.isolated: share_government + share_corporate + share_community = 1.15"),
        (("worlds: 4", "options: {levle: 0.9}"), "study.yaml:7:11: options.levle: no such name; did you mean 'level'?"),
        (("worlds: 4", "options: {level: 2}"), "study.yaml:7:18: options.level: 2 is not allowed; a number from 0.5 to 0.9999 (confidence level of intervals)"),
        (("worlds: 4", "uncertainties: [trust_years]"), "study.yaml:7:17: uncertainties[0]: 'trust_years' is not allowed; the scenario declares no uncertainties: state a distribution"),
        (("worlds: 4", "uncertainties: {posterior: nowhere}"), "study.yaml:7:28: uncertainties.posterior: 'nowhere' holds no posterior.csv; name the folder of a finished calibration"),
        (("worlds: 4", "analysis: calibrate"), "study.yaml:1:1: options.targets: is missing; calibrate needs it"),
        (("worlds: 4", "analysis: calibrate\noptions: {targets: none.yaml}"), "study.yaml:8:20: options.targets: "),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_field_value_and_place(
    tmp_path: Path, change: tuple[str, str], wrong: str
) -> None:
    assert change[0] in GOOD
    problems = refused(tmp_path, GOOD.replace(*change))
    assert any(problem.startswith(wrong) or wrong in problem for problem in problems), problems


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("[0, 1]", "[0, 2]").replace("n: 3", "n: 1").replace("worlds: 4", "worlds: none")
    assert len(refused(tmp_path, text)) == 3


def test_a_setting_that_does_not_exist_is_told_with_each_that_does_once(tmp_path: Path) -> None:
    text = GOOD.replace("vary:", "analysis: predict\noptions: {zzz: 1, targets: none.yaml}\nvary:")
    assert any(
        problem.endswith("options.zzz: no such name; there are targets")
        for problem in refused(tmp_path, text)
    )


@pytest.mark.parametrize(
    ("analysis", "more", "is_fine"),
    [
        ("predict", "worlds: 1", False),
        ("predict", "worlds: 2", True),
        ("attribution", "worlds: 1", False),
        ("attribution", "worlds: 1\nsamples: 1\nuncertainties: scenario", False),
        ("attribution", "worlds: 1\nsamples: 2\nuncertainties: scenario", True),
        ("sweep", "worlds: 1", True),
    ],
)
def test_too_few_worlds_for_an_error_are_refused_where_they_stand(
    tmp_path: Path, analysis: str, more: str, is_fine: bool
) -> None:
    fact = (
        "{name: a, case: collective, outcome: attendance, statistic: mean, value: 1, tolerance: 1, source: b}"
    )
    (tmp_path / "facts.yaml").write_text(f"cisim_targets: 1\ntitle: A\ntargets: [{fact}]\n")
    options = "options: {targets: facts.yaml}\n" if analysis == "predict" else ""
    drawn = "" if "uncertainties" in more else "uncertainties: none\n"
    text = (
        f"cisim_study: 1\nscenario: infant-mortality\nanalysis: {analysis}\n{options}{drawn}"
        f"vary: {{backbone: [0, 1]}}\n{more}\n"
    )
    if is_fine:
        assert load_study(written(tmp_path, text)).analysis == analysis
    else:
        (problem,) = refused(tmp_path, text)
        line = text[: text.index("worlds")].count("\n") + 1
        assert problem.startswith(f"study.yaml:{line}:")
        assert f"1 is not allowed; {analysis} needs 2 or more" in problem


def test_a_parameter_is_varied_once() -> None:
    levels = {"how": {"levels": {"a": {"backbone": 0}, "b": {"backbone": 1}}}}
    with pytest.raises(ScenarioError, match="backbone: is set by 'how' and by 'backbone'; vary it once"):
        study_from({"scenario": "null-separable", "vary": {**levels, "backbone": [0, 1]}})
    drawn = {"name": "backbone", "distribution": "uniform", "low": 0, "high": 1, "source": "a test"}
    stated = {"uncertainties": [{**drawn, "grade": "assumed"}], "vary": {"backbone": [0, 1]}}
    with pytest.raises(ScenarioError, match=r"backbone: is set twice; vary it or draw it, once$"):
        study_from({"scenario": "null-separable", **stated})
    with pytest.raises(ScenarioError, match="months is set by other levels; state it here too"):
        study_from(
            {
                "scenario": "null-separable",
                "vary": {"how": {"levels": {"a": {"backbone": 0, "months": 24}, "b": {"backbone": 1}}}},
            }
        )
    with pytest.raises(ScenarioError, match="'world' is the name of a column"):
        study_from({"scenario": "null-separable", "vary": {"world": levels["how"]}})


def test_ranges_are_drawn_from_where_the_analysis_samples() -> None:
    spec = study_from(
        {"scenario": "null-separable", "analysis": "discover", "vary": {"trust_years": {"low": 1, "high": 5}}}
    )
    assert spec.factors[0].uncertainty is not None
    assert spec.factors[0].uncertainty.distribution == "uniform"
    with pytest.raises(ScenarioError, match="backbone has steps; discover draws from ranges"):
        study_from({"scenario": "null-separable", "analysis": "discover", "vary": {"backbone": [0, 1]}})


def test_what_an_analysis_needs_is_kept() -> None:
    spec = study_from(
        {
            "scenario": "generic-adaptive",
            "analysis": "value",
            "vary": {"backbone": [0, 1]},
            "outcomes": ["trust"],
        }
    )
    assert set(spec.outcomes) == {"indicator", "usd_total", "trust"}
    spec = study_from({
        "scenario": "generic-adaptive", "vary": {"backbone": [0, 1]}, "outcomes": [], "worlds": "auto",
        "precision": {"outcome": "trust", "half_width": 0.01},
    })  # fmt: skip
    assert spec.outcomes == ("indicator", "trust")
    assert isinstance(spec.worlds, Precision)


def test_paths_are_taken_from_the_study_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "town.yaml").write_text(
        "cisim: 1\nextends: null-separable\nparams: {n_orgs: 7}\n", encoding="utf-8"
    )
    path = written(inner, GOOD.replace("null-separable", "town.yaml"))
    monkeypatch.chdir("/")
    assert load_study(path).scenario.values["n_orgs"] == 7


def test_shipped_studies_are_listed_and_read_and_every_kind_is_among_them() -> None:
    listed = list_studies()
    kinds = {load_study(name).analysis for name, *_ in listed}
    assert kinds == set(ANALYSES)
    for name, kind, title, _ in listed:
        spec = load_study(name)
        assert (spec.analysis, spec.title) == (kind, title)
        assert spec.question


def test_tables_of_keys_and_options_are_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "studies.md").read_text("utf-8")
    for key in KEYS:
        assert f"`{key}`" in text, key
    for options in OPTIONS.values():
        for option in options:
            assert f"`{option.name}`" in text, option.name


def test_names_of_factors_are_parameters_or_names_of_their_own() -> None:
    for name, *_ in list_studies():
        for factor in load_study(name).factors:
            assert (factor.name in PARAMS) == (factor.uncertainty is not None or factor.unit != "name")
