"""Why a study stops, in words for the person who runs it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class StudyError(RuntimeError):
    """A study could not go on; what had finished is kept."""


class StudyInputError(ValueError):
    """What was asked of a study is not allowed; nothing was changed."""


class InUseError(StudyInputError):
    """Another driver is at work in the folder."""


REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would grow beyond the allowed size",
    errno.EROFS: "the folder is on a read-only disk",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EIO: "the disk reports an error",
}
"""What the system means by the errors that people can do something about."""


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn the system's errors into a `StudyError` that names the folder and the reason."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if isinstance(error, TimeoutError | ConnectionError):
            raise
        reason = REASONS.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)
        raise StudyError(f"{where}: {reason}") from error
