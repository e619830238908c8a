"""Who knows whom: a bounded list of ties per organisation, the weakest forgotten first."""

from __future__ import annotations

from cisim.handle import rule
from cisim.state import State

FORGOTTEN = 0.01  # trust below which a tie is dropped


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
    return place
