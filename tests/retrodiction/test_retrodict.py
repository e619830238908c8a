"""The report on cases, their figures and the overview; the command; the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest

from cisim import cli
from cisim.compiled import model_version
from cisim.retrodiction.cases import study_of
from cisim.retrodiction.observed import list_cases
from cisim.retrodiction.overview import overview
from cisim.retrodiction.reading import read_observed
from cisim.retrodiction.retrodict import SAMPLES, SEED, UNCERTAINTIES, WORLDS, retrodict
from cisim.retrodiction.text import percent
from cisim.study.published import drawn
from retrodiction.small_cases import found, small

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cases.md"
OWN = ("--uncertainties", "scenario", "--samples", "3", "--worlds", "1", "-q")


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = cli.main(["retrodict", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_report_is_narrow_and_says_what_was_run() -> None:
    text = found().report.text
    assert max(map(len, text.splitlines())) <= 100
    flat = " ".join(text.split())
    assert (
        "16 draws of 16 unknowns (as the scenario declares them), 2 worlds each, seed 3; equal money" in flat
    )
    assert "No figure below was fitted" in flat
    assert "nan" not in text


def test_every_figure_can_be_drawn_and_equal_results_give_equal_bytes() -> None:
    report = found().report
    assert list(report.figures) == ["course", "parts"]
    for name in report.figures:
        first, again = drawn(report, name), drawn(report, name)
        assert first == again
        assert first["png"][:4] == b"\x89PNG"
    assert drawn(overview([found()]), "places")["svg"]


def test_equal_seeds_repeat_a_case_and_others_do_not() -> None:
    one, same, other = (
        retrodict(small(), samples=4, worlds=1, seed=seed, uncertainties="scenario").report.tables[
            "predictions"
        ]
        for seed in (5, 5, 6)
    )
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_gains_are_above_0_where_what_happened_was_better() -> None:
    for case in (found(), retrodict(small("summer-meals"), samples=4, uncertainties="scenario")):
        row = overview([case]).tables["score"].iloc[0]
        effect = case.report.tables["effect"].set_index("what")["mean"]
        base, best = case.observed.scenario.indicator.baseline, case.observed.scenario.indicator.best
        sign = -1.0 if best < base else 1.0
        assert row["gain"] == pytest.approx(sign * 100.0 * effect["difference"] / base)
        assert row["gain_p5"] <= row["gain"] <= row["gain_p95"]


def test_the_overview_compares_with_the_ranges_of_the_scenario() -> None:
    told = overview([found()], [found()])
    row = told.tables["before"].iloc[0]
    assert (row["inside"], row["crps"]) == (row["inside_before"], row["crps_before"])
    assert "own ranges" in told.text
    assert "own ranges" not in overview([found()]).text
    assert max(map(len, told.text.splitlines())) <= 100


def test_shares_have_no_negative_nought() -> None:
    assert [percent(x, "+") for x in (-0.004, 0.004, -0.006)] == ["+0%", "+0%", "-1%"]


def test_the_command_keeps_what_it_ran_and_goes_on_with_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    code, out, err = call(capsys, "hospital", "food-bank-inventory", *OWN, "-o", folder)
    assert code == cli.DONE, err
    for name in ("hospital", "food-bank-inventory"):
        assert (folder / name / "runs.parquet").is_file()
        assert (folder / name / "analysis" / "report.txt").read_text() in out
        assert (folder / name / "analysis" / "course.png").is_file()
        assert pd.read_csv(folder / name / "analysis" / "predictions.csv").empty
    assert (folder / "overview" / "analysis" / "report.txt").read_text() in out
    before = (folder / "hospital" / "runs.parquet").stat().st_mtime_ns
    assert call(capsys, "hospital", "food-bank-inventory", *OWN, "-o", folder)[:2] == (cli.DONE, out)
    assert (folder / "hospital" / "runs.parquet").stat().st_mtime_ns == before, "not run again"


def test_json_is_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "summer-meals", *OWN, "--json")
    assert (code, err) == (cli.DONE, "")
    told = json.loads(out)
    [case] = told["cases"]
    assert {row["observation"] for row in case["tables"]["predictions"]} == {"participation in 2013"}
    assert told["overview"]["score"][0]["case"] == "summer-meals"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hospitl",), "CASE: 'hospitl' is not allowed"),
        (("hospital", "hospital"), "comes twice"),
        (("nowhere.yaml",), "no such file"),
        (("hospital", "--samples", "1"), "2 to"),
        (("hospital", "--worlds", "0"), "1 to"),
        (("hospital", "--uncertainties", "posterio"), "--uncertainties: 'posterio' is not allowed"),
        (("hospital", "--before", "--uncertainties", "scenario"), "--before"),
    ],
)
def test_what_is_not_allowed_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    code, out, err = call(capsys, *words)
    assert (code, out) == (cli.BAD_INPUT, "")
    assert told in err
    assert "Traceback" not in err


def test_folders_that_hold_something_else_are_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    for folder in (tmp_path / "mine", tmp_path / "mine" / "thesis.txt"):
        code, _, err = call(capsys, "hospital", *OWN, "-o", folder)
        assert code == cli.BAD_INPUT
        assert "--output" in err
    (tmp_path / "other" / "hospital").mkdir(parents=True)
    (tmp_path / "other" / "hospital" / "thesis.txt").write_text("years")
    code, _, err = call(capsys, "hospital", *OWN, "-o", tmp_path / "other")
    assert code == cli.BAD_INPUT
    assert "thesis.txt" in err
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"thesis.txt"}


# --- the page ---


def page() -> str:
    return PAGE.read_text("utf-8")


def test_the_page_is_of_the_cases_as_they_are_shipped() -> None:
    drawn_from = "scenario" if "--uncertainties scenario" in page() else UNCERTAINTIES
    for name in list_cases():
        observed = read_observed(name)
        section = page()[page().index(f"## {observed.title}\n") :].split("\n## ")[0]
        digest = study_of(observed, SAMPLES, WORLDS, SEED, drawn_from).spec.digest
        assert f"study `{digest[:16]}`" in section, f"{name} changed; run: python docs/make_cases.py"
        for one in observed.observations:
            assert f"| {one.name} | {one.value:g} | {one.error:g} |" in section


def test_the_page_is_of_the_present_model() -> None:
    stated = re.search(r"version\s`(\w+)` with numba (\S+) and numpy (\S+)\.\n", page())
    assert stated
    if (stated[2], stated[3]) == (numba.__version__, np.__version__):
        assert stated[1] == model_version(), "the model changed; run: python docs/make_cases.py"


def test_every_figure_of_the_page_is_there_and_none_is_left_over() -> None:
    shown = set(re.findall(r"\(img/cases/([^)]+)\)", page()))
    assert shown == {path.name for path in (ROOT / "docs" / "img" / "cases").glob("*.png")}
    assert len(shown) > len(list_cases())
