"""Differences between regimes in paired worlds, as tables.

Each number says what it is: `error_*` and `diff_low`/`diff_high` are uncertainty of a mean and shrink with
more worlds; `spread_*` and `diff_spread_*` are how much worlds differ and do not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.result import meaning_of, shares_savings
from cisim.statistics import F, fieller, means, paired, ratio_difference, spread, wilson

if TYPE_CHECKING:
    import pandas as pd

    from cisim.comparison import Comparison
    from cisim.scenario import Scenario

LIKE_INDICATOR = (
    "indicator",
    "indicator_published",
    "indicator_slope",
    "indicator_change",
    "naive_change",
    "worst_group_indicator",
)
"""Outcomes whose good direction is that of the indicator."""
LOWER_IS_BETTER = ("group_gap", "unserved_share", "usd_per_unit")

NUMBERS = (
    "mean", "sd", "spread_low", "spread_high", "error_low", "error_high",
    "diff", "diff_low", "diff_high", "diff_spread_low", "diff_spread_high", "share_positive", "share_better",
)  # fmt: skip
NULLS = dict.fromkeys(NUMBERS, math.nan)


def direction(name: str, falling_good: bool) -> str:
    """Return which way an outcome is better, "lower" or "higher", or "" where this is nobody's to say.

    Examples
    --------
    >>> direction("indicator", True), direction("group_gap", False), direction("trust", True)
    ('lower', 'lower', '')
    """
    if name in LOWER_IS_BETTER:
        return "lower"
    if name in LIKE_INDICATOR:
        return "lower" if falling_good else "higher"
    return ""


def unit_of(cmp: Comparison, name: str) -> str:
    """Return the unit of an outcome, the indicator's own in place of the word."""
    unit = "usd/indicator" if name == "usd_per_unit" else meaning_of(name)[1]
    return unit.replace("indicator", cmp.scenario.indicator.unit)


def improvement(cmp: Comparison) -> F:
    """Return by how much the true indicator ends better than its published start, (n_regimes, n_worlds)."""
    change = cmp.scenario.indicator.baseline - cmp.outcome("indicator")
    return change if cmp.falling_good else -change


def summary(cmp: Comparison) -> pd.DataFrame:
    """Return one row per regime and outcome.

    Returns
    -------
    DataFrame
        regime, outcome, unit; `mean`, `sd` over worlds; `spread_low`, `spread_high`: 5-95 % of worlds;
        `error_low`, `error_high`: 95 % t interval of the mean; `diff`: mean paired difference to the
        reference, `diff_low`, `diff_high` its 95 % t interval; `diff_spread_low`, `diff_spread_high`: 5-95
        % of the worlds' differences; `share_positive`: share of worlds with a difference above 0 (a tie is
        not); `better`: the good direction, if the outcome has one, and `share_better`: share of worlds with
        a difference that way; worlds; `note`: why a number is missing. The reference's differences are 0.

        `usd_per_unit` is a ratio: its `mean` is that of the means, with Fieller's interval.
    """
    import pandas as pd

    rows = []
    for r, label in enumerate(cmp.labels):
        for name in cmp.names:
            numbers, note = _ratio_row(cmp, r) if name == "usd_per_unit" else _row(cmp, r, name)
            better = direction(name, cmp.falling_good)
            numbers |= _shares(cmp, r, name, better)
            if r == 0:
                numbers |= {key: 0.0 for key in NUMBERS if key.startswith("diff")}
            rows.append((label, name, unit_of(cmp, name), *numbers.values(), better, cmp.worlds, note))
    columns = ["regime", "outcome", "unit", *NUMBERS, "better", "worlds", "note"]
    return pd.DataFrame(rows, columns=columns)


def _row(cmp: Comparison, r: int, name: str) -> tuple[dict[str, float], str]:
    """Return the numbers of an ordinary outcome, or none and the reason."""
    mine, reference = cmp.outcome(name)[r], cmp.outcome(name)[0]
    bad = int((~np.isfinite(mine) | ~np.isfinite(reference)).sum())
    if bad:
        return dict(NULLS), f"not finite in {bad} of {cmp.worlds} pairs of worlds; no mean"
    m, d = means(mine), paired(mine, reference)
    low, high = spread(mine)
    diff_low, diff_high = spread(mine - reference)
    found = (m.mean, m.sd, low, high, m.low, m.high, d.mean, d.low, d.high, diff_low, diff_high)
    return NULLS | dict(zip(NUMBERS, map(float, found), strict=False)), ""


