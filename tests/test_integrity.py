"""The seven integrity rules of the model, each kept by a test."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cisim
from cisim import engine, rng
from cisim.engine import STEP, World
from cisim.outcomes import COLUMNS
from cisim.presets import REGIME_LEVERS
from cisim.presets import regime as preset
from cisim.scenario import Scenario, load
from cisim.state import (
    BUDGET,
    FIRST_FUNDER,
    FOUNDING,
    H_JOINT,
    H_LEARNING,
    H_MEASUREMENT,
    H_MEETINGS,
    H_VOLUNTEERING,
    OUTSIDE,
    OWN_INCOME,
    POOLING,
    State,
)

SOURCE = Path(cisim.__file__).parent
RULES = sorted((SOURCE / "rules").glob("[a-z]*.py"))
COMPILED = [
    *RULES,
    *(SOURCE / f"{name}.py" for name in ("production", "practice", "found", "money", "rooms", "ties")),
]
REGIMES = tuple(listing.name for listing in cisim.regimes())
DIALS = {
    "common_agenda": {"meet"},
    "shared_measurement": {"infrastructure"},
    "mutual_activities": {"meet", "learn", "allocate"},
    "communication": {"infrastructure", "meet", "learn"},
    "backbone": {"infrastructure"},
}
"""The five conditions, and the only modules that may read them: none of these makes outcomes."""
COALITION = {
    "coalition", "stage", "n_members", "measurement", "staffed", "manager", "data_manager", "facilitator",
    "backbone_level", "staff_fte", "leadership", "alignment", "presence", "satisfaction", "playbook",
}  # fmt: skip
TOGETHER = {
    "formation": "mandate", "formation_month": 1, "start_stage": "collective-impact",
    "coalition_end_per_year": 0.0, "grant_end_drop": 0.0,
}  # fmt: skip
ALL_DIALS = dict.fromkeys(DIALS, 1.0)
K = {name: k for k, name in enumerate(STEP)}


def column(world: World, name: str) -> np.ndarray:
    return world.series[:, COLUMNS.index(name)]


def end(world: World) -> float:
    """Indicator of the last year; in the scenarios used here less is better."""
    return float(column(world, "indicator")[-12:].mean())


def standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size))


def attributes(path: Path, of: str) -> set[str]:
    """Names of the attributes of variable `of` that a module reads or writes."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == of}


# ---- 1 No built-in verdict ----------------------------------------------------------------------------------


def test_rule_1_no_rule_knows_the_name_of_a_regime():
    known = {*REGIMES, *(name.replace("-", "_") for name in REGIMES)}
    for path in COMPILED:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in known, (path.name, node.value)
            if isinstance(node, ast.Attribute | ast.Name):
                name = node.attr if isinstance(node, ast.Attribute) else node.id
                assert name not in {"regime", "scenario"}, path.name
                assert name not in known - {"collective", "network"}, (path.name, name)


def test_rule_1_dials_are_read_where_people_meet_and_pay_not_where_outcomes_arise():
    for dial, allowed in DIALS.items():
        assert {path.stem for path in COMPILED if dial in attributes(path, "p")} == allowed
    for name in ("production", "rules/deliver"):
        path = SOURCE / f"{name}.py"
        assert not attributes(path, "p") & (set(DIALS) | set(REGIME_LEVERS)), name
        assert not attributes(path, "s") & COALITION, name


def test_rule_1_conditions_without_information_hours_trust_choice_or_money_do_nothing():
    """A coalition that has all dials up but never meets and pays nothing leaves the indicator where it was."""
    apart = load("generic-adaptive").with_(months=60, practice_bits=6, copying_per_year=0.0)
    free = {"backbone_usd_per_year": 0.0, "measurement_setup_usd": 0.0, "measurement_usd_per_year": 0.0}
    idle = apart.with_(**TOGETHER | ALL_DIALS | free | {"communication": 0.0, "measurement_hours": 2.0})
    idle = idle.with_(shared_reliability=apart.values["report_reliability"], shared_report_months=12)
    meeting = idle.with_(communication=1.0)
    for seed in range(3):
        a, b, c = (engine.run_world(one, seed) for one in (apart, idle, meeting))
        assert column(b, "members")[-1] > 40
        np.testing.assert_allclose(column(b, "indicator"), column(a, "indicator"), rtol=1e-12)
        np.testing.assert_allclose(b.by_group, a.by_group, rtol=1e-12)
        assert (
            np.abs(column(c, "indicator") / column(a, "indicator") - 1.0).max() > 1e-6
        )  # the control differs


