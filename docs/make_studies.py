"""Run all shipped studies and put what they found into `docs/study-results.md`, with their figures.

`make studies` calls it. Studies that are finished in the folder given are not run again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from making import ROOT, STUDIES, copy_figure, emptied, finished, shown, versions

from cisim.commands.study_options import verb_of
from cisim.study.reading import load_study
from cisim.study.shipped import list_studies
from cisim.study.study import StudyResult
from cisim.tables import markdown

PAGE = ROOT / "docs" / "study-results.md"
IMAGES = ROOT / "docs" / "img" / "studies"
ORDER = (
    "backbone-money", "five-conditions", "grant-ends", "meeting-rhythm", "when-it-pays", "in-name-only", "screening",
    "sobol", "coalition-survival",
)  # fmt: skip
ELSEWHERE = ("calibration", "calibration-check")
"""Studies with a page of their own, `docs/calibration.md`."""
MOST_LINES = 42
"""Lines of a report that the page shows; the rest is in the report."""

HEAD = """\
# What the shipped studies found

Made by `make studies`, which runs every study below and writes this page; nothing here is typed by hand. Each
number holds for the model as it stands, over [the calibrated set](calibration.md) of what nobody has measured: see
[what it can and cannot tell you](../README.md) and [how to read the numbers](studies.md). The model of this page is
version `{model}` with numba {numba} and numpy {numpy}.

{table}
"""


def section(name: str, result: StudyResult) -> str:
    """Return what the page says of one study, and copy its figures beside it."""
    spec = result.spec
    runs = f"{len(result.runs):,} runs" + (
        f", {len(result.failures):,} failed" if len(result.failures) else ""
    )
    lines = [
        f"## {spec.title}", "", spec.question, "",
        "```console", f"$ cisim {verb_of(spec.analysis)} {name} -o {name}", "```", "",
        f"[experiments/{name}.yaml](../experiments/{name}.yaml), {runs}, study `{spec.digest[:16]}`.", "",
        "```text", shown(result.report.text, MOST_LINES), "```", "",
    ]  # fmt: skip
    for figure in result.report.figures:
        target = IMAGES / f"{name}-{figure}.png"
        copy_figure(result.folder.root, figure, target)
        lines += [f"![{spec.title}: {figure.replace('_', ' ')}](img/studies/{target.name})", ""]
    return "\n".join(lines)


def page(out: Path) -> str:
    """Return the whole page."""
    there = [name for name, *_ in list_studies() if name not in ELSEWHERE]
    names = [*(name for name in ORDER if name in there), *(name for name in there if name not in ORDER)]
    emptied(IMAGES)
    parts = [section(name, finished(name, out)) for name in names]
    rows = [(f"`{name}`", load_study(name).question) for name in names]
    head = HEAD.format(**versions(), table="\n".join(markdown(("study", "question"), rows)))
    return "\n".join([head, *parts]).rstrip() + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else STUDIES
    PAGE.write_text(page(target), "utf-8")
