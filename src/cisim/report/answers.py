"""What studies found, in plain sentences computed from their tables; also where that is no, harm or nothing at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cisim.report.words import (
    between,
    capital,
    counted,
    level,
    listed,
    money,
    number,
    per_cent,
    titled,
    verdict_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.spec import Spec

Tables = Mapping[str, "pd.DataFrame"]
WINNER = (
    "The best of several looks better than it is: part of its lead is luck. Run it again with another seed."
)


def answer(spec: Spec, tables: Tables) -> list[str]:
    """Return what a study found, in plain sentences.

    Parameters
    ----------
    spec : Spec
    tables : mapping of str to DataFrame
        Of its report.
    """
    from cisim.report.answers_model import calibrated, discovered, predicted, sensitive

    by: dict[str, Callable[[Spec, Tables], list[str]]] = {
        "sweep": swept, "attribution": attributed, "value": valued, "sensitivity": sensitive, "discover": discovered,
        "calibrate": calibrated, "predict": predicted,
    }  # fmt: skip
    found = by[spec.analysis](spec, tables)
    return [*found, drawn_in_words(spec)]


def drawn_in_words(spec: Spec) -> str:
    """Return what is in the intervals, and what is not."""
    if not spec.uncertain:
        return (
            "Nothing that is unknown was drawn: the intervals hold luck only, and nothing of what is unknown about the "
            "parameters."
        )
    return (
        f"{counted(len(spec.uncertain), 'parameter')} that nobody knows exactly took many values; the others stayed at "
        "theirs, and what is unknown of them is in no interval."
    )


def spoken(name: str) -> str:
    """Return a factor's name as words.

    Examples
    --------
    >>> spoken("backbone_term_years")
    'backbone term years'
    """
    return name.replace("_", " ")


def signed(mean: float, low: float, high: float, unit: str) -> str:
    """Return a mean with its unit and interval.

    Examples
    --------
    >>> signed(0.5, 0.25, 0.75, "points")
    '+0.50 points (95 % interval +0.25 to +0.75)'
    >>> signed(0.5, float("nan"), float("nan"), "points")
    '+0.50 points (no interval: too few worlds)'
    """
    if not math.isfinite(high - low):
        return f"{number(mean, 0.0, '+')} {unit} (no interval: too few worlds)"
    return f"{number(mean, (high - low) / 2.0, '+')} {unit} (95 % interval {between(low, high, '+')})"


# --- sweep -------------------------------------------------------------------------------------------


def swept(spec: Spec, tables: Tables) -> list[str]:
    """Return which settings gain, lose, or cannot be told."""
    found = tables["effects"]
    gains = found[found["outcome"] == "gain"]
    if gains.empty:
        return [
            "The indicator was not kept by this study, so nothing can be said of gain or loss; see the tables."
        ]
    against = (
        f"against {titled(spec.reference)} in the same worlds"
        if spec.reference
        else "since the published start"
    )
    rows: list[Any] = gains.sort_values("diff", ascending=False, kind="stable").to_dict("records")
    if len(rows) == 1:
        return [_one_setting(spec, rows[0], against)]
    kinds = [verdict_of(row["low"], row["high"], row["low"] == row["high"] == 0.0) for row in rows]
    words = {
        "better": "better beyond the error of their mean", "worse": "worse beyond it: harm",
        "undecided": "such that it cannot be told", "same": "exactly the same",
    }  # fmt: skip
    told = listed([f"{kinds.count(kind)} end {text}" for kind, text in words.items() if kind in kinds])
    first = f"Of {len(rows)} settings, set {against}, {told}."
    best, worst = (_setting(spec, row) for row in (rows[0], rows[-1]))
    ends = f"The largest gain: {best} The smallest: {worst}"
    ways = {(row["diff"], row["low"], row["high"]) for row in rows}
    close = sum(row["high"] >= rows[0]["low"] for row in rows[1:])
    more = "All settings give the same result." if len(ways) == 1 else WINNER
    if close and len(ways) > 1:
        more += f" The intervals of {counted(close, 'other setting')} overlap that of the best."
    return [first, ends, more]


def label_of(spec: Spec, row: Mapping[str, Any]) -> str:
    """Return the levels of what varies, and the case where there are several."""
    parts = [f"{spoken(one.name)} {level(row[one.name])}" for one in spec.grid if one.name in row]
    treated = [label for label in spec.cases if label != spec.reference]
    return ", ".join(([titled(str(row["case"]))] if len(treated) > 1 or not parts else []) + parts)


def _setting(spec: Spec, row: Mapping[str, Any]) -> str:
    """Return one setting's gain, with how often it is one."""
    amount = signed(row["diff"], row["low"], row["high"], str(row["unit"]))
    basis = str(row["basis"])
    often = (
        f", above nought in {per_cent(row['share_positive'])} of {basis}s" if "share_positive" in row else ""
    )
    single = ""
    if math.isfinite(row.get("draws_5", math.nan)):
        single = f"; a single draw may give {between(row['draws_5'], row['draws_95'], '+')} (5-95 %)"
    return f"{label_of(spec, row)}, {amount}{often}{single}."