def _ratio_row(cmp: Comparison, r: int) -> tuple[dict[str, float], str]:
    """Return the numbers of cost per unit: total money over total improvement."""
    usd, better = cmp.outcome("usd_total"), improvement(cmp)
    row = dict(NULLS)
    if better[r].mean() <= 0.0:
        return row, "the indicator did not improve on average: no cost per unit"
    row["mean"] = float(usd[r].mean() / better[r].mean())
    each = cmp.outcome("usd_per_unit")[r]
    never = int(np.isinf(each).sum())
    notes = ["ratio of means"]
    if never:
        notes.append(f"infinite in {never} of {cmp.worlds} worlds, in which the indicator did not improve")
    else:
        row["sd"] = float(means(each).sd)
        row["spread_low"], row["spread_high"] = map(float, spread(each))
    mine, reference = fieller(usd[r], better[r]), fieller(usd[0], better[0])
    if mine is None:
        notes.append("improvement cannot be told from zero: no interval")
    else:
        row["error_low"], row["error_high"] = mine[1]
    if better[0].mean() <= 0.0 or mine is None or reference is None:
        notes.append("no difference, as one of the two has no bounds")
        return row, "; ".join(notes)
    row["diff"], (row["diff_low"], row["diff_high"]) = ratio_difference(usd[r], better[r], usd[0], better[0])
    return row, "; ".join(notes)


def _shares(cmp: Comparison, r: int, name: str, better: str) -> dict[str, float]:
    """Return in which share of worlds an outcome is above, and better than, the reference's."""
    mine, reference = cmp.outcome(name)[r], cmp.outcome(name)[0]
    above, below = float((mine > reference).mean()), float((mine < reference).mean())
    return {"share_positive": above, "share_better": {"higher": above, "lower": below}.get(better, math.nan)}


def break_even(cmp: Comparison, r: int) -> F:
    """Return months until the benefit cumulated against the reference stays above zero, NaN if never.

    The benefit of a month is the difference of the true indicator in the good direction. Counted from the
    start of the run to the end of the first month from which the sum stays positive; shape (n_worlds,).
    """
    level = cmp.column("indicator")
    gain = level[0] - level[r] if cmp.falling_good else level[r] - level[0]
    sunk = np.cumsum(gain, axis=1) <= 0.0
    n = sunk.shape[1]
    last_sunk = np.where(sunk.any(axis=1), n - 1 - np.argmax(sunk[:, ::-1], axis=1), -1)
    return np.where(last_sunk == n - 1, np.nan, last_sunk + 2.0)


def relative_effect(cmp: Comparison, r: int) -> F | None:
    """Return the paired difference of the indicator as share of its published start, or None if that is 0."""
    baseline = cmp.scenario.indicator.baseline
    level = cmp.outcome("indicator")
    return (level[r] - level[0]) / baseline if baseline else None


def effects(cmp: Comparison) -> pd.DataFrame:
    """Return one row per regime but the reference.

    Returns
    -------
    DataFrame
        regime, `financing`; `naive_change`: published change since the year before the run, relative, no
        control, and `naive_change_reference`, that of the reference; `paired_effect`, `paired_low`,
        `paired_high`: paired difference of the true indicator in the last year, relative to the same start,
        with the error of its mean; `share_pays`, `pays_low`, `pays_high`: share of worlds in which the
        indicator ends better (Wilson interval); `share_breaks_even` and `months_to_break_even`: share of
        worlds in which the cumulated benefit ends positive, and the median time after which it stays so in
        these; `usd_spent_more`: paired difference of all money spent; `usd_extra`: new money, 0 at equal
        budget unless public savings are shared, else all that is spent more; `units_gained`: paired
        improvement; `usd_per_unit_gained` with Fieller's interval; `worlds`; `note`: why a number is missing.
    """
    import pandas as pd

    return pd.DataFrame([_effect(cmp, r) for r in range(1, len(cmp.labels))])


