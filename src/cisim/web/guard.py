"""Who may ask: every request passes here first, and every response gets the headers that keep a page to itself."""

from __future__ import annotations

import hmac
import logging
import math
from typing import TYPE_CHECKING

from cisim.web.bodies import CLOSE, MOST_BYTES, GoneError
from cisim.web.refusals import FAILED, RefusedError
from cisim.web.service import json_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cisim.web.hosts import Hosts
    from cisim.web.limits import Buckets

log = logging.getLogger("cisim.web")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Sent with every response."""
MOST_HEADER_BYTES = 16 * 1024
API, HEALTH = "/api/", "/api/health"


class Guard:
    """Lets through what may be asked.

    Parameters
    ----------
    app : ASGI application
    hosts : Hosts
        Names under which it may be asked.
    token : str
        What requests have to carry; "" for none.
    buckets : Buckets
        Requests each address has left.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, token: str, buckets: Buckets) -> None:
        self._app, self._hosts, self._token, self._buckets = app, hosts, token, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        sender = _Sender(send, is_kept=not scope["path"].startswith(API))
        try:
            self._check(scope)
            await self._app(scope, receive, sender)
        except GoneError:
            pass
        except RefusedError as error:
            await sender.refuse(error)
        except Exception as error:
            log.error("unexpected %s: %s", type(error).__name__, error, exc_info=error)
            await sender.refuse(RefusedError(500, FAILED["message"]))

    def _check(self, scope: Scope) -> None:
        """Refuse what may not be asked."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADER_BYTES:
            raise RefusedError(
                431, f"the headers are longer than {MOST_HEADER_BYTES // 1024} kB", headers=CLOSE
            )
        headers = _headers(scope)
        host = headers.get("host", "")
        if not self._hosts.has(host):
            raise RefusedError(403, "this server does not go by that name; see --allow-host", "Host", CLOSE)
        if "origin" in headers and not self._hosts.is_same(headers["origin"], host):
            raise RefusedError(403, "pages of other sites may not ask here", "Origin", CLOSE)
        if scope["path"].startswith(API):
            self._check_api(scope, headers)

    def _check_api(self, scope: Scope, headers: dict[str, str]) -> None:
        """Refuse what may not be asked of what answers questions."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise RefusedError(403, "pages of other sites may not ask here", "Sec-Fetch-Site", CLOSE)
        if scope["path"] == HEALTH:
            return
        wait = self._buckets.wait(address_of(scope))
        if wait:
            soon = {"retry-after": str(math.ceil(wait))} | CLOSE
            raise RefusedError(429, "too many requests; try again soon", headers=soon)
        if self._token and not _is_bearer(headers.get("authorization", ""), self._token):
            needed = {"www-authenticate": "Bearer"} | CLOSE
            raise RefusedError(401, "the token is needed that was printed at start", "token", needed)
        if scope["method"] == "POST":
            _check_form(headers)


def _check_form(headers: dict[str, str]) -> None:
    """Refuse bodies that are not JSON, or too long by their own account."""
    kind, _, more = headers.get("content-type", "").lower().partition(";")
    charset = more.replace(" ", "").removeprefix("charset=").strip('"')
    if kind.strip() != "application/json" or charset not in ("", "utf-8"):
        raise RefusedError(415, "the request has to be application/json in UTF-8", "Content-Type", CLOSE)
    if headers.get("content-encoding", "identity") != "identity":
        raise RefusedError(415, "the request must not be packed", "Content-Encoding", CLOSE)
    stated = headers.get("content-length", "0")
    if not (stated.isascii() and stated.isdigit()) or len(stated) > 12 or int(stated) > MOST_BYTES:
        raise RefusedError(413, f"the request is longer than {MOST_BYTES // 1024} kB", headers=CLOSE)


def _is_bearer(stated: str, token: str) -> bool:
    """Tell whether a request carries the token, in the same time whatever it carries."""
    kind, _, found = stated.partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(found.encode(), token.encode())


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers of a request; one that may be stated once only and is stated twice counts as empty."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = "" if key in found else value.decode("latin-1")
    return found


def address_of(scope: Scope) -> str:
    """Return from where a request comes."""
    client = scope.get("client")
    return str(client[0]) if client else ""


class _Sender:
    """Sends, with the headers that every response has."""

    def __init__(self, send: Send, *, is_kept: bool) -> None:
        self._send, self._is_kept, self._has_begun = send, is_kept, False

    async def __call__(self, message: Message) -> None:
        """Send a part of a response."""
        if message["type"] == "http.response.start":
            self._has_begun = True
            own = HEADERS if self._is_kept else {**HEADERS, "cache-control": "no-store"}
            stated = {name.lower() for name, _ in message.get("headers", ())}
            more = [
                (name.encode(), value.encode()) for name, value in own.items() if name.encode() not in stated
            ]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await self._send(message)

    async def refuse(self, error: RefusedError) -> None:
        """Say no, unless the response has begun already."""
        if self._has_begun:
            return
        data = json_of({"problems": error.problems})
        headers = {"content-type": "application/json", "content-length": str(len(data)), **error.headers}
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": error.status, "headers": pairs})
        await self({"type": "http.response.body", "body": data})
