"""Targets are read strictly, and summaries are merged on keys and right in value and error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim.problems import ScenarioError
from cisim.study.calibration.summaries import summaries
from cisim.study.calibration.targets import Target, as_targets, read_targets, targets_from

SHIPPED = Path(__file__).parents[2] / "experiments" / "targets" / "coalitions.yaml"
ONE: dict[str, Any] = {
    "name": "alive", "case": "coalition", "outcome": "trust", "statistic": "mean", "value": 0.5,
    "tolerance": 0.1, "source": "example",
}  # fmt: skip


def listed(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"cisim_targets": 1, "title": "Example", "targets": [{**ONE, **change} for change in changes]}


def test_the_shipped_file_reads_and_says_where_facts_come_from():
    found = read_targets(SHIPPED)
    assert len(found.targets) >= 8
    assert {one.use for one in found.targets} == {"fit", "hold-out"}
    assert all(len(one.source) > 10 for one in found.targets)
    assert len(found.origin.sha256) == 64


def test_kept_plain_values_give_the_same_targets():
    found = read_targets(SHIPPED).targets
    assert as_targets(found) == found
    plain = [{name: getattr(one, name) for name in Target.__slots__} for one in found]
    assert as_targets(plain) == found


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"outcome": "trsut"}, "targets[0].outcome", "did you mean 'trust'"),
        ({"outcome": "coalition_survived", "month": 3}, "targets[0].outcome", "monthly column"),
        ({"statistic": "median"}, "targets[0].statistic", "one of mean, sd"),
        ({"tolerance": 0}, "targets[0].tolerance", "above 0"),
        ({"tolerance": "wide"}, "targets[0].tolerance", "text, not a number"),
        ({"statistic": "share_positive", "value": 1.2}, "targets[0].value", "0 to 1"),
        ({"statistic": "yearly_loss"}, "targets[0]", "month and since"),
        ({"statistic": "yearly_loss", "month": 5, "since": 5}, "targets[0].since", "not before"),
        ({"month": 5, "since": 2}, "targets[0].since", "yearly_loss only"),
        ({"month": -1}, "targets[0].month", "0 to 599"),
        ({"month": 2.5}, "targets[0].month", "whole number"),
        ({"use": "test"}, "targets[0].use", "fit, hold-out"),
        ({"name": "seed"}, "targets[0].name", "never tuned"),
        ({"outcome": "seed"}, "targets[0].outcome", "not allowed"),
        ({"weight": 2}, "targets[0].weight", "no such name"),
        ({"use": "hold-out"}, "targets", "at least one"),
    ],
)
def test_every_mistake_names_field_and_what_is_allowed(change, field, words):
    with pytest.raises(ScenarioError) as error:
        targets_from(listed(change))
    assert any(one.field == field and words in one.message for one in error.value.problems), str(error.value)


def test_mistakes_in_a_file_carry_line_and_column(tmp_path):
    path = tmp_path / "bad.yaml"
    lines = ["cisim_targets: 2", "title: x", "targets:", "  - name: a", "    case: b", "    outcome: trust"]
    lines += ["    statistic: mean", "    value: 1", "    tolerance: -1", "    source: s"]
    path.write_text("\n".join(lines))
    with pytest.raises(ScenarioError) as error:
        read_targets(path)
    found = {(one.place.line, one.place.column, one.field) for one in error.value.problems}
    assert found == {(1, 16, "cisim_targets"), (9, 16, "targets[0].tolerance")}


def test_a_name_stated_twice_is_a_mistake_and_two_names_are_not():
    with pytest.raises(ScenarioError, match="named twice"):
        targets_from(listed({}, {}))
    assert len(targets_from(listed({}, {"name": "other"})).targets) == 2


# --- summaries ---


def frame(seed: int = 1, n_points: int = 3, n_worlds: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    draws = np.random.default_rng(seed)
    rows = []
    for point in range(n_points):
        for world in range(n_worlds):
            luck = draws.normal()
            for case, shift in (("isolated", 2.0), ("coalition", 2.0 + 0.1 * point)):
                value = shift + luck + 0.1 * draws.normal()
                rows.append((point, case, world, value, draws.integers(0, 3)))
    runs = pd.DataFrame(rows, columns=["point", "case", "world", "trust", "stage"])
    months = [runs.assign(month=m, stage=draws.integers(0, 2, len(runs))) for m in (5, 29)]
    return runs, pd.concat(months, ignore_index=True)


def target(**changes: Any) -> Target:
    return Target(**{**ONE, **changes})


def test_summaries_agree_with_hand_calculation():
    runs, series = frame()
    wanted = [
        target(), target(statistic="sd"), target(statistic="share_positive", outcome="stage"),
        target(statistic="difference"), target(statistic="relative_difference"),
        target(statistic="yearly_loss", outcome="stage", month=29, since=5),
        target(outcome="trust", per="stage", where="stage"),
    ]  # fmt: skip
    values, errors = summaries(runs, series, wanted, "isolated")
    for point in range(3):
        here = runs[runs.point == point].pivot_table(index="world", columns="case", values=["trust", "stage"])
        x, y, stage = here["trust"]["coalition"], here["trust"]["isolated"], here["stage"]["coalition"]
        there = series[(series.point == point) & (series.case == "coalition")]
        alive = there.pivot_table(index="world", columns="month", values="stage") > 0
        stays = (alive[5] & alive[29]).sum() / alive[5].sum()
        ratio = x.mean() / y.mean() - 1.0
        by_hand = [
            x.mean(), x.std(), (stage > 0).mean(), (x - y).mean(), ratio, 1.0 - stays**0.5,
            (x / stage)[stage > 0].mean(),
        ]  # fmt: skip
        np.testing.assert_allclose(values[point], by_hand, rtol=1e-12)
        assert errors[point, 0] == pytest.approx(x.std() / np.sqrt(40))
        assert errors[point, 3] == pytest.approx((x - y).std() / np.sqrt(40))


def test_rows_in_any_order_give_the_same_bits():
    runs, series = frame()
    wanted = [
        target(),
        target(statistic="difference"),
        target(outcome="stage", month=5, statistic="share_positive"),
    ]
    first = summaries(runs, series, wanted, "isolated")
    mixed = summaries(
        runs.sample(frac=1, random_state=2), series.sample(frac=1, random_state=3), wanted, "isolated"
    )
    np.testing.assert_array_equal(first[0], mixed[0])
    np.testing.assert_array_equal(first[1], mixed[1])
    # negative control: a join by position would see other numbers
    shifted = runs.assign(trust=np.roll(runs["trust"], 1))
    assert not np.array_equal(first[0], summaries(shifted, series, wanted, "isolated")[0])


@pytest.mark.parametrize(
    "statistic", ["mean", "sd", "share_positive", "difference", "relative_difference", "yearly_loss"]
)
def test_standard_errors_are_the_spread_of_repetitions(statistic):
    """600 points of the same world: the sd of their values is known to 3 %, so 12 % is 4 standard errors; error
    rate below 1 in 10,000 for each statistic but for bias of order 1/n."""
    draws = np.random.default_rng(5)
    n_points, n_worlds = 600, 60
    size = n_points * n_worlds
    base = pd.DataFrame(
        {"point": np.repeat(np.arange(n_points), n_worlds), "world": np.tile(np.arange(n_worlds), n_points)}
    )
    luck = draws.normal(size=size)
    cases = [
        base.assign(
            case=case,
            trust=3.0 + shift + luck + 0.5 * draws.normal(size=size),
            stage=draws.random(size) < 0.7,
        )
        for case, shift in (("isolated", 0.0), ("coalition", 0.5))
    ]
    runs = pd.concat(cases, ignore_index=True)
    alive = draws.random(len(runs)) < 0.9
    series = pd.concat(
        [
            runs.assign(month=5, stage=alive),
            runs.assign(month=29, stage=alive & (draws.random(len(runs)) < 0.8)),
        ]
    )
    asked: dict[str, Any] = {"statistic": statistic}
    if statistic == "share_positive":
        asked["outcome"] = "stage"
    if statistic == "yearly_loss":
        asked |= {"outcome": "stage", "month": 29, "since": 5}
    values, errors = summaries(runs, series, [target(**asked)], "isolated")
    assert values.std(ddof=1) == pytest.approx(float(np.sqrt((errors**2).mean())), rel=0.12)


def test_what_does_not_exist_is_nan_and_a_share_of_1_still_has_an_error():
    runs = pd.DataFrame({"point": 0, "case": "coalition", "world": range(5), "trust": np.inf, "stage": 1.0})
    values, errors = summaries(runs, None, [target(), target(outcome="stage", statistic="share_positive")])
    assert np.isnan(values[0, 0])
    assert values[0, 1] == 1.0
    assert errors[0, 1] > 0.05
    months = pd.concat([runs.assign(month=5, stage=0.0), runs.assign(month=29)])
    loss = target(outcome="stage", statistic="yearly_loss", month=29, since=5)
    assert np.isnan(summaries(runs, months, [loss])[0][0, 0])


def test_what_is_missing_is_named():
    runs, series = frame()
    with pytest.raises(ValueError, match="month 7; there are no such runs"):
        summaries(runs, series, [target(month=7)])
    with pytest.raises(ValueError, match="none were kept"):
        summaries(runs, None, [target(month=5)])
    with pytest.raises(ValueError, match="'alignment', which was not kept; add it to outcomes"):
        summaries(runs, series, [target(outcome="alignment")])
    with pytest.raises(ValueError, match="needs a reference"):
        summaries(runs, series, [target(statistic="difference")])
    with pytest.raises(ValueError, match="at least 2"):
        summaries(runs[runs.world == 0], None, [target()])
    with pytest.raises(ValueError, match="twice in the same"):
        summaries(pd.concat([runs, runs]), None, [target()])
