"""Bodies and answers of work orders and offers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from geo_assign.dispatch.commands.crews import MOST_COLLABORATORS
from geo_assign.http.editing import unsent
from geo_assign.http.routes.metadata import Metadata
from geo_assign.http.routes.people_models import Actor, PersonAnswer
from geo_assign.http.schemas import (
    Answer,
    Body,
    ContactName,
    ContactText,
    InstantOrWallTime,
    LongText,
    OptionalNote,
    OptionalPoint,
    PartialAnswer,
    Patch,
    PointAnswer,
    Shaped,
    ShortText,
    Skills,
    SlotAnswer,
)
from geo_assign.pins.domain import ConfirmedBy
from geo_assign.workorders.domain import (
    AlarmCode,
    BookingRole,
    BookingState,
    Bucket,
    GroupStay,
    Kind,
    LocationSource,
    Offer,
    OfferState,
    PendingReason,
    State,
    Warned,
    WorkOrder,
)

Id = Annotated[UUID, Field(strict=False)]
Collaborators = Annotated[
    tuple[Id, ...],
    Field(max_length=MOST_COLLABORATORS, strict=False, description="Who comes along with the lead engineer."),
]


class CustomerBody(Body):
    """Who asks for the visit."""

    name: ContactName
    phone: ContactText | None = None
    email: ContactText | None = None


class DeviceBody(Body):
    """What is to be repaired."""

    type: ShortText | None = Field(None, description="Such as washing machine.")
    brand: ShortText | None = None
    model: ShortText | None = None
    issue: LongText | None = Field(None, description="What is wrong.")


class OpenSlotBody(Body):
    """When: both ends, or the start alone for the store's usual duration. With an offset, or the store's wall time."""

    start: InstantOrWallTime
    end: InstantOrWallTime | None = None

    @model_validator(mode="after")
    def _alike(self) -> Self:
        if self.end is not None and (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise PydanticCustomError("slot_mixed", "Both ends need an offset, or neither")
        if self.end is not None and self.start.tzinfo is not None and not self.start < self.end:
            raise PydanticCustomError("slot_order", "The end should come after the start")
        return self

    def ends(self) -> tuple[datetime, datetime | None]:
        """As they were given."""
        return self.start, self.end


class LeadBody(Body):
    """A lead. With `location` the address is kept as text; without a slot it means as soon as possible."""

    store_id: Id
    customer: CustomerBody
    address: LongText | None = None
    location: OptionalPoint = None
    slot: OpenSlotBody | None = None
    group_id: Id | None = None
    skills: Skills = ()
    device: DeviceBody | None = None
    referral_source: ShortText | None = Field(None, description="How the customer heard of the house.")
    assignee_id: Id | None = None
    priority: int = Field(0, ge=-100, le=100, description="Higher comes first.")
    notes: OptionalNote = None
    external_id: ShortText | None = Field(None, description="Its id in your own system.")
    metadata: Metadata | None = None


class TicketBody(LeadBody):
    """A ticket: as a lead, but it may do without an address; the trigger for tickets decides who gets it."""


class WorkOrderPatch(Patch):
    """What may be edited. A `location` is a pin: the geocoder never overwrites it. A `slot` moves held time with it."""

    address: LongText | None = None
    location: OptionalPoint = None
    slot: OpenSlotBody = unsent()
    customer: CustomerBody = unsent()
    device: DeviceBody | None = None
    skills: Skills | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] = unsent("Higher comes first.")
    notes: OptionalNote = None
    referral_source: ShortText | None = Field(None, description="How the customer heard of the house.")
    external_id: ShortText | None = Field(None, description="Its id in your own system.")
    metadata: Metadata | None = None


class LearnedPlaceAnswer(Answer):
    """The learned pin (`pin_id`) that answered in the geocoder's stead."""

    pin_id: UUID
    visits: int = Field(description="How many agreed on it then.")
    confirmed_by: ConfirmedBy


class LocationAnswer(PointAnswer):
    """Where the customer is, and how that is known."""

    source: LocationSource
    confidence: str | None = Field(description="How exact the geocoder was.")
    learned: Annotated[Mapping[str, object], Shaped(LearnedPlaceAnswer)] | None = Field(
        None, description="Set where visits have taught the place."
    )


class GeocodedPlaceAnswer(PointAnswer):
    """One place that fits an address."""

    label: str = Field(description="The place as the geocoder names it.")
    confidence: str = Field(description="How exact: `rooftop`, `street`, `area`.")


