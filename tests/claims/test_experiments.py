"""The experiments as they ship, and what a file with mistakes is told."""

from __future__ import annotations

import copy

import pytest

from cisim.claims.asked import Statement, Term
from cisim.claims.audit import specs_of
from cisim.claims.experiments import SHIPPED, experiments, experiments_from, read_experiments
from cisim.claims.register import register
from cisim.problems import ScenarioError
from cisim.study.records import GAIN

TENSIONS = [f"H{k}" for k in range(1, 10)]


def test_every_claim_about_outcomes_and_every_tension_has_an_experiment():
    wanted = [claim.experiment for claim in register().of("outcome")]
    assert [one.name for one in experiments().experiments if not one.sides] == wanted
    assert [one.name for one in experiments().experiments if one.sides] == TENSIONS


def test_all_statements_fit_their_studies():
    specs = specs_of(experiments())
    assert set(specs) == set(experiments().studies)
    for spec in specs.values():
        assert spec.analysis == "sweep"
        assert spec.reference is None
        assert spec.posterior is not None


def test_studies_share_no_draws():
    specs = list(specs_of(experiments()).values())
    assert len({spec.seed for spec in specs}) == len(specs)


def test_nothing_in_the_file_says_what_was_found():
    words = {"holds", "reverses", "verdict", "effect", "result", "answer"}
    text = SHIPPED.read_text("utf-8")
    keys = {line.strip(" -{").split(":")[0] for line in text.splitlines() if ":" in line}
    assert not keys & words


def test_what_is_said_to_be_none_has_a_margin():
    known = experiments()
    for one in known.experiments:
        for s in one.statements:
            if s.says == "none":
                assert s.within is not None or s.terms[0].outcome in known.margins, one.name


def test_both_sides_of_a_tension_can_win():
    """Each side is spoken for by a statement that can hold, or by one that can reverse."""
    for one in experiments().experiments:
        for s in one.statements:
            assert s.side in one.sides if one.sides else s.side == ""
            assert not (one.sides and s.says == "none"), "none has no opposite side"


def test_the_level_of_a_share_is_one_that_a_share_can_exceed():
    for one in experiments().experiments:
        for s in one.statements:
            if s.statistic == "share_above":
                assert 0.0 <= s.than < 1.0, one.name


# ---- contrasts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "is_contrast"),
    [
        (Statement("more", "s", (Term("a", "b"),)), True),
        (Statement("more", "s", (Term("a"),)), False),
        (Statement("more", "s", (Term("a"), Term("b", weight=-1.0))), True),
        (Statement("more", "s", (Term("a", "b"), Term("c", "b", -0.5))), True),
        (Statement("more", "s", (Term("a", outcome="trust"), Term("b", weight=-1.0, outcome="fear"))), False),
        (Statement("more", "s", (Term("a", outcome="trust", month=5), Term("a", "", -1.0, "trust", 4))), False),
        (Statement("more", "s", (Term("a", "b"),), statistic="share_above", value=1.0), False),
        (Statement("more", "s", (Term("a", "b"), Term("c", "b", -1.0)), statistic="share_above"), True),
        (Statement("more", "s", (Term("a"), Term("b", weight=-1.0)), statistic="log_sd"), True),
    ],
)  # fmt: skip
def test_a_contrast_is_nought_where_all_cases_are_alike(statement, is_contrast):
    assert statement.is_contrast is is_contrast


def test_an_effect_is_told_in_words():
    assert Statement("more", "s", (Term("a", "b"),)).words == "a − b: gain"
    assert Statement("more", "s", (Term("a", outcome="trust", month=3),)).words == "a: trust in month 3"
    two = Statement("more", "s", (Term("a", "c"), Term("b", "c", -0.5)))
    assert two.words == "(a − c) − 0.5 × (b − c): gain"


# ---- mistakes -----------------------------------------------------------------------------------------------

GOOD = {
    "cisim_experiments": 1,
    "title": "Example",
    "margins": {"gain": 0.01},
    "experiments": [
        {
            "name": "S0.22",
            "question": "Does it help at all?",
            "statements": [{"says": "more", "study": "regimes", "case": "collective", "against": "isolated"}],
        },
        {
            "name": "H1",
            "question": "One way or the other?",
            "sides": ["one way", "the other"],
            "statements": [{"says": "less", "study": "regimes", "case": "collective", "side": "one way"}],
        },
    ],
}


def told(change) -> str:
    data = copy.deepcopy(GOOD)
    change(data)
    with pytest.raises(ScenarioError) as caught:
        experiments_from(data)
    return str(caught.value)


