"""Reading what happened in a case from life: strict, every mistake with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from cisim.checks import BIG, SMALL, Check, Fields
from cisim.outcomes import COLUMNS
from cisim.params import PARAMS
from cisim.presets import display, home, names_in, version
from cisim.problems import Place, Problem, ScenarioError
from cisim.reader import SUFFIXES, Document, read
from cisim.records import Source
from cisim.retrodiction.observed import PUBLISHED, Observation, Observed, Statistic, list_cases, observed_home
from cisim.scenario import Scenario, load
from cisim.tree import Node, node_of
from cisim.wording import did_you_mean

VERSION = 1
MOST_OBSERVATIONS = 100
TOP_NEEDED = (
    "cisim_observed",
    "title",
    "scenario",
    "happened",
    "counterfactual",
    "start_year",
    "observations",
)
TOP_OPTIONAL = ("claim", "keeps", "notes")
INFORMED = ("indicator.baseline", "indicator.best", *PARAMS)
NEEDED = ("name", "outcome", "statistic", "month", "value", "error", "error_from", "source")
OPTIONAL = ("from_memory", "informs", "trials", "explain", "note")


def read_observed(name_or_path: str | Path) -> Observed:
    """Read a shipped case by its name, or a file of one's own.

    Parameters
    ----------
    name_or_path : str or Path
        A file states `cisim_observed: 1`, a `title`, a `scenario` (shipped, or beside the file), the regimes that
        `happened` and of the `counterfactual`, `start_year` and a list of `observations`.

    Raises
    ------
    ScenarioError
        With every mistake found: file, line, column, field, value and what is allowed.

    Examples
    --------
    >>> read_observed("wetland").happened
    'collective'
    """
    text = str(name_or_path)
    if Path(text).suffix.lower() not in SUFFIXES and text not in list_cases():
        hint = did_you_mean(text, list_cases())
        known = ", ".join(list_cases())
        raise ScenarioError.of(f"{text[:80]!r} is not allowed; a case ({known}) or a file{hint}", "CASE")
    path = Path(text) if Path(text).suffix.lower() in SUFFIXES else observed_home() / f"{text}.yaml"
    document = read(path, display(path))
    origin = Source(document.file, hashlib.sha256(document.data).hexdigest())
    return _observed(document, path.stem, path.parent, origin, None)


def observed_from(data: Mapping[str, Any], name: str, scenario: Scenario | None = None) -> Observed:
    """Return the case that a mapping, in the form of a file, states; `scenario` replaces what it names.

    Raises
    ------
    ScenarioError
        With every mistake found.
    """
    document = Document(name, b"", node_of(data, Place(name)))
    return _observed(document, name, Path(), Source("", ""), scenario)


def _observed(
    document: Document, name: str, folder: Path, origin: Source, given: Scenario | None
) -> Observed:
    """Return the case of a document, or raise with all its problems."""
    check = Check(document.problems)
    got = check.fields(document.root, "", TOP_NEEDED, TOP_OPTIONAL)
    if got is None:
        raise ScenarioError(check.problems)
    version(got["cisim_observed"], check, "cisim_observed", VERSION)
    regimes = names_in(home() / "regimes")
    scenario = _scenario(check, got["scenario"], folder) if given is None else given
    last = int(scenario.values["months"]) - 1 if scenario else BIG
    texts = {
        key: check.text(got[key], key, 4000, lines=True) or "" for key in ("claim", "notes") if key in got
    }
    year = check.number(got["start_year"], "start_year", 0, 2100, "a year, or 0 for no time", whole=True)
    values: dict[str, Any] = {
        "title": check.text(got["title"], "title"),
        "happened": check.one_of(got["happened"], "happened", regimes, " (regimes)"),
        "counterfactual": check.one_of(got["counterfactual"], "counterfactual", regimes, " (regimes)"),
        "start_year": year,
        "claim": texts.get("claim", ""),
        "keeps": _names(check, got, "keeps", "keeps", tuple(PARAMS)),
        "notes": texts.get("notes", ""),
        "observations": _observations(check, got, last),
    }
    if values["happened"] and values["happened"] == values["counterfactual"]:
        check.fail(got["counterfactual"], "counterfactual", "is what happened; name another regime")
    if not (values["observations"] or values["claim"] or check.problems):
        check.fail(got["observations"], "observations", "none, and no claim; state one of the two")
    if check.problems or scenario is None:
        raise ScenarioError(check.problems)
    return Observed(name=name, scenario=scenario, origin=origin, **values)


def _scenario(check: Check, node: Node, folder: Path) -> Scenario | None:
    """Return a shipped scenario, or a file beside the case's."""
    asked = check.text(node, "scenario", 400)
    if asked is None:
        return None
    try:
        return load(asked if asked in names_in(home()) else folder / asked)
    except ScenarioError as error:
        placed = [
            one if one.place.line else Problem(node.place, "scenario", one.message) for one in error.problems
        ]
        check.problems.extend(placed)
        return None


