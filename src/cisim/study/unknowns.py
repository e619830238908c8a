"""What a study draws: the calibrated set unless it says otherwise, the scenario's distributions, or its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from cisim.checks import Check
from cisim.scenario import Scenario
from cisim.study.calibrated import SOURCE, calibrated_for
from cisim.study.factors import SAMPLED, FactorReader, factor_of
from cisim.study.posterior import read_posterior
from cisim.study.records import Factor
from cisim.study.spec import Posterior
from cisim.tree import Node

FROM_SCENARIO = "scenario"
NOTHING = "none"
WORDS = (SOURCE, FROM_SCENARIO, NOTHING)
"""What `uncertainties` may say in one word."""


class Unknowns(NamedTuple):
    """What is drawn: a joint set, if any, and all factors with a distribution."""

    posterior: Posterior | None
    factors: tuple[Factor, ...]


class UnknownsReader:
    """Reads the entry `uncertainties` of one study.

    Parameters
    ----------
    check : Check
        Collects what is wrong.
    scenario : Scenario
    reader : FactorReader
    taken : mapping of str to tuple of str
        Parameters that the study sets itself, with the cases in which it does; there they are not drawn.
    varied : tuple of Factor
        What the study varies.
    folder : Path
        Paths are taken from here.
    """

    def __init__(
        self,
        check: Check,
        scenario: Scenario,
        reader: FactorReader,
        taken: Mapping[str, tuple[str, ...]],
        varied: tuple[Factor, ...],
        folder: Path,
    ) -> None:
        self.check, self.scenario, self.reader = check, scenario, reader
        self.taken, self.folder = taken, folder
        self.varied = {name for factor in varied for name in _names(factor)}

    def read(self, node: Node | None, default: str) -> Unknowns:
        """Return what `node` says, or what `default`, one of `WORDS`, says where there is none."""
        word = default if node is None else node.value
        if word == NOTHING:
            return Unknowns(None, ())
        if word == SOURCE:
            return self._calibrated()
        if word == FROM_SCENARIO:
            leave_out = self.varied if node is None else set()
            drawn = (self.reader.drawn(u) for u in self.scenario.uncertainties if u.name not in leave_out)
            return Unknowns(None, self._kept(drawn))
        assert node is not None
        if isinstance(node.value, dict):
            return self._named_set(node)
        if not isinstance(node.value, list):
            self.check.one_of(node, "uncertainties", WORDS, " (or a list, or {posterior: FOLDER})")
            return Unknowns(None, ())
        return Unknowns(None, self._own(node, "uncertainties"))

    def _calibrated(self, also: frozenset[str] = frozenset()) -> Unknowns:
        """Return the shipped set where case and study leave it open, and what else the scenario declares."""
        everywhere = {name for name, cases in self.taken.items() if set(cases) == set(self.reader.cases)}
        stated = everywhere | self.varied | also
        posterior = calibrated_for(self.scenario, stated)
        joint = set(posterior.names) if posterior else set()
        rest = (
            self.reader.drawn(one)
            for one in self.scenario.uncertainties
            if one.name not in joint and one.name not in stated
        )
        return Unknowns(posterior, (*self._from(posterior), *self._kept(rest)))

    def _named_set(self, node: Node) -> Unknowns:
        """Return the shipped set, or the one that a folder or file holds, and the distributions stated beside it."""
        got = self.check.fields(node, "uncertainties", ("posterior",), ("also",))
        asked = self.check.text(got["posterior"], "uncertainties.posterior", 400) if got else None
        if not got or not asked:
            return Unknowns(None, ())
        own: tuple[Factor, ...] = ()
        if "also" in got:
            own = self._own(got["also"], "uncertainties.also")
        if asked == SOURCE:
            posterior, drawn = self._calibrated(frozenset(one.name for one in own))
        else:
            posterior = read_posterior(self.check, got["posterior"], self.folder, asked, WORDS)
            drawn = self._from(posterior)
            self._no_overlap(got, drawn, own)
        return Unknowns(posterior, (*drawn, *own))

    def _own(self, node: Node, field: str) -> tuple[Factor, ...]:
        """Return the distributions that a list states; what the study sets in every case cannot be drawn."""
        before = len(self.check.problems)
        found = self.reader.uncertainties(node, self.scenario.uncertainties)
        for k, one in enumerate(self.check.problems[before:], before):
            self.check.problems[k] = replace(one, field=field + one.field.removeprefix("uncertainties"))
        kept = self._kept(found)
        lost = [one.name for one in found if one.name not in {factor.name for factor in kept}]
        if lost:
            self.check.fail(
                node, field, f"{lost[0]} is set in every case of the study; set it or draw it, not both"
            )
        return kept

    def _no_overlap(
        self, got: Mapping[str, Node], drawn: tuple[Factor, ...], own: tuple[Factor, ...]
    ) -> None:
        """Note what a set and the list beside it both draw."""
        both = [one.name for one in own if one.name in {factor.name for factor in drawn}]
        if both:
            self.check.fail(
                got["also"], "uncertainties.also", f"{both[0]} is in the set already; leave it out here"
            )

    def _from(self, posterior: Posterior | None) -> tuple[Factor, ...]:
        """Return the factors of a joint set."""
        if posterior is None:
            return ()
        return self._kept(factor_of(one, self.reader.cases) for one in posterior.distributions())

    def _kept(self, factors: Iterable[Factor]) -> tuple[Factor, ...]:
        """Return factors without the cases that set the parameter themselves, and without those all cases set."""
        found = []
        for factor in factors:
            own = self.taken.get(factor.name, ())
            cases = tuple(case for case in factor.cases if case not in own)
            if cases:
                found.append(replace(factor, cases=cases))
        return tuple(found)


def default_of(analysis: str, varied: tuple[Factor, ...], is_auto: bool) -> str:
    """Return what a study draws that says nothing of it.

    A calibration starts from what the scenario declares; a sample of stated ranges draws from these alone; and how
    many worlds a point needs (`worlds: auto`) is a question about one set of values.

    Examples
    --------
    >>> default_of("sweep", (), is_auto=False), default_of("calibrate", (), is_auto=False)
    ('calibrated', 'scenario')
    """
    if is_auto or (analysis in SAMPLED and any(factor.uncertainty for factor in varied)):
        return NOTHING
    return FROM_SCENARIO if analysis == "calibrate" else SOURCE


def _names(factor: Factor) -> set[str]:
    """Return the parameters a factor sets."""
    return {name for level in factor.levels for name in level.values} or {factor.name}
