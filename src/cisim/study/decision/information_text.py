"""What knowing more before deciding would be worth, in words: a sentence or two per context, then numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cisim.study.decision.evppi import LEAST_DRAWS
from cisim.study.decision.regret import EVERYTHING
from cisim.study.decision.verdict import Units, Verdict, amount
from cisim.tables import columns, paragraph, short

if TYPE_CHECKING:
    import pandas as pd


def information_lines(units: Units, verdicts: list[Verdict], table: pd.DataFrame | None) -> list[str]:
    """Return what knowing parameters before deciding is worth, at most 100 columns wide.

    Parameters
    ----------
    units : Units
    verdicts : list of Verdict
    table : DataFrame or None
        As `cisim.study.decision.regret.information_table` returns it.
    """
    if table is None:
        return paragraph(f"No value of information: it takes {LEAST_DRAWS} draws of uncertain parameters.")
    lines = paragraph(
        "What knowing more before deciding would be worth to one community. Two bounds: the upper one is too large, "
        "as the best of noisy means is. The lower one chooses in each draw on half of the worlds and judges on the "
        "others; it is too small, and below zero where that does worse than always deciding alike."
    )
    cells: list[tuple[str, ...]] = [("known before deciding", "worth", "interval", "by chance below")]
    n_parameters = 0
    for v in verdicts:
        rows = table
        for name, value in v.context.keys.items():
            rows = rows[rows[name] == value]
        found = rows.sort_values("worth", ascending=False).to_dict("records")
        if not found:
            continue
        lines += paragraph(_sentence(v, found, units.value_unit))
        told = [row for row in found if row["parameter"] != EVERYTHING and row["is_detectable"]]
        cells += [_cells(v, row, units.value_unit) for row in told]
        n_parameters += len(found) - 1
    if len(cells) > 1:
        lines += ["", *paragraph(_title(units.value_unit, n_parameters)), *columns(cells)]
    return lines


def _title(unit: str, n: int) -> str:
    """Return what the table shows, and how many of its rows chance alone would make."""
    return (
        f"Parameters whose worth is above what 95 % of shuffled draws give, {unit}; of {n} that were looked at, "
        f"{n / 20:.1f} would be here by chance. All are in information.csv."
    )


def _sentence(v: Verdict, rows: list[dict[Any, Any]], unit: str) -> str:
    """Return what knowing everything, and single parameters, would gain in one context."""
    everything = next(row for row in rows if row["parameter"] == EVERYTHING)
    rest = [row for row in rows if row["parameter"] != EVERYTHING]
    n_worlds = v.context.gain.shape[2]
    basis = f"with {v.context.n_draws} draws and {n_worlds} world{'s' if n_worlds > 1 else ''} each"
    head = f"{v.context.label}: knowing" if v.context.label else "Knowing"
    most = f"{head} every parameter beforehand would gain at most about {_plain(everything['naive'], unit)}"
    least, low, high = (_plain(everything[n], unit) for n in ("worth", "low", "high"))
    if not math.isfinite(everything["worth"]):
        words = [f"{most}; {basis} there is no lower bound."]
    elif everything["is_detectable"]:
        words = [f"{most}, and at least about {least} ({low} to {high}; {basis})."]
    else:
        words = [f"{most}; {basis} it is not told from nothing (lower bound {least}, {low} to {high})."]
    told = [str(row["parameter"]) for row in rest if row["is_detectable"]]
    words.append(
        f"By itself worth more than chance mostly gives: {', '.join(told)}."
        if told
        else f"No single one of {len(rest)} parameters is worth more than chance mostly gives."
    )
    return " ".join(words)


def _plain(value: float, unit: str) -> str:
    """Return an amount to the digits a sentence bears."""
    return amount(value, unit, signed=False, scale=abs(value))


def _cells(v: Verdict, row: dict[Any, Any], unit: str) -> tuple[str, ...]:
    """Return one parameter's row of the table."""
    label = f"{short(v.context.label, 15)}: {row['parameter']}" if v.context.label else str(row["parameter"])
    scale = row["high"] - row["low"]
    worth, low, high, chance = (
        amount(row[n], unit, False, scale).removesuffix(f" {unit}")
        for n in ("worth", "low", "high", "chance")
    )
    return short(label, 44), worth, f"{low} to {high}", chance
