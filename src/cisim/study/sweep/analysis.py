"""Sweeps: what each setting changes against the reference in the same worlds, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cisim.statistics import LEVEL, check_level
from cisim.study.records import GAIN, Report, StudyData
from cisim.study.sweep.effects import effects, pair
from cisim.study.sweep.figures import draw
from cisim.study.sweep.paths import columns_kept, draw_paths, pages, path_table
from cisim.study.sweep.words import text_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST_FIGURES = 6


def analyse(data: StudyData) -> Report:
    """Return the effect of every setting and treated case, with intervals.

    Parameters
    ----------
    data : StudyData
        `data.options` may hold `outcomes` (names; by default all that were kept), `level` (confidence level), and,
        where a pilot chose the number of worlds, `worlds: auto` and `pilot` (its worlds): intervals over worlds
        are then Stein's.

    Returns
    -------
    Report
        Tables: `effects` (a row per setting, treated case and outcome, see
        `cisim.study.sweep.effects.effects`) and, where
        monthly columns were kept, `paths` (means and differences month by month of the settings drawn). Figures:
        the gain, every outcome named in the options, and `paths`.

    Raises
    ------
    ValueError
        If an option makes no sense, or there are no runs to compare.

    References
    ----------
    Stein (1945), A two-sample test for a linear hypothesis whose power is independent of the variance. Annals of
    Mathematical Statistics 16, 243-258. https://doi.org/10.1214/aoms/1177731088

    Examples
    --------
    Reports come from a finished study; `report.tables["effects"]` is what the text and the figures are made of.
    """
    names, level, pilot = _outcomes(data), check_level(float(data.options.get("level", LEVEL))), _pilot(data)
    pairs = pair(data, names)
    if not len(pairs.index):
        raise ValueError(
            f"runs: none of {len(data.runs)} can be compared with {data.reference!r} in the same world"
        )
    found = effects(data, pairs, level, pilot)
    tables = {"effects": found}
    figures: dict[str, Callable[[], Figure]] = {}
    for name in _drawn(data, found):
        figures[name] = partial(draw, data, found, name, level)
    monthly = columns_kept(data)
    if monthly:
        tables["paths"] = path_table(data, found, monthly, level, pilot)
        for page, shown in pages(monthly).items():
            figures[page] = partial(draw_paths, data, tables["paths"], shown, level)
    return Report("sweep", text_of(data, found, pairs, level, pilot), tables, figures)


def _outcomes(data: StudyData) -> tuple[str, ...]:
    """Return the outcomes asked for; the indicator always comes along, for the gain."""
    asked = data.options.get("outcomes") or data.outcomes
    asked = (asked,) if isinstance(asked, str) else tuple(asked)
    for name in asked:
        if name != GAIN and name not in data.outcomes:
            kept = ", ".join(data.outcomes)
            raise ValueError(f"outcomes: {name!r} was not kept by this study; any of gain, {kept}")
    names = dict.fromkeys(name for name in asked if name != GAIN)
    if "indicator" in data.outcomes:
        names = {"indicator": None, **names}
    if not names:
        raise ValueError(
            "outcomes: 'gain' needs the indicator, which was not kept by this study; keep it, or name others"
        )
    return tuple(names)


def _pilot(data: StudyData) -> int | None:
    """Return the worlds of the pilot where one chose the number of worlds."""
    if data.options.get("worlds") != "auto":
        return None
    pilot = data.options.get("pilot")
    if not isinstance(pilot, int) or pilot < 2:
        raise ValueError(f"pilot: {pilot!r} is not allowed with 'worlds: auto'; a whole number from 2")
    return pilot


def _drawn(data: StudyData, found: pd.DataFrame) -> list[str]:
    """Return the outcomes that get a figure: the first, and those named in the options."""
    asked = data.options.get("outcomes") or ()
    asked = (asked,) if isinstance(asked, str) else tuple(asked)
    return list(dict.fromkeys([str(found["outcome"].iloc[0]), *asked]))[:MOST_FIGURES]
