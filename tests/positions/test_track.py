"""The track's days, and what readers are told."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database
from geo_assign.positions.queries import find_current_position
from geo_assign.positions.tables import position_track
from geo_assign.positions.tasks import TrackUpkeep, keep_track
from tests.conftest import World
from tests.positions.conftest import NOON, RETENTION, Fleet, ping, seconds

DAY = timedelta(days=1)


@pytest.fixture
def worker(world: World, clock: RecordedClock) -> Iterator[Database]:
    database = Database(world.worker_url, pool_size=1, clock=clock)
    yield database
    database.close()


def days(fleet: Fleet) -> set[date]:
    names = fleet.admin.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'position_track'::regclass")
    ).scalars()
    return {date.fromisoformat(name.removeprefix("position_track_")) for name in names}


def test_days_are_kept_from_the_retention_to_a_week_ahead(fleet: Fleet, worker: Database) -> None:
    fleet.admin.exec_driver_sql("SELECT drop_track_partitions('2100-01-01')")
    assert keep_track(worker, retention=RETENTION) == TrackUpkeep(made=11, dropped=0, forgotten=0)
    today = NOON.date()
    assert days(fleet) == {today + offset * DAY for offset in range(-3, 8)}
    fleet.clock.advance(2 * DAY)
    assert keep_track(worker, retention=RETENTION) == TrackUpkeep(made=2, dropped=2, forgotten=0)
    assert days(fleet) == {today + offset * DAY for offset in range(-1, 10)}
    assert keep_track(worker, retention=RETENTION) == TrackUpkeep(made=0, dropped=0, forgotten=0)


def test_the_oldest_ping_that_is_kept_has_a_day_and_a_dropped_day_takes_its_pings(
    fleet: Fleet, worker: Database
) -> None:
    ana = fleet.technician((NOON - 9 * DAY, None))
    assert fleet.send(ana, ping(-RETENTION.total_seconds()), ping()) == ["accepted", "accepted"]
    fleet.clock.advance(DAY)
    keep_track(worker, retention=RETENTION)
    assert [row.recorded_at for row in fleet.track(ana)] == [NOON]


def test_a_long_reader_does_not_make_pings_queue_behind_the_upkeep(fleet: Fleet, worker: Database) -> None:
    """The upkeep gives up after a second, having made the new day, and drops the old one next time."""
    ana = fleet.technician()
    with fleet.begin() as reader:
        reader.conn.execute(select(position_track).where(position_track.c.technician_id == ana))
        fleet.clock.advance(DAY)
        with pytest.raises(OperationalError, match="lock timeout"):
            keep_track(worker, retention=RETENTION)
    assert NOON.date() + 8 * DAY in days(fleet)
    assert keep_track(worker, retention=RETENTION) == TrackUpkeep(made=0, dropped=1, forgotten=0)


@pytest.mark.parametrize(
    "call", ["ensure_track_partitions('2026-01-01', '2026-01-02')", "drop_track_partitions('2099-01-01')"]
)
def test_the_application_cannot_touch_the_days(world: World, call: str) -> None:
    with psycopg.connect(world.app_url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(f"SELECT {call}")


def test_a_day_by_itself_is_closed_to_both_roles(fleet: Fleet, world: World) -> None:
    for url in (world.app_url, world.worker_url):
        with psycopg.connect(url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT * FROM position_track_20260521")


def test_readers_get_the_newest_position(fleet: Fleet) -> None:
    ana, bo = fleet.technician(), fleet.technician()
    fleet.send(ana, ping(-40, battery=0.25), ping(-60))
    with fleet.begin() as tx:
        found = find_current_position(tx, ana)
        assert found is not None
        assert (found.technician_id, found.recorded_at, found.battery) == (ana, NOON - seconds(40), 0.25)
        assert find_current_position(tx, bo) is None
