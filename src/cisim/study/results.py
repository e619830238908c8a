"""The results of a study as frames: from finished tables, or from parts while it is still under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cisim.study.folder import Folder
from cisim.study.manifest import Manifest
from cisim.study.parts import Parts
from cisim.study.plan import Plan
from cisim.study.records import StudyData
from cisim.study.spec import Spec, thawed
from cisim.study.stopping import Precision
from cisim.study.tables import DESIGN, RUNS, SERIES, frame_from_parts, read_frame

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("point", "setting", "draw", "case", "world", "seed")


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
    from cisim.study.tables import series_from_parts

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
