"""Agents: organisations, funders and backbones as Mesa agents that are live views on the state's arrays.

An agent holds its place in the arrays and nothing else. Reading ``org.alignment`` reads
``state.alignment[place]``; assigning writes there, and the compiled rules see it. Array attributes are views:
``org.competence[0] = 0.9`` changes the world. What several arrays have to agree on is read-only as an
attribute and has a method instead (`Organization.adopt`, `Organization.set_trust`). Money is read-only: it
moves by payments only, so that the books balance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from mesa.agent import AgentSet

from cisim.by_hand import put_practice
from cisim.result import SECTORS
from cisim.state import FIRST_FUNDER, F
from cisim.views import Number, Row, View

if TYPE_CHECKING:
    from cisim.model import CoalitionModel

STAGES = ("none", "learning", "coordination", "collective-impact")


class Organization(View):
    """An organisation that works on the problem.

    Attributes are entries (numbers) and rows (arrays) of the arrays of `cisim.state.State`, where their units
    stand. A subclass takes decisions itself by overriding one of the methods of `HOOKS`; each may return None
    to leave a decision to the rules. See docs/extending.md.
    """

    age, working_group, report_due = Number(), Number(), Number()
    staff_hours, start_hours, own_income, grant_need = Number(), Number(), Number(), Number()
    income, received, capacity, clients = Number(), Number(), Number(), Number()
    turf, willingness, alignment, knowledge, need_knowledge = Number(), Number(), Number(), Number(), Number()
    disclosure, trust_backbone, hope, satisfaction = Number(), Number(), Number(), Number()
    gain, presence, believed_change, inflation = Number(), Number(), Number(), Number()
    true_effect, reported_effect, start_reported, contribution = Number(), Number(), Number(), Number()
    hours, hours_owed, competence, reach, judged = Row(), Row(), Row(), Row(), Row()
    need_guess, grant, grant_left = Row(), Row(), Row()
    effort = Row()
    """(n_groups, n_drivers) share of service hours; sums to 1."""
    practice, practice_known = Row(is_fixed=True), Row(is_fixed=True)
    common_quality, quality = Row(is_fixed=True), Row(is_fixed=True)

    HOOKS: ClassVar[dict[str, str]] = {
        "adopts": "learn",
        "attends": "meet",
        "discloses": "meet",
        "target_effort": "allocate",
        "wants_to_join": "join",
        "wants_to_leave": "join",
        "applies": "fund",
    }
    """Decisions a subclass can take, and the rule before which it is asked."""

    def __init__(self, model: CoalitionModel, place: int) -> None:
        super().__init__(model, place)
        self._birth = int(model.state.births[place])

    def __str__(self) -> str:
        """Name as in ledgers."""
        return self.name

    @property
    def place(self) -> int:
        """Index in the arrays of the state.

        Raises
        ------
        LookupError
            If the organisation has closed and another one holds its place.
        """
        if self.model.state.births[self._place] != self._birth:
            raise LookupError(
                f"{self.name} (birth {self._birth}) has closed; a new organisation holds its place"
            )
        return self._place

    @property
    def uid(self) -> int:
        """Name of the organisation in draws and results, 0..n-1 (`unique_id` is Mesa's own count)."""
        return int(self.model.state.uid[self._place])

    @property
    def name(self) -> str:
        """Name as in ledgers and graphs: that of the scenario where it lists organisations, or ``organisation 3``."""
        known = self.model.scenario.organisations
        return known[self.uid].name if known and self._birth == 0 else f"organisation {self.uid}"

    @property
    def sector(self) -> str:
        """One of `cisim.result.SECTORS`."""
        return SECTORS[self.state.sector[self.place]]

    @property
    def is_active(self) -> bool:
        """Tell whether the organisation still exists."""
        s = self.model.state
        return bool(s.births[self._place] == self._birth and s.is_active[self._place])

    @property
    def is_member(self) -> bool:
        """Tell whether it is a member of a coalition."""
        return bool(self.state.coalition[self.place] >= 0)

    @property
    def backbone(self) -> Backbone | None:
        """Backbone of its coalition, None for an outsider."""
        coalition = int(self.state.coalition[self.place])
        return self.model.backbone_at(coalition) if coalition >= 0 else None

    @property
    def free_usd(self) -> float:
        """Money it may spend as it likes, usd."""
        s = self.state
        return float(s.balance[FIRST_FUNDER + s.funder_budget.size + s.stage.size + self.place])

    @property
    def tied_usd(self) -> float:
        """Money tied to service, usd."""
        s = self.state
        return float(s.balance[FIRST_FUNDER + s.funder_budget.size + s.stage.size + s.uid.size + self.place])

    @property
    def money(self) -> float:
        """All money it holds, usd."""
        return self.free_usd + self.tied_usd

    @property
    def grants_usd_per_month(self) -> float:
        """Running grants of all funders, usd a month."""
        return float(self.grant.sum())

    def partners(self) -> AgentSet:
        """Return the organisations it has a tie to."""
        s, i = self.state, self.place
        return self.model.organizations_at([j for j in s.tie_to[i] if j >= 0])

    def knows(self, other: Organization) -> bool:
        """Tell whether it has a tie to `other`."""
        return self._tie_to(other) is not None

    def trust_in(self, other: Organization) -> float:
        """Return its trust in `other`, 0..1; 0 where it has no tie."""
        m = self._tie_to(other)
        return 0.0 if m is None else float(self.state.tie_trust[self.place, m])

    def set_trust(self, other: Organization, trust: float) -> None:
        """Set its trust in `other`, making a tie if there is none.

        Raises
        ------
        ValueError
            If `trust` is outside 0..1, `other` is itself, or its list of ties is full.
        """
        if not 0.0 <= trust <= 1.0:
            raise ValueError(f"trust: {trust!r} is not allowed; a share from 0 to 1")
        s, i = self.state, self.place
        if other.place == i:
            raise ValueError(f"{self} cannot have a tie to itself")
        m = self._tie_to(other)
        if m is None:
            free = np.flatnonzero(s.tie_to[i] < 0)
            if not free.size:
                raise ValueError(f"{self} keeps {s.tie_to.shape[1]} ties already; raise max_ties")
            m = int(free[0])
            s.tie_to[i, m] = other.place
            s.tie_month[i, m] = self.model.month
        s.tie_trust[i, m] = trust

    def _tie_to(self, other: Organization) -> int | None:
        """Place of the tie to `other` in its list."""
        found = np.flatnonzero(self.state.tie_to[self.place] == other.place)
        return int(found[0]) if found.size else None

    def adopt(self, driver: int, practice: int) -> None:
        """Make it work by another practice on a driver from now on, and let quality follow.

        Parameters
        ----------
        driver : int
            Index of the driver.
        practice : int
            Bits, 0 <= practice < 2**practice_bits.

        Raises
        ------
        ValueError
            If there is no such driver or practice.
        """
        n_drivers, n_bits = self.state.table.shape[:2]
        if not 0 <= driver < n_drivers:
            raise ValueError(f"driver: {driver!r} is not allowed; 0 to {n_drivers - 1}")
        if not 0 <= practice < 2**n_bits:
            raise ValueError(f"practice: {practice!r} is not allowed; 0 to {2**n_bits - 1} ({n_bits} bits)")
        put_practice(self.state, self.model.params, self.place, int(driver), int(practice))

    # Decisions: None leaves them to the rules.

    def attends(self) -> bool | None:
        """Decide whether to come to this month's meetings."""

    def discloses(self) -> float | None:
        """Decide what share of what it knows it says in this month's meetings."""

    def adopts(self, driver: int, practice: int) -> bool | None:
        """Decide whether to take up `practice` (bits) on `driver`; False keeps the old one for this month."""

    def target_effort(self) -> F | None:
        """Decide where effort should go: (n_groups, n_drivers) shares >= 0 that sum to 1."""

    def wants_to_join(self) -> bool | None:
        """Decide, as an outsider, whether to join a coalition; asked every month."""

    def wants_to_leave(self) -> bool | None:
        """Decide, as a member, whether to leave the coalition."""

    def applies(self) -> bool | None:
        """Decide whether to apply for grants this month, and in the December round."""

    @classmethod
    def own_decisions(cls) -> dict[str, Callable[..., Any]]:
        """Return the hooks this class overrides."""
        changed = (hook for hook in cls.HOOKS if getattr(cls, hook) is not getattr(Organization, hook))
        return {hook: getattr(cls, hook) for hook in changed}


class Funder(View):
    """A funder, or the common pool of private funders."""

    budget_usd_per_month = Number("funder_budget")
    committed_usd_per_month = Number("committed", is_fixed=True)

    def __str__(self) -> str:
        """Name as in ledgers."""
        return self.name

    @property
    def is_pool(self) -> bool:
        """Tell whether this is the common pool."""
        return bool(self.place == self.state.funder_budget.size - 1)

    @property
    def is_public(self) -> bool:
        """Tell whether its money is tied to direct service."""
        return bool(self.state.is_public[self.place])

    @property
    def name(self) -> str:
        """Name as in ledgers: ``public funder 0``, ``private funder 1``, ``pool``."""
        if self.is_pool:
            return "pool"
        n_public = int(self.state.is_public.sum())
        return f"public funder {self.place}" if self.is_public else f"private funder {self.place - n_public}"

    @property
    def balance(self) -> float:
        """Money it holds, usd."""
        return float(self.state.balance[FIRST_FUNDER + self.place])

    def grantees(self) -> AgentSet:
        """Return the organisations that have a running grant of this funder."""
        return self.model.organizations_at(np.flatnonzero(self.state.grant[:, self.place] > 0.0))

    def grant_to(self, org: Organization) -> float:
        """Return the running grant to an organisation, usd a month."""
        return float(self.state.grant[org.place, self.place])


class Backbone(View):
    """A coalition and its backbone; without paid staff members do its work in their own time."""

    age, stage_age, n_members = Number("coalition_age"), Number(), Number(is_fixed=True)
    leadership, backbone_level, system_paid = Number(), Number(), Number()
    staff_fte, staffed, manager, data_manager = Number(), Number(), Number(), Number()
    facilitator, measurement, member_work = Number(), Number(), Number()
    playbook, playbook_known, known_unserved = Row(), Row(), Row()

    def __str__(self) -> str:
        """Name as in ledgers: ``coalition 0``."""
        return f"coalition {self.place}"

    @property
    def is_active(self) -> bool:
        """Tell whether the coalition exists."""
        return bool(self.state.stage[self.place] > 0)

    @property
    def stage(self) -> str:
        """One of `STAGES`."""
        return STAGES[self.state.stage[self.place]]

    @property
    def balance(self) -> float:
        """Money it holds, usd."""
        return float(self.state.balance[FIRST_FUNDER + self.state.funder_budget.size + self.place])

    @property
    def members(self) -> AgentSet:
        """Organisations that are members."""
        return self.model.organizations_at(np.flatnonzero(self.state.coalition == self.place))
