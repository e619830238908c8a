"""Made-up runs for tests of the audit: draws of a few parameters, cases that differ by what a test plants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from cisim.claims.asked import Experiment, Experiments, Statement, Term
from cisim.claims.values import Runs
from cisim.records import Frozen, Source

PARAMETERS = ("turf", "fear", "attendance", "trust_years", "client_overlap")
CASES = ("a", "b", "c", "d")
Planted = Callable[[pd.DataFrame], np.ndarray]


def draws(n: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame({name: rng.uniform(0.0, 1.0, n) for name in PARAMETERS})


def runs(
    rng: np.random.Generator,
    *,
    n: int = 128,
    worlds: int = 2,
    planted: dict[str, Planted] | None = None,
    skew: bool = False,
    study: str = "made up",
    noise: float = 1.0,
) -> Runs:
    """Gains with a large common part in each world, noise of its own in each case, and what is planted by case."""
    x = draws(n, rng)
    shape = (n, worlds, len(CASES))
    common = 5.0 * rng.normal(size=(n, worlds, 1)) + 3.0 * x["turf"].to_numpy()[:, None, None]
    own = rng.exponential(size=shape) - 1.0 if skew else rng.normal(size=shape)
    gain = common + noise * np.sqrt(worlds) * own
    for case, effect in (planted or {}).items():
        gain[:, :, CASES.index(case)] += effect(x)[:, None]
    return Runs(study, CASES, {("indicator", None): -gain}, x, {}, falling_good=True, way=10.0)


def contrast(
    case: str = "b", against: str = "a", says: str = "more", study: str = "made up", **more
) -> Statement:
    return Statement(says, study, (Term(case, against),), **more)


def asked(
    *statements: Statement | Sequence[Statement], margins: dict[str, float] | None = None
) -> Experiments:
    """One experiment for each statement, or for each list of them."""
    made = []
    for k, one in enumerate(statements, 1):
        listed = (one,) if isinstance(one, Statement) else tuple(one)
        made.append(Experiment(f"S0.{k}", "Is it so?", listed))
    return Experiments("made up", Frozen(margins or {"gain": 0.05}), tuple(made), Source("", ""))


def constant(value: float) -> Planted:
    return lambda x: np.full(len(x), value)
