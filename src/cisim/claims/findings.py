"""Records of what an audit finds: of each statement, of each experiment, and of all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cisim.claims.asked import Experiment, Statement
from cisim.claims.conditions import VANISHES, Found
from cisim.claims.verdicts import DEPENDS, HOLDS, REVERSES, Demand, Estimate, Verdict, combined, is_within


@dataclass(frozen=True, slots=True)
class Condition:
    """A region found on one half of the draws and tested on the other.

    Attributes
    ----------
    found : Found
    words : str
    mass : float
        Share of the confirming draws inside.
    inside, outside : Estimate
    verdict_inside, verdict_outside : str
    is_none_inside, is_beyond_outside : bool
        Whether the whole interval lies within the margin, and wholly beyond it.
    """

    found: Found
    words: str
    mass: float
    inside: Estimate
    outside: Estimate
    verdict_inside: Verdict
    verdict_outside: Verdict
    is_none_inside: bool
    is_beyond_outside: bool

    @property
    def turns(self) -> bool:
        """Whether the statement holds on one side and reverses on the other."""
        return {self.verdict_inside, self.verdict_outside} == {HOLDS, REVERSES}

    @property
    def vanishes(self) -> bool:
        """Whether the effect is within its margin inside and beyond it outside."""
        return self.found.kind == VANISHES and self.is_none_inside and self.is_beyond_outside


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one statement.

    Attributes
    ----------
    experiment : str
    number : int
        Place of the statement in its experiment, from 1.
    statement : Statement
    demand : Demand
    estimate : Estimate
    overall : str
        Verdict over all draws.
    condition : Condition or None
        The region tested, whatever came of it.
    unit : str
    worlds : int
        Pairs of worlds, or worlds, that were simulated for it.
    """

    experiment: str
    number: int
    statement: Statement
    demand: Demand
    estimate: Estimate
    overall: Verdict
    condition: Condition | None
    unit: str
    worlds: int

    @property
    def verdict(self) -> Verdict:
        """The verdict: "depends on" where the statement holds on one side of a condition and reverses on the other."""
        return DEPENDS if self.condition is not None and self.condition.turns else self.overall

    @property
    def name(self) -> str:
        """Name of the experiment and the number of the statement."""
        return (
            f"{self.experiment}.{self.number}"
            if self.experiment.startswith("H")
            else f"{self.experiment}/{self.number}"
        )

    @property
    def is_none(self) -> bool:
        """Whether the whole interval lies within the margin that counts as none."""
        return self.demand.within > 0.0 and is_within(self.estimate, self.demand)


@dataclass(frozen=True)
class Answer:
    """The answer to one experiment."""

    experiment: Experiment
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict that the statements make together; of a tension, see `sides`."""
        return combined((one.verdict for one in self.findings), self.experiment.combine)

    def of_side(self, side: str) -> tuple[list[Finding], list[Finding]]:
        """Return the findings that speak for a side of a tension always, and those that do under a condition."""
        always, at_times = [], []
        for one in self.findings:
            speaks = one.statement.side == side
            if one.verdict == DEPENDS:
                at_times.append(one)
            elif one.verdict == (HOLDS if speaks else REVERSES):
                always.append(one)
        return always, at_times


@dataclass(frozen=True)
class Audit:
    """All answers, and by how many intervals they hold together."""

    answers: tuple[Answer, ...]
    n_intervals: int
    error: float

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in order."""
        return tuple(one for answer in self.answers for one in answer.findings)

    @property
    def claims(self) -> tuple[Answer, ...]:
        """Answers to claims."""
        return tuple(one for one in self.answers if not one.experiment.sides)

    @property
    def tensions(self) -> tuple[Answer, ...]:
        """Answers to tensions between sources."""
        return tuple(one for one in self.answers if one.experiment.sides)

    def answer(self, name: str) -> Answer | None:
        """Return the answer of that name, or None."""
        return next((one for one in self.answers if one.experiment.name == name), None)
