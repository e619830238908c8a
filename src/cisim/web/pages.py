"""The files of the page: a fixed list made at start; nothing a request says becomes a path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
MEDIA = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2",
    ".json": "application/json", ".webmanifest": "application/manifest+json",
}  # fmt: skip
"""Media type by ending; files of other endings are not served."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent.

    Attributes
    ----------
    media_type : str
    data : bytes
    tag : str
        Changes with the bytes.
    """

    media_type: str
    data: bytes
    tag: str


class Pages:
    """The files of a folder.

    Parameters
    ----------
    folder : Path
        Files put there later are not served; a file that is changed is read again.

    Examples
    --------
    >>> pages = Pages()
    >>> pages.get("link.js").media_type, pages.get("../__init__.py"), pages.get("vendor/README.md")
    ('text/javascript; charset=utf-8', None, None)
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._paths = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.suffix in MEDIA and path.is_file()
        }
        self._read: dict[str, tuple[int, Page]] = {}

    def get(self, name: str) -> Page | None:
        """Return a file, or None if there is none of this name."""
        path = self._paths.get(name)
        if path is None:
            return None
        try:
            changed = path.stat().st_mtime_ns
            known = self._read.get(name)
            if known is None or known[0] != changed:
                known = self._read[name] = (changed, _page(path))
        except OSError:
            return None
        return known[1]


def _page(path: Path) -> Page:
    """Read a file."""
    data = path.read_bytes()
    return Page(MEDIA[path.suffix], data, f'"{hashlib.sha256(data).hexdigest()[:20]}"')
