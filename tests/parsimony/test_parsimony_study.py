from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim import engine
from cisim.claims.register import register
from cisim.params import PARAMS
from cisim.parsimony import study
from cisim.parsimony.design import Design, Runs, run_design
from cisim.parsimony.figures import figures_of
from cisim.parsimony.findings import Findings, findings_of
from cisim.parsimony.inputs import HALF_WAY, HELD, PLACEBO, Input, inputs_of
from cisim.parsimony.needs import claims_by_parameter
from cisim.parsimony.report import report_of
from cisim.parsimony.simulation import CASES, GAIN, REFERENCE, RESPONSES, cases_of, simulator
from cisim.parsimony.study import NAME, Question, ask, posterior_for
from cisim.parsimony.table import ENOUGH, KEEP, LITTLE, MERGE, NOTHING, REMOVE, parameters_table, proposal_of
from cisim.parsimony.text import share, text_of
from cisim.presets import REGIME_LEVERS
from cisim.result import OUTCOMES, summarise
from cisim.scenario import Scenario, load
from cisim.study.folder import Folder
from cisim.study.problems import StudyInputError
from cisim.study.published import write_report
from cisim.study.spec import Posterior

SMALL = load("generic-adaptive").with_(n_orgs=8, months=24)
QUESTION = Question(SMALL, 3, 1)


@pytest.fixture(scope="module")
def asked() -> tuple[Design, Runs]:
    """A small design, run."""
    design = QUESTION.design()
    return design, run_design(design, CASES, simulator(cases_of(SMALL)))


@pytest.fixture(scope="module")
def findings(asked: tuple[Design, Runs]) -> Findings:
    return findings_of(SMALL, *asked, 1, resamples=40)


def test_the_placebo_changes_nothing_whatsoever(findings: Findings) -> None:
    k = findings.place(PLACEBO)
    assert findings.moves(k) == 0.0
    assert np.nanmax(np.abs(findings.total[:, k])) == 0.0


def test_what_a_mechanism_that_is_off_reads_changes_nothing_and_what_is_on_does(findings: Findings) -> None:
    off = findings.total[CASES.index(REFERENCE), findings.place("meeting_hours")]
    on = findings.total[CASES.index("collective"), findings.place("meeting_hours")]
    assert np.nanmax(off) == 0.0
    assert np.nanmax(on) > 0.0


def test_levers_of_regimes_are_swapped_half_way_only(findings: Findings) -> None:
    for name in REGIME_LEVERS:
        own = np.isnan(findings.moved[:, findings.place(name)]).all(axis=1)
        assert own.tolist() == [case != HALF_WAY for case in CASES]


def test_a_run_of_the_design_is_that_run_of_the_engine(asked: tuple[Design, Runs]) -> None:
    design, runs = asked
    k = design.swaps_in("emergent")[40]
    point = design.point(2, "emergent", design.swaps[k])
    point.pop(PLACEBO)
    scenario = SMALL.with_(regime="emergent").with_(**point)
    world = engine.run_world(scenario, design.seeds[2][1])
    expected = summarise(world.series, world.by_group, scenario)
    expected["usd_per_unit"] = 1.0 / expected["usd_per_unit"]
    got = runs.swapped[CASES.index("emergent"), k, 2, 1]
    np.testing.assert_array_equal(got, [expected[name] for name in OUTCOMES])


