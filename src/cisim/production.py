"""How services become outcomes: overlap, coverage, linked drivers, CES.

Work of organisations that know of each other's clients adds up to at most the whole need of a cell (group x
driver); work of those that do not reaches people at random, so that shares a and b together miss (1 - a)(1 - b).
Coverage lies between the two, by the share of work that is coordinated. The constant elasticity of
substitution follows Arrow, Chenery, Minhas & Solow (1961), https://doi.org/10.2307/1927286.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

from cisim.compiled import kernel
from cisim.handle import rule
from cisim.state import F, State

LEAST = 1e-9  # an input of zero would make the CES zero for rho <= 0 whatever is done elsewhere


@kernel
def ces(inputs: F, weights: F, rho: float) -> float:
    """Constant elasticity of substitution over inputs in [0, 1].

    Parameters
    ----------
    inputs, weights : (n,) float64
        Weights need not sum to 1.
    rho : float
        1 weighted mean, 0 weighted geometric mean (Cobb-Douglas), strongly negative minimum.

    Examples
    --------
    >>> import numpy as np
    >>> round(ces(np.array([0.2, 0.8]), np.array([1.0, 1.0]), 1.0), 6)
    0.5
    >>> round(ces(np.array([0.2, 0.8]), np.array([1.0, 1.0]), 0.0), 6)
    0.4
    """
    total = 0.0
    for d in range(weights.shape[0]):
        total += weights[d]
    if abs(rho) < 1e-6:
        mean_log = 0.0
        for d in range(inputs.shape[0]):
            mean_log += weights[d] / total * log(max(inputs[d], LEAST))
        return exp(mean_log)
    lowest = 1.0
    for d in range(inputs.shape[0]):
        lowest = min(lowest, max(inputs[d], LEAST))
    power_mean = 0.0
    for d in range(inputs.shape[0]):  # relative to the lowest input, so that no power overflows
        power_mean += weights[d] / total * (max(inputs[d], LEAST) / lowest) ** rho
    return lowest * power_mean ** (1.0 / rho)


@rule
def clear_cells(s: State) -> None:
    """Start a month's count of who is reached."""
    for g in range(s.need.shape[0]):
        for d in range(s.need.shape[1]):
            s.reached[g, d] = 0.0
            s.pooled[g, d] = 0.0
            s.missed[g, d] = 1.0
            s.served_quality[g, d] = 0.0


@rule
def serve(s: State, p: Any, i: int, hours: float) -> None:
    """Let organisation `i` spend `hours` on service; adds to the cells, sets its clients and true effect."""
    together = 1.0 - p.client_overlap * (1.0 - s.knowledge[i])
    skill = p.fidelity * s.capacity[i]
    clients = 0.0
    effect = 0.0
    new = 0.0
    for g in range(s.need.shape[0]):
        per_hour = s.reach[i, g] * s.group_ease[g] * s.world[0].client_months_per_hour * hours
        for d in range(s.need.shape[1]):
            if s.effort[i, g, d] > 0.0 and s.need[g, d] > 0.0:
                people = per_hour * s.effort[i, g, d]
                share = people / s.need[g, d]
                quality = skill * s.competence[i, d] * s.quality[i, g, d]
                s.reached[g, d] += share
                s.pooled[g, d] += together * share
                s.missed[g, d] *= 1.0 - min(1.0, share)
                s.served_quality[g, d] += quality * share
                clients += people
                effect += quality * people
                new += quality * people * (1.0 - s.covered[g, d])
    s.clients[i] = clients
    s.true_effect[i] = p.program_effect_sd * effect / clients if clients > 0.0 else 0.0
    s.contribution[i] = new / clients if clients > 0.0 else 0.0


@rule
def count_coverage(s: State) -> None:
    """Turn the cells' counts into coverage, mean quality and the shares covered and served twice."""
    covered = 0.0
    reached = 0.0
    for g in range(s.need.shape[0]):
        for d in range(s.need.shape[1]):
            if s.reached[g, d] > 0.0:
                s.served_quality[g, d] /= s.reached[g, d]
            apart = 1.0 - s.missed[g, d]
            together = s.pooled[g, d] / s.reached[g, d] if s.reached[g, d] > 0.0 else 0.0
            s.covered[g, d] = apart + together * (min(1.0, s.reached[g, d]) - apart)
            covered += s.need[g, d] * s.covered[g, d]
            reached += s.need[g, d] * s.reached[g, d]
    s.world[0].covered = covered
    s.world[0].double_served = 1.0 - covered / reached if reached > 0.0 else 0.0


@rule
def group_output(s: State, p: Any, g: int) -> float:
    """What all drivers together achieve for group `g`, 0..1; leaves each driver's part in `s.inputs`."""
    n_drivers = s.need.shape[1]
    for d in range(n_drivers):
        fed = s.covered[g, d] * s.served_quality[g, d]
        for source in range(n_drivers):
            if s.link[source, d] > 0.0:
                fed += s.link[source, d] * s.covered[g, source] * s.served_quality[g, source] * (1.0 - fed)
        s.inputs[d] = fed
    return ces(s.inputs, s.weight, p.complementarity)


@rule
def indicator_of(s: State, problem: float) -> float:
    """Indicator's value for a given problem size, shocks and trend included."""
    w = s.world[0]
    distance = problem * (1.0 + w.level_shock) * w.trend
    return w.best + distance if w.baseline >= w.best else w.best - distance


@rule
def set_indicator(s: State) -> None:
    """Set the population's true indicator from the groups' problems."""
    mean = 0.0
    for g in range(s.problem.shape[0]):
        mean += s.group_share[g] * s.problem[g]
    s.world[0].indicator = indicator_of(s, mean)
