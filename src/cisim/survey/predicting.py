"""What many futures say of the next survey: how likely each tie is, how far it is trusted, the whole network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.compiled import model_version
from cisim.records import SECTORS
from cisim.scenario import Scenario
from cisim.survey.futures import DRAWS, Future, Snapshot, futures, simulate_all
from cisim.survey.network import UNKNOWN, all_pairs, measure
from cisim.survey.records import B, F

if TYPE_CHECKING:
    import pandas as pd

POINTS = (0.05, 0.95)
"""Share of worlds below the low and the high end of an interval."""


@dataclass(frozen=True)
class Prediction:
    """Networks of many worlds in some months.

    Attributes
    ----------
    names : tuple of str
        Organisations of the start; all numbers of organisations are places in it.
    months : tuple of int
        Months after the start, rising.
    worlds : tuple of tuple of Snapshot
        By month, then by world.
    start : Snapshot or None
        Ties that the scenario states; None where it leaves them to be drawn. Trust is NaN where it is drawn.
    low, high : float
        Ends of the scale on which trust is written.
    origin : dict
        Scenario, digest, regime, seed, version of the model, and what was drawn.
    """

    names: tuple[str, ...]
    months: tuple[int, ...]
    worlds: tuple[tuple[Snapshot, ...], ...]
    start: Snapshot | None
    low: float
    high: float
    origin: dict[str, Any]

    @property
    def n_worlds(self) -> int:
        """Number of worlds."""
        return len(self.worlds[0])

    def at(self, month: int) -> tuple[Snapshot, ...]:
        """Return all worlds in a month."""
        return self.worlds[self.months.index(month)]

    def ties(self, month: int) -> pd.DataFrame:
        """Return a row for every pair with a tie in any world.

        Columns are `from`, `to`, `tie_share` (of worlds), `trust`, `trust_p5`, `trust_p95` (over worlds with the
        tie, on the scale of the survey) and `worlds_with_tie`.
        """
        import pandas as pd

        found = self.at(month)
        n = len(self.names)
        pair = np.concatenate([one.source * n + one.target for one in found])
        frame = pd.DataFrame(
            {"pair": pair, "trust": self.scaled(np.concatenate([one.trust for one in found]))}
        )
        by_pair = frame.groupby("pair", sort=True)["trust"]
        count = by_pair.size()
        who, other = np.divmod(count.index.to_numpy(), n)
        low, high = (by_pair.quantile(point).to_numpy() for point in POINTS)
        return pd.DataFrame(
            {
                "from": [self.names[k] for k in who],
                "to": [self.names[k] for k in other],
                "tie_share": count.to_numpy() / self.n_worlds,
                "trust": by_pair.mean().to_numpy(),
                "trust_p5": low,
                "trust_p95": high,
                "worlds_with_tie": count.to_numpy(),
            }
        )

    def orgs(self, month: int) -> pd.DataFrame:
        """Return a row for every organisation of the start: sector where it is sure, budget, share of worlds."""
        import pandas as pd

        found = self.at(month)
        there = np.array([one.is_there for one in found])
        usd = np.where(there, [one.usd_per_year for one in found], np.nan)
        sector = np.array([one.sector for one in found])
        sure = (sector == sector[0]).all(axis=0)
        budgets = [self._budget(usd[:, k]) for k in range(len(self.names))]
        return pd.DataFrame(
            {
                "name": list(self.names),
                "sector": [SECTORS[code] if ok else "" for code, ok in zip(sector[0], sure, strict=True)],
                "budget_usd": [one[0] for one in budgets],
                "budget_usd_p5": [one[1] for one in budgets],
                "budget_usd_p95": [one[2] for one in budgets],
                "there_share": there.mean(axis=0),
            }
        )

    def network(self) -> pd.DataFrame:
        """Return the measures of the whole network by month: mean, 5 and 95 % points of worlds, and the start."""
        import pandas as pd

        begun = {} if self.start is None else measured(self.start, all_pairs(len(self.names)))
        rows = []
        for month in self.months:
            values = measures_of(self.at(month), all_pairs(len(self.names)))
            for name, known in values.items():
                mean, low, high = spread(known)
                rows.append((month, name, mean, low, high, begun.get(name, np.nan)))
        return pd.DataFrame(rows, columns=["month", "measure", "mean", "p5", "p95", "start"])

    def scaled(self, trust: F) -> F:
        """Return trust as answers on the scale of the survey."""
        return self.low + trust * (self.high - self.low)

    @staticmethod
    def _budget(usd: F) -> tuple[float, float, float]:
        """Return mean and interval of a budget over the worlds in which the organisation exists, whole dollars."""
        mean, low, high = spread(usd)
        return (mean, low, high) if np.isnan(mean) else (round(mean), round(low), round(high))


def spread(values: F) -> tuple[float, float, float]:
    """Return mean, 5 and 95 % points of those values that are numbers.

    Examples
    --------
    >>> spread(np.array([1.0, 3.0, np.nan]))
    (2.0, 1.1, 2.9)
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return np.nan, np.nan, np.nan
    low, high = np.quantile(known, POINTS)
    return float(known.mean()), float(low), float(high)


