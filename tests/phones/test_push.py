"""Web Push against a push service that speaks the real protocol, and against some that do not."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.db import Database
from geo_assign.core.vapid import new_private_key, vapid_keys
from geo_assign.phones import push_sender
from geo_assign.phones.push_lane import PushLane
from geo_assign.push.commands import forget_ended_subscriptions
from geo_assign.push.domain import PushKind, PushOutcome, outcome_of_status, retry_s
from geo_assign.push.queries import list_due_devices
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.phones.conftest import new_lead, ping, services_of
from tests.phones.push_device import Browser, encoded, token_of
from tests.providers.stub import Behaviour, StubServer, answer, drip_body, hang, html, redirect, reset
from tests.waiting import PATIENCE_S, wait_until

PRIVATE_KEY = new_private_key()
ANA = {"organization": "acme", "email": "ana@acme.example", "password": "ana-password"}
SLOT = {"start": "2031-05-21T10:00:00Z", "end": "2031-05-21T11:00:00Z"}
TAKEN = answer("", status=201)


@dataclass
class PushTown:
    """The seeded organization, a push service, and the worker's lane, stepped by hand."""

    api: Api
    server: StubServer
    worker: Database
    closing: ExitStack

    def subscribe(self, by: str = "ana", *, server: StubServer | None = None, id: UUID | None = None) -> Browser:
        browser = Browser(f"{(server or self.server).url}/send/{uuid4().hex}")
        answer = self.api.put(f"/v1/me/push-subscriptions/{id or uuid4()}", json=browser.subscription, by=by)
        assert answer.status_code == 200, answer.json
        return browser

    def send(self) -> list[PushOutcome]:
        """What the lane does, one after the other, until nothing is due."""
        outcomes: list[PushOutcome] = []
        while due := list_due_devices(self.worker):
            for device in due:
                outcome = services_of(self.api).push.send_next(device.org_id, device.subscription_id)
                outcomes += [] if outcome is None else [outcome]
        return outcomes

    def waiting(self) -> int:
        with self.worker.across_organizations() as conn:
            return int(conn.execute(text("SELECT count(*) FROM push_messages")).scalar_one())

    def lane(self, stop: Event) -> PushLane:
        return PushLane(self.worker, services_of(self.api).push, stop)


@contextmanager
def opened_town(world: World, **settings: Any) -> Iterator[PushTown]:
    chosen = {"outbound_allow": "127.0.0.1/32:*", "vapid_private_key": PRIVATE_KEY, "vapid_contact": "ops@acme.example"}
    with ExitStack() as closing:
        api = closing.enter_context(seeded_api(world, **{**chosen, **settings}))
        server = closing.enter_context(StubServer(TAKEN))
        worker = Database(world.worker_url)
        closing.callback(worker.close)
        ping(api)
        yield PushTown(api, server, worker, closing)


@pytest.fixture
def town(world: World) -> Iterator[PushTown]:
    with opened_town(world) as town:
        yield town


def test_an_offer_wakes_the_phone_and_only_the_phone_can_read_it(town: PushTown) -> None:
    browser = town.subscribe()
    lead = new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.DELIVERED]
    (request,) = town.server.requests
    told = browser.read(request)
    offer = lead["offer"]
    assert (told["kind"], told["work_order_id"], told["offer_id"]) == ("offer", lead["id"], offer["id"])
    assert (told["expires_at"], told["number"]) == (offer["expires_at"], lead["number"])
    assert told["title"] == f"New offer: {lead['number']}"
    assert told["body"].startswith("Wed 21 May, 11:00 to 12:00. Answer by "), "the clocks of Lisbon"
    assert request.method == "POST"
    assert browser.endpoint.endswith(request.target)
    assert request.headers["topic"] == UUID(lead["id"]).hex
    assert request.headers["urgency"] == "high"
    left_s = (datetime.fromisoformat(offer["expires_at"]) - datetime.fromisoformat(told["server_now"])).total_seconds()
    assert int(request.headers["ttl"]) == int(left_s)
    assert len(request.body) <= 3_000
    claims, public_key = token_of(request)
    assert public_key == vapid_keys(PRIVATE_KEY, contact="").public_key
    assert town.api.get("/v1/me/app", by="ana").json["vapid_public_key"] == public_key
    assert (claims["aud"], claims["sub"]) == (town.server.url, "mailto:ops@acme.example")
    assert time.time() < claims["exp"] <= time.time() + 24 * 3_600
    assert "Sample" not in str(told), "no customer's name leaves the house"
    # Not its digits alone, which a time or an id may have by chance.
    assert "910 000" not in str(told)
    assert "910000" not in str(told)
    assert town.waiting() == 0


