"""What-ifs as people, links and files state them."""

import json
import zlib
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from cisim.problems import ScenarioError
from cisim.whatif import decode_state, encode_state, read_whatif, source_of
from cisim.whatif.source import MOST_BYTES, Source, scenario_of
from cisim.whatif.state import MOST_STATE, code_of

PLAIN = {"scenario": "generic-adaptive", "regime": "collective"}


def code_for(text: str | bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(text if isinstance(text, bytes) else text.encode()) + packer.flush()
    return urlsafe_b64encode(packed).decode().rstrip("=")


def test_what_is_not_stated_has_its_default() -> None:
    asked = read_whatif(PLAIN)
    assert (asked.reference, asked.financing, asked.draws, asked.worlds, asked.seed) == (
        "isolated", "equal", "calibrated", 256, 1,
    )  # fmt: skip
    assert asked.settings == {}
    assert asked.worth_usd is None


def test_settings_are_split_into_what_is_decided_and_what_is_not() -> None:
    asked = read_whatif({**PLAIN, "set": {"backbone": 0.5, "turf": 0.2, "months": 60}})
    assert asked.levers == {"backbone": 0.5}
    assert asked.common == {"turf": 0.2, "months": 60}


def test_there_and_back() -> None:
    text = "cisim: 1\nextends: generic-adaptive\ntitle: Town\n"
    many = [
        read_whatif({**PLAIN, "name": "plain"}),
        read_whatif(
            {**PLAIN, "set": {"backbone_usd_per_year": 123456.789}, "worth_usd": 0.1, "seed": 2**53 - 1}
        ),
        read_whatif({**PLAIN, "scenario": {"yaml": text, "name": "my town"}, "draws": "none", "worlds": 8}),
        read_whatif({**PLAIN, "reference": "no-backbone", "financing": "added"}),
    ]
    assert decode_state(encode_state(many, 2)) == (tuple(many), 2)


def test_equal_questions_have_equal_keys() -> None:
    one = read_whatif({**PLAIN, "name": "A", "set": {"turf": 0.2, "backbone": 1}})
    same = read_whatif({**PLAIN, "name": "B", "set": {"backbone": 1.0, "turf": 0.2}})
    other = read_whatif({**PLAIN, "name": "A", "set": {"turf": 0.3, "backbone": 1}})
    assert one.key == same.key != other.key


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"scenario": "generic-adaptve"}, "scenario", "generic-adaptive"),
        ({"scenario": "/etc/passwd"}, "scenario", "is not allowed"),
        ({"scenario": "../x.yaml"}, "scenario", "is not allowed"),
        ({"scenario": 5}, "scenario", "is not allowed"),
        ({"scenario": {"yaml": 5}}, "scenario", "text of a scenario file"),
        ({"scenario": {"yaml": "cisim: 1", "name": "../a"}}, "scenario.name", "letters"),
        ({"scenario": {"yaml": "cisim: 1", "file": "a"}}, "scenario.file", ""),
        ({"scenario": {"yaml": "x" * (MOST_BYTES + 1)}}, "scenario.yaml", "longer than 64 kB"),
        ({"regime": "collectiv"}, "regime", "collective"),
        ({"reference": "nobody"}, "reference", "is not allowed"),
        ({"financing": "both"}, "financing", "equal"),
        ({"draws": "all"}, "draws", "calibrated"),
        ({"worlds": 7}, "worlds", "from 8 to 1024"),
        ({"worlds": 10**9}, "worlds", "from 8 to 1024"),
        ({"worlds": 8.5}, "worlds", "whole number"),
        ({"worlds": True}, "worlds", "is not allowed"),
        ({"seed": -1}, "seed", "whole number"),
        ({"worth_usd": "much"}, "worth_usd", "is not allowed"),
        ({"worth_usd": float("nan")}, "worth_usd", "is not allowed"),
        ({"name": "x" * 41}, "name", ""),
        ({"name": ""}, "name", ""),
        ({"set": {"turff": 0.2}}, "set.turff", "turf"),
        ({"set": {"turf": 1.5}}, "set.turf", "0 to 1"),
        ({"set": {"turf": "high"}}, "set.turf", "is not allowed"),
        ({"set": {"turf": float("inf")}}, "set.turf", "is not allowed"),
        ({"set": {"financing": "added"}}, "set.financing", "'financing'"),
        ({"set": [1]}, "set", ""),
        ({"path": "/etc/passwd"}, "path", ""),
    ],
)
def test_mistakes_are_named(changed: dict[str, object], field: str, told: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read_whatif({**PLAIN, **changed})
    assert error.value.problems[0].field == field
    assert told in error.value.problems[0].message


@pytest.mark.parametrize("data", [None, 5, "text", [], {}, {"scenario": "generic-adaptive"}])
def test_something_else_is_no_what_if(data: object) -> None:
    with pytest.raises(ScenarioError):
        read_whatif(data)


@pytest.mark.parametrize("parent", ["/etc/passwd", "../other.yaml", "other.yaml", "./generic-adaptive", "5"])
def test_a_sent_scenario_extends_shipped_ones_only(parent: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is not a shipped scenario"):
        scenario_of(Source("town", f"cisim: 1\nextends: {parent}\n"))


def test_mistakes_in_a_sent_scenario_have_their_place() -> None:
    with pytest.raises(ScenarioError) as error:
        scenario_of(Source("town", "cisim: 1\nextends: generic-adaptive\nparams:\n  turf: 7\n"))
    [problem] = error.value.problems
    assert (problem.place.file, problem.place.line, problem.place.column) == ("town.yaml", 4, 9)


def test_a_file_that_extends_a_file_is_written_out(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("cisim: 1\nextends: generic-adaptive\nparams: {turf: 0.3}\n")
    (tmp_path / "town.yaml").write_text("cisim: 1\nextends: base.yaml\ntitle: Town\n")
    scenario = scenario_of(source_of(str(tmp_path / "town.yaml")))
    assert (scenario.title, scenario.values["turf"]) == ("Town", 0.3)


@pytest.mark.parametrize(
    "code",
    [
        "", "?", "abc", "AAAA", code_for("not json"), code_for("[]"), code_for('{"v":1}'), code_for(b"\xff\xfe"),
        code_for('{"v":1,"whatifs":[]}'), code_for("[" * 100_000), code_for(json.dumps({"v": 2, "whatifs": [PLAIN]})),
        code_for(json.dumps({"v": 1, "whatifs": [PLAIN] * 5})), code_for(json.dumps({"v": 1, "whatifs": [PLAIN]}))[:-9],
        code_for(json.dumps({"v": 1, "whatifs": [PLAIN], "shown": 1})), code_for('{"v":1,"whatifs":[{"seed":1e400}]}'),
    ],
)  # fmt: skip
def test_damaged_links_are_refused(code: str) -> None:
    with pytest.raises(ScenarioError):
        decode_state(code)


def test_a_link_cannot_unfold_without_end() -> None:
    bomb = code_for(b" " * (MOST_STATE * 200))
    assert len(bomb) < MOST_STATE
    with pytest.raises(ScenarioError, match="more than fits"):
        decode_state(bomb)


def test_the_code_of_a_link() -> None:
    assert code_of("http://127.0.0.1:1/#t=token&s=abc") == "abc"
    assert code_of(" abc ") == "abc"
