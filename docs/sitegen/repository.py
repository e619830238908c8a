"""Pages for what documents link to outside `docs/`: sources, scenarios, studies and the project's own papers."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FILES = "files"
"""Folder of the site that holds these pages."""
HOME = {"README.md": "index.md"}
"""Files that have another page of the site in their place."""
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"^ {0,3}(```|~~~)")
MOST_LINES = 400
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".json": "json",
    ".csv": "text",
}
FOLDER_FILES = (".yaml", ".py", ".md", ".csv", ".ipynb")


def outside(text: str, origin: Path) -> Iterator[Path]:
    """Yield what a document of the repository links to outside `docs/`, below the root."""
    for _, target, _ in LINK.findall(text):
        path = resolved(target, origin)
        if path is not None and DOCS not in path.parents and path != DOCS:
            yield path


def resolved(target: str, origin: Path) -> Path | None:
    """Return the file of the repository that a link of a document at `origin` names, if there is one."""
    if ":" in target or target.startswith("/"):
        return None
    path = Path(os.path.normpath(origin.parent / target))
    return path if ROOT in path.parents and path.exists() else None


def page_of(path: Path) -> str:
    """Return where the site shows a file or folder of the repository."""
    name = path.relative_to(ROOT).as_posix()
    if DOCS in path.parents:
        return path.relative_to(DOCS).as_posix()
    if name in HOME:
        return HOME[name]
    if path.is_dir():
        return f"{FILES}/{name}/index.md"
    return f"{FILES}/{name}" if name.endswith(".md") else f"{FILES}/{name}.md"


def relinked(text: str, origin: Path, page: str) -> str:
    """Return a document with its links to files of the repository as links between pages of the site."""

    def link(found: re.Match[str]) -> str:
        path = resolved(found[2], origin)
        if path is None or not is_moved(path, origin, page):
            return found[0]
        target = posixpath.relpath(page_of(path), posixpath.dirname(page) or ".")
        return f"{found[1]}{target}{found[3]}"

    return "".join(part if is_code else LINK.sub(link, part) for is_code, part in parts(text))


def is_moved(path: Path, origin: Path, page: str) -> bool:
    """Say whether a link has to change: its target or its page is not where the repository has it."""
    return DOCS not in path.parents or page_of(origin) != page or DOCS not in origin.parents


def parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield a document in pieces: whether each is a fenced block, and its text."""
    piece: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        found = FENCE.match(line)
        if found and not fence:
            yield False, "".join(piece)
            piece, fence = [line], found[1]
        elif found and found[1] == fence:
            yield True, "".join([*piece, line])
            piece, fence = [], ""
        else:
            piece.append(line)
    yield bool(fence), "".join(piece)


def pages(documents: Iterable[tuple[Path, str]]) -> dict[str, tuple[Path, str]]:
    """Return a page for everything that documents link to, and what these link to in turn.

    Returns
    -------
    dict
        By place in the site: the file it shows, and its Markdown.
    """
    found: dict[str, tuple[Path, str]] = {}
    waiting = [path for origin, text in documents for path in outside(text, origin)]
    while waiting:
        path = waiting.pop()
        page = page_of(path)
        if page in found or page in HOME.values():
            continue
        text = shown(path)
        found[page] = (path, relinked(text, origin_of(path), page))
        waiting += outside(text, origin_of(path))
    return found


def origin_of(path: Path) -> Path:
    """Return the file whose folder the links of a page start from."""
    return path / "README.md" if path.is_dir() else path


def shown(path: Path) -> str:
    """Return the Markdown that shows a file, or lists a folder."""
    if path.is_dir():
        return listing(path)
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        return text
    if path.suffix == ".ipynb":
        return notebook(text)
    name = path.relative_to(ROOT).as_posix()
    lines = text.splitlines()
    cut = f"\n\nThe first {MOST_LINES} of {len(lines):,} lines.\n" if len(lines) > MOST_LINES else "\n"
    language = LANGUAGES.get(path.suffix, "text")
    body = "\n".join(lines[:MOST_LINES])
    return f"---\ntitle: {path.name}\nsearch: {{exclude: true}}\n---\n\n# {name}\n{cut}\n````{language}\n{body}\n````\n"


def notebook(text: str) -> str:
    """Return the Markdown of a notebook: its text, and its code without what it printed."""
    cells = [(one["cell_type"], "".join(one["source"])) for one in json.loads(text)["cells"]]
    shown = [source if kind == "markdown" else f"````python\n{source}\n````" for kind, source in cells]
    return "\n\n".join(shown) + "\n"


def listing(folder: Path) -> str:
    """Return the Markdown of a folder: its own README if it has one, else the files in it."""
    own = folder / "README.md"
    if own.exists():
        return own.read_text("utf-8")
    inside = sorted(
        one
        for one in folder.iterdir()
        if not one.name.startswith(("_", ".")) and (one.is_dir() or one.suffix in FOLDER_FILES)
    )
    lines = [f"- [{one.name}{'/' * one.is_dir()}]({one.name})" for one in inside]
    return "\n".join([f"# {folder.relative_to(ROOT).as_posix()}/", "", *lines, ""])
