"""How a simulated technician behaves: drives, answers or ignores offers, works, takes breaks.

Nothing here talks to the service: a technician is advanced to a time and yields acts. Times are seconds on the
simulation's clock.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from geo_assign.simulate.driving import RouteFinder, Trajectory, TruePosition, drive, standing
from geo_assign.simulate.geometry import Point, distance
from geo_assign.simulate.phones import Phone
from geo_assign.simulate.places import HOT_SPOTS

# Routes are about a third longer than the straight line, at nine metres a second on average.
DETOUR, USUAL_MPS = 1.35, 9.0
EARLY_S = 150.0
REJECT_REASONS = ("too_far", "busy", "missing_parts", "break", "other")


class Activity(Enum):
    """What a technician does at the moment."""

    OFF_DUTY = "off_duty"
    WAITING = "waiting"
    ROAMING = "roaming"
    TRAVELLING = "travelling"
    WORKING = "working"


Stage = Literal["travelling", "on_site", "in_progress", "completed"]


@dataclass(frozen=True)
class DutyChange:
    """The technician goes on or off duty."""

    on_duty: bool


@dataclass(frozen=True)
class Progress:
    """The technician reports the next state of a work order."""

    work_order_id: str
    state: Stage


Act = DutyChange | Progress


@dataclass(frozen=True)
class OfferResponse:
    """How and when a technician answers an offer; a rejection has a reason."""

    verdict: Literal["accept", "reject", "ignore"]
    at_s: float
    reason: str | None = None


@dataclass(frozen=True)
class Character:
    """A technician's habits: shares of offers or of idle moments, and ranges of seconds."""

    accept_share: float = 0.84
    ignore_share: float = 0.06
    answer_s: tuple[float, float] = (6.0, 55.0)
    break_share: float = 0.06
    break_s: tuple[float, float] = (150.0, 480.0)


def random_character(rng: random.Random) -> Character:
    """Draw a character: most accept nearly all offers, some accept two in three."""
    ignore = rng.uniform(0.01, 0.1)
    return Character(accept_share=min(1 - ignore, rng.uniform(0.7, 0.97)), ignore_share=ignore)


@dataclass
class Visit:
    """Work that a technician holds: its place, its start (None: now), and how long the work takes."""

    work_order_id: str
    point: Point
    start_s: float | None
    work_s: float


