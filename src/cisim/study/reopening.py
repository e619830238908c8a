"""Finished tables turned back into parts, so that a study can grow or be put together with others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from cisim.study.folder import Folder
from cisim.study.manifest import Manifest
from cisim.study.parts import Parts, rewritten
from cisim.study.tables import FAILURES, RUNS, SERIES
from cisim.study.work import part_schema

if TYPE_CHECKING:
    import pyarrow as pa


def parts_again(manifest: Manifest, folder: Folder, parts: Parts) -> None:
    """Turn the tables of a finished study back into parts, so that it can grow."""
    case_number = {case: k for k, case in enumerate(manifest.spec.cases)}
    schema = part_schema(manifest.spec.series).with_metadata({"cisim_study": manifest.spec.digest})
    for table in _run_tables(manifest, folder):
        parts.add(rewritten(_as_part(table, schema, case_number)))
    failed = _read(folder, FAILURES)
    if len(failed):
        parts.add(rewritten(_as_part(failed, schema, case_number)))


def _read(folder: Folder, name: str) -> pa.Table:
    """Return a whole table."""
    import pyarrow.parquet as pq

    with folder.open(name) as stream:
        return pq.read_table(stream)


def _as_part(table: pa.Table, schema: pa.Schema, case_number: dict[str, int]) -> pa.Table:
    """Return rows of a finished table as rows of a part; columns it lacks are empty."""
    import pyarrow as pa

    columns = []
    for wanted in schema:
        if wanted.name == "case":
            numbers = [case_number[case] for case in table["case"].to_pylist()]
            columns.append(pa.array(numbers, wanted.type))
        elif wanted.name in table.column_names:
            columns.append(table[wanted.name].cast(wanted.type))
        else:
            columns.append(pa.nulls(len(table), wanted.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _run_tables(manifest: Manifest, folder: Folder) -> Iterator[pa.Table]:
    """Yield the runs row group by row group, with their monthly columns as lists."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with ExitStack() as stack:
        runs = pq.ParquetFile(stack.enter_context(folder.open(RUNS)))
        series = manifest.spec.series
        months = pq.ParquetFile(stack.enter_context(folder.open(SERIES))) if series else None
        for k in range(runs.num_row_groups):
            table = runs.read_row_group(k)
            if months is not None:
                rows = months.read_row_group(k)
                first = np.flatnonzero(np.asarray(rows["month"]) == 0)
                edges = pa.array(np.append(first, len(rows)).astype(np.int32))
                for name in series:
                    values = rows[name].combine_chunks()
                    table = table.append_column(f"{name}[]", pa.ListArray.from_arrays(edges, values))
            yield table