def test_rule_1_membership_alone_takes_nothing_from_everyday_copying():
    """As above with everyday copying on: joining a coalition that never meets should not silence old contacts."""
    apart = load("generic-adaptive").with_(months=60, practice_bits=6)
    free = {"backbone_usd_per_year": 0.0, "measurement_setup_usd": 0.0, "measurement_usd_per_year": 0.0}
    idle = apart.with_(**TOGETHER | ALL_DIALS | free | {"communication": 0.0, "measurement_hours": 2.0})
    idle = idle.with_(shared_measurement=0.0)
    a, b = engine.run_world(apart, 0), engine.run_world(idle, 0)
    np.testing.assert_allclose(column(b, "indicator"), column(a, "indicator"), rtol=1e-12)


# ---- 2 A regime is a name -----------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", REGIMES)
def test_rule_2_equal_levers_give_equal_bits_whatever_they_are_called(small, regime):
    named = small.with_(regime=regime)
    other = next(name for name in REGIMES if name != regime)
    same = small.with_(
        regime=other, name="another", **{lever: named.values[lever] for lever in REGIME_LEVERS}
    )
    assert same.regime == other
    a, b = engine.run_world(named, 5), engine.run_world(same, 5)
    assert a.series.tobytes() == b.series.tobytes()
    assert all(x.tobytes() == y.tobytes() for x, y in zip(a.state, b.state, strict=True))


def test_rule_2_regimes_differ_where_their_levers_do(small):
    long = small.with_(months=60)
    worlds = {regime: engine.run_world(long.with_(regime=regime), 5).series.tobytes() for regime in REGIMES}
    assert len(set(worlds.values())) == len(REGIMES)


@pytest.mark.parametrize("regime", [name for name in REGIMES if preset(name).values["formation"] != "never"])
def test_rule_2_a_regime_that_means_to_meet_does(regime):
    for name in ("generic-adaptive", "infant-mortality"):
        scenario = load(name)
        if scenario.values["crisis_spike"] == 0.0 and preset(regime).values["formation"] == "crisis":
            continue
        world = engine.run_world(scenario.with_(regime=regime, months=24), 1)
        assert column(world, "members").max() >= 2.0, name
        assert column(world, "usd_meetings").sum() > 0.0, name


