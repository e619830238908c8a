"""The report of a calibration says what is met and missed, in text, tables and figures that agree."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.records import Frozen, Uncertainty
from cisim.scenario import load
from cisim.study.calibration import analysis as calibration
from cisim.study.calibration.analysis import (
    analyse,
    analyse_study,
    check_factors,
    engine_from,
    engine_of,
    targets_of,
    told_of,
)
from cisim.study.calibration.summaries import summaries
from cisim.study.calibration.tables import Found, targets_table
from cisim.study.calibration.targets import Target
from cisim.study.distributions import values_at
from cisim.study.records import Factor, Level, StudyData

N_WORLDS = 6


def uncertain(name: str, distribution: str, **arguments: Any) -> Factor:
    given = Uncertainty(name, distribution, Frozen(arguments), "example", "assumed")
    return Factor(name, "share", "example", ("collective",), (), given)


FACTORS = (
    uncertain("attendance", "uniform", low=0.4, high=1.0),
    uncertain("exit_per_year", "loguniform", low=0.002, high=0.2),
    uncertain("formation", "choice", values=("grant", "convener")),
)
TARGETS = (
    Target("attendance", "collective", "attendance", "mean", 0.7, 0.03, "example"),
    Target("gain in trust", "collective", "trust", "difference", 0.2, 0.05, "example"),
    Target("exits", "isolated", "exits", "mean", 9.0, 1.0, "example", use="hold-out"),
    Target("never so dense", "collective", "network_density", "mean", 2.0, 0.1, "example", use="hold-out"),
)


def world(u: np.ndarray, point: int, seed: int) -> list[dict[str, Any]]:
    """Two cases of a made-up model in a few worlds of equal luck."""
    draws = np.random.default_rng([seed, point])
    attendance, exits = (
        values_at(FACTORS[0].uncertainty, u[:1])[0],
        values_at(FACTORS[1].uncertainty, u[1:2])[0],
    )
    rows = []
    for k in range(N_WORLDS):
        luck = draws.normal(size=4)
        for case, on in (("isolated", 0.0), ("collective", 1.0)):
            rows.append(
                {
                    "point": point, "case": case, "world": k, "attendance": on * attendance + 0.01 * luck[0],
                    "trust": 0.3 + 0.1 * luck[1] + on * 2.0 * (attendance - 0.6) + 0.01 * luck[2],
                    "exits": 300.0 * exits + 0.5 * luck[3], "network_density": 0.1 + 0.3 * attendance,
                }
            )  # fmt: skip
    return rows


def calibrated(options: dict[str, Any], targets: tuple[Target, ...] = TARGETS) -> tuple[StudyData, list[Any]]:
    engine = engine_of(options, len(FACTORS), targets, seed=3)
    history: list[Any] = []
    rows: list[dict[str, Any]] = []
    n = 0
    while (u := engine.ask(history)) is not None:
        mine = [row for i, one in enumerate(u) for row in world(np.minimum(one, 1 - 1e-12), n + i, 3)]
        values, errors = summaries(pd.DataFrame(mine), None, targets, "isolated")
        history.append((u, values, errors))
        rows, n = rows + mine, n + len(u)
    data = StudyData(
        "coalitions", "What coalitions are like", FACTORS, pd.DataFrame({"point": range(n)}), pd.DataFrame(rows),
        ("isolated", "collective"), "isolated", ("attendance",), load("generic-adaptive"), 3,
        {**options, "targets": targets}, pd.DataFrame,
    )  # fmt: skip
    return data, history


@pytest.fixture(scope="module")
def matched() -> tuple[StudyData, list[Any]]:
    return calibrated({"waves": 3, "per_wave": 30, "draws": 200})


@pytest.fixture(scope="module")
def sampled() -> tuple[StudyData, list[Any]]:
    return calibrated({"method": "abc-smc", "waves": 6, "per_wave": 80})


@pytest.mark.parametrize("method", ["matched", "sampled"])
def test_facts_met_and_missed_are_told(method, request):
    """Attendance is 0.7 by both fitted facts; 0.03 is about 1.3 posterior sds, the mean of 50 draws or more is off by
    0.2 of one: error rate below 1 in 10,000."""
    data, waves = request.getfixturevalue(method)
    report = analyse(data, waves)
    found = report.tables["targets"].set_index("target")
    assert found.loc["attendance", "posterior_mean"] == pytest.approx(0.7, abs=0.03)
    assert found["verdict"].to_dict() == {
        "attendance": "inside", "gain in trust": "inside", "exits": "undecided", "never so dense": "outside",
    }  # fmt: skip
    assert "meets 2 of the 2 facts it was fitted to" in report.text
    assert "meets 0 of the 2 facts it had not seen; of 1 it says too little to tell" in report.text
    assert "Undecided: exits: the model gives anything from" in report.text
    assert "Missed: never so dense (not seen)" in report.text
    assert max(map(len, report.text.splitlines())) <= 100
    assert f"Runs used: {len(data.runs):,} at " in report.text
    assert (found["prior_low"] < found["posterior_low"] + 1e-6).loc[["attendance", "gain in trust"]].all()


@pytest.mark.parametrize("method", ["matched", "sampled"])
def test_only_parameters_that_the_facts_speak_of_are_narrowed(method, request):
    """The ratio of an untouched parameter's sd is 1 within 0.25, 4 standard errors for draws worth 50."""
    data, waves = request.getfixturevalue(method)
    report = analyse(data, waves)
    ratio = report.tables["parameters"].set_index("parameter")["sd_ratio"]
    assert ratio["attendance"] < 0.5
    assert ratio["exit_per_year"] == pytest.approx(1.0, abs=0.25)  # its fact was held out
    assert "half of what was thought possible: attendance." in report.text
    draws = report.tables["posterior"]
    assert list(draws.columns) == ["draw", "weight", "attendance", "exit_per_year", "formation"]
    assert draws["weight"].sum() == pytest.approx(1.0)
    assert draws["attendance"].between(0.4, 1.0).all()
    assert draws["exit_per_year"].between(0.002, 0.2).all()
    assert set(draws["formation"]) == {"grant", "convener"}


