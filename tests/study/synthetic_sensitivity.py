"""Studies of functions whose sensitivity indices are known, with and without luck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from cisim.records import Frozen, Uncertainty
from cisim.scenario import load
from cisim.study.records import Factor, StudyData
from cisim.study.sensitivity.design import sample
from cisim.study.sensitivity.index import Subject

ISHIGAMI_VARIANCE = 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5
ISHIGAMI_S1 = np.array([0.3139, 0.4424, 0.0])
ISHIGAMI_ST = np.array([0.5576, 0.4424, 0.2437])
ISHIGAMI_S13 = 0.2437
G_COEFFICIENTS = np.array([0.0, 1.0, 4.5, 9.0])


def ishigami(u: np.ndarray) -> np.ndarray:
    """Ishigami's function of three uniform inputs on [-pi, pi]; further inputs do nothing."""
    x = (2.0 * u - 1.0) * np.pi
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(u: np.ndarray) -> np.ndarray:
    """Sobol's product function of four inputs."""
    a = G_COEFFICIENTS
    return np.prod((np.abs(4.0 * u[:, : a.size] - 2.0) + a) / (1.0 + a), axis=1)


def g_indices() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """First-order, total and second-order indices of `sobol_g`, and its variance (Saltelli et al. 2010)."""
    alone = 1.0 / (3.0 * (1.0 + G_COEFFICIENTS) ** 2)
    whole = float(np.prod(1.0 + alone) - 1.0)
    total = alone * np.prod(1.0 + alone) / (1.0 + alone)
    return alone / whole, total / whole, np.outer(alone, alone) / whole, whole


def luck_of(luck: np.ndarray, worlds: int, sd: float, key: int = 7) -> np.ndarray:
    """Noise that is a pure function of luck and world, (rows, worlds)."""
    draws = [np.random.default_rng([key, w]).normal(size=int(luck.max()) + 1)[luck] for w in range(worlds)]
    return sd * np.stack(draws, axis=1)


def subject(
    f: Callable[[np.ndarray], np.ndarray], method: str, k: int, n: int, *, seed: int = 1, worlds: int = 1,
    sd: float = 0.0, second_order: bool = True, shared: bool = True, resamples: int = 200,
) -> Subject:  # fmt: skip
    """What an analysis of f + noise reads; with `shared` False each row has luck of its own."""
    made = sample(method, k, n, seed, second_order=second_order)
    luck = made.luck if shared else np.arange(made.luck.size)
    y = f(made.u)[:, None] + luck_of(luck, worlds, sd, key=seed)
    names = tuple(f"x{j + 1}" for j in range(k))
    return Subject(method, n, second_order, names, made.u, y, resamples=resamples, seed=seed)


def study(
    f: Callable[[np.ndarray], np.ndarray], method: str, k: int, n: int, *, seed: int = 1, worlds: int = 2,
    sd: float = 1.0, options: dict[str, Any] | None = None, choices: dict[int, tuple[str, ...]] | None = None,
    second_order: bool = True,
) -> StudyData:  # fmt: skip
    """A study of a collective against an isolated case whose gain is f + noise.

    Factor j in `choices` takes these names in equal parts of its range (f sees the middle of the part).
    """
    made = sample(method, k, n, seed, second_order=second_order)
    seen = made.u.copy()
    columns, factors = {}, []
    for j in range(k):
        names = (choices or {}).get(j)
        if names:
            place = (made.u[:, j] * len(names)).astype(int)
            seen[:, j] = (place + 0.5) / len(names)
            columns[f"x{j + 1}"] = np.array(names, dtype=object)[place]
            arguments: Any = Frozen({"values": names})
        else:
            columns[f"x{j + 1}"] = 10.0 + 5.0 * made.u[:, j]
            arguments = Frozen({"low": 10.0, "high": 15.0})
        kind = "choice" if names else "uniform"
        drawn = Uncertainty(f"x{j + 1}", kind, arguments, "test", "assumed")
        factors.append(Factor(f"x{j + 1}", "units", "an input", ("isolated", "collective"), (), drawn))
    rows = made.luck.size
    keys = {"point": np.arange(rows), "setting": 0, "draw": np.arange(rows), "luck": made.luck}
    runs = _runs(f(seen)[:, None] + luck_of(made.luck, worlds, sd), made.luck)
    return StudyData(
        name="test", title="A test", factors=tuple(factors), design=pd.DataFrame({**keys, **columns}), runs=runs,
        cases=("isolated", "collective"), reference="isolated", outcomes=("indicator", "trust"),
        scenario=load("generic-adaptive"), seed=seed,
        options={"method": method, "n": n, "second_order": second_order, **(options or {})},
        load_series=pd.DataFrame,
    )  # fmt: skip


def _runs(gain: np.ndarray, luck: np.ndarray) -> pd.DataFrame:
    """Runs whose paired improvement is `gain`, whichever direction is good."""
    rows, worlds = gain.shape
    sign = -1.0 if load("generic-adaptive").indicator.is_falling_good else 1.0
    point, case, world = (
        x.ravel() for x in np.meshgrid(np.arange(rows), [0, 1], np.arange(worlds), indexing="ij")
    )
    base = np.random.default_rng(5).normal(50.0, 3.0, size=(rows, worlds))[point, world]
    return pd.DataFrame(
        {
            "point": point, "setting": 0, "draw": point,
            "case": pd.Categorical.from_codes(case, categories=["isolated", "collective"]),
            "world": world, "seed": luck[point] * 1000 + world,
            "indicator": base + np.where(case == 1, sign * gain[point, world], 0.0), "trust": 0.5,
        }
    )  # fmt: skip
