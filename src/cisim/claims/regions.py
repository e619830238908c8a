"""Regions of the calibrated parameters, and the two halves of the draws.

A coin whose side is fixed by the parameters of a draw puts it in the half that is searched or in the half that
confirms, so that no parameter set is in both. Regions are cuts at sample quantiles of one parameter, or of two
together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.study.discovery.boxes import FEW, Limit

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

QUANTILES = (0.2, 0.35, 0.5, 0.65, 0.8)
QUANTILES_OF_PAIRS = (0.35, 0.65)
"""Coarser, as there are so many pairs."""
LEAST_MASS = 0.10
LEAST_DRAWS = 10


@dataclass(frozen=True, slots=True)
class Side:
    """One half-space: a parameter and the limit it keeps to."""

    name: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Region:
    """One or two half-spaces together; no half-space means everywhere."""

    sides: tuple[Side, ...]

    def contains(self, x: pd.DataFrame) -> Bools:
        """Tell which rows of a table lie in it.

        Examples
        --------
        >>> import pandas as pd
        >>> Region((Side("turf", Limit(high=0.3)),)).contains(pd.DataFrame({"turf": [0.2, 0.5]})).tolist()
        [True, False]
        """
        inside = np.ones(len(x), dtype=np.bool_)
        for side in self.sides:
            inside &= _inside(x[side.name].to_numpy(), side.limit)
        return inside

    @property
    def limits(self) -> dict[str, Limit]:
        """Limits by parameter."""
        return {side.name: side.limit for side in self.sides}


def _inside(values: npt.NDArray[Any], limit: Limit) -> Bools:
    """Tell which values keep to a limit; limits lie inside."""
    if limit.among is not None:
        return np.array([str(value) in limit.among for value in values], dtype=np.bool_)
    x = values.astype(np.float64)
    return np.asarray((x >= limit.low) & (x <= limit.high))


def keys_of(x: pd.DataFrame) -> list[str]:
    """Return a key for each row that depends on its parameters alone."""
    rows = (
        zip(*(x[name].tolist() for name in sorted(x.columns)), strict=True)
        if len(x.columns)
        else ((),) * len(x)
    )
    return [hashlib.sha256(repr(row).encode()).hexdigest() for row in rows]


def halves(keys: Sequence[str], salt: str) -> Bools:
    """Tell which draws are searched; the others confirm.

    Examples
    --------
    >>> coin = halves([str(k) for k in range(1000)], "example")
    >>> bool(450 < coin.sum() < 550), bool((coin[:10] == halves([str(k) for k in range(10)], "example")).all())
    (True, True)
    """
    return np.array(
        [hashlib.sha256(f"{salt}:{key}".encode()).digest()[0] % 2 == 0 for key in keys], dtype=np.bool_
    )


def sides_of(x: pd.DataFrame, quantiles: tuple[float, ...] = QUANTILES) -> list[Side]:
    """Return all half-spaces of a table: cuts of numbers at quantiles, single values of choices and the rest of them.

    Examples
    --------
    >>> import pandas as pd
    >>> [side.limit.high for side in sides_of(pd.DataFrame({"ruggedness": [0, 2, 2, 5]}))][::2]
    [0.0, 2.0]
    """
    found: list[Side] = []
    for name in x.columns if len(x) else ():
        values = x[name].to_numpy()
        if values.dtype.kind in "OUS":
            every = frozenset(str(value) for value in values)
            among = [frozenset({one}) for one in sorted(every)] if len(every) > 1 else []
            rest = [every - one for one in among] if len(every) > 2 else []
            found += [Side(name, Limit(among=one)) for one in (*among, *rest)]
        else:
            found += [Side(name, limit) for limit in _cuts(values.astype(np.float64), quantiles)]
    return found


def _cuts(values: F, quantiles: tuple[float, ...]) -> list[Limit]:
    """Return limits at quantiles, from below and from above; between two values where there are many."""
    levels = np.unique(values)
    limits = []
    for cut in np.unique(np.quantile(values, quantiles, method="lower")):
        if cut < levels[-1]:
            above = levels[np.searchsorted(levels, cut, side="right")]
            middle = 0.5 * (cut + above)
            low, high = (middle, middle) if levels.size > FEW else (above, cut)
            limits += [Limit(high=float(high)), Limit(low=float(low))]
    return limits


@dataclass(frozen=True)
class Regions:
    """All regions of a table of draws that hold enough of them, and which draws they hold.

    Attributes
    ----------
    x : DataFrame
        Parameters of the searched draws, a row each.
    regions : tuple of Region
        Those of one parameter first.
    member : (n_regions, n_draws) float32
        1 where a draw lies in a region.
    """

    x: pd.DataFrame
    regions: tuple[Region, ...]
    member: F32

    @classmethod
    def of(cls, x: pd.DataFrame, most: int = 2) -> Regions:
        """Return the regions of up to `most` parameters (1 or 2)."""
        regions = [Region((side,)) for side in sides_of(x)]
        if most > 1:
            coarse = sides_of(x, QUANTILES_OF_PAIRS)
            regions += [Region((a, b)) for a, b in combinations(coarse, 2) if a.name != b.name]
        columns = {name: x[name].to_numpy() for name in x.columns}
        sides = dict.fromkeys(side for one in regions for side in one.sides)
        known = {side: _inside(columns[side.name], side.limit) for side in sides}
        member = np.array(
            [np.all([known[side] for side in one.sides], axis=0) for one in regions], dtype=np.bool_
        )
        member = member.reshape(len(regions), len(x))
        inside = member.sum(axis=1)
        least = max(LEAST_DRAWS, LEAST_MASS * len(x))
        kept = np.flatnonzero((inside >= least) & (len(x) - inside >= least))
        return cls(x, tuple(regions[k] for k in kept), member[kept].astype(np.float32))

    @cached_property
    def n_single(self) -> int:
        """Number of regions of one parameter."""
        return sum(len(region.sides) == 1 for region in self.regions)


def words(region: Region, units: Mapping[str, str], continuous: Mapping[str, bool]) -> str:
    """Return a region in plain words.

    Examples
    --------
    >>> words(Region((Side("turf", Limit(high=0.3)),)), {"turf": "share"}, {"turf": True})
    'turf is below 0.3'
    >>> words(Region((Side("ruggedness", Limit(low=2.0)),)), {}, {"ruggedness": False})
    'ruggedness is at least 2'
    """
    from cisim.study.discovery.words import limit_words
    from cisim.study.records import Factor

    factors = [(side, Factor(side.name, units.get(side.name, ""), "", ())) for side in region.sides]
    return " and ".join(limit_words(f, side.limit, continuous.get(side.name, True)) for side, f in factors)
