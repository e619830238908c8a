"""Paired differences of several outcomes on one scale: standard deviations between worlds of the reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.contrast import unit_of
from cisim.figures.style import GREY, PALE, colours, headline, key, new_figure, source_line
from cisim.statistics import paired, standardised
from cisim.tables import decimals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison

ROWS = {
    "indicator": "indicator",
    "group_gap": "gap between groups",
    "unserved_share": "need that nobody serves",
    "double_served_share": "service to people already served",
    "practice_quality": "quality of practice",
    "practice_diversity": "diversity of practice",
    "client_effect_sd": "effect on own clients",
    "reported_effect_sd": "effect reported",
    "trust": "trust",
    "network_density": "density of ties",
    "grants_hhi": "concentration of grants",
    "service_hours": "hours of service",
    "usd_fundraising": "money for fundraising",
    "exits": "organisations closed",
}


def data(cmp: Comparison) -> pd.DataFrame:
    """Return raw and standardised paired differences; the latter are empty where the reference does not vary."""
    import pandas as pd

    rows = []
    for r, label in enumerate(cmp.labels[1:], start=1):
        for name in ROWS:
            values = cmp.outcome(name)
            d = paired(values[r], values[0])
            scaled = standardised(values[r], values[0])
            ends = (scaled[0], *scaled[1]) if scaled else (math.nan,) * 3
            raw = (float(d.mean), float(d.low), float(d.high))
            rows.append((label, name, unit_of(cmp, name), *raw, *ends))
    names = [
        "regime",
        "outcome",
        "unit",
        "diff",
        "diff_low",
        "diff_high",
        "diff_sd",
        "diff_sd_low",
        "diff_sd_high",
    ]
    return pd.DataFrame(rows, columns=names)


def panel(cmp: Comparison, ax: Axes) -> None:
    """Draw standardised differences with the error of their mean; linear to 1 sd, logarithmic beyond."""
    found = data(cmp)
    others = cmp.labels[1:]
    step = 0.66 / max(1, len(others))
    for k, (label, colour) in enumerate(zip(others, colours(cmp)[1:], strict=True)):
        rows = found[found.regime == label].set_index("outcome").loc[list(ROWS)]
        y = np.arange(len(ROWS)) + (k - (len(others) - 1) / 2) * step
        ax.hlines(y, rows.diff_sd_low, rows.diff_sd_high, color=colour, linewidth=4.0, alpha=0.5)
        ax.plot(rows.diff_sd, y, "o", color=colour, markersize=5.5)
    ax.axvline(0.0, color=GREY, linewidth=1.2)
    ax.axvspan(-1, 1, color="#f2f2f2", zorder=0, linewidth=0)
    ax.set_xscale("symlog", linthresh=1.0, linscale=1.6)
    edge = max(2.0, float(np.nanmax(np.abs(found[["diff_sd_low", "diff_sd_high"]].to_numpy()))) * 1.2)
    ax.set_xlim(-edge, edge)
    ticks = [t for t in (0.5, 1, 3, 10, 30, 100, 300) if t <= edge]
    ax.set_xticks([*(-t for t in reversed(ticks)), 0, *ticks])
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    ax.set_yticks(range(len(ROWS)), [*ROWS.values()])
    ax.set_ylim(len(ROWS) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(f"difference to {cmp.reference}, in standard deviations between its worlds")
    _raw_numbers(cmp, ax, found)


def _raw_numbers(cmp: Comparison, ax: Axes, found: pd.DataFrame) -> None:
    """Write the last regime's difference in its own unit beside each row."""
    rows = found[found.regime == cmp.labels[-1]]
    for y, row in enumerate(cast("Any", rows).itertuples()):
        digits = decimals((row.diff_high - row.diff_low) / 2 or abs(row.diff))
        unit = row.unit if row.unit != "share" else ""
        text = f"{row.diff:+,.{digits}f} {unit}".replace("-", "\N{MINUS SIGN}").rstrip()
        ax.annotate(
            text, (1.0, y), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
            size=8.5, va="center", color=colours(cmp)[-1] if row.diff_low > 0 or row.diff_high < 0 else PALE,
        )  # fmt: skip


def draw(cmp: Comparison) -> Figure:
    """Return the sheet."""
    others = len(cmp.labels) - 1
    height = 2.5 + len(ROWS) * max(0.32, 0.17 * others)
    figure = new_figure(10.0, height)
    ax = figure.add_axes((0.26, 0.78 / height, 0.5, 1 - 2.3 / height))
    panel(cmp, ax)
    key(figure, [*zip(cmp.labels[1:], colours(cmp)[1:], strict=True)], 0.26, 1 - 1.45 / height)
    found = data(cmp)
    rows = found[found.regime == cmp.labels[-1]]
    told = int(((rows.diff_low > 0) | (rows.diff_high < 0)).sum())
    headline(
        figure,
        f"{told} of {len(rows)} outcomes differ detectably between {cmp.labels[-1]} and {cmp.reference}",
        f"Dots: mean of {cmp.worlds} paired worlds. Bars: error of the mean (95 % interval, each on its own). "
        f"Numbers: {cmp.labels[-1]} minus {cmp.reference} in the outcome's own unit.",
    )
    source_line(figure, cmp)
    return figure
