"""The decision analysis as text for people who decide about money: the answer first, then tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cisim.study.decision.evppi import LEAST_DRAWS
from cisim.study.decision.regret import EVERYTHING
from cisim.study.decision.values import Settings
from cisim.study.decision.verdict import Units, Verdict, amount, sentences
from cisim.tables import columns, decimals, paragraph, short, usd

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.records import StudyData

MOST_ROWS = 24
Rows = list[tuple[str, ...]]


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
        _information(units, verdicts, tables),
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


def _table(title: str, rows: Rows, name: str) -> list[str]:
    """Return a titled table, cut where it is long."""
    more = len(rows) - 1 - MOST_ROWS
    lines = [*paragraph(title), *columns(rows[: MOST_ROWS + 1])]
    return [*lines, f"+ {more} more in {name}.csv"] if more > 0 else lines


def _where(row: Mapping[Any, Any], verdicts: list[Verdict], name: str = "decision") -> str:
    """Return context and decision of a row, short enough for a column."""
    context = next((v.context for v in verdicts if all(row[k] == x for k, x in v.context.keys.items())), None)
    label = context.label if context is not None else ""
    return short(f"{short(label, 18)}: {row[name]}" if label else str(row[name]), 44)


def _three(row: Mapping[Any, Any], name: str, unit: str = "") -> tuple[str, str]:
    """Return a mean and its interval as two cells."""
    mean, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    scale = (high - low) / 2.0 if math.isfinite(high - low) else abs(mean)
    cells = [amount(x, unit, scale=scale).removesuffix(" usd") for x in (mean, low, high)]
    return cells[0], f"{cells[1]} to {cells[2]}"


def _decisions(s: Settings, units: Units, verdicts: list[Verdict], table: pd.DataFrame) -> list[str]:
    """Return the table of decisions, the best first in each context."""
    rows: Rows = [("decision", "gain", "interval", "better in", "new usd", "usd/unit-year")]
    if units.value_unit == "usd":
        rows = [("decision", "gain", "interval", "better in", "net usd", "interval")]
    for v in verdicts:
        found = table
        for name, value in v.context.keys.items():
            found = found[found[name] == value]
        for row in found.sort_values("value", ascending=False).to_dict("records"):
            money = (
                _three(row, "value", "usd")
                if units.value_unit == "usd"
                else tuple("-" if math.isnan(row[n]) else usd(row[n]) for n in ("usd_new", "price"))
            )
            rows.append((_where(row, verdicts), *_three(row, "gain"), f"{row['share_better']:.0%}", *money))
    title = (
        f"Decisions: gain in the last year, {units.gain}, with the {s.level * 100:.4g} % interval of its mean"
    )
    return _table(title, rows, "decisions")


def _marginal(
    s: Settings, units: Units, verdicts: list[Verdict], tables: dict[str, pd.DataFrame]
) -> list[str]:
    """Return what the next step of the budget adds."""
    if "marginal" not in tables or s.money is None:
        return paragraph(
            "No frontier of budgets: no lever on the grid is an amount of money with several levels."
        )
    rows: Rows = [("step of the budget", "per year", "adds", "interval", "per 1 M usd")]
    for row in tables["marginal"].to_dict("records"):
        step = f"{usd(row['usd_from'])} to {usd(row['usd_to'])}"
        per = f"{row['gain_per_million']:+.{decimals(abs(row['gain_per_million']))}f}"
        rows.append((_where(row, verdicts, "rest"), step, *_three(row, "gain_more"), per))
    title = f"What the next dollar adds to the gain in the last year, {units.gain}, in the same worlds"
    return _table(title, rows, "marginal")


def _payback(verdicts: list[Verdict], tables: dict[str, pd.DataFrame], why: str) -> list[str]:
    """Return how often and when decisions pay back."""
    if "payback" not in tables:
        return paragraph(f"No dates of payback and no benefit over the run: {why.rstrip('.')}.")
    rows: Rows = [("decision", "of", "pays back in", "interval", "month", "5-95 %")]
    for row in tables["payback"].to_dict("records"):
        reached = math.isfinite(row["months"])
        dates = (
            (f"{row['months']:.0f}", f"{row['months_low']:.0f}-{row['months_high']:.0f}")
            if reached
            else ("-", "-")
        )
        ends = f"{row['share_low']:.0%} to {row['share_high']:.0%}"
        rows.append((_where(row, verdicts), row["of"], f"{row['share']:.0%}", ends, *dates))
    title = "Payback: share of paired worlds whose summed benefit ends positive, and the month from which it stays so"
    return _table(title, rows, "payback")


def _regret(units: Units, verdicts: list[Verdict], tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what each decision misses."""
    if "regret" not in tables:
        return paragraph(
            "No regret: one draw only, so nothing says how decisions fare where parameters differ."
        )
    rows: Rows = [("decision", "best in", "mean", "mean, split", "95 % below", "worst", "")]
    for row in tables["regret"].to_dict("records"):
        cells = [
            amount(row[n], units.value_unit, False).removesuffix(f" {units.value_unit}")
            for n in ("regret", "regret_split", "regret_p95", "regret_max")
        ]
        mark = "smallest worst" if row["is_minimax"] else ""
        rows.append((_where(row, verdicts), f"{row['share_best']:.0%}", *cells, mark))
    title = (
        f"Regret against the best decision of each draw, {units.value_unit}. Mean, 95 % and worst are too large, as "
        "the best of noisy numbers is; split (chosen on half of the worlds, judged on the rest) is too small if "
        "anything: the truth lies between."
    )
    return _table(title, rows, "regret")


def _information(units: Units, verdicts: list[Verdict], tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what knowing parameters is worth."""
    if "information" not in tables:
        return paragraph(f"No value of information: it takes {LEAST_DRAWS} draws of uncertain parameters.")
    rows: Rows = [("known before deciding", "worth", "interval", "by chance below", "")]
    for row in tables["information"].to_dict("records"):
        unit = units.value_unit
        scale = row["high"] - row["low"] if math.isfinite(row["low"]) else 0.0
        cells = [
            amount(row[n], unit, False, scale).removesuffix(f" {unit}")
            for n in ("worth", "low", "high", "chance")
        ]
        verdict = "none detectable"
        if row["is_detectable"]:
            verdict = "" if row["low"] > 0.0 else "interval holds 0"
        if row["parameter"] == EVERYTHING:
            verdict = f"plain: {amount(row['naive'], unit, False, scale).removesuffix(f' {unit}')}"
        rows.append(
            (_where(row, verdicts, "parameter"), cells[0], f"{cells[1]} to {cells[2]}", cells[3], verdict)
        )
    title = (
        f"What knowing a parameter before deciding is worth to one community, {units.value_unit}. 'Everything' "
        "lies between two bounds: the lower one, with its interval, chooses on half of the worlds and judges on the "
        "rest, and is below zero where that does worse than always deciding alike; the plain one is too large."
    )
    return _table(title, rows, "information")


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
