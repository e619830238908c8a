"""Where a statement holds and where it does not: the search on one half of the draws.

Of all regions, the one is taken in which the effect is most opposite to that outside, both in standard errors; where
nowhere is clearly opposite, the one in which the effect vanishes while it is there outside. One region a statement is
then tested on the other half, with intervals that count among those of the audit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cisim.claims.regions import LEAST_DRAWS, Region, Regions
from cisim.claims.verdicts import Demand

F = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

SIMPLER = 0.5
"""Standard errors by which a region of two parameters has to be better than the best of one."""
CLEAR = 2.5
"""Standard errors by which both sides have to be opposite, or else a place without effect is tested if there is one."""
BLOCK = 64
"""Statements looked at together."""
OPPOSITE, VANISHES = "opposite", "vanishes"


@dataclass(frozen=True, slots=True)
class Found:
    """The region taken for a statement: why, and how far apart the two sides are, in standard errors."""

    region: Region
    kind: str
    score: float


def search(regions: Regions, values: F, asked: Sequence[Demand]) -> list[Found | None]:
    """Return the region to test for each statement, None where there is none.

    Parameters
    ----------
    regions : Regions
    values : (n_draws, n_statements) float64
        Effects of the searched draws; NaN where a draw has none.
    asked : sequence of Demand
        What each effect is held against.
    """
    found: list[Found | None] = []
    for start in range(0, values.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        found += _search(regions, values[:, part], asked[part])
    return found


def _search(regions: Regions, values: F, asked: Sequence[Demand]) -> list[Found | None]:
    """Search for a few statements at once."""
    if not regions.regions:
        return [None] * len(asked)
    inside, outside = _moments(regions.member, values)
    found: list[Found | None] = []
    for k, demand in enumerate(asked):
        here, there = inside[k], outside[k]
        kind, scores = OPPOSITE, opposite(here, there, demand)
        best = _best(scores, regions.n_single)
        if scores[best] < CLEAR:
            others = vanishing(here, there, demand)
            other = _best(others, regions.n_single)
            if others[other] > 0.0:
                kind, scores, best = VANISHES, others, other
        score = float(scores[best])
        found.append(Found(regions.regions[best], kind, score) if score > 0.0 else None)
    return found


def _best(scores: F32, n_single: int) -> int:
    """Return the region of the highest score; of two parameters only where that is clearly better.

    Scores are rounded, so that a region and its opposite, which are equal, do not change places by rounding errors.
    """
    scores = np.round(scores, 3)
    single = int(np.argmax(scores[:n_single])) if n_single else -1
    pair = n_single + int(np.argmax(scores[n_single:])) if scores.size > n_single else -1
    if single < 0 or pair < 0:
        return max(single, pair)
    return pair if scores[pair] > max(0.0, scores[single]) + SIMPLER else single


def _moments(member: F32, values: F) -> tuple[F32, F32]:
    """Return mean and standard error inside and outside of every region, each (n_statements, 2, n_regions)."""
    valid = np.isfinite(values)
    count = np.maximum(valid.sum(axis=0), 1)
    centre = np.where(valid, values, 0.0).sum(axis=0) / count
    y = np.where(valid, values - centre, 0.0).astype(np.float32)
    if valid.all():  # one count serves all
        n = np.broadcast_to(member.sum(axis=1), (values.shape[1], member.shape[0]))
        n_all = np.full((values.shape[1], 1), float(len(values)), dtype=np.float32)
    else:
        n = valid.T.astype(np.float32) @ member.T
        n_all = valid.sum(axis=0)[:, None].astype(np.float32)
    total, squares = y.T @ member.T, (y * y).T @ member.T
    rest = (n_all - n, y.sum(axis=0)[:, None] - total, (y * y).sum(axis=0)[:, None] - squares)
    start = centre[:, None].astype(np.float32)
    return _mean_and_error((n, total, squares), start), _mean_and_error(rest, start)


def _mean_and_error(sums: Sequence[Any], centre: F32) -> F32:
    """Return mean and its standard error from number, sum and sum of squares; the error of few draws is infinite."""
    n, total, squares = sums
    count = np.maximum(n, np.float32(1.0))
    mean = total / count
    variance = np.maximum(squares / count - mean * mean, np.float32(0.0)) / np.maximum(
        count - 1, np.float32(1.0)
    )
    error = np.where(n < LEAST_DRAWS, np.float32(np.inf), np.sqrt(variance) + np.float32(1e-9))
    return np.stack([mean + centre, error], axis=1)


def support(moments: F32, asked: Demand) -> F32:
    """Return by how many standard errors each mean is on the side of the statement; below 0 against it.

    Parameters
    ----------
    moments : (2, n_regions) float32
        Means and their standard errors.
    asked : Demand

    Returns
    -------
    (n_regions,) float32

    Examples
    --------
    >>> support(np.array([[1.0, -1.0], [0.5, 0.5]], dtype=np.float32), Demand("more", 0.0, 0.2)).tolist()
    [2.0, -2.0]
    """
    mean, error = moments
    if asked.says == "none":
        return np.asarray((np.float32(asked.within) - np.abs(mean)) / error)
    sign = np.float32(1.0 if asked.says == "more" else -1.0)
    return np.asarray(sign * (mean - np.float32(asked.than)) / error)


def opposite(inside: F32, outside: F32, asked: Demand) -> F32:
    """Return how surely a statement holds on one side of each region and reverses on the other.

    `inside` and `outside` are means and standard errors, (2, n_regions) each; the result is (n_regions,).

    Examples
    --------
    >>> here, there = (np.array([[mean], [0.5]], dtype=np.float32) for mean in (1.0, -2.0))
    >>> opposite(here, there, Demand("more", 0.0, 0.2)).tolist()
    [2.0]
    """
    here, there = support(inside, asked), support(outside, asked)
    return np.maximum(np.minimum(here, -there), np.minimum(-here, there))


def vanishing(inside: F32, outside: F32, asked: Demand) -> F32:
    """Return how surely the effect is within its margin inside each region and beyond it outside.

    `inside` and `outside` are means and standard errors, (2, n_regions) each; the result is (n_regions,), and minus
    infinity where the statement has no margin around nought to vanish into.

    Examples
    --------
    >>> here, there = (np.array([[mean], [0.5]], dtype=np.float32) for mean in (0.0, 3.0))
    >>> vanishing(here, there, Demand("more", 0.0, 1.0)).tolist()
    [2.0]
    """
    if asked.says == "none" or asked.than != 0.0 or asked.within <= 0.0:
        return np.full(inside.shape[1], -np.inf, dtype=np.float32)
    margin = np.float32(asked.within)
    near, far = (margin - np.abs(inside[0])) / inside[1], (np.abs(outside[0]) - margin) / outside[1]
    return np.asarray(np.minimum(near, far))
