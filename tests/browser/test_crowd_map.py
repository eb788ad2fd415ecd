"""More technicians than are told one by one, a tenth of whom moves each second: tiles draw them, the page goes on.

Two and a half thousand; ten thousand in an exhaustive run.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from geo_assign.mapview import queries
from tests.access.api import SEED
from tests.browser.axe import assert_accessible
from tests.browser.crowd import Crowd, moving
from tests.browser.fake_service import ConsoleSettings, RunningService, run
from tests.browser.office import Office
from tests.browser.pages import ConsolePage, settled
from tests.browser.pictures import picture
from tests.thoroughness import times
from tests.waiting import wait_until

PEOPLE = times(2_500, 10_000)
NOWHERE = "0.00000,0.00000,0.00000,0.00000"


@pytest.fixture(scope="module")
def city(built_console: None) -> Iterator[RunningService]:
    started = run(Crowd(PEOPLE), ConsoleSettings())
    yield started
    started.stop()


_POINT_AT = """what => {
  const canvas = document.querySelector("canvas.maplibregl-canvas");
  for (let y = 300; y < 620; y += 7) for (let x = 440; x < 1160; x += 7) {
    const at = { clientX: x, clientY: y, bubbles: true };
    canvas.dispatchEvent(new MouseEvent("mousemove", at));
    if (new RegExp(what).test(canvas.title)) return [x, y, canvas.title];
  }
  return null;
}"""


def press_if_there(page: Page, what: str) -> str | None:
    """Press what lies on the map and is named so under the pointer; its name, None where there is none."""
    spot: tuple[float, float, str] | None = page.evaluate(_POINT_AT, what)
    if spot is None:
        return None
    x, y, name = spot
    page.mouse.click(x, y)
    return name


def press_on(page: Page, what: str) -> str:
    """As `press_if_there`, as soon as it is there."""
    pressed: list[str] = []

    def is_pressed() -> bool:
        name = press_if_there(page, what)
        pressed.extend([name] if name else [])
        return bool(pressed)

    wait_until(is_pressed, f"{what} is on the map", pause_s=0.5)
    return pressed[0]


def test_a_crowd_is_drawn_by_tiles_and_the_map_is_not_fetched_for_each_move(
    city: RunningService, context: BrowserContext
) -> None:
    console = ConsolePage(context.new_page(), city.url)
    page = console.page
    loads: list[str] = []
    tiles: list[int] = []
    page.on("request", lambda request: loads.append(request.url) if "/v1/map?" in request.url else None)
    page.on(
        "requestfinished",
        lambda request: tiles.append(int(request.url.split("/")[-3])) if "/v1/map/tiles/" in request.url else None,
    )
    console.open()
    expect(console.panel).to_be_visible()
    # The order that opens by itself brings the camera to where people are drawn one by one.
    page.keyboard.press("Escape")
    expect(console.panel).to_be_hidden()

    def seen_from_afar() -> bool:
        page.get_by_role("button", name="Zoom out").click()
        return any(zoom < 12 for zoom in tiles)

    wait_until(seen_from_afar, "the crowd is drawn as rings", pause_s=0.7)
    expect(page.locator(".legend")).to_contain_text("Many people")
    # From afar single moves are not asked for.
    wait_until(lambda: city.service.stream_views[-1] == NOWHERE, "no moves are asked for")
    tiles.clear()

    rings: list[str] = []

    def ring_opens() -> bool:
        # A press may have opened one whose tiles come late: then no ring is left to press.
        ring = press_if_there(page, r"^\d+ technicians?,")
        rings.extend([ring] if ring else [])
        page.wait_for_timeout(1_000)
        opened = any(zoom >= 12 for zoom in tiles) or page.get_by_text("Many people").is_hidden()
        return bool(rings) and opened

    wait_until(ring_opens, "a ring opens")
    assert all(1 <= int(re.sub(r"\D.*", "", ring)) <= PEOPLE for ring in rings)
    with moving(city, share=0.1):
        # The page answers while they move: keys are acted on. The first order has no place yet.
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator("[data-row][aria-current=true]")).to_be_visible()
        expect(page.locator(".near")).to_contain_text("can go")
        # Once the camera stands, the part in view is read every five seconds, whatever moves.
        settled(page.locator(".mark.selected-order"))
        before, since = len(loads), monotonic()
        page.wait_for_timeout(4_200)
        assert len(loads) - before <= 1 + (monotonic() - since) / 4
        wait_until(lambda: city.service.stream_views[-1] not in (None, NOWHERE), "the moves in view are asked for")
    expect(page.locator(".legend")).to_contain_text(re.compile(rf"\d+ of {PEOPLE} people in view"))
    statuses = page.locator(".legend .row").first.get_by_role("button")
    counted = [int(re.sub(r"\D", "", text)) for text in statuses.all_text_contents()[:4]]
    assert sum(counted) == PEOPLE
    assert console.complaints == []


def test_technicians_of_tiles_are_listed_named_and_chosen(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As with two thousand and more: no two are told one by one.
    monkeypatch.setattr(queries, "SHOWN", 1)
    technicians = copy.deepcopy(SEED["organizations"][0]["technicians"])
    technicians[1] |= {"email": "bo@acme.example", "password": "bo-password", "on_duty": True}
    office = make_office(technicians=technicians)
    office.ping("ana", north_m=400)
    office.ping("bo", north_m=-3_000, east_m=500)
    page = office.open(with_map=True)
    expect(page.locator(".legend")).to_contain_text("of 2 people in view")

    def both_in_view() -> bool:
        page.get_by_role("button", name="Zoom out").click()
        return page.get_by_text("2 of 2 people in view").is_visible()

    wait_until(both_in_view, "both are in view", pause_s=0.7)
    page.get_by_role("button", name="People", exact=True).click()
    people = page.get_by_role("complementary", name="People")
    expect(people.get_by_role("listitem")).to_have_count(2)
    assert_accessible(page)
    for _drawn in picture(page, "map-crowd"):
        expect(page.get_by_role("listitem").first).to_be_visible()
    # By keys alone: the row leads to the place, and to the card.
    people.get_by_role("button", name=re.compile("^Ana")).focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("region", name="Ana")
    expect(card).to_contain_text("Free")
    card.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()
    # And by the pointer.
    assert press_on(page, "^Ana") == "Ana"
    expect(card).to_contain_text("Free")
    assert office.complaints == []
