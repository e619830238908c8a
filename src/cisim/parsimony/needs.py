"""Which statements of the claims register rest on a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec


def claims_by_parameter() -> Mapping[str, tuple[str, ...]] | None:
    """Return the ids of the statements whose mechanism a parameter carries, by parameter.

    Returns
    -------
    mapping of str to tuple of str, or None
        None where this installation has no register.
    """
    if find_spec("cisim.claims") is None or find_spec("cisim.claims.register") is None:
        return None
    module = import_module("cisim.claims.register")
    if not module.SHIPPED.is_file():
        return None
    found: dict[str, tuple[str, ...]] = {}
    for claim in module.register().claims:
        for name in dict.fromkeys(name for one in claim.carried_by for name in one.parameters):
            found[name] = (*found.get(name, ()), claim.id)
    return found
