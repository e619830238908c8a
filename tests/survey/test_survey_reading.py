"""From messy tables and graphs to organisations and ties, with everything that was left out told."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from cisim.problems import ScenarioError
from cisim.survey.reading import read_survey
from cisim.survey.records import Survey
from cisim.survey.summary import facts_about, summary
from cisim.survey.ties import Reading

ORGS = """\
name,sector,budget_usd,responded
River Food Bank,charity,"$1,200,000",yes
Shelter First,Nonprofit,450000,yes
City Health,public,,yes
Bank of Town,business,900000,no
"""
TIES = """\
respondent,partner,reliability,mission,openness,power,frequency
River Food Bank,Shelter First,4,4,4,2,weekly
River Food Bank,City Health,1,2,3,4,monthly
Shelter First,River Food Bank,2,,,3,weekly
City Health,Bank of Town,3,3,3,3,yearly
"""
NO_EDGES = """\
<graphml xmlns='http://graphml.graphdrawing.org/xmlns'>
<graph edgedefault='directed'><node id='a'/></graph></graphml>
"""


def survey(folder: Path, ties: str = TIES, orgs: str | None = ORGS, **how: object) -> Survey:
    (folder / "ties.csv").write_text(ties, "utf-8")
    if orgs is not None:
        (folder / "orgs.csv").write_text(orgs, "utf-8")
    reading = Reading(**how)  # type: ignore[arg-type]
    return read_survey(folder / "ties.csv", folder / "orgs.csv" if orgs else None, reading)


def named(found: Survey) -> dict[tuple[str, str], float | None]:
    return {(found.names[a], found.names[b]): tie.trust for (a, b), tie in found.ties.items()}


def test_an_ordinary_survey(tmp_path: Path) -> None:
    found = survey(tmp_path)
    assert [(one.name, one.sector, one.budget_usd, one.responded) for one in found.organisations] == [
        ("River Food Bank", "nonprofit", 1.2e6, True),
        ("Shelter First", "nonprofit", 4.5e5, True),
        ("City Health", "government", None, True),
        ("Bank of Town", "corporate", 9e5, False),
    ]
    assert named(found) == {
        ("River Food Bank", "Shelter First"): 1.0,
        ("River Food Bank", "City Health"): pytest.approx(1 / 3),
        ("Shelter First", "River Food Bank"): pytest.approx(1 / 3),
        ("City Health", "Bank of Town"): pytest.approx(2 / 3),
        ("Bank of Town", "City Health"): None,  # it did not answer; the other named it
    }
    assert found.trust_items == ("reliability", "mission", "openness")
    numbers = facts_about(found)
    assert numbers["density"] == pytest.approx(4 / 9)  # three of four could report three ties each
    assert numbers["reciprocity"] == pytest.approx(2 / 3)  # of three ties among those who answered
    assert (numbers["ties"], numbers["ties_filled_in"], numbers["budgets_usd"]) == (4, 1, 2.55e6)


def test_a_tie_reported_by_one_side_counts_one_way_if_so_asked(tmp_path: Path) -> None:
    assert ("Bank of Town", "City Health") not in named(survey(tmp_path, missing="none"))


def test_an_answer_of_the_other_side_is_never_overruled(tmp_path: Path) -> None:
    """City Health answered and did not name the food bank: the tie stays one way."""
    assert ("City Health", "River Food Bank") not in named(survey(tmp_path, missing="reported"))


def test_doubles_selves_nobody_and_never(tmp_path: Path) -> None:
    more = (
        "river  food bank,Shelter First,1,1,1,1,weekly\nShelter First,Shelter First,4,4,4,4,weekly\n"
        "City Health,,,,,,\nCity Health,Shelter First,1,1,1,1,Never\nShelter First,City Health,,n/a,,,monthly\n"
    )
    found = survey(tmp_path, TIES + more)
    assert named(found)["River Food Bank", "Shelter First"] == pytest.approx(0.5)
    assert named(found)["Shelter First", "City Health"] is None
    assert ("City Health", "Shelter First") not in named(found)
    told = " / ".join(found.notes)
    for note in (
        "1 row about a pair named before",
        "1 row of an organisation with itself",
        "1 row without a partner",
        "1 row of pairs that do not work together",
        "1 tie without an answer on trust",
        "1 name spelled otherwise",
        "1 organisation did not answer; 1 tie that others report with them count both ways",
    ):
        assert note in told, note
    assert "nothing of it enters the model" in summary(found)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("River Food Bank,Shelter Frist,4,4,4,2,weekly", "6:17: to: 'Shelter Frist' is not among the organisations"),
        (",Shelter First,4,4,4,2,weekly", "ties.csv:6:1: from: is empty; who names 'Shelter First'?"),
        ("City Health,Shelter First,5,4,4,2,weekly", "6:27: reliability: '5' is not allowed; 1 to 4, or empty"),
        ("City Health,Shelter First,4,good,4,2,weekly", "ties.csv:6:29: mission: 'good' is not allowed"),
        (f"City Health,{'x' * 81},4,4,4,2,weekly", "has 81 characters; 80 are allowed"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_place(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        survey(tmp_path, TIES + row + "\n")
    assert complaint in str(caught.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        survey(tmp_path, TIES + "City Health,Shelter First,9,9,9,9,weekly\n,,,,1,,\n")
    assert [problem.place.line for problem in caught.value.problems] == [6, 6, 6, 6, 7]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("charity", "charty", "2:17: sector: 'charty' is not allowed; one of nonprofit,"),
        ('"$1,200,000"', "plenty", "orgs.csv:2:25: budget_usd: 'plenty' is not allowed; 1 to 100,000,000,000 dollars"),
        ("450000", "0", "orgs.csv:3:25: budget_usd: '0' is not allowed"),
        ("450000", "-5", "budget_usd: '-5' is not allowed"),
        ("Shelter First", "River food bank", "orgs.csv:3:1: name: 'River food bank' is listed twice; first in line 2"),
        ("Shelter First", "", "orgs.csv:3:1: name: a name is missing"),
        (",no\n", ",perhaps\n", "orgs.csv:5:30: responded: 'perhaps' is not allowed; yes or no"),
        ("name,", "who,", "orgs.csv:1:1: name: no column has a usual name"),
        ("name,sector", "org,organization", "could both be it; name one with a column 'name'"),
    ],
)  # fmt: skip
def test_a_bad_list_is_refused_with_its_place(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in ORGS
    with pytest.raises(ScenarioError) as caught:
        survey(tmp_path, orgs=ORGS.replace(old, new, 1))
    assert complaint in str(caught.value)


def test_of_very_many_problems_the_first_are_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        survey(tmp_path, TIES + "City Health,Shelter First,9,9,9,9,weekly\n" * 9)
    assert len(caught.value.problems) == 21
    assert str(caught.value).endswith("ties.csv:11:27: 16 more problems from here on")


def test_strangers_may_be_added_or_dropped(tmp_path: Path) -> None:
    ties = TIES + "City Health,Larkfield Clinic,3,3,3,3,weekly\n"
    added = survey(tmp_path, ties, unknown="add")
    assert added.names[-1] == "Larkfield Clinic"
    assert any("1 organisation outside the list added" in note for note in added.notes)
    dropped = survey(tmp_path, ties, unknown="drop")
    assert len(dropped.names) == 4
    assert any("1 name in rows outside the list" in note for note in dropped.notes)


def test_columns_named_by_options_and_other_scales(tmp_path: Path) -> None:
    ties = "Wer;Mit wem;Vertrauen;Einfluss\nA;B;5;1\nB;A;2,5;1\n"
    how = {
        "from_column": "Wer",
        "to_column": "mit wem",
        "trust_items": ("Vertrauen",),
        "low": 0.0,
        "high": 5.0,
    }
    assert named(survey(tmp_path, ties, None, **how)) == {("A", "B"): 1.0, ("B", "A"): 0.5}
    with pytest.raises(ScenarioError, match=r"ties\.csv:1:1: --from: 'Wre' is no column; did you mean 'Wer'"):
        survey(tmp_path, ties, None, **{**how, "from_column": "Wre"})
    with pytest.raises(ScenarioError, match="no column has a usual name"):
        survey(tmp_path, ties, None)
    with pytest.raises(ScenarioError, match="name the same column"):
        survey(tmp_path, ties, None, **{**how, "to_column": "Wer"})


def test_a_table_without_a_tie_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no row reports a tie"):
        survey(tmp_path, "from,to,tie\nA,B,no\n", None)


def test_columns_that_say_nothing_here_are_told(tmp_path: Path) -> None:
    orgs = ORGS.replace("responded", "phone", 1)
    found = survey(tmp_path, TIES.replace("openness", "warmth", 1), orgs)
    told = [note.partition(": ")[2] for note in found.notes if "not used" in note]
    assert told == ["columns not used: warmth", "columns not used: phone"]
    assert not any("not used" in note for note in survey(tmp_path).notes)


def test_items_win_over_their_mean_and_the_mean_is_taken_alone(tmp_path: Path) -> None:
    both = survey(tmp_path, "from,to,reliability,trust\nA,B,4,1\n", None, missing="none")
    assert named(both) == {("A", "B"): 1.0}
    assert named(survey(tmp_path, "from,to,trust\nA,B,1\n", None, missing="none")) == {("A", "B"): 0.0}


@pytest.mark.parametrize("is_directed", [True, False])
def test_graphml(tmp_path: Path, is_directed: bool) -> None:
    graph = nx.DiGraph() if is_directed else nx.Graph()
    graph.add_node("n0", name="River Food Bank", sector="charity", budget_usd=1200000)
    graph.add_node("n1", name="Shelter First", sector="nonprofit")
    graph.add_node("n2", name="Alone")
    graph.add_edge("n0", "n1", reliability=4, openness=2.5)
    nx.write_graphml(graph, tmp_path / "ties.graphml")
    found = read_survey(tmp_path / "ties.graphml", None, Reading(missing="none"))
    assert [one.sector for one in found.organisations] == ["nonprofit", "nonprofit", None]
    assert found.organisations[0].budget_usd == 1.2e6
    way = {("River Food Bank", "Shelter First"): pytest.approx(0.75)}
    back = {("Shelter First", "River Food Bank"): pytest.approx(0.75)}
    assert named(found) == (way if is_directed else {**way, **back})
    assert facts_about(found)["isolates"] == 1
    assert any("undirected" in note for note in found.notes) is not is_directed


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<graphml><graph edgedefault='directed'>", "is not GraphML that can be read"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><graphml/>", "declares entities"),
        (NO_EDGES, "has no edges"),
    ],
)  # fmt: skip
def test_hostile_graphml(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "ties.graphml"
    for encoding in ("utf-8", "utf-16"):
        path.write_text(text, encoding)
        with pytest.raises(ScenarioError, match=complaint):
            read_survey(path)


@pytest.mark.parametrize("second", ["org", "organization"])
def test_a_column_called_name_goes_before_others(tmp_path: Path, second: str) -> None:
    found = survey(tmp_path, orgs=ORGS.replace("name,sector", f"name,{second}", 1))
    assert found.names[0] == "River Food Bank"
    assert any(f"columns not used: {second}" in note for note in found.notes)


GRAPH = """\
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="k" for="node" attr.name="label" attr.type="string"/>
<graph edgedefault="directed">
<node id="a"/>
<node id="b"><data key="k">Bee</data></node>
<edge source="a" target="b"/>
</graph></graphml>
"""


def test_graphml_by_hand(tmp_path: Path) -> None:
    (tmp_path / "t.graphml").write_text(GRAPH, "utf-8")
    assert named(read_survey(tmp_path / "t.graphml", None, Reading(missing="none"))) == {("a", "Bee"): None}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('<edge source="a" target="b"/>', '<edge target="b"/>', "6:1: <edge>: has no source"),
        ('<edge source="a" target="b"/>', '<edge source="a"/>', "6:1: <edge>: has no target"),
        ('target="b"', 'target="c"', "6:1: <edge>: target 'c' is no node of the file"),
        ('<node id="a"/>', "<node/>", "4:1: <node>: has no id"),
        (
            '<node id="a"/>',
            '<node id="a"/><node id="a"/>',
            "4:15: <node>: id 'a' is declared twice; first in line 4",
        ),
        ('<node id="a"/>', '<node id="Bee"/><node id="a"/>', "nodes 'Bee' and 'b' are both called 'Bee'"),
        ('<node id="a"/>', '<node id="a"><graph/></node>', "4:14: <graph>: a file holds one graph"),
        ("</graph>", "</graph><graph/>", "7:9: <graph>: a file holds one graph"),
        ("</graph>", "<data>" * 200 + "</data>" * 200 + "</graph>", "more than 100 deep"),
        ("</graph>", "<node id='n{}'/>" * 2_000 + "</graph>", "has 2,002 nodes; 2,000 are allowed"),
        (
            "<graphml",
            "<?xml version='1.0' encoding='gbk'?><graphml",
            "is not GraphML that can be read: multi-byte",
        ),
        (
            "<graphml",
            "<?xml version='1.0' encoding='foo'?><graphml",
            "is not GraphML that can be read: unknown",
        ),
        ("</graph></graphml>", "", "is not GraphML that can be read: no element found"),
    ],
)
def test_graphml_in_which_something_would_be_lost(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GRAPH
    parts = GRAPH.replace(old, new, 1).split("{}")
    text = parts[0] + "".join(f"{k}{part}" for k, part in enumerate(parts[1:]))
    (tmp_path / "t.graphml").write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_survey(tmp_path / "t.graphml")
    assert complaint in str(caught.value)


def test_an_attribute_for_every_edge_is_refused(tmp_path: Path) -> None:
    keys = "".join(f'<key id="e{k}" for="edge" attr.name="x{k}" attr.type="int"/>' for k in range(1_200))
    edges = "".join(f'<edge source="a" target="b"><data key="e{k}">1</data></edge>' for k in range(1_200))
    text = GRAPH.replace("<graph ", keys + "<graph ").replace("</graph>", edges + "</graph>")
    (tmp_path / "t.graphml").write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=r"has 1,200 attributes; 1,000 are allowed"):
        read_survey(tmp_path / "t.graphml")


def test_near_names_are_looked_for_once_and_for_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("cisim.survey.reading.did_you_mean", lambda name, _: asked.append(name) or "")
    more = "".join(f"City Health,Stranger {k},4,4,4,2,weekly\n" * 2 for k in range(500))
    with pytest.raises(ScenarioError, match="980 more problems"):
        survey(tmp_path, TIES + more)
    assert asked == [f"Stranger {k}" for k in range(10)]


def test_near_sectors_are_looked_for_once_and_for_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("cisim.survey.orgs.did_you_mean", lambda word, _: asked.append(word) or "")
    more = "".join(f"Org {k},odd {k // 2},1000,no\n" for k in range(500))
    with pytest.raises(ScenarioError, match="480 more problems"):
        survey(tmp_path, orgs=ORGS + more)
    assert asked == [f"odd {k}" for k in range(10)]


def test_a_list_of_too_many_is_refused_at_once(tmp_path: Path) -> None:
    more = "".join(f"Org {k},,,\n" for k in range(2_000))
    with pytest.raises(ScenarioError, match=r"orgs\.csv:2002:1: 2,004 organisations; 2,000 are allowed"):
        survey(tmp_path, orgs=ORGS + more)
