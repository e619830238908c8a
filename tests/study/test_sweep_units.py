"""Sweeps by the textbook: numbers of a row, units of an interval, what is left out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.scenario import Scenario
from cisim.statistics import F
from cisim.study.records import StudyData
from cisim.study.sweep.analysis import analyse
from cisim.study.sweep.units import Ints, estimate
from study.sweeps import BACKBONE, FINANCING, infant_mortality, rises, study


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return infant_mortality()


def rows_of(data: StudyData, outcome: str = "gain") -> pd.DataFrame:
    table = analyse(data).tables["effects"]
    return table[table["outcome"] == outcome].reset_index(drop=True)


def replaced(data: StudyData, **fields: Any) -> StudyData:
    return dataclasses.replace(data, **fields)


def test_known_effects_are_found_to_the_last_digits_without_noise(scenario: Scenario) -> None:
    """Nothing random is left in the differences; the worlds still differ by 2."""
    rows = rows_of(study(scenario, effect=rises, sd_noise=0.0))
    true = [rises("", b, f) for b, f in zip(rows[BACKBONE.name], rows["financing"], strict=True)]
    assert true == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    for name in ("diff", "low", "high"):
        assert rows[name].to_numpy() == pytest.approx(true, abs=1e-9)
    assert (rows["units"] == 12).all()
    assert (rows["basis"] == "world").all()


def test_the_numbers_of_a_row_are_those_of_the_textbook(scenario: Scenario) -> None:
    """An independent computation from the raw runs of one setting, means, t interval and shares."""
    data = study(scenario, effect=rises, n_worlds=9, options={"level": 0.9})
    row = rows_of(data).loc[3]
    runs = data.runs[data.runs["setting"] == 3].set_index(["case", "world"])["indicator"]
    gain = (runs["isolated"] - runs["collective"]).to_numpy()
    reach = 1.8595480375 * gain.std(ddof=1) / 3.0  # t of 8 degrees of freedom, 90 %, from a printed table
    assert row["diff"] == pytest.approx(gain.mean())
    assert [row["low"], row["high"]] == pytest.approx([gain.mean() - reach, gain.mean() + reach])
    assert row["share_positive"] == (gain > 0).mean()
    assert row["share_low"] < row["share_positive"] <= row["share_high"] + 1e-12
    assert row["mean"] == pytest.approx(runs["collective"].mean())
    assert row["reference_mean"] == pytest.approx(runs["isolated"].mean())
    apart = runs["collective"].var() + runs["isolated"].var()
    assert row["variance_reduction"] == pytest.approx(apart / gain.var(ddof=1))


def test_the_variance_reduction_is_measured_not_promised(scenario: Scenario) -> None:
    """In the same worlds the gain is large; with nothing in common it is about 1 (median of 6, sd about 0.1)."""
    shared = rows_of(study(scenario, effect=rises, n_worlds=200))["variance_reduction"].median()
    nothing = rows_of(study(scenario, effect=rises, n_worlds=200, sd_world=0.0))[
        "variance_reduction"
    ].median()
    assert shared > 25.0  # (2 * 4 + 2 * 0.09) / (2 * 0.09) is 45
    assert 0.6 < nothing < 1.6
    assert f"would have to be {shared:.3g} times" in flat(study(scenario, effect=rises, n_worlds=200))


def flat(data: StudyData) -> str:
    return " ".join(analyse(data).text.split())


REPEATS = 300
FOUR = 4.0 * math.sqrt(0.95 * 0.05 / REPEATS)


def coverage(of: Callable[[int], tuple[F, Ints, Ints, Ints]], **changed: Any) -> float:
    """Share of simulated studies whose interval holds the true mean, 0."""
    hits = 0
    for seed in range(REPEATS):
        found = estimate(*of(seed), **changed)
        hits += bool(found.low[0] <= 0.0 <= found.high[0])
    return hits / REPEATS


def drawn(seed: int, luck: str = "own", n_draws: int = 8, n_worlds: int = 10) -> tuple[F, Ints, Ints, Ints]:
    """Gains that differ by 1 between draws, by 1 between worlds, and by 0.5 between runs."""
    rng = np.random.default_rng(seed)
    draw, world = (m.ravel() for m in np.mgrid[:n_draws, :n_worlds])
    of_world = rng.standard_normal(n_worlds)[world] if luck == "common" else rng.standard_normal(draw.size)
    value = rng.standard_normal(n_draws)[draw] + of_world + 0.5 * rng.standard_normal(draw.size)
    return value[:, None], draw, np.zeros_like(draw) if luck == "common" else draw, world


def test_intervals_with_draws_as_units_cover_as_stated() -> None:
    """Error rate 6 in 100,000 seeds (four standard errors of 300 studies), for fixed seeds."""
    assert abs(coverage(drawn) - 0.95) < FOUR


def test_worlds_as_units_would_cover_far_less() -> None:
    """Negative control in the same studies: all worlds taken as independent, as if there were one draw."""

    def as_worlds(seed: int) -> tuple[F, Ints, Ints, Ints]:
        value, draw, luck, _ = drawn(seed)
        return value, np.zeros_like(draw), luck, np.arange(draw.size)

    assert coverage(as_worlds) < 0.8


def test_draws_in_the_same_worlds_cover_at_least_as_stated() -> None:
    """Crossed draws and worlds; error rate 3 in 100,000. Control: taking only draws as units covers less."""
    assert coverage(lambda seed: drawn(seed, "common")) > 0.95 - FOUR

    def naive(seed: int) -> tuple[F, Ints, Ints, Ints]:
        value, draw, _, world = drawn(seed, "common")
        return value, draw, draw, world

    assert coverage(naive) < 0.95 - FOUR


def test_a_study_with_draws_uses_them_as_units(scenario: Scenario) -> None:
    data = study(scenario, (FINANCING,), rises, n_draws=6, n_worlds=5, sd_draw=1.0)
    row = rows_of(data).loc[0]
    response = data.response().query("setting == 0").groupby("draw")["value"].mean()
    assert (row["units"], row["basis"], row["draws"], row["worlds"]) == (6, "draw", 6, 30)
    assert row["high"] - row["diff"] == pytest.approx(2.5705818356 * response.std() / math.sqrt(6))
    assert response.min() <= row["draws_5"] < row["draws_95"] <= response.max()
    assert "over 6 draws" in flat(data)
    common = rows_of(study(scenario, (FINANCING,), rises, n_draws=6, n_worlds=5, luck="common"))
    assert set(common["basis"]) == {"draw, in the same worlds"}


@pytest.mark.parametrize("luck", ["own", "common"])
def test_frames_are_joined_on_keys_not_by_position(scenario: Scenario, luck: str) -> None:
    data = study(scenario, effect=rises, n_draws=3, n_worlds=4, sd_draw=1.0, luck=luck, months=3)
    mixed = replaced(
        data,
        runs=data.runs.sample(frac=1.0, random_state=1),
        design=data.design.sample(frac=1.0, random_state=2),
        load_series=lambda: data.load_series().sample(frac=1.0, random_state=3),
    )
    assert not mixed.runs.index.equals(data.runs.index)
    one, other = analyse(data), analyse(mixed)
    assert one.text == other.text
    assert set(one.tables) == {"effects", "paths"}
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=True)


def test_runs_without_a_partner_in_the_same_world_are_left_out_and_said(scenario: Scenario) -> None:
    data = study(scenario, effect=rises)
    gone = (data.runs["case"] == "isolated") & (data.runs["world"] == 3) & (data.runs["setting"] == 2)
    assert gone.sum() == 1
    cut = replaced(data, runs=data.runs[~gone])
    assert rows_of(cut)["worlds"].tolist() == [12, 12, 11, 12, 12, 12]
    assert "1 runs have no partner in the same world" in flat(cut)
    with pytest.raises(ValueError, match="runs: none of 72 can be compared with 'isolated'"):
        analyse(replaced(data, runs=data.runs[data.runs["case"] != "isolated"]))


def test_infinite_and_undefined_values_are_dropped_for_that_outcome_and_counted(scenario: Scenario) -> None:
    data = study(scenario, effect=rises)
    whole = rows_of(data)
    mine = (data.runs["setting"] == 1) & (data.runs["case"] == "collective")
    data.runs.loc[mine & (data.runs["world"] == 0), "usd_per_unit"] = math.inf
    data.runs.loc[mine & (data.runs["world"] == 5), "usd_per_unit"] = math.nan
    data.runs.loc[(data.runs["setting"] == 1) & (data.runs["world"] == 7), "usd_per_unit"] = math.inf
    rows = rows_of(data, "usd_per_unit")
    assert rows["dropped"].tolist() == [0, 3, 0, 0, 0, 0]
    assert rows["worlds"].tolist() == [12, 9, 12, 12, 12, 12]
    assert np.isfinite(rows[["diff", "low", "high"]].to_numpy()).all()
    pd.testing.assert_frame_equal(rows_of(data), whole)  # other outcomes keep all their worlds
    assert "usd_per_unit: infinite or undefined in 3 pairs of runs" in flat(data)


def test_an_outcome_without_any_finite_value_is_empty_and_can_be_drawn(scenario: Scenario) -> None:
    data = study(scenario, effect=rises, options={"outcomes": ["usd_per_unit"]})
    data.runs.loc[data.runs["setting"] == 0, "usd_per_unit"] = math.inf
    row = rows_of(data, "usd_per_unit").loc[0]
    assert (row["worlds"], row["dropped"]) == (0, 12)
    assert math.isnan(row["diff"])
    assert analyse(data).plot("usd_per_unit").axes
