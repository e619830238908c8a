"""What a docking target is: its arguments, its published cells, and how a result is compared with them."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cisim.problems import shown
from cisim.rng import world_seed

Value = str | float | int
Settings = Mapping[str, Value]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STANDARD_ERRORS = 3.0
TOLERANCE = 0.006


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a target.

    Attributes
    ----------
    name, kind, meaning
        `kind` is int, float or str.
    default
        Used where neither the settings nor a published cell gives a value.
    choices
        Allowed words, for kind str.
    low, high
        Allowed range, ends included, for numbers.
    is_path_allowed
        Whether a word may also be the path of an existing file.
    """

    name: str
    kind: type
    meaning: str
    default: Value
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    is_path_allowed: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.kind is str:
            return ", ".join(self.choices) + (" or the path of an edge list" if self.is_path_allowed else "")
        return f"{'whole numbers' if self.kind is int else 'numbers'} from {self.low:g} to {self.high:g}"

    def checked(self, value: object) -> Value:
        """Return the value in its kind, or raise ValueError saying what is allowed."""
        if self.kind is str:
            word = value if isinstance(value, str) else ""
            if word in self.choices or (self.is_path_allowed and word and Path(word).is_file()):
                return word
            raise ValueError(
                f"{self.name}: {shown(value)} is not allowed; use {self.allowed}{nearest(word, self.choices)}"
            )
        number = _number(value)
        if number is None or not self.low <= number <= self.high or (self.kind is int and number % 1):
            raise ValueError(f"{self.name}: {shown(value)} is not allowed; use {self.allowed}")
        return int(number) if self.kind is int else number


def _number(value: object) -> float | None:
    """Read a number, also from text; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | np.number):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def nearest(word: str, words: Iterable[str]) -> str:
    """Suggest the nearest of the words, as the end of a sentence."""
    close = get_close_matches(word, list(words), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class Published:
    """One number of a paper.

    Attributes
    ----------
    arguments : dict
        The setting.
    mean : float
        The number.
    se : float or None
        Its standard error, if the paper tells.
    tolerance : float
        Rounding or reading error.
    worlds : int or None
        Simulated worlds behind the number; where `se` is missing it follows from their number.
    """

    arguments: dict[str, Value]
    mean: float
    se: float | None = None
    tolerance: float = TOLERANCE
    worlds: int | None = None

    def standard_error(self, se_here: float, worlds_here: int) -> float | None:
        """Give the error of the paper's number: told, or by our spread and its number of worlds."""
        if self.se is not None or self.worlds is None:
            return self.se
        return se_here * float(np.sqrt(worlds_here / self.worlds))


@dataclass(frozen=True, slots=True)
class Cell:
    """One docked number next to the published one.

    Attributes
    ----------
    arguments : dict
        The setting of the cell.
    mean, se : float
        Mean over worlds and its standard error.
    worlds : int
        Number of simulated worlds.
    published, published_se : float or None
        None where the paper prints no such number; the error may be inferred from its number of worlds.
    tolerance : float
        Difference allowed whatever the standard errors: the rounding or reading error of the paper's number.
    """

    arguments: dict[str, Value]
    mean: float
    se: float
    worlds: int
    published: float | None = None
    published_se: float | None = None
    tolerance: float = TOLERANCE

    @property
    def agrees(self) -> bool | None:
        """Whether the difference is within the tolerance or 3 standard errors of the two numbers together.

        For a true match chance alone makes about 3 of 1,000 cells fail. None without a published number.
        """
        if self.published is None:
            return None
        together = float(np.hypot(self.se, self.published_se or 0.0))
        difference = abs(self.mean - self.published)
        return bool(difference <= max(self.tolerance + 1e-12, STANDARD_ERRORS * together))


Result = tuple[float, float]
Simulate = Callable[[Sequence[dict[str, Value]], Ints], list[Result]]