def test_the_gain_is_the_improvement_against_the_reference_with_the_same_swap(
    findings: Findings, asked: tuple[Design, Runs]
) -> None:
    _, runs = asked
    column = OUTCOMES.index("indicator")
    k, c = findings.place("fidelity"), CASES.index("collective")
    gain = -(
        runs.swapped[c, k, ..., column] - runs.swapped[0, k, ..., column]
    )  # a falling indicator is better
    base = -(runs.base[c, ..., column] - runs.base[0, ..., column])
    squares = 0.5 * ((gain - base) ** 2).mean()
    variance = np.var([gain, base]) * 3.0 / 2.0
    assert findings.total[c, k, RESPONSES.index(GAIN)] == pytest.approx(squares / variance)
    assert np.isnan(findings.total[0, :, RESPONSES.index(GAIN)]).all()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few inputs, so that a design is quickly run."""
    monkeypatch.setattr(study, "inputs_of", few_inputs)


def few_inputs(scenario: Scenario, posterior: Posterior | None = None) -> tuple[Input, ...]:
    names = ("fidelity", "meeting_hours", "outcome_orientation", PLACEBO)
    return tuple(one for one in inputs_of(scenario, posterior) if one.name in names)


def test_a_folder_goes_on_where_it_stopped_and_can_grow(
    tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "BLOCK", 2)
    ask(Question(SMALL, 2, 1), tmp_path / "out")
    counted: list[tuple[int, int]] = []
    again = ask(Question(SMALL, 2, 1), tmp_path / "out", on_done=lambda done, n: counted.append((done, n)))
    assert counted == [(again.n_runs, again.n_runs)]  # nothing was run
    larger = ask(Question(SMALL, 5, 1), tmp_path / "out")
    fresh = ask(Question(SMALL, 5, 1))
    np.testing.assert_array_equal(larger.total, fresh.total)
    np.testing.assert_array_equal(larger.high, fresh.high)


def test_results_do_not_depend_on_threads(few: None) -> None:
    one, two = (ask(Question(SMALL, 3, 1), threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.total, two.total)


@pytest.mark.parametrize(
    ("other", "differs"),
    [(Question(SMALL, 2, 2), "seed"), (Question(SMALL.with_(n_orgs=9), 2, 1), "digest")],
)
def test_a_folder_of_another_question_is_refused(tmp_path: Path, other: Question, differs: str) -> None:
    Folder(str(tmp_path / "out")).write(NAME, json.dumps(QUESTION.stated(QUESTION.design())).encode())
    with pytest.raises(StudyInputError, match=rf"another study of parsimony \(.*{differs}"):
        ask(other, tmp_path / "out")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StudyInputError, match="not empty"):
        ask(QUESTION, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_uncertainties_are_calibrated_or_the_scenarios_own() -> None:
    assert posterior_for(SMALL, "scenario") is None
    with pytest.raises(ValueError, match="'guessed' is not allowed; one of calibrated, scenario"):
        posterior_for(SMALL, "guessed")


@pytest.mark.parametrize(
    ("upper", "bound", "moved", "is_needed", "proposal"),
    [
        (NOTHING * 0.99, NOTHING * 0.5, 0.5, False, REMOVE),
        (NOTHING * 0.99, NOTHING * 0.5, 0.5, True, MERGE),
        (NOTHING, NOTHING, 0.5, False, MERGE),
        (LITTLE * 0.99, LITTLE * 0.99, 0.5, False, MERGE),
        (LITTLE, LITTLE, 0.5, False, KEEP),
        (0.4, LITTLE * 0.99, 0.5, False, MERGE),
        (0.0, 0.0, 0.0, False, REMOVE),
        (float("nan"), float("nan"), 0.5, False, KEEP),
    ],
)
def test_proposals_follow_the_thresholds(
    upper: float, bound: float, moved: float, is_needed: bool, proposal: str
) -> None:
    assert proposal_of(upper, bound, moved, is_needed)[0] == proposal


def test_every_parameter_has_a_row_and_a_proposal_that_its_numbers_give(findings: Findings) -> None:
    needed = {"fidelity": ("S1.1",)}
    table = parameters_table(findings, needed)
    assert set(table["parameter"]) == set(PARAMS) - set(HELD)
    assert table["largest"].is_monotonic_decreasing
    for _, row in table.iterrows():
        claims = row["parameter"] in needed
        given = proposal_of(row["upper"], row["lasting_bound"], row["moved"], claims)
        assert (row["proposal"], row["reason"]) == given
    assert (table["lasting_bound"] <= table["upper"] + 1e-12).all()
    assert (table["largest"] <= table["upper"] + 1e-12).all()


def test_a_planted_dead_parameter_is_found_and_a_living_one_is_not(findings: Findings) -> None:
    """In two years and without a shipped value, savings cannot be shared: the start grant has not ended."""
    table = parameters_table(findings, None).set_index("parameter")
    assert table.loc["savings_share", "proposal"] == REMOVE
    assert table.loc["fidelity", "proposal"] == KEEP


def test_the_report_says_what_it_knows(findings: Findings) -> None:
    report = report_of(findings, None)
    assert max(map(len, report.text.splitlines())) <= 100
    assert "no register of claims" in report.text
    assert "provisional" in report.text
    many = replace(findings, design=replace(findings.design, seeds=[(0, 1)] * ENOUGH))
    assert "provisional" not in report_of(many, None).text
    assert "its index is exactly 0" in report.text
    told = report_of(findings, {"fidelity": ("S1.1",)}).text
    assert "1 of the parameters carry a statement" in told


def test_a_placebo_that_moves_is_shouted_about(findings: Findings, asked: tuple[Design, Runs]) -> None:
    """The negative control of the check that runs repeat."""
    design, runs = asked
    broken = runs.swapped.copy()
    broken[1, findings.place(PLACEBO), 0, 0, 0] += 1.0
    bad = findings_of(SMALL, design, Runs(runs.base, broken), 1, resamples=20)
    report = report_of(bad, None)
    assert "WARNING" in report.text


def test_claims_point_to_parameters() -> None:
    needed = claims_by_parameter()
    assert needed
    assert set(needed) <= set(PARAMS)
    assert {name for names in needed.values() for name in names} <= {claim.id for claim in register().claims}


def test_files_and_figures(findings: Findings, tmp_path: Path) -> None:
    write_report(report_of(findings, None), Folder(str(tmp_path / "out")))
    names = {path.name for path in (tmp_path / "out" / "analysis").iterdir()}
    assert {
        "report.txt",
        "parameters.csv",
        "groups.csv",
        "indices.csv",
        "luck.csv",
        "parameters.png",
        "rules.svg",
    } <= names
    back = pd.read_csv(tmp_path / "out" / "analysis" / "indices.csv")
    assert set(back["case"]) == set(CASES)
    assert back["total"].notna().all()


def test_the_page_has_a_row_for_every_parameter_and_the_command(
    findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "docs"))
    maker = import_module("make_parsimony")
    report = report_of(findings, None)
    page = maker.page(report, "cisim parsimony generic-adaptive -o parsimony")
    for name in report.tables["parameters"]["parameter"]:
        assert page.count(f"| `{name}` |") == 1
    assert "$ cisim parsimony generic-adaptive -o parsimony" in page


def test_figures_name_every_parameter_and_rule(findings: Findings) -> None:
    table = parameters_table(findings, None)
    drawn = figures_of(findings, table)
    texts = {one.get_text() for ax in drawn["parameters"]().axes for one in ax.texts}
    assert set(table["parameter"]) <= texts
    rules = [one.get_text() for one in drawn["rules"]().axes[0].get_yticklabels()]
    assert "allocate" in rules


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.50"), (0.012, "0.012"), (1e-9, "<0.0001"), (-0.002, "-0.0020"), (float("nan"), "-")],
)
def test_shares_are_short(value: float, text: str) -> None:
    assert share(value) == text


def test_text_of_findings_without_candidates(findings: Findings) -> None:
    table: Any = parameters_table(findings, None).assign(proposal=KEEP, reason="")
    text = text_of(findings, table, report_of(findings, None).tables["groups"])
    assert "Remove candidates: 0." in text
