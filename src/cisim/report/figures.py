"""Figures for reports: drawn anew from the numbers, as SVG, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from cisim.report.records import Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

LARGEST_SVG = 1_500_000
"""Bytes beyond which a figure is shown as PNG, so that a report stays small enough to send."""


def pictured(draw: Callable[[], Drawing], alt: str, caption: str = "") -> Figure:
    """Return what `draw` draws as a figure of a report.

    Parameters
    ----------
    draw : callable
        Returns a matplotlib figure.
    alt, caption : str
        As of `Figure`.
    """
    from matplotlib import rc_context

    from cisim.figures.style import RC

    with rc_context(cast("Any", RC)):
        drawing = draw()
        stream = io.BytesIO()
        drawing.savefig(stream, format="svg", metadata={"Date": None})
        if stream.tell() > LARGEST_SVG:
            stream = io.BytesIO()
            drawing.savefig(stream, format="png", dpi=130)
    return Figure(stream.getvalue(), alt, caption)
