"""Folders seen beforehand: what stands in the way of several studies is told before the first of them is run."""

from __future__ import annotations

from cisim.study.folder import TEMPORARY, Folder
from cisim.study.manifest import is_study, read_manifest
from cisim.study.opening import check_folder
from cisim.study.problems import StudyInputError
from cisim.study.published import ANALYSIS
from cisim.study.spec import Spec

REPORT = f"{ANALYSIS}/report.txt"
TABLES_AND_FIGURES = (".csv", ".svg", ".png")


def check_beforehand(folder: Folder, spec: Spec) -> None:
    """Refuse a folder that holds something else than this study, or a report that is not its own.

    Parameters
    ----------
    folder : Folder
        May not be there yet.
    spec : Spec
        What is to be run in it.

    Raises
    ------
    StudyInputError
        With what is in the way; nothing was changed.
    """
    check_folder(folder)
    if is_study(folder):
        try:
            manifest, _ = read_manifest(folder)
        except StudyInputError:  # damaged: mended, or refused, when the folder is opened
            return
        if manifest.spec.digest != spec.digest:
            raise StudyInputError(
                f"{folder}: holds another study ({manifest.spec.name!r}); name a new folder"
            )
    check_report(folder)


def check_report(folder: Folder) -> None:
    """Refuse a folder below which files would be lost: a report takes the place of all that stands in ``analysis/``.

    Raises
    ------
    StudyInputError
        With the file that no report has written.

    Examples
    --------
    >>> place = Folder("memory://example-of-a-report")
    >>> place.write("analysis/report.txt", b"Found nothing.")
    >>> check_report(place)
    """
    if folder.is_file():
        raise StudyInputError(f"{folder}: is a file; name a folder")
    names = folder.names(ANALYSIS)
    for name in names:
        if REPORT not in names or not _is_written(name):
            what = (
                "would be lost, as a report takes the place of 'analysis'; move it away, or name a new folder"
            )
            raise StudyInputError(f"{folder}: {name} {what}")


def _is_written(name: str) -> bool:
    """Tell whether a report writes files of such a name: its text, tables and figures, in no folder of their own."""
    inside = name.removeprefix(f"{ANALYSIS}/")
    return name == REPORT or (
        "/" not in inside and (inside.endswith(TABLES_AND_FIGURES) or inside.startswith(TEMPORARY))
    )
