"""The worker's lanes: whatever hangs or has a backlog, an offer of another organization expires in time."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign import worker as workers
from geo_assign.core.db import Database
from geo_assign.dispatch.flows import DispatchService, GeocodeRequest
from geo_assign.geocoding.domain import GeocodeProblem, GeocodeResult, ProblemCode
from geo_assign.workorders.domain import OfferState
from tests.conftest import World, opened_day
from tests.day import NOON, Day
from tests.dispatch.test_waking import copies_of
from tests.insight.history import History
from tests.waiting import wait_until
from tests.webhooks.conftest import sender_for


@dataclass
class Gate:
    """Holds the calls for one organization until it is opened, and counts them."""

    org_id: UUID
    waiting: int = 0
    opened: threading.Event = field(default_factory=threading.Event)

    def pass_through(self, org_id: UUID) -> None:
        if org_id == self.org_id:
            self.waiting += 1
            self.opened.wait(120)


class HeldDispatch(DispatchService):
    """Evaluations of one organization hang."""

    __slots__ = ("gate",)

    def evaluate_all_due(self, org_id: UUID, order_ids: Sequence[UUID]) -> None:
        self.gate.pass_through(org_id)
        super().evaluate_all_due(org_id, order_ids)


@contextmanager
def working(world: World, day: Day, dispatch: DispatchService | None = None) -> Iterator[None]:
    """A worker on the day's clock, sweeping often."""
    with ExitStack() as closing:
        of_worker = Database(world.worker_url, clock=day.clock, pool_size=5)
        closing.callback(of_worker.close)
        of_deadlines = Database(world.app_url, clock=day.clock, pool_size=4, lock_ms=workers._DEADLINE_LOCK_MS)
        closing.callback(of_deadlines.close)
        process = workers.Worker(
            world.settings(sweep_interval_s=0.02),
            of_worker,
            DispatchService(of_deadlines, day.geocode),
            dispatch or day.dispatch,
            sender_for(day.database),
        )
        thread = threading.Thread(target=process.run)
        thread.start()
        closing.callback(process._deliveries._pool.shutdown)
        closing.callback(thread.join)
        closing.callback(process.stop.set)
        yield


@pytest.fixture
def busy(day: Day) -> Day:
    """An organization that the others are to be kept from."""
    day.set(freshness_s=86_400)
    day.map("A J K L M N", step_m=500)
    day.technician("A")
    assert day.lead("J").technician == "A"
    day.lead("K")
    return day


@pytest.fixture
def other(world: World, busy: Day) -> Iterator[Day]:
    """Another organization on the same clock, with an open offer."""
    with opened_day(world) as day:
        day.clock = busy.clock
        day.database.clock = busy.clock
        day.set(freshness_s=86_400)
        day.map("A J K", step_m=500)
        day.technician("A")
        assert day.lead("J").technician == "A"
        yield day


def expires(day: Day, offer_id: UUID) -> None:
    def is_expired() -> bool:
        with day.database.transaction(day.org_id) as tx:
            state = tx.conn.execute(text("SELECT state FROM offers WHERE id = :id"), {"id": offer_id}).scalar_one()
        return bool(state == OfferState.EXPIRED)

    wait_until(is_expired, "the offer expires")


def test_the_worker_closes_offers_and_evaluates_what_they_leave(world: World, other: Day) -> None:
    offer = other.offer("J")
    other.later("11 min")
    with working(world, other):
        expires(other, offer.id)
        wait_until(lambda: other.history("J")[-1] == "pending", "its order is evaluated")


def test_the_worker_sums_the_days_of_insight(world: World, day: Day) -> None:
    history = History(day, world).open()
    for ago in (3, 20):
        history.order(NOON - timedelta(days=ago))
    with working(world, day):
        wait_until(lambda: len(history.summed_days()) == 20, "each day back to the first work order is summed")


def test_evaluations_that_hang_hold_up_no_deadline(world: World, busy: Day, other: Day, admin: Connection) -> None:
    copies_of(admin, busy, "K", 50)
    held = HeldDispatch(busy.database, busy.geocode)
    gate = Gate(busy.org_id)
    object.__setattr__(held, "gate", gate)
    offer = other.offer("J")
    busy.later("11 min")
    with working(world, busy, held):
        wait_until(lambda: gate.waiting == 2, "the evaluations hang")
        expires(other, offer.id)
        expires(busy, busy_offer(busy))
        wait_until(lambda: other.history("J")[-1] == "pending", "the other organization's order is evaluated")
        assert gate.waiting == 2
        gate.opened.set()


def busy_offer(day: Day) -> UUID:
    with day.database.transaction(day.org_id) as tx:
        found: UUID = tx.conn.execute(text("SELECT id FROM offers ORDER BY offered_at LIMIT 1")).scalar_one()
        return found


HANGING_STEPS = {
    "fan-out": ("geo_assign.webhooks.tasks.fan_out_in_turns", 2),
    "housekeeping": ("geo_assign.worker.keep_track", 1),
}


@pytest.mark.parametrize("step", HANGING_STEPS, ids=str)
def test_other_steps_that_hang_hold_up_no_deadline(
    world: World, busy: Day, other: Day, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def hang(*_given: object, **_named: object) -> bool:
        begun.set()
        let_go.wait(120)
        return False

    monkeypatch.setattr(HANGING_STEPS[step][0], hang)
    offer = other.offer("J")
    busy.later("11 min")
    with working(world, busy):
        assert begun.wait(60)
        expires(other, offer.id)
        let_go.set()


def test_a_geocoder_that_hangs_holds_up_neither_deadlines_nor_another_organization(
    world: World, busy: Day, other: Day, admin: Connection
) -> None:
    gate = Gate(busy.org_id)
    nothing = GeocodeResult(problem=GeocodeProblem(ProblemCode.NOT_FOUND, "unknown here"))

    def ask(request: GeocodeRequest) -> GeocodeResult:
        gate.pass_through(request.org_id)
        return nothing

    due = "now() - interval '1 year'"
    copies_of(admin, busy, "K", 20, geocode_due_at=due, address="'somewhere'", lat="NULL", lon="NULL",
              location_source="NULL", state="'new'", pending_reason="NULL", pending_detail="NULL")  # fmt: skip
    other.lead("K", address="elsewhere")
    admin.execute(text(f"UPDATE work_orders SET geocode_due_at = {due} WHERE id = :id"), {"id": other.jobs["K"]})
    offer = other.offer("J")
    busy.later("11 min")
    with working(world, busy, DispatchService(busy.database, ask)):
        wait_until(lambda: gate.waiting == workers._THREADS["geocoding"] - 1, "the geocoder hangs")
        expires(other, offer.id)
        wait_until(lambda: not _is_to_be_geocoded(admin, other), "the other address is looked up")
        gate.opened.set()


def _is_to_be_geocoded(admin: Connection, day: Day) -> bool:
    waiting = text("SELECT count(*) FROM work_orders WHERE org_id = :org_id AND geocode_due_at IS NOT NULL")
    return bool(admin.execute(waiting, {"org_id": day.org_id}).scalar_one())


def test_orders_that_are_held_keep_no_other_deadline_waiting(
    world: World, busy: Day, other: Day, admin: Connection
) -> None:
    """Longer transactions hold the orders of one organization: the others' offers expire meanwhile."""
    offer = other.offer("J")
    busy.later("11 min")
    with working(world, busy), ExitStack() as held:
        tx = held.enter_context(busy.database.transaction(busy.org_id))
        tx.conn.execute(text("SELECT 1 FROM work_orders FOR UPDATE"))
        expires(other, offer.id)
