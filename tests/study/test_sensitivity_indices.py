"""Indices against known answers, against SALib, and with noise of known size.

Errors rates: unless told otherwise, a test compares with 4 to 5 standard errors of the sample it draws, so a right
implementation fails for fewer than 1 in 10,000 choices of the seed, and every seed is fixed.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from SALib.analyze import delta as salib_delta
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn
from SALib.analyze import sobol as salib_sobol

from cisim.study.sensitivity.analysis import find
from cisim.study.sensitivity.design import problem_of
from cisim.study.sensitivity.given import delta_index, pawn_median
from cisim.study.sensitivity.index import MEAN, ONE
from study.synthetic_sensitivity import (
    ISHIGAMI_S1,
    ISHIGAMI_S13,
    ISHIGAMI_ST,
    ISHIGAMI_VARIANCE,
    g_indices,
    ishigami,
    sobol_g,
    subject,
)


def test_sobol_finds_the_indices_of_ishigami():
    found = find(subject(ishigami, "sobol", 3, 2048))
    # A scrambled sequence of 2048 blocks is off by less than 0.01; 0.03 is more than 4 standard errors.
    assert found.indices[ONE, "S1"].estimate == pytest.approx(ISHIGAMI_S1, abs=0.03)
    assert found.indices[ONE, "ST"].estimate == pytest.approx(ISHIGAMI_ST, abs=0.03)
    assert found.indices[ONE, "S2"].estimate == pytest.approx([0.0, ISHIGAMI_S13, 0.0], abs=0.03)
    assert (ONE, "luck") not in found.indices
    assert found.targets == (ONE,)


def test_sobol_finds_the_indices_of_a_product():
    alone, total, pairs, _ = g_indices()
    found = find(subject(sobol_g, "sobol", 4, 2048))
    assert found.indices[ONE, "S1"].estimate == pytest.approx(alone, abs=0.03)
    assert found.indices[ONE, "ST"].estimate == pytest.approx(total, abs=0.03)
    assert found.indices[ONE, "S2"].estimate == pytest.approx(pairs[np.triu_indices(4, 1)], abs=0.03)
    assert alone.sum() < 0.95, "the case would not tell first from total indices"


def test_one_world_without_pairs_is_what_salib_computes():
    s = subject(ishigami, "sobol", 3, 64, sd=2.0, second_order=False)
    theirs = salib_sobol.analyze(problem_of(3), s.y[:, 0], calc_second_order=False, num_resamples=2, seed=1)
    found = find(s)
    assert found.indices[ONE, "S1"].estimate == pytest.approx(theirs["S1"], rel=1e-9, abs=1e-12)
    assert found.indices[ONE, "ST"].estimate == pytest.approx(theirs["ST"], rel=1e-9, abs=1e-12)


def test_with_pairs_it_is_the_mean_of_salib_in_both_directions():
    s = subject(ishigami, "sobol", 3, 64, sd=2.0)
    turned = s.y[:, 0].reshape(64, 8)[:, ::-1].copy()
    turned[:, 1:4], turned[:, 4:7] = turned[:, 1:4][:, ::-1], turned[:, 4:7][:, ::-1]
    ways = [
        salib_sobol.analyze(problem_of(3), y, num_resamples=2, seed=1) for y in (s.y[:, 0], turned.ravel())
    ]
    found = find(s)
    for name in ("S1", "ST"):
        both = np.mean([way[name] for way in ways], axis=0)
        assert found.indices[ONE, name].estimate == pytest.approx(both, rel=1e-9, abs=1e-12)


def test_errors_are_those_of_salib_up_to_resampling():
    s = subject(ishigami, "sobol", 3, 256, sd=2.0, second_order=False, resamples=2000)
    theirs = salib_sobol.analyze(
        problem_of(3), s.y[:, 0], calc_second_order=False, num_resamples=2000, seed=1
    )
    found = find(s)
    # Each error is known to 1/sqrt(4000) = 1.6 %; both together to 2.2 %.
    assert found.indices[ONE, "ST"].half_width == pytest.approx(theirs["ST_conf"], rel=0.1)
    assert found.indices[ONE, "S1"].half_width == pytest.approx(theirs["S1_conf"], rel=0.1)


@pytest.mark.parametrize("worlds", [2, 4])
def test_luck_of_known_size_is_found_and_does_not_bias(worlds):
    sd = 3.0
    luck = sd**2 / (sd**2 + ISHIGAMI_VARIANCE)
    runs = [find(subject(ishigami, "sobol", 4, 128, seed=seed, worlds=worlds, sd=sd)) for seed in range(60)]
    wanted = {
        (ONE, "luck"): np.array([luck]),
        (ONE, "S1"): np.append(ISHIGAMI_S1, 0.0) * (1.0 - luck),
        (ONE, "ST"): np.append(ISHIGAMI_ST, 0.0) * (1.0 - luck),
        (MEAN, "S1"): np.append(ISHIGAMI_S1, 0.0),
        (MEAN, "ST"): np.append(ISHIGAMI_ST, 0.0),
        (MEAN, "S2"): np.array([0.0, ISHIGAMI_S13, 0.0, 0.0, 0.0, 0.0]),
    }
    for key, true in wanted.items():
        estimates = np.array([found.indices[key].estimate for found in runs])
        error = estimates.std(axis=0, ddof=1) / np.sqrt(len(runs))
        # 5 standard errors, and what a ratio of 128 blocks is biased by.
        assert (np.abs(estimates.mean(axis=0) - true) <= 5.0 * error + 0.005).all(), key


@pytest.mark.parametrize(("f", "k"), [(ishigami, 3), (sobol_g, 4)])
def test_intervals_cover(f, k):
    """With 95 % coverage, fewer than 90 % of 60 x k hits happen with a chance below 1 in 500 (and seeds are fixed)."""
    alone, total = (ISHIGAMI_S1, ISHIGAMI_ST) if f is ishigami else g_indices()[:2]
    variance = ISHIGAMI_VARIANCE if f is ishigami else g_indices()[3]
    hits = {"S1": [], "ST": [], "luck": []}
    for seed in range(60):
        found = find(subject(f, "sobol", k, 128, seed=seed, worlds=2, sd=np.sqrt(0.3 * variance)))
        for name, true in (("S1", alone), ("ST", total), ("luck", np.array([0.3 / 1.3]))):
            index = found.indices[(ONE, "luck") if name == "luck" else (MEAN, name)]
            hits[name].append((index.low <= true) & (true <= index.high))
    assert {name: bool(np.mean(hit) >= 0.90) for name, hit in hits.items()} == dict.fromkeys(hits, True)


def test_a_product_with_luck():
    _, total, _, variance = g_indices()
    found = find(subject(sobol_g, "sobol", 4, 1024, worlds=3, sd=np.sqrt(variance)))
    assert found.indices[ONE, "luck"].estimate[0] == pytest.approx(0.5, abs=0.05)
    assert found.indices[ONE, "ST"].estimate == pytest.approx(total / 2.0, abs=0.05)
    assert found.indices[MEAN, "ST"].estimate == pytest.approx(total, abs=0.08)


def test_without_shared_luck_total_indices_hold_the_noise():
    """Negative control: the same noise, drawn anew in each row."""
    luck = 9.0 / (9.0 + ISHIGAMI_VARIANCE)
    shared, apart = (
        find(subject(ishigami, "sobol", 4, 256, worlds=2, sd=3.0, shared=shared)).indices[ONE, "ST"]
        for shared in (True, False)
    )
    assert shared.estimate[3] == pytest.approx(0.0, abs=1e-12)
    # The idle factor gets all of the luck, 0.39; its standard error is 0.02.
    assert apart.estimate[3] == pytest.approx(luck, abs=0.1)


def test_where_luck_is_everything_the_mean_of_worlds_has_no_indices():
    found = find(subject(lambda u: 0.0 * u[:, 0], "sobol", 3, 64, worlds=2, sd=1.0))
    assert found.indices[ONE, "luck"].estimate[0] == pytest.approx(1.0, abs=0.25)
    check = next(c for c in found.checks if (c.target, c.name) == (MEAN, "ST"))
    assert not check.is_converged
    assert check.n_enough == 0
    assert any("nothing but luck is left" in note for note in found.notes)


def test_morris_is_what_salib_computes_up_to_the_step():
    s = subject(ishigami, "morris", 4, 30, worlds=3, sd=2.0)
    theirs = salib_morris.analyze(
        problem_of(4), np.tile(s.u, (3, 1)), s.y.T.ravel(), num_resamples=2, num_levels=4, seed=1
    )
    found = find(s)
    for name in ("mu", "mu_star", "sigma"):
        ours = found.indices[ONE, name].estimate
        assert ours == pytest.approx(np.asarray(theirs[name]) * (2.0 / 3.0) / 0.6, rel=1e-9, abs=1e-9)


def test_morris_of_a_plane_is_exact_whatever_the_luck():
    slopes = np.array([3.0, -2.0, 0.0])
    found = find(subject(lambda u: u @ slopes, "morris", 3, 10, worlds=2, sd=5.0))
    assert found.indices[ONE, "mu"].estimate == pytest.approx(slopes, abs=1e-9)
    assert found.indices[MEAN, "mu_star"].estimate == pytest.approx(np.abs(slopes), abs=1e-9)
    assert found.indices[ONE, "sigma"].estimate == pytest.approx(0.0, abs=1e-4)


def test_morris_without_shared_luck_finds_effects_that_are_not_there():
    """Negative control."""
    found = find(subject(lambda u: 3.0 * u[:, 0], "morris", 3, 40, worlds=1, sd=5.0, shared=False))
    assert found.indices[ONE, "mu_star"].estimate[2] > 5.0


def test_morris_sigma_of_the_mean_is_free_of_luck():
    """An effect that is itself random in every world: sigma of one world has it, that of the mean has not."""
    s = subject(lambda u: 2.0 * u[:, 0], "morris", 2, 400, worlds=8)
    random = np.random.default_rng(3).normal(size=(400, 1, 8))
    y = s.y.reshape(400, 3, 8) + 3.0 * random * s.u.reshape(400, 3, 2)[:, :, [0]]
    found = find(dataclasses.replace(s, y=y.reshape(-1, 8)))
    assert found.indices[ONE, "sigma"].estimate[0] == pytest.approx(3.0, rel=0.1)
    square = found.indices[MEAN, "sigma"].estimate[0]
    # Its square has a standard error of 9 sqrt(2 / (400 * 8 * 7)) = 0.09 around zero.
    assert np.isnan(square) or square**2 < 0.45


def test_dgsm_bounds_total_indices():
    found = find(subject(ishigami, "dgsm", 4, 512, worlds=2, sd=2.0))
    whole = 4.0 / (4.0 + ISHIGAMI_VARIANCE)
    assert (found.indices[MEAN, "bound"].estimate > np.append(ISHIGAMI_ST, -1.0)).all()
    assert found.indices[ONE, "bound"].estimate[3] == pytest.approx(0.0, abs=1e-12)
    assert found.indices[ONE, "luck"].estimate[0] == pytest.approx(whole, abs=0.05)


def test_dgsm_of_a_plane_is_exact():
    found = find(subject(lambda u: 2.0 * u[:, 0] + u[:, 1], "dgsm", 2, 1024))
    # For a plane the bound is 12 / pi^2 times the total index, 0.8 and 0.2.
    assert found.indices[ONE, "bound"].estimate == pytest.approx(
        np.array([0.8, 0.2]) * 12 / np.pi**2, rel=0.01
    )


def test_rbd_fast_is_not_biased_by_luck():
    luck = 4.0 / (4.0 + ISHIGAMI_VARIANCE)
    runs = [
        find(subject(ishigami, "rbd_fast", 4, 300, seed=s, worlds=2, sd=2.0, resamples=20)) for s in range(40)
    ]
    for target, scale in ((ONE, 1.0 - luck), (MEAN, 1.0)):
        estimates = np.array([found.indices[target, "S1"].estimate for found in runs])
        error = estimates.std(axis=0, ddof=1) / np.sqrt(len(runs))
        true = np.append(ISHIGAMI_S1, 0.0) * scale
        assert (np.abs(estimates.mean(axis=0) - true) <= 5.0 * error + 0.005).all(), target


def test_half_samples_tell_the_error_of_rbd_fast():
    runs = [find(subject(ishigami, "rbd_fast", 3, 200, seed=s, sd=1.0, resamples=60)) for s in range(60)]
    index = [found.indices[ONE, "S1"] for found in runs]
    hits = np.mean([(i.low <= ISHIGAMI_S1 * 0.9326) & (i.high >= ISHIGAMI_S1 * 0.9326) for i in index])
    # 180 hits at 95 %: below 90 % with a chance of less than 1 in 200; they are wide, not narrow, here.
    assert hits >= 0.90


def test_pawn_and_delta_are_salibs():
    s = subject(ishigami, "pawn", 3, 400, sd=1.0)
    theirs = salib_pawn.analyze(problem_of(3), s.u, s.y[:, 0], S=10)["median"]
    assert [pawn_median(x, s.y[:, 0]) for x in s.u.T] == pytest.approx(list(theirs), abs=0.01)
    y = s.y[:, 0]
    grid, edges = np.linspace(y.min(), y.max(), 100), np.linspace(0, 400, 6)
    theirs = [salib_delta.calc_delta(y, grid, x, edges) for x in s.u.T]
    assert [delta_index(x, y) for x in s.u.T] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("method", ["delta", "pawn"])
def test_an_idle_factor_stays_below_the_floor(method):
    """An idle factor exceeds the floor in 5 of 100 samples: 4 or more of 12 in 1 of 400 (seeds fixed)."""
    above = 0
    for seed in range(12):
        found = find(subject(ishigami, method, 4, 200, seed=seed, sd=1.0, resamples=20))
        index, floor = found.indices[ONE, method], found.indices[ONE, "floor"].estimate[0]
        above += index.estimate[3] > floor
        assert index.estimate[:2].max() > floor
    assert above < 4


@pytest.mark.parametrize("method", ["sobol", "morris", "rbd_fast", "delta", "pawn", "dgsm"])
def test_every_method_ranks_a_clear_case(method):
    main = {"sobol": "ST", "morris": "mu_star", "rbd_fast": "S1", "dgsm": "bound"}.get(method, method)
    found = find(subject(lambda u: u @ np.array([1.0, 9.0, 0.0, 4.0]), method, 4, 256, worlds=2, sd=0.5))
    estimate = found.indices[ONE, main].estimate
    assert estimate.argsort()[::-1][:3].tolist() == [1, 3, 0] or method in ("delta", "pawn")
    assert estimate.argsort()[::-1][:2].tolist() == [1, 3]


@pytest.mark.parametrize("method", ["sobol", "morris", "rbd_fast", "delta", "pawn", "dgsm"])
def test_same_inputs_same_bits_and_global_random_numbers_alone(method):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - it is what must not change
    one, again = (find(subject(ishigami, method, 3, 128, worlds=2, sd=1.0)) for _ in range(2))
    for key, index in one.indices.items():
        assert np.array_equal(index.replicates, again.indices[key].replicates, equal_nan=True), key
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_a_response_that_never_varies_is_refused():
    with pytest.raises(ValueError, match="response: the same in all runs"):
        find(subject(lambda u: 0.0 * u[:, 0] + 3.0, "sobol", 2, 8))


def test_far_from_zero_nothing_changes():
    near, far = (find(subject(lambda u, c=c: ishigami(u) + c, "sobol", 3, 64)) for c in (0.0, 1e6))
    assert far.indices[ONE, "S2"].estimate == pytest.approx(near.indices[ONE, "S2"].estimate, abs=1e-6)
