"""What if: one way of working against another over paired futures, answered as they come in.

A what-if (`state.WhatIf`) is a small study: the same draws of what nobody knows and the same luck for both regimes,
one world per draw. `futures.Futures` simulates it future by future with the exact model, and `answer` says at any time
what the futures so far tell. The page of ``cisim serve``, ``cisim whatif`` and an exported study give the same bits.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cisim.whatif.exporting import Exported as Exported
    from cisim.whatif.exporting import exported as exported
    from cisim.whatif.futures import Futures as Futures
    from cisim.whatif.futures import Run as Run
    from cisim.whatif.offer import catalogue as catalogue
    from cisim.whatif.offer import difference as difference
    from cisim.whatif.offer import told_scenario as told_scenario
    from cisim.whatif.source import Source as Source
    from cisim.whatif.source import source_of as source_of
    from cisim.whatif.state import WhatIf as WhatIf
    from cisim.whatif.state import decode_state as decode_state
    from cisim.whatif.state import encode_state as encode_state
    from cisim.whatif.state import read_whatif as read_whatif

_HOME = {
    "Exported": "exporting",
    "Futures": "futures",
    "Run": "futures",
    "Source": "source",
    "WhatIf": "state",
    "catalogue": "offer",
    "decode_state": "state",
    "difference": "offer",
    "encode_state": "state",
    "exported": "exporting",
    "read_whatif": "state",
    "source_of": "source",
    "told_scenario": "offer",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Import the module that holds a public name the first time the name is used."""
    if name not in _HOME:
        raise AttributeError(f"module 'cisim.whatif' has no attribute {name!r}")
    return getattr(import_module(f"cisim.whatif.{_HOME[name]}"), name)
