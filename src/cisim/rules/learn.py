"""Learn: own trials, copying, a common playbook, coordinated change, ideas from elsewhere.

The choices are made by the functions of `cisim.search`, the same that reproduce the published models; here they
are fed with what an organisation believes. Judgements carry the error of its measurement, so a change is
kept, a contact copied or a proposal adopted because it *looked* better.

Whom to copy is the partner rule: by *outcome* the contact whose practice is said to work best, by *size* the
largest contact, whatever its results. Both modes were found side by side among firms (Haunschild & Miner 1997,
Administrative Science Quarterly 42(3), 472-500).
"""

from __future__ import annotations

from typing import Any

from cisim import rng
from cisim.compiled import kernel_step
from cisim.handle import rule
from cisim.money import dependence
from cisim.practice import adopt, chosen_driver, judgement_sd, measurement_level, own_worth, worth
from cisim.rooms import neighbour, seat
from cisim.search import (
    act,
    bernoulli_bits,
    code_learns,
    coordinate,
    copy_best,
    flip_one,
    keep_if_better,
    tally,
    toward_code,
)
from cisim.state import H_LEARNING, NO_REPORT, SHARED_REPORT, State

BY_SIZE = 1  # code of the partner rule that copies the largest contact
RECENT_MONTHS = 3  # how long ago a contact may be for its practice to be considered


@kernel_step
def learn(s: State, p: Any, seed: int, month: int) -> None:
    """Let organisations change their practices this month."""
    rng.uniform_of_each(s.luck, seed, rng.COPY, month, s.uid)
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            look_around(s, p, seed, month, i, s.luck[i])
    rng.uniform_of_each(s.luck, seed, rng.IMPORT, month, s.uid)
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            take_over(s, p, i)
            hear_residents(s, p, i)
            if s.report_due[i] != NO_REPORT:
                use_report(s, p, seed, month, i)
            import_idea(s, p, seed, month, i, s.luck[i])
    for c in range(s.stage.shape[0]):
        if s.stage[c] > 0 and p.communication > 0.0 and month % p.shared_report_months == 0:
            write_playbook(s, p, seed, month, c)
            read_playbook(s, p, seed, month, c)
        if s.stage[c] >= 2:
            decide_together(s, p, seed, month, c)


@rule
def change_practice(s: State, p: Any, i: int, d: int, x: int, judged: float) -> None:
    """Take up practice `x` believed to be worth `judged`, at the price of some staff time."""
    if s.closed[i, d]:
        return
    adopt(s, p, i, d, x)
    s.judged[i, d] = judged
    s.hours_owed[i, H_LEARNING] += min(p.trial_hours, 0.05 * s.staff_hours[i])


@rule
def hear_residents(s: State, p: Any, i: int) -> None:
    """Move what organisation `i` knows of need toward what residents say and shared data show."""
    c = s.coalition[i]
    shared = s.measurement[c] * s.presence[i] if c >= 0 else 0.0
    scan = s.world[0].scan_left if c >= 0 else 0.0
    heard = 1.0 - (1.0 - p.resident_voice * 0.7) * (1.0 - shared) * (1.0 - 0.5 * scan)
    s.need_knowledge[i] += 0.1 * (heard - s.need_knowledge[i])


@rule
def use_report(s: State, p: Any, seed: int, month: int, i: int) -> None:
    """Improve, by trying single changes, or prove, by keeping the programme that looks best at another's cost."""
    if rng.uniform(seed, rng.IMPROVE, month, s.uid[i], 0) >= p.improvement:
        if s.report_due[i] != SHARED_REPORT:
            drop_programme(s, p, i)
        return
    extra = rng.uniform(seed, rng.nth(rng.IMPROVE, 1), month, s.uid[i], 0)
    for k in range(int(p.trials_per_report + extra)):
        try_change(s, p, seed, month, i, k)


