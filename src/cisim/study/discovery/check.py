"""Whether a box is more than luck: learned on one half of the points, checked on the other, and searched again.

Points that share a draw of the uncertainties resemble each other. They always go to the same half, and they
count in intervals and tests for what they are worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.statistics import Interval, wilson
from cisim.study.discovery.boxes import Box
from cisim.study.discovery.prim import Trajectory, choose, prim

if TYPE_CHECKING:
    import pandas as pd

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FEWEST = 10
"""Points of either kind below which no box is searched."""
STABLE = 0.5
"""Share of the searches in which a factor has to be limited to be called stable."""


@dataclass(frozen=True)
class Check:
    """A box on points that had no part in finding it.

    Attributes
    ----------
    n_points, n_cases, n_inside, n_hits : int
    density, coverage : Interval
        Of the share of the points inside that are cases, and of the share of the cases that are inside; no bounds
        (0 to 1) where there is nothing to count.
    p : float
        One-sided probability of so many cases inside, did the box not matter.
    """

    n_points: int
    n_cases: int
    n_inside: int
    n_hits: int
    density: Interval
    coverage: Interval
    p: float

    @property
    def density_outside(self) -> float:
        """Share of the points outside that are cases, NaN where there are none."""
        outside = self.n_points - self.n_inside
        return (self.n_cases - self.n_hits) / outside if outside else math.nan


def halves(cluster: Ints, rng: np.random.Generator) -> Bools:
    """Return which points belong to a random half of the clusters, the larger one if their number is odd."""
    names = np.unique(cluster)
    return np.isin(cluster, rng.permutation(names)[: (names.size + 1) // 2])


def check(inside: Bools, is_case: Bools, cluster: Ints, level: float) -> Check:
    """Judge a box by points that had no part in finding it.

    Parameters
    ----------
    inside, is_case : (n_points,) bool
    cluster : (n_points,) int
        Points of equal number resemble each other.
    level : float
        Confidence level of the two intervals (Wilson's, with the effective number of points).

    Returns
    -------
    Check
        Where every point is a cluster of its own the test is Fisher's exact one, else a t test over clusters.

    Examples
    --------
    >>> inside = np.arange(40) < 20
    >>> found = check(inside, inside, np.arange(40), 0.95)
    >>> found.n_hits, found.p < 1e-10, round(found.density.low, 2)
    (20, True, 0.84)
    """
    n, cases = inside.size, int(is_case.sum())
    within, hits = int(inside.sum()), int((inside & is_case).sum())
    density = _share(inside, is_case, cluster, level)
    coverage = _share(is_case, inside, cluster, level)
    return Check(n, cases, within, hits, density, coverage, _chance(inside, is_case, cluster))


def _share(of: Bools, what: Bools, cluster: Ints, level: float) -> Interval:
    """Return the interval of a share, as wide as the clusters make it."""
    n, count = int(of.sum()), int((of & what).sum())
    if n == 0:
        return Interval(0.0, 1.0)
    _, places, sizes = np.unique(cluster[of], return_inverse=True, return_counts=True)
    rest = what[of] - count / n
    alone, together = float(rest @ rest), float((np.bincount(places, rest) ** 2).sum())
    if sizes.size < n and 0 < count < n and sizes.size > 1:
        effect = max(1.0, together / alone * sizes.size / (sizes.size - 1))
    else:  # nothing varies, so nothing tells how alike clusters are: count each once
        effect = n / sizes.size
    effect = min(effect, float(n))
    return wilson(count / effect, n / effect, level)  # type: ignore[arg-type]  # effective numbers are not whole


def _chance(inside: Bools, is_case: Bools, cluster: Ints) -> float:
    """Return how likely so many cases inside are, did the box not matter."""
    from scipy.special import stdtr
    from scipy.stats import hypergeom

    n, cases, within = inside.size, int(is_case.sum()), int(inside.sum())
    if within in (0, n) or cases in (0, n):
        return 1.0
    names, places = np.unique(cluster, return_inverse=True)
    if names.size == n:
        return float(hypergeom.sf(int((inside & is_case).sum()) - 1, n, cases, within))
    score = np.bincount(places, (inside - within / n) * (is_case - cases / n))
    error = float(score.std(ddof=1)) * math.sqrt(score.size)
    if error == 0.0:
        return 0.0 if score.sum() > 0.0 else 1.0
    return float(stdtr(score.size - 1, -score.sum() / error))


def search(x: pd.DataFrame, is_case: Bools, peel: float, min_mass: float) -> tuple[Trajectory, Box] | None:
    """Search a box, None where all points or none are cases."""
    if is_case.all() or not is_case.any():
        return None
    found = prim(x, is_case, peel=peel, min_mass=min_mass)
    return found, choose(found)


def stability(
    x: pd.DataFrame,
    is_case: Bools,
    cluster: Ints,
    rng: np.random.Generator,
    *,
    resamples: int,
    peel: float,
    min_mass: float,
) -> pd.DataFrame:
    """Repeat the search on random halves of all points and tell how often each factor is limited, and where.

    Returns
    -------
    DataFrame
        A row per factor: factor, share (of the searches that limit it), stable, and for each side the share of
        the searches that set it, the median of the limit and its 5 and 95 % quantiles (NaN where never set);
        `among` is the set of categories chosen most often, empty for numbers.
    """
    import pandas as pd

    boxes = []
    for _ in range(resamples):
        half = halves(cluster, rng)
        found = search(x[half], is_case[half], peel, min_mass)
        boxes.append(found[1] if found else None)
    rows = [_row(str(name), boxes) for name in x.columns]
    return pd.DataFrame(rows)


def _row(name: str, boxes: list[Box | None]) -> dict[str, Any]:
    """Return how often and where a factor is limited."""
    limits = [box.limits[name] for box in boxes if box is not None and name in box.limits]
    share = len(limits) / len(boxes)
    row: dict[str, Any] = {"factor": name, "share": share, "stable": share >= STABLE}
    for side in ("low", "high"):
        values = np.array([getattr(limit, side) for limit in limits], dtype=np.float64)
        values = values[np.isfinite(values)]
        ends = np.quantile(values, (0.5, 0.05, 0.95)) if values.size else np.full(3, np.nan)
        row[f"{side}_share"] = values.size / len(boxes)
        row |= {f"{side}_{q}": float(v) for q, v in zip(("median", "q05", "q95"), ends, strict=True)}
    sets = [", ".join(sorted(limit.among)) for limit in limits if limit.among is not None]
    row["among"] = max(sorted(set(sets)), key=sets.count) if sets else ""
    return row
