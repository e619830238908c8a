"""The three commands as they are typed: results on standard output, refusals with exit code 2 and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cisim.cli import main

ROOT = Path(__file__).parents[2]
MADE_UP = ROOT / "docs" / "examples" / "survey"
TIES, ORGS = str(MADE_UP / "ties-2026.csv"), str(MADE_UP / "orgs-2026.csv")
NEXT, NEXT_ORGS = str(MADE_UP / "ties-2028.csv"), str(MADE_UP / "orgs-2028.csv")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert (
        main(["import-survey", TIES, "--orgs", ORGS, "-o", "town.yaml", "--title", "A made-up town", "-q"])
        == 0
    )
    return tmp_path


def test_a_survey_becomes_a_scenario_that_other_commands_take(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import-survey", TIES, "--orgs", ORGS, "-o", "again.yaml"]) == 0
    told, remark = capsys.readouterr()
    assert remark == "wrote again.yaml; look at it, then: cisim validate again.yaml\n"
    assert "16, of which 14 answered" in told
    assert "69 reported, 6 put in" in told
    assert "business = corporate" in told
    assert main(["validate", "town.yaml"]) == 0
    assert main(["show", "town.yaml", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert (shown["name"], shown["title"], len(shown["organisations"])) == ("town", "A made-up town", 16)
    assert "SHA-256" in shown["facts"][0]["source"]
    assert "ties-2026.csv" in shown["facts"][0]["source"]
    small = ["--worlds", "2", "--set", "months=24", "-q", "--json"]
    assert main(["compare", "town.yaml", "--regimes", "isolated,collective", *small]) == 0
    assert len(json.loads(capsys.readouterr().out)) > 50


def test_without_output_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["import-survey", TIES, "--orgs", ORGS, "-q"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_a_survey_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-survey", TIES, "--orgs", ORGS, "--json", "--missing", "none"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ties"], found["ties_filled_in"], found["responded"], found["file"]) == (69, 0, 14, None)
    assert found["notes"]


def test_predict_and_score(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["export", "town.yaml", "--regime", "collective", "--worlds", "12", "-q"]
    assert main([*asked, "--month", "24", "--month", "12", "-o", "p"]) == 0
    assert "to be published before the next survey" in capsys.readouterr().out
    assert {path.name for path in (town / "p" / "month-24").iterdir()} == {"ties.csv", "orgs.csv"}
    assert "Nobody has observed any of this" in (town / "p" / "README.md").read_text("utf-8")
    assert main(["score", "p", NEXT, "--orgs", NEXT_ORGS, "--month", "24"]) == 0
    told = capsys.readouterr().out
    assert "225 ordered pairs of 16 organisations, of which 15 answered" in told
    assert "'nothing changes' (Brier score" in told
    assert main(["score", "p", NEXT, "--orgs", NEXT_ORGS, "--month", "24", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pairs"], found["ties_start"], found["ties_seen"], found["ties_kept"]) == (225, 73, 79, 65)
    assert [one["rule"] for one in found["ties"]] == [
        "prediction",
        "nothing changes",
        "density",
        "turnover in hindsight",
    ]
    assert found["ties"][1]["brier"] == pytest.approx((8 + 14) / 225)
    assert found["ties"][1]["log"] is None  # infinite
    assert found["regime"] == "collective"
    assert len(found["prediction_sha256"]) == 64


def test_a_finished_run_or_comparison_is_exported_in_its_own_worlds(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    months = ["--set", "months=24", "-q"]
    assert main(["run", "town.yaml", "--worlds", "3", "--seed", "5", "-o", "r", *months]) == 0
    assert main(["export", "r", "--month", "24", "-o", "p", "-q", "--json"]) == 0
    assert (
        main(["compare", "town.yaml", "--regimes", "isolated,network", "--worlds", "3", "-o", "c", *months])
        == 0
    )
    assert main(["export", "c", "--regime", "network", "--month", "24", "-o", "q", "-q"]) == 0
    capsys.readouterr()
    import pandas as pd

    ties = pd.read_parquet(town / "r" / "ties.parquet")
    last = ties[(ties.month == 23) & (ties.world == 0)]
    exported = pd.read_parquet(town / "p" / "worlds.parquet")
    first = exported[exported.world == 0]
    assert {(a, b, t) for a, b, t in zip(first["from"], first["to"], first["trust"], strict=True)} == {
        (a, b, t) for a, b, t in zip(last.org, last.other, last.trust, strict=True)
    }
    assert json.loads((town / "q" / "prediction.json").read_text("utf-8"))["regime"] == "network"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["import-survey", "no.csv"], "no.csv: no such file"),
        (["import-survey", TIES, "--orgs", ORGS, "--scale", "4,1"], "--scale: '4,1' is not allowed; two numbers"),
        (["import-survey", TIES, "--orgs", ORGS, "--scale", "1,3"], "ties-2026.csv:5:38: mission: '4' is not"),
        (["import-survey", TIES, "--from", "who"], "--from: 'who' is no column"),
        (["import-survey", TIES, "--trust-items", "reliability,"], "--trust-items: 'reliability,' is not allowed"),
        (["import-survey", TIES, "--trust-items", "mission,mission"], "--trust-items: a column is named twice"),
        (["import-survey", TIES, "--missing", "some"], "'some' is not allowed; one of reported, none"),
        (["import-survey", TIES, "-o", "town.yaml"], "--output: town.yaml exists and is not overwritten"),
        (["import-survey", TIES, "-o", "town.csv"], "a scenario file ends in .yaml"),
        (["import-survey", TIES, "-o", "no/town.yaml"], "there is no folder no"),
        (["import-survey", TIES, "--extends", "genric-adaptive"], "genric-adaptive"),
        (["import-survey", ORGS], "from: no column has a usual name"),
        (["export", "town.yaml", "-o", "p"], "Missing option '--month'"),
        (["export", "town.yaml", "--month", "0", "-o", "p"], "'0' is not allowed; a whole number from 1 to 600"),
        (["export", "town.yaml", "--month", "500", "-o", "p"], "--month: 500 is not allowed; 1 to 120"),
        (["export", "town.yaml", "--month", "12", "-o", "."], "--output: . exists and is not overwritten"),
        (["export", ".", "--month", "12", "-o", "p"], "no result of 'cisim run -o' or 'cisim compare -o'"),
        (["export", ".", "--month", "12", "-o", "p", "--seed", "3"], "--seed: the runs in . state this already"),
        (["export", "town.yaml", "--month", "12", "-o", "p", "--set", "n_org=3"], "--set: 'n_org' is not a parameter"),
        (["score", ".", NEXT], "no prediction is here"),
        (["score", "nowhere", NEXT], "no prediction is here"),
    ],
)  # fmt: skip
def test_refusals(town: Path, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str) -> None:
    capsys.readouterr()
    before = {path: path.read_bytes() for path in town.iterdir()}
    assert main(words) == 2
    printed = capsys.readouterr()
    assert complaint in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert {path: path.read_bytes() for path in town.iterdir()} == before


def test_a_month_that_was_not_predicted_is_refused(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--worlds", "2", "--draws", "none", "-q"]
    assert main(["export", "town.yaml", "--month", "3", "--month", "6", "-o", "p", *small]) == 0
    assert main(["score", "p", NEXT]) == 2
    assert "--month: the prediction has several; name one of 3, 6" in capsys.readouterr().err
    assert main(["score", "p", NEXT, "--month", "9"]) == 2
    assert "--month: 9 is not in the prediction; 3, 6" in capsys.readouterr().err


def test_made_up_data_say_so() -> None:
    for path in MADE_UP.glob("*.csv"):
        assert path.read_text("utf-8").startswith("# MADE-UP DATA. No such organisations exist"), path
