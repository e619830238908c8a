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

from cisim.compiled import kernel, kernel_inner
from cisim.rng import nth, uniform, uniform2

Table = npt.NDArray[np.float64]
Partners = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

LOW_BITS = 5


@kernel_inner
def fill_table(table: Table, seed: int, stream: int, uid: int) -> None:
    """Fill every contribution with a draw from U(0, 1), two per block."""
    n, size = table.shape
    for bit in range(n):
        for pair in range(size // 2):
            table[bit, 2 * pair], table[bit, 2 * pair + 1] = uniform2(seed, stream, pair, uid, bit)


@kernel_inner
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


@kernel_inner
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


@kernel_inner
def row_of(x: int, bit: int, partners: Partners) -> int:
    """Where in its row of the table bit `bit` of practice `x` looks up its contribution."""
    index = (x >> bit) & 1
    for j in range(partners.shape[1]):
        index |= ((x >> partners[bit, j]) & 1) << (j + 1)
    return index


@kernel_inner
def contribution(x: int, bit: int, table: Table, partners: Partners) -> float:
    """Contribution of one bit of practice `x`."""
    return float(table[bit, row_of(x, bit, partners)])


@kernel_inner
def score(x: int, table: Table, partners: Partners) -> float:
    """Mean contribution of all bits of practice `x`, 0..1."""
    total = 0.0
    n = table.shape[0]
    for bit in range(n):
        total += contribution(x, bit, table, partners)
    return float(total / n)


@kernel_inner
def part_score(x: int, mask: int, table: Table, partners: Partners) -> float:
    """Share of the score that comes from the bits of `mask`; parts of disjoint masks add up to `score`."""
    total = 0.0
    n = table.shape[0]
    for bit in range(n):
        if (mask >> bit) & 1:
            total += contribution(x, bit, table, partners)
    return float(total / n)


@kernel
def scan(table: Table, partners: Partners, scores: Scores) -> tuple[int, int]:
    """Score all 2**n practices; return (worst, best), the first of equals; keep the scores if there is room.

    Where a bit looks up is the sum of what the high and the low bits of the practice say; both are worked
    out once for each half, so that a contribution costs two loads and one addition.
    """
    n, size = table.shape
    n_low = min(LOW_BITS, n)
    flat = table.reshape(n * size)
    low_index = np.empty((1 << n_low, n), np.uint64)  # unsigned: no test for negative ones
    high_index = np.empty(n, np.uint64)
    for low in range(1 << n_low):
        for bit in range(n):
            low_index[low, bit] = row_of(low, bit, partners)
    keep = scores.shape[0] >= (1 << n)
    worst = best = 0
    worst_total = best_total = score(0, table, partners) * n
    for high in range(1 << (n - n_low)):
        for bit in range(n):
            high_index[bit] = bit * size + row_of(high << n_low, bit, partners)
        for low in range(1 << n_low):
            total = 0.0
            for bit in range(n):
                total += flat[high_index[bit] + low_index[low, bit]]
            x = (high << n_low) | low
            if keep:
                scores[x] = total / n
            if total < worst_total:
                worst_total, worst = total, x
            if total > best_total:
                best_total, best = total, x
    return worst, best


@kernel
def extremes(table: Table, partners: Partners) -> tuple[float, int, float, int]:
    """Worst and best practice of a landscape, by full enumeration.

    Parameters
    ----------
    table : (n, 2**(k+1)) float64
        With n <= 20; time grows as n 2**n.
    partners : (n, k) int64
        As filled by `fill`.

    Returns
    -------
    (worst score, worst practice, best score, best practice)
    """
    worst, best = scan(table, partners, np.empty(0, np.float64))
    return score(worst, table, partners), worst, score(best, table, partners), best
