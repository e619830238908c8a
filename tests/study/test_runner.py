from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cisim
from cisim.problems import ScenarioError
from cisim.result import OUTCOMES
from cisim.scenario import from_dict
from cisim.study.checking import merge, reproduce
from cisim.study.folder import Folder
from cisim.study.manifest import Manifest
from cisim.study.opening import reopen
from cisim.study.problems import InUseError, StudyInputError
from cisim.study.results import read_frame
from cisim.study.runner import How, run_study
from cisim.study.stopping import worlds_needed
from cisim.study.study import Study, StudyResult, open_study
from study.small import SIZE, TRUST_YEARS, long_study, run, study, table_bytes


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return run(study(), tmp_path_factory.mktemp("whole") / "study", workers=1)


def test_runs_are_those_of_the_engine_to_the_last_bit(whole: Folder) -> None:
    result = open_study(whole.url)
    row = result.runs[
        (result.runs.point == 3) & (result.runs.case == "collective") & (result.runs.world == 4)
    ].iloc[0]
    scenario = cisim.load("null-separable").with_(regime="collective", financing="equal", **SIZE)  # type: ignore[arg-type]
    one = cisim.run(scenario.with_(backbone=1, communication=0.5), seed=int(row.seed), details=False)
    assert {name: row[name] for name in OUTCOMES} == one.outcomes
    months = result.series.merge(result.runs.iloc[[row.name]][["point", "case", "world"]])
    assert months["indicator"].tolist() == one.series["indicator"].tolist()
    assert months["month"].tolist() == list(range(12))


def test_a_study_of_regimes_gives_the_numbers_of_compare(whole: Folder) -> None:
    sc = cisim.load("null-separable").with_(**SIZE)  # type: ignore[arg-type]
    cases = {
        label: sc.with_(regime=label, financing="equal", **levers)  # type: ignore[arg-type]
        for label, levers in {"isolated": {}, "collective": {"backbone": 0, "communication": 0.5}}.items()
    }
    cmp = cisim.compare(cases, worlds=5, seed=7)
    runs = open_study(whole.url).runs
    mine = runs[runs.point == 1].sort_values(["case", "world"])
    for label in cases:
        assert (
            mine.loc[mine.case == label, "indicator"].tolist()
            == cmp.outcome("indicator")[cmp.labels.index(label)].tolist()
        )


def test_every_row_says_which_run_it_is_about(whole: Folder) -> None:
    for name in ("runs.parquet", "series.parquet"):
        frame = read_frame(whole, name)
        assert {"study", "point", "setting", "draw", "case", "world", "seed"} <= set(frame.columns)
        keys = ["point", "case", "world"] + (["month"] if "month" in frame else [])
        assert not frame.duplicated(keys).any()
        order = frame.assign(case=frame.case.cat.codes)[keys]
        assert order.equals(order.sort_values(keys, ignore_index=True))


@pytest.mark.parametrize(
    "how",
    [
        {"workers": 2},
        {"workers": 2, "chunk_seconds": 1e-6},
        {"workers": 3, "chunk_seconds": 60.0},
        {"executor": "processes", "workers": 2, "chunk_seconds": 0.01},
    ],
)
def test_same_bytes_whatever_the_executor_and_the_chunks(
    whole: Folder, tmp_path: Path, how: dict[str, Any]
) -> None:
    assert table_bytes(run(study(), tmp_path / "again", **how)) == table_bytes(whole)


@pytest.mark.parametrize("backwards", [False, True])
def test_same_bytes_whatever_the_order_of_answers(whole: Folder, tmp_path: Path, backwards: bool) -> None:
    from cisim.study.executors import threads

    class Unruly:
        """A pool that holds answers back and returns them in another order."""

        def __init__(self) -> None:
            self.inner, self.held = threads(1), []  # type: ignore[var-annotated]
            self.workers = 3

        def submit(self, *words: Any) -> None:
            self.inner.submit(*words)

        def answers(self, timeout: float) -> list[Any]:
            self.held += self.inner.answers(timeout)
            if len(self.held) < 4 and self.inner_has_more():
                return []
            found, self.held = self.held, []
            return found[::-1] if backwards else found[1:] + found[:1]

        def inner_has_more(self) -> bool:
            more = self.inner.answers(0.3)
            self.held += more
            return bool(more)

        def renew(self) -> None:
            raise AssertionError("nothing was lost")

        def close(self) -> None:
            self.inner.close()

    assert table_bytes(
        run(study(), tmp_path / "again", executor=Unruly(), chunk_seconds=1e-6)
    ) == table_bytes(whole)


