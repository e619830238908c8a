"""The folder of a study, on a disk or anywhere fsspec reaches: whole files, one writer.

A file is written under a temporary name, flushed to the disk and renamed, so that under its own name it is
either complete or not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Self

from cisim.study.problems import InUseError, StudyError, StudyInputError, explained

LOCK = ".lock"
TEMPORARY = ".tmp-"
LEASE_SECONDS = 120.0
"""Age at which the lease of a driver on another machine counts as given up."""


class Folder:
    """Files of a study by name, with ``/`` between folders.

    Parameters
    ----------
    url : str
        Path of a folder, or any URL of fsspec such as ``s3://bucket/study`` or ``memory://study``.

    Raises
    ------
    StudyInputError
        If no library for the URL is installed.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        if not url.strip() or "::" in url or not url.isprintable():
            what = "a path of printable characters or a URL such as s3://bucket/study, not a chain of them"
            raise StudyInputError(f"folder: {url[:200]!r} is not allowed; {what}")
        try:
            self.fs, root = fsspec.core.url_to_fs(url)
        except Exception as error:  # each library has errors of its own
            raise StudyInputError(f"{url}: {error}") from error
        self.url = url
        self.root = str(root).rstrip("/")
        if not self.root:
            raise StudyInputError(f"folder: {url!r} is not allowed; a folder below it")
        self.is_local = type(self.fs).__name__ == "LocalFileSystem"
        self._seen: set[str] = set()

    def __str__(self) -> str:
        return self.url

    def path(self, name: str) -> str:
        """Return where a file stands for the file system."""
        return f"{self.root}/{name}"

    def exists(self, name: str = "") -> bool:
        """Tell whether a file, or the folder itself, is there."""
        return bool(self.fs.exists(self.path(name) if name else self.root))

    def is_file(self) -> bool:
        """Tell whether what stands in the folder's place is a file."""
        return self.is_local and Path(self.root).exists() and not Path(self.root).is_dir()

    def names(self, below: str = "") -> list[str]:
        """Return the names of all files, or those below a folder, sorted."""
        start = self.path(below) if below else self.root
        self.fs.invalidate_cache()
        if not self.fs.exists(start):
            return []
        found = [str(path) for path in self.fs.find(start)]
        cut = len(self.root) + 1
        return sorted(path[cut:] if path.startswith(self.root) else _tail(path, self.root) for path in found)

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        return bytes(self.fs.cat_file(self.path(name)))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return int(self.fs.size(self.path(name)))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading at any place."""
        return self.fs.open(self.path(name), "rb")  # type: ignore[no-any-return]

    def make(self) -> None:
        """Make the folder.

        Raises
        ------
        StudyError
            If that is not possible.
        """
        try:
            with explained(self.url):
                self.fs.makedirs(self.root, exist_ok=True)
        except (FileNotFoundError, NotImplementedError, TypeError, ValueError) as error:
            raise StudyError(f"{self.url}: cannot be made: {error}") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file.

        Raises
        ------
        StudyError
            If the disk is full, read-only or fails; an earlier file of that name is then unchanged.
        """
        with self.writing(name) as stream:
            stream.write(data)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Give a stream whose bytes become the file `name` if the block ends well."""
        pure = PurePosixPath(name)
        fresh = str(pure.with_name(f"{TEMPORARY}{secrets.token_hex(4)}-{pure.name}"))
        with explained(self.url):
            self._make_parent(name)
            try:
                with self.fs.open(self.path(fresh), "wb") as stream:
                    yield stream
                    if self.is_local:
                        stream.flush()
                        os.fsync(stream.fileno())
                self.rename(fresh, name)
            except BaseException:
                with contextlib.suppress(Exception):
                    self.fs.rm_file(self.path(fresh))
                raise

    def _make_parent(self, name: str) -> None:
        """Make the folder a file goes to, once."""
        parent = str(PurePosixPath(self.path(name)).parent)
        if parent not in self._seen:
            self.fs.makedirs(parent, exist_ok=True)
            self._seen.add(parent)

    def rename(self, old: str, new: str) -> None:
        """Let a file take the place of another; on a disk this happens at once or not at all."""
        if self.is_local:
            Path(self.path(old)).replace(self.path(new))
            _flush_folder(Path(self.path(new)).parent)
        else:
            self.fs.mv(self.path(old), self.path(new))

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        with explained(self.url), contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(self.path(name))

    def remove_temporary(self) -> int:
        """Remove what a killed driver had half written; return the number of files."""
        left = [name for name in self.names() if PurePosixPath(name).name.startswith(TEMPORARY)]
        for name in left:
            self.remove(name)
        return len(left)

    def lock(self) -> contextlib.AbstractContextManager[Any]:
        """Keep other drivers out while the context lasts.

        Raises
        ------
        InUseError
            If one is at work here.
        """
        return _locked_file(self) if self.is_local and _has_flock() else Lease(self)


def folder_or_memory(where: str | Path | None) -> Folder:
    """Return the folder named, or a new one in memory where none is."""
    return Folder(str(where) if where is not None else f"memory://cisim-{secrets.token_hex(6)}")


def _tail(path: str, root: str) -> str:
    """Return the part of a path below a root that a file system writes another way."""
    parts, base = PurePosixPath(path).parts, PurePosixPath(root).parts
    return "/".join(parts[parts.index(base[-1]) + 1 :])


def _flush_folder(path: Path) -> None:
    """Let a rename survive a loss of power, where the system can say so."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _has_flock() -> bool:
    """Tell whether the system has locks that end with their process."""
    try:
        import fcntl
    except ImportError:
        return False
    return hasattr(fcntl, "flock")


