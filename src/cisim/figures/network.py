"""Who trusts whom, early and late, in one world."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim import engine
from cisim.figures.style import GREY, headline, key, new_figure, source_line
from cisim.result import SECTORS
from cisim.scenario import Scenario
from cisim.state import F, I, State

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.comparison import Comparison

EARLY_MONTH = 12
MOST_DRAWN = 300
LAYOUT_SEED = 7
SECTOR_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#009E73")


@dataclass(frozen=True, slots=True)
class Network:
    """Ties between the organisations drawn, in one month of one world.

    Attributes
    ----------
    month : int
    uid, sector : (n,) int64
    is_active, is_member : (n,) bool
    pairs : (n_ties, 2) int64
        Places in `uid`, the lower first.
    trust : (n_ties,) float64
        Mean of the two directions (0 where one is missing).
    """

    month: int
    uid: I
    sector: I
    is_active: npt.NDArray[np.bool_]
    is_member: npt.NDArray[np.bool_]
    pairs: I
    trust: F


def network_of(s: State, month: int) -> Network:
    """Return the ties among the first organisations by uid (a random choice, as names carry no meaning)."""
    chosen = np.flatnonzero(s.uid < MOST_DRAWN)
    place = np.full(s.uid.size, -1)
    place[chosen] = np.arange(chosen.size)
    row, slot = np.nonzero(s.tie_to[chosen] >= 0)
    other = place[s.tie_to[chosen][row, slot]]
    kept = other >= 0
    n = chosen.size
    both = np.zeros((n, n))
    tied = np.zeros((n, n), bool)
    both[row[kept], other[kept]] = s.tie_trust[chosen][row, slot][kept]
    tied[row[kept], other[kept]] = True
    active = s.is_active[chosen].astype(bool)
    tied &= active[:, None] & active[None, :]
    pairs = np.argwhere(np.triu(tied | tied.T, 1))
    trust = (both + both.T)[pairs[:, 0], pairs[:, 1]] / 2.0
    member = (s.coalition[chosen] >= 0) & active
    return Network(month, s.uid[chosen].copy(), s.sector[chosen].copy(), active, member, pairs, trust)


@lru_cache(maxsize=16)
def early_and_late(scenario: Scenario, seed: int) -> tuple[Network, Network]:
    """Run one world and return its network in month 12 and in the last month."""
    return lived_through(engine.build(scenario, seed))


def lived_through(world: engine.World) -> tuple[Network, Network]:
    """Run a newly founded world to its end and return its network in month 12 and in the last month."""
    last = world.n_months - 1
    early = min(EARLY_MONTH, last)
    world.advance(0, len(engine.STEP), 0, early + 1)
    first = network_of(world.state, early)
    world.advance(0, len(engine.STEP), early + 1, last + 1)
    return first, network_of(world.state, last)


def shown(cmp: Comparison) -> dict[str, tuple[Network, Network]]:
    """Return the networks of the reference and of the last regime in the first world."""
    labels = (cmp.reference, cmp.labels[-1])
    return {label: early_and_late(cmp.scenarios[label], cmp.seeds[0]) for label in labels}


def data(cmp: Comparison) -> pd.DataFrame:
    """Return the ties drawn: regime, month, org, other, trust, and whether both are members."""
    import pandas as pd

    frames = []
    for label, networks in shown(cmp).items():
        for one in networks:
            a, b = one.pairs[:, 0], one.pairs[:, 1]
            columns = {"regime": label, "month": one.month, "org": one.uid[a], "other": one.uid[b]}
            columns |= {"trust": one.trust, "both_members": one.is_member[a] & one.is_member[b]}
            frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def layout(networks: list[Network]) -> F:
    """Return one place per organisation, from the ties of all panels together, (n, 2) within -1..1."""
    import networkx as nx

    graph: Any = nx.Graph()
    graph.add_nodes_from(range(networks[0].uid.size))
    for one in networks:
        for (a, b), trust in zip(one.pairs.tolist(), one.trust.tolist(), strict=True):
            before = graph.get_edge_data(a, b, {"weight": 0.0})["weight"]
            graph.add_edge(a, b, weight=before + trust)
    n = graph.number_of_nodes()
    places = nx.spring_layout(graph, k=2.2 / np.sqrt(n), seed=LAYOUT_SEED, iterations=120, method="force")
    at = np.array([places[i] for i in range(n)])
    ranks = at.argsort(axis=0).argsort(axis=0) / max(1, n - 1) * 2.0 - 1.0
    return np.asarray(0.55 * at / np.abs(at).max() + 0.45 * ranks)  # stragglers come closer, order stays


def panel(cmp: Comparison, ax: Axes) -> None:
    """Draw the last regime's network in the last month."""
    networks = [one for both in shown(cmp).values() for one in both]
    draw_one(networks[-1], layout(networks), ax)


