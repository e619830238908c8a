"""Numbers in sentences: digits that their error bears, intervals, counts, verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from cisim.presets import list_regimes, regime
from cisim.study.wording import counted as counted
from cisim.tables import decimals, usd

Verdict = Literal["better", "worse", "undecided", "same"]
MINUS = "\N{MINUS SIGN}"


def number(value: float, scale: float, sign: str = "") -> str:
    """Return a number with the digits that its error bears, and a proper minus.

    Parameters
    ----------
    value : float
    scale : float
        Half the width of its interval; the number itself where it has none.
    sign : str
        "+" shows the sign of positive numbers too.

    Examples
    --------
    >>> number(0.31123, 0.0135), number(-1.0, 2.0), number(-0.001, 1.0), number(float("nan"), 1.0)
    ('0.311', '−1.0', '0.0', 'unknown')
    """
    if not math.isfinite(value):
        return "unknown"
    digits = decimals(abs(scale) or abs(value))
    if round(value, digits) == 0.0:
        return f"{0.0:.{digits}f}"
    return f"{value:{sign},.{digits}f}".replace("-", MINUS)


def between(low: float, high: float, sign: str = "") -> str:
    """Return an interval in words.

    Examples
    --------
    >>> between(0.298, 0.325), between(-0.2, 0.1)
    ('0.298 to 0.325', '−0.20 to 0.10')
    """
    scale = (high - low) / 2.0
    return f"{number(low, scale, sign)} to {number(high, scale, sign)}"


def money(value: float) -> str:
    """Return dollars in words.

    Examples
    --------
    >>> money(745_123.0), money(-2_850_000.0)
    ('745 k usd', '−2.85 M usd')
    """
    return f"{usd(value)} usd".replace("-", MINUS)


def per_cent(share: float, digits: int = 0) -> str:
    """Return a share in per cent, without a negative nought.

    Examples
    --------
    >>> per_cent(0.384), per_cent(-0.001), per_cent(0.9987, 1)
    ('38 %', '0 %', '99.9 %')
    """
    return f"{round(100.0 * share, digits) + 0.0:.{digits}f} %".replace("-", MINUS)


def verdict_of(low: float, high: float, is_same: bool = False) -> Verdict:
    """Return what the interval of a gain says; it decides only where it lies wholly on one side of nought.

    Examples
    --------
    >>> verdict_of(0.1, 0.3), verdict_of(-0.2, -0.1), verdict_of(-0.1, 0.3), verdict_of(0.0, 0.0, is_same=True)
    ('better', 'worse', 'undecided', 'same')
    """
    if is_same:
        return "same"
    return "better" if low > 0.0 else "worse" if high < 0.0 else "undecided"


def level(value: object) -> str:
    """Return a level of a factor as people write it.

    Examples
    --------
    >>> level(1_500_000.0), level(0.05), level("pooled")
    ('1,500,000', '0.05', 'pooled')
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def listed(texts: Sequence[str], last: str = "and") -> str:
    """Return texts as a list inside a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b and c', 'a', 'none')
    """
    *first, end = texts or ["none"]
    return f"{', '.join(first)} {last} {end}" if first else end


def capital(text: str) -> str:
    """Return a text that begins a sentence.

    Examples
    --------
    >>> capital("infant mortality")
    'Infant mortality'
    """
    return text[:1].upper() + text[1:]


def titled(label: str) -> str:
    """Return the title of a shipped regime inside a sentence, or the label of anything else.

    Examples
    --------
    >>> titled("isolated"), titled("pilot A")
    ('isolated impact', 'pilot A')
    """
    if label not in {one.name for one in list_regimes()}:
        return label
    title = regime(label).title
    return title[0].lower() + title[1:]
