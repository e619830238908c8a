"""Why a command stops."""

from __future__ import annotations


class InputError(ValueError):
    """What was asked for is not allowed; the message names field, value and what is allowed (exit code 2)."""


class FailureError(RuntimeError):
    """What was asked for is allowed but did not work (exit code 1)."""