@pytest.mark.parametrize("url", ["memory://cisim-tests/{}", "file://{}", "objects://{}"])
def test_same_bytes_wherever_fsspec_writes(whole: Folder, tmp_path: Path, url: str) -> None:
    from study.objects import register

    register()
    place = url.format(tmp_path / "elsewhere")
    assert table_bytes(run(study(), place)) == table_bytes(whole)
    assert open_study(place).runs.equals(open_study(whole.url).runs)


def test_tables_are_read_by_pandas_and_duckdb_alike(whole: Folder) -> None:
    import duckdb
    import pandas as pd

    path = Path(whole.root) / "runs.parquet"
    frame = pd.read_parquet(path)
    query = """
        select a.world, b.indicator - a.indicator as diff
        from read_parquet(?) a join read_parquet(?) b using (study, point, world, seed)
        where a."case" = 'isolated' and b."case" = 'collective' and point = 2 order by world
    """
    found = duckdb.execute(query, [str(path), str(path)]).fetchall()
    wide = frame[frame.point == 2].pivot(index="world", columns="case", values="indicator")
    assert [diff for _, diff in found] == (wide["collective"] - wide["isolated"]).tolist()
    assert len(found) == 5


def test_a_study_extended_is_the_study_run_so_from_the_start(tmp_path: Path) -> None:
    spec = study(uncertainties=[TRUST_YEARS], samples=2, vary={"backbone": [0, 1]}, worlds=2)
    place = run(spec, tmp_path / "grown")
    first = table_bytes(place)
    bigger = spec.grown(worlds=5, samples=3)
    run_study(bigger, place, How())
    assert table_bytes(place) == table_bytes(run(bigger, tmp_path / "at-once"))
    assert table_bytes(place) != first
    assert not place.names("parts")
    with pytest.raises(StudyInputError, match="only grows"):
        run_study(spec, place, How())


def test_extending_runs_only_what_is_new(tmp_path: Path) -> None:
    from cisim.study.progress import Status

    seen: list[Status] = []
    place = run(study(worlds=5), tmp_path / "grown")
    run_study(study(worlds=6), place, How(on_status=seen.append))
    assert seen[0].done == 25
    assert seen[-1].total == 30


def test_shards_put_together_are_the_whole(whole: Folder, tmp_path: Path) -> None:
    shards = []
    for i in (1, 2, 3):
        place = Folder(str(tmp_path / f"shard-{i}"))
        run_study(study(), place, How(), shard=(i, 3))
        assert not place.exists("runs.parquet")
        shards.append(place)
    with pytest.raises(StudyInputError, match="2/3 are missing"):
        merge(Folder(str(tmp_path / "lacking")), [shards[0], shards[2]], How())
    with pytest.raises(StudyInputError, match="is a shard"):
        open_study(shards[0].url)
    statuses: list[Any] = []
    merged = Folder(str(tmp_path / "merged"))
    merge(merged, shards[::-1], How(on_status=statuses.append))
    assert table_bytes(merged) == table_bytes(whole)
    assert not statuses, "nothing had to be run again"
    other = run(study(seed=8), tmp_path / "other")
    with pytest.raises(StudyInputError, match="another study"):
        merge(Folder(str(tmp_path / "mixed")), [shards[0], other], How())


def test_worlds_are_chosen_on_the_precision_of_the_paired_difference(tmp_path: Path) -> None:
    wanted = {"half_width": 0.005, "pilot": 6, "most": 400}
    place = run(study(worlds="auto", precision=wanted), tmp_path / "auto")
    result = open_study(place.url)
    precision = result.spec.worlds
    gain = result.data.response("gain")
    counts = result.design.set_index("point")["worlds"]
    for point, rows in gain.groupby("point"):
        pilot = rows.sort_values("world")["value"].to_numpy()[:6]
        assert counts[point] == max(6, worlds_needed(pilot, precision))  # type: ignore[arg-type]
        assert len(rows) == counts[point]
    assert counts.nunique() > 1, "points that vary more get more worlds"


