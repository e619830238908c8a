from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from cisim.engine import STEP

ROOT = Path(__file__).parents[1]


@pytest.fixture
def full_model(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import full_model

    return full_model


def test_every_dial_is_on_and_the_coalition_stays(full_model: ModuleType) -> None:
    values = full_model.scenario_of(30).values
    dials = ("common_agenda", "shared_measurement", "mutual_activities", "communication", "backbone")
    assert [values[name] for name in dials] == [1.0] * 5
    cpu, wall = full_model._one_world(30, 24, seed=1)  # raises where the coalition is gone
    assert cpu > 0.0
    assert wall > 0.0


def test_an_idle_coalition_is_not_timed(full_model: ModuleType) -> None:
    world = full_model.engine.run_world(full_model.scenario_of(10, 12).with_(formation="never"), 1)
    with pytest.raises(RuntimeError, match="the coalition or its measurement is gone"):
        full_model._check_alive(world)


def test_fewer_months_are_scaled_up(full_model: ModuleType) -> None:
    rows = full_model._by_size({20: 1, 40: 1}, {40: 12})
    assert [row["n_orgs"] for row in rows] == [20, 40]
    assert [row["months_run"] for row in rows] == [120, 12]
    for row in rows:
        per_month = 1e6 * row["ms_per_world"] / row["n_orgs"] / 120
        assert row["ns_per_org_month"] == pytest.approx(per_month, rel=0.01)
    assert rows[0]["mib"] < rows[1]["mib"]


def test_every_rule_has_its_share(full_model: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_model, "SHARES_AT", (200,))
    rules, crossing = full_model._shares(rounds=2)
    assert [row["rule"] for row in rules] == list(STEP)
    assert sum(row["share_at_200"] for row in rules) == pytest.approx(1.0, abs=0.002)  # rounded
    assert crossing > 0.0
