"""Scenario: order of statements, change, comparison, round trips."""

from __future__ import annotations

import copy
import itertools
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cisim.scenario
from cisim import params
from cisim.params import PARAMS, Param
from cisim.presets import REGIME_LEVERS
from cisim.problems import ScenarioError
from cisim.records import Driver, Frozen, Group, Indicator, Link, Uncertainty
from cisim.scenario import Scenario, from_dict, list_regimes, load, regime

BASE = load("generic-adaptive")
REGIMES = [one.name for one in list_regimes()]


def test_values_are_complete_and_typed() -> None:
    assert set(BASE.values) == set(PARAMS)
    for name, row in PARAMS.items():
        assert type(BASE.values[name]) is {"float": float, "int": int, "choice": str}[row.kind], name


def test_record_is_what_rules_read() -> None:
    record = BASE.with_(turf=0.25, months=36, formation="convener").record
    assert record.dtype == params.DTYPE
    assert (record["turf"][0], record["months"][0], record["formation"][0]) == (0.25, 36, 3)


def test_defaults_come_first_then_the_isolated_preset() -> None:
    for name, value in BASE.values.items():
        expected = regime("isolated").values.get(name, PARAMS[name].default)
        assert value == expected, name


# --- order of statements ---


def file_of(tmp_path: Path, name: str, text: str) -> Path:
    """Write a scenario file and return its path."""
    (tmp_path / name).write_text("cisim: 1\n" + text)
    return tmp_path / name


def test_parent_then_regime_then_params(tmp_path: Path) -> None:
    file_of(
        tmp_path,
        "parent.yaml",
        "extends: generic-adaptive\nparams: {common_agenda: 0.3, turf: 0.9, months: 60}\n",
    )
    kept = load(file_of(tmp_path, "a.yaml", "extends: parent.yaml\nparams: {months: 48}\n"))
    assert [kept.values[n] for n in ("common_agenda", "turf", "months")] == [0.3, 0.9, 48]
    reset = load(file_of(tmp_path, "b.yaml", "extends: parent.yaml\nregime: collective\n"))
    assert [reset.values[n] for n in ("common_agenda", "turf", "months")] == [1.0, 0.9, 60]
    text = "params: {common_agenda: 0.4}\nregime: collective\nextends: parent.yaml\n"
    assert load(file_of(tmp_path, "c.yaml", text)).values["common_agenda"] == 0.4
    assert (kept.regime, reset.regime) == ("isolated", "collective")


def test_without_parent_the_regime_is_isolated(tmp_path: Path) -> None:
    text = (
        "title: t\nindicator: {name: a, unit: b, baseline: 2, best: 1, population: 9}\n"
        "groups: [{name: g, size: 1}]\ndrivers: [d]\n"
    )
    alone = load(file_of(tmp_path, "alone.yaml", text))
    assert alone.regime == "isolated"
    assert alone.drivers == (Driver("d", 1.0),)
    assert alone.groups == (Group("g", 1.0, 1.0, 1.0, 1.0),)
    assert not alone.links


def test_lists_are_replaced_not_merged(tmp_path: Path) -> None:
    child = load(file_of(tmp_path, "d.yaml", "extends: stress\ndrivers: [x, y]\nlinks: []\nlevers: []\n"))
    assert [driver.name for driver in child.drivers] == ["x", "y"]
    assert child.links == child.levers == ()
    assert child.facts == load("stress").facts


@pytest.mark.parametrize("name", REGIMES)
def test_switching_regimes_leaves_nothing_behind(name: str) -> None:
    direct = BASE.with_(regime=name)
    assert direct.regime == name
    for detour in REGIMES:
        roundabout = BASE.with_(regime=detour).with_(regime=name)
        assert roundabout.values == direct.values
        assert roundabout.digest == direct.digest
    changed = {lever for lever in PARAMS if BASE.values[lever] != direct.values[lever]}
    assert changed <= set(REGIME_LEVERS)


def test_overrides_come_after_the_preset() -> None:
    got = BASE.with_(regime="collective", backbone_usd_per_year=250_000, common_agenda=0.5)
    assert (got.values["backbone_usd_per_year"], got.values["common_agenda"]) == (250_000.0, 0.5)
    assert got.values["shared_measurement"] == 1.0


# --- levers of the case, by regime ---

CASE = """extends: generic-adaptive
regimes:
  collective: {formation: crisis, resident_voice: 0.25, scan_usd: 7 usd}
  network: {formation: grant}
params: {turf: 0.9}
"""


