"""What answers say of people: who acted, where a technician is, how much work there is, why one cannot go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import ActorKind
from geo_assign.http.schemas import Answer, PartialAnswer, Shaped, SlotAnswer
from geo_assign.matching.domain import ExclusionCode, Provenance


class ActorAnswer(Answer):
    """Who did something: a user, a technician, an API key, or the service by itself."""

    kind: ActorKind
    id: UUID
    name: str


Actor = Annotated[Mapping[str, object], Shaped(ActorAnswer)]
"""An actor as it is stored: plain JSON."""


class PersonAnswer(Answer):
    """A technician by name."""

    id: UUID
    name: str


class ProviderNameAnswer(Answer):
    """The service provider that a technician belongs to."""

    id: UUID
    name: str


class PlaceKnowledgeAnswer(Answer):
    """How it is known where a technician is, or will be. Only live positions have times and an accuracy."""

    provenance: Provenance
    recorded_at: datetime | None = Field(description="The device's time.")
    age_s: float | None
    accuracy_m: float | None


class KnownPositionAnswer(PlaceKnowledgeAnswer):
    """Where a technician is, or will be, and how that is known. `coarse`: good to about a kilometre."""

    lat: float
    lon: float
    coarse: bool


class WorkloadAnswer(Answer):
    """Bookings of the local day, those that should have ended before, and offers that wait for an answer."""

    today: int = Field(description="Bookings of the local day.")
    overdue: int = Field(description="Should have ended before.")
    open_offers: int = Field(description="Wait for an answer.")


class AgreementAnswer(Answer):
    """When a service provider's agreement holds; null: without a limit."""

    valid_from: datetime | None
    valid_until: datetime | None


class NeededAnswer(PartialAnswer):
    """What would have sufficed. Which of the members there are depends on the reason's code."""

    active: bool | None = Field(None, description="Whether the technician would have to be active.")
    on_duty: bool | None = Field(None, description="Whether the technician would have to be on duty.")
    store_id: UUID | None = Field(None, description="The store that the technician would have to belong to.")
    group_id: UUID | None = Field(None, description="The service group that the technician would have to belong to.")
    freshness_s: float | None = Field(None, description="The smallest `freshness_s` that accepts the position.")
    heard_since: datetime | None = Field(None, description="The device would have had to be heard from after this.")
    position_since: datetime | None = Field(None, description="A position would have had to be newer than this.")
    mock_positions: str | None = Field(None, description="The store's setting that accepts the position.")
    radius_m: float | None = Field(None, description="The smallest radius that reaches the technician.")
    skills: Sequence[str] | None = Field(None, description="The skills that are missing.")
    hours: SlotAnswer | None = Field(None, description="The nearest working span that is long enough.")
    time_off_until: datetime | None = Field(None, description="When the time off ends.")
    conflict: SlotAnswer | None = Field(None, description="The appointment that is in the way.")
    free_from: datetime | None = Field(None, description="When a slot of this length is free.")
    capacity: int | None = Field(None, description="Work orders a day that the service provider would have to take.")
    offer_limit: int | None = Field(None, description="The smallest `offer_limit` that allows one more offer.")
    cooled_off_at: datetime | None = Field(None, description="When another offer is possible; null: never again.")
    valid_at: datetime | None = Field(None, description="When an agreement would have to hold.")
    agreement: AgreementAnswer | None = Field(None, description="The agreement that there is.")


class ReasonWordsAnswer(Answer):
    """One reason why a technician cannot go: the code, and a sentence."""

    code: ExclusionCode
    detail: str = Field(description="As a sentence.")


class ReasonAnswer(ReasonWordsAnswer):
    """One reason why a technician cannot go, with what would have sufficed."""

    needed: NeededAnswer


Reason = Annotated[Mapping[str, object], Shaped(ReasonAnswer)]
"""A reason as it is stored: plain JSON."""


class ExclusionAnswer(Answer):
    """A technician who cannot go. The distance is null for a technician off duty."""

    technician_id: UUID
    name: str
    provider: ProviderNameAnswer | None
    presence: Literal["on_duty", "off_duty"] = Field(description="Whether the technician works now.")
    last_seen_at: datetime | None
    distance_m: float | None
    reasons: list[ReasonAnswer]


class PastAnswer(Answer):
    """What of the past is known."""

    at: datetime
    reaches_back_to: datetime = Field(description="The earliest instant that can be asked for.")
    as_today: list[str] = Field(description="What is told as it is today, because its history is not kept.")
