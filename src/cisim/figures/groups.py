"""Who gained and who lost: the paired difference in every population group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import GREY, colours, headline, key, new_figure, source_line
from cisim.statistics import F, means, spread
from cisim.tables import short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison


NEGLIGIBLE = 1e-4  # share of the indicator below which a difference is not worth a headline


def last_year(cmp: Comparison) -> F:
    """Return the mean of the last twelve months of every group's indicator, (n_regimes, n_worlds, n_groups)."""
    return np.asarray(cmp.groups[:, :, -12:, :].mean(axis=2))


def data(cmp: Comparison) -> pd.DataFrame:
    """Return level and paired difference in the last year, by regime and group."""
    import pandas as pd

    level = last_year(cmp)
    rows = []
    for r, label in enumerate(cmp.labels):
        m, d = means(level[r]), means(level[r] - level[0])
        low, high = spread(level[r] - level[0])
        for g, group in enumerate(cmp.scenario.groups):
            row = (m.mean[g], d.mean[g], d.low[g], d.high[g], low[g], high[g])
            rows.append((label, group.name, cmp.scenario.shares[g], *map(float, row)))
    columns = ["regime", "group", "population_share", "mean", "diff", "diff_low", "diff_high"]
    return pd.DataFrame(rows, columns=[*columns, "diff_spread_low", "diff_spread_high"])


def panel(cmp: Comparison, ax: Axes) -> None:
    """Draw mean paired differences with their error (thick) and spread (thin), a row a group."""
    found, n = data(cmp), len(cmp.scenario.groups)
    others = cmp.labels[1:]
    step = 0.66 / max(1, len(others))
    for k, (label, colour) in enumerate(zip(others, colours(cmp)[1:], strict=True)):
        rows = found[found.regime == label]
        y = np.arange(n) + (k - (len(others) - 1) / 2) * step
        ax.hlines(y, rows.diff_spread_low, rows.diff_spread_high, color=colour, linewidth=1.0, alpha=0.7)
        ax.hlines(y, rows.diff_low, rows.diff_high, color=colour, linewidth=4.0, alpha=0.55)
        ax.plot(rows["diff"], y, "o", color=colour, markersize=6.5)
    ax.axvline(0.0, color=GREY, linewidth=1.2)
    shares = zip(cmp.scenario.groups, cmp.scenario.shares, strict=True)
    names = [f"{short(group.name, 30)}\n{share:.0%} of population" for group, share in shares]
    ax.set_yticks(range(n), names)
    ax.set_ylim(n - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    for g in range(1, n):
        ax.axhline(g - 0.5, color="#e6e6e6", linewidth=0.8)
    indicator = cmp.scenario.indicator
    arrow = "\N{LEFTWARDS ARROW} better" if cmp.falling_good else "better \N{RIGHTWARDS ARROW}"
    ax.set_xlabel(f"difference to {cmp.reference} in the last year, {indicator.unit}   ({arrow})")


def draw(cmp: Comparison) -> Figure:
    """Return the sheet."""
    n, others = len(cmp.scenario.groups), len(cmp.labels) - 1
    height = 2.3 + n * max(0.62, 0.3 * others)
    figure = new_figure(10.0, height)
    ax = figure.add_axes((0.24, 0.78 / height, 0.73, 1 - 2.1 / height))
    panel(cmp, ax)
    key(figure, [*zip(cmp.labels[1:], colours(cmp)[1:], strict=True)], 0.24, 1 - 1.25 / height)
    headline(
        figure,
        finding(cmp),
        f"Dots: mean of {cmp.worlds} paired worlds. Thick: error of the mean (95 % interval). "
        "Thin: 5-95 % of worlds.",
    )
    source_line(figure, cmp)
    return figure


def finding(cmp: Comparison) -> str:
    """Return in a sentence how many groups the last regime leaves detectably better and worse off."""
    found = data(cmp)
    rows = found[found.regime == cmp.labels[-1]]
    tiny = NEGLIGIBLE * abs(cmp.scenario.indicator.baseline)
    below, above = int((rows.diff_high < -tiny).sum()), int((rows.diff_low > tiny).sum())
    better, worse = (below, above) if cmp.falling_good else (above, below)
    told = f"{better} of {len(rows)} groups better off than under {cmp.reference}, {worse} worse off"
    rest = len(rows) - better - worse
    return f"Under {cmp.labels[-1]}, {told}" + (f", {rest} hardly different" if rest else "")
