"""What Python may change in a world where several arrays have to stay in step."""

from __future__ import annotations

from typing import Any

from cisim.compiled import kernel
from cisim.handle import as_handle
from cisim.practice import adopt
from cisim.state import State


@kernel
def put_practice(s: State, p: Any, i: int, d: int, x: int) -> None:
    """Let organisation `i` work by practice `x` on driver `d`, with all that follows for its quality."""
    adopt(as_handle(s), as_handle(p), i, d, x)