def _one_setting(spec: Spec, row: Mapping[str, Any], against: str) -> str:
    """Return the sentence where there is one setting only."""
    kind = verdict_of(row["low"], row["high"], row["low"] == row["high"] == 0.0)
    start = {
        "better": "On average it ends better",
        "worse": "On average it does harm",
        "undecided": "It cannot be told whether it does better or worse",
        "same": "It makes no difference",
    }[kind]
    return f"{start}, {against}: {_setting(spec, row)}"


# --- attribution -------------------------------------------------------------------------------------


def attributed(spec: Spec, tables: Tables) -> list[str]:
    """Return what all conditions do together, and what each contributes."""
    del spec
    every, shares, pairs = tables["combinations"], tables["shapley"], tables["interactions"]
    names = list(shares["factor"])
    n_on = every[names].astype(bool).sum(axis=1)
    none, whole = (every[n_on == k].iloc[0] for k in (0, len(names)))
    total = float(shares["shapley"].sum())
    ranked: list[Any] = shares.sort_values("shapley", ascending=False, kind="stable").to_dict("records")
    told = [
        f"{spoken(row['factor'])} {number(row['shapley'], (row['shapley_high'] - row['shapley_low']) / 2, '+')} "
        f"({between(row['shapley_low'], row['shapley_high'], '+')})"
        for row in ranked
    ]
    alone = [spoken(row["factor"]) for row in ranked if row["alone_low"] > 0.0]
    hurts = [spoken(row["factor"]) for row in ranked if row["alone_high"] < 0.0]
    need = int((pairs["holds"].astype(bool) & (pairs["interaction"] > 0.0)).sum()) if len(pairs) else 0
    scale = float(whole["high"] - whole["low"]) / 2.0
    ends = between(float(whole["low"]), float(whole["high"]), "+")
    return [
        f"Without any of the {len(names)} conditions it ends at {number(float(none['mean']), scale, '+')}, with all of "
        f"them at {number(float(whole['mean']), scale, '+')} ({ends}): "
        f"together they change it by {number(total, scale, '+')}.",
        f"Fair shares of that, with their 95 % intervals: {listed(told)}.",
        f"Added alone to none of the others, {listed(alone)} detectably {'helps' if len(alone) == 1 else 'help'}"
        f"{f', and {listed(hurts)} detectably harms' if hurts else ''}. Of {len(pairs)} pairs, {need} add detectably "
        "more together than each by itself.",
    ]


# --- value -------------------------------------------------------------------------------------------


def valued(spec: Spec, tables: Tables) -> list[str]:
    """Return for each problem whether money is worth it, how much, and how sure that is."""
    choice = tables["choice"]
    by = [str(name) for name in choice.columns[: list(choice.columns).index("answer")]]
    lines = [_decided(spec, row, by, tables) for row in choice.to_dict("records")]
    n = int(choice["n_decisions"].max())
    return [
        *lines,
        f"Each is the best of {n} decisions, and the best of many looks better than it is. Judged apart means: "
        "chosen on half of the draws and judged on the other half.",
    ]


def _decided(spec: Spec, row: Mapping[Any, Any], by: list[str], tables: Tables) -> str:
    """Return the sentence about one problem."""
    price = spec.options.get("usd_per_unit")
    unit = "usd" if price else spec.scenario.indicator.unit
    basis = (
        f"at {money(float(price))} for one unit kept for a year"
        if price
        else "where no price is put on a unit"
    )
    start = {
        "yes": f"Yes, it is worth it {basis}",
        "unclear": f"Unclear {basis}: the best decision looks worth it by itself, but not as one of so many",
        "no": f"No, it cannot be told to be worth it {basis}",
        "harm": f"No, every decision does harm {basis}",
    }[str(row["answer"])]
    where = f"{capital(', '.join(f'{spoken(name)}: {row[name]}' for name in by))}. " if by else ""
    decisions = tables["decisions"]
    for name in by:
        decisions = decisions[decisions[name] == row[name]]
    best: Any = decisions[decisions["decision"] == row["decision"]].to_dict("records")[0]
    least: Any = decisions.sort_values("gain", kind="stable").to_dict("records")[0]
    value, judged = (_worth(float(row[key]), unit) for key in ("value", "value_judged"))
    ends = f"{_worth(float(row['value_low']), unit)} to {_worth(float(row['value_high']), unit)}"
    return (
        f"{where}{start}. Best: {row['decision']}, gain in the last year {_gain(spec, best)}, better in "
        f"{per_cent(best['share_better'])} of worlds; net benefit {value} (95 % interval {ends}), judged apart "
        f"{judged}. Not all of this is due to the choice: the weakest decision, {least['decision']}, gains "
        f"{_gain(spec, least)}."
    )


def _gain(spec: Spec, row: Mapping[str, Any]) -> str:
    """Return the gain of a decision."""
    return signed(row["gain"], row["gain_low"], row["gain_high"], spec.scenario.indicator.unit)


def _worth(value: float, unit: str) -> str:
    """Return an amount of net benefit."""
    return money(value) if unit == "usd" else f"{number(value, 0.0, '+')} {unit}"
