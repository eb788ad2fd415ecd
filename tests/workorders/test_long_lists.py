"""Lists of an organization's years: what they hold, against reading it all, and what is read for a page."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Database, Tx
from geo_assign.core.paging import encode
from geo_assign.core.rows import ResultRow
from geo_assign.workorders.domain import BOOKED, BUCKETS, NEEDING_YOU, TERMINAL, Bucket, State
from geo_assign.workorders.queries import listing
from geo_assign.workorders.queries.finding import has_words
from geo_assign.workorders.queries.list_sorts import place_of
from geo_assign.workorders.queries.listing import MOST_COUNTED, Sort, WorkOrderFilter, list_work_orders
from geo_assign.workorders.search_texts import as_whole_phones, search_words
from geo_assign.workorders.tables import bookings, work_orders
from scripts.benchmark.lists import Question, questions
from scripts.benchmark.orders import ORGANIZATION, Work, find_work, replace_orders
from tests.conftest import World, cloned
from tests.thoroughness import combined

ORDERS, PAGE = 12_000, 50
NO_IDS: Mapping[str, UUID] = defaultdict(lambda: ORGANIZATION)
NAMES = sorted(questions(Work(ORGANIZATION, ORDERS, NO_IDS, ORDERS // 2, "Ana Lima", "910 000 000")))
# Rows that a page with its count may read, of 12,000: a thousand are counted, and some more are looked at for words.
MOST_READ = 3_000
READ = text(
    "SELECT coalesce(sum(seq_tup_read), 0) + coalesce(sum(idx_tup_fetch), 0) FROM pg_stat_xact_user_tables "
    "WHERE relname IN ('work_orders', 'work_order_search', 'bookings')"
)


@pytest.fixture(scope="module")
def years(filled: Callable[..., str]) -> Iterator[World]:
    with cloned(filled("years", _fill, "scripts/benchmark/orders.py", "tests/workorders/test_long_lists.py")) as world:
        yield world


@pytest.fixture(scope="module")
def work(years: World) -> Work:
    with psycopg.connect(years.admin_url, autocommit=True) as conn:
        return find_work(conn, ORDERS)


@pytest.fixture(scope="module")
def asked(work: Work) -> Mapping[str, Question]:
    return questions(work)


@pytest.fixture(scope="module")
def tx(years: World) -> Iterator[Tx]:
    """A transaction of the application role over all the work."""
    database = Database(years.app_url, pool_size=1)
    with database.transaction(ORGANIZATION) as opened:
        yield opened
    database.close()


class Plainly:
    """The lists as they are understood: every row is read, judged and sorted, once for each question."""

    def __init__(self, tx: Tx, work: Work) -> None:
        self._tx, self._work = tx, work
        w, b = work_orders.c, bookings.c
        self.rows: Sequence[ResultRow] = tx.conn.execute(select(*(c for c in w if c.name != "geog"))).all()
        held = select(b.technician_id, b.work_order_id).where(b.state.in_(BOOKED))
        self._known: dict[tuple[str, str, str], list[UUID]] = {}
        self.held = {(row.technician_id, row.work_order_id) for row in tx.conn.execute(held)}

    def ids(self, wanted: WorkOrderFilter, sort: Sort, scope: Scope) -> list[UUID]:
        question = (repr(wanted), sort, repr(scope))
        if question not in self._known:
            self._known[question] = self._read(wanted, sort, scope)
        return self._known[question]

    def _read(self, wanted: WorkOrderFilter, sort: Sort, scope: Scope) -> list[UUID]:
        chosen = [row for row in self.rows if self._is_seen(row, scope) and self._matches(row, wanted)]
        if wanted.text is not None:
            chosen = self._with_words(chosen, search_words(wanted.text))
        chosen.sort(key=attrgetter("created_at", "id"))
        keys = {"number": ("kind", "number")}.get(sort.removeprefix("-"), (sort.removeprefix("-"),))
        for key in reversed(keys):
            chosen.sort(key=attrgetter(key), reverse=sort.startswith("-"))
        return [row.id for row in chosen]

    def _with_words(self, rows: Sequence[ResultRow], words: Sequence[str]) -> list[ResultRow]:
        """Those with a whole phone number; if there are none, with its parts."""
        for read in (as_whole_phones(words), words):
            found = set(self._tx.conn.execute(select(work_orders.c.id).where(has_words(read))).scalars())
            if having := [row for row in rows if row.id in found]:
                return having
        return []

    def _matches(self, row: ResultRow, wanted: WorkOrderFilter) -> bool:
        return (
            (not wanted.states or row.state in wanted.states)
            and (not wanted.buckets or _bucket(row) in wanted.buckets)
            and (not wanted.pending_reasons or row.pending_reason in wanted.pending_reasons)
            and wanted.store_id in {None, row.store_id}
            and wanted.group_id in {None, row.group_id}
            and wanted.kind in {None, row.kind}
            and wanted.external_id in {None, row.external_id}
            and wanted.returned_to in {None, row.returned_to}
            and (wanted.skill is None or wanted.skill in row.skills)
            and (wanted.slot_from is None or row.slot_end > wanted.slot_from)
            and (wanted.slot_to is None or row.slot_start < wanted.slot_to)
            and wanted.has_location in {None, row.lat is not None}
            and wanted.alarm in {None, row.alarm is not None}
            and (wanted.updated_since is None or row.updated_at >= wanted.updated_since)
            and (wanted.created_from is None or row.created_at >= wanted.created_from)
            and (wanted.created_to is None or row.created_at < wanted.created_to)
            and (wanted.technician_id is None or (wanted.technician_id, row.id) in self.held)
        )

    def _is_seen(self, row: ResultRow, scope: Scope) -> bool:
        # The one dispatcher who asks has one group, of the store "s7".
        of_store = bool(scope.group_ids) and row.group_id is None and row.store_id == self._work.ids["s7"]
        return scope.everything or row.store_id in scope.store_ids or row.group_id in scope.group_ids or of_store


def _bucket(row: ResultRow) -> Bucket:
    if row.alarm is not None and row.alarm["code"] in NEEDING_YOU and row.state not in TERMINAL:
        return Bucket.NEEDS_YOU
    return BUCKETS[State(row.state)]


@pytest.fixture(scope="module")
def plainly(tx: Tx, work: Work) -> Plainly:
    return Plainly(tx, work)


@pytest.mark.parametrize("name", NAMES)
def test_a_list_is_what_reading_everything_gives(
    tx: Tx, asked: Mapping[str, Question], plainly: Plainly, name: str
) -> None:
    wanted, sort, scope = asked[name]
    whole = plainly.ids(wanted, sort, scope)
    seen: list[UUID] = []
    cursor = None
    for number in range(4):
        page = list_work_orders(tx, scope, wanted, limit=PAGE, cursor=cursor, sort=sort, counted=True)
        if number == 0:
            assert (page.count, page.count_is_at_least) == (min(len(whole), MOST_COUNTED), len(whole) > MOST_COUNTED)
        seen += [order.id for order in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == (whole if cursor is None else whole[: 4 * PAGE])


@pytest.mark.parametrize("sort", ["priority", "-priority", "slot_start", "-slot_start", "-number", "-updated_at"])
def test_pages_hold_together_where_many_are_alike(tx: Tx, plainly: Plainly, sort: Sort) -> None:
    whole = plainly.ids(WorkOrderFilter(), sort, EVERYTHING)
    rows = {row.id: row for row in plainly.rows}
    for last in (ORDERS // 11, ORDERS // 3, ORDERS - 70):
        cursor = encode(place_of(rows[whole[last]], sort))
        page = list_work_orders(tx, EVERYTHING, WorkOrderFilter(), limit=PAGE, cursor=cursor, sort=sort)
        assert [order.id for order in page.items] == whole[last + 1 : last + 1 + PAGE]
        before = tx.conn.execute(READ).scalar_one()
        list_work_orders(tx, EVERYTHING, WorkOrderFilter(), limit=PAGE, cursor=cursor, sort=sort)
        assert tx.conn.execute(READ).scalar_one() - before <= 3 * PAGE


@pytest.mark.parametrize("name", NAMES)
def test_a_page_and_its_count_read_little(tx: Tx, asked: Mapping[str, Question], name: str) -> None:
    wanted, sort, scope = asked[name]
    before = tx.conn.execute(READ).scalar_one()
    list_work_orders(tx, scope, wanted, limit=PAGE, sort=sort, counted=True)
    assert tx.conn.execute(READ).scalar_one() - before <= MOST_READ


@pytest.mark.parametrize(
    ("words", "looked_through"),
    combined(
        ["porto", "ring twice fable", "rua ba", "ke", "910", "qqzzx", "EXT-600", "%", "phone"],
        [(), (60,), (500,), (500, 5_000), (20, 100, 5_000), (ORDERS,)],
        rounds=2,
    ),
)
def test_words_are_found_however_many_rows_are_looked_through(
    tx: Tx, plainly: Plainly, monkeypatch: pytest.MonkeyPatch, looked_through: tuple[int, ...], words: str
) -> None:
    monkeypatch.setattr(listing, "_LOOKED_THROUGH", looked_through)
    wanted = WorkOrderFilter(text=words, states=[State.PENDING, State.COMPLETED])
    for sort in ("-created_at", "priority"):
        whole = plainly.ids(wanted, sort, EVERYTHING)
        page = list_work_orders(tx, EVERYTHING, wanted, limit=PAGE, sort=sort, counted=True)
        assert [order.id for order in page.items] == whole[:PAGE]
        assert (page.count, page.count_is_at_least) == (min(len(whole), MOST_COUNTED), len(whole) > MOST_COUNTED)


@pytest.mark.parametrize(
    ("typed", "limit"), combined(["600", "L-600", "t-43", " l43 ", "L-00043", "99999", "L-0", "rua 43"], [1, 2, 50])
)
def test_the_order_of_the_number_comes_first_then_the_newest(tx: Tx, plainly: Plainly, typed: str, limit: int) -> None:
    wanted = WorkOrderFilter(text=typed)
    newest = plainly.ids(wanted, "-created_at", EVERYTHING)
    known = re.fullmatch(r"([lt]?)-?0*(\d+)", typed.strip().lower())
    numbers = {
        row.id
        for row in plainly.rows
        if known and row.number == int(known[2]) and (not known[1] or row.kind[0] == known[1])
    }
    expected = sorted(newest, key=lambda order_id: order_id not in numbers)
    assert numbers <= set(newest)
    seen: list[UUID] = []
    cursor = None
    for _ in range(4):
        page = list_work_orders(tx, EVERYTHING, wanted, limit=limit, cursor=cursor, sort="relevance", counted=True)
        if cursor is None:
            assert page.count == min(len(newest), MOST_COUNTED)
        seen += [order.id for order in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == (expected if cursor is None else expected[: 4 * limit])


def test_slots_that_last_long_are_found_by_any_of_their_days(tx: Tx, plainly: Plainly) -> None:
    long = [row for row in plainly.rows if row.slot_end - row.slot_start > timedelta(days=1)]
    assert len(long) >= 2
    for row in long:
        on_the_last_day = WorkOrderFilter(slot_from=row.slot_end - timedelta(minutes=1), slot_to=row.slot_end)
        ids = plainly.ids(on_the_last_day, "slot_start", EVERYTHING)
        assert row.id in ids
        page = list_work_orders(tx, EVERYTHING, on_the_last_day, limit=200, sort="slot_start")
        assert [order.id for order in page.items] == ids


def _fill(world: World) -> None:
    replace_orders(world.admin_url, ORDERS)
