"""Ties between organisations as networkx graphs, out of a world and into one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim import rng
from cisim.params import nearest
from cisim.records import KnownOrganisation
from cisim.result import SECTORS, organisation_names
from cisim.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx

NODE_NUMBERS = ("alignment", "disclosure", "knowledge", "satisfaction", "staff_hours", "true_effect")
"""Fields of the state that `to_networkx` puts on nodes, besides what it works out."""


def to_networkx(s: State, known: Sequence[KnownOrganisation] = ()) -> nx.DiGraph[int]:
    """Return who trusts whom as a directed graph.

    Parameters
    ----------
    s : State
    known : sequence of KnownOrganisation, optional
        Organisations of the scenario, for their names.

    Returns
    -------
    networkx.DiGraph
        Nodes are uids of living organisations, with `name`, `sector`, `member`, `coalition` (-1 where none),
        `practice_quality` and `NODE_NUMBERS`; edges carry `trust` (share) and `month` (of the last contact).
    """
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    quality = (s.effort * s.quality).sum(axis=(1, 2))
    names = organisation_names(s, known)
    for i in np.flatnonzero(s.is_active):
        numbers = {name: float(getattr(s, name)[i]) for name in NODE_NUMBERS}
        graph.add_node(
            int(s.uid[i]),
            name=names[i],
            sector=SECTORS[s.sector[i]],
            member=bool(s.coalition[i] >= 0),
            coalition=int(s.coalition[i]),
            practice_quality=float(quality[i]),
            **numbers,
        )
    for i, m in zip(*np.nonzero(s.tie_to >= 0), strict=True):
        j = s.tie_to[i, m]
        if s.is_active[i] and s.is_active[j]:
            trust, month = float(s.tie_trust[i, m]), int(s.tie_month[i, m])
            graph.add_edge(int(s.uid[i]), int(s.uid[j]), trust=trust, month=month)
    return graph


def put_ties(
    s: State, p: Any, seed: int, graph: nx.Graph[Any], known: Sequence[KnownOrganisation] = ()
) -> None:
    """Replace all ties of a newly founded world by the edges of a graph.

    Parameters
    ----------
    s : State
    p : record of `params.DTYPE`
    seed : int
        Key of all draws.
    graph : networkx.Graph or networkx.DiGraph
        Nodes are uids 0..n-1 or names such as ``"organisation 3"``; who is no node has no ties. An undirected
        edge is a tie both ways. An edge without the attribute `trust` gets what this pair would have started
        with: the same draw as for ties that the model makes itself.
    known : sequence of KnownOrganisation, optional
        Organisations of the scenario, whose names nodes may have as well.

    Raises
    ------
    TypeError
        If it is not a simple networkx graph.
    ValueError
        If a node is unknown or has too many ties, or a trust is not a share.
    """
    if not hasattr(graph, "is_multigraph") or graph.is_multigraph():
        raise TypeError(f"ties: {type(graph).__name__} is not allowed; a networkx Graph or DiGraph")
    n_orgs, n_ties = s.tie_to.shape
    uid_of = _uids(graph, n_orgs, known)
    s.tie_to[...] = -1
    s.tie_trust[...] = 0.0
    s.tie_evidence[...] = 0.0
    for node, uid in uid_of.items():
        edges = [(uid_of[other], data) for other, data in graph.adj[node].items()]
        if len(edges) > n_ties:
            raise ValueError(
                f"ties: node {node!r} has {len(edges)} ties, but an organisation keeps at most {n_ties}; "
                "raise max_ties (up to 64)"
            )
        i = s.place_of[uid]
        for m, (other, data) in enumerate(edges):
            if other == uid:
                raise ValueError(f"ties: node {node!r} has a tie to itself")
            trust = data["trust"] if "trust" in data else first_trust(s, p, seed, uid, other)
            s.tie_to[i, m] = s.place_of[other]
            s.tie_trust[i, m] = _share(trust, node, other)
            s.tie_month[i, m] = -1
    for i in range(n_orgs):
        s.tie_sum[i] = sum(s.tie_trust[i].tolist())


def first_trust(s: State, p: Any, seed: int, uid: int, other: int) -> float:
    """Return the trust of a pair that knows each other from the start, as `found.first_ties` draws it."""
    u = rng.uniform(seed, rng.TIE_TRUST, 0, min(uid, other), max(uid, other))
    trust = min(1.0, float(p.trust_start) * (0.5 + u))
    same = s.sector[s.place_of[uid]] == s.sector[s.place_of[other]]
    return trust if same else trust * float(p.cross_sector_trust)


def _uids(graph: nx.Graph[Any], n_orgs: int, known: Sequence[KnownOrganisation]) -> dict[Any, int]:
    """Return the uid each node of a graph stands for."""
    names = {f"organisation {uid}": uid for uid in range(n_orgs)}
    names |= {one.name: uid for uid, one in enumerate(known)}
    found: dict[Any, int] = {}
    taken: set[int] = set()
    for node in graph:
        is_number = isinstance(node, int | np.integer) and not isinstance(node, bool)
        uid = int(node) if is_number and 0 <= node < n_orgs else names.get(node, -1)
        if uid < 0:
            near = nearest(node, names) if isinstance(node, str) else None
            hint = f"; did you mean {near!r}?" if near else ""
            raise ValueError(
                f"ties: node {node!r} is not an organisation; 0 to {n_orgs - 1}, or "
                f"'organisation 0' to 'organisation {n_orgs - 1}'{hint}"
            )
        if uid in taken:
            raise ValueError(f"ties: node {node!r} names organisation {uid} a second time")
        taken.add(uid)
        found[node] = uid
    return found


def _share(trust: Any, node: Any, other: int) -> float:
    """Return a trust if it is one."""
    is_number = isinstance(trust, int | float | np.number) and not isinstance(trust, bool)
    if not is_number or math.isnan(trust) or not 0.0 <= trust <= 1.0:
        raise ValueError(
            f"ties: trust {trust!r} from {node!r} to {other} is not allowed; a share from 0 to 1"
        )
    return float(trust)
