"""Meet: people meet in rooms, and what happens there depends on who came and how safe it is.

Members are split into working groups of bounded size. Who comes depends on motive: first the hope of money,
later what meetings brought. What somebody says depends on willingness, on the trust in the room (of its mean
or of its most distrustful member) and on the fear of competitors. Trust grows over years of kept meetings,
slower across sectors; it decays without contact, and drops when a shared yardstick shows an exaggeration; how
much each experience counts is the trust rule of `cisim.ties`.
Alignment with a common agenda grows here and only here. What is shared lets members avoid serving the same
families twice.
"""

from __future__ import annotations

from math import exp2
from typing import Any

from cisim import rng, ties
from cisim.compiled import kernel_step
from cisim.decisions import COMES, DISCLOSES, STAYS_AWAY, decide
from cisim.handle import rule
from cisim.money import dependence
from cisim.practice import measurement_level
from cisim.rooms import seat
from cisim.state import H_JOINT, H_MEETINGS, H_VOLUNTEERING, SHARED_REPORT, State

UPKEEP_MONTHS = 3  # ties outside meetings are looked after four times a year
WEEKS_PER_MONTH = 365.25 / 12.0 / 7.0
MANDATE = 4  # code of the formation by order
MANDATED_MOTIVE = 0.8  # share of full attendance that an order secures whatever the motive


@rule
def meetings_this_month(p: Any, month: int) -> int:
    """Whole meetings of the planned rhythm that fall into the month."""
    per_month = p.communication * WEEKS_PER_MONTH / p.meeting_interval_weeks
    return int((month + 1) * per_month) - int(month * per_month)


@kernel_step
def meet(s: State, p: Any, seed: int, month: int) -> None:
    """Keep up ties, come to the meetings of the month, and share what is known of the work."""
    n_meetings = meetings_this_month(p, month)
    cooling = exp2(-1.0 / p.hope_half_life_months)
    fade = exp2(-UPKEEP_MONTHS / (12.0 * p.trust_half_life_years))
    apart = 1.0 - p.everyday_contact
    contact = 1.0 - apart * apart * apart  # in UPKEEP_MONTHS, written out so that Python rounds alike
    for i in range(s.uid.shape[0]):
        s.presence[i] = 0.0
        s.gain[i] *= 0.8
        if (month + s.uid[i]) % UPKEEP_MONTHS == 0:
            keep_up_ties(s, p, seed, month, i, fade, contact)
        if s.coalition[i] >= 0:
            s.hope[i] *= cooling
            take_part(s, p, seed, month, i, n_meetings)
    for c in range(s.stage.shape[0]):
        if s.stage[c] > 0:
            seat(s, p, c)
            if n_meetings > 0:
                for room in range(s.n_groups_of[c]):
                    hold_room(s, p, seed, month, c, room, n_meetings)
    share_work(s, p)


