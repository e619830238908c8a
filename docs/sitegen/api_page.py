"""The Python reference: every public name of the package, and the published functions of a few modules."""

from __future__ import annotations

import importlib

import cisim

HEAD = """\
# Python reference

Made from the docstrings when the site is built: the names that `cisim` exports, and nothing else. Examples are run as
tests. Everything not named here may change without notice. First steps: [in Python](../start.md#in-python);
rules and decisions of one's own: [extending the model](../extending.md).
"""
GROUPS = (
    ("Scenarios", ("load", "Scenario", "scenarios", "regimes", "ScenarioError")),
    ("Running and comparing", ("run", "compare", "world_seed")),
    ("Studies", ("Study", "StudyResult", "open_study", "StudyError", "StudyInputError")),
    ("The Mesa door", ("CoalitionModel", "Organization", "Funder", "Backbone")),
)
RESULTS = ("cisim.result.Result", "cisim.comparison.Comparison")
"""What `run` and `compare` return; not exported, since nobody makes them by hand."""


def api_page() -> str:
    """Return the page: a heading and a block of mkdocstrings per public name.

    Raises
    ------
    ValueError
        If a public name has no place on the page, or a place has no name.
    """
    placed = [name for _, names in GROUPS for name in names]
    public = [name for name in cisim.__all__ if name != "__version__"]
    if sorted(placed) != sorted(public):
        raise ValueError(f"the Python reference misses or invents {sorted(set(placed) ^ set(public))}")
    lines = [HEAD]
    for title, names in GROUPS:
        lines += [f"## {title}", ""]
        for name in names:
            lines += [*entry(f"cisim.{name}", home_of(name)), ""]
        if title == "Running and comparing":
            for path in RESULTS:
                lines += [*entry(path, path), ""]
    return "\n".join(lines)


def home_of(name: str) -> str:
    """Return where a public name is defined."""
    value = getattr(cisim, name)
    module = importlib.import_module(value.__module__)
    return f"{module.__name__}.{value.__name__}"


def entry(heading: str, path: str) -> list[str]:
    """Return the block that mkdocstrings turns into documentation."""
    options = (f"heading: {heading}", f"toc_label: {heading.rpartition('.')[2]}")
    return [f"::: {path}", "    options:", *(f"      {line}" for line in options)]
