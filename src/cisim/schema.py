"""JSON Schema of scenario files, for editors and for checking files without cisim.

Made from the table of parameters and the records. What needs more than one statement (shares that add up,
levels that average to one) is beyond JSON Schema; `cisim.load` checks it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from cisim.checks import MAX_DRIVERS, MAX_GROUPS
from cisim.known import LARGEST_BUDGET, MAX_ORGANISATIONS, MAX_TIES, SMALLEST_BUDGET
from cisim.params import LEVERS, PARAMS, Grade, Param
from cisim.presets import REGIME_LEVERS, VERSION, home, names_in
from cisim.records import DISTRIBUTIONS, SECTORS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EDITOR_LINE = "# yaml-language-server: $schema={}"
"""First line of a YAML file that tells an editor where its schema is."""

Json = dict[str, Any]


def schema() -> Json:
    """Return the JSON Schema (draft 2020-12) of a scenario file.

    Examples
    --------
    >>> schema()["properties"]["params"]["properties"]["months"]["maximum"]
    600
    """
    properties = {
        "cisim": {"const": VERSION, "description": "version of the file format"},
        "name": _text("name, if not that of the file", 80),
        "title": _text("one line that says what this is"),
        "description": _text("what is simulated, and what is assumed", 4000),
        "extends": _text("shipped scenario or path of a file whose statements come first"),
        "regime": {"enum": list(names_in(home() / "regimes")), "description": "preset of levers"},
        "regimes": _regimes(),
        "indicator": _indicator(),
        "groups": _list(_group(), "population groups", 1, MAX_GROUPS),
        "drivers": _list(_driver(), "links of the causal chain", 1, MAX_DRIVERS),
        "links": _list(_link(), "which driver feeds which", 0, MAX_DRIVERS * (MAX_DRIVERS - 1)),
        "organisations": _list(
            _organisation(), "organisations that exist, in place of drawn ones", 0, MAX_ORGANISATIONS
        ),
        "ties": _list(_tie(), "who works with whom at the start, in place of drawn ties", 0, MAX_TIES),
        "facts": _list(_fact(), "what is known of the real case", 0, 100),
        "params": _params(),
        "levers": _list({"enum": list(LEVERS)}, "levers to vary in studies", 0, len(LEVERS), is_set=True),
        "uncertainties": _list(_uncertainty(), "parameters nobody knows", 0, len(PARAMS)),
        "outcomes": _list(_text("column of results", 80), "outcomes to look at", 0, 200, is_set=True),
    }
    title, about = "cisim scenario", "A community, its problem and what is done about it."
    parts = {**_object(about, ("cisim",), properties), "$defs": {"levers": _levers()}}
    return {"$schema": DIALECT, "title": title, **parts}


def regime_schema() -> Json:
    """Return the JSON Schema of a regime file.

    Examples
    --------
    >>> regime_schema()["required"]
    ['cisim', 'title', 'description', 'levers', 'references']
    """
    levers = {}
    for name in REGIME_LEVERS:
        parts = {"value": parameter(PARAMS[name]), "source": _text("why it has this value", 400)}
        levers[name] = _object(PARAMS[name].meaning, ("value", "source"), parts)
    properties = {
        "cisim": {"const": VERSION},
        "title": _text("name of the regime in words"),
        "description": _text("what it stands for", 4000),
        "levers": _object("value and source of each lever", REGIME_LEVERS, levers),
        "references": _list(_text("one document in full"), "documents the sources name", 0, 20),
    }
    about = "A name for values of levers."
    return {"$schema": DIALECT, "title": "cisim regime", **_object(about, tuple(properties), properties)}


def parameter(row: Param) -> Json:
    """Return the schema of one parameter; numbers may also be text with the declared unit.

    Examples
    --------
    >>> parameter(PARAMS["start_stage"])["enum"]
    ['learning', 'coordination', 'collective-impact']
    """
    unit = "" if row.unit in ("-", "name") else f" [{row.unit}]"
    about = {"title": f"{row.name}{unit}", "description": f"{row.meaning} ({row.grade}: {row.source})"}
    if row.kind == "choice":
        return {**about, "enum": list(row.choices), "default": row.default}
    number = "integer" if row.kind == "int" else "number"
    bounds = {"minimum": row.low, "maximum": row.high, "default": row.default}
    if row.unit == "-":
        return {**about, "type": number, **bounds}
    return _with_unit({**about, "type": number, **bounds}, row.unit)


def _with_unit(schema: Json, unit: str) -> Json:
    """Return the schema of a number that may also be text with exactly this unit."""
    pattern = rf"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s+{re.escape(unit)}\s*$".replace(r"\ ", " ")
    return {**schema, "type": [schema["type"], "string"], "pattern": pattern}


def _params() -> Json:
    """Return the schema of the block of parameters."""
    rows = {name: parameter(row) for name, row in PARAMS.items()}
    return {**_object("single parameters, after the regime", (), rows), "type": ["object", "null"]}


def _regimes() -> Json:
    """Return the schema of the levers that hold whenever a regime is chosen."""
    names = {name: {"$ref": "#/$defs/levers"} for name in names_in(home() / "regimes")}
    about = "levers of this case, by regime: they hold whenever that regime is chosen"
    return {**_object(about, (), names), "type": ["object", "null"]}


def _levers() -> Json:
    """Return the schema of a block of levers."""
    rows = {name: parameter(PARAMS[name]) for name in LEVERS}
    return {**_object("levers, after the preset of the regime", (), rows), "type": ["object", "null"]}


def _indicator() -> Json:
    """Return the schema of the headline indicator."""
    properties = {
        "name": _text("such as infant mortality", 80),
        "unit": _text("such as deaths per 1,000 live births", 80),
        "baseline": _number("level when the run starts", above=0),
        "best": _number("best attainable level; below the baseline if falling is good", low=0),
        "population": _number("people (or births ...) the rate refers to", low=1),
        "per": {**_number("1000 for a rate per thousand, 100 for per cent", above=0), "default": 1},
    }
    return _object("headline indicator", ("name", "unit", "baseline", "best", "population"), properties)


def _group() -> Json:
    """Return the schema of a population group."""
    properties = {
        "name": _text("name; carries no meaning", 60),
        "size": _number("people in the group; only ratios count", above=0),
        "need": {
            **_number("services needed per head, relative", low=0, high=100),
            "default": 1,
        },
        "reach": {**_number("ease of reach", low=0, high=1), "default": 1},
        "level": {**_number("indicator relative to the community's mean", low=0, high=100), "default": 1},
    }
    return _object("population group", ("name", "size"), properties)


def _driver() -> Json:
    """Return the schema of a driver, which may be a bare name."""
    weight = {**_number("relative weight", above=0), "default": 1}
    full = _object("driver", ("name",), {"name": _text("name; carries no meaning", 60), "weight": weight})
    return {"anyOf": [full, _text("driver of weight 1", 60)]}


def _link() -> Json:
    """Return the schema of a link between drivers."""
    properties = {
        "source": _text("driver that feeds", 60),
        "target": _text("driver that is fed", 60),
        "strength": _number("how strongly", low=0, high=1),
    }
    return _object("link", tuple(properties), properties)


def _organisation() -> Json:
    """Return the schema of a known organisation, which may be a bare name."""
    budget = "yearly budget when the run starts, usd/year; drawn if not stated"
    own = "income that does not come from the community's funders; as the parameter says if not stated"
    properties = {
        "name": _text("name in ledgers and networks", 80),
        "sector": {"enum": list(SECTORS), "description": "drawn if not stated"},
        "budget_usd": _with_unit(_number(budget, low=SMALLEST_BUDGET, high=LARGEST_BUDGET), "usd/year"),
        "own_income_share": _number(own, low=0, high=1),
    }
    full = _object("organisation", ("name",), properties)
    return {"anyOf": [full, _text("organisation of which only the name is known", 80)]}


def _tie() -> Json:
    """Return the schema of a tie, which holds one way round."""
    trust = "how far the first trusts the second; what the pair would have drawn if not stated"
    properties = {
        "from": _text("organisation that knows and trusts", 80),
        "to": _text("organisation that is known and trusted", 80),
        "trust": _number(trust, low=0, high=1),
    }
    return _object("tie", ("from", "to"), properties)


def _fact() -> Json:
    """Return the schema of a fact."""
    properties = {"text": _text("the fact", 1000), "source": _text("where it was found", 400)}
    return _object("fact", tuple(properties), properties)


def _uncertainty() -> Json:
    """Return the schema of an uncertain parameter: each distribution has its own arguments."""
    properties: Json = {
        "name": {"enum": list(PARAMS)},
        "distribution": {"enum": list(DISTRIBUTIONS)},
        "source": _text("where the range comes from", 400),
        "grade": {"enum": list(get_args(Grade))},
    }
    required = tuple(properties)
    arguments: Json = {key: {"type": "number"} for names in DISTRIBUTIONS.values() for key in names}
    arguments["values"] = {"type": "array", "minItems": 1, "items": {"type": ["number", "string"]}}
    cases = []
    for kind, names in DISTRIBUTIONS.items():
        others = [key for key in arguments if key not in names]
        only = {"distribution": {"const": kind}, **dict.fromkeys(others, False)}
        cases.append({"properties": only, "required": list(names)})
    return {**_object("uncertain parameter", required, {**properties, **arguments}), "oneOf": cases}


def _object(about: str, required: tuple[str, ...], properties: Mapping[str, Any]) -> Json:
    """Return the schema of a mapping without unknown keys."""
    return {
        "type": "object",
        "description": about,
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Json, about: str, low: int, high: int, *, is_set: bool = False) -> Json:
    """Return the schema of a list."""
    limits = {"minItems": low, "maxItems": high, "uniqueItems": is_set}
    return {"type": "array", "description": about, "items": items, **limits}


def _text(about: str, limit: int = 200) -> Json:
    """Return the schema of a text that is not empty."""
    return {"type": "string", "description": about, "minLength": 1, "maxLength": limit}


def _number(
    about: str, *, low: float | None = None, high: float | None = None, above: float | None = None
) -> Json:
    """Return the schema of a number."""
    bounds = {"minimum": low, "maximum": high, "exclusiveMinimum": above}
    stated = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"type": "number", "description": about, **stated}
