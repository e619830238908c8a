"""Which rules read which parameters: the reader of sources, seen from the parameters.

What newcomers are founded from counts as read by `found`, whichever rule founds them.
"""

from __future__ import annotations

from functools import cache

from cisim.claims.reads import parameters_read
from cisim.engine import STEP
from cisim.params import PARAMS

RULES: tuple[str, ...] = ("found", *(name for name in STEP if name != "record"))
"""What founds a world, then the rules of a month; `record` only writes down."""


def readers_of(parameter: str) -> tuple[str, ...]:
    """Return the rules that read a parameter, in the order of `RULES`.

    Parameters
    ----------
    parameter : str
        A name in `cisim.params.PARAMS`.

    Raises
    ------
    KeyError
        If there is no such parameter.

    Examples
    --------
    >>> readers_of("overhead_topup"), readers_of("ruggedness")
    (('books',), ('found',))
    """
    if parameter not in PARAMS:
        raise KeyError(parameter)
    return tuple(rule for rule in RULES if parameter in read_by(rule))


def read_alone_by(rule: str) -> tuple[str, ...]:
    """Return the parameters that one rule reads and no other, in the order of the table of parameters.

    Examples
    --------
    >>> read_alone_by("allocate")
    ('target_sharpness',)
    """
    return tuple(name for name in PARAMS if readers_of(name) == (rule,))


@cache
def read_by(rule: str) -> frozenset[str]:
    """Return the parameters that a rule reads, itself or through functions it calls; none where there is no such rule.

    Examples
    --------
    >>> "turf" in read_by("join"), "turf" in read_by("allocate")
    (True, False)
    """
    return frozenset(parameters_read(rule, founds=False))
