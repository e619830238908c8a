"""The design: radial, one swap at a time, with common random numbers and two worlds for every point.

A base point is a joint draw of all inputs. For every input, and for every group of inputs, one more point differs
from it in these inputs alone, whose values come from an independent draw. All points around a base point live in
the same two worlds, so that a difference is never due to luck, and the two base runs differ in luck alone.

References
----------
Jansen (1999), Analysis of variance designs for model output, Computer Physics Communications 117, 35-43, for the
estimator; Campolongo, Saltelli & Cariboni (2011), From screening to quantitative sensitivity analysis, Computer
Physics Communications 182(4), 978-988, for radial designs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cisim.parsimony.inputs import F, Input
from cisim.rng import world_seed

TWINS = 2
"""Worlds of every point."""
BASE, OTHER = 0, 1

Values = dict[str, Any]
Model = Callable[[str, Sequence[Values], Sequence[int]], F]
"""From a case, points and seeds (n each) to responses (n, n_responses)."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Inputs that change together, and the cases (empty: all) in which they vary."""

    name: str
    members: tuple[str, ...]
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    """What is run.

    Attributes
    ----------
    inputs : tuple of Input
    swaps : tuple of Swap
    base, other : dict of str to (n_points,) ndarray
        Values of the base points and those that are swapped in.
    seeds : list of (int, int)
        The two worlds of each base point.
    """

    inputs: tuple[Input, ...]
    swaps: tuple[Swap, ...]
    base: dict[str, npt.NDArray[Any]]
    other: dict[str, npt.NDArray[Any]]
    seeds: list[tuple[int, int]]

    @property
    def n_points(self) -> int:
        """Base points."""
        return len(self.seeds)

    def point(self, i: int, case: str, swap: Swap | None = None) -> Values:
        """Return the values of base point `i` in a case, or of its neighbour after a swap."""
        swapped = set(swap.members) if swap else set()
        return {
            one.name: plain((self.other if one.name in swapped else self.base)[one.name][i])
            for one in self.inputs
            if varies(one, case)
        }

    def swaps_in(self, case: str) -> list[int]:
        """Return the places of the swaps that are made in a case."""
        return [k for k, swap in enumerate(self.swaps) if varies(swap, case)]

    def n_runs(self, cases: Sequence[str]) -> int:
        """Return the number of runs that all cases take."""
        return sum(TWINS * self.n_points * (1 + len(self.swaps_in(case))) for case in cases)


@dataclass(frozen=True)
class Runs:
    """What came out.

    Attributes
    ----------
    base : (n_cases, n_points, 2, n_responses) ndarray
    swapped : (n_cases, n_swaps, n_points, 2, n_responses) ndarray
        NaN where a swap is not made in a case.
    """

    base: F
    swapped: F


def varies(one: Input | Swap, case: str) -> bool:
    """Tell whether an input or swap belongs to a case."""
    return not one.cases or case in one.cases


def plain(value: Any) -> Any:
    """Return a number or name without its array type."""
    return value.item() if isinstance(value, np.generic) else value


def design_of(
    inputs: Sequence[Input], n_points: int, seed: int, groups: Mapping[str, Sequence[str]] | None = None
) -> Design:
    """Draw a design.

    Parameters
    ----------
    inputs : sequence of Input
    n_points : int
        Base points.
    seed : int
        Draws are keyed by it and by the name of the input, so that a further input moves nobody else's.
    groups : mapping of str to names, optional
        Inputs that are also swapped together.

    Returns
    -------
    Design

    Examples
    --------
    >>> x = Input("x", np.asarray)
    >>> design = design_of([x], 3, 1)
    >>> design.point(0, "any") == design.point(0, "any", design.swaps[0]), design.n_runs(["any"])
    (False, 12)
    """
    base = {one.name: one.at(_draws(seed, BASE, one.block or one.name, n_points)) for one in inputs}
    other = {one.name: one.at(_draws(seed, OTHER, one.name, n_points)) for one in inputs}
    swaps = [Swap(one.name, (one.name,), one.cases) for one in inputs]
    named = {one.name: one for one in inputs}
    for name, members in (groups or {}).items():
        own = tuple(named[member] for member in members)
        swaps.append(Swap(name, tuple(members), _common_cases(own)))
    seeds = [(world_seed(seed, 2 * i), world_seed(seed, 2 * i + 1)) for i in range(n_points)]
    return Design(tuple(inputs), tuple(swaps), base, other, seeds)


def _common_cases(members: Sequence[Input]) -> tuple[str, ...]:
    """Return the cases in which any member varies; empty for all."""
    if any(not one.cases for one in members):
        return ()
    return tuple(dict.fromkeys(case for one in members for case in one.cases))


def _draws(seed: int, which: int, name: str, n: int) -> F:
    """Return `n` probabilities keyed by seed, draw and name."""
    return np.random.default_rng([seed, which, *name.encode()]).random(n)


def run_design(
    design: Design,
    cases: Sequence[str],
    model: Model,
    *,
    points: range | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Runs:
    """Run a design, or some of its base points.

    Parameters
    ----------
    design : Design
    cases : sequence of str
    model : callable
        See `Model`.
    points : range, optional
        Base points to run; all by default.
    on_done : callable, optional
        Called with the number of runs finished by this call so far.

    Returns
    -------
    Runs
    """
    done, parts = 0, []
    for i in points if points is not None else range(design.n_points):
        found = []
        for case in cases:
            found.append(_around(design, i, case, model))
            done += TWINS * (1 + len(design.swaps_in(case)))
            if on_done:
                on_done(done)
        base, swapped = (np.stack(part) for part in zip(*found, strict=True))
        parts.append(Runs(base[:, None], swapped[:, :, None]))
    return joined(parts)


def _around(design: Design, i: int, case: str, model: Model) -> tuple[F, F]:
    """Run base point `i` and its neighbours in a case: (2, n_responses) and (n_swaps, 2, n_responses)."""
    made = design.swaps_in(case)
    points = [design.point(i, case), *(design.point(i, case, design.swaps[k]) for k in made)]
    seeds = [seed for seed in design.seeds[i] for _ in points]
    found = model(case, points * TWINS, seeds).reshape(TWINS, len(points), -1).swapaxes(0, 1)
    swapped = np.full((len(design.swaps), *found.shape[1:]), np.nan)
    swapped[made] = found[1:]
    return found[0], swapped


def joined(parts: Sequence[Runs]) -> Runs:
    """Return the runs of parts of a design, put together in their order."""
    base = np.concatenate([part.base for part in parts], axis=1)
    return Runs(base, np.concatenate([part.swapped for part in parts], axis=2))
