"""Practice landscapes: how good a combination of yes/no practices is when practices depend on each other.

A practice is `n` bits in one integer. Bit `i` contributes a number that depends on itself and on `k` partner
bits, and the score of a practice is the mean contribution. With k = 0 every single improvement shows; with
k = n - 1 the landscape is as rugged as can be and most searches stop on a local optimum.

`table[i, index]` is the contribution of bit `i`, where bit 0 of `index` is bit `i` itself and bit `j + 1` is
its partner `partners[i, j]`.

References
----------
Kauffman & Levin (1987), Towards a general theory of adaptive walks on rugged landscapes. Journal of
Theoretical Biology 128. https://doi.org/10.1016/S0022-5193(87)80029-2
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cisim.compiled import kernel
from cisim.rng import nth, uniform, uniform2

Table = npt.NDArray[np.float64]
Partners = npt.NDArray[np.int64]


@kernel
def fill_table(table: Table, seed: int, stream: int, uid: int) -> None:
    """Fill every contribution with a draw from U(0, 1), two per block."""
    n, size = table.shape
    for bit in range(n):
        for pair in range(size // 2):
            table[bit, 2 * pair], table[bit, 2 * pair + 1] = uniform2(seed, stream, pair, uid, bit)


@kernel
def fill_partners(partners: Partners, may_be_self: bool, seed: int, stream: int, uid: int) -> None:
    """Give every bit `k` distinct random partners, by default others, by selection sampling in one pass."""
    n, k = partners.shape
    draws = nth(stream, 1)
    for bit in range(n):
        found = 0
        left = n if may_be_self else n - 1
        for other in range(n):
            if (other != bit or may_be_self) and found < k:
                if uniform(seed, draws, other, uid, bit) * left < k - found:
                    partners[bit, found] = other
                    found += 1
                left -= 1


@kernel
def fill(table: Table, partners: Partners, seed: int, stream: int, uid: int) -> None:
    """Draw a landscape: contributions from U(0, 1), partners among the other bits.

    Parameters
    ----------
    table : (n, 2**(k+1)) float64
        Written.
    partners : (n, k) int64
        Written; k distinct others for each bit, in increasing order.
    seed, stream, uid : int
        Name of the landscape: seed of the run, stream, uid of the driver it belongs to.
    """
    fill_table(table, seed, stream, uid)
    fill_partners(partners, False, seed, stream, uid)


@kernel
def contribution(x: int, bit: int, table: Table, partners: Partners) -> float:
    """Contribution of one bit of practice `x`."""
    index = (x >> bit) & 1
    for j in range(partners.shape[1]):
        index |= ((x >> partners[bit, j]) & 1) << (j + 1)
    return float(table[bit, index])


@kernel
def score(x: int, table: Table, partners: Partners) -> float:
    """Mean contribution of all bits of practice `x`, 0..1."""
    total = 0.0
    n = table.shape[0]
    for bit in range(n):
        total += contribution(x, bit, table, partners)
    return float(total / n)


@kernel
def part_score(x: int, mask: int, table: Table, partners: Partners) -> float:
    """Share of the score that comes from the bits of `mask`; the parts of disjoint masks add up to `score`."""
    total = 0.0
    n = table.shape[0]
    for bit in range(n):
        if (mask >> bit) & 1:
            total += contribution(x, bit, table, partners)
    return float(total / n)


@kernel
def dependents(partners: Partners, reads: Partners, place: Partners, n_reads: npt.NDArray[np.int64]) -> None:
    """Turn partners round: which bits read bit j (itself first) and at which place of their index."""
    n, k = partners.shape
    for bit in range(n):
        reads[bit, 0] = bit
        place[bit, 0] = 1
        n_reads[bit] = 1
    for bit in range(n):
        for j in range(k):
            source = partners[bit, j]
            if source == bit:  # a bit that is its own partner moves two places of its index at once
                place[bit, 0] |= 1 << (j + 1)
            else:
                reads[source, n_reads[source]] = bit
                place[source, n_reads[source]] = 1 << (j + 1)
                n_reads[source] += 1


@kernel
def scan(table: Table, partners: Partners, scores: Table) -> tuple[int, int]:
    """Visit all 2**n practices in Gray-code order; return (worst, best); keep the scores if there is room.

    One bit changes at a time, so only the bits that read it are looked up again.
    """
    n = table.shape[0]
    reads = np.empty((n, n), np.int64)
    place = np.empty((n, n), np.int64)
    n_reads = np.empty(n, np.int64)
    index = np.zeros(n, np.int64)
    dependents(partners, reads, place, n_reads)
    keep = scores.shape[0] >= (1 << n)
    total = 0.0
    for bit in range(n):
        total += table[bit, 0]
    x = worst = best = 0
    low = high = total
    if keep:
        scores[0] = total / n
    for step in range(1, 1 << n):
        flipped = 0
        while not (step >> flipped) & 1:
            flipped += 1
        x ^= 1 << flipped
        change = 0.0
        for r in range(n_reads[flipped]):
            bit = reads[flipped, r]
            old = index[bit]
            new = old ^ place[flipped, r]
            index[bit] = new
            change += table[bit, new] - table[bit, old]
        total += change
        if keep:
            scores[x] = total / n
        if total < low:
            low, worst = total, x
        if total > high:
            high, best = total, x
    return worst, best


@kernel
def extremes(table: Table, partners: Partners) -> tuple[float, int, float, int]:
    """Worst and best practice of a landscape, by full enumeration.

    Parameters
    ----------
    table : (n, 2**(k+1)) float64
        With n <= 20; time grows as 2**n (k + 1).
    partners : (n, k) int64
        As filled by `fill`.

    Returns
    -------
    (worst score, worst practice, best score, best practice)
    """
    worst, best = scan(table, partners, np.empty(0, np.float64))
    return score(worst, table, partners), worst, score(best, table, partners), best
