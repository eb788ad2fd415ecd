"""Stores, service groups, service providers, technicians: who works where."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple
from uuid import UUID

from geo_assign.core.errors import ConflictError, Family, GeoAssignError
from geo_assign.core.geo import Point

Hours = Mapping[str, Sequence[Sequence[str]]]
"""Working hours as people write them: {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], ...}."""

_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")


STRAIGHT_LINE = "straight_line"
"""The provider where no router told the drive."""
LEAST_DRIVES = 10
"""So many drives tell a factor; of fewer nothing is learned."""
WITHIN = (0.5, 4.0)
"""No factor is smaller or greater: what lies outside is rather a wrong status than traffic."""
_WHOLE_DAY = "all"

StoredFactors = Mapping[str, Mapping[str, float]]
"""By provider (what estimates the time on the road), then by the store's local hour or `all`."""


class MeasuredRatio(NamedTuple):
    """The median of real by estimated seconds of so many drives; `hour` None: of the whole day."""

    provider: str
    hour: int | None
    drives: int
    ratio: float


@dataclass(frozen=True, slots=True)
class EtaFactors:
    """What estimates of a store are multiplied with."""

    stored: StoredFactors

    def find(self, provider: str, hour: int) -> float | None:
        """The factor of the local hour, else of the whole day; None where too few drives were measured."""
        known = self.stored.get(provider, {})
        return known.get(str(hour), known.get(_WHOLE_DAY))

    def find_of_day(self, provider: str) -> float | None:
        """The factor of the whole day."""
        return self.stored.get(provider, {}).get(_WHOLE_DAY)


UNCALIBRATED = EtaFactors({})


def factors_of(measured: Iterable[MeasuredRatio]) -> StoredFactors:
    """The factors that measurements give: of enough drives each, and bounded."""
    factors: dict[str, dict[str, float]] = {}
    for one in measured:
        if one.drives >= LEAST_DRIVES:
            hour = _WHOLE_DAY if one.hour is None else str(one.hour)
            factors.setdefault(one.provider, {})[hour] = round(min(max(one.ratio, WITHIN[0]), WITHIN[1]), 3)
    return factors


@dataclass(frozen=True, slots=True)
class Store:
    """A branch: its zone is the clock its customers live by. `stored_settings` is what differs from the defaults.

    `eta_factors` were learned from drives.
    """

    id: UUID
    slug: str
    name: str
    timezone: str
    location: Point
    stored_settings: Mapping[str, object]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    eta_factors: EtaFactors = UNCALIBRATED


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """Technicians and dispatchers who share work; belongs to one store."""

    id: UUID
    slug: str
    name: str
    store_id: UUID
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class WorksFrom(StrEnum):
    """Where a provider's technicians start from: each from the own position, or all from the provider's base."""

    STAFF = "staff"
    BASE = "base"


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """An external company. Its agreement holds in [valid_from, valid_until); None means without that end.

    `capacity`: work orders that its people may hold on one local day together; None is no limit. A company that works
    from its base has one.
    """

    id: UUID
    slug: str
    name: str
    base: Point | None
    valid_until: datetime | None
    group_ids: tuple[UUID, ...]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    valid_from: datetime | None = None
    works_from: WorksFrom = WorksFrom.STAFF
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Technician:
    """A technician: internal, or staff of a service provider.

    `hours` None means always. `base` is where the day starts: the home, else the provider's base, else the store.
    `at_base`: the provider works from its base, so the technician counts as being there, on duty or not.
    """

    id: UUID
    slug: str
    name: str
    store_id: UUID
    user_id: UUID | None
    provider_id: UUID | None
    skills: tuple[str, ...]
    hours: Hours | None
    home: Point | None
    base: Point
    group_ids: tuple[UUID, ...]
    active: bool
    on_duty: bool
    duty_changed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    at_base: bool = False


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """A time on duty that lasts: since when, and the session and device that it began on, where there was one."""

    started_at: datetime
    session_id: UUID | None
    device: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChangedEvent:
    """A technician goes on or off duty."""

    type_name: ClassVar[str] = "technician.presence_changed"
    technician_id: Annotated[UUID, "The technician concerned."]
    on_duty: Annotated[bool, "Whether the technician is on duty from now on."]
    at: datetime


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A span, half-open, in which a technician does not work whatever the weekly hours say."""

    id: UUID
    technician_id: UUID
    starts_at: datetime
    ends_at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class HoursException:
    """What a technician works on one local date of the home store, instead of that weekday's hours.

    `spans` are wall times such as [["10:00", "14:00"]]; an empty list means no work on that date.
    """

    technician_id: UUID
    local_date: date
    spans: Sequence[Sequence[str]]
    note: str | None


MAX_VIEWS = 100


@dataclass(frozen=True, slots=True)
class SavedView:
    """How a user wants a list shown: `content` has `columns`, `sort` and `filters`, as the pages understand them.

    `page` names the list. A `shared` one is seen by all users of the console.
    """

    id: UUID
    user_id: UUID
    user_name: str
    name: str
    page: str
    shared: bool
    content: Mapping[str, object]
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Duties:
    """What a user looks after: a store administrator's stores, a dispatcher's groups."""

    store_ids: tuple[UUID, ...] = ()
    group_ids: tuple[UUID, ...] = ()


class TrackerApp(StrEnum):
    """A free app that sends a technician's positions."""

    OWNTRACKS = "owntracks"
    TRACCAR = "traccar"
    OSMAND = "osmand"
    OVERLAND = "overland"


