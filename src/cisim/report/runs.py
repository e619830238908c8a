"""The report on worlds of one scenario: what they give, and that nothing is compared."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cisim.report.assumptions import assumptions, left_at_defaults
from cisim.report.calibration import nothing_drawn
from cisim.report.community import community
from cisim.report.provenance import about_result
from cisim.report.records import Document, Section, Table
from cisim.report.reopened import RUN_KEYS, manifest_of, scenario_in
from cisim.report.words import between, capital, counted, listed, money, number, per_cent, titled
from cisim.statistics import means, spread

if TYPE_CHECKING:
    import pandas as pd

    from cisim.scenario import Scenario


def report_on(folder: Path, title: str | None, name: str) -> Document:
    """Return the report on the folder of runs."""
    import pandas as pd

    stated = manifest_of(folder, RUN_KEYS)
    scenario = scenario_in(folder / "scenario.yaml")
    runs = pd.read_parquet(folder / "runs.parquet")
    cases = {scenario.regime or scenario.name: scenario}
    return Document(
        title=title or scenario.title,
        question=f"What becomes of {scenario.indicator.name} under {titled(scenario.regime)}?",
        answer=_answer(scenario, runs),
        sections=[
            Section("Key figures", [_outcomes(runs, scenario)]),
            _money(runs, scenario), _groups(folder, scenario), assumptions(cases), nothing_drawn(len(runs)),
        ],
        provenance={
            "Scenario": f"{scenario.name} ({scenario.title})", "Digest": str(stated["digest"]),
            "Seeds of worlds": listed([str(one) for one in stated["world_seeds"][:6]]),
            "Runs": f"{len(runs):,}; none failed", **about_result(stated),
        },
        repeat=_repeat(stated, name),
        appendix=[*left_at_defaults(cases), community(scenario)],
        subtitle=f"{capital(titled(scenario.regime))}, {counted(len(runs), 'world')}, "
        f"{int(scenario.values['months']) / 12:.4g} years, {scenario.values['n_orgs']:,} organisations",
    )  # fmt: skip


def _answer(scenario: Scenario, runs: pd.DataFrame) -> list[str]:
    """Return where the indicator ends, and that this says nothing of an effect."""
    ends, indicator = runs["indicator"].to_numpy(), scenario.indicator
    first = f"{capital(indicator.name)} begins at {indicator.baseline:g} {indicator.unit}"
    if len(ends) > 1:
        m = means(ends)
        low, high = map(float, spread(ends))
        half = float(m.high - m.low) / 2.0
        told = (
            f"{first} and ends at {number(float(m.mean), half)} on average (95 % interval of the mean "
            f"{between(float(m.low), float(m.high))}); single worlds end at {between(low, high)} (5-95 % of worlds)."
        )
    else:
        told = f"{first} and ends at {ends[0]:.4g} in this one world. Another seed gives another number."
    return [
        told,
        "Nothing is compared here, so it cannot be told what the way of working does: luck and trends are in the same "
        "number. 'cisim compare' sets ways of working beside each other in the same worlds.",
    ]


def _outcomes(runs: pd.DataFrame, scenario: Scenario) -> Table:
    """Return every outcome."""
    from cisim.result import OUTCOMES, meaning_of

    rows: list[tuple[Any, ...]] = []
    for name in (one for one in OUTCOMES if one in runs.columns):
        meaning, unit = meaning_of(name)
        values = runs[name].to_numpy()
        low, high = map(float, spread(values)) if len(values) > 1 else (None, None)
        unit = unit.replace("indicator", scenario.indicator.unit)
        rows.append((name.replace("_", " "), float(values.mean()), low, high, unit, meaning))
    return Table("Outcomes of the run", ["outcome", "mean", "5 %", "95 %", "unit", "meaning"], rows)


def _money(runs: pd.DataFrame, scenario: Scenario) -> Section:
    """Return where the money went."""
    from cisim.figures.money import USES

    years = int(scenario.values["months"]) / 12.0
    total = float(runs["usd_total"].mean())
    rows = [
        (
            capital(use),
            money(float(runs[name].mean()) / years),
            per_cent(float(runs[name].mean()) / total, 1) if total else "–",
        )
        for name, (use, _) in USES.items()
    ]
    return Section(
        "Where the money went", [Table("Money spent a year, by use", ["use", "usd a year", "share"], rows)]
    )


def _groups(folder: Path, scenario: Scenario) -> Section:
    """Return where each group ends."""
    import pandas as pd

    found = pd.read_parquet(folder / "groups.parquet")
    last = found[found["month"] > found["month"].max() - 12]
    by = last.groupby(last["group"].astype(str), sort=False)["indicator"].mean()
    rows = [(one.name, per_cent(share), float(by[one.name])) for one, share in
            zip(scenario.groups, scenario.shares, strict=True)]  # fmt: skip
    table = Table(
        f"Groups in the last year, {scenario.indicator.unit}", ["group", "of population", "mean"], rows
    )
    return Section("Who gains, and who loses", ["Nothing is compared, so nobody gains or loses here.", table])


def _repeat(stated: dict[str, Any], name: str) -> list[str]:
    """Return commands that repeat the runs."""
    command = stated.get("command")
    first = ["# as it was made", str(command)] if command else []
    return [
        *first, "# the first world, from what was saved",
        shlex.join(["cisim", "run", f"{name}/scenario.yaml", "--seed", str(stated["world_seeds"][0])]),
        "# this report", shlex.join(["cisim", "report", name]),
    ]  # fmt: skip
