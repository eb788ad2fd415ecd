"""Next free slots near a place, before any work order exists.

Arithmetic proposes, the filters decide: starts come from people's gaps and ways, and each is then put to the conditions
that a ranking asks, so that nothing is proposed that an assignment would refuse.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from uuid import UUID
from zoneinfo import ZoneInfo

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point, road_s
from geo_assign.core.spans import Span, subtract
from geo_assign.free_time.gaps import Person, Stop, Wanted, Window, earliest_starts, start_windows
from geo_assign.free_time.ways import BY_LINE, Ends, Ways, ask_ways
from geo_assign.matching.domain import Excluded, Provenance, Question, Slot
from geo_assign.matching.driving import Begin
from geo_assign.matching.queries import explain_exclusions, explain_one, fetch
from geo_assign.matching.rows import BaseRow, StopRow
from geo_assign.matching.shapes import shape_of
from geo_assign.matching.statements.free_time import STOPS, bases
from geo_assign.matching.statements.ranking import passing
from geo_assign.routing.choosing import find_router
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.domain import STRAIGHT_LINE
from geo_assign.workforce.hours_exceptions import list_away, list_working_times
from geo_assign.workforce.local_time import local_day
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workforce.working_time import local_dates, midnight, working_spans
from geo_assign.workorders.queries.coarse import coarse_distance_m, coarse_drive_s

# People of one store or group whose time is looked at, nearest base first.
EXAMINED = 500
# Starts put to the filters before the search gives up, and people named for each.
_JUDGED = 400
_NAMED = 25
# Of times that do not overlap, more in an hour would hide the days after.
_APART = timedelta(hours=1)
# An appointment of the evening before may still be on the way to the first of the day.
_AROUND = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Search:
    """Slots as long as the question's, on the clocks of `zone`, that begin at its start or later and end by `until`.

    With `technician_ids` those in which all of them can come; without, each in which any of the store, or of the
    question's group, can. `disjoint`: only those that begin when the one before has ended, and an hour later at least.
    """

    question: Question
    until: datetime
    zone: ZoneInfo
    limit: int = 10
    technician_ids: tuple[UUID, ...] = ()
    disjoint: bool = False


@dataclass(frozen=True, slots=True)
class SlotTechnician:
    """A technician who can take a slot: metres from the place before, seconds of road, and on to what follows.

    `travel_after_s` None: nothing follows on that day. `position_seen`: the distance tells where the technician is now.
    """

    technician_id: UUID
    name: str
    distance_m: float
    provenance: Provenance
    travel_before_s: float
    travel_after_s: float | None

    @property
    def position_seen(self) -> bool:
        return self.provenance is Provenance.LIVE


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A slot with who can take it, least travel first; `others` more could, too."""

    start: datetime
    end: datetime
    technicians: Sequence[SlotTechnician]
    others: int


@dataclass(frozen=True, slots=True)
class Availability:
    """Free slots, earliest first. Without any, `excluded` says why those people cannot come at the very start.

    `examined`: people whose time was looked at; `truncated`: there are more of them, or the search was given up.
    """

    slots: Sequence[FreeSlot]
    examined: int
    truncated: bool
    excluded: Sequence[Excluded] = ()


def measure_ways(begin: Begin, finder: DriveFinder, rules: StoreRules, search: Search) -> Ways:
    """How long the ways of a search take: by the store's router, asked with no transaction open, where it has one."""
    estimates = estimated_ways(rules)
    with begin() as tx:
        router = find_router(tx.org_id, rules)
        if router is None:
            return estimates
        ends = _ends(tx, search)
    return ask_ways(finder, router, search.question.origin, ends, estimates=estimates)


def estimated_ways(rules: StoreRules) -> Ways:
    """The ways over the straight line. A slot is planned days ahead, so the factors are those of the whole day."""
    factors = rules.store.eta_factors
    return Ways(
        router_factor=factors.find_of_day(rules.settings.router), line_factor=factors.find_of_day(STRAIGHT_LINE)
    )


def search_free_slots(tx: Tx, search: Search, ways: Ways = BY_LINE) -> Availability:
    """The earliest slots. Raises NotFoundError for a named technician who is not in the scope."""
    question = search.question
    named = _explained(tx, search)
    rows = _people(tx, search)
    people = {row.id: row for row in rows[:EXAMINED]}
    windows = _windows(tx, search, people, ways)
    slots: list[FreeSlot] = []
    judged = 0
    for start, open_for in earliest_starts(windows, search.zone):
        if len(open_for) < len(search.technician_ids):
            continue
        if search.disjoint and slots and start < max(slots[-1].end, slots[-1].start + _APART):
            continue
        if len(slots) == search.limit or judged == _JUDGED:
            break
        judged += 1
        slot = _judge(tx, search, start, {person: people[person] for person in open_for}, open_for)
        if slot is not None:
            slots.append(slot)
    truncated = len(rows) > EXAMINED or judged == _JUDGED
    excluded = [] if slots else (named or list(explain_exclusions(tx, question).excluded))
    return Availability(slots, len(people), truncated, excluded)


def _explained(tx: Tx, search: Search) -> list[Excluded]:
    """The named technicians, each with what excludes at the very start. Raises NotFoundError."""
    found = []
    for technician_id in search.technician_ids:
        one = explain_one(tx, search.question, technician_id)
        if one is None:
            raise NotFoundError("There is no such technician here.")
        found.append(one)
    return found


def _people(tx: Tx, search: Search) -> list[BaseRow]:
    question, asked = search.question, list(search.technician_ids) or None
    return fetch(tx, bases(shape_of(question)), question, technician_ids=asked, fetch=EXAMINED + 1)


