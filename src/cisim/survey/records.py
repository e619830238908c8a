"""What a survey comes to: organisations, directed ties, and who answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cisim.records import Source

B = npt.NDArray[np.bool_]
F = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the survey; None is what nobody stated.

    Attributes
    ----------
    name : str
    sector : str or None
        One of `cisim.result.SECTORS`.
    budget_usd, own_income_share : float or None
        Per year; share 0..1 of it that is no grant.
    responded : bool
        Whether it answered the survey.
    """

    name: str
    sector: str | None = None
    budget_usd: float | None = None
    own_income_share: float | None = None
    responded: bool = True


@dataclass(frozen=True, slots=True)
class Tie:
    """What one organisation says of another it works with.

    Attributes
    ----------
    trust, value : float or None
        Means of the answered items, as shares of their scale.
    is_filled : bool
        Whether it was put in for an organisation that did not answer, from what the other said.
    """

    trust: float | None = None
    value: float | None = None
    is_filled: bool = False


@dataclass(frozen=True)
class Survey:
    """A network survey.

    Attributes
    ----------
    organisations : tuple of Organisation
    ties : mapping of (int, int) to Tie
        By who reports and about whom, as places in `organisations`.
    notes : tuple of str
        What was left out or changed, and why, a sentence each.
    sources : tuple of Source
        Files read, with their digests.
    low, high : float
        Ends of the scale of the trust items.
    """

    organisations: tuple[Organisation, ...]
    ties: Mapping[tuple[int, int], Tie]
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    low: float = 1.0
    high: float = 4.0
    trust_items: tuple[str, ...] = field(default=())
    value_items: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the organisations."""
        return tuple(one.name for one in self.organisations)

    @cached_property
    def is_tie(self) -> B:
        """Who reports a tie to whom, (n, n) bool."""
        found = np.zeros((len(self.organisations),) * 2, bool)
        for pair in self.ties:
            found[pair] = True
        return found

    @cached_property
    def trust(self) -> F:
        """Trust of each tie, (n, n), share 0..1; NaN where there is no tie or no answer."""
        found = np.full((len(self.organisations),) * 2, np.nan)
        for pair, tie in self.ties.items():
            if tie.trust is not None:
                found[pair] = tie.trust
        return found

    @property
    def responded(self) -> B:
        """Who answered, (n,) bool."""
        return np.array([one.responded for one in self.organisations], bool)
