"""How good a probability, an ensemble of numbers or an interval was, by the usual scores; lower is better.

References
----------
Brier (1950), Verification of forecasts expressed in terms of probability. Monthly Weather Review 78(1).
Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation. Journal of the American
Statistical Association 102(477). https://doi.org/10.1198/016214506000001437
Snijders & Borgatti (1999), Non-parametric standard errors and tests for network statistics. Connections 22(2).
"""

from __future__ import annotations

import numpy as np

from cisim.survey.network import I
from cisim.survey.records import B, F


def brier(p: F, happened: B) -> F:
    """Return the Brier score of each probability: its squared distance from what happened.

    Examples
    --------
    >>> brier(np.array([0.8, 0.8]), np.array([True, False])).round(2).tolist()
    [0.04, 0.64]
    """
    return np.square(p - happened)


def log_score(p: F, happened: B) -> F:
    """Return the logarithmic score of each probability, in nats: minus the log of what was given to what happened.

    Examples
    --------
    >>> log_score(np.array([0.5, 1.0]), np.array([True, True])).round(3).tolist()
    [0.693, 0.0]
    """
    with np.errstate(divide="ignore"):  # infinite where what happened was held to be impossible
        return np.asarray(-np.log(np.where(happened, p, 1.0 - p)), float) + 0.0


def held_back(share: F, n_worlds: int) -> F:
    """Return shares of worlds as probabilities that are never 0 or 1 (Jeffreys: half a world for either side).

    Examples
    --------
    >>> held_back(np.array([0.0, 0.5, 1.0]), 9).tolist()
    [0.05, 0.5, 0.95]
    """
    return (share * n_worlds + 0.5) / (n_worlds + 1.0)


def auc(p: F, happened: B) -> float:
    """Return the chance that what happened was given more than what did not (area under the ROC curve).

    Examples
    --------
    >>> auc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    from scipy.stats import rankdata

    n, m = int(happened.sum()), int((~happened).sum())
    if not n or not m:
        return np.nan
    return float((rankdata(p)[happened].sum() - n * (n + 1) / 2) / (n * m))


def crps(members: F, seen: float) -> float:
    """Return the continuous ranked probability score of an ensemble: for a single member its absolute error.

    Examples
    --------
    >>> crps(np.array([0.2, 0.6]), 0.5), crps(np.array([0.2]), 0.5)
    (0.1, 0.3)
    """
    ordered = np.sort(members)
    n = ordered.size
    spread = 2.0 * float((2.0 * np.arange(1, n + 1) - n - 1.0) @ ordered) / (n * n)
    return round(float(np.abs(ordered - seen).mean()) - 0.5 * spread, 12)


def interval_score(low: float, high: float, seen: float, coverage: float = 0.9) -> float:
    """Return the interval score: the width, and a fine for what lies outside (Gneiting & Raftery 2007, eq. 43).

    Examples
    --------
    >>> interval_score(0.2, 0.6, 0.5), interval_score(0.2, 0.6, 0.7)
    (0.4, 2.4)
    """
    fine = 2.0 / (1.0 - coverage)
    return round(high - low + fine * (max(low - seen, 0.0) + max(seen - high, 0.0)), 12)


def jackknife_error(values: F, first: I, second: I) -> float:
    """Return the standard error of a mean over pairs, leaving out one organisation after the other.

    Pairs that share an organisation are not independent, so the plain error of a mean would be too small. The
    formula is that of Snijders & Borgatti (1999).

    Parameters
    ----------
    values : (n_pairs,) float64
    first, second : (n_pairs,) int64
        The organisations of each pair.

    Examples
    --------
    >>> first, second = np.array([0, 0, 1, 1, 2, 2]), np.array([1, 2, 0, 2, 0, 1])
    >>> round(jackknife_error(np.array([1.0, 0, 1, 0, 0, 0]), first, second), 4)
    0.3333
    """
    whole, n = values.sum(), values.size
    left = []
    for one in np.unique(np.concatenate([first, second])):
        mine = (first == one) | (second == one)
        if mine.sum() < n:
            left.append((whole - values[mine].sum()) / (n - mine.sum()))
    m = len(left)
    if m < 3:
        return np.nan
    around = np.array(left) - np.mean(left)
    return float(np.sqrt((m - 2) / (2 * m) * (around @ around)))
