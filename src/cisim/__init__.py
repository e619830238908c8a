"""cisim: simulate organisations, funders and backbones that work on one social problem.

Public names are looked up when first used, so that ``import cisim`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cisim.comparison import compare as compare
    from cisim.problems import ScenarioError as ScenarioError
    from cisim.runs import run as run
    from cisim.scenario import Scenario as Scenario
    from cisim.scenario import list_regimes as regimes  # noqa: F401 - for type checkers
    from cisim.scenario import list_scenarios as scenarios  # noqa: F401
    from cisim.scenario import load as load
    from cisim.study.problems import StudyError as StudyError
    from cisim.study.problems import StudyInputError as StudyInputError
    from cisim.study.study import Study as Study
    from cisim.study.study import StudyResult as StudyResult
    from cisim.study.study import open_study as open_study

_HOME: dict[str, tuple[str, str]] = {
    "Backbone": ("cisim.model", "Backbone"),
    "CoalitionModel": ("cisim.model", "CoalitionModel"),
    "Funder": ("cisim.model", "Funder"),
    "Organization": ("cisim.model", "Organization"),
    "Scenario": ("cisim.scenario", "Scenario"),
    "ScenarioError": ("cisim.problems", "ScenarioError"),
    "Study": ("cisim.study.study", "Study"),
    "StudyError": ("cisim.study.problems", "StudyError"),
    "StudyInputError": ("cisim.study.problems", "StudyInputError"),
    "StudyResult": ("cisim.study.study", "StudyResult"),
    "compare": ("cisim.comparison", "compare"),
    "load": ("cisim.scenario", "load"),
    "open_study": ("cisim.study.study", "open_study"),
    "regimes": ("cisim.scenario", "list_regimes"),
    "run": ("cisim.runs", "run"),
    "scenarios": ("cisim.scenario", "list_scenarios"),
    "world_seed": ("cisim.rng", "world_seed"),
}

__version__ = "0.1.0"
__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    """Import the module that holds a public name the first time the name is used."""
    if name not in _HOME:
        raise AttributeError(f"module 'cisim' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted(__all__)
