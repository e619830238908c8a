"""How a study stands: what is finished, who is at work, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cisim.study.folder import Folder, holder
from cisim.study.manifest import FINISHED, Manifest, read_manifest
from cisim.study.parts import Parts
from cisim.study.plan import Plan
from cisim.study.stages import first_stage
from cisim.study.stopping import Precision
from cisim.study.tables import FAILURES, RUNS, changed_tables


@dataclass(frozen=True)
class Standing:
    """How a study stands.

    Attributes
    ----------
    manifest : Manifest
    folder : str
    driver : dict or None
        The driver at work.
    finished, wanted, failed : int
        Runs that are finished, those the study needs as far as is known, and those that failed.
    remarks : tuple of str
        Damage found.
    """

    manifest: Manifest
    folder: str
    driver: dict[str, Any] | None
    finished: int
    wanted: int
    failed: int
    remarks: tuple[str, ...]

    @property
    def state(self) -> str:
        """Return "finished", "running" (a driver is at work) or "stopped"."""
        if self.manifest.state == FINISHED:
            return FINISHED
        return "running" if self.driver else "stopped"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "folder": self.folder,
            "study": self.manifest.spec.name,
            "analysis": self.manifest.spec.analysis,
            "state": self.state,
            "finished": self.finished,
            "wanted": self.wanted,
            "failed": self.failed,
            "driver": self.driver,
            "shard": list(self.manifest.shard) if self.manifest.shard else None,
            "stop_reason": self.manifest.stop_reason,
            "events": self.manifest.events,
            "remarks": list(self.remarks),
        }

    def text(self) -> str:
        """Return it in words."""
        spec = self.manifest.spec
        share = f" ({self.finished / self.wanted:.0%})" if self.wanted else ""
        lines = [
            f"{spec.title}",
            f"study      {spec.name}, {spec.analysis}"
            + (f", shard {'/'.join(map(str, self.manifest.shard))}" if self.manifest.shard else ""),
            f"state      {self.state}"
            + (f", process {self.driver.get('pid')} on {self.driver.get('host')}" if self.driver else ""),
            f"runs       {self.finished:,} of {self.wanted:,}{share}"
            + (" in this stage" if self._is_staged else ""),
            f"failed     {self.failed:,}",
        ]
        if self.manifest.stop_reason:
            lines.append(f"ended      {self.manifest.stop_reason}")
        lines += [f"remark     {remark}" for remark in self.remarks]
        lines += ["", *(f"{event['time']}  {event['what']}" for event in self.manifest.events[-10:])]
        if self.state == "stopped":
            lines += ["", f"go on with: cisim resume {self.folder}"]
        return "\n".join(lines)

    @property
    def _is_staged(self) -> bool:
        """Whether results decide what is run next."""
        spec = self.manifest.spec
        return self.manifest.state != FINISHED and (
            spec.analysis == "calibrate" or isinstance(spec.worlds, Precision)
        )


def standing(folder: Folder) -> Standing:
    """Return how the study in a folder stands, without changing anything.

    Raises
    ------
    StudyInputError
        If there is none.
    """
    manifest, remarks = read_manifest(folder)
    driver = holder(folder)
    bad = changed_tables(manifest, folder) if manifest.state == FINISHED else []
    if bad:
        remarks.append(f"{', '.join(bad)} changed since written; 'cisim resume {folder.url}' makes it again")
        return Standing(manifest, folder.url, driver, 0, 0, 0, tuple(remarks))
    if manifest.state == FINISHED and manifest.tables:
        n, failed = rows_of(folder, RUNS), rows_of(folder, FAILURES)
        return Standing(manifest, folder.url, driver, n + failed, n + failed, failed, tuple(remarks))
    stage = first_stage(manifest.spec)
    jobs = Plan(manifest.spec, stage.design, stage.worlds).jobs
    parts = Looked(folder, manifest.spec.digest)
    parts.scan()
    wanted = int(jobs.to_run.size) if manifest.shard is None else sum(map(len, parts.point))
    finished = sum(map(len, parts.point))
    remarks += parts.remarks
    return Standing(
        manifest, folder.url, driver, finished, max(wanted, finished), parts.n_failed, tuple(remarks)
    )


class Looked(Parts):
    """Parts that are looked at only: damage is told, not mended."""

    def _set_aside(self, name: str, why: str) -> None:
        """Note damage; a driver will set the part aside."""
        self.remarks.append(f"{name} {why}; its runs will be repeated")


def rows_of(folder: Folder, name: str) -> int:
    """Return the number of rows of a finished table."""
    import pyarrow.parquet as pq

    with folder.open(name) as stream:
        return int(pq.ParquetFile(stream).metadata.num_rows)
