"""Write the parts of the documents that files of the project decide: `python docs/make_blocks.py`.

A block stands between `<!-- from: SOURCE -->` and `<!-- end -->`. Tests compare it with its source, so that a document
that has fallen behind is noticed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import quoting
import yaml

from cisim.params import PARAMS
from cisim.study.calibration.targets import read_targets
from cisim.study.shipped import studies_home
from cisim.tables import markdown

DOCS = Path(__file__).resolve().parent
BLOCK = re.compile(r"(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
GRADES = ("measured", "derived", "assumed")


def patterns() -> list[str]:
    """Return the facts of the calibration and what each is used for."""
    targets = read_targets(studies_home() / "targets" / "patterns.yaml").targets
    fitted = sum(one.is_fit for one in targets)
    rows = [(one.name, one.case, "fitted" if one.is_fit else "held out", one.source) for one in targets]
    counts = f"Of {len(rows)} facts {fitted} are fitted and {len(rows) - fitted} held out."
    return [counts, "", *markdown(("fact", "case of the study", "used", "source"), rows)]


def grades() -> list[str]:
    """Return how many parameters of each section are measured, derived or assumed."""
    found: dict[str, Counter[str]] = {}
    for row in PARAMS.values():
        found.setdefault(row.section, Counter())[row.grade] += 1
    found["all"] = sum(found.values(), Counter())
    rows = [(name, some.total(), *(some[grade] for grade in GRADES)) for name, some in found.items()]
    return markdown(("parameters of", "number", *GRADES), rows)


def observed() -> list[str]:
    """Return, by case from life, what is known, how well, and what of it the scenario has already used."""
    rows = []
    for path in sorted((studies_home() / "observed").glob("*.yaml")):
        facts = yaml.safe_load(path.read_text("utf-8")).get("observations") or []
        from_memory = sum(bool(one.get("from_memory")) for one in facts)
        informing = sum(bool(one.get("informs")) for one in facts)
        rows.append((path.stem, len(facts), from_memory, informing))
    return markdown(("case", "observations", "from memory", "seen when the scenario was set"), rows)


SOURCES: dict[str, Callable[[], list[str]]] = {
    "experiments/targets/patterns.yaml": patterns,
    "cisim list params": grades,
    "experiments/observed": observed,
    **quoting.SOURCES,
}
"""What each block is made from."""


def renewed(text: str) -> str:
    """Return a document with every block as its source has it now."""
    return BLOCK.sub(lambda found: "\n".join([found[1], *SOURCES[found[2]](), "", found[4]]), text)


def main() -> None:
    """Renew the blocks of all documents."""
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text("utf-8")
        if BLOCK.search(text):
            path.write_text(renewed(text), "utf-8")


if __name__ == "__main__":
    main()