@dataclass
class SimulatedTechnician:
    """One technician with a phone and visits. ``until_s`` ends the present activity; ``speed`` shortens it."""

    id: str
    token: str
    phone: Phone
    character: Character
    routes: RouteFinder
    rng: random.Random
    movement: Trajectory
    speed: float = 1.0
    activity: Activity = Activity.WAITING
    until_s: float = 0.0
    visits: dict[str, Visit] = field(default_factory=dict)
    current: Visit | None = None

    @property
    def is_on_duty(self) -> bool:
        """Whether the technician is on duty."""
        return self.activity is not Activity.OFF_DUTY

    def position_at(self, time_s: float) -> TruePosition:
        """Return the technician's true position at a time."""
        return self.movement.at(time_s)

    def respond_to_offer(self, time_s: float) -> OfferResponse:
        """Decide about an offer that arrived at a time."""
        at = time_s + self.rng.uniform(*self.character.answer_s)
        draw = self.rng.random()
        if draw < self.character.ignore_share:
            return OfferResponse("ignore", at)
        if draw < self.character.ignore_share + self.character.accept_share:
            return OfferResponse("accept", at)
        return OfferResponse("reject", at, self.rng.choice(REJECT_REASONS))

    def add_visit(self, visit: Visit) -> None:
        """Add a visit; one that is known already stays unchanged."""
        self.visits.setdefault(visit.work_order_id, visit)

    def drop_visit(self, work_order_id: str, time_s: float) -> None:
        """Remove a visit that was cancelled or given to another technician."""
        self.visits.pop(work_order_id, None)
        if self.current and self.current.work_order_id == work_order_id:
            self.current = None
            if self.is_on_duty:
                self._stop(time_s)

    def start_day(self, time_s: float, *, on_duty: bool) -> None:
        """Begin the day: driving, or off duty for a while."""
        if on_duty:
            self._roam(time_s)
        else:
            self._rest(time_s)

    def advance(self, time_s: float) -> Iterator[Act]:
        """Yield the acts that are due at a time."""
        if self.activity is Activity.OFF_DUTY:
            if time_s >= self.until_s:
                yield DutyChange(True)
                self._wait(time_s, (2.0, 30.0))
        elif self.activity is Activity.TRAVELLING:
            yield from self._arrive(time_s)
        elif self.activity is Activity.WORKING:
            yield from self._finish(time_s)
        elif visit := self._due_visit(time_s):
            yield from self._depart(visit, time_s)
        elif self.activity is Activity.ROAMING:
            if time_s >= self.movement.arrival_s:
                self._wait(time_s, (20.0, 150.0))
        elif time_s >= self.until_s:
            yield from self._choose(time_s)

    def _due_visit(self, time_s: float) -> Visit | None:
        """Return the earliest visit that the technician must leave for now."""
        here = self.position_at(time_s).point
        for visit in sorted(self.visits.values(), key=lambda one: one.start_s or 0.0):
            drive_s = distance(here, visit.point) * DETOUR / USUAL_MPS
            if visit.start_s is None or visit.start_s - drive_s - EARLY_S <= time_s:
                return visit
        return None

    def _depart(self, visit: Visit, time_s: float) -> Iterator[Act]:
        self.current, self.activity = visit, Activity.TRAVELLING
        self._drive_to(visit.point, time_s)
        yield Progress(visit.work_order_id, "travelling")

    def _arrive(self, time_s: float) -> Iterator[Act]:
        if self.current and time_s >= self.movement.arrival_s:
            self.activity, self.until_s = Activity.WORKING, time_s + self.current.work_s / self.speed
            yield Progress(self.current.work_order_id, "on_site")
            yield Progress(self.current.work_order_id, "in_progress")

    def _finish(self, time_s: float) -> Iterator[Act]:
        if self.current and time_s >= self.until_s:
            yield Progress(self.current.work_order_id, "completed")
            self.visits.pop(self.current.work_order_id, None)
            self.current = None
            self._wait(time_s, (10.0, 60.0))

    def _choose(self, time_s: float) -> Iterator[Act]:
        """Choose what to do when idle: a break now and then, otherwise a drive to a busy place."""
        if not self.visits and self.rng.random() < self.character.break_share:
            yield DutyChange(False)
            self._rest(time_s)
        else:
            self._roam(time_s)

    def _rest(self, time_s: float) -> None:
        self.activity, self.until_s = Activity.OFF_DUTY, time_s + self.rng.uniform(*self.character.break_s) / self.speed
        self.movement = standing(self.position_at(time_s).point, time_s)

    def _wait(self, time_s: float, between_s: tuple[float, float]) -> None:
        self.activity, self.until_s = Activity.WAITING, time_s + self.rng.uniform(*between_s) / self.speed
        self.movement = standing(self.position_at(time_s).point, time_s)

    def _stop(self, time_s: float) -> None:
        self._wait(time_s, (5.0, 30.0))

    def _roam(self, time_s: float) -> None:
        spot = self.rng.choice(list(HOT_SPOTS.values()))
        x, y = (self.rng.gauss(value, 450) for value in spot)
        self.activity = Activity.ROAMING
        self._drive_to((x, y), time_s)

    def _drive_to(self, point: Point, time_s: float) -> None:
        nearest = self.routes.streets.nearest_spot
        here = self.position_at(time_s).point
        legs = self.routes.route(nearest(here), nearest(point))
        self.movement = drive(legs, start_s=time_s, rng=self.rng) if legs else standing(here, time_s)