@dataclass(frozen=True, slots=True)
class Target:
    """A published model that the learning core is docked to.

    Attributes
    ----------
    name, description, reference, doi : str
    arguments : tuple of Argument
        All of them, in the order of output.
    worlds : int
        Simulated worlds (landscapes, runs) by default.
    published : callable
        Returns the paper's cells.
    simulate : callable
        (list of complete arguments, seeds of the worlds) -> list of (mean, standard error).
    relevant : callable
        Arguments that matter given some others, e.g. the number of reviewed options only with a review.
    lookup : callable
        Published number for any arguments, where a formula exists.
    check : callable
        Raises ValueError for arguments that exclude each other.
    """

    name: str
    description: str
    reference: str
    doi: str
    arguments: tuple[Argument, ...]
    worlds: int
    published: Callable[[], list[Published]]
    simulate: Simulate
    relevant: Callable[[Settings], tuple[str, ...]]
    lookup: Callable[[dict[str, Value]], Published | None] = field(default=lambda _: None)
    check: Callable[[dict[str, Value]], None] = field(default=lambda _: None)

    def checked(self, settings: Settings) -> dict[str, Value]:
        """Check every setting alone; raise ValueError with the nearest name for an unknown one."""
        by_name = {argument.name: argument for argument in self.arguments}
        for name in settings:
            if name not in by_name:
                raise ValueError(
                    f"{name}: {self.name} has no such argument; it has {', '.join(by_name)}"
                    f"{nearest(str(name), by_name)}"
                )
        return {name: by_name[name].checked(settings[name]) for name in by_name if name in settings}

    def cells(self, settings: Settings) -> list[Published | dict[str, Value]]:
        """Find the published cells that match; else the one cell that settings and defaults describe."""
        given = self.checked(settings)
        kept = {name: given[name] for name in self.relevant(given) if name in given}
        matching = [
            cell for cell in self.published() if all(cell.arguments.get(name) == kept[name] for name in kept)
        ]
        if matching and set(self.relevant(matching[0].arguments)) != set(kept):
            return list(matching)
        defaults = {argument.name: argument.default for argument in self.arguments}
        full = {**defaults, **kept}
        for name in set(kept) - set(self.relevant(full)):
            raise ValueError(
                f"{name}: {shown(kept[name])} has no meaning here; give {self.arguments[0].name} too"
            )
        full = {name: full[name] for name in self.relevant(full)}
        self.check(full)
        for cell in matching:
            if cell.arguments == full:
                return [cell]
        known = self.lookup(full)
        return [known if known is not None else full]


def read_published(name: str, tolerance: float = TOLERANCE) -> list[Published]:
    """Read `published/<name>.csv`: lines of comment, then arguments, mean and perhaps se and tolerance."""
    text = (files("cisim.docking") / "published" / f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    cells = []
    for row in rows:
        mean, se = float(row.pop("mean")), row.pop("se", None)
        within, worlds = float(row.pop("tolerance", tolerance)), row.pop("worlds", None)
        for source in ("table", "firm"):
            row.pop(source, None)
        arguments = {key: _parsed(text) for key, text in row.items() if text}
        cells.append(
            Published(arguments, mean, float(se) if se else None, within, int(worlds) if worlds else None)
        )
    return cells


def _parsed(text: str) -> Value:
    """Read a number if it is one, whole if it has no point."""
    number = _number(text)
    if number is None:
        return text
    return int(text) if text.lstrip("-").isdigit() else number


def over_worlds(run: Callable[[Ints], Floats], seeds: Ints) -> Floats:
    """Call `run` on chunks of the seeds, a thread for each processor; stack the rows in order."""
    n_threads = min(os.cpu_count() or 1, len(seeds))
    chunks = np.array_split(seeds, max(1, min(len(seeds), 4 * n_threads)))
    if n_threads == 1:
        return np.concatenate([run(chunk) for chunk in chunks])
    with ThreadPoolExecutor(n_threads) as pool:
        return np.concatenate(list(pool.map(run, chunks)))


def mean_and_error(values: Floats) -> Result:
    """Mean of independent values and its standard error (0 for a single value)."""
    n = len(values)
    error = float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return float(np.mean(values)), error


def ratio_and_error(top: Floats, bottom: Floats) -> Result:
    """Ratio of two means over the same worlds, and its standard error to first order."""
    ratio = float(np.sum(top) / np.sum(bottom))
    _, error = mean_and_error(top - ratio * bottom)
    return ratio, error / float(np.mean(bottom))


@cache
def seeds_of(seed: int, worlds: int) -> Ints:
    """Seed of each world."""
    return np.array([world_seed(seed, world) for world in range(worlds)], np.int64)
