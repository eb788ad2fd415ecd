"""The acts that may meet on one work order, and the scene on which they meet.

Every scene is a work order on a day of its own, so that one database serves a whole sweep.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from threading import Event, Thread
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database
from geo_assign.core.errors import GeoAssignError
from geo_assign.dispatch.commands import answering, assigning, orders
from geo_assign.dispatch.flows import Dispatcher
from geo_assign.workorders.domain import Kind, RejectReason, WorkOrder
from tests.day import Day

Start = Literal["pending", "offered", "assigned"]


@dataclass(frozen=True)
class Scene:
    """A work order as it stands before two acts meet, with the last offer that was made of it."""

    day: Day
    order: WorkOrder
    offer_id: UUID


@dataclass(frozen=True)
class Act:
    """Something that somebody does to a work order, through the dispatcher he is given.

    `start`: how it must stand before; `overdue`: the time to answer its offer must be over.
    """

    start: Start
    do: Callable[[Scene, Dispatcher], object]
    overdue: bool = False


def _assign(scene: Scene, by: Dispatcher) -> object:
    day = scene.day
    return by.database.run(
        day.org_id,
        lambda tx: assigning.assign(tx, day.boss, scene.order.id, day.people["B"], mode="assign", version=None),
    )


def _accept(scene: Scene, by: Dispatcher) -> object:
    return by.database.run(scene.day.org_id, lambda tx: answering.accept(tx, scene.day.as_("A"), scene.offer_id))


def _expire(scene: Scene, by: Dispatcher) -> object:
    return by.expire(scene.day.org_id, scene.offer_id)


def _cancel(scene: Scene, by: Dispatcher) -> object:
    day = scene.day
    return by.database.run(day.org_id, lambda tx: orders.cancel(tx, day.boss, scene.order.id, reason=None))


ACTS: Mapping[str, Act] = {
    "auto-assign": Act(
        "pending", lambda scene, by: by.evaluate(scene.day.org_id, scene.order.id, caller=scene.day.boss, forced=True)
    ),
    "assign": Act("offered", _assign),
    "accept": Act("offered", _accept),
    "reject": Act("offered", lambda scene, by: by.reject(scene.day.as_("A"), scene.offer_id, RejectReason.BUSY)),
    "expire": Act("offered", _expire, overdue=True),
    "cancel": Act("offered", _cancel),
}


_OVERDUE = text("UPDATE offers SET expires_at = offered_at + interval '1 second' WHERE id = :id")


@dataclass
class Stage:
    """A store with three technicians, and scenes on one day after the other."""

    day: Day
    admin: Connection
    days: Iterator[int] = field(default_factory=lambda: count(1))

    def open(self) -> "Stage":
        self.day.map("A B C . . J", step_m=500)
        for letter in "ABC":
            self.day.technician(letter, home=True)
        return self

    def scene(self, start: Start, *, overdue: bool = False) -> Scene:
        """A new lead on a day of its own, as it stands after `start`."""
        day, morning = self.day, self.day.clock.now().replace(hour=9) + timedelta(days=next(self.days))
        new = orders.NewOrder(
            kind=Kind.LEAD,
            store_id=day.store_id,
            customer={"name": "Invented Customer"},
            location=day.places["J"],
            slot_start=morning,
            slot_end=morning + timedelta(hours=1),
        )
        order, _ = day.dispatcher.create(day.boss, new, None)
        assert order.offer is not None, order
        scene = Scene(day, order, order.offer.id)
        if start == "assigned":
            _accept(scene, day.dispatcher)
        elif start == "pending":
            with day.database.transaction(day.org_id) as tx:
                assigning.unassign(tx, day.boss, order.id, version=None)
        if overdue:
            self.admin.execute(_OVERDUE, {"id": scene.offer_id})
        return scene

    @contextmanager
    def actor(self, url: str) -> Iterator[Dispatcher]:
        """Somebody with one connection of his own."""
        database = Database(url, clock=RecordedClock(self.day.clock.now() + timedelta(minutes=1)), pool_size=1)
        try:
            with database.across_organizations():
                pass  # connected, and the driver has asked what it asks of a new connection
            yield Dispatcher(database, self.day.geocode)
        finally:
            database.close()


@dataclass
class Attempt:
    """An act in a thread of its own, and how it ended."""

    act: Act
    scene: Scene
    by: Dispatcher
    problem: BaseException | None = None
    ended: Event = field(default_factory=Event)

    def start(self) -> "Attempt":
        Thread(target=self._run, daemon=True).start()
        return self

    def _run(self) -> None:
        try:
            self.act.do(self.scene, self.by)
        except BaseException as problem:  # noqa: BLE001 - judged by the test
            self.problem = problem
        finally:
            self.ended.set()

    @property
    def was_told(self) -> bool:
        """It went through, or was refused with one of the service's own reasons."""
        return self.problem is None or isinstance(self.problem, GeoAssignError)
