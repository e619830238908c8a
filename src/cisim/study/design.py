"""Designs: which points a study visits, as a table with a row a point.

A point is one setting of the grid in one draw of the uncertainties. Points only ever come to be added at the
end, so that a finished study can grow: draws follow a scrambled Sobol' sequence, whose first points stay the same.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.params import PARAMS, Value
from cisim.study.distributions import values_at
from cisim.study.posterior import marginal_at, pick
from cisim.study.records import Factor
from cisim.study.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

F = npt.NDArray[np.float64]


def settings_of(spec: Spec) -> list[tuple[Value, ...]]:
    """Return the labels of every combination of the grid, the last factor changing fastest."""
    return list(itertools.product(*(factor.labels for factor in spec.grid)))


def unit_sample(n: int, n_factors: int, seed: int) -> F:
    """Return `n` points of the unit cube, evenly spread; the first rows of a larger sample are the same.

    Parameters
    ----------
    n, n_factors : int
    seed : int
        Key of the scrambling.

    Returns
    -------
    (n, n_factors) float64, 0 <= u < 1

    References
    ----------
    Owen (1998), Scrambling Sobol' and Niederreiter-Xing points. Journal of Complexity.
    https://doi.org/10.1006/jcom.1998.0487

    Examples
    --------
    >>> bool((unit_sample(4, 3, seed=1) == unit_sample(100, 3, seed=1)[:4]).all())
    True
    """
    from scipy.stats import qmc

    size = 1 << max(0, int(n - 1).bit_length())  # the sequence is balanced at powers of two
    return np.asarray(qmc.Sobol(n_factors, scramble=True, rng=np.random.default_rng(seed)).random(size)[:n])


def columns_of(spec: Spec, n_draws: int) -> dict[str, npt.NDArray[Any]]:
    """Return the value of every uncertain factor in each draw."""
    uncertain = spec.uncertain
    if not uncertain:
        return {}
    if spec.posterior is not None:
        rows = pick(spec.posterior, n_draws, spec.seed)
        table = [spec.posterior.rows[row] for row in rows]
        joint = {name: _typed(name, [row[k] for row in table]) for k, name in enumerate(spec.posterior.names)}
        free = [factor for factor in uncertain if factor.name not in joint]
        return {**joint, **mapped(free, unit_sample(n_draws, max(1, len(free)), spec.seed))}
    return mapped(uncertain, unit_sample(n_draws, len(uncertain), spec.seed))


def _typed(name: str, values: list[Value]) -> npt.NDArray[Any]:
    """Return values of a parameter as a column of its type."""
    kind: Any = {"int": np.int64, "float": np.float64, "choice": object}[PARAMS[name].kind]
    return np.array(values, dtype=kind)


def mapped(factors: tuple[Factor, ...] | list[Factor], u: F) -> dict[str, npt.NDArray[Any]]:
    """Return the values of factors at points of the unit cube, one column each."""
    return {
        f.name: values_at(f.uncertainty, u[:, k]) for k, f in enumerate(factors) if f.uncertainty is not None
    }


def base_design(spec: Spec) -> pd.DataFrame:
    """Return the points of a study that does not choose them from earlier results.

    Returns
    -------
    DataFrame
        `point`, `setting`, `draw`, `luck` and one column per factor; a row a point, in order.
    """
    if spec.analysis == "sensitivity":
        return _sensitivity_design(spec)
    settings = settings_of(spec)
    n_draws = spec.samples
    setting = np.tile(np.arange(len(settings)), n_draws)
    draw = np.repeat(np.arange(n_draws), len(settings))
    grid = {
        factor.name: np.tile(column(factor, [labels[k] for labels in settings]), n_draws)
        for k, factor in enumerate(spec.grid)
    }
    drawn = {name: np.repeat(values, len(settings)) for name, values in columns_of(spec, n_draws).items()}
    return frame_of(
        spec, setting, draw, draw if spec.seeds == "own" else np.zeros_like(draw), {**grid, **drawn}
    )


def _sensitivity_design(spec: Spec) -> pd.DataFrame:
    """Return the points of a sensitivity analysis; blocks of points share their luck."""
    from cisim.study.sensitivity.design import JOINT_METHODS, sample

    method = str(spec.options.get("method", "sobol"))
    second_order = bool(spec.options.get("second_order", True))
    found = sample(method, len(spec.factors), spec.samples, spec.seed, second_order=second_order)
    n = len(found.u)
    luck = found.luck if spec.seeds == "own" else np.zeros(n, dtype=np.int64)
    columns = joint_columns(spec, found.u) if method in JOINT_METHODS else independent_columns(spec, found.u)
    return frame_of(spec, np.zeros(n, np.int64), np.arange(n), luck, columns)


def joint_columns(spec: Spec, u: F) -> dict[str, npt.NDArray[Any]]:
    """Return the values of all factors, calibrated ones as joint draws, the others at points of the unit cube."""
    found = independent_columns(spec, u)
    joint = spec.posterior.names if spec.posterior else ()
    return {**found, **{name: column for name, column in columns_of(spec, len(u)).items() if name in joint}}


def independent_columns(spec: Spec, u: F) -> dict[str, npt.NDArray[Any]]:
    """Return the values of all factors at points of the unit cube, calibrated ones by their marginals alone."""
    joint = spec.posterior.names if spec.posterior else ()
    found = {}
    for k, factor in enumerate(spec.factors):
        if spec.posterior is not None and factor.name in joint:
            found[factor.name] = _typed(factor.name, marginal_at(spec.posterior, factor.name, u[:, k]))
        else:
            found.update(mapped([factor], u[:, k : k + 1]))
    return found


def column(factor: Factor, labels: list[Value]) -> npt.NDArray[Any]:
    """Return labels of a factor as a column of numbers or text."""
    if not factor.is_numeric:
        return np.array([str(label) for label in labels], dtype=object)
    is_whole = all(isinstance(label, int) for label in factor.labels)
    return np.array(labels, dtype=np.int64 if is_whole else np.float64)


def frame_of(
    spec: Spec,
    setting: npt.NDArray[Any],
    draw: npt.NDArray[Any],
    luck: npt.NDArray[Any],
    columns: dict[str, npt.NDArray[Any]],
    first_point: int = 0,
) -> pd.DataFrame:
    """Return points as a table with the factors in their order."""
    import pandas as pd

    keys = {
        "point": np.arange(first_point, first_point + setting.size, dtype=np.int64),
        "setting": setting.astype(np.int64),
        "draw": draw.astype(np.int64),
        "luck": luck.astype(np.int64),
    }
    return pd.DataFrame({**keys, **{factor.name: columns[factor.name] for factor in spec.factors}})


def values_in(spec: Spec, case: str, row: dict[str, Any]) -> dict[str, Value]:
    """Return the parameters that a point (a row of the design) sets in a case."""
    found: dict[str, Value] = {}
    for factor in spec.factors:
        if case not in factor.cases:
            continue
        value = row[factor.name]
        value = value.item() if isinstance(value, np.generic) else value
        if factor.levels:
            found.update(next(level.values for level in factor.levels if level.label == value))
        else:
            found[factor.name] = value
    return found
