"""The integrity rules at full size: nulls with their numbers, every parameter, many scenarios, a large community."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cisim import engine
from cisim.outcomes import COLUMNS
from cisim.params import PARAMS, Value
from cisim.problems import ScenarioError
from cisim.scenario import Scenario, load

TESTS = Path(__file__).parents[1] / "tests"
LARGEST = {"n_orgs": 30, "months": 96}


@pytest.fixture(scope="module")
def integrity() -> Iterator[object]:
    """The quick tests' own machinery."""
    sys.path.insert(0, str(TESTS))
    try:
        import test_integrity

        yield test_integrity
    finally:
        sys.path.remove(str(TESTS))


@pytest.mark.parametrize(
    "changes", [{}, {"org_budget_log_sd": 0.3}, {"backbone_usd_per_year": 1_000_000.0}], ids=str
)
def test_null_loss_is_the_bill(integrity, changes, capsys):
    """200 paired worlds; loss and bill agree within 4 standard errors (by chance wrong once in 16,000)."""
    loss, bill = integrity.null_arms(200, **changes)
    error = integrity.standard_error
    with capsys.disabled():
        print(
            f"\nnull {changes}: loss {loss.mean():.4f} (se {error(loss):.4f}), bill {bill.mean():.4f} "
            f"(se {error(bill):.4f}), difference {(loss - bill).mean():.4f} (se {error(loss - bill):.4f})"
        )
    assert loss.mean() > 5.0 * error(loss)
    assert bill.mean() > 5.0 * error(bill)
    assert abs((loss - bill).mean()) < 4.0 * error(loss - bill)


def bases() -> list[Scenario]:
    """Communities that between them use every mechanism."""
    plain = load("generic-adaptive").with_(n_orgs=20, months=84, practice_bits=6, formation_month=2)
    rich: dict[str, Value] = {
        "loaned_executive_fte": 1.0, "scan_usd": 50_000.0, "capacity_building_usd_per_year": 100_000.0,
        "crisis_spike": 0.3, "backbone_term_years": 2.0, "joint_programme_hours": 5.0, "importing": 0.5,
        "intermediary": 0.3, "improvement": 0.7, "need_shock_per_year": 0.3,
        "recession_per_year": 0.4, "exit_per_year": 0.1, "resident_voice": 0.3, "stage_months": 6,
        "stage_trust": 0.1, "appraisal_rule": "lottery", "savings_share": 0.5, "savings_usd_per_unit": 200_000.0,
    }  # fmt: skip
    collective, emergent = plain.with_(regime="collective"), plain.with_(regime="emergent", **rich)
    return [plain, collective, collective.with_(**rich), emergent]


@pytest.fixture(scope="module")
def worlds() -> list[tuple[Scenario, bytes]]:
    return [(base, engine.run_world(base, 3).series.tobytes()) for base in bases()]


def other_values(name: str) -> list[Value]:
    """A few allowed values of a parameter."""
    row = PARAMS[name]
    if row.kind == "choice":
        return list(row.choices)
    high = min(row.high, LARGEST.get(name, row.high))
    values = [row.low, high, 0.5 * (row.low + high)]
    return [round(value) for value in values] if row.kind == "int" else [float(value) for value in values]


@pytest.mark.parametrize("name", PARAMS)
def test_every_parameter_matters_somewhere(worlds, name):
    for base, series in worlds:
        for value in other_values(name):
            if value == base.values[name]:
                continue
            try:
                changed = base.with_(**{name: value})
            except ScenarioError:
                continue  # contradicts another value of this base
            if engine.run_world(changed, 3).series.tobytes() != series:
                return
    pytest.fail(f"{name}: no value changes any column in any of {len(worlds)} communities")


LARGE = """
import json, resource, sys, time
import numpy as np
from cisim import engine
from cisim.scenario import load
scenario = load("generic-adaptive").with_(regime="collective", n_orgs=50_000, months=24, n_coalitions=8)
start = time.perf_counter()
world = engine.run_world(scenario, 1)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0  # MiB on Linux
members = float(world.series[-1, engine.COLUMNS.index("members")])
print(json.dumps({
    "mib": peak, "finite": bool(np.isfinite(world.series).all()), "members": members,
    "seconds": time.perf_counter() - start,
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory as Linux reports it")
def test_fifty_thousand_organisations_fit_in_two_gib(capsys):
    engine.rule_table()  # compiled before, so that memory is the world's
    done = subprocess.run(
        [sys.executable, "-c", LARGE],
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
        env=dict(os.environ),
    )
    found = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\n50,000 organisations, 24 months: {found['mib']:.0f} MiB, {found['seconds']:.1f} s")
    assert found["finite"]
    assert found["members"] > 10_000
    assert found["mib"] < 2048


def test_null_separable_is_never_improved_by_dials_alone(integrity):
    """Each dial alone, and all together, over 60 pairs: the upper end of the 95 % interval of the gain."""
    off = load("null-separable").with_(org_budget_log_sd=0.3)
    here = off.with_(**integrity.TOGETHER, intends_to_last=1.0)
    for dials in (*({dial: 1.0} for dial in integrity.DIALS), integrity.ALL_DIALS):
        gain = np.array(
            [
                integrity.end(engine.run_world(off, k))
                - integrity.end(engine.run_world(here.with_(**dials), k))
                for k in range(60)
            ]
        )
        # 1e-9: where a dial alone does nothing (an agenda nobody meets about) the two differ by rounding
        assert gain.mean() - 3.5 * integrity.standard_error(gain) < 1e-9, dials


@pytest.mark.parametrize("regime", ["collective", "name-only", "network"])
def test_shipped_regimes_lose_where_nothing_can_be_gained(integrity, regime):
    """Whole regimes, grants and all, over 100 pairs: the 95 % interval of the gain is below 0."""
    off = load("null-separable")
    on = off.with_(regime=regime)
    gain = np.array(
        [integrity.end(engine.run_world(off, k)) - integrity.end(engine.run_world(on, k)) for k in range(100)]
    )
    assert gain.mean() + 1.96 * integrity.standard_error(gain) < 0.0


def test_columns_are_recorded_under_their_names():
    assert len(set(COLUMNS)) == len(COLUMNS) == engine.dims_of(bases()[0]).n_columns
