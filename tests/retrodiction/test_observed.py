"""What happened is read strictly, and the shipped figures are what they say they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cisim.problems import ScenarioError
from cisim.retrodiction.observed import list_cases
from cisim.retrodiction.reading import observed_from, read_observed

ONE: dict[str, Any] = {
    "name": "rate", "outcome": "indicator_published", "statistic": "level", "month": 11, "value": 11.0, "error": 1.0,
    "error_from": "Poisson", "source": "example",
}  # fmt: skip
WHOLE: dict[str, Any] = {
    "cisim_observed": 1, "title": "Example", "scenario": "infant-mortality", "happened": "collective",
    "counterfactual": "isolated", "start_year": 2009, "observations": [ONE],
}  # fmt: skip
SHARE = {"statistic": "share_improved", "value": 0.6, "trials": 10}


def with_one(**changes: Any) -> dict[str, Any]:
    return {**WHOLE, "observations": [{**ONE, **changes}]}


def test_the_shipped_cases_read_and_say_where_figures_come_from() -> None:
    assert len(list_cases()) == 7
    for name in list_cases():
        found = read_observed(name)
        assert found.scenario.name == name
        assert found.happened == found.scenario.regime, "what happened is what the scenario describes"
        assert len(found.origin.sha256) == 64
        assert found.observations or found.claim
        for one in found.observations:
            assert len(one.error_from) > 8
            assert len(one.source) > 8


def test_what_was_not_looked_up_or_chose_a_setting_is_not_clean() -> None:
    found = {one.name: one for one in read_observed("infant-mortality").observations}
    assert found["rate in 2015"].is_clean
    assert not found["rate in 2013"].is_clean
    assert found["rate in 2011"].informs == ("crisis_half_life_months",)
    assert [one.is_clean for one in read_observed("wetland").observations] == [False]


def test_errors_of_infant_mortality_are_those_of_a_poisson_count() -> None:
    observed = read_observed("infant-mortality")
    rates = [one for one in observed.observations if one.name.startswith("rate")]
    assert len(rates) == 13
    for one in rates:
        births = float(re.search(r"([\d,]+) births", one.error_from)[1].replace(",", ""))  # type: ignore[index]
        assert one.error == pytest.approx((1000 * one.value / births) ** 0.5, abs=6e-4), one.name
        assert observed.start_year + (one.month + 1) // 12 == int(one.name[-4:])


def test_the_share_of_indicators_is_a_whole_number_of_them() -> None:
    [one] = read_observed("cradle-to-career").observations
    assert one.trials == 53
    assert one.value * one.trials == pytest.approx(34, abs=0.01)
    assert one.error == pytest.approx((one.value * (1 - one.value) / one.trials) ** 0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        (
            with_one(outcome="indicator_publishd"),
            "observations[0].outcome",
            "did you mean 'indicator_published'",
        ),
        (with_one(statistic="median"), "observations[0].statistic", "one of level, change, share_improved"),
        (with_one(month=12), "observations[0].month", "11, 23, 35"),
        (with_one(month=156), "observations[0].month", "0 to 155"),
        (with_one(month=2.5), "observations[0].month", "whole number"),
        (with_one(error=0), "observations[0].error", "above 0"),
        (with_one(value="low"), "observations[0].value", "text, not a number"),
        (with_one(from_memory="yes"), "observations[0].from_memory", "true or false"),
        (with_one(informs=["crisis_spik"]), "observations[0].informs[0]", "did you mean 'crisis_spike'"),
        (with_one(trials=10), "observations[0].trials", "share_improved only"),
        (with_one(**{**SHARE, "value": 1.5}), "observations[0].value", "0 to 1"),
        (with_one(statistic="share_improved", value=0.5), "observations[0].trials", "needs trials"),
        (with_one(**SHARE, outcome="trust"), "observations[0].outcome", "indicator_published only"),
        (with_one(outcome="trust", explain=True), "observations[0].explain", "is taken apart"),
        (with_one(weight=2), "observations[0].weight", "no such name"),
        ({**WHOLE, "observations": [ONE, ONE]}, "observations[1]", "named twice"),
        ({**WHOLE, "observations": []}, "observations", "no claim"),
        ({**WHOLE, "counterfactual": "collective"}, "counterfactual", "another regime"),
        ({**WHOLE, "happened": "colective"}, "happened", "did you mean 'collective'"),
        ({**WHOLE, "scenario": "infant-mortalty"}, "scenario", "did you mean 'infant-mortality'"),
        ({**WHOLE, "cisim_observed": 2}, "cisim_observed", "version 1"),
        ({**WHOLE, "keeps": ["n_org"]}, "keeps[0]", "did you mean 'n_orgs'"),
        ({**WHOLE, "start_year": 2009.5}, "start_year", "a year"),
    ],
)
def test_every_mistake_names_field_and_what_is_allowed(data: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ScenarioError) as error:
        observed_from(data, "example")
    assert any(one.field == field and words in one.message for one in error.value.problems), str(error.value)


def test_mistakes_in_a_file_carry_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    lines = ["cisim_observed: 1", "title: x", "scenario: infant-mortality", "happened: collectiv"]
    lines += ["counterfactual: isolated", "start_year: 2009", "observations:", "  - name: a"]
    lines += ["    outcome: indicator_published", "    statistic: level", "    month: 10", "    value: 1"]
    lines += ["    error: -1", "    error_from: x", "    source: s"]
    path.write_text("\n".join(lines))
    with pytest.raises(ScenarioError) as error:
        read_observed(path)
    found = {(one.place.line, one.place.column, one.field) for one in error.value.problems}
    assert found == {
        (4, 11, "happened"),
        (11, 12, "observations[0].month"),
        (13, 12, "observations[0].error"),
    }


def test_a_scenario_may_stand_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text(
        "cisim: 1\ntitle: A town\nextends: generic-adaptive\nregime: network\n"
    )
    path = tmp_path / "seen.yaml"
    path.write_text(
        "cisim_observed: 1\ntitle: A town\nscenario: town.yaml\nhappened: network\ncounterfactual: isolated\n"
        "start_year: 0\nclaim: it helped\nobservations: []\n"
    )
    assert read_observed(path).scenario.title == "A town"