@rule
def try_change(s: State, p: Any, seed: int, month: int, i: int, k: int) -> None:
    """Try one change of one practice and keep it if own data say it is better."""
    u_bit = rng.uniform(seed, rng.nth(rng.TRIAL, 2 * k), month, s.uid[i], 1)
    d = chosen_driver(s, seed, rng.nth(rng.TRIAL, 2 * k + 1), month, i)
    if s.practice_settled[i, d]:
        return
    x = s.practice[i, d]
    candidate = flip_one(x, s.table.shape[1], u_bit)
    z_old, z_new = rng.normal2(seed, rng.nth(rng.TRIAL_NOISE, k), month, s.uid[i], 0)
    sd = judgement_sd(s, p, i)
    by_need = p.disaggregation * measurement_level(s, i)
    old = own_worth(s, i, d, by_need) + sd * z_old
    new = worth(s, p, i, d, candidate, by_need) + sd * z_new
    if keep_if_better(x, candidate, old, new) != x:
        change_practice(s, p, i, d, candidate, new)
    else:
        s.hours_owed[i, H_LEARNING] += min(p.trial_hours, 0.05 * s.staff_hours[i])


@rule
def drop_programme(s: State, p: Any, i: int) -> None:
    """Move effort from the programme that looks worst to the one that looks best (a tournament)."""
    n_groups, n_drivers = s.need.shape
    best = -1
    worst = -1
    for d in range(n_drivers):
        share = 0.0
        for g in range(n_groups):
            share += s.effort[i, g, d]
        if share > 0.02:
            if best < 0 or s.judged[i, d] > s.judged[i, best]:
                best = d
            if worst < 0 or s.judged[i, d] < s.judged[i, worst]:
                worst = d
    if best >= 0 and best != worst:
        for g in range(n_groups):
            moved = p.reallocation_per_year * s.effort[i, g, worst]
            s.effort[i, g, worst] -= moved
            s.effort[i, g, best] += moved


@rule
def look_around(s: State, p: Any, seed: int, month: int, i: int, u: float) -> None:
    """Decide, by the draw `u`, whether to copy a practice seen among recent contacts, and which.

    A contact's practice is seen as far as it is trusted and discloses; its worth is what it says, exaggeration
    included unless both are measured by the shared yardstick. Nobody's practice changes until all have looked.
    """
    s.copied_driver[i] = -1
    channel = p.between_meetings if s.coalition[i] >= 0 else 0.0
    if u >= p.copying_per_year * (1.0 + channel) / 12.0:
        return
    d = chosen_driver(s, seed, rng.nth(rng.COPY, 2), month, i)
    n = 0
    for m in range(s.tie_to.shape[1]):
        j = s.tie_to[i, m]
        if j >= 0 and s.tie_month[i, m] >= month - RECENT_MONTHS:
            openness = max(s.disclosure[j], s.willingness[j] * s.tie_trust[i, m])
            u_seen = rng.uniform(seed, rng.nth(rng.COPY, 1), month, s.uid[i], s.uid[j])
            if u_seen < s.tie_trust[i, m] * openness:
                s.seen[n] = s.practice[j, d]
                s.seen_judged[n] = s.judged[j, d] + boast(s, p, seed, month, i, j)
                s.seen_size[n] = s.staff_hours[j]
                n += 1
    chosen = practice_to_copy(s, p, i, d, n)
    if chosen != s.practice[i, d] and not s.practice_settled[i, d]:
        s.copied_driver[i] = d
        s.copied[i] = chosen
        s.copied_judged[i] = best_said(s, chosen, n)


@rule
def best_said(s: State, x: int, n: int) -> float:
    """Return the best that is said of practice `x` among the `n` practices seen."""
    best = -1e300
    for m in range(n):
        if s.seen[m] == x:
            best = max(best, s.seen_judged[m])
    return best


