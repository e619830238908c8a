"""What the README says is what the commands print."""

from __future__ import annotations

import doctest
import re
import shlex
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import cisim
from cisim.cli import DONE, main
from cisim.params import PARAMS
from cisim.presets import REGIME_LEVERS, list_regimes

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text("utf-8")
NUMBER = re.compile(r"^-?\d[\d,]*(?:\.\d+)?%?$")
OF_THE_SITE = {ROOT / "docs" / "reference" / f"{name}.md" for name in ("commands", "python", "scenario")}
"""Pages that only the built site has; `tests/test_site.py` checks them."""
REFRESH = "run: make demo, then python docs/refresh.py"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def refresh(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return import_module("refresh")


def test_it_is_short_and_its_links_lead_somewhere() -> None:
    assert len(TEXT.splitlines()) < 150
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("https://") or (ROOT / target).exists(), target


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_of_the_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        goal = (path.parent / target).resolve()
        assert target.startswith("https://") or goal.exists() or goal in OF_THE_SITE, target


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    listed = re.findall(
        r"^(\d+)\. \[(.*)\]\((.*)\)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert [name for _, _, name in listed] == files
    for number, title, name in listed:
        text = (folder / name).read_text("utf-8")
        assert text.startswith(f"# {number}. {title}\n")
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_python_examples_run() -> None:
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    found = parser.get_doctest("".join(blocks("python")), {}, "README", str(README), 0)
    assert len(found.examples) >= 10
    assert runner.run(found).failed == 0


def test_the_scenario_file_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [text] = blocks("yaml")
    path = tmp_path / "reading.yaml"
    path.write_text(text, "utf-8")
    assert main(["validate", str(path)]) == DONE
    assert cisim.load(path).indicator.baseline == 45
    capsys.readouterr()


def test_commands_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    typed = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("cisim")]
    assert len(typed) == 7
    for words in typed:
        if "--worlds" in words:
            words[words.index("--worlds") + 1] = "8"  # the fewest that all take
            words += ["--set", "n_orgs=8", "--set", "months=24"]
        if words[0] == "dock":
            words += ["--worlds", "5"]
        assert main([*words, "-q"]) == DONE, words
    assert (tmp_path / "result" / "table.txt").exists()
    capsys.readouterr()


def test_counts_are_right() -> None:
    grades = Counter(row.grade for row in PARAMS.values())
    words = " ".join(TEXT.split())
    assert f"Of its {len(PARAMS)} parameters {grades['assumed']} are assumptions" in words
    assert f"A regime sets {len(REGIME_LEVERS)} levers" in words
    assert len(list_regimes()) == 9
    assert "nine of them" in words


def test_table_and_figure_are_what_the_demo_makes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], refresh: ModuleType
) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    worlds = re.search(r"DEMO_WORLDS \?= (\d+)", makefile)
    typed = re.search(r"cisim (compare .*?) \\\n\s*--output", makefile)
    assert worlds
    assert typed
    words = typed[1].replace("$(DEMO_WORLDS)", worlds[1]).split()
    assert main([*words, "--output", str(tmp_path / "demo"), "-q"]) == DONE
    now = capsys.readouterr().out.split()
    quoted = refresh.quoted().split()
    assert len(now) == len(quoted), REFRESH
    for seen, told in zip(now, quoted, strict=True):
        assert is_same(seen, told), f"{told!r} is {seen!r} now; {REFRESH}"
    drawn, kept = (
        pd.read_csv(folder / f"{refresh.FIGURE}.csv")
        for folder in (tmp_path / "demo" / "figures", refresh.IMAGES)
    )
    pd.testing.assert_frame_equal(drawn, kept, check_exact=False, rtol=1e-3, atol=1e-3, obj=REFRESH)


def is_same(seen: str, told: str) -> bool:
    """Words alike, numbers to 2 % or two in the last digit: other processors may, rarely, turn one draw."""
    if not (NUMBER.match(seen) and NUMBER.match(told)):
        return seen == told
    a, b = (float(word.replace(",", "").rstrip("%")) for word in (seen, told))
    last_digit = 10.0 ** -len(told.rstrip("%").partition(".")[2])
    return abs(a - b) <= max(0.02 * abs(b), 2.01 * last_digit)


@pytest.mark.parametrize(
    ("seen", "told", "same"),
    [
        ("-0.2523", "-0.2520", True),
        ("-0.2523", "-0.2600", False),
        ("-0.2523", "0.2523", False),
        ("71.5%", "71.6%", True),
        ("400", "380", False),
        ("isolated", "collective", False),
        ("reference", "12.1", False),
    ],
)
def test_what_counts_as_the_same(seen: str, told: str, same: bool) -> None:
    assert is_same(seen, told) is same