def _effect(cmp: Comparison, r: int) -> dict[str, Any]:
    """Return one row of `effects`."""
    level, naive, usd = cmp.outcome("indicator"), cmp.outcome("naive_change"), cmp.outcome("usd_total")
    gained = level[0] - level[r] if cmp.falling_good else level[r] - level[0]
    pays = int((gained > 0.0).sum())
    low, high = wilson(pays, cmp.worlds)
    months = break_even(cmp, r)
    reached = months[np.isfinite(months)]
    mine = cmp.scenarios[cmp.labels[r]]
    more = usd[r] - usd[0]
    extra = more if _has_new_money(mine) or shares_savings(cmp.scenario) else np.zeros_like(more)
    relative = relative_effect(cmp, r)
    effect = means(relative) if relative is not None else None
    price, price_low, price_high, note = _price(extra, gained)
    notes = [note] if note else []
    notes += ["indicator starts at 0: no relative effect"] if effect is None else []
    notes += ["benefit never stays positive"] if reached.size == 0 else []
    return {
        "regime": cmp.labels[r],
        "financing": str(mine.values["financing"]),
        "naive_change": float(naive[r].mean()),
        "naive_change_reference": float(naive[0].mean()),
        "paired_effect": float(effect.mean) if effect else math.nan,
        "paired_low": float(effect.low) if effect else math.nan,
        "paired_high": float(effect.high) if effect else math.nan,
        "share_pays": pays / cmp.worlds,
        "pays_low": low,
        "pays_high": high,
        "share_breaks_even": reached.size / cmp.worlds,
        "months_to_break_even": float(np.median(reached)) if reached.size else math.nan,
        "usd_spent_more": float(more.mean()),
        "usd_extra": float(extra.mean()),
        "units_gained": float(gained.mean()),
        "usd_per_unit_gained": price,
        "usd_per_unit_gained_low": price_low,
        "usd_per_unit_gained_high": price_high,
        "worlds": cmp.worlds,
        "note": "; ".join(notes),
    }


def _has_new_money(scenario: Scenario) -> bool:
    """Tell whether more may be spent than the community's funders give."""
    return scenario.values["financing"] == "added" or shares_savings(scenario)


def _price(extra: F, gained: F) -> tuple[float, float, float, str]:
    """Return extra money per unit gained with its interval, and why it is missing."""
    if gained.mean() <= 0.0:
        return math.nan, math.nan, math.nan, "no gain on average: no price of one"
    price = float(extra.mean() / gained.mean())
    found = fieller(extra, gained)
    if found is None:
        return price, math.nan, math.nan, "gain cannot be told from zero: its price has no interval"
    return price, *found[1], ""


def paired_frame(cmp: Comparison) -> pd.DataFrame:
    """Return one row per regime (but the reference) and world.

    Returns
    -------
    DataFrame
        regime, reference, world, seed, `months_to_break_even` (missing where never), and for every outcome
        its difference to the reference in the same world (missing where one of the two is infinite).
    """
    import pandas as pd

    frames = []
    for r, label in enumerate(cmp.labels[1:], start=1):
        keys = {
            "regime": label,
            "reference": cmp.reference,
            "world": np.arange(cmp.worlds),
            "seed": cmp.seeds,
        }
        wide: dict[str, Any] = {"months_to_break_even": break_even(cmp, r)}
        for name in cmp.names:
            mine, reference = cmp.outcome(name)[r], cmp.outcome(name)[0]
            both = np.isfinite(mine) & np.isfinite(reference)
            wide[name] = np.where(both, np.where(both, mine, 0.0) - np.where(both, reference, 0.0), np.nan)
        frames.append(pd.DataFrame({**keys, **wide}))
    return pd.concat(frames, ignore_index=True)


def plain(value: Any) -> Any:
    """Return a value JSON can hold: null for what is not a finite number.

    Examples
    --------
    >>> plain(float("nan")), plain(np.float64(1.5)), plain("a")
    (None, 1.5, 'a')
    """
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def records(cmp: Comparison) -> list[dict[str, Any]]:
    """Return regime, outcome, mean, diff, diff_low, diff_high, share_positive and worlds as plain values."""
    keys = ["regime", "outcome", "mean", "diff", "diff_low", "diff_high", "share_positive", "worlds"]
    rows = cmp.summary()[keys].to_dict("records")
    return [{str(key): plain(value) for key, value in row.items()} for row in rows]
