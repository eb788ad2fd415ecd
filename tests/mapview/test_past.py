"""The map and the nearest of a past instant: what was answered then comes out again, whatever happened since."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.errors import GeoAssignError, InvalidError
from geo_assign.dispatch.commands import assigning
from geo_assign.dispatch.commands.orders import Edit, edit
from geo_assign.free_time.days import get_days
from geo_assign.mapview.domain import MapPicture
from geo_assign.mapview.past import get_past_picture
from geo_assign.mapview.queries import get_picture
from geo_assign.matching.domain import Question, Ranking
from geo_assign.matching.queries import rank, rank_then
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, Ping
from geo_assign.positions.kept import PastNotKeptError
from geo_assign.workforce.commands.technicians import update_technician
from geo_assign.workforce.domain import WorksFrom
from geo_assign.workorders.domain import RejectReason, State
from tests.day import RETENTION, Day, shifted
from tests.matching.asking import asked
from tests.snapshots import begun_once
from tests.thoroughness import times


def then(day: Day, at: datetime) -> MapPicture:
    with day.database.transaction(day.org_id) as tx:
        return get_past_picture(tx, EVERYTHING, at, retention=RETENTION)


def told(picture: MapPicture) -> dict[str, Any]:
    """What a picture tells, but for what is told as it is today."""
    return {
        "technicians": {one.name: asdict(replace(one, changed_at=picture.at)) for one in picture.technicians},
        "work_orders": {
            one.id: {
                "state": one.state,
                "reason": one.pending_reason,
                "bucket": one.bucket,
                "slot": (one.slot_start, one.slot_end),
                "assignee": one.technician_id,
                "offer": one.offer and (one.offer.technician_id, one.offer.expires_at),
                "location": one.location,
                "title": one.title,
            }
            for one in picture.work_orders
        },
        "in_view": picture.in_view,
        "in_scope": picture.in_scope,
        "off_duty": picture.off_duty,
    }


def ranking_told(found: Ranking, days: Mapping[UUID, object]) -> dict[str, Any]:
    assert found.explanation is not None
    return {
        "candidates": found.candidates,
        "excluded": found.explanation.excluded,
        "counts": found.explanation.counts,
        "members": found.explanation.members,
        "days": days,
    }


def differing(live: Any, again: Any, where: str = "") -> list[str]:
    """Where two answers differ, in words."""
    if isinstance(live, dict) and isinstance(again, dict):
        keys = [*live, *(key for key in again if key not in live)]
        return [one for key in keys for one in differing(live.get(key), again.get(key), f"{where}/{key}")]
    return [] if live == again else [f"{where}: {live!r} live, {again!r} later"]


@dataclass
class Diary:
    """What was answered live, to be compared with what is answered later of the same instants."""

    day: Day
    pictures: dict[datetime, dict[str, Any]] = field(default_factory=dict)
    rankings: list[tuple[Question, dict[str, Any]]] = field(default_factory=list)

    def note(self, *questions: Question) -> None:
        with self.day.database.transaction(self.day.org_id) as tx:
            self.pictures[tx.now()] = told(get_picture(tx, EVERYTHING))
            for question in questions:
                found = rank(tx, question)
                days = get_days(tx, question, [one.technician_id for one in found.candidates])
                self.rankings.append((question, ranking_told(found, days)))

    def compare(self) -> None:
        for at, live in self.pictures.items():
            again = told(then(self.day, at))
            assert differing(live, again) == [], at
        for question, live in self.rankings:
            with self.day.database.transaction(self.day.org_id) as tx:
                found = rank_then(tx, question)
                days = get_days(tx, question, [one.technician_id for one in found.candidates], then=True)
            assert differing(live, ranking_told(found, days)) == [], (question.at, question.work_order_id)


@pytest.fixture
@begun_once
def office(day: Day) -> Day:
    day.map(
        """
        A . B . C . J . K
        . . . . . . . . .
        D . E . F . L . M
        """,
        step_m=400,
    )
    day.set(lead_auto_user_assignment="off", lead_rejection=True, travel_buffer_minutes=10)
    day.provider("Fixers", base="E", works_from=WorksFrom.BASE, capacity=3)
    for letter in "ABCD":
        day.technician(letter)
    day.technician("E", provider="Fixers", last_ping=None, on_duty=False)
    day.technician("F", on_duty=False)
    return day


def test_a_day_is_told_later_as_it_was_told_live(office: Day) -> None:
    day, diary = office, Diary(office)
    diary.note(asked(day, "J"))
    day.later("2 min")
    day.lead("J", slot="14:00-15:00")
    day.lead("K")
    diary.note(asked(day, "J"), asked(day, "K"))
    day.later("1 min")
    day.ping("A", shifted(day.places["A"], east_m=700))
    day.assign("J", "B", mode="offer")
    day.assign("K", "A")
    diary.note(asked(day, "J"), asked(day, "K"), asked(day, "L"))
    day.later("1 min")
    day.reject("B", day.offer("J"), RejectReason.BUSY)
    day.off_duty("C")
    diary.note(asked(day, "J"), asked(day, "L"))
    day.later("1 min")
    day.assign("J", "D", mode="offer")
    day.later("1 min")
    day.ping("F")
    day.accept("D", day.offer("J"))
    day.step("K", "A", State.TRAVELLING)
    diary.note(asked(day, "J"), asked(day, "L"))
    day.later("17 min")
    diary.note(asked(day, "L"))
    day.later("1 min")
    day.ping("B")
    day.lead("L", slot="tomorrow 09:00-10:00")
    with day.database.transaction(day.org_id) as tx:
        edit(tx, day.boss, day.jobs["J"], Edit({}, slot=day.slot("16:00-17:00")), version=None)
    diary.note(asked(day, "L"))
    day.later("2 min")
    day.step("K", "A", State.COMPLETED)
    day.cancel("J")
    diary.note()
    day.later("1 min")
    day.convert("L", "M")
    day.later("40 min")
    diary.note()
    day.later("1 min")
    with day.database.transaction(day.org_id) as tx:
        update_technician(tx, day.boss, day.people["B"], changes={"active": False})
    day.later("2 d")
    diary.compare()


# A day as it comes ----------------------------------------------------------------------------------------------------

_JOBS = "JKLMNOPQ"


def _post(day: Day, chance: random.Random) -> None:
    free = [letter for letter in _JOBS if letter not in day.jobs]
    if free:
        day.lead(free[0], slot=chance.choice([None, "15:00-16:00", "tomorrow 09:00-10:00"]))


def _job(day: Day, chance: random.Random) -> str:
    if not day.jobs:
        _post(day, chance)
    return chance.choice(sorted(day.jobs))


def _give(day: Day, chance: random.Random) -> None:
    mode: assigning.Mode = chance.choice(["offer", "assign"])
    day.assign(_job(day, chance), chance.choice("ABCDEF"), mode=mode)


def _answer(day: Day, chance: random.Random) -> None:
    job = _job(day, chance)
    offer = day.offer(job)
    letter = day.letter(offer.technician_id)
    if chance.random() < 0.6:
        day.accept(letter, offer)
    else:
        day.reject(letter, offer, chance.choice(list(RejectReason)))


def _advance(day: Day, chance: random.Random) -> None:
    job = _job(day, chance)
    person = day.outcome(job).technician
    assert person is not None
    day.step(job, person, chance.choice([State.TRAVELLING, State.ON_SITE, State.COMPLETED]))


def _ping(day: Day, chance: random.Random) -> None:
    """One of them may have been sent late, or by a phone that is ahead of the time."""
    letter = chance.choice("ABCDF")
    place, now = day.places[letter], day.clock.now()
    pings = [
        Ping(
            recorded_at=now + chance.choice([timedelta(0), -timedelta(minutes=4), timedelta(minutes=35)]),
            lat=place.lat + chance.uniform(-0.01, 0.01),
            lon=place.lon + chance.uniform(-0.01, 0.01),
            accuracy_m=chance.choice([None, 8.0, 45.0]),
            heading_deg=chance.choice([None, 0.0, 271.0]),
        )
        for _ in range(chance.randint(1, 3))
    ]
    with day.database.transaction(day.org_id) as tx:
        record(tx, [Batch(day.people[letter], chance.choice(["phone", "tablet"]), pings)], retention=RETENTION)


def _duty(day: Day, chance: random.Random) -> None:
    letter = chance.choice("ABCDF")
    (day.on_duty if chance.random() < 0.6 else day.off_duty)(letter)


def _move(day: Day, chance: random.Random) -> None:
    slot = day.slot(chance.choice(["17:00-18:00", "18:00-19:00"]))
    with day.database.transaction(day.org_id) as tx:
        edit(tx, day.boss, day.jobs[_job(day, chance)], Edit({}, slot=slot), version=None)


def _cancel(day: Day, chance: random.Random) -> None:
    day.cancel(_job(day, chance))


def _convert(day: Day, chance: random.Random) -> None:
    job = _job(day, chance)
    day.convert(job, job)


ACTS: Sequence[Callable[[Day, random.Random], None]] = (
    *(_post, _post, _give, _give, _give, _answer, _answer, _advance),
    *(_ping, _ping, _ping, _ping, _duty, _move, _cancel, _convert),
)


@pytest.mark.parametrize("seed", range(times(1, 20)))
def test_any_day_is_told_later_as_it_was_told_live(office: Day, seed: int) -> None:
    """Whatever the day brings, and what is refused: each instant is told again as it was."""
    day, diary, chance = office, Diary(office), random.Random(seed)
    day.set(coarse_positions=seed % 2 == 0)
    for letter in _JOBS:
        day.places.setdefault(letter, shifted(day.places["J"], east_m=chance.uniform(-4_000, 4_000)))
    for _ in range(30):
        day.clock.advance(timedelta(seconds=chance.choice([20, 90, 300, 1_000])))
        with suppress(GeoAssignError, AssertionError, ValueError):
            chance.choice(ACTS)(day, chance)
        questions = [asked(day, "J")] + [asked(day, job) for job in sorted(day.jobs) if chance.random() < 0.2]
        diary.note(*questions)
    day.later("1 d")
    diary.compare()


# What is refused, and what is not known ------------------------------------------------------------------------------


def test_what_came_later_was_not_known(office: Day) -> None:
    """A ping that arrives late is in the track, but no dispatcher saw it at the time of which it tells."""
    day = office
    day.later("10 min")
    at, was = day.clock.now(), day.places["A"]
    day.later("10 min")
    ping = Ping(recorded_at=at - timedelta(minutes=1), lat=was.lat + 0.01, lon=was.lon)
    with day.database.transaction(day.org_id) as tx:
        record(tx, [Batch(day.people["A"], "phone", [ping])], retention=RETENTION)
    shown = {one.name: one for one in then(day, at).technicians}
    assert shown["A"].point == was
    assert shown["A"].age_s == 600
    now = {one.name: one for one in then(day, day.clock.now()).technicians}
    assert now["A"].point.lat == ping.lat


@pytest.mark.parametrize(("ago", "kept"), [(RETENTION, True), (RETENTION + timedelta(seconds=1), False)])
def test_beyond_the_retention_nothing_is_told(office: Day, ago: timedelta, kept: bool) -> None:
    at = office.clock.now() - ago
    if kept:
        assert then(office, at).technicians == []
        return
    with pytest.raises(PastNotKeptError) as refused:
        then(office, at)
    assert refused.value.facts["reaches_back_to"] == (office.clock.now() - RETENTION).isoformat()


def test_what_is_to_come_is_refused(office: Day) -> None:
    with pytest.raises(InvalidError) as refused:
        then(office, office.clock.now() + timedelta(seconds=1))
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/at", "in_the_future")]


def test_a_place_that_moved_since_is_told_as_todays(office: Day) -> None:
    day = office
    day.lead("J", slot="14:00-15:00")
    day.lead("K", slot="14:00-15:00")
    at = day.clock.now()
    day.later("5 min")
    corrected = Edit(location=shifted(day.places["J"], east_m=300), fields={"device": {"type": "kettle"}})
    with day.database.transaction(day.org_id) as tx:
        edit(tx, day.boss, day.jobs["J"], corrected, version=None)
    past = then(day, at).past
    assert past is not None
    assert past.orders_as_today == {day.jobs["J"]: ("location", "title")}
    after = then(day, day.clock.now()).past
    assert after is not None
    assert after.orders_as_today == {}
