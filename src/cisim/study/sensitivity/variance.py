"""How much of one world's variance is luck: within points over the whole, and what is left for the mean of worlds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cisim.study.sensitivity.index import MEAN, ONE, F, Index, Subject, averages, bootstrapped

LUCK = "luck"


@dataclass(frozen=True)
class Variance:
    """Variances of the response: of all blocks first, then of each bootstrap sample.

    Attributes
    ----------
    total : (1 + resamples,) ndarray
        Of one world.
    within : ndarray or None
        Between worlds of a point, on average; None with one world.
    indices : dict
        Luck's share as an index, where it is known.
    notes : list of str
    """

    total: F
    within: F | None
    indices: dict[tuple[str, str], Index]
    notes: list[str]

    @property
    def share(self) -> F | None:
        """Luck's share of one world's variance."""
        return None if self.within is None else self.within / self.total

    def of(self, target: str) -> F:
        """Return the variance that shares refer to; NaN where nothing but luck is left."""
        if target == ONE or self.within is None:
            return self.total
        rest = self.total - self.within
        return np.where(rest > 0.0, rest, np.nan)

    @property
    def doubts(self) -> list[str]:
        """The notes, and what to say where shares of the variance of the mean of worlds cannot be told."""
        return [*self.notes, *doubt(self.of(MEAN))]


def doubt(rest: F) -> list[str]:
    """Return what to say if, in some samples, no variance is `rest` but that of luck (NaN)."""
    empty = int(np.isnan(rest).sum())
    text = (
        f"In {empty} of {rest.size} samples nothing but luck is left of the variance, so shares for the mean of worlds "
        "have no interval and cannot be told. More points, or more worlds per point, are needed."
    )
    return [text] if empty else []


def variance_of(subject: Subject, rows: tuple[int, ...] | None = None) -> Variance:
    """Return the variances of the response, and luck's share with its interval.

    Parameters
    ----------
    subject : Subject
    rows : tuple of int, optional
        Rows of a block that are a sample of the factors' distribution; all unless told.

    Returns
    -------
    Variance

    Raises
    ------
    ValueError
        If the response is the same in all runs.

    Notes
    -----
    The variance of one world is that of the points' means, plus the variance within points times 1 - 1/worlds.
    The one within points is unbiased; that of the means divides by the number of rows, as SALib does.
    """
    blocks = subject.blocks
    if not np.ptp(blocks) > 0.0:
        raise ValueError(
            "response: the same in all runs; there is nothing to explain, choose another response"
        )
    chosen = blocks if rows is None else blocks[:, list(rows)]
    y = chosen.mean(axis=2)
    moments = averages(subject, np.stack([y.mean(axis=1), (y**2).mean(axis=1)], axis=1))
    of_means = moments[:, 1] - moments[:, 0] ** 2
    return _assemble(subject, of_means, None if subject.worlds < 2 else _within(subject, blocks))


def _within(subject: Subject, blocks: F) -> F:
    """Return the variance between worlds of a point; all rows of a block have the same distribution."""
    return averages(subject, blocks.var(axis=2, ddof=1).mean(axis=1))


def _assemble(subject: Subject, of_means: F, within: F | None) -> Variance:
    """Return the variances from that of means and that within points."""
    if within is None:
        note = "Luck's share cannot be told from one world per point; two or more per point are needed."
        return Variance(of_means, None, {}, [note])
    total = of_means + within * (1.0 - 1.0 / subject.worlds)
    index = bootstrapped(subject, ONE, LUCK, (within / total)[:, None], (LUCK,))
    return Variance(total, within, {(ONE, LUCK): index}, [])
