"""Crowds of technicians for the walk outwards: where each is known to be, and what stands against each.

They are written into the tables directly: hundreds at once, for each way in which a place is known.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Table, insert, text

from geo_assign.core.geo import Point
from geo_assign.positions.tables import current_positions, position_track
from geo_assign.workforce.tables import (
    duty_intervals,
    hours_exceptions,
    provider_groups,
    service_providers,
    technician_groups,
    technician_skills,
    technicians,
    time_off,
)
from geo_assign.workorders.tables import bookings, work_orders
from tests.day import NOON, ORIGIN, Day, shifted

SOON, LATER = ("live", "base"), ("visit", "home", "store", "provider", "base")
"""How a place is known where the slot starts soon, and where it starts in the evening."""

_BLOCKS = ("skill", "time_off", "hours", "booked", "inactive", "stranger")
_BLOCKS_OF_PHONES = (*_BLOCKS, "off_duty", "stale", "mock")
EVENING = timedelta(hours=6)


@dataclass(frozen=True)
class Person:
    """A technician at `place`, which is known by `source`; `blocked` by one thing, or None."""

    source: str
    place: Point
    blocked: str | None
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Ring:
    """So many people of a source between two distances from the origin, in metres: free, or blocked.

    `by` names what blocks all of them; without it each has a block by chance.
    """

    source: str
    number: int
    from_m: float
    to_m: float
    free: bool = False
    by: str | None = None


def draw_people(rings: Sequence[Ring], chance: random.Random, *, skill_asked: bool) -> list[Person]:
    """The people of the rings, spread by chance over every direction."""
    people = []
    for ring in rings:
        blocks = list(_BLOCKS_OF_PHONES if ring.source == "live" else _BLOCKS)
        if not skill_asked:
            blocks.remove("skill")
        for _ in range(ring.number):
            metres, turn = chance.uniform(ring.from_m, ring.to_m), chance.uniform(-1, 1)
            east_m = metres * turn
            south_m = chance.choice((-1, 1)) * (metres**2 - east_m**2) ** 0.5
            blocked = None if ring.free else ring.by or chance.choice(blocks)
            people.append(Person(ring.source, shifted(ORIGIN, east_m=east_m, south_m=south_m), blocked))
    return people


def hire(admin: Connection, day: Day, people: Sequence[Person], *, group: str) -> None:
    """Write all of them; all but strangers belong to the group."""
    writing = _Writing(day, day.group(group))
    for number, person in enumerate(people):
        writing.add(person, number)
    for table, rows in writing.rows.items():
        if rows:
            admin.execute(insert(table), rows)
    admin.execute(text("ANALYZE technicians, current_positions, bookings, work_orders"))


class _Writing:
    """The rows by table, in the order in which they can be written."""

    def __init__(self, day: Day, group_id: UUID) -> None:
        self._org, self._day, self._group_id, self._provider_id = {"org_id": day.org_id}, day, group_id, uuid4()
        written = (
            service_providers,
            provider_groups,
            technicians,
            technician_groups,
            technician_skills,
            duty_intervals,
            current_positions,
            position_track,
            work_orders,
            bookings,
            time_off,
            hours_exceptions,
        )
        self.rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in written}
        base = {"base_lat": ORIGIN.lat, "base_lon": ORIGIN.lon}
        self._write(service_providers, id=self._provider_id, slug="fixers", name="Fixers", **base, **_times())
        self._write(provider_groups, provider_id=self._provider_id, group_id=group_id)

    def add(self, person: Person, number: int) -> None:
        skills = [] if person.blocked == "skill" else ["tv"]
        home = person.place if person.source == "home" else None
        of_provider = person.source in {"base", "provider"}
        at_night = shifted(person.place, east_m=70_000)
        begins = person.place if person.source not in {"live", "visit"} else at_night
        self._write(
            technicians,
            id=person.id,
            slug=f"t{number}",
            name=f"T{number}",
            store_id=self._day.store_id,
            provider_id=self._provider_id if of_provider else None,
            skills=skills,
            home_lat=home and home.lat,
            home_lon=home and home.lon,
            base_lat=begins.lat,
            base_lon=begins.lon,
            active=person.blocked != "inactive",
            on_duty=person.blocked != "off_duty" and person.source != "base",
            at_base=person.source == "base",
            **_times(),
        )
        for skill in skills:
            self._write(technician_skills, technician_id=person.id, skill=skill)
        if person.blocked != "stranger":
            self._write(technician_groups, technician_id=person.id, group_id=self._group_id)
        if person.source == "live":
            self._phone(person)
        if person.source == "visit":
            self._work(person, NOON + timedelta(hours=2), number=2 * number)
        if person.blocked == "booked":
            after_visit = timedelta(hours=3 if person.source == "visit" else 0)
            self._work(person, NOON + after_visit, number=2 * number + 1, hours=7)
        if person.blocked == "time_off":
            span = {"starts_at": NOON, "ends_at": NOON + timedelta(hours=9)}
            self._write(time_off, id=uuid4(), technician_id=person.id, **span)
        if person.blocked == "hours":
            self._write(hours_exceptions, technician_id=person.id, local_date=NOON.date(), spans=[], updated_at=NOON)

    def _phone(self, person: Person) -> None:
        ended_at = NOON + timedelta(seconds=1) if person.blocked == "off_duty" else None
        began_at = NOON - timedelta(hours=1)
        self._write(duty_intervals, id=uuid4(), technician_id=person.id, started_at=began_at, ended_at=ended_at)
        seen = NOON - timedelta(minutes=10 if person.blocked == "stale" else 0)
        ping = {
            "technician_id": person.id,
            "lat": person.place.lat,
            "lon": person.place.lon,
            "mock": person.blocked == "mock",
            **dict.fromkeys(("recorded_at", "used_at", "received_at"), seen),
        }
        self._write(current_positions, **ping, heard_at=seen, changed_at=seen)
        self._write(position_track, **ping)

    def _work(self, person: Person, starts_at: Any, *, number: int, hours: int = 1) -> None:
        """A visit at the person's place, or work that lasts over the slot asked for."""
        order_id, ends_at = uuid4(), starts_at + timedelta(hours=hours)
        self._write(
            work_orders,
            id=order_id,
            kind="lead",
            number=10_000 + number,
            store_id=self._day.store_id,
            state="assigned",
            customer={"name": "Customer"},
            lat=person.place.lat,
            lon=person.place.lon,
            location_source="client",
            slot_start=starts_at,
            slot_end=ends_at,
            slot_given=True,
            technician_id=person.id,
            created_by={"kind": "system"},
            changed_by={"kind": "system"},
            **_times(),
        )
        held = {"starts_at": starts_at, "ends_at": ends_at, "occupied_from": starts_at, "occupied_until": ends_at}
        of_order = {"work_order_id": order_id, "technician_id": person.id, "role": "primary", "state": "assigned"}
        self._write(bookings, id=uuid4(), **of_order, **held, **_times())

    def _write(self, table: Table, **values: Any) -> None:
        self.rows[table].append(self._org | values)


def _times() -> dict[str, Any]:
    return {"created_at": NOON, "updated_at": NOON}
