"""Settings of scenario discovery and what they are unless a study states them.

`cisim.study.options` says what a study file may state; here are the defaults, and what only the data can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cisim.statistics import LEVEL, check_level
from cisim.study.discovery.prim import MIN_MASS, PEEL
from cisim.study.records import GAIN, StudyData

RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the analysis, as the study file states them.

    Attributes
    ----------
    response : str
        "gain" or an outcome.
    case : str
        The case that pays or hurts; the last one unless told.
    pays, hurts : float
        Thresholds, in the unit of the response.
    peel, min_mass : float
        Of the search (`cisim.study.discovery.prim`).
    resamples : int
        Random halves the search is repeated on.
    level : float
        Confidence level of intervals; one minus it is the error rate of "found".
    """

    response: str = GAIN
    case: str = ""
    pays: float = 0.0
    hurts: float = 0.0
    peel: float = PEEL
    min_mass: float = MIN_MASS
    resamples: int = RESAMPLES
    level: float = LEVEL


def read_options(data: StudyData) -> Options:
    """Return the settings, checked.

    Raises
    ------
    ValueError
        If an option is not known or not allowed.
    """
    stated: Mapping[str, Any] = data.options
    known = tuple(Options.__dataclass_fields__)
    for name in stated:
        if name not in known:
            raise ValueError(f"options: {name!r} is not one of {', '.join(known)}")
    if not data.treated:
        raise ValueError("cases: only the reference; scenario discovery needs a case beside it")
    hurts = min(0.0, float(stated.get("pays", 0.0)))
    options = Options(**{"case": data.treated[-1], "hurts": hurts, **stated})
    if options.case not in data.treated:
        raise ValueError(f"case: {options.case!r} is not one of {', '.join(data.treated)}")
    if options.hurts > options.pays:
        raise ValueError(f"hurts: {options.hurts!r} is above pays: {options.pays!r}; no point may do both")
    if isinstance(options.resamples, bool) or options.resamples < 2:
        raise ValueError(f"resamples: {options.resamples!r} is not allowed; a whole number of at least 2")
    check_level(options.level)
    return options
