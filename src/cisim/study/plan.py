"""Which runs a design needs: every point in every case and world, and which of these are one and the same.

A run is keyed by a hash of the resolved parameters, the seed and the version of the model. Runs with equal keys
are simulated once, whatever points they stand for: the reference of a study that varies only levers of another
case is run once per world, not once per point.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.compiled import model_version
from cisim.params import PARAMS, Value
from cisim.rng import world_seed
from cisim.scenario import KNOWN, PARTS, Scenario
from cisim.study.design import values_in
from cisim.study.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

I = npt.NDArray[np.int64]  # noqa: E741 - an array of whole numbers, as F is one of floats
OWN_LUCK = 2**40
"""Number of the first replicate that seeds draws of their own, far from those of worlds."""


@dataclass(frozen=True)
class Jobs:
    """Runs, one entry each: number of point, case and world, seed, and the job that is simulated in its place.

    Attributes
    ----------
    point, case, world, seed : (n_jobs,) int64
        Ordered by point, case, world; `case` is an index into the cases.
    primary : (n_jobs,) int64
        Index of the equal job that is simulated; its own index where it is itself.
    """

    point: I
    case: I
    world: I
    seed: I
    primary: I

    def __len__(self) -> int:
        return self.point.size

    @property
    def to_run(self) -> I:
        """Indices of the jobs that have to be simulated, ordered by point, world and case.

        Paired runs stand side by side, so that a study that is stopped holds as many whole pairs as possible.
        """
        own = np.flatnonzero(self.primary == np.arange(len(self)))
        return own[np.lexsort((self.case[own], self.world[own], self.point[own]))]

    def index_of(self, point: I, case: I, world: I) -> I:
        """Return the index of the jobs with these numbers, -1 where there is none."""
        if not len(self):
            return np.full(point.shape, -1, dtype=np.int64)
        sizes = (int(self.case.max()) + 1, int(self.world.max()) + 1)
        known = (self.point * sizes[0] + self.case) * sizes[1] + self.world  # ascending, as jobs are in order
        asked = (point * sizes[0] + case) * sizes[1] + world
        at = np.minimum(np.searchsorted(known, asked), known.size - 1)
        fits = (known[at] == asked) & (case < sizes[0]) & (world < sizes[1])
        return np.where(fits, at, -1)


class Plan:
    """The runs of a study at one stage.

    Parameters
    ----------
    spec : Spec
    design : DataFrame
        As returned by `cisim.study.design.base_design`.
    worlds : (n_points,) int64
        Worlds of each point.
    """

    def __init__(self, spec: Spec, design: pd.DataFrame, worlds: I) -> None:
        self.spec, self.design, self.worlds = spec, design, worlds
        self.cases = tuple(spec.cases)
        self._columns = {name: design[name].to_numpy() for name in design.columns}

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.design)

    def settings(self, point: int, case: str) -> dict[str, Any]:
        """Return the parameters that a point sets in a case."""
        return values_in(self.spec, case, {name: values[point] for name, values in self._columns.items()})

    def scenario(self, point: int, case: str) -> Scenario:
        """Return the scenario of a point in a case.

        Raises
        ------
        ScenarioError
            If its values contradict one another.
        """
        values = self.settings(point, case)
        base = self.spec.cases[case]
        return base.with_(**values) if values else base

    @cached_property
    def variants(self) -> I:
        """Which scenario each case has at each point, (n_cases, n_points): equal numbers are equal scenarios."""
        found = np.empty((len(self.cases), self.n_points), dtype=np.int64)
        known: dict[bytes, int] = {}
        for c, case in enumerate(self.cases):
            names = [factor.name for factor in self.spec.factors if case in factor.cases]
            first, which = _distinct([self._columns[name] for name in names], self.n_points)
            keyer = Keyer(self.spec.cases[case])
            digests = (keyer.digest(self.settings(int(point), case)) for point in first)
            numbers = np.array([known.setdefault(digest, len(known)) for digest in digests], dtype=np.int64)
            found[c] = numbers[which]
        return found

    @cached_property
    def jobs(self) -> Jobs:
        """Every run the study needs."""
        n_cases = len(self.cases)
        per_point = self.worlds * n_cases
        point = np.repeat(np.arange(self.n_points), per_point)
        within = np.arange(point.size) - np.repeat(np.cumsum(per_point) - per_point, per_point)
        case, world = np.divmod(within, np.repeat(self.worlds, per_point))
        luck = self._columns["luck"][point]
        most = int(self.worlds.max()) if self.worlds.size else 0
        code = (self.variants[case, point] * (int(luck.max(initial=0)) + 1) + luck) * max(1, most) + world
        _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
        return Jobs(point, case, world, self.seeds(luck, world), first[inverse.reshape(-1)])

    def seeds(self, luck: I, world: I) -> I:
        """Return the seed of each run: of its world, in the luck of its point."""
        lucks, which = np.unique(luck, return_inverse=True)
        keys = [
            self.spec.seed if one == 0 else world_seed(self.spec.seed, OWN_LUCK + int(one)) for one in lucks
        ]
        return world_seeds(np.array(keys, dtype=np.uint64)[which.reshape(-1)], world)


def _distinct(columns: Sequence[npt.NDArray[Any]], n: int) -> tuple[I, I]:
    """Return the first row of each distinct combination of columns, and which combination each row has."""
    if not columns:
        return np.zeros(min(n, 1), dtype=np.int64), np.zeros(n, dtype=np.int64)
    code = np.zeros(n, dtype=np.int64)
    for values in columns:
        _, number = np.unique(values, return_inverse=True)
        _, code = np.unique(code * (int(number.max()) + 1) + number.reshape(-1), return_inverse=True)
        code = code.reshape(-1)
    _, first = np.unique(code, return_index=True)
    return first.astype(np.int64), code


def world_seeds(keys: npt.NDArray[np.uint64], worlds: I) -> I:
    """Return `cisim.rng.world_seed` of many keys and worlds at once.

    Examples
    --------
    >>> int(world_seeds(np.array([7], np.uint64), np.array([3]))[0]) == world_seed(7, 3)
    True
    """
    step = np.uint64(0x9E3779B97F4A7C15)
    mixed = _mix(keys) + worlds.astype(np.uint64) * step
    return (_mix(mixed) >> np.uint64(11)).astype(np.int64)


def _mix(word: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scramble 64 bits one to one (the finaliser of splitmix64), as `cisim.rng` does; products wrap around."""
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