def measured(one: Snapshot, seen: B) -> dict[str, float]:
    """Return the measures of a network over the pairs that are seen, and the organisations still there."""
    there = one.is_there
    among = seen & there[:, None] & there[None, :]
    found = measure(one.is_tie, one.trust_of, one.sector, among)
    return {**found, "organisations": float(there.sum())}


def measures_of(worlds: Sequence[Snapshot], seen: B) -> dict[str, F]:
    """Return every measure in every world, (n_worlds,) by name."""
    rows = [measured(one, seen) for one in worlds]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def names_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of a scenario's organisations: as it states them, else numbers."""
    known = tuple(one.name for one in scenario.organisations)
    return known or tuple(f"organisation {k}" for k in range(int(scenario.values["n_orgs"])))


def start_of(scenario: Scenario) -> Snapshot | None:
    """Return the ties that a scenario states, None where it states none."""
    if not scenario.ties:
        return None
    names = {name: k for k, name in enumerate(names_of(scenario))}
    sectors = [UNKNOWN if one.sector is None else SECTORS.index(one.sector) for one in scenario.organisations]
    budgets = [np.nan if one.budget_usd is None else one.budget_usd for one in scenario.organisations]
    return Snapshot(
        np.array([names[tie.source] for tie in scenario.ties], np.int64),
        np.array([names[tie.target] for tie in scenario.ties], np.int64),
        np.array([np.nan if tie.trust is None else tie.trust for tie in scenario.ties], float),
        np.ones(len(names), bool),
        np.array(sectors, np.int64),
        np.array(budgets, float),
    )


def predict(
    scenario: Scenario,
    months: Sequence[int],
    *,
    worlds: int = 256,
    seed: int = 1,
    draws: str = "calibrated",
    scale: tuple[float, float] = (1.0, 4.0),
    threads: int | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Prediction:
    """Predict the network of a scenario after some months.

    Parameters
    ----------
    scenario : Scenario
    months : sequence of int
        1 to the length of the run.
    worlds : int
        Number of futures.
    seed : int
    draws : {"calibrated", "scenario", "none"}
        Where values that nobody knows come from.
    scale : (float, float)
        Ends of the scale on which trust is written.
    threads : int, optional
        Results do not depend on it.
    on_done : callable, optional
        Told the number of finished worlds.

    Raises
    ------
    ValueError
        If a month or `draws` is not allowed.

    Examples
    --------
    >>> from cisim.scenario import load
    >>> small = load("null-separable").with_(n_orgs=6, months=24)
    >>> found = predict(small, [12], worlds=4, draws="none")
    >>> list(found.ties(12).columns)[:4], found.network().measure[0]
    (['from', 'to', 'tie_share', 'trust'], 'density')
    """
    if draws not in DRAWS:
        raise ValueError(f"draws: {draws!r} is not allowed; one of {', '.join(DRAWS)}")
    wanted, drawn = futures(scenario, worlds=worlds, seed=seed, draws=draws)
    origin = {"seed": seed, "draws": draws if drawn else "none", "drawn": list(drawn)}
    return predict_worlds(
        scenario, wanted, months, scale=scale, origin=origin, threads=threads, on_done=on_done
    )


def predict_worlds(
    scenario: Scenario,
    wanted: Sequence[Future],
    months: Sequence[int],
    *,
    scale: tuple[float, float],
    origin: dict[str, Any],
    threads: int | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Prediction:
    """Predict the network from chosen worlds; see `predict`."""
    last = int(scenario.values["months"])
    for month in months:
        if not 1 <= month <= last:
            raise ValueError(f"month: {month!r} is not allowed; 1 to {last}, the length of the run")
    rising = tuple(sorted(set(months)))
    found = simulate_all(wanted, rising, threads=threads, on_done=on_done)
    about = {
        "scenario": scenario.name,
        "title": scenario.title,
        "regime": scenario.regime,
        "scenario_digest": scenario.digest,
        "model_version": model_version(),
        **origin,
    }
    by_month = tuple(tuple(one[k] for one in found) for k in range(len(rising)))
    return Prediction(names_of(scenario), rising, by_month, start_of(scenario), *scale, about)
