"""How the calendar is planned, as the application role: a month of 200 technicians and 10,000 bookings among more."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, event, make_url, text

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Database, Tx
from geo_assign.workorders.queries.calendar import CalendarQuestion, list_calendar, list_unassigned
from tests.conftest import World, cloned
from tests.counting import statements_sent
from tests.plans import ROWS_AS_THEY_STAND

# The first test fills the database, which is long when it comes last.
pytestmark = pytest.mark.slow

PEOPLE, EACH = 200, 50
MONTH = (datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC))
ORGANIZATION, STORE, OTHER_STORE = UUID(int=1), UUID(int=2), UUID(int=3)

# The month's bookings of the store's 200, as many of the months before, and those of 800 people elsewhere.
FLEET = """
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at) VALUES
    (:org_id, :store_id, 'centre', 'Centre', 'Europe/Lisbon', 41.15, -8.61, now(), now()),
    (:org_id, :other_store_id, 'north', 'North', 'Europe/Lisbon', 41.25, -8.61, now(), now());
INSERT INTO technicians (org_id, id, slug, name, store_id, hours, week_minutes, base_lat, base_lon, created_at,
    updated_at)
SELECT :org_id, md5('t' || n)::uuid, 't' || n, 'T ' || n,
       CASE WHEN n <= :people THEN :store_id ELSE :other_store_id END,
       '{"mon": [["08:00", "18:00"]], "tue": [["08:00", "18:00"]]}', '{[480,1080),[1920,2520)}',
       41.15, -8.61, now(), now()
FROM generate_series(1, :people * 5) n;
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, customer, slot_start, slot_end, slot_given,
    technician_id, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('w' || t || '-' || b)::uuid, CASE WHEN b % 2 = 0 THEN 'lead' ELSE 'ticket' END,
       t * 1000 + b, CASE WHEN t <= :people THEN :store_id ELSE :other_store_id END, 'assigned', '{"name": "C"}',
       s.starts_at, s.starts_at + interval '1 hour', true, md5('t' || t)::uuid, '{}', '{}', now(), now()
FROM generate_series(1, :people * 5) t, generate_series(-:each + 1, :each) b,
LATERAL (SELECT timestamptz '2031-05-01 08:00Z' + (b - 1) * interval '14 hours 30 minutes' AS starts_at) s
WHERE t <= :people OR b > 0;
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
SELECT org_id, gen_random_uuid(), id, technician_id, 'primary', 'assigned', slot_start, slot_end, slot_start,
       slot_end, now(), now()
FROM work_orders;
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, pending_reason, customer, slot_start, slot_end,
    slot_given, created_by, changed_by, created_at, updated_at)
SELECT :org_id, gen_random_uuid(), 'lead', 10000000 + n, :store_id, 'pending', 'unassigned', '{"name": "C"}',
       timestamptz '2031-03-01Z' + n * interval '1 hour', timestamptz '2031-03-01Z' + (n + 1) * interval '1 hour', true,
       '{}', '{}', now(), now()
FROM generate_series(1, 4000) n;
ANALYZE technicians, work_orders, bookings
"""


@pytest.fixture(scope="module")
def month(filled: Callable[..., str]) -> Iterator[Tx]:
    """A transaction of the application role over the fleet."""
    with cloned(filled("month", _fill, "tests/workorders/test_calendar_plans.py")) as world:
        database = Database(world.app_url, pool_size=1)
        with database.transaction(ORGANIZATION) as tx:
            yield tx
        database.close()


def asked(tx: Tx, *, within: Any = MONTH) -> CalendarQuestion:
    return CalendarQuestion(within=within, at=tx.now(), store_id=STORE, limit=200)


def test_a_month_of_a_store_is_a_few_statements_over_indexes(month: Tx) -> None:
    statements = recorded(month, lambda: list_calendar(month, EVERYTHING, asked(month)))
    assert number_of_statements(month, lambda: list_calendar(month, EVERYTHING, asked(month))) == 5
    plans = [explain(month, *statement) for statement in statements]
    (plan,) = (plan for plan in plans if reads(plan, "bookings") > 1000)
    assert reads(plan, "bookings") <= PEOPLE * EACH * 1.05
    scanned = {node["Node Type"] for node in nodes(plan) if node.get("Relation Name") == "bookings"}
    assert "Seq Scan" not in scanned


def test_one_group_s_dispatcher_asks_no_more(month: Tx) -> None:
    scope = Scope(store_ids=frozenset({STORE}))
    assert number_of_statements(month, lambda: list_calendar(month, scope, asked(month))) == 5


def test_unassigned_work_is_found_by_its_slot(month: Tx) -> None:
    (statement,) = recorded(month, lambda: list_unassigned(month, EVERYTHING, asked(month)))
    plan = explain(month, *statement)
    assert "work_orders_waiting_idx" in {node.get("Index Name") for node in nodes(plan)}
    assert reads(plan, "work_orders") <= 2_300


def test_all_technicians_are_there_with_all_their_work(month: Tx, capsys: pytest.CaptureFixture[str]) -> None:
    empty = (MONTH[0] - timedelta(days=400), MONTH[0] - timedelta(days=399))
    whole, rows = timed(lambda: list_calendar(month, EVERYTHING, asked(month)).items)
    nothing, _ = timed(lambda: list_calendar(month, EVERYTHING, asked(month, within=empty)).items)
    assert len(rows) == PEOPLE
    assert sum(len(row.bookings) for row in rows) == PEOPLE * EACH
    with capsys.disabled():
        print(f"[a month of {PEOPLE} x {EACH}: {whole / nothing:.1f} times an empty day]", end=" ")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The better of two runs, in seconds, and what it gave."""
    best, result = float("inf"), None
    for _ in range(2):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    return best, result


def recorded(tx: Tx, work: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The statements that `work` sent, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def listen(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(tx.conn, "before_cursor_execute", listen)
    try:
        work()
    finally:
        event.remove(tx.conn, "before_cursor_execute", listen)
    return sent


def number_of_statements(tx: Tx, work: Callable[[], Any]) -> int:
    with statements_sent(tx.conn) as statements:
        work()
    return len(statements)


def explain(tx: Tx, statement: str, parameters: Any) -> dict[str, Any]:
    with tx.raw.cursor() as cursor:
        row = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).fetchone()  # type: ignore[arg-type]
    assert row is not None
    document = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return document[0]["Plan"]  # type: ignore[no-any-return]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def reads(plan: dict[str, Any], table: str) -> float:
    """Rows that scans of `table` gave or threw away, over all loops."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(plan)
        if node.get("Relation Name") == table
    )


def _fill(world: World) -> None:
    owner = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"))
    values = {"org_id": ORGANIZATION, "store_id": STORE, "other_store_id": OTHER_STORE, "people": PEOPLE, "each": EACH}
    with owner.begin() as conn:
        conn.execute(
            text("INSERT INTO organizations (org_id, slug, name) VALUES (:o, 'test', 'Test')"), {"o": ORGANIZATION}
        )
        for statement in (ROWS_AS_THEY_STAND, *FLEET.split(";")):
            if statement.strip():
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                conn.exec_driver_sql(_named(statement, used), used)
    owner.dispose()


def _named(statement: str, used: dict[str, Any]) -> str:
    """Parameters as the driver wants them: JSON and casts have colons, too."""
    statement = statement.replace("%", "%%")
    for name in used:
        statement = statement.replace(f":{name}", f"%({name})s")
    return statement
