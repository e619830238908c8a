"""What lessons are made of: predictions, their score, the class's answers, figures with words, sliders, roles."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from cisim import lesson
from cisim.lesson import sliders as sliders_of_package
from cisim.params import PARAMS
from cisim.scenario import Scenario, load

BETTER = lesson.predict("better", "Which ends better?", choices=("isolated", "collective"))
GAIN = lesson.predict("gain", "How many deaths fewer?", unit="deaths")


def number(answer: float | None = 1.0, **rest: Any) -> lesson.Prediction:
    return lesson.predict("gain", "How many deaths fewer?", unit="deaths", answer=answer, **rest)


# ---- predictions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "Better!"}, "name: 'Better!'"),
        ({"name": 5}, "name: 5 is not allowed; a text"),
        ({"question": None}, "question: None is not allowed; a text"),
        ({"unit": 5}, "unit: 5 is not allowed; a text"),
        ({"choices": ("one",)}, "choices: "),
        ({"choices": 5}, "choices: 5 is not allowed; a list of at least two"),
        ({"choices": (1, 2)}, "choices: (1, 2) is not allowed"),
        ({"choices": "yes"}, "choices: 'yes'"),
        ({"choices": ("yes", "yes")}, "at least two different answers"),
        ({"choices": ("yes", "no"), "answer": "maybe"}, "'yes', 'no'"),
        ({"choices": ("yes", "no"), "answer": "no", "within": 1.0}, "within: goes with a number"),
        ({"answer": "many"}, "answer: 'many' is not allowed; a number"),
        ({"answer": math.nan}, "answer: nan"),
        ({"answer": True}, "answer: True"),
        ({"answer": 10**400}, "answer: a number beyond 1e308 is not allowed; a number"),
        ({"answer": 1.0, "sure": 70}, "sure: 70 is not allowed; a share"),
        ({"answer": 1.0, "within": -1}, "within: -1"),
        ({"group": 5}, "group: 5 is not allowed; a text"),
        ({"group": "x" * 41}, "group: "),
        ({"group": "two\nlines"}, "group: "),
    ],
)
def test_a_prediction_that_makes_no_sense_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        lesson.predict(**{"name": "gain", "question": "How many?", **given})
    assert told in str(caught.value)


def test_comparing_names_distance_verdict_and_score() -> None:
    asked = [
        lesson.predict("better", "?", choices=("a", "b"), answer="a", sure=0.9),
        number(within=0.5, sure=0.6),
    ]
    table = lesson.compare(asked, {"better": "b", "gain": 1.4})
    assert table["right"].tolist() == ["no", "yes"]
    assert table["off by"].tolist()[1] == pytest.approx(0.4)
    assert table["score"].tolist() == pytest.approx([0.81, 0.16])
    assert lesson.score(asked, {"better": "b", "gain": 1.4}) == pytest.approx(0.485)


def test_what_nobody_predicted_is_shown_and_not_scored() -> None:
    table = lesson.compare([GAIN], {"gain": 0.8})
    assert table.loc[0, "you expected"] == "(no prediction)"
    assert table.loc[0, "the model says"] == "0.8 deaths"
    assert math.isnan(lesson.score([GAIN], {"gain": 0.8}))


def test_a_margin_holds_its_ends_and_without_one_nothing_is_right() -> None:
    assert number(within=0.5).is_right(1.5)
    assert not number(within=0.5).is_right(1.51)
    assert number().is_right(1.0) is None


def test_every_question_needs_its_result() -> None:
    with pytest.raises(ValueError, match="better, gain stands on one side"):
        lesson.compare([GAIN], {"better": "collective"})
    with pytest.raises(ValueError, match="results: better: 'maybe' is not allowed"):
        lesson.compare([BETTER], {"better": "maybe"})


# ---- pooling -----------------------------------------------------------------------------------------------


def test_a_line_comes_back_as_it_went(tmp_path: Path) -> None:
    one = number(2.25, within=0.1, sure=0.7, group='Room 3, "left"')
    [back] = lesson.pool(one.line(), GAIN, 2.0).entries
    assert back == one
    path = one.save(tmp_path)
    assert path.name == "gain-room-3-left.csv"
    assert lesson.pool(tmp_path, GAIN, 2.0).entries == lesson.pool(path, GAIN, 2.0).entries == (one,)


def test_a_line_needs_an_answer_and_a_group(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="answer: None is not allowed"):
        GAIN.line()
    with pytest.raises(ValueError, match="a name for your group"):
        number().line()
    with pytest.raises(FileNotFoundError, match="does not exist"):
        number(group="red").save(tmp_path / "nowhere")


def test_a_group_replaces_its_own_file_and_no_other(tmp_path: Path) -> None:
    path = number(group="A B").save(tmp_path)
    with pytest.raises(FileExistsError, match=r"group: 'a-b' is not allowed here; gain-a-b.csv holds"):
        number(2.0, group="a-b").save(tmp_path)
    assert path.read_text("utf-8") == "gain,A B,1.0,,\n"
    assert number(3.0, group="a  b").save(tmp_path) == path
    assert path.read_text("utf-8") == "gain,a  b,3.0,,\n"


@pytest.mark.parametrize("held", [b"\xff\xfe\x00", b"my notes", b"gain,a b,1,,\ngain,c,1,,"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "gain-a-b.csv").write_bytes(held)
    with pytest.raises(FileExistsError, match=r"gain-a-b\.csv"):
        number(group="a b").save(tmp_path)
    assert (tmp_path / "gain-a-b.csv").read_bytes() == held


def test_a_group_of_symbols_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="group: '!!!' is not allowed; a name with at least one letter"):
        number(group="!!!").save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_pooled_choices_are_counted() -> None:
    lines = """
    # the board of Tuesday
    better, red, collective,, 0.9
    better, blue, isolated,, 0.6
    better, green, collective,,
    gain, red, 1, 0.5, 0.5
    better, blue, isolated,, 0.6
    """
    pooled = lesson.pool(lines, BETTER, "isolated")
    assert pooled.counts() == {"isolated": 1, "collective": 2}
    assert pooled.table()["right"].tolist() == [True, False, False]
    assert "3 groups: isolated 1, collective 2. The model: isolated. Right: 1 of 3." in repr(pooled)


def test_pooled_numbers_stand_beside_the_worlds() -> None:
    pooled = lesson.pool("gain,red,1,0.5,\ngain,blue,3,,", GAIN, [0.5, 1.0, 1.5])
    assert pooled.result == 1.0
    assert pooled.describe().endswith(
        "9 of 10 worlds from 0.55 to 1.45. Right within their own margin: 1 of 1."
    )
    above, below = pooled.figure().axes
    assert [label.get_text() for label in above.get_yticklabels()] == ["blue", "red"]
    assert sum(bar.get_height() for bar in below.patches) == 3  # type: ignore[attr-defined]


def test_a_class_that_has_not_answered_sees_the_model_alone() -> None:
    assert "No group yet. The model: collective." in repr(lesson.pool("", BETTER, "collective"))
    assert "alt=" in lesson.pool("", GAIN, 1.0)._repr_html_()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("better,red,,,1", "line 1: 'better,red,,,1' holds no answer"),
        ("'better',red,collective,,", "begins with no name of a question"),
        ("x" * 200_000 + ",red,collective,,", "line 1: '...' cannot be read (field larger than field limit"),
        (
            "better,red,collective,,\nbetter,Red,isolated,,",
            "line 2: group 'Red' has said 'collective' before",
        ),
        ("\nbetter,red,collective", "line 2: 'better,red,collective' is not allowed; five fields"),
        ("better,,collective,,", "names no group"),
        ("better,red,Collective,,", "line 1: answer: 'Collective' is not allowed; 'isolated', 'collective'"),
        ("better,red,collective,,much", "line 1: 'much' is no number"),
        (
            "better,red,collective,,\nbetter,red,isolated,,",
            "line 2: group 'red' has said 'collective' before",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named(lines: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        lesson.pool(lines, BETTER, "collective")
    assert told in str(caught.value)


def test_a_byte_order_mark_hides_no_line(tmp_path: Path) -> None:
    path = tmp_path / "board.CSV"
    path.write_text("gain,red,1,,\ngain,blue,2,,\n", "utf-8-sig")
    for lines in (path, tmp_path, path.read_text("utf-8")):
        assert lesson.pool(lines, GAIN, 1.0).numbers() == [2.0, 1.0]


def test_a_name_in_capital_letters_counts_and_another_is_reported() -> None:
    pooled = lesson.pool("Gain ,red,1,,\nGAIN,Red,1,,\ngian,blue,2,,\nbetter,red,isolated,,", GAIN, 1.0)
    assert pooled.numbers() == [1.0]
    assert pooled.others == ("gian", "better")
    assert pooled.describe().endswith(" 2 lines were about other questions: better, gian.")


@pytest.mark.parametrize("held", ["gain,rød,1,,".encode("latin-1"), "gain,red,1,,".encode("utf-16"), b"\0\1"])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "board.csv").write_bytes(held)
    with pytest.raises(ValueError, match=r"lines: board\.csv is not allowed; text in UTF-8"):
        lesson.pool(tmp_path, GAIN, 1.0)


def test_a_folder_within_the_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "old.csv").mkdir()
    one = number(group="red")
    one.save(tmp_path)
    assert lesson.pool(tmp_path, GAIN, 1.0).entries == (one,)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ([[1, 2], [3, 4]], "result: [[1, 2], [3, 4]] is not allowed; an answer, a number, or a list"),
        ([[1], [2, 3]], "result: [[1], [2, 3]] is not allowed"),
        ([], "result: [] is not allowed"),
        (["many"], "result: ['many'] is not allowed"),
        ([1.0, math.inf], "result: inf of world 1 (from 0)"),
        (math.nan, "result: nan is not allowed; a number of deaths"),
        (None, "result: None is not allowed"),
        (10**400, "result: a number beyond 1e308"),
    ],
)
def test_a_result_that_is_no_answer_is_named(result: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        lesson.pool("gain,red,1,,", GAIN, result)
    assert told in str(caught.value)


def test_lines_are_text_or_a_path() -> None:
    with pytest.raises(ValueError, match="lines: 5 is not allowed; text"):
        lesson.pool(5, GAIN, 1.0)  # type: ignore[arg-type]


def test_a_dollar_sign_is_drawn_as_it_is() -> None:
    odd = "$x_{$"
    gain = lesson.predict("gain", odd, unit=odd)
    assert "<img" in lesson.pool(f"gain,{odd},1,,", gain, [1.0, 2.0])._repr_html_()
    better = lesson.predict("better", odd, choices=(odd, "other"))
    pooled = lesson.pool(f"better,red,{odd},,", better, odd)
    assert "<img" in pooled._repr_html_()
    assert [one.get_text() for one in pooled.figure().axes[0].get_yticklabels()] == [odd, "other"]


def test_what_stands_in_a_line_is_never_taken_for_html() -> None:
    page = lesson.pool('gain,"<script>alert(1)</script>",1,,', GAIN, 1.0)._repr_html_()
    assert "<script>" not in page
    shown = lesson.show(lesson.pool("", GAIN, 1.0).figure(), 'less < than "more"')
    assert 'alt="less &lt; than &quot;more&quot;"' in shown._repr_html_()


def test_a_figure_needs_words_and_appears_once() -> None:
    from matplotlib import pyplot as plt

    figure = plt.figure()
    with pytest.raises(ValueError, match="what the figure shows"):
        lesson.show(figure, " ")
    lesson.show(figure, "Nothing.")
    assert plt.get_fignums() == []


# ---- sliders -----------------------------------------------------------------------------------------------


@pytest.fixture
def asked() -> list[Scenario]:
    return []


@pytest.fixture
def moved(asked: list[Scenario]) -> lesson.Sliders:
    def show(scenario: Scenario) -> int:
        asked.append(scenario)
        return int(scenario.values["n_orgs"])

    start = load("null-separable").with_(n_orgs=8)
    return lesson.sliders(show, start, n_orgs=(4, 12, 1), turf=(0.0, 1.0, 0.1))


def test_sliders_run_what_is_asked_and_nothing_twice(moved: lesson.Sliders, asked: list[Scenario]) -> None:
    assert moved.shown == 8
    assert moved.set(n_orgs=10, turf=0.2) == 10
    assert moved.set(n_orgs=10) == 10
    assert [(one.values["n_orgs"], one.values["turf"]) for one in asked] == [(8, 0.5), (10, 0.2)]


def test_widgets_are_made_of_the_table_of_parameters(moved: lesson.Sliders) -> None:
    pytest.importorskip("ipywidgets")
    moved._make_controls()
    control = moved.controls["n_orgs"]
    assert (control.min, control.max, control.value) == (4, 12, 8)
    assert control.description == f"n_orgs ({PARAMS['n_orgs'].unit})"
    control.value = 6
    assert moved.shown == 6
    assert moved.set(n_orgs=7) == 7
    assert control.value == 7


@pytest.mark.parametrize(
    "given", [{"n_orgs": 13}, {"n_orgs": None}, {"n_orgs": 10**400}, {"n_orgs": "many"}, {"months": 12}]
)
def test_a_slider_stays_in_its_range(moved: lesson.Sliders, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is not allowed; 4 to 12|is no slider; n_orgs, turf"):
        moved.set(**given)
    assert moved.shown == 8


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ({}, "ranges: none"),
        ({"n_org": (1, 2, 1)}, "did you mean 'n_orgs'"),
        ({"formation": (0, 1, 1)}, "is chosen among"),
        ({"n_orgs": (4, 12)}, "(low, high, step)"),
        ({"n_orgs": (20, 100, 10)}, "where the scenario stands"),
        ({"n_orgs": (2, 12, 0.5)}, "whole numbers"),
        ({"turf": (-1.0, 1.0, 0.1)}, "a range of 0 to 1"),
    ],
)
def test_a_range_that_is_not_allowed_is_refused_before_anything_runs(ranges: Any, told: str) -> None:
    def show(scenario: Scenario) -> None:
        pytest.fail("it ran")

    with pytest.raises(ValueError, match=r".") as caught:
        lesson.sliders(show, load("null-separable").with_(n_orgs=8), **ranges)
    assert told in str(caught.value)


def test_without_widgets_the_notebook_says_what_to_type(
    moved: lesson.Sliders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setattr(sys.modules[sliders_of_package.__module__], "find_spec", lambda name: None)
    moved._display()
    assert "ipywidgets is not installed. Use .set(n_orgs=...)" in capsys.readouterr().out
    assert moved.controls == {}


# ---- role cards --------------------------------------------------------------------------------------------


def test_what_a_role_may_decide_exists_in_the_model() -> None:
    cards = lesson.roles()
    assert len({one.key for one in cards}) == len(cards) == 6
    for one in cards:
        assert one.levers
        assert all(name in PARAMS and (PARAMS[name].is_lever) for name in one.levers), one.key


def test_the_sheet_holds_every_card_whole() -> None:
    page, text = lesson.role_sheet("html"), lesson.role_sheet()
    for one in lesson.roles():
        for part in (one.title, one.wants, one.knows, one.decides, one.dilemma):
            assert part in text
        assert f"<h2>{one.title}</h2>" in page
    with pytest.raises(ValueError, match="form: 'pdf'"):
        lesson.role_sheet("pdf")
