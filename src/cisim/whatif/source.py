"""Where a what-if starts: a shipped scenario by its name, or the text of a scenario file somebody sent.

A sent text is read by the same strict reader as a file, with one rule more: it may extend shipped scenarios only,
so that nobody far away can make this machine open a file.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from cisim.checks import Check
from cisim.presets import home, names_in
from cisim.problems import Place, ScenarioError
from cisim.reader import parse
from cisim.scenario import Scenario, load
from cisim.tree import Node

MOST_BYTES = 64 * 1024
"""Longest text of a scenario that a what-if may carry."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,59}")


@dataclass(frozen=True, slots=True)
class Source:
    """A shipped scenario (`text` is None) or the text of a scenario file.

    Attributes
    ----------
    name : str
    text : str or None
        YAML.
    """

    name: str
    text: str | None = None

    def plain(self) -> str | dict[str, str]:
        """Return the form in which a link states it."""
        return self.name if self.text is None else {"yaml": self.text, "name": self.name}


def read_source(check: Check, node: Node, field: str) -> Source | None:
    """Return what `node` names or holds, or note what is wrong with it."""
    if not isinstance(node.value, dict):
        found = check.one_of(
            node, field, names_in(home()), " (or {yaml: text of a scenario file, name: ...})"
        )
        return Source(found) if found else None
    got = check.fields(node, field, ("yaml",), ("name",))
    if got is None or not isinstance(got["yaml"].value, str):
        check.fail(node, field, "yaml: the text of a scenario file is needed")
        return None
    name = "scenario"
    if "name" in got:
        name = check.text(got["name"], f"{field}.name", 60) or ""
        if not NAME.fullmatch(name):
            check.fail(got["name"], f"{field}.name", "letters, digits, spaces, '.', '_' and '-' are allowed")
            return None
    text = got["yaml"].value
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        check.fail(got["yaml"], f"{field}.yaml", f"is longer than {MOST_BYTES // 1024} kB")
        return None
    return Source(name, text)


def source_of(name_or_path: str) -> Source:
    """Return the source of a shipped name, or of a file on this machine.

    A file that extends another file, or is no YAML, is written out in full, so that the link stands alone.

    Raises
    ------
    ScenarioError
        If it cannot be read, or is too long for a link.

    Examples
    --------
    >>> source_of("generic-adaptive")
    Source(name='generic-adaptive', text=None)
    """
    if name_or_path in names_in(home()):
        return Source(name_or_path)
    scenario = load(name_or_path)
    text = Path(name_or_path).read_text("utf-8-sig")
    stem = re.sub(r"[^A-Za-z0-9 _.-]", "-", scenario.name)[:60]
    source = Source(stem if NAME.fullmatch(stem) else "scenario", text)
    try:
        if scenario_of(source) != replace(scenario, name=source.name):
            raise ScenarioError.of("differs")
    except ScenarioError:
        source = replace(source, text=scenario.to_yaml())
    if len((source.text or "").encode()) > MOST_BYTES:
        what = f"is longer than {MOST_BYTES // 1024} kB, the most a what-if may carry"
        raise ScenarioError.of(what, place=Place(name_or_path))
    return source


@lru_cache(maxsize=64)
def scenario_of(source: Source) -> Scenario:
    r"""Return the scenario of a source.

    Raises
    ------
    ScenarioError
        With everything that is wrong in it, with line and column.

    Examples
    --------
    >>> scenario_of(Source("town", "cisim: 1\nextends: generic-adaptive\nparams: {n_orgs: 12}")).values["n_orgs"]
    12
    >>> scenario_of(Source("town", "cisim: 1\nextends: ../other.yaml"))
    Traceback (most recent call last):
    cisim.problems.ScenarioError: town.yaml:2:10: extends: '../other.yaml' is not a shipped scenario; ...
    """
    if source.text is None:
        return load(source.name)
    file = f"{source.name}.yaml"
    _only_shipped(source.text, file)
    with tempfile.TemporaryDirectory(prefix="cisim-") as folder:
        path = Path(folder) / file
        path.write_text(source.text, encoding="utf-8")
        try:
            scenario = load(path)
        except ScenarioError as error:
            named = (replace(one, place=one.place._replace(file=file)) for one in error.problems)
            raise ScenarioError(named) from None
    plain = tuple(one._replace(path=Path(one.path).name) for one in scenario.provenance)
    return replace(scenario, provenance=plain)


def _only_shipped(text: str, file: str) -> None:
    """Refuse a text that extends anything but a shipped scenario."""
    root = parse(text.encode("utf-8", "replace"), ".yaml", file).root
    node = root.value.get("extends")
    known = names_in(home())
    if node is not None and node.value not in known:
        what = f"{str(node.value)[:60]!r} is not a shipped scenario; {', '.join(known)}"
        raise ScenarioError.of(what, "extends", node.place)
