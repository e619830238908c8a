"""Why a command stops."""

from __future__ import annotations


class InputError(ValueError):
    """What was asked for is not allowed; the message names field, value and what is allowed (exit code 2)."""


class StoppedError(Exception):
    """A signal ended the command; the message says what is kept, `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class FailureError(RuntimeError):
    """What was asked for is allowed but did not work (exit code 1)."""
