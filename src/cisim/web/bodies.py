"""What a request carries, read strictly: bounded in bytes, in time and in depth, and every name stated once."""

from __future__ import annotations

import asyncio
import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from cisim.web.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.types import Receive

MOST_BYTES = 256 * 1024
MOST_NAMES = 1_000
MOST_DEPTH = 12
SECONDS = 10.0
"""In which a body has to arrive."""


class GoneError(Exception):
    """Whoever asked has left."""


async def body_of(receive: Receive, most: int = MOST_BYTES, seconds: float = SECONDS) -> bytes:
    """Return the body of a request.

    Raises
    ------
    RefusedError
        If it is longer than `most` bytes (413) or takes longer than `seconds` (408).
    GoneError
        If the connection ends before the body does.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _all_of(receive, most)
    except TimeoutError:
        raise RefusedError(
            408, f"the request did not arrive within {seconds:g} seconds", headers=CLOSE
        ) from None


CLOSE = {"connection": "close"}


async def _all_of(receive: Receive, most: int) -> bytes:
    """Return all parts of a body."""
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise RefusedError(413, f"the request is longer than {most // 1024} kB", headers=CLOSE)
        parts.append(part)
        is_more = message.get("more_body", False)
    return b"".join(parts)


def plain_json(data: bytes) -> dict[str, Any]:
    """Return the object that JSON text states.

    Raises
    ------
    RefusedError
        If it is not UTF-8, not JSON, no object, nested too deep, states a name twice, or holds what JSON has no
        word for.

    Examples
    --------
    >>> plain_json(b'{"i": 3}')
    {'i': 3}
    """
    try:
        text = data.decode("utf-8")
        found = json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise RefusedError(400, "the request is not UTF-8") from None
    except RecursionError:
        raise RefusedError(400, f"the request is nested more than {MOST_DEPTH} deep") from None
    except json.JSONDecodeError as error:
        raise _at(error) from None
    except ValueError:  # a whole number of thousands of digits
        raise RefusedError(400, "the request holds a number with too many digits") from None
    if not isinstance(found, dict):
        raise RefusedError(400, "the request has to be a JSON object")
    _check(found)
    return found


def _at(error: json.JSONDecodeError) -> RefusedError:
    """Return where a text stops being JSON."""
    refused = RefusedError(400, f"the request is not JSON: {error.msg[:1].lower()}{error.msg[1:]}")
    refused.problems[0] |= {"line": error.lineno, "column": error.colno}
    return refused


def _no_number(word: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise RefusedError(400, f"{word} is not a number of JSON")


def _finite(text: str) -> float:
    """Return a finite number."""
    value = float(text)
    if not math.isfinite(value):
        raise RefusedError(400, f"{text[:40]} is too large a number")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object none of whose names is stated twice."""
    if len(pairs) > MOST_NAMES:
        raise RefusedError(400, f"an object of {len(pairs)} names is not allowed; at most {MOST_NAMES}")
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RefusedError(400, f"{name[:40]!r} is stated twice")
        found[name] = value
    return found


def _check(top: dict[str, Any]) -> None:
    """Refuse values that are nested too deep, and text that no encoding can hold."""
    level: list[Any] = [top]
    for _ in range(MOST_DEPTH):
        for value in level:
            _check_text(value)
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value, *value.values()]
            elif isinstance(value, list):
                inner += value
        if not inner:
            return
        level = inner
    raise RefusedError(400, f"the request is nested more than {MOST_DEPTH} deep")


def _check_text(value: object) -> None:
    """Refuse half characters and zero bytes in text."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise RefusedError(400, "the request holds text with half a character") from None
    if isinstance(value, str) and "\0" in value:
        raise RefusedError(400, "the request holds text with a zero byte")
