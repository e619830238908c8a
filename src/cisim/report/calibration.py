"""What drawn values rest on: the calibrated set and the facts behind it, ranges of a scenario, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cisim.report.records import Block, Code, Details, Section, Table, Text
from cisim.report.words import counted, listed

if TYPE_CHECKING:
    from cisim.records import Uncertainty
    from cisim.study.spec import Posterior, Spec

HEADING = "Calibration: what the draws rest on"
STUDY = "calibration"
"""The shipped study that made the shipped set."""
CHECK = "cisim predict calibration-check"
FACTS = ("fact", "value", "tolerance", "used", "source")


def nothing_drawn(worlds: int) -> Section:
    """Return what to say where every world has the same parameters."""
    return Section(
        HEADING,
        [
            f"Nothing was drawn: all {counted(worlds, 'world')} have the same parameters and differ in luck only. The "
            "intervals say nothing of what is unknown about these parameters, so they are narrower than what anybody "
            "knows. A study draws what is unknown from values that agree with published facts; the same question "
            "with draws:",
            Code("cisim sweep SCENARIO -o DIR"),
        ],
    )


def draws_of(spec: Spec) -> Section:
    """Return what the draws of a study rest on."""
    if not spec.uncertain:
        worlds = spec.worlds if isinstance(spec.worlds, int) else spec.worlds.most
        return nothing_drawn(worlds)
    blocks: list[Block | str] = []
    posterior = spec.posterior
    jointly = [one.name for one in spec.uncertain if posterior and one.name in posterior.names]
    alone = [one for one in spec.uncertain if one.name not in jointly]
    if posterior:
        blocks += _joint(posterior, jointly)
    if alone:
        blocks.append(_alone([one.uncertainty for one in alone if one.uncertainty]))
    return Section(HEADING, blocks)


def _alone(several: list[Uncertainty]) -> str:
    """Return where values come from that are drawn one by one."""
    grades = {
        grade: sum(one.grade == grade for one in several) for grade in ("measured", "derived", "assumed")
    }
    told = listed([f"{n} {grade}" for grade, n in grades.items() if n])
    return (
        f"{counted(len(several), 'parameter')} are drawn one by one from stated ranges ({told}): "
        f"{listed([one.name for one in several])}. No fact has narrowed these ranges."
    )


def _joint(posterior: Posterior, names: list[str]) -> Iterable[Block | str]:
    """Return where values come from that are drawn jointly."""
    from cisim.study.calibrated import SOURCE

    first = (
        f"{counted(len(names), 'parameter')} are drawn jointly from a calibrated set of {len(posterior.rows):,} "
        "combinations of values that are not ruled out by published facts."
    )
    if posterior.source != SOURCE:
        return [
            f"{first} It comes from {posterior.source}; its own report says which facts it meets and misses."
        ]
    more = (
        "Many such combinations fit; facts narrow some parameters and say nearly nothing of others. Which facts are "
        "met and which are missed, held-out facts among them, is printed by:"
    )
    return [f"{first} {_identity(posterior)}", more, Code(CHECK), _facts()]


def _identity(posterior: Posterior) -> str:
    """Say which set was drawn from, and whether it is the one that is installed."""
    from cisim.study.calibrated import calibrated, origin
    from cisim.study.posterior import part_of

    now = part_of(calibrated(), set(posterior.names))
    if now is None or (now.names, now.rows) != (posterior.names, posterior.rows):
        return (
            "It is an earlier set than the one installed now; the facts below are those of the present one."
        )
    made = origin()
    return (
        f"It was made by the shipped study {made['study']} ({made['command']}; model version {made['model']}) and is "
        "the one installed now."
    )


def _facts() -> Block:
    """Return the facts that the shipped set was held against."""
    from cisim.study.reading import load_study

    stated: Any = load_study(STUDY).options["targets"]
    rows = [_fact(one) for one in stated]
    fitted = sum(row[3] == "fitted" for row in rows)
    table = Table(
        "Facts of the calibration", FACTS, rows,
        ["Tolerance: one standard deviation of the fact's own error and of what the model leaves out, together."],
    )  # fmt: skip
    heading = f"The {counted(len(rows), 'fact')}: {fitted} fitted, {len(rows) - fitted} held out"
    return Details(heading, [Text("Held out means not used to set numbers; the facts were known."), table])


def _fact(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a fact as a row."""
    used = "fitted" if one["use"] == "fit" else "held out"
    return (one["name"], one["value"], one["tolerance"], used, one["source"])
