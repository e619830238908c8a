"""Folders of runs and predictions that were altered or damaged: one clear error that names file and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.cli import main
from cisim.problems import ScenarioError
from cisim.scenario import load
from cisim.store import MANIFEST, fingerprint
from cisim.survey.folder import ABOUT, PLACES, load_prediction, save_prediction
from cisim.survey.futures import Snapshot
from cisim.survey.predicting import Prediction
from cisim.survey.runs_folder import open_runs

ORIGIN = {
    "scenario": "s", "title": "t", "regime": "collective", "scenario_digest": "d", "model_version": "v",
    "seed": 1, "draws": "none", "drawn": [],
}  # fmt: skip
Change = Callable[[dict[str, Any]], object]


def snap(ties: int) -> Snapshot:
    empty = np.arange(ties, dtype=np.int64)
    there, zero = np.ones(3, bool), np.zeros(3, np.int64)
    return Snapshot(empty, empty + 1, np.full(ties, 0.5), there, zero, np.ones(3))


def prediction(folder: Path, ties: int = 2) -> Path:
    scenario = load("null-separable").with_(n_orgs=3)
    names = tuple(f"organisation {k}" for k in range(3))
    made = Prediction(names, (12,), ((snap(ties), snap(0)),), None, 1.0, 4.0, ORIGIN)
    save_prediction(made, scenario, folder / "p")
    return folder / "p"


def altered(path: Path, change: Change) -> None:
    told = json.loads(path.read_text("utf-8"))
    change(told)
    path.write_text(json.dumps(told), "utf-8")


@pytest.mark.parametrize("ties", [0, 2])
def test_a_sound_prediction_is_read_back(tmp_path: Path, ties: int) -> None:
    found, digest = load_prediction(prediction(tmp_path, ties))
    assert (found.months, found.n_worlds, len(digest)) == ((12,), 2, 64)
    assert found.at(12)[0].is_tie.sum() == ties


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t.pop("scale"), "scale: is missing"),
        (lambda t: t.update(scale=[4, 1]), "scale: a list is not allowed; two numbers, the lower first"),
        (lambda t: t.update(scale=[1, 1e999]), "scale: a list is not allowed"),
        (lambda t: t.update(cisim_prediction=True), "cisim_prediction: has the format true, not 1"),
        (lambda t: t.pop("cisim_prediction"), "cisim_prediction: is missing"),
        (lambda t: t.update(files={}), "files: scenario.yaml is missing"),
        (lambda t: t.update(files=[]), "files: a list is not allowed"),
        (lambda t: t["files"].pop("worlds.parquet"), "files: worlds.parquet is missing"),
        (lambda t: t["files"]["network.csv"].pop("sha256"), "files.network.csv: a mapping is not allowed"),
        (lambda t: t["files"].update({"../x": {}}), "files: '../x' is not allowed"),
        (lambda t: t.update(organisations=["A", "B", "a"]), "organisations: 'A' and 'a' are the same name"),
        (lambda t: t.update(organisations=["A", "B", "C"]), "organisations: are not those of scenario.yaml"),
        (lambda t: t.update(organisations=["A", ["B"], {}]), "organisations: a list is not allowed"),
        (lambda t: t.update(months=[]), "months: a list is not allowed"),
        (lambda t: t.update(months=[12, 12]), "months: have to rise"),
        (lambda t: t.update(months=[12, 36]), "files: month-36/ties.csv is missing"),
        (lambda t: t.update(worlds=True), "worlds: true is not allowed"),
        (lambda t: t.update(worlds=10**6), "worlds: 1000000 is not the number in organisations.parquet, 2"),
        (lambda t: t.update(seed="1"), "seed: '1' is not allowed"),
        (lambda t: t.update(drawn=None), "drawn: nothing is not allowed"),
        (lambda t: t.update(title=3), "title: 3 is not allowed; a text"),
    ],
)
def test_a_damaged_prediction(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, complaint: str
) -> None:
    folder = prediction(tmp_path)
    altered(folder / ABOUT, change)
    assert main(["score", str(folder), "none.csv"]) == 2
    told = capsys.readouterr().err
    assert f"{folder / ABOUT}: {complaint}" in told
    assert len(told.splitlines()) == 1


def test_a_month_that_no_table_holds_is_refused(tmp_path: Path) -> None:
    folder = prediction(tmp_path)

    def change(told: dict[str, Any]) -> None:
        told["months"] = [12, 36]
        told["files"] |= {
            f"month-36/{name}": told["files"][f"month-12/{name}"] for name in ("ties.csv", "orgs.csv")
        }

    altered(folder / ABOUT, change)
    (folder / "month-36").mkdir()
    for name in ("ties.csv", "orgs.csv"):
        (folder / "month-36" / name).write_bytes((folder / "month-12" / name).read_bytes())
    with pytest.raises(
        ScenarioError, match=r"months: \[12, 36\] are not those of organisations\.parquet, \[12\]"
    ):
        load_prediction(folder)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (None, "is no table that can be read"),
        (pd.DataFrame({"month": [12]}), "world: is missing or of another kind"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, frame: pd.DataFrame | None, complaint: str) -> None:
    folder = prediction(tmp_path)
    if frame is None:
        (folder / PLACES).write_bytes(b"PAR1 and no more")
    else:
        frame.to_parquet(folder / PLACES)
    altered(folder / ABOUT, lambda told: told["files"].update({PLACES: fingerprint(folder / PLACES)}))
    with pytest.raises(ScenarioError, match=f"{PLACES}: {complaint}"):
        load_prediction(folder)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"[" * 100_000, "is not JSON that can be read"),
        (b"\xff{}", "is not JSON that can be read"),
        (b"[1]", "is not allowed; a mapping"),
    ],
)
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, data: bytes, complaint: str) -> None:
    folder = prediction(tmp_path)
    (folder / ABOUT).write_bytes(data)
    with pytest.raises(ScenarioError, match=complaint):
        load_prediction(folder)


def runs(folder: Path) -> Path:
    """Return a folder as `cisim compare -o` leaves it, of which export looks at manifest and scenario."""
    place = folder / "r"
    (place / "scenarios").mkdir(parents=True)
    (place / "scenarios" / "a.yaml").write_text(load("null-separable").to_yaml(), "utf-8")
    files = {"scenarios/a.yaml": fingerprint(place / "scenarios" / "a.yaml")}
    told = {
        "cisim_result": 1,
        "regimes": {"a": {"file": "scenarios/a.yaml"}},
        "world_seeds": [5, 6],
        "files": files,
    }
    (place / MANIFEST).write_text(json.dumps(told), "utf-8")
    return place


def test_a_sound_folder_of_runs_is_read(tmp_path: Path) -> None:
    assert open_runs(runs(tmp_path), "a").seeds == (5, 6)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda t: t.update(world_seeds=[5, -1]),
            "world_seeds: a list is not allowed; a list of whole numbers",
        ),
        (lambda t: t.update(world_seeds=[5.5]), "world_seeds: a list is not allowed"),
        (lambda t: t.update(world_seeds="56"), "world_seeds: '56' is not allowed"),
        (lambda t: t.update(world_seeds=[]), "world_seeds: a list is not allowed"),
        (lambda t: t.update(regimes=[]), "regimes: a list is not allowed"),
        (lambda t: t.update(regimes={"a": "x"}), "regimes.a: is not allowed"),
        (lambda t: t["regimes"]["a"].update(file="../a.yaml"), "regimes.a.file: '../a.yaml' is not allowed"),
        (lambda t: t["regimes"]["a"].update(file="/a.yaml"), "regimes.a.file: '/a.yaml' is not allowed"),
        (lambda t: t["regimes"]["a"].update(file=3), "regimes.a.file: 3 is not allowed"),
        (lambda t: t["files"].clear(), "files: scenarios/a.yaml is missing"),
        (
            lambda t: t["files"]["scenarios/a.yaml"].update(bytes=1),
            "files.scenarios/a.yaml: is missing or was changed",
        ),
    ],
)
def test_an_altered_folder_of_runs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, complaint: str
) -> None:
    folder = runs(tmp_path)
    altered(folder / MANIFEST, change)
    assert main(["export", str(folder), "--regime", "a", "--month", "12", "-o", str(tmp_path / "p")]) == 2
    assert f"{folder / MANIFEST}: {complaint}" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_no_option_of_the_runs_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(runs(tmp_path))
    asked = ["export", folder, "--regime", "a", "--month", "12", "-o", str(tmp_path / "p"), "--seed", "0"]
    assert main(asked) == 2
    assert f"--seed: the runs in {folder} state this already" in capsys.readouterr().err
