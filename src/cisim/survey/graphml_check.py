"""What a file of GraphML holds, element by element, before a graph is built: nothing may be made up, merged or lost."""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from cisim.known import MAX_ORGANISATIONS
from cisim.problems import Place, ScenarioError, shown
from cisim.tree import stop

MOST_EDGES = 100_000
MOST_DEPTH = 100
_SPACE = "http://graphml.graphdrawing.org/xmlns"


def nodes_of(data: bytes, place: Place) -> dict[str, Place]:
    """Return where each node of a file is declared, by its id.

    Parameters
    ----------
    data : bytes
        The whole file; it declares no entities.
    place : Place
        The file, for errors.

    Raises
    ------
    ScenarioError
        If it is no XML, a node has no id or one that another has, an edge lacks an end or names a node that is
        not declared, there are two graphs or one inside another, or there are no edges or too many.

    Examples
    --------
    >>> text = b"<graphml><graph><node id='a'/><edge source='a' target='a'/></graph></graphml>"
    >>> nodes_of(text, Place("t.graphml"))
    {'a': Place(file='t.graphml', line=1, column=17)}
    """
    found = _Elements(place)
    found.parser.StartElementHandler = found.start
    found.parser.EndElementHandler = found.end
    try:
        found.parser.Parse(data, True)
    except expat.ExpatError as error:
        where = place._replace(line=error.lineno, column=error.offset + 1)
        stop(where, f"is not GraphML that can be read: {expat.ErrorString(error.code)}")
    except ScenarioError:
        raise
    except (ValueError, LookupError) as error:  # of an encoding that the parser does not know
        stop(place, f"is not GraphML that can be read: {str(error)[:80]}")
    found.check()
    return found.nodes


class _Elements:
    """Looks at the elements of one file."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.nodes: dict[str, Place] = {}
        self.ends: dict[str, tuple[str, Place]] = {}
        self.graphs = self.edges = self.depth = 0

    @property
    def here(self) -> Place:
        """Return where the present element starts."""
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber
        return self.place._replace(line=line, column=column + 1)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Look at an element."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            stop(self.here, f"elements stand in one another more than {MOST_DEPTH} deep")
        space, _, local = name.rpartition(" ")
        if space not in ("", _SPACE):
            return
        if local == "graph":
            self.graph()
        elif local == "node":
            self.node(attributes.get("id", ""))
        elif local == "edge":
            self.edge(attributes)

    def end(self, name: str) -> None:
        """Leave an element."""
        del name
        self.depth -= 1

    def graph(self) -> None:
        """Look at a graph."""
        self.graphs += 1
        if self.graphs > 1:
            self.fail("<graph>", "a file holds one graph, and none inside a node; take groups apart first")

    def node(self, name: str) -> None:
        """Look at a node."""
        if not name.strip():
            self.fail("<node>", "has no id")
        if name in self.nodes:
            self.fail("<node>", f"id {shown(name)} is declared twice; first in line {self.nodes[name].line}")
        self.nodes[name] = self.here

    def edge(self, attributes: dict[str, str]) -> None:
        """Look at an edge; its nodes may be declared further down."""
        self.edges += 1
        for end in ("source", "target"):
            name = attributes.get(end, "")
            if not name.strip():
                self.fail("<edge>", f"has no {end}")
            self.ends.setdefault(name, (end, self.here))

    def check(self) -> None:
        """Refuse what the whole file lacks or has too much of."""
        for name, (end, where) in self.ends.items():
            if name not in self.nodes:
                raise ScenarioError.of(f"{end} {shown(name)} is no node of the file", "<edge>", where)
        if self.graphs and not self.edges:
            stop(self.place, "has no edges")
        sizes = ((self.edges, MOST_EDGES, "edges"), (len(self.nodes), MAX_ORGANISATIONS, "nodes"))
        for n, most, what in sizes:
            if n > most:
                stop(self.place, f"has {n:,} {what}; {most:,} are allowed")

    def fail(self, element: str, message: str) -> NoReturn:
        """Raise the error for an element."""
        raise ScenarioError.of(message, element, self.here)
