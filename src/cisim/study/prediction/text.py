"""The words of a predictive check: facts met and missed, and how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cisim.study.calibration.text import LONGEST, number
from cisim.study.wording import counted
from cisim.tables import columns, paragraph, short

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.records import StudyData


def report_text(data: StudyData, facts: pd.DataFrame) -> str:
    """Return the report as text of at most 100 columns."""
    draws, worlds = len(data.design), data.runs["world"].nunique()
    lines = [
        *paragraph(f"{data.title}: {counted(len(facts), 'fact')}"),
        "",
        *_met(facts),
        "",
        *columns(_rows(facts)),
        "",
        *paragraph(
            f"Each of {draws} draws of the parameters was simulated in {worlds} worlds and every case. A tolerance "
            "is one standard deviation of what the model leaves out and of the observation's own error, together. "
            "Inside: fact and mean prediction differ by at most 1.96 standard deviations of tolerance and draws "
            "together. Undecided: they do, but only because the draws' own standard deviation is more than 2 "
            "tolerances. Surprise: two-sided chance that a prediction, tolerance included, is as far out as the "
            "fact. A * marks facts that no parameter was fitted to."
        ),
    ]
    return "\n".join(lines) + "\n"


def _met(facts: pd.DataFrame) -> list[str]:
    """Return which facts are met and which are missed, in sentences."""
    lines = []
    for use, words in (("fit", "it was fitted to"), ("hold-out", "that were held out")):
        rows = facts[facts["use"] == use]
        if len(rows):
            met = int((rows["verdict"] == "inside").sum())
            lines += paragraph(
                f"Simulated, the model meets {met} of the {counted(len(rows), 'fact')} {words}."
            )
    for _, row in facts[facts["verdict"] != "inside"].iterrows():
        start = "Missed" if row.verdict == "outside" else "Undecided"
        held = " (held out)" if row.use == "hold-out" else ""
        lines += paragraph(
            f"{start}: {row.target}{held}: the model gives {number(row['mean'])} ({number(row.low)} to "
            f"{number(row.high)}), the fact is {number(row.value)} (tolerance {number(row.tolerance)}); off by "
            f"{number(row.off_by_sd)} standard deviations."
        )
    return lines


def _rows(facts: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return a row per fact."""
    rows: list[tuple[str, ...]] = [
        ("", "", "toler-", "model:", "", "off by", "", ""),
        ("fact", "value", "ance", "mean", "5-95 %", "sd", "surprise", "verdict"),
    ]
    for _, row in facts.iterrows():
        rows.append(
            (
                short(row.target, LONGEST), number(row.value), number(row.tolerance), number(row["mean"]),
                f"{number(row.low)} to {number(row.high)}", f"{row.off_by_sd:.1f}", f"{row.surprise:.2f}",
                row.verdict + (" *" if row.use == "hold-out" else ""),
            )
        )  # fmt: skip
    return rows
