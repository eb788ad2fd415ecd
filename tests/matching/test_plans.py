"""How the hot statements are planned, as the application role, with 100,000 technicians in one organization."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.access.viewer import scope_values
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.statements import Statement
from geo_assign.matching import queries
from geo_assign.matching.domain import Question, Staff
from geo_assign.matching.filters import values_of
from geo_assign.matching.places import Phones
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_point
from geo_assign.matching.shapes import Shape, shape_of
from geo_assign.matching.statements.explaining import excluded, judged, without_position
from geo_assign.matching.statements.ranking import KEEP_BUSY, candidates, edge, externals
from tests.conftest import World, cloned
from tests.plans import ROWS_AS_THEY_STAND, explain, index_names, nodes, rows_read, sorted_nodes, was_run

# The first test fills the database, which is long when it comes last.
pytestmark = pytest.mark.slow

MIDDLE = Point(lat=41.15, lon=-8.61)
PEOPLE = 100_000
HIRED_AT = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
ORG_ID, STORE_ID, PROVIDER_ID = UUID(int=1), UUID(int=2), UUID(int=3)
VALUES = {"org_id": ORG_ID, "store_id": STORE_ID, "provider_id": PROVIDER_ID, "people": PEOPLE, "at": HIRED_AT}

# Spread over a degree around the middle; every fourth off duty, every thousandth knows how to weld.
FLEET = """
INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, 'test', 'Test');
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
VALUES (:org_id, :store_id, 'centre', 'Centre', 'Europe/Lisbon', 41.15, -8.61, :at, :at);
INSERT INTO technicians (org_id, id, slug, name, store_id, skills, base_lat, base_lon, on_duty, created_at, updated_at)
SELECT :org_id, md5('t' || n)::uuid, 't' || n, 'T ' || n, :store_id,
       CASE WHEN n % 1000 = 1 THEN ARRAY['repair', 'weld'] ELSE ARRAY['repair'] END,
       41.15, -8.61, n % 4 <> 0, :at, :at
FROM generate_series(1, :people) n;
INSERT INTO technician_skills (org_id, skill, technician_id)
SELECT org_id, unnest(skills), id FROM technicians;
INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at)
SELECT org_id, id, id, :at - interval '1 hour', CASE WHEN NOT on_duty THEN :at + interval '1 second' END
FROM technicians;
INSERT INTO current_positions
    (org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, changed_at)
SELECT org_id, id, 40.65 + ('x' || substr(md5(id::text), 1, 6))::bit(24)::int / 16777216.0,
       -9.11 + ('x' || substr(md5(id::text), 7, 6))::bit(24)::int / 16777216.0, :at, :at, :at, :at, :at
FROM technicians;
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, customer, lat, lon, location_source, slot_start,
    slot_end, slot_given, technician_id, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('w' || n)::uuid, 'lead', n, :store_id, 'assigned', '{}', 41.15, -8.61, 'client',
       :at + interval '2 days', :at + interval '49 hours', true, md5('t' || n)::uuid, '{}', '{}', :at, :at
FROM generate_series(1, 5000) n;
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
SELECT org_id, id, id, technician_id, 'primary', 'assigned', slot_start, slot_end, slot_start, slot_end, :at, :at
FROM work_orders;
ANALYZE technicians, technician_skills, current_positions, work_orders, bookings
"""

# Every row is looked at for the statistics: a sample by chance may miss most of so small a company.
COMPANY = """
SET default_statistics_target = 400;
INSERT INTO service_providers (org_id, id, slug, name, base_lat, base_lon, created_at, updated_at)
VALUES (:org_id, :provider_id, 'fixers', 'Fixers', 41.15, -8.61, :at, :at);
UPDATE technicians SET provider_id = :provider_id, at_base = substr(slug, 2)::int % 2 = 0, on_duty = true
WHERE org_id = :org_id AND slug IN (SELECT 't' || n FROM generate_series(1, 40) n);
ANALYZE technicians (org_id, provider_id, at_base, on_duty)
"""


@pytest.fixture(scope="session")
def fleet_template(filled: Callable[..., str]) -> str:
    return filled("fleet", lambda world: run_as_owner(world, FLEET), "tests/matching/test_plans.py")


@pytest.fixture(scope="module")
def fleet_world(fleet_template: str) -> Iterator[World]:
    """The fleet, for all tests of a file."""
    with cloned(fleet_template) as world:
        yield world


@pytest.fixture
def fleet(fleet_world: World) -> Iterator[Tx]:
    with asking(fleet_world) as tx:
        yield tx


# Everyone within 20 km of the middle has not been heard of for hours.
SILENT = """
UPDATE current_positions SET used_at = :at - interval '5 hours', heard_at = :at - interval '5 hours'
WHERE org_id = :org_id
  AND ST_DWithin(geog, ST_SetSRID(ST_MakePoint(-8.61, 41.15), 4326)::geography, 20000);
