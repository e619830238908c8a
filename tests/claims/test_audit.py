"""From runs to a page: what statements come to, what is kept, refused, printed and drawn."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from synthetic_runs import asked, constant, contrast, runs

from cisim import cli, engine
from cisim.claims.asked import Experiment, Experiments, Statement, Term
from cisim.claims.audit import Ran, Size, run_audit, sized, specs_of, study_path
from cisim.claims.controls import Control
from cisim.claims.experiments import experiments
from cisim.claims.judging import evaluate
from cisim.claims.page import page
from cisim.claims.register import register
from cisim.claims.running import check_folder, report_of
from cisim.claims.telling import remark
from cisim.claims.text import WIDTH
from cisim.claims.values import Runs, effects, wanted
from cisim.outcomes import COLUMNS
from cisim.records import Frozen, Source
from cisim.study.design import values_in
from cisim.study.problems import StudyInputError
from cisim.study.reading import load_study

SMALL = Size(samples=10, worlds=2)


def few(*statements: Statement) -> Experiments:
    made = tuple(Experiment(f"S0.{k}", "Is it so?", (one,)) for k, one in enumerate(statements, 1))
    return Experiments("a few", Frozen({"gain": 0.01}), made, Source("", ""))


# ---- what statements come to --------------------------------------------------------------------------------


def by_hand(worlds: dict[tuple[str, int | None], list], cases=("a", "b"), **more) -> Runs:
    values = {key: np.array(table, dtype=float) for key, table in worlds.items()}
    n = len(next(iter(values.values())))
    return Runs("by hand", cases, values, pd.DataFrame(index=range(n)), {}, more.get("falling", True), 20.0)


TWO_DRAWS = {("indicator", None): [[[30, 28], [30, 29]], [[31, 31], [29, 33]]]}


def test_the_gain_is_the_improvement_whichever_way_is_good():
    one = Statement("more", "s", (Term("b", "a"),))
    assert effects(one, by_hand(TWO_DRAWS)).tolist() == [1.5, -2.0]
    assert effects(one, by_hand(TWO_DRAWS, falling=False)).tolist() == [-1.5, 2.0]


def test_terms_add_with_their_weights_and_outcomes():
    made = by_hand({**TWO_DRAWS, ("trust", 5): [[[0.1, 0.3], [0.1, 0.3]], [[0.2, 0.2], [0.2, 0.4]]]})
    two = (Term("b", "a", 2.0), Term("b", "a", -10.0, "trust", 5))
    assert effects(Statement("more", "s", two), made) == pytest.approx([3.0 - 2.0, -4.0 - 1.0])


def test_shares_are_of_worlds_and_a_level_needs_no_second_case():
    made = by_hand(TWO_DRAWS)
    share = Statement("more", "s", (Term("b", "a"),), statistic="share_above", value=1.5)
    assert effects(share, made).tolist() == [0.5, 0.0]
    level = Statement("more", "s", (Term("a", outcome="indicator"),), statistic="share_above", value=30.0)
    assert effects(level, made).tolist() == [0.0, 0.5]


def test_spreads_are_between_worlds_of_a_draw():
    made = by_hand({("indicator", None): [[[1, 1], [3, 9]], [[5, 2], [5, 4]]]})
    spread = Statement("less", "s", (Term("b"), Term("a", weight=-1.0)), statistic="log_sd")
    found = effects(spread, made)
    assert found[0] == pytest.approx(np.log(4.0))
    assert np.isnan(found[1])  # case a does not vary there


def test_only_worlds_with_a_coalition_count_where_one_is_asked_for():
    trust, stage = [[[0.2, 0], [0.4, 0]], [[0.6, 0], [0.8, 0]]], [[[1, 0], [0, 0]], [[0, 0], [0, 0]]]
    made = by_hand({("trust", 7): trust, ("stage", 7): stage})
    found = effects(Statement("more", "s", (Term("a", outcome="trust", month=7),), where="stage"), made)
    assert found[0] == 0.2
    assert np.isnan(found[1])


def test_runs_that_failed_are_left_out():
    broken = {("indicator", None): [[[30, np.nan], [30, 29]], [[31, np.nan], [29, np.nan]]]}
    found = effects(Statement("more", "s", (Term("b", "a"),)), by_hand(broken))
    assert found[0] == 1.0
    assert np.isnan(found[1])


# ---- real runs ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[Ran, str]:
    folder = str(tmp_path_factory.mktemp("audit"))
    gain = Statement("less", "food-bank-inventory", (Term("collective", "isolated"),))
    twice = Statement(
        "more", "start", (Term("isolated", outcome="double_served_share", month=11),), than=0.05
    )
    return run_audit(folder, size=SMALL, asked=few(gain, twice)), folder


def test_effects_are_those_of_the_worlds_themselves(ran):
    """Draw 3 of a study, simulated again one run at a time from the study's own design and seeds."""
    result = ran[0].results["food-bank-inventory"]
    row = result.design.iloc[3].to_dict()
    gains = []
    for world in range(2):
        ends = {}
        for case in ("isolated", "collective"):
            frame = result.runs
            one = frame[(frame["draw"] == 3) & (frame["world"] == world) & (frame["case"] == case)].iloc[0]
            scenario = result.spec.cases[case].with_(**values_in(result.spec, case, row))
            series = engine.run_world(scenario, int(one["seed"])).series
            ends[case] = series[-12:, COLUMNS.index("indicator")].mean()
        gains.append(ends["isolated"] - ends["collective"])
    statement = ran[0].asked.experiments[0].statements[0]
    assert effects(statement, ran[0].runs["food-bank-inventory"])[3] == pytest.approx(
        np.mean(gains), abs=1e-12
    )


