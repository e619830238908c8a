"""The map of where more money pays, and all figures of the decision analysis by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import GREY, RC, headline
from cisim.study.decision import figures
from cisim.study.decision.figures import TOP, Sheet
from cisim.study.decision.verdict import Verdict
from cisim.tables import short, usd

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = "RdBu"
CERTAIN = 0.05
"""A parameter whose part in the gain chance explains this often is said to be perhaps chance."""


def pay_map(sheet: Sheet) -> Figure:
    """Draw in which share of draws each step of money pays, by the parameter that this depends on most."""
    figure, axes = figures.beside(len(sheet.shown), 2.4, left=1.45)
    for v, ax in zip(sheet.shown, axes, strict=True):
        _panel(ax, sheet, v)
    c = sheet.verdicts[0].context
    _colour_bar(figure)
    headline(
        figure,
        f"Where more money pays: share of {'draws' if c.n_draws > 1 else 'worlds'} it makes better",
        f"Better: more {sheet.units.value} than with {_base_of(sheet)}. Columns: decisions that share the other "
        "levers of the best one. Rows: parts of the range of the parameter this depends on most; 'perhaps chance' "
        "where as strong a link is no surprise among so many parameters. n: draws or worlds of a row. Intervals are "
        f"in pay_map.csv. {sheet.cut}",
    )
    return figure


def _panel(ax: Axes, sheet: Sheet, v: Verdict) -> None:
    """Draw the map of one context."""
    rows = sheet.rows("pay_map", v)
    names = [str(name) for name in rows["decision"].unique()]
    parts = rows.drop_duplicates("part")
    table = rows.pivot(index="part", columns="decision", values="share")[names].to_numpy()
    ax.imshow(table, cmap=COLOURS, vmin=0.0, vmax=1.0, aspect="auto", origin="lower")
    for (i, j), share in np.ndenumerate(table):
        colour = "white" if abs(share - 0.5) > 0.35 else "#222222"
        ax.text(j, i, f"{share:.0%}", ha="center", va="center", size=8.5, color=colour)
    labels = [f"{x}\nn={n}" for x, n in zip(parts["range"], parts["n"], strict=True)]
    ax.set_yticks(range(len(parts)), labels, size=8)
    ax.set_xticks(range(len(names)), _short_names(sheet, v, names), size=8.5, rotation=35)
    ax.set_title(v.context.label)
    ax.set_ylabel(_axis_of(rows), size=8.5)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_xlabel(sheet.settings.money.unit if sheet.settings.money is not None else "decision", size=9)


def _axis_of(rows: pd.DataFrame) -> str:
    """Return the name of the parameter, and whether its part may be chance."""
    name, p = str(rows["parameter"].iloc[0]), float(rows["parameter_p"].iloc[0])
    return f"{name}\n(perhaps chance)" if name and p >= CERTAIN else name


def _colour_bar(figure: Figure) -> None:
    """Draw what the colours mean, over the panels."""
    wide, tall = (float(x) for x in figure.get_size_inches())
    ax = figure.add_axes((1.45 / wide, 1 - (TOP - 0.05) / tall, 2.6 / wide, 0.11 / tall))
    ax.imshow(np.linspace(0.0, 1.0, 101)[None], cmap=COLOURS, aspect="auto", extent=(0.0, 1.0, 0.0, 1.0))
    ax.set_yticks([])
    ax.set_xticks([0.0, 0.5, 1.0], ["in none", "in half", "in all"], size=8, color=GREY)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=1)
    ax.spines[:].set_visible(False)


def _base_of(sheet: Sheet) -> str:
    """Return what the map compares with, in words."""
    against = sheet.tables["pay_map"]["against"].unique()
    if sheet.settings.money is None or (against == sheet.settings.reference).all():
        return sheet.settings.reference
    return "the next smaller budget"


def _short_names(sheet: Sheet, v: Verdict, names: list[str]) -> list[str]:
    """Return decisions as amounts where they are steps of a budget."""
    money = sheet.settings.money
    if money is None:
        return [short(name, 12) for name in names]
    levels = dict(zip(v.context.names, v.context.decisions, strict=True))
    amounts = [usd(float(levels[name][money.name])) for name in names]
    return amounts if len(set(amounts)) == len(amounts) else [short(name, 12) for name in names]


def _styled(draw: Callable[[Sheet], Figure]) -> Callable[[Sheet], Figure]:
    """Return the same figure in the style of all figures."""

    def styled(sheet: Sheet) -> Figure:
        import matplotlib as mpl

        with mpl.rc_context(cast("Any", RC)):
            return draw(sheet)

    return styled


DRAW: dict[str, Callable[[Sheet], Figure]] = {
    "frontier": _styled(figures.frontier),
    "pay_map": _styled(pay_map),
    "payback": _styled(figures.payback),
    "regret": _styled(figures.regret),
    "information": _styled(figures.information),
}
"""Figures by name; names of tables too, but for the frontier."""
