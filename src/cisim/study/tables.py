"""The finished tables of a study, put together from its parts in blocks, so that a million runs fit in little memory.

`design.parquet` has a row a point, `runs.parquet` a row a run with its outcomes, `series.parquet` a row a run and
month, `failures.parquet` a row a failed run. Rows are ordered by point, case, world and month, and each carries
the study, point, case, world and seed, so that nothing need ever be joined by position. The bytes depend on
nothing but the runs: not on who ran them, in which order, or how often it was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.result import OUTCOMES
from cisim.study.folder import Folder
from cisim.study.manifest import FINISHED, SWAPPING, Manifest
from cisim.study.parts import STUDY, Parts, rewritten, sizes
from cisim.study.plan import Jobs, Plan

if TYPE_CHECKING:
    import pyarrow as pa

DESIGN, RUNS, SERIES, FAILURES = "design.parquet", "runs.parquet", "series.parquet", "failures.parquet"
NEW = ".new"
BLOCK = 4_096
"""Runs in one row group."""
F = npt.NDArray[np.float64]


def names_of(manifest: Manifest) -> list[str]:
    """Return the tables of a study."""
    return [DESIGN, RUNS, FAILURES, *([SERIES] if manifest.spec.series else [])]


def write_tables(
    manifest: Manifest, plan: Plan, parts: Parts, heartbeat: Callable[[], object] = lambda: None
) -> None:
    """Put the tables together, let them take the place of earlier ones, and remove the parts.

    A driver that is killed at any moment leaves either the parts or the whole tables; `finish_swap` ends what
    was begun.
    """
    folder = parts.folder
    _write_new(manifest, plan, parts, heartbeat)
    manifest.tables = sizes_of_new(folder, names_of(manifest))
    manifest.state = SWAPPING
    manifest.write(folder)
    finish_swap(manifest, folder)
    parts.remove_all()


def sizes_of_new(folder: Folder, names: list[str]) -> dict[str, Any]:
    """Return digests of the tables that wait to be renamed, under their later names."""
    return {
        name.removesuffix(NEW): found for name, found in sizes(folder, [name + NEW for name in names]).items()
    }


def finish_swap(manifest: Manifest, folder: Folder) -> None:
    """Give new tables their names; done again after an interruption it changes nothing."""
    for name in manifest.tables:
        if folder.exists(name + NEW):
            folder.rename(name + NEW, name)
    manifest.state = FINISHED
    manifest.note("tables written")
    manifest.write(folder)


def changed_tables(manifest: Manifest, folder: Folder) -> list[str]:
    """Return the tables of a finished study that are missing or not as they were written."""
    there = [name for name in manifest.tables if folder.exists(name)]
    found = sizes(folder, there)
    return [name for name, stated in manifest.tables.items() if found.get(name) != stated]


def _write_new(manifest: Manifest, plan: Plan, parts: Parts, heartbeat: Callable[[], object]) -> None:
    """Write all tables under their temporary names, block by block."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, jobs = parts.folder, plan.jobs
    part, row = parts.places(jobs)
    series = manifest.spec.series
    with folder.writing(DESIGN + NEW) as stream:
        stream.write(_design_bytes(plan))
    with ExitStack() as stack:

        def writer(name: str, schema: pa.Schema) -> pq.ParquetWriter:
            stream = stack.enter_context(folder.writing(name + NEW))
            return stack.enter_context(pq.ParquetWriter(stream, schema, compression="zstd"))

        runs = writer(RUNS, run_schema(plan))
        failures = writer(FAILURES, failure_schema(plan))
        months = writer(SERIES, series_schema(plan, series)) if series else None
        for start in range(0, len(jobs), BLOCK):
            heartbeat()
            at = np.arange(start, min(start + BLOCK, len(jobs)))
            found = parts.gather(part[at], row[at])
            good = np.asarray(found["error"].is_null())
            keys = key_columns(plan, jobs, at)
            if good.any():
                chosen = {name: column.filter(pa.array(good)) for name, column in keys.items()}
                runs.write_table(_run_block(plan, chosen, found.filter(good)), row_group_size=BLOCK)
                if months is not None:
                    table = series_block(plan, series, chosen, found.filter(good))
                    months.write_table(table, row_group_size=max(1, len(table)))
            if not good.all():
                failures.write_table(_failure_block(plan, jobs, at[~good], found.filter(~good)))