class CustomerAnswer(PartialAnswer):
    """Who asks for the visit."""

    name: str
    phone: str | None = None
    phone_e164: str | None = Field(None, description="Null: unreadable.")
    phone_extension: str | None = Field(None, description="If typed.")
    email: str | None = None
    email_normalized: str | None = Field(None, description="Null: unreadable.")


class DeviceAnswer(PartialAnswer):
    """What is to be repaired, as far as it was told."""

    type: str | None = Field(None, description="Such as washing machine.")
    brand: str | None = None
    model: str | None = None
    issue: str | None = Field(None, description="What is wrong.")


class BrokenCrewAnswer(Answer):
    """A crew that did not come about: the order waits for a dispatcher to choose another one."""

    collaborators: int = Field(description="How many technicians were to come along.")
    because: str = Field(description="Why the offers were withdrawn.")


class NearestExcludedAnswer(Answer):
    """A technician who cannot go, with the codes of the reasons."""

    technician_id: UUID
    name: str
    reasons: Sequence[str] = Field(description="Codes.")


class SearchRingAnswer(Answer):
    """How far a widening search reaches, and when it reaches farther."""

    radius_m: float
    widens_at: datetime = Field(description="When it reaches farther.")
    next_radius_m: float | None = Field(description="Null: as far as the store allows.")


class PendingDetailAnswer(PartialAnswer):
    """What is known of why no technician has the work. Which members there are depends on `pending_reason`."""

    code: str | None = Field(None, description="Why the address has no accepted location.")
    detail: str | None = Field(None, description="What the geocoder said.")
    counts: dict[str, int] | None = Field(None, description="How many technicians are excluded, by code.")
    counts_of: str | None = Field(None, description="Whose technicians are counted: `group` or `store`.")
    members: int | None = Field(None, description="How many of those were looked at.")
    nearest: Sequence[NearestExcludedAnswer] | None = Field(None, description="The nearest three of them.")
    ring: SearchRingAnswer | None = None
    withdrawn: str | None = Field(None, description="Why the open offers were withdrawn.")
    crew: BrokenCrewAnswer | None = None
    technician_id: UUID | None = Field(None, description="The technician concerned, such as the one who is suggested.")
    technician_name: str | None = Field(None, description="The name of that technician.")
    rejected_by: str | None = Field(None, description="The name of the group that sent the order back.")
    wanted: UUID | None = Field(None, description="The technician named in the lead.")
    asked: int | None = Field(None, description="How many technicians got an offer in vain.")
    until: datetime | None = Field(None, description="When the leads collected together are assigned.")


class AlarmAnswer(PartialAnswer):
    """What a dispatcher has to see at once. Which facts there are depends on the code."""

    code: AlarmCode
    at: datetime
    moved_m: float | None = Field(None, description="How far the address moved.")
    distance_m: float | None = Field(None, description="How far the technician is from the new place.")
    eta_s: float | None = None
    group_id: UUID | None = Field(None, description="The group that the order came back to.")
    returns: int | None = Field(None, description="How often the order came back to that group.")
    asked: int | None = Field(None, description="How many technicians got an offer in vain.")
    missing: int | None = Field(None, description="How many collaborators are missing.")
    technicians: Sequence[NearestExcludedAnswer] | None = Field(None, description="Who cannot do it any more.")


class CollaboratorAnswer(PersonAnswer):
    """A technician who comes along: `offered` until all offers are answered, then `assigned`."""

    state: BookingState


class OpenOfferAnswer(Answer):
    """An offer that waits for an answer. `expires_at` is to be compared with `server_now`."""

    id: UUID
    technician_id: UUID
    technician_name: str
    role: BookingRole
    offered_at: datetime
    expires_at: datetime
    distance_m: float | None
    eta_s: float | None
    server_now: datetime


class WarningAnswer(Answer):
    """What was accepted and is probably a mistake: a code, the JSON `pointer` of the member, a sentence as `detail`."""

    code: str
    pointer: str
    detail: str


