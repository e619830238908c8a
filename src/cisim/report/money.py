"""Where money went and who gained in a study: means over everything that was run, from its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cisim.report.records import Block, Section, Table
from cisim.report.words import between, capital, listed, money, number, per_cent, titled, verdict_of
from cisim.statistics import means

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.study import StudyResult

KEYS = ["point", "draw", "case", "world"]
GAP, WORST = "group_gap", "worst_group_indicator"
MONTHS_PER_YEAR = 12.0


def _read(result: StudyResult, names: list[str]) -> pd.DataFrame:
    """Return some outcomes of all runs."""
    from cisim.study.results import read_frame
    from cisim.study.tables import RUNS

    return read_frame(result.folder, RUNS, [*KEYS, *names])


def money_of(result: StudyResult) -> Section:
    """Return what was spent on what under each case."""
    from cisim.figures.money import USES

    spec = result.spec
    names = [*USES, "usd_total"]
    months = {label: float(one.values["months"]) for label, one in spec.cases.items()}
    found: Any = _read(result, names).groupby("case", observed=True)[names].mean()
    labels = [label for label in spec.cases if label in found.index]
    words = {**{name: capital(use) for name, (use, _) in USES.items()}, "usd_total": "All"}
    rows = [
        (
            words[name],
            *(money(float(found.loc[label, name]) * MONTHS_PER_YEAR / months[label]) for label in labels),
        )
        for name in names
    ]
    shares = [
        f"{per_cent(float(found.loc[label, 'usd_service'] / found.loc[label, 'usd_total']), 1)} under {titled(label)}"
        for label in labels if found.loc[label, "usd_total"] > 0.0
    ]  # fmt: skip
    told = f"Of all money spent, service took {listed(shares)}."
    note = "Means over all settings, draws and worlds that were run. Money counts when spent, also out of reserves."
    return Section(
        "Where the money went", [told, Table("Money spent a year, by use", ["use", *labels], rows, [note])]
    )


def who_gains(result: StudyResult) -> Section:
    """Return what becomes of the gap between groups and of the worst-off group."""
    spec = result.spec
    intro = (
        "Studies keep two numbers on groups: the gap between the best-off and the worst-off group, and the indicator "
        "of the group that is worst off in the last year. 'cisim compare' has every group by itself."
    )
    if spec.reference is None:
        return Section(
            "Who gains, and who loses", [f"{intro} Nothing is compared here, so nobody gains or loses."]
        )
    found = _read(result, [GAP, WORST])
    rows, told = [], []
    for label in spec.cases:
        if label == spec.reference:
            continue
        for name in (GAP, WORST):
            row, sentence = _one(result, found, label, name)
            rows.append(row)
            told.append(sentence)
    head = ["number", "under", f"difference to {spec.reference}, mean (95 % interval)"]
    note = (
        "Means over all settings that were run; the unit of an interval is the draw, or the world where there is one "
        "draw."
    )
    blocks: list[Block | str] = [intro, *told]
    table = Table(f"Groups, {spec.scenario.indicator.unit}", head, rows, [note])
    return Section("Who gains, and who loses", [*blocks, table])


def _one(result: StudyResult, found: pd.DataFrame, label: str, name: str) -> tuple[tuple[str, str, str], str]:
    """Return a row of the table and its sentence."""
    from cisim.result import is_falling_good

    spec = result.spec
    what = "gap between groups" if name == GAP else "worst-off group"
    lower_is_better = name == GAP or is_falling_good(spec.scenario)
    differences = paired_by_draw(found, str(spec.reference), label, name)
    if len(differences) < 2:
        return (capital(what), label, "too few worlds"), f"Of the {what} nothing can be told: too few worlds."
    m = means(differences.to_numpy(dtype=float))
    mean, low, high = float(m.mean), float(m.low), float(m.high)
    cell = f"{number(mean, (high - low) / 2, '+')} ({between(low, high, '+')})"
    ends = (-high, -low) if lower_is_better else (low, high)
    kind = verdict_of(*ends, is_same=bool((differences == 0.0).all()))
    words = {
        "better": "narrows" if name == GAP else "gains", "worse": "widens" if name == GAP else "loses",
        "undecided": "cannot be told to change", "same": "does not change",
    }[kind]  # fmt: skip
    return (capital(what), label, cell), f"Under {titled(label)} the {what} {words} on average."


def paired_by_draw(found: pd.DataFrame, reference: str, label: str, name: str) -> pd.Series[float]:
    """Return paired differences: one mean a draw, or one a world where there is one draw.

    Parameters
    ----------
    found : DataFrame
        point, draw, case, world and the outcome.
    reference, label : str
        Cases.
    name : str
        Outcome.
    """
    keys = ["point", "world"]
    mine = found.loc[found["case"] == label, [*keys, "draw", name]]
    other = found.loc[found["case"] == reference, [*keys, name]]
    both = mine.merge(other, on=keys, suffixes=("", "_reference"), validate="1:1")
    difference = both[name] - both[f"{name}_reference"]
    unit = "draw" if both["draw"].nunique() > 1 else "world"
    return difference.groupby(both[unit]).mean().dropna()
