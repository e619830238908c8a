"""What all figures share: colours, sizes, bands, labels at the ends of lines, title and source line.

Colours are those of Okabe and Ito, told apart by colour-blind readers too; the reference is dark grey.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.statistics import F, means, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison

GREY = "#4d4d4d"
PALE = "#8c8c8c"
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D00", "#000000")
DASHES = ("-", (0, (6, 1.5)), "-", (0, (1.5, 1)), (0, (4, 1, 1, 1)), (0, (8, 2)), (0, (2, 2)), (0, (1, 1)))

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": PALE,
    "axes.labelcolor": GREY,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.titlecolor": GREY,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": GREY,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "cisim",
    "svg.fonttype": "path",
    "path.simplify": True,
}


def colours(cmp: Comparison) -> list[str]:
    """Return one colour per regime, grey for the reference; the last regime always gets the same one."""
    others = len(cmp.labels) - 1
    first, last, *rest = OKABE_ITO
    between = [first, *rest]
    return [GREY, *(between[i % len(between)] for i in range(others - 1)), last]


def new_figure(width: float = 10.0, height: float = 7.0) -> Figure:
    """Return an empty figure that belongs to no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, title: str, subtitle: str) -> None:
    """Write what the figure shows over it."""
    height = float(figure.get_size_inches()[1])
    width = float(figure.get_size_inches()[0])
    lines = textwrap.wrap(title, int(width * 8.6))
    figure.text(0.02, 1 - 0.14 / height, "\n".join(lines), size=14, weight="bold", va="top", color="#222222")
    top = 1 - (0.22 + 0.245 * len(lines)) / height
    under = textwrap.wrap(subtitle, int(width * 12.6))
    figure.text(0.02, top, "\n".join(under), size=9.5, va="top", color=GREY, linespacing=1.3)


def source_line(figure: Figure, cmp: Comparison) -> None:
    """Write where the figure comes from under it."""
    from cisim import __version__

    years = cmp.months.shape[2] / 12
    money = {"equal": "equal money", "added": "added money", "mixed": "money as each scenario says"}[
        cmp.budget
    ] + (" and shared savings" if cmp.shares_savings else "")
    text = (
        f"cisim {__version__} · scenario {cmp.scenario.name} · seed {cmp.seed} · {cmp.worlds} paired worlds · "
        f"{cmp.scenario.values['n_orgs']} organisations · {years:.4g} years · {money}"
    )
    figure.text(0.02, 0.012, text, size=7.5, color=PALE, va="bottom")


def years_of(cmp: Comparison) -> F:
    """Return the end of each month in years since the start."""
    return np.arange(1, cmp.months.shape[2] + 1, dtype=np.float64) / 12.0


def band(ax: Axes, x: F, values: F, colour: str, dash: Any = "-", wide: bool = True) -> float:
    """Draw a mean over worlds with its error (dark) and spread (light); return the mean's last value."""
    m = means(values)
    if wide:
        low, high = spread(values)
        ax.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
    ax.fill_between(x, m.low, m.high, color=colour, alpha=0.40, linewidth=0)
    ax.plot(x, m.mean, color=colour, linewidth=2.0, linestyle=dash)
    return float(m.mean[-1])


def label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]], size: float = 9.5) -> None:
    """Write (height, text, colour) to the right of the axes, moved apart where they would overlap."""
    figure = ax.get_figure()
    assert figure is not None
    points = ax.get_position().height * float(figure.get_figure(root=True).get_size_inches()[1]) * 72.0
    low, high = ax.get_ylim()
    order = sorted(range(len(ends)), key=lambda i: ends[i][0])
    wanted = [(ends[i][0] - low) / (high - low) for i in order]
    sizes = [size * 1.28 * (ends[i][1].count("\n") + 1) / points for i in order]
    for place, i in zip(apart(wanted, sizes), order, strict=True):
        ax.annotate(
            ends[i][1], (1.0, place), xycoords="axes fraction", xytext=(7, 0), textcoords="offset points",
            color=ends[i][2], size=size, va="center", annotation_clip=False, linespacing=1.15,
        )  # fmt: skip


def apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return places near those `wanted` (ascending) such that things of these sizes do not overlap.

    Neighbours that would overlap are merged into a block around their common centre, until none do.

    Examples
    --------
    >>> [round(x, 2) for x in apart([0.5, 0.52, 0.9], [0.1, 0.1, 0.1])]
    [0.46, 0.56, 0.9]
    """
    blocks: list[tuple[float, float, list[int]]] = []  # centre, size, members
    for i, (want, size) in enumerate(zip(wanted, sizes, strict=True)):
        centre, total, members = want, size, [i]
        while blocks and blocks[-1][0] + blocks[-1][1] / 2 > centre - total / 2:
            before, extent, earlier = blocks.pop()
            n = len(earlier) + len(members)
            centre = (before * len(earlier) + centre * len(members)) / n
            total, members = total + extent, earlier + members
        blocks.append((centre, total, members))
    places = [0.0] * len(wanted)
    for centre, total, members in blocks:
        at = centre - total / 2
        for i in members:
            places[i] = at + sizes[i] / 2
            at += sizes[i]
    return places


def key(figure: Figure, entries: Sequence[tuple[str, str]], x: float, y: float, marker: str = "o") -> None:
    """Write the names of colours in their colours, in a row that starts at (x, y)."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=c, marker=marker, linestyle="", markersize=7, label=t) for t, c in entries
    ]
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(x, y), ncols=len(entries), frameon=False,
        labelcolor="linecolor", handletextpad=0.2, columnspacing=1.4, borderpad=0, borderaxespad=0,
    )  # fmt: skip


def signed(value: float, digits: int) -> str:
    """Return a number with its sign, a proper minus, and no negative zero."""
    if round(value, digits) == 0.0:
        value = 0.0
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}") if value else f"{value:.{digits}f}"
