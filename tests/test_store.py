"""What a comparison leaves on disk: complete, verifiable, never half-written, never over somebody's files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cisim import store
from cisim.comparison import compare
from cisim.scenario import load


@pytest.fixture(scope="module")
def cmp():
    town = load("generic-adaptive").with_(n_orgs=6, months=14, practice_bits=6)
    return compare(town, ["isolated", "collective"], worlds=3, seed=5)


@pytest.fixture(scope="module")
def saved(cmp, tmp_path_factory):
    return cmp.save(tmp_path_factory.mktemp("out") / "result", details=("orgs", "ties", "ledger"))


def test_the_folder_holds_what_it_promises(saved):
    held = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()}
    for name in ("manifest.json", "runs.parquet", "series.parquet", "groups.parquet", "paired.parquet",
                 "summary.csv", "effects.csv", "columns.csv", "table.txt", "scenarios/isolated.yaml"):  # fmt: skip
        assert name in held, name
    for kind in ("orgs", "ties", "ledger"):
        assert any(kind in name and name.endswith(".parquet") for name in held), kind
    for suffix in (".svg", ".png", ".csv"):
        assert f"figures/indicator{suffix}" in held


def test_the_manifest_says_where_it_came_from(saved, cmp):
    manifest = json.loads((saved / "manifest.json").read_text())
    text = json.dumps(manifest)
    for key in ("cisim", "numpy", "numba", "python"):
        assert key in text
    assert str(cmp.seeds[0]) in text
    assert store.verify(saved) == []


def test_a_changed_file_is_found_out(cmp, tmp_path):
    folder = cmp.save(tmp_path / "r", figures=False)
    (folder / "summary.csv").write_text("nonsense")
    assert store.verify(folder) == ["summary.csv"]


def test_tables_read_back_as_they_were(saved, cmp):
    pd.testing.assert_frame_equal(pd.read_parquet(saved / "runs.parquet"), cmp.to_df())
    pd.testing.assert_frame_equal(pd.read_parquet(saved / "series.parquet"), cmp.series())


def test_scenarios_read_back_and_give_the_same_results(saved, cmp):
    again = load(str(saved / "scenarios" / "collective.yaml"))
    assert again.digest == cmp.scenarios["collective"].digest


@pytest.mark.parametrize("trouble", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_behind_when_saving_fails(cmp, tmp_path, monkeypatch, trouble):
    old = cmp.save(tmp_path / "r", figures=False)
    before = (old / "manifest.json").read_bytes()

    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(store, "write_scenarios", fail)
    with pytest.raises(trouble):
        cmp.save(tmp_path / "r", figures=False)
    with pytest.raises(trouble):
        cmp.save(tmp_path / "new", figures=False)
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
    assert (old / "manifest.json").read_bytes() == before
    assert store.verify(old) == []


def test_a_url_is_no_folder(cmp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"folder: 's3://bucket/x' is not allowed; a folder on this machine"):
        cmp.save("s3://bucket/x")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_result_is_replaced_but_not_other_files(cmp, tmp_path):
    folder = cmp.save(tmp_path / "r", figures=False)
    cmp.save(folder, figures=False)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"notes\.txt"):
        cmp.save(folder, figures=False)
    assert (folder / "notes.txt").read_text() == "mine"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("x")
    with pytest.raises(FileExistsError, match="not an earlier result"):
        cmp.save(tmp_path / "mine")
    with pytest.raises(FileExistsError, match="is a file"):
        cmp.save(tmp_path / "mine" / "a.txt")


def test_unknown_details_are_named(cmp, tmp_path):
    with pytest.raises(ValueError, match="orgz"):
        cmp.save(tmp_path / "r", details=("orgz",))
    assert not (tmp_path / "r").exists()
