"""Scenario: everything one run needs to know, validated, immutable and comparable.

Statements are applied in this order, later ones winning: defaults of `params.py`, the scenario named by
`extends`, the preset of this file's `regime`, what `regimes` says of that regime, this file's `params`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cisim.params import PARAMS, Value, to_record
from cisim.presets import VERSION, Regime, list_regimes, regime
from cisim.records import (
    Driver,
    Fact,
    Frozen,
    Group,
    Indicator,
    KnownOrganisation,
    KnownTie,
    Link,
    Source,
    Uncertainty,
    plain_of,
)
from cisim.statements import changed, from_mapping, list_scenarios, loaded

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

__all__ = ["Diff", "Regime", "Scenario", "from_dict", "list_regimes", "list_scenarios", "load", "regime"]

PARTS = ("groups", "drivers", "links")
"""What matters to results besides the parameters and the indicator."""
KNOWN = ("organisations", "ties")
"""What matters as well where it is stated; without it organisations and ties are drawn."""


@dataclass(frozen=True)
class Scenario:
    """A community, its problem and what is done about it.

    Get one from `cisim.load`, change it with `with_`; the constructor does not check anything.

    Attributes
    ----------
    name, title, description, regime : str
        Labels. They carry no meaning: two scenarios that differ in nothing else give the same results.
    values : Frozen
        Value of every parameter in `cisim.params.PARAMS`.
    indicator : Indicator
        Headline indicator.
    groups, drivers, links : tuple of Group, Driver, Link
        Population groups, drivers, and which driver feeds which.
    organisations, ties : tuple of KnownOrganisation, KnownTie
        Organisations that exist and who works with whom when the run starts; where empty they are drawn.
    facts : tuple of Fact
        What is known of the real case.
    levers, outcomes : tuple of str
        Parameters to vary and columns to look at, in studies.
    uncertainties : tuple of Uncertainty
        Parameters nobody knows, with their distributions.
    regimes : Frozen
        Levers that hold in this scenario whenever a regime is chosen, by name of the regime.
    provenance : tuple of Source
        Files read, with their digests; not compared.
    """

    name: str
    title: str
    description: str
    regime: str
    values: Frozen[Value]
    indicator: Indicator
    groups: tuple[Group, ...]
    drivers: tuple[Driver, ...]
    links: tuple[Link, ...] = ()
    organisations: tuple[KnownOrganisation, ...] = ()
    ties: tuple[KnownTie, ...] = ()
    facts: tuple[Fact, ...] = ()
    levers: tuple[str, ...] = ()
    uncertainties: tuple[Uncertainty, ...] = ()
    outcomes: tuple[str, ...] = ()
    regimes: Frozen[Frozen[Value]] = field(default_factory=Frozen)
    provenance: tuple[Source, ...] = field(default=(), compare=False)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each group in the population; sums to 1."""
        total = sum(group.size for group in self.groups)
        return tuple(group.size / total for group in self.groups)

    @property
    def record(self) -> npt.NDArray[np.void]:
        """The parameters as the 1-element record that compiled rules read."""
        return to_record(self.values)

    @property
    def digest(self) -> str:
        """SHA-256 over everything that matters to results, and nothing else."""
        return hashlib.sha256(json.dumps(self._matter(), sort_keys=True).encode()).hexdigest()

    def _matter(self) -> dict[str, Any]:
        """Return what matters to results as plain values, by name."""
        parts = {part: [plain_of(one) for one in getattr(self, part)] for part in PARTS}
        return {**self.values, "indicator": plain_of(self.indicator), **parts, **self._known()}

    def _known(self) -> dict[str, Any]:
        """Return known organisations and ties as plain values, where there are any."""
        stated = {part: getattr(self, part) for part in KNOWN}
        return {part: [plain_of(one) for one in records] for part, records in stated.items() if records}

    def with_(
        self,
        *,
        regime: str | None = None,
        name: str | None = None,
        indicator: Indicator | None = None,
        groups: Iterable[Group] | None = None,
        drivers: Iterable[Driver] | None = None,
        links: Iterable[Link] | None = None,
        organisations: Iterable[KnownOrganisation] | None = None,
        ties: Iterable[KnownTie] | None = None,
        **values: Value,
    ) -> Scenario:
        """Return a changed copy: first the preset of `regime`, then `regimes` of it, then single values.

        Parameters
        ----------
        regime : str, optional
            Short name of a shipped regime.
        name : str, optional
            New name.
        indicator, groups, drivers, links, organisations, ties : optional
            Records that replace the present ones. `n_orgs` follows from `organisations`; an empty list lets
            organisations or ties be drawn again.
        **values
            Parameters by name.

        Raises
        ------
        ScenarioError
            If a name does not exist or a value is not allowed.

        Examples
        --------
        >>> from cisim.scenario import load
        >>> base = load("generic-adaptive")
        >>> base.with_(regime="collective", backbone_usd_per_year=300_000).values["backbone_usd_per_year"]
        300000.0
        """
        parts = {
            "name": name, "indicator": indicator, "groups": groups, "drivers": drivers, "links": links,
            "organisations": organisations, "ties": ties,
        }  # fmt: skip
        stated = {key: part for key, part in parts.items() if part is not None}
        return Scenario(**changed(vars(self), regime, stated, values))

    def diff(self, other: Scenario) -> Diff:
        """Return what differs between this scenario and another in anything that matters to results."""
        mine, theirs = self._matter(), other._matter()
        rows = ((name, mine.get(name, []), theirs.get(name, [])) for name in {**mine, **theirs})
        return Diff(self.name, other.name, tuple(row for row in rows if row[1] != row[2]))

    def to_dict(self) -> dict[str, Any]:
        """Return the resolved scenario as plain values, in the form `cisim.scenario.from_dict` reads."""
        return {
            "cisim": VERSION,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "regime": self.regime,
            "regimes": {name: dict(levers) for name, levers in self.regimes.items()},
            "indicator": plain_of(self.indicator),
            "groups": [plain_of(one) for one in self.groups],
            "drivers": [plain_of(one) for one in self.drivers],
            "links": [plain_of(one) for one in self.links],
            **self._known(),
            "facts": [plain_of(one) for one in self.facts],
            "params": dict(self.values),
            "levers": list(self.levers),
            "uncertainties": [plain_of(one) for one in self.uncertainties],
            "outcomes": list(self.outcomes),
        }

    def to_yaml(self) -> str:
        """Return the resolved scenario as the text of a scenario file."""
        from cisim.writer import to_yaml

        return to_yaml(self.to_dict())


