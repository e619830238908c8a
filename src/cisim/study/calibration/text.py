"""The words of a calibration's report: facts met and missed first, then parameters, then how it was done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cisim.study.wording import counted
from cisim.tables import columns, paragraph, short

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.records import StudyData

LONGEST = 30
LEAST_EXPLAINED = 0.5  # share of variance below which an emulator is called poor
NARROWED, UNTOUCHED = 0.5, 0.9
"""Ratios of posterior to prior sd below which a parameter was pinned down, above which nothing was learned."""


def report_text(data: StudyData, tables: Mapping[str, pd.DataFrame], reason: str, n_effective: float) -> str:
    """Return the report as text of at most 100 columns."""
    lines = [
        *paragraph(f"{data.title}: calibration to {counted(len(tables['targets']), 'fact')}"),
        "",
        *_met(tables["targets"], n_effective > 0.0),
        "",
        *columns(_target_rows(tables["targets"])),
        "",
        *_learned(tables["parameters"], n_effective > 0.0),
        "",
        *columns(_parameter_rows(tables["parameters"])),
        "",
        *_how(data, tables, reason, n_effective),
    ]
    return "\n".join(lines) + "\n"


def _met(found: pd.DataFrame, is_possible: bool) -> list[str]:
    """Return which facts are met and which are missed, in sentences."""
    lines = []
    if not is_possible:
        lines += paragraph(
            "No parameter values reproduce all facts at once, so there is no posterior. What follows is the run that "
            "came nearest."
        )
    for use, words in (("fit", "it was fitted to"), ("hold-out", "it had not seen")):
        rows = found[found["use"] == use]
        count = rows["verdict"].value_counts()
        vague = f"; of {count['undecided']} it says too little to tell" if "undecided" in count else ""
        if len(rows):
            lines += paragraph(
                f"The model meets {count.get('inside', 0)} of the {counted(len(rows), 'fact')} {words}{vague}."
            )
    for _, row in found[found["verdict"] == "outside"].iterrows():
        gives = row.posterior_mean if is_possible else row.nearest_run
        held = " (not seen)" if row.use == "hold-out" else ""
        lines += paragraph(
            f"Missed: {row.target}{held}: the model gives {number(gives)}, the fact is {number(row.value)} "
            f"(tolerance {number(row.tolerance)}); off by {number(row.off_by_sd)} standard deviations."
        )
    for _, row in found[(found["verdict"] == "undecided") & is_possible].iterrows():
        lines += paragraph(
            f"Undecided: {row.target}: the model gives anything from {number(row.posterior_low)} to "
            f"{number(row.posterior_high)}, the fact is {number(row.value)}."
        )
    return lines


def _target_rows(found: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return a row per target."""
    rows: list[tuple[str, ...]] = [
        ("", "", "toler-", "before:", "after:", "", ""),
        ("fact", "value", "ance", "5-95 %", "mean", "5-95 %", "verdict"),
    ]
    for _, row in found.iterrows():
        missing = math.isnan(row.posterior_mean)
        verdict = row.verdict + (" *" if row.use == "hold-out" else "")
        rows.append(
            (
                short(row.target, LONGEST),
                number(row.value),
                number(row.tolerance),
                f"{number(row.prior_low)} to {number(row.prior_high)}",
                "-" if missing else number(row.posterior_mean),
                "-" if missing else f"{number(row.posterior_low)} to {number(row.posterior_high)}",
                verdict,
            )
        )
    return rows


def _learned(found: pd.DataFrame, is_possible: bool) -> list[str]:
    """Return what was learned of the parameters, in sentences."""
    if not is_possible:
        return paragraph("Nothing is said of the parameters: no values of theirs fit.")
    pinned = found.loc[found["sd_ratio"] < NARROWED, "parameter"].tolist()
    untouched = found.loc[found["sd_ratio"] > UNTOUCHED, "parameter"].tolist()
    return [
        *paragraph(
            f"Narrowed to less than half of what was thought possible: {', '.join(pinned) or 'none'}."
        ),
        *paragraph(
            f"Hardly narrowed, so the facts say next to nothing of them: {', '.join(untouched) or 'none'}."
        ),
    ]


