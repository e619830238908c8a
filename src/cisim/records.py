"""The records a scenario is made of; what they mean, without how they are read or checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from cisim.params import Grade, Value

V = TypeVar("V", covariant=True)

SECTORS = ("nonprofit", "government", "corporate", "community-led")
"""Sectors of organisations; the place in this list is the number in the state."""


class Frozen(Mapping[str, V]):
    """A read-only dict that can be hashed, pickled and sent to another process."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


@dataclass(frozen=True, slots=True)
class Indicator:
    """The headline indicator of the community, in natural units.

    Attributes
    ----------
    name, unit : str
        Such as "infant mortality" and "deaths per 1,000 live births".
    baseline, best : float
        Level when the run starts and best attainable level.
    population : float
        People (or births, acres ...) the rate refers to.
    per : float
        What the rate counts by: 1000 for a rate per thousand, 100 for per cent.
    """

    name: str
    unit: str
    baseline: float
    best: float
    population: float
    per: float = 1.0

    @property
    def is_falling_good(self) -> bool:
        """Whether a lower level is better."""
        return self.best < self.baseline


@dataclass(frozen=True, slots=True)
class Group:
    """A population group (neighbourhood x demographic).

    Attributes
    ----------
    name : str
        Name; carries no meaning.
    size : float
        People (or births ...) in the group; only the ratios between groups count.
    need : float
        Services needed per head, relative to the other groups.
    reach : float
        How easily services reach the group, 0..1.
    level : float
        Indicator of the group at the start, relative to the community's mean.
    """

    name: str
    size: float
    need: float = 1.0
    reach: float = 1.0
    level: float = 1.0


@dataclass(frozen=True, slots=True)
class Driver:
    """A link of the causal chain, such as prenatal care, and its relative weight."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """Progress in driver `source` feeds driver `target` with `strength` 0..1."""

    source: str
    target: str
    strength: float


@dataclass(frozen=True, slots=True)
class KnownOrganisation:
    """An organisation that exists; what is not known of it (None) is drawn, as for all others.

    Attributes
    ----------
    name : str
        Name in ledgers and networks; carries no meaning.
    sector : str or None
        One of `SECTORS`.
    budget_usd : float or None
        Yearly budget when the run starts, usd.
    own_income_share : float or None
        Share 0..1 of income that does not come from the community's funders.
    """

    name: str
    sector: str | None = None
    budget_usd: float | None = None
    own_income_share: float | None = None


@dataclass(frozen=True, slots=True)
class KnownTie:
    """Organisation `source` knows and trusts organisation `target` when the run starts, not the other way round.

    Attributes
    ----------
    source, target : str
        Names of organisations; ``from`` and ``to`` in a file.
    trust : float or None
        Share 0..1; None for what this pair would have drawn.
    """

    source: str
    target: str
    trust: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence about the real case and where it was found."""

    text: str
    source: str


Argument = float | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A parameter nobody knows exactly, with a distribution.

    Attributes
    ----------
    name : str
        Parameter.
    distribution : str
        A key of `DISTRIBUTIONS`.
    arguments : Frozen
        Its arguments by name, in the unit of the parameter; normal, lognormal and beta are truncated
        to (or, for beta, stretched over) `low`..`high`; `sigma` is the sd of the log.
    source : str
        Where the range comes from.
    grade : {"measured", "derived", "assumed"}
        Strength of the evidence.
    """

    name: str
    distribution: str
    arguments: Frozen[Argument]
    source: str
    grade: Grade


DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "loguniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "normal": ("mean", "sd", "low", "high"),
    "lognormal": ("median", "sigma", "low", "high"),
    "beta": ("a", "b", "low", "high"),
    "choice": ("values",),
}
"""Arguments of each distribution an uncertainty may have."""


class Source(NamedTuple):
    """A file a scenario was read from, and the SHA-256 of its bytes."""

    path: str
    sha256: str


class Listing(NamedTuple):
    """One shipped scenario or regime."""

    name: str
    title: str
    path: str


def plain_of(record: Any) -> dict[str, Any]:
    """Return a record as a dict of plain values, as a scenario file states it."""
    if isinstance(record, Uncertainty):
        arguments = {k: list(v) if isinstance(v, tuple) else v for k, v in record.arguments.items()}
        first = {"name": record.name, "distribution": record.distribution}
        return {**first, **arguments, "source": record.source, "grade": record.grade}
    stated = {name: getattr(record, name) for name in record.__dataclass_fields__}
    if isinstance(record, KnownTie):
        stated = {"from": record.source, "to": record.target, "trust": record.trust}
    is_known = isinstance(record, KnownOrganisation | KnownTie)
    return {name: value for name, value in stated.items() if value is not None or not is_known}