def test_a_month_is_that_row_of_the_monthly_table(ran):
    result = ran[0].results["start"]
    series = result.series
    here = series[(series["draw"] == 4) & (series["month"] == 11)]["double_served_share"]
    statement = ran[0].asked.experiments[1].statements[0]
    assert effects(statement, ran[0].runs["start"])[4] == pytest.approx(here.mean(), abs=1e-12)


def test_an_audit_goes_on_where_it_stopped_and_grows(ran):
    first, folder = ran
    again = run_audit(folder, size=SMALL, asked=first.asked)
    assert again.results["start"].manifest.tables == first.results["start"].manifest.tables
    more = run_audit(
        folder, size=replace(SMALL, samples=12), asked=few(first.asked.experiments[1].statements[0])
    )
    one, other = (r.runs["start"].values["double_served_share", 11] for r in (first, more))
    assert other.shape[0] == 12
    assert (other[:10] == one).all()


def test_another_seed_is_another_audit():
    spec = load_study(study_path("start"))
    assert sized(spec, Size(seed=1)).seed == spec.seed
    seeds = {sized(one, Size(seed=k)).seed for one in specs_of(experiments()).values() for k in (1, 2, 3)}
    assert len(seeds) == 3 * len(experiments().studies)


def test_a_folder_with_anything_else_is_left_alone(tmp_path):
    check_folder(None)
    check_folder(tmp_path / "new")
    (tmp_path / "start").mkdir()
    (tmp_path / "analysis").mkdir()
    check_folder(tmp_path)
    (tmp_path / "thesis.txt").write_text("precious", "utf-8")
    with pytest.raises(StudyInputError, match=r"holds 'thesis.txt', which is no part of an audit"):
        check_folder(tmp_path)
    with pytest.raises(StudyInputError, match="is a file"):
        check_folder(tmp_path / "thesis.txt")


# ---- the report, on made-up runs of all studies -------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Ran:
    """The shipped experiments on made-up numbers: half of the effects are large, one turns with a parameter."""
    rng = np.random.default_rng(1)
    known = experiments()
    made: dict[str, Runs] = {}
    for name, spec in specs_of(known).items():
        keys = wanted(s for one in known.experiments for s in one.statements if s.study == name)
        x = pd.DataFrame({"turf": rng.uniform(size=256), "trust_years": rng.uniform(1, 5, 256)})
        tilt = (
            np.linspace(-1.0, 1.0, len(spec.cases))[None, None, :]
            * np.where(x["turf"] < 0.5, 4.0, -2.0)[:, None, None]
        )
        values = {key: 1.0 + tilt + rng.normal(size=(256, 2, len(spec.cases))) for key in keys}
        made[name] = Runs(
            name, tuple(spec.cases), values, x, {"trust_years": "years"}, True, 20.0, "per cent"
        )
    ran = Ran(known, {})
    ran.__dict__["runs"] = made
    return ran


CONTROLS = [Control("placebo: example", "Does it?", "0 of 8 pairs differ", "0", True)]


def test_the_report_fits_a_terminal_and_tells_every_experiment(whole):
    text = report_of(whole, CONTROLS).text
    assert max(map(len, text.splitlines())) <= WIDTH
    for one in whole.asked.experiments:
        assert re.search(rf"^{re.escape(one.name)}  ", text, re.MULTILINE), one.name
    assert "passed  placebo: example" in text
    assert "139 statements" in text
    assert "417 intervals" in text


