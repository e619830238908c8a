"""What there is to ask: the page itself, what it starts from, answers, single futures, differences and files."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from cisim import __version__
from cisim.checks import Check
from cisim.problems import NOWHERE, ScenarioError
from cisim.tree import Node, node_of
from cisim.web.bodies import body_of, plain_json
from cisim.web.guard import Guard, address_of
from cisim.web.limits import Buckets
from cisim.web.pages import Pages
from cisim.web.refusals import FAILED, RefusedError
from cisim.web.service import Service, json_of
from cisim.web.streaming import ND_JSON, all_done, line, lines, send_in_time, while_there
from cisim.web.turns import Turn, Turns
from cisim.whatif.exporting import KINDS, Exported
from cisim.whatif.offer import difference, told_scenario
from cisim.whatif.state import MOST_WHATIFS, read_whatif

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from cisim.web.hosts import Hosts

JSON = "application/json"
SLOTS = MOST_WHATIFS
MOST_LINK = 64 * 1024
LINK = re.compile(r"https?://[!-~]{1,65536}")
WITHOUT_RUNS = ("yaml", "study", "command")


def app_of(service: Service, hosts: Hosts, clock: Callable[[], float] = time.monotonic) -> Guard:
    """Return the application.

    Parameters
    ----------
    service : Service
    hosts : Hosts
        Names under which it may be asked.
    clock : callable
        Gives seconds, for the limit of requests.

    Returns
    -------
    Guard
        An ASGI application.
    """
    ends = _Ends(service)
    routes = [
        Route("/", ends.index),
        Route("/favicon.ico", ends.favicon),
        Route("/static/{name:path}", ends.static),
        Route("/api/health", ends.health),
        Route("/api/start", ends.start),
        Route("/api/scenario", ends.scenario, methods=["POST"]),
        Route("/api/run", ends.run, methods=["POST"]),
        Route("/api/future", ends.future, methods=["POST"]),
        Route("/api/difference", ends.difference, methods=["POST"]),
        Route("/api/export", ends.export, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {
        RefusedError: _refused, ScenarioError: _not_allowed, HTTPException: _http, Exception: _failed,
    }  # fmt: skip
    limits = service.settings.limits
    buckets = Buckets(limits.requests_per_s, limits.burst, clock)
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Guard(app, hosts, service.settings.token, buckets)


class _Ends:
    """What answers each address."""

    def __init__(self, service: Service) -> None:
        self._service, self._turns, self._pages = service, Turns(), Pages()

    # --- the page ---

    async def index(self, request: Request) -> Response:
        """The page."""
        return self._page(request, "index.html")

    async def static(self, request: Request) -> Response:
        """A file of the page."""
        return self._page(request, request.path_params["name"])

    async def favicon(self, request: Request) -> Response:
        """Nothing: the page names its own."""
        del request
        return Response(status_code=204)

    def _page(self, request: Request, name: str) -> Response:
        """Return a file, unless the browser has it already."""
        page = self._pages.get(name)
        if page is None:
            raise HTTPException(404)
        headers = {"etag": page.tag, "cache-control": "no-cache"}
        if page.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(page.data, headers=headers, media_type=page.media_type)

    # --- questions ---

    async def health(self, request: Request) -> Response:
        """Whether the server is there."""
        del request
        return Response(json_of({"ok": True, "version": __version__}), media_type=JSON)

    async def start(self, request: Request) -> Response:
        """Everything that the page needs before it asks."""
        del request
        return Response(self._service.start, media_type=JSON)

    async def scenario(self, request: Request) -> Response:
        """A scenario as the page shows it."""
        got = _fields(await _json(request), ("scenario",))
        data = {"scenario": got["scenario"], "regime": "collective"}
        told = await self._service.read(lambda: json_of(told_scenario(read_whatif(data).source)))
        return Response(told, media_type=JSON)

    async def difference(self, request: Request) -> Response:
        """How what-ifs differ."""
        whatifs = _fields(await _json(request), ("whatifs",))["whatifs"]
        if not isinstance(whatifs, list) or not 1 <= len(whatifs) <= MOST_WHATIFS:
            raise RefusedError(400, f"a list of 1 to {MOST_WHATIFS} what-ifs is needed", "whatifs")
        work = lambda: json_of({"rows": difference([read_whatif(one) for one in whatifs])})  # noqa: E731
        return Response(await self._service.read(work), media_type=JSON)

    async def run(self, request: Request) -> Response:
        """Answers while futures come in."""
        began = time.perf_counter()
        return _Stream(self._service, self._turns, await _json(request), began)

    async def future(self, request: Request) -> Response:
        """One future in full."""
        got = _fields(await _json(request), ("whatif", "i"))
        check = Check()
        i = check.number(node_of(got["i"]), "i", 0, 10**6, "number of a future", whole=True)
        _stop_at(check)
        return await while_there(request.receive, self._future(request, got["whatif"], int(i or 0)))

    async def _future(self, request: Request, whatif: Any, i: int) -> Response:
        """Return one future in full."""
        with self._service.looks.one(address_of(request.scope)):
            asked = await self._service.read(self._service.asked, whatif)
            if i >= asked.futures.n:
                raise RefusedError(
                    400, f"{i} is not allowed; a whole number from 0 to {asked.futures.n - 1}", "i"
                )
            return Response(await self._service.look(self._service.detail, asked, i), media_type=JSON)

    async def export(self, request: Request) -> Response:
        """A file."""
        got = _fields(await _json(request), ("whatif", "kind"), ("link",))
        check = Check()
        kind = check.one_of(node_of(got["kind"]), "kind", KINDS)
        _stop_at(check)
        link = _link(got.get("link", ""))
        found = await while_there(request.receive, self._export(request, got["whatif"], str(kind), link))
        headers = {"content-disposition": f'attachment; filename="{found.filename}"'}
        kinds = {"text/csv", "text/plain", "text/html", "application/yaml"}
        media_type = f"{found.media_type}; charset=utf-8" if found.media_type in kinds else found.media_type
        return Response(found.data, headers={**headers, "content-type": media_type})

    async def _export(self, request: Request, whatif: Any, kind: str, link: str) -> Exported:
        """Return a file, once all runs it needs are done."""
        service = self._service
        with service.looks.one(address_of(request.scope)):
            asked = await service.read(service.asked, whatif)
            if kind in WITHOUT_RUNS:
                return await service.draw(service.export, asked, kind, link, None)
            changed = asyncio.Event()
            with service.room_for(asked), service.task(asked, changed) as task:
                await all_done(task, changed)
                return await service.draw(service.export, asked, kind, link, task)


class _Stream(Response):
    """Answers of one turn, line by line."""

    def __init__(self, service: Service, turns: Turns, data: dict[str, Any], began: float) -> None:
        super().__init__(media_type=ND_JSON)
        self._service, self._turns, self._began = service, turns, began
        self._got = _fields(data, ("client", "slot", "turn", "whatif"))
        self._slot, self._number = _slot_of(self._got)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them; stop when whoever asked leaves."""
        await while_there(receive, self._send(address_of(scope), send))

    async def _send(self, address: str, send: Send) -> None:
        """Send all lines."""
        with (
            self._service.places.one(address),
            self._turns.begin((address, *self._slot), self._number) as turn,
        ):
            asked = None if turn.is_superseded else await self._service.read(self._asked, turn)
            if asked is None:
                await _send_all(send, _one(line("superseded", turn)))
                return
            with self._service.room_for(asked):
                await _send_all(send, lines(self._service, asked, turn, self._began))

    def _asked(self, turn: Turn) -> Any:
        """Return what is asked, or None if a newer turn has come meanwhile."""
        return None if turn.is_superseded else self._service.asked(self._got["whatif"])


