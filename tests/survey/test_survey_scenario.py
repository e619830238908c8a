"""The scenario made of a survey is one: it is valid, starts from these ties, and can be simulated and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisim import engine
from cisim.formats import YamlReader
from cisim.problems import ScenarioError
from cisim.runs import run
from cisim.scenario import load
from cisim.survey.futures import snapshot
from cisim.survey.records import Organisation, Survey, Tie
from cisim.survey.scenario_file import base_of, checked, quoted, scenario_text, with_room

NAMES = ("River Food Bank", "Müller & Söhne: Büro", "no", "1e3", 'the "B", {x}', "- dash #1")
SURVEY = Survey(
    (
        Organisation(NAMES[0], "nonprofit", 1_200_000.0, 0.25),
        Organisation(NAMES[1], "corporate", 900_000.5),
        *(Organisation(name) for name in NAMES[2:]),
    ),
    {(0, 1): Tie(0.25), (1, 0): Tie(1.0), (2, 5): Tie(None), (4, 3): Tie(0.123456)},
)


def text_of(survey: Survey, extends: str = "generic-adaptive") -> str:
    return scenario_text(
        survey, extends=extends, title="A town: made up", name=None, command="cisim import-survey x"
    )


def test_a_command_of_several_lines_stays_a_remark() -> None:
    text = scenario_text(
        SURVEY, extends="generic-adaptive", title="t", name=None, command="cisim x 'a\nseed: 3\x85b'"
    )
    assert text.splitlines()[0] == "# Made by 'cisim x 'a seed: 3 b''."


def test_what_a_survey_says_is_what_the_scenario_says(tmp_path: Path) -> None:
    scenario = checked(text_of(SURVEY), tmp_path / "town.yaml")
    assert tuple(one.name for one in scenario.organisations) == NAMES
    assert scenario.organisations[0].budget_usd == 1.2e6
    assert scenario.organisations[0].own_income_share == 0.25
    assert scenario.organisations[2].sector is None
    assert [(one.source, one.target, one.trust) for one in scenario.ties] == [
        (NAMES[0], NAMES[1], 0.25), (NAMES[1], NAMES[0], 1.0), (NAMES[2], NAMES[5], None), (NAMES[4], NAMES[3], 0.1235),
    ]  # fmt: skip
    assert scenario.values["n_orgs"] == 6
    assert not list(tmp_path.iterdir())  # trying it out leaves nothing


def test_a_world_starts_from_these_ties(tmp_path: Path) -> None:
    scenario = checked(text_of(SURVEY), tmp_path / "town.yaml").with_(months=12)
    found = snapshot(engine.build(scenario, 3).state)
    assert np.array_equal(found.is_tie, SURVEY.is_tie)
    assert found.trust_of[0, 1] == 0.25
    assert found.trust_of[1, 0] == 1.0
    assert 0.0 < found.trust_of[2, 5] < 1.0
    assert found.usd_per_year[0] == pytest.approx(1.2e6)


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn", "Co")), min_size=1, max_size=30)
)
def test_any_name_reads_back_as_itself(name: str) -> None:
    if not name.isprintable():
        return
    node = YamlReader(f"a: [{{b: {quoted(name)}, c: 1}}]", "x", []).document()
    assert node.value["a"].value[0].value["b"].value == name


def test_codes_in_place_of_names_change_no_number(tmp_path: Path) -> None:
    coded = replace(
        SURVEY,
        organisations=tuple(replace(one, name=f"org {k}") for k, one in enumerate(SURVEY.organisations)),
    )
    named, other = (checked(text_of(one), tmp_path / "town.yaml").with_(months=24) for one in (SURVEY, coded))
    assert run(named, seed=4, details=False).outcomes == run(other, seed=4, details=False).outcomes


def test_room_is_made_for_many_ties_and_no_more_than_there_is() -> None:
    def star(n: int) -> Survey:
        return Survey(
            tuple(Organisation(f"org {k}") for k in range(n)), {(0, k): Tie(0.5) for k in range(1, n)}
        )

    parent = load("generic-adaptive")
    assert with_room(star(25), "x\nfacts:\n", parent) == ("x\nfacts:\n", "")
    text, note = with_room(star(31), text_of(star(31)), parent)
    assert "max_ties: 30" in text
    assert note == "max_ties is set to 30, which org 0 needs"
    with pytest.raises(
        ScenarioError, match=r"'org 0' has 65 ties; an organisation of the model keeps at most 64"
    ):
        with_room(star(66), "", parent)


def test_a_base_of_ones_own_is_named_from_the_new_file(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text("cisim: 1\ntitle: base\nextends: infant-mortality\n", "utf-8")
    (tmp_path / "sub").mkdir()
    target = tmp_path / "sub" / "town.yaml"
    assert base_of(str(base), target) == "../base.yaml"
    assert checked(text_of(SURVEY, "../base.yaml"), target).values["n_orgs"] == 6
    assert base_of("hospital", target) == "hospital"


def test_what_would_be_no_scenario_is_told_by_the_name_of_the_file(tmp_path: Path) -> None:
    bad = Survey((Organisation("outside"), Organisation("B")), {(0, 1): Tie(0.5)})
    with pytest.raises(ScenarioError) as caught:
        checked(text_of(bad), tmp_path / "town.yaml")
    assert "town.yaml (not written):9:" in str(caught.value)
    assert "'outside' is what ledgers call another account" in str(caught.value)
