"""Allocate: where organisations put their effort.

Alone, effort drifts toward what the own funder credits: effect on clients, which is largest where the
organisation is good and people are easy to reach. An aligned organisation goes where it believes its next hour
adds most to the shared indicator: unserved need, weighed by what its driver counts for and by its own skill
(comparative advantage). How well it believes depends on what it knows of need and of others' work. A backbone's
project manager can fit a number of plans together each month, one after the other, each seeing the earlier.
"""

from __future__ import annotations

from typing import Any

from cisim import rng
from cisim.compiled import kernel_step
from cisim.decisions import OWN_TARGET
from cisim.handle import rule
from cisim.practice import measurement_level
from cisim.rooms import seat
from cisim.state import H_SERVICE, State

EVERY_MONTHS = 3  # organisations look at their plans four times a year
BROKERED_MOVE = 0.5  # share of effort a plan that was fitted to the others' moves at once


@kernel_step
def allocate(s: State, p: Any, seed: int, month: int) -> None:
    """Move effort: everybody a little on their own, brokered members more."""
    s.world[0].brokered = 0.0
    step = p.reallocation_per_year * EVERY_MONTHS / 12.0
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and (month + s.uid[i]) % EVERY_MONTHS == 0:
            set_target(s, p, i, s.alignment[i])
            move(s, i, step)
    for c in range(s.stage.shape[0]):
        if s.stage[c] >= 2 and p.mutual_activities > 0.0:
            broker(s, p, seed, month, c)


@rule
def believed_unserved(s: State, p: Any, i: int, g: int, d: int) -> float:
    """Share of need that organisation `i` believes unserved: shared knowledge, or its own guess about the mean."""
    known = s.need_knowledge[i]
    c = s.coalition[i]
    fact = 1.0 - s.covered[g, d]
    if c >= 0:
        shared = measurement_level(s, i)
        fact = shared * s.known_unserved[c, g, d] + (1.0 - shared) * fact
    guess = (1.0 - s.world[0].covered) * s.need_guess[i, g, d]
    return known * fact + (1.0 - known) * min(1.0, guess)


@rule
def sharpen(x: float, power: float) -> float:
    """Raise `x` to a power; the usual one is cheap."""
    return x * x if power == 2.0 else x**power


@rule
def set_target(s: State, p: Any, i: int, aligned: float) -> None:
    """Write into `s.target` the effort organisation `i` would like, a mix of credit and contribution."""
    n_groups, n_drivers = s.need.shape
    if s.override[i] & OWN_TARGET:
        for g in range(n_groups):
            for d in range(n_drivers):
                s.target[g, d] = s.own_target[i, g, d]
        return
    credit_sum = 0.0
    value_sum = 0.0
    for g in range(n_groups):
        easy = s.reach[i, g] * s.group_ease[g]
        for d in range(n_drivers):
            ability = easy * s.competence[i, d] * max(0.01, s.judged[i, d])
            credit = s.need[g, d] * sharpen(ability, p.target_sharpness)
            s.credit[g, d] = credit
            credit_sum += credit
            value = 0.0
            if aligned > 0.0:
                unserved = believed_unserved(s, p, i, g, d)
                value = s.need[g, d] * sharpen(ability * s.weight[d] * unserved, p.target_sharpness)
            s.target[g, d] = value
            value_sum += value
    share = aligned if value_sum > 0.0 else 0.0
    for g in range(n_groups):
        for d in range(n_drivers):
            value = share * s.target[g, d] / value_sum if share > 0.0 else 0.0
            s.target[g, d] = value + (1.0 - share) * s.credit[g, d] / credit_sum


@rule
def move(s: State, i: int, step: float) -> None:
    """Move effort of organisation `i` a part of the way to its target."""
    for g in range(s.need.shape[0]):
        for d in range(s.need.shape[1]):
            s.effort[i, g, d] += step * (s.target[g, d] - s.effort[i, g, d])


@rule
def broker(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Let the project manager of coalition `c` fit members' plans together, as many as staff can handle.

    Members are taken in the order of a draw; each plan is made with the coverage that earlier plans leave.
    """
    capacity = s.manager[c] * p.brokered_per_fte_month * p.mutual_activities
    capacity *= max(1.0, s.staff_fte[c] * p.manager_share)
    chance = min(1.0, capacity / max(1, s.n_members[c]))
    if s.stage.shape[0] > 1:  # the rooms of this month's meetings stand, unless another coalition met since
        seat(s, p, c)
    for k in range(s.group_start[s.n_groups_of[c]]):
        i = s.order[k]
        if s.presence[i] > 0.0 and rng.uniform(seed, rng.BROKER, month, s.uid[i], c) < chance:
            count_in(s, i, -1.0)
            set_target(s, p, i, 1.0 - (1.0 - s.alignment[i]) * s.turf[i])
            move(s, i, BROKERED_MOVE * s.disclosure[i])
            count_in(s, i, 1.0)
            s.world[0].brokered += 1.0
            s.gain[i] = max(s.gain[i], 0.5)


@rule
def count_in(s: State, i: int, sign: float) -> None:
    """Add the plan of organisation `i` to what is believed to be covered, or take it out."""
    c = s.coalition[i]
    for g in range(s.need.shape[0]):
        per_hour = s.reach[i, g] * s.group_ease[g] * s.world[0].client_months_per_hour * s.hours[i, H_SERVICE]
        for d in range(s.need.shape[1]):
            share = per_hour * s.effort[i, g, d] / s.need[g, d] if s.need[g, d] > 0.0 else 0.0
            left = s.known_unserved[c, g, d] - sign * share
            s.known_unserved[c, g, d] = min(1.0, max(0.0, left))
