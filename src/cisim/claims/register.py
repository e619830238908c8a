"""The register of statements: what five documents say of collective impact, and where the project answers.

A *mechanism* names the rule and the parameters that carry it, or a part of a scenario, or a regime, and says what
is missing where a proxy stands in for it. An *outcome* names an experiment that can come out against it. A
*context* says where it is reflected. Whether a pointer is alive is not known here; see `cisim.claims.pointers`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from cisim.checks import Check, Fields
from cisim.claims.records import Carrier, Claim, Extent, Kind, Paper, Part, Register
from cisim.engine import STEP
from cisim.params import PARAMS
from cisim.presets import display, home, names_in
from cisim.problems import Place, ScenarioError, shown
from cisim.reader import Document, read
from cisim.records import Source
from cisim.tree import Node, node_of

VERSION = 1
RULES = (*STEP, "found")
"""Rules a mechanism may point to: those of a month, and the founding of a world."""

SHIPPED = Path(__file__).with_name("register.yaml")
ID = re.compile(r"S[0-9]\.[1-9][0-9]*\Z")
KEYS = {
    "mechanism": ((), ("carried_by", "extent", "missing")),
    "outcome": (("experiment",), ()),
    "context": (("where",), ()),
}
LEAST, MOST = 20, 400  # characters of a sentence that says something
MAX_CLAIMS, MAX_CARRIERS = 500, 8


@cache
def register() -> Register:
    """Return the shipped register.

    Examples
    --------
    >>> len(register().claims), register().claim("S1.43").kind
    (204, 'mechanism')
    """
    return read_register(SHIPPED)


def read_register(path: Path | str) -> Register:
    """Read a register from a YAML, JSON or TOML file.

    Raises
    ------
    ScenarioError
        With every mistake found: file, line, column, field, value and what is allowed.
    """
    document = read(Path(path), display(Path(path)))
    return _register(document, Source(document.file, hashlib.sha256(document.data).hexdigest()))


def register_from(data: Mapping[str, Any], name: str = "register") -> Register:
    """Return the register that a mapping states, in the form of a file.

    Raises
    ------
    ScenarioError
        With every mistake found.

    Examples
    --------
    >>> paper = {"id": "S0", "title": "An example"}
    >>> one = {"id": "S0.1", "kind": "outcome", "says": "It helps more than it costs.", "experiment": "S0.1"}
    >>> register_from({"cisim_claims": 1, "title": "Example", "documents": [paper], "claims": [one]}).claims[0].id
    'S0.1'
    """
    return _register(Document(name, b"", node_of(data, Place(name))), Source("", ""))


def _register(document: Document, origin: Source) -> Register:
    """Return the register of a document, or raise with all its problems."""
    check = Check(document.problems)
    got = check.fields(document.root, "", ("cisim_claims", "title", "documents", "claims"))
    if got is None:
        raise ScenarioError(check.problems)
    what = f"{VERSION} (the version of the format)"
    check.number(got["cisim_claims"], "cisim_claims", VERSION, VERSION, what, whole=True)
    title = check.text(got["title"], "title") or ""
    papers = check.items(got["documents"], "documents", 1, 20, lambda n, f: _paper(check, n, f))
    known = tuple(paper.id for paper in papers)
    if not check.problems:
        check.unique(got["documents"], "documents", known)
    before = len(check.problems)
    claims = check.items(got["claims"], "claims", 1, MAX_CLAIMS, lambda n, f: _claim(check, n, f, known))
    if len(check.problems) == before:
        check.unique(got["claims"], "claims", (claim.id for claim in claims))
        check.unique(got["claims"], "claims", (claim.says for claim in claims))
    if check.problems:
        raise ScenarioError(check.problems)
    return Register(title, papers, claims, origin)


def _paper(check: Check, node: Node, field: str) -> Paper | None:
    """Return one source document."""
    names = ("author", "publisher", "year", "note")
    got = check.fields(node, field, ("id", "title"), names)
    if got is None:
        return None
    values = {
        name: check.text(got[name], f"{field}.{name}", MOST)
        for name in ("id", "title", *names)
        if name in got
    }
    return Paper(**{name: value or "" for name, value in values.items()})


def _claim(check: Check, node: Node, field: str, documents: tuple[str, ...]) -> Claim | None:
    """Return one statement, or None where a problem was noted."""
    before = len(check.problems)
    every = {key for required, optional in KEYS.values() for key in (*required, *optional)}
    got = check.fields(node, field, ("id", "kind", "says"), sorted(every))
    kind = check.one_of(got["kind"], f"{field}.kind", get_args(Kind)) if got else None
    if got is None or kind is None:
        return None
    required, optional = KEYS[kind]
    for key in sorted(every & set(got) - {*required, *optional}):
        check.fail(node.keys[key], f"{field}.{key}", f"is not for a statement of kind {kind}; leave it out")
    for key in sorted(set(required) - set(got)):
        check.fail(node, f"{field}.{key}", f"missing; a statement of kind {kind} needs it")
    values: dict[str, Any] = {"kind": kind, "id": _id(check, got["id"], f"{field}.id", documents)}
    for key in ("says", "missing", "where"):
        if key in got:
            values[key] = _sentence(check, got[key], f"{field}.{key}")
    if "experiment" in got:
        values["experiment"] = check.text(got["experiment"], f"{field}.experiment", 60)
    if kind == "mechanism":
        values |= _carried(check, node, field, got)
    return None if len(check.problems) > before else Claim(**values)


def _id(check: Check, node: Node, field: str, documents: tuple[str, ...]) -> str | None:
    """Return the id of a statement, whose document has to be listed."""
    name = check.text(node, field, 10)
    if name is not None and not ID.match(name):
        check.fail(node, field, f"{shown(name)} is not allowed; a document and a number, such as S0.35")
    elif name is not None and name.split(".")[0] not in documents:
        check.fail(node, field, f"{shown(name)}: no such document; there are {', '.join(documents)}")
    return name


def _sentence(check: Check, node: Node, field: str) -> str | None:
    """Return a text long enough to say something."""
    text = check.text(node, field, MOST)
    if text is not None and len(text) < LEAST:
        check.fail(node, field, f"{shown(text)} is too short; a sentence of {LEAST} to {MOST} characters")
    return text


def _carried(check: Check, node: Node, field: str, got: Fields) -> dict[str, Any]:
    """Return carriers and extent of a mechanism; what is not there in full says what is missing."""
    extent = check.one_of(got["extent"], f"{field}.extent", get_args(Extent)) if "extent" in got else "full"
    if (extent == "full") is ("missing" in got):
        rule = (
            "is for a stand-in or an absent mechanism" if extent == "full" else f"missing; {extent} needs it"
        )
        check.fail(got.get("missing", node), f"{field}.missing", rule)
    if (extent == "absent") is ("carried_by" in got):
        rule = (
            "is not for an absent mechanism"
            if extent == "absent"
            else "missing; a rule, a scenario or a regime"
        )
        check.fail(got.get("carried_by", node), f"{field}.carried_by", rule)
    carriers: tuple[Carrier, ...] = ()
    if "carried_by" in got:
        listed = f"{field}.carried_by"
        carriers = check.items(got["carried_by"], listed, 1, MAX_CARRIERS, lambda n, f: _carrier(check, n, f))
    return {"extent": extent, "carried_by": carriers}


def _carrier(check: Check, node: Node, field: str) -> Carrier | None:
    """Return one carrier: a rule with parameters, a rule with a part of a scenario, or a regime."""
    got = check.fields(node, field, ("how",), ("rule", "parameters", "scenario", "of", "regime"))
    if got is None:
        return None
    values: dict[str, Any] = {"how": _sentence(check, got["how"], f"{field}.how")}
    choices = {
        "rule": RULES, "scenario": get_args(Part), "of": names_in(home()), "regime": names_in(home() / "regimes"),
    }  # fmt: skip
    for key, names in choices.items():
        if key in got:
            values[key] = check.one_of(got[key], f"{field}.{key}", names)
    if "parameters" in got:
        listed = f"{field}.parameters"
        names = check.items(got["parameters"], listed, 1, 10, lambda n, f: check.one_of(n, f, PARAMS))
        check.unique(got["parameters"], listed, names)
        values["parameters"] = names
    if ("regime" in got) is ("rule" in got):
        check.fail(node, field, "either a rule or a regime is needed here")
    elif "rule" in got and not {"parameters", "scenario"} & set(got):
        check.fail(node, field, "a rule alone cannot be checked; add parameters, or a part of a scenario")
    if ("scenario" in got) is not ("of" in got):
        check.fail(node, field, "scenario names a part and 'of' the scenario that has it; both or none")
    if "regime" in got and {"parameters", "scenario"} & set(got):
        check.fail(
            node, field, "a regime stands alone; put parameters and scenarios under a rule of their own"
        )
    return Carrier(**values)
