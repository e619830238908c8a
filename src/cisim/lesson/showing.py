"""A figure with words: what it shows stands under it, and is read out where it cannot be seen."""

from __future__ import annotations

import base64
import html
import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Shown:
    """A figure and what it shows in words; made by `show`.

    Attributes
    ----------
    figure : matplotlib Figure
    words : str
    """

    figure: Figure
    words: str

    def __repr__(self) -> str:
        """Return the words."""
        return self.words

    def _repr_html_(self) -> str:
        """Return the picture, with the words as its description and under it."""
        stream = io.BytesIO()
        self.figure.savefig(stream, format="png", dpi=96)
        picture = base64.b64encode(stream.getvalue()).decode()
        words = html.escape(self.words, quote=True)
        return (
            f'<figure style="margin:0"><img src="data:image/png;base64,{picture}" alt="{words}" '
            f'style="max-width:100%;height:auto"><figcaption>{words}</figcaption></figure>'
        )


def show(figure: Figure, words: str) -> Shown:
    """Show a figure together with what it shows in words.

    Parameters
    ----------
    figure : matplotlib Figure
        One of pyplot is closed, so that it does not appear twice.
    words : str
        What somebody who cannot see the figure should know; say the numbers that matter.

    Returns
    -------
    Shown

    Raises
    ------
    ValueError
        If there are no words.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> show(Figure(), "An empty sheet.")
    An empty sheet.
    """
    if not words.strip():
        raise ValueError("words: '' is not allowed; say in a sentence what the figure shows")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
    return Shown(figure, words)
