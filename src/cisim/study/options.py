"""Settings of each analysis: which there are, what they may be, and what they mean.

The table is what study files, the command line and the documentation are checked against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cisim.checks import Check
from cisim.problems import Problem, ScenarioError
from cisim.result import OUTCOMES
from cisim.study.records import GAIN, Factor
from cisim.tree import Node
from cisim.wording import kind_of

Shape = Literal["number", "whole", "truth", "name", "case", "response", "factors", "targets"]


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of an analysis.

    Attributes
    ----------
    name : str
    shape : str
        What it may be.
    meaning : str
    low, high : float
        Range of a number.
    names : tuple of str
        What a name may be.
    may_be_null : bool
        Whether it can be stated as nothing.
    """

    name: str
    shape: Shape
    meaning: str
    low: float = 0.0
    high: float = 0.0
    names: tuple[str, ...] = ()
    may_be_null: bool = False


RESPONSE = Option(
    "response", "response", "what is explained: 'gain' (improvement against the reference) or an outcome"
)
CASE = Option("case", "case", "case that is judged against the reference; by default the last")
LEVEL = Option("level", "number", "confidence level of intervals", 0.5, 0.9999)
RESAMPLES = Option("resamples", "whole", "resamples behind intervals and stability", 20, 100_000)
TARGETS = Option("targets", "targets", "file of published facts")

OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "sweep": (LEVEL,),
    "attribution": (RESPONSE, CASE, LEVEL),
    "sensitivity": (
        Option(
            "method", "name", "design and indices",
            names=("morris", "sobol", "rbd-fast", "delta", "pawn", "dgsm"),
        ),
        Option("second_order", "truth", "whether Sobol' indices of pairs are estimated too"),
        RESPONSE, CASE, LEVEL, RESAMPLES,
    ),
    "discover": (
        RESPONSE, CASE, LEVEL, RESAMPLES,
        Option("pays", "number", "gain above which it counts as paying", -1e15, 1e15),
        Option("hurts", "number", "gain below which it counts as hurting", -1e15, 1e15),
        Option("peel", "number", "share of points taken off in one step", 0.005, 0.5),
        Option("min_mass", "number", "smallest share of points a box may hold", 0.005, 0.9),
    ),
    "value": (
        Option(
            "usd_per_unit", "number", "worth of one unit of the indicator for a year, usd", 1e-9, 1e15,
            may_be_null=True,
        ),
        Option("discount", "number", "discount rate per year", 0.0, 0.5),
        Option("by", "factors", "factors that are not decided; results are given for each of their levels"),
        CASE, LEVEL, RESAMPLES,
    ),
    "predict": (TARGETS,),
    "calibrate": (
        TARGETS,
        Option("method", "name", "how parameters are found", names=("history-matching", "abc-smc")),
        Option("per_wave", "whole", "points a wave", 8, 100_000),
        Option("waves", "whole", "most waves, the budget", 1, 1_000),
        Option("cutoff", "number", "implausibility above which a point is ruled out", 0.1, 100.0),
    ),
}  # fmt: skip
"""Settings of each analysis."""


class About(NamedTuple):
    """What the options of a study may refer to.

    Attributes
    ----------
    analysis : str
    folder : Path
        Paths are taken from here.
    cases : tuple of str
    reference : str or None
    factors : tuple of Factor
    months : int
        Length of the runs.
    """

    analysis: str
    folder: Path
    cases: tuple[str, ...]
    reference: str | None
    factors: tuple[Factor, ...]
    months: int


def read_options(check: Check, top: Node, node: Node | None, about: About) -> dict[str, Any]:
    """Return the settings a study file (its root is `top`) states for its analysis."""
    analysis = about.analysis
    known = {one.name: one for one in OPTIONS[analysis]}
    needed = ("targets",) if TARGETS in OPTIONS[analysis] else ()
    if node is None:
        if needed:
            check.fail(top, "options.targets", f"is missing; {analysis} needs it")
        return {}
    got = check.fields(node, "options", needed, tuple(name for name in known if name not in needed)) or {}
    reader = _OptionReader(check, about)
    found = {name: reader.read(known[name], entry) for name, entry in got.items()}
    pays, hurts = found.get("pays") or 0.0, found.get("hurts")
    if hurts is not None and hurts > pays:
        what = f"{hurts:g} is not allowed; at most {pays:g}, which is what counts as paying"
        check.fail(got["hurts"], "options.hurts", what)
    return {name: value for name, value in found.items() if value is not None or known[name].may_be_null}


class _OptionReader:
    """Reads options by their shape."""

    def __init__(self, check: Check, about: About) -> None:
        self.check, self.folder, self.months = check, about.folder, about.months
        self.cases, self.factors = about.cases, about.factors
        self.treated = tuple(case for case in about.cases if case != about.reference)

    def read(self, option: Option, node: Node) -> Any:
        """Return the value of one option, or None with a problem noted."""
        field = f"options.{option.name}"
        if option.may_be_null and node.value is None:
            return None
        reader = getattr(self, f"_{option.shape}")
        return reader(option, node, field)

    def _number(self, option: Option, node: Node, field: str) -> float | None:
        what = f"a number from {option.low:g} to {option.high:g} ({option.meaning})"
        return self.check.number(node, field, option.low, option.high, what)

    def _whole(self, option: Option, node: Node, field: str) -> int | None:
        what = f"a whole number from {option.low:,.0f} to {option.high:,.0f} ({option.meaning})"
        found = self.check.number(node, field, option.low, option.high, what, whole=True)
        return None if found is None else int(found)

    def _truth(self, option: Option, node: Node, field: str) -> bool | None:
        if isinstance(node.value, bool):
            return node.value
        self.check.fail(
            node, field, f"{kind_of(node.value)} is not allowed; true or false ({option.meaning})"
        )
        return None

    def _name(self, option: Option, node: Node, field: str) -> str | None:
        return self.check.one_of(node, field, option.names, f" ({option.meaning})")

    def _case(self, option: Option, node: Node, field: str) -> str | None:
        return self.check.one_of(node, field, self.treated, f" ({option.meaning})")

    def _response(self, option: Option, node: Node, field: str) -> str | None:
        return self.check.one_of(node, field, (GAIN, *OUTCOMES), f" ({option.meaning})")

    def _factors(self, option: Option, node: Node, field: str) -> tuple[str, ...]:
        names = tuple(factor.name for factor in self.factors if factor.kind == "grid")
        return self.check.items(
            node,
            field,
            0,
            len(names),
            lambda one, at: self.check.one_of(one, at, names, f" ({option.meaning})"),
        )

    def _targets(self, _: Option, node: Node, field: str) -> list[dict[str, Any]] | None:
        """Return the targets of a file beside the study, as plain values."""
        from cisim.study.calibration.targets import read_targets

        asked = self.check.text(node, field, 400)
        if asked is None:
            return None
        before = len(self.check.problems)
        try:
            found = read_targets(self.folder / asked).targets
        except ScenarioError as error:
            self.check.problems.extend(
                one if one.place.line else Problem(node.place, field, f"{one.place}: {one.message}")
                for one in error.problems
            )
            return None
        for target in found:
            last = max((month for month in (target.month, target.since) if month is not None), default=-1)
            if last >= self.months:
                what = f"target {target.name!r} is about month {last}; the study has months 0 to {self.months - 1}"
                self.check.fail(node, field, what)
            if target.case not in self.cases:
                what = f"target {target.name!r} is about case {target.case!r}; one of {', '.join(self.cases)}"
                self.check.fail(node, field, what)
        return None if len(self.check.problems) > before else [asdict(target) for target in found]
