"""What a page has asked last: a newer turn of the same slot takes the place of the older."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Slot = tuple[str, str, int]
"""Address, client and number of the slot."""


@dataclass
class Turn:
    """One question of a slot.

    Attributes
    ----------
    number : int
    is_superseded : bool
        Whether a newer one has come.
    changed : asyncio.Event
        Set when that happens, and when more is known.
    """

    number: int
    is_superseded: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def supersede(self) -> None:
        """Give way to a newer turn."""
        self.is_superseded = True
        self.changed.set()


class Turns:
    """The last turn of every slot; used on one thread only."""

    MOST = 4_096
    """Slots remembered."""

    def __init__(self) -> None:
        self._last: OrderedDict[Slot, Turn] = OrderedDict()

    @contextmanager
    def begin(self, slot: Slot, number: int) -> Iterator[Turn]:
        """Begin a turn; older ones give way, and a turn older than the last is superseded at once."""
        turn = Turn(number)
        before = self._last.pop(slot, None)
        if before is None or before.number <= number:
            if before:
                before.supersede()
            self._last[slot] = turn
        else:
            turn.supersede()
            self._last[slot] = before
        if len(self._last) > self.MOST:
            self._last.popitem(last=False)
        yield turn
