"""How the lists are planned, as the application role, with 20,000 work orders in one organization."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Database, Tx
from geo_assign.workorders.domain import State
from geo_assign.workorders.queries.listing import Sort, WorkOrderFilter, list_work_orders, page_statements
from tests.conftest import World, cloned
from tests.plans import ROWS_AS_THEY_STAND, index_names, nodes, rows_read

# The first test fills the database, which is long when it comes last.
pytestmark = pytest.mark.slow

ORGANIZATION = UUID(int=1)
ORDERS = 20_000
PAGE = 50
PENDING = WorkOrderFilter(states=[State.PENDING])

# One a minute; every fourth still waits for a technician, the others are done.
WORK = """
INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, 'busy', 'Busy');
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
VALUES (:org_id, :store_id, 'centre', 'Centre', 'Europe/Lisbon', 41.15, -8.61, now(), now());
INSERT INTO service_groups (org_id, id, slug, name, store_id, created_at, updated_at)
VALUES (:org_id, :group_id, 'phones', 'Phones', :store_id, now(), now());
INSERT INTO work_orders (org_id, id, kind, number, store_id, group_id, state, pending_reason, pending_detail, customer,
    slot_start, slot_end, slot_given, priority, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('w' || n)::uuid, 'lead', n, :store_id, :group_id,
       CASE WHEN n % 4 = 0 THEN 'pending' ELSE 'completed' END,
       CASE WHEN n % 4 = 0 THEN 'unassigned' END, CASE WHEN n % 4 = 0 THEN '{}'::jsonb END,
       jsonb_build_object('name', 'Customer ' || n, 'phone', '+351 910 000 000'),
       now() + n % 977 * interval '1 hour', now() + (n % 977 + 1) * interval '1 hour', true, n % 7, '{}', '{}',
       now() - n * interval '1 minute', now() - n * interval '1 minute'
FROM generate_series(1, :orders) n;
INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, created_at, updated_at)
SELECT :org_id, md5('t' || n)::uuid, 't' || n, 'Technician ' || n, :store_id, 41.15, -8.61, now(), now()
FROM generate_series(0, 199) n;
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
SELECT :org_id, md5('b' || n)::uuid, md5('w' || n)::uuid, md5('t' || n % 200)::uuid, 'primary', 'assigned',
       now() + n * interval '1 hour', now() + (n + 1) * interval '1 hour', now() + n * interval '1 hour',
       now() + (n + 1) * interval '1 hour', now(), now()
FROM generate_series(1, :orders) n;
ANALYZE work_orders, bookings, technicians
"""


@pytest.fixture(scope="module")
def work(filled: Callable[..., str]) -> Iterator[Tx]:
    """A transaction of the application role over all the work."""
    with cloned(filled("work", _fill, "tests/workorders/test_listing_plans.py")) as world:
        database = Database(world.app_url, pool_size=1)
        with database.transaction(ORGANIZATION) as tx:
            yield tx
        database.close()


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("created_at", "work_orders_live_idx"),
        ("-created_at", "work_orders_live_idx"),
        ("slot_start", "work_orders_waiting_idx"),
    ],
)
def test_the_pending_list_reads_a_page_and_no_more(work: Tx, sort: Sort, index: str) -> None:
    plan = plan_of(work, PENDING, sort=sort)
    assert index in index_names(plan)
    assert rows_read(plan, "work_orders") < 2 * PAGE


def test_a_later_page_begins_where_the_last_one_ended(work: Tx) -> None:
    cursor = None
    for _ in range(3):
        cursor = list_work_orders(work, EVERYTHING, PENDING, limit=PAGE, cursor=cursor).next_cursor
    plan = plan_of(work, PENDING, cursor=cursor)
    assert "work_orders_live_idx" in index_names(plan)
    assert rows_read(plan, "work_orders") < 2 * PAGE


def test_a_dispatchers_list_reads_a_page_too(work: Tx) -> None:
    group_id = work.conn.execute(text("SELECT id FROM service_groups")).scalar_one()
    plan = plan_of(work, PENDING, scope=Scope(group_ids=frozenset({group_id})))
    assert rows_read(plan, "work_orders") < 2 * PAGE


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "-priority"])
def test_the_list_of_a_technician_reads_what_the_technician_has(work: Tx, sort: Sort) -> None:
    technician_id = work.conn.execute(text("SELECT id FROM technicians WHERE slug = 't7'")).scalar_one()
    wanted = WorkOrderFilter(technician_id=technician_id)
    plan = plan_of(work, wanted, sort=sort)
    held = ORDERS // 200
    assert rows_read(plan, "bookings") <= held + 2 * PAGE
    assert rows_read(plan, "work_orders") <= 2 * held
    page = list_work_orders(work, EVERYTHING, wanted, limit=PAGE, sort=sort, counted=True)
    assert (len(page.items), page.count) == (PAGE, held)


def test_what_changed_or_was_created_is_read_from_there_on(work: Tx) -> None:
    recent = work.now() - timedelta(minutes=ORDERS // 2)
    changed = plan_of(work, WorkOrderFilter(updated_since=recent), sort="updated_at")
    assert "work_orders_org_id_updated_at_idx" in index_names(changed)
    assert rows_read(changed, "work_orders") < 2 * PAGE
    created = plan_of(work, WorkOrderFilter(created_from=recent, created_to=work.now()))
    assert "work_orders_org_id_created_at_idx" in index_names(created)
    assert rows_read(created, "work_orders") < 2 * PAGE


def test_any_other_sort_looks_at_each_row_once(work: Tx) -> None:
    plan = plan_of(work, PENDING, sort="-priority")
    assert rows_read(plan, "work_orders") <= ORDERS
    # What is read beside a row is read for the rows of the page alone.
    assert max(node["Actual Loops"] for node in nodes(plan)) <= PAGE + 1


def test_the_badge_counts_all_pages(work: Tx) -> None:
    page = list_work_orders(work, EVERYTHING, PENDING, limit=PAGE, counted=True)
    assert (len(page.items), page.count, page.count_is_at_least) == (PAGE, 1_000, True)


def plan_of(
    tx: Tx, wanted: WorkOrderFilter, *, sort: Sort = "created_at", cursor: str | None = None, scope: Scope = EVERYTHING
) -> dict[str, Any]:
    """The plan that was really run for one page."""
    statement = page_statements(tx, scope, wanted, limit=PAGE + 1, cursor=cursor, sort=sort)[0]
    compiled = statement.compile(tx.conn.engine, compile_kwargs={"render_postcompile": True})
    row = tx.conn.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}", dict(compiled.params)).scalar_one()
    document = row if isinstance(row, list) else json.loads(row)
    return dict(document[0]["Plan"])


def _fill(world: World) -> None:
    values: dict[str, Any] = {
        "org_id": ORGANIZATION,
        "store_id": UUID(int=2),
        "group_id": UUID(int=3),
        "orders": ORDERS,
    }
    owner = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"))
    with owner.begin() as conn:
        for statement in (ROWS_AS_THEY_STAND, *WORK.split(";")):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            conn.execute(text(statement.replace("::", "\\:\\:")), used)
    owner.dispose()
