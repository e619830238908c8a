"""From numbers to verdicts: intervals that hold for a whole audit at once, and what they say of a statement.

The unit is a draw of the calibrated parameters, as the mean over its worlds. Draws that repeat the same parameters are
not independent; the standard error is that of their totals (clusters), which is the usual one where no two are alike.
An audit looks at many intervals, so each is wider than usual: with m of them the chance that any of them misses
is at most the stated one if each misses with a chance m times smaller (Bonferroni). A verdict follows from such an
interval alone; no other test is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from cisim.claims.asked import Combine, Says

Verdict = Literal["holds", "reverses", "no detectable difference", "depends on"]
F = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOLDS: Verdict = "holds"
REVERSES: Verdict = "reverses"
OPEN: Verdict = "no detectable difference"
DEPENDS: Verdict = "depends on"
VERDICTS = (HOLDS, REVERSES, DEPENDS, OPEN)
"""All verdicts, in the order in which they are told."""
ERROR = 0.05
"""Chance that anything found in an audit is due to luck where nothing is there."""
POWER = 0.90
FEWEST = 8
"""Draws below which no interval is told."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over draws with its interval.

    Attributes
    ----------
    mean, low, high : float
        The interval holds simultaneously with all others of the audit; infinite where there are too few draws.
    sd, se : float
        Standard deviation over draws and standard error of the mean.
    n : int
        Number of draws.
    clusters : int
        Number of different parameter sets among them.
    alpha : float
        Chance that this interval misses.
    """

    mean: float
    low: float
    high: float
    sd: float
    se: float
    n: int
    clusters: int
    alpha: float

    @property
    def smallest_found(self) -> float:
        """Effect that would be found with a chance of `POWER`, the interval having to exclude nought."""
        if self.clusters < FEWEST:
            return math.inf
        return (
            _quantile(1.0 - self.alpha / 2, self.clusters - 1) + _quantile(POWER, self.clusters - 1)
        ) * self.se


class Demand(NamedTuple):
    """What an interval is held against: the claimed direction, the level, and the margin that counts as none.

    `is_share` tells that the effect is a share, whose t interval is too short where hardly any, or nearly all, count.
    """

    says: Says
    than: float
    within: float
    is_share: bool = False


def estimate(
    values: F, cluster: Ints | None = None, alpha: float = ERROR, *, is_share: bool = False
) -> Estimate:
    """Return the mean over draws with its t interval.

    Parameters
    ----------
    values : (n_draws,) float64
        Draws that are NaN are left out.
    cluster : (n_draws,) int64 or None
        Draws of equal number share their parameters; all differ where None.
    alpha : float
        Chance that the interval misses the mean.
    is_share : bool
        Whether values are shares: then the interval reaches at least as far as the exact one of a count (Clopper &
        Pearson 1934), as it has to where no draw, or every draw, counts.

    Returns
    -------
    Estimate
        Without an interval where fewer than `FEWEST` different parameter sets are left.

    Examples
    --------
    >>> found = estimate(np.arange(9.0))
    >>> found.mean, round(found.low, 3), round(found.high, 3)
    (4.0, 1.895, 6.105)
    >>> twice = estimate(np.repeat(np.arange(9.0), 2), np.repeat(np.arange(9), 2))
    >>> twice.n, twice.clusters, round(twice.low, 3)
    (18, 9, 1.895)
    >>> round(estimate(np.zeros(100), is_share=True).high, 3)
    0.036
    """
    keep = np.isfinite(values)
    x = values[keep]
    groups = np.arange(values.size)[keep] if cluster is None else cluster[keep]
    if x.size == 0:
        return Estimate(math.nan, -math.inf, math.inf, math.nan, math.nan, 0, 0, alpha)
    mean = float(x[0]) if np.all(x == x[0]) else float(x.mean())
    place = np.unique(groups, return_inverse=True)[1]
    totals = np.bincount(place, weights=x - mean)
    k = totals.size
    sd = float(x.std(ddof=1)) if x.size > 1 else math.nan
    if k < FEWEST:
        return Estimate(mean, -math.inf, math.inf, sd, math.inf, int(x.size), k, alpha)
    se = math.sqrt(k / (k - 1) * float(totals @ totals)) / x.size
    reach = _quantile(1.0 - alpha / 2, k - 1) * se
    low, high = mean - reach, mean + reach
    if is_share:
        exact = _exact(mean, k, alpha)
        low, high = min(low, exact[0]), max(high, exact[1])
    return Estimate(mean, low, high, sd, se, int(x.size), k, alpha)


def _exact(share: float, n: int, alpha: float) -> tuple[float, float]:
    """Return the interval of Clopper & Pearson for a share of `n`, which need not be a whole number of them."""
    from scipy.special import betaincinv

    count = share * n
    low = float(betaincinv(count, n - count + 1.0, alpha / 2)) if count > 0.0 else 0.0
    high = float(betaincinv(count + 1.0, n - count, 1.0 - alpha / 2)) if count < n else 1.0
    return low, high


def _quantile(p: float, freedom: int) -> float:
    """Return a quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, p))


def judge(found: Estimate, asked: Demand) -> Verdict:
    """Return what an interval says of a statement: "holds", "reverses" or "no detectable difference".

    "more" holds where the interval lies above `than` and reverses where it lies below; "less" the other way round.
    "none" holds where it lies within the margin, reverses where it lies wholly outside, and is open between.

    Examples
    --------
    >>> found = Estimate(1.0, 0.5, 1.5, 1.0, 0.1, 100, 100, 0.05)
    >>> [judge(found, Demand(says, 0.0, 2.0)) for says in ("more", "less", "none")]
    ['holds', 'reverses', 'holds']
    >>> judge(found, Demand("none", 0.0, 0.2)), judge(found, Demand("more", 1.0, 0.2))
    ('reverses', 'no detectable difference')
    """
    if math.isnan(found.mean):
        return OPEN
    if asked.says == "none":
        if is_within(found, asked):
            return HOLDS
        return REVERSES if found.low > asked.within or found.high < -asked.within else OPEN
    if found.low > asked.than:
        return HOLDS if asked.says == "more" else REVERSES
    if found.high < asked.than:
        return REVERSES if asked.says == "more" else HOLDS
    return OPEN


def is_within(found: Estimate, asked: Demand) -> bool:
    """Tell whether the whole interval lies within the margin around what the effect is compared with."""
    centre = 0.0 if asked.says == "none" else asked.than
    return bool(-asked.within <= found.low - centre and found.high - centre <= asked.within)


def combined(verdicts: Iterable[Verdict], combine: Combine) -> Verdict:
    """Return the answer that several statements make.

    All have to hold: one that reverses settles it, else one that depends on something, else one that is open. One is
    enough: one that holds settles it, else one that depends on something; it reverses where all do.

    Examples
    --------
    >>> combined(["holds", "depends on"], "all"), combined(["holds", "reverses"], "all")
    ('depends on', 'reverses')
    >>> combined(["holds", "reverses"], "any"), combined(["reverses", "no detectable difference"], "any")
    ('holds', 'no detectable difference')
    """
    found = list(verdicts)
    settles, other = (REVERSES, HOLDS) if combine == "all" else (HOLDS, REVERSES)
    if settles in found:
        return settles
    if DEPENDS in found:
        return DEPENDS
    return other if all(one == other for one in found) else OPEN
