"""A document as one HTML file: everything inside, nothing asked of the network, no script.

All texts go through Jinja's escaping, whoever wrote them. Pictures are shown as images from `data:` addresses, where a
browser runs nothing and loads nothing. The policy in the head forbids everything else.
"""

from __future__ import annotations

import base64
import math
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

    from cisim.report.records import Cell, Document, Figure, Table

HOME = Path(__file__).parent
GENERATOR = "cisim report"
"""What a report says made it; nothing else is ever overwritten."""
MARK = f'<meta name="generator" content="{GENERATOR}">'
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
WIDE, WIDEST = 7, 13
"""Columns from which a table is printed across the page, and in smaller letters."""
LARGE = 10_000
NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that no text needs: controls, halves of characters, and those that turn the direction of reading."""


def rendered(document: Document) -> str:
    """Return a document as HTML.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str
        The same text each time.
    """
    from markupsafe import Markup

    style = Markup((HOME / "style.css").read_text("utf-8"))  # ours; quotes in it are not to be escaped
    return _template().render(document=document, style=style, policy=POLICY, generator=GENERATOR)


@cache
def _template() -> Template:
    """Return the page, with what it needs to show blocks."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(HOME), autoescape=True, undefined=StrictUndefined, finalize=clean,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    found.filters.update(shown=shown, address=address, slug=slug, prose=prose)
    found.tests["number"] = lambda value: isinstance(value, int | float)
    found.globals.update(kind_of=lambda block: type(block).__name__, width_of=width_of, size_of=size_of)
    return found.get_template("page.html")


def clean(value: Any) -> Any:
    r"""Return a text without characters that no text needs, everything else as it is.

    Examples
    --------
    >>> clean("a\x00b\u202ec"), clean(3)
    ('abc', 3)
    """
    if not isinstance(value, str):
        return value
    text = NO_TEXT.sub("", value)
    return type(value)(text) if text != value else value


def shown(value: Cell) -> str:
    """Return a cell as people read it: four digits, thousands apart, a proper minus, a dash for nothing.

    Examples
    --------
    >>> shown(1234567.8), shown(-0.123456), shown(None), shown("isolated"), shown(2000)
    ('1,234,568', '−0.1235', '–', 'isolated', '2,000')
    """
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, str):
        return value
    is_whole = isinstance(value, int) or (abs(value) >= LARGE and math.isfinite(value))
    text = f"{value:,.0f}" if is_whole else f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}") if "e" not in text else text


def prose(text: str) -> str:
    """Return a sentence whose numbers keep their units on the same line.

    Examples
    --------
    >>> prose("3 % of 2 M usd") == "3\u00a0% of 2\u00a0M\u00a0usd"
    True
    """
    return re.sub(r"(?<=\d) (?=%|usd\b|(?:k|M|bn) usd\b)|(?<=\d [kM]) (?=usd\b)", "\u00a0", text)


def address(figure: Figure) -> str:
    """Return a picture as an address that holds all of it."""
    kind = "image/png" if figure.is_png else "image/svg+xml"
    return f"data:{kind};base64,{base64.b64encode(figure.data).decode('ascii')}"


def slug(text: str) -> str:
    """Return a heading as the name of a place in the page.

    Examples
    --------
    >>> slug("Who gains, and who loses")
    'who-gains-and-who-loses'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"


def width_of(table: Table) -> str:
    """Return how wide a table is, for the printer."""
    columns = len(table.head)
    return "widest" if columns >= WIDEST else "wide" if columns >= WIDE else ""


def size_of(figure: Figure) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels, None where it does not say.

    Examples
    --------
    >>> from cisim.report.records import Figure
    >>> size_of(Figure('<svg width="72pt" height="36pt"/>', "a box"))
    (96, 48)
    """
    if figure.is_png:
        head = figure.data[16:24]
        return int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
    text = figure.data[:4096].decode("utf-8", "replace")
    found = [
        re.search(rf'<svg[^>]*\s{name}="([0-9.]{{1,12}})(pt|px)?"', text) for name in ("width", "height")
    ]
    if not all(found):
        return None
    try:
        width, height = (round(float(one[1]) * (96 / 72 if one[2] == "pt" else 1)) for one in found if one)
    except ValueError:
        return None
    return width, height
