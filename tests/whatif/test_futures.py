"""Futures of a what-if: the runs of a study, bit for bit, whichever door they come through."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cisim import Study, run
from cisim.cli import main
from cisim.problems import ScenarioError
from cisim.result import OUTCOMES
from cisim.whatif import Futures, WhatIf, decode_state, encode_state, exported, read_whatif
from cisim.whatif.exporting import simulated

SMALL = {"n_orgs": 8, "months": 24}
PLAIN: dict[str, Any] = {"scenario": "generic-adaptive", "regime": "collective", "worlds": 8, "seed": 3}
TOWN = "cisim: 1\nextends: generic-adaptive\ntitle: Town\nparams: {n_orgs: 8, months: 24, turf: 0.3}\n"
ASKED = {
    "plain": {**PLAIN, "set": SMALL},
    "levers": {**PLAIN, "set": {**SMALL, "backbone_usd_per_year": 123456.7, "meeting_interval_weeks": 2}},
    "known": {**PLAIN, "set": {**SMALL, "ruggedness": 5, "turf": 0.1}},
    "known to be the default": {**PLAIN, "set": {**SMALL, "ruggedness": 2, "turf": 0.5}},
    "added money": {**PLAIN, "set": SMALL, "financing": "added", "worth_usd": 1e5},
    "another reference": {**PLAIN, "set": SMALL, "reference": "network"},
    "without the backbone": {**PLAIN, "set": {**SMALL, "restricted_share": 0.2}, "reference": "no-backbone"},
    "nothing drawn": {**PLAIN, "set": SMALL, "draws": "none"},
    "the scenario's draws": {**PLAIN, "set": SMALL, "draws": "scenario"},
    "sent": {**PLAIN, "scenario": {"yaml": TOWN, "name": "town"}, "set": {"backbone": 0.5, "fear": 0.5}},
    "savings": {**PLAIN, "scenario": "summer-meals", "set": {**SMALL, "savings_share": 0.1}},
}  # fmt: skip


def values_of(whatif: WhatIf) -> np.ndarray[Any, Any]:
    """Outcomes of all futures in both cases, (n, 2, n_outcomes)."""
    return np.array([[one.outcomes for one in pair] for pair in simulated(Futures(whatif))])


@pytest.mark.parametrize("name", ASKED)
def test_a_future_is_a_run_of_its_scenario(name: str) -> None:
    futures = Futures(read_whatif(ASKED[name]))
    assert futures.n == 8
    for case in (0, 1):
        got = futures.simulate(5, case)
        whole = run(futures.scenario(5, case), seed=futures.seeds[5], details=False)
        assert got.outcomes.tolist() == [whole.outcomes[key] for key in OUTCOMES]


@pytest.mark.parametrize("name", ASKED)
def test_the_study_file_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    asked = read_whatif(ASKED[name])
    (tmp_path / "study.yaml").write_bytes(exported(asked, "study").data)
    if asked.source.text is not None:
        (tmp_path / "town.yaml").write_text(asked.source.text)
    result = Study.load(tmp_path / "study.yaml").run()
    order = ["draw", "world", "case"]
    runs = result.runs.assign(case=result.runs["case"].eq("chosen")).sort_values(order)
    assert (runs[list(OUTCOMES)].to_numpy().reshape(8, 2, -1) == values_of(asked)).all()


@pytest.mark.parametrize("name", ASKED)
def test_link_scenario_file_and_command_give_the_same_bits(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import shlex

    monkeypatch.chdir(tmp_path)
    asked = read_whatif(ASKED[name])
    wanted = exported(asked, "csv").data
    file = exported(asked, "yaml")
    (tmp_path / file.filename).write_bytes(file.data)
    in_file = file.data.decode().splitlines()[1].removeprefix("# ")
    for k, command in enumerate(
        (
            exported(asked, "command").data.decode(),
            in_file,
            f"cisim whatif --link x#s={encode_state([asked])}",
        )
    ):
        words = [*shlex.split(command)[1:], "--quiet", "--export", f"csv={k}.csv"]
        assert main(words) == 0, capfd.readouterr().err
        assert (tmp_path / f"{k}.csv").read_bytes() == wanted, command
    capfd.readouterr()


def test_a_link_gives_the_same_answer() -> None:
    asked = read_whatif(ASKED["levers"])
    [again], _ = decode_state(encode_state([asked]))
    one, other = Futures(asked), Futures(again)
    assert one.answer(simulated(one)) == other.answer(simulated(other))


def test_fewer_futures_are_the_first_of_more() -> None:
    few, many = (Futures(read_whatif({**ASKED["plain"], "worlds": n})) for n in (8, 16))
    assert many.seeds[:8] == few.seeds
    assert many.keys[:8] == few.keys


def test_equal_keys_are_equal_runs() -> None:
    one = Futures(read_whatif(ASKED["plain"]))
    other = Futures(read_whatif(ASKED["levers"]))
    assert [key for key, _ in one.keys] == [
        key for key, _ in other.keys
    ]  # a lever leaves the reference alone
    assert not {key for _, key in one.keys} & {key for _, key in other.keys}
    assert (one.simulate(3, 0).outcomes == other.simulate(3, 0).outcomes).all()


def test_what_nobody_decides_holds_in_both() -> None:
    futures = Futures(read_whatif(ASKED["known"]))
    for case in (0, 1):
        scenario = futures.scenario(2, case)
        assert (scenario.values["ruggedness"], scenario.values["turf"]) == (5, 0.1)
    assert not {"ruggedness", "turf"} & set(futures.draws())


def test_without_its_backbone_it_is_the_same_way_of_working() -> None:
    futures = Futures(read_whatif(ASKED["without the backbone"]))
    reference, chosen = (futures.scenario(0, case) for case in (0, 1))
    assert [row[0] for row in reference.diff(chosen).rows] == ["backbone"]


def test_pairs_share_everything_but_levers() -> None:
    from cisim.params import LEVERS

    futures = Futures(read_whatif(ASKED["levers"]))
    rows = futures.scenario(4, 0).diff(futures.scenario(4, 1)).rows
    assert rows
    assert {row[0] for row in rows} <= set(LEVERS)


def test_what_contradicts_itself_is_refused() -> None:
    asked = read_whatif({**PLAIN, "set": {"manager_share": 0.9, "data_share": 0.9}})
    with pytest.raises(ScenarioError, match="more than 1"):
        Futures(asked)


def test_tables_hold_every_future(tmp_path: Path) -> None:
    import io

    asked = read_whatif(ASKED["plain"])
    futures = Futures(asked)
    pairs = simulated(futures)
    rows = pd.read_csv(io.BytesIO(exported(asked, "csv", pairs=lambda _: pairs).data))
    assert rows["chosen_indicator"].tolist() == [pair[1].outcome("indicator") for pair in pairs]
    assert rows["drawn_turf"].tolist() == futures.draws()["turf"]
    months = pd.read_csv(io.BytesIO(exported(asked, "series-csv", pairs=lambda _: pairs).data))
    assert len(months) == 8 * 24
    last = months[(months.future == 7) & (months.month == 24)]
    assert last["reference_indicator"].item() == pairs[7][0].months[0, -1]


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_figures_are_the_same_bytes_each_time(kind: str, start: bytes) -> None:
    asked = read_whatif(ASKED["plain"])
    first, again = (exported(asked, kind).data for _ in range(2))
    assert first.startswith(start)
    assert first == again


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind: 'pdf' is not allowed; one of csv"):
        exported(read_whatif(PLAIN), "pdf")
