"""What is asked beforehand must be answered as if it had been asked when its turn came, or not be used."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors as pg_errors
from sqlalchemy import Connection, Integer, Text, Uuid, func, literal, select, text

from geo_assign.access.tables import organizations
from geo_assign.core.db import Database, Tx
from geo_assign.core.direct import Opening
from geo_assign.core.errors import NotFoundError
from geo_assign.core.foresight import Foreseen, GuessedClock, LastKnown
from geo_assign.core.statements import Parameters, Statement
from tests.conftest import World

ASKED = Parameters(org_id=Uuid(), number=Integer(), name=Text())


class OpenedRow(NamedTuple):
    org_id: UUID
    opened_at: datetime


class NameRow(NamedTuple):
    name: str


class LengthRow(NamedTuple):
    length: int
    waited: str | None


class QuotientRow(NamedTuple):
    quotient: int


OPENING = Opening(
    Statement.of(
        OpenedRow,
        select(organizations.c.org_id, func.clock_timestamp().label("opened_at")).where(
            organizations.c.org_id == ASKED.org_id
        ),
    ),
)
NAME = Statement.of(NameRow, select(organizations.c.name).where(organizations.c.org_id == ASKED.org_id), steady=True)
LENGTH = Statement.of(LengthRow, select(func.length(ASKED.name).label("length"), literal(None, Text()).label("waited")))
ONE_BY = Statement.of(QuotientRow, select((1 / ASKED.number).label("quotient")))
SLEEP = Statement.of(
    LengthRow,
    select(func.length(ASKED.name).label("length"), func.cast(func.pg_sleep(30), Text()).label("waited")),
)


def ask(tx: Tx) -> int:
    """The length of the organization's name: the second question follows from the first answer."""
    name = tx.fetch(NAME, {"org_id": tx.org_id})[0].name
    return tx.fetch(LENGTH, {"name": name})[0].length


def arguments(org_id: UUID) -> dict[str, str]:
    return {"org_id": str(org_id)}


def rehearsed(database: Database, org_id: UUID) -> Foreseen:
    """Ask twice, so that the name is known; what the third time would ask."""
    for _ in range(2):
        foreseen = database.foresee(org_id, ask)
        with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
            ask(tx)
    foreseen = database.foresee(org_id, ask)
    assert foreseen is not None
    return foreseen


def test_what_was_foreseen_needs_no_transaction_of_its_own(database: Database, org_id: UUID) -> None:
    foreseen = rehearsed(database, org_id)
    assert [one.statement for one in foreseen.asked] == [NAME, LENGTH]
    with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
        assert [row.org_id for row in tx.opened] == [org_id]
        assert ask(tx) == 4
        assert has_not_begun(tx)
        assert tx.as_of() == foreseen.at


@pytest.mark.parametrize("name", ["", "T", "Testing", "a'b\\c", "名前", "x" * 5000])
def test_rows_that_have_changed_count_at_once(database: Database, admin: Connection, org_id: UUID, name: str) -> None:
    foreseen = rehearsed(database, org_id)
    admin.execute(text("UPDATE organizations SET name = :name WHERE org_id = :id"), {"name": name, "id": org_id})
    with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
        assert ask(tx) == len(name)
    foreseen = database.foresee(org_id, ask)
    with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
        assert ask(tx) == len(name)
        assert has_not_begun(tx)


def test_what_else_is_asked_is_asked_in_a_transaction_of_the_organization(
    database: Database, admin: Connection, org_id: UUID
) -> None:
    foreseen = rehearsed(database, org_id)
    with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
        assert ask(tx) == 4
        tx.conn.execute(text("UPDATE organizations SET name = 'changed' WHERE org_id = :id"), {"id": org_id})
        # Its own change counts for it, whatever was foreseen.
        assert ask(tx) == len("changed")
    assert admin.execute(text("SELECT name FROM organizations")).scalar_one() == "changed"
    with pytest.raises(NotFoundError), database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:  # noqa: PT012
        tx.conn.execute(text("UPDATE organizations SET name = 'undone' WHERE org_id = :id"), {"id": org_id})
        raise NotFoundError
    assert admin.execute(text("SELECT name FROM organizations")).scalar_one() == "changed"


def test_a_foreseen_question_sees_its_own_organization_alone(world: World, admin: Connection, org_id: UUID) -> None:
    database = world.database(pool_size=1)
    foreseen = rehearsed(database, org_id)
    stranger = uuid4()
    with database.transaction(stranger, OPENING, arguments(org_id), foreseen) as tx:
        assert tx.opened == []
        assert tx.fetch(NAME, {"org_id": org_id}) == []
    with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
        assert ask(tx) == 4
    with database.across_organizations() as conn:
        assert conn.execute(text("SELECT count(*) FROM organizations")).scalar_one() == 0
        assert not conn.execute(text("SELECT current_setting('app.org_id', true)")).scalar_one()
    database.close()