def _design_bytes(plan: Plan) -> bytes:
    """Return the design as a Parquet file."""
    import pyarrow as pa

    frame = plan.design.assign(worlds=plan.worlds)
    frame.insert(0, "study", plan.spec.name)
    return rewritten(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))


def _metadata(plan: Plan) -> dict[bytes, bytes]:
    """Return what a table says of itself."""
    return {STUDY: plan.spec.digest.encode()}


def key_schema() -> list[tuple[str, Any]]:
    """Return the columns that say which run a row is about."""
    import pyarrow as pa

    text, whole = pa.dictionary(pa.int32(), pa.string()), pa.int64()
    return [
        ("study", text), ("point", whole), ("setting", whole), ("draw", whole), ("case", text), ("world", whole),
        ("seed", whole),
    ]  # fmt: skip


def run_schema(plan: Plan) -> pa.Schema:
    """Return the columns of `runs.parquet`."""
    import pyarrow as pa

    return pa.schema(
        [*key_schema(), ("run", pa.string()), *((name, pa.float64()) for name in OUTCOMES)],
        metadata=_metadata(plan),
    )


def series_schema(plan: Plan, series: tuple[str, ...]) -> pa.Schema:
    """Return the columns of `series.parquet`."""
    import pyarrow as pa

    return pa.schema(
        [*key_schema(), ("month", pa.int32()), *((name, pa.float64()) for name in series)],
        metadata=_metadata(plan),
    )


def failure_schema(plan: Plan) -> pa.Schema:
    """Return the columns of `failures.parquet`; `scenario` is the text of a file that repeats the run."""
    import pyarrow as pa

    return pa.schema(
        [*key_schema(), ("run", pa.string()), ("error", pa.string()), ("scenario", pa.string())],
        metadata=_metadata(plan),
    )


def key_columns(plan: Plan, jobs: Jobs, at: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return the columns that say which runs the jobs `at` are."""
    import pyarrow as pa

    point = jobs.point[at]
    name = pa.DictionaryArray.from_arrays(pa.array(np.zeros(at.size, np.int32)), [plan.spec.name])
    case = pa.DictionaryArray.from_arrays(pa.array(jobs.case[at].astype(np.int32)), list(plan.cases))
    column = {key: plan.design[key].to_numpy()[point] for key in ("setting", "draw")}
    return {
        "study": name,
        "point": pa.array(point),
        "setting": pa.array(column["setting"]),
        "draw": pa.array(column["draw"]),
        "case": case,
        "world": pa.array(jobs.world[at]),
        "seed": pa.array(jobs.seed[at]),
    }


def _run_block(plan: Plan, keys: dict[str, pa.Array], found: pa.Table) -> pa.Table:
    """Return rows of `runs.parquet`."""
    import pyarrow as pa

    columns = [*keys.values(), found["run"], *(found[name] for name in OUTCOMES)]
    return pa.Table.from_arrays(columns, schema=run_schema(plan))


def series_block(plan: Plan, series: tuple[str, ...], keys: dict[str, pa.Array], found: pa.Table) -> pa.Table:
    """Return rows of `series.parquet`: the lists of each run as one row a month."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = [found[f"{name}[]"].combine_chunks() for name in series]
    length = np.asarray(pc.list_value_length(lists[0])).astype(np.int64)
    parent = pa.array(np.repeat(np.arange(length.size), length))
    month = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    columns = [column.take(parent) for column in keys.values()]
    values = [pc.list_flatten(one) for one in lists]
    return pa.Table.from_arrays(
        [*columns, pa.array(month.astype(np.int32)), *values], schema=series_schema(plan, series)
    )


def _failure_block(plan: Plan, jobs: Jobs, at: npt.NDArray[np.int64], found: pa.Table) -> pa.Table:
    """Return rows of `failures.parquet`, each with the scenario that repeats it."""
    import pyarrow as pa

    texts = [scenario_text(plan, int(jobs.point[i]), plan.cases[int(jobs.case[i])]) for i in at]
    columns = [
        *key_columns(plan, jobs, at).values(),
        found["run"],
        found["error"],
        pa.array(texts, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=failure_schema(plan))


def scenario_text(plan: Plan, point: int, case: str) -> str:
    """Return the scenario file of a point in a case, also of one whose values are not allowed together."""
    from cisim.writer import to_yaml

    stated = plan.spec.cases[case].to_dict()
    stated["params"].update(plan.settings(point, case))
    return to_yaml(stated)
