"""Who sits with whom: members of a coalition in working groups of bounded size."""

from __future__ import annotations

from typing import Any

from cisim.handle import rule
from cisim.state import State


@rule
def seat(s: State, p: Any, c: int) -> None:
    """List the members of coalition `c` room by room in `s.order`; `s.group_start` says where each room begins.

    A member's place follows from a draw of its own, so rooms stay the same while the number of rooms does, and
    the order of organisations in memory means nothing.
    """
    n_rooms = max(1, (s.n_members[c] + p.group_size - 1) // p.group_size)
    s.n_groups_of[c] = n_rooms
    for room in range(n_rooms + 1):
        s.group_start[room] = 0
    for i in range(s.uid.shape[0]):
        if s.coalition[i] == c:
            s.working_group[i] = int(s.rank[i] * n_rooms)
            s.group_start[s.working_group[i] + 1] += 1
    for room in range(n_rooms):
        s.group_start[room + 1] += s.group_start[room]
    for i in range(s.uid.shape[0]):
        if s.coalition[i] == c:
            s.order[s.group_start[s.working_group[i]]] = i
            s.group_start[s.working_group[i]] += 1
    for room in range(n_rooms, 0, -1):
        s.group_start[room] = s.group_start[room - 1]
    s.group_start[0] = 0
    for room in range(n_rooms):
        sort_by_rank(s, s.group_start[room], s.group_start[room + 1])


@rule
def sort_by_rank(s: State, first: int, last: int) -> None:
    """Put the organisations listed in `s.order[first:last]` in the order of their draws (insertion sort)."""
    for k in range(first + 1, last):
        i = s.order[k]
        place = k
        while place > first and s.rank[s.order[place - 1]] > s.rank[i]:
            s.order[place] = s.order[place - 1]
            place -= 1
        s.order[place] = i


@rule
def neighbour(s: State, k: int, room: int, month: int) -> int:
    """Partner of the member at place `k`, another one of the same room each month; itself if it is alone."""
    first = s.group_start[room]
    size = s.group_start[room + 1] - first
    if size < 2:
        return s.order[k]
    return s.order[first + (k - first + 1 + month % (size - 1)) % size]