def test_what_is_wrong_with_a_foreseen_question_is_told_when_its_turn_comes(world: World, org_id: UUID) -> None:
    database = world.database(pool_size=1)

    def divide(tx: Tx) -> int:
        tx.fetch(ONE_BY, {"number": 0})
        return ask(tx)

    rehearsed(database, org_id)
    for _ in range(3):
        foreseen = database.foresee(org_id, divide)
        assert foreseen is not None
        with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
            assert [row.org_id for row in tx.opened] == [org_id]
            with pytest.raises(pg_errors.DivisionByZero):
                divide(tx)
            assert ask(tx) == 4
    database.close()


def test_a_foreseen_question_has_no_more_time_than_others(world: World, org_id: UUID) -> None:
    database = Database(world.app_url, pool_size=1, statement_ms=300)
    rehearsed(database, org_id)

    def sleep(tx: Tx) -> object:
        return tx.fetch(SLEEP, {"name": ""})

    foreseen = database.foresee(org_id, sleep)
    with (
        pytest.raises(pg_errors.QueryCanceled),
        database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx,
    ):
        sleep(tx)
    with database.transaction(org_id) as tx:
        assert ask(tx) == 4
    database.close()


def test_a_connection_that_died_in_the_pool_is_replaced(world: World, admin: Connection, org_id: UUID) -> None:
    database = world.database(pool_size=1)
    foreseen = rehearsed(database, org_id)
    with database.transaction(org_id) as tx:
        pid = tx.raw.info.backend_pid
    admin.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with database.transaction(org_id, OPENING, arguments(org_id), foreseen) as tx:
        assert ask(tx) == 4
        assert has_not_begun(tx)
    database.close()


def test_what_follows_from_an_unknown_answer_is_not_foreseen(database: Database, org_id: UUID) -> None:
    assert database.foresee(org_id, ask) is None  # the clock was not heard yet
    with database.transaction(org_id, OPENING, arguments(org_id)) as tx:
        ask(tx)
    foreseen = database.foresee(org_id, ask)
    assert foreseen is not None
    assert [one.statement for one in foreseen.asked] == [NAME]
    assert database.foresee(org_id, lambda tx: tx.conn.execute(text("SELECT 1"))) is None
    assert database.foresee(org_id, lambda tx: tx.now()) is None


def test_an_instant_guessed_badly_is_not_used(database: Database, org_id: UUID) -> None:
    foreseen = rehearsed(database, org_id)
    for off in (timedelta(seconds=1), timedelta(days=-1)):
        wrong = Foreseen(foreseen.at + off, foreseen.asked)
        with database.transaction(org_id, OPENING, arguments(org_id), wrong) as tx:
            assert tx.as_of() == tx.opened[0].opened_at  # type: ignore[comparison-overlap]


HEARD = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 0.04)), min_size=1, max_size=20)


@given(HEARD)
def test_the_guessed_clock_is_never_late(heard: list[tuple[float, float]]) -> None:
    """Whatever the answers' ways took: it does not run ahead, and is behind by the shortest of the last ways."""
    clock, true_start = GuessedClock(), datetime(2026, 5, 21, tzinfo=UTC)
    for at_s, way_s in heard:
        clock.learn(true_start + timedelta(seconds=at_s), at_s + way_s)
    guessed = clock.at(20.0)
    assert guessed is not None
    behind = true_start + timedelta(seconds=20.0) - guessed
    assert timedelta(microseconds=-10) <= behind <= timedelta(seconds=0.041)


def test_a_clock_that_was_set_is_followed() -> None:
    clock, start = GuessedClock(), datetime(2026, 5, 21, tzinfo=UTC)
    for offset in (timedelta(0), timedelta(hours=-1), timedelta(seconds=30), timedelta(hours=1)):
        clock.learn(start + offset, 5.0)
        assert clock.at(6.0) == start + offset + timedelta(seconds=1)


def test_of_what_is_last_known_the_oldest_goes() -> None:
    known = LastKnown[int, str](2)
    for number in (1, 2, 1, 3):
        known.keep(number, f"{number}")
    assert [known.find(number) for number in (1, 2, 3)] == [None, "2", "3"]
    known.forget(3)
    known.forget(4)
    assert known.find(3) is None


def has_not_begun(tx: Tx) -> bool:
    return getattr(tx.way, "begun", None) is None
