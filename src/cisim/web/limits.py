"""How much anybody may ask for: requests a second, answers under way at once, and work in one of them."""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cisim.problems import ScenarioError
from cisim.web.refusals import RefusedError
from cisim.whatif.state import LEAST_FUTURES

if TYPE_CHECKING:
    from cisim.whatif.futures import Futures

SECONDS_PER_ORG_MONTH = 1.5e-6
"""Of one core; with the defaults of all parameters."""
HEAVIER = {
    "n_coalitions": (1, 0.1), "n_public_funders": (2, 0.02), "n_private_funders": (4, 0.02),
    "max_ties": (24, 0.01), "ruggedness": (2, 0.15), "practice_bits": (12, 0.1),
}  # fmt: skip
"""Parameters that cost time: from which value on, and by which share for each more; by measurement."""


OWN_COST = 0.1
"""What a request of this machine counts."""


@dataclass(frozen=True)
class Limits:
    """What the server takes on.

    Attributes
    ----------
    requests_per_s, burst : float
        Requests of one address: in the long run, and at once; ten times as many of this machine's own, behind which
        many may stand.
    streams, streams_of_one : int
        Answers under way: all, and of one address that is not this machine's own.
    looks, looks_of_one : int
        Single futures that are looked at, and files that are written, likewise.
    run_seconds, whole_seconds : float
        Estimated time of one run on one core, and of all runs of a what-if on all cores.
    held_bytes : int
        Runs held by all answers under way.
    """

    requests_per_s: float = 40.0
    burst: float = 160.0
    streams: int = 96
    streams_of_one: int = 24
    looks: int = 16
    looks_of_one: int = 4
    run_seconds: float = 5.0
    whole_seconds: float = 60.0
    held_bytes: int = 512 * 2**20


class Buckets:
    """Requests that each address has left, filled up as time goes by.

    Parameters
    ----------
    per_s, burst : float
    clock : callable
        Gives seconds.

    Examples
    --------
    >>> now = [0.0]
    >>> left = Buckets(1.0, 2.0, lambda: now[0])
    >>> [left.wait("a") for _ in range(3)]
    [0.0, 0.0, 1.0]
    >>> now[0] = 5.0
    >>> left.wait("a")
    0.0
    """

    MOST = 10_000
    """Addresses remembered."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """Take one request; return the seconds to wait if there is none left, else 0."""
        cost = OWN_COST if is_own(who) else 1.0
        now = self._clock()
        left, then = self._left.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_s)
        is_left = left >= cost
        self._left[who] = (left - cost if is_left else left, now)
        if len(self._left) > self.MOST:
            self._left.popitem(last=False)
        return 0.0 if is_left else (cost - left) / self._per_s


def is_own(address: str) -> bool:
    """Tell whether an address is this machine's own; whoever stands behind a proxy may show as such too.

    Examples
    --------
    >>> is_own("127.0.0.1"), is_own("::1"), is_own("10.0.0.3"), is_own("")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Places:
    """What is under way; used on one thread only.

    Parameters
    ----------
    most, most_of_one : int
        How many at once: all, and of one address that is not this machine's own.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._of: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are under way."""
        return self._of.total()

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """Hold a place.

        Raises
        ------
        RefusedError
            If all are taken (503), or all that one address may take (429).
        """
        if self.taken >= self._most:
            raise RefusedError(503, "the server does as much as it can; try again soon", headers=SOON)
        if self._of[address] >= self._most_of_one and not is_own(address):
            raise RefusedError(429, "too much is under way for this address", headers=SOON)
        self._of[address] += 1
        try:
            yield
        finally:
            self._of[address] -= 1
            self._of += Counter()  # drops addresses with none


class Memory:
    """Bytes of runs that are held by what is under way; used on one thread only.

    Parameters
    ----------
    most : int
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.held = 0

    @contextmanager
    def some(self, nbytes: int) -> Iterator[None]:
        """Hold memory for the runs of an answer.

        Raises
        ------
        RefusedError
            If there is not enough left (503).
        """
        if self.held and self.held + nbytes > self._most:
            raise RefusedError(503, "the server holds as many runs as it can; try again soon", headers=SOON)
        self.held += nbytes
        try:
            yield
        finally:
            self.held -= nbytes


SOON = {"retry-after": "2"}


def run_seconds(values: Mapping[str, Any]) -> float:
    """Return roughly how long a run takes on one core.

    Examples
    --------
    >>> from cisim.scenario import load
    >>> town = load("generic-adaptive")
    >>> run_seconds(town.values) < 0.05 < 5.0 < run_seconds(town.with_(n_orgs=50_000).values)
    True
    """
    heavier = sum(max(0.0, values[name] - least) * share for name, (least, share) in HEAVIER.items())
    org_months = (values["n_orgs"] + 5.0) * values["months"]
    return float(SECONDS_PER_ORG_MONTH * org_months * (1.0 + heavier))


def run_bytes(months: int) -> int:
    """Return roughly what is kept of a run of so many months."""
    return 5 * 8 * months + 2_000


def check_work(futures: Futures, threads: int, limits: Limits) -> float:
    """Return roughly how long the longest run takes; refuse what would keep others waiting for minutes.

    Raises
    ------
    ScenarioError
        If a run, or all runs, take too long.
    """
    settings: dict[str, Any] = dict(futures.whatif.settings)
    values = dict(futures.whatif.scenario.with_(regime=futures.whatif.regime, **settings).values)
    for name, drawn in futures.draws().items():
        if name in HEAVIER or name in ("n_orgs", "months"):
            values[name] = max(drawn)
    one = run_seconds(values)
    size = f"{values['n_orgs']:,.0f} organisations over {values['months']:.0f} months"
    if one > limits.run_seconds:
        what = f"{size} take about {one:.0f} s a run, more than the {limits.run_seconds:g} s this server spends on one"
        raise ScenarioError.of(f"{what} (--work-seconds); lower n_orgs or months", "n_orgs")
    whole = one * 2 * futures.n / threads
    if whole > limits.whole_seconds:
        most = fitting(one, threads, limits)
        what = f"{futures.n} futures of {size} take about {whole:.0f} s, more than the {limits.whole_seconds:g} s"
        way = f"ask for at most {most}, or lower" if most >= LEAST_FUTURES else "lower"
        raise ScenarioError.of(
            f"{what} this server spends (--work-seconds); {way} n_orgs or months", "worlds"
        )
    return one


def fitting(seconds: float, threads: int, limits: Limits) -> int:
    """Return how many futures may be asked for if a run takes so many seconds.

    Examples
    --------
    >>> fitting(0.5, 2, Limits(whole_seconds=60))
    120
    """
    return int(limits.whole_seconds * threads / (2.0 * seconds))