def accept(town: PushTown, lead: dict[str, Any]) -> None:
    assert town.api.post(f"/v1/offers/{lead['offer']['id']}/accept", by="ana").status_code == 200


def act(town: PushTown, lead: dict[str, Any], name: str, **body: Any) -> None:
    path = f"/v1/work-orders/{lead['id']}"
    version = town.api.get(path, by="root").json["version"]
    done = town.api.post(f"{path}/{name}", json=body or None, by="root", version=version)
    assert done.status_code == 200, done.json


def test_work_that_comes_and_goes_is_told(town: PushTown) -> None:
    browser = town.subscribe()
    ana, api = town.api.id("technicians", "ana"), town.api
    lead = new_lead(api, slot=SLOT)
    town.send()
    accept(town, lead)
    assert town.send() == [], "what she did herself she need not be told"
    version = api.get(f"/v1/work-orders/{lead['id']}", by="root").json["version"]
    later = {"start": "2031-05-22T10:00:00Z", "end": "2031-05-22T11:00:00Z"}
    moved = api.patch(f"/v1/work-orders/{lead['id']}", json={"slot": later}, by="root", version=version)
    assert moved.status_code == 200
    town.send()
    act(town, lead, "unassign")
    town.send()
    act(town, lead, "assign", technician_id=ana, mode="assign")
    town.send()
    act(town, lead, "unassign")
    act(town, lead, "assign", technician_id=ana, mode="offer")
    town.send()
    act(town, lead, "cancel")
    town.send()
    told = [browser.read(request) for request in town.server.requests]
    kinds = [one["kind"] for one in told]
    assert kinds == ["offer", "assigned", "unassigned", "assigned", "offer", "offer_withdrawn"]
    assert told[1]["body"].startswith("Thu 22 May, 11:00 to 12:00")
    assert {request.headers["topic"] for request in town.server.requests} == {UUID(lead["id"]).hex}


PUSHED = {
    "en": {
        "offer": ("New offer: {}", "Wed 21 May, 11:00 to 12:00. Answer by "),
        "offer_withdrawn": ("Offer withdrawn: {}", ""),
        "assigned": ("Work for you: {}", "Wed 21 May, 11:00 to 12:00."),
        "unassigned": ("No longer yours: {}", ""),
    },
    "de": {
        "offer": ("Neues Angebot: {}", "Mi, 21. Mai, 11:00 bis 12:00. Antwort bis "),
        "offer_withdrawn": ("Angebot zurückgezogen: {}", ""),
        "assigned": ("Arbeit für dich: {}", "Mi, 21. Mai, 11:00 bis 12:00."),
        "unassigned": ("Nicht mehr bei dir: {}", ""),
    },
    "pt": {
        "offer": ("Nova oferta: {}", "qua., 21 mai., das 11:00 às 12:00. Responde até às "),
        "offer_withdrawn": ("Oferta retirada: {}", ""),
        "assigned": ("Trabalho para ti: {}", "qua., 21 mai., das 11:00 às 12:00."),
        "unassigned": ("Já não é teu: {}", ""),
    },
}


def test_each_push_is_in_the_language_that_the_technician_chose_or_in_the_organizations(town: PushTown) -> None:
    browser, api = town.subscribe(), town.api
    assert set(PUSHED["en"]) == set(PushKind)
    for own, of_organization, language in (
        (None, "en", "en"),
        ("de", "en", "de"),
        (None, "pt", "pt"),
        ("en", "pt", "en"),
    ):
        assert api.patch("/v1/me", by="ana", json={"language": own}).json["language"] == own
        default = api.put("/v1/organization/language", by="root", json={"language": of_organization})
        assert default.json["language"] == of_organization
        lead = new_lead(api, slot=SLOT)
        town.send()
        act(town, lead, "assign", technician_id=api.id("technicians", "ana"), mode="assign")
        town.send()
        act(town, lead, "unassign")
        town.send()
        act(town, lead, "assign", technician_id=api.id("technicians", "ana"), mode="offer")
        town.send()
        act(town, lead, "cancel")
        town.send()
        told = [browser.read(request) for request in town.server.requests]
        town.server.requests.clear()
        assert {one["kind"] for one in told} == set(PUSHED[language])
        for one in told:
            title, body = PUSHED[language][one["kind"]]
            assert (one["language"], one["title"]) == (language, title.format(lead["number"]))
            assert one["body"].startswith(body)
            assert bool(one["body"]) == bool(body)


