"""Predictive checks: facts beside what the draws give, on tiny tables and end to end."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim import cli
from cisim.outcomes import COLUMNS
from cisim.records import Frozen, Uncertainty
from cisim.scenario import load
from cisim.study.calibration.summaries import summaries
from cisim.study.calibration.targets import Target
from cisim.study.prediction.analysis import analyse, draws_table, facts_table
from cisim.study.prediction.paths import EVERY_MONTHS, courses_of, paths_table
from cisim.study.published import drawn
from cisim.study.records import Factor, Report, StudyData

TURF = Uncertainty("turf", "uniform", Frozen({"low": 0.0, "high": 1.0}), "a test", "assumed")
FACTOR = Factor("turf", "share", "weight of the own agenda", ("isolated", "collective"), (), TURF)


def target(name: str, value: float, tolerance: float = 0.1, **more: Any) -> Target:
    stated = {"case": "collective", "outcome": "trust", "statistic": "mean", "source": "a test", **more}
    return Target(name=name, value=value, tolerance=tolerance, **stated)


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def one_fact(fact: Target, values: np.ndarray, errors: np.ndarray | None = None) -> Any:
    return facts_table([fact], values, np.zeros_like(values) if errors is None else errors).iloc[0]


# --- facts ---------------------------------------------------------------------------------------------------


def test_a_fact_beside_five_draws_by_hand() -> None:
    row = one_fact(target("trust", 0.5, month=7, note="why"), column(0.1, 0.2, 0.3, 0.4, 0.5))
    quantiles = [row[name] for name in ("low", "quarter", "median", "three_quarters", "high")]
    assert quantiles == pytest.approx([0.12, 0.2, 0.3, 0.4, 0.48])
    assert (row["mean"], row["sd"]) == pytest.approx((0.3, math.sqrt(0.025)))
    assert row["off_by_sd"] == pytest.approx(0.2 / math.sqrt(0.1**2 + 0.025))
    assert (row["target"], row["month"], row["use"], row["draws"]) == ("trust", 7, "fit", 5)
    assert (row["source"], row["note"]) == ("a test", "why")


@pytest.mark.parametrize(
    ("value", "tolerance", "verdict"),
    [
        (0.30, 0.1, "inside"),
        (0.49, 0.1, "inside"),  # 1.9 tolerances off
        (0.51, 0.1, "outside"),  # 2.1
        (0.09, 0.1, "outside"),
        (0.31, 1.0, "inside"),
    ],
)
def test_a_planted_hit_is_inside_and_a_planted_miss_outside(
    value: float, tolerance: float, verdict: str
) -> None:
    """Draws that all give 0.3 have no spread of their own, so that only the tolerance decides."""
    assert one_fact(target("trust", value, tolerance), column(0.3, 0.3, 0.3))["verdict"] == verdict


def test_draws_that_say_nothing_meet_no_fact() -> None:
    """A sd of 2.2 tolerances: near the fact that is undecided, and far from it still a miss."""
    spread = column(-0.22, 0.0, 0.22)
    assert one_fact(target("trust", 0.0), spread)["verdict"] == "undecided"
    assert one_fact(target("trust", 0.0), 0.9 * spread)["verdict"] == "inside"
    assert one_fact(target("trust", 0.5), spread)["verdict"] == "outside"


def test_the_luck_of_worlds_is_taken_out_of_the_spread_of_draws() -> None:
    values = column(0.2, 0.4, 0.6)  # a variance of 0.04
    assert one_fact(target("trust", 0.4), values)["sd"] == pytest.approx(0.2)
    assert one_fact(target("trust", 0.4), values, column(0.12, 0.12, 0.12))["sd"] == pytest.approx(0.16)
    assert one_fact(target("trust", 0.4), values, column(0.0, math.nan, math.sqrt(0.06)))[
        "sd"
    ] == pytest.approx(0.1)
    assert one_fact(target("trust", 0.4), values, column(0.3, 0.3, 0.3))["sd"] == 0.0, "never below nought"


def normal_tail(z: float) -> float:
    """The chance that a standard normal number is beyond `z` or its opposite."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def test_the_surprise_of_equal_draws_is_the_tail_of_the_tolerance() -> None:
    for z in (-2.5, -1.0, 0.0, 0.3, 1.96):
        row = one_fact(target("trust", 0.3 + 0.1 * z), column(0.3, 0.3))
        assert row["surprise"] == pytest.approx(normal_tail(z), rel=1e-9)