@rule
def practice_to_copy(s: State, p: Any, i: int, d: int, n: int) -> int:
    """Choose one of the `n` practices seen, or the own one where nobody seen is better, or larger."""
    if p.partner_rule == BY_SIZE:
        return copy_best(s.practice[i, d], s.staff_hours[i], s.seen, s.seen_size, n)
    return copy_best(s.practice[i, d], s.judged[i, d], s.seen, s.seen_judged, n)


@rule
def boast(s: State, p: Any, seed: int, month: int, i: int, j: int) -> float:
    """What organisation `i` hears in excess of what `j` believes of its practice; none under a shared yardstick."""
    apart = 1.0 - measurement_level(s, i) * measurement_level(s, j)
    z = rng.normal(seed, rng.COPY_NOISE, month, s.uid[i], s.uid[j])
    return apart * p.quality_sd * (p.inflation_sd * dependence(s, p, j) + 0.5 * z)


@rule
def take_over(s: State, p: Any, i: int) -> None:
    """Copy what organisation `i` has decided to copy this month."""
    if s.copied_driver[i] >= 0:
        change_practice(s, p, i, s.copied_driver[i], s.copied[i], s.copied_judged[i])
        s.gain[i] = 1.0


@rule
def import_idea(s: State, p: Any, seed: int, month: int, i: int, u: float) -> None:
    """Take up an idea seen elsewhere if the draw `u` says so: it was best there and fits here in part.

    Those who prove take it on its reputation; those who improve try it first.
    """
    if u >= p.importing / 12.0:
        return
    d = chosen_driver(s, seed, rng.nth(rng.IMPORT, 3), month, i)
    if s.practice_settled[i, d]:
        return
    n = s.table.shape[1]
    fits = p.import_fit + (1.0 - p.import_fit) * 0.5 * p.intermediary
    strange = bernoulli_bits(1.0 - fits, n, seed, rng.nth(rng.IMPORT, 16), month, s.uid[i], s.driver_uid[d])
    noise = bernoulli_bits(0.5, n, seed, rng.nth(rng.IMPORT, 32), month, s.uid[i], s.driver_uid[d])
    x = s.best_practice[d] ^ (strange & noise)
    if rng.uniform(seed, rng.nth(rng.IMPORT, 1), month, s.uid[i], 0) < p.improvement:
        sd = judgement_sd(s, p, i)
        z = rng.normal(seed, rng.nth(rng.IMPORT, 2), month, s.uid[i], 0)
        judged = worth(s, p, i, d, x, p.disaggregation * measurement_level(s, i)) + sd * z
        if keep_if_better(s.practice[i, d], x, s.judged[i, d], judged) == x:
            change_practice(s, p, i, d, x, judged)
    else:
        change_practice(s, p, i, d, x, 1.0)


