"""How many worlds: Stein's two-stage rule covers as stated, the tempting rule does not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cisim.scenario import load
from cisim.statistics import means, t_quantile
from cisim.study.stopping import Precision, distance, interval, reached, two_stage, worlds_needed

STUDIES = 20_000
MOST = 600
# An observed share of 20,000 studies lies further than four standard errors from a true one in 6 of 100,000
# seeds; the seeds here are fixed, so a test that passes keeps passing.
FOUR = 4.0 * math.sqrt(0.95 * 0.05 / STUDIES)


def sample(kind: str, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Any, float, float]:
    """Differences, their true mean and standard deviation."""
    if kind == "normal":
        return 3.0 + 2.0 * rng.standard_normal(shape), 3.0, 2.0
    if kind == "lognormal":  # sd of the log 0.5: skewness 1.75
        q = math.exp(0.25)
        return rng.lognormal(0.0, 0.5, shape), math.exp(0.125), math.sqrt((q - 1.0) * q)
    share = {"half": 0.5, "rare": 0.05}[kind]
    return (rng.random(shape) < share).astype(float), share, math.sqrt(share * (1.0 - share))


def simulate(kind: str, pilot: int, seed: int, aim: float = 60.0) -> dict[str, float]:
    """Shares of studies whose interval holds the true mean: Stein's, a fixed half-width, and the naive rule's."""
    rng = np.random.default_rng(seed)
    found = dict.fromkeys(("stein", "fixed", "naive", "short", "n"), 0.0)
    block = 1000
    for _ in range(STUDIES // block):
        x, mean, sd = sample(kind, rng, (block, MOST))
        h = 1.96 * sd / math.sqrt(aim)
        row = np.arange(block)
        count = np.arange(1, MOST + 1)
        running = x.cumsum(axis=1) / count
        t = t_quantile(0.95, pilot - 1)
        s = x[:, :pilot].std(axis=1, ddof=1)
        n = np.clip(np.ceil((t * s / h) ** 2), pilot, MOST).astype(int)
        error, reach = np.abs(running[row, n - 1] - mean), t * s / np.sqrt(n)
        found["stein"] += float((error <= reach).sum()) / STUDIES
        uncut = n < MOST
        found["fixed"] += float((error[uncut] <= h).sum() + (error[~uncut] <= reach[~uncut]).sum()) / STUDIES
        found["short"] += float((reach[uncut] <= h * (1 + 1e-12)).all())
        found["n"] += float(n.sum()) / STUDIES
        # the naive rule: look after every world from the pilot on, stop once the usual interval is short enough
        spread = np.sqrt(
            np.maximum((x**2).cumsum(axis=1) - count * running**2, 0.0) / np.maximum(count - 1, 1)
        )
        every = np.array([0.0, *(t_quantile(0.95, k) for k in range(1, MOST))]) * spread / np.sqrt(count)
        every[:, : pilot - 1] = math.inf
        stop = np.argmax(every <= h, axis=1)
        found["naive"] += float((np.abs(running[row, stop] - mean) <= every[row, stop]).sum()) / STUDIES
    return found


@pytest.mark.parametrize(("pilot", "aim", "seed"), [(5, 20.0, 1), (10, 20.0, 1), (20, 60.0, 2)])
def test_normal_differences_are_covered_as_stated(pilot: int, aim: float, seed: int) -> None:
    """Error rates: 6 in 100,000 seeds for the first line, 3 in 100,000 for the second, none for the third."""
    found = simulate("normal", pilot, seed, aim)
    assert abs(found["stein"] - 0.95) < FOUR
    assert found["fixed"] > 0.95 - FOUR  # mean +- h, which is never shorter, covers at least as often
    assert found["short"] == STUDIES // 1000  # every interval of every block


@pytest.mark.parametrize(("pilot", "most"), [(5, 0.935), (10, 0.945)])
def test_stopping_when_the_interval_looks_short_enough_covers_less(pilot: int, most: float) -> None:
    """Negative control in the same worlds: 0.923 and 0.935 seen, five or more standard errors under `most`."""
    found = simulate("normal", pilot, 1, 20.0)
    assert found["naive"] < most < found["stein"]


def test_other_differences_are_covered_as_the_module_says() -> None:
    """Shares seen: 0.92 (skewed), 0.96 (half 0, half 1), 0.63 (1 in 5 % of worlds); margins are eight errors."""
    assert abs(simulate("lognormal", 20, 3)["stein"] - 0.919) < 0.016
    assert abs(simulate("half", 20, 4)["stein"] - 0.959) < 0.012
    rare = simulate("rare", 20, 5)["stein"]
    assert abs(rare - 0.633) < 0.028
    assert rare < 0.7  # the honest bad news: a pilot of 20 does not do for rare events


def test_the_module_computes_what_was_simulated() -> None:
    """The functions agree with the formulas written out above, world for world; nothing random is asserted."""
    rng = np.random.default_rng(6)
    asked = []
    for _ in range(200):
        x, _, sd = sample("normal", rng, (1, MOST))
        h = 1.96 * sd / math.sqrt(60.0)
        n = worlds_needed(x[0, :20], Precision(half_width=h, most=MOST))
        t, s = (
            2.0930240544,
            float(np.std(x[0, :20], ddof=1)),
        )  # t of 19 degrees of freedom, from a printed table
        assert n == max(20, math.ceil((t * s / h) ** 2))
        low, high = interval(x[0, :n], 20)
        assert (low + high) / 2 == pytest.approx(x[0, :n].mean(), abs=1e-12)
        assert (high - low) / 2 == pytest.approx(t * s / math.sqrt(n), rel=1e-9)
        assert (high - low) / 2 <= h * (1 + 1e-12)
        assert reached(x[0, :n], 20, Precision(half_width=h))
        asked.append(n)
    assert min(asked) < 50 < 90 < max(asked)  # the rule really adapts


def test_several_cases_get_the_worlds_of_the_neediest_and_each_keeps_its_coverage() -> None:
    """Two correlated cases; error rate of each line 6 in 100,000 seeds."""
    rng = np.random.default_rng(8)
    one = rng.standard_normal((20, 1))
    both = np.hstack([one, 3.0 * one])
    p = Precision(half_width=0.5)
    assert worlds_needed(both, p) == worlds_needed(both[:, 1], p) > worlds_needed(both[:, 0], p)

    z = rng.standard_normal((STUDIES, 300, 1))
    x = np.concatenate([z, 0.6 * z + 0.8 * rng.standard_normal((STUDIES, 300, 1))], axis=2)
    t = t_quantile(0.95, 9)
    s = x[:, :10].std(axis=1, ddof=1)
    n = np.clip(np.ceil((t * s.max(axis=1) / 0.4) ** 2), 10, 300).astype(int)
    mean = (x * (np.arange(300)[None, :, None] < n[:, None, None])).sum(axis=1) / n[:, None]
    covered = (np.abs(mean) <= t * s / np.sqrt(n)[:, None]).mean(axis=0)
    assert np.abs(covered - 0.95).max() < FOUR


def test_equal_differences_need_no_more_than_the_pilot_and_have_no_width() -> None:
    p = Precision(half_width=0.01)
    assert worlds_needed(np.full(20, 0.1), p) == 20
    assert interval(np.full(20, 0.1), 20) == (0.1, 0.1)
    assert reached(np.full(20, 0.1), 20, p)


def test_an_even_pilot_proved_wrong_by_later_worlds_gets_the_usual_interval() -> None:
    values = np.array([1.0] * 5 + [2.0, 3.0, 1.5])
    whole = means(values)
    assert interval(values, 5) == pytest.approx((float(whole.low), float(whole.high)))
    assert float(whole.low) < float(whole.high)


def test_columns_are_treated_one_by_one() -> None:
    rng = np.random.default_rng(9)
    values = rng.standard_normal((30, 4)) * np.array([1.0, 2.0, 0.0, 5.0])
    table = two_stage(values, 20)
    for k in range(4):
        assert interval(values[:, k], 20) == pytest.approx((table.low[k], table.high[k]))
    assert table.worlds == 30


def test_only_the_pilot_sets_the_width() -> None:
    rng = np.random.default_rng(10)
    values = rng.standard_normal(50)
    wild = values.copy()
    wild[20:] *= 100.0
    width, other = interval(values, 20), interval(wild, 20)
    assert width.high - width.low == pytest.approx(other.high - other.low)
    assert width.low != other.low


def test_the_most_worlds_are_never_exceeded_and_it_shows() -> None:
    pilot = np.array([-100.0, 100.0] * 10)
    p = Precision(half_width=1e-9, most=40)
    assert worlds_needed(pilot, p) == 40
    assert not reached(np.tile(pilot, 2), 20, p)
    assert worlds_needed(pilot, Precision(half_width=1e-300)) == 2000
    assert worlds_needed(np.tile(pilot, 5), p) == 100  # a pilot that has been run is not undone


def test_relative_precision_refers_to_what_is_known_beforehand() -> None:
    scenario = load("infant-mortality")
    assert distance(scenario) == pytest.approx(10.0)
    pilot = np.random.default_rng(11).standard_normal(20)
    relative, absolute = Precision(relative=0.03), Precision(half_width=0.3)
    assert worlds_needed(pilot, relative, distance(scenario)) == worlds_needed(pilot, absolute) > 20
    assert worlds_needed(pilot + 1000.0, relative, 10.0) == worlds_needed(pilot, relative, 10.0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "half_width: None, relative: None; give exactly one"),
        ({"half_width": 1.0, "relative": 0.1}, "half_width: 1.0, relative: 0.1; give exactly one"),
        ({"half_width": 0.0}, "half_width: 0.0 is not allowed; a number above 0"),
        ({"half_width": math.nan}, "half_width: nan"),
        ({"relative": math.inf}, "relative: inf"),
        ({"half_width": 1.0, "pilot": 1}, "pilot: 1 is not allowed; at least 2"),
        ({"half_width": 1.0, "most": 5}, "most: 5 is not allowed; at least the pilot's 20"),
        ({"half_width": 1.0, "level": 95.0}, "level: 95.0 is not allowed"),
    ],
)
def test_a_precision_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Precision(**fields)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="pilot: not finite in 1 of 3 worlds"):
        worlds_needed([1.0, 2.0, bad], Precision(half_width=1.0))
    with pytest.raises(ValueError, match="values: not finite in 1 of 3 worlds"):
        interval([1.0, 2.0, bad], 2)


def test_impossible_pilots_and_missing_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="n_pilot: 1 is not allowed; 2 to 3"):
        interval([1.0, 2.0, 3.0], 1)
    with pytest.raises(ValueError, match="n_pilot: 4 is not allowed; 2 to 3"):
        interval([1.0, 2.0, 3.0], 4)
    with pytest.raises(ValueError, match="pilot: 1 worlds; an interval needs at least 2"):
        worlds_needed([1.0], Precision(half_width=1.0))
    for scale in (None, 0.0, math.nan):
        with pytest.raises(ValueError, match=r"scale: .* is not allowed with relative: 0.1"):
            worlds_needed([1.0, 2.0], Precision(relative=0.1), scale)
