"""JSON Schema of study files, for editors and for checking files without cisim.

Made from the tables that the reader checks files against. What needs the scenario (which cases there are, which levers
a level leaves alone) or other files is beyond JSON Schema; `cisim validate` checks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cisim.outcomes import COLUMNS
from cisim.params import PARAMS
from cisim.presets import home, names_in
from cisim.result import OUTCOMES
from cisim.schema import DIALECT, parameter
from cisim.schema import schema as scenario_schema
from cisim.study.cases import MOST_CASES
from cisim.study.factors import LONGEST, MOST_FACTORS, MOST_LEVELS
from cisim.study.options import OPTIONS, Option
from cisim.study.precision import LEAST_PILOT, MOST_PILOT, MOST_WORLDS
from cisim.study.reading import MOST_SAMPLES, VERSION
from cisim.study.records import GAIN
from cisim.study.spec import ANALYSES, SEEDS
from cisim.study.unknowns import WORDS

Json = dict[str, Any]


def study_schema() -> Json:
    """Return the JSON Schema (draft 2020-12) of a study file.

    Examples
    --------
    >>> study_schema()["properties"]["analysis"]["enum"][:2]
    ['sweep', 'attribution']
    """
    properties: Json = {
        "cisim_study": {"const": VERSION, "description": "version of the file format"},
        "name": _text("name, if not that of the file", 80),
        "title": _text("one line that says what this is", 200),
        "question": _text("what is asked", 600),
        "analysis": {"enum": list(ANALYSES), "description": "what is done with the runs", "default": "sweep"},
        "scenario": _text("shipped scenario, or path of a file from here", 400),
        "set": _settings("parameters that hold in all cases"),
        "cases": _cases(),
        "reference": {"type": ["string", "null"], "description": "case that differences refer to; null: none"},
        "budget": {"enum": ["equal", "added"], "description": "who pays for coordination", "default": "equal"},
        "vary": _vary(),
        "uncertainties": _uncertainties(),
        "samples": _whole("draws of what is uncertain; base sample of a sensitivity analysis", 1, MOST_SAMPLES),
        "worlds": {"anyOf": [_whole("worlds per point", 1, MOST_WORLDS), {"const": "auto"}]},
        "precision": _precision(),
        "seed": _whole("key of all draws", 0, 2**63 - 1),
        "seeds": {"enum": list(SEEDS), "description": "whether draws live in worlds of their own"},
        "outcomes": _list({"enum": list(OUTCOMES)}, "outcomes the analysis reads", 0, len(OUTCOMES)),
        "series": _list({"enum": list(COLUMNS)}, "monthly columns that are kept", 0, len(COLUMNS)),
        "options": {"type": "object", "description": "settings of the analysis"},
    }  # fmt: skip
    about = "What is varied and drawn, in which cases, how often, and what is asked of the results."
    parts = {**_object(about, ("cisim_study", "scenario"), properties), "allOf": [*_by_analysis(), _auto()]}
    definitions = {"parameters": {name: parameter(row) for name, row in PARAMS.items()}}
    return {"$schema": DIALECT, "title": "cisim study", **parts, "$defs": definitions}


def _settings(about: str) -> Json:
    """Return the schema of parameters and their values."""
    return _object(about, (), {name: _value(name) for name in PARAMS})


def _value(name: str) -> Json:
    """Return the schema of the value of a parameter."""
    return {"$ref": f"#/$defs/parameters/{name}"}


def _cases() -> Json:
    """Return the schema of what is compared: names of regimes, or labels with a regime and settings each."""
    regime = {"enum": list(names_in(home() / "regimes"))}
    one = _object("a case", ("regime",), {"regime": regime, "set": _settings("parameters of this case")})
    named = {
        "type": "object", "additionalProperties": one, "propertyNames": _text("label", LONGEST),
        "minProperties": 1, "maxProperties": MOST_CASES,
    }  # fmt: skip
    return {"anyOf": [{**_list(regime, "regimes", 1, MOST_CASES), "uniqueItems": True}, named]}


def _vary() -> Json:
    """Return the schema of factors: values or a range of a parameter, or levels under a name of one's own."""
    return {
        "type": "object", "description": "what varies", "maxProperties": MOST_FACTORS,
        "properties": {name: _factor(name) for name in PARAMS}, "propertyNames": _text("name", LONGEST),
        "additionalProperties": _levels(),
    }  # fmt: skip


