"""Decision analysis for funders: what a backbone is worth, for which problem, and how sure that is."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.study.decision.figures import Sheet
from cisim.study.decision.frontier import budget_table, decisions_table, ladders, marginal_table, pay_map
from cisim.study.decision.ledger import Context, add_worth, contexts_of, pairs_of
from cisim.study.decision.map_figure import DRAW
from cisim.study.decision.payback import payback_table
from cisim.study.decision.regret import EVERYTHING, information_table, regret_table
from cisim.study.decision.text import text_of
from cisim.study.decision.values import Settings, settings_of
from cisim.study.decision.verdict import Verdict, units_of, verdict_of
from cisim.study.records import Report, StudyData

if TYPE_CHECKING:
    import pandas as pd


LEAST_DRAWS = 8
"""Draws below which no parameter is singled out for the map."""


def analyse(data: StudyData) -> Report:
    """Say which decision pays in which context, how sure, when, and what knowing more would be worth.

    Parameters
    ----------
    data : StudyData
        Grid factors that are levers are decisions; other grid factors, and those named in the option `by`, are
        contexts; draws are samples of uncertain parameters. Options: `usd_per_unit` (dollars that one unit of the
        indicator is worth to the community for a year, or null), `discount` (0.03 a year), `by`, `case`, `level`
        (0.95), `resamples` (200).

    Returns
    -------
    Report
        Tables `decisions`, and as far as the data allow `marginal`, `budgets`, `payback`, `regret`,
        `information`, `pay_map`, `choice`; figures `frontier`, `payback`, `regret`, `information`, `pay_map`.

    Raises
    ------
    ValueError
        If there is no reference, an option is not allowed, or runs are missing from the series.
    """
    s = settings_of(data)
    pairs, why = add_worth(data, s, pairs_of(data, s))
    contexts = contexts_of(data, s, pairs)
    verdicts = [verdict_of(c, s, data.seed) for c in contexts]
    units = units_of(contexts[0], data.scenario.indicator.unit)
    found: dict[str, pd.DataFrame | None] = {
        "decisions": decisions_table(contexts, s),
        "choice": _choice_table(verdicts),
        "marginal": marginal_table(contexts, s),
        "budgets": budget_table(contexts, s),
        "payback": payback_table(contexts, s.level),
        "regret": regret_table(contexts, s),
        "information": information_table(contexts, s, data.seed),
    }
    tables = {name: table for name, table in found.items() if table is not None}
    tables["pay_map"] = _map_table(verdicts, s, tables.get("information"))
    text = text_of(data, s, units, verdicts, tables, why)
    sheet = Sheet(data.title, s, units, tuple(verdicts), tables)
    drawn = {name: partial(draw, sheet) for name, draw in DRAW.items() if name in _drawable(tables)}
    return Report("decision", text, tables, drawn)


def _drawable(tables: dict[str, pd.DataFrame]) -> set[str]:
    """Return names of figures there is something to draw for."""
    return (set(tables) | ({"frontier"} if "budgets" in tables else set())) - {"budgets"}


def _choice_table(verdicts: list[Verdict]) -> pd.DataFrame:
    """Return one row per context: the answer, the best decision, and what remains of it judged on other runs."""
    import pandas as pd

    rows = []
    for v in verdicts:
        row: dict[str, Any] = {**v.context.keys, "answer": v.answer, "decision": v.context.names[v.k]}
        row |= {"value": v.value.mean, "value_low": v.value.low, "value_high": v.value.high}
        row |= {"value_judged": v.judged.value, "gain_judged": v.judged.gain, "same_choice": v.judged.same}
        rows.append(row | {"harmful": v.harmful, "n_decisions": len(v.context.names)})
    return pd.DataFrame(rows)


def _map_table(verdicts: list[Verdict], s: Settings, information: pd.DataFrame | None) -> pd.DataFrame:
    """Return where money pays: budgets of the best ladder (or all decisions) by the parameter it depends on most.

    Columns are those of `pay_map`, `parameter`, and `parameter_p`: how often chance alone links one of so many
    parameters as strongly with what the last step of money adds (Bonferroni; missing without steps of money).
    """
    import pandas as pd

    rows = []
    for v in verdicts:
        c = v.context
        ks = next((ks for _, ks in ladders(c, s) if v.k in ks), list(range(len(c.names))))
        is_ladder = s.money is not None and len(ks) > 1
        name, p = _explains_money(c, ks) if is_ladder else (_most_important(c, information), math.nan)
        x = c.draws[name].to_numpy() if name else None
        rows += [row | {"parameter": name, "parameter_p": p} for row in pay_map(c, ks, x, s)]
    return pd.DataFrame(rows)


def _explains_money(c: Context, ks: list[int]) -> tuple[str, float]:
    """Return the parameter that ranks draws most like what the last step of money adds, and its Bonferroni p."""
    from scipy.stats import kruskal, spearmanr

    if c.n_draws < LEAST_DRAWS:
        return "", math.nan
    added = np.nanmean(c.value[ks[-1]] - c.value[ks[-2]], axis=1)
    found = {}
    for name in c.draws.columns:
        x = c.draws[name].to_numpy()
        kinds, codes = np.unique(x, return_inverse=True)
        if kinds.size < 2 or not np.ptp(added) > 0.0:
            continue
        is_number = np.issubdtype(x.dtype, np.number)  # names have no order
        test = spearmanr(x, added) if is_number else kruskal(*(added[codes == i] for i in range(kinds.size)))
        found[str(name)] = float(test.pvalue)
    best = min(found, key=lambda name: found[name], default="")
    return best, min(1.0, len(found) * found[best]) if best else math.nan


def _most_important(c: Context, information: pd.DataFrame | None) -> str:
    """Return the parameter worth most to know, or, where none is, the one that explains most; "" if none varies."""
    if information is None:
        return ""
    rows = information[information["parameter"] != EVERYTHING]
    for name, value in c.keys.items():
        rows = rows[rows[name] == value]
    if rows.empty:
        return ""
    order = np.lexsort((rows["explained"].to_numpy(), np.where(rows["is_detectable"], rows["worth"], 0.0)))
    return str(rows["parameter"].iloc[int(order[-1])])
