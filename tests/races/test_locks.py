"""Every lock that commands take makes a second transaction wait, and the commands that free or claim time take it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from geo_assign.access.commands.locking import lock_user
from geo_assign.core.db import Database, Tx
from geo_assign.dispatch.commands import assigning, orders
from geo_assign.dispatch.commands.automation import evaluate
from geo_assign.dispatch.commands.crews import change_crew
from geo_assign.dispatch.commands.reallocating import reallocate
from geo_assign.positions.ledger import Ledger
from geo_assign.workforce.commands.technicians import lock_technician
from geo_assign.workorders.commands import lock, lock_people
from geo_assign.workorders.domain import State
from tests.conftest import World
from tests.day import Day
from tests.snapshots import begun_once

Lock = Callable[[Tx, Day], object]

LOCKS: dict[str, Lock] = {
    "the work order": lambda tx, day: lock(tx, day.jobs["J"]),
    "a technician's time": lambda tx, day: lock_people(tx, [day.people["A"]]),
    "the time of several": lambda tx, day: lock_people(tx, [day.people["B"], day.people["A"]]),
    "a technician's positions": lambda tx, day: Ledger(tx).lock([day.people["A"]]),
    "a technician's row": lambda tx, day: lock_technician(tx, day.boss, day.people["A"]),
    "a user's row": lambda tx, day: lock_user(tx, user_of(tx, day)),
}


@pytest.fixture
@begun_once
def pair(day: Day) -> Day:
    day.map("A . J . . B", step_m=500)
    day.technician("A")
    day.technician("B")
    return day


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_makes_the_second_transaction_wait(pair: Day, world: World, name: str) -> None:
    pair.lead("J")
    with pair.database.transaction(pair.org_id) as tx:
        user_of(tx, pair)
    impatient = world.database(clock=pair.clock)
    try:
        with pair.database.transaction(pair.org_id) as first:
            LOCKS[name](first, pair)
            assert is_refused(impatient, pair, LOCKS[name])
        assert not is_refused(impatient, pair, LOCKS[name], wait="5s")
    finally:
        impatient.close()


def is_refused(database: Database, day: Day, take: Lock, *, wait: str = "100ms") -> bool:
    """Whether another transaction waits for the lock in vain."""
    try:
        with database.transaction(day.org_id) as tx:
            tx.conn.execute(text(f"SET LOCAL lock_timeout = '{wait}'"))
            take(tx, day)
    except (OperationalError, LockNotAvailable):
        return True
    return False


def test_people_are_locked_in_one_order_and_once() -> None:
    """Two transactions that lock the same people in different orders would wait for each other."""
    people = [uuid4() for _ in range(5)]
    taken: list[str] = []
    tx: Any = SimpleNamespace(
        org_id=uuid4(), conn=SimpleNamespace(execute=lambda statement: taken.append(key_of(statement)))
    )
    lock_people(tx, [*reversed(people), *people])
    assert taken == [f"{tx.org_id}/{person}" for person in sorted(people)]


def test_the_same_id_in_another_organization_is_another_lock() -> None:
    person, taken = uuid4(), set()
    for org_id in (uuid4(), uuid4()):
        tx: Any = SimpleNamespace(
            org_id=org_id, conn=SimpleNamespace(execute=lambda statement: taken.add(key_of(statement)))
        )
        lock_people(tx, [person])
    assert len(taken) == 2


def key_of(statement: Any) -> str:
    """The text whose hash is locked."""
    (key,) = (value for value in statement.compile().params.values() if isinstance(value, str))
    return key


# Who locks whom ------------------------------------------------------------------------------------------------------


def assign_over(tx: Tx, day: Day) -> None:
    assigning.assign(tx, day.boss, day.jobs["L"], day.people["B"], mode="assign", version=None)


def assign_crew(tx: Tx, day: Day) -> None:
    crew = [day.people["C"]]
    assigning.assign(tx, day.boss, day.jobs["L"], day.people["B"], mode="assign", version=None, collaborator_ids=crew)


def replace_technician(tx: Tx, day: Day) -> None:
    person = day.people["B"]
    reallocate(tx, day.boss, day.jobs["J"], person, mode="assign", force=False, reason=None, version=None)


def put_crew_together(tx: Tx, day: Day) -> None:
    change_crew(tx, day.boss, day.jobs["J"], [day.people["B"], day.people["C"]], version=None)


def move_the_slot(tx: Tx, day: Day) -> None:
    start, end = day.slot("18:00-19:00")
    orders.edit(tx, day.boss, day.jobs["J"], orders.Edit(fields={}, slot=(start, end)), version=None)


def ask_several(tx: Tx, day: Day) -> None:
    evaluate(tx, day.boss, day.jobs["K"], forced=True)


@pytest.mark.parametrize(
    ("act", "locked"),
    [
        (assign_over, "AB"),
        (assign_crew, "ABC"),
        (replace_technician, "AB"),
        (put_crew_together, "BC"),
        (move_the_slot, "A"),
        (ask_several, "ABC"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_commands_that_free_or_claim_time_lock_all_technicians_concerned(
    day: Day, act: Callable[[Tx, Day], None], locked: str
) -> None:
    day.map("J A B C", step_m=500)
    day.set(lead_auto_user_assignment="off", offer_policy="parallel", parallel_offers=3, offer_limit=9)
    for letter in "ABC":
        day.technician(letter)
    day.places |= {"K": day.places["J"], "L": day.places["J"]}
    day.lead("J", slot="13:00-14:00", assignee="A")
    day.lead("L", slot="20:00-21:00")
    day.assign("L", "A", mode="offer")
    day.lead("K", slot="16:00-17:00")
    assert day.outcome("J").state is State.ASSIGNED
    with day.database.transaction(day.org_id) as tx:
        assert held_by(tx, day) == ""
        act(tx, day)
        assert held_by(tx, day) == locked


def held_by(tx: Tx, day: Day) -> str:
    """The letters of the technicians whose time this transaction has locked."""
    statement = text("""
        SELECT EXISTS (
            SELECT FROM pg_locks, LATERAL (SELECT hashtextextended(:person, 0) AS key) k
            WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 1
              AND classid::bigint = (k.key >> 32) & 4294967295 AND objid::bigint = k.key & 4294967295)""")
    return "".join(
        letter
        for letter, person in sorted(day.people.items())
        if tx.conn.execute(statement, {"person": f"{tx.org_id}/{person}"}).scalar_one()
    )


def user_of(tx: Tx, day: Day) -> UUID:
    """A user of the organization, made when there is none."""
    found = tx.conn.execute(text("SELECT id FROM users WHERE org_id = :org_id LIMIT 1"), {"org_id": tx.org_id})
    user_id: UUID | None = found.scalar_one_or_none()
    if user_id is None:
        user_id = uuid4()
        insert = text("""
            INSERT INTO users (org_id, id, email, name, role, permissions, created_at, updated_at)
            VALUES (:org_id, :id, 'a@example.com', 'A', 'administrator', '{}', now(), now())""")
        tx.conn.execute(insert, {"org_id": tx.org_id, "id": user_id})
    return user_id
