"""ETag and long poll of a technician's offers and schedule: quick news, cheap silence, and an end in time."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from geo_assign.core.db import Tx
from geo_assign.phones import waiting
from geo_assign.workorders.queries import OwnVersions
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.phones.conftest import new_lead, ping, services_of
from tests.waiting import PATIENCE_S, wait_until

LISTS = ["/v1/me/offers", "/v1/me/schedule"]
ANA = {"organization": "acme", "email": "ana@acme.example", "password": "ana-password"}


class Waiters:
    """Phones that poll, each in a thread of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._pool = ThreadPoolExecutor(16)

    def poll(
        self, path: str = LISTS[0], *, tag: str | None = None, wait_s: float = 25, by: str = "ana"
    ) -> "Future[TestResponse]":
        headers = {} if tag is None else {"If-None-Match": tag}
        client = self.api.client.application.test_client()
        asking = Api(client, self.api.tree)
        return self._pool.submit(asking.get, f"{path}?wait_s={wait_s}", by=by, headers=headers)

    @property
    def number(self) -> int:
        channels = services_of(self.api).phones._channels.values()
        return sum(len(channel._phones) for channel in channels)

    def wait_for(self, number: int) -> None:
        wait_until(lambda: self.number == number, f"{number} phones wait")

    def close(self) -> None:
        services_of(self.api).phones.close()
        self._pool.shutdown()


@pytest.fixture
def phones(api: Api) -> Iterator[Waiters]:
    waiters = Waiters(api)
    yield waiters
    waiters.close()


def tags(api: Api) -> list[str]:
    return [api.get(path, by="ana").headers["ETag"] for path in LISTS]


def accept(api: Api, lead: dict[str, Any]) -> None:
    assert api.post(f"/v1/offers/{lead['offer']['id']}/accept", by="ana").status_code == 200


def edit(api: Api, lead: dict[str, Any], **changes: Any) -> None:
    path = f"/v1/work-orders/{lead['id']}"
    version = api.get(path, by="root").json["version"]
    assert api.patch(path, json=changes, by="root", version=version).status_code == 200


SLOT = {"start": "2031-05-21T10:00:00Z", "end": "2031-05-21T11:00:00Z"}
LATER = {"start": "2031-05-22T10:00:00Z", "end": "2031-05-22T11:00:00Z"}

# Each is an act after the one before, and which of the two lists it changes.
STORY: list[tuple[str, Callable[[Api, dict[str, Any]], object], Collection[str]]] = [
    ("notes of offered work", lambda api, lead: edit(api, lead, notes="Ring twice"), {"offers"}),
    ("a nearby pin", lambda api, lead: edit(api, lead, location={"lat": 41.1502, "lon": -8.61}), {"offers"}),
    ("a look", lambda api, _lead: api.get("/v1/me/offers", by="ana"), set()),
    ("accepted", accept, {"offers", "schedule"}),
    ("accepted again", accept, set()),
    ("notes of assigned work", lambda api, lead: edit(api, lead, notes="Ring thrice"), {"schedule"}),
    ("another customer", lambda api, lead: edit(api, lead, customer={"name": "Ivo Sample"}), {"schedule"}),
    ("another time", lambda api, lead: edit(api, lead, slot=LATER), {"schedule"}),
    (
        "on the way",
        lambda api, lead: api.post(f"/v1/work-orders/{lead['id']}/status", json={"status": "travelling"}, by="ana"),
        {"schedule"},
    ),
    ("cancelled", lambda api, lead: api.post(f"/v1/work-orders/{lead['id']}/cancel", json={}, by="root"), {"schedule"}),
]


def test_a_tag_changes_with_what_it_stands_for_and_with_nothing_else(api: Api) -> None:
    empty = tags(api)
    lead = new_lead(api, slot=SLOT)
    assert lead["state"] == "offered"
    before = tags(api)
    assert [old != new for old, new in zip(empty, before, strict=True)] == [True, False]
    for name, act, changes in STORY:
        act(api, lead)
        after = tags(api)
        told = {kind for kind, old, new in zip(("offers", "schedule"), before, after, strict=True) if old != new}
        assert told == set(changes), name
        before = after
    assert tags(api) == empty, "nothing is as nothing was"


