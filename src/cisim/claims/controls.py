"""Negative controls: four places in which an audit must find nothing.

1. *Placebo*: equal levers under another name, and levers of a coalition that never forms, give the same bytes.
2. *Shuffled labels*: where the cases of each draw swap their labels at random nothing differs but by luck; the audit
   of all comparisons is made again and again, and may find anything in one of twenty at most.
3. *Nothing to share* and 4. *costs only*: no gain may appear, and the cost has to be seen. One channel stays open in
   the former unless it is closed, overhead; how much comes through it is told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cisim.claims.asked import Experiments, Statement
from cisim.claims.findings import Answer, Audit, Finding
from cisim.claims.judging import INTERVALS, Split, judged
from cisim.claims.telling import condition_words, interval
from cisim.claims.values import Runs, effects
from cisim.claims.verdicts import DEPENDS, ERROR, HOLDS, OPEN, REVERSES, Demand
from cisim.study.records import GAIN

if TYPE_CHECKING:
    from cisim.params import Value
    from cisim.scenario import Scenario

Bools = npt.NDArray[np.bool_]

SHIPPED = Path(__file__).with_name("controls.yaml")
REPEATS = 400
"""Times the labels are shuffled."""
TOGETHER = 8
"""Shuffles audited at once, for speed alone."""
PLACEBO_DRAWS = 32
IDLE: Mapping[str, Value] = {
    "minutes_to_all": 1.0, "ceo_rank": 1.0, "disaggregation": 1.0, "meeting_hours": 8.0, "preparation_hours": 20.0,
    "group_size": 30, "start_stage": "coordination", "common_agenda": 1.0, "backbone_usd_per_year": 2_000_000.0,
    "intends_to_last": 1.0, "joint_programme_hours": 20.0, "founding_share": 1.0, "neutrality": 0.0,
}  # fmt: skip
"""Levers that act only in a coalition, set where none ever forms."""


@dataclass(frozen=True, slots=True)
class Control:
    """What one control found.

    Attributes
    ----------
    name, question : str
    measured, allowed : str
        What was seen and what would have been right, in words.
    passed : bool
    """

    name: str
    question: str
    measured: str
    allowed: str
    passed: bool


@cache
def control_experiments() -> Experiments:
    """Return the controls that are asked like experiments.

    Examples
    --------
    >>> [one.name for one in control_experiments().experiments]
    ['nothing to share', 'overhead left open', 'costs only']
    """
    from cisim.claims.experiments import read_experiments

    return read_experiments(SHIPPED)


# --- placebo ---


def placebos(scenario: Scenario) -> dict[str, tuple[Scenario, Scenario]]:
    """Return pairs of scenarios that have to give the same results to the last bit."""
    from cisim.presets import REGIME_LEVERS

    isolated, collective = scenario.with_(regime="isolated"), scenario.with_(regime="collective")
    pairs = {}
    for named, other in ((isolated, "network"), (collective, "emergent")):
        levers = {lever: named.values[lever] for lever in REGIME_LEVERS}
        pairs[f"{named.regime} called {other}"] = (named, scenario.with_(regime=other, **levers))  # type: ignore[arg-type]
    pairs["levers of a coalition that never forms"] = (isolated, isolated.with_(**IDLE))  # type: ignore[arg-type]
    return pairs


def placebo(runs: Runs, scenario: Scenario, n_draws: int = PLACEBO_DRAWS, seed: int = 1) -> Iterator[Control]:
    """Simulate each pair in some draws, both from scratch, and compare all monthly columns byte by byte.

    Parameters
    ----------
    runs : Runs
        Whose draws are used.
    scenario : Scenario
        What the pairs are made from.
    n_draws, seed : int
    """
    from cisim import engine

    n = min(n_draws, runs.n_draws)
    differing = dict.fromkeys(placebos(scenario), 0)
    for k in range(n):
        drawn = {name: _plain(runs.x[name].iloc[k]) for name in runs.x.columns}
        for name, (one, other) in placebos(scenario.with_(**drawn)).items():  # type: ignore[arg-type]
            a, b = engine.run_world(one, seed + k), engine.run_world(other, seed + k)
            differing[name] += (
                a.series.tobytes() != b.series.tobytes() or a.by_group.tobytes() != b.by_group.tobytes()
            )
    for name, count in differing.items():
        question = (
            "Does a regime that differs in name only, or in levers that act on nothing, make any difference?"
        )
        measured = f"{count} of {n} pairs of runs differ in any bit of any monthly column"
        yield Control(f"placebo: {name}", question, measured, "0", count == 0)


def _plain(value: object) -> Value:
    """Return a number of a table as Python's own."""
    plain: Value = value.item() if isinstance(value, np.generic) else value  # type: ignore[assignment]
    return plain


# --- shuffled labels ---


