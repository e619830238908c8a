"""Words for methods of sensitivity analysis: titles, columns, what an interval is."""

from __future__ import annotations

from cisim.study.sensitivity.design import BLOCK_METHODS, DGSM_STEP
from cisim.study.sensitivity.index import Subject
from cisim.study.sensitivity.reading import Reading

MAIN = {
    "sobol": "ST",
    "morris": "mu_star",
    "rbd_fast": "S1",
    "delta": "delta",
    "pawn": "pawn",
    "dgsm": "bound",
}
"""The index that ranks factors."""
TITLES = {
    "sobol": "which factors make the difference (Sobol' indices)",
    "morris": "which factors can make a difference (Morris screening)",
    "rbd_fast": "which factors make the difference on their own (RBD-FAST)",
    "delta": "which factors move the distribution of worlds (Borgonovo's delta)",
    "pawn": "which factors move the distribution of worlds (PAWN)",
    "dgsm": "which factors may be left alone (derivative-based bounds, DGSM)",
}
COLUMNS: dict[str, dict[str, str]] = {
    "sobol": {"S1": "alone (S1)", "ST": "with others (ST)"},
    "morris": {"mu_star": "size (mu*)", "mu": "mean (mu)", "sigma": "sigma"},
    "rbd_fast": {"S1": "alone (S1)"},
    "delta": {"delta": "delta", "floor": "no effect"},
    "pawn": {"pawn": "PAWN", "floor": "no effect"},
    "dgsm": {"bound": "at most (bound of ST)"},
}
MAY_FIX = {"sobol": "the variance (ST)", "dgsm": "the variance (bound of ST)", "morris": "the largest mu*"}
"""What the limit is a share of, for methods that can tell which factors may be fixed."""
BLOCKS = {"sobol": "blocks", "morris": "trajectories", "dgsm": "base points with their steps"}


def sizes(subject: Subject) -> str:
    """Return how many points and worlds an analysis rests on."""
    points, worlds = subject.y.shape
    unit = "world" if worlds == 1 else "worlds"
    of = (
        f" in {subject.n:,} {BLOCKS[subject.method]} of equal luck" if subject.method in BLOCK_METHODS else ""
    )
    of = of.replace("blocks of equal luck", "blocks, two sorts of luck each")
    return f"{points:,} points{of}, {worlds} {unit} per point: {points * worlds:,} worlds."


def about_method(reading: Reading) -> list[str]:
    """Return what the method's numbers mean and how it takes factors with few values."""
    notes = {
        "sobol": "S1: share of variance that would go if this factor alone were known. ST: share that would stay "
        "if all but this factor were known.",
        "morris": "mu*: mean size of the change, per whole width of a factor's distribution, measured by steps of "
        "0.6 of it in the same luck; mu: the same with its sign; sigma: how much the change differs from place to "
        "place (interactions, curvature). A large mu* with a small mu means that the direction depends on the place. "
        "Intervals of sigma are in the table of indices.",
        "rbd_fast": "S1: share of variance that would go if this factor alone were known.",
        "delta": "0: knowing the factor changes nothing; 1: it changes all. 'No effect' is what a factor without any "
        "effect would stay below in 95 of 100 cases.",
        "pawn": "Median distance of distributions (Kolmogorov-Smirnov) between slices of the factor and the whole. 'No "
        "effect' is what a factor without any effect would stay below in 95 of 100 cases.",
        "dgsm": f"From changes over steps of {DGSM_STEP:g} of the distribution in the same luck; the bound holds for "
        "smooth responses, may be far above the total index, and may exceed 1.",
    }
    found = [notes[reading.subject.method]]
    if reading.discrete:
        found.append(_about_ties(reading))
    return found


def _about_ties(reading: Reading) -> str:
    """Return how the method takes factors with few values."""
    names = ", ".join(reading.discrete)
    what = {
        "sobol": "the shares of variance are exact all the same",
        "rbd_fast": "the shares of variance hold all the same, up to what ten harmonics cannot follow of the jumps",
        "morris": "a step may leave the value as it is, which counts as an effect of zero",
        "delta": "classes of places may hold two neighbouring values, which makes delta a little smaller",
        "pawn": "slices of places may hold two neighbouring values, which makes the index a little smaller",
        "dgsm": "THE BOUND DOES NOT HOLD for these: between two values there is no derivative",
    }[reading.subject.method]
    return f"Take few values: {names}; {what}."


def about_interval(subject: Subject) -> str:
    """Return what an interval is and what it rests on."""
    if subject.method in BLOCK_METHODS:
        how = f"found by drawing whole {BLOCKS[subject.method]} anew {subject.resamples:,} times (bootstrap)"
    else:
        how = "found from random halves of the points"
    return (
        f"An interval says how far an index may be off because the sample is finite, {how}; it rests on "
        f"{subject.n:,} {BLOCKS.get(subject.method, 'points')} with {subject.worlds} world{'s'[: subject.worlds > 1]} "
        f"each and holds for one index at a time. Indices weigh factors by the distributions stated, not by what is "
        "true."
    )
