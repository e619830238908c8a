"""The report of a sensitivity analysis: from the runs of a study to words, tables and figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from cisim.study.sensitivity.analysis import METHODS, analyse, find
from cisim.study.sensitivity.convergence import rank_difference
from cisim.study.sensitivity.index import MEAN, ONE
from cisim.study.sensitivity.reading import read
from study.synthetic_sensitivity import ISHIGAMI_ST, ishigami, study

SIZES = {"sobol": 128, "morris": 20, "rbd_fast": 200, "delta": 150, "pawn": 150, "dgsm": 64}
NAMES = ("low", "middle", "high")


def rows(report, name, target=ONE):
    """Rows of an index by factor."""
    table = report.tables["indices"]
    return table[(table["index"] == name) & (table["target"] == target)].set_index("factor")


def words_of(report):
    """The text in one line."""
    return " ".join(report.text.split())


def without(data, points):
    """The same study without the runs of some points."""
    return dataclasses.replace(data, runs=data.runs[~data.runs["point"].isin(points)].reset_index(drop=True))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("worlds", [1, 2])
def test_every_method_reports_in_words_tables_and_figures(method, worlds):
    data = study(
        ishigami, method, 4, SIZES[method], worlds=worlds, choices={3: NAMES}, options={"resamples": 50}
    )
    report = analyse(data)
    assert report.kind == "sensitivity"
    assert max(len(line) for line in report.text.splitlines()) <= 100
    assert "What matters most: x" in words_of(report)
    assert "nan" not in report.text
    assert "Take few values: x4" in report.text
    assert ("Luck: " in report.text) == (worlds == 2)
    assert ("Luck's share cannot be told from one world" in words_of(report)) == (worlds == 1)
    assert {"indices", "convergence", "salib"} <= set(report.tables)
    assert set(report.tables["indices"]["factor"]) >= {"x1", "x2", "x3", "x4"}
    for name in report.figures:
        figure = report.plot(name)
        assert figure.axes[0].get_xlabel() or name == "second_order"


def test_the_report_says_what_is_true():
    report = analyse(study(ishigami, "sobol", 4, 1024, worlds=2, sd=2.0))
    total = rows(report, "ST", MEAN)["estimate"].to_numpy()
    # 1024 blocks are off by less than 0.02; 0.06 is more than 3 of the standard errors reported.
    assert total == pytest.approx(np.append(ISHIGAMI_ST, 0.0), abs=0.06)
    assert "What matters most: x1 (" in words_of(report)
    assert "May be fixed anywhere in their range: x4 (" in words_of(report)
    assert "The strongest pair is x1 with x3" in words_of(report)
    pairs = report.tables["second_order"].set_index(["target", "factor", "other"])
    assert pairs.loc[(MEAN, "x1", "x3"), "estimate"] == pytest.approx(0.2437, abs=0.06)
    assert rows(report, "luck").loc["luck", "estimate"] == pytest.approx(4.0 / 17.84, abs=0.04)


def test_negative_estimates_are_shown_and_explained():
    report = analyse(study(lambda u: 5.0 * u[:, 0] + u[:, 1], "sobol", 4, 16, worlds=1, sd=3.0, seed=1))
    lowest = report.tables["second_order"]["estimate"].min()
    assert lowest < -0.01
    assert f"{lowest:.3f}".replace("-", "\N{MINUS SIGN}") in report.text
    assert "Estimates below zero (" in report.text


def test_the_verdict_turns_with_the_sample():
    small, large = (analyse(study(ishigami, "sobol", 3, n, sd=0.5)) for n in (32, 4096))
    assert "NOT converged" in small.text
    assert "would be enough" in words_of(small)
    assert "\nConverged: every 95% interval" in large.text
    table = small.tables["convergence"]
    assert (table["n_enough"] >= 512).any()
    assert (table["n_enough"] & (table["n_enough"] - 1) == 0).all(), "powers of two"


def test_the_predicted_sample_is_enough():
    """Half-widths at the predicted sample are known to a few per cent; a quarter more is allowed."""
    small = analyse(study(ishigami, "sobol", 3, 256, sd=1.0)).tables["convergence"]
    n = int(small["n_enough"].max())
    assert n > 256
    large = analyse(study(ishigami, "sobol", 3, n, sd=1.0)).tables["convergence"]
    assert large["value"].max() < 0.05 * 1.25


def test_ranks_that_cannot_be_told_are_not_converged():
    def twins(u):
        return u[:, 0] * u[:, 2] + u[:, 1] * u[:, 2]

    assert "NOT converged" in analyse(study(twins, "morris", 3, 10, sd=0.0)).text
    assert "\nConverged" in analyse(study(lambda u: u @ np.array([1.0, 5.0, 0.0]), "morris", 3, 10)).text
    same = np.array([[1.0, 2.0], [1.1, 2.1]])
    assert rank_difference(same) == 0.0
    assert rank_difference(same[:, ::-1] * np.array([[1.0, 1.0], [1.0, 9.0]])) > 0.0


def test_order_of_rows_does_not_matter():
    data = study(ishigami, "sobol", 3, 64, options={"resamples": 20})
    rng = np.random.default_rng(1)
    mixed = dataclasses.replace(
        data,
        runs=data.runs.iloc[rng.permutation(len(data.runs))],
        design=data.design.iloc[rng.permutation(len(data.design))],
    )
    pd.testing.assert_frame_equal(analyse(mixed).tables["indices"], analyse(data).tables["indices"])


def test_names_instead_of_numbers_give_the_same_shares_as_the_steps_they_stand_for():
    named = analyse(study(ishigami, "sobol", 3, 256, sd=0.0, choices={1: NAMES}))

    def steps(u):
        v = u.copy()
        v[:, 1] = (np.floor(u[:, 1] * 3.0) + 0.5) / 3.0
        return ishigami(v)

    plain = analyse(study(steps, "sobol", 3, 256, sd=0.0))
    assert rows(named, "ST")["estimate"].to_numpy() == pytest.approx(rows(plain, "ST")["estimate"].to_numpy())
    assert "Take few values: x2; the shares of variance are exact" in words_of(named)
    assert "Take few values" not in plain.text


@pytest.mark.parametrize(("method", "n"), [("sobol", 64), ("morris", 20), ("dgsm", 32)])
def test_missing_runs_in_blocks_are_an_error_with_a_way_out(method, n):
    data = study(ishigami, method, 3, n, options={"resamples": 20})
    rows_per_block = len(data.design) // n
    gap = rows_per_block * (n - 3) + 1
    with pytest.raises(
        ValueError, match=rf"1 of {len(data.design)} points lack runs \(point {gap}\)"
    ) as error:
        analyse(without(data, [gap]))
    fits = 32 if method == "sobol" else n - 3
    assert f"or set n: {fits}, of which all blocks are complete" in str(error.value)
    again = dataclasses.replace(without(data, [gap]), options={**data.options, "n": fits})
    report = analyse(again)
    assert f"the first {fits * rows_per_block}, a sample of n = {fits}, are" in words_of(report)


def test_one_missing_world_is_a_missing_run():
    data = study(ishigami, "morris", 3, 10)
    gone = (data.runs["point"] == 1) & (data.runs["world"] == 1) & (data.runs["case"] == "isolated")
    with pytest.raises(ValueError, match=r"1 of 40 points lack runs \(point 1\); morris needs whole blocks"):
        analyse(dataclasses.replace(data, runs=data.runs[~gone]))


def test_missing_runs_elsewhere_are_left_out_and_said():
    data = study(ishigami, "rbd_fast", 3, 200, options={"resamples": 20})
    report = analyse(without(data, [3, 150]))
    assert "2 of 200 points lack runs (point 3, 150) and were left out" in words_of(report)
    assert "198 points, 2 worlds per point" in words_of(report)
    whole = rows(analyse(data), "S1")["estimate"]
    assert rows(report, "S1")["estimate"].to_numpy() == pytest.approx(whole.to_numpy(), abs=0.03)
    with pytest.raises(ValueError, match="pawn needs 100 complete points"):
        analyse(without(study(ishigami, "pawn", 3, 100), [3]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "fast"}, "method: 'fast' is not one of"),
        ({"n": 48}, "n: 48 is not allowed for sobol; a power of two"),
        ({"n": 128}, "n: 128 with 3 factors makes points 0 to 1023; the design has 512 points"),
        ({"second_order": "no"}, "second_order: 'no' is not allowed"),
        ({"second_order": False}, "luck: points"),
        ({"response": "joy"}, "response: 'joy' is not an outcome"),
        ({"response": "trust"}, "response: the same in all runs"),
        ({"case": "isolated"}, "case: 'isolated' is not one of collective"),
        ({"level": 1.5}, "level: 1.5 is not allowed"),
        ({"resamples": 3}, "resamples: 3 is not allowed; a whole number of at least 20"),
    ],
)
def test_options_that_are_not_allowed(change, words):
    data = study(ishigami, "sobol", 3, 64)
    with pytest.raises(ValueError, match=words):
        analyse(dataclasses.replace(data, options={**data.options, **change}))


def test_another_seed_or_method_is_noticed():
    data = study(ishigami, "sobol", 3, 64)
    with pytest.raises(ValueError, match="x1: its values in the design are not in the order of this sample"):
        analyse(dataclasses.replace(data, seed=2))
    with pytest.raises(ValueError, match="luck: points"):
        analyse(dataclasses.replace(data, options={"method": "pawn", "n": 512}))


def test_luck_shared_by_all_points_is_refused():
    data = study(ishigami, "sobol", 3, 64)
    with pytest.raises(ValueError, match="run the study with seeds: own"):
        analyse(dataclasses.replace(data, design=data.design.assign(luck=0)))


def test_a_grid_is_refused():
    data = study(ishigami, "morris", 3, 10)
    with pytest.raises(ValueError, match="has several settings"):
        analyse(dataclasses.replace(data, design=data.design.assign(setting=data.design["point"] % 2)))


def test_responses_that_are_not_finite_are_refused():
    data = study(ishigami, "morris", 3, 10)
    runs = data.runs.assign(trust=np.where(data.runs["point"] == 3, np.inf, data.runs["point"] * 1.0))
    data = dataclasses.replace(data, runs=runs, options={**data.options, "response": "trust"})
    with pytest.raises(ValueError, match="response: 'trust' is not finite in 2 of 80 runs"):
        analyse(data)


def test_method_and_sample_may_be_left_out():
    data = study(ishigami, "sobol", 3, 64)
    reading = read(dataclasses.replace(data, options={}))
    assert (reading.subject.method, reading.subject.n, reading.subject.resamples) == ("sobol", 64, 500)
    assert read(data).subject.y == pytest.approx(reading.subject.y)


def test_without_reference_the_value_itself_is_explained():
    data = study(ishigami, "morris", 3, 10, sd=0.0)
    runs = data.runs[data.runs["case"] == "collective"].assign(trust=lambda frame: frame["point"] * 1.0)
    alone = dataclasses.replace(
        data, runs=runs, cases=("collective",), reference=None, options={**data.options, "response": "trust"}
    )
    reading = read(alone)
    assert (reading.case, reading.reference) == ("collective", None)
    assert reading.subject.y[:, 0] == pytest.approx(np.arange(40.0))
    assert "trust, in" in analyse(alone).text


def test_gain_is_matched_to_points_by_number():
    data = study(ishigami, "morris", 3, 10, sd=0.0)
    subject = read(data).subject
    assert subject.y == pytest.approx(ishigami(subject.u)[:, None].repeat(2, axis=1))
    assert find(subject).indices[ONE, "luck"].estimate[0] == pytest.approx(0.0, abs=1e-9)


def test_same_study_same_report():
    data = study(ishigami, "sobol", 3, 64, sd=1.0)
    assert analyse(data).text == analyse(data).text


@pytest.mark.parametrize("method", METHODS)
def test_where_luck_is_nearly_everything_the_report_says_so(method):
    data = study(lambda u: 0.01 * u[:, 0], method, 3, SIZES[method], worlds=2, options={"resamples": 50})
    report = analyse(data)
    text = words_of(report)
    assert "nan" not in text
    assert "inf" not in text.replace("infinite", "")
    assert rows(report, "luck").loc["luck", "high"] > 0.9
    if method in ("sobol", "rbd_fast"):
        assert ("nothing but luck is left" in text) == ("(no interval)" in text)
    if method in ("sobol", "dgsm"):
        assert "nothing but luck is left" in text
    if method in ("morris", "delta", "pawn"):
        assert "nothing but luck is left" not in text


def test_nothing_is_said_to_matter_where_nothing_does():
    report = analyse(study(lambda u: 0.0 * u[:, 0], "rbd_fast", 2, 200, options={"resamples": 50}))
    # Two intervals of 95 % in which zero lies too low in 1 of 40 samples each; the seed is fixed.
    assert "No factor can be told to matter" in words_of(report)
    assert "No factor can be told to matter" in report.plot().texts[-2].get_text()
