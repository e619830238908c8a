"""Set all cases from life beside what happened and write `docs/cases.md` with its figures.

`python docs/make_cases.py OUT` runs them in the folder OUT; runs that are there are not made again. What stands
in the page comes out of the results: nothing is typed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from making import ROOT, emptied, up_to_date, versions

from cisim.retrodiction.observed import Observed, list_cases
from cisim.retrodiction.overview import overview
from cisim.retrodiction.reading import read_observed
from cisim.retrodiction.retrodict import UNCERTAINTIES, Retrodiction, retrodict
from cisim.study.progress import StudyProgress
from cisim.study.published import drawn
from cisim.study.records import Report
from cisim.tables import markdown

PAGE = ROOT / "docs" / "cases.md"
IMAGES = ROOT / "docs" / "img" / "cases"
ORDER = ("infant-mortality", "summer-meals", "cradle-to-career", "wetland")
BEFORE = "scenario"

HEAD = """\
# Cases from life, beside what happened

Made by `python docs/make_cases.py`, which writes this page; nothing here is typed by hand. The model of this page is
version `{model}` with numba {numba} and numpy {numpy}.

Each case is run as it happened and as it might have been, in the same draws of what nobody knows and the same worlds.
**No figure on this page was fitted**: they are predictions after the fact, and a figure outside 5-95 % of them is a
miss. A case that the model covers with a wide range is not thereby explained. The published figures stand in
[experiments/observed](../experiments/observed).

```console
{command}
```

```text
{overview}
```

![Where published figures lie among predictions](img/cases/places.png)

"""

READ = """\
## How to read it

- *Share below* is the part of predictions that lie below the observed figure; *p* is twice the smaller tail.
- *CRPS* (continuous ranked probability score; Gneiting & Raftery 2007) is how far predictions lie from the figure, less
  half of how far they lie from each other; the smaller the better. The regime with the smaller score would have been
  the better bet.
- How many figures lie inside is compared with the model's own runs, each taken as if it had been observed, because
  figures of one place move together.
- The change is taken apart by runs in the same draws and worlds: as it happened; as it might have been; that without
  the peak at the start; that without the trend too. What is left is what organisations alone and events did. The
  peak's part is measured with the trend in place, the trend's without the peak; another order would move a little
  between the two.
- The model publishes its start without noise. Luck in the first figure is therefore part of the peak.
"""


def finished(name: str, out: Path, uncertainties: str) -> Retrodiction:
    """Return a case, run in `out` if need be; one of another version is run anew."""
    observed, folder = read_observed(name), out / name

    def run() -> Retrodiction:
        """Run what is missing."""
        with StudyProgress() as progress:
            return retrodict(
                observed,
                uncertainties=uncertainties,
                folder=folder,
                on_status=progress,
                on_remark=progress.remark,
            )

    found = up_to_date(folder, run, lambda one: one.result)
    found.save()
    return found


def copied(report: Report, name: str, figure: str) -> str:
    """Draw a figure beside the page and return how the page shows it."""
    file = f"{name}-{figure}.png" if name else f"{figure}.png"
    (IMAGES / file).write_bytes(drawn(report, figure)["png"])
    return file


def sources(observed: Observed) -> list[str]:
    """Return the published figures with their errors and sources, as a table of the page."""
    rows = []
    for one in observed.observations:
        note = f" {one.note}" if one.note else ""
        memory = "from memory; " if one.from_memory else ""
        informs = f" Seen when {', '.join(one.informs)} was chosen." if one.informs else ""
        source = f"{memory}{one.source}.{informs}{note}"
        rows.append((one.name, f"{one.value:g}", f"{one.error:g}", one.error_from, source))
    return [*markdown(("figure", "value", "sd", "from", "source"), rows), ""] if rows else []


def typed(words: str, uncertainties: str) -> str:
    """Return the command that gives what is shown."""
    more = "" if uncertainties == UNCERTAINTIES else f" --uncertainties {uncertainties}"
    return f"$ cisim retrodict{words}{more} -o cases"


def section(found: Retrodiction, uncertainties: str) -> str:
    """Return what the page says of one case."""
    observed, file = found.observed, f"experiments/observed/{found.observed.name}.yaml"
    failed = len(found.result.failures)
    runs = f"{len(found.result.runs):,} runs{f', {failed:,} failed' if failed else ''}"
    lines = [
        f"## {observed.title}", "",
        "```console", typed(f" {observed.name}", uncertainties), "```", "",
        f"[{file}](../{file}), {runs}, study `{found.result.spec.digest[:16]}`.", "",
        *sources(observed),
        "```text", found.report.text.rstrip(), "```", "",
    ]  # fmt: skip
    for figure in found.report.figures:
        file = copied(found.report, observed.name, figure)
        lines += [f"![{observed.title}: {figure}](img/cases/{file})", ""]
    return "\n".join(lines)


def main(out_dir: str | Path, uncertainties: str = UNCERTAINTIES) -> None:
    """Run what is missing in `out_dir` and write the page and its figures."""
    out = Path(out_dir)
    names = [*ORDER, *(name for name in list_cases() if name not in ORDER)]
    found = [finished(name, out, uncertainties) for name in names]
    is_compared = uncertainties != BEFORE
    before = [finished(name, out / "before", BEFORE) for name in names] if is_compared else []
    told = overview(found, before)
    emptied(IMAGES)
    copied(told, "", "places")
    command = typed(" --before" if is_compared else "", uncertainties)
    head = HEAD.format(**versions(), overview=told.text.rstrip(), command=command)
    text = head + "\n".join([*(section(one, uncertainties) for one in found), READ])
    PAGE.write_text(text.rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ROOT / "cases-out", *sys.argv[2:3])
