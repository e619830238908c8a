"""Who observes whom in the published models: named networks, or a file of ties."""

from __future__ import annotations

from pathlib import Path

Network = tuple[tuple[int, ...], ...]
"""For each agent, the agents it observes."""

MAX_AGENTS = 2_000


def fully_connected(n_agents: int) -> Network:
    """Everybody observes everybody else."""
    return tuple(tuple(j for j in range(n_agents) if j != i) for i in range(n_agents))


def lattice(n_agents: int, n_observed: int = 19) -> Network:
    """Directed ring: agent i observes the `n_observed` agents that follow it."""
    return tuple(tuple((i + d) % n_agents for d in range(1, n_observed + 1)) for i in range(n_agents))


def line(n_agents: int) -> Network:
    """Agents in a row observe their neighbours; the two at the ends have one."""
    return tuple(tuple(j for j in (i - 1, i + 1) if 0 <= j < n_agents) for i in range(n_agents))


def ring(n_agents: int) -> Network:
    """Close the line: its ends observe each other."""
    return tuple(((i - 1) % n_agents, (i + 1) % n_agents) for i in range(n_agents))


def star(n_agents: int) -> Network:
    """Agent 0 observes all, all observe agent 0."""
    return (tuple(range(1, n_agents)),) + ((0,),) * (n_agents - 1)


def no_ties(n_agents: int) -> Network:
    """Nobody observes anybody."""
    return ((),) * n_agents


NAMED = {
    "fully-connected": fully_connected,
    "lattice": lattice,
    "line": line,
    "ring": ring,
    "star": star,
    "no-ties": no_ties,
}


def read_edges(path: str | Path) -> Network:
    """Read a network from a text file with one tie per line: observer, observed.

    Parameters
    ----------
    path : str or Path
        Two whole numbers a line, separated by a comma or blanks; `#` starts a comment and a first line of
        words is a header. Ties are directed, so a mutual tie takes two lines. Agents are numbered without
        gaps from 0 or from 1.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        With file and line, for a line that is not two numbers, a tie to oneself, a repeated tie or too many
        agents.
    """
    ties: dict[tuple[int, int], int] = {}
    text = Path(path).read_text(encoding="utf-8-sig")
    for number, line_text in enumerate(text.splitlines(), 1):
        fields = line_text.split("#")[0].replace(",", " ").split()
        if not fields or (not ties and not any(field.lstrip("-").isdigit() for field in fields)):
            continue
        where = f"network: {path}:{number}: {line_text.strip()!r}"
        if len(fields) != 2 or not all(field.isascii() and field.isdigit() for field in fields):
            raise ValueError(f"{where} is not a tie; write two whole numbers: observer, observed")
        tie = int(fields[0]), int(fields[1])
        if tie[0] == tie[1]:
            raise ValueError(f"{where} ties an agent to itself; remove the line")
        if tie in ties:
            raise ValueError(f"{where} repeats line {ties[tie]}; remove one of them")
        if max(tie) > MAX_AGENTS:
            raise ValueError(
                f"{where} has an agent above {MAX_AGENTS}; number agents without gaps from 0 or 1"
            )
        ties[tie] = number
    if not ties:
        raise ValueError(f"network: {path} has no ties; write one a line: observer, observed")
    return _from_ties(ties)


def _from_ties(ties: dict[tuple[int, int], int]) -> Network:
    """Arrange ties by observer; agents are numbered from 0 if a 0 occurs, else from 1."""
    base = 0 if any(0 in tie for tie in ties) else 1
    n_agents = max(max(tie) for tie in ties) + 1 - base
    observed: list[list[int]] = [[] for _ in range(n_agents)]
    for observer, other in ties:
        observed[observer - base].append(other - base)
    return tuple(tuple(others) for others in observed)


def network_named(name: str, n_agents: int) -> Network:
    """Build the named network for `n_agents`, or read the file of that path."""
    return NAMED[name](n_agents) if name in NAMED else read_edges(name)
