"""What a worker does with a chunk of runs: simulate them one by one and return a Parquet part.

Nothing here depends on who calls: a thread, a process or a machine far away gives the same bytes.
"""

from __future__ import annotations

import io
import math
import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim import engine
from cisim.compiled import model_version
from cisim.outcomes import COLUMNS
from cisim.problems import ScenarioError
from cisim.result import OUTCOMES, summarise
from cisim.scenario import Scenario
from cisim.study.plan import Keyer, run_key

if TYPE_CHECKING:
    import pyarrow as pa

MAY_BE_INFINITE = ("usd_per_unit",)
"""Outcomes for which infinity is an answer."""
LONGEST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Context:
    """What all chunks of a study have in common.

    Attributes
    ----------
    study : str
        Digest of the study.
    model : str
        Version of the model the driver runs; a worker with another one refuses.
    cases : tuple of Scenario
    series : tuple of str
        Monthly columns kept.
    """

    study: str
    model: str
    cases: tuple[Scenario, ...]
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some runs: parallel lists of numbers, and the parameters each sets in its case."""

    point: tuple[int, ...]
    case: tuple[int, ...]
    world: tuple[int, ...]
    seed: tuple[int, ...]
    values: tuple[dict[str, Any], ...]

    def __len__(self) -> int:
        return len(self.point)

    def cut(self, first: int, last: int) -> Chunk:
        """Return the runs from `first` up to `last`."""
        part = slice(first, last)
        return Chunk(self.point[part], self.case[part], self.world[part], self.seed[part], self.values[part])


@dataclass(frozen=True, slots=True)
class Done:
    """A finished chunk: its Parquet part, how many runs it holds, how many failed, and the seconds it took."""

    part: bytes
    runs: int
    failed: int
    seconds: float


class ModelMismatchError(RuntimeError):
    """A worker has another version of the model than the driver."""


@lru_cache(maxsize=8)
def _context(packed: bytes) -> tuple[Context, tuple[Keyer, ...]]:
    """Unpack a context once per worker and study.

    Raises
    ------
    ModelMismatchError
        If this worker's model is not that of the driver.
    """
    context: Context = pickle.loads(packed)
    mine = model_version()
    if mine != context.model:
        raise ModelMismatchError(
            f"a worker has version {mine} of the model, the driver {context.model}; "
            "install the same cisim, numba and numpy everywhere"
        )
    return context, tuple(Keyer(scenario) for scenario in context.cases)


def run_chunk(packed: bytes, chunk: Chunk) -> Done:
    """Simulate a chunk of runs.

    Parameters
    ----------
    packed : bytes
        A pickled `Context`.
    chunk : Chunk

    Returns
    -------
    Done
    """
    start = time.perf_counter()
    context, keyers = _context(packed)
    made: dict[tuple[int, int], Made] = {}
    rows = [_one(context, keyers, chunk, i, made) for i in range(len(chunk))]
    data = encode(rows, context)
    failed = sum(row.error is not None for row in rows)
    return Done(data, len(rows), failed, time.perf_counter() - start)


@dataclass(frozen=True, slots=True)
class Row:
    """One finished run."""

    point: int
    case: int
    world: int
    seed: int
    run: str
    error: str | None
    outcomes: Sequence[float]
    series: Mapping[str, Any]


Made = tuple[bytes, "Scenario | ScenarioError"]
"""Digest of the scenario of a point in a case, and the scenario, or why there is none."""


def _scenario(context: Context, keyers: tuple[Keyer, ...], chunk: Chunk, i: int) -> Made:
    """Make the scenario of a run."""
    case, values = chunk.case[i], chunk.values[i]
    digest = keyers[case].digest(values)
    try:
        return digest, context.cases[case].with_(**values) if values else context.cases[case]
    except ScenarioError as error:
        return digest, error


def _one(
    context: Context, keyers: tuple[Keyer, ...], chunk: Chunk, i: int, made: dict[tuple[int, int], Made]
) -> Row:
    """Simulate one run; what goes wrong in it is part of the result. Worlds of a point share their scenario."""
    case, seed, place = chunk.case[i], chunk.seed[i], (chunk.point[i], chunk.case[i])
    if place not in made:
        made[place] = _scenario(context, keyers, chunk, i)
    digest, scenario = made[place]
    keys = (chunk.point[i], case, chunk.world[i], seed, run_key(digest, seed, context.model))
    if isinstance(scenario, ScenarioError):
        return failure(keys, f"not allowed: {scenario}")
    try:
        world = engine.run_world(scenario, seed)
        found = summarise(world.series, world.by_group, scenario)
        _check_numbers(found)
    except Exception as error:
        return failure(keys, f"{type(error).__name__}: {error}")
    series = {name: world.series[:, COLUMNS.index(name)].copy() for name in context.series}
    return Row(*keys, None, [found[name] for name in OUTCOMES], series)


def failure(keys: tuple[int, int, int, int, str], message: str) -> Row:
    """Return the row of a run that failed."""
    return Row(*keys, " ".join(message.split())[:LONGEST_ERROR], [math.nan] * len(OUTCOMES), {})


def _check_numbers(found: Mapping[str, float]) -> None:
    """Refuse outcomes that are not numbers."""
    bad = [n for n, v in found.items() if math.isnan(v) or (math.isinf(v) and n not in MAY_BE_INFINITE)]
    if bad:
        raise ArithmeticError(f"outcomes are not finite: {', '.join(bad[:5])}")


def part_schema(series: Sequence[str]) -> pa.Schema:
    """Return the columns of a part: numbers of the run, error, outcomes, monthly columns as lists."""
    import pyarrow as pa

    keys = [("point", pa.int64()), ("case", pa.int16()), ("world", pa.int32()), ("seed", pa.int64())]
    rest = [("run", pa.string()), ("error", pa.string())]
    outcomes = [(name, pa.float64()) for name in OUTCOMES]
    months = [(f"{name}[]", pa.list_(pa.float64())) for name in series]
    return pa.schema([*keys, *rest, *outcomes, *months])


def encode(rows: Sequence[Row], context: Context) -> bytes:
    """Return rows as the bytes of a Parquet file that names its study."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = part_schema(context.series)
    values = np.array([row.outcomes for row in rows], dtype=np.float64).reshape(len(rows), len(OUTCOMES))
    columns: list[Any] = [pa.array([getattr(row, f.name) for row in rows], f.type) for f in list(schema)[:6]]
    columns += [pa.array(values[:, k]) for k in range(len(OUTCOMES))]
    for name in context.series:
        columns.append(pa.array([row.series.get(name) for row in rows], pa.list_(pa.float64())))
    table = pa.Table.from_arrays(columns, schema=schema.with_metadata({"cisim_study": context.study}))
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
