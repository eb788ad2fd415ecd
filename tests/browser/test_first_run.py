"""From an empty installation to a first offer: the guide in one browser, the technician's app in another."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.complaints import collect_complaints
from tests.browser.conftest import ContextMaker
from tests.browser.maps import leave_maps_out
from tests.browser.office import Office, near_store
from tests.waiting import wait_until

DAY_S = 86_400


def set_up(page: Page) -> None:
    """A store, no map key, a technician; then the step of the phone is open."""
    main = page.get_by_role("main")
    page.get_by_label("Name", exact=True).fill("Riverside")
    page.get_by_label("Time zone").fill("Europe/Lisbon")
    page.get_by_label("Place").fill("41.15, -8.61")
    page.get_by_role("button", name="Create the store").click()
    expect(page.get_by_text("Riverside is there")).to_be_visible()
    main.get_by_role("button", name="Map key", exact=True).click()
    page.get_by_role("link", name="Go on without: pins are set by hand").click()
    page.get_by_label("Name", exact=True).fill("Ana Example")
    page.get_by_role("button", name="Add a technician").click()
    expect(page.get_by_text("1 technician", exact=True)).to_be_visible()
    main.get_by_role("button", name="Phone", exact=True).click()


def stand(pocket: BrowserContext, *, north_m: float) -> None:
    at = near_store(north_m=north_m)
    pocket.set_geolocation({"latitude": at["lat"], "longitude": at["lon"], "accuracy": 7})


def test_the_guide_leads_to_an_offer_that_a_phone_answers(
    make_office: Callable[..., Office], new_context: ContextMaker
) -> None:
    root = {"email": "root@acme.example", "name": "Root", "password": "root-password", "role": "administrator"}
    office = make_office(stores=[], groups=[], providers=[], technicians=[], users=[root], api_keys=[])
    page = office.open("")
    expect(page.get_by_role("heading", name="Set up geo-assign")).to_be_visible()
    set_up(page)
    page.get_by_label("E-mail address").fill("ana@acme.example")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("code.secret").inner_text()
    expect(page.get_by_role("img", name="Or scan it with the phone:")).to_be_visible()

    pocket = new_context(viewport={"width": 390, "height": 844})
    pocket.grant_permissions(["geolocation"], origin=office.url)
    stand(pocket, north_m=200)
    phone = pocket.new_page()
    leave_maps_out(phone)
    collect_complaints(phone, office.complaints)
    phone.goto(link)
    phone.get_by_label("New password").fill("quiet herons at noon")
    phone.get_by_label("The same again").fill("quiet herons at noon")
    assert_accessible(phone)
    phone.get_by_role("button", name="Save the password").click()
    phone.get_by_role("link", name="Open the app").click()
    # The organization is known from the link.
    phone.get_by_label("E-mail").fill("ana@acme.example")
    phone.get_by_label("Password").fill("quiet herons at noon")
    phone.get_by_role("button", name="Log in").click()
    duty = phone.get_by_role("switch", name="On duty")
    duty.click()
    phone.get_by_role("dialog").get_by_role("button", name="Go on duty").click()
    expect(duty).to_be_checked()
    # The browser dates an emulated place by when it was set; one from before the duty is refused, so it walks on.
    steps = itertools.count(150, -5)

    def is_offered() -> bool:
        stand(pocket, north_m=next(steps))
        return page.get_by_text("A practice lead at the store is being offered").is_visible()

    wait_until(is_offered, "the guide has seen the phone and sent the offer", within_s=180, pause_s=4)

    # The guide sees each step without being asked, and sends the offer by itself.
    expect(phone.get_by_role("button", name="Accept", exact=True)).to_be_visible()
    phone.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_text("The technician answered it")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="First lead", exact=True).click()
    expect(page.get_by_role("button", name="Take it away again")).to_be_visible()

    # A technician logs in once, not every morning: each use lets the session last a month on.
    phone.close()
    again = pocket.new_page()
    collect_complaints(again, office.complaints)
    again.goto(f"{office.url}/app/")
    expect(again.get_by_role("switch", name="On duty")).to_be_checked()
    (session,) = [each for each in pocket.cookies() if each["httpOnly"]]
    assert session["expires"] > time.time() + 29 * DAY_S
    assert office.complaints == []
