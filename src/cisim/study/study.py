"""Studies from Python: the same designs, folders and analyses as the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cisim.scenario import Scenario, load
from cisim.study.analyses import analyse
from cisim.study.design import base_design
from cisim.study.executors import Pool
from cisim.study.folder import Folder, folder_or_memory
from cisim.study.manifest import FINISHED, Manifest, read_manifest
from cisim.study.problems import StudyInputError
from cisim.study.progress import Status
from cisim.study.reading import load_study, study_from
from cisim.study.records import Report, StudyData
from cisim.study.results import data_of, read_frame
from cisim.study.runner import How, run_study
from cisim.study.spec import Spec
from cisim.study.tables import DESIGN, FAILURES, RUNS, SERIES, changed_tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class Study:
    """A design of paired worlds: what varies, in which cases, how often, and what is asked of the results.

    Parameters
    ----------
    scenario : Scenario, str or Path
        What all cases are made from.
    analysis : str
        "sweep", "attribution", "sensitivity", "discover", "value", "calibrate" or "predict".
    vary : mapping, optional
        By parameter a list of values, ``{"low": 0, "high": 1, "n": 5}``, or by a name of one's own
        ``{"levels": {label: {parameter: value}}}``.
    uncertainties : "calibrated", "scenario", "none", list or mapping, optional
        "calibrated", the default, draws jointly what was calibrated and the scenario leaves open, and what else
        the scenario declares; "scenario" takes what it declares; "none" leaves values as they are; a list of names
        or distributions as in a scenario file; ``{"posterior": folder}`` draws from a finished calibration.
    cases : mapping or list, optional
        ``{label: {"regime": name, "set": {...}}}`` or names of regimes; isolated and collective by default.
        Levers vary in all cases but the reference, other parameters in all.
    worlds : int or "auto", optional
        Worlds per point; "auto" needs `precision`, such as ``{"half_width": 0.1}``.
    seed : int
        Key of all draws.
    **more
        Further entries of a study file: `name`, `title`, `question`, `set`, `reference`, `budget`, `samples`,
        `precision`, `seeds`, `outcomes`, `series`, `options`.

    Raises
    ------
    ScenarioError
        With everything that is not allowed.

    Examples
    --------
    >>> import cisim
    >>> small = {"months": 24, "n_orgs": 8}
    >>> study = cisim.Study("null-separable", vary={"backbone": [0, 1]}, set=small, samples=5, worlds=3, seed=7)
    >>> result = study.run()
    >>> list(result.runs.columns[:7])
    ['study', 'point', 'setting', 'draw', 'case', 'world', 'seed']
    >>> len(result.runs)  # 2 settings, 5 draws of what nobody knows, 2 cases, 3 worlds
    60
    """

    def __init__(
        self,
        scenario: Scenario | str | Path,
        *,
        analysis: str = "sweep",
        vary: Mapping[str, Any] | None = None,
        uncertainties: str | Sequence[Any] | Mapping[str, Any] | None = None,
        cases: Mapping[str, Any] | Sequence[str] | None = None,
        worlds: int | str | None = None,
        seed: int = 1,
        **more: Any,
    ) -> None:
        given = scenario if isinstance(scenario, Scenario) else load(scenario)
        stated = {"vary": vary, "uncertainties": uncertainties, "cases": cases, "worlds": worlds, **more}
        data = {key: value for key, value in stated.items() if value is not None}
        name = str(data.get("name", f"{given.name}-{analysis}"))
        self.spec: Spec = study_from({"analysis": analysis, "seed": seed, **data}, name, given)

    @classmethod
    def of(cls, spec: Spec) -> Study:
        """Return the study of a resolved specification."""
        made = cls.__new__(cls)
        made.spec = spec
        return made

    @classmethod
    def load(cls, name_or_path: str | Path) -> Study:
        """Return a shipped study by name, or the one in a file.

        Raises
        ------
        ScenarioError
            With everything that is wrong, each with file, line and column.
        """
        return cls.of(load_study(name_or_path))

    def __repr__(self) -> str:
        """Say what kind of study this is."""
        varied = ", ".join(factor.name for factor in self.spec.factors)
        return f"<Study {self.spec.name!r}: {self.spec.analysis} over {varied}>"

    @property
    def design(self) -> pd.DataFrame:
        """One row per point: `point`, `setting`, `draw`, `luck` and the factors (of a calibration: the first wave)."""
        from cisim.study.stages import first_stage

        return first_stage(self.spec).design if self.spec.analysis == "calibrate" else base_design(self.spec)

    def run(
        self,
        folder: str | Path | None = None,
        *,
        executor: str | Pool = "threads",
        workers: int | None = None,
        scheduler: str | None = None,
        on_status: Callable[[Status], object] | None = None,
        on_remark: Callable[[str], object] | None = None,
    ) -> StudyResult:
        """Run the study, or what is left of it, and return its results.

        Parameters
        ----------
        folder : str or Path, optional
            Where it is kept: a path, or any URL of fsspec. A folder that holds the same study is gone on with.
            Without one everything stays in memory.
        executor : {"threads", "processes", "dask"} or Pool
            Where worlds are simulated; results do not depend on it.
        workers : int, optional
            By default one per core.
        scheduler : str, optional
            Address of a Dask scheduler, ``tcp://host:port``; without one a cluster on this machine is used.
        on_status, on_remark : callable, optional
            Get a `Status` now and then, and sentences about what happened.

        Returns
        -------
        StudyResult

        Raises
        ------
        StudyInputError
            If the folder holds something else, or something that was asked for is not allowed.
        StudyError
            If the disk, the workers or the cluster fail; finished runs are kept.
        """
        if folder is not None and not isinstance(folder, str | Path):
            raise StudyInputError(f"folder: {folder!r} is not allowed; a path or a URL")
        place = folder_or_memory(folder)
        silent: Callable[[Any], object] = lambda _: None  # noqa: E731
        how = How(executor, workers, scheduler, on_status or silent, on_remark or silent)
        return StudyResult(place, run_study(self.spec, place, how))


@dataclass(frozen=True)
class StudyResult:
    """A finished study; made by `Study.run` and `open_study`.

    Attributes
    ----------
    folder : Folder
    manifest : Manifest
    """

    folder: Folder
    manifest: Manifest

    def __repr__(self) -> str:
        """Say which study this is and where."""
        return f"<StudyResult {self.spec.name!r} in {self.folder}>"

    @property
    def spec(self) -> Spec:
        """What was run."""
        return self.manifest.spec

    @cached_property
    def design(self) -> pd.DataFrame:
        """One row per point, with its factors and number of worlds."""
        return read_frame(self.folder, DESIGN)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per run: study, point, setting, draw, case, world, seed, run and all outcomes."""
        return read_frame(self.folder, RUNS)

    @cached_property
    def series(self) -> pd.DataFrame:
        """One row per run and month, with the monthly columns that were kept.

        Raises
        ------
        ValueError
            If none were.
        """
        if not self.spec.series:
            raise ValueError("series: this study kept no monthly columns; name some under 'series'")
        return read_frame(self.folder, SERIES)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row per failed run, with the error and the scenario that repeats it."""
        return read_frame(self.folder, FAILURES)

    @cached_property
    def data(self) -> StudyData:
        """What analyses read."""
        return data_of(self.manifest, self.folder)

    @cached_property
    def report(self) -> Report:
        """What the study's analysis finds: `text`, `tables` and `figures`."""
        return analyse(self.manifest, self.data)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the analysis as tidy tables by name."""
        return self.report.tables

    def plot(self, name: str | None = None) -> Figure:
        """Draw one of the analysis' figures, the first unless named (`report.figures` lists them)."""
        return self.report.plot(name)

    def save(self) -> None:
        """Write the analysis into the folder: ``analysis/report.txt``, a CSV per table, each figure as SVG and PNG.

        Raises
        ------
        StudyInputError
            If something stands there that no report has written; nothing is replaced.
        """
        from cisim.study.beforehand import check_report
        from cisim.study.published import write_report

        check_report(self.folder)
        write_report(self.report, self.folder)


def open_study(folder: str | Path) -> StudyResult:
    """Return the results of a finished study.

    Raises
    ------
    StudyInputError
        If the folder holds no study, one that is not finished, or tables that changed since they were written.
    """
    place = Folder(str(folder))
    manifest, _ = read_manifest(place)
    if manifest.state != FINISHED or not manifest.tables:
        what = (
            "is a shard; put the shards together with 'cisim merge'"
            if manifest.shard
            else "is not finished; go on with 'cisim resume'"
        )
        raise StudyInputError(f"{folder}: {what}")
    bad = changed_tables(manifest, place)
    if bad:
        raise StudyInputError(
            f"{folder}: {', '.join(bad)} changed since written; 'cisim resume {folder}' makes it again"
        )
    return StudyResult(place, manifest)
