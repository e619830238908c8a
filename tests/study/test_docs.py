"""What the documents say about studies is what happens."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import numba
import numpy as np
import pytest

from cisim.cli import DONE, main
from cisim.compiled import model_version
from cisim.study.reading import load_study
from cisim.study.shipped import list_studies

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "studies.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "study-results.md").read_text("utf-8")
REFRESH = "run: make studies"
ELSEWHERE = ("calibration", "calibration-check")  # on a page of their own
SHOWN = [name for name, *_ in list_studies() if name not in ELSEWHERE]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_python_examples_run() -> None:
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    found = parser.get_doctest("".join(blocks(GUIDE, "python")), {}, "studies", "docs/studies.md", 0)
    assert len(found.examples) >= 5
    assert runner.run(found).failed == 0


def test_commands_run_and_the_query_reads_what_they_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line.removeprefix("$ ") for block in blocks(GUIDE, "console") for line in block.splitlines()]
    typed = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("cisim")]
    assert [words[0] for words in typed] == ["list", "sweep", "status", "extend", "reproduce"]
    for words in typed:
        if words[0] == "sweep":
            words += ["--set", "n_orgs=8", "--set", "months=24"]
        if "--samples" in words:
            words[words.index("--samples") + 1] = "2" if words[0] == "sweep" else "3"
        assert main([*words, "-q"]) == DONE, words
    capsys.readouterr()
    import duckdb

    [query] = blocks(GUIDE, "sql")
    rows = duckdb.sql(query).fetchall()
    assert [setting for setting, _ in rows] == [0, 1, 2, 3]


def test_the_study_file_is_one(tmp_path: Path) -> None:
    [text] = blocks(GUIDE, "yaml")
    path = tmp_path / "money.yaml"
    path.write_text(text, "utf-8")
    spec = load_study(path)
    assert spec.analysis == "value"
    assert [factor.name for factor in spec.grid] == ["backbone_usd_per_year", "problem"]


def test_results_are_of_the_studies_as_they_are_shipped() -> None:
    for name in SHOWN:
        spec = load_study(name)
        section = PAGE[PAGE.index(f"## {spec.title}\n") :]
        assert f"study `{spec.digest[:16]}`" in section.split("\n## ")[0], f"{name} changed; {REFRESH}"
        assert spec.question in section


def test_results_are_of_the_present_model() -> None:
    stated = re.search(r"version `(\w+)` with numba (\S+) and numpy (\S+)\.\n", PAGE)
    assert stated
    if (stated[2], stated[3]) == (numba.__version__, np.__version__):
        assert stated[1] == model_version(), f"the model changed; {REFRESH}"


def test_every_figure_is_there_and_none_is_left_over() -> None:
    shown = set(re.findall(r"\(img/studies/([^)]+)\)", PAGE))
    assert shown == {path.name for path in (ROOT / "docs" / "img" / "studies").glob("*.png")}
    assert len(shown) >= 2 * len(SHOWN)
