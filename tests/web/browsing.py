"""A browser on the page, for tests: what it asked for, what it complained about, and when an answer is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cisim.whatif import Futures, WhatIf, decode_state, encode_state, read_whatif
from cisim.whatif.state import code_of

from .serving import listening, service_with

SMALL = {
    "scenario": "generic-adaptive", "regime": "collective", "set": {"n_orgs": 12, "months": 36}, "worlds": 64,
}  # fmt: skip
VIEWS = ("future", "people", "money", "coalition", "basis", "assumptions", "compare", "share")
MOMENT_MS = 60_000
"""Longest wait, on a machine that does other things too."""
expect.set_options(timeout=MOMENT_MS)


def small(**other: Any) -> WhatIf:
    """Return a what-if that takes a moment, with some entries of its own."""
    return read_whatif({**SMALL, **other})


def sentence_of(whatif: WhatIf) -> str:
    """Return the sentence of all futures of a what-if, without any server."""
    futures = Futures(whatif)
    pairs = [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(futures.n)]
    return str(futures.answer(pairs)["sentence"])


@contextmanager
def page_served(**settings: Any) -> Iterator[str]:
    """Serve the page at a free port, with everything compiled; give the address."""
    with service_with(**settings) as service:
        service.warm_up()
        with listening(service) as address:
            yield address


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give the system's browser."""
    path = shutil.which("chromium")
    if path is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """The page in a browser's tab.

    Attributes
    ----------
    page : Page
    requests, complaints : list of str
        Addresses asked for; errors, warnings and breaches of the security policy.
    """

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(MOMENT_MS)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        """Keep what the browser complains about; a refusal that the page tells in words is no complaint."""
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of 4" not in message.text
        ):
            self.complaints.append(message.text)

    def open(self, *whatifs: WhatIf, shown: int = 0) -> Tab:
        """Open the page with what-ifs, or as it comes, and wait for the whole answer."""
        self.page.goto(f"{self.address}/#s={encode_state(whatifs, shown)}" if whatifs else self.address)
        return self.settled()

    def settled(self) -> Tab:
        """Wait for the whole answer, and for the address to hold what is set."""
        expect(self.page.locator("#answer[aria-busy=false]")).to_be_visible()
        expect(self.page.locator("#sentence")).not_to_be_empty()
        self.page.wait_for_timeout(450)
        return self

    def view(self, name: str) -> Any:
        """Open a view, and return it."""
        self.page.click(f"#tab-{name}")
        found = self.page.locator(f"#view-{name}")
        expect(found).to_be_visible()
        return found

    @property
    def sentence(self) -> str:
        """The sentence of the first view."""
        return self.page.locator("#sentence").inner_text()

    @property
    def state(self) -> tuple[tuple[WhatIf, ...], int]:
        """What the address holds, as Python reads it."""
        return decode_state(code_of(self.page.url))

    @property
    def whatif(self) -> WhatIf:
        """The what-if that is shown."""
        whatifs, shown = self.state
        return whatifs[shown]

    def values(self) -> dict[str, str]:
        """Return what every control of the first view is set to."""
        controls = self.page.locator("#setup select, #setup input:not([type=file]), #levers input")
        found = controls.evaluate_all(
            "all => all.map(one => [one.id || one.name + one.value,"
            " one.type === 'radio' ? String(one.checked) : one.value])"
        )
        return dict(found)
