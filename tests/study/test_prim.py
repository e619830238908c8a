"""The search for boxes: exact cases, a planted box, an independent implementation, and what cannot be searched."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from cisim.study.discovery.boxes import Box, Limit, coded
from cisim.study.discovery.prim import choose, correlation, describe, prim, quasi_p

N = 1000


def _planted(seed: int, n: int = N) -> tuple[pd.DataFrame, np.ndarray]:
    """Cases are 90 % inside a box of four factors (a fifth or so of all points) and 10 % outside it."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({f"u{i}": rng.random(n) for i in range(6)})
    x["k"] = rng.integers(0, 6, n)
    x["c"] = rng.choice(list("abcd"), n)
    inside = (x["u0"] > 0.4) & (x["u1"] < 0.6) & (x["k"] >= 1) & (x["c"] != "a")
    return x, np.asarray(rng.random(n) < np.where(inside, 0.9, 0.1))


def test_a_perfect_box_is_found_exactly():
    x = pd.DataFrame({"dose": np.arange(200.0), "kind": ["a", "b"] * 100})
    y = ((x["dose"] >= 80) & (x["dose"] < 160) & (x["kind"] == "b")).to_numpy()
    box = choose(prim(x, y))
    assert (box.coverage, box.density, box.n_limits) == (1.0, 1.0, 3)
    assert box.limits["kind"].among == {"b"}
    assert box.limits["dose"].low == pytest.approx(
        80.0, abs=1.01
    )  # between the last even and the first odd point
    assert box.limits["dose"].high == pytest.approx(159.5, abs=1.01)
    assert (box.contains(x) == y).all()


def test_levels_are_limits_that_lie_inside():
    x = pd.DataFrame({"level": np.repeat(np.arange(5), 20)})
    box = choose(prim(x, (x["level"] >= 3).to_numpy()))
    assert box.limits == {"level": Limit(low=3.0)}
    assert coded(pd.DataFrame({"few": np.repeat([0.1, 0.2], 50)})).is_continuous == (False,)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_planted_box_is_recovered_and_nothing_else(seed):
    """Five fixed seeds. Of 200 others, all gave these factors and no other, and such limits."""
    x, y = _planted(seed)
    box = choose(prim(x, y))
    assert set(box.limits) == {"u0", "u1", "k", "c"}
    assert box.limits["u0"].low == pytest.approx(0.4, abs=0.08)
    assert box.limits["u1"].high == pytest.approx(0.6, abs=0.08)
    assert (box.limits["k"].low, box.limits["c"].among) == (1.0, {"b", "c", "d"})


def test_peeling_trades_coverage_for_density():
    x, y = _planted(7)
    found = prim(x, y, min_mass=0.1)
    frame = found.to_frame()
    peeled = frame.loc[: frame["points"].idxmin()]
    assert len(peeled) > 10
    assert (peeled["density"].diff().dropna() > 0).all()
    assert (peeled["points"].diff().dropna() < 0).all()
    assert (frame["density"].diff().dropna() >= 0).all()  # pasting does not lower it
    assert frame["mass"].min() >= 0.1
    for box in found.boxes:
        inside = box.contains(x)
        assert (inside.sum(), (inside & y).sum()) == (box.n_inside, box.n_hits)


def test_pasting_takes_back_what_peeling_took_too_much_of():
    """Slices of 30 % overshoot the box; without pasting, coverage would be that of the smallest box peeled."""
    rng = np.random.default_rng(3)
    x = pd.DataFrame({"a": rng.random(400), "b": rng.random(400)})
    y = np.asarray((x["a"] > 0.5) & (x["b"] > 0.5))
    coarse = prim(x, y, peel=0.3, min_mass=0.02)
    smallest = min(box.n_inside for box in coarse.boxes)
    assert coarse.boxes[-1].n_inside > smallest
    assert coarse.boxes[-1].coverage > 0.95 > smallest / y.sum()