def shuffle(
    asked: Experiments,
    runs: Mapping[str, Runs],
    splits: Mapping[str, Split],
    *,
    repeats: int = REPEATS,
    seed: int = 1,
    error: float = ERROR,
    on_done: Callable[[int, int], object] | None = None,
) -> Control:
    """Audit runs whose cases have swapped labels, and count the audits that find anything.

    In each draw the cases of a study are put in a random order, the same in all its worlds. Statements about one case's
    level are left out, as a level is there whatever a case is called; the others are asked whether they differ from
    nought, with intervals as wide as in the audit.

    Parameters
    ----------
    asked : Experiments
    runs, splits : mapping by name of the study
    repeats : int
        How often.
    seed : int
    error : float
        Chance of a finding that the audit allows.
    on_done : callable, optional
        Gets the number of finished and of all repeats.
    """
    contrasts = {study: listed for study in asked.studies if (listed := _contrasts(asked, study))}
    alpha = error / (INTERVALS * asked.n_statements)
    rng = np.random.default_rng(seed)
    finds = np.zeros(repeats, dtype=np.bool_)
    for start in range(0, repeats, TOGETHER):
        part = slice(start, min(start + TOGETHER, repeats))
        for study, statements in contrasts.items():
            finds[part] |= _finds(statements, runs[study], splits[study], alpha, rng, part.stop - part.start)
        if on_done is not None:
            on_done(part.stop, repeats)
    found = int(finds.sum())
    n = sum(map(len, contrasts.values()))
    most = most_by_luck(repeats, error)
    question = "Does the audit find anything where the labels of the cases are shuffled?"
    measured = (
        f"{found} of {repeats} audits of {n} shuffled comparisons found something ({found / repeats:.3f})"
    )
    allowed = f"at most {most}: {error:g} of audits, and binomial error (one chance in a thousand)"
    return Control("shuffled labels", question, measured, allowed, found <= most)


def most_by_luck(repeats: int, error: float) -> int:
    """Return how many findings in `repeats` audits are still compatible with a rate of `error`.

    Examples
    --------
    >>> most_by_luck(400, 0.05)
    35
    """
    from scipy.stats import binom

    return int(binom.ppf(0.999, repeats, error))


def _contrasts(asked: Experiments, study: str) -> list[Statement]:
    """Return the statements of a study that compare cases."""
    return [s for one in asked.experiments for s in one.statements if s.study == study and s.is_contrast]


def shuffled(runs: Runs, rng: np.random.Generator) -> Runs:
    """Return runs whose cases have swapped their labels, draw by draw, alike in all worlds and columns.

    Examples
    --------
    >>> import pandas as pd
    >>> cube = np.arange(12.0).reshape(2, 2, 3)
    >>> made = Runs("example", ("a", "b", "c"), {("trust", None): cube}, pd.DataFrame(index=range(2)), {}, True, 1.0)
    >>> mixed = shuffled(made, np.random.default_rng(1)).values["trust", None]
    >>> bool((np.sort(mixed, axis=2) == cube).all())
    True
    """
    order = rng.permuted(np.tile(np.arange(len(runs.cases)), (runs.n_draws, 1)), axis=1)[:, None, :]
    values = {
        key: np.take_along_axis(cube, np.broadcast_to(order, cube.shape), axis=2)
        for key, cube in runs.values.items()
    }
    return Runs(runs.study, runs.cases, values, runs.x, runs.units, runs.falling_good, runs.way, runs.unit)


def _finds(
    statements: list[Statement],
    runs: Runs,
    split: Split,
    alpha: float,
    rng: np.random.Generator,
    repeats: int,
) -> Bools:
    """Tell in which of a few shuffles any statement about a difference is found to hold, to reverse or to turn."""
    mixed = [shuffled(runs, rng) for _ in range(repeats)]
    values = np.column_stack([effects(s, one) for one in mixed for s in statements])
    nought = [Demand("more", 0.0, 0.0)] * values.shape[1]
    found = [
        verdict in (HOLDS, REVERSES) or (condition is not None and condition.turns)
        for _, verdict, condition in judged(values, nought, split, runs.units, alpha)
    ]
    by_shuffle: Bools = np.array(found, dtype=np.bool_).reshape(repeats, len(statements))
    return np.asarray(by_shuffle.any(axis=1))


# --- asked like experiments ---


def asked_controls(audit: Audit) -> Iterator[Control]:
    """Return whether no gain appears, and all else is seen, in the controls that are asked like experiments.

    A gain that should be below nought must neither be above it over all draws nor on one side of a condition; one that
    should be none has to lie within its margin; all other differences, such as costs, have to be there.
    """
    for answer in audit.answers:
        told = [_measured(one) for one in answer.findings]
        yield Control(
            answer.experiment.name, answer.experiment.question, "; ".join(told), "; ".join(_allowed(answer)),
            all(_is_right(one) for one in answer.findings),
        )  # fmt: skip


def _is_right(one: Finding) -> bool:
    """Tell whether one finding of a control is as it has to be."""
    if one.statement.terms[0].outcome == GAIN and one.demand.says == "less":
        return one.verdict in (HOLDS, OPEN)
    return one.verdict == HOLDS


def _measured(one: Finding) -> str:
    """Return one finding of a control in words, with the condition under which a gain appears."""
    told = f"{one.statement.words} {interval(one.estimate)}"
    if one.verdict == DEPENDS and one.condition is not None:
        told += f", {condition_words(one.condition)}"
    return told if _is_right(one) else f"**{told}**"


def _allowed(answer: Answer) -> Iterator[str]:
    """Return what would be right, in words."""
    kinds = {(one.statement.terms[0].outcome == GAIN, one.demand) for one in answer.findings}
    if any(is_gain and demand.says == "less" for is_gain, demand in kinds):
        yield "no gain above 0, anywhere"
    for is_gain, demand in kinds:
        if is_gain and demand.says == "none":
            yield f"gain within ±{demand.within:g}"
    if any(not is_gain for is_gain, _ in kinds):
        yield "all other differences seen"
