"""`POST /v1/positions` through the real application: what a phone sends and is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
    app.extensions[EXTENSION].database.close()


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


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lat": None}, "/positions/1/lat"),
        ({"lat": "41.15"}, "/positions/1/lat"),
        ({"lon": True}, "/positions/1/lon"),
        ({"recorded_at": "2026-05-21T14:05:00"}, "/positions/1/recorded_at"),
        ({"recorded_at": 1_700_000_000}, "/positions/1/recorded_at"),
        ({"recorded_at": "0001-01-01T00:00:00Z"}, "/positions/1/recorded_at"),
        ({"recorded_at": "9999-12-31T23:59:59-05:00"}, "/positions/1/recorded_at"),
        ({"event": "x" * 65}, "/positions/1/event"),
        ({"event": "nul \0"}, "/positions/1/event"),
        ({"altitude": 12}, "/positions/1/altitude"),
    ],
)
def test_a_broken_item_refuses_the_whole_and_says_where(
    client: FlaskClient,
    fleet: Fleet,
    technician_id: UUID,
    phone: dict[str, str],
    change: dict[str, Any],
    pointer: str,
) -> None:
    answer = client.post("/v1/positions", json={"positions": [item(), item(3, **change)]}, headers=phone)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]
    assert fleet.track(technician_id) == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_is_refused(client: FlaskClient, phone: dict[str, str], number: str) -> None:
    body = f'{{"positions": [{{"recorded_at": "{datetime.now(UTC).isoformat()}", "lat": {number}, "lon": 1}}]}}'
    answer = client.post("/v1/positions", data=body, content_type="application/json", headers=phone)
    assert answer.status_code == 422


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
