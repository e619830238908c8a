from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cisim.claims.reads import parameters_read
from cisim.params import PARAMS, SECTIONS
from cisim.parsimony.design import design_of
from cisim.parsimony.inputs import (
    CALIBRATED,
    HALF_WAY,
    HELD,
    PLACEBO,
    PLAUSIBLE,
    REGIMES,
    SCENARIO,
    SIZES,
    WHOLES,
    Input,
    inputs_of,
    plausible,
    spanned,
)
from cisim.parsimony.readers import RULES, read_alone_by, read_by, readers_of
from cisim.parsimony.simulation import RULE, SECTION, cases_of, groups_of
from cisim.presets import REGIME_LEVERS
from cisim.records import Frozen, Uncertainty
from cisim.scenario import Scenario, list_scenarios, load
from cisim.study.spec import Posterior

BASE = load("generic-adaptive")


def named(inputs: Sequence[Input]) -> dict[str, Input]:
    return {one.name: one for one in inputs}


def ends(found: Uncertainty | None) -> tuple[Any, Any]:
    assert found is not None
    return found.arguments["low"], found.arguments["high"]


def test_every_parameter_is_an_input_or_held_on_purpose() -> None:
    inputs = [one.name for one in inputs_of(BASE)]
    assert len(set(inputs)) == len(inputs)
    assert set(inputs) | set(HELD) == set(PARAMS) | {PLACEBO}
    assert not set(inputs) & set(HELD)
    assert set(SIZES) < set(PARAMS)


def test_levers_of_regimes_vary_half_way_only() -> None:
    for one in inputs_of(BASE):
        assert (one.cases == (HALF_WAY,)) == (one.name in REGIME_LEVERS) == (one.origin == REGIMES)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("turf", 0.25, 0.75),  # a share: half the way to the nearer end
        ("grant_end_drop", 0.05, 0.15),
        ("backbone_taper", 0.0, 1.0),  # switched off: as stated
        ("meeting_hours", 1.0, 4.0),  # a number: half to double
        ("overhead_allowed", 0.075, 0.3),
        ("practice_bits", 8.0, 16.0),  # cut above and below: at most 16, more than ruggedness
        ("shared_reliability", 0.4, 0.99),
    ],
)
def test_plausible_ranges_follow_the_rule(name: str, low: float, high: float) -> None:
    declared = {one.name: one for one in BASE.uncertainties}
    assert ends(plausible(PARAMS[name], BASE, declared)) == pytest.approx((low, high))


def test_plausible_ranges_stand_around_the_value_of_the_scenario() -> None:
    other = BASE.with_(
        meeting_hours=4.0, turf=0.9, reserve_months=0, fear=1.0, complementarity=-4.0, months=8 * 12
    )
    assert ends(plausible(PARAMS["meeting_hours"], other)) == (2.0, 8.0)
    assert ends(plausible(PARAMS["turf"], other)) == pytest.approx((0.85, 0.95))
    assert ends(plausible(PARAMS["fear"], other)) == (0.5, 1.0)
    assert ends(plausible(PARAMS["complementarity"], other)) == (-8.0, -2.0)
    assert plausible(PARAMS["reserve_months"], other) is None


def test_ruggedness_stays_below_the_number_of_decisions_whoever_says_how_far_it_goes() -> None:
    bare = replace(BASE.with_(ruggedness=4, practice_bits=10), uncertainties=())
    rugged, bits = (plausible(PARAMS[name], bare) for name in ("ruggedness", "practice_bits"))
    assert ends(rugged) == (2.0, 8.0)
    assert ends(bits) == (9.0, 16.0)
    tight = replace(BASE.with_(ruggedness=7, practice_bits=8), uncertainties=())
    assert ends(plausible(PARAMS["ruggedness"], tight)) == (3.5, 7.0)
    calibrated = Posterior(("ruggedness",), ((1,), (9,)), (1.0, 1.0), "example")
    drawn = design_of(inputs_of(BASE, calibrated), 200, 1).base["practice_bits"]
    assert min(drawn) == 10


def test_shares_of_a_whole_stay_below_it_together() -> None:
    for names in WHOLES:
        assert sum(ends(plausible(PARAMS[name], BASE))[1] for name in names) <= 1.0 + 1e-12


def test_a_lever_spans_the_regimes() -> None:
    assert ends(spanned("importing")) == (0.05, 0.5)
    formation = spanned("formation")
    assert formation is not None
    assert "never" not in formation.arguments["values"]
    assert "convener" in formation.arguments["values"]


@pytest.mark.parametrize("name", [one.name for one in list_scenarios()])
def test_every_draw_is_a_scenario(name: str) -> None:
    """`with_` refuses what contradicts itself."""
    scenario = load(name).with_(n_orgs=10, months=36)
    inputs = inputs_of(scenario)
    design = design_of(inputs, 12, 5, groups_of(inputs))
    for case, base in cases_of(scenario).items():
        for i in range(design.n_points):
            for swap in (None, *(design.swaps[k] for k in design.swaps_in(case)[::7])):
                point = design.point(i, case, swap)
                point.pop(PLACEBO)
                made = base.with_(**point)
                assert {key: made.values[key] for key in point} == point


