"""Measures of a whole network, the same for what a survey found and for what the model predicts.

A pair counts where its first organisation could have reported it (`seen`). So a survey that not everybody answered
is compared with predictions about the same pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cisim.survey.records import B, F

I = npt.NDArray[np.int64]  # noqa: E741 - whole numbers, as F is floats and B booleans
UNKNOWN = -1
"""Code of a sector that nobody stated."""

MEASURES = {
    "density": "ties per ordered pair",
    "reciprocity": "ties that are returned, of those whose way back could be reported",
    "mean_trust": "mean trust of ties",
    "cross_sector_share": "ties between sectors, of those whose two sectors are known",
    "centralisation": "Freeman centralisation of being named; 0 all alike, 1 a star",
}
"""Measures by name; all are shares."""


def all_pairs(n: int) -> B:
    """Return the ordered pairs of n organisations, (n, n), without the diagonal."""
    return ~np.eye(n, dtype=bool)


def measure(is_tie: B, trust: F, sector: I, seen: B) -> dict[str, float]:
    """Return all `MEASURES` of a network; NaN where one is not defined.

    Parameters
    ----------
    is_tie : (n, n) bool
        Whether the row reports a tie with the column.
    trust : (n, n) float64
        Share 0..1; NaN where nothing is known.
    sector : (n,) int64
        Codes of sectors, `UNKNOWN` where nobody stated one.
    seen : (n, n) bool
        Pairs that could have been reported.

    Examples
    --------
    >>> star = np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], bool)
    >>> found = measure(star, np.where(star, 0.5, np.nan), np.array([0, 0, 1]), all_pairs(3))
    >>> [round(found[name], 3) for name in MEASURES]
    [0.667, 1.0, 0.5, 0.5, 0.5]
    """
    ties = is_tie & seen
    back = ties & seen.T
    known = ties & (sector[:, None] != UNKNOWN) & (sector[None, :] != UNKNOWN)
    differs = sector[:, None] != sector[None, :]
    return {
        "density": _ratio(ties.sum(), seen.sum()),
        "reciprocity": _ratio((back & is_tie.T).sum(), back.sum()),
        "mean_trust": _mean(trust[ties]),
        "cross_sector_share": _ratio((known & differs).sum(), known.sum()),
        "centralisation": _centralisation(ties, seen),
    }


def _ratio(part: float, whole: float) -> float:
    """Return a share, NaN where there is nothing to share."""
    return float(part) / float(whole) if whole > 0 else np.nan


def _mean(values: F) -> float:
    """Return the mean of the numbers that are known."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _centralisation(ties: B, seen: B) -> float:
    """Return how far the share of others who name an organisation is concentrated on one (Freeman 1979)."""
    asked = seen.sum(axis=0)
    named = ties.sum(axis=0)[asked > 0] / asked[asked > 0]
    return float((named.max() - named).sum() / (named.size - 1)) if named.size > 2 else np.nan


def components(is_tie: B) -> tuple[int, int]:
    """Return the number of weakly connected parts with at least two organisations, and of isolates.

    Examples
    --------
    >>> components(np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool))
    (1, 1)
    """
    left = set(range(len(is_tie)))
    near = is_tie | is_tie.T
    parts = isolates = 0
    while left:
        reached, waiting = set(), [left.pop()]
        while waiting:
            k = waiting.pop()
            reached.add(k)
            waiting += [int(j) for j in np.flatnonzero(near[k]) if j not in reached]
        left -= reached
        parts, isolates = parts + (len(reached) > 1), isolates + (len(reached) == 1)
    return parts, isolates
