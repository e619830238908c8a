"""Figures: the largest index of every parameter, grouped by the rule that reads it, and rules against outcomes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, headline, key, new_figure
from cisim.parsimony.findings import Findings
from cisim.parsimony.inputs import F
from cisim.parsimony.readers import RULES
from cisim.parsimony.simulation import RESPONSES, RULE
from cisim.parsimony.table import KEEP, LITTLE, MERGE, NOTHING, REMOVE
from cisim.study.records import GAIN

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, RIGHT = 1e-5, 1.4
"""Ends of the axis; what lies below stands at its left end."""
SEVERAL = "several rules"
TOTAL, LASTING = OKABE_ITO[0], OKABE_ITO[4]
COLOURS = {KEEP: GREY, MERGE: OKABE_ITO[3], REMOVE: OKABE_ITO[1]}
ROW = 0.165
"""Height of a row in inches."""
Entry = tuple[str, "pd.Series[Any] | None"]
"""A heading, or the name of a parameter with its row."""


def figures_of(found: Findings, parameters: pd.DataFrame) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure: "parameters", and "rules" where a rule was swapped."""
    drawn: dict[str, Callable[[], Figure]] = {"parameters": partial(dots, found, parameters)}
    return drawn | ({"rules": partial(heat, found)} if _rules(found) else {})


def dots(found: Findings, parameters: pd.DataFrame) -> Figure:
    """Return a figure of the largest index of every parameter with its interval, and of its lasting part."""
    import matplotlib as mpl

    halves = _halves(_entries(parameters))
    rows = max(len(half) for half in halves)
    height = 2.3 + ROW * rows
    with mpl.rc_context(cast("Any", RC)):
        figure = new_figure(14.0, height)
        for half, left in zip(halves, (0.165, 0.665), strict=True):
            bottom = (0.62 + ROW * (rows - len(half))) / height
            ax = figure.add_axes((left, bottom, 0.32, ROW * len(half) / height))
            _column(ax, half)
        key(
            figure,
            [("total index, 95 % interval", TOTAL), ("lasting part", LASTING)],
            0.02,
            1 - 1.15 / height,
        )
        key(
            figure, [(name, colour) for name, colour in COLOURS.items() if name != KEEP], 0.42, 1 - 1.15 / height,
            marker="s",
        )  # fmt: skip
        headline(figure, _title(parameters), _subtitle(found))
    return figure


def _title(parameters: pd.DataFrame) -> str:
    """Return what the figure shows in a sentence."""
    little = int((parameters["lasting_bound"] < LITTLE).sum())
    n = len(parameters)
    return f"On average over luck no outcome depends on {little} of {n} parameters by more than a hundredth"


def _subtitle(found: Findings) -> str:
    """Return what dots and bars are."""
    return (
        f"Largest share of variance over all outcomes and cases, grouped by the rule that alone reads a parameter. "
        f"{found.design.n_points} base points in two worlds each, {found.scenario.name}. Dashed: {NOTHING:g} and "
        f"{LITTLE:g}. At the left end: {LEFT:.5f} or less."
    )


def _entries(parameters: pd.DataFrame) -> list[Entry]:
    """Return headings and parameters in the order of rules, the largest index first in each."""
    alone = parameters["rules"].where(~parameters["rules"].str.contains(" "), SEVERAL)
    entries: list[Entry] = []
    for rule in (*RULES, SEVERAL):
        own = parameters[alone == rule]
        if not own.empty:
            entries.append((rule, None))
            entries += [(str(one["parameter"]), one) for _, one in own.iterrows()]
    return entries


