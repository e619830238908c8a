"""From what is asked for to Mesa's data collector; misspelt names are refused, not collected as None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mesa import Agent, DataCollector

from cisim.agents import Backbone, Funder, Organization
from cisim.params import nearest

Reporters = Mapping[str, Any]
REPORTED: dict[str, type[Agent] | None] = {
    "model": None,
    "agents": Agent,
    "organizations": Organization,
    "funders": Funder,
    "backbones": Backbone,
}
"""What `collect` may ask for."""


def collector(collect: Mapping[str, Reporters] | None) -> DataCollector | None:
    """Return Mesa's collector for the reporters asked for.

    Raises
    ------
    ValueError
        If a key is not one of `REPORTED`, or an attribute does not exist.
    """
    if collect is None:
        return None
    for key, reporters in collect.items():
        if key not in REPORTED:
            near = nearest(key, tuple(REPORTED))
            hint = f"; did you mean {near!r}?" if near else ""
            raise ValueError(f"collect: {key!r} is not allowed; {', '.join(REPORTED)}{hint}")
        known = REPORTED[key]
        classes = (Organization, Funder, Backbone) if known is Agent else (known,)
        for reporter in reporters.values():
            if known and isinstance(reporter, str) and not any(hasattr(kind, reporter) for kind in classes):
                names = tuple(name for kind in classes for name in dir(kind) if not name.startswith("_"))
                near = nearest(reporter, names)
                hint = f"; did you mean {near!r}?" if near else ""
                raise ValueError(f"collect: {key} have no attribute {reporter!r}{hint}")
    by_type = {
        kind: collect[key] for key, kind in REPORTED.items() if key in collect and kind not in (None, Agent)
    }
    return DataCollector(
        model_reporters=collect.get("model"),
        agent_reporters=collect.get("agents"),
        agenttype_reporters=by_type or None,
    )