@rule
def write_playbook(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Let the coalition's playbook learn from the members who report better than the members' mean."""
    n = s.table.shape[1]
    for d in range(s.weight.shape[0]):
        mean = 0.0
        count = 0.0
        for i in range(s.uid.shape[0]):
            if s.coalition[i] == c and s.presence[i] > 0.0:
                mean += s.disclosure[i] * s.judged[i, d]
                count += s.disclosure[i]
        if count <= 0.0:
            return
        mean /= count
        for bit in range(n):
            s.votes[bit] = 0
        for i in range(s.uid.shape[0]):
            if s.coalition[i] == c and s.presence[i] > 0.0 and s.judged[i, d] > mean + p.quality_sd:
                u = rng.uniform(seed, rng.nth(rng.PLAYBOOK, 1), month, s.uid[i], s.driver_uid[d])
                if u < s.disclosure[i]:
                    tally(s.practice[i, d], n, s.votes)
        pace = 0.5 * s.data_manager[c]
        s.playbook[c, d], s.playbook_known[c, d] = code_learns(
            s.playbook[c, d], s.playbook_known[c, d], s.votes, n, pace,
            seed, rng.nth(rng.PLAYBOOK, 8), month, s.driver_uid[d], c,
        )  # fmt: skip


@rule
def read_playbook(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Let members who came, or got the minutes, move toward the playbook; turf holds them back."""
    n = s.table.shape[1]
    for i in range(s.uid.shape[0]):
        if s.coalition[i] != c:
            continue
        u = rng.uniform(seed, rng.nth(rng.PLAYBOOK, 2), month, s.uid[i], 0)
        if s.presence[i] > 0.0 or u < p.minutes_to_all:
            d = chosen_driver(s, seed, rng.nth(rng.PLAYBOOK, 3), month, i)
            if s.practice_settled[i, d]:
                continue
            rate = p.playbook_uptake * s.alignment[i] * (1.0 - s.turf[i] * (1.0 - s.alignment[i]))
            value, known = toward_code(
                s.practice[i, d], s.practice_known[i, d], s.playbook[c, d], s.playbook_known[c, d], rate, n,
                seed, rng.nth(rng.PLAYBOOK, 16), month, s.uid[i], s.driver_uid[d],
            )  # fmt: skip
            s.practice_known[i, d] = known
            x = act(value, known, n, seed, rng.nth(rng.PLAYBOOK, 24), month, s.uid[i], s.driver_uid[d])
            if x != s.practice[i, d]:
                change_practice(s, p, i, d, x, s.judged[i, d])
                s.gain[i] = max(s.gain[i], 0.5)


@rule
def decide_together(s: State, p: Any, seed: int, month: int, c: int) -> None:
    """Let pairs within a working group fit their practices together, as many as can be brokered.

    Each party answers for half of a practice's decisions; alignment is the weight it gives to the other half,
    disclosure how much it brings to the table; a facilitated review looks at combinations as a whole, without one
    both top proposals are adopted unseen.
    """
    capacity = p.mutual_activities * s.manager[c] * p.brokered_per_fte_month
    capacity *= max(1.0, s.staff_fte[c] * p.manager_share) if s.staffed[c] > 0.0 else 0.5
    chance = min(1.0, capacity / max(1, s.n_members[c]))
    n = s.table.shape[1]
    low_half = (1 << (n // 2)) - 1
    high_half = ((1 << n) - 1) ^ low_half
    if s.stage.shape[0] > 1:  # the rooms of this month's meetings stand, unless another coalition met since
        seat(s, p, c)
    for room in range(s.n_groups_of[c]):
        for k in range(s.group_start[room], s.group_start[room + 1]):
            i = s.order[k]
            j = neighbour(s, k, room, month)
            u = rng.uniform(seed, rng.nth(rng.BROKER, 1), month, s.uid[i], s.uid[j])
            if i != j and s.presence[i] > 0.0 and s.presence[j] > 0.0 and u < chance:
                d = chosen_driver(s, seed, rng.nth(rng.BROKER, 2), month, i)
                open_both = min(s.disclosure[i], s.disclosure[j])
                sent = max(1, int(1.0 + open_both * (p.proposals - 1) + 0.5))
                sd = judgement_sd(s, p, i)
                x = coordinate(
                    s.practice[i, d], low_half, high_half, p.alternatives, s.alignment[i], s.alignment[j], sent,
                    s.staffed[c] * s.facilitator[c] > 0.5, 1 + int(4.0 * s.data_manager[c]),
                    sd * (s.best_score[d] - s.worst_score[d]), s.table[d], s.partners[d],
                    seed, rng.PROPOSE, month, s.uid[i], s.uid[j],
                )  # fmt: skip
                if x != s.practice[i, d] and not s.practice_settled[i, d]:
                    change_practice(s, p, i, d, x, s.judged[i, d])
                    s.gain[i] = 1.0
                if x != s.practice[j, d] and s.judged[j, d] < s.judged[i, d] and not s.practice_settled[j, d]:
                    change_practice(s, p, j, d, x, s.judged[i, d])
                    s.gain[j] = 1.0
