"""GraphML as the two tables of a survey: nodes as organisations, edges as ties; an undirected edge is two."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cisim.problems import NOWHERE, Place, ScenarioError, shown
from cisim.survey.answers import plain_text
from cisim.survey.columns import key_of
from cisim.survey.graphml_check import nodes_of
from cisim.survey.tables import MOST_CELLS, MOST_COLUMNS, Cell, Table, read_bytes
from cisim.tree import stop

if TYPE_CHECKING:
    import networkx as nx

LABELS = ("name", "label", "organization", "organisation")


def read_graphml(path: Path, file: str | None = None) -> tuple[Table, Table]:
    """Return the ties and the organisations of a GraphML file as tables; cells know their file only.

    Organisations are called by the attribute `name` or `label` of their node, else by its id.

    Raises
    ------
    ScenarioError
        If it is no GraphML, has no edges, or holds anything that would be made up, merged or lost.
    """
    file = str(path) if file is None else file
    data = read_bytes(path, file)
    place = Place(file)
    plain = data.replace(b"\0", b"")  # UTF-16 as well
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        stop(place, "declares entities, which are not allowed in a survey")
    declared = nodes_of(data, place)
    graph = _graph(data, place)
    sha256 = hashlib.sha256(data).hexdigest()
    names = {node: _name(node, attributes) for node, attributes in graph.nodes(data=True)}
    _check_names(names, declared)
    notes = () if graph.is_directed() else (f"{file}: undirected; every edge is taken as a tie both ways",)
    edges = [(names[a], names[b], data) for a, b, data in graph.edges(data=True)]
    if not graph.is_directed():
        edges = [pair for a, b, data in edges for pair in ((a, b, data), (b, a, data))]
    ties = _table(file, sha256, ("from", "to"), edges, notes)
    nodes = [(names[node], data) for node, data in graph.nodes(data=True)]
    return ties, _table(file, sha256, ("name",), nodes, ())


def _graph(data: bytes, place: Place) -> nx.Graph[Any]:
    """Return the graph of GraphML text."""
    import networkx as nx

    try:
        graph: nx.Graph[Any] = nx.read_graphml(io.BytesIO(data))
    except Exception as error:  # the parser's own errors, and networkx's on odd types, keys and numbers
        why = " ".join(str(error).split())[:120] or type(error).__name__
        stop(place, f"is not GraphML that can be read: {why}")
    return graph


def _name(node: Any, attributes: dict[str, Any]) -> str:
    """Return what a node is called."""
    by_key = {key_of(str(key)): value for key, value in attributes.items()}
    found = next((str(by_key[key]) for key in LABELS if str(by_key.get(key, "")).strip()), str(node))
    return " ".join(found.split())


def _check_names(names: dict[Any, str], declared: dict[str, Place]) -> None:
    """Refuse two nodes that would be the same organisation."""
    first: dict[str, Any] = {}
    for node, name in names.items():
        other = first.setdefault(plain_text(name), node)
        if other is not node:
            what = f"nodes {shown(other, 40)} and {shown(node, 40)} are both called {shown(name)}; rename one"
            raise ScenarioError.of(what, "<node>", declared.get(str(node), NOWHERE))


def _table(file: str, sha256: str, first: tuple[str, ...], rows: list[Any], notes: tuple[str, ...]) -> Table:
    """Return rows of names and one dict of attributes as a table; attributes that repeat a name are left out."""
    place = Place(file)
    taken = {*first, *LABELS}
    heads = list(dict.fromkeys(str(key) for row in rows for key in row[-1] if key_of(str(key)) not in taken))
    if len(heads) + len(first) > MOST_COLUMNS or len(rows) * len(heads) > MOST_CELLS:
        stop(place, f"has {len(heads):,} attributes; {MOST_COLUMNS:,} are allowed")
    empty = Cell("", place)
    head = tuple(Cell(text, place) for text in (*first, *heads))
    cells = tuple(
        tuple(
            empty if text == "" else Cell(" ".join(str(text).split()), place)
            for text in (*row[:-1], *(row[-1].get(h, "") for h in heads))
        )
        for row in rows
    )
    return Table(file, sha256, head, cells, notes)
