"""`POST /v1/positions` through the real application: what a phone sends and is told."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from geo_assign.access.domain import TokenKind, new_token
from geo_assign.app import EXTENSION, create_app
from geo_assign.core.clock import wall_clock
from geo_assign.core.ids import new_id
from tests.conftest import World
from tests.positions.conftest import Fleet

HOUR = timedelta(hours=1)


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    app = create_app(world.settings())
    yield app.test_client()
    app.extensions[EXTENSION].close()


def log_in(fleet: Fleet, technician_id: UUID, *devices: str) -> list[dict[str, str]]:
    """The headers of a technician's sessions, one for each device."""
    given = {"org_id": fleet.org_id, "user_id": new_id(), "technician_id": technician_id}
    fleet.admin.execute(_USER, {**given, "email": f"{technician_id.hex}@example.com"})
    fleet.admin.execute(_LINK_USER, given)
    tokens = []
    for device in devices:
        token, token_hash = new_token(TokenKind.SESSION, fleet.org_id)
        fleet.admin.execute(_SESSION, {**given, "id": new_id(), "token_hash": token_hash, "device": device})
        tokens.append(token)
    return [{"Authorization": f"Bearer {token}"} for token in tokens]


_USER = text(
    "INSERT INTO users (org_id, id, email, name, role, created_at, updated_at) "
    "VALUES (:org_id, :user_id, :email, 'Invented Person', 'technician', now(), now())"
)
_LINK_USER = text("UPDATE technicians SET user_id = :user_id WHERE org_id = :org_id AND id = :technician_id")
_SESSION = text(
    "INSERT INTO sessions (org_id, id, user_id, token_hash, kind, device, created_at, expires_at) "
    "VALUES (:org_id, :id, :user_id, :token_hash, 'bearer', :device, now(), now() + interval '1 hour')"
)


@pytest.fixture
def technician_id(fleet: Fleet) -> UUID:
    return fleet.technician((wall_clock() - HOUR, None))


@pytest.fixture
def phone(fleet: Fleet, technician_id: UUID) -> dict[str, str]:
    return log_in(fleet, technician_id, "phone")[0]


def item(ago_s: float = 5.0, **changes: Any) -> dict[str, Any]:
    at = wall_clock() - timedelta(seconds=ago_s)
    return {"recorded_at": at.isoformat(), "lat": 41.15, "lon": -8.61, **changes}


def test_each_position_is_answered_in_its_place(client: FlaskClient, phone: dict[str, str]) -> None:
    batch = [
        item(20, accuracy_m=5, speed_mps=9.5, heading_deg=-1, battery=0.8, mock=False, event="motion"),
        item(10, lat=95),
        item(40),
        item(7_200),
        item(5, lat=41.1501, accuracy_m=250),
        item(-90),
    ]
    batch.append(batch[0])
    answer = client.post("/v1/positions", json={"positions": batch}, headers=phone)
    assert answer.status_code == 200
    told = answer.get_json()
    assert [one["index"] for one in told["results"]] == list(range(7))
    assert [(one["verdict"], one["reason"], one["flags"]) for one in told["results"]] == [
        ("accepted", None, []),
        ("rejected", "out_of_range", []),
        ("accepted", None, []),
        ("rejected", "off_duty", []),
        ("accepted", None, ["low_accuracy"]),
        ("accepted", None, ["clock_ahead"]),
        ("duplicate", None, []),
    ]
    assert told["next_interval_s"] == 30


def test_the_device_of_the_session_keeps_two_phones_apart(client: FlaskClient, fleet: Fleet) -> None:
    ana = fleet.technician((wall_clock() - HOUR, None))
    body = {"positions": [item()]}
    for headers in log_in(fleet, ana, "phone", "tablet"):
        first, again = (client.post("/v1/positions", json=body, headers=headers).get_json() for _ in range(2))
        assert (first["results"][0]["verdict"], again["results"][0]["verdict"]) == ("accepted", "duplicate")
    assert [row.device for row in fleet.track(ana)] == ["phone", "tablet"]


