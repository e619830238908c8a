"""A small study of decisions with known effects, for the tests of the decision analysis."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

import cisim
from cisim.params import Value
from cisim.records import Frozen, Uncertainty
from cisim.study.decision.ledger import add_worth, contexts_of, pairs_of
from cisim.study.decision.values import settings_of
from cisim.study.records import Factor, Level, StudyData

YEARS = 5
MONTHS = 12 * YEARS
BUDGETS = (0.0, 200_000.0, 400_000.0, 800_000.0)


def grid(
    name: str, labels: tuple[Value, ...], unit: str = "", is_lever: bool = True, sets: str = ""
) -> Factor:
    levels = tuple(Level(x, Frozen({sets or name: x})) for x in labels)
    return Factor(name, unit, f"meaning of {name}", ("collective",), levels, None, is_lever)


def sampled(name: str, low: float = 0.0, high: float = 1.0) -> Factor:
    uncertainty = Uncertainty(name, "uniform", Frozen({"low": low, "high": high}), "none", "assumed")
    return Factor(name, "1", f"meaning of {name}", ("collective",), (), uncertainty)


def made(
    *,
    draws: int = 40,
    worlds: int = 4,
    seed: int = 1,
    noise: float = 0.3,
    effect=lambda problem, budget, financing, x: (problem == "adaptive") * 2.0 * x * math.tanh(budget / 3e5),
    problems: tuple[str, ...] = ("adaptive", "technical"),
    financings: tuple[str, ...] = ("equal", "added"),
    budgets: tuple[float, ...] = BUDGETS,
    months: int = MONTHS,
    series: bool = True,
    money: bool = True,
    common_luck: bool = False,
    **options,
) -> StudyData:
    """A study whose monthly gain is -1 in the first year and then `effect`, plus noise of the world."""
    rng = np.random.default_rng(seed)
    x = rng.random((draws, 2))
    design, runs, monthly = [], [], []
    world_noise = noise * rng.standard_normal((draws, worlds))
    cells = [(p, b, f) for p in problems for b in budgets for f in financings]
    falls = cisim.load("infant-mortality")
    for setting, (problem, budget, financing) in enumerate(cells):
        own = noise * 0.5 * rng.standard_normal((draws, worlds))
        for draw in range(draws):
            point = setting * draws + draw
            luck = 0 if common_luck else draw
            design.append((point, setting, draw, luck, problem, budget, financing, *x[draw]))
            gain = effect(problem, budget, financing, x[draw, 0])
            for world in range(worlds):
                path = np.full(months, gain + world_noise[draw, world] + own[draw, world])
                path[: min(12, months // 2)] = -0.5 if budget else 0.0
                spent = budget * YEARS * (financing == "added")
                for case, sign in (("collective", 1.0), ("isolated", 0.0)):
                    level = 10.0 - sign * path
                    row = (point, setting, draw, case, world, luck * 1000 + world)
                    runs.append((*row, level[-12:].mean(), 5e6 + sign * spent))
                    if series:
                        monthly.append(
                            pd.DataFrame(
                                dict(zip(KEYS, row, strict=True))
                                | {"month": np.arange(months), "indicator": level}
                            )
                        )
    factors = (
        grid("problem", problems, is_lever=False),
        grid("backbone_usd_per_year", budgets, "usd/year"),
        grid("financing", financings),
        sampled("spark"),
        sampled("dud"),
    )
    names = ["point", "setting", "draw", "luck", *(f.name for f in factors)]
    table = pd.DataFrame(runs, columns=[*KEYS, "indicator", "usd_total"])
    table["case"] = pd.Categorical(table["case"], categories=["isolated", "collective"])
    if not money:
        table = table.drop(columns="usd_total")
    return StudyData(
        name="toy", title="A toy study", factors=factors, design=pd.DataFrame(design, columns=names), runs=table,
        cases=("isolated", "collective"), reference="isolated",
        outcomes=("indicator", "usd_total") if money else ("indicator",), scenario=falls, seed=seed,
        options=options,
        load_series=lambda: pd.concat(monthly, ignore_index=True) if monthly else pd.DataFrame(),
    )  # fmt: skip


KEYS = ["point", "setting", "draw", "case", "world", "seed"]


def worked(data: StudyData):
    s = settings_of(data)
    pairs, why = add_worth(data, s, pairs_of(data, s))
    return s, contexts_of(data, s, pairs), why
