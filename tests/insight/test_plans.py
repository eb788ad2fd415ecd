"""What Insight reads: of days that are summed their sums, and no work."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from psycopg.pq import Format
from sqlalchemy import Connection, event

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.spans import Span
from geo_assign.insight.domain import InsightQuestion
from geo_assign.insight.queries import get_insight
from tests.conftest import World
from tests.day import NOON, Day
from tests.insight.history import History
from tests.plans import rows_read

DAY = timedelta(days=1)
YEAR: Span = (NOON - 360 * DAY - timedelta(hours=12), NOON - timedelta(hours=12))
WORK = ("work_orders", "work_order_events", "offers", "bookings", "drives", "decisions", "duty_intervals")
DAYS = 20


@pytest.fixture
def history(day: Day, world: World) -> History:
    """Work and duty of twenty days, and nothing that is pending."""
    history = History(day, world).open()
    for ago in range(1, DAYS + 1):
        at = NOON - ago * 18 * DAY
        order = history.order(at, state="assigned", store=ago % 2)
        history.offer(order, at, state="accepted", after_s=60)
        history.assigned(order, at)
        history.booking(order, at)
        history.drive(order, provider="osrm", hour=9, seconds=700)
        history.chosen(order, at, (1_000.0, 200.0), (4_000.0, 150.0))
        history.duty(at - timedelta(hours=2), at + timedelta(hours=2))
    return history


@contextmanager
def statements_of(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are run on the connection meanwhile, with their parameters."""
    found: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        found.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", note)
    yield found
    event.remove(conn, "before_cursor_execute", note)


def rows_of_work(history: History, within: Span) -> dict[str, float]:
    """How many rows of each table of work and duty are read to tell a period, by the plans that are really run."""
    with history.day.database.transaction(history.day.org_id) as tx:
        with statements_of(tx.conn) as statements:
            get_insight(tx, EVERYTHING, InsightQuestion(within, tx.now()))
        plans = []
        # What is pending is of now, and not of the period.
        for statement, parameters in (one for one in statements if "pending_reason" not in one[0]):
            explained = tx.conn.exec_driver_sql("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
            plans.append(explained.scalar_one()[0]["Plan"])
    return {table: sum(rows_read(plan, table) for plan in plans) for table in WORK}


def test_a_year_is_told_by_as_many_statements_as_a_day(history: History) -> None:
    history.sum()
    asked = []
    with history.day.database.transaction(history.day.org_id) as tx:
        for within in (YEAR, (YEAR[1] - DAY, YEAR[1])):
            with statements_of(tx.conn) as statements:
                get_insight(tx, EVERYTHING, InsightQuestion(within, tx.now()))
            asked.append(len(statements))
    assert asked[0] == asked[1]


def test_the_bytes_of_sums_come_as_they_are_kept(history: History) -> None:
    """As text they would be twice as long."""
    formats = []

    def note(_conn: object, cursor: Any, statement: str, *_more: object) -> None:
        if "insight_sums" in statement:
            formats.append(cursor.pgresult.fformat(0))

    history.sum()
    with history.day.database.transaction(history.day.org_id) as tx:
        event.listen(tx.conn, "after_cursor_execute", note)
        get_insight(tx, EVERYTHING, InsightQuestion(YEAR, tx.now()))
        event.remove(tx.conn, "after_cursor_execute", note)
        assert tx.conn.exec_driver_sql("SELECT 1").cursor.pgresult.fformat(0) == Format.TEXT
    assert formats == [Format.BINARY]


def test_a_year_that_is_summed_is_told_without_reading_any_work(history: History) -> None:
    live = rows_of_work(history, YEAR)
    assert all(live[table] >= DAYS for table in WORK), "these are the rows of which a year is made"
    history.sum()
    assert history.told(YEAR) == history.told(YEAR, live=True)
    assert rows_of_work(history, YEAR) == dict.fromkeys(WORK, 0)


def test_the_sums_of_a_store_are_put_together_without_sorting_them(history: History) -> None:
    """Those of a year are more than a sort has memory for."""
    history.sum()
    with history.day.database.transaction(history.day.org_id) as tx:
        with statements_of(tx.conn) as statements:
            get_insight(tx, EVERYTHING, InsightQuestion(YEAR, tx.now()))
        ((statement, parameters),) = [one for one in statements if "insight_sums" in one[0]]
        # Of few rows a sort is cheap, and may be planned for that alone.
        tx.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = tx.conn.exec_driver_sql("EXPLAIN " + statement, parameters).scalars().all()
    assert any("insight_sums" in line for line in plan)
    assert not [line for line in plan if "Sort" in line]
