"""Binds an address and serves until told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from types import FrameType

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cisim.web.app import app_of
from cisim.web.guard import MOST_HEADER_BYTES
from cisim.web.hosts import Hosts
from cisim.web.service import Service

MOST_CONNECTIONS = 512
PATIENCE_SECONDS = 10.0
"""In which the head of a request has to arrive, and a closed connection has to be let go."""


class PatientProtocol(H11Protocol):
    """HTTP that drops connections on which nothing sensible arrives: slow heads, and closed ones not let go."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look after a connection."""
        super().connection_made(transport)
        self._was_waiting = False
        self._looking = self.loop.call_later(PATIENCE_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        self._looking.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Drop the connection if it has waited for a head since the last look, or does not close."""
        is_waiting = self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None
        if self.transport.is_closing() or (is_waiting and self._was_waiting):
            self.transport.abort()
            return
        self._was_waiting = is_waiting
        self._looking = self.loop.call_later(PATIENCE_SECONDS, self._look)


class _Server(uvicorn.Server):
    """Says when it listens, and ends without an error when told to stop."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; at the second time at once."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that has an address to itself; who connects waits until somebody serves.

    Raises
    ------
    OSError
        If that is not possible.
    """
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, proto)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen()  # two sockets that only bind may share an address
    except BaseException:
        found.close()
        raise
    return found


def serve(
    service: Service,
    bound: socket.socket,
    host: str,
    also: Sequence[str] = (),
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve until Ctrl-C or a signal to end.

    Parameters
    ----------
    service : Service
        Closed at the end.
    bound : socket
    host : str
        What `bound` was bound to, as asked for.
    also : sequence of str
        Names under which a proxy on this machine passes requests on.
    on_ready : callable
        Called once requests are answered.
    """
    hosts = Hosts(host, bound.getsockname()[1], also)
    try:
        _Server(_config(service, hosts, is_behind=bool(also)), on_ready).run(sockets=[bound])
    finally:
        bound.close()
        service.close()


def _config(service: Service, hosts: Hosts, *, is_behind: bool) -> uvicorn.Config:
    """Return how uvicorn serves."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # clients' mistakes are theirs
    return uvicorn.Config(
        app_of(service, hosts), loop="asyncio", http=PatientProtocol, ws="none", lifespan="off", log_config=None,
        access_log=False, server_header=False, proxy_headers=is_behind, forwarded_allow_ips="127.0.0.1,::1",
        limit_concurrency=MOST_CONNECTIONS, backlog=256, timeout_keep_alive=30, timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
    )  # fmt: skip
