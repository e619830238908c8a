"""A survey in a few lines: how large the network is, how dense, how trusting, and what was left out."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np

from cisim.records import SECTORS
from cisim.survey.network import UNKNOWN, I, all_pairs, components, measure
from cisim.survey.records import Survey

WIDTH = 100


def sector_codes(survey: Survey) -> I:
    """Return the sector of each organisation as a code, (n,), `network.UNKNOWN` where none is stated."""
    codes = [UNKNOWN if one.sector is None else SECTORS.index(one.sector) for one in survey.organisations]
    return np.array(codes, np.int64)


def facts_about(survey: Survey) -> dict[str, Any]:
    """Return the numbers of a survey by name; None where one is not defined.

    Ties put in for those who did not answer count in none of them but `ties_filled_in`.
    """
    n = len(survey.organisations)
    reported = np.zeros((n, n), bool)
    for pair, tie in survey.ties.items():
        reported[pair] = not tie.is_filled
    seen = all_pairs(n) & survey.responded[:, None]
    found = measure(reported, survey.trust, sector_codes(survey), seen)
    parts, isolates = components(survey.is_tie)
    values = [tie.value for tie in survey.ties.values() if tie.value is not None]
    trusts = [tie.trust for tie in survey.ties.values() if tie.trust is not None]
    budgets = [one.budget_usd for one in survey.organisations if one.budget_usd is not None]
    numbers = {
        "organisations": n,
        "responded": int(survey.responded.sum()),
        "ties": int(reported.sum()),
        "ties_filled_in": int(survey.is_tie.sum() - reported.sum()),
        **found,
        "mean_value": sum(values) / len(values) if values else math.nan,
        "ties_with_trust": len(trusts),
        "ties_at_lowest_trust": sum(trust == 0.0 for trust in trusts),
        "isolates": isolates,
        "components": parts,
        "sectors_stated": sum(one.sector is not None for one in survey.organisations),
        "budgets_stated": len(budgets),
        "budgets_usd": sum(budgets),
    }
    return {name: None if isinstance(x, float) and math.isnan(x) else x for name, x in numbers.items()}


def facts_of(survey: Survey) -> list[tuple[str, str]]:
    """Return a sentence about a survey for a scenario's facts, with its source."""
    one = facts_about(survey)
    told = f"{one['organisations']} organisations, of which {one['responded']} answered, report {one['ties']} ties"
    told += f" (density {one['density']:.3f}"
    told += ")." if one["mean_trust"] is None else f", mean trust {one['mean_trust']:.2f} of 1)."
    files = "; ".join(f"{source.path}, SHA-256 {source.sha256}" for source in survey.sources)
    return [(told, f"network survey: {files}"[:400])]


def summary(survey: Survey, more: tuple[str, ...] = ()) -> str:
    """Return a survey as text, with its notes and `more` of them."""
    one = facts_about(survey)
    rows = [
        ("organisations", f"{one['organisations']}, of which {one['responded']} answered"),
        (
            "ties",
            f"{one['ties']} reported" + f", {one['ties_filled_in']} put in" * bool(one["ties_filled_in"]),
        ),
        ("density", f"{_share(one['density'])} of the pairs that were asked about"),
        ("reciprocity", f"{_share(one['reciprocity'])} of ties are returned"),
        ("mean trust", _trust(one, survey)),
        ("cross-sector ties", _share(one["cross_sector_share"])),
        ("centralisation", _share(one["centralisation"])),
        ("components", f"{one['components']}, and {one['isolates']} isolates"),
        ("budgets", f"{one['budgets_stated']} stated, {one['budgets_usd']:,.0f} usd a year in all"),
    ]
    if survey.value_items:
        told = ", ".join(survey.value_items)
        rows.append(("mean value", f"{_share(one['mean_value'])} ({told}); nothing of it enters the model"))
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {told}" for name, told in rows]
    if one["ties_at_lowest_trust"]:
        n = one["ties_at_lowest_trust"]
        more = (
            *more,
            f"{n} tie{'s' * (n > 1)} of the lowest trust: without contact the model forgets such a tie at once",
        )
    notes = (*survey.notes, *more)
    if notes:
        lines += ["", "Left out, changed or put in"]
        lines += [textwrap.fill(f"- {note}", WIDTH, subsequent_indent="  ") for note in notes]
    return "\n".join(lines)


def _trust(one: dict[str, Any], survey: Survey) -> str:
    """Return mean trust in words."""
    if one["mean_trust"] is None:
        return "nobody was asked; the model draws it"
    scale = f"{survey.low:g} to {survey.high:g} taken as 0 to 1"
    items = ", ".join(survey.trust_items)
    return f"{_share(one['mean_trust'])}, over {one['ties_with_trust']} ties ({items}; {scale})"


def _share(value: float | None) -> str:
    """Return a share in three digits."""
    return "-" if value is None else f"{value:.3f}"
