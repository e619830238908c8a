"""How organisations learn: exact cases, properties, limits with known answers, naming of draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim import search
from cisim.landscape import fill, part_score, score

SEEDS = st.integers(0, 2**32 - 1)
UNIT = st.floats(0, 1, exclude_max=True)


def landscape(n: int, k: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    table, partners = np.empty((n, 2 ** (k + 1))), np.empty((n, k), np.int64)
    fill(table, partners, seed, 1, 0)
    return table, partners


# ---- own trial ---------------------------------------------------------------------------------------------


def test_only_strictly_better_candidates_are_kept():
    assert search.keep_if_better(1, 2, 0.5, 0.6) == 2
    assert search.keep_if_better(1, 2, 0.5, 0.5) == 1
    assert search.keep_if_better(1, 2, 0.5, 0.4) == 1


@given(st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 1), UNIT)
@settings(max_examples=200, deadline=None)
def test_a_trial_changes_one_bit_of_the_mask(x, mask, u):
    moved = search.flip_one_of(x, mask, u)
    assert search.count_bits(moved ^ x) == (1 if mask else 0)
    assert (moved ^ x) & ~mask == 0
    assert search.flip_one(x, 20, u) == search.flip_one_of(x, 2**20 - 1, u)


# ---- whom to look at ---------------------------------------------------------------------------------------


@given(st.integers(0, 12), st.integers(0, 12), st.lists(UNIT, min_size=12, max_size=12))
@settings(max_examples=200, deadline=None)
def test_picks_are_distinct(n, k, uniforms):
    picks = np.full(12, -1)
    count = search.pick_distinct(picks, n, k, np.array(uniforms))
    assert count == min(n, k)
    assert len(set(picks[:count])) == count
    assert all(0 <= pick < n for pick in picks[:count])


def test_every_set_of_picks_is_equally_likely():
    draws, picks = np.random.default_rng(1).random((20_000, 3)), np.empty(3, np.int64)
    counts = dict.fromkeys(itertools.combinations(range(6), 3), 0)
    for row in draws:
        search.pick_distinct(picks, 6, 3, row)
        counts[tuple(sorted(picks.tolist()))] += 1
    error = np.sqrt(0.05 * 0.95 / 20_000)
    # 20 comparisons at 4.5 standard errors: fails by chance once in 7,000 seeds
    assert all(abs(count / 20_000 - 0.05) < 4.5 * error for count in counts.values())


# ---- copying -----------------------------------------------------------------------------------------------

OPTIONS = np.array([4, 5, 5, 6, 6, 7])
JUDGED = np.array([0.9, 0.3, 0.5, 0.7, 0.7, 0.1])


def test_copying_by_hand():
    assert search.copy_best(1, 0.2, OPTIONS, JUDGED, 6) == 4
    assert search.copy_best(1, 0.9, OPTIONS, JUDGED, 6) == 1
    assert search.copy_best(1, 0.2, OPTIONS, JUDGED, 0) == 1
    assert search.copy_common(1, 0.35, OPTIONS, JUDGED, 3, 0.9) == 5  # judged by its mean, .4
    assert search.copy_common(1, 0.40, OPTIONS, JUDGED, 3, 0.0) == 1
    assert search.copy_common(1, 0.2, OPTIONS, JUDGED, 6, 0.49) == 5  # of two modes the draw picks one
    assert search.copy_common(1, 0.2, OPTIONS, JUDGED, 6, 0.51) == 6
    assert search.copy_common(1, 0.2, OPTIONS, JUDGED, 2, 0.0) == 1  # all different: nothing to conform to
    assert search.copy_common(1, 0.2, OPTIONS, JUDGED, 1, 0.0) == 4
    assert search.copy_common(1, 0.2, OPTIONS, JUDGED, 0, 0.0) == 1
    assert search.copy_random(1, OPTIONS, 6, 0.99) == 7
    assert search.copy_random(1, OPTIONS, 0, 0.99) == 1


SEEN = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=9)


@given(SEEN, st.integers(0, 4), UNIT)
@settings(max_examples=200, deadline=None)
def test_copying_agrees_with_its_definition(seen, own, u):
    options = np.array([option for option, _ in seen], np.int64)
    judged = np.array([worth for _, worth in seen], float)
    n = len(seen)
    best = search.copy_best(9, own, options, judged, n)
    assert best == 9 if not seen or judged.max() <= own else judged[options == best].max() == judged.max()
    counts = np.bincount(options, minlength=4)
    common = search.copy_common(9, own, options, judged, n, u)
    if common != 9:
        assert counts[common] == counts.max()
        assert judged[options == common].mean() > own
    elif n and counts.max() > 1:
        modes = np.flatnonzero(counts == counts.max())
        assert min(judged[options == mode].mean() for mode in modes) <= own + 1e-12
    assert search.copy_random(9, options, n, u) in ([9] if not seen else options)


# ---- a shared code -----------------------------------------------------------------------------------------


def test_beliefs_move_one_step_toward_what_the_code_knows():
    # bits 0..3: contrary, unknown, the same, and not known to the code
    value, known = 0b1100, 0b1101
    step = search.toward_code(value, known, 0b0111, 0b0111, 1.0, 4, 1, 5, 0, 0, 0)
    assert step == (0b1110, 0b1110)
    assert search.toward_code(*step, 0b0111, 0b0111, 1.0, 4, 1, 5, 1, 0, 0) == (0b1111, 0b1111)


BITS = st.integers(0, 2**30 - 1)


@given(BITS, BITS, BITS, BITS, st.floats(0, 1), SEEDS)
@settings(max_examples=200, deadline=None)
def test_socialisation_never_leaves_a_bit_farther_from_the_code(
    value, known, code_value, code_known, p1, seed
):
    value, code_value = value & known, code_value & code_known
    new_value, new_known = search.toward_code(value, known, code_value, code_known, p1, 30, seed, 5, 0, 1, 2)

    def belief(v, k):
        return np.array([0 if not (k >> i) & 1 else 2 * ((v >> i) & 1) - 1 for i in range(30)])

    old, new, code = belief(value, known), belief(new_value, new_known), belief(code_value, code_known)
    assert np.all(np.abs(new - old) <= 1)
    assert np.all(new[code == 0] == old[code == 0])
    assert np.all((new - old) * (code - old) >= 0)
    if p1 == 0:
        assert np.array_equal(old, new)
    assert new_value & ~new_known == 0


@given(BITS, BITS, SEEDS)
@settings(max_examples=100, deadline=None)
def test_action_follows_what_is_known(value, known, seed):
    action = search.act(value, known, 30, seed, 5, 0, 1, 2)
    assert (action ^ value) & known == 0
    assert 0 <= action < 2**30


def test_the_code_takes_the_majority_with_the_stated_probability():
    # Rate at each bit against 1 - (1 - p2)^margin, 4 standard errors: fails by chance once in 5,000 seeds.
    votes, p2, n_trials = np.array([1, 2, 5, 0]), 0.3, 20_000
    changed = np.zeros(4)
    for month in range(n_trials):
        value, known = search.code_learns(0, 0b1111, votes, 4, p2, 1, 5, month, 0, 0)
        assert known == 0b1111
        changed += [(value >> bit) & 1 for bit in range(4)]
    expected = 1 - (1 - p2) ** votes
    error = np.sqrt(expected * (1 - expected) / n_trials)
    assert np.all(np.abs(changed / n_trials - expected) <= 4 * error)


def test_limits_of_code_learning():
    votes = np.zeros(5, np.int64)
    for action in (0b00111, 0b00101, 0b10001):
        search.tally(action, 5, votes)
    assert votes.tolist() == [3, -1, 1, -3, -1]
    assert search.code_learns(0b01010, 0b01010, votes, 5, 1.0, 1, 5, 0, 0, 0) == (0b00101, 0b11111)
    assert search.code_learns(0b01010, 0b01010, votes, 5, 0.0, 1, 5, 0, 0, 0) == (0b01010, 0b01010)


# ---- proposing and coordinating ----------------------------------------------------------------------------

A, B = 0b000111, 0b111000


def proposed(x, n_alternatives, incent, n_sent, table, partners, *, mask=A, other=B, sd=0.0, seed=1, month=0):
    options, scores = np.empty(n_sent, np.int64), np.empty(n_sent)
    n = search.propose(
        x,
        mask,
        other,
        n_alternatives,
        incent,
        n_sent,
        sd,
        table,
        partners,
        seed,
        6,
        month,
        1,
        2,
        options,
        scores,
    )
    return options[:n].tolist(), scores[:n].tolist()


@given(st.integers(0, 63), st.floats(0, 1), st.integers(1, 9), st.integers(0, 5), SEEDS)
@settings(max_examples=80, deadline=None)
def test_a_party_that_sees_everything_sends_its_best(x, incent, n_sent, k, seed):
    table, partners = landscape(6, k, seed)
    options, scores = proposed(x, 7, incent, n_sent, table, partners, seed=seed)
    everything = [(x & B) | own for own in range(8)]
    worth = {
        option: part_score(option, A, table, partners) + incent * part_score(option, B, table, partners)
        for option in everything
    }
    assert len(set(options)) == len(options) == min(8, n_sent)
    assert scores == pytest.approx(sorted(worth.values(), reverse=True)[: len(scores)], abs=1e-12)
    assert scores == pytest.approx([worth[option] for option in options], abs=1e-12)


def test_alternatives_are_the_nearest_and_each_of_a_ring_is_equally_likely():
    table, partners = landscape(6, 2)
    x, seen = 0b010101, np.zeros(8)
    n_months = 9000
    for month in range(n_months):
        options, _ = proposed(x, 5, 0.0, 8, table, partners, month=month)
        assert len(options) == 6
        distances = sorted(search.count_bits(option ^ x) for option in options)
        assert distances == [0, 1, 1, 1, 2, 2]
        seen[[(option ^ x) & A for option in options]] += 1
    # Two of the three at distance 2; 4 standard errors, three comparisons: 1 in 5,000 seeds.
    assert np.all(np.abs(seen[[3, 5, 6]] / n_months - 2 / 3) < 4 * np.sqrt(2 / 9 / n_months))


def test_large_masks_are_safe():
    table, partners = landscape(20, 3)
    mask = (1 << 10) - 1
    for wanted in (0, 1, 10, 11, 200, 1023, 5000):
        options, _ = proposed(0b1010 << 8, wanted, 0.5, 1100, table, partners, mask=mask, other=mask << 10)
        assert len(set(options)) == len(options) == 1 + min(wanted, 1023)


def coordinated(x, table, partners, **changes):
    setting = {
        "n_alternatives": 7, "incent": 0.0, "n_sent": 1, "is_active": True, "n_reviewed": 63, "sd": 0.0,
        "seed": 1, "month": 0, "a": 1, "b": 2,
    } | changes  # fmt: skip
    s = setting
    return search.coordinate(
        x, A, B, s["n_alternatives"], s["incent"], s["incent"], s["n_sent"], s["is_active"], s["n_reviewed"],
        s["sd"], table, partners, s["seed"], 6, s["month"], s["a"], s["b"],
    )  # fmt: skip


@given(st.integers(0, 63), st.integers(0, 5), SEEDS)
@settings(max_examples=60, deadline=None)
def test_coordination_against_its_definition(x, k, seed):
    table, partners = landscape(6, k, seed)

    def worth(option, mask):
        return part_score(option, mask, table, partners)

    top_a = max(range(8), key=lambda own: worth((x & B) | own, A))
    top_b = max(range(0, 64, 8), key=lambda own: worth((x & A) | own, B))
    assert coordinated(x, table, partners, is_active=False) == top_a | top_b
    composites = [x, (x & B) | top_a, (x & A) | top_b, top_a | top_b]
    assert coordinated(x, table, partners) == max(composites, key=lambda y: score(y, table, partners))
    # all options of both sides reviewed: the best of the whole landscape
    best = max(range(64), key=lambda y: score(y, table, partners))
    assert coordinated(x, table, partners, n_sent=8) == best
    assert coordinated(x, table, partners, n_reviewed=0) == x


def test_each_composite_is_equally_likely_to_be_reviewed():
    # Bits score by themselves: all three new composites are better, and the one reviewed is adopted.
    table, partners = np.array([[0.0, 1.0]] * 6), np.empty((6, 0), np.int64)
    n_months = 6000
    adopted = [coordinated(0, table, partners, n_reviewed=1, month=month) for month in range(n_months)]
    shares = [adopted.count(option) / n_months for option in (A, B, A | B)]
    assert sum(shares) == pytest.approx(1)
    assert all(abs(share - 1 / 3) < 4 * np.sqrt(2 / 9 / n_months) for share in shares)  # 1 in 5,000 seeds


def test_separable_problems_need_no_review():
    table, partners = landscape(6, 0, 4)
    best = max(range(64), key=lambda y: score(y, table, partners))
    for x in range(64):
        assert coordinated(x, table, partners, is_active=False) == best


def test_noise_misleads_as_its_size_says():
    # One bit each, worth a difference of 1/6 of the score: a judged difference has sd sqrt(2) times noise.
    table = np.array([[0.0, 1.0]] * 6)
    partners = np.empty((6, 0), np.int64)
    n_months, sd = 20_000, 0.1
    right = 0
    for month in range(n_months):
        options, _ = proposed(0, 1, 0.0, 1, table, partners, mask=1, other=2, sd=sd, month=month)
        right += options[0] == 1
    from math import erf

    expected = 0.5 * (1 + erf((1 / 6) / (sd * np.sqrt(2)) / np.sqrt(2)))
    assert abs(right / n_months - expected) < 4 * np.sqrt(expected * (1 - expected) / n_months)  # 1 in 16,000


def test_a_round_is_named_by_seed_month_and_parties():
    table, partners = landscape(6, 5, 2)
    base = {"n_alternatives": 2, "sd": 0.2, "n_reviewed": 2, "n_sent": 2}

    def rounds(**changes):
        return [coordinated(x, table, partners, **(base | changes)) for x in range(64)]

    assert rounds() == rounds()
    for change in ({"seed": 2}, {"month": 1}, {"a": 3}, {"b": 3}):
        assert rounds(**change) != rounds()
    quiet = {"sd": 0.0, "n_alternatives": 7, "n_reviewed": 8}
    assert rounds(**quiet, seed=2) == rounds(**quiet)  # nothing drawn: the seed has no part
