"""The manifest of a study: what is being run, how far it is, and digests of what is finished.

It is kept twice, each copy with a checksum, because everything else in the folder is only worth something with it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cisim.compiled import model_version
from cisim.store import git_commit, versions
from cisim.study.folder import Folder
from cisim.study.problems import StudyInputError
from cisim.study.spec import Spec, spec_from

FORMAT = 1
NAME, COPY = "study.json", "study.copy.json"
RUNNING, SWAPPING, FINISHED = "running", "swapping", "finished"


@dataclass
class Manifest:
    """What stands in the folder of a study.

    Attributes
    ----------
    spec : Spec
    model : str
        Version of the model all runs were made with.
    state : str
        "running", "swapping" (new tables take the place of old ones) or "finished".
    tables : dict
        Digest and size of each finished table, by file name.
    shard : tuple of int or None
        (i, n) where this folder holds the i-th of n parts of the study.
    events : list of dict
        What happened, and when.
    versions, commit : where it was begun.
    command : str
        What was typed.
    stop_reason : str
        Why no more points were asked for, in a study that chooses them.
    """

    spec: Spec
    model: str = field(default_factory=model_version)
    state: str = RUNNING
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    shard: tuple[int, int] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)
    commit: str | None = None
    command: str | None = None
    stop_reason: str = ""

    @classmethod
    def new(cls, spec: Spec, shard: tuple[int, int] | None = None, command: str | None = None) -> Manifest:
        """Return the manifest of a study that begins now."""
        known = {"python": platform.python_version(), **versions()}
        made = cls(spec, shard=shard, versions=known, commit=git_commit(), command=command)
        made.note("begun")
        return made

    def note(self, what: str) -> None:
        """Add to the record of what happened."""
        self.events.append({"time": datetime.now(UTC).isoformat(timespec="seconds"), "what": what})

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as plain values."""
        return {
            "cisim_study": FORMAT,
            "study": self.spec.digest,
            "state": self.state,
            "model": self.model,
            "shard": list(self.shard) if self.shard else None,
            "tables": self.tables,
            "stop_reason": self.stop_reason,
            "command": self.command,
            "versions": self.versions,
            "git_commit": self.commit,
            "events": self.events,
            "spec": self.spec.to_dict(),
        }

    def write(self, folder: Folder) -> None:
        """Write both copies, one after the other, so that one is always whole."""
        stated = self.to_dict()
        text = json.dumps({**stated, "checksum": checksum(stated)}, indent=1, ensure_ascii=False)
        for name in (NAME, COPY):
            folder.write(name, text.encode() + b"\n")


def checksum(stated: Mapping[str, Any]) -> str:
    """Return the digest of a manifest's content."""
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def is_study(folder: Folder) -> bool:
    """Tell whether a folder holds a study."""
    return folder.exists(NAME) or folder.exists(COPY)


def read_manifest(folder: Folder) -> tuple[Manifest, list[str]]:
    """Return the manifest of a folder and remarks on damage.

    Raises
    ------
    StudyInputError
        If the folder holds no study, or both copies are damaged.
    """
    if not is_study(folder):
        what = "holds no study (no study.json)" if folder.exists() else "does not exist"
        raise StudyInputError(f"{folder}: {what}; name the folder a study was written to")
    remarks = []
    for name in (NAME, COPY):
        try:
            found = _manifest_from(json.loads(folder.read(name)))
        except Exception as error:  # whatever damage makes of a file
            remarks.append(f"{name} is damaged ({_why(error)})")
        else:
            return found, [f"{remark}; the other copy was used" for remark in remarks]
    raise StudyInputError(
        f"{folder}: {' and '.join(remarks)}; run the study again with the same file and --output: "
        "what has finished is kept and used"
    )


def _why(error: Exception) -> str:
    """Return in a few words what is wrong with a manifest."""
    if isinstance(error, FileNotFoundError):
        return "missing"
    return " ".join(str(error).split())[:80] or type(error).__name__


def _manifest_from(stated: Any) -> Manifest:
    """Return the manifest of plain values if its checksum is right."""
    if not isinstance(stated, dict):
        raise TypeError("it is not a mapping")
    written = stated.pop("checksum", None)
    if written != checksum(stated):
        raise ValueError("its checksum is wrong")
    if stated["cisim_study"] != FORMAT:
        raise ValueError(f"format {stated['cisim_study']}, this cisim reads {FORMAT}")
    shard = tuple(stated["shard"]) if stated["shard"] else None
    found = Manifest(
        spec_from(stated["spec"]), stated["model"], stated["state"], stated["tables"], shard, stated["events"],
        stated["versions"], stated["git_commit"], stated["command"], stated["stop_reason"],
    )  # fmt: skip
    if not isinstance(found.tables, dict) or not isinstance(found.events, list):
        raise TypeError("its tables or events are of another kind")
    if found.spec.digest != stated["study"]:
        raise ValueError("it describes another study than it says")
    return found
