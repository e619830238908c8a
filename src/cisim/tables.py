"""A comparison as text for people who decide about money: what changed, how sure, what it cost."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cisim.statistics import means, paired, spread

if TYPE_CHECKING:
    from cisim.comparison import Comparison

WIDTH = 100
LONGEST_LABEL = 22

BASIS = {
    "equal": "Equal money: coordination is paid out of the same community budget in every regime.",
    "added": "Added money: coordination is paid by new money from outside, on top of the community's budget.",
    "mixed": "Mixed money: some regimes pay for coordination themselves, others get new money from outside.",
}

SAVINGS = "After its term a backbone may also be paid from outside, out of what public payers save. "
"""Said where savings are shared, since equal money is then not all there is."""


def decimals(scale: float) -> int:
    """Return how many decimals show two digits of a number of this size.

    Examples
    --------
    >>> decimals(0.034), decimals(7.2), decimals(540.0)
    (3, 1, 0)
    """
    if scale <= 0.0 or not math.isfinite(scale):
        return 2
    return min(6, max(0, 1 - math.floor(math.log10(scale))))


def usd(value: float) -> str:
    """Return an amount of money in words a reader can take in.

    Examples
    --------
    >>> usd(39_402_612.0), usd(2_345.0), usd(-120.4)
    ('39.4 M', '2.35 k', '-120')
    """
    for size, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return (
                f"{value / size:.3g} {letter}"
                if abs(value) < 999.5 * size
                else f"{value / size:.0f} {letter}"
            )
    return f"{value:.0f}"


def short(label: str, longest: int = LONGEST_LABEL) -> str:
    """Return a label cut to the width of its column."""
    return label if len(label) <= longest else label[: longest - 1] + "…"


def columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines, the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def paragraph(text: str) -> list[str]:
    """Return a text in lines of the table's width."""
    return textwrap.wrap(text, WIDTH)


