"""The JSON Schema of study files allows what the reader allows, and refuses what it refuses."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from cisim.cli import BAD_INPUT, DONE, main
from cisim.problems import ScenarioError
from cisim.study.options import OPTIONS
from cisim.study.reading import KEYS, load_study
from cisim.study.schema import study_schema
from cisim.study.shipped import studies_home
from cisim.study.spec import ANALYSES

VALIDATOR = Draft202012Validator(study_schema())
FILES = sorted(
    path for path in studies_home().rglob("*.yaml") if path.read_text("utf-8").startswith("cisim_study:")
)
GOOD: dict[str, Any] = {
    "cisim_study": 1,
    "scenario": "null-separable",
    "vary": {
        "backbone": [0, 1],
        "communication": {"low": 0, "high": 1, "n": 3},
        "backbone_usd_per_year": {"values": ["1000 usd/year", 5000], "cases": ["collective"]},
        "way": {"levels": {"a": {"turf": 0.2}, "b": {"turf": 0.7}}},
    },
    "uncertainties": "none",
}


def test_every_shipped_study_is_valid() -> None:
    Draft202012Validator.check_schema(study_schema())
    assert len(FILES) > 20
    for path in FILES:
        found = [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text("utf-8")))]
        assert not found, f"{path}: {found[0][:300]}"


def test_it_has_every_key_analysis_and_option_of_the_reader() -> None:
    made = study_schema()
    assert set(made["properties"]) == set(KEYS)
    by = {
        one["if"]["properties"]["analysis"]["const"]: one["then"]
        for one in made["allOf"]
        if "else" not in one
    }
    assert set(by) == set(ANALYSES) == set(OPTIONS)
    for analysis, options in OPTIONS.items():
        assert set(by[analysis]["properties"]["options"]["properties"]) == {one.name for one in options}


def test_a_good_file_is_good_to_both(tmp_path: Path) -> None:
    assert VALIDATOR.is_valid(GOOD)
    path = tmp_path / "study.json"
    path.write_text(json.dumps(GOOD))
    assert load_study(path).analysis == "sweep"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("cisim_study",), 2),
        (("scenarioo",), "x"),
        (("analysis",), "guess"),
        (("cases",), ["isolated", "isolated"]),
        (("cases",), {"a": {"set": {"backbone": 1}}}),
        (("cases",), ["utopia"]),
        (("set",), {"n_orgz": 3}),
        (("set",), {"months": 3}),
        (("vary", "backbone"), {"low": 0, "n": 3}),
        (("vary", "backbone"), {"low": 0, "high": 1, "n": 1}),
        (("vary", "backbone"), [0, 0]),
        (("vary", "backbone"), [2]),
        (("vary", "backbone_usd_per_year"), ["1000 eur"]),
        (("vary", "way"), {"levels": {}}),
        (("vary", "way"), [1, 2]),
        (("uncertainties",), "everything"),
        (("uncertainties",), [{"name": "turf", "distribution": "uniform", "low": 0}]),
        (("uncertainties",), {"also": []}),
        (("worlds",), 0),
        (("worlds",), "auto"),
        (("precision",), {"half_width": 1}),
        (("seeds",), "mine"),
        (("outcomes",), ["happiness"]),
        (("series",), ["usd"]),
        (("options",), {"method": "sobol"}),
        (("options",), {"level": 2}),
        (("seed",), -1),
    ],
    ids=lambda part: str(part)[:40],
)
def test_what_is_bad_is_bad_to_both(tmp_path: Path, place: tuple[str, ...], value: Any) -> None:
    bad = copy.deepcopy(GOOD)
    inside = bad
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    assert not VALIDATOR.is_valid(bad)
    path = tmp_path / "study.json"
    path.write_text(json.dumps(bad))
    with pytest.raises(ScenarioError):
        load_study(path)


@pytest.mark.parametrize("analysis", ["predict", "calibrate"])
def test_facts_are_needed_where_there_is_no_analysis_without(analysis: str) -> None:
    stated = {**GOOD, "analysis": analysis}
    assert not VALIDATOR.is_valid(stated)
    assert not VALIDATOR.is_valid({**stated, "options": {}})
    assert VALIDATOR.is_valid({**stated, "options": {"targets": "facts.yaml"}})


def test_the_command_prints_either(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--study"]) == DONE
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(study_schema()))
    assert main(["schema"]) == DONE
    assert json.loads(capsys.readouterr().out)["title"] == "cisim scenario"
    assert main(["schema", "--studies"]) == BAD_INPUT