@rule
def keep_up_ties(s: State, p: Any, seed: int, month: int, i: int, fade: float, contact: float) -> None:
    """Settle a quarter of everyday life for the ties of organisation `i`.

    A tie without a meeting is kept up by daily work with some chance, the same for both sides of a pair, or else
    fades; one that means nothing any more, or leads nowhere, is dropped.
    """
    growth = min(1.0, UPKEEP_MONTHS * p.everyday_contact / (12.0 * p.trust_years) / max(contact, 1e-9))
    draw_contacts(s, seed, month // UPKEEP_MONTHS, i)
    total = 0.0
    for m in range(s.tie_to.shape[1]):
        j = s.tie_to[i, m]
        if j >= 0:
            if s.drawn[m] < contact:
                s.tie_month[i, m] = month
                ties.strengthen(s, p, i, m, growth)
            elif s.tie_month[i, m] <= month - UPKEEP_MONTHS:
                ties.fade(s, p, i, m, fade)
            if s.tie_trust[i, m] < ties.FORGOTTEN or not s.is_active[j] or not s.is_active[i]:
                s.tie_to[i, m] = -1
                s.tie_trust[i, m] = 0.0
                s.tie_evidence[i, m] = 0.0
            total += s.tie_trust[i, m]
    s.tie_sum[i] = total


@rule
def draw_contacts(s: State, seed: int, quarter: int, i: int) -> None:
    """Draw for all ties of organisation `i` at once, free places too: such a loop becomes vector instructions."""
    for m in range(s.tie_to.shape[1]):
        s.other[m] = s.uid[s.tie_to[i, m]]
    rng.uniform_of_pairs(s.drawn, seed, rng.CONTACT, quarter, s.uid[i], s.other)


@rule
def take_part(s: State, p: Any, seed: int, month: int, i: int, n_meetings: int) -> None:
    """Decide who comes for organisation `i`, and book the hours of coming, volunteering and joint work."""
    c = s.coalition[i]
    motive = max(s.hope[i], s.satisfaction[i], p.intends_to_last)
    if p.formation == MANDATE:
        motive = max(motive, MANDATED_MOTIVE)
    hours = p.meeting_hours + p.preparation_hours
    for k in range(n_meetings):
        u, u_rank = rng.uniform2(seed, rng.nth(rng.ATTEND, k), month, s.uid[i], c)
        if decide(s, i, COMES, STAYS_AWAY, u < p.attendance * (0.4 + 0.6 * motive)):
            came_as = 1.0 if u_rank < p.ceo_rank else p.delegate_effect
            s.presence[i] += came_as / n_meetings
            s.hours_owed[i, H_MEETINGS] += hours
    work = p.agenda_hours * p.common_agenda if s.stage[c] == 3 else 0.0
    if s.stage[c] >= 2:
        work += p.coordination_hours * p.mutual_activities
    s.hours_owed[i, H_MEETINGS] += s.presence[i] * work
    s.hours_owed[i, H_VOLUNTEERING] += s.presence[i] * (1.0 - s.staffed[c]) * p.volunteer_hours
    s.hours_owed[i, H_JOINT] += min(p.joint_programme_hours, 0.2 * s.staff_hours[i])


@rule
def room_trust(s: State, p: Any, seed: int, month: int, i: int, n_present: int, n_meetings: int) -> float:
    """Let organisation `i` meet the others present; return how safe it feels among them.

    Safety is the mean of its trust in them, mixed with that in whom it trusts least. Trust in each then grows by
    what that one was last heard to disclose.
    """
    pace = n_meetings / (12.0 * p.trust_years) * (0.5 + 0.5 * s.facilitator[s.coalition[i]])
    total = 0.0
    lowest = 1.0
    for k in range(n_present):
        j = s.present[k]
        if j != i:
            m = ties.find(s, i, j)
            if m < 0:
                m = first_impression(s, p, seed, i, j, month)
            trust = 0.0
            if m >= 0:
                trust = s.tie_trust[i, m]
                grow_trust(s, p, month, i, j, m, pace)
            total += trust
            lowest = min(lowest, trust)
    return (1.0 - p.weakest_safety) * total / (n_present - 1) + p.weakest_safety * lowest


@rule
def first_impression(s: State, p: Any, seed: int, i: int, j: int, month: int) -> int:
    """Make a new tie from `i` to `j` with the trust this pair would have started with."""
    low = min(s.uid[i], s.uid[j])
    high = max(s.uid[i], s.uid[j])
    trust = 0.5 * p.trust_start * (0.5 + rng.uniform(seed, rng.TIE_TRUST, 0, low, high))
    if s.sector[i] != s.sector[j]:
        trust *= p.cross_sector_trust
    return ties.add(s, i, j, trust, month)


@rule
def hold_room(s: State, p: Any, seed: int, month: int, c: int, room: int, n_meetings: int) -> None:
    """Let one working group meet: feel safe or not, say things, trust, align, and be satisfied or not."""
    n_present = 0
    for k in range(s.group_start[room], s.group_start[room + 1]):
        if s.presence[s.order[k]] > 0.0:
            s.present[n_present] = s.order[k]
            n_present += 1
    if n_present == 1:
        s.disclosure[s.present[0]] = 0.0  # nobody else came
    if n_present < 2:
        return
    said = 0.0
    for k in range(n_present):
        i = s.present[k]
        safety = room_trust(s, p, seed, month, i, n_present, n_meetings)
        s.spoken[i] = what_is_said(s, p, c, i, safety)
        said += s.spoken[i]
    for k in range(n_present):
        i = s.present[k]
        s.disclosure[i] = s.spoken[i]
        grow_alignment(s, p, c, i, said / n_present, n_meetings)


@rule
def what_is_said(s: State, p: Any, c: int, i: int, safety: float) -> float:
    """Share of what organisation `i` knows that it says: the willing speak early, competitors and turf do not."""
    if s.override[i] & DISCLOSES:
        return s.own_disclosure[i]
    silence = p.fear * dependence(s, p, i) + s.turf[i] * (1.0 - s.alignment[i]) * 0.5
    wanted = s.willingness[i] * (0.5 + 0.5 * s.facilitator[c])
    return safety ** (1.0 - wanted) * max(0.0, 1.0 - silence)


@rule
def grow_trust(s: State, p: Any, month: int, i: int, j: int, m: int, pace: float) -> None:
    """Let organisation `i` trust `j`, whom it met, a little more, or less if it was shown to exaggerate."""
    rate = pace * (0.5 + s.disclosure[j])
    if s.sector[i] != s.sector[j]:
        rate *= p.cross_sector_trust
    ties.strengthen(s, p, i, m, rate)
    if s.report_due[j] == SHARED_REPORT and s.inflation[j] > 0.0:
        shown = measurement_level(s, i) * s.inflation[j] / (p.program_effect_sd * p.quality_sd)
        ties.weaken(s, p, i, m, p.trust_loss * min(1.0, shown))
    s.tie_month[i, m] = month


@rule
def grow_alignment(s: State, p: Any, c: int, i: int, openness: float, n_meetings: int) -> None:
    """Move organisation `i` toward the common agenda and the backbone, and update its liking of meetings."""
    neutral = p.neutrality + (1.0 - p.neutrality) * s.trust_backbone[i]
    agreed = 1.0 if s.stage[c] == 3 else 0.0  # earlier stages share what they learn, not an agenda
    led = s.facilitator[c] * neutral * (0.5 + 0.5 * s.leadership[c])
    pull = (
        n_meetings
        / (12.0 * p.agenda_years)
        * p.common_agenda
        * agreed
        * s.presence[i]
        * led
        * (1.0 - 0.5 * s.turf[i])
    )
    s.alignment[i] += min(1.0, pull) * (1.0 - s.alignment[i])
    warmth = n_meetings / (12.0 * p.trust_years) * neutral * s.facilitator[c]
    s.trust_backbone[i] += min(1.0, warmth) * (1.0 - s.trust_backbone[i])
    brought = 1.0 - (1.0 - s.gain[i]) * (1.0 - openness * s.facilitator[c])
    s.satisfaction[i] += 0.15 * (brought - s.satisfaction[i])


@rule
def share_work(s: State, p: Any) -> None:
    """Set what each organisation knows of the others' work: from ties, and from coordination in a coalition."""
    n_active = 0
    hours = 0.0
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            n_active += 1
            hours += s.staff_hours[i]
    for c in range(s.stage.shape[0]):
        s.member_work[c] = 0.0
    for i in range(s.uid.shape[0]):
        if s.is_active[i] and s.coalition[i] >= 0:
            s.member_work[s.coalition[i]] += s.disclosure[i] * s.staff_hours[i] / hours
    for i in range(s.uid.shape[0]):
        if s.is_active[i]:
            known = s.willingness[i] * s.tie_sum[i] / max(1, n_active - 1)
            c = s.coalition[i]
            if c >= 0 and s.stage[c] >= 2:
                heard = 1.0 if s.presence[i] > 0.0 else p.minutes_to_all
                told = p.mutual_activities * s.manager[c] * s.member_work[c]
                known = 1.0 - (1.0 - known) * (1.0 - heard * told)
            s.knowledge[i] += 0.2 * (min(1.0, known) - s.knowledge[i])
