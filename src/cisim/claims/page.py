"""The audit as a page of the documentation: every statement, every experiment, the controls, and the method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cisim.claims.controls import Control
from cisim.claims.findings import Answer, Audit, Finding
from cisim.claims.judging import INTERVALS
from cisim.claims.records import Carrier, Claim, Extent, Register
from cisim.claims.regions import LEAST_MASS, QUANTILES, QUANTILES_OF_PAIRS
from cisim.claims.telling import answer_words, claimed, interval, remark, side_words
from cisim.claims.verdicts import POWER, VERDICTS
from cisim.tables import markdown

if TYPE_CHECKING:
    from cisim.claims.audit import Ran

COMMAND = "cisim claims --run -o claims"
HEAD = """\
# The claims audit: what {n} statements come to

Made by `make claims`, which runs the studies in [experiments/claims](../experiments/claims) and writes this
page; nothing here is typed by hand. The statements stand in [register.yaml](../src/cisim/claims/register.yaml),
what is asked of the runs in [experiments.yaml](../src/cisim/claims/experiments.yaml). A verdict holds for the
model as it stands, over what its [calibration](calibration.md) leaves open; it says nothing about communities
where the model is wrong about them ([limits.md](limits.md)). The model is version `{model}`.

```console
$ {command}
```

{runs:,} runs in {studies} studies; {draws} draws of the calibrated parameters and {worlds} worlds each in most.
Tables as CSV are in `claims/analysis`; `cisim claims S1.12` shows one statement.
"""


def page(ran: Ran, register: Register, controls: Sequence[Control], model: str, images: str) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    ran : Ran
    register : Register
    controls : sequence of Control
    model : str
        Version of the model.
    images : str
        Folder of the figures, as the page links to it.
    """
    audit = ran.audit
    draws, worlds = ran.usual_size
    head = HEAD.format(
        n=len(register.claims), model=model, command=COMMAND, runs=ran.n_runs, studies=len(ran.runs), draws=draws,
        worlds=worlds,
    )  # fmt: skip
    parts = [
        head, _in_short(audit, register), method(audit), _statements(audit, register), _claims(audit, register, images),
        _tensions(audit, images), _controls(controls),
    ]  # fmt: skip
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _in_short(audit: Audit, register: Register) -> str:
    """Return how many statements there are of each kind, and which claims got which verdict."""
    rows = []
    for verdict in VERDICTS:
        names = [
            f"[{one.experiment.name}](#{_anchor(one)})" for one in audit.claims if one.verdict == verdict
        ]
        rows.append((verdict, str(len(names)), ", ".join(names) or "-"))
    extents = Counter(claim.extent for claim in register.of("mechanism"))
    mechanisms = ", ".join(f"{extents[name]} {words}" for name, words in EXTENTS.items() if extents[name])
    lines = [
        "## In short", "",
        f"{len(register.claims)} statements: {len(register.of('mechanism'))} about mechanisms ({mechanisms}), "
        f"{len(register.of('outcome'))} about outcomes, each with an experiment, {len(register.of('context'))} about "
        "context. The experiments answer:", "",
        *markdown(("verdict", "claims", "which"), rows),
    ]  # fmt: skip
    return "\n".join(lines)


EXTENTS: dict[Extent, str] = {"full": "in full", "stand-in": "by a stand-in", "absent": "not in the model"}


METHOD = """\
## How a verdict comes about

- **Statement.** Each experiment consists of statements: a linear combination of what cases of one study come to in
  the same worlds should be *more* or *less* than a level (nought unless stated), or *none*. Levels and margins are
  stated beforehand in `experiments.yaml`; no result is.
- **Unit.** A draw of the calibrated parameters, as the mean over its worlds. Draws of equal parameters are taken as
  one cluster. Intervals are Student's t; for a share of worlds they reach at least as far as the exact interval of a
  count.
- **Many looks.** The audit tells {n_intervals} intervals: {each} for each of {n_statements} statements, over all draws
  and inside and outside the region that was tested. All hold together at {level:.0%} (Bonferroni): each misses with a
  chance of {alpha:.2g}. The verdict follows from the interval alone.
- **Holds, reverses.** *More* holds where the interval lies above the level and reverses where it lies below, *less*
  the other way round; else there is **no detectable difference** from the level, and the page says how large a
  difference would have been found in {power:.0%} of audits. *None* holds where the interval lies within the margin,
  whether or not it includes nought, and reverses where it lies wholly outside.
- **Depends on.** A coin that depends on the parameters of a draw puts it in one of two halves. In one half all cuts of
  one parameter (at its {cuts} % points) and of two together (at {pairs} %) that hold {mass:.0%} of draws or more are
  searched for the region whose effect is most opposite to that of the rest; the other half tests it. Only where the
  statement holds on one side and reverses on the other is it said to depend on that condition. Where the effect is
  within its margin on one side and beyond it on the other, or decided on one side only, that is a remark and no
  verdict. That a parameter stands in a condition does not say that it alone matters.
- **Answer.** Where all statements have to hold, one that reverses settles it, then one that depends on something; it is
  open where any is open. Where one is enough, one that holds settles it, and it reverses where all do. Of a tension
  each statement that holds speaks for its side, each that reverses for the other.
- **What may be wrong.** Experiments are readings of sentences, and another reading may come out otherwise. A verdict
  averages over a calibrated set that rests on a few facts; most parameters are assumptions.
"""


