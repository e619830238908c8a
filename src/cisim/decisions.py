"""Decisions taken out of the rules' hands: by a Python agent, or by an experiment.

`State.override` holds one bit for each thing that is decided for an organisation this month; without any the
rules decide, and nothing but one comparison is paid for the possibility.
"""

from __future__ import annotations

from cisim.handle import rule
from cisim.state import State

COMES = 1  # to this month's meetings
STAYS_AWAY = 2
DISCLOSES = 4  # in meetings, the share in `own_disclosure`
LEAVES = 8  # the coalition
STAYS = 16
JOINS = 32  # a coalition, when there is one
KEEPS_OUT = 64
DOES_NOT_APPLY = 128  # for grants
OWN_TARGET = 256  # effort should go where `own_target` says


@rule
def decide(s: State, i: int, yes: int, no: int, by_rule: bool) -> bool:
    """Answer for organisation `i`: what is decided for it by the bits `yes` and `no`, else `by_rule`."""
    if s.override[i] & (yes | no):
        return bool(s.override[i] & yes)
    return by_rule
