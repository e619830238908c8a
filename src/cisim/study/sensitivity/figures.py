"""Figures of a sensitivity analysis: indices with intervals, Morris' plane, pairs of factors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, apart, headline, key, new_figure
from cisim.study.sensitivity.index import MEAN, ONE, F, Found, Index
from cisim.study.sensitivity.reading import Reading
from cisim.study.sensitivity.text import main_index, number, ranked, telling
from cisim.study.sensitivity.variance import LUCK
from cisim.study.sensitivity.words import COLUMNS, MAIN, TITLES, sizes
from cisim.tables import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 28
AXES = {
    "sobol": "share of variance",
    "rbd_fast": "share of variance",
    "dgsm": "upper bound of the share of variance",
    "delta": "delta: change of the distribution, 0 to 1",
    "pawn": "PAWN: distance of distributions, 0 to 1",
}


def figures_of(reading: Reading, found: Found) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure.

    Parameters
    ----------
    reading : Reading
    found : Found

    Returns
    -------
    dict of str to callable
        "indices", and "morris" or "second_order" where there is something to show.
    """
    figures: dict[str, Callable[[], Figure]] = {"indices": partial(indices, reading, found)}
    if reading.subject.method == "morris":
        figures["morris"] = partial(plane, reading, found)
    if (ONE, "S2") in found.indices:
        figures["second_order"] = partial(pairs, reading, found)
    return figures


def indices(reading: Reading, found: Found) -> Figure:
    """Return a figure of the indices of all factors, a panel for one world and one for the mean of worlds."""
    import matplotlib as mpl

    method, targets = reading.subject.method, found.targets
    shown = [name for name in COLUMNS[method] if name not in ("floor", "mu", "sigma")]
    order = ranked(main_index(found, method))
    height = 2.6 + 0.36 * len(order)
    with mpl.rc_context(cast("Any", RC)):
        figure = new_figure(10.0, height)
        left, width = 0.27, 0.70 / len(targets)
        for t, target in enumerate(targets):
            ax = figure.add_axes((left + t * width, 0.75 / height, width - 0.03, 1 - 2.45 / height))
            _panel(ax, found, target, shown, order)
            ax.set_xlabel(AXES.get(method, f"change, {reading.unit}"))
            ax.set_title(f"{target}{_luck_of(found, target)}", fontsize=10)
            ax.set_yticks(range(len(order)), _labels(found, method, order) if t == 0 else [])
        entries = [(COLUMNS[method][name], OKABE_ITO[i]) for i, name in enumerate(shown)]
        key(figure, entries, left, 1 - 1.45 / height)
        headline(figure, _title(reading, found), _subtitle(reading))
    return figure


def _panel(ax: Axes, found: Found, target: str, names: list[str], order: list[int]) -> None:
    """Draw one target's indices, the most important factor on top."""
    step = 0.5 / len(names)
    for i, name in enumerate(names):
        index = found.indices[target, name]
        y = np.arange(len(order)) + (i - (len(names) - 1) / 2) * step
        ax.hlines(y, index.low[order], index.high[order], color=OKABE_ITO[i], linewidth=3.5, alpha=0.5)
        ax.plot(index.estimate[order], y, "o", color=OKABE_ITO[i], markersize=5.5)
    if (target, "floor") in found.indices:
        floor = float(found.indices[target, "floor"].estimate[0])
        ax.axvline(floor, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)))
        ax.annotate(
            "a factor without effect stays left of this in 95 %", (floor, 0.0),
            xycoords=("data", "axes fraction"), xytext=(4, 2), textcoords="offset points", size=8, color=GREY,
            va="bottom",
        )  # fmt: skip
    ax.axvline(0.0, color=PALE, linewidth=1.0)
    ax.set_ylim(len(order) - (0.0 if (target, "floor") in found.indices else 0.45), -0.55)
    ax.tick_params(axis="y", length=0)


def _labels(found: Found, method: str, order: list[int]) -> list[str]:
    """Return the names of factors in order."""
    names = main_index(found, method).factors
    return [short(names[j], LONGEST) for j in order]


def _luck_of(found: Found, target: str) -> str:
    """Return luck's share for the title of a panel."""
    index = found.indices.get((ONE, LUCK))
    if target != ONE or index is None:
        return " (luck averaged out)" if target == MEAN else ""
    return f" ({100 * float(index.estimate[0]):.0f} % of its variance is luck)"


def _title(reading: Reading, found: Found) -> str:
    """Return what the figure shows in a sentence."""
    index = main_index(found, reading.subject.method)
    seen = telling(found, reading.subject.method)
    if not seen:
        return f"No factor can be told to matter for {_response(reading)}"
    first = index.factors[seen[0]]
    state = "" if all(check.is_converged for check in found.checks) else " (not converged)"
    return f"{first} matters most for {_response(reading)}{state}"


def _response(reading: Reading) -> str:
    """Return what is explained."""
    return (
        f"the gain of {reading.case}"
        if reading.response == "gain"
        else f"{reading.response} of {reading.case}"
    )


def _subtitle(reading: Reading) -> str:
    """Return what dots and bars are."""
    title = TITLES[reading.subject.method]
    return (
        f"{title[:1].upper()}{title[1:]}. {sizes(reading.subject)} "
        f"Bars: {reading.subject.level:.0%} intervals, each on its own."
    )