async def _send_all(send: Send, found: AsyncGenerator[bytes, None]) -> None:
    """Send lines as they come."""
    headers = [(b"content-type", ND_JSON.encode()), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async with aclosing(found):
        async for one in found:
            await send_in_time(send, {"type": "http.response.body", "body": one, "more_body": True})
    await send_in_time(send, {"type": "http.response.body", "body": b""})


async def _one(data: bytes) -> AsyncGenerator[bytes, None]:
    """Return one line."""
    yield data


# --- reading -----------------------------------------------------------------------------------------


async def _json(request: Request) -> dict[str, Any]:
    """Return the object that a request carries."""
    return plain_json(await body_of(request.receive))


def _fields(
    data: dict[str, Any], required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the entries of a request, which must have these and no others."""
    check = Check()
    empty = Node(dict.fromkeys(data, Node(None)), keys=dict.fromkeys(data, NOWHERE))
    check.fields(empty, "", required, optional)
    _stop_at(check)
    return data


def _slot_of(got: dict[str, Any]) -> tuple[tuple[str, int], int]:
    """Return client and slot, and the number of the turn."""
    check = Check()
    client = check.text(node_of(got["client"]), "client", 40)
    slot = check.number(
        node_of(got["slot"]), "slot", 0, SLOTS - 1, f"a whole number from 0 to {SLOTS - 1}", whole=True
    )
    turn = check.number(node_of(got["turn"]), "turn", 0, 2**53 - 1, "a whole number from 0 on", whole=True)
    _stop_at(check)
    return (str(client), int(slot or 0)), int(turn or 0)


def _stop_at(check: Check) -> None:
    """Refuse if there are problems."""
    if check.problems:
        raise ScenarioError(check.problems)


def _link(link: object) -> str:
    """Return the address that a report names, without the token: reports are passed on."""
    if link == "":
        return ""
    if not isinstance(link, str) or len(link) > MOST_LINK or not LINK.fullmatch(link):
        raise RefusedError(
            400, f"an address of at most {MOST_LINK} characters that begins with http is needed", "link"
        )
    address, sharp, rest = link.partition("#")
    return address + sharp + "&".join(part for part in rest.split("&") if not part.startswith("t="))


# --- refusals ----------------------------------------------------------------------------------------


def _problems(status: int, problems: list[dict[str, Any]], headers: Any = None) -> Response:
    """Return a refusal."""
    return Response(json_of({"problems": problems}), status, headers, JSON)


async def _refused(request: Request, error: RefusedError) -> Response:
    """Return a refusal of this server."""
    del request
    return _problems(error.status, error.problems, error.headers)


async def _not_allowed(request: Request, error: ScenarioError) -> Response:
    """Return what is not allowed."""
    del request
    return _problems(400, RefusedError.of(error).problems)


async def _http(request: Request, error: HTTPException) -> Response:
    """Return that there is no such address, or no such method."""
    del request
    told = {404: "there is nothing here", 405: "this method is not allowed here"}
    message = told.get(error.status_code, error.detail)
    return _problems(error.status_code, [{"field": "", "message": message}], error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """Return that the server failed; the log says where."""
    del request, error
    return _problems(500, [FAILED])
