"""Ask organisations with a mind of their own, and tell the compiled rules what they decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.agents import Organization
from cisim.decisions import (
    COMES,
    DISCLOSES,
    DOES_NOT_APPLY,
    JOINS,
    KEEPS_OUT,
    LEAVES,
    OWN_TARGET,
    STAYS,
    STAYS_AWAY,
)
from cisim.state import State, copy_state

if TYPE_CHECKING:
    from cisim.model import CoalitionModel

BITS = {
    "meet": COMES | STAYS_AWAY | DISCLOSES,
    "allocate": OWN_TARGET,
    "join": LEAVES | STAYS | JOINS | KEEPS_OUT,
    "fund": DOES_NOT_APPLY,
}


class Minds:
    """Which organisation is of which class, and which of its decisions it takes itself.

    Parameters
    ----------
    organization : type or mapping of int to type
        Subclass of `Organization` for all, or by uid.
    n_orgs : int

    Raises
    ------
    TypeError, ValueError
        If a class is no subclass of `Organization` or a uid does not exist.
    """

    def __init__(
        self, organization: type[Organization] | Mapping[int, type[Organization]], n_orgs: int
    ) -> None:
        by_uid = organization if isinstance(organization, Mapping) else {}
        self._default = Organization if isinstance(organization, Mapping) else organization
        for uid, kind in [*by_uid.items(), (0, self._default)]:
            if not (isinstance(kind, type) and issubclass(kind, Organization)):
                raise TypeError(f"organization: {kind!r} is not allowed; a subclass of cisim.Organization")
            if isinstance(uid, bool) or not isinstance(uid, int | np.integer) or not 0 <= uid < n_orgs:
                raise ValueError(f"organization: uid {uid!r} is not allowed; 0 to {n_orgs - 1}")
        self._by_uid = {int(uid): kind for uid, kind in by_uid.items()}
        kinds: set[type[Organization]] = {self._default, *self._by_uid.values()}
        self._own = {kind: frozenset(kind.own_decisions()) for kind in kinds}

    def class_of(self, uid: int) -> type[Organization]:
        """Return the class of an organisation."""
        return self._by_uid.get(int(uid), self._default)

    def asked_before(self, rules: Iterable[str]) -> set[str]:
        """Return the rules before which somebody is asked.

        Raises
        ------
        ValueError
            If one of them is among `rules`, the replaced ones: a Python rule decides itself.
        """
        hooks = {hook for own in self._own.values() for hook in own}
        for hook in sorted(hooks):
            rule = Organization.HOOKS[hook]
            if rule in rules:
                raise ValueError(
                    f"organization: {hook} is asked by the rule {rule!r}, which `rules` replaces"
                )
        return {Organization.HOOKS[hook] for hook in hooks}

    def ask(self, model: CoalitionModel, rule: str) -> None:
        """Ask all who take a decision that `rule` needs; `learn` is also run, being asked around."""
        hooks = {hook for hook, where in Organization.HOOKS.items() if where == rule}
        deciders = [org for org in model.organizations if self._own[type(org)] & hooks]
        if rule == "learn":
            learn_asking(model, deciders)
            return
        for org in deciders:
            model.state.override[org.place] &= ~BITS[rule]
            for hook in sorted(self._own[type(org)] & hooks):
                ANSWERS[hook](org, model.state, org.place)


def _yes_or_no(org: Organization, hook: str, answer: Any, yes: int, no: int) -> int:
    """Return the bit for an answer, 0 for None."""
    if answer is None:
        return 0
    if not isinstance(answer, bool | np.bool_):
        raise TypeError(_wrong(org, hook, answer, "True, False, or None for the rules to decide"))
    return yes if answer else no


def _wrong(org: Organization, hook: str, answer: Any, allowed: str) -> str:
    """Say what is wrong with an answer."""
    return f"{type(org).__name__}.{hook} of {org}: {answer!r} is not allowed; {allowed}"


def _attends(org: Organization, s: State, i: int) -> None:
    """Ask a member whether it comes."""
    if s.coalition[i] >= 0:
        s.override[i] |= _yes_or_no(org, "attends", org.attends(), COMES, STAYS_AWAY)


def _discloses(org: Organization, s: State, i: int) -> None:
    """Ask a member how much it says."""
    answer = org.discloses() if s.coalition[i] >= 0 else None
    if answer is None:
        return
    if (
        isinstance(answer, bool)
        or not isinstance(answer, int | float | np.number)
        or not 0.0 <= answer <= 1.0
    ):
        raise TypeError(
            _wrong(org, "discloses", answer, "a share from 0 to 1, or None for the rules to decide")
        )
    s.override[i] |= DISCLOSES
    s.own_disclosure[i] = answer


def _target_effort(org: Organization, s: State, i: int) -> None:
    """Ask where effort should go."""
    answer = org.target_effort()
    if answer is None:
        return
    target = np.asarray(answer, float)
    shape = s.own_target[i].shape
    if target.shape != shape or not (target >= 0.0).all() or abs(target.sum() - 1.0) > 1e-9:
        allowed = f"shares >= 0 of shape {shape} that sum to 1, or None for the rules to decide"
        raise ValueError(_wrong(org, "target_effort", answer, allowed))
    s.override[i] |= OWN_TARGET
    s.own_target[i] = target


def _wants_to_join(org: Organization, s: State, i: int) -> None:
    """Ask an outsider whether to join."""
    if s.coalition[i] < 0:
        s.override[i] |= _yes_or_no(org, "wants_to_join", org.wants_to_join(), JOINS, KEEPS_OUT)


def _wants_to_leave(org: Organization, s: State, i: int) -> None:
    """Ask a member whether to leave."""
    if s.coalition[i] >= 0:
        s.override[i] |= _yes_or_no(org, "wants_to_leave", org.wants_to_leave(), LEAVES, STAYS)


def _applies(org: Organization, s: State, i: int) -> None:
    """Ask whether to apply for grants; those who do are in the rules' hands."""
    s.override[i] |= _yes_or_no(org, "applies", org.applies(), 0, DOES_NOT_APPLY)


ANSWERS: dict[str, Callable[[Organization, State, int], None]] = {
    "applies": _applies,
    "attends": _attends,
    "discloses": _discloses,
    "target_effort": _target_effort,
    "wants_to_join": _wants_to_join,
    "wants_to_leave": _wants_to_leave,
}


def learn_asking(model: CoalitionModel, deciders: list[Organization]) -> None:
    """Run the rule `learn` as if those who refuse a practice had never been open to it this month.

    The rule runs, what it would change is put to the deciders in the world as it was before, and where one
    refuses, the month's learning is done again with that driver closed, until nobody is surprised. Draws are
    keyed, so doing it again is the same month.
    """
    s = model.state
    before = copy_state(s)
    answers: dict[tuple[int, int, int], bool] = {}
    refused = True
    while refused:
        refused = False
        model.run_rule("learn")
        after = copy_state(s)
        closed = s.closed.copy()
        restore(s, before)
        s.closed[...] = closed
        for org in deciders:
            i = org.place
            for d in np.flatnonzero(after.practice[i] != before.practice[i]):
                asked = (i, int(d), int(after.practice[i, d]))
                if asked not in answers:
                    answer = _yes_or_no(org, "adopts", org.adopts(*asked[1:]), 1, -1)
                    answers[asked] = answer >= 0
                if not answers[asked]:
                    s.closed[i, d] = 1
                    refused = True
    restore(s, after)
    s.closed[...] = 0


def restore(s: State, copy: State) -> None:
    """Make the state what it was when it was copied."""
    for array, old in zip(s, copy, strict=True):
        array[...] = old