def test_the_example_is_right():
    found = experiments_from(GOOD)
    assert found.n_statements == 2
    assert found.experiment("S0.22").statements[0].terms[0].outcome == GAIN
    with pytest.raises(KeyError, match="H2"):
        found.experiment("H2")


def statement(data):
    return data["experiments"][0]["statements"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(cisim_experiments=2), "cisim_experiments: 2 is not allowed; 1 (the version"),
        (lambda d: d.pop("title"), "title missing here"),
        (lambda d: d["margins"].update(gain=0), "margins.gain: 0 is not allowed; a number above 0"),
        (lambda d: d["margins"].update(joy=1), "margins.joy: no such name"),
        (lambda d: d["experiments"].append(d["experiments"][0]), "'S0.22' is named twice"),
        (
            lambda d: d["experiments"][0].update(combine="most"),
            "combine: 'most' is not allowed; one of all, any",
        ),
        (lambda d: d["experiments"][0].update(answer="yes"), "answer: no such name"),
        (lambda d: d["experiments"][1].update(combine="all"), "combine: is not for a tension"),
        (lambda d: d["experiments"][1].update(sides=["one way"]), "1 item; a list of 2 to 2"),
        (
            lambda d: d["experiments"][1]["statements"][0].pop("side"),
            "side: is missing; one of one way, the other",
        ),
        (lambda d: d["experiments"][1]["statements"][0].update(side="both"), "side: 'both' is not allowed"),
        (lambda d: statement(d).update(side="one way"), "side: is for a tension"),
        (
            lambda d: statement(d).update(says="better"),
            "says: 'better' is not allowed; one of more, less, none",
        ),
        (lambda d: statement(d).pop("case"), "case: is missing; a case, or several terms"),
        (lambda d: statement(d).update(outcome="joy"), "outcome: 'joy' is not allowed"),
        (lambda d: statement(d).update(outcome="exit", month=3), "(monthly column)"),
        (lambda d: statement(d).update(outcome="usd_total", month=3), "(monthly column)"),
        (lambda d: statement(d).update(month=-1), "month: -1 is not allowed; a whole number, 0 to 599"),
        (lambda d: statement(d).update(within=0), "within: 0 is not allowed; a number above 0"),
        (lambda d: statement(d).update(than="much"), "than: 'much' is not allowed; a number"),
        (lambda d: statement(d).update(says="none", than=1), "than: is not for a statement that says none"),
        (lambda d: statement(d).update(value=1), "value: is for share_above only"),
        (lambda d: statement(d).update(statistic="share_above"), "value: is missing; share_above needs it"),
        (lambda d: statement(d).update(statistic="median"), "statistic: 'median' is not allowed"),
        (lambda d: statement(d).update(where="joy"), "where: 'joy' is not allowed"),
        (lambda d: statement(d).update(terms=[{"case": "a"}]), "case: does not go with terms"),
        (lambda d: statement(d).update(verdict="holds"), "verdict: no such name"),
    ],
)
def test_a_mistake_is_named_with_field_value_and_what_is_allowed(change, message):
    assert message in told(change)


def test_all_mistakes_are_told_at_once_with_their_places(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "cisim_experiments: 1\n"
        "title: Wrong\n"
        "experiments:\n"
        "  - name: S0.22\n"
        "    question: Does it?\n"
        "    statements:\n"
        "      - {says: maybe, study: regimes, case: a}\n"
        "      - {says: more, study: regimes, case: a, month: 7000}\n",
        "utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        read_experiments(path)
    assert [(one.place.line, one.place.column) for one in caught.value.problems] == [(7, 16), (8, 54)]
    assert "wrong.yaml:7:16" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"study": "regime"}, "'regime' is not a study of experiments/claims; there are conditions, "),
        ({"case": "nobody"}, "'nobody' is not a case of regimes; there are isolated, "),
        ({"month": 120}, "120 is not before the end of regimes, which runs 120 months"),
        ({"outcome": "fear", "month": 3}, "'fear' is not allowed"),
        ({"outcome": "disclosure", "month": 3}, "regimes does not keep the monthly column 'disclosure'"),
    ],
)
def test_what_a_study_does_not_have_is_named_before_anything_runs(change, message):
    data = copy.deepcopy(GOOD)
    statement(data).update(change)
    with pytest.raises(ScenarioError) as caught:
        specs_of(experiments_from(data))
    assert message in str(caught.value)