def test_tables_of_each_method(matched, sampled):
    emulators = analyse(*matched).tables["emulators"]
    assert emulators.set_index("target")["explained"]["attendance"] > 0.9
    sampling = analyse(*sampled).tables
    assert "emulators" not in sampling
    assert sampling["waves"]["kernel_in_tolerances"].is_monotonic_decreasing
    assert sampling["waves"]["points"].eq(80).all()


def test_the_same_waves_give_the_same_report(matched):
    data, waves = matched
    one, other = analyse(data, waves), analyse(data, waves)
    assert one.text == other.text
    pd.testing.assert_frame_equal(one.tables["posterior"], other.tables["posterior"])


def test_when_nothing_fits_the_report_says_so_and_draws_no_posterior():
    impossible = (
        TARGETS[0],
        Target("gain in trust", "collective", "trust", "difference", -0.9, 0.05, "example"),
    )
    data, waves = calibrated({"waves": 3, "per_wave": 30, "draws": 200}, impossible)
    report = analyse(data, waves)
    assert "No parameter values reproduce all facts at once" in report.text
    assert "gain in trust by" in report.text
    assert report.tables["posterior"].empty
    assert "marginals" not in report.figures
    assert (report.tables["targets"]["verdict"] == "outside").any()
    assert report.tables["targets"]["posterior_mean"].isna().all()
    report.plot("targets")
    assert max(map(len, report.text.splitlines())) <= 100


def test_figures_show_what_the_tables_say(matched):
    report = analyse(*matched)
    targets, marginals = report.plot("targets"), report.plot("marginals")
    ax = targets.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == [one.name for one in TARGETS]
    table = report.tables["targets"]
    scaled = (table["posterior_mean"] - table["value"]) / table["tolerance"]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, scaled)
    assert ax.get_xlabel() == "model minus fact, in tolerances"
    assert [one.get_xlabel().split(",")[0] for one in marginals.axes] == [one.name for one in FACTORS]
    bars = [patch.get_height() for patch in marginals.axes[2].patches][:2]
    assert sum(bars) == pytest.approx(1.0)


