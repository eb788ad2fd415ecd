"""What the end of a session means for a technician's duty, how sessions last, and what the phone is told of both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from geo_assign.app import EXTENSION
from geo_assign.core.db import Database
from geo_assign.workforce.duties import list_duties_without_session
from tests.access.api import Api
from tests.conftest import World

OF_ANA = "user_id = (SELECT id FROM users WHERE email = 'ana@acme.example')"
ANA = {"organization": "acme", "email": "ana@acme.example", "password": "ana-password"}


@pytest.fixture
def phone(api: Api, admin: Connection) -> "Phones":
    """Ana off duty and logged out everywhere."""
    api.put("/v1/me/presence", json={"on_duty": False}, by="ana")
    admin.execute(text(f"DELETE FROM sessions WHERE {OF_ANA}"))
    return Phones(api, admin)


class Phones:
    """Ana's devices, by name."""

    def __init__(self, api: Api, admin: Connection) -> None:
        self.api = api
        self.admin = admin
        self.tokens: dict[str, str] = {}

    def log_in(self, *devices: str) -> None:
        for device in devices:
            answer = self.api.post("/v1/sessions", json={**ANA, "device": device})
            self.tokens[device] = answer.json["token"]

    def go(self, device: str, *, on_duty: bool) -> TestResponse:
        return self.api.put("/v1/me/presence", json={"on_duty": on_duty}, by=self.tokens[device])

    def send_position(self, device: str, *, by: str | None = None) -> None:
        at = self.presence(by or device)["server_now"]
        body = {"positions": [{"recorded_at": at, "lat": 41.15, "lon": -8.61}]}
        answer = self.api.post("/v1/positions", json=body, by=self.tokens[device])
        assert [result["verdict"] for result in answer.json["results"]] == ["accepted"]

    def log_out(self, device: str) -> None:
        assert self.api.delete("/v1/sessions/current", by=self.tokens[device]).status_code == 204

    def presence(self, device: str) -> dict[str, Any]:
        answer = self.api.get("/v1/me/presence", by=self.tokens[device])
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json
        return found

    @property
    def on_duty(self) -> bool:
        shown = self.api.get("/v1/technicians/" + self.api.id("technicians", "ana"), by="root")
        return bool(shown.json["on_duty"])

    def end(self, device: str, how: str) -> None:
        """`how`: what ends the sessions of a device from behind."""
        self.admin.execute(text(f"UPDATE sessions SET {how} WHERE device = :device"), {"device": device})


@contextmanager
def sweeping(world: World) -> Iterator[Database]:
    worker = Database(world.worker_url)
    try:
        yield worker
    finally:
        worker.close()


def sweep(world: World, api: Api) -> int:
    """What the worker's lane does in one round."""
    services = api.client.application.extensions[EXTENSION]
    with sweeping(world) as worker:
        due = list_duties_without_session(worker)
    for org_id, technician_id in due:
        services.dispatch.settle_duty(org_id, technician_id)
    return len(due)


LOG_OUTS = [
    # began on, positions from, who logs out, still on duty
    ("phone", None, "tablet", True),
    ("phone", None, "phone", False),
    ("phone", "phone", "tablet", True),
    ("phone", "phone", "phone", False),
    ("tablet", "phone", "tablet", True),
    ("tablet", "phone", "phone", False),
]


@pytest.mark.parametrize(("began", "sends", "leaves", "goes_on"), LOG_OUTS)
def test_duty_ends_with_the_device_that_sends_positions(
    phone: Phones, began: str, sends: str | None, leaves: str, goes_on: bool
) -> None:
    phone.log_in("phone", "tablet")
    phone.go(began, on_duty=True)
    if sends is not None:
        phone.send_position(sends)
    phone.log_out(leaves)
    assert phone.on_duty is goes_on


def test_the_last_log_out_ends_duty_whatever_sends_the_positions(phone: Phones) -> None:
    phone.log_in("phone", "tablet")
    phone.go("phone", on_duty=True)
    phone.send_position("phone")
    phone.admin.execute(text("UPDATE current_positions SET device = 'a tracker'"))
    phone.log_out("phone")
    assert phone.on_duty, "the tracker has a token of its own, and the tablet is logged in"
    phone.log_out("tablet")
    assert not phone.on_duty


def test_positions_of_an_earlier_shift_say_nothing_of_this_one(phone: Phones) -> None:
    phone.log_in("old phone", "phone")
    phone.go("old phone", on_duty=True)
    phone.send_position("old phone")
    phone.go("old phone", on_duty=False)
    phone.go("phone", on_duty=True)
    phone.log_out("old phone")
    assert phone.on_duty
    assert phone.presence("phone")["device"] == "phone"


