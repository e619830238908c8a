"""Files that are wrong: each gives one clear line with its place, and never a traceback."""

from __future__ import annotations

import json
import math
import os
import re
import string
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cisim.params import PARAMS
from cisim.presets import home
from cisim.problems import ScenarioError
from cisim.reader import MAX_BYTES, parse
from cisim.scenario import Scenario, load
from cisim.tree import Unreadable, plain

GOOD = "cisim: 1\nextends: generic-adaptive\n"


def error_of(tmp_path: Path, text: str | bytes, name: str = "case.yaml") -> ScenarioError:
    """Return the error that a file with `text` gives."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert caught.value.file == str(path)
    assert len(str(caught.value).split("\n")) == len(caught.value.problems)
    return caught.value


# text, line, column, field, words of the message
NOT_READABLE = {
    "empty": ("", 1, 1, "is empty"),
    "only white space": ("\n \n", 1, 1, "is empty"),
    "only comments": ("# nothing\n# here\n", 1, 1, "is empty"),
    "null": ("~\n", 1, 1, "is empty"),
    "list at the top": ("- a\n- b\n", 1, 1, "not of a list"),
    "scalar at the top": ("\n12\n", 2, 1, "not of 12"),
    "tab as indentation": ("cisim: 1\nparams:\n\tmonths: 24\n", 3, 1, "a tab"),
    "two documents": (GOOD + "---\ncisim: 1\n", 3, 1, "second document"),
    "anchor": ("cisim: 1\nparams: &all\n  turf: 1\n", 2, 9, "anchors (&all)"),
    "alias": ("cisim: 1\nparams: *all\n", 2, 9, "aliases (*all)"),
    "python object": ("cisim: !!python/object/apply:os.system [ls]\n", 1, 8, "tags"),
    "harmless tag": ("cisim: !!int 1\n", 1, 8, "tags"),
    "colon in text": ("cisim: 1\ntitle: one: two\n", 2, 11, "put text that contains ': ' in quotes"),
    "open bracket": ("cisim: [1\n", 2, 1, "not YAML"),
    "open quote": ('title: "a\n', 2, 1, "not YAML"),
    "wrong indentation": ("cisim: 1\n  title: a\n", 2, 8, "second ':'"),
    "deep nesting": ("cisim: " + "[" * 40 + "]" * 40, 1, 20, "nested more than 12"),
    "control character": ("cisim: 1\ntitle: a\x07\n", 2, 9, "control character 0x07"),
    "nul": ("cisim: 1\0", 1, 9, "control character 0x00"),
}


@pytest.mark.parametrize("case", NOT_READABLE)
def test_unreadable_text_is_located(tmp_path: Path, case: str) -> None:
    text, line, column, words = NOT_READABLE[case]
    error = error_of(tmp_path, text)
    assert words in error.message
    assert (error.line, error.column) == (line, column)


def test_billion_laughs_stop_at_the_first_anchor(tmp_path: Path) -> None:
    lines = ["a0: &a0 lol"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    error = error_of(tmp_path, "\n".join(lines))
    assert (error.line, error.column) == (1, 5)


def test_not_utf8_names_line_and_column(tmp_path: Path) -> None:
    error = error_of(tmp_path, "cisim: 1\ntitle: Z\u00fcrich\n".encode("latin-1"))
    assert (error.line, error.column) == (2, 9)
    assert "0xfc" in error.message
    assert "UTF-16" in error_of(tmp_path, "cisim: 1".encode("utf-16")).message


def test_byte_order_mark_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(path).name == "bom"
    error = error_of(tmp_path, b"\xef\xbb\xbfcisym: 1\n")
    assert (error.line, error.column) == (1, 1)


def test_files_that_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = {
        tmp_path: "is a directory",
        tmp_path / "none.yaml": "there is no file",
        "infant-mortalty": "did you mean 'infant-mortality'?",
        "wetlands.yaml": "did you mean 'wetland'?",
        "": "there is no scenario",
        "nul\0.yaml": "there is no file",
        "x" * 5000 + ".yaml": "cannot be read",
        "/dev/null": "ends in .yaml",
        Path("infant-mortality"): "there is no file",
    }
    for asked, words in cases.items():
        with pytest.raises(ScenarioError, match=re.escape(words)):
            load(asked)
    with pytest.raises(ScenarioError, match="neither the name"):
        load(12)  # type: ignore[arg-type]
    error = error_of(tmp_path, b"#" * (MAX_BYTES + 1))
    assert "larger than" in error.message
    assert "ends in .yaml" in error_of(tmp_path, GOOD, "case.txt").message

    def denied(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "Permission denied" in error_of_unwritten(tmp_path / "case.yaml")


def error_of_unwritten(path: Path) -> str:
    """Return the error of a file that is already there."""
    path.touch()
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ScenarioError, match="not a regular file"):
        load(tmp_path / "pipe.yaml")


# statement below GOOD, line, column, field, words of the message
WRONG = {
    "unknown key": ("titel: a", 3, 1, "titel", "did you mean 'title'?"),
    "parameter at the top": ("ruggedness: 3", 3, 1, "ruggedness", "belongs under 'params'"),
    "unknown parameter": ("params:\n  monthz: 12", 4, 3, "params.monthz", "did you mean 'months'?"),
    "stated twice": ("params:\n  turf: 0\n  turf: 1", 5, 3, "turf", "first in line 4"),
    "key is a number": ("12: a", 3, 1, "", "a key must be text"),
    "key is true": ("true: a", 3, 1, "", "a key must be text"),
    "key is a list": ("[a, b]: a", 3, 1, "", "a key must be text"),
    "out of range": ("params: {months: 700}", 3, 18, "months", "700 is not allowed; 12 to 600 months ("),
    "bool as number": ("params: {turf: true}", 3, 16, "turf", "true is not allowed"),
    "word as number": ("params: {turf: yes}", 3, 16, "turf", "it is text, not a number"),
    "quoted number": ("params: {turf: '1'}", 3, 16, "turf", "without quotes"),
    "nothing as number": ("params:\n  turf:\n", 4, 8, "turf", "nothing is not allowed"),
    "list as number": ("params: {turf: [1]}", 3, 16, "turf", "a list is not allowed"),
    "fraction of a month": ("params: {months: 12.5}", 3, 18, "months", "12.5 is not allowed"),
    "nan": ("params: {turf: .nan}", 3, 16, "turf", "nan is not allowed"),
    "infinity": ("params: {turf: .inf}", 3, 16, "turf", "inf is not allowed"),
    "overflow": ("params: {hour_usd: 1e999}", 3, 20, "hour_usd", "inf is not allowed"),
    "huge integer": (f"params: {{months: {'9' * 4000}}}", 3, 18, "months", "is not allowed"),
    "large integer": (f"params: {{months: {'9' * 80}}}", 3, 18, "months", "more than 60 digits"),
    "octal": ("params: {months: 0120}", 3, 18, "months", "must not start with 0"),
    "hexadecimal": ("params: {months: 0x20}", 3, 18, "months", "decimal digits"),
    "underscore": ("params: {hour_usd: 1_0}", 3, 20, "hour_usd", "without '_'"),
    "thousands comma": ("params:\n  scan_usd: 50,000", 4, 13, "scan_usd", "without commas"),
    "sexagesimal": ("params: {months: 20:30}", 3, 18, "months", "not hours:minutes"),
    "date": ("params: {months: 2020-01-01}", 3, 18, "months", "in quotes"),
    "other unit": ("params: {months: 5 years}", 3, 18, "months", "the unit is 'months'"),
    "unit where there is none": ("params: {focus: 2 times}", 3, 17, "focus", "is not allowed"),
    "number like a version": ("params: {months: 1.2.3 months}", 3, 18, "months", "is not allowed"),
    "indicator out of range": (
        "indicator: {name: a, unit: b, baseline: 0, best: 2, population: 9}",
        3, 41, "indicator.baseline", "above 0"),
    "unknown choice": ("params: {formation: crises}", 3, 21, "formation", "did you mean 'crisis'?"),
    "unknown regime": ("regime: colective", 3, 9, "regime", "did you mean 'collective'?"),
    "regime not a name": ("regime: 5", 3, 9, "regime", "5 is not allowed"),
    "unknown regime to adapt": (
        "regimes:\n  colective: {backbone: 1}", 4, 3, "regimes.colective", "did you mean 'collective'?"),
    "regimes no mapping": ("regimes: [network]", 3, 10, "regimes", "'key: value' lines"),
    "levers no mapping": ("regimes: {network: 1}", 3, 20, "regimes.network", "'key: value' lines"),
    "unknown lever of a regime": (
        "regimes:\n  network:\n    bakbone: 1", 5, 5, "regimes.network.bakbone", "did you mean 'backbone'?"),
    "no lever of a regime": (
        "regimes: {network: {turf: 1}}", 3, 21, "regimes.network.turf", "turf is not a lever"),
    "lever out of range": (
        "regimes: {network: {backbone: 2}}", 3, 31, "regimes.network.backbone", "2 is not allowed; 0 to 1"),
    "lever of another choice": (
        "regimes: {network: {formation: crises}}", 3, 32, "regimes.network.formation", "mean 'crisis'?"),
    "lever of another unit": (
        "regimes: {network: {scan_usd: 5 eur}}", 3, 31, "regimes.network.scan_usd", "the unit is 'usd'"),
    "lever twice": (
        "regimes:\n  network:\n    backbone: 1\n    backbone: 0", 6, 5, "backbone", "first in line 5"),
    "lever of the regime in force contradicts": (
        "regime: network\nregimes: {network: {formation_month: 120}}",
        4, 38, "formation_month", "below months 120"),
    "title not text": ("title: 5", 3, 8, "title", "put it in quotes"),
    "title empty": ("title: ''", 3, 8, "title", "1 to 200 characters"),
    "title of two lines": ('title: "a\\nb"', 3, 8, "title", "line breaks"),
    "params no mapping": ("params: [1]", 3, 9, "params", "'key: value' lines"),
    "groups no list": ("groups: {a: 1}", 3, 9, "groups", "a list is needed"),
    "no groups": ("groups: []", 3, 9, "groups", "a list of 1 to 64"),
    "too many drivers": (f"drivers: {[f'd{i}' for i in range(13)]}", 3, 10, "drivers", "13 items"),
    "group without size": ("groups: [{name: a}]", 3, 10, "groups[0]", "size missing"),
    "group of nobody": ("groups: [{name: a, size: 0}]", 3, 26, "groups[0].size", "above 0"),
    "reach above 1": ("groups: [{name: a, size: 1, reach: 2}]", 3, 36, "groups[0].reach", "0 to 1"),
    "unknown field": ("groups: [{name: a, size: 1, reech: 1}]", 3, 29, "groups[0].reech", "'reach'"),
    "two of one name": ("drivers: [a, b, a]", 3, 17, "drivers[2]", "named twice"),
    "levels do not average": (
        "groups: [{name: a, size: 1, level: 2}]", 3, 9, "groups", "levels average to 2"),
    "beyond the best": (
        "groups: [{name: a, size: 1, level: 0.1}, {name: b, size: 9, level: 1.1}]",
        3, 9, "groups[0].level", "already better"),
    "nobody needs": ("groups: [{name: a, size: 1, need: 0}]", 3, 9, "groups", "no group needs"),
    "link to itself": (
        "links: [{source: driver 1, target: driver 1, strength: 1}]", 3, 36, "links[0].target", "itself"),
    "link to nowhere": (
        "links: [{source: driver 1, target: x, strength: 1}]", 3, 8, "links[0]", "no driver 'x'"),
    "fact without source": ("facts: [{text: a}]", 3, 9, "facts[0]", "source missing"),
    "not a lever": ("levers: [turf]", 3, 10, "levers[0]", "turf is not a lever"),
    "unknown lever": ("levers: [backbon]", 3, 10, "levers[0]", "did you mean 'backbone'?"),
    "baseline is best": (
        "indicator: {name: a, unit: b, baseline: 2, best: 2, population: 9}",
        3, 50, "indicator.best", "equals the baseline"),
    "baseline missing": (
        "indicator: {name: a, unit: b, best: 2, population: 9}", 3, 12, "indicator", "baseline missing"),
    "unknown distribution": (
        "uncertainties: [{name: turf, distribution: gauss, source: a, grade: assumed}]",
        3, 44, "uncertainties[0].distribution", "one of uniform"),
    "arguments missing": (
        "uncertainties: [{name: turf, distribution: uniform, low: 0, source: a, grade: assumed}]",
        3, 17, "uncertainties[0]", "uniform takes low, high; low stated"),
    "arguments in disorder": (
        "uncertainties: [{name: turf, distribution: uniform, low: 1, high: 0, source: a, grade: assumed}]",
        3, 17, "uncertainties[0]", "in this order"),
    "argument out of range": (
        "uncertainties: [{name: turf, distribution: uniform, low: 0, high: 3, source: a, grade: assumed}]",
        3, 67, "uncertainties[0].high", "3 is not allowed"),
    "choice out of range": (
        "uncertainties: [{name: turf, distribution: choice, values: [0, 3], source: a, grade: assumed}]",
        3, 64, "uncertainties[0].values[1]", "3 is not allowed"),
    "a range for a name": (
        "uncertainties: [{name: formation, distribution: uniform, low: 0, high: 1, source: a,"
        " grade: assumed}]",
        3, 49, "uncertainties[0].distribution", "use choice"),
    "lognormal from zero": (
        "uncertainties: [{name: turf, distribution: lognormal, median: 0.5, sigma: 1, low: 0, high: 1,"
        " source: a, grade: assumed}]", 3, 17, "uncertainties[0]", "above 0 for lognormal"),
    "unknown grade": (
        "uncertainties: [{name: turf, distribution: uniform, low: 0, high: 1, source: a, grade: guess}]",
        3, 88, "uncertainties[0].grade", "one of measured"),
    "rugged beyond the bits": (
        "params:\n  ruggedness: 8\n  practice_bits: 8", 5, 18, "practice_bits", "below practice_bits 8"),
    "sectors above 1": ("params: {share_corporate: 0.9}", 3, 27, "share_corporate", "= 1.2, more than 1"),
    "backbone above 1": ("params: {manager_share: 0.9}", 3, 25, "manager_share", "= 1.23, more than 1"),
    "no funders": (
        "params: {n_public_funders: 0, n_private_funders: 0}",
        3, 50, "n_private_funders", "own_income_share"),
    "no public funder": ("params: {n_public_funders: 0}", 3, 28, "n_public_funders", "public_money_share"),
    "nobody to lend": (
        "params:\n  n_private_funders: 0\n  public_money_share: 1\n  loaned_executive_fte: 1",
        6, 25, "loaned_executive_fte", "is theirs to give"),
    "nobody to pay": (
        "params:\n  formation: crisis\n  public_money_share: 1\n  backbone: 1\n  n_private_funders: 0",
        7, 22, "n_private_funders", "or financing: added"),
    "forms after the end": (
        "params: {formation: crisis, formation_month: 120}", 3, 46, "formation_month", "below months 120"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_statement_is_located_and_explained(tmp_path: Path, case: str) -> None:
    text, line, column, field, words = WRONG[case]
    error = error_of(tmp_path, GOOD + text + "\n")
    assert words in error.message
    assert (error.line, error.column, error.field) == (line, column, field)
    assert str(error).startswith(f"{tmp_path / 'case.yaml'}:{line}:{column}: {field}")


def test_each_wrong_statement_is_alone_wrong(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    assert load(tmp_path / "good.yaml").name == "good"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("extends: stress\n", "cisim: is missing; state the version"),
        ("cisim: 2\nextends: stress\n", "reads version 1"),
        ("cisim: '1'\nextends: stress\n", "without quotes"),
        ("cisim: true\nextends: stress\n", "true is not allowed"),
        ("cisim: 1\n", "title: is missing"),
        ("cisim: 1\nextends: case.yaml\n", "extends itself: case.yaml -> case.yaml"),
        ("cisim: 1\nextends: gone.yaml\n", "there is no file 'gone.yaml'"),
        ("cisim: 1\nextends: stres\n", "did you mean 'stress'?"),
        ("cisim: 1\nextends: 3\n", "3 is not allowed"),
    ],
)
def test_version_and_parent(tmp_path: Path, text: str, words: str) -> None:
    assert words in str(error_of(tmp_path, text))


def test_a_lost_parent_is_the_only_complaint(tmp_path: Path) -> None:
    assert len(error_of(tmp_path, "cisim: 1\nextends: gone.yaml\n").problems) == 1


def test_a_cycle_over_two_files_and_a_long_chain(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("cisim: 1\nextends: a.yaml\n")
    (tmp_path / "a.yaml").write_text("cisim: 1\nextends: b.yaml\n")
    with pytest.raises(ScenarioError, match=r"a\.yaml -> b\.yaml -> a\.yaml"):
        load(tmp_path / "a.yaml")
    (tmp_path / "c0.yaml").write_text(GOOD)
    for i in range(1, 12):
        (tmp_path / f"c{i}.yaml").write_text(f"cisim: 1\nextends: c{i - 1}.yaml\n")
    assert load(tmp_path / "c5.yaml").name == "c5"
    with pytest.raises(ScenarioError, match="more than 8 files"):
        load(tmp_path / "c11.yaml")


def test_problems_of_a_parent_are_placed_in_the_parent(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(GOOD + "params: {turf: 2}\n")
    (tmp_path / "child.yaml").write_text("cisim: 1\nextends: parent.yaml\nparams: {fear: 2}\n")
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "child.yaml")
    assert [(Path(p.place.file).name, p.field) for p in caught.value.problems] == [
        ("parent.yaml", "turf"),
        ("child.yaml", "fear"),
    ]


def test_all_problems_come_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD + "params: {turf: 2, fear: no, monthz: 3}\nlinks: 4\ntitel: x\n"
    error = error_of(tmp_path, text)
    assert [p.field for p in error.problems] == ["turf", "fear", "params.monthz", "links", "titel"]
    assert [p.place.line for p in error.problems] == [3, 3, 3, 4, 5]


def test_a_wrong_value_does_not_bring_a_second_complaint(tmp_path: Path) -> None:
    error = error_of(tmp_path, GOOD + "params: {ruggedness: 11, practice_bits: 99}\n")
    assert [p.field for p in error.problems] == ["practice_bits"]


def test_a_wrong_lever_of_the_regime_in_force_is_one_complaint(tmp_path: Path) -> None:
    text = "regime: network\nregimes: {network: {formation_month: 999, bakbone: 1}}\nparams: {months: 0}\n"
    fields = [p.field for p in error_of(tmp_path, GOOD + text).problems]
    assert fields == ["regimes.network.formation_month", "regimes.network.bakbone", "months"]


def test_declared_units_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "units.yaml"
    path.write_text(
        GOOD + 'params: {meeting_interval_weeks: "2.5 weeks", months: 24 months, scan_usd: "1e4 usd"}\n'
    )
    values = load(path).values
    assert (values["meeting_interval_weeks"], values["months"], values["scan_usd"]) == (2.5, 24, 10_000)
    assert type(values["months"]) is int


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("y", "y"), ("true", True), ("FALSE", False), ("null", None), ("", None),
        ("12", 12), ("-3", -3), ("+4", 4), ("0", 0), ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0),
        ("-.inf", -math.inf), ("1.2.3", "1.2.3"), ("12 weeks", "12 weeks"), ("0-3", "0-3"), ("=", "="),
    ],
)  # fmt: skip
def test_bare_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    got = plain(text)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    "text", ["010", "0o17", "0b1", "0xff", "1_000", "1:30", "2020-01-01", "1,000", "007.5"]
)
def test_words_readers_disagree_on_are_refused(text: str) -> None:
    assert isinstance(plain(text), Unreadable)


# --- JSON and TOML ---


def test_json_is_read_with_places(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(
        '{"cisim": 1,\n\t"extends": "stress", "title": "\\u00fc \\ud83d\\ude00 \\" }",\n"params": {}}'
    )
    assert load(path).title == 'ü 😀 " }'
    text = (
        '{"cisim": 1, "extends": "stress",\n\t"params": {"months": 7000, "turf": NaN,\n  "trf": {"a": []}}}'
    )
    error = error_of(tmp_path, text, "case.json")
    assert [(p.field, *p.place[1:]) for p in error.problems] == [
        ("months", 2, 23), ("turf", 2, 37), ("params.trf", 3, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"cisim": 1,}', 1, 13, "not JSON"),
        ("cisim: 1", 1, 1, "not JSON"),
        ("{'cisim': 1}", 1, 2, "not JSON"),
        ('{"cisim": 1} x', 1, 14, "not JSON"),
        ('{"extends": "stress", "cisim": 1,\n "cisim": 1}', 2, 2, "stated twice"),
        ("[" * 100_000, 1, 1, "nested"),
        ("[" * 50 + "]" * 50, 1, 14, "nested"),
        ("", 1, 1, "is empty"),
        ("[]", 1, 1, "not of a list"),
    ],
)
def test_json_that_is_none(tmp_path: Path, text: str, line: int, column: int, words: str) -> None:
    error = error_of(tmp_path, text, "case.json")
    assert words in error.message
    assert (error.line, error.column) == (line, column)


def test_toml_is_read_with_places(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text(
        'cisim = 1\nextends = "stress"\nparams.months = 24\nlinks = []\n[[drivers]]\nname = "a"\n'
    )
    assert load(path).values["months"] == 24
    assert [driver.name for driver in load(path).drivers] == ["a"]
    text = (
        'cisim = 1\nextends = "stress"\n[params]\nmonths = 7000\nturf = nan\n"fear" = 07:30:00\n'
        '[[groups]]\nname = "a"\nsize = 1\n[[groups]]\nname = "b"\n  size = 0\n'
    )
    error = error_of(tmp_path, text, "case.toml")
    assert [(p.field, *p.place[1:]) for p in error.problems] == [
        ("months", 4, 10), ("turf", 5, 8), ("fear", 6, 10), ("groups[1].size", 12, 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("cisim = \n", 1, "not TOML: Invalid value"),
        ("cisim = 1\ncisim = 1\n", 2, "not TOML"),
        ("cisim = " + "9" * 5000, 1, "too many digits"),
        ("cisim = " + "[" * 3000, 1, "nested"),
        ("cisim = " + "9" * 4000, 1, "reads version 1"),
        ("a = [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 1, "nested"),
        ("# nothing", 1, "is empty"),
        ("a = {b = [", 1, "not TOML"),
    ],
)
def test_toml_that_is_none(tmp_path: Path, text: str, line: int, words: str) -> None:
    error = error_of(tmp_path, text, "case.toml")
    assert words in str(error)
    assert error.line == line


def test_three_formats_one_scenario(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "cisim: 1\nextends: stress\nregime: network\nparams: {turf: 0.25, months: 36}\n"
    )
    data = {"cisim": 1, "extends": "stress", "regime": "network", "params": {"turf": 0.25, "months": 36}}
    (tmp_path / "a.json").write_text(json.dumps(data))
    (tmp_path / "a.toml").write_text(
        'cisim = 1\nextends = "stress"\nregime = "network"\n[params]\nturf = 0.25\nmonths = 36\n'
    )
    first = load(tmp_path / "a.yaml")
    assert first == load(tmp_path / "a.json") == load(tmp_path / "a.toml")


# --- whatever the bytes ---

SHIPPED = [path.read_bytes() for path in sorted(home().glob("*.yaml"))]
PIECES = [
    b"\t", b": ", b"- ", b"[", b"}", b"&a ", b"*a", b"!!int ", b"\n---\n", b"\xff", b"\0", b"'", b'"', b"|",
    b"%", b".nan", b"yes", b"1e999", b"cisim", b"params:\n", b"? ", b"<<: ", b"extends: stress\n",
    b"\xe2\x80\xa8", b"\xc2\x85", b"\r",
]  # fmt: skip


def loads_or_complains(path: Path) -> None:
    """Check that a file gives a scenario, or an error all of whose problems fit on a line."""
    try:
        got: Scenario | ScenarioError = load(path)
    except ScenarioError as caught:
        got = caught
    if isinstance(got, ScenarioError):
        assert got.problems
        assert len(str(got).splitlines()) == len(got.problems)
    else:
        assert set(got.values) == set(PARAMS)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A shipped file with up to four pieces cut, doubled or put in."""
    data = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 30)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3), st.just(data[at:end] * 2)))
        data = data[:at] + piece + data[end:]
    return data