def _factor(name: str) -> Json:
    """Return the schema of what one parameter is varied over."""
    values = {**_list(_value(name), "values", 1, MOST_LEVELS), "uniqueItems": True}
    cases = _list(_text("label", LONGEST), "cases it varies in", 1, MOST_CASES)
    listed = _object("values", ("values",), {"values": values, "cases": cases})
    if PARAMS[name].kind == "choice":
        return {"anyOf": [values, listed]}
    steps = {"n": _whole("steps", 2, MOST_LEVELS), "scale": {"enum": ["linear", "log"]}, "cases": cases}
    between = {"low": _value(name), "high": _value(name), **steps}
    return {"anyOf": [values, listed, _object("range", ("low", "high"), between)]}


def _levels() -> Json:
    """Return the schema of a factor whose levels set several parameters each."""
    levels = {
        "type": "object", "description": "by label, parameters and their values", "minProperties": 1,
        "propertyNames": _text("label", LONGEST), "additionalProperties": _settings("level"),
    }  # fmt: skip
    cases = _list(_text("label", LONGEST), "cases it varies in", 1, MOST_CASES)
    return _object("named levels", ("levels",), {"levels": levels, "cases": cases, "meaning": _text("", 200)})


def _uncertainties() -> Json:
    """Return the schema of what is drawn: a word, distributions, or a calibrated set and distributions beside it."""
    stated: Json = scenario_schema()["properties"]["uncertainties"]["items"]
    own = _list(
        {"anyOf": [{"enum": list(PARAMS)}, stated]}, "names, or distributions stated here", 1, MOST_FACTORS
    )
    posterior = _text("calibrated, or folder or file of a calibrated set", 400)
    joint = _object("a calibrated set", ("posterior",), {"posterior": posterior, "also": own})
    return {"description": "what nobody knows and is drawn", "anyOf": [{"enum": list(WORDS)}, own, joint]}


def _precision() -> Json:
    """Return the schema of how precise a paired difference is wanted."""
    properties = {
        "half_width": {"type": "number", "exclusiveMinimum": 0, "description": "how far its interval may reach"},
        "outcome": {"enum": [GAIN, *OUTCOMES]},
        "level": _number("confidence level", 0.5, 0.9999),
        "pilot": _whole("worlds that decide how many are needed", LEAST_PILOT, MOST_PILOT),
        "most": _whole("most worlds", LEAST_PILOT, MOST_WORLDS),
    }  # fmt: skip
    return _object("precision that decides the number of worlds", ("half_width",), properties)


def _auto() -> Json:
    """Return the rule that a precision goes with 'worlds: auto', and only with it."""
    is_auto = {"properties": {"worlds": {"const": "auto"}}, "required": ["worlds"]}
    return {"if": is_auto, "then": {"required": ["precision"]}, "else": {"properties": {"precision": False}}}


def _by_analysis() -> list[Json]:
    """Return, for each analysis, which options it has; a file that names none is a sweep."""
    found = []
    for analysis, options in OPTIONS.items():
        needed = tuple(one.name for one in options if one.shape == "targets")
        known = _object(f"settings of {analysis}", needed, {one.name: _option(one) for one in options})
        asked: Json = {"properties": {"analysis": {"const": analysis}}}
        if analysis != "sweep":
            asked["required"] = ["analysis"]
        then: Json = {"properties": {"options": known}, "required": ["options"] if needed else []}
        found.append({"if": asked, "then": then})
    return found


def _option(option: Option) -> Json:
    """Return the schema of one option."""
    shapes: dict[str, Json] = {
        "number": _number(option.meaning, option.low, option.high),
        "whole": _whole(option.meaning, int(option.low), int(option.high)),
        "truth": {"type": "boolean", "description": option.meaning},
        "name": {"enum": list(option.names), "description": option.meaning},
        "response": {"enum": [GAIN, *OUTCOMES], "description": option.meaning},
        "factors": _list(_text("name of a factor", LONGEST), option.meaning, 0, MOST_FACTORS),
    }
    found = shapes.get(option.shape, _text(option.meaning, 400))
    return {**found, "type": [found["type"], "null"]} if option.may_be_null else found


def _object(about: str, required: tuple[str, ...], properties: Mapping[str, Any]) -> Json:
    """Return the schema of a mapping without unknown keys."""
    return {
        "type": "object", "description": about, "properties": dict(properties), "required": list(required),
        "additionalProperties": False,
    }  # fmt: skip


def _list(items: Json, about: str, low: int, high: int) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "description": about, "items": items, "minItems": low, "maxItems": high}


def _text(about: str, limit: int) -> Json:
    """Return the schema of a text that is not empty."""
    return {"type": "string", "description": about, "minLength": 1, "maxLength": limit}


def _whole(about: str, low: int, high: int) -> Json:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": about, "minimum": low, "maximum": high}


def _number(about: str, low: float, high: float) -> Json:
    """Return the schema of a number."""
    return {"type": "number", "description": about, "minimum": low, "maximum": high}