def test_a_miss_counts_posterior_and_tolerance_together(matched):
    """A target 1.9 joint sds away is inside, 2.1 away outside; with a tolerance far below the spread, undecided."""
    data, waves = matched
    engine = engine_of(data.options, 3, TARGETS, 3)
    u, weights = engine.posterior(waves)
    fitted = engine.fitted(waves)
    own = fitted[:, 2].std()
    for off, tolerance, verdict in (
        (1.9, own, "inside"),
        (2.1, own, "outside"),
        (1.0, own / 3.0, "undecided"),
    ):
        spread = np.hypot(own, tolerance)
        moved = Target(
            "exits", "isolated", "exits", "mean", fitted[:, 2].mean() + off * spread, tolerance, "example"
        )
        targets = (*TARGETS[:2], moved, TARGETS[3])
        found = Found(engine, [*_waves(waves)], targets, FACTORS, u, weights, fitted)
        assert targets_table(found).set_index("target").loc["exits", "verdict"] == verdict


def _waves(waves: list[Any]) -> list[Any]:
    from cisim.study.calibration.waves import Wave

    return [Wave(*one) for one in waves]


def test_the_seed_is_never_tuned():
    seed = Factor("seed", "", "", (), (Level(1, Frozen({})),))
    with pytest.raises(
        ValueError, match="'seed' is not allowed; random draws are averaged over, never tuned"
    ):
        check_factors((*FACTORS, seed))
    assert check_factors(FACTORS) == FACTORS
    grid = Factor("ruggedness", "", "", (), (Level(1, Frozen({"ruggedness": 1})),))
    assert check_factors((grid, *FACTORS)) == FACTORS
    with pytest.raises(ValueError, match="none has a distribution"):
        check_factors((grid,))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "guess"}, "method: 'guess' is not allowed; one of history-matching, abc-smc"),
        ({"method": "abc-smc", "cutoff": 3.0}, "cutoff: is an option of history-matching"),
        ({"particles": 50}, "particles: is an option of abc-smc"),
        ({"waves": 0}, "waves: 0 is not allowed"),
        ({"per_wave": 2.5}, "per_wave: 2.5 is not allowed"),
    ],
)
def test_bad_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        engine_of(options, 2, TARGETS, seed=1)


def test_targets_come_as_records_or_plain_values():
    plain = [{name: getattr(one, name) for name in Target.__slots__} for one in TARGETS]
    assert targets_of({"targets": plain}) == targets_of({"targets": TARGETS}) == TARGETS
    with pytest.raises(ValueError, match="targets: missing"):
        targets_of({})


@pytest.mark.parametrize("method", ["matched", "sampled"])
def test_a_kept_study_is_told_and_replayed_to_the_same_report(method, request):
    data, waves = request.getfixturevalue(method)
    plain = [{name: getattr(one, name) for name in Target.__slots__} for one in TARGETS]
    spec: Any = SimpleNamespace(options={**data.options, "targets": plain}, factors=FACTORS, seed=3)
    mixed = replace(data, runs=data.runs.sample(frac=1, random_state=1))
    assert analyse_study(spec, mixed).text == analyse(data, waves).text
    told: tuple[Any, ...] = ()
    for u, values, errors in waves:
        np.testing.assert_array_equal(engine_from(spec).ask(told), u)
        told = told_of(spec, (*told, u), mixed)
        np.testing.assert_array_equal(told[-1].values, values)
        np.testing.assert_array_equal(told[-1].errors, errors)
    assert engine_from(spec).ask(told) is None
    lost = replace(data, runs=data.runs[data.runs["point"] != 2])
    gap = told_of(spec, (waves[0][0],), lost)[0].values
    assert np.isnan(gap[2]).all()
    np.testing.assert_array_equal(np.delete(gap, 2, axis=0), np.delete(waves[0][1], 2, axis=0))


def test_many_draws_are_thinned_by_weight(sampled, monkeypatch):
    """The mean of 60 of the draws is that of all within 4 standard errors of 0.13 sd."""
    whole = analyse(*sampled).tables["posterior"]
    monkeypatch.setattr(calibration, "MOST_DRAWS", 60)
    thin = analyse(*sampled).tables["posterior"]
    assert len(thin) == 60 < len(whole)
    assert thin["weight"].to_numpy() == pytest.approx(np.full(60, 1 / 60))
    mean = whole["weight"] @ whole["attendance"]
    sd = np.sqrt(whole["weight"] @ (whole["attendance"] - mean) ** 2)
    assert thin["attendance"].mean() == pytest.approx(mean, abs=0.5 * sd)


def test_no_wave_no_report(matched):
    with pytest.raises(ValueError, match="waves: none"):
        analyse(matched[0], [])