def test_what_fails_is_recorded_with_the_scenario_that_repeats_it(tmp_path: Path) -> None:
    shares = [
        {
            "name": name,
            "distribution": "uniform",
            "low": 0.0,
            "high": 0.8,
            "source": "a test",
            "grade": "assumed",
        }
        for name in ("share_government", "share_corporate")
    ]
    spec = study(vary={"backbone": [0, 1]}, uncertainties=shares, samples=8, worlds=2)
    result = StudyResult(*_ran(spec, tmp_path / "failing"))
    failed = result.failures
    assert 0 < len(failed) < 64
    assert len(failed) + len(result.runs) == 64
    assert failed["error"].str.contains("share_").all()
    import yaml

    stated = yaml.safe_load(failed.iloc[0]["scenario"])
    with pytest.raises(ScenarioError, match="share_"):
        from_dict(stated)
    good = result.design.set_index("point").loc[result.runs["point"].unique()]
    assert (good.share_government + good.share_corporate <= 0.85 + 1e-9).all()


def _ran(spec: Any, path: Path) -> tuple[Folder, Any]:
    place = Folder(str(path))
    return place, run_study(spec, place, How())


def test_failed_runs_are_tried_again_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cisim import engine

    whole_bytes = table_bytes(run(study(), tmp_path / "whole"))
    real = engine.run_world
    calls: list[int] = []

    def sometimes(scenario: Any, seed: int) -> Any:
        calls.append(seed)
        if len(calls) % 5 == 0:
            raise MemoryError("for a test")
        return real(scenario, seed)

    monkeypatch.setattr(engine, "run_world", sometimes)
    place = run(study(), tmp_path / "study", workers=1)
    assert len(open_study(place.url).failures) >= 5
    monkeypatch.setattr(engine, "run_world", real)
    run_study(None, place, How())
    assert len(open_study(place.url).failures) >= 5, "not unless asked"
    reopen(place, print)
    run_study(None, place, How(retry_failed=True))
    assert table_bytes(place) == whole_bytes


def test_numbers_that_are_none_make_a_run_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cisim import engine

    real = engine.run_world

    def broken(scenario: Any, seed: int) -> Any:
        world = real(scenario, seed)
        world.series[-1, 0] = np.nan
        return world

    monkeypatch.setattr(engine, "run_world", broken)
    result = StudyResult(*_ran(study(), tmp_path / "study"))
    assert len(result.runs) == 0
    assert result.failures["error"].str.contains("not finite").all()


def test_a_grid_that_contradicts_itself_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    spec = study(vary={"share_government": [0.1, 0.9], "share_corporate": [0.0, 0.2]})
    with pytest.raises(
        StudyInputError,
        match=r"share_government = 0\.9, share_corporate = 0\.0 is not allowed in case isolated",
    ):
        run(spec, tmp_path / "study")


def test_a_finished_study_is_certified_or_told_what_differs(whole: Folder, tmp_path: Path) -> None:
    certificate = reproduce(whole, How())
    assert certificate.is_same
    assert certificate.remarks == ()
    import shutil

    changed = tmp_path / "changed"
    shutil.copytree(whole.root, changed)
    import pyarrow.parquet as pq

    table = pq.read_table(changed / "runs.parquet")
    column = table["trust"].to_pylist()
    column[17] += 1e-9
    import pyarrow as pa

    pq.write_table(
        table.set_column(table.column_names.index("trust"), "trust", pa.array(column)),
        changed / "runs.parquet",
    )
    found = reproduce(Folder(str(changed)), How())
    assert not found.is_same
    assert any("runs.parquet is missing or was changed" in remark for remark in found.remarks)


