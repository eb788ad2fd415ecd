"""Every state of the console that a page passes through, opened once: in German, whose words are long.

Light on a desk, dark on a phone: axe finds nothing, nothing is wider than the window, a picture of each is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.axe import assert_accessible
from tests.browser.network import cut_streams_when_offline
from tests.browser.office import Office
from tests.browser.pages import box_of
from tests.browser.pictures import PICTURES, picture

DESK, PHONE = (1280, 800), (390, 844)
# A tablet held low and one held upright, a desk at 200 % zoom, the narrowest phone.
SMALL = ((960, 600), (704, 900), (640, 400), (320, 640))


# What is to be pressed in the bar at the top, and lies outside it.
CUT_IN_HEADER = """() => [...document.querySelectorAll("header.top :is(button, a, summary)")]
  .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth)
  .map(one => one.outerHTML.slice(0, 80))"""


@dataclass(frozen=True)
class State:
    """How a state is reached from the page before, and what is read in it. `at`: the sizes at which it exists."""

    name: str
    reach: Callable[[Page, Office], None]
    says: str
    at: tuple[tuple[int, int], ...] = (DESK, PHONE)


def visit(address: str) -> Callable[[Page, Office], None]:
    return lambda page, office: page.goto(f"{office.url}/console/{address}") and None


def press(name: str) -> Callable[[Page, Office], None]:
    return lambda page, _office: page.get_by_role("button", name=name).first.click()


def key(*names: str) -> Callable[[Page, Office], None]:
    def pressed(page: Page, _office: Office) -> None:
        for name in names:
            page.keyboard.press(name)

    return pressed


def wrong_password(page: Page, office: Office) -> None:
    page.get_by_label("Organisation").fill(office.slug)
    page.get_by_label("E-Mail").fill("root@acme.example")
    page.get_by_label("Passwort", exact=True).fill("wrong")
    page.get_by_role("button", name="Anmelden").click()


def log_in(page: Page, office: Office) -> None:
    office.log_in()
    page.goto(f"{office.url}/console/")


def offline(page: Page, office: Office) -> None:
    page.goto(f"{office.url}/console/pending")
    expect(page.locator(".live [role=status]")).to_have_text("Live")
    office.context.set_offline(True)


def broken_page(page: Page, office: Office) -> None:
    office.context.set_offline(False)
    page.route("**/assets/*", lambda route: route.abort() if "Page-" in route.request.url else route.continue_())
    page.goto(f"{office.url}/console/insight")


BEFORE = (
    State("log-in", visit(""), "Passwort vergessen?"),
    State("log-in-wrong", wrong_password, "Organisation, E-Mail oder Passwort stimmt nicht."),
    State("forgot-password", visit("forgot-password"), "Link senden"),
    State("dead-link", visit("choose-password#gal_none"), "Dieser Link gilt nicht"),
)
INSIDE = (
    State("map", log_in, "Helena Duarte"),
    State("map-nothing-found", key("/", "z", "z", "z", "z"), "Nichts gefunden", (DESK,)),
    State("map-why", key("Escape", "w"), "Warum nicht …? Namen eingeben", (DESK,)),
    State("map-send", key("Escape", "t"), "An welche Filiale oder Gruppe?", (DESK,)),
    State("new", key("Escape", "n"), "Telefon"),
    State("pending", visit("pending"), "Helena Duarte"),
    State("board", visit("board"), "Ana"),
    State("insight", visit("insight"), "CSV"),
    State("settings", visit("settings"), "Filialen"),
    State("no-such-page", visit("nowhere"), "Diese Seite gibt es nicht."),
    State("offline", offline, "Keine Verbindung seit"),
    State("page-failed", broken_page, "Seite konnte nicht geladen werden"),
)


def look(page: Page, office: Office, states: tuple[State, ...]) -> list[str]:
    """Walk the states; what is wrong with each."""
    wrong = []
    PICTURES.mkdir(parents=True, exist_ok=True)
    for state in states:
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        # Keys that come before the phone's page is gone would be typed into it.
        expect(page.locator("nav.bottom")).to_have_count(0)
        state.reach(page, office)
        expect(page.locator("body")).to_contain_text(state.says) if not state.says.startswith("Warum") else None
        for width, height in (*state.at, *(SMALL if PHONE in state.at else ())):
            page.set_viewport_size({"width": width, "height": height})
            scheme = "dark" if (width, height) == PHONE else "light"
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{state.name} is {wide} px wide at {width} px")
            wrong.extend(f"{state.name} at {width} px: {one} is cut" for one in page.evaluate(CUT_IN_HEADER))
            if (width, height) in state.at:
                page.screenshot(path=PICTURES / f"state-{state.name}-{width}x{height}-{scheme}.png")
                try:
                    assert_accessible(page)
                except AssertionError as found:
                    wrong.append(f"{state.name} at {width} px, {scheme}: {str(found)[:600]}")
    return wrong


def in_german(office: Office) -> Page:
    cut_streams_when_offline(office.context)
    office.context.add_init_script("localStorage.setItem('geo-assign-language', 'de')")
    return office.open(by=None)


def test_every_state_before_the_log_in_is_accessible_and_fits(office: Office) -> None:
    page = in_german(office)
    assert look(page, office, BEFORE) == []


def test_the_app_does_without_a_service_worker(new_context: Callable[..., BrowserContext], office: Office) -> None:
    page, errors = new_context(service_workers="block").new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{office.url}/app/")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert errors == []


@pytest.mark.parametrize("path", ["/console/", "/console/pending", "/app/"])
def test_a_page_without_a_session_asks_for_nothing_that_is_refused(office: Office, path: str) -> None:
    page, shown = office.context.new_page(), list[str]()
    page.on("console", lambda message: shown.append(message.text) if message.type == "error" else None)
    page.goto(office.url + path)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert shown == []


def test_every_state_inside_is_accessible_and_fits(office: Office) -> None:
    office.lead("Helena Duarte", address="Langgestreckte Uferstraße 112, Orrava")
    office.ping("ana")
    page = in_german(office)
    assert look(page, office, INSIDE) == []
    office.complaints[:] = [one for one in office.complaints if "Page-" not in one and "import" not in one]


FAILS = {
    "": "Work orders and technicians could not be read. It is down.",
    "pending": "What is pending is not known",
    "board": "The calendar could not be read. It is down.",
    "insight": "The figures could not be read. It is down.",
    "order?wo=01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a": "The work order could not be read. It is down.",
    "settings": "This could not be read. It is down.",
    "welcome": "This could not be read. It is down.",
}


def refuse(route: Route) -> None:
    body = {"status": 503, "code": "overloaded", "title": "Overloaded", "detail": "It is down."}
    route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(body))


def test_a_service_that_is_down_is_told_on_every_page_with_a_way_out(office: Office) -> None:
    office.lead("Helena Duarte")
    page = office.open("nowhere")
    page.route("**/v1/**", lambda route: route.fallback() if route.request.url.endswith("/v1/me") else refuse(route))
    for address, says in FAILS.items():
        page.goto(f"{office.url}/console/{address}")
        expect(page.get_by_role("alert").or_(page.get_by_role("status")).filter(has_text=says)).to_be_visible()
        expect(page.get_by_role("button", name="Try now")).to_be_visible()
        for again in page.get_by_role("button", name=re.compile("^Try (now|again)$")).all():
            assert box_of(again)["height"] < 60, f"{address}: a button is stretched"
        # What is not known is not counted.
        expect(page.locator("header .count")).to_have_count(0)
        assert_accessible(page)
    for _drawn in picture(page, "state-down"):
        expect(page.get_by_role("button", name="Try again")).to_be_in_viewport()

    # Nothing is known of who is logged in: that is no reason to ask for a password.
    page.route("**/v1/**", refuse)
    page.goto(f"{office.url}/console/pending")
    expect(page.get_by_role("heading", name="It is down.")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_count(0)
    for _drawn in picture(page, "state-unreachable"):
        assert_accessible(page)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row", name="Helena Duarte")).to_be_visible()


def test_a_page_whose_code_cannot_be_loaded_takes_nothing_else_away(office: Office) -> None:
    """After an update its file has another name, and without a network there is none."""
    office.lead("Helena Duarte")
    page = office.open("pending")
    row = page.get_by_role("row", name="Helena Duarte")
    expect(row).to_be_visible()
    bar = page.get_by_role("navigation", name="Main")
    for reason in ("failed", "notfound"):
        answer = (lambda route: route.abort()) if reason == "failed" else (lambda route: route.fulfill(status=404))
        page.route("**/assets/Page-*", answer)
        bar.get_by_role("link", name="Insight").click()
        expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
        bar.get_by_role("link", name="Pending").click()
        expect(row).to_be_visible()
        page.unroute_all()
    bar.get_by_role("link", name="Insight").click()
    again = page.get_by_role("button", name="Load it again")
    expect(again.or_(page.get_by_role("heading", name="Insight", exact=True))).to_be_visible()
    if again.is_visible():
        again.click()
    expect(page.get_by_role("heading", name="Insight", exact=True)).to_be_visible()
    office.complaints[:] = [one for one in office.complaints if "Page-" not in one and "Failed to load" not in one]


def test_what_is_not_for_a_dispatcher_is_no_dead_end(office: Office) -> None:
    page = office.open(by="desk")
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == HTTPStatus.FORBIDDEN else None)
    page.goto(f"{office.url}/console/settings?section=users")
    expect(page.get_by_role("alert")).to_contain_text("Settings are for administrators")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings")).to_have_count(0)
    page.get_by_role("link", name="Open the map").click()
    expect(page).to_have_url(f"{office.url}/console/")
    assert refused == []


def test_in_forced_colours_what_is_chosen_has_a_frame(office: Office) -> None:
    office.lead("Helena Duarte")
    office.ping("ana")
    page = office.open()
    page.emulate_media(forced_colors="active")
    chosen = page.locator("[data-row][aria-current=true]")
    expect(chosen).to_be_visible()
    order = page.get_by_role("button", name="Distance", pressed=True)
    for one in (chosen, order, page.get_by_role("link", name="Map", exact=True)):
        assert one.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    page.screenshot(path=PICTURES / "state-forced-colours.png")
    assert_accessible(page)