def test_a_phone_that_was_set_up_again_ends_its_duty(phone: Phones) -> None:
    """The app was installed anew, and its first session is still there."""
    phone.log_in("phone")
    phone.go("phone", on_duty=True)
    phone.log_in("phone")
    phone.log_out("phone")
    assert not phone.on_duty


ENDINGS: list[tuple[str, Callable[[Phones], object]]] = [
    ("expiry", lambda phone: phone.end("phone", "expires_at = clock_timestamp()")),
    ("ended by an administrator", lambda phone: phone.end("phone", "ended_at = clock_timestamp()")),
    ("swept away", lambda phone: phone.admin.execute(text("DELETE FROM sessions WHERE device = 'phone'"))),
]


@pytest.mark.parametrize("ending", [way for _, way in ENDINGS], ids=[name for name, _ in ENDINGS])
@pytest.mark.parametrize("sends", ["phone", "tablet", None])
def test_a_session_that_ends_by_itself_takes_its_duty_along(
    phone: Phones, api: Api, world: World, ending: Callable[[Phones], object], sends: str | None
) -> None:
    phone.log_in("phone", "tablet")
    phone.go("phone", on_duty=True)
    if sends:
        phone.send_position(sends)
    assert sweep(world, api) == 0
    ending(phone)
    assert sweep(world, api) == 1
    # Another device that sends the positions carries the duty on.
    assert phone.on_duty is (sends == "tablet")
    assert sweep(world, api) == 0


def test_a_new_password_ends_every_session_and_with_them_the_duty(phone: Phones, api: Api, world: World) -> None:
    phone.log_in("phone", "tablet")
    phone.go("phone", on_duty=True)
    phone.admin.execute(text(f"UPDATE sessions SET ended_at = clock_timestamp() WHERE {OF_ANA}"))
    sweep(world, api)
    assert not phone.on_duty


def test_duty_that_no_session_began_is_left_to_the_log_outs(api: Api, admin: Connection, world: World) -> None:
    """As a seed makes it, or an older version did."""
    assert admin.execute(text("SELECT session_id FROM duty_intervals WHERE ended_at IS NULL")).scalars().all() == [None]
    admin.execute(text(f"UPDATE sessions SET ended_at = clock_timestamp() WHERE {OF_ANA}"))
    assert sweep(world, api) == 0


def test_presence_tells_since_when_by_which_device_and_until_when(phone: Phones, api: Api) -> None:
    phone.log_in("phone")
    off = phone.presence("phone")
    assert (off["on_duty"], off["since"], off["device"], off["session_id"]) == (False, None, None, None)
    answer = phone.go("phone", on_duty=True).json
    on = phone.presence("phone")
    assert on["on_duty"]
    assert on["since"] == on["changed_at"] == answer["since"]
    assert on["device"] == "phone"
    assert (on["within_hours"], on["until"], on["next_start"]) == (True, None, None)
    assert (on["reachability"], on["position_fresh"]) == ("never_heard", False)
    phone.send_position("phone")
    heard = phone.presence("phone")
    assert (heard["reachability"], heard["position_fresh"]) == ("heard", True)
    me = api.get("/v1/me", by=phone.tokens["phone"]).json
    assert me["presence"]["since"] == on["since"]
    assert api.get("/v1/me", by="desk").json["presence"] is None
    phone.admin.execute(text("UPDATE current_positions SET heard_at = heard_at - interval '16 minutes'"))
    assert phone.presence("phone")["reachability"] == "silent"


def test_the_day_s_hours_and_time_off_say_until_when(phone: Phones, api: Api) -> None:
    phone.log_in("phone")
    path = "/v1/technicians/" + api.id("technicians", "ana")
    now = datetime.fromisoformat(phone.presence("phone")["server_now"])
    begins, ends = (now + timedelta(hours=1)).isoformat(), (now + timedelta(hours=2)).isoformat()
    assert api.post(f"{path}/time-off", by="root", json={"starts_at": begins, "ends_at": ends}).status_code == 201
    shown = phone.presence("phone")
    assert shown["within_hours"]
    assert datetime.fromisoformat(shown["until"]) == now + timedelta(hours=1)
    version = api.get(path, by="root").json["version"]
    changed = api.patch(path, by="root", version=version, json={"hours": {}})
    assert changed.status_code == 200
    nothing = phone.presence("phone")
    assert (nothing["within_hours"], nothing["until"], nothing["next_start"]) == (False, None, None)


RENEWALS = [
    # days since the log-in, days until the end, days until the end after a use
    (0, 30, 30),
    (0.5, 29.5, 29.5),
    (1.5, 28.5, 30),
    (29, 1, 30),
    (340, 20, 25),
    (350, 15, 15),
    (364.9, 0.1, 0.1),
]


