"""The report on a comparison of regimes in paired worlds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from cisim.report.assumptions import assumptions, left_at_defaults
from cisim.report.calibration import nothing_drawn
from cisim.report.community import community
from cisim.report.effects import answer, gained, question
from cisim.report.figures import pictured
from cisim.report.provenance import about_comparison, repeat_comparison
from cisim.report.records import Block, Code, Document, Figure, Points, Section, Table
from cisim.report.words import between, capital, listed, money, number, per_cent, titled, verdict_of
from cisim.statistics import means, spread, wilson

if TYPE_CHECKING:
    import pandas as pd

    from cisim.comparison import Comparison

LARGEST_NETWORK = 500
"""Organisations up to which a world is run again to draw its network."""


def report_on(
    cmp: Comparison,
    title: str | None = None,
    stated: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> Document:
    """Return the report on a comparison.

    Parameters
    ----------
    cmp : Comparison
    title : str, optional
        In place of the scenario's.
    stated : mapping, optional
        Its manifest, where it comes from a folder.
    name : str, optional
        Of that folder.
    """
    years = cmp.months.shape[2] / 12.0
    return Document(
        title=title or cmp.scenario.title,
        question=question(cmp),
        answer=answer(cmp),
        sections=[
            _key_figures(cmp), _money(cmp), _groups(cmp), _others(cmp), assumptions(cmp.scenarios),
            nothing_drawn(cmp.worlds),
        ],
        provenance=about_comparison(cmp, stated),
        repeat=repeat_comparison(cmp, name),
        appendix=[
            _all_outcomes(cmp), *left_at_defaults(cmp.scenarios), _regimes(cmp), community(cmp.scenario),
            Section("As printed on a terminal", [Code(cmp.table())]),
        ],
        subtitle=f"{listed([titled(one) for one in cmp.labels])}, {cmp.worlds:,} paired worlds, {years:.4g} years, "
        f"{cmp.scenario.values['n_orgs']:,} organisations",
    )  # fmt: skip


def _drawn(cmp: Comparison, kind: str, alt: str) -> Figure:
    """Return one of the figures of a comparison."""
    from cisim.plots import KINDS, plot

    return pictured(partial(plot, cmp, kind), alt, f"{capital(KINDS[kind])}.")


def _key_figures(cmp: Comparison) -> Section:
    """Return the numbers of the answer, a column a regime, and the indicator over time."""
    rows = [_levels(cmp), _differences(cmp), _single(cmp), _shares(cmp), *_effect_rows(cmp)]
    table = Table(
        f"Key figures, beside {titled(cmp.reference)} in the same worlds", ["number", *cmp.labels], rows,
        [
            f"Gain: by how much {cmp.scenario.indicator.name} ends better in the last year, in "
            f"{cmp.scenario.indicator.unit}; below nought is harm.",
            "In brackets: 95 % interval of a mean or share, each for one number at a time. It shrinks with more "
            "worlds; 5-95 % of worlds does not.",
        ],
    )  # fmt: skip
    return Section("Key figures", [table, _drawn(cmp, "indicator", _course_in_words(cmp))])


def _course_in_words(cmp: Comparison) -> str:
    """Return what the figure of the indicator shows."""
    ends = cmp.outcome("indicator").mean(axis=1)
    scale = float(max(ends) - min(ends))
    told = listed(
        [
            f"{number(float(end), scale)} under {titled(label)}"
            for label, end in zip(cmp.labels, ends, strict=True)
        ]
    )
    indicator = cmp.scenario.indicator
    return (
        f"Lines over {cmp.months.shape[2] / 12:.4g} years: {indicator.name} begins at {indicator.baseline:g} "
        f"{indicator.unit} and ends at {told}, means of worlds; bands show how far worlds and means vary, a second "
        "panel the paired difference."
    )


def _with_interval(mean: float, low: float, high: float, sign: str = "") -> str:
    """Return a number with its interval in brackets."""
    half = (high - low) / 2.0
    return f"{number(mean, half, sign)} ({between(low, high, sign)})"


def _levels(cmp: Comparison) -> list[str]:
    """Return where the indicator ends."""
    found = [means(one) for one in cmp.outcome("indicator")]
    cells = [_with_interval(float(m.mean), float(m.low), float(m.high)) for m in found]
    return [f"{capital(cmp.scenario.indicator.name)} in the last year, {cmp.scenario.indicator.unit}", *cells]


def _differences(cmp: Comparison) -> list[str]:
    """Return the mean gain."""
    found = [means(gained(cmp, r)) for r in range(1, len(cmp.labels))]
    return [
        "Gain, mean",
        "reference",
        *(_with_interval(float(m.mean), float(m.low), float(m.high), "+") for m in found),
    ]


def _single(cmp: Comparison) -> list[str]:
    """Return how far single worlds lie apart."""
    found = [spread(gained(cmp, r)) for r in range(1, len(cmp.labels))]
    return [
        "Gain, 5-95 % of worlds",
        "reference",
        *(between(float(low), float(high), "+") for low, high in found),
    ]


def _shares(cmp: Comparison) -> list[str]:
    """Return in what share of worlds a regime ends better."""
    cells = []
    for r in range(1, len(cmp.labels)):
        count = int((gained(cmp, r) > 0.0).sum())
        low, high = wilson(count, cmp.worlds)
        cells.append(f"{count:,} of {cmp.worlds:,} ({per_cent(low)} to {per_cent(high)})")
    return ["Worlds in which it ends better", "reference", *cells]


def _effect_rows(cmp: Comparison) -> list[list[str]]:
    """Return money, time, and what a comparison without control would have claimed."""
    years = cmp.months.shape[2] / 12.0
    spent = cmp.outcome("usd_overhead_of_coordination").mean(axis=1) / years
    naive = cmp.outcome("naive_change").mean(axis=1)
    found = [row for _, row in cmp.effects().iterrows()]
    often = [f"{row.share_breaks_even * cmp.worlds:.0f} of {cmp.worlds:,}" for row in found]
    when = ["–" if row.months_to_break_even != row.months_to_break_even else f"{row.months_to_break_even:.0f} months"
            for row in found]  # fmt: skip
    return [
        ["Change a before-and-after comparison would claim", *(per_cent(float(one), 1) for one in naive)],
        ["Coordination (meetings, measurement, backbone), a year", *(money(float(one)) for one in spent)],
        ["Spent more than the reference, in all", "reference", *(money(row.usd_spent_more) for row in found)],
        ["Worlds in which the summed benefit ends positive", "reference", *often],
        ["There it stays so after (median)", "reference", *when],
    ]


def _money(cmp: Comparison) -> Section:
    """Return where the money went."""
    from cisim.figures.money import USES, per_year

    rows: list[list[str]] = []
    for name, (use, _) in USES.items():
        rows.append([capital(use), *(money(float(one.mean())) for one in per_year(cmp, name))])
    total = per_year(cmp, "usd_total")
    rows.append(["All", *(money(float(one.mean())) for one in total)])
    service = per_year(cmp, "usd_service").mean(axis=1)
    shares = [
        f"{per_cent(float(s / t.mean()), 1) if t.mean() else 'none'} under {titled(label)}"
        for label, s, t in zip(cmp.labels, service, total, strict=True)
    ]
    told = f"Of all money spent, service took {listed(shares)}."
    table = Table("Money spent a year, by use: means of worlds", ["use", *cmp.labels], rows,
                  ["Money counts when it is spent, also out of reserves."])  # fmt: skip
    return Section(
        "Where the money went", [told, table, _drawn(cmp, "money", f"Stacked bars, one a regime. {told}")]
    )


def _groups(cmp: Comparison) -> Section:
    """Return who gains and who loses."""
    from cisim.figures.groups import NEGLIGIBLE, data

    found = data(cmp)
    found = found[found.regime != cmp.reference]
    sign = -1.0 if cmp.falling_good else 1.0
    rows, told = [], []
    for label in cmp.labels[1:]:
        by: dict[str, list[str]] = {"better": [], "worse": [], "undecided": [], "same": []}
        for _, row in found[found.regime == label].iterrows():
            low, high = sorted((sign * row.diff_low, sign * row.diff_high))
            hardly = max(abs(low), abs(high)) < NEGLIGIBLE * abs(row["mean"])
            by["same" if hardly else verdict_of(low, high)].append(str(row.group))
            around = sorted((sign * row.diff_spread_low, sign * row.diff_spread_high))
            gain = _with_interval(sign * row["diff"], low, high, "+")
            rows.append(
                (
                    str(row.group),
                    label,
                    per_cent(row.population_share),
                    gain,
                    between(around[0], around[1], "+"),
                )
            )
        told.append(_who(label, by))
    head = ["group", "under", "of population", "gain, mean (95 % interval)", "5-95 % of worlds"]
    table = Table(
        f"Gain of each population group in the last year, {cmp.scenario.indicator.unit}", head, rows,
        [f"Gain: {cmp.scenario.indicator.name} of the group ends better than under {titled(cmp.reference)} in the same "
         "world; below nought is a loss."],
    )  # fmt: skip
    alt = f"Dots and bars, a row a population group, left and right of nought. {' '.join(told)}"
    return Section("Who gains, and who loses", [*told, table, _drawn(cmp, "groups", alt)])


def _who(label: str, by: Mapping[str, list[str]]) -> str:
    """Return which groups gain, lose, or cannot be told."""
    words = {
        "better": "gain",
        "worse": "lose",
        "undecided": "cannot be told",
        "same": "hardly any difference",
    }
    parts = [f"{words[kind]}: {listed(names)}" for kind, names in by.items() if names]
    nobody = "" if by["worse"] else "; no group loses on average"
    return f"Under {titled(label)}, {'; '.join(parts)}{nobody}."


def _others(cmp: Comparison) -> Section:
    """Return what else changes: paired differences of other outcomes, trust."""
    from cisim.figures.forest import ROWS, data

    found = data(cmp)
    told = []
    for label in cmp.labels[1:]:
        rows = found[found.regime == label]
        apart = rows[(rows.diff_low > 0) | (rows.diff_high < 0)]
        up = [ROWS[str(row.outcome)] for _, row in apart.iterrows() if row["diff"] > 0]
        down = [ROWS[str(row.outcome)] for _, row in apart.iterrows() if row["diff"] < 0]
        told.append(
            f"Under {titled(label)}, of {len(rows)} outcomes {len(up)} end detectably higher ({listed(up)}) and "
            f"{len(down)} lower ({listed(down)}). Each interval holds for one outcome at a time."
        )
    blocks: list[Block | str] = [
        *told,
        _drawn(cmp, "forest", f"Dots and bars on one scale, a row an outcome. {' '.join(told)}"),
        _drawn(
            cmp,
            "trust",
            "Lines over time: mean trust between organisations, and members of the coalition, by regime.",
        ),
    ]
    if int(cmp.scenario.values["n_orgs"]) <= LARGEST_NETWORK:
        alt = "Organisations as dots and trust as lines between them, early and late in one world, a row a regime."
        blocks.append(_drawn(cmp, "network", alt))
    return Section("What else changes", blocks)


def _all_outcomes(cmp: Comparison) -> Section:
    """Return every outcome of every regime."""
    found: pd.DataFrame = cmp.summary()
    blocks: list[Block] = []
    for label in cmp.labels:
        rows = found[found.regime == label].drop(columns=["regime", "sd", "worlds", "better", "share_better"])
        blocks.append(
            Table.of(rows, f"Outcomes under {titled(label)}", _NOTES if label == cmp.labels[0] else ())
        )
    return Section("All outcomes", blocks)


_NOTES = (
    "spread: 5-95 % of worlds. error: 95 % interval of the mean. diff: mean paired difference to the reference, with "
    "its 95 % interval and 5-95 % of worlds. share positive: worlds with a difference above nought.",
)


def _regimes(cmp: Comparison) -> Section:
    """Return what the regimes set otherwise than the reference."""
    blocks: list[Block | str] = []
    for label in cmp.labels[1:]:
        diff = cmp.scenarios[label].diff(cmp.scenario)
        caption = f"What {titled(label)} sets otherwise than {titled(cmp.reference)}"
        frame = diff.to_df()
        if frame.empty:
            blocks.append(Points([f"{capital(titled(label))}: nothing that matters to results differs."]))
            continue
        frame.columns = ["lever", label, cmp.reference, "unit", "meaning"]
        blocks.append(Table.of(frame, caption))
    return Section("What the regimes differ in", blocks)
