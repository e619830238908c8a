"""What comes out of one world: outcomes, monthly series, organisations, ties, ledger, hours.

Arrays are recorded by the engine; the DataFrames are made when they are asked for, so that ensembles never pay
for them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cisim.outcomes import COLUMNS
from cisim.records import SECTORS as SECTORS
from cisim.records import KnownOrganisation
from cisim.scenario import Scenario
from cisim.state import HOUR_USES, PURPOSES, F, I, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

YEARS_OF_SLOPE = 5
SUMMED = tuple(name for name in COLUMNS if name.startswith("usd_"))
DERIVED = {
    "indicator_slope": (
        "yearly change of the true indicator over the last five years (least squares)",
        "indicator/year",
    ),
    "indicator_change": ("true change of the indicator from the published start, relative", "share"),
    "naive_change": (
        "published change from the year before the run to its last year, relative: no control",
        "share",
    ),
    "worst_group_indicator": ("indicator of the group that is worst off in the last year", "indicator"),
    "usd_total": ("all money that left the community's books for any use", "usd"),
    "usd_overhead_of_coordination": ("meetings, shared measurement and backbone together", "usd"),
    "usd_per_unit": (
        "all money per unit by which the indicator improved; infinite where it did not",
        "usd/indicator",
    ),
    "coalition_months": ("months in which a coalition existed", "months"),
    "coalition_survived": ("1 where a coalition existed in the last month", "share"),
}
"""Outcomes of the whole run that are not a monthly column: meaning and unit."""

OUTCOMES: tuple[str, ...] = (*COLUMNS, *DERIVED)
"""Names of all outcomes of a run, in the order of `Result.outcomes`."""


def meaning_of(name: str) -> tuple[str, str]:
    """Return meaning and unit of an outcome of a whole run."""
    from cisim.outcomes import describe

    if name in DERIVED:
        return DERIVED[name]
    meaning, unit = describe(name)
    if name in SUMMED:
        return meaning.replace("Money", "All money"), "usd"
    return f"{meaning.rstrip('.')}; mean of the last year.", unit


def is_falling_good(scenario: Scenario) -> bool:
    """Tell whether a lower indicator is better."""
    return scenario.indicator.best <= scenario.indicator.baseline


def shares_savings(scenario: Scenario) -> bool:
    """Tell whether public payers outside the community may pay a backbone out of what they save."""
    values = scenario.values
    return float(values["savings_share"]) * float(values["savings_usd_per_unit"]) > 0.0


def summarise(series: F, by_group: F, scenario: Scenario) -> dict[str, float]:
    """Reduce the monthly series of a run to its outcomes.

    Parameters
    ----------
    series : (n_months, n_columns) float64
    by_group : (n_months, n_groups) float64
    scenario : Scenario

    Returns
    -------
    dict of str to float
        Keys are `OUTCOMES`: usd columns summed over the run, `exits` as counted at the end, all other columns
        as the mean of the last twelve months; then the derived ones.
    """
    out = {name: float(value) for name, value in zip(COLUMNS, series[-12:].mean(axis=0), strict=True)}
    for name in SUMMED:
        out[name] = float(series[:, COLUMNS.index(name)].sum())
    out["exits"] = float(series[-1, COLUMNS.index("exits")])
    baseline = scenario.indicator.baseline
    level = series[:, COLUMNS.index("indicator")]
    years = np.arange(level.size)[-12 * YEARS_OF_SLOPE :] / 12.0
    centred = years - years.mean()
    out["indicator_slope"] = float(centred @ level[-years.size :] / (centred @ centred))
    out["indicator_change"] = out["indicator"] / baseline - 1.0 if baseline else 0.0
    published = float(series[-1, COLUMNS.index("indicator_published")])
    out["naive_change"] = published / baseline - 1.0 if baseline else 0.0
    last = by_group[-12:].mean(axis=0)
    out["worst_group_indicator"] = float(last.max() if is_falling_good(scenario) else last.min())
    out["usd_total"] = sum(out[name] for name in SUMMED)
    out["usd_overhead_of_coordination"] = out["usd_meetings"] + out["usd_measurement"] + out["usd_backbone"]
    improved = (baseline - out["indicator"]) * (1.0 if is_falling_good(scenario) else -1.0)
    out["usd_per_unit"] = out["usd_total"] / improved if improved > 0.0 else math.inf
    stage = series[:, COLUMNS.index("stage")]
    out["coalition_months"] = float((stage > 0).sum())
    out["coalition_survived"] = float(stage[-1] > 0)
    return out


@dataclass
class Trace:
    """What is written down month by month where details are wanted.

    Attributes
    ----------
    ledger : list of (n, 5) float64
        Payments: month, payer, payee, purpose, usd.
    balances : list of (n_accounts,) float64
        Before the first month and after every month.
    hours : list of (n_orgs, n_hours) float64
    available : list of (n_orgs,) float64
        Staff hours at the disposal of each organisation.
    births : list of (n_orgs,) int64
        Before the first month and after every month: how many organisations have held each place before.
    snapshots : list of (month, State)
        Copies of the state in chosen months.
    """

    ledger: list[F] = field(default_factory=list)
    balances: list[F] = field(default_factory=list)
    hours: list[F] = field(default_factory=list)
    available: list[F] = field(default_factory=list)
    births: list[I] = field(default_factory=list)
    snapshots: list[tuple[int, State]] = field(default_factory=list)


@dataclass
class Result:
    """Result of one world.

    Attributes
    ----------
    scenario : Scenario
    seed : int
    outcomes : dict of str to float
        One number per name in `OUTCOMES`.
    """

    scenario: Scenario
    seed: int
    outcomes: dict[str, float]
    _series: F
    _by_group: F
    _trace: Trace | None

    def __repr__(self) -> str:
        """Say which run this is and where its indicator ended."""
        unit = self.scenario.indicator.unit
        end = self.outcomes["indicator"]
        name = f"{self.scenario.name}, {self.scenario.regime}"
        return f"<Result {name}, seed {self.seed}: {self.scenario.indicator.name} {end:.4g} {unit}>"

    @cached_property
    def series(self) -> pd.DataFrame:
        """One row a month: `month` and the columns of `outcomes.COLUMNS`."""
        import pandas as pd

        frame = pd.DataFrame(self._series, columns=list(COLUMNS))
        frame.insert(0, "month", np.arange(len(frame)))
        return frame

    @cached_property
    def groups(self) -> pd.DataFrame:
        """The true indicator of every group: `month, group, indicator`."""
        import pandas as pd

        names = [group.name for group in self.scenario.groups]
        n_months = self._by_group.shape[0]
        return pd.DataFrame(
            {
                "month": np.repeat(np.arange(n_months), len(names)),
                "group": names * n_months,
                "indicator": self._by_group.ravel(),
            }
        )

    def _details(self) -> Trace:
        """Return the trace, or say how to get one."""
        if self._trace is None:
            raise ValueError("this run kept its series only; use cisim.run(scenario, seed, details=True)")
        return self._trace

    @cached_property
    def orgs(self) -> pd.DataFrame:
        """Organisations in the first, the thirteenth and the last month: one row each, by `month` and `org`.

        Where the scenario lists organisations, `name` says which one it is.
        """
        import pandas as pd

        frames = []
        for month, s in self._details().snapshots:
            frame = pd.DataFrame({"month": month, "org": s.uid})
            if self.scenario.organisations:
                frame["name"] = organisation_names(s, self.scenario.organisations)
            frame["sector"] = [SECTORS[code] for code in s.sector]
            frame["is_active"] = s.is_active.astype(bool)
            frame["is_member"] = s.coalition >= 0
            for name in ORG_COLUMNS:
                frame[name] = getattr(s, name)
            frame["usd_per_year"] = 12.0 * s.income
            frame["practice_quality"] = (s.effort * s.quality).sum(axis=(1, 2))
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def ties(self) -> pd.DataFrame:
        """Ties in the same months: `month, org, other, trust`, directed."""
        import pandas as pd

        frames = []
        for month, s in self._details().snapshots:
            row, place = np.nonzero(s.tie_to >= 0)
            other = s.tie_to[row, place]
            trust = s.tie_trust[row, place]
            frames.append(
                pd.DataFrame({"month": month, "org": s.uid[row], "other": s.uid[other], "trust": trust})
            )
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Every payment: `month, payer, payee, purpose, usd`."""
        import pandas as pd

        rows = np.concatenate([np.empty((0, 5)), *self._details().ledger])
        month, payer, payee = (rows[:, k].astype(int) for k in range(3))
        return pd.DataFrame(
            {
                "month": month,
                "payer": self._named(month, payer),
                "payee": self._named(month, payee),
                "purpose": np.array(PURPOSES)[rows[:, 3].astype(int)],
                "usd": rows[:, 4],
            }
        )

    @cached_property
    def balances(self) -> pd.DataFrame:
        """Balance of every account at the end of each month (month -1: before the run): `month, account, usd`."""
        import pandas as pd

        table = np.array(self._details().balances)
        n_months, n_accounts = table.shape
        month = np.repeat(np.arange(-1, n_months - 1), n_accounts)
        account = np.tile(np.arange(n_accounts), n_months)
        return pd.DataFrame({"month": month, "account": self._named(month, account), "usd": table.ravel()})

    def _named(self, month: npt.NDArray[np.int_], account: npt.NDArray[np.int_]) -> npt.NDArray[np.str_]:
        """Return the names of accounts in given months: newcomers are not called by the name of who left."""
        names = np.array(self.accounts)[account]
        if not self.scenario.organisations:
            return names
        trace = self._details()
        s = trace.snapshots[0][1]
        first = len(self.accounts) - 2 * s.uid.size
        births = np.array(trace.births)[month + 1, (account - first) % s.uid.size]
        is_newcomer = (account >= first) & (births > 0)
        return np.where(is_newcomer, np.array(account_names(s))[account], names)

    @cached_property
    def hours(self) -> pd.DataFrame:
        """Hours of every organisation by month: `month, org, available` and one column per use."""
        import pandas as pd

        trace = self._details()
        n_orgs = trace.available[0].size
        frame = pd.DataFrame(
            np.concatenate(trace.hours), columns=[f"hours_{use.replace(' ', '_')}" for use in HOUR_USES]
        )
        frame.insert(0, "available", np.concatenate(trace.available))
        frame.insert(0, "org", np.tile(trace.snapshots[0][1].uid, len(trace.hours)))
        frame.insert(0, "month", np.repeat(np.arange(len(trace.hours)), n_orgs))
        return frame

    @property
    def accounts(self) -> list[str]:
        """Names of the ledger's accounts when the run starts, in the order of their numbers."""
        return account_names(self._details().snapshots[0][1], self.scenario.organisations)


