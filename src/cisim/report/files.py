"""Where a report is written: whole or not at all, never over somebody's file, never into a result."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from cisim.report.page import MARK
from cisim.report.problems import ReportError

HEAD = 4_096
"""Bytes in which a report says what made it."""


def default_target(source: str) -> Path:
    """Return where a report is written unless told otherwise: in the current folder, named after the result.

    Examples
    --------
    >>> default_target("studies/money/").name
    'money-report.html'
    """
    name = Path(source).resolve().name if "://" not in source else source.rstrip("/").rpartition("/")[2]
    return Path(f"{name or 'result'}-report.html")


def check_target(target: Path) -> None:
    """Refuse what must not be written, before anything is computed.

    Parameters
    ----------
    target : Path

    Raises
    ------
    ReportError
        If something else than a report stands there, its folder does not exist, or that folder is part of a result.
    """
    from cisim.report.sources import kind_of

    place = target.absolute()
    if not place.parent.is_dir():
        raise ReportError(f"--output: there is no folder {place.parent}; name a file in one that exists")
    if place.is_dir():
        raise ReportError(f"--output: {target} is a folder; name a file, such as {target / 'report.html'}")
    for above in place.resolve().parents:
        if kind_of(above) is not None:
            raise ReportError(
                f"--output: {target} would stand in {above}, which holds a result and nothing else; "
                "name a file elsewhere"
            )
    if place.exists() and not is_report(place):
        raise ReportError(f"--output: {target} exists and is no report of cisim; name another file")


def is_report(path: Path) -> bool:
    """Tell whether a file is a report that cisim wrote."""
    try:
        with path.open("rb") as stream:
            return MARK.encode() in stream.read(HEAD)
    except OSError:
        return False


def write(text: str, target: Path) -> None:
    """Write a report, whole or not at all; an earlier one is replaced.

    Raises
    ------
    ReportError
        As `check_target`.
    OSError
        If the disk does not take it; what stood there is left.
    """
    check_target(target)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_text(text, "utf-8", newline="\n")
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
