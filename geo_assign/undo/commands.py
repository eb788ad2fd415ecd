"""The caller's last act, taken back by the commands that anyone would use for it: history and events tell of it.

The act is judged under the lock of its work order: whatever another has done since stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from geo_assign.access.commands import audit
from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands import assigning, moving, orders, reallocating
from geo_assign.dispatch.commands.rescheduling import reschedule, set_slot
from geo_assign.undo.domain import (
    WITHIN,
    NothingToUndoError,
    Undoable,
    UndoAction,
    UndoRefusal,
    UndoRefusedError,
    action_of,
)
from geo_assign.workorders.commands import lock
from geo_assign.workorders.commands.undo_steps import UndoStep, find_step, forget_step
from geo_assign.workorders.domain import (
    TAKEN,
    UNDER_WAY,
    WAITING,
    Corrections,
    EventKind,
    State,
    WorkOrder,
)
from geo_assign.workorders.queries import HistoryEntry, get_work_order, list_events_since

# What automation notes without asking a technician: it takes nothing from the act.
_HARMLESS = frozenset({EventKind.PENDING, EventKind.LOCATED, EventKind.ALARM_RAISED, EventKind.ALARM_CLEARED})
_CORRECTED = frozenset({"skills", "priority", "notes", "referral_source"})


def find_undoable(tx: Tx, caller: Caller) -> Undoable | None:
    """The caller's last act and whether it can be taken back now; None where there is none."""
    step = find_step(tx, caller)
    return None if step is None else _judge(tx, caller, step, get_work_order(tx, EVERYTHING, step.work_order_id))


def get_undoable_order(tx: Tx, caller: Caller) -> UUID:
    """The work order of the caller's last act. Raises NothingToUndoError."""
    step = find_step(tx, caller)
    if step is None:
        raise NothingToUndoError
    return step.work_order_id


def undo(tx: Tx, caller: Caller, order_id: UUID) -> bool:
    """Take the caller's last act, on this order, back; whether automation is to look at the order then.

    Raises NothingToUndoError, UndoRefusedError, and SlotTakenError where the time was taken meanwhile.
    """
    order = lock(tx, order_id)
    step = find_step(tx, caller, lock=True)
    if step is None or step.work_order_id != order_id:
        raise NothingToUndoError
    found = _judge(tx, caller, step, order)
    if found.refusal is not None:
        raise UndoRefusedError(found.detail, reason=found.refusal.value, act=found.action.value)
    # What the caller sent out of the own scope is the caller's to fetch back.
    as_before = replace(caller, scope=EVERYTHING)
    again = _take_back(tx, as_before, found.action, step, order)
    forget_step(tx, caller)
    audit(tx, caller, "work_order.undone", subject_kind="work_order", subject_id=order_id, act=found.action.value)
    return again


def _judge(tx: Tx, caller: Caller, step: UndoStep, order: WorkOrder) -> Undoable:
    action = action_of(step.kinds, was_taken=step.before.state in TAKEN)
    refusal, detail = _refusal(tx, caller, step, order, action)
    until = step.at + WITHIN
    return Undoable(action, order.id, order.number, step.at, until, refusal, detail)


def _refusal(
    tx: Tx, caller: Caller, step: UndoStep, order: WorkOrder, action: UndoAction
) -> tuple[UndoRefusal | None, str]:
    if tx.now() > step.at + WITHIN:
        return UndoRefusal.TOO_LATE, f"It is more than {WITHIN.seconds} seconds ago."
    since = list_events_since(tx, order.id, at=step.at, event_id=step.event_id)
    stands = _what_stands(since, caller)
    if stands is not None:
        return stands
    lost = _what_is_lost(step, order, action)
    if lost is not None:
        return UndoRefusal.NOT_UNDOABLE, lost
    return None, _promise(step, action)


def _what_stands(since: Sequence[HistoryEntry], caller: Caller) -> tuple[UndoRefusal, str] | None:
    for entry in since:
        kind, who = entry.actor["kind"], str(entry.actor["name"])
        if str(entry.actor["id"]) == str(caller.id) or (kind == ActorKind.SYSTEM and entry.kind in _HARMLESS):
            continue
        if kind == ActorKind.SYSTEM:
            return UndoRefusal.AUTOMATION_WENT_ON, f"Automation went on with it ({entry.kind})."
        if kind == ActorKind.TECHNICIAN:
            return UndoRefusal.ANSWERED, f"{who} has answered ({entry.kind})."
        return UndoRefusal.CHANGED_BY_ANOTHER, f"{who} changed it since ({entry.kind})."
    return None


