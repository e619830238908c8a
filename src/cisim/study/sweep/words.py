"""A sweep as text: what was asked, what came out best, how sure that is, and the table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cisim.statistics import t_quantile
from cisim.study.records import GAIN, StudyData
from cisim.study.sweep.effects import Pairs, between, varied
from cisim.study.sweep.tables import (
    count,
    ends,
    headline_rows,
    label,
    number,
    others,
    table,
    value_of,
)
from cisim.tables import paragraph

if TYPE_CHECKING:
    import pandas as pd


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
    told = [_question(data, rows), _best(data, rows, level), *_order(data, rows, pairs, level)]
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
    names = " and ".join(f.name for f in varied(data))
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


def _best(data: StudyData, rows: pd.DataFrame, level: float) -> str:
    """Return the best setting, and how much of it may be luck."""
    best, n = rows.iloc[0], len(rows)
    word = "Best" if best["outcome"] == GAIN else "Largest"
    basis = f"{100 * level:.4g}\xa0% interval {ends(best)}, over {count(best['units'], best['units'], best['basis'])}"
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
    said = f"Of {len(rows) - 1} pairs of neighbours in this order, {overlap} have intervals that overlap."
    one, other = ((int(rows["setting"][k]), str(rows["case"][k])) for k in (0, 1))
    found = between(pairs, data, one, other, level) if rows["outcome"].iloc[0] == GAIN else None
    if found is not None and found.n > 1:
        row = {"diff": float(found.mean[0]), "low": float(found.low[0]), "high": float(found.high[0])}
        said += (
            " Settings share their worlds, so a difference between two of them is known better than that: the "
            f"first minus the second is {number(row)} ({ends(row)})."
        )
    return [*told, said]


def _intervals(rows: pd.DataFrame, level: float, pilot: int | None) -> str:
    """Return what the intervals are."""
    kinds = " or ".join(dict.fromkeys(rows["basis"]))
    units = count(rows["units"].min(), rows["units"].max(), rows["basis"].iloc[0])
    if rows["units"].min() < 2:
        return "Where there is a single world there is no interval; run more worlds."
    if pilot is not None and kinds == "world":
        return (
            f"Intervals of the mean ({100 * level:.4g}\xa0%), each for one number at a time, over {units}: a pilot of "
            f"{pilot} chose how many worlds to run, and the interval allows for that (Stein 1945)."
        )
    said = f"Intervals of the mean ({100 * level:.4g}\xa0%, Student's t), each for one number at a time, over {units}."
    if "draw" in kinds:
        said += (
            " They hold for the mean over what nobody knows exactly; 5-95\xa0% of draws says how far a single "
            "state of the world may lie from it."
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
