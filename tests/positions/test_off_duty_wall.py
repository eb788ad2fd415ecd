"""The wall: no position is kept of a technician off duty, not even by a statement that no code of ours would send."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors as pg_errors

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Database
from geo_assign.core.geo import Point
from geo_assign.mapview.queries import get_picture, list_changes
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_point
from geo_assign.positions.domain import Batch
from geo_assign.positions.grouping import Grouper
from geo_assign.positions.ledger import Ledger
from geo_assign.positions.tasks import TrackUpkeep, keep_track
from geo_assign.workforce.store_rules import get_store_rules
from tests.conftest import World
from tests.day import Day
from tests.positions.conftest import NOON, RETENTION, Fleet, ping, seconds, verdicts_of

HOUR = timedelta(hours=1)

INTO_TRACK = """
INSERT INTO position_track (org_id, technician_id, lat, lon, recorded_at, device, used_at, received_at)
SELECT %(org_id)s, unnest(%(people)s::uuid[]), 41.15, -8.61, %(at)s, 'phone', %(at)s, %(at)s + interval '9 hours'"""
INTO_CURRENT = """
INSERT INTO current_positions
    (org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, changed_at)
SELECT %(org_id)s, unnest(%(people)s::uuid[]), 41.15, -8.61, %(at)s, %(at)s, %(at)s + interval '9 hours', %(at)s, %(at)s
ON CONFLICT (org_id, technician_id) DO UPDATE SET used_at = excluded.used_at"""

both = pytest.mark.parametrize("statement", [INTO_TRACK, INTO_CURRENT], ids=["track", "current"])


@pytest.fixture
def as_application(fleet: Fleet, world: World) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(world.app_url) as conn:
        conn.execute("SELECT set_config('app.org_id', %s, false)", [str(fleet.org_id)])
        yield conn
        conn.rollback()


@both
@pytest.mark.parametrize(
    ("at", "kept"),
    [
        pytest.param(NOON - 4 * HOUR, False, id="before duty ever began"),
        pytest.param(NOON - 3 * HOUR, True, id="as duty began"),
        pytest.param(NOON - timedelta(hours=2, minutes=30), True, id="on duty, told when off"),
        pytest.param(NOON - 2 * HOUR, False, id="as duty ended"),
        pytest.param(NOON - HOUR, False, id="in the break"),
        pytest.param(NOON, True, id="on duty again"),
    ],
)
def test_each_place_is_judged_by_its_own_time(
    fleet: Fleet, as_application: psycopg.Connection[Any], statement: str, *, at: datetime, kept: bool
) -> None:
    ana = fleet.technician((NOON - 3 * HOUR, NOON - 2 * HOUR), (NOON - HOUR / 2, None))
    assert is_taken(as_application, statement, fleet.org_id, people=[ana], at=at) is kept


@both
def test_one_who_is_off_duty_fails_the_whole_statement(
    fleet: Fleet, as_application: psycopg.Connection[Any], statement: str
) -> None:
    working, resting = fleet.technician(), fleet.technician((NOON - 3 * HOUR, NOON - 2 * HOUR))
    assert is_taken(as_application, statement, fleet.org_id, people=[working], at=NOON)
    assert not is_taken(as_application, statement, fleet.org_id, people=[working, resting], at=NOON - seconds(1))


def test_the_owner_is_held_to_it_too(fleet: Fleet, world: World) -> None:
    resting = fleet.technician((NOON - 3 * HOUR, NOON - 2 * HOUR))
    with psycopg.connect(world.admin_url) as owner:
        assert not is_taken(owner, INTO_TRACK, fleet.org_id, people=[resting], at=NOON)


def test_a_move_off_duty_is_refused(fleet: Fleet, as_application: psycopg.Connection[Any]) -> None:
    ana = fleet.technician((NOON - 3 * HOUR, NOON))
    assert is_taken(as_application, INTO_CURRENT, fleet.org_id, people=[ana], at=NOON - HOUR)
    with pytest.raises(pg_errors.CheckViolation, match="off duty"):
        as_application.execute(
            "UPDATE current_positions SET lat = 41.2, used_at = %s WHERE technician_id = %s", [NOON, ana]
        )


def test_the_duty_of_another_technician_does_not_count(fleet: Fleet, as_application: psycopg.Connection[Any]) -> None:
    fleet.technician()
    resting = fleet.technician((NOON - 3 * HOUR, NOON - 2 * HOUR))
    assert not is_taken(as_application, INTO_TRACK, fleet.org_id, people=[resting], at=NOON)


def test_pings_written_while_the_technician_goes_off_duty_are_rejected(fleet: Fleet) -> None:
    """The wall turns back what was judged a moment too early; it is judged again, and nothing fails."""
    ana = fleet.technician()
    begun: list[int] = []

    def begin() -> Any:
        begun.append(len(begun))
        return fleet.begin()

    def go_off_duty_meanwhile(*_: object) -> None:
        if len(begun) == 1:
            fleet.admin.exec_driver_sql("UPDATE technicians SET on_duty = false WHERE id = %s", (ana,))
            fleet.admin.exec_driver_sql("UPDATE duty_intervals SET ended_at = %s", (NOON - seconds(30),))

    grouper = Grouper(retention=RETENTION, wait_s=0.0)
    with _between_judging_and_writing(go_off_duty_meanwhile):
        answer = grouper.submit(fleet.org_id, Batch(ana, "phone", [ping(-40), ping(-10)]), begin)
    assert verdicts_of(answer.results) == ["accepted", "rejected:off_duty"]
    assert begun == [0, 1]
    assert [row.recorded_at for row in fleet.track(ana)] == [NOON - seconds(40)]


def test_a_position_is_hidden_once_the_technician_is_off_duty(day: Day) -> None:
    """Map, stream and search say only: off duty, last seen five minutes ago."""
    day.map("A . J . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.later("5 min")
    since = day.clock.now()
    day.off_duty("A")
    day.ping("B")
    with day.database.transaction(day.org_id) as tx:
        picture = get_picture(tx, EVERYTHING)
        assert ([one.name for one in picture.technicians], picture.off_duty) == (["B"], 1)
        changes = list_changes(tx, EVERYTHING, since)
        assert ([one.name for one in changes.technicians], changes.gone) == (["B"], [day.people["A"]])
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        question = question_for_point(Point(41.0, -30.0), at=tx.now(), scope=EVERYTHING, rules=rules, freshness_s=600.0)
        ranking = rank(tx, question)
    assert [one.name for one in ranking.candidates] == ["B"]
    assert ranking.explanation is not None
    (away,) = ranking.explanation.excluded
    assert (away.name, away.presence, away.distance_m) == ("A", "off_duty", None)
    assert away.last_seen_at == day.clock.now() - timedelta(minutes=5)
    assert not any("km" in reason.detail or "radius_m" in reason.needed for reason in away.reasons)


def test_the_last_place_is_forgotten_with_the_track(fleet: Fleet, world: World) -> None:
    ana, bo = fleet.technician((NOON - 9 * HOUR, None)), fleet.technician((NOON - 9 * HOUR, None))
    fleet.send(ana, ping())
    fleet.clock.advance(timedelta(days=2))
    fleet.record(Batch(bo, "phone", [ping(2 * 86_400)]))
    worker = Database(world.worker_url, pool_size=1, clock=fleet.clock)
    fleet.clock.advance(timedelta(days=2))
    assert keep_track(worker, retention=RETENTION) == TrackUpkeep(made=4, dropped=4, forgotten=1)
    worker.close()
    assert (fleet.current(ana), fleet.current(bo).used_at) == (None, NOON + timedelta(days=2))


def is_taken(conn: psycopg.Connection[Any], statement: str, org_id: UUID, *, people: list[UUID], at: datetime) -> bool:
    """Whether the database takes it; nothing of it stays."""
    name = f"s{uuid4().hex}"
    conn.execute(f"SAVEPOINT {name}")
    try:
        conn.execute(statement, {"org_id": org_id, "people": people, "at": at})
    except pg_errors.CheckViolation:
        conn.execute(f"ROLLBACK TO {name}")
        return False
    return True


def _between_judging_and_writing(act: Any) -> Any:
    """`act` happens when pings were judged and are not yet written."""
    write = Ledger.write

    def acted(self: Ledger, *args: Any, **more: Any) -> Any:
        act()
        return write(self, *args, **more)

    return patch.object(Ledger, "write", acted)
