"""Scores in words: a table each for ties, trust and the whole network, and one verdict."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cisim.survey.scoring import DENSITY, PERSISTENCE, PREDICTION, TURNOVER, MeasureScore, Score, TieScore

WIDTH = 100
SURE = 2.0
"""Standard errors from which a difference is called more than chance."""
RULES = {
    PREDICTION: "the prediction",
    PERSISTENCE: "nothing changes (persistence)",
    DENSITY: "density of the start for every pair",
    TURNOVER: "real turnover, known in hindsight",
}


def records_of(score: Score) -> dict[str, Any]:
    """Return a score as plain values."""
    found = asdict(score)
    found["ties"] = [asdict(one) for one in score.ties]
    found["network"] = [{**asdict(one), "is_inside": one.is_inside} for one in score.network]
    return {**found, "verdict": verdict(score)}


def verdict(score: Score) -> str:
    """Return in a sentence or two whether the prediction beat "nothing changes"."""
    parts = [_of_ties(score), _of_trust(score), _of_network(score)]
    return " ".join(part for part in parts if part)


def _of_ties(score: Score) -> str:
    """Return the verdict on ties."""
    if math.isnan(score.gain):
        return (
            "The scenario states no ties of the start, so there is no 'nothing changes' to compare ties with."
        )
    by_rule = {one.rule: one for one in score.ties}
    told = f"(Brier score {by_rule[PREDICTION].brier:.4f} against {by_rule[PERSISTENCE].brier:.4f}"
    told += f"; difference {score.gain:+.4f}{_error(score.gain_error)})"
    found = f"Of ties, the prediction {_beats(score.gain, score.gain_error)} 'nothing changes' {told}."
    if by_rule[DENSITY].brier < by_rule[PREDICTION].brier:
        better = f"does better ({by_rule[DENSITY].brier:.4f})"
        found += f" The density of the start alone, the same for every pair, {better}."
    return found


def _of_trust(score: Score) -> str:
    """Return the verdict on trust."""
    if score.trust is None:
        return ""
    one = score.trust
    covered = f"{one.covered:.0%} of {one.ties} answers lie in its interval of 90 %"
    if not one.common:
        return f"Of trust, {covered}."
    gain = one.persistence - one.crps_common
    told = f"(CRPS {one.crps_common:.4f} against {one.persistence:.4f}{_error(one.gain_error)})"
    return f"Of trust, it {_beats(gain, one.gain_error)} 'nothing changes' {told}; {covered}."


def _of_network(score: Score) -> str:
    """Return the verdict on the whole network."""
    inside = sum(one.is_inside for one in score.network)
    lie = "lies in its" if inside == 1 else "lie in their"
    return f"Of {len(score.network)} measures of the whole network, {inside} {lie} interval of 90 %."


def _beats(gain: float, error: float) -> str:
    """Return how a score compares, by its gain and the error of that."""
    if not math.isnan(error) and abs(gain) < SURE * error:
        return "cannot be told from"
    return "beats" if gain > 0 else "equals" if gain == 0 else "is worse than"


def _error(error: float) -> str:
    """Return a standard error in words, nothing where there is none."""
    return "" if math.isnan(error) else f", standard error {error:.4f}"


def text(score: Score, title: str) -> str:
    """Return a score as text."""
    lines = [title, _compared(score), ""]
    lines += _table(
        ("ties", "Brier", "skill", "log score", "AUC"), [_tie_row(one, score) for one in score.ties]
    )
    if score.trust is not None:
        lines += ["", *_trust_lines(score)]
    if score.network:
        rows = [_measure_row(one) for one in score.network]
        lines += ["", *_table(("whole network", "start", "predicted", "5 %", "95 %", "seen", ""), rows)]
    lines += ["", textwrap.fill(verdict(score), WIDTH)]
    lines += [
        "",
        "Lower is better for the Brier score, the log score and CRPS; skill is 1 less the Brier score",
    ]
    lines += ["relative to that of 'nothing changes'. 90 % of what is seen should lie between 5 % and 95 %."]
    if score.notes:
        lines += ["", "How the next survey was read"]
        lines += [textwrap.fill(f"- {note}", WIDTH, subsequent_indent="  ") for note in score.notes]
    return "\n".join(lines)


def _compared(score: Score) -> str:
    """Return what was compared."""
    told = f"{score.pairs:,} ordered pairs of {score.organisations} organisations, of which {score.answered} answered"
    if score.ties_start < 0:
        return f"{told}; {score.ties_seen} ties"
    came, went = score.ties_seen - score.ties_kept, score.ties_start - score.ties_kept
    return f"{told};\n{score.ties_start} ties at the start, {score.ties_seen} seen: {went} ended, {came} new"


def _tie_row(one: TieScore, score: Score) -> tuple[str, ...]:
    """Return the row of a rule."""
    base = next((other.brier for other in score.ties if other.rule == PERSISTENCE), math.nan)
    skill = f"{1.0 - one.brier / base:.1%}" if base > 0 else "-"
    log = f"{one.log:.4f}" if math.isfinite(one.log) else "infinite"
    return RULES[one.rule], f"{one.brier:.4f}", skill, log, "-" if math.isnan(one.auc) else f"{one.auc:.3f}"


def _measure_row(one: MeasureScore) -> tuple[str, ...]:
    """Return the row of a measure."""
    numbers = (one.start, one.mean, one.p5, one.p95, one.seen)
    return one.measure, *map(_digits, numbers), "inside" if one.is_inside else "outside"


def _trust_lines(score: Score) -> list[str]:
    """Return what there is to say of trust."""
    one = score.trust
    assert one is not None  # as the caller has seen
    rows = [("ties scored", str(one.ties)), ("within 5 to 95 % of worlds", f"{one.covered:.1%}")]
    rows += [("mean CRPS, share of the scale", f"{one.crps:.4f}")]
    rows += [("mean interval score, 90 %", f"{one.interval:.4f}")]
    if one.common:
        rows += [(f"CRPS of the {one.common} with trust at the start", f"{one.crps_common:.4f}")]
        rows += [("their error if nothing changes", f"{one.persistence:.4f}")]
    return _table(("trust of ties", ""), rows)


def _digits(value: float) -> str:
    """Return a share in three digits, a count whole."""
    return "-" if math.isnan(value) else f"{value:.3f}" if abs(value) < 2 else f"{value:.1f}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return aligned lines; all but the first column stand flush right."""
    cells = [head, *rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
