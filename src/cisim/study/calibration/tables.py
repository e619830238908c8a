"""The tables of a calibration's report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.study.calibration.abc_smc import AbcSmc
from cisim.study.calibration.history_matching import HistoryMatching
from cisim.study.calibration.targets import Target
from cisim.study.calibration.waves import Engine, Wave, pooled, quantiles
from cisim.study.distributions import values_at
from cisim.study.records import Factor

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]

RANGE = (0.05, 0.5, 0.95)
OFF = 1.96  # standard deviations beyond which a target counts as missed: 1 in 20 by chance
WIDE = 2.0  # posterior sd in tolerances beyond which a fact that is inside says nothing
FLAT_SD = math.sqrt(1.0 / 12.0)


@dataclass(frozen=True)
class Found:
    """What an engine found, and what it was given.

    Attributes
    ----------
    engine : Engine
    waves : list of Wave
    targets : tuple of Target
    factors : tuple of Factor
    u, weights, fitted : ndarray
        Draws of the posterior, their weights and what the model gives there; empty where nothing fits.
    """

    engine: Engine
    waves: list[Wave]
    targets: tuple[Target, ...]
    factors: tuple[Factor, ...]
    u: F
    weights: F
    fitted: F


def targets_table(found: Found) -> pd.DataFrame:
    """Return how each target is met: before, after, in the nearest run."""
    import pandas as pd

    runs = pooled(found.waves)
    nearest = _nearest(found, runs)
    rows = []
    for j, target in enumerate(found.targets):
        first = found.waves[0].values[:, j]
        first = first[np.isfinite(first)]
        prior = np.quantile(first, RANGE) if first.size else np.full(3, math.nan)
        column = found.fitted[:, j] if found.weights.size else np.empty(0)
        mean, sd, ends = _moments(column, found.weights)
        at = float(runs.values[nearest, j])
        if not found.weights.size:
            mean, sd = at, float(runs.errors[nearest, j])
        off = abs(mean - target.value) / math.hypot(target.tolerance, sd)
        rows.append(
            {
                "target": target.name, "case": target.case, "outcome": target.outcome, "statistic": target.statistic,
                "month": target.month, "use": target.use, "value": target.value, "tolerance": target.tolerance,
                "prior_low": prior[0], "prior_high": prior[2],
                "posterior_mean": mean if found.weights.size else math.nan,
                "posterior_low": ends[0], "posterior_high": ends[2], "nearest_run": at, "off_by_sd": off,
                "verdict": verdict_of(off, sd / target.tolerance), "source": target.source, "note": target.note,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).astype({"month": "Int64"})


def verdict_of(off: float, spread: float) -> str:
    """Return "inside", "outside", or "undecided" where only the model's vagueness keeps a fact inside.

    Parameters
    ----------
    off : float
        Distance in standard deviations of tolerance and posterior together.
    spread : float
        Posterior sd in tolerances.

    Examples
    --------
    >>> verdict_of(1.0, 0.5), verdict_of(3.0, 0.5), verdict_of(1.0, 9.0)
    ('inside', 'outside', 'undecided')
    """
    return "undecided" if off <= OFF and spread > WIDE else "inside" if off <= OFF else "outside"


def _nearest(found: Found, runs: Wave) -> int:
    """Return the run whose worst fit target is off by the fewest tolerances, or the first."""
    fit = np.array([one.is_fit for one in found.targets])
    value = np.array([one.value for one in found.targets])
    tolerance = np.array([one.tolerance for one in found.targets])
    far = np.abs((runs.values - value) / tolerance)[:, fit].max(axis=1)
    return int(np.argmin(np.where(np.isnan(far), np.inf, far)))


def _moments(values: F, weights: F) -> tuple[float, float, F]:
    """Return weighted mean, sd and 5, 50 and 95 % of the draws that have a value; NaN where none has."""
    there = np.isfinite(values)
    x, w = values[there], weights[there]
    if not x.size or w.sum() <= 0.0:
        return math.nan, math.nan, np.full(3, math.nan)
    mean = float(w @ x / w.sum())
    return mean, math.sqrt(float(w @ (x - mean) ** 2 / w.sum())), quantiles(x, w, RANGE)


def parameters_table(found: Found) -> pd.DataFrame:
    """Return prior and posterior of every parameter, and how far it was narrowed."""
    import pandas as pd

    middles = (np.arange(2000) + 0.5) / 2000.0
    rows = []
    for k, factor in enumerate(found.factors):
        _, sd, _ = _moments(found.u[:, k], found.weights)
        row: dict[str, Any] = {"parameter": factor.name, "unit": factor.unit, "sd_ratio": sd / FLAT_SD}
        for name, at, w in (
            ("prior", middles, np.ones(2000)),
            ("posterior", found.u[:, k], found.weights),
        ):
            ends: Any = np.full(3, math.nan)
            if factor.is_numeric and at.size:
                ends = quantiles(values_of(factor, np.asarray(at)).astype(np.float64), w, RANGE)
            row |= dict(zip((f"{name}_low", f"{name}_median", f"{name}_high"), ends, strict=True))
        rows.append({**row, "likeliest": _likeliest(factor, found.u[:, k], found.weights)})
    return pd.DataFrame(rows)


def values_of(factor: Factor, u: F) -> npt.NDArray[Any]:
    """Return a factor's values at places of the unit interval, its very end included."""
    assert factor.uncertainty is not None
    return values_at(factor.uncertainty, np.minimum(u, np.nextafter(1.0, 0.0)))


