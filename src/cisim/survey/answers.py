"""What people write into the cells of a survey: numbers in several spellings, labels of scales, yes and no, nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cisim.problems import shown

MISSING = frozenset(
    (
        "", "na", "n/a", "n.a.", "nan", "null", "none", "-", "--", ".", "?", "missing", "no answer", "not answered",
        "don't know", "dont know", "do not know", "dk", "refused", "not applicable", "unknown", "#n/a",
    )
)  # fmt: skip
"""Answers that are none, in small letters."""
YES = frozenset(("yes", "y", "true", "1", "x", "ja", "oui", "si", "sí"))
NO = frozenset(("no", "n", "false", "0", "nein", "non"))
LABELS = {"not at all": 1.0, "a small amount": 2.0, "a fair amount": 3.0, "a great deal": 4.0}
"""Labels of a scale from 1 to 4."""
_LEADING = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(?:[-–—=:.)]\s*|\s)\(?[^\d\s].*")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?(?:[eE][-+]?[0-9]+)?|[-+]?[.,][0-9]+")
_MONEY_MARKS = re.compile(r"(?i)^\s*(?:us\$|usd|\$|€|eur|£|gbp)\s*|\s*(?:us\$|usd|\$|€|eur|£|gbp)\s*$")


def plain_text(text: str) -> str:
    """Return text for comparison: one Unicode form, single spaces, no capitals, straight quotes."""
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'")
    return " ".join(text.split()).casefold()


def alike(names: Iterable[str]) -> tuple[str, str] | None:
    r"""Return the first two names that a survey cannot tell apart, as errors show them; None if all differ.

    Examples
    --------
    >>> alike(["A", "B", "a"]), alike(["A", "B"]), alike(["Caf\u00e9", "Cafe\u0301"])
    (("'A'", "'a'"), None, ("'Caf\\xe9'", "'Cafe\\u0301'"))
    """
    known: dict[str, str] = {}
    for name in names:
        key = plain_text(name)
        first = known.get(key)
        known[key] = name
        if first is not None:
            is_seen = unicodedata.normalize("NFKC", first) != unicodedata.normalize("NFKC", name)
            return (shown(first), shown(name)) if is_seen else (ascii(first), ascii(name))
    return None


def is_missing(text: str) -> bool:
    """Tell whether an answer is none.

    Examples
    --------
    >>> is_missing(" N/A "), is_missing("Don\u2019t know"), is_missing("0")
    (True, True, False)
    """
    return plain_text(text) in MISSING


def number(text: str) -> float | None:
    """Return a number of an answer: decimal points or commas, labels of the scale, a label behind the number.

    Examples
    --------
    >>> number("3"), number("2,5"), number("4 - A great deal"), number("A fair amount"), number("many")
    (3.0, 2.5, 4.0, 3.0, None)
    """
    cleaned = plain_text(text)
    if cleaned in LABELS:
        return LABELS[cleaned]
    leading = _LEADING.fullmatch(cleaned)
    cleaned = leading[1] if leading else cleaned
    return float(cleaned.replace(",", ".")) if _NUMBER.fullmatch(cleaned) else None


def money(text: str) -> float | None:
    """Return an amount of money, thousands parted or not; None if it is none.

    One separator followed by three digits parts thousands: a yearly budget of a dollar and a fraction is none.

    Examples
    --------
    >>> money("$1,200,000"), money("1.200.000,50"), money("450'000 USD"), money("450.000"), money("1e6")
    (1200000.0, 1200000.5, 450000.0, 450000.0, 1000000.0)
    >>> money("1,20,0"), money("about 5")
    (None, None)
    """
    cleaned = _MONEY_MARKS.sub("", _MONEY_MARKS.sub("", unicodedata.normalize("NFKC", text)))
    cleaned = re.sub(r"(?<=[0-9])[ '\u2019_](?=[0-9]{3}(?![0-9]))", "", cleaned.strip())
    for thousands, decimal in ((",", "."), (".", ",")):
        grouped = rf"[-+]?[0-9]{{1,3}}(?:\{thousands}[0-9]{{3}})+(?:\{decimal}[0-9]+)?"
        if re.fullmatch(grouped, cleaned):
            return float(cleaned.replace(thousands, "").replace(decimal, "."))
    return float(cleaned.replace(",", ".")) if _NUMBER.fullmatch(cleaned) else None


def share(text: str) -> float | None:
    """Return a share, written as such or in per cent.

    Examples
    --------
    >>> share("0,3"), share("30 %"), share("much")
    (0.3, 0.3, None)
    """
    cleaned = text.strip()
    value = number(cleaned.rstrip("% "))
    return value / 100.0 if value is not None and cleaned.endswith("%") else value


def yes_or_no(text: str) -> bool | None:
    """Return what a yes-or-no answer says, None if it says neither.

    Examples
    --------
    >>> yes_or_no("Yes"), yes_or_no("0"), yes_or_no("perhaps")
    (True, False, None)
    """
    cleaned = plain_text(text)
    return True if cleaned in YES else False if cleaned in NO else None
