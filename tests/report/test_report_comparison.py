"""Reports on comparisons say what the worlds say: better, worse, undecided, the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cisim.comparison import Comparison, compare
from cisim.outcomes import COLUMNS
from cisim.report import report_of
from cisim.report.effects import verdict
from cisim.result import OUTCOMES, summarise
from cisim.scenario import load
from report.reading import check, words

LEVEL = COLUMNS.index("indicator")


@pytest.fixture(scope="module")
def town() -> Any:
    return load("generic-adaptive").with_(n_orgs=6, months=24, practice_bits=6)


@pytest.fixture(scope="module")
def cmp(town: Any) -> Comparison:
    return compare(town, ["isolated", "collective"], worlds=6, seed=5)


def shifted(cmp: Comparison, by: np.ndarray[Any, Any]) -> Comparison:
    """The reference beside itself with the indicator moved by so much in each world, from the second year on."""
    found = replace(cmp, values=cmp.values.copy(), months=cmp.months.copy(), groups=cmp.groups.copy())
    found.months[1], found.groups[1] = found.months[0], found.groups[0]
    found.months[1, :, 12:, LEVEL] += by[:, None]
    found.groups[1, :, 12:] += by[:, None, None]
    for w in range(found.worlds):
        told = summarise(found.months[1, w], found.groups[1, w], found.scenario)
        found.values[1, w] = [told[name] for name in OUTCOMES]
    return found


BETTER = np.array([-3.0, -2.0, -2.5, -3.5, -1.5, -2.5])


MIXED = np.array([-1.0, 1.0, -2.0, 2.0, -3.0, 3.0])
TOLD = {
    "better": "In 6 of 6 paired worlds problem rate ends lower under collective impact than under isolated impact; on "
    "average 2.50 per cent of residents lower (95 % interval of the mean 1.76 to 3.24)",
    "worse": "On average collective impact does harm: problem rate ends 2.50 per cent of residents higher than under "
    "isolated impact (95 % interval of the mean 1.76 to 3.24). In 0 of 6 paired worlds",
    "undecided": "It cannot be told whether collective impact does better than isolated impact: the mean gain is 0.0 "
    "per cent of residents, and its 95 % interval, −2.5 to 2.5, holds nought",
    "same": "It makes no difference: collective impact and isolated impact go the same way, to the last bit, in all 6 "
    "paired worlds.",
}


@pytest.mark.parametrize(
    ("kind", "by"), [("better", BETTER), ("worse", -BETTER), ("undecided", MIXED), ("same", np.zeros(6))]
)
def test_the_answer_is_what_the_worlds_say(cmp: Comparison, kind: str, by: Any) -> None:
    moved = shifted(cmp, by)
    assert verdict(moved, 1) == kind
    told = words(" ".join(report_of(moved).answer))
    assert TOLD[kind] in told
    assert "differ in luck only" in told


def test_who_gains_and_who_loses_is_told_group_by_group(cmp: Comparison) -> None:
    moved = shifted(cmp, BETTER)
    n_groups = moved.groups.shape[3]
    assert n_groups >= 2
    moved.groups[1, :, :, 0] = moved.groups[0, :, :, 0] - BETTER[:, None]
    names = [group.name for group in moved.scenario.groups]
    section = next(one for one in report_of(moved).sections if one.heading.startswith("Who gains"))
    text = words(section.blocks[0].text)  # type: ignore[union-attr]
    assert f"lose: {names[0]}" in text
    assert f"gain: {names[1]}" in text
    assert "no group loses" not in text


def test_numbers_are_those_of_the_comparison(cmp: Comparison) -> None:
    found = report_of(cmp)
    effects = cmp.effects().iloc[0]
    answer = words(" ".join(found.answer))
    assert (
        f"in {round(effects.share_breaks_even * 6)} of 6 worlds" in answer or "in none of 6 worlds" in answer
    )
    naive = f"{effects.naive_change:+.1%}".replace("-", "−").replace("%", " %")
    assert f"would have claimed a change of {naive}" in answer
    page = check(found.html())
    text = words(page.all("body")[0].text)
    assert cmp.scenarios["collective"].digest in text
    assert str(cmp.seeds[0]) in text
    assert "made in memory" in text
    assert len(page.all("img")) == 6


def test_added_money_has_a_price(town: Any) -> None:
    found = compare(town, ["isolated", "collective"], worlds=4, seed=2, budget="added")
    told = words(" ".join(report_of(found).answer))
    assert "of new money are spent in all" in told
    assert "with new money for coordination?" in report_of(found).question


def test_several_regimes_are_counted_and_none_is_crowned(town: Any) -> None:
    found = report_of(compare(town, ["isolated", "name-only", "network", "collective"], worlds=3, seed=2))
    assert found.answer[0].startswith("Of 3 ways of working, set beside isolated impact")
    assert "The best of several looks better than it is." in found.answer[0]
    check(found.html())


def test_labelled_scenarios_and_a_title_of_ones_own(town: Any) -> None:
    cases = {"now": town, "<b>plan</b>": town.with_(regime="collective")}
    found = report_of(compare(cases, worlds=2, seed=2), title="<i>Board</i>")
    html = found.html()
    check(html)
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;i&gt;Board" in html


def test_every_parameter_stands_in_the_report_once(cmp: Comparison) -> None:
    from cisim.params import PARAMS

    page = check(report_of(cmp).html())
    rows = [one.text for one in page.all("th") if one.attributes["scope"] == "row"]
    grades = [one.text for one in page.all("td") if one.text in ("measured", "derived", "assumed")]
    assert {name for name in PARAMS if name not in rows} == set()
    assert len(grades) == len(PARAMS)


def test_a_saved_comparison_gives_the_report_of_the_one_in_memory(cmp: Comparison, tmp_path: Path) -> None:
    folder = cmp.save(tmp_path / "result", figures=False)
    again, memory = report_of(folder), report_of(cmp)
    assert again.answer == memory.answer
    assert again.sections == memory.sections
    assert again.html() == report_of(str(folder)).html()
    assert "made in memory" not in again.html()


def test_only_some_outcomes_saved_are_enough(town: Any, tmp_path: Path) -> None:
    found = compare(town, ["isolated", "collective"], worlds=2, seed=3, outcomes=["trust"])
    folder = found.save(tmp_path / "result", figures=False)
    assert report_of(folder).answer == report_of(found).answer


def test_hostile_scenarios_are_inert(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    (tmp_path / "bad.yaml").write_text(
        f"cisim: 1\ntitle: '{bad}'\ndescription: '{bad}'\nextends: generic-adaptive\n"
        f"indicator: {{name: '{bad}', unit: '{bad}', baseline: 30, best: 10, population: 1000, per: 100}}\n"
        f"groups: [{{name: '{bad}', size: 2}}, {{name: other, size: 1}}]\nfacts: [{{text: '{bad}', source: '{bad}'}}]\n"
        "params: {n_orgs: 6, months: 12}\n"
    )
    found = compare(load(tmp_path / "bad.yaml"), ["isolated", "collective"], worlds=2, seed=3)
    html = report_of(found.save(tmp_path / "r", figures=False)).html()
    check(html)
    assert bad not in html
    assert html.count("&lt;script&gt;") > 10
