"""Values kept by key as long as they fit: once all together take too many bytes, the longest unused go."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")
ENTRY_BYTES = 700
"""What an entry takes beside its values: objects, key, place in the table."""


class ByteCache(Generic[V]):
    """Values by key, bounded in bytes; may be used from several threads at once.

    Parameters
    ----------
    most_bytes : int

    Examples
    --------
    >>> cache: ByteCache[str] = ByteCache(2 * (ENTRY_BYTES + 10))
    >>> for name in ("a", "b", "c"):
    ...     cache.put(name, name.upper(), 10)
    >>> cache.get("a"), cache.get("c"), len(cache)
    (None, 'C', 2)
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.nbytes = 0
        self._entries: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> V | None:
        """Return a value and count it as used, or None."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: str, value: V, nbytes: int) -> None:
        """Keep a value of `nbytes`; one that is larger than the whole cache is not kept."""
        size = nbytes + ENTRY_BYTES
        with self._lock:
            _, before = self._entries.pop(key, (None, 0))
            self.nbytes -= before
            if size > self.most_bytes:
                return
            self._entries[key] = (value, size)
            self.nbytes += size
            while self.nbytes > self.most_bytes:
                _, (_, dropped) = self._entries.popitem(last=False)
                self.nbytes -= dropped
