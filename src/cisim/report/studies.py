"""The report on a finished study, whatever its analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cisim.params import PARAMS
from cisim.report.answers import answer, spoken
from cisim.report.assumptions import assumptions, left_at_defaults
from cisim.report.calibration import draws_of
from cisim.report.community import community
from cisim.report.figures import pictured
from cisim.report.money import money_of, who_gains
from cisim.report.provenance import about_study, repeat_study
from cisim.report.records import Code, Document, Figure, Section, Table
from cisim.report.words import capital, counted, level, listed, titled

if TYPE_CHECKING:
    import pandas as pd

    from cisim.params import Value
    from cisim.records import Uncertainty
    from cisim.study.records import Factor, Report
    from cisim.study.spec import Spec
    from cisim.study.study import StudyResult

MOST_ROWS = 100
"""Rows of a table that a report shows; all of them stand in the folder."""
MOST_KEY_ROWS = 24
ABOUT_FACTS = ("calibrate", "predict")
"""Analyses of the model, not of a way of working."""
KEY: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "sweep": ("effects", "Gain of every setting, the largest first",
              ("diff", "low", "high", "share_positive", "draws_5", "draws_95", "worlds"), "diff"),
    "attribution": ("shapley", "What each condition contributes",
                    ("factor", "shapley", "shapley_low", "shapley_high", "alone", "last"), "shapley"),
    "value": ("decisions", "Decisions, by net benefit, the best first", (
        "decision", "gain", "gain_low", "gain_high", "share_better", "value", "value_low", "value_high"), "value"),
    "sensitivity": ("indices", "Indices, the largest first", (
        "factor", "index", "estimate", "low", "high"), "estimate"),
    "discover": ("answers", "What was found, judged on points that had no part in the search", (
        "question", "points", "cases", "found", "density", "density_outside", "coverage", "p"), ""),
    "calibrate": ("targets", "Facts, and what the calibrated values give", (
        "target", "use", "value", "tolerance", "posterior_mean", "posterior_low", "posterior_high", "verdict"), ""),
    "predict": ("facts", "Facts, and what the drawn values give when simulated", (
        "target", "use", "value", "tolerance", "mean", "low", "high", "verdict"), ""),
}  # fmt: skip
"""By analysis the table of key figures: its name, what it shows, columns, and what it is sorted by."""
PICTURES = {
    "gain": "Mean gain of every setting against the reference, and whether its sign is established",
    "paths": "Lines over months: monthly columns under the settings drawn, with bands",
    "shares": "Bars, one a condition: its fair share of the whole, with its interval",
    "interactions": "A grid of conditions: what each pair adds together beyond what each adds by itself",
    "frontier": "Lines: gain against money, a panel or line a context",
    "pay_map": "A map: in what share of worlds each decision pays, by what is unknown",
    "payback": "Lines over months: the share of worlds in which the summed benefit is positive",
    "regret": "Bars: how much each decision loses against the best one of each draw",
    "information": "Bars with intervals: what learning each unknown before deciding would be worth",
    "indices": "Dots with bars, a row a factor: its index and interval",
    "morris": "Points, one a factor: mean size of its effect against how much that effect differs",
    "limits": "Bars, a row a factor: which part of its range the box allows",
    "scatter": "Points, one a combination of values, marked where it pays and where it hurts",
    "tradeoff": "A curve: coverage against density of the boxes on the way",
    "targets": "Dots with bars, a row a fact: the fact, and the model before and after",
    "facts": "Dots with bars, a row a fact: the fact, and what the draws give",
    "marginals": "Small curves, one a parameter: its values before and after",
}
"""What figures show, by name; the numbers stand in the tables."""


def report_on(result: StudyResult, title: str | None = None, name: str | None = None) -> Document:
    """Return the report on a study.

    Parameters
    ----------
    result : StudyResult
    title : str, optional
        In place of the study's.
    name : str, optional
        Of its folder.
    """
    spec, report = result.spec, result.report
    drawn, varied = drawn_in(spec), _varied(spec.grid)
    about = [] if spec.analysis in ABOUT_FACTS else [money_of(result), who_gains(result)]
    return Document(
        title=title or spec.title or spec.name,
        question=spec.question or f"What does the {spec.analysis} of {spec.scenario.title} find?",
        answer=answer(spec, report.tables),
        sections=[_key_figures(spec, report), *about, assumptions(spec.cases, drawn, varied), draws_of(spec)],
        provenance=about_study(result),
        repeat=repeat_study(result, name),
        appendix=[
            Section("As printed on a terminal", [Code(report.text)]),
            *tables_of(report.tables), *left_at_defaults(spec.cases, drawn, varied), _regimes(spec),
            community(spec.scenario),
        ],
        subtitle=_subtitle(spec),
    )  # fmt: skip


def _subtitle(spec: Spec) -> str:
    """Return what was compared, how often."""
    worlds = f"{spec.worlds:,} worlds" if isinstance(spec.worlds, int) else "as many worlds as precision asks"
    draws = f", {counted(spec.samples, 'draw')} of what is unknown" if spec.uncertain and spec.samples else ""
    cases = listed([titled(label) for label in spec.cases])
    return f"{capital(spec.analysis)}: {cases}; {worlds} a point{draws}"


def drawn_in(spec: Spec) -> dict[str, Uncertainty]:
    """Return the parameters that were drawn."""
    return {one.name: one.uncertainty for one in spec.uncertain if one.uncertainty and one.name in PARAMS}


def _varied(factors: Iterable[Factor]) -> dict[str, str]:
    """Return the parameters that were set on a grid, with their values."""
    found: dict[str, list[Value]] = {}
    for factor in factors:
        for place in factor.levels:
            for name, value in place.values.items():
                found.setdefault(name, []).append(value)
    return {name: listed([level(one) for one in dict.fromkeys(values)]) for name, values in found.items()}


def _key_figures(spec: Spec, report: Report) -> Section:
    """Return what varied, the table of the analysis that matters most, and its figures."""
    blocks = [_factors(spec)] if spec.grid else []
    return Section("Key figures", [*blocks, _key_table(spec, report.tables), *figures_of(report)])


def _factors(spec: Spec) -> Table:
    """Return what was varied on a grid."""
    rows = [
        (spoken(one.name), listed([level(label) for label in one.labels]), "" if one.unit == "-" else one.unit,
         listed([titled(case) for case in one.cases]), one.meaning)
        for one in spec.grid
    ]  # fmt: skip
    return Table("What was varied", ["factor", "values", "unit", "in", "meaning"], rows)


def _key_table(spec: Spec, tables: Mapping[str, pd.DataFrame]) -> Table:
    """Return the table of the analysis that matters most."""
    name, caption, columns, by = KEY[spec.analysis]
    frame = tables[name]
    if spec.analysis == "sweep":
        gains = frame[frame["outcome"] == "gain"]
        frame = gains if len(gains) else frame
        columns = (
            *(one.name for one in spec.grid),
            *(("case",) if frame["case"].nunique() > 1 else ()),
            *columns,
        )
    if spec.analysis == "value":
        columns = (*frame.columns[: list(frame.columns).index("decision")], *columns)
    if by:
        frame = frame.sort_values(by, ascending=False, kind="stable")
    unit = f" ({frame['unit'].iloc[0]})" if spec.analysis == "sweep" else ""
    shown = frame[[column for column in columns if column in frame.columns]].head(MOST_KEY_ROWS)
    more = len(frame) - len(shown)
    notes = [f"{counted(more, 'more row')} in the appendix."] if more > 0 else []
    return Table.of(shown, f"{caption}{unit}", notes)


def figures_of(report: Report) -> list[Figure]:
    """Return all figures of a report."""
    found = []
    for name, draw in report.figures.items():
        what = PICTURES.get(name, f"{spoken(name)}, drawn")
        found.append(pictured(draw, f"{what}. The numbers stand in the tables.", f"{what}."))
    return found


def tables_of(tables: Mapping[str, pd.DataFrame]) -> list[Section]:
    """Return every table of an analysis, long ones in part."""
    return [Section(f"Table: {spoken(name)}", [shortened(frame, name)]) for name, frame in tables.items()]


def shortened(frame: pd.DataFrame, name: str, caption: str = "") -> Table:
    """Return a table with as many rows as a reader bears, and where the others are."""
    notes = []
    if len(frame) > MOST_ROWS:
        notes = [
            f"The first {MOST_ROWS} of {len(frame):,} rows; all of them stand in analysis/{name}.csv of the study."
        ]
    return Table.of(frame.head(MOST_ROWS), caption or capital(spoken(name)), notes)


def _regimes(spec: Spec) -> Section:
    """Return what the cases set otherwise than the reference."""
    first = spec.reference or next(iter(spec.cases))
    blocks = []
    for label, one in spec.cases.items():
        if label != first:
            frame = one.diff(spec.cases[first]).to_df()
            frame.columns = ["lever", label, first, "unit", "meaning"]
            blocks.append(Table.of(frame, f"What {titled(label)} sets otherwise than {titled(first)}"))
    return Section("What the cases differ in", blocks or ["There is one case only."])