@pytest.mark.parametrize("dial", DIALS)
def test_rule_2_every_dial_has_points_between(small, dial):
    full = small.with_(regime="collective", months=60).with_(**TOGETHER | ALL_DIALS)
    worlds = [engine.run_world(full.with_(**{dial: level}), 3) for level in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert len({world.series.tobytes() for world in worlds}) == 5
    assert all(np.isfinite(world.series).all() for world in worlds)


# ---- 3 Everything costs -------------------------------------------------------------------------------------

COORDINATION = ("usd_meetings", "usd_measurement", "usd_backbone", "usd_learning")


@pytest.mark.parametrize("dial", DIALS)
@pytest.mark.parametrize("rest", [{}, {"communication": 1.0}, {"communication": 1.0, "backbone": 1.0}])
def test_rule_3_a_dial_that_changes_anything_costs_something(dial, rest):
    """Raised alone, in a coalition: what does not cost money has no effect at all (an agenda nobody meets about)."""
    base = (
        load("generic-adaptive").with_(months=36, practice_bits=6, exit_per_year=0.0).with_(**TOGETHER | rest)
    )
    dear = 0
    for seed in range(4):
        off = engine.run_world(base.with_(**{dial: 0.0}), seed)
        on = engine.run_world(base.with_(**{dial: 1.0}), seed)
        cost = sum(column(on, name).sum() - column(off, name).sum() for name in COORDINATION)
        if np.array_equal(column(on, "indicator"), column(off, "indicator")):
            assert dial in {"common_agenda", "mutual_activities"}
            assert not rest
        else:
            assert cost > 0.0, seed
            dear += 1
    assert dear == (0 if dial in {"common_agenda", "mutual_activities"} and not rest else 4)


def flows(scenario: Scenario, seed: int) -> tuple[np.ndarray, World]:
    """Money by payer (outside or not) and purpose: (2, n_purposes)."""
    world = engine.build(scenario, seed, ledger=True)
    s = world.state
    total = np.zeros((2, s.paid.size))
    for month in range(world.n_months):
        world.advance(0, len(STEP), month, month + 1)
        n = int(s.world.ledger_count[0])
        from_outside = (s.ledger_payer[:n] == OUTSIDE).astype(int)
        np.add.at(total, (from_outside, s.ledger_purpose[:n]), s.ledger_usd[:n])
        s.world.ledger_count[0] = 0
    return total, world


def test_rule_3_at_equal_budget_funders_get_the_same_and_added_money_is_the_infrastructure(small):
    budgets = {}
    for regime in REGIMES:
        total, _ = flows(small.with_(regime=regime), 4)
        budgets[regime] = total[1, BUDGET]
        from_outside = {k for k in range(total.shape[1]) if total[1, k] > 0.0}
        assert from_outside <= {BUDGET, OWN_INCOME, FOUNDING}, regime  # nothing else comes in
    assert max(budgets.values()) == pytest.approx(min(budgets.values()), rel=1e-12)
    total, world = flows(small.with_(regime="collective", financing="added"), 4)
    assert total[1, BUDGET] == pytest.approx(budgets["collective"], rel=1e-12)
    added = total[1].sum() - total[1, [BUDGET, OWN_INCOME, FOUNDING]].sum()
    infrastructure = column(world, "usd_backbone").sum() + 50_000.0  # and the landscape scan
    infrastructure += world.state.system_paid[0] * world.record.measurement_setup_usd
    running = added - infrastructure
    months_running = (column(world, "shared_measurement_level") > 0.0).sum()
    assert running == pytest.approx(months_running * world.record.measurement_usd_per_year / 12.0, rel=1e-9)


# ---- 4 Every dollar and hour is accounted for ---------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(number=st.integers(0, 10**9), seed=st.integers(0, 2**63 - 1))
def test_rule_4_every_dollar_and_hour_is_accounted_for(any_scenario, number, seed):
    world = engine.build(any_scenario(number), seed, ledger=True)
    s = world.state
    total = float(s.balance.sum())
    for month in range(world.n_months):
        before, paid = s.balance.copy(), np.zeros_like(s.balance)
        world.advance(0, K["deliver"], month, month + 1)
        available = s.staff_hours.copy()
        world.advance(K["deliver"], K["measure"], month, month + 1)
        living = s.is_active == 1
        np.testing.assert_allclose(s.hours.sum(axis=1)[living], available[living], rtol=1e-9, atol=1e-9)
        assert s.hours.min() >= -1e-9 * max(1.0, available.max())
        world.advance(K["measure"], len(STEP), month, month + 1)
        n = int(s.world.ledger_count[0])
        assert 0 <= n < s.ledger_usd.size
        usd = s.ledger_usd[:n]
        assert n == 0 or usd.min() > 0.0
        np.add.at(paid, s.ledger_payee[:n], usd)
        np.subtract.at(paid, s.ledger_payer[:n], usd)
        gross = max(1.0, float(usd.sum()), float(np.abs(before).max()))
        np.testing.assert_allclose(s.balance - before, paid, rtol=0.0, atol=1e-9 * gross)
        assert s.balance[FIRST_FUNDER:].min() >= -1e-9 * gross
        s.world.ledger_count[0] = 0
    assert s.balance.sum() == pytest.approx(total, abs=1e-9 * max(1.0, float(np.abs(s.balance).max())))


def test_rule_4_pay_equals_hours_at_their_price_unless_money_is_short(small):
    world = engine.build(small.with_(regime="collective", reserve_months=36.0), 2)
    s = world.state
    for month in range(24):
        world.advance(0, K["books"], month, month + 1)
        hours = s.hours[s.is_active == 1]
        world.advance(K["books"], K["turnover"], month, month + 1)
        uses = (H_MEETINGS, H_LEARNING, H_VOLUNTEERING, H_JOINT)  # the system's own bill is under measurement
        for use in uses:
            assert s.paid[use + 6] == pytest.approx(30.0 * hours[:, use].sum(), rel=1e-9)
        world.advance(K["turnover"], len(STEP), month, month + 1)


# ---- 5 Nulls exist ------------------------------------------------------------------------------------------


def billed(scenario: Scenario, seed: int) -> tuple[World, list[tuple[np.ndarray, np.ndarray]]]:
    """Run a world and note each month what its coalition takes: hours promised, and dollars by giver."""
    world = engine.build(scenario, seed, ledger=True)
    s, bill = world.state, []
    givers = FIRST_FUNDER + np.flatnonzero(s.is_public == 0)
    for month in range(world.n_months):
        world.advance(0, K["infrastructure"], month, month + 1)
        hours = s.hours_owed[:, [H_MEETINGS, H_MEASUREMENT, H_VOLUNTEERING]].copy()
        world.advance(K["infrastructure"], K["books"], month, month + 1)
        n = int(s.world.ledger_count[0])
        spent = s.ledger_purpose[:n] != POOLING
        usd = [s.ledger_usd[:n][spent & (s.ledger_payer[:n] == giver)].sum() for giver in givers]
        bill.append((hours, np.array(usd)))
        world.advance(K["books"], len(STEP), month, month + 1)
        s.world.ledger_count[0] = 0
    return world, bill


def charged(scenario: Scenario, seed: int, bill: list[tuple[np.ndarray, np.ndarray]]) -> World:
    """Run a world without a coalition from which the same hours and dollars are taken, for nothing."""
    world = engine.build(scenario, seed)
    s = world.state
    givers = FIRST_FUNDER + np.flatnonzero(s.is_public == 0)
    for month, (hours, usd) in enumerate(bill):
        world.advance(0, K["infrastructure"], month, month + 1)
        living = np.flatnonzero(s.is_active)
        s.hours_owed[np.ix_(living, [H_MEETINGS, H_MEASUREMENT, H_VOLUNTEERING])] = hours[living]
        world.advance(K["infrastructure"], K["books"], month, month + 1)
        s.balance[givers] -= usd
        s.balance[OUTSIDE] += usd.sum()
        world.advance(K["books"], len(STEP), month, month + 1)
    return world


def null_arms(worlds: int, **changes: float) -> tuple[np.ndarray, np.ndarray]:
    """Paired losses of the indicator: with all dials on, and by the bill alone."""
    off = load("null-separable").with_(convening=1.0, **changes)
    on = off.with_(**ALL_DIALS, **TOGETHER | {"formation": "convener", "formation_month": 6})
    on = on.with_(intends_to_last=1.0, backbone_term_years=50.0)
    loss, bill_alone = [], []
    for seed in range(worlds):
        without = end(engine.run_world(off, seed))
        world, bill = billed(on, seed)
        assert column(world, "members")[-1] > 30
        assert column(world, "shared_measurement_level")[-1] > 0.5
        loss.append(end(world) - without)
        bill_alone.append(end(charged(off, seed, bill)) - without)
    return np.array(loss), np.array(bill_alone)


def test_rule_5_where_nothing_can_be_gained_working_together_loses_what_it_costs():
    """Loss above 0 by at least 5 standard errors; loss and bill equal within 4 (wrong by chance 1 in 16,000)."""
    loss, bill = null_arms(30, org_budget_log_sd=0.3)
    assert loss.mean() > 5.0 * standard_error(loss)
    assert bill.mean() > 5.0 * standard_error(bill)
    difference = loss - bill
    assert abs(difference.mean()) < 4.0 * standard_error(difference)
    assert abs(difference.mean()) < 0.1 * bill.mean()  # and that is close


def test_rule_5_meetings_without_measurement_harm_where_nobody_is_served_twice():
    """Same levers, with and without the coalition they call for: the 95 % interval over 40 pairs is below 0.

    Where services overlap, merely meeting can gain: members hear of one another's clients.
    """
    met = load("null-separable").with_(regime="name-only", org_budget_log_sd=0.3)
    apart = met.with_(formation="never")
    gain = np.array([end(engine.run_world(apart, k)) - end(engine.run_world(met, k)) for k in range(40)])
    assert gain.mean() + 1.96 * standard_error(gain) < 0.0


def test_rule_5_an_untested_coalition_can_do_worse_than_working_alone():
    """Collective impact in name only against isolation, adaptive problem: 95 % interval over 40 pairs."""
    alone = load("generic-adaptive")
    named = alone.with_(regime="name-only")
    gain = np.array([end(engine.run_world(alone, k)) - end(engine.run_world(named, k)) for k in range(40)])
    assert gain.mean() - 1.96 * standard_error(gain) < 0.0


# ---- 6 Paired worlds ----------------------------------------------------------------------------------------


def test_rule_6_regimes_start_from_the_same_state(small):
    first = engine.build(small, 9).state
    for regime in REGIMES:
        other = engine.build(small.with_(regime=regime), 9).state
        for name, a, b in zip(State._fields, first, other, strict=True):
            assert a.tobytes() == b.tobytes(), (regime, name)
    control = engine.build(small, 10).state
    assert not np.array_equal(first.competence, control.competence)
    assert not np.array_equal(first.table, control.table)


def fate(scenario: Scenario, seed: int) -> np.ndarray:
    """What shocks do, month by month: recession, level, trend, weights of the drivers."""
    world = engine.build(scenario, seed)
    rows = []
    for month in range(world.n_months):
        world.advance(0, len(STEP), month, month + 1)
        w = world.state.world[0]
        rows.append([w.recession_left, w.level_shock, w.trend, *world.state.weight])
    return np.array(rows)


def test_rule_6_regimes_meet_the_same_fate(small):
    wild = small.with_(recession_per_year=0.5, need_shock_per_year=0.5, months=60)
    fates = [fate(wild.with_(regime=regime), 3) for regime in REGIMES]
    assert all(np.array_equal(fates[0], other) for other in fates[1:])
    assert np.array_equal(fates[0], fate(wild.with_(n_orgs=30), 3))  # whoever else is there
    assert not np.array_equal(fates[0], fate(wild, 4))


TRAITS = (
    "sector", "age", "start_hours", "own_income", "turf", "willingness", "competence", "reach", "practice",
    "practice_settled", "effort", "need_guess", "judged",
)  # fmt: skip


def test_rule_6_one_more_organisation_changes_nobodys_luck(small):
    a = engine.build(small, 9).state
    b = engine.build(small.with_(n_orgs=small.values["n_orgs"] + 1), 9).state
    n = a.uid.size
    for name in TRAITS:
        np.testing.assert_array_equal(getattr(b, name)[:n], getattr(a, name), err_msg=name)
    for name in ("table", "partners", "ideal", "best_practice"):
        np.testing.assert_array_equal(getattr(b, name), getattr(a, name), err_msg=name)


def test_rule_6_other_draws_and_other_worlds_move_nobody(small):
    scenario = small.with_(regime="collective")
    whole = engine.run_world(scenario, 3)
    world, beside = engine.build(scenario, 3), engine.build(scenario, 4)
    for month in range(world.n_months):
        for k in range(len(STEP)):
            world.advance(k, k + 1, month, month + 1)
            rng.uniform(3, rng.TRIAL, month, k, 0)
            beside.advance(k, k + 1, month, month + 1)
    assert world.series.tobytes() == whole.series.tobytes()
    assert beside.series.tobytes() != whole.series.tobytes()


def test_rule_6_pairing_pays(small):
    """The same luck makes the difference of two regimes less noisy than independent worlds would."""
    pairs = np.array(
        [
            [end(engine.run_world(small.with_(regime=r), k)) for r in ("isolated", "collective")]
            for k in range(40)
        ]
    )
    paired = (pairs[:, 1] - pairs[:, 0]).var(ddof=1)
    assert paired < 0.8 * pairs.var(axis=0, ddof=1).sum()


# ---- 7 Names carry no meaning -------------------------------------------------------------------------------

STRESS = {
    "exit_per_year": 0.4, "entry_per_year": 0.5, "join_per_year": 12.0, "leave_per_year": 6.0,
}  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"n_coalitions": 3}, STRESS], ids=["one", "three", "stress"])
@pytest.mark.parametrize("regime", REGIMES)
def test_rule_7_relabelling_permutes_results_and_nothing_else(regime, changes):
    """Rounding differs with the order of sums; 1e-9 relative in the series."""
    for seed in range(2):
        scenario = load("generic-adaptive").with_(regime=regime, months=60, practice_bits=8, **changes)
        order = np.random.default_rng(seed)
        orgs = order.permutation(int(scenario.values["n_orgs"]))
        groups, drivers = order.permutation(len(scenario.groups)), order.permutation(len(scenario.drivers))
        first = engine.run_world(scenario, seed)
        moved = scenario.with_(
            groups=[scenario.groups[g] for g in groups], drivers=[scenario.drivers[d] for d in drivers]
        )
        world = engine.build(moved, seed, uids=orgs, group_uids=groups, driver_uids=drivers)
        world.advance(0, len(STEP), 0, world.n_months)
        np.testing.assert_allclose(world.series, first.series, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(world.by_group, first.by_group[:, groups], rtol=1e-9)
        a, b = first.state, world.state
        for name in ("is_active", "coalition", "births", "sector", "practice"):
            value = getattr(a, name)[orgs]
            np.testing.assert_array_equal(getattr(b, name), value[:, drivers] if value.ndim == 2 else value)
        np.testing.assert_allclose(b.effort, a.effort[orgs][:, groups][:, :, drivers], rtol=1e-7, atol=1e-10)
        np.testing.assert_allclose(b.staff_hours, a.staff_hours[orgs], rtol=1e-7)


def test_rule_7_names_do_decide_who_has_which_luck(small):
    """Negative control: other names without moving what belongs to them is another world."""
    n = int(small.values["n_orgs"])
    other = engine.build(small, 1, uids=[*range(1, n), 0])
    assert not np.array_equal(other.state.competence, engine.build(small, 1).state.competence)
