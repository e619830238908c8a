"""Targets of a calibration: published facts as statements about outcomes, read from a strict YAML file.

A target says what one statistic of one case should be, how far off is still fine, and where the fact was
found. Its tolerance counts as one standard deviation of two things together: the error of the observation and
the part of reality the model leaves out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from cisim.checks import BIG, SMALL, Check, Fields
from cisim.outcomes import COLUMNS
from cisim.problems import Place, ScenarioError, shown
from cisim.reader import Document, read
from cisim.records import Source
from cisim.result import OUTCOMES
from cisim.tree import Node, node_of

Statistic = Literal["mean", "sd", "share_positive", "difference", "relative_difference", "yearly_loss"]
Use = Literal["fit", "hold-out"]

VERSION = 1
MAX_TARGETS = 100
LAST_MONTH = 599
NEEDED = ("name", "case", "outcome", "statistic", "value", "tolerance", "source")
OPTIONAL = ("month", "since", "per", "where", "use", "note")
SHARES = ("share_positive", "yearly_loss")
PAIRED = ("difference", "relative_difference")
NEVER_TUNED = ("seed", "world", "luck")


@dataclass(frozen=True, slots=True)
class Target:
    """One fact that the model should reproduce.

    Attributes
    ----------
    name : str
    case : str
        Label of the case it is about.
    outcome : str
        Outcome of a whole run, or a monthly column where `month` is given.
    statistic : str
        Over worlds: "mean", "sd", "share_positive" (share of worlds above 0), "difference" (mean paired
        difference to the reference), "relative_difference" (that, relative to the reference's mean) or
        "yearly_loss" (yearly chance that a world above 0 in month `since` is no longer so in `month`).
    value, tolerance : float
        What was observed, and one standard deviation of model discrepancy and observation error together.
    source : str
    use : {"fit", "hold-out"}
        Whether the calibration sees it, or only its report.
    month, since : int or None
        Month of the monthly column, from 0 as in the monthly table; `since` is for "yearly_loss" only.
    per : str or None
        Outcome (or column, where `month` is given) by which the outcome is divided, world by world.
    where : str or None
        Outcome (or column) that has to be above 0 for a world to count, such as the stage of a coalition.
    note : str
    """

    name: str
    case: str
    outcome: str
    statistic: Statistic
    value: float
    tolerance: float
    source: str
    use: Use = "fit"
    month: int | None = None
    since: int | None = None
    per: str | None = None
    where: str | None = None
    note: str = ""

    @property
    def is_fit(self) -> bool:
        """Whether the calibration sees it."""
        return self.use == "fit"


@dataclass(frozen=True, slots=True)
class TargetFile:
    """Targets and where they come from.

    Attributes
    ----------
    title, description : str
    targets : tuple of Target
    origin : Source
        The file and the SHA-256 of its bytes; empty where targets came from Python.
    """

    title: str
    description: str
    targets: tuple[Target, ...]
    origin: Source


def read_targets(path: Path | str) -> TargetFile:
    """Read a targets file.

    Parameters
    ----------
    path : path-like
        A YAML, JSON or TOML file that states `cisim_targets: 1`, a `title` and a list of `targets`.

    Raises
    ------
    ScenarioError
        With every mistake found: file, line, column, field, value and what is allowed.
    """
    path = Path(path)
    document = read(path, str(path))
    origin = Source(document.file, hashlib.sha256(document.data).hexdigest())
    return _targets(document, Place(document.file, 1, 1), origin)


def targets_from(data: Mapping[str, Any], name: str = "targets") -> TargetFile:
    """Return the targets that a mapping states, in the form of a file.

    Raises
    ------
    ScenarioError
        With every mistake found.

    Examples
    --------
    >>> one = {"name": "alive", "case": "coalition", "outcome": "coalition_survived", "statistic": "mean",
    ...        "value": 0.9, "tolerance": 0.05, "source": "example"}
    >>> targets_from({"cisim_targets": 1, "title": "Example", "targets": [one]}).targets[0].use
    'fit'
    """
    document = Document(name, b"", node_of(data, Place(name)))
    return _targets(document, Place(name), Source("", ""))


def needed(targets: Iterable[Target]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the outcomes and the monthly columns that have to be kept for these targets.

    Examples
    --------
    >>> needed([Target("a", "case", "stage", "mean", 1.0, 0.1, "example", month=3, per="members")])
    ((), ('stage', 'members'))
    """
    outcomes: dict[str, None] = {}
    series: dict[str, None] = {}
    for one in targets:
        kept = outcomes if one.month is None else series
        kept.update(dict.fromkeys(filter(None, (one.outcome, one.per, one.where))))
    return tuple(outcomes), tuple(series)


def as_targets(targets: Iterable[Target | Mapping[str, Any]]) -> tuple[Target, ...]:
    """Return targets from records, or from the plain values a kept study states; both are checked alike.

    Raises
    ------
    ScenarioError
        If a mapping is not a target.
    """
    plain: list[dict[str, Any]] = []
    for one in targets:
        values = (
            {name: getattr(one, name) for name in (*NEEDED, *OPTIONAL)} if isinstance(one, Target) else one
        )
        plain.append({key: value for key, value in values.items() if value is not None and value != ""})
    return targets_from({"cisim_targets": VERSION, "title": "targets", "targets": plain}).targets


def _targets(document: Document, top: Place, origin: Source) -> TargetFile:
    """Return the targets of a document, or raise with all its problems."""
    check = Check(document.problems)
    got = check.fields(document.root, "", ("cisim_targets", "title", "targets"), ("description",))
    if got is None:
        raise ScenarioError(check.problems)
    what = f"{VERSION} (the version of the format)"
    check.number(got["cisim_targets"], "cisim_targets", VERSION, VERSION, what, whole=True)
    title = check.text(got["title"], "title") or ""
    description = ""
    if "description" in got:
        description = check.text(got["description"], "description", 4000, lines=True) or ""
    before = len(check.problems)
    found = check.items(got["targets"], "targets", 1, MAX_TARGETS, lambda n, f: _target(check, n, f))
    if len(check.problems) == before:
        check.unique(got["targets"], "targets", (one.name for one in found))
        if not any(one.is_fit for one in found):
            check.fail(top, "targets", "all are hold-out; at least one needs 'use: fit'")
    if check.problems:
        raise ScenarioError(check.problems)
    return TargetFile(title, description, found, origin)


def _target(check: Check, node: Node, field: str) -> Target | None:
    """Return one target, or None where a problem was noted."""
    before = len(check.problems)
    got = check.fields(node, field, NEEDED, OPTIONAL)
    if got is None:
        return None
    statistic = check.one_of(got["statistic"], f"{field}.statistic", get_args(Statistic))
    values: dict[str, Any] = {
        "name": _free_name(check, got["name"], f"{field}.name"),
        "case": check.text(got["case"], f"{field}.case", 80),
        "statistic": statistic,
        **_outcome(check, got, field),
        **_numbers(check, got, field, statistic),
        "source": check.text(got["source"], f"{field}.source", 400),
    }
    if "use" in got:
        values["use"] = check.one_of(got["use"], f"{field}.use", get_args(Use))
    if "note" in got:
        values["note"] = check.text(got["note"], f"{field}.note", 1000)
    _check_since(check, node, field, statistic, values)
    return None if len(check.problems) > before else Target(**values)


def _free_name(check: Check, node: Node, field: str) -> str | None:
    """Return a target's name; what keys the random draws can be no target."""
    name = check.text(node, field, 60)
    if name is not None and name.lower() in NEVER_TUNED:
        check.fail(node, field, f"{shown(name)} is not allowed; random draws are averaged over, never tuned")
        return None
    return name


def _outcome(check: Check, got: Fields, field: str) -> dict[str, Any]:
    """Return outcome, month, divisor and condition; a month asks for monthly columns."""
    values: dict[str, Any] = {}
    for key in ("month", "since"):
        if key in got:
            what = f"a whole number, 0 to {LAST_MONTH} (months since the start of the run)"
            values[key] = check.number(got[key], f"{field}.{key}", 0, LAST_MONTH, what, whole=True)
    known = COLUMNS if "month" in got else OUTCOMES
    kind = " (monthly column)" if "month" in got else " (outcome of a whole run)"
    for key in ("outcome", "per", "where"):
        if key in got:
            values[key] = check.one_of(got[key], f"{field}.{key}", known, kind)
    return values


def _numbers(check: Check, got: Fields, field: str, statistic: str | None) -> dict[str, Any]:
    """Return value and tolerance, within what the statistic can be."""
    low, high, what = -BIG, BIG, "a number"
    if statistic in SHARES:
        low, high, what = 0.0, 1.0, "0 to 1 (share)"
    elif statistic == "sd":
        low, what = 0.0, "0 or more (standard deviation)"
    discrepancy = "a number above 0 (one sd of model discrepancy and observation error together)"
    return {
        "value": check.number(got["value"], f"{field}.value", low, high, what),
        "tolerance": check.number(got["tolerance"], f"{field}.tolerance", SMALL, BIG, discrepancy),
    }


def _check_since(
    check: Check, node: Node, field: str, statistic: str | None, values: Mapping[str, Any]
) -> None:
    """Note where a yearly loss lacks its months or has a condition, or another statistic has a first month."""
    month, since = cast("int | None", values.get("month")), cast("int | None", values.get("since"))
    if statistic == "yearly_loss":
        if "where" in values:
            check.fail(
                node.value["where"], f"{field}.where", "is not for yearly_loss, which has one; leave it out"
            )
        if "month" not in values or "since" not in values:
            check.fail(node, field, "yearly_loss needs month and since")
        elif month is not None and since is not None and since >= month:
            check.fail(node.value["since"], f"{field}.since", f"{since} is not before month {month}")
    elif "since" in values:
        check.fail(node.value["since"], f"{field}.since", "is for yearly_loss only; leave it out")
