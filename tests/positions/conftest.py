"""A small fleet: one store, technicians on duty, pings at round times."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database, Tx
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, Ping, PingResult, Recorded
from geo_assign.positions.tasks import keep_track
from tests.conftest import World, borrowed

NOON = datetime(2026, 5, 21, 12, 0, tzinfo=UTC)
RETENTION = timedelta(days=3)
PORTO = Ping(recorded_at=NOON, lat=41.15, lon=-8.61, accuracy_m=8.0)


def seconds(amount: float) -> timedelta:
    return timedelta(seconds=amount)


def ping(at_s: float = 0.0, *, north_m: float = 0.0, **changes: Any) -> Ping:
    """A ping recorded `at_s` seconds after noon, `north_m` metres north of the centre."""
    place = {"recorded_at": NOON + seconds(at_s), "lat": PORTO.lat + north_m / 111_195}
    return replace(PORTO, **(place | changes))


def verdicts_of(results: Sequence[PingResult]) -> list[str]:
    """Each result in short: `accepted`, `rejected:off_duty`, `accepted+clock_ahead`."""
    return [
        f"{r.verdict}{':' + r.reason if r.reason else ''}{''.join('+' + flag for flag in r.flags)}" for r in results
    ]


@dataclass
class Fleet:
    """An organization whose clock stands at noon, until a test sets it."""

    org_id: UUID
    store_id: UUID
    database: Database
    clock: RecordedClock
    admin: Connection

    def technician(self, *duty: tuple[datetime, datetime | None], technician_id: UUID | None = None) -> UUID:
        """A technician who is on duty in these intervals; without any, since an hour before noon."""
        technician_id = technician_id or uuid4()
        intervals = duty or ((NOON - timedelta(hours=1), None),)
        on_duty = any(ended is None for _, ended in intervals)
        values = {"org_id": self.org_id, "id": technician_id, "store_id": self.store_id, "on_duty": on_duty}
        self.admin.execute(_TECHNICIAN, {**values, "slug": f"t-{technician_id.hex[-12:]}"})
        for started, ended in intervals:
            interval = {"org_id": self.org_id, "id": uuid4(), "technician_id": technician_id}
            self.admin.execute(_DUTY, {**interval, "started": started, "ended": ended})
        return technician_id

    def settings(self, **settings: Any) -> None:
        """The store's settings."""
        self.admin.execute(
            text("UPDATE stores SET settings = CAST(:settings AS jsonb) WHERE org_id = :org_id AND id = :id"),
            {"org_id": self.org_id, "id": self.store_id, "settings": json.dumps(settings)},
        )

    def at(self, after_noon_s: float) -> "Fleet":
        """The same fleet, `after_noon_s` seconds after noon."""
        self.clock.set(NOON + seconds(after_noon_s))
        return self

    def record(self, *batches: Batch) -> Recorded:
        with self.begin() as tx:
            return record(tx, batches, retention=RETENTION)

    def send(self, technician_id: UUID, *pings: Ping, device: str = "phone") -> list[str]:
        """Record the pings of one device and say in short what became of them."""
        return verdicts_of(self.record(Batch(technician_id, device, pings)).batches[0].results)

    def begin(self) -> AbstractContextManager[Tx]:
        """A transaction of the organization, as a request would open it."""
        return self.database.transaction(self.org_id)

    def current(self, technician_id: UUID) -> Any:
        """The row of the current position, seen from behind the application."""
        return self.admin.execute(
            text("SELECT * FROM current_positions WHERE org_id = :org_id AND technician_id = :id"),
            {"org_id": self.org_id, "id": technician_id},
        ).one_or_none()

    def track(self, technician_id: UUID) -> Sequence[Any]:
        return self.admin.execute(
            text(
                "SELECT * FROM position_track WHERE org_id = :org_id AND technician_id = :id "
                "ORDER BY used_at, recorded_at, device"
            ),
            {"org_id": self.org_id, "id": technician_id},
        ).all()


_TECHNICIAN = text(
    "INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, on_duty, created_at, updated_at) "
    "VALUES (:org_id, :id, :slug, 'Ana', :store_id, 41.15, -8.61, :on_duty, now(), now())"
)
_DUTY = text(
    "INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at) "
    "VALUES (:org_id, :id, :technician_id, :started, :ended)"
)
_STORE = text(
    "INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at) "
    "VALUES (:org_id, :id, 'porto', 'Porto', 'Europe/Lisbon', 41.15, -8.61, now(), now())"
)


@pytest.fixture(scope="session")
def tracked(filled: Callable[..., str]) -> str:
    """A template with the days of the track around noon: to make them takes longer than a test."""
    return filled("tracked", _keep_track, "tests/positions/conftest.py", "geo_assign/positions/tasks.py")


@pytest.fixture
def world(tracked: str) -> Iterator[World]:
    with borrowed(tracked) as world:
        yield world


def _keep_track(world: World) -> None:
    worker = Database(world.worker_url, pool_size=1, clock=RecordedClock(NOON))
    keep_track(worker, retention=RETENTION)
    worker.close()


@pytest.fixture
def clock() -> RecordedClock:
    return RecordedClock(NOON)


@pytest.fixture
def fleet(world: World, org_id: UUID, admin: Connection, clock: RecordedClock) -> Iterator[Fleet]:
    store_id = uuid4()
    admin.execute(_STORE, {"org_id": org_id, "id": store_id})
    fleet = Fleet(org_id=org_id, store_id=store_id, database=world.database(clock=clock), clock=clock, admin=admin)
    yield fleet
    fleet.database.close()
