r"""Sobol indices of a response with luck, of one world and of the mean of worlds.

With :math:`a`, :math:`b`, :math:`ab_j`, :math:`ba_j` the means over worlds of a block's rows, every index is a
ratio of means over blocks, so that a bootstrap of whole blocks is one product of matrices:

- first order, :math:`V_j`: mean of :math:`b (ab_j - a)` (Saltelli et al. 2010);
- pairs, :math:`V_{jk} + V_j + V_k`: mean of :math:`ba_j ab_k - a b` (Saltelli 2002);
- total: half the mean of :math:`(a - ab_j)^2` (Jansen 1999), in one world averaged over worlds, for the mean of
  worlds from products of different worlds, which luck does not inflate.

Where the sample has the rows for pairs, A and B change roles and both estimates are averaged: the same runs,
narrower intervals. The denominator for one world is the whole variance, for the mean of worlds that without the
variance within points. With one world and without the rows for pairs this is what SALib computes (tested).

References
----------
Saltelli (2002), Making best use of model evaluations to compute sensitivity indices. Computer Physics
Communications. https://doi.org/10.1016/S0010-4655(02)00280-1

Saltelli et al. (2010), Variance based sensitivity analysis of model output. Computer Physics Communications.
https://doi.org/10.1016/j.cpc.2009.09.018

Jansen (1999), Analysis of variance designs for model output. Computer Physics Communications.
https://doi.org/10.1016/S0010-4655(98)00154-4
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from cisim.study.sensitivity.convergence import width_check
from cisim.study.sensitivity.design import problem_of
from cisim.study.sensitivity.index import (
    MEAN,
    ONE,
    F,
    Found,
    Index,
    Subject,
    averages,
    bootstrapped,
    products_between_worlds,
)
from cisim.study.sensitivity.variance import Variance, variance_of

if TYPE_CHECKING:
    import pandas as pd


def sobol(subject: Subject) -> Found:
    """Return first-order, total and second-order indices, what interactions make, and whether they have converged.

    Parameters
    ----------
    subject : Subject
        Of a Sobol sample.

    Returns
    -------
    Found
        "S1", "ST", "S2" (with the rows for pairs) and "interactions" for one world and, with two worlds or more,
        for the mean of worlds.
    """
    k = len(subject.names)
    variance = variance_of(subject, rows=(0, -1))
    first = averages(subject, _first(subject.blocks, k, subject.second_order))
    totals = {ONE: averages(subject, _total(subject.blocks, k, subject.second_order, within_world=True))}
    if subject.worlds > 1:
        totals[MEAN] = averages(subject, _total(subject.blocks, k, subject.second_order, within_world=False))
    indices = dict(variance.indices)
    for target, total in totals.items():
        whole = variance.of(target)[:, None]
        indices[target, "S1"] = bootstrapped(subject, target, "S1", first / whole)
        indices[target, "ST"] = bootstrapped(subject, target, "ST", total / whole)
        if subject.second_order and k > 1:
            indices[target, "S2"] = _pairs(subject, target, first, whole)
        indices[target, "interactions"] = _rest(subject, target, first, variance)
    checked = [index for (_, name), index in indices.items() if name in ("S1", "ST", "S2")]
    checks = [width_check(index, subject.n, power_of_two=True) for index in checked]
    return Found(indices, checks, _raw(subject), variance.doubts)


def _first(blocks: F, k: int, swap: bool) -> F:
    """Return each block's contribution to the variances of the factors alone, (blocks, k)."""
    y = blocks.mean(axis=2)
    a, ab, b = y[:, :1], y[:, 1 : k + 1], y[:, -1:]
    part = np.asarray(b * (ab - a))
    return 0.5 * (part + a * (y[:, k + 1 : 2 * k + 1] - b)) if swap else part


def _total(blocks: F, k: int, swap: bool, within_world: bool) -> F:
    """Return each block's contribution to the variances in which the factors take part, (blocks, k)."""
    steps = [blocks[:, :1] - blocks[:, 1 : k + 1]]
    if swap:
        steps.append(blocks[:, -1:] - blocks[:, k + 1 : 2 * k + 1])
    squares = [(d**2).mean(axis=2) if within_world else products_between_worlds(d) for d in steps]
    return np.asarray(0.5 * sum(squares) / len(squares))


def _pairs(subject: Subject, target: str, first: F, whole: F) -> Index:
    """Return the second-order indices of all pairs."""
    k = len(subject.names)
    y = subject.blocks.mean(axis=2)
    a, ab, ba, b = y[:, 0], y[:, 1 : k + 1], y[:, k + 1 : 2 * k + 1], y[:, -1]
    places = list(combinations(range(k), 2))
    j, l = (np.array(side) for side in zip(*places, strict=True))  # noqa: E741
    closed = 0.5 * (ba[:, j] * ab[:, l] + ba[:, l] * ab[:, j]) - (a * b)[:, None]
    values = (averages(subject, closed) - first[:, j] - first[:, l]) / whole
    names = [tuple(subject.names[i] for i in side) for side in (j, l)]
    return bootstrapped(subject, target, "S2", values, names[0], names[1])


def _rest(subject: Subject, target: str, first: F, variance: Variance) -> Index:
    """Return the share of variance that no factor alone makes: interactions (and luck, where it is unknown)."""
    share = first.sum(axis=1) / variance.of(target)
    luck = variance.share if target == ONE and variance.share is not None else 0.0
    name = "interactions" if subject.worlds > 1 else "interactions and luck"
    return bootstrapped(subject, target, "interactions", (1.0 - share - luck)[:, None], (name,))


def _raw(subject: Subject) -> pd.DataFrame:
    """Return what SALib's analyser says of the mean over worlds; its variance has the rest of the luck in it."""
    import pandas as pd
    from SALib.analyze import sobol as analyser

    found = analyser.analyze(
        problem_of(subject.names), subject.y.mean(axis=1), calc_second_order=subject.second_order,
        num_resamples=2, seed=1,
    )  # fmt: skip
    return pd.DataFrame({"factor": subject.names, "S1": found["S1"], "ST": found["ST"]})
