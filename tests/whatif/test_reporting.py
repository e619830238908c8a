"""The report on a what-if: the numbers of its answer, in the form of all reports."""

from typing import Any

import pytest

from cisim.whatif import Futures, exported, read_whatif
from cisim.whatif.reporting import document
from report.reading import read, words

SMALL = {"n_orgs": 8, "months": 24}
ASKED: dict[str, Any] = {"scenario": "generic-adaptive", "regime": "collective", "set": SMALL, "worlds": 8}


def made(**changed: Any) -> tuple[str, dict[str, Any]]:
    futures = Futures(read_whatif({**ASKED, **changed}))
    pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(futures.n)]
    answer = futures.answer(pairs)
    return document(futures, answer, "http://127.0.0.1:8765/#s=abc").html(), answer


@pytest.mark.parametrize("reference", ["isolated", "network", "no-backbone"])
@pytest.mark.parametrize("financing", ["equal", "added"])
def test_it_says_what_the_answer_says(reference: str, financing: str) -> None:
    html, answer = made(reference=reference, financing=financing, worth_usd=1e5)
    text = words(read(html).elements[0].text)
    for sentence in (
        answer["sentence"],
        *answer["more"],
        answer["break_even"]["text"],
        answer["cost"]["text"],
    ):
        assert words(sentence) in text
    for one in answer["groups"]:
        assert one["name"] in text
    assert ("new money" if financing == "added" else "out of the same money") in text
    assert "http://127.0.0.1:8765/#s=abc" in text
    assert html.count("<img") == 1


def test_the_command_in_it_asks_the_same() -> None:
    changed = {"set": {**SMALL, "turf": 0.25}}
    html, _ = made(**changed)
    command = exported(read_whatif({**ASKED, **changed}), "command").data.decode().strip()
    assert command in words(read(html).elements[0].text)
    assert "--set turf=0.25" in command


def test_what_somebody_wrote_stays_text() -> None:
    html, _ = made(name="<script>alert(1)</script>")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_it_is_an_export_with_the_same_bytes_each_time() -> None:
    whatif = read_whatif(ASKED)
    one, two = (exported(whatif, "report", "http://x/#s=1") for _ in range(2))
    assert one == two
    assert one.media_type == "text/html"
    assert one.filename == f"what-if-{whatif.key[:8]}-report.html"
