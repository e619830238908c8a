"""Tables of the model description, following the ODD protocol, generated from the code.

What the tables say about parameters, state, outcomes and the order of events is read from where the model
states it, so the description cannot drift from the program.

References
----------
Grimm et al. (2020), The ODD protocol for describing agent-based and other simulation models: a second update,
JASSS 23(2) 7. https://doi.org/10.18564/jasss.4259
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np

from cisim import engine, state
from cisim.params import PARAMS, SECTIONS, Param
from cisim.presets import REGIME_LEVERS, list_regimes, regime
from cisim.result import OUTCOMES, meaning_of

Record = dict[str, Any]
KINDS: dict[type[np.generic], str] = {np.float64: "real", np.int64: "whole"}
_HEADING = re.compile(r"^    # (.+)$")
_ARRAY = re.compile(r"^    (\w+): Annotated\[")
_WORLD_FIELD = re.compile(r"^\s*\(\"(\w+)\", np\.(\w+)\),(?:\s*# (.*))?$", re.MULTILINE)


def state_variables() -> list[Record]:
    """Return every array of the state: entity, variable, shape, type, and unit or meaning.

    Working space without meaning between rules is left out.

    Examples
    --------
    >>> [row["shape"] for row in state_variables() if row["variable"] == "practice"]
    ['n_orgs, n_drivers']
    """
    declared = state.declarations()
    rows: list[Record] = []
    heading = ""
    for line in inspect.getsource(state.State).splitlines():
        if found := _HEADING.match(line):
            heading = found[1]
        elif (found := _ARRAY.match(line)) and found[1] != "world" and not heading.startswith("scratch"):
            shape, meaning, kind = declared[found[1]]
            rows.append(_state_row(heading, found[1], shape, KINDS[kind], meaning))
    for name, word, meaning in _WORLD_FIELD.findall(inspect.getsource(state)):
        number = "real" if word == "float64" else "whole"
        rows.append(_state_row("world", name, "one", number, meaning or name.replace("_", " ")))
    return rows


def _state_row(entity: str, name: str, shape: str, kind: str, meaning: str) -> Record:
    """Return one row of the table of state variables."""
    return {"entity": entity, "variable": name, "shape": shape, "type": kind, "unit and meaning": meaning}


def process() -> list[Record]:
    """Return the rules of a month in their order, each with the first line of its docstring.

    Examples
    --------
    >>> process()[0]["rule"]
    'shocks'
    """
    rows = []
    for place, name in enumerate(engine.STEP, start=1):
        about = inspect.getdoc(getattr(engine, name)) or ""
        rows.append({"order": place, "rule": name, "does": about.split("\n", 1)[0]})
    return rows


def parameters() -> list[Record]:
    """Return every parameter with default, range, unit, evidence, meaning and source, section by section."""
    return [_parameter_row(row) for section in SECTIONS for row in PARAMS.values() if row.section == section]


def _parameter_row(row: Param) -> Record:
    """Return one row of the table of parameters."""
    allowed = ", ".join(row.choices) if row.choices else f"{row.low:,.10g} to {row.high:,.10g}"
    default = row.default if isinstance(row.default, str) else f"{row.default:,.10g}"
    return {
        "section": row.section, "parameter": row.name, "default": default, "allowed": allowed,
        "unit": row.unit, "lever": "yes" if row.is_lever else "", "evidence": row.grade,
        "meaning": row.meaning, "source": row.source,
    }  # fmt: skip


def outcomes() -> list[Record]:
    """Return every outcome of a run with unit and meaning."""
    described = ((name, *meaning_of(name)) for name in OUTCOMES)
    return [{"outcome": name, "unit": unit, "meaning": meaning} for name, meaning, unit in described]


def regimes() -> list[Record]:
    """Return the value each shipped regime gives to each of its levers, one row a lever.

    Examples
    --------
    >>> [row["collective"] for row in regimes() if row["lever"] == "backbone"]
    ['1']
    """
    presets = [regime(one.name) for one in list_regimes()]
    rows = []
    for lever in REGIME_LEVERS:
        values = {one.name: one.values[lever] for one in presets}
        cells = {name: v if isinstance(v, str) else f"{v:,.10g}" for name, v in values.items()}
        rows.append({"lever": lever, "unit": PARAMS[lever].unit, **cells})
    return rows


def tables() -> dict[str, list[Record]]:
    """Return all tables by title, in the order of the document."""
    return {
        "Entities and state variables": state_variables(),
        "Process overview: the rules of a month, in order": process(),
        "Parameters": parameters(),
        "Outcomes": outcomes(),
        "Regimes: values of levers": regimes(),
    }


def markdown() -> str:
    """Return all tables as one Markdown document.

    Examples
    --------
    >>> markdown().splitlines()[0]
    '# ODD tables'
    """
    lines = ["# ODD tables", "", "Generated by `cisim odd`; change the code, then run `make odd`.", ""]
    for title, rows in tables().items():
        lines += [f"## {title}", ""]
        for heading, part in _by_heading(rows):
            lines += [f"### {heading[:1].upper()}{heading[1:]}", ""] if heading else []
            lines += [*_table(part), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _by_heading(rows: list[Record]) -> list[tuple[str, list[Record]]]:
    """Return rows by section or entity, which then need no column of their own."""
    key = next((key for key in ("section", "entity") if key in rows[0]), None)
    if key is None:
        return [("", rows)]
    headings = dict.fromkeys(str(row[key]) for row in rows)
    found: dict[str, list[Record]] = {heading: [] for heading in headings}
    for row in rows:
        found[str(row[key])].append({name: value for name, value in row.items() if name != key})
    return list(found.items())


def _table(rows: list[Record]) -> list[str]:
    """Return a Markdown table of rows with equal keys."""
    head = list(rows[0])
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return lines + [f"| {' | '.join(_cell(row[key]) for key in head)} |" for row in rows]


def _cell(value: object) -> str:
    """Return a value that does not end a Markdown cell early."""
    return str(value).replace("|", "\\|").replace("\n", " ")
