"""The acts that may meet on one work order, and the scene on which they meet.

Every scene is a work order on a day of its own, so that one database serves a whole sweep.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import count
from threading import Event, Thread
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import GeoAssignError
from geo_assign.dispatch.commands import answering, assigning, moving, orders, reallocating
from geo_assign.dispatch.flows import DispatchService
from geo_assign.workforce.commands.stores import NewStore, create_store
from geo_assign.workforce.commands.time_off import add_time_off
from geo_assign.workforce.domain import CheckedKind, TimeOff
from geo_assign.workorders.domain import Kind, NewOrder, RejectReason, WorkOrder
from tests.day import Day

Start = Literal["pending", "offered", "assigned"]


@dataclass(frozen=True)
class Scene:
    """A work order as it stands before two acts meet, with the last offer that was made of it.

    `version` is what people saw who act on it; None where they do not say.
    """

    day: Day
    order: WorkOrder
    offer_id: UUID
    other_store_id: UUID
    version: int | None = None


@dataclass(frozen=True)
class Act:
    """A command on a work order, through the dispatch service it is given.

    `start`: how it must stand before; `overdue`: the time to answer its offer must be over; `sent`: another group must
    have sent it.
    """

    start: Start
    do: Callable[[Scene, DispatchService], object]
    overdue: bool = False
    sent: bool = False


def _assign(scene: Scene, by: DispatchService) -> object:
    day = scene.day
    return by.database.run(
        day.org_id,
        lambda tx: assigning.assign(
            tx, day.boss, scene.order.id, day.people["B"], mode="assign", version=scene.version
        ),
    )


def _accept(scene: Scene, by: DispatchService) -> object:
    return by.database.run(scene.day.org_id, lambda tx: answering.accept(tx, scene.day.as_("A"), scene.offer_id))


def _expire(scene: Scene, by: DispatchService) -> object:
    day = scene.day
    done = by.close_overdue(day.org_id, day.store_id)
    if done.closed:
        by.evaluate(day.org_id, scene.order.id)
    return done.closed


def _cancel(scene: Scene, by: DispatchService) -> object:
    day = scene.day
    return by.database.run(day.org_id, lambda tx: orders.cancel(tx, day.boss, scene.order.id, reason=None))


def _unassign(scene: Scene, by: DispatchService) -> object:
    day = scene.day
    return by.database.run(
        day.org_id, lambda tx: assigning.unassign(tx, day.boss, scene.order.id, version=scene.version)
    )


def _reallocate(scene: Scene, by: DispatchService) -> object:
    day = scene.day

    def step(tx: Tx) -> WorkOrder:
        to = day.people["B"]
        return reallocating.reallocate(
            tx, day.boss, scene.order.id, to, mode="assign", force=False, reason=None, version=scene.version
        )

    return by.database.run(day.org_id, step)


def _reschedule(scene: Scene, by: DispatchService) -> object:
    start, end = (at + timedelta(minutes=30) for at in (scene.order.slot_start, scene.order.slot_end))
    return by.edit(scene.day.boss, scene.order.id, orders.Edit(fields={}, slot=(start, end)), scene.version)


def _transfer(scene: Scene, by: DispatchService) -> object:
    day, goal = scene.day, moving.Goal(scene.other_store_id, None)
    return by.run_then_reassign(
        day.boss, scene.order.id, lambda tx: moving.transfer(tx, day.boss, scene.order.id, goal, version=scene.version)
    )


def _reject_group(scene: Scene, by: DispatchService) -> object:
    day = scene.day
    return by.run_then_reassign(
        day.boss,
        scene.order.id,
        lambda tx: moving.reject_group(tx, day.boss, scene.order.id, note=None, force=False, version=scene.version),
    )


def _time_off(scene: Scene, by: DispatchService) -> object:
    """The technician who has the work, or is asked for it, gets the time of its slot off."""
    day, technician_id = scene.day, scene.day.people["A"]
    span = TimeOff(uuid4(), technician_id, scene.order.slot_start, scene.order.slot_end, None)
    by.database.run(day.org_id, lambda tx: add_time_off(tx, day.boss, span))
    return by.judge_work_of(day.org_id, CheckedKind.TECHNICIAN, technician_id)


ACTS: Mapping[str, Act] = {
    "auto-assign": Act(
        "pending", lambda scene, by: by.evaluate(scene.day.org_id, scene.order.id, caller=scene.day.boss, forced=True)
    ),
    "assign": Act("offered", _assign),
    "accept": Act("offered", _accept),
    "reject": Act("offered", lambda scene, by: by.reject(scene.day.as_("A"), scene.offer_id, RejectReason.BUSY)),
    "expire": Act("offered", _expire, overdue=True),
    "cancel": Act("offered", _cancel),
    "unassign": Act("assigned", _unassign),
    "reallocate": Act("assigned", _reallocate),
    "reschedule": Act("assigned", _reschedule),
    "transfer": Act("offered", _transfer),
    "convert": Act("assigned", lambda scene, by: by.convert(scene.day.boss, scene.order.id, scene.version)),
    "group reject": Act("offered", _reject_group, sent=True),
    "time off": Act("offered", _time_off),
}


_IN_BOTH = text(
    "INSERT INTO technician_groups (org_id, technician_id, group_id) SELECT org_id, id, :group_id FROM technicians"
)
_OFFERED = text("SELECT DISTINCT work_order_id FROM offers WHERE state = 'offered'")
_OFFERS_TO_CLEAR = 40
_OVERDUE = text("UPDATE offers SET expires_at = offered_at + interval '1 second' WHERE id = :id")


@dataclass
class Stage:
    """A store with three technicians, and scenes on one day after the other."""

    day: Day
    admin: Connection
    days: Iterator[int] = field(default_factory=lambda: count(1))
    other_store_id: UUID = field(default_factory=uuid4)

    def open(self) -> "Stage":
        day = self.day
        day.map("J . . A B C", step_m=500)
        for letter in "ABC":
            day.technician(letter, home=True, group="senders")
        with day.database.transaction(day.org_id) as tx:
            other = NewStore(name="Other", slug="other", timezone="UTC", location=day.places["J"])
            create_store(tx, day.boss, other, store_id=self.other_store_id)
        self.admin.execute(_IN_BOTH, {"group_id": day.group("receivers")})
        return self

    def scene(self, *acts: Act, versioned: bool = False) -> Scene:
        """A new lead on a day of its own, as it must stand for the first of the acts; the others do as they can."""
        day, morning = self.day, self.day.clock.now().replace(hour=9) + timedelta(days=next(self.days))
        new = NewOrder(
            kind=Kind.LEAD,
            store_id=day.store_id,
            customer={"name": "Invented Customer"},
            location=day.places["J"],
            group_id=day.group("senders"),
            slot_start=morning,
            slot_end=morning + timedelta(hours=1),
        )
        order, _ = day.dispatch.create(day.boss, new, None)
        if any(act.sent for act in acts):
            order = self._send(order)
        assert order.offer is not None, order
        scene = Scene(day, order, order.offer.id, self.other_store_id)
        if acts[0].start == "assigned":
            _accept(scene, day.dispatch)
        elif acts[0].start == "pending":
            _unassign(scene, day.dispatch)
        if any(act.overdue for act in acts):
            self.admin.execute(_OVERDUE, {"id": scene.offer_id})
        if not versioned:
            return scene
        return replace(scene, version=day.dispatch.read(day.boss, order.id).version)

    def clear(self) -> None:
        """Cancel what earlier scenes left open, when it is much: a technician may have a hundred offers at most."""
        day, left_open = self.day, self.admin.execute(_OFFERED).scalars().all()
        if len(left_open) < _OFFERS_TO_CLEAR:
            return
        day.clock.advance(timedelta(minutes=2))  # later than all that the acts wrote
        for order_id in left_open:
            cancel = partial(orders.cancel, caller=day.boss, order_id=order_id, reason=None)
            day.database.run(day.org_id, cancel)

    def _send(self, order: WorkOrder) -> WorkOrder:
        day, to = self.day, self.day.group("receivers")
        return day.dispatch.run_then_reassign(
            day.boss,
            order.id,
            lambda tx: moving.reassign_group(tx, day.boss, order.id, to, note=None, force=False, version=None),
        )

    @contextmanager
    def actor(self, url: str) -> Iterator[DispatchService]:
        """A dispatch service with one connection of its own."""
        database = Database(url, clock=RecordedClock(self.day.clock.now() + timedelta(minutes=1)), pool_size=1)
        try:
            with database.across_organizations():
                pass  # connected, and the driver has asked what it asks of a new connection
            yield DispatchService(database, self.day.geocode)
        finally:
            database.close()


@dataclass
class Attempt:
    """An act in a thread of its own, and how it ended."""

    act: Act
    scene: Scene
    by: DispatchService
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
