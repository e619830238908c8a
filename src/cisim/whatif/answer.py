"""What the futures so far tell, as plain values that JSON can hold.

Spreads say how far single futures lie apart and do not shrink with more of them; errors of means do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.result import SUMMED
from cisim.statistics import F, fieller, means, spread, wilson
from cisim.whatif.gains import MEMBERS, MONTHS_PER_YEAR, STAGE, TRUST, Gains
from cisim.whatif.knowing import measure_first, rests_on, warnings_of
from cisim.whatif.telling import Said, say

if TYPE_CHECKING:
    from cisim.whatif.futures import Futures, Pair

DOTS = 20
WORST = 0.1


def answer(futures: Futures, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return what the first futures tell.

    Parameters
    ----------
    futures : Futures
    pairs : sequence of (Run, Run)
        Reference and chosen run of futures 0, 1, ..., at least two.

    Returns
    -------
    dict
        `done`, `of`; `verdict`, `sentence`, `more`: in words; `months`, `reference`, `chosen`, `difference`: courses of
        the indicator; `pays`, `gain`, `break_even`, `cost`, `money`, `groups`, `coalition`: numbers; `measure_first`,
        `rests_on`, `warnings`: what it rests on; `futures`: each by itself.

    Raises
    ------
    ValueError
        If there are fewer than two futures.
    """
    if len(pairs) < 2:
        raise ValueError(f"pairs: {len(pairs)} futures; an answer needs at least two")
    whatif = futures.whatif
    gains = Gains(whatif, futures.spec.cases["reference"], futures.spec.cases["chosen"], pairs)
    indicator = futures.spec.scenario.indicator
    numbers = {
        "pays": _pays(gains),
        "gain": _gain(gains),
        "break_even": _break_even(gains),
        "cost": _cost(gains),
    }
    said: Said = say(gains, numbers, whatif)
    numbers["pays"]["means"] = said.meaning
    numbers["break_even"]["text"] = said.break_even
    numbers["cost"]["text"] = said.cost
    found = {
        "done": gains.n,
        "of": futures.n,
        "verdict": said.verdict,
        "sentence": said.sentence,
        "more": list(said.more),
        "indicator": {
            "name": indicator.name,
            "unit": indicator.unit,
            "baseline": indicator.baseline,
            "best": indicator.best,
            "falling_good": gains.is_falling_good,
        },
        "labels": [whatif.reference, whatif.regime],
        **_courses(gains),
        **numbers,
        "money": _money(gains),
        "groups": _groups(gains),
        "coalition": _coalition(gains),
        "measure_first": measure_first(futures, gains),
        "rests_on": rests_on(futures),
        "warnings": warnings_of(futures),
        "futures": _each(futures, gains),
    }
    told: dict[str, Any] = plain(found)
    return told


