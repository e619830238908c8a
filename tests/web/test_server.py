from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from cisim.problems import ScenarioError
from cisim.web.guard import HEADERS
from cisim.web.limits import Limits
from cisim.web.service import Service
from cisim.whatif import Futures, difference, exported, read_whatif, told_scenario
from cisim.whatif.exporting import KINDS
from cisim.whatif.source import Source

from .serving import HERE, SMALL, client_of, lines_of, service_with, small, turn

Act = Callable[[httpx.AsyncClient], Awaitable[Any]]


def ask(service: Service, act: Act, **options: Any) -> Any:
    """Do something with a client of a service."""

    async def inside() -> Any:
        async with client_of(service, **options) as client:
            return await act(client)

    return asyncio.run(inside())


def post(service: Service, path: str, body: Any, **options: Any) -> httpx.Response:
    """Send one request."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json", **options.pop("headers", {})}
    return ask(service, lambda client: client.post(path, content=content, headers=headers), **options)


def get(service: Service, path: str, **options: Any) -> httpx.Response:
    """Send one request without a body."""
    headers = options.pop("headers", {})
    return ask(service, lambda client: client.get(path, headers=headers), **options)


def refused(found: httpx.Response, status: int) -> list[dict[str, Any]]:
    """Return the problems of a refusal, which says nothing of this machine."""
    assert found.status_code == status, found.text
    problems = found.json()["problems"]
    assert problems
    assert all({"field", "message"} <= set(one) <= {"field", "message", "line", "column"} for one in problems)
    assert not any(
        word in found.text for word in ("Traceback", "/tmp", "/home", "/work", "site-packages", ".py")
    )
    return problems


# --- what is answered --------------------------------------------------------------------------------


def test_answers_have_the_bits_of_futures_run_directly(service):
    asked = small(regime="network", worlds=24)
    lines = lines_of(post(service, "/api/run", turn(7, asked)).text)
    assert [one["kind"] for one in lines[:1] + lines[-1:]] == ["start", "end"]
    assert all(one["turn"] == 7 for one in lines)
    answers = lines[1:-1]
    assert {one["kind"] for one in answers} == {"answer"}
    futures = Futures(read_whatif(asked))
    pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(24)]
    for one in answers:
        assert json.dumps(one["answer"]) == json.dumps(futures.answer(pairs[: one["done"]]))
        assert one["of"] == 24
    assert answers[-1]["done"] == 24
    assert [one["done"] for one in answers] == sorted({one["done"] for one in answers})
    assert lines[0] == {"kind": "start", "turn": 7, "key": read_whatif(asked).key, "of": 24}


def test_what_is_known_is_not_simulated_again(service):
    first = lines_of(post(service, "/api/run", turn(1)).text)
    n = service.scheduler.n_simulated
    assert n == 16
    assert not first[-2]["cached"]
    again = lines_of(post(service, "/api/run", turn(2, small(name="another name"))).text)
    assert again[1]["cached"]
    assert again[1]["answer"] == first[-2]["answer"]
    assert service.scheduler.n_simulated == n
    priced = lines_of(post(service, "/api/run", turn(3, {**SMALL, "worth_usd": 1e6})).text)
    assert priced[-2]["cached"]
    assert priced[-2]["answer"] != first[-2]["answer"]
    assert service.scheduler.n_simulated == n


def test_what_is_simulated_for_one_serves_another_who_asks_at_the_same_time(service):
    async def both(client: httpx.AsyncClient) -> list[httpx.Response]:
        return await asyncio.gather(
            *(client.post("/api/run", json=turn(1, client=name)) for name in ("a", "b", "c"))
        )

    found = ask(service, both)
    answers = [lines_of(one.text)[-2]["answer"] for one in found]
    assert answers[0] == answers[1] == answers[2]
    assert service.scheduler.n_simulated == 16


def test_a_newer_turn_takes_the_place_of_an_older_and_nobody_elses(service):
    long = small(worlds=1024, n_orgs=30)

    async def act(client: httpx.AsyncClient) -> list[httpx.Response]:
        older = asyncio.create_task(client.post("/api/run", json=turn(1, long)))
        other = asyncio.create_task(client.post("/api/run", json=turn(1, small(seed=2), slot=1)))
        while not service.scheduler.n_simulated:
            await asyncio.sleep(0.005)
        newer = await client.post("/api/run", json=turn(2))
        late = await client.post("/api/run", json=turn(1, small(seed=3)))
        return [await older, newer, late, await other]

    older, newer, late, other = (lines_of(one.text) for one in ask(service, act))
    assert older[-1] == {"kind": "superseded", "turn": 1}
    assert newer[-1] == {"kind": "end", "turn": 2}
    assert late == [{"kind": "superseded", "turn": 1}]
    assert other[-1] == {"kind": "end", "turn": 1}
    assert service.scheduler.n_waiting == 0
    assert service.scheduler.n_simulated < 2048
    assert service.places.taken == 0
    assert service.memory.held == 0


def test_a_future_in_full(service):
    found = post(service, "/api/future", {"whatif": SMALL, "i": 3})
    assert found.json() == Futures(read_whatif(SMALL)).detail(3)
    assert post(service, "/api/future", {"whatif": SMALL, "i": 3}).content == found.content


def test_a_difference_and_a_scenario(service):
    whatifs = [SMALL, small(turf=0.25)]
    found = post(service, "/api/difference", {"whatifs": whatifs})
    assert found.json() == {"rows": difference([read_whatif(one) for one in whatifs])}
    assert [row["name"] for row in found.json()["rows"]] == ["turf"]
    found = post(service, "/api/scenario", {"scenario": "infant-mortality"})
    source = read_whatif({"scenario": "infant-mortality", "regime": "network"}).source
    assert found.json() == json.loads(json.dumps(told_scenario(source)))


def test_a_sent_scenario_is_read_and_its_mistakes_have_lines(service):
    own = {"name": "Our town", "yaml": "cisim: 1\nextends: null-separable\nparams: {n_orgs: 9}\n"}
    found = post(service, "/api/scenario", {"scenario": own}).json()
    assert found["values"]["n_orgs"] == 9
    assert found["source"] == own
    wrong = {"name": "Our town", "yaml": "cisim: 1\nextends: null-separable\nparams:\n  n_orgs: -4\n"}
    for path, body in (("/api/scenario", {"scenario": wrong}), ("/api/run", turn(1, small(scenario=wrong)))):
        problem = refused(post(service, path, body), 400)[0]
        assert problem["field"] == "n_orgs" or problem["field"] == "params.n_orgs"
        assert (problem["line"], problem["column"]) == (4, 11)
        assert "-4" in problem["message"]


def test_what_the_page_starts_from(idle):
    found = get(idle, "/api/start").json()
    assert found["scenario"]["name"] == "null-separable"
    assert read_whatif(found["default"]).to_dict() == found["default"]
    assert found["default"]["regime"] != found["default"]["reference"]
    assert found["needs_token"] is False
    assert found["limits"] == {"request_bytes": 262_144, "scenario_bytes": 65_536}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("png", "svg", "report")])
def test_files(service, kind):
    found = post(service, "/api/export", {"whatif": SMALL, "kind": kind})
    right = exported(read_whatif(SMALL), kind)
    assert found.content == right.data
    assert found.headers["content-disposition"] == f'attachment; filename="{right.filename}"'
    assert found.headers["content-type"].split(";")[0] == right.media_type


def test_figures_and_reports_and_a_token_stays_out_of_them(service):
    link = f"{HERE}/#s=abc&t=top-secret-token-of-mine"
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("report", b"<!DOCTYPE html>")):
        found = post(service, "/api/export", {"whatif": SMALL, "kind": kind, "link": link})
        assert found.content.lower().startswith(start.lower())
        assert b"top-secret" not in found.content
    assert service.scheduler.n_simulated == 16


def test_a_large_community_is_asked_about_with_fewer_futures():
    text = "cisim: 1\nextends: null-separable\nparams: {n_orgs: 5000}\n"
    with service_with(source=Source("town", text)) as service:
        default = json.loads(service.start)["default"]
        assert 8 <= default["worlds"] < 256
        assert service.asked(default).futures.n == default["worlds"]
        default["worlds"] *= 2
        with pytest.raises(ScenarioError, match=r"ask for at most \d+, or lower n_orgs or months"):
            service.asked(default)


# --- the page ----------------------------------------------------------------------------------------


def test_the_page_and_its_files_with_tags(idle):
    found = get(idle, "/")
    assert found.status_code == 200
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    module = get(idle, "/static/link.js")
    assert module.headers["content-type"] == "text/javascript; charset=utf-8"
    again = get(idle, "/static/link.js", headers={"if-none-match": module.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(idle, "/favicon.ico").status_code == 204
    assert get(idle, "/static/vendor/uPlot.esm.js").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/", "/static", "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/....//app.py", "/static/%00", "/static/link.js%00.html", "/static/..\\app.py", "/static/vendor",
        "/static/vendor/README.md", "/static/../static/link.js/", "/app.py", "/api", "/api/", "/api/none", "//",
        "/api/run/",
        "/.git/config", "/static/LINK.JS",
    ],
)  # fmt: skip
def test_nothing_else_is_served(idle, path):
    async def act(client: httpx.AsyncClient) -> httpx.Response:
        return await client.send(httpx.Request("GET", httpx.URL(HERE).copy_with(raw_path=path.encode())))

    refused(ask(idle, act), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW"])
def test_other_methods(idle, method):
    headers = {"content-type": "application/json"}
    found = ask(idle, lambda client: client.request(method, "/api/run", headers=headers))
    assert found.status_code == 405
    found = ask(idle, lambda client: client.request("POST", "/api/start", headers=headers))
    assert found.status_code == 405


# --- who may ask -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8766",
        "127.0.0.1.evil.example:8765",
        "localhost.evil.example:8765", "127.0.0.1:8765@evil.example", "127.0.0.1:8765,evil.example", "[::2]:8765", "",
        "localhost:8765:8765", "10.0.0.1:8765", "127.0.0.1:08765x", "whatif.example.org.evil.example",
        " 127.0.0.1:8765",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/api/health", "/api/start", "/static/link.js"])
def test_a_name_that_is_not_ours_is_refused(idle, host, path):
    assert refused(get(idle, path, headers={"host": host}), 403)[0]["field"] == "Host"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765", "whatif.example.org",
        "whatif.example.org:443",
    ],
)  # fmt: skip
def test_names_that_are_ours(idle, host):
    assert get(idle, "/api/health", headers={"host": host}).json()["ok"] is True
    assert get(idle, "/api/health", headers={"host": host, "origin": f"https://{host}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:8766"}, {"origin": ""},
        {"origin": "http://localhost:8765"}, {"origin": "file://127.0.0.1:8765"}, {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)  # fmt: skip
def test_pages_of_other_sites_may_not_ask(idle, headers):
    refused(get(idle, "/api/start", headers=headers), 403)
    refused(post(idle, "/api/run", turn(), headers=headers), 403)
    assert idle.scheduler.n_simulated == 0


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
        "application/json; charset=utf-16",
    ],
)  # fmt: skip
def test_forms_of_other_sites_are_no_questions(idle, kind):
    refused(post(idle, "/api/run", turn(), headers={"content-type": kind}), 415)


def test_without_the_token_nothing_is_told():
    token = "a-token-of-this-test"
    with service_with(token=token) as service:
        for sent in (
            {},
            *({"authorization": text} for text in ("Bearer", "Bearer ", f"Basic {token}", token)),
        ):
            found = get(service, "/api/start", headers=sent)
            refused(found, 401)
            assert found.headers["www-authenticate"] == "Bearer"
            refused(post(service, "/api/run", turn(), headers=sent), 401)
        for wrong in (token[:-1], token + "x", token.upper(), "\xff" * 20):
            refused(
                get(service, "/api/start", headers=[(b"authorization", f"Bearer {wrong}".encode("latin-1"))]),
                401,
            )
        refused(get(service, f"/api/start?token={token}&t={token}"), 401)
        refused(get(service, "/api/start", headers={"cookie": f"token={token}"}), 401)
        right = {"authorization": f"Bearer {token}"}
        assert get(service, "/api/start", headers=right).json()["needs_token"] is True
        assert lines_of(post(service, "/api/run", turn(), headers=right).text)[-1]["kind"] == "end"
        health = get(service, "/api/health").json()
        assert set(health) == {"ok", "version"}
        assert get(service, "/").status_code == 200


# --- what cannot be asked ----------------------------------------------------------------------------

DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
WIDE = b"{" + b", ".join(b'"%d": 1' % k for k in range(1001)) + b"}"
NOT_JSON = {
    "empty": b"", "half": b'{"client":', "list": b"[]", "text": b'"x"', "nan": b'{"i": NaN}',
    "infinity": b'{"i": -Infinity}', "many names": WIDE,
    "huge float": b'{"i": 1e999}', "twice": b'{"i": 1, "i": 2}', "deep": DEEP, "deep list": b"[" * 100_000,
    "rather deep": b'{"a":' * 14 + b"1" + b"}" * 14, "utf-8": b'{"i": "\xff"}', "half a character": b'{"i": "\\ud800"}',
    "zero": b'{"i": "a\\u0000b"}', "digits": b'{"i": ' + b"9" * 5000 + b"}", "zero byte": b'{"i": "\0"}',
    "zero in a name": b'{"a\\u0000": 1}', "bom": b'\xef\xbb\xbf{"i": 1}', "utf-16": '{"i": 1}'.encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_JSON)
@pytest.mark.parametrize("path", ["run", "scenario", "future", "difference", "export"])
def test_what_is_not_json(idle, name, path):
    refused(post(idle, f"/api/{path}", NOT_JSON[name]), 400)


def test_long_bodies(service):
    body = json.dumps(turn()).encode()
    refused(post(service, "/api/run", body + b" " * 262_144), 413)
    refused(post(service, "/api/run", body, headers={"content-length": "1e3"}), 413)
    refused(post(service, "/api/run", body, headers={"content-encoding": "gzip"}), 415)

    async def parts():  # without saying how long they are
        for _ in range(40):
            yield b" " * 10_000

    async def act(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/api/run", content=parts(), headers={"content-type": "application/json"})

    refused(ask(service, act), 413)
    fits = body + b" " * (262_144 - len(body))
    assert post(service, "/api/run", fits).status_code == 200


RUN = turn()
WRONG = {
    "nothing": ({}, "client"),
    "more": ({**RUN, "more": 1}, "more"),
    "client": ({**RUN, "client": "x" * 41}, "client"),
    "client lines": ({**RUN, "client": "a\nb"}, "client"),
    "client number": ({**RUN, "client": 5}, "client"),
    "slot": ({**RUN, "slot": 4}, "slot"),
    "slot true": ({**RUN, "slot": True}, "slot"),
    "turn": ({**RUN, "turn": -1}, "turn"),
    "turn half": ({**RUN, "turn": 1.5}, "turn"),
    "turn huge": ({**RUN, "turn": 10**300}, "turn"),
    "whatif": ({**RUN, "whatif": 3}, ""),
    "worlds": (turn(1, small(worlds=10**9)), "worlds"),
    "few worlds": (turn(1, small(worlds=7)), "worlds"),
    "worlds huge": (turn(1, small(worlds=10**200)), "worlds"),
    "parameter": (turn(1, small(n_orgs=10**18)), "set.n_orgs"),
    "unknown": (turn(1, small(n_orgz=10)), "set.n_orgz"),
    "seed": (turn(1, small(seed=-1)), "seed"),
    "path": (turn(1, small(scenario="/etc/passwd")), "scenario"),
    "url": (turn(1, small(scenario="file:///etc/passwd")), "scenario"),
    "name": (turn(1, small(scenario={"name": "../../x", "yaml": "cisim: 1\n"})), "scenario.name"),
    "name lines": (
        turn(1, small(scenario={"name": "a\r\nset-cookie: b", "yaml": "cisim: 1\n"})),
        "scenario.name",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_values_that_are_not_allowed(idle, name):
    body, field = WRONG[name]
    problems = refused(post(idle, "/api/run", body), 400)
    if name != "nothing":
        assert problems[0]["field"] == field
    assert idle.scheduler.n_simulated == 0
    assert idle.places.taken == 0


LETTERS = "abcdefghij"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 8)}]\n" for before, name in pairwise(LETTERS)
)
YAMLS = {
    "laughs": f"cisim: 1\n{LAUGHS}",
    "object": "cisim: 1\nextends: !!python/object/apply:os.system ['touch /tmp/cisim-was-here']\n",
    "name": "cisim: 1\ntitle: !!python/name:os.system\n",
    "path": "cisim: 1\nextends: /etc/passwd\n",
    "relative": "cisim: 1\nextends: ../../../etc/passwd\n",
    "list": "cisim: 1\nextends: [generic-adaptive, /etc/passwd]\n",
    "deep": "cisim: 1\ntitle: " + "[" * 2000 + "]" * 2000,
    "deep lines": "cisim: 1\n" + "".join(f"{' ' * k}a:\n" for k in range(300)),
    "two": "cisim: 1\n---\ncisim: 1\n",
    "empty": "",
    "binary": "\x01\x02",
    "long": "cisim: 1\n# " + "x" * 70_000,
    "number": "cisim: 1\nextends: null-separable\nparams: {n_orgs: 1e400}\n",
    "digits": "cisim: 1\nextends: null-separable\nparams: {n_orgs: " + "9" * 6000 + "}\n",
    "half": 'cisim: 1\ntitle: "\\ud800"\n',
    "merge": "cisim: 1\n<<: {a: 1}\n",
}


@pytest.mark.parametrize("name", YAMLS)
def test_scenario_texts_that_are_traps(idle, name):
    own = {"name": "town", "yaml": YAMLS[name]}
    for path, body in (("scenario", {"scenario": own}), ("run", turn(1, small(scenario=own)))):
        problems = refused(post(idle, f"/api/{path}", body), 400)
        assert "passwd" not in problems[0]["message"] or "is not a shipped scenario" in problems[0]["message"]
    assert not Path("/tmp/cisim-was-here").exists()


def test_work_that_takes_minutes_is_not_taken_on(idle):
    huge = small(n_orgs=50_000, months=600)
    problem = refused(post(idle, "/api/run", turn(1, huge)), 400)[0]
    assert problem["field"] == "n_orgs"
    assert "lower n_orgs or months" in problem["message"]
    many = small(worlds=1024, n_orgs=3_000, months=120)
    problem = refused(post(idle, "/api/run", turn(1, many)), 400)[0]
    assert problem["field"] == "worlds"
    assert "ask for at most" in problem["message"]
    for path, more in (("future", {"i": 0}), ("export", {"kind": "csv"})):
        refused(post(idle, f"/api/{path}", {"whatif": huge, **more}), 400)
    assert idle.scheduler.n_simulated == 0


@pytest.mark.parametrize(
    ("link", "status"),
    [
        ("javascript:alert(1)", 400), ("http://x/\r\nset-cookie: a=b", 400), ("http://x/ y", 400), (5, 400),
        (None, 400),
        ("http://" + "x" * 70_000, 400), ("http://x/<script>", 200), ("", 200),
    ],
)  # fmt: skip
def test_links_of_exports(idle, link, status):
    found = post(idle, "/api/export", {"whatif": SMALL, "kind": "command", "link": link})
    assert found.status_code == status
    assert "set-cookie" not in found.headers


def test_exports_and_single_futures_that_do_not_exist(idle):
    for kind in ("exe", "", None, 3, ["csv"]):
        assert refused(post(idle, "/api/export", {"whatif": SMALL, "kind": kind}), 400)[0]["field"] == "kind"
    for i in (-1, 8, 1.5, "0", None, True, 10**30):
        assert refused(post(idle, "/api/future", {"whatif": SMALL, "i": i}), 400)[0]["field"] == "i"
    for whatifs in ([], [SMALL] * 5, SMALL, None, [3]):
        refused(post(idle, "/api/difference", {"whatifs": whatifs}), 400)


# --- how much may be asked ---------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "n"), [("10.0.0.9", 5), ("127.0.0.1", 50), ("2001:db8::1", 5)])
def test_requests_of_one_address_are_limited(address, n):
    now = [0.0]
    with service_with(limits=Limits(requests_per_s=1.0, burst=5.0)) as service:

        async def act(client: httpx.AsyncClient) -> list[httpx.Response]:
            found = [await client.get("/api/start") for _ in range(n + 2)]
            others = [await client.get("/api/health"), await client.get("/")]
            now[0] += float(found[-1].headers["retry-after"])
            return [*found, *others, await client.get("/api/start")]

        *found, refused_one, health, page, again = ask(service, act, address=address, clock=lambda: now[0])
        assert [one.status_code for one in found] == [200] * n + [429]
        assert refused_one.status_code == 429
        assert health.status_code == page.status_code == again.status_code == 200


def test_answers_of_one_address_under_way_are_limited():
    with service_with(limits=Limits(requests_per_s=1e6, burst=1e6, streams_of_one=2)) as service:
        for address, right in (("10.0.0.9", [200, 200, 429]), ("127.0.0.1", [200] * 3)):

            async def act(client: httpx.AsyncClient) -> list[httpx.Response]:
                asked = [turn(1, small(worlds=64, seed=k), client=f"{k}") for k in range(3)]
                return await asyncio.gather(*(client.post("/api/run", json=one) for one in asked))

            assert sorted(one.status_code for one in ask(service, act, address=address)) == right


def test_answers_under_way_are_limited():
    with service_with(limits=Limits(requests_per_s=1e6, burst=1e6, streams=2)) as service:

        async def act(client: httpx.AsyncClient) -> list[httpx.Response]:
            asked = [turn(1, small(worlds=64, seed=k), client=f"{k}") for k in range(4)]
            return await asyncio.gather(*(client.post("/api/run", json=one) for one in asked))

        found = ask(service, act)
        assert sorted(one.status_code for one in found) == [200, 200, 503, 503]
        assert all(one.headers["retry-after"] for one in found if one.status_code == 503)
        assert post(service, "/api/run", turn()).status_code == 200


def test_memory_for_runs_under_way_is_limited():
    with service_with(limits=Limits(requests_per_s=1e6, burst=1e6, held_bytes=100_000)) as service:

        async def act(client: httpx.AsyncClient) -> list[httpx.Response]:
            asked = [turn(1, small(worlds=32, seed=k), client=f"{k}") for k in range(3)]
            return await asyncio.gather(*(client.post("/api/run", json=one) for one in asked))

        found = ask(service, act)
        assert sorted(one.status_code for one in found) == [200, 503, 503]
        assert all(one.headers["retry-after"] for one in found if one.status_code == 503)
        assert service.memory.held == 0


def test_caches_stay_within_their_bytes():
    with service_with(cache_bytes=200_000) as service:
        for k in range(20):
            post(service, "/api/run", turn(1, small(seed=k)))
        assert service.runs.nbytes <= 150_000
        assert service.answers.nbytes <= 50_000


# --- headers -----------------------------------------------------------------------------------------

ALL = [
    ("GET", "/", 200), ("GET", "/static/link.js", 200), ("GET", "/favicon.ico", 204), ("GET", "/api/health", 200),
    ("GET", "/api/start", 200), ("GET", "/none", 404), ("GET", "/api/none", 404), ("PUT", "/api/run", 405),
    ("POST", "/api/run", 415),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), ALL)
def test_every_response_has_the_headers_that_keep_it_to_itself(idle, method, path, status):
    check_headers(ask(idle, lambda client: client.request(method, path)), status, path)


def check_headers(found: httpx.Response, status: int, path: str) -> None:
    assert found.status_code == status
    for name, value in HEADERS.items():
        assert found.headers.get_list(name) == [value]
    assert "set-cookie" not in found.headers
    assert "server" not in found.headers
    assert "access-control-allow-origin" not in found.headers
    if path.startswith("/api"):
        assert found.headers["cache-control"] == "no-store"


def test_answers_and_refusals_have_them_too(service):
    check_headers(post(service, "/api/run", turn()), 200, "/api/run")
    check_headers(post(service, "/api/run", b"{"), 400, "/api/run")
    check_headers(post(service, "/api/run", b" " * 300_000), 413, "/api/run")
    check_headers(get(service, "/api/start", headers={"host": "evil.example"}), 403, "/api/start")
    check_headers(post(service, "/api/export", {"whatif": SMALL, "kind": "csv"}), 200, "/api/export")


def test_a_failure_of_the_server_tells_nothing(service, monkeypatch, caplog):
    def fail(*_: Any) -> None:
        raise RuntimeError("secret of /home/somebody")

    monkeypatch.setattr(Service, "detail", fail)
    found = post(service, "/api/future", {"whatif": SMALL, "i": 0})
    refused(found, 500)
    check_headers(found, 500, "/api/future")
    assert "secret" not in found.text
    assert "secret" in caplog.text
    monkeypatch.setattr(Futures, "simulate", fail)
    lines = lines_of(post(service, "/api/run", turn(1, small(seed=9))).text)
    assert [one["kind"] for one in lines] == ["start", "error"]
    assert "secret" not in json.dumps(lines)
    assert service.memory.held == 0
