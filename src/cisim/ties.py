"""Who knows whom and how far it is trusted: a bounded list of ties per organisation, the weakest forgotten first.

Trust follows one of two rules (`trust_rule`), fed with the same meetings, reports and contests.

*gradual*: each experience moves trust by a constant part of what is left, however long two have known each other.

*beta*: trust is the share of good in all experience, first impression included, after the beta reputation system
(Josang & Ismail 2002): good experience adds to both sides of the fraction, bad to the lower one only, and what is
not renewed is forgotten by a factor. Experience is counted in time constants of trust, and a first impression
counts as one, so that on a new tie the two rules agree to first order; later beta moves 1 / (1 + experience) as
much. Forgotten experience leaves trust of 0, as for strangers, where the paper's prior leaves one half.

References
----------
Josang & Ismail (2002), The beta reputation system. 15th Bled Electronic Commerce Conference.
"""

from __future__ import annotations

from typing import Any

from cisim.handle import rule
from cisim.state import State

FORGOTTEN = 0.01  # trust below which a tie is dropped
BETA = 1  # code of the trust rule that counts experience


@rule
def find(s: State, i: int, j: int) -> int:
    """Place of the tie from `i` to `j` in the list of `i`, or -1."""
    row = s.tie_to[i]
    place = -1
    for m in range(row.shape[0]):  # to the end: without an early exit the loop becomes vector instructions
        place = m if row[m] == j else place
    return place


@rule
def add(s: State, i: int, j: int, trust: float, month: int) -> int:
    """Give `i` a tie to `j`; a full list loses its weakest tie if that is weaker. Returns its place or -1."""
    place = -1
    low = trust
    for m in range(s.tie_to.shape[1]):
        if s.tie_to[i, m] < 0:
            place = m
            break
        if s.tie_trust[i, m] < low:
            low = s.tie_trust[i, m]
            place = m
    if place >= 0:
        s.tie_to[i, place] = j
        s.tie_trust[i, place] = trust
        s.tie_month[i, place] = month
        s.tie_evidence[i, place] = 0.0
    return place


@rule
def strengthen(s: State, p: Any, i: int, m: int, rate: float) -> None:
    """Let good experience worth `rate` time constants of trust act on tie `m` of organisation `i`."""
    trust = s.tie_trust[i, m]
    if p.trust_rule == BETA:
        known = 1.0 + s.tie_evidence[i, m]
        s.tie_trust[i, m] = (known * trust + rate) / (known + rate)
        s.tie_evidence[i, m] += rate
    else:
        s.tie_trust[i, m] = trust + min(1.0, rate) * (1.0 - trust)


@rule
def weaken(s: State, p: Any, i: int, m: int, loss: float) -> None:
    """Let bad experience that costs a new tie about the share `loss` of its trust act on tie `m`."""
    if p.trust_rule == BETA:
        known = 1.0 + s.tie_evidence[i, m]
        s.tie_trust[i, m] *= known / (known + loss)
        s.tie_evidence[i, m] += loss
    else:
        s.tie_trust[i, m] *= 1.0 - loss


@rule
def fade(s: State, p: Any, i: int, m: int, kept: float) -> None:
    """Let tie `m` of organisation `i` go without contact; `kept` is what is remembered of all experience."""
    if p.trust_rule == BETA:
        known = 1.0 + s.tie_evidence[i, m]
        s.tie_evidence[i, m] *= kept
        s.tie_trust[i, m] *= kept * known / (1.0 + s.tie_evidence[i, m])
    else:
        s.tie_trust[i, m] *= kept
