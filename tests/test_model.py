"""The Mesa door: agents as views, Python rules, organisations with a mind of their own, ties from graphs."""

from __future__ import annotations

import copy
import doctest
import gc
import math
import pickle
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest
from mesa import DataCollector
from mesa.agent import AgentSet

import cisim
from cisim import engine, rng
from cisim.agents import Backbone, Funder, Organization
from cisim.asking import learn_asking
from cisim.engine import STEP
from cisim.graphs import first_trust
from cisim.landscape import score
from cisim.model import CoalitionModel
from cisim.scenario import Scenario
from cisim.state import H_FUNDRAISING

ROOT = Path(__file__).parents[1]


@cache
def scenario(**changes: float | str) -> Scenario:
    base = {"n_orgs": 12, "months": 36, "formation_month": 1, "exit_per_year": 0.0}
    return cisim.load("generic-adaptive").with_(regime="collective").with_(**{**base, **changes})


def stepped(months: int = 14, seed: int = 7, **options: object) -> CoalitionModel:
    model = CoalitionModel(scenario(), seed, **options)
    for _ in range(months):
        model.step()
    return model


def is_same_run(model: CoalitionModel, world: engine.World) -> bool:
    return np.array_equal(model.world.series, world.series) and np.array_equal(
        model.world.by_group, world.by_group
    )


# ---- time --------------------------------------------------------------------------------------------------


def test_months_count_and_the_run_ends() -> None:
    model = CoalitionModel(scenario(), seed=7)
    assert (model.month, model.steps, model.running) == (0, 0, True)
    model.run()
    assert (model.month, model.steps, model.running) == (36, 36, False)
    with pytest.raises(RuntimeError, match="ended after 36 months"):
        model.step()
    assert (model.month, model.steps) == (36, 36)
    model.run()  # nothing left to do
    assert model.month == 36


def test_result_is_refused_before_the_end_and_series_holds_the_months_so_far() -> None:
    model = stepped(3)
    with pytest.raises(RuntimeError, match="month 3 of 36"):
        model.result()
    assert list(model.series["month"]) == [0, 1, 2]
    model.run()
    assert model.result().series.equals(model.series)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "7"])
def test_seeds_that_cannot_key_draws_are_refused(seed: object) -> None:
    with pytest.raises(ValueError, match="seed"):
        CoalitionModel(scenario(), seed)


def test_a_name_is_no_scenario() -> None:
    with pytest.raises(TypeError, match=r"cisim\.load"):
        CoalitionModel("generic-adaptive", 7)


def test_mesas_own_generators_are_seeded() -> None:
    one, same, other = (CoalitionModel(scenario(), seed) for seed in (7, 7, 8))
    assert one.random.random() == same.random.random() != other.random.random()
    assert one.rng.random() == same.rng.random() != other.rng.random()


def test_a_lever_changed_half_way_holds_from_then_on_and_in_this_model_only() -> None:
    model, plain = stepped(20), engine.run_world(scenario(), 7)
    model.params.communication = 0.0
    model.run()
    assert np.array_equal(model.world.series[:20], plain.series[:20])
    assert not np.array_equal(model.world.series[20:], plain.series[20:])
    assert scenario().values["communication"] > 0.0
    assert is_same_run(stepped(36), plain)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_model_goes_its_own_way(copied: Callable[[CoalitionModel], CoalitionModel]) -> None:
    changes = {"exit_per_year": 0.5, "entry_per_year": 0.5}
    model = CoalitionModel(scenario(**changes), 7)
    for _ in range(10):
        model.step()
    assert len(model.agents) > 0
    twin = copied(model)
    twin.params.communication = 0.0
    twin.organizations[0].turf = 1.0
    twin.run()
    model.run()
    assert is_same_run(model, engine.run_world(scenario(**changes), 7))
    assert not is_same_run(twin, engine.run_world(scenario(**changes), 7))
    assert twin.organizations[0].model is twin
    assert len({agent.unique_id for agent in twin.agents}) == len(twin.agents)


def test_models_are_let_go() -> None:
    model = stepped(1)
    assert len(model.agents) > 0
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


# ---- agents ------------------------------------------------------------------------------------------------


