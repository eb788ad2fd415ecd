"""Ten thousand technicians, a tenth of whom moves each second: rings by status, and a page that is not held up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.crowd import Crowd, moving
from tests.browser.fake_service import ConsoleSettings, RunningService, run
from tests.browser.pages import ConsolePage, settled

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
    rings = page.locator(".mark.cluster")
    expect(rings.first).to_be_visible()
    with moving(city, share=0.1):
        # The page answers while they move: a key is acted on.
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
