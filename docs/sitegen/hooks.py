"""Hooks of MkDocs: pages that are generated, links that leave `docs/`, and the check of what was built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api_page import api_page
from built import check
from command_page import command_page
from dialect import adapted
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from repository import DOCS, ROOT, pages, relinked
from scenario_page import scenario_page

GENERATED = {
    "reference/commands.md": command_page,
    "reference/python.md": api_page,
    "reference/scenario.md": scenario_page,
}
LISTED = "decisions/README.md"
"""Stands in the menu for the whole folder."""
ALSO = ("VISION.md", "CHANGELOG.md", "LICENSE", "CITATION.cff", "scenarios", "experiments")
"""Of the repository, shown whether a document links to it or not."""


def on_config(config: Any) -> Any:
    """Complete the menu."""
    config.nav = completed(config.nav)
    return config


def completed(entry: Any) -> Any:
    """Return a menu, or a part of it, with all decisions."""
    if entry == [LISTED]:
        return [
            LISTED,
            *sorted(path.relative_to(DOCS).as_posix() for path in (DOCS / "decisions").glob("0*.md")),
        ]
    if isinstance(entry, list):
        return [completed(one) for one in entry]
    if isinstance(entry, dict):
        return {title: completed(one) for title, one in entry.items()}
    return entry


def on_files(files: Any, *, config: Any) -> Any:
    """Add the generated pages."""
    for place, make in GENERATED.items():
        files.append(File.generated(config, place, content=make()))
    written = [
        (Path(one.abs_src_path), one.content_string)
        for one in files.documentation_pages()
        if one.abs_src_path
    ]
    links = "".join(f"[x]({name})" for name in ALSO)
    for place, (_, text) in pages([*written, (ROOT / "README.md", links)]).items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Adapt a page to the site: its links, and the layout of its lists."""
    source = page.file.abs_src_path
    if source is not None and DOCS in Path(source).parents:
        markdown = relinked(markdown, Path(source), page.file.src_uri)
    return adapted(markdown)


def on_page_content(html: str, *, page: Any, **_: Any) -> str:
    """Mark the page of messages, whose long lines are broken where others scroll."""
    return f'<div class="messages">{html}</div>' if page.file.src_uri == "errors.md" else html


def on_post_page(output: str, **_: Any) -> str:
    """Give the search dialog of the theme a name, which screen readers say."""
    return output.replace('role="dialog">', 'role="dialog" aria-label="Search">', 1)


def on_post_build(*, config: Any) -> None:
    """Fail if a page links to what is not there, or asks another address for anything."""
    problems = check(Path(config.site_dir))
    if problems:
        raise PluginError("\n".join(["the site has faults:", *problems]))
