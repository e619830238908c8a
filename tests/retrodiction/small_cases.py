"""Cases from life small enough for tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from cisim.retrodiction.observed import Observed
from cisim.retrodiction.reading import observed_from
from cisim.retrodiction.retrodict import Retrodiction, retrodict
from cisim.scenario import load


def figure(name: str, month: int, value: float, **more: Any) -> dict[str, Any]:
    stated = {"outcome": "indicator_published", "statistic": "level", "error": 1.0}
    return {
        "name": name,
        "month": month,
        "value": value,
        **stated,
        "error_from": "a test",
        "source": "a test",
        **more,
    }


def small(scenario: str = "infant-mortality", keeps: tuple[str, ...] = (), **values: Any) -> Observed:
    """A case with 8 organisations and three years."""
    data: dict[str, Any] = {
        "cisim_observed": 1, "title": "A small city", "scenario": scenario, "happened": "collective",
        "counterfactual": "isolated", "start_year": 2009,
        "observations": [
            figure("first", 11, 12.0),
            figure("last", 35, 3.0, explain=True),
            figure("gap", 35, -0.2, outcome="group_gap", statistic="change", error=0.05, from_memory=True),
            figure("share", 35, 0.6, statistic="share_improved", trials=10, error=0.1, informs=["trend_per_year"]),
        ],
        **({"keeps": list(keeps)} if keeps else {}),
    }  # fmt: skip
    return observed_from(data, "small", load(scenario).with_(n_orgs=8, months=36, **values))


@cache
def found() -> Retrodiction:
    """The small case, run once for all tests."""
    return retrodict(small(), samples=16, worlds=2, seed=3, uncertainties="scenario")
