"""One future in full: both courses, who trusts whom early and late, what happens if the backbone leaves, and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim import engine
from cisim.figures.network import EARLY_MONTH, Network, layout, network_of
from cisim.outcomes import COLUMNS
from cisim.result import SECTORS, SUMMED
from cisim.runs import run
from cisim.scenario import Scenario
from cisim.statistics import F
from cisim.whatif.answer import plain
from cisim.whatif.gains import MONTHS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

    from cisim.whatif.futures import Futures

COURSES = ("indicator", "indicator_published", "members", "trust", "stage", "backbone_fte")
LARGEST = 300
"""Organisations up to which ties and single payments are shown."""
TOP_FLOWS = 12


@dataclass(frozen=True)
class Lived:
    """One run with its network in month 12 and in the last month.

    Attributes
    ----------
    series : (n_months, n_columns) float64
    groups : (n_groups,) float64
        Indicator of each group, mean of the last year.
    early, late : Network
    """

    series: F
    groups: F
    early: Network
    late: Network


def lived(scenario: Scenario, seed: int) -> Lived:
    """Run one world and look at its network on the way."""
    world = engine.build(scenario, seed)
    last = world.n_months - 1
    early = min(EARLY_MONTH, last)
    world.advance(0, len(engine.STEP), 0, early + 1)
    first = network_of(world.state, early)
    world.advance(0, len(engine.STEP), early + 1, last + 1)
    return Lived(world.series, world.by_group[-12:].mean(axis=0), first, network_of(world.state, last))


def detail(futures: Futures, i: int) -> dict[str, Any]:
    """Return one future in full.

    Parameters
    ----------
    futures : Futures
    i : int
        Future, from 0.

    Returns
    -------
    dict
        `i`, `seed`, `draw`, `months`; `reference` and `chosen`: courses by month; `gain` by month; `network`: places,
        sectors and stages (month 12 and last month of the chosen case, its last month if the backbone's money ends
        after half the run, last month of the reference); `money` by use and year; `ledger`: the largest flows;
        `groups`.

    Raises
    ------
    ValueError
        If there is no such future.
    """
    if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < futures.n:
        raise ValueError(f"future: {i!r} is not allowed; a whole number from 0 to {futures.n - 1}")
    seed = futures.seeds[i]
    scenarios = [futures.scenario(i, case) for case in (0, 1)]
    reference, chosen = (lived(one, seed) for one in scenarios)
    left = lived(without_backbone_later(scenarios[1]), seed)
    sign = -1.0 if scenarios[1].indicator.best <= scenarios[1].indicator.baseline else 1.0
    at = COLUMNS.index("indicator")
    found = {
        "i": i,
        "seed": seed,
        "draw": {name: values[i] for name, values in futures.draws().items()},
        "months": list(range(1, len(chosen.series) + 1)),
        "reference": _courses(reference),
        "chosen": _courses(chosen),
        "if_left": _courses(left),
        "gain": sign * (chosen.series[:, at] - reference.series[:, at]),
        "network": _network(reference, chosen, left),
        "money": _money(reference, chosen),
        "ledger": _ledger(scenarios, seed),
        "groups": [
            {"name": group.name, "reference": reference.groups[k], "chosen": chosen.groups[k]}
            for k, group in enumerate(scenarios[1].groups)
        ],
    }
    told: dict[str, Any] = plain(found)
    return told


def without_backbone_later(scenario: Scenario) -> Scenario:
    """Return a scenario whose backbone's money ends half-way, without anybody taking over.

    Examples
    --------
    >>> from cisim.scenario import load
    >>> town = load("generic-adaptive").with_(regime="collective", backbone_term_years=15)  # of 10 years
    >>> without_backbone_later(town).values["backbone_term_years"]
    5.0
    """
    years = float(scenario.values["months"]) / MONTHS_PER_YEAR
    term = max(1.0, min(float(scenario.values["backbone_term_years"]), years) / 2.0)
    return scenario.with_(backbone_term_years=term, backbone_taper=0.0, savings_share=0.0)


def _courses(one: Lived) -> dict[str, Any]:
    """Return the monthly columns shown of a run."""
    return {name.removeprefix("indicator_"): one.series[:, COLUMNS.index(name)] for name in COURSES}


def _network(reference: Lived, chosen: Lived, left: Lived) -> dict[str, Any]:
    """Return places, sectors and the stages of the network."""
    shown = [
        ("chosen", "early", chosen.early),
        ("chosen", "late", chosen.late),
        ("left", "late, if the backbone's money ends half-way", left.late),
        ("reference", "late", reference.late),
    ]
    first = chosen.early
    return {
        "places": np.round(layout([one for _, _, one in shown]), 4),
        "sectors": [SECTORS[code] for code in first.sector],
        "stages": [_stage(case, title, one) for case, title, one in shown],
    }


def _stage(case: str, title: str, one: Network) -> dict[str, Any]:
    """Return one network as plain values."""
    trust = np.round(one.trust, 3).tolist()
    return {
        "title": f"{title} (month {one.month + 1})",
        "case": case,
        "month": one.month + 1,
        "active": one.is_active.astype(int),
        "member": one.is_member.astype(int),
        "ties": [[a, b, t] for (a, b), t in zip(one.pairs.tolist(), trust, strict=True)],
        "mean_trust": one.trust.mean() if one.trust.size else 0.0,
        "trusted": int((one.trust >= 0.5).sum()),
    }


def _money(reference: Lived, chosen: Lived) -> list[dict[str, Any]]:
    """Return yearly spending by use."""
    columns = [(name, COLUMNS.index(name)) for name in SUMMED]
    return [
        {
            "use": name.removeprefix("usd_"),
            "reference": reference.series[:, k].mean() * MONTHS_PER_YEAR,
            "chosen": chosen.series[:, k].mean() * MONTHS_PER_YEAR,
        }
        for name, k in columns
    ]


def _ledger(scenarios: list[Scenario], seed: int) -> dict[str, Any]:
    """Return the largest flows between kinds of accounts, usd a year, of both cases; none for large communities."""
    if int(scenarios[1].values["n_orgs"]) > LARGEST:
        return {"reference": [], "chosen": []}
    return {name: _flows(one, seed) for name, one in zip(("reference", "chosen"), scenarios, strict=True)}


def kinds_of(accounts: pd.Series[str], scenario: Scenario) -> pd.Series[str]:
    """Return accounts by kind, such as "organisations" for "organisation 12" and for every organisation with a name."""
    names = {ending for one in scenario.organisations for ending in (one.name, f"{one.name} (tied)")}
    return accounts.mask(accounts.isin(names), "organisations").str.replace(r" \d+.*$", "s", regex=True)


def _flows(scenario: Scenario, seed: int) -> list[dict[str, Any]]:
    """Return the largest flows of one run."""
    ledger = run(scenario, seed, details=True).ledger
    years = float(scenario.values["months"]) / MONTHS_PER_YEAR
    payer, payee = (kinds_of(ledger[side], scenario) for side in ("payer", "payee"))
    flows = (
        ledger.assign(payer=payer, payee=payee).groupby(["payer", "payee", "purpose"])["usd"].sum() / years
    )
    top = flows.sort_values(ascending=False).head(TOP_FLOWS)
    found = top.reset_index().to_dict("list")
    return [
        {"payer": payer, "payee": payee, "purpose": purpose, "usd": float(usd)}
        for payer, payee, purpose, usd in zip(*found.values(), strict=True)
    ]
