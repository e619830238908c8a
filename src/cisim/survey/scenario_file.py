"""The text of a scenario file that starts from a survey: its organisations, its ties, and what it came from."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cisim.params import PARAMS
from cisim.presets import home, names_in
from cisim.problems import NOWHERE, Place, Problem, ScenarioError
from cisim.scenario import load
from cisim.survey.records import Survey
from cisim.survey.summary import facts_of
from cisim.tree import plain

if TYPE_CHECKING:
    from cisim.scenario import Scenario

BARE = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ()/.+&'_-]*[A-Za-z0-9().'])?")
"""Text that needs no quotes in YAML, inside brackets too."""
DIGITS = 4
"""Digits of a trust in the file."""


def scenario_text(survey: Survey, *, extends: str, title: str, name: str | None, command: str) -> str:
    """Return the text of a scenario file.

    Parameters
    ----------
    survey : Survey
    extends : str
        As it is to stand in the file: a shipped name, or a path from the folder of the file.
    title : str
    name : str, optional
        Without it the scenario is called like its file.
    command : str
        What made it, for the first line.
    """
    lines = [
        f"# Made by '{_one_line(command)}'.",
        "# What a survey knows is stated here; all else comes from what it extends. Trust is a share: 0 the lowest",
        "# answer, 1 the highest. A tie holds one way round; without trust, the model draws it.",
        "cisim: 1",
        *([f"name: {quoted(name)}"] if name else []),
        f"title: {quoted(title)}",
        f"extends: {quoted(extends)}",
        "",
        "organisations:",
        *(_organisation(survey, k) for k in range(len(survey.organisations))),
        "",
        "ties:",
        *(_tie(survey, pair) for pair in survey.ties),
        "",
        "facts:",
    ]
    for text, source in facts_of(survey):
        lines += [f"  - text: {quoted(text)}", f"    source: {quoted(source)}"]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    """Return text for a remark, which a line break or a mark that cannot be shown would end or spoil."""
    return "".join(char if char.isprintable() else " " for char in text)


def quoted(text: str) -> str:
    """Return text as a YAML scalar that reads back as itself.

    Examples
    --------
    >>> quoted("River Food Bank"), quoted("no: 7"), quoted("1e3"), quoted("Müller")
    ('River Food Bank', '"no: 7"', '"1e3"', '"Müller"')
    """
    is_bare = BARE.fullmatch(text) and plain(text) == text
    return text if is_bare else json.dumps(text, ensure_ascii=False)


def _organisation(survey: Survey, k: int) -> str:
    """Return the line of an organisation."""
    one = survey.organisations[k]
    stated = [f"name: {quoted(one.name)}"]
    stated += [f"sector: {one.sector}"] * (one.sector is not None)
    if one.budget_usd is not None:
        stated.append(f"budget_usd: {_number(one.budget_usd)}")
    if one.own_income_share is not None:
        stated.append(f"own_income_share: {_number(one.own_income_share)}")
    return f"  - {{{', '.join(stated)}}}"


def _tie(survey: Survey, pair: tuple[int, int]) -> str:
    """Return the line of a tie."""
    trust = survey.ties[pair].trust
    first, second = (quoted(survey.organisations[k].name) for k in pair)
    told = "" if trust is None else f", trust: {round(trust, DIGITS):g}"
    return f"  - {{from: {first}, to: {second}{told}}}"


def _number(value: float) -> str:
    """Return a number as the reader takes it."""
    return f"{value:.0f}" if float(value).is_integer() else repr(round(value, 6))


def with_room(survey: Survey, text: str, parent: Scenario) -> tuple[str, str]:
    """Return the text with `max_ties` raised to what the survey needs, and a remark, empty where it was enough.

    Raises
    ------
    ScenarioError
        If an organisation has more ties than any of the model can keep.
    """
    degrees = survey.is_tie.sum(axis=1)
    most, who = int(degrees.max()), survey.names[int(np.argmax(degrees))]
    limit = int(PARAMS["max_ties"].high)
    if most > limit:
        what = f"{who!r} has {most} ties; an organisation of the model keeps at most {limit} (max_ties)"
        raise ScenarioError.of(what, "ties", Place(survey.sources[0].path if survey.sources else ""))
    if most <= int(parent.values["max_ties"]):
        return text, ""
    at = text.index("\nfacts:\n")
    added = f"\nparams:\n  max_ties: {most}   # what {quoted(who)} needs\n"
    return text[:at] + added + text[at:], f"max_ties is set to {most}, which {who} needs"


def base_of(extends: str, target: Path) -> str:
    """Return what a file at `target` has to say to extend a scenario: a shipped name, or a path from its folder."""
    if extends in names_in(home()):
        return extends
    return Path(os.path.relpath(Path(extends).resolve(), target.resolve().parent)).as_posix()


def checked(text: str, target: Path) -> Scenario:
    """Return the scenario of a text, as if it stood at `target`.

    Raises
    ------
    ScenarioError
        If it is no scenario, at lines of the text.
    """
    parent = target.resolve().parent
    handle, temporary = tempfile.mkstemp(suffix=".yaml", prefix=".cisim-", dir=parent)
    path = Path(temporary)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        return load(path)
    except ScenarioError as error:
        raise ScenarioError(
            _of_option(one, target) if Path(one.place.file).name == path.name else one
            for one in error.problems
        ) from None
    finally:
        path.unlink(missing_ok=True)


def _of_option(problem: Problem, target: Path) -> Problem:
    """Return a problem of a text that was not written: of the option that gave it, else at its line."""
    if problem.field in ("title", "name"):
        return replace(problem, place=NOWHERE, field=f"--{problem.field}")
    return replace(problem, place=problem.place._replace(file=f"{target} (not written)"))
