"""A change of a work order as one frozen value: who makes it, what is told, where the order stands, what is written.

What a change resets follows from the value alone: its `columns` are all that the command which writes it adds to the
version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from geo_assign.access.domain import ActorKind, Caller
from geo_assign.core.wire import Json
from geo_assign.workorders.domain.alarms import EVERY_ALARM, Alarm
from geo_assign.workorders.domain.events import (
    AlarmClearedEvent,
    AlarmRaisedEvent,
    ExhaustedEvent,
    PendingEvent,
    WorkOrderEvent,
)
from geo_assign.workorders.domain.orders import Customer, Device, LearnedPlace, LocationCandidate, WorkOrder
from geo_assign.workorders.domain.pending import OffersExhausted, PendingCause, is_told_as
from geo_assign.workorders.domain.states import TAKEN, TERMINAL, AlarmCode, LocationSource, PendingReason, State


class Corrections(TypedDict, total=False):
    """The members that may be corrected as they are, by column."""

    customer: Customer
    device: Device
    skills: Sequence[str]
    priority: int
    notes: str | None
    referral_source: str | None
    external_id: str | None
    metadata: Mapping[str, str]


class Columns(Corrections, total=False):
    """What a change may write of a work order, by the names of the table's columns."""

    state: State
    pending_reason: PendingReason | None
    pending_detail: dict[str, Json] | None
    store_id: UUID
    group_id: UUID | None
    address: str | None
    lat: float | None
    lon: float | None
    location_source: LocationSource | None
    location_confidence: str | None
    location_learned: LearnedPlace | None
    location_candidates: Sequence[LocationCandidate]
    slot_start: datetime
    slot_end: datetime
    slot_given: bool
    technician_id: UUID | None
    wanted_technician_id: UUID | None
    pinned: bool
    decision_id: UUID | None
    geocode_due_at: datetime | None
    geocode_attempts: int
    evaluate_due_at: datetime | None
    looks_again_at: datetime | None
    alarm: dict[str, Json] | None
    returned_to: UUID | None
    search_started_at: datetime | None
    crew_size: int
    customer_phones: str | None


@dataclass(frozen=True, slots=True)
class StateAfter:
    """The state that a work order has after a change, and what belongs to that state alone."""

    state: State

    @property
    def resets(self) -> Columns:
        """What no order in this state has.

        A crew ends with its lead, a search once a technician has the work; what a group sent back is done with once a
        technician has it or it is over.
        """
        if self.state is State.PENDING:
            return {"crew_size": 0}
        resets: Columns = {"pending_reason": None, "pending_detail": None}
        if self.state in TAKEN:
            resets |= {"search_started_at": None, "returned_to": None}
        elif self.state in TERMINAL:
            resets |= {"returned_to": None}
        return resets

    @property
    def sets(self) -> Columns:
        """What the state brings with it."""
        return {"state": self.state}


@dataclass(frozen=True, slots=True)
class SameState(StateAfter):
    """The order stays in its state."""

    @property
    def sets(self) -> Columns:
        return {}


@dataclass(frozen=True, slots=True)
class Pending(StateAfter):
    """No technician has it, for a reason; automation looks at it again at `evaluate_due_at`, if ever."""

    state: State = field(default=State.PENDING, init=False)
    cause: PendingCause
    evaluate_due_at: datetime | None = None

    @property
    def sets(self) -> Columns:
        return {
            "state": self.state,
            "pending_reason": self.cause.reason,
            "pending_detail": self.cause.as_json(),
            "technician_id": None,
            "pinned": False,
            "evaluate_due_at": self.evaluate_due_at,
        }


@dataclass(frozen=True, slots=True)
class Offered(StateAfter):
    """A technician is asked, or several are."""

    state: State = field(default=State.OFFERED, init=False)

    @property
    def sets(self) -> Columns:
        return {"state": self.state, "technician_id": None, "pinned": False}


@dataclass(frozen=True, slots=True)
class Assigned(StateAfter):
    """A technician has it. `pinned`: a person chose, and automation does not undo it."""

    state: State = field(default=State.ASSIGNED, init=False)
    technician_id: UUID
    pinned: bool = False

    @property
    def sets(self) -> Columns:
        return {"state": self.state, "technician_id": self.technician_id, "pinned": self.pinned}


@dataclass(frozen=True, slots=True)
class Over(StateAfter):
    """It is done, cancelled or converted: nothing is due any more, and no alarm needs an answer."""

    @property
    def sets(self) -> Columns:
        return {"state": self.state, "geocode_due_at": None, "evaluate_due_at": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change. `sets` are the columns beside those of the state; `raises` is the alarm that it gives."""

    by: Caller
    at: datetime
    event: WorkOrderEvent
    after: StateAfter
    sets: Columns = field(default_factory=Columns)
    raises: Alarm | None = None

    def __post_init__(self) -> None:
        if self.after.state not in self.event.leads_to:
            raise ValueError(f"no work order is {self.after.state.value} after {self.event.kind.value}")

    @property
    def is_of_a_person(self) -> bool:
        """Whether a person stands behind it: then `human_version` moves, and automation has to look again."""
        return self.by.kind is not ActorKind.SYSTEM

    @property
    def settles(self) -> frozenset[AlarmCode]:
        """The alarms that it answers or makes void: every one once the work is over, else those of the event."""
        if self.after.state in TERMINAL:
            return EVERY_ALARM
        return self.event.voids | (self.event.settles if self.by.kind is ActorKind.USER else frozenset())

    def columns(self, order: WorkOrder) -> Columns:
        """All that is written to an order but its version."""
        columns: Columns = {**self.after.resets}
        if self.event.ends_search:
            columns |= {"search_started_at": None}
        columns |= self.after.sets
        columns |= self.sets
        if self.raises is not None:
            columns |= {"alarm": self.raises.as_json(self.at)}
        elif order.alarm is not None and order.alarm["code"] in self.settles:
            columns |= {"alarm": None}
        return columns

    def sent(self, order: WorkOrder) -> tuple[WorkOrderEvent, ...]:
        """What other systems are told of it, in this order: the event itself, and what comes of it.

        An order that is pending for the same reason with other counts only is not told again.
        """
        event, alarm = self.event, order.alarm
        told = [event] if event.published and not self._repeats(order) else []
        if isinstance(event, PendingEvent) and isinstance(event.cause, OffersExhausted):
            told.append(ExhaustedEvent(asked=event.cause.asked))
        if isinstance(event, AlarmRaisedEvent | AlarmClearedEvent):
            return tuple(told)
        if alarm is not None and alarm["code"] in self.settles:
            told.append(AlarmClearedEvent(alarm=AlarmCode(alarm["code"])))
        if self.raises is not None:
            told.append(AlarmRaisedEvent.of(self.raises))
        return tuple(told)

    def _repeats(self, order: WorkOrder) -> bool:
        if not isinstance(self.event, PendingEvent) or order.state is not State.PENDING:
            return False
        cause = self.event.cause
        return order.pending_reason is cause.reason and is_told_as(cause.as_json(), order.pending_detail or {})