def test_agents_are_built_when_first_touched() -> None:
    model = stepped(2)
    assert len(model._all_agents) == 0
    assert len(model.organizations) == 12
    n_funders = model.state.funder_budget.size
    assert len(model.agents) == 12 + n_funders + 1
    by_type = model.agents_by_type
    assert {kind: len(agents) for kind, agents in by_type.items()} == {
        Organization: 12,
        Funder: n_funders,
        Backbone: 1,
    }
    assert set(model.agent_types) == {Organization, Funder, Backbone}
    assert len({agent.unique_id for agent in model.agents}) == len(model.agents)


def test_numbers_read_and_write_through() -> None:
    model = stepped()
    org = model.organization(4)
    model.state.turf[org.place] = 0.125
    assert org.turf == 0.125
    org.turf = 0.75
    assert model.state.turf[org.place] == 0.75
    assert isinstance(org.alignment, float)
    assert isinstance(org.age, int)
    model.organizations.set("satisfaction", 0.25)
    assert (model.state.satisfaction == 0.25).all()
    model.agents_by_type[Organization].do(lambda o: setattr(o, "hope", 0.5))
    assert (model.state.hope == 0.5).all()


def test_rows_are_views_and_can_be_assigned_whole() -> None:
    model = stepped()
    org = model.organization(4)
    org.competence[1] = 0.5
    assert model.state.competence[org.place, 1] == 0.5
    org.effort = np.full(org.effort.shape, 1.0 / org.effort.size)
    assert model.state.effort[org.place].sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="shape"):
        org.effort = [1.0]


def test_what_is_written_by_hand_counts() -> None:
    model = stepped(0)
    model.organizations.do(lambda o: o.competence.__setitem__(slice(None), 1.0))
    model.run()
    assert (
        model.result().outcomes["indicator"] < cisim.run(scenario(), 7).outcomes["indicator"]
    )  # falling is good


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("turf", math.nan, ValueError),
        ("turf", "high", ValueError),
        ("turf", 1.01, ValueError),
        ("effort", np.full((4, 4), 0.1), ValueError),
        ("competence", [-0.1, 0.5, 0.5, 0.5], ValueError),
        ("age", 1.5, ValueError),
        ("practice", [0, 0, 0, 0], AttributeError),
        ("quality", 1.0, AttributeError),
        ("money", 1e6, AttributeError),
        ("is_member", True, AttributeError),
    ],
)
def test_nonsense_cannot_be_written(name: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        setattr(stepped(1).organization(0), name, value)


def test_fixed_rows_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        stepped(1).organization(0).practice[0] = 3


def test_adopting_by_hand_keeps_quality_in_step() -> None:
    model = stepped(1)
    s, org = model.state, model.organization(5)
    best = int(s.best_practice[1])
    org.adopt(1, best)
    assert org.practice[1] == best
    assert org.common_quality[1] == 1.0
    org.adopt(1, 5)
    height = score(5, s.table[1], s.partners[1])
    expected = (height - s.worst_score[1]) / (s.best_score[1] - s.worst_score[1])
    assert org.common_quality[1] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="driver"):
        org.adopt(99, 0)
    with pytest.raises(ValueError, match="practice"):
        org.adopt(0, 2**12)


def test_relations_agree_with_the_arrays() -> None:
    model = stepped()
    s, org = model.state, model.organization(2)
    partners = org.partners()
    assert isinstance(partners, AgentSet)
    assert sorted(o.place for o in partners) == sorted(s.tie_to[org.place][s.tie_to[org.place] >= 0])
    for other in model.organizations:
        if other is not org and other not in partners:
            assert org.trust_in(other) == 0.0
            assert not org.knows(other)
    org.set_trust(partners[0], 0.625)
    assert org.trust_in(partners[0]) == 0.625
    with pytest.raises(ValueError, match="share"):
        org.set_trust(partners[0], 1.5)
    with pytest.raises(ValueError, match="itself"):
        org.set_trust(org, 0.5)
    assert org.money == org.free_usd + org.tied_usd


def test_a_new_tie_takes_a_free_place_and_a_full_list_is_refused() -> None:
    model = CoalitionModel(scenario(max_ties=4), 7, ties=nx.cycle_graph(12))
    org = model.organization(0)
    for uid, trust in ((4, 0.5), (6, 0.25)):
        org.set_trust(model.organization(uid), trust)
        assert org.trust_in(model.organization(uid)) == trust
    assert sorted(o.uid for o in org.partners()) == [1, 4, 6, 11]
    with pytest.raises(ValueError, match="max_ties"):
        org.set_trust(model.organization(8), 0.5)


