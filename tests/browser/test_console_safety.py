"""What must hold whatever the data says and whatever the browser lacks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import ContextMaker, Opener
from tests.browser.fake_service import ConsoleSettings, RunningService, run
from tests.browser.pages import ConsolePage
from tests.browser.pictures import LOOKS, SIZES
from tests.browser.scenario import Scenario, identity

EVIL = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"


def test_names_from_outside_are_text(day: Scenario, open_console: Opener, running: RunningService) -> None:
    day.technician(EVIL, 100, 100)
    day.order("L-6666", EVIL, 200, 200, age_min=99, address=EVIL, customer={"name": EVIL, "phone": None, "email": None})
    day.exclude(EVIL, 50, ("slot_taken", EVIL))
    console = open_console(with_map=True)
    console.order("L-6666").locator("button").click()
    expect(console.panel.locator(".who h2")).to_have_text(EVIL)
    expect(console.candidate(EVIL)).to_be_visible()
    expect(console.marker(1)).to_contain_text("<img")
    console.page.keyboard.press("w")
    expect(console.page.locator("#why")).to_contain_text(EVIL)
    running.service.change(day.taken(day.orders[identity("T-0866")], EVIL, by=EVIL))
    expect(console.order("Oven")).to_contain_text("has it")
    expect(console.page).to_have_title("(4) L-6666 · Map · geo-assign")
    assert console.page.locator("img, script:not([src])").count() == 0


def test_the_page_keeps_its_own_policy_and_the_map_needs_no_tiles_and_no_basemap(map_console: ConsolePage) -> None:
    response = map_console.page.reload()
    assert response
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    map_console.order("L-2044").locator("button").click()
    expect(map_console.map).to_be_visible()
    expect(map_console.marker(1)).to_be_visible()
    expect(map_console.marker(6)).to_be_visible()
    expect(map_console.page.locator(".scale")).to_have_text(re.compile(r"\d+ k?m"))
    map_console.page.get_by_role("button", name=re.compile("Colours")).click()
    map_console.page.wait_for_timeout(500)
    assert map_console.complaints == []


def test_a_tile_server_that_does_not_answer_is_said_once(day: Scenario, page: Page, built_console: None) -> None:
    closed_port = "http://127.0.0.1:9/{z}/{x}/{y}.png"
    running = run(day, ConsoleSettings(closed_port, "© OpenStreetMap contributors"))
    try:
        console = ConsolePage(page, running.url)
        console.open()
        expect(page.get_by_text("Map tiles do not load")).to_be_visible()
        expect(page.get_by_role("link", name="© OpenStreetMap contributors")).to_be_visible()
        console.order("L-2044").locator("button").click()
        expect(console.marker(1)).to_be_visible()
        assert console.complaints == []
    finally:
        running.stop()


def test_without_webgl_the_lists_do_everything(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], running: RunningService
) -> None:
    blind = ["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"]
    with browser_type.launch(**{**browser_type_launch_args, "args": blind}) as browser:  # type: ignore[arg-type]
        console = ConsolePage(browser.new_page(), running.url)
        console.open()
        expect(console.page.get_by_text("This browser cannot draw the map.")).to_be_visible()
        console.order("L-2044").locator("button").click()
        expect(console.page.get_by_role("button", name=re.compile("Offer to Ana"))).to_be_visible()
        console.page.keyboard.press("Enter")
        expect(console.panel).to_contain_text("Offered to Ana Ferreira")
        assert console.complaints == []


def test_an_ended_session_asks_to_log_in_again(console: ConsolePage, running: RunningService) -> None:
    expect(console.order("L-2044")).to_be_visible()
    running.service.logged_in = False
    # The page may notice by itself before it is asked: then the row is gone, and there is nothing left to press.
    # It must be a located lead: opening one without a place asks the service nothing.
    console.page.evaluate(
        "[...document.querySelectorAll('.todo li')].find((row) => row.innerText.includes('L-2044'))"
        "?.querySelector('button').click()"
    )
    expect(console.page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(console.page.get_by_role("alert")).to_contain_text("session has ended")


@pytest.fixture
def phone(new_context: ContextMaker, running: RunningService) -> ConsolePage:
    """The console on a telephone."""
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    console = ConsolePage(context.new_page(), running.url)
    console.open()
    return console


def test_a_phone_shows_the_list_then_map_and_sheet_with_one_big_button(phone: ConsolePage) -> None:
    expect(phone.order("L-2044")).to_be_visible()
    expect(phone.panel).to_be_hidden()
    phone.order("L-2044").locator("button").tap()
    expect(phone.map).to_be_visible()
    button = phone.page.get_by_role("button", name="Offer to Ana")
    expect(button).to_be_visible()
    box, map_box = button.bounding_box(), phone.page.locator(".map").bounding_box()
    assert box
    assert box["height"] >= 44
    assert map_box
    assert 0.3 < map_box["height"] / 844 < 0.4
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    button.tap()
    expect(phone.panel).to_contain_text("Ana Ferreira")
    phone.page.get_by_role("button", name="Back to pending").tap()
    expect(phone.order("L-2044")).to_contain_text("Ana Ferreira")


def test_a_phone_has_a_map_of_its_own(phone: ConsolePage) -> None:
    phone.page.get_by_role("navigation").get_by_role("button", name="Map").tap()
    expect(phone.map).to_be_visible()
    phone.page.get_by_role("button", name="Legend").tap()
    expect(phone.page.get_by_role("button", name="Free 6")).to_be_visible()


def test_axe_finds_nothing(open_console: Opener) -> None:
    console = open_console(f"?wo={identity('L-2044')}", with_map=True)
    for size, scheme in sorted(LOOKS, key=lambda look: SIZES[look[0]]):
        width, height = SIZES[size]
        console.page.set_viewport_size({"width": width, "height": height})
        expect(console.marker(1)).to_be_visible()
        why = console.page.locator("#why")
        if width == 1280 and not why.is_visible():
            console.page.keyboard.press("w")
            expect(why).to_be_visible()
        console.page.emulate_media(color_scheme=scheme)
        assert_accessible(console.page)
