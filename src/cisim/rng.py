"""Random numbers named by what they are for, not by the order they are asked in.

A draw is a pure function of (seed, stream, month, a, b): which run, which purpose, when, and which entities.
The same name gives the same number on any number of threads, in either door of the engine, and whatever else
was drawn before. Two scenarios with one seed therefore share luck, and a new rule moves nobody else's.

The generator is Philox4x32-10: a 128-bit counter (a, b, month, stream) is scrambled under a 64-bit key (the
seed) in ten rounds of multiply-and-xor.

References
----------
Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3. SC'11.
https://doi.org/10.1145/2063384.2063405
"""

from __future__ import annotations

from math import cos, log, pi, sin, sqrt
from typing import Any

from cisim.compiled import kernel_inline, kernel_inner

# ------------------------------------------------------------------------------------------------------------
# Streams: one number per purpose, 1..1023, never reused. A rule that needs several draws for one
# (month, a, b) uses `nth(STREAM, i)`.
# Learning core 1..19
LANDSCAPE = 1
START = 2
OBSERVE = 3
TRIAL = 4
CODE = 5
PROPOSE = 6
NETWORK = 7
# Rules of the model 20.. : add yours below, one line each
RECESSION = 20
NEED_SHOCK = 21
PUBLISHED = 23
FIT = 24
ORGANISATION = 25  # what an organisation is founded with, nth() per trait
PRACTICE_START = 26
GUESS = 27
TIE = 28
TIE_TRUST = 29
COALITION = 30
REPORT = 31
SHARED_DATA = 32
ATTEND = 33
ROOM = 34
CONTACT = 35
IMPROVE = 36
TRIAL_NOISE = 37
COPY = 38
COPY_NOISE = 39
PLAYBOOK = 40
BROKER = 41
IMPORT = 42
LEADER = 43
LEAVE = 44
JOIN = 45
INVITE = 46
END = 47
EXIT = 48
ENTRY = 49
APPRAISE = 50
JUDGE_START = 52
TERM = 53
LOTTERY = 54
# ------------------------------------------------------------------------------------------------------------

MASK32 = 0xFFFFFFFF
MULTIPLIER_0 = 0xD2511F53
MULTIPLIER_1 = 0xCD9E8D57
WEYL_0 = 0x9E3779B9
WEYL_1 = 0xBB67AE85
STREAM_BITS = 10
TO_UNIT_53 = 1.0 / 9007199254740992.0  # 2**-53
TO_UNIT_32 = 1.0 / 4294967296.0  # 2**-32


@kernel_inline
def scramble(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Do one round. Signed products wrap around, but the bits kept after shift and mask are right."""
    product_0 = MULTIPLIER_0 * c0
    product_1 = MULTIPLIER_1 * c2
    return (
        ((product_1 >> 32) & MASK32) ^ c1 ^ (k0 & MASK32),
        product_1 & MASK32,
        ((product_0 >> 32) & MASK32) ^ c3 ^ (k1 & MASK32),
        product_0 & MASK32,
    )


@kernel_inline
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Scramble one 128-bit counter under a 64-bit key; words are int64 holding 32 bits.

    The ten rounds are written out, because the compiler turns a loop of draws into vector instructions only
    when there is no loop inside.
    """
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + WEYL_0, k1 + WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 2 * WEYL_0, k1 + 2 * WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 3 * WEYL_0, k1 + 3 * WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 4 * WEYL_0, k1 + 4 * WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 5 * WEYL_0, k1 + 5 * WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 6 * WEYL_0, k1 + 6 * WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 7 * WEYL_0, k1 + 7 * WEYL_1)
    c0, c1, c2, c3 = scramble(c0, c1, c2, c3, k0 + 8 * WEYL_0, k1 + 8 * WEYL_1)
    return scramble(c0, c1, c2, c3, k0 + 9 * WEYL_0, k1 + 9 * WEYL_1)


@kernel_inline
def words(seed: int, stream: int, month: int, a: int, b: int) -> tuple[int, int, int, int]:
    """Four independent 32-bit words for one name."""
    key = int(seed)
    return philox(
        int(a) & MASK32,
        int(b) & MASK32,
        int(month) & MASK32,
        int(stream) & MASK32,
        key & MASK32,
        (key >> 32) & MASK32,
    )


@kernel_inline
def nth(stream: int, draw: int) -> int:
    """Stream of the draw number `draw` (0..4194303) under the same name; `nth(stream, 0)` is the stream."""
    return stream + (draw << STREAM_BITS)


