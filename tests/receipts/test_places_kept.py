"""Where a technician's or a customer's place is kept, and where it must not be: every table is searched for it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.access.api import Api, seeded_api
from tests.conftest import World

PHONE = {"lat": 41.151437, "lon": -8.610479}
CUSTOMER = {"lat": 41.152273, "lon": -8.612291}
_PHONE_DIGITS, _CUSTOMER_DIGITS = ("41.151437", "-8.610479"), ("41.152273", "-8.612291")


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """Ana said where she is, was asked, accepted, and the work was done; a second lead was decided by hand."""
    with seeded_api(world) as api:
        now = api.get("/v1/me", by="root").get_json()["server_now"]
        api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **PHONE}]})
        # Looked for from every side; the looks are written before the tables are searched.
        api.get("/v1/map", by="desk")
        api.post("/v1/technicians/nearest", by="desk", json={"point": CUSTOMER})
        order = lead(api)
        (offer,) = api.get("/v1/me/offers", by="ana").get_json()["items"]
        assert api.post(f"/v1/offers/{offer['id']}/accept", by="ana").status_code == 200
        for state in ("travelling", "completed"):
            done = api.post(f"/v1/work-orders/{order}/status", by="ana", json={"state": state})
            assert done.status_code == 200
        by_hand = lead(api)
        version = api.get(f"/v1/work-orders/{by_hand}", by="root").get_json()["version"]
        chosen = {"technician_id": api.id("technicians", "ana"), "mode": "assign"}
        assigned = api.post(f"/v1/work-orders/{by_hand}/assign", by="root", version=version, json=chosen)
        assert assigned.status_code == 200, assigned.get_data(as_text=True)
        assert api.post(f"/v1/work-orders/{by_hand}/cancel", by="root", json={}).status_code == 200
        api.get("/v1/me/location-views", by="ana")
        yield api


def lead(api: Api) -> str:
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Rui"}, "location": CUSTOMER}
    answer = api.post("/v1/leads", by="root", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["id"])


def test_a_technicians_place_is_in_the_track_and_the_last_position_alone(api: Api, world: World) -> None:
    """Not in receipts, history, outgoing events, offers, the audit trail or the log of looks."""
    assert tables_with(world, _PHONE_DIGITS) == {"current_positions", "position_track"}


def test_receipts_say_how_far_and_how_known_never_where(api: Api, world: World) -> None:
    with psycopg.connect(world.admin_url) as owner:
        rows = owner.execute("SELECT mode, candidates, excluded, batch FROM decisions ORDER BY at").fetchall()
    assert {row[0] for row in rows} == {"automatic", "manual"}
    assert [bool(row[1]) for row in rows].count(True) >= 2, "some name candidates"
    for _, *parts in rows:
        assert keys_of(parts) & {"lat", "lon", "point", "geog", "latitude", "longitude"} == set()
        assert all(one["position"].keys() >= {"provenance", "age_s", "accuracy_m"} for one in parts[0])


def test_a_customers_place_is_in_the_order_and_its_receipts_until_it_is_erased(api: Api, world: World) -> None:
    assert tables_with(world, _CUSTOMER_DIGITS) == {"work_orders", "decisions"}
    with psycopg.connect(world.admin_url) as owner:
        orders = [str(row[0]) for row in owner.execute("SELECT id FROM work_orders")]
    for order in orders:
        assert api.post(f"/v1/work-orders/{order}/erase-customer", by="root").status_code == 200
    assert tables_with(world, _CUSTOMER_DIGITS) == set()


def test_an_erased_technicians_place_is_nowhere(api: Api, world: World) -> None:
    ana = api.id("technicians", "ana")
    assert api.post(f"/v1/technicians/{ana}/erase", by="root").status_code == 200
    assert tables_with(world, _PHONE_DIGITS) == set()


def tables_with(world: World, digits: tuple[str, ...]) -> set[str]:
    """The tables in whose rows one of these numbers stands."""
    found = set()
    with psycopg.connect(world.admin_url) as owner:
        names = owner.execute("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition""").fetchall()
        assert len(names) > 25
        for (name,) in names:
            statement = sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE t::text LIKE ANY(%s))")
            wanted = [f"%{one}%" for one in digits]
            row = owner.execute(statement.format(sql.Identifier(name)), [wanted]).fetchone()
            if row is not None and row[0]:
                found.add(str(name))
    return found


def keys_of(value: Any) -> set[str]:
    """Every member's name, at any depth."""
    if isinstance(value, list):
        return {key for one in value for key in keys_of(one)}
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys_of(one)}
    return set()


def test_the_search_finds_what_it_looks_for() -> None:
    assert keys_of(json.loads('[{"a": [{"lat": 1}]}]')) == {"a", "lat"}
