"""Records of what experiments ask: terms, statements, experiments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cisim.problems import NOWHERE, Place
from cisim.records import Frozen, Source
from cisim.study.records import GAIN

Says = Literal["more", "less", "none"]
Statistic = Literal["mean", "share_above", "log_sd"]
Combine = Literal["all", "any"]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a linear combination: an outcome of a case, minus that of another where one is named.

    Attributes
    ----------
    case, against : str
        Labels of cases of the study; `against` is empty for a level.
    weight : float
    outcome : str
        "gain" (improvement of the indicator in its good direction), an outcome of a whole run, or a monthly column.
    month : int or None
        Of a monthly column, from 0.
    """

    case: str
    against: str = ""
    weight: float = 1.0
    outcome: str = GAIN
    month: int | None = None

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each case in this term."""
        return {self.case: self.weight, **({self.against: -self.weight} if self.against else {})}


@dataclass(frozen=True, slots=True)
class Statement:
    """What is claimed of a linear combination of cases.

    Attributes
    ----------
    says : {"more", "less", "none"}
        Whether the effect should be above `than`, below it, or within a margin around nought.
    study : str
        A study in `experiments/claims`.
    terms : tuple of Term
    than : float
        What the effect is compared with, in the unit of the outcome.
    within : float or None
        Margin within which the effect counts as none; that of the outcome where None.
    statistic : {"mean", "share_above", "log_sd"}
        Over the worlds of a draw, of each term: its mean, the share of worlds in which it is above `value`, or the log
        of its standard deviation.
    value : float
    where : str
        Outcome or monthly column that has to be above 0 in the cases for a world to count.
    side : str
        Of a tension, what it speaks for where it holds.
    why : str
        How it stands for the claim.
    """

    says: Says
    study: str
    terms: tuple[Term, ...]
    than: float = 0.0
    within: float | None = None
    statistic: Statistic = "mean"
    value: float = 0.0
    where: str = ""
    side: str = ""
    why: str = ""
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def cases(self) -> tuple[str, ...]:
        """Labels of all cases it is about."""
        return tuple(dict.fromkeys(case for term in self.terms for case in term.weights))

    @property
    def is_contrast(self) -> bool:
        """Whether it compares cases, so that the effect would be nought if they were all alike."""
        sums: dict[tuple[object, ...], float] = {}
        for term in self.terms:
            place = (term.outcome, term.month)
            if self.statistic == "mean":  # linear, so that a term may be taken apart
                for weight in term.weights.values():
                    sums[place] = sums.get(place, 0.0) + weight
            else:
                kind = (*place, bool(term.against))
                sums[kind] = sums.get(kind, 0.0) + term.weight
        return all(abs(total) < 1e-12 for total in sums.values())

    @property
    def words(self) -> str:
        """The effect in words, such as "collective - isolated: gain"."""
        parts: list[str] = []
        for term in self.terms:
            weight = "" if abs(term.weight) == 1.0 else f"{abs(term.weight):g} × "
            name = f"{term.case} − {term.against}" if term.against else term.case
            name = f"({name})" if term.against and len(self.terms) > 1 else name
            sign = "− " if term.weight < 0 else "+ " if parts else ""
            parts.append(f"{sign}{weight}{name}{_what(term) if self._is_mixed else ''}")
        return f"{' '.join(parts)}: {self._outcome_words()}"

    @property
    def _is_mixed(self) -> bool:
        """Whether its terms are about different outcomes or months."""
        return len({(term.outcome, term.month) for term in self.terms}) > 1

    def _outcome_words(self) -> str:
        """Return outcome and statistic in words."""
        name = "difference" if self._is_mixed else _what(self.terms[0]).strip(" []")
        if self.statistic == "share_above":
            return f"share of worlds with {name} above {self.value:g}"
        if self.statistic == "log_sd":
            return f"log of the sd between worlds of {name}"
        place = {"": "", "stage": " while a coalition exists"}.get(
            self.where, f" where {self.where} is above 0"
        )
        return f"{name}{place}".replace("_", " ")


def _what(term: Term) -> str:
    """Return outcome and month of a term in brackets."""
    month = "" if term.month is None else f" in month {term.month}"
    return f" [{term.outcome.replace('_', ' ')}{month}]"


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question, the statements it comes to, and how these make one answer.

    Attributes
    ----------
    name : str
        Id of the claim, or of the tension.
    question : str
    statements : tuple of Statement
    combine : {"all", "any"}
        Whether all statements have to hold, or one is enough.
    sides : tuple of str
        Of a tension, its two sides; else empty.
    """

    name: str
    question: str
    statements: tuple[Statement, ...]
    combine: Combine = "all"
    sides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Experiments:
    """All experiments; `margins` by outcome (of the gain as a share of the way to the best)."""

    title: str
    margins: Frozen[float]
    experiments: tuple[Experiment, ...]
    origin: Source

    @property
    def studies(self) -> tuple[str, ...]:
        """Names of the studies they read, in order of first use."""
        return tuple(dict.fromkeys(s.study for one in self.experiments for s in one.statements))

    @property
    def n_statements(self) -> int:
        """Number of statements of all experiments."""
        return sum(len(one.statements) for one in self.experiments)

    def experiment(self, name: str) -> Experiment:
        """Return the experiment of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for one in self.experiments:
            if one.name == name:
                return one
        raise KeyError(f"{name!r} is not the name of an experiment")