@dataclass(frozen=True, slots=True)
class Tracker:
    """A technician's tracker app, without its token: `hint` is the token's end, to recognise it by.

    `client` is the app and version that was seen last, `outcome` what became of what it sent.
    """

    id: UUID
    technician_id: UUID
    name: str
    app: TrackerApp
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    client: str | None
    outcome: str | None


class SilenceReason(StrEnum):
    """Why an app says that it will not be heard from."""

    PERMISSION = "permission"
    BATTERY_SAVER = "battery_saver"
    GPS_OFF = "gps_off"
    LOGGED_OUT = "logged_out"


SILENCE_WORDS: Mapping[SilenceReason, str] = {
    SilenceReason.PERMISSION: "location permission taken away",
    SilenceReason.BATTERY_SAVER: "battery saver on",
    SilenceReason.GPS_OFF: "location switched off",
    SilenceReason.LOGGED_OUT: "logged out of the app",
}


@dataclass(frozen=True, slots=True)
class SaidSilence:
    """What a technician's app said last about being silent, and when."""

    reason: SilenceReason
    at: datetime


class CheckedKind(StrEnum):
    """Whose work is judged again: one technician's, that of a provider's staff, or of a store's technicians."""

    TECHNICIAN = "technician"
    PROVIDER = "provider"
    STORE = "store"


class InUseError(ConflictError):
    """This is still in use.

    Active technicians, groups or users depend on it; move or deactivate them first. `work_orders` names what these
    technicians have to do.
    """

    code = "in_use"


class InactiveError(ConflictError):
    """This has been deactivated."""

    code = "inactive"


class TooManyViewsError(ConflictError):
    """A user keeps at most 100 saved views.

    Delete one first.
    """

    code = "too_many_views"


class NotYourViewError(GeoAssignError):
    """Only administrators, and who shared it, may change a shared view."""

    code = "not_your_view"
    family = Family.FORBIDDEN


def slug_from(name: str, row_id: UUID) -> str:
    """A slug for something that was given none: readable from its name, unique by its id."""
    readable = _NOT_IN_SLUGS.sub("-", name.lower()).strip("-")[:50].rstrip("-")
    return f"{readable}-{row_id.hex[-8:]}" if readable else row_id.hex[-8:]
