"""The report on a what-if: its answer, figure and tables in the form of all reports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cisim.figures.money import USES
from cisim.report.assumptions import assumptions, left_at_defaults
from cisim.report.calibration import draws_of
from cisim.report.community import community
from cisim.report.figures import pictured
from cisim.report.limits import LIMITS
from cisim.report.provenance import versions_in_words
from cisim.report.records import Block, Code, Document, Points, Section, Table
from cisim.report.studies import drawn_in
from cisim.report.words import between, capital, counted, level, listed, money, number, per_cent
from cisim.whatif.exporting import command_of, scenario_file
from cisim.whatif.knowing import first_heading
from cisim.whatif.offer import CANNOT_TELL, difference
from cisim.whatif.picture import draw
from cisim.whatif.state import WhatIf
from cisim.whatif.telling import title_of

if TYPE_CHECKING:
    from cisim.whatif.futures import Futures

Answer = dict[str, Any]


def document(futures: Futures, answer: Answer, link: str = "") -> Document:
    """Return the report on a what-if.

    Parameters
    ----------
    futures : Futures
    answer : dict
        As returned by `Futures.answer`, of all futures or the first.
    link : str
        Address that shows it, if there is one.

    Examples
    --------
    >>> from cisim.whatif import Futures, read_whatif
    >>> small = {"n_orgs": 8, "months": 24}
    >>> asked = {"scenario": "null-separable", "regime": "collective", "set": small, "worlds": 8}
    >>> futures = Futures(read_whatif(asked))
    >>> pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(futures.n)]
    >>> document(futures, futures.answer(pairs)).question
    'What becomes of problem rate under collective impact instead of isolated impact, out of the same money?'
    """
    whatif, spec = futures.whatif, futures.spec
    drawn = drawn_in(spec)
    return Document(
        title=spec.scenario.title,
        subtitle=f"What if: {whatif.name}. {capital(title_of(whatif.regime))} against {title_of(whatif.reference)}, "
        f"{counted(answer['done'], 'paired future')}, {len(answer['months']) / 12:.4g} years",
        question=_question(whatif, answer),
        answer=[answer["sentence"], *answer["more"], answer["break_even"]["text"], answer["cost"]["text"],
                answer["pays"]["means"]],
        sections=[
            _key_figures(futures, answer), _money(answer), _groups(answer), _rests_on(answer),
            assumptions(spec.cases, drawn), draws_of(spec),
        ],
        provenance=_provenance(futures, link),
        repeat=["# the same futures, bit for bit", command_of(whatif)],
        limits=(*CANNOT_TELL, *LIMITS),
        appendix=[
            _levers(whatif), _futures(answer), *left_at_defaults(spec.cases, drawn), community(spec.scenario),
            Section("As a scenario file", [Code(scenario_file(whatif))]),
        ],
    )  # fmt: skip


def _question(whatif: WhatIf, answer: Answer) -> str:
    """Return what is asked."""
    paid = "paid for by new money" if whatif.financing == "added" else "out of the same money"
    name, regime = answer["indicator"]["name"], title_of(whatif.regime)
    return f"What becomes of {name} under {regime} instead of {title_of(whatif.reference)}, {paid}?"


def _key_figures(futures: Futures, answer: Answer) -> Section:
    """Return the numbers of the answer and its figure."""
    pays, gain, when, cost = (answer[key] for key in ("pays", "gain", "break_even", "cost"))
    unit = gain["unit"]
    half = (gain["high"] - gain["low"]) / 2.0
    rows = [
        ("Futures in which it pays", f"{pays['count']:,} of {pays['of']:,}",
         f"{per_cent(pays['low'])} to {per_cent(pays['high'])}"),
        (f"Gain in the last year, mean, {unit}", number(gain["mean"], half, "+"),
         between(gain["low"], gain["high"], "+")),
        (f"Gain in the last year, single futures (5-95 %), {unit}", number(gain["median"], half, "+"),
         between(gain["p5"], gain["p95"], "+")),
        (f"Gain in the worst tenth of futures, mean, {unit}", number(gain["worst_tenth"], half, "+"), None),
        ("Break-even where it pays, months (5-95 %)", _or_none(when["months_median"]), _range(when)),
        ("Coordination in the chosen way, a year", money(cost["coordination_usd_per_year"]["chosen"]), None),
        ("New money, a year", money(cost["usd_new_per_year"]), None),
        (f"New money per unit gained ({unit})", _price(cost), _bounds(cost)),
    ]  # fmt: skip
    notes = [
        "Interval: 95 % interval of a share or mean, each for one number at a time; 5-95 % of futures where the row "
        "says so. More futures make the first narrower, not the second."
    ]
    table = Table(
        "Key figures, beside the reference in the same futures", ["number", "value", "interval"], rows, notes
    )
    alt = f"Lines over years with bands: the indicator both ways, below it the gain. {answer['sentence']}"
    caption = (
        "The indicator under both ways of working, and the gain in the same future, month by month: means, 5-95 % of "
        "futures (pale), 95 % interval of the mean gain (dark)."
    )
    return Section("Key figures", [table, pictured(partial(draw, futures, answer), alt, caption)])


def _or_none(value: float | None) -> str | None:
    """Return a whole number in words."""
    return None if value is None else f"{value:.0f}"


def _range(when: Answer) -> str | None:
    """Return the spread of the months to break-even."""
    if when["months_p5"] is None:
        return None
    return f"{when['months_p5']:.0f} to {when['months_p95']:.0f}"


def _price(cost: Answer) -> str | None:
    """Return the price of a unit gained."""
    return None if cost["usd_per_unit"] is None else money(cost["usd_per_unit"])


def _bounds(cost: Answer) -> str | None:
    """Return the interval of the price of a unit gained."""
    return None if cost["low"] is None else f"{money(cost['low'])} to {money(cost['high'])}"


def _money(answer: Answer) -> Section:
    """Return where the money went."""
    rows: list[tuple[str, ...]] = [
        (capital(USES[f"usd_{one['use']}"][0]), money(one["reference"]), money(one["chosen"]))
        for one in answer["money"]
    ]
    sums = [sum(one[case] for one in answer["money"]) for case in ("reference", "chosen")]
    rows.append(("All", *map(money, sums)))
    head = ["use", *answer["labels"]]
    note = "Money counts when it is spent, also out of reserves."
    return Section(
        "Where the money went", [Table("Money spent a year, by use: means of futures", head, rows, [note])]
    )


def _groups(answer: Answer) -> Section:
    """Return who gains and who loses."""
    rows: list[tuple[str, ...]] = []
    words: dict[str, list[str]] = {"gain": [], "lose": [], "cannot be told": []}
    for one in answer["groups"]:
        kind = "gain" if one["low"] > 0.0 else "lose" if one["high"] < 0.0 else "cannot be told"
        words[kind].append(one["name"])
        half = (one["high"] - one["low"]) / 2.0
        mean = f"{number(one['gain'], half, '+')} ({between(one['low'], one['high'], '+')})"
        rows.append((one["name"], mean, per_cent(one["share_better"])))
    told = "; ".join(f"{kind}: {listed(names)}" for kind, names in words.items() if names)
    head = ["group", "gain, mean (95 % interval)", "futures in which it gains"]
    table = Table(f"Gain of each group in the last year, {answer['gain']['unit']}", head, rows)
    return Section("Who gains, and who loses", [f"{capital(told)}.", table])


def _rests_on(answer: Answer) -> Section:
    """Return what the answer rests on, what to measure first, and where it leaves known ground."""
    of = answer["rests_on"]
    blocks: list[Block | str] = [
        f"{counted(of['drawn'], 'number')} that nobody knows are drawn in each future, {of['calibrated']} of them from "
        f"the calibrated set. Of the others {of['measured']} are measured, {of['derived']} derived and {of['assumed']} "
        "assumed.",
    ]
    first = answer["measure_first"]
    if first:
        blocks += [f"{first_heading(first)}:", Points([one["text"] for one in first])]
    else:
        few = "Too few futures to tell" if first is None else "No single number that is drawn explains"
        blocks.append(f"{few} what to measure first{'' if first is None else ' better than chance does'}.")
    if answer["warnings"]:
        blocks += ["Warnings:", Points([f"{capital(one['text'])}." for one in answer["warnings"]])]
    return Section("What the answer rests on", blocks)


def _levers(whatif: WhatIf) -> Section:
    """Return in what the two ways of working differ, and what was set by hand."""
    from dataclasses import replace

    from cisim.whatif.state import NO_BACKBONE

    if whatif.reference == NO_BACKBONE:
        text = "Both have the same levers; the reference has no backbone."
        return Section("What is compared", [text, _set_by_hand(whatif)])
    plain = replace(whatif, regime=whatif.reference, settings=type(whatif.settings)(whatif.common))
    rows = [
        (one["name"], *(level(value) for value in one["values"]), one["unit"], one["meaning"])
        for one in difference([whatif, plain])
        if one["name"] != "regime"
    ]
    head = ["lever", whatif.regime, whatif.reference, "unit", "meaning"]
    table = Table(
        f"What {title_of(whatif.regime)} sets otherwise than {title_of(whatif.reference)}", head, rows
    )
    return Section("What is compared", [table, _set_by_hand(whatif)])


def _set_by_hand(whatif: WhatIf) -> Block:
    """Return the values that were set by hand."""
    rows = [(name, value) for name, value in whatif.settings.items()]
    if not rows:
        return Points(["No single value was set by hand."])
    return Table(
        "Set by hand", ["parameter", "value"], rows, ["Levers hold in the chosen way of working only."]
    )


def _futures(answer: Answer) -> Section:
    """Return every future by itself."""
    rows = [
        (str(one["i"]), one["seed"], one["gain"], one["pays"], one["break_even"]) for one in answer["futures"]
    ]
    head = ["future", "seed", f"gain, {answer['gain']['unit']}", "pays", "break-even, month"]
    return Section("Single futures", [Table("Each future by itself", head, rows)])


def _provenance(futures: Futures, link: str) -> dict[str, str]:
    """Return where the numbers come from."""
    from cisim.compiled import model_version
    from cisim.store import git_commit, versions

    whatif, cases = futures.whatif, futures.spec.cases
    found = {
        "What-if": whatif.key,
        "Scenario": f"{whatif.source.name} ({whatif.scenario.title})",
        **{f"Digest, {label}": one.digest for label, one in cases.items()},
        "Seed": f"{whatif.seed}; every future has draws and luck of its own, the same in both ways of working",
        "Money": "coordination paid by new money" if whatif.financing == "added" else "equal budget",
        "Draws": whatif.draws,
        "Model version": model_version(),
        "Versions": versions_in_words(versions()),
        "Commit": git_commit() or "not known",
    }
    return {**found, "Shown by": link} if link else found
