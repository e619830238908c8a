"""Which factors make a difference: sensitivity analysis of studies whose runs hold luck, through SALib.

The sample (`cisim.study.sensitivity.design`) lets luck be one more random input, so that every method keeps its
meaning; the report says how much of one world's variance is luck, gives indices for one world and for the mean of
worlds, with intervals, and says whether they have converged. No index is clipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cisim.study.records import Report, StudyData
from cisim.study.sensitivity.design import METHODS, Sample, rows_of, sample
from cisim.study.sensitivity.figures import figures_of
from cisim.study.sensitivity.given import delta, pawn, rbd_fast
from cisim.study.sensitivity.index import Found, Subject, frame
from cisim.study.sensitivity.reading import read
from cisim.study.sensitivity.sobol import sobol
from cisim.study.sensitivity.steps import dgsm, morris
from cisim.study.sensitivity.text import text_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METHODS", "Sample", "analyse", "find", "rows_of", "sample"]

KIND = "sensitivity"
ANALYSERS: dict[str, Callable[[Subject], Found]] = {
    "sobol": sobol,
    "morris": morris,
    "rbd_fast": rbd_fast,
    "delta": delta,
    "pawn": pawn,
    "dgsm": dgsm,
}


def analyse(data: StudyData) -> Report:
    """Return which factors make the response of a study differ.

    Parameters
    ----------
    data : StudyData
        Of a design made by `sample` with the study's seed. Options, all of which may be left out: `method`
        (sobol), `n` (base sample; what the design has points for), `second_order` (true), `response` (gain),
        `case` (the last treated), `level` (0.95), `resamples` (500).

    Returns
    -------
    Report
        Tables "indices" (a row per index, target and factor), "second_order", "convergence" and "salib" (what
        SALib's analyser says of the runs as they are); figures "indices", and "morris" or "second_order".

    Raises
    ------
    ValueError
        If an option is not allowed, the design is another sample, runs are missing in a method of blocks, a
        response is not finite, or it is the same in all runs.
    """
    reading = read(data)
    found = find(reading.subject)
    indices = frame(found)
    is_pair = indices["other"] != ""
    tables = {"indices": indices[~is_pair].drop(columns="other").reset_index(drop=True)}
    if is_pair.any():
        tables["second_order"] = indices[is_pair].reset_index(drop=True)
    tables["convergence"] = _checks(found)
    if found.raw is not None:
        tables["salib"] = found.raw
    return Report(KIND, text_of(reading, found, data.title), tables, figures_of(reading, found))


def find(subject: Subject) -> Found:
    """Return the indices of a sample by its method.

    Parameters
    ----------
    subject : Subject

    Returns
    -------
    Found

    Examples
    --------
    >>> made = sample("sobol", 2, 512, seed=1, second_order=False)
    >>> y = made.u[:, [0]] + 2.0 * made.u[:, [1]]
    >>> found = find(Subject("sobol", 512, False, ("small", "large"), made.u, y))
    >>> found.indices["one world", "ST"].estimate.round(1).tolist()
    [0.2, 0.8]
    """
    return ANALYSERS[subject.method](subject)


def _checks(found: Found) -> pd.DataFrame:
    """Return the verdicts as a table."""
    import pandas as pd

    rows = [{**check._asdict(), "is_converged": check.is_converged} for check in found.checks]
    return pd.DataFrame(rows).rename(columns={"name": "index"})
