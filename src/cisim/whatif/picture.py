"""The figure of an answer: the indicator under both ways of working, and the paired gain."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim import __version__
from cisim.figures.style import GREY, OKABE_ITO, PALE, headline, label_ends, new_figure
from cisim.whatif.telling import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.whatif.futures import Futures

COLOURS = {"reference": GREY, "chosen": OKABE_ITO[0]}
GAIN = OKABE_ITO[2]


def picture(futures: Futures, answer: dict[str, Any], kind: str) -> bytes:
    """Return the figure of an answer as PNG or SVG, with the same bytes for the same answer.

    Parameters
    ----------
    futures : Futures
    answer : dict
        As returned by `Futures.answer`.
    kind : {"png", "svg"}
    """
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "cisim", "svg.fonttype": "none"}):
        meta = {"Software": None} if kind == "png" else {"Date": None, "Creator": f"cisim {__version__}"}
        draw(futures, answer).savefig(buffer, format=kind, dpi=160, metadata=meta)
    return buffer.getvalue()


def draw(futures: Futures, answer: dict[str, Any]) -> Figure:
    """Return the figure of an answer."""
    whatif, indicator = futures.whatif, answer["indicator"]
    years = np.array(answer["months"]) / 12.0
    figure = new_figure(10.0, 6.4)
    top, low = figure.subplots(
        2, 1, sharex=True,
        gridspec_kw={"left": 0.09, "right": 0.8, "top": 0.8, "bottom": 0.12, "hspace": 0.16, "height_ratios": [3, 2]},
    )  # fmt: skip
    names = {"reference": title_of(whatif.reference), "chosen": title_of(whatif.regime)}
    ends = []
    for case in ("reference", "chosen"):
        course = answer[case]
        top.fill_between(years, course["low"], course["high"], color=COLOURS[case], alpha=0.13, linewidth=0)
        top.plot(years, course["mean"], color=COLOURS[case], linewidth=2.0)
        ends.append((course["mean"][-1], _folded(names[case]), COLOURS[case]))
    label_ends(top, ends)
    top.set_ylabel(f"{indicator['name']},\n{indicator['unit']}", size=9)
    _gain(low, years, answer)
    low.set_xlabel("years")
    money = "new money pays coordination" if whatif.financing == "added" else "equal total money"
    headline(
        figure,
        answer["sentence"],
        f"{futures.spec.scenario.title}. Lines: means of {answer['done']} paired futures; pale: 5-95 % of futures; "
        f"dark: 95 % interval of the mean gain. {money[0].upper()}{money[1:]}.",
    )
    origin = f"cisim {__version__} · {whatif.source.name} · seed {whatif.seed} · what-if {whatif.key[:8]}"
    figure.text(0.02, 0.012, origin, size=7.5, color=PALE, va="bottom")
    return figure


def _gain(ax: Axes, years: Any, answer: dict[str, Any]) -> None:
    """Draw the paired gain with its spread and the error of its mean."""
    gain = answer["difference"]
    ax.fill_between(years, gain["low"], gain["high"], color=GAIN, alpha=0.13, linewidth=0)
    ax.fill_between(years, gain["error_low"], gain["error_high"], color=GAIN, alpha=0.4, linewidth=0)
    ax.plot(years, gain["mean"], color=GAIN, linewidth=2.0)
    ax.axhline(0.0, color=PALE, linewidth=1.0)
    ax.set_ylabel("gain in the\nsame future", size=9)


def _folded(text: str) -> str:
    """Return a label in lines that fit beside the axes."""
    import textwrap

    return "\n".join(textwrap.wrap(text, 20))
