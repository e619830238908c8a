"""What a comparison found, in sentences: better, worse, undecided or the same; how much; how sure; at what price."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cisim.report.words import between, capital, counted, listed, money, number, per_cent, titled, verdict_of
from cisim.statistics import means, spread

if TYPE_CHECKING:
    from cisim.comparison import Comparison
    from cisim.report.words import Verdict
    from cisim.statistics import F

MONEY = {
    "equal": "for the same money",
    "added": "with new money for coordination",
    "mixed": "each with its own money",
}


def question(cmp: Comparison) -> str:
    """Return what a comparison asks."""
    others = listed([titled(label) for label in cmp.labels[1:]], "or")
    return (
        f"What becomes of {cmp.scenario.indicator.name} under {others} instead of {titled(cmp.reference)}, "
        f"{MONEY[cmp.budget]}?"
    )


def gained(cmp: Comparison, r: int) -> F:
    """Return by how much the indicator ends better than under the reference, in each world."""
    level = cmp.outcome("indicator")
    gain: F = level[0] - level[r] if cmp.falling_good else level[r] - level[0]
    return gain


def verdict(cmp: Comparison, r: int) -> Verdict:
    """Return what the paired worlds say of a regime."""
    gain = gained(cmp, r)
    m = means(gain)
    return verdict_of(float(m.low), float(m.high), bool((cmp.months[r] == cmp.months[0]).all()))


def answer(cmp: Comparison) -> list[str]:
    """Return the answer in plain sentences."""
    others = range(1, len(cmp.labels))
    lines = [_overall(cmp)] if len(others) > 1 else []
    for r in others:
        lines += _of_one(cmp, r, is_alone=len(others) == 1)
    lines.append(
        f"All {counted(cmp.worlds, 'world')} share one set of parameters and differ in luck only, so the intervals do "
        "not hold what is unknown about these parameters. See assumptions and limits."
    )
    return lines


def _overall(cmp: Comparison) -> str:
    """Return how many regimes do better, worse or neither."""
    words: dict[Verdict, str] = {
        "better": "better on average", "worse": "worse on average", "undecided": "cannot be told apart",
        "same": "exactly as well",
    }  # fmt: skip
    count = Counter(verdict(cmp, r) for r in range(1, len(cmp.labels)))
    told = listed([f"{count[kind]} {text}" for kind, text in words.items() if count[kind]])
    return (
        f"Of {len(cmp.labels) - 1} ways of working, set beside {titled(cmp.reference)} in the same "
        f"{counted(cmp.worlds, 'world')}: {told}. The best of several looks better than it is."
    )


def _of_one(cmp: Comparison, r: int, is_alone: bool) -> Iterator[str]:
    """Yield the paragraphs about one regime."""
    found = verdict(cmp, r)
    if found == "same":
        yield _first(cmp, r, found)
        return
    yield f"{_first(cmp, r, found)} {_size(cmp, r)}"
    if is_alone:
        yield _naive(cmp, r)
        yield f"{_price(cmp, r)} {_time(cmp, r)}"


def _first(cmp: Comparison, r: int, found: Verdict) -> str:
    """Return what becomes of the indicator, in how many worlds, and how sure the mean is."""
    mine, other, indicator = titled(cmp.labels[r]), titled(cmp.reference), cmp.scenario.indicator
    if found == "same":
        return (
            f"It makes no difference: {mine} and {other} go the same way, to the last bit, in all "
            f"{counted(cmp.worlds, 'paired world')}."
        )
    gain = gained(cmp, r)
    m = means(gain)
    count, half = int((gain > 0.0).sum()), float(m.high - m.low) / 2.0
    better, worse = ("lower", "higher") if cmp.falling_good else ("higher", "lower")
    interval = f"95 % interval of the mean {between(float(m.low), float(m.high))}"
    amount = f"{number(abs(float(m.mean)), half)} {indicator.unit}"
    worlds = f"{count:,} of {cmp.worlds:,} paired worlds"
    ends = f"in {worlds} {indicator.name} ends {better} under {mine} than under {other}"
    if found == "better":
        return f"{capital(ends)}; on average {amount} {better} ({interval})."
    if found == "worse":
        bound = f"{between(-float(m.high), -float(m.low))}"
        return (
            f"On average {mine} does harm: {indicator.name} ends {amount} {worse} than under {other} (95 % interval of "
            f"the mean {bound}). {capital(ends)}."
        )
    return (
        f"It cannot be told whether {mine} does better than {other}: the mean gain is "
        f"{number(float(m.mean), half)} {indicator.unit}, and its 95 % interval, "
        f"{between(float(m.low), float(m.high))}, holds nought. {capital(ends)}."
    )


def _size(cmp: Comparison, r: int) -> str:
    """Return how large the difference is beside the problem, and how far one community may lie from the mean."""
    gain, indicator = gained(cmp, r), cmp.scenario.indicator
    mean = float(gain.mean())
    low, high = map(float, spread(gain))
    way = abs(indicator.best - indicator.baseline)
    share = (
        f"{per_cent(mean / way, 1)} of the way from the start to the best attainable" if way else "no share"
    )
    return (
        f"The mean gain is {share}; single communities gain {between(low, high)} (5-95 % of worlds, below nought is "
        "a loss)."
    )


def _naive(cmp: Comparison, r: int) -> str:
    """Return what a before-and-after comparison would have claimed."""
    row = cmp.effects().iloc[r - 1]
    mine, other = (f"{row[key]:+.1%}".replace("-", "\N{MINUS SIGN}").replace("%", " %")
                   for key in ("naive_change", "naive_change_reference"))  # fmt: skip
    text = (
        f"A before-and-after comparison without a control would have claimed a change of {mine}; {other} comes about "
        f"under {titled(cmp.reference)} too."
    )
    if math.isfinite(row.paired_effect):
        half = 50.0 * (row.paired_high - row.paired_low)
        text += f" The paired effect is {number(100.0 * row.paired_effect, half, '+')} % of the start."
    return text


def _price(cmp: Comparison, r: int) -> str:
    """Return what coordination costs, and what a unit gained costs where money is new."""
    row = cmp.effects().iloc[r - 1]
    years = cmp.months.shape[2] / 12.0
    spent = cmp.outcome("usd_overhead_of_coordination").mean(axis=1) / years
    basis = (
        f"Meetings, measurement and backbone take {money(float(spent[r]))} a year, against {money(float(spent[0]))} "
        f"under {titled(cmp.reference)}"
    )
    if row.financing == "equal" and row.usd_extra == 0.0:
        return f"{basis}, out of the same total."
    spent_in_all = f"{basis}; {money(row.usd_extra)} of new money are spent in all"
    if not math.isfinite(row.usd_per_unit_gained):
        return f"{spent_in_all}, and there is no gain on average to price."
    price = f"{spent_in_all}, {money(row.usd_per_unit_gained)} per unit gained"
    if not math.isfinite(row.usd_per_unit_gained_low):
        return f"{price} (without bounds: the gain cannot be told from nought)."
    low, high = (money(row[key]) for key in ("usd_per_unit_gained_low", "usd_per_unit_gained_high"))
    return f"{price} (95 % interval {low} to {high})."


def _time(cmp: Comparison, r: int) -> str:
    """Return when a slow start is made up for."""
    row: Any = cmp.effects().iloc[r - 1]
    count = round(row.share_breaks_even * cmp.worlds)
    if count == 0:
        return f"The benefit makes up for a slow start in none of {counted(cmp.worlds, 'world')}."
    months = counted(round(row.months_to_break_even), "month")
    worlds = f"{count:,} of {cmp.worlds:,} worlds"
    return f"The benefit makes up for a slow start in {worlds}, there typically after {months}."