def test_what_is_newer_takes_the_place_of_what_was_not_sent(town: PushTown) -> None:
    browser = town.subscribe()
    lead = new_lead(town.api, slot=SLOT)
    assert town.waiting() == 1
    act(town, lead, "cancel")
    assert town.waiting() == 1
    assert town.send() == [PushOutcome.DELIVERED]
    assert [browser.read(request)["kind"] for request in town.server.requests] == ["offer_withdrawn"]


def expire(town: PushTown, _lead: dict[str, Any], admin: Connection) -> None:
    admin.execute(text("UPDATE push_messages SET expires_at = clock_timestamp()"))


def close_from_behind(town: PushTown, _lead: dict[str, Any], admin: Connection) -> None:
    """As the worker does that closes what has expired."""
    admin.execute(text("UPDATE offers SET state = 'expired', responded_at = now() WHERE state = 'offered'"))


def accept_first(town: PushTown, lead: dict[str, Any], _admin: Connection) -> None:
    accept(town, lead)


@pytest.mark.parametrize("over", [expire, close_from_behind, accept_first])
def test_an_offer_that_is_over_is_not_pushed(
    town: PushTown, admin: Connection, over: Callable[[PushTown, dict[str, Any], Connection], None]
) -> None:
    town.subscribe()
    over(town, new_lead(town.api, slot=SLOT), admin)
    assert town.send() == [PushOutcome.VOID]
    assert town.server.requests == []
    assert town.waiting() == 0


def endless() -> Behaviour:
    """A hundred megabytes, taken and thanked for at length."""
    return answer(b" " * 100_000_000, status=201)


FAILING: list[tuple[str, Behaviour]] = [
    ("500", answer("", status=500)),
    ("503", answer("", status=503)),
    ("429", answer("", status=429)),
    ("429, come later", answer("", status=429, retry_after="9")),
    ("redirect", redirect("http://127.0.0.1:1/elsewhere")),
    ("hangs", hang()),
    ("drips", drip_body()),
    ("closes", reset()),
    ("no HTTP", lambda exchange: exchange.send(b"220 mail.example ESMTP\r\n")),
]


@pytest.mark.parametrize("behaviour", [one for _, one in FAILING], ids=[name for name, _ in FAILING])
def test_a_push_service_that_fails_loses_nothing(
    town: PushTown, admin: Connection, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    monkeypatch.setattr(push_sender, "DEADLINE_S", 0.5)
    browser = town.subscribe()
    town.server.behaviour = behaviour
    lead = new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.FAILED]
    left = admin.execute(text("SELECT failures, next_attempt_at > clock_timestamp() FROM push_messages")).one()
    assert tuple(left) == (1, True)
    town.server.behaviour = TAKEN
    admin.execute(text("UPDATE push_messages SET next_attempt_at = clock_timestamp()"))
    assert town.send() == [PushOutcome.DELIVERED]
    assert browser.read(town.server.requests[-1])["offer_id"] == lead["offer"]["id"]
    assert len(town.api.get("/v1/me/offers", by="ana").json["items"]) == 1


def test_a_push_service_is_left_alone_as_long_as_it_asks_for(town: PushTown, admin: Connection) -> None:
    town.subscribe()
    town.server.behaviour = answer("", status=429, retry_after="100")
    new_lead(town.api, slot=SLOT)
    town.send()
    waits = text("SELECT extract(epoch FROM next_attempt_at - clock_timestamp()) FROM push_messages")
    assert 90 <= float(admin.execute(waits).scalar_one()) <= 101
    assert len(town.server.requests) == 1


def test_what_could_only_be_sent_too_late_is_dropped(town: PushTown) -> None:
    town.subscribe()
    town.server.behaviour = answer("", status=503, retry_after="86400")
    new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.FAILED]
    assert town.waiting() == 0


