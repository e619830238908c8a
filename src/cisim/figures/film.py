"""What a film of a network is drawn with: artists that move from month to month, and a player of its own.

`cisim.animation` runs the model and keeps the film.
"""

from __future__ import annotations

import base64
import io
from functools import cache
from string import Template
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.network import SECTOR_COLOURS, Network
from cisim.figures.style import GREY, PALE
from cisim.result import SECTORS
from cisim.state import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = ("o", "s", "D", "^")
"""One shape per sector, so that no sector is told by its colour alone."""
GREYS, MIXES = 40, (0.25, 0.5, 0.75, 1.0)
"""Greys of a picture, and parts of white or black with which a colour of a sector may be mixed."""


def small_png(figure: Figure) -> str:
    """Return what is drawn as a PNG in base64, in few colours: with all shades it would be four times as large."""
    from PIL import Image

    canvas = cast("Any", figure.canvas)
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = Image.new("P", (1, 1))
    few.putpalette(palette())
    stream = io.BytesIO()
    image.quantize(palette=few, dither=Image.Dither.NONE).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@cache
def palette() -> bytes:
    """Return the colours a picture may have: greys, and those of the sectors with their edges, 3 bytes each."""
    from matplotlib.colors import to_rgb

    greys = np.linspace(0.0, 1.0, GREYS)[:, None].repeat(3, axis=1)
    pure = np.array([to_rgb(colour) for colour in SECTOR_COLOURS])
    mixed = [pure * part + ground * (1.0 - part) for part in MIXES for ground in (0.0, 1.0)]
    return np.rint(255.0 * np.concatenate([greys, *mixed])).astype(np.uint8).tobytes()


class Picture:
    """Artists of one network, drawn once and moved from month to month."""

    def __init__(self, ax: Axes, places: F) -> None:
        from matplotlib.collections import LineCollection

        self.places = places
        self.size = float(np.clip(3600.0 / max(1, len(places)), 14.0, 110.0))
        self.lines = LineCollection([])
        ax.add_collection(self.lines)
        self.dots = [
            ax.scatter([], [], marker=marker, c=colour, zorder=3)
            for marker, colour in zip(MARKERS, SECTOR_COLOURS, strict=True)
        ]
        ax.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), aspect="equal")
        ax.axis("off")

    def show(self, one: Network) -> None:
        """Move the artists to one month."""
        strength = np.clip(one.trust, 0.0, 1.0)
        self.lines.set_segments(list(self.places[one.pairs]))
        width = (0.2 + 3.0 * strength) * min(1.0, 60.0 / max(1, one.uid.size) + 0.35)
        self.lines.set_linewidth(width.tolist())
        self.lines.set_color([(0.25, 0.25, 0.25, 0.06 + 0.6 * float(t)) for t in strength])
        for sector, dots in enumerate(self.dots):
            here = one.is_active & (one.sector == sector)
            member = one.is_member[here]
            dots.set_offsets(self.places[here])
            dots.set_sizes(np.where(member, self.size, 0.55 * self.size))
            dots.set_edgecolor(["#111111" if m else "white" for m in member])
            dots.set_linewidth(np.where(member, 1.8, 0.6).tolist())


