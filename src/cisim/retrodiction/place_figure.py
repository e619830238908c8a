"""The figure of where every observed figure lies among its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cisim.figures.style import PALE, RC, headline, new_figure
from cisim.retrodiction.figures import WIDTH, write_source
from cisim.retrodiction.predict import HIGH, LOW

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def draw_places(places: pd.DataFrame) -> Figure:
    """Return where every observed figure lies among its predictions, case by case."""
    from matplotlib import rc_context

    with rc_context(cast("Any", RC)):
        height = 1.75 + 0.27 * len(places) + 0.75
        figure = new_figure(WIDTH, height)
        ax = figure.add_axes((0.40, 0.7 / height, 0.55, 1 - 1.95 / height))
        ax.axvspan(LOW, HIGH, color=PALE, alpha=0.18, linewidth=0)
        ax.axvline(0.5, color=PALE, linewidth=1.0)
        rows: list[Any] = [*places.itertuples(index=False)]
        for y, row in enumerate(rows):
            face = "white" if row.from_memory else "#000000"
            ax.plot(
                row.quantile,
                y,
                marker="o",
                color="#000000",
                markerfacecolor=face,
                markersize=6,
                clip_on=False,
            )
        ax.set_yticks(range(len(rows)), [f"{row.name}: {row.observation}" for row in rows], size=9)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlim(-0.01, 1.01)
        ax.set_xlabel("share of predictions below the observed figure")
        headline(
            figure, "What happened among what the model would have expected",
            "Each dot is a published figure; inside the shade it lies within 90 % of predictions. A model that is "
            "right scatters its dots evenly over the width. Hollow: from memory.",
        )  # fmt: skip
        write_source(figure, f"{len(rows)} figures")
        return figure
