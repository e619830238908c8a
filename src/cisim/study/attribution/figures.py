"""Figures of attribution: fair shares beside alone and last, and the matrix of interactions."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import GREY, OKABE_ITO, RC, headline, key, new_figure, signed
from cisim.study.attribution.text import basis_words, digits_of, name_of
from cisim.study.records import GAIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.attribution.analysis import Attribution

SHARE, ALONE, LAST = OKABE_ITO[0], OKABE_ITO[4], OKABE_ITO[2]


def shares(found: Attribution) -> Figure:
    """Return fair shares as bars with intervals, beside what each condition does alone and last."""
    from matplotlib import rc_context

    k = len(found.factors)
    order = np.argsort(-found.value.mean, kind="stable")
    with rc_context(cast("Any", RC)):
        height = 2.1 + 0.85 * k
        figure = new_figure(10.0, height)
        ax = figure.add_axes((0.22, 0.75 / height, 0.72, 1 - 1.95 / height))
        y = np.arange(k)
        v = found.value
        ax.barh(y - 0.2, v.mean[order], 0.36, color=SHARE, alpha=0.85)
        _interval(ax, y - 0.2, v.low[order], v.high[order], "black")
        for one, colour, shift in ((found.alone, ALONE, 0.12), (found.last, LAST, 0.3)):
            _interval(ax, y + shift, one.low[order], one.high[order], colour)
            ax.plot(one.mean[order], y + shift, "o", color=colour, markersize=7)
        ax.axvline(0.0, color=GREY, linewidth=1.2)
        ax.set_yticks(y, [textwrap.fill(name_of(found, int(i)), 20, break_long_words=False) for i in order])
        ax.set_ylim(k - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(response_label(found))
        key(figure, [("fair share (bar)", SHARE), ("alone", ALONE), ("last", LAST)], 0.22, 1 - 1.1 / height)
        total = signed(float(found.total.mean[0]), digits_of(found.total))
        headline(
            figure,
            f"Who deserves the credit for the {'improvement' if found.response == GAIN else 'change'} of {total}",
            f"Fair share: mean over all orders of putting conditions in place (Shapley value); they sum to the whole. "
            f"Alone: no other in place. Last: all others in place. Bars: {100 * found.level:.3g} % intervals of means "
            f"over {basis_words(found)}.",
        )
    return figure


def response_label(found: Attribution) -> str:
    """Return what is explained, with its unit."""
    what = "improvement" if found.response == GAIN else f"change of {found.response.replace('_', ' ')}"
    return f"{what} ({found.data.unit_of(found.response)})"


def _interval(ax: Axes, y: np.ndarray[Any, Any], low: Any, high: Any, colour: str) -> None:
    """Draw intervals as lines with ends."""
    ax.hlines(y, low, high, color=colour, linewidth=1.8)
    for ends in (low, high):
        ax.plot(ends, y, "|", color=colour, markersize=8)


def interactions(found: Attribution) -> Figure:
    """Return the interaction of each pair as a matrix; those told from zero are framed and bold."""
    from matplotlib import rc_context

    k = len(found.factors)
    with rc_context(cast("Any", RC)):
        side = 1.05 * (k - 1)
        height, width = max(2.4, side) + 2.1, max(8.0, side + 3.9)
        figure = new_figure(width, height)
        ax = figure.add_axes((1.7 / width, 0.8 / height, side / width, side / height))
        bar = figure.add_axes(((1.95 + side) / width, 0.8 / height, 0.16 / width, max(2.4, side) / height))
        image = _matrix(ax, found)
        figure.colorbar(image, cax=bar).set_label(response_label(found).replace("improvement", "interaction"))
        held = int(found.holds.sum())
        headline(
            figure,
            f"{held} of {len(found.pairs)} pairs of conditions interact"
            if held
            else "No pair is seen to interact",
            f"Blue: they need each other. Red: one can do for the other. Small: {100 * found.level:.3g} % interval of "
            f"the mean over {basis_words(found)}. Framed: told from zero, allowing for the number of pairs (Holm).",
        )
    return figure


def _matrix(ax: Axes, found: Attribution) -> Any:
    """Draw the lower triangle with its numbers; return the image."""
    from matplotlib.patches import Rectangle

    k, one, d = len(found.factors), found.interaction, digits_of(found.interaction)
    table = np.full((k, k), np.nan)
    for p, (i, j) in enumerate(found.pairs):
        table[j, i] = one.mean[p]
    most = float(np.abs(one.mean).max(initial=0.0)) or 1.0
    image = ax.imshow(table, cmap="RdBu", vmin=-most, vmax=most)
    for p, (i, j) in enumerate(found.pairs):
        strong = abs(float(one.mean[p])) > 0.6 * most
        colour = "white" if strong else "#222222"
        weight = "bold" if found.holds[p] else "normal"
        ax.text(
            i, j - 0.12, signed(float(one.mean[p]), d), ha="center", va="center", color=colour, weight=weight
        )
        ends = f"{signed(float(one.low[p]), d)} to\n{signed(float(one.high[p]), d)}"
        ax.text(i, j + 0.22, ends, ha="center", va="center", color=colour, size=7)
        if found.holds[p]:
            ax.add_patch(
                Rectangle((i - 0.47, j - 0.47), 0.94, 0.94, fill=False, linewidth=2, edgecolor="#222222")
            )
    names = [textwrap.fill(name_of(found, i), 14, break_long_words=False) for i in range(k)]
    ax.set_xticks(range(k), names, size=8.5)
    ax.set_yticks(range(k), names, size=8.5)
    ax.set_xlim(-0.5, k - 1.5)
    ax.set_ylim(k - 0.5, 0.5)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_facecolor("white")
    ax.set_aspect("equal", adjustable="box")
    return image