def method(audit: Audit) -> str:
    """Return how verdicts come about, with the numbers of this audit."""
    pairs = " and ".join(f"{100 * q:g}" for q in QUANTILES_OF_PAIRS)
    return METHOD.format(
        n_intervals=audit.n_intervals, each=INTERVALS, n_statements=len(audit.findings), level=1 - audit.error,
        alpha=audit.error / audit.n_intervals, power=POWER, mass=LEAST_MASS,
        cuts=", ".join(f"{100 * q:g}" for q in QUANTILES), pairs=pairs,
    )  # fmt: skip


def _statements(audit: Audit, register: Register) -> str:
    """Return all statements, document by document."""
    lines = [
        "## All statements",
        "",
        "A mechanism is followed by the rules and parameters that carry it, an outcome by its verdict, a context by "
        "what reflects it. From `cisim claims`.",
        "",
    ]
    for paper in register.documents:
        claims = [claim for claim in register.claims if claim.document == paper.id]
        told = ", ".join(part for part in (paper.author, paper.publisher, paper.year) if part)
        lines += [f"### {paper.id}: {paper.title}", ""]
        lines += [line for line in (f"{told}." if told else "", paper.note) if line]
        lines += [
            "",
            *markdown(("id", "kind", "says", "where it is answered"), [_row(c, audit) for c in claims]),
            "",
        ]
    return "\n".join(lines)


def _row(claim: Claim, audit: Audit) -> tuple[str, ...]:
    """Return the row of one statement."""
    return claim.id, claim.kind, claim.says, where(claim, audit)


def where(claim: Claim, audit: Audit | None) -> str:
    """Return where the project answers a statement, in Markdown."""
    if claim.kind == "context":
        return claim.where
    if claim.kind == "outcome":
        answer = audit.answer(claim.experiment) if audit else None
        return (
            f"[**{answer_words(answer)}**](#{_anchor(answer)})"
            if answer
            else f"experiment {claim.experiment}"
        )
    told = "; ".join(carrier_words(one) for one in claim.carried_by)
    if claim.extent == "full":
        return told
    return f"{told + '; ' if told else ''}*{EXTENTS[claim.extent]}*: {claim.missing}"


def carrier_words(carrier: Carrier) -> str:
    """Return what carries a mechanism, in Markdown."""
    if carrier.regime:
        return f"regime `{carrier.regime}`"
    names = ", ".join(f"`{name}`" for name in carrier.parameters)
    part = f"`{carrier.scenario}` of `{carrier.of}`" if carrier.scenario else ""
    return f"rule `{carrier.rule}`: {', '.join(text for text in (names, part) if text)}"


def _anchor(answer: Answer) -> str:
    """Return the anchor of an experiment."""
    return f"experiment-{answer.experiment.name.lower()}"


def _claims(audit: Audit, register: Register, images: str) -> str:
    """Return every experiment about a claim with what was found."""
    lines = [
        "## Claims about outcomes",
        "",
        f"From `{COMMAND}`, tables `claims`, `statements` and `conditions`. Found: mean over draws with its "
        "simultaneous interval.",
        "",
    ]
    says = {claim.experiment: claim.says for claim in register.of("outcome")}
    document = ""
    for answer in audit.claims:
        name = answer.experiment.name
        if name.split(".")[0] != document:
            document = name.split(".")[0]
            lines += [f"![Statements of {document} about outcomes]({images}/claims_{document}.png)", ""]
        lines += [f'<a id="{_anchor(answer)}"></a>', f"### {name}: {answer_words(answer)}", ""]
        lines += [says.get(name, ""), "", f"*{answer.experiment.question}*", ""]
        rule = "one is enough" if answer.experiment.combine == "any" else "all have to hold"
        lines += [
            f"{len(answer.findings)} statements, {rule}:" if len(answer.findings) > 1 else "One statement:",
            "",
        ]
        lines += [*_findings(answer.findings), ""]
    return "\n".join(lines)


def _findings(findings: Sequence[Finding], sides: bool = False) -> list[str]:
    """Return statements with what was found as a table."""
    head = ("effect", "claimed", "found", "unit", "draws (worlds)", "verdict", "more")
    rows = []
    for one in findings:
        more = "; ".join(text for text in (one.statement.why, remark(one)) if text)
        found = (interval(one.estimate), one.unit, f"{one.estimate.n:,} ({one.worlds:,})")
        verdict = f"**{one.verdict}**" + (f" ({one.statement.side})" if sides else "")
        rows.append(
            (f"{one.statement.words} (`{one.statement.study}`)", claimed(one.demand), *found, verdict, more)
        )
    return markdown(head, rows)


def _tensions(audit: Audit, images: str) -> str:
    """Return every tension: when each side is right."""
    lines = [
        "## Tensions between the sources",
        "",
        f"From `{COMMAND}`. The verdict of a comparison is about the side in brackets, for which it speaks where it "
        "holds.",
        "",
        f"![Tensions between the sources]({images}/tensions.png)",
        "",
    ]
    for answer in audit.tensions:
        lines += [
            f'<a id="{_anchor(answer)}"></a>',
            f"### {answer.experiment.name}: {answer.experiment.question}",
            "",
        ]
        lines += [
            *(f"- **{side}**: {told}" for side, told in side_words(answer)),
            "",
        ]
        lines += [*_findings(answer.findings, sides=True), ""]
    return "\n".join(lines)


def _controls(controls: Sequence[Control]) -> str:
    """Return the negative controls."""
    rows = [
        (one.name, one.question, one.measured, one.allowed, "passed" if one.passed else "**failed**")
        for one in controls
    ]
    lines = [
        "## Negative controls",
        "",
        "Where nothing can be found nothing may be found. From `cisim claims --controls -o claims`, table `controls`.",
        "",
        *markdown(("control", "question", "measured", "allowed", ""), rows),
    ]
    return "\n".join(lines)
