"""What happens to work orders: one frozen value per kind of event, with the members that are told of it.

These classes are the one place that says what an event is. History and webhooks write their JSON, the tables in
`docs/webhooks.md` and the API document list their members, and each says what the change behind it does besides:
where the order may stand afterwards, whether the search for a technician ends, and which alarms a user settles by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from geo_assign.core.wire import FreeText, Json, Member, dump, members
from geo_assign.workorders.domain.alarms import (
    ASKED,
    DISTANCE_M,
    EVERY_ALARM,
    GROUP_ID,
    MISSING,
    MOVED_M,
    RETURNS,
    TECHNICIANS,
    WAY_S,
    Alarm,
)
from geo_assign.workorders.domain.pending import (
    CAUSES,
    TECHNICIAN,
    TECHNICIAN_NAME,
    ExcludedTechnician,
    PendingCause,
)
from geo_assign.workorders.domain.states import (
    TAKEN,
    TERMINAL,
    UNDER_WAY,
    AlarmCode,
    BookingRole,
    Kind,
    PendingReason,
    RejectReason,
    State,
    WithdrawnBecause,
)

_LIVE = frozenset(State) - TERMINAL
_NONE: frozenset[AlarmCode] = frozenset()
_NO_ANSWER = frozenset({AlarmCode.WORK_IMPOSSIBLE})
_OF_SLOT = frozenset({AlarmCode.SLOT_PASSED})

_TechnicianId = Annotated[UUID, TECHNICIAN]
_TechnicianName = Annotated[str, TECHNICIAN_NAME]
_Role = Annotated[BookingRole, "Whether the technician leads the work or comes along."]
_OFFER = "The offer; missing where the technician was not asked."
_OfferId = Annotated[UUID, _OFFER]
_OptionalOfferId = Annotated[UUID | None, _OFFER]
_DistanceM = Annotated[float | None, DISTANCE_M]
_DecisionId = Annotated[UUID | None, "The receipt of the choice, for `GET /v1/decisions/{id}`; null without one."]
_ByHand = Annotated[bool, "Whether a person chose the technician."]
_Note = Annotated[FreeText | None, "What was noted."]
_ALARM = "The alarm that was raised, or cleared."
_Alarm = Annotated[AlarmCode, _ALARM]
_FORCED = "Whether force was used, as for work that is under way."
_WHY = "Why, as a code; a reason that a person typed stands in the history alone."


class EventKind(StrEnum):
    """The entries of a work order's history. `EXHAUSTED` is told to other systems only."""

    CREATED = "created"
    LOCATED = "located"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    REJECTED = "rejected"
    OFFER_EXPIRED = "offer_expired"
    OFFER_WITHDRAWN = "offer_withdrawn"
    UNASSIGNED = "unassigned"
    TRANSFERRED = "transferred"
    CONVERTED = "converted"
    CANCELLED = "cancelled"
    STATUS_CHANGED = "status_changed"
    PENDING = "pending"
    EXHAUSTED = "exhausted"
    CHANGED = "changed"
    RESCHEDULED = "rescheduled"
    GROUP_CHANGED = "group_changed"
    GROUP_REJECTED = "group_rejected"
    CREW_CHANGED = "crew_changed"
    ALARM_RAISED = "alarm_raised"
    ALARM_CLEARED = "alarm_cleared"


@dataclass(frozen=True, slots=True)
class NamedTechnician:
    """A technician by name."""

    id: UUID
    name: str


_Collaborators = Annotated[
    tuple[NamedTechnician, ...] | None, "Who comes along; missing where the technician goes alone."
]


@dataclass(frozen=True, slots=True)
class SlotTold:
    """A slot as it is told."""

    start: datetime
    end: datetime


