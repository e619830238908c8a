"""The plan of a month: which rules run compiled, which were replaced by Python, who is asked when."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cisim.engine import STEP
from cisim.params import nearest

PythonRule = Callable[..., object]
"""``f(model)`` or ``f(state, params, seed, month)``; what it returns is ignored."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Run the rules `first`..`last` - 1 of `engine.STEP` in one call."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask organisations with a mind of their own what they decide, before (for learn: around) a rule."""

    rule: str


@dataclass(frozen=True, slots=True)
class Python:
    """Call a Python function with the model, or with what compiled rules get."""

    function: PythonRule
    takes_model: bool


Part = Compiled | Ask | Python


def plan_of(rules: Mapping[str, PythonRule], asked: Iterable[str]) -> tuple[Part, ...]:
    """Return what a month consists of.

    Parameters
    ----------
    rules : mapping of str to function
        Keys are names of `engine.STEP` (replaces that rule), or ``before:name``, ``after:name``.
    asked : iterable of str
        Rules before which organisations are asked.

    Raises
    ------
    ValueError
        If a key names no rule, or replaces `record`.
    TypeError
        If a value is not a function of one or four arguments.
    """
    python = {_key(key): _python(key, function) for key, function in rules.items()}
    asked = set(asked)
    parts: list[Part] = []
    for k, rule in enumerate(STEP):
        before, instead, after = (python.get(key) for key in (f"before:{rule}", rule, f"after:{rule}"))
        if before:
            parts.append(before)
        if rule in asked:
            parts.append(Ask(rule))
        if instead:
            parts.append(instead)
        elif not (rule == "learn" and rule in asked):  # asking about adoption runs the rule itself
            _add(parts, k)
        if after:
            parts.append(after)
    return tuple(parts)


def _add(parts: list[Part], k: int) -> None:
    """Add a compiled rule, in one call with the one before where nothing comes between."""
    last = parts[-1] if parts else None
    if isinstance(last, Compiled):
        parts[-1] = Compiled(last.first, k + 1)
    else:
        parts.append(Compiled(k, k + 1))


def _key(key: str) -> str:
    """Return a key of `rules` if it names a rule."""
    when, _, rule = key.rpartition(":")
    if rule not in STEP or when not in ("", "before", "after") or key.startswith(":"):
        known = (*STEP, *(f"{when}:{rule}" for when in ("before", "after") for rule in STEP))
        near = nearest(key, known)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ValueError(f"rules: {key!r} names no rule; {', '.join(STEP)}, before:rule or after:rule{hint}")
    if key == "record":
        raise ValueError(
            "rules: 'record' cannot be replaced, results are made of what it writes; use collect="
        )
    return key


def _python(key: str, function: PythonRule) -> Python:
    """Return a Python rule with how it wants to be called."""
    if callable(function):
        values = inspect.signature(function).parameters.values()
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        needed = [v for v in values if v.kind in positional and v.default is v.empty]
        if len(needed) in (1, 4):
            return Python(function, len(needed) == 1)
    raise TypeError(
        f"rules: {key!r}: {function!r} is not allowed; a function f(model) or f(state, params, seed, month)"
    )
