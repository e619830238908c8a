"""A network month by month: who trusts whom while a model runs, as a film for a notebook or a file.

The film draws what `cisim.figures.network` draws of two months. It needs no network and no script from
elsewhere, starts when it is told to, can be stepped by keyboard, and says in words what it shows.
"""

from __future__ import annotations

import hashlib
import html
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.film import PLAYER, Picture, Stage, sector_key
from cisim.figures.network import Network, layout, network_of
from cisim.figures.style import RC, new_figure
from cisim.outcomes import COLUMNS
from cisim.state import F

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cisim.model import CoalitionModel

FRAMES = 60
FORMATS = (".gif", ".html", ".mp4", ".png")
COUNT = count()
"""Films shown so far: two players on one page must not share a name."""
SHOWN = ("trust", "indicator")


@dataclass(frozen=True)
class Film:
    """A run as pictures; made by `animate`, shown by a notebook, written by `save`.

    Attributes
    ----------
    title : str
    networks : list of Network
        One per picture.
    series : (n_months, n_columns) float64
        Monthly columns of `cisim.outcomes.COLUMNS`, from the start of the run to the last picture.
    unit : str
        Of the indicator, with its name.
    milliseconds : int
        Each picture is shown for.
    """

    title: str
    networks: list[Network]
    series: F
    unit: str
    milliseconds: int = 200

    def __repr__(self) -> str:
        """Say what the film shows and how to see it."""
        n, last = len(self.networks), self.networks[-1].month
        return f"<Film of {self.title}: {n} pictures to month {last}; show it in a notebook or .save(path)>"

    def table(self) -> pd.DataFrame:
        """Return what the pictures show: month, organisations, members and ties drawn, mean trust, indicator."""
        import pandas as pd

        rows = [
            (one.month, int(one.is_active.sum()), int(one.is_member.sum()), len(one.pairs))
            for one in self.networks
        ]
        frame = pd.DataFrame(rows, columns=["month", "organisations", "members", "ties"])
        for name in SHOWN:
            frame[name] = self._course(name)[frame["month"]]
        return frame

    def describe(self) -> str:
        """Return in words what the film shows, for those who cannot see it."""
        first, last = self.table().iloc[0], self.table().iloc[-1]
        return (
            f"{self.title}, month {first.month:.0f} to {last.month:.0f}. "
            f"Members of a coalition: {first.members:.0f}, then {last.members:.0f} "
            f"of {last.organisations:.0f} organisations. Ties: {first.ties:.0f}, then {last.ties:.0f}. "
            f"Mean trust: {first.trust:.2f}, then {last.trust:.2f}. "
            f"{self.unit}: {first.indicator:.2f}, then {last.indicator:.2f}."
        )

    def still(self, pictures: Sequence[int] = (0, -1)) -> Figure:
        """Draw some of the pictures beside each other, the first and the last unless told: the film on paper."""
        from matplotlib import rc_context

        with rc_context(cast("Any", RC)):
            figure = new_figure(4.6 * len(pictures), 5.2)
            for place, k in enumerate(pictures, start=1):
                ax = figure.add_subplot(1, len(pictures), place)
                Picture(ax, self.places).show(self.networks[k])
                ax.set_title(f"month {self.networks[k].month}")
            figure.suptitle(self.title, x=0.02, ha="left", weight="bold")
            sector_key(figure)
            figure.tight_layout(rect=(0, 0.05, 1, 0.98))
        return figure

    def save(self, path: str | Path) -> Path:
        """Write the film to a file, whole or not at all.

        Parameters
        ----------
        path : str or Path
            Ends in ``.gif``, ``.html`` (with its own player, works without a network), ``.mp4`` (needs the
            program ffmpeg) or ``.png`` (first and last picture beside each other).

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If the ending is another one, or ffmpeg is missing.
        FileExistsError
            If there is a file of that name.
        """
        target = Path(path)
        kind = target.suffix.lower()
        if kind not in FORMATS:
            raise ValueError(f"path: {str(path)!r} is not allowed; a name that ends in {', '.join(FORMATS)}")
        if target.exists():
            raise FileExistsError(f"path: {path} exists; nothing is written over it")
        partial = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.part{kind}")
        try:
            self._write(partial, kind)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return target

    def _write(self, path: Path, kind: str) -> None:
        """Write one kind of file."""
        if kind == ".html":
            page = (
                f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(self.title)}</title>"
            )
            path.write_text(f"{page}<body>{self._repr_html_()}</body></html>\n", "utf-8")
        elif kind == ".png":
            self.still().savefig(path, dpi=110)
        else:
            self._record(path, kind)

    def _record(self, path: Path, kind: str) -> None:
        """Write a moving picture."""
        from matplotlib import animation, rc_context

        if kind == ".mp4" and not animation.writers.is_available("ffmpeg"):
            raise ValueError("path: .mp4 needs the program ffmpeg, which was not found; use .gif or .html")
        kind_of_writer: Any = animation.writers["ffmpeg" if kind == ".mp4" else "pillow"]
        writer = kind_of_writer(fps=1000 / self.milliseconds)
        with rc_context(cast("Any", RC)):
            figure, stage = self._stage()
            film = animation.FuncAnimation(figure, stage.show, frames=len(self.networks), repeat=True)
            film.save(path, writer=writer, dpi=80)

    def _repr_html_(self) -> str:
        """Return the film with its player as HTML that asks nothing of any server."""
        pictures = [f'"data:image/png;base64,{data}"' for data in self.pictures]
        digest = hashlib.sha256("".join(pictures).encode()).hexdigest()
        return PLAYER.substitute(
            id=f"film-{digest[:12]}-{next(COUNT)}", pictures=",".join(pictures), first=pictures[0],
            months=",".join(str(one.month) for one in self.networks), last=len(pictures) - 1,
            milliseconds=self.milliseconds, words=html.escape(self.describe(), quote=True),
        )  # fmt: skip

    def _stage(self) -> tuple[Figure, Stage]:
        """Return an empty sheet and what draws on it."""
        courses = {"mean trust": self._course("trust"), self.unit: self._course("indicator")}
        figure = new_figure(6.4, 7.2)
        return figure, Stage(figure, self.networks, self.places, courses)

    def _course(self, name: str) -> F:
        """Return one monthly column."""
        return self.series[:, COLUMNS.index(name)]

    @cached_property
    def places(self) -> F:
        """Where organisations stand, the same in all pictures."""
        few = np.unique(np.linspace(0, len(self.networks) - 1, 8).astype(int))
        return layout([self.networks[k] for k in few])

    @cached_property
    def pictures(self) -> list[str]:
        """Every picture as PNG in base64."""
        from matplotlib import rc_context

        with rc_context(cast("Any", RC)):
            figure, stage = self._stage()
            figure.set_dpi(80)
            return stage.pngs()


