"""What attribution found, in words: who deserves how much of the gain, and who needs whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import signed
from cisim.study.records import GAIN
from cisim.tables import LONGEST_LABEL, WIDTH, columns, decimals, paragraph, short

if TYPE_CHECKING:
    from cisim.study.attribution.analysis import Attribution
    from cisim.study.attribution.units import Estimate

MINUS = "\N{MINUS SIGN}"
MOST_NAMED = 5
"""Pairs told from zero that a sentence names; of more, only the `STRONGEST` of each sign."""
STRONGEST = 3


def text(found: Attribution) -> str:
    """Return the report for a terminal, at most 100 columns wide."""
    lines = [*paragraph(f"{found.data.title}: who deserves the credit"), *paragraph(_basis(found)), ""]
    lines += [*paragraph(_total(found)), *paragraph(_credit(found))]
    if found.pairs:
        lines += paragraph(_needs(found))
    lines += ["", *_fitting(lambda longest: _credit_rows(found, longest)), ""]
    if found.pairs:
        lines += [*_fitting(lambda longest: _ends_rows(found, longest)), ""]
        lines += [*_fitting(lambda longest: _pair_rows(found, longest)), ""]
    lines += [line for note in _notes(found) for line in paragraph(note)]
    return "\n".join(lines).replace("\xa0", " ").rstrip() + "\n"


def name_of(found: Attribution, i: int) -> str:
    """Return the name of a factor for people."""
    return found.factors[i].name.replace("_", " ")


def digits_of(one: Estimate) -> int:
    """Return how many decimals show two digits of the narrowest interval's half."""
    reach, size = (one.high - one.low) / 2, float(np.abs(one.mean).max(initial=0.0))
    widths = reach[reach > 1e-9 * size]  # less is rounding
    return decimals(float(np.median(widths)) if widths.size else 0.1 * size)


def basis_words(found: Attribution) -> str:
    """Return how many of what an interval rests on.

    It counts what is independent: worlds, draws, or both.
    """
    units = found.units
    draws, worlds = np.unique(units.draw).size, np.unique(units.world).size
    if found.sample == "worlds":
        return f"{worlds} worlds"
    if found.sample == "draws and worlds":
        return f"{draws} draws of what is uncertain, all in the same {worlds} worlds"
    own = "worlds of its own" if not units.shares_worlds else "the same world"
    return f"{draws} draws of what is uncertain, each in {own}"


def _number(one: Estimate, i: int, d: int) -> str:
    """Return a mean with its interval."""
    return f"{signed(float(one.mean[i]), d)} ({_range(one, i, d)})"


def _range(one: Estimate, i: int, d: int) -> str:
    """Return the ends of an interval."""
    return f"{signed(float(one.low[i]), d)} to {signed(float(one.high[i]), d)}"


def _basis(found: Attribution) -> str:
    """Return what was run and what is explained."""
    k, unit = len(found.factors), found.data.unit_of(found.response)
    gain = found.response == GAIN
    what = "improvement of the indicator, positive is better" if gain else found.response.replace("_", " ")
    against = f", minus {found.data.reference} in the same world" if found.data.reference else ""
    if len({factor.labels for factor in found.factors}) == 1:
        off, on = found.factors[0].labels
        states = f"Off is {off!r}, on is {on!r}." if (off, on) != ("off", "on") else ""
    else:
        both = (f"{name_of(found, i)} {f.labels[0]}, {f.labels[1]}" for i, f in enumerate(found.factors))
        states = f"Off, then on: {'; '.join(both)}."
    return (
        f"{found.case}, {what} ({unit}{against}). All {1 << k} combinations of {k} condition{'s' if k > 1 else ''}, "
        f"off and on, were run in {basis_words(found)}. {states}"
    )


def _total(found: Attribution) -> str:
    """Return what all conditions do together."""
    d = digits_of(found.total)
    unit = found.data.unit_of(found.response)
    return (
        f"All conditions together change it from {signed(float(found.none.mean[0]), d)} to "
        f"{signed(float(found.every.mean[0]), d)} {unit}, by {_number(found.total, 0, d)}."
    )


def _credit(found: Attribution) -> str:
    """Return who deserves credit, who does harm, and who is not told from nothing."""
    v = found.value
    d, order = digits_of(v), np.argsort(-v.mean, kind="stable")
    up = [f"{name_of(found, i)} {signed(float(v.mean[i]), d)}" for i in order if v.low[i] > 0.0]
    down = [f"{name_of(found, i)} {signed(float(v.mean[i]), d)}" for i in order[::-1] if v.high[i] < 0.0]
    flat = [name_of(found, i) for i in order if v.low[i] <= 0.0 <= v.high[i]]
    said = []
    if up:
        said.append(f"Of this, by fair shares, these add: {', '.join(up)}.")
    if down:
        said.append(f"These take away: {', '.join(down)}.")
    if flat:
        said.append(f"Not told from nothing: {', '.join(flat)}.")
    return " ".join(said)


