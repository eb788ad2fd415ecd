"""The offer ladder: who is asked next, until when, and what happens then."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.dispatch.ladder import Outcome, Then
from geo_assign.dispatch.queries import get_ladder
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.schemas import Answer
from geo_assign.privacy.domain import How
from geo_assign.workorders.domain import WorkOrderNotFoundError

routes = Routes("Work orders")


class RungAnswer(Answer):
    """One technician, asked already or `planned`. `until` is when the answer came, or when the time for it ends."""

    technician_id: UUID
    name: str
    distance_m: float | None
    starts_at: datetime
    until: datetime
    outcome: Outcome = Field(description="`planned`, or what became of the offer.")


class LadderEndAnswer(Answer):
    """What happens once all offers were in vain."""

    at: datetime = Field(description="When the last offer ends.")
    then: Then = Field(description="`alarm`, or no technician is left.")


class LadderAnswer(Answer):
    """The ladder from the first offer; `end` is null where no offer is going to be made.

    `by_itself`: the service makes the offers without being told to. `truncated`: there are more technicians than
    shown. `sentence` tells it in the store's time.
    """

    rungs: Sequence[RungAnswer]
    end: LadderEndAnswer | None
    by_itself: bool
    truncated: bool
    sentence: str


@routes.get("/v1/work-orders/{id}/ladder", access=READING, answer=LadderAnswer, errors=(WorkOrderNotFoundError,))
def get_offer_ladder(call: Call[None, None], id: UUID) -> Reply:
    """Read the offer ladder of a work order.

    Which technicians got an offer, and which would get one until when, if none accepts. A forecast from the present
    positions and the store's offer policy, before and while it runs.
    """
    with call.transaction() as tx:
        ladder, at = get_ladder(tx, call.caller.scope, id), tx.as_of()
    seen = {rung.technician_id for rung in ladder.rungs if rung.distance_m is not None}
    call.services.views.note(call.caller, How.LIST, sorted(seen), at=at)
    return Reply(LadderAnswer.model_validate(ladder))
