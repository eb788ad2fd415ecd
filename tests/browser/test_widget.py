"""The appointment widget in Chromium, against the service itself: on its own page, and in a strict page elsewhere."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Route, expect
from werkzeug.serving import make_server

from tests.access.api import Api, seeded_api
from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.conftest import World

# Typed as coordinates an address needs no map key.
PLACE = "41.1510, -8.6100"


@dataclass
class Shop:
    """Another site: one page with the widget's script, whose policy allows nothing but ours."""

    service: str
    key: str = ""
    attributes: str = ""
    origin: str = ""
    in_head: bool = False

    def page(self) -> str:
        tag = f'<script src="{self.service}/widget.js" data-key="{self.key}" {self.attributes}></script>'
        if self.in_head:
            return f'<!doctype html><html lang="en"><title>Quay repair</title>{tag}<body><h1>We come to you</h1>'
        hostile = "* { color: red !important; display: inline; letter-spacing: 9px }"
        return (
            f'<!doctype html><html lang="en"><title>Quay repair</title><style nonce="shop">{hostile}</style>'
            f"<body><main><h1>We come to you</h1>{tag}</main></body></html>"
        )

    @property
    def policy(self) -> str:
        ours = self.service
        return f"default-src 'none'; script-src {ours}; connect-src {ours}; style-src 'nonce-shop'"


@dataclass
class Town:
    """The service and the shop's site on ports of their own, and a tab that notes what browsers complain about."""

    api: Api
    service: str
    shop: Shop
    page: Page
    store: str
    complaints: list[str] = field(default_factory=list)
    """What a browser itself says of an answer such as 409 is none."""

    def watch(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, said: ConsoleMessage) -> None:
        if said.type == "error" and "Failed to load resource: the server responded" not in said.text:
            self.complaints.append(said.text)

    def key(self, **more: Any) -> str:
        body = {"name": f"Page {len(more)}", "scopes": ["widget"], "store_ids": [self.store], **more}
        made = self.api.post("/v1/api-keys", by="root", json={"web_origins": [self.shop.origin], **body})
        assert made.status_code == 201, made.json
        return str(made.json["token"])

    def open_shop(self, **attributes: str) -> None:
        self.shop.attributes = " ".join(
            f'data-{name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items()
        )
        self.page.goto(self.shop.origin)

    def newest(self) -> dict[str, Any]:
        return dict(self.api.get("/v1/work-orders?sort=-created_at&limit=1", by="root").json["items"][0])

    def count(self) -> int:
        return len(self.api.get("/v1/work-orders?limit=200", by="root").json["items"])

    # As a visitor would name it.

    def say_device(self) -> None:
        self.page.get_by_role("radio", name="Phone").check(force=True)
        self.page.get_by_label("What is wrong?").fill("<img src=x onerror=alert(1)>")
        self.page.get_by_role("button", name="Continue").click()

    def say_address(self, text: str = PLACE) -> None:
        self.page.get_by_label("Street, house number and town").fill(text)
        self.page.get_by_role("button", name="Continue").click()

    def choose_time(self, number: int = 0) -> None:
        expect(self.page.get_by_role("heading", name="When may we come?")).to_be_focused()
        self.page.get_by_role("radio", name="–").nth(number).check(force=True)
        self.page.get_by_role("button", name="Take").click()

    def say_contact(self) -> None:
        self.page.get_by_label("Name").fill("Eva Lima")
        self.page.get_by_label("Phone").fill("910 000 000")

    def book(self) -> None:
        self.page.get_by_role("button", name="Book now").click()


def serve_shop(shop: Shop) -> ThreadingHTTPServer:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", shop.policy)
            self.end_headers()
            self.wfile.write(shop.page().encode() if self.path == "/" else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Site)


@pytest.fixture
def town(world: World, context: BrowserContext, built_console: None) -> Iterator[Town]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with seeded_api(world, rate_limits="off") as api:
        service = make_server("127.0.0.1", 0, api.client.application, threaded=True)
        service.daemon_threads = True  # type: ignore[attr-defined]
        address = f"http://127.0.0.1:{service.server_port}"
        shop = Shop(address)
        site = serve_shop(shop)
        shop.origin = f"http://127.0.0.1:{site.server_port}"
        for server in (service, site):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        town = Town(api, address, shop, context.new_page(), api.id("stores", "centre"))
        shop.key = town.key()
        town.watch()
        yield town
        for server in (service, site):
            server.shutdown()
            server.server_close()


def let_customers_follow(town: Town) -> None:
    path = f"/v1/stores/{town.store}"
    version = town.api.get(path, by="root").json["version"]
    answer = town.api.put(f"{path}/settings", by="root", version=version, json={"customer_links": True})
    assert answer.status_code == 200, answer.json


