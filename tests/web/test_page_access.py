"""The page for everybody: by keyboard, read aloud, in the dark, on a phone, on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from .browsing import VIEWS, Tab, sentence_of, small

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": PHONE,
}
FAULTS = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => `${one.id}: ${one.nodes.map(node => node.target.join(" ")).join(", ")}`))"""


def everything(found: Tab) -> None:
    """Unfold all there is."""
    found.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found.page.wait_for_timeout(150)


@pytest.mark.parametrize("look", LOOKS)
def test_no_serious_fault_in_any_view(browser: Browser, address: str, look: str) -> None:
    found = Tab(browser, address, bypass_csp=True, **LOOKS[look])
    found.open(small(worlds=64), small(worlds=8, regime="network", name="B"))
    found.page.evaluate(AXE.read_text())
    faults, wide = {}, {}
    for name in VIEWS:
        found.view(name)
        found.page.wait_for_timeout(600)
        if name in ("future", "share"):
            everything(found)
        faults[name] = found.page.evaluate(FAULTS)
        wide[name] = found.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert faults == {name: [] for name in VIEWS}
    assert max(wide.values()) <= 0, "nothing is wider than the screen"
    assert found.complaints == []
    found.context.close()


def test_axe_would_find_a_fault(browser: Browser, address: str) -> None:
    found = Tab(browser, address, bypass_csp=True).open(small(worlds=8))
    found.page.evaluate(AXE.read_text())
    found.page.evaluate("document.querySelector('label[for=regime]').remove()")
    assert any(one.startswith("select-name") for one in found.page.evaluate(FAULTS))
    found.context.close()


def reach(found: Tab, selector: str) -> None:
    """Press Tab until an element has the focus; each on the way has to show that it has it."""
    for _ in range(80):
        found.page.keyboard.press("Tab")
        if found.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        outline = found.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_by_keyboard_alone(browser: Browser, address: str) -> None:
    found = Tab(browser, address).open(small(worlds=8))
    keys = found.page.keyboard
    found.page.evaluate("document.activeElement.blur()")
    keys.press("Tab")
    assert found.page.evaluate("document.activeElement.id") == "skip"
    keys.press("Enter")
    assert found.page.evaluate("document.activeElement.id") == "said"
    reach(found, "#lever-common_agenda")
    for _ in range(4):
        keys.press("ArrowLeft")
    found.settled()
    assert found.whatif.settings["common_agenda"] == 0.8
    assert found.sentence == sentence_of(found.whatif)
    reach(found, "[role=tab]")
    for name in VIEWS[1:]:
        keys.press("ArrowRight")
        expect(found.page.locator(f"#view-{name}")).to_be_visible()
    keys.press("Home")
    reach(found, "#future")
    keys.press("ArrowRight")
    expect(found.page.locator("#future-told")).to_contain_text("Future 2 of 8")
    found.context.close()


def test_levers_are_read_aloud(browser: Browser, address: str) -> None:
    found = Tab(browser, address).open(small(worlds=8))
    slider = found.page.get_by_role("slider", name="Backbone: for how long")
    assert slider.get_attribute("aria-valuetext") == "5 years, a usual long grant"
    agenda = found.page.get_by_role("slider", name="Common agenda")
    assert agenda.get_attribute("aria-valuetext") == "100 per cent, in full"
    drawn = found.page.get_by_role("slider", name="Can one actor do it?")
    assert drawn.get_attribute("aria-valuetext") == "drawn"
    expect(agenda).to_have_accessible_description(
        "Meeting time that works on one shared view of the problem and how to meet it. It costs members hours."
    )
    found.context.close()


def test_courses_differ_without_colour(browser: Browser, address: str) -> None:
    found = Tab(browser, address).open(small(worlds=8))
    lines = found.page.locator("#chart-level .sample line")
    dashes = lines.evaluate_all("all => all.map(one => one.getAttribute('stroke-dasharray'))")
    assert dashes == ["7 4", None]
    found.context.close()


def test_text_twice_as_large_fits(browser: Browser, address: str) -> None:
    found = Tab(browser, address, viewport={"width": 640, "height": 900}).open(small(worlds=8))
    found.page.evaluate("document.documentElement.style.fontSize = '200%'")
    found.page.wait_for_timeout(200)
    assert found.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found.context.close()


def test_on_paper(browser: Browser, address: str) -> None:
    found = Tab(browser, address, color_scheme="dark").open(
        small(worlds=8, set={"n_orgs": 12, "months": 36, "turf": 0.2})
    )
    found.page.emulate_media(media="print")
    for shown in ("#sentence", "#chart-level canvas", "#chart-gain canvas", "#asked", "#limits"):
        expect(found.page.locator(shown)).to_be_visible()
    for hidden in ("#levers", "#setup", "#views", "#whatifs"):
        expect(found.page.locator(hidden)).to_be_hidden()
    expect(found.page.locator("#asked")).to_contain_text("turf")
    white = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert white == "rgb(255, 255, 255)"
    found.context.close()


def test_less_motion(browser: Browser, address: str) -> None:
    found = Tab(browser, address, reduced_motion="reduce").open(small(worlds=8))
    found.page.evaluate("document.getElementById('answer').classList.add('stale')")
    style = "getComputedStyle(document.getElementById('sentence')).transitionProperty"
    assert found.page.evaluate(style) in ("none", "all")
    assert (
        found.page.evaluate("getComputedStyle(document.getElementById('sentence')).transitionDuration")
        == "0s"
    )
    found.context.close()


@pytest.mark.parametrize("look", ["light", "phone"])
def test_the_answer_stays_in_sight_while_levers_move(browser: Browser, address: str, look: str) -> None:
    found = Tab(browser, address, **LOOKS[look]).open(small(worlds=8))
    found.page.locator("#lever-complementarity").evaluate("node => node.scrollIntoView({block: 'center'})")
    found.page.wait_for_timeout(100)
    expect(found.page.locator("#lever-complementarity")).to_be_in_viewport()
    expect(found.page.locator("#sentence")).to_be_in_viewport(ratio=1)
    found.context.close()
