"""The report on a case in words: what was expected and seen, what is missed, what might have been, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cisim.retrodiction.courses import rows_by
from cisim.retrodiction.observed import Observed
from cisim.retrodiction.parts import ALONE, EFFECT, LUCK, PEAK, TOTAL, TREND, UNEXPLAINED
from cisim.study.calibrated import SOURCE
from cisim.tables import columns, decimals, paragraph, short

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.spec import Spec

LONGEST = 24
SMALLEST_JOINT = 3  # figures from which their number inside is worth comparing
WORDS = {
    TOTAL: "published change", PEAK: "the peak fades", TREND: "trend", ALONE: "anyway: organisations alone, events",
    EFFECT: "paired effect", LUCK: "luck of the last figure", UNEXPLAINED: "observed, not in the model",
}  # fmt: skip
"""What the parts of a change are called."""


def case_text(observed: Observed, spec: Spec, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the report on a case as text of at most 100 columns."""
    lines = [
        *paragraph(f"{observed.title}: what the model says beside what happened"),
        *_basis(observed, spec),
    ]
    if observed.claim:
        lines += ["", *paragraph(f"The claim: {observed.claim}")]
    if len(tables["predictions"]):
        lines += ["", *_figures(observed, tables["predictions"]), "", *_verdicts(observed, tables)]
    lines += ["", *_otherwise(observed, tables["effect"])]
    for name, rows in tables["parts"].groupby("observation", sort=False):
        lines += ["", *_parts(observed, str(name), rows)]
    lines += ["", *paragraph(observed.notes)] if observed.notes else []
    return "\n".join(lines) + "\n"


def _basis(observed: Observed, spec: Spec) -> list[str]:
    """Return what was run, and what was drawn."""
    source = "as the scenario declares them"
    if spec.posterior:
        joint = sum(factor.name in spec.posterior.names for factor in spec.uncertain)
        where = spec.posterior.source
        which = "the calibrated set" if where == SOURCE else f"the set in {where}"
        source = f"{joint} jointly from {which}, the others {source}"
    kept = f" Kept as the case states them: {', '.join(observed.keeps)}." if observed.keeps else ""
    money = str(spec.cases[observed.happened].values["financing"])
    return paragraph(
        f"{spec.samples} draws of {len(spec.uncertain)} unknowns ({source}), {spec.worlds} worlds each, "
        f"seed {spec.seed}; {money} money. What happened is taken as the regime {observed.happened}; "
        f"{observed.counterfactual}, in the same draws and worlds, is what might have been. No figure below was "
        f"fitted.{kept}"
    )


def _figures(observed: Observed, found: pd.DataFrame) -> list[str]:
    """Return a row per figure: observed, predicted, and where one lies in the other."""
    rows: list[tuple[str, ...]] = [
        ("", "", "", short(observed.happened, 14), "", "share", "", "", short(observed.counterfactual, 10)),
        ("figure", "observed", "sd", "median", "5-95 %", "below", "p", "verdict", "median"),
    ]  # fmt: skip
    by = rows_by(found, "observation", "role")
    for one in observed.observations:
        mine, other = by[one.name, "happened"], by[one.name, "counterfactual"]
        d = decimals((mine.p95 - mine.p5) / 2.0)
        marks = ("m" if one.from_memory else "") + ("s" if one.informs else "")
        rows.append(
            (
                f"{short(one.name, LONGEST)}{f' ({marks})' if marks else ''}",
                f"{one.value:.{d}f}", f"{one.error:.{d}f}",
                f"{mine.p50:.{d}f}", f"{mine.p5:.{d}f} to {mine.p95:.{d}f}", f"{mine.quantile:.0%}", f"{mine.p:.2f}",
                str(mine.verdict), f"{other.p50:.{d}f}",
            )
        )  # fmt: skip
    return [*paragraph(_unit(observed)), *columns(rows), "", *paragraph(_legend(observed))]


def _unit(observed: Observed) -> str:
    """Return what the figures are."""
    indicator = observed.scenario.indicator
    return (
        f"Figures that would have been published, with their sampling noise: {indicator.name} in {indicator.unit}, "
        f"{indicator.baseline:g} at the start; changes and shares as fractions."
    )


def _legend(observed: Observed) -> str:
    """Return what the words over the columns mean."""
    marks = []
    if any(one.from_memory for one in observed.observations):
        marks.append("m: from memory, nobody has looked the figure up")
    if any(one.informs for one in observed.observations):
        marks.append("s: a setting of the scenario was chosen with it in view")
    more = f" {'; '.join(marks)}." if marks else ""
    return (
        "sd: sampling error of the observed figure. Share below: of predictions, lower than observed. p: two-sided. "
        f"Verdict: whether the observed figure lies inside 5-95 % of predictions.{more}"
    )


