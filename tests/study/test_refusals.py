"""Nothing is lost, mixed or half-written by commands that should not have been given."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cisim.problems import ScenarioError
from cisim.study.checking import merge
from cisim.study.folder import Folder
from cisim.study.manifest import checksum
from cisim.study.opening import reopen
from cisim.study.problems import StudyInputError
from cisim.study.runner import How, run_study
from cisim.study.size import check_size
from cisim.study.study import Study, open_study
from study.small import RUGGEDNESS, TRUST_YEARS, run, study, table_bytes

CISIM = (sys.executable, "-m", "cisim")
SWEEP = (
    "sweep",
    "null-separable",
    "--vary",
    "backbone=0:1:2",
    "--set",
    "months=12",
    "--set",
    "n_orgs=6",
    "--worlds",
    "3",
    "--uncertainties",
    "none",
)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    run(study(), tmp_path / "finished")
    return tmp_path / "finished"


def halved(folder: Path) -> None:
    """Change a finished table behind cisim's back."""
    import pandas as pd

    frame = pd.read_parquet(folder / "runs.parquet")
    frame["indicator"] *= 0.5
    frame.to_parquet(folder / "runs.parquet")


def test_a_finished_shard_keeps_its_runs_when_it_is_touched_again(tmp_path: Path) -> None:
    shard = Folder(str(tmp_path / "shard"))
    run_study(study(), shard, How(), shard=(1, 2))
    before = everything(tmp_path / "shard")
    run_study(None, shard, How())
    run_study(study(), shard, How(), shard=(1, 2))
    assert everything(tmp_path / "shard") == before
    with pytest.raises(StudyInputError, match=r"the whole study is not what .* holds, which is 1/2"):
        run_study(study(), shard, How())
    with pytest.raises(StudyInputError, match="is a shard; merge the shards"):
        run_study(study(worlds=9), shard, How(), shard=(1, 2))
    assert everything(tmp_path / "shard") == before


def test_a_calibration_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("targets.yaml").write_text(
        "cisim_targets: 1\ntitle: A test\ntargets:\n  - {name: came, case: collective, outcome: attendance, "
        "statistic: mean, value: 0.5, tolerance: 0.2, source: a test}\n"
    )
    vary = {"attendance": {"low": 0.2, "high": 1.0}}
    spec = study(
        analysis="calibrate",
        vary=vary,
        worlds=2,
        options={"targets": "targets.yaml", "per_wave": 12, "waves": 1},
    )
    place = run(spec, tmp_path / "study")
    with pytest.raises(StudyInputError, match="a calibration decides"):
        run_study(spec.grown(worlds=4), place, How())


def test_merging_replaces_no_study(finished: Path, tmp_path: Path) -> None:
    other = run(study(seed=9), tmp_path / "other")
    before = everything(tmp_path / "other")
    for target in (other, Folder(str(finished))):
        with pytest.raises(StudyInputError, match="holds a study already"):
            merge(target, [Folder(str(finished))], How())
    assert everything(tmp_path / "other") == before


def test_tables_that_were_changed_are_never_taken_for_genuine(finished: Path, tmp_path: Path) -> None:
    whole = table_bytes(str(finished))
    halved(finished)
    with pytest.raises(StudyInputError, match=r"runs\.parquet changed since written; 'cisim resume"):
        open_study(finished)
    with pytest.raises(StudyInputError, match=r"runs\.parquet changed since written"):
        merge(Folder(str(tmp_path / "merged")), [Folder(str(finished))], How())
    assert not (tmp_path / "merged").exists()
    place = Folder(str(finished))
    reopen(place, lambda _: None)
    run_study(None, place, How(retry_failed=True))
    assert table_bytes(place) == whole, "made again, not built on"


def test_another_version_of_the_model_changes_nothing(finished: Path) -> None:
    for name in ("study.json", "study.copy.json"):
        stated = json.loads((finished / name).read_text())
        del stated["checksum"]
        stated["model"] = "an older model"
        (finished / name).write_text(json.dumps({**stated, "checksum": checksum(stated)}))
    before = everything(finished)
    place = Folder(str(finished))
    for attempt in (lambda: reopen(place, print), lambda: run_study(study(worlds=9), place, How())):
        with pytest.raises(StudyInputError, match="was run with version an older model"):
            attempt()
    assert everything(finished) == before
    assert len(open_study(finished).runs) == 40, "it can still be read"


@pytest.mark.parametrize("text", ["null", "5", '"x"', "[" * 100_000, "{", '{"checksum": 1}'])
def test_whatever_damage_makes_of_a_manifest_the_copy_is_used(finished: Path, text: str) -> None:
    (finished / "study.json").write_text(text)
    remarks: list[str] = []
    run_study(None, Folder(str(finished)), How(on_remark=remarks.append))
    assert any(
        "study.json is damaged" in remark and "the other copy was used" in remark for remark in remarks
    )


