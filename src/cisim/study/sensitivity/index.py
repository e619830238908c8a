"""What a sensitivity analysis reads and finds: its subject, and indices with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cisim.statistics import LEVEL, t_quantile
from cisim.study.sensitivity.design import block_rows

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]
I = npt.NDArray[np.int64]  # noqa: E741 - the array of integers, as F is that of floats

ONE = "one world"
MEAN = "mean of worlds"


@dataclass(frozen=True)
class Subject:
    """What is analysed.

    Attributes
    ----------
    method : str
    n : int
        Base sample.
    second_order : bool
        Whether a Sobol sample has rows for pairs.
    names : tuple of str
        Factors.
    u : (rows, n_factors) ndarray
        Places in their distributions, 0..1.
    y : (rows, worlds) ndarray
        Response.
    level : float
        Of the intervals.
    resamples : int
        How often blocks are drawn anew to see how much indices vary.
    seed : int
        Key of these draws.
    """

    method: str
    n: int
    second_order: bool
    names: tuple[str, ...]
    u: F
    y: F
    level: float = LEVEL
    resamples: int = 500
    seed: int = 0

    @property
    def worlds(self) -> int:
        """Worlds per point."""
        return int(self.y.shape[1])

    @property
    def blocks(self) -> F:
        """Responses around their mean, (blocks, rows of a block, worlds): what is drawn anew as a whole."""
        rows = block_rows(self.method, len(self.names), self.second_order)
        # Far from zero estimates of variance lose digits and products of means add noise.
        centred: F = self.y - self.y.mean()
        return centred.reshape(-1, rows, self.worlds)

    @cached_property
    def weights(self) -> F:
        """Shares of each block in the bootstrap samples, (resamples, blocks)."""
        n = self.blocks.shape[0]
        rng = np.random.default_rng([self.seed, 10])
        return np.divide(rng.multinomial(n, np.full(n, 1.0 / n), size=self.resamples), n)


@dataclass(frozen=True)
class Index:
    """One kind of index of all factors (or pairs), and what it would have been in other samples.

    Attributes
    ----------
    target : str
        `ONE` or `MEAN`: variation of one world's response, or of its expectation over seeds.
    name : str
        Such as "S1".
    factors : tuple of str
    estimate : (n_factors,) ndarray
    replicates : (resamples, n_factors) ndarray
    n : int
        Blocks the estimate rests on.
    level : float
    widen : float
        What the spread of replicates is multiplied by to be the standard error.
    others : tuple of str
        The second factor of each pair; empty where there are no pairs.
    """

    target: str
    name: str
    factors: tuple[str, ...]
    estimate: F
    replicates: F
    n: int
    level: float
    widen: float = 1.0
    others: tuple[str, ...] = ()

    @property
    def half_width(self) -> F:
        """Reach of the interval to each side: t times the standard error (normal theory, as in SALib)."""
        error = self.replicates.std(axis=0, ddof=1) * self.widen
        return np.asarray(t_quantile(self.level, self.n - 1) * error, dtype=np.float64)

    @property
    def low(self) -> F:
        """Lower ends."""
        return np.subtract(self.estimate, self.half_width)

    @property
    def high(self) -> F:
        """Upper ends."""
        return np.add(self.estimate, self.half_width)

    def of(self, factor: str) -> tuple[float, float, float]:
        """Return estimate, lower and upper end of one factor."""
        j = self.factors.index(factor)
        return float(self.estimate[j]), float(self.low[j]), float(self.high[j])


class Check(NamedTuple):
    """Whether a set of indices can be relied on.

    Attributes
    ----------
    target, name : str
        Of the indices.
    criterion : str
        In words.
    value, limit : float
        The criterion is met where value <= limit.
    n, n_enough : int
        Base sample, and the one that would be enough (0 where none up to 1024 times as large would be).
    """

    target: str
    name: str
    criterion: str
    value: float
    limit: float
    n: int
    n_enough: int

    @property
    def is_converged(self) -> bool:
        """Whether the criterion is met."""
        return self.value <= self.limit


@dataclass(frozen=True)
class Found:
    """All that a method found.

    Attributes
    ----------
    indices : dict
        (target, name) to Index; pairs have the name "S2".
    checks : list of Check
    raw : DataFrame or None
        What SALib's analyser says of the mean over worlds.
    notes : list of str
        What a reader must know.
    """

    indices: dict[tuple[str, str], Index]
    checks: list[Check] = field(default_factory=list)
    raw: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def targets(self) -> tuple[str, ...]:
        """Whose variation the factors' indices explain."""
        return tuple(t for t in (ONE, MEAN) if any(key[0] == t for key in self.indices))


def bootstrapped(
    subject: Subject, target: str, name: str, values: F, factors: tuple[str, ...] | None = None,
    others: tuple[str, ...] = (),
) -> Index:  # fmt: skip
    """Return an index whose first row of `values` is the estimate and whose others are bootstrap replicates."""
    n = subject.blocks.shape[0]
    names = subject.names if factors is None else factors
    widen = math.sqrt(n / (n - 1))  # n drawn of n vary a little less than n drawn of all
    return Index(target, name, names, values[0], values[1:], n, subject.level, widen, others)


def averages(subject: Subject, parts: F) -> F:
    """Return means over blocks of (blocks, ...) `parts`: of all blocks first, then of each bootstrap sample."""
    whole = parts.mean(axis=0)[None]
    flat = subject.weights @ parts.reshape(parts.shape[0], -1)
    return np.concatenate([whole, flat.reshape(-1, *parts.shape[1:])])


def products_between_worlds(values: F) -> F:
    """Return the mean product of two different worlds along the last axis: the square of the mean, unbiased.

    Examples
    --------
    >>> products_between_worlds(np.array([[1.0, 3.0], [2.0, -2.0]])).tolist()
    [3.0, -4.0]
    """
    worlds = values.shape[-1]
    return np.asarray((values.sum(axis=-1) ** 2 - (values**2).sum(axis=-1)) / (worlds * (worlds - 1)))


def frame(found: Found) -> pd.DataFrame:
    """Return all indices as a tidy table, a row per index, target and factor or pair."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for index in found.indices.values():
        for j, factor in enumerate(index.factors):
            rows.append(
                {
                    "target": index.target, "index": index.name, "factor": factor,
                    "other": index.others[j] if index.others else "", "estimate": float(index.estimate[j]),
                    "low": float(index.low[j]), "high": float(index.high[j]),
                    "half_width": float(index.half_width[j]),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
