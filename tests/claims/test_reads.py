"""What counts as reading a parameter, on sources made for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cisim.claims.reads import facts_read, parameters_read

RULE = '''
from cisim import ties
from cisim.found import newcomer
from cisim.money import pay as give

def rule(s, p, seed, month):
    """Reads p.fear in words only."""
    x = "p.turf"  # p.turf
    other(s, p)
    ties.add(s, p)
    give(s, p)
    newcomer(s, p)
    return s.attendance + p.trust_loss

def other(s, p):
    return p.rivalry_loss

def unused(s, p):
    return p.willingness
'''
SOURCES = {
    "engine": "from cisim.rules.example import rule\n",
    "rules/example": RULE,
    "ties": "def add(s, p):\n    return p.trust_years + p.no_such_parameter\n",
    "money": "def pay(s, p):\n    s.money = p.overhead_allowed\n",
    "found": "def newcomer(s, p):\n    return p.turf\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one rule, which uses another function and three modules."""
    (tmp_path / "cisim" / "rules").mkdir(parents=True)
    for name, source in SOURCES.items():
        (tmp_path / "cisim" / f"{name}.py").write_text(source, "utf-8")
    return tmp_path / "cisim"


def test_comments_text_and_other_records_do_not_count_as_reading(package: Path) -> None:
    assert parameters_read("rule", package) == {
        "trust_loss": ("rules.example.rule",),
        "rivalry_loss": ("rules.example.other",),
        "trust_years": ("ties.add",),
        "overhead_allowed": ("money.pay",),
        "turf": ("found.newcomer",),
    }


def test_state_that_is_read_or_written_is_listed_apart(package: Path) -> None:
    assert facts_read("rule", package) == {"attendance": ("rules.example.rule",), "money": ("money.pay",)}


def test_what_newcomers_are_founded_from_can_be_left_out(package: Path) -> None:
    whole, without = (parameters_read("rule", package, founds=founds) for founds in (True, False))
    assert set(whole) - set(without) == {"turf"}
    assert parameters_read("found", founds=False) == parameters_read("found")


def test_a_function_that_is_not_there_reads_nothing(package: Path) -> None:
    assert parameters_read("gossip", package) == {}
    assert facts_read("gossip", package) == {}
