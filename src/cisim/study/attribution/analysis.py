"""How much of the gain each of several conditions deserves, and which of them need each other.

The study visits all combinations of factors that are each off or on, in the same worlds. In each world of each draw
of the uncertainties this makes a game, whose Shapley values and interactions are computed exactly; what is
uncertain is only their mean over worlds and draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.statistics import LEVEL, F, check_level
from cisim.study.attribution import shapley
from cisim.study.attribution.units import Estimate, Units, estimate, holm, sample_of
from cisim.study.records import GAIN, Factor, Report, StudyData

if TYPE_CHECKING:
    import pandas as pd

Bools = npt.NDArray[np.bool_]

MOST_FACTORS = 8
MOST_NAMED = 3  # missing combinations that an error names
KNOWN = ("response", "case", "level")


@dataclass(frozen=True)
class Attribution:
    """Everything the text and the figures tell.

    Attributes
    ----------
    data : StudyData
    response, case : str
    level : float
    factors : tuple of Factor
    units : Units
    sample : str
        What the interval's sample is, in words.
    total, none, every : Estimate
        Worth of all less that of none; worth of none and of all. One number each.
    value, alone, last : Estimate
        A number per factor.
    pairs : list of (int, int)
    interaction : Estimate
        A number per pair.
    p_holm : (n_pairs,) float64
        Adjusted for the number of pairs.
    """

    data: StudyData
    response: str
    case: str
    level: float
    factors: tuple[Factor, ...]
    units: Units
    sample: str
    total: Estimate
    none: Estimate
    every: Estimate
    value: Estimate
    alone: Estimate
    last: Estimate
    pairs: list[tuple[int, int]]
    interaction: Estimate
    p_holm: F

    @property
    def holds(self) -> Bools:
        """Whether each pair's interaction is told from zero, allowing for the number of pairs."""
        return np.asarray(self.p_holm < 1.0 - self.level)


def analyse(data: StudyData) -> Report:
    """Tell how much of the gain each condition deserves and which need each other.

    Options of the study: `response` ("gain" or an outcome), `case` (the last unless told), `level`.

    Parameters
    ----------
    data : StudyData
        With 1 to 8 grid factors of exactly two levels, off and on, and all their combinations.

    Returns
    -------
    Report
        Tables `shapley`, `interactions`, `combinations`; figures `shares` and, for two factors or more, `interactions`.

    Raises
    ------
    ValueError
        If a grid factor has not two levels, combinations are missing, or an option is not allowed.
    """
    from cisim.study.attribution.figures import interactions, shares
    from cisim.study.attribution.text import text

    found = attribute(data)
    figures = {"shares": lambda: shares(found)}
    if found.pairs:
        figures["interactions"] = lambda: interactions(found)
    return Report("attribution", text(found), _tables(found), figures)


def attribute(data: StudyData) -> Attribution:
    """Return what `analyse` reports, before it is put into words."""
    options: Mapping[str, Any] = data.options
    for name in options:
        if name not in KNOWN:
            raise ValueError(f"options: {name!r} is not one of {', '.join(KNOWN)}")
    if not data.treated:
        raise ValueError("cases: only the reference; attribution needs a case beside it")
    response, case = str(options.get("response", GAIN)), str(options.get("case", data.treated[-1]))
    if case not in data.treated:
        raise ValueError(f"case: {case!r} is not one of {', '.join(data.treated)}")
    level = check_level(float(options.get("level", LEVEL)))
    factors = _factors(data)
    units = _units(data, factors, response, case)
    v = units.worth

    def mean_of(contrast: F) -> Estimate:
        return estimate(shapley.without_rounding(contrast, v), units, level)

    pairs, second = shapley.interactions(v)
    between = mean_of(second)
    return Attribution(
        data, response, case, level, factors, units, sample_of(units),
        mean_of(v[:, -1:] - v[:, :1]), mean_of(v[:, :1]), mean_of(v[:, -1:]),
        mean_of(shapley.values(v)), mean_of(shapley.alone(v)), mean_of(shapley.last(v)),
        pairs, between, holm(between.p),
    )  # fmt: skip


def _factors(data: StudyData) -> tuple[Factor, ...]:
    """Return the grid factors, checked."""
    grid = tuple(factor for factor in data.factors if factor.kind == "grid")
    for factor in grid:
        if len(factor.levels) != 2:
            raise ValueError(
                f"factor {factor.name!r}: {len(factor.levels)} levels; attribution takes two, off and then on"
            )
    if not 1 <= len(grid) <= MOST_FACTORS:
        names = f" ({', '.join(factor.name for factor in grid)})" if grid else ""
        raise ValueError(f"factors: {len(grid)} on the grid{names}; attribution takes 1 to {MOST_FACTORS}")
    return grid


