"""What scenario discovery found, for a terminal: where it pays, where it hurts, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cisim.study.discovery.boxes import Limit
from cisim.study.discovery.check import STABLE
from cisim.study.discovery.words import headline_of, interval_words, number, percent
from cisim.study.records import GAIN
from cisim.tables import columns, paragraph, short

if TYPE_CHECKING:
    from cisim.study.discovery.analysis import Answer, Discovery


def text(found: Discovery) -> str:
    """Return the report for a terminal, at most 100 columns wide."""
    lines = [*paragraph(f"{found.data.title}: when it pays, when it hurts"), *paragraph(_basis(found)), ""]
    for answer in found.answers:
        lines += [*paragraph(headline_of(found, answer)), *paragraph(_unstable(answer)), ""]
    if any(answer.check is not None for answer in found.answers):
        lines += [*columns(_answer_rows(found)), ""]
    for answer in found.answers:
        rows = _stability_rows(answer)
        if len(rows) > 1:
            title = (
                f'Is "{answer.question}" stable? The same search on {found.options.resamples} random halves'
            )
            lines += [*paragraph(title), *columns(rows), ""]
    lines += [line for note in _notes(found) for line in paragraph(note)]
    return "\n".join(lines).replace("\xa0", " ").rstrip() + "\n"


def _basis(found: Discovery) -> str:
    """Return what pays and hurts mean here, and how many points do."""
    o, points = found.options, found.points
    unit = found.data.unit_of(o.response)
    what = "improvement of the indicator" if o.response == GAIN else o.response.replace("_", " ")
    against = f"against {found.data.reference} in the same worlds" if found.data.reference else "of its own"
    low, high = int(points["worlds"].min()), int(points["worlds"].max())
    worlds = f"{low}" if low == high else f"{low} to {high}"
    pays, hurts = found.answers
    clear = ""
    if pays.n_clear >= 0:
        clear = (
            f" With the whole {percent(o.level)} interval of a point's mean beyond the threshold, {pays.n_clear} pay "
            f"and {hurts.n_clear} hurt clearly."
        )
    return (
        f"{o.case}, {what} ({unit}) {against}. A point is one combination of values of {len(found.factors)} factors; "
        f"{len(points)} were tried, {worlds} world{'s' if high > 1 else ''} each. A point pays where its mean is above "
        f"{number(o.pays)} ({pays.n_cases} do) and hurts where it is below {number(o.hurts)} ({hurts.n_cases} do)."
        f"{clear}"
    )


def _unstable(answer: Answer) -> str:
    """Return which conditions another half of the points would not have shown."""
    if answer.stability is None or answer.box is None or not answer.is_found:
        return ""
    rows = answer.stability.set_index("factor")
    shaky = [name for name in answer.box.limits if not rows.loc[name, "stable"]]
    missed = [str(n) for n in rows.index[rows["stable"]] if n not in answer.box.limits]
    said = []
    if shaky:
        said.append(f"Unstable (limited in fewer than half of the repeated searches): {_names(shaky)}.")
    if missed:
        said.append(f"Limited in most repeated searches, but not in this box: {_names(missed)}.")
    return " ".join(said) or "All these conditions came back in at least half of the repeated searches."


def _names(names: list[str]) -> str:
    """Return names as a list in words."""
    return ", ".join(name.replace("_", " ") for name in names)


def _answer_rows(found: Discovery) -> list[tuple[str, ...]]:
    """Return the check of each box on the other half, a row a question."""
    level = percent(found.options.level)
    rows: list[tuple[str, ...]] = [
        ("on points that had no", "points", "in the", "density in the box", "density", "coverage", ""),
        (
            "part in finding the box",
            "checked",
            "box",
            f"({level} interval)",
            "outside",
            f"({level} interval)",
            "p",
        ),
    ]
    for answer in found.answers:
        c = answer.check
        if c is None or answer.box is None:
            continue
        if not answer.box.limits:
            rows.append((answer.question, f"{c.n_points}", "no box", "", "", "", ""))
            continue
        density = (
            f"{percent(c.n_hits / c.n_inside if c.n_inside else math.nan)} ({interval_words(c.density)})"
        )
        coverage = (
            f"{percent(c.n_hits / c.n_cases if c.n_cases else math.nan)} ({interval_words(c.coverage)})"
        )
        p = f"{c.p:.2g}" if c.p >= 1e-4 else "<0.0001"
        counts = (f"{c.n_points}", f"{c.n_inside}")
        rows.append((answer.question, *counts, density, percent(c.density_outside), coverage, p))
    return rows


def _stability_rows(answer: Answer) -> list[tuple[str, ...]]:
    """Return how often and where each factor is limited, those seldom limited left out."""
    rows: list[tuple[str, ...]] = [
        ("factor", "in the box", "tried", "limited in", "lower limit", "upper limit", "")
    ]
    if answer.stability is None or answer.box is None or answer.trajectory is None:
        return rows
    for row in answer.stability.sort_values("share", ascending=False, kind="stable").to_dict("records"):
        name = str(row["factor"])
        limit = answer.box.limits.get(name)
        if limit is None and row["share"] < STABLE / 2:
            continue
        low, high = answer.trajectory.points.range_of(name)
        tried = "" if math.isnan(low) else f"{number(low)} to {number(high)}"
        verdict = "" if row["stable"] else "unstable" if limit is not None else "not stable"
        ends = [_spread(row, side) for side in ("low", "high")]
        if row["among"]:
            ends = [short(f"mostly {row['among']}", 18), ""]
        rows.append(
            (short(name.replace("_", " ")), _bounds(limit), tried, percent(row["share"]), *ends, verdict)
        )
    return rows


def _bounds(limit: Limit | None) -> str:
    """Return a limit for a cell of a table."""
    if limit is None:
        return "no limit"
    if limit.among is not None:
        return short(", ".join(sorted(limit.among)), 18)
    low, high = number(limit.low), number(limit.high)
    if limit.low == limit.high:
        return low
    return (
        f"to {high}"
        if limit.low == -math.inf
        else f"from {low}"
        if limit.high == math.inf
        else f"{low} to {high}"
    )


def _spread(row: Mapping[Any, Any], side: str) -> str:
    """Return where repeated searches put a limit."""
    if row[f"{side}_share"] == 0.0:
        return "-"
    return f"{number(row[f'{side}_q05'])} to {number(row[f'{side}_q95'])}"


def _notes(found: Discovery) -> list[str]:
    """Return what the numbers rest on."""
    o = found.options
    error = percent(1.0 - o.level)
    shared = found.points["draw"].nunique() not in (1, len(found.points))
    notes = [
        f"Each box was learned on one random half of the points and is judged by the other half, so density, coverage "
        f"and their Wilson intervals are not flattered by the search. If nothing mattered, each question would still "
        f"show a box in at most {error} of studies (p: one-sided test on the other half). Points, not worlds, are "
        f"counted; the results hold for the ranges tried and the worlds simulated.",
        f"Limits in the table of stability: 5 to 95\xa0% of the repeated searches that set them. A factor limited in "
        f"fewer than {percent(STABLE)} of them is called unstable.",
        f"Method: patient rule induction (peel {o.peel:g}, at least {percent(o.min_mass)} of the points); of the "
        f"boxes on the way the one that tells cases from the others best (highest correlation between lying in it and "
        f"being a case), less the limits not told from chance.",
    ]
    if shared:
        notes.insert(
            1,
            "Points of one draw of the uncertainties stay in one half; the intervals allow for their likeness.",
        )
    return notes
