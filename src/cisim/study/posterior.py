"""Calibrated parameter sets: written by a calibration, drawn from by other studies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.checks import Check
from cisim.params import PARAMS, Value
from cisim.study.spec import Posterior
from cisim.tree import Node

if TYPE_CHECKING:
    import pandas as pd

FILE = "posterior.csv"
"""Name of the set in the `analysis` folder of a calibration."""
MOST_ROWS = 5_000


def read_posterior(check: Check, node: Node, folder: Path, asked: str) -> Posterior | None:
    """Return the calibrated set in a calibration's folder or a CSV file, or note what is wrong with it."""
    import pandas as pd

    path = folder / asked
    file = path / "analysis" / FILE if path.is_dir() else path
    field = "uncertainties.posterior"
    if not file.is_file():
        check.fail(node, field, f"{asked!r} holds no {FILE}; name the folder of a finished calibration")
        return None
    try:
        frame = pd.read_csv(file)
    except (OSError, ValueError) as error:
        check.fail(node, field, f"{asked!r} cannot be read: {error}")
        return None
    wrong = wrong_with(frame)
    if wrong:
        check.fail(node, field, f"{asked!r}: {wrong}")
        return None
    return posterior_of(frame, asked)


def wrong_with(frame: pd.DataFrame) -> str:
    """Return why a table is not a calibrated set, or nothing."""
    names = [name for name in frame.columns if name not in ("draw", "weight")]
    strange = [name for name in names if name not in PARAMS]
    if strange or not names:
        return f"column {strange[0]!r} is not a parameter" if strange else "no column of a parameter"
    if "weight" not in frame or not _are_numbers(frame["weight"]):
        return "column 'weight' is missing or has values that are not numbers"
    if not (frame["weight"].between(0, 1e12)).all() or not frame["weight"].sum() > 0:
        return "column 'weight' has values outside 0 to 1e12, or is all zero"
    if not 1 <= len(frame) <= MOST_ROWS:
        return f"{len(frame)} rows; 1 to {MOST_ROWS:,} are allowed"
    for name in names:
        row = PARAMS[name]
        if row.kind == "choice":
            if not set(frame[name]) <= set(row.choices):
                return f"column {name!r} has values that are not one of {', '.join(row.choices)}"
        elif not _are_numbers(frame[name]):
            return f"column {name!r} has values that are not numbers"
        elif row.kind == "int" and (frame[name] % 1 != 0).any():
            return f"column {name!r} has values that are not whole numbers"
        elif not frame[name].between(row.low, row.high).all():
            return f"column {name!r} has values outside {row.low:g} to {row.high:g}"
    return ""


def _are_numbers(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds finite numbers."""
    return column.dtype.kind in "iuf" and bool(np.isfinite(column).all())


def part_of(posterior: Posterior, names: Collection[str]) -> Posterior | None:
    """Return the columns of a set that are wanted, or None where it has none of them.

    Examples
    --------
    >>> both = Posterior(("turf", "fear"), ((0.1, 0.2), (0.3, 0.4)), (1.0, 1.0), "example")
    >>> part_of(both, {"fear"}).rows
    ((0.2,), (0.4,))
    """
    kept = [k for k, name in enumerate(posterior.names) if name in names]
    if not kept:
        return None
    rows = tuple(tuple(row[k] for k in kept) for row in posterior.rows)
    return replace(posterior, names=tuple(posterior.names[k] for k in kept), rows=rows)


def marginal_at(posterior: Posterior, name: str, u: npt.ArrayLike) -> list[Value]:
    """Return the values of one parameter of a set at probabilities `u` (n,), by its weights alone.

    Examples
    --------
    >>> one = Posterior(("turf",), ((0.3,), (0.1,)), (3.0, 1.0), "example")
    >>> marginal_at(one, "turf", [0.0, 0.2, 0.3, 0.9])
    [0.1, 0.1, 0.3, 0.3]
    """
    column = posterior.names.index(name)
    values = [row[column] for row in posterior.rows]
    order = sorted(range(len(values)), key=values.__getitem__)
    edges = np.cumsum(np.asarray(posterior.weights)[order] / np.sum(posterior.weights))
    places = np.minimum(np.searchsorted(edges, np.asarray(u), side="right"), len(order) - 1)
    return [values[order[place]] for place in places]


def posterior_of(frame: pd.DataFrame, source: str) -> Posterior:
    """Return the rows of a table (draw, weight, one column per parameter) as a set to draw from."""
    names = tuple(name for name in frame.columns if name not in ("draw", "weight"))
    columns = [frame[name].tolist() for name in names]
    columns = [
        [int(value) for value in column] if PARAMS[name].kind == "int" else column
        for name, column in zip(names, columns, strict=True)
    ]
    return Posterior(names, tuple(zip(*columns, strict=True)), tuple(frame["weight"].tolist()), source)


def pick(posterior: Posterior, n: int, seed: int) -> npt.NDArray[np.int64]:
    """Return `n` rows of a set, drawn by their weights; the first rows of a larger draw are the same.

    References
    ----------
    Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, for the one-dimensional sequence used here.
    Journal of Complexity. https://doi.org/10.1006/jcom.1998.0487
    """
    from scipy.stats import qmc

    size = 1 << max(0, int(n - 1).bit_length())
    u = qmc.Sobol(1, scramble=True, rng=np.random.default_rng(seed)).random(size)[:n, 0]
    edges = np.cumsum(np.asarray(posterior.weights) / np.sum(posterior.weights))
    found: npt.NDArray[np.int64] = np.searchsorted(edges, u, side="right")
    return np.minimum(found, len(posterior.rows) - 1)
