"""Taking back what one has just done."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.http.operations import DISPATCHING, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import WorkOrderAnswer, work_order_answer
from geo_assign.http.schemas import Answer
from geo_assign.undo.commands import find_undoable, get_undoable_order, undo
from geo_assign.undo.domain import NothingToUndoError, Undoable, UndoAction, UndoRefusal, UndoRefusedError
from geo_assign.workorders.domain import SlotTakenError

routes = Routes("Work orders")


class UndoAnswer(Answer):
    """Your last act on a work order, and whether it can be undone. Where there is none, all but `possible` is null."""

    possible: bool
    action: UndoAction | None = Field(None, description="What you did.")
    work_order_id: UUID | None = Field(None, description="With which work order.")
    number: str | None = Field(None, description="How people call it.")
    done_at: datetime | None = Field(None, description="When you did it.")
    until: datetime | None = Field(None, description="Until when it can be undone.")
    reason: UndoRefusal | None = Field(None, description="Why it cannot be undone.")
    detail: str | None = Field(None, description="What would be then, or why not, in words.")


@routes.get("/v1/undo", access=DISPATCHING, answer=UndoAnswer)
def get_own_undo(call: Call[None, None]) -> Reply:
    """Read what would be undone."""
    with call.transaction() as tx:
        return Reply(_answer(find_undoable(tx, call.caller)))


@routes.post(
    "/v1/undo",
    access=DISPATCHING,
    answer=WorkOrderAnswer,
    own_transactions=True,
    errors=(NothingToUndoError, UndoRefusedError, SlotTakenError),
)
def undo_own_act(call: Call[None, None]) -> Reply:
    """Undo your last act.

    Within a minute, as long as no technician, automation or other user went on with the work order. It is a change
    like any other, in the history and for webhooks. A second call undoes nothing more.
    """
    caller = call.caller
    with call.transaction() as tx:
        order_id = get_undoable_order(tx, caller)
    order = call.services.dispatch.run_then_reassign(caller, order_id, lambda tx: undo(tx, caller, order_id))
    return Reply(work_order_answer(order), version=order.version)


def _answer(found: Undoable | None) -> UndoAnswer:
    if found is None:
        return UndoAnswer(possible=False)
    return UndoAnswer(
        possible=found.refusal is None,
        action=found.action,
        work_order_id=found.work_order_id,
        number=found.number,
        done_at=found.done_at,
        until=found.until,
        reason=found.refusal,
        detail=found.detail,
    )
