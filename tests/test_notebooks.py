"""Lessons run from top to bottom without a network, and are kept without outputs; `validation` runs their solutions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from cisim import lesson, runs
from cisim.model import CoalitionModel
from cisim.scenario import load

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
PLANS = sorted((FOLDER / "lesson-plans").glob("*.md"))
ALL = [*LESSONS, *SOLUTIONS]
GUIDE = ROOT / "docs" / "teaching.md"
PATIENCE_SECONDS = 300
"""For a cell, on a machine that does much else at the same time; no test depends on how long one takes."""
OFFLINE = '''
"""Refuses every connection that leaves this machine."""
import socket

def is_here(host):
    return host in (None, "", "localhost") or str(host).startswith(("127.", "::1"))

def refuse(self, address, *rest):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
        raise OSError("offline")
    return connect(self, address, *rest)

def look_up(host, *rest, **more):
    if not is_here(host):
        raise OSError("offline")
    return getaddrinfo(host, *rest, **more)

connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo
socket.socket.connect, socket.getaddrinfo = refuse, look_up
'''
QUESTION = re.compile(r"\*\*Question (\d+)[.,]")
RUNS = re.compile(r"cisim\.(compare|run|Study|open_study)\(|Futures\(|\.animate\(")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def cells_of(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def text_of(path: Path) -> str:
    return "\n\n".join(cells_of(path, "markdown")) if path.suffix == ".ipynb" else path.read_text("utf-8")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Kernels, and what they start, reach this machine only; what is compiled once is compiled."""
    model = CoalitionModel(load("null-separable").with_(months=12, n_orgs=4))
    model.run()
    runs.run(model.scenario, details=False)
    folder = tmp_path_factory.mktemp("offline")
    (folder / "sitecustomize.py").write_text(OFFLINE, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
        )
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        patch.delenv("CISIM_LESSON_WORLDS", raising=False)
        yield


