from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from cisim.web import server as web_server
from cisim.web import streaming
from cisim.whatif import Futures, read_whatif

from .serving import SMALL, listening, service_with, small, turn

LONG = small(worlds=1024, n_orgs=60, months=60)


def until(is_true: Any, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def served(service) -> Iterator[tuple[Any, str]]:
    with listening(service) as address:
        yield service, address


def raw(address: str, data: bytes, later: bytes = b"", seconds: float = 20.0) -> bytes:
    """Send bytes, and more once something comes; return what comes until the other side closes."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as end:
        end.sendall(data)
        found = b""
        while part := end.recv(65536):
            if later and not found:
                end.sendall(later)
            found += part
    return found


def test_answers_come_while_futures_do(served):
    service, address = served
    asked = small(worlds=256, n_orgs=40, months=60)
    seen: list[dict[str, Any]] = []
    with httpx.stream("POST", f"{address}/api/run", json=turn(1, asked), timeout=60) as found:
        assert found.headers["content-type"] == "application/x-ndjson"
        for text in found.iter_lines():
            seen.append(json.loads(text))
            if len(seen) == 2:
                assert service.scheduler.n_simulated < 512
    answers = [one for one in seen if one["kind"] == "answer"]
    assert len(answers) >= 3
    assert answers[0]["done"] < 64
    futures = Futures(read_whatif(asked))
    first = answers[0]
    pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(first["done"])]
    assert json.dumps(first["answer"]) == json.dumps(futures.answer(pairs))
    assert seen[-1] == {"kind": "end", "turn": 1}


def test_leaving_takes_out_what_is_left(served):
    service, address = served
    with httpx.stream("POST", f"{address}/api/run", json=turn(1, LONG), timeout=60) as found:
        texts = found.iter_lines()
        next(texts)
        assert service.places.taken == 1
    until(lambda: service.scheduler.n_waiting == 0 and service.places.taken == 0)
    n = service.scheduler.n_simulated
    assert n < 2048
    time.sleep(0.3)
    assert service.scheduler.n_simulated <= n + 2  # those that were under way
    assert service.memory.held == 0


def test_leaving_before_an_export_is_done(served):
    service, address = served
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{address}/api/export", json={"whatif": LONG, "kind": "csv"}, timeout=1.0)
    until(lambda: service.scheduler.n_waiting == 0 and service.looks.taken == 0)
    assert service.scheduler.n_simulated < 2048


def test_whoever_does_not_read_is_let_go(service, monkeypatch):
    monkeypatch.setattr(streaming, "STALLED_SECONDS", 0.3)
    monkeypatch.setattr(web_server, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(
        service, "answer", lambda *_: b'"' + b"x" * 4_000_000 + b'"'
    )  # more than any buffer takes
    with listening(service) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            body = json.dumps(turn(1, LONG)).encode()
            head = f"POST /api/run HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            end.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            until(lambda: service.places.taken == 1)
            until(lambda: service.places.taken == 0 and service.scheduler.n_waiting == 0)
            assert service.memory.held == 0


def test_slow_heads_are_dropped_and_quiet_ones_too(service, monkeypatch):
    monkeypatch.setattr(web_server, "PATIENCE_SECONDS", 0.2)
    with listening(service) as address:
        start = time.monotonic()
        assert raw(address, b"GET / HTTP/1.1\r\nHost: 127") == b""
        assert raw(address, b"") == b""
        assert time.monotonic() - start < 10
        port = address.rpartition(":")[2]
        whole = f"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        assert raw(address, whole, b"GET / HT").count(b'"ok":true') == 1


def test_slow_bodies_are_refused(served, monkeypatch):
    _, address = served
    monkeypatch.setattr("cisim.web.bodies.body_of.__defaults__", (262_144, 0.2))
    port = address.rpartition(":")[2]
    head = f"POST /api/run HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    found = raw(address, f"{head}Content-Length: 99\r\n\r\n{{".encode())
    assert found.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive" in found


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /api/run HTTP/1.1\r\nHost: PORT\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/run HTTP/1.1\r\nHost: PORT\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: PORT\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_request(served, data):
    _, address = served
    found = raw(address, data.replace(b"PORT", address.removeprefix("http://").encode()))
    assert re.match(rb"HTTP/1\.[01] 4[0-9][0-9] ", found), found[:200]
    assert b"Traceback" not in found
    assert b"<html" not in found
    assert httpx.get(f"{address}/api/health").json()["ok"] is True


def test_twenty_clients_get_the_same_bits_and_health_answers_meanwhile(served):
    service, address = served
    asked = [small(worlds=16, seed=k % 5) for k in range(20)]
    waited: list[float] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            start = time.monotonic()
            assert httpx.get(f"{address}/api/health", timeout=10).status_code == 200
            waited.append(time.monotonic() - start)

    async def act() -> list[dict[str, Any]]:
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=30)) as client:
            bodies = [turn(1, one, client=f"{k}") for k, one in enumerate(asked)]
            found = await asyncio.gather(*(client.post(f"{address}/api/run", json=one) for one in bodies))
        return [json.loads(one.text.splitlines()[-2])["answer"] for one in found]

    looking = threading.Thread(target=look)
    looking.start()
    answers = asyncio.run(act())
    is_over.set()
    looking.join()
    assert service.scheduler.n_simulated == 5 * 32
    for one, answer in zip(asked, answers, strict=True):
        futures = Futures(read_whatif(one))
        pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(16)]
        assert json.dumps(answer) == json.dumps(futures.answer(pairs))
    assert len(waited) > 3
    assert sorted(waited)[len(waited) // 2] < 1.0


def test_a_server_that_stops_ends_streams_and_threads():
    before = threading.active_count()
    with service_with() as service, ExitStack() as serving:
        address = serving.enter_context(listening(service))
        with httpx.stream("POST", f"{address}/api/run", json=turn(1, LONG), timeout=60) as found:
            texts = found.iter_lines()
            next(texts)
            assert service.places.taken == 1
            serving.close()
            assert service.places.taken == 0
    assert threading.active_count() == before


# --- the command -------------------------------------------------------------------------------------


@contextmanager
def command(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command; give it and the address it tells."""
    words = [sys.executable, "-m", "cisim", "serve", "--port", "0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started: Any = subprocess.Popen(words, env={**os.environ, **environment}, **pipes)
    try:
        told = started.stdout.readline()
        assert told.startswith("open http://"), started.stderr.read()
        yield started, told.removeprefix("open ").strip()
    finally:
        started.kill()
        started.wait()
        started.stdout.close()
        started.stderr.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped(how, tmp_path):
    own = tmp_path / "our town.yaml"
    own.write_text("cisim: 1\nextends: null-separable\ntitle: Our town\nparams: {n_orgs: 8, months: 24}\n")
    with command(str(own)) as (started, address):
        found = httpx.get(f"{address}api/start").json()
        assert found["scenario"]["title"] == "Our town"
        assert found["needs_token"] is False
        assert str(tmp_path) not in json.dumps(found)
        with httpx.stream("POST", f"{address}api/run", json=turn(1, LONG), timeout=60) as answers:
            texts = answers.iter_lines()
            next(texts)
            started.send_signal(how)
            assert started.wait(60) == 0
        assert "Traceback" not in started.stderr.read()


def test_a_token_is_made_where_others_reach_the_server_and_never_logged():
    with command("--host", "0.0.0.0", "--allow-host", "whatif.example.org", "null-separable") as (
        started,
        address,
    ):
        page, _, token = address.partition("#t=")
        assert len(token) >= 32
        assert httpx.get(f"{page}api/start").status_code == 401
        right = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{page}api/start", headers=right).json()["needs_token"] is True
        far = {**right, "host": "whatif.example.org"}
        assert httpx.get(f"{page}api/start", headers=far).status_code == 200
        assert httpx.get(f"{page}api/start", headers={**right, "host": "evil.example"}).status_code == 403
        assert httpx.post(f"{page}api/run", json=turn(1, SMALL), headers=right).status_code == 200
        raw(page.rstrip("/"), f"GET /?t={token} HTTP/1.1\r\n\r\n".encode())
        started.send_signal(signal.SIGINT)
        assert started.wait(60) == 0
        assert token not in started.stderr.read() + started.stdout.read()


def test_a_token_from_the_environment():
    with command("null-separable", CISIM_TOKEN="from-the-environment") as (_, address):
        assert address.endswith("#t=from-the-environment")
        assert httpx.get(f"{address.partition('#')[0]}api/start").status_code == 401
