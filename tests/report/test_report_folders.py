"""Folders: each kind is recognised, damage is refused, and nothing is written over or into anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cisim.claims.controls import Control
from cisim.claims.running import report_of as claims_report
from cisim.cli import BAD_INPUT, DONE, main
from cisim.comparison import compare
from cisim.report import report_of
from cisim.report.problems import ReportError
from cisim.report.sources import kind_of
from cisim.scenario import load
from cisim.study.folder import Folder
from cisim.study.published import write_report
from cisim.study.study import Study
from report.reading import check, words


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison, a study and runs, each in its folder."""
    home = tmp_path_factory.mktemp("made")
    town = load("generic-adaptive").with_(n_orgs=6, months=14, practice_bits=6)
    compare(town, ["isolated", "collective"], worlds=3, seed=5).save(home / "comparison", figures=False)
    Study(
        "null-separable", vary={"backbone": [0, 1]}, worlds=2, seed=7, set={"months": 12, "n_orgs": 6},
        uncertainties="none",
    ).run(home / "study")  # fmt: skip
    words = [
        "run",
        "generic-adaptive",
        "--set",
        "n_orgs=6",
        "--set",
        "months=14",
        "--worlds",
        "3",
        "--seed",
        "2",
    ]
    assert main([*words, "-o", str(home / "runs"), "-q"]) == DONE
    return home


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them as the current folder."""
    shutil.copytree(made, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(capsys: pytest.CaptureFixture[str], *typed: object) -> str:
    capsys.readouterr()
    code = main(["report", *map(str, typed)])
    out, err = capsys.readouterr()
    assert (code, out) == (BAD_INPUT, ""), err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("kind", ["comparison", "study", "runs"])
def test_each_kind_is_recognised_and_reported(
    kind: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kind_of(here / kind) == kind
    before = held(here / kind)
    assert main(["report", kind]) == DONE
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"cisim: report: {kind}-report.html\n")
    check((here / f"{kind}-report.html").read_text("utf-8"))
    assert held(here / kind) == before
    assert sorted(path.name for path in here.iterdir()) == sorted(
        ["comparison", "study", "runs", f"{kind}-report.html"]
    )


def test_runs_say_that_nothing_is_compared(here: Path) -> None:
    found = report_of(here / "runs")
    told = " ".join(found.answer)
    assert "Nothing is compared here" in told
    assert "95 % interval of the mean" in told


def test_an_earlier_report_is_replaced_by_the_same_bytes(here: Path) -> None:
    assert main(["report", "comparison", "-o", "board.html", "-q"]) == DONE
    first = Path("board.html").read_bytes()
    assert main(["report", "comparison/", "-o", "board.html", "-q"]) == DONE
    assert Path("board.html").read_bytes() == first
    assert main(["report", "comparison", "-o", "board.html", "--title", "For <the> board", "-q"]) == DONE
    assert "<h1>For &lt;the&gt; board</h1>" in Path("board.html").read_text("utf-8")


def test_somebody_elses_file_is_never_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.html").write_text("<p>precious</p>")
    assert "page.html exists and is no report of cisim" in refused(capsys, "comparison", "-o", "page.html")
    assert Path("page.html").read_text() == "<p>precious</p>"


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("comparison/report.html", "which holds a result and nothing else"),
        ("study/analysis/report.html", "which holds a result and nothing else"),
        ("nowhere/report.html", "there is no folder"),
        ("runs", "is a folder; name a file"),
    ],
)
def test_a_report_is_not_written_where_it_does_not_belong(
    here: Path, capsys: pytest.CaptureFixture[str], target: str, part: str
) -> None:
    (here / "study" / "analysis").mkdir()
    before = held(here)
    assert part in refused(capsys, "comparison", "-o", target)
    assert held(here) == before


def damage_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def drop_key(folder: Path) -> None:
    stated = json.loads((folder / "manifest.json").read_text())
    del stated["seed"]
    (folder / "manifest.json").write_text(json.dumps(stated))


def lead_outside(folder: Path) -> None:
    stated = json.loads((folder / "manifest.json").read_text())
    stated["files"]["../../secret"] = {"sha256": "0", "bytes": 1}
    (folder / "manifest.json").write_text(json.dumps(stated))


def other_format(folder: Path) -> None:
    stated = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**stated, "cisim_result": 99}))


def change_table(folder: Path) -> None:
    (folder / "series.parquet").write_bytes(b"PAR1")


def lose_scenario(folder: Path) -> None:
    (folder / "scenarios" / "collective.yaml").unlink()


def other_regimes(folder: Path) -> None:
    stated = json.loads((folder / "manifest.json").read_text())
    stated["regimes"]["network"] = stated["regimes"].pop("collective")
    (folder / "manifest.json").write_text(json.dumps(stated))


@pytest.mark.parametrize(
    ("hurt", "part"),
    [
        (damage_manifest, "manifest.json: is damaged"),
        (drop_key, "is damaged (seed is missing)"),
        (lead_outside, "it names files outside the folder"),
        (other_format, "cisim_result: 99 is not allowed; this cisim reads 1"),
        (change_table, "series.parquet is missing or changed since it was written"),
        (lose_scenario, "collective.yaml is missing or changed"),
        (other_regimes, "its tables are of other regimes than its manifest says"),
    ],
)
def test_a_damaged_comparison_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], hurt: Callable[[Path], None], part: str
) -> None:
    hurt(here / "comparison")
    assert part in refused(capsys, "comparison")
    assert not Path("comparison-report.html").exists()


def test_a_study_whose_tables_changed_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (here / "study" / "runs.parquet").open("ab") as stream:
        stream.write(b"more")
    assert "runs.parquet changed since written" in refused(capsys, "study")


def test_a_damaged_study_manifest_is_replaced_by_its_copy_and_two_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "study" / "study.json").write_text("{")
    assert main(["report", "study", "-q"]) == DONE
    (here / "study" / "study.copy.json").write_text("{")
    assert "study.copy.json is damaged" in refused(capsys, "study")


def test_an_unfinished_study_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cisim.study.manifest import RUNNING, read_manifest

    place = Folder(str(here / "study"))
    manifest, _ = read_manifest(place)
    manifest.state = RUNNING
    manifest.write(place)
    assert "is not finished; go on with 'cisim resume'" in refused(capsys, "study")


def test_what_is_no_result_is_refused(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    Path("other").mkdir()
    (here / "other" / "manifest.json").write_text('{"name": "a web page"}')
    assert "nowhere: does not exist; name the folder" in refused(capsys, "nowhere")
    assert "empty: is not a result of cisim" in refused(capsys, "empty")
    assert "other: is not a result of cisim" in refused(capsys, "other")
    assert "holds 3 (comparison, runs, study); name one of them" in refused(
        capsys, here, "-o", tmp_path / "r.html"
    )
    assert "is a file; name the folder" in refused(capsys, "comparison/summary.csv")
    assert "--title: ' ' is not allowed" in refused(capsys, "comparison", "--title", " ")
    with pytest.raises(TypeError, match="a folder, a Comparison or a StudyResult"):
        report_of(3)  # type: ignore[arg-type]


def test_nothing_is_left_where_the_disk_is_full(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "comparison", "-q"]) == DONE
    before = held(here)

    def full(self: Path, data: str, *more: object, **named: object) -> int:
        self.write_bytes(data[:100].encode())
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    assert main(["report", "comparison", "--title", "Another", "-q"]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert held(here) == before


# --- analyses that are read as they were written -----------------------------------------------------


def test_a_case_from_life_and_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    size = ["--samples", "3", "--worlds", "1", "--uncertainties", "scenario", "-q", "-o", "cases"]
    assert main(["retrodict", "food-bank-inventory", "hospital", *size]) == DONE
    assert kind_of(Path("cases")) == "cases"
    assert kind_of(Path("cases/hospital")) == "case"
    one, several = report_of("cases/hospital"), report_of("cases")
    check(one.html())
    page = check(several.html())
    assert any("In the model" in text for text in one.answer)
    assert sum("in the model, what happened gains" in text for text in several.answer) == 2
    assert "carry no digest" in one.html() or "without digests" in one.html()
    assert "food-bank-inventory" in words(page.all("dl")[0].text)
    assert main(["report", "cases", "-o", "cases/report.html"]) == BAD_INPUT
    (tmp_path / "cases/hospital/analysis/effect.csv").write_text("what,mean\nhappened,1\n")
    with pytest.raises(ReportError, match=r"effect\.csv: is damaged or of another version \(p5 is missing\)"):
        report_of("cases/hospital")


def audit(folder: Path, passed: bool) -> Path:
    """The controls of an audit, written as the command writes them."""
    control = Control(
        "placebo: <b>x</b>", "Does a name make any difference?", "0 of 32 pairs differ", "0", passed
    )
    folder.mkdir()
    write_report(claims_report(None, [control]), Folder(str(folder)))
    return folder


def test_controls_of_an_audit(tmp_path: Path) -> None:
    good, bad = audit(tmp_path / "good", True), audit(tmp_path / "bad", False)
    assert kind_of(good) == "claims"
    assert list(report_of(good).answer) == [
        "Negative controls: all 1 passed; labels that change nothing make no difference."
    ]
    assert "1 of 1 failed (placebo: <b>x</b>). Nothing above can be relied on" in report_of(bad).answer[0]
    check(report_of(bad).html())


def test_an_audit_tells_what_came_out_the_other_way(tmp_path: Path) -> None:
    folder = audit(tmp_path / "audit", True)
    (folder / "analysis" / "claims.csv").write_text(
        "claim,question,verdict,answer\nS1.1,Does it help?,holds,holds\nS1.2,Is it <b>cheap</b>?,reverses,reverses\n"
        "H1,One or two?,,one: here\n"
    )
    found = report_of(folder)
    told = " ".join(found.answer)
    assert "Of 2 statements" in told
    assert "1 hold in the model" in told
    assert "1 tension between statements" in told
    assert "The other way round than said: S1.2 (Is it <b>cheap</b>)." in told
    check(found.html())
    (folder / "analysis" / "report.txt").unlink()
    assert kind_of(folder) is None


def test_parsimony(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(
        "cisim: 1\nextends: generic-adaptive\nparams: {n_orgs: 6, months: 12}\n"
    )
    typed = ["parsimony", "small.yaml", "--samples", "4", "--uncertainties", "scenario", "-q", "-o", "pars"]
    assert main(typed) == DONE
    found = report_of("pars")
    page = check(found.html())
    assert "are to be kept" in found.answer[0]
    assert "neither they nor the runs carry a digest" in words(page.all("dl")[0].text)
    (tmp_path / "pars" / "analysis" / "report.txt").unlink()
    with pytest.raises(ReportError, match=r"is not finished \(no report\.txt\); run 'cisim parsimony"):
        report_of("pars")
    (tmp_path / "pars" / "parsimony.json").write_text("[]")
    with pytest.raises(ReportError, match="is damaged"):
        report_of("pars")
