"""Reading a report as a browser would: elements, texts, addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

EMPTY = {"meta", "img", "br", "hr", "link", "input"}


@dataclass
class Element:
    """An element with its attributes and the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page in their order; fails where tags do not match."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(found)
        if tag not in EMPTY:
            self.open.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open[-1].tag == tag, (self.open[-1].tag, tag)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one.text += data

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert not page.open
    return page


def words(text: str) -> str:
    """A text with single, plain spaces."""
    return " ".join(text.replace("\xa0", " ").split())


def check(html: str) -> Page:
    """Read a report and make sure of what every report promises."""
    page = read(html)
    assert not page.all("script", "iframe", "object", "embed", "link", "base", "form", "svg", "style")[1:]
    assert [one.tag for one in page.all("script", "style")] == ["style"]
    policy = next(m for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    for one in page.elements:
        assert not [name for name in one.attributes if name.startswith("on")], one
        for name in ("src", "href", "action", "data"):
            where = one.attributes.get(name, "#")
            assert where.startswith(("#", "data:image/")), where
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text
    levels = [int(one.tag[1]) for one in page.all("h1", "h2", "h3", "h4", "h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in page.all("a"):
        assert one.attributes["href"][1:] in ids
    for one in page.elements:
        assert one.attributes.get("aria-labelledby", ids[0]) in ids
    assert all(len(one.attributes["alt"]) > 20 for one in page.all("img"))
    assert all(one.attributes.get("scope") in ("col", "row") for one in page.all("th"))
    assert page.all("html")[0].attributes["lang"] == "en"
    return page
