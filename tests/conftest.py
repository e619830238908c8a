"""Worlds and parameters that many tests start from, and the switch between compiled code and plain Python."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import config

from cisim.engine import STEP, World
from cisim.outcomes import COLUMNS
from cisim.params import PARAMS, Value, defaults, to_record
from cisim.scenario import Scenario, list_scenarios, load
from cisim.state import Dims, State, allocate

UNCOMPILED = Path(__file__).parent / "uncompiled"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "uncompiled: calls rules as plain Python; needs NUMBA_DISABLE_JIT=1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rules can be called one by one only where nothing is compiled."""
    reason = pytest.mark.skip(reason="plain Python only: NUMBA_DISABLE_JIT=1 pytest tests/uncompiled")
    for item in items:
        if UNCOMPILED in item.path.parents:
            item.add_marker(pytest.mark.uncompiled)
            if not config.DISABLE_JIT:
                item.add_marker(reason)


@pytest.fixture(scope="session")
def small() -> Scenario:
    """A small adaptive community that is quick to found."""
    return load("generic-adaptive").with_(
        n_orgs=16, months=36, practice_bits=6, ruggedness=2, formation_month=1
    )


@pytest.fixture(scope="session")
def column() -> Callable[[World, str], Any]:
    """Monthly values of one recorded column of a world."""

    def values(world: World, name: str) -> Any:
        return world.series[:, COLUMNS.index(name)]

    return values


@pytest.fixture(scope="session")
def do() -> Callable[..., None]:
    """Run one rule, by name, in one month."""

    def run(world: World, name: str, month: int) -> None:
        k = STEP.index(name)
        world.advance(k, k + 1, month, month + 1)

    return run


@pytest.fixture(scope="session")
def record() -> Callable[..., Any]:
    """Parameters as rules see them, unchecked, so that limits outside the declared ranges can be tried."""

    def make(**changes: Value) -> Any:
        return to_record({**defaults(), **changes}).view(np.recarray)[0]

    return make


@pytest.fixture(scope="session")
def blank() -> Callable[..., State]:
    """A state of living organisations that are all alike: no ties, no coalition, no money."""

    def make(n_orgs: int = 2, n_groups: int = 1, n_drivers: int = 1, **sizes: int) -> State:
        rest = {"n_funders": 3, "n_coalitions": 1, "n_ties": 4, "n_bits": 4, "n_partners": 0, "n_ledger": 200}
        dims = {"n_orgs": n_orgs, "n_groups": n_groups, "n_drivers": n_drivers, "n_columns": len(COLUMNS)}
        s = allocate(Dims(**(dims | rest | sizes)))
        for array in (s.uid, s.place_of, s.group_uid, s.driver_uid, s.driver_place, s.funder_uid):
            array[:] = np.arange(array.size)
        for array in (s.is_active, s.group_ease, s.group_need, s.weight, s.reach, s.competence, s.quality):
            array[:] = 1
        for array in (s.coalition, s.tie_to, s.copied_driver):
            array[:] = -1
        s.capacity[:] = 1.0
        s.staff_hours[:] = s.start_hours[:] = 100.0
        s.effort[:] = 1.0 / (n_groups * n_drivers)
        s.group_share[:] = 1.0 / n_groups
        s.need[:] = 1.0 / (n_groups * n_drivers)
        s.need_guess[:] = 1.0
        s.age[:] = 120
        s.world.trend[0] = 1.0
        s.world.client_months_per_hour[0] = 0.01
        s.world.baseline[0] = 30.0
        s.world.best[0] = 10.0
        return s

    return make


N_DECIMALS = 4
TINY = {
    "n_orgs": 24, "months": 18, "practice_bits": 6, "n_public_funders": 3, "n_private_funders": 4,
    "formation_month": 6, "n_coalitions": 3,
}  # fmt: skip


def _drawn(number: int) -> Scenario:
    """Scenario `number`: parameters over their declared ranges, made consistent where they contradict."""
    draw = random.Random(number)
    v: dict[str, Any] = {}
    for name, row in PARAMS.items():
        high = min(row.high, TINY.get(name, row.high))
        if row.kind == "choice":
            v[name] = draw.choice(row.choices)
        elif name in TINY or draw.random() < 0.6:
            number_of = draw.choice([row.low, high, draw.uniform(row.low, high), draw.uniform(row.low, high)])
            v[name] = round(number_of) if row.kind == "int" else round(float(number_of), N_DECIMALS)
        else:
            v[name] = row.default
    v["ruggedness"] = min(v["ruggedness"], v["practice_bits"] - 1)
    for names in (
        ("share_government", "share_corporate", "share_community"),
        ("manager_share", "data_share"),
    ):
        total = sum(v[name] for name in names)
        for name in names:
            v[name] = v[name] / max(1.0, total * 1.000001)
    v["n_private_funders"] = max(1, v["n_private_funders"])
    if v["n_public_funders"] == 0:
        v["public_money_share"] = 0.0
    scenarios = [listing.name for listing in list_scenarios()]
    return load(draw.choice(scenarios)).with_(**v)


@pytest.fixture(scope="session")
def any_scenario() -> Callable[[int], Scenario]:
    """A small scenario drawn from the declared ranges, by number."""
    return _drawn