def test_a_long_answer_is_a_yes_whose_end_is_not_read(town: PushTown) -> None:
    town.subscribe()
    town.server.behaviour = endless()
    new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.DELIVERED]


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_forgotten(town: PushTown, admin: Connection, status: int) -> None:
    town.subscribe()
    town.server.behaviour = answer("", status=status)
    new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.GONE]
    assert admin.execute(text("SELECT count(*) FROM push_subscriptions")).scalar_one() == 0
    new_lead(town.api, slot={"start": "2031-06-21T10:00:00Z", "end": "2031-06-21T11:00:00Z"})
    assert town.send() == []


@pytest.mark.parametrize(
    "behaviour", [answer("", status=400), answer("", status=403), answer("", status=413), html(401)]
)
def test_a_message_that_is_refused_is_not_sent_again(town: PushTown, admin: Connection, behaviour: Behaviour) -> None:
    town.subscribe()
    town.server.behaviour = behaviour
    new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.REFUSED]
    assert town.waiting() == 0
    assert admin.execute(text("SELECT count(*) FROM push_subscriptions")).scalar_one() == 1


def test_every_device_hears(town: PushTown) -> None:
    token = town.api.post("/v1/sessions", json={**ANA, "device": "tablet"}).json["token"]
    browsers = [town.subscribe(), town.subscribe(by=token)]
    new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.DELIVERED] * 2
    targets = {request.target for request in town.server.requests}
    assert targets == {browser.endpoint.removeprefix(town.server.url) for browser in browsers}


def test_a_subscription_ends_with_its_session(town: PushTown, admin: Connection) -> None:
    token = town.api.post("/v1/sessions", json={**ANA, "device": "tablet"}).json["token"]
    town.subscribe(by=token)
    town.api.delete("/v1/sessions/current", by=token)
    assert admin.execute(text("SELECT count(*) FROM push_subscriptions")).scalar_one() == 0
    expiring = town.api.post("/v1/sessions", json={**ANA, "device": "tablet"}).json["token"]
    town.subscribe(by=expiring)
    new_lead(town.api, slot=SLOT)
    admin.execute(text("UPDATE sessions SET ended_at = clock_timestamp() WHERE device = 'tablet'"))
    new_lead(town.api, slot={"start": "2031-06-21T10:00:00Z", "end": "2031-06-21T11:00:00Z"})
    assert town.send() == []
    assert town.server.requests == []
    assert admin.execute(text("SELECT count(*) FROM push_subscriptions")).scalar_one() == 0


def test_the_sweep_forgets_what_belongs_to_sessions_that_are_over(town: PushTown, admin: Connection) -> None:
    town.subscribe()
    assert forget_ended_subscriptions(town.worker) == 0
    admin.execute(text("UPDATE sessions SET expires_at = clock_timestamp()"))
    assert forget_ended_subscriptions(town.worker) == 1


def test_the_same_endpoint_is_one_subscription_and_repeating_changes_nothing(town: PushTown, admin: Connection) -> None:
    id_ = uuid4()
    browser = town.subscribe(id=id_)
    for path in (id_, id_, uuid4()):
        again = town.api.put(f"/v1/me/push-subscriptions/{path}", json=browser.subscription, by="ana")
        assert again.status_code == 200
        assert again.json["id"] == str(path)
        assert again.json["service"] == town.server.url
        assert browser.endpoint not in again.get_data(as_text=True)
    assert admin.execute(text("SELECT count(*) FROM push_subscriptions")).scalar_one() == 1
    new_lead(town.api, slot=SLOT)
    assert town.send() == [PushOutcome.DELIVERED]


def test_a_technician_has_ten_at_most_and_may_delete_them(town: PushTown) -> None:
    ids = [uuid4() for _ in range(10)]
    for id_ in ids:
        town.subscribe(id=id_)
    browser = Browser(f"{town.server.url}/more")
    path = "/v1/me/push-subscriptions"
    refused = town.api.put(f"{path}/{uuid4()}", json=browser.subscription, by="ana")
    assert (refused.status_code, refused.json["code"]) == (409, "too_many_push_subscriptions")
    assert town.api.put(f"{path}/{ids[0]}", json=browser.subscription, by="ana").status_code == 200
    assert town.api.delete(f"{path}/{ids[1]}", by="ana").status_code == 204
    assert town.api.delete(f"{path}/{ids[1]}", by="ana").status_code == 404
    assert (
        town.api.put(f"{path}/{uuid4()}", json=Browser(f"{town.server.url}/x").subscription, by="ana").status_code
        == 200
    )


