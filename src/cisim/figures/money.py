"""Where the money went: all of it, and the small uses on a scale of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import GREY, headline, new_figure, source_line
from cisim.statistics import F, means
from cisim.tables import short, usd

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison

USES = {
    "usd_service": ("service", "#0072B2"),
    "usd_administration": ("administration", "#9CC9E3"),
    "usd_fundraising": ("fundraising", "#D9A441"),
    "usd_learning": ("learning", "#F0E442"),
    "usd_meetings": ("meetings", "#009E73"),
    "usd_measurement": ("measurement", "#CC79A7"),
    "usd_backbone": ("backbone", "#D55E00"),
}
LARGE = ("usd_service", "usd_administration", "usd_fundraising")
SMALL = ("usd_learning", "usd_meetings", "usd_measurement", "usd_backbone")
DARK = {"usd_service", "usd_backbone", "usd_meetings"}


def per_year(cmp: Comparison, name: str) -> F:
    """Return what was spent on a use per year, (n_regimes, n_worlds) usd."""
    return np.asarray(cmp.outcome(name) * (12.0 / cmp.months.shape[2]))


def data(cmp: Comparison) -> pd.DataFrame:
    """Return yearly means by regime and use with the error of the mean."""
    import pandas as pd

    rows = []
    for r, label in enumerate(cmp.labels):
        for name, (use, _) in USES.items():
            m = means(per_year(cmp, name)[r])
            rows.append((label, use, float(m.mean), float(m.low), float(m.high)))
    return pd.DataFrame(rows, columns=["regime", "use", "usd_per_year", "error_low", "error_high"])


def panel(cmp: Comparison, ax: Axes, names: tuple[str, ...] = tuple(USES)) -> None:
    """Draw stacked bars of some uses, one bar a regime."""
    n = len(cmp.labels)
    totals = [sum(float(per_year(cmp, name)[r].mean()) for name in names) for r in range(n)]
    top = max(*totals, 1.0)
    for r in range(n):
        left = 0.0
        for name in names:
            value = float(per_year(cmp, name)[r].mean())
            ax.barh(r, value, left=left, height=0.62, color=USES[name][1], edgecolor="white", linewidth=0.8)
            if value > 0.09 * top:
                colour = "white" if name in DARK else "#222222"
                ax.text(left + value / 2, r, usd(value), ha="center", va="center", size=8.5, color=colour)
            left += value
        ax.text(left + 0.012 * top, r, usd(left), va="center", size=9, color=GREY, weight="bold")
    ax.set_yticks(range(n), [short(label) for label in cmp.labels])
    ax.set_ylim(n - 0.5, -0.5)
    ax.set_xlim(0, 1.14 * top)
    ax.xaxis.set_major_formatter(lambda value, _: usd(value))
    ax.set_xlabel("usd per year, mean of worlds")
    ax.tick_params(axis="y", length=0)


def _names_above(ax: Axes, names: tuple[str, ...]) -> None:
    """Name the colours over a panel."""
    from matplotlib.patches import Patch

    handles = [Patch(color=USES[name][1], label=USES[name][0]) for name in names]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(names), frameon=False,
        handlelength=0.9, handleheight=0.9, columnspacing=1.1, handletextpad=0.4, borderaxespad=0.2, fontsize=9,
    )  # fmt: skip


def draw(cmp: Comparison) -> Figure:
    """Return the sheet: the large uses above, the small ones below on their own scale."""
    n = len(cmp.labels)
    figure = new_figure(10.0, 3.3 + 0.95 * n)
    height = 3.3 + 0.95 * n
    upper, lower = figure.subplots(
        2, 1,
        gridspec_kw={
            "left": 0.17, "right": 0.98, "top": 1 - 1.45 / height, "bottom": 0.75 / height,
            "hspace": 0.62 if n > 3 else 0.8,
        },
    )  # fmt: skip
    panel(cmp, upper, LARGE)
    _names_above(upper, LARGE)
    upper.set_xlabel("")
    panel(cmp, lower, SMALL)
    _names_above(lower, SMALL)
    shares = []
    for r, label in enumerate(cmp.labels):
        total = float(cmp.outcome("usd_total")[r].mean())
        spent = float(cmp.outcome("usd_overhead_of_coordination")[r].mean())
        shares.append(f"{spent / total if total else 0.0:.1%} {'under ' if r == 0 else ''}{label}")
    headline(
        figure,
        f"Meetings, measurement and backbone took {', '.join(shares)}",
        f"Money spent per year, mean of {cmp.worlds} worlds. Below: the smaller uses on a scale of their own.",
    )
    source_line(figure, cmp)
    return figure
