"""Looks on the live stream: a row per viewer, technician and hour, true to the minute; a tick is rendered once."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Role
from geo_assign.core.db import Database
from geo_assign.http.routes import map as map_routes
from geo_assign.mapview.domain import Changes
from geo_assign.mapview.live import Tick
from geo_assign.privacy import viewlog
from geo_assign.privacy.commands import record_live_views
from geo_assign.privacy.domain import How, LiveView
from geo_assign.privacy.live_looks import LiveLooks
from geo_assign.privacy.queries import list_views
from geo_assign.privacy.viewlog import ViewLog
from tests.conftest import World
from tests.day import Day
from tests.snapshots import begun_once

ORG = uuid4()
VIEWERS = [Caller(ORG, ActorKind.USER, uuid4(), f"Desk {n}", EVERYTHING, Role.DISPATCHER) for n in range(3)]
PEOPLE = [UUID(int=n + 1) for n in range(4)]
NINE = datetime(2031, 3, 1, 9, tzinfo=UTC)

Look = tuple[int, int, UUID]
"""Viewer, minute since nine, technician."""

told = st.tuples(
    st.integers(0, 2), st.integers(0, 3 * 3600), st.frozensets(st.sampled_from(PEOPLE)), st.sampled_from(["", "take"])
)


def minutes_of(views: list[LiveView]) -> set[Look]:
    numbers = {viewer.id: number for number, viewer in enumerate(VIEWERS)}
    return {
        (numbers[one.viewer_id], int((one.minute - NINE) / timedelta(minutes=1)), one.technician_id)
        for view in views
        for one in view.by_minute()
    }


@settings(deadline=None)
@given(st.lists(told, max_size=40).map(lambda notes: sorted(notes, key=lambda note: note[1])))
def test_what_is_noted_is_what_is_written_whenever_it_is_taken(
    notes: list[tuple[int, int, frozenset[UUID], str]],
) -> None:
    looks, written, expected = LiveLooks(), list[LiveView](), set[Look]()
    for number, second, people, then in notes:
        looks.note(VIEWERS[number], people, at=NINE + timedelta(seconds=second))
        expected |= {(number, second // 60, one) for one in people}
        if then:
            written += looks.take(3).get(ORG, [])
    while not looks.is_empty:
        written += looks.take(3)[ORG]
    assert minutes_of(written) == expected
    assert all(view.first_at <= view.last_at < view.hour + timedelta(hours=1) for view in written)


def test_a_minute_is_noted_once_however_often_it_is_told() -> None:
    looks, people = LiveLooks(), frozenset(PEOPLE)
    assert looks.note(VIEWERS[0], people, at=NINE)
    for second in range(1, 60):
        assert not looks.note(VIEWERS[0], people, at=NINE + timedelta(seconds=second))
    assert looks.note(VIEWERS[0], people, at=NINE + timedelta(seconds=60))
    (rows,) = looks.take(100).values()
    assert [row.minutes for row in rows] == [0b11] * len(PEOPLE)


def test_a_technician_is_not_told_of_an_own_look() -> None:
    looks, ana = LiveLooks(), replace(VIEWERS[0], technician_id=PEOPLE[0])
    looks.note(ana, frozenset(PEOPLE), at=NINE)
    assert {row.technician_id for row in looks.take(100)[ORG]} == set(PEOPLE[1:])


@pytest.fixture
@begun_once
def ana(day: Day) -> UUID:
    day.map("A B . J", step_m=500)
    day.technician("B")
    return day.technician("A")


def viewer(day: Day, name: str = "Boss") -> Caller:
    return Caller(day.org_id, ActorKind.USER, uuid4(), name, EVERYTHING, Role.ADMINISTRATOR)


def rows(admin: Connection) -> int:
    return int(admin.execute(text("SELECT count(*) FROM live_views")).scalar_one())


def test_an_hour_is_a_row_for_each_viewer_and_technician(day: Day, ana: UUID, admin: Connection) -> None:
    both = frozenset(day.people.values())
    logs = [ViewLog(day.database), ViewLog(day.database)]
    desks = [viewer(day, f"Desk {n}") for n in range(3)]
    start = day.clock.now()
    watched = (0, 1, 2, 17, 58, 59)
    for minute in watched:
        for log in logs:
            for desk in desks:
                for second in (0, 1, 30):
                    log.note_live(desk, both, at=start + timedelta(minutes=minute, seconds=second))
            log.flush()
    assert rows(admin) == len(both) * len(desks)
    logs[0].note_live(desks[0], both, at=start + timedelta(minutes=60))
    for log in logs:
        log.close()
    assert rows(admin) == len(both) * len(desks) + len(both)
    with day.database.transaction(day.org_id) as tx:
        views = list_views(tx, ana, limit=200).items
    seen = defaultdict(list)
    for view in views:
        seen[view.viewer_name].append(int((view.minute - start) / timedelta(minutes=1)))
        assert view.minute <= view.first_at <= view.last_at <= view.minute + timedelta(minutes=1)
        assert (view.how, view.count) == (How.LIVE, 1)
    assert {name: sorted(minutes) for name, minutes in seen.items()} == {
        "Desk 0": [*watched, 60],
        "Desk 1": list(watched),
        "Desk 2": list(watched),
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_all_ways_of_looking_come_by_pages_newest_first(day: Day, ana: UUID, limit: int) -> None:
    log, start, desks = ViewLog(day.database), day.clock.now(), [viewer(day, f"Desk {n}") for n in range(3)]
    for minute in (0, 3, 59, 60, 61, 200, 1_500):
        at = start + timedelta(minutes=minute)
        log.note_live(desks[minute % 3], frozenset({ana}), at=at)
        log.note_live(desks[0], frozenset({ana}), at=at)
        log.note(desks[1], How.MAP, [ana], at=at)
    # As a process of an older version notes them, in a minute of its own and in one that is known.
    log.note(desks[2], How.LIVE, [ana], at=start + timedelta(minutes=5))
    log.note(desks[0], How.LIVE, [ana], at=start)
    log.close()
    with day.database.transaction(day.org_id) as tx:
        whole = list(list_views(tx, ana, limit=100).items)
        paged, cursor = [], None
        for _ in range(len(whole)):
            page = list_views(tx, ana, limit=limit, cursor=cursor)
            paged += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    keys = [(view.minute, view.viewer_id, view.how.value) for view in whole]
    assert keys == sorted(keys, reverse=True)
    assert len(keys) == len(set(keys)) == 7 + 7 + 3 + 1
    assert paged == whole


def test_what_cannot_be_written_is_kept(day: Day, ana: UUID, world: World, admin: Connection) -> None:
    broken = world.database(clock=day.clock)
    log, start = ViewLog(broken), day.clock.now()
    good, broken.engine = broken.engine, Database(world.app_url.replace("@", "@unknown."), pool_size=1).engine
    desk = viewer(day)
    log.note_live(desk, frozenset({ana}), at=start)
    log.flush()
    log.note_live(desk, frozenset({ana}), at=start + timedelta(minutes=1))
    broken.engine = good
    log.close()
    broken.close()
    assert admin.execute(text("SELECT minutes FROM live_views")).scalar_one() == 0b11


def test_many_looks_are_written_some_at_a_time_and_all_at_the_end(
    day: Day, ana: UUID, admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewlog, "EVERY_S", 3_600.0)
    log = ViewLog(day.database)
    for n in range(5):
        log.note_live(viewer(day, f"Desk {n}"), frozenset(day.people.values()), at=day.clock.now())
    log.flush(at_most=4)
    assert rows(admin) == 4
    log.close()
    assert rows(admin) == 10


def test_an_erased_technician_leaves_no_look(day: Day, ana: UUID, admin: Connection) -> None:
    log = ViewLog(day.database)
    log.note_live(viewer(day), frozenset(day.people.values()), at=day.clock.now())
    log.close()
    with day.database.transaction(day.org_id) as tx:
        tx.conn.execute(text("SELECT erase_live_views(:id)"), {"id": ana})
    assert admin.execute(text("SELECT technician_id FROM live_views")).scalars().all() == [day.people["B"]]


def test_a_row_that_two_processes_write_is_one(day: Day, ana: UUID, admin: Connection) -> None:
    at = day.clock.now()
    one = LiveView(ana, at, uuid4(), "user", "Boss", 1 << 59, first_at=at, last_at=at)
    other = replace(one, minutes=0b101, first_at=at - timedelta(minutes=1), last_at=at + timedelta(minutes=2))
    for view in (one, other, one):
        with day.database.transaction(day.org_id) as tx:
            record_live_views(tx, [view])
    row = admin.execute(text("SELECT minutes, first_at, last_at FROM live_views")).one()
    assert tuple(row) == (1 << 59 | 0b101, other.first_at, other.last_at)


def test_a_tick_is_rendered_once_for_all_who_hear_it() -> None:
    calls = []

    def render(changes: Changes) -> tuple[bytes, ...]:
        calls.append(changes)
        return (b"one",)

    tick = Tick(1, Changes(until=NINE))
    answers = {id(tick.once(render)) for _ in range(100)}
    assert (len(calls), len(answers)) == (1, 1)
    assert tick.once(map_routes._shown) == frozenset()
    assert len(calls) == 1