def plain(value: Any) -> Any:
    """Return nested values as JSON can hold them, null for what is not a finite number."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _courses(g: Gains) -> dict[str, Any]:
    """Return the indicator by month in both cases, and the paired gain."""
    found: dict[str, Any] = {"months": list(range(1, g.monthly.shape[1] + 1))}
    for case, name in enumerate(("reference", "chosen")):
        level = g.months(0, case)
        low, high = spread(level)
        found[name] = {"mean": level.mean(axis=0), "low": low, "high": high}
    m = means(g.monthly)
    low, high = spread(g.monthly)
    found["difference"] = {"mean": m.mean, "low": low, "high": high, "error_low": m.low, "error_high": m.high}
    return found


def _pays(g: Gains) -> dict[str, Any]:
    """Return in how many futures it pays; all dots are full, or empty, only where all futures or none pay."""
    count = int(g.pays.sum())
    low, high = wilson(count, g.n)
    share = count / g.n
    dots = min(max(round(DOTS * share), int(count > 0)), DOTS - int(count < g.n))
    return {"count": count, "of": g.n, "share": share, "low": low, "high": high, "dots": dots}


def _gain(g: Gains) -> dict[str, Any]:
    """Return the gain in the last year: mean with error, spread, median, and mean of the worst tenth."""
    m = means(g.last_year)
    low, high = spread(g.last_year)
    worst = np.sort(g.last_year)[: max(1, round(WORST * g.n))]
    return {
        "mean": m.mean, "low": m.low, "high": m.high, "p5": low, "median": np.median(g.last_year), "p95": high,
        "worst_tenth": worst.mean(), "unit": g.chosen.indicator.unit,
    }  # fmt: skip


def _break_even(g: Gains) -> dict[str, Any]:
    """Return how often and when the summed benefit comes to stay above zero."""
    months = g.paid_back[g.pays]
    low, high = spread(months) if months.size else (math.nan, math.nan)
    middle = float(np.median(months)) if months.size else math.nan
    return {"share": g.pays.mean(), "months_median": middle, "months_p5": low, "months_p95": high}


def _cost(g: Gains) -> dict[str, Any]:
    """Return new money per unit gained, and money by year."""
    per_year = MONTHS_PER_YEAR / g.usd_more.shape[1]
    new = g.usd_new.sum(axis=1)
    price: float = math.nan
    low, high = math.nan, math.nan
    if g.is_new_money and g.last_year.mean() > 0.0:
        price = float(new.mean() / g.last_year.mean())
        found = fieller(new, g.last_year)
        low, high = found[1] if found else (math.nan, math.nan)
    coordination = [g.outcome("usd_overhead_of_coordination", case).mean() * per_year for case in (0, 1)]
    return {
        "usd_per_unit": price, "low": low, "high": high,
        "usd_more_per_year": g.usd_more.sum(axis=1).mean() * per_year,
        "usd_new_per_year": new.mean() * per_year,
        "coordination_usd_per_year": {"reference": coordination[0], "chosen": coordination[1]},
    }  # fmt: skip


def _money(g: Gains) -> list[dict[str, Any]]:
    """Return yearly spending by use in both cases."""
    per_year = MONTHS_PER_YEAR / g.usd_more.shape[1]
    return [
        {
            "use": name.removeprefix("usd_"),
            "reference": g.outcome(name, 0).mean() * per_year,
            "chosen": g.outcome(name, 1).mean() * per_year,
        }
        for name in SUMMED
    ]


def _groups(g: Gains) -> list[dict[str, Any]]:
    """Return who gains and who loses: each group's indicator in the last year."""
    level = [np.array([pair[case].groups for pair in g.pairs]) for case in (0, 1)]
    gain: F = g.sign * (level[1] - level[0])
    m = means(gain)
    return [
        {
            "name": group.name, "reference": level[0][:, k].mean(), "chosen": level[1][:, k].mean(),
            "gain": m.mean[k], "low": m.low[k], "high": m.high[k], "share_better": (gain[:, k] > 0.0).mean(),
        }
        for k, group in enumerate(g.chosen.groups)
    ]  # fmt: skip


def _coalition(g: Gains) -> dict[str, Any]:
    """Return whether the chosen regime's coalition lives, how many belong to it, and trust, by month."""
    stage = g.months(STAGE, 1)
    return {
        "alive_share": (stage > 0.0).mean(axis=0),
        "members": g.months(MEMBERS, 1).mean(axis=0),
        "trust": {"reference": g.months(TRUST, 0).mean(axis=0), "chosen": g.months(TRUST, 1).mean(axis=0)},
    }


def _each(futures: Futures, g: Gains) -> list[dict[str, Any]]:
    """Return each future by itself."""
    columns = (futures.seeds[: g.n], g.last_year, g.pays, g.paid_back)
    return [
        {"i": i, "seed": seed, "gain": gain, "pays": pays, "break_even": months}
        for i, (seed, gain, pays, months) in enumerate(zip(*columns, strict=True))
    ]
