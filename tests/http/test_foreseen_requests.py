"""A search asked in one message must answer what it would have answered message by message."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import md5
from threading import current_thread
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from geo_assign.access.domain import ApiScope, Role, parse_token
from geo_assign.app import EXTENSION
from geo_assign.core import db, foresight
from geo_assign.core.db import Database
from tests.http.conftest import MakeClient, People, bearer

STORE, NORTH, GROUP = UUID(int=2), UUID(int=3), UUID(int=4)
HERE = {"lat": 41.15, "lon": -8.61}

FLEET = """
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
VALUES (:org_id, :store, 'centre', 'Centre', 'Europe/Lisbon', 41.15, -8.61, now(), now()),
       (:org_id, :north, 'north', 'North', 'Asia/Kolkata', 41.25, -8.61, now(), now());
INSERT INTO technicians (org_id, id, slug, name, store_id, skills, base_lat, base_lon, on_duty, created_at, updated_at)
SELECT :org_id, md5('t' || n)::uuid, 't' || n, 'T ' || n, CASE WHEN n % 3 = 0 THEN :north ELSE :store END,
       CASE WHEN n % 5 = 0 THEN ARRAY['repair', 'weld'] ELSE ARRAY['repair'] END,
       41.15 + n * 0.001, -8.61, true, now(), now()
FROM generate_series(1, 60) n;
INSERT INTO service_groups (org_id, id, slug, name, store_id, created_at, updated_at)
VALUES (:org_id, :group, 'crew', 'Crew', :store, now(), now());
INSERT INTO technician_groups (org_id, technician_id, group_id)
SELECT org_id, id, :group FROM technicians WHERE substr(slug, 2)::int % 7 = 1;
INSERT INTO duty_intervals (org_id, id, technician_id, started_at)
SELECT org_id, id, id, now() - interval '1 hour' FROM technicians;
INSERT INTO technician_skills (org_id, skill, technician_id) SELECT org_id, unnest(skills), id FROM technicians;
INSERT INTO current_positions (org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, changed_at)
SELECT org_id, id, 41.15 + substr(slug, 2)::int * 0.002, -8.61, now(), now(), now(), now(), now() FROM technicians
"""


@pytest.fixture
def client(make_client: MakeClient, admin: Connection, people: People) -> Iterator[FlaskClient]:
    for statement in FLEET.split(";"):
        admin.execute(text(statement), {"org_id": people.org_id, "store": STORE, "north": NORTH, "group": GROUP})
    client = make_client()
    yield client
    client.application.extensions[EXTENSION].views.close()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The transactions of the test's own requests that were begun by a message of their own."""
    begun: list[str] = []
    begin, own = db._begin, current_thread()
    # However long a busy machine takes from the guess to the question.
    monkeypatch.setattr(foresight, "_NEAR", timedelta(hours=1))

    def noted(*args: Any, **more: Any) -> Any:
        if current_thread() is own:
            begun.append(args[1])
        return begin(*args, **more)

    monkeypatch.setattr(db, "_begin", noted)
    return begun


def nearest(client: FlaskClient, token: str, **body: Any) -> Any:
    answer = client.post(
        "/v1/technicians/nearest",
        headers=bearer(token),
        json={"point": HERE, "store_id": str(STORE), "detail": "brief"} | body,
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer["candidates"]]


TOMORROW = datetime.now(UTC) + timedelta(days=1)
QUESTIONS: Sequence[dict[str, Any]] = [
    {},
    {"limit": 1},
    {"limit": 20},
    {"skills": ["weld"]},
    {"skills": ["weld", "repair"], "limit": 3},
    {"skills": ["paint"]},
    {"radius_m": 900},
    {"radius_m": 1},
    {"store_id": str(NORTH)},
    {"store_id": None},
    {"staff": "internal"},
    {"group_id": str(GROUP)},
    {"group_id": str(GROUP), "store_id": None, "limit": 2},
    {"staff": "providers"},
    {"point": {"lat": 41.2, "lon": -8.6}},
    {"point": {"lat": -33.9, "lon": 151.2}},
    {"slot": {"start": TOMORROW.isoformat(), "end": (TOMORROW + timedelta(hours=1)).isoformat()}},
    {"detail": "full"},
    {"detail": "full", "skills": ["weld"], "limit": 2},
]


@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR, Role.DISPATCHER])
def test_answers_are_those_that_are_asked_step_by_step(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch, role: Role | None
) -> None:
    token = people.api_key(ApiScope.READ) if role is None else people.session(role)
    of_nothing = {"store_id": None, "group_id": None} if role is Role.DISPATCHER else {}
    for question in QUESTIONS:
        body = question | of_nothing
        with monkeypatch.context() as patch:
            patch.setattr(Database, "foresee", lambda *_: None)
            expected = told(nearest(client, token, **body))
        for _ in range(3):
            assert told(nearest(client, token, **body)) == expected


def told(answer: Any) -> Any:
    """An answer without what depends on the moment."""
    for one in answer["candidates"]:
        del one["position"]["age_s"]
        one.pop("hours", None)
    return {name: value for name, value in answer.items() if name != "slot"}


