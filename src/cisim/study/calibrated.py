"""The calibrated set that comes with cisim: what studies draw from unless they say otherwise.

It was found by the shipped study `calibration`, which can be run again (`cisim calibrate calibration`). It says how
far values of what nobody knows can be apart and still agree with published facts; what a scenario states itself
is a fact of that case and is not drawn.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from cisim.params import PARAMS
from cisim.presets import display
from cisim.problems import Place, ScenarioError
from cisim.scenario import Scenario
from cisim.study.posterior import FILE, part_of, posterior_of, read_table, wrong_with
from cisim.study.shipped import studies_home
from cisim.study.spec import Posterior

SOURCE = "calibrated"
"""What a study file calls the shipped set."""


def calibrated_home() -> Path:
    """Return the folder of the shipped set: `posterior.csv`, and `origin.json`, which says what made it."""
    return studies_home() / "calibrated"


@cache
def calibrated() -> Posterior:
    """Return the shipped set.

    Raises
    ------
    ScenarioError
        If it is not installed, or damaged.

    Examples
    --------
    >>> "attendance" in calibrated().names
    True
    """
    file = calibrated_home() / FILE
    try:
        frame, lines = read_table(file)
        wrong = wrong_with(frame, lines)
    except FileNotFoundError:
        wrong = "no calibrated set is installed"
    except (OSError, ValueError) as error:
        wrong = f"cannot be read: {error}"
    if wrong:
        way_out = f"{SOURCE!r} is not allowed without it; use 'scenario', or install cisim again"
        raise ScenarioError.of(f"{wrong}; {way_out}", "uncertainties", Place(display(file)))
    return posterior_of(frame, SOURCE)


def origin() -> dict[str, Any]:
    """Return what made the shipped set: study, digest, version of the model, number of draws.

    Examples
    --------
    >>> origin()["study"]
    'calibration'
    """
    found: dict[str, Any] = json.loads((calibrated_home() / "origin.json").read_text("utf-8"))
    return found


def calibrated_for(scenario: Scenario, stated: Collection[str] = ()) -> Posterior | None:
    """Return the part of the shipped set that a scenario leaves open.

    Parameters
    ----------
    scenario : Scenario
        A parameter whose value here is not the default is taken as stated by the case, and left alone.
    stated : collection of str
        Parameters that a study sets or varies itself.

    Returns
    -------
    Posterior or None
        None where nothing is left to draw.

    Examples
    --------
    >>> from cisim.scenario import load
    >>> "ruggedness" in calibrated_for(load("generic-adaptive")).names
    True
    >>> "ruggedness" in calibrated_for(load("generic-technical")).names  # the answer is known there
    False
    """
    open_names = {
        name
        for name in calibrated().names
        if scenario.values[name] == PARAMS[name].default and name not in stated
    }
    return part_of(calibrated(), open_names)