@pytest.mark.parametrize(("age", "left", "after"), RENEWALS)
def test_a_token_that_is_used_lasts_thirty_days_more_and_a_year_at_most(
    phone: Phones, age: float, left: float, after: float
) -> None:
    phone.log_in("phone")
    moved = text(
        "UPDATE sessions SET created_at = now() - :age * interval '1 day', "
        "expires_at = now() + :left * interval '1 day' WHERE device = 'phone'"
    )
    phone.admin.execute(moved, {"age": age, "left": left})
    for _ in range(2):
        assert phone.api.get("/v1/me", by=phone.tokens["phone"]).status_code == 200
    found = text("SELECT extract(epoch FROM expires_at - now()) / 86400 FROM sessions WHERE device = 'phone'")
    assert float(phone.admin.execute(found).scalar_one()) == pytest.approx(after, abs=0.05)


def test_the_end_of_a_session_is_written_once_a_day_and_not_at_every_request(phone: Phones) -> None:
    phone.log_in("phone")
    before = phone.admin.execute(text("SELECT xmin::text FROM sessions WHERE device = 'phone'")).scalar_one()
    for path in ("/v1/me", "/v1/me/presence", "/v1/me/offers"):
        phone.api.get(path, by=phone.tokens["phone"])
    assert phone.admin.execute(text("SELECT xmin::text FROM sessions WHERE device = 'phone'")).scalar_one() == before


def test_a_session_that_has_run_out_is_not_renewed(phone: Phones) -> None:
    phone.log_in("phone")
    phone.end("phone", "expires_at = clock_timestamp()")
    assert phone.api.get("/v1/me", by=phone.tokens["phone"]).status_code == 401
    assert phone.api.get("/v1/me", by=phone.tokens["phone"]).status_code == 401


IN_AN_HOUR = "created_at = now() - interval '11 hours', expires_at = now() + interval '1 hour'"
COOKIES = [
    # who logs in with a cookie, days until the end after a use an hour before it
    ({"organization": "acme", "email": "desk@acme.example", "password": "desk-password"}, 1 / 24),
    ({**ANA, "device": "browser"}, 30),
]


@pytest.mark.parametrize(("who", "days"), COOKIES, ids=["at a desk", "with a phone"])
def test_a_browser_at_a_desk_is_logged_out_after_twelve_hours_and_a_phone_is_not(
    phone: Phones, who: dict[str, str], days: float
) -> None:
    answer = phone.api.post("/v1/sessions", json={**who, "cookie": True}, headers={"User-Agent": "browser"})
    kept_days = 365 if days == 30 else 0.5
    until = parsedate_to_datetime(answer.headers["Set-Cookie"].split("Expires=")[1].split(";")[0])
    began = phone.admin.execute(text("SELECT created_at FROM sessions ORDER BY created_at DESC LIMIT 1")).scalar_one()
    assert (until - began) / timedelta(days=1) == pytest.approx(kept_days, abs=0.01)
    phone.admin.execute(text(f"UPDATE sessions SET {IN_AN_HOUR} WHERE kind = 'cookie'"))
    assert phone.api.get("/v1/me").status_code == 200
    found = text("SELECT extract(epoch FROM expires_at - now()) / 86400 FROM sessions WHERE kind = 'cookie'")
    assert float(phone.admin.execute(found).scalar_one()) == pytest.approx(days, abs=0.05)


STEPS = [
    ({"status": "travelling"}, 200),
    ({"state": "travelling"}, 200),
    ({"status": "travelling", "state": "travelling"}, 200),
    ({"status": "travelling", "state": None}, 200),
    ({"status": "travelling", "state": ""}, 200),
    ({"status": "travelling", "state": "on_site"}, 422),
    ({}, 422),
    ({"status": "assigned"}, 422),
]


@pytest.mark.parametrize(("body", "status"), STEPS)
def test_the_next_step_is_told_as_status_or_as_state(api: Api, body: dict[str, str], status: int) -> None:
    lead = {
        "store_id": api.id("stores", "centre"),
        "customer": {"name": "Eva Sample"},
        "location": {"lat": 41.15, "lon": -8.61},
        "assignee_id": api.id("technicians", "ana"),
    }
    order = api.post("/v1/leads", json=lead, by="root").json
    if order["state"] == "offered":
        assert api.post(f"/v1/offers/{order['offer']['id']}/accept", by="ana").status_code == 200
    answer = api.post(f"/v1/work-orders/{order['id']}/status", json=body, by="ana")
    assert answer.status_code == status, answer.json
    if status == 200:
        assert answer.json["state"] == "travelling"
    else:
        assert answer.json["errors"][0]["pointer"] == "/status"
