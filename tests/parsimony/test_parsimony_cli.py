from __future__ import annotations

import json
from pathlib import Path

import pytest

from cisim.cli import BAD_INPUT, DONE, main
from cisim.parsimony import study
from cisim.parsimony.inputs import PLACEBO, inputs_of
from cisim.scenario import load

SMALL = ("--set", "n_orgs=6", "--set", "months=12", "--set", "formation_month=2", "--samples", "4", "--quiet")
WORDS = ("parsimony", "--uncertainties", "scenario", *SMALL)


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(list(map(str, words)))
    out, err = capsys.readouterr()
    return code, out, err


def test_a_folder_keeps_runs_and_report_and_json_tells_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = inputs_of(load("generic-adaptive"))
    few = tuple(one for one in every if one.name in ("fidelity", "turf", PLACEBO))
    monkeypatch.setattr(study, "inputs_of", lambda scenario, posterior: few)
    code, out, err = call(capsys, *WORDS, "-o", tmp_path / "out")
    assert (code, err) == (DONE, "")
    assert (tmp_path / "out" / "analysis" / "report.txt").read_text("utf-8") == out
    code, out, err = call(capsys, *WORDS, "-o", tmp_path / "out", "--json")
    assert (code, err) == (DONE, "")
    found = json.loads(out)
    assert found["samples"] == 4
    assert {row["parameter"] for row in found["parameters"]} == {"fidelity", "turf"}
    code, out, err = call(capsys, *WORDS, "--seed", 2, "-o", tmp_path / "out")
    assert (code, out) == (BAD_INPUT, "")
    assert "--output" in err
    assert "seed" in err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("--samples", "1"), ("'1' is not allowed", "4 to 4096")),
        (("--uncertainties", "guessed"), ("'guessed' is not allowed", "calibrated, scenario")),
        (("--set", "n_orgz=5"), ("n_orgz", "n_orgs")),
        (("--seed", "-1"), ("'-1' is not allowed",)),
    ],
)
def test_bad_input_names_field_value_and_what_is_allowed(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    code, out, err = call(capsys, "parsimony", *words)
    assert (code, out) == (BAD_INPUT, "")
    assert "Traceback" not in err
    for part in parts:
        assert part in err


def test_an_unknown_scenario_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "parsimony", "no-such-town", "--uncertainties", "scenario")
    assert code == BAD_INPUT
    assert "no-such-town" in err
