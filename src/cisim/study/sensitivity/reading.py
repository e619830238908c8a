"""From the runs of a study to what a sensitivity analysis reads: each point with its place in the sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.statistics import LEVEL, check_level
from cisim.study.distributions import POSTERIOR
from cisim.study.records import GAIN, Factor, StudyData, wide
from cisim.study.sensitivity.design import (
    BLOCK_METHODS,
    JOINT_METHODS,
    LEAST,
    Sample,
    block_rows,
    check,
    method_of,
    sample,
)
from cisim.study.sensitivity.index import F, I, Subject

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 500


@dataclass(frozen=True)
class Reading:
    """What is analysed and what must be said of it.

    Attributes
    ----------
    subject : Subject
    response, unit, case : str
    reference : str or None
    discrete : tuple of str
        Factors that take few values, so that different places in the distribution give the same one.
    notes : list of str
    """

    subject: Subject
    response: str
    unit: str
    case: str
    reference: str | None
    discrete: tuple[str, ...]
    notes: list[str]


def read(data: StudyData) -> Reading:
    """Return the response at every point of the sample, with the places of the points.

    The sample is made again from the seed and matched to points by their number; luck and the order of every
    factor's values are compared with the design, so that a sample of other settings is not taken for this one.

    Parameters
    ----------
    data : StudyData
        Its options, all of which may be left out: `method` (sobol), `n` (what the design has points for),
        `second_order` (true), `response` (gain), `case` (the last treated), `level` (0.95), `resamples` (500).

    Raises
    ------
    ValueError
        If an option is not allowed, the design is another sample, runs are missing in a method of blocks, or a
        response is not finite.
    """
    method, n, second_order = _method(data)
    names = tuple(factor.name for factor in data.factors)
    resamples = _whole(data.options, "resamples", RESAMPLES, 20)
    level = check_level(float(data.options.get("level", LEVEL)))
    made = sample(method, len(names), n, data.seed, second_order=second_order)
    design = _matched(data, made, n)
    u, n_of_set = _places(data, made.u, design, method)
    case = _case(data)
    response = str(data.options.get("response", GAIN))
    y = _table(data, response, case, made.luck.size)
    kept, notes = _complete(y, method, block_rows(method, len(names), second_order))
    if len(data.design) > made.luck.size:
        notes.append(
            f"The design has {len(data.design)} points; the first {made.luck.size}, a sample of n = {n}, are read."
        )
    subject = Subject(
        method, int(kept.size) if method not in BLOCK_METHODS else n, second_order, names, u[kept], y[kept],
        level, resamples, data.seed,
    )  # fmt: skip
    notes += about_set(n_of_set, method)
    discrete = tuple(
        name for j, name in enumerate(names) if design[name].nunique() < np.unique(made.u[:, j]).size
    )
    return Reading(subject, response, data.unit_of(response), case, data.reference, discrete, notes)


def _method(data: StudyData) -> tuple[str, int, bool]:
    """Return method, base sample and whether pairs are looked at."""
    method = method_of(data.options.get("method", "sobol"))
    second_order = data.options.get("second_order", True)
    if not isinstance(second_order, bool):
        raise ValueError(f"second_order: {second_order!r} is not allowed; true or false")
    second_order = second_order and method == "sobol"
    fits = len(data.design) // block_rows(method, len(data.factors), second_order)
    n = check(method, len(data.factors), data.options.get("n", fits))
    return method, n, second_order


def _whole(options: Any, key: str, default: int, least: int) -> int:
    """Return a whole number of the options."""
    value = options.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{key}: {value!r} is not allowed; a whole number of at least {least}")
    return value


def _case(data: StudyData) -> str:
    """Return the case whose response is explained."""
    case = data.options.get("case", data.treated[-1])
    if case not in data.treated:
        raise ValueError(f"case: {case!r} is not one of {', '.join(data.treated)}")
    return str(case)


def _matched(data: StudyData, made: Sample, n: int) -> pd.DataFrame:
    """Return the design's rows of the sample, by point, once they have been found to be that sample."""
    rows = made.luck.size
    if data.design["setting"].nunique() > 1:
        raise ValueError(
            "design: has several settings; a sensitivity analysis samples all factors, without grid"
        )
    design = data.design.set_index("point").sort_index()
    if len(design) < rows or not np.array_equal(design.index[:rows], np.arange(rows)):
        raise ValueError(
            f"n: {n} with {len(data.factors)} factors makes points 0 to {rows - 1}; the design "
            f"has {len(design)} points, so method, n or second_order differ from those it was made with"
        )
    design = design.iloc[:rows]
    pairs = np.unique(np.stack([design["luck"].to_numpy(), made.luck]), axis=1).shape[1]
    if np.unique(made.luck).size > design["luck"].nunique():
        raise ValueError(
            "luck: points that should have luck of their own share it, so luck would not count as an input; run the "
            "study with seeds: own"
        )
    if pairs != design["luck"].nunique():
        raise ValueError(
            "luck: points of the design share it otherwise than this sample; indices would be biased"
        )
    for j, factor in enumerate(data.factors):
        if is_joint(factor, str(data.options.get("method", "sobol"))):
            continue  # its values came with those of others, not from this sample
        order = np.argsort(made.u[:, j], kind="stable")
        if (np.diff(_numbers(factor, design[factor.name])[order]) < 0.0).any():
            raise ValueError(
                f"{factor.name}: its values in the design are not in the order of this sample, so method, n, "
                "second_order or seed differ from those it was made with"
            )
    return design


