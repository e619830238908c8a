"""Experiments: what a statement about outcomes comes to in paired runs, read from a strict YAML file.

An experiment asks one question by a few statements. Each says which case of which study should have more, or less, or
no difference of what; nothing says what was found. A tension is an experiment with two sides: a statement that
holds speaks for the side it names, one that reverses for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from cisim.checks import BIG, SMALL, Check, Fields
from cisim.claims.asked import Combine, Experiment, Experiments, Says, Statement, Statistic, Term
from cisim.outcomes import COLUMNS
from cisim.presets import display
from cisim.problems import Place, ScenarioError, shown
from cisim.reader import Document, read
from cisim.records import Frozen, Source
from cisim.result import OUTCOMES
from cisim.study.records import GAIN
from cisim.tree import Node, node_of

VERSION = 1
SHIPPED = Path(__file__).with_name("experiments.yaml")
LAST_MONTH = 599
MOST = 400  # characters of a sentence
TERM = ("case", "against", "weight", "outcome", "month")
STATEMENT = (
    "case", "against", "terms", "outcome", "month", "than", "within", "statistic", "value", "where", "why", "side",
)  # fmt: skip
NUMBERS = (("than", -BIG, "a number"), ("within", SMALL, "a number above 0"), ("value", -BIG, "a number"))
OF_SHARE = "share_above"


@cache
def experiments() -> Experiments:
    """Return the shipped experiments.

    Examples
    --------
    >>> experiments().experiment("S1.12").statements[0].study
    'regimes'
    """
    return read_experiments(SHIPPED)


def read_experiments(path: Path | str) -> Experiments:
    """Read experiments from a YAML, JSON or TOML file that states `cisim_experiments: 1`.

    Raises
    ------
    ScenarioError
        With every mistake found: file, line, column, field, value and what is allowed.
    """
    document = read(Path(path), display(Path(path)))
    return _experiments(document, Source(document.file, hashlib.sha256(document.data).hexdigest()))


def experiments_from(data: Mapping[str, Any], name: str = "experiments") -> Experiments:
    """Return the experiments that a mapping states, in the form of a file.

    Raises
    ------
    ScenarioError
        With every mistake found.

    Examples
    --------
    >>> more = {"says": "more", "study": "regimes", "case": "collective", "against": "isolated"}
    >>> one = {"name": "S0.22", "question": "Does it help at all?", "statements": [more]}
    >>> found = experiments_from({"cisim_experiments": 1, "title": "Example", "experiments": [one]})
    >>> found.experiments[0].statements[0].terms
    (Term(case='collective', against='isolated', weight=1.0, outcome='gain', month=None),)
    """
    return _experiments(Document(name, b"", node_of(data, Place(name))), Source("", ""))


def _experiments(document: Document, origin: Source) -> Experiments:
    """Return the experiments of a document, or raise with all its problems."""
    check = Check(document.problems)
    got = check.fields(document.root, "", ("cisim_experiments", "title", "experiments"), ("margins",))
    if got is None:
        raise ScenarioError(check.problems)
    what = f"{VERSION} (the version of the format)"
    check.number(got["cisim_experiments"], "cisim_experiments", VERSION, VERSION, what, whole=True)
    title = check.text(got["title"], "title") or ""
    margins = _margins(check, got["margins"]) if "margins" in got else {}
    before = len(check.problems)
    found = check.items(got["experiments"], "experiments", 1, 300, lambda n, f: _experiment(check, n, f))
    if len(check.problems) == before:
        check.unique(got["experiments"], "experiments", (one.name for one in found))
    if check.problems:
        raise ScenarioError(check.problems)
    return Experiments(title, Frozen(margins), found, origin)


def _margins(check: Check, node: Node) -> dict[str, float]:
    """Return the smallest difference of each outcome that is worth speaking of; of the gain, a share of the way."""
    entries = check.fields(node, "margins", (), (GAIN, *OUTCOMES)) or {}
    what = "a number above 0"
    found = {
        name: check.number(entry, f"margins.{name}", SMALL, BIG, what) for name, entry in entries.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _experiment(check: Check, node: Node, field: str) -> Experiment | None:
    """Return one experiment, or None where a problem was noted."""
    before = len(check.problems)
    got = check.fields(node, field, ("name", "question", "statements"), ("combine", "sides"))
    if got is None:
        return None
    sides: tuple[str, ...] = ()
    if "sides" in got:
        sides = check.items(got["sides"], f"{field}.sides", 2, 2, lambda n, f: check.text(n, f, 60))
        check.unique(got["sides"], f"{field}.sides", sides)
        if "combine" in got:
            check.fail(
                got["combine"], f"{field}.combine", "is not for a tension, whose sides may both be right"
            )
    values: dict[str, Any] = {
        "name": check.text(got["name"], f"{field}.name", 20),
        "question": check.text(got["question"], f"{field}.question", MOST),
        "sides": sides,
    }
    if "combine" in got:
        values["combine"] = check.one_of(got["combine"], f"{field}.combine", get_args(Combine))
    values["statements"] = check.items(
        got["statements"], f"{field}.statements", 1, 30, lambda n, f: _statement(check, n, f, sides)
    )
    return None if len(check.problems) > before else Experiment(**values)


def _statement(check: Check, node: Node, field: str, sides: tuple[str, ...]) -> Statement | None:
    """Return one statement, or None where a problem was noted."""
    before = len(check.problems)
    got = check.fields(node, field, ("says", "study"), STATEMENT)
    if got is None:
        return None
    says = check.one_of(got["says"], f"{field}.says", get_args(Says))
    values: dict[str, Any] = {
        "says": says,
        "study": check.text(got["study"], f"{field}.study", 80),
        "terms": _terms(check, node, got, field),
        "place": node.place,
        **_numbers(check, got, field, says),
        **_side(check, node, got, field, sides),
    }
    if "statistic" in got:
        values["statistic"] = check.one_of(got["statistic"], f"{field}.statistic", get_args(Statistic))
    if (values.get("statistic") == OF_SHARE) is not ("value" in got):
        told = (
            f"is missing; {OF_SHARE} needs it"
            if "value" not in got
            else f"is for {OF_SHARE} only; leave it out"
        )
        check.fail(got.get("value", node), f"{field}.value", told)
    if "where" in got:
        values["where"] = check.one_of(got["where"], f"{field}.where", (*COLUMNS, *OUTCOMES))
    if "why" in got:
        values["why"] = check.text(got["why"], f"{field}.why", MOST)
    return None if len(check.problems) > before else Statement(**values)


def _numbers(check: Check, got: Fields, field: str, says: str | None) -> dict[str, Any]:
    """Return what the effect is compared with, and the margin within which it counts as none."""
    found: dict[str, Any] = {}
    for key, low, what in NUMBERS:
        if key in got:
            found[key] = check.number(got[key], f"{field}.{key}", low, BIG, what)
    if says == "none" and found.get("than"):
        check.fail(got["than"], f"{field}.than", "is not for a statement that says none; leave it out")
    return found


def _side(check: Check, node: Node, got: Fields, field: str, sides: tuple[str, ...]) -> dict[str, Any]:
    """Return the side of a tension that a statement speaks for."""
    if sides and "side" not in got:
        check.fail(node, f"{field}.side", f"is missing; one of {', '.join(sides)}")
    if "side" not in got:
        return {}
    if not sides:
        check.fail(got["side"], f"{field}.side", "is for a tension, which states its two sides; leave it out")
    return {"side": check.one_of(got["side"], f"{field}.side", sides) if sides else ""}


def _terms(check: Check, node: Node, got: Fields, field: str) -> tuple[Term, ...]:
    """Return the terms of a statement: those it lists, or the one that its own entries make."""
    common: Fields = {key: got[key] for key in ("outcome", "month") if key in got}
    if "terms" not in got:
        if "case" not in got:
            check.fail(node, f"{field}.case", "is missing; a case, or several terms")
            return ()
        return tuple(filter(None, [_term(check, {key: got[key] for key in TERM if key in got}, field)]))
    for key in ("case", "against"):
        if key in got:
            check.fail(got[key], f"{field}.{key}", "does not go with terms; put it there")

    def one(item: Node, at: str) -> Term | None:
        entries = check.fields(item, at, ("case",), TERM)
        return None if entries is None else _term(check, {**common, **entries}, at)

    return check.items(got["terms"], f"{field}.terms", 1, 12, one)


def _term(check: Check, got: Fields, field: str) -> Term | None:
    """Return one term; a month asks for a monthly column."""
    before = len(check.problems)
    values: dict[str, Any] = {"case": check.text(got["case"], f"{field}.case", 80)}
    if "against" in got:
        values["against"] = check.text(got["against"], f"{field}.against", 80)
        if values["case"] is not None and values["against"] == values["case"]:
            check.fail(
                got["against"],
                f"{field}.against",
                f"{shown(values['case'])} is the case itself; name another",
            )
    if "weight" in got:
        values["weight"] = check.number(got["weight"], f"{field}.weight", -BIG, BIG, "a number")
    if "month" in got:
        what = f"a whole number, 0 to {LAST_MONTH} (months since the start of the run)"
        values["month"] = check.number(got["month"], f"{field}.month", 0, LAST_MONTH, what, whole=True)
    if "outcome" in got:
        known = (GAIN, *COLUMNS) if "month" in got else (GAIN, *OUTCOMES)
        kind = " (monthly column)" if "month" in got else " (outcome of a whole run)"
        values["outcome"] = check.one_of(got["outcome"], f"{field}.outcome", known, kind)
    return None if len(check.problems) > before else Term(**values)