GOOD = Browser("https://push.example.com/send/1").subscription
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("http", {**GOOD, "endpoint": "http://push.example.com/send/1"}, "/endpoint"),
    ("private", {**GOOD, "endpoint": "https://10.1.2.3/send/1"}, "/endpoint"),
    ("metadata", {**GOOD, "endpoint": "http://169.254.169.254/latest"}, "/endpoint"),
    ("no URL", {**GOOD, "endpoint": "push.example.com"}, "/endpoint"),
    ("another scheme", {**GOOD, "endpoint": "ftp://push.example.com/1"}, "/endpoint"),
    ("credentials", {**GOOD, "endpoint": "https://me:secret@push.example.com/1"}, "/endpoint"),
    ("long", {**GOOD, "endpoint": "https://push.example.com/" + "x" * 2_000}, "/endpoint"),
    ("no keys", {"endpoint": GOOD["endpoint"]}, "/keys"),
    ("half of the keys", {"endpoint": GOOD["endpoint"], "auth": encoded(b"x" * 16)}, "/keys"),
    ("no point", {**GOOD, "keys": {**GOOD["keys"], "p256dh": encoded(b"\x04" + b"\x01" * 64)}}, "/keys/p256dh"),
    ("short point", {**GOOD, "keys": {**GOOD["keys"], "p256dh": encoded(b"\x04" * 33)}}, "/keys/p256dh"),
    ("no base64", {**GOOD, "keys": {**GOOD["keys"], "p256dh": "päth"}}, "/keys/p256dh"),
    ("short secret", {**GOOD, "keys": {**GOOD["keys"], "auth": encoded(b"x" * 15)}}, "/keys/auth"),
    ("long secret", {**GOOD, "keys": {**GOOD["keys"], "auth": encoded(b"x" * 17)}}, "/keys/auth"),
]


@pytest.mark.parametrize(("body", "pointer"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_what_could_not_be_sent_to_is_refused(town: PushTown, body: dict[str, Any], pointer: str) -> None:
    refused = town.api.put(f"/v1/me/push-subscriptions/{uuid4()}", json=body, by="ana")
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == pointer
    assert body["endpoint"] not in refused.get_data(as_text=True)


def test_keys_may_stand_beside_the_endpoint_and_be_written_in_either_base64(town: PushTown) -> None:
    browser = Browser(f"{town.server.url}/send/flat")
    keys = {name: key.replace("-", "+").replace("_", "/") + "==" for name, key in browser.subscription["keys"].items()}
    keys["p256dh"] = keys["p256dh"].removesuffix("=")
    body = {"endpoint": browser.endpoint, **keys}
    assert town.api.put(f"/v1/me/push-subscriptions/{uuid4()}", json=body, by="ana").status_code == 200
    new_lead(town.api, slot=SLOT)
    town.send()
    assert browser.read(town.server.requests[0])["kind"] == "offer"


def test_endpoint_and_keys_are_encrypted_and_not_logged(
    town: PushTown, admin: Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_sender, "DEADLINE_S", 0.3)
    browser = town.subscribe()
    new_lead(town.api, slot=SLOT)
    for behaviour in (hang(), answer("", status=403)):
        town.server.behaviour = behaviour
        admin.execute(text("UPDATE push_messages SET next_attempt_at = clock_timestamp()"))
        town.send()
    kept = admin.execute(text("SELECT row_to_json(s)::text FROM push_subscriptions s")).scalar_one()
    written = "".join(capsys.readouterr())
    for secret in (browser.endpoint.rpartition("/")[2], *browser.subscription["keys"].values()):
        assert secret not in kept
        assert secret not in written


def test_without_keys_of_the_operator_there_is_no_push(world: World) -> None:
    with opened_town(world, vapid_private_key="") as town:
        body = Browser(f"{town.server.url}/1").subscription
        refused = town.api.put(f"/v1/me/push-subscriptions/{uuid4()}", json=body, by="ana")
        assert (refused.status_code, refused.json["code"]) == (503, "push_not_set_up")
        assert town.api.get("/v1/me/app", by="ana").json["vapid_public_key"] is None
        assert new_lead(town.api, slot=SLOT)["state"] == "offered"


def test_a_push_service_that_hangs_holds_up_no_other(town: PushTown) -> None:
    hanging = town.closing.enter_context(StubServer(hang()))
    for _ in range(8):
        town.subscribe(server=hanging)
    browser = town.subscribe()
    lead = new_lead(town.api, slot=SLOT)
    stop = Event()
    lane = town.lane(stop)
    try:
        lane.sweep()
        wait_until(lambda: town.server.requests, "the other service hears")
        assert browser.read(town.server.requests[0])["work_order_id"] == lead["id"]
        # Meanwhile everything else goes on.
        accept(town, lead)
        assert len(hanging.requests) <= 6
    finally:
        stop.set()
        hanging.behaviour = TAKEN
        lane._pool.shutdown(cancel_futures=True)


def test_of_several_workers_one_sends(town: PushTown) -> None:
    town.subscribe()
    new_lead(town.api, slot=SLOT)
    (device,) = list_due_devices(town.worker)
    sender = services_of(town.api).push
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: sender.send_next(device.org_id, device.subscription_id), range(4)))
    assert sorted(map(str, outcomes)) == ["None", "None", "None", "delivered"]
    assert len(town.server.requests) == 1


