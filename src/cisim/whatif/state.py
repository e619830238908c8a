"""What-ifs: what a funder sets, in a form that a link, a file and the command line share.

A what-if names a scenario, a regime and the regime it is compared with, how coordination is paid, and single
values. Levers among these hold in the chosen regime only; what nobody decides holds in both.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cisim.checks import Check
from cisim.params import LEVERS, PARAMS, Value
from cisim.presets import home, names_in
from cisim.problems import ScenarioError
from cisim.records import Frozen
from cisim.scenario import Scenario
from cisim.tree import Node, node_of
from cisim.whatif.source import Source, read_source, scenario_of

NO_BACKBONE = "no-backbone"
"""As reference: the chosen way of working itself, without its backbone."""
DRAWS = ("calibrated", "scenario", "none")
FINANCING = ("equal", "added")
LEAST_FUTURES, FUTURES, MOST_FUTURES = 8, 256, 1024
MOST_WHATIFS = 4
MOST_WORTH = 1e12
VERSION = 1
MOST_STATE = 512 * 1024
"""Longest state that a link may unfold to, in bytes."""
OPTIONAL = ("name", "reference", "financing", "set", "draws", "worlds", "seed", "worth_usd")


@dataclass(frozen=True)
class WhatIf:
    """One question: what if these organisations worked, and were funded, in this way.

    Attributes
    ----------
    source : Source
        Scenario it starts from.
    regime, reference : str
        Regime that is asked about, and what it is compared with: another regime, or "no-backbone", the same with
        the same levers but no backbone.
    name : str
        Label for people.
    financing : {"equal", "added"}
        Whether coordination comes out of the same money, or is paid by new money.
    settings : Frozen of str to Value
        Single values. Levers hold in the chosen regime only, all others in both.
    draws : {"calibrated", "scenario", "none"}
        Where values nobody knows come from.
    worlds : int
        Paired futures.
    seed : int
        Key of all draws.
    worth_usd : float or None
        What it is worth to keep the indicator one unit better for one year, in usd.
    """

    source: Source
    regime: str
    reference: str = "isolated"
    name: str = "A"
    financing: str = "equal"
    settings: Frozen[Value] = field(default_factory=Frozen)
    draws: str = "calibrated"
    worlds: int = FUTURES
    seed: int = 1
    worth_usd: float | None = None

    @property
    def scenario(self) -> Scenario:
        """Scenario it starts from."""
        return scenario_of(self.source)

    @property
    def levers(self) -> dict[str, Value]:
        """Settings of the chosen regime."""
        return {name: value for name, value in self.settings.items() if name in LEVERS}

    @property
    def common(self) -> dict[str, Value]:
        """Settings of both regimes: what nobody decides."""
        return {name: value for name, value in self.settings.items() if name not in LEVERS}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, in the form `read_whatif` reads."""
        return {
            "name": self.name,
            "scenario": self.source.plain(),
            "regime": self.regime,
            "reference": self.reference,
            "financing": self.financing,
            "set": dict(self.settings),
            "draws": self.draws,
            "worlds": self.worlds,
            "seed": self.seed,
            "worth_usd": self.worth_usd,
        }

    @property
    def key(self) -> str:
        """Hash of everything but the name: what-ifs of equal keys have equal answers."""
        matter = {**self.to_dict(), "name": "", "set": dict(sorted(self.settings.items()))}
        return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()[:32]


def read_whatif(data: object) -> WhatIf:
    """Return the what-if that plain values state.

    Raises
    ------
    ScenarioError
        With everything that is not allowed.

    Examples
    --------
    >>> asked = read_whatif({"scenario": "generic-adaptive", "regime": "collective", "set": {"backbone": 0.5}})
    >>> asked.levers, asked.worlds
    ({'backbone': 0.5}, 256)
    """
    check = Check()
    found = _whatif(check, node_of(data), "")
    if check.problems or found is None:
        raise ScenarioError(check.problems)
    try:
        _ = found.scenario
    except ScenarioError as error:
        raise ScenarioError(error.problems) from None
    return found


