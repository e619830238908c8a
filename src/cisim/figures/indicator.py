"""The headline indicator over time, and what the regime makes of it in the same worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import (
    DASHES,
    GREY,
    PALE,
    band,
    colours,
    headline,
    label_ends,
    new_figure,
    signed,
    source_line,
    years_of,
)
from cisim.statistics import F, means, paired, spread
from cisim.tables import decimals, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison


def data(cmp: Comparison) -> pd.DataFrame:
    """Return mean, error and spread of the indicator and of its paired difference, by regime and month."""
    import pandas as pd

    level = cmp.column("indicator")
    frames = []
    for r, label in enumerate(cmp.labels):
        columns = {"regime": label, "month": np.arange(level.shape[2])}
        columns |= _statistics("", level[r]) | _statistics("diff_", level[r] - level[0])
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _statistics(prefix: str, values: F) -> dict[str, F]:
    """Return mean, error of the mean (95 %) and spread (5-95 %) over worlds as named columns."""
    m = means(values)
    low, high = spread(values)
    names = ("mean", "error_low", "error_high", "spread_low", "spread_high")
    return {prefix + name: got for name, got in zip(names, (m.mean, m.low, m.high, low, high), strict=True)}


def finding(cmp: Comparison) -> str:
    """Return in a sentence how far the regimes end from the reference.

    A difference whose interval holds zero is called one that cannot be told from none.
    """
    level = cmp.outcome("indicator")
    parts = []
    for r, label in enumerate(cmp.labels[1:], start=1):
        m = paired(level[r], level[0])
        digits = decimals(float(m.high - m.low) / 2)
        if float(m.low) <= 0.0 <= float(m.high):
            parts.append(f"{label} no detectable difference")
        else:
            way = "lower" if m.mean < 0 else "higher"
            parts.append(f"{label} {abs(float(m.mean)):.{digits}f} {way}")
    name = cmp.scenario.indicator.name
    return f"{name[:1].upper()}{name[1:]} in the last year against {cmp.reference}: {', '.join(parts)}"


def panel(cmp: Comparison, ax: Axes) -> None:
    """Draw the indicator's level."""
    indicator = cmp.scenario.indicator
    level, x = cmp.column("indicator"), years_of(cmp)
    ends = []
    for r, (label, colour) in enumerate(zip(cmp.labels, colours(cmp), strict=True)):
        ends.append((band(ax, x, level[r], colour, DASHES[r % len(DASHES)]), short(label), colour))
    ax.axhline(indicator.baseline, color=PALE, linewidth=0.8, linestyle=(0, (1, 2)))
    note = f"published start {indicator.baseline:g}"
    ax.annotate(
        note, (0.004, indicator.baseline), xycoords=("axes fraction", "data"), xytext=(0, 3),
        textcoords="offset points", size=8, color=PALE,
    )  # fmt: skip
    ax.set_xlim(0, x[-1])
    ax.set_ylabel(f"{indicator.name},\n{indicator.unit}")
    label_ends(ax, ends)


def difference_panel(cmp: Comparison, ax: Axes) -> None:
    """Draw the paired differences to the reference."""
    level, x = cmp.column("indicator"), years_of(cmp)
    ends = [(0.0, short(cmp.reference), GREY)]
    for r, (label, colour) in enumerate(zip(cmp.labels, colours(cmp), strict=True)):
        if r:
            end = band(ax, x, level[r] - level[0], colour, DASHES[r % len(DASHES)])
            digits = decimals(float(means(level[r, :, -1] - level[0, :, -1]).sd))
            ends.append((end, f"{short(label)} {signed(end, digits)}", colour))
    ax.axhline(0.0, color=GREY, linewidth=1.2)
    ax.set_xlim(0, x[-1])
    better = "lower is better" if cmp.falling_good else "higher is better"
    ax.set_ylabel(f"difference to {short(cmp.reference, 14)}\n({better})")
    ax.set_xlabel("years since the start")
    label_ends(ax, ends)


def draw(cmp: Comparison) -> Figure:
    """Return the sheet: level above, paired difference below."""
    figure = new_figure(10.0, 7.4)
    upper, lower = figure.subplots(
        2, 1, sharex=True,
        gridspec_kw={"height_ratios": (3, 2), "left": 0.1, "right": 0.8, "top": 0.83, "bottom": 0.1, "hspace": 0.14},
    )  # fmt: skip
    panel(cmp, upper)
    upper.set_title("Level")
    difference_panel(cmp, lower)
    lower.set_title("Difference in the same world")
    headline(
        figure,
        finding(cmp),
        f"Lines: mean of {cmp.worlds} worlds. Dark bands: error of the mean (95 % interval). "
        "Light bands: 5-95 % of worlds. Below, each world is compared with itself, so luck that both share drops out.",
    )
    source_line(figure, cmp)
    return figure
