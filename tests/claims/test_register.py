"""The register holds all 204 statements, each in a form of its own kind, and its reader refuses anything else."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cisim.claims.records import Kind
from cisim.claims.register import RULES, read_register, register, register_from
from cisim.engine import STEP
from cisim.problems import ScenarioError

STATEMENTS = {"S0": 52, "S1": 43, "S2": 18, "S3": 23, "S4": 68}
OUTCOMES = {
    "S0": (18, 19, 21, 22, 50),
    "S1": (1, 2, 12, 13, 17, 19, 25, 39, 40),
    "S2": (6, 10, 11),
    "S3": (3, 6, 8, 9, 10, 14, 17, 18, 19, 20),
    "S4": (1, 9, 26, 43, 52, 54, 60, 67),
}
CONTEXTS = {"S0": (31, 51, 52), "S1": (32, 41, 42), "S2": (18,), "S3": (2, 21, 23), "S4": (8, 63, 65)}
ABSENT = ["S1.29", "S1.38"]

MECHANISM: dict[str, Any] = {
    "id": "S0.1", "kind": "mechanism", "says": "Members say less where they fear for money.",
    "carried_by": [{"rule": "meet", "parameters": ["fear"], "how": "fear lowers what is said"}],
}  # fmt: skip
OUTCOME: dict[str, Any] = {
    "id": "S0.2", "kind": "outcome", "says": "It brings more than it costs.", "experiment": "S0.2",
}  # fmt: skip
CONTEXT: dict[str, Any] = {
    "id": "S0.3", "kind": "context", "says": "Most people had not heard of it.", "where": "Nowhere in particular.",
}  # fmt: skip


def listed(*claims: dict[str, Any]) -> dict[str, Any]:
    papers = [{"id": "S0", "title": "An example"}]
    return {"cisim_claims": 1, "title": "Example", "documents": papers, "claims": list(claims)}


def ids_of(numbers: dict[str, tuple[int, ...]]) -> list[str]:
    return [f"{document}.{k}" for document, listed in numbers.items() for k in listed]


def test_all_204_statements_are_there_in_order():
    ids = [f"{document}.{k}" for document, n in STATEMENTS.items() for k in range(1, n + 1)]
    assert len(ids) == 204
    assert [claim.id for claim in register().claims] == ids


def test_each_statement_has_the_kind_it_was_given():
    assert [claim.id for claim in register().of("outcome")] == ids_of(OUTCOMES)
    assert [claim.id for claim in register().of("context")] == ids_of(CONTEXTS)
    assert [len(register().of(kind)) for kind in get_args(Kind)] == [156, 35, 13]


def test_each_statement_says_something_of_its_own():
    claims = register().claims
    assert min(len(claim.says) for claim in claims) >= 20
    folded = [" ".join(claim.says.lower().split()) for claim in claims]
    assert len(set(folded)) == 204


def test_every_statement_belongs_to_one_of_five_documents():
    documents = register().documents
    assert [paper.id for paper in documents] == list(STATEMENTS)
    assert {claim.document for claim in register().claims} == set(STATEMENTS)
    assert all(len(paper.title) > 20 for paper in documents)


def test_an_outcome_names_the_experiment_that_tests_it():
    assert all(claim.experiment == claim.id for claim in register().of("outcome"))


def test_what_has_no_mechanism_is_named_and_rare():
    mechanisms = register().of("mechanism")
    assert [claim.id for claim in mechanisms if claim.extent == "absent"] == ABSENT
    stand_ins = [claim for claim in mechanisms if claim.extent == "stand-in"]
    assert len(stand_ins) <= len(mechanisms) / 3
    assert len({claim.missing for claim in stand_ins}) == len(stand_ins)
    assert all(bool(claim.missing) == (claim.extent != "full") for claim in mechanisms)


def test_mechanisms_point_to_every_rule_that_lets_organisations_act():
    used = {carrier.rule for claim in register().claims for carrier in claim.carried_by} - {""}
    assert set(RULES) - used == {"turnover", "record"}  # chance closings, and what only writes down
    assert set(RULES) - set(STEP) == {"found"}


def test_a_statement_is_found_by_its_id():
    assert register().claim("S4.60").kind == "outcome"
    with pytest.raises(KeyError, match="not the id of a statement"):
        register().claim("S9.1")


def test_one_of_each_kind_reads():
    found = register_from(listed(MECHANISM, OUTCOME, CONTEXT)).claims
    assert [claim.kind for claim in found] == ["mechanism", "outcome", "context"]
    assert found[0].carried_by[0].parameters == ("fear",)


def carried(**changes: Any) -> dict[str, Any]:
    (one,) = MECHANISM["carried_by"]
    stated = {key: value for key, value in {**one, **changes}.items() if value is not None}
    return {**MECHANISM, "carried_by": [stated]}


@pytest.mark.parametrize(
    ("claim", "field", "words"),
    [
        ({**MECHANISM, "kind": "belief"}, "claims[0].kind", "one of mechanism, outcome, context"),
        ({**MECHANISM, "weight": 2}, "claims[0].weight", "no such name"),
        ({**MECHANISM, "id": "A1"}, "claims[0].id", "such as S0.35"),
        ({**MECHANISM, "id": "S5.1"}, "claims[0].id", "no such document"),
        ({**MECHANISM, "says": "Too short."}, "claims[0].says", "20 to 400 characters"),
        ({**MECHANISM, "experiment": "S0.1"}, "claims[0].experiment", "not for a statement of kind mechanism"),
        ({**OUTCOME, "carried_by": []}, "claims[0].carried_by", "not for a statement of kind outcome"),
        ({"id": "S0.2", "kind": "outcome", "says": OUTCOME["says"]}, "claims[0].experiment", "missing"),
        ({"id": "S0.3", "kind": "context", "says": CONTEXT["says"]}, "claims[0].where", "missing"),
        ({"id": "S0.1", "kind": "mechanism", "says": MECHANISM["says"]}, "claims[0].carried_by", "missing"),
        ({**MECHANISM, "extent": "half"}, "claims[0].extent", "full, stand-in, absent"),
        ({**MECHANISM, "extent": "stand-in"}, "claims[0].missing", "stand-in needs it"),
        ({**MECHANISM, "missing": "Something is missing here."}, "claims[0].missing", "is for a stand-in"),
        (
            {**MECHANISM, "extent": "absent", "missing": "There is no such rule."},
            "claims[0].carried_by",
            "not for an absent mechanism",
        ),
        ({**MECHANISM, "carried_by": []}, "claims[0].carried_by", "a list of 1 to"),
        (carried(rule="meeet"), "claims[0].carried_by[0].rule", "did you mean 'meet'"),
        (carried(parameters=["faer"]), "claims[0].carried_by[0].parameters[0]", "did you mean 'fear'"),
        (carried(parameters=["fear", "fear"]), "claims[0].carried_by[0].parameters[1]", "named twice"),
        (carried(parameters=None), "claims[0].carried_by[0]", "a rule alone"),
        (carried(rule=None, parameters=None), "claims[0].carried_by[0]", "either a rule or a regime"),
        (carried(rule=None, parameters=None, regime="solo"), "claims[0].carried_by[0].regime", "isolated"),
        (carried(regime="isolated"), "claims[0].carried_by[0]", "either a rule or a regime"),
        (carried(rule=None, regime="isolated"), "claims[0].carried_by[0]", "a regime stands alone"),
        (carried(scenario="links"), "claims[0].carried_by[0]", "both or none"),
        (carried(scenario="facts", of="wetland"), "claims[0].carried_by[0].scenario", "links, groups"),
        (carried(scenario="links", of="atlantis"), "claims[0].carried_by[0].of", "infant-mortality"),
        (carried(how="so"), "claims[0].carried_by[0].how", "20 to 400 characters"),
    ],
)  # fmt: skip
def test_every_mistake_names_field_and_what_is_allowed(claim, field, words):
    with pytest.raises(ScenarioError) as error:
        register_from(listed(claim))
    assert any(one.field == field and words in one.message for one in error.value.problems), str(error.value)


def test_ids_and_sentences_occur_once():
    with pytest.raises(ScenarioError, match=r"'S0\.1' is named twice"):
        register_from(listed(MECHANISM, {**MECHANISM, "says": "Another sentence of some length."}))
    with pytest.raises(ScenarioError, match="is named twice"):
        register_from(listed(MECHANISM, {**MECHANISM, "id": "S0.2"}))


FILE = """\
cisim_claims: 1
title: Example
documents: [{id: S0, title: An example}]
claims:
- id: S0.1
  kind: mechanism
  says: Members say less where they fear for money.
  carried_by:
    - {rule: meat, parameters: [fear], how: fear lowers what is said}
    - {rule: meet, parameters: [fear, faer], how: fear lowers what is said}
    - {regime: alone, how: everybody works for themselves}