def test_the_surprise_of_normal_draws_is_that_of_both_sds_together() -> None:
    """A normal prediction of sd 0.3 blurred by a tolerance of 0.4 has a sd of 0.5.

    20,000 draws: the standard error of a tail is below 0.0035, doubled 0.007; four of them are missed by chance
    once in 16,000 for each of three facts.
    """
    values = np.random.default_rng(1).normal(0.2, 0.3, size=(20_000, 1))
    for z in (0.0, 1.0, -2.0):
        row = one_fact(target("trust", 0.2 + 0.5 * z, 0.4), values)
        assert row["surprise"] == pytest.approx(normal_tail(z), abs=4 * 0.007)
        assert abs(row["surprise"] - normal_tail(z * 0.5 / 0.4)) > 0.02 or z == 0.0, (
            "control: tolerance alone"
        )


def test_surprises_of_what_the_draws_themselves_predict_are_even() -> None:
    """1,000 facts made by a draw and its tolerance: surprises are uniform.

    Mean 0.5 with a standard error of 0.0091, the share below 0.05 one of 0.0069; 400 draws move each fact's surprise by
    less than 0.05. Four standard errors: by chance once in 8,000. Facts shifted by three tolerances are noticed.
    """
    rng = np.random.default_rng(2)
    values = rng.normal(size=(400, 1))
    facts = rng.normal(size=1000) + rng.normal(size=1000)
    one = [target(str(k), float(fact), 1.0) for k, fact in enumerate(facts)]
    shifted = [replace(fact, value=fact.value + 3.0) for fact in one[:200]]
    wide = np.repeat(values, 1000, axis=1)
    surprise = facts_table(one, wide, np.zeros_like(wide))["surprise"]
    assert surprise.mean() == pytest.approx(0.5, abs=4 * 0.0091 + 0.02)
    assert (surprise < 0.05).mean() == pytest.approx(0.05, abs=4 * 0.0069 + 0.01)
    far = facts_table(shifted, wide[:, :200], np.zeros_like(wide[:, :200]))["surprise"]
    assert (far < 0.05).mean() > 0.3


def test_draws_without_a_value_are_left_out_and_a_fact_without_any_is_missed() -> None:
    some = one_fact(target("trust", 0.3), column(0.2, math.nan, 0.4))
    assert (some["draws"], some["mean"], some["verdict"]) == (2, pytest.approx(0.3), "inside")
    none = one_fact(target("trust", 0.3), column(math.nan, math.nan))
    assert (none["draws"], none["verdict"]) == (0, "outside")
    assert np.isnan([none[name] for name in ("mean", "low", "high", "off_by_sd", "surprise")]).all()


# --- tables of a study ---------------------------------------------------------------------------------------

TRUST = {"isolated": [[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]], "collective": [[0.4, 0.6], [0.5, 0.9], [0.8, 0.8]]}
"""Trust at the end, by case, draw and world."""
MONTHS = 13
FACTS = (
    target("trust at the end", 0.66),
    target("twice as much trust", 2.0, 0.5, statistic="relative_difference", use="hold-out"),
    target("trust in month 4", 0.9, use="hold-out", month=4),
    target("trust in month 11", 0.6, month=11),
)


def rows_of(month: int | None = None) -> pd.DataFrame:
    """Runs, or their state in a month: what trust comes to at the end grows in even steps."""
    part = 1.0 if month is None else (month + 1) / MONTHS
    rows = []
    for case, table in TRUST.items():
        for point, worlds in enumerate(table):
            for world, trust in enumerate(worlds):
                key = {
                    "point": point,
                    "setting": 0,
                    "draw": point,
                    "case": case,
                    "world": world,
                    "seed": world,
                }
                rows.append({**key, "month": month, "trust": part * trust})
    frame = pd.DataFrame(rows).sort_values(["point", "case", "world"], ignore_index=True)
    return frame.drop(columns="month") if month is None else frame


def data_of(*facts: Target) -> StudyData:
    design = pd.DataFrame(
        {"point": range(3), "setting": 0, "draw": range(3), "luck": range(3), "turf": [0.7, 0.1, 0.4]}
    )
    series = pd.concat([rows_of(month) for month in range(MONTHS)], ignore_index=True)
    return StudyData(
        "tiny", "A tiny check", (FACTOR,), design, rows_of(), ("isolated", "collective"), "isolated", ("trust",),
        load("generic-adaptive"), 1, {"targets": facts}, lambda: series,
    )  # fmt: skip


def report() -> Report:
    return analyse(data_of(*FACTS))


def test_every_draw_gives_what_its_own_worlds_do() -> None:
    table = report().tables["draws"]
    assert list(table) == ["point", "turf", *(f"fact: {one.name}" for one in FACTS)]
    assert table["turf"].tolist() == [0.7, 0.1, 0.4]
    assert table["fact: trust at the end"].tolist() == pytest.approx([0.5, 0.7, 0.8])
    assert table["fact: twice as much trust"].tolist() == pytest.approx([1.5, 2.5, 3.0])
    assert table["fact: trust in month 4"].tolist() == pytest.approx([x * 5 / 13 for x in (0.5, 0.7, 0.8)])


