"""Drive time in the console: the router among the settings, the choice of what comes first, and what a failure says."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from geo_assign.core.geo import Point
from tests.access.api import SEED
from tests.browser.axe import assert_accessible
from tests.browser.office import Office, near_store
from tests.browser.pictures import picture
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads
from tests.providers.stub import StubServer

NEAR = Point(**near_store(north_m=300))


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Iterator[Office]:
    """Ana is 300 m away and Bo 900 m; a lead waits. No page may complain."""
    ana = copy.deepcopy(SEED["organizations"][0]["technicians"][0])
    bo = {**ana, "slug": "bo", "name": "Bo", "email": "bo@acme.example", "password": "bo-password"}
    opened = make_office(technicians=[ana, bo])
    opened.lead()
    opened.ping("ana", north_m=300)
    opened.ping("bo", north_m=900)
    yield opened
    assert opened.complaints == []


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(ROUTER_DIALECTS[0].serve(Roads(slow={NEAR: 900.0}))) as running:
        yield running


def expect_first(page: Page, name: str) -> None:
    expect(page.locator("[data-candidate] .name").first).to_have_text(name)


def test_a_router_is_chosen_tried_and_followed(office: Office, server: StubServer) -> None:
    store = office.api.id("stores", "centre")
    page = office.open(f"settings?section=stores&id={store}&tab=driving")
    rows = page.get_by_role("group", name="Drive time", exact=True).first
    rows.get_by_role("button", name="OSRM").click()
    page.get_by_role("textbox", name="URL of the router").fill(server.url)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It answers.")).to_be_visible()
    for _ in picture(page, "settings-drive-time"):
        expect(page.get_by_role("button", name="Test now")).to_be_visible()
    assert_accessible(page)
    server.behaviour = stub.html(503)
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text("Until it does, the straight line ranks")).to_be_visible()

    server.behaviour = ROUTER_DIALECTS[0].serve(Roads(slow={NEAR: 900.0}))
    (order,) = office.api.get("/v1/work-orders", by="root").get_json()["items"]
    page = office.open(f"?wo={order['id']}")
    expect(page.get_by_role("list", name="Shortest drive first")).to_be_visible()
    expect_first(page, "Bo")
    by = page.get_by_role("group", name="Rank by")
    expect(by.get_by_role("button", name="Drive time")).to_have_attribute("aria-pressed", "true")
    by.get_by_role("button", name="Distance").click()
    expect(page).to_have_url(re.compile("rank=distance"))
    expect(page.get_by_role("list", name="Nearest first")).to_be_visible()
    expect_first(page, "Ana")
    page.go_back()
    expect(page.get_by_role("list", name="Shortest drive first")).to_be_visible()
    for _ in picture(page, "candidates-drive-time"):
        expect(by.get_by_role("button", name="Drive time")).to_be_visible()
    assert_accessible(page)

    with StubServer(stub.html(503)) as down:
        path = f"/v1/stores/{store}/settings"
        tag = office.api.get(path, by="root").headers["ETag"]
        moved = {"router": "osrm", "router_url": down.url}
        assert office.api.put(path, by="root", json=moved, headers={"If-Match": tag}).status_code == 200
        page.goto(f"{office.url}/console/?wo={order['id']}&rank=time")
        expect(page.get_by_text("Ranked in a straight line.")).to_be_visible()
    expect(by.get_by_role("button", name="Drive time")).to_have_attribute("aria-pressed", "true")
    expect_first(page, "Ana")
