"""The study behind a case from life: what happened, what might have happened, and the steps between start and end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cisim.problems import ScenarioError
from cisim.retrodiction.observed import PUBLISHED, Observed
from cisim.study.factors import factor_of
from cisim.study.records import Factor
from cisim.study.spec import Spec
from cisim.study.study import Study

TRUE = "indicator"
STEPS = (("crisis_spike", "no peak"), ("trend_per_year", "no trend"))
"""Settings that move the indicator whatever anybody does, in the order in which they are taken away."""


@dataclass(frozen=True, slots=True)
class Step:
    """A case in which one setting more is nought than in the one before.

    Attributes
    ----------
    label : str
        Of the case.
    setting : str
        What was taken away last.
    without : tuple of str
        All settings that are nought in it.
    """

    label: str
    setting: str
    without: tuple[str, ...]


def steps_of(observed: Observed, drawn: tuple[str, ...]) -> tuple[Step, ...]:
    """Return the counterfactual without its peak, then without its trend too, as far as there are any.

    Parameters
    ----------
    observed : Observed
    drawn : tuple of str
        Names of the parameters that are drawn.
    """
    found: list[Step] = []
    label = observed.counterfactual
    without: tuple[str, ...] = ()
    for setting, words in STEPS if observed.explained else ():
        if setting in drawn or float(observed.scenario.values[setting]) != 0.0:
            label, without = f"{label}, {words}", (*without, setting)
            found.append(Step(label, setting, without))
    return tuple(found)


def columns_of(observed: Observed) -> tuple[str, ...]:
    """Return the monthly columns that have to be kept."""
    return tuple(dict.fromkeys((TRUE, PUBLISHED, *(one.outcome for one in observed.observations))))


def study_of(
    observed: Observed, samples: int, worlds: int, seed: int, uncertainties: str | Mapping[str, Any]
) -> Study:
    """Return the study of a case: all its regimes in the same draws and worlds.

    What is drawn comes from `uncertainties`; a calibrated set is completed by what the scenario declares besides.
    What the case states itself (`keeps`) is not drawn.

    Parameters
    ----------
    observed : Observed
    samples, worlds : int
        Draws of what nobody knows, and worlds of each.
    seed : int
    uncertainties : str or mapping
        As in a study file: "scenario", or ``{"posterior": folder}``.

    Raises
    ------
    ScenarioError
        If nothing is left to draw, or a study of these values is not allowed.

    Examples
    --------
    >>> from cisim.retrodiction.reading import read_observed
    >>> study = study_of(read_observed("infant-mortality"), 8, 2, 1, "scenario")
    >>> list(study.spec.cases)
    ['collective', 'isolated', 'isolated, no peak', 'isolated, no peak, no trend']
    """
    spec = _spec(observed, samples, worlds, seed, uncertainties, ())
    drawn = _drawn(observed, spec)
    steps = steps_of(observed, tuple(factor.name for factor in drawn))
    spec = _spec(observed, samples, worlds, seed, uncertainties, steps)
    factors = tuple(replace(factor, cases=_cases(factor, observed, steps)) for factor in drawn)
    return Study.of(replace(spec, factors=factors))


def _spec(
    observed: Observed,
    samples: int,
    worlds: int,
    seed: int,
    uncertainties: str | Mapping[str, Any],
    steps: tuple[Step, ...],
) -> Spec:
    """Return the study with these cases, before it is settled what is drawn in which."""
    main = (observed.happened, observed.counterfactual)
    stated: dict[str, Any] = {label: {"regime": label} for label in main}
    for step in steps:
        stated[step.label] = {"regime": observed.counterfactual, "set": dict.fromkeys(step.without, 0)}
    return Study(
        observed.scenario,
        uncertainties=uncertainties,
        cases=stated,
        reference="isolated" if "isolated" in main else observed.counterfactual,
        worlds=worlds,
        samples=samples,
        seed=seed,
        name=f"{observed.name}-retrodiction",
        title=f"{observed.title}: what the model says beside what happened",
        question="Would the model have expected what happened, and what would have happened otherwise?",
        outcomes=[TRUE, "usd_total"],
        series=list(columns_of(observed)),
    ).spec


def _drawn(observed: Observed, spec: Spec) -> tuple[Factor, ...]:
    """Return what is drawn: a calibrated set completed by the scenario's own, without what the case states."""
    names = {factor.name for factor in spec.factors}
    declared = observed.scenario.uncertainties if spec.posterior is not None else ()
    added = tuple(factor_of(one, tuple(spec.cases)) for one in declared if one.name not in names)
    found = tuple(factor for factor in (*spec.factors, *added) if factor.name not in observed.keeps)
    if not found:
        raise ScenarioError.of("names everything that could be drawn; leave some of it out", "keeps")
    return found


def _cases(factor: Factor, observed: Observed, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Return where a factor is drawn: steps are like the counterfactual but for what was taken away."""
    main = tuple(one for one in (observed.happened, observed.counterfactual) if one in factor.cases)
    if observed.counterfactual not in main:
        return main
    return (*main, *(step.label for step in steps if factor.name not in step.without))
