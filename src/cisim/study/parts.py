"""Finished chunks on disk: Parquet files named after their bytes, so that damage shows."""

from __future__ import annotations

import hashlib
import io
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cisim.study.folder import Folder
from cisim.study.plan import Jobs

if TYPE_CHECKING:
    import pyarrow as pa

I = npt.NDArray[np.int64]  # noqa: E741
PARTS, DAMAGED = "parts", "damaged"
STUDY = b"cisim_study"
"""Entry of a Parquet file's metadata that holds the digest of its study."""
KEYS = ("point", "case", "world")
CACHE_BYTES = 96 * 1024 * 1024
"""Decoded parts kept in memory while tables are put together."""


NAMED = re.compile(rf"{PARTS}/[0-9a-f]{{32}}\.parquet")


def study_in(folder: Folder, name: str) -> str:
    """Return the digest of the study a Parquet file says it belongs to, "" if it does not say."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with folder.open(name) as stream:
            stated = pq.read_schema(stream).metadata or {}
    except (OSError, ValueError, pa.ArrowException):
        return ""
    return bytes(stated.get(STUDY, b"")).decode("ascii", "replace")


def name_of(data: bytes) -> str:
    """Return the name of a part: a hash of its bytes."""
    return f"{PARTS}/{hashlib.sha256(data).hexdigest()[:32]}.parquet"


def read_table(data: bytes, columns: list[str] | None = None) -> pa.Table:
    """Return a Parquet file in memory as a table."""
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(data), columns=columns)


@dataclass
class Parts:
    """Which runs are finished, and where each is: filled from the folder, then by every chunk that comes in.

    Attributes
    ----------
    folder : Folder
    study : str
        Digest of the study; parts of another are not used.
    names : list of str
    point, case, world : list of (n,) int64
        Per part, the runs it holds in order.
    failed : list of (n,) bool
        Per part, which of them failed.
    remarks : list of str
        What was wrong with parts found in the folder.
    """

    folder: Folder
    study: str
    names: list[str] = field(default_factory=list)
    point: list[I] = field(default_factory=list)
    case: list[I] = field(default_factory=list)
    world: list[I] = field(default_factory=list)
    failed: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _decoded: OrderedDict[int, pa.Table] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def scan(self, *, retry_failed: bool = False) -> None:
        """Take in the parts of the folder; damaged ones are set aside and their runs repeated.

        Parameters
        ----------
        retry_failed : bool
            Forget runs that failed, so that they are tried again.
        """
        for name in self.folder.names(PARTS):
            if not name.endswith(".parquet"):
                continue
            data = self.folder.read(name)
            if name_of(data) != name:
                self._set_aside(name, "is damaged or cut off")
                continue
            self._take_in(name, data, retry_failed)

    def _take_in(self, name: str, data: bytes, retry_failed: bool) -> None:
        """Note the runs of one whole part."""
        import pyarrow as pa

        try:
            table = read_table(data, [*KEYS, "error"])
        except (OSError, ValueError, pa.ArrowException) as error:
            self._set_aside(name, f"cannot be read ({str(error)[:60]})")
            return
        if (table.schema.metadata or {}).get(STUDY, b"").decode() != self.study:
            self._set_aside(name, "belongs to another study")
            return
        failed = np.asarray(table["error"].is_valid())
        if retry_failed and failed.any():
            self._forget_failed(name, data, failed)
        else:
            self._note(name, table, failed)

    def _forget_failed(self, name: str, data: bytes, failed: npt.NDArray[np.bool_]) -> None:
        """Replace a part by one without its failed runs."""
        if not failed.all():
            self.add(rewritten(read_table(data).filter(~failed)))
        self.folder.remove(name)

    def _set_aside(self, name: str, why: str) -> None:
        """Move a part out of the way; nothing is deleted."""
        to = f"{DAMAGED}/{PurePosixPath(name).name}"
        self.folder.write(to, self.folder.read(name))
        self.folder.remove(name)
        self.remarks.append(f"{name} {why}; moved to {to}, its runs are repeated")

    def _note(self, name: str, table: pa.Table, failed: npt.NDArray[np.bool_]) -> None:
        """Remember which runs a part holds."""
        self.names.append(name)
        for key in KEYS:
            getattr(self, key).append(np.asarray(table[key]).astype(np.int64))
        self.failed.append(failed)

    def add(self, data: bytes) -> None:
        """Write a finished chunk to the folder and take it in.

        Raises
        ------
        StudyError
            If the folder cannot be written to.
        """
        name = name_of(data)
        self.folder.write(name, data)
        table = read_table(data, [*KEYS, "error"])
        self._note(name, table, np.asarray(table["error"].is_valid()))

    def places(self, jobs: Jobs) -> tuple[I, I]:
        """Return part and row of every job, -1 for those that are not finished; equal runs count once."""
        part = np.full(len(jobs), -1, dtype=np.int64)
        row = np.full(len(jobs), -1, dtype=np.int64)
        for k in range(len(self.names)):
            at = jobs.index_of(self.point[k], self.case[k], self.world[k])
            known = at >= 0
            part[at[known]] = k
            row[at[known]] = np.flatnonzero(known)
        return part[jobs.primary], row[jobs.primary]

    def missing(self, jobs: Jobs) -> I:
        """Return the jobs that still have to be simulated, in the order they should be."""
        part, _ = self.places(jobs)
        to_run = jobs.to_run
        return to_run[part[to_run] < 0]

    @property
    def n_failed(self) -> int:
        """Failed runs in all parts."""
        return int(sum(failed.sum() for failed in self.failed))

    def table(self, k: int) -> pa.Table:
        """Return a part, from memory if it was used lately."""
        if k not in self._decoded:
            found = read_table(self.folder.read(self.names[k]))
            self._decoded[k] = found
            self._bytes += found.nbytes
            while self._bytes > CACHE_BYTES and len(self._decoded) > 1:
                _, old = self._decoded.popitem(last=False)
                self._bytes -= old.nbytes
        self._decoded.move_to_end(k)
        return self._decoded[k]

    def gather(self, part: I, row: I, columns: list[str] | None = None) -> pa.Table:
        """Return the rows at the given places, in their order."""
        import pyarrow as pa

        order = np.argsort(part, kind="stable")
        pieces = []
        for k in np.unique(part):
            table = self.table(int(k))
            table = table.select(columns) if columns else table
            pieces.append(table.take(pa.array(row[order][part[order] == k])))
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        return pa.concat_tables(pieces).take(pa.array(back)).combine_chunks()

    def remove_all(self) -> None:
        """Remove the parts from the folder, once their runs stand in tables."""
        for name in self.folder.names(PARTS):
            if NAMED.fullmatch(name):  # whatever else stands there is not ours
                self.folder.remove(name)


def rewritten(table: pa.Table) -> bytes:
    """Return a table as the bytes of a part."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def sizes(folder: Folder, names: list[str]) -> dict[str, Any]:
    """Return digest and size of files that may be large, read in pieces."""
    found = {}
    for name in names:
        digest = hashlib.sha256()
        with folder.open(name) as stream:
            while piece := stream.read(1 << 22):
                digest.update(piece)
        found[name] = {"sha256": digest.hexdigest(), "bytes": folder.size(name)}
    return found
