"""The negative controls pass where nothing is there, and fail where something is planted."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from synthetic_runs import CASES, asked, constant, contrast, runs

from cisim.claims import controls
from cisim.claims.audit import Size, run_audit, specs_of
from cisim.claims.controls import (
    asked_controls,
    control_experiments,
    most_by_luck,
    placebo,
    shuffle,
    shuffled,
)
from cisim.claims.judging import Split, evaluate
from cisim.claims.values import Runs, wanted
from cisim.scenario import Scenario, load


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return load("generic-adaptive").with_(n_orgs=12, months=36, practice_bits=6, formation_month=1)


@pytest.fixture(scope="module")
def drawn() -> Runs:
    rng = np.random.default_rng(1)
    x = pd.DataFrame({"turf": rng.uniform(size=3), "attendance": rng.uniform(0.5, 1.0, 3)})
    return Runs("regimes", ("isolated",), {("indicator", None): np.zeros((3, 1, 1))}, x, {}, True, 20.0)


# ---- placebo ------------------------------------------------------------------------------------------------


def test_names_and_idle_levers_change_no_bit(tiny, drawn):
    found = list(placebo(drawn, tiny, 3))
    assert len(found) == 3
    assert all(one.passed for one in found)
    assert all("0 of 3 pairs" in one.measured for one in found)


def test_a_lever_that_acts_is_no_placebo(tiny, drawn, monkeypatch):
    monkeypatch.setattr(controls, "IDLE", {**controls.IDLE, "importing": 5.0})
    *others, levers = placebo(drawn, tiny, 3)
    assert all(one.passed for one in others)
    assert not levers.passed
    assert "3 of 3 pairs" in levers.measured


def test_every_idle_lever_is_set_to_something_else(tiny):
    isolated = tiny.with_(regime="isolated")
    assert all(isolated.values[name] != value for name, value in controls.IDLE.items())


# ---- shuffled labels ----------------------------------------------------------------------------------------


def planted(rng: np.random.Generator) -> Runs:
    return runs(rng, n=96, planted={"b": constant(3.0), "c": lambda x: np.where(x["turf"] < 0.5, 3.0, -3.0)})


EVERY = asked(
    *(contrast(case, other) for case in CASES for other in CASES if case < other), contrast(says="none")
)


def test_a_shuffle_moves_whole_cases_of_a_draw():
    made = planted(np.random.default_rng(2))
    mixed = shuffled(made, np.random.default_rng(3))
    before, after = made.values["indicator", None], mixed.values["indicator", None]
    assert (np.sort(before, axis=2) == np.sort(after, axis=2)).all()
    order = [[list(before[d, 0]).index(value) for value in after[d, 0]] for d in range(len(before))]
    assert all(
        (before[d][:, order[d]] == after[d]).all() for d in range(len(before))
    )  # the same in all worlds
    assert (
        np.mean([one == [0, 1, 2, 3] for one in order]) < 0.2
    )  # one order in 24; by chance once in a million


def test_effects_are_gone_where_labels_are_shuffled():
    """200 shuffles of runs with large effects; by chance the control itself fails once in a thousand."""
    made = {"made up": planted(np.random.default_rng(4))}
    assert any(one.verdict != "no detectable difference" for one in evaluate(EVERY, made).findings)
    found = shuffle(EVERY, made, {"made up": Split.of(made["made up"])}, repeats=200)
    assert found.passed
    assert "200 audits of 7 shuffled comparisons" in found.measured


def test_labels_that_are_not_shuffled_are_noticed(monkeypatch):
    monkeypatch.setattr(controls, "shuffled", lambda runs, rng: runs)
    made = {"made up": planted(np.random.default_rng(5))}
    found = shuffle(EVERY, made, {"made up": Split.of(made["made up"])}, repeats=40)
    assert not found.passed
    assert "40 of 40" in found.measured


def test_the_number_allowed_is_the_binomial_bound():
    assert most_by_luck(400, 0.05) == 35
    assert most_by_luck(40, 0.05) == 7


# ---- nothing to share, costs only ---------------------------------------------------------------------------


def made_up(
    rng: np.random.Generator, gains: float = 0.0, costs: float = 1.0, treated: str = "", noise: float = 1.0
) -> dict[str, Runs]:
    """Runs of the control studies in which cases cost and (not) gain."""
    known, found = control_experiments(), {}
    for name, spec in specs_of(known).items():
        keys = wanted(s for one in known.experiments for s in one.statements if s.study == name)
        values = {}
        for outcome, month in keys:
            cube = noise * rng.normal(size=(200, 2, len(spec.cases)))
            for k, case in enumerate(spec.cases):
                if outcome == "indicator":
                    cube[:, :, k] -= gains if case == treated else 0.0
                else:
                    cube[:, :, k] += costs if not case.startswith("isolated") else 0.0
            values[outcome, month] = cube
        found[name] = Runs(
            name, tuple(spec.cases), values, pd.DataFrame({"turf": rng.uniform(size=200)}), {}, True, 20.0
        )
    return found


def test_costs_without_gain_pass():
    found = list(
        asked_controls(evaluate(control_experiments(), made_up(np.random.default_rng(6), noise=0.1)))
    )
    assert [one.name for one in found] == ["nothing to share", "overhead left open", "costs only"]
    assert all(one.passed for one in found)


def test_a_gain_where_none_may_be_fails_and_is_marked():
    made = made_up(np.random.default_rng(7), gains=1.0, treated="name only", noise=0.1)
    nothing, overhead, costs = asked_controls(evaluate(control_experiments(), made))
    assert not nothing.passed
    assert re.findall(r"\*\*([^*]+?): gain[^*]*\*\*", nothing.measured) == ["name only − isolated"]
    assert overhead.passed
    assert costs.passed


def test_a_gain_that_appears_under_a_condition_only_fails_too():
    made = made_up(np.random.default_rng(8), noise=0.1)
    runs_here = made["nothing-to-share"]
    cube, k = runs_here.values["indicator", None], runs_here.cases.index("emergent")
    cube[:, :, k] -= np.where(runs_here.x["turf"] < 0.4, 1.0, -3.0)[:, None]
    nothing, *_ = asked_controls(evaluate(control_experiments(), made))
    assert not nothing.passed
    assert "where turf is" in nothing.measured


def test_a_gain_beyond_its_margin_fails():
    made = made_up(np.random.default_rng(9), gains=0.2, treated="collective, overhead", noise=0.1)
    assert [one.passed for one in asked_controls(evaluate(control_experiments(), made))] == [
        True,
        False,
        True,
    ]


def test_costs_that_nobody_sees_fail():
    made = made_up(np.random.default_rng(10), costs=0.0, noise=0.1)
    assert not any(one.passed for one in asked_controls(evaluate(control_experiments(), made)))


def test_no_gain_appears_in_a_few_real_runs():
    """16 draws of 2 worlds of each control study; a gain by chance once in a few thousand."""
    ran = run_audit(None, size=Size(samples=16, worlds=2), asked=control_experiments())
    for answer in ran.audit.answers:
        gains = [one for one in answer.findings if one.statement.terms[0].outcome == "gain"]
        assert gains
        assert all(
            one.verdict != "depends on" and (one.demand.says == "none" or one.verdict != "reverses")
            for one in gains
        )
