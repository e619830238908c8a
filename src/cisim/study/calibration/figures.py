"""Figures of a calibration: facts against what the model gives, and parameters before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import GREY, OKABE_ITO, PALE, RC, headline, key, new_figure
from cisim.study.calibration.text import NARROWED
from cisim.study.distributions import values_at
from cisim.study.wording import counted
from cisim.tables import short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.records import Factor, StudyData

BLUE, ORANGE = OKABE_ITO[0], OKABE_ITO[1]
ACROSS = 3
BINS = 16


def draw_targets(data: StudyData, found: pd.DataFrame) -> Figure:
    """Return the facts, one a row, in tolerances: before, after, and the tolerance itself.

    Parameters
    ----------
    data : StudyData
    found : DataFrame
        Table `targets` of the report.
    """
    import matplotlib as mpl

    with mpl.rc_context(cast("Any", RC)):
        height = 2.9 + 0.46 * len(found)
        figure = new_figure(10.0, height)
        ax = figure.add_axes((0.35, 0.85 / height, 0.4, 1 - 2.75 / height))
        _target_panel(ax, found)
        met = {use: found[found["use"] == use]["verdict"].eq("inside") for use in ("fit", "hold-out")}
        unseen = (
            f", and {met['hold-out'].sum()} of {met['hold-out'].size} it had not seen"
            if met["hold-out"].size
            else ""
        )
        none = "" if found["posterior_mean"].notna().any() else "Nothing fits: crosses are the nearest run. "
        headline(
            figure,
            f"The model meets {met['fit'].sum()} of {counted(met['fit'].size, 'fact')} it was fitted to{unseen}",
            f"{none}Difference between model and fact in tolerances (one standard deviation of model discrepancy and "
            "observation error). Thick bars: 5-95 % of the posterior, dots its mean. Thin grey bars: 5-95 % over the "
            "prior. Band: two tolerances. Numbers: model and fact in the outcome's own unit.",
        )
        entries = [("fitted", BLUE), ("held out", ORANGE), ("before", PALE)]
        key(figure, entries, 0.35, 1 - 1.72 / height)
        source_of(figure, data)
    return figure


def _target_panel(ax: Axes, found: pd.DataFrame) -> None:
    """Draw the rows; the axis is linear to 3 tolerances and logarithmic beyond."""
    reach = 4.0
    for y, (_, row) in enumerate(found.iterrows()):
        colour = BLUE if row.use == "fit" else ORANGE
        scaled = {
            name: (row[name] - row.value) / row.tolerance
            for name in (
                "prior_low",
                "prior_high",
                "posterior_low",
                "posterior_high",
                "posterior_mean",
                "nearest_run",
            )
        }
        ax.hlines(y + 0.22, scaled["prior_low"], scaled["prior_high"], color=PALE, linewidth=2.0)
        is_there = not math.isnan(row.posterior_mean)
        if is_there:
            ax.hlines(
                y, scaled["posterior_low"], scaled["posterior_high"], color=colour, linewidth=5.0, alpha=0.45
            )
        at = scaled["posterior_mean"] if is_there else scaled["nearest_run"]
        ax.plot(at, y, "o" if is_there else "x", color=colour, markersize=6)
        gives = row.posterior_mean if is_there else row.nearest_run
        text = f"{gives:.3g}  ({row.value:.3g})  {row.verdict}".replace("-", "\N{MINUS SIGN}")
        ax.annotate(
            text, (1.0, y), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
            size=9, va="center", color={"inside": GREY, "undecided": PALE}.get(row.verdict, "#B00020"),
        )  # fmt: skip
        reach = max(reach, *(abs(v) for v in scaled.values() if math.isfinite(v)))
    _target_axes(ax, found, reach)


def _target_axes(ax: Axes, found: pd.DataFrame, reach: float) -> None:
    """Mark zero and two tolerances, and scale and label the axes."""
    ax.axvspan(-2, 2, color="#f0f0f0", zorder=0, linewidth=0)
    ax.axvline(0.0, color=GREY, linewidth=1.2)
    ax.set_xscale("symlog", linthresh=3.0, linscale=0.9)
    ax.set_xlim(-1.15 * reach, 1.15 * reach)
    ticks = [t for t in (1, 3, 10, 30, 100, 300, 1000) if t <= reach]
    ax.set_xticks([*(-t for t in reversed(ticks)), 0, *ticks])
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    ax.set_yticks(range(len(found)), [short(name, 44) for name in found["target"]])
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("model minus fact, in tolerances")


def draw_marginals(data: StudyData, factors: Sequence[Factor], posterior: pd.DataFrame) -> Figure:
    """Return every parameter before and after.

    Parameters
    ----------
    data : StudyData
    factors : sequence of Factor
        Those calibrated.
    posterior : DataFrame
        Table `posterior` of the report.
    """
    import matplotlib as mpl

    across = min(ACROSS, len(factors))
    down = math.ceil(len(factors) / across)
    with mpl.rc_context(cast("Any", RC)):
        height = 1.75 + 2.35 * down
        figure = new_figure(10.0, height)
        for i, factor in enumerate(factors):
            column, row = i % across, i // across
            width, tall = 0.94 / across, 2.35 / height
            place = (
                0.05 + column * width,
                1 - 1.45 / height - row * tall - 1.5 / height,
                width - 0.05,
                1.5 / height,
            )
            _marginal(figure.add_axes(place), factor, posterior)
        headline(
            figure,
            "What the facts say of the parameters",
            f"Coloured: posterior, {len(posterior)} weighted draws. Grey outline: prior. Bars add up to 1; a parameter "
            f"counts as narrowed where its spread fell below {NARROWED:g} of the prior's. Joint draws are in the "
            "table: parameters may depend on each other.",
        )
        source_of(figure, data)
    return figure


def _marginal(ax: Axes, factor: Factor, posterior: pd.DataFrame) -> None:
    """Draw one parameter: bars of the posterior over the outline of the prior."""
    assert factor.uncertainty is not None
    before = values_at(factor.uncertainty, (np.arange(4000) + 0.5) / 4000.0)
    after, weights = posterior[factor.name].to_numpy(), posterior["weight"].to_numpy()
    unit = f", {factor.unit}" if factor.unit not in ("", "-") else ""
    if factor.is_numeric and np.unique(before).size > BINS:
        low, high = float(before.min()), float(before.max())
        is_log = factor.uncertainty.distribution in ("loguniform", "lognormal") and low > 0.0
        edges: Any = np.geomspace(low, high, BINS + 1) if is_log else np.linspace(low, high, BINS + 1)
        inside = np.clip(after.astype(np.float64), low, high)
        ax.hist(inside, edges, weights=weights, color=BLUE, alpha=0.55)
        ax.hist(before, edges, weights=np.full(before.size, 1.0 / before.size), histtype="step", color=GREY)
        if is_log:
            ax.set_xscale("log")
            ends = np.geomspace(low, high, 4)
            ax.set_xticks(ends, [f"{end:.2g}" for end in ends])
            ax.set_xticks([], minor=True)
    else:
        names = sorted(set(before.tolist()))
        shares = [float(weights[after == name].sum()) for name in names]
        ax.bar(range(len(names)), shares, color=BLUE, alpha=0.55)
        prior = [float((before == name).mean()) for name in names]
        ax.bar(range(len(names)), prior, fill=False, edgecolor=GREY)
        ax.set_xticks(
            range(len(names)), [short(f"{name:g}" if factor.is_numeric else str(name), 12) for name in names]
        )
    ax.set_xlabel(short(f"{factor.name}{unit}", 40), size=9)
    ax.tick_params(labelsize=8)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def source_of(figure: Figure, data: StudyData) -> None:
    """Write where the figure comes from under it."""
    from cisim import __version__

    text = f"cisim {__version__} · study {data.name} · scenario {data.scenario.name} · seed {data.seed}"
    text += f" · {len(data.runs):,} runs"
    figure.text(0.02, 0.012, text, size=7.5, color=PALE, va="bottom")
