"""Effects of a sweep: means, paired differences and their intervals, a row per setting, case and outcome."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.statistics import LEVEL, F, spread, wilson
from cisim.study.records import GAIN, StudyData
from cisim.study.sweep.units import Ints, Units, estimate, join

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["point", "setting", "draw", "case", "world", "seed"]


@dataclass(frozen=True)
class Pairs:
    """Runs of all treated cases beside their reference in the same world.

    Attributes
    ----------
    index : DataFrame
        setting, case, draw, luck, world, seed; ordered by setting, case, draw, world.
    value, reference : (rows, k) float64
        Outcomes of the case and of the reference; the latter is zero where nothing is compared.
    names : tuple of str
        Of the k outcomes.
    lost : int
        Runs without a partner, left out.
    """

    index: pd.DataFrame
    value: F
    reference: F
    names: tuple[str, ...]
    lost: int

    def groups(self) -> Iterator[tuple[int, str, slice]]:
        """Yield setting, case and rows of each group."""
        setting, case = self.index["setting"].to_numpy(), self.index["case"].to_numpy()
        if not setting.size:
            return
        change = (setting[1:] != setting[:-1]) | (case[1:] != case[:-1])
        edges = [0, *(np.flatnonzero(change) + 1).tolist(), setting.size]
        for start, stop in itertools.pairwise(edges):
            yield int(setting[start]), str(case[start]), slice(start, stop)


def pair(data: StudyData, names: tuple[str, ...], settings: npt.ArrayLike | None = None) -> Pairs:
    """Lay the runs of all treated cases beside their reference, by point, world and seed.

    Parameters
    ----------
    data : StudyData
    names : tuple of str
        Outcomes.
    settings : array_like of int or None
        Only these settings; all unless given.

    Examples
    --------
    `cisim.study.sweep.analysis.analyse` is the way in.
    """
    import pandas as pd

    runs = data.runs if settings is None else data.runs[data.runs["setting"].isin(np.asarray(settings))]
    keys = runs[KEYS].reset_index(drop=True)
    keys["case"] = pd.Categorical(keys["case"].astype(str), categories=data.cases)
    keys["row"] = np.arange(len(keys))
    keys = keys.merge(data.design[["point", "luck"]], on="point", validate="m:1")
    mine = keys[keys["case"] != data.reference] if data.reference is not None else keys
    lost = 0
    if data.reference is not None:
        other = keys.loc[keys["case"] == data.reference, ["point", "world", "seed", "row"]]
        every = len(mine)
        mine = mine.merge(other, on=["point", "world", "seed"], validate="m:1", suffixes=("", "_reference"))
        lost = every - len(mine)
    mine = mine.sort_values(["setting", "case", "draw", "world"], kind="stable", ignore_index=True)
    table = runs[list(names)].to_numpy(dtype=np.float64)
    value = table[mine["row"].to_numpy()]
    paired = data.reference is not None
    reference = table[mine["row_reference"].to_numpy()] if paired else np.zeros_like(value)
    index = mine[["setting", "case", "draw", "luck", "world", "seed"]].copy()
    index["case"] = index["case"].astype(object)
    return Pairs(index, value, reference, names, lost)


def effects(data: StudyData, pairs: Pairs, level: float = LEVEL, pilot: int | None = None) -> pd.DataFrame:
    """Return the effect of every setting and treated case on every outcome.

    Parameters
    ----------
    data : StudyData
    pairs : Pairs
        From `pair`.
    level : float
        Confidence level of the intervals.
    pilot : int or None
        Worlds of the pilot that chose the number of worlds, None where the number was fixed beforehand.

    Returns
    -------
    DataFrame
        setting, one column per varied grid factor, case, outcome ("gain" first, where the indicator was kept),
        unit, reference_mean, mean (of the indicator, for "gain"), diff, low, high (interval of diff; of the mean
        where nothing is compared), share_positive, share_low, share_high (units whose difference is above zero,
        with Wilson's interval), units, basis (what one unit is), freedom, draws, worlds (runs used), dropped
        (runs left out because a value is not finite), draws_5, draws_95 (spread over draws),
        variance_reduction (how many times more units unpaired runs would need).
    """
    import pandas as pd

    columns = [*([GAIN] if "indicator" in pairs.names else []), *pairs.names]
    where = [pairs.names.index("indicator" if name == GAIN else name) for name in columns]
    keys = tuple(pairs.index[name].to_numpy() for name in ("draw", "luck", "world"))
    rows: list[dict[str, Any]] = []
    for setting, case, span in pairs.groups():
        value, reference = pairs.value[span][:, where], pairs.reference[span][:, where]
        diff = _differences(data, columns, value, reference)
        mine = (keys[0][span], keys[1][span], keys[2][span])
        for keep, k in _finite_blocks(diff):
            n_pilot = None if pilot is None else int(keep[:pilot].sum())
            found = _Block(
                diff[keep][:, k], value[keep][:, k], reference[keep][:, k], *(key[keep] for key in mine)
            )
            for j, row in zip(k, _rows(found, level, n_pilot), strict=True):
                row |= {
                    "dropped": int((~keep).sum()),
                    "setting": setting,
                    "case": case,
                    "outcome": columns[j],
                }
                rows.append(_blanked(row, columns[j], data.reference is not None))
    table = _with_factors(data, pd.DataFrame(rows, columns=[*ROW, "dropped", "setting", "case", "outcome"]))
    table["unit"] = table["outcome"].map({name: data.unit_of(name) for name in columns})
    order = {
        "case": {one: k for k, one in enumerate(data.cases)},
        "outcome": {one: k for k, one in enumerate(columns)},
    }
    table = table.sort_values(
        ["setting", "case", "outcome"], key=lambda c: c.map(order.get(str(c.name), {})) if c.name in order else c,
        kind="stable", ignore_index=True,
    )  # fmt: skip
    first = ["setting", *(f.name for f in varied(data)), "case", "outcome", "unit"]
    return table[[*first, *(name for name in SHOWN if name not in first)]]


def varied(data: StudyData) -> tuple[Any, ...]:
    """Return the factors of the grid that take more than one level."""
    return tuple(f for f in data.factors if f.kind == "grid" and len(f.levels) > 1)


def _with_factors(data: StudyData, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the level of each varied factor, by setting."""
    names = [factor.name for factor in varied(data)]
    levels = data.design[["setting", *names]].drop_duplicates("setting")
    return table.merge(levels, on="setting", how="left", validate="m:1")


def _differences(data: StudyData, columns: list[str], value: F, reference: F) -> F:
    """Return case minus reference, and for the gain how much better; fills in the start where none is compared."""
    if data.reference is None and columns[0] == GAIN:
        reference[:, 0] = data.scenario.indicator.baseline
    with np.errstate(invalid="ignore"):  # infinite minus infinite; left out and counted
        diff = value - reference
    if columns[0] == GAIN and data.falling_good:
        diff[:, 0] = 0.0 - diff[:, 0]  # no negative zeros
    return diff


def _finite_blocks(diff: F) -> Iterator[tuple[npt.NDArray[np.bool_], list[int]]]:
    """Yield which rows to keep, and for which columns: first all columns without gaps, then one at a time."""
    finite = np.isfinite(diff)
    whole = finite.all(axis=0)
    if whole.any():
        yield np.ones(len(diff), dtype=bool), np.flatnonzero(whole).tolist()
    for j in np.flatnonzero(~whole).tolist():
        yield finite[:, j], [j]


@dataclass(frozen=True)
class _Block:
    """Finite rows of a setting and case, for columns without gaps in them."""

    diff: F
    value: F
    reference: F
    draw: Ints
    luck: Ints
    world: Ints


ROW = (
    "reference_mean", "mean", "diff", "low", "high", "share_positive", "share_low", "share_high", "units", "basis",
    "freedom", "draws", "worlds", "draws_5", "draws_95", "variance_reduction",
)  # fmt: skip
SHOWN = (*ROW[:13], "dropped", *ROW[13:])


def _rows(block: _Block, level: float, n_pilot: int | None) -> list[dict[str, Any]]:
    """Return what is said of each column of a block."""
    k = block.diff.shape[1]
    if not len(block.diff):
        return [
            {**dict.fromkeys(ROW, math.nan), "units": 0, "draws": 0, "worlds": 0, "basis": "world"}
            for _ in range(k)
        ]
    keys = (block.draw, block.luck, block.world, level)
    found = estimate(block.diff, *keys, n_pilot)
    case, other = estimate(block.value, *keys), estimate(block.reference, *keys)
    by_draw, draws = join(block.diff, block.draw)
    ends = spread(by_draw) if draws.size > 1 else (np.full(k, math.nan),) * 2
    gained = _variance_ratio(found, case, other)
    counts = (found.each > 0.0).sum(axis=0)
    shares = np.array([(count / found.n, *wilson(int(count), found.n, level)) for count in counts]).T
    columns = (
        other.mean, case.mean, found.mean, found.low, found.high, *shares, found.n, found.kind,
        found.freedom, draws.size, len(block.diff), *ends, gained,
    )  # fmt: skip
    return [
        {name: c[j] if isinstance(c, np.ndarray) else c for name, c in zip(ROW, columns, strict=True)}
        for j in range(k)
    ]


def _variance_ratio(diff: Units, case: Units, reference: Units) -> F:
    """Return for each column what `cisim.statistics.variance_ratio` does, NaN where there is one unit."""
    apart, together = case.sd**2 + reference.sd**2, diff.sd**2
    equal = np.where(np.isnan(together), math.nan, np.where(apart > 0.0, math.inf, 1.0))
    return np.divide(apart, together, out=equal, where=together > 0.0)


def _blanked(row: dict[str, Any], outcome: str, is_compared: bool) -> dict[str, Any]:
    """Return a row without what has no meaning where nothing is compared."""
    if is_compared:
        return row
    without = {"variance_reduction"}
    if outcome != GAIN:
        without |= {"reference_mean", "diff", "share_positive", "share_low", "share_high"}
    return {name: math.nan if name in without else value for name, value in row.items()}


def between(
    pairs: Pairs, data: StudyData, one: tuple[int, str], other: tuple[int, str], level: float
) -> Units | None:
    """Return the gain of one setting and case over another in the same worlds, or None where they share none.

    Parameters
    ----------
    pairs : Pairs
    data : StudyData
    one, other : (setting, case)
    level : float
        Confidence level.
    """
    sign = -1.0 if data.falling_good else 1.0
    column = pairs.names.index("indicator")
    frames = []
    for setting, case in (one, other):
        rows = ((pairs.index["setting"] == setting) & (pairs.index["case"] == case)).to_numpy()
        frame = pairs.index.loc[rows, ["draw", "luck", "world", "seed"]].copy()
        frame["value"] = sign * (pairs.value[rows, column] - pairs.reference[rows, column])
        frames.append(frame)
    both = frames[0].merge(frames[1], on=["draw", "world", "seed"], suffixes=("", "_other"), validate="1:1")
    both = both.sort_values(["draw", "world"])
    if len(both) < 2:
        return None
    diff = (both["value"] - both["value_other"]).to_numpy()[:, None]
    draw, luck, world = (both[name].to_numpy() for name in ("draw", "luck", "world"))
    return estimate(diff, draw, luck, world, level)
