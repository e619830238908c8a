"""Figures of a comparison: one at a time for a notebook, or all of them as files with their data.

No figure touches matplotlib's global state; SVG files are the same byte for byte each time.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison

KINDS: dict[str, str] = {
    "indicator": "the headline indicator over time, and its paired difference",
    "money": "where the money went",
    "trust": "trust and membership over time",
    "network": "who trusts whom, early and late, in one world",
    "groups": "who gained and who lost",
    "forest": "paired differences of several outcomes on one scale",
}
"""Kinds of figure and what each shows."""
DPI = 150


def check_kind(kind: str) -> str:
    """Return `kind` if there is such a figure."""
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is not a figure; there are {', '.join(KINDS)}")
    return kind


def _module(kind: str) -> Any:
    """Return the module that draws a kind of figure."""
    return import_module(f"cisim.figures.{check_kind(kind)}")


def figure_data(cmp: Comparison, kind: str) -> pd.DataFrame:
    """Return the numbers a figure is drawn from.

    Raises
    ------
    ValueError
        If there is no such figure.
    """
    frame: pd.DataFrame = _module(kind).data(cmp)
    return frame


def plot(cmp: Comparison, kind: str = "indicator", ax: Axes | None = None) -> Figure:
    """Draw one figure.

    Parameters
    ----------
    cmp : Comparison
    kind : str
        One of `KINDS`.
    ax : matplotlib Axes, optional
        Draw the main panel here, without title and source line.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If there is no such figure.
    """
    import matplotlib as mpl

    from cisim.figures.style import RC

    module = _module(kind)
    with mpl.rc_context(cast("Any", RC)):
        if ax is None:
            figure: Figure = module.draw(cmp)
            return figure
        module.panel(cmp, ax)
    found = ax.get_figure()
    assert found is not None
    return found.get_figure(root=True)


def save_figures(cmp: Comparison, folder: Path, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Path]:
    """Write figures as SVG and PNG, each with its data as CSV, and return the files.

    Parameters
    ----------
    cmp : Comparison
    folder : Path
        Made if it is not there.
    kinds : tuple of str
        Which of `KINDS`.
    """
    import matplotlib as mpl

    from cisim.figures.style import RC

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kind in kinds:
        figure = plot(cmp, kind)
        with mpl.rc_context(cast("Any", RC)):
            figure.savefig(folder / f"{kind}.svg", metadata={"Date": None})
            figure.savefig(folder / f"{kind}.png", dpi=DPI)
        figure_data(cmp, kind).to_csv(folder / f"{kind}.csv", index=False, lineterminator="\n")
        files += [folder / f"{kind}.{ending}" for ending in ("svg", "png", "csv")]
    return files