def test_draws_keep_their_parameters_where_the_design_stands_in_another_order() -> None:
    data = data_of(*FACTS)
    values, _ = summaries(data.runs, data.series, FACTS, data.reference)
    mixed = replace(data, design=data.design.sample(frac=1.0, random_state=3))
    pd.testing.assert_frame_equal(draws_table(mixed, FACTS, values), draws_table(data, FACTS, values))


def test_facts_are_met_and_missed_where_that_was_planted() -> None:
    table = report().tables["facts"].set_index("target")
    assert table["verdict"].to_dict() == {
        "trust at the end": "inside", "twice as much trust": "inside", "trust in month 4": "outside",
        "trust in month 11": "inside",
    }  # fmt: skip
    assert table["mean"].tolist() == pytest.approx([2 / 3, 7 / 3, 2 / 3 * 5 / 13, 2 / 3 * 12 / 13])
    assert table["month"].isna().tolist() == [True, True, False, False]


# --- paths ---------------------------------------------------------------------------------------------------


def test_paths_have_every_third_month_and_the_months_of_facts() -> None:
    paths = report().tables["paths"]
    assert set(paths["course"]) == {0}, "both facts with a month lie on one course"
    assert paths["month"].tolist() == sorted({*range(0, MONTHS, EVERY_MONTHS), 4, 11})
    assert {*paths["case"], *paths["outcome"], *paths["statistic"]} == {"collective", "trust", "mean"}


def test_a_path_goes_through_what_the_draws_are_in_its_months() -> None:
    for row in report().tables["paths"].itertuples():
        part = (row.month + 1) / MONTHS
        assert (row.low, row.median, row.high) == pytest.approx((0.52 * part, 0.7 * part, 0.79 * part))
        assert row.low <= row.quarter <= row.median <= row.three_quarters <= row.high


def test_courses_are_apart_where_what_is_followed_differs() -> None:
    facts = [
        target("a", 0.5, month=4), target("b", 0.5, month=9), target("ends", 0.5),
        target("more than alone", 0.3, month=4, statistic="difference"), target("other", 0.5, month=4, case="isolated"),
        target("lost", 0.1, month=9, since=4, statistic="yearly_loss"),
    ]  # fmt: skip
    names = [[one.name for one in group] for group in courses_of(facts).values()]
    assert names == [["a", "b"], ["more than alone"], ["other"]]
    paths = paths_table(data_of(*facts), facts)
    second = paths[(paths["course"] == 1) & (paths["month"] == 12)].iloc[0]
    assert (second["statistic"], second["median"]) == ("difference", pytest.approx(0.5))


def test_a_month_after_the_last_one_is_refused_and_one_that_nobody_asked_for_is_no_path() -> None:
    with pytest.raises(ValueError, match=r"'late' needs case 'collective' in month 40"):
        analyse(data_of(target("late", 0.5, month=40)))
    with pytest.raises(ValueError, match="targets: missing"):
        analyse(replace(data_of(), options={}))
    whole = analyse(data_of(FACTS[0]))
    assert whole.tables["paths"].empty
    assert list(whole.figures) == ["facts"]


# --- words and figures ---------------------------------------------------------------------------------------


def test_the_report_counts_what_is_met_and_tells_every_miss() -> None:
    text = report().text
    assert max(map(len, text.splitlines())) <= 100
    flat = " ".join(text.split())
    assert flat.startswith("A tiny check: 4 facts")
    assert "Simulated, the model meets 2 of the 2 facts it was fitted to." in flat
    assert "Simulated, the model meets 1 of the 2 facts that were held out." in flat
    assert (
        "Missed: trust in month 4 (held out): the model gives 0.256 (0.2 to 0.304), the fact is 0.9" in flat
    )
    assert flat.count("Missed: ") == 1
    assert "Undecided: trust" not in flat
    assert "Each of 3 draws of the parameters was simulated in 2 worlds" in flat
    marks = {line.split("  ")[0]: line.endswith("*") for line in text.splitlines() if "  " in line}
    assert {name: marks[name] for name in ("trust at the end", "trust in month 4")} == {
        "trust at the end": False, "trust in month 4": True,
    }  # fmt: skip


def test_what_is_undecided_is_not_called_a_miss() -> None:
    vague = target("trust at the end", 0.66, 0.03)  # the draws have a sd of 0.08
    flat = " ".join(analyse(data_of(vague)).text.split())
    assert "Undecided: trust at the end: the model gives" in flat
    assert "Missed: " not in flat
    assert "meets 0 of the 1 fact it was fitted to" in flat