def test_differences_name_column_count_and_first_run(whole: Folder) -> None:
    from cisim.study.checking import differences

    then, now = (read_frame(whole, "runs.parquet") for _ in range(2))
    assert differences(then, now.sample(frac=1.0, random_state=1)) == []
    now.loc[17, "trust"] += 1.0
    now = now[now.index != 3]
    found = differences(then, now)
    assert found[0] == "1 runs are in one of the two only"
    assert found[1].startswith("trust differs in 1 of 39 runs, first in point 1, case collective, world 2")


def test_folders_of_something_else_are_left_alone(whole: Folder, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StudyInputError, match="not empty and no study"):
        run(study(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(StudyInputError, match="holds another study"):
        run(study(seed=8), whole.root)
    with pytest.raises(StudyInputError, match="holds no study"):
        run_study(None, Folder(str(tmp_path)), How())
    with pytest.raises(StudyInputError, match="does not exist"):
        run_study(None, Folder(str(tmp_path / "nowhere")), How())
    assert not (tmp_path / "nowhere").exists()


def test_runs_of_two_versions_of_the_model_are_not_mixed(tmp_path: Path) -> None:
    place = Folder(str(tmp_path / "study"))
    place.make()
    old = Manifest.new(study())
    old.model = "an older model"
    old.write(place)
    with pytest.raises(StudyInputError, match="different versions are not mixed"):
        run_study(None, place, How())


def test_a_second_driver_is_kept_out(tmp_path: Path) -> None:
    for url in (str(tmp_path / "study"), "memory://cisim-tests/busy"):
        place = Folder(url)
        place.make()
        with place.lock(), pytest.raises(InUseError, match="at work in this folder"):
            run(long_study(2), url)
        run(long_study(2), url)


def test_a_study_in_memory_needs_no_folder() -> None:
    result = Study(
        "null-separable", vary={"backbone": [0, 1]}, set=SIZE, uncertainties="none", worlds=2
    ).run()
    assert len(result.runs) == 8
    assert len(result.series) == 8 * 12
    assert "gain" in result.report.text.lower()


@pytest.mark.parametrize("method", ["sobol", "morris", "rbd-fast"])
def test_a_finished_sensitivity_design_takes_more_samples(tmp_path: Path, method: str) -> None:
    n = {"sobol": (8, 16), "morris": (4, 6), "rbd-fast": (100, 130)}[method]
    vary = {"trust_years": {"low": 1, "high": 5}, "attendance": {"low": 0.4, "high": 1.0}}
    spec = study(analysis="sensitivity", vary=vary, samples=n[0], worlds=2, options={"method": method})
    place = run(spec, tmp_path / "grown")
    before = len(open_study(place.url).runs)
    more = spec.grown(samples=n[1])
    run_study(more, place, How())
    assert len(open_study(place.url).runs) > before
    assert table_bytes(place) == table_bytes(run(more, tmp_path / "at-once"))
    assert open_study(place.url).report.kind == "sensitivity"


def test_a_calibration_of_another_study_can_be_drawn_from_in_python(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"draw": [0, 1], "weight": [0.5, 0.5], "trust_years": [1.5, 2.5]})
    frame.to_csv(tmp_path / "posterior.csv", index=False)
    spec = study(
        vary={"backbone": [0, 1]}, uncertainties={"posterior": str(tmp_path / "posterior.csv")}, samples=4
    )
    result = StudyResult(*_ran(spec, tmp_path / "study"))
    assert set(result.design["trust_years"]) == {1.5, 2.5}
    assert result.spec.posterior is not None
    assert reproduce(result.folder, How()).is_same, "the set travels with the study, not by its path"


def test_a_study_without_reference_gives_levels(tmp_path: Path) -> None:
    spec = study(cases={"one": {"regime": "network"}}, vary={"trust_years": [1, 5]})
    assert spec.reference is None
    result = StudyResult(*_ran(spec, tmp_path / "study"))
    assert len(result.runs) == 2 * 5
    assert "against" not in result.report.text
    effects = result.report.tables["effects"]
    assert np.isnan(effects.loc[effects.outcome != "gain", "diff"]).all(), "nothing to differ from"
    assert np.isfinite(effects["mean"]).all()
