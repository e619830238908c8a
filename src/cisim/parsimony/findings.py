"""What the runs say: indices of every swap for every response in every case, and the largest of each swap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cisim.parsimony.design import Design, Runs, Swap
from cisim.parsimony.indices import RESAMPLES, Indices, indices_of
from cisim.parsimony.inputs import F
from cisim.parsimony.simulation import CASES, RESPONSES, RULE, SECTION, with_gain
from cisim.scenario import Scenario

LEAST_BOTH = 20
"""Base points at which a swap has to change a response in both worlds before its lasting part is told."""


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest index of a swap, where it stands, and its interval."""

    index: float
    low: float
    high: float
    response: str
    case: str


@dataclass(frozen=True)
class Findings:
    """Indices of a finished design.

    Attributes
    ----------
    scenario : Scenario
    design : Design
    indices : tuple of Indices
        One for each case.
    seed : int
    """

    scenario: Scenario
    design: Design
    indices: tuple[Indices, ...]
    seed: int

    @property
    def swaps(self) -> tuple[Swap, ...]:
        """All swaps: inputs first, then groups."""
        return self.design.swaps

    @property
    def n_runs(self) -> int:
        """Runs in all."""
        return self.design.n_runs(CASES)

    @property
    def singles(self) -> list[int]:
        """Places of the swaps of one input."""
        return [k for k, swap in enumerate(self.swaps) if not swap.name.startswith((RULE, SECTION))]

    @property
    def groups(self) -> list[int]:
        """Places of the swaps of groups."""
        return [k for k in range(len(self.swaps)) if k not in set(self.singles)]

    def place(self, name: str) -> int:
        """Return the place of the swap of that name."""
        return [swap.name for swap in self.swaps].index(name)

    @cached_property
    def total(self) -> F:
        """Total indices, (n_cases, n_swaps, n_responses)."""
        return np.stack([one.total for one in self.indices])

    @cached_property
    def is_told(self) -> npt.NDArray[np.bool_]:
        """Whether the lasting part rests on enough points."""
        return np.stack([one.both for one in self.indices]) >= LEAST_BOTH

    @cached_property
    def moved(self) -> F:
        """Share of pairs in which a swap changed a response, (n_cases, n_swaps, n_responses)."""
        return np.stack([one.moved for one in self.indices])

    @cached_property
    def high(self) -> F:
        """Upper limits of the total indices."""
        return np.stack([one.high for one in self.indices])

    @cached_property
    def bound(self) -> F:
        """Upper limits of the lasting parts where they are told, of the total indices elsewhere."""
        lasting = np.stack([one.lasting_high for one in self.indices])
        return np.where(self.is_told, np.minimum(lasting, self.high), self.high)

    def largest(self, k: int, responses: Sequence[str] = RESPONSES) -> Largest:
        """Return the largest total index of swap `k` over some responses in all cases."""
        return self._largest(self.total, [(one.low, one.high) for one in self.indices], k, responses)

    def largest_lasting(self, k: int) -> Largest:
        """Return the largest lasting part of swap `k` where it can be told; NaN if it can nowhere."""
        lasting = np.where(self.is_told, np.stack([one.lasting for one in self.indices]), np.nan)
        return self._largest(
            lasting, [(one.lasting_low, one.lasting_high) for one in self.indices], k, RESPONSES
        )

    def _largest(self, values: F, ends: Sequence[tuple[F, F]], k: int, responses: Sequence[str]) -> Largest:
        """Return the largest of `values` (n_cases, n_swaps, n_responses) of swap `k`, with its interval."""
        columns = [RESPONSES.index(name) for name in responses]
        own = values[:, k][:, columns]
        if np.isnan(own).all():
            return Largest(np.nan, np.nan, np.nan, "", "")
        c, r = divmod(int(np.nanargmax(own)), own.shape[1])
        low, high = (float(end[k, columns[r]]) for end in ends[c])
        return Largest(float(own[c, r]), low, high, responses[r], CASES[c])

    def upper(self, k: int) -> float:
        """Return the largest upper limit of swap `k` over all responses and cases."""
        return _greatest(self.high[:, k])

    def lasting_bound(self, k: int) -> float:
        """Return the same of what may be left of it in the mean over luck."""
        return _greatest(self.bound[:, k])

    def moves(self, k: int) -> float:
        """Return the largest share of pairs in which swap `k` changed any one response."""
        return _greatest(self.moved[:, k])

    def luck(self, case: str, response: str) -> tuple[float, float, float]:
        """Return luck's total index for a response in a case, and its interval."""
        one, r = self.indices[CASES.index(case)], RESPONSES.index(response)
        return float(one.luck[r]), float(one.luck_low[r]), float(one.luck_high[r])


def _greatest(values: F) -> float:
    """Return the greatest number, or NaN where there is none."""
    return float(np.nanmax(values)) if not np.isnan(values).all() else float("nan")


def findings_of(
    scenario: Scenario, design: Design, runs: Runs, seed: int, resamples: int = RESAMPLES
) -> Findings:
    """Return what finished runs say.

    Parameters
    ----------
    scenario : Scenario
    design : Design
    runs : Runs
        Of all `CASES` and outcomes; the gain is added here.
    seed : int
        Of the design, and of the resampling of intervals.
    resamples : int
        Bootstrap samples of base points.
    """
    full = with_gain(runs, scenario)
    found = [
        indices_of(full.base[c], full.swapped[c], resamples=resamples, seed=seed) for c in range(len(CASES))
    ]
    return Findings(scenario, design, tuple(found), seed)
