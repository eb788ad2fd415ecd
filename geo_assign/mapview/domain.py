"""What the map shows of a technician: where, since when, and whether available."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from geo_assign.core.geo import BoundingBox, Point
from geo_assign.matching.domain import Provenance, Provider
from geo_assign.workorders.domain import Kind, WorkOrder


class TechnicianStatus(StrEnum):
    """On the map: free, asked, at work, or not heard from. Who is off duty has no position and no status here."""

    FREE = "free"
    OFFERED = "offered"
    BUSY = "busy"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class TechnicianOnMap:
    """A technician at the last known position on duty, or at the base that the provider works from.

    `age_s` counts from the device's time; a base has no times. Unknown accuracy is None. `coarse`: the place is good to
    about a kilometre, as the store's settings say.
    """

    id: UUID
    name: str
    store_id: UUID
    provider: Provider | None
    status: TechnicianStatus
    point: Point
    provenance: Provenance
    coarse: bool
    recorded_at: datetime | None
    age_s: float | None
    accuracy_m: float | None
    heading_deg: float | None
    speed_mps: float | None
    busy_until: datetime | None
    number_today: int
    flags: tuple[str, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many technicians there are of each status, how many of them belong to service providers, and orders by kind.

    A technician of a provider counts once by status, and once more in `providers`.
    """

    technicians: Mapping[TechnicianStatus, int]
    providers: int
    work_orders: Mapping[Kind, int]

    @property
    def people(self) -> int:
        return sum(self.technicians.values())


@dataclass(frozen=True, slots=True)
class MapChoice:
    """Whom the map is to show: of these stores (empty: of all), of this group, with this skill."""

    store_ids: frozenset[UUID] = frozenset()
    group_id: UUID | None = None
    skill: str | None = None

    def has_store(self, store_id: UUID) -> bool:
        """Whether the store is among those chosen."""
        return not self.store_ids or store_id in self.store_ids


EVERYONE = MapChoice()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Technicians of one cell of a grid: in their middle, counted by status."""

    middle: Point
    cell: BoundingBox
    technicians: Mapping[TechnicianStatus, int]
    providers: int


@dataclass(frozen=True, slots=True)
class PeopleInView:
    """The technicians in view: one by one, or as clusters. `more`: there are others than those told one by one."""

    told: Sequence[TechnicianOnMap]
    clusters: Sequence[Cluster]
    by_status: Mapping[TechnicianStatus, int]
    providers: int
    more: bool

    @property
    def is_crowd(self) -> bool:
        return bool(self.clusters)


@dataclass(frozen=True, slots=True)
class Past:
    """Of a picture of the past: how far back they go, and what is told as it is today, as its history is not kept.

    `orders_as_today`: the members of single work orders that changed since, of which only the present is kept.
    """

    reaches_back_to: datetime
    as_today: Sequence[str]
    orders_as_today: Mapping[UUID, Sequence[str]]


@dataclass(frozen=True, slots=True)
class MapPicture:
    """What a part of the map shows: each technician, or clusters where there are more than are drawn one by one.

    `truncated`: there is more than was told one by one. The tallies are complete: of the view, and of the scope.
    """

    at: datetime
    technicians: Sequence[TechnicianOnMap]
    clusters: Sequence[Cluster]
    work_orders: Sequence[WorkOrder]
    in_view: Tally
    in_scope: Tally
    off_duty: int
    truncated: bool
    past: Past | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed up to `until`: positions and statuses, people who left the map, work orders."""

    until: datetime
    technicians: Sequence[TechnicianOnMap] = ()
    gone: Sequence[UUID] = ()
    work_orders: Sequence[WorkOrder] = ()

    def __bool__(self) -> bool:
        return bool(self.technicians or self.gone or self.work_orders)


@dataclass(frozen=True, slots=True)
class Marks:
    """What changed, and when, without saying how it is now: light enough to be read again and again."""

    at: datetime
    people: frozenset[tuple[UUID, datetime]]
    work_orders: frozenset[tuple[UUID, datetime, int]]