class Stage:
    """The sheet of a film: the network, and below it the course of trust and of the indicator."""

    def __init__(self, figure: Figure, networks: list[Network], places: F, courses: dict[str, F]) -> None:
        self.networks = networks
        self.head = figure.text(0.03, 0.965, "", size=12, weight="bold", color="#222222")
        self.picture = Picture(figure.add_axes((0.02, 0.305, 0.96, 0.645)), places)
        last = networks[-1].month
        self.strips = [
            Strip(figure, left, name, values[: last + 1])
            for left, (name, values) in zip((0.09, 0.59), courses.items(), strict=True)
        ]
        sector_key(figure, 0.262)
        self.figure = figure

    def pngs(self) -> list[str]:
        """Return all pictures (`small_png`); what does not move is drawn once."""
        canvas = cast("Any", self.figure.canvas)
        strips = [artist for strip in self.strips for artist in (strip.line, strip.now)]
        moving = [self.picture.lines, *self.picture.dots, *strips, self.head]
        for artist in moving:
            artist.set_animated(True)
        canvas.draw()
        ground = canvas.copy_from_bbox(self.figure.bbox)
        drawn = []
        for k in range(len(self.networks)):
            self.show(k)
            canvas.restore_region(ground)
            for artist in moving:
                self.figure.draw_artist(artist)
            drawn.append(small_png(self.figure))
        return drawn

    def show(self, k: int) -> list[Any]:
        """Turn to one picture."""
        one = self.networks[k]
        members, all_of_them = int(one.is_member.sum()), int(one.is_active.sum())
        self.head.set_text(f"Month {one.month}: {members} of {all_of_them} organisations are members")
        self.picture.show(one)
        for strip in self.strips:
            strip.show(one.month)
        return []


class Strip:
    """One course over the months, up to the present one."""

    def __init__(self, figure: Figure, left: float, name: str, values: F) -> None:
        self.values = values
        ax = figure.add_axes((left, 0.06, 0.38, 0.13))
        ax.set_title(name.replace(", ", "\n", 1), size=9)
        low, high = float(values.min()), float(values.max())
        room = 0.06 * (high - low or 1.0)
        ax.set(xlim=(0, len(values) - 1), ylim=(low - room, high + room))
        ax.set_xlabel("month", size=8, labelpad=1)
        ax.tick_params(labelsize=8)
        (self.line,) = ax.plot([], [], color=GREY, linewidth=1.6)
        self.now = ax.axvline(0, color=PALE, linewidth=0.8)

    def show(self, month: int) -> None:
        """Draw up to a month."""
        self.line.set_data(np.arange(month + 1), self.values[: month + 1])
        self.now.set_xdata([month, month])


def sector_key(figure: Figure, y: float = 0.01) -> None:
    """Write what shapes and rings mean."""
    from matplotlib.lines import Line2D

    entries = [
        Line2D([], [], marker=marker, color=colour, linestyle="", markersize=7, label=name)
        for marker, colour, name in zip(MARKERS, SECTOR_COLOURS, SECTORS, strict=True)
    ]
    ring = {"markerfacecolor": "white", "markeredgecolor": "#111111", "markeredgewidth": 1.8}
    entries.append(
        Line2D([], [], marker="o", linestyle="", markersize=8, label="member", **cast("Any", ring))
    )
    figure.legend(
        handles=entries, loc="lower left", bbox_to_anchor=(0.02, y), ncols=5, frameon=False, fontsize=9,
        handletextpad=0.1, columnspacing=1.0, borderpad=0, borderaxespad=0,
    )  # fmt: skip


PLAYER = Template("""<figure id="$id" style="margin:0;max-width:560px;font-family:sans-serif">
<img src=$first alt="$words" style="width:100%;height:auto">
<div><button type="button">Play</button>
<label>month <input type="range" min="0" max="$last" value="0" style="width:60%;vertical-align:middle"></label>
<output></output></div>
<figcaption style="font-size:85%">$words</figcaption>
<script>(function () {
  const box = document.getElementById("$id"), shown = box.querySelector("img");
  const slide = box.querySelector("input"), now = box.querySelector("output"), play = box.querySelector("button");
  const pictures = [$pictures], months = [$months];
  let timer = null;
  function turn() { shown.src = pictures[slide.value]; now.textContent = months[slide.value];
    slide.setAttribute("aria-valuetext", "month " + months[slide.value]); }
  function stop() { clearInterval(timer); timer = null; play.textContent = "Play"; }
  function next() { if (Number(slide.value) >= $last) { stop(); }
    else { slide.value = Number(slide.value) + 1; turn(); } }
  slide.oninput = turn;
  play.onclick = function () { if (timer) { stop(); return; }
    if (Number(slide.value) >= $last) { slide.value = 0; turn(); }
    play.textContent = "Pause"; timer = setInterval(next, $milliseconds); };
  turn();
})();</script></figure>""")
