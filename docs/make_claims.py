"""Run the audit of claims with its controls and write `docs/claims.md` with its figures.

`make claims` calls it. Studies that are finished in the folder given are not run again.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from making import ROOT, STUDIES, copy_figure, emptied

from cisim.claims.audit import specs_of, study_path
from cisim.claims.controls import control_experiments
from cisim.claims.experiments import experiments
from cisim.claims.page import page
from cisim.claims.register import register
from cisim.claims.running import audited, report_of
from cisim.compiled import model_version
from cisim.study.folder import Folder
from cisim.study.manifest import is_study, read_manifest
from cisim.study.progress import StudyProgress
from cisim.study.published import write_report
from cisim.study.runner import How

PAGE = ROOT / "docs" / "claims.md"
IMAGES = ROOT / "docs" / "img" / "claims"
FOLDER = "claims"


def clear_stale(out: Path) -> None:
    """Remove studies that another version of the model ran, or whose file has changed since, before any is run."""
    for asked in (experiments(), control_experiments()):
        for name, spec in specs_of(asked).items():
            folder = Folder(str(out / name))
            if not is_study(folder):
                continue
            manifest, _ = read_manifest(folder)
            if manifest.model != model_version() or manifest.spec.digest != spec.digest:
                print(f"{study_path(name).name}: run by another version; run anew", file=sys.stderr)
                shutil.rmtree(out / name)


def how() -> How:
    """Return how studies are run: with a line of progress."""
    progress = StudyProgress()
    return How(on_status=progress, on_remark=progress.remark)


def main(out: Path) -> None:
    """Run the audit in `out`, and write page and figures."""
    folder = out / FOLDER
    clear_stale(folder)
    ran, controls = audited(folder, how_of=how, on_remark=lambda told: print(told, file=sys.stderr))
    report = report_of(ran, controls)
    write_report(report, Folder(str(folder)))
    emptied(IMAGES)
    for name in report.figures:
        copy_figure(folder, name, IMAGES / f"{name}.png")
    PAGE.write_text(page(ran, register(), controls, model_version(), "img/claims"), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