def _units(data: StudyData, factors: tuple[Factor, ...], response: str, case: str) -> Units:
    """Return the response of every combination in each draw and world."""
    keyed = _placed(data.design, factors)
    runs = data.response(response)
    runs = runs.loc[runs["case"] == case, ["point", "world", "seed", "value"]]
    runs = runs.merge(keyed, on="point", validate="m:1")
    bad = int((~np.isfinite(runs["value"].to_numpy())).sum())
    if bad:
        raise ValueError(f"response: {response!r} is not finite in {bad} of {len(runs)} runs")
    table = runs.pivot(index=["draw", "world"], columns="place", values="value")
    table = table.reindex(columns=range(1 << len(factors)))
    whole = table[table.notna().all(axis=1)]
    if whole.index.get_level_values("draw").nunique() < keyed["draw"].nunique() or len(whole) < 2:
        raise ValueError(f"runs: {len(whole)} worlds have all combinations; at least 2, and 1 in every draw")
    seeds = runs.groupby(["draw", "world"])["seed"].nunique()
    return Units(
        whole.to_numpy(dtype=np.float64),
        whole.index.get_level_values("draw").to_numpy(dtype=np.int64),
        whole.index.get_level_values("world").to_numpy(dtype=np.int64),
        bool((runs.groupby("world")["draw"].nunique() > runs.groupby("world")["seed"].nunique()).any()),
        bool((seeds == 1).all()),
        len(table) - len(whole),
    )


def _placed(design: pd.DataFrame, factors: tuple[Factor, ...]) -> pd.DataFrame:
    """Return point, draw and place of every point: bit i of the place says whether factor i is on."""
    place = np.zeros(len(design), dtype=np.int64)
    for i, factor in enumerate(factors):
        is_on = (design[factor.name] == factor.labels[1]).to_numpy(dtype=np.bool_)
        is_off = (design[factor.name] == factor.labels[0]).to_numpy(dtype=np.bool_)
        if not (is_on | is_off).all():
            raise ValueError(f"factor {factor.name!r}: the design holds values that are none of its levels")
        place |= is_on.astype(np.int64) << i
    keyed = design[["point", "draw"]].assign(place=place)
    if keyed.duplicated(["draw", "place"]).any():
        raise ValueError("design: a combination occurs twice in one draw; each must occur once")
    found = set(zip(keyed["draw"].tolist(), keyed["place"].tolist(), strict=True))
    draws = sorted(set(keyed["draw"].tolist()))
    missing = [(d, p) for d in draws for p in range(1 << len(factors)) if (d, p) not in found]
    if missing:
        named = "; ".join(f"{_setting(factors, p)} (draw {d})" for d, p in missing[:MOST_NAMED])
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise ValueError(
            f"design: missing: {named}{more}; attribution needs all {1 << len(factors)} combinations in every draw"
        )
    return keyed


def _setting(factors: tuple[Factor, ...], place: int) -> str:
    """Return a combination in words."""
    return ", ".join(f"{factor.name} {factor.labels[place >> i & 1]}" for i, factor in enumerate(factors))


def _tables(found: Attribution) -> dict[str, pd.DataFrame]:
    """Return the results as tidy tables."""
    import pandas as pd

    names = [factor.name for factor in found.factors]
    total = float(found.total.mean[0])
    share = found.value.mean / total if total else np.full(len(names), np.nan)
    credit = pd.DataFrame({"factor": names, "share_of_total": share})
    for kind, one in (("shapley", found.value), ("alone", found.alone), ("last", found.last)):
        credit = credit.assign(**{kind: one.mean, f"{kind}_low": one.low, f"{kind}_high": one.high})
    between = found.interaction
    first, second = [names[i] for i, _ in found.pairs], [names[j] for _, j in found.pairs]
    pairs = {
        "first": first,
        "second": second,
        "interaction": between.mean,
        "low": between.low,
        "high": between.high,
    }
    sets = estimate(found.units.worth, found.units, found.level)
    places = np.arange(found.units.worth.shape[1])
    which = {f.name: [f.labels[int(place >> i & 1)] for place in places] for i, f in enumerate(found.factors)}
    return {
        "shapley": credit,
        "interactions": pd.DataFrame({**pairs, "p": between.p, "p_holm": found.p_holm, "holds": found.holds}),
        "combinations": pd.DataFrame({**which, "mean": sets.mean, "low": sets.low, "high": sets.high}),
    }
