"""What the pages made from studies share: running a study once, and cutting a long report."""

from __future__ import annotations

import shutil
from pathlib import Path

from cisim.compiled import model_version
from cisim.problems import ScenarioError
from cisim.study.problems import StudyInputError
from cisim.study.progress import StudyProgress
from cisim.study.study import Study, StudyResult

ROOT = Path(__file__).resolve().parents[1]


def finished(name: str | Path, out: Path) -> StudyResult:
    """Return a shipped study, or that of a file, run in `out` if need be; one of another version is run anew."""
    folder = out / Path(name).stem
    study = Study.load(name)
    with StudyProgress() as progress:
        try:
            result = study.run(folder, on_status=progress, on_remark=progress.remark)
            stale = result.manifest.model != model_version()
        except (StudyInputError, ScenarioError):
            stale = True
        if stale:
            shutil.rmtree(folder)
            result = study.run(folder, on_status=progress, on_remark=progress.remark)
    result.save()
    return result


def shown(text: str, most_lines: int) -> str:
    """Return the beginning of a report, cut between paragraphs where it is long."""
    lines = text.rstrip().splitlines()
    if len(lines) <= most_lines:
        return "\n".join(lines)
    cut = max((i for i, line in enumerate(lines[:most_lines]) if not line.strip()), default=most_lines)
    return "\n".join([*lines[:cut], "", f"(+{len(lines) - cut} more lines in analysis/report.txt)"])