def test_a_folder_that_lost_its_manifests_is_not_taken_by_another_study(finished: Path) -> None:
    for name in ("study.json", "study.copy.json"):
        (finished / name).write_text("{")
    before = everything(finished)
    with pytest.raises(StudyInputError, match=r"runs\.parquet is of another study"):
        run_study(study(seed=9), Folder(str(finished)), How())
    assert everything(finished) == before
    run_study(study(), Folder(str(finished)), How())
    assert len(open_study(finished).runs) == 40


@pytest.mark.parametrize("url", ["", " ", "/", "a::b", "simplecache::memory://q", "a\0b", "a\nb"])
def test_places_that_are_none(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyInputError):
        Folder(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "how", [{"workers": -1}, {"workers": 2.5}, {"executor": 5}, {"executor": object()}, {"executor": None}, {"executor": "ray"}, {"scheduler": "tcp://h:1"}]
)  # fmt: skip
def test_ways_to_run_that_are_none_leave_no_folder(how: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StudyInputError, match="is not allowed"):
        run_study(study(), Folder(str(tmp_path / "study")), How(**how))
    assert not (tmp_path / "study").exists()
    with pytest.raises(StudyInputError, match="folder: 5 is not allowed"):
        Study.of(study()).run(5)  # type: ignore[arg-type]


def test_files_of_others_among_the_parts_stay(tmp_path: Path) -> None:
    place = Folder(str(tmp_path / "study"))
    place.write("parts/notes.txt", b"mine")
    run_study(study(), place, How())
    assert place.read("parts/notes.txt") == b"mine"


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"vary": {"how": {"levels": {str(k): {"backbone": k / 2000} for k in range(900)}}, "communication": {"low": 0, "high": 1, "n": 1000}, "improvement": {"low": 0, "high": 1, "n": 1000}}}, "points are not allowed"),
        ({"worlds": 1_000_000, "vary": {"communication": {"low": 0, "high": 1, "n": 49}}}, "runs .* are not allowed"),
        ({"uncertainties": [TRUST_YEARS], "samples": 10_000_000}, "points are not allowed"),
        ({"worlds": "auto", "precision": {"half_width": 1e-9, "most": 1_000_000}, "vary": {"communication": {"low": 0, "high": 1, "n": 100}}}, "precision: .* runs"),
        ({"worlds": "auto", "precision": {"half_width": 1.0, "most": 10}}, "most: 10 is not allowed; a whole number from 20, the pilot"),
        ({"analysis": "discover", "vary": {}, "uncertainties": [TRUST_YEARS], "samples": 10}, "discover needs 40 or more"),
        ({"cases": {"a": {"regime": "isolated"}, "b": {"regime": "collective", "set": {"months": 24}}}}, r"months differ \(a 12, b 24\)"),
        ({"vary": {"mean": {"levels": {"a": {"backbone": 0}, "b": {"backbone": 1}}}}}, "'mean' is the name of a column"),
        ({"vary": {"how": {"levels": {"a\ud800": {"backbone": 0}, "b": {"backbone": 1}}}}}, "printable characters"),
        ({"cases": {"x" * 200: {"regime": "isolated"}, "b": {"regime": "network"}}}, "printable characters"),
        ({"analysis": "calibrate", "vary": {}, "uncertainties": [TRUST_YEARS, RUGGEDNESS], "samples": 10, "options": {"targets": "none.yaml"}}, "none.yaml"),
    ],
)  # fmt: skip
def test_studies_that_cannot_be_are_refused_before_anything_is_run(more: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ScenarioError, match=wrong):
        study(**more)


def test_rounding_does_not_make_a_level_twice() -> None:
    spec = study(vary={"backbone": {"low": 0, "high": 1e-13, "n": 3}})
    labels = spec.grid[0].labels
    assert len(set(labels)) == len(labels)
    check_size(spec)


def test_closed_streams_do_not_end_a_study(tmp_path: Path) -> None:
    for i, closed in enumerate(("2>&-", ">&-", "2>/dev/full", ">&- 2>&-")):
        folder = tmp_path / str(i)
        command = f"{' '.join(map(str, (*CISIM, *SWEEP)))} -o {folder} {closed}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr, (closed, done.stderr)
        assert done.returncode == 0, (closed, done.stdout, done.stderr)
        assert len(open_study(folder).runs) == 12


def test_an_interruption_is_told_once(tmp_path: Path) -> None:
    import signal
    import time

    words = (*SWEEP, "--worlds", "3000", "-o", str(tmp_path / "study"))
    driver = subprocess.Popen([*CISIM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert driver.stderr is not None
    driver.stderr.readline()
    time.sleep(0.3)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=60)
    assert driver.returncode == 130, said
    told = [line for line in said.splitlines() if line.startswith("cisim: ")]
    assert len(told) == 1
    assert "finished runs are kept in" in told[0]


def test_a_finished_folder_takes_no_other_options(finished: Path) -> None:
    from cisim.cli import main

    for words in (
        ("-o", "x"),
        ("--dry-run",),
        ("--shard", "1/2"),
        ("--half-width", "1"),
        ("--option", "level=0.9"),
    ):
        assert main(["sweep", str(finished), *words]) == 2
    shutil.rmtree(finished)


def test_sizes_of_small_studies_pass() -> None:
    check_size(study())