UNREADABLE: list[tuple[Any, str]] = [
    ({"lat": None}, "/lat"),
    ({"lat": "41.15"}, "/lat"),
    ({"lon": True}, "/lon"),
    ({"lat": [41.15]}, "/lat"),
    ({"lon": {"deg": 8}}, "/lon"),
    ({"lat": 10**400}, "/lat"),
    ({"lat": float("nan")}, "/lat"),
    ({"lon": float("-inf")}, "/lon"),
    ({"recorded_at": None}, "/recorded_at"),
    ({"recorded_at": "2026-05-21T14:05:00"}, "/recorded_at"),
    ({"recorded_at": "2026-02-30T14:05:00Z"}, "/recorded_at"),
    ({"recorded_at": 1_700_000_000}, "/recorded_at"),
    ({"recorded_at": ""}, "/recorded_at"),
    ({"recorded_at": "0001-01-01T00:00:00Z"}, "/recorded_at"),
    ({"recorded_at": "9999-12-31T23:59:59-05:00"}, "/recorded_at"),
    ({"recorded_at": "2026-05-21T14:05:00Z\ud800"}, "/recorded_at"),
]
PASSED_OVER: list[tuple[dict[str, Any], str | None]] = [
    ({"battery": "full"}, "/battery"),
    ({"accuracy_m": True}, "/accuracy_m"),
    ({"speed_mps": [3]}, "/speed_mps"),
    ({"heading_deg": float("nan")}, "/heading_deg"),
    ({"mock": "no"}, "/mock"),
    ({"event": "x" * 65}, "/event"),
    ({"event": "nul \0"}, "/event"),
    ({"event": "half \ud800"}, "/event"),
    ({"event": 7, "battery": "full"}, "/battery"),
    ({"mock": None, "event": "", "battery": None, "speed_mps": " "}, None),
    ({"altitude": 12, "activity": {"type": "driving"}, "\ud800": "\0"}, None),
]
NO_OBJECTS: list[Any] = [None, 17, "here", True, [], [41.15, -8.61], {}, [[[[[[]]]]]], {"positions": []}]


def test_one_bad_item_costs_no_other_whatever_it_is(
    client: FlaskClient, fleet: Fleet, technician_id: UUID, phone: dict[str, str]
) -> None:
    bad = [(item(3, **change), pointer) for change, pointer in UNREADABLE]
    bad += [(one, "/recorded_at" if isinstance(one, dict) else "") for one in NO_OBJECTS]
    for number, (broken, pointer) in enumerate(bad):
        batch = [item(100 + number), broken, item(50 + number / 2)]
        answer = client.post("/v1/positions", data=json.dumps({"positions": batch}), **_JSON, headers=phone)
        assert answer.status_code == 200, (broken, answer.get_data(as_text=True))
        first, wrong, last = answer.get_json()["results"]
        assert [first["index"], wrong["index"], last["index"]] == [0, 1, 2]
        assert {first["verdict"], last["verdict"]} <= {"accepted", "late"}
        assert (wrong["verdict"], wrong["reason"], wrong["flags"]) == ("rejected", "unreadable", [])
        assert wrong["pointer"] == f"/positions/1{pointer}", broken
        assert wrong["detail"]
    assert len(fleet.track(technician_id)) == 2 * len(bad)


def test_a_bad_optional_member_does_not_lose_the_position(
    client: FlaskClient, fleet: Fleet, technician_id: UUID, phone: dict[str, str]
) -> None:
    batch = [item(50 - number, **change) for number, (change, _) in enumerate(PASSED_OVER)]
    answer = client.post("/v1/positions", data=json.dumps({"positions": batch}), **_JSON, headers=phone).get_json()
    assert [one["verdict"] for one in answer["results"]] == ["accepted"] * len(PASSED_OVER)
    assert [one.get("pointer") for one in answer["results"]] == [
        None if name is None else f"/positions/{index}{name}" for index, (_, name) in enumerate(PASSED_OVER)
    ]
    assert len(fleet.track(technician_id)) == len(PASSED_OVER)


def test_nothing_but_bad_items_is_answered_as_well(client: FlaskClient, phone: dict[str, str]) -> None:
    answer = client.post("/v1/positions", json={"positions": [None, {}, "x"]}, headers=phone)
    assert [one["reason"] for one in answer.get_json()["results"]] == ["unreadable"] * 3
    assert answer.get_json()["next_interval_s"] == 30


