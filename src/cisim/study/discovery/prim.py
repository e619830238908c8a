"""Boxes in which cases are dense, found by patient peeling and pasting (PRIM).

The search starts with a box that holds all points and peels off, again and again, the thin slice whose loss
raises the share of cases most for each point given up. What is left after each step is a smaller and purer box;
together they are the trajectory, a menu of boxes between covering every case and holding nothing else.

A column of floats with more than `FEW` different values is continuous: its limits lie midway between points.
Other numbers are levels: a limit is one of them, and it lies inside the box. Text is a set of categories.

References
----------
Friedman & Fisher (1999), Bump hunting in high-dimensional data. Statistics and Computing 9, 123-143.
https://doi.org/10.1023/A:1008894516817
Bryant & Lempert (2010), Thinking inside the box: a participatory, computer-assisted approach to scenario
discovery. Technological Forecasting and Social Change 77, 34-49. https://doi.org/10.1016/j.techfore.2009.08.002
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.study.discovery.boxes import Box, Limit, Points, coded

if TYPE_CHECKING:
    import pandas as pd

Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

PEEL = 0.05
MIN_MASS = 0.05
QUASI_P = 0.05
SLACK = 0.02
"""How much less correlation a box may have that has one limit less."""


@dataclass(frozen=True)
class Trajectory:
    """The boxes of one search, from all points to the purest.

    Attributes
    ----------
    boxes : tuple of Box
        The first has no limits.
    points : Points
        What was searched.
    is_case : (n_points,) bool
    peel, min_mass : float
        Settings of the search.
    """

    boxes: tuple[Box, ...]
    points: Points
    is_case: Bools
    peel: float
    min_mass: float

    def to_frame(self) -> pd.DataFrame:
        """Return a row per box: step, dimensions, limits, points, cases, coverage, density, mass."""
        import pandas as pd

        rows = [
            (i, b.n_dimensions, b.n_limits, b.n_inside, b.n_hits, b.coverage, b.density, b.mass)
            for i, b in enumerate(self.boxes)
        ]
        names = ["step", "dimensions", "limits", "points", "cases", "coverage", "density", "mass"]
        return pd.DataFrame(rows, columns=names)


def prim(x: pd.DataFrame, y: npt.ArrayLike, *, peel: float = PEEL, min_mass: float = MIN_MASS) -> Trajectory:
    """Search a box in which cases are dense.

    A step takes the slice with the largest gain in density per point lost, so that a coarse level, which takes
    many points at once, competes fairly with a thin slice; of equals, the one that needs fewer dimensions.
    Peeling stops where no slice raises the density, or less than `min_mass` would be left. Then slices are
    pasted back to the last box, or single values, as long as none lowers its density.

    Parameters
    ----------
    x : (n_points, n_factors) DataFrame
        Numbers, or text for categories; nothing missing.
    y : (n_points,) bool array_like
        Which points are cases; some are and some are not.
    peel : float
        Share of the points in the box that a slice of a continuous factor holds, above 0, at most 0.5.
        Levels are taken together as long as they hold no more than that, and at least one.
    min_mass : float
        Least share of all points a box holds, above 0 and below 1.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        If a setting is out of range, shapes do not match, a value is missing, or all or no points are cases.

    Examples
    --------
    >>> import pandas as pd
    >>> dose = np.arange(100.0)
    >>> found = prim(pd.DataFrame({"dose": dose}), dose >= 70)
    >>> box = choose(found)
    >>> box.limits["dose"].low, box.coverage, box.density
    (69.5, 1.0, 1.0)
    """
    if not 0.0 < peel <= 0.5:
        raise ValueError(f"peel: {peel!r} is not allowed; above 0 and at most 0.5, such as 0.05")
    if not 0.0 < min_mass < 1.0:
        raise ValueError(f"min_mass: {min_mass!r} is not allowed; above 0 and below 1, such as 0.05")
    points, is_case = coded(x), np.asarray(y)
    if is_case.dtype != np.bool_ or is_case.shape != (points.n,):
        raise ValueError(f"y: {is_case.dtype} of shape {is_case.shape}; {points.n} booleans, one a point")
    if is_case.all() or not is_case.any():
        raise ValueError(f"y: {int(is_case.sum())} of {points.n} points are cases; some must be, some not")
    limits: dict[str, Limit] = {}
    boxes = [points.box(limits, is_case)]
    inside = np.arange(points.n)
    orders = [np.argsort(column, kind="stable") for column in points.columns]
    while (step := _best_peel(points, is_case, limits, inside, orders, peel, min_mass)) is not None:
        limits = points.tidy(step)
        within = points.inside(limits)
        inside = np.flatnonzero(within)
        orders = [order[within[order]] for order in orders]
        boxes.append(points.box(limits, is_case))
    while (wider := _best_paste(points, is_case, boxes[-1], peel)) is not None:
        boxes.append(wider)
    return Trajectory(tuple(boxes), points, is_case, peel, min_mass)


def choose(trajectory: Trajectory, *, max_quasi_p: float = QUASI_P, slack: float = SLACK) -> Box:
    """Choose a box of the trajectory and make it as simple as it can be.

    The rule: take the box that tells cases from the others best, by the correlation between lying in it and being a
    case (the phi coefficient; of equals, the box with fewer limits). It weighs coverage against density whether
    cases are rare or common. Then give up limits, each time the one whose loss costs least, as long as its
    quasi-p-value is above `max_quasi_p` or the correlation falls by no more than `slack`. Last, paste slices back
    as long as none lowers density. All points, without any limit, are a possible answer.

    Parameters
    ----------
    trajectory : Trajectory
    max_quasi_p : float
        A limit above it is not told from chance.
    slack : float
        Correlation that a simpler box may cost, a limit.

    Returns
    -------
    Box

    Examples
    --------
    >>> import pandas as pd
    >>> x = pd.DataFrame({"dose": np.arange(100.0), "noise": np.arange(100.0) * 37 % 100})
    >>> sorted(choose(prim(x, x["dose"] >= 70)).limits)
    ['dose']
    """
    box = max(trajectory.boxes, key=lambda b: (round(correlation(b), 12), -b.n_limits))
    points, is_case = trajectory.points, trajectory.is_case
    while box.limits:
        sides = box.sides()
        by_chance = [one for one in sides if quasi_p(trajectory, box, *one) > max_quasi_p]
        simpler = [points.box(points.without(box.limits, *one), is_case) for one in by_chance or sides]
        best = max(simpler, key=correlation)
        if not by_chance and correlation(box) - correlation(best) > slack:
            break
        box = best
    while box.limits and (wider := _best_paste(points, is_case, box, trajectory.peel)) is not None:
        box = wider
    return box


def quasi_p(trajectory: Trajectory, box: Box, name: str, side: str) -> float:
    """Return how likely so many cases in the box were, did the limit not matter (one-sided binomial test).

    It compares the density in the box with that in the box without the limit. It is called quasi because the same
    points chose the limit: small values are necessary, not sufficient.

    Parameters
    ----------
    trajectory : Trajectory
    box : Box
    name : str
        Factor.
    side : {"low", "high", "among"}

    References
    ----------
    Bryant & Lempert (2010). https://doi.org/10.1016/j.techfore.2009.08.002

    Examples
    --------
    >>> import pandas as pd
    >>> found = prim(pd.DataFrame({"dose": np.arange(100.0)}), np.arange(100) >= 70)
    >>> quasi_p(found, choose(found), "dose", "low") < 1e-9
    True
    """
    from scipy.special import bdtrc

    limits = trajectory.points.without(box.limits, name, side)
    wider = trajectory.points.box(limits, trajectory.is_case)
    return float(bdtrc(box.n_hits - 1, box.n_inside, wider.density)) if box.n_hits else 1.0


def correlation(box: Box) -> float:
    """Return the correlation between lying in a box and being a case, 0 for a box that holds all points.

    Examples
    --------
    >>> correlation(Box({}, n_points=100, n_cases=30, n_inside=30, n_hits=30))
    1.0
    """
    share, mass = box.n_cases / box.n_points, box.mass
    spread = share * (1.0 - share) * mass * (1.0 - mass)
    return (box.n_hits / box.n_points - share * mass) / math.sqrt(spread) if spread > 0.0 else 0.0


def _best_peel(
    points: Points,
    is_case: Bools,
    limits: dict[str, Limit],
    inside: Indices,
    orders: list[Indices],
    peel: float,
    min_mass: float,
) -> dict[str, Limit] | None:
    """Return the limits after the best slice is gone, None where none is worth it."""
    n, hits = inside.size, int(is_case[inside].sum())
    best: tuple[float, int] = (0.0, 0)
    chosen = None
    for j, name in enumerate(points.names):
        now = limits.get(name, Limit())
        for lost, limit in points.slices(j, now, orders[j], peel):
            left = n - lost.size
            if left < min_mass * points.n or left == 0:
                continue
            gain = ((hits - int(is_case[lost].sum())) / left - hits / n) / lost.size
            score = (gain, -int(name not in limits))
            if gain > 0.0 and score > best:
                best, chosen = score, {**limits, name: limit}
    return chosen


def _best_paste(points: Points, is_case: Bools, box: Box, peel: float) -> Box | None:
    """Return the box with the best slice pasted, None where each would lower its density."""
    best, chosen = (0.0, 0), None
    for name, side in box.sides():
        for wider in points.pastes(box, name, side, peel):
            bigger = points.box(wider, is_case)
            added = bigger.n_inside - box.n_inside
            score = ((bigger.density - box.density) / added if added else -1.0, added)
            if score > best:
                best, chosen = score, bigger
    return chosen


def describe(trajectory: Trajectory, box: Box) -> list[dict[str, Any]]:
    """Return a dict per limited factor: limits, full range, quasi-p-value of each limit."""
    rows = []
    for name, limit in box.limits.items():
        p = {side: quasi_p(trajectory, box, name, side) for side in limit.sides()}
        low, high = trajectory.points.range_of(name)
        rows.append(
            {
                "factor": name,
                "low": limit.low if math.isfinite(limit.low) else math.nan,
                "high": limit.high if math.isfinite(limit.high) else math.nan,
                "among": ", ".join(sorted(limit.among or ())),
                "full_low": low,
                "full_high": high,
                "quasi_p_low": p.get("low", math.nan),
                "quasi_p_high": p.get("high", math.nan),
                "quasi_p_among": p.get("among", math.nan),
            }
        )
    return rows
