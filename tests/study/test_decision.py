"""Decisions: planted effects, dates, regrets and worths are found, and what cannot be told is said."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.study.decision.analysis import analyse
from cisim.study.decision.evppi import evpi, evppi
from cisim.study.decision.payback import months_until_positive
from cisim.study.decision.regret import by_draw, evpi_apart, judged_apart, with_nothing
from study.decisions import BUDGETS, made

QUICK: dict[str, Any] = {"resamples": 40, "discount": 0.0}


def tables(**more: Any) -> dict[str, pd.DataFrame]:
    return analyse(made(**{**QUICK, **more})).tables


# ---- what knowing a parameter is worth ---------------------------------------------------------------------


def linear(n: int, noise: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Decisions worth 0 and x + noise, x standard normal: knowing x is worth 1 / sqrt(2 pi)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return x, np.stack([np.zeros(n), x + noise * rng.standard_normal(n)], axis=1)


def test_knowing_a_normal_parameter_is_worth_what_the_closed_form_says() -> None:
    """The interval holds the truth in 9 of 10 studies or more; of 30, fewer than 21 is an accident in 1 of 10,000."""
    truth = 1.0 / math.sqrt(2.0 * math.pi)
    held = 0
    for seed in range(30):
        found = evppi(*linear(400, noise=1.0, seed=seed), seed=seed, resamples=60)
        held += found.low <= truth <= found.high
        assert found.is_detectable
        assert abs(found.value - truth) < 0.2
    assert held >= 21


def test_a_parameter_that_does_not_matter_is_not_detected() -> None:
    """Each has a chance of 1 in 20 to look detectable; of 60, more than 10 is an accident in 1 of 2,000."""
    rng = np.random.default_rng(3)
    alarms = 0
    for seed in range(60):
        _, values = linear(100, noise=1.0, seed=seed)
        alarms += evppi(rng.standard_normal(100), values, seed=seed, resamples=40).is_detectable
    assert alarms <= 10


def test_knowing_one_parameter_is_not_worth_more_than_knowing_all() -> None:
    x, values = linear(300, noise=0.5)
    assert 0.0 < evppi(x, values, seed=1, resamples=40).value <= evpi(values) + 1e-12


def test_names_and_short_lists_are_fitted_by_group_means() -> None:
    x = np.tile(["a", "b"], 100).astype(object)
    values = np.stack([np.zeros(200), np.where(x == "a", 1.0, -1.0)], axis=1)
    assert evppi(x, values, seed=1, resamples=40).value == pytest.approx(0.5)
    assert evppi(np.where(x == "a", 0, 3), values, seed=1, resamples=40).value == pytest.approx(0.5)


def test_it_agrees_with_nested_simulation() -> None:
    """Two parameters: decisions worth 0, x y and x + y - .5; the inner expectation over y is computed by simulation."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-1, 1, (2, 4000))
    values = np.stack([np.zeros(4000), x * y, x + y - 0.5], axis=1)
    outer, inner = rng.uniform(-1, 1, 2000), rng.uniform(-1, 1, 4000)
    given = np.stack([np.zeros(2000), outer * inner.mean(), outer + inner.mean() - 0.5], axis=1)
    nested = float(given.max(axis=1).mean() - given.mean(axis=0).max())
    assert evppi(x, values, seed=1, resamples=40).value == pytest.approx(nested, abs=0.02)


def test_what_cannot_be_told_is_refused() -> None:
    x, values = linear(100, 1.0)
    for bad in ((x[:10], values[:10]), (x[:50], values), (x, np.where(values == 0, np.nan, values))):
        with pytest.raises(ValueError, match=r"not allowed|draws|finite|shape|rows"):
            evppi(*bad, seed=1)


# ---- regret and choice -----------------------------------------------------------------------------------------


