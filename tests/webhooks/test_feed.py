"""The feed of events: nothing is passed over, whatever commits late; in order per subject; for the own stores only."""

import random
import threading
from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core import outbox
from geo_assign.core.db import Database, Tx
from geo_assign.core.paging import BadCursorError, decode, encode
from geo_assign.webhooks import feed
from geo_assign.webhooks.commands.deliveries import fan_out
from geo_assign.webhooks.domain import EVENTS_FORGOTTEN_AFTER, EVENTS_KEPT_FOR
from geo_assign.webhooks.feed import CursorTooOldError, FeedFilter, FeedPage, read_feed
from geo_assign.webhooks.tasks import fan_out_in_turns, forget_old
from tests.conftest import World
from tests.day import Day
from tests.waiting import wait_until

CREATED = "work_order.created"


def read(
    database: Database,
    org_id: UUID,
    after: str | None = None,
    *,
    scope: Scope = EVERYTHING,
    limit: int = 50,
    events: Collection[str] = (),
    store_ids: Collection[UUID] = (),
) -> FeedPage:
    which = FeedFilter(events=events, store_ids=store_ids)
    with database.transaction(org_id) as tx:
        return read_feed(tx, scope, which, after=after, limit=limit)


def tell(tx: Tx, subject: UUID, number: int, *, stores: Collection[UUID] = ()) -> None:
    outbox.emit(tx, CREATED, subject, {"number": number}, at=tx.now(), store_ids=stores)


def told(page: FeedPage) -> list[object]:
    return [one.data["number"] for one in page.items]


def read_all(database: Database, org_id: UUID, *, limit: int = 50, scope: Scope = EVERYTHING) -> list[object]:
    numbers: list[object] = []
    page = read(database, org_id, limit=limit, scope=scope)
    while page.items or page.has_more:
        numbers += told(page)
        page = read(database, org_id, page.next_cursor, limit=limit, scope=scope)
    return numbers


# What commits late ----------------------------------------------------------------------------------------------------


