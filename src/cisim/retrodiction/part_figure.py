"""The figure of a published change taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, headline, new_figure, signed
from cisim.retrodiction.courses import rows_by
from cisim.retrodiction.figures import WIDTH, write_source
from cisim.retrodiction.observed import Observed
from cisim.retrodiction.parts import EFFECT, TOTAL, UNEXPLAINED
from cisim.retrodiction.text import WORDS
from cisim.tables import decimals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.spec import Spec

COLOURS = {TOTAL: "#222222", EFFECT: OKABE_ITO[1], UNEXPLAINED: PALE}
PART = OKABE_ITO[0]


def draw_parts(observed: Observed, spec: Spec, parts: pd.DataFrame) -> Figure:
    """Return the parts of each change that is explained, beside the observed change."""
    from matplotlib import rc_context

    with rc_context(cast("Any", RC)):
        return _draw(observed, spec, parts)


def _draw(observed: Observed, spec: Spec, parts: pd.DataFrame) -> Figure:
    """Return the figure, once its style is set."""
    names = list(dict.fromkeys(parts["observation"]))
    n_rows = int(parts["part"].nunique())
    top, each = 1.35, 0.36 * n_rows + 0.95
    height = top + each * len(names) + 0.35
    figure = new_figure(WIDTH, height)
    gap = 0.95 / (each - 0.95)
    grid = figure.add_gridspec(
        len(names), 1, left=0.29, right=0.75, top=1 - (top + 0.1) / height, bottom=0.85 / height, hspace=gap
    )
    axes = grid.subplots(squeeze=False, sharex=True)[:, 0]
    for ax, name in zip(axes, names, strict=True):
        _panel(ax, parts[parts["observation"] == name])
        ax.set_title(f"Change up to the {name}" if len(names) > 1 else f"Change up to: {name}", size=10)
        ax.tick_params(labelbottom=True)
    axes[-1].set_xlabel(f"change since the start ({observed.scenario.indicator.unit})")
    headline(
        figure, f"{observed.title}: the change taken apart",
        "Thick: 50 %, thin: 90 % of runs, dot: mean. Parts add up to the published change in every run. Black line: "
        "the observed change. Right: mean, and 90 % of runs.",
    )  # fmt: skip
    write_source(figure, f"scenario {observed.scenario.name}", spec)
    return figure


def _panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the parts of one change."""
    by = rows_by(rows, "part")
    d = decimals(by[EFFECT].p95 - by[EFFECT].p5)
    ax.axvline(0.0, color=GREY, linewidth=1.0)
    seen = float(rows["observed"].iloc[0])
    ax.axvline(seen, color="#000000", linewidth=1.6)
    side, shift = ("right", -5) if seen > 0.0 else ("left", 5)
    ax.annotate(
        f"observed {signed(seen, d)}", (seen, -0.45), xytext=(shift, 0), textcoords="offset points", ha=side,
        va="center", size=9,
    )  # fmt: skip
    for y, (part, row) in enumerate(by.items()):
        colour = COLOURS.get(part, PART)
        ax.plot([row.p5, row.p95], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
        ax.plot([row.p25, row.p75], [y, y], color=colour, linewidth=7.0, solid_capstyle="butt")
        ax.plot(row.mean, y, marker="o", color="white", markeredgecolor=colour, markersize=5)
        _numbers(ax, row, y, d, colour)
    ax.set_yticks(range(len(rows)), [WORDS[part] for part in by])
    ax.set_ylim(len(rows) - 0.4, -0.8)
    ax.axhline(0.5, color=PALE, linewidth=0.8, linestyle=":")


def _numbers(ax: Axes, row: Any, y: float, d: int, colour: str) -> None:
    """Write mean and 90 % of runs to the right of a part."""
    text = f"{signed(row.mean, d)}  ({signed(row.p5, d)} to {signed(row.p95, d)})"
    ax.annotate(
        text, (1.0, y), xycoords=("axes fraction", "data"), xytext=(10, 0), textcoords="offset points", va="center",
        size=9, color=colour if colour != PALE else GREY, annotation_clip=False,
    )  # fmt: skip