def test_regret_is_against_the_best_of_each_draw() -> None:
    values = np.array([[[1.0, 1.0], [5.0, 5.0]], [[3.0, 3.0], [-4.0, -4.0]]])  # decision, draw, world
    means = by_draw(with_nothing(values))
    assert means.tolist() == [[0.0, 1.0, 3.0], [0.0, 5.0, -4.0]]
    assert (means.max(axis=1, keepdims=True) - means).tolist() == [[3.0, 2.0, 0.0], [5.0, 0.0, 9.0]]


def test_the_best_of_noise_keeps_nothing_when_it_is_judged_elsewhere() -> None:
    """Over 60 studies the judged value has an error of about .01; four of them is an accident in 1 of 15,000."""
    best, judged = [], []
    for seed in range(60):
        noise = np.random.default_rng(seed).standard_normal((12, 100, 2))
        best.append(by_draw(noise).mean(axis=0).max())
        judged.append(judged_apart(noise, noise, seed=1, splits=50).value)
    assert np.mean(best) > 0.08, "the negative control: the best mean itself looks good"
    assert abs(np.mean(judged)) < 4.0 * np.std(judged, ddof=1) / math.sqrt(60)
    real = noise + 2.0 * (np.arange(12) == 7)[:, None, None]
    assert judged_apart(real, real, seed=1).best == 7
    assert judged_apart(real, real, seed=1).same == 1.0


def test_everything_known_is_judged_on_other_worlds() -> None:
    noise = np.random.default_rng(2).standard_normal((5, 200, 8))
    apart = evpi_apart(noise)
    assert apart is not None
    assert apart.low < 0.0 < evpi(by_draw(noise)), "the plain number is the noise of the best"


# ---- payback -----------------------------------------------------------------------------------------------------


def test_dates_are_counted_to_the_end_of_the_month_from_which_it_stays() -> None:
    sums = np.array([[1.0, 1, 1], [-1, -1, 1], [1, -1, 1], [1, 1, -1], [0, 0, 0]])
    assert months_until_positive(sums).tolist() == [1.0, 3.0, 3.0, math.inf, math.inf]


def test_a_known_path_pays_back_when_it_must() -> None:
    """-.5 a month for a year, then 2: 12 months of -.5 are made up in 3, so it stays positive from month 16."""
    found = tables(noise=0.0, effect=lambda *_: 2.0, problems=("adaptive",), financings=("equal",))["payback"]
    paid = found[found["backbone_usd_per_year"] > 0]
    assert (paid["months"] == 16.0).all()
    assert (paid["share"] == 1.0).all()


# ---- the whole ----------------------------------------------------------------------------------------------------


def test_what_is_planted_is_found_and_what_is_not_there_is_not() -> None:
    """Adaptive gains with money, technical does not; errors are some .05, so planted differences are tens of them."""
    found = tables(noise=0.2)
    choice = found["choice"].set_index("problem")
    assert choice.loc["adaptive", "answer"] == "yes"
    assert choice.loc["technical", "answer"] in ("no", "harm")
    decisions = found["decisions"]
    adaptive = decisions[decisions.problem == "adaptive"].set_index("backbone_usd_per_year")
    for budget in BUDGETS[1:]:
        for row in adaptive.loc[[budget]].to_dict("records"):
            truth = math.tanh(budget / 3e5)  # x has mean .5
            assert abs(row["gain"] - truth) < 0.35
    steps = found["marginal"].set_index("problem")
    assert (steps.loc["adaptive"].query("usd_from == 0")["gain_more_low"] > 0.0).all()
    idle = steps.loc["technical"].query("usd_from > 0")
    assert (idle["gain_more"].abs() < 0.1).all()


def test_contexts_are_never_decided_over() -> None:
    found = tables()
    assert set(found["choice"]["problem"]) == {"adaptive", "technical"}
    assert found["choice"]["n_decisions"].tolist() == [8, 8]
    whole = tables(by=["problem", "financing"])
    assert len(whole["choice"]) == 4
    assert set(whole["choice"]["n_decisions"]) == {4}


