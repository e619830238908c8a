"""Which analysis a study asks for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cisim.study.manifest import Manifest
from cisim.study.records import Report, StudyData
from cisim.study.stages import one_blas_thread

HOMES = {
    "sweep": "cisim.study.sweep.analysis",
    "attribution": "cisim.study.attribution.analysis",
    "sensitivity": "cisim.study.sensitivity.analysis",
    "discover": "cisim.study.discovery.analysis",
    "value": "cisim.study.decision.analysis",
    "predict": "cisim.study.prediction.analysis",
}
"""Module of each analysis; its `analyse` takes the data and returns the report."""


def analyse(manifest: Manifest, data: StudyData) -> Report:
    """Return what the analysis of a finished study finds.

    Raises
    ------
    ValueError
        If the results cannot be analysed so, with the reason.
    """
    kind = manifest.spec.analysis
    if kind == "calibrate":
        from cisim.study.calibration.analysis import analyse_study

        with one_blas_thread():
            return analyse_study(manifest.spec, data, manifest.stop_reason)
    module: Any = import_module(HOMES[kind])
    found: Report = module.analyse(data)
    return found