ANALYZE current_positions (used_at, heard_at)
"""


@pytest.fixture
def fleet_with_companies(fleet_template: str) -> Iterator[Tx]:
    """A fleet of its own with forty people of a company, half of them at its base."""
    with cloned(fleet_template) as world:
        # Before the transaction: it looks at every row, and what stands idle that long is ended.
        run_as_owner(world, COMPANY)
        with asking(world) as tx:
            yield tx


@contextmanager
def asking(world: World) -> Iterator[Tx]:
    """A transaction of the application role over the fleet, at the moment at which it was hired."""
    database = world.database(pool_size=1, clock=RecordedClock(HIRED_AT))
    try:
        with database.transaction(ORG_ID) as tx:
            yield tx
    finally:
        database.close()


def test_nearest_walks_the_index_and_reads_few_rows(fleet: Tx) -> None:
    question = asked(fleet)
    plan = planned(fleet, candidates(shape_of(question), 256), question, fetch=8)
    assert "current_positions_geog_idx" in index_names(plan)
    assert rows_read(plan, "current_positions") < 64
    assert not sorted_nodes(plan, over=500)


def test_other_work_is_looked_up_in_a_b_tree(fleet: Tx) -> None:
    """The index of the exclusion constraint is a GiST index: it takes three times as long."""
    question = asked(fleet)
    plan = planned(fleet, candidates(shape_of(question), 256), question, fetch=8)
    looked_up = [
        node["Index Name"] for node in nodes(plan) if node.get("Relation Name") == "bookings" and was_run(node)
    ]
    # Once of each candidate, of those who are overdue; that there is other work and how much today is asked of more.
    assert sorted(looked_up) == ["bookings_calendar_idx", "bookings_calendar_idx", "bookings_no_overlap"]


def test_the_explanation_is_bounded(fleet: Tx) -> None:
    question = asked(fleet)
    plan = planned(fleet, excluded(shape_of(question), 200), question)
    assert rows_read(plan, "current_positions") <= 200
    assert rows_read(plan, "technicians") <= 200


@pytest.mark.parametrize("window", [100, 200, 2_000])
def test_what_each_examined_technician_has_is_looked_up(fleet: Tx, window: int) -> None:
    """However much the organization has: work, offers, time off and exceptions of the others are not read."""
    question = asked(fleet)
    plan = planned(fleet, excluded(shape_of(question), window), question)
    kept = ("bookings", "offers", "time_off", "hours_exceptions", "technician_groups")
    read = [node for node in nodes(plan) if node.get("Relation Name") in kept and was_run(node)]
    assert {node["Relation Name"] for node in read} >= {"bookings", "offers"}
    assert [node["Relation Name"] for node in read if "technician_id" not in node.get("Index Cond", "")] == []


@pytest.mark.parametrize("limit", [1, 8, 40])
def test_automation_judges_the_nearest_once(fleet: Tx, limit: int) -> None:
    """For its candidates and for what its receipt says of the others; what each has is looked up."""
    question = replace(asked(fleet), limit=limit)
    shortly, ever = rank(fleet, question, in_passing=True), rank(fleet, question)
    assert shortly.candidates == ever.candidates
    assert shortly.explanation is not None
    assert ever.explanation is not None
    assert shortly.explanation.examined == (32 if limit < 10 else 96)
    assert shortly.explanation.excluded == ever.explanation.excluded[: len(shortly.explanation.excluded)]
    plan = planned(fleet, judged(shape_of(question), 32), question)
    assert rows_read(plan, "current_positions") <= 32
    assert rows_read(plan, "technicians") <= 32
    read = [node for node in nodes(plan) if node.get("Relation Name") in {"bookings", "offers"} and was_run(node)]
    assert read
    assert [node["Relation Name"] for node in read if "technician_id" not in node.get("Index Cond", "")] == []


def test_who_was_never_heard_from_is_found_without_reading_every_position(fleet: Tx) -> None:
    question = asked(fleet)
    plan = planned(fleet, without_position(shape_of(question), 2_000), question, fetch=50)
    assert rows_read(plan, "current_positions") <= 2_001
    assert rows_read(plan, "technicians") <= 2_001


def test_a_rare_skill_is_walked_from_those_who_have_it(fleet: Tx) -> None:
    question = replace(asked(fleet), skills=("weld",))
    plan = planned(fleet, candidates(shape_of(question), 256, rare_skill=True), question, fetch=8, rare_skill="weld")
    assert rows_read(plan, "current_positions") <= PEOPLE / 1000
    ranking = rank(fleet, question, explain=False)
    assert len(ranking.candidates) == question.limit


def test_a_silent_neighbourhood_costs_what_the_common_case_does(fleet_template: str) -> None:
    """Its phones are left out by the index: none of more than ten thousand is looked at one by one."""
    with cloned(fleet_template) as world:
        run_as_owner(world, SILENT)
        with asking(world) as fleet:
            question = replace(asked(fleet), limit=5)
            shape = shape_of(question)
            plan = planned(fleet, candidates(shape, 256, phones=Phones.FRESH), question, fetch=8)
            (walk,) = [node for node in nodes(plan) if node.get("Index Name") == "current_positions_geog_idx"]
            assert "used_at" in walk["Index Cond"]
            assert rows_read(plan, "current_positions") < 64
            plan = planned(fleet, edge(shape, 1_024, phones=Phones.FRESH), question)
            assert rows_read(plan, "current_positions") <= 1_024
            asked_for = answered_like_brute_force(fleet, question)
    assert asked_for <= {(256, Phones.ALL), (256, Phones.FRESH), (1_024, Phones.FRESH)}


def test_far_out_who_is_busy_is_asked_once(fleet: Tx) -> None:
    """And looked up in memory at each step, however many have work: the statement says how many there may be."""
    question = asked(fleet)
    fleet.fetch(KEEP_BUSY, {})
    plan = planned(fleet, candidates(shape_of(question), 8_192, phones=Phones.FREE), question, fetch=125)
    (walk,) = [node for node in nodes(plan) if node.get("Index Name") == "current_positions_geog_idx"]
    assert "hashed SubPlan" in walk["Filter"]
    assert {node["Actual Loops"] for node in walk["Plans"] if node["Node Type"] == "Limit"} == {1}


def answered_like_brute_force(fleet: Tx, question: Question) -> set[tuple[int, Phones]]:
    """Whether the nearest are those of brute force; the windows that were asked, and whether of fresh phones alone."""
    windows: set[tuple[int, Phones]] = set()
    with pytest.MonkeyPatch.context() as patch:

        def noted(shape: Shape, window: int, *, phones: Phones) -> Statement[Any]:
            windows.add((window, phones))
            return candidates(shape, window, phones=phones)

        patch.setattr(queries, "candidates", noted)
        found = [one.technician_id for one in rank(fleet, question, explain=False).candidates]
    assert found == by_brute_force(fleet, question.limit)
    return windows


def test_people_of_few_companies_are_looked_at_by_themselves(fleet_with_companies: Tx) -> None:
    fleet = fleet_with_companies
    question = replace(asked(fleet), staff=Staff.PROVIDERS)
    plan = planned(fleet, externals(shape_of(question)), question, fetch=2_000)
    assert rows_read(plan, "current_positions") <= 40
    assert rows_read(plan, "technicians") <= 400
    assert len(rank(fleet, question, explain=False).candidates) == question.limit
    unfiltered = planned(fleet, candidates(shape_of(asked(fleet)), 256), asked(fleet), fetch=8)
    assert {"current_positions_geog_idx", "technicians_at_base_idx"} <= index_names(unfiltered)
    assert rows_read(unfiltered, "current_positions") < 64


def test_an_empty_radius_does_not_walk_the_country(fleet: Tx) -> None:
    question = asked(fleet)
    far = replace(question, origin=Point(lat=45.0, lon=-8.61))
    assert rank(fleet, far, explain=False).candidates == ()


def test_the_ranking_equals_brute_force(fleet: Tx) -> None:
    answered_like_brute_force(fleet, replace(asked(fleet), limit=20))


def by_brute_force(fleet: Tx, limit: int) -> list[UUID]:
    """The nearest to the middle who are on duty and were heard of in the last hour."""
    statement = text(
        "SELECT p.technician_id FROM current_positions p JOIN technicians t "
        "ON t.org_id = p.org_id AND t.id = p.technician_id WHERE p.org_id = :org_id AND t.on_duty "
        "AND p.used_at > :at - interval '1 hour' "
        "ORDER BY ST_Distance(p.geog, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography), t.id LIMIT :limit"
    )
    given = {"org_id": fleet.org_id, "at": HIRED_AT, "lat": MIDDLE.lat, "lon": MIDDLE.lon, "limit": limit}
    return list(fleet.conn.execute(statement, given).scalars())


def run_as_owner(world: World, statements: str) -> None:
    owner = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"))
    with owner.begin() as conn:
        for statement in (ROWS_AS_THEY_STAND, *statements.split(";")):
            _run(conn, statement, VALUES)
    owner.dispose()


def asked(tx: Tx) -> Question:
    question = question_for_point(MIDDLE, at=tx.now(), scope=EVERYTHING, freshness_s=3600.0)
    return replace(question, slot=replace(question.slot, end=question.slot.start + timedelta(hours=1)))


def planned(tx: Tx, statement: Statement[Any], question: Question, **further: Any) -> dict[str, Any]:
    return explain(tx, statement, values_of(question) | scope_values(tx, question.scope) | further)


def _run(conn: Connection, statement: str, values: dict[str, Any]) -> None:
    if statement.strip():
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        conn.execute(text(statement.replace("::", "\\:\\:")), used)