class Keyer:
    """Hashes of the scenarios that changes of some parameters make of one scenario.

    Everything that matters to results is hashed: the record of parameters that compiled rules read, and the
    indicator, groups, drivers and links, known organisations and ties.
    """

    def __init__(self, scenario: Scenario) -> None:
        stated = scenario.to_dict()
        parts = {part: stated[part] for part in ("indicator", *PARTS, *KNOWN) if part in stated}
        self._parts = json.dumps(parts, sort_keys=True).encode()
        self._record = scenario.record

    def digest(self, values: dict[str, Value]) -> bytes:
        """Return 16 bytes that name the scenario with `values` changed."""
        record = self._record.copy()
        for name, value in values.items():
            record[name][0] = PARAMS[name].code(value)
        return hashlib.blake2b(self._parts + record.tobytes(), digest_size=16).digest()


def run_key(digest: bytes, seed: int, model: str) -> str:
    """Return the key of a run: 32 hexadecimal digits of scenario, seed and version of the model."""
    return hashlib.blake2b(digest + seed.to_bytes(8, "little") + model.encode(), digest_size=16).hexdigest()


def key_of(scenario: Scenario, seed: int) -> str:
    """Return the key under which a study stores the run of a scenario with a seed.

    Examples
    --------
    >>> from cisim.scenario import load
    >>> one, same = load("generic-adaptive"), load("generic-adaptive").with_(name="another name")
    >>> key_of(one, 7) == key_of(same, 7), key_of(one, 7) == key_of(one, 8)
    (True, False)
    """
    return run_key(Keyer(scenario).digest({}), seed, model_version())