def test_a_visit_is_booked_on_the_services_own_page(town: Town) -> None:
    let_customers_follow(town)
    page = town.page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{town.service}/widget/{town.shop.key}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("Say which device it is.")
    assert_accessible(town.page)
    town.say_device()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("Say where we should come.")
    town.say_address("Nowhere Lane 9999")
    expect(page.get_by_role("alert")).to_contain_text("We do not find this address.")
    expect(page.get_by_role("button", name="Go on with this address")).to_be_visible()
    assert_accessible(town.page)
    town.say_address()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert_accessible(town.page)
    for drawn in picture(page, "widget-page"):
        assert page.get_by_role("button", name="Continue").is_visible(), drawn
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    town.choose_time(1)
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("alert")).to_have_text("Say your name.")
    town.say_contact()
    page.get_by_label("E-mail").fill("eva")
    town.book()
    expect(page.get_by_role("alert")).to_have_text("This is no e-mail address.")
    page.get_by_label("E-mail").fill("eva@example.test")
    page.get_by_label("How did you hear of us?").fill("a friend")
    assert_accessible(town.page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(town.page)
    town.book()
    expect(page.get_by_role("heading", name="Thank you. We have it.")).to_be_focused()
    order = town.newest()
    expect(page.get_by_text(order["number"])).to_be_visible()
    assert_accessible(town.page)
    said = {name: order["customer"][name] for name in ("name", "phone", "email")}
    assert said == {"name": "Eva Lima", "phone": "910 000 000", "email": "eva@example.test"}
    assert (order["device"]["type"], order["referral_source"]) == ("Phone", "a friend")
    assert order["device"]["issue"] == "<img src=x onerror=alert(1)>"
    assert order["location"] is not None
    link = page.get_by_role("link", name="Follow your visit").get_attribute("href")
    assert "/t/gac_" in str(link)
    assert town.page.context.cookies() == []
    assert town.complaints == []


def test_a_strict_page_of_another_site_books_with_the_keyboard_and_a_lost_time_brings_the_nearest(town: Town) -> None:
    page = town.page
    told = "addEventListener('geo-assign-booked', event => console.info('booked ' + event.detail.number))"
    page.add_init_script(told)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    town.open_shop(
        button="Book a visit", devices="Phone: screen; Oven: ovens", accent="#7a2454", referral="Quay repair"
    )
    opener = page.get_by_role("button", name="Book a visit")
    assert opener.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(122, 36, 84)"
    opener.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.press("Enter")
    page.get_by_role("radio", name="Phone").press("Space")
    page.get_by_label("What is wrong?").fill("Broken glass")
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_label("Street, house number and town").fill(PLACE)
    page.get_by_label("Street, house number and town").press("Enter")
    expect(page.get_by_role("heading", name="When may we come?")).to_be_focused()
    assert_accessible(town.page)
    for drawn in picture(page, "widget-shop"):
        assert page.get_by_role("dialog").is_visible(), drawn
    first = page.get_by_role("radio", name="–").first
    first.press("Space")
    first.press("ArrowRight")
    page.get_by_role("button", name="Take").press("Enter")
    town.say_contact()
    # Meanwhile the only technician is given that very time.
    shown = page.get_by_role("dialog").locator(".when").text_content() or ""
    slots = town.api.post(
        f"/v1/widget/slots?key={town.shop.key}",
        headers={"Origin": town.shop.origin},
        json={"store_id": town.store, "address": PLACE, "skills": ["screen"], "disjoint": True},
    ).json["slots"]
    rival = {"store_id": town.store, "customer": {"name": "Rui"}, "location": {"lat": 41.151, "lon": -8.61}}
    taken = town.api.post(
        "/v1/leads", by="root", json={**rival, "slot": slots[1], "assignee_id": town.api.id("technicians", "ana")}
    ).json
    assert taken["assignee"] is not None or taken["offer"] is not None, taken
    town.book()
    expect(page.get_by_role("alert").filter(has_text="has just been taken")).to_contain_text(shown)
    assert_accessible(town.page)
    nearest = page.get_by_role("group", name="Nearest to it").get_by_role("radio")
    assert 0 < nearest.count() <= 3
    nearest.first.press("Space")
    page.get_by_role("button", name="Take").press("Enter")
    town.book()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_focused()
    order = town.newest()
    assert (order["referral_source"], order["skills"], order["customer"]["name"]) == (
        "Quay repair",
        ["screen"],
        "Eva Lima",
    )
    assert order["slot"]["start"] != taken["slot"]["start"]
    assert f"booked {order['number']}" in said
    assert town.complaints == []


def test_full_days_are_told_and_later_ones_are_a_press_away(town: Town) -> None:
    ana = town.api.id("technicians", "ana")
    now = datetime.now(UTC)
    away = {"starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=3)).isoformat()}
    assert town.api.post(f"/v1/technicians/{ana}/time-off", by="root", json=away).status_code == 201
    town.open_shop(lang="de", accent="#ffff00", on_accent="#ffffff")
    page = town.page
    page.get_by_role("radio", name="Handy").check(force=True)
    page.get_by_label("Was fehlt?").fill("Bildschirm")
    page.get_by_role("button", name="Weiter").click()
    page.get_by_label("Straße, Hausnummer und Ort").fill(PLACE)
    page.get_by_role("button", name="Weiter").click()
    expect(page.locator(".full").first).to_contain_text("Heute, ")
    assert page.locator(".full").count() >= 2
    days = page.locator(".full, fieldset")
    before = days.count()
    page.get_by_role("button", name="Spätere Tage").click()
    expect(days.nth(before + 1)).to_be_visible()
    assert_accessible(town.page)
    page.get_by_role("radio", name="So bald wie möglich").check(force=True)
    page.get_by_role("button", name="So bald wie möglich").click()
    page.get_by_label("Name").fill("Eva Lima")
    page.get_by_label("Telefon").fill("910 000 000")
    page.get_by_role("button", name="Jetzt buchen").click()
    expect(page.get_by_text("So bald wie möglich; wir rufen Sie an.")).to_be_visible()
    # Yellow with white on it was left out.
    assert page.locator(".ga").evaluate("one => one.style.getPropertyValue('--accent')") == ""
    assert town.complaints == []


def test_what_goes_wrong_is_said_and_nothing_typed_is_lost(town: Town) -> None:
    page = town.page
    headers = {"Access-Control-Allow-Origin": town.shop.origin, "Access-Control-Expose-Headers": "Retry-After"}

    def refuse(status: int, code: str) -> Any:
        def answer(route: Route) -> None:
            if route.request.method == "OPTIONS":
                route.continue_()
            else:
                told = {**headers, "Retry-After": "7"}
                route.fulfill(status=status, headers=told, json={"code": code, "detail": "No."})

        return answer

    town.open_shop(lang="en")
    town.say_device()
    page.route("**/v1/widget/slots*", refuse(429, "too_many_requests"))
    town.say_address()
    expect(page.get_by_role("alert")).to_have_text("There is too much going on. Try again in 7 seconds.")
    page.unroute("**/v1/widget/slots*")
    page.context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("No connection. What you typed is kept.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Continue").click()
    town.choose_time()
    town.say_contact()
    page.route("**/v1/widget/leads*", refuse(429, "leads_per_day_reached"))
    town.book()
    expect(page.get_by_role("alert")).to_have_text("No more bookings are taken online today. Please call us.")
    page.unroute("**/v1/widget/leads*")
    # The lead is made, and its answer is lost on the way: sending it again makes no other.
    before = town.count()

    def lose(route: Route) -> None:
        if route.request.method != "OPTIONS":
            route.fetch()
        route.abort("connectionreset")

    page.route("**/v1/widget/leads*", lose)
    town.book()
    expect(page.get_by_role("alert")).to_have_text("No connection. What you typed is kept.")
    page.unroute("**/v1/widget/leads*")
    town.book()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_focused()
    assert town.count() == before + 1


def test_the_script_is_small_and_any_page_may_load_it(town: Town) -> None:
    answer = town.api.get("/widget.js", headers={"Accept-Encoding": "gzip", "Origin": "https://any.example"})
    assert (answer.status_code, answer.mimetype, answer.headers["Content-Encoding"]) == (200, "text/javascript", "gzip")
    assert len(answer.data) < 30_000
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = town.api.get("/widget.js", headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for wrong in ("/widget/", "/widget/gak_secret", "/widget/gpk_<script>", "/widget/gpk_x/more"):
        assert town.api.get(wrong).status_code == 404, wrong
    # From a head it shows itself at the end of the page.
    town.shop.in_head = True
    town.open_shop()
    expect(town.page.get_by_role("heading", name="What is to be repaired?")).to_be_visible()


def test_a_page_that_the_key_is_not_for_is_told_so(town: Town) -> None:
    town.shop.key = town.key(web_origins=["https://another.example"])
    town.open_shop(lang="pt")
    expect(town.page.get_by_role("alert")).to_have_text(
        "Nesta página não se aceitam marcações. Telefone-nos, por favor."
    )
    town.page.goto(f"{town.service}/widget/gpk_unknown")
    expect(town.page.get_by_role("alert")).to_contain_text("Bookings are not taken on this page.")
