"""The fenced blocks of a document, the commands in them, and whether what they print is what is shown.

What the comments before a block mean stands in `running.py`.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(
    r"(?P<notes>(?:^ *<!-- (?:file|test): .*? -->\n)*)"
    r"^(?P<indent> *)```(?P<language>\w+).*?\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
EVERYWHERE = re.compile(r"<!-- all: (.*?) -->")
NOTE = re.compile(r"<!-- (file|test): (.*?) -->")
TYPED = ("console", "bash", "sh")
NUMBER = re.compile(r"^-?\d[\d,]*(?:\.\d+)?%?$")
ANYTHING = "..."


@dataclass(frozen=True)
class Step:
    """One command of a block and what the document shows of its output."""

    command: str
    shown: str


@dataclass(frozen=True)
class Block:
    """One fenced block of a document, with the notes before it."""

    language: str
    body: str
    line: int
    file: str = ""
    options: tuple[str, ...] = ()
    code: int = 0
    is_parsed: bool = False

    @property
    def steps(self) -> list[Step]:
        """Commands with what is shown below them."""
        lines = self.body.replace("\\\n", " ").splitlines()
        if self.language != "console":
            return [Step(line, "") for line in lines if line.strip() and not line.startswith("#")]
        found: list[tuple[str, list[str]]] = []
        for line in lines:
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line)
        return [Step(command, "\n".join(shown).strip("\n")) for command, shown in found]


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a document in their order."""
    common = [word for found in EVERYWHERE.findall(text) for word in shlex.split(found)]
    for found in BLOCK.finditer(text):
        notes = [match.groups() for match in NOTE.finditer(found["notes"])]
        tests = [shlex.split(value) for name, value in notes if name == "test"]
        yield Block(
            language=found["language"],
            body=textwrap.dedent(found["body"]),
            line=text[: found.start("language")].count("\n") + 1,
            file="".join(value for name, value in notes if name == "file"),
            options=(*common, *(word for words in tests if words[0].startswith("-") for word in words)),
            code=next((int(words[1]) for words in tests if words[0] == "exit"), 0),
            is_parsed=["parse"] in tests,
        )


def agrees(printed: str, shown: str) -> bool:
    """Say whether words are the same, numbers nearly, and `...` stands for the rest."""
    return _agree(printed.split(), shown.split())


def _agree(printed: list[str], shown: list[str]) -> bool:
    """Compare word by word, piece by piece between dots."""
    pieces: list[list[str]] = [[]]
    for word in shown:
        if word == ANYTHING:
            pieces.append([])
        else:
            pieces[-1].append(word)
    at = 0
    for k, piece in enumerate(pieces):
        last = k == len(pieces) - 1
        starts = [at] if k == 0 else range(at, len(printed) - len(piece) + 1)
        if k > 0 and last:
            starts = [max(at, len(printed) - len(piece))]
        hit = next((i for i in starts if _same(printed[i : i + len(piece)], piece)), None)
        if hit is None:
            return False
        at = hit + len(piece)
    return at == len(printed)


def _same(printed: list[str], shown: list[str]) -> bool:
    return len(printed) == len(shown) and all(map(is_same, printed, shown))


def is_same(seen: str, told: str) -> bool:
    """Words alike, numbers to 2 % or two in the last digit: other processors may, rarely, turn one draw."""
    if not (NUMBER.match(seen) and NUMBER.match(told)):
        return seen == told
    a, b = (float(word.replace(",", "").rstrip("%")) for word in (seen, told))
    last_digit = 10.0 ** -len(told.rstrip("%").partition(".")[2])
    return abs(a - b) <= max(0.02 * abs(b), 2.01 * last_digit)
