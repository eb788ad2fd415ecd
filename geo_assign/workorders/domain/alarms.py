"""What a dispatcher has to see at once: one frozen value per alarm, with its own facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, NotRequired, TypedDict
from uuid import UUID

from geo_assign.core.wire import Json, dump
from geo_assign.workorders.domain.pending import ExcludedTechnician, ExcludedTechnicianDetail
from geo_assign.workorders.domain.states import AlarmCode

MOVED_M = "How far it moved, in metres; null for the first place."
DISTANCE_M = "How far the technician is from the work, in metres; null if not known."
WAY_S = "The technician's way to the work, in seconds; null if not known."
GROUP_ID = "The group that it came back to."
RETURNS = "How often it came back there."
ASKED = "How many technicians were asked in vain."
MISSING = "How many technicians are missing."
TECHNICIANS = "Who cannot do it any more, each with the codes of why."


class Alarm:
    """What a work order carries until a change settles it."""

    __slots__ = ()
    code: ClassVar[AlarmCode]

    def as_json(self, at: datetime) -> dict[str, Json]:
        """The alarm as a work order shows it, raised at `at`."""
        return {"code": self.code.value, "at": at.isoformat(), **dump(self)}

    def facts(self) -> dict[str, Any]:
        """Its own facts, by name."""
        names: tuple[str, ...] = type(self).__slots__
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressMovedAlarm(Alarm):
    """The place moved under the technician who has the work."""

    code = AlarmCode.ADDRESS_MOVED
    moved_m: Annotated[int | None, MOVED_M]
    distance_m: Annotated[float | None, DISTANCE_M]
    eta_s: Annotated[float | None, WAY_S]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLoopAlarm(Alarm):
    """The order goes round in circles between groups."""

    code = AlarmCode.GROUP_LOOP
    group_id: Annotated[UUID, GROUP_ID]
    returns: Annotated[int, RETURNS]


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersExhaustedAlarm(Alarm):
    """As many technicians were asked in vain as the store allows."""

    code = AlarmCode.OFFERS_EXHAUSTED
    asked: Annotated[int, ASKED]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaboratorMissingAlarm(Alarm):
    """No technician is left to come along."""

    code = AlarmCode.COLLABORATOR_MISSING
    missing: Annotated[int, MISSING]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPassedAlarm(Alarm):
    """The slot passed before a technician had the work; automation sends none to it any more."""

    code = AlarmCode.SLOT_PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkImpossibleAlarm(Alarm):
    """Technicians who had the work, or were asked for it, cannot do it any more."""

    code = AlarmCode.WORK_IMPOSSIBLE
    technicians: Annotated[tuple[ExcludedTechnician, ...], TECHNICIANS]


ALARMS: Mapping[AlarmCode, type[Alarm]] = {
    alarm.code: alarm
    for alarm in (
        AddressMovedAlarm,
        GroupLoopAlarm,
        OffersExhaustedAlarm,
        CollaboratorMissingAlarm,
        SlotPassedAlarm,
        WorkImpossibleAlarm,
    )
}
"""The values by their code."""

EVERY_ALARM = frozenset(AlarmCode)
SETTLED_BY_A_NEW_SEARCH = frozenset({AlarmCode.OFFERS_EXHAUSTED, AlarmCode.COLLABORATOR_MISSING})
"""The alarms of the search before, which a person answers by asking for a new one."""


class AlarmDetail(TypedDict):
    """An alarm as it is stored and shown; which of the facts there are hangs on its code."""

    code: str
    at: str
    moved_m: NotRequired[int | None]
    distance_m: NotRequired[float | None]
    eta_s: NotRequired[float | None]
    group_id: NotRequired[str]
    returns: NotRequired[int]
    asked: NotRequired[int]
    missing: NotRequired[int]
    technicians: NotRequired[Sequence[ExcludedTechnicianDetail]]
