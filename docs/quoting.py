"""What written pages quote of generated ones, so that no figure of a result is typed: sources for `make_blocks.py`."""

from __future__ import annotations

import re
from pathlib import Path

from cisim.tables import markdown

DOCS = Path(__file__).resolve().parent


def page(name: str) -> str:
    """Return the text of a generated page."""
    return (DOCS / name).read_text("utf-8")


def taken(name: str, pattern: str) -> re.Match[str]:
    """Return the first place of a page that matches.

    Raises
    ------
    ValueError
        If there is none, because the page is worded in another way now.
    """
    found = re.search(pattern, page(name), re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"{name}: nothing matches {pattern!r}; what is quoted of it has to be found anew")
    return found


def quotation(text: str) -> list[str]:
    """Return a paragraph as quoted lines."""
    return [f"> {line}".rstrip() for line in text.strip().splitlines()]


def verdicts() -> list[str]:
    """Return what statements about outcomes come to, as counts."""
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) \| \[", page("claims.md"), re.MULTILINE)
    if not rows:
        raise ValueError("claims.md: the table of verdicts is gone")
    return markdown(("verdict", "statements about outcomes"), rows)


def misses() -> list[str]:
    """Return how many facts the model meets, and which it misses."""
    told = taken("calibration.md", r"^Simulated, the model meets.*?^$")[0]
    counts = re.split(r"^(?:Undecided|Missed)", told, flags=re.MULTILINE)[0]
    missed = re.findall(r"^Missed: (.*?)(?=^Missed|^Undecided|^$)", told, re.MULTILINE | re.DOTALL)
    rows = [f"- missed: {' '.join(one.split())}" for one in missed]
    return [*quotation(counts), "", *(rows or ["- none is missed"])]


def figures_of_places() -> list[str]:
    """Return how many published figures of single places lie where the model expected them."""
    return quotation(taken("cases.md", r"^Of \d+ published figures.*?(?=^Gain:)")[0])


def gains_of_places() -> list[str]:
    """Return what the way of working gained in each case from life."""
    pattern = r"^([a-z-]+) +\d+ +\d+ +\d+ +\d+ +(\S+), (\S+) +(\S+ \([^)]*\)) +(\d+%)$"
    rows = re.findall(pattern, page("cases.md"), re.MULTILINE)
    if not rows:
        raise ValueError("cases.md: the overview of cases is gone")
    head = ("case", "as it happened", "instead of", "gain, % of the start: mean (5-95 %)", "better in")
    return markdown(head, rows)


def controls() -> list[str]:
    """Return the negative controls and whether nothing was found where nothing is."""
    section = taken("claims.md", r"^## Negative controls$.*")[0]
    rows = re.findall(r"^\| (?!control|---)([^|]+?) \| ([^|]+?) \|.*\| (\S[^|]*?) \|$", section, re.MULTILINE)
    return markdown(("control", "question", ""), rows)


def shares() -> list[str]:
    """Return what each of the five conditions contributes."""
    return quotation(taken("study-results.md", r"^All conditions together change it.*?(?=^$)")[0])


SOURCES = {
    "docs/claims.md, verdicts": verdicts,
    "docs/claims.md, controls": controls,
    "docs/calibration.md, misses": misses,
    "docs/cases.md, figures": figures_of_places,
    "docs/cases.md, gains": gains_of_places,
    "docs/study-results.md, five conditions": shares,
}
"""What each block is made from."""