def _ema(x, y, **settings):
    """Peel with the independent implementation; return its trajectory, limits and quasi-p-values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import prim as other

        search = other.Prim(x, y.astype(int), threshold=0.5, **settings)
        return search._peel(other.PrimBox(search, search.box_init, search.yi_remaining[:]))


@pytest.mark.parametrize("seed", range(6))
def test_peeling_agrees_with_an_independent_implementation(seed):
    """Floats and categories, where both define the same slices: step by step, to rounding."""
    x, y = _planted(seed, 400)
    x = x.drop(columns="k")
    x["c"] = x["c"].astype(object)
    found, other = prim(x, y, min_mass=0.08), _ema(x, y, mass_min=0.08)
    theirs = other.peeling_trajectory
    ours = found.to_frame().iloc[: len(theirs)]
    assert len(theirs) > 15
    for name, same in (
        ("coverage", "coverage"),
        ("density", "density"),
        ("mass", "mass"),
        ("dimensions", "res_dim"),
    ):
        np.testing.assert_allclose(ours[name].to_numpy(float), theirs[same].to_numpy(float), rtol=1e-12)
    last, limits = found.boxes[len(theirs) - 1], other.box_lims[-1]
    for name, limit in last.limits.items():
        if limit.among is not None:
            assert set(limits[name].iloc[0]) == set(limit.among)
            continue
        for side, row in (("low", 0), ("high", 1)):
            if math.isfinite(getattr(limit, side)):
                assert getattr(limit, side) == pytest.approx(float(limits[name].iloc[row]), rel=1e-12)
    for name, (low, high) in other.qp[-1].items():
        sides = {"among": low} if last.limits[name].among is not None else {"low": low, "high": high}
        for side, p in sides.items():
            if side in last.limits[name].sides():
                assert quasi_p(found, last, name, side) == pytest.approx(float(p), rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_boxes_of_levels_are_near_those_of_an_independent_implementation(seed):
    """Levels are peeled by slightly different rules, so trajectories are compared at equal coverage, to 0.1."""
    x, y = _planted(seed, 600)
    x["c"] = x["c"].astype(object)
    ours, theirs = prim(x, y).to_frame(), _ema(x, y).peeling_trajectory
    at = np.linspace(0.5, 0.95, 10)
    mine = np.interp(at, ours["coverage"][::-1], ours["density"][::-1])
    other = np.interp(at, theirs["coverage"].astype(float)[::-1], theirs["density"].astype(float)[::-1])
    assert np.abs(mine - other).max() < 0.1
    assert mine.max() > 0.55  # both rise well above the share of cases, about 0.3


def test_quasi_p_is_a_one_sided_binomial_test():
    x, y = _planted(11, 300)
    found = prim(x, y)
    box = choose(found)
    assert box.limits
    for name, side in box.sides():
        wider = found.points.inside(found.points.without(box.limits, name, side))
        share = y[wider].mean()
        expected = binomtest(box.n_hits, box.n_inside, share, alternative="greater").pvalue
        assert quasi_p(found, box, name, side) == pytest.approx(expected, rel=1e-9)
        assert expected <= 0.05  # what is not told from chance was given up
    assert {row["factor"] for row in describe(found, box)} == set(box.limits)


def test_the_correlation_is_that_of_two_indicators():
    x, y = _planted(12, 300)
    box = choose(prim(x, y))
    expected = np.corrcoef(box.contains(x), y)[0, 1]
    assert correlation(box) == pytest.approx(expected, rel=1e-12)
    assert correlation(Box({}, 10, 4, 10, 4)) == 0.0


def test_noise_is_seldom_boxed_even_before_the_check():
    """Control: cases are coin tosses. Of 100 seeds at most 12 give a box (measured: 2 to 3 %; error rate < 1e-4)."""
    boxed = 0
    for seed in range(100):
        rng = np.random.default_rng([seed, 5])
        x = pd.DataFrame(rng.random((250, 6)), columns=[f"u{i}" for i in range(6)])
        boxed += bool(choose(prim(x, rng.random(250) < 0.5)).limits)
    assert boxed <= 12


def test_order_of_points_does_not_matter():
    x, y = _planted(9, 500)
    order = np.random.default_rng(1).permutation(500)
    there, back = choose(prim(x, y)), choose(prim(x.iloc[order].reset_index(drop=True), y[order]))
    assert there == back


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"peel": 0.0}, "peel: 0.0 is not allowed"),
        ({"peel": 0.6}, "peel: 0.6"),
        ({"min_mass": 1.0}, "min_mass: 1.0"),
        ({"y": np.ones(40, bool)}, "40 of 40 points are cases"),
        ({"y": np.zeros(40, bool)}, "0 of 40"),
        ({"y": np.zeros(40)}, "booleans"),
        ({"y": np.zeros(39, bool)}, "booleans"),
        ({"x": pd.DataFrame({"a": [np.nan] * 40})}, "40 values of 'a' are missing"),
        ({"x": pd.DataFrame({"a": [np.inf] * 40})}, "infinite"),
        ({"x": pd.DataFrame({"a": []})}, "0 points"),
    ],
)
def test_what_cannot_be_searched_is_said(change, words):
    given = {"x": pd.DataFrame({"a": np.arange(40.0)}), "y": np.arange(40) < 5, **change}
    with pytest.raises(ValueError, match=words):
        prim(given.pop("x"), given.pop("y"), **given)
