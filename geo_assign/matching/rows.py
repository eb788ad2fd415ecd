"""What the statements of a ranking give, row by row."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class CandidateRow(NamedTuple):
    """A technician whom no filter excludes. `today`, `overdue` and `open_offers` are the workload."""

    technician_id: UUID
    name: str
    provider_id: UUID | None
    provider_name: str | None
    distance_m: float
    sphere_m: float
    lat: float
    lon: float
    recorded_at: datetime | None
    used_at: datetime | None
    accuracy_m: float | None
    provenance: str
    coarse: bool
    today: int
    overdue: int
    open_offers: int


class NumberedCandidateRow(NamedTuple):
    """The same with the number of the question that it answers, for many questions at once."""

    n: int
    technician_id: UUID
    name: str
    distance_m: float
    coarse: bool
    today: int
    open_offers: int
    lat: float
    lon: float


class ExplainedRow(NamedTuple):
    """A technician with the codes of the filters that exclude; none of them: available.

    `provider_full_at`: the number of work orders that the provider takes on a day, where it has them on that day;
    `provider_needs`: how many it would have to take on.
    """

    technician_id: UUID
    name: str
    on_duty: bool
    distance_m: float | None
    used_at: datetime | None
    heard_at: datetime | None
    skills: Sequence[str]
    duty_changed_at: datetime | None
    silence_reason: str | None
    provider_id: UUID | None
    provider_name: str | None
    provider_full_at: int | None
    provider_needs: int | None
    coarse: bool
    codes: Sequence[str]


class JudgedRow(NamedTuple):
    """The same, in front, with what an answer tells of a candidate; who is excluded has no workload counted."""

    technician_id: UUID
    name: str
    on_duty: bool
    distance_m: float
    used_at: datetime | None
    heard_at: datetime | None
    skills: Sequence[str]
    duty_changed_at: datetime | None
    silence_reason: str | None
    provider_id: UUID | None
    provider_name: str | None
    provider_full_at: int | None
    provider_needs: int | None
    coarse: bool
    codes: Sequence[str]
    sphere_m: float
    lat: float
    lon: float
    recorded_at: datetime | None
    accuracy_m: float | None
    provenance: str
    today: int
    overdue: int
    open_offers: int

    def as_explained(self) -> ExplainedRow:
        return ExplainedRow._make(self[: len(ExplainedRow._fields)])

    def as_candidate(self) -> CandidateRow:
        return CandidateRow._make(getattr(self, name) for name in CandidateRow._fields)


class EdgeRow(NamedTuple):
    """How far the last row of a window lies, on the sphere."""

    sphere_m: float


class NumberedEdgeRow(NamedTuple):
    n: int
    sphere_m: float


class PassingRow(NamedTuple):
    """The number of a question whose filters let the technician pass."""

    n: int


class CountRow(NamedTuple):
    number: int


class SettingRow(NamedTuple):
    """What a setting was set to."""

    value: str


class SkillCountRow(NamedTuple):
    skill: str
    number: int


class IdRow(NamedTuple):
    id: UUID


class NearRow(NamedTuple):
    """A technician, and how far away on the sphere."""

    id: UUID
    sphere_m: float


class FarRow(NamedTuple):
    """A technician and how far away, in metres."""

    id: UUID
    distance_m: float


class BaseRow(NamedTuple):
    """A technician whose time is looked at for free slots: distances from the base and from the present place.

    `from_store` and `from_home`: where the base is; neither: at the provider's.
    """

    id: UUID
    name: str
    provider_id: UUID | None
    provider_name: str | None
    base_m: float
    from_store: bool
    from_home: bool
    live_m: float | None
    coarse: bool
    base_lat: float
    base_lon: float
    live_lat: float | None
    live_lon: float | None


class StopRow(NamedTuple):
    """A booking with its distance from the origin; one that is done `holds` no time."""

    technician_id: UUID
    occupied_from: datetime
    occupied_until: datetime
    ends_at: datetime
    holds: bool
    distance_m: float | None
    lat: float | None
    lon: float | None


class AppointmentRow(NamedTuple):
    """When a booking ends after which its technician's way begins there."""

    technician_id: UUID
    work_order_id: UUID
    ends_at: datetime


class BookedThenRow(NamedTuple):
    """What filled a technician's time at a past instant, with the work order's kind and state then."""

    technician_id: UUID
    starts_at: datetime
    ends_at: datetime
    kind: str
    state: str