def test_funders_and_backbones() -> None:
    model = stepped(20)
    s = model.state
    funders = list(model.funders)
    assert [str(f) for f in funders] == [
        *(f"public funder {i}" for i in range(2)),
        *(f"private funder {i}" for i in range(4)),
        "pool",
    ]
    assert sum(f.grant_to(org) for f in funders for org in model.organizations) == pytest.approx(
        s.grant.sum()
    )
    for f in funders:
        assert {o.place for o in f.grantees()} == set(np.flatnonzero(s.grant[:, f.place] > 0))
        assert f.balance == s.balance[3 + f.place]
    assert funders[-1].is_pool
    funders[0].budget_usd_per_month = 1.0
    assert s.funder_budget[0] == 1.0
    (backbone,) = model.backbones
    assert backbone.stage == "collective-impact"
    assert backbone.is_active
    assert {o.place for o in backbone.members} == set(np.flatnonzero(s.coalition == 0))
    assert backbone.n_members == len(backbone.members)
    assert backbone.members[0].backbone is backbone
    assert backbone.staff_fte == s.staff_fte[0] > 0.0


def test_backbones_come_and_go_with_coalitions() -> None:
    model = CoalitionModel(scenario(formation_month=3), 7)
    assert len(model.backbones) == 0
    while not model.state.stage[0]:
        model.step()
    (backbone,) = model.backbones
    model.state.coalition[:] = -1  # everybody leaves
    model.run_rule("join")
    model.step()
    assert len(model.backbones) == 0
    assert backbone not in model.agents
    assert not backbone.is_active


def test_organisations_that_close_leave_and_new_ones_enter() -> None:
    model = CoalitionModel(scenario(exit_per_year=0.5, entry_per_year=0.5), 7)
    before = {org.uid: org for org in model.organizations}
    held = model.agents
    model.run()
    s = model.state
    assert all(agent.is_active for agent in held if isinstance(agent, Organization))
    assert sum(isinstance(agent, Organization) for agent in held) == s.is_active.sum()
    assert s.world[0].exits > 3  # else this test shows nothing
    assert s.world[0].entries > 1
    assert len(model.agents_by_type[Organization]) == len(model.organizations) == s.is_active.sum()
    replaced = [uid for uid, org in before.items() if s.births[org._place] > 0 and s.is_active[org._place]]
    assert replaced
    for uid in replaced:
        assert model.organization(uid) is not before[uid]
        assert model.organization(uid).uid == uid
        assert not before[uid].is_active
        with pytest.raises(LookupError, match="closed"):
            before[uid].alignment  # noqa: B018 - reading is what fails
    vacant = [int(uid) for uid in s.uid[s.is_active == 0]]
    for uid in vacant:
        with pytest.raises(LookupError, match="closed"):
            model.organization(uid)


def test_there_is_no_organisation_of_an_unknown_uid() -> None:
    with pytest.raises(LookupError, match="0 to 11"):
        stepped(0).organization(12)


# ---- collect -----------------------------------------------------------------------------------------------


def test_collected_is_what_was_there() -> None:
    asked = {
        "model": {"n": lambda m: len(m.organizations), "month": "month"},
        "organizations": {"uid": "uid", "alignment": "alignment"},
        "funders": {"balance": lambda f: f.balance},
    }
    model = stepped(5, collect=asked)
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame["n"]) == [12] * 5
    assert list(frame["month"]) == [1, 2, 3, 4, 5]
    orgs = model.datacollector.get_agenttype_vars_dataframe(Organization)
    last = orgs.xs(5, level="Step").set_index("uid")["alignment"]
    assert np.array_equal(last.to_numpy(), model.state.alignment[model.state.place_of[last.index]])
    assert len(model.datacollector.get_agenttype_vars_dataframe(Funder)) == 5 * model.state.funder_budget.size


def test_a_collector_of_ones_own_and_none_at_all() -> None:
    mine = DataCollector(model_reporters={"n": lambda m: m.month})
    assert stepped(2, collect=mine).datacollector is mine
    assert list(mine.get_model_vars_dataframe()["n"]) == [1, 2]
    assert stepped(2).datacollector is None


def test_collecting_changes_nothing() -> None:
    model = stepped(36, collect={"agents": {"a": "alignment"}})
    assert is_same_run(model, engine.run_world(scenario(), 7))