def test_the_message_of_a_worker_that_died_is_sent_by_another(town: PushTown, admin: Connection) -> None:
    town.subscribe()
    new_lead(town.api, slot=SLOT)
    admin.execute(text("UPDATE push_messages SET leased_until = clock_timestamp() + interval '1 minute'"))
    assert town.send() == []
    admin.execute(text("UPDATE push_messages SET leased_until = clock_timestamp()"))
    assert town.send() == [PushOutcome.DELIVERED]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "delivered") for status in (200, 201, 202)),
        *((status, "failed") for status in (301, 408, 429, 500, 599)),
        *((status, "refused") for status in (400, 401, 413)),
        *((status, "gone") for status in (404, 410)),
    ],
)
def test_what_an_answer_means(status: int, outcome: str) -> None:
    assert outcome_of_status(status) == outcome


def test_waits_grow_up_to_two_minutes() -> None:
    assert [retry_s(failures, 1.0) for failures in (1, 2, 3)] == [2, 4, 8]
    assert retry_s(1, 0.0) == 1
    assert retry_s(10_000, 1.0) == 120


def test_a_day_of_a_phone(town: PushTown) -> None:
    """Log in, on duty, wait, hear by push and by poll, accept, travel, finish; and another device logs out."""
    api = town.api
    api.put("/v1/me/presence", json={"on_duty": False}, by="ana")
    phone, tablet = (
        api.post("/v1/sessions", json={**ANA, "device": device}).json["token"] for device in ("phone", "tablet")
    )
    app = api.get("/v1/me/app", by=phone).json
    assert app["may_reject"]
    assert app["vapid_public_key"]
    browser = town.subscribe(by=phone)
    assert api.put("/v1/me/presence", json={"on_duty": True}, by=phone).json["device"] == "phone"
    ping(api, phone)
    nothing = api.get("/v1/me/offers", by=phone)
    with ThreadPoolExecutor(1) as pool:
        asking = Api(api.client.application.test_client(), api.tree)
        known = {"If-None-Match": nothing.headers["ETag"]}
        poll = pool.submit(asking.get, "/v1/me/offers?wait_s=25", by=phone, headers=known)
        lead = new_lead(api)
        heard = poll.result(PATIENCE_S)
    (offer,) = heard.json["items"]
    assert offer["work_order_id"] == lead["id"]
    assert town.send() == [PushOutcome.DELIVERED]
    assert browser.read(town.server.requests[0])["offer_id"] == offer["id"]
    assert api.post(f"/v1/offers/{offer['id']}/accept", by=phone).json["state"] == "accepted"
    assert api.delete("/v1/sessions/current", by=tablet).status_code == 204
    assert api.get("/v1/me/presence", by=phone).json["on_duty"]
    for step in app["steps"]:
        answer = api.post(f"/v1/work-orders/{lead['id']}/status", json={"status": step}, by=phone)
        assert answer.json["state"] == step
    assert api.get("/v1/me/schedule", by=phone).json["items"] == []
    assert api.delete("/v1/sessions/current", by=phone).status_code == 204
    shown = api.get("/v1/technicians/" + api.id("technicians", "ana"), by="root").json
    assert not shown["on_duty"]
