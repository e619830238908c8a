"""The second door of the engine: a Mesa model whose agents are live views on the state.

Every month calls the same compiled rules as `cisim.run`, so results agree to the last bit. Rules can be
replaced or added in plain Python and organisations can decide for themselves; see docs/extending.md. That is
what this door is for: teaching, inspection, trying out a mechanism. Ensembles belong to `runs.replicate`.
(Over 300 lines, because to Mesa a model is one class.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from mesa import Agent, DataCollector, Model
from mesa.agent import AgentSet

from cisim import engine
from cisim.agents import Backbone, Funder, Organization
from cisim.asking import Minds
from cisim.collecting import Reporters, collector
from cisim.engine import STEP
from cisim.outcomes import COLUMNS
from cisim.params import nearest
from cisim.plan import Ask, Compiled, PythonRule, plan_of
from cisim.result import Result, Trace, organisation_names, result_of
from cisim.runs import check_seed, note_month, start_trace
from cisim.scenario import Scenario
from cisim.state import State
from cisim.views import Count

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from cisim.animation import Film

__all__ = ["Backbone", "CoalitionModel", "Funder", "Organization"]

OrganizationClasses = type[Organization] | Mapping[int, type[Organization]]


class CoalitionModel(Model):  # type: ignore[misc]  # mesa is untyped
    """A community month by month.

    Parameters
    ----------
    scenario : Scenario
        As returned by `cisim.load`.
    seed : int
        Key of all draws, as for `cisim.run`; also seeds Mesa's `random` and `rng`, which no rule uses.
    ties : networkx.Graph, optional
        First ties, instead of drawn ones; see `cisim.graphs.put_ties`.
    rules : mapping of str to function, optional
        Python in place of compiled rules (``"learn"``), or around them (``"before:meet"``, ``"after:meet"``):
        ``f(model)`` or ``f(state, params, seed, month)``. Far slower than what it replaces.
    organization : type or mapping of int to type, optional
        Subclass of `Organization` for all, or for chosen uids; a place that changes hands keeps its class.
    collect : mapping or mesa.DataCollector, optional
        Reporters after every month, by any of the keys of `collecting.REPORTED`. Off by default, because it
        costs more than the simulation.
    details : bool
        Keep ledger, balances, hours, organisations and ties for `result`.

    Attributes
    ----------
    month : int
        Months done; within a month, the number of that month.
    state : State
        All facts, changed in place.
    params : record
        Parameters as the rules read them. A lever assigned here holds from then on, in this model only.
    datacollector : mesa.DataCollector or None

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.

    Examples
    --------
    >>> import cisim
    >>> sc = cisim.load("generic-adaptive").with_(regime="collective", n_orgs=8, months=24)
    >>> m = cisim.CoalitionModel(sc, seed=7)
    >>> m.step()
    >>> m
    <CoalitionModel generic-adaptive, collective, seed 7: month 1 of 24>
    >>> len(m.organizations)
    8
    >>> m.run()
    >>> m.result().outcomes == cisim.run(sc, seed=7).outcomes
    True
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int = 1,
        *,
        ties: nx.Graph[Any] | None = None,
        rules: Mapping[str, PythonRule] | None = None,
        organization: OrganizationClasses = Organization,
        collect: Mapping[str, Reporters] | DataCollector | None = None,
        details: bool = False,
    ) -> None:
        if not isinstance(scenario, Scenario):
            raise TypeError(f"scenario: {scenario!r} is not allowed; a Scenario, as cisim.load returns")
        self.seed = check_seed(seed)
        super().__init__(rng=self.seed)
        self.scenario = scenario
        self.month = 0
        self.agent_count = Count()
        self._minds = Minds(organization, int(scenario.values["n_orgs"]))
        self._plan = plan_of(rules or {}, self._minds.asked_before(rules or {}))
        self.datacollector = collect if isinstance(collect, DataCollector) else collector(collect)
        self.world = engine.build(scenario, self.seed, ledger=details)
        if ties is not None:
            from cisim.graphs import put_ties

            put_ties(self.state, self.params, self.seed, ties, scenario.organisations)
        self._trace = Trace() if details else None
        if self._trace:
            start_trace(self._trace, self.world)
        self._org_at: list[Organization | None] = []
        self._backbone_at: list[Backbone | None] = []
        self._holder = np.zeros(0, np.int64)  # birth number of the organisation at each place, -1 vacant

    def __repr__(self) -> str:
        """Say which run this is and how far it has come."""
        sc = self.scenario
        where = f"month {self.month} of {self.n_months}"
        return f"<CoalitionModel {sc.name}, {sc.regime}, seed {self.seed}: {where}>"

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up a copied state, with a record made anew: numpy's own copy ignores what is assigned."""
        self.__dict__.update(state)
        record = np.array([self.world.record], self.world.record.dtype).view(np.recarray)[0]
        self.world = replace(self.world, record=record)

    # ---- time ----------------------------------------------------------------------------------------------

    @property
    def n_months(self) -> int:
        """Length of the run."""
        return self.world.n_months

    def step(self) -> None:
        """Simulate one month.

        Raises
        ------
        RuntimeError
            If the run has ended.
        """
        if self.month >= self.n_months:
            self.steps -= 1  # Mesa has counted a step that does not happen
            raise RuntimeError(f"the run has ended after {self.n_months} months; `months` is its length")
        for part in self._plan:
            if isinstance(part, Compiled):
                self._advance(part.first, part.last)
            elif isinstance(part, Ask):
                self._minds.ask(self, part.rule)
            elif part.takes_model:
                part.function(self)
            else:
                part.function(self.state, self.params, self.seed, self.month)
        if self._trace:
            note_month(self._trace, self.world, self.month)
        self.month += 1
        self.running = self.month < self.n_months
        if self._org_at:
            self._follow()
        if self.datacollector is not None:
            self.datacollector.collect(self)

    def run(self) -> None:
        """Simulate all months that are left."""
        self.run_model()

    def run_rule(self, rule: str) -> None:
        """Run one compiled rule for the present month: for Python rules that wrap the one they replace.

        Raises
        ------
        ValueError
            If there is no rule of that name.
        """
        if rule not in STEP:
            near = nearest(rule, STEP)
            hint = f"; did you mean {near!r}?" if near else ""
            raise ValueError(f"rule: {rule!r} is not allowed; {', '.join(STEP)}{hint}")
        self._advance(STEP.index(rule), STEP.index(rule) + 1)

    def _advance(self, first: int, last: int) -> None:
        """Run some compiled rules for the present month."""
        self.world.advance(first, last, self.month, self.month + 1)

    # ---- facts ---------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """All facts, one array each."""
        return self.world.state

    @property
    def params(self) -> Any:
        """Parameters as the rules read them."""
        return self.world.record

    @property
    def series(self) -> pd.DataFrame:
        """The months so far: `month` and the columns of `outcomes.COLUMNS`."""
        import pandas as pd

        frame = pd.DataFrame(self.world.series[: self.month].copy(), columns=list(COLUMNS))
        frame.insert(0, "month", np.arange(self.month))
        return frame

    def result(self) -> Result:
        """Return the result of the finished run, equal to that of `cisim.run`.

        Raises
        ------
        RuntimeError
            If the run has not ended: outcomes are defined for whole runs.
        """
        if self.month < self.n_months:
            raise RuntimeError(
                f"the run is at month {self.month} of {self.n_months}; call run() first, "
                "or read `series` for the months so far"
            )
        return result_of(self.scenario, self.seed, self.world.series, self.world.by_group, self._trace)

    def to_networkx(self) -> nx.DiGraph[int]:
        """Return who trusts whom at present; see `cisim.graphs.to_networkx`."""
        from cisim.graphs import to_networkx

        return to_networkx(self.state, self.scenario.organisations)

    def animate(self, *, frames: int = 60, milliseconds: int = 200) -> Film:
        """Run the months that are left and return the film of who trusts whom; see `cisim.animation.animate`."""
        from cisim.animation import animate

        return animate(self, frames=frames, milliseconds=milliseconds)

    # ---- agents, built when first touched ------------------------------------------------------------------

    @property
    def agents(self) -> AgentSet:
        """All organisations, funders and coalitions that exist."""
        self._follow()
        return super().agents

    @property
    def agents_by_type(self) -> dict[type[Agent], AgentSet]:
        """The same by class."""
        self._follow()
        by_type: dict[type[Agent], AgentSet] = super().agents_by_type
        return by_type

    @property
    def agent_types(self) -> list[type]:
        """Classes of agents there are."""
        self._follow()
        return list(super().agents_by_type)

    @property
    def organizations(self) -> AgentSet:
        """Organisations that exist, subclasses included, by place."""
        return self.organizations_at(range(len(self.state.uid)))

    @property
    def funders(self) -> AgentSet:
        """Funders; the last is the common pool."""
        return self.agents_by_type[Funder]

    @property
    def backbones(self) -> AgentSet:
        """Coalitions that exist."""
        self._follow()
        return AgentSet([one for one in self._backbone_at if one], random=self.random)

    def organizations_at(self, places: Iterable[int]) -> AgentSet:
        """Return the organisations that exist at some places of the arrays."""
        self._follow()
        found = (self._org_at[i] for i in places)
        return AgentSet([org for org in found if org], random=self.random)

    def organization(self, uid: int) -> Organization:
        """Return the organisation of that uid.

        Raises
        ------
        LookupError
            If there is none, or it has closed.
        """
        if not 0 <= uid < len(self.state.uid):
            raise LookupError(f"uid: {uid!r} is not allowed; 0 to {len(self.state.uid) - 1}")
        self._follow()
        org: Organization | None = self._org_at[self.state.place_of[uid]]
        if org is None:
            name = organisation_names(self.state, self.scenario.organisations)[self.state.place_of[uid]]
            raise LookupError(f"{name} has closed")
        return org

    def backbone_at(self, coalition: int) -> Backbone | None:
        """Return the backbone of a coalition, None where it does not exist."""
        self._follow()
        return self._backbone_at[coalition]

    def _follow(self) -> None:
        """Make the agents those that exist: build, take in those who entered, let go those who left."""
        s = self.state
        if not self._org_at:
            self._org_at = [None] * len(s.uid)
            self._backbone_at = [None] * len(s.stage)
            self._holder = np.full(len(s.uid), -1)
            for f in range(len(s.funder_budget)):
                Funder(self, f)
        holder = np.where(s.is_active == 1, s.births, -1)
        changed = np.flatnonzero(holder != self._holder)
        self._holder = holder
        for i in changed:
            old = self._org_at[i]
            self._org_at[i] = self._minds.class_of(s.uid[i])(self, int(i)) if holder[i] >= 0 else None
            if old is not None:
                old.remove()
        for c, stage in enumerate(s.stage):
            backbone = self._backbone_at[c]
            if stage > 0 and backbone is None:
                self._backbone_at[c] = Backbone(self, c)
            elif stage == 0 and backbone is not None:
                self._backbone_at[c] = None
                backbone.remove()
