"""When a slow start is made up for: dates from which the summed benefit stays positive, and how often they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.statistics import LEVEL, F, spread
from cisim.study.decision.values import share_of

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.decision.ledger import Context


def months_until_positive(summed: F) -> F:
    """Return months until a running sum stays above zero, infinite where it does not end so.

    Counted from the start of the run to the end of the first month from which the sum is positive in every month
    to the end. A date near the end of the run rests on few months.

    Parameters
    ----------
    summed : (n, n_months) ndarray
        Sum up to the end of each month.

    Examples
    --------
    >>> months_until_positive(np.array([[1.0, 2.0], [-1.0, 1.0], [1.0, -1.0]])).tolist()
    [1.0, 2.0, inf]
    """
    n = summed.shape[1]
    sunk = summed <= 0.0
    last = np.where(sunk.any(axis=1), n - 1 - np.argmax(sunk[:, ::-1], axis=1), -1)
    return np.where(last == n - 1, np.inf, last + 2.0)


def payback_table(contexts: tuple[Context, ...], level: float = LEVEL) -> pd.DataFrame | None:
    """Return how often and when each decision pays back, or None without monthly series.

    Returns
    -------
    DataFrame
        The context's columns, decision, the levers, `of` ("benefit", or "net benefit" where a price is stated),
        `share` of paired worlds that pay back by the end of the run with its Wilson interval `share_low`,
        `share_high`; `months`, `months_low`, `months_high`: median and 5-95 % of the date among the worlds that
        do (missing if none); `worlds`, `draws`.
    """
    import pandas as pd

    rows = []
    for c in contexts:
        for of, table in (("benefit", c.paid_back), ("net benefit", c.net_paid_back)):
            for k in range(len(c.names) if table is not None else 0):
                assert table is not None  # the range is empty then; said for mypy
                row = {**c.keys, "decision": c.names[k], **c.decisions[k], "of": of}
                rows.append(row | _payback(table[k], level, c.crossed))
    return pd.DataFrame(rows) if rows else None


def _payback(months: F, level: float, crossed: bool) -> dict[str, Any]:
    """Return the numbers of one decision."""
    known = months[~np.isnan(months)]
    share, (low, high) = share_of(np.where(np.isnan(months), np.nan, np.isfinite(months)), level, crossed)
    reached = known[np.isfinite(known)]
    early, late = spread(reached) if reached.size else (np.nan, np.nan)
    return {
        "share": share,
        "share_low": low,
        "share_high": high,
        "months": float(np.median(reached)) if reached.size else np.nan,
        "months_low": float(early),
        "months_high": float(late),
        "worlds": int(known.size),
        "draws": int((~np.isnan(months)).any(axis=1).sum()),
    }