class WorkOrderEvent:
    """An event. Its first line says when there is one; `published`: other systems are told, too.

    They know it by its kind, or by `sent_as`.

    `leads_to` holds the states that the order may have right after it. `ends_search`: automation's search for a
    technician is over, a later one begins anew. `settles`: the alarms that a user has answered with such a change;
    what technicians and automation do never shows that a dispatcher saw an alarm. `voids`: the alarms without a cause
    after it, also where automation makes it.
    """

    __slots__ = ()
    kind: ClassVar[EventKind]
    sent_as: ClassVar[str | None] = None
    published: ClassVar[bool] = False
    leads_to: ClassVar[frozenset[State]] = _LIVE
    ends_search: ClassVar[bool] = False
    settles: ClassVar[frozenset[AlarmCode]] = EVERY_ALARM
    voids: ClassVar[frozenset[AlarmCode]] = _NONE

    def detail(self, *, sent: bool = False) -> dict[str, Json]:
        """What the event tells, as JSON; `sent` to another system it holds no `FreeText`."""
        return dump(self, sent=sent)

    @classmethod
    def type_name(cls) -> str:
        """What other systems know it by."""
        return f"work_order.{cls.sent_as or cls.kind.value}"

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        """The members that its detail may have."""
        return members(cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrderEventData:
    """What other systems are told of a work order's event; all but `detail` is as it was right after the change."""

    work_order_id: UUID
    number: Annotated[str, "How people call the work order, such as L-2044."]
    kind: Kind
    state: State
    store_id: UUID
    assignee_id: Annotated[UUID | None, "The technician who has it."]
    version: Annotated[int, "The version that `If-Match` compares."]
    at: datetime
    metadata: Annotated[Mapping[str, str], "What your own system keeps with the work order."]
    detail: Annotated[Mapping[str, object], "The members of the event itself."]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedEvent(WorkOrderEvent):
    """A lead or ticket exists."""

    kind = EventKind.CREATED
    published = True
    leads_to = frozenset({State.NEW, State.PENDING}) | TAKEN
    settles = _NONE
    lead_id: Annotated[UUID | None, "The lead that became this ticket."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedEvent(WorkOrderEvent):
    """Its place is known, or moved."""

    kind = EventKind.LOCATED
    settles = EVERY_ALARM - _NO_ANSWER
    published = True
    moved_m: Annotated[int | None, MOVED_M]
    distance_m: _DistanceM
    eta_s: Annotated[float | None, WAY_S]
    alarm: Annotated[AlarmCode | None, _ALARM] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedEvent(WorkOrderEvent):
    """A technician is asked."""

    kind = EventKind.OFFERED
    published = True
    leads_to = frozenset({State.OFFERED})
    voids = _OF_SLOT
    technician_id: _TechnicianId
    technician_name: _TechnicianName
    role: _Role
    offer_id: _OfferId
    expires_at: Annotated[datetime, "Until when the technician may answer."]
    distance_m: _DistanceM
    decision_id: _DecisionId
    by_hand: _ByHand
    collaborators: _Collaborators = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedEvent(WorkOrderEvent):
    """A technician has it."""

    kind = EventKind.ASSIGNED
    published = True
    leads_to = frozenset({State.ASSIGNED})
    voids = _OF_SLOT
    technician_id: _TechnicianId
    technician_name: _TechnicianName
    distance_m: _DistanceM
    decision_id: _DecisionId
    by_hand: _ByHand
    offer_id: _OptionalOfferId = None
    collaborators: _Collaborators = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEvent(WorkOrderEvent):
    """A technician said no."""

    kind = EventKind.REJECTED
    published = True
    leads_to = frozenset({State.OFFERED, State.PENDING})
    settles = _NONE
    technician_id: _TechnicianId
    role: _Role
    reason: Annotated[RejectReason, _WHY]
    note: _Note
    offer_id: _OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExpiredEvent(WorkOrderEvent):
    """A technician did not answer in time."""

    kind = EventKind.OFFER_EXPIRED
    published = True
    leads_to = frozenset({State.OFFERED, State.PENDING})
    settles = _NONE
    technician_id: _TechnicianId
    role: _Role
    offer_id: _OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWithdrawnEvent(WorkOrderEvent):
    """What a technician was asked, or held for, is taken back."""

    kind = EventKind.OFFER_WITHDRAWN
    leads_to = frozenset({State.OFFERED, State.PENDING})
    settles = _NONE
    technician_id: _TechnicianId
    role: _Role
    reason: Annotated[WithdrawnBecause, _WHY]
    offer_id: _OptionalOfferId = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignedEvent(WorkOrderEvent):
    """It was taken back, or given to another technician."""

    kind = EventKind.UNASSIGNED
    published = True
    leads_to = frozenset({State.PENDING}) | TAKEN
    ends_search = True
    technician_id: Annotated[UUID | None, TECHNICIAN]
    technician_name: Annotated[str | None, "The technician's name."]
    reason: Annotated[WithdrawnBecause | FreeText | None, _WHY]
    collaborator_ids: Annotated[tuple[UUID, ...] | None, "Who was to come along and is free, too."] = None
    replaced_by: Annotated[UUID | None, "The technician who has it now, or is asked."] = None
    forced: Annotated[bool | None, _FORCED] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEvent(WorkOrderEvent):
    """It went to another store or group."""

    leads_to = frozenset({State.PENDING}) | TAKEN
    ends_search = True
    from_store_id: Annotated[UUID, "The store that it came from."]
    to_store_id: Annotated[UUID, "The store where it is now."]
    from_group_id: Annotated[UUID | None, "The group that it came from."]
    to_group_id: Annotated[UUID | None, "The group that looks after it now."]
    note: _Note
    forced: Annotated[bool, _FORCED]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferredEvent(MovedEvent):
    """It went to another store."""

    kind = EventKind.TRANSFERRED
    published = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChangedEvent(MovedEvent):
    """Another group looks after it, or it went back to the group that sent it."""

    kind = EventKind.GROUP_CHANGED
    published = True
    rejected: Annotated[bool | None, "True where the group that was to take it sent it back."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRejectedEvent(GroupChangedEvent):
    """It went back to the group that sent it."""

    kind = EventKind.GROUP_REJECTED
    sent_as = EventKind.GROUP_CHANGED.value
    rejected: Annotated[bool | None, "True where the group that was to take it sent it back."] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedEvent(WorkOrderEvent):
    """A lead became a ticket."""

    kind = EventKind.CONVERTED
    published = True
    leads_to = frozenset({State.CONVERTED})
    ticket_id: Annotated[UUID, "The ticket."]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledEvent(WorkOrderEvent):
    """The visit will not take place."""

    kind = EventKind.CANCELLED
    published = True
    leads_to = frozenset({State.CANCELLED})
    reason: Annotated[FreeText | None, _WHY]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChangedEvent(WorkOrderEvent):
    """The technician travels, arrives, begins or is done."""

    kind = EventKind.STATUS_CHANGED
    published = True
    leads_to = UNDER_WAY | {State.COMPLETED}
    settles = _NONE
    note: _Note


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEvent(WorkOrderEvent):
    """No technician has it; the members are the reason and those of its detail."""

    kind = EventKind.PENDING
    published = True
    leads_to = frozenset({State.PENDING})
    cause: PendingCause

    def detail(self, *, sent: bool = False) -> dict[str, Json]:
        return {"reason": self.cause.reason.value, **self.cause.as_json(sent=sent)}

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        told = {member.name: replace(member, optional=True) for cause in CAUSES.values() for member in members(cause)}
        return (Member("reason", PendingReason, _WHY, optional=False, free_text=False), *told.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhaustedEvent(WorkOrderEvent):
    """As many technicians were asked in vain as the store allows; automation asks no more."""

    kind = EventKind.EXHAUSTED
    published = True
    settles = _NONE
    leads_to = frozenset({State.PENDING})
    asked: Annotated[int, ASKED]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEvent(WorkOrderEvent):
    """It was corrected, its customer was forgotten, or its address is not clear."""

    kind = EventKind.CHANGED
    sent_as = "corrected"
    published = True
    settles = EVERY_ALARM - _NO_ANSWER
    leads_to = frozenset(State)
    fields: Annotated[tuple[str, ...] | None, "What was corrected."] = None
    erased: Annotated[bool | None, "Whether its customer was forgotten."] = None
    address_problem: Annotated[str | None, "Why the address has no accepted location."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduledEvent(WorkOrderEvent):
    """Its slot moved."""

    kind = EventKind.RESCHEDULED
    published = True
    ends_search = True
    voids = _OF_SLOT
    from_: Annotated[SlotTold, "The slot that it had."]
    to: Annotated[SlotTold, "The slot that it has now."]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewChangedEvent(WorkOrderEvent):
    """Others come along, or one of those who were asked accepted."""

    kind = EventKind.CREW_CHANGED
    published = True
    settles = EVERY_ALARM - _NO_ANSWER
    leads_to = frozenset({State.OFFERED}) | TAKEN
    joined: Annotated[tuple[NamedTechnician, ...] | None, "Who comes along from now on."] = None
    left: Annotated[tuple[NamedTechnician, ...] | None, "Who no longer does."] = None
    missing: Annotated[int | None, MISSING] = None
    accepted: Annotated[UUID | None, "The technician who accepted while others are still asked."] = None
    offer_id: _OptionalOfferId = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaisedEvent(WorkOrderEvent):
    """Something asks for a dispatcher; the members beside `alarm` are the facts of that alarm."""

    kind = EventKind.ALARM_RAISED
    published = True
    settles = _NONE
    alarm: _Alarm
    technicians: Annotated[tuple[ExcludedTechnician, ...], TECHNICIANS] = ()
    moved_m: Annotated[int | None, MOVED_M] = None
    distance_m: _DistanceM = None
    eta_s: Annotated[float | None, WAY_S] = None
    group_id: Annotated[UUID | None, GROUP_ID] = None
    returns: Annotated[int | None, RETURNS] = None
    asked: Annotated[int | None, ASKED] = None
    missing: Annotated[int | None, MISSING] = None

    @classmethod
    def of(cls, alarm: Alarm) -> "AlarmRaisedEvent":
        """The event that tells of `alarm`, with its facts."""
        return cls(alarm=alarm.code, **alarm.facts())


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmClearedEvent(WorkOrderEvent):
    """An alarm was answered, or has no cause any more."""

    kind = EventKind.ALARM_CLEARED
    published = True
    settles = _NONE
    alarm: _Alarm


EVENTS: Mapping[EventKind, type[WorkOrderEvent]] = {
    event.kind: event
    for event in (
        CreatedEvent,
        LocatedEvent,
        OfferedEvent,
        AssignedEvent,
        RejectedEvent,
        OfferExpiredEvent,
        OfferWithdrawnEvent,
        UnassignedEvent,
        TransferredEvent,
        ConvertedEvent,
        CancelledEvent,
        StatusChangedEvent,
        PendingEvent,
        ExhaustedEvent,
        ChangedEvent,
        RescheduledEvent,
        GroupChangedEvent,
        GroupRejectedEvent,
        CrewChangedEvent,
        AlarmRaisedEvent,
        AlarmClearedEvent,
    )
}
"""The events of a work order by their kind, in the order of `EventKind`."""

PUBLISHED = frozenset(kind for kind, event in EVENTS.items() if event.published)
"""The events that other systems are told; the others are for the history alone."""
