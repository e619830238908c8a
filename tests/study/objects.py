"""A file system on the disk that behaves as an object store: no renaming, no folders to speak of."""

from __future__ import annotations

from typing import Any

import fsspec
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem


class ObjectStore(DirFileSystem):
    """Objects by name; moving one is copying and deleting it."""

    protocol = "objects"

    def __init__(self, **more: Any) -> None:
        more.pop("path", None)
        super().__init__(path="/", fs=LocalFileSystem(auto_mkdir=True), **more)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).removeprefix("objects://")

    def mv(self, path1: str, path2: str, **more: Any) -> None:
        del more
        self.pipe_file(path2, self.cat_file(path1))
        self.rm_file(path1)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        del path, exist_ok


def register() -> None:
    """Make ``objects://`` known."""
    fsspec.register_implementation("objects", ObjectStore, clobber=True)
