"""Days that several files begin with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from geo_assign.core.clock import RecordedClock
from tests.conftest import World
from tests.day import Day
from tests.dispatch.desks import Desks
from tests.snapshots import begun_once


@pytest.fixture
@begun_once
def pair(day: Day) -> Day:
    """Ana is nearer to the job than Bo; both can go."""
    day.map("A . J . . B", step_m=500)
    day.technician("A")
    day.technician("B")
    return day


@pytest.fixture
def lisbon(world: World) -> Iterator[Day]:
    """A store whose clocks change, in winter."""
    clock = RecordedClock(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    database = world.database(clock=clock)
    try:
        yield Day(database, clock, uuid4(), timezone="Europe/Lisbon").open()
    finally:
        database.close()


@pytest.fixture
@begun_once
def desks(day: Day) -> Desks:
    """Ana repairs phones and Bo ovens in the centre, Cid televisions in the north; each group has its dispatcher."""
    desks = Desks(day)
    day.map("A . J . . B . K . . C", step_m=500)
    for letter, group in (("A", "phones"), ("B", "ovens")):
        day.technician(letter, group=group)
    desks.store("north")
    with desks.at("north"):
        day.technician("C", group="tvs")
    for name, group in (("Pia", "phones"), ("Ole", "ovens"), ("Tess", "tvs")):
        desks.dispatcher(name, group)
    return desks
