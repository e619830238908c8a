"""What a folder holds, and the report on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cisim.report.problems import ReportError

if TYPE_CHECKING:
    from cisim.comparison import Comparison
    from cisim.report.records import Document
    from cisim.study.study import StudyResult

Kind = Literal["comparison", "runs", "study", "case", "cases", "claims", "parsimony"]
MANIFEST, STUDY, COPY, PARSIMONY = "manifest.json", "study.json", "study.copy.json", "parsimony.json"
CASE_FILES = ("predictions.csv", "coverage.csv", "effect.csv")
"""What only the analysis of a case from life has."""
WAYS = (
    "name the folder that 'cisim compare -o', 'run -o', a study, 'retrodict -o', 'claims --run -o' or 'parsimony -o' "
    "wrote"
)


def kind_of(folder: Path) -> Kind | None:
    """Return what a folder holds, by the files that only such a folder has; None where it is no result.

    Examples
    --------
    >>> kind_of(Path("/nowhere")) is None
    True
    """
    analysis = folder / "analysis"
    if (folder / STUDY).is_file() or (folder / COPY).is_file():
        return "case" if all((analysis / name).is_file() for name in CASE_FILES) else "study"
    if (folder / PARSIMONY).is_file():
        return "parsimony"
    if (folder / MANIFEST).is_file():
        return _kind_stated(folder)
    if (folder / "overview" / "analysis" / "score.csv").is_file():
        return "cases"
    if (analysis / "controls.csv").is_file() and (analysis / "report.txt").is_file():
        return "claims"
    return None


def _kind_stated(folder: Path) -> Kind | None:
    """Return what a manifest says a folder holds; one that cannot be read is looked into later."""
    from cisim.report.reopened import read_json

    try:
        stated = read_json(folder / MANIFEST)
    except ReportError:
        return "comparison"
    if "cisim_result" not in stated:
        return None
    return "runs" if stated.get("kind") == "runs" else "comparison"


def report_of(source: str | Path | Comparison | StudyResult, title: str | None = None) -> Document:
    """Return the report on a result; see `cisim.report.report_of`."""
    from cisim.comparison import Comparison
    from cisim.study.study import StudyResult

    if isinstance(source, Comparison):
        from cisim.report import comparison

        return comparison.report_on(source, title)
    if isinstance(source, StudyResult):
        from cisim.report import studies

        return studies.report_on(source, title)
    if not isinstance(source, str | Path):
        raise TypeError(f"source: {source!r} is not allowed; a folder, a Comparison or a StudyResult")
    if isinstance(source, str) and "://" in source:
        return _study(source, title, source.rstrip("/"))
    return _folder(Path(source), title)


def _folder(path: Path, title: str | None) -> Document:
    """Return the report on a folder."""
    if not path.exists():
        raise ReportError(f"{path}: does not exist; {WAYS}")
    if not path.is_dir():
        raise ReportError(f"{path}: is a file; {WAYS}")
    kind = kind_of(path)
    if kind is None:
        raise ReportError(f"{path}: {_no_result(path)}")
    name = str(path.resolve().name)
    if kind == "study":
        return _study(str(path), title, name)
    from cisim.report import written

    ways: dict[str, Callable[[Path, str | None, str], Document]] = {
        "comparison": _comparison, "runs": _runs, "case": written.case, "cases": written.cases,
        "claims": written.claims, "parsimony": written.parsimony,
    }  # fmt: skip
    return ways[kind](path, title, name)


def _no_result(path: Path) -> str:
    """Return why a folder is no result, with the results that stand in it."""
    inner = sorted(one.name for one in path.iterdir() if one.is_dir() and kind_of(one) is not None)
    if not inner:
        return f"is not a result of cisim; {WAYS}"
    some = ", ".join(inner[:5]) + (", ..." if len(inner) > 5 else "")
    return f"is not a result of cisim, but holds {len(inner)} ({some}); name one of them, such as {path / inner[0]}"


def _comparison(path: Path, title: str | None, name: str) -> Document:
    """Return the report on the folder of a comparison."""
    from cisim.report import comparison
    from cisim.report.reopened import comparison_in

    found, stated = comparison_in(path)
    return comparison.report_on(found, title, stated, name)


def _runs(path: Path, title: str | None, name: str) -> Document:
    """Return the report on the folder of runs."""
    from cisim.report import runs

    return runs.report_on(path, title, name)


def _study(url: str, title: str | None, name: str) -> Document:
    """Return the report on the folder of a study."""
    from cisim.report import studies

    return studies.report_on(opened(url), title, name)


def opened(url: str) -> Any:
    """Return a finished study.

    Raises
    ------
    ReportError
        With what is wrong with its folder.
    """
    from cisim.study.problems import StudyInputError
    from cisim.study.study import open_study

    try:
        return open_study(url)
    except StudyInputError as error:
        raise ReportError(str(error)) from error
