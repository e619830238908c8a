"""What cases from life, audits of claims and studies of parsimony found, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cisim.report.words import between, capital, counted, listed, number, per_cent, titled

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.spec import Spec

Frames = Mapping[str, "pd.DataFrame"]
VERDICTS = {
    "holds": "hold in the model", "reverses": "come out the other way round", "depends on": "depend on a condition",
    "no detectable difference": "make no detectable difference",
}  # fmt: skip
EXPECTED = 0.9
"""Share of figures that should lie inside 5-95 % of predictions."""


def case_answer(spec: Spec, tables: Frames) -> list[str]:
    """Return whether a case was expected, and what would have happened otherwise."""
    from cisim.report.answers import drawn_in_words

    return [_expected(tables), _otherwise(spec, tables["effect"]), *_parts(tables), drawn_in_words(spec)]


def _expected(tables: Frames) -> str:
    """Return how many published figures the model would have expected."""
    coverage = tables["coverage"]
    rows: Any = coverage[(coverage["figures"] == "all") & (coverage["role"] == "happened")].to_dict("records")
    if not rows:
        return "No figure was published that the model can be held against; what follows is its own account."
    n, inside = int(rows[0]["n"]), int(rows[0]["inside"])
    found = tables["predictions"]
    missed = found[(found["role"] == "happened") & (found["verdict"] != "inside")]
    told = f" It misses {counted(len(missed), 'figure')}." if len(missed) else ""
    return (
        f"Of {counted(n, 'published figure')} {inside} lie inside 5-95 % of what the model would have expected, where "
        f"about {EXPECTED * n:.0f} should.{told} None of them was fitted; figures of one case are not independent."
    )


def _otherwise(spec: Spec, effect: pd.DataFrame) -> str:
    """Return what the other regime would have given."""
    rows: Any = {str(row["what"]): row for row in effect.to_dict("records")}
    mine, other, gap = rows["happened"], rows["counterfactual"], rows["difference"]
    half = (gap["p95"] - gap["p5"]) / 2.0
    indicator = spec.scenario.indicator
    return (
        f"In the model {indicator.name} ends at {number(mine['mean'], half)} {indicator.unit} under "
        f"{titled(str(mine['case']))}, as it happened, and at {number(other['mean'], half)} under "
        f"{titled(str(other['case']))}, as it might have been: a difference of {number(gap['mean'], half, '+')} "
        f"({between(gap['p5'], gap['p95'], '+')} in 5-95 % of runs). What happened is the better of the two in "
        f"{per_cent(gap['better'])} of runs."
    )


def _parts(tables: Frames) -> list[str]:
    """Return how much of an observed change the model attributes to what was done."""
    if "parts" not in tables or "share" not in tables["parts"]:
        return []
    parts = tables["parts"]
    rows: Any = parts[parts["part"] == "effect"].to_dict("records")
    return [
        f"Of the change observed up to {row['observation']} the model attributes {per_cent(row['share'])} "
        f"({per_cent(row['share_p5'])} to {per_cent(row['share_p95'])}) to what was done instead of the other."
        for row in rows
    ]


def cases_answer(tables: Frames) -> list[str]:
    """Return what several cases say together, and each by itself."""
    score = tables["score"]
    n, inside = int(score["n"].sum()), int(score["inside"].sum())
    first = "In no case was a figure published that the model can be held against."
    if n:
        first = (
            f"Of {counted(n, 'published figure')} {inside} lie inside 5-95 % of what the model would have expected, "
            f"where about {EXPECTED * n:.0f} should. Cases became known as successes, so figures better than predicted "
            "are to be expected of a model that does not know it."
        )
    told = [
        f"{capital(str(row['case']).replace('-', ' '))}: in the model, what happened gains "
        f"{number(row['gain'], (row['gain_p95'] - row['gain_p5']) / 2, '+')} % of the start over what might have been "
        f"({between(row['gain_p5'], row['gain_p95'], '+')} in 5-95 % of runs), and is better in "
        f"{per_cent(row['better'])} of runs."
        for row in score.to_dict("records")
    ]
    return [first, *told]


def claims_answer(tables: Frames) -> list[str]:
    """Return how many statements hold, which reverse, and whether the controls were passed."""
    controls = tables["controls"]
    failed = [str(name) for name in controls.loc[~controls["passed"].astype(bool), "control"]]
    last = (
        f"Negative controls: {len(failed)} of {len(controls)} failed ({listed(failed)}). Nothing above can be relied "
        "on until that is understood."
        if failed
        else f"Negative controls: all {len(controls)} passed; labels that change nothing make no difference."
    )
    if "claims" not in tables:
        return [last]
    found = tables["claims"]
    counts = found["verdict"].value_counts()
    told = listed([f"{n} {VERDICTS.get(str(verdict), str(verdict))}" for verdict, n in counts.items()])
    lines = [f"Of {counted(int(counts.sum()), 'statement')} on collective impact {told}."]
    if len(found) > counts.sum():
        lines.append(
            f"{counted(len(found) - int(counts.sum()), 'tension')} between statements are told side by side."
        )
    against = [f"{row['claim']} ({str(row['question']).rstrip('?')})" for row in
               found[found["verdict"] == "reverses"].to_dict("records")]  # fmt: skip
    if against:
        lines.append(f"The other way round than said: {'; '.join(against)}.")
    return [*lines, last]


def parsimony_answer(tables: Frames) -> list[str]:
    """Return what could be left out."""
    parameters = tables["parameters"]
    named = parameters[parameters["proposal"] != "keep"]
    ranked = parameters.sort_values("largest", ascending=False, kind="stable")
    most = [str(one).replace("_", " ") for one in ranked["parameter"].head(3)]
    lines = [
        f"Of {counted(len(parameters), 'parameter')} {len(parameters) - len(named)} are to be kept, because some "
        f"outcome depends on them, most of all on {listed(most)}."
    ]
    for proposal, rows in named.groupby("proposal", sort=True):
        names = listed([str(one).replace("_", " ") for one in rows["parameter"]])
        lines.append(f"Proposed, {str(proposal).replace('_', ' ')}: {names}.")
    return lines
