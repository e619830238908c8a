"""Gains of the futures so far, as arrays: what every number and sentence of an answer is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cisim.result import is_falling_good, shares_savings
from cisim.statistics import F
from cisim.study.decision.payback import months_until_positive

if TYPE_CHECKING:
    from cisim.scenario import Scenario
    from cisim.whatif.futures import Pair
    from cisim.whatif.state import WhatIf

MONTHS_PER_YEAR = 12.0
INDICATOR, MEMBERS, TRUST, STAGE, USD = range(5)
"""Rows of `Run.months`."""


@dataclass(frozen=True)
class Gains:
    """Paired futures 0..n-1 of a what-if.

    Attributes
    ----------
    whatif : WhatIf
    reference, chosen : Scenario
        Of both cases, before anything is drawn.
    pairs : sequence of (Run, Run)
    """

    whatif: WhatIf
    reference: Scenario
    chosen: Scenario
    pairs: Sequence[Pair]

    @property
    def n(self) -> int:
        """Number of futures."""
        return len(self.pairs)

    @cached_property
    def is_falling_good(self) -> bool:
        """Whether a lower indicator is better."""
        return is_falling_good(self.chosen)

    def months(self, row: int, case: int) -> F:
        """Return a monthly column, (n_futures, n_months)."""
        return np.array([pair[case].months[row] for pair in self.pairs])

    def outcome(self, name: str, case: int) -> F:
        """Return an outcome, (n_futures,)."""
        return np.array([pair[case].outcome(name) for pair in self.pairs])

    @cached_property
    def sign(self) -> float:
        """1 where a higher indicator is better, -1 where a lower one is."""
        return -1.0 if self.is_falling_good else 1.0

    @cached_property
    def monthly(self) -> F:
        """Gain in the good direction, (n_futures, n_months)."""
        return self.sign * (self.months(INDICATOR, 1) - self.months(INDICATOR, 0))

    @cached_property
    def last_year(self) -> F:
        """Gain in the last year, (n_futures,)."""
        return self.sign * (self.outcome("indicator", 1) - self.outcome("indicator", 0))

    @cached_property
    def is_new_money(self) -> bool:
        """Whether more may be spent than the community's funders give."""
        return self.whatif.financing == "added" or shares_savings(self.chosen)

    @cached_property
    def usd_more(self) -> F:
        """Spent more than the reference by month, (n_futures, n_months)."""
        return self.months(USD, 1) - self.months(USD, 0)

    @cached_property
    def usd_new(self) -> F:
        """New money by month, (n_futures, n_months): 0 where coordination comes out of the same money."""
        return self.usd_more if self.is_new_money else np.zeros_like(self.usd_more)

    @cached_property
    def is_priced(self) -> bool:
        """Whether a gain has a price, so that money and gain can be added up."""
        return self.whatif.worth_usd is not None

    @cached_property
    def monthly_value(self) -> F:
        """What is judged, by month: net benefit in usd where a gain has a price, else unit-years gained."""
        years = self.monthly / MONTHS_PER_YEAR
        if self.whatif.worth_usd is None:
            return years
        return self.whatif.worth_usd * years - self.usd_new

    @cached_property
    def value(self) -> F:
        """What is judged, over the whole run, (n_futures,)."""
        return np.asarray(self.monthly_value.sum(axis=1))

    @cached_property
    def paid_back(self) -> F:
        """Months until the summed value stays positive, infinite if never, (n_futures,)."""
        return months_until_positive(np.cumsum(self.monthly_value, axis=1))

    @cached_property
    def pays(self) -> F:
        """Whether each future pays, (n_futures,) bool."""
        return np.isfinite(self.paid_back)

    @cached_property
    def is_same(self) -> bool:
        """Whether both regimes end in the same in every future, to the last bit."""
        return all(np.array_equal(a.outcomes, b.outcomes) for a, b in self.pairs)
