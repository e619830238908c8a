"""The table of parameters: complete, consistent, and read by the rules."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import cisim
from cisim import engine
from cisim.params import DTYPE, LEVERS, PARAMS, SECTIONS, defaults, nearest, to_record
from cisim.presets import REGIME_LEVERS

SOURCE = Path(cisim.__file__).parent
MODULES = (*SOURCE.glob("rules/*.py"), *(SOURCE / f"{name}.py" for name in (
    "found", "production", "practice", "money", "rooms", "ties", "outcomes",
)))  # fmt: skip
SIZES = {"months", "n_orgs", "n_public_funders", "n_coalitions", "max_ties", "practice_bits", "ruggedness"}
"""Read by the engine, which makes the arrays."""


@pytest.mark.parametrize("row", PARAMS.values(), ids=PARAMS)
def test_each_row_says_what_it_is(row):
    assert row.unit
    assert len(row.meaning) > 10
    assert len(row.source) > 5
    assert row.grade in {"measured", "derived", "assumed"}
    assert row.section in SECTIONS
    assert row.low < row.high
    assert row.low <= row.code(row.default) <= row.high
    assert (row.kind == "choice") == bool(row.choices)
    assert not row.name.startswith("_")
    if row.kind == "int":
        assert isinstance(row.default, int)
    if row.unit == "share":
        assert row.low >= -1.0
        assert row.high <= 1.5


def read_by_rules() -> set[str]:
    found = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "p":
                found.add(node.attr)
    return found


def test_no_parameter_is_dead_and_none_is_invented():
    read = read_by_rules()
    text = (SOURCE / "engine.py").read_text("utf-8")
    assert all(f'"{name}"' in text for name in SIZES)
    assert set(PARAMS) - read - SIZES == set()
    assert read - set(PARAMS) == set()


def test_the_record_holds_every_value():
    values = defaults()
    record = to_record(values)
    assert record.dtype == DTYPE
    assert set(DTYPE.names) == set(PARAMS)
    for name, row in PARAMS.items():
        assert record[name][0] == row.code(values[name])
    assert record["formation"][0] == 0
    assert to_record(values | {"formation": "mandate"})["formation"][0] == 4
    with pytest.raises(KeyError):
        to_record({"months": 12})


def test_choices_have_the_codes_the_rules_use():
    from cisim import ties
    from cisim.rules import fund, infrastructure, join, learn, meet

    names = PARAMS["formation"].choices
    codes = (join.NEVER, join.CRISIS, join.BY_GRANT, join.CONVENER, join.MANDATE, join.SPAWNED)
    assert dict(zip(names, codes, strict=True)) == {
        "never": 0, "crisis": 1, "grant": 2, "convener": 3, "mandate": 4, "spawned": 5,
    }  # fmt: skip
    assert meet.MANDATE == join.MANDATE
    assert PARAMS["financing"].choices[infrastructure.ADDED] == "added"
    assert PARAMS["trust_rule"].choices[ties.BETA] == "beta"
    assert PARAMS["partner_rule"].choices[learn.BY_SIZE] == "size"
    assert PARAMS["appraisal_rule"].choices[fund.LOTTERY] == "lottery"
    assert PARAMS["start_stage"].choices == ("learning", "coordination", "collective-impact")


def test_levers_are_what_regimes_set():
    assert set(REGIME_LEVERS) <= set(LEVERS)
    assert {name for name, row in PARAMS.items() if row.is_lever} == set(LEVERS)


def test_misspelt_names_find_their_neighbour():
    assert nearest("backbone_usd", PARAMS) is not None
    assert nearest("atendance", PARAMS) == "attendance"
    assert nearest("zzzzzz", PARAMS) is None


@pytest.mark.parametrize(
    "name",
    ["attendance", "fidelity", "backbone_usd_per_year", "trust_years", "grant_term_years", "n_coalitions"],
)
def test_a_changed_parameter_changes_the_run(small, name):
    """A sample; `validation` goes through all of them."""
    base = small.with_(regime="collective")
    row = PARAMS[name]
    value = row.high if base.values[name] != row.high else row.low
    value = min(value, 4) if row.kind == "int" else value
    changed = engine.run_world(base.with_(**{name: value}), 1)
    assert not np.array_equal(changed.series, engine.run_world(base, 1).series)
