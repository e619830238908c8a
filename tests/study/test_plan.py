from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from cisim.compiled import model_version
from cisim.rng import world_seed
from cisim.runs import seeds_of
from cisim.scenario import load
from cisim.study.design import base_design
from cisim.study.plan import Keyer, Plan, key_of, run_key, world_seeds
from cisim.study.spec import Spec, spec_from
from study.small import RUGGEDNESS, TRUST_YEARS, study


def plan_of(spec: Spec, worlds: int | None = None) -> Plan:
    design = base_design(spec)
    n = worlds if worlds is not None else spec.worlds
    return Plan(spec, design, np.full(len(design), n, dtype=np.int64))


def test_seeds_of_many_worlds_are_those_of_one_at_a_time() -> None:
    keys = [0, 1, 7, 2**63 - 1]
    for key, world in itertools.product(keys, (0, 1, 2, 1000, 2**40)):
        assert world_seeds(np.array([key], np.uint64), np.array([world]))[0] == world_seed(key, world)


def test_worlds_of_a_grid_are_those_of_a_comparison() -> None:
    plan = plan_of(study(worlds=4))
    for case, point in itertools.product(range(2), range(4)):
        own = (plan.jobs.case == case) & (plan.jobs.point == point)
        assert plan.jobs.seed[own].tolist() == seeds_of(7, 4)


def test_draws_have_worlds_of_their_own_unless_common() -> None:
    drawn = {"uncertainties": [TRUST_YEARS], "samples": 3, "vary": {"backbone": [0, 1]}, "worlds": 2}
    own = plan_of(study(**drawn)).jobs.seed.reshape(6, 2, 2)  # point, case, world
    assert (own[:, 0] == own[:, 1]).all(), "cases share their worlds"
    assert (own[0::2] == own[1::2]).all(), "settings of a draw share their worlds"
    assert len(np.unique(own)) == 6, "draws do not"
    assert len(np.unique(plan_of(study(**drawn, seeds="common")).jobs.seed)) == 2


def test_the_reference_is_simulated_once_per_world_where_only_levers_of_the_other_case_vary() -> None:
    plan = plan_of(study(worlds=5))
    assert len(plan.jobs) == 4 * 2 * 5
    assert plan.jobs.to_run.size == 5 + 4 * 5
    reference = plan.jobs.case == 0
    assert set(plan.jobs.point[plan.jobs.primary[reference]]) == {0}


def test_equal_scenarios_of_two_cases_are_simulated_once() -> None:
    twins = {"one": {"regime": "network"}, "two": {"regime": "network"}}
    plan = plan_of(study(cases=twins, reference="one", vary={"trust_years": [1, 2]}))
    assert plan.jobs.to_run.size == 2 * 5
    negative = {**twins, "two": {"regime": "network", "set": {"backbone": 0.5}}}
    assert plan_of(study(cases=negative, vary={"trust_years": [1, 2]})).jobs.to_run.size == 2 * 2 * 5


def test_paired_runs_are_simulated_side_by_side() -> None:
    plan = plan_of(study(vary={"trust_years": [1, 2]}, worlds=3))
    first = plan.jobs.to_run[:6]
    assert plan.jobs.world[first].tolist() == [0, 0, 1, 1, 2, 2]
    assert plan.jobs.case[first].tolist() == [0, 1, 0, 1, 0, 1]


def test_jobs_are_found_by_their_numbers_also_where_points_differ_in_worlds() -> None:
    spec = study()
    plan = Plan(spec, base_design(spec), np.array([1, 3, 0, 2]))
    jobs = plan.jobs
    assert len(jobs) == 2 * 6
    assert jobs.index_of(jobs.point, jobs.case, jobs.world).tolist() == list(range(12))
    outside = [(0, 0, 1), (2, 0, 0), (3, 1, 2), (9, 0, 0), (0, 7, 0)]
    assert jobs.index_of(*(np.array(part) for part in zip(*outside, strict=True))).tolist() == [-1] * 5


def test_a_key_is_that_of_the_resolved_scenario_whatever_it_was_made_from() -> None:
    base = load("infant-mortality")
    changes = {"trust_years": 1.5, "ruggedness": 3, "formation": "crisis"}
    fast = run_key(Keyer(base).digest(changes), 11, model_version())
    changed = base.with_(**changes)  # type: ignore[arg-type]
    assert fast == key_of(changed, 11)
    assert fast != key_of(changed.with_(trust_years=1.6), 11)
    assert fast != key_of(changed.with_(drivers=[*base.drivers, "one more"]), 11)
    assert fast != key_of(changed.with_(indicator=replace(base.indicator, best=1.0)), 11)
    assert fast != run_key(Keyer(base).digest(changes), 11, "another model")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"uncertainties": [TRUST_YEARS, RUGGEDNESS], "samples": 3},
        {"vary": {"how": {"levels": {"a": {"backbone": 0}, "b": {"backbone": 1}}}}},
        {"worlds": "auto", "precision": {"half_width": 0.5, "pilot": 5}},
        {"vary": {"formation": ["grant", "crisis"]}, "options": {"level": 0.9}},
    ],
)
def test_a_study_survives_being_written_as_plain_values(more: dict[str, object]) -> None:
    import json

    spec = study(**more)
    again = spec_from(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert again.digest == spec.digest


def test_more_worlds_and_samples_are_the_same_study_anything_else_is_not() -> None:
    spec = study(uncertainties=[TRUST_YEARS], samples=4)
    assert spec.grown(worlds=50, samples=8).digest == spec.digest
    assert study(seed=8).digest != study().digest
    assert study(vary={"backbone": [0, 1]}).digest != study().digest
    assert study(series=["members"]).digest != study().digest
