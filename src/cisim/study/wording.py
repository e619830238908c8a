"""Amounts and counts in words that studies print."""

from __future__ import annotations


def size_in_words(n: float) -> str:
    """Return a number of bytes as people say it.

    Examples
    --------
    >>> size_in_words(512), size_in_words(2_500_000), size_in_words(3.2e9)
    ('1 kB', '2.5 MB', '3.2 GB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{max(1.0, n / 1e3):.0f} kB"


def counted(n: int, one: str, many: str = "") -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "world"), counted(1200, "world"), counted(2, "city", "cities")
    ('1 world', '1,200 worlds', '2 cities')
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
