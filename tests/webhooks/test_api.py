"""Webhooks over HTTP: made, changed, tested, looked over and sent again by administrators."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from geo_assign.app import EXTENSION
from geo_assign.webhooks.commands.deliveries import fan_out
from tests.api.neighbours import Neighbours, neighbours_in
from tests.conftest import World, cloned
from tests.providers.stub import StubServer, answer


@pytest.fixture(scope="module")
def shared_world(template: str) -> Iterator[World]:
    with cloned(template) as world:
        yield world


@pytest.fixture(scope="module")
def neighbours(shared_world: World) -> Iterator[Neighbours]:
    with neighbours_in(shared_world) as neighbours:
        yield neighbours


@pytest.fixture
def receiver() -> Iterator[StubServer]:
    with StubServer(answer("thanks")) as server:
        yield server


def call(
    neighbours: Neighbours, method: str, path: str, body: Any = None, *, by: str = "root", **headers: str
) -> TestResponse:
    sent = {"Authorization": f"Bearer {neighbours.ours.token(by)}", **headers}
    client = neighbours.app.test_client(use_cookies=False)
    return client.open(f"/v1/webhooks{path}", method=method, json=body, headers=sent)


def made(neighbours: Neighbours, receiver: StubServer, **body: Any) -> dict[str, Any]:
    answered = call(neighbours, "POST", "", {"url": receiver.url, **body})
    assert answered.status_code == 201, answered.get_json()
    return dict(answered.get_json())


def test_the_secret_is_told_once(neighbours: Neighbours, receiver: StubServer) -> None:
    body = {"url": receiver.url, "events": ["work_order.assigned"]}
    first = call(neighbours, "POST", "", body, **{"Idempotency-Key": "once"}).get_json()
    again = call(neighbours, "POST", "", body, **{"Idempotency-Key": "once"})
    assert first["secret"].startswith("whsec_")
    assert (again.status_code, again.get_json()["code"]) == (409, "secret_shown")
    assert again.get_json()["id"] == first["id"]
    assert "whsec_" not in again.get_data(as_text=True)
    rotated = call(neighbours, "POST", f"/{first['id']}/rotate-secret").get_json()
    assert rotated["secret"] not in {None, first["secret"]}
    for path in ("", f"/{first['id']}", f"/{first['id']}/deliveries"):
        shown = call(neighbours, "GET", path).get_data(as_text=True)
        assert "whsec_" not in shown
        assert '"secret"' not in shown


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://93.184.216.34/hook", "https"),
        ("https://10.0.0.1/hook", "private"),
        ("http://169.254.169.254/latest", "private"),
        ("https://[::1]/hook", "private"),
        ("https://user:word@example.com/", "credentials"),
        ("ftp://example.com/", "https URL"),
        ("mailto:a-user", "https URL"),
        ("http://no-such-host.invalid/", "unknown"),
    ],
)
def test_a_url_that_ought_not_be_called_is_refused(neighbours: Neighbours, url: str, says: str) -> None:
    answered = call(neighbours, "POST", "", {"url": url})
    problem = answered.get_json()
    assert (answered.status_code, problem["code"]) == (422, "webhook_url_invalid")
    assert problem["errors"][0]["pointer"] == "/url"
    assert says in problem["detail"]


def test_our_own_address_is_refused_unless_allowed(world: World) -> None:
    from geo_assign.app import create_app

    app = create_app(world.settings(outbound_allow=""))
    sender = app.extensions[EXTENSION].webhooks
    try:
        from geo_assign.webhooks.domain import WebhookUrlError

        for url in ("https://127.0.0.1/hook", "http://127.0.0.1:8080/hook", "https://localhost/hook"):
            with pytest.raises(WebhookUrlError):
                sender.check_url(url)
    finally:
        app.extensions[EXTENSION].close()


@pytest.mark.parametrize("events", [[], ["work_order.exploded"], "some", ["work_order.created", 1]])
def test_events_are_known_ones_or_all(neighbours: Neighbours, receiver: StubServer, events: Any) -> None:
    answered = call(neighbours, "POST", "", {"url": receiver.url, "events": events})
    assert answered.status_code == 422
    assert all(problem["pointer"].startswith("/events") for problem in answered.get_json()["errors"])


def test_two_administrators_notice_each_other(neighbours: Neighbours, receiver: StubServer) -> None:
    hook = made(neighbours, receiver)
    path, seen = f"/{hook['id']}", {"If-Match": f'"{hook["version"]}"'}
    assert call(neighbours, "PATCH", path, {"events": ["work_order.created"]}).status_code == 428
    changed = call(neighbours, "PATCH", path, {"events": ["work_order.created"]}, **seen)
    assert changed.get_json()["events"] == ["work_order.created"]
    stale = call(neighbours, "PATCH", path, {"active": False}, **seen)
    assert stale.status_code == 412
    assert stale.get_json()["current"]["events"] == ["work_order.created"]
    refused = call(neighbours, "PATCH", path, {"url": "http://10.0.0.1/"}, **{"If-Match": changed.headers["ETag"]})
    assert refused.status_code == 422
    assert call(neighbours, "DELETE", path).status_code == 204
    assert call(neighbours, "GET", path).status_code == 404


def test_a_test_tells_what_the_receiver_said(neighbours: Neighbours, receiver: StubServer) -> None:
    hook = made(neighbours, receiver)
    assert call(neighbours, "POST", f"/{hook['id']}/test").get_json() | {"duration_ms": 0} == {
        "ok": True,
        "status_code": 200,
        "duration_ms": 0,
        "error": None,
        "response": "thanks",
    }
    receiver.behaviour = answer("not you", status=401)
    told = call(neighbours, "POST", f"/{hook['id']}/test").get_json()
    assert (told["ok"], told["status_code"], told["error"], told["response"]) == (False, 401, "status", "not you")


def test_the_log_is_filtered_and_dead_ones_are_sent_again(neighbours: Neighbours, receiver: StubServer) -> None:
    hook = made(neighbours, receiver, events=["work_order.created", "technician.presence_changed"])
    receiver.behaviour = answer("", status=410)
    services, org_id = neighbours.app.extensions[EXTENSION], UUID(neighbours.ours.org_id)
    lead = {"store_id": neighbours.ours.things["store"], "customer": {"name": "X"}, "address": "Rua Nova 1"}
    assert neighbours.ours.api.post("/v1/leads", by="root", json=lead).status_code == 201
    services.database.run(org_id, fan_out)
    log = f"/{hook['id']}/deliveries"
    (waiting,) = call(neighbours, "GET", f"{log}?state=waiting").get_json()["items"]
    assert (waiting["event"], waiting["attempts"]) == ("work_order.created", [])
    services.webhooks.send_next(org_id, UUID(hook["id"]))
    assert call(neighbours, "GET", f"{log}?state=waiting").get_json()["items"] == []
    assert call(neighbours, "GET", f"{log}?event=technician.presence_changed").get_json()["items"] == []
    (dead,) = call(neighbours, "GET", f"{log}?state=dead&event=work_order.created").get_json()["items"]
    assert [attempt["status_code"] for attempt in dead["attempts"]] == [410]
    assert call(neighbours, "GET", f"{log}?state=undead").status_code == 422
    again = f"{log}/{dead['id']}/redrive"
    refused = call(neighbours, "POST", again)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "webhook_inactive")
    shown = call(neighbours, "GET", f"/{hook['id']}")
    assert shown.get_json()["disabled_because"] == "gone"
    call(neighbours, "PATCH", f"/{hook['id']}", {"active": True}, **{"If-Match": shown.headers["ETag"]})
    receiver.behaviour = answer("")
    assert call(neighbours, "POST", f"/{hook['id']}/redrive").get_json() == {"redriven": 1}
    services.webhooks.send_next(org_id, UUID(hook["id"]))
    (sent,) = call(neighbours, "GET", log).get_json()["items"]
    assert (sent["id"], sent["state"], len(sent["attempts"])) == (dead["id"], "delivered", 2)
    assert json.loads(receiver.requests[-1].body)["data"]["organization_id"] == str(org_id)


def test_a_delivery_of_another_webhook_is_not_found(neighbours: Neighbours, receiver: StubServer) -> None:
    hook = made(neighbours, receiver)
    delivery = neighbours.ours.things["delivery"]
    assert call(neighbours, "POST", f"/{hook['id']}/deliveries/{delivery}/redrive").status_code == 404


# Stores ---------------------------------------------------------------------------------------------------------------


def test_a_store_administrator_makes_webhooks_for_the_own_stores_alone(
    neighbours: Neighbours, receiver: StubServer
) -> None:
    own, other = neighbours.ours.things["store"], neighbours.ours.things["other_store"]
    body = {"url": receiver.url}
    without = call(neighbours, "POST", "", body, by="centre")
    assert (without.status_code, without.get_json()["store_ids"]) == (201, [own])
    named = call(neighbours, "POST", "", {**body, "store_ids": [own]}, by="centre").get_json()
    assert named["store_ids"] == [own]
    for store_ids, at in (([other], 0), ([own, other], 1), ([neighbours.theirs.things["store"]], 0)):
        refused = call(neighbours, "POST", "", {**body, "store_ids": store_ids}, by="centre")
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["pointer"] == f"/store_ids/{at}"
    version = {"If-Match": f'"{named["version"]}"'}
    assert (
        call(neighbours, "PATCH", f"/{named['id']}", {"store_ids": [other]}, by="centre", **version).status_code == 422
    )
    kept = call(neighbours, "PATCH", f"/{named['id']}", {"store_ids": []}, by="centre", **version).get_json()
    assert kept["store_ids"] == [own]


def test_a_store_administrator_sees_no_webhook_that_tells_of_more(neighbours: Neighbours, receiver: StubServer) -> None:
    own, other = neighbours.ours.things["store"], neighbours.ours.things["other_store"]
    hidden = [made(neighbours, receiver, store_ids=ids)["id"] for ids in ([], [other], [own, other])]
    seen = made(neighbours, receiver, store_ids=[own])["id"]
    listed = {one["id"] for one in call(neighbours, "GET", "", by="centre").get_json()["items"]}
    assert seen in listed
    assert listed.isdisjoint(hidden)
    for hook in hidden:
        for method, path in (
            ("GET", f"/{hook}"),
            ("DELETE", f"/{hook}"),
            ("POST", f"/{hook}/rotate-secret"),
            ("POST", f"/{hook}/test"),
            ("POST", f"/{hook}/redrive"),
            ("GET", f"/{hook}/deliveries"),
        ):
            assert call(neighbours, method, path, by="centre").status_code == 404, (method, path)
        changed = call(neighbours, "PATCH", f"/{hook}", {"active": False}, by="centre", **{"If-Match": '"1"'})
        assert changed.status_code == 404
    assert call(neighbours, "POST", f"/{seen}/test", by="centre").get_json()["ok"]
    assert {one["id"] for one in call(neighbours, "GET", "?limit=200").get_json()["items"]} > {*hidden, seen}


def test_a_webhook_of_a_store_is_told_of_that_store(neighbours: Neighbours, receiver: StubServer) -> None:
    own, other = neighbours.ours.things["store"], neighbours.ours.things["other_store"]
    hooks = {store: made(neighbours, receiver, store_ids=[store], events="all")["id"] for store in (own, other)}
    api = neighbours.ours.api
    lead = {"store_id": own, "customer": {"name": "Any"}, "address": "Rua Nova 1"}
    order = api.post("/v1/leads", by="root", json=lead).get_json()
    moved = api.post(
        f"/v1/work-orders/{order['id']}/transfer",
        by="root",
        json={"store_id": other},
        headers={"If-Match": api.get(f"/v1/work-orders/{order['id']}", by="root").headers["ETag"]},
    )
    assert moved.status_code == 200, moved.get_json()
    services = neighbours.app.extensions[EXTENSION]
    services.database.run(UUID(neighbours.ours.org_id), fan_out)
    told = {
        store: [
            one["event"].removeprefix("work_order.")
            for one in call(neighbours, "GET", f"/{hook}/deliveries?limit=200").get_json()["items"]
            if one["subject_id"] == order["id"]
        ][::-1]
        for store, hook in hooks.items()
    }
    assert told[own][0] == "created"
    assert told[own][-1] == "transferred"
    assert told[other][0] == "transferred"
    assert "created" not in told[other]
