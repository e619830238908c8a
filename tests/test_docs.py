"""What the documents say to type can be typed, and prints what they show."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cisim.engine import STEP

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
import blocks as parts  # noqa: E402
import running  # noqa: E402

sys.path.remove(str(DOCS))

GENERATED = {"calibration.md", "cases.md", "claims.md", "parsimony.md", "study-results.md"}
"""Pages made by the very commands they show, which take minutes to hours: arguments are read, nothing is run."""
ELSEWHERE = {
    "README.md": "tests/test_readme.py",
    "docs/extending.md": "tests/test_model.py",
    "docs/studies.md": "tests/study/test_docs.py",
}
"""Pages whose blocks another test runs."""
PAGES = [
    path
    for path in [*sorted(DOCS.rglob("*.md"))]
    if path.relative_to(ROOT).as_posix() not in ELSEWHERE and parts.BLOCK.search(path.read_text("utf-8"))
]
MOST_READ_ONLY = 15
"""Commands on written pages that no test runs: clusters, servers, and what takes hours."""


def name_of(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


def commands() -> Iterator[tuple[str, parts.Block, parts.Step]]:
    for path in PAGES:
        for block in parts.blocks(path.read_text("utf-8")):
            if block.language in parts.TYPED and not block.file:
                for step in block.steps:
                    yield name_of(path), block, step


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_what_a_page_says_to_type_works(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    here = running.Folder(tmp_path)
    for block in parts.blocks(path.read_text("utf-8")):
        if path.name in GENERATED:
            for step in block.steps if block.language in parts.TYPED else ():
                running.parse(running.split_at_pipes(step.command)[0])
        else:
            here.do(block)


def test_little_is_only_read() -> None:
    read = [
        (page, step.command)
        for page, block, step in commands()
        if page not in GENERATED and (block.is_parsed or step.command.startswith(("make", "pip")))
    ]
    assert len(read) <= MOST_READ_ONLY, read


def test_pages_left_to_other_tests_are_run_there() -> None:
    for page, test in ELSEWHERE.items():
        assert (ROOT / page).exists()
        assert Path(page).name.removesuffix(".md").lower() in (ROOT / test).read_text("utf-8").lower()
    for name in GENERATED:
        assert re.search(r"[Mm]ade by", (DOCS / name).read_text("utf-8")[:600]), name


def test_prose_about_figures_agrees_with_them() -> None:
    """The questions say in which direction the model misses a trial; the figures beside it are generated."""
    text = (DOCS / "faq.md").read_text("utf-8")
    found = re.search(r"missed: trial with tested practices .*? gives (\S+) .*? the fact is (\S+)", text)
    assert found
    gives, fact = map(float, found.groups())
    assert fact < gives < 0, "the model no longer falls short of the trial; reword faq.md"


def test_the_model_in_one_page_has_the_rules_in_their_order() -> None:
    named = re.findall(r"^\| `(\w+)` \|", (DOCS / "model.md").read_text("utf-8"), re.MULTILINE)
    assert tuple(named) == STEP


# --- the runner itself ---------------------------------------------------------------------------------------

PAGE = """\
<!-- file: town.yaml -->
```yaml
cisim: 1
title: Town
extends: generic-adaptive
params: {n_orgs: 1}
```

<!-- test: exit 2 -->
```console
$ cisim validate town.yaml
town.yaml:4:18: n_orgs: ...
```

1. in a list
   ```console
   $ cisim list regimes | head -1
   regime ...
   ```

```python
>>> x = 1
```

```python
>>> x + 1
2

```
"""


def run(text: str, folder: Path) -> running.Folder:
    here = running.Folder(folder)
    for block in parts.blocks(text):
        here.do(block)
    return here


def test_a_page_is_run(tmp_path: Path) -> None:
    here = run(PAGE, tmp_path)
    assert (tmp_path / "town.yaml").exists()
    assert (here.run, here.read) == (2, 0)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("exit 2", "exit 0", "exit code 2, not 0"),
        ("n_orgs: ...", "params.months: ...", "shown"),
        ("regime ...", "lever ...", "shown"),
        ("x + 1\n2", "x + 1\n3", "Expected"),
        ("cisim list regimes", "cisim prophesy", "exit code|shown|No such"),
        ("head -1", "rm -r", "not a program"),
    ],
)
def test_a_page_that_is_wrong_is_noticed(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in PAGE
    with pytest.raises(running.MismatchError, match=complaint):
        run(PAGE.replace(old, new), tmp_path)


@pytest.mark.parametrize(
    ("line", "complaint"), [("cisim prophesy a b", "no command"), ("make gold", "no target")]
)
def test_commands_that_are_only_read_have_to_exist(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(running.MismatchError, match=complaint):
        run(f"<!-- test: parse -->\n```console\n$ {line}\n```\n", tmp_path)


def test_every_refusal_on_the_page_of_errors_is_one() -> None:
    text = (DOCS / "errors.md").read_text("utf-8")
    refused = [block for block in parts.blocks(text) if block.code]
    assert len(refused) == text.count("\n### ") > 50
    assert {block.code for block in refused} == {1, 2}
    for block in refused:
        assert block.steps[-1].shown.strip(), block


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("a b c", "a ... c", True),
        ("a b c", "a ...", True),
        ("a b c", "... c", True),
        ("a b c d", "a ... c", False),
        ("a 1.234 c", "a 1.236 c", True),
        ("a 1.234 c", "a 1.300 c", False),
        ("a b", "a b c", False),
        ("a b c", "a b", False),
        ("", "...", True),
        ("a", "a ... a", False),
    ],
)
def test_what_counts_as_shown(printed: str, shown: str, same: bool) -> None:
    assert parts.agrees(printed, shown) is same


def test_sizes_are_put_in_place_or_added() -> None:
    typed = ["sweep", "x", "--worlds", "200", "--set", "a=1"]
    small = running.with_options(typed, ("--worlds", "2", "--samples", "3", "--set", "b=2"))
    assert small == ["sweep", "x", "--worlds", "2", "--set", "a=1", "--samples", "3", "--set", "b=2"]