def _likeliest(factor: Factor, u: F, weights: F) -> str:
    """Return the likeliest name of a factor whose values are names, with its share; "" for numbers."""
    if factor.is_numeric or not u.size:
        return ""
    names = values_of(factor, u)
    shares = {str(name): float(weights[names == name].sum()) for name in sorted(set(names.tolist()))}
    best = max(shares, key=lambda name: shares[name])
    return f"{best} ({shares[best]:.0%})"


def posterior_table(found: Found) -> pd.DataFrame:
    """Return the draws: number, weight and the value of every factor."""
    import pandas as pd

    columns: dict[str, Any] = {"draw": np.arange(found.weights.size), "weight": found.weights}
    for k, factor in enumerate(found.factors):
        columns[factor.name] = values_of(factor, found.u[:, k])
    return pd.DataFrame(columns)


def waves_table(found: Found) -> pd.DataFrame:
    """Return how near the points of each wave came to the fit targets."""
    import pandas as pd

    fit = [j for j, one in enumerate(found.targets) if one.is_fit]
    value = np.array([found.targets[j].value for j in fit])
    tolerance = np.array([found.targets[j].tolerance for j in fit])
    rows = []
    for k, wave in enumerate(found.waves):
        far = np.abs((wave.values[:, fit] - value) / tolerance).max(axis=1)
        there = far[np.isfinite(far)]
        best, middle = (float(there.min()), float(np.median(there))) if there.size else (math.nan, math.nan)
        rows.append((k + 1, far.size, far.size - there.size, best, middle))
    names = ["wave", "points", "points_without_value", "worst_miss_of_best", "worst_miss_of_median"]
    frame = pd.DataFrame(rows, columns=names)
    if isinstance(found.engine, AbcSmc):
        frame["kernel_in_tolerances"] = found.engine.factors(found.waves)
    return frame


def emulators_table(engine: HistoryMatching, found: Found) -> pd.DataFrame:
    """Return how well each emulator predicts runs it has not seen."""
    import pandas as pd

    known = engine.knowledge(found.waves)
    rows = [
        (target.name, one.u.shape[0], one.explained, one.surprises, one.raised, known.place.share)
        for target, one in zip(found.targets, known.emulators, strict=True)
    ]
    names = ["target", "runs", "explained", "surprises", "variance_factor", "share_not_ruled_out"]
    return pd.DataFrame(rows, columns=names)
