"""As many work orders as a large company has in a year, written by SQL, and their sums by what the worker runs."""

from __future__ import annotations

from uuid import UUID

import psycopg
from sqlalchemy import create_engine, make_url, text

from geo_assign.core.db import Database
from geo_assign.insight.tasks import list_stores_to_sum, sum_store
from tests.conftest import World
from tests.plans import ROWS_AS_THEY_STAND

STORES, PEOPLE = 10, 1_000
_AT_ONCE = 100_000
# Of the year that ended an hour ago. Each technician has one of a thousand of them, so that no two are at one time.
_MADE = """
CREATE TEMP TABLE made (n bigint, id uuid, store_id uuid, technician_id uuid, at timestamptz, is_done boolean,
    is_cancelled boolean) ON COMMIT DROP;
INSERT INTO made
SELECT n, md5('order' || n)::uuid AS id, md5('store' || n % :stores)::uuid AS store_id,
       md5('person' || n % :people)::uuid AS technician_id,
       now() - interval '1 hour' - (:orders - n) * (interval '365 days' / :orders) AS at,
       n % 10 < 7 AS is_done, n % 10 = 7 AS is_cancelled
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n
"""
_PEOPLE = """
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
SELECT :org_id, md5('store' || n)::uuid, 'mass-' || n, 'Store ' || n, 'Europe/Lisbon', 41.15, -8.61, now(), now()
FROM generate_series(0, :stores - 1) n;
INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, created_at, updated_at)
SELECT :org_id, md5('person' || n)::uuid, 'mass-' || n, 'Person ' || n, md5('store' || n % :stores)::uuid, 41.15, -8.61,
       now(), now()
FROM generate_series(0, :people - 1) n;
INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at)
SELECT :org_id, gen_random_uuid(), md5('person' || n)::uuid, day, day + interval '8 hours'
FROM generate_series(0, :people - 1) n,
     generate_series(date_trunc('day', now()) - interval '360 days', now() - interval '1 day', '1 day') day
"""
_WORK = """
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, pending_reason, technician_id, customer, lat, lon,
    location_source, location_confidence, slot_start, slot_end, slot_given, created_by, changed_by, created_at,
    updated_at)
SELECT :org_id, id, CASE WHEN n % 3 = 0 THEN 'ticket' ELSE 'lead' END, 1000000 + n, store_id,
       CASE WHEN is_done THEN 'completed' WHEN is_cancelled OR n % 97 > 0 THEN 'cancelled' ELSE 'pending' END,
       CASE WHEN NOT is_done AND NOT is_cancelled AND n % 97 = 0 THEN 'unassigned' END,
       CASE WHEN is_done THEN technician_id END, '{"name": "C"}', 41.1 + n % 1000 / 10000.0, -8.6 + n % 777 / 10000.0,
       'geocoded', 'rooftop', at + interval '2 hours', at + interval '3 hours', true, '{}', '{}', at, at
FROM made;
INSERT INTO work_order_events (org_id, id, work_order_id, at, kind, actor, state)
SELECT :org_id, gen_random_uuid(), id, at + n % 900 * interval '1 second', 'assigned', '{}', 'assigned'
FROM made WHERE is_done;
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
SELECT :org_id, md5('booking' || n)::uuid, id, technician_id, 'primary', 'done', at + interval '2 hours',
       at + interval '3 hours', at + interval '2 hours', at + interval '3 hours', at, at
FROM made WHERE is_done;
INSERT INTO offers (org_id, id, work_order_id, technician_id, booking_id, automatic, state, offered_at, expires_at,
    responded_at)
SELECT :org_id, gen_random_uuid(), id, technician_id, md5('booking' || n)::uuid, true,
       CASE WHEN n % 9 = 0 THEN 'rejected' ELSE 'accepted' END, at, at + interval '10 minutes',
       at + n % 590 * interval '1 second'
FROM made WHERE is_done;
INSERT INTO decisions (org_id, id, work_order_id, at, mode, outcome, actor, chosen_technician_id, query, policy,
    candidates, excluded, counts)
SELECT :org_id, gen_random_uuid(), id, at, CASE WHEN n % 4 = 0 THEN 'manual' ELSE 'automatic' END, 'assigned', '{}',
       technician_id, '{}', '{}',
       jsonb_build_array(
           jsonb_build_object('technician_id', technician_id, 'distance_m', 1000 + n % 3000, 'eta_s', 200 + n % 700),
           jsonb_build_object('technician_id', gen_random_uuid(), 'distance_m', 1500, 'eta_s', 300)),
       '[]', '{}'
FROM made WHERE is_done
"""


def drop_what_insight_asks_nothing(world: World) -> None:
    """What finds a person's receipts takes longest to keep."""
    with psycopg.connect(world.admin_url, autocommit=True) as conn:
        conn.execute("DROP INDEX decisions_people_idx")


def write_year(world: World, org_id: UUID, orders: int) -> None:
    """The orders of a year in stores of their own, with what became of each; nothing of it is summed."""
    owner = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"))
    values = {"org_id": org_id, "stores": STORES, "people": PEOPLE, "orders": orders}
    with owner.begin() as conn:
        for statement in (ROWS_AS_THEY_STAND, *_PEOPLE.split(";")):
            conn.execute(text(statement), values)
    for first in range(1, orders + 1, _AT_ONCE):
        with owner.begin() as conn:
            part = values | {"first": first, "last": min(first + _AT_ONCE - 1, orders)}
            for statement in (ROWS_AS_THEY_STAND, *_MADE.split(";"), *_WORK.split(";")):
                conn.execute(text(statement), part)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("VACUUM ANALYZE work_orders, work_order_events, bookings, offers, decisions")
        conn.exec_driver_sql("ANALYZE duty_intervals, technicians, stores")
    owner.dispose()


def sum_all(world: World, application: Database) -> int:
    """What the worker does of it, until nothing is due; how often a store had its turn."""
    worker = Database(world.worker_url, pool_size=1)
    turns = 0
    while due := list_stores_to_sum(worker):
        for org_id, store_id in due:
            sum_store(application, org_id, store_id)
            turns += 1
    worker.close()
    return turns