def is_joint(factor: Factor, method: str) -> bool:
    """Tell whether a factor was drawn together with others."""
    drawn = factor.uncertainty is not None and factor.uncertainty.distribution == POSTERIOR
    return drawn and method_of(method) in JOINT_METHODS


def _places(data: StudyData, u: F, design: pd.DataFrame, method: str) -> tuple[F, int]:
    """Return the places of all points, of jointly drawn factors by their ranks; and how many are of a set."""
    from scipy.stats import rankdata

    u = u.copy()
    for j, factor in enumerate(data.factors):
        if is_joint(factor, method):
            ranks = rankdata(_numbers(factor, design[factor.name]))
            u[:, j] = (ranks - 0.5) / len(ranks)
    of_set = [one for one in data.factors if one.uncertainty and one.uncertainty.distribution == POSTERIOR]
    return u, len(of_set)


def about_set(n: int, method: str) -> list[str]:
    """Return what to say of factors that come from a calibrated set."""
    if not n:
        return []
    if method in JOINT_METHODS:
        how = "drawn together, so that a factor may stand for another it depends on there"
    else:
        how = "each drawn by its own distribution there: the method needs inputs that do not depend on each other"
    return [f"{n} factors come from a calibrated set, {how}."]


def _numbers(factor: Factor, column: pd.Series[Any]) -> F:
    """Return a factor's values as numbers in the order of its distribution."""
    values = factor.labels or (factor.uncertainty.arguments.get("values", ()) if factor.uncertainty else ())
    if isinstance(values, tuple) and values:
        places = {value: float(i) for i, value in enumerate(values)}
        return np.array([places[value] for value in column])
    return column.to_numpy(dtype=np.float64)


def _table(data: StudyData, response: str, case: str, rows: int) -> F:
    """Return the response, (rows, worlds), NaN where a run is missing."""
    found = data.response(response)
    found = found[(found["case"] == case) & (found["point"] < rows)]
    bad = int((~np.isfinite(found["value"])).sum())
    if bad:
        raise ValueError(
            f"response: {response!r} is not finite in {bad} of {len(found)} runs; choose a response that always has "
            "a value"
        )
    points, values = wide(found)
    table = np.full((rows, values.shape[1]), np.nan)
    table[points] = values
    return table


def _complete(y: F, method: str, per_block: int) -> tuple[I, list[str]]:
    """Return the points that have all their worlds, and what to say of those that have not."""
    has = np.isfinite(y).all(axis=1) if y.shape[1] else np.zeros(y.shape[0], dtype=bool)
    missing = np.flatnonzero(~has)
    kept = np.flatnonzero(has)
    if not missing.size:
        return kept, []
    which = ", ".join(map(str, missing[:5])) + (", ..." if missing.size > 5 else "")
    what = f"{missing.size} of {y.shape[0]} points lack runs (point {which})"
    if method in BLOCK_METHODS:
        raise ValueError(f"runs: {what}; {_way_out(method, int(missing[0]) // per_block)}")
    if kept.size < LEAST[method]:
        raise ValueError(f"runs: {what}; {method} needs {LEAST[method]} complete points. Run the study again")
    return kept, [
        f"{what} and were left out. If they failed for what was asked of them, the rest is no random sample."
    ]


def _way_out(method: str, whole: int) -> str:
    """Return what to do where a block is incomplete, given how many whole ones come first."""
    text = f"{method} needs whole blocks. Run the study again, which adds what is missing"
    fits = 1 << int(math.log2(whole)) if method == "sobol" and whole else whole
    return f"{text}, or set n: {fits}, of which all blocks are complete" if fits >= LEAST[method] else text