@dataclass(frozen=True, slots=True)
class Diff:
    """Differences between two scenarios: (name, this, other) of each parameter or part."""

    this: str
    other: str
    rows: tuple[tuple[str, Any, Any], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        """Return an aligned table."""
        if not self.rows:
            return "no difference that matters to results"
        cells = [("name", self.this, self.other, "unit")]
        cells += [(name, _cell(mine), _cell(theirs), _unit(name)) for name, mine, theirs in self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(4)]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
        )

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return str(self.to_df().to_html(index=False))

    def to_df(self) -> pd.DataFrame:
        """Return a frame with the columns name, this, other, unit and meaning."""
        import pandas as pd

        rows = [(name, mine, theirs, _unit(name), _meaning(name)) for name, mine, theirs in self.rows]
        return pd.DataFrame(rows, columns=["name", "this", "other", "unit", "meaning"])


def _cell(value: object) -> str:
    """Return a value short enough for a table."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _unit(name: str) -> str:
    """Return the unit of a parameter; parts have none."""
    return PARAMS[name].unit if name in PARAMS else ""


def _meaning(name: str) -> str:
    """Return what a parameter means, or what a part is."""
    return PARAMS[name].meaning if name in PARAMS else f"{name} of the scenario"


def load(name_or_path: str | Path) -> Scenario:
    """Return a shipped scenario by name, or the one in a YAML, JSON or TOML file.

    Parameters
    ----------
    name_or_path : str or Path
        Such as ``"infant-mortality"`` or ``"my/town.yaml"``.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file, line and column.

    Examples
    --------
    >>> load("generic-adaptive").regime
    'isolated'
    """
    return Scenario(**loaded(name_or_path))


def from_dict(data: Mapping[str, Any], name: str = "scenario") -> Scenario:
    """Return the scenario that `data`, of the form of a scenario file, states.

    Raises
    ------
    ScenarioError
        If something is wrong.

    Examples
    --------
    >>> base = load("generic-adaptive")
    >>> from_dict(base.to_dict()) == base
    True
    """
    return Scenario(**from_mapping(data, name))