def _who() -> dict[str, Any]:
    """Return who this driver is."""
    return {"host": socket.gethostname(), "pid": os.getpid()}


def in_use(url: str, who: dict[str, Any]) -> InUseError:
    """Return the error that names the other driver."""
    name = f"process {who.get('pid', '?')} on {who.get('host', 'another machine')}"
    return InUseError(
        f"{url}: {name} is at work in this folder; wait for it or stop it, see 'cisim status {url}'"
    )


@contextlib.contextmanager
def _locked_file(folder: Folder) -> Iterator[None]:
    """Hold a lock of the operating system, which ends with this process however it ends."""
    import fcntl

    with explained(folder.url):
        handle = os.open(folder.path(LOCK), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise in_use(folder.url, _read_who(os.pread(handle, 4096, 0))) from error
        with explained(folder.url):
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(_who()).encode(), 0)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _read_who(data: bytes) -> dict[str, Any]:
    """Return who wrote a lock."""
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Lease:
    """A lock for places without locks: a file that has to be renewed.

    Two drivers that start within the same moment both write it; each reads it back and the one whose name is
    gone gives way.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.token = secrets.token_hex(8)
        self.renewed = 0.0

    def __enter__(self) -> Self:
        who = self._holder()
        if who and time.time() - float(who.get("time", 0.0)) < LEASE_SECONDS:
            raise in_use(self.folder.url, who)
        self._write()
        if self._holder().get("token") != self.token:
            raise in_use(self.folder.url, self._holder())
        return self

    def renew(self) -> None:
        """Say that this driver is still at work; called often, writes seldom."""
        if time.monotonic() - self.renewed > LEASE_SECONDS / 4:
            if self._holder().get("token") != self.token:
                raise in_use(self.folder.url, self._holder())
            self._write()

    def _write(self) -> None:
        """Write the lease."""
        stated = {**_who(), "token": self.token, "time": time.time()}
        self.folder.write(LOCK, json.dumps(stated).encode())
        self.renewed = time.monotonic()

    def _holder(self) -> dict[str, Any]:
        """Return who holds the lease, nothing if nobody does."""
        try:
            return _read_who(self.folder.read(LOCK))
        except FileNotFoundError:
            return {}

    def __exit__(self, *_: object) -> None:
        if self._holder().get("token") == self.token:
            self.folder.remove(LOCK)


def holder(folder: Folder) -> dict[str, Any] | None:
    """Return the driver at work in a folder, or None."""
    if not folder.exists(LOCK):
        return None
    if not (folder.is_local and _has_flock()):
        who = _read_who(folder.read(LOCK))
        return who if who and time.time() - float(who.get("time", 0.0)) < LEASE_SECONDS else None
    import fcntl

    handle = os.open(folder.path(LOCK), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read_who(os.pread(handle, 4096, 0)) or {"pid": "?", "host": "this machine"}
    else:
        return None
    finally:
        os.close(handle)