def plane(reading: Reading, found: Found) -> Figure:
    """Return Morris' plane: mean size of effects against how much they differ from place to place."""
    import matplotlib as mpl

    star, sigma = found.indices[ONE, MAIN["morris"]], found.indices[ONE, "sigma"]
    with mpl.rc_context(cast("Any", RC)):
        figure = new_figure(10.0, 6.4)
        ax = figure.add_axes((0.10, 0.11, 0.66, 0.70))
        ax.hlines(sigma.estimate, star.low, star.high, color=OKABE_ITO[0], alpha=0.35, linewidth=2.0)
        ax.vlines(star.estimate, sigma.low, sigma.high, color=OKABE_ITO[0], alpha=0.35, linewidth=2.0)
        ax.plot(star.estimate, sigma.estimate, "o", color=OKABE_ITO[0], markersize=6)
        edge = 1.08 * float(np.nanmax([star.high.max(), np.nanmax(sigma.high), 1e-300]))
        ax.set_xlim(-0.02 * edge, edge)
        ax.set_ylim(-0.02 * edge, edge)
        ax.plot([0, edge], [0, edge], color=PALE, linewidth=1.0, linestyle=(0, (4, 2)))
        _name_points(ax, star, sigma)
        ax.set_xlabel(f"size of the effect (mu*), {reading.unit} per width of the distribution")
        ax.set_ylabel("spread of the effect (sigma), same unit")
        headline(
            figure, _title(reading, found),
            f"Elementary effects in one world. Near the dashed line or above it, the effect depends on the other "
            f"factors or bends. {sizes(reading.subject)} Bars: {star.level:.0%} intervals.",
        )  # fmt: skip
    return figure


def _name_points(ax: Axes, star: Index, sigma: Index) -> None:
    """Write the names of factors at the right of the axes, joined to their points."""
    order = np.lexsort(
        (-star.estimate, sigma.estimate)
    )  # to the right means lower, so that lines do not cross
    low, high = ax.get_ylim()
    wanted = [float((sigma.estimate[j] - low) / (high - low)) for j in order]
    size = min(0.045, 1.0 / len(wanted))
    least = 0.0  # labels pushed down by others are lifted above the lower end of the axes
    for place, j in zip(apart(wanted, [size] * len(wanted)), order, strict=True):
        at = max(place, least)
        least = at + size
        ax.annotate(
            short(star.factors[j], LONGEST), (float(star.estimate[j]), float(sigma.estimate[j])), xycoords="data",
            xytext=(1.03, at), textcoords="axes fraction", size=9, color=GREY, va="center",
            arrowprops={"arrowstyle": "-", "color": PALE, "linewidth": 0.5, "shrinkB": 3, "relpos": (0.0, 0.5)},
            annotation_clip=False,
        )  # fmt: skip


def pairs(reading: Reading, found: Found) -> Figure:
    """Return a matrix of second-order indices; bold where the interval does not hold zero."""
    import matplotlib as mpl

    index = found.indices[ONE, "S2"]
    order = [reading.subject.names[j] for j in ranked(main_index(found, "sobol"))]
    table, reach, told = _matrix(index, order)
    k = len(order)
    side = max(3.4, 0.62 * k)
    with mpl.rc_context(cast("Any", RC)):
        width, height = max(8.0, side + 4.0), side + 3.4
        figure = new_figure(width, height)
        ax = figure.add_axes((2.6 / width, 1.9 / height, side / width, side / height))
        edge = max(0.05, float(np.nanmax(np.abs(table))))
        picture = ax.imshow(table, cmap="PuOr", vmin=-edge, vmax=edge)
        for i, j in zip(*np.nonzero(np.isfinite(table)), strict=True):
            text = f"{number(table[i, j], 2)}\n±{number(reach[i, j], 2)}"
            dark = abs(table[i, j]) > 0.6 * edge
            ax.text(
                j, i, text, ha="center", va="center", size=8 if k < 9 else 6.5,
                color="white" if dark else "#222222", weight="bold" if told[i, j] else "normal",
            )  # fmt: skip
        labels = [short(name, LONGEST) for name in order]
        ax.set_xticks(range(k - 1), labels[:-1], rotation=40, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(1, k), labels[1:])
        ax.set_xlim(-0.5, k - 1.5)
        ax.set_ylim(k - 0.5, 0.5)
        ax.tick_params(length=0)
        bar = figure.add_axes(((2.9 + side) / width, 1.9 / height, 0.16 / width, side / height))
        figure.colorbar(picture, cax=bar, label="share of variance (S2)")
        headline(
            figure, f"What pairs of factors do together for {_response(reading)}",
            f"Second-order indices in one world with the reach of their {index.level:.0%} intervals; bold where zero "
            f"lies outside. {sizes(reading.subject)}",
        )  # fmt: skip
    return figure


def _matrix(index: Index, order: list[str]) -> tuple[F, F, npt.NDArray[np.bool_]]:
    """Return indices, reach of intervals and whether they exclude zero, below the diagonal."""
    k = len(order)
    table, reach, told = np.full((k, k), np.nan), np.full((k, k), np.nan), np.zeros((k, k), dtype=bool)
    for j, (one, other) in enumerate(zip(index.factors, index.others, strict=True)):
        places = sorted((order.index(one), order.index(other)), reverse=True)
        at = (places[0], places[1])
        table[at], reach[at] = index.estimate[j], index.half_width[j]
        told[at] = index.low[j] > 0.0 or index.high[j] < 0.0
    return table, reach, told
