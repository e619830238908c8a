"""A sweep as text: what was asked, what came out best, how sure that is, and the table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.statistics import t_quantile
from cisim.study.records import GAIN, StudyData
from cisim.study.sweep.effects import Pairs, between, varied
from cisim.study.sweep.tables import (
    count,
    ends,
    headline_rows,
    label,
    listed,
    number,
    others,
    table,
    value_of,
)
from cisim.tables import paragraph

if TYPE_CHECKING:
    import pandas as pd

MOST_GROUPS = 3
MOST_TIED = 6


def chosen_interval(row: Any, level: float, choices: int) -> tuple[float, float]:
    """Return the interval of the best of several, widened so that all of them hold at once (Bonferroni).

    Parameters
    ----------
    row : row of the effects
    level : float
        Confidence level of the interval in the row.
    choices : int
        How many there were to choose from.
    """
    freedom = int(row["freedom"])
    wider = t_quantile(1.0 - (1.0 - level) / choices, freedom) / t_quantile(level, freedom)
    return (
        value_of(row) + (row["low"] - value_of(row)) * wider,
        value_of(row) + (row["high"] - value_of(row)) * wider,
    )


def text_of(data: StudyData, effects: pd.DataFrame, pairs: Pairs, level: float, pilot: int | None) -> str:
    """Return the sweep in words and tables.

    Parameters
    ----------
    data : StudyData
    effects : DataFrame
        From `cisim.study.sweep.effects.effects`.
    pairs : Pairs
        What they were made from.
    level : float
        Confidence level of the intervals.
    pilot : int or None
        Worlds of the pilot, where one chose the number of worlds.

    Returns
    -------
    str
        At most 100 columns wide.
    """
    rows = headline_rows(effects)
    tied = ties(pairs, "indicator" if rows["outcome"].iloc[0] == GAIN else rows["outcome"].iloc[0])
    rivals = _rivals(rows, tied)
    told = [_question(data, rows), *_same(data, rows, pairs, tied), _best(data, rivals, level)]
    told += _order(data, rivals, pairs, level)
    told += [_intervals(rows, level, pilot), *_pairing(data, rows), *_gaps(effects, pairs)]
    lines = [line for one in told for line in paragraph(one)]
    return "\n".join([*lines, "", *table(data, rows, level), *others(data, effects, rows, level)]).replace(
        "\xa0", " "
    )


def _response(data: StudyData, rows: pd.DataFrame) -> str:
    """Return in words what the first outcome is."""
    name = rows["outcome"].iloc[0]
    if name == GAIN:
        against = "" if data.reference is not None else " since the published start"
        indicator = data.scenario.indicator
        return (
            f"Gain is the improvement of {indicator.name}{against}, in {indicator.unit}; positive is better."
        )
    return f"Shown is {name}, in {rows['unit'].iloc[0]}; the indicator was not kept, so there is no gain."


def _question(data: StudyData, rows: pd.DataFrame) -> str:
    """Return what was compared in how many runs."""
    n_settings = rows["setting"].nunique()
    names = listed([f.name for f in varied(data)])
    settings = f"{n_settings} settings of {names}" if names else "one setting"
    treated = ", ".join(data.treated)
    compared = (
        f"{treated} against {data.reference} in the same worlds" if data.reference is not None else treated
    )
    draws = f"; {count(rows['draws'].min(), rows['draws'].max(), 'draw')} of what nobody knows exactly"
    drawn = draws if rows["draws"].max() > 1 else ""
    runs = count(rows["worlds"].min(), rows["worlds"].max(), "world")
    asked = f"{settings[:1].upper()}{settings[1:]}: {compared}, {runs} each{drawn}."
    return f"{data.title}. {asked} {_response(data, rows)}"


def ties(pairs: Pairs, *names: str) -> list[list[tuple[int, str]]]:
    """Return the groups of settings and cases that differ from the reference equally in every world.

    Parameters
    ----------
    pairs : Pairs
    names : str
        Outcomes that have to agree, to the last bit.

    Returns
    -------
    list of list of (setting, case)
        Groups of two or more.
    """
    where = [pairs.names.index(name) for name in names]
    keys = pairs.index[["draw", "world", "seed"]].to_numpy(dtype=np.int64)
    groups: dict[bytes, list[tuple[int, str]]] = {}
    for setting, case, span in pairs.groups():
        with np.errstate(invalid="ignore"):  # infinite minus infinite is undefined in both alike
            diff = pairs.value[span][:, where] - pairs.reference[span][:, where] + 0.0  # no negative zeros
        diff[np.isnan(diff)] = math.nan  # one bit pattern for all that is undefined
        groups.setdefault(keys[span].tobytes() + diff.tobytes(), []).append((setting, case))
    return [group for group in groups.values() if len(group) > 1]


def _rivals(rows: pd.DataFrame, tied: list[list[tuple[int, str]]]) -> pd.DataFrame:
    """Return the rows without those that only repeat another one."""
    twins = {one for group in tied for one in group[1:]}
    is_new = [(int(s), str(c)) not in twins for s, c in zip(rows["setting"], rows["case"], strict=True)]
    return rows[is_new].reset_index(drop=True)


def _same(data: StudyData, rows: pd.DataFrame, pairs: Pairs, tied: list[list[tuple[int, str]]]) -> list[str]:
    """Return which settings are the same in effect."""
    if not tied:
        return []
    by = {(int(row["setting"]), str(row["case"])): row for _, row in rows.iterrows()}
    lists = [
        " = ".join([label(data, by[one], named=False).replace(" ", "\xa0") for one in group[:MOST_TIED]])
        + (f" = {len(group) - MOST_TIED} more" if len(group) > MOST_TIED else "")
        for group in tied[:MOST_GROUPS]
    ]
    more = f"; and {len(tied) - MOST_GROUPS} more groups" if len(tied) > MOST_GROUPS else ""
    what = "result" if ties(pairs, *pairs.names) == tied else str(rows["outcome"].iloc[0])
    whole = f"{len(tied[0])} settings give" if len(tied) == 1 else f"{len(tied)} groups of settings each give"
    counted = "are ranked as one" if len(tied) == 1 else "are ranked as one each"
    return [f"{whole} the same {what} in every world and {counted}: {'; '.join(lists)}{more}."]


def _best(data: StudyData, rows: pd.DataFrame, level: float) -> str:
    """Return the best setting, and how much of it may be luck."""
    best, n = rows.iloc[0], len(rows)
    word = "Best" if best["outcome"] == GAIN else "Largest"
    basis = f"{100 * level:.4g}\xa0% interval {ends(best)}, over {count(best['units'], best['units'], best['basis'])}"
    if math.isnan(best["low"]):
        basis = f"no interval, over {count(best['units'], best['units'], best['basis'])}"
    if n == 1:
        return f"Result: {number(best)} ({basis})."
    said = f"{word} of {n}: {label(data, best)}, with {number(best)} ({basis})."
    said += f" The {word.lower()} of {n} looks better than it is: part of its lead is luck."
    if not math.isnan(best["low"]):
        low, high = chosen_interval(best, level, n)
        wide = dict(best) | {"low": low, "high": high}
        said += f" Allowing for the choice among {n}, its interval is {ends(wide)}."
    return said + " Run it again with another seed before quoting it."


def _order(data: StudyData, rows: pd.DataFrame, pairs: Pairs, level: float) -> list[str]:
    """Return how far the order of settings is established."""
    if len(rows) < 2 or rows["low"].isna().any():
        return []
    told = []
    if data.reference is not None:
        above, below = int((rows["low"] > 0).sum()), int((rows["high"] < 0).sum())
        told.append(
            f"The interval lies above 0 in {above} of {len(rows)}, below 0 in {below}, and includes 0 in "
            f"{len(rows) - above - below}."
        )
    overlap = int((rows["low"].to_numpy()[:-1] <= rows["high"].to_numpy()[1:]).sum())
    said = _overlaps(str(rows["outcome"].iloc[0]), overlap, len(rows) - 1)
    one, other = ((int(rows["setting"][k]), str(rows["case"][k])) for k in (0, 1))
    found = between(pairs, data, one, other, level) if rows["outcome"].iloc[0] == GAIN else None
    if found is not None and found.n > 1:
        row = {"diff": float(found.mean[0]), "low": float(found.low[0]), "high": float(found.high[0])}
        first, second = (label(data, rows.iloc[k], named=False) for k in (0, 1))
        said += (
            " All were run in the same worlds, so two of them are better compared directly: the best "
            f"({first}) minus the second ({second}) is {number(row)} ({100 * level:.4g}\xa0% interval {ends(row)}). "
        )
        said += _verdict(row)
    return [*told, said]


def _overlaps(outcome: str, overlap: int, n: int) -> str:
    """Return what the intervals alone say about the ranking."""
    if overlap == 0:
        return f"Ranked by {outcome}, no interval overlaps that of the next one down."
    who = "every interval overlaps" if overlap == n else f"{overlap} of {n} intervals overlap"
    return (
        f"Ranked by {outcome}, {who} that of the next one down: how neighbours are ranked may be luck there."
    )


def _verdict(row: dict[str, float]) -> str:
    """Return what the difference between the first two means."""
    if row["low"] <= 0.0 <= row["high"]:
        return "That includes 0: which of the two is better is open."
    if row["high"] < 0.0:
        return "That lies below 0: in the worlds both were run in, the second is better."
    return "That lies above 0 for this pair, not allowing for its having been picked afterwards."


def _intervals(rows: pd.DataFrame, level: float, pilot: int | None) -> str:
    """Return what the intervals are."""
    kinds = " or ".join(dict.fromkeys(rows["basis"]))
    units = count(rows["units"].min(), rows["units"].max(), rows["basis"].iloc[0])
    if rows["units"].min() < 2:
        return f"Where there is no more than one {rows['basis'].iloc[0]} there is no interval; run more."
    if pilot is not None and kinds == "world":
        return (
            f"Intervals of the mean ({100 * level:.4g}\xa0%), each for one number at a time, over {units}: a pilot of "
            f"{pilot} chose how many worlds to run, and the interval allows for that (Stein 1945)."
        )
    said = f"Intervals of the mean ({100 * level:.4g}\xa0%, Student's t), each for one number at a time, over {units}."
    if "draw" in kinds:
        said += (
            " They hold for the mean over what nobody knows exactly; 5-95\xa0% of draws says how far a single "
            "draw may lie from it."
        )
    return said


def _pairing(data: StudyData, rows: pd.DataFrame) -> list[str]:
    """Return how much work common luck saved."""
    found = rows["variance_reduction"].dropna()
    if data.reference is None or not len(found):
        return []
    middle = float(found.median())
    times = f"{middle:.3g} times" if math.isfinite(middle) else "endlessly many times"
    return [
        f"Measured: for the same error, runs that do not share worlds would have to be {times} as many (median)."
    ]


def _gaps(effects: pd.DataFrame, pairs: Pairs) -> list[str]:
    """Return what was left out."""
    told = [f"{pairs.lost:,} runs have no partner in the same world and are left out."] if pairs.lost else []
    gaps = effects[effects["dropped"] > 0].groupby("outcome", sort=False)["dropped"].sum()
    told += [
        f"{name}: infinite or undefined in {int(n):,} pairs of runs; left out, so its means hold for the rest only."
        for name, n in gaps.items()
    ]
    return told
