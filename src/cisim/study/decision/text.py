"""The decision analysis as text for people who decide about money: the answer first, then tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cisim.study.decision.frontier import ladders
from cisim.study.decision.information_text import information_lines
from cisim.study.decision.values import Settings, mean_of
from cisim.study.decision.verdict import Units, Verdict, amount, sentences
from cisim.tables import columns, decimals, paragraph, short, usd

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.records import StudyData

MOST_ROWS = 24
LEAST_ROWS = 3
"""Rows of a table for each context, however many contexts there are."""
LONGEST_NAME = 36
Rows = list[tuple[str, tuple[str, ...]]]
"""The context of each row in words, and its cells."""


def text_of(
    data: StudyData,
    s: Settings,
    units: Units,
    verdicts: list[Verdict],
    tables: dict[str, pd.DataFrame],
    why: str,
) -> str:
    """Return the whole text, at most 100 columns wide."""
    lines = [*paragraph(f"What it is worth: {data.title}"), *_basis(s, units, verdicts), ""]
    for v in verdicts:
        lines += [*paragraph(sentences(v, s, units, tables.get("payback"))), ""]
    lines += _decisions(s, units, verdicts, tables["decisions"])
    for part in (
        _marginal(s, units, verdicts, tables),
        _payback(verdicts, tables, why),
        _regret(units, verdicts, tables),
        information_lines(units, verdicts, tables.get("information")),
    ):
        lines += ["", *part]
    return "\n".join([*lines, "", *_notes(s, verdicts)])


def _basis(s: Settings, units: Units, verdicts: list[Verdict]) -> list[str]:
    """Return what was compared and what the numbers rest on."""
    c = verdicts[0].context
    pairs = sum(int((~(v.context.gain != v.context.gain)).sum()) for v in verdicts)
    sample = (
        f"{c.n_draws} draws of what is uncertain, {c.gain.shape[2]} worlds each; a mean's interval is over draws"
        if c.n_draws > 1
        else f"one draw of what is uncertain in up to {c.gain.shape[2]} worlds; intervals are over worlds"
    )
    judged = f"Decisions are judged by {units.value} ({units.value_unit})"
    if c.is_priced:
        judged += (
            f", at {usd(c.price or 0.0)} usd for one unit for a year and {s.discount:.3g} a year discount"
        )
    elif s.price is not None:
        judged += "; the price of a unit is not used, as the benefit over the run is not known"
    else:
        judged += "; no price is stated for a unit, so money does not count in the choice"
    return paragraph(
        f"{s.case} against {s.reference} in the same worlds: {len(c.names)} decisions, {pairs:,} pairs of runs; "
        f"{sample}. {judged}."
    )


def _table(title: str, head: tuple[str, ...], rows: Rows, name: str, n_all: int) -> list[str]:
    """Return a titled table, a line before each context, and how many rows are left to the file."""
    lines, before = [head], ""
    for context, cells in rows:
        if context != before:
            lines.append((short(context, LONGEST_NAME + 2), *("" for _ in head[1:])))
            before = context
        lines.append((("  " if context else "") + short(cells[0], LONGEST_NAME), *cells[1:]))
    more = n_all - len(rows)
    return [
        *paragraph(title),
        *columns(lines),
        *([f"+ {more} more in {name}.csv"] if more > 0 else []),
    ]


def _rows_of(v: Verdict, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that belong to a context."""
    for name, value in v.context.keys.items():
        table = table[table[name] == value]
    return table


