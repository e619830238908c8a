"""Ask which parameters and rules no outcome depends on, and write `docs/parsimony.md` with its figures.

`python docs/make_parsimony.py OUT` keeps runs in OUT and makes only those that are missing; a folder of another
version of the model is begun anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from making import ROOT, STUDIES, copy_figure

from cisim.compiled import model_version
from cisim.parsimony.report import report_of
from cisim.parsimony.study import NAME, SAMPLES, UNCERTAINTIES, Question, ask, posterior_for
from cisim.parsimony.table import KEEP, MERGE, REMOVE
from cisim.parsimony.text import share
from cisim.progress import Progress
from cisim.scenario import load
from cisim.study.folder import Folder
from cisim.study.published import write_report
from cisim.tables import markdown

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.records import Report

PAGE = ROOT / "docs" / "parsimony.md"
IMAGES = ROOT / "docs" / "img" / "parsimony"
SCENARIO = "generic-adaptive"
POINTS = 96
"""Base points of the page; below 300 its proposals are provisional, and it says so."""

HEAD = """\
# Parsimony: what outcomes depend on, and what could go

Made by `docs/make_parsimony.py` from the runs of the command below; nothing here is typed by hand. Version of the model
`{model}`.

```console
$ {command}
```

Every parameter is swapped alone for another draw of its distribution, in the same worlds, and so are all parameters
that one rule alone reads, and all of a section. The total index is half the mean squared difference over the variance
(Jansen 1999, Computer Physics Communications 117). A proposal follows from the numbers: *remove candidate* where the
index is surely below .001 for every outcome in every case and no statement of the claims register rests on the
parameter; *merge candidate* where it is surely below .01, in any world or on average over luck, or a statement rests
on it; else *keep*. Numbers hold for the ranges stated in the last column, and for this scenario: a parameter of a
mechanism that another scenario turns on may matter there.

## What was found

```text
{text}
```
"""


def answered(out: Path, samples: int, uncertainties: str) -> Report:
    """Return the report; runs of another version of the model are thrown away."""
    scenario = load(SCENARIO)
    question = Question(scenario, samples, 1, posterior_for(scenario, uncertainties))
    manifest = out / NAME
    if manifest.is_file() and json.loads(manifest.read_text("utf-8")) != question.stated(question.design()):
        shutil.rmtree(out)
    with Progress(0, "runs") as progress:
        report = report_of(ask(question, out, on_done=lambda done, n: progress(done, n)))
    write_report(report, Folder(str(out)))
    return report


def pictures() -> list[str]:
    """Return the lines that show the figures."""
    return [
        "## Parameters", "", "![Largest index of every parameter](img/parsimony/parameters.png)", "",
        "## Rules against outcomes", "", "![Rules against outcomes](img/parsimony/rules.png)", "",
    ]  # fmt: skip


def rows_of(frame: pd.DataFrame) -> list[str]:
    """Return the parameters as a table."""
    head = (
        "parameter", "rule(s) that read it", "section", "largest index [95 %]", "for", "lasting", "gain", "statements",
        "proposal", "varied",
    )  # fmt: skip
    return markdown(head, (cells(row) for _, row in frame.iterrows()))


def cells(row: pd.Series[Any]) -> tuple[str, ...]:
    """Return a parameter as cells."""
    index = f"{share(row['largest'])} [{share(row['low'])}, {share(row['high'])}]"
    reason = f" ({row['reason']})" if row["reason"] else ""
    return (
        f"`{row['parameter']}`", row["rules"].replace(" ", ", "), row["section"], index,
        f"{row['outcome']}, {row['case']}", share(row["lasting"]), share(row["gain"]), row["claims"] or "",
        f"{row['proposal']}{reason}", f"{row['origin']}: {row['distribution']}",
    )  # fmt: skip


def page(report: Report, command: str) -> str:
    """Return the whole page."""
    parameters = report.tables["parameters"]
    text = report.text.rstrip()
    lines = [HEAD.format(model=model_version(), command=command, text=text), *pictures()]
    lines += ["## Every parameter", ""]
    for proposal in (REMOVE, MERGE, KEEP):
        chosen = parameters[parameters["proposal"] == proposal]
        if len(chosen):
            title = f"{proposal}s" if proposal != KEEP else proposal
            lines += [f"### {title.capitalize()}: {len(chosen)}", "", *rows_of(chosen), ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the page."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("out", nargs="?", type=Path, default=STUDIES / "parsimony")
    reader.add_argument("--samples", type=int, default=POINTS)
    reader.add_argument("--uncertainties", choices=UNCERTAINTIES, default=UNCERTAINTIES[0])
    asked = reader.parse_args()
    report = answered(asked.out, asked.samples, asked.uncertainties)
    stated = "" if asked.uncertainties == UNCERTAINTIES[0] else f" --uncertainties {asked.uncertainties}"
    stated += "" if asked.samples == SAMPLES else f" --samples {asked.samples}"
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in report.figures:
        copy_figure(asked.out, name, IMAGES / f"{name}.png")
    PAGE.write_text(page(report, f"cisim parsimony {SCENARIO}{stated} -o parsimony"), "utf-8")


if __name__ == "__main__":
    main()