def draw_one(one: Network, at: F, ax: Axes) -> None:
    """Draw one network at the given places."""
    from matplotlib.collections import LineCollection

    n = max(1, int(one.is_active.sum()))
    order = np.argsort(one.trust, kind="stable")
    strength = np.clip(one.trust[order], 0.0, 1.0)
    dots = float(np.clip(2600.0 / n, 12.0, 80.0))
    lines = LineCollection(
        list(at[one.pairs[order]]),
        linewidths=(0.2 + 3.0 * strength) * min(1.0, 60.0 / n + 0.35),
        colors=[(0.25, 0.25, 0.25, 0.06 + 0.6 * float(t)) for t in strength],
    )
    ax.add_collection(lines)
    paint = np.array(SECTOR_COLOURS)[one.sector]
    for members, edge, width in ((False, "white", 0.6), (True, "#111111", 1.5)):
        at_these = one.is_active & (one.is_member == members)
        x, y = at[at_these].T
        ax.scatter(x, y, s=dots, c=paint[at_these], edgecolors=edge, linewidths=width, zorder=3)
    ax.set_xlim(-1.08, 1.08)
    ax.set_ylim(-1.08, 1.08)
    ax.set_aspect("equal")
    ax.set_axis_off()


def draw(cmp: Comparison) -> Figure:
    """Return the sheet: reference above, last regime below, early on the left, late on the right."""
    figure = new_figure(9.0, 10.2)
    found = shown(cmp)
    at = layout([one for both in found.values() for one in both])
    axes = figure.subplots(
        2,
        2,
        gridspec_kw={"left": 0.02, "right": 0.98, "top": 0.84, "bottom": 0.04, "wspace": 0.04, "hspace": 0.1},
    )
    for row, (label, networks) in zip(axes, found.items(), strict=True):
        for ax, one in zip(row, networks, strict=True):
            draw_one(one, at, ax)
            mean = float(one.trust.mean()) if one.trust.size else 0.0
            members = int(one.is_member.sum())
            ax.set_title(
                f"{label}, month {one.month}: {len(one.pairs)} ties, mean trust {mean:.2f}, {members} members",
                size=9.5,
            )
    entries = [*zip(SECTORS, SECTOR_COLOURS, strict=True), ("black ring: member", GREY)]
    key(figure, entries, 0.02, 0.872)
    drawn, total = int(next(iter(found.values()))[0].uid.size), int(cmp.scenario.values["n_orgs"])
    some = f"{drawn} of {total} organisations. " if drawn < total else ""
    headline(
        figure,
        finding(found),
        f"{some}Dots are organisations, at the same place in all panels; lines are ties, wider and darker with trust "
        f"(mean of both directions). One world (seed {cmp.seeds[0]}) of {cmp.worlds}: an illustration.",
    )
    source_line(figure, cmp)
    return figure


def finding(found: dict[str, tuple[Network, Network]]) -> str:
    """Return in a sentence how many trusted ties there were early and late."""
    parts = []
    for label, networks in found.items():
        early, late = (int((one.trust >= 0.5).sum()) for one in networks)
        parts.append(f"{early} to {late} under {label}")
    return "Ties with trust of at least one half, early to late: " + ", ".join(parts)
