"""An audit as tidy tables: claims, statements, conditions, controls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cisim.claims.controls import Control
from cisim.claims.findings import Answer, Audit, Finding
from cisim.claims.telling import answer_words, side_words
from cisim.claims.verdicts import VERDICTS

if TYPE_CHECKING:
    import pandas as pd


def tables_of(audit: Audit) -> dict[str, pd.DataFrame]:
    """Return the tables of what was found by name; the name becomes that of a CSV file.

    Returns
    -------
    dict of str to DataFrame
        claims (a row per experiment), statements (a row per statement) and conditions (a row per region that was
        tested); none that would be empty.
    """
    import pandas as pd

    rows: dict[str, list[dict[str, Any]]] = {
        "claims": [_answer(one) for one in audit.answers],
        "statements": [_finding(one) for one in audit.findings],
        "conditions": [_condition(one) for one in audit.findings if one.condition is not None],
    }
    return {name: pd.DataFrame(found) for name, found in rows.items() if found}


def controls_table(controls: Iterable[Control]) -> pd.DataFrame:
    """Return the controls as a table: control, question, measured, allowed, passed."""
    import pandas as pd

    return pd.DataFrame(
        [(one.name, one.question, one.measured, one.allowed, one.passed) for one in controls],
        columns=["control", "question", "measured", "allowed", "passed"],
    )


def _answer(one: Answer) -> dict[str, Any]:
    """Return the row of an answer; a tension has no single verdict."""
    counts = {verdict: sum(f.verdict == verdict for f in one.findings) for verdict in VERDICTS}
    sides = one.experiment.sides
    return {
        "claim": one.experiment.name,
        "question": one.experiment.question,
        "verdict": "" if sides else one.verdict,
        "answer": " | ".join(f"{side}: {told}" for side, told in side_words(one))
        if sides
        else answer_words(one),
        "statements": len(one.findings),
        **{verdict.replace(" ", "_"): n for verdict, n in counts.items()},
        "combine": "" if sides else one.experiment.combine,
    }


def _finding(one: Finding) -> dict[str, Any]:
    """Return the row of a statement."""
    found = one.estimate
    return {
        "claim": one.experiment,
        "number": one.number,
        "study": one.statement.study,
        "effect": one.statement.words,
        "says": one.statement.says,
        "than": one.demand.than,
        "within": one.demand.within,
        "unit": one.unit,
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "sd": found.sd,
        "standard_error": found.se,
        "draws": found.n,
        "parameter_sets": found.clusters,
        "worlds": one.worlds,
        "verdict": one.verdict,
        "overall": one.overall,
        "smallest_found": found.smallest_found,
        "is_none": one.is_none,
        "side": one.statement.side,
        "why": one.statement.why,
    }


def _condition(one: Finding) -> dict[str, Any]:
    """Return the row of the region that was tested for a statement."""
    c = one.condition
    assert c is not None
    return {
        "claim": one.experiment,
        "number": one.number,
        "effect": one.statement.words,
        "region": c.words,
        "kind": c.found.kind,
        "searched_score": c.found.score,
        "mass": c.mass,
        **{f"inside_{key}": getattr(c.inside, key) for key in ("mean", "low", "high", "n")},
        **{f"outside_{key}": getattr(c.outside, key) for key in ("mean", "low", "high", "n")},
        "verdict_inside": c.verdict_inside,
        "verdict_outside": c.verdict_outside,
        "turns": c.turns,
        "vanishes": c.vanishes,
    }
