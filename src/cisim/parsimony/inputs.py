"""The inputs whose share is asked for, and how wide each is: calibrated, as the scenario declares, or plausible.

A share of variance is a share of the ranges that were assumed, so each range follows a rule that can be read here.
Where neither a calibration nor the scenario says how uncertain a parameter is, `plausible` does, around the
scenario's value. Sizes stay as they are. The levers that regimes set are the comparison itself; they vary in one
case only, `HALF_WAY`, over what the shipped regimes span.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cisim.params import PARAMS, Param, Value
from cisim.presets import REGIME_LEVERS, list_regimes, regime
from cisim.records import Frozen, Uncertainty
from cisim.scenario import Scenario, list_scenarios, load
from cisim.study.distributions import values_at

if TYPE_CHECKING:
    from cisim.study.spec import Posterior

F = npt.NDArray[np.float64]
Origin = Literal["calibrated", "scenario", "plausible", "regimes", "placebo"]
CALIBRATED: Origin = "calibrated"
SCENARIO: Origin = "scenario"
PLAUSIBLE: Origin = "plausible"
REGIMES: Origin = "regimes"
NO_PARAMETER: Origin = "placebo"

HALF_WAY = "half-way"
"""Case in which the levers of regimes vary too."""
PLACEBO = "placebo"
"""An input that nothing reads."""
SIZES = ("months", "n_orgs", "n_public_funders", "n_private_funders", "n_coalitions", "max_ties")
HELD = (*SIZES, "financing")
"""Parameters that are no inputs: sizes, and who pays in the comparison."""
WHOLES = (("share_government", "share_corporate", "share_community"), ("manager_share", "data_share"))
"""Shares of one whole, which together have to stay below 1."""
SWITCHED_OFF: Mapping[str, tuple[float, float]] = {
    "trend_per_year": (-0.03, 0.03),  # shipped scenarios state up to .03
    "crisis_spike": (0.0, 0.5),  # shipped scenarios state up to .5
    "savings_usd_per_unit": (0.0, 2e6),  # upper end of the shipped study of backbone money
    "capacity_building_usd_per_year": (0.0, 200_000.0),  # half of the default budget of a backbone
    "backbone_taper": (0.0, 1.0),
    "savings_share": (0.0, 1.0),
}
"""Ranges of parameters whose default, 0, leaves a mechanism out."""


@dataclass(frozen=True, slots=True)
class Input:
    """Something that varies: a number, a choice, or a placebo.

    Attributes
    ----------
    name : str
    at : callable
        Returns its values at probabilities (n,).
    origin : str
        Where its distribution comes from.
    words : str
        That distribution in words.
    block : str
        Inputs of one block are drawn jointly, from the same probability; "" stands alone.
    cases : tuple of str
        Cases in which it varies; empty for all.
    """

    name: str
    at: Callable[[F], npt.NDArray[Any]]
    origin: Origin = PLAUSIBLE
    words: str = ""
    block: str = ""
    cases: tuple[str, ...] = ()


def inputs_of(scenario: Scenario, posterior: Posterior | None = None) -> tuple[Input, ...]:
    """Return all inputs of a scenario, in the order of the table of parameters, and last the placebo.

    Parameters
    ----------
    scenario : Scenario
        Its values are the centre of plausible ranges, its uncertainties hold where nothing is calibrated.
    posterior : Posterior, optional
        A calibrated set: drawn jointly.

    Returns
    -------
    tuple of Input
    """
    calibrated = _calibrated(posterior) if posterior is not None else {}
    declared = {one.name: one for one in scenario.uncertainties}
    declared |= {one.name: one for one in posterior.distributions()} if posterior is not None else {}
    found = []
    for name, row in PARAMS.items():
        ranges: Uncertainty | None = None
        if name in HELD:
            continue
        if name in REGIME_LEVERS:
            ranges, origin = spanned(name), REGIMES
        elif name in calibrated:
            found.append(calibrated[name])
        elif name in declared:
            ranges, origin = declared[name], SCENARIO
        else:
            ranges, origin = plausible(row, scenario, declared), PLAUSIBLE
        if ranges is not None:
            found.append(_input(ranges, origin))
    return (*found, Input(PLACEBO, np.asarray, NO_PARAMETER, "uniform 0 to 1; nothing reads it"))


def _input(ranges: Uncertainty, origin: Origin) -> Input:
    """Return the input with a distribution; levers of regimes vary in one case only."""
    cases = (HALF_WAY,) if origin == REGIMES else ()
    return Input(ranges.name, partial(values_at, ranges), origin, in_words(ranges), cases=cases)


def _calibrated(posterior: Posterior) -> dict[str, Input]:
    """Return an input for every column of a calibrated set; all are one block."""
    edges = np.cumsum(np.asarray(posterior.weights) / np.sum(posterior.weights))
    found = {}
    for k, name in enumerate(posterior.names):
        values = np.array([row[k] for row in posterior.rows], dtype=object)
        at = partial(_row_at, edges, values)
        words = in_words(posterior.distributions()[k])
        found[name] = Input(name, at, CALIBRATED, words, block="posterior")
    return found


def _row_at(edges: F, values: npt.NDArray[Any], u: F) -> npt.NDArray[Any]:
    """Return the values of rows drawn by weight."""
    return np.asarray(values[np.minimum(np.searchsorted(edges, u, side="right"), len(values) - 1)])


def plausible(
    row: Param, scenario: Scenario, declared: Mapping[str, Uncertainty] | None = None
) -> Uncertainty | None:
    """Return the plausible range of a parameter nobody has declared uncertain, by one rule.

    Parameters
    ----------
    row : Param
    scenario : Scenario
        Its value is the centre.
    declared : mapping, optional
        Uncertainties of other parameters, with which the range has to agree.

    Returns
    -------
    Uncertainty or None
        Names: all of them. `SWITCHED_OFF`: as stated there. Shares: up and down by half the distance to the
        nearer end of 0..1, shares of one whole by no more than their part of what is left of it, and at an end
        the nearer half. Other numbers: half to double, cut at the allowed range. None where nothing is left.

    Examples
    --------
    >>> from cisim.scenario import load
    >>> base = load("generic-adaptive")
    >>> plausible(PARAMS["turf"], base).arguments
    {'low': 0.25, 'high': 0.75}
    >>> plausible(PARAMS["meeting_hours"], base).arguments
    {'low': 1.0, 'high': 4.0}
    """
    if row.kind == "choice":
        return _stated(row.name, "choice", {"values": row.choices})
    value = float(scenario.values[row.name])
    if row.name in SWITCHED_OFF:
        low, high = SWITCHED_OFF[row.name]
        return _stated(row.name, "uniform", {"low": min(low, value), "high": max(high, value)})
    if row.unit == "share" and (row.low, row.high) == (0.0, 1.0):
        return _stated(
            row.name, "uniform", dict(zip(("low", "high"), _share(row.name, value, scenario), strict=True))
        )
    low, high = sorted((0.5 * value, 2.0 * value))
    low, high = max(row.low, low), min(row.high, high)
    low, high = _agreeing(row.name, low, high, scenario, declared or {})
    kind = "uniform" if row.kind == "int" or low <= 0.0 else "loguniform"
    return _stated(row.name, kind, {"low": low, "high": high}) if low < high else None


def _share(name: str, value: float, scenario: Scenario) -> tuple[float, float]:
    """Return the range of a share."""
    if value in (0.0, 1.0):
        return (0.0, 0.5) if value == 0.0 else (0.5, 1.0)
    half = 0.5 * min(value, 1.0 - value)
    for names in WHOLES:
        if name in names:
            half = min(half, (1.0 - sum(float(scenario.values[one]) for one in names)) / len(names))
    return value - half, value + half


def _agreeing(
    name: str, low: float, high: float, scenario: Scenario, declared: Mapping[str, Uncertainty]
) -> tuple[float, float]:
    """Return a range cut to what other parameters leave room for."""
    if name == "formation_month":
        high = min(high, float(scenario.values["months"]) - 1.0)
    if name == "ruggedness" and "practice_bits" in declared:
        high = min(high, _ends(declared["practice_bits"])[0] - 1.0)
    elif name == "ruggedness":
        high = min(high, float(scenario.values["practice_bits"]) - 1.0)
    if name == "practice_bits":
        rugged = declared.get("ruggedness") or plausible(PARAMS["ruggedness"], scenario, declared)
        most = _ends(rugged)[1] if rugged else float(scenario.values["ruggedness"])
        low = max(low, 1.0 + most)
    return low, high


def _ends(ranges: Uncertainty) -> tuple[float, float]:
    """Return the least and the greatest value of a distribution of numbers."""
    a: Mapping[str, Any] = ranges.arguments
    values = a["values"] if "values" in a else (a["low"], a["high"])
    return float(min(values)), float(max(values))


def spanned(name: str) -> Uncertainty | None:
    """Return the span of a lever over the shipped regimes, and over what shipped scenarios state for them.

    None where all have the same value. That no coalition forms is left out: it is what isolation is.
    """
    seen = [levers[name] for levers in _shipped_levers() if name in levers]
    if PARAMS[name].kind == "choice":
        names = tuple(one for one in PARAMS[name].choices if one in seen and one != "never")
        return _stated(name, "choice", {"values": names})
    low, high = min(map(float, seen)), max(map(float, seen))
    return _stated(name, "uniform", {"low": low, "high": high}) if low < high else None


@cache
def _shipped_levers() -> tuple[Mapping[str, Value], ...]:
    """Return the levers of every shipped regime, and those that shipped scenarios state for one."""
    own = (load(one.name).regimes.values() for one in list_scenarios())
    return (
        *(regime(one.name).values for one in list_regimes()),
        *(levers for some in own for levers in some),
    )


def _stated(name: str, kind: str, arguments: Mapping[str, Any]) -> Uncertainty:
    """Return a distribution by rule."""
    return Uncertainty(name, kind, Frozen(arguments), "rule for what is not declared uncertain", "assumed")


def in_words(ranges: Uncertainty) -> str:
    """Return a distribution in a few words.

    Examples
    --------
    >>> in_words(_stated("turf", "uniform", {"low": 0.25, "high": 0.75}))
    'uniform 0.25 to 0.75'
    """
    a: Mapping[str, Any] = ranges.arguments
    if "values" in a:
        return "one of " + ", ".join(str(value) for value in a["values"][:8])
    middle = next((f", {key} {a[key]:g}" for key in ("mode", "mean", "median") if key in a), "")
    return f"{ranges.distribution} {a['low']:,.6g} to {a['high']:,.6g}{middle}"