def run(notebook: Any, folder: Path) -> Any:
    client = NotebookClient(
        notebook,
        timeout=PATIENCE_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return notebook


@cache
def executed(path: Path) -> Any:
    """A copy of a notebook with its outputs, executed once."""
    return run(nbformat.read(path, as_version=4), path.parent)


def outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def printed(notebook: Any) -> str:
    return "".join(one.text for one in outputs(notebook) if one.output_type == "stream")


def shown(notebook: Any, kind: str) -> list[str]:
    return [one.data[kind] for one in outputs(notebook) if kind in one.get("data", {})]


def seconds_of(cell: Any) -> float:
    """How long a cell took, by the clock of its kernel."""
    times = cell.metadata["execution"]
    start, end = times["iopub.execute_input"], times["shell.execute_reply"]
    parsed = [datetime.fromisoformat(one.replace("Z", "+00:00")) for one in (start, end)]
    return (parsed[1] - parsed[0]).total_seconds()


def run_through(path: Path) -> None:
    """Run a notebook; say which cells took longest."""
    notebook = executed(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    slowest = sorted(((seconds_of(cell), cell.id) for cell in code), reverse=True)[:3]
    print(f"{name_of(path)}: " + ", ".join(f"{cell} {seconds:.1f} s" for seconds, cell in slowest))


def pictures_told(path: Path) -> list[str]:
    """The pictures of a notebook that was run, each of which has words."""
    notebook = executed(path)
    assert not shown(notebook, "image/png")
    pictures = re.findall(r"<img\b[^>]*>", "".join(shown(notebook, "text/html")))
    assert all(re.search(r'alt="[^"]{30,}"', one) for one in pictures)
    return pictures


# ---- what stands in the files ------------------------------------------------------------------------------


def test_there_are_seven_lessons_each_with_solutions_and_a_plan() -> None:
    assert [path.name[:2] for path in LESSONS] == [f"{k:02}" for k in range(1, 8)]
    for others in (SOLUTIONS, PLANS):
        assert [path.stem for path in others] == [path.stem for path in LESSONS]


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_a_lesson_opens_with_its_time_plan_and_solutions(path: Path) -> None:
    first = cells_of(path, "markdown")[0]
    assert first.startswith("# ")
    assert "Time: 50 minutes" in first
    assert f"lesson-plans/{path.stem}.md" in first
    assert f"solutions/{path.stem}.ipynb" in first
    assert "compiled once" in text_of(path)


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_prediction_comes_before_the_first_run(path: Path) -> None:
    code = cells_of(path, "code")
    predicts = next(k for k, source in enumerate(code) if "lesson.predict(" in source)
    first_run = next(k for k, source in enumerate(code) if RUNS.search(source))
    assert predicts < first_run
    joined = "\n".join(code)
    assert "answer=None" in joined
    for tool in ("lesson.compare(", "lesson.pool(", "lesson.sliders("):
        assert tool in joined


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_every_question_is_answered(path: Path) -> None:
    asked = [int(one) for one in QUESTION.findall(text_of(path))]
    assert len(asked) >= 4
    assert asked == list(range(1, len(asked) + 1))
    assert sorted({int(one) for one in QUESTION.findall(text_of(FOLDER / "solutions" / path.name))}) == asked


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_nothing_is_installed_or_fetched(path: Path) -> None:
    for source in cells_of(path, "code"):
        assert not re.search(r"[%!]\s*pip|pip install|https?://|urlopen|requests\.", source)


@pytest.mark.parametrize("path", PLANS, ids=name_of)
def test_a_plan_fills_fifty_minutes(path: Path) -> None:
    marks = [
        (int(a), int(b)) for a, b in re.findall(r"^\| (\d+)-(\d+) \|", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert marks[0][0] == 0
    assert marks[-1][1] == 50
    assert all(before[1] == after[0] for before, after in pairwise(marks))


@pytest.mark.parametrize("path", [*ALL, *PLANS], ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(text_of(path)):
        if not target.startswith("http"):
            place, _, anchor = target.partition("#")
            file = path.parent / place
            assert file.exists(), target
            if anchor:
                heads = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
                assert anchor in [re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in heads]


def test_the_guide_links_every_lesson_and_prints_the_role_cards() -> None:
    text = GUIDE.read_text("utf-8")
    for path in ALL + PLANS:
        assert f"](../{path.relative_to(ROOT).as_posix()})" in text, path.name
    assert lesson.role_sheet() in text


# ---- what they do ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_offline_means_offline(offline: None) -> None:
    asks = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1')"
    for source in (asks, asks.replace("192.0.2.1", "example.org")):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        with pytest.raises(CellExecutionError, match="offline"):
            run(notebook, FOLDER)


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_runs_from_top_to_bottom_offline(path: Path, offline: None) -> None:
    run_through(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_every_picture_is_told_in_words(path: Path, offline: None) -> None:
    assert pictures_told(path)


@pytest.mark.slow
def test_the_second_lesson_has_a_film_told_in_words(offline: None) -> None:
    [film] = [one for one in shown(executed(LESSONS[1]), "text/html") if 'id="film-' in one]
    assert "Members of a coalition: 0, then" in film


@pytest.mark.slow
def test_answers_that_are_filled_in_are_judged_and_pooled(offline: None) -> None:
    notebook = nbformat.read(LESSONS[0], as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace('GROUP = ""', 'GROUP = "red"').replace('"30"', '"4"')
            if "lesson.predict(" in cell.source:
                for answer in ('"isolated"', "-1.0", "90", "-5"):
                    cell.source = cell.source.replace("answer=None", f"answer={answer}", 1)
                cell.source = cell.source.replace("within=None", "within=30").replace("sure=None", "sure=0.8")
            cell.source = cell.source.replace('LINES = """\n', 'LINES = """\ndifference,blue,-2,1,0.9\n')
    run(notebook, FOLDER)
    [verdicts] = [one for one in shown(notebook, "text/plain") if "you expected" in one]
    assert "isolated" in verdicts
    assert verdicts.count("yes") + verdicts.count("no ") >= 4
    assert "difference,red,-1.0,30.0,0.8" in printed(notebook)
    [pooled] = [one for one in shown(notebook, "text/plain") if "1 group: from -2 to -2" in one]
    assert "Right within their own margin: 0 of 1." in pooled