def _whatif(check: Check, node: Node, at: str) -> WhatIf | None:
    """Return one what-if, or None with the problems noted."""
    got = check.fields(node, at.rstrip("."), ("scenario", "regime"), OPTIONAL)
    if got is None or not {"scenario", "regime"} <= set(got):
        return None
    regimes = names_in(home() / "regimes")
    source = read_source(check, got["scenario"], f"{at}scenario")
    regime = check.one_of(got["regime"], f"{at}regime", regimes)
    stated: dict[str, Any] = {}
    if "name" in got:
        stated["name"] = check.text(got["name"], f"{at}name", 40)
    for key, choices in (("reference", (*regimes, NO_BACKBONE)), ("financing", FINANCING), ("draws", DRAWS)):
        if key in got:
            stated[key] = check.one_of(got[key], f"{at}{key}", choices)
    for key, low, high in (("worlds", LEAST_FUTURES, MOST_FUTURES), ("seed", 0, 2**53 - 1)):
        if key in got:
            stated[key] = _whole(check, got[key], f"{at}{key}", low, high)
    if "worth_usd" in got and got["worth_usd"].value is not None:
        what = f"an amount of usd from 0 to {MOST_WORTH:g}, or nothing"
        stated["worth_usd"] = check.number(got["worth_usd"], f"{at}worth_usd", 0.0, MOST_WORTH, what)
    settings = _settings(check, got["set"], f"{at}set") if "set" in got else {}
    if source is None or regime is None or check.problems:
        return None
    return WhatIf(source, regime, settings=Frozen(settings), **stated)


def _whole(check: Check, node: Node, field: str, low: int, high: int) -> int | None:
    """Return a whole number within `low`..`high`."""
    found = check.number(node, field, low, high, f"a whole number from {low} to {high}", whole=True)
    return None if found is None else int(found)


def _settings(check: Check, node: Node, field: str) -> dict[str, Value]:
    """Return parameters and their values; how coordination is paid is stated elsewhere."""
    if isinstance(node.value, dict) and "financing" in node.value:
        check.fail(node.value["financing"], f"{field}.financing", "is stated under 'financing', not here")
        return {}
    entries = check.fields(node, field, (), tuple(PARAMS)) or {}
    found = {name: check.param(name, entry, f"{field}.{name}") for name, entry in entries.items()}
    return {name: value for name, value in found.items() if value is not None}


# --- links -------------------------------------------------------------------------------------------


def encode_state(whatifs: Sequence[WhatIf], shown: int = 0) -> str:
    """Return what-ifs as the code of a link: JSON, deflated, in URL-safe base 64.

    Examples
    --------
    >>> asked = read_whatif({"scenario": "generic-adaptive", "regime": "network"})
    >>> decode_state(encode_state([asked])) == ((asked,), 0)
    True
    """
    state = {"v": VERSION, "shown": shown, "whatifs": [one.to_dict() for one in whatifs]}
    text = json.dumps(state, separators=(",", ":"), ensure_ascii=False)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(text.encode()) + packer.flush()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_state(code: str) -> tuple[tuple[WhatIf, ...], int]:
    """Return the what-ifs that a link's code holds, and which is shown.

    Raises
    ------
    ScenarioError
        If it is damaged, unfolds to more than 512 kB, or states something that is not allowed.
    """
    return read_state(_unpacked(code))


def code_of(link: str) -> str:
    """Return the code in a link, or the text itself where it is one already.

    Examples
    --------
    >>> code_of("http://127.0.0.1:8765/#s=abc&t=x"), code_of("abc")
    ('abc', 'abc')
    """
    parts = link.strip().partition("#")[2] or link.strip()
    named = [part[2:] for part in parts.split("&") if part.startswith("s=")]
    return named[0] if named else parts


def _unpacked(code: str) -> object:
    """Return the plain values of a code."""
    try:
        packed = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(-15)
        text = unpacker.decompress(packed, MOST_STATE)
    except (binascii.Error, ValueError, zlib.error):
        raise ScenarioError.of("the link is damaged; copy it again in full", "link") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        what = "holds more than fits" if unpacker.unconsumed_tail else "is cut off; copy it again in full"
        raise ScenarioError.of(f"the link {what}", "link")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ScenarioError.of("the link is damaged; copy it again in full", "link") from None


def read_state(data: object) -> tuple[tuple[WhatIf, ...], int]:
    """Return the what-ifs that plain values state, and which is shown.

    Raises
    ------
    ScenarioError
        With everything that is not allowed.
    """
    check = Check()
    got = check.fields(node_of(data), "", ("v", "whatifs"), ("shown",))
    found: list[WhatIf] = []
    shown = 0
    if got is not None and {"v", "whatifs"} <= set(got):
        check.number(got["v"], "v", VERSION, VERSION, f"version {VERSION}", whole=True)
        read = lambda node, at: _whatif(check, node, f"{at}.")  # noqa: E731
        found = list(check.items(got["whatifs"], "whatifs", 1, MOST_WHATIFS, read))
        if "shown" in got:
            shown = _whole(check, got["shown"], "shown", 0, max(0, len(found) - 1)) or 0
    if check.problems or not found:
        raise ScenarioError(check.problems)
    return tuple(found), shown


def renamed(whatif: WhatIf, name: str) -> WhatIf:
    """Return the same question under another name."""
    return replace(whatif, name=name)
