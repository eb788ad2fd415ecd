"""The console against the service itself: log-in, live positions, an offer made and accepted, a restart survived."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.pages import ConsolePage, box_of, settled
from tests.live import PASSWORD, LiveService, seed_document, shared_service
from tests.waiting import wait_until

STORE = {"lat": 41.15, "lon": -8.61}
BY_HAND = {"lead_auto_user_assignment": "off", "lead_acceptance": True}


@pytest.fixture(scope="module")
def processes(template: str, tmp_path_factory: pytest.TempPathFactory, built_console: None) -> Iterator[LiveService]:
    with shared_service(template, tmp_path_factory.mktemp("service"), map_tiles_url="") as started:
        yield started


@pytest.fixture
def service(processes: LiveService) -> LiveService:
    """API and worker with two technicians on duty; a dispatcher decides everything."""
    return processes.with_organization(seed_document(settings=BY_HAND))


def logged_in(service: LiveService, context: BrowserContext, *, with_map: bool) -> ConsolePage:
    """Through the form."""
    console = ConsolePage(context.new_page(), service.base_url, with_map=with_map)
    console.open()
    console.page.get_by_label("Organization").fill(service.organization["slug"])
    console.page.get_by_label("E-mail").fill("root@acme.example")
    console.page.get_by_label("Password").fill(PASSWORD)
    console.page.get_by_role("button", name="Log in").click()
    expect(console.page.get_by_role("heading", name="Pending")).to_be_visible()
    return console


def ping(service: LiveService, slug: str, *, north_m: float) -> None:
    """A phone says where it is, so many metres north of the store."""
    now = datetime.now(UTC).isoformat()
    position = {**STORE, "lat": STORE["lat"] + north_m / 111_195, "recorded_at": now, "accuracy_m": 7.0}
    answer = service.technician(slug).post("/v1/positions", {"positions": [position]})
    assert answer["results"][0]["verdict"] == "accepted", answer


def file_lead(service: LiveService, customer: str) -> Any:
    """The web form posts a lead beside the store, for in ten minutes."""
    start = datetime.now(UTC) + timedelta(minutes=10)
    slot = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    device = {"type": "Laptop", "issue": "no power"}
    body = {"store_id": service.store_id(), "customer": {"name": customer}, "location": STORE, "slot": slot}
    return service.user().post("/v1/leads", {**body, "device": device})


def test_a_technician_drives_across_the_open_map_and_accepts_an_offer_made_there(
    service: LiveService, context: BrowserContext
) -> None:
    console = logged_in(service, context, with_map=True)
    ping(service, "t0", north_m=400)
    ping(service, "t1", north_m=900)
    lead = file_lead(service, "Helena Duarte")
    row = console.order(lead["number"])
    row.locator("button").click()
    expect(console.candidate("Technician 0")).to_contain_text("±7 m")
    expect(console.marker(1)).to_be_visible()
    before = settled(console.marker(1))
    # The second agrees with the first: however quick the test is, neither is a jump that cannot be.
    ping(service, "t0", north_m=120)
    ping(service, "t0", north_m=119)
    wait_until(lambda: box_of(console.marker(1))["y"] > before["y"] + 20, "the marker moves south", pause_s=0.1)
    console.page.keyboard.press("Enter")
    expect(console.panel).to_contain_text("Offered to Technician 0")
    offer = service.technician("t0").get("/v1/me/offers")["items"][0]
    service.technician("t0").post(f"/v1/offers/{offer['id']}/accept")
    expect(console.panel).to_contain_text("Technician 0 has it.")
    expect(row).to_have_count(0)
    assert console.complaints == []


def test_a_restart_is_said_and_nothing_is_missed(service: LiveService, context: BrowserContext) -> None:
    console = logged_in(service, context, with_map=False)
    expect(console.live).to_have_text("Live")
    service.kill("serve", signal.SIGTERM)
    expect(console.live).to_have_text("Reconnecting")
    service.start("serve")
    lead = file_lead(service, "Posted while away")
    expect(console.order(lead["number"])).to_be_visible()
    expect(console.live).to_have_text("Live")