def test_the_tables_have_a_row_for_everything_and_agree_with_one_another(whole):
    tables = report_of(whole, CONTROLS).tables
    assert set(tables) == {"claims", "statements", "conditions", "controls"}
    assert len(tables["claims"]) == 44
    assert len(tables["statements"]) == 139
    statements = tables["statements"]
    turned = (
        statements[statements["verdict"] == "depends on"][["claim", "number"]]
        .to_records(index=False)
        .tolist()
    )
    conditions = tables["conditions"]
    assert turned == conditions[conditions["turns"]][["claim", "number"]].to_records(index=False).tolist()
    assert len(turned) > 10
    for row in statements.itertuples():
        assert row.low <= row.mean <= row.high
        if row.says != "none" and row.verdict == "holds":
            assert row.low > row.than if row.says == "more" else row.high < row.than


def test_answers_name_their_condition(whole):
    answer = next(one for one in whole.audit.claims if one.verdict == "depends on")
    row = report_of(whole, CONTROLS).tables["claims"].set_index("claim").loc[answer.experiment.name]
    assert row["answer"].startswith("depends on whether turf is ")


def test_a_tension_names_the_sides(whole):
    for answer in whole.audit.tensions:
        counted = {
            one.name for side in answer.experiment.sides for listed in answer.of_side(side) for one in listed
        }
        undecided = {one.name for one in answer.findings if one.verdict == "no detectable difference"}
        assert counted | undecided == {one.name for one in answer.findings}
        assert not counted & undecided


def test_the_page_has_every_statement_and_its_links_lead_somewhere(whole):
    report = report_of(whole, CONTROLS)
    text = page(whole, register(), CONTROLS, "example", "img/claims")
    for claim in register().claims:
        assert f"| {claim.id} | {claim.kind} | {claim.says.replace('|', '')}" in text, claim.id
    anchors = set(re.findall(r'<a id="([^"]+)"></a>', text))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
    assert len(anchors) == 44
    assert set(re.findall(r"img/claims/(\w+)\.png", text)) == set(report.figures)
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| id |")}
    assert widths == {5}


def test_every_row_of_a_table_has_as_many_cells_as_its_head(whole):
    block: list[int] = []
    for line in [*page(whole, register(), CONTROLS, "example", "img/claims").splitlines(), ""]:
        if line.startswith("|"):
            block.append(len(re.findall(r"(?<!\\)\|", line)))
        elif block:
            assert len(set(block)) == 1
            block = []


def test_figures_draw(whole):
    report = report_of(whole, CONTROLS)
    assert set(report.figures) == {*(f"claims_S{k}" for k in range(5)), "tensions"}
    figure = report.plot("tensions")
    assert len(figure.axes) == 1


def test_what_was_not_found_is_told_with_what_would_have_been():
    audit = evaluate(asked(contrast()), {"made up": runs(np.random.default_rng(3), n=64)})
    assert "would have been found in 90% of audits" in remark(audit.findings[0])
    sure = evaluate(
        asked(contrast()), {"made up": runs(np.random.default_rng(3), planted={"b": constant(3.0)})}
    )
    assert "would have been" not in remark(sure.findings[0])


# ---- the command --------------------------------------------------------------------------------------------


def test_statements_are_listed_and_shown(capsys):
    assert cli.main(["claims"]) == 0
    assert "204 statements, 9 tensions" in capsys.readouterr().out
    assert cli.main(["claims", "--kind", "outcome"]) == 0
    assert "35 statements" in capsys.readouterr().out
    assert cli.main(["claims", "S1.12"]) == 0
    assert "Experiment S1.12" in capsys.readouterr().out
    assert cli.main(["claims", "H4"]) == 0
    assert "sides: more is better | dense copying hurts" in capsys.readouterr().out
    assert cli.main(["claims", "S0.35", "H1", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ["S0.35", "H1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["S9.9"], "ID: 'S9.9' is not allowed; S0.1 to S4.68, or H1 to H9"),
        (["--samples", "4"], "--samples: goes with --run or --controls"),
        (["--seed", "2"], "--seed: goes with --run or --controls"),
        (["S1.1", "--run"], "ID: does not go with --run"),
        (["--kind", "outcome", "--controls"], "--kind: does not go with --run"),
        (["--kind", "opinion"], "'opinion' is not allowed; one of mechanism, outcome, context"),
        (["--run", "--samples", "1"], "'1' is not allowed; a whole number from 2"),
    ],
)
def test_what_is_not_allowed_ends_with_code_2(words, message, capsys):
    assert cli.main(["claims", *words]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert len(told.splitlines()) == 1


def test_a_foreign_folder_ends_with_code_2_before_anything_runs(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("precious", "utf-8")
    assert cli.main(["claims", "--run", "-o", str(tmp_path)]) == 2
    assert "'thesis.txt'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_tables_can_be_read_back(whole):
    text = report_of(whole, CONTROLS).tables["statements"].to_csv(index=False)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["claim"] == "S0.18"
