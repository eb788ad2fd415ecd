"""Which act can be taken back, and why another cannot."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.core.errors import ConflictError
from geo_assign.workorders.domain import EventKind

WITHIN = timedelta(seconds=60)


class UndoAction(StrEnum):
    """What was done, as one act."""

    ASSIGN = "assign"
    OFFER = "offer"
    UNASSIGN = "unassign"
    REALLOCATE = "reallocate"
    RESCHEDULE = "reschedule"
    TRANSFER = "transfer"
    GROUP_MOVE = "group_move"
    EDIT = "edit"
    OTHER = "other"


class UndoRefusal(StrEnum):
    """Why an act cannot be taken back."""

    TOO_LATE = "too_late"  # a minute is over
    ANSWERED = "answered"  # the technician has answered, or has set out
    CHANGED_BY_ANOTHER = "changed_by_another"
    AUTOMATION_WENT_ON = "automation_went_on"  # a technician was asked since, or has it
    NOT_UNDOABLE = "not_undoable"  # what was before cannot be made again


class NothingToUndoError(ConflictError):
    """You have done nothing lately that could be undone."""

    code = "nothing_to_undo"


class UndoRefusedError(ConflictError):
    """This cannot be undone any more, or not at all.

    `reason` is `too_late`, `answered`, `changed_by_another`, `automation_went_on` or `not_undoable`; `detail` says who
    or what. Nothing was changed.
    """

    code = "undo_refused"


@dataclass(frozen=True, slots=True)
class Undoable:
    """The caller's last act. `refusal` None: it can be taken back until then; `detail` says what would be."""

    action: UndoAction
    work_order_id: UUID
    number: str
    done_at: datetime
    until: datetime
    refusal: UndoRefusal | None
    detail: str


def action_of(kinds: Collection[EventKind], *, was_taken: bool) -> UndoAction:
    """What an act was, by the entries that it left in the history. `was_taken`: a technician had the work before."""
    if EventKind.TRANSFERRED in kinds:
        return UndoAction.TRANSFER
    if EventKind.GROUP_CHANGED in kinds:
        return UndoAction.GROUP_MOVE
    if set(kinds) <= {EventKind.CHANGED, EventKind.RESCHEDULED}:
        return UndoAction.RESCHEDULE if EventKind.RESCHEDULED in kinds else UndoAction.EDIT
    given = {EventKind.ASSIGNED, EventKind.OFFERED}
    # Given to a technician at another time is one act.
    kinds = set(kinds) - {EventKind.RESCHEDULED} if given.intersection(kinds) else set(kinds)
    if kinds <= {EventKind.ASSIGNED, EventKind.ALARM_CLEARED, EventKind.ALARM_RAISED}:
        return UndoAction.REALLOCATE if was_taken else UndoAction.ASSIGN
    if kinds == {EventKind.OFFERED}:
        return UndoAction.REALLOCATE if was_taken else UndoAction.OFFER
    if kinds == {EventKind.UNASSIGNED}:
        return UndoAction.UNASSIGN
    return UndoAction.OTHER
