"""What an answer rests on: what is drawn, assumed and changed, what to measure first, and where known ground ends."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.params import PARAMS, Value
from cisim.statistics import F
from cisim.study.calibrated import calibrated
from cisim.study.decision.evppi import Basis, basis_of, evpi, explained, smoothness

if TYPE_CHECKING:
    from cisim.whatif.futures import Futures
    from cisim.whatif.gains import Gains

ENOUGH = 64
"""Futures from which a regression on what was drawn carries."""
FEW = 100
"""Fewer futures than this are called few."""
FIRST = 3
ROUNDING = 1e-12
"""Share of the largest value below which a worth is rounding."""
SHUFFLES = 39
"""Shuffled draws a parameter is held against: with 39, one in 40 that does not matter is above all of them."""


def measure_first(futures: Futures, g: Gains) -> list[dict[str, Any]] | None:
    """Return the uncertain parameters on which the value depends most, or None while there are too few futures.

    `explained` is the share of the variance of what is judged, over futures, that the parameter explains; `worth` what
    knowing it before choosing between both regimes would gain on average (0 where no value of it would change the
    choice). Only parameters that explain more than any of 39 shuffles of them do are named.

    References
    ----------
    Strong, Oakley & Brennan (2014), Estimating multiparameter partial expected value of perfect information.
    Medical Decision Making 34(3). https://doi.org/10.1177/0272989X13505910
    """
    if g.n < ENOUGH or g.value.std() == 0.0:
        return None if g.n < ENOUGH else []
    values = np.stack([np.zeros(g.n), g.value], axis=1)
    shuffled = _shuffled(g.value)
    found = []
    for name, drawn in futures.draws(g.n).items():
        x = np.array(drawn)
        if np.unique(x).size < 2:
            continue
        basis = basis_of(x)
        share = explained(basis, values)
        if share > _by_chance(basis, shuffled):
            found.append((share, name, _worth(basis, values)))
    unit = "usd" if g.is_priced else f"{g.chosen.indicator.unit} x years"
    best = sorted(found, reverse=True)[:FIRST]
    return [_told(name, share, worth, unit) for share, name, worth in best]


def _shuffled(value: F) -> F:
    """Return values in other orders, one a column."""
    rng = np.random.Generator(np.random.Philox(1))
    return np.stack([rng.permutation(value) for _ in range(SHUFFLES)], axis=1)


def _by_chance(basis: Basis, shuffled: F) -> float:
    """Return the largest share that shuffled values explain."""
    penalty = smoothness(basis, shuffled)
    fitted = basis.columns @ (penalty * (basis.columns.T @ shuffled))
    return float((fitted.var(axis=0) / shuffled.var(axis=0)).max())


def _worth(basis: Basis, values: F) -> float:
    """Return what knowing the parameter is worth to the choice between both regimes.

    Knowing one number is never worth more than knowing all: a fit that dips below zero at its ends may say so.
    """
    penalty = smoothness(basis, values)
    fitted = evpi(np.asarray(basis.columns @ (penalty * (basis.columns.T @ values))))
    found = min(fitted, evpi(values))
    return found if found > ROUNDING * float(np.abs(values).max()) else 0.0


def _told(name: str, share: float, worth: float, unit: str) -> dict[str, Any]:
    """Return one parameter to measure."""
    param = PARAMS[name]
    text = f"{param.meaning[0].upper()}{param.meaning[1:]}: explains {share:.0%} of how the result varies"
    text += (
        "; no value of it would change the choice" if worth <= 0.0 else "; knowing it could change the choice"
    )
    return {
        "name": name, "meaning": param.meaning, "unit": param.unit, "explained": share, "worth": max(0.0, worth),
        "worth_unit": unit, "text": f"{text}.",
    }  # fmt: skip


def first_heading(first: list[dict[str, Any]]) -> str:
    """Return what stands above the parameters of `measure_first`.

    Examples
    --------
    >>> first_heading([{"worth": 0.0}])
    'What the result depends on most (knowing one of these would not change the choice)'
    """
    if any(one["worth"] for one in first):
        return "What to measure first"
    return "What the result depends on most (knowing one of these would not change the choice)"


def rests_on(futures: Futures) -> dict[str, Any]:
    """Return how much of the answer is drawn, measured, derived and assumed, and what was changed by hand."""
    whatif = futures.whatif
    drawn = [factor.name for factor in futures.spec.uncertain]
    joint = futures.spec.posterior.names if futures.spec.posterior else ()
    fixed = Counter(param.grade for name, param in PARAMS.items() if name not in drawn)
    base = whatif.scenario.with_(regime=whatif.regime).values
    changed = [
        {"name": name, "value": value, "default": base[name]}
        | {"grade": PARAMS[name].grade, "source": PARAMS[name].source}
        for name, value in whatif.settings.items()
    ]
    return {
        "drawn": len(drawn), "calibrated": sum(name in joint for name in drawn), "assumed": fixed["assumed"],
        "measured": fixed["measured"], "derived": fixed["derived"], "changed": changed,
    }  # fmt: skip


@lru_cache(maxsize=1)
def calibrated_ranges() -> dict[str, dict[str, Any]]:
    """Return the range of every calibrated number: 5 and 95 % of the set's weight, lowest and highest."""
    joint = calibrated()
    weights = np.array(joint.weights)
    found = {}
    for k, name in enumerate(joint.names):
        values = [row[k] for row in joint.rows]
        if any(isinstance(value, str) for value in values):
            continue
        low, high = _weighted(np.array(values, dtype=np.float64), weights)
        found[name] = {"low": low, "high": high, "min": min(values), "max": max(values)}
    return found


def _weighted(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the values below which 5 and 95 % of the weight lie."""
    order = np.argsort(values, kind="stable")
    at = np.cumsum(weights[order]) / weights.sum()
    low, high = (
        values[order][min(int(np.searchsorted(at, share)), values.size - 1)] for share in (0.05, 0.95)
    )
    return float(low), float(high)


def warnings_of(futures: Futures) -> list[dict[str, str]]:
    """Return where values that were set leave the range that agrees with published facts, or that sources give."""
    whatif = futures.whatif
    declared = {one.name: one.arguments for one in whatif.scenario.uncertainties}
    found = []
    for name, value in whatif.settings.items():
        text = _outside(name, value, declared.get(name, {}))
        if text:
            found.append({"field": name, "text": text})
    if whatif.worlds < FEW:
        what = f"{whatif.worlds} futures are few; the share in which it pays is rough"
        found.append({"field": "worlds", "text": what})
    return found


def _outside(name: str, value: Value, declared: Any) -> str:
    """Return in which range a value does not lie, or nothing."""
    if isinstance(value, str):
        return ""
    known = calibrated_ranges().get(name)
    if known and not known["low"] <= value <= known["high"]:
        ends = f"{known['low']:.3g} to {known['high']:.3g} {PARAMS[name].unit}"
        what = "few sets of values that agree with published facts have it"
        return f"{name} = {value:g} is outside the calibrated range ({ends}): {what}"
    if not known and {"low", "high"} <= set(declared) and not declared["low"] <= value <= declared["high"]:
        ends = f"{declared['low']:g} to {declared['high']:g} {PARAMS[name].unit}"
        return f"{name} = {value:g} is outside the range that the scenario's sources give ({ends})"
    return ""
