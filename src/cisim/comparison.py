"""Compare regimes in paired worlds: same community, luck and money, another way of working together.

World w of every regime is run with the same seed, so all draws that concern the same agent, month and event
are shared and the difference between two regimes in one world is due to the regime. The first regime is the
reference of all differences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from cisim import engine
from cisim.contrast import effects, paired_frame, records, summary
from cisim.outcomes import COLUMNS
from cisim.params import nearest
from cisim.result import OUTCOMES, is_falling_good, shares_savings, summarise
from cisim.runs import seeds_of
from cisim.scenario import Scenario
from cisim.statistics import F

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Budget = Literal["equal", "added"]
REGIMES = ("isolated", "network", "collective")
SAME = ("indicator", "groups", "drivers")
"""Parts of a community that compared scenarios have in common."""


def compare(
    scenario: Scenario | Mapping[str, Scenario],
    regimes: Sequence[str] = REGIMES,
    *,
    worlds: int = 200,
    seed: int = 1,
    budget: Budget | None = None,
    outcomes: Sequence[str] | None = None,
    threads: int | None = None,
    on_done: Callable[[int, int], Any] | None = None,
) -> Comparison:
    """Run a scenario under several regimes in the same worlds.

    Parameters
    ----------
    scenario : Scenario or mapping of str to Scenario
        A scenario, of which each regime is tried; or scenarios of one community by label, compared as they
        are (`regimes` is then not used).
    regimes : sequence of str
        Names of shipped regimes; the first is the reference.
    worlds : int
        Worlds per regime, at least 2.
    seed : int
        Key of the seeds of the worlds.
    budget : {"equal", "added"}, optional
        Whether coordination is paid out of the community's money or by new money from outside. "equal" by
        default; labelled scenarios keep what they state.
    outcomes : sequence of str, optional
        Outcomes to report (`cisim.result.OUTCOMES`); all by default.
    threads : int, optional
        Worker threads, all cores by default. Results do not depend on it.
    on_done : callable, optional
        Called with the number of finished runs and of all runs.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there are fewer than two worlds or regimes, an outcome is unknown, or the scenarios differ in
        indicator, groups, drivers or length.
    ScenarioError
        If a regime does not exist, or cannot be paid for.

    Examples
    --------
    >>> import cisim
    >>> sc = cisim.load("null-separable").with_(months=24, n_orgs=8)
    >>> cmp = compare(sc, ["isolated", "collective"], worlds=2, seed=7)
    >>> cmp.to_df()[["regime", "world", "seed"]].shape
    (4, 3)
    """
    cases = cases_of(scenario, regimes, budget)
    names = check_outcomes(outcomes)
    if isinstance(worlds, bool) or not isinstance(worlds, int | np.integer) or worlds < 2:
        raise ValueError(f"worlds: {worlds!r} is not allowed; a whole number of at least 2")
    seeds = seeds_of(seed, worlds)
    done = Comparison.empty(cases, seed, seeds, names)
    start = time.perf_counter()
    fill(done, threads, on_done)
    done.elapsed = time.perf_counter() - start
    return done


def cases_of(
    scenario: Scenario | Mapping[str, Scenario], regimes: Sequence[str], budget: Budget | None
) -> dict[str, Scenario]:
    """Return the scenarios to compare, by label."""
    if budget not in (None, "equal", "added"):
        raise ValueError(f"budget: {budget!r} is not allowed; 'equal' or 'added'")
    if isinstance(scenario, Mapping):
        cases = {str(k): s.with_(financing=budget) if budget else s for k, s in scenario.items()}
    else:
        if isinstance(regimes, str) or len(set(regimes)) != len(regimes):
            raise ValueError(f"regimes: {regimes!r} is not allowed; a list of different names")
        cases = {name: scenario.with_(regime=name, financing=budget or "equal") for name in regimes}
    if len(cases) < 2:
        raise ValueError(f"regimes: {list(cases)} is not allowed; at least 2, the first being the reference")
    first, *others = cases.items()
    for label, one in others:
        for part in SAME:
            if getattr(one, part) != getattr(first[1], part):
                raise ValueError(
                    f"{label}: {part} differ from those of {first[0]}; compare within one community"
                )
        if one.values["months"] != first[1].values["months"]:
            raise ValueError(
                f"{label}: months is {one.values['months']}, in {first[0]} {first[1].values['months']}; "
                "give both the same length"
            )
    return cases


def check_outcomes(outcomes: Sequence[str] | None) -> tuple[str, ...]:
    """Return the outcomes to report, or say which is unknown."""
    if outcomes is None:
        return OUTCOMES
    if isinstance(outcomes, str) or not outcomes:
        raise ValueError(f"outcomes: {outcomes!r} is not allowed; a list of names from cisim.result.OUTCOMES")
    for name in outcomes:
        if name not in OUTCOMES:
            near = nearest(str(name), OUTCOMES)
            hint = f"; did you mean {near!r}?" if near else ""
            raise ValueError(f"outcomes: {name!r} is not an outcome of a run{hint}")
    return tuple(dict.fromkeys(outcomes))


def fill(done: Comparison, threads: int | None, on_done: Callable[[int, int], Any] | None) -> None:
    """Run all worlds of all regimes, world by world, and write what they give into `done`."""
    labels = list(done.scenarios)
    jobs = [(done.scenarios[label], seed) for seed in done.seeds for label in labels]
    runs = cast("Generator[engine.World]", engine.run_many(jobs, threads=threads))
    with closing(runs):
        for i, world in enumerate(runs):
            w, r = divmod(i, len(labels))
            if world.seed != done.seeds[w]:
                raise RuntimeError(f"world {w}: ran with seed {world.seed}, not {done.seeds[w]}")
            done.months[r, w] = world.series
            done.groups[r, w] = world.by_group
            found = summarise(world.series, world.by_group, done.scenarios[labels[r]])
            done.values[r, w] = [found[name] for name in OUTCOMES]
            if on_done:
                on_done(i + 1, len(jobs))


@dataclass
class Comparison:
    """Regimes in paired worlds; made by `compare`.

    Attributes
    ----------
    scenarios : dict of str to Scenario
        What was run, by label; the first is the reference.
    seed : int
        Key of the world seeds.
    seeds : list of int
        Seed of each world, the same for all regimes.
    names : tuple of str
        Outcomes reported.
    values : (n_regimes, n_worlds, n_outcomes) float64
        All of `cisim.result.OUTCOMES`.
    months : (n_regimes, n_worlds, n_months, n_columns) float64
        Monthly columns of `cisim.outcomes.COLUMNS`.
    groups : (n_regimes, n_worlds, n_months, n_groups) float64
        The indicator of each group.
    elapsed : float
        Seconds the runs took.
    """

    scenarios: dict[str, Scenario]
    seed: int
    seeds: list[int]
    names: tuple[str, ...]
    values: F
    months: F
    groups: F
    elapsed: float = 0.0
    command: str | None = field(default=None)

    @classmethod
    def empty(
        cls, cases: dict[str, Scenario], seed: int, seeds: list[int], names: tuple[str, ...]
    ) -> Comparison:
        """Return a comparison with room for all its runs."""
        first = next(iter(cases.values()))
        size = (len(cases), len(seeds))
        length = int(first.values["months"])
        return cls(
            dict(cases), int(seed), list(seeds), names,
            np.full((*size, len(OUTCOMES)), np.nan),
            np.full((*size, length, len(COLUMNS)), np.nan),
            np.full((*size, length, len(first.groups)), np.nan),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Say what was compared."""
        return f"<Comparison of {', '.join(self.labels)} in {self.worlds} paired worlds, seed {self.seed}>"

    @property
    def labels(self) -> list[str]:
        """Names of the regimes, the reference first."""
        return list(self.scenarios)

    @property
    def reference(self) -> str:
        """Regime all differences refer to."""
        return self.labels[0]

    @property
    def scenario(self) -> Scenario:
        """Scenario of the reference."""
        return self.scenarios[self.reference]

    @property
    def worlds(self) -> int:
        """Number of worlds per regime."""
        return len(self.seeds)

    @property
    def budget(self) -> str:
        """How coordination is paid: "equal", "added", or "mixed" where scenarios differ in it."""
        stated = {str(one.values["financing"]) for one in self.scenarios.values()}
        return stated.pop() if len(stated) == 1 else "mixed"

    @property
    def shares_savings(self) -> bool:
        """Whether in some regime public payers outside may pay a backbone out of what they save."""
        return any(shares_savings(one) for one in self.scenarios.values())

    @property
    def falling_good(self) -> bool:
        """Whether a lower indicator is better."""
        return is_falling_good(self.scenario)

    def outcome(self, name: str) -> F:
        """Return one outcome of all runs, shape (n_regimes, n_worlds)."""
        return self.values[:, :, OUTCOMES.index(name)]

    def column(self, name: str) -> F:
        """Return one monthly column of all runs, shape (n_regimes, n_worlds, n_months)."""
        return self.months[:, :, :, COLUMNS.index(name)]

    def _keys(self, length: int = 1) -> dict[str, Any]:
        """Return the columns that say which run a row belongs to, each run `length` times."""
        import pandas as pd

        n, w = len(self.labels), self.worlds
        regime = pd.Categorical.from_codes(np.repeat(np.arange(n), w * length), pd.Index(self.labels))
        world = np.tile(np.repeat(np.arange(w), length), n)
        return {"regime": regime, "world": world, "seed": np.array(self.seeds, dtype=np.int64)[world]}

    def to_df(self) -> pd.DataFrame:
        """Return one row per run: regime, world, seed and one column per outcome."""
        import pandas as pd

        wide = {name: self.outcome(name).ravel() for name in self.names}
        return pd.DataFrame({**self._keys(), **wide})

    def series(self) -> pd.DataFrame:
        """Return one row per run and month: regime, world, seed, month and the monthly columns."""
        import pandas as pd

        length = self.months.shape[2]
        month = np.tile(np.arange(length), len(self.labels) * self.worlds)
        wide = {name: self.column(name).ravel() for name in COLUMNS}
        return pd.DataFrame({**self._keys(length), "month": month, **wide})

    def by_group(self) -> pd.DataFrame:
        """Return regime, world, seed, month, group and the group's indicator."""
        import pandas as pd

        length, n_groups = self.groups.shape[2:]
        runs = len(self.labels) * self.worlds
        names = [group.name for group in self.scenario.groups]
        month = np.tile(np.repeat(np.arange(length), n_groups), runs)
        group = pd.Categorical.from_codes(np.tile(np.arange(n_groups), runs * length), pd.Index(names))
        keys = self._keys(length * n_groups)
        return pd.DataFrame({**keys, "month": month, "group": group, "indicator": self.groups.ravel()})

    def paired(self) -> pd.DataFrame:
        """Return differences to the reference, one row per regime and world (`contrast.paired_frame`)."""
        return paired_frame(self)

    @cached_property
    def _summary(self) -> pd.DataFrame:
        """Keep the summary once it is made."""
        return summary(self)

    def summary(self) -> pd.DataFrame:
        """Return one row per regime and outcome: means, errors, spreads and paired differences.

        Columns are described in `cisim.contrast.summary`.
        """
        return self._summary.copy()

    def effects(self) -> pd.DataFrame:
        """Return one row per regime but the reference: does it pay, and what would an evaluation say.

        Columns are described in `cisim.contrast.effects`.
        """
        return effects(self)

    def records(self) -> list[dict[str, Any]]:
        """Return the summary as plain values that JSON can hold (null where there is no number)."""
        return records(self)

    def table(self) -> str:
        """Return the comparison as text for a reader who decides about money, at most 100 columns wide."""
        from cisim.tables import table

        return table(self)

    def plot(self, kind: str = "indicator", ax: Axes | None = None) -> Figure:
        """Draw one of the figures of `cisim.plots.KINDS`.

        Parameters
        ----------
        kind : str
            Such as "indicator", "money", "trust", "network", "groups" or "forest".
        ax : matplotlib Axes, optional
            Draw the main panel here instead of on a new figure.
        """
        from cisim.plots import plot

        return plot(self, kind, ax)

    def save(self, folder: str | Path, *, details: Sequence[str] = (), figures: bool = True) -> Path:
        """Write everything to a folder; see `cisim.store.save`."""
        from cisim.store import save

        return save(self, folder, details=details, figures=figures)
