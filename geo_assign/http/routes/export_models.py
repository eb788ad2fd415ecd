"""Everything that is kept about a technician, as one document."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import ActorKind, Role
from geo_assign.completion.domain import ImageKind
from geo_assign.core.languages import Language
from geo_assign.http.schemas import Answer, PartialAnswer, PointAnswer
from geo_assign.pins.domain import EvidenceKind
from geo_assign.positions.domain import SilenceEnd
from geo_assign.privacy.domain import How
from geo_assign.workforce.domain import TrackerApp
from geo_assign.workorders.domain import BookingRole, BookingState, OfferState


class ExportedTechnicianAnswer(Answer):
    """The technician. `hours` null: always."""

    id: UUID
    slug: str
    name: str
    store_id: UUID
    user_id: UUID | None
    provider_id: UUID | None
    skills: Sequence[str]
    hours: dict[str, Sequence[Sequence[str]]] | None
    home: PointAnswer | None
    base: PointAnswer = Field(description="Where the day starts: home, else the provider's base, else the store.")
    group_ids: Sequence[UUID]
    active: bool
    on_duty: bool
    duty_changed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    at_base: bool = Field(description="Whether the provider works from its base, without phones.")


class ExportedUserAnswer(Answer):
    """The technician's log-in, without the password."""

    id: UUID
    email: str
    name: str
    role: Role
    permissions: Sequence[str]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    language: Language | None = Field(description="Of mails and push messages; null: the organization's.")


class ExportedSessionAnswer(Answer):
    """A log-in of a device or browser, without its token."""

    id: UUID
    user_id: UUID
    kind: str = Field(description="`bearer` or `cookie`.")
    device: str | None = Field(description="The name from the log-in.")
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    single_sign_on: bool = Field(description="By the identity provider of the organization.")
    last_used_at: datetime | None = Field(description="To about ten minutes.")


class ExportedLinkAnswer(Answer):
    """A link for choosing a password, without its token, and what became of it.

    `purpose`: invitation or reset. `used_at` and `ended_because` are null while it may be used.
    """

    id: UUID
    user_id: UUID
    purpose: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    ended_at: datetime | None
    ended_because: str | None


class ExportedPositionAnswer(PointAnswer):
    """One point of the track. `recorded_at` is the device's time, `used_at` the time that counts."""

    recorded_at: datetime
    used_at: datetime = Field(description="The time that counts.")
    received_at: datetime
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None
    battery: float | None = Field(description="Charge, 0 to 1.")
    mock: bool = Field(description="The phone says that it is simulated.")
    flags: Sequence[str] = Field(description="What is odd about it.")


class TrackPointAnswer(ExportedPositionAnswer):
    """One point of the track, with the device that sent it."""

    device: str = Field(description="The name from the log-in.")
    event: str | None = Field(description="What made the phone send it.")


class ExportedCurrentPositionAnswer(ExportedPositionAnswer):
    """The newest position."""

    technician_id: UUID
    device: str = Field(description="The name from the log-in.")
    heard_at: datetime = Field(description="When the phone was last heard from.")
    implausible: bool = Field(description="Too far from the last one to be true.")


class ExportedDutyAnswer(Answer):
    """A time on duty; `ended_at` is null while it lasts. `session_id`: the session that carried it."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    device: str | None = Field(description="The one it began on.")
    session_id: UUID | None = Field(description="What carried it.")


class ExportedTimeOffAnswer(Answer):
    """A span in which the technician does not work."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    note: str | None


class ExportedHoursExceptionAnswer(Answer):
    """What the technician works on one local date."""

    local_date: date
    spans: Sequence[Sequence[str]] = Field(description="Wall times of the home store.")
    note: str | None
    updated_at: datetime


class ExportedOfferAnswer(Answer):
    """An offer and its answer."""

    id: UUID
    work_order_id: UUID
    booking_id: UUID
    decision_id: UUID | None = Field(description="The receipt of the choice.")
    automatic: bool = Field(description="Made by the service, not by a person.")
    state: OfferState
    offered_at: datetime
    expires_at: datetime
    responded_at: datetime | None
    reason: str | None = Field(description="Why it was rejected or withdrawn.")
    note: str | None
    final: bool = Field(description="Whether the answer means never again for this work order.")
    distance_m: float | None
    eta_s: float | None
    role: BookingRole