def animate(model: CoalitionModel, *, frames: int = FRAMES, milliseconds: int = 200) -> Film:
    """Run the months a model has left and return the film of its network.

    Parameters
    ----------
    model : CoalitionModel
        Is at its last month afterwards, as after `run`. At most 300 of its organisations are drawn.
    frames : int
        Most pictures, 2 to 600; months in between are simulated and not drawn.
    milliseconds : int
        Each picture is shown for, 20 to 10000.

    Returns
    -------
    Film

    Raises
    ------
    ValueError
        If a number is not allowed or the run has ended.

    Examples
    --------
    >>> import cisim
    >>> sc = cisim.load("generic-adaptive").with_(regime="collective", n_orgs=8, months=24)
    >>> film = cisim.CoalitionModel(sc, seed=7).animate(frames=6)
    >>> film
    <Film of generic-adaptive, collective, seed 7: 6 pictures to month 23; show it in a notebook or .save(path)>
    >>> film.table()["month"].tolist()
    [0, 4, 9, 13, 18, 23]
    """
    _check("frames", frames, 2, 600)
    _check("milliseconds", milliseconds, 20, 10_000)
    left = model.n_months - model.month
    if left < 2:
        raise ValueError(f"model: {left} of its months are left, a film needs 2; animate a new model")
    drawn = set(np.linspace(model.month, model.n_months - 1, min(frames, left)).astype(int).tolist())
    networks = []
    for month in range(model.month, model.n_months):
        model.step()
        if month in drawn:
            networks.append(network_of(model.state, month))
    sc = model.scenario
    title = f"{sc.name}, {sc.regime}, seed {model.seed}"
    unit = f"{sc.indicator.name}, {sc.indicator.unit}"
    return Film(title, networks, model.world.series.copy(), unit, milliseconds)


def _check(name: str, value: int, low: int, high: int) -> None:
    """Refuse what is no whole number in a range."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise ValueError(f"{name}: {value!r} is not allowed; a whole number from {low} to {high}")
