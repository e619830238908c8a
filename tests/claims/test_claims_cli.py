from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from cisim.claims import running
from cisim.claims.audit import Size, specs_of
from cisim.claims.experiments import experiments, experiments_from
from cisim.claims.pointers import pointers_of
from cisim.claims.regions import Regions
from cisim.claims.register import register, register_from
from cisim.cli import BAD_INPUT, DONE, main
from cisim.problems import ScenarioError
from cisim.study.folder import Folder
from cisim.study.manifest import Manifest
from cisim.study.records import Report

TINY = ("--samples", "2", "--worlds", "1", "-q")


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["claims", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def held(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("S9.1",), ("'S9.1' is not allowed", "S0.1 to S4.68", "H1 to H9")),
        (("",), ("'' is not allowed",)),
        (("h3",), ("did you mean 'H3'?",)),
        (("S1.43", "--kind", "context"), ("--kind", "does not go with ID")),
        (("H3", "--kind", "outcome"), ("--kind", "does not go with ID")),
        (("--kind", "luck"), ("'luck' is not allowed", "mechanism, outcome, context")),
        (("--seed", "1"), ("--seed: goes with --run or --controls",)),
        (("-o", "out"), ("--output: goes with --run or --controls",)),
        (("--run", "--samples", "1"), ("'1' is not allowed", "2 to 100000")),
        (("--run", "--worlds", "0"), ("'0' is not allowed", "1 to 1000")),
        (("--run", "--seed", "0"), ("'0' is not allowed", "1 to 1000000")),
        (("--run", "-o", ""), ("--output", "'' is not allowed", "a folder on this machine")),
        (("--run", "-o", "s3://bucket/audit"), ("--output", "'s3://bucket/audit' is not allowed")),
        (("--run", "S1.12"), ("ID", "which are about all")),
        (("--controls", "--kind", "context"), ("--kind", "which are about all")),
        (("--run", "--pointers"), ("--pointers", "which are about all")),
        (("--pointers", "--kind", "outcome"), ("--kind", "does not go with --pointers")),
        (("--pointers", "H3"), ("'H3' is not allowed; S0.1 to S4.68",)),
    ],
)
def test_bad_input_names_field_value_and_what_is_allowed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *words)
    assert (code, out) == (BAD_INPUT, "")
    assert len(err.splitlines()) == 1
    assert all(part in err for part in parts), err
    assert held(tmp_path) == set()


@pytest.mark.parametrize("option", ["--run", "--controls"])
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("thesis.txt", "no part of an audit"),
        ("analysis/thesis.docx", "would be lost"),
        ("analysis/claims.csv", "would be lost"),
        ("summer-meals/notes.txt", "stands in it"),
        ("summer-meals", "is a file"),
    ],
)
def test_what_is_no_part_of_an_audit_is_found_before_anything_is_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, name: str, part: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("precious")
    before = held(tmp_path)
    code, out, err = call(capsys, option, *TINY, "-o", tmp_path)
    assert (code, out) == (BAD_INPUT, "")
    assert part in err
    assert held(tmp_path) == before
    assert (tmp_path / name).read_text() == "precious"


def test_another_audit_is_found_before_anything_is_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    last = specs_of(experiments(), Size(2, 1, seed=2))["summer-meals"]
    Manifest.new(last).write(Folder(str(tmp_path / "summer-meals")))
    before = held(tmp_path)
    code, _, err = call(capsys, "--run", *TINY, "-o", tmp_path)
    assert code == BAD_INPUT
    assert "summer-meals: holds another study" in err
    assert held(tmp_path) == before


def test_controls_alone_never_take_the_place_of_a_whole_audit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {"claims": pd.DataFrame({"id": ["S0.1"]})}
    monkeypatch.setattr(running, "audited", lambda *_, **__: (SimpleNamespace(), []))
    monkeypatch.setattr(
        running, "report_of", lambda ran, _: Report("claims", "told", tables if ran else {"controls": tables["claims"]})
    )  # fmt: skip
    written = {"report.txt", "claims.csv"}
    assert call(capsys, "--run", "-o", tmp_path)[0] == DONE
    assert held(tmp_path / "analysis") == written
    code, out, err = call(capsys, "--controls", "-o", tmp_path)
    assert (code, out) == (DONE, "told\n")
    assert "left as it is" in err
    assert held(tmp_path / "analysis") == written
    assert call(capsys, "--controls", "-o", tmp_path / "new")[0] == DONE
    assert held(tmp_path / "new" / "analysis") == {"report.txt", "controls.csv"}


def test_one_statement_is_shown_and_ids_that_repeat_are_shown_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(capsys, "S1.43")[1].startswith("S1.43 (mechanism): ")
    found = json.loads(call(capsys, "S1.12", "S1.12", "--json")[1])
    assert [one["id"] for one in found] == ["S1.12"]


def test_pointers_are_listed_with_the_statements_that_use_them(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = pointers_of(register())
    code, out, _ = call(capsys, "--pointers")
    assert code == DONE
    assert out.endswith(f"\n{len(wanted)} pointers\n")
    assert "meet: delegate_effect  <- S4.38\n" in out
    assert max(map(len, out.splitlines())) <= 100
    found = json.loads(call(capsys, "--pointers", "--json")[1])
    assert {(one["rule"], one["parameter"], one["regime"]) for one in found} == {
        (one.rule, one.parameter, one.regime) for one in wanted
    }
    one = json.loads(call(capsys, "--pointers", "S4.38", "--json")[1])
    assert one
    assert all("S4.38" in pointer["statements"] for pointer in one)
    assert call(capsys, "--pointers", "S1.12")[1] == "0 pointers\n", "an outcome is judged, not carried"


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_draws_have_no_conditions_to_look_for(n: int) -> None:
    x = pd.DataFrame({"turf": [0.1, 0.9][:n], "formation": ["grant", "crisis"][:n]})
    assert Regions.of(x).regions == ()


def test_a_case_against_itself_is_refused_as_it_never_differs() -> None:
    statement = {"says": "none", "study": "regimes", "case": "isolated", "against": "isolated"}
    one = {"name": "S0.1", "question": "Is it the same?", "statements": [statement]}
    with pytest.raises(ScenarioError, match=r"statements\[0\]\.against: 'isolated' is the case itself"):
        experiments_from({"cisim_experiments": 1, "title": "A test", "experiments": [one]})


def test_a_document_is_listed_once() -> None:
    paper = {"id": "S0", "title": "An example"}
    claim = {
        "id": "S0.1",
        "kind": "context",
        "says": "There are many organisations.",
        "where": "In all of the scenarios.",
    }
    with pytest.raises(ScenarioError, match=r"documents\[1\]: 'S0' is named twice"):
        register_from({"cisim_claims": 1, "title": "A test", "documents": [paper, paper], "claims": [claim]})
