"""The technician's app in a browser, against the real service: a shift, no network, several technicians, a push."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.access.api import SEED
from tests.browser.axe import assert_accessible
from tests.browser.complaints import collect_complaints
from tests.browser.conftest import ContextMaker
from tests.browser.maps import leave_maps_out
from tests.browser.office import Office, near_store
from tests.browser.pictures import PICTURES
from tests.waiting import wait_until

NASTY = "<img src=x onerror=alert(1)>"
PHONES = {"320x640": (320, 640), "390x844": (390, 844), "430x932": (430, 932), "844x390": (844, 390)}
STEPS = {"travelling": "I am on the way", "on_site": "I am there", "in_progress": "I begin the work"}
_PEOPLE = SEED["organizations"][0]["technicians"]
# Bo is a second technician of the same group, with a log-in.
TWO = [_PEOPLE[0], _PEOPLE[0] | {"slug": "bo", "name": "Bo", "email": "bo@acme.example", "password": "bo-password"}]


class Phone:
    """One technician's phone: a browser with a place of its own."""

    def __init__(self, office: Office, context: BrowserContext, *, north_m: float, with_map: bool = False) -> None:
        context.grant_permissions(["geolocation"], origin=office.url)
        self.office, self.context = office, context
        self.move(north_m)
        self.page = context.new_page()
        if not with_map:
            leave_maps_out(self.page)
        collect_complaints(self.page, office.complaints)

    def move(self, north_m: float) -> None:
        at = near_store(north_m=north_m)
        self.context.set_geolocation({"latitude": at["lat"], "longitude": at["lon"], "accuracy": 7})

    def log_in(self, who: str = "ana") -> None:
        """By the form, at the address that a store's QR code holds."""
        self.page.goto(f"{self.office.url}/app/?organization={self.office.slug}")
        self.page.get_by_label("E-mail").fill(f"{who}@acme.example")
        self.page.get_by_label("Password").fill(f"{who}-password")
        self.page.get_by_role("button", name="Log in").click()
        expect(self.duty).to_be_visible()

    @property
    def duty(self) -> Locator:
        return self.page.get_by_role("switch", name="On duty")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def installed(self) -> None:
        """Its service worker has what the app is opened with."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        wait_until(lambda: self.page.evaluate("() => navigator.serviceWorker.controller !== null"), "it is controlled")

    def heard(self, who: str = "ana") -> None:
        """The service has a fresh position from this phone."""
        get = self.office.api.get
        wait_until(lambda: get("/v1/me/presence", by=who).json["position_fresh"], "the phone is heard", pause_s=0.2)


@pytest.fixture
def phone(office: Office, context: BrowserContext) -> Phone:
    made = Phone(office, context, north_m=400)
    made.log_in()
    return made


@pytest.fixture
def two(
    make_office: Callable[..., Office], context: BrowserContext, new_context: ContextMaker
) -> Iterator[tuple[Phone, Phone]]:
    """Ana is nearer than Bo."""
    office = make_office(technicians=copy.deepcopy(TWO))
    phones = Phone(office, context, north_m=300), Phone(office, new_context(), north_m=900)
    for each, who in zip(phones, ("ana", "bo"), strict=True):
        each.log_in(who)
        each.heard(who)
    yield phones
    assert office.complaints == []


def order_of(office: Office, order: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = office.api.get(f"/v1/work-orders/{order['id']}", by="root").json
    return found


def stands(office: Office, order: dict[str, Any], state: str) -> None:
    wait_until(lambda: order_of(office, order)["state"] == state, f"the work order is {state}", pause_s=0.2)


def give(office: Office, order: dict[str, Any], who: str) -> None:
    """A dispatcher assigns it at once."""
    body = {"technician_id": office.api.id("technicians", who), "mode": "assign"}
    version = order_of(office, order)["version"]
    answer = office.api.post(f"/v1/work-orders/{order['id']}/assign", json=body, by="root", version=version)
    assert answer.status_code == 200, answer.json


def drawn(page: Page, name: str) -> None:
    """Pictures of a page on phones of all sizes; nothing is wider than the phone."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in PHONES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=PICTURES / f"{name}-{size}-{scheme}.png")
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, (name, size, wide)
    page.set_viewport_size({"width": 390, "height": 844})
    assert_accessible(page)


