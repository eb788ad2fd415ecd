"""Processes share nothing but the database: what one of two is told, the other one knows.

That they do so as processes on hosts of their own, while these die, is `tests/races/test_storm.py`.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from geo_assign.app import EXTENSION, create_app
from geo_assign.http import limits
from geo_assign.http.limits import Rate
from tests.access.api import Api
from tests.api.neighbours import neighbours_in
from tests.conftest import World, cloned, owner_of

HERE = {"lat": 41.1514, "lon": -8.6104}
WRONG = {"organization": "acme", "email": "root@acme.example", "password": "not-the-password"}


@pytest.fixture(scope="module")
def shared(template: str) -> Iterator[World]:
    with cloned(template) as world:
        yield world


@pytest.fixture
def admin(shared: World) -> Iterator[Connection]:
    with owner_of(shared) as conn:
        yield conn


@pytest.fixture(scope="module")
def hosts(shared: World) -> Iterator[tuple[Api, Api]]:
    """The API of two processes over one organization."""
    with neighbours_in(shared) as neighbours, ExitStack() as held:
        apps = [create_app(shared.settings(rate_limits="on")) for _ in range(2)]
        for app in apps:
            held.callback(app.extensions[EXTENSION].close)
        first, second = (Api(app.test_client(), neighbours.ours.api.tree) for app in apps)
        yield first, second


def test_what_one_does_the_other_knows_at_once(hosts: tuple[Api, Api]) -> None:
    first, second = hosts
    now = second.get("/v1/me", by="root").get_json()["server_now"]
    sent = second.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **HERE}]})
    assert sent.get_json()["results"][0]["verdict"] == "accepted"
    shown = first.get("/v1/map", by="root").get_json()["features"]
    assert first.id("technicians", "ana") in {feature["id"] for feature in shown}
    assert second.call("DELETE", "/v1/sessions/current", by="desk").status_code == 204
    assert first.get("/v1/me", by="desk").status_code == 401


def test_a_retry_at_the_other_one_creates_nothing_twice(hosts: tuple[Api, Api], admin: Connection) -> None:
    lead = {"store_id": hosts[0].id("stores", "centre"), "customer": {"name": "Rui"}, "location": HERE}
    headers, before = {"Idempotency-Key": uuid4().hex}, count(admin, "work_orders")
    answers = [host.post("/v1/leads", by="shop", json=lead, headers=headers) for host in hosts]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json()["id"] == answers[1].get_json()["id"]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert count(admin, "work_orders") == before + 1


def test_a_stream_tells_what_happened_at_the_other_one(hosts: tuple[Api, Api]) -> None:
    first, second = hosts
    headers = {"Authorization": f"Bearer {first.token('root')}"}
    stream = first.client.get("/v1/live", headers=headers, buffered=False)
    try:
        parts = stream.iter_encoded()
        next(parts)
        lead = {"store_id": first.id("stores", "centre"), "customer": {"name": "Eva"}, "location": HERE}
        made = second.post("/v1/leads", by="shop", json=lead).get_json()["id"]
        assert any(made in {order["id"] for order in orders_of(part)} for part in parts)
    finally:
        stream.close()


def orders_of(part: bytes) -> list[Any]:
    said = part.decode()
    if "event: work_orders" not in said:
        return []
    return list(json.loads(said.partition("data: ")[2])["items"])


def test_looks_through_both_add_up_in_one_log(hosts: tuple[Api, Api], admin: Connection) -> None:
    now = hosts[0].get("/v1/me", by="root").get_json()["server_now"]
    hosts[0].post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **HERE}]})
    before = looks(hosts[0], admin)
    for host in (*hosts, *hosts):
        assert host.get("/v1/map", by="root").status_code == 200
    for host in hosts:
        host.client.application.extensions[EXTENSION].views.flush()
    assert looks(hosts[0], admin) == before + 4


def test_rates_are_counted_by_each_process(hosts: tuple[Api, Api], monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless all count in one Redis: see docs/scaling.md."""
    first, second = hosts
    # A window of a minute ends while a busy machine tries eleven passwords.
    monkeypatch.setattr(limits, "LOG_INS_PER_ACCOUNT", Rate("log_in_account", 10, 86_400))
    monkeypatch.setattr(limits, "LOG_INS_PER_ADDRESS", Rate("log_in_address", 60, 86_400))
    told = [log_in(first.client.application).status_code for _ in range(11)]
    assert told == [401] * 10 + [429]
    assert log_in(second.client.application).status_code == 401


def log_in(app: Flask) -> Any:
    return app.test_client(use_cookies=False).post("/v1/sessions", json=WRONG)


def count(admin: Connection, table: str) -> int:
    return int(admin.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def looks(api: Api, admin: Connection) -> int:
    statement = text("SELECT coalesce(sum(count), 0) FROM location_views WHERE technician_id = :id")
    return int(admin.execute(statement, {"id": api.id("technicians", "ana")}).scalar_one())