def test_after_the_preset_before_params_and_overrides(tmp_path: Path) -> None:
    case = load(file_of(tmp_path, "case.yaml", CASE))
    assert case.values == BASE.with_(turf=0.9).values  # neither regime is chosen yet
    preset = regime("collective").values
    chosen = case.with_(regime="collective").values
    assert [chosen[n] for n in ("formation", "resident_voice", "scan_usd")] == ["crisis", 0.25, 7.0]
    others = set(preset) - {"formation", "resident_voice", "scan_usd"}
    assert {n: chosen[n] for n in others} == {n: preset[n] for n in others}
    over = case.with_(regime="collective", resident_voice=0.75).values
    assert [over[n] for n in ("formation", "resident_voice")] == ["crisis", 0.75]
    text = "params: {resident_voice: 0.1}\n" + CASE.replace("params: {turf: 0.9}\n", "regime: collective\n")
    stated = load(file_of(tmp_path, "stated.yaml", text)).values
    assert [stated[n] for n in ("formation", "resident_voice", "scan_usd")] == ["crisis", 0.1, 7.0]


def test_each_regime_has_its_own_levers_and_leaves_none_behind(tmp_path: Path) -> None:
    case = load(file_of(tmp_path, "case.yaml", CASE))
    for name in REGIMES:
        direct = case.with_(regime=name)
        for detour in REGIMES:
            assert case.with_(regime=detour).with_(regime=name) == direct
    assert case.with_(regime="network").values["formation"] == "grant"
    assert case.with_(regime="isolated").values == case.values


def test_levers_of_regimes_are_inherited_and_merged(tmp_path: Path) -> None:
    file_of(tmp_path, "case.yaml", CASE)
    text = "extends: case.yaml\nregimes: {collective: {resident_voice: 0.4, backbone: 0.5}, emergent: {backbone: 0}}\n"
    child = load(file_of(tmp_path, "child.yaml", text))
    assert child.regimes == {
        "collective": {"formation": "crisis", "resident_voice": 0.4, "scan_usd": 7.0, "backbone": 0.5},
        "network": {"formation": "grant"},
        "emergent": {"backbone": 0.0},
    }
    got = child.with_(regime="collective").values
    assert [got[n] for n in ("formation", "resident_voice", "backbone")] == ["crisis", 0.4, 0.5]
    heir = load(file_of(tmp_path, "heir.yaml", "extends: child.yaml\nregime: collective\n"))
    assert heir.values == got
    assert heir.regimes == child.regimes


def test_levers_for_an_inherited_regime_hold_at_once(tmp_path: Path) -> None:
    parent = "extends: generic-adaptive\nregime: collective\nparams: {ceo_rank: 0.3, resident_voice: 0.1}\n"
    file_of(tmp_path, "parent.yaml", parent)
    text = "extends: parent.yaml\nregimes: {collective: {resident_voice: 0.4}, network: {ceo_rank: 0.6}}\n"
    child = load(file_of(tmp_path, "child.yaml", text))
    assert (child.values["resident_voice"], child.values["ceo_rank"]) == (0.4, 0.3)
    grandchild = load(file_of(tmp_path, "g.yaml", "extends: child.yaml\nparams: {resident_voice: 0.2}\n"))
    assert grandchild.values["resident_voice"] == 0.2


def test_levers_of_regimes_make_the_round_trip(tmp_path: Path) -> None:
    for case in (load(file_of(tmp_path, "case.yaml", CASE)), load("infant-mortality"), BASE):
        for one in (case, case.with_(regime="collective", resident_voice=0.9), case.with_(regime="network")):
            (tmp_path / "trip.yaml").write_text(one.to_yaml())
            again = load(tmp_path / "trip.yaml").with_(name=one.name)
            assert again == one == from_dict(one.to_dict())
            assert (hash(again), again.to_yaml()) == (hash(one), one.to_yaml())
            assert again.with_(regime="collective") == one.with_(regime="collective")
    assert BASE.regimes == BASE.to_dict()["regimes"] == {}
    data = {**BASE.to_dict(), "regimes": {"network": None, "emergent": {"backbone": 0}}}
    assert from_dict(data).regimes == {"network": {}, "emergent": {"backbone": 0.0}}
    assert from_dict({**data, "regimes": None}).regimes == {}


def test_levers_of_regimes_count_for_the_digest_only_where_they_hold(tmp_path: Path) -> None:
    case = load(file_of(tmp_path, "case.yaml", CASE))
    plain = BASE.with_(turf=0.9)
    assert case.digest == plain.digest
    assert case != plain
    assert len(case.diff(plain)) == 0
    assert case.with_(regime="collective").digest != plain.with_(regime="collective").digest
    by_hand = plain.with_(regime="collective", formation="crisis", resident_voice=0.25, scan_usd=7)
    assert case.with_(regime="collective").digest == by_hand.digest


