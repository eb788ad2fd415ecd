"""How the past is read, as the application role: each technician's track where it is needed, and no list per person."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.access.viewer import scope_values
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.mapview.past import get_past_picture, off_duty_then, people_then
from geo_assign.matching.filters import values_of
from geo_assign.matching.history import KEPT_AT_MOST, OVERDUE_FOR, past_values
from geo_assign.matching.queries import rank_then
from geo_assign.matching.questions import question_for_point
from geo_assign.matching.shapes import shape_of
from geo_assign.matching.statements.explaining import excluded, without_position
from geo_assign.matching.statements.ranking import candidates_then
from tests.conftest import World, cloned
from tests.day import NOON, RETENTION
from tests.matching.test_plans import run_as_owner
from tests.plans import explain, index_names, nodes

PEOPLE, PINGS = 1_000, 60
AT = NOON + timedelta(minutes=30)
ORG_ID = UUID(int=1)

# A quarter is off duty; each pings every minute for an hour, and has been to twenty appointments.
FLEET = """
INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, 'test', 'Test');
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
VALUES (:org_id, :store_id, 'centre', 'Centre', 'Europe/Lisbon', 41.15, -8.61, :at - interval '9 days', :at);
INSERT INTO technicians (org_id, id, slug, name, store_id, skills, base_lat, base_lon, on_duty, created_at, updated_at)
SELECT :org_id, md5('t' || n)::uuid, 't' || n, 'T ' || n, :store_id, '{}', 41.15, -8.61, n % 4 <> 0,
       :at - interval '9 days', :at
FROM generate_series(1, 1000) n;
INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at)
SELECT org_id, md5(id::text || d)::uuid, id, :at - interval '1 hour' - d * interval '1 day',
       CASE WHEN d > 0 OR NOT on_duty THEN :at - d * interval '1 day' + interval '1 minute' END
FROM technicians, generate_series(0, 8) d;
INSERT INTO position_track (org_id, technician_id, lat, lon, recorded_at, used_at, received_at)
SELECT t.org_id, t.id, 41.15 + n / 1000.0, -8.61 + substr(t.slug, 2)::int / 10000.0, m.at, m.at,
       m.at + interval '1 second'
FROM technicians t, generate_series(1, 60) n, LATERAL (SELECT :at + n * interval '1 minute' AS at) m
WHERE t.on_duty;
INSERT INTO current_positions
    (org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, changed_at)
SELECT t.org_id, t.id, k.lat, k.lon, k.recorded_at, k.used_at, k.received_at, k.received_at, k.received_at
FROM technicians t JOIN position_track k ON k.org_id = t.org_id AND k.technician_id = t.id
WHERE k.recorded_at = :at + interval '1 hour';
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, customer, lat, lon, location_source, slot_start,
    slot_end, slot_given, technician_id, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('w' || n)::uuid, 'lead', n, :store_id, 'completed', '{}', 41.15, -8.61, 'client',
       :at - (n / 1000) * interval '1 day', :at - (n / 1000) * interval '1 day' + interval '1 hour', true,
       md5('t' || 1 + n % 1000)::uuid, '{}', '{}', :at - interval '9 days', :at + interval '50 minutes'
FROM generate_series(1000, 20999) n;
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
SELECT org_id, id, id, technician_id, 'primary', 'done', slot_start, slot_end, slot_start, slot_end, created_at,
       updated_at
FROM work_orders;
INSERT INTO work_order_events (org_id, id, work_order_id, at, kind, actor, state)
SELECT org_id, md5(id::text || s)::uuid, id, created_at + s * interval '1 hour', 'status_changed', '{}', 'on_site'
FROM work_orders, generate_series(0, 2) s;
ANALYZE technicians, duty_intervals, position_track, current_positions, work_orders, bookings, work_order_events
"""


@pytest.fixture(scope="module")
def fleet_world(filled: Callable[..., str]) -> Iterator[World]:
    sources = ("tests/mapview/test_past_plans.py", "tests/matching/test_plans.py")
    template = filled("past", lambda world: run_as_owner(world, FLEET), *sources)
    with cloned(template) as world:
        yield world


@pytest.fixture
def fleet(fleet_world: World) -> Iterator[Tx]:
    database = fleet_world.database(pool_size=1, clock=RecordedClock(NOON + timedelta(hours=2)))
    try:
        with database.transaction(ORG_ID) as tx:
            yield tx
    finally:
        database.close()


def reads(plan: dict[str, Any], prefix: str) -> float:
    """Rows that scans of a table, or of its partitions, gave or threw away, over all loops."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(plan)
        if str(node.get("Relation Name", "")).startswith(prefix)
    )


def test_the_map_opens_the_track_of_those_on_duty_at_the_place_asked_for(fleet: Tx) -> None:
    asked = {"at": AT, "track_from": AT - RETENTION, "work_from": AT - OVERDUE_FOR, "busy_to": AT + KEPT_AT_MOST}
    plan = explain(fleet, people_then(everything=True), scope_values(fleet, EVERYTHING) | asked)
    assert plan["Actual Rows"] == PEOPLE * 3 / 4
    # The pings of the ten minutes by which a phone may be ahead are passed over.
    assert reads(plan, "position_track") <= PEOPLE * 25
    # The last duty of each, and not all that they ever had.
    assert reads(plan, "duty_intervals") <= PEOPLE * 2
    assert "bookings_calendar_idx" in index_names(plan)
    assert reads(plan, "bookings") <= PEOPLE * 90


def test_a_search_in_the_past_looks_at_each_technician_once(fleet: Tx) -> None:
    question = question_for_point(Point(41.15, -8.61), at=AT, scope=EVERYTHING, freshness_s=3_600.0)
    then = past_values(question, ahead=KEPT_AT_MOST, work_back=OVERDUE_FOR)
    values = values_of(question) | scope_values(fleet, EVERYTHING) | then
    shape = shape_of(question)
    for statement, further in (
        (candidates_then(shape, 262_144, of_scope=True), {"fetch": 8}),
        (excluded(shape, 200, then=True), {}),
        (without_position(shape, 2_000, then=True), {"fetch": 50}),
    ):
        plan = explain(fleet, statement, values | further)
        assert reads(plan, "position_track") <= PEOPLE * 30
        assert reads(plan, "duty_intervals") <= PEOPLE * 2
        scans = [node for node in nodes(plan) if node["Node Type"] == "Seq Scan" and node["Actual Loops"] > 1]
        assert [node["Relation Name"] for node in scans if reads(node, "") > 2 * PEOPLE] == []


def test_the_numbers_are_those_of_the_time(fleet: Tx) -> None:
    shown = get_past_picture(fleet, EVERYTHING, AT, retention=RETENTION)
    assert (shown.in_scope.people, shown.off_duty) == (PEOPLE * 3 / 4, PEOPLE / 4)
    assert {one.age_s for one in shown.technicians} == {60.0}
    question = question_for_point(Point(41.15, -8.61), at=AT, scope=EVERYTHING, freshness_s=3_600.0)
    assert len(rank_then(fleet, question).candidates) == question.limit


def test_who_was_off_duty_is_counted_without_the_track(fleet: Tx) -> None:
    asked = {"at": AT, "track_from": AT - RETENTION, "work_from": AT - OVERDUE_FOR, "busy_to": AT + KEPT_AT_MOST}
    plan = explain(fleet, off_duty_then(everything=True), scope_values(fleet, EVERYTHING) | asked)
    assert reads(plan, "position_track") == 0
