"""Reports: one file that a board reads in five minutes and a reviewer can check, from any finished result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cisim.report.records import Code, Details, Document, Figure, Points, Section, Table, Text

if TYPE_CHECKING:
    from pathlib import Path

    from cisim.comparison import Comparison
    from cisim.study.study import StudyResult

__all__ = [
    "Code", "Details", "Document", "Figure", "Points", "Section", "Table", "Text", "report_of",
]  # fmt: skip


def report_of(source: str | Path | Comparison | StudyResult, title: str | None = None) -> Document:
    """Return the report on a finished result.

    Parameters
    ----------
    source : str, Path, Comparison or StudyResult
        Folder of a comparison, a study, runs, a retrodiction, an audit of claims or a study of parsimony; or a
        comparison or study in memory.
    title : str, optional
        In place of the result's own.

    Returns
    -------
    Document

    Raises
    ------
    ReportError
        If there is no such folder, it is no finished result, or its files are not as they were written.

    Examples
    --------
    >>> import cisim
    >>> small = cisim.load("null-separable").with_(months=24, n_orgs=8)
    >>> found = report_of(cisim.compare(small, ["isolated", "collective"], worlds=4, seed=7))
    >>> found.question
    'What becomes of problem rate under collective impact instead of isolated impact, for the same money?'
    """
    from cisim.report.sources import report_of as made

    return made(source, title)