@kernel_inner
def uniform(seed: int, stream: int, month: int, a: int, b: int) -> float:
    """Draw from [0, 1) with 53 random bits.

    Parameters
    ----------
    seed : int
        Of the run, 64 bits.
    stream : int
        Purpose, one of the constants of this module, or `nth(stream, i)`.
    month : int
        When (any step counter), 32 bits.
    a, b : int
        Uids of the entities concerned, 32 bits each.
    """
    return uniform_inline(seed, stream, month, a, b)


@kernel_inline
def uniform_inline(seed: int, stream: int, month: int, a: int, b: int) -> float:
    """Draw as `uniform` does, with the code copied into the caller so that a loop can become vector instructions."""
    w0, w1, _, _ = words(seed, stream, month, a, b)
    return (float(w0 >> 5) * 67108864.0 + float(w1 >> 6)) * TO_UNIT_53


@kernel_inner
def uniform2(seed: int, stream: int, month: int, a: int, b: int) -> tuple[float, float]:
    """Two independent draws for the price of one; the first equals `uniform`."""
    w0, w1, w2, w3 = words(seed, stream, month, a, b)
    return (
        (float(w0 >> 5) * 67108864.0 + float(w1 >> 6)) * TO_UNIT_53,
        (float(w2 >> 5) * 67108864.0 + float(w3 >> 6)) * TO_UNIT_53,
    )


@kernel_inline
def uniform4(seed: int, stream: int, month: int, a: int, b: int) -> tuple[float, float, float, float]:
    """Four independent draws from [0, 1) with 32 random bits each, for one block."""
    w0, w1, w2, w3 = words(seed, stream, month, a, b)
    return w0 * TO_UNIT_32, w1 * TO_UNIT_32, w2 * TO_UNIT_32, w3 * TO_UNIT_32


@kernel_inner
def uniform_of_each(out: Any, seed: int, stream: int, month: int, names: Any) -> None:
    """Draw as `uniform` does for each of `names` (and b = 0); vector instructions do it."""
    for k in range(names.shape[0]):
        out[k] = uniform_inline(seed, stream, month, names[k], 0)


@kernel_inner
def uniform_of_pairs(out: Any, seed: int, stream: int, month: int, one: int, others: Any) -> None:
    """Draw as `uniform` does for `one` and each of `others`, the lower uid first; vector instructions do it."""
    for k in range(others.shape[0]):
        low = min(one, others[k])
        out[k] = uniform_inline(seed, stream, month, low, max(one, others[k]))


@kernel_inner
def normal2(seed: int, stream: int, month: int, a: int, b: int) -> tuple[float, float]:
    """Two independent standard normal draws (Box and Muller 1958)."""
    u1, u2 = uniform2(seed, stream, month, a, b)
    radius = sqrt(-2.0 * log(1.0 - u1))
    return radius * cos(2.0 * pi * u2), radius * sin(2.0 * pi * u2)


@kernel_inner
def normal(seed: int, stream: int, month: int, a: int, b: int) -> float:
    """One standard normal draw; equals the first of `normal2`."""
    u1, u2 = uniform2(seed, stream, month, a, b)
    return sqrt(-2.0 * log(1.0 - u1)) * cos(2.0 * pi * u2)


@kernel_inner
def integer(seed: int, stream: int, month: int, a: int, b: int, n: int) -> int:
    """Draw one of 0..n-1, n >= 1 (relative bias below n / 2**53)."""
    return int(uniform(seed, stream, month, a, b) * n)


def world_seed(seed: int, world: int) -> int:
    """Seed of replicate `world` of an experiment, 0..2**53-1 so that every file format keeps it exactly.

    Parameters
    ----------
    seed : int
        Of the experiment, any Python integer.
    world : int
        Number of the replicate, 0, 1, ...

    References
    ----------
    Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators. OOPSLA.
    https://doi.org/10.1145/2714064.2660195

    Examples
    --------
    >>> world_seed(1, 0) == world_seed(1, 0), world_seed(1, 0) == world_seed(1, 1)
    (True, False)
    """
    return _mix(_mix(seed) + world * 0x9E3779B97F4A7C15) >> 11


def _mix(word: int) -> int:
    """Scramble 64 bits one to one (the finaliser of splitmix64)."""
    full = 0xFFFFFFFFFFFFFFFF
    word = (word + 0x9E3779B97F4A7C15) & full
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & full
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & full
    return word ^ (word >> 31)