def test_a_search_is_one_message(client: FlaskClient, people: People, admin: Connection, begun: list[str]) -> None:
    token, limited = people.api_key(ApiScope.READ), people.api_key(ApiScope.READ)
    admin.execute(
        text(
            "INSERT INTO api_key_stores (org_id, api_key_id, store_id) "
            "SELECT org_id, id, :store FROM api_keys WHERE token_hash = :hash"
        ),
        {"store": STORE, "hash": parse_token(limited).hash},
    )
    everyone: Sequence[dict[str, Any]] = [{}, {"skills": ["weld"]}, {"store_id": None}, {"limit": 9, "radius_m": 4_000}]
    for token, body in [*((token, body) for body in everyone), (limited, {}), (limited, {"group_id": str(GROUP)})]:
        for _ in range(4):
            nearest(client, token, **body)
        begun.clear()
        assert nearest(client, token, **body)["candidates"]
        assert begun == []


def test_who_calls_is_one_message_where_the_handler_opens_transactions_of_its_own(
    client: FlaskClient, people: People, begun: list[str]
) -> None:
    """No COMMIT goes after a question that has written nothing; what is written begins by itself."""
    headers = bearer(people.api_key(ApiScope.POSITIONS_WRITE))
    technician = UUID(bytes=md5(b"t1", usedforsecurity=False).digest())
    path = f"/v1/positions?technician_id={technician}"
    sent = {"positions": [{"recorded_at": datetime.now(UTC).isoformat(), "lat": 41.15, "lon": -8.61}]}
    assert client.post(path, headers=headers, json=sent).status_code == 200
    begun.clear()
    assert client.post(path, headers=headers, json=sent).status_code == 200
    assert len(begun) == 2  # whose positions they are, and the positions
    begun.clear()
    assert client.post(path, headers=headers, json={"positions": []}).status_code == 422
    assert client.post(path, headers=bearer(people.api_key(ApiScope.READ)), json=sent).status_code == 403
    assert client.post(path, headers=bearer(people.api_key()[:-1] + "x"), json=sent).status_code == 401
    assert begun == []


def test_what_changed_counts_in_the_next_answer(client: FlaskClient, people: People, admin: Connection) -> None:
    token = people.api_key(ApiScope.READ)
    for _ in range(4):
        assert names(nearest(client, token, limit=3)) == ["T 1", "T 2", "T 4"]
    admin.execute(text("UPDATE technicians SET on_duty = false WHERE slug = 't2'"))
    assert names(nearest(client, token, limit=3)) == ["T 1", "T 4", "T 5"]
    admin.execute(text("""UPDATE stores SET settings = '{"radius_m": 1200}' WHERE id = :store"""), {"store": STORE})
    answer = nearest(client, token, limit=3)
    assert (answer["radius_m"], names(answer)) == (1200, ["T 1", "T 4", "T 5"])
    admin.execute(text("DELETE FROM technician_skills WHERE skill = 'weld'"))
    admin.execute(text("UPDATE technicians SET skills = '{repair}'"))
    assert names(nearest(client, token, skills=["weld"])) == []


TAKEN_AWAY = (
    ("UPDATE api_keys SET revoked_at = now() WHERE token_hash = :hash", 401),
    ("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE token_hash = :hash", 401),
    ("UPDATE api_keys SET token_hash = sha256(token_hash) WHERE token_hash = :hash", 401),
    ("UPDATE api_keys SET scopes = '{leads}' WHERE token_hash = :hash", 403),
    (
        """INSERT INTO api_key_stores (org_id, api_key_id, store_id)
        SELECT org_id, id, :north FROM api_keys WHERE token_hash = :hash""",
        404,
    ),
)


def test_what_is_taken_away_is_gone_at_the_next_request(client: FlaskClient, people: People, admin: Connection) -> None:
    body = {"point": HERE, "store_id": str(STORE), "detail": "brief"}
    for change, status in TAKEN_AWAY:
        token = people.api_key(ApiScope.READ)
        for _ in range(4):
            nearest(client, token)
        admin.execute(text(change), {"hash": parse_token(token).hash, "north": NORTH})
        answer = client.post("/v1/technicians/nearest", headers=bearer(token), json=body)
        assert answer.status_code == status, change


def test_who_was_refused_is_not_asked_for_beforehand(
    client: FlaskClient, people: People, admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a caller who is over the limit would have each search done all the same."""
    token, rehearsed = people.api_key(ApiScope.READ), list[object]()
    foresee = Database.foresee
    monkeypatch.setattr(Database, "foresee", lambda *given: rehearsed.append(given) or foresee(*given))
    for _ in range(3):
        nearest(client, token)
    admin.execute(text("UPDATE api_keys SET revoked_at = now()"))
    rehearsed.clear()
    for _ in range(3):
        assert client.post("/v1/technicians/nearest", headers=bearer(token), json={"point": HERE}).status_code == 401
    assert len(rehearsed) == 1
