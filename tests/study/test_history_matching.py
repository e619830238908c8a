"""History matching finds posteriors that are known, says when nothing fits, and is the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from cisim.study.calibration.emulator import fit_emulator
from cisim.study.calibration.history_matching import HistoryMatching
from cisim.study.calibration.space import low_place, slice_moves
from cisim.study.calibration.waves import (
    Wave,
    checked,
    keyed,
    latin_hypercube,
    quantiles,
    systematic,
)

MATRIX = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -0.5], [0.3, 0.0, 1.0], [1.0, 1.0, 1.0]])
TRUE = np.array([0.4, 0.6, 0.55])
TOLERANCE = np.array([0.05, 0.05, 0.06, 0.1])


def linear(u):
    return (u - 0.5) @ MATRIX.T


def banana(u):
    x, y = 4.0 * (u - 0.5).T
    return np.stack([x, y - x**2], axis=1)


def run(engine, model, error=1e-6, noise=None):
    history = []
    while (u := engine.ask(history)) is not None:
        values = model(u)
        if noise is not None:
            values = values + error * noise.standard_normal(values.shape)
        history.append(Wave(u, values, np.full(values.shape, error)))
    return history


def analytic(variance):
    """Posterior mean and sd of the linear model under a flat prior that is wide enough."""
    covariance = np.linalg.inv(MATRIX.T @ np.diag(1.0 / variance) @ MATRIX)
    return TRUE, np.sqrt(np.diag(covariance))


def engine_for(**changes):
    chosen = {"seed": 1, "per_wave": 30, "waves": 5, **changes}
    target = chosen.pop("target", linear(TRUE[None])[0])
    return HistoryMatching(3, target, chosen.pop("tolerance", TOLERANCE), **chosen)


def test_a_linear_model_gives_the_analytic_posterior():
    """1,000 draws by slice sampling, worth at least 250: 0.25 sd for means and 18 % for sds are 4 standard errors,
    so an error rate below 1 in 2,000."""
    engine = engine_for()
    history = run(engine, linear)
    u, weights = engine.posterior(history)
    mean, sd = analytic(TOLERANCE**2)
    assert "sure enough" in engine.reason(history)
    assert weights.sum() == pytest.approx(1.0)
    assert np.abs((u.mean(axis=0) - mean) / sd).max() < 0.25
    assert np.abs(u.std(axis=0) / sd - 1.0).max() < 0.18


def test_a_banana_is_found_as_on_a_grid():
    """Against quadrature on 200 x 200 cells; same Monte Carlo error as above, error rate below 1 in 2,000."""
    target, tolerance = np.array([0.4, 0.3]), np.array([0.5, 0.3])
    engine = HistoryMatching(2, target, tolerance, seed=2, per_wave=25, waves=5)
    u, _ = engine.posterior(run(engine, banana))
    side = (np.arange(200) + 0.5) / 200
    grid = np.stack([one.ravel() for one in np.meshgrid(side, side)], axis=1)
    weight = np.exp(-0.5 * (((banana(grid) - target) / tolerance) ** 2).sum(axis=1))
    mean = weight @ grid / weight.sum()
    centred = grid - mean
    covariance = (weight[:, None] * centred).T @ centred / weight.sum()
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((u.mean(axis=0) - mean) / sd).max() < 0.25
    assert np.abs(u.std(axis=0) / sd - 1.0).max() < 0.18
    assert np.corrcoef(u.T)[0, 1] == pytest.approx(covariance[0, 1] / sd.prod(), abs=0.15)


def test_a_target_out_of_reach_empties_the_space_and_is_named():
    target = linear(TRUE[None])[0] + np.array([0.0, 0.0, 0.0, 4.0])
    engine = engine_for(target=target, names=["a", "b", "c", "out of reach"])
    history = run(engine, linear)
    reason = engine.reason(history)
    assert reason.startswith("The space is empty: no parameter values reproduce all targets")
    assert "out of reach by" in reason
    assert engine.misses(history).max() > 3.0
    u, weights = engine.posterior(history)
    assert u.shape == (0, 3)
    assert weights.size == 0
    assert engine.fitted(history).shape == (0, 4)
    assert len(history) == 2  # one wave to confirm, and no more
    reached = engine_for()
    assert "empty" not in reached.reason(run(reached, linear))  # negative control


def test_a_hold_out_target_changes_nothing_but_is_predicted():
    """Its prediction is linear in the draws: equal to the model's own values within the emulator's error."""
    fit = [True, True, True, False]
    one = engine_for(fit=fit)
    other = engine_for(fit=fit, target=linear(TRUE[None])[0] + np.array([0.0, 0.0, 0.0, 50.0]))
    history = run(one, linear)
    np.testing.assert_array_equal(one.posterior(history)[0], other.posterior(history)[0])
    u, _ = one.posterior(history)
    np.testing.assert_allclose(one.fitted(history)[:, 3], linear(u)[:, 3], atol=0.01)
    seen = engine_for()
    assert (
        seen.posterior(history)[0].std(axis=0).sum() < u.std(axis=0).sum()
    )  # negative control: it does tell


def test_noise_of_the_seeds_widens_the_posterior():
    """Analytic sds with the noise variance added to the tolerances' are a lower bound, as the emulator is unsure
    too; 0.8 of it is 4 standard errors of an sd of 1,000 draws worth 250."""
    quiet, noisy = engine_for(), engine_for(waves=3)
    narrow, _ = quiet.posterior(run(quiet, linear))
    wide, _ = noisy.posterior(run(noisy, linear, 0.1, np.random.default_rng(3)))
    _, bound = analytic(TOLERANCE**2 + 0.1**2)
    assert (wide.std(axis=0) > 1.4 * narrow.std(axis=0)).all()
    assert (wide.std(axis=0) > 0.8 * bound).all()
    assert (wide.std(axis=0) < 1.5 * bound).all()


def test_same_history_same_bits_in_any_order_of_rows():
    engine = engine_for(waves=2, draws=100, certain=1e-9)
    history = run(engine, linear, 0.02, np.random.default_rng(1))
    mixed = []
    for wave in history:
        order = np.random.default_rng(9).permutation(wave.u.shape[0])
        mixed.append(Wave(*(array[order] for array in wave)))
    again = engine_for(waves=2, draws=100, certain=1e-9)
    np.testing.assert_array_equal(again.posterior(mixed)[0], engine.posterior(history)[0])
    np.testing.assert_array_equal(again.ask(mixed[:1]), engine.ask(history[:1]))
    np.testing.assert_array_equal(again.fitted(mixed), engine.fitted(history))
    other = engine_for(waves=2, draws=100, certain=1e-9, seed=2)
    assert not np.array_equal(other.ask([]), engine.ask([]))  # negative control


def test_ranks_of_true_values_are_even():
    """Simulation-based calibration (Talts et al. 2018): 40 true values from the prior, targets with the stated
    discrepancy. Kolmogorov-Smirnov at 0.001 for each of 2 parameters: error rate 0.2 %. Negative control: ranks in
    posteriors of a third the spread are uneven."""
    matrix, tolerance = np.array([[1.0, 0.6], [0.2, -1.0]]), np.array([0.1, 0.1])
    ranks, narrow = [], []
    for k in range(40):
        draws = np.random.default_rng([11, k])
        true = draws.random((1, 2))
        target = ((true - 0.5) @ matrix.T)[0] + tolerance * draws.standard_normal(2)
        engine = HistoryMatching(2, target, tolerance, seed=k, per_wave=12, waves=2, draws=150)
        u, weights = engine.posterior(run(engine, lambda u: (u - 0.5) @ matrix.T))
        ranks.append(weights @ (u < true))
        middle = u.mean(axis=0)
        narrow.append(weights @ (middle + (u - middle) / 3.0 < true))
    assert min(kstest(np.array(ranks)[:, k], "uniform").pvalue for k in range(2)) > 0.001
    assert max(kstest(np.array(narrow)[:, k], "uniform").pvalue for k in range(2)) < 0.001


def test_the_space_has_the_volume_it_should():
    """|u - 0.5| <= 3 * 0.02 is 0.12 of the interval; 4,000 points give it to 0.005, tested at 4 standard errors."""
    engine = HistoryMatching(1, [0.5], [0.02], seed=1, per_wave=10, waves=2)
    place = engine.knowledge(run(engine, lambda u: u)).place
    assert place.share == pytest.approx(0.12, abs=0.02)
    assert np.abs(place.u - 0.5).max() <= 0.0601


def test_the_budget_ends_the_search_in_words():
    engine = engine_for(waves=1)
    history = run(engine, linear)
    assert len(history) == 1
    assert engine.reason(history) == "The budget is used up: all 1 waves were run."


def test_runs_without_a_value_are_left_out():
    engine = engine_for()
    history = [Wave(*(array.copy() for array in wave)) for wave in run(engine, linear)]
    history[0].values[::3, 0] = np.nan
    u, _ = engine.posterior(history)
    assert np.abs(u.mean(axis=0) - TRUE).max() < 0.03


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"per_wave": 9}, "per_wave: 9"), ({"waves": 0}, "waves: 0"), ({"seed": -1}, "seed: -1"),
        ({"cutoff": 0.0}, "cutoff: 0.0"), ({"fit": [False] * 4}, "no target is fitted"),
        ({"tolerance": [0.1, 0.1, 0.0, 0.1]}, "targets_tol"), ({"tolerance": [0.1]}, "shapes"),
        ({"target": [0.0, 1.0, np.nan, 1.0]}, "targets_mean"), ({"names": ["a"]}, "names: 1 for 4"),
        ({"certain": 0.0}, "certain: 0.0"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        engine_for(**change)


def test_bad_histories_are_named():
    engine = engine_for()
    u = engine.ask([])
    with pytest.raises(ValueError, match=r"history\[0\].values: shape"):
        engine.ask([(u, u, u)])
    with pytest.raises(ValueError, match="outside the unit cube"):
        checked([(u + 1.0, u, u)], 3, 3)
    with pytest.raises(ValueError, match="no wave has been run"):
        engine.posterior([])
    with pytest.raises(ValueError, match="target 1: 0 points with a value; an emulator needs 6 or more"):
        engine.reason([(u, np.full((30, 4), np.nan), np.ones((30, 4)))])


# --- parts ---


def test_an_emulator_knows_how_far_off_it_is():
    """Standardised errors at 2,000 new places have a mean square near 1 (0.3 to 3); noise does not fool it."""
    draws = np.random.default_rng(4)
    u = latin_hypercube(60, 2, keyed(1, 0, 0))
    new = draws.random((2000, 2))

    def f(at):
        return np.sin(5.0 * at[:, 0]) + at[:, 0] * at[:, 1] ** 2

    for error in (1e-6, 0.1):
        emulator = fit_emulator(u, f(u) + error * draws.standard_normal(60), np.full(60, error))
        mean, variance = emulator.predict(new)
        assert 0.1 < ((mean - f(new)) ** 2 / variance).mean() < 3.0
        assert np.sqrt(((mean - f(new)) ** 2).mean()) < 0.02 + 0.8 * error
        assert emulator.explained > 0.9
    flat = fit_emulator(u, np.ones(60), np.zeros(60))
    assert flat.predict(new)[0] == pytest.approx(np.ones(2000))


def test_an_emulator_of_noise_alone_explains_nothing():
    """Q2 of pure noise is at most about 0; 0.3 would be 4 standard errors above for 60 runs."""
    u = latin_hypercube(60, 2, keyed(1, 0, 0))
    emulator = fit_emulator(u, np.random.default_rng(1).standard_normal(60), np.full(60, 1.0))
    assert emulator.explained < 0.3


def test_a_tiny_ball_is_found_and_filled_evenly():
    """In a ball of radius 0.02 in 4 dimensions (volume 8e-7) r**4 is uniform: its mean of 500 points worth at least
    150 is 0.5 within 4 standard errors of 0.024."""
    centre = np.array([0.2, 0.8, 0.5, 0.3])
    place = low_place(lambda u: np.sqrt(((u - centre) ** 2).sum(axis=1)), 4, 0.02, 500, keyed(3, 0, 0))
    assert not place.is_empty
    assert ((place.height / 0.02) ** 4).mean() == pytest.approx(0.5, abs=0.095)
    assert place.share == pytest.approx(np.pi**2 / 2 * 0.02**4, rel=0.6)
    assert low_place(lambda u: 1.0 + u[:, 0], 2, 0.5, 100, keyed(3, 0, 0)).is_empty


def test_slice_moves_leave_a_density_as_it_is():
    """Of exp(-10 u) on the unit interval: mean 0.0999; 4,000 points after 30 moves, 4 standard errors are 0.0065."""
    u, _ = slice_moves(lambda u: 10.0 * u[:, 0], *start_at_half(4000), None, keyed(5, 0, 0), 30)
    assert u.mean() == pytest.approx(0.1 - 1.0 / np.expm1(10.0), abs=0.0065)


def start_at_half(n):
    return np.full((n, 1), 0.5), np.full(n, 5.0)


def test_systematic_resampling_is_even_and_never_takes_weight_zero():
    weights = np.array([0.0, 0.2, 0.5, 0.3, 0.0])
    counts = np.bincount(systematic(weights, 1000, seed=4), minlength=5)
    assert np.abs(counts - 1000 * weights).max() <= 1
    np.testing.assert_array_equal(systematic(weights, 9, seed=4), systematic(weights, 9, seed=4))
    for bad in ([-1.0, 2.0], [0.0, 0.0], [np.nan], []):
        with pytest.raises(ValueError, match="weights"):
            systematic(bad, 3, seed=1)


def test_weighted_quantiles_agree_with_repetition():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 5.0])
    many = np.repeat(values, (100 * weights).astype(int))
    assert quantiles(values, weights, [0.5])[0] == pytest.approx(np.quantile(many, 0.5), abs=0.3)
