"""Decisions: what the report says of budgets, regret, the map and knowing more, and that no context is left out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cisim.study.decision.analysis import _explains_money, analyse
from cisim.study.decision.evppi import evppi
from cisim.study.decision.frontier import budget_table, ladders, pay_map
from cisim.study.decision.regret import regret_table
from cisim.study.records import StudyData
from study.decisions import BUDGETS, grid, made, worked

QUICK: dict[str, Any] = {"resamples": 40, "discount": 0.0}
ONE: dict[str, Any] = {"problems": ("adaptive",), "financings": ("equal",)}


def flat(text: str) -> str:
    return " ".join(text.split())


# ---- budgets -----------------------------------------------------------------------------------------------------


def test_budgets_that_pay_and_the_one_that_is_enough_are_named() -> None:
    """The first dollar harms, 400 k gains, 800 k gains no more; effects are some twenty errors of the mean."""
    effects = dict(zip(BUDGETS, (0.0, -1.0, 2.0, 2.0), strict=True))
    data = made(worlds=3, noise=0.1, effect=lambda p, b, f, x: effects[b], **ONE)
    s, contexts, _ = worked(data)
    table = budget_table(contexts, s)
    assert table is not None
    [row] = table.to_dict("records")
    assert (row["usd_smallest"], row["usd_largest"]) == (400_000.0, 800_000.0)
    assert row["usd_enough"] in (400_000.0, 800_000.0), (
        "800 k only where it is told from 400 k by luck, 1 in 40"
    )
    never, contexts, _ = worked(made(worlds=3, noise=0.1, effect=lambda *_: -1.0, budgets=BUDGETS[1:], **ONE))
    table = budget_table(contexts, never)
    assert table is not None
    assert math.isnan(table["usd_smallest"].iloc[0])
    assert table["usd_enough"].iloc[0] in BUDGETS[1:3]


def test_a_largest_budget_is_said_to_beat_the_smaller_ones_only_where_it_does() -> None:
    """Steps of .05 and more are some eight errors of their mean."""
    for gains, words in (
        ((0.5, 1.0, 2.0), "The largest budget on the grid still gains detectably more than all smaller ones"),
        (
            (2.0, 1.0, 1.95),
            "Beyond 200 k usd/year more money adds nothing detectable to the gain in the last year.",
        ),
    ):
        effects = dict(zip(BUDGETS[1:], gains, strict=True))
        more = {"budgets": BUDGETS[1:], "noise": 0.1, "effect": lambda p, b, f, x, e=effects: e[b]}
        text = flat(analyse(made(worlds=3, **QUICK, **ONE, **more)).text)
        assert words.replace("usd/year more", "usd/year (equal) more") in text


def test_money_that_only_speeds_things_up_is_not_said_to_add_nothing() -> None:
    """Equal in the last year, but the larger budget is a unit ahead for 12 months; errors are about .05."""
    data = made(worlds=3, noise=0.1, effect=lambda *_: 2.0, budgets=BUDGETS[1:3], **QUICK, **ONE)
    plain = data.load_series()
    large = data.design.loc[data.design["backbone_usd_per_year"] == BUDGETS[2], "point"]
    early = plain["point"].isin(large) & (plain["case"] == "collective") & plain["month"].between(20, 31)
    ahead = plain.assign(indicator=plain["indicator"].where(~early, plain["indicator"] - 1.0))
    text = flat(analyse(replace(data, load_series=lambda: ahead)).text)
    assert "adds nothing detectable to the gain in the last year, but still to the discounted gain" in text
    assert "but still to" not in flat(analyse(data).text), "the negative control, wrong in 1 of 40"


# ---- regret ------------------------------------------------------------------------------------------------------


def test_the_smallest_worst_regret_need_not_be_the_best_mean() -> None:
    """Without noise: 200 k gives 10 in half of the draws and -8 in the others, 400 k gives .5 in all."""

    def effect(_: str, budget: float, __: str, x: float) -> float:
        return {0.0: 0.0, 200_000.0: 10.0 if x > 0.5 else -8.0, 400_000.0: 6.0}[budget]

    s, contexts, _ = worked(made(noise=0.0, effect=effect, budgets=BUDGETS[:3], series=False, **ONE))
    table = regret_table(contexts, s)
    assert table is not None
    table = table.set_index("decision")
    x = contexts[0].draws["spark"].to_numpy() > 0.5
    risky, safe = (next(n for n in table.index if w in n) for w in ("200 k", "400 k"))
    assert table.loc[safe, "regret_max"] == pytest.approx(4.0)
    assert table.loc[risky, "regret_max"] == pytest.approx(14.0)
    assert table.loc[s.reference, "regret_max"] == pytest.approx(10.0)
    assert table.loc[safe, "is_minimax"]
    assert table["is_minimax"].sum() == 1
    assert table.loc[safe, "regret"] == pytest.approx(4.0 * x.mean())
    assert table.loc[risky, "share_best"] == pytest.approx(x.mean())
    assert table["regret_split"].to_numpy() == pytest.approx(table["regret"].to_numpy()), "no noise, no bias"


def test_halves_of_worlds_take_the_bias_from_regret() -> None:
    """Decisions alike but for noise: all true regrets are 0; over 20 studies the split mean has errors of about .02."""
    plain, split = [], []
    for seed in range(20):
        data = made(
            draws=20, seed=seed, noise=1.0, effect=lambda *_: 5.0, budgets=BUDGETS[1:], series=False, **ONE
        )
        s, contexts, _ = worked(data)
        table = regret_table(contexts, s)
        assert table is not None
        rows = table[table["decision"] != s.reference]
        plain.append(rows["regret"].mean())
        split.append(rows["regret_split"].mean())
    assert np.mean(plain) > 0.1, "the negative control"
    assert abs(np.mean(split)) < 4.0 * np.std(split, ddof=1) / math.sqrt(20), "an accident in 1 of 1,000"


# ---- the map -----------------------------------------------------------------------------------------------------


def test_the_map_shows_where_a_step_of_money_pays() -> None:
    """Without noise the step to 400 k pays where spark is above one half, the step to 800 k nowhere."""

    def effect(_: str, budget: float, __: str, x: float) -> float:
        return 3.0 + (x - 0.5) * (budget >= 400_000.0) - 0.1 * (budget >= 800_000.0)

    data = made(draws=80, worlds=2, noise=0.0, effect=effect, budgets=BUDGETS[1:], series=False, **ONE)
    s, contexts, _ = worked(data)
    [(_, ks)] = ladders(contexts[0], s)
    rows = pay_map(contexts[0], ks, contexts[0].draws["spark"].to_numpy(), s)
    assert sum(row["n"] for row in rows) == 2 * 80
    assert all(row["share_reference"] == 1.0 for row in rows), "against isolated it always pays"
    for row in rows:
        if "800 k" in row["decision"]:
            assert row["share"] == 0.0
        elif row["part"] in (0, 3):
            assert row["share"] == (row["part"] == 3)
        assert row["share_low"] <= row["share"] <= row["share_high"]


def test_the_map_says_where_its_parameter_may_be_chance() -> None:
    """A planted link has p below 1e-6; of 60 studies without any, over 9 below .05 is an accident in 1 of 1,000."""
    alarms = 0
    for seed in range(60):
        data = made(draws=30, worlds=2, seed=seed, effect=lambda *_: 1.0, series=False, **ONE)
        s, contexts, _ = worked(data)
        [(_, ks)] = ladders(contexts[0], s)
        alarms += _explains_money(contexts[0], ks)[1] < 0.05
    assert alarms <= 9
    data = made(effect=lambda p, b, f, x: 4.0 * x * b / 8e5, series=False, **ONE)
    s, contexts, _ = worked(data)
    [(_, ks)] = ladders(contexts[0], s)
    name, p = _explains_money(contexts[0], ks)
    assert name == "spark"
    assert p < 1e-6


def test_names_are_linked_by_groups_and_a_constant_by_nothing() -> None:
    data = made(effect=lambda p, b, f, x: 4.0 * x * b / 8e5, series=False, **ONE)
    s, contexts, _ = worked(data)
    c = contexts[0]
    third = (c.draws["spark"].to_numpy() * 3.0).astype(int)
    names = np.array(["b", "c", "a"])[third]  # their order in the alphabet is not that of the effect
    named = replace(c, draws=c.draws.assign(spark=names))
    [(_, ks)] = ladders(c, s)
    assert _explains_money(named, ks)[0] == "spark"
    constant = replace(c, draws=c.draws.assign(spark=1.0, dud=2.0))
    assert _explains_money(constant, ks)[0] == ""
    assert math.isnan(_explains_money(constant, ks)[1])


def test_the_map_has_a_colour_bar_and_counts() -> None:
    figure = analyse(made(**QUICK)).plot("pay_map")
    said = [tick.get_text() for ax in figure.axes for tick in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    assert {"in none", "in half", "in all"} <= set(said)
    assert sum("n=10" in text for text in said) == 8, "40 draws in 4 parts, in both contexts"
    assert "200 k" in said
    assert figure.axes[0].get_xlim() == (-0.5, len(BUDGETS) - 1.5), "the smallest budget has no step to it"


# ---- knowing more ------------------------------------------------------------------------------------------------


def test_whole_numbers_are_fitted_as_numbers() -> None:
    """Worth 0 or x - 5, x from 0 to 10: 15/11; noise of .5 in 2,200 draws leaves errors of about .04."""
    rng = np.random.default_rng(8)
    x = np.tile(np.arange(11), 200)
    values = np.stack([np.zeros(x.size), x - 5.0 + 0.5 * rng.standard_normal(x.size)], axis=1)
    assert evppi(x, values, seed=1, resamples=20).value == pytest.approx(15.0 / 11.0, abs=0.15)


def test_it_agrees_with_an_inner_simulation_for_each_outer_value() -> None:
    """Worth 0, y exp(x) - 1 or 2 x y - .5, y from 0 to 1: only the inner mean over y decides, not y itself."""
    rng = np.random.default_rng(6)

    def worth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([np.zeros(np.broadcast(x, y).shape), y * np.exp(x) - 1.0, 2.0 * x * y - 0.5], axis=-1)

    x, y = rng.random((2, 3000))
    inner = worth(rng.random((1500, 1)), rng.random((1500, 800))).mean(axis=1)
    nested = float(inner.max(axis=1).mean() - inner.mean(axis=0).max())
    values = worth(x, y)
    found = evppi(x, values, seed=1, resamples=40)
    assert found.value == pytest.approx(nested, abs=0.02)
    everything = float(values.max(axis=1).mean() - values.mean(axis=0).max())
    assert found.value < everything - 0.05, "y is worth knowing too"


def test_a_sentence_says_what_knowing_more_is_worth() -> None:
    """Money is worth 4 (spark - .5), so spark is told for certain; where nothing matters, nothing is (1 in 20)."""
    more = {"draws": 60, "noise": 0.1, "budgets": (0.0, 400_000.0), "financings": ("equal",)}
    text = flat(analyse(made(**QUICK, **more, effect=lambda p, b, f, x: 4.0 * (x - 0.5) * (b > 0))).text)
    assert "adaptive: knowing every parameter beforehand would gain at most about" in text
    assert "and at least about" in text
    assert "more than chance mostly gives: spark" in text
    flat_text = flat(analyse(made(**QUICK, **more, effect=lambda *_: 1.0)).text)
    assert "with 60 draws and 4 worlds each it is not told from nothing" in flat_text
    assert "No single one of 2 parameters" in flat_text
    single = flat(analyse(made(**QUICK, draws=40, worlds=1)).text)
    assert "with 40 draws and 1 world each there is no lower bound" in single


# ---- the whole ---------------------------------------------------------------------------------------------------


def test_every_context_is_in_every_table_of_the_text() -> None:
    problems = ("adaptive", "technical", "complex")
    report = analyse(made(**QUICK, problems=problems, usd_per_unit=1e6))
    lines = report.text.splitlines()
    assert all(len(line) <= 100 for line in lines)
    for problem in problems:
        assert lines.count(problem) == 4, "decisions, steps, payback, regret"
        assert any(line.startswith(f"{problem}: ") for line in lines)
    assert "+ " in report.text, "what is left out is counted"


def without_money(data: StudyData) -> StudyData:
    """The same study with its budgets called small, middle and so on: a lever that is no amount."""
    names = {budget: f"size {i}" for i, budget in enumerate(BUDGETS)}
    factors = tuple(
        grid("size", tuple(names.values())) if f.name == "backbone_usd_per_year" else f for f in data.factors
    )
    design = data.design.rename(columns={"backbone_usd_per_year": "size"})
    return replace(data, factors=factors, design=design.assign(size=design["size"].map(names)))


def test_without_a_budget_it_says_so_and_compares_with_the_reference() -> None:
    report = analyse(without_money(made(**QUICK)))
    assert "No frontier of budgets" in report.text
    assert not {"marginal", "budgets"} & set(report.tables)
    assert "frontier" not in report.figures
    assert set(report.tables["pay_map"]["against"]) == {"isolated"}
    assert report.plot("pay_map").axes


def test_a_price_without_the_money_spent_is_refused_and_no_price_needs_none() -> None:
    assert "new usd" in analyse(made(**QUICK, money=False)).text
    with pytest.raises(ValueError, match="usd_total"):
        analyse(made(**QUICK, money=False, usd_per_unit=1e6))