def test_a_shift_from_the_offer_to_the_end_of_the_work(office: Office, context: BrowserContext) -> None:
    phone = Phone(office, context, north_m=400, with_map=True)
    page = phone.page
    page.on("dialog", lambda dialog: office.complaints.append(dialog.message))
    phone.log_in()
    expect(phone.duty).to_be_checked()
    expect(page.get_by_role("heading", name="Nothing for today.")).to_be_visible()
    phone.heard()
    lead = office.lead(NASTY, notes="Third door. Bring the charger kit.", address="12 Quay Street")
    expect(page.get_by_role("heading", name="Laptop · no power")).to_be_visible()
    expect(page.get_by_role("main", name="Offer")).to_contain_text(NASTY)
    expect(page.get_by_role("timer")).to_contain_text("left")
    expect(page.locator(".offer-map canvas")).to_be_visible()
    drawn(page, "app-offer")
    phone.press("Accept")
    expect(page.get_by_text(f"{lead['number']}. It is yours.")).to_be_visible()
    expect(page.get_by_text("Alone")).to_be_visible()
    phone.press("Close")
    drawn(page, "app-today")
    for state, said in STEPS.items():
        phone.press(said)
        stands(office, lead, state)
    phone.press("The work is done")
    page.get_by_label("Note").fill("New power socket.")
    page.get_by_label("Or type the name").fill("Helena Duarte")
    phone.press("Keep the signature")
    expect(page.get_by_text("Signed.")).to_be_visible()
    drawn(page, "app-finish")
    phone.press("The work is done")
    stands(office, lead, "completed")
    expect(page.get_by_text("1 work order, 1 done")).to_be_visible()
    kept = office.api.get(f"/v1/work-orders/{lead['id']}/completion", by="root").json
    assert (kept["note"], kept["signature"]["media_type"]) == ("New power socket.", "image/png")


def test_a_day_that_is_not_known_is_not_called_empty(office: Office, context: BrowserContext) -> None:
    unknown = ("**/v1/me/schedule*", "**/v1/me/location-views*")
    for pattern in unknown:
        context.route(pattern, lambda route: route.fulfill(status=503, json={"code": "overloaded", "detail": "Down."}))
    phone = Phone(office, context, north_m=400)
    phone.log_in()
    page = phone.page
    expect(page.get_by_role("heading", name="Your day is not known yet")).to_be_visible()
    expect(page.get_by_text("The service does not answer as it should.")).to_be_visible()
    expect(page.get_by_text("Not known yet", exact=True)).to_be_visible()
    drawn(page, "app-unknown")
    assert_accessible(page)
    for pattern in unknown:
        context.unroute(pattern)
    expect(page.get_by_role("heading", name="Nothing for today.")).to_be_visible()
    expect(page.get_by_text("The service does not answer as it should.")).to_have_count(0)


