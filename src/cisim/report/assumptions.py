"""What a result rests on: every parameter with its value, range, source and grade, and what was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cisim.params import PARAMS, Param
from cisim.report.records import Block, Details, Section, Table, Text
from cisim.report.words import between, counted, level, listed

if TYPE_CHECKING:
    from cisim.records import Uncertainty
    from cisim.scenario import Scenario

POSTERIOR = "posterior"
"""What a study calls the distribution of values drawn jointly."""
GRADES = ("measured", "derived", "assumed")
HEAD = ("parameter", "meaning", "value", "unit", "range", "grade", "source")
NOTES = (
    "Grade: measured, a published figure; derived, computed from published figures; assumed, no usable figure.",
    "Range: what was drawn from where it says so; else what the model allows, which is how far it is safe to vary. "
    "Grade and source are those of the default; where the scenario states another value, its own facts are the source.",
)
Scenarios = Mapping[str, "Scenario"]
Drawn = Mapping[str, "Uncertainty"]


def assumptions(
    scenarios: Scenarios, drawn: Drawn | None = None, varied: Mapping[str, str] | None = None
) -> Section:
    """Return the section on what the result rests on.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        What was run, by label.
    drawn : mapping of str to Uncertainty, optional
        Parameters that nobody knows and that took many values, by name.
    varied : mapping of str to str, optional
        Parameters that were set on a grid, with their values in words.
    """
    drawn, varied = drawn or {}, varied or {}
    stated = [n for n in PARAMS if n not in drawn and (n in varied or _differs(n, scenarios))]
    blocks: list[Block] = [Text(_counts(len(stated), len(drawn), _defaults(scenarios, drawn, varied)))]
    if drawn:
        blocks.append(_table("Drawn, because nobody knows them exactly", drawn, scenarios, drawn, varied))
    if stated:
        table = _table("Set otherwise than by default", stated, scenarios, drawn, varied)
        blocks.append(Details(f"Set otherwise than by default: {counted(len(stated), 'parameter')}", [table]))
    return Section("Assumptions", blocks)


def left_at_defaults(
    scenarios: Scenarios, drawn: Drawn | None = None, varied: Mapping[str, str] | None = None
) -> list[Section]:
    """Return the parameters that `assumptions` leaves out, for the appendix: assumed, and with some evidence."""
    drawn, varied = drawn or {}, varied or {}
    assumed, known = _defaults(scenarios, drawn, varied)
    found = []
    for names, what in (
        (assumed, "Assumed, and left at default"),
        (known, "With some evidence, and left at default"),
    ):
        table = _table(f"{what}: no scenario states another value", names, scenarios, drawn, varied)
        found.append(Section(f"{what}: {counted(len(names), 'parameter')}", [table]))
    return found


def _defaults(scenarios: Scenarios, drawn: Drawn, varied: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the parameters at their defaults: those assumed, and those with some evidence."""
    names = [n for n in PARAMS if n not in drawn and n not in varied and not _differs(n, scenarios)]
    assumed = [n for n in names if PARAMS[n].grade == "assumed"]
    return assumed, [n for n in names if n not in assumed]


def _differs(name: str, scenarios: Scenarios) -> bool:
    """Tell whether any scenario states another value than the default."""
    return any(one.values[name] != PARAMS[name].default for one in scenarios.values())


def _counts(stated: int, drawn: int, left: tuple[list[str], list[str]]) -> str:
    """Return how many parameters there are of which grade."""
    of = {grade: sum(row.grade == grade for row in PARAMS.values()) for grade in GRADES}
    assumed, known = map(len, left)
    took = f"{counted(drawn, 'parameter')} took many values" if drawn else "no parameter was drawn"
    return (
        f"The model has {len(PARAMS)} parameters: {of['measured']} rest on published figures, {of['derived']} were "
        f"computed from such, {of['assumed']} are assumptions. Here {took}; {stated} are set otherwise than by "
        f"default; {assumed} are assumptions left at their defaults; {known} have some evidence and are left at "
        "theirs. The last two kinds stand in the appendix. Most forms of the rules are assumed too."
    )


def _table(
    caption: str, names: Iterable[str], scenarios: Scenarios, drawn: Drawn, varied: Mapping[str, str]
) -> Table:
    """Return parameters as a table."""
    rows = [_row(PARAMS[name], scenarios, drawn.get(name), varied.get(name)) for name in names]
    return Table(caption, HEAD, rows, NOTES)


def _row(row: Param, scenarios: Scenarios, drawn: Uncertainty | None, varied: str | None) -> tuple[Any, ...]:
    """Return a parameter as a row of the table."""
    source, grade = _evidence(row, drawn)
    value = "drawn" if drawn else f"varied: {varied}" if varied else _value(row.name, scenarios)
    return (
        row.name, row.meaning, value, "" if row.unit == "-" else row.unit,
        distribution(drawn) if drawn else allowed(row), grade, source,
    )  # fmt: skip


def _evidence(row: Param, drawn: Uncertainty | None) -> tuple[str, str]:
    """Return source and grade; being drawn from a calibrated set adds no evidence of its own."""
    if drawn is None:
        return row.source, row.grade
    if drawn.distribution == POSTERIOR:
        return f"{row.source}; drawn from the calibrated set", row.grade
    return drawn.source, drawn.grade


def _value(name: str, scenarios: Scenarios) -> Any:
    """Return the value of a parameter: one where all agree, else each with those that have it."""
    by: dict[Any, list[str]] = {}
    for label, one in scenarios.items():
        by.setdefault(one.values[name], []).append(label)
    if len(by) == 1:
        return next(iter(by))
    return "; ".join(f"{level(value)} ({listed(labels)})" for value, labels in by.items())


def allowed(row: Param) -> str:
    """Return what a parameter may be.

    Examples
    --------
    >>> allowed(PARAMS["months"])
    '12 to 600'
    """
    if row.choices:
        return listed(row.choices, "or")
    return f"{level(row.low)} to {level(row.high)}"


def distribution(one: Uncertainty) -> str:
    """Return a distribution in words.

    Examples
    --------
    >>> from cisim.records import Frozen, Uncertainty
    >>> distribution(Uncertainty("trust_years", "uniform", Frozen({"low": 1.0, "high": 5.0}), "a survey", "assumed"))
    'uniform, 1.0 to 5.0'
    """
    stated = dict(one.arguments)
    kind = "calibrated" if one.distribution == POSTERIOR else one.distribution
    values = stated.pop("values", None)
    if values is not None:
        shown = [level(value) for value in values] if isinstance(values, Sequence) else [str(values)]
        some = f"{len(shown)} values, {shown[0]} to {shown[-1]}" if len(shown) > 8 else listed(shown, "or")
        return f"{kind}: {some}"
    ends = [stated.pop(key, None) for key in ("low", "high")]
    more = "".join(f", {key} {level(value)}" for key, value in stated.items())
    if isinstance(ends[0], int | float) and isinstance(ends[1], int | float):
        return f"{kind}{more}, {between(float(ends[0]), float(ends[1]))}"
    return f"{kind}{more}"