def _verdicts(observed: Observed, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the misses first, then how many figures lie inside and how many would in the model's own runs."""
    found = tables["predictions"]
    mine = found[found["role"] == "happened"]
    lines: list[str] = []
    for verdict, words in (("below", "below 5 %"), ("above", "above 95 %")):
        missed = [str(name) for name in mine.loc[mine["verdict"] == verdict, "observation"]]
        if missed:
            lines += paragraph(f"Missed, observed {words} of predictions: {', '.join(missed)}.")
    inside = [str(name) for name in mine.loc[mine["verdict"] == "inside", "observation"]]
    if inside:
        lines += paragraph(f"Inside 5-95 % of predictions: {', '.join(inside)}.")
    coverage = tables["coverage"]
    for row in rows_by(coverage[coverage["n"] >= SMALLEST_JOINT], "figures", "role").values():
        which = "figures" if row.figures == "all" else "figures looked up and used for no setting"
        score = f"; mean CRPS of the levels {row.crps:.3g}" if math.isfinite(row.crps) else ""
        lines += paragraph(
            f"{getattr(observed, row.role)}: {row.inside} of {row.n} {which} inside (of the model's own runs 95 % have "
            f"{row.p5:.0f} or more inside; {row.chance:.1%} have as few){score}."
        )
    return [*lines, *_coin(observed)]


def percent(value: float, sign: str = "") -> str:
    """Return a share in per cent, without a negative nought.

    Examples
    --------
    >>> percent(-0.001, "+"), percent(0.384)
    ('+0%', '38%')
    """
    return f"{round(100.0 * value) + 0.0:{sign}.0f}%" if math.isfinite(value) else "-"


def _coin(observed: Observed) -> list[str]:
    """Return what tossing a coin for every figure of a share would do."""
    from scipy.stats import binom

    lines = []
    for one in observed.observations:
        if one.trials is not None:
            hits = round(one.value * one.trials)
            chance = float(binom.sf(hits - 1, one.trials, 0.5))
            lines += paragraph(
                f"Sign test of {one.name}: {hits} or more of {one.trials} come about by tossing a coin for each with a "
                f"chance of {chance:.1%}."
            )
    return lines


def _otherwise(observed: Observed, effect: pd.DataFrame) -> list[str]:
    """Return the true level in the last year, as it happened and otherwise, and the difference in the same worlds."""
    indicator = observed.scenario.indicator
    by = rows_by(effect, "what")
    difference = by["difference"]
    d = decimals((difference.p95 - difference.p5) / 2.0)
    rows: list[tuple[str, ...]] = [("true level in the last year", "mean", "median", "5-95 %")]
    words = {
        "happened": f"{observed.happened} (happened)",
        "counterfactual": f"{observed.counterfactual} (might have been)",
        "difference": "difference, same draws and worlds",
    }
    for what, label in words.items():
        row, s = by[what], "+" if what == "difference" else ""
        rows.append(
            (
                label,
                f"{row.mean:{s}.{d}f}",
                f"{row.p50:{s}.{d}f}",
                f"{row.p5:{s}.{d}f} to {row.p95:{s}.{d}f}",
            )
        )
    low, high = (100.0 * one / indicator.baseline for one in (difference.p5, difference.p95))
    return [
        *columns(rows),
        *paragraph(
            f"In {indicator.unit}. What happened was the better of the two in {difference.better:.0%} of "
            f"runs; the difference is {low:+.2g} to {high:+.2g} % of the level at the start (5-95 %)."
        ),
    ]


def _parts(observed: Observed, name: str, found: pd.DataFrame) -> list[str]:
    """Return the parts of the change up to one figure, and what the model attributes to what happened."""
    by = rows_by(found, "part")
    seen, unit = float(found["observed"].iloc[0]), observed.scenario.indicator.unit
    d = decimals(by[EFFECT].p95 - by[EFFECT].p5)
    rows: list[tuple[str, ...]] = [(f"change up to {name}", "mean", "5-95 %", "% of the observed change")]
    for part, row in by.items():
        share = f"{percent(row.share, '+')} ({percent(row.share_p5, '+')} to {percent(row.share_p95, '+')})"
        rows.append((WORDS[part], f"{row.mean:+.{d}f}", f"{row.p5:+.{d}f} to {row.p95:+.{d}f}", share))
    effect, total = by[EFFECT], by[TOTAL]
    base = observed.scenario.indicator.baseline
    attributed = f"{percent(effect.share)} ({percent(effect.share_p5)} to {percent(effect.share_p95)})"
    own = f"{percent(total.mean / base, '+')} ({percent(total.p5 / base, '+')} to {percent(total.p95 / base, '+')})"
    return [
        *columns(rows),
        *paragraph(
            f"In {unit}; observed {seen:+.{d}f} ({percent(seen / base, '+')} of the start). The parts between the "
            "first and the last row add up to the first in every run. Of the observed change the model attributes "
            f"{attributed} to {observed.happened} instead of {observed.counterfactual} (the paired effect); its own "
            f"published change is {own}."
        ),
    ]
