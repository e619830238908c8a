"""Every pointer of the register leads to a rule that reads it and acts by it; planted dead ones are caught.

Worlds are run with fixed seeds and compared bit by bit, so that nothing here is left to chance.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from cisim.claims.effects import BASE, BASES, OTHERS, effect_of_parameter, seen_by
from cisim.claims.pointers import Followed, Pointer, check_pointer, check_pointers, pointers_of, problems_of
from cisim.claims.reads import facts_read, parameters_read
from cisim.claims.register import RULES, register, register_from
from cisim.compiled import PACKAGE
from cisim.engine import run_world
from cisim.params import PARAMS
from cisim.records import Frozen
from cisim.scenario import Scenario, load

NOTICEABLE = 0.001  # relative difference that the weakest pointer of the register has to make


@pytest.fixture(scope="module")
def findings() -> tuple[Followed, ...]:
    return check_pointers(register())


@pytest.fixture(scope="module")
def base() -> Scenario:
    return load("generic-adaptive").with_(**{**BASE, "months": 24, "n_orgs": 10, "importing": 2})


def test_every_pointer_is_read_and_moves_an_outcome(findings):
    assert problems_of(findings) == ()
    assert len(findings) == len(pointers_of(register())) > 100


def test_none_moves_so_little_that_it_could_be_left_out(findings):
    weak = {str(one.pointer): one.largest for one in findings if one.largest[1] < NOTICEABLE}
    assert weak == {}


def test_every_pointer_knows_the_statements_that_use_it(findings):
    ids = {claim.id for claim in register().claims if claim.carried_by}
    assert {name for one in findings for name in one.claims} == ids


def test_settings_of_pointers_are_of_rules_and_parameters_that_exist():
    known = {f"{rule}.{name}" for rule in RULES for name in parameters_read(rule)}
    assert set(BASES) <= known
    assert set(OTHERS) <= known | set(PARAMS)


# --- negative controls: what is planted is caught ---


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        (Pointer("gossip", "fear"), "there is no rule gossip"),
        (Pointer("meet", "courage"), "there is no parameter courage"),
        (Pointer("meet", "complementarity"), "meet does not read complementarity"),
        (Pointer("record", "fear"), "record does not read fear"),
        (Pointer(regime="utopia"), "there is no regime utopia"),
        (Pointer("deliver", part="links", of="generic-adaptive"), "too few links"),
        (Pointer("deliver", part="groups", of="null-separable"), "too few groups"),
        (Pointer("meet", part="links", of="infant-mortality"), "meet does not use links"),
        (Pointer("join", part="regimes", of="wetland"), "states no levers"),
    ],
)
def test_a_pointer_that_leads_nowhere_is_caught(pointer, words):
    found = check_pointer(pointer, ("S0.1",))
    assert not found.is_alive
    assert words in found.problem
    assert found.effect is None
    assert problems_of([found])[0].startswith("S0.1: ")


@pytest.mark.parametrize(
    "pointer",
    [
        Pointer("infrastructure", "savings_share"),  # read, but nothing is saved: savings_usd_per_unit is 0
        Pointer(
            "meet", "program_effect_sd"
        ),  # read, but nobody exaggerates: money does not hang on own effect
        Pointer("fund", "shortlist_ratio"),  # read, but no lots are drawn
    ],
)
def test_a_parameter_that_moves_nothing_is_caught(pointer):
    found = check_pointer(pointer)
    assert found.read_in
    assert found.problem.startswith("no outcome differs")


def test_a_read_that_is_taken_out_of_the_source_makes_its_pointer_stale(tmp_path):
    package = tmp_path / "cisim"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.yaml", "published"))
    pointer = Pointer("meet", "fear")
    assert check_pointer(pointer, package=package).is_alive
    other = tmp_path / "edited" / "cisim"
    shutil.copytree(package, other)
    meet = other / "rules" / "meet.py"
    text = meet.read_text(encoding="utf-8")
    assert text.count("p.fear") == 1
    meet.write_text(text.replace("p.fear", "0.5"), encoding="utf-8")
    assert check_pointer(pointer, package=other).problem == "meet does not read fear"


def test_a_dead_pointer_in_a_register_is_told_with_its_statement():
    carriers = [
        {"rule": "meet", "parameters": ["fear", "ruggedness"], "how": "one is read there and one is not"},
        {"rule": "infrastructure", "parameters": ["savings_share"], "how": "read, but without any effect"},
    ]
    claim = {
        "id": "S0.1",
        "kind": "mechanism",
        "says": "A statement with dead pointers.",
        "carried_by": carriers,
    }
    papers = [{"id": "S0", "title": "An example"}]
    made = register_from({"cisim_claims": 1, "title": "Example", "documents": papers, "claims": [claim]})
    told = problems_of(check_pointers(made))
    assert [sentence.split(": ")[:3] for sentence in told] == [
        ["S0.1", "meet", "ruggedness"],
        ["S0.1", "infrastructure", "savings_share"],
    ]


# --- the two instruments are right ---


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_sees_the_same_values_changes_not_a_bit(rule, base):
    world, plain = seen_by(rule, base, base, 5), run_world(base, 5)
    assert np.array_equal(world.series, plain.series)
    assert np.array_equal(world.by_group, plain.by_group)


@pytest.mark.parametrize("rule", RULES)
def test_what_the_source_reader_does_not_list_is_not_read(rule, base):
    read = parameters_read(rule)
    strange = {
        name: row.choices[-1] if row.kind == "choice" else type(base.values[name])(row.high)
        for name, row in PARAMS.items()
        if name not in read
    }
    other = replace(base, values=Frozen({**base.values, **strange}))
    world, plain = seen_by(rule, base, other, 5), run_world(base, 5)
    assert np.array_equal(world.series, plain.series, equal_nan=True)


def test_every_parameter_is_read_by_some_rule():
    assert {name for rule in RULES for name in parameters_read(rule)} == set(PARAMS)


def test_reads_are_followed_into_helpers_and_name_the_function():
    assert parameters_read("meet")["group_size"] == ("rooms.seat",)
    assert "practice.group_quality" in parameters_read("learn")["group_specificity"]
    assert parameters_read("found")["ruggedness"] == ("engine.dims_of",)
    assert facts_read("deliver")["link"] == ("production.group_output",)
    assert parameters_read("nothing") == {}


def test_one_parameter_is_looked_at_rule_by_rule():
    heard, planned = (effect_of_parameter(rule, "mutual_activities").moved for rule in ("meet", "allocate"))
    assert heard["shared_knowledge"] > 10 * planned.get("shared_knowledge", 0.0)
    assert planned["brokered_plans"] > 10 * heard.get("brokered_plans", 0.0)


def test_relative_differences_are_sorted_and_bounded():
    moved = effect_of_parameter("deliver", "complementarity").moved
    sizes = list(moved.values())
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > 0.0
    assert max(sizes) <= 2.0
