"""One organization from its first log-in to its last: a story in which every operation of the API succeeds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pyotp
import pytest
from flask import Flask

from geo_assign.app import EXTENSION, create_app, list_operations
from geo_assign.core.settings import Settings
from geo_assign.http.health import HEALTH_PATHS
from geo_assign.seed import load, read_document
from geo_assign.webhooks.commands.deliveries import fan_out
from tests.access.identity_provider import CLIENT_ID, CLIENT_SECRET, identity_provider
from tests.api.conformance import undescribed
from tests.api.samples import PUSH
from tests.completion.pictures import opened, picture
from tests.conftest import cloned
from tests.operations import find_operation
from tests.providers.dialects import CITY, DIALECTS, STREET, Found
from tests.providers.stub import StubServer
from tests.widget.solving import solve

ROOT = {"email": "root@shop.example", "password": "root-password"}
ANA = {"email": "ana@shop.example", "password": "ana-password", "device": "ana-phone"}
BO = {"email": "bo@shop.example", "password": "bo-password", "device": "bo-phone"}
DESK = {"email": "desk@shop.example", "password": "desk-password"}
DOCUMENT = {
    "organizations": [
        {
            "slug": "shop",
            "name": "Shop",
            "users": [{**ROOT, "name": "Root", "role": "administrator"}],
        }
    ]
}
GAZETTEER = "street,housenumber,city,lat,lon\nRua Nova,1,Porto,41.150,-8.610\nRua Nova,9,Porto,41.152,-8.612\n"
CENTRE = {"lat": 41.150, "lon": -8.610}
SITE = "https://shop.example"
NEAR, FAR = {"lat": 41.1505, "lon": -8.610}, {"lat": 41.160, "lon": -8.610}
NOMINATIM = next(dialect for dialect in DIALECTS if dialect.provider == "nominatim")


@dataclass
class Story:
    """Calls the API as people do, expects success, and remembers which operations were called."""

    app: Flask
    geocoder: StubServer
    succeeded: set[str] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._client = self.app.test_client(use_cookies=False)
        self._browser = self.app.test_client()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str | None = "root",
        version: int = 0,
        image: bytes = b"",
        table: str = "",
    ) -> Any:
        """The answer's JSON, or its bytes; fails on anything but 2xx."""
        headers = {"Authorization": f"Bearer {self.tokens[by]}"} if by else {}
        if path.startswith("/v1/widget"):
            headers["Origin"] = SITE
        if version:
            headers["If-Match"] = f'"{version}"'
        sent: dict[str, Any] = {"data": image, "content_type": "image/png"} if image else {"json": body}
        if table:
            sent = {"data": table, "content_type": "text/csv"}
        answer = self._client.open(path, method=method, headers=headers, **sent)
        assert answer.status_code < 300, (method, path, answer.get_data(as_text=True))
        if path.startswith("/v1/"):
            operation = find_operation(method, path.partition("?")[0])
            self.succeeded.add(operation.name)
            if answer.is_json:
                assert undescribed(operation, answer.status_code, answer.get_json()) == []
        return answer.get_json() if answer.is_json else answer.get_data()

    def follow(self, path: str) -> str:
        """Where a browser is sent from there; it keeps its cookies."""
        answer = self._browser.get(path)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        self.succeeded.add(find_operation("GET", path.partition("?")[0]).name)
        return str(answer.headers["Location"])

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", path, body, **more)

    def log_in(self, name: str, who: dict[str, str]) -> None:
        self.tokens[name] = self.post("/v1/sessions", {"organization": "shop", **who}, by=None)["token"]

    def ping(self, name: str, place: dict[str, float]) -> None:
        """A position of this very moment."""
        now = self.get("/v1/me", by=name)["server_now"]
        answer = self.post("/v1/positions", {"positions": [{"recorded_at": now, **place}]}, by=name)
        assert [result["verdict"] for result in answer["results"]] == ["accepted"]

    def first_event(self) -> str:
        """Listen until something comes, then go."""
        headers = {"Authorization": f"Bearer {self.tokens['desk']}"}
        answer = self._client.get("/v1/live", headers=headers, buffered=False)
        try:
            assert answer.status_code == 200
            self.succeeded.add("listen_live")
            return str(next(answer.iter_encoded()), "utf-8")
        finally:
            answer.close()