ORG_COLUMNS = (
    "age", "staff_hours", "capacity", "turf", "alignment", "knowledge", "disclosure", "satisfaction", "hope",
    "trust_backbone", "true_effect", "reported_effect", "contribution", "believed_change", "coalition",
)  # fmt: skip


def organisation_names(s: State, known: Sequence[KnownOrganisation] = ()) -> list[str]:
    """Names of the organisations of a world, by place: those of the scenario, or by their uid.

    Who takes the place of a known organisation that has closed is called by the uid.
    """
    holders = zip(s.uid.tolist(), s.births.tolist(), strict=True)
    return [known[uid].name if known and birth == 0 else f"organisation {uid}" for uid, birth in holders]


def account_names(s: State, known: Sequence[KnownOrganisation] = ()) -> list[str]:
    """Names of all accounts of a world; see `organisation_names`."""
    n_funders = s.funder_budget.shape[0]
    n_public = int(s.is_public.sum())
    funders = [
        f"public funder {f}" if f < n_public else f"private funder {f - n_public}"
        for f in range(n_funders - 1)
    ]
    coalitions = [f"coalition {c}" for c in range(s.stage.shape[0])]
    free = organisation_names(s, known)
    tied = [f"{name} (tied)" for name in free]
    return ["outside", "staff", "suppliers", *funders, "pool", *coalitions, *free, *tied]


def result_of(scenario: Scenario, seed: int, series: F, by_group: F, trace: Trace | None) -> Result:
    """Make the result of a finished world."""
    return Result(scenario, seed, summarise(series, by_group, scenario), series, by_group, trace)
