"""Numbers, settings and tables of a sweep in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cisim.figures.style import signed
from cisim.params import Value
from cisim.study.records import StudyData
from cisim.study.sweep.effects import varied
from cisim.tables import WIDTH, columns, decimals, short

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 30
MOST_OUTCOMES = 12
LONGEST = 44
PLURALS = {
    "world": "worlds",
    "draw": "draws",
    "group of draws of equal luck": "groups of draws of equal luck",
    "draw, in the same worlds": "draws, all in the same worlds",
    "draw in one and the same world": "draws in one and the same world",
}


def level_text(value: Value) -> str:
    """Return a level of a factor as it stands in tables and on axes.

    Examples
    --------
    >>> level_text(200000), level_text(0.25), level_text("equal"), level_text(True)
    ('200,000', '0.25', 'equal', 'yes')
    """
    if isinstance(value, str):
        return value
    if str(value) in ("True", "False"):
        return "yes" if value else "no"
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")


def label(data: StudyData, row: Any, *, named: bool = True) -> str:
    """Return setting and case of a row of the effects in words; the case only where several are treated."""
    parts = []
    for factor in varied(data):
        text = level_text(row[factor.name])
        parts.append(f"{factor.name} {text}" if named else text)
    if len(data.treated) > 1 or not parts:
        parts.append(str(row["case"]))
    return (", " if named else " · ").join(parts)


def headline_rows(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the gain, or of the first outcome where there is none, the largest first."""
    rows = effects[effects["outcome"] == effects["outcome"].iloc[0]]
    by = "diff" if rows["diff"].notna().any() else "mean"
    ordered: pd.DataFrame = rows.sort_values(by, ascending=False, kind="stable", ignore_index=True)
    return ordered


def value_of(row: Any) -> float:
    """Return what the interval of a row belongs to."""
    return float(row["mean"] if math.isnan(row["diff"]) else row["diff"])


def _digits(row: Any) -> int:
    """Return decimals that show the interval of a row with two digits."""
    reach = (row["high"] - row["low"]) / 2
    return decimals(reach if reach > 1e-9 * abs(value_of(row)) else abs(value_of(row)))


def number(row: Any) -> str:
    """Return the effect of a row, with a sign if it is a difference."""
    return _plain(value_of(row), _digits(row), is_signed=not math.isnan(row["diff"]))


def ends(row: Any) -> str:
    """Return the interval of a row, or a dash where it has none."""
    if math.isnan(row["low"]):
        return "-"
    one, other = (
        _plain(row[end], _digits(row), is_signed=not math.isnan(row["diff"])) for end in ("low", "high")
    )
    return f"{one} to {other}"


def _plain(value: float, digits: int, *, is_signed: bool) -> str:
    """Return a number with so many decimals, NaN as a dash."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 1e4 or not is_signed:
        return f"{value:{'+' if is_signed else ''},.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return signed(value, digits)


def count(low: float, high: float, what: str) -> str:
    """Return a number of things, or its range.

    Examples
    --------
    >>> count(20, 20, "world"), count(20, 310, "world"), count(1, 1, "world")
    ('20 worlds', '20 to 310 worlds', '1 world')
    """
    said = what if low == high == 1 else PLURALS[what]
    return f"{low:,.0f} {said}" if low == high else f"{low:,.0f} to {high:,.0f} {said}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def table(data: StudyData, rows: pd.DataFrame, level: float) -> list[str]:
    """Return the largest rows as aligned text."""
    share = f"{100 * level:.4g} % interval"
    is_drawn = rows["draws"].max() > 1
    is_compared = rows["diff"].notna().any()
    factors = [f.name for f in varied(data)]
    head = short(" · ".join([*factors, *(["case"] if len(data.treated) > 1 or not factors else [])]), LONGEST)
    top = [head, rows["outcome"].iloc[0] if is_compared else "mean", share]
    top += ["draws above 0" if is_drawn else "worlds above 0"] if is_compared else []
    top += ["5-95 % of draws"] if is_drawn else []
    lines: list[tuple[str, ...]] = [(*top, "worlds")]
    for _, row in rows.head(MOST_ROWS).iterrows():
        cells = [short(label(data, row, named=False), LONGEST), number(row), ends(row)]
        cells += [f"{row['share_positive']:.0%}"] if is_compared else []
        cells += [_spread(row)] if is_drawn else []
        lines.append((*cells, f"{row['worlds']:,.0f}"))
    more = len(rows) - MOST_ROWS
    return [*_fitted(lines), *([f"+{more:,} more in effects.csv"] if more > 0 else [])]


def _fitted(lines: list[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines, the first column cut so that they fit the width of the text."""
    rest = sum(2 + max(len(line[i]) for line in lines) for i in range(1, len(lines[0])))
    return columns([(short(line[0], max(8, WIDTH - rest)), *line[1:]) for line in lines])


def _spread(row: Any) -> str:
    """Return between which values most draws lie."""
    digits = decimals((row["draws_95"] - row["draws_5"]) / 2)
    one, other = (_plain(row[end], digits, is_signed=True) for end in ("draws_5", "draws_95"))
    return f"{one} to {other}"


def others(data: StudyData, effects: pd.DataFrame, rows: pd.DataFrame, level: float) -> list[str]:
    """Return all other outcomes of the best setting."""
    best = rows.iloc[0]
    mine = effects[(effects["setting"] == best["setting"]) & (effects["case"] == best["case"])].iloc[1:]
    if mine.empty:
        return []
    is_compared = data.reference is not None
    top = ("outcome", "unit", *(["reference"] if is_compared else []))
    lines: list[tuple[str, ...]] = [
        (*top, "mean", *(["difference"] if is_compared else []), f"{100 * level:.4g} % interval")
    ]
    for _, row in mine.head(MOST_OUTCOMES).iterrows():
        digits = _digits(row)
        cells = [row["outcome"], short(row["unit"], 14)]
        cells += [_plain(row["reference_mean"], digits, is_signed=False)] if is_compared else []
        cells += [_plain(row["mean"], digits, is_signed=False), *([number(row)] if is_compared else [])]
        lines.append((*cells, ends(row)))
    more = len(mine) - MOST_OUTCOMES
    head = f"Other outcomes of {short(label(data, best, named=False), 78)}"
    return ["", head, *_fitted(lines), *([f"+{more:,} more in effects.csv"] if more > 0 else [])]
