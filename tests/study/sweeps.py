"""A made-up study with known effects, for the tests of the sweep analysis."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from cisim.params import Value
from cisim.records import Frozen
from cisim.scenario import Scenario, load
from cisim.study.records import Factor, Level, StudyData

BASELINE = 13.5  # of the scenario; lower is better there


def factor(name: str, labels: tuple[Value, ...], unit: str = "") -> Factor:
    levels = tuple(Level(one, Frozen({name: one})) for one in labels)
    return Factor(name, unit, "", ("collective",), levels)


BACKBONE = factor("backbone_usd_per_year", (0, 100_000, 200_000), "usd/year")
FINANCING = factor("financing", ("equal", "added"))
TIES = factor("max_ties", (8, 16, 24, 32), "ties")


def study(
    scenario: Scenario,
    factors: tuple[Factor, ...] = (BACKBONE, FINANCING),
    effect: Callable[..., float] = lambda **_: 0.0,
    n_worlds: int = 12,
    n_draws: int = 1,
    sd_draw: float = 0.0,
    sd_world: float = 2.0,
    sd_noise: float = 0.3,
    seed: int = 1,
    cases: tuple[str, ...] = ("isolated", "collective"),
    reference: str | None = "isolated",
    luck: str = "own",
    sd_own: float = 0.0,
    options: dict[str, Any] | None = None,
    months: int = 0,
) -> StudyData:
    """A study whose true mean gains are `effect(case=..., **levels)`; everything else is noise of known size."""
    rng = np.random.default_rng(seed)
    settings = pd.DataFrame(
        list(itertools.product(*(f.labels for f in factors))), columns=[f.name for f in factors], index=None
    )
    of_draw, of_luck = sd_draw * rng.standard_normal(n_draws), rng.standard_normal((n_draws, n_worlds))
    gain_of_world = sd_own * rng.standard_normal((n_draws, n_worlds))
    points, runs = [], []
    for draw in range(n_draws):
        key = 0 if luck == "common" else draw
        for s, levels in settings.iterrows():
            point = draw * len(settings) + int(s)
            points.append({"point": point, "setting": int(s), "draw": draw, "luck": key, **levels})
            for case in cases:
                gain = (
                    0.0
                    if case == reference
                    else effect(case=case, **levels) + of_draw[draw] + gain_of_world[key]
                )
                noise = sd_noise * rng.standard_normal(n_worlds)
                runs.append(
                    pd.DataFrame(
                        {
                            "point": point, "setting": int(s), "draw": draw, "case": case, "world": np.arange(n_worlds),
                            "seed": 1000 * key + np.arange(n_worlds),
                            "indicator": BASELINE + sd_world * of_luck[key] - gain + noise,
                            "usd_per_unit": 100.0 + rng.random(n_worlds),
                        }
                    )
                )  # fmt: skip
    frame = pd.concat(runs, ignore_index=True)
    frame["case"] = pd.Categorical(frame["case"], categories=cases)
    return StudyData(
        "made-up", "A made-up study", factors, pd.DataFrame(points), frame, cases, reference,
        ("indicator", "usd_per_unit"), scenario, seed, options or {}, lambda: monthly_of(frame, months),
    )  # fmt: skip


def monthly_of(runs: pd.DataFrame, months: int) -> pd.DataFrame:
    """A monthly table whose indicator goes from the start to the value of the run, and whose trust is constant."""
    keys = runs[["point", "setting", "draw", "case", "world", "seed"]]
    frames = [
        keys.assign(
            month=m, indicator=BASELINE + (runs["indicator"] - BASELINE) * (m + 1) / months, trust=0.25
        )
        for m in range(months)
    ]
    return pd.concat(frames, ignore_index=True) if frames else keys.iloc[:0].assign(month=[])


def rises(case: str, backbone_usd_per_year: float = 0.0, financing: str = "equal", **_: Any) -> float:
    return backbone_usd_per_year / 1e5 + (0.5 if financing == "added" else 0.0)


def infant_mortality() -> Scenario:
    """The scenario whose indicator the study is about."""
    return load("infant-mortality")
