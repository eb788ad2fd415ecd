"""A technician becomes free: only what that one could take is looked at again, a few orders at a time."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.db import Database
from geo_assign.dispatch.commands import waking
from geo_assign.workforce.commands.stores import NewStore, create_store
from geo_assign.workforce.commands.time_off import add_time_off
from geo_assign.workforce.domain import TimeOff
from geo_assign.workorders.domain import PendingReason, RejectReason, State
from geo_assign.workorders.queries import due
from tests.conftest import World, opened_day
from tests.day import ORIGIN, Day, shifted
from tests.snapshots import begun_once


def copies_of(admin: Connection, day: Day, job: str, number: int, **changes: str) -> None:
    """That many more work orders like this one; `changes` are SQL by column, where `n` counts from 1."""
    names = admin.execute(
        text(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'work_orders' "
            "AND is_generated = 'NEVER'"
        )
    ).scalars()
    said = {
        "id": "gen_random_uuid()",
        "number": "number + 1000 + n",
        "created_at": "created_at + n * interval '1 ms'",
    } | changes
    columns = [str(name) for name in names]
    values = ", ".join(said.get(name, name) for name in columns)
    admin.execute(
        text(
            f"INSERT INTO work_orders ({', '.join(columns)}) SELECT {values} FROM work_orders, "
            f"generate_series(1, :number) AS n WHERE id = :id"
        ),
        {"number": number, "id": day.jobs[job]},
    )


def woken(day: Day) -> list[str]:
    """The jobs that are due now, in the order in which they came."""
    with day.database.transaction(day.org_id) as tx:
        rows = tx.conn.execute(
            text("SELECT id FROM work_orders WHERE evaluate_due_at <= :now ORDER BY created_at"), {"now": tx.now()}
        ).scalars()
        letters = {order_id: letter for letter, order_id in day.jobs.items()}
        return [letters.get(order_id, "?") for order_id in rows]


@pytest.fixture
@begun_once
def busy(day: Day) -> Day:
    """A is asked for J, and all others are far away: what comes now finds no technician."""
    day.set(freshness_s=86_400, radius_m=5_000)
    day.map("A J K L M N O P Q R S", step_m=500)
    day.technician("A", skills=["phones"], group="north")
    assert day.lead("J").technician == "A"
    return day


def needs_a_skill(day: Day) -> None:
    day.lead("L", skills=["phones", "tablets"])


def is_for_another_group(day: Day) -> None:
    day.group("south")
    day.lead("L", group="south")


def is_too_far(day: Day) -> None:
    day.places["L"] = shifted(ORIGIN, east_m=30_000, south_m=0)
    day.lead("L")


def was_refused_by_the_technician(day: Day) -> None:
    day.cancel("J")
    offered = day.lead("L")
    assert offered.technician == "A"
    day.reject("A", day.offer("L"), RejectReason.MISSING_SKILL)
    assert day.lead("J").technician == "A"


def is_while_the_technician_has_other_work(day: Day) -> None:
    day.book("A", "16:00-18:00")
    day.lead("L", slot="17:00-18:00")


def is_while_the_technician_is_away(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        start, end = day.slot("tomorrow 08:00-20:00")
        add_time_off(tx, day.boss, TimeOff(uuid4(), day.people["A"], starts_at=start, ends_at=end, note=None))
    day.lead("L", slot="tomorrow 10:00-11:00")


def is_of_another_store(day: Day) -> None:
    other = uuid4()
    with day.database.transaction(day.org_id) as tx:
        create_store(
            tx, day.boss, NewStore(name="Other", slug="other", timezone="UTC", location=ORIGIN), store_id=other
        )
    here, day.store_id = day.store_id, other
    day.lead("L")
    day.store_id = here


OUT_OF_REACH = [
    needs_a_skill,
    is_for_another_group,
    is_too_far,
    was_refused_by_the_technician,
    is_while_the_technician_has_other_work,
    is_while_the_technician_is_away,
    is_of_another_store,
]


@pytest.mark.parametrize("order_that", OUT_OF_REACH, ids=lambda one: one.__name__)
def test_what_the_free_technician_could_not_take_sleeps_on(busy: Day, order_that: Callable[[Day], None]) -> None:
    order_that(busy)
    busy.lead("K")
    assert {busy.outcome(job).order.pending_reason for job in "KL"} == {PendingReason.NOBODY_ELIGIBLE}
    assert woken(busy) == []
    busy.cancel("J")
    assert woken(busy) == ["K"]


def is_of_the_own_group(day: Day) -> None:
    day.lead("L", group="north")


def needs_the_skill_there_is(day: Day) -> None:
    day.lead("L", skills=["phones"])


def is_as_soon_as_possible(day: Day) -> None:
    day.lead("L")


@pytest.mark.parametrize(
    "order_that", [is_of_the_own_group, needs_the_skill_there_is, is_as_soon_as_possible], ids=lambda one: one.__name__
)
def test_what_the_free_technician_could_take_is_looked_at(busy: Day, order_that: Callable[[Day], None]) -> None:
    order_that(busy)
    busy.cancel("J")
    assert woken(busy) == ["L"]
    busy.sweep()
    assert busy.outcome("L").technician == "A"


def test_a_later_slot_is_woken_by_the_technician_whose_later_time_is_free(day: Day) -> None:
    """Far from the phone, but near the place where the technician begins that day."""
    day.set(freshness_s=86_400, radius_m=5_000)
    day.map("A J K", step_m=500)
    day.technician("A", home=True)
    day.ping("A", shifted(ORIGIN, east_m=20_000, south_m=0))
    assert day.lead("J", slot="tomorrow 10:00-11:00").technician == "A"
    assert day.lead("K", slot="tomorrow 10:00-11:00").state is State.PENDING
    day.cancel("J")
    assert woken(day) == ["K"]


def test_a_few_are_woken_the_urgent_and_the_oldest(busy: Day, admin: Connection) -> None:
    busy.lead("K")
    busy.later("1 s")
    copies_of(admin, busy, "K", 100)
    busy.later("1 s")
    busy.lead("L", priority=3)
    busy.cancel("J")
    assert woken(busy).count("?") == waking._WOKEN - 2
    assert {"K", "L"} < {*woken(busy)}
    with busy.database.transaction(busy.org_id) as tx:
        newest = tx.conn.execute(
            text("SELECT max(number) FROM work_orders WHERE evaluate_due_at <= :now AND priority = 0"),
            {"now": tx.now()},
        ).scalar_one()
        first = tx.conn.execute(text("SELECT number FROM work_orders WHERE id = :id"), {"id": busy.jobs["K"]})
    assert newest - first.scalar_one() == 1000 + waking._WOKEN - 2


def test_many_who_become_free_wake_others_each(busy: Day, admin: Connection) -> None:
    """What is due already is not counted again: each of them brings some orders more."""
    busy.map("A J K L B C", step_m=500)
    busy.lead("K")
    copies_of(admin, busy, "K", 100)
    for letter in "BC":
        busy.technician(letter, on_duty=True)
    assert len(woken(busy)) == 2 * waking._WOKEN
    busy.on_duty("B")
    assert len(woken(busy)) == 2 * waking._WOKEN
    busy.cancel("J")
    assert len(woken(busy)) == 3 * waking._WOKEN


def test_the_fitting_one_is_found_behind_many_that_do_not_fit(busy: Day, admin: Connection) -> None:
    busy.places["K"] = shifted(ORIGIN, east_m=30_000, south_m=0)
    busy.lead("K")
    copies_of(admin, busy, "K", 150)
    busy.later("1 s")
    busy.lead("L")
    busy.cancel("J")
    assert woken(busy) == ["L"]


# Turns ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def worker(world: World, day: Day) -> Iterator[Database]:
    database = Database(world.worker_url, clock=day.clock, pool_size=1)
    yield database
    database.close()


def organizations_of(rows: due.Due) -> list[UUID]:
    return [org_id for org_id, _ in rows]


def test_organizations_and_stores_take_turns(world: World, busy: Day, admin: Connection, worker: Database) -> None:
    busy.lead("K")
    copies_of(admin, busy, "K", 300)
    with opened_day(world) as other, opened_day(world) as third:
        for day in (other, third):
            day.map("J", step_m=500)
            day.lead("J")
            day.clock.set(busy.clock.now())
        busy.later("1 h")
        rows = due.list_due_evaluations(worker)
        assert len(rows) == due._AT_ONCE
        assert {*organizations_of(rows[:3])} == {busy.org_id, other.org_id, third.org_id}
        assert {*organizations_of(rows[3:])} == {busy.org_id}


def test_what_changed_comes_before_what_only_waits(busy: Day, admin: Connection, worker: Database) -> None:
    busy.lead("K")
    copies_of(admin, busy, "K", 300)
    busy.later("1 h")
    assert len(due.list_due_evaluations(worker)) == due._AT_ONCE
    busy.ping("A")
    busy.cancel("J")
    changed = text("SELECT id FROM work_orders WHERE evaluate_due_at = :now")
    woken_now = {*admin.execute(changed, {"now": busy.clock.now()}).scalars()}
    assert len(woken_now) == waking._WOKEN
    assert {order_id for _, order_id in due.list_due_evaluations(worker)[: waking._WOKEN]} == woken_now


def test_no_order_is_passed_over_for_ever(
    busy: Day, admin: Connection, worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are and however few are looked at: the longest overdue comes first, not always the oldest."""
    monkeypatch.setattr(due, "_AT_ONCE", 12)
    busy.lead("K")
    copies_of(admin, busy, "K", 40)
    seen: set[UUID] = set()
    for _ in range(5):
        busy.later("31 s")
        rows = due.list_due_evaluations(worker)
        for _, order_id in rows:
            busy.dispatch.evaluate(busy.org_id, order_id)
        seen |= {order_id for _, order_id in rows}
    assert len(seen) == 41