def _what_is_lost(step: UndoStep, order: WorkOrder, action: UndoAction) -> str | None:
    """Why what was before cannot be made again; None where it can."""
    before = step.before
    if action is UndoAction.OTHER:
        return f"What was done ({', '.join(step.kinds)}) cannot be taken back."
    if before.state in UNDER_WAY:
        return "The technician was under way, and has been told."
    if before.state is State.OFFERED and action not in {UndoAction.ASSIGN, UndoAction.OFFER, UndoAction.EDIT}:
        return "The technicians who were asked have been told that it is over."
    if not _CORRECTED.issuperset(step.fields):
        return f"Only {', '.join(sorted(_CORRECTED))} can be put back."
    if action is UndoAction.RESCHEDULE and not before.slot_is_fixed:
        return "It had no appointment, but was to be done as soon as possible."
    if action is UndoAction.GROUP_MOVE and before.group_id is None and before.store_id == order.store_id:
        return "It was in no group."
    if action is UndoAction.REALLOCATE and set(before.collaborator_ids) != {one.id for one in order.collaborators}:
        return "The crew is another one now."
    return None


_PROMISES = {
    UndoAction.ASSIGN: "It is taken back from the technician, and waits.",
    UndoAction.OFFER: "The offer is taken back, and it waits.",
    UndoAction.UNASSIGN: "The technician who had it has it again.",
    UndoAction.REALLOCATE: "The technician who had it before has it again.",
    UndoAction.RESCHEDULE: "It has its former slot again.",
    UndoAction.TRANSFER: "It goes back to its store",
    UndoAction.GROUP_MOVE: "It goes back to its group",
    UndoAction.EDIT: "The members have their former values again.",
}


def _promise(step: UndoStep, action: UndoAction) -> str:
    if action not in {UndoAction.TRANSFER, UndoAction.GROUP_MOVE}:
        return _PROMISES[action]
    had = ", and to the technician who had it." if step.before.state is State.ASSIGNED else "."
    return _PROMISES[action] + had


def _take_back(tx: Tx, caller: Caller, action: UndoAction, step: UndoStep, order: WorkOrder) -> bool:
    if action in {UndoAction.ASSIGN, UndoAction.OFFER}:
        assigning.unassign(tx, caller, order.id, version=None)
        if EventKind.RESCHEDULED in step.kinds:
            before = step.before
            set_slot(
                tx,
                caller,
                lock(tx, order.id),
                before.slot_start,
                before.slot_end,
                at=tx.now(),
                fixed=before.slot_is_fixed,
            )
        return False
    if action is UndoAction.UNASSIGN:
        _assign_again(tx, caller, step)
        return False
    if action is UndoAction.REALLOCATE:
        _reallocate_back(tx, caller, step, order)
        return False
    if action in {UndoAction.TRANSFER, UndoAction.GROUP_MOVE}:
        return _move_back(tx, caller, step, order)
    return _correct_back(tx, caller, step)


def _assign_again(tx: Tx, caller: Caller, step: UndoStep) -> None:
    before = step.before
    assert before.technician_id is not None
    assigning.assign(
        tx,
        caller,
        step.work_order_id,
        before.technician_id,
        mode="assign",
        version=None,
        collaborator_ids=before.collaborator_ids,
        slot=_former_slot(step),
    )


def _former_slot(step: UndoStep) -> assigning.WantedSlot | None:
    """The slot to go back to, where the act moved it."""
    return (step.before.slot_start, step.before.slot_end) if EventKind.RESCHEDULED in step.kinds else None


def _reallocate_back(tx: Tx, caller: Caller, step: UndoStep, order: WorkOrder) -> None:
    before = step.before
    if order.state is not State.ASSIGNED:
        _assign_again(tx, caller, step)
        return
    assert before.technician_id is not None
    reallocating.reallocate(
        tx,
        caller,
        order.id,
        before.technician_id,
        mode="assign",
        force=False,
        reason="undone",
        version=None,
        slot=_former_slot(step),
    )


def _move_back(tx: Tx, caller: Caller, step: UndoStep, order: WorkOrder) -> bool:
    before = step.before
    if before.group_id is not None and before.group_id != order.group_id:
        moving.reassign_group(tx, caller, order.id, before.group_id, note="undone", force=False, version=None)
    else:
        goal = moving.Goal(before.store_id, before.group_id, "undone")
        moving.transfer(tx, caller, order.id, goal, version=None)
    if before.state is State.ASSIGNED and lock(tx, order.id).state in WAITING:
        _assign_again(tx, caller, step)
    return before.state in WAITING


def _correct_back(tx: Tx, caller: Caller, step: UndoStep) -> bool:
    before = step.before
    fields = cast("Corrections", {name: getattr(before, name) for name in step.fields})
    if fields:
        orders.edit(tx, caller, step.work_order_id, orders.Edit(fields=fields), version=None)
    if EventKind.RESCHEDULED in step.kinds:
        reschedule(tx, caller, lock(tx, step.work_order_id), before.slot_start, before.slot_end)
    return before.state in WAITING and EventKind.RESCHEDULED in step.kinds
