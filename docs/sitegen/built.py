"""The check of a built site: every link and picture leads somewhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
"""Elements that load something, and where they say what."""
ASKING = ("preconnect", "dns-prefetch", "stylesheet", "icon", "preload")
"""Relations of a `link` element that make a browser ask for something."""


class Page(HTMLParser):
    """What one page loads, links to, and can be linked at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.images_untold: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element refers to."""
        found = {name: value or "" for name, value in attrs}
        self.anchors.update(found[name] for name in ("id", "name") if found.get(name))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag == "link" and set(found.get("rel", "").split()) & set(ASKING):
            self.loads.append(found.get("href", ""))
        elif tag in LOADED and found.get(LOADED[tag]):
            self.loads.append(found[LOADED[tag]])
        if tag == "img" and "alt" not in found:
            self.images_untold.append(found.get("src", ""))


def check(site: Path) -> list[str]:
    """Return every fault of a built site, one line each."""
    pages = {path.resolve(): Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    return [
        f"{path.relative_to(site.resolve())}: {fault}"
        for path, page in pages.items()
        for fault in faults(path, page, pages, site.resolve())
    ]


def faults(path: Path, page: Page, pages: dict[Path, Page], site: Path) -> Iterator[str]:
    """Yield the faults of one page."""
    for target in page.loads:
        if urlsplit(target).scheme not in ("", "data") or target.startswith("//"):
            yield f"loads {target} from elsewhere"
        elif not target.startswith("data:") and not place(target, path, site).exists():
            yield f"loads {target}, which does not exist"
    for target in page.links:
        yield from link_faults(target, path, pages, site)
    for source in page.images_untold:
        yield f"shows {source} without saying what it is (alt)"


def link_faults(target: str, path: Path, pages: dict[Path, Page], site: Path) -> Iterator[str]:
    """Yield what is wrong with one link."""
    parts = urlsplit(target)
    if parts.scheme in ("https", "mailto"):
        return
    if parts.scheme or parts.netloc:
        yield f"links to {target}, which is not https"
        return
    goal = place(target, path, site) if parts.path else path
    if not goal.exists():
        yield f"links to {target}, which does not exist"
    elif parts.fragment and goal in pages and unquote(parts.fragment) not in pages[goal].anchors:
        yield f"links to {target}, which has no such anchor"


def place(target: str, path: Path, site: Path) -> Path:
    """Return the file that a relative address means."""
    inner = unquote(urlsplit(target).path)
    start = site if inner.startswith("/") else path.parent
    goal = (start / inner.lstrip("/")).resolve()
    return goal / "index.html" if goal.is_dir() else goal
