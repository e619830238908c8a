"""Scenarios that list the organisations that exist and who works with whom, in place of drawn ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from cisim import engine
from cisim.engine import STEP
from cisim.known import MAX_ORGANISATIONS
from cisim.problems import ScenarioError
from cisim.records import SECTORS, KnownOrganisation, KnownTie
from cisim.runs import run
from cisim.scenario import Scenario, from_dict, load
from cisim.schema import schema

FULL = """
organisations:
  - {name: River Food Bank, sector: nonprofit, budget_usd: 1200000, own_income_share: 0.3}
  - Shelter First
  - {name: Route 66 Clinic, budget_usd: 300000 usd/year}
  - {name: City, sector: government, own_income_share: 1}
ties:
  - {from: River Food Bank, to: Shelter First, trust: 0.6}
  - {from: City, to: Shelter First}
  - {from: Shelter First, to: City}
"""
TINY = {"months": 24, "practice_bits": 6, "ruggedness": 2, "formation_month": 1}


@pytest.fixture
def file(tmp_path):
    """Write a scenario file that extends the generic one, and return its path."""

    def write(body: str, name: str = "town.yaml", extends: str = "generic-adaptive") -> Path:
        path = tmp_path / name
        path.write_text(f"cisim: 1\nextends: {extends}\n{body}")
        return path

    return write


@pytest.fixture
def town(file) -> Scenario:
    return load(file(FULL)).with_(regime="collective", **TINY)


def problem(path: Path) -> str:
    """The first problem of a bad file, without its folder."""
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return str(caught.value).splitlines()[0].replace(str(path), path.name)


# ---- what a file says ---------------------------------------------------------------------------------------


def test_a_file_lists_organisations_and_ties(file):
    scenario = load(file(FULL))
    assert scenario.organisations == (
        KnownOrganisation("River Food Bank", "nonprofit", 1_200_000.0, 0.3),
        KnownOrganisation("Shelter First"),
        KnownOrganisation("Route 66 Clinic", None, 300_000.0),
        KnownOrganisation("City", "government", None, 1.0),
    )
    assert scenario.ties[:2] == (
        KnownTie("River Food Bank", "Shelter First", 0.6),
        KnownTie("City", "Shelter First"),
    )
    assert scenario.values["n_orgs"] == 4


def test_what_is_written_is_read_back(file, tmp_path):
    scenario = load(file(FULL))
    assert from_dict(scenario.to_dict()) == scenario
    assert from_dict(json.loads(json.dumps(scenario.to_dict()))) == scenario
    again = tmp_path / "again.yaml"
    again.write_text(scenario.to_yaml())
    assert load(again).with_(name="town") == scenario
    stated = scenario.to_dict()
    assert stated["organisations"][1] == {"name": "Shelter First"}
    assert stated["ties"][1] == {"from": "City", "to": "Shelter First"}


def test_the_schema_knows_them(file):
    valid = Draft202012Validator(schema())
    stated = load(file(FULL)).to_dict()
    assert valid.is_valid(stated)
    assert valid.is_valid({**stated, "organisations": ["A", {"name": "B"}]})
    assert valid.is_valid({**stated, "organisations": [{"name": "A", "budget_usd": "3e5 usd/year"}]})
    assert not valid.is_valid({**stated, "organisations": [{"name": "A", "budget_usd": "3e5 eur/year"}]})
    for organisations in (
        [{"sector": "nonprofit"}],
        [{"name": "A", "sector": "x"}],
        [{"name": "A", "budget_usd": 0}],
    ):
        assert not valid.is_valid({**stated, "organisations": organisations})
    for tie in ({"from": "A"}, {"from": "A", "to": "B", "trust": 2}, {"from": "A", "to": "B", "weight": 1}):
        assert not valid.is_valid({**stated, "ties": [tie]})


def test_a_child_replaces_the_lists_of_its_parent(file):
    file(FULL, "parent.yaml")
    child = load(
        file(
            "organisations: [Shelter First, City, River Food Bank, Route 66 Clinic, New]\n",
            extends="parent.yaml",
        )
    )
    assert child.values["n_orgs"] == 5
    assert child.organisations[4] == KnownOrganisation("New")
    assert len(child.ties) == 3
    none = load(
        file("organisations: []\nties: []\nparams: {n_orgs: 9}\n", "none.yaml", extends="parent.yaml")
    )
    assert (none.values["n_orgs"], none.organisations, none.ties) == (9, (), ())


def test_a_list_settles_a_size_that_the_parent_states_or_holds_uncertain(file):
    file(f"params: {{n_orgs: 30}}\nuncertainties: [{UNSURE}]\n", "parent.yaml")
    child = load(file("organisations: [A, B, C]\n", extends="parent.yaml"))
    assert child.values["n_orgs"] == 3
    assert child.uncertainties == ()


TWO = "organisations: [A, B]\n"
SIX = "organisations: [A, B, C, D, E, F]\n"
OWN = "organisations: [A, {name: B, own_income_share: 0.3}]\n"
UNSURE = "{name: n_orgs, distribution: uniform, low: 3, high: 9, grade: assumed, source: x}"
FIVE_TIES = "".join(f"  - {{from: A, to: {other}}}\n" for other in "BCDEF")
BAD = [
    ("organisations: [A]", "town.yaml:3:16: organisations: 1 organisation; at least 2"),
    ("organisations: 3", "town.yaml:3:16: organisations: 3 is not allowed; a list is needed here"),
    ("organisations: [A, A]", "town.yaml:3:20: organisations[1]: 'A' is named twice"),
    ("organisations: [A, {nam: B}]", "town.yaml:3:20: organisations[1]: name missing here"),
    (
        "organisations: [A, {name: B, sector: church}]",
        "3:38: organisations[1].sector: 'church' is not allowed",
    ),
    (
        "organisations: [A, {name: B, budget_usd: 0}]",
        "3:42: organisations[1].budget_usd: 0 is not allowed; 1 to",
    ),
    ("organisations: [A, {name: B, budget_usd: 1 eur}]", "the unit is 'usd/year', nothing else"),
    (
        "organisations: [A, {name: B, own_income_share: 30}]",
        "[1].own_income_share: 30 is not allowed; 0 to 1",
    ),
    ("organisations: [A, pool]", "3:20: organisations[1].name: 'pool' is what ledgers call another account"),
    ("organisations: [A, organisation 0]", "[1].name: 'organisation 0' is what ledgers call another account"),
    ("organisations: [A, A (tied)]", "[1].name: 'A (tied)' is what ledgers call another account"),
    (TWO + "params: {n_orgs: 3}", "town.yaml:4:18: n_orgs: 3 is not allowed; organisations lists 2"),
    ("ties: [{from: A, to: B}]", "town.yaml:3:7: ties: ties need a list of organisations"),
    (
        "organisations: [Harbour, B]\nties:\n  - {from: B, to: Harbor}",
        "town.yaml:5:19: ties[0].to: there is no organisation 'Harbor'; did you mean 'Harbour'?",
    ),
    (
        TWO + "ties:\n  - {from: Zoo, to: A}",
        "5:12: ties[0].from: there is no organisation 'Zoo'; there are A, B",
    ),
    (TWO + "ties:\n  - {from: B, to: B}", "town.yaml:5:19: ties[0].to: 'B' cannot have a tie to itself"),
    (
        TWO + "ties:\n  - {from: B, to: A}\n  - {from: B, to: A, trust: 1}",
        "town.yaml:6:5: ties[1]: 'B -> A' is named twice",
    ),
    (
        TWO + "ties:\n  - {from: B, to: A, trust: 2}",
        "town.yaml:5:29: ties[0].trust: 2 is not allowed; 0 to 1",
    ),
    (
        SIX + "params: {max_ties: 4}\nties:\n" + FIVE_TIES,
        "town.yaml:10:12: ties[4].from: 'A' has 5 ties, more than max_ties 4; raise max_ties (up to 64)",
    ),
    (
        OWN + "params: {n_public_funders: 0, n_private_funders: 0, own_income_share: 1}",
        "organisations[1].own_income_share: without funders own_income_share has to be 1, not 0.3",
    ),
    (
        OWN + "params: {n_public_funders: 0, own_income_share: 1}",
        "no public funder, but public_money_share",
    ),
    (
        TWO + f"uncertainties: [{UNSURE}]",
        "uncertainties: n_orgs is not uncertain; organisations lists 2",
    ),
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_a_mistake_is_told_where_it_stands(file, body, message):
    assert message in problem(file(body + "\n"))


def test_too_many_organisations_are_refused():
    names = [f"O{k}" for k in range(MAX_ORGANISATIONS + 1)]
    with pytest.raises(ScenarioError, match=f"{len(names)} items; a list of 0 to {MAX_ORGANISATIONS}"):
        load("generic-adaptive").with_(organisations=names)


def test_the_own_number_is_a_name_like_any_other(file):
    assert load(file("organisations: [organisation 0, organisation 1]\n")).values["n_orgs"] == 2


# ---- in Python ----------------------------------------------------------------------------------------------


def test_with_replaces_records_and_n_orgs_follows(town):
    more = town.with_(organisations=[*town.organisations, KnownOrganisation("New", budget_usd=5e5)])
    assert more.values["n_orgs"] == 5
    assert more.ties == town.ties
    assert town.with_(n_orgs=4) == town
    with pytest.raises(ScenarioError, match="n_orgs: 9 is not allowed; organisations lists 4"):
        town.with_(n_orgs=9)
    with pytest.raises(ScenarioError, match=r"ties\[0\].from: there is no organisation 'River Food Bank'"):
        town.with_(organisations=["Shelter First", "City"])
    with pytest.raises(ScenarioError, match="no organisation 'Nobody'"):
        town.with_(ties=[KnownTie("City", "Nobody")])
    drawn = town.with_(organisations=[], ties=[])
    assert (drawn.values["n_orgs"], drawn.organisations) == (4, ())


def test_a_difference_is_told_from_either_side(town):
    drawn = town.with_(ties=[])
    assert (
        [name for name, _, _ in town.diff(drawn).rows]
        == ["ties"]
        == [name for name, _, _ in drawn.diff(town).rows]
    )
    assert town.digest != drawn.digest
    assert "River Food Bank" in str(town.diff(town.with_(organisations=[], ties=[])))


def test_without_lists_a_scenario_is_named_as_before():
    """The digest of a scenario that states neither; of the format before there were lists."""
    scenario = load("generic-adaptive")
    assert scenario.digest == "18fd5494d80d4b4a42d8a2be2005d15f60eca6d1f1724cec26fbeb365b137acc"
    assert not {"organisations", "ties"} & set(scenario.to_dict())


def test_a_study_keys_runs_by_the_lists(town):
    from cisim.study.plan import key_of

    other = town.with_(ties=[*town.ties[:2]])
    assert len({key_of(one, 1) for one in (town, other, town.with_(ties=[]))}) == 3


def test_a_study_cannot_vary_the_number_of_organisations(town):
    from cisim.study.reading import study_from

    stated: dict[str, Any] = {"analysis": "sweep", "vary": {"n_orgs": [4, 8]}, "worlds": 2}
    with pytest.raises(
        ScenarioError, match=r"vary.n_orgs: n_orgs cannot vary; the scenario lists 4 organisations"
    ):
        study_from(stated, scenario=town)
    levels = {"size": {"levels": {"small": {"n_orgs": 4}, "large": {"n_orgs": 8}}}}
    with pytest.raises(ScenarioError, match=r"vary.size: n_orgs cannot vary"):
        study_from({**stated, "vary": levels}, scenario=town)
    assert study_from(stated, scenario=town.with_(organisations=[], ties=[])).factors[0].name == "n_orgs"


# ---- founding -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", ["isolated", "collective"])
def test_names_alone_change_no_bit(small, regime):
    plain = small.with_(regime=regime, exit_per_year=0.3, entry_per_year=0.4)
    named = plain.with_(organisations=[f"Organisation called {k}" for k in range(16)])
    one, other = engine.run_world(plain, 5), engine.run_world(named, 5)
    assert one.series.tobytes() == other.series.tobytes()
    for name, a, b in zip(one.state._fields, one.state, other.state, strict=True):
        assert a.tobytes() == b.tobytes(), name


def test_what_is_known_holds_and_the_rest_is_drawn_as_ever(town):
    drawn = engine.build(town.with_(organisations=[], ties=[]), 5).state
    s = engine.build(town, 5).state
    usd = 12.0 * s.income
    assert usd[[0, 2]] == pytest.approx([1_200_000.0, 300_000.0])
    assert usd[[1, 3]] == pytest.approx(12.0 * drawn.income[[1, 3]])
    assert not np.isclose(usd[[0, 2]], 12.0 * drawn.income[[0, 2]]).any()
    share = s.own_income / s.income
    assert share == pytest.approx([0.3, 0.5, 0.5, 1.0])
    assert s.grant_need == pytest.approx(s.income * (1.0 - share))
    assert [SECTORS[code] for code in s.sector[[0, 3]]] == ["nonprofit", "government"]
    assert s.sector[[1, 2]].tolist() == drawn.sector[[1, 2]].tolist()
    for name in ("turf", "willingness", "competence", "reach", "practice", "age", "need_guess"):
        np.testing.assert_array_equal(getattr(s, name), getattr(drawn, name), err_msg=name)


def ties_of(s: Any) -> dict[tuple[int, int], float]:
    """Trust by uids of who trusts and who is trusted."""
    spots = zip(*np.nonzero(s.tie_to >= 0), strict=True)
    return {(int(s.uid[i]), int(s.uid[s.tie_to[i, m]])): float(s.tie_trust[i, m]) for i, m in spots}


def test_ties_are_those_that_are_listed_one_way_round(town):
    s = engine.build(town, 5).state
    found = ties_of(s)
    assert set(found) == {(0, 1), (3, 1), (1, 3)}
    assert found[0, 1] == 0.6
    assert found[3, 1] == found[1, 3]  # not stated: what the pair would have drawn
    assert s.tie_sum == pytest.approx([0.6, found[1, 3], 0.0, found[3, 1]])
    assert set(s.tie_month[s.tie_to >= 0].tolist()) == {-1}


def test_a_trust_that_is_not_stated_is_what_the_pair_would_have_drawn(small):
    drawn = ties_of(engine.build(small, 7).state)
    names = [f"O{k}" for k in range(16)]
    pairs = [KnownTie(names[a], names[b]) for a, b in drawn]
    known = small.with_(organisations=names, ties=pairs)
    assert ties_of(engine.build(known, 7).state) == drawn
    assert ties_of(engine.build(known, 8).state) != drawn


def test_organisations_without_ties_draw_their_ties(small):
    listed = [KnownOrganisation(f"O{k}", budget_usd=1e5 * (k + 1)) for k in range(16)]
    some, drawn = (engine.build(one, 7).state for one in (small.with_(organisations=listed), small))
    assert ties_of(some) == ties_of(drawn) != {}


def test_capacity_counts_what_is_known(small):
    """Ten times the money of everybody buys no more reach than before: an hour serves a tenth."""
    budgets = [1e5 * (1 + k) for k in range(16)]
    level = []
    for factor in (1.0, 10.0):
        listed = [KnownOrganisation(f"O{k}", budget_usd=factor * usd) for k, usd in enumerate(budgets)]
        s = engine.build(small.with_(organisations=listed), 3).state
        level.append((s.world.client_months_per_hour[0], s.world.covered[0]))
    assert level[0][0] == pytest.approx(10.0 * level[1][0])
    assert level[0][1] == pytest.approx(level[1][1], rel=0.02)  # applications take hours too


def test_half_of_the_budgets_known_leaves_the_mean_for_the_others(small):
    p = small.values
    mean = p["org_budget_usd"] * np.exp(0.5 * p["org_budget_log_sd"] ** 2)
    listed = [KnownOrganisation(f"O{k}", budget_usd=mean if k < 8 else None) for k in range(16)]
    known = engine.build(small.with_(organisations=listed), 3).state.world.client_months_per_hour[0]
    assert known == pytest.approx(engine.build(small, 3).state.world.client_months_per_hour[0])


def test_newcomers_are_drawn_and_not_called_by_the_name_of_who_left(small):
    listed = [KnownOrganisation(f"Known {k}", "corporate", 77_777.0, 1.0) for k in range(16)]
    scenario = small.with_(organisations=listed, months=60, exit_per_year=0.15, entry_per_year=0.5)
    result = run(scenario, 4, details=True)
    s = result._trace.snapshots[-1][1]
    new = (s.births > 0) & (s.is_active == 1)
    assert new.sum() >= 3
    last = result.orgs[result.orgs["month"] == 59].set_index("org")
    for uid in s.uid[new]:
        assert last.loc[uid, "name"] == f"organisation {uid}"
    assert (last.loc[s.uid[new], "sector"] != "corporate").any()
    assert np.unique(s.start_hours[s.births == 0]).size == 1
    assert np.unique(s.start_hours[new]).size == new.sum()
    founded = result.ledger[result.ledger["purpose"] == "founding"]
    assert len(founded)
    assert founded["payee"].str.fullmatch(r"organisation \d+").all()
    left = result.ledger[result.ledger["purpose"] == "closing"]
    assert left["payer"].str.startswith("Known").any()
    for row in founded.itertuples():
        uid = int(row.payee.split()[1])
        of_old = result.ledger["payer"].isin([f"Known {uid}", f"Known {uid} (tied)"])
        assert result.ledger[of_old]["month"].max() < row.month
    held = result.balances[result.balances["account"].isin(founded["payee"])]
    assert (
        held.groupby("account")["month"].min().to_dict() == founded.groupby("payee")["month"].min().to_dict()
    )


@pytest.mark.parametrize("regime", ["isolated", "collective", "funder-collaborative"])
def test_every_payment_is_in_the_books(town, regime):
    result = run(town.with_(regime=regime), 3, details=True)
    moved = (
        result.ledger.groupby("payee")["usd"]
        .sum()
        .sub(result.ledger.groupby("payer")["usd"].sum(), fill_value=0.0)
    )
    held = result.balances.pivot(index="account", columns="month", values="usd")
    changed = held[held.columns[-1]] - held[-1]
    np.testing.assert_allclose(changed, moved.reindex(changed.index, fill_value=0.0), atol=1e-5)


def test_the_same_organisations_in_every_regime(town):
    a, b = (engine.build(town.with_(regime=name), 3).state for name in ("isolated", "collective"))
    for name in ("income", "sector", "own_income", "tie_to", "tie_trust", "competence"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_relabelling_moves_what_is_known_with_its_organisation(small):
    """As integrity rule 7: rounding differs with the order of sums; 1e-9 relative."""
    listed = [KnownOrganisation(f"O{k}", SECTORS[k % 4], 1e5 * (k + 1), k / 16) for k in range(16)]
    ties = [KnownTie(f"O{k}", f"O{(k * 5 + 3) % 16}", 0.3 + k / 32) for k in range(16) if (k * 4 + 3) % 16]
    scenario = small.with_(regime="collective", organisations=listed, ties=ties)
    orgs = np.random.default_rng(3).permutation(16)
    world = engine.build(scenario, 3, uids=orgs)
    world.advance(0, len(STEP), 0, world.n_months)
    first = engine.run_world(scenario, 3)
    np.testing.assert_allclose(world.series, first.series, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(world.state.sector, first.state.sector[orgs])
    turned = scenario.with_(organisations=[listed[k] for k in [1, 0, *range(2, 16)]])  # negative control
    assert not np.allclose(engine.run_world(turned, 3).series, first.series)


# ---- names --------------------------------------------------------------------------------------------------


def test_details_call_organisations_by_name(town):
    result = run(town, 3, details=True)
    paid = set(result.ledger["payer"]) | set(result.ledger["payee"])
    assert {"River Food Bank", "Route 66 Clinic (tied)", "City", "staff", "public funder 0"} <= paid
    assert not any(name.startswith("organisation") for name in paid)
    assert result.orgs["name"][:4].tolist() == [one.name for one in town.organisations]
    plain = run(town.with_(organisations=[], ties=[]), 3, details=True)
    assert "name" not in plain.orgs
    assert "organisation 0" in set(plain.ledger["payer"])


def test_the_mesa_door_calls_them_by_name_and_agrees(town):
    import networkx as nx

    from cisim.model import CoalitionModel

    model = CoalitionModel(town, 3)
    assert [org.name for org in model.organizations] == [one.name for one in town.organisations]
    graph = model.to_networkx()
    assert graph.nodes[2]["name"] == "Route 66 Clinic"
    assert set(graph.edges) == {(0, 1), (3, 1), (1, 3)}
    model.run()
    assert model.result().outcomes == run(town, 3).outcomes
    other = CoalitionModel(town, 3, ties=nx.DiGraph([("City", "River Food Bank"), (1, "organisation 2")]))
    assert set(other.to_networkx().edges) == {(3, 0), (1, 2)}


def test_flows_between_kinds_of_accounts_do_without_names(town):
    import pandas as pd

    from cisim.whatif.detail import kinds_of

    accounts = pd.Series(
        ["Route 66 Clinic", "City (tied)", "organisation 12", "public funder 0", "coalition 0", "staff"]
    )
    kinds = ["organisations", "organisations", "organisations", "public funders", "coalitions", "staff"]
    assert kinds_of(accounts, town).tolist() == kinds
