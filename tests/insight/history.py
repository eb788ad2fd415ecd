"""Work whose course is written straight into the tables: quick, and of any day."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Database
from geo_assign.core.spans import Span
from geo_assign.insight.domain import Insight, InsightQuestion
from geo_assign.insight.queries import get_insight
from geo_assign.insight.tasks import list_stores_to_sum, sum_store
from geo_assign.workforce.commands.stores import NewStore, create_store
from tests.conftest import World
from tests.day import NOON, ORIGIN, Day

MINUTE = timedelta(minutes=1)

_ORDER = text("""
INSERT INTO work_orders (org_id, id, kind, number, store_id, group_id, state, pending_reason, technician_id, customer,
    slot_start, slot_end, slot_given, created_by, changed_by, created_at, updated_at, lat, lon, location_source,
    location_confidence)
VALUES (:org_id, :id, :kind, :number, :store_id, :group_id, :state, :reason, :technician_id, '{}', :slot_start,
    :slot_end, true, '{}', '{}', :created_at, :created_at, :lat, :lon, :source, :confidence)""")
_BOOKING = text("""
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
VALUES (:org_id, :id, :order_id, :technician_id, 'primary', :state, :starts_at, :ends_at, :starts_at, :ends_at,
    :starts_at, :starts_at)""")
_OFFER = text("""
INSERT INTO offers (org_id, id, work_order_id, technician_id, booking_id, automatic, state, offered_at, expires_at,
    responded_at)
VALUES (:org_id, :id, :order_id, :technician_id, :booking_id, true, :state, :at, :expires_at, :responded_at)""")
_DECISION = text("""
INSERT INTO decisions (org_id, id, work_order_id, at, mode, outcome, actor, chosen_technician_id, query, policy,
    candidates, excluded, counts)
VALUES (:org_id, :id, :order_id, :at, :mode, :outcome, '{}', :technician_id, '{}', '{}', CAST(:candidates AS jsonb),
    '[]', '{}')""")
_EVENT = text("""
INSERT INTO work_order_events (org_id, id, work_order_id, at, kind, actor, state)
VALUES (:org_id, :id, :order_id, :at, 'assigned', '{}', 'assigned')""")
_DUTY = text("""
INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at)
VALUES (:org_id, :id, :technician_id, :started_at, :ended_at)""")
_DRIVE = text("""
INSERT INTO drives (org_id, work_order_id, technician_id, store_id, provider, hour, began_at, estimated_s, told_s,
    seconds)