def _parameter_rows(found: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return a row per parameter."""
    rows: list[tuple[str, ...]] = [
        ("", "", "before:", "after:", "", "sd after/"),
        ("parameter", "unit", "5-95 %", "median", "5-95 %", "before"),
    ]
    for _, row in found.iterrows():
        before = f"{number(row.prior_low)} to {number(row.prior_high)}"
        after = f"{number(row.posterior_low)} to {number(row.posterior_high)}"
        named = row.likeliest != ""
        rows.append(
            (
                short(row.parameter, 28),
                short(row.unit, 14),
                "-" if math.isnan(row.prior_low) else before,
                short(row.likeliest, 18) if named else number(row.posterior_median),
                "-" if math.isnan(row.posterior_low) else after,
                number(row.sd_ratio),
            )
        )
    return rows


def _how(data: StudyData, tables: Mapping[str, pd.DataFrame], reason: str, n_effective: float) -> list[str]:
    """Return how it ended, what it took, and what the words over the columns mean."""
    waves = tables["waves"]
    n_worlds = data.runs.groupby(["point", "case"], observed=True).size()
    worlds = f"{n_worlds.min()}" if n_worlds.min() == n_worlds.max() else f"{n_worlds.min()}-{n_worlds.max()}"
    lines = [
        *paragraph(f"How it ended. {reason}"),
        *paragraph(
            f"Runs used: {len(data.runs):,} at {int(waves['points'].sum())} points in {len(waves)} "
            f"{'wave' if len(waves) == 1 else 'waves'}, {worlds} "
            "worlds a point and case."
        ),
    ]
    lost = int(waves["points_without_value"].sum())
    if lost:
        lines += paragraph(f"At {lost} points a fitted statistic does not exist; they count as not fitting.")
    if "emulators" in tables:
        lines += _emulators(tables["emulators"])
    if n_effective > 0.0:
        lines += paragraph(f"The posterior is worth {n_effective:.0f} equally weighted draws.")
    return [
        *lines,
        "",
        *paragraph(
            "A tolerance is one standard deviation of what the model leaves out and of the observation's own "
            "error, together. Inside: fact and model differ by at most 1.96 standard deviations of tolerance and "
            "posterior together. Undecided: they do, but only because the posterior's own standard deviation is more "
            "than 2 tolerances. A * marks facts that were held out. 5-95\xa0% before: over the points of the first "
            "wave; after: of the posterior, the emulator's or the seeds' error included. Sd after/before is "
            "taken on the scale of the prior's probabilities: 1 where nothing was learned."
        ),
    ]


def _emulators(found: pd.DataFrame) -> list[str]:
    """Return how far the emulators can be trusted, in sentences."""
    poor = found[found["explained"] < LEAST_EXPLAINED]
    lines = paragraph(
        f"Not ruled out: {found['share_not_ruled_out'].iloc[0]:.2g} of the prior's volume. Judged by leaving out one "
        f"point at a time, the emulators explain {LEAST_EXPLAINED:.0%} or more of the variance for "
        f"{len(found) - len(poor)} of {counted(len(found), 'fact')}."
    )
    if len(poor):
        shares = ", ".join(
            f"{name} ({share:.0%})" for name, share in zip(poor["target"], poor["explained"], strict=True)
        )
        lines += paragraph(
            f"Less for {shares}. There points differ hardly more than the seeds make them, or too roughly to "
            "follow; below 0 the mean of all points would predict better. More worlds a point would tell."
        )
    return lines


def number(value: float) -> str:
    """Return a number with three digits, a proper zero and no exponent where it can be helped."""
    if math.isnan(value):
        return "-"
    if value != 0.0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2g}"
    places = 3 if value == 0.0 else min(6, max(0, 2 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
