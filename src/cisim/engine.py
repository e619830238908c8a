"""The engine: the order of a month, one world, many worlds.

`STEP` is the order of the rules. `advance` is the only way into them: the same compiled code runs one rule of one
month for the Mesa door and whole runs for ensembles, so the two agree to the last bit. Worlds are independent
and all draws are keyed, so an ensemble gives the same numbers on any number of threads.

A month has ten steps: shocks; deliver; measure; meet; learn; allocate; join; fund; books (infrastructure first,
then organisations' spending, then exits and entries); record.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numba import int64
from numba import typeof as type_of

from cisim.compiled import first_use, is_warm, kernel, numba_config
from cisim.found import found
from cisim.handle import Handle, address_of, as_handle, enter
from cisim.listed import fill_in
from cisim.outcomes import COLUMNS, record
from cisim.rules.allocate import allocate
from cisim.rules.books import books
from cisim.rules.deliver import deliver
from cisim.rules.fund import fund
from cisim.rules.infrastructure import infrastructure
from cisim.rules.join import join
from cisim.rules.learn import learn
from cisim.rules.measure import measure
from cisim.rules.meet import meet
from cisim.rules.shocks import shocks
from cisim.rules.turnover import turnover
from cisim.scenario import Scenario, load
from cisim.state import Dims, F, State
from cisim.state import allocate as allocate_state

RULES = (
    shocks,
    deliver,
    measure,
    meet,
    learn,
    allocate,
    join,
    fund,
    infrastructure,
    books,
    turnover,
    record,
    found,
)
"""The rules of `STEP` in their order, and last what founds a world."""

STEP: tuple[str, ...] = (
    "shocks",
    "deliver",
    "measure",
    "meet",
    "learn",
    "allocate",
    "join",
    "fund",
    "infrastructure",
    "books",
    "turnover",
    "record",
)
FOUND = len(STEP)


@kernel
def advance(
    rules: Any,
    s: State,
    p: Any,
    seed: int,
    series: F,
    by_group: F,
    first_rule: int,
    last_rule: int,
    first_month: int,
    last_month: int,
) -> None:
    """Run rules `first_rule`..`last_rule` - 1 of `STEP` for months `first_month`..`last_month` - 1.

    Parameters
    ----------
    rules : (n_rules,) int64
        Addresses of the compiled rules (see `rule_table`).
    s : State
        Changed in place.
    p : record of `params.DTYPE`
        Parameters.
    seed : int
        Key of all draws.
    series : (n_months, n_columns) float64
        Row `month` is written after the last rule.
    by_group : (n_months, n_groups) float64
        The indicator of each group, likewise.
    """
    state = as_handle(s)
    record_of = as_handle(p)
    for month in range(first_month, last_month):
        for k in range(first_rule, last_rule):
            enter(rules, k, state, record_of, seed, month)
            if k == LAST:
                for column in range(series.shape[1]):
                    series[month, column] = s.row[column]
                for g in range(by_group.shape[1]):
                    by_group[month, g] = s.group_row[g]


LAST = len(STEP) - 1
HALVES = (
    ("learn", "allocate", "meet", "measure", "deliver", "shocks"),
    ("found", "turnover", "join", "fund", "infrastructure", "books", "record"),
)
_table: list[Any] = []


def rule_table() -> Any:
    """Return what `advance` finds the rules by: their addresses, or in uncompiled Python the functions.

    The first call of a version on a machine compiles the rules, on two cores, and says so.
    """
    if not _table:
        prepare()
        _table.append(compile_rules(tuple(function.__name__ for function in RULES)))
    return _table[0]


def prepare(say: Callable[[str], object] | None = None) -> None:
    """Compile all rules if this version has never been used on this machine, on two cores.

    Parameters
    ----------
    say : callable, optional
        Gets one sentence before compilation starts; by default it goes to the standard error.
    """
    if is_warm():
        return
    with first_use(say or _say):
        program = f"from cisim import engine; engine.compile_rules({HALVES[1]!r})"
        quiet = subprocess.DEVNULL
        other = subprocess.Popen([sys.executable, "-c", program], stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            compile_rules(HALVES[0])
        finally:
            other.wait()
        _table.append(compile_rules(HALVES[0] + HALVES[1]))
        world = found_world(example(), 0)
        world.advance(0, 0, 0, 0)


def _say(sentence: str) -> None:
    """Tell the user what takes so long."""
    print(f"cisim: {sentence}", file=sys.stderr, flush=True)


def example() -> Scenario:
    """Return a tiny scenario whose arrays have the types of all."""
    return load("null-separable").with_(months=12, n_orgs=4)


def compile_rules(names: tuple[str, ...]) -> Any:
    """Compile the named rules, or load them from disk; return the table of addresses (0 for others)."""
    if numba_config.DISABLE_JIT:
        return RULES
    world = empty_world(example(), 0)
    arguments = (
        *(Handle(kind) for kind in map(cast("Any", type_of), (world.state, world.record))),
        int64,
        int64,
    )
    wanted = [address_of(function, arguments) if function.__name__ in names else 0 for function in RULES]
    return np.array(wanted, np.int64)


@dataclass(frozen=True, slots=True)
class World:
    """One world under way: its state, parameters, seed and what has been recorded.

    Attributes
    ----------
    state : State
        All facts, changed in place by the rules.
    record : numpy record
        Parameters.
    seed : int
        Key of all draws.
    series : (n_months, n_columns) float64
        Columns of `outcomes.COLUMNS`.
    by_group : (n_months, n_groups) float64
        Indicator of each group.
    """

    state: State
    record: Any
    seed: int
    series: F
    by_group: F

    @property
    def n_months(self) -> int:
        """Length of the run in months."""
        return int(self.series.shape[0])

    def advance(self, first_rule: int, last_rule: int, first_month: int, last_month: int) -> None:
        """Run some rules of some months; see `advance`."""
        advance(
            rule_table(), self.state, self.record, self.seed, self.series, self.by_group,
            first_rule, last_rule, first_month, last_month,
        )  # fmt: skip


def dims_of(scenario: Scenario, ledger_rows: int = 0) -> Dims:
    """Sizes of the arrays a scenario needs."""
    v = scenario.values
    n_funders = int(v["n_public_funders"]) + int(v["n_private_funders"]) + 1
    return Dims(
        n_orgs=int(v["n_orgs"]),
        n_groups=len(scenario.groups),
        n_drivers=len(scenario.drivers),
        n_funders=n_funders,
        n_coalitions=int(v["n_coalitions"]),
        n_ties=int(v["max_ties"]),
        n_bits=int(v["practice_bits"]),
        n_partners=int(v["ruggedness"]),
        n_ledger=max(1, ledger_rows),
        n_columns=len(COLUMNS),
    )


def ledger_rows_per_month(dims: Dims) -> int:
    """Most rows one month can add to the ledger."""
    per_org = 2 * dims.n_funders + 16
    return dims.n_orgs * per_org + 3 * dims.n_funders + dims.n_coalitions * (5 * dims.n_funders + 7)


def build(
    scenario: Scenario,
    seed: int,
    *,
    ledger: bool = False,
    uids: Sequence[int] | None = None,
    group_uids: Sequence[int] | None = None,
    driver_uids: Sequence[int] | None = None,
) -> World:
    """Found one world.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    seed : int
        Key of all draws, 0 <= seed < 2**63.
    ledger : bool
        Keep every payment (room for one month; take the rows out before the next).
    uids, group_uids, driver_uids : sequence of int, optional
        Names used in draws, permutations of 0..n-1; given only to show that names carry no meaning.

    Returns
    -------
    World
    """
    rule_table()
    return found_world(
        scenario, seed, ledger=ledger, uids=uids, group_uids=group_uids, driver_uids=driver_uids
    )


def found_world(scenario: Scenario, seed: int, **options: Any) -> World:
    """Found one world; see `build`."""
    world = empty_world(scenario, seed, **options)
    world.advance(FOUND, FOUND + 1, 0, 1)
    return world


def empty_world(
    scenario: Scenario,
    seed: int,
    *,
    ledger: bool = False,
    uids: Sequence[int] | None = None,
    group_uids: Sequence[int] | None = None,
    driver_uids: Sequence[int] | None = None,
) -> World:
    """Allocate one world and write into it what the scenario lists."""
    dims = dims_of(scenario)
    s = allocate_state(dims._replace(n_ledger=ledger_rows_per_month(dims)) if ledger else dims)
    s.uid[:] = np.arange(dims.n_orgs) if uids is None else uids
    s.group_uid[:] = np.arange(dims.n_groups) if group_uids is None else group_uids
    s.driver_uid[:] = np.arange(dims.n_drivers) if driver_uids is None else driver_uids
    fill_in(s, scenario)
    s.world.ledger_on[0] = int(ledger)
    p = scenario.record.view(np.recarray)[0]
    n_months = int(scenario.values["months"])
    return World(s, p, seed, np.zeros((n_months, len(COLUMNS))), np.zeros((n_months, dims.n_groups)))


def run_world(scenario: Scenario, seed: int) -> World:
    """Found one world and run it to its end in one compiled call."""
    world = build(scenario, seed)
    world.advance(0, len(STEP), 0, world.n_months)
    return world


Job = tuple[Scenario, int]


def run_many(
    jobs: Sequence[Job],
    *,
    threads: int | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Iterator[World]:
    """Run many worlds, in parallel, and yield them in the order of `jobs`.

    Parameters
    ----------
    jobs : sequence of (Scenario, seed)
        Worlds to run.
    threads : int, optional
        Worker threads; all cores by default. Results do not depend on it.
    on_done : callable, optional
        Called with the number of worlds finished so far.
    """
    threads = threads or n_cores()
    if not jobs:
        return
    first = run_world(*jobs[0])  # compiles once, before threads would wait for one another
    if on_done:
        on_done(1)
    yield first
    with ThreadPoolExecutor(max_workers=threads) as pool:
        ahead = 4 * threads
        waiting = [pool.submit(run_world, *job) for job in jobs[1 : 1 + ahead]]
        for done in range(1, len(jobs)):
            try:
                world = waiting.pop(0).result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            if done + ahead < len(jobs):
                waiting.append(pool.submit(run_world, *jobs[done + ahead]))
            if on_done:
                on_done(done + 1)
            yield world


def n_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
