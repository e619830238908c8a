"""The results of a study as frames: from finished tables, or from parts while it is still under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cisim.study.folder import Folder
from cisim.study.manifest import Manifest
from cisim.study.parts import Parts
from cisim.study.plan import Plan
from cisim.study.records import StudyData
from cisim.study.spec import Spec, thawed
from cisim.study.stopping import Precision
from cisim.study.tables import BLOCK, DESIGN, RUNS, SERIES, key_columns, series_block, series_schema

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("point", "setting", "draw", "case", "world", "seed")


def read_frame(folder: Folder, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Return a finished table, or some of its columns, as a DataFrame; `study` and `case` are categorical."""
    import pyarrow.parquet as pq

    with folder.open(name) as stream:
        frame: pd.DataFrame = pq.read_table(stream, columns=columns).to_pandas()
    return frame


def frame_from_parts(plan: Plan, parts: Parts, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return finished runs as `StudyData.runs` has them, before there are tables."""
    import pyarrow as pa

    jobs = plan.jobs
    part, row = parts.places(jobs)
    pieces = []
    for start in range(0, len(jobs), BLOCK):
        at = np.arange(start, min(start + BLOCK, len(jobs)))
        at = at[part[at] >= 0]
        found = parts.gather(part[at], row[at], ["error", *columns])
        good = np.asarray(found["error"].is_null())
        keys = key_columns(plan, jobs, at[good])
        values = found.filter(good).select(list(columns))
        pieces.append(pa.Table.from_pydict({**keys, **{name: values[name] for name in columns}}))
    frame: pd.DataFrame = pa.concat_tables(pieces).to_pandas()
    return frame.drop(columns="study")


def series_from_parts(plan: Plan, parts: Parts) -> pd.DataFrame:
    """Return the monthly rows of finished runs, before there are tables."""
    import pyarrow as pa

    jobs, series = plan.jobs, plan.spec.series
    part, row = parts.places(jobs)
    pieces = [series_schema(plan, series).empty_table()]
    for start in range(0, len(jobs) if series else 0, BLOCK):
        at = np.arange(start, min(start + BLOCK, len(jobs)))
        at = at[part[at] >= 0]
        found = parts.gather(part[at], row[at], ["error", *(f"{name}[]" for name in series)])
        good = np.asarray(found["error"].is_null())
        pieces.append(series_block(plan, series, key_columns(plan, jobs, at[good]), found.filter(good)))
    frame: pd.DataFrame = pa.concat_tables(pieces).to_pandas()
    return frame.drop(columns="study")


def data_of(manifest: Manifest, folder: Folder) -> StudyData:
    """Return the finished runs of a study for its analysis."""
    spec = manifest.spec
    design = read_frame(folder, DESIGN).drop(columns=["study", "worlds"])
    runs = read_frame(folder, RUNS, [*KEYS, *spec.outcomes])

    def series() -> pd.DataFrame:
        columns = [*KEYS, "month", *spec.series]
        return (
            read_frame(folder, SERIES, columns) if spec.series else runs[list(KEYS)].iloc[:0].assign(month=0)
        )

    return _data(spec, design, runs, series)


def data_from_parts(plan: Plan, parts: Parts) -> StudyData:
    """Return the finished runs of a stage for deciding about the next."""
    runs = frame_from_parts(plan, parts, plan.spec.outcomes)
    return _data(plan.spec, plan.design, runs, lambda: series_from_parts(plan, parts))


def _data(
    spec: Spec, design: pd.DataFrame, runs: pd.DataFrame, series: Callable[[], pd.DataFrame]
) -> StudyData:
    """Return frames with what the study says about them."""
    options = thawed(spec.options)
    if spec.analysis == "sweep" and isinstance(spec.worlds, Precision):
        options.update(worlds="auto", pilot=spec.worlds.pilot)
    return StudyData(
        name=spec.name, title=spec.title, factors=spec.factors, design=design, runs=runs,
        cases=tuple(spec.cases), reference=spec.reference, outcomes=spec.outcomes, scenario=spec.scenario,
        seed=spec.seed, options=options, load_series=series,
    )  # fmt: skip
