"""The studies that come with cisim, and how to tell a study from a scenario."""

from __future__ import annotations

from pathlib import Path

from cisim.presets import display, home, names_in
from cisim.reader import SUFFIXES, read


def studies_home() -> Path:
    """Return the folder of the shipped studies (inside the package, or at the root of a checkout)."""
    inside = Path(__file__).parents[1] / "experiments"
    return inside if inside.is_dir() else home().parent / "experiments"


def list_studies() -> tuple[tuple[str, str, str, str], ...]:
    """Return name, analysis, title and path of every shipped study."""
    found = []
    for name in names_in(studies_home()):
        path = studies_home() / f"{name}.yaml"
        root = read(path, display(path)).root.value
        texts = [str(root[key].value) if key in root else "" for key in ("analysis", "title")]
        found.append((name, *texts, display(path)))
    return tuple(found)  # type: ignore[arg-type]


def is_study_name(what: str) -> bool:
    """Tell whether a name or path means a study rather than a scenario."""
    if what in names_in(studies_home()):
        return True
    path = Path(what)
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    root = read(path, display(path)).root.value
    return isinstance(root, dict) and "cisim_study" in root
