"""The figures that the worker reads from the database: right, and cheap however much waits."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, text

from geo_assign import figures
from geo_assign.core.db import Database
from geo_assign.core.telemetry import registry
from geo_assign.positions.tasks import count_position_ages
from geo_assign.webhooks.backlog import BACKLOG
from geo_assign.workorders.domain import PendingReason
from geo_assign.workorders.queries import backlog
from tests.conftest import World, borrowed, opened_day, owner_of
from tests.day import Day
from tests.dispatch.test_waking import copies_of
from tests.plans import index_names, nodes


@pytest.fixture
def worker(world: World, day: Day) -> Iterator[Database]:
    """The worker role's pool on the day's clock."""
    database = Database(world.worker_url, clock=day.clock, pool_size=1)
    yield database
    database.close()


def told(name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"geo_assign_{name}", labels)


def test_what_waits_is_told_by_reason_kind_and_age(worker: Database, day: Day) -> None:
    day.map("A B C . J K L", step_m=400)
    day.technician("A", last_ping="30 s ago")
    day.technician("B", last_ping="8 min ago")
    day.technician("C", last_ping="2 h ago")
    assert day.lead("J").technician == "A"
    day.lead("K", address="a street without a place")
    figures.take_figures(worker)
    assert told("overdue_deadlines", kind="offer_expiry") == 0
    assert told("technicians_on_duty", position_age="under_1_min") == 1
    assert told("technicians_on_duty", position_age="under_5_min") == 0
    assert told("technicians_on_duty", position_age="under_15_min") == 1
    assert told("technicians_on_duty", position_age="older") == 1
    assert told("technicians_on_duty", position_age="none") == 0
    reason = day.outcome("K").order.pending_reason
    assert told("pending_work_orders", reason=str(reason)) == 1
    assert sum(told("pending_work_orders", reason=one.value) or 0 for one in PendingReason) == 1
    assert (told("outbox_waiting_events") or 0) > 0
    day.later("12 min")
    figures.take_figures(worker)
    assert told("overdue_deadlines", kind="offer_expiry") == 1
    assert told("overdue_seconds", kind="offer_expiry") == pytest.approx(120, abs=1)
    assert told("technicians_on_duty", position_age="under_15_min") == 1
    assert told("figures_timestamp_seconds") == day.clock.now(None).timestamp()  # type: ignore[arg-type]


def test_who_is_off_duty_is_not_counted(worker: Database, day: Day) -> None:
    day.map("A B", step_m=400)
    day.technician("A")
    day.technician("B")
    day.off_duty("B")
    figures.take_figures(worker)
    ages = ("under_1_min", "under_5_min", "under_15_min", "older", "none")
    assert sum(told("technicians_on_duty", position_age=age) or 0 for age in ages) == 1


def test_the_worker_reads_no_place_for_it(worker: Database, admin: Connection) -> None:
    with worker.across_organizations() as conn:
        for table in ("current_positions", "technicians"):
            may = conn.execute(text("SELECT has_table_privilege(:table, 'SELECT')"), {"table": table}).scalar_one()
            assert not may


def test_counting_stops_at_its_bound(worker: Database, day: Day, admin: Connection) -> None:
    day.map("J", step_m=400)
    day.lead("J")
    copies_of(admin, day, "J", backlog.COUNTED_TO + 500)
    with worker.across_organizations() as conn:
        counted = backlog.count_pending(conn)
    assert counted[str(day.outcome("J").order.pending_reason)] == backlog.COUNTED_TO
    assert set(counted) == {reason.value for reason in PendingReason}


# Plans ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Much:
    """A database with thousands of work orders that are over and some hundred that wait; filled once for its tests."""

    day: Day
    owner: Connection
    worker: Database


@pytest.fixture(scope="module")
def much(template: str) -> Iterator[Much]:
    with borrowed(template) as world, owner_of(world) as owner, opened_day(world) as day:
        day.map("A . J K", step_m=400)
        day.technician("A")
        day.lead("J")
        day.cancel("J")
        day.lead("K", address="a street without a place")
        copies_of(owner, day, "J", 4_000)
        copies_of(owner, day, "K", 200, kind="'ticket'", geocode_due_at="now() - interval '1 year'")
        owner.execute(text("ANALYZE"))
        worker = Database(world.worker_url, clock=day.clock, pool_size=1)
        yield Much(day, owner, worker)
        worker.close()


def plan(conn: Connection, statement: Executable) -> Mapping[str, Any]:
    """The plan that was run, as the worker's role."""
    compiled = statement.compile(conn, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    row = conn.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}".replace("%", "%%")).scalar_one()
    document = row if isinstance(row, list) else json.loads(row)
    return document[0]["Plan"]  # type: ignore[no-any-return]


def seen(found: Mapping[str, Any]) -> list[str]:
    """Tables that were read from end to end."""
    return [node["Relation Name"] for node in nodes(found) if node["Node Type"] == "Seq Scan"]


def test_pending_work_is_counted_from_its_index(much: Much) -> None:
    with much.worker.across_organizations() as conn:
        found = plan(conn, backlog.PENDING)
    assert index_names(found) == {"work_orders_pending_reason_idx"}
    assert seen(found) == []


def test_overdue_deadlines_are_counted_from_their_indexes(much: Much) -> None:
    with much.worker.across_organizations() as conn:
        found = plan(conn, backlog.overdue(much.day.clock.now()))
    assert {"work_orders_geocode_due_idx", "work_orders_evaluate_due_idx"} <= index_names(found)
    assert "work_orders" not in seen(found)


def test_events_and_deliveries_are_counted_from_what_waits(much: Much) -> None:
    much.owner.execute(
        text(
            "INSERT INTO outbox (org_id, id, event_type, subject_id, payload, created_at, available_at, delivered_at) "
            "SELECT :org_id, gen_random_uuid(), 'work_order.created', gen_random_uuid(), '{}', now(), now(), now() "
            "FROM generate_series(1, 5000)"
        ),
        {"org_id": much.day.org_id},
    )
    much.owner.execute(text("ANALYZE outbox"))
    with much.worker.across_organizations() as conn:
        found = plan(conn, BACKLOG)
    assert "outbox_waiting_idx" in index_names(found)
    assert "outbox" not in seen(found)


def test_technicians_on_duty_are_found_by_their_index(much: Much) -> None:
    much.owner.execute(
        text(
            "INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, created_at, updated_at) "
            "SELECT org_id, gen_random_uuid(), 'n' || n, 'Extra', id, lat, lon, now(), now() "
            "FROM stores, generate_series(1, 5000) n"
        )
    )
    much.owner.execute(text("ANALYZE technicians"))
    row = much.owner.execute(
        text("EXPLAIN (ANALYZE, FORMAT JSON) SELECT o.org_id, o.id FROM technicians o WHERE o.on_duty LIMIT 20000")
    ).scalar_one()
    assert index_names(row[0]["Plan"]) == {"technicians_on_duty_idx"}
    assert sum(count_position_ages(much.owner, much.day.clock.now()).values()) == 1