def _halves(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return entries in two columns of about equal length, no heading left alone at the end of the first."""
    cut = (len(entries) + 1) // 2
    while cut > 1 and entries[cut - 1][1] is None:
        cut -= 1
    first, second = entries[:cut], entries[cut:]
    if second and second[0][1] is not None:
        heading = next(name for name, row in reversed(first) if row is None)
        second = [(f"{heading} (continued)", None), *second]
    return first, second


def _column(ax: Axes, entries: list[Entry]) -> None:
    """Draw one column of parameters."""
    for y, (name, row) in enumerate(entries):
        if row is None:
            ax.text(
                -0.01, y, name, transform=ax.get_yaxis_transform(), ha="right", va="center", weight="bold", size=9
            )  # fmt: skip
            continue
        ax.text(
            -0.01, y, name, transform=ax.get_yaxis_transform(), ha="right", va="center", size=8,
            color=COLOURS[row["proposal"]],
        )  # fmt: skip
        low, high, largest = (max(LEFT, float(row[one])) for one in ("low", "high", "largest"))
        ax.hlines(y, low, high, color=TOTAL, linewidth=2.5, alpha=0.4)
        ax.plot(largest, y, "o", color=TOTAL, markersize=4)
        if np.isfinite(row["lasting"]):
            ax.plot(max(LEFT, float(row["lasting"])), y, "D", color=LASTING, markersize=3)
    for limit in (NOTHING, LITTLE):
        ax.axvline(limit, color=PALE, linewidth=0.9, linestyle=(0, (4, 2)), zorder=0)
    ax.set_xscale("log")
    ax.set_xlim(LEFT * 0.8, RIGHT)
    ax.set_ylim(len(entries) - 0.4, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("largest share of variance of any outcome")


def heat(found: Findings) -> Figure:
    """Return a matrix of rules against outcomes: the largest total index over cases, in per cent."""
    import matplotlib as mpl
    from matplotlib.colors import LogNorm

    names = [found.swaps[k].name.removeprefix(RULE) for k in _rules(found)]
    table, responses = _matrix(found)
    with mpl.rc_context(cast("Any", RC)):
        width, height = 2.6 + 0.29 * len(responses), 3.15 + 0.3 * len(names)
        figure = new_figure(width, height)
        area = (1.15 / width, 2.05 / height, 0.29 * len(responses) / width, 0.3 * len(names) / height)
        ax = figure.add_axes(area)
        shown = np.clip(table, NOTHING, 1.0)
        picture = ax.imshow(shown, cmap="Blues", norm=LogNorm(NOTHING, 1.0), aspect="auto")
        for i, j in np.ndindex(*table.shape):
            if table[i, j] >= 0.005:
                colour = "white" if table[i, j] > 0.15 else "#222222"
                ax.text(j, i, f"{100 * table[i, j]:.0f}", ha="center", va="center", size=6.5, color=colour)
        ax.set_xticks(
            range(len(responses)), responses, rotation=55, ha="right", rotation_mode="anchor", size=8
        )
        ax.set_yticks(range(len(names)), names)
        ax.tick_params(length=0)
        bar = figure.add_axes((area[0] + area[2] + 0.15 / width, area[1], 0.14 / width, area[3]))
        figure.colorbar(picture, cax=bar, label="share of variance")
        headline(
            figure, "What each rule's own parameters do to each outcome",
            "Total index of the parameters that one rule alone reads, swapped together; largest over cases, in per "
            f"cent (blank: under half of one). {found.design.n_points} base points in two worlds each, "
            f"{found.scenario.name}.",
        )  # fmt: skip
    return figure


def _rules(found: Findings) -> list[int]:
    """Return the places of the swaps of rules."""
    return [k for k in found.groups if found.swaps[k].name.startswith(RULE)]


def _matrix(found: Findings) -> tuple[F, list[str]]:
    """Return the largest index over cases by rule and response, the gain first, and which responses vary at all."""
    order = [RESPONSES.index(GAIN), *range(len(RESPONSES) - 1)]
    values = found.total[:, _rules(found)]
    largest = np.where(np.isnan(values), -np.inf, values).max(axis=0)[:, order]
    kept = np.isfinite(largest).any(axis=0)
    table = np.where(np.isfinite(largest), largest, 0.0)[:, kept]
    return table, [RESPONSES[r] for r, keep in zip(order, kept, strict=True) if keep]
