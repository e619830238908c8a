"""Servers of their own for tests: in this process without a network, or at a free port."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from cisim.web.app import app_of
from cisim.web.hosts import Hosts
from cisim.web.limits import Limits
from cisim.web.server import _config, _Server, bound_socket
from cisim.web.service import Service, Settings
from cisim.whatif.source import Source

SMALL = {
    "scenario": "null-separable", "regime": "collective", "set": {"n_orgs": 8, "months": 24}, "worlds": 8,
}  # fmt: skip
FREE = Limits(requests_per_s=1e6, burst=1e6)
HERE = "http://127.0.0.1:8765"


def small(**other: Any) -> dict[str, Any]:
    """Return a what-if that takes a moment, with some entries or settings of its own."""
    own = {
        name: value
        for name, value in other.items()
        if name in ("regime", "worlds", "seed", "scenario", "name")
    }
    more = {name: value for name, value in other.items() if name not in own}
    return {**SMALL, **own, "set": {**SMALL["set"], **more}}


def turn(number: int = 1, whatif: Any = None, *, client: str = "tab", slot: int = 0) -> dict[str, Any]:
    """Return the body of a request for answers."""
    return {"client": client, "slot": slot, "turn": number, "whatif": SMALL if whatif is None else whatif}


def lines_of(text: str) -> list[dict[str, Any]]:
    """Return the lines of a stream."""
    return [json.loads(one) for one in text.splitlines()]


@contextmanager
def service_with(**settings: Any) -> Iterator[Service]:
    """Give a service, and close it."""
    stated: dict[str, Any] = {"source": Source("null-separable"), "threads": 2, "limits": FREE, **settings}
    service = Service(Settings(**stated))
    try:
        yield service
    finally:
        service.close()


def client_of(service: Service, address: str = "127.0.0.1", clock: Any = time.monotonic) -> httpx.AsyncClient:
    """Return a client, at an address, of an application that nothing listens for."""
    app: Any = app_of(service, Hosts("127.0.0.1", 8765, ["whatif.example.org"]), clock)
    transport = httpx.ASGITransport(app=app, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url=HERE)


@contextmanager
def listening(service: Service) -> Iterator[str]:
    """Serve at a free port, on a thread; give the address."""
    bound = bound_socket("127.0.0.1", 0)
    port = bound.getsockname()[1]
    ready = threading.Event()
    server = _Server(_config(service, Hosts("127.0.0.1", port), is_behind=False), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        assert ready.wait(30)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()
