"""What a search for boxes works on: points as columns of numbers, limits on them, and the boxes they make."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

FEW = 20
"""A column of floats with no more different values than this is a column of levels."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a box asks of one factor.

    Attributes
    ----------
    low, high : float
        Least and greatest value inside; infinite where there is no limit.
    among : frozenset of str or None
        Categories inside, None for numbers.
    """

    low: float = -math.inf
    high: float = math.inf
    among: frozenset[str] | None = None

    def sides(self) -> tuple[str, ...]:
        """Return which of "low", "high" and "among" limit anything."""
        told = {"low": self.low > -math.inf, "high": self.high < math.inf, "among": self.among is not None}
        return tuple(side for side, is_told in told.items() if is_told)


@dataclass(frozen=True)
class Box:
    """Limits, and what they hold of the points that were searched.

    Attributes
    ----------
    limits : dict of str to Limit
        Only factors that are limited.
    n_points, n_cases : int
        In all.
    n_inside, n_hits : int
        Points and cases in the box.
    """

    limits: dict[str, Limit]
    n_points: int
    n_cases: int
    n_inside: int
    n_hits: int

    @property
    def coverage(self) -> float:
        """Share of all cases that lie in the box."""
        return self.n_hits / self.n_cases

    @property
    def density(self) -> float:
        """Share of the points in the box that are cases."""
        return self.n_hits / self.n_inside

    @property
    def mass(self) -> float:
        """Share of all points that lie in the box."""
        return self.n_inside / self.n_points

    @property
    def n_dimensions(self) -> int:
        """Number of factors that are limited."""
        return len(self.limits)

    @property
    def n_limits(self) -> int:
        """Number of limits; a factor between two limits counts twice."""
        return len(self.sides())

    def sides(self) -> list[tuple[str, str]]:
        """Return factor and side of every limit."""
        return [(name, side) for name, limit in self.limits.items() for side in limit.sides()]

    def contains(self, x: pd.DataFrame) -> Bools:
        """Tell which rows of a table lie in the box.

        Examples
        --------
        >>> import pandas as pd
        >>> box = Box({"dose": Limit(low=2.0)}, 3, 2, 2, 2)
        >>> box.contains(pd.DataFrame({"dose": [1, 2, 3]})).tolist()
        [False, True, True]
        """
        inside = np.ones(len(x), dtype=np.bool_)
        for name, limit in self.limits.items():
            if limit.among is not None:
                inside &= x[name].astype(str).isin(limit.among).to_numpy()
            else:
                values = x[name].to_numpy(dtype=np.float64)
                inside &= (values >= limit.low) & (values <= limit.high)
        return inside


@dataclass(frozen=True)
class Points:
    """The table searched, as columns of numbers.

    Attributes
    ----------
    names : tuple of str
    columns : tuple of (n_points,) float64
        Numbers; for text the place of the category in `categories`.
    categories : tuple of tuple of str
        Of each column, empty for numbers.
    is_continuous : tuple of bool
        Whether limits lie midway between points.
    """

    names: tuple[str, ...]
    columns: tuple[F, ...]
    categories: tuple[tuple[str, ...], ...]
    is_continuous: tuple[bool, ...]
    _place: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_place", {name: j for j, name in enumerate(self.names)})

    @property
    def n(self) -> int:
        """Number of points."""
        return int(self.columns[0].size)

    @cached_property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """Least and greatest value of each column."""
        return tuple((float(column.min()), float(column.max())) for column in self.columns)

    def range_of(self, name: str) -> tuple[float, float]:
        """Return least and greatest value of a factor, NaN for categories."""
        j = self._place[name]
        return (math.nan, math.nan) if self.categories[j] else self.ranges[j]

    def _within(self, name: str, limit: Limit) -> Bools:
        """Tell which points a limit lets in."""
        j = self._place[name]
        if limit.among is not None:
            return np.array([c in limit.among for c in self.categories[j]])[self.columns[j].astype(np.intp)]
        return np.asarray((self.columns[j] >= limit.low) & (self.columns[j] <= limit.high))

    def inside(self, limits: Mapping[str, Limit]) -> Bools:
        """Tell which points lie within all limits."""
        inside = np.ones(self.n, dtype=np.bool_)
        for name, limit in limits.items():
            inside &= self._within(name, limit)
        return inside

    def box(self, limits: Mapping[str, Limit], is_case: Bools) -> Box:
        """Return the box these limits make."""
        inside = self.inside(limits)
        return Box(dict(limits), self.n, int(is_case.sum()), int(inside.sum()), int(is_case[inside].sum()))

    def tidy(self, limits: Mapping[str, Limit]) -> dict[str, Limit]:
        """Return the limits without those that let everything in."""
        return {name: limit for name, limit in limits.items() if limit.sides()}

    def without(self, limits: Mapping[str, Limit], name: str, side: str) -> dict[str, Limit]:
        """Return the limits less one side of one factor."""
        now = limits[name]
        low = -math.inf if side == "low" else now.low
        high = math.inf if side == "high" else now.high
        return self.tidy({**limits, name: Limit(low, high, None if side == "among" else now.among)})

    def slices(self, j: int, now: Limit, order: Indices, peel: float) -> Iterator[tuple[Indices, Limit]]:
        """Yield what can be peeled off a column: the points lost and the limit then.

        `order` holds the points in the box by ascending value.
        """
        column = self.columns[j][order]
        if self.categories[j]:
            names = self.categories[j]
            held = np.unique(column).astype(np.intp).tolist()
            for one in held if len(held) > 1 else []:
                among = frozenset(names[other] for other in held if other != one)
                yield order[column == one], Limit(among=among)
            return
        most = math.floor((column.size - 1) * peel) + 1
        low = _edge(column, most)
        if low is not None:
            at = (column[low - 1] + column[low]) / 2 if self.is_continuous[j] else column[low]
            yield order[:low], replace(now, low=float(at))
        backwards = _edge(-column[::-1], most)
        if backwards is not None:
            high = column.size - backwards
            at = (column[high - 1] + column[high]) / 2 if self.is_continuous[j] else column[high - 1]
            yield order[high:], replace(now, high=float(at))

    def pastes(self, box: Box, name: str, side: str, peel: float) -> Iterator[dict[str, Limit]]:
        """Yield the limits after a slice next to the box, or one value, has been let in again."""
        j, limit = self._place[name], box.limits[name]
        if limit.among is not None:
            for one in set(self.categories[j]) - limit.among:
                among = limit.among | {one}
                everything = len(among) == len(self.categories[j])
                yield self.tidy({**box.limits, name: Limit(among=None if everything else among)})
            return
        beyond = self.inside(self.without(box.limits, name, side)) & ~self.inside(box.limits)
        sign = 1.0 if side == "high" else -1.0  # the slice next to the box comes first
        column = np.sort(sign * self.columns[j][beyond])
        if column.size == 0:
            return
        slice_size = math.floor((box.n_inside - 1) * peel) + 1
        for most in (slice_size, 1):  # one value alone settles where exactly the edge lies
            cut = _edge(column, most)
            if cut is None:
                yield self.without(box.limits, name, side)
                continue
            at = (column[cut - 1] + column[cut]) / 2 if self.is_continuous[j] else column[cut - 1]
            end = float(sign * at)
            moved = replace(limit, high=end) if side == "high" else replace(limit, low=end)
            yield {**box.limits, name: moved}


def _edge(column: F, most: int) -> int | None:
    """Return where a slice of an ascending column ends: at most `most` points, but at least one value.

    None where the slice would be everything.
    """
    if most >= column.size:
        return None
    cut = int(np.searchsorted(column, column[most], side="left"))
    if cut == 0:
        cut = int(np.searchsorted(column, column[0], side="right"))
    return cut if cut < column.size else None


def coded(x: pd.DataFrame) -> Points:
    """Return a table as columns of numbers.

    Parameters
    ----------
    x : (n_points, n_factors) DataFrame

    Raises
    ------
    ValueError
        If the table is empty or a value is missing or not finite.

    Examples
    --------
    >>> import pandas as pd
    >>> coded(pd.DataFrame({"size": ["s", "l", "s"]})).categories
    (('l', 's'),)
    """
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if x.shape[0] == 0 or x.shape[1] == 0:
        raise ValueError(f"x: {x.shape[0]} points of {x.shape[1]} factors; at least one of each")
    columns: list[F] = []
    categories: list[tuple[str, ...]] = []
    continuous: list[bool] = []
    for name in x.columns:
        if x[name].isna().any():
            raise ValueError(f"x: {int(x[name].isna().sum())} values of {name!r} are missing; none may be")
        if is_numeric_dtype(x[name]) and not is_bool_dtype(x[name]):
            values = x[name].to_numpy(dtype=np.float64)
            if not np.isfinite(values).all():
                raise ValueError(f"x: {name!r} holds infinite values; all must be finite")
            columns.append(values)
            categories.append(())
            is_float = x[name].dtype.kind == "f"
            continuous.append(is_float and np.unique(values).size > FEW)
        else:
            codes, found = pd.factorize(x[name].astype(str), sort=True)
            columns.append(codes.astype(np.float64))
            categories.append(tuple(str(one) for one in found))
            continuous.append(False)
    return Points(tuple(map(str, x.columns)), tuple(columns), tuple(categories), tuple(continuous))
