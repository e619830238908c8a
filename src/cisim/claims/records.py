"""Records of the claims register: documents, statements, and what in the model carries a mechanism."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cisim.records import Source

Kind = Literal["mechanism", "outcome", "context"]
Extent = Literal["full", "stand-in", "absent"]
Part = Literal["links", "groups", "drivers", "indicator", "regimes"]


@dataclass(frozen=True, slots=True)
class Paper:
    """A source document.

    Attributes
    ----------
    id : str
        Prefix of the ids of its statements.
    title, author, publisher, year, note : str
        Empty where the document does not say.
    """

    id: str
    title: str
    author: str = ""
    publisher: str = ""
    year: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Carrier:
    """One thing in the model that carries a mechanism.

    Attributes
    ----------
    how : str
    rule : str
        One of `RULES`; empty for a regime.
    parameters : tuple of str
        Parameters that this rule reads.
    scenario, of : str
        A part of a scenario file and the shipped scenario that has it, or empty.
    regime : str
        A shipped regime, or empty.
    """

    how: str
    rule: str = ""
    parameters: tuple[str, ...] = ()
    scenario: str = ""
    of: str = ""
    regime: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement.

    Attributes
    ----------
    id : str
        Such as "S1.9"; what stands before the dot is the document.
    kind : {"mechanism", "outcome", "context"}
    says : str
        The statement in the project's words.
    carried_by : tuple of Carrier
        Of a mechanism; empty where it is absent.
    extent : {"full", "stand-in", "absent"}
        How far the model has a mechanism.
    missing : str
        What is missing where it is not there in full.
    experiment : str
        Of an outcome, the experiment that tests it.
    where : str
        Of a context, what reflects it.
    """

    id: str
    kind: Kind
    says: str
    carried_by: tuple[Carrier, ...] = ()
    extent: Extent = "full"
    missing: str = ""
    experiment: str = ""
    where: str = ""

    @property
    def document(self) -> str:
        """Id of the document that makes the statement."""
        return self.id.split(".")[0]


@dataclass(frozen=True, slots=True)
class Register:
    """All statements and the documents they come from; `origin` is the file and the SHA-256 of its bytes."""

    title: str
    documents: tuple[Paper, ...]
    claims: tuple[Claim, ...]
    origin: Source

    def of(self, kind: Kind) -> tuple[Claim, ...]:
        """Return the statements of one kind, in order."""
        return tuple(claim for claim in self.claims if claim.kind == kind)

    def claim(self, name: str) -> Claim:
        """Return the statement of that id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for claim in self.claims:
            if claim.id == name:
                return claim
        first, last = self.claims[0].id, self.claims[-1].id
        raise KeyError(f"{name!r} is not the id of a statement; they run from {first} to {last}")
