"""Population Monte Carlo finds posteriors that are known, says why it stops, and is the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from cisim.study.calibration.abc_smc import AbcSmc
from cisim.study.calibration.proposal import Proposal
from cisim.study.calibration.waves import Wave, effective

MATRIX = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -0.5], [0.3, 0.0, 1.0], [1.0, 1.0, 1.0]])
TRUE = np.array([0.4, 0.6, 0.55])
TOLERANCE = np.array([0.05, 0.05, 0.06, 0.1])


def linear(u):
    return (u - 0.5) @ MATRIX.T


def run(engine, model, error=0.0, noise=None):
    history = []
    while (u := engine.ask(history)) is not None:
        values = model(u)
        if noise is not None:
            values = values + error * noise.standard_normal(values.shape)
        history.append(Wave(u, values, np.full(values.shape, error)))
    return history


def engine_for(**changes):
    chosen = {"seed": 1, "per_wave": 400, "waves": 12, **changes}
    target = chosen.pop("target", linear(TRUE[None])[0])
    return AbcSmc(3, target, chosen.pop("tolerance", TOLERANCE), **chosen)


def moments(u, weights):
    mean = weights @ u
    return mean, np.sqrt(weights @ (u - mean) ** 2)


def analytic(variance):
    return TRUE, np.sqrt(np.diag(np.linalg.inv(MATRIX.T @ np.diag(1.0 / variance) @ MATRIX)))


def test_a_linear_model_gives_the_analytic_posterior():
    """Worth 200 draws or more: 0.28 sd for means and 20 % for sds are 4 standard errors, so an error rate below 1 in
    2,000."""
    engine = engine_for()
    history = run(engine, linear)
    mean, sd = moments(*engine.posterior(history))
    exact_mean, exact_sd = analytic(TOLERANCE**2)
    assert engine.reason(history).startswith("The tolerances are reached: ")
    assert engine.population(history).effective >= 200
    assert np.abs((mean - exact_mean) / exact_sd).max() < 0.28
    assert np.abs(sd / exact_sd - 1.0).max() < 0.2
    factors = engine.factors(history)
    assert factors[-1] == 1.0
    assert factors == sorted(factors, reverse=True)


def test_noise_of_the_seeds_widens_the_posterior_by_as_much():
    """Exact with noise added to the tolerances; worth 150 draws: 4 standard errors are 0.33 sd and 23 %."""
    engine = engine_for(per_wave=1000, particles=150, waves=15)
    history = run(engine, linear, 0.06, np.random.default_rng(3))
    mean, sd = moments(*engine.posterior(history))
    exact_mean, exact_sd = analytic(TOLERANCE**2 + 0.06**2)
    assert engine.reason(history).startswith("The tolerances are reached")
    assert np.abs((mean - exact_mean) / exact_sd).max() < 0.33
    assert np.abs(sd / exact_sd - 1.0).max() < 0.23
    assert (exact_sd > 1.2 * analytic(TOLERANCE**2)[1]).all()  # so the widening is what was tested


def test_two_peaks_are_both_kept():
    """u**2 of a centred u: the posterior has two equal halves; 4 standard errors of a share of 150 draws are 0.16."""
    engine = AbcSmc(1, [0.09], [0.01], seed=5, per_wave=300, waves=10)
    u, weights = engine.posterior(run(engine, lambda u: (u - 0.5) ** 2))
    assert weights[u[:, 0] > 0.5].sum() == pytest.approx(0.5, abs=0.16)
    assert moments(np.abs(u - 0.5), weights)[0][0] == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("error", [0.0, 0.1])
def test_ranks_of_true_values_are_even(error):
    """Simulation-based calibration: 300 true values from the prior, targets with discrepancy and the noise of seeds.
    Kolmogorov-Smirnov at 0.001 for each of 2 parameters: error rate 0.2 % per case. Negative control: uneven in
    posteriors of half the spread."""
    matrix, tolerance = np.array([[1.0, 0.6], [0.2, -1.0]]), np.array([0.1, 0.1])
    ranks, narrow = [], []
    for k in range(300):
        draws = np.random.default_rng([12, k])
        true = draws.random((1, 2))
        clear = ((true - 0.5) @ matrix.T)[0]
        target = clear + np.hypot(tolerance, error) * draws.standard_normal(2)
        engine = AbcSmc(2, target, tolerance, seed=k, per_wave=150, waves=12)
        u, weights = engine.posterior(run(engine, lambda u: (u - 0.5) @ matrix.T, error, draws))
        ranks.append(weights @ (u < true))
        middle = weights @ u
        narrow.append(weights @ (middle + (u - middle) / 2.0 < true))
    assert min(kstest(np.array(ranks)[:, k], "uniform").pvalue for k in range(2)) > 0.001
    assert max(kstest(np.array(narrow)[:, k], "uniform").pvalue for k in range(2)) < 0.001


def test_a_target_out_of_reach_stops_the_search_and_is_named():
    target = linear(TRUE[None])[0] + np.array([0.0, 0.0, 0.0, 4.0])
    engine = engine_for(target=target, names=["a", "b", "c", "out of reach"], per_wave=200)
    history = run(engine, linear)
    assert len(history) < 12
    assert "acceptance rate fell to" in engine.reason(history)
    assert "out of reach by" in engine.reason(history)


def test_the_budget_ends_the_search_and_says_what_that_means():
    engine = engine_for(waves=2)
    history = run(engine, linear)
    assert len(history) == 2
    assert "The kernel is still" in engine.reason(history)
    wide, narrow = engine.posterior(history), engine_for()
    _, sd = moments(*wide)
    assert (sd > moments(*narrow.posterior(run(narrow, linear)))[1]).all()


def test_same_history_same_bits_in_any_order_of_rows():
    engine = engine_for(per_wave=100, waves=4)
    history = run(engine, linear, 0.02, np.random.default_rng(1))
    mixed = []
    for wave in history:
        order = np.random.default_rng(9).permutation(wave.u.shape[0])
        mixed.append(Wave(*(array[order] for array in wave)))
    again = engine_for(per_wave=100, waves=4)
    for mine, other in zip(engine.posterior(history), again.posterior(mixed), strict=True):
        np.testing.assert_array_equal(mine, other)
    np.testing.assert_array_equal(engine.ask(history[:2]), again.ask(mixed[:2]))
    np.testing.assert_array_equal(engine.fitted(history), again.fitted(mixed))
    assert not np.array_equal(engine_for(per_wave=100, seed=2).ask([]), engine.ask([]))  # negative control


def test_batches_have_a_fixed_size_and_stay_in_the_cube():
    engine = engine_for(per_wave=50, target=linear(np.array([[0.0, 1.0, 0.5]]))[0])
    for wave in run(engine, linear):
        assert wave.u.shape == (50, 3)
        assert ((wave.u >= 0.0) & (wave.u <= 1.0)).all()


def test_runs_without_a_value_count_as_not_fitting():
    engine = engine_for(per_wave=100)
    u = engine.ask([])
    values = linear(u)
    values[:40, 1] = np.nan
    kept, weights = engine.posterior([Wave(u, values, np.zeros_like(values))])
    assert kept.shape[0] <= 60
    assert weights.sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no run has a value"):
        engine.posterior([Wave(u, np.full_like(values, np.nan), np.zeros_like(values))])


def test_a_hold_out_target_changes_nothing_but_is_reported():
    fit = [True, True, True, False]
    one = engine_for(fit=fit, per_wave=100)
    other = engine_for(fit=fit, per_wave=100, target=linear(TRUE[None])[0] + np.array([0.0, 0.0, 0.0, 50.0]))
    history = run(one, linear)
    np.testing.assert_array_equal(one.posterior(history)[1], other.posterior(history)[1])
    u, _ = one.posterior(history)
    np.testing.assert_array_equal(one.fitted(history), linear(u))


def test_a_proposal_has_the_density_it_draws_from():
    """Integrates to 1 over the square on a 300 x 300 grid, and the share drawn left of a line agrees: 40,000
    draws, 4 standard errors are 0.01."""
    proposal = Proposal(np.array([[0.05, 0.9], [0.5, 0.2]]), np.array([0.1, 0.3]))
    side = (np.arange(300) + 0.5) / 300
    grid = np.stack([one.ravel() for one in np.meshgrid(side, side)], axis=1)
    density = proposal.density(grid)
    assert density.mean() == pytest.approx(1.0, abs=1e-3)
    u = proposal.draw(40_000, np.random.default_rng(2))
    for k, line in ((0, 0.1), (1, 0.4)):
        assert (u[:, k] < line).mean() == pytest.approx(density[grid[:, k] < line].sum() / 90_000, abs=0.01)


def test_effective_size():
    assert effective(np.full(8, 3.0)) == pytest.approx(8.0)
    assert effective(np.zeros(3)) == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"per_wave": 10}, "per_wave: 10"), ({"waves": 0}, "waves: 0"), ({"seed": -1}, "seed: -1"),
        ({"particles": 5}, "particles: 5"), ({"particles": 500}, "10 to 400"),
        ({"least_acceptance": 1.0}, "least_acceptance: 1.0"), ({"tolerance": [-1.0] * 4}, "targets_tol"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        engine_for(**change)
