from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cisim.cli import BAD_INPUT, DONE, FAILED, main
from cisim.study.problems import StudyInputError
from cisim.study.shipped import list_studies
from cisim.study.study import open_study
from study.small import SIZE

SMALL = tuple(word for name, value in SIZE.items() for word in ("--set", f"{name}={value}"))
SWEEP = (
    "sweep", "null-separable", "--vary", "backbone=0:1:2", *SMALL, "--worlds", "3", "--uncertainties", "none",
)  # fmt: skip
DRAWN = ("--vary", "trust_years=1:5", "--vary", "attendance=0.4:1", *SMALL)


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(list(map(str, words)))
    out, err = capsys.readouterr()
    return code, out, err


def good(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code, out, err = call(capsys, *words)
    assert code == DONE, err
    return out


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code, out, err = call(capsys, *words)
    assert (code, out) == (BAD_INPUT, ""), err
    lines = [line for line in err.splitlines() if line.startswith("cisim: ")]
    assert lines
    assert "Traceback" not in err
    return lines[-1]


def test_a_sweep_of_a_scenario_and_what_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    out = good(capsys, *SWEEP, "--quiet", "-o", folder)
    assert "2 settings of backbone" in out.replace("\n", " ")
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {
        "study.json",
        "design.parquet",
        "runs.parquet",
        "series.parquet",
        "failures.parquet",
        "report.txt",
        "effects.csv",
        "gain.png",
    } <= names
    assert (folder / "analysis" / "report.txt").read_text() == out
    assert good(capsys, "sweep", folder) == out, "the folder analysed anew"


def test_a_report_never_takes_the_place_of_other_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Refused before anything is run, by every command that would write a report."""
    folder = tmp_path / "out"
    good(capsys, *SWEEP, "--quiet", "-o", folder)
    thesis = folder / "analysis" / "thesis.docx"
    thesis.write_text("years of work")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    more = ("sweep", "null-separable", *SWEEP[2:-4], "--worlds", "4", "--uncertainties", "none")
    for words in (
        (*SWEEP, "-o", folder), (*more, "-o", folder), ("resume", folder), ("extend", folder, "--worlds", "5"),
        ("merge", folder, folder),
    ):  # fmt: skip
        assert "analysis/thesis.docx would be lost" in refused(capsys, *words), words
    with pytest.raises(StudyInputError, match=r"thesis\.docx would be lost"):
        open_study(folder).save()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert good(capsys, "sweep", folder), "looking writes nothing"


def test_json_is_the_tables_of_the_analysis(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, *SWEEP, "--json")
    assert code == DONE
    found = json.loads(out)
    assert found["analysis"] == "sweep"
    assert {row["backbone"] for row in found["tables"]["effects"]} == {0.0, 1.0}
    for line in err.splitlines():
        assert json.loads(line)["event"] in ("progress", "remark")


def test_a_dry_run_counts_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = json.loads(good(capsys, *SWEEP, "-o", tmp_path / "out", "--dry-run", "--json", "--quiet"))
    assert (found["points"], found["runs"], found["simulated"]) == (2, 12, 9)
    assert found["seconds"] > 0
    assert found["bytes"] > 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("sensitivity", ("--samples", 4, "--option", "method=morris", "--worlds", 2)),
        ("sensitivity", ("--samples", 8, "--worlds", 2)),
        ("discover", ("--samples", 60, "--worlds", 2, "--option", "resamples=20")),
    ],
)
def test_what_is_drawn_from_ranges(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, verb: str, more: tuple[object, ...]
) -> None:
    out = good(capsys, verb, "null-separable", *DRAWN, *more, "-q", "-o", tmp_path / "out")
    assert "separable" in out or "trust" in out
    assert list((tmp_path / "out" / "analysis").glob("*.png"))


def test_what_a_decision_is_worth(capsys: pytest.CaptureFixture[str]) -> None:
    vary = ("--vary", "backbone_usd_per_year=0:400000:2", "--samples", 4, "--worlds", 2)
    out = good(capsys, "value", "generic-adaptive", *vary, *SMALL, "-q")
    assert "400 k usd/year" in out


def test_a_calibration_and_a_study_that_draws_from_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "targets.yaml").write_text(
        "cisim_targets: 1\ntitle: A test\ntargets:\n"
        "  - {name: came, case: collective, outcome: attendance, statistic: mean, value: 0.6, tolerance: 0.1, source: a test}\n"
    )
    (tmp_path / "fit.yaml").write_text(
        "cisim_study: 1\ntitle: A fit\nanalysis: calibrate\nscenario: generic-adaptive\nset: {months: 12, n_orgs: 6}\n"
        "uncertainties:\n  - {name: attendance, distribution: uniform, low: 0.2, high: 1, source: a test, grade: assumed}\n"
        "worlds: 4\noptions: {targets: targets.yaml, per_wave: 12, waves: 2}\nseries: []\n"
    )
    out = good(capsys, "calibrate", tmp_path / "fit.yaml", "-q", "-o", tmp_path / "fitted")
    assert "came" in out
    posterior = (tmp_path / "fitted" / "analysis" / "posterior.csv").read_text()
    assert posterior.startswith("draw,weight,attendance\n")
    (tmp_path / "next.yaml").write_text(
        "cisim_study: 1\ntitle: Next\nscenario: generic-adaptive\nset: {months: 12, n_orgs: 6}\n"
        "vary: {backbone: [0, 1]}\nuncertainties: {posterior: fitted}\nsamples: 4\nworlds: 2\n"
    )
    good(capsys, "sweep", tmp_path / "next.yaml", "-q", "-o", tmp_path / "next")
    import pandas as pd

    drawn = pd.read_parquet(tmp_path / "next" / "design.parquet")["attendance"]
    known = pd.read_csv(tmp_path / "fitted" / "analysis" / "posterior.csv")["attendance"]
    assert set(drawn) <= set(known)
    assert len(drawn) == 8


def test_status_resume_extend_reproduce(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    good(capsys, *SWEEP, "-q", "-o", folder)
    status = json.loads(good(capsys, "status", folder, "--json"))
    assert (status["state"], status["finished"], status["failed"], status["driver"]) == (
        "finished",
        12,
        0,
        None,
    )
    assert "state      finished" in good(capsys, "status", folder)
    good(capsys, "resume", folder, "-q")
    out = good(capsys, "extend", folder, "--worlds", 5, "-q")
    assert "5 worlds" in out.replace("\n", " ")
    assert json.loads(good(capsys, "status", folder, "--json"))["finished"] == 20
    assert good(capsys, "reproduce", folder, "-q").startswith(
        "reproduced: every table is the same, byte for byte"
    )
    text = (folder / "runs.parquet").read_bytes()
    (folder / "runs.parquet").write_bytes(text[:-1] + b"X")
    code, out, err = call(capsys, "reproduce", folder, "-q")
    assert code == FAILED
    assert "runs.parquet is missing or was changed" in out
    assert "did not come out the same" in err


def test_shards_and_merge(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for i in (1, 2):
        code, _, err = call(capsys, *SWEEP, "-q", "--shard", f"{i}/2", "-o", tmp_path / f"shard-{i}")
        assert code == DONE
        assert f"shard {i}/2 is complete" in err
    out = good(capsys, "merge", tmp_path / "whole", tmp_path / "shard-1", tmp_path / "shard-2", "-q")
    assert out == good(capsys, *SWEEP, "-q")
    assert "is of another study" not in refused(
        capsys, "merge", tmp_path / "again", tmp_path / "shard-1", "-q"
    )


def test_a_folder_is_gone_on_with_only_by_the_same_study(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    first = good(capsys, *SWEEP, "-q", "-o", folder)
    assert good(capsys, *SWEEP, "-q", "-o", folder) == first
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    line = refused(capsys, *SWEEP, "--seed", 9, "-q", "-o", folder)
    assert "holds another study" in line
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert "not empty and no study (notes.txt stands in it)" in refused(
        capsys, *SWEEP, "-q", "-o", tmp_path / "mine"
    )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("value", "null-separable"), "--vary: is missing; value of a scenario needs something that varies"),
        (("sweep", "null-separable", "--vary", "backbone"), "--vary: 'backbone' is not allowed; NAME=LOW:HIGH:N"),
        (("sweep", "null-separable", "--vary", "backbone=0:1:2:3"), "a range is LOW:HIGH or LOW:HIGH:N"),
        (("sweep", "null-separable", "--vary", "backbone=0:2:3"), "vary.backbone.high: 2 is not allowed; 0 to 1 share"),
        (("sweep", "null-separable", "--vary", "backbon=0:1:3"), "did you mean 'backbone'?"),
        (("sweep", "null-separable", "--vary", "backbone=0:1"), "n is missing here: in how many steps from low to high"),
        (("sweep", "null-separable", "--vary", "backbone=0:x:2"), "vary.backbone.high: 'x' is not allowed"),
        (("sweep", "nul-separable", "--vary", "backbone=0:1:2"), "there is no scenario 'nul-separable'"),
        ((*SWEEP, "--worlds", "many"), "--worlds: 'many' is not allowed; a whole number from 1 to 1,000,000, or auto"),
        ((*SWEEP, "--worlds", "auto"), "--half-width: goes with --worlds auto, and --worlds auto with it"),
        ((*SWEEP, "--half-width", "1"), "--half-width: goes with --worlds auto"),
        ((*SWEEP, "--samples", "4"), "samples: nothing has a distribution to draw from"),
        ((*SWEEP, "--regimes", "isolated,colective"), "cases[1]: 'colective' is not allowed"),
        ((*SWEEP, "--budget", "free"), "budget: 'free' is not allowed; one of equal, added"),
        ((*SWEEP, "--outcomes", "deaths"), "outcomes[0]: 'deaths' is not allowed"),
        ((*SWEEP, "--option", "level"), "--option: 'level' is not allowed; write KEY=VALUE"),
        ((*SWEEP, "--option", "method=sobol"), "options.method: no such name"),
        ((*SWEEP, "--shard", "3/2"), "--shard: '3/2' is not allowed; I/N with I from 1 to N"),
        ((*SWEEP, "--shard", "1/2"), "--shard: needs a folder; name one with --output"),
        ((*SWEEP, "--scheduler", "tcp://127.0.0.1:1"), "--scheduler: goes with --executor dask, not with threads"),
        ((*SWEEP, "--executor", "ray"), "'ray' is not allowed; one of threads, processes, dask"),
        ((*SWEEP, "--set", "max_ties=1"), "set.max_ties: 1 is not allowed"),
        (("sensitivity", "grant-ends"), "is a study of kind sweep; use 'cisim sweep grant-ends'"),
        (("sweep", "grant-ends", "--vary", "backbone=0:1:2"), "--vary: does not go with a study file"),
        (("sensitivity", "sobol", "--samples", "100"), "a power of two"),
        (("calibrate", "null-separable"), "options.targets: is missing"),
        (("resume", "nowhere"), "nowhere: does not exist; name the folder a study was written to"),
        (("status", "nowhere"), "nowhere: does not exist"),
        (("extend", "nowhere"), "--worlds: say how many worlds or --samples the study shall have"),
        (("merge", "out", "nowhere"), "nowhere: does not exist"),
        (("reproduce", "nowhere"), "nowhere: does not exist"),
        ((*SWEEP, "-o", "s4://bucket/study"), "s4://bucket/study: "),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[object, ...],
    wrong: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert wrong in refused(capsys, *words)
    assert list(tmp_path.iterdir()) == []


def test_more_samples_of_a_file_that_draws_nothing_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "fixed.yaml"
    path.write_text(
        "cisim_study: 1\nscenario: null-separable\nvary: {backbone: [0, 1]}\nuncertainties: none\n", "utf-8"
    )
    wrong = "--samples: nothing in this study is drawn from a distribution"
    assert wrong in refused(capsys, "sweep", path, "--samples", "4")


def test_commands_about_folders_refuse_what_cannot_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    good(capsys, *SWEEP, "-q", "-o", folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert "only grows" in refused(capsys, "extend", folder, "--worlds", 2, "-q")
    assert "nothing in this study is drawn" in refused(capsys, "extend", folder, "--samples", 9, "-q")
    assert "is a study of kind sweep; use 'cisim sweep'" in refused(capsys, "value", folder)
    assert "--worlds: does not go with the folder of a finished study" in refused(
        capsys, "sweep", folder, "--worlds", 9
    )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    shutil.rmtree(folder)
    folder.mkdir()
    assert "holds no study" in refused(capsys, "sweep", folder)


def test_studies_are_listed_with_the_command_that_runs_each(capsys: pytest.CaptureFixture[str]) -> None:
    out = good(capsys, "list", "studies")
    for name, *_ in list_studies():
        assert name in out
    assert "cisim sweep five-conditions" in out


def test_study_files_are_validated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("cisim_study: 1\nscenario: null-separable\nvary: {backbone: [0, 3]}\n")
    assert good(capsys, "validate", "sobol") == "sobol: ok\n"
    code, _, err = call(capsys, "validate", path)
    assert code == BAD_INPUT
    assert "study.yaml:3:22: vary.backbone[1]: 3 is not allowed" in err


@pytest.mark.parametrize("name", [name for name, *_ in list_studies()])
def test_every_shipped_study_says_what_it_would_take(capsys: pytest.CaptureFixture[str], name: str) -> None:
    verb = {kind: "sweep" if kind == "attribution" else kind for _, kind, *_ in list_studies()}
    kind = next(kind for one, kind, *_ in list_studies() if one == name)
    found = json.loads(good(capsys, verb[kind], name, "--dry-run", "--json", "-q"))
    assert 0 < found["simulated"] <= found["runs"] <= 100_000