def test_stores_and_addresses_take_turns_too(world: World, busy: Day, admin: Connection, worker: Database) -> None:
    copies_of(admin, busy, "J", 100, geocode_due_at="now() - interval '1 day'")
    admin.execute(
        text(
            "INSERT INTO offers (org_id, id, work_order_id, technician_id, booking_id, automatic, state, offered_at, "
            "expires_at) SELECT o.org_id, gen_random_uuid(), w.id, o.technician_id, o.booking_id, true, 'offered', "
            "o.offered_at, o.offered_at + interval '1 min' FROM offers o JOIN work_orders w ON w.org_id = o.org_id "
            "AND w.id <> o.work_order_id"
        )
    )
    with opened_day(world) as other:
        other.clock.set(busy.clock.now())
        other.map("A J K", step_m=500)
        other.technician("A")
        assert other.lead("J").technician == "A"
        other.lead("K", address="an unknown street")
        admin.execute(
            text("UPDATE work_orders SET geocode_due_at = now() - interval '1 hour' WHERE id = :id"),
            {"id": other.jobs["K"]},
        )
        busy.later("30 min")
        rows = _all_due_geocoding(world)
        assert len(rows) == due._AT_ONCE
        assert {*organizations_of(rows[:2])} == {busy.org_id, other.org_id}
        stores = {(busy.org_id, busy.store_id), (other.org_id, other.store_id)}
        assert set(due.list_stores_with_overdue_offers(worker)) == stores


def _all_due_geocoding(world: World) -> due.Due:
    database = Database(world.worker_url, pool_size=1)
    try:
        return due.list_due_geocoding(database)
    finally:
        database.close()
