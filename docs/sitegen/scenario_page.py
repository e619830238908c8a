"""The scenario reference, read from the JSON Schema and the table of parameters."""

from __future__ import annotations

from typing import Any

from cisim.params import PARAMS, SECTIONS, Param
from cisim.records import DISTRIBUTIONS
from cisim.schema import schema
from cisim.tables import markdown

HEAD = """\
# Scenario reference

Made from the schema (`cisim schema`) and the table of parameters (`cisim list params`) when the site is built. A first
scenario, step by step: [make your own scenario](../howto/own-scenario.md). What a file does not state it takes from the
scenario it extends, in the end from the defaults below. Mistakes are told with line and column:
[error messages](../errors.md).

Numbers may carry their unit, as in `backbone_usd_per_year: 400000 usd/year`; another unit than the declared one is
refused, never converted.
"""
GRADES = """\
**Grades.** *measured*: a published figure; *derived*: computed from published figures; *assumed*: no usable figure, the
range says how far it is safe to vary. **Levers**, marked ◆, are what somebody decides; a regime sets all of those that
the nine regimes differ in.
"""
MOST_NAMES = 20
ARGUMENTS = {key for keys in DISTRIBUTIONS.values() for key in keys}
LISTS = ("groups", "drivers", "links", "organisations", "ties", "facts", "uncertainties")


def scenario_page() -> str:
    """Return the page: the statements of a file, its records, and every parameter by section."""
    parts = schema()["properties"]
    rows = [(f"`{name}`", kind(one), described(one)) for name, one in parts.items()]
    lines = [HEAD, "## Statements of a file", "", *markdown(("key", "type", "meaning"), rows)]
    lines += ["", "### indicator", "", *fields(parts["indicator"])]
    for name in LISTS:
        lines += ["", f"### {name}", "", *alternatives(parts[name]["items"])]
    shapes = [(f"`{name}`", ", ".join(f"`{one}`" for one in keys)) for name, keys in DISTRIBUTIONS.items()]
    lines += ["", "Each distribution has its own fields:", "", *markdown(("distribution", "fields"), shapes)]
    lines += ["", "## Parameters", "", GRADES]
    for title in SECTIONS:
        lines += ["", f"### {title}", "", *parameter_table(title)]
    return "\n".join(lines) + "\n"


def alternatives(item: dict[str, Any]) -> list[str]:
    """Return the fields of a record, or of every form it may take."""
    forms = item.get("anyOf") or [item]
    lines: list[str] = []
    for form in forms:
        lines += fields(form) if "properties" in form else [f"Or only a name: {described(form)}."]
        lines += [""]
    return lines[:-1]


def fields(record: dict[str, Any]) -> list[str]:
    """Return the fields of one record."""
    needed = record.get("required", ())
    rows = [
        (f"`{name}`", kind(one), "yes" if name in needed else "", default_of(one), described(one))
        for name, one in record["properties"].items()
        if name not in ARGUMENTS or "distribution" not in record["properties"]
    ]
    return markdown(("field", "type", "needed", "default", "meaning"), rows)


def default_of(one: dict[str, Any]) -> str:
    """Return the value a field has when it is left out."""
    return f"`{one['default']}`" if "default" in one else ""


def described(one: dict[str, Any]) -> str:
    """Return what a schema says about a field, in words."""
    return str(one.get("description") or one.get("title") or "")


def kind(one: dict[str, Any]) -> str:
    """Return type and range of a field, in words."""
    if "const" in one:
        return f"`{one['const']}`"
    if "enum" in one:
        if len(one["enum"]) > MOST_NAMES:
            return "name of a [parameter](#parameters)"
        return "one of " + ", ".join(f"`{name}`" for name in one["enum"])
    found = one.get("type", "list" if "items" in one else "text or block")
    types = [found] if isinstance(found, str) else [name for name in found if name != "null"]
    words = {"object": "block", "array": "list", "string": "text", "integer": "whole number"}
    text = " or ".join(words.get(name, name) for name in types)
    return text + bounds(one)


def bounds(one: dict[str, Any]) -> str:
    """Return the limits of a number or of the length of a text or list."""
    least, above = one.get("minimum"), one.get("exclusiveMinimum")
    most = one.get("maximum")
    if "maxLength" in one:
        return f", up to {one['maxLength']:,} characters"
    if "maxItems" in one:
        return f", up to {one['maxItems']} entries"
    low = f"from {least:g}" if least is not None else f"above {above:g}" if above is not None else ""
    return " ".join(["", low, f"to {most:g}" if most is not None else ""]).rstrip() if low or most else ""


def parameter_table(title: str) -> list[str]:
    """Return the parameters of one section."""
    rows = [parameter_row(one) for one in PARAMS.values() if one.section == title]
    return markdown(("parameter", "default", "allowed", "meaning, grade and source"), rows)


def parameter_row(one: Param) -> tuple[str, ...]:
    """Return one parameter as a row, with an anchor of its name."""
    allowed = ", ".join(one.choices) if one.choices else f"{number(one.low)} to {number(one.high)}"
    default = str(one.default) if one.choices else number(one.default)
    lever = " ◆" if one.is_lever else ""
    name = f'<span id="{one.name}"></span>`{one.name}`{lever}'
    unit = "" if one.unit in ("-", "name") else f" {one.unit}"
    grade = one.grade if one.source == "assumption" else f"{one.grade}*: *{plain(one.source)}"
    return (name, default, allowed + unit, f"{plain(one.meaning)}<br>*{grade}*")


def number(value: object) -> str:
    """Return a number as a person writes it."""
    assert isinstance(value, int | float)  # choices are shown by name
    return f"{value:,.10g}" if abs(value) < 1e7 else f"{value:.10g}"


def plain(text: str) -> str:
    """Return text that Markdown leaves as it is."""
    return text.replace("<", "&lt;").replace("*", r"\*").replace("_", r"\_")
