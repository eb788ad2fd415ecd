"""Retries that create once, and people who edit the same thing at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from geo_assign.app import list_operations
from geo_assign.core.idempotency import SecretShownError
from geo_assign.http.paths import template_of
from tests.api.neighbours import House, Neighbours

HERE = {"lat": 41.151, "lon": -8.61}
AT_ONCE = 20


@dataclass(frozen=True)
class Desk:
    """Short words: post leads, read and change them, in the seeded store with its technician Ana."""

    app: Flask
    house: House

    @property
    def ana(self) -> str:
        return self.house.things["technician"]

    @property
    def lead(self) -> dict[str, Any]:
        """A lead with a slot of its own, so that leads do not stand in each other's way."""
        year = 2032 + uuid4().int % 60
        day = 1 + uuid4().int % 28
        slot = {"start": f"{year}-06-{day:02}T10:00:00Z", "end": f"{year}-06-{day:02}T11:00:00Z"}
        return {"store_id": self.house.things["store"], "customer": {"name": "Eva"}, "location": HERE, "slot": slot}

    def send(
        self, method: str, path: str, body: Any = None, *, by: str = "root", version: int | None = None, **headers: Any
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.house.token(by)}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        return self.app.test_client(use_cookies=False).open(path, method=method, json=body, headers=sent)

    def post_lead(self, body: dict[str, Any], *, by: str = "shop", **headers: Any) -> TestResponse:
        return self.send("POST", "/v1/leads", body, by=by, **headers)

    def waiting(self) -> dict[str, Any]:
        """A new lead that automation leaves alone."""
        answer = self.post_lead({**self.lead, "location": None, "address": "Nowhere 5"})
        assert answer.status_code == 201, answer.get_json()
        return dict(answer.get_json())

    def assign(self, order: dict[str, Any], *, by: str = "root", version: int | None = None) -> TestResponse:
        path = f"/v1/work-orders/{order['id']}/assign"
        return self.send("POST", path, {"technician_id": self.ana}, by=by, version=version)

    def read(self, order: dict[str, Any], **headers: Any) -> TestResponse:
        return self.send("GET", f"/v1/work-orders/{order['id']}", **headers)

    def at_once(self, calls: list[Callable[[], TestResponse]]) -> list[TestResponse]:
        """All of them from threads that start together."""
        start = Barrier(len(calls))

        def run(call: Callable[[], TestResponse]) -> TestResponse:
            start.wait(20)
            return call()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(run, calls))


@pytest.fixture
def desk(neighbours: Neighbours) -> Desk:
    desk = Desk(neighbours.app, neighbours.ours)
    # An open offer of an earlier test would keep Ana from being asked again.
    for order in desk.send("GET", "/v1/work-orders?state=offered").get_json()["items"]:
        desk.send("POST", f"/v1/work-orders/{order['id']}/cancel", {})
    position = {"recorded_at": desk.send("GET", "/v1/me").get_json()["server_now"], **HERE}
    assert desk.send("POST", "/v1/positions", {"positions": [position]}, by="ana").status_code == 200
    return desk


# Idempotency-Key ------------------------------------------------------------------------------------------------------


def test_a_retry_answers_the_same_lead_in_its_present_state(desk: Desk) -> None:
    body = {**desk.lead, "location": None, "address": "Nowhere 5"}
    first = desk.post_lead(body, Idempotency_Key="retry-1")
    assert "Idempotency-Replayed" not in first.headers
    assert desk.assign(first.get_json(), version=first.get_json()["version"]).status_code == 200
    again = desk.post_lead(body, Idempotency_Key="retry-1")
    assert again.status_code == first.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json()["id"] == first.get_json()["id"]
    assert (first.get_json()["state"], again.get_json()["state"]) == ("pending", "assigned")
    assert again.headers["ETag"] == f'"{again.get_json()["version"]}"'


