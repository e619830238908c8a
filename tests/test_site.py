"""The documentation site builds without a warning, leads everywhere it says, and asks nobody else for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import cisim
from cisim.params import PARAMS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MODULES = ("api_page", "built", "command_page", "dialect", "repository", "scenario_page")


@pytest.fixture(scope="module")
def maker() -> Any:
    """The modules that make the site, by name."""
    sys.path.insert(0, str(DOCS / "sitegen"))
    try:
        yield {name: import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(DOCS / "sitegen"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` does, in a folder of the test's own."""
    target = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return target


def text_of(site: Path, page: str) -> str:
    return (site / page).read_text("utf-8")


# --- what was built ------------------------------------------------------------------------------------------


def test_every_document_has_its_page(site: Path) -> None:
    for path in DOCS.rglob("*.md"):
        place = path.relative_to(DOCS).with_suffix(".html").as_posix().replace("README.html", "index.html")
        assert (site / place).exists(), place
    assert not list(site.rglob("*.py"))


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(
    site: Path, maker: dict[str, ModuleType]
) -> None:
    assert maker["built"].check(site) == []


def test_styles_load_nothing_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.css"):
        assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", path.read_text("utf-8")), path.name


def test_search_works_without_a_server(site: Path) -> None:
    index = text_of(site, "search/search_index.js")
    assert index.startswith("var __index = ")
    assert "backbone_usd_per_year" in index
    assert "iframe-worker.js" in text_of(site, "index.html")


def test_every_command_parameter_and_public_name_has_its_place(
    site: Path, maker: dict[str, ModuleType]
) -> None:
    commands, scenario, python = (
        text_of(site, f"reference/{name}.html") for name in ("commands", "scenario", "python")
    )
    for verb, command in maker["command_page"].commands().items():
        assert f'id="cisim-{verb}"' in commands
        for option in command.params:
            assert option.help, f"{verb}: {option.name} says nothing about itself"
    for name in PARAMS:
        assert f'id="{name}"' in scenario
    for name in set(cisim.__all__) - {"__version__"}:
        assert f"cisim.{name}" in python


def test_no_address_of_a_repository_is_invented(site: Path) -> None:
    found = set(
        re.findall(r'href="(https://git[^"]+)"', text_of(site, "limits.html") + text_of(site, "odd.html"))
    )
    assert found == set()


# --- what the check notices ----------------------------------------------------------------------------------

HTML = '<html><head>{head}</head><body><h1 id="top">x</h1>{body}</body></html>'


@pytest.mark.parametrize(
    ("head", "body", "fault"),
    [
        ("", '<a href="missing.html">x</a>', "does not exist"),
        ("", '<a href="#bottom">x</a>', "no such anchor"),
        ("", '<a href="other.html#bottom">x</a>', "no such anchor"),
        ("", '<a href="http://example.org">x</a>', "not https"),
        ("", '<img src="missing.png" alt="x">', "does not exist"),
        ("", '<img src="data:image/png;base64,AA">', "without saying"),
        ("", '<img src="https://example.org/x.png" alt="x">', "from elsewhere"),
        ('<script src="//example.org/x.js"></script>', "", "from elsewhere"),
        ('<link rel="stylesheet" href="https://example.org/x.css">', "", "from elsewhere"),
        ("", '<a href="other.html#top">x</a> <a href="https://example.org">x</a>', ""),
    ],
)
def test_faults_of_a_site_are_noticed(
    tmp_path: Path, maker: dict[str, ModuleType], head: str, body: str, fault: str
) -> None:
    (tmp_path / "page.html").write_text(HTML.format(head=head, body=body), "utf-8")
    (tmp_path / "other.html").write_text(HTML.format(head="", body=""), "utf-8")
    found = maker["built"].check(tmp_path)
    assert len(found) == bool(fault)
    assert fault in "".join(found)


# --- links that leave the documents --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "page", "moved"),
    [
        ("../README.md", "limits.md", "index.md"),
        ("../experiments/sobol.yaml", "limits.md", "files/experiments/sobol.yaml.md"),
        ("../experiments", "limits.md", "files/experiments/index.md"),
        ("../VISION.md", "limits.md", "files/VISION.md"),
        ("../../src/cisim/rules", "howto/rule.md", "../files/src/cisim/rules/index.md"),
        ("odd.md", "limits.md", "odd.md"),
        ("https://example.org", "limits.md", "https://example.org"),
    ],
)
def test_links_out_of_the_documents_lead_to_pages(
    maker: dict[str, ModuleType], target: str, page: str, moved: str
) -> None:
    text = f"see [it]({target}) and\n```text\n[it]({target})\n```\n"
    told = maker["repository"].relinked(text, DOCS / page, page)
    assert told == f"see [it]({moved}) and\n```text\n[it]({target})\n```\n"


def test_a_notebook_is_shown_as_its_text_and_code(maker: dict[str, ModuleType]) -> None:
    told = maker["repository"].shown(ROOT / "notebooks" / "02_trust_takes_years.ipynb")
    assert told.startswith("# Trust takes years\n")
    assert "\n\n````python\nmodel = cisim.CoalitionModel(coalition, seed=SEED)\n" in told
    assert "cell_type" not in told
    assert "](solutions/02_trust_takes_years.ipynb)" in told


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\n- b\n", "a\n\n- b\n"),
        ("- a\n- b\n", "- a\n- b\n"),
        ("- a\n  goes on\n- b\n", "- a\n  goes on\n- b\n"),
        ("1. a\n   ```console\n   $ b\n   ```\n", "1. a\n    ```console\n    $ b\n    ```\n"),
        ("| `a\\|b` | c\\|d |\n", "| `a|b` | c\\|d |\n"),
        ("```text\na\n- b\n```\n", "```text\na\n- b\n```\n"),
    ],
)
def test_lists_are_read_as_they_are_on_github(maker: dict[str, ModuleType], written: str, read: str) -> None:
    assert maker["dialect"].adapted(written) == read
