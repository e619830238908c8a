"""The report of an audit for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cisim.claims.controls import Control
from cisim.claims.findings import Answer, Audit
from cisim.claims.telling import answer_words, remark, short, side_words
from cisim.claims.verdicts import VERDICTS

if TYPE_CHECKING:
    from cisim.claims.audit import Ran

WIDTH = 100


def report_text(ran: Ran, controls: Sequence[Control] = ()) -> str:
    """Return everything an audit found as plain text, at most 100 columns wide.

    Parameters
    ----------
    ran : Ran
    controls : sequence of Control, optional
        Told last.
    """
    audit = ran.audit
    draws, worlds = ran.usual_size
    lines = [
        "Claims audit",
        *wrapped(
            f"{len(audit.claims)} claims about outcomes and {len(audit.tensions)} tensions between sources, "
            f"{len(audit.findings)} statements, {audit.n_intervals} intervals that hold together at "
            f"{1 - audit.error:.0%}; {ran.n_runs:,} runs in {len(ran.runs)} studies, in most {draws:,} draws of "
            f"the calibrated parameters and {worlds} worlds each."
        ),
        "",
        counts(audit),
        "",
    ]
    for answer in audit.claims:
        lines += [*answer_lines(answer), ""]
    lines += ["Tensions between the sources", ""]
    for answer in audit.tensions:
        lines += [*tension_lines(answer), ""]
    if controls:
        lines += ["Negative controls", "", *control_lines(controls)]
    return "\n".join(lines).rstrip() + "\n"


def counts(audit: Audit) -> str:
    """Return how many claims got which verdict."""
    found = Counter(one.verdict for one in audit.claims)
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS)


def answer_lines(answer: Answer) -> list[str]:
    """Return one claim: verdict, question, and each statement with what was found."""
    name, question = answer.experiment.name, answer.experiment.question
    lines = wrapped(f"{name}  {answer_words(answer).upper()}  {question}", indent=6)
    for one in answer.findings:
        lines += wrapped(short(one), first="    ", indent=6)
        lines += wrapped(remark(one), first="      ", indent=6)
    return lines


def tension_lines(answer: Answer) -> list[str]:
    """Return one tension: question, when each side is right, and each statement with what was found."""
    lines = wrapped(f"{answer.experiment.name}  {answer.experiment.question}", indent=4)
    for side, told in side_words(answer):
        lines += wrapped(f"{side}: {told}", first="  - ", indent=4)
    for one in answer.findings:
        lines += wrapped(f"[{one.statement.side}] {short(one)}", first="    ", indent=6)
        lines += wrapped(remark(one), first="      ", indent=6)
    return lines


def control_lines(controls: Sequence[Control]) -> list[str]:
    """Return each control: whether it passed, what was measured and what would have been right."""
    lines = []
    for one in controls:
        mark = "passed" if one.passed else "FAILED"
        lines += wrapped(f"{mark}  {one.name}: {one.measured}; allowed: {one.allowed}", indent=8)
    return lines


def wrapped(text: str, first: str = "", indent: int = 0) -> list[str]:
    """Return text in lines of at most `WIDTH` characters, none for an empty text.

    Examples
    --------
    >>> wrapped("one", first="- "), wrapped("", first="- ")
    (['- one'], [])
    """
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * indent)
