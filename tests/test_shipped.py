"""Every shipped file: loads, cites, validates against the schema, and says what its description says."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cisim.params import LEVERS, PARAMS
from cisim.presets import REGIME_LEVERS, home
from cisim.problems import ScenarioError
from cisim.scenario import from_dict, list_regimes, list_scenarios, load, regime
from cisim.schema import EDITOR_LINE, regime_schema, schema

SCENARIOS = [one.name for one in list_scenarios()]
REGIMES = [one.name for one in list_regimes()]
DIALS = ("common_agenda", "shared_measurement", "mutual_activities", "communication", "backbone")
VALIDATOR = Draft202012Validator(schema())


def test_what_is_shipped() -> None:
    assert SCENARIOS == [
        "cradle-to-career", "food-bank-inventory", "generic-adaptive", "generic-technical", "hospital",
        "infant-mortality", "null-separable", "scholarship-fund", "stress", "summer-meals", "wetland",
    ]  # fmt: skip
    assert REGIMES == [
        "collective", "emergent", "funder-collaborative", "informal", "isolated", "multi-stakeholder",
        "name-only", "network", "public-private",
    ]  # fmt: skip
    for one in (*list_scenarios(), *list_regimes()):
        assert one.title
        assert Path(one.path).is_file()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_is_complete_and_cited(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.description
    assert scenario.facts
    for fact in scenario.facts:
        assert len(fact.source) > 5
    for one in scenario.uncertainties:
        assert one.source
    assert math.isfinite(float(scenario.record["hour_usd"][0]))


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_can_run_in_every_regime(name: str) -> None:
    for one in REGIMES:
        for financing in ("equal", "added"):
            assert load(name).with_(regime=one, financing=financing).regime == one


@pytest.mark.parametrize("name", SCENARIOS)
def test_corners_of_the_uncertainties_are_allowed(name: str) -> None:
    scenario = load(name)
    for one in scenario.uncertainties:
        values = one.arguments.get("values") or (one.arguments["low"], one.arguments["high"])
        assert isinstance(values, tuple)
        for value in values:
            scenario.with_(**{one.name: value})


@pytest.mark.parametrize("path", sorted(home().glob("*.yaml")), ids=lambda path: path.stem)
def test_scenario_file_fits_the_schema(path: Path) -> None:
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    VALIDATOR.validate(load(path.stem).with_(regime="network").to_dict())


@pytest.mark.parametrize("path", sorted((home() / "regimes").glob("*.yaml")), ids=lambda path: path.stem)
def test_regime_file_fits_the_schema(path: Path) -> None:
    Draft202012Validator(regime_schema()).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_schemas_are_schemas_and_plain_json() -> None:
    for one in (schema(), regime_schema()):
        Draft202012Validator.check_schema(one)
        assert json.loads(json.dumps(one)) == one
    rows = schema()["properties"]["params"]["properties"]
    assert set(rows) == set(PARAMS)
    for name, row in PARAMS.items():
        assert row.meaning in rows[name]["description"]
        assert rows[name]["default"] == row.default
    assert EDITOR_LINE.format("x").startswith("# yaml-language-server: $schema=x")


TOP = st.sampled_from(
    ["titel", "title", "groups", "drivers", "levers", "params", "links", "uncertainties", "regimes"]
)
THINGS = st.sampled_from([
    None, 1, "a", [], ["a"], ["backbone"], {"turf": 1}, {"turf": 2}, {"turf": True}, {"months": 12.5},
    {"turf": "0.5 share"}, {"turf": "0.5 years"}, {"formation": "never"}, {"formation": 0}, {"focus": "1 -"},
    {}, {"network": {"turf": 1}}, {"network": {"backbone": 1}}, {"network": {"backbone": 2}}, {"network": None},
    {"network": {"scan_usd": "5 usd"}}, {"network": {"scan_usd": "5 eur"}}, {"network": 1}, {"networks": {}},
    [{"name": "a"}], [{"name": "a", "size": 3}], [{"name": "a", "size": 0}], [{"name": "a", "weight": 2}],
    [{"source": "driver 1", "target": "driver 2", "strength": 0.5}],
    [{"name": "turf", "distribution": "uniform", "low": 0, "high": 1, "source": "a", "grade": "assumed"}],
    [{"name": "turf", "distribution": "uniform", "low": 0, "source": "a", "grade": "assumed"}],
    [{"name": "turf", "distribution": "uniform", "low": 0, "high": 1, "a": 2, "source": "a",
      "grade": "assumed"}],
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(key=TOP, thing=THINGS)
def test_schema_and_loader_agree(key: str, thing: object) -> None:
    data = {"cisim": 1, "extends": "generic-adaptive", key: thing}
    try:
        from_dict(data)
        loads = True
    except ScenarioError:
        loads = False
    assert VALIDATOR.is_valid(data) is loads


# --- regimes ---


@pytest.mark.parametrize("name", REGIMES)
def test_regime_sets_all_dials_and_says_why(name: str) -> None:
    one = regime(name)
    assert set(one.values) == set(one.sources) == set(REGIME_LEVERS)
    assert set(REGIME_LEVERS) <= set(LEVERS)
    assert one.description
    cited = set(re.findall(r"[(;] ?([A-Z][\w&. ]+ (?:20\d\d|series))", " ".join(one.sources.values())))
    for who in cited:
        assert any(who.split()[0] in full for full in one.references), who
    conditions = [one.sources[dial] for dial in DIALS]
    assert name in ("isolated", "funder-collaborative") or sum("(" in source for source in conditions) >= 2


DAMAGED = [
    ("cisim: 1", "cisim: 3", "reads version 1"),
    ("title: Collective impact", "title: [a]", "a list is not allowed"),
    ("backbone: {value: 1,", "backbone: {value: 2,", "2 is not allowed"),
    ("  backbone:", "  bakbone:", "did you mean 'backbone'?"),
    ("references:", "references: no\nmore:", "a list is needed"),
]


@pytest.mark.parametrize(("old", "new", "words"), DAMAGED)
def test_damaged_regime_file_is_an_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, words: str
) -> None:
    from cisim import presets

    text = (home() / "regimes" / "collective.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "regimes").mkdir()
    (tmp_path / "regimes" / "broken.yaml").write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(presets, "home", lambda: tmp_path)
    with pytest.raises(ScenarioError, match=re.escape(words)):
        regime("broken")


def test_a_preset_cannot_name_what_is_no_parameter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from cisim import presets

    (tmp_path / "regimes").mkdir()
    (tmp_path / "regimes" / "old.yaml").write_bytes((home() / "regimes" / "collective.yaml").read_bytes())
    monkeypatch.setattr(presets, "home", lambda: tmp_path)
    monkeypatch.setattr(presets, "PARAMS", {k: v for k, v in PARAMS.items() if k != "backbone"})
    with pytest.raises(ScenarioError, match="backbone: is not a parameter"):
        regime("old")


def test_regimes_are_what_their_names_say() -> None:
    isolated, collective, hollow = (
        regime("isolated").values,
        regime("collective").values,
        regime("name-only").values,
    )
    assert isolated["formation"] == "never"
    assert [isolated[dial] for dial in DIALS] == [0] * 5
    assert [collective[dial] for dial in DIALS] == [1] * 5
    assert collective["formation"] != "never"
    assert hollow["communication"] == 1
    assert hollow["shared_measurement"] == hollow["backbone"] == hollow["improvement"] == 0
    assert regime("funder-collaborative").values["pooled_share"] > 0
    assert regime("emergent").values["start_stage"] == "learning"
    only = [name for name in REGIMES if regime(name).values["backbone"] == 1]
    assert only == ["collective", "emergent"]
    profiles = {tuple(regime(name).values[lever] for lever in REGIME_LEVERS) for name in REGIMES}
    assert len(profiles) == len(REGIMES)


def test_natural_units_are_left_to_the_scenario() -> None:
    costs = (
        "backbone_usd_per_year",
        "meeting_interval_weeks",
        "measurement_setup_usd",
        "financing",
        "group_size",
    )
    assert not set(costs) & set(REGIME_LEVERS)
    case = load("cradle-to-career")
    for name in costs:
        assert case.with_(regime="isolated").values[name] == case.values[name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_facts_of_a_case_survive_a_change_of_regime(name: str) -> None:
    case = load(name)
    assert len(case.diff(case.with_(regime="public-private").with_(regime=case.regime))) == 0
    for one, levers in case.regimes.items():
        assert set(levers) <= set(REGIME_LEVERS), "a lever no preset sets back would be left behind"
        chosen = case.with_(regime=one).values
        changed = {lever for lever in REGIME_LEVERS if chosen[lever] != regime(one).values[lever]}
        assert changed == set(levers), "states what the preset does not, and nothing else"


def test_the_crisis_began_every_free_coalition_of_baltimore() -> None:
    case = load("infant-mortality")
    for name in REGIMES:
        values, preset = case.with_(regime=name).values, regime(name).values
        kept = preset["formation"] in ("never", "mandate")
        assert values["formation"] == (preset["formation"] if kept else "crisis")
        assert values["loaned_executive_fte"] == preset["backbone"]
        assert values["resident_voice"] == min(preset["resident_voice"], 0.25)  # type: ignore[type-var]


# --- numbers of the cases ---


def test_baltimore_adds_up() -> None:
    case = load("infant-mortality")
    births, rate = case.indicator.population, case.indicator.baseline
    assert sum(group.size for group in case.groups) == births
    assert births * rate / case.indicator.per == pytest.approx(128, abs=0.5)
    assert [round(group.level * rate, 1) for group in case.groups] == [18.0, 3.5]
    assert case.values["indicator_noise_cv"] == pytest.approx(1 / math.sqrt(128), abs=0.005)
    assert case.values["n_orgs"] == 150
    assert any(link.source == "teen births" for link in case.links)


def test_meals_and_networks_add_up() -> None:
    meals = load("summer-meals").indicator
    assert meals.population * (meals.best - meals.baseline) / meals.per == 23_000
    strive = load("cradle-to-career").values
    assert strive["n_orgs"] / strive["group_size"] == 15  # type: ignore[operator]
    assert strive["backbone_usd_per_year"] / strive["backbone_fte_usd"] == 8  # type: ignore[operator]
    assert len(load("cradle-to-career").drivers) == 12
    assert load("wetland").values["months"] == 15 * 12


def test_the_null_has_nothing_to_gain() -> None:
    null = load("null-separable")
    assert len(null.groups) == len(null.drivers) == 1
    expected = {"ruggedness": 0, "known_answer_share": 1, "complementarity": 1, "client_overlap": 0,
                "competence_sd": 0, "reach_sd": 0, "group_specificity": 0}  # fmt: skip
    assert {name: null.values[name] for name in expected} == expected
    assert not null.uncertainties


@pytest.mark.parametrize("name", ["generic-technical", "scholarship-fund", "hospital", "food-bank-inventory"])
def test_technical_means_known_and_separable(name: str) -> None:
    values = load(name).values
    assert (values["ruggedness"], values["known_answer_share"], values["complementarity"]) == (0, 1, 1)


@pytest.mark.parametrize("path", sorted(home().rglob("*.yaml")), ids=lambda path: path.stem)
def test_files_speak_of_the_project_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"facts\.md|seed \d|/work|parameters\.csv|\[V\]|\[mem\]", text)
    assert max(map(len, text.splitlines())) < 210
