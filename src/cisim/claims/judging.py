"""From finished runs to findings: estimates, verdicts, and conditions tested on the half that was not searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cisim.claims.asked import Experiments, Statement
from cisim.claims.conditions import Found, search
from cisim.claims.findings import Answer, Audit, Condition, Finding
from cisim.claims.regions import Region, Regions, halves, words
from cisim.claims.values import Runs, effects
from cisim.claims.verdicts import ERROR, REVERSES, Demand, Estimate, Verdict, estimate, is_within, judge
from cisim.study.records import GAIN

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

INTERVALS = 3
"""Intervals told of each statement: over all draws, and inside and outside the region that was tested."""


@dataclass(frozen=True)
class Split:
    """The draws of a study as conditions are looked for: who is searched, and all regions.

    Attributes
    ----------
    x : DataFrame
    clusters : (n_draws,) int64
    is_searched : (n_draws,) bool
    regions : Regions
        Of the searched draws.
    """

    x: pd.DataFrame
    clusters: npt.NDArray[np.int64]
    is_searched: Bools
    regions: Regions

    @classmethod
    def of(cls, runs: Runs, most: int = 2) -> Split:
        """Return the split of a study's draws; regions have up to `most` parameters."""
        coin = halves(runs.keys, runs.study)
        x = runs.x[coin].reset_index(drop=True)
        return cls(runs.x, runs.clusters, coin, Regions.of(x, most))


def evaluate(
    asked: Experiments,
    runs: Mapping[str, Runs],
    error: float = ERROR,
    splits: Mapping[str, Split] | None = None,
) -> Audit:
    """Return what finished runs say of all statements.

    Parameters
    ----------
    asked : Experiments
    runs : mapping of str to Runs
        By name of the study; all that the statements name.
    error : float
        Chance that any interval of the audit misses.
    splits : mapping of str to Split, optional
        By name of the study, where they are known already.
    """
    every = [(one, k, s) for one in asked.experiments for k, s in enumerate(one.statements, 1)]
    n_intervals = INTERVALS * len(every)
    found: dict[tuple[str, int], Finding] = {}
    for study in asked.studies:
        here = [item for item in every if item[2].study == study]
        split = splits[study] if splits else Split.of(runs[study])
        demands = [demand_of(s, asked.margins, runs[study]) for _, _, s in here]
        values = np.column_stack([effects(s, runs[study]) for _, _, s in here])
        results = judged(values, demands, split, runs[study].units, error / n_intervals)
        for (one, k, s), demand, (whole, overall, condition) in zip(here, demands, results, strict=True):
            unit = unit_of(s, runs[study])
            worlds = runs[study].n_draws * runs[study].n_worlds
            found[one.name, k] = Finding(one.name, k, s, demand, whole, overall, condition, unit, worlds)
    answers = tuple(
        Answer(one, tuple(found[one.name, k] for k in range(1, len(one.statements) + 1)))
        for one in asked.experiments
    )
    return Audit(answers, n_intervals, error)


Judged = tuple[Estimate, Verdict, Condition | None]


def judged(
    values: F, demands: Sequence[Demand], split: Split, units: Mapping[str, str], alpha: float
) -> list[Judged]:
    """Return estimate, verdict and tested condition of each column of effects.

    Parameters
    ----------
    values : (n_draws, n_statements) float64
    demands : sequence of Demand
    split : Split
    units : mapping of str to str
        Of the parameters, for words.
    alpha : float
        Chance that one interval misses.
    """
    regions = search(split.regions, values[split.is_searched], demands)
    found: list[Judged] = []
    for column, demand, region in zip(values.T, demands, regions, strict=True):
        whole = estimate(column, split.clusters, alpha, is_share=demand.is_share)
        condition = None if region is None else confirm(column, demand, region, split, units, alpha)
        found.append((whole, judge(whole, demand), condition))
    return found


def confirm(
    column: F, demand: Demand, found: Found, split: Split, units: Mapping[str, str], alpha: float
) -> Condition:
    """Return what the half that was not searched says of a region."""
    confirming = ~split.is_searched & np.isfinite(column)
    inside = found.region.contains(split.x)
    here = _estimate(column, split, confirming & inside, demand, alpha)
    there = _estimate(column, split, confirming & ~inside, demand, alpha)
    mass = float(inside[confirming].mean()) if confirming.any() else float("nan")
    text = words(found.region, units, _continuous(split.x, found.region))
    is_beyond = judge(there, Demand("none", 0.0, demand.within)) == REVERSES
    return Condition(
        found,
        text,
        mass,
        here,
        there,
        judge(here, demand),
        judge(there, demand),
        is_within(here, demand),
        is_beyond,
    )


def _estimate(column: F, split: Split, rows: Bools, demand: Demand, alpha: float) -> Estimate:
    """Return the estimate over some of the draws."""
    return estimate(column[rows], split.clusters[rows], alpha, is_share=demand.is_share)


def _continuous(x: pd.DataFrame, region: Region) -> dict[str, bool]:
    """Tell which parameters of a region have many values."""
    from cisim.study.discovery.boxes import FEW

    return {side.name: int(x[side.name].nunique()) > FEW for side in region.sides}


def demand_of(statement: Statement, margins: Mapping[str, float], runs: Runs) -> Demand:
    """Return what a statement is held against; without a margin only an effect of exactly nought is none."""
    outcome = statement.terms[0].outcome
    margin = margins.get(outcome, 0.0) * (runs.way if outcome == GAIN else 1.0)
    if statement.statistic != "mean":
        margin = 0.0
    is_share = statement.statistic == "share_above" and len(statement.terms) == 1
    within = margin if statement.within is None else statement.within
    return Demand(statement.says, statement.than, within, is_share)


def unit_of(statement: Statement, runs: Runs) -> str:
    """Return the unit of a statement's effect in words."""
    from cisim.outcomes import describe
    from cisim.result import meaning_of

    if statement.statistic == "share_above":
        return "share of worlds"
    if statement.statistic == "log_sd":
        return "log"
    outcome, month = statement.terms[0].outcome, statement.terms[0].month
    if outcome == GAIN:
        return runs.unit
    unit = meaning_of(outcome)[1] if month is None else describe(outcome)[1]
    return unit.replace("indicator", runs.unit)
