"""Put the results of `make demo` into the README: its table, and the figure with the data it was drawn from.

Run it after a change of the model: `make demo`, then `python docs/refresh.py`. A test says when it is needed.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
IMAGES = ROOT / "docs" / "img"
FIGURE = "indicator"
TABLE = re.compile(r"(<!-- table: make demo -->\n```text\n)(.*?)(```\n)", re.DOTALL)


def quoted() -> str:
    """Return the table that the README quotes."""
    found = TABLE.search(README.read_text("utf-8"))
    if found is None:
        raise ValueError(f"{README.name}: the markers of the table are gone")
    return found[2]


def refresh(demo: Path) -> None:
    """Copy table, figure and data out of the folder that the demo has written."""
    table = (demo / "table.txt").read_text("utf-8").rstrip("\n") + "\n"
    text = README.read_text("utf-8")
    README.write_text(TABLE.sub(lambda found: found[1] + table + found[3], text), "utf-8")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for suffix in (".png", ".csv"):
        shutil.copyfile(demo / "figures" / f"{FIGURE}{suffix}", IMAGES / f"{FIGURE}{suffix}")


if __name__ == "__main__":
    refresh(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo-out")