def _firsts(
    verdicts: list[Verdict], table: pd.DataFrame, by: str, falling: bool = False
) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Yield context and row, the first of every context in the order of a column, so that none is left out."""
    each = max(LEAST_ROWS, MOST_ROWS // len(verdicts))
    for v in verdicts:
        rows = _rows_of(v, table).sort_values(by, ascending=not falling, kind="stable")
        yield from ((v.context.label, row) for row in rows.head(each).to_dict("records"))


def _three(row: Mapping[Any, Any], name: str, unit: str = "") -> tuple[str, str]:
    """Return a mean and its interval as two cells."""
    mean, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    scale = (high - low) / 2.0 if math.isfinite(high - low) else abs(mean)
    cells = [amount(x, unit, scale=scale).removesuffix(" usd") for x in (mean, low, high)]
    return cells[0], f"{cells[1]} to {cells[2]}"


def _decisions(s: Settings, units: Units, verdicts: list[Verdict], table: pd.DataFrame) -> list[str]:
    """Return the table of decisions, the best first in each context."""
    head: tuple[str, ...] = ("decision", "gain", "interval", "better in", "new usd", "usd/unit-year")
    rows: Rows = []
    if units.value_unit == "usd":
        head = ("decision", "gain", "interval", "better in", "net usd", "interval")
    for context, row in _firsts(verdicts, table, "value", falling=True):
        money = (
            _three(row, "value", "usd")
            if units.value_unit == "usd"
            else tuple("-" if math.isnan(row[n]) else usd(row[n]) for n in ("usd_new", "price"))
        )
        rows.append(
            (context, (str(row["decision"]), *_three(row, "gain"), f"{row['share_better']:.0%}", *money))
        )
    title = (
        f"Decisions, the best first: gain in the last year, {units.gain}, with the {s.level * 100:.4g} % interval "
        "of its mean"
    )
    return _table(title, head, rows, "decisions", len(table))


def _marginal(
    s: Settings, units: Units, verdicts: list[Verdict], tables: dict[str, pd.DataFrame]
) -> list[str]:
    """Return what the next step of the budget adds."""
    if "marginal" not in tables or s.money is None:
        return paragraph(
            "No frontier of budgets: no lever on the grid is an amount of money with several levels."
        )
    head: tuple[str, ...] = ("step of the budget", "per year", "adds", "interval", "per 1 M usd")
    rows: Rows = []
    for context, row in _firsts(verdicts, _best_ladders_first(s, verdicts, tables["marginal"]), "rank"):
        step = f"{usd(row['usd_from'])} to {usd(row['usd_to'])}"
        per = f"{row['gain_per_million']:+.{decimals(abs(row['gain_per_million']))}f}"
        rows.append((context, (str(row["rest"]), step, *_three(row, "gain_more"), per)))
    title = f"What the next dollar adds to the gain in the last year, {units.gain}, in the same worlds"
    return _table(title, head, rows, "marginal", len(tables["marginal"]))


def _best_ladders_first(s: Settings, verdicts: list[Verdict], table: pd.DataFrame) -> pd.DataFrame:
    """Return steps with the `rank` of their ladder in its context, by the best mean value on it."""
    rank: dict[Any, int] = {}
    for v in verdicts:
        means = {
            rest: max(mean_of(v.context.value[k]).mean for k in ks) for rest, ks in ladders(v.context, s)
        }
        order = sorted(means, key=lambda rest: -means[rest])
        for i in _rows_of(v, table).index:
            rank[i] = order.index(table.loc[i, "rest"])
    return table.assign(rank=[rank[i] for i in table.index])


def _payback(verdicts: list[Verdict], tables: dict[str, pd.DataFrame], why: str) -> list[str]:
    """Return how often and when decisions pay back."""
    if "payback" not in tables:
        return paragraph(f"No dates of payback and no benefit over the run: {why.rstrip('.')}.")
    head: tuple[str, ...] = ("decision", "pays back in", "interval", "month", "5-95 %")
    rows: Rows = []
    table = _by_value(tables["payback"], tables["decisions"], verdicts)
    for context, row in _firsts(verdicts, table[table["of"] == table["of"].iloc[-1]], "value", falling=True):
        reached = math.isfinite(row["months"])
        dates = (
            (f"{row['months']:.0f}", f"{row['months_low']:.0f}-{row['months_high']:.0f}")
            if reached
            else ("-", "-")
        )
        ends = f"{row['share_low']:.0%} to {row['share_high']:.0%}"
        rows.append((context, (str(row["decision"]), f"{row['share']:.0%}", ends, *dates)))
    title = (
        f"Payback, the best decision first: share of paired worlds whose summed {table['of'].iloc[-1]} ends "
        "positive, and the month from which it stays so"
    )
    return _table(title, head, rows, "payback", len(table))


def _by_value(table: pd.DataFrame, decisions: pd.DataFrame, verdicts: list[Verdict]) -> pd.DataFrame:
    """Return rows with the mean value of their decision."""
    keys = [*verdicts[0].context.keys, "decision"]
    return table.merge(decisions[[*keys, "value"]], on=keys, validate="m:1")


def _regret(units: Units, verdicts: list[Verdict], tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what each decision misses."""
    if "regret" not in tables:
        return paragraph(
            "No regret: one draw only, so nothing says how decisions fare where parameters differ."
        )
    head: tuple[str, ...] = ("decision", "best in", "mean", "mean, split", "95 % below", "worst", "")
    rows: Rows = []
    for context, row in _firsts(verdicts, tables["regret"], "regret"):
        cells = [
            amount(row[n], units.value_unit, False).removesuffix(f" {units.value_unit}")
            for n in ("regret", "regret_split", "regret_p95", "regret_max")
        ]
        mark = "*" if row["is_minimax"] else ""
        rows.append((context, (str(row["decision"]), f"{row['share_best']:.0%}", *cells, mark)))
    title = (
        f"Regret against the best decision of each draw, the least first, {units.value_unit}. Mean, 95 % and worst "
        "are too large, as the best of noisy numbers is; split (chosen on half of the worlds, judged on the rest) is "
        "too small if anything: the truth lies between. *: the smallest worst regret."
    )
    return _table(title, head, rows, "regret", len(tables["regret"]))


def _notes(s: Settings, verdicts: list[Verdict]) -> list[str]:
    """Return what the words mean."""
    left = sum(v.context.left_out for v in verdicts)
    notes = [
        f"Each interval holds for one number at a time, but YES stands only where it holds for all decisions of a "
        f"context together ({s.level * 100:.4g} %, Bonferroni).",
        f"{s.reference} costs and gains nothing by definition, and is one of the choices.",
        "New money is what was spent more than in the reference where coordination is paid from outside; at equal "
        "budgets it is nothing, as what services lost is in the gain. A benefit of a month is the difference of the "
        "true indicator in the good direction.",
    ]
    if s.price is None:
        notes.append("usd/unit-year: new money over discounted gain; worth more than that, the money pays.")
    if left:
        notes.append(f"{left} draws were left out, as not all decisions were run for them.")
    if verdicts[0].context.crossed:
        notes.append("All draws were run with the same seeds; intervals of means hold their common luck too.")
    return paragraph(" ".join(notes))
