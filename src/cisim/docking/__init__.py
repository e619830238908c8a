"""Published models arranged from the functions organisations learn with, to show that those can be trusted.

Each target rebuilds one paper's set-up out of `cisim.landscape` and `cisim.search` and compares the result
with the numbers the paper prints. The limits, misses included, are in `docs/docking.md`.
"""

from __future__ import annotations

from collections.abc import Callable

from cisim.docking import barkoczi_galesic, lazer_friedman, march, nk, rivkin_siggelkow
from cisim.docking.cells import Argument, Cell, Published, Settings, Target, nearest, seeds_of
from cisim.problems import shown

__all__ = ["TARGETS", "Argument", "Cell", "Published", "Target", "dock"]

TARGETS: dict[str, Target] = {
    module.TARGET.name: module.TARGET
    for module in (barkoczi_galesic, lazer_friedman, march, nk, rivkin_siggelkow)
}
MAX_WORLDS = 1_000_000
READ_OFF = ("t", "period", "statistic")
"""Arguments that only choose which number of a run is told."""


def dock(
    name: str,
    *,
    worlds: int | None = None,
    seed: int = 1,
    settings: Settings | None = None,
    on_done: Callable[[int, int], object] | None = None,
) -> list[Cell]:
    """Simulate a published model and put the result next to the published numbers.

    Parameters
    ----------
    name : str
        A key of `TARGETS`.
    worlds : int, optional
        Simulated worlds per cell; default the target's own.
    seed : int
        Of the experiment; world i of every cell uses the same landscape and luck.
    settings : mapping, optional
        Arguments. None: every published cell. Some: the published cells that match, or, if none does, the
        one cell completed with defaults. All: that one cell, published or not.
    on_done : callable, optional
        Called with the number of finished arrangements of the model and of all of them.

    Returns
    -------
    list of Cell

    Raises
    ------
    ValueError
        For an unknown target or argument, or a value out of range, with what is allowed.

    Examples
    --------
    >>> [cell] = dock("nk", worlds=50, settings={"statistic": "local-optima", "n": 6, "k": 0})
    >>> cell.mean, cell.published, cell.agrees
    (1.0, 1.0, True)
    """
    if name not in TARGETS:
        raise ValueError(
            f"target: {shown(name)} is not one of {', '.join(TARGETS)}{nearest(str(name), TARGETS)}"
        )
    target = TARGETS[name]
    n_worlds = target.worlds if worlds is None else worlds
    if isinstance(n_worlds, bool) or not isinstance(n_worlds, int) or not 2 <= n_worlds <= MAX_WORLDS:
        raise ValueError(f"worlds: {shown(worlds)} is not allowed; use whole numbers from 2 to {MAX_WORLDS}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"seed: {shown(seed)} is not a whole number")
    wanted = target.cells(settings or {})
    arguments = [cell.arguments if isinstance(cell, Published) else cell for cell in wanted]
    results: dict[int, tuple[float, float]] = {}
    groups = _arrangements(arguments)
    for done, group in enumerate(groups, start=1):
        found = target.simulate([arguments[i] for i in group], seeds_of(seed, n_worlds))
        results |= dict(zip(group, found, strict=True))
        if on_done:
            on_done(done, len(groups))
    return [_compared(cell, results[i], n_worlds) for i, cell in enumerate(wanted)]


def _arrangements(arguments: list[dict[str, float | int | str]]) -> list[list[int]]:
    """Return which cells the same runs give, in the order of their first cells."""
    groups: dict[tuple[tuple[str, float | int | str], ...], list[int]] = {}
    for i, cell in enumerate(arguments):
        key = tuple((name, value) for name, value in cell.items() if name not in READ_OFF)
        groups.setdefault(key, []).append(i)
    return list(groups.values())


def _compared(
    cell: Published | dict[str, float | int | str], result: tuple[float, float], worlds: int
) -> Cell:
    """Put a result next to the published number, if there is one."""
    if isinstance(cell, Published):
        error = cell.standard_error(result[1], worlds)
        return Cell(cell.arguments, *result, worlds, cell.mean, error, cell.tolerance)
    return Cell(cell, *result, worlds)
