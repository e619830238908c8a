"""What happened in a case from life: published figures, each with its error and its source.

None of these figures is ever fitted. Where a setting of the scenario was chosen with a figure in view, the figure
says so (`informs`), and is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cisim.presets import names_in
from cisim.records import Source
from cisim.scenario import Scenario
from cisim.study.shipped import studies_home

Statistic = Literal["level", "change", "share_improved"]
PUBLISHED = "indicator_published"
"""The yearly figure, with the sampling noise of a finite population."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure.

    Attributes
    ----------
    name : str
    outcome : str
        Monthly column it is about; "indicator_published" is the yearly figure with its sampling noise, any other
        column counts as its mean over the twelve months that end with `month`.
    statistic : {"level", "change", "share_improved"}
        The level; the change relative to the start (of an indicator the baseline, of other columns the first
        month); or the share of `trials` figures that had moved the right way.
    month : int
        From 0, the first month after the start; yearly figures come in months 11, 23, 35 and so on.
    value, error : float
        What was published, and one standard deviation of its sampling error.
    error_from, source : str
        How the error was derived, and where the figure was found.
    from_memory : bool
        Whether nobody has looked the figure up.
    informs : tuple of str
        Parameters whose values were chosen with this figure in view.
    trials : int or None
        How many figures a share was counted over.
    explain : bool
        Whether the change up to this figure is taken apart.
    note : str
    """

    name: str
    outcome: str
    statistic: Statistic
    month: int
    value: float
    error: float
    error_from: str
    source: str
    from_memory: bool = False
    informs: tuple[str, ...] = ()
    trials: int | None = None
    explain: bool = False
    note: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether it was looked up, and no setting was chosen with it in view."""
        return not (self.from_memory or self.informs)


@dataclass(frozen=True, slots=True)
class Observed:
    """What happened in one case, and what it is set beside.

    Attributes
    ----------
    name, title : str
    scenario : Scenario
    happened, counterfactual : str
        Regimes: as it was, and as it might have been.
    start_year : int
        The year in which the run starts at its end; the first twelve months are the year after. 0 for no place
        and no time.
    claim : str
        What is said of the case where no figure was published.
    keeps : tuple of str
        Parameters that are not drawn because the case states them.
    notes : str
    observations : tuple of Observation
    origin : Source
        The file and the SHA-256 of its bytes; empty where it came from Python.
    """

    name: str
    title: str
    scenario: Scenario
    happened: str
    counterfactual: str
    start_year: int
    claim: str
    keeps: tuple[str, ...]
    notes: str
    observations: tuple[Observation, ...]
    origin: Source

    @property
    def explained(self) -> tuple[Observation, ...]:
        """The figures whose change since the start is taken apart."""
        return tuple(one for one in self.observations if one.explain)


def observed_home() -> Path:
    """Return the folder of the shipped cases (inside the package, or at the root of a checkout)."""
    return studies_home() / "observed"


def list_cases() -> tuple[str, ...]:
    """Return the names of the shipped cases.

    Examples
    --------
    >>> "infant-mortality" in list_cases()
    True
    """
    return names_in(observed_home())
