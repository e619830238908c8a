"""Turn documents, which are written as GitHub reads them, into what the site's reader wants.

It wants lists set off and their blocks indented by four, and takes a bar in code within a table as it stands.
"""

from __future__ import annotations

import re

from repository import parts

ITEM = re.compile(r"^( *)(?:[-*]|\d+\.) +\S")
CODE = re.compile(r"`[^`]*`")
NUMBERED = re.compile(r"^\d\. +\S")


def adapted(text: str) -> str:
    """Return a document with a blank line before every list, and blocks in numbered lists indented by four."""
    indented = inside_lists(text)
    return "".join(piece if is_code else set_off(piece) for is_code, piece in parts(indented))


def inside_lists(text: str) -> str:
    """Return a document whose numbered items have their continuation indented by four, not three."""
    lines: list[str] = []
    is_inside = False
    for line in text.splitlines(keepends=True):
        if NUMBERED.match(line):
            is_inside = True
        elif line.strip() and not line.startswith("   "):
            is_inside = False
        is_short = is_inside and line.startswith("   ") and not line.startswith("    ")
        lines.append(f" {line}" if is_short else line)
    return "".join(lines)


def set_off(text: str) -> str:
    """Return text with a blank line between a paragraph and the list that follows it."""
    lines: list[str] = []
    for written in text.splitlines(keepends=True):
        line = bare(written) if written.startswith("|") else written
        before = lines[-1] if lines else "\n"
        starts = ITEM.match(line) and before.strip() and not ITEM.match(before) and not before.startswith(" ")
        if starts and not is_in_list(lines):
            lines.append("\n")
        lines.append(line)
    return "".join(lines)


def is_in_list(lines: list[str]) -> bool:
    """Say whether the paragraph that ends here began as an item of a list."""
    for line in reversed(lines):
        if ITEM.match(line):
            return True
        if not line.strip():
            return False
    return False


def bare(row: str) -> str:
    """Return a row of a table with bars in code as they are."""
    return CODE.sub(lambda found: found[0].replace(r"\|", "|"), row)
