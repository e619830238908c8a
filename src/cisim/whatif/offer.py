"""What can be asked: scenarios, regimes, parameters and levers, as plain values; and how what-ifs differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cisim import __version__
from cisim.compiled import model_version
from cisim.params import PARAMS, Param
from cisim.presets import REGIME_LEVERS, list_regimes, regime
from cisim.result import is_falling_good
from cisim.scenario import list_scenarios
from cisim.study.calibrated import calibrated_for
from cisim.whatif.knowing import calibrated_ranges
from cisim.whatif.levers import plain_levers
from cisim.whatif.source import Source, scenario_of
from cisim.whatif.state import DRAWS, FUTURES, LEAST_FUTURES, MOST_FUTURES, MOST_WHATIFS, NO_BACKBONE, WhatIf

CANNOT_TELL = (
    "It does not forecast any real community. It shows what follows from stated assumptions, most of which nobody has "
    "measured.",
    "The spread holds luck and values nobody knows. It does not hold the doubt whether the model has the right form.",
    "Two ways of working differ in many levers at once. What a single one does, only a comparison that changes that "
    "one alone can say.",
    "Residents are not agents here: they are served or not, and do not organise, vote or move.",
    "Laws, prices and what happens outside the community are not simulated, apart from recessions and crises.",
    "Calibration met some published facts and missed others; the largest effects of trials are larger than any here.",
)
"""What no answer can tell, said beside every one."""


def catalogue(default: Source) -> dict[str, Any]:
    """Return everything that a page needs before the first answer.

    Parameters
    ----------
    default : Source
        Scenario that is shown first.

    Raises
    ------
    ScenarioError
        If the scenario is not allowed.

    Examples
    --------
    >>> found = catalogue(Source("generic-adaptive"))
    >>> len(found["levers"]), found["scenario"]["regime"]
    (10, 'isolated')
    """
    return {
        "version": __version__,
        "model": model_version(),
        "scenarios": [{"name": one.name, "title": one.title} for one in list_scenarios()],
        "regimes": [_regime(one.name) for one in list_regimes()],
        "references": [*(one.name for one in list_regimes()), NO_BACKBONE],
        "params": [_param(one) for one in PARAMS.values()],
        "levers": plain_levers(),
        "calibrated": calibrated_ranges(),
        "scenario": told_scenario(default),
        "cannot_tell": list(CANNOT_TELL),
        "fte_usd": PARAMS["backbone_fte_usd"].default,
        "draws": list(DRAWS),
        "futures": {"default": FUTURES, "low": LEAST_FUTURES, "high": MOST_FUTURES},
        "most_whatifs": MOST_WHATIFS,
    }


def _regime(name: str) -> dict[str, Any]:
    """Return a regime with the levers it sets."""
    found = regime(name)
    values = {lever: found.values[lever] for lever in REGIME_LEVERS}
    return {"name": name, "title": found.title, "description": found.description, "values": values}


def _param(one: Param) -> dict[str, Any]:
    """Return a parameter with a sensible step for a slider."""
    step = 1.0 if one.kind != "float" else (one.high - one.low) / 200.0
    return {
        "name": one.name, "default": one.default, "low": one.low, "high": one.high, "unit": one.unit,
        "meaning": one.meaning, "source": one.source, "grade": one.grade, "kind": one.kind,
        "choices": list(one.choices), "section": one.section, "is_lever": one.is_lever, "step": step,
    }  # fmt: skip


def first_regime(source: Source, reference: str = "isolated") -> str:
    """Return the regime to ask about first: the scenario's own, or collective where that leaves nothing to compare.

    Examples
    --------
    >>> first_regime(Source("generic-adaptive")), first_regime(Source("summer-meals"), "no-backbone")
    ('collective', 'collective')
    """
    scenario = scenario_of(source)
    if reference == NO_BACKBONE:
        return scenario.regime if scenario.values["backbone"] else "collective"
    return "collective" if scenario.regime == reference else scenario.regime


def told_scenario(source: Source) -> dict[str, Any]:
    """Return a scenario as a page shows it.

    Raises
    ------
    ScenarioError
        With everything that is wrong in it.
    """
    scenario = scenario_of(source)
    indicator = scenario.indicator
    return {
        "source": source.plain(),
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "indicator": {
            "name": indicator.name, "unit": indicator.unit, "baseline": indicator.baseline, "best": indicator.best,
            "falling_good": is_falling_good(scenario),
        },
        "groups": [group.name for group in scenario.groups],
        "regime": scenario.regime,
        "regimes": {name: dict(levers) for name, levers in scenario.regimes.items()},
        "values": dict(scenario.values),
        "months": scenario.values["months"],
        "uncertain": [one.name for one in scenario.uncertainties],
        "facts": [{"text": one.text, "source": one.source} for one in scenario.facts],
    }  # fmt: skip


def difference(whatifs: Sequence[WhatIf]) -> list[dict[str, Any]]:
    """Return the inputs in which what-ifs differ, first how they are set up, then parameter by parameter.

    Parameters
    ----------
    whatifs : sequence of WhatIf
        Any number; the values of a row are in their order.

    Returns
    -------
    list of dict
        `name`, `meaning`, `unit`, `values`.

    Examples
    --------
    >>> from cisim.whatif.state import read_whatif
    >>> ask = lambda usd: read_whatif(
    ...     {"scenario": "generic-adaptive", "regime": "collective", "set": {"backbone_usd_per_year": usd}})
    >>> [(row["name"], row["values"]) for row in difference([ask(2e5), ask(4e5)])]
    [('backbone_usd_per_year', [200000.0, 400000.0])]
    """
    if not whatifs:
        return []
    stated = [one.to_dict() for one in whatifs]
    rows: list[tuple[str, str, str, list[Any]]] = [
        ("scenario", "where it starts from", "", _scenarios(whatifs))
    ]
    rows += [(name, meaning, unit, [one[name] for one in stated]) for name, meaning, unit in SET_UP]
    rows += [(name, param.meaning, param.unit, _values(whatifs, param)) for name, param in PARAMS.items()]
    keys = ("name", "meaning", "unit", "values")
    return [dict(zip(keys, row, strict=True)) for row in rows if len({str(value) for value in row[3]}) > 1]


def _values(whatifs: Sequence[WhatIf], param: Param) -> list[Any]:
    """Return the value each what-if gives a parameter; None where it is drawn."""
    if param.name == "financing":  # stands among the rows before
        return []
    found: list[Any] = []
    for one in whatifs:
        values: dict[str, Any] = dict(one.settings)
        is_open = param.name not in values and param.name in _drawn(one)
        found.append(None if is_open else one.scenario.with_(regime=one.regime, **values).values[param.name])
    return found


def _drawn(whatif: WhatIf) -> frozenset[str]:
    """Return the parameters that a what-if draws."""
    if whatif.draws == "none":
        return frozenset()
    declared = {one.name for one in whatif.scenario.uncertainties}
    joint = calibrated_for(whatif.scenario, whatif.common) if whatif.draws == "calibrated" else None
    return frozenset(declared | set(joint.names if joint else ()))


SET_UP = (
    ("regime", "way of working asked about", ""),
    ("reference", "what it is compared with", ""),
    ("financing", "equal: out of the same money; added: new money pays coordination", ""),
    ("draws", "where values nobody knows come from", ""),
    ("worlds", "paired futures", "futures"),
    ("seed", "key of all draws", ""),
    ("worth_usd", "worth of one unit kept up for a year", "usd"),
)


def _scenarios(whatifs: Sequence[WhatIf]) -> list[Any]:
    """Return the name of each what-if's scenario, with its digest where its text was sent."""
    return [
        one.source.name if one.source.text is None else f"{one.source.name} ({one.scenario.digest[:8]})"
        for one in whatifs
    ]