def _needs(found: Attribution) -> str:
    """Return which pairs need each other and which can do for each other."""
    said = []
    if together := _held(found, 1.0):
        said.append(f"Need each other (together they add more than each by itself): {together}.")
    if instead := _held(found, -1.0):
        said.append(f"Can do for each other (together they add less): {instead}.")
    rest = len(found.pairs) - int(found.holds.sum())
    if rest == len(found.pairs):
        said.append("No two conditions are seen to need each other or to do for each other.")
    elif rest:
        said.append(f"{rest} other pair{'s are' if rest > 1 else ' is'} not told from zero.")
    return " ".join(said)


def _held(found: Attribution, sign: float) -> str:
    """Return the pairs told from zero whose interaction has this sign, the strongest first; of many only some."""
    mean = found.interaction.mean
    order = np.argsort(-np.abs(mean), kind="stable").tolist()
    held = [p for p in order if found.holds[p] and mean[p] * sign > 0.0]
    named = held if int(found.holds.sum()) <= MOST_NAMED else held[:STRONGEST]
    words = [" and ".join(name_of(found, i) for i in found.pairs[p]) for p in named]
    more = len(held) - len(named)
    if not more:
        return "; ".join(words)
    return f"most of all {'; '.join(words)}; and {more} more pair{'s' if more > 1 else ''}, in the table"


def _fitting(make: Callable[[int], list[tuple[str, ...]]]) -> list[str]:
    """Return a table whose names are as long as the width allows."""
    for longest in range(LONGEST_LABEL, 5, -1):
        lines = columns(make(longest))
        if max(map(len, lines)) <= WIDTH:
            break
    return lines


def _credit_rows(found: Attribution, longest: int) -> list[tuple[str, ...]]:
    """Return the fair share of each condition, most credit first."""
    rows: list[tuple[str, ...]] = [("condition", "fair share", _level(found), "of the whole")]
    total = float(found.total.mean[0])
    clear = not float(found.total.low[0]) <= 0.0 <= float(found.total.high[0])
    d = digits_of(found.value)
    for i in np.argsort(-found.value.mean, kind="stable").tolist():
        share = f"{100 * float(found.value.mean[i]) / total:.0f} %".replace("-", MINUS) if clear else "-"
        middle = (signed(float(found.value.mean[i]), d), _range(found.value, i, d))
        rows.append((short(name_of(found, i), longest), *middle, share))
    ends = (signed(float(found.total.mean[0]), d), _range(found.total, 0, d))
    rows.append(("all together", *ends, "100 %" if clear else "-"))
    return rows


def _ends_rows(found: Attribution, longest: int) -> list[tuple[str, ...]]:
    """Return what each condition does alone and last, most credit first."""
    level = _level(found)
    rows: list[tuple[str, ...]] = [("condition", f"alone {level}", f"last {level}")]
    d, e = digits_of(found.alone), digits_of(found.last)
    order = np.argsort(-found.value.mean, kind="stable").tolist()
    rows += [
        (short(name_of(found, i), longest), _number(found.alone, i, d), _number(found.last, i, e))
        for i in order
    ]
    return rows


def _pair_rows(found: Attribution, longest: int) -> list[tuple[str, ...]]:
    """Return the interaction of each pair, the strongest first."""
    rows: list[tuple[str, ...]] = [("pair", "interaction", _level(found), "p (Holm)", "")]
    one, d = found.interaction, digits_of(found.interaction)
    for p in np.argsort(-np.abs(one.mean), kind="stable").tolist():
        i, j = found.pairs[p]
        verdict = "" if not found.holds[p] else "need each other" if one.mean[p] > 0.0 else "substitutes"
        adjusted = f"{found.p_holm[p]:.2g}" if found.p_holm[p] >= 1e-4 else "<0.0001"
        both = f"{short(name_of(found, i), longest)} & {short(name_of(found, j), longest)}"
        rows.append((both, signed(float(one.mean[p]), d), _range(one, p, d), adjusted, verdict))
    return rows


def _level(found: Attribution) -> str:
    """Return the head of a column of intervals."""
    return f"({100 * found.level:.3g} % interval)"


def _notes(found: Attribution) -> list[str]:
    """Return what the columns mean and what the numbers rest on."""
    notes = [
        "A fair share (Shapley value) is what a condition adds, averaged over all orders in which the conditions could "
        'be put in place; the shares add up to the whole change. Where conditions need each other, "alone" is less '
        'than the fair share and "last" is more.',
        f"Intervals are those of means over {basis_words(found)}, each on its own; worlds are paired. They do not say "
        f"how far one community may end from the mean.",
    ]
    if found.pairs:
        notes.append(
            f"An interaction is the Shapley interaction index: what two conditions add together beyond what each adds "
            f"by itself, averaged over the others. It is told from zero if its p-value, adjusted by Holm's method for "
            f"{len(found.pairs)} pair{'s' if len(found.pairs) > 1 else ''}, is below {1 - found.level:.3g}; the chance "
            f"of any false claim is at most that."
        )
    if found.sample == "draws and worlds":
        notes.append(
            "All draws live in the same worlds, so the luck of a world and that of a draw are both counted, "
            "one on top of the other; the intervals err on the wide side."
        )
    if not found.units.is_paired:
        notes.append(
            "Combinations do not share their worlds' luck here, so intervals are wider than paired worlds make them."
        )
    if found.units.left_out:
        n = found.units.left_out
        were, them = ("worlds were", "them") if n > 1 else ("world was", "it")
        notes.append(f"{n} {were} left out: not all combinations were run in {them}.")
    return notes
