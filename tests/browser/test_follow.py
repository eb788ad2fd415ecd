"""The page of a customer who waits, in a browser: what it says at each stage, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.fake_service import RunningService

VISIT: dict[str, Any] = {
    "number": "L-0012",
    "stage": "planned",
    "store_name": "Orrava Centre",
    "timezone": "Europe/Lisbon",
    "slot": {"start": "2026-11-30T10:00:00Z", "end": "2026-11-30T11:00:00Z"},
    "technician_name": "Bruno Saltmarsh",
    "collaborators": ["Ida Fenwick"],
    "visits_before": None,
    "expected": None,
    "destination": {"lat": 47.151, "lon": 9.81},
    "position": None,
    "distance_m": None,
    "eta_s": None,
    "server_now": "2026-11-30T09:20:00Z",
    "next_look_s": 1,
}
PLACE = {"lat": 47.16, "lon": 9.80, "recorded_at": "2026-11-30T09:19:50Z", "age_s": 10, "accuracy_m": 8}
LATE = {
    **VISIT,
    "visits_before": 1,
    "expected": {"start": "2026-11-30T11:15:00Z", "end": "2026-11-30T11:45:00Z"},
}
COMING = {**VISIT, "stage": "on_the_way", "position": PLACE, "distance_m": 1_530.0, "eta_s": 258.0}


class Visit:
    """What the service answers; a test changes it while the page is open."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.status, self.body = 200, VISIT
        self.tokens: list[str] = []
        page.route("**/v1/customer-links/open", self._answer)
        page.goto(f"{url}/t/gac_the-token")

    def _answer(self, route: Route) -> None:
        self.tokens.append(json.loads(route.request.post_data or "{}")["token"])
        route.fulfill(status=self.status, content_type="application/json", body=json.dumps(self.body))


@pytest.fixture
def visit(running: RunningService, context: BrowserContext) -> Visit:
    return Visit(context.new_page(), running.url)


def test_a_visit_is_followed_from_the_plan_to_its_end(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("h1")).to_have_text("Bruno Saltmarsh will visit you")
    expect(page.locator(".when")).to_have_text("Today 10:00–11:00")
    expect(page.locator(".steps [aria-current]")).to_have_text("Planned")
    expect(page.locator("main")).to_contain_text("With Ida Fenwick")
    visit.body = COMING
    expect(page.locator("h1")).to_have_text("Bruno Saltmarsh is on the way")
    expect(page.locator(".when")).to_have_text("About 4 min, 1.5 km away")
    expect(page.locator(".follow-map")).to_be_visible()
    visit.status = 503
    expect(page.locator(".warn")).to_have_text("No connection. As of 09:20.")
    visit.status, visit.body = 200, {**VISIT, "stage": "arrived"}
    expect(page.locator("h1")).to_have_text("Bruno Saltmarsh is there")
    expect(page.locator(".follow-map")).to_have_count(0)
    visit.status = 410
    expect(page.locator("h1")).to_have_text("This visit is over")
    assert set(visit.tokens) == {"gac_the-token"}


def test_before_the_way_the_page_tells_how_far_the_day_is(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("h1")).to_have_text("Bruno Saltmarsh will visit you")
    expect(page.locator("main")).not_to_contain_text("before yours")
    visit.body = {**VISIT, "visits_before": 2}
    expect(page.locator("main")).to_contain_text("2 visits before yours.")
    visit.body = LATE
    expect(page.locator(".when")).to_have_text("Today 11:15–11:45, later than planned")
    expect(page.locator("main")).to_contain_text(
        "Planned: Today 10:00–11:00. A visit before yours is taking longer. 1 visit before yours."
    )
    visit.body = {**VISIT, "visits_before": 0}
    expect(page.locator(".when")).to_have_text("Today 10:00–11:00")
    expect(page.locator("main")).to_contain_text("Your visit is the next one.")


@pytest.mark.parametrize(
    ("language", "when", "note"),
    [
        (
            "de",
            "Heute 11:15–11:45, später als geplant",
            "Geplant: Heute 10:00–11:00. Ein Besuch vor Ihrem dauert länger. 1 Besuch vor Ihrem.",
        ),
        (
            "pt",
            "Hoje 11:15–11:45, mais tarde do que o planeado",
            "Planeado: Hoje 10:00–11:00. Uma visita antes da sua está a demorar mais. 1 visita antes da sua.",
        ),
    ],
)
def test_a_late_visit_is_told_in_the_customers_language(
    running: RunningService, browser: Browser, language: str, when: str, note: str
) -> None:
    with browser.new_context(locale=language) as context:
        visit = Visit(context.new_page(), running.url)
        visit.body = LATE
        expect(visit.page.locator(".when")).to_have_text(when)
        expect(visit.page.locator("main")).to_contain_text(note)


def test_a_link_that_shows_nothing_says_what_to_do(running: RunningService, context: BrowserContext) -> None:
    page = context.new_page()
    page.route("**/v1/customer-links/open", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{running.url}/t/gac_unknown")
    expect(page.locator("h1")).to_have_text("This link shows nothing")
    expect(page.locator(".when")).to_contain_text("Ask the store for a new one.")