def markdown(head: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    r"""Return the lines of a table in Markdown.

    Examples
    --------
    >>> markdown(("rule", "reads"), [("meet", "fear|trust")])
    ['| rule | reads |', '| --- | --- |', '| meet | fear\\|trust |']
    """
    cells = ((str(cell).replace("|", r"\|") for cell in line) for line in (head, ("---",) * len(head), *rows))
    return [f"| {' | '.join(line)} |" for line in cells]


def table(cmp: Comparison) -> str:
    """Return the comparison as aligned text.

    Parameters
    ----------
    cmp : Comparison

    Returns
    -------
    str
        At most 100 columns wide; every interval says what it is.
    """
    indicator = cmp.scenario.indicator
    better = "lower is better" if cmp.falling_good else "higher is better"
    months = cmp.months.shape[2]
    money = f"{BASIS[cmp.budget]} {SAVINGS}" if cmp.shares_savings else f"{BASIS[cmp.budget]} "
    lines = [
        *paragraph(f"{cmp.scenario.title}: {len(cmp.labels)} regimes in the same {cmp.worlds} worlds"),
        *paragraph(f"{money}{months / 12:.4g}\xa0years, seed\xa0{cmp.seed}."),
        "",
        *paragraph(
            f"{indicator.name[:1].upper()}{indicator.name[1:]} in the last year, {indicator.unit} ({better})"
        ),
        *columns(_outcome_rows(cmp)),
        "",
        *paragraph(
            "Money per year, and what a before-and-after comparison without a control would have said"
        ),
        *columns(_money_rows(cmp)),
        "",
        *paragraph("When the benefit has made up for a slow start, and its price"),
        *columns(_benefit_rows(cmp)),
        "",
        *(line for note in _notes(cmp) for line in paragraph(note)),
    ]
    return "\n".join(lines).replace("\xa0", " ")


def _outcome_rows(cmp: Comparison) -> list[tuple[str, ...]]:
    """Return level and paired difference of the indicator, a row a regime."""
    rows: list[tuple[str, ...]] = [
        ("", "mean of", "5-95 %", f"minus {short(cmp.reference, 14)},", "error of the mean", "better in"),
        ("regime", "worlds", "of worlds", "same worlds", "(95 % interval)", "worlds"),
    ]
    level = cmp.outcome("indicator")
    sd = max(float(means(one).sd) for one in level)
    d = decimals(sd)
    for r, label in enumerate(cmp.labels):
        low, high = spread(level[r])
        first = (short(label), f"{level[r].mean():.{d}f}", f"{low:.{d}f} to {high:.{d}f}")
        if r == 0:
            rows.append((*first, "reference", "", ""))
            continue
        m = paired(level[r], level[0])
        e = decimals(float(m.high - m.low) / 2)
        gained = level[0] - level[r] if cmp.falling_good else level[r] - level[0]
        interval = f"{float(m.low):+.{e}f} to {float(m.high):+.{e}f}"
        rows.append(
            (*first, f"{float(m.mean):+.{e}f}", interval, f"{int((gained > 0).sum())} of {cmp.worlds}")
        )
    return rows


def _money_rows(cmp: Comparison) -> list[tuple[str, ...]]:
    """Return money by use and the two ways to judge change, a row a regime."""
    rows: list[tuple[str, ...]] = [
        ("", "all money", "service", "coordination", "published", "paired", "error of the mean"),
        ("regime", "usd/year", "share", "usd/year", "change", "effect", "(95 % interval)"),
    ]
    years = cmp.months.shape[2] / 12.0
    found = cmp.effects()
    for r, label in enumerate(cmp.labels):
        total = float(cmp.outcome("usd_total")[r].mean())
        service = float(cmp.outcome("usd_service")[r].mean())
        coordination = float(cmp.outcome("usd_overhead_of_coordination")[r].mean())
        naive = float(cmp.outcome("naive_change")[r].mean())
        share = f"{service / total:.1%}" if total else "-"
        first = (short(label), usd(total / years), share, usd(coordination / years), f"{naive:+.1%}")
        if r == 0:
            rows.append((*first, "reference", ""))
            continue
        row = found.iloc[r - 1]
        if math.isnan(row.paired_effect):
            rows.append((*first, "-", "-"))
        else:
            e = decimals(50.0 * (row.paired_high - row.paired_low))
            interval = f"{row.paired_low:+.{e}%} to {row.paired_high:+.{e}%}"
            rows.append((*first, f"{row.paired_effect:+.{e}%}", interval))
    return rows


def _benefit_rows(cmp: Comparison) -> list[tuple[str, ...]]:
    """Return when a slow start is made up for and what a unit costs, a row a regime."""
    rows: list[tuple[str, ...]] = [
        ("", "benefit stays", "after months", "spent more,", "usd per unit gained"),
        ("regime", "positive in", "(median)", "usd in all", "by spending more"),
    ]
    for _, row in cmp.effects().iterrows():
        count = f"{row.share_breaks_even * cmp.worlds:.0f} of {cmp.worlds}"
        months = f"{row.months_to_break_even:.0f}" if math.isfinite(row.months_to_break_even) else "-"
        price = (
            usd(row.usd_per_unit_gained) if math.isfinite(row.usd_per_unit_gained) else "no gain on average"
        )
        if row.financing == "equal" and row.usd_extra == 0.0:
            price = "no new money"
        rows.append((short(row.regime), count, months, usd(row.usd_spent_more), price))
    return rows


def _notes(cmp: Comparison) -> list[str]:
    """Return what the words over the columns mean."""
    return [
        "An error of the mean shrinks with more worlds; 5-95\xa0% of worlds does not: it says how far a single "
        "community may end from the mean. Each interval holds for one number at a time.",
        "Coordination is meetings, all measurement and backbone. Money counts when spent, also out of reserves.",
        "The published change, from the start to the last published value, holds luck, trend and noise as well. "
        f"The paired effect is the difference to {cmp.reference} in the same worlds relative to the same start.",
        f"Benefit is the difference to {cmp.reference} in the good direction, summed over months.",
    ]
