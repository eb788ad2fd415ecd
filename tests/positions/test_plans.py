"""The statements of recording look every row up by its key, as the application role, and keep one plan."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from geo_assign.core.statements import Statement
from geo_assign.positions import packing
from geo_assign.positions.statements import HEAR, KNOWN, LOCK, READ
from tests.conftest import World
from tests.plans import nodes
from tests.positions.conftest import NOON, Fleet, ping

PEOPLE, STORES = 4_000, 400


@pytest.fixture
def crowded(fleet: Fleet) -> Fleet:
    """Thousands of technicians and hundreds of stores, whose tables the planner knows nothing about yet."""
    ids = [uuid4() for _ in range(PEOPLE)]
    given = {"org_id": fleet.org_id, "store_id": fleet.store_id, "ids": ids, "started": NOON - timedelta(hours=1)}
    fleet.admin.execute(_STORES, {"org_id": fleet.org_id, "ids": [uuid4() for _ in range(STORES)]})
    for statement in (_TECHNICIANS, _DUTY, _CURRENT):
        fleet.admin.execute(statement, given)
    return fleet


@pytest.fixture
def explain(world: World, crowded: Fleet) -> Iterator[Any]:
    with psycopg.connect(world.app_url) as conn:
        conn.execute("SELECT set_config('app.org_id', %s, true)", [str(crowded.org_id)])
        packing.register(conn)
        cursor = psycopg.RawCursor(conn)

        def execute(statement: Statement[Any], values: Mapping[str, Any], *, how: bytes = b"") -> Any:
            given = {"org_id": crowded.org_id, **values}
            return cursor.execute(how + statement.text, [given[name] for name in statement.parameters]).fetchone()

        execute(LOCK, {"space": 1, "keys": packing.Integers([1])})

        def run(statement: Statement[Any], values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
            found = execute(statement, values, how=b"EXPLAIN (FORMAT JSON) ")
            assert found is not None
            plan = found[0] if isinstance(found[0], list) else json.loads(found[0])
            return list(nodes(plan[0]["Plan"]))

        yield run


def test_reading_uses_keys_only(explain: Any) -> None:
    asked = {"technicians": packing.Uuids([uuid4(), uuid4()]), "oldest": packing.Instants([NOON, NOON])}
    found = explain(READ, asked)
    indexes = _indexes(found)
    assert indexes == {"technicians_pkey", "stores_pkey", "current_positions_pkey", "duty_intervals_technician_idx"}
    # By the whole key, not by the organization that each begins with.
    for name in ("technicians_pkey", "stores_pkey"):
        assert all("(id " in node["Index Cond"] for node in found if node.get("Index Name") == name)


def test_looking_for_repetitions_uses_the_track_s_key(explain: Any) -> None:
    asked = {"technicians": packing.Uuids([uuid4()]), "recorded": packing.Instants([NOON]), "since": NOON}
    indexes = _indexes(explain(KNOWN, asked))
    assert indexes
    assert all(name.startswith("position_track_") and name.endswith("_pkey") for name in indexes)


def test_hearing_uses_keys_only(explain: Any) -> None:
    asked = {"technicians": packing.Uuids([uuid4()]), "ahead_until": packing.Instants([None]), "received_at": NOON}
    assert _indexes(explain(HEAR, asked)) == {"current_positions_pkey"}


def test_one_plan_serves_every_size(crowded: Fleet) -> None:
    """The statements are planned once per connection, however many rows are sent."""
    ana = crowded.technician()
    # The connection may have been lent to another test before.
    generic, custom = next(iter(_plans_made(crowded)), (0, 0))
    crowded.send(ana, ping(-9))
    crowded.send(ana, *[ping(-number / 10) for number in range(80)])
    assert _plans_made(crowded) == [(generic + 2, custom)]


def _plans_made(fleet: Fleet) -> list[tuple[int, int]]:
    """How often each statement that writes was run with a general plan, and with one of its own."""
    asked = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%WITH sent%'"
    with fleet.begin() as tx:
        return [(row.generic_plans, row.custom_plans) for row in tx.conn.execute(text(asked))]


def _indexes(found: list[Mapping[str, Any]]) -> set[str]:
    assert "Seq Scan" not in {node["Node Type"] for node in found}
    return {node["Index Name"] for node in found if "Index Name" in node}


_STORES = text(
    "INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at) "
    "SELECT :org_id, id, 's-' || right(id::text, 12), 'Store', 'Europe/Lisbon', 41.15, -8.61, now(), now() "
    "FROM unnest(CAST(:ids AS uuid[])) AS id"
)
_TECHNICIANS = text(
    "INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, on_duty, created_at, updated_at) "
    "SELECT :org_id, id, 't-' || right(id::text, 12), 'Ana', :store_id, 41.15, -8.61, true, now(), now() "
    "FROM unnest(CAST(:ids AS uuid[])) AS id"
)
_DUTY = text(
    "INSERT INTO duty_intervals (org_id, id, technician_id, started_at) "
    "SELECT :org_id, gen_random_uuid(), id, :started FROM unnest(CAST(:ids AS uuid[])) AS id"
)
_CURRENT = text(
    "INSERT INTO current_positions (org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, "
    "changed_at) SELECT :org_id, id, 41.15, -8.61, :started, :started, :started, :started, :started "
    "FROM unnest(CAST(:ids AS uuid[])) AS id"
)
