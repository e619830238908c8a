"""Both doors of the engine give the same bits, whatever the scenario, process and number of threads."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

import cisim
from cisim import engine
from cisim.engine import STEP, World
from cisim.model import CoalitionModel
from cisim.params import PARAMS, Value
from cisim.scenario import Scenario
from cisim.state import State

REGIMES = tuple(listing.name for listing in cisim.regimes())
SCENARIOS = tuple(listing.name for listing in cisim.scenarios())
LARGEST = {"n_orgs": 30, "months": 24, "practice_bits": 6, "n_public_funders": 4, "n_private_funders": 4}
N_DRAWN = 60


def drawn_values(draw: random.Random, largest: dict[str, int]) -> dict[str, Value]:
    """Parameters over their declared ranges: half at their default, the rest low, high or between."""
    values: dict[str, Value] = {}
    for name, row in PARAMS.items():
        high = min(row.high, largest.get(name, row.high))
        if row.kind == "choice":
            values[name] = draw.choice([row.default, draw.choice(row.choices)])
        elif name in largest or draw.random() < 0.5:
            number = draw.choice([row.low, high, draw.uniform(row.low, high), draw.uniform(row.low, high)])
            values[name] = round(number) if row.kind == "int" else float(number)
        else:
            values[name] = row.default
    return values


def drawn(number: int, largest: dict[str, int] = LARGEST) -> tuple[Scenario, int]:
    """Scenario and seed number `number`; what contradicts itself is put right."""
    draw = random.Random(number)
    v = drawn_values(draw, largest)
    v["ruggedness"] = min(v["ruggedness"], v["practice_bits"] - 1)
    v["formation_month"] = draw.choice([0, 1, 6])
    for first, second in (("share_government", "share_community"), ("manager_share", "data_share")):
        v[second] = min(v[second], 1.0 - v[first])
    v["share_corporate"] = min(
        v["share_corporate"], max(0.0, 1.0 - v["share_government"] - v["share_community"])
    )
    if v["n_public_funders"] == 0:
        v["public_money_share"] = 0.0
    if v["n_private_funders"] == 0:
        v |= {"public_money_share": 1.0, "financing": "added", "pooled_share": 0.0, "convening": 0.0}
        v |= {"scan_usd": 0.0, "capacity_building_usd_per_year": 0.0, "loaned_executive_fte": 0.0}
        if v["n_public_funders"] == 0:
            v["own_income_share"] = 1.0
    regime = REGIMES[number % len(REGIMES)]
    preset = cisim.load(SCENARIOS[number % len(SCENARIOS)]).with_(regime=regime)
    keep_preset = number % 2 == 0 and v["n_private_funders"] > 0  # regimes as shipped in every other draw
    levers = {name for name in PARAMS if PARAMS[name].is_lever} if keep_preset else set()
    return preset.with_(**{name: value for name, value in v.items() if name not in levers}), draw.randrange(
        2**63
    )


def is_equal(a: World | CoalitionModel, b: World) -> bool:
    """Bits of what was recorded and of the last state."""
    a = a.world if isinstance(a, CoalitionModel) else a
    records = np.array_equal(a.series, b.series) and np.array_equal(a.by_group, b.by_group)
    return records and all(x.tobytes() == y.tobytes() for x, y in zip(a.state, b.state, strict=True))


def through_model(scenario: Scenario, seed: int, **options: object) -> CoalitionModel:
    model = CoalitionModel(scenario, seed, **options)
    model.run()
    return model


@cache
def small() -> Scenario:
    changes = {"n_orgs": 12, "months": 24, "exit_per_year": 0.3, "entry_per_year": 0.4, "formation_month": 2}
    return cisim.load("generic-adaptive").with_(regime="collective").with_(**changes)


@pytest.mark.parametrize("number", range(N_DRAWN))
def test_doors_agree_on_drawn_scenarios_and_nothing_is_undefined(number: int) -> None:
    scenario, seed = drawn(number)
    whole = engine.run_world(scenario, seed)
    assert is_equal(through_model(scenario, seed), whole)
    assert np.isfinite(whole.series).all()
    assert np.isfinite(whole.by_group).all()
    for name, array in zip(State._fields, whole.state, strict=True):
        if name != "world":
            assert np.isfinite(array).all(), name


@pytest.mark.parametrize("number", range(0, N_DRAWN, 6))
def test_shares_stay_shares_and_accounts_are_not_overdrawn(number: int) -> None:
    s = engine.run_world(*drawn(number)).state
    for name in (
        "alignment",
        "knowledge",
        "disclosure",
        "satisfaction",
        "hope",
        "trust_backbone",
        "presence",
    ):
        assert getattr(s, name).min() >= 0.0, name
        assert getattr(s, name).max() <= 1.0 + 1e-12, name
    assert (s.tie_trust >= 0.0).all()
    assert (s.tie_trust <= 1.0 + 1e-12).all()
    sums = s.effort.sum(axis=(1, 2))[s.is_active == 1]
    np.testing.assert_allclose(sums, 1.0, rtol=1e-9)
    inside = s.balance[3:]
    assert inside.min() >= -1e-9 * max(1.0, inside.max())


def test_draws_cover_every_regime_and_both_ends_of_the_ranges() -> None:
    scenarios = [drawn(number)[0] for number in range(N_DRAWN)]
    assert {scenario.regime for scenario in scenarios} == set(REGIMES)
    for name in ("attendance", "exit_per_year", "complementarity", "n_orgs"):
        values = {scenario.values[name] for scenario in scenarios}
        assert PARAMS[name].low in values, name
        assert min(PARAMS[name].high, LARGEST.get(name, np.inf)) in values, name


def test_result_is_that_of_run() -> None:
    mine = through_model(small(), 7, details=True).result()
    other = cisim.run(small(), seed=7)
    assert mine.outcomes == other.outcomes
    assert mine.series.equals(other.series)
    assert mine.groups.equals(other.groups)
    assert mine.ledger.equals(other.ledger)
    assert mine.orgs.equals(other.orgs)


def test_rule_by_rule_is_month_by_month() -> None:
    def nothing(model: CoalitionModel) -> None: ...

    between = {f"before:{rule}": nothing for rule in STEP}
    assert is_equal(through_model(small(), 7, rules=between), engine.run_world(small(), 7))


def test_touching_agents_changes_nothing() -> None:
    model = CoalitionModel(small(), 7)
    while model.running:
        assert len(model.agents) > 0
        model.step()
    assert is_equal(model, engine.run_world(small(), 7))


def test_every_seed_is_another_world() -> None:
    worlds = [engine.run_world(small(), seed) for seed in (7, 8, 2**62)]
    again = engine.run_world(small(), 7)
    assert is_equal(worlds[0], again)
    assert not is_equal(worlds[0], worlds[1])
    assert not is_equal(worlds[0], worlds[2])
    assert not is_equal(through_model(small(), 8), worlds[0])


def test_number_of_threads_does_not_matter() -> None:
    jobs = [(small(), seed) for seed in range(6)]
    one, three = (list(engine.run_many(jobs, threads=n)) for n in (1, 3))
    assert all(is_equal(a, b) for a, b in zip(one, three, strict=True))


def test_worlds_do_not_disturb_each_other() -> None:
    models = [CoalitionModel(small(), seed) for seed in (7, 8)]
    for _ in range(24):
        for model in models:
            model.step()
    for model in models:
        assert is_equal(model, engine.run_world(small(), model.seed))


DIGEST = """
import hashlib, json, sys
from cisim import engine
from cisim.scenario import from_dict
for data, seed in json.load(sys.stdin):
    world = engine.run_world(from_dict(data), seed)
    print(hashlib.sha256(world.series.tobytes() + world.by_group.tobytes()).hexdigest())
