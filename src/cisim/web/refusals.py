"""How the server says no: a status and problems as plain values, never a traceback, never a path of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cisim.problems import Problem, ScenarioError

FAILED = {"field": "", "message": "the server failed here; what was asked may be repeated"}


class RefusedError(Exception):
    """A request that is not done.

    Attributes
    ----------
    status : int
        HTTP status.
    problems : list of dict
        `field`, `message`, and `line`, `column` where known.
    headers : dict of str to str
        To send with it.
    """

    def __init__(self, status: int, message: str, field: str = "", headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.problems: list[dict[str, Any]] = [{"field": field, "message": message}]
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, error: ScenarioError) -> RefusedError:
        """Return the refusal of values that are not allowed.

        Examples
        --------
        >>> RefusedError.of(ScenarioError.of("is not allowed", "worlds")).problems
        [{'field': 'worlds', 'message': 'is not allowed'}]
        """
        found = cls(400, "not allowed")
        found.problems = [_plain(one) for one in error.problems]
        return found


def _plain(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain values."""
    place = {"line": problem.place.line, "column": problem.place.column} if problem.place.line else {}
    return {"field": problem.field, "message": problem.message, **place}