@pytest.mark.parametrize("path", LISTS)
def test_what_the_phone_has_is_not_sent_again(api: Api, path: str) -> None:
    lead = new_lead(api, slot=SLOT)
    first = api.get(path, by="ana")
    for tag in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"x", {first.headers["ETag"]}', "*"):
        again = api.get(path, by="ana", headers={"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    other = api.get(path, by="ana", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200
    assert other.json["server_now"] >= first.json["server_now"]
    assert lead["offer"] is not None


def test_beside_each_deadline_stands_the_time_of_the_server(api: Api) -> None:
    lead = new_lead(api, slot=SLOT)
    answer = api.get("/v1/me/offers", by="ana").json
    (offer,) = answer["items"]
    assert offer["server_now"] == answer["server_now"]
    assert offer["offered_at"] <= offer["server_now"] < offer["expires_at"]
    order = f"/v1/work-orders/{lead['id']}"
    shown = [lead, api.get(order, by="root").json, api.get("/v1/work-orders", by="desk").json["items"][0]]
    open_offers = [*(one["offer"] for one in shown), *(one["offers"][0] for one in shown), offer["work_order"]["offer"]]
    answered = api.post(f"/v1/offers/{offer['id']}/accept", by="ana").json
    for told in (*open_offers, answered):
        assert told["offered_at"] <= told["server_now"] < told["expires_at"]
    assert answered["responded_at"] <= answered["server_now"]
    feed = api.get("/v1/events", by="root").json
    assert answered["server_now"] <= feed["server_now"]


def test_who_names_no_version_is_told_at_once_what_there_is(api: Api) -> None:
    new_lead(api, slot=SLOT)
    answer = api.get("/v1/me/offers?wait_s=25", by="ana")
    assert len(answer.json["items"]) == 1
    answer = api.get("/v1/me/offers?wait_s=25", by="ana", headers={"If-None-Match": '"old"'})
    assert len(answer.json["items"]) == 1


@pytest.mark.parametrize("known", [True, False])
def test_an_offer_ends_the_wait(api: Api, phones: Waiters, known: bool) -> None:
    waiting_phone = phones.poll(tag=tags(api)[0] if known else None)
    of_work = phones.poll(LISTS[1])
    phones.wait_for(2)
    lead = new_lead(api, slot=SLOT)
    heard = waiting_phone.result(PATIENCE_S)
    assert heard.status_code == 200
    assert [offer["work_order_id"] for offer in heard.json["items"]] == [lead["id"]]
    assert not of_work.done(), "an offer is no work yet"
    accept(api, lead)
    assert [order["id"] for order in of_work.result(PATIENCE_S).json["items"]] == [lead["id"]]


def test_a_withdrawal_ends_the_wait(api: Api, phones: Waiters) -> None:
    lead = new_lead(api, slot=SLOT)
    waiting_phone = phones.poll(tag=tags(api)[0])
    phones.wait_for(1)
    api.post(f"/v1/work-orders/{lead['id']}/cancel", json={}, by="root")
    assert waiting_phone.result(PATIENCE_S).json["items"] == []


@pytest.mark.parametrize(("tag", "status"), [(None, 200), ("known", 304)])
def test_without_news_the_wait_ends_by_itself(api: Api, tag: str | None, status: int) -> None:
    headers = {} if tag is None else {"If-None-Match": tags(api)[0]}
    began = monotonic()
    answer = api.get("/v1/me/offers?wait_s=0.3", by="ana", headers=headers)
    assert answer.status_code == status
    assert monotonic() - began >= 0.3


@pytest.mark.parametrize("wait_s", ["26", "-1", "soon", "nan", "1e9"])
def test_a_wait_has_bounds(api: Api, wait_s: str) -> None:
    assert api.get(f"/v1/me/offers?wait_s={wait_s}", by="ana").status_code == 422


def end_by_log_out(api: Api, token: str, _admin: Connection) -> None:
    api.delete("/v1/sessions/current", by=token)


def end_by_expiry(_api: Api, _token: str, admin: Connection) -> None:
    admin.execute(text("UPDATE sessions SET expires_at = clock_timestamp()"))


def end_by_deactivation(api: Api, _token: str, _admin: Connection) -> None:
    assert api.delete("/v1/technicians/" + api.id("technicians", "ana"), by="root").status_code == 204


@pytest.mark.parametrize("end", [end_by_log_out, end_by_expiry, end_by_deactivation])
def test_the_wait_ends_with_the_session(
    api: Api, phones: Waiters, admin: Connection, end: Callable[[Api, str, Connection], None]
) -> None:
    token = api.post("/v1/sessions", json={**ANA, "device": "tablet"}).json["token"]
    waiting_phone = phones.poll(by=token)
    phones.wait_for(1)
    end(api, token, admin)
    assert waiting_phone.result(PATIENCE_S).status_code == 401


def test_another_phone_s_log_out_does_not_end_the_wait(api: Api, phones: Waiters) -> None:
    token = api.post("/v1/sessions", json={**ANA, "device": "tablet"}).json["token"]
    waiting_phone = phones.poll()
    phones.wait_for(1)
    api.delete("/v1/sessions/current", by=token)
    new_lead(api, slot=SLOT)
    assert len(waiting_phone.result(PATIENCE_S).json["items"]) == 1


def test_all_who_wait_ask_in_one_question_and_hold_no_connection(
    api: Api, phones: Waiters, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    look_up = waiting.list_own_versions

    def counted(tx: Tx, technician_ids: Collection[UUID]) -> dict[UUID, OwnVersions]:
        asked.append(len(technician_ids))
        return look_up(tx, technician_ids)

    monkeypatch.setattr(waiting, "list_own_versions", counted)
    polls = [phones.poll() for _ in range(8)]
    phones.wait_for(8)
    before, began = len(asked), monotonic()
    wait_until(lambda: len(asked) >= before + 3, "three rounds more")
    # However many wait, a round is as long as a tick.
    assert monotonic() - began >= 2 * waiting.TICK_S
    pool = services_of(api).database.engine.pool
    wait_until(lambda: pool.checkedout() == 0, "no connection is held")  # type: ignore[attr-defined]
    services_of(api).phones.close()
    assert {poll.result(PATIENCE_S).status_code for poll in polls} == {200}


def test_a_stop_ends_every_wait_at_once(api: Api, phones: Waiters) -> None:
    polls = [phones.poll(tag=tags(api)[0]), phones.poll()]
    phones.wait_for(2)
    services_of(api).wind_up()
    assert [poll.result(PATIENCE_S).status_code for poll in polls] == [304, 200]


def test_where_all_places_are_taken_news_come_at_once_and_silence_later(world: World) -> None:
    with seeded_api(world, streams=1) as api:
        ping(api)
        phones = Waiters(api)
        waiting_phone = phones.poll(LISTS[1])
        phones.wait_for(1)
        refused = api.get("/v1/me/offers?wait_s=25", by="ana")
        assert (refused.status_code, refused.json["code"]) == (503, "overloaded")
        assert int(refused.headers["Retry-After"]) >= 5
        new_lead(api, slot=SLOT)
        assert len(api.get("/v1/me/offers?wait_s=25", by="ana").json["items"]) == 1
        phones.close()
        assert waiting_phone.result(PATIENCE_S).status_code == 200
        # The place is free again, and the hub that has closed lets no phone wait.
        assert api.get("/v1/me/schedule?wait_s=25", by="ana").status_code == 200


def test_phones_that_wait_leave_their_places_to_other_requests(world: World) -> None:
    with seeded_api(world, threads=1, streams=3) as api:
        ping(api)
        phones = Waiters(api)
        polls = []
        for number in range(1, 4):
            polls.append(phones.poll())
            phones.wait_for(number)
        new_lead(api, slot=SLOT)
        assert [len(poll.result(PATIENCE_S).json["items"]) for poll in polls] == [1, 1, 1]
        wait_until(lambda: api.get("/v1/me", by="ana").status_code == 200, "the only place is free again")
        phones.close()
