"""How a technician behaves: drives about, answers offers or does not, goes to work, takes breaks.

A technician is told the time and says what he does about it; nothing here talks to the service. Times are seconds on
the simulation's clock.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from geo_assign.simulate.driving import Fix, Router, Trajectory, drive, standing
from geo_assign.simulate.geometry import Point, distance
from geo_assign.simulate.phones import Phone
from geo_assign.simulate.places import HOT_SPOTS

# Streets are about a third longer than the straight line, and one drives some nine metres a second.
DETOUR, USUAL_MPS = 1.35, 9.0
EARLY_S = 150.0
REJECT_REASONS = ("too_far", "busy", "missing_parts", "break", "other")


class Doing(Enum):
    """What a technician is up to."""

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
    """The technician reports how far a job is."""

    work_order_id: str
    state: Stage


Act = DutyChange | Progress


@dataclass(frozen=True)
class Answer:
    """What becomes of an offer, and when; a reason belongs to a rejection."""

    verdict: Literal["accept", "reject", "ignore"]
    at_s: float
    reason: str | None = None


@dataclass(frozen=True)
class Character:
    """A technician's ways. Shares of offers or of idle moments; seconds."""

    accept_share: float = 0.84
    ignore_share: float = 0.06
    answer_s: tuple[float, float] = (6.0, 55.0)
    break_share: float = 0.06
    break_s: tuple[float, float] = (150.0, 480.0)


def random_character(rng: random.Random) -> Character:
    """Draw somebody: most are willing, some pick and choose."""
    ignore = rng.uniform(0.01, 0.1)
    return Character(accept_share=min(1 - ignore, rng.uniform(0.7, 0.97)), ignore_share=ignore)


@dataclass
class Job:
    """Work that a technician has: where, from when on (None: now), how long it takes him."""

    work_order_id: str
    point: Point
    start_s: float | None
    work_s: float


@dataclass
class Technician:
    """One technician with his phone and jobs."""

    id: str
    token: str
    phone: Phone
    character: Character
    router: Router
    rng: random.Random
    movement: Trajectory
    speed: float = 1.0
    doing: Doing = Doing.WAITING
    until_s: float = 0.0
    jobs: dict[str, Job] = field(default_factory=dict)
    current: Job | None = None

    @property
    def is_on_duty(self) -> bool:
        """Whether the technician works at the moment."""
        return self.doing is not Doing.OFF_DUTY

    def where(self, time_s: float) -> Fix:
        """Return where the technician truly is."""
        return self.movement.at(time_s)

    def answer(self, time_s: float) -> Answer:
        """Decide about an offer that was seen at a time."""
        at = time_s + self.rng.uniform(*self.character.answer_s)
        draw = self.rng.random()
        if draw < self.character.ignore_share:
            return Answer("ignore", at)
        if draw < self.character.ignore_share + self.character.accept_share:
            return Answer("accept", at)
        return Answer("reject", at, self.rng.choice(REJECT_REASONS))

    def take(self, job: Job) -> None:
        """Add a job; one that is known already stays as it is."""
        self.jobs.setdefault(job.work_order_id, job)

    def drop(self, work_order_id: str, time_s: float) -> None:
        """Forget a job that was cancelled or given to somebody else."""
        self.jobs.pop(work_order_id, None)
        if self.current and self.current.work_order_id == work_order_id:
            self.current = None
            if self.is_on_duty:
                self._stop(time_s)

    def start_day(self, time_s: float, *, on_duty: bool) -> None:
        """Begin: on the road already, or off duty for a while."""
        if on_duty:
            self._roam(time_s)
        else:
            self._rest(time_s)

    def advance(self, time_s: float) -> Iterator[Act]:
        """Do what is due at a time."""
        if self.doing is Doing.OFF_DUTY:
            if time_s >= self.until_s:
                yield DutyChange(True)
                self._wait(time_s, (2.0, 30.0))
        elif self.doing is Doing.TRAVELLING:
            yield from self._arrive(time_s)
        elif self.doing is Doing.WORKING:
            yield from self._finish(time_s)
        elif job := self._due_job(time_s):
            yield from self._depart(job, time_s)
        elif self.doing is Doing.ROAMING:
            if time_s >= self.movement.arrival_s:
                self._wait(time_s, (20.0, 150.0))
        elif time_s >= self.until_s:
            yield from self._choose(time_s)

    def _due_job(self, time_s: float) -> Job | None:
        """Return the first job for which it is time to leave."""
        here = self.where(time_s).point
        for job in sorted(self.jobs.values(), key=lambda one: one.start_s or 0.0):
            drive_s = distance(here, job.point) * DETOUR / USUAL_MPS
            if job.start_s is None or job.start_s - drive_s - EARLY_S <= time_s:
                return job
        return None

    def _depart(self, job: Job, time_s: float) -> Iterator[Act]:
        self.current, self.doing = job, Doing.TRAVELLING
        self._drive_to(job.point, time_s)
        yield Progress(job.work_order_id, "travelling")

    def _arrive(self, time_s: float) -> Iterator[Act]:
        if self.current and time_s >= self.movement.arrival_s:
            self.doing, self.until_s = Doing.WORKING, time_s + self.current.work_s / self.speed
            yield Progress(self.current.work_order_id, "on_site")
            yield Progress(self.current.work_order_id, "in_progress")

    def _finish(self, time_s: float) -> Iterator[Act]:
        if self.current and time_s >= self.until_s:
            yield Progress(self.current.work_order_id, "completed")
            self.jobs.pop(self.current.work_order_id, None)
            self.current = None
            self._wait(time_s, (10.0, 60.0))

    def _choose(self, time_s: float) -> Iterator[Act]:
        """With nothing to do: a break now and then, else on to where the customers are."""
        if not self.jobs and self.rng.random() < self.character.break_share:
            yield DutyChange(False)
            self._rest(time_s)
        else:
            self._roam(time_s)

    def _rest(self, time_s: float) -> None:
        self.doing, self.until_s = Doing.OFF_DUTY, time_s + self.rng.uniform(*self.character.break_s) / self.speed
        self.movement = standing(self.where(time_s).point, time_s)

    def _wait(self, time_s: float, between_s: tuple[float, float]) -> None:
        self.doing, self.until_s = Doing.WAITING, time_s + self.rng.uniform(*between_s) / self.speed
        self.movement = standing(self.where(time_s).point, time_s)

    def _stop(self, time_s: float) -> None:
        self._wait(time_s, (5.0, 30.0))

    def _roam(self, time_s: float) -> None:
        spot = self.rng.choice(list(HOT_SPOTS.values()))
        x, y = (self.rng.gauss(value, 450) for value in spot)
        self.doing = Doing.ROAMING
        self._drive_to((x, y), time_s)

    def _drive_to(self, point: Point, time_s: float) -> None:
        nearest = self.router.streets.nearest_spot
        here = self.where(time_s).point
        legs = self.router.route(nearest(here), nearest(point))
        self.movement = drive(legs, start_s=time_s, rng=self.rng) if legs else standing(here, time_s)
