"""What a ranking is: the question, the candidates, the excluded with their reasons, the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.geo import Point, road_s
from geo_assign.core.wire import Json
from geo_assign.routing.domain import Drive, NoDrive, RouterName, RoutingProblem

EXCLUDED_LIMIT = 50
MAX_LIMIT = 50

# `<->` on geography measures on a sphere; the geodesic is at least this share of it.
SPHERE_TO_GEODESIC = 0.994


class ExclusionCode(StrEnum):
    """Why a technician cannot go. The order is the order in which reasons are told."""

    INACTIVE = "inactive"
    WRONG_GROUP = "wrong_group"
    OFF_DUTY = "off_duty"
    AGREEMENT_EXPIRED = "agreement_expired"
    NO_POSITION = "no_position"
    OFFLINE = "offline"
    STALE_POSITION = "stale_position"
    MOCK_LOCATION = "mock_location"
    IMPLAUSIBLE_POSITION = "implausible_position"
    MISSING_SKILL = "missing_skill"
    OUTSIDE_HOURS = "outside_hours"
    TIME_OFF = "time_off"
    SLOT_TAKEN = "slot_taken"
    OFFER_LIMIT = "offer_limit"
    REJECTED_BEFORE = "rejected_before"
    OUTSIDE_RADIUS = "outside_radius"


class Provenance(StrEnum):
    """How it is known where a technician is, or will be."""

    LIVE = "live"
    PREVIOUS_APPOINTMENT = "previous_appointment"
    HOME_BASE = "home_base"
    STORE = "store"


class Staff(StrEnum):
    """Whose people count: those of the house, those of service providers, or both."""

    INTERNAL = "internal"
    PROVIDERS = "providers"
    ALL = "all"


class RankBy(StrEnum):
    """What comes first: the nearest over the ellipsoid, or the shortest drive."""

    DISTANCE = "distance"
    DRIVE_TIME = "drive_time"


class CountsOf(StrEnum):
    """Whose exclusions are counted: the members of the group, or of the store, that was asked for, or the scope."""

    GROUP = "group"
    STORE = "store"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Slot:
    """Half-open `[start, end)`, both instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """The store's rules that a ranking follows; kept in its receipt."""

    radius_m: float = 50_000.0
    freshness_s: float = 300.0
    soon: timedelta = timedelta(hours=2)
    travel_buffer: timedelta = timedelta(0)
    offer_limit: int = 1
    cool_off: timedelta = timedelta(minutes=30)
    use_mock_positions: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Who can take work at `origin` during `slot`, judged at `at`.

    `day_start` and `day_end` bound the slot's local day. `needs_duty`: only people on duty, whatever the slot. With a
    `work_order_id` that order's own bookings do not count and those who refused it are excluded.
    """

    origin: Point
    slot: Slot
    at: datetime
    day_start: datetime
    day_end: datetime
    scope: Scope
    policy: Policy = field(default_factory=Policy)
    skills: tuple[str, ...] = ()
    store_id: UUID | None = None
    group_id: UUID | None = None
    work_order_id: UUID | None = None
    needs_duty: bool = True
    limit: int = 5
    staff: Staff = Staff.ALL

    @property
    def counts_of(self) -> CountsOf:
        """Whose members are meant."""
        if self.group_id is not None:
            return CountsOf.GROUP
        return CountsOf.SCOPE if self.store_id is None else CountsOf.STORE

    @property
    def is_soon(self) -> bool:
        """Whether live positions tell where people will be when the slot starts."""
        return self.slot.start - self.at <= self.policy.soon


@dataclass(frozen=True, slots=True)
class KnownPosition:
    """A place with how it is known. Live ones carry their times and accuracy in metres, others None."""

    point: Point
    provenance: Provenance
    recorded_at: datetime | None = None
    age_s: float | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Bookings of the slot's local day, those that should have ended before, and offers waiting for an answer."""

    today: int
    overdue: int
    open_offers: int


@dataclass(frozen=True, slots=True)
class Provider:
    """The service provider that a technician works for."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A technician who can go: geodesic distance in metres, seconds on the road.

    `drive` is what a router told, `no_drive` why it told none; neither: none was asked, and the time is an estimate.
    `coarse`: the place may be shown to about a kilometre only.
    """

    technician_id: UUID
    name: str
    distance_m: float
    position: KnownPosition
    workload: Workload
    provider: Provider | None = None
    coarse: bool = False
    drive: Drive | None = None
    no_drive: NoDrive | None = None

    @property
    def eta_s(self) -> float:
        return road_s(self.distance_m) if self.drive is None else self.drive.seconds

    @property
    def way_m(self) -> float:
        """Metres by road where a router told them, else geodesic."""
        return self.distance_m if self.drive is None else self.drive.metres


@dataclass(frozen=True, slots=True)
class Reason:
    """One filter's verdict: the code, a sentence, and what would have had to differ."""

    code: ExclusionCode
    detail: str
    needed: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A technician of the scope who cannot go. Off duty the distance is not told."""

    technician_id: UUID
    name: str
    presence: Literal["on_duty", "off_duty"]
    last_seen_at: datetime | None
    distance_m: float | None
    reasons: tuple[Reason, ...]
    provider: Provider | None = None
    coarse: bool = False

    @property
    def is_stranger(self) -> bool:
        """Whether this one belongs to another store or group than was asked for."""
        return any(reason.code is ExclusionCode.WRONG_GROUP for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The nearest excluded technicians, members before others, and counts by reason over the members looked at.

    Members are those of the group or store that `counts_of` names; the `others` looked at are not counted by reason.
    `could_go` is how many of the members are available, however few are answered as candidates. `truncated` says that
    there are more than were looked at or listed.
    """

    counts_of: CountsOf
    excluded: tuple[Excluded, ...] = ()
    counts: Mapping[ExclusionCode, int] = field(default_factory=dict)
    members: int = 0
    could_go: int = 0
    others: int = 0
    truncated: bool = False

    @property
    def examined(self) -> int:
        """How many technicians were looked at."""
        return self.members + self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingNote:
    """How a ranking by drive time came about, for answer and receipt.

    `asked`: of how many technicians the drive was asked or known, `requests`: calls for that, `kept`: drives that were
    known from before. With a `problem` the straight line ranked instead.
    """

    router: RouterName
    asked: int
    requests: int
    kept: int
    without_drive: int = 0
    problem: RoutingProblem | None = None

    @property
    def method(self) -> str:
        """How the distances of the answer were measured."""
        return "geodesic" if self.problem is not None else self.router.value


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to a `Question`: candidates in order of geodesic distance, ties by id.

    With a `routing` without problem in order of drive time, ties by distance and id. `batch`: how the order was solved
    together with others, for the receipt.
    """

    question: Question
    candidates: tuple[Candidate, ...]
    explanation: Explanation | None = None
    batch: Mapping[str, object] | None = None
    routing: RoutingNote | None = None

    @property
    def distance_method(self) -> str:
        """How the distances were measured: by a router of that name, or over the ellipsoid."""
        return "geodesic" if self.routing is None else self.routing.method

    @property
    def eta_provider(self) -> str:
        """What estimated the candidates' times on the road."""
        return RouterName.STRAIGHT_LINE.value if self.distance_method == "geodesic" else self.distance_method
