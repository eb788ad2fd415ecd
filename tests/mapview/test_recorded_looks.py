"""Many looks in one statement are the rows that counting them one by one gives."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Role
from geo_assign.privacy.domain import How, Look, View
from geo_assign.privacy.looks import record_looks
from geo_assign.privacy.queries import list_views
from tests.day import Day

# Between two minutes, and between two hours.
BEGAN = datetime(2026, 11, 29, 9, 59, 58, tzinfo=UTC)
NAMES = ("Boss", 'A "quoted" {brace}, comma', "back\\slash", "NULL", "Zoë  ß", "", "-- $1")


@pytest.fixture
def known(day: Day) -> list[UUID]:
    """Four technicians."""
    day.map("A B . C D . J", step_m=500)
    return [day.technician(letter) for letter in "ABCD"]


def counted(looks: Sequence[Look]) -> dict[tuple[UUID, datetime, UUID, How], View]:
    """One by one, as the log says it."""
    views: dict[tuple[UUID, datetime, UUID, How], View] = {}
    for caller, how, technician_ids, at in looks:
        for technician_id in technician_ids:
            minute = at.replace(second=0, microsecond=0)
            new = View(technician_id, minute, caller.id, caller.kind.value, caller.name, how, at, at, 1)
            old = views.setdefault((technician_id, minute, caller.id, how), new)
            views[technician_id, minute, caller.id, how] = replace(
                old,
                first_at=min(old.first_at, at),
                last_at=max(old.last_at, at),
                count=1 if old is new or how is How.LIVE else old.count + 1,
            )
    return views


def written(day: Day, technician_ids: Sequence[UUID]) -> dict[tuple[UUID, datetime, UUID, How], View]:
    views: list[View] = []
    with day.database.transaction(day.org_id) as tx:
        for technician_id in technician_ids:
            page = list_views(tx, technician_id, limit=200)
            views += page.items
            while page.next_cursor:
                page = list_views(tx, technician_id, limit=200, cursor=page.next_cursor)
                views += page.items
    return {(view.technician_id, view.minute, view.viewer_id, view.how): view for view in views}


def write(day: Day, looks: Sequence[Look]) -> None:
    with day.database.transaction(day.org_id) as tx:
        record_looks(tx, looks)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(NAMES) - 1),
            st.sampled_from(How),
            st.lists(st.integers(0, 3), min_size=1, max_size=6),
            st.integers(0, 70_000_000),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_what_is_written_at_once_or_in_parts_is_what_counting_gives(
    day: Day, known: list[UUID], drawn: list[tuple[int, How, list[int], int, bool]]
) -> None:
    # Viewers of this example alone: what was written before stays.
    viewers = [Caller(day.org_id, ActorKind.USER, uuid4(), name, EVERYTHING, Role.ADMINISTRATOR) for name in NAMES]
    looks = [
        Look(viewers[who], how, tuple(known[one] for one in shown), BEGAN + timedelta(microseconds=after))
        for who, how, shown, after, _ in drawn
    ]
    # The second part finds rows of the first.
    parts = ([look for look, one in zip(looks, drawn, strict=True) if one[4] is first] for first in (True, False))
    for part in parts:
        write(day, part)
    of_viewers = {viewer.id for viewer in viewers}
    found = {key: view for key, view in written(day, known).items() if key[2] in of_viewers}
    assert found == counted(looks)


def test_thousands_of_looks_are_written_by_one_statement(day: Day, known: list[UUID]) -> None:
    viewers = [Caller(day.org_id, ActorKind.USER, uuid4(), "Boss", EVERYTHING, Role.ADMINISTRATOR) for _ in range(20)]
    moments = [BEGAN + timedelta(milliseconds=turn) for turn in range(3_000)]
    looks = [Look(viewers[turn % 20], How.NEAREST, tuple(known[:2]), at) for turn, at in enumerate(moments)]
    write(day, looks)
    assert written(day, known) == counted(looks)
    assert sum(view.count for view in written(day, known).values()) == 6_000
