"""What the generated pages share: running a study once, figures beside a page, and cutting a long report."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from cisim.compiled import model_version
from cisim.problems import ScenarioError
from cisim.study.folder import Folder
from cisim.study.manifest import is_study
from cisim.study.problems import StudyInputError
from cisim.study.progress import StudyProgress
from cisim.study.published import ANALYSIS
from cisim.study.study import Study, StudyResult

ROOT = Path(__file__).resolve().parents[1]
STUDIES = ROOT / "studies-out"
"""Where runs are kept unless another folder is given."""
Found = TypeVar("Found")


def finished(name: str | Path, out: Path) -> StudyResult:
    """Return a shipped study, or that of a file, run in `out` if need be; one of another version is run anew."""
    folder = out / Path(name).stem
    study = Study.load(name)

    def run() -> StudyResult:
        """Run what is missing."""
        with StudyProgress() as progress:
            return study.run(folder, on_status=progress, on_remark=progress.remark)

    result = up_to_date(folder, run, lambda found: found)
    result.save()
    return result


def up_to_date(folder: Path, run: Callable[[], Found], result_of: Callable[[Found], StudyResult]) -> Found:
    """Return what `run` finds in a folder; a study that another file or version of the model made is run anew."""
    try:
        found = run()
        if result_of(found).manifest.model == model_version():
            return found
    except (StudyInputError, ScenarioError):
        if not is_study(Folder(str(folder))):
            raise
    shutil.rmtree(folder)
    return run()


def versions() -> dict[str, str]:
    """Return the versions of the model, and of what its name and its last digits depend on."""
    return {"model": model_version(), "numba": version("numba"), "numpy": version("numpy")}


def emptied(images: Path) -> None:
    """Make a folder for the figures of a page, without earlier ones."""
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob("*.png"):
        old.unlink()


def copy_figure(study: str | Path, figure: str, target: Path) -> None:
    """Copy a figure of a saved study beside a page."""
    shutil.copyfile(Path(study) / ANALYSIS / f"{figure}.png", target)


def shown(text: str, most_lines: int) -> str:
    """Return the beginning of a report, cut between paragraphs where it is long."""
    lines = text.rstrip().splitlines()
    if len(lines) <= most_lines:
        return "\n".join(lines)
    cut = max((i for i, line in enumerate(lines[:most_lines]) if not line.strip()), default=most_lines)
    return "\n".join([*lines[:cut], "", f"(+{len(lines) - cut} more lines in analysis/report.txt)"])