def test_levers_of_regimes_cannot_be_changed(tmp_path: Path) -> None:
    case = load(file_of(tmp_path, "case.yaml", CASE))
    with pytest.raises(TypeError):
        case.regimes["network"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        case.regimes["network"]["backbone"] = 1  # type: ignore[index]
    assert pickle.loads(pickle.dumps(case)) == case
    with pytest.raises(ScenarioError, match="no such name"):
        case.with_(regimes={})  # type: ignore[arg-type]


def test_what_contradicts_itself_in_another_regime_is_said_when_it_is_chosen(tmp_path: Path) -> None:
    text = "extends: generic-adaptive\nregimes: {network: {formation_month: 120}}\n"
    case = load(file_of(tmp_path, "late.yaml", text))
    with pytest.raises(ScenarioError, match="formation_month 120 has to be below months 120"):
        case.with_(regime="network")
    assert case.with_(regime="network", months=132).values["formation_month"] == 120


# --- the name of a thing carries no meaning ---


def test_equal_levers_have_equal_digests_whatever_they_are_called() -> None:
    collective = BASE.with_(regime="collective")
    by_hand = BASE.with_(
        name="something-else", **{lever: collective.values[lever] for lever in REGIME_LEVERS}
    )
    assert by_hand.regime != collective.regime
    assert by_hand.digest == collective.digest
    assert len(by_hand.diff(collective)) == 0
    assert by_hand != collective


def changed_value(row: Param) -> float | int | str:
    """Return an allowed value that is not the one BASE has."""
    if row.kind == "choice":
        return next(choice for choice in row.choices if choice != BASE.values[row.name])
    middle = BASE.values[row.name]
    assert not isinstance(middle, str)
    for step in (1 if row.kind == "int" else (row.high - row.low) / 1000,):
        return middle - step if middle - step >= row.low else middle + step
    raise AssertionError


@pytest.mark.parametrize("name", sorted(PARAMS))
def test_every_parameter_counts_for_digest_and_diff(name: str) -> None:
    other = BASE.with_(**{name: changed_value(PARAMS[name])})
    assert other.digest != BASE.digest
    assert [row[0] for row in BASE.diff(other).rows] == [name]


def test_every_part_counts_for_digest_and_diff() -> None:
    parts = {
        "indicator": Indicator("problem rate", "per cent", 30, 11, 100_000, 100),
        "groups": BASE.groups[::-1],
        "drivers": BASE.drivers[:3],
        "links": [Link("driver 1", "driver 2", 0.5)],
    }
    for name, part in parts.items():
        other = BASE.with_(**{name: part})  # type: ignore[arg-type]
        assert other.digest != BASE.digest
        assert [row[0] for row in BASE.diff(other).rows] == [name]


def test_digest_is_stable_between_processes() -> None:
    code = "import cisim; print(cisim.load('generic-adaptive').digest)"
    env = {"PYTHONHASHSEED": "7"}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert out.stdout.strip() == BASE.digest


# --- change ---


def test_with_leaves_the_original_alone() -> None:
    before = BASE.to_dict()
    BASE.with_(turf=0.1, drivers=["a"])
    assert BASE.to_dict() == before
    with pytest.raises(AttributeError):
        BASE.name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        BASE.values["turf"] = 1  # type: ignore[index]


def test_with_takes_numpy_numbers_and_generators() -> None:
    got = BASE.with_(turf=np.float32(0.5), months=np.int64(24), groups=(g for g in BASE.groups))
    assert (type(got.values["turf"]), type(got.values["months"])) == (float, int)
    assert got.groups == BASE.groups


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"bakbone": 1}, "bakbone", "did you mean 'backbone'?"),
        ({"months": 700}, "months", "12 to 600 months"),
        ({"months": True}, "months", "true is not allowed"),
        ({"months": np.bool_(True)}, "months", "neither number nor text"),
        ({"months": 12.5}, "months", "12.5 is not allowed"),
        ({"turf": float("nan")}, "turf", "nan is not allowed"),
        ({"turf": "high"}, "turf", "it is text"),
        ({"turf": None}, "turf", "nothing is not allowed"),
        ({"turf": 1j}, "turf", "neither number nor text"),
        ({"formation": "sometimes"}, "formation", "one of never"),
        ({"regime": "colective"}, "regime", "did you mean 'collective'?"),
        ({"regime": 3}, "regime", "3 is not allowed"),
        ({"ruggedness": 8, "practice_bits": 8}, "practice_bits", "below practice_bits"),
        ({"groups": []}, "groups", "a list of 1 to 64"),
        ({"groups": 5}, "groups", "a list is needed"),
        ({"groups": [Group("a", 1, level=2)]}, "groups", "average to 2"),
        ({"groups": [Group("a", -1)]}, "groups[0].size", "-1 is not allowed"),
        ({"links": [Link("driver 1", "x", 1)]}, "links[0]", "no driver 'x'"),
        ({"indicator": "x"}, "indicator", "'key: value'"),
        ({"name": "\ud800"}, "name", "do not belong there"),
    ],
)
def test_python_door_gives_the_same_errors(change: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        BASE.with_(**change)  # type: ignore[arg-type]
    error = caught.value
    assert words in error.message
    assert (error.file, error.line, error.column) == ("", 0, 0)
    assert str(error).startswith(f"{field}: ")


def test_errors_are_value_errors_and_travel_between_processes() -> None:
    with pytest.raises(ValueError, match="bogus") as caught:
        BASE.with_(bogus=1, turf=3)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.problems == caught.value.problems


# --- records ---


def test_shares_and_direction() -> None:
    assert sum(BASE.shares) == pytest.approx(1, abs=1e-12)
    assert BASE.shares[0] == 0.4
    assert BASE.indicator.is_falling_good
    assert not load("summer-meals").indicator.is_falling_good


def test_scenarios_can_be_keys_and_travel_between_processes() -> None:
    twin = load("generic-adaptive")
    assert twin is not BASE
    assert twin == BASE
    assert hash(twin) == hash(BASE)
    assert len({twin, BASE, BASE.with_(turf=0.1)}) == 2
    assert pickle.loads(pickle.dumps(BASE)) == BASE
    assert copy.deepcopy(BASE) == BASE


def test_frozen_is_a_mapping() -> None:
    assert Frozen({"a": 1}) == {"a": 1}
    assert hash(Frozen({"a": 1, "b": 2})) == hash(Frozen({"b": 2, "a": 1}))
    assert repr(Frozen({"a": 1})) == "{'a': 1}"


def test_provenance_names_every_file_with_its_digest() -> None:
    import hashlib

    sources = load("null-separable").provenance
    assert [Path(one.path).stem for one in sources] == ["isolated", "generic-adaptive", "null-separable"]
    for one in sources:
        assert one.sha256 == hashlib.sha256(Path(one.path).read_bytes()).hexdigest()


def test_diff_prints_a_table() -> None:
    diff = BASE.diff(BASE.with_(name="other", turf=0.75, months=60))
    lines = str(diff).split("\n")
    assert lines[0].split() == ["name", "generic-adaptive", "other", "unit"]
    assert [line.split() for line in lines[1:]] == [
        ["months", "120", "60", "months"],
        ["turf", "0.5", "0.75", "share"],
    ]
    assert str(BASE.diff(BASE)).startswith("no difference")
    frame = diff.to_df()
    assert list(frame.columns) == ["name", "this", "other", "unit", "meaning"]
    assert frame["other"].tolist() == [60, 0.75]
    assert "<table" in diff._repr_html_()


# --- round trips ---

NUMBERS = {
    name: st.sampled_from(row.choices) if row.kind == "choice"
    else st.integers(int(row.low), int(row.high)) if row.kind == "int"
    else st.floats(row.low, row.high)
    for name, row in PARAMS.items()
}  # fmt: skip
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Some scenario that passes its checks."""
    chosen = draw(st.lists(st.sampled_from(sorted(PARAMS)), max_size=6, unique=True))
    names = draw(st.lists(NAMES, min_size=1, max_size=12, unique=True))
    links = [Link(a, b, draw(st.floats(0, 1))) for a, b in itertools.pairwise(names)]
    weights = st.floats(1e-6, 1e6)
    groups = [
        Group(name, draw(st.floats(1, 1e6)), draw(st.floats(0.1, 9)), draw(st.floats(0, 1))) for name in names
    ]
    base = load(draw(st.sampled_from([one.name for one in cisim.scenario.list_scenarios()])))
    base = base.with_(
        regime=draw(st.sampled_from(REGIMES)),
        name=draw(NAMES),
        groups=groups,
        drivers=[Driver(name, draw(weights)) for name in names],
        links=links,
    )
    for name in chosen:
        try:
            base = base.with_(**{name: draw(NUMBERS[name])})
        except ScenarioError:  # contradicts another value; keep the old one
            continue
    return base


@settings(max_examples=40, deadline=None)
@given(scenario=scenarios())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> None:
    assert from_dict(scenario.to_dict()) == scenario
    path = tmp_path_factory.mktemp("round") / "trip.yaml"
    path.write_text(scenario.to_yaml(), encoding="utf-8")
    again = load(path)
    assert again == scenario
    assert again.digest == scenario.digest
    assert again.to_yaml() == scenario.to_yaml()


@pytest.mark.parametrize(
    "text", ["no", "12", "1e5", "010", "null", "a: b", "- a", "#x", "'", '"', "ü😀", "=", "*a", "!x"]
)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    data = {**BASE.to_dict(), "title": text, "name": text, "description": f"{text}\n\nmore"}
    scenario = from_dict(data)
    import yaml

    from cisim.reader import parse

    root = parse(scenario.to_yaml().encode(), ".yaml", "x").root
    assert root.value["title"].value == text
    assert root.value["description"].value == f"{text}\n\nmore"
    assert yaml.safe_load(scenario.to_yaml())["title"] == text


def test_uncertainties_survive_the_round_trip() -> None:
    scenario = load("infant-mortality")
    assert from_dict(scenario.to_dict()).uncertainties == scenario.uncertainties
    first = Uncertainty("turf", "choice", Frozen({"values": (0.25, 0.5)}), "a", "assumed")
    data = {**BASE.to_dict(), "uncertainties": [
        {"name": "turf", "distribution": "choice", "values": [0.25, 0.5], "source": "a", "grade": "assumed"},
    ]}  # fmt: skip
    assert from_dict(data).uncertainties == (first,)


def test_from_dict_complains_like_a_file() -> None:
    with pytest.raises(ScenarioError, match=r"^here: titel: no such name; did you mean 'title'\?"):
        from_dict({"cisim": 1, "extends": "stress", "titel": "x"}, "here")
    with pytest.raises(ScenarioError, match="'key: value' lines"):
        from_dict([1])  # type: ignore[arg-type]
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ScenarioError, match="nested more than"):
        from_dict({"cisim": 1, "links": loop})


def test_outcomes_are_checked_against_those_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    import cisim.outcomes

    monkeypatch.setattr(cisim.outcomes, "OUTCOMES", ("trust", "indicator"), raising=False)
    data = {**BASE.to_dict(), "outcomes": ["trust", "indicator"]}
    assert from_dict(data).outcomes == ("trust", "indicator")
    with pytest.raises(ScenarioError, match=r"outcomes\[1\].*did you mean 'indicator'"):
        from_dict({**data, "outcomes": ["trust", "indicatr"]})
    with pytest.raises(ScenarioError, match="named twice"):
        from_dict({**data, "outcomes": ["trust", "trust"]})


# --- the package ---


def test_importing_the_package_is_free() -> None:
    code = (
        "import sys; before = set(sys.modules); import cisim; new = set(sys.modules) - before;"
        "print([m for m in new if m.split('.')[0] in ('numpy', 'yaml', 'numba', 'pandas', 'mesa')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_loading_needs_neither_engine_nor_frames() -> None:
    code = (
        "import sys, cisim; cisim.load('stress').with_(regime='network').to_yaml();"
        "print([m for m in ('numba', 'pandas', 'mesa', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_public_names() -> None:
    import cisim as package

    assert package.load is load
    assert package.regimes is list_regimes
    assert package.scenarios()[0].name == "cradle-to-career"
    assert "load" in dir(package)
    with pytest.raises(AttributeError, match="lod"):
        package.lod  # noqa: B018


def test_a_file_that_states_a_value_does_not_inherit_its_distribution(tmp_path) -> None:
    parent = load("generic-adaptive")
    assert {"ruggedness", "fidelity"} <= {one.name for one in parent.uncertainties}
    path = tmp_path / "town.yaml"
    path.write_text("cisim: 1\ntitle: a\nextends: generic-adaptive\nparams: {ruggedness: 3}\n", "utf-8")
    names = [one.name for one in load(path).uncertainties]
    assert names == [one.name for one in parent.uncertainties if one.name != "ruggedness"]
    own = "uncertainties:\n  - {name: ruggedness, distribution: choice, values: [0, 3], grade: assumed, source: a}\n"
    path.write_text(path.read_text("utf-8") + own, "utf-8")
    assert [one.name for one in load(path).uncertainties] == ["ruggedness"]
