"""Calibrated parameter sets: written by a calibration, drawn from by other studies."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.checks import Check
from cisim.params import PARAMS, Value
from cisim.problems import shown
from cisim.study.spec import Posterior
from cisim.tree import Node
from cisim.wording import allowed, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

FILE = "posterior.csv"
"""Name of the set in the `analysis` folder of a calibration."""
MOST_ROWS, MOST_BYTES, MOST_WEIGHT = 5_000, 64 * 2**20, 1e12


def read_posterior(
    check: Check, node: Node, folder: Path, asked: str, words: tuple[str, ...] = ()
) -> Posterior | None:
    """Return the calibrated set in a calibration's folder or a CSV file, or note what is wrong with it.

    `words` are what might have been meant instead of a folder.
    """
    field = "uncertainties.posterior"
    file = _file_of(folder / asked)
    if file is None:
        hint = f"; {asked!r} is a word that stands alone" if asked in words else did_you_mean(asked, words)
        what = f"{shown(asked)} holds no {FILE}; name the folder of a finished calibration{hint}"
        check.fail(node, field, what)
        return None
    try:
        frame, lines = read_table(file)
    except (OSError, ValueError) as error:
        reason = " ".join((getattr(error, "strerror", None) or str(error)).split())
        check.fail(node, field, f"{shown(asked)} cannot be read: {reason[:200]}")
        return None
    wrong = wrong_with(frame, lines)
    if wrong:
        check.fail(node, field, f"{file}: {wrong}")
        return None
    return posterior_of(frame, asked)


def _file_of(path: Path) -> Path | None:
    """Return the file with the set that a path means, if there is one."""
    try:
        file = path / "analysis" / FILE if path.is_dir() else path
        return file if file.is_file() else None
    except (OSError, ValueError):  # such as a name that is too long
        return None


def read_table(file: Path) -> tuple[pd.DataFrame, list[int]]:
    """Return a CSV file as a table, and the number of the line each of its rows ends in.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, is too large, or has rows of different lengths or a column twice.
    """
    import pandas as pd

    with file.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES // 2**20} MB, the most a set may have")
    lines = _lines(data)
    return pd.read_csv(io.BytesIO(data)), lines


def _lines(data: bytes) -> list[int]:
    """Return the lines that the rows of a CSV file end in, all of which have as many fields as the first."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error
    if not rows:
        raise ValueError("it is empty")
    head = rows[0][1]
    twice = [name for name in head if head.count(name) > 1]
    if twice:
        raise ValueError(f"column {shown(twice[0])} comes twice")
    for line, row in rows:
        if len(row) != len(head):
            raise ValueError(f"line {line} has {len(row)} fields, the first line {len(head)}")
    return [line for line, _ in rows[1:]]


def wrong_with(frame: pd.DataFrame, lines: Sequence[int] = ()) -> str:
    """Return why a table is not a calibrated set, or nothing.

    Parameters
    ----------
    frame : DataFrame
    lines : sequence of int, optional
        The line of a file that each row stands in; else rows are counted from 1.

    Examples
    --------
    >>> import pandas as pd
    >>> wrong_with(pd.DataFrame({"weight": [1.0, 1.0], "turf": [0.5, 1.5]}))
    'row 2: turf: 1.5 is outside 0 to 1 share (mean turf and ego: weight of the own agenda in meetings)'
    """
    names = [name for name in frame.columns if name not in ("draw", "weight")]
    strange = [name for name in names if name not in PARAMS]
    if strange:
        return f"column {shown(strange[0])} is not a parameter{did_you_mean(strange[0], tuple(PARAMS))}"
    if not names or "weight" not in frame:
        return "column 'weight' is missing" if names else "no column of a parameter"
    if not 1 <= len(frame) <= MOST_ROWS:
        return f"{len(frame)} rows; 1 to {MOST_ROWS:,} are allowed"
    for name in ("weight", *names):
        found = _first_wrong(frame[name], name)
        if found is not None:
            place, value, what = found
            where = f"line {lines[place]}" if lines else f"row {place + 1}"
            return f"{where}: {name}: {value} is {what}"
    return "" if frame["weight"].sum() > 0 else "weight: all are 0; at least one above 0 is needed"


def _first_wrong(column: pd.Series[Any], name: str) -> tuple[int, str, str] | None:
    """Return the first value of a column that is not allowed: its place, itself, and what is wrong with it."""
    row = PARAMS.get(name)
    if row is not None and row.kind == "choice":
        return _first(column, ~column.isin(row.choices).to_numpy(), f"not one of {', '.join(row.choices)}")
    x = _numbers(column)
    low, high, words = (
        (row.low, row.high, allowed(row)) if row else (0.0, MOST_WEIGHT, f"0 to {MOST_WEIGHT:g}")
    )
    is_whole = row is not None and row.kind == "int"
    return (
        _first(column, ~np.isfinite(x), f"not a number; {words}")
        or _first(column, (x < low) | (x > high), f"outside {words}")
        or (_first(column, x % 1 != 0, f"not a whole number; {words}") if is_whole else None)
    )


def _numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Return a column as numbers, NaN where a value is none."""
    import pandas as pd

    if column.dtype.kind == "b":
        return np.full(len(column), np.nan)
    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    return found if column.dtype.kind in "iuf" or np.isnan(found).any() else np.full(len(column), np.nan)


def _first(column: pd.Series[Any], is_wrong: npt.NDArray[np.bool_], what: str) -> tuple[int, str, str] | None:
    """Return place, value and complaint of the first value that is wrong, if any is."""
    if not is_wrong.any():
        return None
    place = int(is_wrong.argmax())
    value = column.iloc[place]
    plain = value.item() if isinstance(value, np.generic) else value
    return place, "nothing" if plain != plain else shown(plain, 40), what


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
    columns = list(zip(*posterior.rows, strict=True))
    rows = tuple(zip(*(columns[k] for k in kept), strict=True))
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
