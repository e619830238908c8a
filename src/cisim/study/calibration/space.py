"""Points drawn evenly from where a function of the unit cube is low, however small that place is.

First plain rejection; where too little is left, the bound is lowered in steps, each of which keeps the lowest
fifth, multiplies it and moves every point by slice sampling along random lines (subset simulation).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cisim.study.calibration.waves import systematic

F = npt.NDArray[np.float64]
Height = Callable[[F], F]

KEPT = 0.2
MOVES = 8
MOST_STEPS = 40
SHRINKS = 40
STALLED = 0.02


class Place(NamedTuple):
    """Points of a low place.

    Attributes
    ----------
    u : (n, n_dims) ndarray
        Evenly spread where the function is at most the bound; the lowest points found where it never is.
    height : (n,) ndarray
        Function at the points.
    share : float
        Estimated volume of the place in the unit cube.
    is_empty : bool
        Whether no point reached the bound.
    """

    u: F
    height: F
    share: float
    is_empty: bool


def low_place(height: Height, n_dims: int, bound: float, n: int, draws: np.random.Generator) -> Place:
    """Return `n` points evenly from where `height` is at most `bound`.

    Parameters
    ----------
    height : callable
        Maps (m, n_dims) points to (m,) numbers.
    n_dims : int
    bound : float
    n : int
        Points wanted.
    draws : Generator

    References
    ----------
    Au & Beck (2001), Estimation of small failure probabilities in high dimensions by subset simulation.
    Probabilistic Engineering Mechanics. https://doi.org/10.1016/S0266-8920(01)00019-4

    Neal (2003), Slice sampling. Annals of Statistics. https://doi.org/10.1214/aos/1056562461

    Examples
    --------
    >>> from cisim.study.calibration.waves import keyed
    >>> place = low_place(lambda u: u[:, 0], 2, 0.001, 400, keyed(1, 0, 0))
    >>> bool(place.u[:, 0].max() <= 0.001), bool(0.0005 < place.share < 0.002), place.is_empty
    (True, True, False)
    """
    u = draws.random((4 * n, n_dims))
    h = height(u)
    share = 1.0
    for _ in range(MOST_STEPS):
        level = max(bound, float(np.quantile(h, KEPT)))
        low = h <= level
        share *= float(low.mean())
        chosen = np.flatnonzero(low)
        if level <= bound and chosen.size >= n:  # enough, and no two alike: nothing has to be moved
            chosen = chosen[systematic(np.ones(chosen.size), n, draws)]
            return Place(u[chosen], h[chosen], share, False)
        again = chosen[systematic(np.ones(chosen.size), 2 * n, draws)]
        u, h = slice_moves(height, u[again], h[again], level, draws)
        if level <= bound:
            return Place(u[::2], h[::2], share, False)
        lowest = float(h.min())
        if lowest > bound and level - lowest < STALLED * level:
            break
    order = np.argsort(h, kind="stable")[:n]
    return Place(u[order], h[order], 0.0, True)


def slice_moves(
    height: Height,
    u: F,
    h: F,
    level: F | float | None,
    draws: np.random.Generator,
    moves: int = MOVES,
) -> tuple[F, F]:
    """Move points along random lines within where `height` stays below a level; evenly spread ones stay so.

    Parameters
    ----------
    height : callable
    u : (n, n_dims) ndarray
    h : (n,) ndarray
        Height at the points.
    level : float, or None
        Highest allowed; None draws it for each move above the point's own height, which leaves the density
        exp(-height) unchanged.
    draws : Generator
    moves : int

    Returns
    -------
    u, h : ndarray
        New points and their heights.
    """
    u, h = u.copy(), h.copy()
    n, n_dims = u.shape
    for _ in range(moves):
        top = h + draws.exponential(size=n) if level is None else np.full(n, level)
        other = u[draws.permutation(n)] - u[draws.permutation(n)]  # directions that fit the cloud's shape
        line = np.where(draws.random((n, 1)) < 0.5, other, draws.standard_normal((n, n_dims)))
        line = np.where((line**2).sum(axis=1, keepdims=True) > 0.0, line, 1.0)
        below, above = _chord(u, line)
        open_ = np.arange(n)
        for _ in range(SHRINKS):
            at = below[open_] + (above[open_] - below[open_]) * draws.random(open_.size)
            new = np.clip(u[open_] + at[:, None] * line[open_], 0.0, 1.0)
            h_new = height(new)
            ok = h_new <= top[open_]
            u_done = open_[ok]
            behind, ahead = open_[~ok & (at < 0.0)], open_[~ok & (at >= 0.0)]
            below[behind], above[ahead] = at[~ok & (at < 0.0)], at[~ok & (at >= 0.0)]
            u[u_done], h[u_done] = new[ok], h_new[ok]
            open_ = open_[~ok]
            if not open_.size:
                break
    return u, h


def _chord(u: F, line: F) -> tuple[F, F]:
    """Return how far each point can go back and forth on its line within the unit cube."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([-u / line, (1.0 - u) / line])
    ends = np.where(line == 0.0, np.array([-np.inf, np.inf])[:, None, None], ends)
    return np.sort(ends, axis=0)[0].max(axis=1), np.sort(ends, axis=0)[1].min(axis=1)
