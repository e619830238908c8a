"""Are the register's pointers alive? Each is followed into the source, and its effect is seen in paired worlds.

A parameter has to be read by the rule that is said to carry the mechanism, or by a function the rule uses, and
has to matter there: two worlds with the same seed differ in nothing but the value that this one rule sees. A part
of a scenario is taken out, a regime is set beside isolated impact. What changes no outcome carries nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cisim.claims.effects import (
    Effect,
    effect_of_parameter,
    effect_of_part,
    effect_of_regime,
    levers_that_differ,
)
from cisim.claims.reads import facts_read, parameters_read
from cisim.claims.records import Carrier, Register
from cisim.claims.register import RULES
from cisim.compiled import PACKAGE
from cisim.params import PARAMS
from cisim.presets import home, names_in
from cisim.scenario import load

PART_FACTS = {"links": "link", "groups": "group_share", "drivers": "weight", "indicator": "baseline"}
"""State variable in which rules meet a part of a scenario; levers under `regimes` reach them as parameters."""

LEAST = {"groups": 2, "drivers": 2}  # how many a part needs so that one can be taken out; 1 link is enough


class Pointer(NamedTuple):
    """What is pointed to: a parameter under a rule, a part of a scenario under a rule, or a regime."""

    rule: str = ""
    parameter: str = ""
    part: str = ""
    of: str = ""
    regime: str = ""

    def __str__(self) -> str:
        if self.regime:
            return f"regime {self.regime}"
        return f"{self.rule}: {self.parameter or f'{self.part} of {self.of}'}"


@dataclass(frozen=True, slots=True)
class Followed:
    """What following one pointer has shown.

    Attributes
    ----------
    pointer : Pointer
    claims : tuple of str
        Ids of the statements that point there.
    read_in : tuple of str
        Functions that read it, such as "rules.meet.what_is_said"; of a regime, the levers that differ.
    effect : Effect or None
        What differs in paired worlds; None where it was not worth looking.
    problem : str
        Why it is not alive; empty where it is.
    """

    pointer: Pointer
    claims: tuple[str, ...]
    read_in: tuple[str, ...]
    effect: Effect | None
    problem: str

    @property
    def is_alive(self) -> bool:
        """Whether it is read and moves at least one outcome."""
        return not self.problem

    @property
    def largest(self) -> tuple[str, float]:
        """Outcome that moved most, and its relative difference; ("", 0.0) where none did."""
        return next(iter(self.effect.moved.items()), ("", 0.0)) if self.effect else ("", 0.0)


def pointers_of(register: Register) -> dict[Pointer, tuple[str, ...]]:
    """Return the pointers of a register, each once, with the ids of the statements that use it.

    Examples
    --------
    >>> from cisim.claims.register import register
    >>> pointers_of(register())[Pointer("meet", "delegate_effect")]
    ('S4.38',)
    """
    found: dict[Pointer, tuple[str, ...]] = {}
    for claim in register.claims:
        for carrier in claim.carried_by:
            for pointer in _pointers(carrier):
                found[pointer] = (*found.get(pointer, ()), claim.id)
    return {pointer: tuple(dict.fromkeys(ids)) for pointer, ids in found.items()}


def check_pointers(
    register: Register, *, package: Path = PACKAGE, on_done: Callable[[int, int], object] | None = None
) -> tuple[Followed, ...]:
    """Follow every pointer of a register.

    Parameters
    ----------
    register : Register
    package : Path
        Directory of the sources that are read.
    on_done : callable, optional
        Called with the number of pointers followed so far, and of all.

    Returns
    -------
    tuple of Followed
        In the order in which the register names them.
    """
    wanted = pointers_of(register)
    found = []
    for pointer, claims in wanted.items():
        found.append(check_pointer(pointer, claims, package=package))
        if on_done:
            on_done(len(found), len(wanted))
    return tuple(found)


def check_pointer(pointer: Pointer, claims: tuple[str, ...] = (), *, package: Path = PACKAGE) -> Followed:
    """Follow one pointer into the source and, if it leads somewhere, into paired worlds.

    Examples
    --------
    >>> check_pointer(Pointer("meet", "complementarity")).problem
    'meet does not read complementarity'
    """
    problem, read_in = _read(pointer, package)
    effect = None if problem else _effect(pointer)
    if effect is not None and not effect.moved:
        problem = f"no outcome differs between {effect.values[0]} and {effect.values[1]}"
    return Followed(pointer, claims, read_in, effect, problem)


def problems_of(findings: Iterable[Followed]) -> tuple[str, ...]:
    """Return a sentence for each pointer that is not alive, with the statements that rely on it."""
    dead = (one for one in findings if not one.is_alive)
    return tuple(f"{', '.join(one.claims) or 'nobody'}: {one.pointer}: {one.problem}" for one in dead)


def _pointers(carrier: Carrier) -> tuple[Pointer, ...]:
    """Return what one carrier points to."""
    if carrier.regime:
        return (Pointer(regime=carrier.regime),)
    part = (Pointer(carrier.rule, part=carrier.scenario, of=carrier.of),) if carrier.scenario else ()
    return (*(Pointer(carrier.rule, name) for name in carrier.parameters), *part)


def _read(pointer: Pointer, package: Path) -> tuple[str, tuple[str, ...]]:
    """Return why a pointer leads nowhere (empty if it leads somewhere), and where it is read."""
    if pointer.regime:
        if pointer.regime not in names_in(home() / "regimes"):
            return f"there is no regime {pointer.regime}", ()
        levers = levers_that_differ(pointer.regime)
        return ("" if levers else "no lever differs from isolated impact"), levers
    if pointer.rule not in RULES:
        return f"there is no rule {pointer.rule}", ()
    if pointer.part:
        return _read_part(pointer, package)
    if pointer.parameter not in PARAMS:
        return f"there is no parameter {pointer.parameter}", ()
    read_in = parameters_read(pointer.rule, package).get(pointer.parameter, ())
    return ("" if read_in else f"{pointer.rule} does not read {pointer.parameter}"), read_in


def _read_part(pointer: Pointer, package: Path) -> tuple[str, tuple[str, ...]]:
    """Return the same for a part of a scenario."""
    part, fact = pointer.part, PART_FACTS.get(pointer.part)
    scenario = load(pointer.of)
    if part == "regimes":
        stated = tuple(scenario.regimes.get(scenario.regime, {}))
        return ("" if stated else f"{pointer.of} states no levers for regime {scenario.regime}"), stated
    if part != "indicator" and len(getattr(scenario, part)) < LEAST.get(part, 1):
        return f"{pointer.of} has too few {part} to take any out", ()
    read_in = facts_read(pointer.rule, package).get(fact or "", ())
    return ("" if read_in else f"{pointer.rule} does not use {part}"), read_in


def _effect(pointer: Pointer) -> Effect:
    """Return what a pointer changes in paired worlds."""
    if pointer.regime:
        return effect_of_regime(pointer.regime)
    if pointer.part:
        return effect_of_part(pointer.part, pointer.of)
    return effect_of_parameter(pointer.rule, pointer.parameter)
