"""Random towns for the batch: orders with slots of all kinds, technicians with homes, phones and earlier bookings.

What a plan is worth is reckoned here from the rules in the documentation, apart from what is tested, and the best is
found by trying every plan.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf
from random import Random

from geographiclib.geodesic import Geodesic

from geo_assign.core.geo import Point
from geo_assign.workorders.domain import State
from tests.day import NOON, ORIGIN, Day, shifted

_SOON = timedelta(hours=2)
Span = tuple[datetime, datetime]


@dataclass
class Technician:
    home: Point | None
    phone: Point
    booked: list[tuple[Span, Point]] = field(default_factory=list)


@dataclass
class Job:
    place: Point
    slot: Span


@dataclass
class Town:
    """One problem. Times are the recorded clock's; days are those of UTC."""

    buffer: timedelta
    radius_m: float
    offer_limit: int
    as_offers: bool
    technicians: dict[str, Technician]
    jobs: dict[str, Job]

    def build(self, day: Day, group: str) -> None:
        """Make it in the database, in a group of its own."""
        minutes = int(self.buffer.total_seconds() / 60)
        limits = {"offer_limit": self.offer_limit, "radius_m": self.radius_m}
        day.set(lead_auto_user_assignment="off", travel_buffer_minutes=minutes, radius_m=50_000)
        for name, one in self.technicians.items():
            day.places[name] = one.home or one.phone
            day.technician(name, home=one.home is not None, last_ping=None, group=group)
            day.ping(name, one.phone)
            for span, place in one.booked:
                day.places[name] = place
                day.book(name, _said(span))
        day.set(**limits)
        for name, job in self.jobs.items():
            day.places[name] = job.place
            assert day.lead(name, slot=_said(job.slot), group=group).state is State.PENDING
            day.later("1 s")

    def worth(self, plan: Mapping[str, str]) -> dict[str, float] | None:
        """Metres of each job's way when these technicians get them; None where that cannot be."""
        ways_m: dict[str, float] = {}
        for name in set(plan.values()):
            mine = sorted((self.jobs[job].slot, job) for job, holder in plan.items() if holder == name)
            if any(later[0][0] - self.buffer < earlier[0][1] for earlier, later in pairwise(mine)):
                return None
            if self.as_offers and len(mine) > self.offer_limit:
                return None
            visits = list(self.technicians[name].booked)
            for slot, job in mine:
                if any(end > slot[0] - self.buffer and start - self.buffer < slot[1] for (start, end), _ in visits):
                    return None
                ways_m[job] = _metres(self._leaves_from(name, slot, visits), self.jobs[job].place)
                if ways_m[job] > self.radius_m:
                    return None
                visits.append((slot, self.jobs[job].place))
        return ways_m

    def _leaves_from(self, name: str, slot: Span, visits: Sequence[tuple[Span, Point]]) -> Point:
        one = self.technicians[name]
        if slot[0] - NOON <= _SOON:
            return one.phone
        midnight = slot[0].replace(hour=0, minute=0)
        earlier = [(span[1], place) for span, place in visits if midnight < span[1] <= slot[0]]
        return max(earlier, key=lambda visit: visit[0])[1] if earlier else one.home or ORIGIN

    def best(self) -> tuple[int, float]:
        """Most jobs given, and the least metres for them: of every plan there is."""
        found = (0, 0.0)
        for served, metres in self._every():
            found = max(found, (served, -metres))
        return found[0], -found[1]

    def _every(self) -> Iterator[tuple[int, float]]:
        """Each technician's share does not depend on the others', so it is reckoned once."""
        shares = {
            name: {frozenset(jobs): sum(ways.values()) for jobs, ways in self._shares(name)}
            for name in self.technicians
        }
        reached: dict[frozenset[str], float] = {frozenset(): 0.0}
        for of_one in shares.values():
            more = dict(reached)
            for jobs, metres in reached.items():
                for share, way_m in of_one.items():
                    if not jobs & share:
                        more[jobs | share] = min(more.get(jobs | share, inf), metres + way_m)
            reached = more
        yield from ((len(jobs), metres) for jobs, metres in reached.items())

    def _shares(self, name: str) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
        for number in range(1, 2 ** len(self.jobs)):
            jobs = tuple(job for place, job in enumerate(self.jobs) if number >> place & 1)
            ways = self.worth(dict.fromkeys(jobs, name))
            if ways is not None:
                yield jobs, ways


def random_town(seed: int, number: int, *, most_jobs: int = 6, most_technicians: int = 8) -> Town:
    """Slots on the half hours of this afternoon and tomorrow: they overlap, touch, follow one another."""
    chance = Random(seed)
    reach_m = chance.choice([3_000, 8_000, 20_000])

    def somewhere() -> Point:
        return shifted(ORIGIN, east_m=chance.uniform(-reach_m, reach_m), south_m=chance.uniform(-reach_m, reach_m))

    def some_time(longest: int) -> Span:
        first = NOON + timedelta(minutes=30) if chance.random() < 0.25 else NOON + timedelta(hours=20)
        start = first + chance.randrange(chance.choice([3, 12])) * timedelta(minutes=30)
        return start, start + chance.randint(1, longest) * timedelta(minutes=30)

    technicians: dict[str, Technician] = {}
    for letter in "ABCDEFGH"[: chance.randint(1, most_technicians)]:
        one = Technician(somewhere() if chance.random() < 0.6 else None, somewhere())
        if chance.random() < 0.4:
            one.booked.append((some_time(2), somewhere()))
        technicians[f"{letter}{number}"] = one
    jobs = {f"{letter}{number}": Job(somewhere(), some_time(4)) for letter in "JKLMNO"[: chance.randint(1, most_jobs)]}
    return Town(
        buffer=timedelta(minutes=chance.choice([0, 0, 15, 30])),
        radius_m=chance.choice([50_000.0, 50_000.0, reach_m * 1.0]),
        offer_limit=chance.choice([1, 2, 3]),
        as_offers=chance.random() < 0.4,
        technicians=technicians,
        jobs=jobs,
    )


def _metres(a: Point, b: Point) -> float:
    return float(Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"])


def _said(span: Span) -> str:
    start, end = span
    return f"{'tomorrow ' if start.date() > NOON.date() else ''}{start:%H:%M}-{end:%H:%M}"
