"""The command that serves the page of what-ifs."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

import typer

from cisim.commands.options import Quiet, Threads, whole
from cisim.commands.output import emit, say
from cisim.commands.problems import FailureError, InputError

TOKEN = "CISIM_TOKEN"
TOKEN_FORM = re.compile(r"[A-Za-z0-9._~-]{16,200}")
NAME_FORM = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def serve(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]", help="Shown first: path of a scenario file, or the name of a shipped one."
        ),
    ] = "generic-adaptive",
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Address to listen at; by default this machine only."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", parser=whole(0, 65535), metavar="N", help="Port; 0 takes a free one.")
    ] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TEXT",
            help=f"What requests have to carry; also from {TOKEN}. Made up where others can reach the server.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Name under which a proxy passes requests on. May be repeated.",
        ),
    ] = None,
    cache_mb: Annotated[
        int,
        typer.Option(
            "--cache-mb", parser=whole(8, 65536), metavar="N", help="Memory for runs that are known."
        ),
    ] = 256,
    work_seconds: Annotated[
        int,
        typer.Option(
            "--work-seconds", parser=whole(1, 86400), metavar="N", help="Longest simulation that is taken on."
        ),
    ] = 60,
    threads: Threads = None,
    is_opening: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    quiet: Quiet = False,
) -> None:
    """Ask what-ifs in a browser: set levers, see at once what they would do and how sure that is.

    Nothing leaves this machine, and nobody else can reach the page unless --host says so; then a token is needed.
    """
    from cisim.whatif.source import source_of

    names = _names(allow_host or [])
    stated = _token(token)
    server, service = _modules()
    from cisim.engine import n_cores, prepare
    from cisim.web.hosts import is_local
    from cisim.web.limits import Limits

    if stated == "" and (names or not is_local(host)):
        import secrets

        stated = secrets.token_urlsafe(24)
    settings = service.Settings(
        source_of(scenario),
        threads or n_cores(),
        cache_mb * 2**20,
        stated,
        Limits(run_seconds=work_seconds / 12, whole_seconds=work_seconds),
    )
    bound = _bound(server, host, port)
    remark = (lambda _: None) if quiet else say
    prepare(remark)
    answering = service.Service(settings)
    answering.warm_up()
    link = _link(host, bound.getsockname()[1], stated)
    server.serve(answering, bound, host, names, lambda: _ready(link, is_opening, remark))
    remark("stopped")


def _modules() -> tuple[Any, Any]:
    """Return what serves, or say what is missing."""
    try:
        from cisim.web import server, service
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("starlette", "uvicorn", "h11", "anyio"):
            raise
        raise InputError(f"'cisim serve' needs {error.name}: pip install 'cisim[serve]'") from None
    return server, service


def _names(texts: list[str]) -> list[str]:
    """Return names of hosts."""
    for text in texts:
        if not NAME_FORM.fullmatch(text):
            raise InputError(f"--allow-host: {text[:60]!r} is not allowed; the name of a host, without port")
    return texts


def _token(stated: str | None) -> str:
    """Return the token that was given, "" if none was."""
    where = "--token" if stated is not None else TOKEN
    found = stated if stated is not None else os.environ.get(TOKEN, "")
    if (found or stated is not None) and not TOKEN_FORM.fullmatch(found):
        raise InputError(f"{where}: 16 to 200 letters, digits, '.', '_', '~' or '-' are needed")
    return found


def _bound(server: Any, host: str, port: int) -> Any:
    """Return a bound socket."""
    import errno
    import socket

    try:
        return server.bound_socket(host, port)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise InputError(f"--host: {host[:60]!r} is not an address of this machine") from None
        way = "; --port 0 takes a free one" if error.errno == errno.EADDRINUSE else ""
        raise FailureError(f"cannot listen at {host}, port {port}: {error.strerror}{way}") from None
    except (ValueError, OverflowError):
        raise InputError(f"--host: {host[:60]!r} is not an address of this machine") from None


def _link(host: str, port: int, token: str) -> str:
    """Return the address of the page.

    Examples
    --------
    >>> _link("127.0.0.1", 8765, ""), _link("0.0.0.0", 80, "secret")
    ('http://127.0.0.1:8765/', 'http://127.0.0.1:80/#t=secret')
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(
        host, f"[{host}]" if ":" in host else host
    )
    return f"http://{name}:{port}/{f'#t={token}' if token else ''}"


def _ready(link: str, is_opening: bool, remark: Any) -> None:
    """Tell where the page is, and open it if that is wanted."""
    import sys
    import webbrowser

    emit(f"open {link}")
    if sys.stdout is not None:
        sys.stdout.flush()
    remark("Ctrl-C stops it")
    if is_opening:
        webbrowser.open(link)
