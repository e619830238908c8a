from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cisim import odd, state
from cisim.cli import DONE, main
from cisim.engine import STEP
from cisim.params import PARAMS
from cisim.presets import REGIME_LEVERS, list_regimes
from cisim.result import OUTCOMES

TABLES = Path(__file__).parents[1] / "docs" / "odd-tables.md"


def test_the_document_is_up_to_date() -> None:
    assert TABLES.read_text("utf-8") == odd.markdown(), "run: make odd"


def test_every_parameter_outcome_rule_and_lever_is_told_once() -> None:
    assert sorted(row["parameter"] for row in odd.parameters()) == sorted(PARAMS)
    assert [row["outcome"] for row in odd.outcomes()] == list(OUTCOMES)
    assert [row["rule"] for row in odd.process()] == list(STEP)
    assert [row["lever"] for row in odd.regimes()] == list(REGIME_LEVERS)
    assert {one.name for one in list_regimes()} <= set(odd.regimes()[0])


def test_every_array_of_the_state_is_told_except_working_space() -> None:
    told = [row["variable"] for row in odd.state_variables() if row["entity"] != "world"]
    fields = [name for name in state.State._fields if name != "world"]
    scratch = fields[fields.index("order") :]
    assert told + scratch == fields
    world = [row["variable"] for row in odd.state_variables() if row["entity"] == "world"]
    assert tuple(world) == state.WORLD.names


def test_every_row_says_something() -> None:
    for rows in odd.tables().values():
        for row in rows:
            assert all(row[key].strip() for key in ("meaning", "does", "unit and meaning") if key in row)


def test_markdown_tables_are_well_formed() -> None:
    blocks = [block.splitlines() for block in odd.markdown().split("\n\n") if block.startswith("|")]
    for head, rule, *rows in blocks:
        assert set(rule) == set("| -")
        assert rows
        assert {line.replace("\\|", "").count("|") for line in (head, rule, *rows)} == {head.count("|")}
    assert sum(len(block) - 2 for block in blocks) == sum(len(rows) for rows in odd.tables().values())


def test_a_bar_in_a_meaning_does_not_end_the_cell() -> None:
    assert odd._table([{"a": "x|y\nz"}])[-1] == "| x\\|y z |"


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["odd"]) == DONE
    assert capsys.readouterr().out == odd.markdown()
    assert main(["odd", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out) == odd.tables()


DESCRIPTION = TABLES.with_name("odd.md")


def test_the_description_names_every_parameter_and_rule() -> None:
    text = DESCRIPTION.read_text("utf-8")
    words = set(re.findall(r"\w+", text))
    assert sorted(set(PARAMS) - words) == []
    headings = " ".join(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert [name for name in STEP if f"`{name}`" not in headings] == []


def test_the_description_names_nothing_that_does_not_exist() -> None:
    text = re.sub(r"```.*?```", "", DESCRIPTION.read_text("utf-8"), flags=re.DOTALL)
    quoted = re.findall(r"`([^`]+)`", text)
    names = {word for part in quoted for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", part)}
    known = {*PARAMS, *STEP, *OUTCOMES, *state.State._fields, *(state.WORLD.names or ())}
    assert sorted(names - known) == []


def test_the_description_links_to_files_that_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", DESCRIPTION.read_text("utf-8")):
        assert (DESCRIPTION.parent / target).exists(), target