- id: S0.2
  kind: rumour
  says: Somebody said that it works.
- id: S0.3
  kind: context
  says: Most people had not heard of it.
  where: Nowhere in particular.
  colour: blue
"""


def test_mistakes_in_a_file_carry_line_and_column(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(FILE)
    with pytest.raises(ScenarioError) as error:
        read_register(path)
    found = {(one.place.line, one.place.column, one.field) for one in error.value.problems}
    assert found == {
        (9, 14, "claims[0].carried_by[0].rule"),
        (10, 39, "claims[0].carried_by[1].parameters[1]"),
        (11, 16, "claims[0].carried_by[2].regime"),
        (13, 9, "claims[1].kind"),
        (19, 3, "claims[2].colour"),
    }
    assert str(error.value).startswith(f"{path}:9:14: claims[0].carried_by[0].rule: 'meat' is not allowed")


def test_an_id_stated_twice_in_a_file_is_told_where(tmp_path):
    path = tmp_path / "claims.yaml"
    head = "cisim_claims: 1\ntitle: Example\ndocuments: [{id: S0, title: An example}]\nclaims:\n"
    one = "- {{id: S0.1, kind: context, says: {}, where: Nowhere in particular.}}\n"
    path.write_text(
        head + one.format("Most people had not heard of it.") + one.format("A few people had heard of it.")
    )
    with pytest.raises(ScenarioError, match=r"'S0\.1' is named twice") as error:
        read_register(path)
    assert error.value.line == 6
