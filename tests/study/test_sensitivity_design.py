"""Samples: their shape, which rows share luck, and that larger samples start with smaller ones."""

from __future__ import annotations

import numpy as np
import pytest

from cisim.study.sensitivity.design import (
    BLOCK_METHODS,
    DGSM_STEP,
    LEAST,
    METHODS,
    MORRIS_PLACES,
    rows_of,
    sample,
)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_factors", [1, 5])
def test_shape_range_and_rows(method, n_factors):
    made = sample(method, n_factors, 128, seed=3)
    assert made.u.shape == (rows_of(method, n_factors, 128), n_factors)
    assert made.luck.shape == (len(made.u),)
    assert made.u.min() >= 0.0
    assert made.u.max() < 1.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("second_order", [True, False])
def test_a_larger_sample_starts_with_the_smaller_one(method, second_order):
    small, large = (sample(method, 4, n, seed=9, second_order=second_order) for n in (128, 256))
    assert len(large.u) == 2 * len(small.u)
    assert (large.u[: len(small.u)] == small.u).all()
    assert (large.luck[: len(small.u)] == small.luck).all()
    assert not np.isin(large.luck[len(small.u) :], small.luck).any()


@pytest.mark.parametrize("method", [m for m in METHODS if m != "sobol"])
def test_other_methods_grow_by_any_number(method):
    small, large = sample(method, 3, 110, seed=9), sample(method, 3, 157, seed=9)
    assert (large.u[: len(small.u)] == small.u).all()


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bits_and_other_seed_other_points(method):
    one, again, other = (sample(method, 3, 128, seed=s) for s in (1, 1, 2))
    assert (one.u == again.u).all()
    assert (one.u != other.u).any()


@pytest.mark.parametrize("method", METHODS)
def test_samples_leave_global_random_numbers_alone(method):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - it is what must not change
    sample(method, 3, 128, seed=1)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("second_order", [True, False])
def test_sobol_rows_of_equal_luck_differ_in_one_factor_from_their_base(second_order):
    k = 4
    made = sample("sobol", k, 16, seed=1, second_order=second_order)
    u = made.u.reshape(16, -1, k)
    luck = made.luck.reshape(16, -1)
    a, b = u[:, 0], u[:, -1]
    assert (a != b).all()
    for j in range(k):
        others = [i for i in range(k) if i != j]
        assert (u[:, 1 + j, j] == b[:, j]).all()
        assert (u[:, 1 + j][:, others] == a[:, others]).all()
        assert (luck[:, 1 + j] == luck[:, 0]).all()
        if second_order:
            assert (u[:, 1 + k + j, j] == a[:, j]).all()
            assert (u[:, 1 + k + j][:, others] == b[:, others]).all()
            assert (luck[:, 1 + k + j] == luck[:, -1]).all()
    assert np.unique(luck[:, [0, -1]]).size == 32


def test_morris_moves_every_factor_once_in_one_luck():
    made = sample("morris", 5, 40, seed=1)
    moves = np.diff(made.u.reshape(40, 6, 5), axis=1)
    assert ((moves != 0.0).sum(axis=2) == 1).all()
    assert ((moves != 0.0).sum(axis=1) == 1).all()
    assert np.abs(moves[moves != 0.0]) == pytest.approx(0.6)
    assert np.isin(made.u, MORRIS_PLACES).all()
    assert (made.luck == np.repeat(np.arange(40), 6)).all()


def test_morris_visits_all_levels_of_all_factors():
    made = sample("morris", 3, 200, seed=1)
    # 200 trajectories miss one of four levels with a chance below 1e-20.
    assert all(np.unique(column).size == 4 for column in made.u.T)


def test_dgsm_steps_stay_inside_and_move_one_factor():
    made = sample("dgsm", 3, 64, seed=1)
    u = made.u.reshape(64, 4, 3)
    steps = u[:, 1:] - u[:, :1]
    assert np.abs(np.einsum("ijj->ij", steps)) == pytest.approx(DGSM_STEP)
    assert (np.abs(steps).sum(axis=2) < DGSM_STEP * 1.01).all()
    assert (made.luck.reshape(64, 4) == np.arange(64)[:, None]).all()


@pytest.mark.parametrize("method", [m for m in METHODS if m not in BLOCK_METHODS])
def test_rows_without_blocks_have_luck_of_their_own(method):
    assert (sample(method, 3, 120, seed=1).luck == np.arange(120)).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_factor_is_spread_over_its_distribution(method):
    made = sample(method, 4, 256, seed=5)
    # The mean of 256 uniform numbers is further than 5 standard errors off in fewer than 1 of 1e6 samples.
    assert np.abs(made.u.mean(axis=0) - 0.5).max() < 5.0 * 0.29 / 16.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fast", 3, 64, 1), "method: 'fast' is not one of morris"),
        (("sobol", 3, 100, 1), "n: 100 is not allowed for sobol; a power of two, such as 64 or 128"),
        (("sobol", 3, 4, 1), "n: 4 is not allowed for sobol; a whole number of at least 8"),
        (("morris", 3, True, 1), "n: True is not allowed"),
        (("pawn", 3, LEAST["pawn"] - 1, 1), "at least 100"),
        (("morris", 0, 10, 1), "n_factors: 0 is not allowed"),
        (("morris", 3, 10, -1), "seed: -1 is not allowed"),
    ],
)
def test_what_is_not_allowed_is_said(arguments, words):
    with pytest.raises(ValueError, match=words):
        sample(*arguments)


def test_a_hyphen_is_understood():
    assert (sample("rbd-fast", 2, 100, 1).u == sample("rbd_fast", 2, 100, 1).u).all()
    assert rows_of("rbd-fast", 2, 100) == 100