def test_bytes_that_are_no_text_cost_one_item(
    client: FlaskClient, fleet: Fleet, technician_id: UUID, phone: dict[str, str]
) -> None:
    good = [json.dumps(item(number)).encode() for number in (9, 8)]
    for broken in (
        b'{"event": "caf\xe9"}',
        b'{"lat": 1e999}',
        b'{"lat": ' + b"9" * 5_000 + b"}",
        b"[" * 400 + b"]" * 400,
    ):
        body = b'\xef\xbb\xbf{"device": "x", "positions": [' + b", ".join([good[0], broken, good[1]]) + b"]}"
        answer = client.post("/v1/positions", data=body, **_JSON, headers=phone)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert [one["verdict"] == "rejected" for one in answer.get_json()["results"]] == [False, True, False]
    assert len(fleet.track(technician_id)) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'{"positions": null}', 422),
        (b'{"positions": {}}', 422),
        (b'{"positions": []}', 422),
        (b'{"positions": [', 400),
        (b"\x00\x01", 400),
        (b"[" * 50_000, 400),
    ],
)
def test_an_envelope_that_cannot_be_read_is_an_error(
    client: FlaskClient, phone: dict[str, str], body: bytes, status: int
) -> None:
    assert client.post("/v1/positions", data=body, **_JSON, headers=phone).status_code == status


_JSON: dict[str, Any] = {"content_type": "application/json"}


def test_a_batch_may_be_sent_as_gzip(
    client: FlaskClient, fleet: Fleet, technician_id: UUID, phone: dict[str, str]
) -> None:
    body = gzip.compress(json.dumps({"positions": [item(), item(3, altitude=9)]}).encode())
    answer = client.post("/v1/positions", data=body, **_JSON, headers={**phone, "Content-Encoding": "gzip"})
    assert [one["verdict"] for one in answer.get_json()["results"]] == ["accepted"] * 2
    assert len(fleet.track(technician_id)) == 2


def test_a_battery_in_percent_is_told_from_a_share(
    client: FlaskClient, fleet: Fleet, technician_id: UUID, phone: dict[str, str]
) -> None:
    for charges in ([0.5, 1, 0.0], [80, 1, 0.5], [101, -1, 1]):
        batch = [item(30 - number, battery=charge) for number, charge in enumerate(charges)]
        assert client.post("/v1/positions", json={"positions": batch}, headers=phone).status_code == 200
    kept = [row.battery for row in fleet.track(technician_id)]
    assert sorted(kept, key=lambda charge: (charge is None, charge)) == [
        0.0,
        0.005,
        0.01,
        0.5,
        0.8,
        1.0,
        1.0,
        None,
        None,
    ]


@pytest.mark.parametrize(("count", "status"), [(0, 422), (500, 200), (501, 422)])
def test_one_to_five_hundred_positions(
    client: FlaskClient, fleet: Fleet, technician_id: UUID, phone: dict[str, str], count: int, status: int
) -> None:
    body = {"positions": [item(number) for number in range(count)]}
    answer = client.post("/v1/positions", json=body, headers=phone)
    assert answer.status_code == status
    assert len(fleet.track(technician_id)) == (count if status == 200 else 0)


def test_off_duty_everything_is_refused_and_the_phone_told_to_rest(client: FlaskClient, fleet: Fleet) -> None:
    home = fleet.technician((wall_clock() - 2 * HOUR, wall_clock() - HOUR))
    headers = log_in(fleet, home, "phone")[0]
    answer = client.post("/v1/positions", json={"positions": [item()]}, headers=headers).get_json()
    assert answer["results"] == [{"index": 0, "verdict": "rejected", "reason": "off_duty", "flags": []}]
    assert answer["next_interval_s"] == 300
    assert fleet.current(home) is None


def test_only_technicians_send_positions(client: FlaskClient, fleet: Fleet, phone: dict[str, str]) -> None:
    assert client.post("/v1/positions", json={"positions": [item()]}).status_code == 401
    fleet.admin.execute(text("UPDATE users SET role = 'dispatcher'"))
    assert client.post("/v1/positions", json={"positions": [item()]}, headers=phone).status_code == 403


def test_a_user_who_is_no_technician_sends_none(client: FlaskClient, fleet: Fleet, phone: dict[str, str]) -> None:
    fleet.admin.execute(text("UPDATE technicians SET user_id = NULL"))
    assert client.post("/v1/positions", json={"positions": [item()]}, headers=phone).status_code == 403