class ExportedWorkAnswer(Answer):
    """Time that work took, or is going to take; `occupied_from` and `occupied_until` include the way.

    `known_reasons`: codes of what stood against it when it was given.
    """

    id: UUID
    work_order_id: UUID
    role: BookingRole
    state: BookingState
    starts_at: datetime
    ends_at: datetime
    occupied_from: datetime
    occupied_until: datetime
    known_reasons: Sequence[str]
    created_at: datetime
    updated_at: datetime


class ExportedLocationViewAnswer(Answer):
    """Looks at the technician's location, by one viewer in one way within one minute."""

    minute: datetime = Field(description="When it begins.")
    viewer_id: UUID
    how: How
    viewer_kind: ActorKind
    viewer_name: str
    first_at: datetime = Field(description="The first look.")
    last_at: datetime = Field(description="The last look.")
    count: int = Field(description="Looks within the minute.")


class ExportedPushSubscriptionAnswer(Answer):
    """A device that is woken by Web Push."""

    id: UUID
    session_id: UUID = Field(description="It ends with this session.")
    service: str = Field(description="The push service.")
    created_at: datetime
    updated_at: datetime


class ExportedImageAnswer(Answer):
    """A photo or signature that the technician sent, without its bytes.

    `kind`, `media_type`, `width_px`, `height_px` and `size_bytes` are those of the image.
    """

    id: UUID
    work_order_id: UUID
    kind: ImageKind
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int
    created_at: datetime


class ExportedSilenceAnswer(Answer):
    """A time on duty in which the device was not heard from."""

    id: UUID
    began_at: datetime = Field(description="When it was last heard from, or when duty began.")
    ended_at: datetime
    ended_by: SilenceEnd
    reason: str | None = Field(description="What the app said about it.")


class ExportedArrivalAnswer(Answer):
    """Where the technician was who said to be on site: what a store learns the places of addresses from.

    `geocoded_lat` and `geocoded_lon` are where the geocoder had put the address.
    """

    work_order_id: UUID
    kind: EvidenceKind
    store_id: UUID
    lat: float
    lon: float
    accuracy_m: float | None
    geocoded_lat: float | None
    geocoded_lon: float | None
    at: datetime


class ExportedDriveAnswer(Answer):
    """A drive to work: `estimated_s` as estimated, `told_s` as it was told, and the `seconds` that it took.

    `provider` estimated it; `hour` is the store's, at `began_at`.
    """

    work_order_id: UUID
    store_id: UUID
    provider: str
    hour: int
    began_at: datetime
    estimated_s: float
    told_s: float
    seconds: float | None


class ExportedTrackerAnswer(Answer):
    """A tracker app that sends positions, without its token: `hint` is how that ends."""

    id: UUID
    name: str
    app: TrackerApp
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None = Field(description="When it sent last, to the minute.")
    client: str | None = Field(description="App and version seen last.")
    outcome: str | None = Field(description="What became of what it sent last.")


class TrackPageAnswer(Answer):
    """Points of the track, newest first."""

    items: Sequence[TrackPointAnswer]
    next_cursor: str | None


class ExportAnswer(PartialAnswer):
    """Everything kept about a technician. Beyond the first page only the track goes on."""

    track: TrackPageAnswer
    truncated: Sequence[str] = Field(description="The lists of which only the newest 10,000 entries are here.")
    technician: ExportedTechnicianAnswer | None = None
    user: ExportedUserAnswer | None = None
    current_position: ExportedCurrentPositionAnswer | None = None
    duty: Sequence[ExportedDutyAnswer] | None = None
    time_off: Sequence[ExportedTimeOffAnswer] | None = None
    hours_exceptions: Sequence[ExportedHoursExceptionAnswer] | None = None
    offers: Sequence[ExportedOfferAnswer] | None = None
    work: Sequence[ExportedWorkAnswer] | None = None
    location_views: Sequence[ExportedLocationViewAnswer] | None = None
    images: Sequence[ExportedImageAnswer] | None = None
    silences: Sequence[ExportedSilenceAnswer] | None = None
    drives: Sequence[ExportedDriveAnswer] | None = None
    arrivals: Sequence[ExportedArrivalAnswer] | None = None
    trackers: Sequence[ExportedTrackerAnswer] | None = None
    push_subscriptions: Sequence[ExportedPushSubscriptionAnswer] | None = None
    sessions: Sequence[ExportedSessionAnswer] | None = None
    one_time_links: Sequence[ExportedLinkAnswer] | None = None