def _windows(tx: Tx, search: Search, people: Mapping[UUID, BaseRow], ways: Ways) -> dict[UUID, list[Window]]:
    """When each of these people can begin."""
    ids, days = list(people), _whole_days(search)
    within = _around(days)
    stops, away = _stops(tx, search.question, ids, within), list_away(tx, ids, within)
    wanted = _wanted(search, days)
    found = {}
    for person_id, working in list_working_times(tx, ids, within).items():
        own = [_stop(row, ways) for row in stops.get(person_id, [])]
        held = [stop.occupied for stop in own if stop.holds]
        free = subtract(working_spans(working, within), [*away.get(person_id, ()), *held])
        found[person_id] = start_windows(_person(people[person_id], free, own, ways), wanted)
    return found


def _person(row: BaseRow, free: Sequence[Span], stops: Sequence[Stop], ways: Ways) -> Person:
    base = Provenance.STORE if row.from_store else Provenance.HOME_BASE
    base_s = ways.to_s(Point(row.base_lat, row.base_lon), row.base_m)
    return Person(
        free, stops, row.base_m, base, row.live_m, base_s, ways.to_s(_point(row.live_lat, row.live_lon), row.live_m)
    )


def _stop(row: StopRow, ways: Ways) -> Stop:
    point = _point(row.lat, row.lon)
    return Stop(
        (row.occupied_from, row.occupied_until),
        row.ends_at,
        row.distance_m,
        row.holds,
        ways.to_s(point, row.distance_m),
        ways.from_s(point, row.distance_m),
    )


def _point(lat: float | None, lon: float | None) -> Point | None:
    return None if lat is None or lon is None else Point(lat, lon)


def _ends(tx: Tx, search: Search) -> Ends:
    """Where the ways of a search may begin and end, nearest first; none begins farther away than the radius."""
    rows = _people(tx, search)[:EXAMINED]
    stops = _stops(tx, search.question, [row.id for row in rows], _around(_whole_days(search)))
    visits = [(stop.distance_m, _point(stop.lat, stop.lon)) for own in stops.values() for stop in own]
    bases = [(row.base_m, Point(row.base_lat, row.base_lon)) for row in rows]
    present = [(row.live_m, _point(row.live_lat, row.live_lon)) for row in rows]
    begins = _nearest([*bases, *present, *visits], within_m=search.question.policy.radius_m)
    return Ends(begins, _nearest(visits, within_m=inf))


def _nearest(places: Iterable[tuple[float | None, Point | None]], *, within_m: float) -> list[Point]:
    """Each place once."""
    known = {point: metres for metres, point in places if metres is not None and point is not None}
    near = sorted((metres, point.lat, point.lon) for point, metres in known.items() if metres <= within_m)
    return [Point(lat, lon) for _, lat, lon in near]


def _whole_days(search: Search) -> Span:
    first, _ = local_day(search.question.slot.start, search.zone)
    _, last = local_day(search.until, search.zone)
    return first, last


def _around(days: Span) -> Span:
    return days[0] - _AROUND, days[1] + _AROUND


def _wanted(search: Search, whole_days: Span) -> Wanted:
    question = search.question
    days = [local_day(midnight(day, search.zone), search.zone) for day in local_dates(whole_days, search.zone)]
    return Wanted(
        duration=question.slot.end - question.slot.start,
        after=question.slot.start,
        until=search.until,
        at=question.at,
        soon_until=question.at + question.policy.soon,
        days=days,
        buffer=question.policy.travel_buffer,
        radius_m=question.policy.radius_m,
    )


def _stops(tx: Tx, question: Question, ids: Collection[UUID], within: Span) -> dict[UUID, list[StopRow]]:
    start, end = within
    found: dict[UUID, list[StopRow]] = {}
    for row in fetch(tx, STOPS, question, technician_ids=list(ids), within_start=start, within_end=end):
        found.setdefault(row.technician_id, []).append(row)
    return found


def _judge(
    tx: Tx, search: Search, start: datetime, people: Mapping[UUID, BaseRow], windows: Mapping[UUID, Window]
) -> FreeSlot | None:
    """The slot with those of the nearest whom no filter excludes; None when none is left, or a named one is not."""
    question = _at(search, start)
    nearest = sorted(people, key=lambda person: (_travel_s(windows[person]), person))
    asked = nearest if search.technician_ids else nearest[:_NAMED]
    passed = {row.id for row in fetch(tx, passing(shape_of(question)), question, technician_ids=asked)}
    if not passed or len(passed) < len(search.technician_ids):
        return None
    openings = [_slot_technician(people[person], windows[person]) for person in asked if person in passed]
    return FreeSlot(start, question.slot.end, openings, len(nearest) - len(asked))


def _at(search: Search, start: datetime) -> Question:
    question = search.question
    day_start, day_end = local_day(start, search.zone)
    slot = Slot(start, start + (question.slot.end - question.slot.start))
    return replace(question, slot=slot, day_start=day_start, day_end=day_end)


def _slot_technician(person: BaseRow, window: Window) -> SlotTechnician:
    # A home, and the present place where the store wants that, is told to a hundred metres.
    lives_there = person.from_home and window.provenance is Provenance.HOME_BASE
    coarse = lives_there or (person.coarse and window.provenance is Provenance.LIVE)
    distance_m = coarse_distance_m(window.distance_m) if coarse else window.distance_m
    return SlotTechnician(
        person.id,
        person.name,
        distance_m,
        window.provenance,
        _shown_s(window, distance_m, coarse=coarse),
        window.after_s,
    )


def _shown_s(window: Window, shown_m: float, *, coarse: bool) -> float:
    if window.way_s is None:
        return road_s(shown_m)
    return coarse_drive_s(window.way_s) if coarse else window.way_s


def _travel_s(window: Window) -> float:
    return window.before_s + (window.after_s or 0.0)