def test_another_body_under_the_same_key_is_refused_and_changes_nothing(desk: Desk) -> None:
    body = desk.lead
    first = desk.post_lead(body, Idempotency_Key="other-body")
    refused = desk.post_lead({**body, "notes": "Ring twice"}, Idempotency_Key="other-body")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "idempotency_key_reused")
    assert desk.read(first.get_json()).get_json()["notes"] is None


def test_a_key_belongs_to_its_caller(desk: Desk) -> None:
    body = desk.lead
    first = desk.post_lead(body, Idempotency_Key="whose", by="shop")
    second = desk.post_lead(body, Idempotency_Key="whose", by="writer")
    assert first.get_json()["id"] != second.get_json()["id"]
    assert "Idempotency-Replayed" not in second.headers


def test_a_failed_attempt_is_not_replayed(desk: Desk) -> None:
    body = {**desk.lead, "external_id": f"failed-{uuid4().hex}"}
    original = desk.post_lead(body)
    failed = desk.post_lead(body, Idempotency_Key="failed-1")
    assert (failed.status_code, failed.get_json()["code"]) == (409, "duplicate_external_id")
    mended = desk.post_lead({**body, "external_id": f"mended-{uuid4().hex}"}, Idempotency_Key="failed-1")
    assert mended.status_code == 201
    assert "Idempotency-Replayed" not in mended.headers
    assert mended.get_json()["id"] != original.get_json()["id"]


def test_twenty_at_once_under_one_key_make_one_lead(desk: Desk) -> None:
    body = {**desk.lead, "external_id": f"once-{uuid4().hex}"}
    answers = desk.at_once([lambda: desk.post_lead(body, Idempotency_Key="once")] * AT_ONCE)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    listed = desk.send("GET", f"/v1/work-orders?external_id={body['external_id']}").get_json()["items"]
    assert len(listed) == 1
    history = desk.send("GET", f"/v1/work-orders/{listed[0]['id']}/events").get_json()["items"]
    assert [event["kind"] for event in history].count("created") == 1


def test_every_post_that_creates_knows_its_retry(desk: Desk) -> None:
    store = desk.house.things["store"]
    for path, body in (
        ("/v1/service-groups", {"name": "Twice", "store_id": store}),
        ("/v1/users", {"email": "twice@acme.example", "name": "Twice", "role": "administrator"}),
        ("/v1/technicians", {"name": "Twice", "store_id": store}),
    ):
        first, again = (desk.send("POST", path, body, Idempotency_Key="twice") for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201), path
        assert first.get_json() == again.get_json()
        assert again.headers["Idempotency-Replayed"] == "true"


# Creating POSTs that show a secret once: what to send, the members that carry the secret, and how to get a new one.
SHOWING = {
    "/v1/api-keys": ({"name": "Twice", "scopes": ["read"]}, ["token"], "Revoke that key"),
    "/v1/webhooks": ({"url": "https://hooks.example/twice"}, ["secret"], "rotate-secret"),
    "/v1/invitations": (
        {"email": "shown@acme.example", "name": "Twice", "role": "administrator"},
        ["link"],
        "Renew the invitation",
    ),
    "/v1/technicians/{id}/trackers": (
        {"name": "Twice", "app": "owntracks"},
        ["token", "config_url", "qr_svg"],
        "Revoke that tracker app",
    ),
}


@pytest.mark.parametrize("shown", SHOWING)
def test_a_retry_is_told_that_the_secret_was_shown(desk: Desk, shown: str) -> None:
    body, members, instead = SHOWING[shown]
    path = shown.replace("{id}", desk.ana)
    first, again = (desk.send("POST", path, body, Idempotency_Key="shown") for _ in range(2))
    assert first.status_code == 201
    assert (again.status_code, again.get_json()["code"]) == (409, "secret_shown")
    assert again.get_json()["id"] == first.get_json()["id"]
    assert instead in again.get_json()["detail"]
    for member in members:
        assert first.get_json()[member]
        assert first.get_json()[member] not in again.get_data(as_text=True)
    changed = {"email": "other@acme.example"} if "email" in body else {"name": "Other"}
    other = desk.send("POST", path, {**body, **changed} if "name" in body else {**body, "active": False})
    assert other.status_code == 201


