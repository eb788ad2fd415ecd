"""Gaps in people's time, and the slots that fit into them: plain arithmetic of instants and metres."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from geo_assign.core.geo import road_s
from geo_assign.core.spans import Span, intersect, intersect_all
from geo_assign.matching.domain import Provenance

GRID = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def earliest_common_gap(free: Sequence[Sequence[Span]], duration: timedelta, after: datetime) -> Span | None:
    """The earliest slot of `duration`, not before `after`, in which all are free; None when there is none.

    `free` holds each person's free spans, half-open instants in any order; without persons there is no common time.
    """
    for start, end in intersect_all(free):
        begins = max(start, after)
        if begins + duration <= end:
            return begins, begins + duration
    return None


@dataclass(frozen=True, slots=True)
class Stop:
    """An appointment: the time it occupies, its end, and how far from the wanted place it is (None: unknown).

    One that is done `holds` no time any more, but it is where the technician was. `to_s` and `from_s`: seconds from
    there to the wanted place and back, where more is known than the distance.
    """

    occupied: Span
    ends_at: datetime
    distance_m: float | None
    holds: bool = True
    to_s: float | None = None
    from_s: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a technician's time and ways: `free` are the working hours less time off and what is held.

    Distances in metres to the wanted place: from where the day starts, and from the present place (None: unknown).
    Seconds for the same ways, where more is known than the distance.
    """

    free: Sequence[Span]
    stops: Sequence[Stop]
    base_m: float
    base: Provenance
    live_m: float | None = None
    base_s: float | None = None
    live_s: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit of `duration` that begins at `after` or later and is over by `until`, as seen at `at`.

    Starts up to `soon_until` are judged by live positions. `days` are the local days that it may lie in; whatever lies
    before a visit, the way and the store's `buffer` come in between.
    """

    duration: timedelta
    after: datetime
    until: datetime
    at: datetime
    soon_until: datetime
    days: Sequence[Span]
    buffer: timedelta
    radius_m: float


@dataclass(frozen=True, slots=True)
class Window:
    """Every start from `first` to `last`, both included, fits; the ways before and after are the same for all of them.

    `after_s` None: nothing follows on that day. `way_s` None: of the way before the distance alone is known.
    """

    first: datetime
    last: datetime
    distance_m: float
    provenance: Provenance
    after_s: float | None
    way_s: float | None = None

    @property
    def before_s(self) -> float:
        return _road_s(self.distance_m, self.way_s)


def start_windows(person: Person, wanted: Wanted) -> list[Window]:
    """When a technician can begin, in order."""
    found = []
    for free in person.free:
        for day in wanted.days:
            if day[1] <= free[0] or day[0] >= free[1]:
                continue
            for first, last in _pieces(person, wanted, intersect([free], [day])):
                window = _window(person, wanted, free, day=day, first=first, last=last)
                if window is not None:
                    found.append(window)
    return found


def on_grid(at: datetime, zone: ZoneInfo) -> datetime:
    """The first quarter of an hour on the zone's clocks that is not before `at`."""
    offset = at.astimezone(zone).utcoffset() or timedelta(0)
    over = (at - _EPOCH + offset) % GRID
    return at if not over else at + GRID - over


def earliest_starts(
    windows: Mapping[UUID, Sequence[Window]], zone: ZoneInfo
) -> Iterator[tuple[datetime, dict[UUID, Window]]]:
    """The starts on the grid at which a technician can begin, earliest first, each with all who can."""
    coming = sorted(((window.first, person, window) for person, all_ in windows.items() for window in all_), key=_first)
    running: list[tuple[UUID, Window]] = []
    index, start = 0, None
    while index < len(coming) or running:
        start = on_grid(coming[index][0] if not running or start is None else start + GRID, zone)
        while index < len(coming) and coming[index][0] <= start:
            running.append(coming[index][1:])
            index += 1
        running = [(person, window) for person, window in running if window.last >= start]
        if running:
            yield start, dict(running)


def _first(coming: tuple[datetime, UUID, Window]) -> tuple[datetime, UUID]:
    return coming[0], coming[1]


def _pieces(person: Person, wanted: Wanted, within: Sequence[Span]) -> Iterator[Span]:
    """`within` cut where the technician's place changes: at the end of an appointment, and where live positions end."""
    cuts = [*(stop.ends_at for stop in person.stops), wanted.soon_until + timedelta.resolution]
    for start, end in within:
        edges = [start, *sorted({cut for cut in cuts if start < cut < end}), end]
        yield from pairwise(edges)


def _window(person: Person, wanted: Wanted, free: Span, *, day: Span, first: datetime, last: datetime) -> Window | None:
    """The starts in [first, last) that leave time for the ways; None without any, or when the place is too far away."""
    soon = first <= wanted.soon_until
    held = [stop for stop in person.stops if stop.holds]
    place = _place(held, first, since=wanted.at) if soon else _place(person.stops, first, since=day[0])
    begins_m, begins_s = (person.live_m, person.live_s) if soon else (person.base_m, person.base_s)
    near_m = begins_m if soon or place is None else place.distance_m
    if begins_m is None or near_m is None or near_m > wanted.radius_m:
        return None
    distance_m, way_s = (begins_m, begins_s) if place is None else (place.distance_m or 0.0, place.to_s)
    ready = max([wanted.at, *(stop.occupied[1] for stop in held if stop.occupied[1] <= free[0])])
    coming = min((stop for stop in held if stop.occupied[0] >= free[1]), key=lambda one: one.occupied, default=None)
    after_s = 0.0 if coming is None else _road_s(coming.distance_m or 0.0, coming.from_s)
    over = min(free[1], wanted.until, *([coming.occupied[0] - timedelta(seconds=after_s)] if coming else []))
    before_s = _road_s(distance_m, way_s)
    earliest = max(first, wanted.after, ready + timedelta(seconds=before_s) + wanted.buffer)
    latest = min(last - timedelta.resolution, over - wanted.duration)
    if earliest > latest:
        return None
    begins = Provenance.LIVE if soon else person.base
    provenance = begins if place is None else Provenance.PREVIOUS_APPOINTMENT
    follows = coming is not None and coming.occupied[0] < day[1]
    return Window(earliest, latest, distance_m, provenance, after_s if follows else None, way_s)


def _road_s(distance_m: float, known_s: float | None) -> float:
    return road_s(distance_m) if known_s is None else known_s


def _place(stops: Sequence[Stop], start: datetime, *, since: datetime) -> Stop | None:
    """The last appointment at a known place that reaches beyond `since` and ends by `start`; None if there is none."""
    before = [
        (stop.ends_at, stop.distance_m, stop)
        for stop in stops
        if stop.distance_m is not None and stop.occupied[1] > since and stop.ends_at <= start
    ]
    return max(before, key=lambda one: one[:2])[2] if before else None
