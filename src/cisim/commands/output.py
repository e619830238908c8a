"""How commands print: tables for people, JSON for machines, both on standard output."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import typer


def say(sentence: str) -> None:
    """Print a remark on standard error, if anybody listens there."""
    if sys.stderr is not None:
        with suppress(OSError):
            typer.echo(sentence, err=True)


def command_line() -> str:
    """Return what was typed, for the record of a result."""
    return shlex.join(["cisim", *sys.argv[1:]])


def emit(text: str) -> None:
    """Print a result on standard output."""
    if sys.stdout is not None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")


def emit_json(value: Any) -> None:
    """Print a result as JSON; numbers that JSON has no word for become null."""
    emit(json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    """Return plain values without infinities and missing numbers, tuples as lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value


def number(value: float | None, unit: str = "") -> str:
    """Return a number for a table: dollars whole, others with four digits.

    Examples
    --------
    >>> number(1234567.8, "usd"), number(0.123456, "share"), number(float("inf")), number(None)
    ('1,234,568', '0.1235', '-', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if unit.startswith("usd") or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Return aligned columns; those named in `right` stand flush right.

    Examples
    --------
    >>> print(table(("name", "value"), [("a", "1"), ("b", "10")], right=("value",)))
    name  value
    a         1
    b        10
    """
    cells = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = []
    for row in cells:
        parts = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(row, widths, head, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
