"""Scores against numbers worked out by hand, and predictions that nobody can mend."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cisim.problems import ScenarioError
from cisim.scenario import load
from cisim.survey import scores, scoring, telling
from cisim.survey.folder import ABOUT, load_prediction, save_prediction
from cisim.survey.futures import Snapshot, futures, simulate
from cisim.survey.network import all_pairs, components, measure
from cisim.survey.predicting import Prediction, predict
from cisim.survey.reading import read_survey
from cisim.survey.records import Organisation, Survey, Tie
from cisim.survey.ties import Reading

ABC = ("A", "B", "C")


def snap(ties: dict[tuple[int, int], float], gone: tuple[int, ...] = (), n: int = 3) -> Snapshot:
    pairs = list(ties)
    return Snapshot(
        np.array([a for a, _ in pairs], np.int64),
        np.array([b for _, b in pairs], np.int64),
        np.array(list(ties.values()), float),
        np.array([k not in gone for k in range(n)]),
        np.array([0, 0, 1][:n], np.int64),
        np.full(n, 1e5),
    )


def prediction(*worlds: Snapshot, start: Snapshot | None = None, names: tuple[str, ...] = ABC) -> Prediction:
    return Prediction(names, (24,), (worlds,), start, 1.0, 4.0, {})


def survey(ties: dict[tuple[int, int], float | None], silent: tuple[int, ...] = ()) -> Survey:
    orgs = tuple(Organisation(name, responded=k not in silent) for k, name in enumerate(ABC))
    return Survey(orgs, {pair: Tie(trust) for pair, trust in ties.items()})


def scored(found: Prediction, now: Survey, **how: bool) -> scoring.Score:
    return scoring.score(found, 24, scoring.observed(found, now, is_listed=how.get("is_listed", False)))


HALF = prediction(
    snap({(0, 1): 0.4, (1, 0): 0.4}),
    snap({(0, 1): 0.6}),
    snap({(0, 1): 0.5}),
    snap({}),
    start=snap({(0, 1): 0.2}),
)
"""Shares of worlds: A-B 3/4, B-A 1/4, others 0; at the start A-B alone."""


def test_brier_and_log_scores_by_hand() -> None:
    found = scored(HALF, survey({(0, 1): 0.5, (1, 2): 0.5}))
    by_rule = {one.rule: one for one in found.ties}
    mine = by_rule[scoring.PREDICTION]
    assert mine.brier == pytest.approx((0.25**2 + 0.25**2 + 1.0) / 6)
    held = [3.5 / 5, 1.5 / 5, 0.5 / 5]  # half a world for either side
    likely = [held[0], 1 - held[1], held[2], *[1 - held[2]] * 3]
    assert mine.log == pytest.approx(-np.mean(np.log(likely)))
    assert by_rule[scoring.PERSISTENCE].brier == pytest.approx(1 / 6)
    assert by_rule[scoring.PERSISTENCE].log == np.inf  # it held the new tie to be impossible
    assert by_rule[scoring.DENSITY].brier == pytest.approx(((1 - 1 / 6) ** 2 * 2 + (1 / 6) ** 2 * 4) / 6)
    assert by_rule[scoring.TURNOVER].brier == pytest.approx((0.8**2 + 4 * 0.2**2) / 6)
    assert found.gain == pytest.approx(1 / 6 - (0.125 + 1.0) / 6)
    assert (found.ties_start, found.ties_seen, found.ties_kept, found.pairs) == (1, 2, 1, 6)


def test_area_under_the_curve_by_counting_pairs() -> None:
    rng = np.random.default_rng(1)
    p, happened = rng.integers(0, 5, 40) / 4.0, rng.random(40) < 0.4
    wins = [(a > b) + 0.5 * (a == b) for a in p[happened] for b in p[~happened]]
    assert scores.auc(p, happened) == pytest.approx(np.mean(wins))
    assert np.isnan(scores.auc(p, np.ones(40, bool)))


def test_crps_is_the_integral_it_is_defined_by() -> None:
    members, seen = np.array([0.1, 0.35, 0.35, 0.9]), 0.5
    x = np.linspace(-1.0, 2.0, 300_001)
    steps = (members[:, None] <= x).mean(axis=0) - (seen <= x)
    assert scores.crps(members, seen) == pytest.approx(np.trapezoid(steps**2, x), abs=1e-5)


def test_the_error_of_independent_dyads_is_the_plain_one() -> None:
    """Over many networks of independent pairs the jackknife gives the spread that the means really have."""
    rng = np.random.default_rng(7)
    n = 12
    first, second = np.nonzero(~np.eye(n, dtype=bool))
    means, errors = [], []
    for _ in range(400):
        dyad = np.triu(rng.normal(size=(n, n)), 1)
        values = (dyad + dyad.T)[first, second]
        means.append(values.mean())
        errors.append(scores.jackknife_error(values, first, second))
    # relative standard error of a standard deviation from 400 draws: 1 / sqrt(800) = 3.5 %
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=4 * 0.035)


def test_trust_is_scored_where_there_is_an_answer() -> None:
    worlds = [snap({(0, 1): 0.1 * k}) for k in range(1, 11)]
    found = scored(
        prediction(*worlds, start=snap({(0, 1): 0.9})), survey({(0, 1): 0.5, (1, 0): 0.5, (1, 2): None})
    )
    trust = found.trust
    assert trust is not None
    assert (trust.ties, trust.common, trust.covered) == (1, 1, 1.0)
    values = 0.1 * np.arange(1, 11)
    by_hand = np.abs(values - 0.5).mean() - 0.5 * np.abs(values[:, None] - values[None, :]).mean()
    assert trust.crps == pytest.approx(by_hand)
    assert trust.persistence == pytest.approx(0.4)
    assert trust.interval == pytest.approx(np.quantile(values, 0.95) - np.quantile(values, 0.05))


def test_pairs_of_those_who_did_not_answer_do_not_count() -> None:
    found = scored(HALF, survey({(0, 1): 0.5}, silent=(1, 2)))
    assert (found.pairs, found.answered) == (2, 1)
    assert found.ties[0].brier == pytest.approx(0.25**2 / 2)
    density = next(one for one in found.network if one.measure == "density")
    assert (density.seen, density.start) == (0.5, 0.5)
    assert density.mean == pytest.approx(3 / 8)  # the same two pairs


def test_who_is_gone_counts_where_a_list_says_so() -> None:
    found = prediction(
        snap({(0, 1): 0.5}, gone=(2,)), snap({(0, 1): 0.5}), start=snap({(0, 1): 0.5}), names=(*ABC, "D")[:3]
    )
    now = Survey((Organisation("A"), Organisation("B"), Organisation("c")), {(0, 1): Tie(0.5)})
    listed = scored(found, now, is_listed=True)
    there = next(one for one in listed.network if one.measure == "organisations")
    assert (there.mean, there.seen, there.start) == (2.5, 3.0, 3.0)
    assert not any(one.measure == "organisations" for one in scored(found, now).network)


def test_without_a_start_nothing_is_compared_with_it() -> None:
    found = scored(prediction(snap({(0, 1): 0.5}), snap({})), survey({(0, 1): None}))
    assert [one.rule for one in found.ties] == [scoring.PREDICTION]
    assert "no 'nothing changes'" in telling.verdict(found)
    assert found.trust is None


def test_strangers_are_left_out_and_too_few_refused() -> None:
    now = Survey(
        (*(Organisation(name) for name in ABC), Organisation("Newcomer")),
        {(0, 1): Tie(0.5), (3, 0): Tie(0.5)},
    )
    found = scored(HALF, now)
    assert (found.pairs, found.ties_seen) == (6, 1)
    assert "1 of the survey are not in the prediction and are left out: 'Newcomer'" in found.notes
    with pytest.raises(ScenarioError, match="only 0 of its organisations are in the prediction"):
        scored(prediction(snap({}), names=("X", "Y", "Z")), now)


@pytest.mark.parametrize(
    ("gain", "error", "word"),
    [
        (0.1, 0.01, "beats"),
        (-0.1, 0.01, "is worse than"),
        (0.01, 0.01, "cannot be told from"),
        (0.0, np.nan, "equals"),
    ],
)
def test_the_verdict_says_no_more_than_the_numbers(gain: float, error: float, word: str) -> None:
    found = scored(HALF, survey({(0, 1): 0.5}))
    changed = {
        **{name: getattr(found, name) for name in found.__dataclass_fields__},
        "gain": gain,
        "gain_error": error,
    }
    assert f"the prediction {word} 'nothing changes'" in telling.verdict(scoring.Score(**changed))


def test_a_prediction_worse_than_the_density_alone_is_told_so() -> None:
    wrong = prediction(snap({(0, 1): 0.5, (1, 2): 0.5}), start=snap({(0, 2): 0.5}))
    assert "The density of the start alone" in telling.verdict(scored(wrong, survey({(2, 1): 0.5})))
    right = prediction(snap({(2, 1): 0.5}), start=snap({(0, 2): 0.5}))
    assert "The density of the start alone" not in telling.verdict(scored(right, survey({(2, 1): 0.5})))


def test_measures_of_a_network_by_hand() -> None:
    is_tie = np.array([[0, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
    trust = np.where(is_tie, 0.5, np.nan)
    trust[0, 1] = np.nan  # not answered
    found = measure(is_tie, trust, np.array([0, 0, 1, -1]), all_pairs(4))
    assert found["density"] == pytest.approx(5 / 12)
    assert found["reciprocity"] == pytest.approx(4 / 5)
    assert found["mean_trust"] == 0.5
    assert found["cross_sector_share"] == pytest.approx(2 / 4)  # the tie to the unknown sector does not count
    assert found["centralisation"] == pytest.approx((0 + 1 / 3 * 3) / 3)
    assert components(is_tie) == (1, 0)


# --- predictions ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("town") / "town.yaml"
    names = [f"Org {letter}" for letter in "ABCDEFGH"]
    ties = [
        f"  - {{from: {a}, to: {b}, trust: 0.5}}" for k, a in enumerate(names) for b in names[k + 1 : k + 3]
    ]
    lines = [
        "cisim: 1",
        "title: Town",
        "extends: generic-adaptive",
        "regime: collective",
        "params: {months: 36}",
    ]
    lines += ["organisations:", *(f"  - {{name: {name}}}" for name in names), "ties:", *ties]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_worlds_are_those_of_the_engine_and_do_not_depend_on_threads(town: Path) -> None:
    scenario = load(town)
    one = predict(scenario, [24, 12], worlds=4, seed=5, draws="none", threads=1)
    two = predict(scenario, [24], worlds=4, seed=5, draws="none", threads=2)
    assert one.months == (12, 24)
    for a, b in zip(one.at(24), two.at(24), strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(vars_of(a), vars_of(b), strict=True))
    wanted, drawn = futures(scenario, worlds=4, seed=5, draws="none")
    assert drawn == ()
    assert np.array_equal(simulate(wanted[2], [24])[0].trust, two.at(24)[2].trust)


def vars_of(one: Snapshot) -> list[np.ndarray]:
    return [getattr(one, name) for name in one.__dataclass_fields__]


def test_draws_keep_what_the_scenario_states(town: Path) -> None:
    scenario = load(town).with_(meeting_interval_weeks=3)
    wanted, drawn = futures(scenario, worlds=4, seed=1, draws="calibrated")
    assert len({seed for _, seed in wanted}) == 4
    assert len(drawn) > 10
    assert {one.values["meeting_interval_weeks"] for one, _ in wanted} == {3}
    assert {one.ties for one, _ in wanted} == {scenario.ties}
    assert len({one.values["turf"] for one, _ in wanted}) == 4


def test_a_folder_comes_back_as_it_was_and_is_the_same_bytes(town: Path, tmp_path: Path) -> None:
    scenario = load(town)
    made = predict(scenario, [12, 24], worlds=5, seed=2)
    digest = save_prediction(made, scenario, tmp_path / "p")
    assert digest == save_prediction(made, scenario, tmp_path / "q")
    back, again = load_prediction(tmp_path / "p")
    assert again == digest
    assert (back.names, back.months, back.origin, back.low, back.high) == (
        made.names, made.months, made.origin, 1.0, 4.0,
    )  # fmt: skip
    for month in made.months:
        for a, b in zip(made.at(month), back.at(month), strict=True):
            assert np.array_equal(a.is_tie, b.is_tie)
            assert np.array_equal(a.trust_of, b.trust_of, equal_nan=True)
            assert np.array_equal(a.is_there, b.is_there)
    assert back.start is not None
    assert back.start.is_tie.sum() == 13
    told = json.loads((tmp_path / "p" / ABOUT).read_text("utf-8"))
    assert told["scenario_digest"] == scenario.digest
    assert told["what"].startswith("A prediction")


@pytest.mark.parametrize("name", ["month-12/ties.csv", "worlds.parquet", "network.csv", "scenario.yaml"])
def test_a_mended_prediction_is_refused(town: Path, tmp_path: Path, name: str) -> None:
    save_prediction(predict(load(town), [12], worlds=2, draws="none"), load(town), tmp_path / "p")
    path = tmp_path / "p" / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ScenarioError, match="was changed after the prediction was made"):
        load_prediction(tmp_path / "p")
    path.unlink()
    with pytest.raises(ScenarioError, match="is missing"):
        load_prediction(tmp_path / "p")


def test_a_predicted_network_can_be_imported_as_a_survey(town: Path, tmp_path: Path) -> None:
    """With a single world the survey read back is that world: the same ties, the same trust."""
    made = predict(load(town), [12], worlds=1, draws="none")
    save_prediction(made, load(town), tmp_path / "p")
    place = tmp_path / "p" / "month-12"
    back = read_survey(place / "ties.csv", place / "orgs.csv", Reading(missing="none"))
    (only,) = made.at(12)
    assert back.names == made.names
    assert np.array_equal(back.is_tie, only.is_tie)
    assert np.nanmax(np.abs(back.trust - only.trust_of)) < 1e-6


def test_a_prediction_of_many_worlds_is_imported_by_its_likely_ties(town: Path, tmp_path: Path) -> None:
    made = predict(load(town), [24], worlds=9, seed=3)
    save_prediction(made, load(town), tmp_path / "p")
    place = tmp_path / "p" / "month-24"
    back = read_survey(place / "ties.csv", place / "orgs.csv", Reading(missing="none"))
    share = np.mean([one.is_tie for one in made.at(24)], axis=0)
    assert np.array_equal(back.is_tie, share >= 0.5)
    assert 0 < back.is_tie.sum() < (share > 0).sum()


def test_a_perfect_prediction_scores_nothing(town: Path) -> None:
    made = predict(load(town).with_(regime="network"), [12], worlds=1, draws="none")
    (only,) = made.at(12)
    orgs = tuple(Organisation(name) for name in made.names)
    pairs = zip(only.source.tolist(), only.target.tolist(), only.trust.tolist(), strict=True)
    now = Survey(orgs, {(a, b): Tie(trust) for a, b, trust in pairs})
    found = scoring.score(made, 12, scoring.observed(made, now, is_listed=False))
    assert found.ties[0].brier == 0.0
    assert found.ties[0].auc == 1.0
    assert found.ties[1].brier > 0.0  # the network has changed
    assert all(one.is_inside for one in found.network)


@pytest.mark.parametrize("whose", ["prediction", "survey"])
def test_names_that_could_be_taken_for_one_another_are_not_scored(whose: str) -> None:
    """Otherwise both would be scored against the same rows of the survey."""
    odd = ("A", "a", "C")
    names = {"prediction": ABC, "survey": ABC, whose: odd}
    made = prediction(snap({(0, 1): 0.4}), names=names["prediction"])
    now = Survey(tuple(Organisation(name) for name in names["survey"]), {(0, 1): Tie(0.5)})
    with pytest.raises(
        ScenarioError, match=f"organisations: 'A' and 'a' are two organisations of the {whose}"
    ):
        scoring.observed(made, now, is_listed=False)
