"""Ten thousand technicians, a tenth of whom moves each second: rings by status, and a page that is not held up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.crowd import Crowd, moving
from tests.browser.fake_service import ConsoleSettings, RunningService, run
from tests.browser.pages import ConsolePage, settled
from tests.waiting import wait_until

PEOPLE = 10_000


@pytest.fixture(scope="module")
def city(built_console: None) -> Iterator[RunningService]:
    started = run(Crowd(PEOPLE), ConsoleSettings())
    yield started
    started.stop()


def test_a_crowd_is_rings_counted_in_full_and_the_map_is_not_fetched_for_each_move(
    city: RunningService, context: BrowserContext
) -> None:
    console = ConsolePage(context.new_page(), city.url)
    page = console.page
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if "/v1/map?" in request.url else None)
    console.open()
    expect(console.panel).to_be_visible()
    # The order that opens by itself brings the camera to where people are drawn one by one.
    page.keyboard.press("Escape")
    expect(console.panel).to_be_hidden()
    rings = page.locator(".mark.cluster")

    def seen_from_afar() -> bool:
        page.get_by_role("button", name="Zoom out").click()
        return rings.first.is_visible()

    wait_until(seen_from_afar, "the crowd is drawn as rings", pause_s=0.5)
    with moving(city, share=0.1):
        # The page answers while they move: keys are acted on. The first order has no place yet.
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator("[data-row][aria-current=true]")).to_be_visible()
        expect(page.locator(".near")).to_contain_text("can go")
        # Once the camera stands, the part in view is read again now and then, whatever moves: six rounds of the stream.
        settled(page.locator(".mark.selected-order"))
        before = len(loads)
        page.wait_for_timeout(4_200)
        assert len(loads) - before <= 2
    expect(page.locator(".legend")).to_contain_text(re.compile(rf"\d+ of {PEOPLE} people in view"))
    statuses = page.locator(".legend .row").first.get_by_role("button")
    counted = [int(re.sub(r"\D", "", text)) for text in statuses.all_text_contents()[:4]]
    assert sum(counted) == PEOPLE
    assert console.complaints == []