@pytest.fixture(scope="module")
def story(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, told to its end."""
    with cloned(template) as world, told_story(world.settings(), tmp_path_factory.mktemp("gazetteers")) as story:
        yield story


@contextmanager
def told_story(settings: Settings, folder: Path) -> Iterator[Story]:
    """The story of a new organization in the database of these settings, told to its end."""
    (folder / "town.csv").write_text(GAZETTEER)
    with StubServer(NOMINATIM.found(Found("12", **NEAR))) as geocoder:
        app = _app(settings.model_copy(update={"gazetteer_dir": folder}))
        story = Story(app, geocoder)
        try:
            ids = open_shop(story)
            configure_maps(story, ids)
            employ(story, ids)
            take_second_factors(story, ids)
            sign_on(story, ids)
            invite_people(story, ids)
            go_to_work(story)
            use_trackers(story, ids)
            serve_customers(story, ids)
            learn_places(story, ids)
            plan_by_hand(story, ids)
            move_work(story, ids)
            look_back(story, ids)
            tell_others(story)
            book_on_the_site(story, ids)
            ask_what_is_known(story, ids)
            close_shop(story, ids)
            forget_people(story, ids)
            yield story
        finally:
            app.extensions[EXTENSION].close()


def unanswered(story: Story) -> set[str]:
    """The operations that the story leaves out."""
    return {operation.name for operation in list_operations()} - story.succeeded


def test_every_operation_was_answered_with_success(story: Story) -> None:
    assert unanswered(story) == set(), "the story leaves these out"


@pytest.mark.parametrize("path", [*HEALTH_PATHS, "/openapi.json", "/docs", "/docs/problems"])
def test_what_operators_and_readers_open_is_there(story: Story, path: str) -> None:
    with story.app.test_client().get(path, follow_redirects=True, buffered=True) as answer:
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.get_data()


def open_shop(story: Story) -> dict[str, str]:
    """Log in; a store with its settings, a group and an external company."""
    story.log_in("root", ROOT)
    place = {"name": "Centre", "timezone": "Europe/Lisbon", "location": CENTRE}
    store = story.post("/v1/stores", place)
    renamed = story.call("PATCH", f"/v1/stores/{store['id']}", {"name": "The centre"}, version=store["version"])
    assert story.get(f"/v1/stores/{store['id']}")["name"] == "The centre"
    path = f"/v1/stores/{store['id']}/settings"
    story.call("PUT", path, {"lead_time_tat_minutes": 3, "offer_limit": 9}, version=renamed["version"])
    assert story.get(path)["lead_time_tat_minutes"] == 3
    assert story.post(f"{path}/preview", {"settings": {"radius_m": 900}, "days": 2})["examined"] == 0
    assert story.post(f"/v1/stores/{store['id']}/router/test") == {"ok": True, "problem": None}
    assert len(story.get("/v1/stores")["items"]) == 1
    group = story.post("/v1/service-groups", {"name": "Phones", "store_id": store["id"]})
    story.call("PATCH", f"/v1/service-groups/{group['id']}", {"name": "All phones"}, version=group["version"])
    assert story.get(f"/v1/service-groups/{group['id']}")["name"] == "All phones"
    assert len(story.get("/v1/service-groups")["items"]) == 1
    provider = story.post("/v1/service-providers", {"name": "Fixers", "group_ids": [group["id"]]})
    path = f"/v1/service-providers/{provider['id']}"
    story.call("PATCH", path, {"base": CENTRE}, version=provider["version"])
    assert story.get(path)["base"] == CENTRE
    assert len(story.get("/v1/service-providers")["items"]) == 1
    return {"store": store["id"], "group": group["id"], "provider": provider["id"]}


def configure_maps(story: Story, ids: dict[str, str]) -> None:
    """A geocoder on the network, then a list of addresses."""
    path = f"/v1/stores/{ids['store']}/map-key"
    story.call("PUT", path, {"provider": "nominatim", "url": story.geocoder.url})
    found = story.post("/v1/geocode", {"store_id": ids["store"], "address": f"{STREET} 12, {CITY}"})
    assert found["location"] is not None, found
    assert story.post(f"{path}/test")["ok"]
    story.call("DELETE", path)
    story.call("PUT", path, {"provider": "gazetteer", "url": "town.csv"})
    assert story.get(path)["provider"] == "gazetteer"
    found = story.post("/v1/geocode", {"store_id": ids["store"], "address": "Rua Nova 1, Porto"})
    assert found["location"]["confidence"] == "rooftop"
    for holder in (f"service-groups/{ids['group']}", "organization"):
        path = f"/v1/{holder}/map-key"
        story.call("PUT", path, {"provider": "gazetteer", "url": "town.csv"})
        assert story.get(path)["provider"] == "gazetteer"
        assert story.post(f"{path}/test")["ok"]
        story.call("DELETE", path)


def employ(story: Story, ids: dict[str, str]) -> None:
    """Two technicians, a dispatcher and a machine."""
    for name, who in (("ana", ANA), ("bo", BO)):
        login = {"email": who["email"], "password": who["password"]}
        person = {"name": name.title(), "store_id": ids["store"], "group_ids": [ids["group"]], **login}
        ids[name] = story.post("/v1/technicians", person)["id"]
    path = f"/v1/technicians/{ids['bo']}"
    story.call("PATCH", path, {"skills": ["screen"]}, version=story.get(path)["version"])
    assert len(story.get("/v1/technicians")["items"]) == 2
    away = {"starts_at": "2031-01-01T00:00:00Z", "ends_at": "2031-01-02T00:00:00Z"}
    off = story.post(f"{path}/time-off", away)
    assert [span["id"] for span in story.get(f"{path}/time-off")["items"]] == [off["id"]]
    story.call("DELETE", f"{path}/time-off/{off['id']}")
    day = f"{path}/hours-exceptions/2031-05-01"
    story.call("PUT", day, {"spans": [["10:00", "14:00"]], "note": "short day"})
    assert story.get(day)["spans"] == [["10:00", "14:00"]]
    assert len(story.get(f"{path}/hours-exceptions?from=2031-05-01&to=2031-05-31")["items"]) == 1
    story.call("DELETE", day)
    user = story.post("/v1/users", {**DESK, "name": "Desk", "role": "dispatcher", "group_ids": [ids["group"]]})
    story.call("PATCH", f"/v1/users/{user['id']}", {"name": "The desk"}, version=user["version"])
    assert story.get(f"/v1/users/{user['id']}")["name"] == "The desk"
    assert len(story.get("/v1/users")["items"]) == 4
    assert {one["quota"] for one in story.get("/v1/usage")["quotas"]} >= {"technicians", "leads_per_day"}
    columns = story.get("/v1/imports/stores")["columns"]
    assert [column["name"] for column in columns if column["required"]] == ["slug", "name", "timezone", "lat", "lon"]
    table = "slug,name,timezone,lat,lon\nport,Port,Europe/Lisbon,41.14,-8.64\n"
    assert story.post("/v1/imports/stores?dry_run=true", table=table)["created"] == 1
    note = story.post("/v1/handover-notes", {"group_id": ids["group"], "text": "Parts come at ten."})
    own = f"/v1/handover-notes/{note['id']}"
    assert story.get("/v1/handover-notes")["items"] == [story.get(own)]
    story.call("PATCH", own, {"text": "They came."}, version=note["version"])
    story.call("PUT", f"{own}/read")
    story.call("DELETE", f"{own}/read")
    story.call("DELETE", own)
    key = story.post("/v1/api-keys", {"name": "Widget", "scopes": ["read", "leads:write"]})
    assert story.get(f"/v1/api-keys/{key['id']}")["name"] == "Widget"
    assert len(story.get("/v1/api-keys")["items"]) == 1
    renamed = story.call("PATCH", f"/v1/api-keys/{key['id']}", {"name": "Lead form"}, version=1)
    assert (renamed["name"], renamed["created_by"]) == ("Lead form", "Root")
    rotated = story.post(f"/v1/api-keys/{key['id']}/rotate", {"overlap_hours": 0})
    ids |= {"desk": user["id"], "key": key["id"]}
    story.tokens["widget"] = rotated["token"]


def take_second_factors(story: Story, ids: dict[str, str]) -> None:
    """The dispatcher has one, with new recovery codes, and gives it up; has another, and loses it."""
    story.log_in("desk", DESK)
    path = "/v1/me/second-factor"
    for time in ("first", "second"):
        secret = story.post(path, by="desk")["secret"]
        codes = story.post(f"{path}/confirm", {"code": pyotp.TOTP(secret).now()}, by="desk")["recovery_codes"]
        codes = story.post(f"{path}/recovery-codes", {"code": codes[0]}, by="desk")["recovery_codes"]
        assert story.get(path, by="desk")["recovery_codes_left"] == 10
        if time == "first":
            story.post(f"{path}/disable", {"code": codes[0]}, by="desk")
    story.call("DELETE", f"/v1/users/{ids['desk']}/second-factor")
    assert story.get(path, by="desk")["enabled"] is False
    demanded = {"required_of": "off"}
    assert story.call("PUT", "/v1/organization/second-factor", demanded) == demanded
    assert story.get("/v1/organization/second-factor") == demanded
    assert story.call("PATCH", "/v1/me", {"language": "pt"}, by="desk")["language"] == "pt"
    assert story.call("PUT", "/v1/organization/language", {"language": "de"})["language"] == "de"
    own = story.get("/v1/me", by="desk")
    assert (own["user"]["language"], own["organization"]["language"]) == ("pt", "de")


def sign_on(story: Story, ids: dict[str, str]) -> None:
    """The dispatcher comes in by an identity provider."""
    assert story.get("/v1/log-in-ways/shop", by=None) == {"single_sign_on": False, "password": True}
    path = "/v1/organization/single-sign-on"
    with identity_provider() as idp:
        idp.person = {"sub": "desk", "email": DESK["email"], "email_verified": True}
        chosen = {"issuer": idp.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        assert story.call("PUT", path, chosen)["has_client_secret"]
        assert story.get(path)["issuer"] == idp.issuer
        back = idp.log_in(story.follow("/v1/single-sign-on/shop/start"))
        assert story.follow(f"/v1/single-sign-on/callback?{urlencode(back)}") == "/console/"
    story.call("DELETE", f"/v1/users/{ids['desk']}/identity")
    story.call("DELETE", path)


def invite_people(story: Story, ids: dict[str, str]) -> None:
    """Users who choose their own passwords, at first and when they forgot it."""
    invited = story.post("/v1/invitations", {"email": "eva@shop.example", "role": "administrator"})
    assert invited["qr_svg"].startswith("<svg")
    renewed = story.post(f"/v1/invitations/{invited['id']}/renew")
    assert [one["id"] for one in story.get("/v1/invitations")["items"]] == [renewed["id"]]
    token = renewed["link"].partition("#")[2]
    assert story.post("/v1/one-time-links/look", {"token": token}, by=None)["email"] == "eva@shop.example"
    choice = {"token": token, "password": "five quiet herons", "name": "Eva"}
    story.tokens["eva"] = story.post("/v1/invitations/accept", choice, by=None)["token"]
    other = story.post("/v1/invitations", {"email": "joe@shop.example", "role": "store_administrator"})
    story.call("DELETE", f"/v1/invitations/{other['id']}")
    change = {"current_password": "five quiet herons", "new_password": "seven red kites"}
    story.call("PUT", "/v1/me/password", change, by="eva")
    eva = {"email": "eva@shop.example", "password": "seven red kites"}
    story.log_in("eva again", eva)
    here, there = (one for one in story.get("/v1/sessions", by="eva again")["items"])
    assert (here["current"], there["current"]) == (True, False)
    story.call("DELETE", f"/v1/sessions/{there['id']}", by="eva again")
    ids["eva"] = story.get("/v1/me", by="eva again")["user"]["id"]
    assert story.post("/v1/password-resets", {"organization": "shop", "email": eva["email"]}, by=None) == {
        "by_email": False
    }
    token = story.post(f"/v1/users/{ids['eva']}/password-reset")["link"].partition("#")[2]
    story.post("/v1/password-resets/accept", {"token": token, "password": "nine grey owls"}, by=None)
    story.log_in("eva", {**eva, "password": "nine grey owls"})
    story.call("DELETE", f"/v1/users/{ids['eva']}/sessions")


def book_on_the_site(story: Story, ids: dict[str, str]) -> None:
    """A visitor of the shop's site looks for a slot and takes it."""
    key = {"name": "Site", "scopes": ["widget"], "store_ids": [ids["store"]], "web_origins": [SITE]}
    story.tokens["site"] = story.post("/v1/api-keys", key)["token"]
    place = {"store_id": story.get("/v1/widget", by="site")["stores"][0]["id"], "point": NEAR}
    slot = story.post("/v1/widget/slots", {**place, "limit": 1}, by="site")["slots"][0]
    proof = solve(story.post("/v1/widget/challenges", by="site"))
    lead = {**place, "customer": {"name": "Ida"}, "slot": slot, "proof": proof}
    assert story.post("/v1/widget/leads", lead, by="site")["slot"] == slot


def go_to_work(story: Story) -> None:
    """On duty, with positions: Ana nearer to the centre than Bo."""
    story.log_in("desk", DESK)
    for name, who, place in (("ana", ANA, NEAR), ("bo", BO, FAR)):
        story.log_in(name, who)
        assert story.call("PUT", "/v1/me/presence", {"on_duty": True}, by=name)["on_duty"]
        assert story.get("/v1/me/app", by=name)["may_reject"]
        device = f"/v1/me/push-subscriptions/{uuid4()}"
        assert story.call("PUT", device, PUSH, by=name)["service"] == "https://push.example.com"
        story.call("DELETE", device, by=name)
        assert story.get("/v1/me/presence", by=name)["device"] == f"{name}-phone"
        story.ping(name, place)


def use_trackers(story: Story, ids: dict[str, str]) -> None:
    """Ana sets up an app of each kind; each sends what its kind sends, and is revoked in the end."""
    path = f"/v1/technicians/{ids['ana']}/trackers"
    apps = ("owntracks", "traccar", "osmand", "overland")
    made = {app: story.post(path, {"name": app, "app": app}, by="ana") for app in apps}
    story.tokens |= {app: tracker["token"] for app, tracker in made.items()}
    now = story.get("/v1/me", by="ana")["server_now"]
    stamp = int(datetime.fromisoformat(now).timestamp())
    place = {"lat": NEAR["lat"], "lon": NEAR["lon"]}
    assert story.post("/v1/trackers/owntracks", {"_type": "location", "tst": stamp, **place}, by="owntracks") == []
    story.post("/v1/trackers/osmand", {"timestamp": now, **place}, by="traccar")
    address = made["osmand"]["url"].replace("http://localhost", "").format(*place.values(), stamp, 0, 0, 0, 0)
    story.call("GET", address, by=None)
    feature = {"geometry": {"coordinates": [NEAR["lon"], NEAR["lat"]]}, "properties": {"timestamp": now}}
    assert story.post("/v1/trackers/overland", {"locations": [feature]}, by="overland") == {"result": "ok"}
    assert {one["outcome"] for one in story.get(path, by="desk")["items"]} <= {"accepted", "late"}
    assert story.get("/v1/reachability?hours=2", by="desk")["items"] == []
    assert story.get("/v1/map/tiles/0/0/0.mvt", by="desk")
    assert story.get(f"/v1/insight?from={now[:10]}&to={now[:10]}", by="desk")["timezone"]
    assert story.get(f"{path.removesuffix('/trackers')}/track", by="desk")["recorded"] >= 1
    for tracker in made.values():
        story.call("DELETE", f"{path}/{tracker['id']}")


def serve_customers(story: Story, ids: dict[str, str]) -> None:
    """A lead by address: the nearest is asked and says no, the next says yes and goes there."""
    lead = {"store_id": ids["store"], "group_id": ids["group"], "customer": {"name": "Eva"}}
    order = story.post("/v1/leads", {**lead, "address": "Rua Nova 1, Porto"}, by="widget")
    ids["order"] = order["id"]
    assert order["offer"]["technician_id"] == ids["ana"], order
    nearest = {"work_order_id": order["id"]}
    assert story.post("/v1/technicians/nearest", nearest, by="desk")["candidates"]
    assert story.post("/v1/technicians/nearest", {"point": NEAR}, by="widget")["candidates"]
    by_address = {"address": "Rua Nova 9, Porto", "store_id": ids["store"]}
    assert story.post("/v1/availability", {**by_address, "limit": 2}, by="desk")["slots"]
    assert story.post("/v1/technicians/nearest", by_address)["origin"] == {"lat": 41.152, "lon": -8.612}
    (offer,) = story.get("/v1/me/offers", by="ana")["items"]
    story.post(f"/v1/offers/{offer['id']}/reject", {"reason": "too_far"}, by="ana")
    (offer,) = story.get("/v1/me/offers", by="bo")["items"]
    assert story.post(f"/v1/offers/{offer['id']}/accept", by="bo")["state"] == "accepted"
    assert [work["id"] for work in story.get("/v1/me/schedule", by="bo")["items"]] == [order["id"]]
    be_followed(story, ids, order["id"])
    for state in ("travelling", "on_site", "in_progress", "completed"):
        step = story.post(f"/v1/work-orders/{order['id']}/status", {"state": state}, by="bo")
        assert step["state"] == state
    show_what_was_done(story, order["id"])


def be_followed(story: Story, ids: dict[str, str], order_id: str) -> None:
    """The customer gets a link, opens it, and it is revoked."""
    store = f"/v1/stores/{ids['store']}"
    story.call("PUT", f"{store}/settings", {"customer_links": True}, version=story.get(store)["version"])
    path = f"/v1/work-orders/{order_id}/customer-link"
    link = story.post(path, by="widget")
    token = link["url"].rpartition("/")[2]
    assert story.post("/v1/customer-links/open", {"token": token}, by=None)["technician_name"] == "Bo"
    assert story.get(path, by="desk")["opened_at"] is not None
    story.call("DELETE", path, by="desk")


def show_what_was_done(story: Story, order_id: str) -> None:
    """Two photos, of which one is taken back, and the customer's signature."""
    path = f"/v1/work-orders/{order_id}"
    photos = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
    for photo in photos:
        story.call("PUT", f"{path}/photos/{photo}", by="bo", image=picture("PNG"))
    story.call("DELETE", f"{path}/photos/{photos[1]}", by="bo")
    story.call("PUT", f"{path}/signature", by="bo", image=picture("PNG"))
    shown = story.get(f"{path}/completion", by="desk")
    assert [photo["id"] for photo in shown["photos"]] == photos[:1]
    assert opened(story.get(shown["photos"][0]["href"], by="desk")).size == (80, 40)
    assert opened(story.get(f"{path}/signature", by="desk")).size == (80, 40)


def learn_places(story: Story, ids: dict[str, str]) -> None:
    """Pins put by hand where the geocoder knows nothing: one is used for its address and taken back, one rejected."""
    pins = []
    for number in (6, 7):
        body = {"store_id": ids["store"], "customer": {"name": "Rui"}, "address": f"Nowhere {number}"}
        path = f"/v1/work-orders/{story.post('/v1/tickets', body, by='desk')['id']}"
        story.call("PATCH", path, {"location": FAR}, by="desk", version=story.get(path)["version"])
        pins += story.get(f"/v1/learned-pins?work_order_id={path.rpartition('/')[2]}", by="desk")["items"]
        story.post(f"{path}/cancel", {}, by="desk")
    used, rejected = pins
    asked = {"store_id": ids["store"], "address": "nowhere 6"}
    confirmed = story.post(f"/v1/learned-pins/{used['id']}/confirm", by="desk", version=used["version"])
    assert story.post("/v1/geocode", asked)["learned"]["pin_id"] == used["id"]
    story.post(f"/v1/learned-pins/{used['id']}/withdraw", by="desk", version=confirmed["version"])
    assert story.post("/v1/geocode", asked)["learned"] is None
    story.post(f"/v1/learned-pins/{rejected['id']}/reject", by="desk", version=rejected["version"])
    assert story.get(f"/v1/learned-pins/{rejected['id']}")["state"] == "rejected"
    assert {pin["id"] for pin in story.get("/v1/learned-pins")["items"]} == {used["id"], rejected["id"]}


def plan_by_hand(story: Story, ids: dict[str, str]) -> None:
    """A lead whose address no geocoder knows: a pin, a choice, another choice, automation, and it is cancelled."""
    slot = {"start": "2031-03-03T10:00:00", "end": "2031-03-03T11:00:00"}
    lead = {"store_id": ids["store"], "customer": {"name": "Rui"}, "address": "Nowhere 5", "slot": slot}
    order = story.post("/v1/leads", lead, by="desk")
    assert order["pending_reason"] == "needs_location"
    assert story.get(f"/v1/technicians/roster?work_order_id={order['id']}", by="desk")["has_location"] is False
    path = f"/v1/work-orders/{order['id']}"
    order = story.call("PATCH", path, {"location": FAR}, by="desk", version=order["version"])
    order = story.get(path, by="desk")
    seen = story.post(f"{path}/assign/preview", {"technician_id": ids["ana"], "slot": slot}, by="desk")
    assert (seen["name"], seen["may_assign"], seen["conflict"]) == ("Ana", True, None)
    chosen = {"technician_id": ids["ana"], "mode": "assign"}
    order = story.post(f"{path}/assign", chosen, by="desk", version=order["version"])
    assert order["assignee"]["name"] == "Ana"
    along = {"collaborator_ids": [ids["bo"]]}
    order = story.call("PUT", f"{path}/collaborators", along, by="desk", version=order["version"])
    assert [one["name"] for one in order["collaborators"]] == ["Bo"]
    assert story.get("/v1/me/schedule", by="bo")["items"][0]["role"] == "collaborator"
    order = story.post(f"{path}/unassign", by="desk", version=order["version"])
    assert story.get(f"{path}/ladder", by="desk")["rungs"][0]["name"] == "Ana"
    plan = story.post("/v1/assignments/optimize", {"work_order_ids": [order["id"]]}, by="desk")
    assert [pair["outcome"] for pair in plan["pairs"]] == ["planned"]
    order = story.post(f"{path}/auto-assign", by="widget")
    assert order["state"] == "offered", order
    assert story.post(f"{path}/cancel", {"reason": "customer called"}, by="widget")["state"] == "cancelled"


def move_work(story: Story, ids: dict[str, str]) -> None:
    """A ticket at the desk, a lead that becomes one, and a ticket that goes round the house."""
    slot = {"start": "2031-03-04T10:00:00", "end": "2031-03-04T11:00:00"}
    body = {"store_id": ids["store"], "group_id": ids["group"], "customer": {"name": "Ida"}, "slot": slot}
    ticket = story.post("/v1/tickets", {**body, "assignee_id": ids["ana"]}, by="widget")
    assert (ticket["state"], ticket["location"]) == ("assigned", None)
    lead = story.post("/v1/leads", {**body, "location": FAR, "assignee_id": ids["bo"]}, by="desk")
    made = story.post(f"/v1/work-orders/{lead['id']}/convert", by="desk")
    assert (made["kind"], made["assignee"]["id"]) == ("ticket", ids["bo"])
    later = {"start": "2031-03-04T14:00:00", "end": "2031-03-04T15:00:00"}
    path = f"/v1/work-orders/{made['id']}"
    made = story.call("PATCH", path, {"slot": later}, by="desk", version=made["version"])
    assert story.get("/v1/undo", by="desk")["action"] == "reschedule"
    made = story.post("/v1/undo", by="desk")
    assert made["slot"]["start"] != later["start"]
    made = story.call("PATCH", path, {"slot": later}, by="desk", version=made["version"])
    made = story.post(f"{path}/reallocate", {"technician_id": ids["ana"]}, version=made["version"])
    assert made["assignee"]["id"] == ids["ana"]
    pass_around(story, ids, made)
    for order in (ticket, made):
        story.post(f"/v1/work-orders/{order['id']}/cancel", {})


def pass_around(story: Story, ids: dict[str, str], order: dict[str, Any]) -> None:
    """To another group, back from there, and to another store."""
    place = {"name": "North", "timezone": "Europe/Lisbon", "location": FAR}
    ids["north"] = story.post("/v1/stores", place)["id"]
    ids["ovens"] = story.post("/v1/service-groups", {"name": "Ovens", "store_id": ids["store"]})["id"]
    shown = story.get("/v1/destinations", by="desk")["items"]
    assert [one["name"] for one in shown] == ["North", "The centre"]
    assert [group["name"] for group in shown[1]["groups"]] == ["All phones", "Ovens"]
    path = f"/v1/work-orders/{order['id']}"
    to = {"group_id": ids["ovens"], "note": "an oven"}
    order = story.post(f"{path}/reassign-group", to, by="desk", version=order["version"])
    assert (order["state"], order["group_id"]) == ("pending", ids["ovens"])
    order = story.post(f"{path}/reject-group", {"note": "no oven"}, version=order["version"])
    assert order["returned_to"] == ids["desk"]
    stays = story.get(path, by="desk")["group_stays"]
    assert [stay["group_name"] for stay in stays] == ["All phones", "Ovens", "All phones"]
    order = story.post(f"{path}/transfer", {"store_id": ids["north"]}, by="desk", version=order["version"])
    assert (order["store_id"], order["group_id"]) == (ids["north"], None)


def look_back(story: Story, ids: dict[str, str]) -> None:
    """History, receipts, the map, and what is new on it."""
    path = f"/v1/work-orders/{ids['order']}"
    assert len(story.get("/v1/work-orders?state=completed,cancelled&kind=lead", by="desk")["items"]) == 2
    kinds = [event["kind"] for event in story.get(f"{path}/events", by="desk")["items"]]
    assert kinds == ["created", "located", "offered", "rejected", "offered", "assigned", *["status_changed"] * 4]
    decisions = story.get(f"{path}/decisions", by="widget")["items"]
    assert len(decisions) == 2
    receipt = story.get(f"/v1/decisions/{decisions[-1]['id']}", by="desk")
    why = story.get(f"/v1/decisions/{receipt['id']}/why?technician_id={ids['ana']}", by="desk")
    assert "did not take it" in why["sentence"]
    assert len(story.get("/v1/calendar?from=2031-03-03&to=2031-03-04", by="desk")["items"]) == 2
    story.call("PUT", "/v1/me/views/today", {"columns": ["number"], "sort": ["-priority"]}, by="desk")
    assert story.get("/v1/me/views/today", by="desk")["columns"] == ["number"]
    assert [view["name"] for view in story.get("/v1/me/views", by="desk")["items"]] == ["today"]
    story.call("DELETE", "/v1/me/views/today", by="desk")
    view = story.post("/v1/views", {"name": "Late today", "columns": ["number"], "shared": True}, by="desk")
    assert [one["name"] for one in story.get("/v1/views?page=pending")["items"]] == ["Late today"]
    assert story.get(f"/v1/views/{view['id']}", by="desk")["own"]
    story.call("PATCH", f"/v1/views/{view['id']}", {"columns": ["slot"]}, version=view["version"], by="desk")
    story.call("DELETE", f"/v1/views/{view['id']}")
    around = story.get(f"/v1/map?work_order_id={ids['order']}", by="desk")
    assert {feature["properties"]["name"] for feature in around["features"]} == {"Ana", "Bo"}
    assert "event: " in story.first_event()


def tell_others(story: Story) -> None:
    """A system outside listens, and sends leads."""
    store_id = story.get("/v1/stores")["items"][0]["id"]
    lead = {"store_id": store_id, "customer": {"name": "Eva"}, "address": "Rua Nova 9", "external_id": "bulk-1"}
    assert [story.post("/v1/leads/bulk", {"leads": [lead]})["created"] for _ in range(2)] == [1, 0]
    with StubServer() as receiver:
        hook = story.post("/v1/webhooks", {"url": receiver.url, "events": ["technician.presence_changed"]})
        path = f"/v1/webhooks/{hook['id']}"
        assert [one["id"] for one in story.get("/v1/webhooks")["items"]] == [hook["id"]]
        story.call("PATCH", path, {"description": "The POS"}, version=hook["version"])
        assert story.get(path)["description"] == "The POS"
        assert story.post(f"{path}/rotate-secret")["secret"] != hook["secret"]
        assert story.post(f"{path}/test")["ok"]
        story.call("PUT", "/v1/me/presence", {"on_duty": False}, by="ana")
        services = story.app.extensions[EXTENSION]
        services.database.run(UUID(story.get("/v1/me")["organization"]["id"]), fan_out)
        (delivery,) = story.get(f"{path}/deliveries?state=waiting")["items"]
        told = story.get("/v1/events?event=technician.presence_changed")["items"]
        assert told[-1]["data"] == delivery["data"] | {"organization_id": told[-1]["data"]["organization_id"]}
        assert story.post(f"{path}/deliveries/{delivery['id']}/redrive")["state"] == "waiting"
        assert story.post(f"{path}/redrive") == {"redriven": 0}
        story.call("DELETE", path)


def ask_what_is_known(story: Story, ids: dict[str, str]) -> None:
    """A technician reads who looked for her; what is kept about her, and about a customer."""
    views = story.get("/v1/me/location-views", by="ana")["items"]
    assert {view["viewer"]["name"] for view in views} >= {"The desk"}
    assert story.get(f"/v1/technicians/{ids['ana']}/location-views")["items"] == views
    assert story.get("/v1/me/export", by="ana")["technician"]["name"] == "Ana"
    assert story.get(f"/v1/technicians/{ids['bo']}/export")["track"]["items"]
    assert story.get("/v1/customers/export?phone=910000000")["items"] == []
    actions = {entry["action"] for entry in story.get("/v1/audit")["items"]}
    assert {"technician.exported", "customer.exported"} <= actions


def forget_people(story: Story, ids: dict[str, str]) -> None:
    """A technician who left, and a customer whose work is done."""
    assert story.post(f"/v1/technicians/{ids['bo']}/erase")["name"] == "Erased person"
    assert story.post(f"/v1/work-orders/{ids['order']}/erase-customer")["location"] is None


def close_shop(story: Story, ids: dict[str, str]) -> None:
    """Everything ends in the order in which it may."""
    story.call("DELETE", "/v1/sessions/current", by="bo")
    for name in ("ana", "bo"):
        story.call("DELETE", f"/v1/technicians/{ids[name]}")
    for kind, name in (
        ("service-providers", "provider"),
        ("service-groups", "group"),
        ("service-groups", "ovens"),
        ("users", "desk"),
        ("stores", "north"),
    ):
        story.call("DELETE", f"/v1/{kind}/{ids[name]}")
    story.call("DELETE", f"/v1/api-keys/{ids['key']}")
    story.call("DELETE", f"/v1/stores/{ids['store']}")
    assert story.get("/v1/stores?active=true")["items"] == []


def _app(settings: Settings) -> Flask:
    app = create_app(settings)
    services = app.extensions[EXTENSION]
    load(services.database, services.settings, read_document(json.dumps(DOCUMENT)))
    return app
