"""The answer for one context in words: how much, for which problem, how sure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from cisim.study.decision.frontier import budget_table, ladders
from cisim.study.decision.ledger import YEARLY, Context
from cisim.study.decision.regret import Judged, judged_apart, with_nothing
from cisim.study.decision.values import Mean, Settings, mean_of, share_of
from cisim.tables import decimals, usd

if TYPE_CHECKING:
    import pandas as pd

Answer = Literal["yes", "unclear", "no", "harm"]


class Units(NamedTuple):
    """How to say what is measured: the indicator's unit, what decisions are judged by, and its unit."""

    gain: str
    value: str
    value_unit: str


@dataclass(frozen=True)
class Verdict:
    """What to do in one context.

    Attributes
    ----------
    context : Context
    answer : {"yes", "unclear", "no", "harm"}
        yes: the best decision's value is above zero, all intervals taken together; unclear: its own interval is,
        but not so among so many; no: neither; harm: every decision's whole interval is below zero.
    k : int
        Best decision by value.
    gain, value : Mean
        Of it.
    judged : Judged
        What remains of the best where it is chosen and judged on different runs.
    harmful : int
        Decisions whose whole interval is below zero.
    """

    context: Context
    answer: Answer
    k: int
    gain: Mean
    value: Mean
    judged: Judged
    harmful: int


def units_of(context: Context, indicator_unit: str) -> Units:
    """Return the words for what is measured."""
    if context.is_priced:
        return Units(indicator_unit, "net benefit", "usd")
    if context.units is None:
        return Units(indicator_unit, YEARLY, indicator_unit)
    return Units(indicator_unit, "discounted gain over the run", f"{indicator_unit} x years")


def verdict_of(c: Context, s: Settings, seed: int) -> Verdict:
    """Return what to do in a context.

    The error rate of a wrong yes is at most 1 - level, whatever the number of decisions (Bonferroni).
    """
    means = [mean_of(table, s.level, c.crossed) for table in c.value]
    k = int(np.argmax([m.mean for m in means]))
    strict = mean_of(c.value[k], 1.0 - (1.0 - s.level) / len(means), c.crossed)
    harmful = sum(m.is_below for m in means)
    answer: Answer = "no"
    if strict.is_above:
        answer = "yes"
    elif means[k].is_above:
        answer = "unclear"
    elif harmful == len(means):
        answer = "harm"
    judged = judged_apart(with_nothing(c.value), with_nothing(c.gain), seed=seed)
    return Verdict(c, answer, k, mean_of(c.gain[k], s.level, c.crossed), means[k], judged, harmful)


def amount(value: float, unit: str, signed: bool = True, scale: float = 0.0) -> str:
    """Return a number with its unit: dollars in k or M, others with the digits their error bears.

    Examples
    --------
    >>> amount(0.3456, "deaths", scale=0.05), amount(-2.5e6, "usd")
    ('+0.346 deaths', '-2.5 M usd')
    """
    if not math.isfinite(value):
        return "-"
    if unit == "usd":
        return f"{'+' if signed and value > 0.0 else ''}{usd(value)} usd"
    if value == 0.0:
        return f"0 {unit}".rstrip()
    digits = decimals(scale or abs(value))
    return f"{value:{'+' if signed else 'z'}.{digits}f} {unit}".rstrip()


def interval(m: Mean, unit: str, level: float) -> str:
    """Return a mean with its interval in words.

    Examples
    --------
    >>> interval(Mean(1.0, 0.5, 1.5, 8, "draws"), "units", 0.95)
    '+1.00 units (95 % interval +0.50 to +1.50)'
    """
    if not math.isfinite(m.low):
        return f"{amount(m.mean, unit)} (one {m.unit[:-1]}: no interval)"
    scale = (m.high - m.low) / 2.0
    low, high = (amount(end, unit, scale=scale).removesuffix(f" {unit}") for end in (m.low, m.high))
    return f"{amount(m.mean, unit, scale=scale)} ({level * 100:.4g} % interval {low} to {high})"


def sentences(v: Verdict, s: Settings, units: Units, payback: pd.DataFrame | None) -> str:
    """Return the answer for one context as a paragraph."""
    c = v.context
    name = c.names[v.k]
    head = f"{c.label}: " if c.label else ""
    parts = [head + _answer(v, s, units, name)]
    if v.answer in ("yes", "unclear"):
        parts += _sure(v, s, units)
        parts += [_date(v, payback), _price(v), _enough(v, s, units), _rivals(v, s)]
    if 0 < v.harmful < len(c.names):
        parts.append(f"{v.harmful} of {len(c.names)} decisions lose detectably ({units.value}).")
    return " ".join(part for part in parts if part)