def _names(check: Check, got: Fields, key: str, field: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list of settings of the scenario."""
    if key not in got:
        return ()
    return check.items(
        got[key], field, 1, len(known), lambda n, f: check.one_of(n, f, known, " (parameters)")
    )


def _observations(check: Check, got: Fields, last: float) -> tuple[Observation, ...]:
    """Return all observations, each name once."""
    node, before = got["observations"], len(check.problems)
    found = check.items(
        node, "observations", 0, MOST_OBSERVATIONS, lambda n, f: _observation(check, n, f, last)
    )
    if len(check.problems) == before:
        check.unique(node, "observations", (one.name for one in found))
    return found


def _observation(check: Check, node: Node, field: str, last: float) -> Observation | None:
    """Return one observation, or None where a problem was noted."""
    before = len(check.problems)
    got = check.fields(node, field, NEEDED, OPTIONAL)
    if got is None:
        return None
    statistic = check.one_of(got["statistic"], f"{field}.statistic", get_args(Statistic))
    values: dict[str, Any] = {
        "name": check.text(got["name"], f"{field}.name", 60),
        "outcome": check.one_of(got["outcome"], f"{field}.outcome", COLUMNS, " (monthly column)"),
        "statistic": statistic,
        **_numbers(check, got, field, statistic, last),
        **{key: check.text(got[key], f"{field}.{key}", 400) for key in ("error_from", "source")},
        **{
            key: _truth(check, got[key], f"{field}.{key}") for key in ("from_memory", "explain") if key in got
        },
        "informs": _names(check, got, "informs", f"{field}.informs", INFORMED),
    }
    if "note" in got:
        values["note"] = check.text(got["note"], f"{field}.note", 1000)
    _check_together(check, got, field, values)
    return None if len(check.problems) > before else Observation(**values)


def _numbers(check: Check, got: Fields, field: str, statistic: str | None, last: float) -> dict[str, Any]:
    """Return month, value, error and trials, within what the statistic can be."""
    is_share = statistic == "share_improved"
    low, high, what = (0.0, 1.0, "0 to 1 (share)") if is_share else (-BIG, BIG, "a number")
    months = f"a whole number, 0 to {last:g} (months after the start of the run)"
    values = {
        "month": check.number(got["month"], f"{field}.month", 0, last, months, whole=True),
        "value": check.number(got["value"], f"{field}.value", low, high, what),
        "error": check.number(got["error"], f"{field}.error", SMALL, BIG, "a number above 0 (one sd)"),
    }
    if "trials" in got:
        number = "a whole number, 1 to 10000 (figures counted)"
        values["trials"] = check.number(got["trials"], f"{field}.trials", 1, 10_000, number, whole=True)
    return values


def _truth(check: Check, node: Node, field: str) -> bool:
    """Return true or false."""
    if not isinstance(node.value, bool):
        check.fail(node, field, "true or false is needed here")
    return node.value is True


def _check_together(check: Check, got: Fields, field: str, values: Mapping[str, Any]) -> None:
    """Note what does not go together: months without a figure, shares without a count, what cannot be explained."""
    is_share, is_published = values["statistic"] == "share_improved", values["outcome"] == PUBLISHED
    month = values["month"]
    if is_published and month is not None and month % 12 != 11:
        what = f"{month} is not allowed; yearly figures are published in months 11, 23, 35 and so on"
        check.fail(got["month"], f"{field}.month", what)
    if is_share and not is_published:
        check.fail(got["outcome"], f"{field}.outcome", f"share_improved is counted over {PUBLISHED} only")
    if is_share != ("trials" in got):
        what = "share_improved needs trials" if is_share else "trials is for share_improved only"
        check.fail(got.get("trials", got["statistic"]), f"{field}.trials", what)
    if values.get("explain") and (not is_published or is_share):
        check.fail(
            got["explain"], f"{field}.explain", f"only a level or change of {PUBLISHED} is taken apart"
        )