def test_an_event_that_commits_late_is_not_passed_over(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as slow:
        tell(slow, uuid4(), 1)
        database.run(org_id, lambda tx: tell(tx, uuid4(), 2))
        seen = read(database, org_id)
        assert told(seen) == [2]
        assert read(database, org_id, seen.next_cursor).items == []
    late = read(database, org_id, seen.next_cursor)
    assert told(late) == [1]
    assert read(database, org_id, late.next_cursor).items == []


def test_a_reader_who_repeats_a_cursor_is_told_the_same(database: Database, org_id: UUID) -> None:
    for number in range(5):
        database.run(org_id, lambda tx, number=number: tell(tx, uuid4(), number))  # type: ignore[misc]
    first = read(database, org_id, limit=2)
    again = [read(database, org_id, first.next_cursor, limit=2).items for _ in range(2)]
    assert again[0] == again[1]
    assert (told(first), first.has_more) == ([0, 1], True)
    assert read_all(database, org_id, limit=2) == [0, 1, 2, 3, 4]


@pytest.mark.races
@pytest.mark.parametrize("readers", [1, 3])
def test_no_reader_misses_what_many_writers_commit_in_any_order(world: World, org_id: UUID, readers: int) -> None:
    """Each writer writes under its subject's lock and commits after a pause; the readers go on all the while."""
    database = world.database(pool_size=14)
    subjects, rounds, done = [uuid4() for _ in range(4)], 12, threading.Event()
    chance = random.Random(20)

    def write(subject: UUID, pauses: list[float]) -> None:
        for pause in pauses:
            with database.transaction(org_id) as tx:
                tx.conn.execute(select(func.pg_advisory_xact_lock(subject.int % 2**31)))
                number = counters[subject]
                counters[subject] += 1
                tell(tx, subject, number)
                done.wait(pause)

    def follow(heard: list[tuple[UUID, object]]) -> None:
        after: str | None = None
        while len(heard) < 2 * len(subjects) * rounds and not done.is_set():
            with database.transaction(org_id) as tx:
                page = read_feed(tx, EVERYTHING, FeedFilter(), after=after, limit=7)
            heard += [(one.id, one.data["number"]) for one in page.items]
            after = page.next_cursor

    counters: dict[UUID, int] = defaultdict(int)
    heard: list[list[tuple[UUID, object]]] = [[] for _ in range(readers)]
    pauses = [[chance.uniform(0, 0.02) for _ in range(rounds)] for _ in range(2 * len(subjects))]
    writers = [
        threading.Thread(target=write, args=(subject, pauses[2 * index + half]))
        for index, subject in enumerate(subjects)
        for half in range(2)
    ]
    followers = [threading.Thread(target=follow, args=(one,)) for one in heard]
    try:
        for thread in [*writers, *followers]:
            thread.start()
        for thread in writers:
            thread.join()
        wait_until(lambda: all(len(one) >= 2 * len(subjects) * rounds for one in heard), "every reader has all events")
    finally:
        done.set()
        for thread in followers:
            thread.join()
    with database.transaction(org_id) as tx:
        rows = tx.conn.execute(select(outbox.outbox.c.id, outbox.outbox.c.subject_id)).all()
    subject_by_id = {row.id: row.subject_id for row in rows}
    for one in heard:
        assert len(one) == len({event_id for event_id, _ in one}) == len(rows)
        of_subject: dict[UUID, list[object]] = defaultdict(list)
        for event_id, number in one:
            of_subject[subject_by_id[event_id]].append(number)
        assert all(numbers == list(range(2 * rounds)) for numbers in of_subject.values())
    database.close()


def test_fanning_out_and_reading_do_not_disturb_each_other(database: Database, org_id: UUID) -> None:
    for number in range(30):
        database.run(org_id, lambda tx, number=number: tell(tx, uuid4(), number))  # type: ignore[misc]
    threads = [threading.Thread(target=lambda: database.run(org_id, fan_out)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert read_all(database, org_id, limit=4) == list(range(30))
    for thread in threads:
        thread.join()


def test_a_large_backlog_is_read_in_parts(database: Database, org_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PLACED_AT_ONCE", 3)
    monkeypatch.setattr(feed, "SEEN_AT_ONCE", 2)
    mine, other = uuid4(), uuid4()

    def tell_ten(tx: Tx) -> None:
        for number in range(10):
            tell(tx, uuid4(), number, stores=[mine if number in {0, 9} else other])

    database.run(org_id, tell_ten)
    assert read_all(database, org_id, scope=Scope(store_ids=frozenset([mine]))) == [0, 9]
    assert read_all(database, org_id) == list(range(10))


# Whose events ---------------------------------------------------------------------------------------------------------


def test_each_store_is_told_of_its_own(database: Database, org_id: UUID) -> None:
    one, two = uuid4(), uuid4()

    def tell_both(tx: Tx) -> None:
        tell(tx, uuid4(), 1, stores=[one])
        tell(tx, uuid4(), 2, stores=[two])
        tell(tx, uuid4(), 3, stores=[one, two])
        tell(tx, uuid4(), 4)

    database.run(org_id, tell_both)
    assert told(read(database, org_id)) == [1, 2, 3, 4]
    assert told(read(database, org_id, store_ids=[two])) == [2, 3]
    assert told(read(database, org_id, scope=Scope(store_ids=frozenset([one])))) == [1, 3]
    assert told(read(database, org_id, scope=Scope(store_ids=frozenset([one])), store_ids=[two])) == [3]
    assert told(read(database, org_id, scope=Scope())) == []


def test_an_older_versions_event_belongs_to_the_store_in_its_payload(database: Database, org_id: UUID) -> None:
    store = uuid4()

    def as_before(tx: Tx) -> None:
        outbox.emit(tx, CREATED, uuid4(), {"number": 1, "store_id": str(store)}, at=tx.now())
        tx.conn.execute(outbox.outbox.update().values(store_ids=None))

    database.run(org_id, as_before)
    assert told(read(database, org_id, store_ids=[store])) == [1]
    assert told(read(database, org_id, store_ids=[uuid4()])) == []


def test_the_feed_tells_what_happens_as_webhooks_do(day: Day) -> None:
    day.map("A . J . B", step_m=100)
    day.technician("A")
    day.lead("J")
    day.reject("A", day.offer("J"))
    day.evaluate("J")
    day.cancel("J")
    page = read(day.database, day.org_id)
    assert [one.event_type.partition(".")[2] for one in page.items] == [
        "presence_changed",
        "created",
        "offered",
        "rejected",
        "pending",
        "cancelled",
    ]
    assert {one.data["organization_id"] for one in page.items} == {str(day.org_id)}
    assert len(read(day.database, day.org_id, store_ids=[day.store_id]).items) == len(page.items)
    assert len(read(day.database, day.org_id, events=["work_order.offered"]).items) == 1


# Cursors --------------------------------------------------------------------------------------------------------------


@given(text=st.one_of(st.text(max_size=60), st.sampled_from(["", "e30", "W10", "WzEsMl0", "null", "a" * 900])))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadCursorError):
        feed._parse(uuid4(), text)


@pytest.mark.parametrize("change", [0, 1, 2])
def test_a_cursor_of_another_kind_is_refused(database: Database, org_id: UUID, change: int) -> None:
    database.run(org_id, lambda tx: tell(tx, uuid4(), 1))
    values: list[object] = list(decode(read(database, org_id).next_cursor, str, int, str))
    values[change] = ["00000000", -1, "2026-05-21T10:00:00"][change]
    with pytest.raises(BadCursorError):
        read(database, org_id, encode(values))


def test_a_cursor_ahead_of_a_restored_database_is_refused(database: Database, org_id: UUID) -> None:
    database.run(org_id, lambda tx: tell(tx, uuid4(), 1))
    name, position, at = decode(read(database, org_id).next_cursor, str, int, str)
    with pytest.raises(BadCursorError, match="restored"):
        read(database, org_id, encode([name, position + 1, at]))


def test_events_are_kept_thirty_days_and_an_older_cursor_says_where_to_begin(world: World, day: Day) -> None:
    with_worker = Database(world.worker_url, clock=day.clock, pool_size=2)
    day.map("A . J . K", step_m=100)
    day.technician("A")
    start = read(day.database, day.org_id)
    fan_out_in_turns(with_worker, day.database)
    day.clock.advance(EVENTS_KEPT_FOR - timedelta(hours=1))
    assert forget_old(with_worker) == 0
    day.lead("J")
    went_on = read(day.database, day.org_id, start.next_cursor)
    assert went_on.items[0].event_type == CREATED
    day.clock.advance(timedelta(days=2))
    fan_out_in_turns(with_worker, day.database)
    assert forget_old(with_worker) == 1
    with pytest.raises(CursorTooOldError) as refusal:
        read(day.database, day.org_id, start.next_cursor)
    again = read(day.database, day.org_id, str(refusal.value.facts["restart_after"]))
    assert [one.id for one in again.items] == [one.id for one in went_on.items]
    assert again.items == read(day.database, day.org_id).items
    assert refusal.value.facts["missed_since"] < day.clock.now() - EVENTS_KEPT_FOR
    with_worker.close()


def test_positions_go_on_when_all_events_are_forgotten(world: World, day: Day) -> None:
    with_worker = Database(world.worker_url, clock=day.clock, pool_size=2)
    day.map("A . J . K", step_m=100)
    day.lead("J")
    before = read(day.database, day.org_id)
    fan_out_in_turns(with_worker, day.database)
    day.clock.advance(timedelta(days=20))
    quiet = read(day.database, day.org_id, before.next_cursor)
    day.clock.advance(EVENTS_FORGOTTEN_AFTER - timedelta(days=15))
    assert forget_old(with_worker) == len(before.items)
    day.lead("K")
    after = read(day.database, day.org_id, quiet.next_cursor)
    assert after.items[0].event_type == CREATED
    with_worker.close()