VALUES (:org_id, :order_id, :technician_id, :store_id, :provider, :hour, :at, :estimated_s, :told_s, :seconds)
ON CONFLICT (org_id, work_order_id, provider) DO UPDATE SET seconds = excluded.seconds""")


class _UnmadeError(Exception):
    """The transaction is to leave nothing behind."""


@dataclass
class History:
    """An organization of two stores and two technicians, and the work that was put into it."""

    day: Day
    world: World
    stores: list[UUID] = field(default_factory=list)
    groups: list[UUID | None] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    orders: list[UUID] = field(default_factory=list)

    def open(self) -> "History":
        """Two stores of one time zone; the first has a group."""
        self.day.map("A B", step_m=100)
        self.people = [self.day.technician(letter, last_ping=None, on_duty=False) for letter in "AB"]
        second = uuid4()
        with self.day.database.transaction(self.day.org_id) as tx:
            new = NewStore(name="Second", slug="second", timezone=self.day.timezone, location=ORIGIN)
            create_store(tx, self.day.boss, new, store_id=second)
        self.stores = [self.day.store_id, second]
        self.groups = [None, self.day.group("ovens")]
        return self

    def run(self, statement: str, **values: object) -> None:
        """Run SQL as the application."""
        with self.day.database.transaction(self.day.org_id) as tx:
            tx.conn.execute(text(statement), {"org_id": self.day.org_id, **values})

    def order(
        self,
        created_at: datetime,
        *,
        kind: str = "lead",
        store: int = 0,
        grouped: bool = False,
        state: str = "pending",
        slot_after: timedelta = timedelta(hours=2),
        place: tuple[str | None, str | None] = (None, None),
    ) -> UUID:
        """A work order, with nothing that happened to it."""
        order_id, slot_start = uuid4(), created_at + slot_after
        values = {
            "id": order_id,
            "kind": kind,
            "number": len(self.orders) + 1,
            "store_id": self.stores[store],
            "group_id": self.groups[1] if grouped and store == 0 else None,
            "state": state,
            "reason": "unassigned" if state == "pending" else None,
            "technician_id": self.people[0] if state == "assigned" else None,
            "created_at": created_at,
            "slot_start": slot_start,
            "slot_end": slot_start + timedelta(hours=1),
            "lat": None if place[0] is None else 41.0,
            "lon": None if place[0] is None else -30.0,
            "source": place[0],
            "confidence": place[1],
        }
        with self.day.database.transaction(self.day.org_id) as tx:
            tx.conn.execute(_ORDER, {"org_id": self.day.org_id, **values})
        self.orders.append(order_id)
        return order_id

    def offer(self, order_id: UUID, at: datetime, *, state: str, after_s: float = 0.0, person: int = 0) -> None:
        """An offer with its booking, which holds nothing."""
        booking_id = self.booking(order_id, at, state="released", person=person)
        values = {"order_id": order_id, "technician_id": self.people[person], "booking_id": booking_id}
        responded_at = None if state == "offered" else at + timedelta(seconds=after_s)
        with self.day.database.transaction(self.day.org_id) as tx:
            times = {"at": at, "expires_at": at + 10 * MINUTE, "responded_at": responded_at}
            tx.conn.execute(_OFFER, {"org_id": self.day.org_id, "id": uuid4(), "state": state, **values, **times})

    def booking(
        self, order_id: UUID, at: datetime, *, state: str = "done", person: int = 0, minutes: float = 60
    ) -> UUID:
        """A booking from `at` on."""
        booking_id = uuid4()
        values = {"org_id": self.day.org_id, "id": booking_id, "order_id": order_id, "state": state, "starts_at": at}
        with self.day.database.transaction(self.day.org_id) as tx:
            more = {"technician_id": self.people[person], "ends_at": at + timedelta(minutes=minutes)}
            tx.conn.execute(_BOOKING, values | more)
        return booking_id

    def chosen(
        self, order_id: UUID, at: datetime, *ways: tuple[float, float], mode: str = "automatic", person: int | None = 0
    ) -> None:
        """A receipt: candidates with metres and seconds, of whom `person` was sent; None: another technician."""
        ids = [*self.people, *(uuid4() for _ in ways)][: len(ways)]
        candidates = [
            {"technician_id": str(id_), "distance_m": metres, "eta_s": seconds}
            for id_, (metres, seconds) in zip(ids, ways, strict=True)
        ]
        technician_id = uuid4() if person is None else ids[person]
        values = {"org_id": self.day.org_id, "order_id": order_id, "mode": mode, "technician_id": technician_id}
        with self.day.database.transaction(self.day.org_id) as tx:
            more = {"id": uuid4(), "at": at, "outcome": "assigned", "candidates": json.dumps(candidates)}
            tx.conn.execute(_DECISION, values | more)
            tx.conn.execute(
                _BOOKING,
                {"org_id": self.day.org_id, "id": uuid4(), "order_id": order_id, "technician_id": self.people[0]}
                | {"state": "released", "starts_at": at, "ends_at": at + MINUTE},
            )

    def assigned(self, order_id: UUID, at: datetime) -> None:
        """The history says that it had a technician then."""
        with self.day.database.transaction(self.day.org_id) as tx:
            tx.conn.execute(_EVENT, {"org_id": self.day.org_id, "id": uuid4(), "order_id": order_id, "at": at})

    def drive(self, order_id: UUID, *, provider: str, hour: int, seconds: float | None, told_s: float = 600.0) -> None:
        """A drive to it, by the first technician; a second one of an order and provider replaces the first."""
        values = {"order_id": order_id, "technician_id": self.people[0], "store_id": self.stores[0], "hour": hour}
        more = {"provider": provider, "at": NOON, "estimated_s": 500.0, "told_s": told_s, "seconds": seconds}
        with self.day.database.transaction(self.day.org_id) as tx:
            tx.conn.execute(_DRIVE, {"org_id": self.day.org_id, **values, **more})

    def duty(self, started_at: datetime, ended_at: datetime | None, *, person: int = 0) -> None:
        """A time on duty; None: it lasts."""
        values = {"technician_id": self.people[person], "started_at": started_at, "ended_at": ended_at}
        with self.day.database.transaction(self.day.org_id) as tx:
            tx.conn.execute(_DUTY, {"org_id": self.day.org_id, "id": uuid4(), **values})

    def sum(self, *, rounds: int = 100) -> int:
        """The worker's part, until nothing is due or so many times; how often a store had its turn."""
        worker = Database(self.world.worker_url, pool_size=1, clock=self.day.clock)
        done = 0
        while done < rounds:
            due = list_stores_to_sum(worker)
            if not due:
                break
            sum_store(self.day.database, *due[0])
            done += 1
        worker.close()
        return done

    def told(self, within: Span, *, scope: Scope = EVERYTHING, live: bool = False, **of: Any) -> Insight:
        """What is told of a period. `live`: as if no day were summed."""
        with suppress(_UnmadeError), self.day.database.transaction(self.day.org_id) as tx:
            if live:
                tx.conn.execute(text("UPDATE insight_days SET version = -1 WHERE org_id = :org"), {"org": tx.org_id})
            insight = get_insight(tx, scope, InsightQuestion(within, tx.now(), **of))
            raise _UnmadeError
        return insight

    def summed_days(self) -> Sequence[str]:
        """The days of the first store that are summed."""
        return self.summed_by_store()[0]

    def summed_by_store(self) -> list[Sequence[str]]:
        """The days of each store that are summed."""
        days = text("SELECT day::text FROM insight_days WHERE org_id = :org AND store_id = :store ORDER BY day")
        with self.day.database.transaction(self.day.org_id) as tx:
            return [
                tx.conn.execute(days, {"org": tx.org_id, "store": store_id}).scalars().all() for store_id in self.stores
            ]
