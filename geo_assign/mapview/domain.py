"""What the map shows of a technician: where, since when, and whether available."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from geo_assign.core.geo import Point
from geo_assign.matching.domain import Provenance, Provider
from geo_assign.workorders.domain import WorkOrder


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
class MapPicture:
    """What a part of the map shows. `truncated`: there is more than was drawn."""

    at: datetime
    technicians: Sequence[TechnicianOnMap]
    work_orders: Sequence[WorkOrder]
    off_duty: int
    truncated: bool

    def status_counts(self) -> Mapping[str, int]:
        """How many technicians of each status are in view, how many are external, and the scope's off-duty people."""
        counts = {status.value: 0 for status in TechnicianStatus}
        for technician in self.technicians:
            counts[technician.status.value] += 1
        external = sum(technician.provider is not None for technician in self.technicians)
        return {**counts, "off_duty": self.off_duty, "provider": external}


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed up to `until`: positions and statuses, people who left the map, work orders.

    `too_many`: more than is told one by one; fetch the picture anew.
    """

    until: datetime
    technicians: Sequence[TechnicianOnMap] = ()
    gone: Sequence[UUID] = ()
    work_orders: Sequence[WorkOrder] = ()
    too_many: bool = False

    def __bool__(self) -> bool:
        return self.too_many or bool(self.technicians or self.gone or self.work_orders)
