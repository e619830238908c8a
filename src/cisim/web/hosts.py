"""Under which names the server may be asked, so that no other site's page reaches it by a name that points here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9.-]{0,252})(?::([0-9]{1,5}))?")
OWN = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Hosts:
    """Names under which requests may come.

    Parameters
    ----------
    bound : str
        Address the server listens at.
    port : int
    more : iterable of str
        Names under which a proxy passes requests on, at any port.

    Examples
    --------
    >>> hosts = Hosts("127.0.0.1", 8765)
    >>> hosts.has("localhost:8765"), hosts.has("evil.example:8765"), hosts.has("127.0.0.1:80")
    (True, False, False)
    >>> Hosts("127.0.0.1", 8765, ["whatif.example.org"]).has("whatif.example.org")
    True
    """

    def __init__(self, bound: str, port: int, more: Iterable[str] = ()) -> None:
        self._port = port
        self._more = frozenset(name.lower() for name in more)
        self._is_any = _is_wildcard(bound)
        self._names = OWN | {f"[{bound.lower()}]" if ":" in bound else bound.lower()}

    def has(self, host: str) -> bool:
        """Tell whether a Host header is allowed."""
        found = HOST.fullmatch(host.lower())
        if not found:
            return False
        name, port = found.groups()
        if name in self._more:
            return True
        if int(port or 80) != self._port:
            return False
        return name in self._names or (self._is_any and _is_number(name))

    def is_same(self, origin: str, host: str) -> bool:
        """Tell whether an Origin header names the very host that is asked.

        Examples
        --------
        >>> hosts = Hosts("127.0.0.1", 8765)
        >>> hosts.is_same("http://127.0.0.1:8765", "127.0.0.1:8765"), hosts.is_same("null", "127.0.0.1:8765")
        (True, False)
        """
        scheme, _, name = origin.lower().partition("://")
        return scheme in ("http", "https") and name == host.lower()


def is_local(host: str) -> bool:
    """Tell whether an address is reached from this machine only.

    Examples
    --------
    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0"), is_local("example.org")
    (True, True, False, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_wildcard(host: str) -> bool:
    """Tell whether an address stands for all of this machine's."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host


def _is_number(name: str) -> bool:
    """Tell whether a name is an address in digits, which nobody far away can make point anywhere."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