class WorkOrderAnswer(Answer):
    """A lead or ticket in its present state."""

    id: UUID
    kind: Kind
    number: str
    title: str
    store_id: UUID
    group_id: UUID | None
    state: State
    pending_reason: PendingReason | None
    pending_detail: Annotated[Mapping[str, object], Shaped(PendingDetailAnswer)] | None
    bucket: Bucket
    customer: Annotated[Mapping[str, object], Shaped(CustomerAnswer)]
    address: str | None
    location: LocationAnswer | None
    location_candidates: Sequence[Annotated[Mapping[str, object], Shaped(GeocodedPlaceAnswer)]]
    slot: SlotAnswer
    skills: Sequence[str]
    device: Annotated[Mapping[str, object], Shaped(DeviceAnswer)]
    referral_source: str | None = Field(description="How the customer heard of the house.")
    priority: int = Field(description="Higher comes first.")
    notes: str | None
    external_id: str | None = Field(description="Its id in your own system.")
    metadata: Mapping[str, str] = Field(description="What your own system keeps with it.")
    assignee: PersonAnswer | None
    collaborators: Sequence[CollaboratorAnswer]
    offer: OpenOfferAnswer | None
    offers: Sequence[OpenOfferAnswer]
    decision_id: UUID | None = Field(description="The receipt of the choice.")
    alarm: Annotated[Mapping[str, object], Shaped(AlarmAnswer)] | None
    returned_to: UUID | None = Field(description="The dispatcher it was sent back to.")
    converted_from: UUID | None = Field(description="The lead that became this ticket.")
    changed_by: Actor
    version: int
    created_at: datetime
    updated_at: datetime
    warnings: Sequence[WarningAnswer] = Field((), description="Told to the call that created, edited or assigned it.")


class GroupStayAnswer(Answer):
    """One group's time with a work order; `left_at` is null while it lasts. `sent_by` is who brought it there."""

    group_id: UUID
    group_name: str
    entered_at: datetime
    left_at: datetime | None
    sent_by: Actor
    note: str | None


class WorkOrderDetailAnswer(WorkOrderAnswer):
    """A work order with its way through the groups."""

    group_stays: Sequence[GroupStayAnswer]
    has_customer_link: bool = Field(description="Whether the customer has a link to it.")


class OfferAnswer(Answer):
    """One technician asked, and what became of it. `expires_at` is to be compared with `server_now`."""

    id: UUID
    work_order_id: UUID
    technician_id: UUID
    role: BookingRole
    state: OfferState
    offered_at: datetime
    expires_at: datetime
    responded_at: datetime | None
    reason: str | None = Field(description="Why it was rejected or withdrawn.")
    distance_m: float | None
    eta_s: float | None
    server_now: datetime


class ScheduledWorkAnswer(WorkOrderAnswer):
    """Work on a technician's schedule, as the one who leads it (`primary`) or comes along (`collaborator`)."""

    role: BookingRole


class OfferedWorkAnswer(OfferAnswer):
    """An offer with what the technician needs to know to answer it."""

    work_order: WorkOrderAnswer


def collaborator_pointers(ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Where in a body each collaborator is named."""
    return {technician_id: f"/collaborator_ids/{number}" for number, technician_id in enumerate(ids)}


def work_order_answer(order: WorkOrder, warnings: Sequence[Warned] = ()) -> WorkOrderAnswer:
    """A work order as the API shows it."""
    return WorkOrderAnswer.model_construct(
        **{name: getattr(order, name) for name in _SAME},
        location=_location(order),
        slot=SlotAnswer.model_construct(start=order.slot_start, end=order.slot_end),
        assignee=_assignee(order),
        collaborators=[CollaboratorAnswer.model_validate(one) for one in order.collaborators],
        offer=None if order.offer is None else OpenOfferAnswer.model_validate(order.offer),
        offers=[OpenOfferAnswer.model_validate(one) for one in order.offers],
        warnings=[WarningAnswer.model_validate(one) for one in warnings],
    )


def work_order_detail(
    order: WorkOrder, stays: Sequence[GroupStay], *, has_customer_link: bool
) -> WorkOrderDetailAnswer:
    """A work order as a single read shows it."""
    shown = [GroupStayAnswer.model_validate(stay) for stay in stays]
    return WorkOrderDetailAnswer.model_construct(
        **dict(work_order_answer(order)), group_stays=shown, has_customer_link=has_customer_link
    )


def _location(order: WorkOrder) -> LocationAnswer | None:
    place = order.location
    if place is None:
        return None
    return LocationAnswer.model_construct(
        lat=place.point.lat,
        lon=place.point.lon,
        source=place.source,
        confidence=place.confidence,
        learned=place.learned,
    )


def _assignee(order: WorkOrder) -> PersonAnswer | None:
    if order.technician_id is None:
        return None
    return PersonAnswer.model_construct(id=order.technician_id, name=order.technician_name or "")


_SAME = [
    name
    for name in WorkOrderAnswer.model_fields
    if name not in {"location", "slot", "assignee", "collaborators", "offer", "offers", "warnings"}
]


def offer_answer(offer: Offer) -> OfferAnswer:
    """An offer as the API shows it."""
    return OfferAnswer.model_validate(offer)
