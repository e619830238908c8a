"""Calibrate, put the calibrated set where studies find it, check it by simulation, and write `docs/calibration.md`.

`make calibration` calls it. A calibration that is finished in the folder given is not run again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from making import ROOT, STUDIES, copy_figure, finished, shown, versions

from cisim.compiled import model_version
from cisim.study.calibrated import calibrated, calibrated_home
from cisim.study.calibration.targets import read_targets
from cisim.study.calibration.waves import systematic
from cisim.study.shipped import studies_home
from cisim.study.study import StudyResult
from cisim.tables import markdown

if TYPE_CHECKING:
    import pandas as pd

PAGE = ROOT / "docs" / "calibration.md"
IMAGES = ROOT / "docs" / "img" / "calibration"
DRAWS = 1000
DIGITS = 6

HEAD = """\
# Calibration: which facts the model meets, and which it misses

Made by `make calibration`, which runs the two studies below and writes this page and the calibrated set,
[posterior.csv](../experiments/calibrated/posterior.csv); nothing here is typed by hand. The facts, their tolerances
and sources are the file [patterns.yaml](../experiments/targets/patterns.yaml); what is uncertain, within which range
and why, is [calibration.yaml](../experiments/calibration.yaml). Every study draws from this set unless it says
otherwise ([studies.md](studies.md)). Facts of single places are all held out and stand in [cases.md](cases.md). The
model is version `{model}`.

{lists}
## Fit and miss, simulated

The draws of the set were run again, in other worlds than the calibration's: a fact counts as met only if the model
itself meets it, whatever the emulators said.

```console
$ cisim predict calibration-check -o calibration-check
```

```text
{check}
```

![Facts against predictions](img/calibration/check-facts.png)

![Predictions through time, and the facts on the way](img/calibration/check-paths.png)

## How it was found

```console
$ cisim calibrate calibration -o calibration
```

```text
{found}
```

![What the facts say of the parameters](img/calibration/found-marginals.png)
"""


def list_of_facts(use: str, title: str) -> str:
    """Return the facts of one use as a table."""
    file = read_targets(studies_home() / "targets" / "patterns.yaml")
    chosen = (one for one in file.targets if one.use == use)
    rows = [(one.name, one.case, f"{one.value:g}", f"{one.tolerance:g}", one.source) for one in chosen]
    lines = [f"## {title}", "", *markdown(("fact", "case", "value", "tolerance", "source"), rows)]
    return "\n".join(lines) + "\n"


def ship(result: StudyResult) -> None:
    """Write the calibrated set, thinned to what studies draw from, and what made it."""
    posterior = result.tables()["posterior"]
    rows = systematic(posterior["weight"].to_numpy(), min(DRAWS, len(posterior)), result.spec.seed)
    kept: pd.DataFrame = posterior.iloc[rows].assign(draw=range(len(rows)), weight=1.0)
    home = calibrated_home()
    home.mkdir(exist_ok=True)
    text = kept.to_csv(index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")
    (home / "posterior.csv").write_text(text, "utf-8")
    origin = {
        "study": result.spec.name,
        "command": f"cisim calibrate {result.spec.name}",
        "digest": result.spec.digest,
        **versions(),
        "draws": len(rows),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    (home / "origin.json").write_text(json.dumps(origin, indent=2) + "\n", "utf-8")
    calibrated.cache_clear()


def copy_figures(result: StudyResult, names: tuple[str, ...], prefix: str) -> None:
    """Copy figures of a saved study beside the page."""
    for name in names:
        copy_figure(result.folder.root, name, IMAGES / f"{prefix}-{name}.png")


def main(out: Path) -> None:
    """Run both studies in `out`, and write set, page and figures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    found = finished("calibration", out)
    ship(found)
    check = finished("calibration-check", out)
    copy_figures(found, ("marginals",), "found")
    copy_figures(check, ("facts", "paths"), "check")
    lists = (
        list_of_facts("fit", "Facts that are fitted")
        + "\n"
        + list_of_facts("hold-out", "Facts that are held out")
    )
    text = HEAD.format(
        model=model_version(),
        lists=lists,
        check=check.report.text.rstrip(),
        found=shown(found.report.text, 200),
    )
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
