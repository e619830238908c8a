"""Run scenarios: one world with all its details, or many without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cisim import engine
from cisim.engine import STEP, World
from cisim.result import Result, Trace, result_of
from cisim.rng import world_seed
from cisim.scenario import Scenario
from cisim.state import copy_state

EARLY_MONTH = 12  # months in which organisations and ties are kept: 0, this one, and the last
LARGEST_DETAILED = 2_000  # organisations; beyond this details are kept only on request


def check_seed(seed: int) -> int:
    """Return `seed` if it can key the draws.

    Raises
    ------
    ValueError
        If it is not a whole number from 0 to 2**63 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise ValueError(f"seed: {seed!r} is not allowed; a whole number from 0 to 2**63 - 1")
    return int(seed)


def run(scenario: Scenario, seed: int = 1, *, details: bool | None = None) -> Result:
    """Run one world.

    A month is: shocks; deliver; measure; meet; learn; allocate; join; fund; books; record (`engine.STEP`).

    Parameters
    ----------
    scenario : Scenario
        As returned by `cisim.load`.
    seed : int
        Key of all random draws; two scenarios with the same seed share every draw that concerns the same agent,
        month and event.
    details : bool, optional
        Keep ledger, balances, hours, organisations and ties. By default where there are at most 2,000
        organisations.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If the seed is not a whole number from 0 to 2**63 - 1.

    Examples
    --------
    >>> import cisim
    >>> sc = cisim.load("null-separable").with_(months=24, n_orgs=8)
    >>> res = cisim.run(sc, seed=7)
    >>> len(res.series), sorted(res.ledger.columns)
    (24, ['month', 'payee', 'payer', 'purpose', 'usd'])
    """
    seed = check_seed(seed)
    if details is None:
        details = int(scenario.values["n_orgs"]) <= LARGEST_DETAILED
    if not details:
        world = engine.run_world(scenario, seed)
        return result_of(scenario, seed, world.series, world.by_group, None)
    world = engine.build(scenario, seed, ledger=True)
    trace = Trace()
    start_trace(trace, world)
    for month in range(world.n_months):
        world.advance(0, len(STEP), month, month + 1)
        note_month(trace, world, month)
    return result_of(scenario, seed, world.series, world.by_group, trace)


def start_trace(trace: Trace, world: World) -> None:
    """Note the state before the first month."""
    trace.balances.append(world.state.balance.copy())
    trace.available.append(world.state.staff_hours.copy())
    trace.births.append(world.state.births.copy())


def note_month(trace: Trace, world: World, month: int) -> None:
    """Note what happened in a month and make room in the ledger."""
    s = world.state
    n = int(s.world.ledger_count[0])
    rows = [
        s.ledger_month[:n],
        s.ledger_payer[:n],
        s.ledger_payee[:n],
        s.ledger_purpose[:n],
        s.ledger_usd[:n],
    ]
    trace.ledger.append(np.stack(rows, axis=1).astype(float))
    s.world.ledger_count[0] = 0
    trace.balances.append(s.balance.copy())
    trace.hours.append(s.hours.copy())
    trace.births.append(s.births.copy())
    if month < world.n_months - 1:  # what the next month starts with
        trace.available.append(s.staff_hours.copy())
    if month in (0, EARLY_MONTH, world.n_months - 1):
        trace.snapshots.append((month, copy_state(s)))


def seeds_of(seed: int, worlds: int) -> list[int]:
    """Seeds of `worlds` replicates of a run keyed by `seed`.

    Raises
    ------
    ValueError
        If `worlds` is not a whole number of at least 1.
    """
    seed = check_seed(seed)
    if isinstance(worlds, bool) or not isinstance(worlds, int | np.integer) or worlds < 1:
        raise ValueError(f"worlds: {worlds!r} is not allowed; a whole number of at least 1")
    return [world_seed(seed, world) for world in range(int(worlds))]


def replicate(
    scenario: Scenario,
    *,
    worlds: int,
    seed: int = 1,
    threads: int | None = None,
    on_done: Callable[[int], Any] | None = None,
) -> list[Result]:
    """Run `worlds` replicates of a scenario in parallel, without details.

    Returns
    -------
    list of Result
        In the order of `seeds_of(seed, worlds)`; ``cisim.run(scenario, seed=result.seed)`` repeats one of them.
    """
    jobs = [(scenario, key) for key in seeds_of(seed, worlds)]
    done = engine.run_many(jobs, threads=threads, on_done=on_done)
    return [result_of(scenario, w.seed, w.series, w.by_group, None) for w in done]
