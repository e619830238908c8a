"""Sweeps: known effects are found, intervals cover, frames are joined on keys, figures show what they say."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.params import Value
from cisim.records import Frozen
from cisim.scenario import Scenario, load
from cisim.statistics import F, means, variance_ratio, wilson
from cisim.study.records import Factor, Level, StudyData
from cisim.study.stopping import interval
from cisim.study.sweep.analysis import analyse
from cisim.study.sweep.units import Ints, estimate

BASELINE = 13.5  # of the scenario; lower is better there


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("infant-mortality")


def factor(name: str, labels: tuple[Value, ...], unit: str = "") -> Factor:
    levels = tuple(Level(one, Frozen({name: one})) for one in labels)
    return Factor(name, unit, "", ("collective",), levels)


BACKBONE = factor("backbone_usd_per_year", (0, 100_000, 200_000), "usd/year")
FINANCING = factor("financing", ("equal", "added"))
TIES = factor("max_ties", (8, 16, 24, 32), "ties")


def study(
    scenario: Scenario,
    factors: tuple[Factor, ...] = (BACKBONE, FINANCING),
    effect: Callable[..., float] = lambda **_: 0.0,
    n_worlds: int = 12,
    n_draws: int = 1,
    sd_draw: float = 0.0,
    sd_world: float = 2.0,
    sd_noise: float = 0.3,
    seed: int = 1,
    cases: tuple[str, ...] = ("isolated", "collective"),
    reference: str | None = "isolated",
    luck: str = "own",
    sd_own: float = 0.0,
    options: dict[str, Any] | None = None,
    months: int = 0,
) -> StudyData:
    """A study whose true mean gains are `effect(case=..., **levels)`; everything else is noise of known size."""
    rng = np.random.default_rng(seed)
    settings = pd.DataFrame(
        list(itertools.product(*(f.labels for f in factors))), columns=[f.name for f in factors], index=None
    )
    of_draw, of_luck = sd_draw * rng.standard_normal(n_draws), rng.standard_normal((n_draws, n_worlds))
    gain_of_world = sd_own * rng.standard_normal((n_draws, n_worlds))
    points, runs = [], []
    for draw in range(n_draws):
        key = 0 if luck == "common" else draw
        for s, levels in settings.iterrows():
            point = draw * len(settings) + int(s)
            points.append({"point": point, "setting": int(s), "draw": draw, "luck": key, **levels})
            for case in cases:
                gain = (
                    0.0
                    if case == reference
                    else effect(case=case, **levels) + of_draw[draw] + gain_of_world[key]
                )
                noise = sd_noise * rng.standard_normal(n_worlds)
                runs.append(
                    pd.DataFrame(
                        {
                            "point": point, "setting": int(s), "draw": draw, "case": case, "world": np.arange(n_worlds),
                            "seed": 1000 * key + np.arange(n_worlds),
                            "indicator": BASELINE + sd_world * of_luck[key] - gain + noise,
                            "usd_per_unit": 100.0 + rng.random(n_worlds),
                        }
                    )
                )  # fmt: skip
    frame = pd.concat(runs, ignore_index=True)
    frame["case"] = pd.Categorical(frame["case"], categories=cases)
    return StudyData(
        "made-up", "A made-up study", factors, pd.DataFrame(points), frame, cases, reference,
        ("indicator", "usd_per_unit"), scenario, seed, options or {}, lambda: monthly_of(frame, months),
    )  # fmt: skip


def monthly_of(runs: pd.DataFrame, months: int) -> pd.DataFrame:
    """A monthly table whose indicator goes from the start to the value of the run, and whose trust is constant."""
    keys = runs[["point", "setting", "draw", "case", "world", "seed"]]
    frames = [
        keys.assign(
            month=m, indicator=BASELINE + (runs["indicator"] - BASELINE) * (m + 1) / months, trust=0.25
        )
        for m in range(months)
    ]
    return pd.concat(frames, ignore_index=True) if frames else keys.iloc[:0].assign(month=[])


def rises(case: str, backbone_usd_per_year: float = 0.0, financing: str = "equal", **_: Any) -> float:
    return backbone_usd_per_year / 1e5 + (0.5 if financing == "added" else 0.0)


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
