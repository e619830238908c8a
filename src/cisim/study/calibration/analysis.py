"""Calibration as a report: which facts the model reproduces, which it misses, and what that says of parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.study.calibration.abc_smc import AbcSmc
from cisim.study.calibration.history_matching import HistoryMatching
from cisim.study.calibration.summaries import summaries
from cisim.study.calibration.tables import (
    Found,
    emulators_table,
    parameters_table,
    posterior_table,
    targets_table,
    waves_table,
)
from cisim.study.calibration.targets import NEVER_TUNED, Target, as_targets
from cisim.study.calibration.text import report_text
from cisim.study.calibration.waves import Engine, F, Wave, effective, systematic
from cisim.study.records import Factor, Report, StudyData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cisim.study.spec import Spec

__all__ = [
    "analyse", "analyse_study", "check_factors", "engine_from", "engine_of", "systematic", "targets_of", "told_of",
]  # fmt: skip

METHODS: Mapping[str, tuple[str, ...]] = {
    "history-matching": ("cutoff", "draws", "certain"),
    "abc-smc": ("particles", "least_acceptance"),
}
"""Ways to calibrate and the options only they have."""
GOES_ON = "More waves can be run: neither the budget nor the search is at its end."
LEAST_WEIGHT = 1e-9
MOST_DRAWS = 4000  # in the set that other studies draw from; more are thinned by weight


def engine_of(options: Mapping[str, Any], n_dims: int, targets: Sequence[Target], seed: int) -> Engine:
    """Return the engine that the options of a study ask for.

    Parameters
    ----------
    options : mapping
        `method` ("history-matching" unless stated, or "abc-smc"), `waves` (default 5) and `per_wave` (points a wave;
        default 10 per parameter and at least 20, 200 for "abc-smc"); then `cutoff`, `draws`, `certain` or `particles`,
        `least_acceptance` of the method. Other keys are left to others.
    n_dims : int
        Number of parameters that are calibrated.
    targets : sequence of Target
    seed : int

    Raises
    ------
    ValueError
        If there is no such method, an option belongs to the other method, or a value is not allowed.

    Examples
    --------
    >>> alive = Target("alive", "coalition", "coalition_survived", "mean", 0.9, 0.05, "example")
    >>> engine_of({"method": "abc-smc", "per_wave": 50}, 2, [alive], seed=1).ask([]).shape
    (50, 2)
    """
    method = options.get("method", "history-matching")
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is not allowed; one of {', '.join(METHODS)}")
    for other, names in METHODS.items():
        for name in names:
            if other != method and name in options:
                raise ValueError(f"{name}: is an option of {other}, not of {method}; leave it out")
    chosen: dict[str, Any] = {name: options[name] for name in METHODS[method] if name in options}
    usual = 200 if method == "abc-smc" else max(20, 10 * n_dims)
    make = AbcSmc if method == "abc-smc" else HistoryMatching
    return make(
        n_dims,
        [one.value for one in targets],
        [one.tolerance for one in targets],
        seed,
        options.get("per_wave", usual),
        options.get("waves", 5),
        fit=[one.is_fit for one in targets],
        names=[one.name for one in targets],
        **chosen,
    )


def targets_of(options: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the targets a study states, as records or plain values under `targets`.

    Raises
    ------
    ValueError
        If there are none, or one is no target.
    """
    stated = options.get("targets")
    if not isinstance(stated, Iterable) or isinstance(stated, str | Mapping):
        raise ValueError("targets: missing; a calibration needs the targets of a targets file")
    return as_targets(stated)


