"""Which statements of the claims register rest on a parameter."""

from __future__ import annotations

from collections.abc import Mapping

from cisim.claims.register import register


def claims_by_parameter() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of the statements whose mechanism a parameter carries, by parameter.

    Examples
    --------
    >>> claims_by_parameter()["delegate_effect"]
    ('S4.38',)
    """
    found: dict[str, tuple[str, ...]] = {}
    for claim in register().claims:
        for name in dict.fromkeys(name for one in claim.carried_by for name in one.parameters):
            found[name] = (*found.get(name, ()), claim.id)
    return found