@pytest.mark.parametrize(
    ("collect", "hint"),
    [({"orgs": {}}, "organizations"), ({"organizations": {"a": "alignement"}}, "alignment")],
)
def test_misspelt_reporters_are_refused(collect: dict[str, dict[str, str]], hint: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '?{hint}|{hint}"):
        CoalitionModel(scenario(), 7, collect=collect)


# ---- ties --------------------------------------------------------------------------------------------------


def test_the_graph_shows_ties_and_organisations() -> None:
    model = stepped()
    s, graph = model.state, model.to_networkx()
    assert graph.number_of_nodes() == 12
    assert graph.number_of_edges() == (s.tie_to >= 0).sum()
    for uid, other, data in graph.edges(data=True):
        assert model.organization(uid).trust_in(model.organization(other)) == data["trust"]
    for uid, data in graph.nodes(data=True):
        org = model.organization(uid)
        assert (data["sector"], data["member"], data["alignment"]) == (
            org.sector,
            org.is_member,
            org.alignment,
        )


def test_ties_put_back_are_the_same_world() -> None:
    graph = CoalitionModel(scenario(), 7).to_networkx()
    plain = engine.run_world(scenario(), 7)
    assert is_same_run(_run(ties=graph), plain)
    for _, _, data in graph.edges(data=True):
        del data["trust"]  # the pair's own draw takes its place
    assert is_same_run(_run(ties=graph), plain)
    graph.remove_edge(*next(iter(graph.edges)))
    assert not is_same_run(_run(ties=graph), plain)


def _run(**options: object) -> CoalitionModel:
    model = CoalitionModel(scenario(), 7, **options)
    model.run()
    return model


def test_names_numbers_directions_and_trust_of_a_graph() -> None:
    graph = nx.DiGraph([("organisation 3", 5), (5, np.int64(7))])
    graph.add_edge(7, 8, trust=0.5)
    model = CoalitionModel(scenario(), 7, ties=graph)
    found = {(a, b): data["trust"] for a, b, data in model.to_networkx().edges(data=True)}
    expected = first_trust(model.state, model.params, 7, 3, 5)
    assert set(found) == {(3, 5), (5, 7), (7, 8)}
    assert found[7, 8] == 0.5
    assert found[3, 5] == expected
    both = CoalitionModel(scenario(), 7, ties=nx.Graph([(3, 5)])).to_networkx()
    assert set(both.edges) == {(3, 5), (5, 3)}


def _with_trust(trust: object) -> nx.Graph:
    graph = nx.Graph()
    graph.add_edge(0, 1, trust=trust)
    return graph


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.Graph([(0, 12)]), "node 12 is not an organisation; 0 to 11"),
        (nx.Graph([(0, -1)]), "node -1 is not"),
        (nx.Graph([(0, True)]), "not an organisation|tie to itself|second time"),
        (nx.Graph([("organization 3", 1)]), "did you mean 'organisation 3'"),
        (nx.Graph([("organisation 3", 3)]), "second time"),
        (nx.Graph([(2, 2)]), "itself"),
        (nx.complete_graph(12), "11 ties, but an organisation keeps at most 8; raise max_ties"),
        (_with_trust(1.5), "trust 1.5"),
        (_with_trust(math.nan), "trust nan"),
        (_with_trust("high"), "trust 'high'"),
        (_with_trust(True), "trust True"),
    ],
)
def test_graphs_that_make_no_sense_are_refused(graph: nx.Graph, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CoalitionModel(scenario(max_ties=8), 7, ties=graph)


@pytest.mark.parametrize("graph", [nx.MultiGraph([(0, 1)]), [(0, 1)]])
def test_only_simple_graphs_are_taken(graph: object) -> None:
    with pytest.raises(TypeError, match="Graph or DiGraph"):
        CoalitionModel(scenario(), 7, ties=graph)


# ---- rules in Python ---------------------------------------------------------------------------------------


def test_python_rules_run_in_their_place() -> None:
    calls: list[tuple[str, int]] = []

    def model_rule(model: CoalitionModel) -> None:
        calls.append(("before", model.month))

    def state_rule(state: object, params: object, seed: int, month: int) -> None:
        assert seed == 7
        calls.append(("instead", month))

    model = stepped(
        2,
        rules={
            "before:learn": model_rule,
            "learn": state_rule,
            "after:learn": lambda _: calls.append(("after", 0)),
        },
    )
    assert calls == [("before", 0), ("instead", 0), ("after", 0), ("before", 1), ("instead", 1), ("after", 0)]
    start = CoalitionModel(scenario(), 7).state.practice
    assert np.array_equal(model.state.practice, start)  # nobody learns
    assert not np.array_equal(stepped(36).state.practice, start)


def test_wrapping_every_rule_is_the_same_run() -> None:
    def wrapped(rule: str) -> object:
        return lambda model: model.run_rule(rule)

    rules = {rule: wrapped(rule) for rule in STEP if rule != "record"}
    assert is_same_run(_run(rules=rules), engine.run_world(scenario(), 7))


def test_a_rule_added_in_python_shows() -> None:
    def flood(model: CoalitionModel) -> None:
        if model.month == 12:
            model.state.world.level_shock += 1.0

    plain = engine.run_world(scenario(), 7)
    model = _run(rules={"after:shocks": flood})
    assert np.array_equal(model.world.series[:12], plain.series[:12])
    assert model.world.by_group[12, 0] > 1.2 * plain.by_group[12, 0]


@pytest.mark.parametrize(
    ("rules", "error", "message"),
    [
        ({"lern": print}, ValueError, "did you mean 'learn'"),
        ({"after:mete": print}, ValueError, "did you mean 'after:meet'"),
        ({"during:meet": print}, ValueError, "names no rule"),
        ({":meet": print}, ValueError, "names no rule"),
        ({"record": lambda _: None}, ValueError, "cannot be replaced"),
        ({"meet": 3}, TypeError, r"f\(model\) or f\(state, params, seed, month\)"),
        ({"meet": lambda _a, _b: None}, TypeError, r"f\(model\)"),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    rules: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CoalitionModel(scenario(), 7, rules=rules)


def test_run_rule_knows_its_rules() -> None:
    with pytest.raises(ValueError, match="did you mean 'meet'"):
        stepped(0).run_rule("met")


# ---- a mind of one's own -----------------------------------------------------------------------------------


class Undecided(Organization):
    """Leaves everything to the rules, but is asked."""

    def attends(self) -> None:
        assert self.is_member

    def discloses(self) -> None:
        assert self.is_member

    def adopts(self, driver: int, practice: int) -> None:
        assert self.practice[driver] != practice  # asked about what would change, before it does

    def target_effort(self) -> None: ...

    def wants_to_join(self) -> None:
        assert not self.is_member

    def wants_to_leave(self) -> None:
        assert self.is_member

    def applies(self) -> None: ...


class Willing(Organization):
    def adopts(self, driver: int, practice: int) -> bool:
        return True

    def applies(self) -> bool:
        return True


class Plain(Organization):
    """Overrides no decision."""


@pytest.mark.parametrize("kind", [Undecided, Willing, Plain])
def test_who_decides_as_the_rules_do_changes_nothing(kind: type[Organization]) -> None:
    model = _run(organization=kind)
    assert is_same_run(model, engine.run_world(scenario(), 7))
    assert all(type(org) is kind for org in model.organizations)


def noted(months: int, notes: list[np.ndarray], what: str, **options: object) -> CoalitionModel:
    """Run and note a field after every `meet`."""
    rules = {"after:meet": lambda m: notes.append(getattr(m.state, what).copy())}
    return stepped(months, rules=rules, **options)


def test_attends() -> None:
    class Absent(Organization):
        def attends(self) -> bool:
            return False

    class Present(Organization):
        def attends(self) -> bool:
            return self.month_is_even() if self.uid == 1 else True

        def month_is_even(self) -> bool:
            return self.model.month % 2 == 0

    plain: list[np.ndarray] = []
    mixed: list[np.ndarray] = []
    noted(30, plain, "presence")
    model = noted(30, mixed, "presence", organization={0: Absent, 1: Present, 2: Present})
    meets = [m for m in range(5, 30) if mixed[m].any()]
    assert len(meets) > 10
    assert any(plain[m][0] > 0 for m in meets)
    assert all(mixed[m][0] == 0 for m in range(30))
    assert all(mixed[m][1] == 0 for m in meets if m % 2)
    if model.organization(2).is_member:
        assert all(mixed[m][2] > 0 for m in meets)
    assert any(plain[m][2] == 0 for m in meets)


def test_discloses() -> None:
    class Open(Organization):
        def discloses(self) -> float:
            return 0.875

    notes: list[np.ndarray] = []
    plain: list[np.ndarray] = []
    noted(30, notes, "disclosure", organization=Open)
    noted(30, plain, "disclosure")
    assert 0.875 in notes[-1]
    assert set(np.unique(notes[-1])) <= {0.0, 0.875}  # 0: never a member, or alone in the room
    assert 0.875 not in plain[-1]


def test_wants_to_join_and_to_leave() -> None:
    class Keen(Organization):
        def wants_to_join(self) -> bool:
            return True

        def wants_to_leave(self) -> bool:
            return False

    class Hermit(Organization):
        def wants_to_join(self) -> bool:
            return False

    class Leaver(Hermit):
        def wants_to_leave(self) -> bool:
            return True

    kinds = dict.fromkeys(range(6), Keen) | {6: Hermit, 7: Leaver}
    model = CoalitionModel(scenario(coalition_end_per_year=0.0), 7, organization=kinds)
    model.step()
    model.step()
    assert all(model.organization(uid).is_member for uid in range(6))
    model.state.coalition[model.organization(7).place] = 0
    model.run_rule("join")  # without being asked nobody leaves at once
    assert model.organization(7).is_member
    for _ in range(10):
        model.step()
    assert all(model.organization(uid).is_member for uid in range(6))
    assert not model.organization(6).is_member
    assert not model.organization(7).is_member


def test_joining_later() -> None:
    class Late(Organization):
        def wants_to_join(self) -> bool:
            return self.model.month >= 6

    class Hermit(Organization):
        def wants_to_join(self) -> bool:
            return False

    def members_after(months: int, kind: type[Organization], **changes: float) -> int:
        model = CoalitionModel(
            scenario(coalition_end_per_year=0.0, **changes), 7, organization={3: kind, 5: kind}
        )
        for _ in range(months):
            model.step()
        return sum(model.organization(uid).is_member for uid in (3, 5))

    assert members_after(6, Late, join_per_year=0.0) == 0
    assert members_after(7, Late, join_per_year=0.0) == 2
    assert members_after(36, Plain, join_per_year=12.0, founding_share=0.5) > 0
    assert members_after(36, Hermit, join_per_year=12.0, founding_share=0.5) == 0


def test_wanting_to_join_finds_no_coalition_where_none_forms() -> None:
    class Keen(Organization):
        def wants_to_join(self) -> bool:
            return True

    model = CoalitionModel(scenario(formation="never"), 7, organization=Keen)
    model.run()
    assert not model.organizations.select(lambda o: o.is_member)


def test_applies() -> None:
    class Proud(Organization):
        def applies(self) -> bool:
            return False

    model, plain = stepped(6, organization={3: Proud}), stepped(6)
    i = model.organization(3).place
    assert model.state.hours[i, H_FUNDRAISING] == 0.0
    assert plain.state.hours[i, H_FUNDRAISING] > 0.0
    for _ in range(30):
        model.step()
        plain.step()
    assert model.organization(3).grants_usd_per_month == 0.0
    assert plain.organization(3).grants_usd_per_month > 0.0
    assert len(model.organizations.select(lambda o: o.grants_usd_per_month > 0.0)) > 3


def test_target_effort() -> None:
    class Specialist(Organization):
        def target_effort(self) -> np.ndarray:
            target = np.zeros(self.effort.shape)
            target[0, 1] = 1.0
            return target

    sc = scenario(reallocation_per_year=1.0, improvement=1.0)
    model = CoalitionModel(sc, 7, organization={3: Specialist})
    model.run()
    assert model.organization(3).effort[0, 1] > 0.9
    assert model.organization(3).effort.sum() == pytest.approx(1.0)
    assert engine.run_world(sc, 7).state.effort[3, 0, 1] < 0.9


def test_adopts() -> None:
    asked: list[tuple[int, int, int]] = []

    class Stubborn(Organization):
        def adopts(self, driver: int, practice: int) -> bool:
            asked.append((self.model.month, driver, practice))
            return False

    model, plain = stepped(36, organization={3: Stubborn}), stepped(36)
    start = CoalitionModel(scenario(), 7).state
    assert np.array_equal(model.organization(3).practice, start.practice[3])
    assert np.array_equal(model.organization(3).quality, start.quality[3])
    assert not np.array_equal(plain.organization(3).practice, start.practice[3])
    first = asked[0][0]
    assert np.array_equal(model.world.series[:first], plain.world.series[:first])
    assert len(asked) == len(set(asked))  # nobody is asked the same twice
    assert not model.state.closed.any()


def test_what_was_refused_stays_refused_when_others_are_surprised() -> None:
    class Refuser(Organization):
        def adopts(self, driver: int, practice: int) -> bool:
            return self.uid == 2

    class Chain(CoalitionModel):
        """Learning in which the next organisation changes once the one before cannot."""

        runs = 0

        def run_rule(self, rule: str) -> None:
            self.runs += 1
            assert self.runs < 9, "closed drivers have to stay closed"
            first = int(np.argmin(self.state.closed[:, 0]))
            self.state.practice[first, 0] ^= 1

    model = Chain(scenario(), 7, organization=Refuser)
    before = model.state.practice.copy()
    learn_asking(model, list(model.organizations))
    assert model.runs == 3
    assert np.array_equal(np.argwhere(model.state.practice != before), [[2, 0]])


def test_refusing_on_one_driver_leaves_the_others_open() -> None:
    class Half(Organization):
        def adopts(self, driver: int, practice: int) -> bool:
            return driver != 0

    model = stepped(36, organization=Half)
    start = CoalitionModel(scenario(), 7).state.practice
    assert np.array_equal(model.state.practice[:, 0], start[:, 0])
    assert not np.array_equal(model.state.practice[:, 1:], start[:, 1:])


def test_a_successor_is_of_the_same_class() -> None:
    model = CoalitionModel(
        scenario(exit_per_year=0.5, entry_per_year=0.5), 7, organization=dict.fromkeys(range(12), Plain)
    )
    model.run()
    assert model.state.world[0].entries > 1
    assert all(type(org) is Plain for org in model.organizations)


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        ("attends", "yes"),
        ("attends", 1),
        ("discloses", 1.5),
        ("discloses", True),
        ("discloses", math.nan),
        ("adopts", 0),
        ("applies", 1.0),
        ("wants_to_join", "no"),
        ("wants_to_leave", 0),
        ("target_effort", [1.0]),
        ("target_effort", np.full((4, 4), 1.0)),
    ],
)
def test_answers_that_make_no_sense_are_refused(hook: str, answer: object) -> None:
    kind = type("Odd", (Organization,), {hook: lambda self, *_: answer})
    model = CoalitionModel(scenario(), 7, organization=kind)
    with pytest.raises(
        (TypeError, ValueError), match=rf"(?s)Odd\.{hook} of organisation \d+: .* is not allowed"
    ):
        model.run()


@pytest.mark.parametrize(
    ("organization", "error", "message"),
    [
        (Funder, TypeError, "subclass of cisim.Organization"),
        ({3: "Stubborn"}, TypeError, "subclass of cisim.Organization"),
        ({12: Plain}, ValueError, "uid 12 is not allowed; 0 to 11"),
        ({"3": Plain}, ValueError, "uid '3'"),
    ],
)
def test_classes_that_make_no_sense_are_refused(
    organization: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CoalitionModel(scenario(), 7, organization=organization)


def test_a_hook_whose_rule_is_replaced_is_refused() -> None:
    with pytest.raises(ValueError, match="adopts is asked by the rule 'learn'"):
        CoalitionModel(scenario(), 7, organization=Willing, rules={"learn": lambda _: None})


def test_every_hook_names_its_rule_and_has_a_default() -> None:
    org = SimpleNamespace()
    for hook, rule in Organization.HOOKS.items():
        assert rule in STEP
        arguments = (0, 0) if hook == "adopts" else ()
        assert getattr(Organization, hook)(org, *arguments) is None
    assert Organization.own_decisions() == {}
    assert set(Undecided.own_decisions()) == set(Organization.HOOKS)


# ---- documents ---------------------------------------------------------------------------------------------


def test_streams_promised_to_users_are_free() -> None:
    used = [value for name, value in vars(rng).items() if name.isupper() and isinstance(value, int)]
    assert not set(used) & set(range(1000, 1024))


def test_examples_of_the_guide_run() -> None:
    failed, tried = doctest.testfile(
        str(ROOT / "docs" / "extending.md"), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert tried > 30
    assert failed == 0


def test_examples_in_docstrings_run() -> None:
    import cisim.model

    failed, tried = doctest.testmod(cisim.model)
    assert tried > 5
    assert failed == 0
