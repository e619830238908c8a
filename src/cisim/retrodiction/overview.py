"""What all cases together say: how many published figures the model would have expected."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from cisim.result import is_falling_good
from cisim.retrodiction.courses import rows_by
from cisim.retrodiction.place_figure import draw_places
from cisim.retrodiction.retrodict import KIND, Retrodiction
from cisim.study.records import Report
from cisim.tables import columns, paragraph

if TYPE_CHECKING:
    import pandas as pd


def overview(found: Iterable[Retrodiction], before: Iterable[Retrodiction] = ()) -> Report:
    """Return what all cases together say.

    Parameters
    ----------
    found : iterable of Retrodiction
    before : iterable of Retrodiction, optional
        The same cases drawn as their scenarios declare it, to see what calibration changed.

    Returns
    -------
    Report
        `tables` score (a row per case: n, inside, clean_n, clean_inside; gain of what happened over what might have
        been, in per cent of the start; better, the share of runs in which it was above 0), places (a row per figure)
        and, where asked for, before (inside and mean CRPS of both); `figures` places.
    """
    import pandas as pd

    found, before = tuple(found), tuple(before)
    score = pd.DataFrame([_score(one) for one in found])
    named = [one.report.tables["predictions"].assign(name=one.observed.name) for one in found]
    named = [frame[frame["role"] == "happened"] for frame in named if len(frame)]
    tables = {"score": score, **({"places": pd.concat(named, ignore_index=True)} if named else {})}
    if before:
        tables["before"] = _compared(found, before)
    figures = {"places": partial(draw_places, tables["places"])} if named else {}
    return Report(KIND, _text(tables), tables, figures)


def _all_figures(one: Retrodiction) -> Any:
    """Return the row of coverage over all figures of a case as it happened, None where there are none."""
    coverage = one.report.tables["coverage"]
    return rows_by(coverage[coverage["role"] == "happened"], "figures").get("all")


def _score(one: Retrodiction) -> dict[str, Any]:
    """Return a case's row of the overview."""
    coverage = one.report.tables["coverage"]
    effect = rows_by(one.report.tables["effect"], "what")["difference"]
    by = rows_by(coverage[coverage["role"] == "happened"], "figures")
    counts = {}
    for name, prefix in (("all", ""), ("clean", "clean_")):
        counts[f"{prefix}n"] = int(by[name].n) if name in by else 0
        counts[f"{prefix}inside"] = int(by[name].inside) if name in by else 0
    falls = is_falling_good(one.observed.scenario)
    scale = (-100.0 if falls else 100.0) / one.observed.scenario.indicator.baseline
    low, high = sorted((scale * effect.p5, scale * effect.p95))
    gain = {"gain": scale * effect.mean, "gain_p5": low, "gain_p95": high, "better": effect.better}
    cases = {"happened": one.observed.happened, "counterfactual": one.observed.counterfactual}
    return {"case": one.observed.name, **cases, **counts, **gain}


def _compared(found: tuple[Retrodiction, ...], before: tuple[Retrodiction, ...]) -> pd.DataFrame:
    """Return how many figures lie inside, and the mean CRPS, with what was drawn and with the scenarios' own ranges."""
    import pandas as pd

    earlier = {one.observed.name: _all_figures(one) for one in before}
    rows = []
    for one in found:
        now, then = _all_figures(one), earlier.get(one.observed.name)
        if now is not None and then is not None:
            counts = (int(now.n), int(now.inside), int(then.inside))
            rows.append((one.observed.name, *counts, now.crps, then.crps))
    return pd.DataFrame(rows, columns=["case", "n", "inside", "inside_before", "crps", "crps_before"])


def _text(tables: dict[str, pd.DataFrame]) -> str:
    """Return the overview in words: at most 100 columns."""
    rows: list[tuple[str, ...]] = [
        (
            "",
            "figures",
            "inside",
            "clean",
            "inside",
            "happened instead of",
            "gain, % of the start",
            "better in",
        ),
        ("case", "", "5-95 %", "", "5-95 %", "", "mean (5-95 %)", "runs"),
    ]
    score = tables["score"]
    for row in rows_by(score, "case").values():
        counts = (str(one) for one in (row.n, row.inside, row.clean_n, row.clean_inside))
        gain = f"{row.gain:+.1f} ({row.gain_p5:+.1f} to {row.gain_p95:+.1f})"
        rows.append((row.case, *counts, f"{row.happened}, {row.counterfactual}", gain, f"{row.better:.0%}"))
    n, inside, clean, clean_inside = (int(score[k].sum()) for k in ("n", "inside", "clean_n", "clean_inside"))
    lines = [*columns(rows), ""]
    if n:
        lines += paragraph(
            f"Of {n} published figures {inside} lie inside 5-95 % of what the model would have expected, where about "
            f"{0.9 * n:.0f} should; of the {clean} clean ones (looked up, and used for no setting) {clean_inside}. "
            "Figures of one case are not independent. The cases with figures were chosen because they became known as "
            "successes, so that figures better than predicted are to be expected of a model that does not know it."
        )
    lines += paragraph(
        "Gain: true level in the last year against the other regime in the same runs; above 0 is better."
    )
    return "\n".join([*lines, *_before(tables)]) + "\n"


def _before(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what the scenarios' own ranges would have said."""
    if "before" not in tables:
        return []
    rows: list[tuple[str, ...]] = [
        ("", "figures", "inside 5-95 %", "with the scenario's", "mean CRPS of levels", "with the scenario's"),
        ("case", "", "calibrated", "own ranges", "calibrated", "own ranges"),
    ]
    for row in rows_by(tables["before"], "case").values():
        scores = (f"{one:.3g}" if math.isfinite(one) else "-" for one in (row.crps, row.crps_before))
        rows.append((row.case, str(row.n), str(row.inside), str(row.inside_before), *scores))
    return ["", *columns(rows)]
