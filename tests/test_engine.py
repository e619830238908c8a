"""The engine's own door: chunks, threads, details, seeds."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import cisim
from cisim import engine
from cisim.engine import STEP
from cisim.outcomes import COLUMNS
from cisim.rng import world_seed
from cisim.runs import check_seed, replicate, run, seeds_of
from cisim.state import State, copy_state


def is_equal(a, b):
    arrays = zip((*a.state, a.series, a.by_group), (*b.state, b.series, b.by_group), strict=True)
    return all(x.tobytes() == y.tobytes() for x, y in arrays)


@pytest.fixture(scope="module")
def town(small):
    return small.with_(regime="collective", exit_per_year=0.2, entry_per_year=0.4)


def test_the_order_of_a_month_is_visible():
    assert STEP == (
        "shocks", "deliver", "measure", "meet", "learn", "allocate", "join", "fund", "infrastructure", "books",
        "turnover", "record",
    )  # fmt: skip
    assert tuple(rule.__name__ for rule in engine.RULES) == (*STEP, "found")
    assert {name for half in engine.HALVES for name in half} == {*STEP, "found"}


@pytest.mark.parametrize("cuts", [(1,), (7, 20), tuple(range(1, 36))])
def test_a_run_in_chunks_is_the_whole_run(town, cuts):
    whole = engine.run_world(town, 3)
    parts = engine.build(town, 3)
    for first, last in zip((0, *cuts), (*cuts, 36), strict=True):
        parts.advance(0, len(STEP), first, last)
    assert is_equal(whole, parts)


def test_rule_by_rule_is_the_whole_run(town):
    parts = engine.build(town, 3)
    for month in range(36):
        for k in range(len(STEP)):
            parts.advance(k, k + 1, month, month + 1)
    assert is_equal(engine.run_world(town, 3), parts)


def test_the_order_of_rules_matters(town):
    """Negative control of the test above."""
    parts = engine.build(town, 3)
    for month in range(36):
        for k in (*reversed(range(len(STEP) - 1)), len(STEP) - 1):
            parts.advance(k, k + 1, month, month + 1)
    assert not is_equal(engine.run_world(town, 3), parts)


def test_a_copy_goes_on_alike(town):
    world = engine.build(town, 3)
    world.advance(0, len(STEP), 0, 12)
    twin = engine.World(copy_state(world.state), world.record, 3, world.series.copy(), world.by_group.copy())
    for one in (world, twin):
        one.advance(0, len(STEP), 12, 36)
    assert is_equal(world, twin)


def test_any_number_of_threads_gives_the_same_worlds_in_order(town):
    jobs = [(town, seed) for seed in range(9)]
    alone = [engine.run_world(*job) for job in jobs]
    for threads in (1, 2, 4):
        counted: list[int] = []
        worlds = list(engine.run_many(jobs, threads=threads, on_done=counted.append))
        assert [world.seed for world in worlds] == list(range(9))
        assert all(is_equal(a, b) for a, b in zip(alone, worlds, strict=True))
        assert counted == list(range(1, 10))
    assert not is_equal(alone[0], alone[1])
    assert list(engine.run_many([])) == []


def test_details_change_nothing(town):
    plain, detailed = run(town, 5, details=False), run(town, 5, details=True)
    assert plain.outcomes == detailed.outcomes
    assert plain.series.equals(detailed.series)
    assert plain.groups.equals(detailed.groups)
    with pytest.raises(ValueError, match="details=True"):
        _ = plain.ledger


def test_replicates_are_runs_under_their_own_seeds(town):
    results = replicate(town, worlds=3, seed=11)
    assert [result.seed for result in results] == seeds_of(11, 3) == [world_seed(11, k) for k in range(3)]
    assert run(town, results[2].seed, details=False).outcomes == results[2].outcomes
    assert results[0].outcomes != results[1].outcomes
    assert all(np.isfinite(result.series.to_numpy()).all() for result in results)


def test_seeds_of_worlds_never_change():
    """Golden: published results name their worlds by these."""
    assert [world_seed(1, k) for k in range(3)] == [3316356330981164, 8498871037046174, 407638796292049]
    assert world_seed(0, 0) == 5876733520225071
    assert world_seed(2**63 - 1, 10) == 2499347694615536


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, True, "1", None])
def test_what_cannot_be_a_seed_is_refused(seed):
    with pytest.raises(ValueError, match=r"seed: .* is not allowed; a whole number from 0 to 2\*\*63 - 1"):
        check_seed(seed)


@pytest.mark.parametrize("worlds", [0, -1, 2.0, True])
def test_what_cannot_be_a_number_of_worlds_is_refused(worlds):
    with pytest.raises(ValueError, match="worlds: "):
        seeds_of(1, worlds)


def test_the_largest_seed_is_a_world_of_its_own(small):
    tiny = small.with_(months=12)
    worlds = [engine.run_world(tiny, seed).series.tobytes() for seed in (0, 2**31, 2**32, 2**63 - 1)]
    assert len(set(worlds)) == 4


FRESH = """
import hashlib, cisim
from cisim import engine
s = cisim.load("generic-adaptive").with_(regime="collective", n_orgs=10, months=24, practice_bits=6)
print(hashlib.sha256(engine.run_world(s, 6).series.tobytes()).hexdigest())
"""


def test_a_fresh_process_with_other_hashes_finds_the_same_world():
    import hashlib

    town = cisim.load("generic-adaptive").with_(regime="collective", n_orgs=10, months=24, practice_bits=6)
    here = hashlib.sha256(engine.run_world(town, 6).series.tobytes()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(
        [sys.executable, "-c", FRESH],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=300,
    )
    assert done.stdout.strip() == here


def test_the_ledger_has_room_for_the_busiest_month(town):
    busy = town.with_(
        n_public_funders=4, n_private_funders=8, n_coalitions=4, pooled_share=0.5, exit_per_year=0.5
    )
    world = engine.build(busy, 1, ledger=True)
    most = 0
    for month in range(36):
        world.advance(0, len(STEP), month, month + 1)
        most = max(most, int(world.state.world.ledger_count[0]))
        world.state.world.ledger_count[0] = 0
    assert 0 < most <= engine.ledger_rows_per_month(engine.dims_of(busy))


def test_the_state_has_the_declared_shapes(town):
    s = engine.build(town, 1).state
    dims = engine.dims_of(town)
    assert s.table.shape == (4, 6, 2 ** (2 + 1))
    assert s.grant.shape == (dims.n_orgs, dims.n_funders)
    assert s.row.size == len(COLUMNS)
    assert isinstance(s, State)
