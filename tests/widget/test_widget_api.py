"""A booking page over HTTP: a visitor's slots and leads, from the key's own web sites, and what a flood meets."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads
from tests.providers.stub import StubServer
from tests.widget.solving import solve

HERE = {"lat": 41.151, "lon": -8.61}
SITE, OTHER_SITE = "https://shop.example", "https://evil.example"
CORS = "Access-Control-Allow-Origin"


@dataclass(frozen=True)
class Page:
    """A page of the site, with the key in its address."""

    api: Api
    token: str
    store: str
    key_id: str

    def send(self, method: str, path: str = "", *, origin: str | None = SITE, **more: Any) -> TestResponse:
        headers = {**({} if origin is None else {"Origin": origin}), **more.pop("headers", {})}
        return self.api.call(method, f"/v1/widget{path}?key={more.pop('key', self.token)}", headers=headers, **more)

    def proof(self) -> dict[str, Any]:
        return solve(self.send("POST", "/challenges").json)

    def lead(self, **members: Any) -> dict[str, Any]:
        return {
            "store_id": self.store,
            "customer": {"name": "Eva Lima", "phone": "910 000 000"},
            "point": HERE,
            "proof": members["proof"] if "proof" in members else self.proof(),
            **members,
        }

    def slots(self, **members: Any) -> list[dict[str, str]]:
        answer = self.send("POST", "/slots", json={"store_id": self.store, "point": HERE, **members})
        assert answer.status_code == 200, answer.json
        return list(answer.json["slots"])

    def newest(self) -> dict[str, Any]:
        return dict(self.api.get("/v1/work-orders?sort=-created_at&limit=1", by="root").json["items"][0])


@pytest.fixture
def site(world: World) -> Iterator[Page]:
    with seeded_api(world) as api:
        store = api.id("stores", "centre")
        body = {"name": "Page", "scopes": ["widget"], "store_ids": [store], "web_origins": [SITE], "leads_per_day": 5}
        made = api.post("/v1/api-keys", by="root", json=body).json
        yield Page(api, made["token"], store, made["id"])


def refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.json
    return dict(answer.json)


def test_a_visitor_books_a_slot_that_was_offered(site: Page) -> None:
    assert site.send("GET").json["stores"] == [{"id": site.store, "name": "Centre", "timezone": "Europe/Lisbon"}]
    slot = site.slots(skills=["screen"], limit=3)[2]
    device = {"type": "phone", "issue": "broken screen"}
    answer = site.send("POST", "/leads", json=site.lead(slot=slot, skills=["screen"], device=device, notes="Bell 2"))
    assert answer.status_code == 201, answer.json
    order = site.newest()
    assert answer.json == {"number": order["number"], "slot": slot, "status": "received", "customer_link": None}
    assert (order["referral_source"], order["device"]["type"], order["notes"]) == (SITE, "phone", "Bell 2")
    assert order["slot"] == slot


def _three_hours_more(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "durations": [[cell + 10_800 for cell in row] for row in document["durations"]]}


def test_slots_leave_time_for_the_ways_as_the_store_s_router_tells_them(site: Page) -> None:
    by_line = site.slots(limit=1)
    with StubServer(ROUTER_DIALECTS[0].serve(Roads(), change=_three_hours_more)) as server:
        path = f"/v1/stores/{site.store}"
        version = site.api.get(path, by="root").json["version"]
        router = {"router": "osrm", "router_url": server.url}
        answer = site.api.put(f"{path}/settings", json=router, by="root", version=version)
        assert answer.status_code == 200, answer.json
        by_road = site.slots(limit=1)
        assert by_road[0]["start"] > by_line[0]["start"]
        refused(site.send("POST", "/leads", json=site.lead(slot=by_line[0])), 409, "slot_not_offered")
        server.behaviour = stub.html(503)
        elsewhere = {"lat": HERE["lat"] + 0.002, "lon": HERE["lon"]}
        assert site.slots(limit=1, point=elsewhere), "a router that is down costs no slot"
        assert site.send("POST", "/leads", json=site.lead(slot=by_road[0])).status_code == 201, "its ways are kept"


def test_as_soon_as_possible_and_how_the_visitor_heard_of_it(site: Page) -> None:
    answer = site.send("POST", "/leads", json=site.lead(referral_source="a friend"))
    assert answer.json["slot"] is None
    assert site.newest()["referral_source"] == "a friend"


def test_answers_tell_nothing_about_technicians(site: Page) -> None:
    names = {"Ana", site.api.id("technicians", "ana")}
    slots = site.send("POST", "/slots", json={"store_id": site.store, "point": HERE})
    lead = site.send("POST", "/leads", json=site.lead(slot=slots.json["slots"][0]))
    for answer in (site.send("GET"), slots, lead):
        assert not any(name in answer.get_data(as_text=True) for name in names)
    assert set(slots.json) == {"slots", "timezone"}
    assert all(set(slot) == {"start", "end"} for slot in slots.json["slots"])
    assert set(lead.json) == {"number", "slot", "status", "customer_link"}


@pytest.mark.parametrize(
    "member", ["assignee_id", "priority", "group_id", "external_id", "location", "metadata", "technician_ids"]
)
def test_a_visitor_sets_public_members_only(site: Page, member: str) -> None:
    answer = site.send("POST", "/leads", json=site.lead(**{member: "x"}))
    assert refused(answer, 422, "invalid_request")["errors"][0]["code"] == "unknown_member"


def test_the_visitor_follows_the_lead_where_the_store_lets_customers(site: Page) -> None:
    path = f"/v1/stores/{site.store}"
    version = site.api.get(path, by="root").json["version"]
    answer = site.api.put(f"{path}/settings", json={"customer_links": True}, by="root", version=version)
    assert answer.status_code == 200, answer.json
    lead, headers = site.lead(), {"Idempotency-Key": "once"}
    made = site.send("POST", "/leads", json=lead, headers=headers).json
    assert site.send("POST", "/leads", json=lead, headers=headers).json["customer_link"] == made["customer_link"]
    token = made["customer_link"].rpartition("/t/")[2]
    followed = site.api.post("/v1/customer-links/open", json={"token": token}).json
    assert (followed["number"], followed["store_name"]) == (made["number"], "Centre")


def test_disjoint_slots_reach_further_ahead(site: Page) -> None:
    close, apart = site.slots(limit=50), site.slots(limit=50, disjoint=True)
    assert all(one["end"] <= other["start"] for one, other in pairwise(apart))
    assert any(one["end"] > other["start"] for one, other in pairwise(close))
    assert (apart[0], len(apart)) == (close[0], 50)
    assert apart[-1]["start"] > close[-1]["start"]


def test_the_services_own_page_books_for_every_key(site: Page) -> None:
    assert site.send("POST", "/leads", json=site.lead(), origin="http://localhost").status_code == 201
    for foreign in ("http://localhost.evil.example", "http://evil.example/localhost", "null", "http://localhost:81"):
        refused(site.send("POST", "/leads", json=site.lead(), origin=foreign), 403, "origin_not_allowed")


def test_slots_are_those_of_the_wanted_skills(site: Page) -> None:
    assert site.slots(skills=["screen"])
    assert site.slots(skills=["astronomy"]) == []


def test_a_slot_that_was_not_offered_is_refused_and_no_lead_made(site: Page) -> None:
    first = site.slots(limit=1)[0]
    before = site.api.get("/v1/work-orders", by="root").json["count"]
    nonsense = (
        {"start": "2020-01-01T10:00:00Z"},
        {"start": first["start"], "end": "2031-01-01T10:00:00Z"},
        {"start": first["start"][:14] + "07:00Z"},
    )
    for slot in nonsense:
        refused(site.send("POST", "/leads", json=site.lead(slot=slot)), 409, "slot_not_offered")
    refused(site.send("POST", "/leads", json=site.lead(slot=first, skills=["astronomy"])), 409, "slot_not_offered")
    assert site.api.get("/v1/work-orders", by="root").json["count"] == before


def test_an_address_that_is_not_found_loses_no_lead(site: Page) -> None:
    lead = site.lead(address="Rua Nova 1", slot={"start": "2031-03-03T10:00:00Z"})
    del lead["point"]
    assert site.send("POST", "/leads", json=lead).status_code == 201
    assert site.newest()["location"] is None


def test_a_retry_answers_the_same_lead_and_costs_nothing(site: Page) -> None:
    body, headers = site.lead(), {"Idempotency-Key": "one"}
    first, again = (site.send("POST", "/leads", json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    other = site.send("POST", "/leads", json={**body, "notes": "other"}, headers=headers)
    refused(other, 422, "idempotency_key_reused")


# Proof of work, honeypot, limits --------------------------------------------------------------------------------------


def test_a_proof_counts_once(site: Page) -> None:
    proof = site.proof()
    assert site.send("POST", "/leads", json=site.lead(proof=proof)).status_code == 201
    assert refused(site.send("POST", "/leads", json=site.lead(proof=proof)), 422, "proof_refused")["because"] == "used"


def test_without_a_proof_no_lead_is_made(site: Page) -> None:
    before = site.api.get("/v1/work-orders", by="root").json["count"]
    proof = site.proof()
    wrong = {**proof, "number": proof["number"] + 1}
    assert refused(site.send("POST", "/leads", json=site.lead(proof=wrong)), 422, "proof_refused")["because"] == "wrong"
    missing = site.lead()
    del missing["proof"]
    assert site.send("POST", "/leads", json=missing).json["errors"][0]["pointer"] == "/proof"
    assert site.api.get("/v1/work-orders", by="root").json["count"] == before


def test_who_fills_in_what_people_do_not_see_is_told_so(site: Page) -> None:
    answer = site.send("POST", "/leads", json=site.lead(website="https://spam.example"))
    assert refused(answer, 422, "invalid_request")["errors"][0]["pointer"] == "/website"
    assert site.send("POST", "/leads", json=site.lead(website="")).status_code == 201


def test_a_key_takes_so_many_leads_a_day_and_others_are_not_concerned(site: Page, admin: Connection) -> None:
    for _ in range(5):
        assert site.send("POST", "/leads", json=site.lead()).status_code == 201
    full = site.send("POST", "/leads", json=site.lead())
    assert refused(full, 429, "leads_per_day_reached")["leads_per_day"] == 5
    assert int(full.headers["Retry-After"]) > 80_000
    lead = {"store_id": site.store, "customer": {"name": "Ida"}, "location": HERE}
    assert site.api.post("/v1/leads", by="shop", json=lead).status_code == 201
    admin.execute(text("UPDATE spent_challenges SET spent_at = spent_at - interval '1 day'"))
    assert site.send("POST", "/leads", json=site.lead()).status_code == 201


# Web origins ----------------------------------------------------------------------------------------------------------


def test_a_browser_may_read_answers_on_the_keys_site_alone(site: Page) -> None:
    allowed = site.send("POST", "/slots", json={"store_id": site.store, "point": HERE})
    assert (allowed.headers[CORS], allowed.headers["Vary"]) == (SITE, "Origin")
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    wrong = site.send("POST", "/slots", json={"nonsense": True})
    assert (wrong.status_code, wrong.headers[CORS]) == (422, SITE)


@pytest.mark.parametrize("origin", [OTHER_SITE, f"{SITE}.evil.example", "http://shop.example", "null", f"{SITE}:8443"])
def test_other_sites_are_refused_without_a_header(site: Page, origin: str) -> None:
    for method, path in (("GET", ""), ("POST", "/challenges"), ("POST", "/slots"), ("POST", "/leads")):
        answer = site.send(method, path, origin=origin, json=None if method == "GET" else {})
        refused(answer, 403, "origin_not_allowed")
        assert CORS not in answer.headers
        assert answer.headers["Vary"] == "Origin"


def test_a_post_says_where_it_comes_from(site: Page) -> None:
    refused(site.send("POST", "/challenges", origin=None), 403, "origin_not_allowed")
    assert site.send("GET", origin=None).status_code == 200


def test_preflights_are_answered_for_the_keys_site_alone(site: Page) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}
    allowed = site.send("OPTIONS", "/leads", headers=asks)
    assert (allowed.status_code, allowed.headers[CORS], allowed.headers["Vary"]) == (204, SITE, "Origin")
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in allowed.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    for asked in (
        site.send("OPTIONS", "/leads", origin=OTHER_SITE, headers=asks),
        site.send("OPTIONS", "/leads", headers=asks, key="nonsense"),
        site.send("OPTIONS", "/leads", headers=asks, key=site.api.token("shop")),
        site.api.call("OPTIONS", "/v1/widget/leads", headers={"Origin": SITE, **asks}),
        site.api.call("OPTIONS", f"/v1/leads?key={site.token}", headers={"Origin": SITE, **asks}),
    ):
        assert CORS not in asked.headers


def test_a_revoked_key_opens_no_page(site: Page) -> None:
    site.api.delete(f"/v1/api-keys/{site.key_id}", by="root")
    assert CORS not in site.send("OPTIONS", "/leads").headers
    refused(site.send("POST", "/challenges"), 401, "api_key_ended")


def test_a_publishable_key_does_nothing_else(site: Page) -> None:
    for method, path in (
        ("GET", "/v1/me"),
        ("GET", "/v1/stores"),
        ("GET", "/v1/work-orders"),
        ("POST", "/v1/leads"),
        ("GET", f"/v1/stores/{site.store}/settings"),
    ):
        answer = site.api.call(method, path, by=site.token, headers={"Origin": SITE}, json={})
        assert answer.status_code == 403
    assert site.api.get(f"/v1/stores?key={site.token}").status_code == 401
    secret = site.api.post("/v1/widget/challenges", by="shop", headers={"Origin": SITE})
    assert refused(secret, 403, "forbidden")["missing_scopes"] == ["widget"]


def test_a_key_is_for_its_stores(site: Page) -> None:
    north = site.api.id("stores", "north")
    for path, body in (("/slots", {"store_id": north, "point": HERE}), ("/leads", site.lead(store_id=north))):
        assert site.send("POST", path, json=body).json["errors"][0]["pointer"] == "/store_id"
