"""Figures of the decision analysis: frontier, dates of payback, regret, and worth of knowing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.figures.style import DASHES, GREY, OKABE_ITO, PALE, headline, key, new_figure
from cisim.study.decision.frontier import ladders
from cisim.study.decision.ledger import YEARLY
from cisim.study.decision.regret import EVERYTHING
from cisim.study.decision.values import Settings, mean_of
from cisim.study.decision.verdict import Units, Verdict, amount
from cisim.tables import short, usd

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 6
MOST_ROWS = 8
TOP = 1.5
GAP = 0.65
"""Inches between panels, for the ticks of one and the title of the next."""


@dataclass(frozen=True)
class Sheet:
    """What all figures of an analysis are drawn from."""

    title: str
    settings: Settings
    units: Units
    verdicts: tuple[Verdict, ...]
    tables: dict[str, pd.DataFrame]

    @property
    def shown(self) -> tuple[Verdict, ...]:
        """Contexts that get a panel."""
        return self.verdicts[:MOST_PANELS]

    def rows(self, table: str, v: Verdict) -> pd.DataFrame:
        """Rows of a table that belong to a context."""
        rows = self.tables[table]
        for name, value in v.context.keys.items():
            rows = rows[rows[name] == value]
        return rows

    def best(self, v: Verdict) -> list[str]:
        """Names of the most valuable decisions of a context, the best first."""
        rows = self.rows("decisions", v).sort_values("value", ascending=False)
        return [str(name) for name in rows["decision"].head(MOST_ROWS)]

    @property
    def cut(self) -> str:
        """Contexts that are not shown, in words."""
        many = len(self.verdicts)
        return f"First {MOST_PANELS} of {many} contexts." if many > MOST_PANELS else ""

    @property
    def cut_rows(self) -> str:
        """Contexts and decisions that are not shown, in words."""
        is_long = max(len(v.context.names) for v in self.shown) > MOST_ROWS
        rows = f"The {MOST_ROWS} most valuable decisions of each context." if is_long else ""
        return f"{self.cut} {rows}".strip()


def beside(n: int, height: float, left: float = 0.85) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels of this height in inches, three in a row."""
    across = min(n, 3)
    down = -(-n // across)
    tall = TOP + 0.3 + down * (height + 0.95)
    figure = new_figure(10.0, tall)
    width = (10.0 - 0.35 - across * left) / across
    axes = []
    for i in range(n):
        x = left + (i % across) * (left + width)
        y = tall - TOP - 0.3 - (i // across + 1) * height - (i // across) * 0.95
        axes.append(figure.add_axes((x / 10.0, y / tall, width / 10.0, height / tall)))
    return figure, axes


def _below(heights: list[int], left: float = 3.1, right: float = 1.5) -> tuple[Figure, list[Axes]]:
    """Return a figure with one panel under the other, each for so many rows."""
    tall = TOP + 0.65 + sum(0.3 * n + GAP for n in heights)
    figure = new_figure(10.0, tall)
    axes, y = [], tall - TOP + GAP - 0.35
    for n in heights:
        y -= 0.3 * n + GAP
        axes.append(figure.add_axes((left / 10.0, y / tall, (10.0 - left - right) / 10.0, 0.3 * n / tall)))
    return figure, axes


def _rows_of(ax: Axes, labels: list[str]) -> None:
    """Name rows from top to bottom."""
    ax.set_yticks(range(len(labels)), [short(x, 40) for x in labels])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _money_axis(axis: Any) -> None:
    """Write amounts as 400 k or 1.5 M."""
    axis.set_major_formatter(lambda value, _: usd(value).replace("-", "\N{MINUS SIGN}"))


def frontier(sheet: Sheet) -> Figure:
    """Draw gain against the yearly budget, a line per combination of the other levers, a panel per context."""
    s = sheet.settings
    assert s.money is not None  # there is no such figure without a budget
    figure, axes = beside(len(sheet.shown), 2.7)
    names: dict[str, str] = {}
    for i, (v, ax) in enumerate(zip(sheet.shown, axes, strict=True)):
        c = v.context
        for j, (rest, ks) in enumerate(ladders(c, s)):
            colour = names.setdefault(rest or "gain", OKABE_ITO[len(names) % len(OKABE_ITO)])
            x = np.array([float(c.decisions[k][s.money.name]) for k in ks])
            m = [mean_of(c.gain[k], s.level, c.crossed) for k in ks]
            y = np.array([one.mean for one in m])
            bars = np.array([[one.mean - one.low, one.high - one.mean] for one in m]).T
            ax.errorbar(
                x, y, yerr=np.nan_to_num(bars), color=colour, marker="o", markersize=5, capsize=3,
                linestyle=DASHES[j % len(DASHES)], linewidth=1.8, elinewidth=1.3,
            )  # fmt: skip
        ax.axhline(0.0, color=PALE, linewidth=1.0, zorder=0)
        ax.set_title(c.label)
        ax.locator_params(axis="x", nbins=5)
        _money_axis(ax.xaxis)
        ax.set_xlabel(f"{s.money.meaning or s.money.name}, {s.money.unit}", size=9)
        if i % 3 == 0:
            ax.set_ylabel(f"{YEARLY},\n{sheet.units.gain}", size=9)
    tall = float(figure.get_size_inches()[1])
    if len(names) > 1:
        key(figure, [*names.items()], 0.085, 1 - (TOP - 0.1) / tall)
    c = sheet.verdicts[0].context
    sample = (
        f"{c.n_draws} draws of {c.gain.shape[2]} worlds" if c.n_draws > 1 else f"{c.gain.shape[2]} worlds"
    )
    headline(
        figure,
        "What money for the backbone gains",
        f"{s.case} against {s.reference} in the same worlds, above zero is better. Dots: mean of {sample}. Bars: "
        f"{s.level * 100:.4g} % interval of the mean, each on its own. {sheet.cut}",
    )
    return figure


def payback(sheet: Sheet) -> Figure:
    """Draw from which month decisions are ahead, and in how many worlds they ever are."""
    table = sheet.tables["payback"]
    of = "net benefit" if (table["of"] == "net benefit").any() else "benefit"
    figure, axes = _below([len(sheet.best(v)) for v in sheet.shown], right=2.2)
    top = 1.0
    for v, ax in zip(sheet.shown, axes, strict=True):
        rows = sheet.rows("payback", v)
        rows = rows[rows["of"] == of].set_index("decision").loc[sheet.best(v)]
        top = float(np.nanmax([*(rows["months_high"] / 12.0), top]))
        y = np.arange(len(rows))
        ax.hlines(
            y,
            rows["months_low"] / 12.0,
            rows["months_high"] / 12.0,
            color=OKABE_ITO[0],
            linewidth=4,
            alpha=0.45,
        )
        ax.plot(rows["months"] / 12.0, y, "o", color=OKABE_ITO[0], markersize=6)
        for i, row in enumerate(rows.to_dict("records")):
            text = f"{row['share']:.0%} of worlds ({row['share_low']:.0%}-{row['share_high']:.0%})"
            _beside_row(ax, i, text, GREY if row["share"] >= 0.5 else PALE)
        _rows_of(ax, sheet.best(v))
        ax.set_title(v.context.label)
    for ax in axes:
        ax.set_xlim(0.0, top * 1.05)
    axes[-1].set_xlabel(f"years until the summed {of} stays positive")
    headline(
        figure,
        "When it pays back, and in how many worlds it ever does",
        "Dots and bars: median and 5-95 % of the date among the paired worlds that pay back by the end. Right: share "
        f"that do, with Wilson interval. {sheet.cut_rows}",
    )
    return figure


def regret(sheet: Sheet) -> Figure:
    """Draw what each decision misses against the best decision of each draw."""
    names = {id(v): [sheet.settings.reference, *sheet.best(v)] for v in sheet.shown}
    figure, axes = _below([len(names[id(v)]) for v in sheet.shown])
    top = 0.0
    for v, ax in zip(sheet.shown, axes, strict=True):
        rows = sheet.rows("regret", v).set_index("decision").loc[names[id(v)]]
        y = np.arange(len(rows))
        colours = [OKABE_ITO[1] if flag else OKABE_ITO[0] for flag in rows["is_minimax"]]
        ax.barh(y, rows["regret"], color=colours, alpha=0.55, height=0.6)
        ax.plot(rows["regret_p95"], y, "|", color=GREY, markersize=11, markeredgewidth=2)
        ax.plot(rows["regret_split"], y, "D", color="#222222", markersize=4.5)
        for i, share in enumerate(rows["share_best"]):
            _beside_row(ax, i, f"best in {share:.0%}", GREY)
        _rows_of(ax, names[id(v)])
        ax.set_title(v.context.label)
        top = max(top, float(rows["regret_p95"].max()), float(rows["regret"].max()))
    for ax in axes:
        ax.set_xlim(min(0.0, *(float(a.get_xlim()[0]) for a in axes)), top * 1.06 or 1.0)
        if sheet.units.value_unit == "usd":
            _money_axis(ax.xaxis)
    axes[-1].set_xlabel(f"regret: {sheet.units.value} missed, {sheet.units.value_unit}")
    headline(
        figure,
        "What a decision misses where parameters turn out otherwise",
        "Against the best decision of each draw. Bars: mean (too large); diamonds: mean with the best chosen on half "
        "of the worlds and judged on the others (too small if anything); ticks: 95 % of draws are below; orange: the "
        f"smallest worst regret. {sheet.cut_rows}",
    )
    return figure


def information(sheet: Sheet) -> Figure:
    """Draw what knowing each parameter is worth, beside what shuffled draws give."""
    shown = [v for v in sheet.shown if len(sheet.rows("information", v))]
    found = []
    for v in shown:
        rows = sheet.rows("information", v)
        order = rows["parameter"].ne(EVERYTHING).astype(int)
        rows = rows.assign(order=order).sort_values(["order", "worth"], ascending=[True, False])
        found.append(rows.head(MOST_ROWS + 1))
    figure, axes = _below([len(rows) for rows in found], right=1.9)
    for v, rows, ax in zip(shown, found, axes, strict=True):
        _worths(ax, rows.to_dict("records"), sheet.units.value_unit)
        ax.set_title(v.context.label)
    axes[-1].set_xlabel(f"worth to one community, {sheet.units.value_unit}")
    headline(
        figure,
        "What knowing a parameter before deciding is worth",
        f"Bars: expected gain of choosing better; lines: {sheet.settings.level * 100:.4g} % interval. Orange ticks: "
        "95 % of shuffled draws, which know nothing, give less. Hollow: what knowing everything but luck gains at "
        "most, too large; right of it, what is left where it is judged on other worlds than chosen by, too small. "
        f"{sheet.cut}",
    )
    return figure


def _worths(ax: Axes, rows: list[dict[Any, Any]], unit: str) -> None:
    """Draw a row per parameter, the bound of all of them as a hollow bar."""
    names = [str(row["parameter"]) for row in rows]
    for i, row in enumerate(rows):
        if row["parameter"] == EVERYTHING:
            ax.barh(i, row["naive"], facecolor="none", edgecolor=GREY, linewidth=1.2, height=0.55)
            names[i] = f"{EVERYTHING}, at most"
            said = amount(row["worth"], unit, signed=False, scale=abs(row["worth"])).removesuffix(f" {unit}")
            _beside_row(ax, i, f"judged apart: {said}", GREY)
            continue
        ax.barh(i, row["worth"], color=OKABE_ITO[0] if row["is_detectable"] else "#c9c9c9", height=0.55)
        ax.hlines(i, row["low"], row["high"], color="#222222", linewidth=1.5)
        ax.plot(row["chance"], i, "|", color=OKABE_ITO[1], markersize=13, markeredgewidth=2.2)
        if not row["is_detectable"]:
            _beside_row(ax, i, "none detectable", PALE)
    ax.axvline(0.0, color=PALE, linewidth=1.0)
    _rows_of(ax, names)
    if unit == "usd":
        _money_axis(ax.xaxis)


def _beside_row(ax: Axes, i: int, text: str, colour: str) -> None:
    """Write to the right of a row."""
    ax.annotate(
        text, (1.0, i), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
        size=8.5, va="center", color=colour,
    )  # fmt: skip
