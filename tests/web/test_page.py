"""The page in a real browser: what it shows is what Python computes, and nothing else is asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from cisim.params import PARAMS
from cisim.presets import list_regimes
from cisim.scenario import list_scenarios, load
from cisim.tables import usd
from cisim.whatif import Futures, difference, encode_state, exported, read_whatif
from cisim.whatif.exporting import KINDS
from cisim.whatif.telling import number

from .browsing import SMALL, VIEWS, Tab, page_served, sentence_of, small

Opened = Callable[..., Tab]
SHOUT = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Opened]:
    """Open tabs; in the end nothing may have been complained about, and nothing asked of anybody else."""
    tabs: list[Tab] = []

    def opened(**options: Any) -> Tab:
        tabs.append(Tab(browser, address, **options))
        return tabs[-1]

    yield opened
    for one in tabs:
        one.context.close()
        assert one.complaints == []
        hosts = {urlsplit(url).netloc for url in one.requests if not url.startswith(("data:", "blob:"))}
        assert hosts == {urlsplit(address).netloc}


def test_first_view(tab: Opened) -> None:
    asked = small()
    found = tab().open(asked)
    assert found.sentence == sentence_of(asked)
    page = found.page
    assert page.locator("#chart-level canvas").count() == page.locator("#chart-gain canvas").count() == 1
    assert "ends at" in (page.locator("#chart-level .canvas").get_attribute("aria-label") or "")
    assert "95 % interval" in (page.locator("#chart-gain .canvas").get_attribute("aria-label") or "")
    assert page.locator(".lever").count() == 10
    assert page.locator(".dots circle").count() == 20
    assert page.locator("#limits li").count() == 6
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_numbers_beside_the_canvas(tab: Opened) -> None:
    page = tab().open(small()).page
    page.locator("#chart-level summary").click()
    rows = page.locator("#chart-level tbody tr")
    assert rows.count() == 3, "a row a year"
    assert rows.nth(2).locator("td").count() == 2


def test_a_lever_changes_the_answer_to_what_python_says(tab: Opened) -> None:
    found = tab().open(small())
    before = found.sentence
    slider = found.page.locator("#lever-common_agenda")
    for _ in range(20):
        slider.press("ArrowLeft")
    found.settled()
    assert found.whatif == small(set={**SMALL["set"], "common_agenda": 0.0})
    assert found.sentence == sentence_of(found.whatif) != before
    assert "no meeting" not in (slider.get_attribute("aria-valuetext") or "")
    assert (slider.get_attribute("aria-valuetext") or "").startswith("0 per cent")


def test_setting_back_asks_the_first_question_again(tab: Opened) -> None:
    found = tab().open(small())
    found.page.locator("#lever-ruggedness").press("End")
    found.settled()
    assert found.whatif.settings["ruggedness"] == 7
    found.page.get_by_role("button", name="How far is the answer in dispute?: draw again").click()
    found.settled()
    assert found.whatif == small()


def test_backbone_money_by_role(tab: Opened) -> None:
    found = tab().open(small())
    for role, amount in (("manager", 100_000), ("data", 50_000), ("facilitator", 50_000)):
        found.page.locator(f"#lever-{role}_usd-number").fill(str(amount))
        found.page.locator(f"#lever-{role}_usd-number").press("Enter")
    found.settled()
    given = {
        name: found.whatif.settings[name] for name in ("backbone_usd_per_year", "manager_share", "data_share")
    }
    assert given == {"backbone_usd_per_year": 200_000, "manager_share": 0.5, "data_share": 0.25}
    for role in ("manager", "data", "facilitator"):
        found.page.locator(f"#lever-{role}_usd").press("Home")
    found.settled()
    assert found.whatif.levers == {"backbone": 0.0}


def test_a_number_out_of_range_is_refused_in_words(tab: Opened) -> None:
    found = tab().open(small())
    exact = found.page.locator("#lever-communication-number")
    exact.fill("140")
    exact.press("Enter")
    expect(found.page.get_by_text("A number from 0 to 100 is needed.")).to_be_visible()
    assert exact.get_attribute("aria-invalid") == "true"
    found.settled()
    assert found.whatif == small()


def test_a_newer_move_ends_the_older_run(tab: Opened) -> None:
    found = tab()
    dropped: list[int] = []

    def note(request: Any) -> None:
        if urlsplit(request.url).path == "/api/run":
            dropped.append(json.loads(request.post_data)["whatif"]["worlds"])

    found.page.on("requestfailed", note)
    found.open(small(set={}, worlds=8))
    found.page.locator("#worlds").evaluate("node => node.closest('details').open = true")
    for worlds in ("1024", "16"):
        found.page.locator("#worlds").fill(worlds)
        found.page.locator("#worlds").press("Enter")
        found.page.wait_for_timeout(400)
    found.settled()
    assert 1024 in dropped  # a stream that is let go after its last line may count as dropped too
    assert found.page.locator("#progress").inner_text() == "16 of 16 futures"
    assert found.sentence == sentence_of(found.whatif)


def test_the_end_is_announced_and_only_the_end(tab: Opened) -> None:
    found = tab()
    found.page.add_init_script(
        "window.said = []; addEventListener('DOMContentLoaded', () => new MutationObserver(() =>"
        " window.said.push(document.getElementById('live').textContent))"
        ".observe(document.getElementById('live'), {childList: true, characterData: true, subtree: true}))"
    )
    found.open(small())
    assert found.page.evaluate("window.said") == [f"64 futures. {found.sentence}"]


def test_a_link_shows_the_same_in_another_tab(tab: Opened) -> None:
    one = tab().open(small(name="Grün & <b>"), small(regime="network", worlds=16, name="B"), shown=0)
    one.page.locator("#lever-shared_measurement").press("Home")
    one.page.get_by_label("Added money").check()
    one.settled()
    other = tab()
    other.page.goto(one.page.url)
    other.settled()
    assert other.state == one.state
    assert other.sentence == one.sentence == sentence_of(one.whatif)
    assert other.values() == one.values()
    assert other.whatif.financing == "added"


def test_a_link_of_python_shows_what_it_says(tab: Opened) -> None:
    asked = [
        small(reference="no-backbone", worlds=8),
        small(regime="network", draws="none", seed=5, worlds=8, worth_usd=1e5),
    ]
    found = tab().open(*asked, shown=1)
    assert found.state == (tuple(asked), 1)
    assert found.sentence == sentence_of(asked[1])
    found.page.locator("#whatifs").get_by_role("button", name="A").first.click()
    found.settled()
    assert found.sentence == sentence_of(asked[0])


def test_another_link_pasted_into_the_same_tab(tab: Opened) -> None:
    found = tab().open(small())
    other = small(regime="network")
    found.page.evaluate("code => { location.hash = `s=${code}`; }", encode_state([other]))
    found.page.wait_for_timeout(300)
    found.settled()
    assert found.whatif == other
    assert found.sentence == sentence_of(other)


@pytest.mark.parametrize("code", ["AAAA", "%00", encode_state([small()])[:-9]])
def test_a_damaged_link_is_told_and_the_page_still_works(tab: Opened, code: str) -> None:
    found = tab()
    found.page.goto(f"{found.address}/#s={code}")
    found.settled()
    expect(found.page.locator("#notice")).to_contain_text("The link is damaged")
    assert found.page.locator(".lever").count() == 10


def test_a_link_with_values_that_are_not_allowed(tab: Opened) -> None:
    found = tab()
    state = {"v": 1, "shown": 0, "whatifs": [{**small().to_dict(), "set": {"turf": 7.0}}]}
    found.open()
    code = found.page.evaluate("async state => (await import('./static/link.js')).encode(state)", state)
    other = tab()
    other.page.goto(f"{other.address}/#s={code}")
    expect(other.page.locator("#trouble")).to_contain_text("turf: 7 is not allowed")
    assert other.page.locator("#levers .lever").count() == 10


def test_up_to_four_side_by_side(tab: Opened) -> None:
    found = tab().open(small(worlds=16))
    page = found.page
    for regime in ("network", "isolated", list_regimes()[-1].name):
        page.get_by_role("button", name="+ Copy to a new one").click()
        page.select_option("#regime", regime)
    found.settled()
    assert page.get_by_role("button", name="+ Copy to a new one").is_disabled()
    whatifs, shown = found.state
    assert [one.name for one in whatifs] == ["A", "B", "C", "D"]
    assert shown == 3
    view = found.view("compare")
    expect(view.locator("#difference tbody tr")).to_have_count(len(difference(whatifs)))
    sentences = view.get_by_role("row", name="In a sentence").locator("td").all_inner_texts()
    assert sentences == [sentence_of(one) for one in whatifs]
    page.get_by_role("button", name="Remove").click()
    found.settled()
    assert [one.name for one in found.state[0]] == ["A", "B", "C"]


def test_another_way_of_working_brings_its_own_levers(tab: Opened) -> None:
    found = tab().open(small(set={**SMALL["set"], "common_agenda": 0.5, "turf": 0.2}))
    found.page.select_option("#regime", "network")
    found.settled()
    assert found.whatif == small(regime="network", set={**SMALL["set"], "turf": 0.2})


VALUES = """async name => {
  const [ask, start, told] = await Promise.all([
    import("./static/ask.js"),
    fetch("api/start").then(got => got.json()),
    fetch("api/scenario", {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({scenario: name}),
    }).then(got => got.json()),
  ]);
  start.byName = Object.fromEntries(start.params.map(one => [one.name, one]));
  const asked = regime => ({regime, set: {}, draws: "calibrated"});
  return start.regimes.map(({name: regime}) => ({
    regime,
    values: ask.values(start, told, asked(regime)),
    drawn: start.params.map(one => one.name).filter(one => ask.isDrawn(start, told, asked(regime), one)),
  }));
}"""


def test_the_page_knows_the_values_of_every_way_of_working(tab: Opened) -> None:
    found = tab().open(small(worlds=8))
    for listed in list_scenarios():
        told = found.page.evaluate(VALUES, listed.name)
        for one in told:
            assert one["values"] == dict(load(listed.name).with_(regime=one["regime"]).values), listed.name
        whatif = read_whatif({"scenario": listed.name, "regime": "collective", "worlds": 8})
        drawn = next(one["drawn"] for one in told if one["regime"] == "collective")
        assert sorted(drawn) == sorted(Futures(whatif).draws()), listed.name


def test_numbers_are_written_as_python_writes_them(tab: Opened) -> None:
    page = tab().open(small(worlds=8)).page
    pairs = [
        (sign * 1.23456 * 10.0**size, 10.0**scale)
        for sign in (1, -1)
        for size in range(-3, 5)
        for scale in (-3, -1, 0, 2)
    ]
    amounts = [sign * 1.23456 * 10.0**size for sign in (1, -1) for size in range(11)]
    script = """async ([pairs, amounts]) => {
      const form = await import("./static/format.js");
      return [pairs.map(one => form.number(...one)), amounts.map(form.usd)];
    }"""
    numbers, money = page.evaluate(script, [pairs, amounts])
    assert numbers == [number(*one) for one in pairs]
    assert [one.replace("\N{MINUS SIGN}", "-") for one in money] == [
        usd(one).replace("\N{MINUS SIGN}", "-") for one in amounts
    ]


def is_future(response: Any, i: int) -> bool:
    """Whether a response answers for one future."""
    is_one = urlsplit(response.url).path == "/api/future"
    return is_one and json.loads(response.request.post_data)["i"] == i


def test_single_futures(tab: Opened) -> None:
    asked = small(worlds=16)
    found = tab().open(asked)
    view = found.view("future")
    expect(view.locator(".stages svg")).to_have_count(4)
    for name in ("Next \u2192", "Best", "\u2190 Previous", "Worst", "Middle"):
        view.get_by_role("button", name=name).click()
    view.locator("#future").press("Home")
    expect(found.page.locator("#future-told")).to_contain_text("Future 1 of 16")
    view.locator("#future").press("End")
    expect(found.page.locator("#future-told")).to_contain_text("Future 16 of 16")
    with found.page.expect_response(
        lambda one: is_future(one, 14)
    ) as got:  # older ones may still be on their way
        view.locator("#future").press("ArrowLeft")
    assert got.value.json()["i"] == 14
    view.get_by_text("Where the money went in this future").click()
    expect(
        view.get_by_role("table", name="Largest flows of money under Collective impact, usd a year")
    ).to_be_visible()


def test_who_gains_and_where_money_goes(tab: Opened) -> None:
    found = tab().open(small())
    assert found.view("people").locator("tbody tr").count() == 4
    money = found.view("money")
    assert money.locator("tbody tr").count() == 8
    assert money.locator(".bar span").first.evaluate("node => node.getBoundingClientRect().width") > 0


def test_what_it_rests_on(tab: Opened) -> None:
    found = tab().open(small(set={**SMALL["set"], "turf": 0.999}))
    view = found.view("basis")
    expect(view.get_by_role("table", name="Values set by hand").locator("tbody tr")).to_have_count(3)
    expect(found.page.locator(".warnings")).to_contain_text("outside the calibrated range")


def test_an_assumption_is_found_set_and_set_back(tab: Opened) -> None:
    found = tab().open(small())
    view = found.view("assumptions")
    view.get_by_label("Search").fill("cross_sector_trust")
    box = view.locator("#param-cross_sector_trust")
    assert box.get_attribute("placeholder") == "drawn"
    assert box.input_value() == ""
    box.fill("0.5")
    box.press("Enter")
    found.settled()
    assert found.whatif == small(set={**SMALL["set"], "cross_sector_trust": 0.5})
    assert found.sentence == sentence_of(found.whatif)
    box.fill("9")
    box.press("Enter")
    expect(view.get_by_text("A number from 0 to 1 is needed.")).to_be_visible()
    view.get_by_role("button", name="cross_sector_trust: draw again").click()
    found.settled()
    assert found.whatif == small()


def test_every_parameter_can_be_set_here(tab: Opened) -> None:
    found = tab().open(small())
    view = found.view("assumptions")
    for node in view.locator("details > summary").all():
        node.click()
    ids = view.locator(".param input, .param select").evaluate_all("all => all.map(one => one.id)")
    assert {one.removeprefix("param-") for one in ids} == set(PARAMS) - {"financing"}
    assert view.locator(".param .grade").count() == len(ids)


def test_a_scenario_file_of_ones_own(tab: Opened, tmp_path: Path) -> None:
    file = tmp_path / "our town.yaml"
    file.write_text("cisim: 1\ntitle: Our town\nextends: generic-adaptive\nparams: {n_orgs: 9, months: 24}\n")
    found = tab().open(small(worlds=16))
    page = found.page
    page.locator("#upload > summary").click()
    page.set_input_files("#yaml-file", file)
    expect(page.get_by_text("In use: Our town.")).to_be_visible()
    found.settled()
    assert found.whatif.source.name == "our town"
    assert found.whatif.scenario.values["n_orgs"] == load(file).values["n_orgs"] == 9
    assert found.sentence == sentence_of(found.whatif)
    other = tab()
    other.page.goto(page.url)
    other.settled()
    assert other.sentence == found.sentence
    assert other.page.locator("#yaml").input_value() == file.read_text()


def test_a_wrong_scenario_file_is_told_line_by_line(tab: Opened) -> None:
    found = tab().open(small(worlds=16))
    page = found.page
    page.locator("#upload > summary").click()
    page.fill("#yaml", "cisim: 1\nextends: generic-adaptive\nparams:\n  n_orgs: -3\n  turf: 9\n")
    page.get_by_role("button", name="Check and use").click()
    places = page.locator("#yaml-wrong button")
    expect(places).to_have_count(2)
    assert places.all_inner_texts() == ["line 4, column 11", "line 5, column 9"]
    places.nth(1).click()
    assert (
        page.locator("#yaml").evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)")
        == "9"
    )
    assert found.whatif == small(worlds=16)


def test_files_are_those_of_python(tab: Opened) -> None:
    found = tab().open(small(worlds=8))
    view = found.view("share")
    for kind in KINDS:
        with found.page.expect_request("**/api/export") as sent, found.page.expect_download() as got:
            view.locator(f"[data-kind={kind}]").click()
        body = json.loads(sent.value.post_data or "")
        want = exported(small(worlds=8), kind, body["link"])
        assert Path(got.value.path()).read_bytes() == want.data, kind
        assert got.value.suggested_filename == want.filename


def test_the_link_is_copied(tab: Opened) -> None:
    found = tab(permissions=["clipboard-read", "clipboard-write"]).open(small(worlds=8))
    view = found.view("share")
    view.get_by_role("button", name="Copy link").click()
    expect(view.get_by_text("The link is copied.")).to_be_visible()
    assert found.page.evaluate("navigator.clipboard.readText()") == found.page.url


def test_a_server_that_wants_a_token(browser: Browser) -> None:
    token = "a-token-of-more-than-16"
    with page_served(token=token) as address:
        found = Tab(browser, address)
        found.page.goto(address)
        found.page.get_by_label("access token").fill("wrong-wrong-wrong-wrong")
        found.page.get_by_role("button", name="Open").click()
        found.page.get_by_label("access token").fill(token)
        found.page.get_by_role("button", name="Open").click()
        found.settled()
        assert found.page.url.endswith(f"&t={token}")
        view = found.view("share")
        expect(view.locator("#link")).to_have_value(found.page.url.removesuffix(f"&t={token}"))
        view.get_by_label("with the access token").check()
        expect(view.locator("#link")).to_have_value(found.page.url)
        assert all("?" not in url and token not in urlsplit(url).path for url in found.requests)
        assert found.complaints == []
        found.context.close()


def test_trouble_is_told_and_tried_again(tab: Opened) -> None:
    found = tab().open(small())
    found.context.set_offline(True)
    found.page.locator("#lever-communication").press("Home")
    expect(found.page.locator("#trouble")).to_contain_text("No connection")
    found.context.set_offline(False)
    found.page.get_by_role("button", name="Try again").click()
    found.settled()
    assert found.page.locator("#trouble").inner_text() == ""
    assert found.sentence == sentence_of(found.whatif)
    found.complaints = [one for one in found.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_a_busy_server_is_asked_again(tab: Opened) -> None:
    found = tab().open(small())
    refused: list[str] = []

    def refuse(route: Any) -> None:
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(
                status=429,
                headers={"Retry-After": "1"},
                json={"problems": [{"field": "", "message": "Busy."}]},
            )
        else:
            route.continue_()

    found.page.route("**/api/run", refuse)
    found.page.locator("#lever-communication").press("Home")
    found.settled()
    assert len(refused) == 2
    assert found.sentence == sentence_of(found.whatif)


def test_what_names_say_is_text_only(tab: Opened) -> None:
    file = {
        "cisim": 1, "title": SHOUT, "description": SHOUT, "extends": "generic-adaptive",
        "params": {"n_orgs": 9, "months": 24}, "facts": [{"text": SHOUT, "source": SHOUT}],
        "groups": [{"name": SHOUT[:60], "size": 1000, "need": 1, "reach": 1, "level": 1}],
    }  # fmt: skip
    yaml = json.dumps(file)
    asked = read_whatif(
        {"scenario": {"name": "town", "yaml": yaml}, "regime": "collective", "worlds": 64, "name": SHOUT[:40]}
    )
    found = tab(bypass_csp=True).open(asked, small(worlds=8, name="<u>B</u>"), shown=0)
    for name in VIEWS:
        found.view(name)
        found.page.wait_for_timeout(150)
    found.page.wait_for_timeout(500)
    assert found.page.evaluate("window.hacked") is None
    assert found.page.locator("main img, main script, main u, main b").count() == 0
    expect(found.page.locator("#whatifs")).to_contain_text("<u>B</u>")
    expect(found.view("basis")).to_contain_text(SHOUT)
    assert found.state[0][0] == asked


def test_nothing_runs_but_the_files_of_the_page(tab: Opened) -> None:
    page = tab().open(small(worlds=8)).page
    assert page.locator("script:not([src]), style, [onclick], [onload]").count() == 0
    assert page.evaluate("document.cookie") == ""


@pytest.mark.skipif(
    "CI" not in os.environ, reason="speed is measured by benchmarks/serve.py, here only roughly"
)
def test_the_first_update_comes_soon(tab: Opened) -> None:
    found = tab().open(small())
    began = found.page.evaluate("performance.now()")
    found.page.locator("#lever-communication").press("Home")
    expect(found.page.locator("#progress")).not_to_have_text("0 of 64 futures")
    assert found.page.evaluate("performance.now()") - began < 3000