def check_factors(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """Return the factors that are calibrated: those with a distribution, in order.

    Raises
    ------
    ValueError
        If there are none, or one is what keys the random draws.
    """
    for factor in factors:
        if factor.name.lower() in NEVER_TUNED:
            raise ValueError(
                f"factor: {factor.name!r} is not allowed; random draws are averaged over, never tuned"
            )
    chosen = tuple(factor for factor in factors if factor.uncertainty is not None)
    if not chosen:
        raise ValueError("factors: none has a distribution; a calibration needs a prior for each parameter")
    return chosen


def engine_from(spec: Spec) -> Engine:
    """Return the engine a study asks for; see `engine_of`."""
    return engine_of(spec.options, len(check_factors(spec.factors)), targets_of(spec.options), spec.seed)


def told_of(spec: Spec, waves: Sequence[Any], data: StudyData) -> tuple[Any, ...]:
    """Return the waves a calibration was told, and the last one with what its runs gave.

    Parameters
    ----------
    spec : Spec
    waves : sequence
        Waves told before, and last the places (n, n_dims) of the wave that has been run since. Points are numbered
        wave by wave in the order of these places.
    data : StudyData
        Results that hold all runs of the last wave; points without a finished run have no value.
    """
    *before, u = waves
    first = sum(len(wave[0]) for wave in before)
    return (*before, _told(targets_of(spec.options), u, first, data))


def _told(targets: Sequence[Target], u: F, first: int, data: StudyData) -> Wave:
    """Return the wave of the points numbered from `first`, by their numbers."""
    points = np.arange(first, first + len(u))
    runs = data.runs[data.runs["point"].isin(points)]
    series = data.series if any(one.month is not None for one in targets) else None
    values = np.full((len(u), len(targets)), np.nan)
    errors = values.copy()
    there = np.unique(runs["point"].to_numpy()) - first
    if there.size:
        values[there], errors[there] = summaries(runs, series, targets, data.reference)
    return Wave(u, values, errors)


def analyse_study(spec: Spec, data: StudyData, stop_reason: str = "") -> Report:
    """Report a finished calibration: its waves are asked for again, which gives the same, and told from the runs.

    Parameters
    ----------
    spec : Spec
    data : StudyData
    stop_reason : str
        Why no more waves were run, where the engine itself would have gone on.
    """
    engine, targets = engine_from(spec), targets_of(spec.options)
    last = int(data.runs["point"].max()) if len(data.runs) else -1
    told: list[Wave] = []
    first = 0
    while first <= last and (u := engine.ask(told)) is not None:
        told.append(_told(targets, u, first, data))
        first += len(u)
    return analyse(data, told, stop_reason)


def analyse(data: StudyData, waves: Sequence[Wave | tuple[F, F, F]], stop_reason: str = "") -> Report:
    """Report a calibration: targets hit and missed, what was learned of each parameter, the posterior set.

    Parameters
    ----------
    data : StudyData
        `options` holds what `engine_of` and `targets_of` read; factors with a distribution are the parameters, in the
        order of the columns of `u`. The runs are only counted.
    waves : sequence of (u, values, errors)
        What was asked for and what `summaries` made of it, wave by wave.
    stop_reason : str
        Why no more waves were run, where the engine itself would have gone on.

    Returns
    -------
    Report
        Tables `targets`, `parameters`, `posterior` (draw, weight and a column per factor), `waves` and, for history
        matching, `emulators`; figures `targets` and `marginals`.

    Raises
    ------
    ValueError
        If there is no wave, no target, no factor with a distribution, or an option is not allowed.
    """
    from cisim.study.calibration.figures import draw_marginals, draw_targets

    if not waves:
        raise ValueError("waves: none; run at least one before a calibration is analysed")
    targets, factors = targets_of(data.options), check_factors(data.factors)
    engine = engine_of(data.options, len(factors), targets, data.seed)
    u, weights = engine.posterior(waves)
    n_effective = effective(weights)
    kept = np.flatnonzero(weights > LEAST_WEIGHT)
    if kept.size > MOST_DRAWS:
        kept = systematic(weights, MOST_DRAWS, data.seed)
        weights = np.ones_like(weights)
    weights = weights[kept] / weights[kept].sum() if kept.size else weights[kept]
    told = [Wave(*wave) for wave in waves]
    found = Found(engine, told, targets, factors, u[kept], weights, engine.fitted(waves)[kept])
    tables = {
        "targets": targets_table(found),
        "parameters": parameters_table(found),
        "posterior": posterior_table(found),
        "waves": waves_table(found),
    }
    if isinstance(engine, HistoryMatching):
        tables["emulators"] = emulators_table(engine, found)
    reason = engine.reason(waves) or stop_reason or GOES_ON
    text = report_text(data, tables, reason, n_effective)
    figures: dict[str, Callable[[], Figure]] = {"targets": partial(draw_targets, data, tables["targets"])}
    if weights.size:
        figures["marginals"] = partial(draw_marginals, data, factors, tables["posterior"])
    return Report("calibrate", text, tables, figures)