"""


def digests(jobs: list[tuple[Scenario, int]]) -> list[str]:
    worlds = [engine.run_world(*job) for job in jobs]
    return [hashlib.sha256(w.series.tobytes() + w.by_group.tobytes()).hexdigest() for w in worlds]


def digests_elsewhere(jobs: list[tuple[Scenario, int]], **environment: str) -> list[str]:
    """The same from a new process."""
    text = json.dumps([(scenario.to_dict(), seed) for scenario, seed in jobs])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DIGEST],
        input=text, env={**os.environ, **environment}, capture_output=True, text=True, check=True,
        timeout=300,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_a_new_process_gives_the_same_bits(hash_seed: str) -> None:
    jobs = [(small(), 7), (small(), 8)]
    here = digests(jobs)
    assert len(set(here)) == 2
    assert digests_elsewhere(jobs, PYTHONHASHSEED=hash_seed) == here


def test_plain_python_gives_the_same_bits() -> None:
    tiny = {"n_orgs": 6, "months": 12, "practice_bits": 4, "n_public_funders": 2, "n_private_funders": 2}
    jobs = [drawn(number, tiny) for number in range(40)]
    jobs.append((small().with_(n_orgs=6, months=12, practice_bits=5), 7))
    assert digests_elsewhere(jobs, NUMBA_DISABLE_JIT="1") == digests(jobs)


def test_mesa_is_imported_only_for_the_model() -> None:
    code = (
        "import sys, cisim; sc = cisim.load('generic-adaptive').with_(n_orgs=4, months=12);"
        "cisim.run(sc); assert 'mesa' not in sys.modules;"
        "cisim.CoalitionModel; assert 'mesa' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
