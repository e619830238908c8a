"""Practice landscapes: exact tiny case, additivity, limits with known answers, naming of draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.landscape import contribution, extremes, fill, fill_partners, part_score, scan, score


def drawn(n: int, k: int, seed: int = 1, stream: int = 1, uid: int = 0) -> tuple[np.ndarray, np.ndarray]:
    table, partners = np.empty((n, 2 ** (k + 1))), np.empty((n, k), np.int64)
    fill(table, partners, seed, stream, uid)
    return table, partners


def test_a_tiny_landscape_by_hand():
    table = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]])
    partners = np.array([[1], [0]])
    # index = own + 2 * partner, so for x = 0b10 bit 0 (off, partner on) reads .3, bit 1 (on, off) reads .6
    assert contribution(0b10, 0, table, partners) == 0.3
    assert contribution(0b10, 1, table, partners) == 0.6
    assert score(0b10, table, partners) == pytest.approx(0.45)
    assert part_score(0b10, 0b01, table, partners) == pytest.approx(0.15)
    assert extremes(table, partners) == (pytest.approx(0.3), 0, pytest.approx(0.6), 3)


SIZES = st.integers(1, 10).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1)))


@given(SIZES, st.integers(0, 2**32 - 1), st.integers(0, 1023), st.integers(0, 1023))
@settings(max_examples=60, deadline=None)
def test_parts_add_up_and_extremes_are_the_extremes(size, seed, x, mask):
    n, k = size
    table, partners = drawn(n, k, seed)
    full = (1 << n) - 1
    x, mask = x & full, mask & full
    parts = part_score(x, mask, table, partners) + part_score(x, full & ~mask, table, partners)
    assert parts == pytest.approx(score(x, table, partners), abs=1e-12)
    scores = [score(y, table, partners) for y in range(1 << n)]
    worst, best = int(np.argmin(scores)), int(np.argmax(scores))
    assert extremes(table, partners) == (scores[worst], worst, scores[best], best)
    kept = np.empty(1 << n)
    assert scan(table, partners, kept) == (worst, best)
    assert np.array_equal(kept, scores)  # to the last bit: both add in the same order


@given(SIZES, st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_partners_are_distinct_others(size, seed):
    n, k = size
    _, partners = drawn(n, k, seed)
    for bit in range(n):
        assert len(set(partners[bit])) == k
        assert bit not in partners[bit]
        assert all(0 <= partner < n for partner in partners[bit])


@pytest.mark.parametrize("may_be_self", [False, True])
def test_every_partner_is_equally_likely(may_be_self):
    n, k, n_landscapes = 6, 2, 4000
    partners, counts = np.empty((n, k), np.int64), np.zeros((n, n))
    for uid in range(n_landscapes):
        fill_partners(partners, may_be_self, 5, 1, uid)
        for bit in range(n):
            counts[bit, partners[bit]] += 1
    p = k / (n if may_be_self else n - 1)
    error = np.sqrt(p * (1 - p) / n_landscapes)
    for bit in range(n):
        for other in range(n):
            expected = p if may_be_self or other != bit else 0.0
            assert (
                abs(counts[bit, other] / n_landscapes - expected) < 4.5 * error
            )  # 66 comparisons: 1 in 2,000


def test_without_partners_the_best_practice_has_each_bit_at_its_best():
    table, partners = drawn(12, 0, 9)
    worst, _, best, where = extremes(table, partners)
    assert best == pytest.approx(table.max(axis=1).mean())
    assert worst == pytest.approx(table.min(axis=1).mean())
    assert all((where >> bit) & 1 == table[bit].argmax() for bit in range(12))


def test_fully_rugged_scores_are_independent():
    # k = n - 1: scores of neighbours are uncorrelated (4 standard errors of 400 landscapes x 64 practices).
    products = []
    for uid in range(400):
        table, partners = drawn(6, 5, 3, uid=uid)
        scores = np.empty(64)
        scan(table, partners, scores)
        products.append(((scores - 0.5) * (scores[np.arange(64) ^ 1] - 0.5)).mean())
    assert abs(np.mean(products)) < 4 * np.std(products) / np.sqrt(400)


def test_a_landscape_is_named_by_seed_stream_and_uid():
    table, partners = drawn(8, 3, 1, 2, 3)
    same_table, same_partners = drawn(8, 3, 1, 2, 3)
    assert np.array_equal(table, same_table)
    assert np.array_equal(partners, same_partners)
    for other in ((2, 2, 3), (1, 3, 3), (1, 2, 4)):
        other_table, other_partners = drawn(8, 3, *other)
        assert not np.isin(other_table, table).any()
        assert not np.array_equal(other_partners, partners)


def test_a_driver_is_a_slice_of_a_table_of_all_drivers():
    tables, partners = np.empty((3, 7, 8)), np.empty((3, 7, 2), np.int64)
    for driver in range(3):
        fill(tables[driver], partners[driver], 1, 1, driver)
    alone, _ = drawn(7, 2, uid=2)
    assert np.array_equal(tables[2], alone)
    assert score(5, tables[2], partners[2]) == score(5, *drawn(7, 2, uid=2))
