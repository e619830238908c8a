"""The paired futures of a what-if: each a draw of what nobody knows and a luck of its own, run under both regimes.

A what-if is a study (`study_of`), and its runs are the runs of that study, bit for bit; they are only made one by one,
so that whoever waits sees the first futures at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim import engine
from cisim.compiled import model_version
from cisim.outcomes import COLUMNS
from cisim.params import Value
from cisim.result import OUTCOMES, SUMMED, summarise
from cisim.scenario import Scenario
from cisim.statistics import F
from cisim.study.design import base_design
from cisim.study.plan import Keyer, Plan, run_key
from cisim.study.reading import study_from
from cisim.study.spec import Spec
from cisim.whatif.state import NO_BACKBONE, WhatIf

if TYPE_CHECKING:
    from collections.abc import Sequence

REFERENCE, CHOSEN = 0, 1
CASES = ("reference", "chosen")
SERIES = ("indicator", "members", "trust", "stage")
"""Monthly columns that a run keeps, besides the money spent."""
_KEPT = [COLUMNS.index(name) for name in SERIES]
_USD = [COLUMNS.index(name) for name in SUMMED]


def study_of(whatif: WhatIf) -> dict[str, Any]:
    """Return a what-if as the entries of a study file, apart from the scenario.

    Where nothing is drawn, futures are worlds of a single point; a design needs something that varies, which is
    then the length of the run, at its one value.

    Examples
    --------
    >>> from cisim.whatif.state import read_whatif
    >>> asked = read_whatif({"scenario": "generic-adaptive", "regime": "network", "set": {"backbone": 1}})
    >>> study_of(asked)["cases"]["chosen"]
    {'regime': 'network', 'set': {'backbone': 1.0}}
    """
    is_drawn = _draws_anything(whatif)
    many = {"samples": whatif.worlds, "worlds": 1, "seeds": "own", "uncertainties": whatif.draws}
    months = whatif.common.get("months", whatif.scenario.values["months"])
    one = {"vary": {"months": [months]}, "worlds": whatif.worlds, "uncertainties": "none"}
    common = {name: value for name, value in whatif.common.items() if is_drawn or name != "months"}
    return {
        "title": f"What if: {whatif.name}",
        "analysis": "sweep",
        "cases": dict(zip(CASES, (_reference(whatif), _case(whatif.regime, whatif.levers)), strict=True)),
        "reference": CASES[REFERENCE],
        "budget": whatif.financing,
        **({"set": common} if common else {}),
        **(many if is_drawn else one),
        "seed": whatif.seed,
        "outcomes": list(OUTCOMES),
        "series": ["indicator"],
    }


def _reference(whatif: WhatIf) -> dict[str, Any]:
    """Return the case that all differences refer to."""
    if whatif.reference == NO_BACKBONE:
        return _case(whatif.regime, {**whatif.levers, "backbone": 0.0})
    return _case(whatif.reference, {})


def _case(regime: str, levers: dict[str, Value]) -> dict[str, Any]:
    """Return a case as a study file states it."""
    return {"regime": regime, **({"set": levers} if levers else {})}


def _draws_anything(whatif: WhatIf) -> bool:
    """Tell whether anything is left to draw."""
    if whatif.draws == "none":
        return False
    from cisim.study.calibrated import calibrated_for

    scenario, stated = whatif.scenario, set(whatif.common)
    declared = [one.name for one in scenario.uncertainties if one.name not in stated]
    if whatif.draws == "scenario" or declared:
        return bool(declared)
    return calibrated_for(scenario, stated) is not None


@dataclass(frozen=True, slots=True)
class Run:
    """What a what-if keeps of one run.

    Attributes
    ----------
    outcomes : (n_outcomes,) float64
        In the order of `cisim.result.OUTCOMES`.
    months : (n_series + 1, n_months) float64
        Columns `SERIES`, then all money spent in the month, usd.
    groups : (n_groups,) float64
        The indicator of each group, mean of the last year.
    """

    outcomes: F
    months: F
    groups: F

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return self.outcomes.nbytes + self.months.nbytes + self.groups.nbytes

    def outcome(self, name: str) -> float:
        """Return one outcome."""
        return float(self.outcomes[OUTCOMES.index(name)])


def run_of(scenario: Scenario, seed: int) -> Run:
    """Simulate one run."""
    world = engine.run_world(scenario, seed)
    found = summarise(world.series, world.by_group, scenario)
    months = np.concatenate([world.series[:, _KEPT].T, world.series[:, _USD].sum(axis=1)[None]])
    return Run(np.array([found[name] for name in OUTCOMES]), months, world.by_group[-12:].mean(axis=0))


Pair = tuple[Run, Run]


@lru_cache(maxsize=1)
def _version() -> str:
    """Return the version of the model, read once: sources that change while a program runs do not change it."""
    return model_version()


class Futures:
    """The futures of one what-if, simulated when asked for.

    Parameters
    ----------
    whatif : WhatIf

    Raises
    ------
    ScenarioError
        If its values contradict one another.

    Examples
    --------
    >>> from cisim.whatif.state import read_whatif
    >>> small = {"n_orgs": 8, "months": 24}
    >>> asked = {"scenario": "null-separable", "regime": "collective", "set": small, "worlds": 8}
    >>> futures = Futures(read_whatif(asked))
    >>> pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(futures.n)]
    >>> futures.answer(pairs)["done"]
    8
    """

    def __init__(self, whatif: WhatIf) -> None:
        self.whatif = whatif
        self.spec: Spec = study_from(study_of(whatif), "what-if", whatif.scenario)
        design = base_design(self.spec)
        assert isinstance(self.spec.worlds, int)  # as `study_of` says
        self._per_point = self.spec.worlds
        self._plan = Plan(self.spec, design, np.full(len(design), self._per_point, dtype=np.int64))
        point, world = np.divmod(np.arange(len(design) * self._per_point), self._per_point)
        self.seeds: list[int] = self._plan.seeds(design["luck"].to_numpy()[point], world).tolist()

    @property
    def n(self) -> int:
        """Number of futures."""
        return len(self.seeds)

    @cached_property
    def keys(self) -> list[tuple[str, str]]:
        """Key of the reference run and of the chosen run of each future; equal keys are equal runs."""
        return [(self.key(i, REFERENCE), self.key(i, CHOSEN)) for i in range(self.n)]

    @cached_property
    def _keyers(self) -> tuple[Keyer, ...]:
        """What hashes the scenarios of each case."""
        return tuple(Keyer(self.spec.cases[case]) for case in CASES)

    def key(self, i: int, case: int) -> str:
        """Return the key of one run (0 reference, 1 chosen)."""
        values = self._plan.settings(i // self._per_point, CASES[case])
        return run_key(self._keyers[case].digest(values), self.seeds[i], _version())

    def scenario(self, i: int, case: int) -> Scenario:
        """Return the scenario of a future in one case (0 reference, 1 chosen)."""
        return self._plan.scenario(i // self._per_point, CASES[case])

    def simulate(self, i: int, case: int) -> Run:
        """Simulate one future in one case; may be called from several threads at once.

        Parameters
        ----------
        i : int
            Future, from 0.
        case : int
            0 reference, 1 chosen.
        """
        return run_of(self.scenario(i, case), self.seeds[i])

    def draws(self, n: int | None = None) -> dict[str, list[Value]]:
        """Return the values drawn in the first `n` futures, by parameter, all unless told."""
        names = [factor.name for factor in self.spec.uncertain]
        stop = self.n if n is None else n
        return {name: self._plan.design[name].tolist()[:stop] for name in names}

    def answer(self, pairs: Sequence[Pair]) -> dict[str, Any]:
        """Return what the first futures tell; see `cisim.whatif.answer`.

        Parameters
        ----------
        pairs : sequence of (Run, Run)
            Reference and chosen run of futures 0, 1, ..., at least two.
        """
        from cisim.whatif.answer import answer

        return answer(self, pairs)

    def detail(self, i: int) -> dict[str, Any]:
        """Return one future in full; see `cisim.whatif.detail`."""
        from cisim.whatif.detail import detail

        return detail(self, i)
