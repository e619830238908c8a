"""Trust between organisations and membership of a coalition over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import DASHES, band, colours, headline, label_ends, new_figure, source_line, years_of
from cisim.statistics import means, spread
from cisim.tables import short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison

COLUMNS = ("trust", "members")


def data(cmp: Comparison) -> pd.DataFrame:
    """Return mean, error and spread of trust and members, by regime and month."""
    import pandas as pd

    frames = []
    for r, label in enumerate(cmp.labels):
        for name in COLUMNS:
            values = cmp.column(name)[r]
            m, (low, high) = means(values), spread(values)
            columns = {"regime": label, "column": name, "month": np.arange(values.shape[1]), "mean": m.mean}
            columns |= {"error_low": m.low, "error_high": m.high, "spread_low": low, "spread_high": high}
            frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def panel(cmp: Comparison, ax: Axes, column: str = "trust") -> None:
    """Draw one of the two columns."""
    values, x = cmp.column(column), years_of(cmp)
    ends = []
    for r, (label, colour) in enumerate(zip(cmp.labels, colours(cmp), strict=True)):
        end = band(ax, x, values[r], colour, DASHES[r % len(DASHES)])
        shown = f"{end:.2f}" if column == "trust" else f"{end:.0f}"
        ends.append((end, f"{short(label, 16)} {shown}", colour))
    ax.set_xlim(0, x[-1])
    ax.set_ylim(bottom=0)
    ax.set_xlabel("years since the start")
    ax.set_ylabel("mean trust on ties, 0 to 1" if column == "trust" else "organisations in a coalition")
    label_ends(ax, ends, 9.0)


def draw(cmp: Comparison) -> Figure:
    """Return the sheet: trust on the left, membership on the right."""
    figure = new_figure(11.0, 5.6)
    left, right = figure.subplots(
        1, 2, gridspec_kw={"left": 0.065, "right": 0.875, "top": 0.76, "bottom": 0.14, "wspace": 0.55}
    )
    panel(cmp, left, "trust")
    left.set_title("Trust")
    panel(cmp, right, "members")
    right.set_title("Membership")
    ends = {label: float(cmp.column("trust")[r, :, -1].mean()) for r, label in enumerate(cmp.labels)}
    told = ", ".join(
        f"{value:.2f} {'under ' if i == 0 else ''}{label}" for i, (label, value) in enumerate(ends.items())
    )
    headline(
        figure,
        f"Mean trust at the end: {told}",
        f"Lines: mean of {cmp.worlds} worlds. Dark bands: error of the mean (95 % interval). "
        "Light bands: 5-95 % of worlds. Means over ties say nothing of how many ties there are.",
    )
    source_line(figure, cmp)
    return figure
