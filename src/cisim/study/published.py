"""The analysis of a study as files: text, tables and figures, swapped in whole."""

from __future__ import annotations

import io
from typing import Any, cast

from cisim.study.folder import Folder
from cisim.study.records import Report

ANALYSIS = "analysis"


def write_report(report: Report, folder: Folder) -> list[str]:
    """Write a report below ``analysis/`` and return the names of the files; an earlier one is replaced.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    files = {f"{ANALYSIS}/report.txt": report.text.rstrip().encode() + b"\n"}
    for name, frame in report.tables.items():
        text = frame.to_csv(index=False, lineterminator="\n")
        files[f"{ANALYSIS}/{name}.csv"] = text.encode()
    for name in report.figures:
        for kind, data in drawn(report, name).items():
            files[f"{ANALYSIS}/{name}.{kind}"] = data
    for name, data in files.items():
        folder.write(name, data)
    for old in set(folder.names(ANALYSIS)) - set(files):
        folder.remove(old)
    return sorted(files)


def drawn(report: Report, name: str) -> dict[str, bytes]:
    """Return a figure as SVG and PNG without a date, so that equal results give equal bytes."""
    from matplotlib import rc_context

    from cisim.figures.style import RC

    found = {}
    with rc_context(cast("Any", RC)):
        figure = report.plot(name)
        for kind, more in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 130})):
            stream = io.BytesIO()
            figure.savefig(stream, format=kind, **more)
            found[kind] = stream.getvalue()
    return found