def test_without_a_network_the_day_goes_on_and_arrives_in_its_order(office: Office, phone: Phone) -> None:
    page, lead = phone.page, office.lead()
    phone.heard()
    give(office, lead, "ana")
    expect(page.get_by_role("button", name="I am on the way")).to_be_visible()
    phone.installed()
    phone.context.set_offline(True)
    expect(page.get_by_text("No network.")).to_be_visible()
    phone.press("I am on the way")
    phone.press("I am there")
    phone.move(200)
    expect(page.get_by_text("2 updates will be sent.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("2 updates will be sent.")).to_be_visible()
    expect(page.get_by_role("button", name="I begin the work")).to_be_visible()
    page.get_by_role("link", name="Show").click()
    expect(page.get_by_role("listitem")).to_contain_text([STEPS["travelling"], STEPS["on_site"]])
    assert order_of(office, lead)["state"] == "assigned"
    phone.context.set_offline(False)
    stands(office, lead, "on_site")
    expect(page.get_by_text("Nothing waits to be sent.")).to_be_visible()
    told = office.api.get(f"/v1/work-orders/{lead['id']}/events", by="root").json["items"]
    steps = [
        event["state"] for event in sorted(told, key=lambda event: event["at"]) if event["kind"] == "status_changed"
    ]
    assert steps == ["travelling", "on_site"]


def test_work_that_was_reassigned_meanwhile_is_told_and_dropped(two: tuple[Phone, Phone]) -> None:
    ana, bo = two
    office, page = ana.office, ana.page
    lead = office.lead()
    give(office, lead, "ana")
    expect(page.get_by_role("button", name="I am on the way")).to_be_visible()
    ana.context.set_offline(True)
    ana.press("I am on the way")
    version = order_of(office, lead)["version"]
    body = {"technician_id": office.api.id("technicians", "bo"), "mode": "assign", "reason": "sick"}
    path = f"/v1/work-orders/{lead['id']}/reallocate"
    answer = office.api.post(path, json=body, by="root", version=version)
    assert answer.status_code == 200, answer.json
    expect(bo.page.get_by_role("button", name="I am on the way")).to_be_visible()
    ana.context.set_offline(False)
    told = page.get_by_role("alert").filter(has_text="given to another technician meanwhile")
    expect(told).to_contain_text(lead["number"])
    expect(page.get_by_role("heading", name="Nothing for today.")).to_be_visible()
    ana.press("Understood")
    expect(told).to_have_count(0)
    assert order_of(office, lead)["state"] == "assigned"


def test_an_offer_that_is_rejected_goes_to_the_next_and_one_goes_with_the_log_out(two: tuple[Phone, Phone]) -> None:
    ana, bo = two
    lead = ana.office.lead()
    ana.press("Reject")
    drawn(ana.page, "app-reject")
    ana.page.get_by_role("button", name="Another reason").click()
    ana.page.get_by_label("Say in a few words why.").fill("My van is at the garage.")
    ana.press("Reject the offer")
    expect(bo.page.get_by_role("heading", name="Laptop · no power")).to_be_visible()
    expect(ana.page.get_by_role("heading", name="Nothing for today.")).to_be_visible()
    bo.press("Later")
    expect(bo.page.get_by_text("1 offer waits for your answer")).to_be_visible()
    bo.page.get_by_role("link", name="Me").click()
    drawn(bo.page, "app-me")
    bo.press("Log out")
    dialog = bo.page.get_by_role("dialog")
    expect(dialog).to_contain_text("An offer waits for your answer")
    dialog.get_by_role("button", name="Log out").click()
    expect(bo.page.get_by_label("Password")).to_be_visible()
    assert order_of(ana.office, lead)["offer"] is None
    presence = ana.office.api.get("/v1/me/presence", by="bo").json
    assert presence["on_duty"] is False


def test_duty_says_what_it_shares_and_why_nothing_is_heard(office: Office, context: BrowserContext) -> None:
    phone = Phone(office, context, north_m=400)
    phone.log_in()
    phone.heard()
    phone.duty.click()
    expect(phone.duty).not_to_be_checked()
    expect(phone.page.get_by_text("Where you are is not shared")).to_be_visible()
    phone.duty.click()
    dialog = phone.page.get_by_role("dialog")
    expect(dialog).to_contain_text("a browser shares where you are only while this page is open", ignore_case=True)
    assert_accessible(phone.page)
    # A browser without a screen asks no one: the location service says what it says where a person refuses.
    refuse = "() => { Geolocation.prototype.watchPosition = (_, failed) => { failed({ code: 1 }); return 1; }; }"
    phone.page.evaluate(refuse)
    with phone.page.expect_request(lambda sent: "permission" in (sent.post_data or "")):
        dialog.get_by_role("button", name="Go on duty").click()
    expect(phone.page.get_by_text("Location is not allowed.")).to_be_visible()


def test_a_push_is_shown_and_leads_back_to_the_app(office: Office, phone: Phone) -> None:
    context = phone.context
    context.grant_permissions(["notifications", "geolocation"], origin=office.url)
    registrations: list[str] = []
    debugger = context.new_cdp_session(phone.page)
    debugger.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(one["registrationId"] for one in told["registrations"]),
    )
    debugger.send("ServiceWorker.enable")
    phone.installed()
    wait_until(lambda: phone.page.evaluate("1") and registrations, "the worker is registered", pause_s=0.1)
    pushed = {"kind": "offer", "work_order_id": "w1", "title": NASTY, "body": "Answer by 10:14."}
    named = {"origin": office.url, "registrationId": registrations[-1], "data": json.dumps(pushed)}
    debugger.send("ServiceWorker.deliverPushMessage", named)
    shown = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
      .map((one) => [one.title, one.body, one.tag, one.requireInteraction])"""
    wait_until(lambda: phone.page.evaluate(shown), "the notification is shown", pause_s=0.1)
    assert phone.page.evaluate(shown) == [[NASTY, "Answer by 10:14.", "w1", True]]