def test_draws_stay_within_what_is_allowed_and_reach_both_halves() -> None:
    design = design_of(inputs_of(BASE), 400, 2)
    for one in design.inputs:
        if one.name == PLACEBO or PARAMS[one.name].kind == "choice":
            continue
        values = design.base[one.name].astype(float)
        row = PARAMS[one.name]
        assert row.low <= values.min() < values.max() <= row.high
        middle = 0.5 * (values.min() + values.max())
        assert (values <= middle).any()
        assert (values > middle).any()


def two_by_two() -> Posterior:
    """Turf and fear together: both low or both high."""
    return Posterior(("turf", "fear"), ((0.1, 0.2), (0.8, 0.9)), (1.0, 3.0), "example")


def test_calibrated_inputs_are_joint_in_the_base_and_marginal_when_swapped_in() -> None:
    """1,000 rows, weights 1 to 3: a share of .75 is met within .06, over four standard errors."""
    inputs = inputs_of(BASE, two_by_two())
    assert named(inputs)["turf"].origin == CALIBRATED
    design = design_of(inputs, 1000, 4)
    base = list(zip(design.base["turf"], design.base["fear"], strict=True))
    assert set(base) == {(0.1, 0.2), (0.8, 0.9)}
    assert abs(np.mean([pair == (0.8, 0.9) for pair in base]) - 0.75) < 0.06
    other = list(zip(design.other["turf"], design.other["fear"], strict=True))
    assert len(set(other)) == 4


def test_what_is_calibrated_goes_before_what_is_declared_and_that_before_the_rule() -> None:
    origins = {one.name: one.origin for one in inputs_of(BASE, two_by_two())}
    assert origins["turf"] == CALIBRATED
    assert origins["trust_years"] == SCENARIO
    assert origins["meeting_hours"] == PLAUSIBLE
    declared = Posterior(("trust_years",), ((2.0,), (3.0,)), (1.0, 1.0), "example")
    assert named(inputs_of(BASE, declared))["trust_years"].origin == CALIBRATED


def test_a_scenario_that_declares_nothing_gets_ranges_by_rule() -> None:
    bare: Scenario = replace(BASE, uncertainties=())
    assert {one.origin for one in inputs_of(bare)} == {PLAUSIBLE, REGIMES, "placebo"}


def test_whole_numbers_and_names_keep_their_type() -> None:
    point = design_of(inputs_of(BASE), 1, 1).point(0, HALF_WAY)
    for name, value in point.items():
        if name != PLACEBO:
            expected = {"float": float, "int": int, "choice": str}[PARAMS[name].kind]
            assert isinstance(value, expected), name


def test_groups_hold_inputs_only_and_every_section_is_there() -> None:
    inputs = inputs_of(BASE)
    groups = groups_of(inputs)
    members = {name for group in groups.values() for name in group}
    assert members <= {one.name for one in inputs} - {PLACEBO}
    assert {title.removeprefix(SECTION) for title in groups if title.startswith(SECTION)} == set(SECTIONS)
    assert set(groups[f"{RULE}allocate"]) == {"target_sharpness"}


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("target_sharpness", ("allocate",)),
        ("overhead_topup", ("books",)),
        ("ruggedness", ("found",)),  # sizes of arrays, read by the engine
        ("turf", ("found", "join")),
        ("client_overlap", ("found", "deliver")),  # through `serve`, which both call
        ("group_size", ("meet", "learn", "allocate")),  # through rooms
        ("recession_depth", ("infrastructure", "books")),  # through money
        ("trust_rule", ("meet", "fund")),  # through ties
    ],
)
def test_readers_are_those_in_the_source(name: str, rules: tuple[str, ...]) -> None:
    assert readers_of(name) == rules


def test_every_parameter_is_read_by_a_rule() -> None:
    assert [name for name in PARAMS if not readers_of(name)] == []


def test_what_a_rule_reads_alone_nobody_else_reads() -> None:
    for rule in RULES:
        for name in read_alone_by(rule):
            assert name in read_by(rule)
            assert not any(name in read_by(other) for other in RULES if other != rule)


def test_an_unknown_parameter_or_rule_reads_nothing() -> None:
    with pytest.raises(KeyError):
        readers_of("no_such_parameter")
    assert read_by("no_such_rule") == frozenset()


def test_what_newcomers_are_founded_from_is_read_by_found_alone() -> None:
    """`turnover` founds organisations, all of whose attributes it would read otherwise."""
    assert "competence_mean" in parameters_read("turnover")
    assert readers_of("competence_mean") == ("found",)
    assert (
        read_by("turnover")
        == set(parameters_read("turnover", founds=False))
        < set(parameters_read("turnover"))
    )


def test_a_choice_is_drawn_from_all_its_names() -> None:
    found = plausible(PARAMS["trust_rule"], BASE)
    assert found is not None
    assert found.arguments == Frozen({"values": ("gradual", "beta")})
