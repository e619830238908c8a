"""Draws: published vectors, ranges and moments, and that every part of a name matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim import rng
from cisim.compiled import kernel

WORD = st.integers(0, 2**32 - 1)
FULL = 0xFFFFFFFF
# Known answers distributed with Random123 (Salmon et al. 2011), philox4x32, 10 rounds.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL, FULL, FULL, FULL), (FULL, FULL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_philox_gives_the_published_words(counter, key, words):
    assert rng.philox(*counter, *key) == words


@given(WORD, WORD, WORD, WORD, WORD, WORD)
@settings(max_examples=200, deadline=None)
def test_philox_equals_an_independent_transcription(c0, c1, c2, c3, k0, k1):
    words, key = [c0, c1, c2, c3], [k0, k1]
    for _ in range(10):
        low, high = 0xD2511F53 * words[0], 0xCD9E8D57 * words[2]
        words = [high >> 32 ^ words[1] ^ key[0], high & FULL, low >> 32 ^ words[3] ^ key[1], low & FULL]
        key = [(key[0] + 0x9E3779B9) & FULL, (key[1] + 0xBB67AE85) & FULL]
    assert rng.philox(c0, c1, c2, c3, k0, k1) == tuple(words)


@kernel
def _fill(out, seed, stream, kind):
    """Draw for a = 0, 1, ... in compiled code, where millions are cheap."""
    for a in range(out.shape[0]):
        if kind == 0:
            out[a] = rng.uniform(seed, stream, 3, a, 7)
        elif kind == 1:
            out[a] = rng.normal(seed, stream, 3, a, 7)
        else:
            out[a] = rng.integer(seed, stream, 3, a, 7, 10)


def _drawn(kind: int, n: int = 1_000_000, seed: int = 11, stream: int = 2) -> np.ndarray:
    out = np.empty(n)
    _fill(out, seed, stream, kind)
    return out


def test_uniform_is_uniform():
    # Tolerances of 4 standard errors: each of the 12 comparisons fails by chance once in 16,000 seeds.
    u = _drawn(0)
    n = len(u)
    assert u.min() >= 0.0
    assert u.max() < 1.0
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / n)
    shares = np.bincount((u * 10).astype(int), minlength=10) / n
    assert np.all(np.abs(shares - 0.1) < 4 * np.sqrt(0.09 / n))
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / np.sqrt(n)


def test_normal_has_the_moments_of_a_standard_normal():
    z = _drawn(1)
    n = len(z)
    assert abs(z.mean()) < 4 / np.sqrt(n)  # 4 standard errors, as for the next two
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96 / n)


def test_integers_are_equally_likely():
    counts = np.bincount(_drawn(2).astype(int), minlength=10)
    assert len(counts) == 10
    # Chi-square with 9 degrees of freedom: 30 is exceeded once in 2,300 seeds.
    assert ((counts - 100_000) ** 2 / 100_000).sum() < 30


@given(WORD, st.integers(0, 1023), WORD, WORD, WORD, st.integers(1, 2**31))
@settings(max_examples=100, deadline=None)
def test_relatives_agree_and_stay_in_range(seed, stream, month, a, b, n):
    name = (seed, stream, month, a, b)
    assert rng.uniform2(*name)[0] == rng.uniform(*name)
    assert rng.normal2(*name)[0] == rng.normal(*name)
    assert 0 <= rng.integer(*name, n) < n
    assert all(0 <= u < 1 for u in rng.uniform4(*name) + rng.uniform2(*name))


def test_the_same_name_gives_the_same_draw_and_any_other_name_another():
    name = [2**52 + 5, 3, 14, 15, 92]
    again = rng.uniform(*name)
    assert rng.uniform(*name) == again
    others = [rng.uniform(*[part + (i == j) for j, part in enumerate(name)]) for i in range(5)]
    others += [rng.uniform(name[0], rng.nth(name[1], 1), *name[2:]), rng.uniform(name[0] + 2**40, *name[1:])]
    others.append(rng.uniform(*name[:3], name[4], name[3]))
    assert len({again, *others}) == 9


@given(st.lists(st.integers(0, 2**32 - 1), min_size=0, max_size=70), st.integers(0, 2**63 - 1), WORD)
@settings(max_examples=60, deadline=None)
def test_draws_made_together_are_those_made_one_by_one(names, seed, one):
    """Lengths up to 70 go through the vector instructions and through what is left over."""
    names = np.array(names, np.int64)
    each, pairs = np.full(names.size, -1.0), np.full(names.size, -1.0)
    rng.uniform_of_each(each, seed, rng.COPY, 3, names)
    rng.uniform_of_pairs(pairs, seed, rng.CONTACT, 3, one, names)
    assert each.tolist() == [rng.uniform(seed, rng.COPY, 3, int(name), 0) for name in names]
    low_first = [sorted((one, int(name))) for name in names]
    assert pairs.tolist() == [rng.uniform(seed, rng.CONTACT, 3, *pair) for pair in low_first]


def test_streams_are_declared_once_and_fit_their_bits():
    streams = {
        name: value
        for name, value in vars(rng).items()
        if name.isupper()
        and type(value) is int
        and 0 < value < 1 << rng.STREAM_BITS
        and name != "STREAM_BITS"
    }
    assert len(set(streams.values())) == len(streams)
    assert {"LANDSCAPE", "TRIAL"} <= set(streams)


@given(st.integers(-(2**70), 2**70), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_world_seeds_fit_a_float_exactly(seed, world):
    drawn = rng.world_seed(seed, world)
    assert 0 <= drawn < 2**53
    assert drawn == int(float(drawn))


def test_world_seeds_of_many_experiments_do_not_meet():
    # 10^6 of 2^53 values: two meet by chance with probability 6e-5.
    drawn = {rng.world_seed(seed, world) for seed in range(1000) for world in range(1000)}
    assert len(drawn) == 1_000_000
