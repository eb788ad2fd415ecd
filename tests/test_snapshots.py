"""What is written as rows is what was told by commands, to the last digit and the next number."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.conftest import World, borrowed, opened_day, owner_of
from tests.day import Day
from tests.dispatch.desks import Desks
from tests.snapshots import Snapshot, begun_once


def street(day: Day) -> Day:
    """Odd distances, bookings, an offer, a history, and a clock that has gone on."""
    day.set(freshness_s=86_400, travel_buffer_minutes=7)
    day.map("A . J . . B . K", step_m=123.456789)
    day.provider("Fixers", base="B", groups=["phones"])
    day.technician("A", last_ping="3 min ago", booked="17:00-18:00", home=True)
    day.technician("B", group="phones", skills=["glass", "tv"], time_off="19:00-20:00")
    day.later("90 s")
    day.lead("J", slot="14:00-15:30")
    return day


def desks(day: Day) -> Desks:
    """What is returned holds the day."""
    found = Desks(day)
    found.store("north")
    street(day)
    found.dispatcher("Pia", "phones")
    return found


def rows(world: World) -> dict[str, list[str]]:
    """Every row of an organization as the server writes it, by table."""
    of_organizations = text(
        "SELECT DISTINCT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'org_id'"
    )
    with owner_of(world) as owner:
        tables = owner.execute(of_organizations).scalars().all()
        return {
            table: sorted(owner.exec_driver_sql(f"SELECT t::text FROM {table} t").scalars()) for table in sorted(tables)
        }


@pytest.mark.parametrize("begin", [street, desks], ids=lambda begin: begin.__name__)
def test_rows_clock_and_all_that_is_known_are_those_of_the_first(
    template: str, world: World, day: Day, begin: Callable[[Day], Day | Desks]
) -> None:
    begun = begun_once(begin)
    first = begun(day)
    expected, now = rows(world), day.clock.now()
    with borrowed(template) as elsewhere, opened_day(elsewhere) as second:
        again = begun(second)
        assert (again.day if isinstance(again, Desks) else again) is second
        assert {name: told for name, told in rows(elsewhere).items() if told != expected[name]} == {}
        assert (second.clock.now(), second.people, second.jobs) == (now, day.people, day.jobs)
        if isinstance(first, Desks) and isinstance(again, Desks):
            assert (again.callers, again.stores) == (first.callers, first.stores)


def test_what_a_day_does_after_its_beginning_is_its_own(template: str, day: Day) -> None:
    begun = begun_once(street)
    begun(day)
    number = day.lead("K").order.number
    with borrowed(template) as elsewhere, opened_day(elsewhere) as second:
        begun(second)
        assert set(second.jobs) == {"J"}
        second.people["C"] = uuid4()
        assert second.lead("K").order.number == number
    assert "C" not in day.people


def test_what_was_a_moment_ago_is_at_most_a_minute_ago(template: str) -> None:
    """Times near the present go on by whole minutes, those of the calendar stay."""
    taken_at, org_id = datetime.now(UTC) - timedelta(minutes=7, seconds=40), uuid4()
    rows = text("INSERT INTO organizations (org_id, slug, name, created_at) VALUES (:id, 'acme', 'Acme', :at)")
    for at, expected in (
        (taken_at - timedelta(seconds=9), taken_at + timedelta(minutes=7, seconds=-9)),
        (taken_at + timedelta(hours=3), taken_at + timedelta(hours=3, minutes=7)),
        (taken_at - timedelta(days=30), taken_at - timedelta(days=30)),
    ):
        with borrowed(template) as first, owner_of(first) as owner:
            owner.execute(rows, {"id": org_id, "at": at})
            snapshot = Snapshot.of(first, None, taken_at=taken_at)
        with borrowed(template) as second, owner_of(second) as owner:
            snapshot.write_to(second)
            assert owner.execute(text("SELECT created_at FROM organizations")).scalar_one() == expected