def test_figures_show_every_fact_and_every_course() -> None:
    found = report()
    assert list(found.figures) == ["facts", "paths"]
    whole = found.plot("facts")
    title = "Simulated, the model meets 2 of 2 facts that were fitted and 1 of 2 that were held out"
    assert title in {" ".join(text.get_text().split()) for text in whole.texts}
    facts = whole.axes[0]
    assert [label.get_text() for label in facts.get_yticklabels()] == [one.name for one in FACTS]
    told = [text.get_text() for text in facts.texts]
    assert [text.split()[-1] for text in told] == ["inside", "inside", "outside", "inside"]
    assert told[2].startswith("0.256  (0.9)")
    (panel,) = found.plot("paths").axes
    assert panel.get_title(loc="left") == "collective: trust"
    points = [container.lines[0].get_xydata()[0].tolist() for container in panel.containers]
    assert points == pytest.approx(np.array([[4 / 12, 0.9], [11 / 12, 0.6]]))
    for name in found.figures:
        first, again = drawn(found, name), drawn(found, name)
        assert first == again
        assert first["png"].startswith(b"\x89PNG")


def test_a_fact_without_any_prediction_can_be_told_and_drawn() -> None:
    data = data_of(FACTS[0])
    runs = data.runs.assign(trust=np.where(data.runs["case"] == "collective", math.inf, data.runs["trust"]))
    found = analyse(replace(data, runs=runs))
    assert found.tables["facts"]["draws"].tolist() == [0]
    assert "Missed: trust at the end: the model gives - (- to -)" in " ".join(found.text.split())
    assert drawn(found, "facts")["svg"]


# --- the command ---------------------------------------------------------------------------------------------

TARGETS = """\
cisim_targets: 1
title: Two facts
targets:
  - {name: trust after a year, case: collective, outcome: trust, month: 11, statistic: mean, value: 0.5, tolerance: 5,
     source: a test}
  - {name: impossible trust, case: collective, outcome: trust, statistic: mean, value: 9, tolerance: 0.1,
     source: a test, use: hold-out}
"""
STUDY = """\
cisim_study: 1
title: A tiny check
scenario: null-separable
analysis: predict
set: {months: 14, n_orgs: 6, formation_month: 1}
uncertainties:
  - {name: trust_years, distribution: uniform, low: 1, high: 5, source: a test, grade: assumed}
samples: 4
worlds: 2
options: {targets: facts.yaml}
series: []
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study file with its facts beside it."""
    (tmp_path / "facts.yaml").write_text(TARGETS, "utf-8")
    (tmp_path / "check.yaml").write_text(STUDY, "utf-8")
    return tmp_path / "check.yaml"


def test_the_command_keeps_what_it_found_and_finds_it_again(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert cli.main(["predict", str(study), "-o", str(out), "--quiet"]) == cli.DONE
    text = capsys.readouterr().out
    assert (out / "analysis" / "report.txt").read_text("utf-8") == text
    assert "Missed: impossible trust (held out)" in " ".join(text.split())
    names = {f"{name}.{kind}" for name in ("facts", "paths") for kind in ("csv", "png", "svg")}
    assert {path.name for path in (out / "analysis").iterdir()} == {*names, "draws.csv", "report.txt"}
    series, runs = (pd.read_parquet(out / f"{name}.parquet") for name in ("series", "runs"))
    assert set(series) & set(COLUMNS) == {"trust"}, "what facts need is kept without being asked for"
    mine = runs[runs["case"] == "collective"].groupby("draw")["trust"].mean()
    draws = pd.read_csv(out / "analysis" / "draws.csv")
    assert draws["fact: impossible trust"].tolist() == pytest.approx(mine.tolist())
    here = series[(series["case"] == "collective") & (series["month"] == 11)]
    year = here.groupby("draw")["trust"].mean()
    assert draws["fact: trust after a year"].tolist() == pytest.approx(year.tolist())
    assert cli.main(["predict", str(out), "--json", "--quiet"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert [row["verdict"] for row in told["tables"]["facts"]] == ["inside", "outside"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("case: collective, outcome: trust, month", "case: colective, outcome: trust, month", "colective"),
        ("month: 11", "month: 99", "99"),
        ("outcome: trust, statistic: mean, value: 9", "outcome: trsut, statistic: mean, value: 9", "'trust'"),
    ],
)
def test_facts_that_the_study_cannot_give_end_with_code_2(
    study: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    facts = study.with_name("facts.yaml")
    assert TARGETS.count(old) == 1
    facts.write_text(TARGETS.replace(old, new), "utf-8")
    assert cli.main(["predict", str(study), "--quiet"]) == cli.BAD_INPUT
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err