def test_every_creating_post_that_shows_a_secret_is_among_them() -> None:
    secrets = {"token", "secret", "link", "uri", "qr_svg", "password", "recovery_codes"}
    creating = [one for one in list_operations() if one.creates]
    showing = {template_of(one.path) for one in creating if secrets & set(getattr(one.answer, "model_fields", ()))}
    assert {template_of(one.path) for one in creating if SecretShownError in one.errors} == showing == set(SHOWING)


# Versions -------------------------------------------------------------------------------------------------------------


def test_without_a_version_no_edit_is_taken(desk: Desk) -> None:
    order = desk.waiting()
    refused = desk.assign(order)
    assert (refused.status_code, refused.get_json()["code"]) == (428, "version_required")
    assert desk.read(order).get_json() == {**order, "group_stays": [], "has_customer_link": False}


def test_the_second_is_told_who_won_and_how_things_stand(desk: Desk) -> None:
    order = desk.waiting()
    won = desk.assign(order, by="desk", version=order["version"])
    assert won.status_code == 200, won.get_json()
    lost = desk.assign(order, by="root", version=order["version"])
    told = lost.get_json()
    assert (lost.status_code, told["code"]) == (412, "work_order_changed")
    assert told["changed_by"]["name"] == "Desk"
    assert told["changed_at"]
    assert told["state"] == "assigned"
    assert told["assignee"] == {"id": desk.ana, "name": "Ana"}
    assert told["current_version"] == won.get_json()["version"]


def test_of_two_dispatchers_at_once_one_wins(desk: Desk) -> None:
    order = desk.waiting()
    version = order["version"]
    answers = desk.at_once([partial(desk.assign, order, by=who, version=version) for who in ("desk", "root")])
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    history = desk.send("GET", f"/v1/work-orders/{order['id']}/events").get_json()["items"]
    assert [event["kind"] for event in history].count("assigned") == 1


def test_what_automation_did_meanwhile_does_not_stand_in_a_dispatchers_way(desk: Desk) -> None:
    posted = desk.post_lead({**desk.lead, "slot": None}).get_json()
    assert posted["state"] == "offered", posted
    before_the_offer = posted["version"] - 1
    assert desk.assign(posted, version=before_the_offer).get_json()["state"] == "assigned"
    history = desk.send("GET", f"/v1/work-orders/{posted['id']}/events").get_json()["items"]
    assert [event["kind"] for event in history] == ["created", "offered", "assigned"]


def test_a_store_tells_its_present_state_to_the_second_editor(desk: Desk) -> None:
    path = f"/v1/stores/{desk.house.things['spare_store']}"
    version = desk.send("GET", path).get_json()["version"]
    assert desk.send("PATCH", path, {"name": "First"}, version=version).status_code == 200
    second = desk.send("PATCH", path, {"name": "Second"}, version=version)
    assert second.status_code == 412
    assert second.get_json()["current"]["name"] == "First"
    assert second.get_json()["current"]["version"] == version + 1


def test_a_version_that_is_none_of_ours_is_refused(desk: Desk) -> None:
    order = desk.waiting()
    for tag in ("*", "7", '"seven"'):
        path = f"/v1/work-orders/{order['id']}"
        refused = desk.send("PATCH", path, {"notes": "x"}, If_Match=tag)
        assert (refused.status_code, refused.get_json()["code"]) == (400, "invalid_header")


def test_what_has_not_changed_is_not_sent_again(desk: Desk) -> None:
    order = desk.waiting()
    first = desk.read(order)
    unchanged = desk.read(order, If_None_Match=first.headers["ETag"])
    assert (unchanged.status_code, unchanged.get_data()) == (304, b"")
    assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert desk.assign(order, version=order["version"]).status_code == 200
    assert desk.read(order, If_None_Match=first.headers["ETag"]).status_code == 200