SUFFIX = st.sampled_from(["yaml", "json", "toml"])
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(data=mutated())
def test_mutated_shipped_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fuzz.yaml"
    path.write_bytes(data)
    loads_or_complains(path)


@FUZZ
@given(data=st.binary(max_size=60), suffix=SUFFIX)
def test_any_bytes(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"fuzz.{suffix}"
    path.write_bytes(data)
    loads_or_complains(path)


words = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(string.printable, max_size=8),
    st.sampled_from(["stress", "collective", "1 weeks", "months", "10 months", "driver 1"]),
)  # fmt: skip
keys = st.one_of(
    st.sampled_from(
        [
            "title",
            "name",
            "low",
            "high",
            "values",
            "distribution",
            "source",
            "strength",
            "months",
            "turf",
            "network",
            "backbone",
        ]
    ),
    st.text(max_size=4),
)
trees = st.recursive(
    words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
TOP = (
    "title", "name", "indicator", "groups", "drivers", "links", "facts", "params", "levers", "uncertainties",
    "outcomes", "regime", "regimes", "extends", "description", "cisim",
)  # fmt: skip


@FUZZ
@given(tree=st.dictionaries(st.sampled_from(TOP), trees, max_size=5))
def test_any_tree(tmp_path: Path, tree: dict[str, object]) -> None:
    data = {"cisim": 1, "extends": "generic-adaptive", **tree}
    (tmp_path / "tree.json").write_text(json.dumps(data))
    (tmp_path / "tree.yaml").write_text(yaml.safe_dump(data, allow_unicode=True))
    loads_or_complains(tmp_path / "tree.json")
    loads_or_complains(tmp_path / "tree.yaml")


@FUZZ
@given(text=st.text('{}[]",:0123456789eE.-+ \n\ttrufalsn\\', max_size=40))
def test_json_text_means_what_the_standard_library_says(text: str) -> None:
    def bare(node: object) -> object:
        value = getattr(node, "value", node)
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items()}
        return [bare(item) for item in value] if isinstance(value, list) else value

    document = '{"a": ' + text + "}"
    try:
        wanted = json.loads(document)
    except ValueError:
        wanted = None
    try:
        got = bare(parse(document.encode(), ".json", "x").root)
    except ScenarioError:
        assert wanted is None
    else:
        assert got == wanted


def test_both_yaml_parsers_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = [parse(data, ".yaml", "x").root for data in SHIPPED]
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert [parse(data, ".yaml", "x").root for data in SHIPPED] == fast
