"""What studies about the model itself found: what matters, where it pays, which facts are met and missed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cisim.report.words import between, counted, listed, number, per_cent

if TYPE_CHECKING:
    import pandas as pd

    from cisim.report.answers import Tables
    from cisim.study.spec import Spec

NAMED = 3
ONE, LUCK = "one world", "luck"
WHAT = {
    "ST": "share of the differences between single worlds it has a part in",
    "S1": "share of the differences between single worlds that is due to it alone",
    "mu_star": "mean change of a single world when it goes through its whole range",
    "delta": "how far knowing it moves the distribution of worlds, 0 to 1",
    "pawn": "how far knowing it moves the distribution of worlds, 0 to 1",
    "bound": "at most this share of the differences between single worlds",
}
"""What the main index of each method is, in words."""


def sensitive(spec: Spec, tables: Tables) -> list[str]:
    """Return what the result depends on, how much is luck, and whether the indices can be trusted."""
    from cisim.report.answers import spoken

    del spec
    found, checks = tables["indices"], tables["convergence"]
    one = found[found["target"] == ONE]
    main = next(name for name in WHAT if name in set(one["index"]))
    rows = one[one["index"] == main].sort_values("estimate", ascending=False, kind="stable")
    floor = (
        one[one["index"] == "floor"].set_index("factor")["estimate"] if "floor" in set(one["index"]) else None
    )
    told = [row for row in rows.to_dict("records") if _tells(row, floor)]
    lines = []
    if told:
        named = [f"{spoken(row['factor'])} ({number(row['estimate'], _half(row))}, {between(row['low'], row['high'])})"
                 for row in told[:NAMED]]  # fmt: skip
        lines.append(
            f"What matters most: {listed(named)}. In brackets: {WHAT[main]}, with its 95 % interval. Of {len(rows)} "
            f"factors {len(told)} can be told to matter."
        )
    else:
        lines.append(
            f"No factor of {len(rows)} can be told to matter: none is surely above what chance gives."
        )
    luck: Any = one[one["index"] == LUCK].to_dict("records")
    if luck:
        ends = f"{per_cent(luck[0]['low'])} to {per_cent(luck[0]['high'])}"
        lines.append(
            f"Luck makes {per_cent(luck[0]['estimate'])} ({ends}) of the differences between worlds; knowing every "
            "factor would not remove it."
        )
    open_ = checks[~checks["is_converged"].astype(bool)] if len(checks) else checks
    lines.append(
        f"Not converged: {len(open_)} of {counted(len(checks), 'set')} of indices are rougher than their criterion; "
        "a larger sample would tell more."
        if len(open_)
        else "All sets of indices have converged by their criterion."
    )
    return lines


def _half(row: Mapping[Any, Any]) -> float:
    """Return half the width of an index's interval."""
    return float(row["high"] - row["low"]) / 2.0


def _tells(row: Mapping[Any, Any], floor: pd.Series[Any] | None) -> bool:
    """Tell whether a factor surely matters: above nought, or above what a factor without effect gives."""
    if floor is not None:
        return bool(row["estimate"] > floor.get(row["factor"], math.inf))
    return bool(row["low"] > 0.0)


def discovered(spec: Spec, tables: Tables) -> list[str]:
    """Return where it pays and where it hurts, or that no condition was found."""
    lines = []
    for row in tables["answers"].to_dict("records"):
        question = str(row["question"])
        verb = {"pays": "pays", "hurts": "hurts"}.get(question, question)
        first = f"It {verb} at {row['cases']:,} of {row['points']:,} combinations of values tried"
        if row["clear_cases"] is not None and row["clear_cases"] >= 0:
            first += f", clearly (beyond the error of the mean) at {int(row['clear_cases']):,}"
        if not bool(row["found"]):
            lines.append(
                f"{first}. No conditions were found that tell these from the others better than chance does."
            )
            continue
        limits = _limits(tables["boxes"], question)
        lines.append(
            f"{first}. It {verb} where {limits}: true of {per_cent(row['density'])} of the combinations there "
            f"({per_cent(row['density_low'])} to {per_cent(row['density_high'])}), against "
            f"{per_cent(row['density_outside'])} elsewhere, judged on combinations that had no part in the search. "
            f"These conditions cover {per_cent(row['coverage'])} of all that {verb.removesuffix('s')}."
        )
    del spec
    return lines


def _limits(boxes: pd.DataFrame, question: str) -> str:
    """Return the limits of a box in words."""
    from cisim.report.answers import spoken

    parts = []
    for row in boxes[boxes["question"] == question].to_dict("records"):
        name, low, high, among = spoken(str(row["factor"])), row["low"], row["high"], row["among"]
        if isinstance(among, str) and among:
            parts.append(f"{name} is one of {among}")
        elif math.isfinite(low) and math.isfinite(high):
            parts.append(f"{name} is between {low:.3g} and {high:.3g}")
        elif math.isfinite(low):
            parts.append(f"{name} is above {low:.3g}")
        elif math.isfinite(high):
            parts.append(f"{name} is below {high:.3g}")
    return listed(parts)


def calibrated(spec: Spec, tables: Tables) -> list[str]:
    """Return which facts the calibrated values meet and which they miss, and what the facts say of the parameters."""
    del spec
    narrowed = tables["parameters"]["sd_ratio"]
    n = int((narrowed < 0.5).sum())
    return [
        *_facts(tables["targets"], "posterior_mean"),
        f"Of {counted(len(narrowed), 'parameter')}, the facts narrow {n} to less than half of the range thought "
        f"possible; of the other {len(narrowed) - n} they say less.",
    ]


def predicted(spec: Spec, tables: Tables) -> list[str]:
    """Return which facts the drawn values meet and which they miss, simulated."""
    del spec
    return _facts(tables["facts"], "mean")


def _facts(found: pd.DataFrame, mean: str) -> list[str]:
    """Return how many facts are met, fitted and held out, and every one that is not, the misses first."""
    lines = []
    for use, words in (("fit", "it was fitted to"), ("hold-out", "held out")):
        rows = found[found["use"] == use]
        if len(rows):
            inside = int((rows["verdict"] == "inside").sum())
            lines.append(f"Of the facts {words} the model meets {inside} of {len(rows)}.")
    missed = found[found["verdict"] != "inside"].sort_values("off_by_sd", ascending=False, kind="stable")
    if len(missed) == 0:
        return [" ".join(lines), "No fact is missed."]
    told = [_miss(row, mean) for row in missed.to_dict("records")]
    return [" ".join(lines), " ".join(told)]


def _miss(row: Mapping[Any, Any], mean: str) -> str:
    """Return the sentence about a fact that is not met."""
    how = "Missed" if row["verdict"] == "outside" else "Undecided"
    held = ", held out" if row["use"] == "hold-out" else ""
    return (
        f"{how}: {row['target']}{held}: the model gives {row[mean]:.3g}, the fact is {row['value']:.3g} (tolerance "
        f"{row['tolerance']:.2g}), {row['off_by_sd']:.2g} standard deviations away."
    )
