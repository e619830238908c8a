"""A document as a page: escaped, complete, the same each time, whoever wrote its texts."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisim.report import Code, Details, Document, Figure, Points, Section, Table, Text
from cisim.report.limits import LIMITS
from cisim.report.page import MARK, prose, shown, size_of
from report.reading import check, words

HOSTILE = (
    "</style></title><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>\"'&{{ 7*7 }}"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"><script>alert(1)</script></svg>'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
)


def document(text: str = "A text of some length", **more: Any) -> Document:
    """A document that says `text` wherever one can."""
    blocks = [
        text, Text(text), Points([text]), Table(text, [text, text], [[text, 1.0]], [text]), Code(text, text),
        Figure(SVG, f"{text} and what is to be seen", text), Details(text, [Text(text), Table(text, [text], [])]),
    ]  # fmt: skip
    stated: dict[str, Any] = {
        "title": text, "question": text, "answer": [text], "sections": [Section(text, blocks), Section(text)],
        "provenance": {text: text}, "repeat": [text], "appendix": [Section(text, blocks)], "subtitle": text,
    }  # fmt: skip
    return Document(**{**stated, **more})


def test_a_document_has_its_parts_in_order() -> None:
    page = check(document().html())
    headings = [words(one.text) for one in page.all("h2")]
    assert headings[:2] == ["Question", "Answer"]
    assert headings[-4:] == [
        "What this cannot tell you", "Where the numbers come from", "How to repeat it", "Appendix"
    ]  # fmt: skip
    told = [words(one.text) for one in page.all("li")]
    assert [text for text in map(words, LIMITS) if text not in told] == []


@pytest.mark.parametrize(
    "text", [HOSTILE, "]]><svg/onload=alert(1)>", "javascript:alert(1)", "<!--", "a\x00\x1b[31mb"]
)
def test_hostile_texts_are_inert_wherever_they_stand(text: str) -> None:
    page = check(document(text).html())
    seen = words(page.all("h1")[0].text)
    assert seen == words("".join(c for c in text if c >= " "))
    assert not page.all("script")


def test_characters_that_turn_the_direction_of_reading_are_left_out() -> None:
    html = document("safe\u202eexe.txt\u2066 \ud800end").html()
    assert "safeexe.txt end" in html
    html.encode("utf-8")


def test_a_picture_cannot_run_what_it_holds() -> None:
    page = check(document().html())
    source = page.all("img")[0].attributes["src"]
    assert source.startswith("data:image/svg+xml;base64,")
    assert base64.b64decode(source.partition(",")[2]).decode() == SVG
    assert page.all("img")[0].attributes["width"] == "96"


def test_a_png_is_shown_as_one() -> None:
    figure = Figure(PNG, "three pixels by two, all of them white")
    html = document(sections=[Section("Pictures", [figure])], appendix=[]).html()
    assert size_of(figure) == (3, 2)
    assert check(html).all("img")[0].attributes["src"].startswith("data:image/png;base64,")


@given(st.text(max_size=60))
def test_any_text_can_stand_in_a_report(text: str) -> None:
    html = document(f"{text} and so on for a while").html()
    page = check(html)
    assert len(page.all("table")) == 2
    assert html.count("No rows.") == 2


def test_the_same_document_gives_the_same_text_and_says_what_made_it() -> None:
    one, two = document().html(), document().html()
    assert one == two
    assert MARK in one[:4096]


def test_parts_that_are_empty_are_left_out() -> None:
    page = check(document(repeat=[], appendix=[], limits=[], sections=[], subtitle="").html())
    assert [one.text for one in page.all("h2")] == ["Question", "Answer", "Where the numbers come from"]


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, "–"), (math.nan, "–"), (math.inf, "–"), (0.0, "0"), (-1.5, "−1.5"), (2, "2"), (123456.7, "123,457"),
        (1e-9, "1e-09"), (np.float64(0.25), "0.25"), (np.bool_(True), "yes"), (pd.NaT, "–"), ("x", "x"),
    ],
)  # fmt: skip
def test_cells_are_written_as_people_read_them(value: Any, seen: str) -> None:
    (row,) = Table("A", ["a"], [[value]]).rows
    assert shown(row[0]) == seen


def test_a_frame_becomes_a_table_with_its_numbers_to_the_right() -> None:
    frame = pd.DataFrame({"a_name": ["x", "y"], "n": [1, 2], "mean": [0.5, math.nan], "word": ["p", None]})
    table = Table.of(frame, "Things")
    assert table.head == ("a name", "n", "mean", "word")
    assert table.rows == (("x", 1, 0.5, "p"), ("y", 2, None, None))
    assert [table.is_numeric(k) for k in range(4)] == [False, True, True, False]
    assert Table.of(pd.DataFrame(), "Nothing").rows == ()


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: Table("Two", ["a", "b"], [["x"]]), "2 cells, as the head of 'Two' has"),
        (lambda: Table("Two", "ab", []), "head: 'ab' is not allowed; a list of texts"),
        (lambda: Figure(SVG, " "), "alt: is empty"),
        (lambda: Figure("a picture", "a box"), "image: is neither SVG nor PNG"),
        (lambda: Figure(b"\xff\xd8\xff", "a box"), "image: is neither SVG nor PNG"),
        (lambda: Section("S", "text"), "blocks: 'text' is not allowed; a list of blocks"),
        (lambda: Section("S", [3]), "blocks: 3 is not allowed"),  # type: ignore[list-item]
        (lambda: document(answer="yes"), "answer: 'yes' is not allowed; a list of texts"),
        (lambda: document(answer=[]), "answer: is empty"),
        (lambda: document(repeat=[1]), "repeat: 1 is not allowed; a text"),
        (lambda: Points("ab"), "texts: 'ab' is not allowed"),
    ],
)
def test_what_is_not_allowed_is_named(make: Callable[[], Any], part: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(part)):
        make()


def test_numbers_keep_their_units_on_the_line() -> None:
    assert prose("12.5 % of 3 M usd, 5 k usd and 7 usd, not 3 men") == (
        "12.5\xa0% of 3\xa0M\xa0usd, 5\xa0k\xa0usd and 7\xa0usd, not 3 men"
    )


def test_commands_are_left_as_they_are_typed() -> None:
    html = document(repeat=["cisim run --set a=3 # 3 % of it"], appendix=[], sections=[]).html()
    assert "# 3 % of it" in html