def _answer(v: Verdict, s: Settings, units: Units, name: str) -> str:
    """Return the first sentence."""
    many = len(v.context.names)
    value = f"{units.value} {interval(v.value, units.value_unit, s.level)}"
    gain = f"{YEARLY} {interval(v.gain, units.gain, s.level)}"
    found = gain if units.value == YEARLY else f"{gain}; {value}"
    if v.answer == "yes":
        return f"YES, {name}: {found}."
    if v.answer == "unclear":
        return f"UNCLEAR. Best of {many} is {name}: {found}; picked from so many, that can be luck."
    if v.answer == "harm":
        why = (
            "it does harm"
            if v.gain.is_below or units.value_unit != "usd"
            else "it costs more than it is worth"
        )
        return f"NO, {why}. Even the best of {many}, {name}: {found}."
    return f"NO, it is not shown to pay. Best of {many} is {name}: {found}, not told from zero."


def _sure(v: Verdict, s: Settings, units: Units) -> list[str]:
    """Return how many worlds end better and what remains without the winner's curse."""
    c = v.context
    hits = np.where(np.isnan(c.gain[v.k]), np.nan, c.gain[v.k] > 0.0)
    share, (low, high) = share_of(hits, s.level, c.crossed)
    words = [f"It ends better in {share:.0%} of paired worlds ({low:.0%} to {high:.0%})."]
    if math.isfinite(v.judged.value):
        left = amount(v.judged.value, units.value_unit, scale=(v.value.high - v.value.low) / 2.0)
        words.append(
            f"Chosen on half of the {v.judged.of} and judged on the other half, {left} of {units.value} remain; "
            f"{v.judged.same:.0%} of halves choose the same."
        )
    return words


def _date(v: Verdict, payback: pd.DataFrame | None) -> str:
    """Return how often and when the best decision pays back."""
    if payback is None:
        return ""
    rows = payback[payback["decision"] == v.context.names[v.k]]
    for name, value in v.context.keys.items():
        rows = rows[rows[name] == value]
    words = []
    for row in rows.to_dict("records"):
        share = f"{row['share']:.0%} of worlds ({row['share_low']:.0%} to {row['share_high']:.0%})"
        if not math.isfinite(row["months"]):
            words.append(f"The summed {row['of']} ends positive in none of {row['worlds']} worlds.")
            continue
        ends = f"{row['months_low']:.0f} to {row['months_high']:.0f}"
        date = f"month {row['months']:.0f} (5-95 % of these worlds: {ends})"
        words.append(f"The summed {row['of']} ends positive in {share}, and stays so from {date}.")
    return " ".join(words)


def _price(v: Verdict) -> str:
    """Return what a unit must be worth for the money to pay, where no price is stated."""
    c = v.context
    if c.is_priced or c.units is None or c.usd_new is None:
        return ""
    money, units = mean_of(c.usd_new[v.k]).mean, mean_of(c.units[v.k]).mean
    if not units > 0.0:
        return ""
    if not np.nanmax(np.abs(c.usd_new[v.k])) > 0.0:
        return "It takes no new money, so it pays whatever a unit is worth."
    return f"Its new money pays if one unit for a year is worth at least {usd(money / units)} usd."


def _enough(v: Verdict, s: Settings, units: Units) -> str:
    """Return beyond which budget more money adds nothing detectable to the last year, and whether to the whole run."""
    table = budget_table((v.context,), s)
    if table is None or s.money is None:
        return ""
    c = v.context
    rest, ks = next((label, ks) for label, ks in ladders(c, s) if v.k in ks)
    enough = float(table.loc[table["rest"] == rest, "usd_enough"].iloc[0])
    where = f" ({rest})" if rest else ""
    if enough < float(c.decisions[ks[-1]][s.money.name]):
        beyond = (
            f"Beyond {usd(enough)} {s.money.unit}{where} more money adds nothing detectable to the {YEARLY}"
        )
        k = next(k for k in ks if float(c.decisions[k][s.money.name]) == enough)
        more = any(
            mean_of(c.value[j] - c.value[k], s.level, c.crossed).is_above for j in ks[ks.index(k) + 1 :]
        )
        return f"{beyond}, but still to the {units.value}." if more else f"{beyond}."
    if len(ks) < 2:
        return ""
    smaller = (mean_of(c.gain[ks[-1]] - c.gain[k], s.level, c.crossed).is_above for k in ks[:-1])
    than = "all smaller ones" if all(smaller) else "the next smaller one"
    return f"The largest budget on the grid still gains detectably more than {than}{where}."


def _rivals(v: Verdict, s: Settings) -> str:
    """Return how many decisions are not told from the best one, in the same draws and worlds."""
    c = v.context
    others = [k for k in range(len(c.names)) if k != v.k]
    close = [k for k in others if not mean_of(c.value[v.k] - c.value[k], s.level, c.crossed).is_above]
    if not close:
        return "Every other decision is detectably worse." if others else ""
    names = f": {c.names[close[0]]}" if len(close) == 1 else ""
    return f"{len(close)} of {len(others)} other decisions are not detectably worse{names}."
