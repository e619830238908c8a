"""How organisations learn: own trial, copying, a shared code, proposing and coordinating.

Everything here is deterministic given the judged values, so that organisations with noisy judgement and the
published models (which have none) run the very same functions. Practices are bits of an integer.

- own trial: change one practice, keep the change if it is judged better;
- copying: the best seen, the most common seen, or anyone's;
- code: members and a coalition's playbook learn from each other (March 1991);
- proposing and coordinating: two parties draw alternatives for their own practices, send the best ones, and
  a review picks among the combinations (Rivkin & Siggelkow 2003).

Long for one file, because this is the list of what docking vouches for; half of it is documentation.

References
----------
March (1991) Organization Science 2(1). https://doi.org/10.1287/orsc.2.1.71
Rivkin & Siggelkow (2003) Management Science 49(3). https://doi.org/10.1287/mnsc.49.3.290.12740
Barkoczi & Galesic (2016) Nature Communications 7. https://doi.org/10.1038/ncomms13109
Lazer & Friedman (2007) Administrative Science Quarterly 52(4). https://doi.org/10.2189/asqu.52.4.667
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cisim.compiled import kernel, kernel_inline, kernel_inner
from cisim.landscape import Partners, Table, part_score, score
from cisim.rng import normal, nth, uniform, uniform4

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NOISE_DRAWS = 1 << 12  # first draw number of judgement noise within a party's stream
REVIEW_DRAWS = 1 << 13  # first draw number of the review


# ---- own trial ---------------------------------------------------------------------------------------------


@kernel_inline
def flip_one(x: int, n: int, u: float) -> int:
    """Change one of `n` bits, chosen by the uniform draw `u`."""
    return x ^ (1 << int(u * n))


@kernel_inner
def count_bits(mask: int) -> int:
    """Count the bits set in `mask`."""
    mask = mask - ((mask >> 1) & 0x5555555555555555)
    mask = (mask & 0x3333333333333333) + ((mask >> 2) & 0x3333333333333333)
    mask = (mask + (mask >> 4)) & 0x0F0F0F0F0F0F0F0F
    mask = mask + (mask >> 8)
    mask = mask + (mask >> 16)
    return (mask + (mask >> 32)) & 0x7F


@kernel_inner
def flip_one_of(x: int, mask: int, u: float) -> int:
    """Change one of the bits of `mask`, chosen by the uniform draw `u`; nothing if the mask is empty."""
    n = count_bits(mask)
    if n == 0:
        return x
    for _ in range(int(u * n)):
        mask &= mask - 1
    return x ^ (mask & -mask)


@kernel_inline
def keep_if_better(x: int, candidate: int, judged_x: float, judged_candidate: float) -> int:
    """Return the candidate if it is judged strictly better, else `x`."""
    return candidate if judged_candidate > judged_x else x


# ---- whom to look at ---------------------------------------------------------------------------------------


@kernel_inline
def pick_distinct(picks: Ints, n: int, k: int, uniforms: Floats) -> int:
    """Pick `k` distinct of 0..n-1 (all of them if k >= n), one uniform draw each (Floyd 1987).

    Every set is equally likely; the order is not random. Returns how many were picked.
    """
    if k < n:
        for i in range(k):
            last = n - k + i
            pick = int(uniforms[i] * (last + 1))
            for j in range(i):
                pick = last if picks[j] == pick else pick
            picks[i] = pick
    else:
        for i in range(n):
            picks[i] = i
    return min(n, k)


# ---- copying: the result equals `x` when nobody better was seen --------------------------------------------


@kernel_inline
def copy_best(x: int, judged_x: float, options: Ints, judged: Floats, n_seen: int) -> int:
    """Copy the best option seen if it is judged strictly better than the own one.

    Parameters
    ----------
    x : int
        Own option.
    judged_x : float
        What the organisation believes its own option is worth.
    options : (>= n_seen,) int64
        Options seen; of different ones judged exactly equal the first is taken.
    judged : (>= n_seen,) float64
        What the organisation believes each is worth.
    n_seen : int
        How many were seen; 0 leaves `x`.
    """
    best = x
    high = judged_x
    for i in range(n_seen):
        if judged[i] > high:
            high = judged[i]
            best = options[i]
    return best


@kernel_inline
def copy_common(x: int, judged_x: float, options: Ints, judged: Floats, n_seen: int, u: float) -> int:
    """Copy the most frequent option seen if it is judged strictly better than the own one (conformity).

    Parameters
    ----------
    x, judged_x, options, judged, n_seen
        As for `copy_best`. An option seen several times is judged by the mean of its judged values.
    u : float
        Uniform draw that picks one of several equally frequent options. When two or more are seen and all
        differ there is nothing to conform to and `x` stays.
    """
    top = 0
    n_modes = 0
    for i in range(n_seen):
        count = _times_seen(options, i, n_seen)
        if count > top:
            top = count
            n_modes = 0
        if count == top:
            n_modes += 1
    skip = int(u * n_modes) if top > 1 or n_seen == 1 else -1
    copied = x
    for i in range(n_seen):
        if skip >= 0 and _times_seen(options, i, n_seen) == top:
            if skip == 0:
                copied = keep_if_better(x, options[i], judged_x, _mean_judged(options, judged, i, n_seen))
            skip -= 1
    return copied


@kernel_inline
def _times_seen(options: Ints, i: int, n_seen: int) -> int:
    """How often option i occurs, counted at its first occurrence only (0 at later ones)."""
    count = 1
    for j in range(i + 1, n_seen):
        if options[j] == options[i]:
            count += 1
    for j in range(i):
        if options[j] == options[i]:
            count = 0
    return count


@kernel_inline
def _mean_judged(options: Ints, judged: Floats, i: int, n_seen: int) -> float:
    """Mean judged value of option i; a running mean, so that equal values give exactly that value."""
    mean = judged[i]
    count = 1
    for j in range(i + 1, n_seen):
        if options[j] == options[i]:
            count += 1
            mean += (judged[j] - mean) / count
    return float(mean)


@kernel_inline
def copy_random(x: int, options: Ints, n_seen: int, u: float) -> int:
    """Copy one of the options seen, chosen by the uniform draw `u`, whatever it is worth."""
    copied = x
    if n_seen > 0:
        copied = options[int(u * n_seen)]
    return copied


# ---- a shared code (playbook) ------------------------------------------------------------------------------
# A belief on a bit is known (value 0 or 1) or not; March's -1, 0, 1 are known 0, unknown, known 1.


@kernel_inner
def bernoulli_bits(p: float, n: int, seed: int, stream: int, month: int, a: int, b: int) -> int:
    """Set each of `n` bits with probability `p`, independently; four bits a block, draws 0..(n-1)//4."""
    bits = 0
    for block in range((n + 3) // 4):
        u0, u1, u2, u3 = uniform4(seed, nth(stream, block), month, a, b)
        four = int(u0 < p) | int(u1 < p) << 1 | int(u2 < p) << 2 | int(u3 < p) << 3
        bits |= four << (4 * block)
    return bits & ((1 << n) - 1)


@kernel_inner
def act(value: int, known: int, n: int, seed: int, stream: int, month: int, a: int, b: int) -> int:
    """Practice really shown by somebody with these beliefs: what is unknown is decided by a coin flip."""
    coins = bernoulli_bits(0.5, n, seed, stream, month, a, b)
    return (value & known) | (coins & ~known)


@kernel_inner
def toward_code(
    value: int,
    known: int,
    code_value: int,
    code_known: int,
    p1: float,
    n: int,
    seed: int,
    stream: int,
    month: int,
    a: int,
    b: int,
) -> tuple[int, int]:
    """Move each belief, with probability `p1`, one step toward what the code knows.

    A contrary belief becomes unknown, an unknown one becomes the code's. What the code does not know is left.

    Parameters
    ----------
    value, known : int
        Beliefs: bit i of `value` counts where bit i of `known` is set.
    code_value, code_known : int
        The code, likewise.
    p1 : float
        Socialisation rate, probability per bit and month.
    n : int
        Number of bits, at most 62.
    seed, stream, month, a, b : int
        Name of the draws.

    Returns
    -------
    (value, known)
    """
    moved = bernoulli_bits(p1, n, seed, stream, month, a, b) & code_known
    contrary = moved & known & (value ^ code_value)
    adopted = moved & ~known
    known = (known & ~contrary) | adopted
    value = ((value & ~adopted) | (code_value & adopted)) & known
    return value, known


@kernel_inner
def tally(action: int, n: int, votes: Ints) -> None:
    """Add one superior member's action to the balance of votes: +1 for a set bit, -1 for one not set."""
    for bit in range(n):
        votes[bit] += 2 * ((action >> bit) & 1) - 1


@kernel_inner
def code_learns(
    code_value: int,
    code_known: int,
    votes: Ints,
    n: int,
    p2: float,
    seed: int,
    stream: int,
    month: int,
    a: int,
    b: int,
) -> tuple[int, int]:
    """Let the code take the action of the majority of its superiors, the likelier the larger the majority.

    A bit on which the majority differs from the code changes with probability 1 - (1 - p2)**margin.

    Parameters
    ----------
    code_value, code_known : int
        The code; an unknown bit differs from any majority.
    votes : (n,) int64
        Balance of the votes of the members superior to the code, as summed by `tally`.
    n : int
        Number of bits, at most 62.
    p2 : float
        Learning rate of the code, probability per month for a margin of one.
    seed, stream, month, a, b : int
        Name of the draws.

    Returns
    -------
    (code_value, code_known)
    """
    for block in range((n + 3) // 4):
        draws = uniform4(seed, nth(stream, block), month, a, b)
        for place, u in enumerate(draws):
            bit = 4 * block + place
            if bit < n and votes[bit] != 0:
                wanted = 1 if votes[bit] > 0 else 0
                differs = not (code_known >> bit) & 1 or ((code_value >> bit) & 1) != wanted
                if differs and u < 1.0 - (1.0 - p2) ** abs(votes[bit]):
                    code_value = (code_value & ~(1 << bit)) | (wanted << bit)
                    code_known |= 1 << bit
    return code_value, code_known


# ---- proposing and coordinating ----------------------------------------------------------------------------


@kernel_inner
def next_same_count(pattern: int) -> int:
    """Next larger integer with as many bits set (Gosper's hack)."""
    low = pattern & -pattern
    carried = pattern + low
    return carried | (((pattern ^ carried) // low) >> 2)


@kernel_inner
def spread(pattern: int, mask: int) -> int:
    """Put the low bits of `pattern` at the places of the bits of `mask`."""
    out = 0
    while mask:
        low = mask & -mask
        if pattern & 1:
            out |= low
        pattern >>= 1
        mask ^= low
    return out


@kernel_inner
def choose(n: int, k: int) -> int:
    """Binomial coefficient, for small n."""
    out = 1
    for i in range(k):
        out = out * (n - i) // (i + 1)
    return out


@kernel_inner
def judge_part(
    option: int, mask: int, other_mask: int, incent: float, noise: float, table: Table, partners: Partners
) -> float:
    """Worth of an option to a party: its own part, plus `incent` times the other's part, plus noise."""
    own = part_score(option, mask, table, partners)
    if incent != 0.0:
        own += incent * part_score(option, other_mask, table, partners)
    return own + noise


@kernel_inner
def _insert(option: int, judged: float, n: int, n_sent: int, out_options: Ints, out_scores: Floats) -> int:
    """Keep the `n_sent` best in order, best first; an equal one goes behind. Returns the new length."""
    if n == n_sent:
        if judged <= out_scores[n - 1]:
            return n
        n -= 1
    place = n
    while place > 0 and out_scores[place - 1] < judged:
        out_options[place] = out_options[place - 1]
        out_scores[place] = out_scores[place - 1]
        place -= 1
    out_options[place] = option
    out_scores[place] = judged
    return n + 1


@kernel_inner
def _noise(sd: float, seed: int, stream: int, draw: int, month: int, a: int, b: int) -> float:
    """One judgement error; no draw is made when there is none."""
    return sd * normal(seed, nth(stream, draw), month, a, b) if sd > 0.0 else 0.0


@kernel_inner
def propose(
    x: int,
    mask: int,
    other_mask: int,
    n_alternatives: int,
    incent: float,
    n_sent: int,
    noise_sd: float,
    table: Table,
    partners: Partners,
    seed: int,
    stream: int,
    month: int,
    a: int,
    b: int,
    out_options: Ints,
    out_scores: Floats,
) -> int:
    """Draw alternatives for the own bits, rank them together with the status quo, send the best ones.

    Alternatives are the nearest first: all that differ in one own bit, then in two, and so on; a ring that
    does not fit is sampled. The other side's bits are held at the status quo.

    Parameters
    ----------
    x : int
        Status quo of the whole.
    mask, other_mask : int
        Bits the party decides (at most 10) and bits of the other party.
    n_alternatives : int
        How many alternatives are drawn (at most the 2**bits - 1 there are).
    incent : float
        Weight of the other party's part of the score in the ranking; 0 own interest, 1 common goal.
    n_sent : int
        How many options are sent, >= 1; the status quo may be among them.
    noise_sd : float
        Standard deviation of the error of each judged score, in units of the score.
    table, partners : arrays
        The landscape.
    seed, stream, month, a, b : int
        Name of the draws; `a` is the uid of the party.
    out_options : (>= n_sent,) int64
        Written: whole practices (other bits as in `x`), best first.
    out_scores : (>= n_sent,) float64
        Written: judged scores.

    Returns
    -------
    Number of options sent.
    """
    m = count_bits(mask)
    wanted = min(n_alternatives, (1 << m) - 1)
    noise = _noise(noise_sd, seed, stream, NOISE_DRAWS, month, a, b)
    n = _insert(
        x, judge_part(x, mask, other_mask, incent, noise, table, partners), 0, n_sent, out_options, out_scores
    )
    distance = 1
    while wanted > 0:
        left = choose(m, distance)
        pattern = (1 << distance) - 1
        take = min(left, wanted)
        wanted -= take
        while take > 0:
            if left == take or uniform(seed, nth(stream, pattern), month, a, b) * left < take:
                option = x ^ spread(pattern, mask)
                noise = _noise(noise_sd, seed, stream, NOISE_DRAWS + pattern, month, a, b)
                judged = judge_part(option, mask, other_mask, incent, noise, table, partners)
                n = _insert(option, judged, n, n_sent, out_options, out_scores)
                take -= 1
            left -= 1
            pattern = next_same_count(pattern)
        distance += 1
    return n


@kernel_inner
def decide(
    x: int,
    mask_a: int,
    mask_b: int,
    options_a: Ints,
    n_a: int,
    options_b: Ints,
    n_b: int,
    n_reviewed: int,
    noise_sd: float,
    table: Table,
    partners: Partners,
    seed: int,
    stream: int,
    month: int,
    a: int,
    b: int,
) -> int:
    """Review: among the new combinations of what was sent, look at some and adopt the best if it is better.

    Each party's status quo is always admissible, so there are at most (n_a + 1)(n_b + 1) - 1 combinations.

    Parameters
    ----------
    x : int
        Status quo.
    mask_a, mask_b : int
        Bits of the two parties, disjoint.
    options_a, options_b : (>= n_a,), (>= n_b,) int64
        Distinct options sent by each; the status quo among them is passed over.
    n_reviewed : int
        How many combinations the reviewer looks at, drawn at random.
    noise_sd : float
        Standard deviation of the error of each judged score of the whole.
    table, partners, seed, stream, month, a, b
        As for `propose`.

    Returns
    -------
    The practice adopted; `x` if nothing reviewed is judged strictly better.
    """
    rest = x & ~(mask_a | mask_b)
    n_new_a = _count_new(x, mask_a, options_a, n_a)
    n_new_b = _count_new(x, mask_b, options_b, n_b)
    left = (n_new_a + 1) * (n_new_b + 1) - 1
    take = min(left, n_reviewed)
    adopted = x
    high = score(x, table, partners) + _noise(noise_sd, seed, stream, REVIEW_DRAWS, month, a, b)
    draw = REVIEW_DRAWS + 2
    for i in range(-1, n_a):
        part_a = x & mask_a if i < 0 else options_a[i] & mask_a
        if i >= 0 and part_a == x & mask_a:
            continue
        for j in range(-1, n_b):
            part_b = x & mask_b if j < 0 else options_b[j] & mask_b
            if (j >= 0 and part_b == x & mask_b) or (i < 0 and j < 0):
                continue
            if left == take or uniform(seed, nth(stream, draw), month, a, b) * left < take:
                option = rest | part_a | part_b
                noise = _noise(noise_sd, seed, stream, draw + 1, month, a, b)
                judged = score(option, table, partners) + noise
                if judged > high:
                    high = judged
                    adopted = option
                take -= 1
            left -= 1
            draw += 2
    return adopted


@kernel_inner
def _count_new(x: int, mask: int, options: Ints, n: int) -> int:
    """How many of the options differ from the status quo within the mask."""
    count = 0
    for i in range(n):
        if (options[i] ^ x) & mask:
            count += 1
    return count


@kernel
def coordinate(
    x: int,
    mask_a: int,
    mask_b: int,
    n_alternatives: int,
    incent_a: float,
    incent_b: float,
    n_sent: int,
    is_active: bool,
    n_reviewed: int,
    noise_sd: float,
    table: Table,
    partners: Partners,
    seed: int,
    stream: int,
    month: int,
    a: int,
    b: int,
) -> int:
    """One round of two parties deciding together: both propose, then a review or a rubber stamp.

    Parameters
    ----------
    x : int
        Status quo of the whole.
    mask_a, mask_b : int
        Bits of the two parties, disjoint, at most 10 each.
    n_alternatives, n_sent : int
        As for `propose`, the same for both.
    incent_a, incent_b : float
        Weight each party gives to the other's part of the score.
    is_active : bool
        Whether `n_reviewed` combinations are reviewed as a whole (`decide`); otherwise both top proposals
        are adopted unseen.
    n_reviewed, noise_sd, table, partners
        As for `decide`.
    seed, stream, month, a, b : int
        Name of the draws; `a` and `b` are the uids of the parties.

    Returns
    -------
    The practice adopted.
    """
    size = max(1, n_sent)
    options_a = np.empty(size, np.int64)
    options_b = np.empty(size, np.int64)
    scores = np.empty(size, np.float64)
    n_a = propose(
        x, mask_a, mask_b, n_alternatives, incent_a, size, noise_sd, table, partners,
        seed, stream, month, a, b, options_a, scores,
    )  # fmt: skip
    n_b = propose(
        x, mask_b, mask_a, n_alternatives, incent_b, size, noise_sd, table, partners,
        seed, stream, month, b, a, options_b, scores,
    )  # fmt: skip
    if not is_active:
        return int((x & ~(mask_a | mask_b)) | (options_a[0] & mask_a) | (options_b[0] & mask_b))
    return decide(
        x, mask_a, mask_b, options_a, n_a, options_b, n_b, n_reviewed, noise_sd, table, partners,
        seed, stream, month, a, b,
    )  # fmt: skip
