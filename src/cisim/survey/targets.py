"""Where results of a survey are written: refused before any work if that cannot be, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cisim.problems import ScenarioError

LONGEST_NAME = 240
"""Bytes a name may have; most disks take 255, of which a folder needs a few while it is made."""


def check_text(words: Mapping[str, object]) -> None:
    r"""Refuse texts and names of files that cannot be written down as UTF-8.

    Parameters
    ----------
    words : mapping of str
        What was given, by option or argument; None is not looked at.

    Raises
    ------
    ScenarioError
        With the option and the text.

    Examples
    --------
    >>> check_text({"TIES": "t\udce9.csv"})
    Traceback (most recent call last):
    ...
    cisim.problems.ScenarioError: TIES: 't\udce9.csv' is not UTF-8; give the file another name
    """
    for option, word in words.items():
        text = "" if word is None else str(word)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise ScenarioError.of(f"{text!a} is not UTF-8; give the file another name", option) from None


def check_file(path: Path) -> None:
    """Refuse a new file that cannot be written, before any work.

    Raises
    ------
    ScenarioError
        If something stands there, there is no such folder, or nothing can be written into it.
    """
    if _stands(path, path):
        raise _refused(f"{path} exists and is not overwritten; name a new file")
    parent = path.absolute().parent
    if not parent.is_dir():
        raise _refused(f"there is no folder {path.parent}")
    _try(parent, path)


def check_folder(folder: Path) -> None:
    """Refuse a new or empty folder that cannot be written, before any work.

    Raises
    ------
    ScenarioError
        If something stands there, a file stands where a folder is needed, or nothing can be written there.
    """
    from cisim.store import local_target

    target = local_target(folder)
    if _stands(target, folder) and (not target.is_dir() or _holds(target, folder)):
        raise _refused(f"{folder} exists and is not overwritten; name a new folder")
    above = next(place for place in target.parents if _stands(place, folder))
    if not above.is_dir():
        raise _refused(f"{folder} cannot be written: {above} is no folder")
    _try(above, folder)


def write_new(path: Path, text: str) -> None:
    """Write a new file, whole or not at all.

    Raises
    ------
    OSError
        If something stands there by now, or the disk does not take it; it names `path`.
    """
    part = path.with_name(f".cisim-{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        part.replace(path)
    except OSError as error:
        raise named(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def named(error: OSError, path: Path) -> OSError:
    """Return an error of the disk that names what was asked for, not what stands there while it is made.

    Examples
    --------
    >>> str(named(PermissionError(13, "Permission denied", ".p.new-12"), Path("p")))
    "[Errno 13] Permission denied: 'p'"
    """
    return error if error.errno is None else OSError(error.errno, error.strerror, str(path))


def _refused(what: str) -> ScenarioError:
    """Return the error about a target."""
    return ScenarioError.of(what, "--output")


def _stands(place: Path, asked: Path) -> bool:
    """Tell whether anything stands at a place, a broken link too."""
    long = next((part for part in place.parts if len(os.fsencode(part)) > LONGEST_NAME), None)
    if long is not None:
        raise _refused(f"{long[:20]!r}... has more than {LONGEST_NAME} bytes; give a shorter name")
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _refused(f"{asked} cannot be written: {error.strerror}") from error
    return True


def _holds(target: Path, asked: Path) -> bool:
    """Tell whether a folder holds anything."""
    try:
        return any(target.iterdir())
    except OSError as error:
        raise _refused(f"{asked} cannot be read: {error.strerror}") from error


def _try(folder: Path, asked: Path) -> None:
    """Refuse a folder into which nothing can be written."""
    try:
        Path(tempfile.mkdtemp(prefix=".cisim-", dir=folder)).rmdir()
    except OSError as error:
        raise _refused(f"{asked} cannot be written: {error.strerror}") from error