def test_the_parameter_that_drives_the_gain_is_worth_knowing_and_the_dud_is_not() -> None:
    """Decisions cross where spark is .5: money is worth 4 (spark - .5) and nothing is worth 0."""
    found = tables(
        draws=120, noise=0.2, effect=lambda p, b, f, x: 4.0 * (x - 0.5) * (b > 0), financings=("equal",),
        problems=("adaptive",), budgets=(0.0, 400_000.0),
    )["information"].set_index("parameter")  # fmt: skip
    assert found.loc["spark", "is_detectable"]
    assert not found.loc["dud", "is_detectable"]
    assert found.loc["spark", "worth"] > 10 * abs(found.loc["dud", "worth"])


def test_a_price_turns_units_into_dollars() -> None:
    plain, priced = analyse(made(**QUICK)), analyse(made(**QUICK, usd_per_unit=1e6))
    assert "usd" not in plain.text.split("\n\n")[0].replace("usd/year", "")
    assert "net benefit" in priced.text
    assert "1 M usd for one unit" in " ".join(priced.text.split())
    rows = priced.tables["decisions"]
    added, equal = (
        rows[(rows.financing == f) & (rows.backbone_usd_per_year == 800_000)] for f in ("added", "equal")
    )
    assert added["value"].mean() < equal["value"].mean(), (
        "new money is a cost, money of the same budget is not"
    )


@pytest.mark.parametrize(
    ("more", "missing", "told"),
    [
        ({"draws": 1, "worlds": 12}, ("information", "regret"), "one draw"),
        ({"series": False}, ("payback",), "the monthly indicator was not kept"),
        ({"budgets": (400_000.0,)}, ("marginal",), ""),
    ],
)
def test_part_of_the_data_gives_part_of_the_answers_and_says_so(
    more: dict[str, Any], missing: tuple[str, ...], told: str
) -> None:
    report = analyse(made(**QUICK, **more))
    assert not set(missing) & set(report.tables)
    assert "choice" in report.tables
    assert told in report.text.lower()
    assert all(len(line) <= 100 for line in report.text.splitlines())


def test_frames_are_merged_on_keys_and_equal_inputs_give_equal_reports() -> None:
    data = made(**QUICK)
    mixed = replace(
        data,
        runs=data.runs.sample(frac=1.0, random_state=1),
        design=data.design.sample(frac=1.0, random_state=2),
        load_series=lambda: data.load_series().sample(frac=1.0, random_state=3),
    )
    first, again, other = analyse(data), analyse(made(**QUICK)), analyse(mixed)
    assert first.text == again.text == other.text
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=False, rtol=1e-9)


def test_the_map_compares_each_budget_with_the_next_smaller() -> None:
    table = tables(
        noise=0.01,
        effect=lambda p, b, f, x: float(b >= 400_000),
        problems=("adaptive",),
        financings=("equal",),
    )["pay_map"]
    share = table.groupby("decision")["share"].mean()
    step = {name: value for name, value in share.items() if "400 k" in str(name)}
    assert list(step.values()) == [1.0], "nothing below 400 k, everything at it"
    beyond = [value for name, value in share.items() if "800 k" in str(name)]
    assert 0.1 < beyond[0] < 0.9, "more of it is a coin's toss"
    assert table["against"].str.contains("usd/year").all()


def test_figures_are_drawn_with_their_intervals() -> None:
    report = analyse(made(**QUICK))
    assert {"frontier", "payback", "regret", "information", "pay_map"} <= set(report.figures)
    for name in report.figures:
        figure = report.plot(name)
        assert figure.axes, name
        assert any(text.get_text() for text in figure.texts), name
    frontier = report.plot("frontier")
    assert len(frontier.axes) == 2, "a panel per context"
    assert {len(line.get_xdata()) for ax in frontier.axes for line in ax.lines} & {len(BUDGETS)}
