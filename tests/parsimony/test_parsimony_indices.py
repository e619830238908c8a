from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from cisim.parsimony.design import Values, design_of, joined, run_design
from cisim.parsimony.indices import Indices, indices_of
from cisim.parsimony.inputs import Input

SD = 3.92
"""Widths of a 95 % interval of a normal estimate, in standard errors."""


def around(low: float, high: float, u: Any) -> Any:
    return low + u * (high - low)


def inputs(names: str, low: float = 0.0, high: float = 1.0) -> list[Input]:
    return [Input(name, partial(around, low, high)) for name in names]


def columns(points: Sequence[Values], names: str) -> list[Any]:
    return [np.array([point[name] for point in points]) for name in names]


def ishigami(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
    a, b, c = columns(points, "abc")
    return (np.sin(a) + 7.0 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))[:, None]


def luck_of(seeds: Sequence[int]) -> Any:
    return np.array([np.random.default_rng(seed).normal() for seed in seeds])


def lucky(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
    """X shifts the mean, y only what luck does: a + z b, z standard normal; c is a dummy."""
    x, y = columns(points, "xy")
    return (x + (1.0 + 2.0 * y) * luck_of(seeds))[:, None]


def found(model: Any, names: str, n: int, seed: int = 1, groups: Any = None, **range_: float) -> Indices:
    design = design_of(inputs(names, **range_), n, seed, groups)
    runs = run_design(design, ["one"], model)
    return indices_of(runs.base[0], runs.swapped[0], seed=seed)


def test_ishigami_total_indices() -> None:
    """Analytic values (Ishigami & Homma 1990); four standard errors, so wrong in 1 of 4,000 seeds."""
    got = found(ishigami, "abcd", 3000, groups={"ac": "ac"}, low=-np.pi, high=np.pi)
    truth = np.array([0.5576, 0.4424, 0.2437, 0.0, 0.5576])
    error = (got.high - got.low)[:, 0] / SD
    assert (np.abs(got.total[:, 0] - truth) <= 4.0 * error + 1e-12).all()
    assert (error[:3] < 0.025).all()


def test_a_dummy_is_exactly_nothing_and_never_moves() -> None:
    got = found(ishigami, "abcd", 50)
    assert (got.total[3, 0], got.low[3, 0], got.high[3, 0], got.moved[3, 0]) == (0.0, 0.0, 0.0, 0.0)
    assert (got.moved[:3, 0] == 1.0).all()


def test_without_luck_all_of_an_index_lasts() -> None:
    got = found(ishigami, "abcd", 200)
    np.testing.assert_allclose(got.lasting, got.total)
    assert got.luck[0] == 0.0


def test_what_an_input_does_through_luck_is_in_the_total_but_does_not_last() -> None:
    """Var x = 1/12, E(1 + 2y)² = 13/3, var(2y z) = 1/3; four standard errors of each, 1 of 3,000 seeds."""
    got = found(lucky, "xyc", 4000)
    variance = 1.0 / 12.0 + 13.0 / 3.0
    total = np.array([1.0 / 12.0, 1.0 / 3.0, 0.0]) / variance
    lasting = np.array([1.0 / 12.0, 0.0, 0.0]) / variance
    ends = (got.high - got.low)[:, 0], (got.lasting_high - got.lasting_low)[:, 0]
    assert (np.abs(got.total[:, 0] - total) <= 4.0 * ends[0] / SD + 1e-12).all()
    assert (np.abs(got.lasting[:, 0] - lasting) <= 4.0 * ends[1] / SD + 1e-12).all()
    assert got.low[1, 0] > got.lasting_high[1, 0]
    luck = 13.0 / 3.0 / variance
    assert abs(got.luck[0] - luck) <= 4.0 * (got.luck_high[0] - got.luck_low[0]) / SD


def test_unpaired_luck_would_give_a_dummy_the_index_of_luck() -> None:
    """The negative control of common random numbers."""
    design = design_of(inputs("xyc"), 400, 1)
    fresh = iter(range(10**9))

    def unpaired(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
        return lucky(case, points, [next(fresh) for _ in seeds])

    runs = run_design(design, ["one"], unpaired)
    assert indices_of(runs.base[0], runs.swapped[0]).low[2, 0] > 0.5


def test_a_group_of_all_inputs_explains_everything_but_luck() -> None:
    got = found(ishigami, "abc", 2000, groups={"all": "abc"}, low=-np.pi, high=np.pi)
    assert abs(got.total[3, 0] - 1.0) <= 4.0 * (got.high - got.low)[3, 0] / SD


def test_intervals_cover_about_as_often_as_they_say() -> None:
    """f = a + b, both indices .5; 300 seeds of 64 points. Percentile intervals cover a little less than 95 %;

    below 88 % of 300 has a chance under 1e-4 if the truth is 93 %.
    """

    def plane(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
        return sum(columns(points, "ab"))[:, None]

    hits = 0
    for seed in range(300):
        got = found(plane, "ab", 64, seed)
        hits += got.low[0, 0] <= 0.5 <= got.high[0, 0]
    assert hits >= 0.88 * 300


def test_one_extreme_run_does_not_carry_an_index_far_above_one() -> None:
    def heavy(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
        a, b = columns(points, "ab")
        return (np.exp(12.0 * a**8) + b)[:, None]

    for seed in range(20):
        assert found(heavy, "ab", 40, seed).total[0, 0] <= 2.0


def test_what_never_varies_has_no_index() -> None:
    def flat(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
        return np.ones((len(points), 1))

    got = found(flat, "ab", 10)
    assert np.isnan(got.total).all()
    assert (got.moved == 0.0).all()


def test_a_swap_of_another_case_is_not_made() -> None:
    one, other = Input("a", np.asarray), Input("b", np.asarray, cases=("two",))
    design = design_of([one, other], 20, 1, {"b alone": ("b",)})
    seen: list[tuple[str, frozenset[str]]] = []

    def model(case: str, points: Sequence[Values], seeds: Sequence[int]) -> Any:
        seen.extend((case, frozenset(point)) for point in points)
        return np.array([[sum(point.values())] for point in points])

    runs = run_design(design, ["one", "two"], model)
    assert dict(seen) == {"one": {"a"}, "two": {"a", "b"}}
    assert np.isnan(runs.swapped[0, 1:]).all()
    assert not np.isnan(runs.swapped[1]).any()
    assert np.isnan(indices_of(runs.base[0], runs.swapped[0]).total[1:]).all()
    assert len(seen) == design.n_runs(["one", "two"]) == 2 * 20 * (2 + 4)


def test_parts_of_a_design_are_the_design() -> None:
    design = design_of(inputs("xyc"), 6, 1)
    whole = run_design(design, ["one"], lucky)
    parts = [run_design(design, ["one"], lucky, points=points) for points in (range(4), range(4, 6))]
    np.testing.assert_array_equal(joined(parts).base, whole.base)
    np.testing.assert_array_equal(joined(parts).swapped, whole.swapped)


def test_a_further_input_or_point_moves_nobody_elses_draws() -> None:
    small, large = design_of(inputs("ab"), 5, 3), design_of(inputs("xab"), 9, 3)
    for name in "ab":
        np.testing.assert_array_equal(small.base[name], large.base[name][:5])
        np.testing.assert_array_equal(small.other[name], large.other[name][:5])
    assert small.seeds == large.seeds[:5]
    assert len({seed for pair in large.seeds for seed in pair}) == 18


@pytest.mark.parametrize("seed", [1, 2])
def test_draws_of_inputs_and_of_what_is_swapped_in_are_independent(seed: int) -> None:
    """Correlations of 2,000 draws: six of them beyond 4.5 standard errors has a chance of 4e-5."""
    design = design_of(inputs("ab"), 2000, seed)
    table = np.stack([design.base["a"], design.base["b"], design.other["a"], design.other["b"]])
    correlation = np.corrcoef(table)[np.triu_indices(4, 1)]
    assert (np.abs(correlation) < 4.5 / np.sqrt(2000)).all()
