"""Take the pictures that `docs/what-if.md` shows, of the page that `cisim serve` gives, in a real browser.

Run it after a change of the page or the model: `python docs/make_shots.py`. It needs chromium.
"""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from cisim.whatif import encode_state, read_whatif

IMAGES = Path(__file__).resolve().parent / "img" / "what-if"
SIZE = {"width": 1160, "height": 1000}
COLOURS = 256
"""Of a picture: enough for lines and pale bands, in half the bytes."""
TWO_POSTS = {"backbone_usd_per_year": 266_000, "manager_share": 0.5, "data_share": 0.25}
ASKED = tuple(
    read_whatif({"scenario": "generic-adaptive", **one})
    for one in (
        {"regime": "collective", "reference": "no-backbone", "name": "Three posts"},
        {"regime": "collective", "reference": "no-backbone", "name": "Two posts", "set": TWO_POSTS},
    )
)


@contextmanager
def served() -> Iterator[str]:
    """Serve the page at a free port; give its address."""
    command = [sys.executable, "-m", "cisim", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            told = next(line for line in server.stdout if line.startswith("open "))
            yield told.removeprefix("open ").strip().rstrip("/")
        finally:
            server.send_signal(signal.SIGINT)


def opened(page: Page, address: str) -> None:
    """Show what is asked, and wait until all is answered."""
    page.goto(f"{address}/#s={encode_state(ASKED)}")
    for k in reversed(range(len(ASKED))):
        page.locator("#whatifs ul button").nth(k).click()
        page.get_by_text("256 of 256 futures").wait_for(timeout=120_000)
    page.wait_for_timeout(500)


def keep(name: str, png: bytes) -> None:
    """Write a picture with few colours."""
    small = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(IMAGES / f"{name}.png", optimize=True)
    print(IMAGES / f"{name}.png")


def take(page: Page) -> None:
    """Take the pictures."""
    page.locator("#setup").evaluate("node => node.scrollIntoView()")
    keep("first-view", page.screenshot())
    page.click("#tab-future")
    page.locator("#future").press("ArrowRight")
    page.locator(".stages svg").nth(3).wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.evaluate("document.activeElement.blur()")
    keep("one-future", page.locator("#view-future").screenshot())
    page.click("#tab-compare")
    page.locator("#difference tbody tr").first.wait_for()
    page.wait_for_timeout(500)
    keep("side-by-side", page.locator("#view-compare").screenshot())


def main() -> None:
    """Serve, open, take."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with served() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        opened(page, address)
        take(page)
        browser.close()


if __name__ == "__main__":
    main()
