"""Sweeps: known effects are found, frames are joined on keys, figures show what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cisim.scenario import Scenario
from cisim.statistics import means, variance_ratio, wilson
from cisim.study.records import Factor, StudyData
from cisim.study.stopping import interval
from cisim.study.sweep.analysis import analyse
from cisim.study.sweep.units import estimate
from study.sweeps import BACKBONE, FINANCING, TIES, infant_mortality, rises, study


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return infant_mortality()


def effects_of(data: StudyData) -> pd.DataFrame:
    return analyse(data).tables["effects"]


def test_known_effects_are_found_in_every_setting(scenario: Scenario) -> None:
    """18 intervals at 99.9 %: a false alarm in less than 1 of 50 seeds, and the seed is fixed."""
    found = effects_of(study(scenario, effect=rises, n_worlds=60, options={"level": 0.999}))
    gain = found[found.outcome == "gain"]
    assert len(gain) == 6
    for row in gain.to_dict("records"):
        truth = rises("collective", row["backbone_usd_per_year"], row["financing"])
        assert row["low"] < truth < row["high"], row
        assert row["high"] - row["low"] < 1.0
    indicator = found[found.outcome == "indicator"]
    np.testing.assert_allclose(indicator["diff"].to_numpy(), -gain["diff"].to_numpy(), atol=1e-12)


def simulated(
    n_draws: int, n_worlds: int, sd_draw: float, sd_luck: float, *, common: bool
) -> tuple[float, float]:
    """Coverage of the interval, and of one that takes worlds for units, in 2,000 studies of no effect."""
    rng, studies = np.random.default_rng(7), 2_000
    of_draw = sd_draw * rng.standard_normal((studies, n_draws, 1))
    of_luck = sd_luck * rng.standard_normal((studies, 1 if common else n_draws, n_worlds))
    values = of_draw + of_luck + rng.standard_normal((studies, n_draws, n_worlds))
    table = values.transpose(1, 2, 0).reshape(n_draws * n_worlds, studies)
    draw, world = np.repeat(np.arange(n_draws), n_worlds), np.tile(np.arange(n_worlds), n_draws)
    luck = np.zeros_like(draw) if common else draw
    found = estimate(table, draw, luck, world)
    naive = estimate(table, np.zeros_like(draw), luck, np.arange(draw.size))
    covers = [float(((one.low <= 0.0) & (one.high >= 0.0)).mean()) for one in (found, naive)]
    return covers[0], covers[1]


@pytest.mark.parametrize(
    ("sd_draw", "sd_luck", "common"),
    [(1.0, 0.5, False), (0.0, 0.5, False), (1.0, 0.5, True), (0.5, 1.0, True)],
)
def test_intervals_cover_with_draws_as_units(sd_draw: float, sd_luck: float, common: bool) -> None:
    """A share of 2,000 has a standard error of .005; 4 of them below .95 is an accident in 1 of 30,000."""
    covers, naive = simulated(12, 10, sd_draw, sd_luck, common=common)
    assert covers > 0.93
    if not common:
        assert covers < 0.97
    if sd_draw and not common:
        assert naive < 0.75, "worlds of one draw are not independent"
    if common:
        assert naive < 0.75, "draws in the same worlds are not independent"


def test_frames_are_merged_on_keys(scenario: Scenario) -> None:
    data = study(scenario, effect=rises, n_draws=4, sd_draw=0.5, months=6)
    mixed = replace(
        data,
        runs=data.runs.sample(frac=1.0, random_state=1),
        design=data.design.sample(frac=1.0, random_state=2),
        load_series=lambda: data.load_series().sample(frac=1.0, random_state=3),
    )
    for name, table in analyse(data).tables.items():
        pd.testing.assert_frame_equal(table, analyse(mixed).tables[name], check_exact=True)


def test_what_is_infinite_is_left_out_for_that_outcome_and_counted(scenario: Scenario) -> None:
    data = study(scenario, effect=rises)
    runs = data.runs.copy()
    treated = np.flatnonzero(runs["case"] == "collective")
    runs.iloc[treated[:5], runs.columns.get_loc("usd_per_unit")] = np.inf
    runs.iloc[treated[5], runs.columns.get_loc("usd_per_unit")] = np.nan
    found = effects_of(replace(data, runs=runs))
    price = found[found.outcome == "usd_per_unit"]
    assert price["dropped"].sum() == 6
    assert price["worlds"].iloc[0] == 12 - 6
    assert np.isfinite(price["diff"]).all()
    assert (found.loc[found.outcome != "usd_per_unit", "dropped"] == 0).all()


def test_the_gain_of_pairing_is_the_measured_one(scenario: Scenario) -> None:
    data = study(scenario, factors=(TIES,), n_worlds=50)
    found = effects_of(data)
    row = found[(found.outcome == "indicator") & (found.max_ties == 8)].iloc[0]
    runs = data.runs[data.runs.point == 0].pivot(index="world", columns="case", values="indicator")
    assert row["variance_reduction"] == pytest.approx(variance_ratio(runs["collective"], runs["isolated"]))
    assert row["variance_reduction"] > 10.0, "worlds are shared, and vary much more than the difference"


def test_share_positive_has_wilsons_interval(scenario: Scenario) -> None:
    data = study(scenario, factors=(TIES,), n_worlds=30, sd_noise=1.0)
    row = effects_of(data).query("outcome == 'gain' and max_ties == 8").iloc[0]
    gain = data.response("gain").query("point == 0")["value"]
    count = int((gain > 0).sum())
    assert row["share_positive"] == count / 30
    low, high = wilson(count, 30)
    assert (row["share_low"], row["share_high"]) == pytest.approx((low, high))


def test_a_pilot_makes_the_interval_steins(scenario: Scenario) -> None:
    data = study(scenario, factors=(TIES,), n_worlds=40, options={"worlds": "auto", "pilot": 10})
    row = effects_of(data).query("outcome == 'gain' and max_ties == 8").iloc[0]
    gain = data.response("gain").query("point == 0").sort_values("world")["value"].to_numpy()
    low, high = interval(gain, 10)
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    plain = means(gain)
    assert (float(plain.low), float(plain.high)) != pytest.approx((low, high))
    assert "Stein" in analyse(data).text


def test_the_best_of_many_is_called_too_good(scenario: Scenario) -> None:
    report = analyse(study(scenario, factors=(TIES,), effect=lambda max_ties, **_: max_ties / 16.0))
    words = " ".join(report.text.split())
    assert "Best of 4: max_ties 32" in words
    assert "looks better than it is" in words
    assert all(len(line) <= 100 for line in report.text.splitlines())


def test_several_cases_and_none_to_compare_with(scenario: Scenario) -> None:
    cases = ("isolated", "network", "collective")
    found = effects_of(
        study(scenario, factors=(TIES,), cases=cases, effect=lambda case, **_: 2.0 * (case == "collective"))
    )
    gain = found[found.outcome == "gain"].groupby("case", observed=True)["diff"].mean()
    assert set(gain.index) == {"network", "collective"}
    assert gain["collective"] - gain["network"] == pytest.approx(2.0, abs=0.5)
    alone = effects_of(study(scenario, factors=(TIES,), cases=("isolated",), reference=None))
    assert alone.loc[alone.outcome == "indicator", "diff"].isna().all()
    assert np.isfinite(alone["mean"]).all()


def test_options_that_make_no_sense_are_refused(scenario: Scenario) -> None:
    for options, wrong in (
        ({"outcomes": ["deaths"]}, "outcomes: 'deaths' was not kept"),
        ({"level": 2.0}, "level: 2.0 is not allowed"),
        ({"worlds": "auto"}, "pilot: None is not allowed"),
    ):
        with pytest.raises(ValueError, match=wrong):
            analyse(study(scenario, options=options))
    empty = study(scenario)
    with pytest.raises(ValueError, match="none of 0 can be compared"):
        analyse(replace(empty, runs=empty.runs.iloc[:0]))


@pytest.mark.parametrize(
    ("factors", "lines", "images"),
    [((TIES,), 1, 0), ((BACKBONE, FINANCING), 2, 0), ((BACKBONE, TIES), 0, 1), ((FINANCING,), 0, 0)],
)
def test_figures_suit_what_varies(
    scenario: Scenario, factors: tuple[Factor, ...], lines: int, images: int
) -> None:
    report = analyse(study(scenario, factors=factors, effect=rises, months=6))
    assert set(report.figures) == {"gain", "paths"}
    main = report.plot("gain").axes[0]
    assert len(main.images) + len([c for c in main.collections if "QuadMesh" in type(c).__name__]) == images
    drawn = [line for line in main.lines if len(line.get_xdata()) == len(factors[0].labels)]
    assert len(drawn) >= lines
    label = f"{main.get_xlabel()} {main.get_ylabel()} {' '.join(text.get_text() for text in report.plot('gain').texts)}"
    assert any(factor.name in label for factor in factors) or images == 0
    labels = " ".join(f"{axis.get_xlabel()} {axis.get_ylabel()}" for axis in report.plot("gain").axes)
    assert "deaths per 1,000 live births" in " ".join(labels.split())
    paths = report.plot("paths")
    assert len(paths.axes) == 4, "level and difference of two monthly columns"


def test_a_hundred_thousand_runs(scenario: Scenario) -> None:
    data = study(scenario, factors=(BACKBONE, FINANCING, TIES), effect=rises, n_worlds=42, n_draws=50)
    assert len(data.runs) > 100_000
    assert len(effects_of(data)) == 24 * 3
